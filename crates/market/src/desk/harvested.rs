//! Listings that were harvested from another repository: where they come from, and how they are known again.
//!
//! Three keys of the document say it to everyone: [`FROM`], [`IDENTIFIER`], [`STAMP`]. A listing, or a draft, is known by the first
//! two alone: neither its number nor its title makes a foreign record one of ours, whatever it says. Beside it a [`Mark`] stays
//! at home: digests of what the repository last said of each field, so that a field that somebody here has edited since is told
//! from one that the repository changed.

use std::collections::BTreeMap;

use protocol::{Decoder, DocumentId, Encoder, Value, hash};
use storage::Table;

use super::matching::OWN;
use super::review::DraftState;
use super::{Desk, Fields};
use crate::error::{MarketError, Result};
use crate::library::{Library, Listing};

/// Key: the address of the repository.
pub const FROM: &str = "_harvested_from";
/// Key: the record's identifier there.
pub const IDENTIFIER: &str = "_harvested_id";
/// Key: its datestamp there.
pub const STAMP: &str = "_harvested_at";

/// Prefix of marks.
const MARK: &str = "harvested:";
/// The form of marks.
const FORM: u8 = 1;
/// Most fields of a mark: those of the largest record.
const MAX_FIELDS: usize = 400;
/// Bytes of a field's digest: it tells a change, and protects nothing.
const DIGEST_BYTES: usize = 8;
/// Longest datestamp that is kept, bytes.
const MAX_STAMP: usize = 64;

/// Digests of fields, by field id or key.
pub type Digests = BTreeMap<String, u64>;

/// What became of a record here because its repository said that it is gone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Gone {
    /// It did not say so.
    #[default]
    No,
    /// Its draft was dropped.
    Dropped,
    /// Its listing was withdrawn.
    Withdrawn,
}

impl Gone {
    const ALL: [Self; 3] = [Self::No, Self::Dropped, Self::Withdrawn];

    fn code(self) -> u8 {
        match self {
            Self::No => 0,
            Self::Dropped => 1,
            Self::Withdrawn => 2,
        }
    }
}

/// What is kept of a harvested record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mark {
    /// Its last datestamp.
    pub stamp: String,
    /// What became of it here when it was gone there.
    pub gone: Gone,
    /// What the repository last said of each field.
    pub digests: Digests,
}

impl Mark {
    fn to_bytes(&self) -> Vec<u8> {
        let mut to = Encoder::new();
        to.u8(FORM).text(&self.stamp).u8(self.gone.code());
        let digests: Vec<_> = self.digests.iter().collect();
        to.list(&digests, |to, (field, digest)| {
            to.text(field).raw(&digest.to_be_bytes());
        });
        to.finish()
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let read = Decoder::whole(bytes, "mark of a harvested record", |from| {
            from.u8("form")?;
            let stamp = from.text(MAX_STAMP, "datestamp")?.to_owned();
            let code = from.u8("whether it is gone")?;
            let gone = Gone::ALL.into_iter().find(|gone| gone.code() == code).unwrap_or_default();
            let digests = from.list(MAX_FIELDS, "digests", |from| {
                let field = from.text(protocol::limits::MAX_KEY, "field")?.to_owned();
                let mut digest = [0; DIGEST_BYTES];
                digest.copy_from_slice(from.raw(DIGEST_BYTES, "digest")?);
                Ok((field, u64::from_be_bytes(digest)))
            })?;
            Ok(Self { stamp, gone, digests: digests.into_iter().collect() })
        });
        // One of a later form, or a damaged one, is as good as none: what differs is then taken for changed by the repository.
        read.ok().filter(|_| bytes.first() == Some(&FORM))
    }
}

/// The repository and the identifier that fields name.
pub fn origin(fields: &Fields) -> Option<(&str, &str)> {
    let text = |key: &str| match fields.get(key) {
        Some(Value::Text(text)) if !text.is_empty() => Some(text.as_str()),
        _ => None,
    };
    Some((text(FROM)?, text(IDENTIFIER)?))
}

/// The key by which a harvested record is known.
pub(super) fn origin_key(fields: &Fields) -> Option<Vec<u8>> {
    origin(fields).map(|(from, identifier)| key_of(from, identifier))
}

fn key_of(from: &str, identifier: &str) -> Vec<u8> {
    [OWN, &hash("own-harvested", &[&both(from, identifier)]).0].concat()
}

fn mark_key(from: &str, identifier: &str) -> Vec<u8> {
    [MARK.as_bytes(), &hash("harvested-mark", &[&both(from, identifier)]).0].concat()
}

/// Both with their lengths, so that no part of one passes for a part of the other.
fn both(from: &str, identifier: &str) -> Vec<u8> {
    let mut to = Encoder::new();
    to.text(from).text(identifier);
    to.finish()
}

/// A digest of what stands in one field: keys and values, in order.
pub fn digest<'f>(entries: impl Iterator<Item = (&'f String, &'f Value)>) -> u64 {
    let mut to = Encoder::new();
    for (key, value) in entries {
        to.text(key).bytes(&protocol::value_bytes(value));
    }
    let hash = hash("harvested-field", &[&to.finish()]);
    let mut short = [0; DIGEST_BYTES];
    short.copy_from_slice(&hash.0[..DIGEST_BYTES]);
    u64::from_be_bytes(short)
}

impl Library {
    /// What is kept of a record of a repository.
    ///
    /// # Errors
    /// When the store fails.
    pub fn harvest_mark(&self, from: &str, identifier: &str) -> Result<Option<Mark>> {
        let bytes = self.store().get(Table::Meta, &mark_key(from, identifier))?;
        Ok(bytes.and_then(|bytes| Mark::from_bytes(&bytes)))
    }

    /// The listing that a record of a repository became, the newest of its line; withdrawn and purged ones too.
    ///
    /// # Errors
    /// When the store fails or is damaged.
    pub fn harvested(&self, from: &str, identifier: &str) -> Result<Option<Listing>> {
        let id = self.store().get(Table::Meta, &key_of(from, identifier))?;
        let Some(id) = id.and_then(|id| id.try_into().ok()).map(DocumentId) else { return Ok(None) };
        self.listing(&self.newest(&id)?)
    }
}

impl Desk<'_> {
    /// Keeps marks of records of a repository, under one fsync.
    ///
    /// # Errors
    /// When the disk fails or is full.
    pub fn keep_marks(&mut self, from: &str, marks: &[(String, Mark)]) -> Result<()> {
        let kept: Vec<_> =
            marks.iter().map(|(id, mark)| (mark_key(from, id), Some(mark.to_bytes()))).collect();
        self.ledger.keep_all(Table::Meta, &kept)
    }

    /// Puts a draft that nobody in particular wrote before the reviewers.
    ///
    /// # Errors
    /// When there is none, or the disk fails.
    pub fn submit_unwritten(&mut self, id: &str) -> Result<()> {
        let missing = || MarketError::NoSuchListing { id: id.to_owned() };
        let mut draft = self.library.draft(id)?.ok_or_else(missing)?;
        draft.way.state = DraftState::Formal;
        self.keep_record(&draft)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_come_back_as_they_were_and_later_forms_count_as_none() {
        let digests = BTreeMap::from([("title".to_owned(), 7), ("keywords".to_owned(), u64::MAX)]);
        let mark = Mark { stamp: "2026-11-27T10:00:00Z".to_owned(), gone: Gone::Withdrawn, digests };
        let mut bytes = mark.to_bytes();
        assert_eq!(Mark::from_bytes(&bytes), Some(mark));
        bytes[0] = 2;
        assert_eq!(Mark::from_bytes(&bytes), None);
        assert_eq!(Mark::from_bytes(&[]), None);
    }

    #[test]
    fn a_record_is_known_by_repository_and_identifier_together() {
        let fields = |from: &str, id: &str| {
            let text = |text: &str| Value::Text(text.to_owned());
            Fields::from([(FROM.to_owned(), text(from)), (IDENTIFIER.to_owned(), text(id))])
        };
        let key = |from, id| origin_key(&fields(from, id));
        assert!(key("http://a", "1").is_some() && key("http://a", "1") == key("http://a", "1"));
        assert_ne!(key("http://a", "1"), key("http://b", "1"));
        assert_ne!(key("http://a", "12"), key("http://a1", "2"));
        assert_eq!(key("", "1"), None);
        assert_eq!(origin_key(&Fields::new()), None);
    }
}
