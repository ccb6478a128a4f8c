//! The answers of real repositories, as their servers gave them.

#![expect(clippy::unwrap_used, reason = "in a test a failed expectation is the answer")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use catalog::Record;
use exchange::oai::reading::{self, Reading, Unreadable};
use exchange::oai::terms::Terms;

fn folder() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/oai");
    if !folder.is_dir() {
        assert!(std::env::var_os("LIANSHI_REQUIRE_SHARED").is_none(), "{} is not there", folder.display());
        eprintln!("skipped: {} is not there", folder.display());
        return None;
    }
    Some(folder)
}

/// All answers by their name, `sickle/Identify`.
fn answers(folder: &Path) -> BTreeMap<String, Result<Reading, Unreadable>> {
    let mut all = BTreeMap::new();
    for group in std::fs::read_dir(folder).unwrap() {
        let group = group.unwrap().path();
        for file in std::fs::read_dir(&group).unwrap() {
            let file = file.unwrap().path();
            if file.extension().is_some_and(|e| e == "xml") {
                let name = format!(
                    "{}/{}",
                    group.file_name().unwrap().display(),
                    file.file_stem().unwrap().display()
                );
                all.insert(name, reading::read(&std::fs::read(&file).unwrap(), None));
            }
        }
    }
    all
}

#[test]
fn the_answers_of_real_repositories_are_read() {
    let Some(folder) = folder() else { return };
    let all = answers(&folder);
    assert!(all.len() > 45, "{}", all.len());
    let refused: Vec<(&String, &Unreadable)> =
        all.iter().filter_map(|(name, read)| Some((name, read.as_ref().err()?))).collect();
    // Contents without an answer around them, and one that is no XML.
    let known = [
        "pyoai_eur_dspace/fake1_00006",
        "sickle/ListRecordsBroken",
        "xoai/schema_example_xoai",
        "xoai/xoai-example",
    ];
    let names: Vec<&str> = refused.iter().map(|(name, _)| name.as_str()).collect();
    assert!(
        names.iter().all(|name| known.contains(name) || name.starts_with("xoai/") || name.contains("fake")),
        "{refused:#?}"
    );
    println!("{refused:#?}");
    let read = |name: &str| all[name].as_ref().unwrap_or_else(|error| panic!("{name}: {error}"));

    let identity = read("sickle/Identify").repository.as_ref().unwrap();
    assert!(!identity.name.is_empty() && identity.email.contains('@') && !identity.earliest.is_empty());
    assert!(read("oai-pmh-crate/identify").repository.as_ref().unwrap().to_the_second);
    assert!(
        read("oai-pmh-crate/list_metadata_formats").formats.iter().any(|format| format.prefix == "oai_dc")
    );
    assert!(read("sickle/ListSets").sets.len() > 20);
    for (name, code) in [
        ("sickle/badArgument", "badArgument"),
        ("sickle/badResumptionToken", "badResumptionToken"),
        ("sickle/cannotDisseminateFormat", "cannotDisseminateFormat"),
        ("sickle/idDoesNotExist", "idDoesNotExist"),
        ("sickle/noRecordsMatch", "noRecordsMatch"),
        ("sickle/noSetHierarchy", "noSetHierarchy"),
        ("sickle/undefinedError", "undefinedError"),
    ] {
        assert_eq!(read(name).faults[0].0, code, "{name}");
    }
    let pages = ["ListRecords", "ListRecords2", "ListRecords3", "ListRecords4"]
        .map(|page| read(&format!("sickle/{page}")));
    assert!(pages[..3].iter().all(|page| page.token.is_some()) && pages[3].token.is_none());
    let deleted = read("oai-pmh-crate/list_records_with_deleted");
    assert!(deleted.records.iter().any(|record| record.gone && record.metadata.is_none()));
    let list = read("pyoai_eur_dspace/fake2_00002");
    assert!(list.records.len() > 50, "{}", list.records.len());
    assert!(list.records.iter().all(|record| !record.identifier.is_empty() && record.datestamp.len() >= 10));
    let cdata = read("xoai/oai_dc-CDATA").records[0].metadata.as_ref().unwrap();
    assert_eq!(cdata.elements[0].text, "Article Title-additional CDATA");
    let utf8 = read("sickle/GetRecord_utf8test").records[0].metadata.as_ref().unwrap();
    assert!(utf8.elements.iter().any(|element| !element.text.is_ascii()), "{utf8:?}");
}

#[test]
fn records_of_real_repositories_become_listings() {
    let Some(folder) = folder() else { return };
    let (mut made, mut refused, mut gone) = (0, Vec::new(), 0);
    for (name, reading) in answers(&folder) {
        for record in reading.map(|reading| reading.records).unwrap_or_default() {
            gone += u32::from(record.gone);
            let Some(metadata) = record.metadata.filter(|metadata| metadata.root == "dc") else { continue };
            match Terms::default().record(&metadata, "420100") {
                Ok(listing) => {
                    made += 1;
                    assert_eq!(Record::validate(listing.kind, &listing.fields), Vec::new());
                    let record = Record::new(listing.fields);
                    for value in record.entries().values() {
                        let text = format!("{value:?}");
                        assert!(!text.contains("<p>") && !text.contains("&nbsp;"), "{name}: {text}");
                    }
                }
                Err(issues) => {
                    refused.push(format!("{name} {}: {:?}", record.identifier, issues[0].reason_en))
                }
            }
        }
    }
    println!("{made} made, {gone} gone, refused: {refused:#?}");
    assert!(made > 130 && gone >= 3, "{made} made, {gone} gone");
    assert!(refused.len() <= 3, "{refused:#?}");
}

#[test]
fn answers_cut_or_bent_anywhere_are_read_or_refused() {
    let Some(folder) = folder() else { return };
    let page = std::fs::read(folder.join("sickle/ListRecords.xml")).unwrap();
    for end in (0..page.len() - 2).step_by(7) {
        let cut = reading::read(&page[..end], None);
        assert!(cut.is_err() || page[end..].iter().all(u8::is_ascii_whitespace), "{end}");
    }
    for at in 0..page.len() {
        for bits in [1, 4, 128] {
            let mut bent = page.clone();
            bent[at] ^= bits;
            let _ = reading::read(&bent, None);
        }
    }
}
