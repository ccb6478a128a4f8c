//! What a node writes.

use std::collections::BTreeMap;

use protocol::{
    CheckedEntry, Circle, DocumentId, Draft, Entry, Envelope, LogId, OpenLog, Origin, Patch, Payload, Place,
    PublicKey, Purge, Redemption, Shelf, ShelfKind, SignedPatch, SignedStep, Value, Verb, Visibility,
};
use replica::Input;

use super::Node;
use crate::founding::sealing_key;

impl Node {
    /// Writes an entry, after the log's opening where that is missing; gives back all that was written.
    pub fn write(&mut self, log: LogId, verb: Verb, document: Option<DocumentId>, bytes: Vec<u8>) -> Input {
        let mut entries = Vec::new();
        if self.head(&log).seq == 0 && verb != Verb::OPEN {
            let open = OpenLog { certificate: self.certificate.clone(), predecessors: Vec::new() };
            entries.push(self.sign(log, Verb::OPEN, None, open.to_bytes()));
        }
        entries.push(self.sign(log, verb, document, bytes));
        Input::Appended { log, entries }
    }

    /// Writes one entry as it is given, with no opening before it.
    pub fn write_raw(&mut self, log: LogId, verb: Verb, bytes: Vec<u8>) -> Input {
        let entries = vec![self.sign(log, verb, None, bytes)];
        Input::Appended { log, entries }
    }

    fn sign(&mut self, log: LogId, verb: Verb, document: Option<DocumentId>, bytes: Vec<u8>) -> CheckedEntry {
        let payload = Payload { salt: self.rng.bytes(), bytes };
        let draft = Draft { document, verb, payload, time_ms: self.clock_ms };
        let network = self.replica.network();
        let entry = Entry::author(log, self.head(&log), draft, &network, &self.key).unwrap();
        let hash = entry.hash();
        self.wrote.push((log, entry.header.seq, hash));
        self.store.entry(log).or_default().push(entry.clone());
        // The fsync of the journal covers what of this node's own came back from peers before: it was journaled as well.
        self.fresh.retain(|log, _| log.node != entry.header.log.node);
        CheckedEntry { entry, hash, beginning: None }
    }

    /// Writes a roster step into its own log.
    pub fn write_step(&mut self, step: &SignedStep) -> Input {
        self.write(self.log(Shelf::ROSTER), Verb::ROSTER_STEP, None, step.to_bytes())
    }

    /// Writes a purge of a listing that is held.
    pub fn write_purge(&mut self, id: DocumentId, reason: &str) -> Input {
        let mut entries = self.store.values().flatten();
        let beginning = entries.find(|e| e.header.document.is_none() && e.document() == id).unwrap();
        let beginning = Entry { payload: None, ..beginning.clone() };
        let payload = Purge { reason: reason.to_owned(), beginning }.to_bytes();
        self.write(self.log(Shelf::ROSTER), Verb::PURGE, Some(id), payload)
    }

    /// Countersigns a redemption in its own log.
    pub fn write_redeem(&mut self, redemption: &Redemption) -> Input {
        self.write(self.log(Shelf::ROSTER), Verb::REDEEM, None, redemption.to_bytes())
    }

    /// Creates a listing.
    pub fn create(&mut self, shelf: Shelf, fields: Vec<(String, Value)>) -> (DocumentId, Input) {
        let log = self.log(shelf);
        let seq = self.head(&log).seq.max(1) + 1;
        let origin = Origin { log, seq };
        let actor = protocol::Actor::derive(&log, &origin, 0);
        let signed = SignedPatch::of(Patch::first(fields), actor, self.clock_ms).unwrap();
        let input = self.write(log, Verb::CREATE, None, signed.to_bytes());
        (DocumentId(self.head(&log).hash.0), input)
    }

    /// Creates a document in a circle, sealed to `recipients`; correspondence of kind 3.
    pub fn seal(&mut self, circle: &Circle, recipients: &[PublicKey], title: &str) -> (DocumentId, Input) {
        let visibility = Visibility::Sealed(circle.id());
        let log = self.log(Shelf { region: 0, kind: ShelfKind::CORRESPONDENCE, visibility });
        let seq = self.head(&log).seq.max(1) + 1;
        let title = ("title".to_owned(), Value::Text(title.to_owned()));
        let patch = Patch::first(circle.keys().chain([title]));
        let actor = protocol::Actor::derive(&log, &Origin { log, seq }, 0);
        let signed = SignedPatch::of(patch, actor, self.clock_ms).unwrap();
        let bytes = self.envelope(&log, seq, None, recipients, &signed);
        let input = self.write(log, Verb::CREATE, None, bytes);
        (DocumentId(self.head(&log).hash.0), input)
    }

    /// Edits a document of a circle.
    pub fn edit_sealed(&mut self, id: DocumentId, recipients: &[PublicKey], title: &str) -> Input {
        let (origin, _) = self.documents().remove(&id).unwrap();
        let log = self.log(origin.log.shelf);
        let title = ("title".to_owned(), Some(Value::Text(title.to_owned())));
        let edited = self.document(&id).unwrap().edit(&log, &BTreeMap::from([title]), self.clock_ms);
        let signed = edited.unwrap().unwrap();
        let seq = self.head(&log).seq.max(1) + 1;
        let bytes = self.envelope(&log, seq, Some(&id), recipients, &signed);
        self.write(log, Verb::EDIT, Some(id), bytes)
    }

    fn envelope(
        &mut self,
        log: &LogId,
        seq: u64,
        document: Option<&DocumentId>,
        recipients: &[PublicKey],
        signed: &SignedPatch,
    ) -> Vec<u8> {
        let network = self.replica.network();
        let keys: Vec<[u8; 32]> = recipients.iter().map(|node| sealing_key(node).public()).collect();
        let place = Place { network: &network, log, seq, document };
        Envelope::seal(&signed.to_bytes(), &keys, place, &self.rng.bytes()).unwrap().to_bytes()
    }

    /// Edits a listing on top of what is held; `None` when nothing changes.
    pub fn edit(&mut self, id: DocumentId, changes: &[(&str, Option<&str>)]) -> Option<Input> {
        // A purged one has nothing to build on.
        let document = self.document(&id).filter(|document| document.versions() > 0)?;
        let shelf = document.origin().log.shelf;
        let log = self.log(shelf);
        let changes = changes
            .iter()
            .map(|(key, value)| ((*key).to_owned(), value.map(|v| Value::Text(v.to_owned()))))
            .collect();
        let signed = document.edit(&log, &changes, self.clock_ms).unwrap()?;
        Some(self.write(log, Verb::EDIT, Some(id), signed.to_bytes()))
    }
}
