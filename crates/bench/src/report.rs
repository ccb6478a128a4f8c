//! The table and the line of JSON.

use std::fmt::Write;

use serde_json::{Value as Json, json};

use crate::records::Made;
use crate::sync::Sample;

/// Widths of the columns: system, then the figures.
const NAME: usize = 16;
const FIGURE: usize = 11;

/// A system's turns.
pub struct Row {
    system: String,
    turns: Vec<Sample>,
}

/// All of a run.
pub struct Report {
    /// Lianshi first, then what it was compared with.
    pub rows: Vec<Row>,
    /// Listings moved.
    pub listings: usize,
    /// The records.
    pub made: Made,
    /// The records' file under xz, bytes.
    pub xz: Option<u64>,
    /// Whether `lo` was ours alone.
    pub alone: bool,
}

impl Row {
    /// A system without turns.
    pub fn new(system: String) -> Self {
        Self { system, turns: Vec::new() }
    }

    /// Adds a turn.
    pub fn take(&mut self, sample: Sample) {
        self.turns.push(sample);
    }

    fn of(&self, figure: impl Fn(&Sample) -> f64) -> f64 {
        median(self.turns.iter().map(figure).collect())
    }

    fn searchable(&self) -> Option<f64> {
        let known: Vec<f64> = self.turns.iter().filter_map(|t| t.searchable).collect();
        (!known.is_empty()).then(|| median(known))
    }
}

/// The middle one; the mean of the middle two; 0 of none.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let half = values.len() / 2;
    match (values.get(half), half.checked_sub(1).and_then(|i| values.get(i))) {
        (Some(upper), Some(lower)) if values.len().is_multiple_of(2) => (upper + lower) / 2.0,
        (Some(middle), _) => *middle,
        (None, _) => 0.0,
    }
}

impl Report {
    /// The medians of one system, in the order of the columns.
    fn figures(&self, row: &Row) -> [f64; 9] {
        let listings = self.listings as f64;
        let (seconds, bytes) = (row.of(|t| t.seconds), row.of(|t| t.bytes as f64));
        [
            seconds,
            listings / seconds.max(1e-9),
            bytes / 1e6,
            bytes / listings,
            row.of(|t| t.cpu_a),
            row.of(|t| t.cpu_b),
            row.of(|t| t.cpu_a + t.cpu_b),
            row.of(|t| t.peak as f64) / 1e6,
            row.of(|t| t.disk as f64) / 1e6,
        ]
    }

    /// For people.
    pub fn table(&self) -> String {
        let mut out = String::new();
        let heads = [
            "s",
            "listings/s",
            "MB",
            "B/listing",
            "CPU A s",
            "CPU B s",
            "CPU A+B s",
            "peak B MB",
            "disk B MB",
        ];
        line(&mut out, "W1, medians", heads.map(str::to_owned));
        for row in &self.rows {
            line(&mut out, &row.system, self.figures(row).map(short));
        }
        if let [ours, theirs] = self.rows.as_slice() {
            let (ours, theirs) = (self.figures(ours), self.figures(theirs));
            let ratio = |n: usize| format!("{:.2} x", ours[n] / theirs[n].max(1e-9));
            line(&mut out, "ratio", std::array::from_fn::<_, 9, _>(ratio));
        }
        self.notes(&mut out);
        out
    }

    fn notes(&self, out: &mut String) {
        if let Some(ours) = self.rows.first() {
            let waited = ours.of(|t| t.waited);
            let _ = writeln!(out, "lianshi: {waited:.3} s of its time pass before its first packet");
            if let Some(found) = ours.searchable() {
                let cpu = ours.of(|t| t.cpu_b_all);
                let _ = writeln!(
                    out,
                    "lianshi: all searchable after {found:.3} s, {cpu:.2} s of CPU at the receiver"
                );
            }
            let own = ours.of(|t| t.own_bytes.unwrap_or_default() as f64);
            let _ = writeln!(out, "lianshi: {own:.0} bytes by its own count");
        }
        for row in &self.rows {
            let all: Vec<String> = row.turns.iter().map(|t| format!("{:.3}", t.seconds)).collect();
            let _ = writeln!(out, "{}: turns {} s", row.system, all.join(" "));
        }
        let _ = writeln!(out, "{}", self.made);
        if let Some(xz) = self.xz {
            let _ = writeln!(out, "xz -9e of them: {xz} bytes, {:.0} each", xz as f64 / self.listings as f64);
        }
        if !self.alone {
            out.push_str("not root, so no network namespace: the bytes hold whatever else crossed lo\n");
        }
    }

    /// For scripts.
    pub fn json(&self) -> Json {
        let rows: Vec<Json> = self.rows.iter().map(|row| self.row_json(row)).collect();
        json!({
            "v": 1, "rows": rows, "json_bytes": self.made.bytes, "text_from": self.made.source, "xz_bytes": self.xz,
            "own_namespace": self.alone,
        })
    }

    fn row_json(&self, row: &Row) -> Json {
        let own = row.turns.first().is_some_and(|t| t.own_bytes.is_some());
        json!({
            "system": row.system,
            "work": "W1",
            "listings": self.listings,
            "seconds": row.of(|t| t.seconds),
            "waited_seconds": row.of(|t| t.waited),
            "searchable_seconds": row.searchable(),
            "bytes": row.of(|t| t.bytes as f64) as u64,
            "own_bytes": own.then(|| row.of(|t| t.own_bytes.unwrap_or_default() as f64) as u64),
            "cpu_a_seconds": row.of(|t| t.cpu_a),
            "cpu_b_seconds": row.of(|t| t.cpu_b),
            "cpu_b_all_seconds": row.of(|t| t.cpu_b_all),
            "peak_bytes": row.of(|t| t.peak as f64) as u64,
            "disk_bytes": row.of(|t| t.disk as f64) as u64,
            "turns": row.turns.iter().map(|t| t.seconds).collect::<Vec<f64>>(),
        })
    }
}

fn line<const N: usize>(out: &mut String, name: &str, figures: [String; N]) {
    let _ = write!(out, "{name:<NAME$}");
    for figure in figures {
        let _ = write!(out, "{figure:>FIGURE$}");
    }
    out.push('\n');
}

/// Three or four digits that count.
fn short(figure: f64) -> String {
    match figure {
        f if f >= 100.0 => format!("{f:.0}"),
        f if f >= 10.0 => format!("{f:.1}"),
        f => format!("{f:.2}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(seconds: f64, bytes: u64) -> Sample {
        Sample {
            seconds,
            waited: 0.1,
            searchable: None,
            bytes,
            own_bytes: None,
            cpu_a: 0.2,
            cpu_b: 0.3,
            cpu_b_all: 0.4,
            peak: 7_000_000,
            disk: 9_000_000,
        }
    }

    #[test]
    fn medians() {
        assert_eq!(median(vec![3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(vec![4.0, 1.0, 2.0, 3.0]), 2.5);
        assert_eq!(median(Vec::new()), 0.0);
    }

    #[test]
    fn the_table_and_the_json_say_the_same() {
        let mut ours = Row::new("lianshi".into());
        [1.0, 9.0, 2.0].iter().for_each(|s| ours.take(sample(*s, 1_000)));
        let mut theirs = Row::new("git".into());
        theirs.take(sample(4.0, 2_000));
        let made = Made { count: 10, bytes: 18_000, source: "a test" };
        let report = Report { rows: vec![ours, theirs], listings: 10, made, xz: Some(6_000), alone: true };
        let table = report.table();
        assert!(table.lines().nth(3).unwrap().starts_with("ratio") && table.contains("0.50 x"), "{table}");
        assert!(table.contains("600 each") && !table.contains("not root"), "{table}");
        let json = report.json();
        assert_eq!(json["rows"][0]["seconds"], 2.0);
        assert_eq!(json["rows"][1]["bytes"], 2_000);
        assert_eq!(json["rows"][0]["turns"], json!([1.0, 9.0, 2.0]));
    }
}
