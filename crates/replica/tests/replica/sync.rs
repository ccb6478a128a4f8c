//! Members in step: first synchronisation, pushes, returns.

use protocol::{DocumentId, Frame, Head, LogHead};
use replica::{Effect, Input};

use crate::harness::{KIND, World, fields, shelf};

/// `n` members in step with the hub in a star.
pub fn star(n: usize, seed: u64) -> (World, Vec<u64>) {
    let mut world = World::of(n, seed);
    let sessions = (1..n).map(|node| world.connect(node, 0)).collect();
    world.settle();
    (world, sessions)
}

fn all(world: &World) -> Vec<usize> {
    (0..world.nodes.len()).collect()
}

#[test]
fn one_entry_reaches_the_other_node() {
    let mut world = World::of(2, 1);
    let id = world.publish(1, KIND, "石墨烯");
    let session = world.connect(1, 0);
    world.settle();
    world.assert_same(&[0, 1]);
    assert!(world.synced(session));
    assert!(world.nodes[0].document(&id).is_some());
    assert_eq!(world.peer(1, session).logs_behind, 0);
    assert_eq!(world.peer(1, session).durable_logs, 1, "the hub holds the site's log durably");
    assert_eq!(world.peer(0, session).durable_logs, 1, "the site holds the roster's log durably");
}

#[test]
fn equal_frontiers_cost_two_frames_each() {
    let (mut world, sessions) = star(2, 2);
    world.publish(1, KIND, "a");
    world.settle();
    world.cut(sessions[0]);
    let before = world.frames;
    let session = world.connect(0, 1);
    world.settle();
    assert!(world.synced(session));
    assert_eq!(world.frames - before, 4, "a hello and a digest each");
}

#[test]
fn a_live_edit_is_pushed_without_being_asked_for() {
    let (mut world, sessions) = star(2, 3);
    let id = world.publish(1, KIND, "old");
    world.settle();
    let before = world.frames;
    assert!(world.edit(1, id, &[("title", Some("new"))]));
    assert!(!world.peer(1, sessions[0]).synced, "the peer has not confirmed it yet");
    world.settle();
    world.assert_same(&[0, 1]);
    assert!(world.synced(sessions[0]));
    // The run, the author's word that it is durable, and the receiver's.
    assert_eq!(world.frames - before, 3);
}

#[test]
fn a_line_converges_through_its_middle() {
    let mut world = World::of(3, 4);
    let far = world.publish(2, KIND, "far");
    // 2 is known to 1 only through the roster that comes from the hub.
    let (a, b) = (world.connect(0, 1), world.connect(2, 1));
    world.settle();
    if !world.sessions().contains(&b) {
        world.connect(2, 1);
    }
    world.settle();
    world.assert_same(&[0, 1, 2]);
    assert!(world.nodes[0].document(&far).is_some());
    world.publish(0, KIND, "live, from one end");
    world.publish(2, KIND, "live, from the other");
    world.settle();
    world.assert_same(&[0, 1, 2]);
    assert!(world.synced(a));
}

#[test]
fn a_star_of_six_converges() {
    let (mut world, sessions) = star(6, 5);
    for node in 0..6 {
        world.publish(node, KIND + node as u16 % 3, "something");
    }
    world.settle();
    world.assert_same(&all(&world));
    assert!(sessions.iter().all(|session| world.synced(*session)));
}

#[test]
fn what_was_written_while_apart_is_exchanged_later() {
    let (mut world, sessions) = star(2, 6);
    let id = world.publish(1, KIND, "base");
    world.settle();
    world.cut(sessions[0]);
    let colleague = world.colleague("colleague", 1);
    let session = world.connect(colleague, 0);
    world.settle();
    world.cut(session);
    assert!(world.edit(1, id, &[("title", Some("by one"))]));
    assert!(world.edit(colleague, id, &[("title", Some("by the other"))]));
    world.connect(1, 0);
    world.connect(colleague, 0);
    world.settle();
    world.assert_same(&[0, 1, colleague]);
    let state = world.nodes[0].document(&id).unwrap().state();
    assert_eq!(state.fields["title"].len(), 2, "both values are kept");
}

#[test]
fn many_logs_go_through_buckets() {
    let mut world = World::of(2, 7);
    for kind in 0..120 {
        world.publish(1, KIND + kind, "one of many");
    }
    let session = world.connect(1, 0);
    world.settle();
    world.assert_same(&[0, 1]);
    assert!(world.synced(session));
    // One of 120 moves while they are apart: its bucket's heads alone are told.
    world.cut(session);
    world.publish(1, KIND + 60, "news");
    let heads = |world: &World| world.nodes[0].replica.peers()[0].entries.0;
    let session = world.connect(0, 1);
    let before = world.frames;
    world.settle();
    world.assert_same(&[0, 1]);
    assert!(world.synced(session));
    assert_eq!(heads(&world), 1, "one entry came");
    assert!(world.frames - before <= 12, "{} frames for one entry", world.frames - before);
}

#[test]
fn a_newcomer_learns_of_all_logs_of_a_large_hub() {
    let mut world = World::of(2, 8);
    for kind in 0..200 {
        world.publish(0, KIND + kind, "at the hub");
    }
    let session = world.connect(1, 0);
    world.settle();
    world.assert_same(&[0, 1]);
    assert!(world.synced(session));
}

#[test]
fn synced_is_never_said_before_it_is_so() {
    let mut world = World::of(2, 9);
    world.run_entries = 1;
    for n in 0..20 {
        world.publish(1, KIND + n % 4, "from 1");
        world.publish(0, KIND + n % 3, "from the hub");
    }
    let session = world.connect(1, 0);
    let mut steps = 0;
    loop {
        for (mine, theirs) in [(0usize, 1usize), (1, 0)] {
            let views = world.nodes[mine].replica.peers();
            if views.iter().any(|peer| peer.session == session && peer.synced) {
                let have = world.nodes[theirs].heads();
                let holds = world.nodes[mine]
                    .heads()
                    .iter()
                    .all(|(log, head)| have.get(log).is_some_and(|theirs| theirs.seq >= head.seq));
                assert!(holds, "node {mine} says synced at step {steps}");
            }
        }
        if steps == 3 {
            assert!(!world.synced(session));
        }
        steps += 1;
        if !world.step() {
            break;
        }
    }
    world.settle();
    assert!(world.synced(session));
}

#[test]
fn who_holds_nothing_is_not_in_step_before_it_knows_what_there_is() {
    for seed in 0..10 {
        let mut world = World::of(2, 900 + seed);
        let session = world.connect(1, 0);
        while world.step() {
            let views = world.nodes[1].replica.peers();
            let says = views.iter().any(|peer| peer.session == session && peer.synced);
            assert!(!says || world.nodes[1].heads() == world.nodes[0].heads());
        }
        world.settle();
        assert!(world.synced(session));
    }
}

#[test]
fn an_author_says_that_its_entry_is_durable_once_it_has_left() {
    let (mut world, sessions) = star(2, 15);
    let id = world.publish(1, KIND, "a");
    world.settle();
    let before = world.frames;
    world.edit(1, id, &[("title", Some("b"))]);
    assert_eq!(world.frames - before, 2, "the run and the word");
    while world.step() {}
    assert!(world.peer(0, sessions[0]).synced, "known without asking");
}

#[test]
fn a_tick_between_an_entry_and_its_confirmation_compares_nothing() {
    let (mut world, sessions) = star(3, 17);
    world.now_ms += 100_000;
    world.publish(1, KIND, "news");
    let before = world.frames;
    for node in 0..3 {
        world.give(node, Input::Tick);
    }
    assert_eq!(world.frames, before);
    world.pass(2);
    assert!(sessions.iter().all(|session| world.synced(*session)));
}

/// A hub of fifty members with a thousand logs. Not a limit, a look: `--ignored a_hub_of --nocapture`.
#[test]
#[ignore = "takes a minute; prints what one entry costs the hub"]
fn a_hub_of_a_thousand_logs_and_fifty_members() {
    let mut world = World::of(51, 16);
    for node in 1..51 {
        for kind in 0..20 {
            world.publish(node, KIND + kind, "one of a thousand");
        }
        world.connect(node, 0);
    }
    world.settle();
    world.assert_same(&[0, 25, 50]);
    let log = world.nodes[7].log(crate::harness::shelf(KIND));
    let have = world.nodes[7].head(&log).seq;
    world.publish(7, KIND, "news");
    let run = crate::harness::runs(&world.nodes[7], &log, have, have + 1, 0).remove(0).0;
    let session = world.sessions()[6];
    let (now_ms, begin) = (world.now_ms, std::time::Instant::now());
    let effects =
        world.nodes[0].replica.handle(Input::Frame { session, bytes: Frame::Run(run).to_bytes() }, now_ms);
    let run_took = begin.elapsed();
    let begin = std::time::Instant::now();
    world.nodes[0].replica.handle(Input::Tick, now_ms + 1_000);
    println!("a run: {run_took:?}, {} effects; a tick: {:?}", effects.len(), begin.elapsed());
    assert!(effects.len() >= 50);
}

#[test]
fn a_world_at_rest_stays_at_rest() {
    let (mut world, sessions) = star(4, 10);
    for node in 0..4 {
        world.publish(node, KIND, "x");
    }
    world.settle();
    assert!(sessions.iter().all(|session| world.synced(*session)));
    let before = world.frames;
    world.pass(3_600);
    assert_eq!(world.frames, before, "an hour without news costs no frame");
}

#[test]
fn late_and_repeated_runs_change_nothing() {
    let (mut world, sessions) = star(2, 11);
    let log = {
        let id = world.publish(1, KIND, "a");
        world.edit(1, id, &[("title", Some("b"))]);
        world.nodes[1].log(crate::harness::shelf(KIND))
    };
    world.settle();
    let (entries, reports) = (world.nodes[0].entries(), world.nodes[0].reports.len());
    for have in 0..3 {
        for (bytes, _, _) in crate::harness::runs(&world.nodes[1], &log, have, 3, 0) {
            world.inject(sessions[0], 1, Frame::Run(bytes).to_bytes());
        }
    }
    world.settle();
    assert_eq!((world.nodes[0].entries(), world.nodes[0].reports.len()), (entries, reports));
    assert!(world.synced(sessions[0]));
}

#[test]
fn a_run_that_overlaps_what_is_held_brings_the_rest() {
    let (mut world, sessions) = star(2, 12);
    let id = world.publish(1, KIND, "a");
    world.settle();
    world.cut(sessions[0]);
    for n in 0..5 {
        world.edit(1, id, &[("title", Some(&format!("v{n}")))]);
    }
    let log = world.nodes[1].log(crate::harness::shelf(KIND));
    let run = crate::harness::runs(&world.nodes[1], &log, 0, 7, 0).remove(0).0;
    let session = world.connect(0, 1);
    // Greet, and hold back everything else of node 1.
    world.settle_hello(session);
    world.give(0, Input::Frame { session, bytes: Frame::Run(run).to_bytes() });
    assert_eq!(world.nodes[0].head(&log).seq, 7);
    world.settle();
    world.assert_same(&[0, 1]);
}

#[test]
fn a_restarted_node_goes_on() {
    let (mut world, sessions) = star(2, 13);
    let id: DocumentId = world.publish(1, KIND, "a");
    world.settle();
    world.cut(sessions[0]);
    let charter = world.charter.clone();
    world.nodes[0].restart(&charter);
    world.edit(1, id, &[("title", Some("b"))]);
    let session = world.connect(1, 0);
    world.settle();
    world.assert_same(&[0, 1]);
    assert!(world.synced(session));
}

#[test]
fn own_listings_leave_a_node_that_subscribes_to_nothing() {
    let mut world = World::of(2, 14);
    world.nodes[1].narrow(protocol::Subscription::default(), &world.charter.clone());
    let theirs = world.publish(0, KIND, "of the hub");
    let mine = world.publish(1, KIND + 1, "of the site");
    let session = world.connect(1, 0);
    world.settle();
    assert!(world.synced(session));
    assert!(world.nodes[0].document(&mine).is_some(), "its own listing reached the hub");
    assert!(world.nodes[1].document(&theirs).is_none(), "it asked for nothing and got nothing");
}

/// A session whose ends have greeted each other, and all that they said after that is lost. The hub is node 0.
fn greeted(seed: u64, kinds: u16) -> (World, u64) {
    let (mut world, sessions) = star(2, seed);
    for kind in 0..kinds {
        for n in 0..3 {
            world.publish(1, KIND + kind, &format!("{n}"));
        }
    }
    world.settle();
    world.cut(sessions[0]);
    let session = world.connect(1, 0);
    world.settle_hello(session);
    world.drop_all(session, 0);
    world.drop_all(session, 1);
    (world, session)
}

/// Whoever tells of less than is held here is told of it, once.
#[test]
fn who_is_behind_is_told_so_once() {
    let (mut world, session) = greeted(18, 1);
    let log = world.nodes[1].log(crate::harness::shelf(KIND));
    let (at, head) = (world.nodes[1].store[&log][1].head(), world.nodes[0].head(&log));
    assert_eq!((at.seq, head.seq), (2, 4));
    let mut answers = |head| {
        world.sent = Some(Vec::new());
        let bytes = Frame::Heads(vec![protocol::LogHead { log, head }]).to_bytes();
        world.give(0, Input::Frame { session, bytes });
        let sent = world.sent.take().unwrap();
        sent.into_iter().map(|(_, bytes)| Frame::from_bytes(&bytes).unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(answers(at), [Frame::Heads(vec![protocol::LogHead { log, head }])]);
    assert_eq!(answers(at), []);
    assert_eq!(answers(head), []);
}

/// Who tells of a frontier that differs, again and again, and brings nothing, is asked about it a few times only.
#[test]
fn a_frontier_that_keeps_differing_is_asked_about_a_few_times() {
    let (mut world, session) = greeted(17, 1);
    world.sent = Some(Vec::new());
    for n in 0..10 {
        let bytes = Frame::Digest(protocol::Hash([n; 32])).to_bytes();
        world.give(0, Input::Frame { session, bytes });
    }
    let sent = world.sent.take().unwrap();
    let asked = sent.iter().filter(|(_, bytes)| matches!(Frame::from_bytes(bytes), Ok(Frame::Buckets(_))));
    assert_eq!(asked.count(), 3);
}

/// What is durable may lag behind what a peer holds: its word of more stands.
#[test]
fn a_durable_head_takes_back_no_higher_one() {
    let (mut world, session) = greeted(19, 1);
    let log = world.nodes[1].log(crate::harness::shelf(KIND));
    let mut told = |durable: bool, seq: u64| {
        let head = protocol::Head { seq, hash: protocol::Hash([seq as u8; 32]) };
        let heads = vec![protocol::LogHead { log, head }];
        let frame = if durable { Frame::Durable(heads) } else { Frame::Heads(heads) };
        world.give(0, Input::Frame { session, bytes: frame.to_bytes() });
        world.give(0, Input::Tick);
        let peer = world.peer(0, session);
        (peer.logs_behind, peer.durable_logs)
    };
    let before = told(false, 9);
    assert!(before.0 > 0);
    assert_eq!(told(true, 7), (before.0, before.1 + 1));
    assert_eq!(told(true, 8), (before.0, before.1 + 1), "counted once");
    // A word that is not of what is durable counts as the latest, lower or not: the log was cut off there.
    let head = world.nodes[0].head(&log);
    let bytes = Frame::Heads(vec![protocol::LogHead { log, head }]).to_bytes();
    world.give(0, Input::Frame { session, bytes });
    assert_eq!(world.peer(0, session).logs_behind, before.0 - 1);
}

/// What is on its way to a peer is confirmed once it has left; or before, when the peer has it from elsewhere meanwhile.
#[test]
fn what_a_peer_has_from_elsewhere_is_confirmed_before_it_has_left() {
    let mut world = World::of(2, 41);
    let session = world.connect(1, 0);
    world.settle();
    let now_ms = world.now_ms;
    let (_, written) = world.nodes[0].create(shelf(KIND), fields(&[("title", "on its way")]));
    let log = world.nodes[0].log(shelf(KIND));
    let (first, head) = (world.nodes[0].store[&log][0].head(), world.nodes[0].head(&log));
    let hub = &mut world.nodes[0].replica;
    let mut confirmed = |input: Input| {
        let told = |effect: &Effect| match effect {
            Effect::Send { frame: Frame::Durable(heads), .. } => heads.contains(&LogHead { log, head }),
            _ => false,
        };
        hub.handle(input, now_ms).iter().any(told)
    };
    assert!(!confirmed(written), "its entries are not in the line yet");
    let heads = |seq, hash| {
        let heads = vec![LogHead { log, head: Head { seq, hash } }];
        Input::Frame { session, bytes: Frame::Heads(heads).to_bytes() }
    };
    assert!(!confirmed(heads(first.seq, first.hash)), "it has a part");
    assert!(confirmed(heads(head.seq, head.hash)), "it has all of it");
}
