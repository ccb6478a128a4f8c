//! Allowances that are used up and free again while sessions go on.

use protocol::{Action, Frame, Head, LogHead, LogId, SignedStep, Subject};
use replica::{Input, Over, Room};

use crate::harness::{KIND, World, all, runs, shelf};

/// A node publishes on a further shelf, and the hub hears of it without getting it.
fn announced(world: &mut World, session: u64, node: usize) {
    world.publish(node, KIND + 1, "announced");
    world.drop_all(session, 0);
    let log = world.nodes[node].log(shelf(KIND + 1));
    let heads = Frame::Heads(vec![LogHead { log, head: world.nodes[node].head(&log) }]);
    world.give(0, Input::Frame { session, bytes: heads.to_bytes() });
    world.drop_all(session, node);
}

/// The entries of a log behind `have`, as the hub gets them in one run.
fn bring(world: &mut World, session: u64, node: usize, log: &LogId, have: u64) {
    world.drop_all(session, 0);
    let to = world.nodes[node].head(log).seq;
    let (run, upto, _) = runs(&world.nodes[node], log, have, to, 0).remove(0);
    assert_eq!(upto, to, "one run");
    world.give(0, Input::Frame { session, bytes: Frame::Run(run).to_bytes() });
}

/// In the moment in which an institution has used up its allowance nothing of it is waited for any more, and of others as
/// before; and in the moment in which there is room again, it is asked for.
#[test]
fn an_allowance_used_up_or_free_again_is_heeded_at_once() {
    let mut world = World::of(3, 94);
    let charter = world.charter.clone();
    world.nodes[0].allow(all(8_000), &charter);
    let colleague = world.colleague("colleague", 1);
    let [its, colleagues, others] = [1, colleague, 2].map(|node| world.connect(node, 0));
    world.settle();
    for node in [1, colleague, 2] {
        world.publish(node, KIND, "first");
    }
    world.pass(5);
    assert!(world.synced(colleagues) && world.synced(others));
    announced(&mut world, colleagues, colleague);
    announced(&mut world, others, 2);
    let asked = |world: &World| {
        let behind = [colleagues, others].map(|session| world.peer(0, session).logs_behind);
        (world.nodes[0].replica.remembered().asked, behind)
    };
    assert_eq!(asked(&world), (2, [1, 1]));
    let log = world.nodes[1].log(shelf(KIND));
    let point: Head = world.nodes[0].head(&log);
    for n in 0..30 {
        world.publish(1, KIND, &format!("more {n}"));
    }
    bring(&mut world, its, 1, &log, point.seq);
    let who = world.nodes[1].institution.id();
    assert!(world.nodes[0].replica.over_allowance().contains_key(&who));
    assert_eq!(asked(&world), (1, [0, 1]), "the others' alone");
    let chains = world.nodes[0].replica.roster().chains.clone();
    let action = Action::RevokeNode(world.nodes[1].key.public(), vec![(log, point)], "stolen".to_owned());
    world.roster_step(0, Subject::Institution(who), action.clone());
    assert!(world.nodes[0].replica.over_allowance().is_empty());
    assert_eq!(asked(&world).0, 2, "both again");
    // Governors who do not keep the revocation let all of it count again.
    let kept = chains.iter().map(|(subject, (_, last))| (*subject, *last)).collect();
    world.roster_step(0, Subject::Network, Action::Governors(charter.governors.clone(), kept));
    assert!(world.nodes[0].replica.over_allowance().contains_key(&who));
    assert_eq!(asked(&world).0, 1, "the others alone are waited for, once more");
    world.roster_step(0, Subject::Institution(who), action);
    assert_eq!(asked(&world).0, 2);
    world.pass(60);
    assert!(world.synced(colleagues) && world.synced(others));
    world.assert_same(&[0, colleague, 2]);
}

/// Steps by the own word of whoever signs cost nothing to make up and are kept in memory, so there is a measure of them.
#[test]
fn who_fills_its_roster_log_without_end_is_pulled_no_further() {
    let mut world = World::of(3, 95);
    let charter = world.charter.clone();
    world.nodes[0].allow(Room { roster: 20_000, ..Room::UNBOUNDED }, &charter);
    let sessions = [world.connect(1, 0), world.connect(2, 0)];
    world.settle();
    let word = |world: &World, node: usize, n: u64| {
        let own = &world.nodes[node];
        let log = LogId { incarnation: n, ..own.log(shelf(KIND)) };
        let settle = Action::Settle(log, Head { seq: n, ..Head::default() });
        SignedStep::own_word(
            Subject::Log(log.hash()),
            settle,
            own.certificate.clone(),
            &charter.id(),
            &own.root,
        )
    };
    for n in 0..150 {
        let input = {
            let step = word(&world, 1, n);
            world.nodes[1].write_step(&step)
        };
        world.give(1, input);
        world.settle();
    }
    let flooder = world.nodes[1].institution.id();
    let over = world.nodes[0].replica.over_allowance();
    let Over { held, entries, roster } = over[&flooder];
    assert!((over.len(), entries, roster) == (1, false, true) && held.roster < 22_000, "{held:?}");
    let words = |world: &World| world.nodes[0].replica.roster_figures().words;
    let few = words(&world);
    assert!((1..60).contains(&few), "{few} words of 150");
    // What it publishes comes as ever, and of others the roster too.
    let id = world.publish(1, KIND, "news");
    let input = {
        let step = word(&world, 2, 1);
        world.nodes[2].write_step(&step)
    };
    world.give(2, input);
    world.pass(10);
    assert!(world.nodes[0].document(&id).is_some());
    assert_eq!(words(&world), few + 1);
    assert!(world.peer(0, sessions[0]).over_allowance && !world.peer(0, sessions[1]).over_allowance);
    // A restart counts the same; more room, and all of it comes.
    world.cut_all();
    world.nodes[0].allow(Room { roster: 20_000, ..Room::UNBOUNDED }, &charter);
    assert_eq!(world.nodes[0].replica.over_allowance()[&flooder].held.roster, held.roster);
    world.nodes[0].allow(Room::UNBOUNDED, &charter);
    world.connect(1, 0);
    world.connect(2, 0);
    world.pass(10);
    assert_eq!(words(&world), 151);
    world.assert_same(&[0, 1, 2]);
}
