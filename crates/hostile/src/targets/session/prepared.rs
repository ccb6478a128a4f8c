//! What is signed once for all inputs: the logs of the hub, and what a peer of the key 12 has to show.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use protocol::{
    Action, Actor, Bucket, Circle, CircleId, Delivery, DeliveryWord, Draft, Entry, Envelope, Fork, Frame,
    Hash, Head, InstitutionId, LogHead, LogId, OpenLog, Origin, Patch, Payload, Place, PublicKey, RosterBook,
    RosterStep, RunBuilder, SealingKey, Shelf, ShelfKind, SignedPatch, SignedStep, Subject, Value, Verb,
    Visibility, Want, bucket_of,
};
use replica::KnownCircle;

use super::hello;
use crate::world::{NOW, certificate, charter, entries, institution, key, log};

/// Listings in the hub's own log and in the peer's.
const HELD: u64 = 3;

pub struct Prepared {
    /// The hub's own logs.
    pub own: BTreeMap<LogId, Vec<Entry>>,
    pub book: RosterBook,
    /// A circle of the hub's institution and of institution 4 alone.
    pub private: CircleId,
    /// What the hub's store remembers of circles.
    pub known: Vec<(CircleId, KnownCircle)>,
    /// Circles that the peer may speak of.
    pub circles: Vec<CircleId>,
    /// The place where the peer's log of listings is forked, and what follows it on either branch.
    pub parting: Head,
    /// Frames as a peer of the key 12 would send them: an honest one, and one that forks its log.
    pub frames: Vec<Vec<u8>>,
}

/// An entry by the node `key(node)`, after `head`.
pub fn author(node: u8, log: LogId, head: Head, verb: Verb, bytes: Vec<u8>) -> Option<Entry> {
    let payload = Payload { salt: [head.seq as u8; 16], bytes };
    let draft = Draft { document: None, verb, payload, time_ms: NOW };
    Entry::author(log, head, draft, &charter(1, 1).id(), &key(node)).ok()
}

/// A log of the node of institution `root`: its opening, then these entries.
fn written(root: u8, log: LogId, items: Vec<(Verb, Vec<u8>)>) -> Vec<Entry> {
    let open = OpenLog { certificate: certificate(root, root + 10), predecessors: Vec::new() };
    let mut entries: Vec<Entry> = Vec::new();
    for (verb, bytes) in [(Verb::OPEN, open.to_bytes())].into_iter().chain(items) {
        let head = entries.last().map(Entry::head).unwrap_or_default();
        entries.extend(author(root + 10, log, head, verb, bytes));
    }
    entries
}

fn run_of(entries: &[Entry]) -> Vec<u8> {
    let first = &entries[0].header;
    let after = Head { seq: first.seq - 1, hash: first.prev };
    let mut run = RunBuilder::new(first.log, after);
    entries.iter().for_each(|entry| run.push(entry));
    Frame::Run(run.finish().expect("a small run")).to_bytes()
}

fn circle(nonce: u8, parties: &[u8], mailboxes: &[u8]) -> Circle {
    let parties = parties.iter().map(|n| institution(*n).id()).collect::<BTreeSet<InstitutionId>>();
    let mailboxes = mailboxes.iter().map(|n| key(*n).public()).collect();
    Circle { nonce: [nonce; 16], parties, mailboxes }
}

/// The log of institution `root` in a circle: one document, sealed to the nodes of these keys.
fn sealed(root: u8, circle: &Circle, readers: &[u8]) -> Vec<Entry> {
    let shelf =
        Shelf { region: 0, kind: ShelfKind::CORRESPONDENCE, visibility: Visibility::Sealed(circle.id()) };
    let log = LogId { node: key(root + 10).public(), incarnation: 1, shelf };
    let title = ("title".to_owned(), Value::Text("密".to_owned()));
    let patch = Patch::first(circle.keys().chain([title]));
    let actor = Actor::derive(&log, &Origin { log, seq: 2 }, 0);
    let signed = SignedPatch::of(patch, actor, NOW).expect("a small patch");
    let keys: Vec<[u8; 32]> = readers.iter().map(|n| SealingKey::from_seed(&[*n; 32]).public()).collect();
    let network = charter(1, 1).id();
    let place = Place { network: &network, log: &log, seq: 2, document: None };
    let envelope = Envelope::seal(&signed.to_bytes(), &keys, place, &[root; 32]).expect("a small payload");
    written(root, log, vec![(Verb::CREATE, envelope.to_bytes())])
}

/// A step of the one governor, its subject's first.
fn step(subject: Subject, action: Action) -> SignedStep {
    let step = RosterStep { epoch: 0, subject, number: 1, previous: Hash::default(), action };
    SignedStep::sign(step, &charter(1, 1).id(), 0, &key(1))
}

fn admit(n: u8) -> SignedStep {
    step(Subject::Institution(institution(n).id()), Action::Admit(institution(n)))
}

fn deliver(circle: &CircleId, word: DeliveryWord, nodes: &[u8]) -> Vec<u8> {
    let nodes: BTreeSet<PublicKey> = nodes.iter().map(|n| key(*n).public()).collect();
    let delivery = Delivery { circle: *circle, word, nodes: nodes.into_iter().collect() };
    Frame::Deliver(vec![delivery]).to_bytes()
}

/// The log of listings of the key 12, its other branch, and the proof of the fork.
fn forked() -> (Vec<Entry>, Vec<Entry>, Fork) {
    let theirs = entries(2, 12, HELD);
    let mut other = theirs[..2].to_vec();
    for n in 0..2 {
        other.extend(author(12, log(12, 1), other[other.len() - 1].head(), Verb(700), vec![n]));
    }
    let fork = Fork::of(certificate(2, 12), &theirs[2], &other[2]);
    (theirs, other.split_off(2), fork)
}

/// A settle of the forked log by the governor, one by the institution, and the revocation of its node.
fn words(kept: Head) -> Vec<Entry> {
    let log = log(12, 1);
    let (subject, settle) = (Subject::Log(log.hash()), Action::Settle(log, kept));
    let network = charter(1, 1).id();
    let own = SignedStep::own_word(subject, settle.clone(), certificate(2, 12), &network, &key(2));
    let mut revoke = step(
        Subject::Institution(institution(2).id()),
        Action::RevokeNode(key(12).public(), vec![(log, kept)], "lost".to_owned()),
    );
    revoke.step.number = 2;
    revoke.step.previous = admit(2).step.id();
    let revoke = SignedStep::sign(revoke.step, &network, 0, &key(1));
    let steps = [step(subject, settle), own, revoke].map(|step| (Verb::ROSTER_STEP, step.to_bytes()));
    written(2, LogId { shelf: Shelf::ROSTER, ..log }, steps.into())
}

fn frames(shared: &Circle, kept: &Circle) -> Vec<Vec<u8>> {
    let (theirs, other, fork) = forked();
    let heads = vec![LogHead { log: log(12, 1), head: theirs[theirs.len() - 1].head() }];
    let other_head = vec![LogHead { log: log(12, 1), head: other[other.len() - 1].head() }];
    let bucket = Bucket { index: bucket_of(&log(12, 1)), digest: [1; 8] };
    let words = words(other[1].head());
    let own = entries(1, 11, HELD);
    let rival = author(11, log(11, 1), own[1].head(), Verb(700), vec![1]).expect("a small entry");
    let own_fork = Fork::of(certificate(1, 11), &own[2], &rival);
    let simple = [
        Frame::Heads(heads.clone()),
        Frame::Digest(Hash([3; 32])),
        Frame::Buckets(vec![bucket]),
        Frame::Want(vec![Want { log: log(11, 1), have: 0, to: HELD + 1 }]),
        Frame::Durable(heads),
        Frame::Fork(Box::new(fork)),
        Frame::Fork(Box::new(own_fork)),
    ];
    let mut frames = vec![run_of(&theirs[..2]), run_of(&theirs)];
    frames.extend(simple.iter().map(Frame::to_bytes));
    // The fork is settled: the other branch is the one that is kept.
    frames.extend([run_of(&words[..2]), Frame::Heads(other_head).to_bytes()]);
    frames.extend([run_of(&other[..1]), run_of(&other)]);
    for (circle, nodes, readers) in [(shared, [].as_slice(), [11, 12]), (kept, &[12, 14], [12, 14])] {
        let id = circle.id();
        frames.push(deliver(&id, DeliveryWord::Decline, &[]));
        frames.push(deliver(&id, DeliveryWord::Take, &[]));
        frames.push(deliver(&id, DeliveryWord::Offer, nodes));
        frames.push(run_of(&sealed(2, circle, &readers)));
    }
    // What ends the session comes last.
    frames.extend([
        run_of(&words[..3]),
        run_of(&words),
        hello(certificate(2, 12)),
        hello(certificate(3, 13)),
    ]);
    frames.push(Frame::Refused("why".to_owned()).to_bytes());
    frames
}

pub fn prepared() -> &'static Prepared {
    static ONCE: OnceLock<Prepared> = OnceLock::new();
    ONCE.get_or_init(|| {
        // One that the hub and the peer share, one for which it is the mailbox, one of which the peer must not hear.
        let (shared, kept, private) =
            (circle(1, &[1, 2], &[]), circle(2, &[2, 4], &[11]), circle(3, &[1, 4], &[]));
        let own = [entries(1, 11, HELD), sealed(1, &shared, &[11, 12]), sealed(1, &private, &[11, 14])];
        let known = |circle: &Circle| {
            (circle.id(), KnownCircle { circle: Some(circle.clone()), ..KnownCircle::default() })
        };
        let mut book = RosterBook::new(&charter(1, 1));
        [2, 4].iter().for_each(|n| assert!(book.take_step(&admit(*n)), "signed by the governor"));
        Prepared {
            own: own.into_iter().map(|entries| (entries[0].header.log, entries)).collect(),
            book,
            private: private.id(),
            known: vec![known(&shared), known(&private)],
            circles: vec![shared.id(), kept.id(), circle(4, &[2], &[]).id()],
            parting: forked().0[1].head(),
            frames: frames(&shared, &kept),
        }
    })
}
