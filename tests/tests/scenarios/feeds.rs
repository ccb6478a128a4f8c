//! Feeds, linked data and the catalogue of a running node.

use serde_json::Value as Json;
use tests::{Answer, Node, Scene, get, hub_and_station, send, until};

/// What stands between two marks, each time.
fn between<'t>(text: &'t str, open: &str, close: &str) -> Vec<&'t str> {
    text.split(open).skip(1).filter_map(|rest| rest.split(close).next()).collect()
}

/// The address of a link in a feed, without the host.
fn linked(feed: &str, web: &str, rel: &str) -> Option<String> {
    let href = between(feed, &format!("<link rel=\"{rel}\" href=\""), "\"").first()?.replace("&amp;", "&");
    Some(href.strip_prefix(web).expect("an address of this node").to_owned())
}

fn json(web: &str, path: &str, media: &str) -> Json {
    let answer = get(web, path);
    assert_eq!((answer.code, answer.header("content-type")), (200, Some(media)), "{path}");
    serde_json::from_str(&answer.body).expect("JSON")
}

fn again(web: &str, path: &str, name: &str, value: &str) -> Answer {
    send(web, "GET", path, &[(name, value)], "")
}

/// Titles of all entries, page by page.
fn walk(web: &str, path: &str) -> Vec<String> {
    let (mut titles, mut next) = (Vec::new(), Some(path.to_owned()));
    while let Some(path) = next {
        let page = get(web, &path);
        assert_eq!(page.header("content-type"), Some("application/atom+xml"), "{path}");
        let found: Vec<String> = between(&page.body, "<entry>", "</entry>")
            .into_iter()
            .map(|entry| between(entry, "<title>", "</title>")[0].to_owned())
            .collect();
        assert!(found.len() <= 50, "{} entries on a page", found.len());
        titles.extend(found);
        next = linked(&page.body, web, "next");
    }
    titles
}

fn publish(station: &Node) {
    let rows: String =
        (0..54).map(|n| format!("合成样例技术 {n},材料；催化,正文 {n},13800138000\n")).collect();
    let hostile = "</script><script>alert(1)</script> <!-- & ]]>,材料,正文,13800138000\n";
    let table = format!("成果名称,关键词,成果简介,联系电话\n{rows}{hostile}");
    std::fs::write(station.path().join("table.csv"), table).expect("a table");
    let table = station.path().join("table.csv");
    let table = table.to_str().expect("a path");
    station
        .run(["import", table, "--kind", "achievement", "--visibility", "public", "--apply", "--publish"])
        .ok();
    let title = "title=canary-for-members";
    station
        .run(["listing", "new", "--kind", "achievement", "--visibility", "members", title, "--publish"])
        .ok();
}

#[test]
fn a_search_is_followed_as_a_feed_and_what_is_withdrawn_leaves_it() {
    let scene = Scene::new();
    let (hub, station) = hub_and_station(&scene);
    publish(&station);
    hub.holds_with(&[&station], 56);
    let web = hub.web();
    let titles =
        until("all in the feed", || Some(walk(&web, "/feed.atom")).filter(|titles| titles.len() == 55));
    assert!(
        titles.iter().any(|title| title.starts_with("&lt;/script&gt;&lt;script&gt;alert(1)")),
        "{titles:?}"
    );
    let first = get(&web, "/feed.atom?kind=achievement&q=%E6%8A%80%E6%9C%AF%207");
    assert!(first.body.contains("<title>合成样例技术 7</title>"), "{}", first.body);
    assert!(!first.body.contains("13800138000") && !first.body.contains("canary"), "{}", first.body);
    assert_eq!(walk(&web, "/feed.atom?kind=demand"), Vec::<String>::new());

    // Who has it gets no copy; the page leads to its feeds.
    let all = get(&web, "/feed.atom");
    let tag = all.header("etag").expect("a tag").to_owned();
    let same = again(&web, "/feed.atom", "If-None-Match", &tag);
    assert_eq!((same.code, same.body.as_str()), (304, ""));
    let list = get(&web, "/hall/achievement?q=%E5%82%AC%E5%8C%96").body;
    let feed = between(&list, "<link rel=\"alternate\" type=\"application/atom+xml\"", ">")[0];
    assert!(feed.contains("href=\"/feed.atom?hall=achievement&#38;q=%E5%82%AC%E5%8C%96\""), "{feed}");

    // The same as JSON, in English.
    let page = json(&web, "/feed.json?lang=en", "application/feed+json");
    let items = page["items"].as_array().expect("items");
    assert_eq!((items.len(), page["language"].as_str()), (50, Some("en")), "{page}");
    assert_eq!(page["next_url"], format!("{web}/feed.json?page=2"));
    let id = items[0]["id"].as_str().expect("an id").rsplit(':').next().expect("a document").to_owned();
    assert_eq!(items[0]["url"], format!("{web}/listing/{id}"));

    // One listing for machines, and the catalogue.
    let data = json(&web, &format!("/listing/{id}.jsonld"), "application/ld+json");
    assert_eq!((&data["@type"], &data["@id"]), (&"Product".into(), &items[0]["url"]), "{data}");
    assert!(!data.to_string().contains("13800138000"), "{data}");
    let catalogue = json(&web, "/catalog.jsonld", "application/ld+json");
    for set in catalogue["dcat:dataset"].as_array().expect("data sets") {
        for distribution in set["dcat:distribution"].as_array().expect("distributions") {
            let address = distribution["dcat:accessURL"]["@id"].as_str().expect("an address");
            let path = address.strip_prefix(&web).expect("an address of this node");
            assert_eq!(get(&web, path).code, 200, "{address}");
        }
    }
    let csv = get(&web, "/table?kind=achievement&form=csv").body;
    assert_eq!((csv.lines().count(), csv.contains("canary")), (56, false), "{csv}");

    // What is withdrawn leaves all of them.
    station.run(["listing", "withdraw", &id]).ok();
    until("the withdrawal", || {
        let page = again(&web, "/feed.atom", "If-None-Match", &tag);
        (page.code == 200 && !page.body.contains(&id)).then_some(())
    });
    assert_eq!(walk(&web, "/feed.atom").len(), 54);
    assert_eq!(get(&web, &format!("/listing/{id}.jsonld")).code, 404);
    assert_eq!(get(&web, "/table?kind=achievement&form=csv").body.lines().count(), 55);
    assert_eq!(get(&web, "/feed.atom?page=9999").code, 200, "past the end");
}
