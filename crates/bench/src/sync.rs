//! The five pieces of work, turn by turn: Lianshi, the others, Lianshi, the others …

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};

use crate::machine::{self, Watcher};
use crate::peer::{Harness, Peer};
use crate::random::Random;
use crate::report::{Report, Row};
use crate::{SyncArgs, control, git, lianshi, namespace, node, records};

/// Most turns of a run.
const MAX_TURNS: usize = 99;
/// A line is quiet when nothing has moved on it for this long.
const QUIET: Duration = Duration::from_secs(2);
/// Quiet is waited for this long; then what came until now counts.
const QUIET_PATIENCE: Duration = Duration::from_secs(15);
/// Bytes of a file for which the entropy floor is worth its time: some 20 s.
const MOST_FOR_XZ: u64 = 64 << 20;
/// Edits of W4 in a turn.
const LIVES: usize = 20;

/// A piece of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Work {
    /// The first sync into an empty node, until all is stored.
    First,
    /// Nothing is new; they meet again.
    Nothing,
    /// One listing was edited; they meet again.
    One,
    /// Connected: from an edit at one until the other shows it.
    Live,
    /// 1 % edited and 1 % added at one, 1 % edited at the other; they meet again.
    Apart,
}

impl Work {
    /// All, as they are done: each on what the one before left.
    pub const ALL: [Self; 5] = [Self::First, Self::Nothing, Self::One, Self::Live, Self::Apart];

    /// What it is called in tables and figures.
    pub fn id(self) -> &'static str {
        match self {
            Self::First => "W1",
            Self::One => "W2",
            Self::Nothing => "W3",
            Self::Live => "W4",
            Self::Apart => "W5",
        }
    }
}

impl fmt::Display for Work {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::First => "W1 first sync",
            Self::One => "W2 one edit, reconnect",
            Self::Nothing => "W3 nothing new, reconnect",
            Self::Live => "W4 live edit to seen",
            Self::Apart => "W5 1 % + 1 % + 1 %, reconnect",
        })
    }
}

/// What one turn of one piece of work took.
#[derive(Clone, Debug, Default)]
pub struct Sample {
    /// From the moment the two could connect until the work was done; of W4 the median of its edits.
    pub seconds: f64,
    /// Of these, before the first byte moved.
    pub waited: f64,
    /// From the same moment until all was fsynced at the receiver, where that is known and not what `seconds` is.
    pub durable: Option<f64>,
    /// From the same moment until all was found by a search, where there is one.
    pub searchable: Option<f64>,
    /// On `lo`, headers and acknowledgements included, both ways; of W4 an edit's.
    pub bytes: u64,
    /// By the program's own count, both ways.
    pub own_bytes: Option<u64>,
    /// CPU seconds of the sender until the work was done.
    pub cpu_a: f64,
    /// CPU seconds of the receiver until the work was done.
    pub cpu_b: f64,
    /// CPU seconds of the receiver until it had nothing more to do.
    pub cpu_b_all: f64,
    /// Largest memory of the receiver, bytes (`VmHWM`).
    pub peak: u64,
    /// What the receiver takes on disk, bytes, after it has stopped; 0 where that was not looked at.
    pub disk: u64,
}

/// What one turn of one system took.
pub type Turn = BTreeMap<Work, Sample>;

/// Which records a turn edits. All systems edit the same ones.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Records that both hold after the first sync.
    pub listings: usize,
    /// The one that W2 edits.
    pub one: usize,
    /// Those that W4 edits.
    pub lives: Vec<usize>,
    /// Those that W5 edits at the sender.
    pub ours: Vec<usize>,
    /// Those that W5 edits at the receiver.
    pub theirs: Vec<usize>,
    /// Records that W5 adds at the sender, which follow the `listings`.
    pub added: usize,
}

impl Plan {
    fn of(listings: usize, turn: usize) -> Self {
        let mut random = Random::new(listings as u64 ^ ((turn as u64) << 32));
        let mut free: Vec<usize> = (0..listings).collect();
        // Fisher and Yates, as far as it is needed.
        let added = added(listings);
        let wanted = (1 + LIVES + 2 * added).min(listings);
        for place in 0..wanted {
            free.swap(place, place + random.below((listings - place) as u64) as usize);
        }
        let mut picked = free.into_iter().take(wanted);
        let mut take = |count: usize| picked.by_ref().take(count).collect::<Vec<usize>>();
        let one = take(1).first().copied().unwrap_or_default();
        Self { listings, one, lives: take(LIVES), ours: take(added), theirs: take(added), added }
    }

    /// A number that no other edit of a run writes.
    pub fn number(work: Work, place: usize, turn: usize) -> u64 {
        10_000_001 + ((turn as u64 * 8 + work as u64) << 24) + place as u64
    }
}

/// Records that W5 adds.
fn added(listings: usize) -> usize {
    (listings / 100).max(1)
}

/// Waits until nothing moves on `lo`.
pub fn await_quiet(watcher: &Watcher) {
    let begun = Instant::now();
    let still = || {
        watcher.seen().last_byte.map_or(begun.elapsed(), |last| last.elapsed().min(begun.elapsed())) >= QUIET
    };
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
    ensure!(args.listings >= 100, "at least 100 listings, not {}", args.listings);
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

/// What Lianshi is compared with, made ready.
struct Others {
    /// git by itself, for W1: without the harness's own time.
    git: Option<git::Prepared>,
    peers: Vec<Peer>,
}

fn others(args: &SyncArgs, dir: &Path) -> anyhow::Result<Others> {
    let mut others = Others { git: None, peers: Vec::new() };
    let names = args.against.iter().filter(|name| *name != "nothing");
    let names: Vec<&String> = names.collect();
    if names.is_empty() {
        return Ok(others);
    }
    let jsonl = dir.join("peers.jsonl");
    records::write_for_peers(&jsonl, args.listings + added(args.listings))?;
    let harness = Harness::find(args.harness.as_deref());
    for name in names {
        if name == "git" {
            others.git = Some(git::prepare(dir, &jsonl, args.listings)?);
        }
        match &harness {
            Some(harness) => others.peers.push(harness.prepare(name, dir, &jsonl, args.listings)?),
            None => {
                eprintln!("bench: the peers' harness is not there (--harness): {name} does W1 alone, if that")
            }
        }
    }
    Ok(others)
}

fn compare(args: &SyncArgs, bin: &Path, alone: bool) -> anyhow::Result<()> {
    let temporary = tempfile::Builder::new().prefix("lianshi-bench-").tempdir()?;
    let dir = args.common.keep.clone().unwrap_or_else(|| temporary.path().to_owned());
    std::fs::create_dir_all(&dir)?;
    let dir = dir.canonicalize()?;
    let jsonl = dir.join("listings.jsonl");
    let made = records::write(&jsonl, args.listings)?;
    eprintln!("bench: {made}; load {}", machine::load());
    eprintln!("bench: filling the senders, not timed");
    let ours = lianshi::prepare(bin, &dir, args.listings)?;
    let mut others = others(args, &dir)?;
    let control = control::measure()?;
    let mut rows = vec![Row::new(lianshi::version(bin))];
    rows.extend(others.git.as_ref().map(|_| Row::new(git::version())));
    let first_peer = rows.len();
    rows.extend(others.peers.iter().map(|peer| Row::new(peer.name.clone())));
    for turn in 0..args.turns {
        let plan = Plan::of(args.listings, turn);
        let place = dir.join(format!("turn-{turn}"));
        std::fs::create_dir(&place).with_context(|| format!("{} (left by another run?)", place.display()))?;
        let profile = args.profile.as_deref().filter(|_| turn == 0);
        rows[0].take(ours.turn(&place, &plan, turn, profile)?);
        if let (Some(git), Some(row)) = (&others.git, rows.get_mut(1)) {
            row.take(Turn::from([(Work::First, git.turn(&place)?)]));
        }
        for (peer, row) in others.peers.iter_mut().zip(rows.iter_mut().skip(first_peer)) {
            // One that does not come to its end costs its own row alone.
            match peer.turn(&place, &plan, turn) {
                Ok(took) => row.take(took),
                Err(error) => eprintln!("bench: {} is left out of turn {}: {error:#}", peer.name, turn + 1),
            }
        }
        if args.common.keep.is_none() {
            std::fs::remove_dir_all(&place)?;
        }
        eprintln!("bench: turn {} of {}, load {}", turn + 1, args.turns, machine::load());
    }
    rows.retain(|row| !row.is_empty());
    let report = Report { rows, listings: args.listings, made, xz: xz(&jsonl), control, alone };
    print!("{}", report.table());
    if args.common.json {
        println!("{}", report.json());
    }
    Ok(())
}

/// Bytes of the whole file under `xz -9e`; `None` where there is no xz, or the file is so large that it would take minutes.
fn xz(file: &Path) -> Option<u64> {
    if std::fs::metadata(file).ok()?.len() > MOST_FOR_XZ {
        return None;
    }
    let mut child = Command::new("xz")
        .args(["-9e", "--keep", "--stdout"])
        .arg(file)
        .stdout(Stdio::piped())
        .spawn()
        .ok()?;
    let counted = std::io::copy(child.stdout.as_mut()?, &mut std::io::sink()).ok();
    child.wait().ok()?.success().then_some(counted).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_edits_each_record_once_and_is_the_same_each_time() {
        let plan = Plan::of(1_000, 1);
        let mut all = [&plan.lives[..], &plan.ours, &plan.theirs, &[plan.one]].concat();
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!((all.len(), count), (1 + LIVES + 20, 1 + LIVES + 20));
        assert!(all.iter().all(|place| *place < 1_000));
        assert_eq!(Plan::of(1_000, 1).lives, plan.lives);
        assert_ne!(Plan::of(1_000, 2).lives, plan.lives);
        assert_ne!(Plan::number(Work::One, 7, 0), Plan::number(Work::Live, 7, 0));
    }
}
