//! Peers that pass on others' logs and keep something back: payloads, which no signature covers, or signatures in the
//! middle, which a run does not need.

use protocol::{LogId, PublicKey, Shelf};

use crate::harness::{KIND, World, shelf};

/// Node 1 has published and node 2 holds all of it; then node 2 takes the payloads of `log` away, all but the opening's.
fn stripped(seed: u64, log: impl Fn(&World) -> LogId) -> (World, LogId) {
    let mut world = World::of(4, seed);
    world.connect(1, 0);
    world.connect(2, 0);
    for n in 0..5 {
        world.publish(1, KIND, &format!("成果 {n}"));
    }
    world.pass(3);
    world.cut_all();
    let log = log(&world);
    let entries = world.nodes[2].store.get_mut(&log).unwrap();
    entries.iter_mut().skip(1).for_each(|entry| entry.payload = None);
    (world, log)
}

#[test]
fn payloads_that_a_peer_takes_away_come_from_another() {
    let (mut world, log) = stripped(120, |world| world.nodes[1].log(shelf(KIND)));
    world.connect(3, 2);
    world.pass(5);
    assert_eq!(world.nodes[3].replica.head(&log).seq, 0, "nothing of it is held");
    assert!(world.report_of(3, "without their payloads"));
    let conduct = world.nodes[3].replica.conduct(world.now_ms);
    assert!(conduct.iter().all(|c| c.score <= 20 && c.banned_until_ms.is_none()), "{conduct:?}");
    world.connect(3, 0);
    world.pass(10);
    world.assert_same(&[0, 1, 3]);
    assert_eq!(world.nodes[3].documents().len(), 5);
}

#[test]
fn roster_steps_that_a_peer_blanks_come_from_another() {
    let (mut world, log) = stripped(121, |world| world.nodes[0].log(Shelf::ROSTER));
    world.connect(3, 2);
    world.pass(5);
    let whole = |world: &World| {
        world.nodes[3].store.get(&log).is_none_or(|entries| entries.iter().all(|e| e.payload.is_some()))
    };
    assert!(whole(&world));
    world.connect(3, 0);
    world.pass(10);
    assert!(whole(&world));
    let member = |key: &PublicKey| world.nodes[3].replica.logs().keys().any(|log| log.node == *key);
    assert!(member(&world.nodes[1].key.public()));
    world.assert_same(&[0, 1, 3]);
    assert_eq!(world.nodes[3].replica.roster().digest(), world.nodes[0].replica.roster().digest());
}
