//! A node harvests others: a repository of another make (oai-repo, where `LIANSHI_HARVESTERS` names a Python that has it), and a node
//! of another network.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value as Json, json};
use tests::{Home, Node, Scene, until};

/// A repository of another make, over loopback; ended when dropped.
struct Repository {
    child: Child,
    port: u16,
    folder: PathBuf,
    log: PathBuf,
}

impl Drop for Repository {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Repository {
    /// Starts it with some records, each page held back for `pause` seconds; on the same port again where one is said. `None` where
    /// there is none to start.
    fn start(scene: &Scene, pause: &str, port: Option<u16>) -> Option<Self> {
        let Ok(python) = std::env::var("LIANSHI_HARVESTERS") else {
            eprintln!("skipped: a repository of others (LIANSHI_HARVESTERS names a Python with oai-repo)");
            return None;
        };
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/scenarios/repository.py");
        let (folder, file) = (scene.folder().to_owned(), scene.file("port"));
        let log = scene.file(if port.is_some() { "second.log" } else { "first.log" });
        let _ = std::fs::remove_file(&file);
        let mut command = Command::new(python);
        command.arg(script).arg(folder.join("records.json")).arg(&file).arg(pause);
        command.args(port.map(|port| port.to_string()));
        let out = std::fs::File::create(&log).expect("a log can be written");
        let child = command.stdin(Stdio::null()).stdout(out).spawn();
        let child = child.expect("the Python that LIANSHI_HARVESTERS names");
        let port = until("a repository of others", || std::fs::read_to_string(&file).ok()?.parse().ok());
        Some(Self { child, port, folder, log })
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}/oai", self.port)
    }

    /// What it was asked, one request a line.
    fn asked(&self) -> String {
        std::fs::read_to_string(&self.log).expect("its log")
    }

    fn write(folder: &Path, records: &[Json]) {
        // Whole or not at all: it may be read this moment.
        let new = folder.join("records.new");
        std::fs::write(&new, json!(records).to_string()).expect("records can be written");
        std::fs::rename(new, folder.join("records.json")).expect("records can be written");
    }
}

fn record(n: usize) -> Json {
    let text = format!("<p>第 {n} 段</p><p>heat &amp; light</p>");
    json!({
        "id": format!("oai:other:{n}"), "stamp": "2026-01-01T00:00:00Z",
        "dc": {
            "title": [format!("合成石墨样例 {n}")], "description": [text], "subject": ["石墨烯", "散热"],
            "creator": ["王, 某"], "publisher": ["某大学"], "date": ["2024-05"], "rights": ["CC BY 4.0"],
            "identifier": [format!("https://repository.example.edu/{n}")], "language": ["chi"],
        },
    })
}

/// This moment, as repositories write it.
fn now() -> String {
    let at = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock").as_secs();
    let ran = Command::new("date").args(["-u", "-d", &format!("@{at}"), "+%Y-%m-%dT%H:%M:%SZ"]).output();
    String::from_utf8(ran.expect("date").stdout).expect("a date").trim().to_owned()
}

/// A hub that may go to this computer.
fn hub(scene: &Scene, name: &str, allow: &str) -> Home {
    let home = scene.hub(name);
    let file = home.path().join("config.toml");
    let text = std::fs::read_to_string(&file).expect("the configuration that init wrote");
    assert!(text.contains("[web-out]\nallow = []\n"), "{text}");
    std::fs::write(file, text.replace("[web-out]\nallow = []", &format!("[web-out]\nallow = [{allow}]")))
        .expect("a configuration");
    home
}

fn harvested(node: &Node, url: &str) -> Json {
    node.run(["harvest", "run", url, "--timeout", "100", "--json"]).ok().json()
}

fn counts(said: &Json) -> Vec<(String, u64)> {
    let counts = said["counts"].as_object().expect("counts");
    counts.iter().map(|(word, count)| (word.clone(), count.as_u64().expect("a number"))).collect()
}

fn expected(counts: &[(&str, u64)]) -> Vec<(String, u64)> {
    counts.iter().map(|(word, count)| ((*word).to_owned(), *count)).collect()
}

/// The listing of ours with this title.
fn titled(node: &Node, title: &str) -> Json {
    until(&format!("{title} is found"), || {
        let hit = node.search(title).into_iter().find(|hit| hit["title"] == title)?;
        node.show(hit["id"].as_str()?)
    })
}

#[test]
fn records_of_a_repository_of_another_make_come_change_and_go() {
    let scene = Scene::new();
    let mut records: Vec<Json> = (0..45).map(record).collect();
    records.push(
        json!({ "id": "oai:other:untitled", "stamp": "2026-01-01T00:00:00Z", "dc": { "subject": ["x"] } }),
    );
    Repository::write(scene.folder(), &records);
    let Some(repository) = Repository::start(&scene, "0", None) else { return };
    let url = repository.url();
    let node = hub(&scene, "hub", "\"127.0.0.1\"").start();
    node.run(["harvest", "add", &url, "--publish", "--every", "6h"]).ok();
    let said = harvested(&node, &url);
    assert_eq!(
        (said["name"].as_str(), said["prefix"].as_str()),
        (Some("A repository of others"), Some("oai_dc"))
    );
    let said = until("all of it", || {
        let said = node.run(["harvest", "show", &url, "--json"]).ok().json();
        (said["under_way"] == false && node.status()["listings"]["own"] == 45).then_some(said)
    });
    assert_eq!(said["refused"][0]["identifier"], "oai:other:untitled", "{said}");
    let one = titled(&node, "合成石墨样例 7");
    let fields = &one["fields"];
    assert_eq!(fields["body"], "第 7 段\n\nheat & light", "{one}");
    assert_eq!(
        (&fields["year"], &fields["organization"], &fields["language"]),
        (&json!(2024), &json!("某大学"), &json!("zh"))
    );
    assert_eq!((&fields["keyword/石墨烯"], &fields["dc_rights"]), (&json!(true), &json!("CC BY 4.0")));
    assert_eq!(one["harvested"], json!({ "from": url, "id": "oai:other:7", "at": "2026-01-01T00:00:00Z" }));
    let page = tests::get(&node.web(), &format!("/listing/{}", one["id"].as_str().expect("an id"))).body;
    assert!(page.contains("采集自") && page.contains("oai:other:7"), "{page}");

    // What did not change costs nothing, and is not even asked for.
    let before = node.status()["entries"].clone();
    assert_eq!(counts(&harvested(&node, &url)), expected(&[]));
    assert_eq!(node.status()["entries"], before);

    // A change there, an edit here of what changes there too, a deletion.
    let ours = titled(&node, "合成石墨样例 5")["id"].as_str().expect("an id").to_owned();
    node.run(["listing", "edit", &ours, "title=本处改过的标题"]).ok();
    let (stamp, gone) = (now(), titled(&node, "合成石墨样例 4")["id"].as_str().expect("an id").to_owned());
    records[3]["dc"]["title"] = json!(["改过的样例 3"]);
    records[5]["dc"]["title"] = json!(["那边改过的标题"]);
    records[5]["dc"]["rights"] = json!(["CC0"]);
    records[4]["deleted"] = json!(true);
    for n in [3, 4, 5] {
        records[n]["stamp"] = json!(stamp);
    }
    Repository::write(&repository.folder, &records);
    assert_eq!(counts(&harvested(&node, &url)), expected(&[("kept", 1), ("updated", 2), ("withdrawn", 1)]));
    let changed = titled(&node, "改过的样例 3");
    assert_eq!((&changed["harvested"]["at"], &changed["versions"]), (&json!(stamp), &json!(2)));
    let kept = node.show(&ours).expect("it is there");
    assert_eq!((&kept["title"], &kept["fields"]["dc_rights"]), (&json!("本处改过的标题"), &json!("CC0")));
    assert_eq!(node.show(&gone).expect("it is there")["status"], "withdrawn");

    // Once more: the same records come again, since they are young, and change nothing; what comes back is shown again.
    let before = node.status()["entries"].clone();
    assert_eq!(counts(&harvested(&node, &url)), expected(&[("unchanged", 3)]));
    assert_eq!(node.status()["entries"], before);
    records[4]["deleted"] = json!(false);
    records[4]["stamp"] = json!(now());
    Repository::write(&repository.folder, &records);
    assert_eq!(counts(&harvested(&node, &url)), expected(&[("returned", 1), ("unchanged", 2)]));
    assert_eq!(node.show(&gone).expect("it is there")["status"], "published");
}

#[test]
fn without_trust_records_go_to_review_as_drafts() {
    let scene = Scene::new();
    let mut records: Vec<Json> = (0..5).map(record).collect();
    Repository::write(scene.folder(), &records);
    let Some(repository) = Repository::start(&scene, "0", None) else { return };
    let url = repository.url();
    let node = hub(&scene, "hub", "\"127.0.0.1\"").start();
    node.run(["harvest", "add", &url]).ok();
    let drafts = || {
        let listed = node.run(["listing", "list", "--drafts", "--json"]).ok().lines();
        listed
            .into_iter()
            .filter(|draft| draft["id"].as_str().is_some_and(|id| id.starts_with("d-")))
            .collect::<Vec<_>>()
    };
    until("five drafts", || (drafts().len() == 5).then_some(()));
    assert_eq!(node.status()["listings"]["own"], 0);
    // One is published by whoever reviews; one changes there, one goes.
    let draft = |title: &str| {
        let found = drafts().into_iter().find(|draft| draft["title"] == title).expect("a draft");
        found["id"].as_str().expect("an id").to_owned()
    };
    node.run(["listing", "publish", &draft("合成石墨样例 0")]).ok();
    let stamp = now();
    records[0]["dc"]["title"] = json!(["改过的样例 0"]);
    records[1]["dc"]["title"] = json!(["改过的样例 1"]);
    records[2]["deleted"] = json!(true);
    records.iter_mut().take(3).for_each(|record| record["stamp"] = json!(stamp));
    Repository::write(&repository.folder, &records);
    let said = harvested(&node, &url);
    assert_eq!(counts(&said), expected(&[("dropped", 1), ("redrafted", 1), ("revised", 1)]), "{said}");
    // The published listing waits for its review as it was.
    assert_eq!(titled(&node, "合成石墨样例 0")["versions"], 1);
    node.run(["listing", "publish", &draft("改过的样例 0")]).ok();
    assert_eq!(titled(&node, "改过的样例 0")["versions"], 2);
    // What was discarded here does not come back with the next change.
    assert_eq!(drafts().len(), 3, "{:?}", drafts());
}

#[test]
fn a_harvest_that_was_cut_goes_on_where_it_was() {
    let scene = Scene::new();
    let records: Vec<Json> = (0..200).map(record).collect();
    Repository::write(scene.folder(), &records);
    let Some(repository) = Repository::start(&scene, "0.5", None) else { return };
    let (url, port) = (repository.url(), repository.port);
    let node = hub(&scene, "hub", "\"127.0.0.1\"").start();
    node.run(["harvest", "add", &url, "--publish"]).ok();
    let pages = |node: &Home| {
        node.run(["harvest", "show", &url, "--json"]).ok().json()["pages"].as_u64().unwrap_or_default()
    };
    until("three pages", || (pages(&node) >= 3).then_some(()));
    // The node is killed in the middle of it, then the repository.
    let home = node.kill();
    drop(repository);
    let node = home.start();
    let failed = until("a failure that is told", || {
        let said = node.run(["harvest", "show", &url, "--json"]).ok().json();
        said["failure"].is_object().then_some(said)
    });
    assert!(failed["goes_on"] == true && failed["pages"].as_u64() >= Some(3), "{failed}");
    assert!(
        failed["failure"]["message_zh"].as_str().is_some_and(|text| text.contains("无法连接")),
        "{failed}"
    );
    let repository = Repository::start(&scene, "0", Some(port)).expect("it started before");
    let said = harvested(&node, &url);
    assert!(said["failure"].is_null() && said["pages"] == 10, "{said}");
    assert_eq!(node.status()["listings"]["own"], 200);
    let first = repository.asked().lines().next().unwrap_or_default().to_owned();
    assert!(first.contains("resumptionToken"), "it began anew: {first}");
}

#[test]
fn a_source_that_hangs_keeps_no_other_waiting_and_none_leads_into_the_office() {
    let scene = Scene::new();
    Repository::write(scene.folder(), &(0..3).map(record).collect::<Vec<_>>());
    // They take connections, and never say anything.
    let hanging: Vec<TcpListener> =
        (0..5).map(|_| TcpListener::bind("127.0.0.1:0").expect("a port")).collect();
    let ports: Vec<u16> = hanging.iter().map(|one| one.local_addr().expect("an address").port()).collect();
    let Some(repository) = Repository::start(&scene, "0", None) else { return };
    let mut allow: Vec<String> = ports[..4].iter().map(|port| format!("\"127.0.0.1:{port}\"")).collect();
    allow.push(format!("\"127.0.0.1:{}\"", repository.port));
    let node = hub(&scene, "hub", &allow.join(", ")).start();
    for port in &ports {
        node.run(["harvest", "add", &format!("http://127.0.0.1:{port}/oai"), "--publish"]).ok();
    }
    node.run(["harvest", "add", &repository.url(), "--publish"]).ok();
    until("what the good one has", || (node.status()["listings"]["own"] == 3).then_some(()));
    let listed = node.run(["harvest", "list", "--json"]).ok().lines();
    assert_eq!(listed.len(), 6);
    let waiting = listed.iter().filter(|source| source["under_way"] == true).count();
    assert!(waiting >= 4, "{listed:#?}");
    // Without an exception in the configuration no source leads to this computer.
    let refused = until("a refusal", || {
        let said = node
            .run(["harvest", "show", &format!("http://127.0.0.1:{}/oai", ports[4]), "--json"])
            .ok()
            .json();
        said["failure"]["message"].as_str().map(str::to_owned)
    });
    assert!(refused.contains("[web-out]"), "{refused}");
    for (wrong, code) in [("ftp://a.cn/", 2), ("http://u:p@a.cn/", 2), ("nowhere", 2)] {
        node.run(["harvest", "add", wrong]).ends(code);
    }
    node.run(["harvest", "add", "http://a.cn/oai", "--every", "5s"]).ends(2);
    node.run(["harvest", "show", "http://unheard.cn/"]).ends(1);
    // Paused and removed.
    node.run(["harvest", "pause", &repository.url()]).ok();
    node.run(["harvest", "run", &repository.url()]).ends(5);
    node.run(["harvest", "remove", &repository.url()]).ok();
    assert_eq!(node.run(["harvest", "list", "--json"]).ok().lines().len(), 5);
    assert_eq!(node.status()["listings"]["own"], 3, "what it brought stays");
}

#[test]
fn a_node_harvests_a_node_of_another_network_in_full() {
    let scene = Scene::new();
    let theirs = scene.hub("theirs").start();
    let samples = concat!(env!("CARGO_MANIFEST_DIR"), "/../configs/samples/achievement.jsonl");
    theirs
        .run(["import", samples, "--kind", "achievement", "--visibility", "public", "--apply", "--publish"])
        .ok();
    let count = theirs.status()["listings"]["own"].as_u64().expect("a count");
    assert!(count > 10, "{count}");
    let url = format!("{}/oai", theirs.web());
    let ours = hub(&scene, "ours", "\"127.0.0.1\"").start();
    ours.run(["harvest", "add", &url, "--publish"]).ok();
    let said = harvested(&ours, &url);
    assert_eq!(said["prefix"], "lianshi", "{said}");
    until("all of it", || (ours.status()["listings"]["own"].as_u64() == Some(count)).then_some(()));
    let mut compared = 0;
    let first = theirs.search("技术");
    assert!(!first.is_empty());
    for hit in first {
        let id = hit["id"].as_str().expect("an id");
        let theirs = theirs.show(id).expect("it is there");
        let ours = titled(&ours, theirs["title"].as_str().expect("a title"));
        assert_eq!((&ours["fields"], &ours["kind"]), (&theirs["fields"], &theirs["kind"]));
        assert!(ours["harvested"]["id"].as_str().is_some_and(|known| known.ends_with(id)), "{ours}");
        compared += 1;
    }
    assert!(compared >= 5, "{compared}");
    // A withdrawal there is one here.
    let hit = &theirs.search("技术")[0];
    theirs.run(["listing", "withdraw", hit["id"].as_str().expect("an id")]).ok();
    let title = hit["title"].as_str().expect("a title");
    let id = titled(&ours, title)["id"].as_str().expect("an id").to_owned();
    let said = harvested(&ours, &url);
    assert_eq!(said["counts"]["withdrawn"], 1, "{said}");
    assert_eq!(ours.show(&id).expect("it is there")["status"], "withdrawn");
    // Our own, harvested back by them, is not theirs: each network's listings stay its own.
    let themselves = hub(&scene, "third", "\"127.0.0.1\"").start();
    let back = format!("{}/oai", themselves.web());
    themselves
        .run([
            "listing",
            "new",
            "--kind",
            "achievement",
            "--visibility",
            "public",
            "title=自己的",
            "--publish",
        ])
        .ok();
    themselves.run(["harvest", "add", &back, "--publish"]).ok();
    assert_eq!(counts(&harvested(&themselves, &back)), expected(&[("known", 1)]));
    assert_eq!(themselves.status()["listings"]["own"], 1);
}
