//! Proof files: what is changed in them, in the charter, or is no such file at all.

use tests::{Scene, hub_and_station};

/// Places in the file at which a byte is changed.
const PLACES: usize = 40;

#[test]
fn a_changed_proof_is_refused_wherever_it_was_changed() {
    let scene = Scene::new();
    let (hub, station) = hub_and_station(&scene);
    let id = station.publish("稀土永磁电机");
    station.run(["listing", "edit", &id, "summary=效率百分之九十六"]).ok();
    hub.holds_with(&[&station], 1);
    hub.run(["statement", "make", &id, "--label", "recognition", "--value", "样例认定"]).ok();
    hub.run(["export", &id, "--format", "proof", "--out", "good.lianshi"]).ok();
    hub.run(["export", "--format", "charter", "--out", "charter.lianshi"]).ok();
    drop((hub, station));
    scene.run(["verify", "good.lianshi", "--charter", "charter.lianshi"]).ok();

    let good = std::fs::read(scene.file("good.lianshi")).unwrap();
    let spread = (0..PLACES).map(|n| n * (good.len() - 1) / (PLACES - 1));
    for (number, place) in spread.enumerate() {
        let mut bytes = good.clone();
        bytes[place] ^= 1 << (number % 8);
        scene.write("changed.lianshi", &bytes);
        let ran = scene.run(["verify", "changed.lianshi", "--charter", "charter.lianshi", "--json"]);
        assert_eq!(ran.code, 3, "byte {place} of {}: {}", good.len(), ran.all());
        assert!(ran.json()["error"]["message"].as_str().is_some_and(|why| why.len() > 20), "{}", ran.out);
    }
    for length in [0, 1, 8, good.len() / 2, good.len() - 1] {
        scene.write("cut.lianshi", &good[..length]);
        scene.run(["verify", "cut.lianshi", "--charter", "charter.lianshi"]).ends(3);
    }
    let longer = [good.as_slice(), b"\0"].concat();
    scene.write("longer.lianshi", &longer);
    scene.run(["verify", "longer.lianshi", "--charter", "charter.lianshi"]).ends(3);
}

/// Whoever is in the network needs no charter in a file: its own node has it, running or not.
#[test]
fn a_node_verifies_by_the_charter_of_its_own_network() {
    let scene = Scene::new();
    let (hub, station) = hub_and_station(&scene);
    let id = station.publish("稀土永磁电机");
    station.run(["export", &id, "--format", "certificate", "--out", "own.pdf"]).ok();
    assert_eq!(hub.run(["verify", "own.pdf", "--json"]).ok().json()["id"], id.as_str());
    let stranger = scene.hub("neighbour");
    let refused = stranger.run(["verify", "own.pdf", "--lang", "zh"]).ends(3);
    assert!(refused.err.contains("另一个网络"), "{}", refused.all());
    let nobody = scene.home("nobody").run(["verify", "own.pdf", "--lang", "zh"]).ends(2);
    assert!(nobody.err.contains("--charter"), "{}", nobody.all());
}

/// What the hub says of the station's listing travels in the proof, whoever makes the file.
#[test]
fn a_proof_tells_offline_who_stated_what_of_which_version() {
    let scene = Scene::new();
    let (hub, station) = hub_and_station(&scene);
    let id = station.publish("稀土永磁电机");
    hub.holds_with(&[&station], 1);
    let make = |label: &str, value: &str, reason: &str| {
        let ran = hub.run([
            "statement",
            "make",
            &id,
            "--label",
            label,
            "--value",
            value,
            "--reason",
            reason,
            "--json",
        ]);
        ran.ok().json()["id"].as_str().unwrap().to_owned()
    };
    make("evaluation", "trl=6", "现场查验");
    let rejected = make("screening", "rejected", "缺少检测报告");
    let retracted = make("certificate", "ZL-2024-7", "误判");
    hub.run(["statement", "withdraw", &retracted]).ok();
    hub.agrees_with(&[&station]);
    station.run(["listing", "edit", &id, "summary=附上了检测报告"]).ok();
    hub.agrees_with(&[&station]);
    hub.run(["statement", "replace", &rejected, "--value", "passed", "--reason", "已补齐"]).ok();
    hub.agrees_with(&[&station]);

    hub.run(["export", "--format", "charter", "--out", "charter.lianshi"]).ok();
    station.run(["export", &id, "--format", "proof", "--out", "proof.lianshi"]).ok();
    let moved = station.run(["listing", "move", &id, "--kind", "service", "--json"]).ok().json();
    hub.agrees_with(&[&station]);
    let moved = moved["id"].as_str().unwrap();
    hub.run(["export", moved, "--format", "proof", "--out", "moved.lianshi"]).ok();
    let name = hub.run(["status", "--json"]).ok().json()["name"].as_str().unwrap().to_owned();
    drop((hub, station));

    let found = scene.run(["verify", "proof.lianshi", "--charter", "charter.lianshi", "--json"]).ok().json();
    let brief = |found: &serde_json::Value| {
        let said = found["statements"].as_array().unwrap().clone();
        let each = |s: &serde_json::Value| (s["value"].clone(), s["version"].clone(), s["present"] == true);
        assert!(said.iter().all(|s| s["institution"]["name"] == name.as_str()), "{said:?}");
        said.iter().map(each).collect::<Vec<_>>()
    };
    assert_eq!(
        brief(&found),
        [("trl=6".into(), 1.into(), false), ("passed".into(), 2.into(), true)],
        "what was replaced or taken back is not there"
    );
    let shown =
        scene.run(["verify", "proof.lianshi", "--charter", "charter.lianshi", "--lang", "zh"]).ok().out;
    for part in ["评价：成熟度 6 级", "针对第 1 版", "审核：通过", "针对当前的第 2 版", "此后是否撤回", &name]
    {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    let found = scene.run(["verify", "moved.lianshi", "--charter", "charter.lianshi", "--json"]).ok().json();
    let none = serde_json::Value::Null;
    assert_eq!(
        brief(&found),
        [("trl=6".into(), none.clone(), false), ("passed".into(), none, false)],
        "what was said of it before it was moved leads on"
    );
}

#[test]
fn a_proof_is_worth_nothing_under_another_charter_or_when_it_is_none() {
    let scene = Scene::new();
    let (hub, other) = (scene.hub("hub"), scene.hub("other"));
    let id = hub.publish("稀土永磁电机");
    hub.run(["export", &id, "--format", "proof", "--out", "good.lianshi"]).ok();
    hub.run(["export", "--format", "charter", "--out", "charter.lianshi"]).ok();
    other.run(["export", "--format", "charter", "--out", "other.lianshi"]).ok();
    scene.run(["verify", "good.lianshi", "--charter", "charter.lianshi"]).ok();

    let ran = scene.run(["verify", "good.lianshi", "--charter", "other.lianshi"]).ends(3);
    assert!(ran.err.contains("good.lianshi"), "{}", ran.err);
    scene.write("photo.jpg", b"\xff\xd8\xff\xe0 not a proof");
    for (file, charter) in [
        ("photo.jpg", "charter.lianshi"),
        ("good.lianshi", "photo.jpg"),
        ("charter.lianshi", "charter.lianshi"),
    ] {
        let ran = scene.run(["verify", file, "--charter", charter]).ends(3);
        assert!(ran.err.len() > 30 && ran.out.is_empty(), "{file} {charter}: {}", ran.all());
    }
    let ran = scene.run(["verify", "nothing.lianshi", "--charter", "charter.lianshi"]).ends(1);
    assert!(ran.err.contains("nothing.lianshi"), "{}", ran.err);
    hub.run(["export", "00ff00ff00ff", "--format", "proof", "--out", "none.lianshi"]).ends(1);
    assert!(!scene.file("none.lianshi").exists());
}
