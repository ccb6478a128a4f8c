//! Bundles: nodes that share no network, and a stick.

use std::path::Path;

use tests::{Dice, Home, Scene};

/// The smallest volumes there are.
const SMALL: &str = "512KiB";

/// A table of listings whose texts do not compress well, so that a bundle of them has several volumes.
fn table(rows: usize, dice: &mut Dice) -> String {
    let mut text = String::from("编号,成果名称,成果简介\n");
    for row in 0..rows {
        let word = |dice: &mut Dice| char::from_u32(0x4e00 + dice.below(0x5000) as u32).unwrap();
        let summary: String = (0..900).map(|_| word(dice)).collect();
        text += &format!("{row},第 {row} 项成果,{summary}\n");
    }
    text
}

fn taken(home: &Home, files: &[&str], code: i32) -> u64 {
    let ran = home.begin(&[&["bundle", "in", "--json"], files].concat()).finish().ends(code);
    let lines = ran.lines();
    lines.iter().find(|line| line["summary"] == true).unwrap()["taken"].as_u64().unwrap()
}

fn finds(home: &Home, title: &str) -> bool {
    home.search(title).iter().any(|hit| hit["title"] == title)
}

fn view(home: &Home) -> String {
    home.status()["view_hash"].as_str().unwrap().to_owned()
}

/// A hub that runs and a site that never does, in volumes of the smallest size: there, back, and again.
#[test]
fn two_nodes_that_share_no_network_exchange_by_stick() {
    let scene = Scene::new();
    let hub = scene.hub("hub").start();
    let site = scene.join(&hub, "site", "grassroots-site", "420583");
    let file = scene.write("results.csv", table(700, &mut Dice::new(41)));
    hub.import(&file, &[]).ok();
    hub.run(["listing", "new", "--kind", "expert", "title=只给成员", "--publish", "--visibility", "members"])
        .ok();

    let made = hub.run(["bundle", "out", "stick.lianshi", "--max-size", SMALL, "--json"]).ok().json();
    let files: Vec<String> =
        made["files"].as_array().unwrap().iter().map(|f| f.as_str().unwrap().to_owned()).collect();
    assert!(files.len() >= 3, "{files:?}");
    let sizes = files.iter().map(|name| std::fs::metadata(scene.file(name)).unwrap().len());
    assert!(sizes.max().unwrap() <= 512 * 1024);
    assert!(!scene.file("stick.lianshi").exists());

    // The second volume alone lacks what the first one holds; that is said, and nothing is harmed.
    let ran = site.run(["bundle", "in", &files[1]]).ends(3);
    assert!(ran.err.contains("not given: 1, 3"), "{}", ran.err);
    let all: Vec<&str> = files.iter().rev().map(String::as_str).collect();
    let new = taken(&site, &all, 0);
    assert!(new >= 700, "{new}");
    assert_eq!(taken(&site, &all, 0), 0, "again: nothing is new");
    assert!(finds(&site, "第 7 项成果"));
    assert!(!finds(&site, "只给成员"), "what is for members is in no bundle for anyone");

    let own = site.publish("站点写下的");
    site.run(["bundle", "out", "back.lianshi"]).ok();
    site.run(["bundle", "ask", "ask.txt", "--svg", "ask.svg", "--qr"]).ok();
    assert_eq!(taken(&hub, &["back.lianshi"], 0), 2, "an opening and a listing");
    assert!(hub.show(&own).is_some(), "its maker was let in by the invitation on the bundle's front");
    let answer =
        hub.run(["bundle", "out", "answer.lianshi", "--for", "--since", "ask.txt", "--json"]).ok().json();
    assert!(answer["entries"].as_u64().unwrap() < 10, "what the site has is not sent again: {answer}");
    taken(&site, &["answer.lianshi"], 0);
    assert_eq!(view(&site), view(&hub));
    assert!(finds(&site, "只给成员"));
    assert!(site.status()["admitted"].as_bool().unwrap());

    // By name, in the other direction: what is written later, and nothing else.
    site.publish("又写下一条");
    hub.run(["bundle", "ask", "hub.txt"]).ok();
    site.run(["bundle", "out", "later.lianshi", "--for", "hub技术交易大市场", "--since", "hub.txt"]).ok();
    assert_eq!(taken(&hub, &["later.lianshi"], 0), 1);
    assert_eq!(view(&site), view(&hub));
}

fn damaged(scene: &Scene, name: &str, from: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = std::fs::read(from).unwrap();
    change(&mut bytes);
    scene.write(name, bytes);
}

#[test]
fn a_stick_that_is_not_as_it_should_be_is_explained() {
    let scene = Scene::new();
    let hub = scene.hub("hub");
    let (site, other) = (
        scene.join(&hub, "site", "grassroots-site", "420583"),
        scene.join(&hub, "other", "grassroots-site", "420106"),
    );
    for n in 0..3 {
        hub.publish(&format!("成果 {n}"));
    }
    hub.run(["bundle", "out", "good.lianshi"]).ok();
    let good = scene.file("good.lianshi");
    let size = std::fs::metadata(&good).unwrap().len() as usize;
    damaged(&scene, "short.lianshi", &good, |bytes| bytes.truncate(size - 40));
    damaged(&scene, "flipped.lianshi", &good, |bytes| bytes[size - 60] ^= 4);
    damaged(&scene, "front.lianshi", &good, |bytes| bytes[60] ^= 4);
    damaged(&scene, "newer.lianshi", &good, |bytes| bytes[15] = b'2');
    scene.write("letter.txt", "此致敬礼");
    let neighbour = scene.hub("neighbour");
    neighbour.run(["bundle", "out", "foreign.lianshi"]).ok();
    for (file, said) in [
        ("short.lianshi", "is cut short"),
        ("flipped.lianshi", "is damaged"),
        ("front.lianshi", "not signed by the node"),
        ("newer.lianshi", "newer version"),
        ("letter.txt", "is no bundle"),
        ("foreign.lianshi", "of another network"),
        ("good.lianshi.missing", "good.lianshi.missing"),
    ] {
        let ran = site.run(["bundle", "in", file]);
        assert_eq!(ran.code, if file.ends_with("missing") { 1 } else { 3 }, "{file}: {}", ran.all());
        assert!(ran.err.contains(said), "{file}: {}", ran.err);
    }
    // What was good was taken, and the good one brings the rest, whatever else is given with it.
    let ran = site.run(["bundle", "in", "foreign.lianshi", "good.lianshi", "short.lianshi"]).ends(3);
    assert!(ran.err.contains("of another network"), "{}", ran.err);
    assert_eq!(site.search("成果").len(), 3);

    // For one node: no other opens it, and who is suspended is given none.
    site.run(["bundle", "out", "hello.lianshi"]).ok();
    hub.run(["bundle", "in", "hello.lianshi"]).ok();
    site.run(["bundle", "ask", "ask.txt"]).ok();
    hub.run(["bundle", "out", "for-site.lianshi", "--for", "--since", "ask.txt"]).ok();
    let ran = other.run(["bundle", "in", "for-site.lianshi"]).ends(3);
    assert!(ran.err.contains("is for node"), "{}", ran.err);
    hub.run(["roster", "propose", "suspend", "site", "--reason", "检查"]).ok();
    let ran = hub.run(["bundle", "out", "no.lianshi", "--for", "--since", "ask.txt"]).ends(5);
    assert!(ran.err.contains("is suspended") && !scene.file("no.lianshi").exists(), "{}", ran.err);
    hub.run(["bundle", "out", "public.lianshi", "--since", "ask.txt"]).ok();
    other.run(["bundle", "ask", "other.txt"]).ok();
    let ran = hub.run(["bundle", "out", "no.lianshi", "--for", "--since", "other.txt"]).ends(5);
    assert!(ran.err.contains("not on the roster"), "{}", ran.err);

    // A slip with a wrong letter: the line is named. Without one line of it: that one.
    let text = std::fs::read_to_string(scene.file("ask.txt")).unwrap();
    let wrong = text.replacen("\n2/", "\n2/9", 1);
    scene.write("wrong.txt", wrong);
    let ran = hub.run(["bundle", "out", "no.lianshi", "--since", "wrong.txt"]).ends(3);
    assert!(ran.err.contains("missing or mistyped: 2"), "{}", ran.err);
    let ran = hub.run(["bundle", "out", "no.lianshi", "--since", "letter.txt"]).ends(3);
    assert!(ran.err.contains("There is no slip"), "{}", ran.err);
}
