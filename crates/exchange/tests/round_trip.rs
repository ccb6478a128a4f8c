//! From generated samples to records, to exports, and back: the same records.

#![expect(clippy::unwrap_used, reason = "in a test's helper a failure is the test's answer")]

use catalog::{Context, Kind, Record};
use exchange::mapping::Mapping;
use exchange::read::{Input, ReadOptions, open};
use exchange::{samples, write};
use std::collections::BTreeSet;

const EACH: usize = 200;

fn record(kind: Kind, cells: &[(String, String)]) -> Record {
    let borrowed: Vec<(&str, &str)> = cells.iter().map(|(id, text)| (id.as_str(), text.as_str())).collect();
    let outcome = Record::from_cells(kind, &borrowed, &Context::default());
    assert!(outcome.is_accepted(), "{cells:?}: {:?}", outcome.refused);
    let odd = outcome.advice.iter().find(|issue| issue.field == "field" || issue.code == "unknown_term");
    assert_eq!(odd, None, "{cells:?}");
    outcome.record
}

fn records(kind: Kind) -> Vec<Record> {
    samples::generate(11, kind, EACH).iter().map(|cells| record(kind, cells)).collect()
}

fn read_again(kind: Kind, input: Input) -> Vec<Record> {
    let mut source = open(input, &ReadOptions::default()).unwrap();
    let rows: Vec<_> = source.by_ref().map(Result::unwrap).collect();
    let mapping = Mapping::guess(kind, source.headers());
    assert_eq!(mapping.unmapped(source.headers()), Vec::<String>::new());
    rows.iter().map(|row| record(kind, &mapping.apply(row))).collect()
}

#[test]
fn jsonl() {
    for kind in Kind::ALL {
        let records = records(kind);
        let mut out = Vec::new();
        for record in &records {
            write::jsonl(&mut out, &write::cells(kind, record)).unwrap();
        }
        assert_eq!(read_again(kind, Input::named(out, "export.jsonl")), records);
    }
}

#[test]
fn csv() {
    for kind in Kind::ALL {
        let records = records(kind);
        let rows: Vec<_> = records.iter().map(|record| write::cells(kind, record)).collect();
        let names: BTreeSet<&str> = rows.iter().flatten().map(|(id, _)| id.as_str()).collect();
        let columns: Vec<(&str, &str)> = names.iter().map(|name| (*name, *name)).collect();
        let mut csv = write::CsvWriter::new(Vec::new(), &columns).unwrap();
        for row in &rows {
            assert_eq!(csv.write(row).unwrap(), 0);
        }
        assert_eq!(read_again(kind, Input::named(csv.finish().unwrap(), "export.csv")), records);
    }
}
