//! Records of delimited text (RFC 4180), as offices' programs really write it.
//!
//! Own code instead of a csv library, because of two promises: a record is held in bounded memory, and a quote that is never
//! closed costs one row, not the rest of the file. Upon such a quote the first line of the record is named as broken and
//! reading resumes on the next line; until a line has as many cells as the table again, lines are named too, since they
//! may be the middle of a text.

use super::table::{Raw, RawRow};
use crate::error::RowProblem;
use crate::limits::Limits;
use std::io::BufRead;

/// The records of a text, UTF-8 (or bytes that claim to be).
pub(crate) struct Records<R> {
    reader: R,
    delimiter: u8,
    row_bytes: usize,
    columns: usize,
    /// Bytes read and not yet consumed; never longer than one record and one chunk.
    window: Vec<u8>,
    at: usize,
    ended: bool,
    row: u64,
    width: Option<usize>,
    recovering: bool,
}

/// How a record ended.
enum End {
    /// At a line's end or the file's; the offset past it.
    Sound(usize),
    /// Inside a quote, or with text after one, over several lines.
    BadQuote,
    /// Past the limit.
    TooLong,
}

struct Scan {
    cells: Vec<Vec<u8>>,
    end: End,
    /// Past the end of the record's first line, when it has several.
    first_line: Option<usize>,
}

#[derive(Clone, Copy, PartialEq)]
enum At {
    Start,
    Plain,
    Quoted,
    /// After a quote inside a quoted cell: doubled, closing, or stray.
    Quote,
}

impl<R: BufRead + Send> Records<R> {
    pub(crate) fn new(reader: R, delimiter: u8, limits: &Limits) -> Records<R> {
        Records {
            reader,
            delimiter,
            row_bytes: limits.row_bytes,
            columns: limits.columns,
            window: Vec::new(),
            at: 0,
            ended: false,
            row: 0,
            width: None,
            recovering: false,
        }
    }

    /// The byte at an offset from the record's start, reading on where needed.
    fn byte(&mut self, offset: usize) -> std::io::Result<Option<u8>> {
        while self.at + offset >= self.window.len() && !self.ended {
            let chunk = self.reader.fill_buf()?;
            let length = chunk.len();
            self.ended = length == 0;
            self.window.extend_from_slice(chunk);
            self.reader.consume(length);
        }
        Ok(self.window.get(self.at + offset).copied())
    }

    fn consume(&mut self, length: usize) {
        self.at += length;
        if self.at > self.window.len() / 2 {
            self.window.drain(..self.at.min(self.window.len()));
            self.at = 0;
        }
    }

    fn scan(&mut self) -> std::io::Result<Option<Scan>> {
        if self.byte(0)?.is_none() {
            return Ok(None);
        }
        let mut scan = Scan { cells: Vec::new(), end: End::TooLong, first_line: None };
        let (mut cell, mut state, mut stray, mut offset) = (Vec::new(), At::Start, false, 0);
        while offset < self.row_bytes {
            let byte = self.byte(offset)?;
            offset += 1;
            let breaks = state != At::Quoted && matches!(byte, None | Some(b'\n' | b'\r'));
            match byte {
                None if state == At::Quoted => {
                    scan.end = End::BadQuote;
                    return Ok(Some(scan));
                }
                _ if breaks => {
                    offset -= usize::from(byte.is_none());
                    offset += usize::from(byte == Some(b'\r') && self.byte(offset)? == Some(b'\n'));
                    self.push(&mut scan.cells, &mut cell);
                    let torn = stray && scan.first_line.is_some();
                    scan.end = if torn { End::BadQuote } else { End::Sound(offset) };
                    return Ok(Some(scan));
                }
                Some(byte) if byte == self.delimiter && state != At::Quoted => {
                    self.push(&mut scan.cells, &mut cell);
                    state = At::Start;
                }
                Some(b'"') => state = quote(state, &mut cell),
                Some(byte) => {
                    if byte == b'\n' {
                        scan.first_line.get_or_insert(offset);
                    }
                    if state == At::Quote {
                        // Text goes on after the closing quote: these quotes are part of the text, as in "热电"联产.
                        stray = true;
                        cell.insert(0, b'"');
                        cell.push(b'"');
                    }
                    state = if state == At::Quoted { At::Quoted } else { At::Plain };
                    cell.push(byte);
                }
                None => {}
            }
        }
        Ok(Some(scan))
    }

    fn push(&self, cells: &mut Vec<Vec<u8>>, cell: &mut Vec<u8>) {
        // One over the limit is kept, as the sign that there were too many.
        if cells.len() <= self.columns {
            cells.push(std::mem::take(cell));
        } else {
            cell.clear();
        }
    }

    fn finish(&mut self, scan: Scan) -> std::io::Result<RawRow> {
        self.row += 1;
        let number = self.row;
        match (scan.end, scan.first_line) {
            (End::Sound(length), _) => {
                self.consume(length);
                Ok(self.judge(number, scan.cells))
            }
            (End::BadQuote | End::TooLong, Some(first_line)) => {
                let line = self.start_of_line(first_line);
                self.consume(first_line);
                self.recovering = true;
                Ok(Err(unclosed(number).with_cells(line)))
            }
            (End::BadQuote, None) => {
                let line = self.start_of_line(self.row_bytes);
                self.skip_line()?;
                Ok(Err(unclosed(number).with_cells(line)))
            }
            (End::TooLong, None) => {
                self.skip_line()?;
                self.recovering = true;
                Ok(Err(RowProblem::too_long(number, self.row_bytes)))
            }
        }
    }

    fn judge(&mut self, number: u64, cells: Vec<Vec<u8>>) -> RawRow {
        if cells.len() > self.columns {
            return Err(RowProblem::too_many_columns(number, self.columns).with_cells(lossy(cells)));
        }
        if self.recovering && self.width.is_some_and(|width| width != cells.len()) {
            return Err(RowProblem::new(
                number,
                "after_broken_quote",
                "这一行紧跟在引号不配对的行之后，列数不符，可能是上一行的内容；请先改正前面的引号".to_owned(),
                "the row follows one with a broken quote and has another number of cells, so that it may be part of that; mend the quote".to_owned(),
            )
            .with_cells(lossy(cells)));
        }
        self.recovering = false;
        let mut texts = Vec::with_capacity(cells.len());
        for cell in &cells {
            match str::from_utf8(cell) {
                Ok(text) if !text.contains('\u{fffd}') => texts.push(clean(text.to_owned())),
                _ => return Err(not_text(number).with_cells(lossy(cells))),
            }
        }
        Ok(Raw { number, cells: texts })
    }

    /// The line at hand as one text, for whoever is to mend it.
    fn start_of_line(&self, length: usize) -> Vec<String> {
        let line = self.window.get(self.at..).unwrap_or_default();
        let line = line.get(..length.min(line.len())).unwrap_or_default();
        let line = line.split(|b| *b == b'\n').next().unwrap_or_default();
        lossy(vec![line.trim_ascii_end().to_vec()])
    }

    /// Passes over the rest of a line, however long.
    fn skip_line(&mut self) -> std::io::Result<()> {
        loop {
            let pending = self.window.get(self.at..).unwrap_or_default();
            if let Some(end) = pending.iter().position(|b| *b == b'\n') {
                self.consume(end + 1);
                return Ok(());
            }
            self.window.clear();
            self.at = 0;
            if self.byte(0)?.is_none() {
                return Ok(());
            }
        }
    }
}

fn quote(state: At, cell: &mut Vec<u8>) -> At {
    match state {
        At::Start => At::Quoted,
        At::Quoted => At::Quote,
        At::Quote => {
            cell.push(b'"');
            At::Quoted
        }
        At::Plain => {
            cell.push(b'"');
            At::Plain
        }
    }
}

fn lossy(cells: Vec<Vec<u8>>) -> Vec<String> {
    cells.into_iter().map(|cell| String::from_utf8_lossy(&cell).into_owned()).collect()
}

/// Undoes what spreadsheet programs add to keep a text from being taken for a number or a formula.
fn clean(text: String) -> String {
    if let Some(inner) = text.strip_prefix("=\"").and_then(|rest| rest.strip_suffix('"')) {
        return inner.to_owned();
    }
    match text.strip_prefix('\'') {
        Some(rest) if crate::write::is_formula_like(rest) => rest.to_owned(),
        _ => text,
    }
}

pub(crate) fn not_text(number: u64) -> RowProblem {
    RowProblem::new(
        number,
        "not_text",
        "这一行含有不属于该文件编码的字节；请用 UTF-8 重新保存".to_owned(),
        "the row has bytes that are no text in the file's encoding; save the file again as UTF-8".to_owned(),
    )
}

fn unclosed(number: u64) -> RowProblem {
    RowProblem::new(
        number,
        "broken_quote",
        "这一行的引号不配对；请补上右引号，或把内容里的引号写成两个".to_owned(),
        "a quote in the row is not closed; close it, or double the quotes inside a text".to_owned(),
    )
}

impl<R: BufRead + Send> super::table::RawRows for Records<R> {
    fn next_raw(&mut self) -> Option<RawRow> {
        let scanned = match self.scan() {
            Ok(scan) => scan?,
            Err(error) => return Some(Err(RowProblem::broke_off(self.row + 1, &error.to_string()))),
        };
        match self.finish(scanned) {
            Ok(row) => Some(row),
            Err(error) => Some(Err(RowProblem::broke_off(self.row, &error.to_string()))),
        }
    }

    fn set_width(&mut self, width: usize) {
        self.width = Some(width);
    }
}

#[cfg(test)]
mod tests {
    use super::super::table::RawRows;
    use super::*;

    fn rows(text: &str) -> Vec<Result<Vec<String>, &'static str>> {
        let mut records = Records::new(text.as_bytes(), b',', &Limits::default());
        records.set_width(2);
        std::iter::from_fn(|| records.next_raw()).map(|r| r.map(|r| r.cells).map_err(|p| p.code)).collect()
    }

    fn ok(cells: &[&str]) -> Result<Vec<String>, &'static str> {
        Ok(cells.iter().map(|c| (*c).to_owned()).collect())
    }

    #[test]
    fn ordinary_records() {
        assert_eq!(rows("a,b\r\n\"x, \"\"y\"\"\nz\",2\n"), [ok(&["a", "b"]), ok(&["x, \"y\"\nz", "2"])]);
        assert_eq!(rows("a,b\rc,d"), [ok(&["a", "b"]), ok(&["c", "d"])]);
        assert_eq!(rows("5\" pipe,b\n=\"007\",'=1+1\n"), [ok(&["5\" pipe", "b"]), ok(&["007", "=1+1"])]);
        assert_eq!(rows("\"a\" b,c\n"), [ok(&["\"a\" b", "c"])]);
    }

    #[test]
    fn an_unclosed_quote_costs_one_row() {
        let text = "a,b\n\"open,2\nc,d\ne,f\n";
        assert_eq!(rows(text), [ok(&["a", "b"]), Err("broken_quote"), ok(&["c", "d"]), ok(&["e", "f"])]);
        // Closed by a later row's quote: the text that follows shows it.
        let text = "\"open,2\nc,d\n\"e\",f\n";
        assert_eq!(rows(text), [Err("broken_quote"), ok(&["c", "d"]), ok(&["e", "f"])]);
        let text = "\"open,2\nmiddle of a text\ne,f\n";
        assert_eq!(rows(text), [Err("broken_quote"), Err("after_broken_quote"), ok(&["e", "f"])]);
    }

    #[test]
    fn long_rows_are_named_and_passed_over() {
        let long = "x".repeat(10 << 20);
        assert_eq!(
            rows(&format!("a,b\n{long},2\nc,d\n")),
            [ok(&["a", "b"]), Err("row_too_long"), ok(&["c", "d"])]
        );
        assert_eq!(rows(&format!("\"{long}\",2\nc,d\n")), [Err("row_too_long"), ok(&["c", "d"])]);
        let wide = ",".repeat(600);
        assert_eq!(rows(&format!("{wide}\nc,d\n")), [Err("too_many_columns"), ok(&["c", "d"])]);
    }
}
