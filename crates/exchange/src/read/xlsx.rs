//! A sheet of a workbook (Office Open XML, or the format of Excel 97 to 2003), row by row.
//!
//! A workbook is read by a helper process where there is one ([`super::apart`]); without one an Office Open XML workbook is
//! inspected ([`guard`]) and read by a thread of its own, and an old one, whose parser can be made to take much memory, is not
//! read. Either hands rows over a short queue: rows are streamed, and a fault in the parsing of a damaged file ends the helper or
//! the thread, not the program.

mod guard;
mod merges;
mod rows;
mod sheets;

use super::apart::{self, Helping};
use super::input::Input;
use super::stamped::Stamped;
use super::table::{RawRow, RawRows};
use super::{Format, Meta, ReadOptions};
use crate::error::{ReadError, RowProblem};
use crate::limits::{Limits, MAX_HELPER_WAIT, XLSX_ROWS_AHEAD};
use calamine::{Data, Reader, Xls, Xlsx};
use merges::Merges;
use rows::RowsOfCells;
pub(crate) use sheets::Sheets;
use sheets::read_stamp;
use std::io::{Cursor, Read};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};

type Bytes = Cursor<Vec<u8>>;

/// The rows of one sheet.
pub(crate) struct Sheet {
    rows: Rows,
    last: u64,
    ended: bool,
}

/// Where messages come from; a helper ends with its last one.
struct Rows {
    messages: Receiver<Message>,
    helping: Option<Helping>,
}

/// What the reader of a workbook has to say.
pub(crate) enum Message {
    /// The sheets, and the name of the one that is read.
    Opened(Box<Sheets>, String),
    Refused(ReadError),
    Row(RawRow),
    End,
}

/// Nobody listens any more.
pub(crate) struct Gone;

/// Takes messages; they are lost once nobody listens.
pub(crate) type Sink<'a> = dyn FnMut(Message) -> Result<(), Gone> + 'a;

impl Rows {
    /// The next message; `None` when the reader ended without one, or took too long for it.
    fn next(&self) -> Option<Message> {
        match &self.helping {
            None => self.messages.recv().ok(),
            Some(helping) => match self.messages.recv_timeout(MAX_HELPER_WAIT) {
                Ok(message) => Some(message),
                Err(RecvTimeoutError::Timeout) => {
                    helping.end();
                    None
                }
                Err(RecvTimeoutError::Disconnected) => None,
            },
        }
    }
}

impl Sheet {
    pub(crate) fn open(input: &Input, options: &ReadOptions, meta: &mut Meta) -> Result<Sheet, ReadError> {
        let rows = begin(input, options, meta.format, Task::Read(options.sheet.clone()))?;
        let (sheets, name) = opened(&rows, meta.format)?;
        if let Some(note) = sheets.note(&name).filter(|_| options.sheet.is_none()) {
            meta.note(note);
        }
        if let Some(stamp) = &sheets.stamp {
            let there = sheets.names();
            meta.stamped = stamp.sheet_for(&name, &there).map(|of| Stamped::new(stamp, of));
        }
        meta.sheet = Some(name);
        Ok(Sheet { rows, last: 0, ended: false })
    }
}

/// Which sheets a workbook has.
pub(crate) fn look(input: &Input, options: &ReadOptions, format: Format) -> Result<Sheets, ReadError> {
    opened(&begin(input, options, format, Task::Look)?, format).map(|(sheets, _)| sheets)
}

fn begin(input: &Input, options: &ReadOptions, format: Format, task: Task) -> Result<Rows, ReadError> {
    let limits = options.limits.clone();
    let (sender, messages) = sync_channel(XLSX_ROWS_AHEAD);
    if let Some(helper) = &options.helper {
        let asked = apart::Asked { format, task, limits };
        let helping = helper.start(input, &asked, sender).map_err(|source| input.io(source))?;
        return Ok(Rows { messages, helping: Some(helping) });
    }
    if format == Format::Xls {
        return Err(ReadError::Unsupported { what: "an old .xls file" });
    }
    let mut bytes = Vec::new();
    input
        .stream()?
        .take(limits.xlsx_file_bytes)
        .read_to_end(&mut bytes)
        .map_err(|source| input.io(source))?;
    std::thread::Builder::new()
        .name("xlsx".to_owned())
        .spawn(move || work(bytes, format, &task, &limits, &mut |message| send(&sender, message)))
        .map_err(|source| input.io(source))?;
    Ok(Rows { messages, helping: None })
}

pub(crate) fn send(sender: &SyncSender<Message>, message: Message) -> Result<(), Gone> {
    sender.send(message).map_err(|_| Gone)
}

fn opened(rows: &Rows, format: Format) -> Result<(Sheets, String), ReadError> {
    match rows.next() {
        Some(Message::Opened(sheets, name)) => Ok((*sheets, name)),
        Some(Message::Refused(error)) => Err(error),
        _ => Err(damaged(format, "its parts do not fit together".to_owned())),
    }
}

impl RawRows for Sheet {
    fn next_raw(&mut self) -> Option<RawRow> {
        if self.ended {
            return None;
        }
        match self.rows.next() {
            Some(Message::Row(row)) => {
                self.last = row.as_ref().map_or_else(|problem| problem.number, |raw| raw.number);
                Some(row)
            }
            Some(Message::End) => {
                self.ended = true;
                None
            }
            _ => {
                self.ended = true;
                Some(Err(RowProblem::broke_off(self.last + 1, "the sheet is damaged")))
            }
        }
    }
}

fn damaged(format: Format, why: String) -> ReadError {
    ReadError::Damaged { format: format.id(), why }
}

/// What is to be done with a workbook.
pub(crate) enum Task {
    /// Say which sheets there are.
    Look,
    /// Read the sheet of that name or place, or the first that has data.
    Read(Option<String>),
}

/// A workbook of either format.
enum Workbook {
    Xlsx(Box<Xlsx<Bytes>>, bool),
    Xls(Box<Xls<Bytes>>),
}

impl Workbook {
    fn open(bytes: Vec<u8>, format: Format, limits: &Limits) -> Result<Workbook, ReadError> {
        if format == Format::Xls {
            let opened = Xls::new(Cursor::new(bytes)).map_err(|error| damaged(format, error.to_string()))?;
            return Ok(Workbook::Xls(Box::new(opened)));
        }
        let has_merges = guard::inspect(&bytes, limits)?;
        let opened = Xlsx::new(Cursor::new(bytes)).map_err(|error| damaged(format, error.to_string()))?;
        Ok(Workbook::Xlsx(Box::new(opened), has_merges))
    }

    fn sheets(&mut self) -> Sheets {
        match self {
            Workbook::Xlsx(book, _) => {
                let stamp = read_stamp(book);
                Sheets::of(book.sheets_metadata(), stamp)
            }
            Workbook::Xls(book) => Sheets::of(book.sheets_metadata(), None),
        }
    }
}

/// Does a task, and says what it finds until nobody listens.
pub(crate) fn work(bytes: Vec<u8>, format: Format, task: &Task, limits: &Limits, sink: &mut Sink<'_>) {
    let chosen = Workbook::open(bytes, format, limits).and_then(|mut workbook| {
        let sheets = workbook.sheets();
        let name = match task {
            Task::Look => None,
            Task::Read(wanted) => Some(sheets.choose(wanted.as_deref())?),
        };
        Ok((workbook, sheets, name))
    });
    // That nobody listens any more is no fault: there is no more to do.
    let _ = match chosen {
        Err(error) => sink(Message::Refused(error)),
        Ok((_, sheets, None)) => sink(Message::Opened(Box::new(sheets), String::new())),
        Ok((mut workbook, sheets, Some(name))) => read(&mut workbook, sheets, name, limits, sink),
    };
}

fn read(
    workbook: &mut Workbook,
    sheets: Sheets,
    name: String,
    limits: &Limits,
    sink: &mut Sink<'_>,
) -> Result<(), Gone> {
    match workbook {
        Workbook::Xlsx(book, has_merges) => {
            let merges = match has_merges.then(|| book.merge_cells_by_sheet_name(&name)) {
                Some(Ok(areas)) => Merges::new(&areas, limits.columns),
                // A list of merges that cannot be read takes no row with it.
                _ => Merges::default(),
            };
            let mut cells = match book.worksheet_cells_reader(&name) {
                Err(error) => return sink(Message::Refused(damaged(Format::Xlsx, error.to_string()))),
                Ok(cells) => cells,
            };
            sink(Message::Opened(Box::new(sheets), name))?;
            RowsOfCells::new(&mut cells, limits, sink, merges).run()?;
        }
        Workbook::Xls(book) => {
            let areas = book.merge_cells_by_sheet_name(&name).unwrap_or_default();
            let range = match book.worksheet_range(&name) {
                Err(error) => return sink(Message::Refused(damaged(Format::Xls, error.to_string()))),
                Ok(range) => range,
            };
            sink(Message::Opened(Box::new(sheets), name))?;
            let (row, column) = range.start().unwrap_or_default();
            let cells = range.used_cells().map(|(r, c, value): (usize, usize, &Data)| {
                (u64::from(row) + r as u64 + 1, column as usize + c, value)
            });
            let merges = Merges::new(&areas, limits.columns);
            RowsOfCells::new(&mut rows::Held(cells), limits, sink, merges).run()?;
        }
    }
    sink(Message::End)
}
