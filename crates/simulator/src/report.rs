//! What a run found, for people and for programs.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use serde_json::{Value, json};

use crate::province::Story;

/// The middle and the largest of some numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spread {
    /// The median.
    pub median: i64,
    /// The largest.
    pub most: i64,
}

impl Spread {
    /// Of these; zeros when there are none.
    pub fn of(mut numbers: Vec<i64>) -> Self {
        numbers.sort_unstable();
        let median = numbers.get(numbers.len() / 2).copied().unwrap_or_default();
        Self { median, most: numbers.last().copied().unwrap_or_default() }
    }
}

/// What a run found.
#[derive(Clone, Debug)]
pub struct Report {
    /// What was played.
    pub story: Story,
    /// Institutions on the roster.
    pub institutions: usize,
    /// Entries that the hub holds at the end.
    pub entries: usize,
    /// Frames sent in all.
    pub frames: usize,
    /// What happened, and how often.
    pub happened: BTreeMap<&'static str, u64>,
    /// From the end of all trouble until all were in step, milliseconds.
    pub settled_ms: i64,
    /// From an edit until everyone who wants it holds it, milliseconds.
    pub edit_ms: Spread,
    /// Nodes that were away all the time.
    pub absent: usize,
    /// Until such a node was in step, milliseconds.
    pub back_ms: Spread,
    /// Bytes that it sent and was sent for that.
    pub back_bytes: Spread,
    /// Frames in which it asked for something or compared.
    pub back_rounds: Spread,
    /// Bytes that a node sends in a day without news.
    pub idle_bytes: Spread,
    /// The most that a node kept in memory of what peers told it, bytes.
    pub remembered: usize,
    /// What the run itself took.
    pub wall: Duration,
    /// Stands for everything that happened in it.
    pub trace: u64,
}

impl Report {
    /// The report for programs.
    pub fn json(&self) -> Value {
        let spread = |s: Spread| json!({ "median": s.median, "most": s.most });
        json!({
            "nodes": self.story.nodes,
            "days": self.story.days,
            "seed": self.story.seed,
            "institutions": self.institutions,
            "entries": self.entries,
            "frames": self.frames,
            "happened": self.happened,
            "settled_ms": self.settled_ms,
            "edit_ms": spread(self.edit_ms),
            "absent": self.absent,
            "back_ms": spread(self.back_ms),
            "back_bytes": spread(self.back_bytes),
            "back_rounds": spread(self.back_rounds),
            "idle_bytes": spread(self.idle_bytes),
            "remembered_bytes": self.remembered,
            "seconds": self.wall.as_secs_f64(),
            "trace": format!("{:016x}", self.trace),
        })
    }

    /// What happened, in a line.
    pub fn story(&self) -> String {
        let told: Vec<String> = self.happened.iter().map(|(what, n)| format!("{n} {what}")).collect();
        told.join(", ")
    }
}

/// A line for each run.
pub fn table(reports: &[Report]) -> String {
    let heads = [
        "nodes",
        "days",
        "seed",
        "entries",
        "all in step",
        "an edit to all",
        "absent",
        "back in step",
        "bytes for that",
        "asked",
        "idle bytes/day",
        "told, kept",
        "run",
    ];
    let rows: Vec<Vec<String>> = reports.iter().map(cells).collect();
    let widths: Vec<usize> = (0..heads.len())
        .map(|n| rows.iter().map(|row| row[n].chars().count()).chain([heads[n].len()]).max().unwrap_or(0))
        .collect();
    let mut out = String::new();
    let mut line = |cells: &[String]| {
        for (cell, width) in cells.iter().zip(&widths) {
            let _ = write!(out, "{cell:>width$}  ");
        }
        out.truncate(out.trim_end().len());
        out.push('\n');
    };
    line(&heads.map(str::to_owned));
    rows.iter().for_each(|row| line(row));
    out
}

fn cells(report: &Report) -> Vec<String> {
    let both = |s: Spread, unit: fn(i64) -> String| format!("{} ≤ {}", unit(s.median), unit(s.most));
    let number = |n: i64| n.to_string();
    vec![
        report.story.nodes.to_string(),
        report.story.days.to_string(),
        report.story.seed.to_string(),
        report.entries.to_string(),
        seconds(report.settled_ms),
        both(report.edit_ms, seconds),
        report.absent.to_string(),
        both(report.back_ms, seconds),
        both(report.back_bytes, bytes),
        both(report.back_rounds, number),
        both(report.idle_bytes, bytes),
        bytes(report.remembered as i64),
        format!("{:.1} s", report.wall.as_secs_f64()),
    ]
}

fn seconds(ms: i64) -> String {
    match ms {
        ..10_000 => format!("{:.2} s", ms as f64 / 1e3),
        10_000..600_000 => format!("{:.0} s", ms as f64 / 1e3),
        _ => format!("{:.0} min", ms as f64 / 6e4),
    }
}

fn bytes(n: i64) -> String {
    match n {
        ..10_000 => format!("{n} B"),
        10_000..10_000_000 => format!("{} kB", n / 1_000),
        _ => format!("{} MB", n / 1_000_000),
    }
}
