//! §14: proof files, checked with the charter alone.

pub mod stated;

use protocol::{
    Action, DocumentId, FileKind, Head, Invitation, NodeCertificate, OpenLog, Patch, Proof, Redemption, Role,
    RosterStep, Shelf, SignedStep, Subject, Value, Verb, seal_file, unseal_file,
};

use crate::support::{NOW, World, certificate, charter, institution, key};

/// The governor invites, a station (root key 2, node key 12) redeems, the governor's node countersigns, the station
/// publishes: the proof of its listing, of which every byte is needed.
pub fn proof() -> Proof {
    let hub = World::new();
    let station = World { node: key(12), ..World::new() };
    let invitation = Invitation {
        key: key(50).public(),
        issuer: hub.node.public(),
        role: Role::ResourceStation,
        region: 420_100,
        not_after_ms: NOW,
    };
    let step = RosterStep {
        epoch: 0,
        subject: Subject::Invitation(invitation.key),
        number: 1,
        previous: protocol::Hash::default(),
        action: Action::Invite(invitation),
    };
    let step = SignedStep::sign(step, &hub.network, 0, &key(1));
    let own = certificate(&hub.network, 2, 12, Role::ResourceStation);
    let who = institution(2, Role::ResourceStation);
    let redemption = Redemption::sign(who, own.clone(), &hub.network, &key(50), &key(2));
    let roster = hub.log(Shelf::ROSTER);
    let redeem = hub.entry(
        (roster, Head { seq: 7, hash: protocol::Hash([7; 32]) }),
        Verb::REDEEM,
        None,
        redemption.to_bytes(),
        NOW,
    );
    let log = station.log(station.shelf());
    let opening = OpenLog { certificate: own, predecessors: vec![] };
    let open = station.entry((log, Head::default()), Verb::OPEN, None, opening.to_bytes(), NOW);
    let fields = [("title".to_owned(), Value::Text("新型材料".to_owned()))];
    let create = station.create(log, open.head(), &Patch::first(fields), NOW);
    let document = DocumentId(create.hash().0);
    Proof { network: hub.network, document, steps: vec![step], entries: vec![redeem, open, create] }
}

fn verifies(proof: &Proof) -> bool {
    proof.verify(&World::new().charter).is_ok()
}

#[test]
fn a_whole_proof_names_its_author() {
    let proof = proof();
    let proven = proof.verify(&World::new().charter).unwrap();
    assert_eq!(proven.entries, [proof.entries[2].clone()]);
    assert_eq!(proven.authors[&key(12).public()].name, "机构 2");
}

#[test]
fn every_flipped_bit_of_a_proof_file_is_refused() {
    let charter = World::new().charter;
    let file = seal_file(FileKind::Proof, &proof().to_bytes());
    let read = |file: &[u8]| {
        let proof = Proof::from_bytes(unseal_file(FileKind::Proof, file)?)?;
        proof.verify(&charter).map(|_| ())
    };
    assert_eq!(read(&file), Ok(()));
    for place in 0..file.len() * 8 {
        let mut damaged = file.clone();
        damaged[place / 8] ^= 1 << (place % 8);
        assert!(read(&damaged).is_err(), "bit {place}");
    }
    println!("{} flipped bits, all refused", file.len() * 8);
}

/// A forger writes the checksum anew: the signatures must notice.
#[test]
fn every_flipped_bit_below_the_checksum_is_refused() {
    let charter = World::new().charter;
    let body = proof().to_bytes();
    for place in 0..body.len() * 8 {
        let mut damaged = body.clone();
        damaged[place / 8] ^= 1 << (place % 8);
        let taken = Proof::from_bytes(&damaged).and_then(|p| p.verify(&charter).map(|_| ()));
        assert!(taken.is_err(), "bit {place}");
    }
    for cut in 0..body.len() {
        assert!(Proof::from_bytes(&body[..cut]).is_err());
    }
}

#[test]
fn a_proof_under_another_charter_is_refused() {
    let mut other = charter(1, 1);
    other.nonce = [8; 16];
    assert!(proof().verify(&other).is_err());
    let mut renamed = proof();
    renamed.network = other.id();
    assert!(renamed.verify(&other).is_err(), "its signatures are for the other network");
}

#[test]
fn no_part_can_be_left_out() {
    let whole = proof();
    assert!(verifies(&whole));
    for missing in 0..whole.entries.len() {
        let mut proof = whole.clone();
        proof.entries.remove(missing);
        assert!(!verifies(&proof), "without entry {missing}");
    }
    assert!(!verifies(&Proof { steps: vec![], ..whole.clone() }), "without the invitation");
    let other = Proof { document: DocumentId([1; 32]), ..whole };
    assert!(!verifies(&other), "for another document");
}

/// A countersignature counts in the issuer's roster log alone. Its entry is a whole one otherwise: of a log that is
/// opened, by a node that is certified.
#[test]
fn a_redemption_in_another_shelf_or_log_admits_nobody() {
    let whole = proof();
    let payload = whole.entries[0].payload.as_ref().unwrap().bytes.clone();
    for (root, node, shelf) in [(1, 11, World::new().shelf()), (1, 13, Shelf::ROSTER)] {
        let world = World { node: key(node), ..World::new() };
        let log = world.log(shelf);
        let opening =
            OpenLog { certificate: certificate(&world.network, root, node, Role::Hub), predecessors: vec![] };
        let mut proof = whole.clone();
        proof.entries[0] =
            world.entry((log, Head::default()), Verb::REDEEM, Some(whole.document), payload.clone(), NOW);
        proof.entries.push(world.entry((log, Head::default()), Verb::OPEN, None, opening.to_bytes(), NOW));
        assert!(!verifies(&proof), "in a log of node {node}");
    }
}

/// A listing by the node key `key(node)` on a shelf of that region, opened with the given certificate.
fn published(certificate: NodeCertificate, node: u8, region: u32) -> Proof {
    let mut proof = proof();
    let station = World { node: key(node), ..World::new() };
    let log = station.log(Shelf { region, ..station.shelf() });
    let opening = OpenLog { certificate, predecessors: vec![] };
    let open = station.entry((log, Head::default()), Verb::OPEN, None, opening.to_bytes(), NOW);
    let create = station.create(log, open.head(), &Patch::first([("a".to_owned(), Value::Bool(true))]), NOW);
    proof.document = DocumentId(create.hash().0);
    proof.entries.truncate(1);
    proof.entries.extend([open, create]);
    proof
}

#[test]
fn a_node_writes_with_a_certificate_of_its_own_for_that_shelf() {
    let network = World::new().network;
    let own = certificate(&network, 2, 12, Role::ResourceStation);
    assert!(verifies(&published(own.clone(), 12, 420_100)));
    assert!(!verifies(&published(own.clone(), 12, 420_200)), "a shelf of another region");
    assert!(!verifies(&published(own.clone(), 13, 420_100)), "another node's certificate");
    let mut body = own.body;
    body.node = key(13).public();
    let forged = NodeCertificate::issue(body, &network, &key(66), &key(13));
    assert!(!verifies(&published(forged, 13, 420_100)), "a certificate that the root key did not sign");
    let stranger = certificate(&network, 3, 13, Role::ResourceStation);
    assert!(!verifies(&published(stranger, 13, 420_100)), "an institution that nobody admitted");
}

#[test]
fn a_node_revoked_before_it_wrote_proves_nothing() {
    let whole = proof();
    let log = whole.entries[1].header.log;
    let revoke = |last: Head| {
        let who = institution(2, Role::ResourceStation).id();
        let action = Action::RevokeNode(key(12).public(), vec![(log, last)], "stolen".to_owned());
        let subject = Subject::Institution(who);
        let step = RosterStep { epoch: 0, subject, number: 1, previous: protocol::Hash::default(), action };
        let mut proof = whole.clone();
        proof.steps.push(SignedStep::sign(step, &whole.network, 0, &key(1)));
        proof
    };
    assert!(!verifies(&revoke(whole.entries[1].head())), "revoked before the listing");
    assert!(verifies(&revoke(whole.entries[2].head())), "revoked after the listing");
}

#[test]
fn a_file_of_another_kind_is_told_from_a_damaged_one() {
    let file = seal_file(FileKind::Charter, b"body");
    assert_eq!(unseal_file(FileKind::Charter, &file), Ok(&b"body"[..]));
    assert!(matches!(unseal_file(FileKind::Proof, &file), Err(protocol::Fault::OtherFile { .. })));
    assert!(matches!(unseal_file(FileKind::Charter, &file[..20]), Err(protocol::Fault::Truncated { .. })));
    assert!(matches!(
        unseal_file(FileKind::Charter, &file[..file.len() - 1]),
        Err(protocol::Fault::Mismatch { .. })
    ));
    assert!(unseal_file(FileKind::Charter, &vec![b'l'; protocol::limits::MAX_FILE + 1]).is_err());
}
