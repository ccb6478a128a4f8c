//! What entries mean for documents: their states, the shelves' sums, the order of arrival.

use std::collections::BTreeMap;

use protocol::{CheckedEntry, Circle, DocumentId, LogId, NodeCertificate, Origin, Patch, SignedPatch, Verb};
use replica::{Document, DocumentPatch, DocumentState, check_entry, may_edit, open_entry, patch_of};
use storage::{Batch, Table};

use super::layout::{self, DocumentEntry, Projection};
use super::{Ledger, LogRecord};
use crate::error::Result;

/// Patches of one document that a fold reads at the most.
const MAX_FOLD: usize = protocol::limits::MAX_DOCUMENT_PATCHES + 1_000;

impl Ledger {
    /// Adds to `batch` what an entry does to documents. True when it creates one.
    pub(super) fn project(
        &mut self,
        log: &LogId,
        record: &LogRecord,
        checked: &CheckedEntry,
        batch: &mut Batch,
    ) -> Result<bool> {
        let entry = &checked.entry;
        let valid = match self.certificates.get(log) {
            Some(certificate) => check_entry(entry, certificate),
            None => return Ok(false),
        };
        if valid.is_err() {
            self.void += 1;
            return Ok(false);
        }
        self.mention(log, record, checked, batch);
        let verb = entry.header.verb;
        let creates = [Verb::CREATE, Verb::MOVE].contains(&verb);
        if !(creates || verb == Verb::EDIT) || !log.shelf.kind.holds_documents() {
            return Ok(false);
        }
        let id = entry.header.document.unwrap_or(DocumentId(checked.hash.0));
        let key = layout::document_key(&id, record.number, entry.header.seq);
        if log.shelf.circle().is_some() {
            // Who cannot open it keeps it and passes it on, and shows nothing.
            let Some(opened) = open_entry(entry, &self.opener.network, &self.opener.key) else {
                return Ok(false);
            };
            if !is_in_place(&opened, entry, self.certificates.get(log)) {
                self.void += 1;
                return Ok(false);
            }
            batch.put(Table::Opened, &key, opened);
            batch.put(Table::Documents, &key, vec![u8::from(creates)]);
            self.refold_with(log, record, (&id, checked), batch)?;
            return Ok(false);
        }
        batch.put(Table::Documents, &key, vec![u8::from(creates)]);
        if creates && !self.waiting.contains(&id) {
            let signed = match &checked.patch {
                Some(signed) => Some(signed.clone()),
                None => patch_of(entry).ok().flatten(),
            };
            let origin = Origin { log: *log, seq: entry.header.seq };
            let sound = signed.filter(|signed| checked.patch.is_some() || is_sound(signed, &origin, entry));
            match sound {
                Some(signed) => self.create(log, &id, &signed, batch),
                None => self.void += 1,
            }
            return Ok(true);
        }
        self.refold_with(log, record, (&id, checked), batch)?;
        Ok(creates)
    }

    /// Folds a document anew with an entry that is on its way into the store.
    fn refold_with(
        &mut self,
        log: &LogId,
        record: &LogRecord,
        (id, checked): (&DocumentId, &CheckedEntry),
        batch: &mut Batch,
    ) -> Result<()> {
        // Reading back below must see this entry.
        let entry = &checked.entry;
        batch.put(Table::Entries, &layout::entry_key(record.number, entry.header.seq), entry.to_bytes());
        let ahead =
            LogRecord { head: protocol::Head { seq: entry.header.seq, hash: checked.hash }, ..*record };
        batch.put(Table::Heads, &record.number.to_be_bytes(), layout::head_value(log, &ahead));
        self.store.apply(std::mem::take(batch))?;
        self.refold(id, log, batch)
    }

    fn create(&mut self, log: &LogId, id: &DocumentId, signed: &SignedPatch, batch: &mut Batch) {
        let state = DocumentState::of_first(&signed.patch);
        self.sums.entry(log.shelf).or_default().add(&state.digest(id));
        self.arrive(id, batch);
    }

    pub(super) fn arrive(&mut self, id: &DocumentId, batch: &mut Batch) {
        batch.put(Table::Arrivals, &self.next_arrival.to_be_bytes(), id.0);
        self.next_arrival += 1;
    }

    /// Folds a document anew after an edit, or when its beginning has come at last.
    fn refold(&mut self, id: &DocumentId, log: &LogId, batch: &mut Batch) -> Result<()> {
        let before = self.state_before(id)?;
        let Some(document) = load_document(self.store.as_ref(), id)? else {
            self.waiting.insert(*id);
            batch.put(Table::Projections, &id.0, layout::projection_value(&Projection::default()));
            return Ok(());
        };
        self.waiting.remove(id);
        let state = document.state().map_err(layout::damaged)?;
        let valid = document.patches().filter(|(_, fate)| **fate == replica::Fate::Valid);
        let updated_ms = valid.map(|(patch, _)| patch.time_ms).max().unwrap_or_default();
        // Sealed documents are in no view hash, and not for the index.
        let sealed = document.origin().log.shelf.circle().is_some();
        if !sealed {
            let sum = self.sums.entry(log.shelf).or_default();
            if let Some(before) = before {
                sum.remove(&before.digest(id));
            }
            sum.add(&state.digest(id));
        }
        let versions = document.versions() as u64;
        batch.put(
            Table::Projections,
            &id.0,
            layout::projection_value(&Projection { versions, updated_ms, state }),
        );
        if !sealed {
            self.arrive(id, batch);
        }
        Ok(())
    }

    /// The state that the shelf's sum holds of a document now; `None` when it is not in it.
    fn state_before(&self, id: &DocumentId) -> Result<Option<DocumentState>> {
        if self.waiting.contains(id) {
            return Ok(None);
        }
        let store = self.store.as_ref();
        if let Some(projection) = layout::projection(store, id)? {
            return Ok((projection.versions > 0).then_some(projection.state));
        }
        let entries = layout::document_entries(store, id, MAX_FOLD)?;
        let Some(creating) = entries.iter().find(|e| e.creates) else { return Ok(None) };
        let entry = layout::readable_at(store, id, creating)?;
        let signed = patch_of(&entry).ok().flatten();
        Ok(signed.map(|signed| DocumentState::of_first(&signed.patch)))
    }

    pub(super) fn sums_into(&self, batch: &mut Batch) {
        super::open::sums_mark(self.next_arrival, batch);
        for (shelf, sum) in &self.sums {
            let mut key = protocol::Encoder::new();
            shelf.encode(&mut key);
            batch.put(Table::Shelves, &key.finish(), sum.to_bytes());
        }
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

/// Whether a creating patch is what its change hash says. A run that implied the hash has computed it already.
fn is_sound(signed: &SignedPatch, origin: &Origin, entry: &protocol::Entry) -> bool {
    let actor = protocol::Actor::derive(&origin.log, origin, 0);
    signed.to_change(actor, entry.header.time_ms).is_ok()
}

/// The certificate that opened a log.
pub(crate) fn certificate_of(store: &dyn storage::Store, log: u32) -> Result<Option<NodeCertificate>> {
    let opening = layout::entry_at(store, log, 1)?;
    let open = opening.payload.and_then(|p| protocol::OpenLog::from_bytes(&p.bytes).ok());
    Ok(open.map(|open| open.certificate))
}

/// Where the entries of a document stand that may change it: those of its editors, on its shelf.
pub(crate) fn rightful_entries(store: &dyn storage::Store, id: &DocumentId) -> Result<Vec<DocumentEntry>> {
    let mut places = layout::document_entries(store, id, MAX_FOLD)?;
    let Some(creating) = places.iter().find(|place| place.creates).copied() else { return Ok(places) };
    let (home, _) = layout::log_record(store, creating.log)?;
    let first = patch_of(&layout::entry_at(store, creating.log, creating.seq)?).ok().flatten();
    let first = first.map_or_else(|| Patch::first([]), |signed| signed.patch);
    let creator = certificate_of(store, creating.log)?;
    let parties = beginning_of(store, id, &creating)?.map(|(circle, _)| circle.parties).unwrap_or_default();
    let mut rightful: BTreeMap<u32, bool> = BTreeMap::from([(creating.log, true)]);
    for place in &places {
        if rightful.contains_key(&place.log) {
            continue;
        }
        let (log, _) = layout::log_record(store, place.log)?;
        let editor = certificate_of(store, place.log)?;
        let may = editor.zip(creator.as_ref()).is_some_and(|(editor, creator)| {
            may_edit(&editor, creator, &first) || parties.contains(&editor.body.institution)
        });
        rightful.insert(place.log, may && log.shelf == home.shelf);
    }
    places.retain(|place| rightful.get(&place.log) == Some(&true));
    Ok(places)
}

/// The circle that a document's creating entry names, and its patch, when it is sealed and this node can read it.
pub(crate) fn beginning_of(
    store: &dyn storage::Store,
    id: &DocumentId,
    creating: &DocumentEntry,
) -> Result<Option<(Circle, Patch)>> {
    let entry = layout::readable_at(store, id, creating)?;
    let sealed = entry.header.log.shelf.circle().is_some();
    let signed = if sealed { patch_of(&entry).ok().flatten() } else { None };
    Ok(signed.and_then(|signed| Some((Circle::named_by(&signed.patch)?, signed.patch))))
}

/// Reads and folds a document; `None` while its creating entry is not held.
pub(crate) fn load_document(store: &dyn storage::Store, id: &DocumentId) -> Result<Option<Document>> {
    let places = rightful_entries(store, id)?;
    let mut origin = None;
    let mut patches = Vec::with_capacity(places.len());
    for place in places {
        let entry = layout::readable_at(store, id, &place)?;
        if place.creates {
            origin = Some(Origin { log: entry.header.log, seq: entry.header.seq });
        }
        if let Some(signed) = patch_of(&entry).map_err(layout::damaged)? {
            patches.push(DocumentPatch {
                log: entry.header.log,
                seq: entry.header.seq,
                entry: entry.hash(),
                time_ms: entry.header.time_ms,
                signed,
            });
        }
    }
    Ok(origin.map(|origin| Document::fold(origin, patches)))
}
