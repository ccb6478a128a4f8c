//! Purging a listing of ours: its contents go, on every node, for good.

use protocol::limits::{MAX_NAME, MAX_PURGES};
use protocol::{DocumentId, Entry, Fault, Purge, Shelf, Verb};

use super::{Authored, Desk};
use crate::error::{MarketError, Result};
use crate::ledger::{creating_entry, entry_at};

impl Desk<'_> {
    /// Says that a listing of ours is to lose its contents, with all documents that it continues and that continue it, and
    /// names these. They go here, and from every node that hears of it, once the replica has taken the entries up.
    ///
    /// # Errors
    /// When the listing is another institution's, not held, or purged already; when the node may not write on the roster
    /// shelf, or the reason is too long.
    pub fn purge(&mut self, id: &DocumentId, reason: &str) -> Result<(Vec<DocumentId>, Authored)> {
        let newest = self.library.newest(id)?;
        self.held_listing(&newest, |listing, us| listing.institution == Some(us))?;
        if reason.len() > MAX_NAME {
            let size = reason.len() as u64;
            return Err(Fault::TooLong { what: "reason", size, limit: MAX_NAME as u64 }.into());
        }
        if !self.identity.certificate.allows(&Shelf::ROSTER) {
            return Err(MarketError::NotCertified { what: "carry words to the roster" });
        }
        let (roster, us) = (self.library.roster(), self.identity.institution.id());
        let mut line = self.library.line(&newest)?;
        line.retain(|document| roster.purge(document, Some(&us)).is_none());
        if line.is_empty() {
            return Err(MarketError::Purged { id: id.to_string() });
        }
        let words = roster.purge_words.values().filter(|by| by.contains_key(&us)).count();
        if words + line.len() > MAX_PURGES {
            return Err(MarketError::TooManyPurges { most: MAX_PURGES });
        }
        let mut drafts = Vec::with_capacity(line.len());
        for document in &line {
            let beginning = Entry { payload: None, ..self.beginning(document)? };
            let payload = Purge { reason: reason.to_owned(), beginning }.to_bytes();
            drafts.push((self.draft(Some(*document), Verb::PURGE, payload)?, None));
        }
        let authored = self.write(Shelf::ROSTER, drafts)?;
        Ok((line, authored))
    }

    fn beginning(&self, id: &DocumentId) -> Result<Entry> {
        let store = self.ledger.store();
        let place = creating_entry(store.as_ref(), id)?;
        let place = place.ok_or(MarketError::NoSuchListing { id: id.to_string() })?;
        entry_at(store.as_ref(), place.log, place.seq)
    }
}
