//! Opening a file of records, whatever its format and encoding, and reading it row by row.
//!
//! ```no_run
//! let options = exchange::read::ReadOptions::default();
//! let mut source = exchange::read::open(std::path::Path::new("成果.csv"), &options)?;
//! println!("{:?}", source.headers());
//! while let Some(row) = source.next() {
//!     match row {
//!         Ok(row) => println!("row {}: {} cells", row.number, row.cells.len()),
//!         Err(problem) => eprintln!("{problem}"),
//!     }
//! }
//! println!("{} blank rows", source.blank_rows());
//! # Ok::<(), exchange::ReadError>(())
//! ```

mod apart;
mod csv;
mod decode;
pub mod header;
mod input;
mod json;
mod jsonl;
mod objects;
mod sniff;
mod stamped;
mod table;
mod xlsx;

pub use apart::{Helper, first_sheet, said, serve};
pub use input::Input;
pub use sniff::Format;

use crate::error::{Note, ReadError, RowProblem};
use crate::limits::{Limits, MAX_NOTES};
use catalog::Kind;

/// Whether the first row of a table names its columns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HeaderRow {
    /// The row among the first ten that knows most column names; none if none knows any.
    #[default]
    Detect,
    /// The first row that is not blank.
    First,
    /// There is none: columns are `column1`, `column2` …
    Absent,
}

/// How to read a file. The default finds everything out.
#[derive(Clone, Debug, Default)]
pub struct ReadOptions {
    /// The format; found from content and name when not stated.
    pub format: Option<Format>,
    /// The sheet of a workbook, by its name or its place from 1; the first visible one when not stated.
    pub sheet: Option<String>,
    /// Where the array of records stands in a JSON file: `releases`, `data.items`; the only one when not stated.
    pub records: Option<String>,
    /// Whether there is a header row.
    pub header: HeaderRow,
    /// Who reads workbooks, where they are not to be read in this process.
    pub helper: Option<Helper>,
    /// Bounds.
    pub limits: Limits,
}

/// One row of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The row, counted as in [`RowProblem::number`].
    pub number: u64,
    /// (header, text) in the file's order. A header appears once; texts are trimmed and may be empty. Of a table each column has its
    /// cell, the first of all first, so that the place of a cell gives its letter.
    pub cells: Vec<(String, String)>,
}

/// A file being read: an iterator over its rows, with what was found out about it.
pub struct Source {
    meta: Meta,
    rows: Box<dyn Rows>,
    finished: bool,
    broke_off: bool,
}

/// What the readers find out about a file, before and while they read it.
pub(crate) struct Meta {
    format: Format,
    encoding: &'static str,
    headers: Vec<String>,
    header_row: Option<u64>,
    blank: u64,
    notes: Vec<Note>,
    /// Rows down to the header as they stand, for a workbook that comes back.
    top: Vec<(u64, Vec<String>)>,
    sheet: Option<String>,
    stamped: Option<stamped::Stamped>,
    /// Columns that the workbook itself names: place from 0, and key.
    named: Vec<(usize, String)>,
}

impl Meta {
    fn new(format: Format) -> Meta {
        Meta {
            format,
            encoding: "UTF-8",
            headers: Vec::new(),
            header_row: None,
            blank: 0,
            notes: Vec::new(),
            top: Vec::new(),
            sheet: None,
            stamped: None,
            named: Vec::new(),
        }
    }

    fn note(&mut self, note: Note) {
        if self.notes.len() < MAX_NOTES {
            self.notes.push(note);
        }
    }
}

/// What every format's reader does. `None` is the end of the file.
pub(crate) trait Rows: Send {
    fn next_row(&mut self, meta: &mut Meta) -> Option<Result<Row, RowProblem>>;
}

/// Opens a file, or bytes already in memory, as a source of rows.
///
/// # Errors
/// When the file as a whole cannot be read: missing, over a limit, empty, damaged, or of a format that is not read. A bad
/// row is no such error: the source yields it.
pub fn open(input: impl Into<Input>, options: &ReadOptions) -> Result<Source, ReadError> {
    let input = input.into();
    let format = format_of(&input, options)?;
    let mut meta = Meta::new(format);
    let rows: Box<dyn Rows> = match format {
        Format::Xlsx | Format::Xls => {
            Box::new(table::Table::open(xlsx::Sheet::open(&input, options, &mut meta)?, options, &mut meta))
        }
        Format::Csv | Format::Tsv => {
            let text = decode::Text::open(&input, &mut meta)?;
            let delimiter = sniff::delimiter(format, &text.head()?);
            let records = csv::Records::new(text.reader()?, delimiter, &options.limits);
            Box::new(table::Table::open(records, options, &mut meta))
        }
        Format::Jsonl => {
            let text = decode::Text::open(&input, &mut meta)?;
            let lines = jsonl::Lines::new(text.reader()?, &options.limits);
            Box::new(objects::Objects::open(lines, options, &mut meta))
        }
        Format::Json => {
            let text = decode::Text::open(&input, &mut meta)?;
            let elements = json::Elements::open(&text, options, &mut meta)?;
            Box::new(objects::Objects::open(elements, options, &mut meta))
        }
    };
    Ok(Source { meta, rows, finished: false, broke_off: false })
}

/// What a file holds, found out before any row of it is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contents {
    /// The kind of its rows, where the file is a workbook of this program, see [`crate::workbook`].
    pub kind: Option<Kind>,
    /// The sheets that can be seen, in their order, at most [`crate::limits::MAX_SHEETS`]; explanations that this program made are
    /// left out. Empty for a file that is no workbook.
    pub sheets: Vec<String>,
}

/// Finds out what a file holds.
///
/// # Errors
/// As [`open`].
pub fn look(input: impl Into<Input>, options: &ReadOptions) -> Result<Contents, ReadError> {
    let input = input.into();
    let format = format_of(&input, options)?;
    match format {
        Format::Xlsx | Format::Xls => {
            let sheets = xlsx::look(&input, options, format)?;
            Ok(Contents { kind: sheets.stamp.as_ref().map(|stamp| stamp.kind), sheets: sheets.visible() })
        }
        _ => Ok(Contents { kind: None, sheets: Vec::new() }),
    }
}

/// The format of a file that may be read.
fn format_of(input: &Input, options: &ReadOptions) -> Result<Format, ReadError> {
    let size = input.size()?;
    let head = input.head()?;
    if head.is_empty() {
        return Err(ReadError::Empty);
    }
    let format = sniff::format(options.format, input.extension().as_deref(), &head)?;
    let limit = match format {
        Format::Xlsx | Format::Xls => options.limits.xlsx_file_bytes,
        _ => options.limits.text_file_bytes,
    };
    if size > limit {
        return Err(ReadError::TooLarge { what: "file", size, limit });
    }
    Ok(format)
}

impl Source {
    /// The format found.
    pub fn format(&self) -> Format {
        self.meta.format
    }

    /// The text encoding found, by its common name: `UTF-8`, `GB18030`, `UTF-16LE` …
    pub fn encoding(&self) -> &'static str {
        self.meta.encoding
    }

    /// The names of the columns, in the file's order. JSON records may name new keys later: the list grows, so ask again at
    /// the end for what was not mapped.
    pub fn headers(&self) -> &[String] {
        &self.meta.headers
    }

    /// The row that names the columns; `None` when there is none.
    pub fn header_row(&self) -> Option<u64> {
        self.meta.header_row
    }

    /// The rows down to the header, the header last, as they stand in the file: (row, texts). Empty where there is no header row.
    pub fn top(&self) -> &[(u64, Vec<String>)] {
        &self.meta.top
    }

    /// Whether rows have cells with names such as `B17`: not those of JSON.
    pub fn has_cells(&self) -> bool {
        !matches!(self.meta.format, Format::Json | Format::Jsonl)
    }

    /// The sheet that is read, of a workbook.
    pub fn sheet(&self) -> Option<&str> {
        self.meta.sheet.as_deref()
    }

    /// The kind of the rows, where the workbook is one of this program.
    pub fn kind(&self) -> Option<Kind> {
        self.meta.stamped.as_ref().map(|stamped| stamped.kind)
    }

    /// Columns that the workbook itself names, however their headers read: (place among the headers, field id or key).
    pub(crate) fn named(&self) -> &[(usize, String)] {
        &self.meta.named
    }

    /// Texts that the workbook gives to every row: (key, text).
    pub(crate) fn constants(&self) -> &[(String, String)] {
        self.meta.stamped.as_ref().map_or(&[], |stamped| &stamped.constants)
    }

    /// What the user should know about how the file is read. May grow until the end.
    pub fn notes(&self) -> &[Note] {
        &self.meta.notes
    }

    /// Rows so far without any text. They are passed over, and counted here.
    pub fn blank_rows(&self) -> u64 {
        self.meta.blank
    }

    /// True when the file ended before its end: its last [`RowProblem`] says why. An import should say it failed.
    pub fn broke_off(&self) -> bool {
        self.broke_off
    }
}

impl Iterator for Source {
    type Item = Result<Row, RowProblem>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.finished {
            return None;
        }
        let item = self.rows.next_row(&mut self.meta);
        match &item {
            None => self.finished = true,
            Some(Err(problem)) if problem.code == RowProblem::BROKE_OFF => {
                self.finished = true;
                self.broke_off = true;
            }
            Some(_) => {}
        }
        item
    }
}

impl std::fmt::Debug for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Source")
            .field("format", &self.meta.format)
            .field("headers", &self.meta.headers)
            .finish()
    }
}
