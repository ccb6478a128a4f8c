//! A running node.

use std::fs::File;
use std::ops::Deref;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use serde_json::Value as Json;

use crate::binary::binary;
use crate::command::command;
use crate::scene::Home;
use crate::until;

/// A node that runs; everything of its [`Home`] is at hand. Killed when dropped.
pub struct Node {
    home: Home,
    child: Child,
}

impl Deref for Node {
    type Target = Home;

    fn deref(&self) -> &Home {
        &self.home
    }
}

impl Node {
    /// Starts it and waits until it answers.
    pub(crate) fn start(home: Home, args: &[&str], environment: &[(&str, PathBuf)]) -> Self {
        let log = File::create(home.log()).expect("a log can be written");
        let mut command = command(binary());
        command
            .args(["--home", home.name(), "run", "--web", "127.0.0.1:0"])
            .args(args)
            .current_dir(home.folder())
            // A node ends with its standard input: when this process is killed, no node stays behind.
            .env("LIANSHI_EXIT_WITH_STDIN", "1")
            .stdin(Stdio::piped())
            .stdout(log.try_clone().expect("a log can be shared"))
            .stderr(log)
            // A Ctrl-C that ends the tests reaches the nodes through their standard input, in good order.
            .process_group(0);
        command.envs(environment.iter().map(|(name, value)| (name, value)));
        let child = command.spawn().expect("the program starts");
        let mut node = Self { home, child };
        until(&format!("{} answers", node.name()), || {
            if let Some(status) = node.child.try_wait().expect("a child can be waited for") {
                panic!("{} ended at its start: {status}", node.name());
            }
            let ran = node.run(["status", "--wait", "running", "--timeout", "1", "--json"]);
            let status = (ran.code == 0).then(|| ran.json())?;
            let listening = status["addresses"].as_array().is_some_and(|list| !list.is_empty());
            (listening && status["web"].is_string()).then_some(())
        });
        node
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Holds the process still, as a machine that is busy or asleep; [`Node::go_on`] lets it go on.
    ///
    /// # Panics
    /// When the signal cannot be sent.
    pub fn hold(&self) {
        self.signal("STOP");
    }

    /// Lets it go on.
    ///
    /// # Panics
    /// When the signal cannot be sent.
    pub fn go_on(&self) {
        self.signal("CONT");
    }

    fn signal(&self, name: &str) {
        let kill = format!("kill -{name} {}", self.pid());
        assert!(Command::new("sh").args(["-c", &kill]).status().expect("sh runs").success(), "{kill}");
    }

    /// `kill -9`, now.
    pub fn kill(mut self) -> Home {
        self.end();
        self.home.clone()
    }

    fn end(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Stops it in good order, and sees it end with code 0.
    ///
    /// # Panics
    /// When it does not.
    pub fn stop(mut self) -> Home {
        self.run(["stop"]).ok();
        let child = &mut self.child;
        let status = until("a stopped node ends", || child.try_wait().expect("a child can be waited for"));
        assert!(status.success(), "{} ended with {status}", self.home.name());
        self.home.clone()
    }

    /// Whether the process still runs.
    pub fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// The address of its pages, without a slash at the end.
    pub fn web(&self) -> String {
        let status = self.status();
        status["web"].as_str().expect("pages are served").trim_end_matches('/').to_owned()
    }

    /// Where it listens.
    pub fn addresses(&self) -> Vec<String> {
        let status = self.status();
        let list = status["addresses"].as_array().expect("addresses").iter();
        list.map(|address| address.as_str().expect("an address").to_owned()).collect()
    }

    /// Waits until it holds what every connected peer holds, and returns its status.
    pub fn synced(&self) -> Json {
        self.run(["status", "--wait", "synced", "--timeout", "120", "--json"]).ok().json()
    }

    /// Waits until this node and the others show the same view and are in step with each other, and returns the status.
    pub fn agrees_with(&self, others: &[&Node]) -> Json {
        self.agree_on(others, |_| true)
    }

    /// Waits until this node and the others hold `listings` and show the same view.
    pub fn holds_with(&self, others: &[&Node], listings: u64) -> Json {
        self.agree_on(others, |status| status["listings"]["held"].as_u64() == Some(listings))
    }

    fn agree_on(&self, others: &[&Node], also: impl Fn(&Json) -> bool) -> Json {
        let mut seen = String::new();
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            until("all nodes show the same view", || {
                let mine = self.synced();
                let theirs: Vec<Json> = others.iter().map(|node| node.synced()).collect();
                let brief = |s: &Json| {
                    format!("{}: {} {} {}", s["name"], s["entries"], s["listings"], s["view_hash"])
                };
                seen = std::iter::once(&mine).chain(&theirs).map(brief).collect::<Vec<_>>().join("\n");
                let same = |s: &Json| s["view_hash"] == mine["view_hash"] && s["entries"] == mine["entries"];
                (also(&mine) && theirs.iter().all(same)).then_some(mine)
            })
        }));
        result.unwrap_or_else(|panic| {
            println!("the last that was seen:\n{seen}");
            std::panic::resume_unwind(panic)
        })
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.end();
    }
}
