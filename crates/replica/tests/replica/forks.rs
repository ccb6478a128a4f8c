//! Two entries with one sequence number: seen, said once, and not asked for again and again.

use protocol::{Frame, LogId};

use crate::harness::{KIND, World, shelf};

/// Nodes 0 and 2 hold different branches of a log of node 1, of the given lengths after the common entries.
fn forked(seed: u64, left: usize, right: usize) -> (World, LogId) {
    let mut world = World::of(3, seed);
    world.connect(1, 0);
    world.connect(2, 0);
    world.publish(1, KIND, "common");
    world.settle();
    world.cut_all();
    let log = world.nodes[1].log(shelf(KIND));
    let (copy, heads) = (world.nodes[1].store.clone(), world.nodes[1].replica.logs().clone());
    let write = |world: &mut World, to: usize, n: usize, word: &str| {
        for i in 0..n {
            world.publish(1, KIND, &format!("{word} {i}"));
        }
        world.connect(1, to);
        world.settle();
        world.cut_all();
    };
    write(&mut world, 0, left, "left");
    // The node's folder was copied before: its copy writes on from there.
    world.nodes[1].store = copy;
    let charter = world.charter.clone();
    world.nodes[1].restart_with(heads, &charter);
    write(&mut world, 2, right, "right");
    (world, log)
}

#[test]
fn a_fork_is_reported_once_and_not_asked_for_again() {
    for (seed, left, right) in [(60, 1, 1), (61, 1, 3), (62, 4, 2)] {
        let (mut world, log) = forked(seed, left, right);
        assert_ne!(world.nodes[0].head(&log).hash, world.nodes[2].head(&log).hash);
        let session = world.connect(0, 2);
        world.pass(60);
        let reports = |world: &World| {
            [0, 2].map(|node: usize| {
                world.nodes[node].reports.iter().filter(|r| r.contains("another branch")).count()
            })
        };
        let [a, b] = reports(&world);
        assert!(a + b >= 1 && a <= 1 && b <= 1, "reported once on a side: {a} and {b}");
        assert!(!world.synced(session), "they do not hold the same");
        let before = world.frames;
        world.pass(3_600);
        assert!(world.frames - before < 80, "{} frames in an hour for one fork", world.frames - before);
        assert_eq!(reports(&world), [a, b]);
        // Everything else goes on.
        let id = world.publish(0, KIND + 1, "news");
        world.settle();
        assert!(world.nodes[2].document(&id).is_some());
    }
}

#[test]
fn pushed_runs_of_another_branch_are_not_held_against_the_peer() {
    let (mut world, log) = forked(63, 1, 2);
    let session = world.connect(0, 2);
    world.settle();
    let entries = world.nodes[0].entries();
    for _ in 0..20 {
        for (bytes, _, _) in crate::harness::runs(&world.nodes[2], &log, 2, 4, 0) {
            world.inject(session, 2, Frame::Run(bytes).to_bytes());
        }
    }
    world.settle();
    assert_eq!(world.nodes[0].entries(), entries);
    assert_eq!(world.peer(0, session).strikes, 0, "a fork is its author's doing, not the peer's");
    assert_eq!(world.nodes[0].reports.iter().filter(|r| r.contains("another branch")).count(), 1);
}
