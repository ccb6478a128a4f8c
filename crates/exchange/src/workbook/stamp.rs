//! The hidden sheet by which a workbook of this program is known when it comes back: the kind of its rows, the version of
//! the kind's fields, and which column is which field.
//!
//! Offices move, insert and delete columns, and write other words into the header. So a column's place is not a number but
//! a formula (`=COLUMN('成果'!C1)`), which the spreadsheet program keeps true; the header's words count only where the formula
//! gives nothing, and where they name another field.

use super::Fault;
use catalog::Kind;
use rust_xlsxwriter::{Formula, Workbook, Worksheet};

/// Name of the hidden sheet.
pub(crate) const SHEET: &str = "_lianshi";
/// Name of the hidden sheet with the terms of drop-down lists.
pub(crate) const TERMS: &str = "_lianshi_terms";
/// What its first cell says.
const MAGIC: &str = "lianshi-table";
/// Version of this sheet's own layout.
const LAYOUT: &str = "1";
/// Version of the tables of fields, for whoever reads a workbook years later.
pub const SCHEMA: u32 = 1;

/// Key of the column of errors, which no import reads.
pub const ERRORS: &str = "_errors";
/// Key of the column with the ids of listings.
pub const LISTING: &str = "_listing";

/// What a workbook says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// The kind of its rows.
    pub kind: Kind,
    /// The version of the fields by which it was made, see [`SCHEMA`].
    pub schema: u32,
    /// Sheets that are for people alone.
    pub(crate) guides: Vec<String>,
    /// Columns, in the order in which a mapping has them.
    pub(crate) columns: Vec<Column>,
    /// Texts that stand in every row: sheet, key, text.
    pub(crate) constants: Vec<(String, String, String)>,
}

/// One column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Column {
    pub(crate) sheet: String,
    /// A field's id, a part's key, [`ERRORS`] or [`LISTING`].
    pub(crate) key: String,
    /// Column and row of its header, from 0; `None` where the column was deleted.
    pub(crate) place: Option<(usize, u64)>,
    /// Whether that place is known to be the present one. Programs that keep no results of formulas leave the one of old.
    pub(crate) sure: bool,
    /// The header as it was written.
    pub(crate) label: String,
}

impl Stamp {
    pub(crate) fn new(kind: Kind) -> Stamp {
        Stamp { kind, schema: SCHEMA, guides: Vec::new(), columns: Vec::new(), constants: Vec::new() }
    }

    /// Reads the cells of the hidden sheet; `None` when it is not one of ours.
    pub(crate) fn read(rows: &[Vec<String>]) -> Option<Stamp> {
        let cell = |row: &[String], place: usize| row.get(place).cloned().unwrap_or_default();
        let first = rows.first()?;
        if cell(first, 0) != MAGIC || cell(first, 1) != LAYOUT {
            return None;
        }
        let mut stamp = Stamp::new(Kind::from_id(&cell(first, 2))?);
        stamp.schema = cell(first, 3).parse().ok()?;
        for row in rows.iter().skip(1) {
            let (sheet, key, text) = (cell(row, 1), cell(row, 2), cell(row, 3));
            match cell(row, 0).as_str() {
                "guide" => stamp.guides.push(sheet),
                "constant" => stamp.constants.push((sheet, key, text)),
                "column" => {
                    let number = |place| cell(row, place).parse::<u64>().ok()?.checked_sub(1);
                    let sure = !cell(row, 4).is_empty();
                    let place = if sure { number(4).zip(number(5)) } else { number(6).zip(number(7)) };
                    let place = place.and_then(|(column, row)| Some((usize::try_from(column).ok()?, row)));
                    stamp.columns.push(Column { sheet, key, place, sure, label: text });
                }
                _ => {}
            }
        }
        Some(stamp)
    }

    /// The sheet of this stamp that a sheet of the workbook stands for: its own, or the only one where that was renamed.
    pub(crate) fn sheet_for(&self, name: &str, there: &[String]) -> Option<&str> {
        let known = |sheet: &str| self.columns.iter().any(|column| column.sheet == sheet);
        if known(name) {
            return self.columns.iter().map(|column| column.sheet.as_str()).find(|sheet| *sheet == name);
        }
        let only = self.columns.first()?.sheet.as_str();
        let alone = self.columns.iter().all(|column| column.sheet == only);
        (alone && !there.iter().any(|sheet| sheet == only)).then_some(only)
    }

    /// The cells that [`Stamp::read`] reads as this one.
    pub(crate) fn rows(&self) -> Vec<Vec<String>> {
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let mut rows = vec![texts(&[MAGIC, LAYOUT, self.kind.id(), &self.schema.to_string()])];
        rows.extend(self.guides.iter().map(|guide| texts(&["guide", guide])));
        for column in &self.columns {
            let mut row = texts(&["column", &column.sheet, &column.key, &column.label]);
            if let Some((place, header)) = column.place {
                let numbers = [(place as u64 + 1).to_string(), (header + 1).to_string()];
                let blank = [String::new(), String::new()];
                row.extend(if column.sure { numbers.to_vec() } else { [blank, numbers].concat() });
            }
            rows.push(row);
        }
        let constants = self.constants.iter();
        rows.extend(constants.map(|(of, key, text)| texts(&["constant", of, key, text])));
        rows
    }

    /// Appends the sheet to a workbook.
    pub(crate) fn write(&self, workbook: &mut Workbook) -> Result<(), Fault> {
        let sheet = workbook.add_worksheet();
        sheet.set_name(SHEET)?;
        sheet.set_very_hidden(true);
        let schema = self.schema.to_string();
        line(sheet, 0, &[MAGIC, LAYOUT, self.kind.id(), &schema])?;
        let mut row = 1;
        for guide in &self.guides {
            line(sheet, row, &["guide", guide])?;
            row += 1;
        }
        for column in &self.columns {
            line(sheet, row, &["column", &column.sheet, &column.key, &column.label])?;
            if let Some((place, header)) = column.place {
                for (at, function, number) in [(4, "COLUMN", place as u64 + 1), (5, "ROW", header + 1)] {
                    let formula = format!("={function}({})", reference(&column.sheet, place, header));
                    let number = number.to_string();
                    sheet.write_formula(row, at, Formula::new(formula).set_result(number.clone()))?;
                    sheet.write_string(row, at + 2, number)?;
                }
            }
            row += 1;
        }
        for (of, key, text) in &self.constants {
            line(sheet, row, &["constant", of, key, text])?;
            row += 1;
        }
        Ok(())
    }
}

fn line(sheet: &mut Worksheet, row: u32, cells: &[&str]) -> Result<(), Fault> {
    for (column, text) in (0u16..).zip(cells) {
        sheet.write_string(row, column, super::fitting(text).0)?;
    }
    Ok(())
}

/// A cell of a sheet, as formulas name it.
fn reference(sheet: &str, column: usize, row: u64) -> String {
    format!("'{}'!{}", sheet.replace('\'', "''"), super::cell_name(column, row + 1))
}
