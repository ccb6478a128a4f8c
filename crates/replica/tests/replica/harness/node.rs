//! One node: its keys, its entries, its replica, and the hands that perform effects.

use std::collections::BTreeMap;

use protocol::{
    CertificateBody, Charter, CheckedEntry, Circle, CircleId, DocumentId, Draft, Entry, Envelope, Folded,
    Fork, Hash, Head, Institution, InstitutionId, LogId, NodeCertificate, OpenLog, Origin, Patch, Payload,
    Place, PublicKey, Purge, Redemption, Roster, RosterBook, SecretKey, Shelf, ShelfKind, SignedPatch,
    SignedStep, Subscription, Value, Verb, Visibility,
};
use replica::{
    Document, DocumentPatch, Input, KnownCircle, LogState, Me, Reach, Reached, Replica, ViewSum, Why,
    check_entry, entry_bytes, limits, may_edit, open_entry, patch_of, view_hash,
};

use super::founding::sealing_key;
use super::rng::Rng;

/// A node with everything that a real one keeps on disk.
pub struct Node {
    pub name: String,
    pub root: SecretKey,
    pub key: SecretKey,
    pub institution: Institution,
    pub certificate: NodeCertificate,
    pub incarnation: u64,
    pub subscription: Subscription,
    /// Bytes that it holds of one institution's logs.
    pub allowance: u64,
    invited: Option<Redemption>,
    pub replica: Replica,
    pub store: BTreeMap<LogId, Vec<Entry>>,
    /// What it remembers of circles.
    pub circles: BTreeMap<CircleId, KnownCircle>,
    pub forks: BTreeMap<LogId, Fork>,
    /// How far logs count, as it was worked out last.
    pub reach: BTreeMap<LogId, Reach>,
    pub reports: Vec<String>,
    pub roster_changes: usize,
    pub clock_ms: i64,
    rng: Rng,
}

impl Node {
    pub fn new(
        name: &str,
        charter: &Charter,
        keys: (SecretKey, SecretKey),
        parts: (Institution, CertificateBody, Option<Redemption>),
        seed: u64,
    ) -> Self {
        let (root, key) = keys;
        let (institution, body, redemption) = parts;
        let invited = redemption.clone();
        let certificate = NodeCertificate::issue(body, &charter.id(), &root, &key);
        let me = Me {
            charter: charter.clone(),
            certificate: certificate.clone(),
            redemption,
            sealing: sealing_key(&key.public()),
            subscription: Subscription::everything(),
            agent: name.to_owned(),
            allowance: u64::MAX,
        };
        Self {
            name: name.to_owned(),
            root,
            key,
            institution,
            certificate,
            incarnation: 7,
            subscription: Subscription::everything(),
            allowance: u64::MAX,
            invited,
            replica: Replica::new(me, BTreeMap::new(), RosterBook::new(charter), BTreeMap::new()),
            store: BTreeMap::new(),
            circles: BTreeMap::new(),
            forks: BTreeMap::new(),
            reach: BTreeMap::new(),
            reports: Vec::new(),
            roster_changes: 0,
            clock_ms: 0,
            rng: Rng::new(seed),
        }
    }

    pub fn log(&self, shelf: Shelf) -> LogId {
        LogId { node: self.key.public(), incarnation: self.incarnation, shelf }
    }

    pub fn head(&self, log: &LogId) -> Head {
        self.store.get(log).and_then(|entries| entries.last()).map(Entry::head).unwrap_or_default()
    }

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
        self.store.entry(log).or_default().push(entry.clone());
        CheckedEntry { entry, hash, patch: None }
    }

    pub fn write_step(&mut self, step: &SignedStep) -> Input {
        self.write(self.log(Shelf::ROSTER), Verb::ROSTER_STEP, None, step.to_bytes())
    }

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

    /// The title of a document, when the node can read it.
    pub fn title(&self, id: &DocumentId) -> Option<String> {
        let state = self.document(id)?.state().unwrap();
        match state.fields.get("title")?.first()? {
            Value::Text(title) => Some(title.clone()),
            _ => None,
        }
    }

    /// Edits a listing on top of what is held; `None` when nothing changes.
    pub fn edit(&mut self, id: DocumentId, changes: &[(&str, Option<&str>)]) -> Option<Input> {
        let document = self.document(&id)?;
        let shelf = self.documents().get(&id)?.0.log.shelf;
        let log = self.log(shelf);
        let changes = changes
            .iter()
            .map(|(key, value)| ((*key).to_owned(), value.map(|v| Value::Text(v.to_owned()))))
            .collect();
        let signed = document.edit(&log, &changes, self.clock_ms).unwrap()?;
        Some(self.write(log, Verb::EDIT, Some(id), signed.to_bytes()))
    }

    /// All documents whose beginning is held, each with its origin and its patches.
    pub fn documents(&self) -> BTreeMap<DocumentId, (Origin, Vec<DocumentPatch>)> {
        let mut origins = BTreeMap::new();
        let mut patches: BTreeMap<DocumentId, Vec<(NodeCertificate, DocumentPatch)>> = BTreeMap::new();
        for (log, entries) in &self.store {
            let Some(certificate) = self.replica.logs().get(log).and_then(|l| l.certificate.clone()) else {
                continue;
            };
            let counts = self.counts(log);
            let counting = entries.iter().take_while(|e| e.header.seq <= counts);
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

    pub fn document(&self, id: &DocumentId) -> Option<Document> {
        let (origin, patches) = self.documents().remove(id)?;
        Some(Document::fold(origin, patches))
    }

    /// The view hash over everything held.
    pub fn view(&self) -> Hash {
        let mut shelves: BTreeMap<Shelf, ViewSum> = BTreeMap::new();
        let documents = self.documents().into_iter();
        for (id, (origin, patches)) in documents.filter(|(_, (o, _))| o.log.shelf.circle().is_none()) {
            let document = Document::fold(origin, patches);
            if document.versions() == 0 {
                continue;
            }
            let state = document.state().unwrap();
            shelves.entry(origin.log.shelf).or_default().add(&state.digest(&id));
        }
        let roster: &Roster = self.replica.roster();
        view_hash(&shelves, &roster.digest())
    }

    /// How far a log counts.
    pub fn counts(&self, log: &LogId) -> u64 {
        self.reach.get(log).map_or(u64::MAX, |reach| reach.counts)
    }

    /// Works out how far logs count. Names those for which that has changed, and `named`.
    pub fn relimit(&mut self, named: Option<LogId>) -> Option<Input> {
        let opened = self.store.keys().map(|log| {
            let state = self.replica.logs().get(log);
            (log, state.and_then(|state| state.certificate.as_ref()))
        });
        let limits = limits(opened, self.replica.roster(), &self.forks);
        let mut logs = Vec::new();
        for (log, entries) in &self.store {
            let held = entries.last().map(Entry::head).unwrap_or_default();
            let hash_at = |seq: u64| Ok::<_, ()>(entries[seq as usize - 1].hash());
            let reach = Reach::of(held, limits.get(log), self.forks.get(log), hash_at).unwrap();
            let before = self.reach.insert(*log, reach).map_or(u64::MAX, |reach| reach.counts);
            if before != reach.counts || named == Some(*log) {
                let revoked = limits.get(log).is_some_and(|limit| limit.why == Why::Revoked);
                let counting = entries.iter().filter(|e| !revoked || e.header.seq <= reach.counts);
                let bytes = counting.map(entry_bytes).sum();
                logs.push(Reached { log: *log, head: reach.head, counts: reach.counts, bytes });
            }
        }
        self.purge();
        (!logs.is_empty()).then_some(Input::Reached { logs })
    }

    /// Writes a purge of a listing that is held.
    pub fn write_purge(&mut self, id: DocumentId, reason: &str) -> Input {
        let mut entries = self.store.values().flatten();
        let beginning = entries.find(|e| e.header.document.is_none() && e.document() == id).unwrap();
        let beginning = Entry { payload: None, ..beginning.clone() };
        let payload = Purge { reason: reason.to_owned(), beginning }.to_bytes();
        self.write(self.log(Shelf::ROSTER), Verb::PURGE, Some(id), payload)
    }

    /// Removes the payloads that the roster purges.
    pub fn purge(&mut self) {
        let institutions: BTreeMap<LogId, InstitutionId> = self
            .replica
            .logs()
            .iter()
            .filter_map(|(log, state)| Some((*log, state.certificate.as_ref()?.body.institution)))
            .collect();
        let roster = self.replica.roster();
        for entry in self.store.values_mut().flatten().filter(|entry| entry.header.may_be_bare()) {
            let id = entry.document();
            let origin =
                roster.purge_words.get(&id).and_then(|words| words.values().next()).map(|word| word.origin);
            if roster.purge(&id, origin.and_then(|origin| institutions.get(&origin))).is_some() {
                entry.payload = None;
            }
        }
    }

    /// Number of entries of a document that have their payloads.
    pub fn whole_of(&self, id: &DocumentId) -> usize {
        let entries = self.store.values().flatten().filter(|entry| entry.header.may_be_bare());
        entries.filter(|entry| entry.document() == *id && entry.payload.is_some()).count()
    }

    /// The heads of all logs as far as they count, by the store's word; the replica's must be the same.
    pub fn heads(&self) -> BTreeMap<LogId, Head> {
        let clip = |log: &LogId| match self.counts(log) {
            0 => Head::default(),
            seq if seq < self.head(log).seq => self.store[log][seq as usize - 1].head(),
            _ => self.head(log),
        };
        let heads: BTreeMap<LogId, Head> = self.store.keys().map(|log| (*log, clip(log))).collect();
        let told = self.replica.logs().iter().map(|(log, state): (&LogId, &LogState)| (*log, state.head));
        assert_eq!(heads, told.collect(), "{}: replica and store hold the same heads", self.name);
        heads.into_iter().filter(|(_, head)| head.seq > 0).collect()
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

    /// Number of entries that it wrote itself.
    pub fn own_entries(&self) -> usize {
        let own = self.store.iter().filter(|(log, _)| log.node == self.key.public());
        own.map(|(_, entries)| entries.len()).sum()
    }

    /// Number of entries held.
    pub fn entries(&self) -> usize {
        self.store.values().map(Vec::len).sum()
    }

    /// Starts again from what is stored, with no connection.
    pub fn restart(&mut self, charter: &Charter) {
        self.restart_with(self.replica.logs().clone(), charter);
    }

    /// The same with these heads, which must be those of the entries stored.
    pub fn restart_with(&mut self, heads: BTreeMap<LogId, LogState>, charter: &Charter) {
        let book = self.book(charter);
        let me = Me {
            charter: charter.clone(),
            certificate: self.certificate.clone(),
            redemption: None,
            sealing: sealing_key(&self.key.public()),
            subscription: self.subscription.clone(),
            agent: self.name.clone(),
            allowance: self.allowance,
        };
        self.replica = Replica::new(me, heads, book, self.forks.clone());
        let circles = self.circles.clone().into_iter().collect();
        assert!(self.replica.handle(Input::Circles(circles), self.clock_ms).is_empty());
    }

    /// The roster's book as a node that starts reads it from what is stored.
    fn book(&self, charter: &Charter) -> RosterBook {
        let mut book = RosterBook::new(charter);
        for (log, entries) in self.store.iter().filter(|(log, _)| log.shelf == Shelf::ROSTER) {
            book.end(log, self.counts(log));
            let certificate = self.replica.logs().get(log).and_then(|l| l.certificate.as_ref());
            for entry in entries {
                if let Some(certificate) = certificate {
                    book.take_purge(certificate.body.institution, entry);
                }
            }
            for entry in entries.iter().filter(|entry| entry.header.verb == Verb::REDEEM) {
                let redemption = Redemption::from_bytes(&entry.payload.as_ref().unwrap().bytes);
                book.take_redemption(log, entry.header.seq, &redemption.unwrap());
            }
        }
        self.steps_of(0).iter().for_each(|(_, step)| _ = book.take_step(step));
        while let Folded::Unread(epoch) = book.fold() {
            self.steps_of(epoch).iter().for_each(|(_, step)| _ = book.take_step(step));
            book.has_read(epoch);
        }
        book
    }

    /// The steps of an epoch in the entries stored, each with its place.
    fn steps_of(&self, epoch: u32) -> Vec<((LogId, u64), SignedStep)> {
        let roster = self.store.iter().filter(|(log, _)| log.shelf == Shelf::ROSTER);
        let steps = roster.flat_map(|(log, entries)| entries.iter().map(|entry| (*log, entry)));
        let steps = steps.filter(|(_, entry)| entry.header.verb == Verb::ROSTER_STEP);
        let read = steps.filter_map(|(log, entry)| {
            let step = SignedStep::from_bytes(&entry.payload.as_ref()?.bytes).ok()?;
            Some(((log, entry.header.seq), step))
        });
        read.filter(|(_, step)| step.step.epoch == epoch).collect()
    }

    /// Answers a replica that asks for the steps of an epoch, a few at a time.
    pub fn read_steps(&self, epoch: u32, after: Option<(LogId, u64)>) -> Input {
        const AT_ONCE: usize = 2;
        let mut steps = self.steps_of(epoch);
        steps.retain(|(place, _)| after.is_none_or(|after| *place > after));
        steps.truncate(AT_ONCE);
        let more_after = steps.last().map(|(place, _)| *place);
        Input::Steps { epoch, steps: steps.into_iter().map(|(_, step)| step).collect(), more_after }
    }

    /// Starts again with another allowance.
    pub fn allow(&mut self, bytes: u64, charter: &Charter) {
        self.allowance = bytes;
        self.restart(charter);
    }

    /// How it uses its invitation.
    pub fn redemption(&self) -> Redemption {
        self.invited.clone().unwrap()
    }

    /// Starts again with another subscription.
    pub fn narrow(&mut self, subscription: Subscription, charter: &Charter) {
        self.subscription = subscription;
        self.restart(charter);
    }
}
