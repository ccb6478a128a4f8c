//! The table and the line of JSON.

use std::fmt::Write;

use serde_json::{Value as Json, json};

use super::attack::Mode;
use super::measure::{Figures, Times};

/// Others' p99 may grow to less than this many times the control's.
const MOST_RATIO: f64 = 2.0;
/// The hub's largest memory may grow by this over the control's, bytes: what the network lets the received frames of all
/// sessions take together.
const MOST_GROWTH: u64 = 128 << 20;
/// Widths of the columns: way, then the figures.
const NAME: usize = 11;
const FIGURE: usize = 9;

/// One way to flood, and its control.
pub struct Row {
    /// Which.
    pub mode: Mode,
    /// With the hostile member's core burnt offline.
    pub control: Figures,
    /// With the hostile member at it.
    pub flood: Figures,
    /// What it did.
    pub did: Json,
}

/// All of a run.
pub struct Report {
    /// One a way.
    pub rows: Vec<Row>,
    /// For how long each was measured.
    pub seconds: u64,
}

/// Control, flood, ratio.
fn three(row: &Row, of: fn(&Figures) -> &Times, percent: usize) -> [f64; 3] {
    let (control, flood) = (of(&row.control).percentile(percent), of(&row.flood).percentile(percent));
    [control, flood, flood / control.max(1e-9)]
}

impl Row {
    fn growth(&self) -> u64 {
        self.flood.peak.saturating_sub(self.control.peak)
    }

    fn seen(&self, percent: usize) -> [f64; 3] {
        three(self, |figures| &figures.seen, percent)
    }

    fn searches(&self, percent: usize) -> [f64; 3] {
        three(self, |figures| &figures.searches, percent)
    }

    fn holds(&self) -> bool {
        let [.., seen] = self.seen(99);
        let [.., searches] = self.searches(99);
        seen < MOST_RATIO && searches < MOST_RATIO && self.growth() < MOST_GROWTH
    }
}

impl Report {
    /// Whether the promise holds in every way.
    pub fn holds(&self) -> bool {
        self.rows.iter().all(Row::holds)
    }

    /// For people.
    pub fn table(&self) -> String {
        let mut out = String::new();
        let heads = [
            "p50 ms", "flood", "ratio", "p99 ms", "flood", "ratio", "search", "flood", "ratio", "MB", "flood",
        ];
        let _ = writeln!(
            out,
            "{:NAME$}{:>w$}{:>v$}{:>u$}",
            "",
            "publish until shown at the other member",
            "its pages, p99 ms",
            "hub's peak",
            w = 6 * FIGURE,
            v = 3 * FIGURE,
            u = 2 * FIGURE
        );
        line(&mut out, "", heads.map(str::to_owned), "");
        for row in &self.rows {
            let ([a, b, c], [d, e, f], [g, h, i]) = (row.seen(50), row.seen(99), row.searches(99));
            let mb = |bytes: u64| bytes as f64 / 1e6;
            let figures = [a, b, c, d, e, f, g, h, i, mb(row.control.peak), mb(row.flood.peak)].map(short);
            line(&mut out, &name(row.mode), figures, if row.holds() { "" } else { "  not held" });
        }
        let _ = writeln!(
            out,
            "{} s each, {} publications and {} searches in the shortest; bound: p99 < {MOST_RATIO} x the control, peak < control + {} MiB",
            self.seconds,
            self.fewest(|figures| &figures.seen),
            self.fewest(|figures| &figures.searches),
            MOST_GROWTH >> 20
        );
        out
    }

    fn fewest(&self, of: fn(&Figures) -> &Times) -> usize {
        let all = self.rows.iter().flat_map(|row| [&row.control, &row.flood]);
        all.map(|figures| of(figures).count()).min().unwrap_or_default()
    }

    /// For scripts.
    pub fn json(&self) -> Json {
        let of = |figures: &Figures| {
            json!({
                "seen_ms": { "p50": figures.seen.percentile(50), "p99": figures.seen.percentile(99), "count": figures.seen.count() },
                "search_ms": { "p50": figures.searches.percentile(50), "p99": figures.searches.percentile(99), "count": figures.searches.count() },
                "hub_peak_bytes": figures.peak, "hub_cpu_seconds": figures.cpu,
            })
        };
        let row = |row: &Row| {
            json!({
                "mode": name(row.mode), "control": of(&row.control), "flood": of(&row.flood), "hostile": row.did,
                "growth_bytes": row.growth(), "holds": row.holds(),
            })
        };
        let rows: Vec<Json> = self.rows.iter().map(row).collect();
        json!({ "v": 1, "seconds": self.seconds, "rows": rows, "holds": self.holds() })
    }
}

fn name(mode: Mode) -> String {
    clap::ValueEnum::to_possible_value(&mode).map_or_else(String::new, |value| value.get_name().to_owned())
}

fn line<const N: usize>(out: &mut String, name: &str, figures: [String; N], end: &str) {
    let _ = write!(out, "{name:<NAME$}");
    for figure in figures {
        let _ = write!(out, "{figure:>FIGURE$}");
    }
    let _ = writeln!(out, "{end}");
}

fn short(figure: f64) -> String {
    if figure >= 100.0 { format!("{figure:.0}") } else { format!("{figure:.2}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn figures(seen: u64, searches: u64, peak: u64) -> Figures {
        let times = |ms: u64| Times::of((1..=100).map(|n| Duration::from_micros(ms * n * 10)));
        Figures { seen: times(seen), searches: times(searches), peak: peak << 20, cpu: 1.0 }
    }

    fn report(flood: Figures) -> Report {
        let row = Row { mode: Mode::Swarm, control: figures(100, 10, 200), flood, did: Json::Null };
        Report { rows: vec![row], seconds: 7 }
    }

    #[test]
    fn the_promise_is_held_to() {
        assert!(report(figures(190, 19, 300)).holds());
        for worse in [figures(210, 10, 200), figures(100, 21, 200), figures(100, 10, 329)] {
            let report = report(worse);
            assert!(!report.holds() && report.table().contains("not held"), "{}", report.table());
            assert_eq!(report.json()["holds"], false);
        }
    }

    #[test]
    fn the_table_and_the_json_say_the_same() {
        let report = report(figures(150, 15, 210));
        let table = report.table();
        assert!(
            table.contains("swarm") && table.contains("1.50") && table.contains("100 publications"),
            "{table}"
        );
        assert_eq!(report.json()["rows"][0]["flood"]["seen_ms"]["p99"], 148.5);
        assert_eq!(report.json()["rows"][0]["growth_bytes"], 10 << 20);
    }
}
