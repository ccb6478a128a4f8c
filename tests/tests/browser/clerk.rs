//! The clerk's whole path, in a browser alone: from the link that a new node prints to a listing in its hall.

use tests::{Browser, Look, Node, Scene};

use crate::stage::{ADMINISTRATOR, PASSWORD, sign_in};

/// Phone and desk, with scripts and without.
const LOOKS: [Look; 4] =
    [Look::wide(360), Look::wide(360).plain(), Look::wide(1280), Look::wide(1280).plain()];

fn set_up(browser: &Browser, node: &Node) {
    let reply = node.run(["user", "link", "--json"]).ok().json();
    browser.go(reply["link"].as_str().unwrap());
    browser.fill("#name", ADMINISTRATOR);
    browser.fill("#password", PASSWORD);
    browser.fill("#again", PASSWORD);
    browser.follow("main form .button");
    assert_eq!(browser.path(), "/desk", "{}", browser.text());
}

fn add_account(browser: &Browser, node: &Node, name: &str, role: &str) {
    browser.go(&format!("{}/desk/users", node.web()));
    browser.fill("section #name", name);
    browser.choose("section #role", role);
    browser.fill("section #password", PASSWORD);
    browser.fill("section #again", PASSWORD);
    browser.follow("button[name=act][value=add]");
    assert!(browser.has(".notice-good") && browser.text().contains(name), "{}", browser.text());
}

/// Writes a draft, has a mistake pointed out, corrects it and submits it; the draft's address.
fn write(browser: &Browser, node: &Node, title: &str) -> String {
    browser.go(&format!("{}/desk", node.web()));
    browser.follow("button[name=kind][value=achievement]");
    let draft = browser.path();
    assert!(draft.starts_with("/desk/draft/"), "{draft}");
    browser.fill("#title", title);
    browser.fill("#region", "没有这个地方");
    browser.follow("button[name=act][value=submit]");
    assert!(browser.has("#region-remarks .wrong"), "{}", browser.text());
    let kept = browser.eval("return document.querySelector('#title').value");
    assert_eq!(kept, title, "what was typed stays");
    browser.fill("#region", "武汉市");
    browser.follow("button[name=act][value=submit]");
    assert!(!browser.has("#region-remarks .wrong"), "{}", browser.text());
    draft.split('?').next().unwrap().to_owned()
}

#[test]
fn a_clerk_gets_from_the_first_link_to_a_published_listing_in_a_browser() {
    let Some(browser) = Browser::open() else { return };
    for look in LOOKS {
        let scene = Scene::new();
        let hub = scene.hub("hub").start();
        let web = hub.web();
        browser.look(look);
        browser.forget();
        set_up(&browser, &hub);
        add_account(&browser, &hub, "lilei", "clerk");
        add_account(&browser, &hub, "meimei", "reviewer");
        browser.follow(".who button");

        sign_in(&browser, &hub, "lilei");
        let title = "稀土永磁电机";
        let draft = write(&browser, &hub, title);
        browser.go(&format!("{web}{draft}"));
        assert!(!browser.has("button[value=pass]"), "a clerk reviews nothing");

        for reviewer in ["meimei", ADMINISTRATOR] {
            sign_in(&browser, &hub, reviewer);
            browser.go(&format!("{web}/desk/drafts"));
            assert!(browser.text().contains(title), "{look:?} {}", browser.text());
            browser.go(&format!("{web}{draft}"));
            browser.follow("button[name=act][value=pass]");
        }
        assert!(browser.path().starts_with("/listing/"), "{look:?} {} {}", browser.path(), browser.text());

        // Anyone finds it.
        assert_eq!(hub.search(title).len(), 1);
        browser.forget();
        browser.go(&web);
        browser.fill("main form[role=search] input[name=q]", "永磁");
        browser.follow("main form[role=search] button");
        browser.follow("main .entry h3 a");
        let shown = browser.text();
        assert!(browser.path().starts_with("/listing/") && shown.contains(title), "{look:?} {shown}");
        let seen = browser.seen();
        assert!(seen.foreign(&[&web]).is_empty() && seen.dialogs.is_empty(), "{look:?} {seen:?}");
        assert!(seen.complaints.is_empty(), "{look:?} {:?}", seen.complaints);
    }
}
