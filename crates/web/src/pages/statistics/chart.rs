//! The columns of months: drawn here, as SVG that a printer and a screen reader take as well. The numbers stand in a table beside them.

use catalog::Lang;
use catalog::statistics::Month;
use catalog::words::fill;

use crate::text::count;

/// Months that are drawn: two years.
const MONTHS: u16 = 24;
/// Units of the drawing: its size, and where the columns stand.
const WIDE: u64 = 720;
const HIGH: u64 = 240;
const LEFT: u64 = 52;
const TOP: u64 = 16;
const BOTTOM: u64 = 204;
/// Lines across, the one at the foot not counted.
const LINES: u64 = 4;

/// The drawing.
pub(super) struct Chart {
    pub(super) description: String,
    pub(super) wide: u64,
    pub(super) high: u64,
    pub(super) left: u64,
    pub(super) right: u64,
    pub(super) label_y: u64,
    pub(super) columns: Vec<Column>,
    pub(super) lines: Vec<Across>,
    /// Where the name of the scale ends.
    pub(super) scale_x: u64,
}

/// A month.
pub(super) struct Column {
    pub(super) x: u64,
    pub(super) y: u64,
    pub(super) wide: u64,
    pub(super) high: u64,
    pub(super) middle: u64,
    pub(super) month: String,
    pub(super) count: String,
    /// Under the column; empty for those between.
    pub(super) label: String,
    /// The year, under January and the first column.
    pub(super) year: String,
    /// Whether it is not over yet.
    pub(super) open: bool,
}

/// A line across, with its number.
pub(super) struct Across {
    pub(super) y: u64,
    pub(super) text_y: u64,
    pub(super) count: String,
}

impl Chart {
    /// The last months up to `now`, or to the last that has anything; `None` where nothing has a month.
    pub(super) fn of_months(lang: Lang, counts: &[(String, u64)], now: Option<Month>) -> Option<Self> {
        let known: Vec<(Month, u64)> =
            counts.iter().filter_map(|(month, count)| Some((month.parse().ok()?, *count))).collect();
        // A clock that ran ahead makes no room for itself.
        let within = |month: &Month| now.is_none_or(|now| *month <= now);
        let first = known.iter().map(|(month, _)| *month).filter(within).min()?;
        let last = now.or(known.iter().map(|(month, _)| *month).max())?;
        let begin = last.before(MONTHS - 1).unwrap_or(first).max(first.min(last.before(5).unwrap_or(first)));
        let months: Vec<Month> = std::iter::successors(Some(begin), |month| month.next())
            .take_while(|month| *month <= last)
            .collect();
        let of = |month: &Month| known.iter().find(|(own, _)| own == month).map_or(0, |(_, count)| *count);
        let top = round_up(months.iter().map(of).max().unwrap_or_default());
        let room = (WIDE - LEFT) / (months.len() as u64).max(1);
        let every = if months.len() > 12 { 3 } else { 1 };
        let column = |(n, month): (usize, &Month)| {
            let high = of(month) * (BOTTOM - TOP) / top;
            let x = LEFT + n as u64 * room;
            let (year, number) = month.parts();
            Column {
                x: x + room / 6,
                y: BOTTOM - high,
                wide: (room * 2 / 3).max(1),
                high,
                middle: x + room / 2,
                month: month.name(lang),
                count: count(of(month)),
                label: if (number - 1) % every == 0 { month.short(lang) } else { String::new() },
                year: if number == 1 || n == 0 { year.to_string() } else { String::new() },
                open: now == Some(*month),
            }
        };
        let across = |n: u64| {
            let y = BOTTOM - n * (BOTTOM - TOP) / LINES;
            Across { y, text_y: y + 4, count: count(top * n / LINES) }
        };
        Some(Self {
            description: fill(lang, "stats.chart", &[("n", &months.len().to_string())]),
            wide: WIDE,
            high: HIGH,
            left: LEFT,
            right: WIDE,
            label_y: BOTTOM + 16,
            columns: months.iter().enumerate().map(column).collect(),
            lines: (0..=LINES).map(across).collect(),
            scale_x: LEFT - 8,
        })
    }
}

/// The least number of the form 4, 8, 20, 40, 80, 200 … that is not below another.
fn round_up(most: u64) -> u64 {
    let mut unit = LINES;
    loop {
        for step in [1, 2, 5] {
            let top = unit.saturating_mul(step);
            if top >= most || top == u64::MAX {
                return top;
            }
        }
        unit = unit.saturating_mul(10);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn month(text: &str) -> Option<Month> {
        text.parse().ok()
    }

    #[test]
    fn columns_stand_on_the_foot_and_within_the_drawing() {
        let counts: Vec<(String, u64)> = [("2025-12", 7), ("2026-02", 41), ("2031-01", 900), ("none", 3)]
            .map(|(m, n)| (m.to_owned(), n))
            .to_vec();
        let chart = Chart::of_months(Lang::Zh, &counts, month("2026-03")).unwrap();
        let counted: Vec<(&str, &str)> =
            chart.columns.iter().map(|column| (column.month.as_str(), column.count.as_str())).collect();
        let last = &counted[counted.len() - 4..];
        assert_eq!(last, [("2025年12月", "7"), ("2026年1月", "0"), ("2026年2月", "41"), ("2026年3月", "0")]);
        assert_eq!(counted.len(), 6, "half a year at the least");
        for column in &chart.columns {
            assert!(column.y >= TOP && column.y + column.high == BOTTOM && column.x + column.wide <= WIDE);
        }
        assert_eq!(chart.lines.last().map(|line| line.count.as_str()), Some("80"));
        assert!(chart.columns.last().unwrap().open);
    }

    #[test]
    fn scales_are_round_and_any_count_can_be_drawn() {
        assert_eq!([0, 1, 4, 5, 21, 41, 12_408].map(round_up), [4, 4, 4, 8, 40, 80, 20_000]);
        let counts = vec![("2026-02".to_owned(), u64::MAX / (BOTTOM - TOP))];
        assert!(Chart::of_months(Lang::En, &counts, None).is_some());
        assert!(Chart::of_months(Lang::En, &[], month("2026-02")).is_none());
    }
}
