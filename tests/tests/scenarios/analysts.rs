//! What analysts take away: Parquet files, and a PostgreSQL database that is kept level with a node.

use std::collections::BTreeMap;
use std::process::Command;
use std::time::Duration;

use serde_json::Value as Json;
use tests::{Dice, Node, Postgres, Scene, hub_and_station, until};

/// Listings; the feed takes them in five batches.
const LISTINGS: usize = 2_200;
/// Publishes that many listings at a station, and one for members.
fn publish_many(scene: &Scene, station: &Node, count: usize) {
    let row = |n: usize| {
        let day = n % 28 + 1;
        format!("分析样例 {n} \"引号\" 'x',材料；催化,正文 {n} \\u0000 <b>,2024-03-{day:02},中试\n")
    };
    let rows: String = (0..count).map(row).map(|row| row.replace('"', "”")).collect();
    let table = scene.write("many.csv", format!("成果名称,关键词,成果简介,完成时间,成熟度\n{rows}"));
    station
        .run(["import", &table, "--kind", "achievement", "--visibility", "public", "--apply", "--publish"])
        .ok();
    let args =
        ["listing", "new", "--kind", "achievement", "--visibility", "members", "title=canary-for-members"];
    station.run(["--json", args[0], args[1], args[2], args[3], args[4], args[5], args[6], "--publish"]).ok();
}

/// Titles of all public listings of a node by id, as it exports them itself.
fn own_list(scene: &Scene, node: &Node) -> BTreeMap<String, String> {
    node.run(["export", "--format", "jsonl", "--kind", "achievement", "--out", "own.jsonl"]).ok();
    let text = std::fs::read_to_string(scene.file("own.jsonl")).expect("the export");
    let one = |line: &str| {
        let json: Json = serde_json::from_str(line).expect(line);
        let of = |key: &str| json[key].as_str().unwrap_or_default().to_owned();
        (of("_listing"), of("title"))
    };
    text.lines().map(one).collect()
}

/// The same as the database has it.
fn fed_list(database: &Postgres) -> BTreeMap<String, String> {
    let rows = database.ask("SELECT id, title FROM lianshi.listing WHERE status = 'published'");
    rows.iter()
        .filter_map(|row| row.split_once('\t'))
        .map(|(id, title)| (id.to_owned(), title.to_owned()))
        .collect()
}

/// Whether the place and the rows that it speaks of belong together.
fn is_whole(database: &Postgres) -> bool {
    let whole =
        "SELECT coalesce(max(change), 0) = (SELECT number FROM lianshi.feed_state) FROM lianshi.listing";
    database.ask(whole) == ["t"]
}

#[test]
fn a_database_is_level_with_its_node_whoever_is_killed_on_the_way() {
    let Some(mut database) = Postgres::start() else { return };
    let scene = Scene::new();
    let (hub, station) = hub_and_station(&scene);
    publish_many(&scene, &station, LISTINGS);
    hub.holds_with(&[&station], LISTINGS as u64 + 1);
    let to = database.to();
    let feed = ["feed", "postgres", "--to", to.as_str(), "--every", "1"];

    // Killed at any moment, it leaves whole batches.
    let (mut dice, mut parts, mut there) = (Dice::new(7), Vec::new(), 0);
    let made = "SELECT to_regclass('lianshi.feed_state') IS NOT NULL";
    let count = || -> usize {
        let is_made = database.ask(made) == ["t"];
        let count = is_made.then(|| database.ask("SELECT count(*) FROM lianshi.listing").remove(0));
        count.map_or(0, |count| count.parse().expect("a number"))
    };
    while there < LISTINGS {
        let running = hub.begin(&feed);
        until("it gets further", || (count() > there).then_some(()));
        std::thread::sleep(Duration::from_millis(dice.below(40)));
        drop(running);
        assert!(is_whole(&database));
        there = count();
        parts.push(there);
    }
    println!("killed with {parts:?} there");
    assert!(parts[0] < LISTINGS, "it was never killed on its way");

    // It goes on by itself while the node changes and the database crashes.
    let running = hub.begin(&feed);
    let level = || database.ask("SELECT count(*), bool_and(level) FROM lianshi.listing, lianshi.feed_state");
    until("all are there", || (level() == [format!("{LISTINGS}\tt")]).then_some(()));
    assert!(is_whole(&database));
    let own = own_list(&scene, &hub);
    assert_eq!(own.len(), LISTINGS);
    assert!(fed_list(&database) == own, "not the same titles");
    let mut ids = own.into_keys();
    let (withdrawn, changed) = (ids.next().expect("one"), ids.next().expect("another"));
    database.crash();
    station.run(["listing", "withdraw", &withdrawn]).ok();
    station.run(["listing", "edit", &changed, "title=改过的分析样例", "trl=7"]).ok();
    let new = station.publish("后来的分析样例");
    let row = format!(
        "SELECT title, fields->>'trl_min', status FROM lianshi.listing WHERE id IN ('{withdrawn}', '{changed}', '{new}') ORDER BY title NULLS FIRST"
    );
    let expected = ["\t\tgone", "后来的分析样例\t\tpublished", "改过的分析样例\t7\tpublished"];
    until("the changes are there", || (database.ask(&row) == expected).then_some(()));
    assert!(fed_list(&database) == own_list(&scene, &hub), "not the same titles");
    // The roster is looked at now and then.
    until("the institutions are there", || {
        let names = database.ask("SELECT name, state FROM lianshi.institution ORDER BY name");
        (names == ["hub技术交易大市场\tactive", "station\tactive"]).then_some(())
    });
    let about = format!(
        "SELECT fields->'keywords', fields->>'completed_on' LIKE '2024-03-%', strpos(fields->>'summary', ' \\u0000 <b>') > 0 FROM lianshi.listing WHERE id = '{changed}'"
    );
    assert_eq!(database.ask(&about), ["[\"催化\", \"材料\"]\tt\tt"]);
    let canary = "SELECT count(*) FROM lianshi.listing l WHERE l::text LIKE '%canary%'";
    assert_eq!(database.ask(canary), ["0"], "what is for members stays with them");
    let erased = format!("SELECT fields, conflicts FROM lianshi.listing WHERE id = '{withdrawn}'");
    assert_eq!(database.ask(&erased), ["{}\t[]"], "what is gone keeps nothing of its contents");
    drop(running);

    // A list of changes that was begun anew comes whole; what only the old one had is gone.
    database
        .ask("UPDATE lianshi.feed_state SET catalogue = 'old'; UPDATE lianshi.listing SET catalogue = 'old'");
    database.ask(&format!("UPDATE lianshi.listing SET id = 'stale' WHERE id = '{new}'"));
    let once = hub.run(["feed", "postgres", "--to", &to, "--once", "--json"]).ok().json();
    assert_eq!((once["taken"].as_u64(), &once["level"]), (Some(LISTINGS as u64 + 1), &true.into()), "{once}");
    assert!(fed_list(&database) == own_list(&scene, &hub), "not the same titles");
    assert_eq!(database.ask("SELECT status, title FROM lianshi.listing WHERE id = 'stale'"), ["gone\t"]);

    // Another node does not mix its rows into these, and has its own place.
    assert!(station.run(["feed", "postgres", "--to", &to, "--once"]).ends(5).err.contains("Another node"));
    station.run(["feed", "postgres", "--to", &to, "--schema", "market2", "--once"]).ok();
    let both = "SELECT count(*) FROM lianshi.listing a JOIN market2.listing b USING (id, title, fields)";
    assert_eq!(database.ask(both), [LISTINGS.to_string()]);
    database.ask("UPDATE market2.feed_state SET version = 99");
    station.run(["feed", "postgres", "--to", &to, "--schema", "market2", "--once"]).ends(5);
    hub.run(["feed", "postgres", "--to", &to, "--schema", "no; such", "--once"]).ends(2);
    hub.run(["feed", "postgres", "--to", "host=/nowhere user=x", "--once"]).ends(4);
    hub.run(["feed", "postgres", "--to", "hots=1", "--once"]).ends(1);
}

#[test]
fn a_database_that_is_not_whom_it_says_gets_nothing() {
    let Some(secure) = Postgres::start_secure("db.example.edu") else { return };
    let Some(plain) = Postgres::start_plain() else { return };
    let scene = Scene::new();
    let (hub, _station) = hub_and_station(&scene);
    let feed = |to: &str| hub.run(["feed", "postgres", "--once", "--to", to]);
    let believing =
        |to: &str, file: &str| hub.run(["feed", "postgres", "--once", "--to", to, "--certificates", file]);
    let to = |server: &Postgres, name: &str, mode: &str| {
        let port = server.port();
        format!("host={name} hostaddr=127.0.0.1 port={port} user=lianshi dbname=postgres {mode}")
    };
    let (right, authority) = (to(&secure, "db.example.edu", "sslmode=require"), secure.authority());
    let told = feed(&right).ends(5).err;
    assert!(told.contains("certificate is not believed") && told.contains("--certificates"), "{told}");
    let other = to(&secure, "other.example.edu", "sslmode=require");
    let told = believing(&other, &authority).ends(5).err;
    assert!(told.contains("other.example.edu"), "{told}");
    // A process that was to go on ends too: waiting makes no certificate better.
    hub.run(["feed", "postgres", "--to", &right]).ends(5);
    believing(&right, &authority).ok();
    assert_eq!(secure.ask("SELECT count(*) FROM lianshi.feed_state"), ["1"]);
    let unencrypted = to(&secure, "db.example.edu", "sslmode=disable");
    let told = feed(&unencrypted).ends(1).err;
    assert!(told.contains("no encryption"), "{told}");
    let told = feed(&to(&plain, "db.example.edu", "sslmode=require")).ends(5).err;
    assert!(told.contains("sslmode=disable"), "{told}");
    feed(&to(&plain, "localhost", "")).ok();
    let key = scene.write("no.pem", "no certificate");
    let told = believing(&right, &key).ends(1).err;
    assert!(told.contains("holds none"), "{told}");
    let missing = scene.file("missing.pem").display().to_string();
    believing(&right, &missing).ends(1);
}

#[test]
fn public_listings_are_read_from_a_parquet_file_by_others() {
    let scene = Scene::new();
    let (hub, station) = hub_and_station(&scene);
    publish_many(&scene, &station, 700);
    hub.holds_with(&[&station], 701);
    let args = ["export", "--format", "parquet", "--kind", "achievement", "--out", "all.parquet"];
    let told = hub.run(["--json", args[0], args[1], args[2], args[3], args[4], args[5], args[6]]).ok().json();
    assert_eq!(told["listings"], 700, "{told}");
    let bytes = std::fs::read(scene.file("all.parquet")).expect("the file");
    assert!(bytes.starts_with(b"PAR1") && bytes.ends_with(b"PAR1"));
    assert!(!scene.file("all.parquet.part").exists());
    hub.run(["export", "--format", "parquet", "--kind", "achievement", "--members", "--out", "x.parquet"])
        .ends(2);
    // Also by a node that does not run.
    let home = hub.stop();
    home.run(["export", "--format", "parquet", "--kind", "demand", "--out", "none.parquet"]).ok();

    let Ok(python) = std::env::var("LIANSHI_HARVESTERS") else {
        eprintln!("skipped: a reader of others (LIANSHI_HARVESTERS names a Python with duckdb)");
        return;
    };
    let has =
        Command::new(&python).args(["-c", "import duckdb"]).output().is_ok_and(|ran| ran.status.success());
    if !has && std::env::var_os("CI").is_none() {
        eprintln!("skipped: a reader of others ({python} has no duckdb)");
        return;
    }
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/scenarios/parquet.py");
    let files = ["all.parquet", "none.parquet"].map(|name| scene.file(name));
    let ran = Command::new(python)
        .arg(script)
        .args(files)
        .output()
        .expect("the Python that LIANSHI_HARVESTERS names");
    assert!(
        ran.status.success(),
        "{}{}",
        String::from_utf8_lossy(&ran.stdout),
        String::from_utf8_lossy(&ran.stderr)
    );
}
