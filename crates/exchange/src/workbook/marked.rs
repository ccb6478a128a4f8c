//! A table that comes back: the same cells in the same places, and beside them what is wrong and where.
//!
//! Rows are written as they are read and not held. What an office's own layout had besides (its colours, its other sheets) is
//! not kept; what was read is.

use super::furniture::{self, ADVISED, FAULTY, Lists};
use super::stamp::{Column, ERRORS, LISTING, SHEET, Stamp, TERMS};
use super::template::HEADER_HEIGHT;
use super::{Fault, fitting};
use crate::error::RowProblem;
use crate::limits::{MAX_CELL_NOTES, MAX_REASONS_BYTES, MAX_SHEET_ROWS};
use crate::mapping::{Mapping, Origin};
use crate::read::{Row, Source};
use catalog::words::{fill, say};
use catalog::{Kind, Lang};
use rust_xlsxwriter::{Format, Workbook, Worksheet};
use std::collections::BTreeMap;
use std::path::Path;

/// Width of the column of errors, and of a column of no field, in characters.
const ERRORS_WIDTH: f64 = 60.0;
const OTHER_WIDTH: f64 = 16.0;

/// One thing to say of a row.
#[derive(Clone, Copy, Debug)]
pub struct Mark<'a> {
    /// The field's id or the key that it is about; empty for the whole row.
    pub field: &'a str,
    /// What is wrong, why, and what to do.
    pub reason: &'a str,
    /// Whether the row is good all the same.
    pub advice: bool,
}

/// What a workbook that comes back could not show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shortfall {
    /// Rows past the last one that a sheet can have.
    pub rows: u64,
    /// Texts longer than a cell can hold, which are cut there.
    pub cut: u64,
}

/// A workbook in the making. For each sheet read call [`Marked::sheet`], then [`Marked::row`] or [`Marked::problem`] for each of
/// its rows in order; [`Marked::save`] ends it.
pub struct Marked {
    lang: Lang,
    workbook: Workbook,
    lists: Lists,
    stamp: Stamp,
    open: Option<Sheet>,
    names: Vec<String>,
    notes: usize,
    short: Shortfall,
}

/// The sheet that is being written.
struct Sheet {
    sheet: Worksheet,
    headers: Vec<String>,
    mapping: Mapping,
    /// Place of each header, for rows that name their cells.
    places: BTreeMap<String, usize>,
    /// Rows that stand above the first of the file: the header that JSON has not.
    above: u64,
    errors: usize,
    formats: Vec<[Format; 3]>,
    last: Option<u32>,
}

/// How a cell looks.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Sound,
    Advised,
    Faulty,
}

impl Marked {
    /// Begins a workbook of listings of a kind that will be saved in `folder`, where rows wait meanwhile.
    ///
    /// # Errors
    /// When the folder is none that can be written to.
    pub fn new(kind: Kind, lang: Lang, folder: &Path) -> Result<Marked, Fault> {
        let mut workbook = Workbook::new();
        workbook.set_tempdir(folder)?;
        Ok(Marked {
            lang,
            workbook,
            lists: Lists::default(),
            stamp: Stamp::new(kind),
            open: None,
            names: Vec::new(),
            notes: 0,
            short: Shortfall::default(),
        })
    }

    /// Begins a sheet: what stands above its rows, and the header. `headers` are all that will come, which JSON only tells at its
    /// end.
    ///
    /// # Errors
    /// When the disk is full.
    pub fn sheet(&mut self, source: &Source, headers: &[String], mapping: &Mapping) -> Result<(), Fault> {
        self.close();
        let name = self.name(source.sheet().unwrap_or(self.stamp.kind.label(self.lang)));
        let mut sheet = self.workbook.new_worksheet_with_constant_memory()?;
        if sheet.set_name(&name).is_err() {
            sheet.set_name(format!("Sheet{}", self.names.len()))?;
        }
        let ours = headers.iter().position(|header| mapping.ours().contains(header));
        let mut open = Sheet {
            sheet,
            places: headers.iter().cloned().enumerate().map(|(place, header)| (header, place)).collect(),
            headers: headers.to_vec(),
            mapping: mapping.clone(),
            above: u64::from(!source.has_cells()),
            errors: ours.unwrap_or(headers.len()),
            formats: Vec::new(),
            last: None,
        };
        let header_row = if source.has_cells() { source.header_row() } else { Some(1) };
        open.furnish(header_row, &mut self.lists, self.lang)?;
        let own_header = [(1, headers.to_vec())];
        let top = if source.has_cells() { source.top() } else { &own_header };
        for (number, cells) in top {
            let is_header = Some(*number) == header_row;
            self.short.cut += open.top(*number, cells, is_header, self.lang)?;
        }
        self.remember(&open, header_row);
        self.open = Some(open);
        Ok(())
    }

    /// A name for the next sheet that no other has.
    fn name(&mut self, wanted: &str) -> String {
        let taken = |name: &str| {
            let other = self.names.iter().any(|known| known.to_lowercase() == name.to_lowercase());
            other || [SHEET, TERMS].contains(&name)
        };
        let name = if taken(wanted) { format!("Sheet{}", self.names.len() + 1) } else { wanted.to_owned() };
        self.names.push(name.clone());
        name
    }

    /// Notes on the hidden sheet what is what, so that the workbook is read as its file was.
    fn remember(&mut self, open: &Sheet, header_row: Option<u64>) {
        let sheet = open.sheet.name();
        let row = header_row.map(|row| row - 1);
        let column = |key: &str, place: usize, label: &str| Column {
            sheet: sheet.clone(),
            key: key.to_owned(),
            place: row.map(|row| (place, row)),
            sure: true,
            label: label.to_owned(),
        };
        for entry in open.mapping.entries() {
            match &entry.from {
                Origin::Constant(text) => {
                    self.stamp.constants.push((sheet.clone(), entry.key.clone(), text.clone()));
                }
                Origin::Columns(names) => {
                    for name in names {
                        if let Some(place) = open.places.get(name) {
                            self.stamp.columns.push(column(&entry.key, *place, name));
                        }
                    }
                }
            }
        }
        if let Some((name, place)) =
            open.mapping.listing_column().and_then(|name| open.places.get_key_value(name))
        {
            self.stamp.columns.push(column(LISTING, *place, name));
        }
        let label = match header_row {
            Some(_) => say(self.lang, "table.errors").to_owned(),
            None => crate::read::header::invented(open.errors + 1),
        };
        self.stamp.columns.push(column(ERRORS, open.errors, &label));
    }

    /// Writes a row, and what is to be said of it.
    ///
    /// # Errors
    /// When the disk is full.
    pub fn row(&mut self, row: &Row, marks: &[Mark<'_>]) -> Result<(), Fault> {
        let Some(open) = &self.open else { return Ok(()) };
        let mut cells = vec![String::new(); open.headers.len()];
        for (place, (header, text)) in row.cells.iter().enumerate() {
            let is_there = open.headers.get(place).is_some_and(|own| own == header);
            let place = if is_there { Some(place) } else { open.places.get(header).copied() };
            if let Some(cell) = place.and_then(|place| cells.get_mut(place)) {
                cell.clone_from(text);
            }
        }
        self.put(row.number, &cells, marks)
    }

    /// Writes what is known of a row that could not be read, and why.
    ///
    /// # Errors
    /// When the disk is full.
    pub fn problem(&mut self, problem: &RowProblem) -> Result<(), Fault> {
        let reason = self.lang.pick(&problem.reason_zh, &problem.reason_en).as_str();
        self.put(problem.number, &problem.cells, &[Mark { field: "", reason, advice: false }])
    }

    fn put(&mut self, number: u64, cells: &[String], marks: &[Mark<'_>]) -> Result<(), Fault> {
        let Some(open) = &mut self.open else { return Ok(()) };
        let place = number + open.above;
        let row = place.checked_sub(1).and_then(|row| u32::try_from(row).ok());
        // A row that does not follow the one before cannot be written any more; only a file made to do harm has one.
        let row = row.filter(|row| place <= MAX_SHEET_ROWS && open.last.is_none_or(|last| last < *row));
        let Some(row) = row else {
            self.short.rows += 1;
            return Ok(());
        };
        self.short.cut += open.write(row, cells, marks, self.lang, &mut self.notes)?;
        Ok(())
    }

    fn close(&mut self) {
        if let Some(open) = self.open.take() {
            self.workbook.push_worksheet(open.sheet);
        }
    }

    /// Writes the workbook to a file; says what it could not show.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn save(mut self, file: &Path) -> Result<Shortfall, Fault> {
        self.close();
        self.lists.write(&mut self.workbook)?;
        self.stamp.write(&mut self.workbook)?;
        self.workbook.save(file)?;
        Ok(self.short)
    }
}

impl Sheet {
    /// Widths, lists and formats of the columns.
    fn furnish(&mut self, header_row: Option<u64>, lists: &mut Lists, lang: Lang) -> Result<(), Fault> {
        let first = header_row.and_then(|row| u32::try_from(row).ok()).unwrap_or(0);
        for place in 0..=self.headers.len().max(self.errors) {
            let field = self.field(place);
            let column = column(place);
            match field {
                _ if place == self.errors => drop(self.sheet.set_column_width(column, ERRORS_WIDTH)?),
                Some(field) => furniture::furnish(&mut self.sheet, column, field, first, lists, lang)?,
                None => drop(self.sheet.set_column_width(column, OTHER_WIDTH)?),
            }
            // Texts of any column stay what they are, whatever they look like.
            let plain = furniture::cell_format(field).set_num_format("@");
            let coloured = [ADVISED, FAULTY].map(|colour| plain.clone().set_background_color(colour));
            let [advised, faulty] = coloured;
            self.formats.push([plain, advised, faulty]);
        }
        furniture::accept_numbers_as_text(&mut self.sheet, column(self.errors))?;
        if first > 0 {
            self.sheet.set_freeze_panes(first, 1)?;
        }
        Ok(())
    }

    /// The field that a column is read as, alone or with others.
    fn field(&self, place: usize) -> Option<&'static catalog::Field> {
        let header = self.headers.get(place)?;
        let entry = self.mapping.entries().iter().find(|entry| {
            entry.key == entry.field.id
                && matches!(&entry.from, Origin::Columns(names) if names.contains(header))
        });
        entry.map(|entry| entry.field)
    }

    fn top(&mut self, number: u64, cells: &[String], is_header: bool, lang: Lang) -> Result<u64, Fault> {
        let Some(row) = number.checked_sub(1).and_then(|row| u32::try_from(row).ok()) else { return Ok(0) };
        let mut cut = 0;
        for (place, text) in cells.iter().enumerate().filter(|(place, _)| *place != self.errors || !is_header)
        {
            let (text, was_cut) = fitting(text);
            cut += u64::from(was_cut);
            match is_header {
                true => {
                    let format = furniture::header_format(self.field(place).map(|field| field.need));
                    self.sheet.write_string_with_format(row, column(place), text, &format)?;
                }
                false => drop(self.sheet.write_string(row, column(place), text)?),
            }
        }
        if is_header {
            self.sheet.set_row_height(row, HEADER_HEIGHT)?;
            let format = furniture::header_format(None).set_background_color(furniture::ERRORS);
            self.sheet.write_string_with_format(
                row,
                column(self.errors),
                say(lang, "table.errors"),
                &format,
            )?;
        }
        self.last = Some(row);
        Ok(cut)
    }

    fn write(
        &mut self,
        row: u32,
        cells: &[String],
        marks: &[Mark<'_>],
        lang: Lang,
        notes: &mut usize,
    ) -> Result<u64, Fault> {
        let marked = self.by_column(marks, lang);
        let mut cut = 0;
        for place in 0..cells.len().max(self.headers.len()) {
            if place == self.errors && place < self.headers.len() {
                continue;
            }
            // What stands beyond the header makes room for the reasons.
            let shown = place + usize::from(place >= self.errors && self.errors == self.headers.len());
            let (text, was_cut) = fitting(cells.get(place).map_or("", String::as_str));
            cut += u64::from(was_cut);
            let mark = marked.get(&place);
            if text.is_empty() && mark.is_none() {
                continue;
            }
            let level = mark.map_or(Level::Sound, |(level, _)| *level);
            let format = &self.formats[place.min(self.formats.len() - 1)][level as usize];
            match text.is_empty() {
                true => self.sheet.write_blank(row, column(shown), format)?,
                false => self.sheet.write_string_with_format(row, column(shown), text, format)?,
            };
            if let Some((_, reasons)) = mark.filter(|_| *notes < MAX_CELL_NOTES) {
                *notes += 1;
                self.sheet.insert_note(row, column(shown), &furniture::note(reasons))?;
            }
        }
        self.reasons(row, marks, lang)?;
        self.last = Some(row);
        Ok(cut)
    }

    /// What is said of each column: how bad it is, and the reasons as a note has them.
    fn by_column(&self, marks: &[Mark<'_>], lang: Lang) -> BTreeMap<usize, (Level, String)> {
        let mut columns: BTreeMap<usize, (Level, String)> = BTreeMap::new();
        for mark in marks {
            let level = if mark.advice { Level::Advised } else { Level::Faulty };
            for place in self.mapping.places(mark.field, &self.headers) {
                let (worst, reasons) = columns.entry(place).or_insert((level, String::new()));
                *worst = level.max(*worst);
                add(reasons, &worded(mark, lang));
            }
        }
        columns
    }

    fn reasons(&mut self, row: u32, marks: &[Mark<'_>], lang: Lang) -> Result<(), Fault> {
        let mut reasons = String::new();
        let faults = marks.iter().filter(|mark| !mark.advice);
        for mark in faults.chain(marks.iter().filter(|mark| mark.advice)) {
            add(&mut reasons, &worded(mark, lang));
        }
        let level = match marks.iter().any(|mark| !mark.advice) {
            _ if marks.is_empty() => return Ok(()),
            true => Level::Faulty,
            false => Level::Advised,
        };
        let format = self.formats[self.errors][level as usize].clone().set_text_wrap();
        self.sheet.write_string_with_format(row, column(self.errors), reasons, &format)?;
        Ok(())
    }
}

fn worded(mark: &Mark<'_>, lang: Lang) -> String {
    match mark.advice {
        true => fill(lang, "table.advice", &[("reason", mark.reason)]),
        false => mark.reason.to_owned(),
    }
}

/// Adds a line, unless the text has grown too long for a cell.
fn add(text: &mut String, line: &str) {
    if text.len() + line.len() > MAX_REASONS_BYTES {
        return;
    }
    if !text.is_empty() {
        text.push('\n');
    }
    text.push_str(line);
}

/// A column as the writer counts it. A table has at most a few hundred, see `limits`.
fn column(place: usize) -> u16 {
    u16::try_from(place).unwrap_or(u16::MAX)
}
