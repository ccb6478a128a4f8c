//! Gathering the cells of a sheet, which come one by one, into rows of text.

use super::merges::Merges;
use super::{Gone, Message, Sink};
use crate::error::RowProblem;
use crate::limits::Limits;
use crate::read::table::{Raw, RawRow};
use calamine::{Data, DataRef, ExcelDateTime, XlsxCellReader, XlsxError};
use std::io::Cursor;

/// Cells as they come, row by row.
pub(super) trait Cells {
    /// The next one: row from 1, column from 0, text.
    fn next_cell(&mut self) -> Result<Option<(u64, usize, String)>, Unread>;
}

/// A cell that cannot be read.
pub(super) struct Unread {
    why: String,
    /// Whether reading can go on with the next cell.
    alone: bool,
}

impl Cells for XlsxCellReader<'_, Cursor<Vec<u8>>> {
    fn next_cell(&mut self) -> Result<Option<(u64, usize, String)>, Unread> {
        let cell = XlsxCellReader::next_cell(self);
        let cell = cell.map_err(|error| Unread { why: error.to_string(), alone: is_of_one_cell(&error) })?;
        Ok(cell.map(|cell| {
            let (row, column) = cell.get_position();
            (u64::from(row) + 1, column as usize, text(cell.get_value()))
        }))
    }
}

/// Cells of a sheet that is held whole.
pub(super) struct Held<I>(pub(super) I);

impl<'a, I: Iterator<Item = (u64, usize, &'a Data)>> Cells for Held<I> {
    fn next_cell(&mut self) -> Result<Option<(u64, usize, String)>, Unread> {
        Ok(self.0.next().map(|(row, column, value)| (row, column, text(&lent(value)))))
    }
}

fn lent(value: &Data) -> DataRef<'_> {
    match value {
        Data::Int(number) => DataRef::Int(*number),
        Data::Float(number) => DataRef::Float(*number),
        Data::String(text) | Data::DateTimeIso(text) | Data::DurationIso(text) => DataRef::SharedString(text),
        Data::Bool(yes) => DataRef::Bool(*yes),
        Data::DateTime(moment) => DataRef::DateTime(*moment),
        Data::Error(error) => DataRef::Error(error.clone()),
        Data::Empty => DataRef::Empty,
    }
}

/// The rows of a sheet on their way to whoever asks for them.
pub(super) struct RowsOfCells<'a, 's> {
    cells: &'a mut dyn Cells,
    limits: &'a Limits,
    sink: &'a mut Sink<'s>,
    merges: Merges,
    row: Option<Gathered>,
    /// Why a cell after the last good one could not be read.
    unread: Option<String>,
}

pub(super) struct Gathered {
    number: u64,
    cells: Vec<String>,
    bytes: usize,
    problem: Option<RowProblem>,
}

impl<'a, 's> RowsOfCells<'a, 's> {
    pub(super) fn new(
        cells: &'a mut dyn Cells,
        limits: &'a Limits,
        sink: &'a mut Sink<'s>,
        merges: Merges,
    ) -> Self {
        RowsOfCells { cells, limits, sink, merges, row: None, unread: None }
    }

    pub(super) fn run(&mut self) -> Result<(), Gone> {
        loop {
            match self.cells.next_cell() {
                Ok(Some((row, column, text))) => self.put(row, column, text)?,
                Ok(None) => {
                    self.blame(None);
                    return self.send_row();
                }
                Err(Unread { why, alone: true }) => self.unread = Some(why),
                Err(Unread { why, .. }) => {
                    let number = self.row.as_ref().map_or(1, |row| row.number);
                    self.row = None;
                    return self.send(Err(RowProblem::broke_off(number, &why)));
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
        let Some(mut row) = self.row.take() else { return Ok(()) };
        if row.problem.is_none() && !self.merges.fill(row.number, &mut row.cells) {
            row.problem = Some(merged_too_far(row.number));
        }
        self.send(match row.problem {
            Some(problem) => Err(problem.with_cells(row.cells)),
            None => Ok(Raw { number: row.number, cells: row.cells }),
        })
    }

    fn send(&mut self, row: RawRow) -> Result<(), Gone> {
        (self.sink)(Message::Row(row))
    }
}

impl Gathered {
    fn new(number: u64) -> Gathered {
        Gathered { number, cells: Vec::new(), bytes: 0, problem: None }
    }
}

fn merged_too_far(number: u64) -> RowProblem {
    RowProblem::new(
        number,
        "merged_too_far",
        "这个工作表里合并单元格要代为填写的内容太多，这一行起没有再填；请取消合并，逐行填写".to_owned(),
        "merged cells give their texts to too many rows of this sheet, and none to this one; undo the merges and fill in each row".to_owned(),
    )
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
pub(super) fn text(value: &DataRef<'_>) -> String {
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
