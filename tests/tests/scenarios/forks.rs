//! Homes that were copied, restored, set back: forks found and healed, and none where a peer is in reach.

use std::time::Duration;

use serde_json::Value as Json;
use tests::{Dice, Home, Node, Scene, hub_and_station, until};

fn forks(home: &Home) -> Vec<Json> {
    home.run(["fork", "list", "--json"]).ok().lines()
}

/// Waits until nodes show the same, whatever void entries each of them holds.
fn show_the_same(nodes: &[&Node]) {
    until("all show the same view", || {
        let seen: Vec<Json> = nodes.iter().map(|node| node.synced()["view_hash"].clone()).collect();
        seen.windows(2).all(|pair| pair[0] == pair[1]).then_some(())
    });
}

fn title(home: &Home, id: &str) -> Option<String> {
    home.show(id).map(|listing| listing["title"].as_str().unwrap().to_owned())
}

#[test]
fn a_copied_home_forks_and_a_settle_heals_it_with_both_texts_kept() {
    let scene = Scene::new();
    let (hub, station) = hub_and_station(&scene);
    let common = station.publish("共同的成果");
    hub.holds_with(&[&station], 1);
    let left = station.stop();
    let right = left.copied("copy");
    // Apart, with no peer in reach, both write on.
    let on_left = left.publish("左边的成果");
    let on_right = [right.publish("右边的成果"), right.publish("右边的另一项成果")];
    let changed = right.run(["listing", "edit", &common, "summary=右边补充的简介", "--json"]).ok().json();
    assert_eq!(changed["outcome"], "updated");

    let station = left.start();
    hub.holds_with(&[&station], 2);
    let left = station.stop();
    let copy = right.start();
    // The hub has had the one branch; it is shown the other, and all count what they have in common.
    let fork = until("the hub knows the fork", || forks(&hub).into_iter().next());
    assert_eq!((&fork["state"], &fork["seq"]), (&"open".into(), &3.into()), "{fork}");
    show_the_same(&[&hub, &copy]);
    assert_eq!(hub.status()["listings"]["held"], 1, "what follows the last common entry is void");
    assert!(title(&hub, &on_left).is_none() && title(&copy, &on_right[0]).is_none());
    assert_eq!(copy.status()["forks"]["own"], 1);
    let refused =
        copy.run(["listing", "new", "--kind", "achievement", "title=再写一项", "--publish"]).ends(5);
    assert!(refused.err.contains("lianshi settle"), "{}", refused.err);
    copy.run(["doctor"]).ends(6);
    let history = hub.run(["listing", "history", &on_left, "--json"]).ok().lines();
    assert!(history[0]["reason"].as_str().unwrap().contains("forked"), "{history:?}");

    // A third party checks the proof with the charter alone.
    let log = fork["log"].as_str().unwrap();
    hub.run(["fork", "export", log, "--out", "fork.lianshi"]).ok();
    hub.run(["export", "--format", "charter", "--out", "charter.lianshi"]).ok();
    let proven = scene.run(["verify", "fork.lianshi", "--charter", "charter.lianshi", "--json"]).ok().json();
    assert_eq!((&proven["fork"], &proven["log"]), (&"proven".into(), &log.into()));
    let damaged = std::fs::read(scene.file("fork.lianshi")).unwrap();
    scene.write("bad.lianshi", &damaged[..damaged.len() - 1]);
    scene.run(["verify", "bad.lianshi", "--charter", "charter.lianshi"]).ends(3);

    // The governors keep the branch that the hub holds.
    let kept = fork["branches"].as_array().unwrap().iter().find(|branch| !branch["held"].is_null()).unwrap();
    let settled = hub.run(["settle", log, "--keep", kept["first"].as_str().unwrap(), "--json"]).ok().json();
    assert_eq!(settled["complete"], true, "{settled}");
    until("the copy holds the kept branch", || title(&copy, &on_left));
    show_the_same(&[&hub, &copy]);
    assert_eq!(hub.status()["listings"]["held"], 2);

    // The texts of the other one are kept aside at home, and can be published again.
    let lost = copy.run(["listing", "lost", "--json"]).ok().lines();
    let texts: Vec<String> = lost.iter().map(|entry| entry["changes"].to_string()).collect();
    assert_eq!(lost.len(), 3, "{texts:?}");
    for word in ["右边的成果", "右边的另一项成果", "右边补充的简介"] {
        assert!(texts.iter().any(|text| text.contains(word)), "{word}: {texts:?}");
    }
    for _ in 0..3 {
        copy.run(["listing", "lost", "--again", "1", "--json"]).ok();
    }
    assert!(copy.run(["listing", "lost", "--json"]).ok().lines().is_empty());
    until("they are published again", || (hub.status()["listings"]["held"] == 4).then_some(()));
    show_the_same(&[&hub, &copy]);
    let hits = hub.search("右边补充的简介");
    assert_eq!(hits.first().map(|hit| &hit["id"]), Some(&common.as_str().into()), "{hits:?}");
    // The other home comes back to the same.
    copy.stop();
    let station = left.start();
    until("the first home has it all", || (station.status()["listings"]["held"] == 4).then_some(()));
    show_the_same(&[&hub, &station]);
    station.publish("之后的成果");
    until("it writes on", || (hub.status()["listings"]["held"] == 5).then_some(()));
    assert_eq!(forks(&hub).len(), 1, "no further fork");
}

#[test]
fn a_home_restored_from_an_old_backup_gets_its_later_entries_back_before_it_writes() {
    let scene = Scene::new();
    let (hub, station) = hub_and_station(&scene);
    station.publish("备份之前");
    hub.holds_with(&[&station], 1);
    let home = station.stop();
    let backup = home.copied("backup");
    let station = home.start();
    let later = station.publish("备份之后");
    station.publish("备份之后二");
    hub.holds_with(&[&station], 3);
    station.kill();
    // The machine is lost; the backup takes its place beside a reachable peer, and is written on at once.
    let station = backup.start();
    let fresh = station.publish("恢复之后");
    assert!(title(&station, &later).is_some(), "what it wrote later came first");
    hub.holds_with(&[&station], 4);
    assert!(title(&hub, &fresh).is_some());
    assert!(forks(&hub).is_empty() && forks(&station).is_empty(), "no number was used twice");
}

#[test]
fn a_restored_hub_countersigns_nothing_before_it_knows_what_it_wrote() {
    let scene = Scene::new();
    let (hub, station) = hub_and_station(&scene);
    let listen = hub.addresses().into_iter().next().unwrap();
    let listen = listen.split("/p2p/").next().unwrap().to_owned();
    let home = hub.stop();
    let backup = home.copied("old-hub");
    let hub = home.start_with(&["--listen", &listen]);
    let second = scene.join(&hub, "second", "grassroots-site", "420106").start();
    second.synced();
    until("the station hears of it", || (station.status()["network"]["institutions"] == 3).then_some(()));
    let home = hub.stop();
    drop(home);
    second.kill();
    let hub = backup.start_with(&["--listen", &listen]);
    let third = scene.join(&hub, "third", "grassroots-site", "420106").start();
    until("both newcomers are members", || (hub.status()["network"]["institutions"] == 4).then_some(()));
    third.synced();
    show_the_same(&[&hub, &station]);
    assert!(forks(&hub).is_empty() && forks(&station).is_empty());
}

/// How many restores when nothing else is said; the full count is 200.
const RESTORES: u64 = 4;

/// `LIANSHI_RESTORES=n` for as many.
#[test]
fn a_home_restored_at_random_points_uses_no_number_twice() {
    let stated = std::env::var("LIANSHI_RESTORES").ok().and_then(|n| n.parse().ok());
    let restores = stated.unwrap_or(RESTORES);
    let mut dice = Dice::new(6);
    let scene = Scene::new();
    let (hub, mut station) = hub_and_station(&scene);
    let (mut backups, mut written) = (Vec::new(), 0);
    for restore in 0..restores {
        for _ in 0..=dice.below(3) {
            written += 1;
            station.publish(&format!("第 {written} 项"));
        }
        hub.holds_with(&[&station], written);
        let home = if dice.below(2) == 0 { station.stop() } else { station.kill() };
        if backups.is_empty() || dice.below(3) > 0 {
            backups.push(home.copied(&format!("backup-{restore}")));
        }
        let backup = &backups[dice.below(backups.len() as u64) as usize];
        // The hub is in reach, and slow to answer. What is written at once has to wait for it.
        hub.hold();
        station = backup.copied(&format!("restored-{restore}")).start();
        written += 1;
        let title = format!("title=第 {written} 项");
        let fresh = station.begin(&["listing", "new", "--kind", "achievement", &title, "--publish"]);
        std::thread::sleep(Duration::from_millis(100 + dice.below(900)));
        hub.go_on();
        fresh.finish().ok();
        hub.holds_with(&[&station], written);
        let found = [&hub, &station].map(|node| forks(node));
        assert!(found.iter().all(Vec::is_empty), "restore {restore}: a number was used twice: {found:?}");
    }
    println!("{restores} restores, {written} listings: no number was used twice, and none was lost");
}
