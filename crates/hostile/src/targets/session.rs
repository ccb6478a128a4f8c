//! A hub's replica, and peers that send it whatever they like: forks of their logs and of its own, settles, circles.

use protocol::{
    CircleId, Credential, Delivery, DeliveryWord, DocumentId, Entry, FileAsk, FilePiece, Fork, Frame, Hash,
    Head, Hello, LogHead, LogId, NodeCertificate, PublicKey, Shown, StatusFacts, StatusNote, StatusTalk,
    Subscription, Verb, Want, mark_of,
};
use replica::Input;

use crate::reader::Reader;
use crate::world::{certificate, charter, key, log};

mod hub;
mod prepared;

use hub::Hub;
use prepared::{author, prepared};

/// Inputs of one program: more only cost time.
const MAX_STEPS: usize = 200;

/// The greeting of a node with this certificate.
fn hello(certificate: NodeCertificate) -> Vec<u8> {
    let hello = Hello {
        network: charter(1, 1).id(),
        shown: Shown::InFull(Credential::Certificate(Box::new(certificate))),
        subscription: Subscription::everything(),
        agent: "hostile".to_owned(),
    };
    Frame::Hello(Box::new(hello)).to_bytes()
}

fn any_log(from: &mut Reader<'_>) -> LogId {
    let mut log = log(11 + from.below(3) as u8, from.odd_number());
    log.shelf.kind.0 = from.odd_number() as u16;
    log.shelf.region = if from.one_in(2) { 0 } else { 420_100 };
    log
}

fn any_head(from: &mut Reader<'_>) -> Head {
    Head { seq: from.odd_number(), hash: Hash([from.byte(); 32]) }
}

/// Two entries by the node of the key 12 at one place of one of its logs, or what merely looks so.
fn any_fork(from: &mut Reader<'_>) -> Option<Vec<u8>> {
    let after = if from.one_in(2) { prepared().parting } else { any_head(from) };
    let place = if from.one_in(4) { any_log(from) } else { log(12, 1) };
    let branch = |from: &mut Reader<'_>| -> Option<Entry> {
        author(12, place, after, Verb(700 + u16::from(from.byte())), vec![from.byte()])
    };
    let (one, other) = (branch(from)?, branch(from)?);
    let certificate = if from.one_in(8) { certificate(2, 11) } else { peers_certificate() };
    let mut fork = Fork::of(certificate, &one, &other);
    if from.one_in(8) {
        std::mem::swap(&mut fork.left, &mut fork.right);
    }
    Some(Frame::Fork(Box::new(fork)).to_bytes())
}

fn peers_certificate() -> NodeCertificate {
    static ONCE: std::sync::OnceLock<NodeCertificate> = std::sync::OnceLock::new();
    ONCE.get_or_init(|| certificate(2, 12)).clone()
}

fn any_delivery(from: &mut Reader<'_>) -> Delivery {
    let circles = &prepared().circles;
    let circle = circles.get(from.below(4)).copied().unwrap_or_else(|| CircleId([from.byte(); 16]));
    let word = [DeliveryWord::Offer, DeliveryWord::Take, DeliveryWord::Decline][from.below(3)];
    let count = if word == DeliveryWord::Offer { from.below(4) } else { 0 };
    let mut nodes: Vec<PublicKey> = (0..count).map(|_| key(11 + from.below(6) as u8).public()).collect();
    nodes.sort_unstable();
    nodes.dedup();
    Delivery { circle, word, nodes }
}

/// Notes of nodes, some of them of nodes that the roster knows, some signed by others than they name.
fn any_statuses(from: &mut Reader<'_>) -> StatusTalk {
    let network = charter(1, 1).id();
    let mut notes: Vec<StatusNote> = (0..from.below(4))
        .map(|_| {
            let facts = StatusFacts { missing: Some(from.odd_number()), ..StatusFacts::default() };
            let mut note =
                StatusNote::sign(&key(11 + from.below(4) as u8), from.odd_number(), facts, &network);
            if from.one_in(8) {
                note.node = key(11 + from.below(4) as u8).public();
            }
            note
        })
        .collect();
    notes.sort_by_key(|note| mark_of(&note.node));
    notes.dedup_by_key(|note| note.node);
    let marks = || notes.iter().map(StatusNote::mark).collect();
    match from.below(5) {
        0 => StatusTalk::Ask(marks()),
        1 => StatusTalk::Answer(marks()),
        2 => StatusTalk::Got(marks()),
        _ => StatusTalk::Notes(notes),
    }
}

fn any_frame(from: &mut Reader<'_>) -> Vec<u8> {
    let frames = &prepared().frames;
    match from.below(6) {
        0 => {
            let size = usize::from(from.byte()) * 4;
            from.take(size).to_vec()
        }
        1 => {
            let mut bytes = frames[from.below(frames.len())].clone();
            let place = from.odd_number() as usize % bytes.len();
            bytes[place] ^= from.byte();
            bytes
        }
        2 => {
            let heads =
                (0..from.below(8)).map(|_| LogHead { log: any_log(from), head: any_head(from) }).collect();
            if from.one_in(2) { Frame::Heads(heads).to_bytes() } else { Frame::Durable(heads).to_bytes() }
        }
        3 => any_fork(from).unwrap_or_default(),
        4 if from.one_in(8) => {
            let (file, offset) = (Hash([from.byte(); 32]), from.odd_number());
            Frame::AskFile(FileAsk { document: DocumentId(file.0), file, offset }).to_bytes()
        }
        4 if from.one_in(8) => {
            let (file, size, offset) = (Hash([from.byte(); 32]), from.odd_number(), from.odd_number());
            let bytes = from.take(64).to_vec();
            Frame::FilePiece(FilePiece { file, size, offset, bytes }).to_bytes()
        }
        4 if from.one_in(4) => Frame::Line(from.one_in(2)).to_bytes(),
        4 if from.one_in(3) => Frame::Status(any_statuses(from)).to_bytes(),
        4 => Frame::Deliver((0..from.below(8)).map(|_| any_delivery(from)).collect()).to_bytes(),
        _ => {
            let want = |from: &mut Reader<'_>| {
                let log = if from.one_in(2) { any_log(from) } else { log(11, 1) };
                Want { log, have: from.odd_number(), to: from.odd_number() }
            };
            Frame::Want((0..from.below(8)).map(|_| want(from)).collect()).to_bytes()
        }
    }
}

fn play(bytes: &[u8]) -> Hub {
    let mut from = Reader::new(bytes);
    let mut hub = Hub::new(!from.one_in(2));
    let frames = &prepared().frames;
    for _ in 0..MAX_STEPS {
        if from.is_done() {
            break;
        }
        let session = from.below(3) as u64;
        match from.below(12) {
            0 => hub.connect(session, 12 + from.below(2) as u8),
            1 => hub.give(Input::Closed { session }),
            2 => hub.give(Input::Durable),
            3 => {
                hub.now_ms += 1_000 * from.byte() as i64;
                hub.give(Input::Tick);
            }
            4 => {
                // A clock that jumps, and comes back.
                let now_ms = std::mem::replace(&mut hub.now_ms, from.odd_number() as i64);
                hub.give(Input::Tick);
                hub.now_ms = now_ms;
            }
            5 => {
                hub.connect(session, 12);
                hub.frame(session, hello(peers_certificate()));
            }
            6..=8 => hub.frame(session, frames[from.below(frames.len())].clone()),
            _ => {
                let bytes = any_frame(&mut from);
                hub.frame(session, bytes);
            }
        }
    }
    hub
}

/// Plays the program, then lets an honest member come.
pub fn run(bytes: &[u8]) {
    let mut hub = play(bytes);
    hub.check();
    hub.honest();
}

/// Connect and greet; each of these prepared frames, and time for an answer.
fn sending(numbers: impl IntoIterator<Item = u8>) -> Vec<u8> {
    let mut program = vec![0, 0, 5];
    numbers.into_iter().for_each(|n| program.extend([0, 6, n, 0, 2, 0, 3, 5]));
    program
}

pub fn seeds() -> Vec<Vec<u8>> {
    let all = prepared().frames.len() as u8;
    let mut wants = vec![0, 0, 5];
    (0..40u8).for_each(|n| wants.extend([0, 9, 5, 2, 0, 0, 250 + n % 6, 1, 0, n]));
    let mut heads = vec![0, 1, 5];
    (0..40u8).for_each(|n| heads.extend([1, 9, 2, 3, n % 3, 253, 16, 1, n, n]));
    let mut forks = sending([8]);
    (0..20u8).for_each(|n| forks.extend([0, 9, 3, 1, 0, n, 0, n, 1, 0, 0]));
    let mut circles = sending([8]);
    (0..20u8).for_each(|n| circles.extend([0, 9, 4, 3, n, 0, 2, 1, 2, n, 1, n, 2]));
    let mut site = sending(0..all);
    site[0] = 1;
    vec![sending(0..all), sending((0..all - 5).rev()), site, wants, heads, forks, circles]
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::Shelf;

    /// A seed that no longer does what it means would feed nothing.
    #[test]
    fn the_first_seed_forks_settles_seals_and_revokes() {
        let all = prepared().frames.len() as u8;
        let hub = play(&sending(0..all - 5));
        assert!(hub.forks.contains_key(&log(12, 1)) && hub.forks.contains_key(&log(11, 1)));
        let settled = hub.replica.roster().settled[&log(12, 1)];
        assert_eq!(
            hub.replica.logs()[&log(12, 1)].head,
            settled,
            "the other branch took the place of the first"
        );
        let sealed = |shelf: &Shelf| shelf.circle().is_some_and(|id| prepared().circles.contains(&id));
        assert_eq!(
            hub.replica.logs().keys().filter(|log| sealed(&log.shelf)).count(),
            3,
            "its own, two of the peer"
        );
        let hub = play(&sending(0..all));
        assert!(hub.replica.roster().revoked.contains_key(&key(12).public()));
    }
}
