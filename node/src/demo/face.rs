//! What is seen while it goes on. In a terminal a table is drawn again and again in its place; elsewhere a line tells when
//! something has changed, at most one a second; scripts get JSON. Progress goes to standard error, results and JSON to
//! standard output. Colour only repeats what a word or sign says, and is left out when `NO_COLOR` is set.

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

use catalog::{Lang, words};
use serde_json::{Value as Json, json};

use super::bounds::Bounds;
use super::cast::CAST;
use super::table::{self, Column};
use super::watch::Figures;
use crate::bytes::bytes;

/// Without a terminal, progress is told at most this often.
const TELL_EVERY: Duration = Duration::from_secs(1);
/// Columns when the terminal does not say how many it has.
const COLUMNS: usize = 100;
/// Digits of a view hash in the table.
const SHORT_HASH: usize = 12;
/// Columns of the table: id, and whether it holds numbers.
const TABLE: [(&str, bool); 10] = [
    ("name", false),
    ("role", false),
    ("own", true),
    ("held", true),
    ("entries", true),
    ("state", false),
    ("peers", true),
    ("in", true),
    ("out", true),
    ("view", false),
];
/// Columns that a narrow terminal goes without, first to last.
const SPARED: [&str; 5] = ["role", "out", "in", "peers", "entries"];

/// What the whole is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The hub founds the network.
    Founding,
    /// The others are invited and join.
    Joining,
    /// Listings are imported, published and replicated.
    Importing,
    /// All is imported; the rest is on its way.
    Comparing,
    /// All have one view.
    Equal,
}

impl Step {
    /// Its word in JSON and in the keys of texts.
    pub fn id(self) -> &'static str {
        match self {
            Self::Founding => "founding",
            Self::Joining => "joining",
            Self::Importing => "importing",
            Self::Comparing => "comparing",
            Self::Equal => "equal",
        }
    }
}

/// What a node is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// It has not been started.
    Waiting,
    /// It runs, and is not admitted yet or not known to be.
    Joining,
    /// It takes in and gets listings.
    Busy,
    /// It has ended.
    Gone,
}

/// One moment of the demonstration.
#[derive(Debug)]
pub struct Scene {
    /// What the whole is doing.
    pub step: Step,
    /// What each node is doing, in the order of the cast.
    pub phases: Vec<Phase>,
    /// What each said last.
    pub nodes: Vec<Option<Figures>>,
    /// Listings to come in all.
    pub expected: Option<u64>,
}

impl Scene {
    /// Nodes whose view is the hub's.
    pub fn equal(&self) -> Vec<bool> {
        let hub = self.nodes.first().and_then(|hub| hub.as_ref()).filter(|hub| hub.admitted);
        self.nodes
            .iter()
            .map(|node| matches!((node, hub), (Some(n), Some(hub)) if n.view == hub.view))
            .collect()
    }
}

/// How progress is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Manner {
    Json,
    Table,
    Lines,
}

/// The face.
#[derive(Debug)]
pub struct Face {
    lang: Lang,
    manner: Manner,
    colour: bool,
    bounds: Bounds,
    drawn: usize,
    told: Option<(Instant, &'static str, String)>,
}

impl Face {
    /// A face for this terminal, or for none.
    pub fn new(lang: Lang, json: bool, bounds: Bounds) -> Self {
        let dumb = std::env::var("TERM").is_ok_and(|term| term == "dumb");
        let terminal = io::stderr().is_terminal() && !dumb;
        let manner = match (json, terminal) {
            (true, _) => Manner::Json,
            (false, true) => Manner::Table,
            (false, false) => Manner::Lines,
        };
        let colour = terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        Self { lang, manner, colour, bounds, drawn: 0, told: None }
    }

    /// Whether scripts read it.
    pub fn is_json(&self) -> bool {
        self.manner == Manner::Json
    }

    /// A result: a line on standard output. When nobody reads on, the demonstration ends in good order.
    pub fn say(&mut self, line: &str) {
        let mut out = io::stdout().lock();
        if writeln!(out, "{line}").and_then(|()| out.flush()).is_err() {
            self.bounds.interrupt();
        }
    }

    /// Something to know beside the result: a line on standard error, above the table.
    pub fn remark(&mut self, line: &str) {
        self.erase();
        // Nobody may be listening there, which changes nothing.
        let _ = writeln!(io::stderr().lock(), "{line}");
    }

    /// An event for scripts.
    pub fn event(&mut self, event: &Json) {
        if self.manner == Manner::Json {
            self.say(&event.to_string());
        }
    }

    /// Takes the table away, for what follows to stand in its place.
    pub fn erase(&mut self) {
        if self.drawn > 0 {
            let _ = write!(io::stderr().lock(), "\x1b[{}A\r\x1b[J", self.drawn);
            self.drawn = 0;
        }
    }

    /// Shows a scene.
    pub fn show(&mut self, scene: &Scene) {
        match self.manner {
            Manner::Table => self.draw(scene),
            Manner::Lines | Manner::Json => self.tell(scene),
        }
    }

    /// Columns of the terminal, when the table is drawn in one.
    pub fn width(&self) -> Option<usize> {
        let stated = terminal_size::terminal_size_of(io::stderr());
        (self.manner == Manner::Table).then(|| stated.map_or(COLUMNS, |(w, _)| usize::from(w.0)))
    }

    fn draw(&mut self, scene: &Scene) {
        let width = self.width().unwrap_or(COLUMNS);
        let equal = scene.equal();
        let ink = |at: usize| match at {
            0 | 1 => "1",
            _ if scene.phases.get(at - 2) == Some(&Phase::Gone) => "31",
            _ if equal.get(at - 2) == Some(&true) => "32",
            _ => "0",
        };
        let lines = std::iter::once(self.heading(scene)).chain(self.table(scene, width));
        let inked: Vec<(&str, String)> = lines.enumerate().map(|(at, line)| (ink(at), line)).collect();
        self.paint(&inked);
    }

    /// Draws lines, each in its ink (a number of SGR), in place of those drawn before.
    pub fn paint(&mut self, lines: &[(&str, String)]) {
        let width = self.width().unwrap_or(COLUMNS);
        let mut out = String::new();
        if self.drawn > 0 {
            out.push_str(&format!("\x1b[{}A", self.drawn));
        }
        for (ink, line) in lines {
            let line = table::cut(line, width.saturating_sub(1));
            let line = if self.colour { format!("\x1b[{ink}m{line}\x1b[0m") } else { line.to_owned() };
            out.push_str(&format!("\r\x1b[2K{line}\n"));
        }
        out.push_str("\x1b[J");
        self.drawn = lines.len();
        let mut err = io::stderr().lock();
        // A terminal that has gone away sends SIGHUP, which ends all.
        let _ = err.write_all(out.as_bytes()).and_then(|()| err.flush());
    }

    /// The table, without the columns that find no room.
    fn table(&self, scene: &Scene, width: usize) -> Vec<String> {
        let rows: Vec<Vec<String>> = (0..CAST.len()).map(|place| self.row(scene, place)).collect();
        let keys = TABLE.map(|(id, _)| format!("cli.demo.column.{id}"));
        let mut lines = Vec::new();
        for spared in 0..=SPARED.len() {
            let kept: Vec<usize> =
                (0..TABLE.len()).filter(|&at| !SPARED[..spared].contains(&TABLE[at].0)).collect();
            let column =
                |&at: &usize| Column { heading: words::say(self.lang, &keys[at]), number: TABLE[at].1 };
            let columns: Vec<Column<'_>> = kept.iter().map(column).collect();
            let rows: Vec<Vec<String>> =
                rows.iter().map(|row| kept.iter().map(|&at| row[at].clone()).collect()).collect();
            lines = table::lines(&columns, &rows);
            if lines.iter().all(|line| table::width(line) < width) {
                break;
            }
        }
        lines
    }

    fn row(&self, scene: &Scene, place: usize) -> Vec<String> {
        let part = &CAST[place];
        let role = format!("role.{}", part.role.id().replace('-', "_"));
        let (phase, node) = (scene.phases[place], scene.nodes[place].clone().unwrap_or_default());
        let equal = scene.equal()[place];
        let state = match phase {
            Phase::Waiting => "waiting",
            Phase::Joining => "joining",
            Phase::Gone => "gone",
            Phase::Busy if equal && scene.step == Step::Equal => "equal",
            Phase::Busy if scene.step == Step::Joining => "ready",
            Phase::Busy => "syncing",
        };
        let state = words::say(self.lang, &format!("cli.demo.state.{state}")).to_owned();
        let view: String = node.view.chars().take(SHORT_HASH).collect();
        vec![
            part.name(self.lang).to_owned(),
            words::say(self.lang, &role).to_owned(),
            node.own.to_string(),
            node.held.to_string(),
            node.entries.to_string(),
            state,
            node.peers.to_string(),
            bytes(node.bytes.0),
            bytes(node.bytes.1),
            if equal { format!("{view} ✓") } else { view },
        ]
    }

    fn heading(&self, scene: &Scene) -> String {
        let step = words::say(self.lang, &format!("cli.demo.step.{}", scene.step.id())).to_owned();
        let seconds = seconds(self.bounds.elapsed());
        let mut line = words::fill(self.lang, "cli.demo.heading", &[("seconds", &seconds), ("step", &step)]);
        if let Some(expected) = scene.expected {
            let equal = scene.equal().iter().filter(|equal| **equal).count().to_string();
            let (expected, nodes) = (expected.to_string(), CAST.len().to_string());
            let places = [("expected", &*expected), ("equal", &*equal), ("nodes", &*nodes)];
            line.push_str(&words::fill(self.lang, "cli.demo.heading.count", &places));
        }
        line
    }

    /// Without a terminal: what changed, when the last word is old enough or another step has begun.
    fn tell(&mut self, scene: &Scene) {
        let held: Vec<String> = scene
            .nodes
            .iter()
            .map(|n| n.as_ref().map_or_else(|| "–".to_owned(), |n| n.held.to_string()))
            .collect();
        let held = held.join(" ");
        let equal = scene.equal().iter().filter(|equal| **equal).count();
        let state = format!("{held} {equal}");
        if !self.is_news(scene.step.id(), state) {
            return;
        }
        if self.manner == Manner::Json {
            let nodes: Vec<Json> = scene
                .nodes
                .iter()
                .zip(&CAST)
                .map(|(node, part)| moment(part.name(self.lang), node.as_ref()))
                .collect();
            let seconds = rounded(self.bounds.elapsed());
            self.event(&json!({
                "v": 1, "event": "progress", "step": scene.step.id(), "seconds": seconds, "expected": scene.expected,
                "equal": equal, "nodes": nodes,
            }));
        } else {
            let heading = self.heading(scene);
            self.remark(&words::fill(self.lang, "cli.demo.told", &[("heading", &heading), ("held", &held)]));
        }
    }

    /// Whether a state is to be told now: another step has begun, or it has changed and the last word is old enough.
    pub fn is_news(&mut self, step: &'static str, state: String) -> bool {
        let due = self.told.as_ref().is_none_or(|(when, before, last)| {
            *before != step || (*last != state && when.elapsed() >= TELL_EVERY)
        });
        if due {
            self.told = Some((Instant::now(), step, state));
        }
        due
    }
}

fn moment(name: &str, node: Option<&Figures>) -> Json {
    match node {
        None => json!({ "name": name, "answers": false }),
        Some(n) => json!({
            "name": name, "answers": true, "admitted": n.admitted, "peers": n.peers, "entries": n.entries,
            "listings": { "own": n.own, "held": n.held }, "view_hash": n.view,
        }),
    }
}

/// Seconds for people.
pub fn seconds(time: Duration) -> String {
    format!("{:.1}", time.as_secs_f64())
}

/// Seconds for scripts, to the millisecond.
pub fn rounded(time: Duration) -> f64 {
    (time.as_secs_f64() * 1000.0).round() / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_view_is_equal_when_it_is_the_admitted_hubs() {
        let node = |view: &str, admitted| Some(Figures { view: view.into(), admitted, ..Figures::default() });
        let scene = |nodes| Scene { step: Step::Importing, phases: Vec::new(), nodes, expected: None };
        assert_eq!(
            scene(vec![node("a", true), node("b", true), None, node("a", true)]).equal(),
            [true, false, false, true]
        );
        assert_eq!(scene(vec![None, node("a", true)]).equal(), [false, false]);
    }
}
