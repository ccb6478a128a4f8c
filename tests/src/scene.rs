//! A folder with the homes of some nodes.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value as Json;
use tempfile::TempDir;

use crate::command::{Live, Ran, run_in};
use crate::node::Node;
use crate::power::{Disk, Recorder};

/// Lines of a log that a failed test shows.
const LOG_TAIL: usize = 60;

/// A temporary folder in which a test's nodes and files live.
pub struct Scene {
    folder: Arc<TempDir>,
    logs: Arc<Mutex<Vec<PathBuf>>>,
}

impl Default for Scene {
    fn default() -> Self {
        Self::new()
    }
}

impl Scene {
    /// An empty one.
    ///
    /// # Panics
    /// When no temporary folder can be made.
    pub fn new() -> Self {
        let folder = tempfile::Builder::new().prefix("lianshi-").tempdir().expect("a temporary folder");
        Self { folder: Arc::new(folder), logs: Arc::default() }
    }

    /// Its folder; commands run in it.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A file's path in it.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder().join(name)
    }

    /// Writes a file and returns its path, as a command takes it.
    ///
    /// # Panics
    /// When the disk is full.
    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> String {
        let path = self.file(name);
        std::fs::write(&path, bytes).expect("a file can be written");
        path.display().to_string()
    }

    /// A home by that name, which nothing is in yet.
    pub fn home(&self, name: &str) -> Home {
        Home { name: name.to_owned(), folder: Arc::clone(&self.folder), logs: Arc::clone(&self.logs) }
    }

    /// A home with a hub that has founded a network.
    pub fn hub(&self, name: &str) -> Home {
        let home = self.home(name);
        home.run(["init", "--role", "hub", "--name", &format!("{name}技术交易大市场"), "--region", "420000"])
            .ok();
        home
    }

    /// A home with a node that has an invitation from `hub`.
    pub fn join(&self, hub: &Home, name: &str, role: &str, region: &str) -> Home {
        let (home, file) = (self.home(name), format!("{name}.invitation"));
        hub.run(["invite", "--role", role, "--region", region, "--out", &file]).ok();
        home.run(["init", "--role", role, "--name", name, "--region", region, "--join", &file]).ok();
        home
    }

    /// Types `lianshi ARGS` without a home.
    pub fn run<const N: usize>(&self, args: [&str; N]) -> Ran {
        run_in(self.folder(), args)
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            return;
        }
        for log in self.logs.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            let text = std::fs::read_to_string(log).unwrap_or_default();
            let lines: Vec<&str> = text.lines().collect();
            let from = lines.len().saturating_sub(LOG_TAIL);
            println!("--- {} ({} lines)\n{}", log.display(), lines.len(), lines[from..].join("\n"));
        }
    }
}

/// A node's folder.
#[derive(Clone)]
pub struct Home {
    name: String,
    folder: Arc<TempDir>,
    logs: Arc<Mutex<Vec<PathBuf>>>,
}

impl Home {
    /// Its name in the scene's folder.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its path.
    pub fn path(&self) -> PathBuf {
        self.folder.path().join(&self.name)
    }

    /// A copy of it as it lies on the disk, under another name.
    ///
    /// # Panics
    /// When it cannot be copied.
    pub fn copied(&self, name: &str) -> Self {
        let copy = Self { name: name.to_owned(), ..self.clone() };
        copy_folder(&self.path(), &copy.path());
        copy
    }

    /// Where a node's log goes; shown when the test fails.
    pub(crate) fn log(&self) -> PathBuf {
        let mut logs = self.logs.lock().unwrap_or_else(PoisonError::into_inner);
        let path = self.folder.path().join(format!("{}.{}.log", self.name, logs.len()));
        logs.push(path.clone());
        path
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    fn typed<'a>(&'a self, args: &[&'a str]) -> Vec<&'a str> {
        [&["--home", self.name.as_str()], args].concat()
    }

    /// Types `lianshi --home HOME ARGS`.
    pub fn run<const N: usize>(&self, args: [&str; N]) -> Ran {
        run_in(self.folder.path(), self.typed(&args))
    }

    /// As [`Home::run`], without waiting for its end.
    pub fn begin(&self, args: &[&str]) -> Live {
        Live::start(self.folder.path(), self.typed(args))
    }

    /// As [`Home::begin`], typed in another folder.
    pub fn begin_in(&self, folder: &Path, args: &[&str]) -> Live {
        let home = self.path().display().to_string();
        Live::start(folder, [&["--home", home.as_str()], args].concat())
    }

    /// Runs the node on loopback, on ports that the system chooses.
    pub fn start(&self) -> Node {
        self.start_with(&["--listen", "/ip4/127.0.0.1/tcp/0"])
    }

    /// Runs the node with some options of `run`; pages on a free port.
    pub fn start_with(&self, args: &[&str]) -> Node {
        Node::start(self.clone(), args, &[])
    }

    /// Runs the node as [`Home::start`] does; all that it sends is kept in [`Home::sent`], before it is encrypted.
    ///
    /// # Panics
    /// When the folder cannot be made.
    pub fn start_recorded(&self) -> Node {
        std::fs::create_dir_all(self.sent()).expect("a folder can be made");
        let environment = [("LIANSHI_RECORD_FRAMES", self.sent())];
        Node::start(self.clone(), &["--listen", "/ip4/127.0.0.1/tcp/0"], &environment)
    }

    /// Runs the node as [`Home::start`] does; all that it asks of its disk is recorded.
    pub fn start_under(&self, recorder: &Recorder) -> Node {
        Node::start(self.clone(), &["--listen", "/ip4/127.0.0.1/tcp/0"], &recorder.environment())
    }

    /// Runs the node as [`Home::start`] does, on a disk that fails when the test says so.
    pub fn start_on(&self, disk: &Disk) -> Node {
        Node::start(self.clone(), &["--listen", "/ip4/127.0.0.1/tcp/0"], &disk.environment())
    }

    /// The folder of what a recorded node has sent: a file for each peer, named after its key.
    pub fn sent(&self) -> PathBuf {
        self.folder.path().join(format!("{}.sent", self.name))
    }

    /// Its `status --json`.
    pub fn status(&self) -> Json {
        self.run(["status", "--json"]).ok().json()
    }

    /// Its `peer list --json`.
    pub fn peers(&self) -> Vec<Json> {
        self.run(["peer", "list", "--json"]).ok().lines()
    }

    /// Publishes one achievement and returns its id.
    ///
    /// # Panics
    /// When it is refused.
    pub fn publish(&self, title: &str) -> String {
        let title = format!("title={title}");
        let made =
            self.run(["listing", "new", "--kind", "achievement", &title, "--publish", "--json"]).ok().json();
        assert_eq!(made["outcome"], "published", "{made}");
        made["id"].as_str().expect("an id").to_owned()
    }

    /// Imports and publishes a file of achievements, whatever the outcome.
    pub fn import(&self, file: &str, more: &[&str]) -> Ran {
        let args = ["import", file, "--kind", "achievement", "--apply", "--publish", "--json"];
        run_in(self.folder.path(), self.typed(&[&args, more].concat()))
    }

    /// Every listing's `listing show --json`; `None` when this node does not have it.
    pub fn show(&self, id: &str) -> Option<Json> {
        let ran = self.run(["listing", "show", id, "--json"]);
        (ran.code == 0).then(|| ran.json())
    }

    /// What a search finds, best first.
    pub fn search(&self, text: &str) -> Vec<Json> {
        self.run(["search", text, "--json"]).ok().lines()
    }
}

/// Copies folders and plain files; a node's socket stays behind.
pub(crate) fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder can be made");
    for entry in std::fs::read_dir(from).expect("a folder can be read") {
        let entry = entry.expect("a folder can be read");
        let (kind, target) = (entry.file_type().expect("a file has a type"), to.join(entry.file_name()));
        if kind.is_dir() {
            copy_folder(&entry.path(), &target);
        } else if kind.is_file() {
            std::fs::copy(entry.path(), target).expect("a file can be copied");
        }
    }
}

/// A running hub and a running resource station that have found each other.
pub fn hub_and_station(scene: &Scene) -> (Node, Node) {
    let hub = scene.hub("hub").start();
    let station = scene.join(&hub, "station", "resource-station", "420106").start();
    station.synced();
    hub.agrees_with(&[&station]);
    (hub, station)
}
