//! Replicas that begin again: what they know of themselves, what they remember.

use protocol::{CircleId, Delivery, DeliveryWord, Frame, PublicKey};
use replica::{Effect, Input};

use crate::forks::forked;
use crate::harness::{KIND, World, all, shelf};
use crate::sync::star;

/// A node restored from an old copy may write once it holds all that peers know of it, and not a moment before.
#[test]
fn a_restored_node_knows_its_own_once_all_of_it_has_come_back() {
    for seed in 0..8 {
        let (mut world, sessions) = star(2, 310 + seed);
        world.publish(1, KIND, "kept");
        let log = world.nodes[1].log(shelf(KIND));
        let (copy, heads) = (world.nodes[1].store.clone(), world.nodes[1].replica.logs().clone());
        for n in 0..4 {
            world.publish(1, KIND, &format!("lost {n}"));
        }
        world.settle();
        world.cut(sessions[0]);
        world.nodes[1].store = copy;
        let charter = world.charter.clone();
        world.nodes[1].restart_with(heads, &charter);
        assert!(!world.nodes[1].replica.knows_own());
        world.run_entries = 1;
        world.connect(1, 0);
        while world.step() {
            let whole = world.nodes[1].head(&log) == world.nodes[0].head(&log);
            assert!(whole || !world.nodes[1].replica.knows_own(), "seed {seed}");
        }
        world.settle();
        assert!(world.nodes[1].replica.knows_own());
        world.cut_all();
        assert!(!world.nodes[1].replica.knows_own(), "nobody is there to tell");
    }
}

/// Of a peer that gives nothing but the roster nothing else is learnt.
#[test]
fn who_shares_the_roster_alone_tells_nothing_of_ones_own() {
    let mut world = World::found(318);
    let (one, other) = (world.stranger("one"), world.stranger("other"));
    world.connect(one, other);
    world.pass(5);
    assert!(!world.nodes[one].replica.knows_own() && !world.nodes[other].replica.knows_own());
}

#[test]
fn who_begins_again_holds_what_it_is_told_and_has_no_sessions() {
    let (mut world, log) = forked(319, 2, 2, 2);
    world.connect(0, 2);
    world.pass(10);
    let replica = &mut world.nodes[0].replica;
    let (logs, forks, circles) = (replica.logs().clone(), replica.forks().clone(), replica.circles().clone());
    let digest = replica.roster().digest();
    assert!(forks.contains_key(&log) && !replica.peers().is_empty());
    let mut fewer = logs.clone();
    fewer.remove(&log);
    replica.begin_again(fewer.clone());
    assert_eq!((replica.logs().len(), replica.head(&log).seq), (fewer.len(), 0));
    assert!(replica.peers().is_empty());
    assert_eq!((replica.forks(), replica.circles()), (&forks, &circles));
    assert_eq!(replica.roster().digest(), digest);
}

/// What an institution's logs take is counted from what is held, so a restart changes nothing of it.
#[test]
fn a_restart_counts_allowances_as_before() {
    let mut world = World::of(2, 320);
    let charter = world.charter.clone();
    world.nodes[0].allow(all(4_000), &charter);
    world.connect(1, 0);
    world.settle();
    for n in 0..12 {
        world.publish(1, KIND, &format!("{n}"));
        world.settle();
    }
    let over = world.nodes[0].replica.over_allowance();
    assert_eq!(over.len(), 1);
    world.cut_all();
    world.nodes[0].allow(all(4_000), &charter);
    assert_eq!(world.nodes[0].replica.over_allowance(), over);
    let held = over.values().next().unwrap().held.all;
    world.nodes[0].allow(all(held), &charter);
    assert!(world.nodes[0].replica.over_allowance().is_empty(), "exactly what it may hold");
    world.nodes[0].allow(all(held - 1), &charter);
    assert_eq!(world.nodes[0].replica.over_allowance(), over);
}

fn offer(circle: u64, nodes: impl IntoIterator<Item = u8>) -> Delivery {
    let mut id = [0; 16];
    id[..8].copy_from_slice(&circle.to_be_bytes());
    let nodes = nodes.into_iter().map(|n| PublicKey([n; 32])).collect();
    Delivery { circle: CircleId(id), word: DeliveryWord::Offer, nodes }
}

/// The nodes of each record of a circle that the replica wants kept.
fn kept(effects: &[Effect]) -> Vec<usize> {
    let kept = effects.iter().filter_map(|effect| match effect {
        Effect::KeepCircle { known, .. } => Some(known.nodes.len()),
        _ => None,
    });
    kept.collect()
}

#[test]
fn a_mailbox_keeps_what_it_learns_of_a_circle_and_no_more_than_it_may() {
    let (mut world, sessions) = star(2, 321);
    let (session, now_ms) = (sessions[0], world.now_ms);
    let mut told = |nodes: std::ops::Range<u8>| {
        let bytes = Frame::Deliver(vec![offer(1, nodes)]).to_bytes();
        kept(&world.nodes[0].replica.handle(Input::Frame { session, bytes }, now_ms))
    };
    assert_eq!(told(0..0), [1], "who brought it");
    assert_eq!(told(1..4), [4]);
    assert!(told(1..4).is_empty(), "nothing new");
    assert_eq!(told(1..6), [6]);
    assert_eq!(told(10..130), [126]);
    assert_eq!(told(130..250), [protocol::limits::MAX_CIRCLE_NODES]);
}

#[test]
fn how_many_circles_a_node_brought_outlasts_a_restart() {
    let (mut world, sessions) = star(2, 322);
    let bring = |world: &mut World, session: u64, circles: std::ops::Range<u64>| {
        for from in circles.step_by(64) {
            let told = (from..from + 64).map(|circle| offer(circle, [])).collect();
            world.inject(session, 1, Frame::Deliver(told).to_bytes());
        }
        world.settle();
        world.nodes[0].circles.len()
    };
    assert_eq!(bring(&mut world, sessions[0], 0..960), 960);
    world.cut_all();
    let charter = world.charter.clone();
    world.nodes[0].restart(&charter);
    let session = world.connect(1, 0);
    world.settle();
    assert_eq!(bring(&mut world, session, 2_000..2_256), 1_024);
}
