//! Cells merged downwards: each row that they cover gets the text, as a reader of the sheet sees it.
//!
//! Only rows that have a cell of their own are given any, since a list of merges may claim a million rows; and what is given
//! in all is bounded, since a short text over many rows is a long one.

use crate::limits::{MAX_MERGED_BYTES, MAX_MERGED_TOTAL_BYTES};
use calamine::Dimensions;
use std::collections::BTreeMap;

/// The merged areas of a sheet, as its rows pass by from top to bottom.
#[derive(Default)]
pub(super) struct Merges {
    /// (first row, last row, column), from 1 and 0, the next one last.
    waiting: Vec<(u64, u64, usize)>,
    /// Column → (last row, text).
    open: BTreeMap<usize, (u64, String)>,
    given: usize,
}

impl Merges {
    pub(super) fn new(areas: &[Dimensions], columns: usize) -> Merges {
        let downwards = areas.iter().filter(|area| area.end.0 > area.start.0);
        let mut waiting: Vec<(u64, u64, usize)> = downwards
            .map(|area| (u64::from(area.start.0) + 1, u64::from(area.end.0) + 1, area.start.1 as usize))
            .filter(|(_, _, column)| *column < columns)
            .collect();
        waiting.sort_unstable_by(|one, other| other.cmp(one));
        Merges { waiting, open: BTreeMap::new(), given: 0 }
    }

    /// Fills the blanks of a row that lie under a merged cell, and takes note of the areas that begin in it. False when the
    /// row lacks a text, since too much was given before.
    pub(super) fn fill(&mut self, row: u64, cells: &mut Vec<String>) -> bool {
        self.open.retain(|_, (last, _)| *last >= row);
        let has_own = cells.iter().any(|cell| !cell.trim().is_empty());
        for (column, (_, text)) in self.open.iter().filter(|_| has_own) {
            if cells.get(*column).is_some_and(|cell| !cell.is_empty()) {
                continue;
            }
            self.given += text.len();
            if self.given > MAX_MERGED_TOTAL_BYTES {
                return false;
            }
            if cells.len() <= *column {
                cells.resize(column + 1, String::new());
            }
            cells[*column].clone_from(text);
        }
        self.begin(row, cells);
        true
    }

    fn begin(&mut self, row: u64, cells: &[String]) {
        while let Some((_, last, column)) = self.waiting.pop_if(|(first, _, _)| *first <= row) {
            let text = cells.get(column).filter(|text| !text.is_empty() && text.len() <= MAX_MERGED_BYTES);
            if let Some(text) = text.filter(|_| last > row) {
                self.open.insert(column, (last, text.clone()));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn area(start: (u32, u32), end: (u32, u32)) -> Dimensions {
        Dimensions { start, end }
    }

    fn row(cells: &[&str]) -> Vec<String> {
        cells.iter().map(|cell| (*cell).to_owned()).collect()
    }

    #[test]
    fn a_text_reaches_the_rows_that_it_covers() {
        let mut merges = Merges::new(&[area((1, 0), (3, 0)), area((0, 0), (0, 5))], 10);
        let mut rows =
            [row(&["", "标题"]), row(&["甲", "1"]), row(&["", "2"]), row(&["", "3"]), row(&["", "4"])];
        for (place, row) in rows.iter_mut().enumerate() {
            assert!(merges.fill(place as u64 + 1, row));
        }
        let first: Vec<&str> = rows.iter().map(|row| row[0].as_str()).collect();
        assert_eq!(first, ["", "甲", "甲", "甲", ""]);
    }

    #[test]
    fn a_row_of_its_own_is_never_made_and_a_million_cost_little() {
        let mut merges = Merges::new(&[area((0, 0), (1_048_575, 0))], 10);
        assert!(merges.fill(1, &mut row(&["甲", "x"])));
        let mut blank = row(&["", ""]);
        assert!(merges.fill(2, &mut blank));
        assert_eq!(blank, ["", ""]);
        let long = "长".repeat(MAX_MERGED_BYTES);
        let mut merges = Merges::new(&[area((0, 0), (9, 0))], 10);
        assert!(merges.fill(1, &mut row(&[&long, "x"])));
        let mut below = row(&["", "x"]);
        assert!(merges.fill(2, &mut below));
        assert_eq!(below[0], "");
    }

    #[test]
    fn what_is_given_in_all_is_bounded() {
        let areas: Vec<Dimensions> = (0..100).map(|column| area((0, column), (999_999, column))).collect();
        let mut merges = Merges::new(&areas, 101);
        let mut first = vec!["x".repeat(MAX_MERGED_BYTES); 100];
        first.push("own".to_owned());
        assert!(merges.fill(1, &mut first));
        let mut own = vec![String::new(); 100];
        own.push("own".to_owned());
        let filled = (2..=1_000).take_while(|row| merges.fill(*row, &mut own.clone())).count();
        assert_eq!(filled, MAX_MERGED_TOTAL_BYTES / (100 * MAX_MERGED_BYTES));
    }
}
