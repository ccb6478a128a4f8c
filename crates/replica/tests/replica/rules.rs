//! What counts: entries by the rules of their log, logs by the points at which they end.

use protocol::{
    CircleId, Continuation, DocumentId, Draft, Entry, Hash, Head, InstitutionId, OpenLog, Patch, Payload,
    Shelf, ShelfKind, SignedPatch, Statement, Value, Verb, Visibility,
};
use replica::{
    EDITOR, Limit, Reach, Why, check_entry, continued_by, editors_of, may_edit, patch_of, statement_of,
};

use crate::harness::{KIND, Node, World, node_certificate, shelf};

/// An entry of a node's log at this place, whatever it says.
fn entry(node: &Node, shelf: Shelf, seq: u64, verb: Verb, names: bool, bytes: &[u8]) -> Entry {
    let log = node.log(shelf);
    let document = names.then_some(DocumentId([3; 32]));
    let draft =
        Draft { document, verb, payload: Payload { salt: [1; 16], bytes: bytes.to_vec() }, time_ms: 0 };
    let before = Head { seq: seq - 1, hash: Hash([9; 32]) };
    Entry::author(log, before, draft, &node.replica.network(), &node.key).unwrap()
}

fn first_patch() -> SignedPatch {
    let patch = Patch::first([("title".to_owned(), Value::Text("x".to_owned()))]);
    SignedPatch { patch, change: Hash([7; 32]) }
}

fn later_patch() -> SignedPatch {
    let first = first_patch();
    let patch = Patch { seq: 2, start_op: 2, deps: vec![first.change], ..first.patch };
    SignedPatch { patch, change: Hash([8; 32]) }
}

fn statement() -> Statement {
    Statement {
        about: DocumentId([3; 32]),
        version: Vec::new(),
        label: "screening".to_owned(),
        value: "passed".to_owned(),
        reason: String::new(),
    }
}

/// An entry in words; its shelf, place, verb, whether it names a document, payload; whether it counts.
type Row<'a> = (&'static str, Shelf, u64, Verb, bool, &'a [u8], bool);

#[test]
fn an_entry_counts_by_the_rules_of_its_shelf_place_and_verb() {
    let world = World::of(2, 301);
    let node = &world.nodes[1];
    let counts = |entry: &Entry| check_entry(entry, &node.certificate).is_ok();
    let (here, elsewhere) = (shelf(KIND), Shelf { region: 420_200, ..shelf(KIND) });
    let said = Shelf { kind: ShelfKind::STATEMENT, ..here };
    let sealed = Visibility::Sealed(CircleId([5; 16]));
    let letters = Shelf { region: 0, kind: ShelfKind::CORRESPONDENCE, visibility: sealed };
    let open = OpenLog { certificate: node.certificate.clone(), predecessors: Vec::new() }.to_bytes();
    let (first, later) = (first_patch().to_bytes(), later_patch().to_bytes());
    let moved = |signed| Continuation { continues: DocumentId([4; 32]), signed }.to_bytes();
    let (goes_on, moved) = (moved(later_patch()), moved(first_patch()));
    let words = statement().to_bytes();
    let table: [Row<'_>; 27] = [
        ("an opening", here, 1, Verb::OPEN, false, &open, true),
        ("an opening further on", here, 2, Verb::OPEN, false, &open, false),
        ("no opening first", here, 1, Verb::CREATE, false, &first, false),
        ("a listing", here, 2, Verb::CREATE, false, &first, true),
        ("a listing in another region", elsewhere, 2, Verb::CREATE, false, &first, false),
        ("a listing among statements", said, 2, Verb::CREATE, false, &first, false),
        ("a beginning that names a document", here, 2, Verb::CREATE, true, &first, false),
        ("a beginning that builds on something", here, 2, Verb::CREATE, false, &later, false),
        ("a beginning that does not read", here, 2, Verb::CREATE, false, b"", false),
        ("a move", here, 2, Verb::MOVE, false, &moved, true),
        ("a move without a document to go on from", here, 2, Verb::MOVE, false, &first, false),
        ("a move to another region", elsewhere, 2, Verb::MOVE, false, &moved, false),
        ("a move that names a document", here, 2, Verb::MOVE, true, &moved, false),
        ("a move that builds on something", here, 2, Verb::MOVE, false, &goes_on, false),
        ("an edit", here, 2, Verb::EDIT, true, &later, true),
        ("a co-editor's edit in another region", elsewhere, 2, Verb::EDIT, true, &later, true),
        ("an edit of nothing", here, 2, Verb::EDIT, false, &later, false),
        ("an edit that does not read", here, 2, Verb::EDIT, true, b"", false),
        ("a purge", here, 2, Verb::PURGE, true, b"", true),
        ("a purge of nothing", here, 2, Verb::PURGE, false, b"", false),
        ("a statement", said, 2, Verb::STATEMENT, false, &words, true),
        ("a statement that does not read", said, 2, Verb::STATEMENT, false, b"", false),
        ("a statement elsewhere means nothing", here, 2, Verb::STATEMENT, false, b"", true),
        ("a sealed patch that is not sealed", letters, 2, Verb::CREATE, false, &first, false),
        ("a sealed edit that is not sealed", letters, 2, Verb::EDIT, true, &later, false),
        ("an unknown verb", here, 2, Verb(40_000), false, b"any", true),
        ("addresses", Shelf::DIRECTORY, 2, Verb::ADDRESSES, false, b"", true),
    ];
    for (what, shelf, seq, verb, names, bytes, expected) in table {
        let entry = entry(node, shelf, seq, verb, names, bytes);
        assert_eq!(counts(&entry), expected, "{what}");
    }
    // What was purged cannot be looked at any more; its header is.
    for (shelf, verb) in [(here, Verb::CREATE), (letters, Verb::CREATE), (here, Verb::MOVE)] {
        let mut purged = entry(node, shelf, 2, verb, false, b"");
        purged.payload = None;
        assert!(counts(&purged));
    }
    let mut under_seal = entry(node, letters, 2, Verb::MOVE, false, b"");
    under_seal.payload = None;
    assert!(!counts(&under_seal), "under seal nothing is moved");
    let mut body = node_certificate(&node.institution, &node.key.public());
    body.capabilities = protocol::Capabilities(0);
    let none = protocol::NodeCertificate::issue(body, &node.replica.network(), &node.root, &node.key);
    let listing = entry(node, here, 2, Verb::CREATE, false, &first);
    assert!(check_entry(&listing, &none).is_err(), "its node may not publish");
}

#[test]
fn payloads_are_read_as_their_verbs_say() {
    let world = World::of(2, 302);
    let of = |verb, bytes: &[u8]| entry(&world.nodes[1], shelf(KIND), 2, verb, false, bytes);
    let (signed, id) = (first_patch(), DocumentId([4; 32]));
    let moved = Continuation { continues: id, signed: signed.clone() }.to_bytes();
    assert_eq!(patch_of(&of(Verb::CREATE, &signed.to_bytes())), Ok(Some(signed.clone())));
    assert_eq!(patch_of(&of(Verb::MOVE, &moved)), Ok(Some(signed.clone())));
    assert!(patch_of(&of(Verb::CREATE, &moved)).is_err());
    assert_eq!(continued_by(&of(Verb::MOVE, &moved)), Ok(Some(id)));
    assert_eq!(continued_by(&of(Verb::CREATE, &signed.to_bytes())), Ok(None));
    assert!(continued_by(&of(Verb::MOVE, b"")).is_err());
    assert_eq!(statement_of(&of(Verb::STATEMENT, &statement().to_bytes())), Ok(Some(statement())));
    let mut purged = of(Verb::MOVE, &moved);
    purged.payload = None;
    assert_eq!(
        (patch_of(&purged), continued_by(&purged), statement_of(&purged)),
        (Ok(None), Ok(None), Ok(None))
    );
}

#[test]
fn a_creating_patch_names_its_editors() {
    let world = World::of(3, 303);
    let who = world.nodes[2].institution.id();
    let named = |key: String, value: Value| Patch::first([(key, value)]);
    let good = named(format!("{EDITOR}{who}"), Value::Bool(true));
    assert_eq!(editors_of(&good).collect::<Vec<InstitutionId>>(), [who]);
    let bad = [
        named(format!("{EDITOR}{who}"), Value::Bool(false)),
        named(format!("{EDITOR}{who}"), Value::Text("true".to_owned())),
        named(format!("editor/{who}"), Value::Bool(true)),
        named(format!("{EDITOR}{}", who.to_string().to_uppercase()), Value::Bool(true)),
        named(format!("{EDITOR}{}", &who.to_string()[1..]), Value::Bool(true)),
    ];
    assert!(bad.iter().all(|patch| editors_of(patch).next().is_none()));
    let [creator, other] = [1, 2].map(|n| world.nodes[n].certificate.clone());
    assert!(may_edit(&creator, &creator, &bad[0]), "its own institution always may");
    assert!(may_edit(&other, &creator, &good) && !may_edit(&other, &creator, &bad[0]));
}

/// Hash of an entry of a branch: the branches are the same below the place where they part.
fn on(branch: u8, seq: u64, parts: u64) -> Hash {
    let branch = if seq < parts { 0 } else { branch };
    Hash([[branch, 1], [seq as u8, 2]].concat().repeat(8).try_into().unwrap())
}

/// The kept branch is 1, the lost one 2, and they part at `parts`. Whatever is held and known: nothing of a branch that is
/// known to be lost counts, all that is held of the kept one does, and peers are shown an entry that is held.
#[test]
fn of_a_settled_log_what_is_surely_of_the_kept_branch_counts() {
    let world = World::of(2, 304);
    let node = &world.nodes[1];
    for parts in 1..9 {
        let [one, other] =
            [b"1", b"2"].map(|bytes| entry(node, shelf(KIND), parts, Verb(40_000), false, bytes));
        let fork = protocol::Fork::of(node.certificate.clone(), &one, &other);
        for (end, held) in (1..9).flat_map(|end| (0..12).map(move |held| (end, held))) {
            for (branch, proven) in [(1, false), (1, true), (2, false), (2, true)] {
                settled(parts, end, held, branch, proven.then_some(&fork));
            }
        }
    }
}

fn settled(parts: u64, end: u64, held: u64, branch: u8, forked: Option<&protocol::Fork>) {
    let at = |seq: u64| match seq {
        0 => Head::default(),
        _ => Head { seq, hash: on(branch, seq, parts) },
    };
    let limit = Limit { head: Head { seq: end, hash: on(1, end, parts) }, why: Why::Settled };
    let reach = Reach::of(at(held), Some(&limit), forked, |seq| Ok::<_, ()>(at(seq).hash)).unwrap();
    let kept = branch == 1 || end < parts;
    let known = forked.is_some() && parts <= end;
    let counts = if held >= end && kept {
        end
    } else if known && held >= parts {
        parts - 1
    } else if held >= end {
        end - 1
    } else {
        end
    };
    let case = format!("parts {parts}, end {end}, held {held}, branch {branch}, known {known}");
    assert_eq!(reach.counts, counts, "{case}");
    // Of another branch, without a proof, the entry at the settled place is shown, for peers to contest.
    let shown = if !known && held >= end { end } else { counts.min(held) };
    assert_eq!(reach.head, at(shown), "{case}");
}

#[test]
fn a_log_without_an_end_counts_whole_and_one_that_is_forked_up_to_the_fork() {
    let held = Head { seq: 7, hash: on(2, 7, 4) };
    let at = |seq: u64| Ok::<_, ()>(on(2, seq, 4));
    assert_eq!(Reach::of(held, None, None, at), Ok(Reach { counts: u64::MAX, head: held }));
    for (why, seq, shown) in [
        (Why::Forked, 3, Head { seq: 3, hash: on(2, 3, 4) }),
        (Why::Forked, 5, Head { seq: 5, hash: on(2, 5, 4) }),
        (Why::Forked, 9, held),
        (Why::Incarnations, 0, Head::default()),
        (Why::Revoked, 0, Head::default()),
    ] {
        let limit =
            Limit { head: Head { seq, hash: if seq == 0 { Hash::default() } else { on(1, seq, 4) } }, why };
        assert_eq!(
            Reach::of(held, Some(&limit), None, at),
            Ok(Reach { counts: seq, head: shown }),
            "{why:?} {seq}"
        );
    }
}
