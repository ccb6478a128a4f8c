//! `kill -9` in the midst of work: what was acknowledged is there afterwards.

use std::collections::BTreeSet;

use serde_json::Value as Json;
use tests::{Dice, Home, Scene};

/// Rows of a round's list.
const ROWS: u64 = 2_400;

fn list(scene: &Scene, name: &str, round: u64) -> String {
    let row = |n: u64| format!("第{round}轮第{n}号成果,摘要：{}\n", "含水率低于百分之三。".repeat(8));
    let rows: String = (0..ROWS).map(row).collect();
    scene.write(name, format!("title,summary\n{rows}"))
}

fn acknowledged(line: &str) -> Option<String> {
    let json: Json = serde_json::from_str(line).ok()?;
    let taken = ["published", "updated", "unchanged"].iter().any(|word| json["outcome"] == **word);
    taken.then(|| json["id"].as_str().unwrap().to_owned())
}

/// Everything that is asked of a node in one process: its export names every listing that it shows.
fn held(scene: &Scene, home: &Home) -> BTreeSet<String> {
    let out = scene.file("held.jsonl");
    home.run(["export", "--format", "jsonl", "--kind", "achievement", "--out", &out.display().to_string()])
        .ok();
    let text = std::fs::read_to_string(out).unwrap();
    text.lines()
        .map(|l| serde_json::from_str::<Json>(l).unwrap()["_listing"].as_str().unwrap().to_owned())
        .collect()
}

/// Kills a node at a random acknowledgement, or the clerk's own process where no node runs.
fn rounds(rounds: u64, seed: u64) {
    let scene = Scene::new();
    let mut dice = Dice::new(seed);
    let mut home = scene.hub("hub");
    let mut kept = BTreeSet::new();
    for round in 0..rounds {
        let file = list(&scene, "rows.csv", round);
        let node = home.start();
        let mut import =
            node.begin(&["import", &file, "--kind", "achievement", "--apply", "--publish", "--json"]);
        let mut acks = Vec::new();
        let last = dice.below(ROWS * 3 / 4);
        while (acks.len() as u64) < last {
            let Some(line) = import.line() else { break };
            acks.extend(acknowledged(&line));
        }
        std::thread::sleep(std::time::Duration::from_micros(dice.below(30_000)));
        home = node.kill();
        let ran = import.finish();
        acks = ran.out.lines().filter_map(acknowledged).collect();
        // A clerk who is told 0 was told that all is done; else that the node is out of reach.
        assert!(ran.code == 4 || acks.len() as u64 == ROWS, "{}: {}\n{}", ran.typed, ran.code, ran.err);
        println!("round {round}: killed after {} acknowledgements", acks.len());
        kept.extend(acks.iter().cloned());

        let node = home.start();
        for id in acks.iter().rev().take(12) {
            assert!(node.show(id).is_some(), "acknowledged {id} is gone after kill -9");
        }
        let again = node.import(&file, &[]).ok();
        let lines = again.lines();
        let outcome = |word: &str| lines.iter().filter(|line| line["outcome"] == word).count();
        assert_eq!(outcome("unchanged") + outcome("published"), usize::try_from(ROWS).unwrap());
        assert!(outcome("unchanged") >= acks.len(), "{} of {} known", outcome("unchanged"), acks.len());
        let ids: Vec<String> = again.out.lines().filter_map(acknowledged).collect();
        // Known rows are named by the id that they were acknowledged with.
        assert_eq!(&ids[..acks.len()], &acks[..]);
        kept.extend(ids);
        assert_eq!(node.status()["listings"]["own"], (round + 1) * ROWS, "nothing twice, nothing lost");
        home = node.stop();
    }
    let there = held(&scene, &home);
    let lost: Vec<&String> = kept.difference(&there).collect();
    assert!(lost.is_empty(), "{} of {} lost: {lost:?}", lost.len(), kept.len());
}

#[test]
fn an_acknowledged_row_survives_a_killed_node() {
    rounds(2, 4);
}

/// `cargo test -p tests -- --ignored killed_twenty_times`
#[test]
#[ignore = "about four minutes"]
fn an_acknowledged_row_survives_a_node_killed_twenty_times() {
    rounds(4, 11);
    for seed in 0..16 {
        rounds(1, 100 + seed);
    }
}
