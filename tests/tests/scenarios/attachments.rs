//! Files of listings, by real nodes: attached at one, passed on by another, seen at a third while their author is away.

use std::time::{Duration, Instant};

use tests::{PATIENCE, Scene, get};

/// A PDF of some pieces, and a picture that browsers know as one.
fn report() -> Vec<u8> {
    let filler = (0..700_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8);
    b"%PDF-1.7\n".iter().copied().chain(filler).collect()
}

const PICTURE: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x02\0\0\0";

/// Waits until a listing's files are all here, as the node sees it.
fn await_files(node: &tests::Node, id: &str) {
    let begun = Instant::now();
    loop {
        let shown = node.show(id);
        let files =
            shown.as_ref().and_then(|shown| shown["attachments"].as_array()).cloned().unwrap_or_default();
        if files.len() == 2 && files.iter().all(|file| file["here"] == true) {
            return;
        }
        assert!(begun.elapsed() < PATIENCE, "the files never came: {files:?}");
        std::thread::sleep(Duration::from_millis(200));
    }
}

#[test]
fn a_listings_files_are_seen_at_a_third_node_while_their_author_is_away() {
    let scene = Scene::new();
    let hub = scene.hub("hub");
    let author = scene.join(&hub, "author", "resource-station", "420100");
    let reader = scene.join(&hub, "reader", "resource-station", "420500");
    let (hub, author, reader) = (hub.start(), author.start(), reader.start());
    for node in [&author, &reader] {
        node.synced();
    }
    let id = author.publish("带附件的成果");
    let (pdf, png) = (scene.write("report.pdf", report()), scene.write("sample.png", PICTURE));
    author.run(["listing", "attach", &id, &pdf, "--title", "检测报告"]).ok();
    author.run(["listing", "attach", &id, &png, "--title", "样品"]).ok();
    let page = scene.write("page.pdf", "<!doctype html><script>alert(1)</script>");
    author.run(["listing", "attach", &id, &page]).ends(3);
    await_files(&hub, &id);
    author.agrees_with(&[&hub, &reader]);
    let author = author.stop();
    // The reader holds the listing, and none of its files until someone opens one.
    let shown = reader.show(&id).unwrap();
    assert!(shown["attachments"].as_array().unwrap().iter().all(|file| file["here"] == false), "{shown}");
    let picture = shown["attachments"][0]["file"].as_str().unwrap();
    let path = format!("/listing/{id}/file/{picture}");
    let waiting = get(&reader.web(), &path);
    assert_eq!((waiting.code, waiting.header("refresh")), (503, Some("4")), "{}", waiting.body);
    let begun = Instant::now();
    let seen = loop {
        let answer = get(&reader.web(), &path);
        if answer.code == 200 || begun.elapsed() > PATIENCE {
            break answer;
        }
        std::thread::sleep(Duration::from_millis(200));
    };
    assert_eq!((seen.code, seen.header("content-type")), (200, Some("image/png")));
    assert!(seen.header("content-security-policy").is_some_and(|policy| policy.ends_with("sandbox")));
    assert!(get(&reader.web(), &format!("/listing/{id}")).body.contains(&format!("<img src=\"{path}\"")));
    let out = scene.file("saved.pdf").display().to_string();
    reader.run(["listing", "file", &id, "2", "--out", &out]).ok();
    assert_eq!(std::fs::read(&out).unwrap(), report());
    // What its author takes away is seen no more.
    let author = author.start();
    author.synced();
    author.run(["listing", "detach", &id, "1"]).ok();
    author.agrees_with(&[&hub, &reader]);
    assert_eq!(get(&reader.web(), &path).code, 404);
}
