//! Governing at the desk: three governors of whom two must sign, one by its page, another by its page, the third by file; and who
//! is refused.

use serde_json::{Value as Json, json};
use tests::{Answer, Home, Node, Scene, Visitor, send, until};

use crate::api::{call, token};
use crate::desk::{PASSWORD, add, administrator, signed_in};
use crate::governance::{three_governors, wait_for};

/// The value of a hidden field of a page.
pub fn hidden(page: &str, name: &str) -> String {
    let field = page.split_once(&format!("name=\"{name}\" value=\""));
    let value = field.and_then(|(_, rest)| rest.split_once('"')).map(|(value, _)| value.to_owned());
    assert!(value.is_some(), "no {name} in {page}");
    value.unwrap()
}

/// Signs the paper that a page shows, and says twice what must be said so.
pub fn sign(operator: &mut Visitor, paper: &Answer, secret: &str) -> Answer {
    let sure = if paper.body.contains("name=\"sure\"") { "1" } else { "" };
    sign_with(operator, paper, secret, sure)
}

/// The same, whatever was said.
pub fn sign_with(operator: &mut Visitor, paper: &Answer, secret: &str, sure: &str) -> Answer {
    assert_eq!(paper.code, 200, "{}", paper.body);
    assert!(paper.body.contains("您要签署的是"), "{}", paper.body);
    let (file, invitation) = (hidden(&paper.body, "paper"), hidden(&paper.body, "invitation"));
    let locked = hidden(&paper.body, "locked");
    let form = [
        ("paper", file.as_str()),
        ("invitation", invitation.as_str()),
        ("locked", locked.as_str()),
        ("secret", secret),
        ("sure", sure),
    ];
    let texts = paper.body.split("name=\"text\" value=\"").skip(1);
    let texts = texts.map(|rest| ("text", rest.split('"').next().unwrap()));
    let all: Vec<(&str, &str)> = form.into_iter().chain(texts).collect();
    operator.post("/desk/network/sign", &all)
}

fn member_id(home: &Home, name: &str) -> String {
    let shown = home.run(["roster", "show", name, "--json"]).ok().json();
    shown["institution"]["id"].as_str().unwrap().to_owned()
}

/// The only step that waits, once it has come to a node.
pub fn waiting(node: &Node) -> String {
    until("a step comes", || {
        let steps: Vec<Json> = node.run(["roster", "list", "--pending", "--json"]).ok().lines();
        steps.first().map(|step| step["id"].as_str().unwrap().to_owned())
    })
}

#[test]
fn governors_admit_and_suspend_by_their_pages_and_the_third_by_file() {
    let scene = Scene::new();
    let (hub, university, market) = three_governors(&scene);
    let charter = scene.file("charter.lianshi").display().to_string();
    hub.run(["export", "--format", "charter", "--out", &charter]).ok();
    let fourth = scene.home("fourth");
    let [a, b, c, d, e, f] = ["--role", "resource-station", "--name", "fourth", "--region", "420102"];
    fourth.run(["init", a, b, c, d, e, f, "--charter", &charter, "--application", "fourth.application"]).ok();
    let application = std::fs::read(scene.file("fourth.application")).unwrap();

    // The operator sees who asks before anything is signed, and a wrong password signs nothing.
    let mut at_hub = administrator(&hub);
    let garbage = at_hub.upload("/desk/network/file", "x", b"not a file");
    assert_eq!(garbage.code, 422, "{}", garbage.body);
    let paper = at_hub.upload("/desk/network/file", "fourth.application", &application);
    assert!(paper.body.contains("fourth") && paper.body.contains("420102"), "{}", paper.body);
    let wrong = sign(&mut at_hub, &paper, "不是这个密码，也不是口令");
    assert_eq!(wrong.code, 422, "{}", wrong.body);
    assert!(hub.run(["roster", "list", "--pending", "--json"]).ok().lines().is_empty());
    let done = sign(&mut at_hub, &paper, PASSWORD);
    assert!(done.code == 200 && done.body.contains("还差 1 家"), "{}", done.body);

    // The second governor is told on its overview, and its root key is under a passphrase.
    let passphrase = scene.write("passphrase.txt", "石榴树下的口令\n");
    university.run(["key", "lock", "--passphrase-file", &passphrase]).ok();
    let id = waiting(&university);
    let mut at_university = administrator(&university);
    assert!(at_university.get("/desk").body.contains("待本单位签署"));
    let path = format!("/desk/network/step/{id}");
    let paper = at_university.get(&path);
    assert_eq!(sign(&mut at_university, &paper, PASSWORD).code, 422, "a password is no passphrase");
    let done = sign(&mut at_university, &paper, "石榴树下的口令");
    assert!(done.code == 200 && done.body.contains("现在生效"), "{}", done.body);
    for node in [&hub, &university, &market] {
        wait_for(node, "fourth", "active");
    }
    // What others completed in between is not signed again, however long the page stood open.
    let stale = sign(&mut at_university, &paper, "石榴树下的口令");
    assert!(stale.code == 422 && stale.body.contains("没有签名"), "{}", stale.body);

    // A suspension: proposed at the hub's page, signed by the market where its key is, and taken in by a page.
    let key = market.path().join("identity/root.key");
    let away = scene.file("market.key").display().to_string();
    let subject = member_id(&hub, "fourth");
    let without = [("act", "suspend"), ("id", subject.as_str()), ("reason", " ")];
    assert_eq!(at_hub.post("/desk/network/draft", &without).code, 422, "a reason is needed");
    let with = [("act", "suspend"), ("id", subject.as_str()), ("reason", "资料<b>待核")];
    let paper = at_hub.post("/desk/network/draft", &with);
    assert!(!paper.body.contains("<b>待核"), "what was typed is text");
    assert_eq!(sign(&mut at_hub, &paper, PASSWORD).code, 200);
    market.run(["key", "export-root", &away]).ok();
    assert!(!key.exists());
    let id = waiting(&market);
    let mut at_market = administrator(&market);
    let page = at_market.get(&format!("/desk/network/step/{id}"));
    assert!(!page.body.contains("/desk/network/sign") && page.body.contains("--root-key"), "{}", page.body);
    let file = hidden(&page.body, "paper");
    let saved = at_market.post("/desk/network/save", &[("what", "paper"), ("paper", file.as_str())]);
    std::fs::write(scene.file("suspend.steps"), &saved.bytes).unwrap();
    let nowhere = scene.home("nowhere");
    nowhere.run(["roster", "approve", "suspend.steps", "--out", "signed.steps", "--root-key", &away]).ok();
    let signed = std::fs::read(scene.file("signed.steps")).unwrap();
    let page = at_market.upload("/desk/network/file", "signed.steps", &signed);
    let file = hidden(&page.body, "paper");
    let taken = at_market.post("/desk/network/carry", &[("paper", file.as_str())]);
    assert!(taken.code == 200 && taken.body.contains("现在生效"), "{}", taken.body);
    for node in [&hub, &university, &market] {
        wait_for(node, "fourth", "suspended");
    }
    let room = at_hub.get("/desk/network").body;
    assert!(room.contains("资料&#60;b&#62;待核") && room.contains("已暂停"), "{room}");

    // A governor that is one no more can look, and not sign; a paper of the old governors counts no more.
    let reinstate = [("act", "reinstate"), ("id", subject.as_str())];
    let old = at_hub.post("/desk/network/draft", &reinstate);
    let removed = hub.run(["roster", "propose", "governor", "remove", "market", "--json"]).ok().json();
    let id = removed["id"].as_str().unwrap().to_owned();
    until("the change comes to the university", || {
        let paper = at_university.get(&format!("/desk/network/step/{id}"));
        (paper.code == 200 && paper.body.contains("/desk/network/sign"))
            .then(|| assert_eq!(sign(&mut at_university, &paper, "石榴树下的口令").code, 200))
    });
    until("the market governs no more", || {
        at_market.get("/desk/network").body.contains("本单位是分市场，可以邀请").then_some(())
    });
    let refused = at_market.post("/desk/network/draft", &reinstate);
    assert!(refused.code == 422 && refused.body.contains("不是治理方"), "{}", refused.body);
    until("the hub sees the change", || {
        let roster = hub.run(["roster", "show", "--json"]).ok().json();
        (roster["governors"].as_array().unwrap().len() == 2).then_some(())
    });
    let late = sign(&mut at_hub, &old, PASSWORD);
    assert!(late.code == 422 && late.body.contains("没有签名"), "{}", late.body);
}

#[test]
fn an_invitation_from_the_page_lets_its_holder_in_and_nobody_else_governs() {
    let scene = Scene::new();
    let hub = scene.hub("hub").start();
    let mut operator = administrator(&hub);
    let form = [("act", "invite"), ("role", "resource-station"), ("region", "武汉市武昌区"), ("days", "7")];
    let paper = operator.post("/desk/network/draft", &form);
    let made = sign(&mut operator, &paper, PASSWORD);
    assert!(made.code == 200 && made.body.contains("class=\"qr qr-large\""), "{}", made.body);
    let text = made.body.split_once("<code>LSINV1:").unwrap().1.split_once("</code>").unwrap().0;
    // As a telephone passes it on: text, broken over lines.
    let (first, rest) = text.split_at(60);
    let file = scene.write("invitation.txt", format!("LSINV1:{first}\n{rest}\n"));
    let guest = scene.home("guest");
    guest.run(["init", "--join", &file, "--name", "guest"]).ok();
    let guest = guest.start();
    guest.synced();
    wait_for(&hub, "guest", "active");
    assert!(operator.get("/desk/network").body.contains("已使用：guest"));

    // A clerk sees none of it, and a form of another site does nothing, whoever has signed in.
    add(&hub, &scene, "lilei", "reviewer");
    let mut clerk = signed_in(&hub, "lilei");
    assert!(!clerk.get("/desk").body.contains("/desk/network"));
    assert_eq!(clerk.get("/desk/network").code, 403);
    let paper = hidden(&operator.post("/desk/network/draft", &form).body, "paper");
    let signing = [("paper", paper.as_str()), ("invitation", ""), ("locked", ""), ("secret", PASSWORD)];
    for path in ["/desk/network/draft", "/desk/network/sign", "/desk/network/carry", "/desk/network/save"] {
        assert_eq!(clerk.post(path, &signing).code, 403, "{path}");
        let key = operator.form_key();
        let evil = operator.post_with(path, &signing, &[("Origin", "http://evil.example")], &key);
        assert_eq!(evil.code, 403, "{path}");
        assert_eq!(operator.post(path, &[("paper", "!")]).code, 400, "{path}");
    }
    assert_eq!(send(&hub.web(), "POST", "/desk/network/sign", &[], "").code, 403);
    // Guessing is slow, and the wait is said.
    let guess = [("paper", paper.as_str()), ("invitation", ""), ("locked", ""), ("secret", "falsch")];
    let answers: Vec<Answer> = (0..8).map(|_| operator.post("/desk/network/sign", &guess)).collect();
    assert!(answers.last().is_some_and(|last| last.body.contains("秒再试")), "{}", answers[7].body);
    assert!(operator.post("/desk/network/sign", &signing).body.contains("秒再试"), "even with the right one");
}

#[test]
fn programs_draft_what_governors_sign_elsewhere_and_sign_nothing_themselves() {
    let scene = Scene::new();
    let (hub, university, _market) = three_governors(&scene);
    let _operator = administrator(&hub);
    let web = hub.web();
    let (key, other) = (token(&hub, "王芳", "govern"), token(&hub, "王芳", "nodes"));
    let asked = |method: &str, path: &str, token: &str, body: Json| {
        let answer = call(&web, method, &format!("/desk/network{path}"), token, &[], &body);
        (answer.code, serde_json::from_str::<Json>(&answer.body).expect(&answer.body))
    };
    let post = |path: &str, body: Json| asked("POST", path, &key, body);
    assert_eq!(asked("GET", "", "", Json::Null).0, 401);
    assert_eq!(asked("GET", "", &other, Json::Null).0, 403, "another scope");
    add(&hub, &scene, "lilei", "reviewer");
    let clerks = token(&hub, "lilei", "govern");
    let suspend = |who: &str, why: &str| json!({ "act": "suspend", "institution": who, "reason": why });
    for (method, path, body) in [
        ("GET", "", Json::Null),
        ("POST", "/motions", suspend("x", "y")),
        ("POST", "/steps", json!({ "file": "" })),
        ("POST", "/files", json!({ "file": "" })),
        ("GET", "/steps/0123456789ab", Json::Null),
    ] {
        assert_eq!(asked(method, path, &clerks, body).0, 403, "{path}: a clerk governs nothing");
    }

    let (code, room) = asked("GET", "", &key, Json::Null);
    assert_eq!((code, room["threshold"].as_u64(), room["governs"].as_bool()), (200, Some(2), Some(true)));
    let member = |name: &str| {
        let all = room["members"].as_array().unwrap();
        all.iter().find(|one| one["name"] == name).unwrap()["id"].as_str().unwrap().to_owned()
    };
    let subject = member("market");
    assert_eq!(post("/motions", suspend(&subject, " ")).0, 422, "a reason is needed");
    assert_eq!(
        post("/motions", json!({ "act": "suspend", "root_key": "x" })).0,
        422,
        "nothing else is taken"
    );
    for (path, file) in [("/files", "!"), ("/files", "AAAA"), ("/steps", "AAAA")] {
        assert_eq!(post(path, json!({ "file": file })).0, 422, "{path} {file}");
    }
    let (code, paper) = post("/motions", suspend(&subject, "资料待核"));
    assert_eq!((code, paper["carries"].as_bool(), paper["signs"].as_bool()), (200, Some(false), Some(true)));
    assert_eq!(paper["steps"][0]["about"], "market", "{paper}");
    assert!(hub.run(["roster", "list", "--pending", "--json"]).ok().lines().is_empty(), "a draft is no step");
    assert_eq!(post("/steps", json!({ "file": paper["file"] })).0, 409, "nobody has signed it");

    // Signed where the keys are, one behind the other; the first signature is on the roster already when the second comes.
    let decoded = |text: &Json| data_encoding::BASE64.decode(text.as_str().unwrap().as_bytes()).unwrap();
    let encoded = |file: &str| json!({ "file": data_encoding::BASE64.encode(&std::fs::read(scene.file(file)).unwrap()) });
    std::fs::write(scene.file("a.steps"), decoded(&paper["file"])).unwrap();
    hub.run(["roster", "approve", "a.steps", "--out", "b.steps"]).ok();
    let (code, taken) = post("/steps", encoded("b.steps"));
    assert_eq!((code, taken["items"][0]["missing"].as_u64()), (200, Some(1)), "{taken}");
    let id = taken["items"][0]["id"].as_str().unwrap();
    let (code, waits) = asked("GET", &format!("/steps/{}", &id[..12]), &key, Json::Null);
    assert_eq!((code, waits["signs"].as_bool()), (200, Some(false)), "{waits}");
    std::fs::write(scene.file("c.steps"), decoded(&waits["file"])).unwrap();
    university.run(["roster", "approve", "c.steps", "--out", "d.steps"]).ok();
    let seen = post("/files", encoded("d.steps")).1;
    assert_eq!((seen["carries"].as_bool(), seen["steps"][0]["missing"].as_u64()), (Some(true), Some(0)));
    assert_eq!(post("/steps", encoded("d.steps")).0, 200);
    for node in [&hub, &university] {
        wait_for(node, "market", "suspended");
    }
    assert_eq!(asked("GET", "/steps/ffffffffffff", &key, Json::Null).0, 404);

    // What governors decide beside members: a version of the four unifications, whose text follows the step.
    for missing in ["unified", "agree"] {
        assert_eq!(post("/motions", json!({ "act": missing })).0, 422, "{missing}");
    }
    assert_eq!(post("/motions", json!({ "act": "take_down", "listing": "ffffffff", "reason": "x" })).0, 404);
    let text = data_encoding::BASE64.encode("# 管理制度\n\n第一条".as_bytes());
    let rules = json!({ "part": "rules", "version": "2026-1", "text": text });
    assert_eq!(post("/texts", json!({ "file": text })).0, 422, "nobody has signed for it");
    let paper = post("/motions", json!({ "act": "unified", "unified": rules })).1;
    std::fs::write(scene.file("p.steps"), decoded(&paper["file"])).unwrap();
    hub.run(["roster", "approve", "p.steps", "--out", "q.steps"]).ok();
    university.run(["roster", "approve", "q.steps", "--out", "r.steps"]).ok();
    assert_eq!(post("/steps", encoded("r.steps")).0, 200);
    assert_eq!(post("/texts", json!({ "file": text })), (200, json!({ "new": true })));
    let read = hub.run(["profile", "text", "rules"]).ok();
    assert!(read.out.contains("第一条"), "{}", read.out);

    // An invitation: the newcomer's file comes with the draft, and lets in once it is signed.
    let invite = json!({ "act": "invite", "role": "grassroots_site", "region": "420111" });
    let paper = post("/motions", invite).1;
    std::fs::write(scene.file("i.steps"), decoded(&paper["file"])).unwrap();
    std::fs::write(scene.file("guest.invitation"), decoded(&paper["invitation"])).unwrap();
    hub.run(["roster", "approve", "i.steps", "--out", "j.steps"]).ok();
    university.run(["roster", "approve", "j.steps", "--out", "k.steps"]).ok();
    assert_eq!(post("/steps", encoded("k.steps")).0, 200);
    let guest = scene.home("guest");
    guest.run(["init", "--join", "guest.invitation", "--name", "guest"]).ok();
    let guest = guest.start();
    guest.synced();
    wait_for(&hub, "guest", "active");
}
