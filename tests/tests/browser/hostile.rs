//! What hostile text cannot do in a browser (promise 24). A member of the network writes entries that no form would let
//! pass: every field of every kind, under every key that a document knows, holds a text of the corpus. They replicate to
//! the hub, and both nodes' pages show them, once under the pages' policy and once without it, when escaping alone has to hold.
//!
//! In every run each field meets texts in turn; `LIANSHI_HOSTILE=all` has each field meet each text.

use std::collections::BTreeMap;
use std::path::Path;

use catalog::{Kind, Part};
use market::{Desk, Identity, Incoming, Ledger, Library, Outcome};
use protocol::{Value, Visibility};
use tests::{Browser, Home, Node, Scene, percent, send};

use crate::corpus::{CORPUS, numbered};
use crate::stage::{ADMINISTRATOR, add, around, sign_in};
use crate::visitor::{serve, spoken};
use crate::watch;

/// Texts that a field meets in a usual run.
const TURNS: usize = 3;
/// When the hostile entries say that they were written.
const NOW: i64 = 1_790_000_000_000;

/// Where each text stands: its number finds it again.
#[derive(Default)]
struct Planted(Vec<String>);

impl Planted {
    /// The text that a field meets in this turn, with a number of its own.
    fn text(&mut self, place: String, nth: usize) -> String {
        self.0.push(place);
        numbered(CORPUS[nth % CORPUS.len()], self.0.len() - 1)
    }

    /// A listing whose every key holds a hostile text.
    fn listing(&mut self, kind: Kind, turn: usize) -> BTreeMap<String, Value> {
        let keys =
            kind.fields().iter().flat_map(|field| field.parts().iter().map(move |part| (field, *part)));
        let mut fields = BTreeMap::new();
        for (nth, (field, part)) in keys.enumerate() {
            let key = field.key_of(part);
            let text = self.text(format!("{} {key}", kind.id()), nth + turn);
            match part {
                Part::Member | Part::ForeignMember => {
                    // Such a key is as long as a document lets it be, and no longer.
                    if key.len() + text.len() <= protocol::limits::MAX_KEY {
                        fields.insert(format!("{key}{text}"), Value::Bool(true));
                    }
                }
                _ => {
                    fields.insert(key, Value::Text(text));
                }
            }
        }
        // A key that no field knows is shown too.
        let text = self.text(format!("{} an unknown key", kind.id()), turn);
        fields.insert(format!("x{text}"), Value::Text(text));
        fields
    }
}

/// Writes listings into a home whose node does not run, past every check of the program.
fn write(home: &Path, listings: Vec<(Kind, BTreeMap<String, Value>)>) -> Vec<String> {
    let identity = Identity::read(home).unwrap();
    let options = storage::Options { cache_capacity: 16 << 20, floor_bytes: 0 };
    let mut ledger = Ledger::open(&home.join("data"), options, identity.opener()).unwrap().ledger;
    let roster = ledger.roster_book(&identity.charter.charter).unwrap().roster().clone();
    let library = Library::new(ledger.store(), roster);
    let mut desk = Desk { ledger: &mut ledger, identity: &identity, library: &library, now_ms: NOW };
    let record = |(kind, fields): (Kind, BTreeMap<String, Value>)| Incoming {
        kind: kind.code(),
        contact: fields.clone(),
        fields,
        visibility: Some(Visibility::Public),
        private: BTreeMap::new(),
    };
    let records: Vec<Incoming> = listings.into_iter().map(record).collect();
    let (published, _) = desk.take_in(&records, true).unwrap();
    let (drafted, _) = desk.take_in(&records, false).unwrap();
    let id = |outcome: &Outcome| match outcome {
        Outcome::Published(id) | Outcome::Updated(id) | Outcome::Unchanged(id) => format!("/listing/{id}"),
        Outcome::Drafted(id) => format!("/desk/draft/{id}"),
    };
    published.iter().chain(&drafted).map(id).collect()
}

/// A site whose very name is hostile.
fn hostile_site(scene: &Scene, hub: &Home) -> Home {
    let home = scene.home("site");
    hub.run(["invite", "--role", "grassroots-site", "--region", "420106", "--out", "site.invitation"]).ok();
    let name = "\"><img src=x onerror=planted('name')>";
    let join = "site.invitation";
    home.run(["init", "--role", "grassroots-site", "--name", name, "--region", "420106", "--join", join])
        .ok();
    home
}

/// Addresses that repeat what they were asked.
fn asked() -> Vec<String> {
    let each = |(nth, text): (usize, &&str)| {
        let text = percent(&numbered(text, nth));
        match nth % 3 {
            0 => format!("/list?q={text}"),
            1 => format!("/list?kind={text}&region={text}&field={text}&trl={text}&sort={text}"),
            _ => format!("/{text}?{text}={text}"),
        }
    };
    CORPUS.iter().enumerate().map(each).collect()
}

/// Looks at all pages; what went wrong, a line each.
fn look(browser: &Browser, node: &Node, paths: &[String], planted: &Planted) -> Vec<String> {
    let web = node.web();
    let mut found = Vec::new();
    for path in paths {
        for without_policy in [false, true] {
            browser.without_policy(without_policy);
            let lines = watch::open(browser, &web, path);
            found
                .extend(lines.into_iter().map(|line| format!("{path} (policy {}): {line}", !without_policy)));
        }
    }
    browser.without_policy(false);
    for (number, place) in planted.0.iter().enumerate() {
        let marks = [format!("'{number}'"), format!("/{number}\""), format!("fired: {number}")];
        if found.iter().any(|line| marks.iter().any(|mark| line.contains(mark) || line.ends_with(mark))) {
            println!("{number} stands in {place}");
        }
    }
    found
}

#[test]
fn no_text_of_the_corpus_becomes_more_than_text_on_any_page() {
    let Some(browser) = Browser::open() else { return };
    watch::begin(&browser);
    let scene = Scene::new();
    let hub = scene.hub("hub").start();
    let site = hostile_site(&scene, &hub);
    let turns = if std::env::var("LIANSHI_HOSTILE").as_deref() == Ok("all") { CORPUS.len() } else { TURNS };
    let step = CORPUS.len() / turns;
    let mut planted = Planted::default();
    let listings: Vec<_> = (0..turns)
        .flat_map(|turn| Kind::ALL.map(|kind| (kind, turn * step)))
        .map(|(kind, turn)| (kind, planted.listing(kind, turn)))
        .collect();
    let count = listings.len();
    let written = write(&site.path(), listings);
    let (public, drafts) = written.split_at(count);
    let site = site.start();
    hub.holds_with(&[&site], count as u64);
    hub.search("planted");
    for id in public.iter().filter_map(|path| path.strip_prefix("/listing/")).take(6) {
        let (value, reason) =
            (planted.text("statement value".to_owned(), 3), planted.text("reason".to_owned(), 31));
        hub.run(["statement", "make", id, "--label", "screening", "--value", &value, "--reason", &reason]);
    }

    // Rules of the network that hold all of them, one after the other: in words, as headings, as links, in code.
    let rules: Vec<String> = (0..CORPUS.len())
        .map(|nth| match (planted.text("rules".to_owned(), nth), nth % 4) {
            (text, 0) => text,
            (text, 1) => format!("# {text}"),
            (text, 2) => format!("[{text}]({text})"),
            (text, _) => format!("`{text}`"),
        })
        .collect();
    // What cannot be a text at all, such as control characters, is refused before it is signed.
    let rules = rules.join("\n\n").replace(|c: char| c.is_control() && c != '\n', "");
    scene.write("rules.md", rules);
    hub.run(["roster", "propose", "profile", "--rules", "2026-1=rules.md"]).ok();

    let fixed = [
        "/profile",
        "/profile/rules",
        "/",
        "/list",
        "/list?q=planted",
        "/list?kind=achievement",
        "/list?kind=demand",
        "/stats",
        "/status",
        "/network",
    ];
    let fixed = fixed.iter().flat_map(|path| ["zh", "en"].map(|lang| spoken(path, lang)));
    let ids = public.iter().filter_map(|path| path.strip_prefix("/listing/"));
    let around = ids.clone().flat_map(around);
    let pages: Vec<String> = fixed.chain(asked()).chain(public.iter().cloned()).chain(around).collect();
    let mut found = look(&browser, &hub, &pages, &planted);

    add(&site, &scene, ADMINISTRATOR, "administrator");
    sign_in(&browser, &site, ADMINISTRATOR);
    browser.seen();
    let desk = [
        "/",
        "/desk",
        "/desk/drafts",
        "/desk/listings",
        "/desk/users",
        "/desk/network",
        "/desk/nodes",
        "/desk/audit",
        "/desk/peers",
        "/desk/harvest",
    ]
    .map(str::to_owned);
    let own = ids.map(|id| format!("/desk/listing/{id}"));
    let pages: Vec<String> = desk.into_iter().chain(drafts.iter().cloned()).chain(own).collect();
    found.extend(look(&browser, &site, &pages, &planted));
    println!("{} texts in {count} listings and as many drafts", planted.0.len());
    assert!(found.is_empty(), "{} things:\n{}", found.len(), found.join("\n"));
    let shown = send(&hub.web(), "GET", &public[0], &[], "").body;
    assert!(shown.contains("planted("), "the texts are there to be read: {shown}");
}

/// What a page at fault would do with a text: in running text, in attributes of either quote, as an address, in a script
/// that holds JSON, in a title, in a form, and read once too often.
fn at_fault(text: &str) -> [String; 9] {
    let decoded = text
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&#60;", "<")
        .replace("&#62;", ">")
        .replace("%3C", "<")
        .replace("%3E", ">")
        .replace("\\u003c", "<")
        .replace("\\u003e", ">");
    [
        format!("<p>{text}</p>"),
        format!("<input value=\"{text}\">"),
        format!("<input value='{text}'>"),
        format!("<a href=\"{text}\">x</a>"),
        format!("<script type=\"application/ld+json\">{{\"name\": \"{text}\"}}</script>"),
        format!("<textarea>{text}</textarea>"),
        format!("<select><option>{text}</select>"),
        format!("<!-- {text} -->"),
        format!("<p>{decoded}</p>"),
    ]
}

#[test]
fn the_watch_notices_every_text_of_the_corpus() {
    let Some(browser) = Browser::open() else { return };
    watch::begin(&browser);
    let mut quiet = Vec::new();
    for (nth, text) in CORPUS.iter().enumerate() {
        let text = numbered(text, nth);
        let noticed = at_fault(&text).into_iter().any(|body| {
            let origin = serve(format!("<!doctype html><meta charset=utf-8><title>x</title>{body}"));
            !watch::open(&browser, &origin, "/").is_empty()
        });
        if !noticed {
            quiet.push(text);
        }
    }
    assert_eq!(quiet, Vec::<String>::new(), "these would go by in silence");
    // And a page that does no wrong is left alone.
    let calm =
        serve("<!doctype html><title>x</title><p>&lt;script&gt;planted('1')&lt;/script&gt;</p>".to_owned());
    assert_eq!(watch::open(&browser, &calm, "/"), Vec::<String>::new());
}
