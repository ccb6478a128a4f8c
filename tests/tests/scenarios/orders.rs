//! The commands of a first day, as they are written in the manual, and in the orders in which people type them.

use serde_json::Value as Json;
use tests::{Home, Node, Scene, until};

const ROWS: &str = r#"{"title":"锂电池防爆阀及其装配方法","abstract":"一种锂电池的防爆结构，泄压阈值可调。","keywords":["锂电池","防爆"]}
{"title":"水稻秸秆还田的腐熟菌剂","abstract":"低温下三周腐熟。","keywords":["秸秆","菌剂"]}
{"title":"船用柴油机尾气脱硝装置","abstract":"适合内河船舶。","keywords":["船舶","脱硝"]}
"#;
const MAP: &str = "title=title,summary=abstract,keywords=keywords";

fn found(scene: &Scene) -> Home {
    let hub = scene.home("H");
    hub.run(["init", "--role", "hub", "--name", "湖北技术交易大市场", "--region", "420000"]).ok();
    hub
}

fn invite(hub: &Home) {
    hub.run([
        "invite",
        "--role",
        "resource-station",
        "--region",
        "420106",
        "--days",
        "7",
        "--out",
        "inv.lianshi",
    ])
    .ok();
}

fn join(scene: &Scene) -> Home {
    let station = scene.home("S");
    let name = "武汉大学技术转移中心";
    let who = ["--role", "resource-station", "--name", name, "--region", "420106"];
    let [a, b, c, d, e, f] = who;
    station
        .run(["init", a, b, c, d, e, f, "--credit-code", "12100000707137123P", "--join", "inv.lianshi"])
        .ok();
    station
}

/// Import on the station, dry and then for good; the ids of what was published.
fn import(station: &Node, file: &str) -> Vec<String> {
    let dry = station.run(["import", file, "--kind", "achievement", "--map", MAP, "--json"]).ok().lines();
    let good: Vec<&Json> = dry.iter().filter(|line| line["outcome"] == "new").collect();
    assert_eq!(good.len(), 3, "a dry run names each row: {dry:?}");
    assert_eq!(station.status()["listings"]["own"], 0, "a dry run changes nothing");
    let done = station.import(file, &["--map", MAP]).ok().lines();
    let ids = done.iter().filter(|line| line["outcome"] == "published");
    let ids: Vec<String> = ids.map(|line| line["id"].as_str().unwrap().to_owned()).collect();
    assert_eq!(ids.len(), 3, "{done:?}");
    ids
}

fn status_has_its_fields(status: &Json) {
    assert_eq!(status["v"], 1);
    for name in ["node", "role", "view_hash", "web"] {
        assert!(status[name].is_string(), "{name}: {status}");
    }
    for name in ["entries", "logs"] {
        assert!(status[name].is_u64(), "{name}: {status}");
    }
    assert!(status["listings"]["held"].is_u64() && status["listings"]["own"].is_u64(), "{status}");
    assert!(status["addresses"].as_array().is_some_and(|list| !list.is_empty()), "{status}");
    let peer = &status["peers"][0];
    assert!(
        peer["state"] == "synced" && peer["reason"].is_string() && peer["last_success"].is_string(),
        "{status}"
    );
}

fn prove(scene: &Scene, hub: &Node, id: &str) {
    hub.run(["export", id, "--format", "proof", "--out", "L.lianshi"]).ok();
    hub.run(["export", "--format", "charter", "--out", "charter.lianshi"]).ok();
    let proven = scene.run(["verify", "L.lianshi", "--charter", "charter.lianshi", "--json"]).ok().json();
    assert_eq!((&proven["proof"], &proven["id"]), (&"verified".into(), &id.into()), "{proven}");
    assert_eq!(proven["institution"]["name"], "武汉大学技术转移中心");
    assert_eq!(proven["institution"]["credit_code"], "12100000707137123P");
    let status = hub.status();
    assert_eq!(proven["network"]["id"], status["network"]["id"]);
}

fn the_whole_day(scene: &Scene, hub: &Node, station: &Node) {
    let file = scene.write("rows.jsonl", ROWS);
    let ids = import(station, &file);
    let status = hub.holds_with(&[station], 3);
    status_has_its_fields(&status);
    status_has_its_fields(&station.synced());
    assert_eq!((&status["role"], &status["listings"]["own"]), (&"hub".into(), &0.into()));

    let search =
        ["search", "锂电池 防爆", "--kind", "achievement", "--region", "42", "--limit", "20", "--json"];
    let hits = hub.run(search).ok().lines();
    assert_eq!(hits.first().map(|hit| &hit["id"]), Some(&ids[0].as_str().into()), "{hits:?}");
    let elsewhere =
        hub.run(["search", "锂电池 防爆", "--kind", "achievement", "--region", "11", "--json"]).ok();
    assert_eq!(elsewhere.out, "", "a region that nothing is in");

    let shown = hub.run(["listing", "show", &ids[0], "--json"]).ok().json();
    assert_eq!(shown["title"], "锂电池防爆阀及其装配方法");
    assert_eq!(shown["author"]["node"], station.status()["node"]);
    assert_eq!(shown["institution"]["name"], "武汉大学技术转移中心");
    assert_eq!(shown["proof"]["state"], "verified");
    assert!(shown["fields"].as_object().unwrap().contains_key("keyword/锂电池"), "{shown}");
    prove(scene, hub, &ids[0]);
}

#[test]
fn invited_before_the_hub_has_ever_run() {
    let scene = Scene::new();
    let hub = found(&scene);
    invite(&hub);
    let station = join(&scene);
    // The station is first: it has to go on calling until the hub is there.
    let station = station.start();
    let hub = hub.start();
    the_whole_day(&scene, &hub, &station);
}

#[test]
fn invited_by_a_running_hub() {
    let scene = Scene::new();
    let hub = found(&scene).start();
    invite(&hub);
    let station = join(&scene).start();
    the_whole_day(&scene, &hub, &station);
}

/// Writing opens the store when no node runs; what was written offline is exchanged once there is a connection.
#[test]
fn everything_works_while_no_node_runs() {
    let scene = Scene::new();
    let hub = found(&scene);
    invite(&hub);
    let station = join(&scene);
    let file = scene.write("rows.jsonl", ROWS);
    let done = station.import(&file, &["--map", MAP]).ok().lines();
    let id = done[0]["id"].as_str().unwrap();
    assert_eq!(station.show(id).unwrap()["title"], "锂电池防爆阀及其装配方法");
    assert_eq!(
        station.search("防爆").first().map(|hit| &hit["id"]),
        Some(&id.into()),
        "found at home at once"
    );
    let status = station.status();
    assert_eq!((&status["listings"]["own"], &status["running"]), (&3.into(), &false.into()), "{status}");
    station.run(["export", id, "--format", "proof", "--out", "early.lianshi"]).ok();

    let (hub, station) = (hub.start(), station.start());
    hub.holds_with(&[&station], 3);
    assert_eq!(hub.search("防爆").first().map(|hit| &hit["id"]), Some(&id.into()));
    assert_eq!(
        station.search("防爆").first().map(|hit| &hit["id"]),
        Some(&id.into()),
        "found at home once admitted"
    );
    let (hub, station) = (hub.stop(), station.stop());
    assert_eq!(hub.show(id).unwrap()["proof"]["state"], "verified", "the stopped hub still shows it");
    assert_eq!(hub.status()["view_hash"], station.status()["view_hash"]);
}

#[test]
fn waiting_in_vain_ends_with_4() {
    let scene = Scene::new();
    let hub = found(&scene);
    hub.run(["status", "--wait", "synced", "--timeout", "1"]).ends(4);
    let mut hub = hub.start();
    // Nobody is connected, so nobody is in step.
    hub.run(["status", "--wait", "synced", "--timeout", "1"]).ends(4);
    assert!(hub.is_running());
    let home = hub.stop();
    until("its socket is gone", || (home.run(["stop"]).code == 4).then_some(()));
}
