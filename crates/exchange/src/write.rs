//! Exports: a table for spreadsheet programs, and lines of JSON for everything else.
//!
//! Both take rows of (field id, text), the same that `catalog::Record::from_cells` reads, so that an export can be edited
//! and imported again. Absent here: which listings are exported, and what may leave the node; that is decided before.

use catalog::{Kind, Part, Record};
use serde_json::{Map, Value};
use std::io::{self, Write};

/// A record as the cells of which `Record::from_cells` makes it again: the members of a set under the field's id, one cell
/// each; everything else under its key (`title`, `price_min`, `trl_word`), keys unknown to this version too.
pub fn cells(kind: Kind, record: &Record) -> Vec<(String, String)> {
    let entries = record.entries().iter();
    entries.filter_map(|(key, value)| cell(kind, key, value)).collect()
}

fn cell(kind: Kind, key: &str, value: &protocol::Value) -> Option<(String, String)> {
    use protocol::Value as Stored;
    let member = key.split_once('/').map(|(_, member)| member);
    if let (Some((field, Part::Member | Part::ForeignMember)), Some(member)) = (kind.key(key), member) {
        let is_in = *value == Stored::Bool(true);
        return is_in.then(|| (field.id.to_owned(), member.to_owned()));
    }
    let text = match value {
        Stored::Text(text) => text.clone(),
        Stored::Int(number) | Stored::Time(number) => number.to_string(),
        Stored::Bool(yes) => yes.to_string(),
    };
    Some((key.to_owned(), text))
}

/// Writes a csv that Excel opens as it should: UTF-8 with a byte order mark, CRLF, RFC 4180 quotes. A text that a
/// spreadsheet would run as a formula gets a `'` before it, since exported texts come from anyone; the reader of this crate
/// takes it off again.
pub struct CsvWriter<W: Write> {
    csv: csv::Writer<W>,
    columns: Vec<String>,
}

impl<W: Write> CsvWriter<W> {
    /// Starts a file with a header: the ids of the columns and, where given, the words that stand for them.
    ///
    /// # Errors
    /// Those of the writer below.
    pub fn new(mut out: W, columns: &[(&str, &str)]) -> io::Result<CsvWriter<W>> {
        out.write_all("\u{feff}".as_bytes())?;
        let mut csv = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(out);
        csv.write_record(columns.iter().map(|(_, label)| guarded(label)))?;
        Ok(CsvWriter { csv, columns: columns.iter().map(|(id, _)| (*id).to_owned()).collect() })
    }

    /// Writes one row; the texts of a repeated field are joined with `；`. Returns how many cells had no column: an export
    /// that leaves some out should say so.
    ///
    /// # Errors
    /// Those of the writer below.
    pub fn write<S: AsRef<str>>(&mut self, cells: &[(S, S)]) -> io::Result<usize> {
        let mut line = vec![String::new(); self.columns.len()];
        let mut left_out = 0;
        for (id, text) in cells {
            let Some(column) = self.columns.iter().position(|column| column == id.as_ref()) else {
                left_out += 1;
                continue;
            };
            if !line[column].is_empty() {
                line[column].push('；');
            }
            line[column].push_str(text.as_ref());
        }
        self.csv.write_record(line.iter().map(|cell| guarded(cell)))?;
        Ok(left_out)
    }

    /// Writes what is held back and returns the writer below.
    ///
    /// # Errors
    /// Those of the writer below.
    pub fn finish(self) -> io::Result<W> {
        self.csv.into_inner().map_err(|error| io::Error::other(error.to_string()))
    }
}

fn guarded(text: &str) -> String {
    if is_formula_like(text) { format!("'{text}") } else { text.to_owned() }
}

/// True for a text that a spreadsheet program may run. Plain numbers and telephone numbers are none.
pub(crate) fn is_formula_like(text: &str) -> bool {
    // Input methods write the wide forms, which some programs take for the narrow ones.
    let starts = text.starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠', '\t', '\r']);
    starts && !text.chars().skip(1).all(|c| c.is_ascii_digit() || matches!(c, ' ' | '-' | '.' | '(' | ')'))
}

/// One line of JSON: the record's cells as an object, keys sorted; a field that is repeated becomes an array.
///
/// # Errors
/// Those of the writer below.
pub fn jsonl<W: Write, S: AsRef<str>>(out: &mut W, cells: &[(S, S)]) -> io::Result<()> {
    let mut object: Map<String, Value> = Map::new();
    for (id, text) in cells {
        let text = Value::String(text.as_ref().to_owned());
        match object.get_mut(id.as_ref()) {
            None => drop(object.insert(id.as_ref().to_owned(), text)),
            Some(Value::Array(list)) => list.push(text),
            Some(single) => *single = Value::Array(vec![single.take(), text]),
        }
    }
    serde_json::to_writer(&mut *out, &Value::Object(object))?;
    out.write_all(b"\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::{ReadOptions, open};

    #[test]
    fn what_is_written_can_be_read() {
        let columns = [("title", "成果名称"), ("summary", "简介"), ("contact_phone", "电话")];
        let mut csv = CsvWriter::new(Vec::new(), &columns).unwrap();
        let cells =
            [("title", "=HYPERLINK(\"x\")"), ("summary", "一,\"二\"\n三"), ("contact_phone", "+86 27 1234")];
        assert_eq!(csv.write(&cells).unwrap(), 0);
        assert_eq!(csv.write(&[("title", "甲"), ("other", "x")]).unwrap(), 1);
        let bytes = csv.finish().unwrap();
        let text = String::from_utf8(bytes.clone()).unwrap();
        assert!(text.starts_with("\u{feff}成果名称,简介,电话\r\n\"'=HYPERLINK(\"\"x\"\")\""), "{text}");
        let mut source = open(bytes, &ReadOptions::default()).unwrap();
        let row = source.next().unwrap().unwrap();
        let texts: Vec<&str> = row.cells.iter().map(|(_, text)| text.as_str()).collect();
        assert_eq!(texts, ["=HYPERLINK(\"x\")", "一,\"二\"\n三", "+86 27 1234"]);
    }

    #[test]
    fn lines_of_json() {
        let mut out = Vec::new();
        jsonl(&mut out, &[("title", "甲"), ("keywords", "a"), ("keywords", "b"), ("keywords", "c")]).unwrap();
        assert_eq!(out, "{\"keywords\":[\"a\",\"b\",\"c\"],\"title\":\"甲\"}\n".as_bytes());
    }
}
