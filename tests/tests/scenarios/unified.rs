//! The four unifications: texts that governors sign by their hash, and that every node has.

use tests::{Node, Scene, get, send, until};

use crate::desk::administrator;
use crate::governance::three_governors;

const RULES: &str = "# 管理制度\n\n一、**准入**由治理方过半数签署。\n\n<script>alert(1)</script>\n";
const LATER: &str = "# 管理制度\n\n一、准入由治理方过半数签署。\n\n二、每月公布一次月报。\n";

/// The versions of a part as a node says them: what each is called, and whether its text is here.
fn versions(node: &Node, part: &str) -> Vec<(String, bool)> {
    let all = node.run(["profile", "show", "--json"]).ok().json();
    let part = all["parts"].as_array().unwrap().iter().find(|known| known["part"] == part).unwrap();
    let version =
        |one: &serde_json::Value| (one["version"].as_str().unwrap().to_owned(), one["held"] == true);
    part["versions"].as_array().unwrap().iter().filter(|one| one["waits"] == false).map(version).collect()
}

fn known(all: &[(&str, bool)]) -> Vec<(String, bool)> {
    all.iter().map(|(version, held)| ((*version).to_owned(), *held)).collect()
}

#[test]
fn a_text_that_two_governors_sign_reaches_every_node_and_is_shown_as_letters() {
    let scene = Scene::new();
    let (hub, university, market) = three_governors(&scene);
    scene.write("rules.md", RULES);
    scene.write("later.md", LATER);
    scene.write("other.md", "另一份");
    scene.write("long.md", "长".repeat(30_000));
    scene.write("brand.png", b"\x89PNG\r\n\x1a\nnot much of a picture");
    // What cannot be a text is refused before anything is signed.
    hub.run(["roster", "propose", "profile", "--rules", "2026-1=long.md"]).ends(3);
    hub.run(["roster", "propose", "profile", "--rules", "2026-1=nowhere.md"]).ends(1);
    assert!(hub.run(["roster", "list", "--pending", "--json"]).ok().lines().is_empty());

    let asked = hub.run([
        "roster",
        "propose",
        "profile",
        "--rules",
        "2026-1=rules.md",
        "--brand",
        "甲=brand.png",
        "--json",
    ]);
    let asked = asked.ok().json();
    assert_eq!(asked["missing"], 1, "{asked}");
    assert_eq!(versions(&hub, "rules"), known(&[("1", false)]), "one signature is not enough");
    hub.run(["profile", "add", "other.md"]).ends(3);
    let id = asked["id"].as_str().unwrap().to_owned();
    // Who is to sign it reads it first, by command and on the page that it is signed on; nobody else is shown it yet.
    until("the text comes to the university", || {
        let read = university.run(["profile", "text", "rules", "--version", "2026-1"]);
        (read.code == 0).then(|| assert_eq!(read.out.trim_end(), RULES.trim_end()))
    });
    let paper = administrator(&university).get(&format!("/desk/network/step/{id}"));
    assert!(
        paper.body.contains("<strong>准入</strong>") && paper.body.contains("管理制度 2026-1"),
        "{}",
        paper.body
    );
    assert!(!get(&university.web(), "/profile/rules").body.contains("准入"));
    until("the university signs", || (university.run(["roster", "approve", &id]).code == 0).then_some(()));
    for node in [&hub, &university, &market] {
        until("the text is everywhere", || {
            (versions(node, "rules") == known(&[("2026-1", true), ("1", false)])).then_some(())
        });
        let read = node.run(["profile", "text", "rules"]).ok();
        assert_eq!(read.out.trim_end(), RULES.trim_end());
        node.run(["profile", "text", "rules", "--version", "1"]).ends(1);
        node.run(["profile", "text", "rules", "--version", "9"]).ends(2);
        node.run(["profile", "text", "brand"]).ends(2);
        let file = format!("{}.png", node.name());
        node.run(["profile", "text", "brand", "--out", &file]).ok();
        assert_eq!(
            std::fs::read(scene.file(&file)).unwrap(),
            std::fs::read(scene.file("brand.png")).unwrap()
        );
    }

    // A later version; the earlier one stays to be read.
    let later = scene.file("later.md").display().to_string();
    let step = market
        .run(["roster", "propose", "profile", "--rules", &format!("2026-2={later}"), "--json"])
        .ok()
        .json();
    let id = step["id"].as_str().unwrap().to_owned();
    until("the hub signs", || (hub.run(["roster", "approve", &id]).code == 0).then_some(()));
    until("the second version is at the university", || {
        let all = known(&[("2026-2", true), ("2026-1", true), ("1", false)]);
        (versions(&university, "rules") == all).then_some(())
    });
    pages(&university);
    // Who joins later has them too.
    let site = scene.join(&hub, "site", "grassroots-site", "420103");
    until("the university signs the invitation", || {
        let waiting = university.run(["roster", "list", "--pending", "--json"]).ok().lines();
        let step = waiting.first()?["id"].as_str()?.to_owned();
        (university.run(["roster", "approve", &step]).code == 0).then_some(())
    });
    let site = site.start();
    site.synced();
    assert_eq!(versions(&site, "rules").len(), 3);
    assert_eq!(site.run(["profile", "text", "rules"]).ok().out.trim_end(), LATER.trim_end());
}

fn pages(node: &Node) {
    let web = node.web();
    let page = |path: &str| {
        let page = get(&web, path);
        assert_eq!(page.code, 200, "{path}");
        page.body
    };
    let all = page("/profile");
    for words in ["四统一", "管理制度", "2026-2", "品牌标识"] {
        assert!(all.contains(words), "{words}: {all}");
    }
    let now = page("/profile/rules");
    assert!(now.contains("每月公布一次月报") && now.contains("<h2>管理制度</h2>"), "{now}");
    let earlier = now.split("href=\"/profile/rules/").nth(2).or(now.split("href=\"/profile/rules/").nth(1));
    let earlier = earlier.unwrap().split('"').next().unwrap();
    let before = page(&format!("/profile/rules/{earlier}"));
    assert!(
        before.contains("<strong>准入</strong>") && before.contains("&lt;script&gt;alert(1)"),
        "{before}"
    );
    assert!(before.contains("这不是现行版本"), "{before}");
    let file = get(&web, &format!("/profile/text/{earlier}"));
    assert_eq!((file.code, file.body.as_str()), (200, RULES));
    assert_eq!(file.header("content-type"), Some("text/plain; charset=utf-8"));
    let api = |path: &str| send(&web, "GET", path, &[], "").body;
    let told: serde_json::Value = serde_json::from_str(&api("/api/v1/profile")).unwrap();
    assert_eq!(told["parts"][1]["versions"][1]["text"], *earlier, "{told}");
    assert_eq!(api(&format!("/api/v1/profile/texts/{earlier}")), RULES);
    for nowhere in
        ["/profile/other", "/profile/rules/00", &format!("/profile/brand/{earlier}"), "/profile/text/00"]
    {
        assert_eq!(get(&web, nowhere).code, 404, "{nowhere}");
    }
    assert_eq!(get(&web, &format!("/profile/text/{}", "ab".repeat(32))).code, 404);
}
