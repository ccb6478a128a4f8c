//! A hub's replica, and peers that send it whatever they like.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use protocol::{
    Action, Bucket, Credential, Entry, Frame, Hash, Head, Hello, LogHead, LogId, PublicKey, RosterInput,
    RosterStep, RunBuilder, SealingKey, SignedStep, Subject, Subscription, Want, bucket_of,
};
use replica::{Effect, Input, LogState, Me, Replica, SessionState};

use crate::reader::Reader;
use crate::world::{NOW, certificate, charter, entries, institution, key, log};

/// Inputs of one program: more only cost time.
const MAX_STEPS: usize = 200;
/// Effects that one input may have: answers to the widest lists that a frame holds, on every session.
const MAX_EFFECTS: usize = 6_000;
/// Listings in the hub's own log and in the peer's.
const HELD: u64 = 3;

/// What is signed once for all inputs.
struct Prepared {
    own: Vec<Entry>,
    roster: RosterInput,
    /// Frames as an honest peer of the key 12 would send them.
    frames: Vec<Vec<u8>>,
}

fn hello(root: u8, node: u8) -> Vec<u8> {
    let hello = Hello {
        network: charter(1, 1).id(),
        credential: Credential::Certificate(Box::new(certificate(root, node))),
        subscription: Subscription::everything(),
        agent: "hostile".to_owned(),
    };
    Frame::Hello(Box::new(hello)).to_bytes()
}

fn prepared() -> &'static Prepared {
    static ONCE: OnceLock<Prepared> = OnceLock::new();
    ONCE.get_or_init(|| {
        let network = charter(1, 1).id();
        let admit = |n: u8| {
            let who = institution(n);
            let subject = Subject::Institution(who.id());
            let action = Action::Admit(who);
            let step = RosterStep { epoch: 0, subject, number: 1, previous: Hash::default(), action };
            SignedStep::sign(step, &network, 0, &key(1))
        };
        let theirs = entries(2, 12, HELD);
        let mut run = RunBuilder::new(log(12, 1), Head::default());
        theirs.iter().for_each(|entry| run.push(entry));
        let run = run.finish().expect("a small run");
        let head = theirs.last().map(Entry::head).unwrap_or_default();
        let heads = vec![LogHead { log: log(12, 1), head }];
        let bucket = Bucket { index: bucket_of(&log(12, 1)), digest: [1; 8] };
        let want = Want { log: log(11, 1), have: 0, to: HELD + 1 };
        let frames = [
            Frame::Heads(heads.clone()),
            Frame::Run(run),
            Frame::Digest(Hash([3; 32])),
            Frame::Buckets(vec![bucket]),
            Frame::Want(vec![want]),
            Frame::Durable(heads),
            Frame::Refused("why".to_owned()),
        ];
        let mut frames: Vec<Vec<u8>> = frames.iter().map(Frame::to_bytes).collect();
        frames.extend([hello(2, 12), hello(3, 13)]);
        let roster = RosterInput { steps: vec![admit(2), admit(4)], redemptions: Vec::new() };
        Prepared { own: entries(1, 11, HELD), roster, frames }
    })
}

/// The replica, and what its effects say is held.
struct Hub {
    replica: Replica,
    heads: BTreeMap<LogId, Head>,
    now_ms: i64,
}

impl Hub {
    fn new() -> Self {
        let made = prepared();
        let me = Me {
            charter: charter(1, 1),
            certificate: certificate(1, 11),
            redemption: None,
            sealing: SealingKey::from_seed(&[11; 32]),
            subscription: Subscription::everything(),
            allowance: u64::MAX,
            agent: "hub".to_owned(),
        };
        let head = made.own.last().map(Entry::head).unwrap_or_default();
        let state = LogState { head, certificate: Some(certificate(1, 11)), bytes: 0 };
        let logs = BTreeMap::from([(log(11, 1), state)]);
        let heads = BTreeMap::from([(log(11, 1), head)]);
        Self { replica: Replica::new(me, logs, made.roster.clone(), BTreeMap::new()), heads, now_ms: NOW + 1 }
    }

    /// One input, and all that follows from it.
    fn give(&mut self, input: Input) {
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
            Effect::Send { frame, .. } => {
                let bytes = frame.to_bytes();
                assert_eq!(Frame::from_bytes(&bytes).as_ref(), Ok(&frame), "what is sent can be read");
            }
            Effect::Serve { session, log, have, to } => {
                let held = self.heads.get(&log).map_or(0, |head| head.seq);
                assert!(have < to && to <= held, "{have}..{to} of {held} entries are to be served");
                inputs.push(Input::Served { session, log, upto: to, entries: to - have });
            }
            Effect::Persist { run } => {
                let held = self.heads.get(&run.log).copied().unwrap_or_default();
                assert_eq!(held, run.after, "a run continues what is held");
                self.heads.insert(run.log, run.head());
            }
            Effect::HangUp { session, .. } => inputs.push(Input::Closed { session }),
            Effect::Compare { session, run } => inputs.push(Input::Held { session, run, own: None }),
            Effect::Countersign { .. }
            | Effect::RosterChanged
            | Effect::Forked { .. }
            | Effect::Relimit { .. }
            | Effect::Report { .. }
            | Effect::KeepCircle { .. } => {}
        }
    }

    fn connect(&mut self, session: u64, peer: PublicKey) {
        self.give(Input::Connected { session, peer, outbound: false });
    }

    fn frame(&mut self, session: u64, bytes: Vec<u8>) {
        self.give(Input::Frame { session, bytes });
    }
}

fn any_log(from: &mut Reader<'_>) -> LogId {
    let mut log = log(11 + from.below(3) as u8, from.odd_number());
    log.shelf.kind.0 = from.odd_number() as u16;
    log.shelf.region = if from.one_in(2) { 0 } else { 420_100 };
    log
}

fn any_frame(from: &mut Reader<'_>) -> Vec<u8> {
    let frames = &prepared().frames;
    match from.below(4) {
        0 => {
            let size = usize::from(from.byte()) * 4;
            from.take(size).to_vec()
        }
        1 => {
            let mut bytes = frames[from.below(frames.len())].clone();
            let place = from.odd_number() as usize % bytes.len();
            bytes[place] ^= from.byte();
            bytes
        }
        2 => {
            let head = |from: &mut Reader<'_>| Head { seq: from.odd_number(), hash: Hash([from.byte(); 32]) };
            let heads =
                (0..from.below(8)).map(|_| LogHead { log: any_log(from), head: head(from) }).collect();
            if from.one_in(2) { Frame::Heads(heads).to_bytes() } else { Frame::Durable(heads).to_bytes() }
        }
        _ => {
            let want = |from: &mut Reader<'_>| {
                let log = if from.one_in(2) { any_log(from) } else { log(11, 1) };
                Want { log, have: from.odd_number(), to: from.odd_number() }
            };
            Frame::Want((0..from.below(8)).map(|_| want(from)).collect()).to_bytes()
        }
    }
}

/// Plays the program, then lets an honest member come.
pub fn run(bytes: &[u8]) {
    let mut from = Reader::new(bytes);
    let mut hub = Hub::new();
    let frames = &prepared().frames;
    for _ in 0..MAX_STEPS {
        if from.is_done() {
            break;
        }
        let session = from.below(3) as u64;
        match from.below(12) {
            0 => hub.connect(session, key(12 + from.below(2) as u8).public()),
            1 => hub.give(Input::Closed { session }),
            2 => hub.give(Input::Durable),
            3 => {
                hub.now_ms += 1_000 * from.byte() as i64;
                hub.give(Input::Tick);
            }
            4 => {
                // A clock that jumps, and comes back.
                let now_ms = std::mem::replace(&mut hub.now_ms, from.odd_number() as i64);
                hub.give(Input::Tick);
                hub.now_ms = now_ms;
            }
            5 => {
                hub.connect(session, key(12).public());
                hub.frame(session, hello(2, 12));
            }
            6..=8 => hub.frame(session, frames[from.below(frames.len())].clone()),
            _ => {
                let bytes = any_frame(&mut from);
                hub.frame(session, bytes);
            }
        }
    }
    honest(&mut hub);
}

/// Whatever others did, a member that did nothing is let in.
fn honest(hub: &mut Hub) {
    let session = 77;
    hub.connect(session, key(14).public());
    hub.frame(session, hello(4, 14));
    let peers = hub.replica.peers();
    let peer = peers.iter().find(|peer| peer.session == session);
    assert_eq!(peer.map(|peer| &peer.state), Some(&SessionState::Ready), "an honest member is let in");
}

pub fn seeds() -> Vec<Vec<u8>> {
    // Connect and greet, then every prepared frame, ticks and fsyncs between.
    let mut honest = vec![0, 5];
    (0..prepared().frames.len() as u8).for_each(|n| honest.extend([0, 6, n, 0, 2, 0, 3, 5]));
    let mut wants = vec![0, 5];
    (0..40u8).for_each(|n| wants.extend([0, 9, 3, 2, 0, 0, 250 + n % 6, 1, 0, n]));
    let mut heads = vec![1, 5];
    (0..40u8).for_each(|n| heads.extend([1, 9, 2, 3, n % 3, 253, 16, 1, n, n]));
    vec![honest, wants, heads]
}
