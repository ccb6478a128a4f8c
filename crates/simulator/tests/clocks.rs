//! Clocks up to ten years wrong, set again and again while a network lives: what is shown is what right clocks show.

use std::collections::BTreeMap;

use protocol::{DocumentId, Value};
use simulator::{KIND, Rng, World};

const NODES: usize = 4;
const ROUNDS: usize = 6;
/// Listings that an institution edits at a time.
const FEW: usize = 2;
/// Ten years, milliseconds.
const TEN_YEARS: i64 = 3_653 * 86_400_000;

/// What a listing shows: of every field all values.
type Shown = BTreeMap<String, Vec<Value>>;

/// How wrong a clock is: by any time, or by as much as can be.
fn wrong(rng: &mut Rng) -> i64 {
    match rng.below(4) {
        0 => TEN_YEARS,
        1 => -TEN_YEARS,
        _ => rng.below(2 * TEN_YEARS as usize) as i64 - TEN_YEARS,
    }
}

/// Nodes 1 and 3 are of one institution.
fn house(node: usize) -> usize {
    if node == 3 { 1 } else { node }
}

/// The acts of a seed, by clocks that are `right` or not: of every listing, in the order in which they were written, what all
/// show in the end.
fn story(seed: u64, right: bool) -> Vec<Shown> {
    let mut world = World::of(3, seed);
    world.colleague("n1'", 1);
    let (mut acts, mut clocks) = (Rng::new(seed ^ 0xAC75), Rng::new(seed ^ 0xC10C));
    let mut listings: Vec<(DocumentId, usize)> = Vec::new();
    for round in 0..ROUNDS {
        let before = listings.len();
        for node in 0..NODES {
            // Every other time while it is connected.
            world.nodes[node].clock_off_ms = if right { 0 } else { wrong(&mut clocks) };
            for n in 0..acts.below(4) {
                let id = world.publish(node, KIND, &format!("{round} {node} {n}"));
                listings.push((id, node));
            }
            // A few that all have, so that two often edit the same one.
            let own = listings[..before].iter().rev().filter(|(_, by)| house(*by) == house(node)).take(FEW);
            let own: Vec<DocumentId> = own.map(|(id, _)| *id).collect();
            for n in 0..acts.below(5).min(own.len()) {
                let (id, key) = (own[acts.below(own.len())], ["title", "summary", "_status"][acts.below(3)]);
                let value = if key == "_status" { "withdrawn" } else { &format!("{round} {node} {n}") };
                if world.nodes[node].document(&id).is_some() {
                    world.edit(node, id, &[(key, Some(value))]);
                }
            }
        }
        if round % 2 == 0 {
            for (a, b) in [(1, 0), (2, 0), (3, 0), (1, 3)] {
                world.connect(a, b);
            }
        }
        world.pass(20);
        if round % 2 == 1 {
            world.cut_all();
        }
    }
    for (a, b) in [(1, 0), (2, 0), (3, 0)] {
        world.connect(a, b);
    }
    world.pass(60);
    world.assert_same(&[0, 1, 2, 3]);
    (0..NODES).for_each(|node| world.check_own(node));
    let shown = |(id, _): &(DocumentId, usize)| {
        world.nodes[2].document(id).map(|document| document.state().fields).unwrap_or_default()
    };
    listings.iter().map(shown).collect()
}

/// `CASES=500 cargo test --release -p simulator --test clocks`
#[test]
fn clocks_ten_years_wrong_change_nothing_that_is_shown() {
    let cases: u64 = std::env::var("CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(8);
    let mut edited = 0;
    for seed in 0..cases {
        let (right, wrong) = (story(seed, true), story(seed, false));
        assert_eq!(right, wrong, "seed {seed}");
        assert!(right.len() > 4 && right.iter().all(|shown| shown.contains_key("title")), "seed {seed}");
        edited += right.iter().flat_map(|shown| shown.values()).filter(|values| values.len() > 1).count();
    }
    assert!(
        edited as u64 >= cases / 2,
        "values that were written at the same time stand side by side: {edited}"
    );
    println!("{cases} cases, {} clocks set, no difference", cases as usize * NODES * ROUNDS);
}
