//! Which entries make up a document, read from the store.

use std::collections::{BTreeMap, BTreeSet};

use protocol::{Circle, DocumentId, InstitutionId, LogId, NodeCertificate, Origin, Patch};
use replica::{Document, DocumentPatch, may_edit, patch_of};
use storage::Store;

use super::layout::{self, DocumentEntry};
use crate::error::Result;

/// Rightful patches of one document that a fold reads at the most.
const MAX_FOLD: usize = protocol::limits::MAX_DOCUMENT_PATCHES + 1_000;
/// Entries of one document by others than its editors that are counted as void. A figure for the eye; who writes more of
/// them does not make each further one dearer.
const MAX_OTHERS: usize = 1_000;

/// How far a log (by its number) is about to count, in place of what the store says of it.
pub(crate) type Changing = Option<(u32, u64)>;

/// The logs of a document's entries, each read once.
pub(crate) struct Logs<'s> {
    store: &'s dyn Store,
    changing: Changing,
    known: BTreeMap<u32, (LogId, u64)>,
}

impl<'s> Logs<'s> {
    pub fn new(store: &'s dyn Store, changing: Changing) -> Self {
        Self { store, changing, known: BTreeMap::new() }
    }

    /// Where they are read from.
    pub fn store(&self) -> &'s dyn Store {
        self.store
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

    /// Where a document's creating entry stands, when it is held and counts.
    pub fn creating(&mut self, id: &DocumentId) -> Result<Option<DocumentEntry>> {
        let Some(place) = layout::creating_place(self.store, id)? else { return Ok(None) };
        Ok(if self.counts(&place)? { Some(place) } else { None })
    }

    /// Whether a log counts as far as this place.
    pub fn counts(&mut self, place: &DocumentEntry) -> Result<bool> {
        Ok(place.seq <= self.get(place.log)?.1)
    }

    /// A document's entries as far as their logs count. Whether a log's entries may change it is asked once, before they are
    /// read, and the bound takes the logs in the order of their ids: neither strangers nor the order of arrival decide.
    pub fn places(&mut self, id: &DocumentId) -> Result<Places> {
        let creating = self.creating(id)?;
        let rights = creating.map(|creating| self.rights(id, &creating)).transpose()?;
        let mut logs = Vec::new();
        for number in layout::editing_logs(self.store, id)? {
            let (log, counts) = self.get(number)?;
            logs.push((log, number, counts));
        }
        logs.sort_unstable();
        let mut places = Places { rightful: creating.into_iter().collect(), others: 0 };
        for (log, number, counts) in logs {
            let may = match &rights {
                Some(rights) => rights.allow(&log, certificate_of(self.store, number)?.as_ref()),
                None => false,
            };
            let room = if may { MAX_FOLD - places.rightful.len() } else { MAX_OTHERS - places.others };
            let found = layout::edits_in(self.store, id, number, counts, room)?;
            if may {
                places.rightful.extend(found);
            } else {
                places.others += found.len();
            }
        }
        Ok(places)
    }

    fn rights(&mut self, id: &DocumentId, creating: &DocumentEntry) -> Result<Rights> {
        let (home, _) = self.get(creating.log)?;
        let first = patch_of(&layout::readable_at(self.store, id, creating)?).ok().flatten();
        let first = first.map_or_else(|| Patch::first([]), |signed| signed.patch);
        let circle = home.shelf.circle().and_then(|_| Circle::named_by(&first));
        let parties = circle.map(|circle| circle.parties).unwrap_or_default();
        let creator = certificate_of(self.store, creating.log)?;
        Ok(Rights { home, first, parties, creator })
    }
}

/// A document's entries as far as their logs count.
pub(crate) struct Places {
    /// Those that may change it, the creating one first; none while that does not count. At most [`MAX_FOLD`].
    pub rightful: Vec<DocumentEntry>,
    /// Number of the others, at most [`MAX_OTHERS`].
    pub others: usize,
}

impl Places {
    /// Number of entries, as far as they are counted.
    pub fn total(&self) -> u64 {
        (self.rightful.len() + self.others) as u64
    }
}

/// Who may change a document: its editors, on its shelf.
struct Rights {
    home: LogId,
    first: Patch,
    parties: BTreeSet<InstitutionId>,
    creator: Option<NodeCertificate>,
}

impl Rights {
    fn allow(&self, log: &LogId, editor: Option<&NodeCertificate>) -> bool {
        let may = editor.zip(self.creator.as_ref()).is_some_and(|(editor, creator)| {
            may_edit(editor, creator, &self.first) || self.parties.contains(&editor.body.institution)
        });
        (*log == self.home || may) && log.shelf == self.home.shelf
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

/// Where the creating entry of a document stands, when it is held and counts.
pub(crate) fn creating_entry(store: &dyn Store, id: &DocumentId) -> Result<Option<DocumentEntry>> {
    Logs::new(store, None).creating(id)
}

/// Where the entries of a document stand that may change it.
pub(crate) fn rightful_entries(store: &dyn Store, id: &DocumentId) -> Result<Vec<DocumentEntry>> {
    Ok(Logs::new(store, None).places(id)?.rightful)
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
    let Some(creating) = places.first() else { return Ok(None) };
    let origin = Origin { log: layout::log_record(store, creating.log)?.0, seq: creating.seq };
    let mut patches = Vec::with_capacity(places.len());
    for place in places {
        let entry = layout::readable_at(store, id, &place)?;
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
    Ok(Some(Document::fold(origin, patches)))
}
