//! The demonstration, as whoever tries the program sees it.

use std::path::PathBuf;
use std::process::Command;

use serde_json::Value as Json;
use tests::{Ran, Scene};

/// Longest that a demonstration may take here, seconds.
const LONGEST: &str = "150";

fn events(ran: &Ran, what: &str) -> Vec<Json> {
    ran.lines().into_iter().filter(|event| event["event"] == what).collect()
}

fn the(ran: &Ran, what: &str) -> Json {
    let last = events(ran, what).pop();
    assert!(last.is_some(), "no event {what} in {}", ran.all());
    last.unwrap()
}

#[test]
fn a_demonstration_ends_with_equal_views_and_leaves_nothing() {
    let scene = Scene::new();
    let ran = scene.run(["demo", "--exit", "--json", "--timeout", LONGEST]).ok();
    let (done, folder) = (the(&ran, "done"), the(&ran, "begin")["folder"].clone());
    assert!(done["equal"] == true && done["nodes"].as_array().map(Vec::len) == Some(6), "{done}");
    assert!(!std::path::Path::new(folder.as_str().unwrap()).exists(), "{folder}");
}

#[test]
fn provinces_of_a_demonstration_have_what_was_agreed_and_nothing_else() {
    let scene = Scene::new();
    let keep = scene.file("kept").display().to_string();
    let args = ["demo", "--networks", "3", "--exit", "--json", "--timeout", LONGEST, "--keep", &keep];
    let ran = scene.run(args).ok();
    assert_eq!(the(&ran, "done")["agreed"], true);
    let agreements = events(&ran, "agreement");
    assert_eq!(agreements.len(), 6, "each of three pairs, both ways");
    assert!(agreements.iter().all(|one| one["until"].as_str().is_some_and(|day| day.len() == 10)));
    let exchanged = the(&ran, "exchanged");
    let nodes = exchanged["nodes"].as_array().unwrap();
    assert_eq!(nodes.len(), 9);
    for node in nodes {
        let found: Vec<u64> = node["found"].as_object().unwrap().values().filter_map(Json::as_u64).collect();
        assert!(found.len() == 3 && found.iter().all(|count| *count > 0), "{node}");
        assert!(node["strays"] == 0 && node["not_given"].as_u64().unwrap() >= 10, "{node}");
    }
    assert_eq!(
        (&the(&ran, "withdrawn")["nodes"], &the(&ran, "suspended")["listings"]),
        (&6.into(), &4.into())
    );

    // The files say the same, whatever the demonstration says of itself.
    let holders = |text: &str| {
        let homes = ["42-1", "42-2", "42-3", "33-1", "33-2", "33-3", "37-1", "37-2", "37-3"];
        let folders = std::fs::read_dir(&keep).unwrap().map(|item| item.unwrap().path());
        let folders: Vec<_> = folders.filter(|path| path.is_dir()).collect();
        let of = |home: &&&str| {
            let is = |path: &&PathBuf| path.file_name().unwrap().to_string_lossy().starts_with(**home);
            let folder = folders.iter().find(is).unwrap();
            Command::new("grep").args(["-rqF", text]).arg(folder).status().unwrap().success()
        };
        homes.iter().filter(of).copied().collect::<Vec<_>>()
    };
    assert_eq!(
        holders("光纤光栅桥梁应变监测"),
        ["42-1", "42-2", "42-3", "33-1", "33-2", "33-3"],
        "given to one"
    );
    assert_eq!(holders("柑橘皮渣提取果胶"), ["42-1", "42-2", "42-3"], "of another city");
    assert_eq!(
        holders("化工园区求废盐资源化方案"),
        ["42-1", "42-2", "42-3", "37-1", "37-2", "37-3"],
        "demands"
    );
    assert_eq!(holders("退役锂电池酸浸回收"), ["42-1", "42-2", "42-3"], "for members");
    assert_eq!(holders("求购低温探针台"), ["42-2"], "a draft");
}

#[test]
fn a_demonstration_that_cannot_be_says_why() {
    let scene = Scene::new();
    scene.run(["demo", "--networks", "5", "--exit"]).ends(2);
    scene.run(["demo", "--networks", "2", "--data", ".", "--exit"]).ends(2);
    let late = scene.run(["demo", "--networks", "2", "--exit", "--timeout", "1"]).ends(1);
    assert!(late.err.contains("--timeout") && late.err.contains("it had come to"), "{}", late.all());
    let late = scene.run(["demo", "--networks", "2", "--exit", "--timeout", "1", "--json"]).ends(1);
    let done = the(&late, "done");
    assert!(done["agreed"] == false && done["reason"].as_str().is_some_and(|why| !why.is_empty()), "{done}");
}
