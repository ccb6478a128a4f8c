//! The halls of a running hub: what a visitor finds, wherever it was published.

use tests::{Scene, get, hub_and_station, until};

/// The number on a hall's card.
fn count(home: &str, hall: &str) -> u64 {
    let card = home.split(&format!("href=\"/hall/{hall}\"><span class=\"hall-icon\">")).nth(1).expect(hall);
    let number = card.split("hall-count\">").nth(1).and_then(|rest| rest.split('<').next()).expect(hall);
    number.parse().expect("a number")
}

#[test]
fn a_visitor_walks_through_the_halls_of_a_hub() {
    let scene = Scene::new();
    let (hub, station) = hub_and_station(&scene);
    let publish = |kind: &str, fields: &[&str]| {
        let args =
            [&["listing", "new", "--kind", kind, "--visibility", "public", "--publish", "--json"], fields];
        let made = station.begin(&args.concat()).finish().ok().json();
        made["id"].as_str().expect("an id").to_owned()
    };
    let motor =
        publish("achievement", &["title=稀土永磁电机", "keywords=永磁；电机", "price=60万元", "trl=6"]);
    let need = publish("demand", &["title=永磁电机退磁检测", "keywords=永磁；检测", "budget=面议"]);
    let expert = publish("expert", &["title=陈某某", "keywords=电机", "research=永磁材料"]);
    publish("achievement", &["title=洞庭湖湿地监测", "region=430600"]);
    publish("achievement", &["title=Kryogener Antrieb", "country=德国"]);
    hub.holds_with(&[&station], 5);
    assert_eq!(hub.search("电机").len(), 3);
    let web = hub.web();
    let page = |path: &str| {
        let page = get(&web, path);
        assert_eq!(page.code, 200, "{path}: {}", page.body);
        page.body
    };

    let home = page("/");
    let halls = ["trade", "achievement", "demand", "service", "activity", "beyond"];
    assert_eq!(halls.map(|hall| count(&home, hall)), [2, 3, 1, 1, 0, 2], "{home}");
    let trade = page("/hall/trade");
    assert!(trade.contains(&motor) && trade.contains(&need) && !trade.contains(&expert), "{trade}");
    let beyond = page("/hall/beyond");
    assert!(beyond.contains("洞庭湖湿地监测") && beyond.contains("Kryogener Antrieb"), "{beyond}");
    assert!(!beyond.contains(&motor) && beyond.contains("<bdi>德国</bdi>"), "{beyond}");
    let german = page("/hall/beyond?region=%E5%BE%B7%E5%9B%BD");
    assert!(german.contains("Kryogener Antrieb") && !german.contains("洞庭湖"), "{german}");
    let band = page("/list?price=50-100");
    assert!(band.contains(&motor) && !band.contains(&need), "{band}");
    assert!(page("/hall/activity").contains("这个大厅里还没有信息"));
    let typed = page("/suggest?q=%E6%B0%B8%E7%A3%81&hall=demand");
    assert!(typed.contains(&need) && !typed.contains(&motor), "{typed}");

    // The station says that it holds what it wrote; what is like it, and who answers for it, is a link away.
    let listing = until("the station's word", || {
        Some(page(&format!("/listing/{motor}"))).filter(|page| page.contains("目前相连的 1 个节点中的 1 个"))
    });
    assert!(listing.contains(&need) && listing.contains("application/ld+json"), "{listing}");
    let org = listing.split("href=\"/org/").nth(1).and_then(|rest| rest.split('"').next()).expect("a link");
    let org = page(&format!("/org/{org}"));
    for part in
        ["<h1><bdi>station</bdi></h1>", "成果 <span class=\"num\">3</span>", "湖北省武汉市武昌区（420106）"]
    {
        assert!(org.contains(part), "{part}: {org}");
    }
    let expert = page(&format!("/listing/{expert}"));
    assert!(expert.contains("所在机构的成果") && expert.contains(&motor), "{expert}");

    // What is withdrawn leaves the halls that were kept for the next visitor.
    station.run(["listing", "withdraw", &motor]).ok();
    until("the hall without it", || Some(()).filter(|()| !page("/hall/trade").contains(&motor)));
    assert_eq!(count(&page("/"), "trade"), 1);
}
