//! Provinces that live for weeks in seconds; and that what must hold is really looked at.

#![expect(clippy::unwrap_used, reason = "in a test a failed expectation is the answer")]

use std::panic::{AssertUnwindSafe, catch_unwind};

use simulator::{KIND, Province, Story, Weather, World, shelf};

#[test]
fn a_seed_replays_to_the_same_trace() {
    let trace = |seed| Province::play(Story::new(12, 6, seed, Weather::Harsh)).trace;
    let first = trace(1);
    assert_eq!(first, trace(1));
    assert_ne!(first, trace(2));
}

#[test]
fn provinces_in_harsh_weather_lose_nothing_and_come_together() {
    for seed in 0..3 {
        let report = Province::play(Story::new(20, 21, 9_000 + seed, Weather::Harsh));
        for what in ["absences", "crashes", "lines cut", "old copies restored", "cities cut off"] {
            assert!(report.happened.contains_key(what), "seed {seed}: {what} in {:?}", report.happened);
        }
    }
}

#[test]
#[ignore = "hours: cargo test --release -p simulator -- --ignored ten_thousand"]
fn ten_thousand_provinces_of_twenty_nodes() {
    let seeds = std::env::var("SEEDS").ok().and_then(|n| n.parse().ok()).unwrap_or(10_000);
    for seed in 0..seeds {
        Province::play(Story::new(20, 21, seed, Weather::Harsh));
    }
}

#[test]
fn a_quiet_province_says_nothing() {
    let report = Province::play(Story::new(24, 2, 5, Weather::Calm));
    assert_eq!(report.idle_bytes.most, 0, "in step there is nothing to say");
    assert!(report.edit_ms.most > 0 && report.back_bytes.most > 0, "{report:?}");
}

/// A hub and a member that published.
fn two() -> World {
    let mut world = World::of(2, 11);
    world.connect(1, 0);
    world.publish(1, KIND, "成果");
    world.settle();
    world
}

fn fails(check: impl FnOnce()) -> String {
    let why = catch_unwind(AssertUnwindSafe(check)).unwrap_err();
    why.downcast_ref::<String>().cloned().unwrap_or_default()
}

#[test]
fn an_own_entry_that_is_gone_is_noticed() {
    let mut world = two();
    world.check_own(1);
    let log = world.nodes[1].log(shelf(KIND));
    world.nodes[1].store.get_mut(&log).unwrap().pop();
    assert!(fails(|| world.check_own(1)).contains("is gone"));
}

#[test]
fn a_view_that_differs_for_equal_entries_is_noticed() {
    let mut world = two();
    world.check_view(0);
    world.check_view(1);
    // The hub reads the entry without what it carries: its heads are the same, what it shows is not.
    let log = world.nodes[1].log(shelf(KIND));
    let entries = world.nodes[0].store.get_mut(&log).unwrap();
    entries.last_mut().unwrap().payload = None;
    world.publish(0, KIND, "another, so that the shelf is shown");
    world.settle();
    world.check_view(1);
    assert!(fails(|| world.check_view(0)).contains("show different things"));
}

#[test]
fn a_purged_payload_that_is_still_there_is_noticed() {
    let mut world = two();
    let id = world.publish(1, KIND, "with a telephone number");
    world.settle();
    let log = world.nodes[1].log(shelf(KIND));
    let whole = world.nodes[0].store[&log].clone();
    world.purge(1, id);
    world.pass(2);
    assert!(world.nodes[0].replica.roster().purge_words.contains_key(&id));
    let purged = [id].into();
    (0..2).for_each(|node| world.check_purged(node, &purged));
    world.nodes[0].store.insert(log, whole);
    assert!(fails(|| world.check_purged(0, &purged)).contains("still holds what was purged"));
}
