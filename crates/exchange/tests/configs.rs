//! The sample listings and configurations that come with the product hold together with the catalogue.

use catalog::{Context, Kind, Record};
use exchange::mapping::Mapping;
use exchange::read::{ReadOptions, open};
use std::collections::BTreeSet;
use std::path::PathBuf;

fn configs() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../configs")
}

#[test]
fn every_sample_is_read_and_every_key_is_a_field() {
    let mut count = 0;
    let mut advice = 0;
    let mut titles = BTreeSet::new();
    for kind in Kind::ALL {
        let file = configs().join("samples").join(format!("{}.jsonl", kind.id()));
        let mut source = open(file, &ReadOptions::default()).unwrap();
        let rows: Vec<_> = source.by_ref().map(Result::unwrap).collect();
        let mapping = Mapping::guess(kind, source.headers());
        assert_eq!(mapping.unmapped(source.headers()), Vec::<String>::new(), "{}", kind.id());
        for entry in mapping.entries() {
            assert_eq!(entry.from, exchange::mapping::Origin::Columns(vec![entry.field.id.to_owned()]));
        }
        for row in &rows {
            let cells = mapping.apply(row);
            let title = cells.iter().find(|(id, _)| id == "title").map(|(_, text)| text.clone()).unwrap();
            assert!(titles.insert((kind, title.clone())), "{title} is there twice");
            assert!(mapping.apply(row).iter().any(|(key, _)| key == "source_id"), "{title} has no source_id");
            let borrowed: Vec<(&str, &str)> =
                cells.iter().map(|(id, text)| (id.as_str(), text.as_str())).collect();
            let outcome = Record::from_cells(kind, &borrowed, &Context::default());
            assert!(outcome.is_accepted(), "{title}: {:?}", outcome.refused);
            advice += outcome.advice.iter().filter(|issue| issue.code != "missing").count();
            for issue in outcome
                .advice
                .iter()
                .filter(|issue| !issue.code.contains("missing") && !issue.code.contains("expected"))
            {
                println!("{title}: {} {}", issue.code, issue.reason_en);
            }
            let record = cells.iter().find(|(id, _)| id == "region").map(|(_, text)| text.as_str());
            assert!(record.is_some_and(|region| region.starts_with("42")), "{title} is not in Hubei");
        }
        count += rows.len();
    }
    println!("{advice} advices");
    assert_eq!(count, 60);
}

#[test]
fn every_configuration_has_the_same_keys_with_a_comment_in_both_languages() {
    let mut keys: Vec<Vec<String>> = Vec::new();
    for role in ["hub", "sub-market", "resource-station", "grassroots-site"] {
        let text = std::fs::read_to_string(configs().join(format!("{role}.toml"))).unwrap();
        assert!(text.contains(&format!("role = \"{role}\"")));
        let lines: Vec<&str> = text.lines().collect();
        for (place, line) in
            lines.iter().enumerate().filter(|(_, line)| line.contains(" = ") && !line.starts_with('#'))
        {
            let above: Vec<&&str> =
                lines[..place].iter().rev().take_while(|line| line.starts_with('#')).collect();
            assert!(
                above.iter().any(|comment| comment.is_ascii() || comment.contains('…')),
                "{role}: {line}"
            );
            assert!(above.iter().any(|comment| !comment.is_ascii()), "{role}: {line}");
        }
        let named =
            lines.iter().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(" = "));
        keys.push(named.map(|(key, _)| key.to_owned()).collect());
    }
    assert!(keys.windows(2).all(|pair| pair[0] == pair[1]), "{keys:?}");
}
