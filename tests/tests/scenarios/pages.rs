//! The pages of a running node, fetched as they are and in a real browser.

use std::io::{Read, Write};
use std::net::TcpListener;

use tests::{Scene, browser, get, hub_and_station};

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

#[test]
fn a_page_shows_hostile_text_as_text() {
    let scene = Scene::new();
    let home = scene.hub("hub");
    let title = r#"<script>document.title='owned'</script><img src=x onerror="document.title='owned'">电机"#;
    let id = home.publish(title);
    let hub = home.start();
    assert_eq!(hub.search("电机").len(), 1);
    let web = hub.web();
    for path in
        ["/".to_owned(), "/list?q=%3Cscript%3Ealert(1)%3C/script%3E".to_owned(), format!("/listing/{id}")]
    {
        let page = get(&web, &path);
        assert!(
            !page.body.contains("<script>") && !page.body.contains("<img src=x"),
            "{path}: {}",
            page.body
        );
        let Some(seen) = browser(&format!("{web}{path}"), 390) else { continue };
        assert!(!seen.dom.contains("<title>owned"), "{path}: {}", seen.dom);
    }
}

#[test]
fn a_phone_shows_the_pages_and_asks_nobody_else() {
    let scene = Scene::new();
    let home = scene.hub("hub");
    let id = home.publish(TITLE);
    let hub = home.start();
    assert_eq!(hub.search(TITLE).len(), 1);
    let web = hub.web();
    for path in [
        "/".to_owned(),
        "/list?q=%E6%B0%B8%E7%A3%81".to_owned(),
        format!("/listing/{id}"),
        "/status".to_owned(),
    ] {
        let Some(page) = browser(&format!("{web}{path}"), 390) else { return };
        let expected = if path == "/status" { "hub" } else { "永磁" };
        assert!(page.dom.contains(expected), "{path}: {}", page.dom);
        assert!(page.requests.iter().any(|url| url.starts_with(&web)), "{path}: {:?}", page.requests);
        let foreign: Vec<&String> = page.requests.iter().filter(|url| !url.starts_with(&web)).collect();
        assert!(foreign.is_empty(), "{path} asks {foreign:?}");
    }
}

/// The watch over what a page asks for sees what it is there to see.
#[test]
fn a_page_that_asks_elsewhere_is_noticed() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let _ = stream.read(&mut [0; 4_096]);
            let body = "<title>x</title><img src=\"http://127.0.0.2:9/elsewhere.png\">";
            let head = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close";
            let _ = write!(stream, "{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        }
    });
    let Some(page) = browser(&format!("{origin}/"), 390) else { return };
    assert!(page.requests.iter().any(|url| url.contains("elsewhere.png")), "{:?}", page.requests);
}
