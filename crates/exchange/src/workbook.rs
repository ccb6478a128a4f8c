//! Workbooks (Office Open XML) that this program makes: the template of a kind, a list of listings, and a table that comes
//! back with its faults marked. All three are read again by `read`, which knows them by the hidden sheet in `stamp`.
//!
//! Absent here: what a field means (crate `catalog`) and which listings are exported.

mod furniture;
mod listings;
mod marked;
mod sheets;
pub(crate) mod stamp;
mod template;

pub use furniture::terms;
pub(crate) use furniture::{label, ordered};
pub use listings::Listings;
pub use marked::{Mark, Marked, Shortfall};
pub use sheets::{Cell, Sheet, sheets};
pub use stamp::{ERRORS, LISTING, SCHEMA, Stamp};
pub use template::template;

use crate::limits::MAX_CELL_UNITS;
use rust_xlsxwriter::XlsxError;
use std::borrow::Cow;

/// A workbook that could not be written.
#[derive(Debug, thiserror::Error)]
#[error(
    "the workbook cannot be written: {0}; check that there is room for it and that no other program has it open"
)]
pub struct Fault(#[from] XlsxError);

impl Fault {
    /// The same sentence in Chinese.
    pub fn zh(&self) -> String {
        format!("工作簿无法写出：{}；请检查磁盘空间，并关闭正打开着它的程序", self.0)
    }
}

/// A cell's name as spreadsheet programs have it: column from 0, row from 1.
///
/// ```
/// assert_eq!(exchange::workbook::cell_name(1, 17), "B17");
/// assert_eq!(exchange::workbook::cell_name(27, 1), "AB1");
/// ```
pub fn cell_name(column: usize, row: u64) -> String {
    let mut letters = Vec::new();
    let mut rest = column + 1;
    while rest > 0 {
        rest -= 1;
        letters.push(char::from(b'A' + (rest % 26) as u8));
        rest /= 26;
    }
    letters.iter().rev().chain(row.to_string().chars().collect::<Vec<_>>().iter()).collect()
}

/// A text as it fits into a cell, and whether it was cut.
pub(crate) fn fitting(text: &str) -> (Cow<'_, str>, bool) {
    if text.len() <= MAX_CELL_UNITS {
        return (Cow::Borrowed(text), false);
    }
    let mut units = 0;
    // One unit is left for the mark of the cut.
    let end = text.char_indices().find(|(_, c)| {
        units += c.len_utf16();
        units >= MAX_CELL_UNITS
    });
    match end {
        Some((end, _)) if text.encode_utf16().count() > MAX_CELL_UNITS => {
            (Cow::Owned(format!("{}…", &text[..end])), true)
        }
        _ => (Cow::Borrowed(text), false),
    }
}
