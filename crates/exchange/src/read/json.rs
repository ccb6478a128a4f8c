//! The array of records in a JSON file, read element by element.
//!
//! A small scanner finds the array and the borders of its elements; only an element, of bounded size, is parsed. So a large
//! file is streamed, nesting costs no stack, and a bad element does not end the file.

use super::decode::{Text, TextReader};
use super::objects::{Object, ObjectSource, parse};
use super::{Meta, ReadOptions};
use crate::error::{Note, ReadError, RowProblem, quote};
use std::io::{self, BufRead};

/// Arrays that an error names.
const MAX_NAMED_ARRAYS: usize = 20;
/// Bytes of a key that is looked at; a longer one is no name of records.
const MAX_KEY_BYTES: usize = 1024;

/// The elements of the array, from its first.
pub(crate) struct Elements {
    bytes: Bytes,
    number: u64,
    row_bytes: usize,
    columns: usize,
    ended: bool,
}

impl Elements {
    pub(crate) fn open(
        text: &Text<'_>,
        options: &ReadOptions,
        meta: &mut Meta,
    ) -> Result<Elements, ReadError> {
        let path = match &options.records {
            Some(path) => path.trim_matches('.').to_owned(),
            None => Self::only_array(text, meta)?,
        };
        let mut bytes = Bytes { reader: text.reader()? };
        let found = bytes.descend(&path).map_err(|error| broken(text, error))?;
        if !found {
            let available = arrays(text)?.join(", ");
            let path = if path.is_empty() { ".".to_owned() } else { quote(&path) };
            return Err(ReadError::NoRecords { path, available });
        }
        let limits = &options.limits;
        Ok(Elements { bytes, number: 0, row_bytes: limits.row_bytes, columns: limits.columns, ended: false })
    }

    /// The path of the records when it was not stated: the top, or the only array there.
    fn only_array(text: &Text<'_>, meta: &mut Meta) -> Result<String, ReadError> {
        let mut bytes = Bytes { reader: text.reader()? };
        if bytes.peek_solid().map_err(|error| broken(text, error))? != Some(b'{') {
            return Ok(String::new());
        }
        let names = arrays(text)?;
        match names.as_slice() {
            [only] => {
                meta.note(Note::new(
                    "records_path",
                    format!("记录取自“{only}”处的数组"),
                    format!("the records are those of the array at \"{only}\""),
                ));
                Ok(only.clone())
            }
            _ => Err(ReadError::NoRecords { path: ".".to_owned(), available: names.join(", ") }),
        }
    }
}

/// The keys of the top object that hold arrays.
fn arrays(text: &Text<'_>) -> Result<Vec<String>, ReadError> {
    let mut bytes = Bytes { reader: text.reader()? };
    bytes.arrays().map_err(|error| broken(text, error))
}

fn broken(text: &Text<'_>, error: io::Error) -> ReadError {
    match error.kind() {
        io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof => {
            ReadError::Damaged { format: "json", why: error.to_string() }
        }
        _ => text.io(error),
    }
}

impl ObjectSource for Elements {
    fn next_object(&mut self, _blank: &mut u64) -> Option<Result<Object, RowProblem>> {
        if self.ended {
            return None;
        }
        let mut element = Vec::new();
        match self.bytes.element(&mut element, self.row_bytes) {
            Ok(Step::End) => {
                self.ended = true;
                None
            }
            Ok(Step::Element) => {
                self.number += 1;
                Some(parse(self.number, &element, self.columns))
            }
            Ok(Step::TooLong) => {
                self.number += 1;
                Some(Err(RowProblem::too_long(self.number, self.row_bytes)))
            }
            Err(error) => {
                self.ended = true;
                Some(Err(RowProblem::broke_off(self.number + 1, &error.to_string())))
            }
        }
    }
}

enum Step {
    Element,
    TooLong,
    End,
}

/// The bytes of a JSON text, one ahead.
struct Bytes {
    reader: TextReader,
}

impl Bytes {
    fn peek(&mut self) -> io::Result<Option<u8>> {
        Ok(self.reader.fill_buf()?.first().copied())
    }

    /// The next byte that is not white space, not taken.
    fn peek_solid(&mut self) -> io::Result<Option<u8>> {
        loop {
            match self.peek()? {
                Some(byte) if byte.is_ascii_whitespace() => self.reader.consume(1),
                other => return Ok(other),
            }
        }
    }

    fn expect(&mut self, wanted: u8) -> io::Result<()> {
        match self.peek_solid()? {
            Some(byte) if byte == wanted => {
                self.reader.consume(1);
                Ok(())
            }
            Some(byte) => {
                let (wanted, found) = (char::from(wanted), char::from(byte).escape_default());
                Err(io::Error::new(io::ErrorKind::InvalidData, format!("{wanted} expected, {found} found")))
            }
            None => Err(end_of_file()),
        }
    }

    /// A key and its colon. A key over the limit is cut, and so matches no name.
    fn key(&mut self) -> io::Result<String> {
        let mut raw = Vec::new();
        if self.peek_solid()? != Some(b'"') {
            self.expect(b'"')?;
        }
        self.value(&mut raw, MAX_KEY_BYTES)?;
        self.expect(b':')?;
        Ok(serde_json::from_slice(&raw).unwrap_or_default())
    }

    /// Takes one value, storing at most `limit` bytes of it. True when all of it was stored.
    fn value(&mut self, out: &mut Vec<u8>, limit: usize) -> io::Result<bool> {
        let (mut depth, mut string, mut escaped, mut whole) = (0u64, false, false, true);
        self.peek_solid()?;
        loop {
            let Some(byte) = self.peek()? else {
                return if depth == 0 && !string && !out.is_empty() { Ok(whole) } else { Err(end_of_file()) };
            };
            let ends_before = depth == 0 && !string && matches!(byte, b',' | b']' | b'}' | b':');
            if ends_before {
                return Ok(whole);
            }
            self.reader.consume(1);
            whole &= out.len() < limit;
            if whole {
                out.push(byte);
            }
            if string {
                (string, escaped) = (escaped || byte != b'"', !escaped && byte == b'\\');
                if !string && depth == 0 {
                    return Ok(whole);
                }
                continue;
            }
            match byte {
                b'"' => string = true,
                b'[' | b'{' => depth += 1,
                b']' | b'}' if depth == 1 => return Ok(whole),
                b']' | b'}' => depth -= 1,
                _ => {}
            }
        }
    }

    /// Goes to the array at a dotted path and takes its bracket. False when there is no array.
    fn descend(&mut self, path: &str) -> io::Result<bool> {
        for step in path.split('.').filter(|step| !step.is_empty()) {
            if self.peek_solid()? != Some(b'{') || !self.enter(step)? {
                return Ok(false);
            }
        }
        let found = self.peek_solid()? == Some(b'[');
        if found {
            self.expect(b'[')?;
        }
        Ok(found)
    }

    /// Goes to the value of a key of the object that begins here.
    fn enter(&mut self, wanted: &str) -> io::Result<bool> {
        self.expect(b'{')?;
        loop {
            if self.peek_solid()? == Some(b'}') {
                return Ok(false);
            }
            if self.key()? == wanted {
                return Ok(true);
            }
            self.value(&mut Vec::new(), 0)?;
            if self.peek_solid()? != Some(b',') {
                return Ok(false);
            }
            self.expect(b',')?;
        }
    }

    fn arrays(&mut self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        if self.peek_solid()? != Some(b'{') {
            return Ok(names);
        }
        self.expect(b'{')?;
        while self.peek_solid()? == Some(b'"') {
            let name = self.key()?;
            if self.peek_solid()? == Some(b'[') && names.len() < MAX_NAMED_ARRAYS {
                names.push(name);
            }
            self.value(&mut Vec::new(), 0)?;
            if self.peek_solid()? != Some(b',') {
                break;
            }
            self.expect(b',')?;
        }
        Ok(names)
    }

    fn element(&mut self, out: &mut Vec<u8>, limit: usize) -> io::Result<Step> {
        loop {
            match self.peek_solid()? {
                None => return Err(end_of_file()),
                Some(b']') => return Ok(Step::End),
                Some(b',' | b'}' | b':') => self.reader.consume(1),
                Some(_) => break,
            }
        }
        let whole = self.value(out, limit)?;
        Ok(if whole { Step::Element } else { Step::TooLong })
    }
}

fn end_of_file() -> io::Error {
    io::Error::new(io::ErrorKind::UnexpectedEof, "the file ends inside a value")
}
