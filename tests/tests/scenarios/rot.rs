//! Bits that change in the files of a node that has a peer, while it runs or while it does not: it is found, what is bad is fetched
//! again or read from the journal, and everything is there in the end.

use std::fs::OpenOptions;
use std::os::unix::fs::FileExt;

use tests::{Dice, Home, Node, Scene, files_below};

use super::held::{read_back, token, tokens};

/// At most so many bits change at once.
const AT_ONCE: u64 = 10;
/// Listings that each of the two has published.
const LISTINGS: u64 = 60;

/// Turns over one bit somewhere in the data of a home (again, if the files became smaller meanwhile); says where.
fn flip(home: &Home, dice: &mut Dice) -> String {
    // The reserve has no meaning, and is larger than all the rest.
    let files = files_below(&home.path().join("data"));
    let files: Vec<_> = files.into_iter().filter(|file| !file.ends_with("reserve")).collect();
    let sizes = files.iter().map(|file| file.metadata().map_or(0, |meta| meta.len()));
    let mut at = dice.below(sizes.clone().sum());
    for (file, size) in files.iter().zip(sizes) {
        if at < size {
            let open = OpenOptions::new().read(true).write(true).open(file).unwrap();
            let mut byte = [0];
            open.read_exact_at(&mut byte, at).unwrap();
            byte[0] ^= 1 << dice.below(8);
            open.write_all_at(&byte, at).unwrap();
            return format!("{} at {at}", file.strip_prefix(home.path()).unwrap().display());
        }
        at -= size;
    }
    flip(home, dice)
}

fn publish(node: &Node, scene: &Scene, round: u64) {
    let rows = (0..LISTINGS).map(|n| format!("{},含水率低于百分之三\n", token(round, n)));
    let list = scene.write("rows.csv", format!("title,summary\n{}", rows.collect::<String>()));
    node.import(&list, &[]).ok();
}

/// Flips that many bits, some at a time, each time in a copy of the station as it was.
fn rot(count: u64, seed: u64) {
    let (scene, mut dice) = (Scene::new(), Dice::new(seed));
    let (hub, station) = tests::hub_and_station(&scene);
    publish(&hub, &scene, 1);
    publish(&station, &scene, 2);
    hub.agrees_with(&[&station]);
    // Twice, so that the store has been closed and opened.
    let sound = station.stop().start().stop();
    let (mut flipped, mut told) = (0, 0);
    while flipped < count {
        let _ = std::fs::remove_dir_all(scene.file("rotting"));
        let home = sound.copied("rotting");
        let running = dice.below(2) == 0;
        let station = running.then(|| home.start());
        let now = (1 + dice.below(AT_ONCE)).min(count - flipped);
        let places: Vec<String> = (0..now).map(|_| flip(&home, &mut dice)).collect();
        flipped += now;
        if let Some(station) = station {
            // It goes on writing, unless it comes upon what is bad: then it says so.
            let title = format!("title={}", token(3, flipped));
            let ran = station.run(["listing", "new", "--kind", "achievement", &title, "--publish"]);
            assert!(ran.code == 0 || ran.err.contains("damaged"), "{places:?}: {}", ran.err);
            station.kill();
        }
        let station = home.start();
        hub.agrees_with(&[&station]);
        assert_eq!(hub.status()["forks"]["open"], 0, "{places:?}");
        let status = station.status();
        told += u64::from(status["mended"].is_string());
        println!("running: {running}, mended: {}, {places:?}", status["mended"]);
        let out = scene.file("shown.jsonl").display().to_string();
        station.run(["export", "--format", "jsonl", "--kind", "achievement", "--out", &out]).ok();
        let titles = tokens(&std::fs::read(out).unwrap()).collect::<std::collections::BTreeSet<_>>();
        let held = read_back(&station.stop().path()).unwrap();
        for text in (1..=2).flat_map(|round| (0..LISTINGS).map(move |n| token(round, n))) {
            assert!(titles.contains(&text) && held.texts.contains(&text), "{text} is gone after {places:?}");
        }
    }
    println!(
        "{flipped} flipped bits, 0 silent: all in step with the hub and all texts there; {told} times it said so"
    );
}

#[test]
fn bits_that_rot_under_a_node_with_a_peer_are_made_good() {
    rot(20, 81);
}

/// `LIANSHI_FLIPS=1000 cargo test -p tests --test scenarios -- --ignored a_thousand_bits_rot --nocapture`
#[test]
#[ignore = "about ten minutes"]
fn a_thousand_bits_rot_under_a_node_with_a_peer_and_are_made_good() {
    rot(std::env::var("LIANSHI_FLIPS").ok().and_then(|text| text.parse().ok()).unwrap_or(1_000), 82);
}
