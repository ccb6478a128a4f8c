//! Peers are met, let alone and met again by the operator's word; what one did is shown with its evidence.

use serde_json::Value as Json;
use tests::{Home, Node, Scene, get, until};

use super::api::{call, token};
use super::desk::{add, administrator, signed_in};

/// What a node knows of the only other one.
fn task(node: &Home) -> Json {
    node.run(["peer", "show", "", "--json"]).ok().json()["task"].clone()
}

fn key(node: &Node) -> String {
    node.status()["node"].as_str().unwrap().to_owned()
}

fn held(node: &Node) -> u64 {
    node.status()["listings"]["held"].as_u64().unwrap()
}

#[test]
fn a_pause_keeps_entries_away_over_a_restart_and_resuming_brings_them() {
    let scene = Scene::new();
    let hub = scene.hub("湖北枢纽").start();
    let station = scene.join(&hub, "宜昌站", "resource-station", "420500").start();
    station.publish("第一条");
    hub.agrees_with(&[&station]);
    let (hubs, stations) = (key(&hub), key(&station));
    station.run(["peer", "pause", &hubs[..10]]).ok();
    assert_eq!(task(&station)["state"], "paused");
    hub.publish("暂停时发布的");
    let station = station.stop().start();
    let status = station.status();
    assert_eq!(
        (&status["paused"]["named"], &status["peers"][0]["state"]),
        (&Json::from(1), &Json::from("paused"))
    );
    let refused = station.run(["peer", "sync", &hubs]);
    assert_eq!(refused.code, 5, "{}", refused.err);
    until("the hub reads why it is alone", || {
        let known = hub.run(["peer", "show", &stations, "--json"]).ok().json();
        (!matches!(known["task"]["state"].as_str(), Some("in_step" | "syncing"))).then_some(())
    });
    assert_eq!(held(&station), 1, "nothing came");
    let doctor = station.run(["doctor", "--lang", "en"]).out;
    assert!(doctor.contains("Peers are paused: peers paused by name: 1"), "{doctor}");
    assert!(get(&station.web(), "/network").body.contains("已暂停"), "the map says so");

    assert_eq!(station.run(["peer", "resume", &hubs, "--json"]).ok().json()["resumed"], true);
    let told = station.run(["peer", "sync", &hubs, "--timeout", "60", "--json"]).ok().json();
    assert_eq!((&told["state"], &told["moved"]), (&Json::from("in_step"), &told["total"]));
    station.agrees_with(&[&hub]);
    assert_eq!(held(&station), 2);
    assert_eq!(station.status()["paused"], Json::Null);
    offline_work(&hub, station);
}

/// All are paused for a while, while the node is stopped.
fn offline_work(hub: &Node, station: Node) {
    let home = station.stop();
    let paused = home.run(["peer", "pause", "--all", "--for", "2h", "--json"]).ok().json();
    assert!(paused["until"].is_string(), "{paused}");
    assert_eq!(home.run(["peer", "pause", "--all", "--for", "soon"]).code, 2);
    let station = home.start();
    station.publish("离线时发布的");
    assert!(station.status()["paused"]["all"]["until"].is_string());
    assert_eq!(held(hub), 2);
    station.run(["peer", "resume", "--all"]).ok();
    hub.agrees_with(&[&station]);
    assert_eq!(held(hub), 3);
}

#[test]
fn administrators_alone_look_after_peers_on_the_page_and_by_the_api() {
    let scene = Scene::new();
    let hub = scene.hub("湖北枢纽").start();
    let station = scene.join(&hub, "宜昌站", "resource-station", "420500").start();
    station.agrees_with(&[&hub]);
    let hubs = key(&hub);
    let mut visitor = administrator(&station);
    let page = visitor.get("/desk/peers").body;
    assert!(page.contains("湖北枢纽") && page.contains("离线工作"), "{page}");
    let one = format!("/desk/peers/{hubs}");
    assert!(visitor.get(&one).body.contains(&hubs));
    let sent = visitor.post(&one, &[("act", "pause"), ("for", "2h")]);
    assert_eq!(sent.header("location"), Some(format!("{one}?pause=1").as_str()));
    assert!(visitor.get(&one).body.contains("已暂停"));
    assert_eq!(visitor.get("/desk/peers/0000").code, 404);

    add(&station, &scene, "lilei", "clerk");
    let mut clerk = signed_in(&station, "lilei");
    assert_eq!(clerk.get("/desk/peers").code, 403);
    assert_eq!(clerk.post(&one, &[("act", "resume")]).code, 403);
    assert!(!clerk.get("/desk").body.contains("/desk/peers"));

    let (allowed, other, clerks) = (
        token(&station, "王芳", "nodes"),
        token(&station, "王芳", "drafts"),
        token(&station, "lilei", "nodes"),
    );
    let web = station.web();
    let asked = |token: &str, verb: &str, path: &str, body: &Json| call(&web, verb, path, token, &[], body);
    let known = || -> Json { serde_json::from_str(&asked(&allowed, "GET", &one, &Json::Null).body).unwrap() };
    assert_eq!(known()["state"], "paused");
    let resume = format!("{one}/resume");
    for refused in [other.as_str(), clerks.as_str(), ""] {
        assert!(matches!(asked(refused, "POST", &resume, &Json::Null).code, 401 | 403));
    }
    assert_eq!(known()["state"], "paused");
    assert_eq!(asked(&allowed, "POST", &resume, &Json::Null).code, 204);
    station.agrees_with(&[&hub]);
    until("they are in step", || (known()["state"] == "in_step").then_some(()));
    assert_eq!(asked(&allowed, "POST", &format!("{one}/stop"), &Json::Null).code, 204);
    assert_eq!(known()["state"], "stopped");
    assert_eq!(asked(&allowed, "POST", &format!("{one}/sync"), &Json::Null).code, 204);
    until("they meet again", || (known()["state"] == "in_step").then_some(()));
    let all = asked(&allowed, "POST", "/desk/peers/pause", &serde_json::json!({ "for": "1h" }));
    assert_eq!(all.code, 204, "{}", all.body);
    assert_eq!(known()["state"], "paused");
    assert_eq!(asked(&allowed, "POST", "/desk/peers/resume", &Json::Null).code, 204);
    assert_eq!(asked(&allowed, "POST", &format!("{one}/forgive"), &Json::Null).code, 404, "it did nothing");
}
