//! The decoders of the protocol. What is read must be written back as it was: there is one encoding of every value.

use protocol::{
    Actor, Application, Charter, CheckedRun, Circle, Continuation, Decoder, Encoder, Entry, Envelope,
    FileKind, Fork, Frame, Head, InvitationFile, NodeCertificate, OpenLog, Origin, Place, Proof, Purge,
    Redemption, RunBuilder, SealingKey, SignedCharter, SignedPatch, SignedStep, Statement, StepsFile,
    seal_file, unseal_file,
};
use replica::{Document, DocumentPatch, Fate, check_entry, patch_of};

use crate::reader::Reader;
use crate::seeds::golden;
use crate::world::{NOW, certificate, charter, entries as listings, institution, log};

fn same(what: &str, read: &[u8], written: &[u8]) {
    assert_eq!(read, written, "two encodings of one {what}");
}

/// A frame, and the run in it.
pub fn frame(bytes: &[u8]) {
    let Ok(frame) = Frame::from_bytes(bytes) else { return };
    same("frame", bytes, &frame.to_bytes());
    if let Frame::Run(inner) = frame {
        run(&inner);
    }
}

pub fn frames() -> Vec<Vec<u8>> {
    golden("frames", "")
}

/// A run as it travels.
pub fn run(bytes: &[u8]) {
    let network = charter(1, 1).id();
    let place = CheckedRun::peek(bytes);
    let Ok(run) = CheckedRun::open(bytes, &network) else { return };
    assert_eq!(place, Ok((run.log, run.after, run.entries.len() as u64)));
    let mut again = RunBuilder::new(run.log, run.after);
    run.entries.iter().for_each(|checked| again.push(&checked.entry));
    let again = CheckedRun::open(&again.finish().expect("a run that was read"), &network).expect("ours");
    assert_eq!(again.head(), run.head());
    for checked in &run.entries {
        entry(&checked.entry.to_bytes());
    }
}

pub fn runs() -> Vec<Vec<u8>> {
    let mut seeds = golden("entries", "run");
    let entries = listings(1, 11, 5);
    let mut whole = RunBuilder::new(log(11, 1), Head::default());
    entries.iter().for_each(|entry| whole.push(entry));
    seeds.push(whole.finish().expect("a small run"));
    seeds
}

/// The texts and randoms of a run, packed here: no fuzzer makes a zstd frame. Form, count, and the length of the texts
/// come first.
pub fn texts(bytes: &[u8]) {
    let mut from = Reader::new(bytes);
    let (form, count) = (from.byte() % 5, from.odd_number());
    let size = usize::from(from.byte()) * 256 + usize::from(from.byte());
    let texts = from.take(size);
    let packed = zstd::bulk::compress(texts, 1).expect("packed texts");
    let mut to = Encoder::new();
    log(11, 1).encode(&mut to);
    to.uint(from.odd_number()).raw(&[0; 32]);
    to.uint(count).u8(form).uint(texts.len() as u64).bytes(&packed);
    to.raw(from.take(usize::MAX));
    run(&to.finish());
}

pub fn texts_of_runs() -> Vec<Vec<u8>> {
    // flags, verb, time, then the payload: an opening without payload, a creation whose change hash is implied.
    let patch = &golden("patches", "first: patch")[0];
    let mut plain = vec![0, 2, 0, 0];
    let body = [&[4, 2, 2, patch.len() as u8][..], patch].concat();
    plain[3] = body.len() as u8;
    plain.extend(&body);
    plain.push(2);
    plain.extend([5; 80]);
    let mut bare = vec![1, 3, 0, 8, 2, 1, 0, 0, 3, 3, 0, 0];
    bare.push(1);
    bare.extend([6; 300]);
    vec![plain, bare]
}

/// An entry as proofs and journals hold it.
pub fn entry(bytes: &[u8]) {
    let Ok(entry) = Decoder::whole(bytes, "entry", Entry::decode) else { return };
    same("entry", bytes, &entry.to_bytes());
    // Whether it verifies or not, it can be looked at.
    let _ = (entry.verify(&charter(1, 1).id()), entry.document(), entry.head());
    let _ = check_entry(&entry, &certificate(1, 11));
    let _ = patch_of(&entry);
    if let Some(payload) = &entry.payload {
        identity(&payload.bytes);
    }
}

pub fn entries() -> Vec<Vec<u8>> {
    golden("entries", ": entry")
}

/// The payload of a creating or editing entry: read, made into a change, folded.
pub fn patch(bytes: &[u8]) {
    let Ok(signed) = SignedPatch::from_bytes(bytes) else { return };
    same("patch", bytes, &signed.to_bytes());
    let (log, seq) = (log(11, 1), 2);
    let origin = Origin { log, seq };
    let actor = Actor::derive(&log, &origin, signed.patch.generation);
    let first = signed.patch.is_first();
    let own = SignedPatch::of(signed.patch, actor, NOW).expect("a patch that was read has a change");
    let change = own.to_change(actor, NOW).expect("and the change has the hash");
    if first {
        let at = DocumentPatch { log, seq, entry: Default::default(), time_ms: NOW, signed: own };
        let document = Document::fold(origin, vec![at]);
        assert!(document.patches().all(|(_, fate)| *fate == Fate::Valid), "a first patch stands by itself");
        let mut doc = document.automerge().expect("Automerge takes a valid patch");
        assert_eq!(doc.get_heads(), [change.hash()]);
    }
}

pub fn patches() -> Vec<Vec<u8>> {
    golden("patches", "payload")
}

/// Certificates, charters, steps, redemptions, openings: one of them it may be.
pub fn identity(bytes: &[u8]) {
    let network = charter(1, 1).id();
    let written = |write: &dyn Fn(&mut Encoder)| {
        let mut to = Encoder::new();
        write(&mut to);
        to.finish()
    };
    if let Ok(read) = Decoder::whole(bytes, "certificate", NodeCertificate::decode) {
        same("certificate", bytes, &read.to_bytes());
        let _ = (read.verify(&network), read.allows(&log(11, 1).shelf));
    }
    if let Ok(read) = Decoder::whole(bytes, "charter", Charter::decode) {
        same("charter", bytes, &read.to_bytes());
    }
    if let Ok(read) = Decoder::whole(bytes, "charter", SignedCharter::decode) {
        same("signed charter", bytes, &written(&|to| read.encode(to)));
    }
    if let Ok(read) = SignedStep::from_bytes(bytes) {
        same("step", bytes, &read.to_bytes());
        let input = protocol::RosterInput { steps: vec![read], ..Default::default() };
        protocol::Roster::fold(&charter(1, 1), &input).digest();
    }
    if let Ok(read) = Redemption::from_bytes(bytes) {
        same("redemption", bytes, &read.to_bytes());
        let _ = read.verify(&network);
    }
    if let Ok(read) = OpenLog::from_bytes(bytes) {
        same("opening", bytes, &read.to_bytes());
    }
    if let Ok(read) = Continuation::from_bytes(bytes) {
        same("continuation", bytes, &read.to_bytes());
    }
    if let Ok(read) = Purge::from_bytes(bytes) {
        same("purge", bytes, &read.to_bytes());
        let _ = (read.document(), read.origin());
    }
    if let Ok(read) = Statement::from_bytes(bytes) {
        same("statement", bytes, &read.to_bytes());
    }
    if let Ok(read) = Fork::from_bytes(bytes) {
        same("fork", bytes, &read.to_bytes());
        let _ = (read.verify(&network), read.common(), read.branches());
    }
    if let Ok(read) = Decoder::whole(bytes, "circle", Circle::decode) {
        same("circle", bytes, &read.to_bytes());
    }
    envelope(bytes);
}

/// An envelope, opened as what it is in the golden bytes.
fn envelope(bytes: &[u8]) {
    let Ok(read) = Envelope::from_bytes(bytes) else { return };
    same("envelope", bytes, &read.to_bytes());
    let (network, log) = (charter(1, 1).id(), log(11, 1));
    let place = Place { network: &network, log: &log, seq: 2, document: None };
    if let Some(opened) = read.open(&SealingKey::from_seed(&[11; 32]), place) {
        identity(&opened);
    }
}

pub fn identities() -> Vec<Vec<u8>> {
    let mut seeds = golden("identities", "");
    seeds.extend(golden("steps", ""));
    seeds.extend(golden("documents", ""));
    seeds.extend(golden("sealed", ""));
    let opening = OpenLog { certificate: certificate(1, 11), predecessors: Vec::new() }.to_bytes();
    let (network, log) = (charter(1, 1).id(), log(11, 1));
    let place = Place { network: &network, log: &log, seq: 2, document: None };
    let reader = SealingKey::from_seed(&[11; 32]).public();
    seeds.push(Envelope::seal(&opening, &[reader], place, &[5; 32]).expect("a small payload").to_bytes());
    seeds.push(opening);
    let of_files = golden("files", "fork file");
    seeds.extend(
        of_files.iter().map(|file| unseal_file(FileKind::Fork, file).expect("a fork")[32..].to_vec()),
    );
    seeds
}

const KINDS: [FileKind; 6] = [
    FileKind::Charter,
    FileKind::Invitation,
    FileKind::Proof,
    FileKind::Application,
    FileKind::Steps,
    FileKind::Fork,
];

/// Files: as they are, and as the body of a file whose checksum holds.
pub fn file(bytes: &[u8]) {
    for kind in KINDS {
        let _ = unseal_file(kind, bytes);
    }
    let body = bytes.split_at_checked(bytes.len().wrapping_sub(32)).map_or(bytes, |(body, _)| body);
    let body = body.splitn(2, |byte| *byte == b'\n').nth(1).unwrap_or(bytes);
    for candidate in [bytes, body] {
        let sealed = |kind| seal_file(kind, candidate);
        if let Ok(read) = InvitationFile::from_file(&sealed(FileKind::Invitation)) {
            same("invitation", &sealed(FileKind::Invitation), &read.to_file());
        }
        if let Ok(read) = Application::from_file(&sealed(FileKind::Application), &charter(1, 1).id()) {
            same("application", &sealed(FileKind::Application), &read.to_file());
        }
        if let Ok(read) = StepsFile::from_file(&sealed(FileKind::Steps)) {
            same("steps", &sealed(FileKind::Steps), &read.to_file());
        }
        if let Ok((network, read)) = Fork::from_file_body(candidate) {
            same("fork", candidate, &read.to_file_body(&network));
        }
        identity(candidate);
        if let Ok(read) = Proof::from_bytes(candidate) {
            same("proof", candidate, &read.to_bytes());
            let _ = read.verify(&charter(1, 1));
        }
    }
}

pub fn files() -> Vec<Vec<u8>> {
    let mut seeds = golden("files", "");
    let invitation = protocol::Invitation {
        key: crate::world::key(50).public(),
        issuer: crate::world::key(11).public(),
        role: protocol::Role::ResourceStation,
        region: 420_100,
        not_after_ms: NOW,
    };
    let charter = SignedCharter::sign(charter(1, 1), 0, &crate::world::key(1));
    let addresses = vec!["/ip4/127.0.0.1/udp/4001/quic-v1".to_owned()];
    seeds.push(InvitationFile { charter, invitation, secret: [50; 32], addresses }.to_file());
    let (network, who) = (crate::world::charter(1, 1).id(), institution(2));
    seeds.push(Application { network, institution: who, certificate: certificate(2, 12) }.to_file());
    let steps = golden("steps", "signed step");
    let steps = steps.iter().map(|step| SignedStep::from_bytes(step).expect("a step")).collect();
    seeds.push(StepsFile { network, governors: crate::world::charter(1, 1).governors, steps }.to_file());
    seeds
}

/// A certificate: the file inside is found or not, and what is found lies in it.
pub fn paper(bytes: &[u8]) {
    for beginning in [b"lianshi proof 1\n".as_slice(), b"lianshi certificate 1\n"] {
        if let Some(inside) = paper::certificate::attached(bytes, beginning) {
            assert!(inside.len() < bytes.len());
            let _ = unseal_file(FileKind::Proof, inside).and_then(Proof::from_bytes);
        }
    }
}

pub fn papers() -> Vec<Vec<u8>> {
    let stream = |file: &[u8]| {
        let head =
            format!("%PDF-1.7\n7 0 obj\n<<\n  /Length {}\n  /Type /EmbeddedFile\n>>\nstream\n", file.len());
        [head.as_bytes(), file, b"\nendstream\nendobj\n%%EOF"].concat()
    };
    let mut seeds: Vec<Vec<u8>> = golden("files", "proof file").iter().map(|file| stream(file)).collect();
    seeds.push(stream(b"lianshi certificate 1\nprogram 0.1.0\nmade 1\naddress \n"));
    seeds
}
