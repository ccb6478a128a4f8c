//! Which column of a file goes into which field of a listing: stated by the user, or guessed from the header.
//!
//! ```
//! use exchange::mapping::Mapping;
//! let mapping = Mapping::parse(catalog::Kind::Achievement, "title=名称,summary=a+b,region=:420000")?;
//! assert_eq!(mapping.to_string(), "title=名称,summary=a+b,region=:420000");
//! # Ok::<(), exchange::mapping::MappingError>(())
//! ```
//!
//! Absent here: what a text means in its field; that is the catalogue's to say.

mod choices;
mod guess;
mod named;
mod text;

pub use choices::Choices;
pub(crate) use guess::field_of;

use crate::read::header::{bracketed, normalize};
use crate::read::{Row, Source};
pub use crate::workbook::LISTING;
use catalog::words::say;
use catalog::{Field, FieldType, Kind, Lang};
use std::fmt;

/// Columns that one field may be joined from.
pub const MAX_JOINED_COLUMNS: usize = 20;

/// Why a mapping's text was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MappingError {
    /// A part without `=`.
    #[error("\"{part}\" is not field=column; write for example title=名称,summary=摘要+说明,region=:420000")]
    Form {
        /// The part.
        part: String,
    },
    /// A field that the kind does not have.
    #[error("there is no field \"{field}\" in {kind}; did you mean: {near}?")]
    UnknownField {
        /// The field asked for.
        field: String,
        /// The kind's id.
        kind: &'static str,
        /// Ids of fields that are written alike.
        near: String,
    },
    /// A field mapped twice.
    #[error("the field \"{field}\" is mapped twice; join columns with +, as in summary=a+b")]
    Twice {
        /// The field.
        field: String,
    },
    /// More columns for one field than allowed.
    #[error("the field \"{field}\" joins more than {MAX_JOINED_COLUMNS} columns; join fewer")]
    TooManyColumns {
        /// The field.
        field: String,
    },
}

impl MappingError {
    /// The same sentence in Chinese.
    pub fn zh(&self) -> String {
        match self {
            MappingError::Form { part } => {
                format!("“{part}”不是 字段=列名 的形式；例如 title=名称,summary=摘要+说明,region=:420000")
            }
            MappingError::UnknownField { field, kind, near } => {
                format!("{kind} 没有字段“{field}”；是否指：{near}？")
            }
            MappingError::Twice { field } => {
                format!("字段“{field}”映射了两次；多列合并请用 +，如 summary=a+b")
            }
            MappingError::TooManyColumns { field } => {
                format!("字段“{field}”合并的列超过 {MAX_JOINED_COLUMNS} 个；请减少")
            }
        }
    }
}

/// Where a field's text comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// One column, or several joined: by a line break for a long text, by `；` for a set, by a space otherwise.
    Columns(Vec<String>),
    /// The same text in every row.
    Constant(String),
}

/// One field's part of a mapping.
#[derive(Clone, Debug)]
pub struct Entry {
    /// What the cell is called: the field's id, or the key of one of its parts (`price_min`), as exports have them.
    pub key: String,
    /// The field of the kind.
    pub field: &'static Field,
    /// Where its text comes from.
    pub from: Origin,
}

/// Which column goes where.
#[derive(Clone, Debug)]
pub struct Mapping {
    kind: Kind,
    entries: Vec<Entry>,
    /// The column with the ids of listings, in a workbook that this program exported.
    listing: Option<String>,
    /// Columns that this program itself wrote for people: nothing of them is a field.
    ours: Vec<String>,
    /// Columns that somebody chose to leave out.
    left_out: Vec<String>,
}

impl Mapping {
    fn new(kind: Kind) -> Mapping {
        Mapping { kind, entries: Vec::new(), listing: None, ours: Vec::new(), left_out: Vec::new() }
    }

    /// Reads `field=column,field=a+b,field=:constant,field="constant"`. In a column's name `,`, `+`, `=` and `\` are
    /// written with a `\` before them. `field=` with nothing after it leaves the field out.
    ///
    /// # Errors
    /// Names the part that is wrong, and fields that are written like an unknown one.
    pub fn parse(kind: Kind, text: &str) -> Result<Mapping, MappingError> {
        let mut mapping = Mapping::new(kind);
        for part in text::parts(text) {
            let (id, from) = text::entry(&part)?;
            let field = guess::field_of(kind, &id).ok_or_else(|| guess::unknown(kind, &id))?;
            let Some(from) = from else { continue };
            mapping.push(Entry { key: id, field, from })?;
        }
        Ok(mapping)
    }

    /// Maps the columns whose names the catalogue knows. Each column goes to one field, and each field takes the column
    /// that names it best; the rest are [`Mapping::unmapped`].
    pub fn guess(kind: Kind, headers: &[String]) -> Mapping {
        Mapping { entries: guess::entries(kind, headers), ..Mapping::new(kind) }
    }

    /// The mapping of a file that was opened: what is stated, then what a workbook of this program says of its own columns, then
    /// what is guessed from the columns that are left.
    ///
    /// # Errors
    /// As [`Mapping::parse`].
    pub fn of(kind: Kind, text: &str, source: &Source) -> Result<Mapping, MappingError> {
        Mapping::with(kind, text, source, &Choices::default(), &Choices::default())
    }

    /// The same, with what somebody chose for this file, which comes before what the file says of itself, and with what is
    /// remembered of other files, which comes after it.
    ///
    /// # Errors
    /// As [`Mapping::parse`].
    pub fn with(
        kind: Kind,
        text: &str,
        source: &Source,
        chosen: &Choices,
        remembered: &Choices,
    ) -> Result<Mapping, MappingError> {
        let mut mapping = Mapping::parse(kind, text)?;
        let silenced = text::silenced(text)?;
        mapping.take_chosen(source.headers(), chosen, &silenced);
        if source.kind() == Some(kind) {
            mapping.take_named(source, &silenced);
        }
        mapping.take_chosen(source.headers(), remembered, &silenced);
        mapping.take_listing(source.headers());
        mapping.guess_rest(source.headers(), &silenced);
        Ok(mapping)
    }

    /// Knows the column of ids by its heading, as a csv or jsonl of ours has it.
    fn take_listing(&mut self, headers: &[String]) {
        let ours = |header: &String| {
            header == LISTING
                || [Lang::Zh, Lang::En].iter().any(|lang| same(header, say(*lang, "table.listing")))
        };
        if self.listing.is_none() {
            self.listing = self.free(headers).into_iter().find(ours);
        }
    }

    fn guess_rest(&mut self, headers: &[String], silenced: &[String]) {
        let free = self.free(headers);
        for entry in guess::entries(self.kind, &free) {
            if !self.has(&entry.key) && !silenced.contains(&entry.key) {
                self.entries.push(entry);
            }
        }
    }

    fn push(&mut self, entry: Entry) -> Result<(), MappingError> {
        if self.has(&entry.key) {
            return Err(MappingError::Twice { field: entry.key });
        }
        if matches!(&entry.from, Origin::Columns(columns) if columns.len() > MAX_JOINED_COLUMNS) {
            return Err(MappingError::TooManyColumns { field: entry.key });
        }
        self.entries.push(entry);
        Ok(())
    }

    /// The kind it maps to.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Its parts, in the order stated or guessed.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// True when some column or constant gives the field's text.
    pub fn has(&self, field: &str) -> bool {
        self.entries.iter().any(|entry| entry.key == field)
    }

    /// Columns of the file that no field takes. Report them: nothing is dropped in silence.
    pub fn unmapped(&self, headers: &[String]) -> Vec<String> {
        let ours = |header: &String| self.ours.contains(header) || self.listing.as_ref() == Some(header);
        let taken = |header: &String| ours(header) || self.columns().any(|column| same(column, header));
        headers.iter().filter(|header| !taken(header)).cloned().collect()
    }

    /// Columns of which nothing is decided yet.
    fn free(&self, headers: &[String]) -> Vec<String> {
        let mut free = self.unmapped(headers);
        free.retain(|header| !self.left_out.contains(header));
        free
    }

    /// What becomes of a column: the field's id or part's key that it is read as, [`LISTING`], or `None` where nothing reads it.
    pub fn key_of(&self, header: &str) -> Option<&str> {
        if self.listing.as_deref() == Some(header) {
            return Some(LISTING);
        }
        let of = |entry: &&Entry| matches!(&entry.from, Origin::Columns(columns) if columns.iter().any(|column| same(column, header)));
        self.entries.iter().find(of).map(|entry| entry.key.as_str())
    }

    /// Whether this program itself wrote a column, for people to read.
    pub fn is_ours(&self, header: &str) -> bool {
        self.ours.iter().any(|own| own == header)
    }

    /// Columns that the mapping names and the file does not have: most likely a slip of the pen.
    pub fn missing(&self, headers: &[String]) -> Vec<String> {
        let there = |column: &&String| headers.iter().any(|header| same(column, header));
        self.columns().filter(|column| !there(column)).cloned().collect()
    }

    /// The columns from which a field is read, or the part of one whose key that is, or the ids of listings ([`LISTING`]): their
    /// places among the headers.
    pub fn places(&self, field: &str, headers: &[String]) -> Vec<usize> {
        if field == LISTING {
            return headers
                .iter()
                .position(|header| self.listing.as_ref() == Some(header))
                .into_iter()
                .collect();
        }
        let owner = guess::field_of(self.kind, field).map(|owner| owner.id);
        let of_field = |entry: &&Entry| entry.key == field || owner == Some(entry.field.id);
        let mut places = Vec::new();
        for entry in self.entries.iter().filter(of_field) {
            let Origin::Columns(columns) = &entry.from else { continue };
            for column in columns {
                let exact = headers.iter().position(|header| header == column);
                places.extend(exact.or_else(|| headers.iter().position(|header| same(header, column))));
            }
        }
        places
    }

    /// Places of the columns that this program wrote for people: errors that were found before.
    pub(crate) fn ours(&self) -> &[String] {
        &self.ours
    }

    /// The column of ids, see [`Mapping::listing`].
    pub(crate) fn listing_column(&self) -> Option<&str> {
        self.listing.as_deref()
    }

    /// The listing that a row of an exported workbook is: its document id, or the first digits of it.
    pub fn listing(&self, row: &Row) -> Option<String> {
        let column = self.listing.as_ref()?;
        let (_, id) = row.cells.iter().find(|(header, _)| header == column)?;
        Some(id.trim().to_owned()).filter(|id| !id.is_empty())
    }

    fn columns(&self) -> impl Iterator<Item = &String> {
        self.entries.iter().flat_map(|entry| match &entry.from {
            Origin::Columns(columns) => columns.as_slice(),
            Origin::Constant(_) => &[],
        })
    }

    /// A row as (field id, text) cells, for `catalog::Record::from_cells`. Empty texts are left out.
    pub fn apply(&self, row: &Row) -> Vec<(String, String)> {
        let cells = self.entries.iter().map(|entry| (entry.key.clone(), entry.text(row)));
        cells.filter(|(_, text)| !text.is_empty()).collect()
    }
}

impl Entry {
    fn text(&self, row: &Row) -> String {
        let columns = match &self.from {
            Origin::Constant(text) => return text.clone(),
            Origin::Columns(columns) => columns,
        };
        let mut joined = String::new();
        for text in columns.iter().filter_map(|column| self.cell(row, column)) {
            if !joined.is_empty() {
                joined.push_str(separator(&self.field.ty));
            }
            joined.push_str(&text);
        }
        joined
    }

    fn cell(&self, row: &Row, column: &str) -> Option<String> {
        let cell = row.cells.iter().find(|(header, _)| header == column);
        let (header, text) = cell.or_else(|| row.cells.iter().find(|(header, _)| same(header, column)))?;
        let text = text.trim();
        if text.is_empty() {
            return None;
        }
        // `价格（万元）` over `50`: the unit stands in the header alone.
        let is_amount = matches!(self.field.ty, FieldType::Money) && self.key == self.field.id;
        Some(if is_amount { catalog::money::with_unit_of_header(text, header) } else { text.to_owned() })
    }
}

/// Names are compared exactly first; a stated name may also differ in width, case and spaces.
fn same(one: &str, other: &str) -> bool {
    one == other || (normalize(one) == normalize(other) && bracketed(one) == bracketed(other))
}

fn separator(ty: &FieldType) -> &'static str {
    match ty {
        FieldType::LongText => "\n",
        FieldType::Set { .. }
        | FieldType::VocabularySet { .. }
        | FieldType::PatentSet
        | FieldType::IpcSet => "；",
        _ => " ",
    }
}

impl fmt::Display for Mapping {
    /// The form that [`Mapping::parse`] reads.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, entry) in self.entries.iter().enumerate() {
            let comma = if place == 0 { "" } else { "," };
            write!(f, "{comma}{}={}", entry.key, text::written(&entry.from))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
