//! Circles and envelopes: SPEC §7 and §9.

use std::collections::BTreeSet;

use hpke::aead::ChaCha20Poly1305;
use hpke::kdf::HkdfSha256;
use hpke::kem::X25519HkdfSha256;
use hpke::{Deserializable, Kem, OpModeR, Serializable, single_shot_open};
use proptest::prelude::*;
use protocol::{
    Circle, DocumentId, Envelope, LogId, NetworkId, Patch, Place, SealingKey, Shelf, ShelfKind, Subscription,
    Value, Visibility, limits,
};

use crate::support::{World, institution, key};

/// The circle of two institutions with a mailbox.
pub fn circle() -> Circle {
    let party = |n| institution(n, protocol::Role::ResourceStation).id();
    Circle {
        nonce: [9; 16],
        parties: BTreeSet::from([party(2), party(3)]),
        mailboxes: BTreeSet::from([key(11).public()]),
    }
}

/// The log of correspondence in it.
pub fn sealed_log() -> LogId {
    let visibility = Visibility::Sealed(circle().id());
    World::new().log(Shelf { region: 0, kind: ShelfKind::CORRESPONDENCE, visibility })
}

pub fn place<'a>(network: &'a NetworkId, log: &'a LogId) -> Place<'a> {
    Place { network, log, seq: 2, document: None }
}

pub fn reader(n: u8) -> SealingKey {
    SealingKey::from_seed(&[n; 32])
}

fn unhex(text: &str) -> Vec<u8> {
    data_encoding::HEXLOWER.decode(text.as_bytes()).unwrap_or_default()
}

/// RFC 9180, A.2.1: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20Poly1305, base mode.
#[test]
fn a_sealing_key_is_kept_by_its_seed() {
    assert_eq!(SealingKey::from_seed(&[7; 32]).seed(), [7; 32]);
}

#[test]
fn the_suite_is_that_of_rfc_9180() {
    let info = unhex("4f6465206f6e2061204772656369616e2055726e");
    let enc = unhex("1afa08d3dec047a643885163f1180476fa7ddb54c6a8029ea33f95796bf2ac4a");
    let secret = unhex("8057991eef8f1f1af18f4a9491d16a1ce333f695d4db8e38da75975c4478e0fb");
    let public = unhex("4310ee97d88cc1f088a5576c77ab0cf5c3ac797f3d95139c6c84b5429c59662a");
    let text = unhex("4265617574792069732074727574682c20747275746820626561757479");
    let sealed =
        unhex("1c5250d8034ec2b784ba2cfd69dbdb8af406cfe3ff938e131f0def8c8b60b4db21993c62ce81883d2dd1b51a28");
    let own = <X25519HkdfSha256 as Kem>::PrivateKey::from_bytes(&secret).unwrap();
    assert_eq!(X25519HkdfSha256::sk_to_pk(&own).to_bytes().as_slice(), public);
    assert_eq!(SealingKey::from_seed(&secret.try_into().unwrap()).public().as_slice(), public);
    let enc = <X25519HkdfSha256 as Kem>::EncappedKey::from_bytes(&enc).unwrap();
    let opened = single_shot_open::<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>(
        &OpModeR::Base,
        &own,
        &enc,
        &info,
        &sealed,
        b"Count-0",
    );
    assert_eq!(opened.unwrap(), text);
}

#[test]
fn a_flipped_bit_anywhere_opens_nothing() {
    let (network, log) = (World::new().network, sealed_log());
    let here = place(&network, &log);
    let recipients = [reader(1).public(), reader(2).public()];
    let bytes = Envelope::seal(b"text", &recipients, here, &[7; 32]).unwrap().to_bytes();
    let open = |bytes: &[u8]| Envelope::from_bytes(bytes).ok().and_then(|e| e.open(&reader(2), here));
    assert_eq!(open(&bytes).unwrap(), b"text");
    for bit in 0..bytes.len() * 8 {
        // Bit 255 of an X25519 key is masked off by RFC 7748, but it is authenticated here with all else.
        let mut broken = bytes.clone();
        broken[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(open(&broken), None, "bit {bit}");
    }
}

#[test]
fn an_envelope_opens_in_its_place_alone() {
    let (network, log) = (World::new().network, sealed_log());
    let here = place(&network, &log);
    let envelope = Envelope::seal(b"text", &[reader(1).public()], here, &[7; 32]).unwrap();
    assert!(envelope.open(&reader(1), here).is_some());
    let (other, document) = (NetworkId([1; 32]), DocumentId([1; 32]));
    let elsewhere = LogId { incarnation: 1, ..log };
    for wrong in [
        Place { seq: 3, ..here },
        Place { network: &other, ..here },
        Place { document: Some(&document), ..here },
        Place { log: &elsewhere, ..here },
    ] {
        assert_eq!(envelope.open(&reader(1), wrong), None);
    }
}

#[test]
fn recipients_are_counted_in_steps_and_bounded() {
    let (network, log) = (World::new().network, sealed_log());
    let seal = |n: usize| {
        let recipients: Vec<[u8; 32]> = (0..n).map(|n| reader(n as u8 + 1).public()).collect();
        Envelope::seal(b"text", &recipients, place(&network, &log), &[7; 32]).map(|e| e.to_bytes().len())
    };
    assert_eq!(seal(1).unwrap(), seal(4).unwrap());
    assert_eq!(seal(5).unwrap() - seal(4).unwrap(), 4 * 80);
    assert!(seal(limits::MAX_SLOTS).is_ok());
    assert!(seal(0).is_err() && seal(limits::MAX_SLOTS + 1).is_err());
    let whole = vec![7; limits::MAX_SEALED - 3];
    let all: Vec<[u8; 32]> = (0..64).map(|n| reader(n + 1).public()).collect();
    let largest = Envelope::seal(&whole, &all, place(&network, &log), &[7; 32]).unwrap();
    assert!(largest.to_bytes().len() <= limits::MAX_PAYLOAD);
    assert_eq!(largest.open(&reader(64), place(&network, &log)).unwrap(), whole);
    assert!(Envelope::seal(&vec![7; limits::MAX_SEALED], &all, place(&network, &log), &[7; 32]).is_err());
    assert!(Envelope::seal(b"text", &[[0; 32]], place(&network, &log), &[7; 32]).is_err(), "no such key");
}

#[test]
fn a_creating_patch_names_its_circle() {
    let whole = circle();
    let title = [("title".to_owned(), Value::Text("x".to_owned()))];
    let named = |keys: Vec<(String, Value)>| Circle::named_by(&Patch::first(keys));
    let keys: Vec<(String, Value)> = whole.keys().chain(title).collect();
    assert_eq!(named(keys.clone()).as_ref(), Some(&whole));
    let mut one_more = keys.clone();
    one_more.push((format!("_party/{}", institution(4, protocol::Role::Hub).id()), Value::Bool(true)));
    assert_ne!(named(one_more).unwrap().id(), whole.id(), "another party is another circle");
    assert_eq!(named(keys.into_iter().filter(|(key, _)| key != "_circle").collect()), None);
    assert!(protocol::Decoder::whole(&whole.to_bytes(), "circle", Circle::decode).is_ok_and(|c| c == whole));
}

#[test]
fn no_subscription_covers_a_sealed_shelf() {
    let everything = Subscription::everything();
    let shelf = sealed_log().shelf;
    assert!(!everything.covers(&shelf));
    assert!(!everything.covers(&Shelf { kind: ShelfKind(16), ..shelf }));
}

proptest! {
    #[test]
    fn recipients_open_and_nobody_else(
        payload in proptest::collection::vec(any::<u8>(), 0..3_000),
        readers in proptest::collection::btree_set(1u8..100, 1..9),
        stranger in 100u8..200,
        seed: [u8; 32],
    ) {
        let (network, log) = (World::new().network, sealed_log());
        let here = place(&network, &log);
        let recipients: Vec<[u8; 32]> = readers.iter().map(|n| reader(*n).public()).collect();
        let envelope = Envelope::seal(&payload, &recipients, here, &seed).unwrap();
        let read = Envelope::from_bytes(&envelope.to_bytes()).unwrap();
        for n in &readers {
            let opened = read.open(&reader(*n), here);
            prop_assert_eq!(opened.as_ref(), Some(&payload));
        }
        prop_assert_eq!(read.open(&reader(stranger), here), None);
    }

    #[test]
    fn sizes_within_a_step_are_equal(a in 0usize..4_000, b in 0usize..4_000) {
        let (network, log) = (World::new().network, sealed_log());
        let size = |n: usize| {
            let sealed = Envelope::seal(&vec![1; n], &[reader(1).public()], place(&network, &log), &[3; 32]);
            sealed.unwrap().to_bytes().len()
        };
        // Two bytes of length stand before what is padded.
        let step = |n: usize| (n + 2).max(512).next_power_of_two();
        prop_assert_eq!(size(a) == size(b), step(a) == step(b));
    }

    #[test]
    fn no_bytes_make_the_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..1_200)) {
        if let Ok(envelope) = Envelope::from_bytes(&bytes) {
            let (network, log) = (World::new().network, sealed_log());
            prop_assert_eq!(envelope.open(&reader(1), place(&network, &log)), None);
        }
    }
}
