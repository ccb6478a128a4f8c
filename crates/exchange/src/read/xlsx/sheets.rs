//! Which sheets a workbook has, and what it says of itself on the hidden one.

use super::{Bytes, rows};
use crate::error::{Note, ReadError};
use crate::limits::{MAX_SHEETS, MAX_STAMP_ROWS};
use crate::workbook::stamp::{self, Stamp};
use calamine::{Reader, SheetType, SheetVisible, Xlsx};

/// The cells of the hidden sheet, if the workbook has it.
pub(super) fn read_stamp(workbook: &mut Xlsx<Bytes>) -> Option<Stamp> {
    if !workbook.sheets_metadata().iter().any(|sheet| sheet.name == stamp::SHEET) {
        return None;
    }
    let mut cells = workbook.worksheet_cells_reader(stamp::SHEET).ok()?;
    let mut rows: Vec<Vec<String>> = Vec::new();
    while let Ok(Some(cell)) = cells.next_cell() {
        let (row, column) = (cell.get_position().0 as usize, cell.get_position().1 as usize);
        if row >= MAX_STAMP_ROWS || column >= STAMP_COLUMNS {
            continue;
        }
        if rows.len() <= row {
            rows.resize(row + 1, Vec::new());
        }
        if rows[row].len() <= column {
            rows[row].resize(column + 1, String::new());
        }
        rows[row][column] = rows::text(cell.get_value());
    }
    Stamp::read(&rows)
}

/// Columns of the hidden sheet that are read.
const STAMP_COLUMNS: usize = 8;

/// The sheets of a workbook that may hold rows, and what it says of itself.
pub(crate) struct Sheets {
    /// Their names, and whether they can be seen, in the workbook's order; the hidden sheets of this program and its explanations left out.
    pub(crate) all: Vec<(String, bool)>,
    pub(crate) stamp: Option<Stamp>,
}

impl Sheets {
    pub(super) fn of(sheets: &[calamine::Sheet], stamp: Option<Stamp>) -> Sheets {
        let ours = |name: &String| {
            let guide = stamp.as_ref().is_some_and(|stamp| stamp.guides.contains(name));
            stamp.is_some() && (guide || [stamp::SHEET, stamp::TERMS].contains(&name.as_str()))
        };
        let sheets = sheets.iter().filter(|sheet| sheet.typ == SheetType::WorkSheet);
        let all = sheets
            .filter(|sheet| !ours(&sheet.name))
            .map(|sheet| (sheet.name.clone(), sheet.visible == SheetVisible::Visible))
            .collect();
        Sheets { all, stamp }
    }

    /// The names of those that can be seen, each once.
    pub(crate) fn visible(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for (name, _) in self.all.iter().filter(|(_, visible)| *visible) {
            if !names.contains(name) {
                names.push(name.clone());
            }
        }
        names.truncate(MAX_SHEETS);
        names
    }

    pub(super) fn names(&self) -> Vec<String> {
        self.all.iter().map(|(name, _)| name.clone()).collect()
    }

    /// The sheet to read.
    pub(super) fn choose(&self, wanted: Option<&str>) -> Result<String, ReadError> {
        let chosen = match wanted {
            Some(name) => self.all.iter().find(|(own, _)| own == name).or_else(|| {
                let place: usize = name.parse().ok()?;
                self.all.get(place.checked_sub(1)?)
            }),
            None => self.all.iter().find(|(_, visible)| *visible).or(self.all.first()),
        };
        let missing = || {
            let sheet = wanted.unwrap_or("1").to_owned();
            ReadError::NoSheet { sheet, available: self.names().join(", ") }
        };
        chosen.map(|(name, _)| name.clone()).ok_or_else(missing)
    }

    /// What to say of the sheets that are not read, when one was not asked for by name.
    pub(super) fn note(&self, name: &str) -> Option<Note> {
        if self.all.len() < 2 {
            return None;
        }
        let all = self.names().join(", ");
        Some(Note::new(
            "one_sheet",
            format!("只读取了工作表“{name}”；工作簿共有：{all}。用 --sheet 选择其他表"),
            format!(
                "only the sheet \"{name}\" is read; the workbook has: {all}. Choose another with --sheet"
            ),
        ))
    }
}
