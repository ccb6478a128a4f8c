//! Bundles: what comes in files, in whatever order and state, brings what a line would bring or says what is wrong.

use protocol::{Action, NodeCertificate, Shelf, ShelfKind, Subject, Visibility};
use replica::NotServed;

use crate::harness::{KIND, REGION, Rng, World, shelf};

/// Volumes of a few entries each.
const SMALL: u64 = 900;
/// Volumes as large as they get.
const LARGE: u64 = u64::MAX;

fn certificate(world: &World, node: usize) -> NodeCertificate {
    world.nodes[node].certificate.clone()
}

/// The volumes of a bundle by the hub for a node.
fn packed(world: &mut World, to: usize, most: u64) -> Vec<Vec<u8>> {
    let to = certificate(world, to);
    world.pack(0, Some(&to), None, most).unwrap()
}

/// Publishes something for members alone.
fn publish_for_members(world: &mut World, node: usize, title: &str) -> protocol::DocumentId {
    let shelf = Shelf { region: REGION, kind: ShelfKind(KIND), visibility: Visibility::Members };
    let fields = crate::harness::fields(&[("title", title)]);
    let (id, input) = world.nodes[node].create(shelf, fields);
    world.give(node, input);
    id
}

/// A hub, two members whose entries it holds, one that is in step with it (3), and one that has never met anyone (4).
fn network(seed: u64) -> World {
    let mut world = World::of(5, seed);
    world.run_entries = 3;
    for node in 1..4 {
        world.connect(node, 0);
    }
    world.settle();
    for n in 0..9 {
        let id = world.publish(1 + n % 2, KIND + n as u16 % 3, &format!("listing {n}"));
        world.settle();
        if n % 2 == 0 {
            world.edit(1 + n % 2, id, &[("summary", Some("changed"))]);
        }
    }
    publish_for_members(&mut world, 1, "members alone");
    world.pass(20);
    world.assert_same(&[0, 1, 2, 3]);
    world
}

#[test]
fn a_bundle_brings_what_a_line_would_bring() {
    let mut world = network(4_000);
    for volume in packed(&mut world, 4, LARGE) {
        let done = world.unpack(4, &volume);
        assert_eq!((done.early, done.unwanted, done.refused, done.fault), (0, 0, 0, None));
    }
    world.assert_same(&[0, 3, 4]);
    let before = world.frames;
    world.connect(4, 0);
    world.settle();
    assert_eq!(world.frames - before, 4, "there is nothing left to say: a greeting and a digest each");
}

#[test]
fn a_slip_brings_exactly_what_is_missing() {
    let mut world = network(4_010);
    for volume in packed(&mut world, 4, LARGE) {
        world.unpack(4, &volume);
    }
    let before = world.nodes[4].entries();
    world.publish(1, KIND, "new");
    world.settle();
    let own = world.publish(4, KIND, "written at the site");
    let (slip, to) = (world.slip(4), certificate(&world, 4));
    let volumes = world.pack(0, Some(&to), Some(&slip), LARGE).unwrap();
    let done = world.unpack(4, &volumes[0]);
    assert_eq!((volumes.len(), done.taken, done.fault), (1, 1, None));
    assert_eq!(world.nodes[4].entries(), before + 1 + 2, "and its own opening and listing");
    // The way back: what the site wrote, and nothing that the hub has.
    let (slip, to) = (world.slip(0), certificate(&world, 0));
    let back = world.pack(4, Some(&to), Some(&slip), LARGE).unwrap();
    assert_eq!(world.unpack(0, &back[0]).taken, 2);
    world.assert_same(&[0, 4]);
    assert!(world.nodes[0].document(&own).is_some());
    // Nothing is missing now.
    let slip = world.slip(4);
    let empty = world.pack(0, Some(&certificate(&world, 4)), Some(&slip), LARGE).unwrap();
    assert_eq!(world.unpack(4, &empty[0]).taken, 0);
    assert!(empty[0].len() < 1_000, "{} bytes", empty[0].len());
}

#[test]
fn what_is_for_anyone_holds_what_is_public_alone() {
    let mut world = network(4_020);
    let (circle, _) = super::sealed::seal(&mut world, "under seal");
    world.pass(5);
    let public = world.pack(0, None, None, LARGE).unwrap();
    let done = world.unpack(4, &public[0]);
    assert_eq!((done.early, done.refused, done.fault), (0, 0, None));
    let held: Vec<Shelf> = world.nodes[4].store.keys().map(|log| log.shelf).collect();
    assert!(held.iter().all(|shelf| shelf.visibility == Visibility::Public), "{held:?}");
    assert!(held.contains(&shelf(KIND)) && held.contains(&Shelf::ROSTER));
    assert!(!public[0].windows(16).any(|part| part == circle.0), "no circle is named");
    // A mule carries it on: it holds what others wrote, and gives it to the next.
    let stranger = world.stranger("a market elsewhere");
    let passed_on = world.pack(4, None, None, LARGE).unwrap();
    world.unpack(stranger, &passed_on[0]);
    assert_eq!(world.nodes[4].heads(), world.nodes[stranger].heads());
}

#[test]
fn what_is_for_one_node_opens_for_no_other() {
    let mut world = network(4_030);
    let volumes = packed(&mut world, 4, LARGE);
    let done = world.unpack(3, &volumes[0]);
    assert_eq!(done.fault.as_deref(), Some("bundle: it is for another node"));
    let names =
        |bytes: &[u8]| bytes.windows(12).any(|part| part == "members alone".as_bytes()[..12].to_vec());
    assert!(!names(&volumes[0]));
}

#[test]
fn whoever_is_not_let_in_gets_no_bundle() {
    let mut world = network(4_040);
    let unlisted = world.stranger("unlisted");
    let refusal = |world: &mut World, node: usize| {
        let to = certificate(world, node);
        world.pack(0, Some(&to), None, LARGE).unwrap_err()
    };
    assert_eq!(refusal(&mut world, unlisted), NotServed::Unknown);
    let suspended = world.nodes[1].institution.id();
    let reason = || "缘由".to_owned();
    world.roster_step(0, Subject::Institution(suspended), Action::Suspend(reason()));
    assert!(matches!(refusal(&mut world, 1), NotServed::Inactive(_)));
    let (node, institution) = (world.nodes[2].key.public(), world.nodes[2].institution.id());
    world.roster_step(0, Subject::Institution(institution), Action::RevokeNode(node, Vec::new(), reason()));
    assert_eq!(refusal(&mut world, 2), NotServed::Revoked);
    world.now_ms = 4_000_000_000_001;
    assert_eq!(refusal(&mut world, 3), NotServed::Expired);
}

/// The two sites of a circle and its mailbox, none of which has ever met another: three bundles.
#[test]
fn sealed_logs_travel_through_a_mailbox_by_file() {
    let mut world = super::sealed::network(4_050);
    world.cut_all();
    let (circle, id) = super::sealed::seal(&mut world, "the real need");
    let holds = |world: &World, node: usize| {
        world.nodes[node].store.keys().any(|log| log.shelf.circle() == Some(circle))
    };
    let hand_over = |world: &mut World, from: usize, to: usize| {
        let (slip, whom) = (world.slip(to), certificate(world, to));
        let volumes = world.pack(from, Some(&whom), Some(&slip), LARGE).unwrap();
        for volume in volumes {
            assert_eq!(world.unpack(to, &volume).fault, None);
        }
    };
    hand_over(&mut world, 1, 3);
    assert!(!holds(&world, 3), "an outsider is given nothing of it");
    hand_over(&mut world, 1, 0);
    assert!(holds(&world, 0) && world.nodes[0].title(&id).is_none(), "the mailbox keeps ciphertext");
    hand_over(&mut world, 0, 3);
    assert!(!holds(&world, 3));
    hand_over(&mut world, 0, 2);
    assert_eq!(world.nodes[2].title(&id).as_deref(), Some("the real need"));
    let readers = super::sealed::keys(&world, &[1, 2]);
    let answer = world.nodes[2].edit_sealed(id, &readers, "an answer");
    world.give(2, answer);
    hand_over(&mut world, 2, 0);
    hand_over(&mut world, 0, 1);
    assert_eq!(world.nodes[1].title(&id).as_deref(), Some("an answer"));
}

#[test]
fn an_invitation_and_two_files_let_a_site_in_that_never_meets_anyone() {
    let mut world = network(4_060);
    let one_time = world.invite(0, 3_000_000_000_000);
    let site = world.newcomer("site", &one_time);
    for volume in world.pack(0, None, None, SMALL).unwrap() {
        assert_eq!(world.unpack(site, &volume).fault, None);
    }
    let early = world.publish(site, KIND, "written before it was admitted");
    let (slip, hub) = (world.slip(0), certificate(&world, 0));
    for volume in world.pack(site, Some(&hub), Some(&slip), LARGE).unwrap() {
        assert_eq!(world.unpack(0, &volume).early, 0);
    }
    assert!(world.nodes[0].document(&early).is_some());
    let (slip, to) = (world.slip(site), certificate(&world, site));
    for volume in world.pack(0, Some(&to), Some(&slip), LARGE).unwrap() {
        assert_eq!(world.unpack(site, &volume).fault, None);
    }
    world.assert_same(&[0, site]);
    let member = world.nodes[site].institution.id();
    assert!(world.nodes[site].replica.roster().members.contains_key(&member));
    // The invitation is used up: whoever copied it gets in no more.
    let second = world.newcomer("second", &one_time);
    for volume in world.pack(second, None, None, LARGE).unwrap() {
        world.unpack(0, &volume);
    }
    let second = world.nodes[second].institution.id();
    assert!(!world.nodes[0].replica.roster().members.contains_key(&second));
}

#[test]
fn an_institution_that_is_admitted_later_is_known_by_a_later_bundle() {
    let mut world = network(4_070);
    let site = world.stranger("applicant");
    let early = world.publish(site, KIND, "written while it waited");
    let made = world.pack(site, None, None, LARGE).unwrap();
    let done = world.unpack(0, &made[0]);
    assert_eq!((done.taken, done.early, done.fault), (0, 1, None), "nobody knows it yet");
    let who = world.nodes[site].institution.clone();
    world.roster_step(0, Subject::Institution(who.id()), Action::Admit(who));
    assert_eq!(world.unpack(0, &made[0]).taken, 2, "the same file again");
    for volume in packed(&mut world, site, LARGE) {
        world.unpack(site, &volume);
    }
    world.assert_same(&[0, site]);
    assert!(world.nodes[0].document(&early).is_some());
}

/// Two branches of one log meet in a file: the fork is found, and what a line would have cut off is cut off.
#[test]
fn a_fork_is_found_in_a_bundle_and_cut_off_alike() {
    for (seed, common, left, right) in
        [(4_080, 1, 1, 1), (4_081, 3, 5, 2), (4_082, 9, 2, 8), (4_083, 7, 9, 9)]
    {
        let (mut world, log) = super::forks::forked(seed, common, left, right);
        // Where branches of nine entries part, several runs before the last are to be looked at.
        world.run_entries = 3;
        let exchange = |world: &mut World, from: usize, to: usize| {
            let (slip, whom) = (world.slip(to), certificate(world, to));
            let volumes = world.pack(from, Some(&whom), Some(&slip), LARGE).unwrap();
            // Twice, as the program does it where something differs.
            volumes.iter().chain(&volumes).for_each(|volume| _ = world.unpack(to, volume));
        };
        for _ in 0..2 {
            exchange(&mut world, 0, 2);
            exchange(&mut world, 2, 0);
        }
        for node in [0, 2] {
            let fork = world.nodes[node].forks.get(&log);
            let fork = fork.unwrap_or_else(|| panic!("seed {seed}: node {node} has the proof"));
            assert_eq!(fork.seq(), common as u64 + 2);
            assert_eq!(world.nodes[node].counts(&log), common as u64 + 1);
        }
        world.assert_same(&[0, 2]);
    }
}

/// Volumes in random order, repeated, cut anywhere, with flipped bits, and those of another network among them; whatever
/// was given before, the good ones then bring the same.
fn mixed_up(cases: u64, seed: u64) {
    let mut world = network(seed);
    let mut other = network(seed + 1);
    let mut volumes = packed(&mut world, 4, SMALL);
    volumes.extend(world.pack(0, None, None, SMALL).unwrap());
    let foreign = other.pack(0, None, None, SMALL).unwrap();
    let (mut rng, charter) = (Rng::new(seed), world.charter.clone());
    assert!(volumes.len() >= 12, "{} volumes", volumes.len());
    let mut faults = [0u64; 4];
    for case in 0..cases {
        let empty = world.nodes[4].copy();
        for _ in 0..1 + rng.below(8) {
            let mut file = volumes[rng.below(volumes.len())].clone();
            let what = rng.below(4);
            match what {
                0 => file = foreign[rng.below(foreign.len())].clone(),
                1 => file.truncate(rng.below(file.len())),
                2 => {
                    let bit = rng.below(file.len() * 8);
                    file[bit / 8] ^= 1 << (bit % 8);
                }
                _ => {}
            }
            let before = world.nodes[4].entries();
            let done = world.unpack(4, &file);
            assert_eq!(done.fault.is_some(), what < 3, "case {case}: {done:?}");
            assert_eq!((world.nodes[4].entries() - before) as u64, done.taken, "case {case}");
            assert!(what > 0 || done.taken == 0, "case {case}: another network's");
            faults[what] += 1;
        }
        let mut order: Vec<usize> = (0..volumes.len()).collect();
        let mut passes = 0;
        while {
            for n in (1..order.len()).rev() {
                order.swap(n, rng.below(n + 1));
            }
            let early: u64 = order.iter().map(|n| world.unpack(4, &volumes[*n]).early).sum();
            early > 0
        } {
            passes += 1;
            assert!(passes <= volumes.len(), "case {case}: each pass brings at least one volume");
        }
        world.assert_same(&[0, 3, 4]);
        world.nodes[4].restore(empty, &charter);
    }
    assert!(cases < 100 || faults.iter().all(|n| *n > 0), "{faults:?}");
    println!("{cases} cases, seed {seed}: {faults:?} foreign, cut, flipped, good");
}

#[test]
fn volumes_in_any_order_and_state_end_in_the_same() {
    let cases = std::env::var("LIANSHI_BUNDLES").ok().and_then(|text| text.parse().ok()).unwrap_or(150);
    mixed_up(cases, 4_100);
}
