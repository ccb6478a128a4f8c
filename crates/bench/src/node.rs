//! A node as a process of its own, driven over its control socket.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use serde_json::{Value as Json, json};

/// The longest that any state is waited for.
pub const PATIENCE: Duration = Duration::from_secs(900);
/// Between two looks at a status.
const LOOK_EVERY: Duration = Duration::from_millis(5);
/// One address, its port chosen at `init`; the pages anywhere.
pub const CONFIG: &str = "[network]\nlisten = [\"/ip4/127.0.0.1/tcp/0\"]\n[web]\nlisten = \"127.0.0.1:0\"\n";

/// The program to measure: the one that is named, or `target/release/lianshi`, built when it is missing.
///
/// # Errors
/// When it is not there or cannot be built.
pub fn program(named: Option<&Path>) -> anyhow::Result<PathBuf> {
    if let Some(bin) = named {
        return bin.canonicalize().with_context(|| bin.display().to_string());
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    let bin = target.join("release/lianshi");
    if !bin.exists() {
        eprintln!("bench: building {}", bin.display());
        let built = Command::new("cargo")
            .args(["build", "--release", "-p", "lianshi"])
            .current_dir(&root)
            .status()?;
        ensure!(built.success(), "lianshi could not be built");
    }
    bin.canonicalize().with_context(|| bin.display().to_string())
}

/// A `lianshi run`; killed when it is dropped.
pub struct Node {
    child: Child,
    home: PathBuf,
    socket: Option<BufReader<UnixStream>>,
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The program with the options that every call takes.
pub fn command(bin: &Path, home: &Path) -> Command {
    let mut command = Command::new(bin);
    command.arg("--home").arg(home).args(["--lang", "en", "--json"]).stdin(Stdio::null());
    command
}

/// Runs a command to its end and gives what it printed.
///
/// # Errors
/// When it fails, with what it said.
pub fn done(command: &mut Command) -> anyhow::Result<String> {
    let out = command.output().with_context(|| format!("{command:?}"))?;
    let said = String::from_utf8_lossy(&out.stderr);
    ensure!(out.status.success(), "{command:?}: {}", said.trim());
    Ok(String::from_utf8_lossy(&out.stdout).into_owned())
}

impl Node {
    /// Its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Starts a node; returns when it listens.
    ///
    /// # Errors
    /// When it ends before that.
    pub fn start(bin: &Path, home: &Path) -> anyhow::Result<Self> {
        let mut command = command(bin, home);
        let log = std::fs::File::create(home.join("bench.log")).context("the node's log")?;
        let child = command.arg("run").stdout(Stdio::piped()).stderr(log).spawn().context("lianshi run")?;
        let mut node = Self { child, home: home.to_owned(), socket: None };
        let out = node.child.stdout.take().context("lianshi run says nothing")?;
        let mut lines = BufReader::new(out).lines();
        loop {
            let Some(line) = lines.next().transpose()? else { bail!("lianshi run ended before it listened") };
            if serde_json::from_str::<Json>(&line).is_ok_and(|said| said.get("listening").is_some()) {
                break;
            }
        }
        // What it says later must not block it.
        std::thread::spawn(move || lines.for_each(drop));
        Ok(node)
    }

    /// Asks over the control socket.
    ///
    /// # Errors
    /// When the node does not answer, or refuses.
    pub fn ask(&mut self, request: &Json) -> anyhow::Result<Json> {
        let mut answer = self.say(request)?;
        ensure!(answer.get("ok").is_some(), "the node answers {answer}");
        Ok(answer["ok"].take())
    }

    fn say(&mut self, request: &Json) -> anyhow::Result<Json> {
        self.tell(request)?;
        self.hear()
    }

    /// Asks, without waiting for the answer: [`Node::hear`] gives it.
    ///
    /// # Errors
    /// When the node does not listen.
    pub fn tell(&mut self, request: &Json) -> anyhow::Result<()> {
        if self.socket.is_none() {
            let path = self.home.join("control.sock");
            let begun = Instant::now();
            let stream = loop {
                match UnixStream::connect(&path) {
                    Ok(stream) => break stream,
                    Err(_) if begun.elapsed() < Duration::from_secs(10) => std::thread::sleep(LOOK_EVERY),
                    Err(error) => return Err(error).with_context(|| path.display().to_string()),
                }
            };
            self.socket = Some(BufReader::new(stream));
        }
        let socket = self.socket.as_mut().context("no control socket")?;
        // In one piece: JSON writes itself word by word, and each word would wake the node.
        Ok(socket.get_mut().write_all(format!("{request}\n").as_bytes())?)
    }

    /// The answer to what it was told last.
    ///
    /// # Errors
    /// When none comes.
    pub fn hear(&mut self) -> anyhow::Result<Json> {
        let socket = self.socket.as_mut().context("no control socket")?;
        let mut line = String::new();
        socket.read_line(&mut line)?;
        serde_json::from_str(&line).context("the node's answer")
    }

    /// Its status.
    ///
    /// # Errors
    /// When the node does not answer.
    pub fn status(&mut self) -> anyhow::Result<Json> {
        self.ask(&json!({ "do": "status" }))
    }

    /// Publishes one achievement with these fields, and gives its id.
    ///
    /// # Errors
    /// When it is refused.
    pub fn publish(&mut self, fields: &Json) -> anyhow::Result<String> {
        let row = json!({ "row": 1, "fields": fields });
        let ask = json!({ "do": "take-in", "kind": "achievement", "rows": [row], "publish": true });
        let answer = self.ask(&ask)?;
        ensure!(answer["rows"][0]["outcome"] == "published", "not published: {answer}");
        Ok(answer["rows"][0]["id"].as_str().with_context(|| answer.to_string())?.to_owned())
    }

    /// Whether it shows a listing.
    ///
    /// # Errors
    /// When it does not answer.
    pub fn holds(&mut self, id: &str) -> anyhow::Result<bool> {
        let answer = self.say(&json!({ "do": "show", "id": id }))?;
        Ok(answer.get("ok").is_some())
    }

    /// The fields of a listing as it shows them; null where it shows none.
    ///
    /// # Errors
    /// When it does not answer.
    pub fn fields(&mut self, id: &str) -> anyhow::Result<Json> {
        let mut answer = self.say(&json!({ "do": "show", "id": id }))?;
        Ok(answer["ok"]["fields"].take())
    }

    /// Looks at its status until a state is reached, and gives that status.
    ///
    /// # Errors
    /// When it is not reached.
    pub fn await_status(&mut self, what: &str, reached: impl Fn(&Json) -> bool) -> anyhow::Result<Json> {
        let begun = Instant::now();
        loop {
            let status = self.status()?;
            if reached(&status) {
                return Ok(status);
            }
            ensure!(begun.elapsed() < PATIENCE, "not {what} after {PATIENCE:?}: {status}");
            std::thread::sleep(LOOK_EVERY);
        }
    }

    /// Stops it in good order.
    ///
    /// # Errors
    /// When it does not end well.
    pub fn stop(mut self) -> anyhow::Result<()> {
        self.ask(&json!({ "do": "stop" }))?;
        let status = self.child.wait()?;
        ensure!(status.success(), "lianshi run ended with {status}");
        Ok(())
    }
}
