//! Whatever happens on the way, in the end all hold and show the same.

use crate::harness::{Faults, KIND, Rng, World};

/// The hub, and two institutions of two nodes each.
fn five(seed: u64) -> World {
    let mut world = World::of(3, seed);
    world.colleague("n1'", 1);
    world.colleague("n2'", 2);
    world
}

fn act(world: &mut World, rng: &mut Rng) {
    let node = rng.below(5);
    match rng.below(13) {
        0..2 => {
            world.publish(node, KIND + rng.below(3) as u16, &format!("listing {}", rng.below(1_000)));
        }
        2..6 => {
            let documents = world.nodes[node].editable();
            if !documents.is_empty() {
                let id = documents[rng.below(documents.len())];
                let key = ["title", "summary", "price", "_status"][rng.below(4)];
                let value = format!("v{}", rng.below(50));
                let value = if rng.chance(200) { None } else { Some(value.as_str()) };
                world.edit(node, id, &[(key, value)]);
            }
        }
        6..8 => {
            let other = rng.below(5);
            if other != node && world.sessions().len() < 7 {
                world.connect(node, other);
            }
        }
        8 => {
            let sessions = world.sessions();
            if !sessions.is_empty() {
                world.cut(sessions[rng.below(sessions.len())]);
            }
        }
        9 => {
            world.now_ms += 1 + rng.below(30_000) as i64;
            for node in 0..5 {
                world.give(node, replica::Input::Tick);
            }
        }
        12 => {
            // Any of its institution's listings, by any of its nodes, whoever edits it at that moment.
            let documents = world.nodes[node].editable();
            if !documents.is_empty() && rng.chance(300) {
                world.purge(node, documents[rng.below(documents.len())]);
            }
        }
        10 => {
            let half =
                if rng.chance(500) { world.nodes[node].begin_fsync() } else { world.nodes[node].end_fsync() };
            world.give(node, half);
        }
        _ => {
            for _ in 0..rng.below(60) {
                world.step();
            }
        }
    }
}

fn run(seed: u64, rounds: usize) {
    let mut world = five(seed);
    let mut rng = Rng::new(seed ^ 0xABCD);
    world.run_entries = rng.below(4);
    world.faults = Faults { drop: 30, duplicate: 50, flip: 10, delay: 0 };
    for _ in 0..rounds {
        act(&mut world, &mut rng);
    }
    world.faults = Faults::default();
    world.cut_all();
    // First the roster goes round; then all are in one line, in an order of its own each time.
    for node in 1..5 {
        world.connect(node, 0);
    }
    world.pass(3);
    world.cut_all();
    let mut line: Vec<usize> = (0..5).collect();
    for i in (1..5).rev() {
        line.swap(i, rng.below(i + 1));
    }
    let sessions: Vec<u64> = line.windows(2).map(|pair| world.connect(pair[0], pair[1])).collect();
    world.pass(45);
    let all: Vec<usize> = (0..5).collect();
    world.assert_same(&all);
    assert!(sessions.iter().all(|session| world.synced(*session)), "all are in step");
    for id in world.nodes[0].replica.roster().purge_words.keys() {
        assert!(all.iter().all(|node| world.nodes[*node].whole_of(id) == 0), "what was purged is nowhere");
    }
    let own: usize = (0..5).map(|node| world.nodes[node].own_entries()).sum();
    assert_eq!(world.nodes[0].entries(), own, "nothing that was written is missing");
    let before = world.frames;
    world.pass(60);
    assert_eq!(world.frames, before, "and then it is quiet");
}

#[test]
fn random_histories_converge() {
    for seed in 0..50 {
        run(seed, 120);
    }
}

#[test]
#[ignore = "minutes: cargo test -p replica --test replica -- --ignored random_histories"]
fn random_histories_converge_at_length() {
    let seeds = std::env::var("SEEDS").ok().and_then(|n| n.parse().ok()).unwrap_or(1_000);
    for seed in 1_000_000..1_000_000 + seeds {
        run(seed, 400);
    }
}

#[test]
fn the_same_seed_gives_the_same_world() {
    let trace = |seed| {
        let mut world = five(seed);
        let mut rng = Rng::new(seed);
        world.faults = Faults { drop: 30, duplicate: 50, flip: 10, delay: 0 };
        for _ in 0..120 {
            act(&mut world, &mut rng);
        }
        (world.frames, world.trace().digest())
    };
    assert_eq!(trace(5), trace(5));
    assert_ne!(trace(5), trace(6));
}
