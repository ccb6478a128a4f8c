//! §8 and §14: what entries say about documents, and the invitation file.

use protocol::{
    Continuation, DocumentId, FileKind, Hash, Invitation, InvitationFile, NetworkId, Patch, Role,
    SignedCharter, SignedPatch, Statement, Value, limits, seal_file,
};

use crate::support::{NOW, charter, key};

fn statement() -> Statement {
    Statement {
        about: DocumentId([3; 32]),
        version: vec![Hash([1; 32]), Hash([2; 32])],
        label: "screening".to_owned(),
        value: "rejected".to_owned(),
        reason: "重复".to_owned(),
    }
}

#[test]
fn an_author_is_told_what_a_reader_would_refuse() {
    let changed = |change: fn(&mut Statement)| {
        let mut statement = statement();
        change(&mut statement);
        let read = Statement::from_bytes(&statement.to_bytes());
        assert_eq!(statement.check().err(), read.as_ref().err().cloned());
        assert!(read.is_err() || read == Ok(statement));
        read.is_ok()
    };
    assert!(changed(|_| ()));
    assert!(changed(|s| s.label.clear()));
    assert!(changed(|s| s.label = "l".repeat(limits::MAX_KEY)));
    assert!(changed(|s| s.value = "v".repeat(limits::MAX_NAME)));
    assert!(changed(|s| s.version = (0..limits::MAX_DEPS as u8).map(|n| Hash([n; 32])).collect()));
    assert!(!changed(|s| s.label = "l".repeat(limits::MAX_KEY + 1)));
    assert!(!changed(|s| s.value = "v".repeat(limits::MAX_NAME + 1)));
    assert!(!changed(|s| s.reason = "r".repeat(limits::MAX_NAME + 1)));
    assert!(!changed(|s| s.version = (0..=limits::MAX_DEPS as u8).map(|n| Hash([n; 32])).collect()));
    assert!(!changed(|s| s.version.swap(0, 1)), "out of order");
    assert!(!changed(|s| s.version[1] = s.version[0]), "one twice");
}

#[test]
fn a_move_names_the_document_that_it_continues() {
    let patch = Patch::first([("title".to_owned(), Value::Text("x".to_owned()))]);
    let signed = SignedPatch { patch, change: Hash([7; 32]) };
    let moved = Continuation { continues: DocumentId([9; 32]), signed };
    let bytes = moved.to_bytes();
    assert_eq!(Continuation::from_bytes(&bytes), Ok(moved));
    for cut in 0..bytes.len() {
        assert!(Continuation::from_bytes(&bytes[..cut]).is_err(), "cut at {cut}");
    }
}

fn invitation_file() -> InvitationFile {
    let invitation = Invitation {
        key: key(50).public(),
        issuer: key(11).public(),
        role: Role::GrassrootsSite,
        region: 420_100,
        not_after_ms: NOW,
    };
    InvitationFile {
        charter: SignedCharter::sign(charter(1, 1), 0, &key(1)),
        invitation,
        secret: [50; 32],
        addresses: vec!["/ip4/192.0.2.1/tcp/4001".to_owned(), "/dns/市场.example/udp/4001".to_owned()],
    }
}

#[test]
fn an_invitation_file_brings_what_a_newcomer_needs() {
    let file = invitation_file();
    let read = InvitationFile::from_file(&file.to_file()).unwrap();
    assert_eq!(
        (read.charter, read.invitation, read.secret, read.addresses),
        (file.charter, file.invitation, file.secret, file.addresses)
    );
}

#[test]
fn a_damaged_invitation_file_is_refused() {
    let bytes = invitation_file().to_file();
    for place in 0..bytes.len() * 8 {
        let mut damaged = bytes.clone();
        damaged[place / 8] ^= 1 << (place % 8);
        assert!(InvitationFile::from_file(&damaged).is_err(), "bit {place}");
    }
    for cut in 0..bytes.len() {
        assert!(InvitationFile::from_file(&bytes[..cut]).is_err(), "cut at {cut}");
    }
    assert!(InvitationFile::from_file(&seal_file(FileKind::Proof, b"")).is_err(), "another kind");
    let unsigned =
        InvitationFile { charter: SignedCharter::sign(charter(1, 1), 0, &key(2)), ..invitation_file() };
    assert!(InvitationFile::from_file(&unsigned.to_file()).is_err(), "a charter that nobody signed");
    let crowded = InvitationFile {
        addresses: vec!["/ip4/192.0.2.1/tcp/4001".to_owned(); limits::MAX_ADDRESSES + 1],
        ..invitation_file()
    };
    assert!(InvitationFile::from_file(&crowded.to_file()).is_err(), "too many addresses");
}

#[test]
fn a_statement_about_another_network_names_it_in_its_label() {
    let network = NetworkId([0xab; 32]);
    let label = Statement::label_abroad("recognition", &network);
    let said = Statement { label: label.clone(), ..statement() };
    assert_eq!((said.said_of(), said.check()), (("recognition", Some(network)), Ok(())));
    assert!(said.may_be_abroad() && !statement().may_be_abroad());
    // What only looks like it is a label.
    for label in
        [label.to_uppercase(), label[..label.len() - 1].to_owned(), format!("{label}0"), "a@b".to_owned()]
    {
        let said = Statement { label: label.clone(), ..statement() };
        assert_eq!(said.said_of(), (&*label, None));
    }
}
