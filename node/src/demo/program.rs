//! This very program as other processes: commands that end by themselves, and nodes that run.
//!
//! Each stands in a process group of its own, so that Ctrl-C in a terminal reaches the demonstration alone, which then
//! stops the nodes in good order. A node also ends when its standard input closes, as it does when the demonstration is
//! killed.

use std::ffi::OsStr;
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use catalog::{Lang, words};

use super::bounds::Bounds;
use crate::control::Client;
use crate::office::{Failure, Request, exit};
use crate::run::EXIT_WITH_STDIN;

/// The log of a running node, in its home.
pub const NODE_LOG: &str = "node.log";
/// What its commands said, in its home.
const COMMANDS_LOG: &str = "commands.log";
/// A process is looked at this often.
const LOOK_EVERY: Duration = Duration::from_millis(10);
/// A node gets this long to stop in good order.
const STOP_PATIENCE: Duration = Duration::from_secs(20);
/// Last lines of a log that are shown.
const TAIL_LINES: usize = 8;
/// Bytes read from the end of a log for them.
const TAIL_BYTES: u64 = 8 * 1024;

/// The program.
#[derive(Clone, Debug)]
pub struct Program {
    path: PathBuf,
    lang: Lang,
}

impl Program {
    /// This program.
    ///
    /// # Errors
    /// When the system does not say where it lies.
    pub fn this(lang: Lang) -> std::io::Result<Self> {
        Ok(Self { path: std::env::current_exe()?, lang })
    }

    fn command(&self, home: &Path, log: &str) -> std::io::Result<Command> {
        let log = OpenOptions::new().create(true).append(true).open(home.join(log))?;
        let mut command = Command::new(&self.path);
        command.arg("--home").arg(home).args(["--json", "--lang", self.lang.id()]);
        // A log file is no terminal.
        command.env("NO_COLOR", "1").stderr(log).process_group(0);
        Ok(command)
    }

    /// Runs a command to its end, gives each line of its output to `each`, and returns its exit code; one that was
    /// killed has -1.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn finish<A: AsRef<OsStr>>(
        &self,
        home: &Path,
        arguments: &[A],
        bounds: &Bounds,
        mut each: impl FnMut(&str) + Send,
    ) -> Result<i32, Failure> {
        let failed = |error: std::io::Error| self.cannot_start(&error);
        let mut command = self.command(home, COMMANDS_LOG).map_err(failed)?;
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = command.spawn().map_err(failed)?;
        let output = child.stdout.take();
        let status = std::thread::scope(|scope| {
            scope.spawn(move || {
                for line in
                    output.map(BufReader::new).into_iter().flat_map(BufRead::lines).map_while(Result::ok)
                {
                    each(&line);
                }
            });
            loop {
                match child.try_wait() {
                    Ok(Some(status)) => return Ok(status),
                    Ok(None) if bounds.over().is_some() => {
                        // It may have ended at this very moment.
                        let _ = child.kill();
                        return child.wait();
                    }
                    Ok(None) => std::thread::sleep(LOOK_EVERY),
                    Err(error) => return Err(error),
                }
            }
        });
        Ok(status.map_err(failed)?.code().unwrap_or(-1))
    }

    /// The failure of a command that should have ended well, with what it said.
    pub fn unsuccessful(&self, what: &str, home: &Path) -> Failure {
        let said = tail(&home.join(COMMANDS_LOG));
        let message =
            words::fill(self.lang, "cli.demo.command-failed", &[("command", what), ("said", &said)]);
        Failure::new(exit::FAILED, message, "")
    }

    fn cannot_start(&self, error: &std::io::Error) -> Failure {
        let places = [("program", &*self.path.display().to_string()), ("why", &error.to_string())];
        Failure::new(exit::FAILED, words::fill(self.lang, "cli.demo.cannot-start", &places), "")
    }

    /// Starts the node of a home.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start(&self, home: &Path) -> Result<Running, Failure> {
        let start = || {
            let mut command = self.command(home, NODE_LOG)?;
            let log = OpenOptions::new().create(true).append(true).open(home.join(NODE_LOG))?;
            command.arg("run").env(EXIT_WITH_STDIN, "1").stdin(Stdio::piped()).stdout(log);
            command.spawn()
        };
        let child = start().map_err(|error| self.cannot_start(&error))?;
        Ok(Running { child, home: home.to_owned() })
    }
}

/// A running node. Dropped, it is killed.
#[derive(Debug)]
pub struct Running {
    child: Child,
    home: PathBuf,
}

impl Running {
    /// How it ended, when it has.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// The last lines of its log.
    pub fn last_words(&self) -> String {
        tail(&self.home.join(NODE_LOG))
    }

    /// Asks it to stop; does not wait.
    fn ask_to_stop(&mut self) {
        if self.ended().is_none() {
            let asked = Client::connect(&self.home).map(|mut client| client.ask(&Request::Stop));
            if !matches!(asked, Some(Ok(_))) {
                drop(self.child.stdin.take());
            }
        }
    }

    /// Waits for its end and kills it when that takes too long, or when somebody asks again to end at once.
    fn wait(mut self, bounds: &Bounds) {
        let (begun, signals) = (Instant::now(), bounds.signals());
        while self.ended().is_none() && begun.elapsed() < STOP_PATIENCE && bounds.signals() == signals {
            std::thread::sleep(LOOK_EVERY);
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.ended().is_none() {
            // It may have ended at this very moment; either way it is waited for.
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

/// Asks nodes to stop, all at once, and waits for their ends.
pub fn stop(mut nodes: Vec<Running>, bounds: &Bounds) {
    nodes.iter_mut().for_each(Running::ask_to_stop);
    nodes.into_iter().for_each(|node| node.wait(bounds));
}

/// The last lines of a file.
fn tail(path: &Path) -> String {
    let read = || -> std::io::Result<Vec<u8>> {
        let mut file = File::open(path)?;
        let size = file.metadata()?.len();
        file.seek(SeekFrom::Start(size.saturating_sub(TAIL_BYTES)))?;
        let mut bytes = Vec::new();
        file.take(TAIL_BYTES).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    let bytes = read().unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    lines[lines.len().saturating_sub(TAIL_LINES)..].iter().map(|line| format!("\n    {line}")).collect()
}
