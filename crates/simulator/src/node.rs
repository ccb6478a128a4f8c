//! One node: its keys, its entries, its replica, and the hands that perform effects.

use std::collections::{BTreeMap, BTreeSet};

use protocol::{
    CertificateBody, Charter, CheckedRun, CircleId, DocumentId, Entry, Fork, Hash, Head, Institution, LogId,
    NodeCertificate, Redemption, RosterBook, SecretKey, Shelf, Subscription,
};
use replica::{
    Abroad, Input, KnownCircle, LogState, Me, Reach, Reached, Replica, Room, Why, entry_bytes, limits,
};

mod reading;
mod roster;
mod writing;

use crate::founding::sealing_key;
use crate::rng::Rng;

/// A node with everything that a real one keeps on disk.
pub struct Node {
    /// Name in traces.
    pub name: String,
    /// Root key of its institution.
    pub root: SecretKey,
    /// Its own key.
    pub key: SecretKey,
    /// Its institution.
    pub institution: Institution,
    /// What the institution certified.
    pub certificate: NodeCertificate,
    /// Number of its store.
    pub incarnation: u64,
    /// What it asks for.
    pub subscription: Subscription,
    /// Bytes that it holds of one institution's logs.
    pub allowance: Room,
    invited: Option<Redemption>,
    /// The state machine.
    pub replica: Replica,
    /// All entries held, of each log from the first on.
    pub store: BTreeMap<LogId, Vec<Entry>>,
    /// By what it is here, where its own network is another one.
    pub abroad: Option<Abroad>,
    /// What it remembers of circles.
    pub circles: BTreeMap<CircleId, KnownCircle>,
    /// Proofs of forks.
    pub forks: BTreeMap<LogId, Fork>,
    /// How far logs count, as it was worked out last.
    pub reach: BTreeMap<LogId, Reach>,
    /// Files of listings that are held whole.
    pub files: BTreeMap<Hash, Vec<u8>>,
    /// What has come of others.
    pub parts: BTreeMap<Hash, Vec<u8>>,
    /// Pieces of files that were kept so far.
    pub pieces: usize,
    /// What an operator would have read.
    pub reports: Vec<String>,
    /// How often the roster became another one.
    pub roster_changes: usize,
    /// The moment that it writes into entries; its own clock.
    pub clock_ms: i64,
    /// How wrong its clock is, milliseconds.
    pub clock_off_ms: i64,
    /// Logs with entries that are not fsynced yet, each with how many are.
    fresh: BTreeMap<LogId, u64>,
    /// Those that an fsync is under way for, each with how many there were when it began.
    syncing: BTreeMap<LogId, u64>,
    wrote: Vec<(LogId, u64, Hash)>,
    /// Documents that institutions purge, as far as that has been done here.
    purged: BTreeSet<DocumentId>,
    rng: Rng,
}

/// A copy of a node's home.
pub struct Copied {
    store: BTreeMap<LogId, Vec<Entry>>,
    heads: BTreeMap<LogId, LogState>,
    circles: BTreeMap<CircleId, KnownCircle>,
    forks: BTreeMap<LogId, Fork>,
}

impl Node {
    /// A node with an empty store. `keys` are its institution's root key and its own; `parts` the institution, what is
    /// to be certified, and how it uses an invitation.
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
            allowance: Room::UNBOUNDED,
            abroad: None,
        };
        Self {
            name: name.to_owned(),
            root,
            key,
            institution,
            certificate,
            incarnation: 7,
            subscription: Subscription::everything(),
            allowance: Room::UNBOUNDED,
            invited,
            replica: Replica::new(me, BTreeMap::new(), RosterBook::new(charter), BTreeMap::new()),
            store: BTreeMap::new(),
            abroad: None,
            circles: BTreeMap::new(),
            forks: BTreeMap::new(),
            reach: BTreeMap::new(),
            reports: Vec::new(),
            files: BTreeMap::new(),
            parts: BTreeMap::new(),
            pieces: 0,
            roster_changes: 0,
            clock_ms: 0,
            clock_off_ms: 0,
            fresh: BTreeMap::new(),
            syncing: BTreeMap::new(),
            wrote: Vec::new(),
            purged: BTreeSet::new(),
            rng: Rng::new(seed),
        }
    }

    /// A node of another network as a guest of this one, with an empty store.
    pub(crate) fn guest(of: &Self, charter: &Charter, abroad: Abroad, seed: u64) -> Self {
        let (keys, who) = ((of.root.clone(), of.key.clone()), of.institution.clone());
        let mut node = Self::new(&of.name, charter, keys, (who, of.certificate.body.clone(), None), seed);
        node.certificate = of.certificate.clone();
        node.abroad = Some(abroad);
        node.restart(charter);
        node
    }

    /// Its own log of a shelf.
    pub fn log(&self, shelf: Shelf) -> LogId {
        LogId { node: self.key.public(), incarnation: self.incarnation, shelf }
    }

    /// The last entry held of a log.
    pub fn head(&self, log: &LogId) -> Head {
        self.store.get(log).and_then(|entries| entries.last()).map(Entry::head).unwrap_or_default()
    }

    /// What it wrote, or took back from peers as its own: log, sequence number, hash.
    pub fn wrote(&self) -> &[(LogId, u64, Hash)] {
        &self.wrote
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

    /// How far a log counts.
    pub fn counts(&self, log: &LogId) -> u64 {
        self.reach.get(log).map_or(u64::MAX, |reach| reach.counts)
    }

    /// Whether its own log of a shelf is cut off: forked and not settled, or ended. The program writes nothing there then.
    pub fn is_cut(&self, shelf: Shelf) -> bool {
        self.counts(&self.log(shelf)) < u64::MAX
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
        self.purge_anew();
        (!logs.is_empty()).then_some(Input::Reached { logs })
    }

    /// Stores a run where it continues what counts, in place of what may be stored past that.
    pub fn keep(&mut self, run: CheckedRun) {
        let stored = self.store.entry(run.log).or_default();
        let (at, own) = (run.after.seq as usize, run.log.node == self.certificate.body.node);
        let before = at.checked_sub(1).map(|n| stored[n].head());
        assert_eq!(before.unwrap_or_default(), run.after, "a run continues what counts of the store");
        let cut = stored.len() > at;
        let ends = self.reach.get(&run.log).is_some_and(|reach| reach.counts < u64::MAX);
        assert!(!cut || ends, "{}: entries that count are not replaced", self.name);
        let durable = self.fresh.entry(run.log).or_insert(stored.len() as u64);
        *durable = (*durable).min(at as u64);
        if cut {
            self.syncing.remove(&run.log);
        }
        stored.truncate(at);
        if own {
            self.wrote.retain(|(log, seq, _)| *log != run.log || *seq <= at as u64);
            self.wrote.extend(run.entries.iter().map(|e| (run.log, e.entry.header.seq, e.hash)));
        }
        stored.extend(run.entries.into_iter().map(|checked| checked.entry));
        self.purge_come(&run.log, at);
    }

    /// The home as it is now.
    pub fn copy(&self) -> Copied {
        let (circles, forks) = (self.circles.clone(), self.forks.clone());
        Copied { store: self.store.clone(), heads: self.replica.logs().clone(), circles, forks }
    }

    /// The home as it was when it was copied, with no connection.
    pub fn restore(&mut self, copied: Copied, charter: &Charter) {
        let Copied { store, heads, circles, forks } = copied;
        (self.store, self.circles, self.forks) = (store, circles, forks);
        self.fresh.clear();
        self.syncing.clear();
        self.reach.clear();
        self.restart_with(heads, charter);
        // What it wrote since is not lost as long as a peer holds it: it comes back, and is counted again then.
        // An older copy may also hold another branch, from before the one before it was set back.
        let held = |(log, seq, hash): &(LogId, u64, Hash)| {
            let entry = self.store.get(log).and_then(|entries| entries.get(*seq as usize - 1));
            entry.is_some_and(|entry| entry.hash() == *hash)
        };
        let wrote = self.wrote.iter().filter(|written| held(written)).copied().collect();
        self.wrote = wrote;
    }

    /// What is held is fsynced.
    pub fn fsync(&mut self) -> Input {
        self.fresh.clear();
        self.syncing.clear();
        Input::Durable
    }

    /// An fsync of what is held begins.
    pub fn begin_fsync(&mut self) -> Input {
        self.syncing = self.fresh.keys().map(|log| (*log, self.stored(log))).collect();
        Input::Syncing
    }

    /// It has ended.
    pub fn end_fsync(&mut self) -> Input {
        for (log, marked) in std::mem::take(&mut self.syncing) {
            if marked >= self.stored(&log) {
                self.fresh.remove(&log);
            } else if let Some(durable) = self.fresh.get_mut(&log) {
                *durable = marked;
            }
        }
        Input::Synced
    }

    fn stored(&self, log: &LogId) -> u64 {
        self.store.get(log).map_or(0, |entries| entries.len() as u64)
    }

    /// The process ends at once: of what came from peers all that was not fsynced is gone, own entries are in the journal.
    pub fn crash(&mut self, charter: &Charter) {
        let mut heads = self.replica.logs().clone();
        self.syncing.clear();
        for (log, durable) in std::mem::take(&mut self.fresh) {
            // What peers gave back of this node's own is theirs to give again.
            self.wrote.retain(|(wrote, seq, _)| *wrote != log || *seq <= durable);
            let Some(entries) = self.store.get_mut(&log) else { continue };
            entries.truncate(durable as usize);
            if entries.is_empty() {
                self.store.remove(&log);
            }
        }
        heads.retain(|log, _| self.store.contains_key(log));
        self.reach.clear();
        for (log, state) in &mut heads {
            let entries = &self.store[log];
            let counting = &entries[..entries.len().min(state.head.seq as usize)];
            state.head = counting.last().map(Entry::head).unwrap_or_default();
            state.bytes = counting.iter().map(entry_bytes).sum();
        }
        self.restart_with(heads, charter);
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
            abroad: self.abroad.clone(),
        };
        self.replica = Replica::new(me, heads, book, self.forks.clone());
        let circles = self.circles.clone().into_iter().collect();
        assert!(self.replica.handle(Input::Circles(circles), self.clock_ms).is_empty());
        // The heads that it starts with are those of the same limits.
        drop(self.relimit(None));
        self.purge();
    }

    /// Starts again with another allowance.
    pub fn allow(&mut self, room: Room, charter: &Charter) {
        self.allowance = room;
        self.restart(charter);
    }

    /// How it uses its invitation, when it has one.
    pub fn invited(&self) -> Option<&Redemption> {
        self.invited.as_ref()
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
