//! Governing together: several governors, one of them away, a file between them; the recovery key; sites that a
//! sub-market admits.

use serde_json::Value as Json;
use tests::{Home, Node, Scene, until};

/// A running node that joined by invitation and is in step with the hub.
fn member(scene: &Scene, hub: &Node, name: &str, role: &str, region: &str) -> Node {
    let node = scene.join(hub, name, role, region).start();
    node.synced();
    node
}

/// Waits until the roster of a node says so of an institution.
pub(crate) fn wait_for(node: &Home, name: &str, state: &str) {
    until(&format!("{} shows {name} as {state}", node.name()), || {
        let ran = node.run(["roster", "show", name, "--json"]);
        (ran.code == 0 && ran.json()["institution"]["state"] == state).then_some(())
    });
}

fn whole(home: &Home) -> Json {
    home.run(["roster", "show", "--json"]).ok().json()
}

/// A hub, a university and a sub-market, of which two must sign.
pub(crate) fn three_governors(scene: &Scene) -> (Node, Node, Node) {
    let hub = scene.hub("hub").start();
    let university = member(scene, &hub, "university", "resource-station", "420106");
    let market = member(scene, &hub, "market", "sub-market", "420100");
    assert_eq!(whole(&hub)["governs_alone"], true);
    let added = hub.run(["roster", "propose", "governor", "add", "university", "--json"]).ok().json();
    assert_eq!((&added["missing"], &added["detail"]["threshold"]), (&0.into(), &2.into()), "{added}");
    let again = hub.run(["roster", "propose", "governor", "add", "market", "--json"]).ok().json();
    assert_eq!(again["missing"], 1, "{again}");
    let id = again["id"].as_str().unwrap();
    until("the step comes to the university", || {
        (university.run(["roster", "approve", &id[..8]]).code == 0).then_some(())
    });
    for node in [&hub, &university, &market] {
        until("all see three governors", || {
            let roster = whole(node);
            (roster["governors"].as_array().unwrap().len() == 3 && roster["threshold"] == 2).then_some(())
        });
    }
    (hub, university, market)
}

#[test]
fn governors_decide_together_one_of_them_by_file() {
    let scene = Scene::new();
    let (hub, university, market) = three_governors(&scene);
    let title = "一种待审的成果";

    // One that has no invitation applies with the charter.
    let charter = scene.file("charter.lianshi").display().to_string();
    hub.run(["export", "--format", "charter", "--out", &charter]).ok();
    let fourth = scene.home("fourth");
    let [a, b, c, d, e, f] = ["--role", "resource-station", "--name", "fourth", "--region", "420102"];
    fourth.run(["init", a, b, c, d, e, f, "--charter", &charter, "--application", "fourth.application"]).ok();

    // The university's node is stopped; its root key signs by file, on a machine without network or node.
    let university = university.stop();
    let key = university.path().join("identity/root.key").display().to_string();
    let asked = hub.run(["roster", "propose", "admit", "fourth.application", "--json"]).ok().json();
    assert_eq!(asked["missing"], 1);
    let waiting = hub.run(["roster", "list", "--pending", "--json"]).ok().lines();
    assert_eq!(waiting.len(), 1, "{waiting:?}");
    let id = asked["id"].as_str().unwrap();
    hub.run(["roster", "export", id, "--out", "admit.steps"]).ok();
    let away = scene.home("nowhere");
    let held = away.run(["roster", "show", "admit.steps", "--json"]).ok().json();
    assert_eq!(
        (&held["action"], &held["signed"]),
        (&"admit".into(), &Json::from(vec!["hub技术交易大市场"])),
        "{held}"
    );
    away.run(["roster", "approve", "admit.steps", "--root-key", &key]).ends(2);
    let signing = ["roster", "approve", "admit.steps", "--out", "signed.steps", "--root-key", &key];
    let signed = away.run(signing).ok();
    assert!(signed.err.contains("fourth"), "who signs sees what: {}", signed.err);
    let strange = fourth.path().join("identity/root.key").display().to_string();
    away.run(["roster", "approve", "admit.steps", "--out", "x.steps", "--root-key", &strange]).ends(5);
    let taken = market.run(["roster", "import", "signed.steps", "--json"]).ok().json();
    assert_eq!(taken["missing"], 0, "{taken}");
    wait_for(&hub, "fourth", "active");
    assert!(hub.run(["roster", "list", "--pending", "--json"]).ok().lines().is_empty());

    let fourth = fourth.start_with(&["--listen", "/ip4/127.0.0.1/tcp/0", "--peer", &hub.addresses()[0]]);
    fourth.synced();
    let listing = fourth.publish(title);
    let all = [&market, &fourth];
    hub.holds_with(&all, 1);
    // A governor suspends, another one reinstates; the one that is away comes back to the same roster.
    let step =
        hub.run(["roster", "propose", "suspend", "fourth", "--reason", "资料待核", "--json"]).ok().json();
    assert_eq!(market.show(&listing).unwrap()["status"], "published", "one signature is not enough");
    let id = step["id"].as_str().unwrap();
    until("the market approves", || (market.run(["roster", "approve", id]).code == 0).then_some(()));
    for node in [&hub, &market] {
        wait_for(node, "fourth", "suspended");
        assert_eq!(node.show(&listing).unwrap()["status"], "hidden");
    }
    let hub_view = hub.status()["view_hash"].clone();
    assert_eq!(market.status()["view_hash"], hub_view);
    let university = university.start();
    university.synced();
    assert_eq!(hub.agrees_with(&[&market, &university])["view_hash"], hub_view);
    assert_eq!(university.show(&listing).unwrap()["status"], "hidden");

    let step = university.run(["roster", "propose", "reinstate", "fourth", "--json"]).ok().json();
    let id = step["id"].as_str().unwrap();
    until("the hub approves", || (hub.run(["roster", "approve", id]).code == 0).then_some(()));
    for node in [&hub, &market, &university] {
        wait_for(node, "fourth", "active");
        assert_eq!(node.show(&listing).unwrap()["status"], "published");
    }
    until("the fourth is let in again", || {
        let status = fourth.status();
        (status["view_hash"] == hub.status()["view_hash"]).then_some(())
    });
    hub.agrees_with(&[&market, &university, &fourth]);
}

#[test]
fn a_grassroots_site_comes_in_by_its_sub_markets_word_and_others_by_two_governors() {
    let scene = Scene::new();
    let (hub, university, market) = three_governors(&scene);
    // The market is a governor: it leaves the governors, and then only its own word is left to it.
    let step = hub.run(["roster", "propose", "governor", "remove", "market", "--json"]).ok().json();
    let id = step["id"].as_str().unwrap();
    until("the university approves", || (university.run(["roster", "approve", id]).code == 0).then_some(()));
    until("the market governs no more", || {
        (whole(&market)["governors"].as_array().unwrap().len() == 2).then_some(())
    });
    let refused = ["invite", "--role", "resource-station", "--region", "420106", "--out", "no"];
    market.run(refused).ends(5);
    market.run(["invite", "--role", "grassroots-site", "--region", "420200", "--out", "no"]).ends(5);
    let site = member(&scene, &market, "site", "grassroots-site", "420106");
    site.run(["invite", "--role", "grassroots-site", "--region", "420106", "--out", "no"]).ends(5);
    wait_for(&hub, "site", "active");
    let shown = hub.run(["roster", "show", "site", "--json"]).ok().json();
    assert_eq!(shown["institution"]["admitted_by"], "market");

    let leaving = hub.run(["roster", "propose", "exit", "market"]).ok();
    assert!(leaving.err.contains("site"), "who hangs on its word is named: {}", leaving.err);

    // An invitation by governors counts once both have signed; whoever comes earlier is told so.
    let [a, b, c, d] = ["--role", "resource-station", "--region", "420106"];
    let made = hub.run(["invite", a, b, c, d, "--out", "late.invitation", "--json"]).ok().json();
    assert_eq!(made["missing"], 1);
    // The secret in an invitation is the only one: another does not take its place.
    hub.run(["invite", a, b, c, d, "--out", "late.invitation"]).ends(5);
    hub.run(["invite", a, b, c, d, "--out", "far.invitation", "--days", "366"]).ends(2);
    let early = scene.home("early");
    early.run(["init", a, b, c, d, "--name", "early", "--join", "late.invitation"]).ok();
    let early = early.start();
    until("it is told that governors must approve", || {
        let told = early.peers().iter().any(|peer| peer["reason"].to_string().contains("approve"));
        told.then_some(())
    });
    let id = made["step"].as_str().unwrap();
    until("the university approves", || (university.run(["roster", "approve", id]).code == 0).then_some(()));
    wait_for(&hub, "early", "active");
}

#[test]
fn the_recovery_key_replaces_governors_that_are_lost() {
    let scene = Scene::new();
    let hub = scene.hub("hub");
    let recovery = scene.file("recovery.key");
    let hub = hub.start();
    let station = member(&scene, &hub, "station", "resource-station", "420106");
    let listing = station.publish("一项成果");
    hub.holds_with(&[&station], 1);
    hub.run(["roster", "propose", "suspend", "station", "--reason", "x"]).ok();
    hub.run(["roster", "propose", "reinstate", "station"]).ok();
    until("the station is let in again", || {
        (station.status()["view_hash"] == hub.status()["view_hash"]).then_some(())
    });
    std::fs::rename(hub.path().join("recovery.key"), &recovery).unwrap();
    // The hub is lost for good; the station carries what the recovery key signs.
    drop(hub.kill());
    let recovery = recovery.display().to_string();
    station.run(["roster", "propose", "take-down", &listing, "--reason", "x"]).ends(5);
    let strange = scene.write("other.key", format!("{}\n", "5".repeat(64)));
    station.run(["roster", "recover", "--recovery-key", &strange, "--governor", "station"]).ends(5);
    let done =
        station.run(["roster", "recover", "--recovery-key", &recovery, "--governor", "station", "--json"]);
    assert_eq!(done.ok().json()["missing"], 0);
    let roster = whole(&station);
    assert_eq!((&roster["epoch"], &roster["governors"]), (&1.into(), &Json::from(vec!["station"])));
    station.run(["roster", "propose", "take-down", &listing, "--reason", "x"]).ok();
    assert_eq!(station.show(&listing).unwrap()["hidden"]["why"], "taken-down");
    station.run(["roster", "propose", "restore", &listing]).ok();
    assert_eq!(station.show(&listing).unwrap()["status"], "published");
    station.run(["roster", "propose", "purge", &listing, "--reason", "手机号", "--yes"]).ok();
    let shown = station.show(&listing).unwrap();
    assert_eq!((&shown["status"], &shown["hidden"]["why"]), (&"hidden".into(), &"purged".into()));
}

/// A root key under a passphrase signs in the command's own process, and only with the passphrase.
#[test]
fn a_root_key_under_a_passphrase_signs_with_it_alone() {
    let scene = Scene::new();
    let (right, wrong) = (scene.write("right", "石榴树下\n"), scene.write("wrong", "石榴树上\n"));
    let hub = scene.home("hub");
    let [a, b, c, d] = ["--name", "hub", "--region", "420000"];
    hub.run(["init", "--role", "hub", a, b, c, d, "--passphrase-file", &right]).ok();
    let text = std::fs::read_to_string(hub.path().join("identity/root.key")).unwrap();
    assert!(text.starts_with("lianshi root-key 1\n"), "{text}");
    let hub = hub.start();
    let [a, b, c, d] = ["--role", "resource-station", "--region", "420106"];
    hub.run(["invite", a, b, c, d, "--out", "x"]).ends(5);
    hub.run(["invite", a, b, c, d, "--out", "x", "--passphrase-file", &wrong]).ends(5);
    hub.run(["invite", a, b, c, d, "--out", "station.invitation", "--passphrase-file", &right]).ok();
    let station = scene.home("station");
    station.run(["init", a, b, c, d, "--name", "station", "--join", "station.invitation"]).ok();
    let station = station.start();
    station.synced();
    hub.agrees_with(&[&station]);
}

/// New keys of an institution: a root key that governors sign for by file, and one of a governor; a renewed certificate
/// on a running node; another node key.
#[test]
fn keys_change_and_the_institutions_stay() {
    let scene = Scene::new();
    let hub = scene.hub("hub").start();
    let station = member(&scene, &hub, "station", "resource-station", "420106");
    let first = station.publish("甲的成果");
    hub.holds_with(&[&station], 1);
    let before = station.run(["key", "show", "--json"]).ok().json();
    assert_eq!((&before["serial"], &before["root_key"]), (&1.into(), &"plain".into()));

    // Renewed while it runs; sessions go on.
    let renewed = station.run(["key", "renew", "--json"]).ok().json();
    assert_eq!(renewed["serial"], 2);
    assert_ne!(station.status()["certificate"]["id"], before["certificate"]);
    hub.agrees_with(&[&station]);

    // The station's new root key waits for the hub, which signs a file.
    station.run(["key", "rotate-root"]).ends(2);
    station.run(["key", "rotate-root", "--out", "root.steps"]).ok();
    // The key that waits is kept until it is discarded in so many words.
    let waiting = || std::fs::read(station.path().join("identity/root.key.next")).unwrap();
    let first_key = waiting();
    station.run(["key", "rotate-root", "--out", "root.steps"]).ends(5);
    assert_eq!(waiting(), first_key);
    assert!(station.run(["doctor", "--json"]).all().contains("root-waiting"));
    station.run(["key", "rotate-root", "--out", "root.steps", "--again"]).ok();
    assert_ne!(waiting(), first_key);
    hub.run(["roster", "approve", "root.steps", "--out", "root.signed"]).ok();
    hub.run(["roster", "import", "root.signed"]).ok();
    let root = |home: &Home, name: &str| {
        home.run(["roster", "show", name, "--json"]).ok().json()["institution"]["root"].clone()
    };
    until("the station sees its new root key", || {
        (root(&station, "station") != before["root"]).then_some(())
    });
    // What the roster has taken up is discarded by nothing, and the old key certifies nothing any more.
    station.run(["key", "rotate-root", "--out", "again.steps", "--again"]).ends(5);
    let next = station.path().join("identity/root.key.next");
    let aside = scene.file("aside");
    std::fs::rename(&next, &aside).unwrap();
    station.run(["key", "renew"]).ends(5);
    std::fs::rename(&aside, &next).unwrap();
    let renewed = station.run(["key", "renew", "--json"]).ok().json();
    assert_eq!((&renewed["serial"], &renewed["node"]), (&3.into(), &before["node"]));
    let after = station.run(["key", "show", "--json"]).ok().json();
    assert_eq!((&after["institution"], &after["root_waiting"]), (&before["institution"], &false.into()));
    assert_eq!(after["root"], root(&hub, "station"));

    // Another node key, certified by the new root key: the old node's listing is the institution's still.
    station.run(["key", "rotate-node"]).ends(5);
    let station = station.stop();
    station.run(["key", "rotate-node"]).ok();
    let station = station.start_with(&["--listen", "/ip4/127.0.0.1/tcp/0", "--peer", &hub.addresses()[0]]);
    assert_ne!(station.status()["node"], before["node"]);
    station.synced();
    station.run(["listing", "edit", &first, "title=甲的成果（修订）"]).ok();
    station.publish("新节点的成果");
    hub.holds_with(&[&station], 2);
    assert_eq!(hub.show(&first).unwrap()["title"], "甲的成果（修订）");
    for (listing, file) in [(&first, "a.proof"), (&station.publish("再一项"), "b.proof")] {
        until("the hub holds it", || hub.show(listing));
        hub.run(["export", listing, "--format", "proof", "--out", file]).ok();
        hub.run(["export", "--format", "charter", "--out", "charter"]).ok();
        scene.run(["verify", file, "--charter", "charter"]).ok();
    }

    // The hub governs on with its own new key, under a passphrase, away from the machine.
    let passphrase = scene.write("passphrase", "石榴树下\n");
    hub.run(["key", "lock", "--passphrase-file", &passphrase]).ok();
    let mistyped = scene.write("mistyped", "石榴树上\n");
    hub.run(["key", "rotate-root", "--passphrase-file", &mistyped]).ends(5);
    assert!(!hub.path().join("identity/root.key.next").exists());
    hub.run(["key", "rotate-root", "--passphrase-file", &passphrase]).ok();
    hub.run(["key", "renew", "--passphrase-file", &passphrase]).ok();
    let key = scene.file("hub.root").display().to_string();
    hub.run(["key", "export-root", &key]).ok();
    let suspend = ["roster", "propose", "suspend", "station", "--reason", "x"];
    hub.run(suspend).ends(5);
    let [a, b, c, d, e, f] = suspend;
    hub.run([a, b, c, d, e, f, "--root-key", &key, "--passphrase-file", &passphrase]).ok();
    wait_for(&hub, "station", "suspended");
    let found = hub.run(["doctor", "--json"]).all();
    assert!(!found.contains("root-plain"), "{found}");
}
