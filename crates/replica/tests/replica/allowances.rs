//! Allowances that are used up and free again while sessions go on.

use protocol::{Action, Frame, Head, LogHead, LogId, Subject};
use replica::Input;

use crate::harness::{KIND, World, runs, shelf};

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
    world.nodes[0].allow(8_000, &charter);
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
