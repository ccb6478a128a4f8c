//! A visitor asks: on the page of one market, about a listing of a university whose node is away; the hub keeps what it
//! cannot read; the university comes back, signs for it, and answers at its desk.

use aho_corasick::AhoCorasick;
use serde_json::Value as Json;
use tests::{Answer, Home, Node, Scene, Visitor, files_below, get, percent, send, until};

const MESSAGE: &str = "能否先寄两套样件试装-q8w2";
const NAME: &str = "李工程师-q8w2";
const CONTACT: &str = "0710-3456789-q8w2";
const ANSWER: &str = "下周一寄出两套-q8w2";

/// Sends a listing's form as the page of a node does.
fn ask(node: &Node, listing: &str, message: &str) -> Answer {
    let fields = [("name", NAME), ("organisation", "襄阳轴承厂"), ("contact", CONTACT), ("message", message)];
    let body: Vec<String> = fields.iter().map(|(k, v)| format!("{k}={}", percent(v))).collect();
    let web = node.web();
    let headers = [("Origin", web.as_str()), ("Content-Type", "application/x-www-form-urlencoded")];
    send(&web, "POST", &format!("/listing/{listing}/enquiry"), &headers, &body.join("&"))
}

fn list(home: &Home, more: &[&str]) -> Vec<Json> {
    home.begin(&[&["enquiry", "list", "--json"], more].concat()).finish().ok().lines()
}

#[test]
fn a_visitor_asks_a_node_that_is_away_and_is_answered_at_its_desk() {
    let scene = Scene::new();
    let hub = scene.hub("hub").start();
    let market = scene.join(&hub, "market", "sub-market", "420600").start();
    let university = scene.join(&hub, "university", "resource-station", "420106").start();
    university.synced();
    let listing = university.publish("高速轴承保持架");
    until("the listing is found at the market", || {
        (!market.search("高速轴承保持架").is_empty()).then_some(())
    });
    let university = university.stop();

    // The visitor is at the market's page; the university is away.
    assert!(
        get(&market.web(), &format!("/listing/{listing}"))
            .body
            .contains(&format!("/listing/{listing}/enquiry"))
    );
    let sent = ask(&market, &listing, MESSAGE);
    let receipt = sent.header("location").expect("an address").to_owned();
    assert!(sent.code == 303 && receipt.starts_with("/enquiry/"), "{}", sent.body);
    let page = get(&market.web(), &receipt).body;
    assert!(page.contains(MESSAGE) && page.contains("way-open") && !page.contains(CONTACT), "{page}");
    let one = list(&market, &["--sent"]);
    assert_eq!(
        (one.len(), &one[0]["state"], &one[0]["received"]),
        (1, &"sent".into(), &Json::Null),
        "{one:?}"
    );
    // What the hub has confirmed it holds; then the market goes home.
    market.synced();
    let market = market.stop();

    let university = university.start();
    let waiting = until("the enquiry has come", || list(&university, &[]).pop());
    assert_eq!(waiting["state"], "new", "{waiting}");
    assert_eq!((&waiting["message"], &waiting["name"]), (&MESSAGE.into(), &NAME.into()), "{waiting}");
    assert_eq!((&waiting["from"]["name"], &waiting["contact"]), (&"market".into(), &CONTACT.into()));
    assert_eq!(university.status()["enquiries"]["open"], 1);

    // At the desk: a heap on the overview, the list, the enquiry, an answer.
    let mut clerk = super::desk::administrator(&university);
    assert!(clerk.get("/desk").body.contains("/desk/enquiries\" class=\"urgent\""));
    assert!(clerk.get("/desk/enquiries").body.contains("高速轴承保持架"));
    let path = format!("/desk/enquiry/{}", waiting["id"].as_str().unwrap());
    let page = clerk.get(&path).body;
    assert!(page.contains(MESSAGE) && page.contains(CONTACT), "{page}");
    assert_eq!(list(&university, &[])[0]["state"], "read");
    assert_eq!(clerk.post(&path, &[("act", "answer"), ("message", " ")]).code, 422);
    let answered = clerk.post(&path, &[("act", "answer"), ("message", ANSWER)]);
    assert_eq!(answered.code, 303, "{}", answered.body);
    assert!(list(&university, &[]).is_empty());
    let done = list(&university, &["--all"]).pop().unwrap();
    assert_eq!((&done["state"], &done["by"]), (&"answered".into(), &"王芳".into()), "{done}");
    let figures = university.status()["enquiries"].clone();
    assert_eq!(
        (&figures["open"], &figures["answered"], &figures["in_time"]),
        (&0.into(), &1.into(), &1.into())
    );
    // Without a session nobody sees a word of it.
    let away = Visitor::new(&university.web()).get(&path);
    assert!(away.header("location") == Some("/desk/sign-in") && !away.body.contains(MESSAGE));
    university.synced();
    let university = university.stop();

    let market = market.start();
    let page = until("the visitor reads the answer", || {
        let page = get(&market.web(), &receipt).body;
        page.contains(ANSWER).then_some(page)
    });
    assert!(!page.contains("王芳") && !page.contains("way-open"), "{page}");
    let sent = list(&market, &["--sent"]).pop().unwrap();
    assert_eq!((&sent["state"], sent["received"].is_string()), (&"answered".into(), true), "{sent}");
    assert!(market.search(MESSAGE).iter().all(|hit| hit["id"] == listing.as_str()), "no search finds it");

    // The hub has kept it and knows nothing; nobody wrote a word of it into a log.
    hub.synced();
    let (hub, market) = (hub.stop(), market.stop());
    let sought = AhoCorasick::new([MESSAGE, NAME, CONTACT, ANSWER]).unwrap();
    let holds = |path: &std::path::Path| sought.is_match(&std::fs::read(path).unwrap());
    assert_eq!(files_below(&hub.path()).into_iter().find(|path| holds(path)), None);
    assert!(files_below(&market.path()).iter().any(|path| holds(path)), "those who asked keep it");
    let logs = std::fs::read_dir(scene.folder()).unwrap().map(|item| item.unwrap().path());
    let logs: Vec<_> = logs.filter(|path| path.extension().is_some_and(|end| end == "log")).collect();
    assert!(logs.len() >= 5 && !logs.iter().any(|path| holds(path)), "{logs:?}");
    drop(university);
}

#[test]
fn what_is_asked_at_home_is_received_at_once_and_can_be_closed() {
    let scene = Scene::new();
    let hub = scene.hub("hub").start();
    let listing = hub.publish("本馆的成果");
    let sent = ask(&hub, &listing, "第一问");
    let seen = get(&hub.web(), sent.header("location").unwrap()).body;
    assert!(seen.contains("的节点已签收") && seen.contains("way-open"), "{seen}");
    let second = ask(&hub, &listing, "第二问");
    assert_eq!(second.code, 303);
    let made = hub
        .run(["enquiry", "make", &listing, "--name", "张", "--contact", "13900000000", "--message", "第三问"])
        .ok();
    assert!(made.out.contains("asked under seal"), "{made:?}");
    let waiting = until("all three are received", || Some(list(&hub, &[])).filter(|all| all.len() == 3));
    let id = |n: usize| waiting[n]["id"].as_str().unwrap().to_owned();
    hub.run(["enquiry", "answer", &id(0), "--message", "答"]).ok();
    hub.run(["enquiry", "answer", &id(1), "--message", "11010519491231002X"]).ends(3);
    hub.run(["enquiry", "show", "0123456789"]).ends(1);
    let mut clerk = super::desk::administrator(&hub);
    let closed = clerk.post("/desk/enquiries", &[("act", "close"), ("id", &id(1)), ("id", &id(2))]);
    assert!(closed.body.contains("notice-good"), "{}", closed.body);
    assert!(list(&hub, &[]).is_empty());
    let states: Vec<Json> = list(&hub, &["--all"]).into_iter().map(|one| one["state"].clone()).collect();
    assert_eq!(states.iter().filter(|state| *state == "closed").count(), 2, "{states:?}");
    // Whoever asked sees that, and what to do next.
    let seen = get(&hub.web(), second.header("location").unwrap()).body;
    assert!(seen.contains("已关闭这次询问，没有答复") && !seen.contains("way-open"), "{seen}");
    assert!(seen.contains(&format!("href=\"/listing/{listing}/enquiry\"")), "{seen}");
    assert_eq!(list(&hub, &["--sent"]).iter().filter(|one| one["closed"].is_string()).count(), 2);
    assert!(hub.run(["--lang", "zh", "enquiry", "list"]).ok().out.contains("近 30 天答复 1 条"));
}
