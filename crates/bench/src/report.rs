//! The table and the line of JSON.

use std::fmt::Write;

use serde_json::{Value as Json, json};

use crate::control::{Control, Controls};
use crate::records::Made;
use crate::sync::{Sample, Turn, Work};

/// Widths of the columns: system, then the figures.
const NAME: usize = 16;
const FIGURE: usize = 12;

/// A system's turns.
pub struct Row {
    system: String,
    turns: Vec<Turn>,
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
    /// What a meeting costs without anything said.
    pub control: Controls,
    /// Whether `lo` was ours alone.
    pub alone: bool,
}

impl Row {
    /// Whether it came to no end at all.
    pub fn is_empty(&self) -> bool {
        self.turns.is_empty()
    }

    /// A system without turns.
    pub fn new(system: String) -> Self {
        Self { system, turns: Vec::new() }
    }

    /// Adds a turn.
    pub fn take(&mut self, turn: Turn) {
        self.turns.push(turn);
    }

    fn samples(&self, work: Work) -> impl Iterator<Item = &Sample> {
        self.turns.iter().filter_map(move |turn| turn.get(&work))
    }

    /// The median of a figure; `None` where no turn has it.
    fn of(&self, work: Work, figure: impl Fn(&Sample) -> Option<f64>) -> Option<f64> {
        let known: Vec<f64> = self.samples(work).filter_map(figure).collect();
        (!known.is_empty()).then(|| median(known))
    }

    fn seconds(&self, work: Work) -> Vec<f64> {
        self.samples(work).map(|sample| sample.seconds).collect()
    }
}

/// The middle one; the mean of the middle two; 0 of none.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let half = values.len() / 2;
    match (values.get(half), half.checked_sub(1).and_then(|i| values.get(i))) {
        (Some(upper), Some(lower)) if values.len().is_multiple_of(2) => (upper + lower) / 2.0,
        (Some(middle), _) => *middle,
        (None, _) => 0.0,
    }
}

/// Heads of the columns, of which the first and the second have ratios beside them.
const HEADS: [&str; 9] = [
    "ms",
    "bytes",
    "ours/ms",
    "ours/bytes",
    "CPU A ms",
    "CPU B ms",
    "peak B MB",
    "disk B MB",
    "ms, least-most",
];

impl Report {
    /// For people.
    pub fn table(&self) -> String {
        let mut out = String::new();
        for work in Work::ALL {
            line(&mut out, "", HEADS.map(str::to_owned));
            let _ = writeln!(out, "{work}, {} listings, medians", self.listings);
            let Some(ours) = self.rows.first().and_then(|row| figures(row, work)) else { continue };
            for row in &self.rows {
                if let Some(figures) = figures(row, work) {
                    line(&mut out, &row.system, cells(&figures, &ours));
                }
            }
        }
        self.notes(&mut out);
        out
    }

    fn notes(&self, out: &mut String) {
        let Some(ours) = self.rows.first() else { return };
        let first = |figure: fn(&Sample) -> Option<f64>| ours.of(Work::First, figure).unwrap_or_default();
        let (seconds, listings) = (first(|s| Some(s.seconds)), self.listings as f64);
        let _ = writeln!(
            out,
            "lianshi, W1: {:.0} listings/s, {:.0} bytes a listing, {:.3} s before its first packet, all searchable after {:.3} s and {:.2} s of CPU at the receiver",
            listings / seconds.max(1e-9),
            first(|s| Some(s.bytes as f64)) / listings,
            first(|s| Some(s.waited)),
            first(|s| s.searchable),
            first(|s| Some(s.cpu_b_all)),
        );
        for work in [Work::One, Work::Live, Work::Apart] {
            let ms = |figure: Option<f64>| figure.map_or_else(|| "-".to_owned(), |s| short(s * 1e3));
            let (durable, found) = (ours.of(work, |s| s.durable), ours.of(work, |s| s.searchable));
            let _ = writeln!(
                out,
                "lianshi, {}: fsynced at the receiver after {} ms, found by a search after {} ms",
                work.id(),
                ms(durable),
                ms(found)
            );
        }
        let Controls { tcp, quic } = self.control;
        for (name, Control { seconds, first, bytes }) in [("TCP, Noise, Yamux", tcp), ("QUIC", quic)] {
            let _ = writeln!(
                out,
                "control, {name}: {:.1} ms ({:.1} the first time), {bytes} bytes to connect and to prove the keys",
                seconds * 1e3,
                first * 1e3
            );
        }
        for work in [Work::Nothing, Work::One] {
            if let Some(above) = self.above(ours, work) {
                let _ = writeln!(out, "lianshi, {}: {above:.0} bytes above the control", work.id());
            }
        }
        let _ = writeln!(out, "{}", self.made);
        if let Some(xz) = self.xz {
            let _ = writeln!(out, "xz -9e of them: {xz} bytes, {:.0} each", xz as f64 / listings);
        }
        if !self.alone {
            out.push_str("not root, so no network namespace: the bytes hold whatever else crossed lo\n");
        }
    }

    /// Bytes of a meeting of Lianshi beyond the control's; `None` of others, and of what is no meeting.
    fn above(&self, row: &Row, work: Work) -> Option<f64> {
        let is_ours = self.rows.first().is_some_and(|first| std::ptr::eq(first, row));
        let bytes = row.of(work, |sample| Some(sample.bytes as f64))?;
        (is_ours && work != Work::Live).then_some(bytes - self.control.tcp.bytes as f64)
    }

    /// For scripts.
    pub fn json(&self) -> Json {
        let rows: Vec<Json> = self
            .rows
            .iter()
            .flat_map(|row| Work::ALL.map(|work| self.row_json(row, work)))
            .flatten()
            .collect();
        let control = |control: Control| json!({ "seconds": control.seconds, "first_seconds": control.first, "bytes": control.bytes });
        json!({
            "v": 1, "rows": rows, "json_bytes": self.made.bytes, "text_from": self.made.source, "xz_bytes": self.xz,
            "control": { "tcp": control(self.control.tcp), "quic": control(self.control.quic) },
            "own_namespace": self.alone,
        })
    }

    fn row_json(&self, row: &Row, work: Work) -> Option<Json> {
        let of = |figure: fn(&Sample) -> Option<f64>| row.of(work, figure);
        let whole = |figure: Option<f64>| figure.map(|figure| figure as u64);
        Some(json!({
            "system": row.system,
            "work": work.id(),
            "listings": self.listings,
            "seconds": of(|s| Some(s.seconds))?,
            "waited_seconds": of(|s| Some(s.waited)),
            "durable_seconds": of(|s| s.durable),
            "searchable_seconds": of(|s| s.searchable),
            "bytes": whole(of(|s| Some(s.bytes as f64))),
            "bytes_above_control": self.above(row, work).map(|bytes| bytes as i64),
            "own_bytes": whole(of(|s| s.own_bytes.map(|bytes| bytes as f64))),
            "cpu_a_seconds": of(|s| Some(s.cpu_a)),
            "cpu_b_seconds": of(|s| Some(s.cpu_b)),
            "cpu_b_all_seconds": of(|s| Some(s.cpu_b_all)),
            "peak_bytes": whole(of(|s| Some(s.peak as f64))),
            "disk_bytes": whole(of(|s| Some(s.disk as f64))),
            "turns": row.seconds(work),
        }))
    }
}

/// The figures of a system for one piece of work.
struct Figures {
    ms: f64,
    bytes: f64,
    cpu_a: f64,
    cpu_b: f64,
    peak: f64,
    disk: f64,
    spread: (f64, f64),
}

fn figures(row: &Row, work: Work) -> Option<Figures> {
    let of = |figure: fn(&Sample) -> f64| row.of(work, |sample| Some(figure(sample))).unwrap_or_default();
    let all = row.seconds(work);
    let ends = (all.iter().copied().fold(f64::INFINITY, f64::min), all.iter().copied().fold(0.0, f64::max));
    (!all.is_empty()).then(|| Figures {
        ms: of(|s| s.seconds) * 1e3,
        bytes: of(|s| s.bytes as f64),
        cpu_a: of(|s| s.cpu_a) * 1e3,
        cpu_b: of(|s| s.cpu_b) * 1e3,
        peak: of(|s| s.peak as f64) / 1e6,
        disk: of(|s| s.disk as f64) / 1e6,
        spread: (ends.0 * 1e3, ends.1 * 1e3),
    })
}

fn cells(row: &Figures, ours: &Figures) -> [String; HEADS.len()] {
    let ratio = |ours: f64, theirs: f64| format!("{:.2} x", ours / theirs.max(1e-9));
    [
        short(row.ms),
        format!("{:.0}", row.bytes),
        ratio(ours.ms, row.ms),
        ratio(ours.bytes, row.bytes),
        short(row.cpu_a),
        short(row.cpu_b),
        short(row.peak),
        short(row.disk),
        format!("{}-{}", short(row.spread.0), short(row.spread.1)),
    ]
}

fn line<const N: usize>(out: &mut String, name: &str, figures: [String; N]) {
    let _ = write!(out, "{name:<NAME$}");
    for figure in figures {
        let _ = write!(out, "{figure:>FIGURE$} ");
    }
    while out.ends_with(' ') {
        out.pop();
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

    fn turn(seconds: f64, bytes: u64) -> Turn {
        let sample = Sample { seconds, bytes, cpu_a: 0.2, cpu_b: 0.3, peak: 7_000_000, ..Sample::default() };
        Turn::from([(Work::First, sample.clone()), (Work::Nothing, sample)])
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
        [1.0, 9.0, 2.0].iter().for_each(|s| ours.take(turn(*s, 1_000)));
        let mut theirs = Row::new("git".into());
        theirs.take(turn(4.0, 2_000));
        let made = Made { count: 10, bytes: 18_000, source: "a test" };
        let control =
            Controls { tcp: Control { seconds: 0.01, first: 0.02, bytes: 400 }, quic: Control::default() };
        let rows = vec![ours, theirs];
        let report = Report { rows, listings: 10, made, xz: Some(6_000), control, alone: true };
        let table = report.table();
        assert!(table.lines().nth(3).unwrap().starts_with("git") && table.contains("0.50 x"), "{table}");
        assert!(table.contains("600 each") && !table.contains("not root"), "{table}");
        assert!(table.contains("W3: 600 bytes above the control"), "{table}");
        let json = report.json();
        assert_eq!(json["rows"][0]["seconds"], 2.0);
        assert_eq!(json["rows"][0]["turns"], json!([1.0, 9.0, 2.0]));
        assert_eq!(json["rows"][1]["work"], "W3");
        assert_eq!(json["rows"][1]["bytes_above_control"], 600);
        assert_eq!(json["rows"][2]["bytes"], 2_000);
        assert!(json["rows"][2]["bytes_above_control"].is_null());
    }
}
