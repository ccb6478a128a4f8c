//! Roster entries in every order of arrival, and what a flood of them costs.

use std::collections::BTreeMap;

use protocol::{
    Action, CoSignature, Governor, Governors, Hash, Institution, RosterStep, SecretKey, Signature,
    SignedStep, Subject,
};

use crate::harness::{KIND, World};
use crate::sync::star;

/// Steps of three epochs, each under a governor of its own that the last one named, in the order of the epochs: each
/// suspends a member with another reason.
fn three_epochs(world: &World, member: &Institution) -> Vec<SignedStep> {
    let network = world.charter.id();
    let (about, mut keys) = (Subject::Institution(member.id()), vec![world.governor.clone()]);
    keys.extend((1..3).map(|n| SecretKey::from_seed(&[n; 32])));
    let roster = world.nodes[0].replica.roster();
    let (mut subject, mut of_network) = (roster.chains[&about], (0, Hash::default()));
    let mut steps = Vec::new();
    for (epoch, key) in (0..).zip(&keys) {
        let suspend = Action::Suspend(format!("epoch {epoch}"));
        let step =
            RosterStep { epoch, subject: about, number: subject.0 + 1, previous: subject.1, action: suspend };
        subject = (step.number, step.id());
        steps.push(SignedStep::sign(step, &network, 0, key));
        let Some(next) = keys.get(epoch as usize + 1) else { break };
        let institution = Institution { root: next.public(), ..member.clone() };
        let governors = Governors { members: vec![Governor::founding(institution)], threshold: 1 };
        // What an earlier epoch decided of others stands already.
        let mut kept = if epoch == 0 { roster.chains.clone() } else { BTreeMap::new() };
        kept.insert(about, subject);
        let kept = kept.into_iter().map(|(subject, (_, last))| (subject, last)).collect();
        let action = Action::Governors(governors, kept);
        let step = RosterStep {
            epoch,
            subject: Subject::Network,
            number: of_network.0 + 1,
            previous: of_network.1,
            action,
        };
        of_network = (step.number, step.id());
        steps.push(SignedStep::sign(step, &network, 0, key));
    }
    steps
}

/// The steps of a later epoch come before those that say who governs it.
#[test]
fn epochs_may_come_in_any_order() {
    for order in [[0, 1, 2, 3, 4], [4, 3, 2, 1, 0], [4, 2, 0, 3, 1], [2, 4, 1, 3, 0]] {
        let (mut world, _) = star(3, 700);
        let member = world.nodes[1].institution.clone();
        let steps = three_epochs(&world, &member);
        for place in order {
            let input = world.nodes[2].write_step(&steps[place]);
            world.give(2, input);
            world.pass(1);
        }
        world.pass(3);
        let expected = world.nodes[2].replica.roster().clone();
        assert_eq!(expected.epoch, 2, "{order:?}");
        assert_eq!(
            expected.members[&member.id()].state,
            protocol::MemberState::Suspended("epoch 2".to_owned())
        );
        assert_eq!(world.nodes[0].replica.roster(), &expected);
        // A node that starts again, and one that hears it all at once.
        let charter = world.charter.clone();
        world.nodes[0].restart(&charter);
        assert_eq!(world.nodes[0].replica.roster(), &expected);
        let late = world.colleague("late", 2);
        world.connect(late, 2);
        world.pass(3);
        assert_eq!(world.nodes[late].replica.roster(), &expected);
    }
}

/// Copies of one step with signatures that nobody made, and steps that nobody signed: a member may write them, and they
/// are passed on; no more stays of them in a node's memory, and none is verified at a later fold.
#[test]
fn a_flood_of_roster_entries_costs_what_it_brings() {
    const FLOOD: u64 = 256;
    let (mut world, sessions) = star(3, 701);
    world.settle();
    let before = [0, 2].map(|node| world.nodes[node].replica.roster_figures());
    let who = world.nodes[1].institution.clone();
    for n in 0..FLOOD {
        let action = Action::Other(99, vec![0; 2_000]);
        let epoch = if n % 2 == 0 { 0 } else { 1 + n as u32 };
        let step = RosterStep {
            epoch,
            subject: Subject::Institution(who.id()),
            number: 2,
            previous: Hash::default(),
            action,
        };
        let bogus = |governor: u8| CoSignature { governor, signature: Signature([n as u8; 64]) };
        let signatures = (0..64).map(bogus).collect();
        let input = world.nodes[1].write_step(&SignedStep { step, signatures, own: None });
        world.give(1, input);
    }
    world.settle();
    for (node, before) in [0, 2].into_iter().zip(&before) {
        let after = world.nodes[node].replica.roster_figures();
        assert_eq!((after.steps, after.words), (before.steps, before.words));
        assert!(after.verified - before.verified <= FLOOD / 2, "the one governor's, of epoch 0: {after:?}");
    }
    // Folds that come later verify what is new, and nothing of the flood.
    let before = world.nodes[2].replica.roster_figures();
    for n in 0..8 {
        world.roster_step(0, Subject::Institution(who.id()), Action::Suspend(format!("{n}")));
        world.pass(1);
    }
    let after = world.nodes[2].replica.roster_figures();
    assert_eq!((after.steps - before.steps, after.verified - before.verified), (8, 8));
    assert_eq!(world.nodes[2].replica.roster(), world.nodes[0].replica.roster());
    world.publish(2, KIND, "as before");
    world.settle();
    assert!(world.synced(sessions[1]));
}
