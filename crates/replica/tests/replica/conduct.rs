//! What a peer did is remembered beyond its session: it is refused for a while, both operators read why, and nobody
//! else notices.

use protocol::{Frame, Hash, Want};
use replica::Input;

use crate::harness::{KIND, World, shelf};
use crate::sync::star;

/// Garbage over and over, the peer connecting anew each time; the number of sessions until it is refused at the door.
fn misbehave(world: &mut World, node: usize) -> usize {
    let refused = (1..50).find(|_| {
        let session = world.connect(node, 0);
        if world.nodes[0].replica.peers().iter().all(|p| p.session != session) {
            world.settle();
            return true;
        }
        for _ in 0..3 {
            world.inject(session, node, vec![0xff; 40]);
        }
        world.settle();
        world.cut(session);
        false
    });
    refused.expect("it is refused in the end")
}

#[test]
fn whoever_comes_back_to_misbehave_is_refused_for_ever_longer() {
    let (mut world, sessions) = star(3, 95);
    world.cut(sessions[0]);
    assert!((3..6).contains(&misbehave(&mut world, 1)));
    assert!(world.report_of(1, "the peer refused: this node is refused for 1 more minutes"), "it reads why");
    assert!(world.report_of(1, "lianshi peer forgive"), "and who can lift it");
    let peer = world.nodes[1].key.public();
    let conduct = world.nodes[0].replica.conduct(world.now_ms);
    assert_eq!(conduct.len(), 1, "nothing is held against the honest one");
    assert_eq!(conduct[0].peer, peer);
    assert!(conduct[0].banned_until_ms.is_some_and(|ms| ms > world.now_ms));
    assert!(conduct[0].misdeeds.iter().all(|misdeed| misdeed.what.contains("frame dropped")));

    world.pass(61);
    let session = world.connect(1, 0);
    world.settle();
    assert!(world.synced(session), "a minute later it may try again");
    world.cut(session);
    misbehave(&mut world, 1);
    world.pass(61);
    let session = world.connect(1, 0);
    world.settle();
    assert!(!world.sessions().contains(&session), "the second time takes longer");
    world.pass(61);
    let session = world.connect(1, 0);
    world.settle();
    assert!(world.synced(session));

    // The others went on.
    world.publish(2, KIND, "by an honest member");
    world.settle();
    world.assert_same(&[0, 1, 2]);
}

#[test]
fn the_operator_can_forgive() {
    let (mut world, sessions) = star(2, 96);
    world.cut(sessions[0]);
    misbehave(&mut world, 1);
    let peer = world.nodes[1].key.public();
    world.give(0, Input::Forgive { peer });
    assert!(world.nodes[0].replica.conduct(world.now_ms).is_empty());
    let session = world.connect(1, 0);
    world.settle();
    assert!(world.synced(session));
}

#[test]
fn conduct_outlasts_a_store_that_is_read_anew() {
    let (mut world, sessions) = star(2, 97);
    world.cut(sessions[0]);
    misbehave(&mut world, 1);
    let logs = world.nodes[0].replica.logs().clone();
    let before = world.nodes[0].replica.conduct(world.now_ms);
    world.nodes[0].replica.begin_again(logs);
    assert_eq!(world.nodes[0].replica.conduct(world.now_ms), before);
}

/// Two sessions of one peer: both end when it is refused.
#[test]
fn all_sessions_of_a_refused_peer_end() {
    let (mut world, sessions) = star(2, 98);
    let second = world.connect(1, 0);
    world.settle();
    for n in 0..12 {
        world.inject(if n % 2 == 0 { sessions[0] } else { second }, 1, vec![0xff; 9]);
    }
    world.settle();
    assert!(world.sessions().is_empty());
}

/// A line that loses most of what is sent, for hours: it is slow, and never refused.
#[test]
fn a_bad_line_is_no_misconduct() {
    let mut world = World::of(2, 99);
    for n in 0..40 {
        world.publish(1, KIND + n % 3, &format!("{n}"));
    }
    world.run_entries = 1;
    for _ in 0..30 {
        world.faults.drop = 700;
        let session = world.connect(1, 0);
        world.pass(240);
        world.faults.drop = 0;
        world.cut(session);
    }
    for node in 0..2 {
        let conduct = world.nodes[node].replica.conduct(world.now_ms);
        assert!(conduct.iter().all(|c| c.score <= 20 && c.banned_until_ms.is_none()), "{conduct:?}");
    }
    let session = world.connect(1, 0);
    world.pass(30);
    assert!(world.synced(session));
    world.assert_same(&[0, 1]);
}

/// Counters at the ends of their types, and clocks that jump between them.
#[test]
fn extremes_of_numbers_and_clocks_end_nothing() {
    const MOMENTS: [i64; 7] = [i64::MIN, i64::MIN + 1, -1, 0, 1, i64::MAX - 1, i64::MAX];
    const NUMBERS: [u64; 7] = [0, 1, 2, i64::MAX as u64, 1 << 63, u64::MAX - 1, u64::MAX];
    let (mut world, sessions) = star(3, 100);
    let id = world.publish(1, KIND, "real");
    world.settle();
    let (held, liar) = (world.nodes[0].heads(), sessions[0]);
    let now_ms = world.now_ms;
    for a in NUMBERS {
        for b in NUMBERS {
            let mut log = world.nodes[1].log(shelf(KIND));
            let frames = |log| {
                let head = protocol::Head { seq: a, hash: Hash([b as u8; 32]) };
                [
                    Frame::Want(vec![Want { log, have: a, to: b }]),
                    Frame::Heads(vec![protocol::LogHead { log, head }]),
                    Frame::Durable(vec![protocol::LogHead { log, head }]),
                ]
            };
            let mut all = frames(log).to_vec();
            log.incarnation = b;
            all.extend(frames(log));
            for frame in all {
                world.give(0, Input::Frame { session: liar, bytes: frame.to_bytes() });
                world.give(0, Input::Served { session: liar, log, upto: a, entries: b / 4 });
            }
        }
    }
    for moment in MOMENTS {
        world.now_ms = moment;
        for session in [liar, sessions[1]] {
            world.give(0, Input::Frame { session, bytes: Frame::Digest(Hash([7; 32])).to_bytes() });
        }
        world.give(0, Input::Tick);
        world.give(0, Input::Durable);
    }
    world.now_ms = now_ms + 1_000;
    world.pass(2);
    assert_eq!(world.nodes[0].heads(), held);
    world.cut_all();
    let fresh = world.connect(2, 0);
    world.pass(30);
    assert!(world.synced(fresh));
    assert!(world.nodes[2].document(&id).is_some());
}

/// What a peer did stands with its frame, and is kept over a restart: who was refused stays so.
#[test]
fn misdeeds_have_their_frame_and_outlast_a_restart() {
    let (mut world, sessions) = star(2, 101);
    let peer = world.nodes[1].key.public();
    world.inject(sessions[0], 1, vec![0xff; 40]);
    world.settle();
    let conduct = world.nodes[0].replica.conduct(world.now_ms);
    let misdeed = conduct[0].misdeeds.last().unwrap();
    let frame = misdeed.frame.unwrap();
    assert_eq!((frame.kind, frame.length), (Some(0xff), 40));
    assert_eq!(frame.digest, protocol::file_hash(&[0xff; 40]));
    assert_eq!((conduct[0].times, misdeed.offence), (1, replica::Offence::BadFrame));
    world.cut(sessions[0]);
    misbehave(&mut world, 1);
    let (now_ms, kept) = (world.now_ms, world.nodes[0].replica.conduct_kept(world.now_ms));
    let before = world.nodes[0].replica.conduct(now_ms);
    world.give(0, Input::Forgive { peer });
    assert!(world.nodes[0].replica.conduct(now_ms).is_empty());
    world.give(0, Input::Conduct(kept));
    assert_eq!(world.nodes[0].replica.conduct(now_ms), before);
    let session = world.connect(1, 0);
    world.settle();
    assert!(!world.sessions().contains(&session), "it is still refused");
}

/// A pause ends what is under way, answers nobody, and is no misdeed; when it is lifted, all is as before.
#[test]
fn a_paused_peer_is_let_alone_until_it_is_resumed() {
    let (mut world, sessions) = star(3, 102);
    let peer = world.nodes[1].key.public();
    let mut pauses = replica::Pauses::default();
    let pause = replica::Pause { since_ms: world.now_ms, until_ms: None, brief: false };
    assert!(pauses.set(Some(peer), pause));
    world.give(0, Input::Pauses(pauses));
    world.settle();
    assert!(!world.sessions().contains(&sessions[0]) && world.sessions().contains(&sessions[1]));
    assert!(world.report_of(1, "the operator has paused the connection"), "it reads why");
    world.publish(0, KIND, "while one is paused");
    world.publish(1, KIND, "by the one that is paused");
    let session = world.connect(1, 0);
    world.settle();
    assert!(!world.sessions().contains(&session), "nor is it answered");
    world.assert_same(&[0, 2]);
    let entries = |world: &World, node: usize| {
        world.nodes[node].replica.logs().values().map(|log| log.head.seq).sum::<u64>()
    };
    assert_eq!(entries(&world, 1), entries(&world, 0), "each has one that the other lacks");
    assert!(
        world.nodes.iter().all(|node| node.replica.conduct(world.now_ms).is_empty()),
        "nothing is held against anyone"
    );

    world.give(0, Input::Pauses(replica::Pauses::default()));
    let session = world.connect(1, 0);
    world.settle();
    assert!(world.synced(session));
    world.assert_same(&[0, 1, 2]);
    assert_eq!(world.nodes[0].replica.left(session), replica::Left::default());
}
