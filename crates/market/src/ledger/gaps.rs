//! Payloads that a purge removed which counts no more: what is missing, and what comes back of it.

use std::ops::Bound;

use protocol::{CheckedEntry, DocumentId, Entry, Head, LogHead, LogId, Verb};
use replica::check_entry;
use storage::{Batch, Table};

use super::layout::{self, DocumentEntry};
use super::project::creates_document;
use super::purge::LACKING;
use super::touched::Touched;
use super::{Ledger, LogRecord};
use crate::error::Result;

/// Entries named in one answer; bounds what one question to a peer asks for.
const PAGE: usize = 256;

/// Entries that stand without their payloads.
#[derive(Debug, Default)]
pub struct Lacking {
    /// Each as the head that it was when it was the last of its log.
    pub entries: Vec<LogHead>,
    /// The last document looked at, when there may be more.
    pub more_after: Option<DocumentId>,
}

impl Ledger {
    /// Entries held that stand without their payloads though their documents are not purged, of the documents behind
    /// `after`: some hundreds at the most. Documents of which all has come back are forgotten on the way.
    ///
    /// # Errors
    /// When the store fails.
    pub fn lacking(&mut self, after: Option<DocumentId>) -> Result<Lacking> {
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let ids: Vec<DocumentId> = self.purged.lacking.range((from, Bound::Unbounded)).copied().collect();
        let mut found = Lacking::default();
        let mut batch = Batch::default();
        for id in ids {
            // What was purged properly meanwhile is not missing.
            let bare = if self.is_purged(&id) { Vec::new() } else { self.bare_entries(&id)? };
            if bare.is_empty() {
                self.purged.lacking.remove(&id);
                batch.delete(Table::Meta, &[LACKING, &id.0].concat());
            }
            found.entries.extend(bare.into_iter().map(|(_, head)| head).take(PAGE));
            if found.entries.len() >= PAGE {
                found.entries.truncate(PAGE);
                found.more_after = Some(id);
                break;
            }
        }
        self.write(&mut batch)?;
        Ok(found)
    }

    /// Notes that an entry was taken without its payload, though as far as is known here nothing purges its document.
    pub(super) fn note_bare(&mut self, checked: &CheckedEntry, batch: &mut Batch) {
        let id = checked.entry.document();
        let missing = checked.entry.payload.is_none() && checked.entry.header.may_be_bare();
        if missing && !self.is_purged(&id) && self.purged.lacking.insert(id) {
            batch.put(Table::Meta, &[LACKING, &id.0].concat(), Vec::new());
        }
    }

    /// The entries of a document that stand without their payloads.
    pub(super) fn bare_entries(&self, id: &DocumentId) -> Result<Vec<(DocumentEntry, LogHead)>> {
        let mut bare = Vec::new();
        for place in layout::document_entries(self.store.as_ref(), id, usize::MAX)? {
            let entry = layout::entry_at(self.store.as_ref(), place.log, place.seq)?;
            if entry.payload.is_none() {
                bare.push((place, LogHead { log: entry.header.log, head: entry.head() }));
            }
        }
        Ok(bare)
    }

    /// Puts payloads back where entries are held without; those of documents that are purged by now are not taken.
    ///
    /// # Errors
    /// When the store fails or the disk is full; what is missing then stays so.
    pub fn fill(&mut self, log: &LogId, entries: &[CheckedEntry]) -> Result<()> {
        let mut wanted = Vec::new();
        for checked in entries {
            if self.is_missing(log, checked)? {
                wanted.push(checked.clone());
            }
        }
        let done = self.journal_own(log, &wanted).and_then(|()| self.put_back(log, &wanted));
        if done.is_err() {
            self.read_back()?;
        }
        done
    }

    /// Whether an entry is held without its payload, which may come back.
    fn is_missing(&self, log: &LogId, checked: &CheckedEntry) -> Result<bool> {
        let Some(record) = self.logs.get(log) else { return Ok(false) };
        let Head { seq, hash } = checked.entry.head();
        if seq > record.head.seq || checked.entry.payload.is_none() {
            return Ok(false);
        }
        let held = layout::entry_at(self.store.as_ref(), record.number, seq)?;
        Ok(held.payload.is_none() && held.hash() == hash && !self.is_purged(&checked.entry.document()))
    }

    /// The same of entries that the journal holds already.
    pub(super) fn put_back(&mut self, log: &LogId, entries: &[CheckedEntry]) -> Result<()> {
        let Some(record) = self.logs.get(log).copied() else { return Ok(()) };
        let mut touched = Touched::default();
        let mut batch = Batch::default();
        for checked in entries {
            if self.is_missing(log, checked)? {
                self.put_back_one(log, &record, &checked.entry, (&mut batch, &mut touched))?;
            }
        }
        self.dirty |= !batch.is_empty();
        self.write(&mut batch)?;
        self.fold_touched(touched, Batch::default())
    }

    fn put_back_one(
        &mut self,
        log: &LogId,
        record: &LogRecord,
        entry: &Entry,
        (batch, touched): (&mut Batch, &mut Touched),
    ) -> Result<()> {
        let (verb, seq, counts) = (entry.header.verb, entry.header.seq, entry.header.seq <= record.counts);
        let (id, creates) = (entry.document(), creates_document(verb));
        let place = DocumentEntry { log: record.number, seq, creates };
        batch.put(Table::Entries, &layout::entry_key(record.number, seq), entry.to_bytes());
        let sound = self.certificates.get(log).is_some_and(|c| check_entry(entry, c).is_ok());
        if !sound {
            // Without its payload it was taken for one of the document's.
            batch.delete(Table::Documents, &layout::place_row(&id, &place).0);
            self.figures.void += u64::from(counts);
        }
        if sound && verb == Verb::MOVE {
            self.mention_anew(log, record, entry, counts, batch)?;
        }
        if counts {
            self.touch(&id, place, (batch, touched))?;
        }
        Ok(())
    }
}
