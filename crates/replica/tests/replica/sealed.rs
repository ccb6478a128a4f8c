//! Sealed logs: to the parties through a mailbox, and to nobody else.
//!
//! Node 0 is the hub and the mailbox; 1 and 2 are the parties' sites, 3 is an outsider.

use std::collections::BTreeSet;

use protocol::{Circle, CircleId, Delivery, DeliveryWord, DocumentId, Frame, PublicKey};

use crate::harness::World;

pub fn circle(world: &World, parties: &[usize]) -> Circle {
    Circle {
        nonce: [5; 16],
        parties: parties.iter().map(|n| world.nodes[*n].institution.id()).collect(),
        mailboxes: BTreeSet::from([world.nodes[0].key.public()]),
    }
}

pub fn keys(world: &World, nodes: &[usize]) -> Vec<PublicKey> {
    nodes.iter().map(|n| world.nodes[*n].key.public()).collect()
}

/// A document by node 1 for node 2.
pub fn seal(world: &mut World, title: &str) -> (CircleId, DocumentId) {
    let (circle, readers) = (circle(world, &[1, 2]), keys(world, &[1, 2]));
    let (id, input) = world.nodes[1].seal(&circle, &readers, title);
    world.give(1, input);
    (circle.id(), id)
}

/// A star of four that knows everyone's certificates, since each has published something.
pub fn network(seed: u64) -> World {
    let mut world = World::of(4, seed);
    for node in 1..4 {
        world.connect(node, 0);
    }
    world.settle();
    for node in 1..4 {
        world.publish(node, crate::harness::KIND, "public");
    }
    world.settle();
    world
}

fn holds(world: &World, node: usize, circle: CircleId) -> bool {
    world.nodes[node].store.keys().any(|log| log.shelf.circle() == Some(circle))
}

fn all_synced(world: &World) -> bool {
    world.sessions().into_iter().all(|session| world.synced(session))
}

#[test]
fn a_sealed_document_reaches_its_party_and_leaves_no_trace_elsewhere() {
    let mut world = network(1);
    world.sent = Some(Vec::new());
    let (circle, id) = seal(&mut world, "the real need");
    world.pass(30);
    assert_eq!(world.nodes[2].title(&id).as_deref(), Some("the real need"));
    assert!(holds(&world, 0, circle) && world.nodes[0].title(&id).is_none(), "the mailbox holds ciphertext");
    assert!(!holds(&world, 3, circle));
    assert!(all_synced(&world), "sharing differently does not keep anyone out of step");
    let readers = keys(&world, &[1, 2]);
    let answer = world.nodes[2].edit_sealed(id, &readers, "an answer");
    world.give(2, answer);
    world.pass(30);
    assert_eq!(world.nodes[1].title(&id).as_deref(), Some("an answer"));
    assert!(all_synced(&world));
    let sent = world.sent.take().unwrap();
    let names = |bytes: &[u8]| bytes.windows(16).any(|part| part == circle.0);
    assert!(sent.iter().any(|(to, bytes)| *to == 0 && names(bytes)), "the search finds what is there");
    assert!(
        !sent.iter().any(|(to, bytes)| *to == 3 && names(bytes)),
        "the outsider never hears of the circle"
    );
    let views: Vec<_> = world.nodes.iter().map(|node| node.view()).collect();
    assert!(views.iter().all(|view| *view == views[0]), "sealed documents are in no view hash");
}

/// A site that a party gains while all are connected: without another session having to begin, the mailbox may take what
/// it writes in the circle, and offers it what it can open of it.
#[test]
fn a_mailbox_hears_at_once_of_a_node_that_a_party_gains() {
    let mut world = network(3);
    let (circle, _) = seal(&mut world, "text");
    world.pass(5);
    let sessions = world.sessions();
    let site = world.colleague("second site", 2);
    let key = world.nodes[site].key.public();
    world.connect(site, 0);
    world.settle();
    assert!(!world.nodes[0].circles[&circle].nodes.contains(&key));
    world.publish(site, crate::harness::KIND, "here I am");
    world.settle();
    assert!(world.nodes[0].circles[&circle].nodes.contains(&key), "told by the one who knows the circle");
    assert!(
        sessions.iter().all(|session| world.sessions().contains(session)),
        "within the sessions there were"
    );
    world.pass(10);
    assert!(all_synced(&world));
    let before = world.frames;
    world.pass(120);
    assert!(world.frames - before < 40, "{} frames at rest", world.frames - before);
}

#[test]
fn a_lost_word_to_the_mailbox_of_a_further_node_is_said_again() {
    let told = |lose: usize| {
        let mut world = network(4);
        let (circle, _) = seal(&mut world, "text");
        world.pass(5);
        // One of those who know the circle is away, so that the word of the other is the only one.
        let second = world.sessions()[1];
        world.cut(second);
        let site = world.colleague("second site", 2);
        world.connect(site, 0);
        world.settle();
        let begin = world.frames;
        world.lose = vec![begin + lose];
        world.publish(site, crate::harness::KIND, "here I am");
        world.pass(60);
        let key = world.nodes[site].key.public();
        (world.nodes[0].circles[&circle].nodes.contains(&key), world.frames - begin)
    };
    let (_, frames) = told(usize::MAX / 2);
    for lose in 1..=frames.min(60) {
        assert!(told(lose).0, "frame {lose} of {frames}");
    }
}

#[test]
fn any_lost_frame_heals() {
    let (mut whole, mut lost) = (network(2), 0);
    let begin = whole.frames;
    seal(&mut whole, "text");
    whole.pass(3);
    let frames = whole.frames - begin;
    for n in 1..=frames {
        let mut world = network(2);
        world.lose = vec![world.frames + n];
        let (_, id) = seal(&mut world, "text");
        world.pass(60);
        assert_eq!(world.nodes[2].title(&id).as_deref(), Some("text"), "frame {n} of {frames}");
        assert!(all_synced(&world), "frame {n} of {frames}");
        lost += 1;
    }
    assert!(lost > 8);
}

#[test]
fn a_disturbed_line_converges() {
    for seed in 0..12 {
        let mut world = network(100 + seed);
        world.faults = crate::harness::Faults { drop: 60, duplicate: 60, flip: 0, delay: 0 };
        let (_, id) = seal(&mut world, "text");
        world.pass(40);
        let readers = keys(&world, &[1, 2]);
        if world.nodes[2].title(&id).is_some() {
            let answer = world.nodes[2].edit_sealed(id, &readers, "answer");
            world.give(2, answer);
        }
        world.faults = crate::harness::Faults::default();
        world.pass(700);
        assert!(world.nodes[2].title(&id).is_some(), "seed {seed}");
        assert_eq!(world.nodes[1].title(&id), world.nodes[2].title(&id), "seed {seed}");
        assert!(all_synced(&world), "seed {seed}");
    }
}

#[test]
fn who_was_away_gets_it_from_the_mailbox_after_restarts() {
    let mut world = World::of(3, 3);
    let sessions = [world.connect(1, 0), world.connect(2, 0)];
    world.settle();
    world.publish(2, crate::harness::KIND, "public");
    world.settle();
    world.cut(sessions[1]);
    let (_, id) = seal(&mut world, "text");
    world.settle();
    world.cut_all();
    let charter = world.charter.clone();
    for node in &mut world.nodes {
        node.restart(&charter);
    }
    world.connect(2, 0);
    world.settle();
    assert_eq!(world.nodes[2].title(&id).as_deref(), Some("text"));
    // And back, when the first one is there again.
    let readers = keys(&world, &[1, 2]);
    let answer = world.nodes[2].edit_sealed(id, &readers, "answer");
    world.give(2, answer);
    world.settle();
    world.cut_all();
    world.nodes[0].restart(&charter);
    world.connect(1, 0);
    world.settle();
    assert_eq!(world.nodes[1].title(&id).as_deref(), Some("answer"));
}

#[test]
fn parties_need_no_mailbox_when_they_meet() {
    let mut world = network(4);
    world.cut_all();
    let (circle, id) = seal(&mut world, "text");
    let session = world.connect(1, 2);
    world.settle();
    assert_eq!(world.nodes[2].title(&id).as_deref(), Some("text"));
    assert!(world.synced(session));
    assert!(!holds(&world, 0, circle));
}

/// A circle on trial: its first envelopes may be for others, as long as one of them is for this node.
#[test]
fn one_of_the_first_envelopes_must_be_for_this_node() {
    for (before, taken) in [(3, true), (4, false)] {
        let mut world = network(11);
        world.cut_all();
        let circle = circle(&world, &[1, 2]);
        for n in 0..=before {
            let readers = keys(&world, if n < before { &[1] } else { &[1, 2] });
            let (_, input) = world.nodes[1].seal(&circle, &readers, &format!("{n}"));
            world.give(1, input);
        }
        world.connect(1, 2);
        world.settle();
        assert_eq!(holds(&world, 2, circle.id()), taken, "{before} before it");
    }
}

/// A hub that passes a circle on to node 3, which it must not; the two are to meet.
fn misled(seed: u64) -> (World, CircleId) {
    let mut world = network(seed);
    let (circle, _) = seal(&mut world, "text");
    world.settle();
    let outsider = world.nodes[3].key.public();
    let known = world.nodes[0].circles.get_mut(&circle).unwrap();
    known.nodes.insert(outsider);
    let charter = world.charter.clone();
    world.cut_all();
    world.nodes[0].restart(&charter);
    (world, circle)
}

/// Whoever takes a circle on trial and finds that it is for others says so; when that word is lost, once more.
#[test]
fn a_lost_no_after_the_trial_is_said_again() {
    let (mut world, circle) = misled(12);
    let session = world.connect(3, 0);
    let no = |bytes: &[u8]| match Frame::from_bytes(bytes) {
        Ok(Frame::Deliver(told)) => told.iter().any(|d| d.word == DeliveryWord::Decline),
        _ => false,
    };
    while !world.report_of(3, "sealed, and not for this node") {
        assert!(world.step(), "it comes to the trial");
    }
    let before = world.frames;
    world.discard(session, no);
    world.pass(20);
    assert!(world.synced(session), "they are in step within the session");
    assert!(!holds(&world, 3, circle) && world.nodes[3].circles.is_empty());
    assert!(world.frames - before < 30, "{} frames", world.frames - before);
    let quiet = world.frames;
    world.pass(600);
    assert_eq!(world.frames, quiet, "and then it is quiet");
}

#[test]
fn what_is_for_others_is_declined_by_who_may_not_relay() {
    let (mut world, circle) = misled(5);
    let session = world.connect(3, 0);
    world.settle();
    assert!(world.synced(session), "from the word that declines it on");
    world.pass(5);
    assert!(!holds(&world, 3, circle), "it cannot open it, and keeps nothing");
    assert!(world.report_of(3, "sealed, and not for this node"));
    assert!(world.synced(session), "declined: the two share the rest");
    assert!(world.nodes[3].circles.is_empty());
}

#[test]
fn knowing_the_circles_name_is_not_enough() {
    let mut world = network(6);
    let (circle, _) = seal(&mut world, "text");
    world.settle();
    world.cut_all();
    let session = world.connect(3, 0);
    world.settle();
    world.sent = Some(Vec::new());
    for word in [DeliveryWord::Offer, DeliveryWord::Take] {
        let outsider = world.nodes[3].key.public();
        let nodes = if word == DeliveryWord::Offer { vec![outsider] } else { Vec::new() };
        let told = Frame::Deliver(vec![Delivery { circle, word, nodes }]);
        world.inject(session, 3, told.to_bytes());
        world.pass(3);
    }
    let outsider = world.nodes[3].key.public();
    assert!(!world.nodes[0].circles[&circle].nodes.contains(&outsider), "its own word does not count");
    let log = *world.nodes[0].store.keys().find(|log| log.shelf.circle() == Some(circle)).unwrap();
    let want = Frame::Want(vec![protocol::Want { log, have: 0, to: 2 }]);
    let heads = vec![protocol::LogHead { log, head: world.nodes[0].store[&log][0].head() }];
    for ask in [want, Frame::Heads(heads.clone()), Frame::Durable(heads)] {
        world.inject(session, 3, ask.to_bytes());
        world.pass(3);
    }
    let sent = world.sent.take().unwrap();
    let frames = sent.iter().filter(|(to, _)| *to == 3).map(|(_, bytes)| Frame::from_bytes(bytes).unwrap());
    for frame in frames {
        match frame {
            Frame::Deliver(told) => assert!(told.iter().all(|d| d.word == DeliveryWord::Decline)),
            Frame::Digest(_) | Frame::Buckets(_) => {}
            Frame::Heads(heads) | Frame::Durable(heads) => {
                assert!(heads.iter().all(|h| h.log.shelf.circle().is_none()));
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_mailbox_that_names_itself_a_party_makes_another_circle() {
    let mut world = network(7);
    let (circle, id) = seal(&mut world, "text");
    world.settle();
    // The hub writes into the circle that it keeps, and names itself in it.
    let wide = self::circle(&world, &[0, 1, 2]);
    assert_ne!(wide.id(), circle);
    let readers = keys(&world, &[0, 1, 2]);
    let (forged, input) = world.nodes[0].seal(&wide, &readers, "a trap");
    world.give(0, input);
    world.pass(5);
    assert!(world.nodes[2].title(&forged).is_some(), "it may write to them, in a circle of its own");
    let parties = &world.nodes[2].circles[&circle].circle.as_ref().unwrap().parties;
    assert!(!parties.contains(&world.nodes[0].institution.id()));
    assert!(world.nodes[0].title(&id).is_none());
}

#[test]
fn who_offers_what_is_for_others_is_soon_not_heard() {
    let mut world = World::of(2, 9);
    let session = world.connect(1, 0);
    world.settle();
    world.sent = Some(Vec::new());
    let told = |n: u8| Delivery { circle: CircleId([n; 16]), word: DeliveryWord::Offer, nodes: Vec::new() };
    for from in [0, 60, 120] {
        world.inject(session, 0, Frame::Deliver((from..from + 60).map(told).collect()).to_bytes());
    }
    world.settle();
    let answers = world.sent.take().unwrap().into_iter().map(|(_, bytes)| Frame::from_bytes(&bytes).unwrap());
    let words = answers.filter_map(|frame| match frame {
        Frame::Deliver(told) => Some(told.into_iter().map(|d| d.word).collect::<Vec<_>>()),
        _ => None,
    });
    let words: Vec<DeliveryWord> = words.flatten().collect();
    let taken = words.iter().filter(|word| **word == DeliveryWord::Take).count();
    assert_eq!((taken, words.len()), (64, 180), "a site that may not relay takes so many on trial");
    assert!(world.nodes[1].circles.is_empty());
}

#[test]
fn a_mailbox_keeps_a_bounded_number_of_circles() {
    let mut world = World::of(2, 8);
    let session = world.connect(1, 0);
    world.settle();
    for n in 0u64..20 {
        let told = |m: u64| {
            let mut id = [0; 16];
            id[..8].copy_from_slice(&(n * 64 + m).to_be_bytes());
            Delivery { circle: CircleId(id), word: DeliveryWord::Offer, nodes: Vec::new() }
        };
        world.inject(session, 1, Frame::Deliver((0..64).map(told).collect()).to_bytes());
    }
    world.settle();
    assert_eq!(world.nodes[0].circles.len(), 1_024);
}
