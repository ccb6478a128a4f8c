//! What is stated of listings in proofs, by an institution (root key 3, node key 13) that the governor admitted.

use protocol::{Actor, Continuation, Entry, Hash, LogId, Origin, ShelfKind, SignedPatch, Statement, limits};

use super::*;

/// The shelf on which statements about the world's listings count.
fn shelf() -> Shelf {
    Shelf { kind: ShelfKind::STATEMENT, ..World::new().shelf() }
}

/// Admits the reviewer in a proof and opens its log of statements, of which the proof has nothing else.
fn with_reviewer(proof: &mut Proof) -> (World, LogId, Head) {
    let world = World { node: key(13), ..World::new() };
    let who = institution(3, Role::SubMarket);
    let subject = Subject::Institution(who.id());
    let (epoch, previous) = (0, Hash::default());
    let step = RosterStep { epoch, subject, number: 1, previous, action: Action::Admit(who) };
    proof.steps.push(SignedStep::sign(step, &world.network, 0, &key(1)));
    let own = certificate(&world.network, 3, 13, Role::SubMarket);
    let log = world.log(shelf());
    let opening = OpenLog { certificate: own, predecessors: vec![] };
    let open = world.entry((log, Head::default()), Verb::OPEN, None, opening.to_bytes(), NOW);
    let head = open.head();
    proof.entries.push(open);
    (world, log, head)
}

fn says(about: DocumentId, label: &str, value: &str) -> Statement {
    let (label, value) = (label.to_owned(), value.to_owned());
    Statement { about, version: vec![Hash([6; 32])], label, value, reason: "现场查验".to_owned() }
}

/// The next statement of a log.
fn entry(place: (&World, LogId, Head), replaces: Option<&Entry>, statement: &Statement) -> Entry {
    let (world, log, head) = place;
    let document = replaces.map(|entry| DocumentId(entry.hash().0));
    let bytes = statement.to_bytes();
    world.entry((log, head), Verb::STATEMENT, document, bytes, NOW + head.seq as i64)
}

/// A proof of a listing with an evaluation that was put in an earlier one's place.
pub fn proof() -> Proof {
    let mut proof = super::proof();
    let (world, log, head) = with_reviewer(&mut proof);
    let first = entry((&world, log, head), None, &says(proof.document, "evaluation", "trl=5"));
    let second = says(proof.document, "evaluation", "trl=6");
    let second = entry((&world, log, first.head()), Some(&first), &second);
    proof.entries.extend([first, second]);
    proof
}

fn shown(proof: &Proof) -> Vec<(String, String)> {
    let proven = proof.verify(&World::new().charter).unwrap();
    assert!(proven.authors.values().all(|who| who.name == "机构 2"), "who states writes nothing");
    let each = |stated: protocol::Stated| (stated.institution.name, stated.statement.value);
    proven.statements.into_iter().map(each).collect()
}

fn one(value: &str) -> Vec<(String, String)> {
    vec![("机构 3".to_owned(), value.to_owned())]
}

#[test]
fn what_stands_is_shown_with_who_said_it() {
    assert_eq!(shown(&proof()), one("trl=6"));
    assert_eq!(shown(&super::proof()), []);
    let mut replaced_hidden = proof();
    replaced_hidden.entries.remove(4);
    assert_eq!(shown(&replaced_hidden), [], "what replaces nothing says nothing");
    let mut replacement_hidden = proof();
    replacement_hidden.entries.pop();
    assert_eq!(shown(&replacement_hidden), one("trl=5"), "a file cannot show that nothing came later");
}

#[test]
fn what_was_taken_back_is_not_shown() {
    let mut proof = proof();
    let last = proof.entries.last().unwrap().clone();
    let world = World { node: key(13), ..World::new() };
    let back = says(proof.document, "", "");
    proof.entries.push(entry((&world, last.header.log, last.head()), Some(&last), &back));
    assert_eq!(shown(&proof), []);
}

#[test]
fn every_flipped_bit_of_a_statement_is_refused() {
    let charter = World::new().charter;
    let body = proof().to_bytes();
    // What comes before is tried without statements.
    let before = super::proof().to_bytes().len();
    for place in before * 8..body.len() * 8 {
        let mut damaged = body.clone();
        damaged[place / 8] ^= 1 << (place % 8);
        let taken = Proof::from_bytes(&damaged).and_then(|p| p.verify(&charter).map(|_| ()));
        assert!(taken.is_err(), "bit {place}");
    }
}

#[test]
fn a_statement_of_another_listing_or_shelf_is_refused() {
    let about = super::proof().document;
    let with = |shelf: Shelf, statement: &Statement| {
        let mut proof = super::proof();
        let (world, _, _) = with_reviewer(&mut proof);
        proof.entries.pop();
        let log = world.log(shelf);
        let own = certificate(&world.network, 3, 13, Role::SubMarket);
        let opening = OpenLog { certificate: own, predecessors: vec![] };
        let open = world.entry((log, Head::default()), Verb::OPEN, None, opening.to_bytes(), NOW);
        let stated = entry((&world, log, open.head()), None, statement);
        proof.entries.extend([open, stated]);
        verifies(&proof)
    };
    let good = says(about, "recognition", "x");
    assert!(with(shelf(), &good));
    assert!(!with(shelf(), &says(DocumentId([5; 32]), "recognition", "x")), "about another document");
    assert!(!with(Shelf { region: 420_200, ..shelf() }, &good), "on the shelf of another region");
    let members = protocol::Visibility::Members;
    assert!(!with(Shelf { visibility: members, ..shelf() }, &good), "on a shelf for other eyes");
}

#[test]
fn whoever_may_not_state_is_not_believed() {
    let whole = proof();
    let mut unadmitted = whole.clone();
    unadmitted.steps.pop();
    assert!(!verifies(&unadmitted), "its institution was not admitted");
    let mut unopened = whole.clone();
    unopened.entries.remove(3);
    assert!(!verifies(&unopened), "its log's opening is missing");
    let mut bare = whole.clone();
    bare.entries[4].payload = None;
    assert!(!verifies(&bare), "what it says is missing");
    let step = |action: Action| {
        let previous = whole.steps[1].step.id();
        let (epoch, subject) = (0, whole.steps[1].step.subject);
        let step = RosterStep { epoch, subject, number: 2, previous, action };
        let mut proof = whole.clone();
        proof.steps.push(SignedStep::sign(step, &whole.network, 0, &key(1)));
        proof
    };
    let log = whole.entries[3].header.log;
    let revoke = |last: &Entry| {
        step(Action::RevokeNode(key(13).public(), vec![(log, last.head())], "stolen".to_owned()))
    };
    assert!(!verifies(&revoke(&whole.entries[4])), "revoked before it was stated");
    assert_eq!(shown(&revoke(&whole.entries[5])), one("trl=6"), "revoked after it was stated");
    assert_eq!(shown(&step(Action::Suspend("x".to_owned()))), [], "who is suspended has no say");
}

#[test]
fn only_its_own_institution_replaces_a_statement() {
    let mut proof = proof();
    let hub = World::new();
    let log = hub.log(shelf());
    let own = certificate(&hub.network, 1, 11, Role::Hub);
    let opening = OpenLog { certificate: own, predecessors: vec![] };
    let open = hub.entry((log, Head::default()), Verb::OPEN, None, opening.to_bytes(), NOW);
    let named = proof.entries.last().unwrap().clone();
    let stated = entry((&hub, log, open.head()), Some(&named), &says(proof.document, "evaluation", "trl=1"));
    proof.entries.extend([open, stated]);
    assert_eq!(shown(&proof), one("trl=6"));
}

#[test]
fn too_many_statements_are_refused() {
    let with = |count: usize| {
        let mut proof = super::proof();
        let (world, log, mut head) = with_reviewer(&mut proof);
        for _ in 0..count {
            let stated = entry((&world, log, head), None, &says(proof.document, "recognition", "x"));
            head = stated.head();
            proof.entries.push(stated);
        }
        verifies(&proof)
    };
    assert!(with(limits::MAX_PROOF_STATEMENTS));
    assert!(!with(limits::MAX_PROOF_STATEMENTS + 1));
}

/// The listing moves to another shelf of its institution: what was said of the first one is said of what continues it.
fn moved(owner: u8, sound: bool) -> Proof {
    let mut proof = super::proof();
    let station = World { node: key(10 + owner), ..World::new() };
    let from = proof.document;
    let log = LogId { incarnation: 7, ..station.log(Shelf { kind: ShelfKind(20), ..station.shelf() }) };
    let role = if owner == 1 { Role::Hub } else { Role::ResourceStation };
    let own = certificate(&station.network, owner, 10 + owner, role);
    let opening = OpenLog { certificate: own, predecessors: vec![] };
    let open = station.entry((log, Head::default()), Verb::OPEN, None, opening.to_bytes(), NOW);
    let actor = Actor::derive(&log, &Origin { log, seq: 2 }, 0);
    let fields = [("title".to_owned(), Value::Text("新型材料".to_owned()))];
    let mut signed = SignedPatch::of(Patch::first(fields), actor, NOW).unwrap();
    if !sound {
        signed.change = Hash([9; 32]);
    }
    let payload = Continuation { continues: from, signed }.to_bytes();
    let moved = station.entry((log, open.head()), Verb::MOVE, None, payload, NOW);
    proof.document = DocumentId(moved.hash().0);
    // Where the first document began is told by its header; what it said is nobody's business here.
    proof.entries[2].payload = None;
    proof.entries.extend([open, moved]);
    let (world, log, head) = with_reviewer(&mut proof);
    proof.entries.push(entry((&world, log, head), None, &says(from, "recognition", "x")));
    proof
}

#[test]
fn what_was_said_of_an_earlier_document_of_the_line_is_shown() {
    let whole = moved(2, true);
    assert_eq!(shown(&whole), one("x"));
    assert!(!verifies(&moved(1, true)), "another institution continues nothing");
    assert!(!verifies(&moved(2, false)), "a move whose patch is void continues nothing");
    let mut unshown = whole.clone();
    unshown.entries.remove(2);
    assert!(!verifies(&unshown), "the line must be in the file");
    let mut foreign = super::proof();
    let other = published(certificate(&whole.network, 2, 12, Role::ResourceStation), 12, 420_100);
    foreign.entries.push(other.entries[2].clone());
    assert!(!verifies(&foreign), "a document that leads to this one by no move");
}
