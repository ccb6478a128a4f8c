//! Conversations written out: what two or three nodes say to each other, frame by frame, in `traces/*.txt`.
//!
//! They are there to be read, and they notice any frame more or less: a change of them is to be looked at as one looks at
//! a change of golden bytes. `LIANSHI_BLESS=1 cargo test -p replica traces` writes them anew.

use std::collections::BTreeMap;
use std::path::Path;

use protocol::{Action, CheckedRun, Frame, Role, Subject};
use replica::SessionState;

use crate::faults::losing_a_run;
use crate::forks::{forked, settle_on};
use crate::harness::{KIND, World, all, node_certificate, shelf};
use crate::sealed;
use crate::sync::star;

/// Compares what a world has noted with the file of this name.
fn check(name: &str, mut world: World) {
    for session in world.sessions() {
        for node in 0..world.nodes.len() {
            let line = standing(&world, node, session);
            line.into_iter().for_each(|line| world.note(line));
        }
    }
    let text = named(&world, &world.lines().join("\n")) + "\n";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/replica/traces").join(format!("{name}.txt"));
    if std::env::var_os("LIANSHI_BLESS").is_some() {
        return std::fs::write(path, text).unwrap();
    }
    let golden = std::fs::read_to_string(path).unwrap();
    for (number, (golden, ours)) in golden.lines().zip(text.lines()).enumerate() {
        assert_eq!(golden, ours, "{name}: line {}", number + 1);
    }
    assert_eq!(golden.lines().count(), text.lines().count(), "{name}: lines");
}

/// How a session stands for one of its ends.
fn standing(world: &World, node: usize, session: u64) -> Option<String> {
    let seen = world.nodes[node].replica.peers().into_iter().find(|peer| peer.session == session)?;
    let state = match &seen.state {
        SessionState::Ended(why) => format!("ended: {why}"),
        state => format!("{state:?}").to_lowercase(),
    };
    let name = &world.nodes[node].name;
    let step = if seen.synced { "in step" } else { "out of step" };
    let (came, left) = seen.entries;
    let (behind, durable, strikes) = (seen.logs_behind, seen.durable_logs, seen.strikes);
    Some(format!(
        "{name} of session {session}: {state}, {step}, {behind} logs differ, {durable} durable there, \
         {came} entries came, {left} left, {strikes} strikes"
    ))
}

/// The same with names for keys, and numbers for hashes in the order in which they are come by.
fn named(world: &World, text: &str) -> String {
    let names: BTreeMap<String, &str> =
        world.nodes.iter().map(|node| (node.key.public().short(), node.name.as_str())).collect();
    let mut hashes: BTreeMap<String, String> = BTreeMap::new();
    let is_hash = |word: &str| word.len() >= 8 && word.bytes().all(|b| b.is_ascii_hexdigit());
    let mut out = String::new();
    for word in text.split_inclusive(|c: char| !c.is_ascii_alphanumeric()) {
        let plain = word.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
        match names.get(plain) {
            Some(name) => out.push_str(name),
            // A moment is a number too, and at most nine digits.
            None if is_hash(plain) && (plain.len() > 9 || plain.bytes().any(|b| b.is_ascii_alphabetic())) => {
                let next = format!("#{}", hashes.len() + 1);
                out.push_str(hashes.entry(plain.to_owned()).or_insert(next));
            }
            None => out.push_str(plain),
        }
        out.push_str(&word[plain.len()..]);
    }
    out
}

#[test]
fn a_meeting() {
    let mut world = World::of(2, 201);
    world.publish(1, KIND, "before they meet");
    world.publish(1, KIND + 1, "of another kind");
    let session = world.connect(1, 0);
    world.settle();
    world.note("an edit, told at once".to_owned());
    let id = world.publish(0, KIND, "by the hub");
    world.settle();
    world.edit(0, id, &[("title", Some("edited"))]);
    world.settle();
    world.cut(session);
    world.note("written while apart".to_owned());
    world.publish(1, KIND, "apart");
    world.edit(0, id, &[("title", Some("edited again"))]);
    world.connect(0, 1);
    world.settle();
    world.pass(30);
    check("meeting", world);
}

#[test]
fn a_newcomer() {
    let mut world = World::found(202);
    world.publish(0, KIND, "at the hub");
    let one_time = world.invite(0, 3_000_000_000_000);
    let (first, second) = (world.newcomer("first", &one_time), world.newcomer("second", &one_time));
    world.connect(first, 0);
    world.settle();
    world.publish(first, KIND, "by the newcomer");
    world.settle();
    world.note("the same invitation again".to_owned());
    world.connect(second, 0);
    world.settle();
    check("newcomer", world);
}

/// What comes from one is announced to the others, who ask for it.
#[test]
fn a_star_passes_on() {
    let (mut world, _) = star(3, 203);
    world.forget_lines();
    let id = world.publish(1, KIND, "from one");
    world.settle();
    world.edit(1, id, &[("title", Some("edited"))]);
    world.publish(2, KIND + 1, "from the other");
    world.settle();
    world.pass(60);
    check("star", world);
}

/// More logs than may be asked for at once: each has its turn, the roster first.
#[test]
fn many_logs() {
    let mut world = World::of(2, 204);
    world.run_entries = 2;
    for kind in 0..70 {
        for n in 0..1 + kind % 3 {
            world.publish(1, KIND + kind, &format!("{n}"));
        }
    }
    world.connect(1, 0);
    world.settle();
    check("many-logs", world);
}

#[test]
fn a_lost_run() {
    let (mut world, session, log) = losing_a_run(205, 8);
    while world.nodes[0].head(&log).seq < 7 {
        assert!(world.step());
    }
    world.settle();
    world.note("the last one is damaged".to_owned());
    world.publish(1, KIND, "once more");
    world.damage_next(session, 0);
    world.settle();
    world.note("a word is lost: found by comparing again, ever more rarely".to_owned());
    world.publish(1, KIND, "and again");
    world.drop_all(session, 0);
    world.pass(40);
    check("lost-run", world);
}

/// A peer that says nothing any more is asked again, ever more rarely; its ranges are asked of another.
#[test]
fn a_silent_peer() {
    let (mut world, sessions) = star(3, 206);
    world.publish(1, KIND, "wanted");
    world.settle();
    world.cut(sessions[1]);
    world.forget_lines();
    world.run_entries = 1;
    for n in 0..3 {
        world.publish(1, KIND + 1, &format!("wanted {n}"));
    }
    world.settle();
    let late = world.connect(2, 0);
    while !world.lines().last().unwrap().contains("want") {
        assert!(world.step());
    }
    world.mute(late, 0);
    world.connect(2, 1);
    world.pass(1_500);
    check("silent-peer", world);
}

#[test]
fn a_fork_found_and_settled() {
    let (mut world, log) = forked(207, 9, 4, 2);
    let kept = world.nodes[2].head(&log);
    world.forget_lines();
    world.connect(0, 2);
    world.pass(10);
    world.note("settled on the branch of the other".to_owned());
    settle_on(&mut world, 0, log, kept);
    world.pass(40);
    check("fork", world);
}

/// Of a settled log only who holds the kept branch is asked, however much more of the other one there is.
#[test]
fn a_fork_among_three() {
    let (mut world, log) = forked(215, 2, 6, 1);
    let kept = world.nodes[2].head(&log);
    let session = world.connect(3, 0);
    world.settle();
    world.cut(session);
    world.forget_lines();
    settle_on(&mut world, 0, log, kept);
    world.connect(0, 3);
    world.pass(2);
    world.note("who holds the kept branch comes".to_owned());
    world.connect(0, 2);
    world.pass(30);
    check("fork-among-three", world);
}

/// One branch is nowhere to be had: its holder shows nothing of it.
#[test]
fn a_fork_that_is_not_shown() {
    let (mut world, log) = forked(208, 3, 2, 2);
    world.forget_lines();
    world.connect(0, 2);
    for _ in 0..120 {
        for session in world.sessions() {
            let of_log = |run: &[u8]| CheckedRun::peek(run).is_ok_and(|(other, _, _)| other == log);
            world.discard(
                session,
                |bytes| matches!(Frame::from_bytes(bytes), Ok(Frame::Run(run)) if of_log(&run)),
            );
        }
        if !world.step() {
            world.pass(1);
        }
    }
    check("fork-not-shown", world);
}

#[test]
fn a_member_suspended_and_reinstated() {
    let (mut world, _) = star(3, 209);
    world.forget_lines();
    world.publish(1, KIND, "before");
    world.settle();
    let subject = Subject::Institution(world.nodes[1].institution.id());
    world.roster_step(0, subject, Action::Suspend("late".to_owned()));
    world.settle();
    world.connect(1, 2);
    world.settle();
    world.publish(1, KIND, "meanwhile");
    world.roster_step(0, subject, Action::Reinstate);
    world.settle();
    world.connect(1, 0);
    world.settle();
    world.roster_step(0, subject, Action::ChangeRole(Role::SubMarket, crate::harness::REGION));
    world.settle();
    check("suspended", world);
}

#[test]
fn an_allowance_used_up() {
    let mut world = World::of(2, 210);
    let charter = world.charter.clone();
    world.nodes[0].allow(all(4_000), &charter);
    world.connect(1, 0);
    world.settle();
    for n in 0..9 {
        world.publish(1, KIND + n % 2, &format!("{n}"));
        world.settle();
    }
    world.pass(20);
    let who = world.nodes[1].institution.id();
    let log = world.nodes[1].log(shelf(KIND));
    let point = (log, world.nodes[0].store[&log][1].head());
    world.note("most of it is void".to_owned());
    let key = world.nodes[1].key.public();
    world.roster_step(
        0,
        Subject::Institution(who),
        Action::RevokeNode(key, vec![point], "stolen".to_owned()),
    );
    world.pass(10);
    check("allowance", world);
}

#[test]
fn a_sealed_shelf() {
    let mut world = sealed::network(211);
    world.forget_lines();
    world.note("sealed to another party, by way of the hub".to_owned());
    let (_, id) = sealed::seal(&mut world, "the real need");
    world.pass(10);
    let readers = sealed::keys(&world, &[1, 2]);
    let answer = world.nodes[2].edit_sealed(id, &readers, "an answer");
    world.give(2, answer);
    world.pass(10);
    world.note("parties meet, and begin another circle".to_owned());
    world.connect(1, 2);
    world.settle();
    let other = protocol::Circle { nonce: [6; 16], ..sealed::circle(&world, &[1, 2]) };
    let (_, input) = world.nodes[2].seal(&other, &readers, "something else");
    world.give(2, input);
    world.pass(10);
    check("sealed", world);
}

/// An offer that is not answered is repeated, ever more rarely.
#[test]
fn an_offer_without_an_answer() {
    let mut world = sealed::network(212);
    world.forget_lines();
    let hub = world.sessions()[0];
    world.mute(hub, 0);
    world.note("the hub's answers are lost".to_owned());
    sealed::seal(&mut world, "the real need");
    world.pass(700);
    check("unanswered-offer", world);
}

/// A newcomer whose roster lists nobody takes the roster from whoever has it, and shows nothing.
#[test]
fn a_roster_from_a_stranger() {
    let mut world = World::of(3, 213);
    let session = world.connect(1, 0);
    world.settle();
    world.cut(session);
    world.publish(2, KIND, "not for strangers");
    world.connect(2, 1);
    world.pass(10);
    world.note("one that nobody admitted".to_owned());
    let stranger = world.stranger("stranger");
    world.connect(stranger, 1);
    let other = world.stranger("other");
    world.connect(stranger, other);
    world.pass(70);
    check("roster", world);
}

#[test]
fn an_expired_certificate() {
    let mut world = World::of(2, 214);
    let (who, key) = (world.nodes[1].institution.clone(), world.nodes[1].key.clone());
    let mut body = node_certificate(&who, &key.public());
    body.not_after_ms = world.now_ms + 5_000;
    let root = world.nodes[1].root.clone();
    world.nodes[1].certificate = protocol::NodeCertificate::issue(body, &world.charter.id(), &root, &key);
    let charter = world.charter.clone();
    world.nodes[1].restart(&charter);
    world.connect(1, 0);
    world.pass(8);
    check("expired", world);
}
