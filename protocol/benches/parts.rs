//! What every entry passes through: patch to change, signature and chain, the frame of a run; and the digest of a frontier.
#![expect(clippy::unwrap_used, reason = "a failed expectation is a bench's answer")]

use std::process::ExitCode;

use measure::Part;
use protocol::{
    Actor, CheckedRun, Draft, Entry, Hash, Head, LogId, NetworkId, Origin, Patch, Payload, PublicKey,
    RunBuilder, SecretKey, Shelf, ShelfKind, SignedPatch, Value, Verb, Visibility, bucket_of,
    frontier_digest,
};

/// Listings of a run.
const RUN: usize = 128;
/// Logs of a frontier.
const LOGS: usize = 3_000;
/// Characters that texts are made of.
const CHARACTERS: u64 = 3_000;

fn mixed(n: u64) -> u64 {
    let mut mixed = n.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed ^ (mixed >> 27)
}

/// Chinese text, few characters often and many rarely.
fn text(seed: u64, characters: u64) -> String {
    let one = |n| {
        let drawn = mixed(seed << 20 | n) % 1_000;
        char::from_u32(0x4E00 + (drawn * drawn * drawn / 1_000_000 * CHARACTERS / 1_000) as u32).unwrap()
    };
    (0..characters).map(one).collect()
}

/// A listing of about 1.8 KB of JSON: sixteen fields, four of them long.
fn listing(number: u64) -> Patch {
    let long = [("title", 20), ("summary", 290), ("advantages", 120), ("indicators", 80)];
    let long = long.into_iter().map(|(key, size)| (key.to_owned(), Value::Text(text(number, size))));
    let short = (0..12).map(|n| (format!("field{n:02}"), Value::Text(text(number + n, 6))));
    Patch::first(long.chain(short))
}

fn network() -> NetworkId {
    NetworkId([7; 32])
}

fn log(node: PublicKey) -> LogId {
    let shelf = Shelf { region: 420_106, kind: ShelfKind(16), visibility: Visibility::Public };
    LogId { node, incarnation: 1, shelf }
}

fn actor(log: &LogId, seq: u64) -> Actor {
    Actor::derive(log, &Origin { log: *log, seq }, 0)
}

fn entries(key: &SecretKey) -> Vec<Entry> {
    let (log, mut head) = (log(key.public()), Head::default());
    (0..RUN as u64)
        .map(|n| {
            let signed = SignedPatch::of(listing(n), actor(&log, head.seq + 1), 0).unwrap();
            let payload = Payload { salt: [n as u8; 16], bytes: signed.to_bytes() };
            let draft = Draft { document: None, verb: Verb::CREATE, payload, time_ms: 0 };
            let entry = Entry::author(log, head, draft, &network(), key).unwrap();
            head = entry.head();
            entry
        })
        .collect()
}

fn pack(log: LogId, entries: &[Entry]) -> Vec<u8> {
    let mut run = RunBuilder::new(log, Head::default());
    entries.iter().for_each(|entry| run.push(entry));
    run.finish().unwrap()
}

fn frontier() -> Vec<(LogId, Head)> {
    let of = |n: usize| {
        let mut node = [0; 32];
        node[..8].copy_from_slice(&mixed(n as u64).to_be_bytes());
        (log(PublicKey(node)), Head { seq: n as u64, hash: Hash([n as u8; 32]) })
    };
    let mut all: Vec<_> = (0..LOGS).map(of).collect();
    all.sort_unstable();
    all
}

fn main() -> ExitCode {
    let key = SecretKey::from_seed(&[3; 32]);
    let (log, all) = (log(key.public()), entries(&key));
    let run = pack(log, &all);
    let last = all[RUN - 1].clone();
    let frontier = frontier();
    let (heads, logs) = (frontier.clone(), frontier);
    let draft = move || (key.clone(), SignedPatch::of(listing(1), actor(&log, 1), 0).unwrap().to_bytes());
    measure::run(vec![
        Part::new(
            "encode: patch to change and its hash",
            1,
            || listing(1),
            move |patch| SignedPatch::of(patch, actor(&log, 1), 0).unwrap(),
        ),
        Part::new("encode: an entry authored and signed", 1, draft, move |(key, bytes)| {
            let payload = Payload { salt: [1; 16], bytes };
            let draft = Draft { document: None, verb: Verb::CREATE, payload, time_ms: 0 };
            Entry::author(log, Head::default(), draft, &network(), &key).unwrap()
        }),
        Part::new(
            "verify: one signature",
            1,
            move || last.clone(),
            |entry| entry.verify(&network()).unwrap(),
        ),
        {
            let all = all.clone();
            Part::new(
                "verify: hash chain of a run",
                RUN as u64,
                move || all.clone(),
                |entries| {
                    entries.iter().fold(Hash::default(), |_, entry| {
                        entry.check_payload().unwrap();
                        entry.hash()
                    })
                },
            )
        },
        Part::new(
            "rebuild: payload to change, hash compared",
            1,
            {
                let bytes = SignedPatch::of(listing(1), actor(&log, 1), 0).unwrap().to_bytes();
                move || bytes.clone()
            },
            move |bytes| SignedPatch::from_bytes(&bytes).unwrap().to_change(actor(&log, 1), 0).unwrap(),
        ),
        Part::new("frame: a run packed", RUN as u64, || (), move |()| pack(log, &all)),
        Part::new(
            "frame: a run opened and checked",
            RUN as u64,
            move || run.clone(),
            |run| CheckedRun::open(&run, &network()).unwrap(),
        ),
        Part::new(
            "frontier: digest, a log",
            LOGS as u64,
            || (),
            move |()| frontier_digest(heads.iter().map(|(log, head)| (log, head))),
        ),
        Part::new(
            "frontier: bucket of a log",
            LOGS as u64,
            || (),
            move |()| logs.iter().fold(0_u8, |sum, (log, _)| sum.wrapping_add(bucket_of(log))),
        ),
    ])
}
