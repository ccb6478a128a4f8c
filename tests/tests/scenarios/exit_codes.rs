//! Exit codes, which scripts live on: 2 usage, 3 data rejected, 4 unreachable, 5 refused.

use std::path::PathBuf;

use tests::{Scene, hub_and_station, traces};

/// A resident identity number with a right check digit: the example in GB 11643-1999.
const ID_NUMBER: &str = "11010519491231002X";

#[test]
fn usage_is_2() {
    let scene = Scene::new();
    let hub = scene.hub("hub");
    scene.run([]).ends(2);
    scene.run(["fly"]).ends(2);
    hub.run(["status", "--colour"]).ends(2);
    hub.run(["search", "电池", "--kind", "castle"]).ends(2);
    hub.run(["search", "电池", "--trl", "4-12"]).ends(2);
    let file = scene.write("rows.csv", "title\n一行\n");
    hub.run(["import", &file, "--kind", "achievement", "--map", "title=no such column"]).ends(2);
    hub.run(["import", &file, "--kind", "achievement", "--map", "no_such_field=title"]).ends(2);
    hub.run(["import", &file, "--kind", "achievement", "--publish"]).ends(2);
    hub.run(["invite", "--role", "resource-station", "--region", "999999", "--out", "x"]).ends(2);
    scene.home("new").run(["init", "--role", "hub", "--name", "n", "--region", "4200"]).ends(2);
    scene.home("new").run(["init", "--role", "sub-market", "--name", "n", "--region", "420100"]).ends(2);
    assert!(!scene.file("new").exists(), "nothing is left of an attempt that failed");
    hub.run(["run", "--peer", "hub.example.cn:7400"]).ends(2);
    hub.run(["run", "--listen", "7400"]).ends(2);
    let nothing_new = hub.run(["roster", "propose", "profile", "--lang", "zh"]).ends(2);
    assert!(nothing_new.err.contains("四统一"), "{}", nothing_new.err);
    let last = hub.run(["roster", "propose", "governor", "remove", "hub技术交易大市场", "--lang", "zh"]);
    assert!(last.ends(2).err.contains("至少要有一家"));
    let nowhere = scene.home("new").run(["init", "--role", "hub", "--name", "n", "--lang", "zh"]).ends(2);
    assert!(nowhere.err.contains("--region"), "{}", nowhere.err);
    scene.run(["--help"]).ok();
    scene.run(["--version"]).ok();
}

#[test]
fn a_home_that_is_none_is_1_with_advice() {
    let scene = Scene::new();
    for command in [["status", "--json"], ["search", "--json"], ["doctor", "--json"]] {
        let ran = scene.home("nowhere").run(command).ends(1);
        assert!(ran.err.contains("nowhere"), "{}", ran.err);
        assert_eq!(ran.json()["error"]["code"], 1);
        let [said, hint] = ["message_zh", "hint_zh"].map(|key| ran.json()["error"][key].to_string());
        assert!(said.contains("还没有节点") && hint.contains("lianshi init"), "{said} {hint}");
    }
    assert!(!scene.file("nowhere").exists(), "reading makes no folder");
}

#[test]
fn data_that_are_rejected_are_3() {
    let scene = Scene::new();
    let hub = scene.hub("hub");
    let wrong = scene.write("wrong.lianshi", "not an invitation");
    let [a, b, c, d, e, f] = ["--role", "sub-market", "--name", "n", "--region", "420100"];
    let ran = scene.home("new").run(["init", a, b, c, d, e, f, "--join", &wrong, "--lang", "zh"]).ends(3);
    assert!(ran.err.contains("不是邀请文件"), "{}", ran.err);
    let code = "12100000707137123Q";
    scene
        .home("new")
        .run(["init", "--role", "hub", "--name", "n", "--region", "420000", "--credit-code", code])
        .ends(3);
    assert!(!scene.file("new").exists());
    hub.run(["listing", "new", "--kind", "achievement", "summary=没有名称", "--publish"]).ends(3);
    let binary = scene.write("rows.xlsx", b"PK\x03\x04 no workbook");
    hub.run(["import", &binary, "--kind", "achievement"]).ends(3);
    assert_eq!(hub.status()["listings"]["own"], 0);
}

#[test]
fn an_identity_number_is_named_and_stored_nowhere() {
    let scene = Scene::new();
    let (hub, station) = hub_and_station(&scene);
    let text = format!(
        "title,summary\n好的成果,可以公开\n有号码的成果,联系人身份证 {ID_NUMBER}\n另一成果,也可以公开\n"
    );
    let file = scene.write("rows.csv", text);
    let ran = station.import(&file, &[]).ends(3);
    let refused: Vec<_> = ran.lines().into_iter().filter(|line| line["outcome"] == "refused").collect();
    assert_eq!(refused.len(), 1, "{}", ran.out);
    assert_eq!((&refused[0]["row"], &refused[0]["field"]), (&3.into(), &"summary".into()), "{refused:?}");
    assert!(!ran.all().contains(ID_NUMBER), "the number itself is not repeated");
    let typed = format!("summary={ID_NUMBER}");
    station.run(["listing", "new", "--kind", "achievement", "title=一项", &typed, "--publish"]).ends(3);
    // As a draft it would lie in this node's store as well.
    station.run(["listing", "new", "--kind", "achievement", "title=一项", &typed]).ends(3);
    let id = station.publish("好的另一项");
    station.run(["listing", "edit", &id, &typed]).ends(3);
    hub.holds_with(&[&station], 3);
    let (hub, station) = (hub.stop(), station.stop());
    for home in [hub, station] {
        assert_eq!(traces(&home.path(), ID_NUMBER), Vec::<PathBuf>::new());
        assert_eq!(traces(&home.path(), &ID_NUMBER.to_lowercase()), Vec::<PathBuf>::new());
        // The search for traces finds what is there.
        assert_ne!(traces(&home.path(), "好的另一项"), Vec::<PathBuf>::new());
    }
}

#[test]
fn a_node_that_dies_under_an_import_is_4() {
    let scene = Scene::new();
    let hub = scene.hub("hub").start();
    let rows: String = (0..4_000).map(|n| format!("第{n}号成果\n")).collect();
    let file = scene.write("rows.csv", format!("title\n{rows}"));
    let mut import = hub.begin(&["import", &file, "--kind", "achievement", "--apply", "--publish", "--json"]);
    import.line().expect("the first rows are acknowledged");
    let home = hub.kill();
    let ran = import.finish().ends(4);
    let last = ran.lines().pop().unwrap();
    assert_eq!(last["error"]["code"], 4, "{last}");
    assert!(last["error"]["hint"].as_str().is_some_and(|hint| !hint.is_empty()), "{last}");
    home.run(["stop"]).ends(4);
    home.run(["status", "--wait", "running", "--timeout", "1"]).ends(4);
    // The store that was left behind opens for the next command.
    assert!(home.status()["listings"]["own"].as_u64().unwrap() >= 1);
}

#[test]
fn what_may_not_be_done_is_5() {
    let scene = Scene::new();
    let (hub, station) = hub_and_station(&scene);
    let id = station.publish("稀土永磁电机");
    hub.holds_with(&[&station], 1);
    for args in [
        &["listing", "edit", &id, "title=改名", "--json"][..],
        &["listing", "withdraw", &id, "--json"][..],
        &["listing", "publish", &id, "--json"][..],
    ] {
        let ran = hub.begin(args).finish().ends(5);
        let error = &ran.json()["error"];
        assert!(error["code"] == 5 && error["message"].as_str().unwrap().contains("station"), "{error}");
    }
    assert_eq!(hub.show(&id).unwrap()["versions"], 1);
    // A home is founded once, whether or not its node runs.
    hub.run(["init", "--role", "hub", "--name", "n", "--region", "420000"]).ends(5);
    let node = hub.status()["node"].clone();
    let home = hub.stop();
    home.run(["init", "--role", "hub", "--name", "n", "--region", "420000"]).ends(5);
    assert_eq!(home.status()["node"], node);
    // Only the hub, whose institution governs, can invite.
    station.run(["invite", "--role", "grassroots-site", "--region", "420106", "--out", "x.lianshi"]).ends(5);
}

#[test]
fn a_home_that_runs_cannot_run_twice() {
    let scene = Scene::new();
    let mut hub = scene.hub("hub").start();
    let ran = hub.run(["run", "--listen", "/ip4/127.0.0.1/tcp/0", "--web", "127.0.0.1:0"]).ends(4);
    assert!(ran.err.contains("hub"), "{}", ran.err);
    assert!(hub.is_running());
    hub.publish("仍然可用");
}
