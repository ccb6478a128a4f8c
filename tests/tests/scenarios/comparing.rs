//! A node harvests a repository that does not tell what it deletes, one whose lists break off, and one of several sets; and an
//! administrator looks after sources at the desk and by the API.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Value as Json, json};
use tests::{Answer, Home, Node, Scene, send, until};

use crate::desk::{add, signed_in};

/// A record of a repository.
#[derive(Clone, Default)]
struct Record {
    id: String,
    title: String,
    /// Sets in which it is listed.
    sets: Vec<String>,
    /// Sets in whose lists it is told as deleted.
    deleted: Vec<String>,
    stamp: String,
}

/// What a repository has, and what is wrong with it.
#[derive(Clone, Default)]
struct Shelf {
    /// `no`, `transient` or `persistent`.
    deleted: String,
    records: Vec<Record>,
    /// A list of identifiers ends after so many, as if that were all.
    cut: Option<usize>,
    /// It says how many there are.
    counts: bool,
    /// A list breaks off after its first page.
    breaks: bool,
}

/// Records on a page.
const PAGE: usize = 10;

/// A repository over loopback, for as long as the process lives.
struct Repository {
    port: u16,
    shelf: Arc<Mutex<Shelf>>,
}

impl Repository {
    fn start(shelf: Shelf) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let shelf = Arc::new(Mutex::new(shelf));
        let shared = Arc::clone(&shelf);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shelf = shared.lock().unwrap_or_else(PoisonError::into_inner).clone();
                let _ = serve(stream, &shelf);
            }
        });
        Self { port, shelf }
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}/oai", self.port)
    }

    fn shelf(&self) -> MutexGuard<'_, Shelf> {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn serve(mut stream: TcpStream, shelf: &Shelf) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let query = line.split(' ').nth(1)?.split_once('?').map(|(_, query)| query.to_owned())?;
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        if header.trim().is_empty() {
            break;
        }
    }
    let asked: Vec<(String, String)> = query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.replace("%3A", ":").replace("%7E", "~")))
        .collect();
    let body = shelf.answer(&asked);
    let head = format!("HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: {}\r\n", body.len());
    stream.write_all(format!("{head}Connection: close\r\n\r\n{body}").as_bytes()).ok()
}

impl Shelf {
    fn answer(&self, asked: &[(String, String)]) -> String {
        let of =
            |name: &str| asked.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str());
        let body = match of("verb") {
            "Identify" => format!(
                "<Identify><repositoryName>A quiet repository</repositoryName><deletedRecord>{}</deletedRecord><granularity>YYYY-MM-DDThh:mm:ssZ</granularity></Identify>",
                self.deleted
            ),
            "ListMetadataFormats" => "<ListMetadataFormats><metadataFormat><metadataPrefix>oai_dc</metadataPrefix></metadataFormat></ListMetadataFormats>".to_owned(),
            "ListSets" => "<ListSets><set><setSpec>a</setSpec><setName>First &lt;b&gt;set</setName></set><set><setSpec>b</setSpec><setName>Second set</setName></set></ListSets>".to_owned(),
            "GetRecord" => match self.records.iter().find(|record| record.id == of("identifier")) {
                Some(record) => format!("<GetRecord>{}</GetRecord>", record.xml("", true)),
                None => "<error code=\"idDoesNotExist\">no such record</error>".to_owned(),
            },
            verb => self.list(verb, (of("set"), of("from")), of("resumptionToken")),
        };
        format!(
            "<?xml version=\"1.0\"?><OAI-PMH xmlns=\"http://www.openarchives.org/OAI/2.0/\"><responseDate>2026-01-02T00:00:00Z</responseDate>{body}</OAI-PMH>"
        )
    }

    /// A token is the set, the first moment and how many came before.
    fn list(&self, verb: &str, (set, from): (&str, &str), token: &str) -> String {
        let mut parts = token.split('~');
        let (set, from, before) = match token {
            "" => (set, from, 0),
            _ => (
                parts.next().unwrap_or_default(),
                parts.next().unwrap_or_default(),
                parts.next().and_then(|n| n.parse().ok()).unwrap_or(0),
            ),
        };
        if self.breaks && before > 0 {
            return "<error code=\"badResumptionToken\">forgotten</error>".to_owned();
        }
        let mut all: Vec<&Record> =
            self.records.iter().filter(|record| record.is_of(set) && record.stamp.as_str() >= from).collect();
        let total = all.len();
        if verb == "ListIdentifiers" {
            all.truncate(self.cut.unwrap_or(usize::MAX));
        }
        if all.is_empty() {
            return "<error code=\"noRecordsMatch\">nothing</error>".to_owned();
        }
        let whole = verb == "ListRecords";
        let page: String = all.iter().skip(before).take(PAGE).map(|record| record.xml(set, whole)).collect();
        let behind = before + PAGE;
        let count = if self.counts { format!(" completeListSize=\"{total}\"") } else { String::new() };
        let next = if behind < all.len() { format!("{set}~{from}~{behind}") } else { String::new() };
        format!("<{verb}>{page}<resumptionToken{count}>{next}</resumptionToken></{verb}>")
    }
}

impl Record {
    fn new(n: usize, sets: &[&str]) -> Self {
        Self {
            id: format!("oai:quiet:{n}"),
            title: format!("安静的仓储样例 {n}"),
            sets: sets.iter().map(|set| (*set).to_owned()).collect(),
            stamp: "2026-01-01T00:00:00Z".to_owned(),
            ..Self::default()
        }
    }

    fn is_of(&self, set: &str) -> bool {
        set.is_empty() || self.sets.iter().chain(&self.deleted).any(|own| own == set)
    }

    fn xml(&self, set: &str, whole: bool) -> String {
        let gone = self.deleted.iter().any(|own| own == set);
        let status = if gone { " status=\"deleted\"" } else { "" };
        let header = format!(
            "<header{status}><identifier>{}</identifier><datestamp>{}</datestamp></header>",
            self.id, self.stamp
        );
        match (whole, gone) {
            (false, _) => header,
            (true, true) => format!("<record>{header}</record>"),
            (true, false) => format!(
                "<record>{header}<metadata><dc><title>{}</title><description>x</description><subject>催化</subject></dc></metadata></record>",
                self.title
            ),
        }
    }
}

/// A hub that may go to this computer.
fn hub(scene: &Scene) -> Home {
    let home = scene.hub("hub");
    let file = home.path().join("config.toml");
    let text = std::fs::read_to_string(&file).expect("the configuration that init wrote");
    assert!(text.contains("[web-out]\nallow = []\n"), "{text}");
    std::fs::write(file, text.replace("[web-out]\nallow = []", "[web-out]\nallow = [\"127.0.0.1\"]"))
        .expect("a configuration");
    home
}

/// A pass, and a comparison; it ends with this code.
fn compared(node: &Node, url: &str, code: i32) -> Json {
    node.run(["harvest", "run", url, "--compare", "--timeout", "100", "--json"]).ends(code).json()
}

fn shown(node: &Node, id: &str) -> Json {
    node.show(id).expect("it is there")["status"].clone()
}

fn id_of(node: &Node, title: &str) -> String {
    until(&format!("{title} is found"), || {
        let hit = node.search(title).into_iter().find(|hit| hit["title"] == title)?;
        hit["id"].as_str().map(str::to_owned)
    })
}

fn own(node: &Node, count: u64) {
    until(&format!("{count} listings"), || (node.status()["listings"]["own"] == count).then_some(()));
}

/// How many of these are shown.
fn published(node: &Node, ids: &[String]) -> usize {
    ids.iter().filter(|id| shown(node, id) == "published").count()
}

#[test]
fn what_a_repository_deletes_without_a_word_goes_after_two_whole_lists() {
    let scene = Scene::new();
    let records: Vec<Record> = (0..30).map(|n| Record::new(n, &[])).collect();
    let repository =
        Repository::start(Shelf { deleted: "no".to_owned(), records: records.clone(), ..Shelf::default() });
    let url = repository.url();
    let node = hub(&scene).start();
    node.run(["harvest", "add", &url, "--publish"]).ok();
    own(&node, 30);
    let ids: Vec<String> = records.iter().map(|record| id_of(&node, &record.title)).collect();

    // Three go without a word: missing once, they stay; missing twice, they are withdrawn.
    repository.shelf().records.drain(..3);
    let said = compared(&node, &url, 0);
    assert_eq!(
        (&said["comparison"]["missing"], &said["comparison"]["gone"]),
        (&json!(3), &json!(0)),
        "{said}"
    );
    assert_eq!(published(&node, &ids), 30);
    let said = compared(&node, &url, 0);
    assert_eq!((&said["comparison"]["gone"], &said["counts"]["missing"]), (&json!(3), &json!(3)), "{said}");
    assert_eq!(published(&node, &ids), 27);
    assert_eq!(shown(&node, &ids[0]), "withdrawn");
    // One comes back, with its old date: it is not among what changed, but it is listed.
    repository.shelf().records.insert(0, records[2].clone());
    let said = compared(&node, &url, 0);
    assert_eq!(
        (&said["comparison"]["missing"], &said["counts"]["returned"]),
        (&json!(0), &json!(1)),
        "{said}"
    );
    assert_eq!(published(&node, &ids), 28);

    // A list that says how many it has, and has fewer, counts for nothing however often; nor does one that breaks off.
    (repository.shelf().cut, repository.shelf().counts) = (Some(26), true);
    for _ in 0..3 {
        let said = compared(&node, &url, 4);
        assert_eq!(said["comparison"]["failure"]["kind"], "short", "{said}");
    }
    (repository.shelf().cut, repository.shelf().counts, repository.shelf().breaks) = (None, false, true);
    for _ in 0..3 {
        let said = compared(&node, &url, 4);
        assert!(said["comparison"]["failure"].is_object(), "{said}");
    }
    assert_eq!(published(&node, &ids), 28);

    // One that ends early without a word lacks too much to be believed, however often; once it is whole nothing waits.
    (repository.shelf().breaks, repository.shelf().cut) = (false, Some(10));
    for _ in 0..3 {
        let said = compared(&node, &url, 6);
        let held = &said["comparison"]["held"];
        assert_eq!((&held["missing"], &held["known"]), (&json!(18), &json!(28)), "{said}");
    }
    assert_eq!(published(&node, &ids), 28);
    let checked = node.run(["doctor", "--json"]).json();
    let found: Vec<&str> = checked["findings"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|finding| finding["finding"].as_str())
        .filter(|finding| finding.starts_with("harvest"))
        .collect();
    assert_eq!(found, ["harvest-held"], "{checked}");
    repository.shelf().cut = Some(0);
    assert_eq!(
        compared(&node, &url, 6)["comparison"]["held"]["missing"],
        28,
        "an empty list is no answer either"
    );
    repository.shelf().cut = None;
    assert!(compared(&node, &url, 0)["comparison"]["held"].is_null());
    node.run(["harvest", "confirm", &url]).ends(5);

    // They are gone indeed: a person confirms it, and it is looked once more.
    repository.shelf().records.truncate(10);
    assert!(compared(&node, &url, 6)["comparison"]["held"].is_object());
    repository.shelf().records.truncate(9);
    let said = node.run(["harvest", "confirm", &url, "--timeout", "100", "--json"]).ok().json();
    assert_eq!(
        (&said["comparison"]["gone"], &said["comparison"]["missing"]),
        (&json!(18), &json!(19)),
        "{said}"
    );
    assert_eq!(published(&node, &ids), 10, "what was missed for the first time now waits for the next time");
}

#[test]
fn a_record_of_two_sets_is_one_listing_and_goes_with_the_last_of_them() {
    let scene = Scene::new();
    let mut records: Vec<Record> = (0..15).map(|n| Record::new(n, &["a"])).collect();
    records.extend((15..20).map(|n| Record::new(n, &["a", "b"])));
    records.extend((20..32).map(|n| Record::new(n, &["b"])));
    records.push(Record::new(99, &["c"]));
    let repository =
        Repository::start(Shelf { deleted: "persistent".to_owned(), records, ..Shelf::default() });
    let url = repository.url();
    let node = hub(&scene).start();
    node.run(["harvest", "add", &url, "--publish", "--set", "b", "--set", "a"]).ok();
    own(&node, 32);
    let said = until("a whole pass", || {
        let said = node.run(["harvest", "show", &url, "--json"]).ok().json();
        (said["done"].is_string() && said["under_way"] == false).then_some(said)
    });
    assert_eq!((&said["sets"], &said["seen"]), (&json!(["a", "b"]), &json!(37)), "{said}");
    let both = id_of(&node, "安静的仓储样例 16");
    let change = |n: usize, sets: &[&str], deleted: &[&str]| {
        let mut shelf = repository.shelf();
        let owned = |of: &[&str]| of.iter().map(|set| (*set).to_owned()).collect();
        let record = &mut shelf.records[n];
        (record.sets, record.deleted) = (owned(sets), owned(deleted));
        record.stamp = "2026-02-01T00:00:00Z".to_owned();
    };
    let run = || node.run(["harvest", "run", &url, "--timeout", "100", "--json"]).ok().json();
    // It leaves one set, which is told as a deletion there, and stands in the other; then it leaves that, too.
    change(16, &["b"], &["a"]);
    let said = run();
    assert_eq!((&said["counts"]["left"], &said["counts"]["withdrawn"]), (&json!(1), &Json::Null), "{said}");
    assert_eq!(shown(&node, &both), "published");
    change(16, &[], &["a", "b"]);
    let said = run();
    assert_eq!(said["counts"]["withdrawn"], 1, "{said}");
    assert_eq!(shown(&node, &both), "withdrawn");
    // What leaves a set without a word is found by comparing, and stays as well while it stands in the other.
    let (one, other) = (id_of(&node, "安静的仓储样例 17"), id_of(&node, "安静的仓储样例 3"));
    change(17, &["a"], &[]);
    change(3, &["c"], &[]);
    for _ in 0..2 {
        compared(&node, &url, 0);
    }
    assert_eq!((shown(&node, &one), shown(&node, &other)), (json!("published"), json!("withdrawn")));
}

#[test]
fn an_administrator_looks_adds_compares_confirms_and_removes_at_the_desk() {
    let scene = Scene::new();
    let records: Vec<Record> = (0..12).map(|n| Record::new(n, &["a"])).collect();
    let repository =
        Repository::start(Shelf { deleted: "transient".to_owned(), records, ..Shelf::default() });
    let url = repository.url();
    let node = hub(&scene).start();
    add(&node, &scene, "admin", "administrator");
    add(&node, &scene, "clerk", "clerk");
    let mut clerk = signed_in(&node, "clerk");
    assert_eq!(clerk.get("/desk/harvest").code, 403);
    assert!(!clerk.get("/desk").body.contains("/desk/harvest"));
    let refused = clerk.post("/desk/harvest", &[("url", url.as_str()), ("act", "add"), ("every", "6h")]);
    assert_eq!(refused.code, 403);
    let mut admin = signed_in(&node, "admin");
    assert!(admin.get("/desk").body.contains("/desk/harvest"));
    // A look writes nothing, shows the sets to choose and the first records, and escapes what it is told.
    let look = admin.post("/desk/harvest", &[("url", &url), ("act", "look"), ("every", "6h")]);
    assert_eq!(look.code, 200, "{}", look.body);
    for part in
        ["A quiet repository", "First &#60;b&#62;set", "安静的仓储样例 0", "oai:quiet:2", "不保证告知删除"]
    {
        assert!(look.body.contains(part), "{part}: {}", look.body);
    }
    assert!(!look.body.contains("oai:quiet:3") && !look.body.contains("<b>set"), "{}", look.body);
    assert_eq!(node.run(["harvest", "list", "--json"]).ok().lines().len(), 0);
    // No source leads where the configuration does not let it.
    let inward =
        admin.post("/desk/harvest", &[("url", "http://169.254.1.1/oai"), ("act", "look"), ("every", "6h")]);
    assert!(inward.code == 422 && inward.body.contains("[web-out]"), "{}", inward.body);
    let fields = [("url", url.as_str()), ("act", "add"), ("set", "a"), ("every", "1d"), ("publish", "1")];
    let added = admin.post("/desk/harvest", &fields);
    let there = added.header("location").expect("it was added").split('?').next().expect("a path").to_owned();
    own(&node, 12);
    let page =
        until("a whole pass", || Some(admin.get(&there).body).filter(|page| page.contains("上次完整采集")));
    assert!(page.contains("每天") && page.contains("新发布") && page.contains("还没有核对过"), "{page}");
    let act = |admin: &mut tests::Visitor, act: &str| {
        let done = admin.post(&there, &[("act", act)]);
        assert_eq!(done.code, 303, "{}", done.body);
    };
    repository.shelf().records.truncate(4);
    act(&mut admin, "compare");
    let held =
        until("what is held", || Some(admin.get(&there).body).filter(|page| page.contains("8 条待确认")));
    assert!(held.contains("oai:quiet:11"), "{held}");
    assert!(admin.get("/desk/harvest").body.contains("8 条待确认"));
    act(&mut admin, "confirm");
    until("what was confirmed", || {
        Some(admin.get(&there).body)
            .filter(|page| page.contains("8 条两次未见") || page.contains("其中 8 条"))
    });
    act(&mut admin, "pause");
    assert!(admin.get(&there).body.contains("已暂停"));
    let refused = admin.post(&there, &[("act", "run")]);
    assert!(refused.code == 422 && refused.body.contains("已暂停"), "{}", refused.body);
    act(&mut admin, "resume");
    act(&mut admin, "stop");
    act(&mut admin, "remove");
    assert_eq!(admin.get(&there).code, 404);
    assert_eq!(node.run(["harvest", "list", "--json"]).ok().lines().len(), 0);
}

#[test]
fn programs_look_after_sources_with_a_token_of_an_administrator() {
    let scene = Scene::new();
    let records: Vec<Record> = (0..3).map(|n| Record::new(n, &["a"])).collect();
    let repository = Repository::start(Shelf { deleted: "no".to_owned(), records, ..Shelf::default() });
    let node = hub(&scene).start();
    add(&node, &scene, "admin", "administrator");
    add(&node, &scene, "clerk", "clerk");
    let token = |name: &str, scope: &str| {
        let made = node.run(["user", "token", "create", name, "--scope", scope, "--json"]).ok().json();
        made["token"].as_str().expect("a token").to_owned()
    };
    let (admin, clerk, other) =
        (token("admin", "harvest"), token("clerk", "harvest"), token("admin", "drafts"));
    let web = node.web();
    let call = |token: &str, method: &str, path: &str, body: &Json| -> Answer {
        let bearer = format!("Bearer {token}");
        let headers = [("Authorization", bearer.as_str()), ("Content-Type", "application/json")];
        let body = if body.is_null() { String::new() } else { body.to_string() };
        send(&web, method, &format!("/api/v1/desk/harvest{path}"), &headers, &body)
    };
    let read = |answer: &Answer| -> Json { serde_json::from_str(&answer.body).expect(&answer.body) };
    assert_eq!(call(&clerk, "GET", "", &Json::Null).code, 403);
    assert_eq!(call(&other, "GET", "", &Json::Null).code, 403);
    let wish = json!({ "url": repository.url(), "sets": ["a"], "publish": true });
    let look = call(&admin, "POST", "/look", &wish);
    assert_eq!((look.code, &read(&look)["tells_deletions"]), (200, &json!(false)), "{}", look.body);
    assert_eq!(read(&look)["records"].as_array().map(Vec::len), Some(3), "{}", look.body);
    assert_eq!(call(&admin, "POST", "", &json!({ "url": "ftp://a.cn/" })).code, 422);
    let inward = call(&admin, "POST", "/look", &json!({ "url": "http://10.0.0.1/oai" }));
    assert!(inward.code == 409 && inward.body.contains("[web-out]"), "{}", inward.body);
    let added = call(&admin, "POST", "", &wish);
    assert_eq!(added.code, 201, "{}", added.body);
    let id = read(&added)["id"].as_str().expect("an id").to_owned();
    own(&node, 3);
    let there = format!("/{id}");
    until("a whole pass", || {
        (read(&call(&admin, "GET", &there, &Json::Null))["state"] == "done").then_some(())
    });
    let acts = format!("{there}/acts");
    assert_eq!(call(&admin, "POST", &acts, &json!({ "act": "confirm" })).code, 409);
    assert_eq!(call(&clerk, "POST", &acts, &json!({ "act": "pause" })).code, 403);
    assert_eq!(read(&call(&admin, "POST", &acts, &json!({ "act": "pause" })))["state"], "paused");
    assert_eq!(read(&call(&admin, "GET", "", &Json::Null))["items"].as_array().map(Vec::len), Some(1));
    assert_eq!(call(&admin, "DELETE", &there, &Json::Null).code, 204);
    assert_eq!(call(&admin, "GET", &there, &Json::Null).code, 404);
}
