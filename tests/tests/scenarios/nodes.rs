//! Three nodes in a line: what one says of itself is known at the far end, which is never connected with it.

use std::process::Command;

use serde_json::Value as Json;
use tests::{Node, Scene, get, until};

use super::api::{call, token};
use super::care::configured;
use super::desk::{add, administrator, signed_in};

/// Free space where the scene lies, MiB.
fn free_mib(scene: &Scene) -> u64 {
    let asked = Command::new("df").args(["--output=avail", "-B1M"]).arg(scene.folder()).output().unwrap();
    let told = String::from_utf8(asked.stdout).unwrap();
    told.split_whitespace().last().unwrap().parse().unwrap()
}

/// What a node knows of the one with this name.
fn known(node: &Node, name: &str) -> Option<Json> {
    let told = node.run(["peer", "list", "--all", "--json"]).ok().out;
    let nodes = told.lines().map(|line| serde_json::from_str::<Json>(line).unwrap());
    nodes.into_iter().find(|known| known["name"] == name)
}

#[test]
fn what_a_node_says_of_itself_is_known_two_hops_away() {
    let scene = Scene::new();
    let hub = scene.hub("湖北枢纽").start();
    let near = scene.join(&hub, "武汉近站", "resource-station", "420100");
    // As much as half of what is free is to stay free: it is nearly full.
    configured(&near, "floor_mib = 256", &format!("floor_mib = {}", free_mib(&scene) * 2 / 3));
    let near = near.start();
    near.synced();
    let far = scene.join(&hub, "宜昌远站", "resource-station", "420500").start();
    near.publish("近站的成果");
    far.agrees_with(&[&hub, &near]);
    let nearby = near.status()["node"].as_str().unwrap().to_owned();
    assert!(far.peers().iter().all(|peer| peer["node"] != nearby.as_str()), "they are not connected");
    assert_eq!(known(&far, "武汉近站").unwrap()["words"][0], "never", "it has not been told yet");

    let told = until("the far station hears of the near one's disk", || {
        known(&far, "武汉近站").filter(|known| known["health"] == "notice" && !known["said"].is_null())
    });
    let words: Vec<&str> = told["words"].as_array().unwrap().iter().filter_map(Json::as_str).collect();
    assert_eq!(words, ["disk-low", "no-backup"]);
    let said = &told["said"];
    assert_eq!((&told["connected"], said["missing"].as_u64()), (&Json::Bool(false), Some(0)));
    assert!(said["disk"]["free"].as_u64() > Some(1 << 20) && said["entries"].as_u64() > Some(1), "{said}");
    assert!(said["agent"].as_str().unwrap().starts_with("lianshi/"), "{said}");
    let ends = near.status()["certificate"]["not_after"].clone();
    assert_eq!(said["certificate_ends"], ends, "the certificate that it has");
    let page = far.run(["peer", "list", "--all", "--lang", "en"]).ok().out;
    assert!(page.contains("Its disk is nearly full") && page.contains("add disk space soon"), "{page}");
    shown_to_whom_it_concerns(&scene, &far);
    kept_over_a_restart(far);
}

/// The administrator sees what is wrong and what to do, everyone else that something is to be done.
fn shown_to_whom_it_concerns(scene: &Scene, far: &Node) {
    let administrator = administrator(far);
    let page = administrator.get("/desk/nodes").body;
    for part in ["武汉近站", "磁盘空间快不够了", "请该单位尽快腾出或增加磁盘空间", "自报于", "lianshi/"]
    {
        assert!(page.contains(part), "{part}: {page}");
    }
    add(far, scene, "lilei", "clerk");
    let clerk = signed_in(far, "lilei");
    assert_eq!(clerk.get("/desk/nodes").code, 403);
    assert!(!clerk.get("/desk").body.contains("/desk/nodes"));
    let (allowed, other) = (token(far, "王芳", "nodes"), token(far, "王芳", "drafts"));
    let asked = |token: &str| call(&far.web(), "GET", "/desk/nodes", token, &[], &Json::Null);
    let told: Json = serde_json::from_str(&asked(&allowed).body).unwrap();
    let near = told["items"].as_array().unwrap().iter().find(|node| node["name"] == "武汉近站").unwrap();
    assert_eq!((&near["words"][0], &near["health"]), (&Json::from("disk-low"), &Json::from("notice")));
    assert!(near["said"]["disk_free"].is_u64() && told["total"] == 3, "{told}");
    let clerks = token(far, "lilei", "nodes");
    for refused in [other.as_str(), clerks.as_str(), ""] {
        assert!(matches!(asked(refused).code, 401 | 403), "{}", asked(refused).body);
    }
    let public = get(&far.web(), "/network").body;
    assert!(public.contains("自报：有事待办"), "{public}");
    assert!(!public.contains("磁盘") && !public.contains("lianshi/"), "{public}");
    let metrics = get(&far.web(), "/metrics").body;
    assert!(metrics.contains("lianshi_nodes{health=\"notice\"}"), "{metrics}");
}

fn kept_over_a_restart(far: Node) {
    let far = far.stop().start();
    let known = known(&far, "武汉近站").unwrap();
    assert_eq!(known["words"][0], "disk-low", "{known}");
}
