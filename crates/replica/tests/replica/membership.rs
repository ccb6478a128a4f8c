//! Members suspended, gone, revoked, and what their connections and logs meet with.

use protocol::{Action, Frame, Head, LogHead, LogId, Subject};
use replica::Input;

use crate::harness::{KIND, World, shelf};
use crate::sync::star;

fn ended(mut world: World, session: u64, action: Action, words: &str) {
    let who = world.nodes[1].institution.id();
    world.publish(1, KIND, "before");
    world.settle();
    world.roster_step(0, Subject::Institution(who), action);
    world.settle();
    assert!(!world.sessions().contains(&session), "the running session has ended");
    assert!(world.report_of(1, "no longer admits"), "and its member knows why");
    world.connect(1, 0);
    world.settle();
    assert!(world.report_of(1, words), "{words}");
    assert!(world.sessions().is_empty());
}

#[test]
fn a_suspended_member_is_hung_up_and_refused() {
    let (world, sessions) = star(2, 40);
    ended(world, sessions[0], Action::Suspend("fees".to_owned()), "suspended");
}

#[test]
fn a_member_that_left_is_hung_up_and_refused() {
    let (world, sessions) = star(2, 41);
    ended(world, sessions[0], Action::Exit("moved".to_owned()), "left the network");
}

#[test]
fn a_revoked_node_is_hung_up_and_refused() {
    let (world, sessions) = star(2, 42);
    let node = world.nodes[1].key.public();
    ended(world, sessions[0], Action::RevokeNode(node, Vec::new(), "stolen".to_owned()), "revoked");
}

#[test]
fn a_reinstated_member_comes_back() {
    let (mut world, _) = star(2, 43);
    let who = world.nodes[1].institution.id();
    world.roster_step(0, Subject::Institution(who), Action::Suspend("fees".to_owned()));
    world.settle();
    let late = world.publish(1, KIND, "while suspended");
    world.roster_step(0, Subject::Institution(who), Action::Reinstate);
    let session = world.connect(1, 0);
    world.settle();
    assert!(world.synced(session));
    assert!(world.nodes[0].document(&late).is_some());
}

#[test]
fn a_revocation_leaves_what_came_before_it() {
    let (mut world, _) = star(3, 44);
    world.publish(1, KIND, "good");
    world.settle();
    let log: LogId = world.nodes[1].log(shelf(KIND));
    let point: Head = world.nodes[1].head(&log);
    let who = world.nodes[1].institution.id();
    let node = world.nodes[1].key.public();
    let action = Action::RevokeNode(node, vec![(log, point)], "stolen".to_owned());
    world.roster_step(0, Subject::Institution(who), action);
    world.pass(2);
    let roster = world.nodes[2].replica.roster();
    assert_eq!(roster.last_valid(&log), point.seq);
    let roster_log = world.nodes[1].log(protocol::Shelf::ROSTER);
    assert_eq!(roster.last_valid(&roster_log), 0, "a log that is not named is void whole");
    assert_eq!(roster.last_valid(&world.nodes[0].log(shelf(KIND))), u64::MAX);
    world.assert_same(&[0, 2]);
}

#[test]
fn a_log_that_came_before_its_institution_is_fetched_once_the_roster_knows_it() {
    let mut world = World::of(3, 45);
    world.connect(1, 0);
    world.connect(2, 0);
    world.settle();
    world.cut_all();
    // A new member publishes at the hub; node 1 hears of it from node 2, whose roster was cut off before it came.
    let new = world.admit("new");
    let listing = world.publish(new, KIND, "early");
    world.connect(new, 0);
    world.connect(2, 0);
    world.settle();
    let session = world.connect(1, 2);
    // The roster's frames are lost at first.
    world.faults.drop = 300;
    world.pass(5);
    world.faults.drop = 0;
    world.pass(120);
    assert!(world.nodes[1].document(&listing).is_some());
    assert!(world.synced(session));
    world.assert_same(&[0, 1, 2, new]);
}

#[test]
fn a_run_of_an_institution_not_known_yet_waits_for_the_roster() {
    let (mut world, sessions) = star(2, 46);
    let stranger = world.stranger("stranger");
    let listing = world.publish(stranger, KIND, "not yet admitted");
    let log = world.nodes[stranger].log(shelf(KIND));
    // The hub comes to hold it first, by whatever way, and passes it on: here node 1 gets the run unasked.
    let run = crate::harness::runs(&world.nodes[stranger], &log, 0, 2, 0).remove(0).0;
    world.inject(sessions[0], 0, protocol::Frame::Run(run).to_bytes());
    world.settle();
    assert_eq!(world.nodes[1].head(&log).seq, 0, "set aside");
    assert!(world.synced(sessions[0]), "which does not count as being behind");
    let who = world.nodes[stranger].institution.clone();
    world.roster_step(0, Subject::Institution(who.id()), Action::Admit(who));
    world.connect(stranger, 0);
    world.pass(40);
    assert!(world.nodes[1].document(&listing).is_some());
    assert!(world.synced(sessions[0]));
}

/// Whoever brings the roster to a newcomer need not be named in its first part.
#[test]
fn a_roster_that_comes_in_pieces_is_waited_for() {
    let mut world = World::of(6, 58);
    let session = world.connect(5, 0);
    world.settle();
    world.cut(session);
    world.run_entries = 1;
    let fresh = world.colleague("fresh", 1);
    let session = world.connect(fresh, 5);
    while world.step() {
        world.now_ms += 700;
    }
    world.pass(5);
    assert!(world.synced(session));
    world.assert_same(&[5, fresh]);
}

/// What was set aside is asked for in the moment in which the roster comes to know its institution.
#[test]
fn a_log_set_aside_is_asked_for_when_its_institution_is_admitted() {
    let (mut world, sessions) = crate::sync::star(2, 59);
    let stranger = world.stranger("stranger");
    world.publish(stranger, KIND, "too early");
    let log = world.nodes[stranger].log(crate::harness::shelf(KIND));
    let run = crate::harness::runs(&world.nodes[stranger], &log, 0, 2, 0).remove(0).0;
    world.give(0, Input::Frame { session: sessions[0], bytes: Frame::Run(run).to_bytes() });
    world.sent = Some(Vec::new());
    let who = world.nodes[stranger].institution.clone();
    world.roster_step(0, Subject::Institution(who.id()), Action::Admit(who));
    let sent = world.sent.take().unwrap();
    let asks = |bytes: &[u8]| match Frame::from_bytes(bytes) {
        Ok(Frame::Want(wants)) => wants.iter().any(|want| want.log == log && (want.have, want.to) == (0, 2)),
        _ => false,
    };
    assert!(sent.iter().any(|(_, bytes)| asks(bytes)));
}

/// Steps that come close together are folded together: until then nobody is asked for new logs, which might be set aside.
#[test]
fn a_new_log_is_asked_for_once_the_roster_is_folded() {
    let (mut world, sessions) = star(2, 60);
    let strangers = ["one", "other"].map(|name| world.stranger(name));
    world.pass(5);
    for stranger in strangers {
        let who = world.nodes[stranger].institution.clone();
        world.roster_step(0, Subject::Institution(who.id()), Action::Admit(who));
        world.settle();
    }
    world.publish(strangers[1], KIND, "by the second");
    let log = world.nodes[strangers[1]].log(shelf(KIND));
    let head = world.nodes[strangers[1]].head(&log);
    let heads = Frame::Heads(vec![LogHead { log, head }]).to_bytes();
    world.give(1, Input::Frame { session: sessions[0], bytes: heads });
    assert_eq!(world.nodes[1].replica.remembered().asked, 0, "its step waits to be folded");
    world.now_ms += 1_000;
    world.give(1, Input::Tick);
    assert_eq!(world.nodes[1].replica.remembered().asked, 1);
}

/// Logs of institutions that nobody admitted are set aside up to a bound.
#[test]
fn logs_set_aside_are_bounded() {
    const MOST: u64 = 4_096;
    let (mut world, sessions) = crate::sync::star(2, 60);
    let stranger = world.stranger("stranger");
    let certificate = world.nodes[stranger].certificate.clone();
    let open = protocol::OpenLog { certificate, predecessors: Vec::new() }.to_bytes();
    let strikes = |world: &World| world.nodes[0].replica.conduct(world.now_ms).len();
    for incarnation in 0..=MOST {
        world.nodes[stranger].incarnation = incarnation;
        let log = world.nodes[stranger].log(crate::harness::shelf(KIND));
        world.nodes[stranger].write_raw(log, protocol::Verb::OPEN, open.clone());
        let run = crate::harness::runs(&world.nodes[stranger], &log, 0, 1, 0).remove(0).0;
        assert_eq!(strikes(&world), 0, "log {incarnation}");
        world.give(0, Input::Frame { session: sessions[0], bytes: Frame::Run(run).to_bytes() });
    }
    assert_eq!(strikes(&world), 1, "one more than are set aside");
    assert!(world.report_of(0, "too many of its logs"));
}
