//! Listings that several institutions write, that move, and of which third parties say something.

use serde_json::Value as Json;
use tests::{Home, Scene, get, hub_and_station, until};

fn ok(home: &Home, args: &[&str]) -> Json {
    home.begin(&[args, &["--json"]].concat()).finish().ok().json()
}

fn id_of(reply: &Json) -> String {
    reply["id"].as_str().unwrap().to_owned()
}

#[test]
fn co_editors_apart_see_both_values_until_one_is_chosen() {
    let scene = Scene::new();
    let (hub, station) = hub_and_station(&scene);
    let new = ["listing", "new", "--kind", "achievement", "title=稀土永磁电机", "--publish"];
    let id = id_of(&ok(&station, &[&new[..], &["--editor", "hub技术交易大市场"]].concat()));
    hub.holds_with(&[&station], 1);
    assert_eq!(hub.show(&id).unwrap()["editors"][0]["name"], "hub技术交易大市场");
    assert_eq!(
        hub.run(["listing", "move", &id, "--visibility", "members"]).code,
        5,
        "a co-editor does not move it"
    );

    // Apart: each edits the title at home.
    let (hub, station) = (hub.stop(), station.stop());
    ok(&hub, &["listing", "edit", &id, "title=枢纽改的题目"]);
    ok(&station, &["listing", "edit", &id, "title=分站改的题目"]);
    let (hub, station) = (hub.start(), station.start());
    hub.agrees_with(&[&station]);
    for home in [&*hub, &*station] {
        let shown = home.show(&id).unwrap();
        let values = shown["disputes"][0]["values"].as_array().unwrap();
        let mut said: Vec<(&str, &str)> = values
            .iter()
            .map(|v| (v["value"].as_str().unwrap(), v["by"][0]["institution"].as_str().unwrap()))
            .collect();
        said.sort_unstable();
        assert_eq!(said, [("分站改的题目", "station"), ("枢纽改的题目", "hub技术交易大市场")], "{shown}");
        let listed = home.run(["listing", "list", "--conflicts", "--json"]).ok().lines();
        assert_eq!((listed.len(), &listed[0]["conflicts"][0]), (1, &"title".into()), "{listed:?}");
        let text = home.run(["listing", "show", &id]).ok().out;
        assert!(
            text.contains("分站改的题目") && text.contains("枢纽改的题目") && text.contains("choose"),
            "{text}"
        );
    }
    let page = get(&hub.web(), &format!("/listing/{id}")).body;
    assert!(page.contains("2 个并存") && page.contains("station · 20"), "{page}");

    // The hub, as a co-editor, chooses the station's value.
    let shown = hub.show(&id).unwrap();
    let values = shown["disputes"][0]["values"].as_array().unwrap();
    let number = values.iter().find(|v| v["value"] == "分站改的题目").unwrap()["number"].to_string();
    ok(&hub, &["listing", "choose", &id, "title", &number]);
    hub.agrees_with(&[&station]);
    for home in [&*hub, &*station] {
        let shown = home.show(&id).unwrap();
        assert_eq!(
            (&shown["title"], shown["disputes"].as_array().unwrap().len()),
            (&"分站改的题目".into(), 0)
        );
        assert!(home.run(["listing", "list", "--conflicts", "--json"]).ok().lines().is_empty());
    }
    // A proof of it names both institutions' admissions and verifies.
    hub.run(["export", &id, "--format", "proof", "--out", "a.proof"]).ok();
    hub.run(["export", "--format", "charter", "--out", "a.charter"]).ok();
    let verified = scene.run(["verify", "a.proof", "--charter", "a.charter", "--json"]).ok().json();
    assert_eq!(verified["institution"]["name"], "station", "{verified}");
}

#[test]
fn a_moved_listing_is_reached_by_its_old_id_and_members_alone_is_on_no_page() {
    let scene = Scene::new();
    let (hub, station) = hub_and_station(&scene);
    let old = station.publish("稀土永磁电机");
    station.publish("水稻秸秆腐熟菌剂");
    hub.holds_with(&[&station], 2);
    let service = id_of(&ok(&station, &["listing", "move", &old, "--kind", "service"]));
    hub.holds_with(&[&station], 3);
    for home in [&*hub, &*station] {
        let shown = home.show(&old).unwrap();
        assert_eq!((&shown["id"], &shown["kind"]), (&service.as_str().into(), &"service".into()), "{shown}");
        assert_eq!(shown["continues"][0], old.as_str());
        let found: Vec<Json> = home.search("稀土永磁");
        assert_eq!(
            (found.len(), &found[0]["id"]),
            (1, &service.as_str().into()),
            "the newest alone: {found:?}"
        );
        let verbs = home.run(["listing", "history", &old, "--json"]).ok().lines();
        assert_eq!(verbs.iter().map(|e| e["verb"].as_str().unwrap()).collect::<Vec<_>>(), ["create", "move"]);
    }
    let page = get(&hub.web(), &format!("/listing/{old}")).body;
    assert!(page.contains("旧编号继续有效") && page.contains(&service), "{page}");

    // For members alone: on every node, on no page, in no count of a page.
    let narrow = id_of(&ok(&station, &["listing", "move", &old, "--visibility", "members"]));
    hub.holds_with(&[&station], 4);
    until("the hub finds it by its new id", || {
        (hub.search("稀土永磁")[0]["id"] == narrow.as_str()).then_some(())
    });
    assert_eq!(hub.show(&old).unwrap()["shelf"]["visibility"], "members");
    assert!(hub.run(["listing", "show", &old, "--lang", "en"]).ok().out.contains("members only"));
    let web = hub.web();
    for id in [&old, &service, &narrow] {
        assert_eq!(get(&web, &format!("/listing/{id}")).code, 404, "{id}");
    }
    let list = get(&web, "/list?q=%E7%A8%80%E5%9C%9F").body;
    assert!(!list.contains("永磁") && list.contains("没有符合的信息"), "{list}");
    assert!(!get(&web, "/").body.contains("永磁"));
    // What is published so at once is so from the beginning.
    let new = [
        "listing",
        "new",
        "--kind",
        "expert",
        "title=只给成员看的专家",
        "--publish",
        "--visibility",
        "members",
    ];
    let expert = id_of(&ok(&station, &new));
    hub.holds_with(&[&station], 5);
    assert_eq!(hub.show(&expert).unwrap()["shelf"]["visibility"], "members");
    assert_eq!(get(&web, &format!("/listing/{expert}")).code, 404);
    // A table goes to anyone: it has what only members may see when that is asked for.
    let table = ["export", "--format", "jsonl", "--kind", "expert", "--out", "experts.jsonl"];
    let told = ok(&hub, &table);
    assert_eq!((&told["listings"], &told["left_out"]), (&0.into(), &1.into()));
    let told = ok(&hub, &[&table[..], &["--members"]].concat());
    assert_eq!((&told["listings"], &told["left_out"]), (&1.into(), &0.into()));
}

#[test]
fn a_screening_label_hides_a_listing_where_it_is_heeded() {
    let scene = Scene::new();
    let (hub, station) = hub_and_station(&scene);
    let id = station.publish("稀土永磁电机");
    hub.holds_with(&[&station], 1);
    // The hub heeds its own labels.
    let hub = hub.stop();
    let config = hub.path().join("config.toml");
    let text = std::fs::read_to_string(&config).unwrap_or_default();
    let kept: String = text.split("[labels]").next().unwrap().to_owned();
    let rest =
        text.split_once("[labels]").and_then(|(_, rest)| rest.find("\n[").map(|at| rest[at..].to_owned()));
    let heeding = format!(
        "{kept}\n[labels]\nhide_screened_by = [\"hub技术交易大市场\", \"不在名册\"]\n{}",
        rest.unwrap_or_default()
    );
    std::fs::write(&config, heeding).unwrap();
    let hub = hub.start();
    hub.agrees_with(&[&station]);
    let found = hub.run(["doctor", "--json"]).all();
    assert!(found.contains("screener") && found.contains("不在名册"), "{found}");

    let make = ["statement", "make", &id, "--label", "screening", "--value", "rejected"];
    assert_eq!(hub.begin(&make).finish().code, 2, "a rejection needs a reason");
    let statement = id_of(&ok(&hub, &[&make[..], &["--reason", "缺少检测报告"]].concat()));
    ok(&hub, &["statement", "make", &id, "--label", "evaluation", "--value", "trl=6,value=120"]);
    hub.agrees_with(&[&station]);
    for home in [&*hub, &*station] {
        let said = home.run(["statement", "list", &id, "--json"]).ok().lines();
        assert_eq!(said.len(), 2, "{said:?}");
        assert_eq!((&said[0]["value"], &said[0]["reason"]), (&"rejected".into(), &"缺少检测报告".into()));
        assert!(said.iter().all(|s| s["verified"] == true && s["present"] == true), "{said:?}");
    }
    // Hidden on the hub, where show says why; shown on the station, which heeds nobody.
    let page = get(&hub.web(), &format!("/listing/{id}")).body;
    assert!(page.contains("审核未通过") && page.contains("缺少检测报告") && !page.contains("永磁"), "{page}");
    assert!(!get(&hub.web(), "/list").body.contains("永磁") && hub.search("稀土永磁").is_empty());
    let found = get(&hub.web(), "/list?q=%E7%A8%80%E5%9C%9F").body;
    assert!(found.contains("没有符合的信息"), "it is not counted either: {found}");
    assert_eq!(hub.show(&id).unwrap()["screened"]["id"], statement.as_str());
    assert!(hub.run(["listing", "show", &id]).ok().out.contains("缺少检测报告"));
    assert_eq!(station.search("稀土永磁").len(), 1);
    let page = get(&station.web(), &format!("/listing/{id}")).body;
    assert!(page.contains("永磁") && page.contains("审核：不通过") && page.contains("成熟度 6 级"), "{page}");

    // Only its own institution changes its word.
    assert_eq!(station.run(["statement", "withdraw", &statement]).code, 5);
    ok(&station, &["listing", "edit", &id, "summary=附上了检测报告"]);
    hub.agrees_with(&[&station]);
    let passed = ["statement", "replace", &statement, "--value", "passed", "--reason", "已补齐"];
    ok(&hub, &passed);
    hub.agrees_with(&[&station]);
    let said = station.run(["statement", "list", &id, "--json"]).ok().lines();
    let brief: Vec<(&Json, &Json)> = said.iter().map(|s| (&s["value"], &s["present"])).collect();
    assert_eq!(brief, [(&"trl=6,value=120".into(), &false.into()), (&"passed".into(), &true.into())]);
    assert!(get(&hub.web(), &format!("/listing/{id}")).body.contains("永磁"));
    assert_eq!(hub.run(["statement", "withdraw", &statement]).code, 5, "it was replaced already");
    // A purge hides it from everyone, its title and what was said of it too.
    hub.run(["roster", "propose", "purge", &id, "--reason", "手机号", "--yes"]).ok();
    hub.agrees_with(&[&station]);
    let page = get(&station.web(), &format!("/listing/{id}")).body;
    assert!(page.contains("此信息已被清除") && page.contains("手机号"), "{page}");
    assert!(!page.contains("永磁") && !page.contains("成熟度 6 级"), "{page}");
}
