//! What programs do by the API in the rooms of the desk: files of drafts, tables, saved searches.

use serde_json::{Value as Json, json};
use tests::{Answer, Scene, hub_and_station, percent, send, send_bytes, until};

use crate::api::{call, token};
use crate::desk::add;

const PICTURE: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x02\0\0\0";
const CSV: (&str, &str) = ("Content-Type", "text/csv");

pub fn read(answer: &Answer) -> Json {
    serde_json::from_str(&answer.body).expect(&answer.body)
}

/// The kind of problem that an answer is.
pub fn problem(answer: &Answer) -> (u16, String) {
    assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{answer:?}");
    let kind = read(answer)["type"].as_str().unwrap().rsplit('#').next().unwrap().to_owned();
    (answer.code, kind)
}

fn wrong(code: u16, kind: &str) -> (u16, String) {
    (code, kind.to_owned())
}

/// A program with a token.
pub struct Program<'a> {
    pub web: String,
    pub token: &'a str,
}

impl Program<'_> {
    pub fn get(&self, path: &str) -> Answer {
        call(&self.web, "GET", path, self.token, &[], &Json::Null)
    }

    pub fn ask(&self, method: &str, path: &str, body: &Json) -> Answer {
        call(&self.web, method, path, self.token, &[], body)
    }

    /// Sends a file.
    pub fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let bearer = format!("Bearer {}", self.token);
        let headers = [&[("Authorization", bearer.as_str())], headers].concat();
        send_bytes(&self.web, method, &format!("/api/v1{path}"), &headers, body)
    }
}

#[test]
fn programs_add_fetch_and_remove_the_files_of_a_draft() {
    let scene = Scene::new();
    let hub = scene.hub("hub").start();
    add(&hub, &scene, "lilei", "clerk");
    let (clerk, reviewer) = (token(&hub, "lilei", "drafts"), token(&hub, "lilei", "review"));
    let program = Program { web: hub.web(), token: &clerk };
    let new = json!({ "kind": "achievement", "texts": { "title": "带附件的成果" } });
    let made = program.ask("POST", "/desk/drafts", &new);
    let path = made.header("location").unwrap().strip_prefix("/api/v1").unwrap().to_owned();
    let files = format!("{path}/files");
    let first = made.header("etag").unwrap().to_owned();
    let png = ("Content-Type", "image/png");
    assert_eq!(problem(&program.send("POST", &files, &[png], PICTURE)), wrong(428, "precondition"));
    assert_eq!(
        problem(&program.send("POST", &files, &[CSV, ("If-Match", &first)], PICTURE)),
        wrong(415, "media")
    );

    let named = ("Content-Disposition", "attachment; filename*=UTF-8''%E6%A0%B7%E5%93%81.png");
    let added = program.send("POST", &files, &[png, named, ("If-Match", &first)], PICTURE);
    assert_eq!(added.code, 201, "{added:?}");
    let draft = read(&added);
    let file = draft["files"][0].clone();
    assert_eq!(
        (&file["title"], &file["media"], &file["here"]),
        (&json!("样品"), &json!("image/png"), &json!(true))
    );
    let address = format!("{files}/{}", file["hash"].as_str().unwrap());
    assert_eq!(added.header("location"), Some(&*format!("/api/v1{address}")));
    let second = added.header("etag").unwrap().to_owned();
    assert_ne!(second, first, "the draft is another one now");
    assert_eq!(
        problem(&program.send("POST", &files, &[png, ("If-Match", &first)], PICTURE)),
        wrong(412, "changed")
    );

    // What it is its content says; what it is not is refused by the desk's own words, and what is too long before it is read.
    let octets = ("Content-Type", "application/octet-stream");
    let version = ("If-Match", second.as_str());
    let page = program.send("POST", &files, &[octets, version], b"<!doctype html><script>alert(1)</script>");
    assert_eq!(problem(&page), wrong(422, "record"));
    assert_eq!(problem(&program.send("POST", &files, &[png, version], b"")), wrong(422, "record"));
    let long = vec![0; (10 << 20) + 1];
    assert_eq!(problem(&program.send("POST", &files, &[octets, version], &long)), wrong(413, "large"));
    let other = format!("{files}?title={}&name=a.pdf", percent("检测报告"));
    let report = [b"%PDF-1.7\n".as_slice(), &vec![7; 3 << 20]].concat();
    let added = program.send("POST", &other, &[octets, version], &report);
    assert_eq!(added.code, 201, "{added:?}");

    let listed = program.get(&files);
    assert_eq!(listed.header("etag"), added.header("etag"));
    let titles: Vec<Json> =
        read(&listed)["items"].as_array().unwrap().iter().map(|file| file["title"].clone()).collect();
    assert!(titles.len() == 2 && titles.contains(&json!("检测报告")), "{titles:?}");
    let fetched = program.get(&address);
    assert_eq!((fetched.header("content-type"), &*fetched.bytes), (Some("image/png"), PICTURE));
    assert_eq!(fetched.header("cache-control"), Some("no-store"));
    let nothing = format!("{files}/{}", "0".repeat(64));
    assert_eq!(problem(&program.get(&nothing)), wrong(404, "missing"));
    let judge = Program { web: hub.web(), token: &reviewer };
    assert_eq!(judge.get(&address).code, 200, "who judges it sees its files");
    let version = [("If-Match", listed.header("etag").unwrap())];
    assert_eq!(problem(&judge.send("DELETE", &address, &version, b"")), wrong(403, "scope"));
    assert_eq!(problem(&program.send("DELETE", &nothing, &version, b"")), wrong(404, "missing"));
    let removed = program.send("DELETE", &address, &version, b"");
    assert_eq!((removed.code, read(&removed)["files"].as_array().unwrap().len()), (200, 1));
    assert_eq!(problem(&program.get(&address)), wrong(404, "missing"));
}

/// The import, once it is at rest.
fn rests(program: &Program) -> Json {
    until("the import rests", || {
        let import = read(&program.get("/desk/import"));
        let state = import["state"].as_str().unwrap().to_owned();
        Some(import).filter(|_| !["reading", "applying"].contains(&state.as_str()))
    })
}

fn table(rows: usize) -> String {
    let rows = (0..rows).map(|n| {
        let region = if n == 3 { "没有这个地方" } else { "武汉市" };
        format!("合成样例技术{n},第{n}种装置,{region},{}万元\n", 10 + n)
    });
    format!("成果名称,我们的说明,所在地区,价格\n{}", rows.collect::<String>())
}

#[test]
fn a_program_brings_a_table_in_row_by_row_and_hears_what_became_of_each() {
    let scene = Scene::new();
    let hub = scene.hub("hub").start();
    add(&hub, &scene, "王芳", "administrator");
    add(&hub, &scene, "lilei", "clerk");
    let (head, clerk) = (token(&hub, "王芳", "drafts,publish"), token(&hub, "lilei", "drafts,publish"));
    let drafts = token(&hub, "王芳", "drafts");
    let program = Program { web: hub.web(), token: &head };
    assert_eq!(problem(&program.get("/desk/import")), wrong(404, "missing"));
    let template = program.get("/desk/import/templates/achievement");
    assert_eq!((template.code, &template.bytes[..2]), (200, &b"PK"[..]));
    assert_eq!(
        problem(&program.send("POST", "/desk/import", &[("Content-Type", "text/html")], b"a")),
        wrong(415, "media")
    );
    let broken = program.send("POST", "/desk/import?name=a.csv", &[CSV], b"");
    assert_eq!(problem(&broken), wrong(422, "record"), "a table without rows");

    let sent = program.send("POST", "/desk/import?name=register.csv", &[CSV], table(30).as_bytes());
    assert_eq!((sent.code, sent.header("location")), (201, Some("/api/v1/desk/import")), "{sent:?}");
    let import = read(&sent);
    assert_eq!(
        (&import["state"], &import["kind"], &import["name"]),
        (&json!("chosen"), &json!("achievement"), &json!("register.csv"))
    );
    let key = |import: &Json, header: &str| {
        let columns = import["columns"].as_array().unwrap();
        columns.iter().find(|column| column["header"] == header).unwrap()["key"].clone()
    };
    assert_eq!((key(&import, "成果名称"), key(&import, "我们的说明")), (json!("title"), json!("")));

    // Columns by hand; a column or a field that there is not is told by its name.
    let choice = |header: &str, key: &str, publish: bool| json!({ "kind": "achievement", "columns": [{ "header": header, "key": key }], "publish": publish });
    for (header, key) in [("没有这列", "summary"), ("我们的说明", "no_such_field")] {
        let refused = program.ask("PUT", "/desk/import/columns", &choice(header, key, false));
        assert_eq!(problem(&refused), wrong(422, "record"));
        assert_eq!(read(&refused)["faults"][0]["name"], *header);
    }
    let publishes = choice("我们的说明", "summary", true);
    let narrow = Program { web: hub.web(), token: &drafts };
    assert_eq!(problem(&narrow.ask("PUT", "/desk/import/columns", &publishes)), wrong(403, "scope"));
    assert_eq!(
        problem(&program.ask("POST", "/desk/import/acts", &json!({ "act": "apply" }))),
        wrong(409, "conflict")
    );
    assert_eq!(program.ask("PUT", "/desk/import/columns", &publishes).code, 200);
    let import = rests(&program);
    assert_eq!(
        (&import["state"], &import["total"], &import["publish"]),
        (&json!("read"), &json!(30), &json!(true))
    );
    assert_eq!((&import["counts"]["new"], &import["counts"]["refused"]), (&json!(29), &json!(1)), "{import}");
    assert_eq!(key(&import, "我们的说明"), "summary");

    let refused = read(&program.get("/desk/import/rows?list=refused"));
    let row = &refused["items"][0];
    assert_eq!(
        (&refused["total"], &row["title"], &row["outcome"]),
        (&json!(1), &json!("合成样例技术3"), &json!("refused"))
    );
    assert!(row["remarks"][0]["text"]["zh"].as_str().unwrap().contains("没有这个地方"), "{row}");
    let first = read(&program.get("/desk/import/rows?limit=20"));
    let next = first["next"].as_str().unwrap();
    let second = read(&program.get(&format!("/desk/import/rows?limit=20&cursor={next}")));
    assert_eq!((second["items"].as_array().unwrap().len(), &second["next"]), (10, &Json::Null));
    let marked = program.get("/desk/import/marked");
    assert_eq!((marked.code, &marked.bytes[..2]), (200, &b"PK"[..]));

    // Nobody else sees it; a token without the scope does not publish what another decided to.
    let other = Program { web: hub.web(), token: &clerk };
    assert_eq!(problem(&other.get("/desk/import")), wrong(404, "missing"));
    let apply = json!({ "act": "apply" });
    assert_eq!(problem(&narrow.ask("POST", "/desk/import/acts", &apply)), wrong(403, "scope"));
    assert_eq!(program.ask("POST", "/desk/import/acts", &apply).code, 200);
    let import = rests(&program);
    let became = |what: &str| {
        let all = import["outcomes"].as_array().unwrap();
        all.iter().find(|one| one["became"] == what).map_or(0, |one| one["rows"].as_u64().unwrap())
    };
    assert_eq!(
        (&import["state"], became("published"), became("refused")),
        (&json!("done"), 29, 1),
        "{import}"
    );
    let listed = until("the index", || {
        let page = read(&send(&hub.web(), "GET", "/api/v1/listings?limit=50", &[], ""));
        Some(page).filter(|page| page["total"] == 29)
    });
    assert_eq!(listed["items"].as_array().unwrap().len(), 29);
    taken_out(&program);

    // A clerk's rows become drafts, and are not theirs to publish.
    let sent = other.send(
        "POST",
        "/desk/import",
        &[CSV, ("Content-Disposition", "attachment; filename=b.csv")],
        table(2).replace("样例", "别例").as_bytes(),
    );
    assert_eq!(read(&sent)["name"], "b.csv");
    assert_eq!(
        problem(&other.ask(
            "PUT",
            "/desk/import/columns",
            &json!({ "kind": "achievement", "publish": true })
        )),
        wrong(403, "role")
    );
    assert_eq!(other.ask("PUT", "/desk/import/columns", &json!({ "kind": "achievement" })).code, 200);
    rests(&other);
    assert_eq!(other.ask("POST", "/desk/import/acts", &apply).code, 200);
    let import = rests(&other);
    assert_eq!(import["outcomes"], json!([{ "became": "drafted", "rows": 2 }]));
    assert_eq!(read(&other.get("/desk/drafts"))["total"], 2);
    let drafts = other.get("/desk/tables/achievement?form=jsonl&of=drafts").body;
    assert!(drafts.lines().count() == 2 && drafts.contains("合成别例技术1"), "{drafts}");
    assert_eq!(other.ask("DELETE", "/desk/import", &Json::Null).code, 204);
    assert_eq!(problem(&other.ask("DELETE", "/desk/import", &Json::Null)), wrong(404, "missing"));
}

/// A list of the desk as a table, in the form that is asked for one way or the other.
fn taken_out(program: &Program) {
    let bearer = format!("Bearer {}", program.token);
    let csv = program.get("/desk/tables/achievement?form=csv");
    assert_eq!((csv.code, csv.body.lines().count()), (200, 30), "{}", csv.body);
    let asked = [("Authorization", bearer.as_str()), ("Accept", "application/x-ndjson, */*;q=0.1")];
    let lines = send(&program.web, "GET", "/api/v1/desk/tables/achievement", &asked, "");
    assert_eq!(
        (lines.header("content-type"), lines.body.lines().count()),
        (Some("application/x-ndjson"), 29)
    );
    assert_eq!(&program.get("/desk/tables/achievement").bytes[..2], b"PK");
}

#[test]
fn programs_make_watches_hear_of_what_they_find_and_see_how_telling_went() {
    let scene = Scene::new();
    let (hub, station) = hub_and_station(&scene);
    add(&hub, &scene, "王芳", "administrator");
    add(&hub, &scene, "lilei", "clerk");
    let [head, clerk, other] = [("王芳", "watches"), ("lilei", "watches"), ("lilei", "drafts")]
        .map(|(name, scope)| token(&hub, name, scope));
    let program = Program { web: hub.web(), token: &clerk };
    let strange = Program { web: hub.web(), token: &other };
    assert_eq!(problem(&strange.get("/desk/watches")), wrong(403, "scope"));
    let wish = |asks: Json| json!({ "asks": asks, "every": "now", "feed": true });
    for asks in [json!({ "trl": "9-1" }), json!({ "colour": "red" }), json!({ "kind": "thing" })] {
        assert_eq!(problem(&program.ask("POST", "/desk/watches", &wish(asks))), wrong(422, "record"));
    }
    let private = json!({ "webhook": "http://127.0.0.1:9/x" });
    assert_eq!(program.ask("POST", "/desk/watches", &private).code / 100, 4, "no way into the office");
    let made = program.ask("POST", "/desk/watches", &wish(json!({ "q": "永磁", "kind": "achievement" })));
    assert_eq!(made.code, 201, "{made:?}");
    let path = made.header("location").unwrap().strip_prefix("/api/v1").unwrap().to_owned();
    let watch = read(&made);
    assert_eq!(
        (&watch["asks"], &watch["every"], &watch["owner"]),
        (&json!({ "q": "永磁", "kind": "achievement" }), &json!("now"), &json!("lilei"))
    );
    let feed = watch["feed"].as_str().unwrap().to_owned();
    assert!(feed.starts_with("/feed/") || feed.contains("/feed/"), "{feed}");
    assert_eq!(watch["webhook"], Json::Null);

    station.publish("稀土永磁电机");
    station.publish("别的成果");
    hub.holds_with(&[&station], 2);
    let watch = until("it is found", || {
        let watch = read(&program.get(&path));
        Some(watch).filter(|watch| watch["unread"] == 1)
    });
    assert_eq!(
        (watch["found"].as_array().unwrap().len(), &watch["found"][0]["listing"]["title"]),
        (1, &json!("稀土永磁电机"))
    );
    let act = |act: Json| program.ask("POST", &format!("{path}/acts"), &act);
    let done = read(&act(json!({ "act": "read", "upto": watch["upto"] })));
    assert_eq!((&done["watch"]["unread"], &done["tried"]), (&json!(0), &json!([])));
    assert_eq!(read(&act(json!({ "act": "pause" })))["watch"]["paused"], true);
    let renewed = read(&act(json!({ "act": "feed" })))["watch"]["feed"].clone();
    assert_ne!(renewed, json!(feed));
    assert_eq!(read(&act(json!({ "act": "no_feed" })))["watch"]["feed"], Json::Null);
    assert_eq!(problem(&act(json!({ "act": "remove" }))), wrong(422, "record"));

    // An administrator sees all of them, and nobody else another's.
    let all = Program { web: hub.web(), token: &head };
    assert_eq!(read(&all.get("/desk/watches"))["items"][0]["owner"], "lilei");
    let own = json!({ "asks": { "q": "电池" } });
    let theirs = all.ask("POST", "/desk/watches", &own).header("location").unwrap().to_owned();
    let theirs = theirs.strip_prefix("/api/v1").unwrap();
    assert_eq!(problem(&program.get(theirs)), wrong(404, "missing"));
    assert_eq!(problem(&program.ask("DELETE", theirs, &Json::Null)), wrong(404, "missing"));
    assert_eq!(read(&program.get("/desk/watches"))["items"].as_array().unwrap().len(), 1);
    assert_eq!(program.ask("DELETE", &path, &Json::Null).code, 204);
    assert_eq!(problem(&program.get(&path)), wrong(404, "missing"));
}
