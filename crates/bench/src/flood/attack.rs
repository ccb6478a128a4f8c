//! What a hostile member sends: one frame after the other, as fast as they can be made.

use std::collections::BTreeSet;

use clap::ValueEnum;
use protocol::{
    Actor, Bucket, DocumentId, Draft, Entry, Frame, Hash, Head, LogHead, LogId, NetworkId, NodeCertificate,
    OpenLog, Origin, Patch, Payload, PublicKey, Purpose, RunBuilder, SecretKey, Shelf, ShelfKind, Signature,
    SignedPatch, Value, Verb, Visibility, Want, limits,
};

use crate::random::Random;

/// A way to flood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Mode {
    /// Listings of its own without end, all in order.
    Listings,
    /// Entries of its own without end, as small and as void as can be.
    Junk,
    /// Asks for everything again and again.
    Wants,
    /// Announces logs that are not there.
    Heads,
    /// Compares frontiers without end.
    Compare,
    /// Frames that do not read.
    Garbage,
    /// Runs whose signatures do not hold.
    Unsigned,
    /// Connects, says hello, hangs up, connects.
    Reconnect,
    /// Twelve nodes of the one institution, each announcing and writing.
    Swarm,
    /// All of this at once, and a new node key for each that is refused.
    Mix,
}

impl Mode {
    /// What each of its nodes does; one that has several turns to them one after the other.
    pub fn nodes(self) -> Vec<Vec<Self>> {
        use Mode::{Compare, Garbage, Heads, Junk, Listings, Mix, Reconnect, Swarm, Unsigned, Wants};
        match self {
            Swarm => (0..12).map(|_| vec![Heads, Junk]).collect(),
            Mix => {
                [Listings, Junk, Wants, Heads, Compare, Garbage, Unsigned, Reconnect].map(|m| vec![m]).into()
            }
            one => vec![vec![one]],
        }
    }
}

/// One node's attack within one session.
pub struct Attack {
    modes: Vec<Mode>,
    turn: usize,
    network: NetworkId,
    key: SecretKey,
    certificate: NodeCertificate,
    log: LogId,
    head: Head,
    random: Random,
    known: BTreeSet<LogId>,
}

impl Attack {
    /// A node's attack in these modes.
    pub fn new(
        modes: Vec<Mode>,
        network: NetworkId,
        key: SecretKey,
        certificate: NodeCertificate,
        mut random: Random,
    ) -> Self {
        let kind = ShelfKind(catalog::Kind::Achievement.code());
        let shelf = Shelf { region: certificate.body.region, kind, visibility: Visibility::Public };
        let log = LogId { node: key.public(), incarnation: random.next(), shelf };
        let (head, known) = (Head::default(), BTreeSet::new());
        Self { modes, turn: 0, network, key, certificate, log, head, random, known }
    }

    /// What the peer says is listened to only as far as it helps.
    pub fn hear(&mut self, bytes: &[u8]) {
        if let Ok(Frame::Heads(heads)) = Frame::from_bytes(bytes) {
            let room = limits::MAX_WANTS.saturating_sub(self.known.len());
            self.known.extend(heads.iter().map(|told| told.log).take(room));
        }
    }

    /// The next frame; `None` to hang up.
    pub fn next(&mut self) -> Option<Vec<u8>> {
        self.turn += 1;
        let mode = self.modes.get(self.turn % self.modes.len().max(1)).copied()?;
        let frame = match mode {
            Mode::Listings => self.run(Self::listing)?,
            Mode::Junk => self.run(Self::junk)?,
            // Asked once: asking on before the answer is there would be another attack.
            Mode::Wants if self.turn == 1 => Frame::Buckets(Vec::new()),
            Mode::Wants => {
                let want = |log: &LogId| Want { log: *log, have: 0, to: u64::MAX };
                Frame::Want(self.known.iter().map(want).collect())
            }
            Mode::Heads => self.heads(),
            Mode::Compare if self.turn.is_multiple_of(2) => Frame::Digest(Hash(self.random.bytes())),
            Mode::Compare => Frame::Buckets(vec![Bucket { index: 0, digest: self.random.bytes() }]),
            Mode::Garbage => return Some([vec![200], self.random.bytes::<4_096>().to_vec()].concat()),
            Mode::Unsigned => self.unsigned()?,
            Mode::Reconnect | Mode::Swarm | Mode::Mix => return None,
        };
        Some(frame.to_bytes())
    }

    fn heads(&mut self) -> Frame {
        let random = &mut self.random;
        let shelf = self.log.shelf;
        let fake = |_| LogHead {
            log: LogId { node: PublicKey(random.bytes()), incarnation: 1, shelf },
            head: Head { seq: u64::MAX, hash: Hash(random.bytes()) },
        };
        let heads = (0..limits::MAX_HEADS).map(fake).collect();
        if self.turn.is_multiple_of(4) { Frame::Durable(heads) } else { Frame::Heads(heads) }
    }

    /// A run of as many entries as one may hold; only the last one is signed, which is all that is checked.
    fn run(&mut self, make: fn(&mut Self) -> Option<Entry>) -> Option<Frame> {
        let mut run = RunBuilder::new(self.log, self.head);
        for left in (0..limits::MAX_RUN_ENTRIES).rev() {
            let mut entry = if self.head.seq == 0 { self.opening()? } else { make(self)? };
            if left == 0 {
                entry.signature = self.key.sign(Purpose::Entry, &self.network, &entry.header.to_bytes());
            }
            self.head = entry.head();
            run.push(&entry);
        }
        run.finish().ok().map(Frame::Run)
    }

    fn unsigned(&mut self) -> Option<Frame> {
        let before = std::mem::take(&mut self.head);
        let mut run = RunBuilder::new(self.log, self.head);
        for _ in 0..limits::MAX_RUN_ENTRIES {
            let entry = self.junk()?;
            self.head = entry.head();
            run.push(&entry);
        }
        self.head = before;
        run.finish().ok().map(Frame::Run)
    }

    fn opening(&mut self) -> Option<Entry> {
        let open = OpenLog { certificate: self.certificate.clone(), predecessors: Vec::new() };
        let payload = Payload { salt: self.random.bytes(), bytes: open.to_bytes() };
        let draft = Draft { document: None, verb: Verb::OPEN, payload, time_ms: 0 };
        Entry::author(self.log, self.head, draft, &self.network, &self.key).ok()
    }

    fn entry(&mut self, verb: Verb, document: Option<DocumentId>, bytes: Vec<u8>) -> Entry {
        let payload = Payload { salt: self.random.bytes(), bytes };
        let header = protocol::Header {
            log: self.log,
            seq: self.head.seq + 1,
            prev: self.head.hash,
            document,
            verb,
            payload_hash: payload.hash(),
            payload_len: payload.bytes.len() as u32,
            time_ms: 0,
        };
        Entry { header, signature: Signature(self.random.bytes()), payload: Some(payload) }
    }

    fn listing(&mut self) -> Option<Entry> {
        let title = Value::Text(format!("洪水 {}", self.head.seq));
        let patch = Patch::first([("title".to_owned(), title)]);
        let origin = Origin { log: self.log, seq: self.head.seq + 1 };
        let signed = SignedPatch::of(patch, Actor::derive(&self.log, &origin, 0), 0).ok()?;
        Some(self.entry(Verb::CREATE, None, signed.to_bytes()))
    }

    /// By turns: a verb of a later version, a document's first entry that does not read, an edit of a document that
    /// nobody has.
    fn junk(&mut self) -> Option<Entry> {
        let nobodys = DocumentId(self.random.bytes());
        Some(match self.head.seq % 3 {
            0 => self.entry(Verb(999), None, vec![0]),
            1 => self.entry(Verb::CREATE, None, vec![0]),
            _ => {
                let patch = Patch::first([("title".to_owned(), Value::Text(String::new()))]);
                let signed = SignedPatch { patch, change: Hash::default() };
                self.entry(Verb::EDIT, Some(nobodys), signed.to_bytes())
            }
        })
    }
}
