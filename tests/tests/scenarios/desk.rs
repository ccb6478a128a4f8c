//! The desk of a running node: the first account, who may do what, a draft from the form to the other node's hall, and what
//! other sites' pages and guessed passwords get.

use tests::{Node, Scene, Visitor, hub_and_station, send};

pub const PASSWORD: &str = "石榴树下的三只猫咪呀";

/// The address that makes the first account.
fn setup_path(node: &Node) -> String {
    let reply = node.run(["user", "link", "--json"]).ok().json();
    let link = reply["link"].as_str().unwrap();
    link.split_once("/desk/").map(|(_, path)| format!("/desk/{path}")).unwrap()
}

/// Someone with the first account of a node.
pub fn administrator(node: &Node) -> Visitor {
    let path = setup_path(node);
    let key = path.split_once("key=").unwrap().1.to_owned();
    let mut visitor = Visitor::new(&node.web());
    assert_eq!(visitor.get(&path).code, 200);
    let form = [("key", key.as_str()), ("name", "王芳"), ("password", PASSWORD), ("again", PASSWORD)];
    assert_eq!(visitor.post("/desk/setup", &form).header("location"), Some("/desk"));
    visitor
}

pub fn signed_in(node: &Node, name: &str) -> Visitor {
    let mut visitor = Visitor::new(&node.web());
    let entered = visitor.post("/desk/sign-in", &[("name", name), ("password", PASSWORD)]);
    assert_eq!(entered.header("location"), Some("/desk"), "{}", entered.body);
    visitor
}

pub fn add(node: &Node, scene: &Scene, name: &str, role: &str) {
    let file = scene.write("password.txt", format!("{PASSWORD}\n"));
    let file = file.as_str();
    node.run(["user", "add", name, "--role", role, "--password-file", file]).ok();
}

/// The draft that a form begins.
pub fn begin(visitor: &mut Visitor) -> String {
    let began = visitor.post("/desk/new", &[("kind", "achievement")]);
    began.header("location").unwrap().to_owned()
}

/// Sends the form of a draft as it stands there, with these fields.
pub fn save(visitor: &mut Visitor, draft: &str, fields: &[(&str, &str)]) -> tests::Answer {
    let page = visitor.get(draft).body;
    let changed =
        page.split_once("name=\"changed\" value=\"").unwrap().1.split_once('"').unwrap().0.to_owned();
    let own = [("form", "1"), ("changed", changed.as_str())];
    let all: Vec<(&str, &str)> = own.into_iter().chain(fields.iter().copied()).collect();
    visitor.post(draft, &all)
}

#[test]
fn a_draft_goes_from_the_form_through_two_reviews_to_another_nodes_hall() {
    let scene = Scene::new();
    let (hub, station) = hub_and_station(&scene);
    let mut administrator = administrator(&station);
    assert_eq!(administrator.get(&setup_key_again(&station)).code, 403, "the link works once");
    add(&station, &scene, "lilei", "clerk");
    add(&station, &scene, "meimei", "reviewer");
    let (mut clerk, mut reviewer) = (signed_in(&station, "LiLei"), signed_in(&station, "meimei"));

    // What cannot be read is kept, and named beside its field; nothing is submitted before it is put right.
    let draft = begin(&mut clerk);
    let bad = [("title", "<b>永磁</b>&\"电机\""), ("region", "没有这个地方"), ("price", "10-20万元")];
    assert!(save(&mut clerk, &draft, &bad).header("location").unwrap().ends_with("saved=1"));
    let page = clerk.get(&draft).body;
    let remarks = page.split_once("id=\"region-remarks\"").unwrap().1.split_once("</div>").unwrap().0;
    assert!(page.contains("value=\"没有这个地方\"") && remarks.contains("class=\"wrong\""), "{page}");
    assert!(page.contains("10–20 万元") && !page.contains("<b>永磁"), "{page}");
    let refused = save(&mut clerk, &draft, &[&bad[..], &[("act", "submit")]].concat());
    assert_eq!(refused.code, 422, "{}", refused.body);
    let good = [
        ("title", "稀土永磁电机"),
        ("region", "420100"),
        ("contact_phone", "13900000000"),
        ("act", "submit"),
    ];
    assert_eq!(save(&mut clerk, &draft, &good).code, 303);

    // A clerk reviews nothing; the reviewer takes the first step, somebody else the second.
    assert_eq!(clerk.post(&draft, &[("act", "pass"), ("changed", &changed(&clerk, &draft))]).code, 422);
    assert_eq!(reviewer.post(&draft, &[("act", "pass"), ("changed", &changed(&reviewer, &draft))]).code, 303);
    assert_eq!(reviewer.post(&draft, &[("act", "pass"), ("changed", &changed(&reviewer, &draft))]).code, 422);
    let passed =
        administrator.post(&draft, &[("act", "pass"), ("changed", &changed(&administrator, &draft))]);
    let listing = passed.header("location").unwrap().to_owned();
    assert!(listing.starts_with("/listing/"), "{listing}");

    hub.holds_with(&[&station], 1);
    assert_eq!(hub.search("永磁电机").len(), 1);
    let shown = tests::get(&hub.web(), &listing);
    assert!(shown.code == 200 && !shown.body.contains("13900000000"), "{}", shown.body);
    let kept = station.show(listing.trim_start_matches("/listing/")).unwrap();
    assert_eq!(kept["contact"]["contact_phone"], "13900000000");

    // Whoever reviews may take it down again; a clerk may not.
    let id = listing.trim_start_matches("/listing/").to_owned();
    assert!(clerk.post("/desk/listings", &[("act", "withdraw"), ("id", &id)]).body.contains("notice-bad"));
    assert!(
        reviewer.post("/desk/listings", &[("act", "withdraw"), ("id", &id)]).body.contains("notice-good")
    );
    // Who loses the account is out at once.
    station.run(["user", "remove", "meimei"]).ok();
    assert_eq!(reviewer.get("/desk").header("location"), Some("/desk/sign-in"));
}

fn setup_key_again(node: &Node) -> String {
    let refused = node.run(["user", "link"]).ends(5);
    assert!(refused.err.contains("user password"), "{}", refused.err);
    "/desk/setup?key=0".to_owned()
}

pub fn changed(visitor: &Visitor, draft: &str) -> String {
    let page = visitor.get(draft).body;
    page.split_once("name=\"changed\" value=\"").unwrap().1.split_once('"').unwrap().0.to_owned()
}

#[test]
fn what_was_typed_is_not_lost_when_two_edit_one_draft() {
    let scene = Scene::new();
    let hub = scene.hub("hub").start();
    let mut one = administrator(&hub);
    let mut other = signed_in(&hub, "王芳");
    let draft = begin(&mut one);
    let before = changed(&one, &draft);
    save(&mut other, &draft, &[("title", "先存的")]);
    let crossed = one.post(&draft, &[("form", "1"), ("changed", &before), ("title", "后存的")]);
    assert_eq!(crossed.code, 409);
    assert!(crossed.body.contains("value=\"后存的\""), "{}", crossed.body);
    assert!(one.get(&draft).body.contains("value=\"先存的\""));
    let now = changed(&one, &draft);
    assert_eq!(one.post(&draft, &[("form", "1"), ("changed", &now), ("title", "后存的")]).code, 303);
    assert!(other.get(&draft).body.contains("value=\"后存的\""));
    // An identity number is kept nowhere, not even as it was typed.
    save(&mut one, &draft, &[("title", "持有人 11010519491231002X 的成果")]);
    assert!(!one.get(&draft).body.contains("11010519491231002X"));
}

#[test]
fn forms_from_elsewhere_and_guessed_passwords_get_nothing() {
    let scene = Scene::new();
    let hub = scene.hub("hub").start();
    let web = hub.web();
    let origin = web.trim_end_matches('/').to_owned();
    let mut clerk = administrator(&hub);
    let (form, key) = ([("kind", "achievement")], clerk.form_key());
    let drafts = || hub.run(["listing", "list", "--drafts", "--json"]).ok().lines().len();

    for headers in [
        &[][..],
        &[("Origin", "null")],
        &[("Origin", "http://evil.example")],
        &[("Origin", "http://127.0.0.1:1")],
        &[("Origin", origin.as_str()), ("Sec-Fetch-Site", "cross-site")],
        &[("Origin", "http://evil.example"), ("Host", "evil.example")],
    ] {
        let refused = clerk.post_with("/desk/new", &form, headers, &key);
        assert!(matches!(refused.code, 403 | 421), "{headers:?}: {}", refused.code);
    }
    for wrong in ["", "0", &key[1..]] {
        assert_eq!(clerk.post_with("/desk/new", &form, &[("Origin", &origin)], wrong).code, 403, "{wrong}");
    }
    for (method, path) in [("POST", "/"), ("POST", "/list"), ("PUT", "/desk/new"), ("DELETE", "/desk/drafts")]
    {
        assert_eq!(send(&origin, method, path, &[("Origin", &origin)], "").code, 405, "{method} {path}");
    }
    let large = "x".repeat(2 << 20);
    assert!(matches!(clerk.post("/desk/new", &[("kind", &large)]).code, 413));
    assert_eq!(drafts(), 0);
    assert_eq!(clerk.post("/desk/new", &form).code, 303);
    assert_eq!(drafts(), 1);

    // Without a session every page leads to the login, whatever the cookie says.
    for cookie in ["", "desk=", "desk=00", "desk=../../x", "lang=zh; desk=%00"] {
        for path in ["/desk", "/desk/drafts", "/desk/listings", "/desk/draft/d-0"] {
            let away = send(&origin, "GET", path, &[("Cookie", cookie)], "");
            assert_eq!(away.header("location"), Some("/desk/sign-in"), "{cookie} {path}: {}", away.code);
        }
    }
    let page = clerk.get("/desk");
    assert_eq!(page.header("cache-control"), Some("no-store"));
    assert!(page.header("content-security-policy").unwrap().contains("default-src 'none'"));

    // A guesser soon waits; who signs in elsewhere does not.
    hub.run(["user", "list"]).ok();
    add(&hub, &scene, "lilei", "clerk");
    let mut guesser = Visitor::new(&web);
    let guess = |guesser: &mut Visitor, n: usize| {
        guesser.post("/desk/sign-in", &[("name", "王芳"), ("password", &format!("guess number {n}"))]).code
    };
    let codes: Vec<u16> = (0..9).map(|n| guess(&mut guesser, n)).collect();
    assert!(codes[..5].iter().all(|code| *code == 401) && codes[8] == 429, "{codes:?}");
    signed_in(&hub, "lilei");
    // Signed out is signed out.
    assert_eq!(clerk.post("/desk/sign-out", &[]).header("location"), Some("/desk/sign-in"));
    assert_eq!(clerk.get("/desk").header("location"), Some("/desk/sign-in"));
}

#[test]
fn an_administrator_looks_after_accounts_in_the_browser() {
    let scene = Scene::new();
    let hub = scene.hub("hub").start();
    let mut administrator = administrator(&hub);
    let other = "three cats under a tree";
    let add =
        [("act", "add"), ("name", "lilei"), ("role", "clerk"), ("password", PASSWORD), ("again", PASSWORD)];
    assert!(administrator.post("/desk/users", &add).body.contains("notice-good"));
    let twice = administrator.post("/desk/users", &add);
    assert_eq!(twice.code, 422, "{}", twice.body);
    let mut clerk = signed_in(&hub, "lilei");
    let page = clerk.get("/desk/users").body;
    assert!(!page.contains("王芳") && page.contains("own-password"), "{page}");
    // What is an administrator's is not done for a clerk, whatever the form says.
    let up = [("act", "role"), ("name", "lilei"), ("role", "administrator")];
    let others = [("act", "password"), ("name", "王芳"), ("password", other), ("again", other)];
    for form in [&add[..], &up, &others, &[("act", "remove"), ("name", "王芳")]] {
        assert_eq!(clerk.post("/desk/users", form).code, 403, "{form:?}");
    }
    // One's own password needs the present one, and the sessions of the old one end.
    let own =
        |present| [("act", "own-password"), ("present", present), ("password", other), ("again", other)];
    let elsewhere = signed_in(&hub, "lilei");
    assert_eq!(clerk.post("/desk/users", &own("not this one")).code, 422);
    assert_eq!(elsewhere.get("/desk").code, 200);
    assert_eq!(clerk.post("/desk/users", &own(PASSWORD)).code, 200);
    assert_eq!(clerk.get("/desk").code, 200, "who changed it stays");
    assert_eq!(elsewhere.get("/desk").header("location"), Some("/desk/sign-in"));
    // Another role counts at once; the last administrator stays one.
    assert_eq!(
        administrator.post("/desk/users", &[("act", "role"), ("name", "lilei"), ("role", "reviewer")]).code,
        200
    );
    let list = hub.run(["user", "list", "--json"]).ok().json();
    assert_eq!(list["accounts"][0]["role"], "reviewer", "{list}");
    assert_eq!(administrator.post("/desk/users", &[("act", "remove"), ("name", "王芳")]).code, 422);
    assert_eq!(administrator.post("/desk/users", &[("act", "remove"), ("name", "lilei")]).code, 200);
    assert_eq!(clerk.get("/desk").header("location"), Some("/desk/sign-in"));
}
