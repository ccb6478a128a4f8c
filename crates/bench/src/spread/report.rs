//! The table and the line of JSON.

use std::fmt::Write;

use serde_json::{Value as Json, json};

use super::measure::{self, Figures};
use super::shape::Shape;
use crate::flood::Times;

/// One shape.
pub struct Row {
    /// Which.
    pub shape: Shape,
    /// Nodes in it.
    pub nodes: usize,
    /// Connections between them.
    pub links: usize,
    /// What was measured.
    pub figures: Figures,
}

/// All of a run.
pub struct Report {
    /// One a shape.
    pub rows: Vec<Row>,
}

impl Row {
    fn name(&self) -> String {
        let value = clap::ValueEnum::to_possible_value(&self.shape);
        format!("{} of {}", value.map_or_else(String::new, |v| v.get_name().to_owned()), self.nodes)
    }

    /// Of an amount of all publications, the part of one node and publication.
    fn each(&self, amount: u64) -> f64 {
        amount as f64 / (self.figures.count * self.nodes).max(1) as f64
    }

    /// … `None` where an import ran beside it, whose bytes cannot be told from those.
    fn cost(&self) -> Option<[f64; 3]> {
        let figures = &self.figures;
        (!self.shape.is_loaded())
            .then(|| [figures.bytes, figures.frames, figures.duplicates].map(|n| self.each(n)))
    }
}

impl Row {
    /// Its line of the table.
    pub fn line(&self) -> String {
        let (figures, mut out) = (&self.figures, String::new());
        let _ = write!(out, "| {} | {} |", self.name(), self.links);
        let two = |times: &Times| [times.percentile(50), times.percentile(99)];
        let times = [two(&figures.near), two(&figures.far), two(&figures.all)].concat();
        for time in times.into_iter().chain([figures.all.percentile(100)]) {
            let _ = write!(out, " {time:.1} |");
        }
        match self.cost() {
            Some([bytes, frames, duplicates]) => {
                let _ = writeln!(out, " {bytes:.0} | {frames:.0} | {duplicates:.2} | {} |", figures.idle);
            }
            None => out.push_str(" – | – | – | – |\n"),
        }
        out
    }
}

impl Report {
    /// For people.
    pub fn table(&self) -> String {
        let mut out = String::new();
        let _ = writeln!(
            out,
            "From `publish` until shown, ms; bytes and duplicates by publication and node\n\n\
             | shape | links | near, p50 | p99 | farthest, p50 | p99 | all, p50 | p99 | max | bytes on lo | of frames | duplicates | idle, bytes/s |\n\
             |---|---|---|---|---|---|---|---|---|---|---|---|---|"
        );
        self.rows.iter().for_each(|row| out.push_str(&row.line()));
        out
    }

    /// For scripts.
    pub fn json(&self) -> Json {
        let row = |row: &Row| {
            let figures = &row.figures;
            json!({
                "shape": row.name(), "links": row.links, "publications": figures.count,
                "near_ms": measure::json(&figures.near), "far_ms": measure::json(&figures.far),
                "all_ms": measure::json(&figures.all), "cost": row.cost(), "idle_bytes_a_second": figures.idle,
            })
        };
        json!({ "v": 1, "rows": self.rows.iter().map(row).collect::<Vec<_>>() })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_table_and_the_json_say_the_same() {
        let times = || Times::of((1..=100).map(Duration::from_millis));
        let figures = |idle| Figures {
            near: times(),
            far: times(),
            all: times(),
            count: 10,
            bytes: 9_000,
            frames: 3_000,
            duplicates: 60,
            idle,
        };
        let row = |shape, idle| Row { shape, nodes: 3, links: 2, figures: figures(idle) };
        let report = Report { rows: vec![row(Shape::Three, 17), row(Shape::ThreeLoaded, 19)] };
        let table = report.table();
        assert!(table.contains("| three of 3 | 2 | 50.0 | 99.0 |"), "{table}");
        assert!(table.contains("| 100.0 | 300 | 100 | 2.00 | 17 |"), "{table}");
        assert!(
            table.contains("| 100.0 | – | – | – | – |"),
            "an import's bytes are not those of publications"
        );
        let json = report.json();
        assert_eq!((&json["rows"][0]["cost"][0], &json["rows"][1]["cost"]), (&json!(300.0), &Json::Null));
        assert_eq!(json["rows"][0]["far_ms"]["p99"], 99.0);
    }
}
