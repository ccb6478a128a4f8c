//! The table and the line of JSON.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde_json::{Value as Json, json};

use super::CrowdArgs;
use crate::flood::Times;
use crate::machine;

/// Widths of the columns: what was done, then the figures.
const NAME: usize = 34;
const FIGURE: usize = 11;

/// What was measured of one phase.
#[derive(Clone, Debug, Default)]
pub struct Row {
    /// What was done.
    pub name: String,
    /// Publishers connected or counted.
    pub count: usize,
    /// Times of each of them.
    pub times: Times,
    /// Jain's index of their rates: 1 when all got the same, 1/n when one got everything.
    pub jain: Option<f64>,
    /// The hub's anonymous memory, bytes.
    pub anon: u64,
    /// … of each connection, beside what was there before it, bytes.
    pub anon_each: Option<f64>,
    /// CPU seconds of the hub.
    pub cpu: f64,
    /// … in a second for each connection, microseconds.
    pub cpu_each: Option<f64>,
    /// Calls that came to nothing.
    pub refused: u64,
}

/// All of a run.
pub struct Report {
    rows: Vec<Row>,
    refused: BTreeMap<String, u64>,
    head: String,
    publishers: usize,
    processes: usize,
    each: usize,
    spread: bool,
}

impl Report {
    /// Of a run; each from an address of its own, or not.
    pub fn new(args: &CrowdArgs, spread: bool) -> Self {
        let CrowdArgs { publishers, processes, each, publish_only, .. } = *args;
        let head = format!(
            "{publishers} publishers, {processes} of them processes; {}; the played ones take in {}; load {}",
            if spread { "each from an address of its own" } else { "all from one address" },
            if publish_only { "what concerns everyone" } else { "their city's" },
            machine::load()
        );
        Self { rows: Vec::new(), refused: BTreeMap::new(), head, publishers, processes, each, spread }
    }

    /// Takes a phase, and says so at once.
    pub fn take(&mut self, row: Row) {
        eprintln!("bench: {}", line_of(&row).trim_end());
        self.rows.push(row);
    }

    /// Calls that came to nothing, by cause.
    pub fn note_refused(&mut self, refused: BTreeMap<String, u64>) {
        self.refused = refused;
    }

    /// For people.
    pub fn table(&self) -> String {
        let mut out = format!("{}\n", self.head);
        let heads = [
            "count",
            "p50 ms",
            "p99 ms",
            "max ms",
            "Jain",
            "anon MB",
            "KB each",
            "hub CPU s",
            "us/s each",
            "refused",
        ];
        let _ = write!(out, "{:<NAME$}", "");
        for head in heads {
            let _ = write!(out, "{head:>FIGURE$}");
        }
        out.push('\n');
        self.rows.iter().for_each(|row| out.push_str(&line_of(row)));
        for (cause, count) in &self.refused {
            let _ = writeln!(out, "refused {count} x: {cause}");
        }
        out
    }

    /// For scripts.
    pub fn json(&self) -> Json {
        let rows: Vec<Json> = self.rows.iter().map(row_json).collect();
        json!({
            "v": 1, "publishers": self.publishers, "processes": self.processes, "each": self.each,
            "own_sources": self.spread, "rows": rows, "refused": self.refused,
        })
    }
}

fn row_json(row: &Row) -> Json {
    json!({
        "phase": row.name, "count": row.count,
        "ms": { "p50": row.times.percentile(50), "p99": row.times.percentile(99), "max": row.times.percentile(100) },
        "jain": row.jain, "anon_bytes": row.anon, "anon_bytes_each": row.anon_each, "hub_cpu_seconds": row.cpu,
        "hub_cpu_us_a_second_each": row.cpu_each, "refused": row.refused,
    })
}

fn line_of(row: &Row) -> String {
    let time = |percent| {
        if row.times.count() == 0 { String::new() } else { format!("{:.0}", row.times.percentile(percent)) }
    };
    let maybe =
        |figure: Option<f64>, digits: usize| figure.map_or_else(String::new, |f| format!("{f:.digits$}"));
    let figures = [
        row.count.to_string(),
        time(50),
        time(99),
        time(100),
        maybe(row.jain, 3),
        format!("{:.1}", row.anon as f64 / 1e6),
        maybe(row.anon_each.map(|bytes| bytes / 1e3), 1),
        format!("{:.2}", row.cpu),
        maybe(row.cpu_each, 1),
        row.refused.to_string(),
    ];
    let mut out = format!("{:<NAME$}", row.name);
    for figure in figures {
        let _ = write!(out, "{figure:>FIGURE$}");
    }
    out.push('\n');
    out
}

/// Jain's index of rates.
pub fn jain(rates: &[f64]) -> Option<f64> {
    let (sum, squares) =
        rates.iter().fold((0.0, 0.0), |(sum, squares), rate| (sum + rate, squares + rate * rate));
    (squares > 0.0).then(|| sum * sum / (rates.len() as f64 * squares))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn jains_index() {
        assert_eq!(jain(&[3.0; 7]), Some(1.0));
        assert_eq!(jain(&[5.0, 0.0, 0.0, 0.0]), Some(0.25));
        assert_eq!(jain(&[]), None);
    }

    #[test]
    fn the_table_and_the_json_say_the_same() {
        let args = CrowdArgs {
            publishers: 10,
            processes: 2,
            each: 5,
            one_source: false,
            publish_only: true,
            idle: 1,
            common: crate::Common { json: false, bin: None, keep: None },
            inside: None,
        };
        let mut report = Report::new(&args, true);
        let mut times = Times::default();
        (1..=10).for_each(|n| times.take(Duration::from_millis(n * 10)));
        report.take(Row {
            name: "all at once".to_owned(),
            count: 10,
            times,
            jain: Some(0.5),
            refused: 3,
            ..Row::default()
        });
        report.note_refused(BTreeMap::from([("too many".to_owned(), 3)]));
        let table = report.table();
        assert!(
            table.contains("all at once") && table.contains("0.500") && table.contains("3 x: too many"),
            "{table}"
        );
        assert_eq!(report.json()["rows"][0]["ms"]["max"], 100.0);
    }
}
