//! Volumes and slips: what is read is written back the same, and a replica takes what comes out of a volume.

use std::collections::BTreeMap;

use protocol::{
    Credential, Decoder, Frame, Hash, Head, Manifest, NodeCertificate, RosterBook, RunBuilder, SealingKey,
    SignedManifest, Slip, Subscription, VolumeReader, VolumeWriter, bundle_line,
};
use replica::{Effect, Me, Replica, Room};

use crate::seeds::golden;
use crate::world::{NOW, certificate, charter, entries, key, log};

/// A file: a volume, else a slip, as text or as bytes.
pub fn run(bytes: &[u8]) {
    if let Some(rest) = bytes.strip_prefix(bundle_line().as_slice()) {
        volume(rest);
        return;
    }
    let text = String::from_utf8_lossy(bytes);
    for slip in Slip::from_text(&text).into_iter().chain(Slip::from_bytes(bytes)) {
        assert_eq!(Slip::from_bytes(&slip.to_bytes()).as_ref(), Ok(&slip));
        let lines: Vec<String> = slip.lines().iter().map(ToString::to_string).collect();
        assert_eq!(Slip::from_text(&lines.join("\n")), Ok(slip));
    }
}

/// The signature is left unchecked: no fuzzer makes one, and what is inside decides for itself.
fn volume(bytes: &[u8]) {
    let mut from = Decoder::new(bytes);
    let Ok(length) = from.array("length").map(u32::from_be_bytes) else { return };
    let Ok(head) = from.raw(length as usize, "head") else { return };
    let Ok(signed) = SignedManifest::from_bytes(head) else { return };
    assert_eq!(signed.to_bytes(), head, "two encodings of one head");
    let _ = signed.verify(&charter(1, 1).id());
    let maker = signed.manifest.credential.certificate().clone();
    let unlocked = signed.manifest.unlock(&SealingKey::from_seed(&[21; 32]));
    let mut reader = VolumeReader::new(signed.manifest, unlocked);
    let mut replica = newcomer();
    while !reader.is_done() {
        let Some(length) = from.array("length").ok().and_then(|length| reader.length(length).ok()) else {
            break;
        };
        let Ok(chunk) = from.raw(length, "chunk") else { break };
        if let Some(frame) = reader.take(chunk.to_vec()) {
            carry(&mut replica, &maker, &frame);
        }
    }
    let _ = reader.finish();
}

fn newcomer() -> Replica {
    let charter = charter(1, 1);
    let me = Me {
        charter: charter.clone(),
        certificate: certificate(2, 12),
        redemption: None,
        sealing: SealingKey::from_seed(&[12; 32]),
        subscription: Subscription::everything(),
        allowance: Room::UNBOUNDED,
        agent: String::new(),
        abroad: None,
    };
    Replica::new(me, BTreeMap::new(), RosterBook::new(&charter), BTreeMap::new())
}

fn carry(replica: &mut Replica, maker: &NodeCertificate, frame: &[u8]) {
    let (_, effects) = replica.carry(maker, frame, NOW);
    for effect in effects {
        if let Effect::Persist { run } = effect {
            assert_eq!(replica.head(&run.log), run.head(), "what is to be stored is what is counted");
        }
    }
}

pub fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = golden("bundles", "volume");
    seeds.extend(golden("bundles", "the same for node"));
    seeds.extend(golden("bundles", "slip"));
    seeds.extend(golden("bundles", "its text"));
    seeds.push(of_runs());
    seeds
}

/// A volume with a log in two runs.
fn of_runs() -> Vec<u8> {
    let credential = Credential::Certificate(Box::new(certificate(1, 11)));
    let on = Manifest {
        network: charter(1, 1).id(),
        credential,
        set: [3; 16],
        volume: 1,
        volumes: 1,
        made_ms: NOW,
        since: Hash::default(),
        until: Hash::default(),
        lock: None,
        frames: 0,
        entries: 0,
        bytes: 0,
        body: Hash::default(),
    };
    let mut writer = VolumeWriter::new(on, None);
    let (entries, mut file, mut have) = (entries(1, 11, 5), Vec::new(), Head::default());
    for part in entries.chunks(3) {
        let mut run = RunBuilder::new(log(11, 1), have);
        part.iter().for_each(|entry| run.push(entry));
        have = part.last().map(protocol::Entry::head).unwrap_or_default();
        let frame = Frame::Run(run.finish().expect("a small run")).to_bytes();
        file.extend(writer.push(frame, part.len() as u64).expect("a small frame"));
    }
    let (rest, on) = writer.finish().expect("a small volume");
    [on.sign(&key(11)).to_front(), file, rest].concat()
}
