//! Three networks of three nodes each, as processes: what two of them agreed passes, to their own nodes alone.

use std::path::PathBuf;

use serde_json::Value as Json;
use tests::{Home, Node, Scene, get, send, traces, until};

use super::governance::wait_for;

/// Stands in what the first network gives nobody.
const CANARY: &str = "只留在本省的文字";

/// A network with its hub and two stations, running.
struct Province {
    hub: Node,
    near: Node,
    far: Node,
}

impl Province {
    /// Region codes: of the province, and of its two stations.
    fn found(scene: &Scene, name: &str, regions: [&str; 3]) -> Self {
        let home = scene.home(name);
        let [role, called, region] = ["--role", "--name", "--region"];
        home.run(["init", role, "hub", called, name, region, regions[0]]).ok();
        let hub = home.start();
        let station = |at: usize| {
            let own = format!("{name}{at}");
            let node = scene.join(&hub, &own, "resource-station", regions[at]).start();
            node.synced();
            node
        };
        let (near, far) = (station(1), station(2));
        Self { hub, near, far }
    }

    fn nodes(&self) -> [&Node; 3] {
        [&self.hub, &self.near, &self.far]
    }
}

/// Has two networks agree. `gives` and `takes` are what the first one gives and takes.
pub fn agree(scene: &Scene, one: &Home, other: &Home, gives: &[&str], takes: &[&str], more: &[&str]) {
    let file = |name: &str| scene.file(name).display().to_string();
    let (card, proposal) = (file("card"), file("proposal"));
    other.run(["peering", "card", "--out", &card]).ok();
    let mut args = vec!["peering", "propose", &card, "--until", "2099-12-31", "--licence", "CC-BY-4.0"];
    args.extend(gives.iter().flat_map(|give| ["--give", give]));
    args.extend(takes.iter().flat_map(|take| ["--take", take]));
    args.extend(more);
    args.extend(["--out", &proposal]);
    let proposed = one.begin(&args).finish().ok();
    assert!(proposed.all().contains("peering accept"), "{}", proposed.all());
    other.run(["peering", "accept", &proposal]).ends(2);
    other.run(["peering", "accept", &proposal, "--yes"]).ok();
}

fn new(node: &Home, kind: &str, title: &str, more: &[&str]) -> String {
    let title = format!("title={title}");
    let args = [&["listing", "new", "--kind", kind, &title, "--publish", "--json"], more].concat();
    node.begin(&args).finish().ok().json()["id"].as_str().expect("an id").to_owned()
}

fn titles(node: &Home, words: &str) -> Vec<String> {
    let mut found: Vec<String> =
        node.search(words).iter().map(|hit| hit["title"].as_str().unwrap_or_default().to_owned()).collect();
    found.sort();
    found
}

/// Waits until a node finds these and nothing else.
fn finds(node: &Node, words: &str, wanted: &[&str]) {
    let mut wanted: Vec<String> = wanted.iter().map(|title| (*title).to_owned()).collect();
    wanted.sort();
    let mut last = Vec::new();
    until(&format!("{} finds {wanted:?} for {words}", node.name()), || {
        let found = titles(node, words);
        if found != last {
            println!("{} finds {found:?}", node.name());
            last = found.clone();
        }
        (found == wanted).then_some(())
    });
}

fn peer(node: &Home, name: &str) -> Json {
    node.run(["peering", "show", name, "--json"]).ok().json()
}

#[test]
fn three_networks_exchange_what_was_agreed_and_nothing_else() {
    let scene = Scene::new();
    let hubei = Province::found(&scene, "湖北", ["420000", "420106", "420200"]);
    let zhejiang = Province::found(&scene, "浙江", ["330000", "330106", "330200"]);
    let shandong = Province::found(&scene, "山东", ["370000", "370102", "370200"]);

    // In a ring: the first gives achievements of one city to the second, the second everything to the third, and the third
    // achievements to the first, which gives it its demands.
    let mapping =
        scene.write("mapping.toml", "[keywords]\nedition = \"1\"\n[keywords.values]\n\"烯\" = \"碳材料\"\n");
    let shown = ["--give-mapping", &mapping, "--give-field", "keywords"];
    agree(&scene, &hubei.hub, &zhejiang.hub, &["achievement@4201"], &["achievement"], &[]);
    agree(&scene, &zhejiang.hub, &shandong.hub, &["all"], &[], &shown);
    agree(&scene, &shandong.hub, &hubei.hub, &["achievement"], &["demand"], &[]);

    let shared = new(&hubei.near, "achievement", "石墨烯 武汉共享", &[]);
    let kept = format!("summary={CANARY}");
    new(&hubei.far, "achievement", "石墨烯 黄石不共享", &[&kept]);
    new(&hubei.near, "service", "石墨烯 武汉服务", &[&kept]);
    new(&hubei.near, "demand", "石墨烯 武汉需求", &["--visibility", "public"]);
    new(&hubei.near, "achievement", "石墨烯 武汉仅成员", &["--visibility", "members", &kept]);
    let mapped = new(
        &zhejiang.far,
        "achievement",
        "石墨烯 宁波成果",
        &["keywords=烯；陶瓷", "summary=不在约定字段之内"],
    );
    new(&zhejiang.far, "service", "石墨烯 宁波服务", &[]);
    new(&shandong.near, "achievement", "石墨烯 济南成果", &[]);

    let own =
        ["石墨烯 武汉共享", "石墨烯 黄石不共享", "石墨烯 武汉服务", "石墨烯 武汉需求", "石墨烯 武汉仅成员"];
    let at_hubei = [&own[..], &["石墨烯 宁波成果", "石墨烯 济南成果"]].concat();
    let at_zhejiang = ["石墨烯 宁波成果", "石墨烯 宁波服务", "石墨烯 武汉共享"];
    let at_shandong = ["石墨烯 济南成果", "石墨烯 宁波成果", "石墨烯 宁波服务", "石墨烯 武汉需求"];
    for (province, wanted) in [(&hubei, &at_hubei[..]), (&zhejiang, &at_zhejiang), (&shandong, &at_shandong)]
    {
        province.nodes().iter().for_each(|node| finds(node, "石墨烯", wanted));
    }

    // Of what was not given not a byte lies on any disk over there, and nothing of the third at the second.
    assert!(!traces(&hubei.far.path(), CANARY).is_empty(), "the search finds");
    for (province, canaries) in [(&zhejiang, &[CANARY][..]), (&shandong, &[CANARY, "武汉共享"])] {
        for (node, canary) in province.nodes().iter().flat_map(|node| canaries.iter().map(move |c| (node, c)))
        {
            assert_eq!(traces(&node.path(), canary), Vec::<PathBuf>::new(), "{canary} at {}", node.name());
        }
    }

    // The receiving province shows where it comes from, and verifies it by the other charter.
    let page = get(&zhejiang.far.web(), &format!("/listing/{shared}"));
    assert!(page.code == 200 && page.body.contains("来自对等市场“湖北”"), "{}", page.body);
    assert!(page.body.contains("CC-BY-4.0") && !page.body.contains("id=\"ask\""), "{}", page.body);
    let list = get(&zhejiang.far.web(), "/list?q=%E7%9F%B3%E5%A2%A8%E7%83%AF").body;
    assert!(list.contains("武汉共享<") && list.contains("<bdi>湖北</bdi>"), "{list}");
    let proof = scene.file("proof").display().to_string();
    zhejiang.far.run(["export", &shared, "--format", "proof", "--out", &proof]).ok();
    let verified = zhejiang.far.run(["verify", &proof, "--json"]).ok().json();
    assert_eq!(
        (&verified["network"]["name_zh"], &verified["institution"]["name"]),
        (&"湖北".into(), &"湖北1".into())
    );
    assert!(shandong.far.show(&shared).is_none(), "it went round no corner");
    assert_eq!(get(&shandong.far.web(), &format!("/listing/{shared}")).code, 404);

    // Fields that were not agreed are not shown, and codes read as mapped; what stands in no mapping reads as it came.
    let page = get(&shandong.near.web(), &format!("/listing/{mapped}")).body;
    assert!(page.contains("碳材料") && page.contains("陶瓷") && !page.contains(">烯<"), "{page}");
    assert!(!page.contains("不在约定字段之内") && page.contains("代码对照"), "{page}");
    finds(&shandong.near, "碳材料", &["石墨烯 宁波成果"]);

    // What is withdrawn there disappears here; so does what a suspended institution published.
    hubei.near.run(["listing", "withdraw", &shared]).ok();
    zhejiang.nodes().iter().for_each(|node| finds(node, "石墨烯", &["石墨烯 宁波成果", "石墨烯 宁波服务"]));
    shandong.hub.run(["roster", "propose", "suspend", "山东1", "--reason", "核查"]).ok();
    wait_for(&shandong.far, "山东1", "suspended");
    let without = [&own[1..], &["石墨烯 宁波成果"]].concat();
    hubei.nodes().iter().for_each(|node| finds(node, "石墨烯", &without));

    // An agreement that is suspended hides what it brought, on both sides; taken up again it is all there, and what came later.
    zhejiang.hub.run(["peering", "suspend", "湖北", "--reason", "核对数据"]).ok();
    let mut alone = own[1..].to_vec();
    new(&zhejiang.near, "achievement", "石墨烯 暂停期间", &[]);
    hubei.nodes().iter().for_each(|node| finds(node, "石墨烯", &alone));
    assert_eq!(peer(&zhejiang.far, "湖北")["state"], "suspended");
    zhejiang.hub.run(["peering", "resume", "湖北"]).ok();
    alone.extend(["石墨烯 宁波成果", "石墨烯 暂停期间"]);
    hubei.nodes().iter().for_each(|node| finds(node, "石墨烯", &alone));

    // A node that was away comes back with what it had, and its peer markets; ended, they are gone.
    let far = hubei.far.stop().start();
    finds(&far, "石墨烯", &alone);
    hubei.hub.run(["peering", "end", "浙江", "--reason", "期满"]).ok();
    alone.retain(|title| !title.contains("宁波") && !title.contains("暂停"));
    finds(&far, "石墨烯", &alone);
    assert_eq!(peer(&far, "浙江")["state"], "ended");
}

#[test]
fn a_gateway_that_was_away_hears_of_a_suspension_and_of_its_end() {
    let scene = Scene::new();
    let found = |name: &str, region: &str| {
        let home = scene.home(name);
        home.run(["init", "--role", "hub", "--name", name, "--region", region]).ok();
        home.start()
    };
    let (one, other) = (found("湖北", "420000"), found("浙江", "330000"));
    agree(&scene, &one, &other, &[], &["achievement"], &[]);
    new(&other, "achievement", "石墨烯 杭州成果", &[]);
    finds(&one, "石墨烯", &["石墨烯 杭州成果"]);
    let one = one.stop();
    other.run(["peering", "suspend", "湖北", "--reason", "核对数据"]).ok();
    let one = one.start();
    finds(&one, "石墨烯", &[]);
    assert_eq!(peer(&one, "浙江")["held"], Json::Null, "nothing of it is shown");
    other.run(["peering", "resume", "湖北"]).ok();
    finds(&one, "石墨烯", &["石墨烯 杭州成果"]);
}

/// What is said of a listing here, as label, value, and the network of who says it.
fn said(node: &Home, id: &str) -> Vec<[String; 3]> {
    let list = node.run(["statement", "list", id, "--json"]).ok();
    let text = |value: &Json| value.as_str().unwrap_or_default().to_owned();
    list.lines()
        .iter()
        .map(|one| [text(&one["label"]), text(&one["value"]), text(&one["network"]["name"]["zh"])])
        .collect()
}

/// Titles that a watch shows, each with its market.
fn watched(node: &Home, id: &str) -> Vec<String> {
    let shown = node.run(["watch", "show", id, "--json"]).ok().json();
    let text = |value: &Json| value.as_str().unwrap_or_default().to_owned();
    let found = shown["found"].as_array().cloned().unwrap_or_default();
    found.iter().map(|one| format!("{} {}", text(&one["title"]), text(&one["market"]))).collect()
}

#[test]
fn members_recognise_what_another_market_gives_and_its_author_sees_it() {
    let scene = Scene::new();
    let found = |name: &str, region: &str| {
        let home = scene.home(name);
        home.run(["init", "--role", "hub", "--name", name, "--region", region]).ok();
        home.start()
    };
    let (hubei, zhejiang) = (found("湖北", "420000"), found("浙江", "330000"));
    let station = scene.join(&hubei, "武汉", "resource-station", "420100").start();
    station.synced();
    let watch = |more: &[&str]| {
        let args = [&["watch", "add", "石墨烯", "--json"], more].concat();
        let made = station.begin(&args).finish().ok().json();
        made["id"].as_str().expect("an id").to_owned()
    };
    let (wide, narrow) = (watch(&[]), watch(&["--own-network"]));
    agree(&scene, &hubei, &zhejiang, &["achievement@42"], &["achievement"], &[]);
    let theirs = new(&zhejiang, "achievement", "石墨烯 杭州成果", &[]);
    let own = new(&hubei, "achievement", "石墨烯 武汉成果", &[]);
    for node in [&station, &hubei, &zhejiang] {
        finds(node, "石墨烯", &["石墨烯 杭州成果", "石墨烯 武汉成果"]);
    }

    // A watch tells of it with the market's name, one that looks at its own network alone does not.
    until("the watch has both", || (watched(&station, &wide).len() == 2).then_some(()));
    let mut both = watched(&station, &wide);
    both.sort();
    assert_eq!(both, ["石墨烯 杭州成果 浙江", "石墨烯 武汉成果 "]);
    until("the other has its own", || (watched(&station, &narrow).len() == 1).then_some(()));
    let shown = station.run(["watch", "show", &wide, "--json"]).ok().json();
    let feed = shown["feed"].as_str().expect("a feed").replace(&station.web(), "");
    let feed = get(&station.web(), &feed[feed.find("/feed/").expect("a path")..]).body;
    assert!(feed.contains("杭州成果") && feed.contains("（浙江）"), "{feed}");

    // A member here recognises it: that is shown here, and where its author is.
    let args = ["statement", "make", &theirs, "--label", "recognition", "--value", "湖北省新产品", "--json"];
    let made = station.run(args).ok().json();
    let word = ["recognition", "湖北省新产品", "湖北"].map(str::to_owned);
    for node in [&station, &hubei, &zhejiang] {
        until(&format!("{} has the recognition", node.name()), || {
            (said(node, &theirs) == [word.clone()]).then_some(())
        });
        let page = get(&node.web(), &format!("/listing/{theirs}")).body;
        assert!(page.contains("湖北省新产品") && page.contains("“湖北”的成员"), "{page}");
        let list = send(&node.web(), "GET", &format!("/api/v1/listings/{theirs}/statements"), &[], "").body;
        let list: Json = serde_json::from_str(&list).expect("JSON");
        assert_eq!(list["items"][0]["network"]["zh"], "湖北", "{list}");
    }
    assert!(said(&zhejiang, &own).is_empty(), "it is of the one listing");
    let id = made["id"].as_str().expect("an id");
    zhejiang.run(["statement", "withdraw", id]).ends(1);
    station.run(["statement", "replace", id, "--value", "湖北省重点新产品"]).ok();
    until("it says something else there", || {
        (said(&zhejiang, &theirs).first()?[1] == "湖北省重点新产品").then_some(())
    });

    // Suspended, the market's things are gone from the watch; and what was said can be taken back all the same.
    zhejiang.run(["peering", "suspend", "湖北", "--reason", "核对数据"]).ok();
    finds(&station, "石墨烯", &["石墨烯 武汉成果"]);
    until("the watch shows its own alone", || {
        (watched(&station, &wide) == ["石墨烯 武汉成果 "]).then_some(())
    });
    until("nor is what its members said shown", || said(&zhejiang, &theirs).is_empty().then_some(()));
    zhejiang.run(["peering", "resume", "湖北"]).ok();
    until("all is there again", || (watched(&station, &wide).len() == 2).then_some(()));
    let last = until("the statement is shown again", || {
        station.run(["statement", "list", &theirs, "--json"]).ok().lines().into_iter().next()
    });
    station.run(["statement", "withdraw", last["id"].as_str().expect("an id"), "--reason", "误认"]).ok();
    until("nothing is said of it any more", || said(&zhejiang, &theirs).is_empty().then_some(()));

    // What a peer market gave is in no backup: it comes back by itself.
    station.run(["backup", "station.backup"]).ok();
    let lost = station.stop();
    std::fs::remove_dir_all(lost.path()).expect("it is lost");
    let home = scene.home("新机器");
    home.run(["restore", "station.backup"]).ok();
    assert!(!home.path().join("peers").exists());
    let station = home.start();
    finds(&station, "石墨烯", &["石墨烯 杭州成果", "石墨烯 武汉成果"]);
    until("nothing is told twice", || (watched(&station, &wide).len() == 2).then_some(()));
}

#[test]
fn a_gateway_with_a_new_node_key_needs_no_new_agreement() {
    let scene = Scene::new();
    let found = |name: &str, region: &str| {
        let home = scene.home(name);
        home.run(["init", "--role", "hub", "--name", name, "--region", region]).ok();
        home.start()
    };
    let (one, other) = (found("湖北", "420000"), found("浙江", "330000"));
    agree(&scene, &one, &other, &["achievement"], &["achievement"], &["--replaceable"]);
    new(&one, "achievement", "石墨烯 武汉成果", &[]);
    new(&other, "achievement", "石墨烯 杭州成果", &[]);
    for node in [&one, &other] {
        finds(node, "石墨烯", &["石墨烯 武汉成果", "石墨烯 杭州成果"]);
    }
    let before = one.status()["node"].clone();
    let one = one.stop();
    one.run(["key", "rotate-node"]).ok();
    let one = one.start();
    assert_ne!(one.status()["node"], before);
    new(&other, "achievement", "石墨烯 换钥之后", &[]);
    let all = ["石墨烯 武汉成果", "石墨烯 杭州成果", "石墨烯 换钥之后"];
    finds(&one, "石墨烯", &all);
    let shown = peer(&one, "浙江");
    assert_eq!((&shown["number"], &shown["held"]["synced"]), (&1.into(), &true.into()), "{shown}");
}
