//! Peers that pass on others' logs and keep something back: payloads, which no signature covers, or signatures in the
//! middle, which a run does not need.

use protocol::{LogId, PublicKey, Shelf, Verb};

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

/// Node 1 writes a log of the roster in one run of as many entries as it may hold, of which it signs only the last, and gives it to the hub.
fn badly_signed(seed: u64) -> (World, LogId) {
    let mut world = World::of(3, seed);
    world.connect(1, 0);
    world.connect(2, 0);
    world.pass(2);
    world.cut_all();
    let log = world.nodes[1].log(Shelf::ROSTER);
    let most = protocol::limits::MAX_RUN_ENTRIES as u64;
    for n in 1..most {
        world.nodes[1].write(log, Verb(40_000), None, vec![7; 8]);
        if n == most - 1 {
            break;
        }
        // The next entry is chained to this one as it stands now, bad signature and all.
        let last = world.nodes[1].store.get_mut(&log).unwrap().last_mut().unwrap();
        last.signature.0[3] ^= 1;
    }
    let entries = world.nodes[1].store[&log].iter().map(|entry| {
        let hash = entry.hash();
        protocol::CheckedEntry { entry: entry.clone(), hash, beginning: None }
    });
    let entries = entries.collect();
    world.give(1, replica::Input::Appended { log, entries });
    world.connect(1, 0);
    world.pass(5);
    world.cut_all();
    assert_eq!(world.nodes[0].head(&log).seq, most, "authentic, since the last signature holds");
    (world, log)
}

#[test]
fn a_log_signed_badly_in_the_middle_is_passed_on_and_bans_nobody() {
    let (mut world, log) = badly_signed(122);
    let id = world.publish(0, KIND, "by the hub");
    let session = world.connect(2, 0);
    world.pass(5);
    assert_eq!(world.nodes[2].head(&log), world.nodes[0].head(&log));
    assert!(world.nodes[2].document(&id).is_some(), "other logs come too");
    assert!(world.nodes[2].replica.conduct(world.now_ms).is_empty());
    assert_eq!(world.peer(2, session).strikes, 0);
    world.assert_same(&[0, 2]);
}

#[test]
fn a_log_that_cannot_be_shown_keeps_nothing_else_from_coming() {
    let (mut world, log) = badly_signed(123);
    // Its last entries are gone from what the hub holds, so that no signature holds but the opening's.
    let charter = world.charter.clone();
    let held = &world.nodes[0].store[&log];
    let short = held[..held.len() / 2].to_vec();
    let mut heads = world.nodes[0].replica.logs().clone();
    heads.get_mut(&log).unwrap().head = short.last().unwrap().head();
    world.nodes[0].store.insert(log, short);
    world.nodes[0].restart_with(heads, &charter);
    let id = world.publish(0, KIND, "by the hub");
    let session = world.connect(2, 0);
    world.pass(10);
    assert!(world.nodes[2].document(&id).is_some(), "other logs come");
    assert_eq!(world.nodes[2].head(&log).seq, 1);
    assert!(world.report_of(2, "the signatures of its entries do not hold"));
    assert!(world.sessions().contains(&session), "the session goes on");
    let conduct = world.nodes[2].replica.conduct(world.now_ms);
    assert!(conduct.iter().all(|c| c.score <= 20 && c.banned_until_ms.is_none()), "{conduct:?}");
}
