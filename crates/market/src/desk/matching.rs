//! Which listing of ours a record is, so that a table that comes again changes it and adds no second one.
//!
//! A record is known by the office's own number, with the credit code of whom it is about where the table has that; without a
//! number by saying the very same; and where it is asked for, by title and institution or by a patent number that exactly one
//! listing has. Keys lead from all of these to documents; what a key leads to is looked at before it is believed, since
//! listings change. Keys of one node know nothing of what another node of the institution published.

use catalog::kinds::FOREIGN_PATENT;
use catalog::{Kind, Record, fold};
use protocol::{DocumentId, Value, hash};
use storage::Table;

use super::harvested::origin_key;
use super::{Fields, Incoming, fields_bytes};
use crate::error::Result;
use crate::ledger::Kept;
use crate::library::{Hidden, Library, Listing};

/// Prefix of the local table that leads from a record of ours to its document.
pub(crate) const OWN: &[u8] = b"own:";
/// Prefix of keys that several documents may share: hash and document follow.
pub(crate) const ALIKE: &[u8] = b"alike:";
/// Documents looked at under one such key; more are too many to tell apart.
const MAX_ALIKE: usize = 8;
/// Patents of one record that it is known by.
const MAX_PATENTS: usize = 16;

/// By what a record was known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Match {
    /// The office's own number.
    Number,
    /// It says the very same.
    Content,
    /// Title and institution.
    Title,
    /// A patent number.
    Patent,
}

impl Match {
    /// `number`, `content`, `title` or `patent`.
    pub fn id(self) -> &'static str {
        match self {
            Self::Number => "number",
            Self::Content => "content",
            Self::Title => "title",
            Self::Patent => "patent",
        }
    }
}

impl Library {
    /// The listing of ours that a record is, if it is one. It may be known by its title or a patent where `before_ms` is said:
    /// then among listings that were made before that moment, since the rows of one table are told apart by whoever wrote it.
    ///
    /// # Errors
    /// When the store fails or is damaged.
    pub fn match_of(&self, record: &Incoming, before_ms: Option<i64>) -> Result<Option<(Listing, Match)>> {
        for key in number_keys(record.kind, &record.fields) {
            if let Some(found) = self.known(&key, record)?
                && agree(&record.fields, &found.state.flat(), "credit_code")
            {
                return Ok(Some((found, Match::Number)));
            }
        }
        if let Some(found) = self.known(&content_key(record.kind, &record.fields), record)? {
            return Ok(Some((found, Match::Content)));
        }
        let Some(before_ms) = before_ms else { return Ok(None) };
        let title = title_key(record.kind, &record.fields).into_iter().collect();
        for (keys, by) in [(title, Match::Title), (patent_keys(record.kind, &record.fields), Match::Patent)] {
            if let Some(found) = self.only_alike(&keys, record, before_ms)? {
                return Ok(Some((found, by)));
            }
        }
        Ok(None)
    }

    fn known(&self, key: &[u8], record: &Incoming) -> Result<Option<Listing>> {
        let id = self.store().get(Table::Meta, key)?.and_then(|id| id.try_into().ok()).map(DocumentId);
        id.map_or(Ok(None), |id| self.present(&id, record))
    }

    /// The newest document of a line, while it is of the record's kind and was not removed.
    fn present(&self, id: &DocumentId, record: &Incoming) -> Result<Option<Listing>> {
        let listing = self.listing(&self.newest(id)?)?;
        let gone = |listing: &Listing| matches!(listing.hidden, Some(Hidden::Purged(_)));
        Ok(listing.filter(|listing| listing.log.shelf.kind.0 == record.kind && !gone(listing)))
    }

    /// The one listing under some keys that still says what they stand for; `None` where there are several.
    fn only_alike(&self, keys: &[Vec<u8>], record: &Incoming, before_ms: i64) -> Result<Option<Listing>> {
        let mut found: Option<Listing> = None;
        for key in keys {
            for (_, value) in self.store().scan_prefix(Table::Meta, key, None, MAX_ALIKE + 1)? {
                let Ok(id) = <[u8; 32]>::try_from(value) else { continue };
                let Some(listing) = self.present(&DocumentId(id), record)? else { continue };
                let fields = listing.state.flat();
                let says = alike_keys(record.kind, &fields).contains(key);
                let same = ["source_id", "credit_code"].iter().all(|key| agree(&record.fields, &fields, key));
                if !says || !same || listing.created_ms >= before_ms {
                    continue;
                }
                match &found {
                    Some(other) if other.id != listing.id => return Ok(None),
                    _ => found = Some(listing),
                }
            }
        }
        Ok(found)
    }
}

/// The key of a record of ours: where it was harvested from, the office's own number where it has one, else all that it says.
pub(super) fn own_key(record: &Incoming) -> Vec<u8> {
    if let Some(key) = origin_key(&record.fields) {
        return key;
    }
    let number = number_keys(record.kind, &record.fields).into_iter().next();
    number.unwrap_or_else(|| content_key(record.kind, &record.fields))
}

/// All keys by which a document is found that says these fields.
pub(super) fn keys_to(id: &DocumentId, kind: u16, fields: &Fields) -> Vec<Kept> {
    let own = match origin_key(fields) {
        // A foreign record's number is none of ours.
        Some(key) => vec![key],
        None => number_keys(kind, fields).into_iter().take(1).chain([content_key(kind, fields)]).collect(),
    };
    let alike = alike_keys(kind, fields).into_iter().map(|key| [key, id.0.to_vec()].concat());
    own.into_iter().chain(alike).map(|key| (Table::Meta, key, Some(id.0.to_vec()))).collect()
}

/// Keys of the own number: with the credit code of whom it is about, then without.
fn number_keys(kind: u16, fields: &Fields) -> Vec<Vec<u8>> {
    let Some(number) = text(fields, "source_id") else { return Vec::new() };
    let kind = kind.to_be_bytes();
    let with_code = text(fields, "credit_code")
        .map(|code| hash("own-number", &[&kind, number.as_bytes(), code.as_bytes()]));
    let without = hash("own-number", &[&kind, number.as_bytes()]);
    with_code.into_iter().chain([without]).map(|hash| [OWN, &hash.0].concat()).collect()
}

fn content_key(kind: u16, fields: &Fields) -> Vec<u8> {
    // What begins with `_` is about the listing, not of it.
    let said: Fields = fields.iter().filter(|(key, _)| !key.starts_with('_')).map(pair).collect();
    [OWN, &hash("own-content", &[&kind.to_be_bytes(), &fields_bytes(&said)]).0].concat()
}

fn pair((key, value): (&String, &Value)) -> (String, Value) {
    (key.clone(), value.clone())
}

fn alike_keys(kind: u16, fields: &Fields) -> Vec<Vec<u8>> {
    title_key(kind, fields).into_iter().chain(patent_keys(kind, fields)).collect()
}

fn title_key(kind: u16, fields: &Fields) -> Option<Vec<u8>> {
    let folded = |key| fold::word(text(fields, key).unwrap_or_default()).collect::<String>();
    let (title, institution) = (folded("title"), folded("organization"));
    let hash = hash("own-title", &[&kind.to_be_bytes(), title.as_bytes(), institution.as_bytes()]);
    (!title.is_empty()).then(|| [ALIKE, &hash.0].concat())
}

fn patent_keys(kind: u16, fields: &Fields) -> Vec<Vec<u8>> {
    if Kind::from_code(kind).and_then(|kind| kind.field("patents")).is_none() {
        return Vec::new();
    }
    let record = Record::new(fields.clone());
    let patents = record.members("patent").chain(record.members(FOREIGN_PATENT)).take(MAX_PATENTS);
    let key = |number: &str| {
        let folded: String = fold::word(number).collect();
        [ALIKE, &hash("own-patent", &[&kind.to_be_bytes(), folded.as_bytes()]).0].concat()
    };
    patents.map(key).collect()
}

/// Whether two records do not contradict each other in a text.
fn agree(one: &Fields, other: &Fields, key: &str) -> bool {
    match (text(one, key), text(other, key)) {
        (Some(one), Some(other)) => one == other,
        _ => true,
    }
}

fn text<'f>(fields: &'f Fields, key: &str) -> Option<&'f str> {
    match fields.get(key) {
        Some(Value::Text(text)) if !text.is_empty() => Some(text),
        _ => None,
    }
}
