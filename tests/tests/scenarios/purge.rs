//! A listing purged at one node: its text leaves every file of every home, and no old copy brings it back.

use std::path::PathBuf;

use tests::{Home, Node, Scene, Visitor, get, hub_and_station, traces, until};

use crate::desk::administrator;
use crate::sheets::{act, settled};

const CANARY: &str = "金丝雀联系人-13907100009-q7v3k9x2";

/// Starts a node once more, after which nothing may be left.
fn started_anew(node: Node) -> Node {
    let node = node.stop().start();
    assert_eq!(traces(&node.path(), CANARY), Vec::<PathBuf>::new(), "{}", node.name());
    let doctor = node.run(["doctor", "--json"]).out;
    assert!(!doctor.contains("scrub"), "{doctor}");
    node
}

/// Brings a table in at a desk, as a browser does.
fn bring(clerk: &mut Visitor, rows: &str) {
    let table = format!("title,summary\n{rows}");
    let sent = clerk.upload("/desk/import/file", "成果.csv", table.as_bytes());
    assert_eq!(sent.header("location"), Some("/desk/import"), "{}", sent.body);
    act(clerk, &[("act", "read"), ("kind", "achievement"), ("how", "publish")]);
    settled(clerk);
    act(clerk, &[("act", "apply")]);
    settled(clerk);
}

/// What was imported at the desk lies there as a table for two weeks; a purge does not wait for that, whoever it is by.
#[test]
fn a_purge_takes_the_tables_that_were_sent_to_the_desk() {
    let scene = Scene::new();
    let (hub, station) = hub_and_station(&scene);
    let mut clerk = administrator(&station);
    let tables = station.path().join("imports");
    let id_of = |title: &str| {
        let hit = until("the row is found", || hub.search(title).into_iter().next());
        hit["id"].as_str().unwrap().to_owned()
    };
    bring(&mut clerk, &format!("甲项成果,{CANARY}\n另一项成果,没有什么\n"));
    let id = id_of("甲项成果");
    assert!(!traces(&tables, CANARY).is_empty(), "the search finds");
    station.run(["listing", "purge", &id, "--reason", "误发联系方式", "--yes"]).ok();
    assert!(!tables.exists(), "{:?}", traces(&tables, CANARY));
    assert_eq!(clerk.get("/desk/import").code, 200);
    assert_eq!(station.search("另一项成果").len(), 1);
    // Those of an institution go with what the governors purge, too; with what they purge of others they stay.
    bring(&mut clerk, &format!("乙项成果,{CANARY}\n"));
    let (id, theirs) = (id_of("乙项成果"), hub.publish("大市场的成果"));
    hub.run(["listing", "purge", &theirs, "--reason", "误发", "--yes"]).ok();
    hub.agrees_with(&[&station]);
    assert!(!traces(&tables, CANARY).is_empty());
    hub.run(["roster", "propose", "purge", &id, "--reason", "误发联系方式", "--yes"]).ok();
    until("the tables go", || (!tables.exists()).then_some(()));
    let station = started_anew(station);
    assert_eq!(station.search("另一项成果").len(), 1);
}

/// The institution's node, the hub and a third one hear of it; a fourth was away, and a backup is as old.
#[test]
fn a_purged_listing_leaves_every_file_of_every_home() {
    let scene = Scene::new();
    let hub = scene.hub("hub").start();
    let join = |name: &str| scene.join(&hub, name, "resource-station", "420106").start();
    let (owner, third, away) = (join("owner"), join("third"), join("away"));
    let title = format!("title={CANARY}");
    let contact = format!("contact_name={CANARY}");
    let new = ["listing", "new", "--kind", "achievement", title.as_str(), contact.as_str(), "--json"];
    let draft = owner.run(new).ok().json()["id"].as_str().unwrap().to_owned();
    let id =
        owner.run(["listing", "publish", &draft, "--json"]).ok().json()["id"].as_str().unwrap().to_owned();
    let kept = owner.publish("另一项成果");
    owner.run(["listing", "edit", &id, &format!("summary={CANARY}，改过一次")]).ok();
    owner.synced();
    hub.agrees_with(&[&owner, &third, &away]);
    assert_eq!(third.search("金丝雀联系人").len(), 1);
    let away: Home = away.stop();
    assert!(!traces(&away.path(), CANARY).is_empty(), "the search finds");
    let owner = owner.stop();
    let backup = owner.copied("backup");
    let owner = owner.start();
    owner.synced();

    owner.run(["listing", "purge", &id, "--reason", "误发联系方式"]).ends(2);
    assert_eq!(third.run(["listing", "purge", &id, "--reason", "x", "--yes"]).code, 5, "it is not theirs");
    let purged =
        owner.run(["listing", "purge", &id, "--reason", "误发联系方式", "--yes", "--json"]).ok().json();
    assert_eq!(purged["outcome"], "purged");
    owner.run(["listing", "edit", &id, "summary=x"]).ends(5);
    hub.agrees_with(&[&owner, &third]);
    for node in [&owner, &hub, &third] {
        let shown = node.show(&id).unwrap();
        assert_eq!(
            (&shown["hidden"]["why"], &shown["hidden"]["reason"]),
            (&"purged".into(), &"误发联系方式".into())
        );
        assert!(!shown.to_string().contains("金丝雀"), "{shown}");
        assert!(node.search("金丝雀联系人").is_empty());
        assert_eq!(node.search("另一项成果").len(), 1);
        assert!(node.run(["doctor", "--json"]).out.contains("scrub"), "it says that old bytes wait");
    }
    let (owner, hub, third) = (started_anew(owner), started_anew(hub), started_anew(third));
    let page = get(&third.web(), &format!("/listing/{id}")).body;
    assert!(page.contains("此信息已被清除") && page.contains("误发联系方式"), "{page}");

    // Whoever was away comes back with all of it, and with an edit of its own that nobody asked for.
    let away = away.start();
    hub.agrees_with(&[&owner, &third, &away]);
    assert_eq!(away.show(&id).unwrap()["hidden"]["why"], "purged");
    let away = started_anew(away);
    // The institution's node is lost, and comes back from a backup that is older than the purge.
    let owner = owner.stop();
    std::fs::remove_dir_all(owner.path()).unwrap();
    let backup = backup.start();
    backup.synced();
    hub.agrees_with(&[&backup, &third, &away]);
    let backup = started_anew(backup);
    assert_eq!(backup.show(&id).unwrap()["hidden"]["why"], "purged");
    // A store that is lost is built anew from the journal, which holds the entries bare.
    let backup = backup.stop();
    std::fs::remove_dir_all(backup.path().join("data/store")).unwrap();
    let backup = backup.start();
    hub.agrees_with(&[&backup, &third, &away]);
    assert_eq!(backup.show(&id).unwrap()["hidden"]["why"], "purged");
    assert!(backup.show(&kept).is_some());
    for node in [&backup, &hub, &third, &away] {
        assert_eq!(traces(&node.path(), CANARY), Vec::<PathBuf>::new(), "{}", node.name());
    }
}
