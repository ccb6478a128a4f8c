//! The audit log of a running node: acts by page, API and command line, refused ones too, with their actors and doors; no secret in
//! its bytes; whole over a restart and a backup, and found out when a byte is changed.

use std::path::PathBuf;

use serde_json::{Value as Json, json};
use tests::{Home, Node, Scene, Visitor, hub_and_station};

use super::api::{call, token};
use super::desk::{PASSWORD, add, administrator, begin, save, signed_in};

const PHONE: &str = "13900007531";
const GUESSED: &str = "wrong-password-98765";
const MISTYPED: &str = "my-secret-typed-as-a-name";
const PASSPHRASE: &str = "a passphrase that nobody may read 4711";
const TITLE: &str = "稀土永磁电机样例";

/// The records that the command line gives, the oldest first.
fn records(home: &Home, more: &[&str]) -> Vec<Json> {
    let args = [&["audit", "--format", "json", "--limit", "5000"], more].concat();
    let told = home.begin(&args).finish().ok().out;
    let mut lines: Vec<Json> = told.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    lines.reverse();
    lines
}

/// Act, door, kind and name of the actor, outcome and why.
fn short(record: &Json) -> [&str; 6] {
    let text = |json: &'_ Json| json.as_str().unwrap_or_default().to_owned().leak() as &str;
    let actor = &record["actor"];
    [&record["act"], &record["door"], &actor["kind"], &actor["name"], &record["outcome"], &record["why"]]
        .map(text)
}

fn has(records: &[Json], wanted: [&str; 6]) -> bool {
    records.iter().any(|record| short(record) == wanted)
}

fn files(home: &Home) -> Vec<PathBuf> {
    let items = std::fs::read_dir(home.path().join("audit")).unwrap();
    let mut files: Vec<PathBuf> = items.map(|item| item.unwrap().path()).collect();
    files.sort();
    files
}

fn verified(home: &Home) -> Json {
    home.run(["audit", "--verify", "--json"]).ok().json()
}

/// A draft at the page, one by the API, and somebody who may not.
fn acts(scene: &Scene, station: &Node) -> (Visitor, String, String) {
    let administrator = administrator(station);
    add(station, scene, "lilei", "clerk");
    let mut clerk = signed_in(station, "lilei");
    let draft = begin(&mut clerk);
    save(&mut clerk, &draft, &[("title", TITLE), ("region", "420100"), ("contact_phone", PHONE)]);
    for (name, password) in [("lilei", GUESSED), (MISTYPED, GUESSED)] {
        assert_eq!(
            Visitor::new(&station.web())
                .post("/desk/sign-in", &[("name", name), ("password", password)])
                .code,
            401
        );
    }
    let drafting = token(station, "lilei", "drafts,review");
    let body = json!({ "kind": "achievement", "texts": { "title": "接口来的成果" } });
    let made = call(&station.web(), "POST", "/desk/drafts", &drafting, &[], &body);
    assert_eq!(made.code, 201, "{}", made.body);
    let id = serde_json::from_str::<Json>(&made.body).unwrap()["id"].as_str().unwrap().to_owned();
    let version = made.header("etag").unwrap().to_owned();
    let pass = json!({ "act": "pass" });
    let refused = call(
        &station.web(),
        "POST",
        &format!("/desk/drafts/{id}/acts"),
        &drafting,
        &[("If-Match", &version)],
        &pass,
    );
    assert!(matches!(refused.code, 403 | 409), "{}", refused.body);
    station.publish("命令行发布的成果");
    assert_eq!(clerk.post("/desk/sign-out", &[]).code, 303);
    (administrator, drafting, id)
}

#[test]
fn what_is_done_is_written_down_with_who_and_how_and_no_secret() {
    let scene = Scene::new();
    let (_hub, station) = hub_and_station(&scene);
    let (administrator, drafting, id) = acts(&scene, &station);
    let all = records(&station, &[]);
    let clerk = |act, outcome, why| [act, "page", "account", "lilei", outcome, why];
    for wanted in [
        clerk("session.begin", "done", ""),
        clerk("drafts.begin", "done", ""),
        clerk("drafts.save", "done", ""),
        clerk("session.end", "done", ""),
        ["accounts.first", "page", "nobody", "", "done", ""],
        ["session.begin", "page", "nobody", "", "refused", "wrong-password"],
        ["drafts.begin", "api", "token", "lilei", "done", ""],
        ["node.start", "node", "node", "", "done", ""],
    ] {
        assert!(has(&all, wanted), "{wanted:?} in {all:#?}");
    }
    let typed = all.iter().filter(|record| record["door"] == "command-line");
    let typed: Vec<[&str; 6]> = typed.map(short).collect();
    for act in ["accounts.add", "tokens.make"] {
        assert!(
            typed.iter().any(|told| told[0] == act && told[2] == "system" && !told[3].is_empty()),
            "{act}: {typed:?}"
        );
    }
    let refused = all.iter().find(|record| record["act"] == "drafts.pass").unwrap();
    assert_eq!(short(refused)[..5], ["drafts.pass", "api", "token", "lilei", "refused"]);
    assert!(refused["subject"] == id.as_str() && refused["why"] != "", "{refused}");
    let guesses: Vec<&str> = all
        .iter()
        .filter(|record| record["why"] == "wrong-password")
        .map(|record| record["subject"].as_str().unwrap())
        .collect();
    assert_eq!(guesses, ["lilei", ""], "a name that nobody has is not kept");
    filtered(&station, &id);
    shown_to_administrators_alone(&scene, &station, &administrator);
    no_secret(&scene, station, &[&drafting]);
}

fn filtered(station: &Node, id: &str) {
    let acts =
        |more: &[&str]| records(station, more).iter().map(|r| short(r)[0].to_owned()).collect::<Vec<_>>();
    assert!(acts(&["--act", "drafts"]).iter().all(|act| act.starts_with("drafts.")));
    assert!(acts(&["--subject", id]).contains(&"drafts.pass".to_owned()));
    assert!(
        acts(&["--by", "lilei"]).contains(&"session.end".to_owned())
            && acts(&["--by", "nobody-such"]).is_empty()
    );
    assert!(acts(&["--until", "2001-01-01"]).is_empty() && !acts(&["--since", "2001-01-01"]).is_empty());
    station.run(["audit", "--since", "yesterday"]).ends(2);
    let table = station.run(["audit", "--format", "csv"]).ok().out;
    assert!(table.starts_with("\"number\",\"time\",\"door\""), "{table}");
    let words = station.run(["audit", "--lang", "en"]).ok().out;
    assert!(words.contains("Begin a draft") && words.contains("command line"), "{words}");
}

fn shown_to_administrators_alone(scene: &Scene, station: &Node, administrator: &Visitor) {
    let page = administrator.get("/desk/audit").body;
    for part in ["新建草稿", "lilei", "未做：wrong-password", "命令行", "接口"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let only = administrator.get("/desk/audit?act=session&by=lilei").body;
    assert!(only.contains("退出") && !only.contains("新建草稿</span>"), "{only}");
    let table = administrator.get("/desk/audit.csv?by=lilei").body;
    assert!(table.contains("\"drafts.begin\"") && !table.contains("\"accounts.add\""), "{table}");
    add(station, scene, "meimei", "reviewer");
    let reviewer = signed_in(station, "meimei");
    for path in ["/desk/audit", "/desk/audit.csv"] {
        assert_eq!(reviewer.get(path).code, 403, "{path}");
        assert_eq!(Visitor::new(&station.web()).get(path).header("location"), Some("/desk/sign-in"));
    }
    assert!(!reviewer.get("/desk").body.contains("/desk/audit"));
    let (allowed, other, theirs) =
        (token(station, "王芳", "audit"), token(station, "王芳", "nodes"), token(station, "meimei", "audit"));
    let asked = |token: &str, more: &str| {
        call(&station.web(), "GET", &format!("/desk/audit?limit=3{more}"), token, &[], &Json::Null)
    };
    for refused in [&*other, &theirs, ""] {
        assert!(matches!(asked(refused, "").code, 401 | 403));
    }
    // Page by page to the oldest, each record once, each with the hash of the one before.
    let (mut all, mut more) = (Vec::new(), String::new());
    loop {
        let page: Json = serde_json::from_str(&asked(&allowed, &more).body).unwrap();
        all.extend(page["items"].as_array().unwrap().iter().cloned());
        match page["next"].as_str() {
            Some(cursor) => more = format!("&cursor={cursor}"),
            None => break,
        }
    }
    assert!(all.len() > 10 && all.windows(2).all(|pair| pair[0]["before"] == pair[1]["hash"]), "{all:#?}");
    assert_eq!(all.last().unwrap()["number"], 1);
    assert_eq!(asked(&allowed, "&since=2026-02-30").code, 400);
}

/// Nothing of what people wrote or know is in the files, and a backup brings them all.
fn no_secret(scene: &Scene, station: Node, tokens: &[&str]) {
    let before = verified(&station);
    let file = scene.write("passphrase.txt", format!("{PASSPHRASE}\n"));
    station.run(["key", "lock", "--passphrase-file", &file]).ends(0);
    station.run(["backup", "station.backup"]).ok();
    let home = station.stop();
    assert!(has(&records(&home, &[]), ["node.stop", "node", "node", "", "done", ""]));
    for path in files(&home) {
        let bytes = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
        for secret in [PASSWORD, PHONE, GUESSED, MISTYPED, PASSPHRASE, TITLE].iter().chain(tokens) {
            let secret = secret.rsplit('_').next().unwrap();
            assert!(!bytes.contains(secret), "{secret} in {}", path.display());
        }
    }
    let node = home.start();
    let after = verified(&node);
    assert!(after["last"].as_u64() > before["last"].as_u64() && after["first"] == 1, "{after}");
    let all = records(&node, &[]);
    let known = |head: &Json| all.iter().any(|record| record["hash"] == head["head"]);
    assert!(known(&before) && known(&after), "a head that was printed is in the chain");
    let kept = all.iter().filter(|record| record["act"] == "backup.make").count();
    assert_eq!(kept, 1, "{all:#?}");
    node.stop();
}

#[test]
fn a_backup_brings_the_audit_log_and_a_changed_byte_is_found() {
    let scene = Scene::new();
    let home = scene.hub("hub");
    for number in 0..5 {
        home.publish(&format!("成果 {number}"));
    }
    home.run(["backup", "hub.backup"]).ok();
    let all = records(&home, &[]);
    let restored = scene.home("restored");
    restored.run(["restore", "hub.backup"]).ok();
    let back = records(&restored, &[]);
    assert_eq!(back[..all.len()], all[..], "as they were, hash by hash");
    assert_eq!(short(&back[all.len()])[0], "backup.restore");
    assert_eq!(verified(&restored)["whole"], true);

    let path =
        files(&home).into_iter().find(|path| path.extension().is_some_and(|end| end == "journal")).unwrap();
    let whole = std::fs::read(&path).unwrap();
    let mut bytes = whole.clone();
    let at = bytes.len() / 2;
    bytes[at] ^= 4;
    std::fs::write(&path, &bytes).unwrap();
    let found = home.run(["audit", "--verify"]).ends(6);
    assert!(found.out.contains("audit log does not read behind record"), "{}", found.out);
    let told = home.run(["audit", "--verify", "--json"]).ends(6).json();
    assert!(told["whole"] == false && told["fault"]["after"].as_u64() < Some(6), "{told}");
    let doctor = home.run(["doctor", "--json"]).ends(6).json();
    let findings: Vec<&str> =
        doctor["findings"].as_array().unwrap().iter().filter_map(|found| found["finding"].as_str()).collect();
    assert!(findings.contains(&"audit"), "{findings:?}");
    // It goes on, and what was found stays to be seen.
    home.publish("之后的成果");
    home.run(["audit", "--verify"]).ends(6);
}
