//! The public listings for harvesters (OAI-PMH 2.0), as a running node serves them.

use std::collections::BTreeMap;
use std::process::Command;

use tests::{Scene, get, hub_and_station, send, until};

/// What stands between two marks, each time.
fn between<'t>(text: &'t str, open: &str, close: &str) -> Vec<&'t str> {
    text.split(open).skip(1).filter_map(|rest| rest.split(close).next()).collect()
}

fn token(page: &str) -> Option<&str> {
    let token = between(page, "<resumptionToken", "</resumptionToken>").first()?.split_once('>')?.1;
    Some(token).filter(|token| !token.is_empty())
}

/// The records of a page by their identifiers, whole.
fn records(page: &str) -> BTreeMap<String, String> {
    let record =
        |record: &str| (between(record, "<identifier>", "</identifier>")[0].to_owned(), record.to_owned());
    between(page, "<record>", "</record>").into_iter().map(record).collect()
}

fn fault(page: &str) -> &str {
    between(page, "<error code=\"", "\"").first().copied().unwrap_or_default()
}

/// A page of the repository, once it is ready.
fn oai(web: &str, query: &str) -> String {
    until("an answer for a harvester", || {
        let answer = get(web, &format!("/oai?{query}"));
        if answer.code == 503 {
            assert!(answer.header("retry-after").is_some(), "{answer:?}");
            return None;
        }
        assert_eq!(
            (answer.code, answer.header("content-type")),
            (200, Some("text/xml; charset=utf-8")),
            "{query}"
        );
        assert!(
            answer.body.starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\"?><OAI-PMH "),
            "{}",
            answer.body
        );
        Some(answer.body)
    })
}

/// All records from the first page or from a token on, and how many pages there were.
fn walk(web: &str, first: &str) -> (BTreeMap<String, String>, usize) {
    let (mut all, mut pages, mut query) = (BTreeMap::new(), 0, first.to_owned());
    loop {
        let page = oai(web, &query);
        let found = records(&page);
        let count = found.len();
        assert!(count <= 100, "{count} records on one page");
        let before = all.len();
        all.extend(found);
        assert_eq!(all.len(), before + count, "no record comes twice");
        pages += 1;
        match token(&page) {
            Some(token) => query = format!("verb=ListRecords&resumptionToken={token}"),
            None => return (all, pages),
        }
    }
}

#[test]
fn a_harvester_gets_each_public_listing_once_and_what_changed_later() {
    let scene = Scene::new();
    let (hub, station) = hub_and_station(&scene);
    let table = scene.folder().join("table.csv");
    let rows: String = (0..230).map(|n| format!("合成样例技术 {n} <b>&,材料；催化,正文 {n}\n")).collect();
    std::fs::write(&table, format!("成果名称,关键词,成果简介\n{rows}")).expect("a table");
    let table = table.to_str().expect("a path");
    station
        .run(["import", table, "--kind", "achievement", "--visibility", "public", "--apply", "--publish"])
        .ok();
    let canary = "canary-for-members";
    let title = format!("title={canary}");
    station
        .run(["listing", "new", "--kind", "achievement", "--visibility", "members", &title, "--publish"])
        .ok();
    hub.holds_with(&[&station], 231);
    let web = hub.web();

    let identity = oai(&web, "verb=Identify");
    for part in
        ["<protocolVersion>2.0<", "<deletedRecord>persistent<", ">YYYY-MM-DDThh:mm:ssZ<", "<repositoryName>"]
    {
        assert!(identity.contains(part), "{part}: {identity}");
    }
    assert!(identity.contains(&format!("<baseURL>{web}/oai</baseURL>")), "{identity}");
    let formats = oai(&web, "verb=ListMetadataFormats");
    assert_eq!(between(&formats, "<metadataPrefix>", "<"), ["oai_dc", "lianshi"]);
    assert!(get(&web, "/oai/lianshi.xsd").body.contains("targetNamespace=\"urn:lianshi:listing:1\""));
    let sets = oai(&web, "verb=ListSets");
    assert!(between(&sets, "<setSpec>", "<").contains(&"kind:achievement"), "{sets}");

    // One page before a restart of the hub, the others after it.
    let first = oai(&web, "verb=ListRecords&metadataPrefix=oai_dc");
    assert!(first.contains("completeListSize=\"230\"") && first.contains("cursor=\"0\""), "{first}");
    let goes_on = token(&first).expect("more than a page").to_owned();
    let mut all = records(&first);
    assert_eq!(all.len(), 100);
    let hub = hub.stop().start();
    let web = hub.web();
    let (rest, pages) = walk(&web, &format!("verb=ListRecords&resumptionToken={goes_on}"));
    assert_eq!((rest.len(), pages), (130, 2));
    all.extend(rest);
    assert_eq!(all.len(), 230);
    let page = all.values().find(|record| record.contains("合成样例技术 7 ")).expect("the seventh");
    assert!(page.contains("<dc:title>合成样例技术 7 &lt;b&gt;&amp;</dc:title>"), "{page}");
    assert!(
        page.contains("<dc:subject>催化</dc:subject>") && page.contains("<dc:publisher>station<"),
        "{page}"
    );
    let (full, _) = walk(&web, "verb=ListRecords&metadataPrefix=lianshi&set=kind:achievement");
    assert!(full.keys().eq(all.keys()));
    assert!(!full.values().chain(all.values()).any(|record| record.contains(canary)));
    let (id, record) = full.iter().next().expect("a record");
    assert!(record.contains("<field name=\"keyword\">催化</field>"), "{record}");
    let one = oai(&web, &format!("verb=GetRecord&metadataPrefix=lianshi&identifier={id}"));
    assert_eq!(records(&one)[id], *record);
    // The same by a form.
    let headers = [("Content-Type", "application/x-www-form-urlencoded")];
    let posted = send(
        &web,
        "POST",
        "/oai",
        &headers,
        &format!("verb=GetRecord&metadataPrefix=lianshi&identifier={id}"),
    );
    assert_eq!((posted.code, &records(&posted.body)[id]), (200, record));

    // What is withdrawn comes as deleted to whoever asks for what changed since.
    let stamps = full.values().map(|record| between(record, "<datestamp>", "<")[0]);
    let last = stamps.max().expect("a stamp").to_owned();
    let document = id.rsplit(':').next().expect("a document");
    station.run(["listing", "withdraw", document]).ok();
    let one = format!("verb=GetRecord&metadataPrefix=oai_dc&identifier={id}");
    until("the withdrawal", || Some(()).filter(|()| oai(&web, &one).contains("<header status=\"deleted\">")));
    let (since, _) = walk(&web, &format!("verb=ListRecords&metadataPrefix=oai_dc&from={last}"));
    assert!(
        since[id].contains("<header status=\"deleted\">") && !since[id].contains("<metadata>"),
        "{}",
        since[id]
    );
    assert_eq!(walk(&web, "verb=ListRecords&metadataPrefix=oai_dc").0.len(), 230, "it stays as deleted");

    for (query, code) in [
        ("", "badVerb"),
        ("verb=ListRecords", "badArgument"),
        ("verb=ListRecords&metadataPrefix=marc", "cannotDisseminateFormat"),
        ("verb=ListRecords&metadataPrefix=oai_dc&from=2999-01-01", "noRecordsMatch"),
        ("verb=ListRecords&resumptionToken=stale", "badResumptionToken"),
        ("verb=GetRecord&metadataPrefix=oai_dc&identifier=oai:elsewhere:1", "idDoesNotExist"),
        ("verb=ListMetadataFormats&identifier=oai:elsewhere:1", "idDoesNotExist"),
    ] {
        assert_eq!(fault(&oai(&web, query)), code, "{query}");
    }
    clients(&web, 230);
}

/// Harvests with two clients of others, where there are any: `LIANSHI_HARVESTERS` names a Python that has them.
fn clients(web: &str, records: usize) {
    let Ok(python) = std::env::var("LIANSHI_HARVESTERS") else {
        eprintln!(
            "skipped: the harvesters of others (LIANSHI_HARVESTERS names a Python with sickle and oaipmh-scythe)"
        );
        return;
    };
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/scenarios/harvest.py");
    let ran = Command::new(python).args([script, &format!("{web}/oai"), &records.to_string()]).output();
    let ran = ran.expect("the Python that LIANSHI_HARVESTERS names");
    assert!(
        ran.status.success(),
        "{}{}",
        String::from_utf8_lossy(&ran.stdout),
        String::from_utf8_lossy(&ran.stderr)
    );
}
