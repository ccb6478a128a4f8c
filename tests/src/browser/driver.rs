//! `chromedriver`: a process, and the requests of W3C WebDriver that it answers.

use std::io::{BufRead, BufReader, Lines};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use serde_json::{Value as Json, json};
use tempfile::TempDir;

use crate::command::command;
use crate::web::send;

/// What it says before the port that it listens on.
const STARTED: &str = "started successfully on port ";

/// Nothing that the browser does of its own accord goes out, and it starts where it runs as root, as in a container.
const ARGUMENTS: [&str; 9] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-pings",
];

/// It takes a free port of IPv4 and wants the same of IPv6, and ends where that is taken: then it is started once more.
const STARTS: usize = 5;

/// The process, and its one session.
pub(super) struct Driver {
    child: Child,
    origin: String,
    session: String,
    _profile: TempDir,
}

/// Starts the process: itself, its port, and what it says from then on. `None` when it ended before it had a port.
fn begin(driver: &str, profile: &Path) -> Option<(Child, String, Lines<BufReader<ChildStdout>>)> {
    let mut command = command(Path::new(driver));
    command.args(["--port=0"]).env("HOME", profile).env("TMPDIR", profile);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).process_group(0);
    let mut child = command.spawn().expect("chromedriver starts");
    let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
    let port = lines
        .by_ref()
        .map_while(Result::ok)
        .find_map(|line| line.split_once(STARTED).map(|(_, port)| port.trim_end_matches('.').to_owned()));
    if port.is_none() {
        let _ = child.wait();
    }
    Some((child, port?, lines))
}

impl Driver {
    pub(super) fn start([chromium, driver]: [&str; 2]) -> Self {
        let profile =
            tempfile::Builder::new().prefix("lianshi-browser-").tempdir().expect("a temporary folder");
        let begun = (0..STARTS).find_map(|_| begin(driver, profile.path()));
        let (child, port, lines) = begun.expect("chromedriver says its port");
        // What it says later is of no use, but must not fill the pipe.
        std::thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
        let mut driver = Self {
            child,
            origin: format!("http://127.0.0.1:{port}"),
            session: String::new(),
            _profile: profile,
        };
        let began = driver.ask("POST", "/session", &capabilities(chromium));
        driver.session = began["sessionId"].as_str().expect("a session").to_owned();
        driver
    }

    pub(super) fn get(&self, path: &str) -> Json {
        self.ask("GET", &format!("/session/{}{path}", self.session), &Json::Null)
    }

    pub(super) fn post(&self, path: &str, body: &Json) -> Json {
        self.ask("POST", &format!("/session/{}{path}", self.session), body)
    }

    fn ask(&self, method: &str, path: &str, body: &Json) -> Json {
        let text = if body.is_null() { String::new() } else { body.to_string() };
        let answer = send(&self.origin, method, path, &[("Content-Type", "application/json")], &text);
        let mut json: Json = serde_json::from_str(&answer.body).expect("chromedriver speaks JSON");
        assert_eq!(answer.code, 200, "{method} {path} {text:.300}: {}", json["value"]["message"]);
        json["value"].take()
    }
}

impl Drop for Driver {
    /// The whole group goes, the browser with its driver.
    fn drop(&mut self) {
        let group = format!("kill -9 -{}", self.child.id());
        let _ = Command::new("sh").args(["-c", &group]).status();
        let _ = self.child.wait();
    }
}

fn capabilities(chromium: &str) -> Json {
    json!({ "capabilities": { "alwaysMatch": {
        "browserName": "chrome",
        // A dialog is noted and goes away, so that a page that opens one does not hold up the test that looks for it.
        "unhandledPromptBehavior": "dismiss",
        "timeouts": { "script": 120_000, "pageLoad": 120_000 },
        "goog:loggingPrefs": { "performance": "ALL", "browser": "ALL" },
        "goog:chromeOptions": { "binary": chromium, "args": ARGUMENTS },
    } } })
}
