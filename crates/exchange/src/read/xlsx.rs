//! A sheet of a workbook (Office Open XML), row by row.
//!
//! The workbook is inspected first ([`guard`]), then read by a thread of its own that hands rows over a short queue: rows
//! are streamed, and a fault in the parsing of a damaged file ends the thread, not the program.

mod guard;
mod merges;
mod rows;
mod sheets;

use super::input::Input;
use super::stamped::Stamped;
use super::table::{RawRow, RawRows};
use super::{Meta, ReadOptions};
use crate::error::{ReadError, RowProblem};
use crate::limits::{Limits, XLSX_ROWS_AHEAD};
use calamine::{Reader, Xlsx};
use merges::Merges;
use rows::RowsOfCells;
use sheets::{Sheets, read_stamp};
use std::io::{Cursor, Read};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

type Workbook = Xlsx<Cursor<Vec<u8>>>;

/// The rows of one sheet.
pub(crate) struct Sheet {
    rows: Receiver<Message>,
    last: u64,
    ended: bool,
}

enum Message {
    /// The sheets, and the name of the one that is read.
    Opened(Box<Sheets>, String),
    Refused(ReadError),
    Row(RawRow),
    End,
}

impl Sheet {
    pub(crate) fn open(input: &Input, options: &ReadOptions, meta: &mut Meta) -> Result<Sheet, ReadError> {
        let rows = begin(input, options, Task::Read(options.sheet.clone()))?;
        let (sheets, name) = opened(&rows)?;
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
pub(crate) fn look(input: &Input, options: &ReadOptions) -> Result<Sheets, ReadError> {
    opened(&begin(input, options, Task::Look)?).map(|(sheets, _)| sheets)
}

fn begin(input: &Input, options: &ReadOptions, task: Task) -> Result<Receiver<Message>, ReadError> {
    let mut bytes = Vec::new();
    let limits = options.limits.clone();
    let reader = input.stream()?;
    reader.take(limits.xlsx_file_bytes).read_to_end(&mut bytes).map_err(|source| input.io(source))?;
    let has_merges = guard::inspect(&bytes, &limits)?;
    let (sender, rows) = sync_channel(XLSX_ROWS_AHEAD);
    std::thread::Builder::new()
        .name("xlsx".to_owned())
        .spawn(move || work(bytes, has_merges, &task, &limits, &sender))
        .map_err(|source| input.io(source))?;
    Ok(rows)
}

fn opened(rows: &Receiver<Message>) -> Result<(Sheets, String), ReadError> {
    match rows.recv() {
        Ok(Message::Opened(sheets, name)) => Ok((*sheets, name)),
        Ok(Message::Refused(error)) => Err(error),
        Ok(_) | Err(_) => Err(damaged("its parts do not fit together".to_owned())),
    }
}

impl RawRows for Sheet {
    fn next_raw(&mut self) -> Option<RawRow> {
        if self.ended {
            return None;
        }
        match self.rows.recv() {
            Ok(Message::Row(row)) => {
                self.last = row.as_ref().map_or_else(|problem| problem.number, |raw| raw.number);
                Some(row)
            }
            Ok(Message::End) => {
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

fn damaged(why: String) -> ReadError {
    ReadError::Damaged { format: "xlsx", why }
}

/// What the thread is to do.
enum Task {
    /// Say which sheets there are.
    Look,
    /// Read the sheet of that name or place, or the first that has data.
    Read(Option<String>),
}

/// The thread's work. A send that fails means that nobody asks for rows any more.
fn work(bytes: Vec<u8>, has_merges: bool, task: &Task, limits: &Limits, sender: &SyncSender<Message>) {
    let opened = Workbook::new(Cursor::new(bytes)).map_err(|error| damaged(error.to_string()));
    let chosen = opened.and_then(|mut workbook| {
        let stamp = read_stamp(&mut workbook);
        let sheets = Sheets::of(&workbook, stamp);
        let name = match task {
            Task::Look => None,
            Task::Read(wanted) => Some(sheets.choose(wanted.as_deref())?),
        };
        Ok((workbook, sheets, name))
    });
    let (mut workbook, sheets, name) = match chosen {
        Ok(chosen) => chosen,
        Err(error) => {
            let _ = sender.send(Message::Refused(error));
            return;
        }
    };
    let Some(name) = name else {
        let _ = sender.send(Message::Opened(Box::new(sheets), String::new()));
        return;
    };
    let merges = match has_merges.then(|| workbook.merge_cells_by_sheet_name(&name)) {
        Some(Ok(areas)) => Merges::new(&areas, limits.columns),
        // A list of merges that cannot be read takes no row with it.
        _ => Merges::default(),
    };
    let message = match workbook.worksheet_cells_reader(&name) {
        Err(error) => Message::Refused(damaged(error.to_string())),
        Ok(cells) => {
            if sender.send(Message::Opened(Box::new(sheets), name)).is_err() {
                return;
            }
            if RowsOfCells::new(cells, limits, sender, merges).run().is_err() {
                return;
            }
            Message::End
        }
    };
    let _ = sender.send(message);
}
