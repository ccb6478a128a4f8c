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
