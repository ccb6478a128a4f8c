//! Bundles and slips: what one writes the other reads, and whatever is changed is noticed.

use std::collections::BTreeMap;

use proptest::prelude::*;
use protocol::{
    Credential, Frame, Hash, Head, LogHead, LogId, Manifest, Role, SealingKey, Shelf, ShelfKind,
    SignedManifest, Slip, SlipFault, Subscription, Visibility, VolumeKey, VolumeReader, VolumeWriter,
};

use crate::support::{NOW, World, certificate, key};

fn manifest() -> Manifest {
    let network = World::new().network;
    Manifest {
        network,
        credential: Credential::Certificate(Box::new(certificate(&network, 1, 11, Role::Hub))),
        set: [3; 16],
        volume: 1,
        volumes: 1,
        made_ms: NOW,
        since: Hash::default(),
        until: Hash([4; 32]),
        lock: None,
        frames: 0,
        entries: 0,
        bytes: 0,
        body: Hash::default(),
    }
}

fn reader_key() -> SealingKey {
    SealingKey::from_seed(&[21; 32])
}

/// A volume: what is written on it, and its body.
fn volume(frames: &[Vec<u8>], locked: bool) -> (Manifest, Vec<u8>) {
    let mut on = manifest();
    let lock = |on: &mut Manifest| on.lock_for(key(12).public(), &reader_key().public(), &[9; 32]).unwrap();
    let volume_key = locked.then(|| lock(&mut on));
    let mut writer = VolumeWriter::new(on, volume_key);
    let mut body = Vec::new();
    for frame in frames {
        body.extend(writer.push(frame.clone(), 2).unwrap());
    }
    let (rest, on) = writer.finish().unwrap();
    body.extend(rest);
    (on, body)
}

/// What is read of a body, frame by frame as far as it goes, and whether it was whole.
fn read(on: &Manifest, mut body: &[u8]) -> (Vec<Option<Vec<u8>>>, bool) {
    let opened = on.unlock(&reader_key());
    let mut reader = VolumeReader::new(on.clone(), opened);
    let mut frames = Vec::new();
    while !reader.is_done() {
        let Some((length, rest)) = body.split_first_chunk() else { break };
        let Ok(length) = reader.length(*length) else { break };
        let Some((chunk, rest)) = rest.split_at_checked(length) else { break };
        frames.push(reader.take(chunk.to_vec()));
        body = rest;
    }
    (frames, reader.finish().is_ok())
}

fn some_frames() -> impl Strategy<Value = Vec<Vec<u8>>> {
    prop::collection::vec(prop::collection::vec(any::<u8>(), 0..300), 0..12)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_packed_is_unpacked(frames in some_frames(), locked: bool) {
        let (on, body) = volume(&frames, locked);
        prop_assert_eq!((on.frames, on.entries), (frames.len() as u64, 2 * frames.len() as u64));
        prop_assert_eq!(on.bytes, body.len() as u64);
        let (opened, whole) = read(&on, &body);
        prop_assert!(whole);
        prop_assert_eq!(opened, frames.into_iter().map(Some).collect::<Vec<_>>());
    }

    /// Cut anywhere: what comes before the cut is read, and that something is missing is known, also by who holds the
    /// manifest of a shorter one.
    #[test]
    fn a_volume_cut_short_gives_what_is_there_and_says_so(frames in some_frames(), locked: bool, at: prop::sample::Index) {
        let (mut on, body) = volume(&frames, locked);
        prop_assume!(!body.is_empty());
        let cut = at.index(body.len());
        let (opened, whole) = read(&on, &body[..cut]);
        prop_assert!(!whole);
        for (got, put) in opened.iter().zip(&frames) {
            prop_assert_eq!(got.as_ref(), Some(put));
        }
        on.bytes = cut as u64;
        let (_, whole) = read(&on, &body[..cut]);
        prop_assert!(!whole);
    }

    /// A flipped bit spoils the frame that it is in, or ends the reading; it never gives another frame of a locked volume.
    #[test]
    fn a_flipped_bit_is_noticed(frames in some_frames(), locked: bool, at: prop::sample::Index) {
        let (on, mut body) = volume(&frames, locked);
        prop_assume!(!body.is_empty());
        let bit = at.index(body.len() * 8);
        body[bit / 8] ^= 1 << (bit % 8);
        let (opened, whole) = read(&on, &body);
        prop_assert!(!whole);
        if locked {
            for frame in opened.into_iter().flatten() {
                prop_assert!(frames.contains(&frame));
            }
        }
    }

    #[test]
    fn slips_are_read_in_any_order_of_their_lines(logs in 0usize..200, seed: u64, noise in "[a-z :/#]{0,40}") {
        let slip = slip(logs);
        let mut lines: Vec<String> = slip.lines().iter().map(|line| line.to_string().to_lowercase()).collect();
        let mut dice = crate::support::Dice(seed);
        for n in (1..lines.len()).rev() {
            lines.swap(n, dice.below(n + 1));
        }
        let text = lines.join(&format!("\r\n> {noise}\r\n"));
        prop_assert_eq!(Slip::from_text(&text), Ok(slip.clone()));
        let brief: Vec<String> = slip.lines().iter().map(protocol::SlipLine::brief).collect();
        prop_assert_eq!(Slip::from_text(&brief.join(" ")), Ok(slip));
    }

    /// A letter mistyped: the line is named.
    #[test]
    fn the_line_with_a_wrong_letter_is_named(logs in 0usize..60, at: prop::sample::Index, letter: prop::sample::Index) {
        let slip = slip(logs);
        let mut lines: Vec<String> = slip.lines().iter().map(ToString::to_string).collect();
        let wrong = at.index(lines.len());
        let start = lines[wrong].find(": ").unwrap() + 2;
        let places: Vec<usize> = (start..lines[wrong].len()).filter(|n| lines[wrong].as_bytes()[*n] != b' ').collect();
        let place = places[letter.index(places.len())];
        let other = if lines[wrong].as_bytes()[place] == b'Q' { "R" } else { "Q" };
        lines[wrong].replace_range(place..=place, other);
        prop_assert_eq!(Slip::from_text(&lines.join("\n")), Err(SlipFault::Lines(vec![wrong as u32 + 1])));
    }

    #[test]
    fn arbitrary_bytes_and_texts_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..400), text in "[0-9A-Z/: ]{0,200}") {
        let _ = SignedManifest::from_bytes(&bytes);
        let _ = Slip::from_bytes(&bytes);
        let _ = Slip::from_text(&text);
        let _ = Slip::from_text(&String::from_utf8_lossy(&bytes));
        let _ = read(&Manifest { bytes: 1 << 20, ..manifest() }, &bytes);
    }
}

fn heads(logs: usize) -> BTreeMap<LogId, Head> {
    let log = |n: usize| {
        let shelf = Shelf { region: 420_100, kind: ShelfKind(16 + n as u16), visibility: Visibility::Public };
        (
            World::new().log(shelf),
            Head { seq: 1 + n as u64, hash: protocol::hash("test", &[&n.to_be_bytes()]) },
        )
    };
    (0..logs).map(log).collect()
}

fn slip(logs: usize) -> Slip {
    let network = World::new().network;
    let own = certificate(&network, 1, 11, Role::Hub);
    Slip::new(network, own, Subscription::everything(), &heads(logs))
}

#[test]
fn a_slip_tells_of_every_open_log_and_of_no_sealed_one() {
    let slip = slip(50);
    assert_eq!(slip.logs(), 50);
    for (log, head) in heads(50) {
        let told = slip.head(&log).unwrap();
        assert_eq!((told.seq, told.check.as_slice()), (head.seq, &head.hash.0[..4]));
    }
    let circle = protocol::CircleId([8; 16]);
    let sealed = Shelf { region: 0, kind: ShelfKind::CORRESPONDENCE, visibility: Visibility::Sealed(circle) };
    let hidden = BTreeMap::from([(World::new().log(sealed), Head { seq: 4, hash: Hash([1; 32]) })]);
    let network = World::new().network;
    let own = certificate(&network, 1, 11, Role::Hub);
    assert_eq!(Slip::new(network, own, Subscription::everything(), &hidden).logs(), 0);
    let per_log = (slip.to_bytes().len() - self::slip(0).to_bytes().len()) as f64 / 50.0;
    assert!(per_log < 11.0, "{per_log} bytes a log");
}

#[test]
fn a_manifest_is_its_makers_word() {
    let network = World::new().network;
    let signed = manifest().sign(&key(11));
    let bytes = signed.to_bytes();
    assert_eq!(SignedManifest::from_bytes(&bytes).as_ref(), Ok(&signed));
    assert!(signed.verify(&network).is_ok());
    assert!(signed.verify(&protocol::NetworkId([1; 32])).is_err());
    assert!(manifest().sign(&key(12)).verify(&network).is_err(), "another node's signature");
    for bit in 0..bytes.len() * 8 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let read = SignedManifest::from_bytes(&flipped);
        assert!(read.is_err() || read.unwrap().verify(&network).is_err(), "bit {bit}");
    }
}

#[test]
fn a_lock_opens_for_one_node_and_one_volume() {
    let mut on = manifest();
    let made = on.lock_for(key(12).public(), &reader_key().public(), &[9; 32]).unwrap();
    assert_eq!(on.unlock(&reader_key()).unwrap().seed(), made.seed());
    assert!(on.unlock(&SealingKey::from_seed(&[22; 32])).is_none());
    assert!(Manifest { volume: 2, volumes: 2, ..on.clone() }.unlock(&reader_key()).is_none());
    assert!(Manifest { set: [4; 16], ..on.clone() }.unlock(&reader_key()).is_none());
    let chunk = made.seal(0, false, b"frame").unwrap();
    assert_eq!(made.open(0, false, &chunk).as_deref(), Some(b"frame".as_slice()));
    assert!(made.open(1, false, &chunk).is_none(), "at another place");
    assert!(made.open(0, true, &chunk).is_none(), "as the last one");
    assert!(VolumeKey::from_seed(&[1; 32]).open(0, false, &chunk).is_none());
}

/// Golden bytes: name, decoder, bytes.
pub fn golden() -> [(&'static str, &'static str, Vec<u8>); 6] {
    let log = World::new().log(World::new().shelf());
    let heads = Frame::Heads(vec![LogHead { log, head: Head { seq: 9, hash: Hash([9; 32]) } }]);
    let frames = [heads.to_bytes(), Frame::Heads(Vec::new()).to_bytes()];
    let file = |locked| {
        let (on, body) = volume(&frames, locked);
        let signed = on.sign(&key(11));
        (signed.to_bytes(), [signed.to_front(), body].concat(), signed.manifest)
    };
    let ((head, open, _), (_, locked, on)) = (file(false), file(true));
    let lines: Vec<String> = slip(3).lines().iter().map(ToString::to_string).collect();
    [
        ("head of a volume for anyone, by node 0b…", "head", head),
        ("the volume: two frames with heads", "", open),
        ("the same for node 0c… with the sealing key of seed 21 × 15, by seed 32 × 09", "", locked),
        ("its content key", "", on.unlock(&reader_key()).unwrap().seed().to_vec()),
        ("slip of three logs", "slip", slip(3).to_bytes()),
        ("its text, in UTF-8, a line feed between two lines", "", lines.join("\n").into_bytes()),
    ]
}
