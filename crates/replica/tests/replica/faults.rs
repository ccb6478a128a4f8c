//! Frames lost, damaged, repeated: what was missed is fetched again.

use protocol::{Credential, Frame, Hash, Head, Hello, LogHead, LogId, Subscription};
use replica::Input;

use crate::harness::{Faults, KIND, World, runs, shelf};

/// A hub and a member with a little of everything, not yet connected.
fn apart(seed: u64) -> World {
    let mut world = World::of(2, seed);
    let session = world.connect(1, 0);
    let id = world.publish(1, KIND, "base");
    world.settle();
    world.cut(session);
    world.edit(1, id, &[("title", Some("edited while away"))]);
    world.publish(0, KIND + 1, "at the hub while it was away");
    world.publish(1, KIND + 2, "a new log");
    world
}

/// Rounds that a single lost frame may cost a node beyond those of an undisturbed meeting.
const ROUNDS: usize = 5;
/// First bytes of the frames that ask for an answer: Buckets and Want (SPEC §13).
const QUESTIONS: [u8; 2] = [4, 6];

/// Rounds so far: questions that each node has sent.
fn rounds(world: &World) -> [usize; 2] {
    let sent = world.sent.as_deref().unwrap();
    [0, 1].map(|node| {
        let asks = |(to, bytes): &&(usize, Vec<u8>)| *to != node && QUESTIONS.contains(&bytes[0]);
        sent.iter().filter(asks).count()
    })
}

fn meet(mut world: World) -> (World, u64) {
    world.sent = Some(Vec::new());
    let session = world.connect(1, 0);
    world.settle();
    world.publish(1, KIND, "live");
    world.settle();
    (world, session)
}

/// Frames and rounds that the undisturbed meeting takes.
fn undisturbed(seed: u64) -> (usize, [usize; 2]) {
    let world = apart(seed);
    let before = world.frames;
    let (world, session) = meet(world);
    assert!(world.synced(session));
    (world.frames - before, rounds(&world))
}

fn with_one_lost(seed: u64, number: usize) -> (World, u64) {
    let mut world = apart(seed);
    world.lose = vec![world.frames + number];
    meet(world)
}

#[test]
fn any_single_lost_frame_heals_when_the_peers_meet_again() {
    let (frames, _) = undisturbed(70);
    assert!(frames >= 12, "{frames}");
    for number in 1..=frames {
        let (mut world, session) = with_one_lost(70, number);
        world.cut(session);
        world.sent = Some(Vec::new());
        let session = world.connect(0, 1);
        world.settle();
        assert!(world.synced(session), "frame {number} of {frames}");
        world.assert_same(&[0, 1]);
        assert!(rounds(&world).into_iter().all(|n| n <= ROUNDS), "frame {number}: {:?}", rounds(&world));
    }
}

#[test]
fn any_single_lost_frame_after_the_hellos_heals_within_the_session() {
    let mut most = 0;
    for seed in [71, 75, 76, 77, 78] {
        let (frames, usual) = undisturbed(seed);
        for number in 3..=frames {
            let (mut world, session) = with_one_lost(seed, number);
            world.pass(40);
            assert!(world.synced(session), "frame {number} of {frames}");
            world.assert_same(&[0, 1]);
            for (more, usual) in rounds(&world).into_iter().zip(usual) {
                most = most.max(more.saturating_sub(usual));
            }
            let before = world.frames;
            world.pass(60);
            assert_eq!(world.frames, before, "and then it is quiet");
        }
    }
    println!("a lost frame costs a node at most {most} more rounds");
    assert!((1..=ROUNDS).contains(&most), "{most}");
}

/// A hello that was damaged on its way tells other wishes than its sender has, and nothing that is compared shows it.
#[test]
fn two_that_are_out_of_step_for_hours_begin_anew() {
    let mut world = World::of(3, 80);
    world.connect(1, 0);
    world.connect(2, 0);
    world.publish(2, KIND, "held by both");
    world.settle();
    world.cut_all();
    world.publish(0, KIND, "at the hub while it was away");
    let session = world.connect(0, 1);
    world.drop_next(session, 0);
    let node = &world.nodes[1];
    let hello = Hello {
        network: world.charter.id(),
        shown: protocol::Shown::InFull(Credential::Certificate(Box::new(node.certificate.clone()))),
        subscription: Subscription::default(),
        agent: String::new(),
    };
    world.inject(session, 1, Frame::Hello(Box::new(hello)).to_bytes());
    world.pass(5 * 3_600);
    assert!(world.is_open(session) && !world.synced(session), "they see it and go on comparing");
    world.pass(2 * 3_600);
    assert!(!world.is_open(session));
    assert!(world.report_of(0, "begins anew") || world.report_of(1, "begins anew"));
    let session = world.connect(1, 0);
    world.settle();
    assert!(world.synced(session));
    world.assert_same(&[0, 1]);
    world.pass(8 * 3_600);
    assert!(world.is_open(session), "who is in step stays");
}

#[test]
fn every_bit_of_a_small_run_may_flip() {
    let mut world = World::of(2, 72);
    world.publish(1, KIND, "石墨烯复合材料");
    let log = world.nodes[1].log(shelf(KIND));
    let good = Frame::Run(runs(&world.nodes[1], &log, 0, 2, 0).remove(0).0).to_bytes();
    let (mut harmless, mut silent) = (0, 0);
    let (store, heads) = (world.nodes[0].store.clone(), world.nodes[0].replica.logs().clone());
    let charter = world.charter.clone();
    for bit in 0..good.len() * 8 {
        world.cut_all();
        world.nodes[0].store = store.clone();
        world.nodes[0].restart_with(heads.clone(), &charter);
        world.nodes[0].reports.clear();
        let session = world.connect(0, 1);
        // The run comes damaged before the two have compared anything; all is fetched thereafter.
        world.settle_hello(session);
        let mut bad = good.clone();
        bad[bit / 8] ^= 1 << (bit % 8);
        world.give(0, Input::Frame { session, bytes: bad });
        // Few bits say nothing (of a compressed text's frame); then it is the author's entries that are taken in.
        let taken = world.nodes[0].store.get(&log);
        assert!(taken.is_none_or(|own| *own == world.nodes[1].store[&log]), "bit {bit}");
        silent += usize::from(taken.is_some());
        let reported = !world.nodes[0].reports.is_empty();
        harmless += usize::from(!reported);
        if bit % 4 != 0 {
            continue;
        }
        world.settle();
        if !world.synced(session) {
            world.pass(40);
        }
        assert!(world.synced(session), "bit {bit}");
        world.assert_same(&[0, 1]);
    }
    // Without a report: the log's name or place was hit, so it was not one that continues anything.
    assert!(silent < 16, "{silent} flips went unnoticed");
    assert!(harmless < 49 * 8, "{harmless} flips dropped without a reason");
}

#[test]
fn flipped_bits_of_a_large_run_are_found() {
    let mut world = World::of(2, 74);
    for n in 0..150 {
        world.publish(1, KIND, &format!("成果 {n}"));
    }
    let log = world.nodes[1].log(shelf(KIND));
    let good = Frame::Run(runs(&world.nodes[1], &log, 0, 151, 0).remove(0).0).to_bytes();
    let session = world.connect(0, 1);
    world.settle_hello(session);
    for _ in 0..60 {
        let mut bad = good.clone();
        let bit = 400 + world.rng.below(bad.len() * 8 - 400);
        bad[bit / 8] ^= 1 << (bit % 8);
        // Each in a session of its own, and forgiven: eight strikes end one, ten are remembered beyond it.
        world.cut_all();
        let peer = world.nodes[1].key.public();
        world.give(0, Input::Forgive { peer });
        let session = world.connect(0, 1);
        world.settle_hello(session);
        world.give(0, Input::Frame { session, bytes: bad });
        assert_eq!(world.nodes[0].head(&log).seq, 0, "bit {bit}");
        assert_eq!(world.peer(0, session).strikes, 1);
    }
    world.settle();
    world.assert_same(&[0, 1]);
}

/// A log of so many listings on its way to the hub, entry by entry; one in the middle is lost.
pub fn losing_a_run(seed: u64, listings: usize) -> (World, u64, LogId) {
    let mut world = World::of(2, seed);
    for n in 0..listings {
        world.publish(1, KIND, &format!("{n}"));
    }
    world.run_entries = 1;
    let session = world.connect(0, 1);
    let log = world.nodes[1].log(shelf(KIND));
    while world.nodes[0].head(&log).seq < 3 {
        assert!(world.step());
    }
    world.drop_next(session, 0);
    (world, session, log)
}

#[test]
fn a_lost_run_in_the_middle_is_asked_for_at_once() {
    let (mut world, session, _) = losing_a_run(74, 10);
    let now = world.now_ms;
    world.settle();
    world.assert_same(&[0, 1]);
    assert!(world.now_ms - now < 1_000, "without waiting for patience to end");
    assert!(world.synced(session));
}

#[test]
fn noise_on_the_line_does_not_keep_peers_apart() {
    for seed in 0..20 {
        let mut world = apart(7_500 + seed);
        world.run_entries = 2;
        world.faults = Faults { drop: 60, duplicate: 60, flip: 30, delay: 0 };
        for _ in 0..10 {
            if world.sessions().is_empty() {
                world.connect(1, 0);
            }
            world.publish(0, KIND, "x");
            world.publish(1, KIND, "y");
            world.pass(10);
        }
        world.faults = Faults::default();
        world.cut_all();
        let session = world.connect(1, 0);
        world.pass(30);
        assert!(world.synced(session), "seed {seed}");
        world.assert_same(&[0, 1]);
    }
}

#[test]
fn what_a_silent_peer_was_asked_for_is_asked_of_another() {
    let mut world = World::of(4, 75);
    let ids: Vec<_> = (0..5).map(|n| world.publish(1, KIND + n, "wanted")).collect();
    let session = world.connect(1, 0);
    world.settle();
    world.cut(session);
    for node in [2, 3] {
        let session = world.connect(node, 0);
        world.settle();
        world.cut(session);
    }
    // A fresh node asks 2, which falls silent after its heads; 3 has everything too.
    let fresh = world.colleague("fresh", 1);
    let silent = world.connect(fresh, 2);
    while world.nodes[fresh].replica.peers()[0].logs_behind == 0 {
        assert!(world.step());
    }
    world.mute(silent, 2);
    world.connect(fresh, 3);
    world.pass(30);
    assert!(ids.iter().all(|id| world.nodes[fresh].document(id).is_some()));
    assert!(world.nodes[2].reports.is_empty() && world.nodes[3].reports.is_empty());
}

/// Of several peers the one is asked that has it and may be asked for more: not who has it not, nor whose hands are full.
#[test]
fn what_a_silent_peer_was_asked_for_is_asked_of_one_that_has_it_and_room() {
    const AT_ONCE: u16 = 32;
    let mut world = World::of(6, 79);
    let [silent, without, full, with_room] = [2, 3, 4, 5].map(|node| world.connect(node, 0));
    world.settle();
    let log = |world: &World, n: u16| world.nodes[1].log(shelf(KIND + n));
    let tell = |world: &mut World, session: u64, kinds: std::ops::Range<u16>| {
        let head = Head { seq: 3, hash: Hash([3; 32]) };
        let heads = kinds.map(|n| LogHead { log: log(world, n), head }).collect();
        world.give(0, Input::Frame { session, bytes: Frame::Heads(heads).to_bytes() });
    };
    tell(&mut world, silent, 0..1);
    world.now_ms += 15_000;
    tell(&mut world, full, 0..1 + AT_ONCE);
    tell(&mut world, with_room, 0..1);
    tell(&mut world, without, AT_ONCE..1 + AT_ONCE);
    assert_eq!(world.nodes[0].replica.remembered().asked, 1 + usize::from(AT_ONCE), "each of one peer");
    world.sent = Some(Vec::new());
    world.now_ms += 6_000;
    world.give(0, Input::Tick);
    let wanted = log(&world, 0);
    let asked = world.sent.iter().flatten().filter_map(|(to, bytes)| match Frame::from_bytes(bytes) {
        Ok(Frame::Want(wants)) => wants.iter().any(|want| want.log == wanted).then_some(*to),
        _ => None,
    });
    assert_eq!(asked.collect::<Vec<_>>(), [5]);
}

#[test]
fn a_clock_set_back_ten_years_loses_nothing() {
    let mut world = apart(76);
    world.connect(1, 0);
    for _ in 0..8 {
        world.step();
    }
    world.now_ms -= 315_000_000_000;
    world.lose = vec![world.frames + 1, world.frames + 2];
    world.pass(60);
    world.now_ms += 630_000_000_000;
    world.pass(60);
    world.assert_same(&[0, 1]);
}

#[test]
fn what_was_asked_for_before_the_clock_was_set_back_is_asked_for_again() {
    let mut world = World::of(2, 77);
    for n in 0..10 {
        world.publish(1, KIND, &format!("{n}"));
    }
    world.run_entries = 1;
    let session = world.connect(0, 1);
    let log = world.nodes[1].log(shelf(KIND));
    while world.nodes[0].head(&log).seq < 3 {
        assert!(world.step());
    }
    world.drop_all(session, 0);
    world.now_ms -= 315_000_000_000;
    world.pass(40);
    world.assert_same(&[0, 1]);
}

#[test]
fn a_damaged_run_is_asked_for_again_at_once() {
    let mut world = World::of(2, 78);
    for n in 0..10 {
        world.publish(1, KIND, &format!("{n}"));
    }
    world.run_entries = 1;
    let session = world.connect(0, 1);
    let log = world.nodes[1].log(shelf(KIND));
    while world.nodes[0].head(&log).seq < 10 {
        assert!(world.step());
    }
    world.damage_next(session, 0);
    let now = world.now_ms;
    world.settle();
    world.assert_same(&[0, 1]);
    assert!(world.now_ms - now < 1_000);
    assert!(world.report_of(0, "dropped and asked for again"));
}

/// Nothing else is on its way then that would make it ask.
#[test]
fn a_damaged_run_that_was_all_there_is_is_asked_for_again_at_once() {
    let mut world = World::of(2, 79);
    world.publish(1, KIND, "all there is");
    let session = world.connect(0, 1);
    let log = world.nodes[1].log(shelf(KIND));
    let comes = |line: &String| line.contains("n1 ─▶ hub run");
    while !world.lines().iter().any(comes) || world.frames_for(session, 0) > 1 {
        assert!(world.step());
    }
    assert_eq!(world.nodes[0].head(&log).seq, 0);
    world.damage_next(session, 0);
    let now = world.now_ms;
    while world.step() {}
    assert_eq!(world.nodes[0].head(&log).seq, 2);
    assert!(world.now_ms - now < 1_000);
}

#[test]
fn a_log_that_a_damaged_frame_named_keeps_nothing_else_from_coming() {
    for (region, kind) in [(0, 0), (420_100, KIND), (0, KIND)] {
        let mut world = apart(79);
        let session = world.connect(1, 0);
        world.settle_hello(session);
        // One bit of a list of heads was another one on the way: it names a log of nobody's, on the roster's shelf even.
        let mut named = world.nodes[0].log(protocol::Shelf { region, ..shelf(kind) });
        named.node.0[31] ^= 1;
        let head = Head { seq: 5, hash: Hash([7; 32]) };
        let frame = Frame::Heads(vec![LogHead { log: named, head }]).to_bytes();
        world.give(1, Input::Frame { session, bytes: frame });
        world.settle();
        world.publish(0, KIND + 1, "meanwhile");
        world.pass(90);
        let (hub, member) = (world.nodes[0].heads(), world.nodes[1].heads());
        assert_eq!(hub, member, "region {region}, kind {kind}");
    }
}
