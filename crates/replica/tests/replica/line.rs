//! Closed lines: announcements alone pass, and everything once they are open. What is close comes first.

use protocol::{Frame, Shelf, ShelfKind, Visibility};
use replica::Input;

use crate::harness::{Faults, KIND, World, fields};
use crate::sync::star;

/// Lines of the trace from `from` on that hold these words.
fn lines_with(world: &World, from: usize, words: &str) -> usize {
    world.lines().iter().skip(from).filter(|line| line.contains(words)).count()
}

#[test]
fn while_a_line_is_closed_announcements_pass_alone() {
    // Whichever side it is, and whoever connected.
    for (closed, seed) in [(0, 7_000), (1, 7_001)] {
        let (mut world, sessions) = star(2, seed);
        let old = world.publish(1, KIND, "before");
        world.settle();
        world.give(closed, Input::Line { open: false });
        world.settle();
        let begun = world.lines().len();
        let id = world.publish(1, KIND, "written meanwhile");
        let other = world.publish(0, KIND + 1, "at the hub");
        world.edit(1, old, &[("title", Some("changed"))]);
        world.admit("n2");
        world.settle();
        world.pass(120);
        assert!(world.nodes[0].document(&id).is_none() && world.nodes[1].document(&other).is_none());
        assert_eq!(lines_with(&world, begun, "run "), 1, "the roster's step alone: {:#?}", world.lines());
        assert!(lines_with(&world, begun, "heads ") >= 2, "each side knows what there is");
        assert_eq!(lines_with(&world, begun, "want "), 0, "and does not ask for it");
        assert_eq!(world.nodes[1].replica.roster().members.len(), 3, "what concerns everyone passes");
        for node in [0, 1] {
            let peer = world.peer(node, sessions[0]);
            assert!(!peer.line_open && !peer.synced, "{peer:?}");
        }
        world.give(closed, Input::Line { open: true });
        world.settle();
        world.assert_same(&[0, 1]);
        assert!(world.synced(sessions[0]));
        assert_eq!(world.nodes[0].title(&old).as_deref(), Some("changed"));
    }
}

#[test]
fn a_session_that_begins_on_a_closed_line_brings_nothing_but_what_concerns_everyone() {
    let mut world = World::of(2, 7_010);
    world.give(1, Input::Line { open: false });
    let theirs = world.publish(0, KIND, "at the hub");
    let session = world.connect(1, 0);
    world.settle();
    world.pass(600);
    assert!(world.nodes[1].document(&theirs).is_none());
    assert_eq!(world.nodes[1].replica.roster().members.len(), 2);
    world.give(1, Input::Line { open: true });
    world.settle();
    world.assert_same(&[0, 1]);
    assert!(world.synced(session));
}

#[test]
fn what_a_node_wrote_and_lost_comes_back_on_a_closed_line_too() {
    let (mut world, sessions) = star(2, 7_020);
    let copied = world.nodes[1].copy();
    let id = world.publish(1, KIND, "mine");
    world.settle();
    world.cut(sessions[0]);
    let (charter, own) = (world.charter.clone(), world.nodes[1].own_entries());
    world.nodes[1].restore(copied, &charter);
    assert!(world.nodes[1].document(&id).is_none());
    world.give(1, Input::Line { open: false });
    world.connect(1, 0);
    world.settle();
    assert!(world.nodes[1].document(&id).is_some());
    assert_eq!(world.nodes[1].own_entries(), own);
}

#[test]
fn lines_that_open_and_close_on_a_disturbed_way_lose_nothing() {
    for seed in 7_030..7_060 {
        let (mut world, _) = star(3, seed);
        world.faults = Faults { drop: 50, ..Faults::default() };
        for round in 0..20 {
            let node = (round + seed as usize) % 3;
            world.publish(node, KIND, &format!("{round}"));
            world.give(node, Input::Line { open: round % 3 == 0 });
            for _ in 0..10 {
                world.step();
            }
            world.pass(1);
        }
        world.faults = Faults::default();
        for node in 0..3 {
            world.give(node, Input::Line { open: true });
        }
        world.settle();
        world.pass(60);
        world.settle();
        world.assert_same(&[0, 1, 2]);
    }
}

#[test]
fn what_is_close_is_fetched_first() {
    let mut world = World::of(2, 7_070);
    // The site is in Wuhan, whose shelves stand in the midst of the others by their ids.
    for region in [130_100, 410_200, 420_100, 420_106, 420_500, 421_000] {
        let shelf = Shelf { region, kind: ShelfKind(KIND), visibility: Visibility::Public };
        for n in 0..3 {
            let (_, input) = world.nodes[0].create(shelf, fields(&[("title", &format!("{region} {n}"))]));
            world.give(0, input);
        }
    }
    let session = world.connect(1, 0);
    let mut order = Vec::new();
    while world.step() {
        for (log, state) in world.nodes[1].heads() {
            if log.shelf.kind == ShelfKind(KIND) && state.seq > 0 && !order.contains(&log.shelf.region) {
                order.push(log.shelf.region);
            }
        }
    }
    world.settle();
    assert!(world.synced(session));
    assert_eq!(order.len(), 6);
    assert!(order[..2].iter().all(|region| region / 100 == 4_201), "its own city first: {order:?}");
}

#[test]
fn a_peer_that_opens_and_closes_without_end_is_counted_against() {
    let (mut world, sessions) = star(2, 7_080);
    for n in 0..2_000 {
        world.inject(sessions[0], 1, Frame::Line(n % 2 == 0).to_bytes());
        while world.step() {}
    }
    assert!(!world.is_open(sessions[0]), "it is hung up");
    assert!(world.report_of(0, "too often"));
}
