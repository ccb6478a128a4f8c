//! What a peer is told to be durable would survive a crash at that moment, however long an fsync takes.

use protocol::LogId;

use crate::harness::{KIND, Rng, World};

/// The log that node 1 writes listings to.
fn log(world: &World) -> LogId {
    *world.nodes[1]
        .replica
        .logs()
        .keys()
        .find(|log| log.node == world.nodes[1].key.public() && log.shelf.kind.0 == KIND)
        .unwrap()
}

fn deliver(world: &mut World) {
    while world.step() {}
}

fn begin(world: &mut World, node: usize) {
    let begun = world.nodes[node].begin_fsync();
    world.give(node, begun);
}

fn end(world: &mut World, node: usize) {
    let ended = world.nodes[node].end_fsync();
    world.give(node, ended);
    deliver(world);
}

#[test]
fn what_comes_during_an_fsync_is_left_to_the_next_one() {
    let mut world = World::of(2, 1500);
    let session = world.connect(1, 0);
    world.settle();
    world.publish(1, KIND, "before");
    deliver(&mut world);
    let log = log(&world);
    let held = |world: &World| world.nodes[1].replica.held_durably(session, &log);
    let before = world.nodes[0].head(&log).seq;
    assert_eq!(held(&world), 0);
    begin(&mut world, 0);
    world.publish(1, KIND, "meanwhile");
    deliver(&mut world);
    assert_eq!(held(&world), 0, "nothing is told before it has ended");
    end(&mut world, 0);
    assert!(world.nodes[0].head(&log).seq > before);
    assert_eq!(held(&world), before);
    begin(&mut world, 0);
    end(&mut world, 0);
    assert_eq!(held(&world), world.nodes[0].head(&log).seq);
}

#[test]
fn a_crash_takes_nothing_that_was_told_to_be_durable() {
    for seed in 1501..1541 {
        let mut world = World::of(2, seed);
        let mut rng = Rng::new(seed);
        world.publish(1, KIND, "first");
        let mut session = world.connect(1, 0);
        world.settle();
        let log = log(&world);
        for _ in 0..200 {
            match rng.below(12) {
                0..3 => drop(world.publish(1, KIND, "more")),
                3..5 => begin(&mut world, 0),
                5..7 => end(&mut world, 0),
                7 if rng.chance(200) => {
                    let told = world.nodes[1].replica.held_durably(session, &log);
                    world.cut(session);
                    let charter = world.charter.clone();
                    world.nodes[0].crash(&charter);
                    let held = world.nodes[0].head(&log).seq;
                    assert!(
                        held >= told,
                        "seed {seed}: {held} entries are left, {told} were told to be durable"
                    );
                    session = world.connect(1, 0);
                }
                _ => drop(world.step()),
            }
        }
        world.settle();
        world.assert_same(&[0, 1]);
        assert!(world.synced(session), "seed {seed}");
    }
}
