//! The flood: what a hub and two honest members notice of a third member that does its worst.
//!
//! Real processes on two cores: one core is the hostile member's; hub, members and this program share the other one. Each way
//! to flood is measured beside its own control, in which a program burns the hostile member's core offline. Measured are the
//! time from a member's `publish` until the other member shows the listing, the time of a search on the hub's pages, and the
//! hub's largest memory.

mod attack;
mod cores;
mod hostile;
mod measure;
mod report;

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use serde_json::Value as Json;

use crate::node::{self, Node, command, done};
use crate::records;
use crate::{Common, machine};
use attack::Mode;
use measure::{Figures, Place};
use report::{Report, Row};

pub use cores::burn;
pub use hostile::{HostileArgs, run as hostile};
pub use measure::Times;

/// Between two floods the hub is given so long to come to rest.
const REST_PATIENCE: Duration = Duration::from_secs(120);
/// It rests when it takes less than this of a core …
const REST: f64 = 0.1;
/// … over this time.
const REST_LOOK: Duration = Duration::from_millis(500);
/// What the hostile member may do before the measuring begins.
const BURST: Duration = Duration::from_secs(3);
/// The store's cache of every node, MiB: small, so that memory is told from cache.
const CACHE_MIB: u64 = 32;

/// What is asked for.
#[derive(clap::Args, Debug)]
pub struct FloodArgs {
    /// Ways to flood; all of them unless given.
    #[arg(long, value_enum)]
    mode: Vec<Mode>,
    /// For how long each is measured, and its control, in seconds, all turns together.
    #[arg(long, default_value_t = 20)]
    seconds: u64,
    /// Turns that each and its control take by halves, so that what else the machine does falls on both alike.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u64).range(1..))]
    turns: u64,
    /// Listings that the hub holds from the beginning.
    #[arg(long, default_value_t = 5_000)]
    listings: usize,
    #[command(flatten)]
    common: Common,
}

/// A helper process that is killed when it is dropped.
struct Helper(Child);

impl Drop for Helper {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Floods in every way asked for, and prints what others noticed.
///
/// # Errors
/// When a program is missing or fails, or the promise does not hold.
pub fn run(args: &FloodArgs) -> anyhow::Result<()> {
    let (ours, theirs) = cores::two()?;
    let bin = node::program(args.common.bin.as_deref())?;
    let temporary = tempfile::Builder::new().prefix("lianshi-flood-").tempdir()?;
    let dir = args.common.keep.clone().unwrap_or_else(|| temporary.path().to_owned());
    std::fs::create_dir_all(&dir)?;
    let homes = Homes::prepare(&bin, &dir, args.listings)?;
    // What is started from now on inherits it.
    cores::pin(ours)?;
    let mut place = homes.start(&bin)?;
    let hub = place.hub.id();
    let modes = if args.mode.is_empty() { <Mode as clap::ValueEnum>::value_variants() } else { &args.mode };
    let (turn, mut rows) = (args.seconds.div_ceil(args.turns), Vec::new());
    for mode in modes {
        let (mut control, mut flood, mut did) = (Figures::default(), Figures::default(), Vec::new());
        for _ in 0..args.turns {
            await_rest(hub)?;
            let burning = burner(theirs)?;
            control.add(watched(&mut place, turn)?);
            drop(burning);
            await_rest(hub)?;
            let mut hostile = Hostile::start(&homes.hostile, &homes.target, *mode, theirs, turn + 8)?;
            // Whatever comes first passes at once, whoever brings it: measured is what comes after that.
            std::thread::sleep(BURST);
            flood.add(watched(&mut place, turn)?);
            did.push(hostile.end()?);
        }
        let did = Json::Array(did);
        eprintln!("bench: {mode:?}: {did}, load {}", machine::load());
        rows.push(Row { mode: *mode, control, flood, did });
    }
    let report = Report { rows, seconds: args.seconds };
    print!("{}", report.table());
    if args.common.json {
        println!("{}", report.json());
    }
    ensure!(report.holds(), "the promise does not hold: others' p99 < 2 x the control, memory bounded");
    Ok(())
}

fn watched(place: &mut Place, seconds: u64) -> anyhow::Result<Figures> {
    let hub = place.hub.id();
    ensure!(machine::forget_peak(hub), "the hub's peak memory cannot be begun anew (/proc/PID/clear_refs)");
    let cpu = machine::cpu(hub);
    let mut figures = place.measure(Duration::from_secs(seconds))?;
    figures.peak = machine::peak(hub);
    figures.cpu = machine::cpu(hub) - cpu;
    Ok(figures)
}

fn burner(core: usize) -> anyhow::Result<Helper> {
    let own = std::env::current_exe().context("the path of this program")?;
    Ok(Helper(Command::new(own).args(["burn", "--core", &core.to_string()]).spawn().context("the burner")?))
}

/// Waits until a process has nothing more to do.
fn await_rest(pid: u32) -> anyhow::Result<()> {
    let begun = Instant::now();
    loop {
        let cpu = machine::cpu(pid);
        std::thread::sleep(REST_LOOK);
        if machine::cpu(pid) - cpu < REST * REST_LOOK.as_secs_f64() {
            return Ok(());
        }
        ensure!(begun.elapsed() < REST_PATIENCE, "the hub does not come to rest in {REST_PATIENCE:?}");
    }
}

/// The hostile member's process.
struct Hostile {
    helper: Helper,
    lines: std::io::Lines<BufReader<ChildStdout>>,
}

impl Hostile {
    /// Starts it; returns when it has begun to flood.
    fn start(home: &Path, target: &str, mode: Mode, core: usize, seconds: u64) -> anyhow::Result<Self> {
        let own = std::env::current_exe().context("the path of this program")?;
        let mode = clap::ValueEnum::to_possible_value(&mode).context("a mode has a name")?;
        let mut child = Command::new(own)
            .args(["hostile", "--target", target, "--mode", mode.get_name()])
            .args(["--core", &core.to_string(), "--seconds", &seconds.to_string(), "--home"])
            .arg(home)
            .stdout(Stdio::piped())
            .spawn()
            .context("the hostile member")?;
        let out = child.stdout.take().context("the hostile member says nothing")?;
        let mut started = Self { helper: Helper(child), lines: BufReader::new(out).lines() };
        match started.lines.next().transpose()?.as_deref() {
            Some("begun") => Ok(started),
            said => bail!("the hostile member does not begin: {said:?}"),
        }
    }

    /// Waits for its end; what it did.
    fn end(&mut self) -> anyhow::Result<Json> {
        let last = self.lines.by_ref().last().context("the hostile member says nothing")??;
        ensure!(self.helper.0.wait()?.success(), "the hostile member failed");
        serde_json::from_str(&last).context("what the hostile member did")
    }
}

/// Homes of a hub, two honest members and a hostile one, all admitted.
struct Homes {
    hub: PathBuf,
    members: [PathBuf; 2],
    hostile: PathBuf,
    target: String,
}

impl Homes {
    fn prepare(bin: &Path, dir: &Path, listings: usize) -> anyhow::Result<Self> {
        let jsonl = dir.join("listings.jsonl");
        let made = records::write(&jsonl, listings)?;
        eprintln!("bench: {made}; load {}", machine::load());
        let config = dir.join("config.toml");
        std::fs::write(&config, format!("{}[storage]\ncache_mib = {CACHE_MIB}\n", node::CONFIG))?;
        let init = |home: &Path, role: &str, region: &str| {
            let mut init = command(bin, home);
            init.args(["init", "--role", role, "--name", "样例机构", "--region", region, "--config"]);
            init.arg(&config);
            init
        };
        let hub = dir.join("hub");
        done(&mut init(&hub, "hub", "420000"))?;
        let import = ["--kind", "achievement", "--apply", "--publish"];
        done(command(bin, &hub).arg("import").arg(&jsonl).args(import))?;
        let others = ["a", "b", "hostile"].map(|name| dir.join(name));
        for home in &others {
            let invitation = home.with_extension("invitation");
            let invite = ["invite", "--role", "resource-station", "--region", "420106", "--out"];
            done(command(bin, &hub).args(invite).arg(&invitation))?;
            done(init(home, "resource-station", "420106").arg("--join").arg(&invitation))?;
        }
        let mut running = Node::start(bin, &hub)?;
        for home in &others {
            let mut node = Node::start(bin, home)?;
            node.await_status("admitted", |s| s["admitted"] == true && s["peers"][0]["state"] == "synced")?;
            node.stop()?;
        }
        let status = running.status()?;
        let target = status["addresses"][0].as_str().context("the hub's address")?.to_owned();
        running.stop()?;
        let [a, b, hostile] = others;
        Ok(Self { hub, members: [a, b], hostile, target })
    }

    /// Starts hub and members.
    fn start(&self, bin: &Path) -> anyhow::Result<Place> {
        let mut hub = Node::start(bin, &self.hub)?;
        let web = hub.await_status("indexed", |s| s["searchable"] == s["listings"]["held"])?["web"].take();
        let pages = web.as_str().and_then(|url| url.strip_prefix("http://")).unwrap_or_default();
        let pages = pages.trim_end_matches('/').to_owned();
        let [a, b] = &self.members;
        let mut members = [Node::start(bin, a)?, Node::start(bin, b)?];
        for member in &mut members {
            member.await_status("in step", |s| s["peers"][0]["state"] == "synced")?;
        }
        Ok(Place { hub, pages, members, published: 0 })
    }
}
