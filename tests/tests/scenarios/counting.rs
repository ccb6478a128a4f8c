//! Figures, registers and peer markets by the API: the same as the command line says, confirmed by another node.

use serde_json::{Value as Json, json};
use tests::{Home, Scene, hub_and_station, send, until};

use crate::api::token;
use crate::desk::add;
use crate::peering::agree;
use crate::programs::{Program, problem, read};

fn told(node: &Home, args: &[&str]) -> Json {
    node.begin(&[&["stats", "--json"], args].concat()).finish().ok().json()
}

/// The rows of a table, as the command line has them.
fn counts(figures: &Json, by: &str) -> Json {
    let tables = figures["tables"].as_array().unwrap();
    let rows = tables.iter().find(|table| table["by"] == by).unwrap()["rows"].as_array().unwrap();
    rows.iter().map(|row| (row["key"].as_str().unwrap().to_owned(), row["listings"].clone())).collect()
}

#[test]
fn figures_by_the_api_are_those_of_the_command_line_and_another_node_confirms_them() {
    let scene = Scene::new();
    let (hub, station) = hub_and_station(&scene);
    for title in ["固态电解质膜", "碳纤维轴承", "水稻育种"] {
        station.publish(title);
    }
    hub.holds_with(&[&station], 3);
    let web = hub.web();
    let open = Program { web: web.clone(), token: "" };
    let figures = until("all are counted", || {
        let answer = open.get("/statistics");
        Some(answer)
            .filter(|answer| answer.code == 200)
            .map(|answer| read(&answer))
            .filter(|f| f["listings"] == 3)
    });
    let typed = told(&hub, &[]);
    assert_eq!(figures["digest"], typed["digest"]);
    assert_eq!(
        (&figures["entries"]["digest"], &figures["entries"]["count"]),
        (&typed["entries"]["digest"], &typed["entries"]["count"])
    );
    for by in ["kind", "field", "readiness", "month"] {
        assert_eq!(counts(&figures, by), typed["figures"]["by"][by], "{by}");
    }
    assert_eq!(figures["institutions"][0]["name"], "station");
    assert_eq!(problem(&open.get("/statistics?region=999999")), (422, "record".to_owned()));
    assert_eq!(problem(&open.get("/statistics?month=2026-13")).0, 400);

    // The bulletin of a month: as a document, and as the file that Accept or the parameter asks for.
    let month = figures["bulletins"][0]["month"].as_str().unwrap().to_owned();
    let path = format!("/statistics/bulletins/{month}");
    assert!(figures["bulletins"][0]["href"].as_str().unwrap().ends_with(&format!("/api/v1{path}")));
    let bulletin = open.get(&path);
    assert_eq!((bulletin.code, bulletin.header("content-type")), (200, Some("application/json")));
    assert_eq!(read(&bulletin)["digest"], told(&hub, &["--month", &month])["digest"]);
    let asked = |accept: &str| send(&web, "GET", &format!("/api/v1{path}"), &[("Accept", accept)], "");
    let paper = asked("application/json;q=0.1, application/pdf");
    assert_eq!((paper.code, &paper.bytes[..5]), (200, &b"%PDF-"[..]));
    assert!(paper.header("vary").unwrap().contains("accept"), "{:?}", paper.headers);
    let xlsx = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    assert_eq!(&asked(xlsx).bytes[..2], b"PK");
    assert_eq!(&open.get(&format!("{path}?form=xlsx")).bytes[..2], b"PK");
    assert_eq!(problem(&asked("image/png")), (406, "accept".to_owned()));
    assert_eq!(&open.get("/statistics/bulletins/all?form=pdf").bytes[..5], b"%PDF-");

    // Another node says of the digest, of the file and of the paper whether they follow there too.
    let other = Program { web: station.web(), token: "" };
    let digest = figures["digest"].as_str().unwrap();
    let confirmed =
        |program: &Program, digest: &str| read(&program.get(&format!("/statistics/digests/{digest}")));
    until("both hold the same", || Some(()).filter(|()| confirmed(&other, digest)["confirmed"] == true));
    let strange = confirmed(&other, &"0".repeat(64));
    assert_eq!((&strange["verdict"], &strange["refuted"]), (&json!("apart"), &json!(false)));
    add(&station, &scene, "lilei", "clerk");
    let token = token(&station, "lilei", "drafts");
    let desk = Program { web: station.web(), token: &token };
    let octets = [("Content-Type", "application/octet-stream")];
    let verify = |file: &[u8]| desk.send("POST", "/desk/statistics/verify", &octets, file);
    let file = open.get("/statistics/file").bytes;
    for carried in [&file, &open.get("/statistics/bulletins/all?form=pdf").bytes] {
        let verdict = read(&verify(carried));
        assert_eq!(
            (&verdict["verdict"], &verdict["digest"]),
            (&json!("confirmed"), &json!(digest)),
            "{verdict}"
        );
    }
    let text = String::from_utf8(file.clone()).unwrap();
    let forged = text.replacen("\"achievement\":3", "\"achievement\":4", 1);
    assert_ne!(forged, text);
    let verdict = read(&verify(forged.as_bytes()));
    assert_eq!((&verdict["verdict"], &verdict["refuted"]), (&json!("figures"), &json!(true)), "{verdict}");
    assert_eq!(problem(&verify(b"no figures")), (422, "record".to_owned()));
    station.publish("气凝胶");
    let verdict = until("more is held here", || {
        Some(read(&verify(&file))).filter(|verdict| verdict["verdict"] == "apart")
    });
    assert_eq!(
        (&verdict["apart"]["ahead"], &verdict["apart"]["logs"][0]["how"]),
        (&json!(1), &json!("ahead")),
        "{verdict}"
    );
}

#[test]
fn a_register_sent_by_a_program_is_compared_row_by_row_and_nothing_of_it_stays() {
    let scene = Scene::new();
    let hub = scene.hub("hub").start();
    for title in ["固态电解质膜制备技术", "碳纤维轴承加工工艺"] {
        hub.run([
            "listing",
            "new",
            "--kind",
            "achievement",
            "--visibility",
            "public",
            &format!("title={title}"),
            "--publish",
        ])
        .ok();
    }
    add(&hub, &scene, "lilei", "clerk");
    let token = token(&hub, "lilei", "drafts");
    let program = Program { web: hub.web(), token: &token };
    let register = "成果名称,所在地区\n固态电解质膜制备技术,武汉市\n碳纤维轴承加工工艺,武汉市\n没有挂过牌的水稻育种方法,武汉市\n";
    let csv = [("Content-Type", "text/csv")];
    let covered = until("the index", || {
        let covered = read(&program.send(
            "POST",
            "/desk/statistics/coverage/achievement?name=r.csv",
            &csv,
            register.as_bytes(),
        ));
        Some(covered).filter(|covered| covered["listed"] == 2)
    });
    assert_eq!(
        (&covered["rows"], &covered["due"], &covered["missing"]),
        (&json!(3), &json!(3), &json!(1)),
        "{covered}"
    );
    assert_eq!(
        covered["not_listed"],
        json!([{ "row": 4, "title": "没有挂过牌的水稻育种方法", "why": "missing" }])
    );
    let typed = scene.write("r.csv", register);
    let typed = hub.run(["stats", "coverage", &typed, "--json"]).ok().json();
    assert_eq!((&typed["listed"], &typed["missing"], &typed["rows"]), (&json!(2), &json!(1), &json!(3)));
    let map = format!("/desk/statistics/coverage/achievement?map=title%3D{}", tests::percent("别的列"));
    let renamed = register.replace("成果名称", "别的列");
    assert_eq!(read(&program.send("POST", &map, &csv, renamed.as_bytes()))["listed"], 2);
    let broken = program.send("POST", "/desk/statistics/coverage/achievement", &csv, b"");
    assert_eq!(problem(&broken).0, 422);
    let rows: String = (0..20_201).map(|n| format!("登记的第{n}项,武汉市\n")).collect();
    let long = format!("成果名称,所在地区\n{rows}");
    let long = program.send("POST", "/desk/statistics/coverage/achievement", &csv, long.as_bytes());
    assert!([422, 503].contains(&long.code), "{long:?}");
    let left = std::fs::read_dir(hub.path().join("scratch")).unwrap().count();
    assert_eq!(left, 0, "nothing stays of what was sent");
    assert_eq!(read(&program.get("/desk/drafts"))["total"], 0);
}

#[test]
fn administrators_read_agreements_with_peer_markets_by_the_api() {
    let scene = Scene::new();
    let found = |name: &str, region: &str| {
        let home = scene.home(name);
        home.run(["init", "--role", "hub", "--name", name, "--region", region]).ok();
        home.start()
    };
    let (one, other) = (found("湖北", "420000"), found("浙江", "330000"));
    let mapping =
        scene.write("mapping.toml", "[keywords]\nedition = \"1\"\n[keywords.values]\n\"烯\" = \"碳材料\"\n");
    agree(&scene, &one, &other, &["achievement@4201"], &["all"], &["--give-mapping", &mapping]);
    add(&one, &scene, "王芳", "administrator");
    add(&one, &scene, "lilei", "clerk");
    let [head, clerk, narrow] = [("王芳", "nodes"), ("lilei", "nodes"), ("王芳", "drafts")]
        .map(|(name, scope)| token(&one, name, scope));
    for (token, kind) in [(&clerk, "role"), (&narrow, "scope")] {
        let refused = Program { web: one.web(), token };
        for path in ["/desk/markets", "/desk/market-card"] {
            assert_eq!(problem(&refused.get(path)), (403, kind.to_owned()), "{path}");
        }
    }
    let program = Program { web: one.web(), token: &head };
    let market = until("the agreement", || {
        read(&program.get("/desk/markets"))["items"].as_array().unwrap().first().cloned()
    });
    let typed = one.run(["peering", "show", "浙江", "--json"]).ok().json();
    for part in ["id", "name", "state", "number", "terms", "until"] {
        assert_eq!(market[part], typed[part], "{part}");
    }
    assert_eq!(
        (&market["gives"]["shelves"], &market["takes"]["shelves"]),
        (&json!(["achievement@4201"]), &json!(["all"]))
    );
    assert_eq!(market["gives"]["mappings"][0]["values"], json!([{ "from": "烯", "to": "碳材料" }]));
    assert_eq!(market["gives"]["licence"], "CC-BY-4.0");
    let id = market["id"].as_str().unwrap();
    assert_eq!(read(&program.get(&format!("/desk/markets/{}", &id[..12])))["id"], id);
    assert_eq!(problem(&program.get("/desk/markets/00000000")), (404, "missing".to_owned()));
    let card = program.get("/desk/market-card");
    let file = scene.write("card", &card.bytes);
    let proposal = scene.file("again").display().to_string();
    other
        .run(["peering", "propose", &file, "--give", "all", "--until", "2099-12-31", "--out", &proposal])
        .ok();
}
