//! What entries mean for documents: their states, the shelves' sums, the order of arrival.

use protocol::{
    Beginning, CheckedEntry, Circle, DocumentId, Hash, LogId, NodeCertificate, Origin, Shelf, SignedPatch,
    Verb, ViewSum,
};
use replica::{Document, DocumentState, Fate, check_opened, open_entry, patch_of};
use storage::{Batch, Table};

use super::documents::{self, Changing, Logs, Places};
use super::layout::ARRIVALS_A_ROW;
use super::layout::{self, DocumentEntry, Projection};
use super::touched::Touched;
use super::{Ledger, LogRecord};
use crate::error::Result;
use crate::library::{file_row, named_in};

/// Sums that one batch takes, of 2 KiB each: after all were added up anew there may be one for each county and kind.
const SUMS_AT_ONCE: usize = 4_096;

/// What the sums and figures hold of a document now.
#[derive(Clone, Copy, Default)]
pub(super) struct Standing {
    /// Digest of the state that its shelf's sum holds; `None` when it is not in it.
    pub digest: Option<Hash>,
    /// Void entries that are counted for it.
    pub void: u64,
    /// The entry that creates it is not there yet.
    pub waiting: bool,
}

impl Ledger {
    /// Adds to `batch` what an entry does to documents. True when it creates one that counts.
    pub(super) fn project(
        &mut self,
        log: &LogId,
        record: &LogRecord,
        checked: &CheckedEntry,
        (batch, touched): (&mut Batch, &mut Touched),
    ) -> Result<bool> {
        let entry = &checked.entry;
        let counts = entry.header.seq <= record.counts;
        let Some(certificate) = self.certificates.get(log) else { return Ok(false) };
        if check_opened(checked, certificate).is_err() {
            self.figures.void += u64::from(counts);
            return Ok(false);
        }
        if counts {
            self.mention(log, record, checked, batch)?;
        }
        if !changes_document(entry.header.verb, log) {
            return Ok(false);
        }
        let creates = creates_document(entry.header.verb);
        let id = entry.header.document.unwrap_or(DocumentId(checked.hash.0));
        let place = DocumentEntry { log: record.number, seq: entry.header.seq, creates };
        let (row, value) = layout::place_row(&id, &place);
        if log.shelf.circle().is_some() {
            // Who cannot open it keeps it and passes it on, and shows nothing.
            let Some(opened) = open_entry(entry, &self.opener.network, &self.opener.key) else {
                return Ok(false);
            };
            if is_in_place(&opened, entry, self.certificates.get(log)) {
                self.note_letter(log, &place, checked, &opened, batch);
                batch.put(Table::Opened, &layout::document_key(&id, place.log, place.seq), opened);
                batch.put(Table::Documents, &row, value);
                if counts {
                    self.touch(&id, place, (batch, touched))?;
                }
            }
            return Ok(false);
        }
        batch.put(Table::Documents, &row, value);
        if !counts {
            return Ok(false);
        }
        if creates
            && !self.is_waiting(&id)?
            && let Some(beginning) = beginning_in(log, checked, &id)
        {
            if beginning.names_files
                && let Some(signed) = patch_of(entry).ok().flatten()
            {
                note_files(&DocumentState::of_first(&signed.patch), &id, batch);
            }
            self.arrive(&id);
            touched.created(id, (log.shelf, beginning.digest), checked.beginning.is_some());
            return Ok(true);
        }
        self.touch(&id, place, (batch, touched))?;
        Ok(creates)
    }

    /// A document is new or has changed: the batch that says so is to say it in the order of arrivals, too.
    pub(super) fn arrive(&mut self, id: &DocumentId) {
        self.arrived.push(*id);
        self.figures.next_arrival += 1;
    }

    /// Adds to a batch what arrived with it.
    pub(super) fn arrivals_into(&mut self, batch: &mut Batch) {
        let first = self.figures.next_arrival.saturating_sub(self.arrived.len() as u64);
        for (number, row) in (first..).step_by(ARRIVALS_A_ROW).zip(self.arrived.chunks(ARRIVALS_A_ROW)) {
            let ids: Vec<u8> = row.iter().flat_map(|id| id.0).collect();
            batch.put(Table::Arrivals, &number.to_be_bytes(), ids);
        }
        self.arrived.clear();
    }

    /// Folds a document anew: after edits, when its beginning has come at last, when a log of it counts more or less. The
    /// entries that did it are in the store already; `before` is what the sums and figures hold of it.
    pub(super) fn refold(
        &mut self,
        id: &DocumentId,
        before: Standing,
        changing: Changing,
        batch: &mut Batch,
    ) -> Result<()> {
        let store = std::sync::Arc::clone(&self.store);
        let mut logs = Logs::new(store.as_ref(), changing);
        let places = logs.places(id)?;
        self.fold_places(id, before, (&mut logs, places), batch)
    }

    pub(super) fn fold_places(
        &mut self,
        id: &DocumentId,
        before: Standing,
        (logs, places): (&mut Logs<'_>, Places),
        batch: &mut Batch,
    ) -> Result<()> {
        self.folds += 1;
        let total = places.total();
        let projection = match documents::fold(logs.store(), id, places.rightful)? {
            document if self.is_purged(id) => {
                let begun = document.is_some() || total == 0;
                Projection { waiting: !begun, ..Projection::default() }
            }
            Some(document) => projection_of(&document, total)?,
            None => Projection { waiting: total > 0, ..Projection::default() },
        };
        self.count_waiting(before, projection.waiting);
        let digest = (projection.versions > 0).then(|| projection.state.digest(id));
        let home = self.home_of(id, logs)?;
        // Sealed documents are in no view hash, and not for the index.
        let sealed = home.is_some_and(|shelf| shelf.circle().is_some());
        if let Some(shelf) = home.filter(|_| !sealed) {
            note_files(&projection.state, id, batch);
            let sum = self.sum(shelf);
            before.digest.iter().for_each(|digest| sum.remove(digest));
            digest.iter().for_each(|digest| sum.add(digest));
        }
        self.figures.void = (self.figures.void + projection.void).saturating_sub(before.void);
        if total == 0 {
            batch.delete(Table::Projections, &id.0);
        } else {
            batch.put(Table::Projections, &id.0, layout::projection_value(&projection));
        }
        // Nor is what shows nothing and showed nothing: whoever writes void entries gives the index no work.
        if !sealed && (before.digest.is_some() || digest.is_some()) {
            self.arrive(id);
        }
        Ok(())
    }

    /// Whether edits of a document are here and the entry that creates it is not. Nearly always none of all documents is like
    /// that, and nothing needs to be looked up.
    fn is_waiting(&self, id: &DocumentId) -> Result<bool> {
        if self.waiting == 0 {
            return Ok(false);
        }
        Ok(self.store.get(Table::Projections, &id.0)?.is_some_and(|value| layout::is_waiting(&value)))
    }

    /// A document's projection says from now on whether it waits.
    pub(super) fn count_waiting(&mut self, before: Standing, waits: bool) {
        self.waiting = (self.waiting + u64::from(waits)).saturating_sub(u64::from(before.waiting));
    }

    /// The shelf of a document: that of the entry which creates it, counting or not.
    pub(super) fn home_of(&self, id: &DocumentId, logs: &mut Logs<'_>) -> Result<Option<Shelf>> {
        let creating = layout::creating_place(self.store.as_ref(), id)?;
        creating.map(|place| Ok(logs.get(place.log)?.0.shelf)).transpose()
    }

    /// What the sums hold of a document by the store's word.
    pub(super) fn standing(&self, id: &DocumentId) -> Result<Standing> {
        let store = self.store.as_ref();
        if let Some(projection) = layout::projection(store, id)? {
            let digest = (projection.versions > 0).then(|| projection.state.digest(id));
            return Ok(Standing { digest, void: projection.void, waiting: projection.waiting });
        }
        let Some(creating) = documents::creating_entry(store, id)? else { return Ok(Standing::default()) };
        let entry = layout::readable_at(store, id, &creating)?;
        let signed = patch_of(&entry).ok().flatten();
        let digest = signed.map(|signed| DocumentState::of_first(&signed.patch).digest(id));
        Ok(Standing { digest, ..Standing::default() })
    }

    /// The sum of a shelf, to be changed: the batch that changes the shelf writes it.
    pub(super) fn sum(&mut self, shelf: Shelf) -> &mut ViewSum {
        self.sums_due.insert(shelf);
        self.sums.entry(shelf).or_default()
    }

    /// Adds the sums that have changed to the batch that changes them, so that after a crash nothing has to be added up. The mark
    /// that they are those of the store comes with the last of them.
    pub(super) fn sums_into(&mut self, batch: &mut Batch) {
        for shelf in self.sums_due.iter().take(SUMS_AT_ONCE) {
            let Some(sum) = self.sums.get(shelf) else { continue };
            let mut key = protocol::Encoder::new();
            shelf.encode(&mut key);
            batch.put(Table::Shelves, &key.finish(), sum.to_bytes());
        }
        self.sums_due = self.sums_due.iter().skip(SUMS_AT_ONCE).copied().collect();
        if self.sums_due.is_empty() {
            super::open::sums_mark(self.figures.next_arrival, batch);
        }
    }
}

/// Notes which files a document names, so that they are found and kept. What it names no more stays noted: who looks asks the
/// document itself.
fn note_files(state: &DocumentState, id: &DocumentId, batch: &mut Batch) {
    for attachment in named_in(state) {
        batch.put(Table::Files, &file_row(&attachment.file, id), Vec::new());
    }
}

/// Whether what stood in an envelope may stand there: a patch, and in a creating entry that of a party, in the circle of
/// its shelf.
fn is_in_place(opened: &[u8], entry: &protocol::Entry, author: Option<&NodeCertificate>) -> bool {
    let Ok(signed) = SignedPatch::from_bytes(opened) else { return false };
    if entry.header.verb != Verb::CREATE {
        return true;
    }
    let circle = Circle::named_by(&signed.patch);
    let own = circle.filter(|circle| Some(circle.id()) == entry.header.log.shelf.circle());
    signed.patch.is_first()
        && own.zip(author).is_some_and(|(circle, author)| circle.parties.contains(&author.body.institution))
}

/// Whether entries of that verb in that log belong to documents.
pub(super) fn changes_document(verb: Verb, log: &LogId) -> bool {
    (creates_document(verb) || verb == Verb::EDIT) && log.shelf.kind.holds_documents()
}

/// Whether an entry of that verb creates a document.
pub(crate) fn creates_document(verb: Verb) -> bool {
    verb == Verb::CREATE || verb == Verb::MOVE
}

/// What a creating entry begins. `None` when its patch is not what its change hash says.
fn beginning_in(log: &LogId, checked: &CheckedEntry, id: &DocumentId) -> Option<Beginning> {
    // A run that implied the hash has computed it already.
    if checked.beginning.is_some() {
        return checked.beginning;
    }
    let entry = &checked.entry;
    let signed = patch_of(entry).ok().flatten()?;
    let origin = Origin { log: *log, seq: entry.header.seq };
    let actor = protocol::Actor::derive(log, &origin, 0);
    signed.check_hash(actor, entry.header.time_ms).ok()?;
    Beginning::of(&signed.patch, id)
}

fn projection_of(document: &Document, total: u64) -> Result<Projection> {
    let valid = document.patches().filter(|(_, fate)| **fate == Fate::Valid);
    let updated_ms = valid.map(|(patch, _)| patch.time_ms).max().unwrap_or_default();
    let waiting = document.patches().filter(|(_, fate)| **fate == Fate::Waiting).count() as u64;
    let versions = document.versions() as u64;
    let void = total.saturating_sub(versions + waiting);
    let state = document.state();
    Ok(Projection { waiting: false, versions, waits: waiting, void, updated_ms, state })
}
