//! What a node shows of what it holds.

use std::collections::BTreeMap;

use protocol::{
    DocumentId, Entry, Hash, LogId, NodeCertificate, Origin, Patch, Roster, Shelf, SignedPatch, Value, Verb,
    ViewSum, view_hash,
};
use replica::{Document, DocumentPatch, check_entry, may_edit, open_entry, patch_of};

use super::Node;
use crate::founding::sealing_key;
use crate::rng::Rng;

impl Node {
    /// The title of a document, when the node can read it.
    pub fn title(&self, id: &DocumentId) -> Option<String> {
        let state = self.document(id)?.state();
        match state.fields.get("title")?.first()? {
            Value::Text(title) => Some(title.clone()),
            _ => None,
        }
    }

    /// All documents whose beginning is held, each with its origin and its patches.
    pub fn documents(&self) -> BTreeMap<DocumentId, (Origin, Vec<DocumentPatch>)> {
        self.documents_of(None)
    }

    /// The same of one document alone, or of all.
    fn documents_of(&self, only: Option<&DocumentId>) -> BTreeMap<DocumentId, (Origin, Vec<DocumentPatch>)> {
        let mut origins = BTreeMap::new();
        let mut patches: BTreeMap<DocumentId, Vec<(NodeCertificate, DocumentPatch)>> = BTreeMap::new();
        for (log, entries) in &self.store {
            let Some(certificate) = self.replica.logs().get(log).and_then(|l| l.certificate.clone()) else {
                continue;
            };
            let counts = self.counts(log);
            let counting = entries.iter().take_while(|e| e.header.seq <= counts);
            let counting = counting.filter(|e| only.is_none_or(|id| e.document() == *id));
            for entry in counting.filter(|e| check_entry(e, &certificate).is_ok()) {
                let seq = entry.header.seq;
                if [Verb::CREATE, Verb::MOVE].contains(&entry.header.verb) {
                    origins.insert(entry.document(), (Origin { log: *log, seq }, certificate.clone()));
                } else if entry.header.verb != Verb::EDIT {
                    continue;
                }
                let Some(signed) = self.patch(entry) else { continue };
                let time_ms = entry.header.time_ms;
                let patch = DocumentPatch { log: *log, seq, entry: entry.hash(), time_ms, signed };
                patches.entry(entry.document()).or_default().push((certificate.clone(), patch));
            }
        }
        let all = origins.into_iter().map(|(id, (origin, creator))| {
            let own = patches.remove(&id).unwrap_or_default();
            let begins =
                |(_, patch): &&(_, DocumentPatch)| (patch.log, patch.seq) == (origin.log, origin.seq);
            let first = own.iter().find(begins).map(|(_, patch)| patch.signed.patch.clone());
            let first = first.unwrap_or_else(|| Patch::first([]));
            let parties = origin.log.shelf.circle().and_then(|id| self.circles.get(&id)?.circle.clone());
            let party = |editor: &NodeCertificate| {
                parties.as_ref().is_some_and(|circle| circle.parties.contains(&editor.body.institution))
            };
            let by_editors =
                own.into_iter().filter(|(editor, _)| may_edit(editor, &creator, &first) || party(editor));
            (id, (origin, by_editors.map(|(_, patch)| patch).collect()))
        });
        all.collect()
    }

    /// The patch of an entry, as far as this node can read it.
    fn patch(&self, entry: &Entry) -> Option<SignedPatch> {
        if entry.header.log.shelf.circle().is_none() {
            return patch_of(entry).ok().flatten();
        }
        let own = sealing_key(&self.key.public());
        SignedPatch::from_bytes(&open_entry(entry, &self.replica.network(), &own)?).ok()
    }

    /// A document, folded.
    pub fn document(&self, id: &DocumentId) -> Option<Document> {
        let (origin, patches) = self.documents_of(Some(id)).remove(id)?;
        Some(Document::fold(origin, patches))
    }

    /// The view hash over everything held.
    pub fn view(&self) -> Hash {
        let roster: &Roster = self.replica.roster();
        view_hash(&self.sums(), &roster.digest())
    }

    /// What it shows of each shelf that is not sealed.
    pub fn sums(&self) -> BTreeMap<Shelf, ViewSum> {
        let mut shelves: BTreeMap<Shelf, ViewSum> = BTreeMap::new();
        let documents = self.documents().into_iter();
        for (id, (origin, patches)) in documents.filter(|(_, (o, _))| o.log.shelf.circle().is_none()) {
            let document = Document::fold(origin, patches);
            if document.versions() == 0 {
                continue;
            }
            let state = document.state();
            shelves.entry(origin.log.shelf).or_default().add(&state.digest(&id));
        }
        shelves
    }

    /// A listing of its own institution, picked at random from what it holds.
    pub fn some_document(&self, rng: &mut Rng) -> Option<DocumentId> {
        let own = |log: &&LogId| {
            let certificate = self.replica.logs().get(log).and_then(|l| l.certificate.as_ref());
            log.shelf.kind.is_listing()
                && certificate.is_some_and(|c| c.body.institution == self.institution.id())
        };
        let logs: Vec<&LogId> = self.store.keys().filter(own).collect();
        let entries = &self.store[*logs.get(rng.below(logs.len().max(1)))?];
        let entry = &entries[rng.below(entries.len())];
        (entry.header.verb == Verb::CREATE).then(|| entry.document())
    }

    /// Documents that this node may edit.
    pub fn editable(&self) -> Vec<DocumentId> {
        let creator = |log: &LogId| self.replica.logs().get(log).and_then(|l| l.certificate.as_ref());
        let mine = |(origin, patches): &(Origin, Vec<DocumentPatch>)| {
            // A purged one has no beginning to build on.
            let first = patches.iter().find(|p| (p.log, p.seq) == (origin.log, origin.seq));
            let may = |c| first.is_some_and(|first| may_edit(&self.certificate, c, &first.signed.patch));
            creator(&origin.log).is_some_and(may)
        };
        self.documents().into_iter().filter(|(_, found)| mine(found)).map(|(id, _)| id).collect()
    }
}
