//! What delimited text and workbooks have in common: rows of cells of which one, near the top, is the header.

use super::header;
use super::{HeaderRow, Meta, ReadOptions, Row, Rows};
use crate::error::{Note, RowProblem, quote};
use crate::limits::HEADER_SEARCH_ROWS;
use std::collections::VecDeque;

/// A row before its header is known.
pub(crate) struct Raw {
    pub(crate) number: u64,
    pub(crate) cells: Vec<String>,
}

pub(crate) type RawRow = Result<Raw, RowProblem>;

/// A source of such rows.
pub(crate) trait RawRows: Send {
    /// The next row, blank ones included; `None` at the end.
    fn next_raw(&mut self) -> Option<RawRow>;
    /// Tells how many columns the header has.
    fn set_width(&mut self, _width: usize) {}
}

/// Rows with the names of their columns.
pub(crate) struct Table<S> {
    rows: S,
    ahead: VecDeque<RawRow>,
    headers: Vec<String>,
    /// Without a header row, further columns may still appear.
    open_ended: bool,
}

impl<S: RawRows> Table<S> {
    pub(crate) fn open(mut rows: S, options: &ReadOptions, meta: &mut Meta) -> Table<S> {
        let mut ahead: VecDeque<RawRow> = VecDeque::new();
        let mut filled = 0;
        while filled < HEADER_SEARCH_ROWS && ahead.len() < 4 * HEADER_SEARCH_ROWS {
            let Some(row) = rows.next_raw() else { break };
            let row = row.map(tidy);
            filled += usize::from(row.as_ref().is_ok_and(|raw| !is_blank(raw)));
            let broke_off = matches!(&row, Err(problem) if problem.code == RowProblem::BROKE_OFF);
            ahead.push_back(row);
            if broke_off {
                break;
            }
        }
        let mut table = Table { rows, ahead, headers: Vec::new(), open_ended: false };
        let stamped = meta.stamped.as_ref().and_then(|stamped| stamped.header_row());
        let stamped = stamped.and_then(|row| table.place_of(row));
        match stamped.or_else(|| table.find_header(options.header)) {
            Some(place) => table.take_header(place, meta),
            None => table.invent_header(options, meta),
        }
        table.rows.set_width(table.headers.len());
        table
    }

    /// Where among the rows read ahead the row of that number stands, if it has any text.
    fn place_of(&self, number: u64) -> Option<usize> {
        let is = |row: &RawRow| matches!(row, Ok(raw) if raw.number == number && !is_blank(raw));
        self.ahead.iter().position(is)
    }

    /// Where among the rows read ahead the header stands.
    fn find_header(&self, wanted: HeaderRow) -> Option<usize> {
        let filled = || {
            self.ahead.iter().enumerate().filter_map(|(place, row)| {
                row.as_ref().ok().filter(|raw| !is_blank(raw)).map(|raw| (place, raw))
            })
        };
        match wanted {
            HeaderRow::Absent => None,
            HeaderRow::First => filled().next().map(|(place, _)| place),
            HeaderRow::Detect => {
                let rows: Vec<(usize, &[String])> =
                    filled().map(|(place, raw)| (place, raw.cells.as_slice())).collect();
                header::choose(&rows)
            }
        }
    }

    fn take_header(&mut self, place: usize, meta: &mut Meta) {
        let mut above = Vec::new();
        for row in self.ahead.drain(..place) {
            match row {
                Ok(raw) if is_blank(&raw) => meta.blank += 1,
                Ok(raw) => {
                    above.push(quote(&raw.cells.join(" ")));
                    meta.top.push((raw.number, raw.cells));
                }
                Err(problem) => {
                    above.push(problem.to_string());
                    meta.top.push((problem.number, problem.cells));
                }
            }
        }
        if !above.is_empty() {
            let count = above.len();
            let text = above.join(" / ");
            meta.note(Note::new(
                "above_header",
                format!("表头之上的 {count} 行没有当作记录：{text}"),
                format!("{count} rows above the header were not taken for records: {text}"),
            ));
        }
        if let Some(Ok(raw)) = self.ahead.pop_front() {
            meta.header_row = Some(raw.number);
            meta.top.push((raw.number, raw.cells.clone()));
            self.headers = header::distinct(raw.cells, meta);
            meta.headers.clone_from(&self.headers);
            if let Some(stamped) = &meta.stamped {
                meta.named = stamped.resolve(&self.headers);
            }
        }
    }

    fn invent_header(&mut self, options: &ReadOptions, meta: &mut Meta) {
        let width = self.ahead.iter().filter_map(|row| row.as_ref().ok()).map(|raw| raw.cells.len()).max();
        self.headers = (1..=width.unwrap_or(0)).map(header::invented).collect();
        self.open_ended = true;
        meta.headers.clone_from(&self.headers);
        if let Some(stamped) = &meta.stamped {
            meta.named = stamped.resolve(&self.headers);
        }
        if options.header == HeaderRow::Detect && width.is_some() {
            meta.note(Note::new(
                "no_header",
                "前几行中没有认得的列名，因此第 1 行当作数据，各列称为 column1、column2 …；若第 1 行是表头，请用 --header".to_owned(),
                "no row near the top names a known column, so row 1 is data and the columns are column1, column2 …; use --header if row 1 is a header".to_owned(),
            ));
        }
    }

    fn next_kept(&mut self) -> Option<RawRow> {
        match self.ahead.pop_front() {
            Some(row) => Some(row),
            None => self.rows.next_raw().map(|row| row.map(tidy)),
        }
    }

    fn name(&mut self, raw: Raw, meta: &mut Meta) -> Result<Row, RowProblem> {
        let Raw { number, mut cells } = raw;
        let used = cells.iter().rposition(|cell| !cell.is_empty()).map_or(0, |last| last + 1);
        let known = self.headers.len();
        if used > known && !self.open_ended {
            return Err(ragged(number, used, known).with_cells(cells));
        }
        while self.headers.len() < used {
            self.headers.push(header::invented(self.headers.len() + 1));
            meta.headers.clone_from(&self.headers);
        }
        if self.is_header_again(&cells) {
            return Err(header_again(number).with_cells(cells));
        }
        cells.resize(self.headers.len(), String::new());
        Ok(Row { number, cells: self.headers.iter().cloned().zip(cells).collect() })
    }

    fn is_header_again(&self, cells: &[String]) -> bool {
        !self.open_ended && self.headers.len() > 1 && cells == self.headers.as_slice()
    }
}

impl<S: RawRows> Rows for Table<S> {
    fn next_row(&mut self, meta: &mut Meta) -> Option<Result<Row, RowProblem>> {
        loop {
            match self.next_kept()? {
                Err(problem) => return Some(Err(problem)),
                Ok(raw) if is_blank(&raw) => meta.blank += 1,
                Ok(raw) => return Some(self.name(raw, meta)),
            }
        }
    }
}

fn is_blank(raw: &Raw) -> bool {
    raw.cells.iter().all(String::is_empty)
}

fn tidy(mut raw: Raw) -> Raw {
    for cell in &mut raw.cells {
        *cell = tidy_text(cell);
    }
    raw
}

/// A cell's text without what only its layout needed: no-break spaces, marks of no width and line ends of two bytes.
pub(crate) fn tidy_text(text: &str) -> String {
    let plain = text.replace('\u{a0}', " ").replace("\r\n", "\n");
    plain.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}' || c == '\u{200b}').to_owned()
}

fn ragged(number: u64, cells: usize, columns: usize) -> RowProblem {
    RowProblem::new(
        number,
        "ragged",
        format!("这一行有 {cells} 格，表头只有 {columns} 列；含有分隔符的内容要用引号括起来"),
        format!(
            "the row has {cells} cells, the header only {columns}; a text that holds the delimiter needs quotes"
        ),
    )
}

fn header_again(number: u64) -> RowProblem {
    RowProblem::new(
        number,
        "header_again",
        "这一行重复了表头，没有当作记录".to_owned(),
        "the row repeats the header and was not taken for a record".to_owned(),
    )
}
