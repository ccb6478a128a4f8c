//! A Parquet file of listings of one kind.

use std::io::Write;
use std::sync::Arc;

use catalog::Kind;
use parquet::basic::{Compression, ZstdLevel};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, Int32Type, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::parser::parse_message_type;

use crate::columns::{Cell, Column, Shape, cells, of};
use crate::{Item, Result};

/// The version of the columns, in the file's own notes: another one when a column gets another name or type.
pub const COLUMNS_VERSION: u32 = 1;
/// Rows of a row group: what a reader skips or reads as a whole, and the writer holds.
const GROUP_ROWS: usize = 10_000;
/// Bytes of texts after which a row group ends earlier, so that long ones do not fill the memory.
const GROUP_BYTES: usize = 16 << 20;
/// Definition levels of a list: it is null, or this is one of its members.
const NO_LIST: i16 = 0;
const MEMBER: i16 = 2;

/// Values of a column, held until their row group is written.
#[derive(Debug)]
enum Values {
    Texts(Vec<ByteArray>),
    Ints(Vec<i64>),
    Days(Vec<i32>),
    Flags(Vec<bool>),
}

#[derive(Debug)]
struct Held {
    values: Values,
    definition: Vec<i16>,
    /// Of lists alone.
    repetition: Vec<i16>,
}

impl Held {
    fn of(shape: Shape) -> Self {
        let values = match shape {
            Shape::Text | Shape::Texts => Values::Texts(Vec::new()),
            Shape::Int | Shape::Time => Values::Ints(Vec::new()),
            Shape::Date => Values::Days(Vec::new()),
            Shape::Flag => Values::Flags(Vec::new()),
        };
        Self { values, definition: Vec::new(), repetition: Vec::new() }
    }

    /// Takes a cell; returns its bytes.
    fn push(&mut self, cell: Cell, shape: Shape) -> usize {
        let is_list = shape == Shape::Texts;
        let list = match cell {
            Cell::Text(text) => vec![text],
            Cell::Texts(list) => list,
            other => {
                let present = match (other, &mut self.values) {
                    (Cell::Int(number), Values::Ints(values)) => {
                        values.push(number);
                        true
                    }
                    (Cell::Date(day), Values::Days(values)) => {
                        values.push(day);
                        true
                    }
                    (Cell::Flag(yes), Values::Flags(values)) => {
                        values.push(yes);
                        true
                    }
                    _ => false,
                };
                self.level(i16::from(present), 0, is_list);
                return size_of::<i64>();
            }
        };
        let Values::Texts(values) = &mut self.values else {
            self.level(NO_LIST, 0, is_list);
            return 0;
        };
        let bytes = list.iter().map(String::len).sum();
        let count = list.len();
        values.extend(list.into_iter().map(|text| ByteArray::from(text.into_bytes())));
        for member in 0..count {
            self.level(if is_list { MEMBER } else { 1 }, i16::from(member > 0), is_list);
        }
        bytes
    }

    fn level(&mut self, definition: i16, repetition: i16, is_list: bool) {
        self.definition.push(definition);
        if is_list {
            self.repetition.push(repetition);
        }
    }

    fn write(&self, column: &mut SerializedColumnWriter<'_>) -> parquet::errors::Result<usize> {
        let definition = Some(self.definition.as_slice());
        let repetition = Some(self.repetition.as_slice()).filter(|levels| !levels.is_empty());
        match &self.values {
            Values::Texts(values) => {
                column.typed::<ByteArrayType>().write_batch(values, definition, repetition)
            }
            Values::Ints(values) => column.typed::<Int64Type>().write_batch(values, definition, None),
            Values::Days(values) => column.typed::<Int32Type>().write_batch(values, definition, None),
            Values::Flags(values) => column.typed::<BoolType>().write_batch(values, definition, None),
        }
    }
}

/// A file that is being written: [`ParquetFile::push`] every listing, then [`ParquetFile::finish`], without which it is none.
/// It holds one row group at most.
pub struct ParquetFile<W: Write + Send> {
    writer: SerializedFileWriter<W>,
    columns: Vec<Column>,
    held: Vec<Held>,
    rows: usize,
    bytes: usize,
    count: usize,
}

impl<W: Write + Send> ParquetFile<W> {
    /// Begins a file of a kind; `notes` are kept in it, by name.
    ///
    /// # Errors
    /// Those of the writer below.
    pub fn new(out: W, kind: Kind, notes: &[(&str, String)]) -> Result<Self> {
        let columns = of(kind);
        let schema = Arc::new(parse_message_type(&message(&columns))?);
        let version = ("lianshi.columns", COLUMNS_VERSION.to_string());
        let kind = ("lianshi.kind", kind.id().to_owned());
        let notes = [version, kind].into_iter().chain(notes.iter().cloned());
        let notes = notes.map(|(name, text)| KeyValue::new(name.to_owned(), text));
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            .set_statistics_enabled(EnabledStatistics::Chunk)
            .set_created_by(format!("lianshi {}", env!("CARGO_PKG_VERSION")))
            .set_key_value_metadata(Some(notes.collect()))
            .build();
        let writer = SerializedFileWriter::new(out, schema, Arc::new(properties))?;
        let held = columns.iter().map(|column| Held::of(column.shape)).collect();
        Ok(Self { writer, columns, held, rows: 0, bytes: 0, count: 0 })
    }

    /// Adds a listing.
    ///
    /// # Errors
    /// Those of the writer below.
    pub fn push(&mut self, item: &Item) -> Result<()> {
        let cells = cells(&self.columns, item);
        for ((cell, column), held) in cells.into_iter().zip(&self.columns).zip(&mut self.held) {
            self.bytes += held.push(cell, column.shape);
        }
        self.rows += 1;
        self.count += 1;
        if self.rows >= GROUP_ROWS || self.bytes >= GROUP_BYTES {
            self.write_group()?;
        }
        Ok(())
    }

    /// Listings so far.
    pub fn count(&self) -> usize {
        self.count
    }

    fn write_group(&mut self) -> Result<()> {
        let mut group = self.writer.next_row_group()?;
        for held in &self.held {
            let column = group.next_column()?;
            let mut column = column.ok_or_else(|| ParquetError::General("a column is missing".to_owned()))?;
            held.write(&mut column)?;
            column.close()?;
        }
        group.close()?;
        self.held = self.columns.iter().map(|column| Held::of(column.shape)).collect();
        (self.rows, self.bytes) = (0, 0);
        Ok(())
    }

    /// Writes what is held and the directory at the file's end; returns the writer below.
    ///
    /// # Errors
    /// Those of the writer below.
    pub fn finish(mut self) -> Result<W> {
        if self.rows > 0 {
            self.write_group()?;
        }
        Ok(self.writer.into_inner()?)
    }
}

/// The schema in the words of the Parquet format.
fn message(columns: &[Column]) -> String {
    let one = |column: &Column| {
        let name = &column.name;
        match column.shape {
            Shape::Text => format!("optional binary {name} (STRING);"),
            Shape::Int => format!("optional int64 {name};"),
            Shape::Date => format!("optional int32 {name} (DATE);"),
            Shape::Time => format!("optional int64 {name} (TIMESTAMP(MILLIS,true));"),
            Shape::Flag => format!("optional boolean {name};"),
            Shape::Texts => format!(
                "optional group {name} (LIST) {{ repeated group list {{ required binary element (STRING); }} }}"
            ),
        }
    };
    let columns: Vec<String> = columns.iter().map(one).collect();
    format!("message listing {{ {} }}", columns.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::columns::tests::{item, text};
    use parquet::file::reader::{FileReader, SerializedFileReader};
    use protocol::Value;
    use std::fs::File;

    #[test]
    fn what_is_written_is_read_back_across_row_groups() {
        let count = GROUP_ROWS + 7;
        let notes = [("lianshi.network", "n".repeat(64))];
        let mut file = ParquetFile::new(tempfile::tempfile().unwrap(), Kind::Achievement, &notes).unwrap();
        for n in 0..count {
            let mut fields =
                vec![("title", text(&format!("题目 {n}"))), ("completed_on", text("1999-12-31"))];
            if n % 3 == 0 {
                fields.extend([("keyword/甲", Value::Bool(true)), ("keyword/乙", Value::Bool(true))]);
                fields.push(("trl_min", Value::Int(n as i64)));
            }
            file.push(&Item { id: format!("{n:064x}"), ..item(&fields) }).unwrap();
        }
        assert_eq!(file.count(), count);
        let reader: SerializedFileReader<File> = SerializedFileReader::new(file.finish().unwrap()).unwrap();
        assert_eq!(reader.metadata().num_row_groups(), 2);
        let notes = reader.metadata().file_metadata().key_value_metadata().unwrap();
        assert!(notes.iter().any(|note| note.key == "lianshi.columns" && note.value.as_deref() == Some("1")));
        let mut rows = 0;
        for (n, row) in reader.get_row_iter(None).unwrap().enumerate() {
            let row = row.unwrap().to_json_value();
            assert_eq!(
                (&row["id"], &row["title"]),
                (&format!("{n:064x}").into(), &format!("题目 {n}").into())
            );
            assert_eq!(row["completed_on"], "1999-12-31");
            let listed = row["keywords"].as_array().map(Vec::len);
            assert_eq!(
                (listed, row["trl_min"].as_i64().is_some()),
                if n % 3 == 0 { (Some(2), true) } else { (None, false) }
            );
            rows += 1;
        }
        assert_eq!(rows, count);
    }

    #[test]
    fn every_kind_has_a_file_and_an_empty_one_is_one_too() {
        for kind in Kind::ALL {
            let file = ParquetFile::new(tempfile::tempfile().unwrap(), kind, &[]).unwrap();
            let reader = SerializedFileReader::new(file.finish().unwrap()).unwrap();
            assert_eq!(reader.metadata().file_metadata().num_rows(), 0);
        }
    }
}
