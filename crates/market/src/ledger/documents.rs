//! Which entries make up a document, read from the store.

use std::collections::BTreeMap;

use protocol::{Circle, DocumentId, LogId, NodeCertificate, Origin, Patch};
use replica::{Document, DocumentPatch, may_edit, patch_of};
use storage::Store;

use super::layout::{self, DocumentEntry};
use crate::error::Result;

/// Patches of one document that a fold reads at the most.
pub(super) const MAX_FOLD: usize = protocol::limits::MAX_DOCUMENT_PATCHES + 1_000;

/// How far a log (by its number) is about to count, in place of what the store says of it.
pub(super) type Changing = Option<(u32, u64)>;

/// The logs of a document's entries, each read once.
pub(super) struct Logs<'s> {
    store: &'s dyn Store,
    changing: Changing,
    known: BTreeMap<u32, (LogId, u64)>,
}

impl<'s> Logs<'s> {
    pub fn new(store: &'s dyn Store, changing: Changing) -> Self {
        Self { store, changing, known: BTreeMap::new() }
    }

    /// A log's id and how far it counts.
    pub fn get(&mut self, number: u32) -> Result<(LogId, u64)> {
        if let Some(known) = self.known.get(&number) {
            return Ok(*known);
        }
        let (log, record) = layout::log_record(self.store, number)?;
        let counts = match self.changing {
            Some((changing, counts)) if changing == number => counts,
            _ => record.counts,
        };
        self.known.insert(number, (log, counts));
        Ok((log, counts))
    }

    /// A document's entries as far as their logs count.
    pub fn counting(&mut self, id: &DocumentId) -> Result<Vec<DocumentEntry>> {
        let mut places = Vec::new();
        for place in layout::document_entries(self.store, id, MAX_FOLD)? {
            if place.seq <= self.get(place.log)?.1 {
                places.push(place);
            }
        }
        Ok(places)
    }

    /// Of these, those that may change the document: by its editors, on its shelf.
    pub fn rightful(
        &mut self,
        id: &DocumentId,
        mut places: Vec<DocumentEntry>,
    ) -> Result<Vec<DocumentEntry>> {
        let Some(creating) = places.iter().find(|place| place.creates).copied() else { return Ok(places) };
        let (home, _) = self.get(creating.log)?;
        let first = patch_of(&layout::readable_at(self.store, id, &creating)?).ok().flatten();
        let first = first.map_or_else(|| Patch::first([]), |signed| signed.patch);
        let circle = home.shelf.circle().and_then(|_| Circle::named_by(&first));
        let parties = circle.map(|circle| circle.parties).unwrap_or_default();
        let creator = certificate_of(self.store, creating.log)?;
        let mut rightful: BTreeMap<u32, bool> = BTreeMap::from([(creating.log, true)]);
        for place in &places {
            if rightful.contains_key(&place.log) {
                continue;
            }
            let (log, _) = self.get(place.log)?;
            let editor = certificate_of(self.store, place.log)?;
            let may = editor.zip(creator.as_ref()).is_some_and(|(editor, creator)| {
                may_edit(&editor, creator, &first) || parties.contains(&editor.body.institution)
            });
            rightful.insert(place.log, may && log.shelf == home.shelf);
        }
        places.retain(|place| rightful.get(&place.log) == Some(&true));
        Ok(places)
    }
}

/// The certificate that opened a log.
pub(super) fn certificate_of(store: &dyn Store, log: u32) -> Result<Option<NodeCertificate>> {
    let opening = layout::entry_at(store, log, 1)?;
    let open = opening.payload.and_then(|p| protocol::OpenLog::from_bytes(&p.bytes).ok());
    Ok(open.map(|open| open.certificate))
}

/// The circle that a document's creating entry names, and its patch, when it is sealed and this node can read it.
pub(crate) fn beginning_of(
    store: &dyn Store,
    id: &DocumentId,
    creating: &DocumentEntry,
) -> Result<Option<(Circle, Patch)>> {
    let entry = layout::readable_at(store, id, creating)?;
    let sealed = entry.header.log.shelf.circle().is_some();
    let signed = if sealed { patch_of(&entry).ok().flatten() } else { None };
    Ok(signed.and_then(|signed| Some((Circle::named_by(&signed.patch)?, signed.patch))))
}

/// Where the entries of a document stand, as far as their logs count.
pub(crate) fn counting_entries(store: &dyn Store, id: &DocumentId) -> Result<Vec<DocumentEntry>> {
    Logs::new(store, None).counting(id)
}

/// Where the entries of a document stand that may change it.
pub(crate) fn rightful_entries(store: &dyn Store, id: &DocumentId) -> Result<Vec<DocumentEntry>> {
    let mut logs = Logs::new(store, None);
    let places = logs.counting(id)?;
    logs.rightful(id, places)
}

/// Reads and folds a document; `None` while its creating entry is not held, or does not count.
pub(crate) fn load_document(store: &dyn Store, id: &DocumentId) -> Result<Option<Document>> {
    fold(store, id, rightful_entries(store, id)?)
}

/// Reads and folds these entries of a document.
pub(super) fn fold(
    store: &dyn Store,
    id: &DocumentId,
    places: Vec<DocumentEntry>,
) -> Result<Option<Document>> {
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
