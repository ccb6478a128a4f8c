//! Notes of nodes about themselves: everyone has the newest of each, and nobody else's word counts.

use protocol::limits::MAX_STATUS_NUMBER;
use protocol::{Action, Frame, SecretKey, StatusFacts, StatusMark, StatusNote, StatusTalk, Subject, mark_of};
use replica::Input;

use crate::harness::{Faults, KIND, World};

/// Seconds after which a note has gone over two lines that lose nothing: they are quiet, then it waits its turn twice.
const TWO_HOPS: usize = 90;

/// `n` nodes in a line, each of which has written something, at rest.
fn line(n: usize, seed: u64) -> World {
    let mut world = World::of(n, seed);
    for node in 0..n {
        world.publish(node, KIND, &format!("of {node}"));
    }
    // The roster first: members know each other only from it.
    for node in 1..n {
        world.connect(node, 0);
    }
    world.settle();
    world.cut_all();
    (1..n).for_each(|node| _ = world.connect(node, node - 1));
    world.settle();
    world
}

fn note(world: &World, node: usize, number: u64, entries: u64) -> StatusNote {
    let facts = StatusFacts { entries: Some(entries), ..StatusFacts::default() };
    let node = &world.nodes[node];
    StatusNote::sign(&node.key, number, facts, &node.replica.network())
}

/// A node says how it is.
fn say(world: &mut World, node: usize, entries: u64) {
    let number = world.nodes[node].replica.next_status(world.now_ms);
    let note = note(world, node, number, entries);
    world.give(node, Input::Status(Box::new(note)));
}

/// What `at` holds of `of`.
fn held(world: &World, at: usize, of: usize) -> Option<u64> {
    let node = world.nodes[of].key.public();
    let mut held = world.nodes[at].replica.statuses();
    held.find(|heard| heard.note.node == node).and_then(|heard| heard.note.facts.entries)
}

/// Number of frames about statuses since `from`, as the trace names them.
fn told(world: &World, from: usize) -> usize {
    world.lines().iter().skip(from).filter(|line| line.contains("statuses")).count()
}

fn deliver(world: &mut World, at: usize, talk: StatusTalk) {
    let session = world.sessions_of(at)[0];
    world.give(at, Input::Frame { session, bytes: Frame::Status(talk).to_bytes() });
}

#[test]
fn a_note_goes_over_two_hops_and_the_newest_counts() {
    let mut world = line(3, 1);
    say(&mut world, 0, 1);
    world.pass(TWO_HOPS);
    assert_eq!(held(&world, 2, 0), Some(1));
    say(&mut world, 0, 2);
    world.pass(TWO_HOPS + 60);
    assert_eq!(held(&world, 2, 0), Some(2));
    let late = note(&world, 0, 7, 3);
    deliver(&mut world, 2, StatusTalk::Notes(vec![late]));
    assert_eq!(held(&world, 2, 0), Some(2), "an old one takes nothing back");
}

#[test]
fn a_short_meeting_says_nothing_of_them_and_a_long_one_falls_silent() {
    let mut world = line(2, 2);
    (0..2).for_each(|node| say(&mut world, node, 1));
    world.cut_all();
    let begun = world.lines().len();
    world.connect(1, 0);
    world.pass(15);
    assert_eq!(told(&world, begun), 0, "{:#?}", world.lines());
    world.pass(60);
    let spoken = told(&world, begun);
    assert!((3..=8).contains(&spoken), "ask, answer, notes and thanks: {spoken}");
    world.pass(3_600);
    assert_eq!(told(&world, begun), spoken, "both have everything");
}

#[test]
fn who_holds_no_note_says_nothing_of_them() {
    let mut world = line(3, 3);
    let begun = world.lines().len();
    world.pass(1_800);
    assert_eq!(told(&world, begun), 0);
}

#[test]
fn a_bad_line_delays_them_and_loses_none() {
    let cases: u64 = std::env::var("CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(6);
    for seed in 0..cases {
        let mut world = line(4, 100 + seed);
        world.faults = Faults { drop: 300, duplicate: 100, ..Faults::default() };
        for round in 1..=3 {
            (0..4).for_each(|node| say(&mut world, node, round));
            world.pass(120);
            // A connection that was refused for what the line did begins anew.
            let (a, b) = (1 + (round as usize % 3), round as usize % 3);
            world.connect(a, b);
        }
        world.faults = Faults::default();
        world.cut_all();
        (1..4).for_each(|node| _ = world.connect(node, node - 1));
        world.pass(1_800);
        for at in 0..4 {
            for of in 0..4 {
                assert_eq!(held(&world, at, of), Some(3), "seed {seed}: {at} of {of}");
            }
        }
    }
}

#[test]
fn on_lossy_lines_alone_everyone_has_them_in_the_end() {
    let mut world = line(3, 5);
    (0..3).for_each(|node| say(&mut world, node, 1));
    world.faults = Faults { drop: 250, ..Faults::default() };
    for _ in 0..40 {
        world.pass(300);
        if world.sessions().len() < 2 {
            world.cut_all();
            (1..3).for_each(|node| _ = world.connect(node, node - 1));
        }
    }
    for at in 0..3 {
        (0..3).for_each(|of| assert_eq!(held(&world, at, of), Some(1), "{at} of {of}"));
    }
}

#[test]
fn nobody_speaks_for_another_and_strangers_are_not_heard() {
    let mut world = line(3, 6);
    let mut forged = note(&world, 1, 50, 9);
    forged.node = world.nodes[2].key.public();
    deliver(&mut world, 0, StatusTalk::Notes(vec![forged]));
    assert_eq!(held(&world, 0, 2), None);
    let session = world.sessions_of(0)[0];
    assert_eq!(world.peer(0, session).strikes, 1, "its sender is counted against");
    let (stranger, network) = (SecretKey::from_seed(&[99; 32]), world.nodes[0].replica.network());
    let word = StatusNote::sign(&stranger, 50, StatusFacts::default(), &network);
    deliver(&mut world, 0, StatusTalk::Notes(vec![word]));
    assert_eq!(world.nodes[0].replica.statuses().count(), 0);
    assert_eq!(world.peer(0, session).strikes, 1, "the roster may be late: that is no fault");
}

#[test]
fn a_node_that_talks_too_often_is_not_passed_on_each_time() {
    let mut world = line(2, 7);
    for number in 1..=10 {
        let word = note(&world, 1, number, number);
        deliver(&mut world, 0, StatusTalk::Notes(vec![word]));
    }
    assert_eq!(held(&world, 0, 1), Some(1), "others wait a minute");
    world.pass(61);
    let word = note(&world, 1, 11, 11);
    deliver(&mut world, 0, StatusTalk::Notes(vec![word]));
    assert_eq!(held(&world, 0, 1), Some(11));
}

#[test]
fn a_node_that_was_set_back_goes_on_behind_its_last_number() {
    let mut world = line(2, 8);
    world.nodes[1].clock_off_ms = 3_653 * 86_400_000;
    let number = world.nodes[1].replica.next_status(world.now_ms + world.nodes[1].clock_off_ms);
    let early = note(&world, 1, number, 1);
    world.give(1, Input::Status(Box::new(early)));
    world.pass(TWO_HOPS);
    assert_eq!(held(&world, 0, 1), Some(1), "a clock ten years ahead is no reason not to be heard");
    let charter = world.charter.clone();
    world.cut_all();
    world.nodes[1].clock_off_ms = 0;
    world.nodes[1].restart(&charter);
    say(&mut world, 1, 2);
    world.connect(1, 0);
    world.pass(TWO_HOPS);
    assert!(world.nodes[1].replica.status_is_late(), "it hears of its own later one");
    say(&mut world, 1, 3);
    world.pass(TWO_HOPS);
    assert_eq!(held(&world, 0, 1), Some(3));
}

/// A number that a peer merely names would be the last one that this node could ever use.
#[test]
fn nobody_raises_the_number_of_another_nodes_notes() {
    let mut world = line(2, 12);
    say(&mut world, 1, 1);
    world.pass(TWO_HOPS);
    let node = mark_of(&world.nodes[1].key.public());
    for number in [MAX_STATUS_NUMBER, MAX_STATUS_NUMBER - 1] {
        let mark = StatusMark { node, number };
        deliver(&mut world, 1, StatusTalk::Answer(vec![mark]));
        deliver(&mut world, 1, StatusTalk::Got(vec![mark]));
        deliver(&mut world, 1, StatusTalk::Ask(vec![mark]));
    }
    assert!(!world.nodes[1].replica.status_is_late());
    assert!(world.nodes[1].replica.next_status(world.now_ms) < MAX_STATUS_NUMBER / 2);
    say(&mut world, 1, 2);
    world.cut_all();
    world.connect(1, 0);
    world.pass(TWO_HOPS);
    assert_eq!(held(&world, 0, 1), Some(2));
}

#[test]
fn on_a_closed_line_a_node_tells_its_own_alone() {
    let mut world = line(3, 9);
    world.give(1, Input::Line { open: false });
    (0..3).for_each(|node| say(&mut world, node, 1));
    world.pass(300);
    assert_eq!((held(&world, 0, 1), held(&world, 2, 1)), (Some(1), Some(1)));
    assert_eq!((held(&world, 0, 2), held(&world, 2, 0)), (None, None));
    world.give(1, Input::Line { open: true });
    world.pass(300);
    assert_eq!((held(&world, 0, 2), held(&world, 2, 0)), (Some(1), Some(1)));
}

#[test]
fn they_are_kept_over_a_restart_and_forgotten_with_the_node() {
    let mut world = line(2, 10);
    say(&mut world, 1, 1);
    world.pass(TWO_HOPS);
    let kept: Vec<_> = world.nodes[0].replica.statuses().cloned().collect();
    let mut spoiled = kept.clone();
    spoiled[0].note.number += 1;
    let charter = world.charter.clone();
    world.cut_all();
    world.nodes[0].restart(&charter);
    world.give(0, Input::Statuses(spoiled));
    assert_eq!(held(&world, 0, 1), None, "what was kept is checked, too");
    world.give(0, Input::Statuses(kept));
    assert_eq!(held(&world, 0, 1), Some(1));
    let who = world.nodes[1].institution.id();
    world.roster_step(0, Subject::Institution(who), Action::Suspend("late".to_owned()));
    world.settle();
    assert_eq!(held(&world, 0, 1), None);
}

#[test]
fn a_frame_of_a_later_version_that_may_be_left_is_left() {
    let mut world = line(2, 11);
    let session = world.sessions_of(0)[0];
    world.give(0, Input::Frame { session, bytes: vec![0xbf, 1, 2, 3] });
    assert_eq!(world.peer(0, session).strikes, 0);
    for (strikes, kind) in [(1, 0x7f), (2, 0xc0)] {
        world.give(0, Input::Frame { session, bytes: vec![kind, 1, 2, 3] });
        assert_eq!(world.peer(0, session).strikes, strikes);
    }
}

#[test]
fn marks_of_nodes_that_are_not_known_take_no_room() {
    let mut world = line(2, 12);
    say(&mut world, 0, 1);
    let mark = |n: u64| protocol::StatusMark { node: n.to_be_bytes(), number: n };
    deliver(&mut world, 0, StatusTalk::Ask((0..4_096).map(mark).collect()));
    assert_eq!(world.nodes[0].replica.statuses().count(), 1);
    world.pass(TWO_HOPS);
    assert_eq!(held(&world, 1, 0), Some(1), "{:?}", mark_of(&world.nodes[0].key.public()));
}
