//! The table and the line of JSON.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::{Value as Json, json};

use super::at;
use super::homes::Built;
use crate::flood::Times;
use crate::machine;

const MB: f64 = 1e6;

/// What the nodes take on disk, bytes of allocated blocks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Disk {
    /// The hub's sled store.
    pub store: u64,
    /// Its journal.
    pub journal: u64,
    /// Its search index.
    pub index: u64,
    /// All of its home.
    pub all: u64,
    /// All of the publisher's home.
    pub publisher: u64,
}

impl Disk {
    /// Of two homes at rest.
    pub fn of(hub: &Path, publisher: &Path) -> Self {
        Self {
            store: machine::disk(&hub.join("data/store")),
            journal: machine::disk(&hub.join("data/journal")),
            index: machine::disk(&hub.join("index")),
            all: machine::disk(hub),
            publisher: machine::disk(publisher),
        }
    }

    fn other(&self) -> u64 {
        self.all.saturating_sub(self.store + self.journal + self.index)
    }
}

/// What was measured of one size.
#[derive(Clone, Debug, Default)]
pub struct Row {
    /// What making the homes took.
    pub built: Built,
    /// Seconds from the program's start until it listened.
    pub listening: f64,
    /// … until it had answered a search.
    pub ready: f64,
    /// Anonymous memory then, bytes.
    pub anon_start: u64,
    /// At the end of the load.
    pub anon_end: u64,
    /// Its largest under load.
    pub anon_peak: u64,
    /// Searches with all facets at rest.
    pub searches: Times,
    /// The first page at rest.
    pub first_page: Times,
    /// Searches under load.
    pub loaded: Times,
    /// The first page under load.
    pub loaded_first: Times,
    /// The publisher's returns under load.
    pub loaded_returns: Times,
    /// Listings that were published and replicated under load.
    pub edits: u64,
    /// The publisher comes back with nothing new: until it is in step.
    pub nothing: Times,
    /// Bytes of that, both ways.
    pub nothing_bytes: Vec<u64>,
    /// … with one edit.
    pub one_edit: Times,
    /// Bytes of that.
    pub one_edit_bytes: Vec<u64>,
    /// On disk before anything was measured.
    pub disk: Disk,
    /// After the load.
    pub disk_end: Disk,
    /// Seconds that compacting took; 0 when it was not asked for.
    pub compacting: f64,
    /// The store before it, bytes.
    pub compact_before: u64,
    /// And after.
    pub compact_after: u64,
}

impl Row {
    /// Listings.
    pub fn listings(&self) -> usize {
        self.built.listings
    }

    /// The hub's disk as a multiple of the records' JSON.
    pub fn multiple(&self) -> f64 {
        self.disk.all as f64 / self.built.json_bytes.max(1) as f64
    }

    /// For scripts.
    pub fn json(&self) -> Json {
        let times = |times: &Times| json!({ "n": times.count(), "p50": at(times, 50), "p99": at(times, 99) });
        let disk = |disk: &Disk| {
            json!({
                "store": disk.store, "journal": disk.journal, "index": disk.index, "other": disk.other(),
                "all": disk.all, "publisher": disk.publisher,
            })
        };
        json!({
            "built": self.built, "listening_s": self.listening, "ready_s": self.ready,
            "anon_start": self.anon_start, "anon_end": self.anon_end, "anon_peak": self.anon_peak,
            "search_ms": times(&self.searches), "first_page_ms": times(&self.first_page),
            "loaded_search_ms": times(&self.loaded), "loaded_first_page_ms": times(&self.loaded_first),
            "loaded_return_ms": times(&self.loaded_returns), "edits": self.edits,
            "nothing_ms": times(&self.nothing), "nothing_bytes": middle(&self.nothing_bytes),
            "one_edit_ms": times(&self.one_edit), "one_edit_bytes": middle(&self.one_edit_bytes),
            "disk": disk(&self.disk), "disk_end": disk(&self.disk_end), "disk_multiple": self.multiple(),
            "compacting_s": self.compacting, "compact_before": self.compact_before, "compact_after": self.compact_after,
        })
    }
}

/// The middle one; 0 of none.
fn middle(values: &[u64]) -> u64 {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    sorted.get(sorted.len() / 2).copied().unwrap_or_default()
}

/// For scripts.
pub fn json(rows: &[Row], minutes: f64) -> Json {
    json!({ "v": 1, "minutes": minutes, "rows": rows.iter().map(Row::json).collect::<Vec<_>>() })
}

/// What a line of the table tells of a row.
type Figure = fn(&Row) -> String;

const LINES: &[(&str, Figure)] = &[
    ("import at the publisher, listings/s", |r| {
        format!("{:.0}", r.listings() as f64 / r.built.import.max(1e-9))
    }),
    ("first sync to the hub, listings/s", |r| format!("{:.0}", r.listings() as f64 / r.built.sync.max(1e-9))),
    ("… until all is searchable, s", |r| format!("{:.1}", r.built.searchable)),
    ("start until it listens; until a search is answered, s", |r| {
        format!("{:.2}; {:.2}", r.listening, r.ready)
    }),
    ("RssAnon at the start; after the load; its peak, MB", |r| {
        let [start, end, peak] = [r.anon_start, r.anon_end, r.anon_peak].map(|bytes| bytes as f64 / MB);
        format!("{start:.0}; {end:.0}; {peak:.0}")
    }),
    ("search with facets, p50 / p99 ms", |r| pair(&r.searches)),
    ("… under load", |r| pair(&r.loaded)),
    ("first page, p50 / p99 ms", |r| pair(&r.first_page)),
    ("… under load", |r| pair(&r.loaded_first)),
    ("back with nothing new (W3), p50 ms; bytes", |r| {
        format!("{:.0}; {}", at(&r.nothing, 50), middle(&r.nothing_bytes))
    }),
    ("back with one edit (W2), p50 ms; bytes", |r| {
        format!("{:.0}; {}", at(&r.one_edit, 50), middle(&r.one_edit_bytes))
    }),
    ("back under load, p50 / p99 ms", |r| pair(&r.loaded_returns)),
    ("hub's disk: store + journal + index + other, MB", |r| {
        let parts =
            [r.disk.store, r.disk.journal, r.disk.index, r.disk.other()].map(|bytes| bytes as f64 / MB);
        parts.map(|mb| format!("{mb:.1}")).join(" + ")
    }),
    ("… as a multiple of the JSON", |r| format!("{:.2}", r.multiple())),
    ("… of the publisher", |r| {
        format!("{:.2}", r.disk.publisher as f64 / r.built.json_bytes.max(1) as f64)
    }),
    ("compacting, s; store before, after, MB", |r| {
        if r.compacting == 0.0 {
            return "–".to_owned();
        }
        let [before, after] = [r.compact_before, r.compact_after].map(|bytes| bytes as f64 / MB);
        format!("{:.1}; {before:.1}, {after:.1}", r.compacting)
    }),
];

fn pair(times: &Times) -> String {
    format!("{:.1} / {:.1}", at(times, 50), at(times, 99))
}

/// For people, and for `tests/PERFORMANCE.md`.
pub fn table(rows: &[Row], minutes: f64) -> String {
    let mut out = format!("{minutes} minutes of mixed load for each size, load {}\n\n", machine::load());
    let sizes: String = rows.iter().map(|row| format!(" {} |", row.listings())).collect();
    // Writing to a string cannot fail.
    let _ = writeln!(out, "| Listings |{sizes}\n|---|{}", "---|".repeat(rows.len()));
    for (name, figure) in LINES {
        let cells: String = rows.iter().map(|row| format!(" {} |", figure(row))).collect();
        let _ = writeln!(out, "| {name} |{cells}");
    }
    out.push('\n');
    out
}
