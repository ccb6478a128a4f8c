//! Cost against size, drawn as an SVG: each figure as a multiple of what it is at the smallest size, both axes logarithmic. What
//! does not grow with the store lies flat.

use std::fmt::Write as _;

use super::at;
use super::report::Row;

const WIDTH: f64 = 860.0;
const HEIGHT: f64 = 460.0;
/// Room for names of the axes (left, below) and of the lines (right).
const LEFT: f64 = 70.0;
const RIGHT: f64 = 300.0;
const TOP: f64 = 40.0;
const BELOW: f64 = 60.0;
/// Multiples shown: powers of ten from and to.
const DECADES: (i32, i32) = (-1, 2);
/// Names of lines stand so far apart at the least.
const APART: f64 = 15.0;

/// A line: its name, colour, unit, and figure.
struct Line {
    name: &'static str,
    colour: &'static str,
    unit: &'static str,
    of: fn(&Row) -> f64,
}

const LINES: &[Line] = &[
    Line { name: "store and index on disk", colour: "#444444", unit: "MB", of: |r| r.disk.all as f64 / 1e6 },
    Line { name: "start until ready", colour: "#c0392b", unit: "s", of: |r| r.ready },
    Line { name: "memory after load", colour: "#8e44ad", unit: "MB", of: |r| r.anon_end as f64 / 1e6 },
    Line { name: "search with facets, p50", colour: "#e67e22", unit: "ms", of: |r| at(&r.searches, 50) },
    Line { name: "search with facets, p99", colour: "#f1c40f", unit: "ms", of: |r| at(&r.searches, 99) },
    Line { name: "first page, p50", colour: "#27ae60", unit: "ms", of: |r| at(&r.first_page, 50) },
    Line { name: "back, nothing new", colour: "#2980b9", unit: "ms", of: |r| at(&r.nothing, 50) },
    Line { name: "back, one edit", colour: "#16a085", unit: "ms", of: |r| at(&r.one_edit, 50) },
];

/// Where a size and a multiple stand.
struct Scale {
    smallest: f64,
    largest: f64,
}

impl Scale {
    fn x(&self, size: f64) -> f64 {
        let span = (self.largest / self.smallest).ln();
        let part = if span > 0.0 { (size / self.smallest).ln() / span } else { 0.0 };
        LEFT + part * (WIDTH - LEFT - RIGHT)
    }

    fn y(multiple: f64) -> f64 {
        let (low, high) = (f64::from(DECADES.0), f64::from(DECADES.1));
        let part = ((multiple.log10() - low) / (high - low)).clamp(0.0, 1.0);
        HEIGHT - BELOW - part * (HEIGHT - TOP - BELOW)
    }
}

/// The drawing; rows in the order of their sizes.
pub fn draw(rows: &[Row]) -> String {
    let size = |row: &Row| row.listings() as f64;
    let (smallest, largest) = (rows.first().map_or(1.0, size), rows.last().map_or(1.0, size));
    let scale = Scale { smallest, largest };
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"#ffffff\"/>\n\
         <text x=\"{LEFT}\" y=\"22\" font-size=\"15\">A hub's cost against the listings it holds, as a multiple of the cost at the smallest size</text>\n"
    );
    axes(&mut out, rows, &scale);
    let mut names: Vec<(f64, String, &str)> = Vec::new();
    for line in LINES {
        let first = rows.first().map_or(0.0, line.of);
        if first <= 0.0 {
            continue;
        }
        let place = |row: &Row| (scale.x(size(row)), Scale::y((line.of)(row) / first));
        let points: String = rows.iter().map(place).map(|(x, y)| format!("{x:.1},{y:.1} ")).collect();
        // Writing to a string cannot fail.
        let _ = writeln!(
            out,
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"2\"/>",
            points.trim_end(),
            line.colour
        );
        for (x, y) in rows.iter().map(place) {
            let _ = writeln!(out, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\" fill=\"{}\"/>", line.colour);
        }
        let Some(last) = rows.last() else { continue };
        let name = format!("{}: {} → {} {}", line.name, short(first), short((line.of)(last)), line.unit);
        names.push((place(last).1, name, line.colour));
    }
    names.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut lowest = f64::MIN;
    for (y, name, colour) in names {
        lowest = y.max(lowest + APART);
        let (x, y) = (WIDTH - RIGHT + 12.0, lowest + 4.0);
        let _ = writeln!(out, "<text x=\"{x:.1}\" y=\"{y:.1}\" fill=\"{colour}\">{name}</text>");
    }
    out.push_str("</svg>\n");
    out
}

fn axes(out: &mut String, rows: &[Row], scale: &Scale) {
    let (right, floor) = (WIDTH - RIGHT, HEIGHT - BELOW);
    for decade in DECADES.0..=DECADES.1 {
        let (multiple, label_x) = (10_f64.powi(decade), LEFT - 8.0);
        let (y, label_y) = (Scale::y(multiple), Scale::y(multiple) + 4.0);
        // Writing to a string cannot fail.
        let _ = writeln!(out, "<path d=\"M{LEFT} {y:.1}H{right:.1}\" stroke=\"#dddddd\"/>");
        let _ =
            writeln!(out, "<text x=\"{label_x}\" y=\"{label_y:.1}\" text-anchor=\"end\">{multiple} ×</text>");
    }
    let label_y = floor + 20.0;
    for row in rows {
        let x = scale.x(row.listings() as f64);
        let _ = writeln!(out, "<path d=\"M{x:.1} {TOP}V{floor:.1}\" stroke=\"#dddddd\"/>");
        let _ = writeln!(
            out,
            "<text x=\"{x:.1}\" y=\"{label_y:.1}\" text-anchor=\"middle\">{}</text>",
            row.listings()
        );
    }
    let (middle, y) = ((LEFT + right) / 2.0, floor + 42.0);
    let _ = writeln!(out, "<text x=\"{middle:.1}\" y=\"{y:.1}\" text-anchor=\"middle\">listings</text>");
}

/// Three digits that count.
fn short(value: f64) -> String {
    match value {
        value if value >= 100.0 => format!("{value:.0}"),
        value if value >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::flood::Times;

    #[test]
    fn what_does_not_grow_lies_flat_and_what_grows_does_not() {
        let row = |listings: usize, bytes: u64| {
            let mut row = Row { ready: 0.5, ..Row::default() };
            row.built.listings = listings;
            row.disk.all = bytes;
            row.nothing = Times::of([Duration::from_millis(20)].into_iter());
            row
        };
        let drawn = draw(&[row(10_000, 40_000_000), row(100_000, 400_000_000)]);
        let points = |colour: &str| -> Vec<f64> {
            let line =
                drawn.lines().find(|line| line.starts_with("<polyline") && line.contains(colour)).unwrap();
            let points = line.split('"').nth(1).unwrap().split(' ');
            points.map(|point| point.split_once(',').unwrap().1.parse().unwrap()).collect()
        };
        let (flat, grown) = (points("#c0392b"), points("#444444"));
        assert_eq!(flat[0], flat[1]);
        assert!(grown[1] < grown[0] - 50.0, "{grown:?}");
        assert!(drawn.ends_with("</svg>\n") && drawn.contains("40.0 → 400 MB"));
    }
}
