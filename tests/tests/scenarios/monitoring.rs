//! What monitoring sees of a running node.

use std::collections::BTreeSet;
use std::path::Path;

use tests::{Scene, get, hub_and_station, send, until};

/// The metrics that a text names: words that begin with the program's name.
fn named(text: &str) -> BTreeSet<&str> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    words.filter(|word| word.starts_with("lianshi_")).collect()
}

#[test]
fn a_node_tells_its_figures_here_alone_and_dashboards_know_their_names() {
    let scene = Scene::new();
    let (hub, station) = hub_and_station(&scene);
    let args =
        ["listing", "new", "--kind", "achievement", "--visibility", "public", "title=样例", "--publish"];
    station.run(args).ok();
    hub.holds_with(&[&station], 1);
    let web = hub.web();
    assert_eq!(get(&web, "/readyz").code, 200);
    get(&web, "/nowhere");
    let lines = [
        "lianshi_listings{of=\"all\"} 1.0",
        "lianshi_listings{of=\"own\"} 0.0",
        "lianshi_peers{state=\"synced\"} 1.0",
        "lianshi_index_behind 0.0",
        "lianshi_http_answers_total{status=\"4xx\"} 1",
        "# TYPE lianshi_network_bytes counter",
        "# EOF",
    ];
    let page = until("a search that finds it", || {
        let page = get(&web, "/metrics");
        page.body.contains("lianshi_index_behind 0.0").then_some(page)
    });
    let form = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    assert_eq!(page.header("content-type"), Some(form));
    for line in lines {
        assert!(page.body.lines().any(|found| found == line), "{line}: {}", page.body);
    }
    let proxied = send(&web, "GET", "/metrics", &[("X-Forwarded-For", "203.0.113.9")], "");
    assert_eq!(
        (proxied.code, proxied.body.contains("lianshi_")),
        (403, false),
        "not to whoever comes by a proxy"
    );

    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../configs/grafana");
    let told = named(&page.body);
    for file in ["lianshi.json", "lianshi.rules.yml"] {
        let text = std::fs::read_to_string(folder.join(file)).expect("a file of the repository");
        let wanted = named(&text);
        assert!(wanted.len() >= 5, "{file}");
        assert!(
            wanted.is_subset(&told),
            "{file} asks for {:?}",
            wanted.difference(&told).collect::<Vec<_>>()
        );
    }
    let text = std::fs::read_to_string(folder.join("lianshi.json")).expect("a file of the repository");
    serde_json::from_str::<serde_json::Value>(&text).expect("JSON");
}
