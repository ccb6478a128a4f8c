//! Documents that were purged: no payload of theirs stays in the store or the journal, nor is one taken again.
//!
//! What is to be done follows from the roster and is noted in the store only once it is done, so an interruption is made
//! good at the next start. Bytes that sled has freed stay in its file until the store is written anew, at the next start
//! too: see [`storage::Storage::scrub_at_start`]. Absent: who may purge, which [`protocol::Roster::purge`] answers.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use protocol::{CheckedEntry, DocumentId, Entry, InstitutionId, LogId, Roster, Verb};
use storage::{Batch, Erasure, Record, StorageError, Store, Table};

use super::documents::Logs;
use super::layout::{self, Projection};
use super::{BATCH_ENTRIES, LOST, Ledger};
use crate::desk::{ALIKE, OWN, draft_prefix, is_draft, kept_beside, revised_by};
use crate::error::Result;

/// Prefix of the marks of documents of which nothing is left here; the document's id follows.
const PURGED: &[u8] = b"purged:";

/// Prefix of the marks of documents that count again though payloads of theirs were removed here.
pub(super) const LACKING: &[u8] = b"lacking:";

/// What the roster purges, and what of it is done.
#[derive(Default)]
pub(super) struct Purged {
    /// By the governors.
    governors: BTreeSet<DocumentId>,
    /// By institutions, with the log in which each document begins.
    words: BTreeMap<DocumentId, (LogId, BTreeSet<InstitutionId>)>,
    /// Documents of which no payload is left.
    done: BTreeSet<DocumentId>,
    /// Documents that are not purged any more, of which payloads were removed here.
    pub(super) lacking: BTreeSet<DocumentId>,
    /// Why the journal may still hold some of it.
    fault: Option<String>,
}

impl Purged {
    fn take(&mut self, roster: &Roster) {
        self.governors = roster.purged.keys().copied().collect();
        let by_word = roster.purge_words.iter().filter_map(|(id, words)| {
            // The id names the document's beginning, so all words about it show the same log.
            let origin = words.values().next()?.origin;
            Some((*id, (origin, words.keys().copied().collect())))
        });
        self.words = by_word.collect();
    }
}

impl Ledger {
    /// Whether a document was purged, as far as the log is known here that begins it.
    pub(super) fn is_purged(&self, id: &DocumentId) -> bool {
        self.purged.governors.contains(id)
            || self.purged.words.get(id).is_some_and(|(origin, institutions)| {
                let certificate = self.certificates.get(origin);
                certificate.is_some_and(|c| institutions.contains(&c.body.institution))
            })
    }

    /// Entries as they may be kept: those of purged documents without their payloads.
    pub(super) fn without_purged<'e>(&self, entries: &'e [CheckedEntry]) -> Cow<'e, [CheckedEntry]> {
        let must_go = |checked: &CheckedEntry| {
            let id = checked.entry.header.document.unwrap_or(DocumentId(checked.hash.0));
            checked.entry.payload.is_some() && checked.entry.header.may_be_bare() && self.is_purged(&id)
        };
        if !entries.iter().any(must_go) {
            return Cow::Borrowed(entries);
        }
        let kept = entries.iter().map(|checked| match must_go(checked) {
            true => CheckedEntry { entry: bare(&checked.entry), hash: checked.hash, beginning: None },
            false => checked.clone(),
        });
        Cow::Owned(kept.collect())
    }

    /// Whether a log that was just opened shows more documents to be purged.
    pub(super) fn begins_purged(&self, log: &LogId) -> bool {
        self.purged.words.values().any(|(origin, _)| origin == log)
    }

    /// Removes what the roster purges. Returns the documents of which the payloads went now.
    pub(super) fn purge(&mut self, roster: &Roster) -> Result<Vec<DocumentId>> {
        let named = self.purged.governors.iter().chain(self.purged.words.keys());
        let before: Vec<DocumentId> = named.filter(|id| self.is_purged(id)).copied().collect();
        self.purged.take(roster);
        self.forget_marks(before)?;
        self.purge_due()
    }

    /// The same with what is known of the roster.
    pub(super) fn purge_due(&mut self) -> Result<Vec<DocumentId>> {
        let named = self.purged.governors.iter().chain(self.purged.words.keys());
        let due = named.filter(|id| !self.purged.done.contains(*id) && self.is_purged(id));
        let due: BTreeSet<DocumentId> = due.copied().collect();
        if due.is_empty() {
            return Ok(Vec::new());
        }
        let (mut held, mut ours) = (BTreeSet::new(), BTreeSet::new());
        for id in &due {
            let logs = self.logs_of(id)?;
            ours.extend(Some(*id).filter(|_| self.concerns_us(id, &logs)));
            held.extend(Some(*id).filter(|_| !logs.is_empty()));
        }
        let lost = self.lost_documents()?;
        ours.extend(due.intersection(&lost));
        if !held.is_empty() || !ours.is_empty() {
            self.storage.scrub_at_start()?;
        }
        // Others' listings are not in the journal, which takes long to read: whoever purges a thousand of its own, one by one,
        // must not keep everyone busy.
        let whole = ours.is_empty() || self.erase_from_journal(&ours)?;
        self.forget_local(&ours)?;
        for id in &due {
            self.blank(id, whole || !ours.contains(id))?;
        }
        Ok(held.into_iter().collect())
    }

    /// The logs in which entries of a document are held.
    fn logs_of(&self, id: &DocumentId) -> Result<BTreeSet<LogId>> {
        let store = self.store.as_ref();
        let creating = layout::creating_place(store, id)?.map(|place| place.log);
        let numbers = layout::editing_logs(store, id)?.into_iter().chain(creating);
        numbers.map(|number| Ok(layout::log_record(store, number)?.0)).collect()
    }

    /// Whether the journal or the local records may hold something of a document: it is this institution's own, or this node
    /// wrote to it.
    fn concerns_us(&self, id: &DocumentId, logs: &BTreeSet<LogId>) -> bool {
        let origin = self.purged.words.get(id).map(|(origin, _)| origin);
        self.owner.is_none_or(|(node, institution)| {
            logs.iter().chain(origin).any(|log| {
                let certificate = self.certificates.get(log);
                log.node == node || certificate.is_some_and(|c| c.body.institution == institution)
            })
        })
    }

    /// Documents of which entries were lost with a branch and are kept aside.
    fn lost_documents(&self) -> Result<BTreeSet<DocumentId>> {
        let mut found = BTreeSet::new();
        self.store.walk(Table::Meta, LOST, &mut |key, value| {
            found.extend(of_document(key, value));
            std::ops::ControlFlow::Continue(())
        })?;
        Ok(found)
    }

    /// True when the journal holds nothing of these documents any more. Where it does not read back, it is left as it is, and
    /// the next start tries again.
    fn erase_from_journal(&mut self, due: &BTreeSet<DocumentId>) -> Result<bool> {
        let mut fault = None;
        let store = std::sync::Arc::clone(&self.store);
        let erased = self.journal.erase(|record| {
            erasure(store.as_ref(), record, due).unwrap_or_else(|error| {
                fault = Some(error);
                Erasure::Keep
            })
        });
        match (erased, fault) {
            (Ok(_), None) => {
                self.purged.fault = None;
                Ok(true)
            }
            (Ok(_), Some(error)) => Err(error),
            (Err(error @ StorageError::JournalDamaged { .. }), _) => {
                self.purged.fault = Some(error.to_string());
                Ok(false)
            }
            (Err(error), _) => Err(error.into()),
        }
    }

    /// Why the journal may still hold what was purged, when it may.
    pub fn purge_fault(&self) -> Option<&str> {
        self.purged.fault.as_deref()
    }

    /// Removes what this node keeps for itself of these documents: contact and private fields, drafts that revise
    /// them, what was lost with a branch, which record of ours they came from. The journal has lost it already.
    fn forget_local(&mut self, due: &BTreeSet<DocumentId>) -> Result<()> {
        if due.is_empty() {
            return Ok(());
        }
        let mut batch = Batch::default();
        for key in due.iter().flat_map(kept_beside) {
            batch.delete(Table::Drafts, &key);
        }
        self.store.walk(Table::Drafts, draft_prefix(), &mut |key, value| {
            if revised_by(key, value).is_some_and(|id| due.contains(&id)) {
                batch.delete(Table::Drafts, key);
            }
            std::ops::ControlFlow::Continue(())
        })?;
        for prefix in [OWN, ALIKE, LOST] {
            self.store.walk(Table::Meta, prefix, &mut |key, value| {
                if of_document(key, value).is_some_and(|id| due.contains(&id)) {
                    batch.delete(Table::Meta, key);
                }
                std::ops::ControlFlow::Continue(())
            })?;
        }
        Ok(self.store.apply(batch)?)
    }

    /// Takes the payloads of a document's entries, and all that was derived from them, out of the store. What belongs
    /// together with the sums is written at once.
    fn blank(&mut self, id: &DocumentId, whole: bool) -> Result<()> {
        let store = std::sync::Arc::clone(&self.store);
        let before = self.standing(id)?;
        let home = self.home_of(id, &mut Logs::new(store.as_ref(), None))?;
        let mut batch = Batch::default();
        let places = layout::document_entries(store.as_ref(), id, usize::MAX)?;
        // The entry that creates it comes last, with the sums: of a document that is that entry alone they are told by it.
        for (n, place) in places.iter().enumerate().rev() {
            let entry = layout::entry_at(store.as_ref(), place.log, place.seq)?;
            if entry.payload.is_none() {
                continue;
            }
            if entry.header.verb == Verb::MOVE {
                self.unmention(&entry, &mut batch)?;
            }
            batch.put(Table::Entries, &layout::entry_key(place.log, place.seq), bare(&entry).to_bytes());
            batch.delete(Table::Opened, &layout::document_key(id, place.log, place.seq));
            if n > 0 && n % BATCH_ENTRIES == 0 {
                self.write(&mut batch)?;
            }
        }
        let sealed = home.is_some_and(|shelf| shelf.circle().is_some());
        if let (Some(shelf), Some(digest)) = (home.filter(|_| !sealed), before.digest) {
            self.sum(shelf).remove(&digest);
        }
        self.figures.void = self.figures.void.saturating_sub(before.void);
        if !places.is_empty() {
            let projection = Projection { waiting: home.is_none(), ..Projection::default() };
            self.count_waiting(before, projection.waiting);
            batch.put(Table::Projections, &id.0, layout::projection_value(&projection));
        }
        if !sealed && !places.is_empty() {
            self.arrive(id);
            // The index is built anew at the next start: what it deletes stays in its files.
            batch.delete(Table::Meta, super::NUMBERING);
        }
        if whole {
            batch.put(Table::Meta, &[PURGED, &id.0].concat(), Vec::new());
        }
        batch.delete(Table::Meta, &[LACKING, &id.0].concat());
        self.dirty = true;
        self.write(&mut batch)?;
        self.purged.lacking.remove(id);
        self.purged.done.extend(Some(*id).filter(|_| whole));
        Ok(())
    }

    fn unmention(&mut self, entry: &Entry, batch: &mut Batch) -> Result<()> {
        match self.logs.get(&entry.header.log).copied() {
            Some(record) => self.mention_anew(&entry.header.log, &record, entry, false, batch),
            None => Ok(()),
        }
    }

    pub(super) fn read_marks(&mut self) -> Result<()> {
        for (prefix, into) in [(PURGED, &mut self.purged.done), (LACKING, &mut self.purged.lacking)] {
            into.clear();
            self.store.walk(Table::Meta, prefix, &mut |key, _| {
                let id = key.strip_prefix(prefix).and_then(|id| id.try_into().ok());
                into.extend(id.map(DocumentId));
                std::ops::ControlFlow::Continue(())
            })?;
        }
        Ok(())
    }

    /// A purge can become void, with the log that it stands in. What comes of the document from then on is kept, and what
    /// was removed is missing. `before` was purged until now.
    fn forget_marks(&mut self, before: Vec<DocumentId>) -> Result<()> {
        let known = self.purged.done.iter().copied().chain(before);
        let gone: BTreeSet<DocumentId> = known.filter(|id| !self.is_purged(id)).collect();
        let mut batch = Batch::default();
        for id in gone {
            self.purged.done.remove(&id);
            batch.delete(Table::Meta, &[PURGED, &id.0].concat());
            if !self.bare_entries(&id)?.is_empty() {
                self.purged.lacking.insert(id);
                batch.put(Table::Meta, &[LACKING, &id.0].concat(), Vec::new());
            }
            let before = self.standing(&id)?;
            self.refold(&id, before, None, &mut batch)?;
        }
        self.write(&mut batch)
    }
}

/// An entry without its payload.
fn bare(entry: &Entry) -> Entry {
    Entry { payload: None, ..entry.clone() }
}

/// What the journal is to keep of a record. Drafts that were dropped go along: those of a listing say what it said.
fn erasure(store: &dyn Store, record: &Record, due: &BTreeSet<DocumentId>) -> Result<Erasure> {
    let goes = |goes: bool| if goes { Erasure::Erase } else { Erasure::Keep };
    Ok(match record {
        Record::Entry(bytes) => {
            let entry = layout::entry_of(bytes)?;
            let held = entry.payload.is_some() && entry.header.may_be_bare();
            match held && due.contains(&entry.document()) {
                true => Erasure::Shorten(Record::Entry(bare(&entry).to_bytes())),
                false => Erasure::Keep,
            }
        }
        Record::Put { table: Table::Meta, key, value } => {
            goes(of_document(key, value).is_some_and(|id| due.contains(&id)))
        }
        Record::Put { table: Table::Drafts, key, value } if is_draft(key) => {
            let revises = revised_by(key, value).is_some_and(|id| due.contains(&id));
            goes(revises || store.get(Table::Drafts, key)?.is_none())
        }
        Record::Put { table: Table::Drafts, key, .. } => {
            goes(due.iter().flat_map(kept_beside).any(|of| of == *key))
        }
        Record::Put { .. } | Record::Delete { .. } => Erasure::Keep,
    })
}

/// The document that a local record of the `Meta` table is about.
fn of_document(key: &[u8], value: &[u8]) -> Option<DocumentId> {
    if key.starts_with(OWN) || key.starts_with(ALIKE) {
        return value.try_into().ok().map(DocumentId);
    }
    let entry = key.starts_with(LOST).then(|| layout::entry_of(value).ok()).flatten();
    entry.map(|entry| entry.document())
}
