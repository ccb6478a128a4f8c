//! A list of listings as a file: a workbook, a csv, or lines of JSON. The command line, the desk and the halls make it alike.

use std::io::{self, Write};
use std::path::Path;

use catalog::{Kind, Lang, Record};
use exchange::layout::Layout;
use exchange::mapping::LISTING;
use exchange::workbook::Listings;
use exchange::write::{self, CsvWriter};

use crate::office::{Failure, exit};

/// Listings that are asked for at a time.
const PAGE: usize = 100;
/// Most listings of one table: the deepest that a search goes.
pub const MAX_LISTINGS: usize = 10_000;
/// Most listings of a table of all that there is of a kind: a sheet has 1,048,576 rows.
pub const MAX_WHOLE: usize = 1_000_000;

/// What a table is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TableForm {
    /// A workbook.
    Xlsx,
    /// Comma-separated text.
    Csv,
    /// Lines of JSON.
    Jsonl,
}

/// The form that a page asks for.
pub fn form_of(form: web::view::TableForm) -> TableForm {
    match form {
        web::view::TableForm::Xlsx => TableForm::Xlsx,
        web::view::TableForm::Csv => TableForm::Csv,
        web::view::TableForm::Jsonl => TableForm::Jsonl,
    }
}

/// Where the listings of a table come from.
pub trait Shelf {
    /// The ids of a page, and whether more may follow it.
    fn ids(&mut self, offset: usize, limit: usize) -> Result<(Vec<String>, bool), Failure>;
    /// What a listing says; `None` when it has gone meanwhile.
    fn record(&mut self, id: &str) -> Result<Option<Record>, Failure>;
    /// Whether it walks through all that there is, page by page, and begins anew at offset 0: then its ids are not held, and there
    /// may be [`MAX_WHOLE`] of them.
    fn is_whole(&self) -> bool {
        false
    }
    /// The id as the table keeps it.
    fn shown(&self, id: &str) -> String {
        id.to_owned()
    }
}

/// Writes the listings of a kind, each as it is read, none of them held. A workbook is put together in `folder` first. Returns
/// how many there are.
///
/// # Errors
/// When listings cannot be read, or the table not be written.
pub fn write(
    shelf: &mut dyn Shelf,
    kind: Kind,
    lang: Lang,
    form: TableForm,
    mut out: &mut dyn Write,
    folder: &Path,
) -> Result<usize, Failure> {
    let ids = if shelf.is_whole() { None } else { Some(all_ids(shelf)?) };
    let ids = ids.as_deref();
    match form {
        TableForm::Jsonl => each(shelf, ids, |id, record| {
            let mut cells = write::cells(kind, record);
            cells.push((LISTING.to_owned(), id.to_owned()));
            write::jsonl(&mut out, &cells).map_err(|error| unwritten(&error))
        }),
        TableForm::Csv => {
            let layout = layout(shelf, ids, kind, lang)?;
            let columns = layout.plain_columns();
            let columns: Vec<(&str, &str)> = columns.iter().map(|(key, label)| (&**key, &**label)).collect();
            let mut csv = CsvWriter::new(out, &columns).map_err(|error| unwritten(&error))?;
            let count = each(shelf, ids, |id, record| {
                csv.write(&layout.row(id, record)).map(drop).map_err(|error| unwritten(&error))
            })?;
            csv.finish().map_err(|error| unwritten(&error))?;
            Ok(count)
        }
        TableForm::Xlsx => {
            let fault = |fault| Failure::of_fault(&fault);
            let layout = layout(shelf, ids, kind, lang)?;
            let mut book = Listings::new(layout, folder).map_err(fault)?;
            let count = each(shelf, ids, |id, record| book.row(id, record).map_err(fault))?;
            let scratch = folder.join(format!(".table-{}.xlsx", free_name()?));
            let saved = book.save(&scratch).map_err(fault);
            let copied = saved.and_then(|()| {
                let copy = std::fs::File::open(&scratch).and_then(|mut file| io::copy(&mut file, out));
                copy.map_err(|error| unwritten(&error))
            });
            let _ = std::fs::remove_file(&scratch);
            copied.map(|_| count)
        }
    }
}

/// A name that nobody else uses at this moment.
fn free_name() -> Result<String, Failure> {
    Ok(data_encoding::HEXLOWER.encode(&market::random::<8>()?))
}

fn all_ids(shelf: &mut dyn Shelf) -> Result<Vec<String>, Failure> {
    let (mut ids, mut offset) = (Vec::new(), 0);
    loop {
        let (page, more) = shelf.ids(offset, PAGE)?;
        ids.extend(page);
        offset += PAGE;
        if !more || offset + PAGE > MAX_LISTINGS {
            return Ok(ids);
        }
    }
}

fn layout(shelf: &mut dyn Shelf, ids: Option<&[String]>, kind: Kind, lang: Lang) -> Result<Layout, Failure> {
    let mut layout = Layout::new(kind, lang);
    each(shelf, ids, |_, record| {
        layout.widen(record);
        Ok(())
    })?;
    Ok(layout)
}

/// Shows each listing: those named, or page by page all that the shelf has. Returns how many there were.
fn each(
    shelf: &mut dyn Shelf,
    ids: Option<&[String]>,
    mut with: impl FnMut(&str, &Record) -> Result<(), Failure>,
) -> Result<usize, Failure> {
    let mut count = 0;
    let mut show = |shelf: &mut dyn Shelf, ids: &[String]| {
        for id in ids {
            if let Some(record) = shelf.record(id)? {
                with(&shelf.shown(id), &record)?;
                count += 1;
            }
        }
        Ok::<(), Failure>(())
    };
    if let Some(ids) = ids {
        show(shelf, ids)?;
        return Ok(count);
    }
    let mut offset = 0;
    loop {
        let (page, more) = shelf.ids(offset, PAGE)?;
        show(shelf, &page)?;
        offset += page.len();
        if !more || offset >= MAX_WHOLE {
            return Ok(count);
        }
    }
}

fn unwritten(error: &io::Error) -> Failure {
    Failure::said(exit::FAILED, "cli.failure.table", &[("what", &error.to_string())])
}
