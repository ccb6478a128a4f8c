//! The golden bytes in `vectors/`: made anew from fixed seeds and compared byte by byte. `LIANSHI_BLESS=1` rewrites
//! them; a change of theirs is a change of the protocol, with a version and a decision record.

use std::path::{Path, PathBuf};

use automerge::transaction::{CommitOptions, Transactable};
use automerge::{ActorId, AutoCommit, ROOT};
use protocol::{
    Action, Actor, Bucket, CheckedRun, Continuation, Credential, Delivery, DeliveryWord, DocumentId, Entry,
    Envelope, FileKind, Fork, Frame, Governors, Hash, Head, Hello, Invitation, LogHead, Op, OpId, Origin,
    Patch, Profile, Purge, Redemption, Role, RosterStep, Rotation, Shelf, ShelfKind, ShelfPattern, Shown,
    SignedCharter, SignedPatch, SignedStep, Statement, Subject, Subscription, Value, Want, bucket_of,
    frontier_digest, seal_file, seconds, to_scalar, value_bytes,
};

use crate::codec::{echoes, written};
use crate::proof::{proof, stated};
use crate::run::{run_of, small_log};
use crate::sealed::{circle, place, reader, sealed_log};
use crate::support::{NOW, World, certificate, charter, governor, institution, key};

/// One vector: its name, the decoder that reads it (see `codec::echoes`; empty for none), its bytes.
struct Vector {
    name: String,
    kind: &'static str,
    bytes: Vec<u8>,
}

fn v(name: impl Into<String>, kind: &'static str, bytes: impl Into<Vec<u8>>) -> Vector {
    Vector { name: name.into(), kind, bytes: bytes.into() }
}

/// A sample of every kind of value that a decoder reads, for the test of damaged ones.
pub fn samples() -> Vec<(&'static str, Vec<u8>)> {
    let mut samples: Vec<(&'static str, Vec<u8>)> = Vec::new();
    for vector in files().into_iter().flat_map(|(_, _, vectors)| vectors) {
        let seen = samples.iter().filter(|(kind, _)| *kind == vector.kind).count();
        if !["", RUN].contains(&vector.kind)
            && (seen < 3 || ["frame", "step", "patch"].contains(&vector.kind))
        {
            samples.push((vector.kind, vector.bytes));
        }
    }
    samples
}

type Files = Vec<(&'static str, &'static str, Vec<Vector>)>;

fn files() -> Files {
    vec![
        ("numbers", "Integers, texts, values: SPEC §2 and §9.", numbers()),
        ("identities", "Keys, charter, institution, certificate, redemption: §4 to §6, §11.", identities()),
        ("steps", "Roster steps, one of each action, signed by governor 0: §11.", steps()),
        ("patches", "Patches, their actors and the hashes of their Automerge changes: §9.", patches()),
        ("documents", "What moves and statements carry: §8.", documents()),
        ("entries", "A log with its entries, and one run of them: §7 and §12.", entries()),
        ("frames", "Every frame of /lianshi/sync/1: §13.", frames()),
        ("sealed", "A circle, and an envelope to two nodes: §7 and §9.", envelopes()),
        ("files", "A charter file, a proof file and the file of a fork: §14.", sealed()),
        ("bundles", "Volumes and a slip: §14.", crate::bundle::golden().map(|(n, k, b)| v(n, k, b)).into()),
    ]
}

fn numbers() -> Vec<Vector> {
    let mut all = Vec::new();
    for n in [0u64, 1, 127, 128, 300, 16_383, 16_384, u64::from(u32::MAX), u64::MAX] {
        all.push(v(
            format!("uint {n}"),
            "uint",
            written(|to| {
                to.uint(n);
            }),
        ));
    }
    for n in [0i64, -1, 1, -64, 64, 1_780_000_000_000, i64::MIN, i64::MAX] {
        all.push(v(
            format!("int {n}"),
            "int",
            written(|to| {
                to.int(n);
            }),
        ));
    }
    all.push(v(
        "text 联市",
        "text",
        written(|to| {
            to.text("联市");
        }),
    ));
    all.push(v("list of options: nothing, 5", "options", [2, 0, 1, 5]));
    for (name, value) in [
        ("text 成果", Value::Text("成果".to_owned())),
        ("int -3", Value::Int(-3)),
        ("bool false", Value::Bool(false)),
        ("bool true", Value::Bool(true)),
        ("time", Value::Time(NOW)),
    ] {
        all.push(v(format!("value {name}"), "value", value_bytes(&value)));
    }
    all
}

fn redemption() -> Redemption {
    let network = World::new().network;
    let own = certificate(&network, 2, 12, Role::ResourceStation);
    Redemption::sign(institution(2, Role::ResourceStation), own, &network, &key(50), &key(2))
}

fn identities() -> Vec<Vector> {
    let world = World::new();
    let who = institution(1, Role::Hub);
    let own = certificate(&world.network, 1, 11, Role::Hub);
    let signed = SignedCharter::sign(world.charter.clone(), 0, &key(1));
    vec![
        v("secret key of governor 0: 32 times 01", "", key(1).seed()),
        v("its public key", "", key(1).public().0),
        v("governor 0", "institution", written(|to| who.encode(to))),
        v("id of governor 0", "", who.id().0),
        v("charter", "charter", world.charter.to_bytes()),
        v("network id", "", world.network.0),
        v("signed charter", "signed charter", written(|to| signed.encode(to))),
        v("charter of three governors, two to sign", "charter", charter(3, 2).to_bytes()),
        v("node certificate: root key 01…, node key 0b…", "certificate", own.to_bytes()),
        v("its id", "", own.id().0),
        v("redemption: one-time key 32…, root key 02…, node key 0c…", "redemption", redemption().to_bytes()),
    ]
}

fn steps() -> Vec<Vector> {
    let world = World::new();
    let log = world.log(world.shelf());
    let head = Head { seq: 9, hash: Hash([9; 32]) };
    let member = institution(2, Role::ResourceStation);
    let institution_of = Subject::Institution(member.id());
    let document = Subject::Document(DocumentId([5; 32]));
    let why = || "缘由".to_owned();
    let invitation = Invitation {
        key: key(50).public(),
        issuer: key(11).public(),
        role: Role::ResourceStation,
        region: 420_100,
        not_after_ms: NOW,
    };
    let governors = Governors { members: vec![governor(3)], threshold: 1 };
    let rotation =
        Rotation::sign(&member.id(), vec![key(12).public()], vec![Hash([6; 32])], &world.network, &key(22));
    let peer = crate::peering::peer(&world.charter, &crate::peering::zhejiang());
    let all = [
        ("admit", institution_of, Action::Admit(member.clone())),
        ("suspend", institution_of, Action::Suspend(why())),
        ("reinstate", institution_of, Action::Reinstate),
        ("exit", institution_of, Action::Exit(why())),
        ("change role", institution_of, Action::ChangeRole(Role::SubMarket, 420_200)),
        ("invite", Subject::Invitation(invitation.key), Action::Invite(invitation)),
        ("revoke node", institution_of, Action::RevokeNode(key(12).public(), vec![(log, head)], why())),
        ("settle", Subject::Log(log.hash()), Action::Settle(log, head)),
        ("take down", document, Action::TakeDown(why())),
        ("restore", document, Action::Restore),
        ("governors", Subject::Network, Action::Governors(governors, vec![(institution_of, Hash([4; 32]))])),
        ("profile", Subject::Network, Action::Profile(Profile::default())),
        ("purge", document, Action::Purge(why())),
        ("root key", institution_of, Action::RootKey(rotation)),
        ("keep", Subject::Network, Action::Keep(vec![(institution_of, Hash([4; 32]))])),
        ("peer", peer.0, peer.1),
        ("of a later version", Subject::Network, Action::Other(500, vec![1, 2, 3])),
    ];
    let mut vectors = Vec::new();
    for (name, subject, action) in all {
        let step = RosterStep { epoch: 0, subject, number: 1, previous: Hash::default(), action };
        vectors.push(v(format!("{name}: id"), "", step.id().0));
        let signed = SignedStep::sign(step, &world.network, 0, &key(1));
        vectors.push(v(format!("{name}: signed step"), "step", signed.to_bytes()));
    }
    let (subject, settle) = (Subject::Log(log.hash()), Action::Settle(log, head));
    let own = certificate(&world.network, 1, 11, Role::Hub);
    let signed = SignedStep::own_word(subject, settle, own, &world.network, &key(1));
    vectors.push(v("settle by an institution's own word: id", "", signed.step.id().0));
    vectors.push(v("settle by an institution's own word: signed step", "step", signed.to_bytes()));
    vectors
}

/// A document that two editors change apart and one merges: its patches and what they are hashed to, by hand.
fn patches() -> Vec<Vector> {
    let world = World::new();
    let log = world.log(world.shelf());
    let origin = Origin { log, seq: 2 };
    let other = protocol::LogId { node: key(12).public(), ..log };
    let actors = [Actor::derive(&log, &origin, 0), Actor::derive(&other, &origin, 0)];
    let mut vectors = vec![
        v("origin log", "", log.to_bytes()),
        v("actor of node 0b… in the document that begins at seq 2", "", actors[0].0),
        v("actor of node 0c… there", "", actors[1].0),
        v("actor of node 0b… there, generation 1", "", Actor::derive(&log, &origin, 1).0),
    ];
    let first = Patch::first([
        ("title".to_owned(), Value::Text("新型材料的制备方法".to_owned())),
        ("trl".to_owned(), Value::Int(4)),
        ("keyword/新材料".to_owned(), Value::Bool(true)),
        ("seen".to_owned(), Value::Time(NOW)),
    ]);
    let op = |key: &str, put, preds: &[OpId]| Op { key: key.to_owned(), put, preds: preds.to_vec() };
    let id = |counter, who: usize| OpId { counter, actor: actors[who] };
    let mut hashes = Vec::new();
    let mut add = |name: &str, patch: Patch, who: usize, vectors: &mut Vec<Vector>| {
        let signed = SignedPatch::of(patch, actors[who], NOW + 1_999).unwrap();
        let change = signed.to_change(actors[who], NOW + 1_999).unwrap();
        vectors.push(v(format!("{name}: patch"), "patch", signed.patch.to_bytes()));
        vectors.push(v(format!("{name}: Automerge change, uncompressed"), "", change.raw_bytes().to_vec()));
        vectors.push(v(
            format!("{name}: payload, the patch and the hash of the change"),
            "patch payload",
            signed.to_bytes(),
        ));
        hashes.push(signed.change);
        let mut sorted = hashes.clone();
        sorted.sort_unstable();
        (signed.change, sorted)
    };
    // Operations of the first patch: 1 keyword, 2 seen, 3 title, 4 trl.
    let (root, _) = add("first", first, 0, &mut vectors);
    let ops =
        vec![op("title", Some(Value::Text("甲".to_owned())), &[id(3, 0)]), op("trl", None, &[id(4, 0)])];
    let (left, _) = add(
        "edit and delete by the same",
        Patch { generation: 0, seq: 2, start_op: 5, deps: vec![root], ops },
        0,
        &mut vectors,
    );
    let ops = vec![op("title", Some(Value::Text("乙".to_owned())), &[id(3, 0)])];
    let (right, _) = add(
        "at the same time by another",
        Patch { generation: 0, seq: 1, start_op: 5, deps: vec![root], ops },
        1,
        &mut vectors,
    );
    let mut deps = vec![left, right];
    deps.sort_unstable();
    let mut preds = vec![id(5, 0), id(5, 1)];
    preds.sort_unstable();
    let ops =
        vec![op("price", Some(Value::Int(-1)), &[]), op("title", Some(Value::Text("丙".to_owned())), &preds)];
    add("the choice between both", Patch { generation: 0, seq: 3, start_op: 7, deps, ops }, 0, &mut vectors);
    vectors
}

fn documents() -> Vec<Vector> {
    let world = World::new();
    let log = world.log(world.shelf());
    let actor = Actor::derive(&log, &Origin { log, seq: 7 }, 0);
    let editor = format!("_editor/{}", institution(2, Role::ResourceStation).id());
    let snapshot = Patch::first([
        ("title".to_owned(), Value::Text("新型材料的制备方法".to_owned())),
        (editor, Value::Bool(true)),
    ]);
    let signed = SignedPatch::of(snapshot, actor, NOW).unwrap();
    let moved = Continuation { continues: DocumentId([5; 32]), signed };
    let text = |t: &str| t.to_owned();
    let said = |label: &str, value: &str, reason: &str| Statement {
        about: DocumentId([5; 32]),
        version: vec![Hash([6; 32]), Hash([7; 32])],
        label: text(label),
        value: text(value),
        reason: text(reason),
    };
    let created = small_log(&world).1.swap_remove(1);
    let purge = Purge { reason: "误发电话".to_owned(), beginning: Entry { payload: None, ..created } };
    let rejected = said("screening", "rejected", "缺少检测报告");
    let abroad = Statement::label_abroad("recognition", &protocol::NetworkId([8; 32]));
    let taken_back = Statement { version: Vec::new(), ..said("", "", "误判") };
    vec![
        v("a move at seq 7 that names a co-editor", "move", moved.to_bytes()),
        v("a rejecting screening label", "statement", rejected.to_bytes()),
        v("a recognition of another network's listing", "statement", said(&abroad, "新产品", "").to_bytes()),
        v("an evaluation", "statement", said("evaluation", "trl=6,value=120", "").to_bytes()),
        v("a statement taken back", "statement", taken_back.to_bytes()),
        v("a purge of the document that is created at seq 2", "purge", purge.to_bytes()),
    ]
}

fn entries() -> Vec<Vector> {
    let world = World::new();
    let (log, entries) = small_log(&world);
    let names = [
        "open",
        "create",
        "create, earlier by the clock",
        "edit that is void",
        "edit that was purged",
        "verb of a later version",
    ];
    let mut vectors = vec![v("log id", "", log.to_bytes()), v("hash of the log id", "", log.hash().0)];
    for (name, entry) in names.iter().zip(&entries) {
        vectors.push(v(format!("{name}: header"), "", entry.header.to_bytes()));
        vectors.push(v(format!("{name}: entry"), "entry", entry.to_bytes()));
        vectors.push(v(format!("{name}: hash"), "", entry.hash().0));
    }
    vectors.push(v("run after 0", RUN, run_of(log, Head::default(), &entries)));
    vectors.push(v("run after 3", RUN, run_of(log, entries[2].head(), &entries[3..])));
    vectors
}

const RUN: &str = "run";
fn frames() -> Vec<Vector> {
    let world = World::new();
    let (log, entries) = small_log(&world);
    let head = entries[5].head();
    let hello = |shown| {
        let pattern = |prefix: &str, kind| ShelfPattern { region_prefix: prefix.to_owned(), kind };
        let patterns = vec![pattern("4201", None), pattern("", Some(ShelfKind(16)))];
        let (network, subscription) = (world.network, Subscription { patterns });
        Frame::Hello(Box::new(Hello { network, shown, subscription, agent: "lianshi 0.1.0".to_owned() }))
    };
    let own = Box::new(certificate(&world.network, 1, 11, Role::Hub));
    let check = Shown::ByCheck(own.check());
    let in_full = |credential| hello(Shown::InFull(credential));
    let digest = frontier_digest([(&log, &head)]);
    let mut short = [0; 8];
    short.copy_from_slice(&digest.0[..8]);
    let heads = vec![LogHead { log, head }, LogHead { log: world.log(Shelf::ROSTER), head: Head::default() }];
    let all = [
        ("hello with a certificate", in_full(Credential::Certificate(own))),
        ("hello with a redemption", in_full(Credential::Redemption(Box::new(redemption())))),
        ("hello by a check", hello(check)),
        ("hello as a guest", hello(crate::peering::shown())),
        ("greet in full", Frame::ShowInFull),
        ("refused", Frame::Refused("不在名册".to_owned())),
        ("digest", Frame::Digest(digest)),
        ("buckets", Frame::Buckets(vec![Bucket { index: bucket_of(&log), digest: short }])),
        ("heads", Frame::Heads(heads.clone())),
        ("want", Frame::Want(vec![Want { log, have: 2, to: 6 }])),
        ("run", Frame::Run(run_of(log, entries[1].head(), &entries[2..3]))),
        ("durable", Frame::Durable(heads[..1].to_vec())),
        ("fork", Frame::Fork(Box::new(fork()))),
        ("deliver", Frame::Deliver(deliveries())),
    ];
    let all = all.into_iter().chain(crate::attached::golden()).chain(crate::status::golden(&world.network));
    all.map(|(name, frame)| v(name, "frame", frame.to_bytes())).collect()
}

fn deliveries() -> Vec<Delivery> {
    let circle = circle().id();
    let mut nodes = vec![key(11).public(), key(12).public()];
    nodes.sort_unstable();
    vec![
        Delivery { circle, word: DeliveryWord::Offer, nodes },
        Delivery { circle, word: DeliveryWord::Take, nodes: Vec::new() },
        Delivery { circle, word: DeliveryWord::Decline, nodes: Vec::new() },
    ]
}

fn envelopes() -> Vec<Vector> {
    let world = World::new();
    let log = sealed_log();
    let recipients = [reader(1).public(), reader(2).public()];
    let here = place(&world.network, &log);
    let envelope = Envelope::seal("密".as_bytes(), &recipients, here, &[7; 32]).unwrap();
    assert_eq!(envelope.open(&reader(1), here).unwrap(), "密".as_bytes());
    vec![
        v("circle of two institutions and a mailbox", "circle", circle().to_bytes()),
        v("its id", "", circle().id().0),
        v("log of correspondence in it", "", log.to_bytes()),
        v("secret sealing key of the first recipient", "", reader(1).seed()),
        v("its public half", "", reader(1).public()),
        v("payload: 密", "", "密".as_bytes()),
        v(
            "its envelope at sequence number 2 of that log, no document named",
            "envelope",
            envelope.to_bytes(),
        ),
    ]
}

/// The last entry of the small log, and another one in its place.
fn fork() -> Fork {
    let world = World::new();
    let (log, entries) = small_log(&world);
    let (verb, document) = (entries[5].header.verb, entries[5].header.document);
    let other = world.entry((log, entries[4].head()), verb, document, vec![0], 0);
    Fork::of(certificate(&world.network, 1, 11, Role::Hub), &entries[5], &other)
}

fn sealed() -> Vec<Vector> {
    let charter = SignedCharter::sign(World::new().charter, 0, &key(1));
    let proof = proof();
    vec![
        v("charter file", "", seal_file(FileKind::Charter, &written(|to| charter.encode(to)))),
        v("proof", "proof", proof.to_bytes()),
        v("proof file", "", seal_file(FileKind::Proof, &proof.to_bytes())),
        v("proof with a statement that replaced another", "proof", stated::proof().to_bytes()),
        v("market file", "market file", crate::peering::market_file().to_file()),
        v("market file that names institutions", "market file", crate::peering::replaceable().to_file()),
        v("fork file", "", seal_file(FileKind::Fork, &fork().to_file_body(&World::new().network))),
    ]
}

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors").join(format!("{name}.txt"))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len() / 2).map(|n| u8::from_str_radix(&text[2 * n..2 * n + 2], 16).unwrap()).collect()
}

/// The compressed part of a run may differ between versions of zstd; what it opens to may not.
fn same(kind: &str, golden: &[u8], ours: &[u8], world: &World) -> bool {
    let open = |bytes: &[u8]| {
        let run = CheckedRun::open(bytes, &world.network).unwrap();
        (run.log, run.after, run.entries.into_iter().map(|e| e.entry).collect::<Vec<_>>())
    };
    let run = |bytes: &[u8]| match Frame::from_bytes(bytes) {
        Ok(Frame::Run(run)) if kind == "frame" => Some(run),
        _ => (kind == RUN).then(|| bytes.to_vec()),
    };
    match (run(golden), run(ours)) {
        (Some(golden), Some(ours)) => open(&golden) == open(&ours),
        _ => golden == ours,
    }
}

#[test]
fn the_golden_bytes_are_what_this_version_writes() {
    let world = World::new();
    let bless = std::env::var_os("LIANSHI_BLESS").is_some_and(|v| v == "1");
    let echoes = echoes();
    let mut compared = 0;
    for (file, title, vectors) in files() {
        let mut text = format!("# {title}\n# name = bytes in hexadecimal\n");
        for vector in &vectors {
            text += &format!("{} = {}\n", vector.name, hex(&vector.bytes));
        }
        if bless {
            std::fs::write(path(file), &text).unwrap();
        }
        let golden = std::fs::read_to_string(path(file)).unwrap_or_default();
        let lines: Vec<(&str, Vec<u8>)> = golden
            .lines()
            .filter(|line| !line.starts_with('#'))
            .map(|line| line.rsplit_once(" = ").unwrap())
            .map(|(name, bytes)| (name, unhex(bytes)))
            .collect();
        let names: Vec<&str> = lines.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, vectors.iter().map(|v| v.name.as_str()).collect::<Vec<_>>(), "{file}");
        for (vector, (name, golden)) in vectors.iter().zip(&lines) {
            assert!(
                same(vector.kind, golden, &vector.bytes, &world),
                "{file}: {name} is now {}",
                hex(&vector.bytes)
            );
            if let Some((_, echo)) = echoes.iter().find(|(kind, _)| *kind == vector.kind) {
                assert_eq!(
                    echo(golden).as_deref(),
                    Some(golden.as_slice()),
                    "{file}: {name} is not read back"
                );
            }
            compared += 1;
        }
    }
    println!("{compared} vectors");
    assert!(compared > 100);
}

/// The changes of the golden patches are those that Automerge itself makes of the same edits.
#[test]
fn automerge_makes_the_golden_changes() {
    let golden = patches();
    let find = |name: &str| golden.iter().find(|v| v.name == name).map(|v| v.bytes.clone()).unwrap();
    let actor = |n: usize| ActorId::from(golden[n].bytes.as_slice());
    let at = || CommitOptions::default().with_time(seconds(NOW + 1_999));
    let mut doc = AutoCommit::new().with_actor(actor(1));
    for (key, value) in [
        ("keyword/新材料", Value::Bool(true)),
        ("seen", Value::Time(NOW)),
        ("title", Value::Text("新型材料的制备方法".to_owned())),
        ("trl", Value::Int(4)),
    ] {
        doc.put(ROOT, key, to_scalar(&value)).unwrap();
    }
    doc.commit_with(at());
    let last = |doc: &mut AutoCommit| doc.get_last_local_change().unwrap().raw_bytes().to_vec();
    assert_eq!(last(&mut doc), find("first: Automerge change, uncompressed"));
    let mut other = doc.fork().with_actor(actor(2));
    doc.put(ROOT, "title", to_scalar(&Value::Text("甲".to_owned()))).unwrap();
    doc.delete(ROOT, "trl").unwrap();
    doc.commit_with(at());
    assert_eq!(last(&mut doc), find("edit and delete by the same: Automerge change, uncompressed"));
    other.put(ROOT, "title", to_scalar(&Value::Text("乙".to_owned()))).unwrap();
    other.commit_with(at());
    assert_eq!(last(&mut other), find("at the same time by another: Automerge change, uncompressed"));
    doc.merge(&mut other).unwrap();
    doc.put(ROOT, "price", to_scalar(&Value::Int(-1))).unwrap();
    doc.put(ROOT, "title", to_scalar(&Value::Text("丙".to_owned()))).unwrap();
    doc.commit_with(at());
    assert_eq!(last(&mut doc), find("the choice between both: Automerge change, uncompressed"));
}
