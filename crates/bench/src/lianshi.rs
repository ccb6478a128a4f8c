//! Lianshi on the same records: two `lianshi run` processes with homes of their own.
//!
//! The receiver is a member already, so that joining is not measured: both nodes meet once while they are empty; then
//! everything is published at the sender while the receiver is stopped, the receiver's institution as a co-editor. Each turn
//! works on copies of these two homes.
//!
//! Durable is what the receiver's `data/sidecar.json` counts: the store writes it after the fsync that covers those
//! entries. A status over the control socket would take the node's lock and hash its view at each look.

use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use catalog::{Kind, Record};
use protocol::Value;
use serde_json::{Value as Json, json};

use crate::machine::{self, Watcher};
use crate::node::{CONFIG, Node, PATIENCE, command, done};
use crate::records;
use crate::report::median;
use crate::sync::{Plan, Sample, Turn, Work, await_quiet};

/// Between two looks at the sidecar, and at whether a listing is shown.
const PEEK_EVERY: Duration = Duration::from_millis(1);
/// Between two looks at what changes within a millisecond.
const GLANCE_EVERY: Duration = Duration::from_micros(200);
/// Between two edits of W4.
const GAP: Duration = Duration::from_millis(250);
/// Of so many listings that should be there, one is asked for.
const SPOT_CHECK: usize = 10;
/// Rows that a node takes at once.
const ROWS: usize = 400;
/// The receiver's institution.
const RECEIVER: &str = "样例分站";

/// Two homes: one full, one empty that knows the other.
pub struct Prepared {
    bin: PathBuf,
    full: PathBuf,
    empty: PathBuf,
    count: usize,
    /// Document ids in the order of the records.
    ids: Vec<String>,
}

/// Its version, for the report.
pub fn version(bin: &Path) -> String {
    let said = Command::new(bin).arg("--version").output();
    said.map_or_else(|_| "lianshi?".to_owned(), |out| String::from_utf8_lossy(&out.stdout).trim().to_owned())
}

fn is_indexed(status: &Json) -> bool {
    status["searchable"] == status["listings"]["held"]
}

fn is_synced(status: &Json) -> bool {
    let synced = |peer: &Json| peer["state"] == "synced";
    status["admitted"] == true && status["peers"].as_array().is_some_and(|peers| peers.iter().any(synced))
}

/// Founds a network, lets the receiver join it, then publishes the records at the sender.
///
/// # Errors
/// When a command fails or a state is not reached.
pub fn prepare(bin: &Path, dir: &Path, count: usize) -> anyhow::Result<Prepared> {
    let (full, empty) = (dir.join("full"), dir.join("empty"));
    let (config, invitation) = (dir.join("config.toml"), dir.join("invitation"));
    std::fs::write(&config, CONFIG)?;
    let init = |home: &Path, role: &str, name: &str, region: &str| {
        let mut init = command(bin, home);
        init.args(["init", "--role", role, "--name", name, "--region", region, "--config"]).arg(&config);
        init
    };
    done(&mut init(&full, "hub", "样例机构", "420000"))?;
    done(
        command(bin, &full)
            .args(["invite", "--role", "resource-station", "--region", "420106", "--out"])
            .arg(&invitation),
    )?;
    done(init(&empty, "resource-station", RECEIVER, "420106").arg("--join").arg(&invitation))?;
    let mut hub = Node::start(bin, &full)?;
    let mut station = Node::start(bin, &empty)?;
    station.await_status("admitted", is_synced)?;
    station.stop()?;
    let ids = publish(&mut hub, 0, count)?;
    ensure!(ids.len() == count, "the sender published {} of {count} listings", ids.len());
    hub.await_status("indexed", is_indexed)?;
    hub.stop()?;
    Ok(Prepared { bin: bin.to_owned(), full, empty, count, ids })
}

/// Publishes records at a node, the receiver's institution as their co-editor; their document ids.
fn publish(node: &mut Node, first: usize, count: usize) -> anyhow::Result<Vec<String>> {
    let mut ids = Vec::with_capacity(count);
    let mut rows: Vec<Json> = Vec::with_capacity(ROWS);
    let mut cells = records::cells(first, count)?.peekable();
    while let Some(cells_of_one) = cells.next() {
        rows.push(json!({ "row": rows.len() + 1, "fields": fields(&cells_of_one)? }));
        if rows.len() < ROWS && cells.peek().is_some() {
            continue;
        }
        let kind = Kind::Achievement.id();
        let ask =
            json!({ "do": "take-in", "kind": kind, "rows": rows, "publish": true, "editors": [RECEIVER] });
        let answer = node.ask(&ask)?;
        for outcome in answer["rows"].as_array().into_iter().flatten() {
            ids.push(outcome["id"].as_str().context("a row without an id")?.to_owned());
        }
        rows.clear();
    }
    Ok(ids)
}

/// The fields of a record as the control socket takes them.
fn fields(cells: &[(String, String)]) -> anyhow::Result<Json> {
    let borrowed: Vec<(&str, &str)> = cells.iter().map(|(id, text)| (id.as_str(), text.as_str())).collect();
    let read = Record::from_cells(Kind::Achievement, &borrowed, &catalog::Context::default());
    ensure!(read.is_accepted(), "a record of the bench is refused: {:?}", read.refused);
    let value = |value: &Value| match value {
        Value::Text(text) => json!(text),
        Value::Int(number) => json!(number),
        Value::Bool(yes) => json!(yes),
        Value::Time(ms) => json!({ "ms": ms }),
    };
    Ok(Json::Object(read.record.entries().iter().map(|(key, v)| (key.clone(), value(v))).collect()))
}

/// Copies a folder.
///
/// # Errors
/// When `cp` fails.
pub fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    done(Command::new("cp").arg("-a").arg(from).arg(to)).map(drop)
}

/// Entries at the last checkpoint of a home.
fn durable(home: &Path) -> u64 {
    let text = std::fs::read_to_string(home.join("data/sidecar.json")).unwrap_or_default();
    serde_json::from_str::<Json>(&text).ok().and_then(|json| json["entries"].as_u64()).unwrap_or_default()
}

fn await_durable(home: &Path, target: u64) -> anyhow::Result<()> {
    let begun = Instant::now();
    while durable(home) < target {
        ensure!(
            begun.elapsed() < PATIENCE,
            "{} of {target} entries are durable after {PATIENCE:?}",
            durable(home)
        );
        std::thread::sleep(PEEK_EVERY);
    }
    Ok(())
}

/// `perf record` attached to a process until it is dropped.
struct Profile(Child);

impl Profile {
    fn start(pid: u32, out: &Path) -> anyhow::Result<Self> {
        let child = Command::new("perf")
            .args(["record", "-q", "-F", "999", "--call-graph", "dwarf,8192", "-p", &pid.to_string(), "-o"])
            .arg(out)
            .spawn()
            .context("perf")?;
        Ok(Self(child))
    }
}

impl Drop for Profile {
    fn drop(&mut self) {
        let _ = Command::new("kill").args(["-INT", &self.0.id().to_string()]).status();
        let _ = self.0.wait();
    }
}

/// An edit that only one place of a run makes: a number behind the title.
struct Edit {
    id: String,
    number: String,
}

impl Edit {
    /// Asks for it; when that was. The node's answer is still to be heard.
    fn begin(&self, node: &mut Node) -> anyhow::Result<Instant> {
        let title = format!("一种样例成果 {}", self.number);
        let ask = json!({ "do": "edit", "id": self.id, "changes": { "title": title } });
        let begun = Instant::now();
        node.tell(&ask)?;
        Ok(begun)
    }

    /// Makes it.
    fn make(&self, node: &mut Node) -> anyhow::Result<()> {
        self.begin(node)?;
        heard(node)
    }

    fn is_shown(&self, node: &mut Node) -> anyhow::Result<bool> {
        Ok(node.fields(&self.id)?["title"].as_str().is_some_and(|title| title.ends_with(&self.number)))
    }

    fn is_found(&self, node: &mut Node) -> anyhow::Result<bool> {
        let ask = json!({ "do": "search", "text": self.number, "limit": 1, "offset": 0 });
        Ok(node.ask(&ask)?["hits"][0]["id"] == self.id.as_str())
    }
}

/// The node has done what it was told.
fn heard(node: &mut Node) -> anyhow::Result<()> {
    let answer = node.hear()?;
    ensure!(answer.get("ok").is_some(), "the node answers {answer}");
    Ok(())
}

/// Waits until something is so at a node.
fn until(node: &mut Node, mut so: impl FnMut(&mut Node) -> anyhow::Result<bool>) -> anyhow::Result<Instant> {
    let begun = Instant::now();
    while !so(node)? {
        ensure!(begun.elapsed() < PATIENCE, "a listing does not arrive");
        std::thread::sleep(GLANCE_EVERY);
    }
    Ok(Instant::now())
}

/// Two running nodes and what is measured over a step.
struct Step {
    sender: Node,
    receiver: Node,
    begun: Instant,
    watcher: Watcher,
    /// Entries that the sender holds.
    held: u64,
    bytes: u64,
    cpu: (f64, f64),
    _profile: Option<Profile>,
}

impl Step {
    /// Starts the sender, then the receiver, which dials it. The clock begins when the receiver listens, or with the first byte.
    fn begin(bin: &Path, (full, empty): (&Path, &Path), profile: Option<&Path>) -> anyhow::Result<Self> {
        let mut sender = Node::start(bin, full)?;
        let held = sender.await_status("indexed", is_indexed)?["entries"].as_u64().unwrap_or_default();
        let bytes = machine::loopback_bytes();
        let watcher = Watcher::start(sender.id());
        let receiver = Node::start(bin, empty)?;
        let listens = Instant::now();
        let begun = watcher.seen().first_byte.map_or(listens, |first| first.min(listens));
        watcher.look_at(receiver.id());
        let cpu = (machine::cpu(sender.id()), machine::cpu(receiver.id()));
        // Not before it listens: perf follows the threads that are there when it attaches.
        let profile = profile.map(|out| Profile::start(receiver.id(), out)).transpose()?;
        Ok(Self { sender, receiver, begun, held, watcher, bytes, cpu, _profile: profile })
    }

    /// The work is done: what it has cost until now.
    fn mark(&self, at: Instant) -> Sample {
        let first = self.watcher.seen().first_byte;
        let (a, b) = (machine::cpu(self.sender.id()), machine::cpu(self.receiver.id()));
        Sample {
            seconds: at.saturating_duration_since(self.begun).as_secs_f64(),
            waited: first.map_or(0.0, |first| first.saturating_duration_since(self.begun).as_secs_f64()),
            cpu_a: a - self.cpu.0,
            cpu_b: b - self.cpu.1,
            ..Sample::default()
        }
    }

    fn since(&self) -> f64 {
        self.begun.elapsed().as_secs_f64()
    }

    /// Both are in step and show the same; then nothing more moves, and they stop.
    fn end(mut self, mut sample: Sample, home: &Path) -> anyhow::Result<Sample> {
        await_quiet(&self.watcher);
        let bytes = machine::loopback_bytes() - self.bytes;
        let theirs = self.sender.await_status("in step", is_synced)?;
        let status = self.receiver.await_status("in step", is_synced)?;
        ensure!(theirs["view_hash"] == status["view_hash"], "the views differ: {theirs} {status}");
        let own = |way: &str| status["bytes"][way].as_u64();
        sample.own_bytes = own("in").zip(own("out")).map(|(i, o)| i + o);
        sample.bytes = bytes;
        sample.cpu_b_all = machine::cpu(self.receiver.id()) - self.cpu.1;
        sample.peak = self.watcher.end().peak;
        self.receiver.stop()?;
        self.sender.stop()?;
        sample.disk = machine::disk(home);
        Ok(sample)
    }
}

impl Prepared {
    /// The five pieces of work between copies of the two homes in `dir`.
    ///
    /// # Errors
    /// When a node fails, or the two do not show the same view at the end of a piece of work.
    pub fn turn(&self, dir: &Path, plan: &Plan, turn: usize, profile: Option<&Path>) -> anyhow::Result<Turn> {
        let (full, empty) = (dir.join("a"), dir.join("b"));
        copy(&self.full, &full)?;
        copy(&self.empty, &empty)?;
        let homes = (full.as_path(), empty.as_path());
        let mut samples = Turn::new();
        for work in Work::ALL {
            let sample = match work {
                Work::First => self.first(homes, profile),
                Work::Nothing => self.nothing(homes),
                Work::One => self.one(homes, &self.edit(work, plan.one, turn)),
                Work::Live => self.live(homes, plan, turn),
                Work::Apart => self.apart(homes, plan, turn),
            };
            samples.insert(work, sample.with_context(|| format!("lianshi at {work}"))?);
        }
        Ok(samples)
    }

    fn edit(&self, work: Work, place: usize, turn: usize) -> Edit {
        let id = self.ids.get(place).cloned().unwrap_or_default();
        Edit { id, number: Plan::number(work, place, turn).to_string() }
    }

    fn first(&self, (full, empty): (&Path, &Path), profile: Option<&Path>) -> anyhow::Result<Sample> {
        let mut step = Step::begin(&self.bin, (full, empty), profile)?;
        let target = step.held;
        await_durable(empty, target)?;
        let mut sample = step.mark(Instant::now());
        let status = step
            .receiver
            .await_status("searchable", |s| s["entries"].as_u64() >= Some(target) && is_indexed(s))?;
        sample.searchable = Some(step.since());
        ensure!(
            status["listings"]["held"] == self.count,
            "the receiver holds not {} listings: {status}",
            self.count
        );
        step.end(sample, empty)
    }

    fn nothing(&self, homes: (&Path, &Path)) -> anyhow::Result<Sample> {
        let mut step = Step::begin(&self.bin, homes, None)?;
        let end = until(&mut step.receiver, |node| {
            let peers = node.ask(&json!({ "do": "peers" }))?;
            Ok(peers["peers"].as_array().is_some_and(|peers| peers.iter().any(|p| p["state"] == "synced")))
        })?;
        let sample = step.mark(end);
        step.end(sample, homes.1)
    }

    fn one(&self, homes: (&Path, &Path), edit: &Edit) -> anyhow::Result<Sample> {
        let mut sender = Node::start(&self.bin, homes.0)?;
        edit.make(&mut sender)?;
        sender.stop()?;
        let mut step = Step::begin(&self.bin, homes, None)?;
        let end = until(&mut step.receiver, |node| edit.is_shown(node))?;
        let mut sample = step.mark(end);
        await_durable(homes.1, step.held)?;
        sample.durable = Some(step.since());
        until(&mut step.receiver, |node| edit.is_found(node))?;
        sample.searchable = Some(step.since());
        step.end(sample, homes.1)
    }

    fn live(&self, homes: (&Path, &Path), plan: &Plan, turn: usize) -> anyhow::Result<Sample> {
        let mut step = Step::begin(&self.bin, homes, None)?;
        step.receiver.await_status("in step", is_synced)?;
        await_quiet(&step.watcher);
        let (cpu, bytes) = (step.mark(Instant::now()), machine::loopback_bytes());
        let (mut shown, mut found) = (Vec::new(), Vec::new());
        for place in &plan.lives {
            let edit = self.edit(Work::Live, *place, turn);
            // Its answer is not waited for: the edit may be at the other end by then.
            let begun = edit.begin(&mut step.sender)?;
            let end = until(&mut step.receiver, |node| edit.is_shown(node))?;
            shown.push((end - begun).as_secs_f64());
            heard(&mut step.sender)?;
            let end = until(&mut step.receiver, |node| edit.is_found(node))?;
            found.push((end - begun).as_secs_f64());
            std::thread::sleep(GAP);
        }
        let now = step.mark(Instant::now());
        await_quiet(&step.watcher);
        let bytes = (machine::loopback_bytes() - bytes) / plan.lives.len().max(1) as u64;
        let sample = Sample {
            seconds: median(shown),
            searchable: Some(median(found)),
            cpu_a: now.cpu_a - cpu.cpu_a,
            cpu_b: now.cpu_b - cpu.cpu_b,
            waited: 0.0,
            ..now
        };
        Ok(Sample { bytes, ..step.end(sample, homes.1)? })
    }

    fn apart(&self, homes: (&Path, &Path), plan: &Plan, turn: usize) -> anyhow::Result<Sample> {
        let edits = |places: &[usize]| -> Vec<Edit> {
            places.iter().map(|place| self.edit(Work::Apart, *place, turn)).collect()
        };
        let (ours, theirs) = (edits(&plan.ours), edits(&plan.theirs));
        let mut sender = Node::start(&self.bin, homes.0)?;
        for edit in &ours {
            edit.make(&mut sender)?;
        }
        let added = publish(&mut sender, plan.listings, plan.added)?;
        sender.stop()?;
        let mut receiver = Node::start(&self.bin, homes.1)?;
        for edit in &theirs {
            edit.make(&mut receiver)?;
        }
        receiver.stop()?;
        let mut step = Step::begin(&self.bin, homes, None)?;
        // A log's entries are shown in their order: when the last is there, all are. To ask for each of the three hundred
        // takes longer than the work: some are asked for when the clock has stopped, and the views' hashes tell of the rest.
        let (last_added, last_edit) =
            (added.last().context("nothing added")?, theirs.last().context("nothing edited")?);
        until(&mut step.receiver, |node| node.holds(last_added))?;
        let end = until(&mut step.sender, |node| last_edit.is_shown(node))?;
        let mut sample = step.mark(end);
        let target = step.held + theirs.len() as u64;
        for home in [homes.0, homes.1] {
            await_durable(home, target)?;
        }
        sample.durable = Some(step.since());
        for edit in ours.iter().step_by(SPOT_CHECK) {
            ensure!(edit.is_shown(&mut step.receiver)?, "{} is not there though a later one is", edit.id);
        }
        for edit in theirs.iter().step_by(SPOT_CHECK) {
            ensure!(edit.is_shown(&mut step.sender)?, "{} is not there though a later one is", edit.id);
        }
        for id in added.iter().step_by(SPOT_CHECK) {
            ensure!(step.receiver.holds(id)?, "{id} is not there though a later one is");
        }
        if let Some(edit) = ours.last() {
            until(&mut step.receiver, |node| edit.is_found(node))?;
        }
        sample.searchable = Some(step.since());
        step.end(sample, homes.1)
    }
}
