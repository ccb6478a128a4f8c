//! What nodes say of themselves, and what they tell each other of it.

use proptest::prelude::*;
use protocol::limits::{MAX_STATUS, MAX_STATUS_NUMBER, MAX_STATUSES};
use protocol::{
    Encoder, Fault, Frame, NetworkId, Purpose, Signature, StatusFacts, StatusMark, StatusNote, StatusTalk,
    mark_of,
};

use crate::support::key;

fn facts() -> StatusFacts {
    StatusFacts {
        agent: Some("lianshi/0.1.0".to_owned()),
        made_ms: Some(1_800_000_000_000),
        not_after_ms: Some(1_860_000_000_000),
        missing: Some(17),
        unshared: Some(0),
        last_success_ms: Some(1_799_999_990_000),
        clock_behind_ms: Some(0),
        disk: Some((52_000_000_000, 256_000_000_000)),
        store: Some(81_000_000),
        entries: Some(12_345),
        words: vec!["disk-low".to_owned(), "no-backup".to_owned()],
        more: vec![(200, vec![1, 2, 3])],
    }
}

fn network() -> NetworkId {
    NetworkId([3; 32])
}

/// Of each kind one.
pub fn golden(network: &NetworkId) -> Vec<(&'static str, Frame)> {
    let note = StatusNote::sign(&key(11), 1_800_000_000_000, facts(), network);
    let bare = StatusNote::sign(&key(12), 1, StatusFacts::default(), network);
    let mut marks = vec![note.mark(), bare.mark()];
    marks.sort_by_key(|mark| mark.node);
    let mut notes = vec![note, bare];
    notes.sort_by_key(|note| note.node);
    vec![
        ("statuses: ask", Frame::Status(StatusTalk::Ask(marks.clone()))),
        ("statuses: answer", Frame::Status(StatusTalk::Answer(Vec::new()))),
        ("statuses: got", Frame::Status(StatusTalk::Got(marks))),
        ("statuses", Frame::Status(StatusTalk::Notes(notes))),
    ]
}

/// A note by hand, signed as it stands.
fn by_hand(number: u64, fields: &[(u8, Vec<u8>)]) -> Vec<u8> {
    let mut body = Encoder::new();
    body.u8(1).raw(&key(11).public().0).uint(number);
    body.list(fields, |to, (tag, bytes)| _ = to.u8(*tag).bytes(bytes));
    let body = body.finish();
    let Signature(signature) = key(11).sign(Purpose::Status, &network(), &body);
    let mut frame = Encoder::new();
    frame.u8(0x80).u8(3).uint(1).bytes(&body).raw(&signature);
    frame.finish()
}

fn read(bytes: &[u8]) -> Result<StatusNote, Fault> {
    match Frame::from_bytes(bytes)? {
        Frame::Status(StatusTalk::Notes(mut notes)) => Ok(notes.remove(0)),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_note_is_its_nodes_word_in_its_network() {
    let note = StatusNote::sign(&key(11), 5, facts(), &network());
    assert_eq!(note.verify(&network()), Ok(()));
    assert!(note.verify(&NetworkId([4; 32])).is_err(), "another network's is none");
    for change in [
        |n: &mut StatusNote| n.number += 1,
        |n: &mut StatusNote| n.node = key(12).public(),
        |n: &mut StatusNote| n.facts.missing = None,
        |n: &mut StatusNote| n.facts.more.clear(),
        |n: &mut StatusNote| n.facts.words.truncate(1),
    ] {
        let mut changed = note.clone();
        change(&mut changed);
        assert!(changed.verify(&network()).is_err());
    }
}

#[test]
fn what_a_later_version_says_is_kept_and_still_signed() {
    let bytes = by_hand(9, &[(4, vec![7]), (12, vec![1, 2, 3, 4]), (250, Vec::new())]);
    let note = read(&bytes).unwrap();
    assert_eq!(note.facts.missing, Some(7));
    assert_eq!(note.facts.more, [(12, vec![1, 2, 3, 4]), (250, Vec::new())]);
    assert_eq!(note.verify(&network()), Ok(()));
    assert_eq!(Frame::Status(StatusTalk::Notes(vec![note])).to_bytes(), bytes);
}

#[test]
fn one_form_alone_reads() {
    let good = [(4, vec![7]), (5, vec![8])];
    assert!(read(&by_hand(9, &good)).is_ok());
    for (what, fields) in [
        ("out of order", vec![(5, vec![8]), (4, vec![7])]),
        ("twice", vec![(4, vec![7]), (4, vec![7])]),
        ("a longer number", vec![(4, vec![0x87, 0])]),
        ("more than the field", vec![(4, vec![7, 7])]),
        ("a time behind 9999", vec![(2, vec![0xff; 9].into_iter().chain([1]).collect())]),
        ("no words", vec![(11, vec![0])]),
        ("words out of order", vec![(11, vec![2, 1, b'b', 1, b'a'])]),
        ("no word", vec![(11, vec![1, 1, b'<'])]),
    ] {
        assert!(read(&by_hand(9, &fields)).is_err(), "{what}");
    }
    assert!(read(&by_hand(MAX_STATUS_NUMBER, &good)).is_ok());
    assert!(read(&by_hand(MAX_STATUS_NUMBER + 1, &good)).is_err());
    assert!(read(&by_hand(9, &[(200, vec![0; MAX_STATUS])])).is_err(), "it is too long");
}

#[test]
fn marks_stand_in_order_and_are_bounded() {
    let mark = |n: u64| StatusMark { node: n.to_be_bytes(), number: n };
    let talk = |marks: Vec<StatusMark>| Frame::from_bytes(&Frame::Status(StatusTalk::Ask(marks)).to_bytes());
    assert!(talk((0..MAX_STATUSES as u64).map(mark).collect()).is_ok());
    assert!(talk((0..=MAX_STATUSES as u64).map(mark).collect()).is_err());
    assert!(talk(vec![mark(2), mark(1)]).is_err());
    assert!(talk(vec![mark(1), mark(1)]).is_err());
    assert_eq!(mark_of(&key(11).public()), key(11).public().0[..8]);
}

#[test]
fn what_is_too_long_to_say_is_left_out_when_it_is_signed() {
    let words = (0..100).map(|n| format!("word-{n:02}")).chain(["x".repeat(400)]).collect();
    let agent = Some("市".repeat(100));
    let note = StatusNote::sign(
        &key(11),
        u64::MAX,
        StatusFacts { words, agent, made_ms: Some(-1), not_after_ms: Some(i64::MAX), ..facts() },
        &network(),
    );
    let bytes = Frame::Status(StatusTalk::Notes(vec![note.clone()])).to_bytes();
    assert_eq!(read(&bytes), Ok(note.clone()));
    assert_eq!(note.verify(&network()), Ok(()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    /// Whatever is changed in a note, it does not read, or does not hold, and what reads is written the same way.
    #[test]
    fn no_bit_of_a_note_can_be_changed(at: prop::sample::Index, bit in 0u8..8) {
        let note = StatusNote::sign(&key(11), 77, facts(), &network());
        let mut bytes = Frame::Status(StatusTalk::Notes(vec![note])).to_bytes();
        let at = 3 + at.index(bytes.len() - 3);
        bytes[at] ^= 1 << bit;
        if let Ok(frame) = Frame::from_bytes(&bytes) {
            prop_assert_eq!(&frame.to_bytes(), &bytes);
            if let Frame::Status(StatusTalk::Notes(notes)) = frame {
                prop_assert!(notes.iter().all(|note| note.verify(&network()).is_err()));
            }
        }
    }

    #[test]
    fn any_bytes_are_read_without_panic(bytes in proptest::collection::vec(0u8..14, 0..200)) {
        let _ = Frame::from_bytes(&[&[0x80], &bytes[..]].concat());
    }
}
