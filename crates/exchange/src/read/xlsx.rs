//! A sheet of a workbook (Office Open XML), row by row.
//!
//! The workbook is inspected first ([`guard`]), then read by a thread of its own that hands rows over a short queue: rows
//! are streamed, and a fault in the parsing of a damaged file ends the thread, not the program.

mod guard;

use super::input::Input;
use super::table::{Raw, RawRow, RawRows};
use super::{Meta, ReadOptions};
use crate::error::{Note, ReadError, RowProblem};
use crate::limits::{Limits, XLSX_ROWS_AHEAD};
use calamine::{DataRef, ExcelDateTime, Reader, SheetType, SheetVisible, Xlsx, XlsxCellReader, XlsxError};
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
    Opened(Vec<Note>),
    Refused(ReadError),
    Row(RawRow),
    End,
}

impl Sheet {
    pub(crate) fn open(input: &Input, options: &ReadOptions, meta: &mut Meta) -> Result<Sheet, ReadError> {
        let mut bytes = Vec::new();
        let limits = options.limits.clone();
        let reader = input.stream()?;
        reader.take(limits.xlsx_file_bytes).read_to_end(&mut bytes).map_err(|source| input.io(source))?;
        guard::inspect(&bytes, &limits)?;
        let (sender, rows) = sync_channel(XLSX_ROWS_AHEAD);
        let sheet = options.sheet.clone();
        std::thread::Builder::new()
            .name("xlsx".to_owned())
            .spawn(move || work(bytes, sheet.as_deref(), &limits, &sender))
            .map_err(|source| input.io(source))?;
        match rows.recv() {
            Ok(Message::Opened(notes)) => notes.into_iter().for_each(|note| meta.note(note)),
            Ok(Message::Refused(error)) => return Err(error),
            Ok(_) | Err(_) => return Err(damaged("its parts do not fit together".to_owned())),
        }
        Ok(Sheet { rows, last: 0, ended: false })
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

/// The thread's work. A send that fails means that nobody asks for rows any more.
fn work(bytes: Vec<u8>, wanted: Option<&str>, limits: &Limits, sender: &SyncSender<Message>) {
    let opened = Workbook::new(Cursor::new(bytes)).map_err(|error| damaged(error.to_string()));
    let chosen =
        opened.and_then(|workbook| choose(&workbook, wanted).map(|(name, notes)| (workbook, name, notes)));
    let (mut workbook, name, notes) = match chosen {
        Ok(chosen) => chosen,
        Err(error) => {
            let _ = sender.send(Message::Refused(error));
            return;
        }
    };
    let message = match workbook.worksheet_cells_reader(&name) {
        Err(error) => Message::Refused(damaged(error.to_string())),
        Ok(cells) => {
            if sender.send(Message::Opened(notes)).is_err() {
                return;
            }
            let mut rows = RowsOfCells { cells, limits, sender, row: None, unread: None };
            if rows.run().is_err() {
                return;
            }
            Message::End
        }
    };
    let _ = sender.send(message);
}

/// The sheet to read, and what to say of the others.
fn choose(workbook: &Workbook, wanted: Option<&str>) -> Result<(String, Vec<Note>), ReadError> {
    let sheets: Vec<_> =
        workbook.sheets_metadata().iter().filter(|s| s.typ == SheetType::WorkSheet).collect();
    let names = || sheets.iter().map(|s| s.name.as_str()).collect::<Vec<_>>().join(", ");
    let chosen = match wanted {
        Some(name) => sheets.iter().find(|s| s.name == name).or_else(|| {
            let place: usize = name.parse().ok()?;
            sheets.get(place.checked_sub(1)?)
        }),
        None => sheets.iter().find(|s| s.visible == SheetVisible::Visible).or(sheets.first()),
    };
    let Some(chosen) = chosen else {
        let sheet = wanted.unwrap_or("1").to_owned();
        return Err(ReadError::NoSheet { sheet, available: names() });
    };
    let mut notes = Vec::new();
    if wanted.is_none() && sheets.len() > 1 {
        let (name, all) = (&chosen.name, names());
        notes.push(Note::new(
            "one_sheet",
            format!("只读取了工作表“{name}”；工作簿共有：{all}。用 --sheet 选择其他表"),
            format!(
                "only the sheet \"{name}\" is read; the workbook has: {all}. Choose another with --sheet"
            ),
        ));
    }
    Ok((chosen.name.clone(), notes))
}

/// Gathers cells, which come one by one, into rows.
struct RowsOfCells<'a> {
    cells: XlsxCellReader<'a, Cursor<Vec<u8>>>,
    limits: &'a Limits,
    sender: &'a SyncSender<Message>,
    row: Option<Gathered>,
    /// Why a cell after the last good one could not be read.
    unread: Option<String>,
}

struct Gathered {
    number: u64,
    cells: Vec<String>,
    bytes: usize,
    problem: Option<RowProblem>,
}

/// Nobody listens any more.
struct Gone;

impl RowsOfCells<'_> {
    fn run(&mut self) -> Result<(), Gone> {
        loop {
            match self.cells.next_cell() {
                Ok(Some(cell)) => {
                    let (row, column) = cell.get_position();
                    self.put(u64::from(row) + 1, column as usize, text(cell.get_value()))?;
                }
                Ok(None) => {
                    self.blame(None);
                    return self.send_row();
                }
                Err(error) if is_of_one_cell(&error) => self.unread = Some(error.to_string()),
                Err(error) => {
                    let number = self.row.as_ref().map_or(1, |row| row.number);
                    self.row = None;
                    return self.send(Err(RowProblem::broke_off(number, &error.to_string())));
                }
            }
        }
    }

    fn put(&mut self, number: u64, column: usize, text: String) -> Result<(), Gone> {
        let problem = self.blame(Some(number));
        if self.row.as_ref().is_some_and(|row| row.number != number) {
            self.send_row()?;
        }
        let limits = self.limits;
        let row = self.row.get_or_insert_with(|| Gathered { problem, ..Gathered::new(number) });
        if text.is_empty() || row.problem.is_some() {
            return Ok(());
        }
        row.bytes += text.len();
        if column >= limits.columns {
            row.problem = Some(RowProblem::too_many_columns(number, limits.columns));
        } else if row.bytes > limits.row_bytes {
            row.problem = Some(RowProblem::too_long(number, limits.row_bytes));
        } else {
            if row.cells.len() <= column {
                row.cells.resize(column + 1, String::new());
            }
            row.cells[column] = text;
        }
        Ok(())
    }

    /// Lays an unreadable cell to the rows it may stand in. Its place is not known: it may belong to the row in hand, to the
    /// one that follows, or be all there is of a row between. Both are named, since either may lack something.
    fn blame(&mut self, following: Option<u64>) -> Option<RowProblem> {
        let why = self.unread.take()?;
        let first = self.row.as_ref().map_or(1, |row| row.number);
        let last = following.unwrap_or(first);
        let problem = |number| {
            RowProblem::new(
                number,
                "bad_cell",
                format!("第 {first} 至 {last} 行之间有无法读取的单元格：{why}；请在表格软件中重新输入"),
                format!(
                    "a cell in rows {first} to {last} cannot be read: {why}; enter it again in the spreadsheet program"
                ),
            )
        };
        match &mut self.row {
            Some(row) => drop(row.problem.get_or_insert_with(|| problem(row.number))),
            None if following.is_none() => {
                self.row = Some(Gathered { problem: Some(problem(1)), ..Gathered::new(1) })
            }
            None => {}
        }
        following.filter(|number| self.row.as_ref().is_none_or(|row| row.number != *number)).map(problem)
    }

    fn send_row(&mut self) -> Result<(), Gone> {
        let Some(row) = self.row.take() else { return Ok(()) };
        self.send(match row.problem {
            Some(problem) => Err(problem),
            None => Ok(Raw { number: row.number, cells: row.cells }),
        })
    }

    fn send(&mut self, row: RawRow) -> Result<(), Gone> {
        self.sender.send(Message::Row(row)).map_err(|_| Gone)
    }
}

impl Gathered {
    fn new(number: u64) -> Gathered {
        Gathered { number, cells: Vec::new(), bytes: 0, problem: None }
    }
}

/// True when reading can go on with the next cell.
fn is_of_one_cell(error: &XlsxError) -> bool {
    use XlsxError as E;
    matches!(
        error,
        E::ParseFloat(_) | E::ParseInt(_) | E::CellTAttribute(_) | E::CellError(_) | E::Unexpected(_)
    )
}

/// A cell's value as the text a person sees.
fn text(value: &DataRef<'_>) -> String {
    match value {
        DataRef::Empty => String::new(),
        DataRef::Int(number) => number.to_string(),
        DataRef::Float(number) => float(*number),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => text.clone(),
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::Bool(yes) => yes.to_string(),
        DataRef::DateTime(moment) => date(moment),
        DataRef::Error(error) => error.to_string(),
    }
}

/// A number without exponent, and without the noise of binary fractions: 15 digits are what a spreadsheet keeps.
fn float(number: f64) -> String {
    if number.fract() == 0.0 && number.abs() < 1e15 {
        return format!("{number:.0}");
    }
    let rounded: f64 = format!("{number:.14e}").parse().unwrap_or(number);
    rounded.to_string()
}

/// ISO 8601; the time only where there is one. A duration stays a number of days.
fn date(moment: &ExcelDateTime) -> String {
    if moment.is_duration() {
        return float(moment.as_f64());
    }
    let (year, month, day, hour, minute, second, _) = moment.to_ymd_hms_milli();
    let date = format!("{year:04}-{month:02}-{day:02}");
    match (hour, minute, second) {
        (0, 0, 0) => date,
        _ => format!("{date}T{hour:02}:{minute:02}:{second:02}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_as_a_person_sees_them() {
        assert_eq!(float(2013.0), "2013");
        assert_eq!(float(0.1 + 0.2), "0.3");
        assert_eq!(float(201810046029.1), "201810046029.1");
        assert_eq!(float(-12.5), "-12.5");
        assert_eq!(float(13812345678.0), "13812345678");
    }
}
