//! Drafts that come many at a time, from a table: each has a number made of what it is known by, so that the same table brings
//! the same drafts.

use data_encoding::HEXLOWER;
use storage::Table;

use super::drafts::{DRAFT, DraftRecord};
use super::matching::{OWN, own_key};
use super::review::DraftState;
use super::{Desk, Incoming, Outcome};
use crate::error::Result;
use crate::library::Library;

/// Bytes of a record's key that its draft's number shows.
const NUMBER_BYTES: usize = 8;

impl Library {
    /// The draft that a table brought of a record before, if it is still one.
    ///
    /// # Errors
    /// When the store fails.
    pub fn draft_of(&self, record: &Incoming) -> Result<Option<DraftRecord>> {
        self.draft(&number_of(record))
    }
}

fn number_of(record: &Incoming) -> String {
    let key = own_key(record);
    let hash = key.get(OWN.len()..OWN.len() + NUMBER_BYTES).unwrap_or_default();
    format!("d-{}", HEXLOWER.encode(hash))
}

impl Desk<'_> {
    /// Keeps drafts that a table brings, all under one fsync; submitted for review where that is said. One that it brought
    /// before, which is named, is written anew.
    ///
    /// # Errors
    /// When the disk fails or is full; then none of them was kept.
    pub fn keep_drafts(
        &mut self,
        records: &[(Option<String>, Incoming)],
        by: &str,
        submit: bool,
    ) -> Result<Vec<Outcome>> {
        let mut kept = Vec::with_capacity(records.len());
        let mut outcomes = Vec::with_capacity(records.len());
        for (named, record) in records {
            let id = named.clone().unwrap_or_else(|| number_of(record));
            let before = self.library.draft(&id)?;
            let way = before.as_ref().map(|draft| draft.way.clone()).unwrap_or_default();
            let mut way = way.written(by, self.now_ms);
            if submit {
                way.state = DraftState::Formal;
            }
            let mut fields = record.fields.clone();
            fields.extend(record.contact.clone());
            let (private, revises) = match before {
                Some(draft) => (draft.private, draft.revises),
                None => (record.private.clone(), None),
            };
            let (kind, visibility) = (record.kind, record.visibility);
            let draft = DraftRecord { id: id.clone(), kind, visibility, fields, private, revises, way };
            kept.push((format!("{DRAFT}{id}").into_bytes(), Some(draft.to_bytes())));
            outcomes.push(Outcome::Drafted(id));
        }
        self.ledger.keep_all(Table::Drafts, &kept)?;
        Ok(outcomes)
    }
}
