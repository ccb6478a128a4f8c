//! Documents that entries change which come together: each is folded once, when all of them are in the store.

use std::collections::{BTreeMap, BTreeSet};

use protocol::{DocumentId, Hash, Shelf, ViewSum, limits::MAX_DOCUMENT_PATCHES};
use storage::{Batch, Table};

use super::documents::{Logs, Places};
use super::layout::{self, DocumentEntry, Projection};
use super::project::Standing;
use super::{BATCH_ENTRIES, Ledger};
use crate::error::Result;

/// Prefix of the marks of documents that are still to be folded; the id follows.
const FOLD: &[u8] = b"fold:";

/// What entries that come together have done to documents so far.
#[derive(Default)]
pub(super) struct Touched {
    documents: BTreeMap<DocumentId, Touch>,
    /// Documents that are their first patch alone, and stand in the sums with it.
    created: BTreeMap<DocumentId, Hash>,
    /// Digests that the sums of their shelves do not hold yet: those of the batch that is being made.
    unsummed: Vec<(Shelf, Hash)>,
    /// One of these was worked out here: the sum that came with the run does not hold it.
    untold: bool,
}

struct Touch {
    /// What the sums and figures held of the document before them.
    before: Standing,
    places: BTreeSet<DocumentEntry>,
}

impl Touched {
    /// A document began with one of them, and is to stand in the sum of its shelf with this digest.
    /// `told`: its run says so.
    pub fn created(&mut self, id: DocumentId, (shelf, digest): (Shelf, Hash), told: bool) {
        self.untold |= !told;
        self.created.insert(id, digest);
        self.unsummed.push((shelf, digest));
    }
}

impl Ledger {
    /// Notes an entry of a document that is on its way into the store. A mark stands there beside it until the document has
    /// been folded, so that an interruption leaves none behind.
    pub(super) fn touch(
        &mut self,
        id: &DocumentId,
        place: DocumentEntry,
        (batch, touched): (&mut Batch, &mut Touched),
    ) -> Result<()> {
        if let Some(touch) = touched.documents.get_mut(id) {
            touch.places.insert(place);
            return Ok(());
        }
        let before = match touched.created.get(id) {
            Some(digest) => Standing { digest: Some(*digest), ..Standing::default() },
            None => self.standing(id)?,
        };
        touched.documents.insert(*id, Touch { before, places: BTreeSet::from([place]) });
        batch.put(Table::Meta, &[FOLD, &id.0].concat(), Vec::new());
        Ok(())
    }

    /// Adds what began to the sums of the shelves. `sum` is that of all digests in the run it comes from, made beside the core: if
    /// all of them have begun something, and nothing else has, that is what is to be added.
    pub(super) fn sum_touched(&mut self, touched: &mut Touched, sum: Option<&ViewSum>) {
        let unsummed = std::mem::take(&mut touched.unsummed);
        let told = !std::mem::take(&mut touched.untold);
        let whole = sum.filter(|sum| told && sum.count == unsummed.len() as u64);
        match (whole, unsummed.first()) {
            (Some(sum), Some((shelf, _))) => self.sum(*shelf).merge(sum),
            _ => unsummed.iter().for_each(|(shelf, digest)| self.sum(*shelf).add(digest)),
        }
    }

    /// Folds the documents that entries now in the store have touched. `batch` goes into the store with them.
    pub(super) fn fold_touched(&mut self, touched: Touched, mut batch: Batch) -> Result<()> {
        for (n, (id, touch)) in touched.documents.iter().enumerate() {
            self.fold_one(id, touch, &mut batch)?;
            batch.delete(Table::Meta, &[FOLD, &id.0].concat());
            if n % BATCH_ENTRIES == BATCH_ENTRIES - 1 {
                self.write(&mut batch)?;
            }
        }
        self.write(&mut batch)
    }

    fn fold_one(&mut self, id: &DocumentId, touch: &Touch, batch: &mut Batch) -> Result<()> {
        let store = std::sync::Arc::clone(&self.store);
        let mut logs = Logs::new(store.as_ref(), None);
        let places = logs.places(id)?;
        match layout::projection(store.as_ref(), id)? {
            Some(known) if !known.waiting && !self.is_purged(id) && says_nothing(&known, touch, &places) => {
                let void = places.total().saturating_sub(known.versions + known.waits);
                self.figures.void = (self.figures.void + void).saturating_sub(known.void);
                let projection = Projection { void, ..known };
                batch.put(Table::Projections, &id.0, layout::projection_value(&projection));
                Ok(())
            }
            _ => self.fold_places(id, touch.before, (&mut logs, places), batch),
        }
    }

    /// Folds the documents that an interruption left unfolded. What is in the sums of them follows from what is stored.
    pub(super) fn fold_left_over(&mut self) -> Result<()> {
        let mut left = Vec::new();
        self.store.walk(Table::Meta, FOLD, &mut |key, _| {
            left.extend(key.get(FOLD.len()..).and_then(|id| Some(DocumentId(id.try_into().ok()?))));
            std::ops::ControlFlow::Continue(())
        })?;
        // On a full disk the node only reads; the marks stand until there is room.
        if left.is_empty() || self.storage.room().is_err() {
            return Ok(());
        }
        self.rebuild_sums()?;
        for ids in left.chunks(BATCH_ENTRIES) {
            let mut batch = Batch::default();
            for id in ids {
                let before = self.standing(id)?;
                self.refold(id, before, None, &mut batch)?;
                batch.delete(Table::Meta, &[FOLD, &id.0].concat());
            }
            self.write(&mut batch)?;
        }
        Ok(())
    }
}

/// Whether entries that have come change nothing of a document: they are by others than its editors, or lie past what a fold
/// reads; or it has as many patches as it may have, and they would all be judged after those.
fn says_nothing(known: &Projection, touch: &Touch, places: &Places) -> bool {
    let read = places.rightful.iter().filter(|place| touch.places.contains(place)).count();
    let mut last = places.rightful.iter().rev().take(read);
    let full = known.versions >= MAX_DOCUMENT_PATCHES as u64;
    read == 0 || (full && last.all(|place| touch.places.contains(place)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(log: u32, seq: u64) -> DocumentEntry {
        DocumentEntry { log, seq, creates: (log, seq) == (1, 2) }
    }

    /// Past the cap only what is judged before others can change anything.
    #[test]
    fn a_full_document_is_not_folded_for_what_would_be_judged_last() {
        let full = Projection { versions: MAX_DOCUMENT_PATCHES as u64, ..Projection::default() };
        let open = Projection { versions: full.versions - 1, ..full.clone() };
        let rightful = vec![place(1, 2), place(1, 3), place(2, 2), place(2, 3), place(2, 4)];
        let places = Places { rightful, others: 3 };
        let come = |all: &[DocumentEntry]| Touch {
            before: Standing::default(),
            places: all.iter().copied().collect(),
        };
        let last = come(&[place(2, 3), place(2, 4)]);
        assert!(says_nothing(&full, &last, &places));
        assert!(!says_nothing(&open, &last, &places));
        assert!(!says_nothing(&full, &come(&[place(1, 3), place(2, 4)]), &places));
        // By others, or past what a fold reads.
        assert!(says_nothing(&open, &come(&[place(7, 2), place(2, 5)]), &places));
    }
}
