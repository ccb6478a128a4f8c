//! News that peers brought are passed on: small ones as they are, over one way to each node, and never to whom they do not
//! concern.

use protocol::{Frame, LogId};
use replica::Input;

use crate::harness::{KIND, World, all, runs, shelf};
use crate::sync::star;

/// Frames of one kind that were sent to one node, or to anyone, since the recording began.
fn sent(world: &World, to: Option<usize>, kind: fn(&Frame) -> bool) -> usize {
    let read = |bytes: &[u8]| Frame::from_bytes(bytes).is_ok_and(|frame| kind(&frame));
    let all = world.sent.as_deref().unwrap_or_default().iter();
    all.filter(|(node, bytes)| to.is_none_or(|to| to == *node) && read(bytes)).count()
}

fn is_run(frame: &Frame) -> bool {
    matches!(frame, Frame::Run(_))
}

fn is_want(frame: &Frame) -> bool {
    matches!(frame, Frame::Want(_))
}

fn is_heads(frame: &Frame) -> bool {
    matches!(frame, Frame::Heads(_))
}

/// Members that are all connected with each other, in step.
fn mesh(nodes: usize, seed: u64) -> World {
    let (mut world, _) = star(nodes, seed);
    for a in 1..nodes {
        for b in a + 1..nodes {
            world.connect(a, b);
        }
    }
    world.settle();
    world.sent = Some(Vec::new());
    world
}

/// The log of achievements of a node.
fn log_of(world: &World, node: usize) -> LogId {
    world.nodes[node].log(shelf(KIND))
}

#[test]
fn what_one_member_writes_reaches_the_next_but_one_without_a_question() {
    let (mut world, sessions) = star(3, 7_200);
    world.sent = Some(Vec::new());
    let id = world.publish(1, KIND, "news");
    world.edit(1, id, &[("title", Some("edited"))]);
    world.settle();
    world.assert_same(&[0, 1, 2]);
    assert!(sessions.iter().all(|session| world.synced(*session)));
    assert_eq!((sent(&world, None, is_want), sent(&world, None, is_heads)), (0, 0));
    assert_eq!(
        (sent(&world, Some(2), is_run), sent(&world, Some(1), is_run)),
        (2, 0),
        "and nothing goes back"
    );
}

#[test]
fn what_is_large_and_what_a_closed_line_holds_back_is_told_alone() {
    let (mut world, sessions) = star(3, 7_210);
    world.cut(sessions[0]);
    for n in 0..20 {
        world.publish(1, KIND, &format!("{n}"));
    }
    world.sent = Some(Vec::new());
    world.connect(1, 0);
    world.settle();
    world.assert_same(&[0, 1, 2]);
    assert!(sent(&world, Some(2), is_heads) > 0 && sent(&world, Some(0), is_want) > 0, "it is asked for");
    world.give(2, Input::Line { open: false });
    world.settle();
    world.sent = Some(Vec::new());
    let id = world.publish(1, KIND, "while a line is closed");
    world.settle();
    assert_eq!((sent(&world, Some(2), is_run), sent(&world, Some(2), is_heads)), (0, 1));
    assert!(world.nodes[0].document(&id).is_some() && world.nodes[2].document(&id).is_none());
}

/// Whoever has not told yet what it holds may hold all of it.
#[test]
fn who_has_not_compared_yet_is_sent_nothing_that_it_may_have() {
    let (mut world, sessions) = star(3, 7_220);
    world.cut(sessions[1]);
    let session = world.connect(2, 0);
    world.settle_hello(session);
    world.drop_all(session, 0);
    world.sent = Some(Vec::new());
    let log = log_of(&world, 1);
    world.publish(1, KIND, "news");
    while world.nodes[0].head(&log).seq == 0 {
        let bytes = runs(&world.nodes[1], &log, 0, 2, 0).remove(0).0;
        world.give(0, Input::Frame { session: sessions[0], bytes: Frame::Run(bytes).to_bytes() });
    }
    assert_eq!((sent(&world, Some(2), is_run), sent(&world, Some(2), is_heads)), (0, 1));
    world.pass(30);
    world.assert_same(&[0, 1, 2]);
}

/// A peer that has no more room for an institution's entries drops them.
#[test]
fn who_takes_nothing_is_soon_told_alone() {
    let (mut world, _) = star(3, 7_225);
    let charter = world.charter.clone();
    world.publish(1, KIND, "before");
    world.settle();
    world.cut_all();
    world.nodes[2].allow(all(1), &charter);
    for node in 1..3 {
        world.connect(node, 0);
    }
    world.settle();
    world.sent = Some(Vec::new());
    for n in 0..100 {
        world.publish(1, KIND, &format!("{n}"));
        world.settle();
    }
    assert_eq!(world.nodes[2].head(&log_of(&world, 1)).seq, 2, "it took none");
    let (runs, heads) = (sent(&world, Some(2), is_run), sent(&world, Some(2), is_heads));
    assert!(runs <= 66 && heads >= 30, "{runs} runs, {heads} heads");
}

/// In a mesh of five an entry could come to each of four readers by four ways.
#[test]
fn where_there_are_many_ways_an_entry_soon_comes_by_one_of_them() {
    let mut world = mesh(5, 7_230);
    let mut taken = Vec::new();
    for n in 0..30 {
        world.sent = Some(Vec::new());
        world.publish(1, KIND, &format!("{n}"));
        world.settle();
        world.assert_same(&[0, 1, 2, 3, 4]);
        taken.push(sent(&world, None, is_run));
    }
    let late: usize = taken.iter().rev().take(20).sum();
    // Four readers; frames come in any order here, so that a head may overtake the run.
    assert!(taken[0] > 12, "at first nobody knows: {taken:?}");
    assert!(late <= 20 * 8, "{taken:?}");
}

/// A ring of four; the one opposite to the author has two ways.
#[test]
fn a_way_that_is_cut_is_replaced_by_another() {
    for cut in [1, 3] {
        let mut world = World::of(4, 7_240);
        for node in 1..4 {
            world.connect(node, 0);
        }
        world.settle();
        world.cut_all();
        let ring: Vec<u64> = [(0, 1), (1, 2), (2, 3), (3, 0)].map(|(a, b)| world.connect(a, b)).into();
        world.settle();
        for n in 0..5 {
            world.publish(0, KIND, &format!("{n}"));
            world.settle();
        }
        world.cut(ring[if cut == 1 { 1 } else { 2 }]);
        for n in 0..5 {
            world.sent = Some(Vec::new());
            world.publish(0, KIND, &format!("after the cut {n}"));
            world.settle();
            world.assert_same(&[0, 1, 2, 3]);
            assert!(n < 2 || sent(&world, None, is_want) == 0, "sent to it unasked again");
        }
    }
}

/// Any frame of one publication in a ring, its confirmations among them, lost.
#[test]
fn any_lost_frame_heals_among_three() {
    let begin = || {
        let mut world = mesh(3, 7_250);
        world.publish(1, KIND, "before");
        world.settle();
        world
    };
    let usual = {
        let mut world = begin();
        let before = world.frames;
        world.publish(1, KIND, "news");
        world.settle();
        world.frames - before
    };
    assert!(usual >= 6, "{usual}");
    for number in 1..=usual {
        let mut world = begin();
        world.lose = vec![world.frames + number];
        world.publish(1, KIND, "news");
        world.pass(60);
        world.assert_same(&[0, 1, 2]);
        assert!(world.sessions().iter().all(|session| world.synced(*session)), "frame {number}");
        let before = world.frames;
        world.pass(60);
        assert_eq!(world.frames, before, "and then it is quiet");
    }
}

#[test]
fn junk_is_not_passed_on_and_counts_against_who_sent_it() {
    let (mut world, sessions) = star(3, 7_260);
    world.publish(1, KIND, "real");
    world.settle();
    let log = log_of(&world, 1);
    world.publish(1, KIND, "news");
    let mut bytes = runs(&world.nodes[1], &log, 2, 3, 0).remove(0).0;
    world.drop_all(sessions[0], 0);
    // The signature is the last thing in a run but the salt.
    let place = bytes.len() - 20;
    bytes[place] ^= 1;
    world.sent = Some(Vec::new());
    for _ in 0..5 {
        world.inject(sessions[0], 1, Frame::Run(bytes.clone()).to_bytes());
    }
    while world.step() {}
    assert_eq!(sent(&world, Some(2), |_| true), 0, "the other one hears nothing");
    let conduct = world.nodes[0].replica.conduct(world.now_ms);
    assert_eq!(conduct.iter().map(|c| c.peer).collect::<Vec<_>>(), [world.nodes[1].key.public()]);
    assert!(conduct[0].score >= 40, "{conduct:?}");
    assert!(world.nodes[2].replica.conduct(world.now_ms).is_empty(), "nothing is held against who passes on");
}

/// Old runs, again and again: one answer at the most.
#[test]
fn what_is_sent_twice_is_answered_once() {
    let (mut world, sessions) = star(3, 7_270);
    world.publish(1, KIND, "real");
    world.settle();
    let log = log_of(&world, 1);
    let bytes = Frame::Run(runs(&world.nodes[1], &log, 0, 2, 0).remove(0).0).to_bytes();
    world.sent = Some(Vec::new());
    for session in sessions {
        for _ in 0..20 {
            world.give(0, Input::Frame { session, bytes: bytes.clone() });
        }
    }
    let told = |node| sent(&world, Some(node), |_| true);
    assert_eq!((told(1), told(2)), (0, 0), "both were told of it before");
}
