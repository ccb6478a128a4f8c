//! A machine is gone with all that was on it: with its keys, which lay elsewhere too, the node comes back, and what it
//! published comes from its peers.

use std::collections::BTreeSet;

use tests::{Dice, Home, Scene, until};

/// What has to lie elsewhere: the identity with its keys, the configuration, the port that others know.
fn keep_keys(home: &Home, aside: &std::path::Path) {
    let copy = |name: &str| {
        let (from, to) = (home.path().join(name), aside.join(name));
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        std::fs::copy(&from, &to).expect("a file of keys can be copied");
    };
    for item in std::fs::read_dir(home.path().join("identity")).unwrap() {
        copy(&format!("identity/{}", item.unwrap().file_name().to_string_lossy()));
    }
    copy("config.toml");
    copy("port");
}

/// Loses a station as often as that; each time it has published and changed a few more listings.
fn losses(count: u64, seed: u64) {
    let (scene, mut dice) = (Scene::new(), Dice::new(seed));
    let (hub, mut station) = tests::hub_and_station(&scene);
    let keys = scene.file("keys");
    keep_keys(&station, &keys);
    let mut published = BTreeSet::new();
    for round in 0..count {
        for n in 0..=dice.below(3) {
            published.insert((station.publish(&format!("第 {round} 次丢失之前的第 {n} 条")), String::new()));
        }
        let (id, _) = published.iter().nth(dice.below(published.len() as u64) as usize).unwrap().clone();
        let title = format!("第 {round} 次改过的标题");
        station.run(["listing", "edit", &id, &format!("title={title}")]).ok();
        published.retain(|(known, _)| *known != id);
        published.insert((id, title));
        hub.agrees_with(&[&station]);
        let entries = hub.status()["entries"].clone();

        let home = station.kill();
        std::fs::remove_dir_all(home.path()).unwrap();
        let status = std::process::Command::new("cp").arg("-r").args([&keys, &home.path()]).status();
        assert!(status.unwrap().success());
        station = home.start();
        until("all of it is back", || {
            (station.status()["entries"].as_u64() >= entries.as_u64()).then_some(())
        });
        hub.agrees_with(&[&station]);
        for (id, title) in &published {
            let shown = station.show(id).expect("what was published is there");
            assert!(title.is_empty() || shown["title"] == **title, "{shown}");
            assert_eq!(shown["proof"]["state"], "verified");
        }
        assert_eq!(station.status()["listings"]["own"], published.len());
        assert_eq!(hub.status()["forks"]["open"], 0);
    }
    println!("{count} machines lost, {} listings published, all of them back", published.len());
}

#[test]
fn what_a_lost_node_published_comes_back_from_peers() {
    losses(2, 71);
}

/// `cargo test -p tests --test scenarios -- --ignored fifty_machines --nocapture`
#[test]
#[ignore = "about ten minutes"]
fn what_was_published_comes_back_after_fifty_machines_are_lost() {
    losses(50, 72);
}
