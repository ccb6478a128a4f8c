//! The replica under attack, with all that a node keeps for it: entries, forks, and how far logs count.

use std::collections::BTreeMap;

use protocol::{
    Capabilities, CircleId, Entry, Fork, Frame, Head, LogHead, LogId, NodeCertificate, OpenLog, PublicKey,
    SealingKey, Shelf, SignedStep, Subscription, Verb,
};
use replica::{
    Effect, Input, LogState, Me, Reach, Reached, Replica, Room, SessionId, SessionState, Why, entry_bytes,
    limits,
};

use super::prepared::{Prepared, prepared};
use crate::world::{NOW, certificate, certified, charter, institution, key};

/// Effects that one input may have: answers to the widest lists that a frame holds, on every session.
const MAX_EFFECTS: usize = 6_000;

/// A node of institution 1 with the key 11.
pub struct Hub {
    pub replica: Replica,
    store: BTreeMap<LogId, Vec<Entry>>,
    pub forks: BTreeMap<LogId, Fork>,
    reach: BTreeMap<LogId, Reach>,
    peers: BTreeMap<SessionId, PublicKey>,
    /// Some peer has named the circle that is for the key 14 alone.
    told: bool,
    pub now_ms: i64,
}

fn opening(entries: &[Entry]) -> Option<NodeCertificate> {
    let payload = entries.first()?.payload.as_ref()?;
    OpenLog::from_bytes(&payload.bytes).ok().map(|open| open.certificate)
}

fn names(bytes: &[u8], circle: &CircleId) -> bool {
    bytes.windows(circle.0.len()).any(|part| part == circle.0)
}

impl Hub {
    /// With its own logs and the roster of [`Prepared`]. One that does not relay is no mailbox either.
    pub fn new(relays: bool) -> Self {
        let Prepared { own, book, .. } = prepared();
        let mut own_certificate = certificate(1, 11);
        if !relays {
            let mut body = own_certificate.body;
            body.capabilities.0 &= !Capabilities::RELAY;
            own_certificate = NodeCertificate::issue(body, &charter(1, 1).id(), &key(1), &key(11));
        }
        let me = Me {
            charter: charter(1, 1),
            certificate: own_certificate,
            redemption: None,
            sealing: SealingKey::from_seed(&[11; 32]),
            subscription: Subscription::everything(),
            allowance: Room::UNBOUNDED,
            agent: "hub".to_owned(),
            abroad: None,
        };
        let store: BTreeMap<LogId, Vec<Entry>> = own.clone();
        let state =
            |entries: &Vec<Entry>| LogState { head: head(entries), certificate: opening(entries), bytes: 0 };
        let logs = store.iter().map(|(log, entries)| (*log, state(entries))).collect();
        let mut hub = Self {
            replica: Replica::new(me, logs, book.clone(), BTreeMap::new()),
            store,
            forks: BTreeMap::new(),
            reach: BTreeMap::new(),
            peers: BTreeMap::new(),
            told: false,
            now_ms: NOW + 1,
        };
        hub.give(Input::Circles(prepared().known.clone()));
        hub
    }

    /// One input, and all that follows from it.
    pub fn give(&mut self, input: Input) {
        let mut inputs = vec![input];
        let mut effects = 0;
        while let Some(input) = inputs.pop() {
            for effect in self.replica.handle(input, self.now_ms) {
                effects += 1;
                self.perform(effect, &mut inputs);
            }
        }
        assert!(effects <= MAX_EFFECTS, "{effects} effects of one input");
    }

    fn perform(&mut self, effect: Effect, inputs: &mut Vec<Input>) {
        match effect {
            Effect::Send { session, frame } => self.send(session, &frame),
            Effect::Serve { session, log, have, to } => {
                let held = self.replica.logs().get(&log).map_or(0, |state| state.head.seq);
                assert!(have < to && to <= held, "{have}..{to} of {held} entries are to be served");
                inputs.push(Input::Served { session, log, upto: to, entries: to - have });
            }
            Effect::Persist { run } => {
                let stored = self.store.entry(run.log).or_default();
                let place = run.after.seq as usize;
                assert_eq!(head(&stored[..place]), run.after, "a run continues what counts of the store");
                stored.truncate(place);
                stored.extend(run.entries.into_iter().map(|checked| checked.entry));
            }
            Effect::HangUp { session, .. } => inputs.push(Input::Closed { session }),
            Effect::Compare { session, run } => {
                let own = self.store.get(&run.log).and_then(|stored| stored.get(run.after.seq as usize));
                let own = own.cloned().map(Box::new);
                inputs.push(Input::Held { session, run, own });
            }
            Effect::Forked { fork } => {
                fork.verify(&charter(1, 1).id()).expect("a proof that was checked");
                self.forks.insert(fork.log(), *fork);
            }
            Effect::ReadSteps { epoch, .. } => inputs.push(self.steps_of(epoch)),
            Effect::ReadPurges { .. } => {
                let purges = self.store.values().flatten().filter(|entry| entry.header.verb == Verb::PURGE);
                inputs.push(Input::Purges { entries: purges.cloned().collect(), more_after: None });
            }
            Effect::ReadBare { session, after } => {
                let bare = self.store.values().flatten().filter(|entry| entry.payload.is_none());
                let named = |entry: &Entry| LogHead { log: entry.header.log, head: entry.head() };
                let entries = bare.map(named).take(256).collect();
                inputs.push(Input::Bare { session, after, entries, more_after: None });
            }
            Effect::Fill { log, entries } => {
                for checked in entries {
                    let place = checked.entry.header.seq as usize - 1;
                    let held = self.store.get_mut(&log).and_then(|stored| stored.get_mut(place));
                    let held = held.expect("what is filled is held");
                    assert!(held.payload.is_none() && held.hash() == checked.hash, "and lacks its payload");
                    *held = checked.entry;
                }
            }
            Effect::Relimit { log } => inputs.extend(self.relimit(log)),
            Effect::ReadFile { session, ask } => {
                inputs.push(Input::FileRead { session, ask, found: None });
            }
            Effect::KeepPiece { file, .. } => {
                assert!(self.replica.is_file_wanted(&file), "a piece that nobody asked for is kept");
            }
            Effect::Countersign { .. }
            | Effect::RosterChanged
            | Effect::Report { .. }
            | Effect::KeepCircle { .. } => {}
        }
    }

    fn send(&mut self, session: SessionId, frame: &Frame) {
        let bytes = frame.to_bytes();
        assert_eq!(Frame::from_bytes(&bytes).as_ref(), Ok(frame), "what is sent can be read");
        let party = self.peers.get(&session) == Some(&key(14).public());
        let leaks = !party && !self.told && names(&bytes, &prepared().private);
        assert!(!leaks, "a circle is named to a peer that is not entitled to it: {frame:?}");
    }

    /// Works out how far logs count. Names those for which that has changed, and `named`.
    fn relimit(&mut self, named: Option<LogId>) -> Option<Input> {
        let opened: BTreeMap<LogId, Option<NodeCertificate>> =
            self.store.iter().map(|(log, entries)| (*log, opening(entries))).collect();
        let opened = opened.iter().map(|(log, certificate)| (log, certificate.as_ref()));
        let limits = limits(opened, self.replica.roster(), &self.forks);
        let mut moved = Vec::new();
        for (log, entries) in &self.store {
            let hash_at = |seq: u64| Ok::<_, ()>(entries[seq as usize - 1].hash());
            let reach =
                Reach::of(head(entries), limits.get(log), self.forks.get(log), hash_at).expect("no I/O");
            let before = self.reach.insert(*log, reach).map_or(u64::MAX, |reach| reach.counts);
            if before != reach.counts || named == Some(*log) {
                let revoked = limits.get(log).is_some_and(|limit| limit.why == Why::Revoked);
                let counting = entries.iter().filter(|e| !revoked || e.header.seq <= reach.counts);
                let bytes = counting.map(entry_bytes).sum();
                moved.push(Reached { log: *log, head: reach.head, counts: reach.counts, bytes });
            }
        }
        (!moved.is_empty()).then_some(Input::Reached { logs: moved })
    }

    /// The steps of an epoch in the entries stored, all at once.
    fn steps_of(&self, epoch: u32) -> Input {
        let roster = self.store.iter().filter(|(log, _)| log.shelf == Shelf::ROSTER);
        let entries = roster.flat_map(|(_, entries)| entries);
        let payloads = entries.filter(|entry| entry.header.verb == Verb::ROSTER_STEP);
        let payloads = payloads.filter_map(|entry| entry.payload.as_ref());
        let steps = payloads.filter_map(|payload| SignedStep::from_bytes(&payload.bytes).ok());
        let steps = steps.filter(|step| step.step.epoch == epoch).collect();
        Input::Steps { epoch, steps, more_after: None }
    }

    /// A peer with that key connects.
    pub fn connect(&mut self, session: SessionId, node: u8) {
        let peer = key(node).public();
        self.peers.insert(session, peer);
        self.give(Input::Connected { session, peer, outbound: false });
    }

    /// A frame comes.
    pub fn frame(&mut self, session: SessionId, bytes: Vec<u8>) {
        self.told |= names(&bytes, &prepared().private);
        self.give(Input::Frame { session, bytes });
    }

    /// What the replica tells of its logs, the store holds.
    pub fn check(&self) {
        for (log, state) in self.replica.logs() {
            let entries = self.store.get(log).map_or(&[][..], Vec::as_slice);
            let held = entries.get(..state.head.seq as usize).map(head);
            assert_eq!(held, Some(state.head), "the head of {log:?} is in the store");
        }
    }

    /// Whatever others did, a member that did nothing is let in.
    pub fn honest(&mut self) {
        let session = 77;
        self.connect(session, 14);
        self.frame(session, super::hello(certified(&charter(1, 1).id(), institution(4), 4, 14)));
        let peers = self.replica.peers();
        let peer = peers.iter().find(|peer| peer.session == session);
        assert_eq!(peer.map(|peer| &peer.state), Some(&SessionState::Ready), "an honest member is let in");
    }
}

fn head(entries: &[Entry]) -> Head {
    entries.last().map(Entry::head).unwrap_or_default()
}
