//! The pages of a running node, fetched as they are. How they are in a browser: `tests/tests/browser.rs`.

use tests::{Scene, get, hub_and_station};

const TITLE: &str = "稀土永磁电机";

/// The address of a page in a language.
fn spoken(path: &str, lang: &str) -> String {
    format!("{path}{}lang={lang}", if path.contains('?') { '&' } else { '?' })
}

#[test]
fn pages_speak_both_languages() {
    let scene = Scene::new();
    let (hub, station) = hub_and_station(&scene);
    let id = station.publish(TITLE);
    station.publish("水稻秸秆腐熟菌剂");
    hub.holds_with(&[&station], 2);
    // A search through the command line waits for the index; the pages show what it holds.
    assert_eq!(hub.search(TITLE).len(), 1);
    let web = hub.web();
    assert_eq!(get(&web, "/healthz").body.trim(), "ok");

    let listing = format!("/listing/{id}");
    let status = hub.status();
    let node = &status["node"].as_str().unwrap()[..4];
    for (lang, tag, words) in [("zh", "zh", ["成果", "节点"]), ("en", "en", ["Achievement", "Node"])] {
        for (path, expected) in [
            ("/", [TITLE, "水稻秸秆腐熟菌剂"]),
            ("/list?q=%E6%B0%B8%E7%A3%81", ["永磁", words[0]]),
            (listing.as_str(), [TITLE, "station"]),
            ("/status", [node, "station"]),
        ] {
            let page = get(&web, &spoken(path, lang));
            assert_eq!(page.code, 200, "{path}: {}", page.body);
            assert!(
                page.body.contains(&format!("<html lang=\"{tag}")),
                "{path} in {lang}: {}",
                &page.body[..400]
            );
            assert_eq!(page.header("x-content-type-options"), Some("nosniff"), "{path}");
            assert!(
                page.header("content-security-policy").is_some_and(|csp| !csp.contains("unsafe")),
                "{path}"
            );
            for word in expected {
                assert!(page.body.contains(word), "{path} in {lang} has no {word}:\n{}", page.body);
            }
        }
        let found = get(&web, &spoken("/list?q=%E6%B0%B8%E7%A3%81", lang)).body;
        assert!(found.contains(&id) && !found.contains("水稻"), "{found}");
        assert!(get(&web, &spoken("/status", lang)).body.contains(words[1]), "{lang}");
    }
    assert_eq!(get(&web, &format!("/listing/{}", "0".repeat(64))).code, 404);
    assert_eq!(get(&web, "/no/such/page").code, 404);
    assert_eq!(get(&web, "/listing/..%2f..%2fconfig.toml").code / 100, 4);
}
