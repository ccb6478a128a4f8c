//! Several peers that hold the branch of a fork that is not ours: searched with one at a time, and whoever is silent, gone or
//! lying keeps nobody from finding it with another.

use std::collections::BTreeMap;

use protocol::{Frame, Head, LogHead, LogId, frontier_digest};
use replica::Input;

use crate::forks::{forked, settle_on};
use crate::harness::{KIND, World, shelf};

/// Node 0 holds one branch, nodes 2 and 3 the longer other one, so that it is node 0 that searches. Nobody is connected.
fn two_on_the_other(seed: u64) -> (World, LogId) {
    let (mut world, log) = forked(seed, 3, 2, 5);
    world.connect(2, 3);
    world.settle();
    world.cut_all();
    assert_eq!(world.nodes[3].head(&log), world.nodes[2].head(&log));
    (world, log)
}

/// Node 0 has asked the peer of this session for the first entry of its search.
fn search(world: &mut World) -> u64 {
    let session = world.connect(2, 0);
    while !world.report_of(0, "another branch") {
        assert!(world.step());
    }
    session
}

/// While one is asked for its entries, another one says that it holds that branch too, and nothing more.
#[test]
fn a_search_with_one_peer_is_not_taken_over_by_another() {
    let (mut world, log) = two_on_the_other(301);
    search(&mut world);
    let other = world.connect(3, 0);
    world.settle_hello(other);
    world.mute(other, 3);
    let (mine, theirs) = (world.nodes[0].head(&log), world.nodes[3].store[&log].clone());
    let same_place = theirs[mine.seq as usize - 1].head();
    let heads = Frame::Heads(vec![LogHead { log, head: same_place }]);
    world.give(0, Input::Frame { session: other, bytes: heads.to_bytes() });
    world.settle();
    assert!(world.nodes[0].forks.contains_key(&log), "the first one has answered");
    assert_eq!(world.nodes[0].counts(&log), 4);
}

/// Whom it searched with has gone: with the next tick another one is as good.
#[test]
fn a_search_with_a_peer_that_is_gone_begins_anew_with_another() {
    let (mut world, log) = two_on_the_other(302);
    let session = search(&mut world);
    world.cut(session);
    let begun = world.now_ms;
    world.connect(3, 0);
    world.give(0, Input::Tick);
    world.settle();
    assert!(world.nodes[0].forks.contains_key(&log));
    assert!(world.now_ms - begun < 20_000, "long before anybody's patience is at its end");
}

/// Whom it searches with stays and says nothing: after a while another one is asked.
#[test]
fn a_search_with_a_silent_peer_is_given_up() {
    let (mut world, log) = two_on_the_other(303);
    let session = search(&mut world);
    world.mute(session, 2);
    world.connect(3, 0);
    world.pass(10);
    assert!(!world.nodes[0].forks.contains_key(&log), "it is waited for");
    world.pass(120);
    assert!(world.nodes[0].forks.contains_key(&log));
    assert_eq!(world.nodes[0].counts(&log), 4);
}

/// Where nothing is held of a log nothing can differ: its first entry names one before it, which is another's to explain.
#[test]
fn a_log_that_begins_behind_something_is_no_fork() {
    let mut world = World::of(2, 304);
    world.publish(1, KIND, "first");
    let log = world.nodes[1].log(shelf(KIND));
    let session = world.connect(1, 0);
    world.settle_hello(session);
    let opening = world.nodes[1].store[&log][0].clone();
    let entry = protocol::Entry::author(
        log,
        Head { seq: 0, hash: protocol::Hash([9; 32]) },
        protocol::Draft {
            document: None,
            verb: opening.header.verb,
            payload: opening.payload.unwrap(),
            time_ms: 0,
        },
        &world.charter.id(),
        &world.nodes[1].key,
    );
    world.nodes[1].store.insert(log, vec![entry.unwrap()]);
    let run = crate::harness::runs(&world.nodes[1], &log, 0, 1, 0).remove(0).0;
    let before = world.frames;
    world.give(0, Input::Frame { session, bytes: Frame::Run(run).to_bytes() });
    assert_eq!(
        (world.frames - before, world.nodes[0].head(&log).seq),
        (0, 0),
        "not taken, nothing asked for"
    );
}

/// What is durable of a log goes back with it where it is cut off: of the branch that comes in its place nothing is, until
/// that is fsynced.
#[test]
fn of_a_branch_that_takes_the_place_of_another_nothing_is_durable_at_first() {
    let (mut world, log) = forked(305, 3, 8, 12);
    // Another entry of its own branch comes to node 0, and is not fsynced there.
    let (common, kept) = (world.nodes[0].store[&log][3].head(), world.nodes[2].head(&log));
    let left = world.nodes[0].store[&log].clone();
    let right = std::mem::replace(world.nodes[1].store.get_mut(&log).unwrap(), left);
    world.publish(1, KIND, "left again");
    let last = world.nodes[1].head(&log);
    let session = world.connect(1, 0);
    while world.nodes[0].head(&log) != last {
        assert!(world.step());
    }
    world.cut(session);
    drop(right);
    settle_on(&mut world, 0, log, kept);
    world.connect(2, 0);
    while world.nodes[0].replica.head(&log) != kept {
        assert!(world.step(), "the kept branch comes");
    }
    world.sent = Some(Vec::new());
    let session = world.connect(3, 0);
    world.settle_hello(session);
    let digest = world.sent.iter().flatten().find_map(|(to, bytes)| match Frame::from_bytes(bytes) {
        Ok(Frame::Digest(digest)) if *to == 3 => Some(digest),
        _ => None,
    });
    let durable: BTreeMap<LogId, Head> = world.nodes[0]
        .heads()
        .into_iter()
        .map(|(id, head)| (id, if id == log { common } else { head }))
        .collect();
    assert_eq!(digest, Some(frontier_digest(&durable)), "it tells of what both branches have in common");
}
