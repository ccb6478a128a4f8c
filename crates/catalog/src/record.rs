//! A record: the flat map of one listing, made from cells of a table or checked after an edit.
//!
//! [`Record::from_cells`] reads what people type and says, in both languages, what it refused and what deserves a second
//! look; [`Record::validate`] checks typed values by the same rules. Refused means: do not publish. Fields that this version
//! does not know are kept. Absent: files, columns and their mapping, documents and merging.

mod cell;
mod check;
mod draft;
mod issue;
mod lists;

pub use draft::{Context, Outcome};
pub use issue::Issue;
pub(crate) use lists::written as list_of;

use std::collections::BTreeMap;

use protocol::Value;

use crate::Kind;

/// The flat map of a listing: document key → value. See [`crate::kinds`] for the keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Record {
    entries: BTreeMap<String, Value>,
}

impl Record {
    /// A record of these entries, unchecked.
    pub fn new(entries: BTreeMap<String, Value>) -> Record {
        Record { entries }
    }

    /// Reads a row: pairs of field id and text. Ids of companions (`price_min`, `trl_word`, `keyword/新材料`) are read too;
    /// empty cells say nothing; several cells of one set add up. The record in the outcome holds everything that could be
    /// read, also when the row is refused.
    pub fn from_cells(kind: Kind, cells: &[(&str, &str)], context: &Context<'_>) -> Outcome {
        draft::read(kind, cells, context)
    }

    /// Everything that forbids publishing these entries as a listing of this kind; empty when all is well.
    pub fn validate(kind: Kind, entries: &BTreeMap<String, Value>) -> Vec<Issue> {
        check::all(kind, entries)
    }

    /// The entries.
    pub fn entries(&self) -> &BTreeMap<String, Value> {
        &self.entries
    }

    /// The entries, taken out.
    pub fn into_entries(self) -> BTreeMap<String, Value> {
        self.entries
    }

    /// One value.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.entries.get(key)
    }

    /// The text under a key.
    pub fn text(&self, key: &str) -> Option<&str> {
        match self.entries.get(key) {
            Some(Value::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// The number under a key.
    pub fn int(&self, key: &str) -> Option<i64> {
        match self.entries.get(key) {
            Some(Value::Int(number)) => Some(*number),
            _ => None,
        }
    }

    /// Whether a key holds yes.
    pub fn is_true(&self, key: &str) -> bool {
        self.entries.get(key) == Some(&Value::Bool(true))
    }

    /// The members of a set by its key prefix (`keyword`, `field`, `patent`, `cooperation`), in order of their text.
    pub fn members<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = &'a str> {
        self.entries
            .range(format!("{prefix}/")..)
            .map_while(move |(key, value)| {
                key.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('/')).map(|member| (member, value))
            })
            .filter(|(_, value)| **value == Value::Bool(true))
            .map(|(member, _)| member)
    }

    /// What the listing is called; empty when it has no title.
    pub fn title(&self) -> &str {
        self.text("title").unwrap_or_default()
    }

    /// The range of readiness levels, when it is one.
    pub fn trl(&self) -> Option<(u8, u8)> {
        let min = self.int("trl_min").or_else(|| self.int("trl_max"))?;
        let max = self.int("trl_max").unwrap_or(min);
        if !crate::trl::is_valid(min, max) {
            return None;
        }
        Some((u8::try_from(min).ok()?, u8::try_from(max).ok()?))
    }

    /// Patent numbers of all offices and the office's own number: what is looked up exactly.
    pub fn identifiers(&self) -> Vec<&str> {
        self.members("patent")
            .chain(self.members(crate::kinds::FOREIGN_PATENT))
            .chain(self.text("source_id"))
            .chain(self.text("credit_code"))
            .collect()
    }
}

#[cfg(test)]
mod tests;
