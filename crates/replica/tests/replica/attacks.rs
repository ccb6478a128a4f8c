//! Hostile members: they get nothing by it, cost little, and harm no one else.

use protocol::{
    Action, Bucket, Frame, Hash, Head, LogHead, LogId, NodeCertificate, OpenLog, PublicKey, Shelf, Subject,
    Verb, Want, limits,
};
use replica::{Effect, Input, Room, SessionState};

use crate::harness::{KIND, World, all, runs, shelf};
use crate::sync::star;

fn fake_heads(world: &mut World, n: usize, seq: u64) -> Vec<LogHead> {
    let fake = |rng: &mut crate::harness::Rng| LogHead {
        log: LogId { node: PublicKey(rng.bytes()), incarnation: 1, shelf: shelf(KIND) },
        head: Head { seq, hash: Hash(rng.bytes()) },
    };
    (0..n).map(|_| fake(&mut world.rng)).collect()
}

#[test]
fn garbage_is_counted_and_hung_up() {
    let (mut world, sessions) = star(3, 80);
    for n in 0..40 {
        let size = world.rng.below(300);
        let bytes: Vec<u8> = (0..size).map(|_| world.rng.below(256) as u8).collect();
        world.inject(sessions[0], 1, if n % 2 == 0 { bytes } else { vec![7; size] });
    }
    world.settle();
    assert!(world.report_of(0, "too many bad frames"));
    assert!(!world.sessions().contains(&sessions[0]));
    world.publish(2, KIND, "others go on");
    world.settle();
    assert!(world.synced(sessions[1]));
    world.assert_same(&[0, 2]);
}

#[test]
fn a_second_hello_ends_the_session() {
    let (mut world, sessions) = star(2, 81);
    let hello = protocol::Hello {
        network: world.charter.id(),
        shown: protocol::Shown::InFull(protocol::Credential::Certificate(Box::new(
            world.nodes[1].certificate.clone(),
        ))),
        subscription: protocol::Subscription::everything(),
        agent: "again".to_owned(),
    };
    world.inject(sessions[0], 1, Frame::Hello(Box::new(hello)).to_bytes());
    world.settle();
    assert!(world.report_of(0, "a second hello"));
}

#[test]
fn frames_before_the_hello_are_counted_against_the_sender() {
    let mut world = World::of(2, 82);
    world.faults.drop = 1000;
    let session = world.connect(1, 0);
    world.faults.drop = 0;
    for _ in 0..10 {
        world.inject(session, 1, Frame::Digest(Hash::default()).to_bytes());
    }
    world.settle();
    assert!(world.report_of(0, "before the hello"));
    assert!(world.sessions().is_empty());
}

#[test]
fn a_million_announced_logs_cost_bounded_memory_and_keep_no_one_from_syncing() {
    let (mut world, sessions) = star(3, 83);
    for _ in 0..10 {
        let heads = fake_heads(&mut world, limits::MAX_HEADS, u64::MAX);
        world.inject(sessions[0], 1, Frame::Heads(heads).to_bytes());
    }
    world.settle();
    assert!(world.peer(0, sessions[0]).logs_behind <= 16_384);
    assert!(!world.synced(sessions[0]));
    let before = world.frames;
    world.pass(120);
    assert!(world.frames - before < 400, "{} frames", world.frames - before);
    let id = world.publish(2, KIND, "by an honest member");
    world.settle();
    assert!(world.nodes[0].document(&id).is_some());
    assert!(world.nodes[1].document(&id).is_some(), "even the liar is served");
    assert!(world.synced(sessions[1]));
    // Its true frontier turns out to be ours: what it made up is forgotten.
    world.pass(1_300);
    assert_eq!(world.peer(0, sessions[0]).logs_behind, 0);
}

#[test]
fn a_boast_about_a_real_log_does_not_keep_it_from_coming() {
    let mut world = World::of(3, 84);
    let (liar, honest) = (world.connect(1, 0), world.connect(2, 0));
    world.settle();
    world.cut(honest);
    world.publish(2, KIND, "wanted");
    let log = world.nodes[2].log(shelf(KIND));
    let boast = LogHead { log, head: Head { seq: u64::MAX, hash: Hash([9; 32]) } };
    world.inject(liar, 1, Frame::Heads(vec![boast]).to_bytes());
    world.settle();
    world.connect(2, 0);
    world.pass(30);
    assert_eq!(world.nodes[0].head(&log), world.nodes[2].head(&log));
}

#[test]
fn asking_for_the_same_again_and_again_ends_the_session() {
    let (mut world, sessions) = star(2, 85);
    for n in 0..60 {
        world.publish(0, KIND, &format!("{n}"));
    }
    world.settle();
    let log = world.nodes[0].log(shelf(KIND));
    let now_ms = world.now_ms;
    let replica = &mut world.nodes[0].replica;
    let session = sessions[0];
    let bytes = Frame::Want(vec![Want { log, have: 0, to: u64::MAX }]).to_bytes();
    let mut served = 0u64;
    for _ in 0..10_000 {
        let effects = replica.handle(Input::Frame { session, bytes: bytes.clone() }, now_ms);
        for effect in effects {
            if let Effect::Serve { have, to, .. } = effect {
                served += to - have;
                replica.handle(Input::Served { session, log, upto: to, entries: to - have }, now_ms);
            }
        }
    }
    assert!(served > 0 && served < 300_000, "{served} entries");
    let peer = &replica.peers()[0];
    assert!(matches!(&peer.state, SessionState::Ended(why) if why.contains("again and again")));
}

#[test]
fn comparing_without_end_is_hung_up() {
    for frame in [
        Frame::Digest(Hash([1; 32])),
        Frame::Buckets(vec![Bucket { index: 0, digest: [1; 8] }]),
        Frame::Buckets(Vec::new()),
    ] {
        let (mut world, sessions) = star(2, 86);
        let before = world.frames;
        for _ in 0..200 {
            world.inject(sessions[0], 1, frame.to_bytes());
        }
        world.settle();
        assert!(world.frames - before < 100, "{} frames in answer", world.frames - before);
        assert!(world.report_of(0, "too often"));
        assert!(world.sessions().is_empty());
    }
}

/// A colleague of node 1 with this certificate writes something and offers it to the hub.
fn offer(seed: u64, change: impl FnOnce(&mut World, usize)) -> (World, u64, usize) {
    let mut world = World::of(2, seed);
    let node = world.colleague("bad", 1);
    change(&mut world, node);
    let session = world.connect(node, 0);
    world.pass(30);
    (world, session, node)
}

#[test]
fn a_shelf_that_a_node_is_not_certified_for_is_not_taken_in() {
    let (mut world, session, node) = offer(87, |world, node| {
        let mut body = world.nodes[node].certificate.body.clone();
        body.capabilities = protocol::Capabilities(0);
        let (root, key) = (world.nodes[node].root.clone(), world.nodes[node].key.clone());
        world.nodes[node].certificate = NodeCertificate::issue(body, &world.charter.id(), &root, &key);
        let charter = world.charter.clone();
        world.nodes[node].restart(&charter);
        world.publish(node, KIND, "not allowed");
    });
    let log = world.nodes[node].log(shelf(KIND));
    assert_eq!(world.nodes[0].head(&log).seq, 0);
    let told = world.nodes[0].reports.iter().filter(|r| r.contains("not certified for this shelf")).count();
    assert_eq!(told, 1, "said once");
    // A node of a later version may hold shelves that we do not know: it is not hung up for that.
    assert_eq!(world.peer(0, session).strikes, 0);
    let before = world.frames;
    world.pass(600);
    assert!(world.frames - before < 60, "{} frames in ten minutes", world.frames - before);
}

#[test]
fn a_log_must_begin_with_an_opening() {
    let (world, session, node) = offer(88, |world, node| {
        let log = world.nodes[node].log(shelf(KIND));
        let input = world.nodes[node].write_raw(log, Verb::ADDRESSES, Vec::new());
        world.give(node, input);
    });
    assert_eq!(world.nodes[0].head(&world.nodes[node].log(shelf(KIND))).seq, 0);
    assert!(world.report_of(0, "not an opening"));
    assert_eq!(world.peer(0, session).strikes, 1, "asked for once, not eight times");
}

#[test]
fn a_log_must_open_with_its_own_nodes_certificate() {
    let (world, _, node) = offer(89, |world, node| {
        let log = world.nodes[node].log(shelf(KIND));
        let open = OpenLog { certificate: world.nodes[1].certificate.clone(), predecessors: Vec::new() };
        let input = world.nodes[node].write_raw(log, Verb::OPEN, open.to_bytes());
        world.give(node, input);
    });
    assert_eq!(world.nodes[0].head(&world.nodes[node].log(shelf(KIND))).seq, 0);
    assert!(world.report_of(0, "another node's certificate"));
}

#[test]
fn made_up_nodes_are_set_aside_up_to_a_bound() {
    let (mut world, sessions) = star(3, 90);
    let log_of = |node: &crate::harness::Node| node.log(Shelf::ROSTER);
    // Each is a node by an institution of its own making, even one that claims to carry roster steps.
    for _ in 0..30 {
        let node = world.stranger("made up");
        let log = log_of(&world.nodes[node]);
        let open = OpenLog { certificate: world.nodes[node].certificate.clone(), predecessors: Vec::new() };
        world.nodes[node].write_raw(log, Verb::OPEN, open.to_bytes());
        let run = runs(&world.nodes[node], &log, 0, 1, 0).remove(0).0;
        world.inject(sessions[0], 1, Frame::Run(run).to_bytes());
    }
    let held = world.nodes[0].replica.logs().len();
    world.settle();
    world.pass(10);
    assert_eq!(world.nodes[0].replica.logs().len(), held, "none of them is held");
    assert_eq!(world.nodes[2].replica.logs().len(), held, "nor passed on");
    assert!(world.synced(sessions[1]));
}

#[test]
fn roster_entries_that_no_governor_signed_change_nothing() {
    let (mut world, sessions) = star(3, 91);
    let own = world.nodes[1].root.clone();
    let before = world.nodes[2].replica.roster().digest();
    for n in 0..50u8 {
        let who = world.nodes[1].institution.clone();
        let step = protocol::RosterStep {
            epoch: 0,
            subject: protocol::Subject::Institution(who.id()),
            number: 2,
            previous: Hash([n; 32]),
            action: protocol::Action::Suspend("by nobody".to_owned()),
        };
        let signed = protocol::SignedStep::sign(step, &world.charter.id(), 0, &own);
        let input = world.nodes[1].write_step(&signed);
        world.give(1, input);
    }
    world.pass(3);
    assert_eq!(world.nodes[2].replica.roster().digest(), before);
    assert_eq!(world.nodes[2].roster_changes, 1, "the first fold alone");
    assert!(sessions.iter().all(|session| world.synced(*session)));
    world.assert_same(&[0, 1, 2]);
}

/// What a stolen key wrote takes no room once the key is revoked.
#[test]
fn what_a_revocation_voids_uses_up_no_allowance() {
    let mut world = World::of(2, 93);
    let charter = world.charter.clone();
    world.nodes[0].allow(all(20_000), &charter);
    let colleague = world.colleague("colleague", 1);
    world.connect(1, 0);
    world.settle();
    world.publish(1, KIND, "by its owner");
    world.settle();
    let log = world.nodes[1].log(shelf(KIND));
    let point = world.nodes[1].head(&log);
    for i in 0..60 {
        world.publish(1, KIND, &format!("by the thief {i}"));
        world.settle();
    }
    let session = world.connect(colleague, 0);
    world.settle();
    let first = world.publish(colleague, KIND, "before the revocation");
    world.settle();
    assert!(world.nodes[0].document(&first).is_some(), "a node of whom nothing is held yet");
    let next = world.publish(colleague, KIND, "one more");
    world.pass(10);
    assert!(world.peer(0, session).over_allowance);
    assert!(world.nodes[0].document(&next).is_none());
    let who = world.nodes[1].institution.id();
    let action = Action::RevokeNode(world.nodes[1].key.public(), vec![(log, point)], "stolen".to_owned());
    world.roster_step(0, Subject::Institution(who), action);
    world.pass(10);
    assert!(world.nodes[0].replica.over_allowance().is_empty());
    assert!(world.nodes[0].document(&next).is_some());
    assert!(world.synced(session));
    world.assert_same(&[0, colleague]);
    // A restart counts the same.
    world.nodes[0].allow(all(20_000), &charter);
    assert!(world.nodes[0].replica.over_allowance().is_empty());
}

#[test]
fn an_institution_past_its_allowance_is_pulled_no_further_and_the_others_are() {
    let mut world = World::of(3, 91);
    let charter = world.charter.clone();
    world.nodes[0].allow(all(20_000), &charter);
    let sessions = [world.connect(1, 0), world.connect(2, 0)];
    world.settle();
    for i in 0..200 {
        world.publish(1, KIND, &format!("flood {i}"));
        world.settle();
    }
    let flooder = world.nodes[1].institution.id();
    assert_eq!(world.nodes[0].replica.over_allowance().keys().collect::<Vec<_>>(), [&flooder]);
    assert!(world.peer(0, sessions[0]).over_allowance && !world.peer(0, sessions[1]).over_allowance);
    let held = world.nodes[0].replica.over_allowance()[&flooder].held.all;
    assert!(held < 22_000, "{held} bytes, one run past the allowance at the most");
    // Another log of it is not begun either; others' entries and the roster come as ever.
    world.publish(1, KIND + 1, "flood elsewhere");
    let id = world.publish(2, KIND, "news");
    world.pass(10);
    assert!(world.nodes[0].document(&id).is_some());
    let log = world.nodes[1].log(shelf(KIND + 1));
    assert!(!world.nodes[0].store.contains_key(&log));
    // More room, and all of it comes.
    world.cut_all();
    world.nodes[0].allow(Room::UNBOUNDED, &charter);
    world.connect(1, 0);
    world.connect(2, 0);
    world.pass(10);
    assert_eq!(world.nodes[0].head(&log), world.nodes[1].head(&log));
    world.assert_same(&[0, 1, 2]);
}
