//! Listings as a workbook: laid out as the template is, so that it can be edited and imported again.

use super::furniture::{self, Lists};
use super::stamp::{Column, LISTING, Stamp};
use super::{Fault, fitting, template};
use crate::layout::Layout;
use catalog::Record;
use rust_xlsxwriter::{Format, Workbook, Worksheet};
use std::path::Path;

/// Width of the column of ids, characters: enough to tell them apart.
const ID_WIDTH: f64 = 12.0;
/// Width of a column for a part of a field.
const PART_WIDTH: f64 = 16.0;

/// A workbook of listings in the making. Rows are written as they come and not held; a listing is read again as the same
/// record.
pub struct Listings {
    layout: Layout,
    columns: Vec<(String, String)>,
    formats: Vec<Format>,
    workbook: Workbook,
    lists: Lists,
    sheet: Worksheet,
    rows: u32,
}

impl Listings {
    /// Begins a workbook; rows wait in `folder` until it is saved.
    ///
    /// # Errors
    /// When the folder is none that can be written to.
    pub fn new(layout: Layout, folder: &Path) -> Result<Listings, Fault> {
        let mut workbook = Workbook::new();
        workbook.set_tempdir(folder)?;
        let mut sheet = workbook.new_worksheet_with_constant_memory()?;
        sheet.set_name(layout.kind.label(layout.lang))?;
        let mut lists = Lists::default();
        template::header(&mut sheet, &layout.fields, &mut lists, layout.lang)?;
        let columns = layout.columns();
        for (column, (key, label)) in (0u16..).zip(&columns).skip(layout.fields.len()) {
            sheet.write_string_with_format(0, column, label, &furniture::header_format(None))?;
            sheet.set_column_width(column, if key == LISTING { ID_WIDTH } else { PART_WIDTH })?;
        }
        let format =
            |place: usize| furniture::cell_format(layout.fields.get(place).copied()).set_num_format("@");
        let formats = (0..columns.len()).map(format).collect();
        Ok(Listings { layout, columns, formats, workbook, lists, sheet, rows: 0 })
    }

    /// Writes a listing.
    ///
    /// # Errors
    /// When the disk is full, or a sheet has no more rows.
    pub fn row(&mut self, id: &str, record: &Record) -> Result<(), Fault> {
        self.rows += 1;
        let cells = self.layout.row(id, record);
        for (column, ((key, _), format)) in (0u16..).zip(self.columns.iter().zip(&self.formats)) {
            let Some((_, text)) = cells.iter().find(|(own, _)| own == key) else { continue };
            self.sheet.write_string_with_format(self.rows, column, fitting(text).0, format)?;
        }
        Ok(())
    }

    /// Writes the workbook to a file.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn save(mut self, file: &Path) -> Result<(), Fault> {
        let mut stamp = Stamp::new(self.layout.kind);
        for (place, (key, label)) in self.columns.iter().enumerate() {
            stamp.columns.push(Column {
                sheet: self.layout.kind.label(self.layout.lang).to_owned(),
                key: key.clone(),
                place: Some((place, 0)),
                sure: true,
                label: label.clone(),
            });
        }
        self.workbook.push_worksheet(self.sheet);
        self.lists.write(&mut self.workbook)?;
        stamp.write(&mut self.workbook)?;
        Ok(self.workbook.save(file)?)
    }
}
