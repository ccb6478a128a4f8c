//! The API of running nodes: lists read to their end, changes followed, a draft that programs take through its reviews, tokens, and
//! what a tester of APIs makes of it.

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::{Value as Json, json};
use tests::{Answer, Node, Scene, hub_and_station, percent, send, until};

use crate::desk::{PASSWORD, add, signed_in};

/// A call with a token, where there is one.
pub fn call(web: &str, method: &str, path: &str, token: &str, more: &[(&str, &str)], body: &Json) -> Answer {
    let bearer = format!("Bearer {token}");
    let mut headers: Vec<(&str, &str)> = more.to_vec();
    if !token.is_empty() {
        headers.push(("Authorization", &bearer));
    }
    let body = if body.is_null() { String::new() } else { body.to_string() };
    if !body.is_empty() {
        headers.push(("Content-Type", "application/json"));
    }
    send(web, method, &format!("/api/v1{path}"), &headers, &body)
}

fn read(answer: &Answer) -> Json {
    serde_json::from_str(&answer.body).expect(&answer.body)
}

/// What is at a path, once the node is ready.
fn at(web: &str, path: &str) -> Json {
    until("an answer of the API", || {
        let answer = call(web, "GET", path, "", &[], &Json::Null);
        if answer.code == 503 {
            assert!(answer.header("retry-after").is_some(), "{answer:?}");
            return None;
        }
        assert_eq!(answer.code, 200, "{path}: {}", answer.body);
        Some(read(&answer))
    })
}

/// All entries of a list, page by page.
fn walk(web: &str, path: &str) -> Vec<Json> {
    let (mut all, mut next) = (Vec::new(), path.to_owned());
    loop {
        let page = at(web, &next);
        all.extend(page["items"].as_array().unwrap().iter().cloned());
        match page["next"].as_str().filter(|_| page["more"] != false) {
            Some(cursor) => next = format!("{path}&cursor={cursor}"),
            None => return all,
        }
    }
}

fn ids(items: &[Json]) -> BTreeSet<String> {
    items.iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
}

/// The kind of problem that an answer is.
fn problem(answer: &Answer) -> (u16, String) {
    assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{answer:?}");
    let kind = read(answer)["type"].as_str().unwrap().rsplit('#').next().unwrap().to_owned();
    (answer.code, kind)
}

fn table(scene: &Scene, rows: usize) -> String {
    let rows: String =
        (0..rows).map(|n| format!("合成样例技术 {n},材料；催化,正文 {n},{}万元\n", 10 + n % 40)).collect();
    scene.write("table.csv", format!("成果名称,关键词,成果简介,价格\n{rows}"))
}

/// A token of an account, for these scopes.
pub fn token(node: &Node, name: &str, scopes: &str) -> String {
    let mut args = vec!["user", "token", "create", name, "--json"];
    for scope in scopes.split(',') {
        args.extend(["--scope", scope]);
    }
    let made = node.begin(&args).finish().ok().json();
    assert!(made["token"].as_str().unwrap().starts_with("lianshi_"), "{made}");
    made["token"].as_str().unwrap().to_owned()
}

#[test]
fn cursors_walked_to_the_end_give_each_listing_once_and_changes_are_followed() {
    let scene = Scene::new();
    let (hub, station) = hub_and_station(&scene);
    let table = table(&scene, 130);
    station
        .run(["import", &table, "--kind", "achievement", "--visibility", "public", "--apply", "--publish"])
        .ok();
    let canary = "canary-for-members";
    let title = format!("title={canary}");
    station
        .run(["listing", "new", "--kind", "achievement", "--visibility", "members", &title, "--publish"])
        .ok();
    hub.holds_with(&[&station], 131);
    let web = hub.web();
    until("the index", || Some(()).filter(|()| at(&web, "/listings")["total"] == 130));

    for path in ["/listings?limit=40&sort=price", "/listings?limit=17", "/listings?limit=40&q=催化&sort=new"]
    {
        let all = walk(&web, &percent_words(path));
        assert_eq!((all.len(), ids(&all).len()), (130, 130), "{path}");
    }
    let dear = walk(&web, "/listings?limit=33&sort=price-down");
    let prices: Vec<i64> = dear.iter().map(|card| card["price"]["lowest"].as_i64().unwrap()).collect();
    assert!(prices.windows(2).all(|pair| pair[0] >= pair[1]), "{prices:?}");
    let by_words = walk(&web, &percent_words("/listings?limit=50&q=催化"));
    assert_eq!(ids(&by_words).len(), 130);
    let other = at(&web, "/listings?limit=5")["next"].as_str().unwrap().to_owned();
    let strange =
        call(&web, "GET", &format!("/listings?limit=5&kind=demand&cursor={other}"), "", &[], &Json::Null);
    assert_eq!(problem(&strange), (404, "cursor".to_owned()));

    // One listing with its history and the file that proves it; a reader that has it is told no more.
    let id = dear[0]["id"].as_str().unwrap().to_owned();
    let path = format!("/listings/{id}");
    let first = call(&web, "GET", &path, "", &[], &Json::Null);
    let version = first.header("etag").unwrap().to_owned();
    assert_eq!(read(&first)["provenance"]["institution"], "station");
    assert_eq!(call(&web, "GET", &path, "", &[("If-None-Match", &version)], &Json::Null).code, 304);
    assert_eq!(at(&web, &format!("{path}/history"))["items"][0]["step"], "published");
    let proof = call(&web, "GET", &format!("{path}/proof"), "", &[], &Json::Null);
    assert_eq!(proof.code, 200);
    let file = scene.write("listing.proof", &proof.bytes);
    hub.run(["verify", &file]).ok();
    assert_eq!(call(&web, "GET", &format!("{path}/certificate"), "", &[], &Json::Null).bytes[..5], *b"%PDF-");

    // Whoever keeps the last cursor hears what has changed since, and nothing else.
    let mut page = at(&web, "/changes?limit=50&full=true");
    let mut seen = ids(page["items"].as_array().unwrap());
    while page["more"] == true {
        page = at(&web, &format!("/changes?limit=50&full=true&cursor={}", page["next"].as_str().unwrap()));
        seen.extend(ids(page["items"].as_array().unwrap()));
    }
    assert_eq!(seen.len(), 130);
    let kept = page["next"].as_str().unwrap().to_owned();
    station.run(["listing", "withdraw", &id]).ok();
    let since = until("the withdrawal", || {
        let page = at(&web, &format!("/changes?limit=50&full=true&cursor={kept}"));
        Some(page["items"].as_array().unwrap().clone()).filter(|items| !items.is_empty())
    });
    assert_eq!((since.len(), &since[0]["id"], &since[0]["gone"]), (1, &json!(id), &json!(true)));
    let everything = send(&web, "GET", "/api/v1/changes?limit=500&full=true", &[], "").body;
    assert!(!everything.contains(canary) && everything.contains("合成样例技术"), "{everything}");
    assert_eq!(at(&web, "/institutions?limit=1")["total"], 2);
    assert_eq!(ids(&walk(&web, "/institutions?limit=1")).len(), 2);
}

/// A path whose words are percent-encoded.
fn percent_words(path: &str) -> String {
    path.replace("催化", &percent("催化"))
}

/// A new draft: its path and its version.
fn draft(web: &str, token: &str) -> (String, String) {
    let texts = json!({ "title": "稀土永磁电机", "region": "420100", "price": "10-20万元" });
    let new = json!({ "kind": "achievement", "texts": texts });
    let made = call(web, "POST", "/desk/drafts", token, &[], &new);
    assert_eq!(made.code, 201, "{made:?}");
    assert_eq!(read(&made)["texts"]["title"], "稀土永磁电机");
    let path = made.header("location").unwrap().strip_prefix("/api/v1").unwrap().to_owned();
    (path, made.header("etag").unwrap().to_owned())
}

/// Does something with a draft as it stands now.
fn act(web: &str, token: &str, path: &str, act: &str) -> Answer {
    let version = call(web, "GET", path, token, &[], &Json::Null).header("etag").unwrap().to_owned();
    call(web, "POST", &format!("{path}/acts"), token, &[("If-Match", &version)], &json!({ "act": act }))
}

#[test]
fn programs_take_a_draft_through_two_reviews_to_another_nodes_search() {
    let scene = Scene::new();
    let (hub, station) = hub_and_station(&scene);
    add(&station, &scene, "王芳", "administrator");
    add(&station, &scene, "lilei", "clerk");
    add(&station, &scene, "meimei", "reviewer");
    let web = station.web();
    let clerk = token(&station, "lilei", "drafts");
    let over = token(&station, "lilei", "drafts,review,publish");
    let (reviewer, head) = (token(&station, "meimei", "review"), token(&station, "王芳", "review,publish"));

    let (path, version) = draft(&web, &clerk);
    let texts = json!({ "texts": { "title": "稀土永磁电机", "region": "没有这个地方" } });
    let change = |version: &[(&str, &str)]| call(&web, "PUT", &path, &clerk, version, &texts);
    assert_eq!(problem(&change(&[])), (428, "precondition".to_owned()));
    let changed = change(&[("If-Match", &version)]);
    assert_eq!((changed.code, read(&changed)["refused"][0]["field"].clone()), (200, json!("region")));
    assert_eq!(problem(&change(&[("If-Match", &version)])), (412, "changed".to_owned()));
    let strange = json!({ "texts": { "no_such_field": "x" } });
    let version = changed.header("etag").unwrap().to_owned();
    let refused = call(&web, "PUT", &path, &clerk, &[("If-Match", &version)], &strange);
    assert_eq!(problem(&refused), (422, "record".to_owned()));
    assert_eq!(
        problem(&act(&web, &clerk, &path, "submit")),
        (422, "record".to_owned()),
        "a fault stands in the way"
    );
    let version = call(&web, "GET", &path, &clerk, &[], &Json::Null).header("etag").unwrap().to_owned();
    let good =
        json!({ "texts": { "title": "稀土永磁电机", "region": "420100", "contact_phone": "13900000000" } });
    assert_eq!(call(&web, "PUT", &path, &clerk, &[("If-Match", &version)], &good).code, 200);
    assert_eq!(read(&act(&web, &clerk, &path, "submit"))["state"], "formal");

    // A token does what it is for, and no more than its account may.
    assert_eq!(problem(&act(&web, &clerk, &path, "pass")), (403, "scope".to_owned()));
    assert_eq!(problem(&act(&web, &over, &path, "pass")), (403, "role".to_owned()));
    assert_eq!(read(&act(&web, &reviewer, &path, "pass"))["state"], "department");
    assert_eq!(
        problem(&act(&web, &reviewer, &path, "pass")),
        (403, "role".to_owned()),
        "nobody takes both steps"
    );
    let published = read(&act(&web, &head, &path, "pass"));
    let listing = published["listing"].as_str().unwrap().to_owned();
    hub.holds_with(&[&station], 1);
    let found = until("the index", || {
        let found = at(&hub.web(), &format!("/listings?q={}", percent("永磁电机")));
        Some(found).filter(|found| found["total"] == 1)
    });
    assert_eq!((&found["items"][0]["id"], found["items"].as_array().unwrap().len()), (&json!(listing), 1));
    assert!(
        !send(&hub.web(), "GET", &format!("/api/v1/listings/{listing}"), &[], "")
            .body
            .contains("13900000000")
    );

    // It is revised and withdrawn the same way.
    let own = |token: &str, act: &str| {
        call(&web, "POST", &format!("/desk/listings/{listing}/acts"), token, &[], &json!({ "act": act }))
    };
    assert!(read(&own(&clerk, "revise"))["draft"].is_string());
    assert_eq!(problem(&own(&over, "withdraw")), (403, "role".to_owned()));
    assert_eq!(own(&head, "withdraw").code, 200);
    let gone =
        until("the withdrawal", || Some(at(&hub.web(), "/listings")).filter(|page| page["total"] == 0));
    assert_eq!(gone["items"], json!([]));
    purged(&web, &listing, (&clerk, &head));
    tokens_end(&station, &web, &clerk, &reviewer);
}

/// What cannot be undone is said twice, by who may publish; and then the text is gone.
fn purged(web: &str, listing: &str, (clerk, head): (&str, &str)) {
    let path = format!("/desk/listings/{listing}");
    let own = |token: &str| call(web, "GET", &path, token, &[], &Json::Null);
    let act = |token: &str, act: &Json| call(web, "POST", &format!("{path}/acts"), token, &[], act);
    let here = read(&own(head));
    assert_eq!((&here["withdrawn"], &here["disputes"]), (&json!(true), &json!([])), "{here}");
    assert!(here["acts"].as_array().unwrap().contains(&json!("purge")), "{here}");
    assert!(!read(&own(clerk))["acts"].as_array().unwrap().contains(&json!("purge")));
    assert_eq!(problem(&act(head, &json!({ "act": "choose" }))), (422, "record".to_owned()));
    let nothing = json!({ "act": "choose", "field": "title", "entry": listing });
    assert_eq!(act(head, &nothing).code / 100, 4, "there is nothing to choose");
    for confirm in ["", "yes", &listing[..12]] {
        let unsure = json!({ "act": "purge", "reason": "误发", "confirm": confirm });
        assert_eq!(problem(&act(head, &unsure)), (422, "record".to_owned()));
    }
    let sure = json!({ "act": "purge", "reason": "误发", "confirm": listing });
    assert_eq!(problem(&act(clerk, &sure)), (403, "scope".to_owned()));
    assert_eq!(act(head, &sure).code, 200);
    let gone = read(&own(head));
    assert_eq!((&gone["title"], &gone["hidden"]), (&json!(""), &json!(true)), "{gone}");
}

/// A token ends when it is revoked, when its account goes, and where it comes from elsewhere.
fn tokens_end(station: &Node, web: &str, clerk: &str, reviewer: &str) {
    let drafts =
        |token: &str, more: &[(&str, &str)]| call(web, "GET", "/desk/drafts", token, more, &Json::Null);
    assert_eq!(drafts(clerk, &[]).code, 200);
    let elsewhere = [("X-Forwarded-For", "203.0.113.7")];
    assert_eq!(problem(&drafts(clerk, &elsewhere)), (403, "elsewhere".to_owned()));
    let wrong = format!("{}0", &clerk[..clerk.len() - 1]);
    for token in ["", "x", "lianshi_0_0", if wrong == clerk { "y" } else { &wrong }] {
        let refused = drafts(token, &[]);
        assert_eq!(problem(&refused), (401, "token".to_owned()));
        assert!(refused.header("www-authenticate").is_some_and(|value| value.starts_with("Bearer")));
    }
    let number = clerk.split('_').nth(1).unwrap();
    let listed = station.run(["user", "token", "list"]).ok().out;
    assert!(listed.contains(number) && !listed.contains(clerk.rsplit('_').next().unwrap()), "{listed}");
    station.run(["user", "token", "revoke", number]).ok();
    assert_eq!(drafts(clerk, &[]).code, 401);
    station.run(["user", "token", "revoke", number]).ends(1);
    assert_eq!(drafts(reviewer, &[]).code, 200);
    station.run(["user", "remove", "meimei"]).ok();
    assert_eq!(drafts(reviewer, &[]).code, 401);
    let refused = station.run(["user", "token", "create", "lilei", "--scope", "drafts", "--days", "9999"]);
    assert!(refused.ends(2).err.contains("730"));
}

#[test]
fn a_token_is_made_at_the_desk_with_the_password_and_seen_by_its_owner_alone() {
    let scene = Scene::new();
    let hub = scene.hub("hub").start();
    let web = hub.web();
    add(&hub, &scene, "王芳", "administrator");
    add(&hub, &scene, "lilei", "clerk");
    add(&hub, &scene, "meimei", "clerk");
    let [mut clerk, mut other, mut head] = ["lilei", "meimei", "王芳"].map(|name| signed_in(&hub, name));
    let wish = |present| {
        [("act", "make"), ("note", "每夜同步"), ("scope", "drafts"), ("days", "90"), ("present", present)]
    };
    let refused = clerk.post("/desk/tokens", &wish("猜的猜的猜的猜的猜的"));
    assert!(refused.code == 422 && !refused.body.contains("lianshi_"), "{}", refused.body);
    let made = clerk.post("/desk/tokens", &wish(PASSWORD)).body;
    let token = made.split("<code>lianshi_").nth(1).and_then(|rest| rest.split('<').next()).expect("a token");
    let token = format!("lianshi_{token}");
    assert_eq!(call(&web, "GET", "/desk/drafts", &token, &[], &Json::Null).code, 200);
    let number = token.split('_').nth(1).unwrap().to_owned();
    let revoke = [("act", "revoke"), ("id", number.as_str())];
    assert!(
        clerk.get("/desk/tokens").body.contains("每夜同步")
            && !clerk.get("/desk/tokens").body.contains(&token)
    );
    assert!(!other.get("/desk/tokens").body.contains("每夜同步"));
    assert_eq!(other.post("/desk/tokens", &revoke).code, 422, "it is not theirs");
    assert_eq!(call(&web, "GET", "/desk/drafts", &token, &[], &Json::Null).code, 200);
    assert!(head.post("/desk/tokens", &revoke).body.contains("notice-good"));
    assert_eq!(call(&web, "GET", "/desk/drafts", &token, &[], &Json::Null).code, 401);
}

#[test]
fn whoever_calls_too_often_is_told_when_to_come_again() {
    let scene = Scene::new();
    let hub = scene.hub("hub").start();
    let web = hub.web();
    let regions = |from: &str| send(&web, "GET", "/api/v1/regions", &[("X-Forwarded-For", from)], "");
    let first = regions("203.0.113.7");
    assert_eq!(first.header("ratelimit-policy"), Some("\"minute\";q=600;w=60"));
    let refused = (1..700).map(|_| regions("203.0.113.7")).find(|answer| answer.code != 200);
    let refused = refused.expect("an end to it");
    assert_eq!(problem(&refused), (429, "often".to_owned()));
    let wait: u64 = refused.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=61).contains(&wait), "{refused:?}");
    assert_eq!(regions("203.0.113.8").code, 200, "others go on");
}

#[test]
fn a_visitor_asks_by_program_and_the_desk_answers_by_program() {
    let scene = Scene::new();
    let (hub, station) = hub_and_station(&scene);
    let listing = station.publish("稀土永磁电机");
    hub.holds_with(&[&station], 1);
    add(&station, &scene, "lilei", "clerk");
    let token = token(&station, "lilei", "enquiries");
    let asked = json!({ "name": "李工", "contact": "0710-3456789", "message": "能否寄样？" });
    let path = format!("/listings/{listing}/enquiries");
    let faulty =
        call(&hub.web(), "POST", &path, "", &[], &json!({ "name": "", "contact": "", "message": "" }));
    assert_eq!(problem(&faulty), (422, "record".to_owned()));
    assert_eq!(read(&faulty)["faults"].as_array().unwrap().len(), 3);
    let plain = [("Content-Type", "text/plain")];
    let typed = send(&hub.web(), "POST", &format!("/api/v1{path}"), &plain, &asked.to_string());
    assert_eq!(problem(&typed), (415, "media".to_owned()));
    let sent = call(&hub.web(), "POST", &path, "", &[], &asked);
    assert_eq!(sent.code, 201, "{sent:?}");
    let receipt = sent.header("location").unwrap().strip_prefix("/api/v1").unwrap().to_owned();
    let web = station.web();
    let line = until("the enquiry", || {
        let list = read(&call(&web, "GET", "/desk/enquiries", &token, &[], &Json::Null));
        list["items"].as_array().unwrap().first().cloned()
    });
    let path = format!("/desk/enquiries/{}", line["id"].as_str().unwrap());
    let one = read(&call(&web, "GET", &path, &token, &[], &Json::Null));
    assert_eq!((&one["message"], &one["contact"]), (&json!("能否寄样？"), &json!("0710-3456789")));
    let answered = call(
        &web,
        "POST",
        &format!("{path}/answers"),
        &token,
        &[],
        &json!({ "message": "可以，下周寄出。" }),
    );
    assert_eq!(answered.code, 200, "{answered:?}");
    let seen = until("the answer", || {
        let seen = read(&call(&hub.web(), "GET", &receipt, "", &[], &Json::Null));
        Some(seen).filter(|seen| seen["state"] == "answered")
    });
    assert_eq!(seen["answers"][0]["text"], "可以，下周寄出。");
}

/// Sets schemathesis on a node, where it is at hand: `LIANSHI_HARVESTERS` names a Python that has it.
#[test]
fn the_document_holds_against_what_a_tester_of_apis_tries() {
    let Ok(python) = std::env::var("LIANSHI_HARVESTERS") else {
        eprintln!("skipped: schemathesis (LIANSHI_HARVESTERS names a Python that has it)");
        return;
    };
    let scene = Scene::new();
    let hub = scene.hub("hub").start();
    let table = table(&scene, 30);
    hub.run(["import", &table, "--kind", "achievement", "--visibility", "public", "--apply", "--publish"])
        .ok();
    add(&hub, &scene, "王芳", "administrator");
    at(&hub.web(), "/changes");
    tried(&scene, &hub, &python, &["--exclude-path-regex", "^/desk"], "");
    // A token has its measure of calls: one for each group.
    let rooms = ["drafts", "listings", "enquiries", "harvest", "nodes", "import", "tables", "statistics"];
    for part in rooms.into_iter().chain(["watches", "market", "network", "audit", "peers"]) {
        let scopes = "drafts,review,publish,enquiries,harvest,nodes,watches,govern,audit";
        let token = token(&hub, "王芳", scopes);
        tried(&scene, &hub, &python, &["--include-path-regex", &format!("^/desk/{part}")], &token);
    }
}

fn tried(scene: &Scene, hub: &Node, python: &str, which: &[&str], token: &str) {
    let config = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/scenarios/api.toml");
    let document = format!("{}/api/v1/openapi.json?lang=en", hub.web());
    let mut run = Command::new(python);
    run.args(["-m", "schemathesis.cli", "--config-file", config, "run", &document, "--checks", "all"]);
    run.args(["--max-examples", "12", "--seed", "7", "--no-color", "--continue-on-failure"]).args(which);
    if !token.is_empty() {
        run.args(["--header", &format!("Authorization: Bearer {token}")]);
    }
    let ran = run.current_dir(scene.folder()).output().expect("the Python that LIANSHI_HARVESTERS names");
    assert!(
        ran.status.success(),
        "{which:?}: {}{}",
        String::from_utf8_lossy(&ran.stdout),
        String::from_utf8_lossy(&ran.stderr)
    );
}
