//! Commands typed, and what they print.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde_json::Value as Json;

use crate::binary::binary;

/// No command takes longer; one that does is killed and the test fails.
const LONGEST: Duration = Duration::from_secs(300);

/// A command that has ended.
#[derive(Debug, Clone)]
pub struct Ran {
    /// What was typed.
    pub typed: String,
    /// Exit code; 128 + signal when it was killed.
    pub code: i32,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl Ran {
    /// The same, when it ended with 0.
    ///
    /// # Panics
    /// When it did not, with all that it printed.
    #[track_caller]
    pub fn ok(self) -> Self {
        self.ends(0)
    }

    /// The same, when it ended with `code`.
    ///
    /// # Panics
    /// When it did not.
    #[track_caller]
    pub fn ends(self, code: i32) -> Self {
        assert_eq!(
            self.code,
            code,
            "{}\n--- stdout\n{}\n--- stderr\n{}",
            self.typed,
            cut(&self.out),
            cut(&self.err)
        );
        self
    }

    /// All that it printed.
    pub fn all(&self) -> String {
        format!("{}\n{}", self.out, self.err)
    }

    /// Its only line of JSON.
    ///
    /// # Panics
    /// When standard output is anything else, or does not carry version 1.
    #[track_caller]
    pub fn json(&self) -> Json {
        let mut lines = self.lines();
        assert_eq!(lines.len(), 1, "{} printed {} lines:\n{}", self.typed, lines.len(), cut(&self.out));
        lines.remove(0)
    }

    /// Its lines of JSON, each with `"v": 1`.
    ///
    /// # Panics
    /// When a line is anything else.
    #[track_caller]
    pub fn lines(&self) -> Vec<Json> {
        let one = |line: &str| -> Json {
            let json: Json =
                serde_json::from_str(line).unwrap_or_else(|e| panic!("{}: {e}: {line}", self.typed));
            assert_eq!(json["v"], 1, "{}: {line}", self.typed);
            json
        };
        self.out.lines().map(one).collect()
    }
}

/// The end of a long text.
fn cut(text: &str) -> &str {
    let mut from = text.len().saturating_sub(6_000);
    while !text.is_char_boundary(from) {
        from += 1;
    }
    &text[from..]
}

/// A command in the test's surroundings: English, no home but a stated one, nothing taken from whoever runs the tests.
pub(crate) fn command(program: &Path) -> Command {
    let mut command = Command::new(program);
    for name in ["LIANSHI_HOME", "LIANSHI_LOG", "LC_ALL", "LC_MESSAGES", "NO_COLOR", "RUST_LOG"] {
        command.env_remove(name);
    }
    command.env("LANG", "en_US.UTF-8");
    command
}

/// Types `lianshi ARGS` in a folder and waits for its end.
pub fn run_in<S: AsRef<std::ffi::OsStr>>(folder: &Path, args: impl IntoIterator<Item = S>) -> Ran {
    Live::start(folder, args).finish()
}

/// A command that is running.
pub struct Live {
    typed: String,
    child: Child,
    lines: Receiver<String>,
    read: String,
    err: Option<JoinHandle<String>>,
}

impl Live {
    /// Types `lianshi ARGS` in a folder.
    pub fn start<S: AsRef<std::ffi::OsStr>>(folder: &Path, args: impl IntoIterator<Item = S>) -> Self {
        let mut command = command(binary());
        command.args(args).current_dir(folder);
        Self::spawn(command)
    }

    pub(crate) fn spawn(mut command: Command) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let args: Vec<String> = command.get_args().map(|arg| arg.to_string_lossy().into_owned()).collect();
        let typed = format!("{} {}", command.get_program().to_string_lossy(), args.join(" "));
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{typed}: {error}"));
        let out = child.stdout.take().expect("piped");
        let err = child.stderr.take().expect("piped");
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(out).split(b'\n').map_while(Result::ok) {
                if sender.send(String::from_utf8_lossy(&line).into_owned()).is_err() {
                    return;
                }
            }
        });
        let err = std::thread::spawn(move || {
            let mut text = Vec::new();
            let _ = BufReader::new(err).read_to_end(&mut text);
            String::from_utf8_lossy(&text).into_owned()
        });
        Self { typed, child, lines, read: String::new(), err: Some(err) }
    }

    /// The next line of standard output; `None` at its end.
    pub fn line(&mut self) -> Option<String> {
        let line = self.lines.recv_timeout(LONGEST).ok()?;
        self.read.push_str(&line);
        self.read.push('\n');
        Some(line)
    }

    /// Waits for its end.
    ///
    /// # Panics
    /// When it does not end in five minutes.
    pub fn finish(mut self) -> Ran {
        let begun = Instant::now();
        // Reading on keeps a command from waiting for a full pipe.
        while self.line().is_some() {}
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("a child can be waited for") {
                break status;
            }
            assert!(begun.elapsed() < LONGEST, "{} does not end", self.typed);
            std::thread::sleep(Duration::from_millis(2));
        };
        let code = {
            use std::os::unix::process::ExitStatusExt;
            status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or_default())
        };
        let err = self.err.take().and_then(|reader| reader.join().ok()).unwrap_or_default();
        Ran { typed: std::mem::take(&mut self.typed), code, out: std::mem::take(&mut self.read), err }
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
