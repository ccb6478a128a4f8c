//! W1, turn by turn: Lianshi, the other, Lianshi, the other …

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};

use crate::machine::{self, Watcher};
use crate::report::{Report, Row};
use crate::{Against, SyncArgs, git, lianshi, namespace, node, records};

/// Most turns of a run.
const MAX_TURNS: usize = 99;
/// A line is quiet when nothing has moved on it for this long.
const QUIET: Duration = Duration::from_millis(500);
/// Quiet is waited for this long; then what came until now counts.
const QUIET_PATIENCE: Duration = Duration::from_secs(5);

/// What one turn of one system took.
#[derive(Clone, Debug)]
pub struct Sample {
    /// From the moment the receiver could connect until it held all, fsynced.
    pub seconds: f64,
    /// Of these, before the first byte moved.
    pub waited: f64,
    /// From the same moment until all was found by a search, where there is one.
    pub searchable: Option<f64>,
    /// On `lo`, headers and acknowledgements included, both ways.
    pub bytes: u64,
    /// By the program's own count, both ways.
    pub own_bytes: Option<u64>,
    /// CPU seconds of the sender until all was durable.
    pub cpu_a: f64,
    /// CPU seconds of the receiver until all was durable.
    pub cpu_b: f64,
    /// CPU seconds of the receiver until it had nothing more to do.
    pub cpu_b_all: f64,
    /// Largest memory of the receiver, bytes (`VmHWM`).
    pub peak: u64,
    /// What the receiver takes on disk, bytes, after it has stopped.
    pub disk: u64,
}

/// Waits until nothing moves on `lo`.
pub fn await_quiet(watcher: &Watcher) {
    let begun = Instant::now();
    let still = || watcher.seen().last_byte.is_none_or(|last| last.elapsed() >= QUIET);
    while !still() && begun.elapsed() < QUIET_PATIENCE {
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Runs the comparison and prints it.
///
/// # Errors
/// When a program is missing or fails, or a receiver does not hold what it should.
pub fn run(args: &SyncArgs) -> anyhow::Result<()> {
    ensure!((1..=MAX_TURNS).contains(&args.turns), "between 1 and {MAX_TURNS} turns, not {}", args.turns);
    if let Some(bin) = &args.inside {
        namespace::loopback_up()?;
        return compare(args, bin, true);
    }
    let bin = node::program(args.common.bin.as_deref())?;
    match namespace::enter(&bin)? {
        Some(good) => {
            ensure!(good, "the run inside the network namespace failed");
            Ok(())
        }
        None => compare(args, &bin, false),
    }
}

fn compare(args: &SyncArgs, bin: &Path, alone: bool) -> anyhow::Result<()> {
    let temporary = tempfile::Builder::new().prefix("lianshi-bench-").tempdir()?;
    let dir = args.common.keep.clone().unwrap_or_else(|| temporary.path().to_owned());
    std::fs::create_dir_all(&dir)?;
    let dir = dir.canonicalize()?;
    let jsonl = dir.join("listings.jsonl");
    let made = records::write(&jsonl, args.listings)?;
    eprintln!("bench: {made}; load {}", machine::load());
    eprintln!("bench: import, not timed");
    let ours = lianshi::prepare(bin, &dir, &jsonl, args.listings)?;
    let theirs = (args.against == Against::Git).then(|| git::prepare(&dir, &jsonl)).transpose()?;
    let mut rows = vec![Row::new(lianshi::version(bin))];
    rows.extend(theirs.as_ref().map(|_| Row::new(git::version())));
    for turn in 0..args.turns {
        let place = dir.join(format!("turn-{turn}"));
        std::fs::create_dir(&place).with_context(|| format!("{} (left by another run?)", place.display()))?;
        let profile = args.profile.as_deref().filter(|_| turn == 0);
        rows[0].take(ours.turn(&place, profile)?);
        if let (Some(theirs), Some(row)) = (&theirs, rows.get_mut(1)) {
            row.take(theirs.turn(&place)?);
        }
        if args.common.keep.is_none() {
            std::fs::remove_dir_all(&place)?;
        }
        eprintln!("bench: turn {} of {}, load {}", turn + 1, args.turns, machine::load());
    }
    let report = Report { rows, listings: args.listings, made, xz: xz(&jsonl), alone };
    print!("{}", report.table());
    if args.common.json {
        println!("{}", report.json());
    }
    Ok(())
}

/// Bytes of the whole file under `xz -9e`; `None` where there is no xz.
fn xz(file: &Path) -> Option<u64> {
    let mut child = Command::new("xz")
        .args(["-9e", "--keep", "--stdout"])
        .arg(file)
        .stdout(Stdio::piped())
        .spawn()
        .ok()?;
    let counted = std::io::copy(child.stdout.as_mut()?, &mut std::io::sink()).ok();
    child.wait().ok()?.success().then_some(counted).flatten()
}
