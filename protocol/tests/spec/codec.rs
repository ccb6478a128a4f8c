//! §2: one encoding of every value, and nothing that a decoder reads makes it panic.

use proptest::prelude::*;
use protocol::{
    Action, Bucket, Charter, CheckedRun, Circle, Continuation, Decoder, Encoder, Entry, Envelope, FileKind,
    Frame, Hash, Head, Institution, LogId, MarketFile, NodeCertificate, OpenLog, Patch, Proof, PublicKey,
    Purge, Redemption, Role, RosterStep, Rotation, Shelf, SignedCharter, SignedManifest, SignedPatch,
    SignedStep, Slip, Statement, Subject, Value, value_bytes,
};

use crate::support::{World, certificate, institution, key, shared};
use crate::vectors::samples;

/// Reads bytes and writes what was read; `None` when they are refused.
pub type Echo = fn(&[u8]) -> Option<Vec<u8>>;

fn uint(bytes: &[u8]) -> Option<Vec<u8>> {
    let value = Decoder::whole(bytes, "test", |from| from.uint("test")).ok()?;
    Some(written(|to| {
        to.uint(value);
    }))
}

fn int(bytes: &[u8]) -> Option<Vec<u8>> {
    let value = Decoder::whole(bytes, "test", |from| from.int("test")).ok()?;
    Some(written(|to| {
        to.int(value);
    }))
}

fn text(bytes: &[u8]) -> Option<Vec<u8>> {
    let value = Decoder::whole(bytes, "test", |from| from.text(100, "test")).ok()?;
    Some(written(|to| {
        to.text(value);
    }))
}

fn options(bytes: &[u8]) -> Option<Vec<u8>> {
    let each = |from: &mut Decoder<'_>| from.option("test", |from| from.uint("test"));
    let values = Decoder::whole(bytes, "test", |from| from.list(100, "test", each)).ok()?;
    Some(written(|to| {
        to.list(&values, |to, v| {
            to.option(v.as_ref(), |to, v| {
                to.uint(*v);
            });
        });
    }))
}

pub fn written(write: impl FnOnce(&mut Encoder)) -> Vec<u8> {
    let mut to = Encoder::new();
    write(&mut to);
    to.finish()
}

/// Every decoder of the crate that reads whole inputs.
pub fn echoes() -> Vec<(&'static str, Echo)> {
    vec![
        ("uint", uint),
        ("int", int),
        ("text", text),
        ("options", options),
        ("value", |b| Value::from_bytes(b).ok().map(|v| value_bytes(&v))),
        ("patch", |b| Decoder::whole(b, "patch", Patch::decode).ok().map(|v| v.to_bytes())),
        ("patch payload", |b| SignedPatch::from_bytes(b).ok().map(|v| v.to_bytes())),
        ("move", |b| Continuation::from_bytes(b).ok().map(|v| v.to_bytes())),
        ("purge", |b| Purge::from_bytes(b).ok().map(|v| v.to_bytes())),
        ("statement", |b| Statement::from_bytes(b).ok().map(|v| v.to_bytes())),
        ("entry", |b| Decoder::whole(b, "entry", Entry::decode).ok().map(|v| v.to_bytes())),
        ("institution", |b| {
            let v = Decoder::whole(b, "institution", Institution::decode).ok()?;
            Some(written(|to| v.encode(to)))
        }),
        ("certificate", |b| {
            Decoder::whole(b, "certificate", NodeCertificate::decode).ok().map(|v| v.to_bytes())
        }),
        ("market file", |b| MarketFile::from_file(b).ok().map(|v| v.to_file())),
        ("charter", |b| Decoder::whole(b, "charter", Charter::decode).ok().map(|v| v.to_bytes())),
        ("signed charter", |b| {
            let v = Decoder::whole(b, "charter", SignedCharter::decode).ok()?;
            Some(written(|to| v.encode(to)))
        }),
        ("step", |b| SignedStep::from_bytes(b).ok().map(|v| v.to_bytes())),
        ("redemption", |b| Redemption::from_bytes(b).ok().map(|v| v.to_bytes())),
        ("opening", |b| OpenLog::from_bytes(b).ok().map(|v| v.to_bytes())),
        ("frame", |b| Frame::from_bytes(b).ok().map(|v| v.to_bytes())),
        ("envelope", |b| Envelope::from_bytes(b).ok().map(|v| v.to_bytes())),
        ("circle", |b| Decoder::whole(b, "circle", Circle::decode).ok().map(|v| v.to_bytes())),
        ("proof", |b| Proof::from_bytes(b).ok().map(|v| v.to_bytes())),
        ("head", |b| SignedManifest::from_bytes(b).ok().map(|v| v.to_bytes())),
        ("slip", |b| Slip::from_bytes(b).ok().map(|v| v.to_bytes())),
    ]
}

pub fn feed_all(bytes: &[u8]) {
    for (name, echo) in echoes() {
        if let Some(again) = echo(bytes) {
            assert_eq!(again, bytes, "two encodings of one {name}");
        }
    }
    let network = World::new().network;
    let _ = CheckedRun::peek(bytes);
    let _ = CheckedRun::open(bytes, &network);
    for kind in [FileKind::Charter, FileKind::Invitation, FileKind::Proof] {
        let _ = protocol::unseal_file(kind, bytes);
    }
    if let Ok(proof) = Proof::from_bytes(bytes) {
        let _ = proof.verify(&World::new().charter);
    }
}

#[test]
fn integers_have_their_shortest_form_alone() {
    for (value, bytes) in [
        (0, &[0][..]),
        (127, &[0x7f]),
        (128, &[0x80, 1]),
        (16_384, &[0x80, 0x80, 1]),
        (u64::MAX, &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1]),
    ] {
        assert_eq!(
            written(|to| {
                to.uint(value);
            }),
            bytes
        );
        assert_eq!(Decoder::whole(bytes, "t", |from| from.uint("t")), Ok(value));
    }
    for (value, bytes) in [(0, &[0][..]), (-1, &[1]), (1, &[2]), (-64, &[0x7f]), (64, &[0x80, 1])] {
        assert_eq!(
            written(|to| {
                to.int(value);
            }),
            bytes
        );
        assert_eq!(Decoder::whole(bytes, "t", |from| from.int("t")), Ok(value));
    }
    for bytes in [
        &[0x80, 0][..],
        &[0xff, 0x80, 0],
        &[0xff; 10],
        &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2],
        &[0x80],
        &[],
        &[0, 0],
    ] {
        assert_eq!(uint(bytes), None, "{bytes:?}");
    }
}

#[test]
fn lists_and_texts_stay_within_their_bounds() {
    assert!(Decoder::new(&[101]).list(100, "t", |from| from.u8("t")).is_err());
    assert!(
        Decoder::new(&[0xff, 0xff, 0xff, 0xff, 0x0f]).list(usize::MAX, "t", |from| from.u8("t")).is_err()
    );
    assert!(Decoder::new(&[2, 0xc0, 0x80]).text(9, "t").is_err(), "overlong UTF-8");
    assert!(Decoder::new(&[3, 0xed, 0xa0, 0x80]).text(9, "t").is_err(), "a surrogate");
    assert!(Decoder::new(&[2]).option("t", |from| from.u8("t")).is_err());
}

/// Flips every bit, drops every byte, cuts at every place, repeats every byte of a sample of every kind: what is
/// still read must be written back as it was.
#[test]
fn damaged_samples_are_refused_or_are_other_values() {
    let mut tried = 0;
    let mut read = 0;
    let echoes = echoes();
    for (name, bytes) in samples() {
        let Some((_, echo)) = echoes.iter().find(|(kind, _)| *kind == name) else {
            panic!("no decoder for {name}")
        };
        assert_eq!(echo(&bytes).as_deref(), Some(bytes.as_slice()), "{name}");
        let mut check = |damaged: Vec<u8>| {
            tried += 1;
            if let Some(again) = echo(&damaged) {
                read += 1;
                assert_eq!(again, damaged, "two encodings of one {name}");
            }
        };
        for place in 0..bytes.len() {
            for bit in 0..8 {
                let mut damaged = bytes.clone();
                damaged[place] ^= 1 << bit;
                check(damaged);
            }
            let mut shorter = bytes.clone();
            shorter.remove(place);
            check(shorter);
            let mut longer = bytes.clone();
            longer.insert(place, bytes[place]);
            check(longer);
            check(bytes[..place].to_vec());
        }
        check([&bytes[..], &[0]].concat());
    }
    println!("{tried} damaged samples, {read} of them other values");
    assert!(tried > 20_000 && read > 1_000);
}

/// Lists whose order means nothing have one order.
#[test]
fn lists_out_of_order_are_refused() {
    let log = |n: u64| LogId { incarnation: n, ..World::new().log(Shelf::ROSTER) };
    let head = Head::default();
    let network = World::new().network;
    let step = |action| {
        let step =
            RosterStep { epoch: 0, subject: Subject::Network, number: 1, previous: Hash::default(), action };
        SignedStep::from_bytes(&SignedStep::sign(step, &network, 0, &key(1)).to_bytes()).is_ok()
    };
    let opening = |predecessors| {
        let certificate = certificate(&network, 1, 11, protocol::Role::Hub);
        OpenLog::from_bytes(&OpenLog { certificate, predecessors }.to_bytes()).is_ok()
    };
    let governors = World::new().charter.governors;
    let subject = |n: u8| Subject::Log(Hash([n; 32]));
    for (first, second, sound) in [(1u8, 2u8, true), (2, 1, false), (1, 1, false)] {
        let heads = || vec![(log(first.into()), head), (log(second.into()), head)];
        assert_eq!(step(Action::RevokeNode(key(11).public(), heads(), String::new())), sound);
        assert_eq!(opening(heads()), sound);
        let kept = vec![(subject(first), Hash::default()), (subject(second), Hash::default())];
        assert_eq!(step(Action::Governors(governors.clone(), kept.clone())), sound);
        assert_eq!(step(Action::Keep(kept)), sound);
        let root = Rotation::sign(&institution(2, Role::Hub).id(), vec![], vec![], &network, &key(3));
        let nodes = [first, second].map(|n| PublicKey([n; 32])).to_vec();
        assert_eq!(step(Action::RootKey(Rotation { nodes, ..root.clone() })), sound);
        let words = [first, second].map(|n| Hash([n; 32])).to_vec();
        assert_eq!(step(Action::RootKey(Rotation { words, ..root })), sound);
        let buckets = [first, second].map(|index| Bucket { index, digest: [0; 8] });
        assert_eq!(Frame::from_bytes(&Frame::Buckets(buckets.into()).to_bytes()).is_ok(), sound);
    }
}

/// A reason longer than a frame has room for is cut at a character, not refused by the peer.
#[test]
fn long_reasons_are_cut() {
    let why = "不".repeat(300);
    let Ok(Frame::Refused(read)) = Frame::from_bytes(&Frame::Refused(why.clone()).to_bytes()) else {
        panic!()
    };
    assert!(why.starts_with(&read) && read.len() == 510);
}

#[test]
fn hostile_files_do_no_harm() {
    let folder = shared().join("data/hostile");
    let Ok(files) = std::fs::read_dir(&folder) else {
        assert!(std::env::var_os("LIANSHI_REQUIRE_SHARED").is_none_or(|v| v != "1"), "{}", folder.display());
        println!("skipped: ../shared/data is not here");
        return;
    };
    let mut fed = 0;
    for file in files {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        feed_all(&bytes);
        for prefix in 0u8..16 {
            feed_all(&[&[prefix], &bytes[..]].concat());
        }
        fed += 1;
    }
    assert!(fed >= 5, "{fed} hostile files");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn numbers_come_back(unsigned: u64, signed: i64) {
        let bytes = written(|to| { to.uint(unsigned).int(signed); });
        let read = Decoder::whole(&bytes, "t", |from| Ok((from.uint("t")?, from.int("t")?)));
        prop_assert_eq!(read, Ok((unsigned, signed)));
        // The same number with a byte of nothing at its end.
        let mut longer = written(|to| { to.uint(unsigned); });
        *longer.last_mut().unwrap() |= 0x80;
        longer.push(0);
        prop_assert_eq!(uint(&longer), None);
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        feed_all(&bytes);
    }

    /// Small bytes get further: they are lengths and codes.
    #[test]
    fn small_bytes_never_panic(bytes in proptest::collection::vec(0u8..12, 0..400)) {
        feed_all(&bytes);
    }
}
