//! Lianshi on the same records: two `lianshi run` processes with homes of their own.
//!
//! The receiver is a member already, so that joining is not measured: both nodes meet once while they are empty; then
//! everything is imported at the sender while the receiver is stopped. Each turn works on copies of these two homes.
//!
//! Durable is what the receiver's `data/sidecar.json` counts: the store writes it after the fsync that covers those
//! entries. A status over the control socket would take the node's lock and hash its view at each look.

use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use serde_json::Value as Json;

use crate::machine::{self, Watcher};
use crate::node::{CONFIG, Node, PATIENCE, command, done};
use crate::sync::{Sample, await_quiet};

/// Between two looks at the sidecar.
const PEEK_EVERY: Duration = Duration::from_millis(1);

/// Two homes: one full, one empty that knows the other.
pub struct Prepared {
    bin: PathBuf,
    full: PathBuf,
    empty: PathBuf,
    count: usize,
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

/// Founds a network, lets the receiver join it, then imports the file at the sender.
///
/// # Errors
/// When a command fails or a state is not reached.
pub fn prepare(bin: &Path, dir: &Path, jsonl: &Path, count: usize) -> anyhow::Result<Prepared> {
    let prepared = Prepared { bin: bin.to_owned(), full: dir.join("full"), empty: dir.join("empty"), count };
    let Prepared { full, empty, .. } = &prepared;
    let (config, invitation) = (dir.join("config.toml"), dir.join("invitation"));
    std::fs::write(&config, CONFIG)?;
    let init = |home: &Path, role: &str, region: &str| {
        let mut init = command(bin, home);
        init.args(["init", "--role", role, "--name", "样例机构", "--region", region, "--config"])
            .arg(&config);
        init
    };
    done(&mut init(full, "hub", "420000"))?;
    done(
        command(bin, full)
            .args(["invite", "--role", "resource-station", "--region", "420106", "--out"])
            .arg(&invitation),
    )?;
    done(init(empty, "resource-station", "420106").arg("--join").arg(&invitation))?;
    let hub = Node::start(bin, full)?;
    let mut station = Node::start(bin, empty)?;
    station.await_status("admitted", is_synced)?;
    station.stop()?;
    hub.stop()?;
    let said = done(command(bin, full).arg("import").arg(jsonl).args([
        "--kind",
        "achievement",
        "--apply",
        "--publish",
    ]))?;
    let last = said.lines().last().unwrap_or_default();
    let summary: Json = serde_json::from_str(last).context("the summary of the import")?;
    ensure!(
        summary["outcomes"]["published"] == count,
        "the import published not {count} listings: {summary}"
    );
    let mut hub = Node::start(bin, full)?;
    hub.await_status("indexed", is_indexed)?;
    hub.stop()?;
    Ok(prepared)
}

fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    done(Command::new("cp").arg("-a").arg(from).arg(to)).map(drop)
}

/// Entries at the last checkpoint of a home.
fn durable(home: &Path) -> u64 {
    let text = std::fs::read_to_string(home.join("data/sidecar.json")).unwrap_or_default();
    serde_json::from_str::<Json>(&text).ok().and_then(|json| json["entries"].as_u64()).unwrap_or_default()
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

impl Prepared {
    /// One first sync between copies of the two homes in `dir`.
    ///
    /// # Errors
    /// When a node fails, or the two do not show the same view at the end.
    pub fn turn(&self, dir: &Path, profile: Option<&Path>) -> anyhow::Result<Sample> {
        let (full, empty) = (dir.join("a"), dir.join("b"));
        copy(&self.full, &full)?;
        copy(&self.empty, &empty)?;
        let mut sender = Node::start(&self.bin, &full)?;
        let target = sender.await_status("indexed", is_indexed)?["entries"].as_u64().unwrap_or_default();
        let mut receiver = Node::start(&self.bin, &empty)?;
        let begun = Instant::now();
        let (a, b) = (sender.id(), receiver.id());
        let (cpu_a, cpu_b, bytes) = (machine::cpu(a), machine::cpu(b), machine::loopback_bytes());
        let watcher = Watcher::start(b);
        // Not before it listens: perf follows the threads that are there when it attaches.
        let profile = profile.map(|out| Profile::start(b, out)).transpose()?;
        while durable(&empty) < target {
            ensure!(
                begun.elapsed() < PATIENCE,
                "{} of {target} entries are durable after {PATIENCE:?}",
                durable(&empty)
            );
            std::thread::sleep(PEEK_EVERY);
        }
        let seconds = begun.elapsed().as_secs_f64();
        let (cpu_a, cpu_b_then) = (machine::cpu(a) - cpu_a, machine::cpu(b) - cpu_b);
        let status = receiver
            .await_status("searchable", |s| s["entries"].as_u64() >= Some(target) && is_indexed(s))?;
        let searchable = begun.elapsed().as_secs_f64();
        drop(profile);
        ensure!(
            status["listings"]["held"] == self.count,
            "the receiver holds not {} listings: {status}",
            self.count
        );
        let theirs = sender.await_status("in step", is_synced)?;
        let status = receiver.await_status("in step", is_synced)?;
        ensure!(theirs["view_hash"] == status["view_hash"], "the views differ: {theirs} {status}");
        await_quiet(&watcher);
        let (seen, bytes) = (watcher.end(), machine::loopback_bytes() - bytes);
        let cpu_b_all = machine::cpu(b) - cpu_b;
        receiver.stop()?;
        sender.stop()?;
        let own = |way: &str| status["bytes"][way].as_u64();
        Ok(Sample {
            seconds,
            waited: seen.first_byte.map_or(0.0, |first| first.duration_since(begun).as_secs_f64()),
            searchable: Some(searchable),
            bytes,
            own_bytes: own("in").zip(own("out")).map(|(i, o)| i + o),
            cpu_a,
            cpu_b: cpu_b_then,
            cpu_b_all,
            peak: seen.peak,
            disk: machine::disk(&empty),
        })
    }
}
