//! Statistics: three nodes count the same once, whatever came by which way; one that is behind is told what it lacks.

use std::io::Cursor;

use calamine::{Data, Reader, Xlsx};
use serde_json::Value as Json;
use sha2::{Digest, Sha256};
use tests::{Home, Node, Scene, get, hub_and_station, until};

/// The figures of a question, and their digest.
fn figures(node: &Home, asked: &[&str]) -> (Json, String) {
    let told = node.begin(&[&["stats", "--json"], asked].concat()).finish().ok().json();
    (told["figures"].clone(), told["digest"].as_str().unwrap().to_owned())
}

fn listings(node: &Home) -> u64 {
    figures(node, &[]).0["listings"].as_u64().unwrap()
}

/// Waits until all give the same answer to a question, and returns it.
fn agreed(nodes: &[&Node], asked: &[&str]) -> (Json, String) {
    until("the same figures everywhere", || {
        let mut all: Vec<_> = nodes.iter().map(|node| figures(node, asked)).collect();
        all.dedup();
        (all.len() == 1).then(|| all.remove(0))
    })
}

fn demand(node: &Home, title: &str) -> String {
    let title = format!("title={title}");
    let args =
        ["listing", "new", "--kind", "demand", "--visibility", "public", &title, "--publish", "--json"];
    node.run(args).ok().json()["id"].as_str().unwrap().to_owned()
}

#[test]
fn hub_and_stations_give_the_same_figures_and_one_that_is_behind_is_told_what_it_lacks() {
    let scene = Scene::new();
    let (hub, station) = hub_and_station(&scene);
    let market = scene.join(&hub, "market", "sub-market", "420500").start();
    let titles = ["固态电解质膜", "碳纤维轴承", "水稻育种", "激光器封装", "膜材料回收"];
    let ids = titles.map(|title| station.publish(title));
    let wanted = demand(&market, "求可降解包装");
    hub.holds_with(&[&station, &market], 6);
    // One is withdrawn, one moved to another kind and back, one out of sight; one is evaluated by another institution.
    station.run(["listing", "withdraw", &ids[0]]).ok();
    let there = station.run(["listing", "move", &ids[1], "--kind", "service", "--json"]).ok().json();
    let there = there["id"].as_str().unwrap().to_owned();
    station.run(["listing", "move", &there, "--kind", "achievement"]).ok();
    station.run(["listing", "move", &ids[2], "--visibility", "members"]).ok();
    hub.run(["statement", "make", &ids[3], "--label", "evaluation", "--value", "trl=6"]).ok();
    // How the demand came to a contract: the other listing may be named by its first digits, the number has its form.
    let matched = &ids[4][..12];
    let said = hub.run(["statement", "make", &wanted, "--label", "match", "--value", matched, "--json"]).ok();
    assert!(said.json()["id"].is_string());
    hub.run(["statement", "make", &wanted, "--label", "match", "--value", ""]).ends(2);
    hub.run(["statement", "make", &wanted, "--label", "contract", "--value", "number=12"]).ends(2);
    let number = "number=2026420500000012,amount=120";
    hub.run(["statement", "make", &wanted, "--label", "contract", "--value", number]).ok();
    hub.agrees_with(&[&station, &market]);

    let all = [&hub, &station, &market];
    let (whole, digest) = agreed(&all, &[]);
    assert_eq!((&whole["listings"], &whole["withdrawn"]), (&4.into(), &1.into()), "{whole}");
    assert_eq!(whole["by"]["kind"], serde_json::json!({ "achievement": 3, "demand": 1 }));
    assert_eq!(whole["institutions"][0]["name"], "station");
    assert_eq!(whole["institutions"][0]["received"]["evaluation"], 1);
    let demands = serde_json::json!({ "listed": 1, "looked_at": 1, "matched": 1, "contracted": 1 });
    assert_eq!(whole["demands"], demands);
    let month = whole["by"]["month"].as_object().unwrap().keys().next().unwrap().clone();
    let (of_place, other) = agreed(&all, &["--region", "4205", "--month", &month]);
    assert_eq!((&of_place["listings"], other == digest), (&1.into(), false), "{of_place}");
    for node in all {
        node.run(["stats", "--verify", &digest]).ok();
        node.run(["stats", "--region", "4205", "--month", &month, "--verify", &other]).ok();
    }
    // What is asked for otherwise has another digest.
    market.run(["stats", "--month", "2001-01", "--verify", &digest]).ends(6);

    pages(&scene, &hub, &station, &month);

    // The market is cut off, and told log by log what it lacks; a file that was changed is found out.
    let market = market.stop();
    station.publish("气凝胶");
    station.publish("低温催化剂");
    hub.agrees_with(&[&station]);
    hub.run(["stats", "--out", "figures.lianshi"]).ok();
    station.run(["stats", "--verify", "figures.lianshi"]).ok();
    let behind = market.run(["stats", "--verify", "figures.lianshi", "--json"]).ends(6).json();
    let log = &behind["apart"]["logs"][0];
    assert_eq!(
        (&behind["apart"]["behind"], &behind["apart"]["count"], &log["how"], &log["institution"]),
        (&2.into(), &1.into(), &"behind".into(), &"station".into()),
        "{behind}"
    );
    let said = market.run(["stats", "--verify", "figures.lianshi", "--lang", "zh"]).ends(6).out;
    assert!(said.contains("本节点缺 2 条：station · 成果"), "{said}");
    let file = String::from_utf8(std::fs::read(scene.file("figures.lianshi")).unwrap()).unwrap();
    for (from, to) in [("\"achievement\":5", "\"achievement\":6"), ("\"seq\":", "\"seq\":1")] {
        assert!(file.contains(from), "{file}");
        scene.write("forged.lianshi", file.replacen(from, to, 1));
        station.run(["stats", "--verify", "forged.lianshi"]).ends(3);
    }

    // The same listings come to it by a file, twice, and then from two nodes: they count once.
    hub.run(["bundle", "out", "stick.lianshi"]).ok();
    for _ in 0..2 {
        market.run(["bundle", "in", "stick.lianshi"]).ok();
        assert_eq!(listings(&market), 6);
    }
    let address = station.addresses().remove(0);
    let market = market.start_with(&["--listen", "/ip4/127.0.0.1/tcp/0", "--peer", &address]);
    market.synced();
    hub.agrees_with(&[&station, &market]);
    let (whole, _) = agreed(&[&hub, &station, &market], &[]);
    assert_eq!(whole["listings"], 6, "{whole}");

    // Who is suspended counts nowhere, until that ends.
    hub.run(["roster", "propose", "suspend", "station", "--reason", "年审"]).ok();
    let counted = |node: &Home| (listings(node) == 1).then_some(());
    until("the hub counts without it", || counted(&hub));
    until("so does the market", || counted(&market));
    assert_eq!(figures(&hub, &[]), figures(&market, &[]));
}

/// The page, the bulletin on paper and the workbook say what the command line says.
fn pages(scene: &Scene, hub: &Node, station: &Node, month: &str) {
    let web = hub.web();
    let (of_month, digest) = figures(hub, &["--month", month]);
    for path in ["/stats", "/stats/institutions", &format!("/stats/{month}"), "/stats?region=4201&lang=en"] {
        let page = get(&web, path);
        assert_eq!(page.code, 200, "{path}");
        assert!(
            page.body.contains("lianshi stats") && page.body.contains("station"),
            "{path}: {}",
            page.body
        );
    }
    let page = get(&web, &format!("/stats/{month}")).body;
    assert!(page.contains(&format!("lianshi stats --month {month} --verify {digest}")), "{page}");
    for path in ["/stats/2026-13", "/stats/x.pdf", "/stats/all", "/stats/2026-11.exe"] {
        assert_eq!(get(&web, path).code, 404, "{path}");
    }

    let paper = get(&web, &format!("/stats/{month}.pdf"));
    assert_eq!((paper.code, paper.header("content-type")), (200, Some("application/pdf")));
    scene.write("page.pdf", &paper.bytes);
    station.run(["stats", "bulletin", "--month", month, "--out", "own.pdf"]).ok();
    for file in ["page.pdf", "own.pdf"] {
        let found = station.run(["stats", "--verify", file, "--json"]).ok().json();
        assert_eq!((&found["confirmed"], &found["here"]["figures"]), (&true.into(), &of_month), "{file}");
    }
    let mut other = paper.bytes;
    let at = other.windows(9).position(|w| w == b"\"demand\":").unwrap() + 9;
    other[at] = b'7';
    scene.write("forged.pdf", &other);
    station.run(["stats", "--verify", "forged.pdf"]).ends(3);

    let book = get(&web, &format!("/stats/{month}.xlsx"));
    assert_eq!(book.code, 200);
    let mut book: Xlsx<_> = calamine::open_workbook_from_rs(Cursor::new(book.bytes)).unwrap();
    let kinds = book.worksheet_range("类别").unwrap();
    let rows: Vec<(String, f64)> = kinds
        .rows()
        .filter_map(|row| match row {
            [Data::String(name), Data::Float(count), ..] => Some((name.clone(), *count)),
            _ => None,
        })
        .collect();
    assert_eq!(rows, [("成果".to_owned(), 3.0), ("需求".to_owned(), 1.0)]);
    station.run(["stats", "bulletin", "--month", month, "--out", "own.doc"]).ends(2);
}

#[test]
fn a_register_is_compared_with_what_is_listed_and_what_is_missing_is_named() {
    let scene = Scene::new();
    let home = scene.hub("hub");
    let table = "编号,成果名称,成果简介\nKJ-1,固态电解质膜,甲\nKJ-2,碳纤维轴承,乙\nKJ-3,水稻育种新方法,丙\n";
    scene.write("listed.csv", table);
    home.import("listed.csv", &["--visibility", "public"]).ok();
    let withdrawn = home.search("碳纤维轴承")[0]["id"].as_str().unwrap().to_owned();
    home.run(["listing", "withdraw", &withdrawn]).ok();
    // Known by its number, by its title, and by nearly its title; one was never listed, one stands twice.
    let register = "编号,成果名称\nKJ-1,固态电解质膜制备\n,碳纤维轴承\n,水稻育种新方法\nKJ-9,从未挂牌的装置\nKJ-9,从未挂牌的装置\n";
    scene.write("register.csv", register);
    let found = home.run(["stats", "coverage", "register.csv", "--json"]).ok().json();
    let counts = ["due", "listed", "withdrawn", "missing", "passed"].map(|key| found[key].as_u64().unwrap());
    assert_eq!(counts, [4, 2, 1, 1, 1], "{found}");
    let missing: Vec<&Json> = found["not_listed"].as_array().unwrap().iter().map(|row| &row["row"]).collect();
    assert_eq!(missing, [3, 5, 6], "{found}");
    let said = home.run(["stats", "coverage", "register.csv", "--out", "rest.xlsx", "--lang", "zh"]).ok();
    assert!(said.out.contains("应挂 4 条，已公开挂牌 2 条，覆盖率 50.0%"), "{}", said.out);
    let bytes = std::fs::read(scene.file("rest.xlsx")).unwrap();
    let mut book: Xlsx<_> = calamine::open_workbook_from_rs(Cursor::new(bytes)).unwrap();
    let rest = book.worksheet_range("应挂未挂").unwrap();
    assert!(rest.rows().any(|row| row.first() == Some(&Data::String("从未挂牌的装置".into()))), "{rest:?}");
    assert_eq!(home.search("从未挂牌").len(), 0, "nothing was taken in");

    // A bulletin says it too, with the digest of the register's file.
    let bulletin = |out: &str| {
        let args = ["stats", "bulletin", "--register", "register.csv", "--out", out, "--lang", "zh"];
        home.run(args).ok();
        std::fs::read(scene.file(out)).unwrap()
    };
    let mut book: Xlsx<_> = calamine::open_workbook_from_rs(Cursor::new(bulletin("月报.xlsx"))).unwrap();
    let sheet = book.worksheet_range("应挂尽挂").unwrap();
    let cell = |name: &str, column: usize| {
        let row = sheet.rows().find(|row| row.first() == Some(&Data::String(name.into())));
        row.unwrap_or_else(|| panic!("{name} in {sheet:?}"))[column].clone()
    };
    assert_eq!((cell("应挂", 1), cell("已公开挂牌", 1)), (Data::Float(4.0), Data::Float(2.0)));
    assert_eq!((cell("已公开挂牌", 2), cell("没有挂牌", 1)), (Data::Float(0.5), Data::Float(1.0)));
    let sha = data_encoding::HEXLOWER.encode(&Sha256::digest(register));
    let over = |row: &[Data]| row.first().is_some_and(|cell| cell.to_string().contains(&sha));
    assert!(sheet.rows().any(over), "{sheet:?}");
    // It stands beside the figures, and does not keep another node from confirming them.
    bulletin("月报.pdf");
    home.run(["stats", "--verify", "月报.pdf"]).ok();
    home.run(["stats", "bulletin", "--register", "nowhere.csv", "--out", "x.pdf"]).ends(1);
    home.run(["stats", "bulletin", "--sheet", "1", "--out", "x.pdf"]).ends(2);
}
