//! One JSON object a line.

use super::objects::{Object, ObjectSource, parse};
use crate::error::RowProblem;
use crate::limits::Limits;
use std::io::{BufRead, Read};

/// The lines of a text.
pub(crate) struct Lines<R> {
    reader: R,
    line: u64,
    row_bytes: usize,
    columns: usize,
}

impl<R: BufRead + Send> Lines<R> {
    pub(crate) fn new(reader: R, limits: &Limits) -> Lines<R> {
        Lines { reader, line: 0, row_bytes: limits.row_bytes, columns: limits.columns }
    }

    /// The next line without its end, or that it was too long.
    fn next_line(&mut self) -> std::io::Result<Option<Result<Vec<u8>, RowProblem>>> {
        let mut line = Vec::new();
        // One byte over the limit for the line's end, one to see that it is over.
        let read = (&mut self.reader).take(self.row_bytes as u64 + 2).read_until(b'\n', &mut line)?;
        if read == 0 {
            return Ok(None);
        }
        self.line += 1;
        let ended = line.last() == Some(&b'\n');
        if line.len() - usize::from(ended) <= self.row_bytes {
            return Ok(Some(Ok(line)));
        }
        if !ended {
            self.reader.skip_until(b'\n')?;
        }
        Ok(Some(Err(RowProblem::too_long(self.line, self.row_bytes))))
    }
}

impl<R: BufRead + Send> ObjectSource for Lines<R> {
    fn next_object(&mut self, blank: &mut u64) -> Option<Result<Object, RowProblem>> {
        loop {
            return match self.next_line() {
                Err(error) => Some(Err(RowProblem::broke_off(self.line + 1, &error.to_string()))),
                Ok(None) => None,
                Ok(Some(Err(problem))) => Some(Err(problem)),
                Ok(Some(Ok(line))) if line.trim_ascii().is_empty() => {
                    *blank += 1;
                    continue;
                }
                Ok(Some(Ok(line))) => {
                    let shown = |problem: RowProblem| {
                        problem.with_cells(vec![String::from_utf8_lossy(&line).trim().to_owned()])
                    };
                    Some(parse(self.line, line.trim_ascii(), self.columns).map_err(shown))
                }
            };
        }
    }
}
