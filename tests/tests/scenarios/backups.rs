//! Backups made while a node works, restored on another machine beside its peers.

use std::os::unix::fs::PermissionsExt;

use serde_json::Value as Json;
use tests::{Dice, Home, Scene, hub_and_station};

/// Rows of a round's list.
const ROWS: u64 = 600;

/// A node is backed up at a random moment of an import, writes on, and is lost; what the backup does not hold comes back from
/// the hub, and no number is used twice.
fn round(seed: u64) {
    let scene = Scene::new();
    let mut dice = Dice::new(seed);
    let (hub, station) = hub_and_station(&scene);
    let rows: String = (0..ROWS).map(|n| format!("第{n}号成果,含水率低于百分之三,13900000000\n")).collect();
    let list = scene.write("rows.csv", format!("title,summary,contact_phone\n{rows}"));
    let mut import =
        station.begin(&["import", &list, "--kind", "achievement", "--apply", "--publish", "--json"]);
    let mut acknowledged = Vec::new();
    let before = dice.below(ROWS * 3 / 4);
    while (acknowledged.len() as u64) < before {
        let line: Json = serde_json::from_str(&import.line().unwrap()).unwrap();
        acknowledged.extend(line["id"].as_str().map(str::to_owned));
    }
    let made = station.run(["backup", "station.backup", "--json"]).ok().json();
    import.finish().ok();
    let entries = made["entries"].as_u64().unwrap();
    println!("{} acknowledged, {entries} entries in the backup", acknowledged.len());
    assert!(entries >= acknowledged.len() as u64, "what was acknowledged is in it");
    let file = scene.file("station.backup");
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    hub.holds_with(&[&station], ROWS);
    let lost = station.kill();
    std::fs::remove_dir_all(lost.path()).unwrap();

    let home = scene.home("machine");
    let told = home.run(["restore", "station.backup", "--json"]).ok().json();
    assert_eq!((&told["entries"], &told["own"]), (&made["entries"], &false.into()));
    // Before it meets anyone it holds what was acknowledged, contact details too.
    for id in acknowledged.iter().rev().take(5) {
        let listing = home.show(id).expect("what was acknowledged before the backup is there");
        assert_eq!(listing["contact"]["contact_phone"], "13900000000");
    }
    let station = home.start();
    station.publish("恢复之后的成果");
    hub.holds_with(&[&station], ROWS + 1);
    let again = station.import(&list, &[]).ok();
    let known = again.lines().iter().filter(|line| line["outcome"] == "unchanged").count();
    assert!(known >= acknowledged.len(), "rows before the backup are known as such: {known}");
    for node in [&hub, &station] {
        assert!(node.run(["fork", "list", "--json"]).ok().lines().is_empty(), "no number was used twice");
    }
}

#[test]
fn a_backup_made_while_writing_restores_elsewhere_and_the_rest_comes_back() {
    round(7);
}

/// `cargo test -p tests -- --ignored backups_at_random_points`
#[test]
#[ignore = "minutes"]
fn backups_at_random_points_restore_and_the_rest_comes_back() {
    let rounds = std::env::var("CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(20);
    (0..rounds).for_each(|n| round(100 + n));
}

/// Saves a listing's or a draft's only file, and reads it.
fn only_file(home: &Home, scene: &Scene, id: &str) -> Vec<u8> {
    let out = scene.file("saved").display().to_string();
    home.run(["listing", "file", id, "1", "--out", &out]).ok();
    std::fs::read(out).unwrap()
}

/// What only this node has comes back with it, though no peer is in reach; what others published comes from them.
#[test]
fn files_of_its_own_listings_come_back_with_a_node_that_meets_nobody() {
    let scene = Scene::new();
    let (hub, station) = hub_and_station(&scene);
    let attached = |node: &Home, id: &str, name: &str| {
        let bytes = [b"%PDF-1.7\n", name.repeat(100_000).as_bytes()].concat();
        node.run(["listing", "attach", id, &scene.write(&format!("{name}.pdf"), &bytes)]).ok();
        bytes
    };
    let theirs = station.publish("分站的成果");
    let others = attached(&station, &theirs, "theirs");
    hub.agrees_with(&[&station]);
    tests::until("the hub fetches all files", || {
        hub.show(&theirs).filter(|shown| shown["attachments"][0]["here"] == true)
    });
    let own = hub.publish("大市场的成果");
    let report = attached(&hub, &own, "report");
    let draft = hub.run(["listing", "new", "--kind", "demand", "title=草稿", "--json"]).ok().json();
    let draft = draft["id"].as_str().unwrap();
    let note = attached(&hub, draft, "note");
    let made = hub.run(["backup", "hub.backup", "--json"]).ok().json();
    assert_eq!((&made["attachments"], &made["attachments_unread"]), (&2.into(), &0.into()), "{made}");
    let station = station.stop();
    let lost = hub.stop();
    std::fs::remove_dir_all(lost.path()).unwrap();

    let home = scene.home("machine");
    let told = home.run(["restore", "hub.backup", "--json"]).ok().json();
    assert_eq!(told["attachments"], 2);
    assert_eq!(only_file(&home, &scene, &own), report);
    assert_eq!(only_file(&home, &scene, draft), note);
    assert_eq!(home.show(&theirs).unwrap()["attachments"][0]["here"], false);
    let hub = home.start();
    let station = station.start();
    station.synced();
    tests::until("what others published is fetched again", || {
        hub.show(&theirs).filter(|shown| shown["attachments"][0]["here"] == true)
    });
    assert_eq!(only_file(&hub, &scene, &theirs), others);
}

/// Backups that programs of each version have written. They stay for ever, as the homes beside them do.
#[test]
fn backups_of_every_version_restore() {
    for version in ["v1", "v2", "v3"] {
        let scene = Scene::new();
        let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
            .join(format!("fixtures/backups/{version}.backup"));
        let home = scene.home("home");
        home.run(["restore", file.to_str().unwrap()]).ok();
        let hits = home.search("秸秆");
        let listing = home.show(hits[0]["id"].as_str().unwrap()).unwrap();
        assert_eq!(listing["contact"]["contact_phone"], "13900000000");
        // Version 1 knew of files what the listing says, and no bytes.
        assert_eq!(listing["attachments"][0]["here"], version != "v1", "{listing}");
        assert_eq!(home.run(["listing", "list", "--drafts", "--json"]).ok().lines().len(), 1);
        home.publish("之后的成果");
    }
}

#[test]
fn a_restore_writes_over_nothing_and_from_nothing_damaged() {
    let scene = Scene::new();
    let hub = scene.hub("hub");
    let id = hub.publish("一项成果");
    // A stopped node; what there was is replaced only if it was a backup too.
    hub.run(["backup", "hub.backup"]).ok();
    let all = hub.run(["backup", "hub.backup"]).ok().all();
    assert!(all.contains("passphrase") && all.contains("recovery key is not in it"), "{all}");
    scene.write("letter.txt", "Dear reader");
    hub.run(["backup", "letter.txt"]).ends(5);
    let folder = std::fs::read_dir(scene.folder()).unwrap();
    let drafts = folder.filter(|item| item.as_ref().unwrap().file_name().to_string_lossy().contains("draft"));
    assert_eq!(drafts.count(), 0, "no draft is left");

    let bytes = std::fs::read(scene.file("hub.backup")).unwrap();
    let mut bad = bytes.clone();
    bad[bytes.len() / 2] ^= 4;
    scene.write("bad.backup", bad);
    scene.write("cut.backup", &bytes[..bytes.len() - 1]);
    scene.write("newer.backup", [b"lianshi backup 4\n", &bytes[17..]].concat());
    for (file, why) in [
        ("bad.backup", "damaged"),
        ("cut.backup", "cut off"),
        ("newer.backup", "newer"),
        ("letter.txt", "no backup"),
    ] {
        let ran = scene.home("new").run(["restore", file]).ends(3);
        assert!(ran.err.contains(why) && !ran.err.contains(" 17"), "{}", ran.err);
        assert!(!scene.file("new").exists(), "{file}: nothing is written");
    }
    hub.run(["restore", "hub.backup"]).ends(5);
    assert!(hub.show(&id).is_some());

    let new = scene.home("new");
    std::fs::create_dir(new.path()).unwrap();
    let told = new.run(["restore", "hub.backup"]).ok().all();
    assert!(told.contains("Never run the node on the old machine again"), "{told}");
    assert_eq!(new.show(&id).unwrap()["title"], "一项成果");
    assert!(!new.path().join("recovery.key").exists());
    new.publish("又一项成果");
    new.run(["restore", "hub.backup"]).ends(5);
    // One that was cut short is no node, and is begun anew.
    let half = scene.home("half");
    std::fs::create_dir_all(half.path().join("data")).unwrap();
    scene.write("half/restoring", "");
    let refused = half.run(["status"]).ends(1);
    assert!(refused.err.contains("cut short"), "{}", refused.err);
    half.run(["init", "--role", "hub", "--name", "x", "--region", "420000"]).ends(5);
    half.run(["restore", "hub.backup"]).ok();
    assert!(half.show(&id).is_some());
}
