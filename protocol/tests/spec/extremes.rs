//! Counters at the ends of their types: each decoder reads them back or refuses them with a reason, and what is done with
//! them overflows nowhere.

use protocol::{
    Action, Actor, Capabilities, CertificateBody, Charter, CheckedRun, Decoder, Draft, Encoder, Entry, Fault,
    Frame, Hash, Head, Header, LogHead, NodeCertificate, Op, OpId, Origin, Patch, Payload, Roster,
    RosterInput, RosterStep, RunBuilder, Shelf, SignedPatch, SignedStep, Subject, Value, Verb, Want, limits,
    seconds,
};

use crate::support::{NOW, World, certificate, charter, key};

/// Numbers without a sign.
const NUMBERS: [u64; 12] = [
    0,
    1,
    2,
    limits::MAX_OP_COUNTER - 1,
    limits::MAX_OP_COUNTER,
    limits::MAX_OP_COUNTER + 1,
    u32::MAX as u64,
    u32::MAX as u64 + 1,
    i64::MAX as u64,
    i64::MAX as u64 + 1,
    u64::MAX - 1,
    u64::MAX,
];
/// Moments and numbers with a sign.
const SIGNED: [i64; 9] = [i64::MIN, i64::MIN + 1, -1_000, -1, 0, 1, NOW, i64::MAX - 1, i64::MAX];

fn entry_at(seq: u64, time_ms: i64, payload_len: u32) -> Entry {
    let world = World::new();
    let log = world.log(world.shelf());
    let (prev, payload_hash, verb) = (Hash([1; 32]), Hash([2; 32]), Verb(u16::MAX));
    let header = Header { log, seq, prev, document: None, verb, payload_hash, payload_len, time_ms };
    let signature = world.node.sign(protocol::Purpose::Entry, &world.network, &header.to_bytes());
    Entry { header, signature, payload: None }
}

#[test]
fn entries_and_their_runs() {
    let world = World::new();
    for seq in NUMBERS {
        for time_ms in SIGNED {
            let entry = entry_at(seq, time_ms, 0);
            let read = Decoder::whole(&entry.to_bytes(), "entry", Entry::decode).unwrap();
            assert_eq!(read, entry);
            assert_eq!(read.head().seq, seq);
            read.verify(&world.network).unwrap();
            let Some(before) = seq.checked_sub(1) else { continue };
            let mut run = RunBuilder::new(entry.header.log, Head { seq: before, hash: entry.header.prev });
            run.push(&entry);
            let bytes = run.finish().unwrap();
            let run = CheckedRun::open(&bytes, &world.network).unwrap();
            assert_eq!((run.head(), run.entries[0].entry.header.time_ms), (entry.head(), time_ms));
        }
    }
    let most = limits::MAX_PAYLOAD as u32;
    for len in [0, 1, most - 1, most, most + 1, u32::MAX] {
        let entry = entry_at(1, NOW, len);
        let read = Decoder::whole(&entry.to_bytes(), "entry", Entry::decode);
        assert_eq!(read.is_ok(), len <= most, "a payload of {len} bytes");
    }
}

/// The last number that a log has is the end of it.
#[test]
fn a_log_of_every_number_takes_no_more() {
    let world = World::new();
    let after = |seq| {
        let payload = Payload { salt: [0; 16], bytes: Vec::new() };
        let draft = Draft { document: None, verb: Verb::EDIT, payload, time_ms: NOW };
        let head = Head { seq, hash: Hash([1; 32]) };
        Entry::author(world.log(world.shelf()), head, draft, &world.network, &world.node)
    };
    assert_eq!(after(u64::MAX - 1).unwrap().header.seq, u64::MAX);
    assert!(matches!(after(u64::MAX), Err(Fault::TooLong { what: "log", .. })));
}

/// A run that says where it begins and how many entries it has, and holds one.
fn run_of(first: u64, count: u64, form: u8, size: u64) -> Vec<u8> {
    let world = World::new();
    let texts = [2, 7, 0, 0];
    let mut to = Encoder::new();
    world.log(world.shelf()).encode(&mut to);
    to.uint(first).raw(&[0; 32]).uint(count).u8(form).uint(size);
    to.bytes(&zstd::bulk::compress(&texts, 1).unwrap()).raw(&[0; 96]);
    to.finish()
}

#[test]
fn heads_of_runs() {
    let network = World::new().network;
    for first in NUMBERS {
        for count in NUMBERS {
            let bytes = run_of(first, count, 0, 4);
            let peeked = CheckedRun::peek(&bytes);
            let fits = first > 0 && count <= limits::MAX_RUN_ENTRIES as u64;
            assert_eq!(peeked.is_ok(), fits, "{count} entries from {first}");
            let opened = CheckedRun::open(&bytes, &network).unwrap_err();
            if count == 1 && first > 0 {
                assert_eq!(opened, Fault::Signature { what: "the entry" }, "from {first}");
            }
        }
    }
    for size in NUMBERS {
        let fault = CheckedRun::open(&run_of(1, 1, 0, size), &network).unwrap_err();
        let known =
            matches!(fault, Fault::TooLong { .. } | Fault::NotCanonical { .. } | Fault::Mismatch { .. });
        assert!(known, "texts of {size} bytes: {fault}");
    }
}

/// An edit whose counters are these, as bytes that no author of this program writes.
fn edit_bytes(generation: u64, seq: u64, start_op: u64, pred: u64) -> Vec<u8> {
    let mut to = Encoder::new();
    to.u8(1).uint(generation).uint(seq).uint(start_op);
    to.list(&[Hash([3; 32])], |to, hash| hash.encode(to));
    to.list(&[[4u8; 16]], |to, actor| {
        to.raw(actor);
    });
    to.uint(1).text("title").u8(2).int(5);
    to.uint(1).uint(pred).uint(0);
    to.finish()
}

#[test]
fn patches() {
    let most = limits::MAX_OP_COUNTER;
    let inside = |n: u64| (1..=most).contains(&n);
    for a in NUMBERS {
        for b in NUMBERS {
            for c in NUMBERS {
                let bytes = edit_bytes(a, b, c, 1);
                let read = Decoder::whole(&bytes, "patch", Patch::decode);
                let sound = a <= u32::MAX.into() && inside(b) && inside(c) && c > 1;
                assert_eq!(read.is_ok(), sound, "generation {a}, number {b}, operations from {c}");
            }
            let read = Decoder::whole(&edit_bytes(0, 1, a, b), "patch", Patch::decode);
            assert_eq!(read.is_ok(), inside(a) && b >= 1 && b < a, "operations from {a}, predecessor {b}");
        }
    }
}

#[test]
fn changes_of_patches() {
    let world = World::new();
    let log = world.log(world.shelf());
    for n in NUMBERS {
        for ops in [1, 2, limits::MAX_PATCH_OPS, limits::MAX_PATCH_OPS + 1] {
            let op = |at: usize| Op { key: format!("k{at:04}"), put: Some(Value::Int(1)), preds: Vec::new() };
            let ops: Vec<Op> = (0..ops).map(op).collect();
            let last = n.saturating_add(ops.len() as u64 - 1);
            let sound = n >= 1 && last <= limits::MAX_OP_COUNTER && ops.len() <= limits::MAX_PATCH_OPS;
            let patch = Patch { generation: u32::MAX, seq: 1, start_op: n, deps: Vec::new(), ops };
            let _ = patch.last_op();
            assert_eq!(SignedPatch::of(patch, Actor([1; 16]), NOW).is_ok(), sound, "operations from {n}");
        }
        let pred = OpId { counter: n, actor: Actor([2; 16]) };
        let op = Op { key: "k".to_owned(), put: None, preds: vec![pred] };
        let patch = Patch { generation: 0, seq: 1, start_op: 9, deps: vec![Hash([1; 32])], ops: vec![op] };
        assert_eq!(patch.check().is_ok(), (1..9).contains(&n));
        // Actors are made of any numbers.
        let incarnated = protocol::LogId { incarnation: n, ..log };
        Actor::derive(&incarnated, &Origin { log, seq: n }, n as u32);
    }
    for n in SIGNED {
        for value in [Value::Int(n), Value::Time(n)] {
            let patch = Patch::first([("k".to_owned(), value.clone())]);
            let signed = SignedPatch::of(patch, Actor([1; 16]), n).unwrap();
            let read = SignedPatch::from_bytes(&signed.to_bytes()).unwrap();
            assert_eq!(read.patch.ops[0].put, Some(value));
            read.to_change(Actor([1; 16]), n).unwrap();
        }
        assert!(seconds(n).checked_mul(1000).is_none_or(|ms| ms <= n), "whole seconds, rounded down");
    }
}

#[test]
fn roster_steps_and_their_fold() {
    let charter = charter(1, 1);
    let world = World::new();
    let log = world.log(Shelf::ROSTER);
    let mut input = RosterInput::default();
    for n in NUMBERS {
        for epoch in [0, 1, u32::MAX - 1, u32::MAX] {
            let actions = [
                (Subject::Network, Action::Profile(charter.profile.clone())),
                (Subject::Log(log.hash()), Action::Settle(log, Head { seq: n, hash: Hash([1; 32]) })),
            ];
            for (subject, action) in actions {
                let step = RosterStep { epoch, subject, number: n, previous: Hash::default(), action };
                let signed = SignedStep::sign(step, &charter.id(), 0, &key(1));
                assert_eq!(SignedStep::from_bytes(&signed.to_bytes()).as_ref(), Ok(&signed));
                input.steps.push(signed);
            }
        }
    }
    let roster = Roster::fold(&charter, &input);
    assert_eq!(roster.epoch, 0);
    assert_eq!(roster.chains[&Subject::Network].0, 1, "the step of number 1 alone follows on nothing");
    roster.digest();
    roster.last_valid(&log);
}

#[test]
fn certificates_and_charters() {
    let world = World::new();
    let body = certificate(&world.network, 1, 11, protocol::Role::Hub).body;
    for serial in NUMBERS {
        for time in SIGNED {
            let capabilities = Capabilities(serial);
            let body =
                CertificateBody { serial, capabilities, issued_ms: time, not_after_ms: time, ..body.clone() };
            let issued = NodeCertificate::issue(body, &world.network, &key(1), &world.node);
            let read = Decoder::whole(&issued.to_bytes(), "certificate", NodeCertificate::decode).unwrap();
            assert_eq!(read, issued);
            read.verify(&world.network).unwrap();
            let _ = read.allows(&world.shelf());
        }
    }
    for time in SIGNED {
        let charter = Charter { founded_ms: time, ..charter(1, 1) };
        assert_eq!(Decoder::whole(&charter.to_bytes(), "charter", Charter::decode), Ok(charter));
    }
}

#[test]
fn frames() {
    let world = World::new();
    let log = world.log(world.shelf());
    for a in NUMBERS {
        let head = Head { seq: a, hash: Hash([1; 32]) };
        let incarnated = protocol::LogId { incarnation: a, ..log };
        for frame in [
            Frame::Heads(vec![LogHead { log: incarnated, head }]),
            Frame::Durable(vec![LogHead { log, head }]),
            Frame::Want(NUMBERS.map(|b| Want { log, have: a, to: b }).to_vec()),
        ] {
            assert_eq!(Frame::from_bytes(&frame.to_bytes()), Ok(frame));
        }
        // A count of items that are not there.
        for kind in [4, 5, 6, 8] {
            let mut to = Encoder::new();
            to.u8(kind).uint(a);
            assert_eq!(Frame::from_bytes(&to.finish()).is_ok(), a == 0, "{a} items of frame {kind}");
        }
    }
}

/// Every length and count in every place of a certificate, a step and an entry, replaced by one at its end: refused before
/// anything is reserved for it.
#[test]
fn lengths_in_every_place() {
    let world = World::new();
    let own = certificate(&world.network, 1, 11, protocol::Role::Hub);
    let entry = entry_at(1, NOW, 0);
    let samples = [own.to_bytes(), entry.to_bytes(), edit_bytes(0, 1, 2, 1), charter(3, 2).to_bytes()];
    for bytes in samples {
        for place in 0..bytes.len() {
            for n in NUMBERS {
                let mut to = Encoder::new();
                to.raw(&bytes[..place]).uint(n).raw(&bytes[place + 1..]);
                crate::codec::feed_all(&to.finish());
            }
        }
    }
}
