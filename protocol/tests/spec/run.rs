//! §7 and §12: entries, chains and runs: what was changed on its way is noticed.

use protocol::{
    CheckedRun, Decoder, DocumentId, Draft, Encoder, Entry, Fault, Head, LogId, Patch, Payload, RunBuilder,
    Value, Verb, limits,
};

use crate::support::{Dice, NOW, World, certificate, key};

fn patch(n: usize) -> Patch {
    Patch::first([
        ("title".to_owned(), Value::Text(format!("新型材料的制备方法 {n}"))),
        ("trl".to_owned(), Value::Int(n as i64)),
        ("keyword/新材料".to_owned(), Value::Bool(true)),
    ])
}

/// A log with an opening, two creations, an edit whose payload is no patch, a purged entry and an unknown verb.
pub fn small_log(world: &World) -> (LogId, Vec<Entry>) {
    let log = world.log(world.shelf());
    let open = protocol::OpenLog {
        certificate: certificate(&world.network, 1, 11, protocol::Role::Hub),
        predecessors: vec![],
    };
    let mut entries = vec![world.entry((log, Head::default()), Verb::OPEN, None, open.to_bytes(), NOW)];
    let head = |entries: &[Entry]| entries[entries.len() - 1].head();
    entries.push(world.create(log, head(&entries), &patch(1), NOW + 1_500));
    entries.push(world.create(log, head(&entries), &patch(2), NOW - 10_000));
    let document = DocumentId(entries[1].hash().0);
    entries.push(world.entry(
        (log, head(&entries)),
        Verb::EDIT,
        Some(document),
        vec![0xe4, 0xb8, 0xad, 0x80, 0xff],
        NOW,
    ));
    let mut purged =
        world.entry((log, head(&entries)), Verb::EDIT, Some(document), b"a telephone number".to_vec(), NOW);
    purged.payload = None;
    entries.push(purged);
    entries.push(world.entry((log, head(&entries)), Verb(40_000), None, b"later".to_vec(), i64::MIN));
    (log, entries)
}

pub fn run_of(log: LogId, after: Head, entries: &[Entry]) -> Vec<u8> {
    let mut run = RunBuilder::new(log, after);
    entries.iter().for_each(|entry| run.push(entry));
    run.finish().unwrap()
}

fn opened(bytes: &[u8], world: &World) -> Result<Vec<Entry>, Fault> {
    Ok(CheckedRun::open(bytes, &world.network)?.entries.into_iter().map(|e| e.entry).collect())
}

#[test]
fn a_run_brings_every_entry_as_it_was() {
    let world = World::new();
    let (log, entries) = small_log(&world);
    for from in 0..entries.len() {
        let after = if from == 0 { Head::default() } else { entries[from - 1].head() };
        let bytes = run_of(log, after, &entries[from..]);
        assert_eq!(CheckedRun::peek(&bytes), Ok((log, after, (entries.len() - from) as u64)));
        let run = CheckedRun::open(&bytes, &world.network).unwrap();
        assert_eq!((run.log, run.after, run.head()), (log, after, entries[5].head()));
        for (checked, entry) in run.entries.iter().zip(&entries[from..]) {
            assert_eq!(checked.entry, *entry);
            assert_eq!(checked.hash, entry.hash());
            assert_eq!(
                checked.beginning.is_some(),
                entry.header.verb == Verb::CREATE,
                "the implied change hash"
            );
        }
    }
}

#[test]
fn every_flipped_bit_of_an_entry_is_noticed() {
    let world = World::new();
    let (_, entries) = small_log(&world);
    let mut tried = 0;
    for entry in &entries {
        let bytes = entry.to_bytes();
        for place in 0..bytes.len() * 8 {
            let mut damaged = bytes.clone();
            damaged[place / 8] ^= 1 << (place % 8);
            let read = Decoder::whole(&damaged, "entry", Entry::decode);
            let taken = read.and_then(|e| e.verify(&world.network));
            assert!(taken.is_err(), "bit {place} of a {:?}", entry.header.verb);
            tried += 1;
        }
    }
    println!("{tried} flipped bits, all noticed");
}

#[test]
fn every_flipped_bit_of_a_run_is_noticed_or_changes_nothing() {
    let world = World::new();
    let (log, entries) = small_log(&world);
    let bytes = run_of(log, entries[0].head(), &entries[1..]);
    let mut same = 0;
    for place in 0..bytes.len() * 8 {
        let mut damaged = bytes.clone();
        damaged[place / 8] ^= 1 << (place % 8);
        if let Ok(read) = opened(&damaged, &world) {
            assert_eq!(read, entries[1..], "bit {place}");
            same += 1;
        }
    }
    for cut in 0..bytes.len() {
        assert!(opened(&bytes[..cut], &world).is_err(), "cut at {cut}");
    }
    println!("{} flipped bits, {same} of them changed nothing", bytes.len() * 8);
    assert!(
        same * 10 < bytes.len() * 8,
        "the header of the compressed part has few bits that nothing depends on"
    );
}

#[test]
fn a_run_of_another_network_or_node_is_refused() {
    let world = World::new();
    let (log, entries) = small_log(&world);
    let bytes = run_of(log, Head::default(), &entries);
    let other = World { network: protocol::NetworkId([1; 32]), ..World::new() };
    assert!(opened(&bytes, &other).is_err());
    let foreign = LogId { node: key(12).public(), ..log };
    assert!(opened(&run_of(foreign, Head::default(), &entries), &world).is_err());
}

#[test]
fn entries_out_of_place_are_refused() {
    let world = World::new();
    let (log, entries) = small_log(&world);
    let run = |entries: &[Entry]| opened(&run_of(log, Head::default(), entries), &world);
    assert!(run(&entries).is_ok());
    assert!(run(&entries[1..]).is_err(), "the first is missing");
    assert!(run(&[entries[0].clone(), entries[2].clone()]).is_err(), "one is missing");
    assert!(run(&[entries[0].clone(), entries[2].clone(), entries[1].clone()]).is_err(), "two are swapped");
    assert!(run(&[]).is_err(), "no entries");
    let mut forged = entries.clone();
    forged[2].payload.as_mut().unwrap().salt[0] ^= 1;
    assert!(run(&forged).is_err(), "another salt");
    let mut forged = entries.clone();
    forged[5].signature.0[3] ^= 1;
    assert!(run(&forged).is_err(), "the last signature");
}

/// A signature in the middle is covered by the chain: with another one it is another entry, and the chain breaks.
#[test]
fn signatures_in_the_middle_are_bound_by_the_chain() {
    let world = World::new();
    let (log, mut entries) = small_log(&world);
    entries[2].signature.0[3] ^= 1;
    assert!(opened(&run_of(log, Head::default(), &entries), &world).is_err());
}

#[test]
fn what_a_run_claims_is_bounded() {
    let world = World::new();
    let log = world.log(world.shelf());
    let bytes = |count: u64, form: u8, size: u64, texts: &[u8], randoms: usize| {
        let mut to = Encoder::new();
        log.encode(&mut to);
        to.uint(2).raw(&[0; 32]).uint(count).u8(form).uint(size);
        to.bytes(&zstd::bulk::compress(texts, 3).unwrap()).raw(&vec![0; randoms]);
        to.finish()
    };
    let bomb = vec![0; 64 << 20];
    assert!(bytes(1, 0, 64 << 20, &bomb, 0).len() < 8192);
    for (what, run) in [
        ("too many entries", bytes(limits::MAX_RUN_ENTRIES as u64 + 1, 0, 4, &[0; 4], 80)),
        ("a bomb that says so", bytes(1, 0, 64 << 20, &bomb, 80)),
        ("a bomb that does not", bytes(1, 0, 4, &bomb, 80)),
        ("less than it says", bytes(1, 0, 400, &[0; 4], 80)),
        (
            "a narrow bomb",
            bytes(1, 1, limits::MAX_RUN_PLAIN as u64, &vec![0x9e; limits::MAX_RUN_PLAIN & !1], 80),
        ),
        ("an unknown form", bytes(1, 4, 4, &[0; 4], 80)),
        ("unknown flags", bytes(1, 0, 4, &[8, 2, 0, 0], 80)),
        ("an implied hash without a patch", bytes(1, 0, 4, &[4, 2, 0, 0], 80)),
    ] {
        assert!(CheckedRun::open(&run, &world.network).is_err(), "{what}");
    }
    assert!(CheckedRun::open(&vec![0; limits::MAX_FRAME + 1], &world.network).is_err());
}

/// A sender implies the change hash only where a reader computes the same; all else travels as it is.
#[test]
fn a_change_hash_is_implied_only_where_it_follows() {
    let world = World::new();
    let log = world.log(world.shelf());
    let origin = protocol::Origin { log, seq: 1 };
    let actor = protocol::Actor::derive(&log, &origin, 0);
    let first = protocol::SignedPatch::of(patch(1), actor, NOW).unwrap();
    let second = Patch { seq: 2, start_op: 4, deps: vec![protocol::Hash([1; 32])], ..patch(1) };
    let later = protocol::SignedPatch::of(second, actor, NOW).unwrap();
    let wrong = protocol::SignedPatch { change: protocol::Hash([9; 32]), ..first.clone() };
    let document = Some(DocumentId([1; 32]));
    for (what, verb, document, signed, implied) in [
        ("a first patch", Verb::CREATE, None, &first, true),
        ("another hash", Verb::CREATE, None, &wrong, false),
        ("a later patch", Verb::CREATE, None, &later, false),
        ("another verb", Verb(40_000), None, &first, false),
        ("a document that is there", Verb::CREATE, document, &first, false),
    ] {
        let entry = world.entry((log, Head::default()), verb, document, signed.to_bytes(), NOW);
        let bytes = run_of(log, Head::default(), std::slice::from_ref(&entry));
        let run = CheckedRun::open(&bytes, &world.network).unwrap();
        assert_eq!(run.entries[0].entry, entry, "{what}");
        assert_eq!(run.entries[0].beginning.is_some(), implied, "{what}");
    }
}

/// A run of one properly signed entry, its flags and texts written by hand.
#[test]
fn flags_and_lengths_of_a_run_are_held_to() {
    let world = World::new();
    let log = world.log(world.shelf());
    let origin = protocol::Origin { log, seq: 1 };
    let signed = protocol::SignedPatch::of(patch(1), protocol::Actor::derive(&log, &origin, 0), NOW).unwrap();
    let run = |verb: Verb, document: Option<DocumentId>, flags: u8, purged: bool, more: u64| {
        let entry = world.entry((log, Head::default()), verb, document, signed.to_bytes(), NOW);
        let (mut texts, mut randoms) = (Encoder::new(), Encoder::new());
        texts.u8(flags).uint(verb.0.into()).int(NOW);
        document.iter().for_each(|d| d.encode(&mut randoms));
        entry.signature.encode(&mut randoms);
        if purged {
            texts.uint(entry.header.payload_len.into());
            randoms.raw(&entry.header.payload_hash.0);
        } else {
            texts.bytes(&signed.patch.to_bytes());
            randoms.raw(&entry.payload.unwrap().salt);
        }
        let texts = texts.finish();
        let mut to = Encoder::new();
        log.encode(&mut to);
        to.uint(1).raw(&[0; 32]).uint(1).u8(0).uint(texts.len() as u64 + more);
        to.bytes(&zstd::bulk::compress(&texts, 3).unwrap()).raw(&randoms.finish());
        CheckedRun::open(&to.finish(), &world.network)
    };
    let document = Some(DocumentId([1; 32]));
    assert!(run(Verb::CREATE, None, 4, false, 0).is_ok());
    assert!(run(Verb::CREATE, None, 2, true, 0).is_ok());
    for refused in [
        run(Verb::EDIT, None, 4, false, 0),
        run(Verb::CREATE, document, 5, false, 0),
        run(Verb::CREATE, None, 6, true, 0),
        run(Verb::CREATE, None, 12, false, 0),
        run(Verb::CREATE, None, 4, false, 1),
    ] {
        assert!(refused.is_err());
    }
}

/// Chinese travels narrow; ciphertext, which narrowing would lengthen, as it is.
#[test]
fn the_builder_chooses_the_shorter_form() {
    let world = World::new();
    let log = world.log(world.shelf());
    let mut dice = Dice(1);
    let random: Vec<u8> = (0..60_000).map(|_| dice.roll() as u8).collect();
    for (bytes, form) in
        [("新材料".repeat(2_000).into_bytes(), 3), (random, 2), (b"plain English".repeat(99), 2)]
    {
        let draft = Draft {
            document: None,
            verb: Verb::STATEMENT,
            payload: Payload { salt: [3; 16], bytes },
            time_ms: NOW,
        };
        let entry = Entry::author(log, Head::default(), draft, &world.network, &world.node).unwrap();
        let run = run_of(log, Head::default(), std::slice::from_ref(&entry));
        let mut from = Decoder::new(&run);
        LogId::decode(&mut from).unwrap();
        from.raw(1 + 32 + 1, "first, prev, count").unwrap();
        assert_eq!(from.u8("form"), Ok(form));
        assert_eq!(opened(&run, &world), Ok(vec![entry.clone()]));
        assert_eq!(opened(&without_dictionary(&run), &world), Ok(vec![entry]), "as earlier programs send it");
    }
}

/// Raw content before every run's texts.
const DICTIONARY: &[u8] = include_bytes!("../../vectors/run-dictionary.bin");

/// The same run as a program packs it that knows no dictionary.
fn without_dictionary(run: &[u8]) -> Vec<u8> {
    let mut from = Decoder::new(run);
    LogId::decode(&mut from).unwrap();
    from.raw(1 + 32 + 1, "first, prev, count").unwrap();
    let head = run.len() - from.rest().len();
    let form = from.u8("form").unwrap();
    let size = from.uint("size").unwrap();
    let packed = from.bytes(1 << 20, "packed").unwrap();
    let texts =
        zstd::bulk::Decompressor::with_dictionary(DICTIONARY).unwrap().decompress(packed, size as usize);
    let mut to = Encoder::new();
    to.raw(&run[..head]).u8(form & 1).uint(size);
    to.bytes(&zstd::bulk::compress(&texts.unwrap(), 3).unwrap()).raw(from.rest());
    to.finish()
}

/// The form of a run names these bytes: a program with others reads nobody's runs.
#[test]
fn the_dictionary_is_the_one_that_the_specification_names() {
    let spec = include_str!("../../SPEC.md");
    let digest = <sha2::Sha256 as sha2::Digest>::digest(DICTIONARY);
    let named: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    assert!(spec.contains(&named), "SPEC §12 names another SHA-256 than {named}");
    assert!(spec.contains(&format!("{} bytes of `vectors/run-dictionary.bin`", DICTIONARY.len())));
}

/// A listing by itself, as it is published: what its fields are called costs next to nothing.
#[test]
fn the_names_of_a_listings_fields_are_in_the_dictionary() {
    let world = World::new();
    let log = world.log(world.shelf());
    let text = |key: &str, text: &str| (key.to_owned(), Value::Text(text.to_owned()));
    let number = |key: &str, number| (key.to_owned(), Value::Int(number));
    let fields = [
        text("advantages", "成本低"),
        ("cooperation/simple_license".to_owned(), Value::Bool(true)),
        ("field/new_materials".to_owned(), Value::Bool(true)),
        text("organization", "样例大学"),
        number("price_max", 800_000),
        number("price_min", 500_000),
        text("region", "420106"),
        text("summary", "一种低温甲醇制氢催化剂"),
        text("title", "低温制氢"),
        number("trl_max", 6),
        number("trl_min", 5),
    ];
    let entry = world.create(log, Head::default(), &Patch::first(fields), NOW);
    let run = run_of(log, Head::default(), std::slice::from_ref(&entry));
    let (with, without) = (run.len(), without_dictionary(&run).len());
    assert!(with + 80 < without, "{with} bytes, {without} without");
}

#[test]
fn a_payload_above_the_limit_is_not_signed() {
    let world = World::new();
    let draft = |size| Draft {
        document: None,
        verb: Verb::EDIT,
        payload: Payload { salt: [0; 16], bytes: vec![0; size] },
        time_ms: 0,
    };
    let log = world.log(world.shelf());
    let author = |size| Entry::author(log, Head::default(), draft(size), &world.network, &world.node);
    assert!(author(limits::MAX_PAYLOAD).is_ok());
    assert!(author(limits::MAX_PAYLOAD + 1).is_err());
}
