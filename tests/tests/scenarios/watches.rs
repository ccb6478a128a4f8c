//! Saved searches at a station: what arrives from the hub is told on a page, in a feed, by webhook and by mail, once each.

use serde_json::Value as Json;
use sha2::{Digest, Sha256};
use tests::{Home, Node, Posted, Receiver, Scene, get, http, hub_and_station, send, smtp, until};

use crate::desk::{add, signed_in};

/// What somebody calls their search, and would not have others read.
const NAME: &str = "canary-of-a-secret-need";

/// HMAC-SHA256 (RFC 2104), in base64.
fn mac(secret: &[u8], message: &[u8]) -> String {
    let hash = |parts: [&[u8]; 2]| Sha256::digest(parts.concat());
    let mut key = secret.to_vec();
    key.resize(64, 0);
    let pad = |byte: u8| key.iter().map(|b| b ^ byte).collect::<Vec<u8>>();
    let inner = hash([&pad(0x36), message]);
    data_encoding::BASE64.encode(&hash([&pad(0x5c), &inner]))
}

/// Whether a message is signed with this secret.
fn is_signed(message: &Posted, secret: &str) -> bool {
    let secret = data_encoding::BASE64.decode(secret.strip_prefix("whsec_").unwrap().as_bytes()).unwrap();
    let (id, at) = (message.header("webhook-id"), message.header("webhook-timestamp"));
    let signed = [format!("{id}.{at}.").as_bytes(), &message.body].concat();
    message.header("webhook-signature") == format!("v1,{}", mac(&secret, &signed))
}

/// Lines of the configuration in place of the whole of their sections.
fn configure(home: &Home, outgoing: &str, mail: &str) {
    let path = home.path().join("config.toml");
    let mut config: String = std::fs::read_to_string(&path).unwrap();
    for section in ["[web-out]", "[mail]"] {
        if let Some((before, rest)) = config.clone().split_once(section) {
            let after = rest.split_once("\n[").map(|(_, after)| format!("[{after}")).unwrap_or_default();
            config = format!("{before}{after}");
        }
    }
    std::fs::write(path, format!("{config}\n[web-out]\n{outgoing}\n[mail]\n{mail}\n")).unwrap();
}

fn publish(node: &Node, title: &str, more: &[&str]) -> String {
    let title = format!("title={title}");
    let args =
        [&["listing", "new", "--kind", "achievement", &title], more, &["--publish", "--json"]].concat();
    let made = node.begin(&args).finish().ok().json();
    made["id"].as_str().expect("an id").to_owned()
}

fn watch(node: &Node, id: &str) -> Json {
    node.run(["watch", "show", id, "--json"]).ok().json()
}

/// Titles that a watch has found, the newest first.
fn found(node: &Node, id: &str) -> Vec<String> {
    let shown = watch(node, id);
    let found = shown["found"].as_array().expect("a list");
    found
        .iter()
        .map(|one| format!("{} {}", one["change"].as_str().unwrap(), one["title"].as_str().unwrap()))
        .collect()
}

fn until_found(node: &Node, id: &str, wanted: &[&str]) {
    let mut seen = Vec::new();
    let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        until("it is found", || {
            seen = found(node, id);
            (seen == wanted).then_some(())
        })
    }));
    assert!(result.is_ok(), "found {seen:?}, not {wanted:?}");
}

/// Ids of messages with the listings in each, the tries of one message put together.
fn told(hook: &Receiver<Posted>) -> Vec<(String, Vec<String>)> {
    let mut all: Vec<(String, Vec<String>)> = Vec::new();
    for message in hook.came() {
        let id = message.header("webhook-id").to_owned();
        let listings = message.json()["data"]["listings"].as_array().expect("listings").clone();
        let listings: Vec<String> =
            listings.iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect();
        match all.iter().find(|(known, _)| *known == id) {
            Some((_, before)) => assert_eq!(*before, listings, "the same message says the same"),
            None => all.push((id, listings)),
        }
    }
    all
}

#[test]
fn a_watch_tells_once_of_what_arrives_and_nothing_of_itself() {
    let scene = Scene::new();
    let (hook, mails) = (http(&["500 Not now"]), smtp());
    let (hub, station) = hub_and_station(&scene);
    publish(&hub, "旧的石墨烯电极", &[]);
    hub.holds_with(&[&station], 1);
    let station = station.stop();
    let mail = format!(
        "server = \"127.0.0.1\"\nport = {}\ntls = \"none\"\nfrom = \"联市 <a@b.example>\"",
        mails.port()
    );
    configure(&station, "allow = [\"127.0.0.1\"]", &mail);
    let station = station.start();
    station.synced();
    until("the old one is searchable", || (station.search("石墨烯").len() == 1).then_some(()));
    let url = format!("http://127.0.0.1:{}/hook?x=1", hook.port());
    let args = ["watch", "add", "石墨烯", "--kind", "achievement", "--every", "now", "--name", NAME];
    let more = ["--webhook", &url, "--mail", "wang@c.example", "--json"];
    let made = station.begin(&[&args[..], &more].concat()).finish().ok().json();
    let id = made["id"].as_str().unwrap().to_owned();

    // One that anyone may see, with a hostile title; one for members; one that does not match.
    let hostile = "石墨烯</script><script>alert(1)</script>";
    let public = publish(&hub, hostile, &["contact_phone=13800138000"]);
    publish(&hub, "石墨烯成员专享", &["--visibility", "members"]);
    publish(&hub, "水轮机", &[]);
    until("both are found", || (found(&station, &id).len() == 2).then_some(()));
    let mut both = found(&station, &id);
    both.sort();
    assert_eq!(both, [format!("new {hostile}"), "new 石墨烯成员专享".to_owned()]);

    // The webhook: refused once, tried again under the same id, signed each time; public listings alone.
    until("a second try", || (hook.came().len() >= 2).then_some(()));
    let came = hook.came();
    let secret = made["secret"].as_str().unwrap();
    assert!(came.iter().all(|message| is_signed(message, secret)), "{came:?}");
    let other = format!("whsec_{}", data_encoding::BASE64.encode(&[0; 32]));
    assert!(!is_signed(&came[0], &other), "any secret will do");
    assert_eq!(
        told(&hook).iter().map(|(_, listings)| listings.clone()).collect::<Vec<_>>(),
        [vec![public.clone()]]
    );
    assert_eq!((came[0].path.as_str(), came[0].header("content-type")), ("/hook?x=1", "application/json"));
    // The mail, and the feed under an address that nobody can guess.
    let mail = until("a mail", || mails.came().first().cloned());
    assert!(mail.starts_with("RCPT TO:<wang@c.example>"), "{mail}");
    let feed = made["feed"].as_str().unwrap();
    let web = station.web();
    let feed = format!("/feed/{}", feed.rsplit('/').next().unwrap());
    let atom = get(&web, &feed);
    assert_eq!((atom.code, atom.header("cache-control")), (200, Some("private, no-cache")));
    assert!(atom.body.contains(&public) && !atom.body.contains("成员专享"), "{}", atom.body);
    let wrong = feed.replace(|c: char| c.is_ascii_digit(), "0").replace('a', "0");
    assert_eq!(get(&web, &wrong).code, 404, "{wrong}");
    for out in
        came.iter().map(|message| String::from_utf8(message.body.clone()).unwrap()).chain([mail, atom.body])
    {
        assert!(!out.contains(NAME) && !out.contains("13800138000") && !out.contains("成员专享"), "{out}");
    }

    // The page.
    add(&station, &scene, "lilei", "clerk");
    let mut visitor = signed_in(&station, "lilei");
    let page = visitor.get(&format!("/desk/watches/{id}")).body;
    assert!(page.contains(NAME) && page.contains("2 条未读") && page.contains("石墨烯成员专享"), "{page}");
    assert!(!page.contains("<script>alert"), "{page}");
    let upto = page.split_once("name=\"upto\" value=\"").unwrap().1.split_once('"').unwrap().0.to_owned();
    let read = visitor.post(&format!("/desk/watches/{id}"), &[("act", "read"), ("upto", &upto)]);
    assert_eq!(read.code, 303);
    assert_eq!(watch(&station, &id)["unread"], 0);

    // Killed; meanwhile something comes. Nothing is lost, nothing told twice.
    let station = station.kill();
    let later = publish(&hub, "石墨烯散热膜", &[]);
    let station = station.start();
    hub.holds_with(&[&station], 5);
    until("the third is found", || (found(&station, &id).len() == 3).then_some(()));
    assert_eq!(watch(&station, &id)["unread"], 1);
    until("the third is told", || (told(&hook).len() >= 2).then_some(()));
    let listings: Vec<_> = told(&hook).into_iter().flat_map(|(_, listings)| listings).collect();
    assert_eq!(listings, [public.clone(), later.clone()]);

    // The office's own number is no news; another summary is. What is withdrawn leaves.
    hub.run(["listing", "edit", &later, "source_id=W-7"]).ok();
    hub.agrees_with(&[&station]);
    hub.run(["listing", "edit", &later, "summary=导热系数提高一倍"]).ok();
    until("it is told as changed", || {
        found(&station, &id).first().filter(|first| *first == "changed 石墨烯散热膜").map(drop)
    });
    assert_eq!(found(&station, &id).len(), 3);
    hub.run(["listing", "withdraw", &public]).ok();
    until_found(&station, &id, &["changed 石墨烯散热膜", "new 石墨烯成员专享"]);
    let web = station.web();
    assert!(!get(&web, &feed).body.contains(&public));
    station.run(["watch", "feed", &id, "--end"]).ok();
    assert_eq!(get(&web, &feed).code, 404);
    station.run(["watch", "remove", &id]).ok();
    assert!(station.run(["watch", "list", "--json"]).ok().lines().is_empty());
}

#[test]
fn a_webhook_goes_nowhere_that_it_may_not() {
    let scene = Scene::new();
    let (secret, open) = (http(&[]), http(&["302 Found\r\nLocation: /elsewhere", "410 Gone"]));
    let inside = format!("http://127.0.0.1:{}/", secret.port());
    let moved = format!("http://127.0.0.1:{}/", open.port());
    let hub = scene.hub("hub");
    configure(&hub, &format!("allow = [\"127.0.0.1:{}\"]", open.port()), "");
    let hub = hub.start();
    for url in [
        inside.as_str(),
        &inside.replace("127.0.0.1", "[::ffff:127.0.0.1]"),
        &inside.replace("127.0.0.1", "0x7f000001"),
        "http://169.254.169.254/latest/meta-data/",
        "http://10.0.0.1/",
        "http://8.8.8.8:25/",
        "file:///etc/passwd",
        "http://user:password@example.cn/",
        "nonsense",
    ] {
        let ran = hub.run(["watch", "add", "x", "--webhook", url, "--lang", "zh"]);
        assert!(ran.code == 5 && ran.all().contains("webhook"), "{url}: {} {}", ran.code, ran.all());
    }
    assert_eq!(hub.run(["watch", "add", "x", "--mail", "a@b.cn"]).code, 5, "there is no mail server");

    // A name may lead anywhere: it is judged when it is gone to.
    let named = inside.replace("127.0.0.1", "localhost");
    let made = hub.run(["watch", "add", "x", "--webhook", &named, "--json"]).ok().json();
    let tried = hub.run(["watch", "test", made["id"].as_str().unwrap(), "--json"]);
    assert_eq!((tried.code, &tried.json()["tried"][0]["ok"]), (4, &false.into()));
    assert!(secret.came().is_empty(), "{:?}", secret.came());

    // What is told was meant for one address: nobody leads it on.
    let made = hub.run(["watch", "add", "技术", "--every", "now", "--webhook", &moved, "--json"]).ok().json();
    let id = made["id"].as_str().unwrap();
    assert_eq!(hub.run(["watch", "test", id]).code, 4);
    assert_eq!(open.came().len(), 1, "{:?}", open.came());

    // An address that wants nothing more is not told again, and the watch says so.
    publish(&hub, "技术一", &[]);
    let stopped = until("it is given up", || {
        let webhook = watch(&hub, id)["webhook"].clone();
        (webhook["stopped"] == true).then_some(webhook)
    });
    assert!(stopped["why"].as_str().unwrap().contains("410"), "{stopped}");
    assert_eq!(open.came().len(), 2);
    hub.run(["watch", "start", id]).ok();
    until("it goes on", || (watch(&hub, id)["webhook"]["waiting"] == 0).then_some(()));
    assert_eq!(open.came().len(), 3);
    assert_eq!(open.came()[1].header("webhook-id"), open.came()[2].header("webhook-id"));
}

#[test]
fn who_gets_the_mails_of_a_watch_can_end_them() {
    let scene = Scene::new();
    let mails = smtp();
    let hub = scene.hub("hub");
    let mail =
        format!("server = \"127.0.0.1\"\nport = {}\ntls = \"none\"\nfrom = \"a@b.example\"", mails.port());
    configure(&hub, "", &mail);
    let config = hub.path().join("config.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    let text = text.replacen("address = \"\"", "address = \"https://market.example.cn\"", 1);
    std::fs::write(config, text).unwrap();
    let hub = hub.start();
    let made = hub.run(["watch", "add", "技术", "--mail", "li@c.example", "--json"]).ok().json();
    let id = made["id"].as_str().unwrap();
    hub.run(["watch", "test", id]).ok();
    let mail = until("a mail", || mails.came().first().cloned());
    let link = mail.split_once("List-Unsubscribe: <").expect("a way out").1.split_once('>').unwrap().0;
    let path = link.strip_prefix("https://market.example.cn").expect("the address of the pages");
    assert!(mail.contains("List-Unsubscribe-Post: List-Unsubscribe=One-Click"), "{mail}");
    let web = hub.web();
    let asked = get(&web, path);
    assert!(asked.code == 200 && asked.body.contains("method=\"post\""), "{}", asked.body);
    assert!(watch(&hub, id)["mail"].is_object(), "looking at it ends nothing");
    let form = [("Content-Type", "application/x-www-form-urlencoded")];
    assert_eq!(send(&web, "POST", path, &form, "List-Unsubscribe=One-Click").code, 200);
    assert!(watch(&hub, id)["mail"].is_null());
    assert_eq!(get(&web, path).code, 404);
    assert_eq!(send(&web, "POST", "/stop/0", &form, "").code, 405);
}
