//! Listings exported as a workbook, and read again: the same records, and which listing each is.

#![expect(clippy::unwrap_used, reason = "in a test's helper a failure is the test's answer")]

use catalog::{Context, Kind, Lang, Record};
use exchange::layout::Layout;
use exchange::mapping::Mapping;
use exchange::read::{ReadOptions, open};
use exchange::workbook::Listings;
use exchange::{samples, write};

fn record(kind: Kind, cells: &[(&str, &str)]) -> Record {
    Record::from_cells(kind, cells, &Context::default()).record
}

/// The listings as a workbook and as a csv, each read again.
fn read_again(kind: Kind, lang: Lang, listings: &[(String, Record)]) -> [Vec<(String, Record)>; 2] {
    let mut layout = Layout::new(kind, lang);
    listings.iter().for_each(|(_, record)| layout.widen(record));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("all.xlsx");
    let mut book = Listings::new(layout.clone(), folder.path()).unwrap();
    let columns = layout.plain_columns();
    let columns: Vec<(&str, &str)> = columns.iter().map(|(key, label)| (&**key, &**label)).collect();
    let mut csv = write::CsvWriter::new(Vec::new(), &columns).unwrap();
    for (id, record) in listings {
        book.row(id, record).unwrap();
        assert_eq!(csv.write(&layout.row(id, record)).unwrap(), 0);
    }
    book.save(&file).unwrap();
    [std::fs::read(file).unwrap(), csv.finish().unwrap()].map(|bytes| rows_of(kind, bytes))
}

fn rows_of(kind: Kind, bytes: Vec<u8>) -> Vec<(String, Record)> {
    let mut source = open(bytes, &ReadOptions::default()).unwrap();
    let mapping = Mapping::of(kind, "", &source).unwrap();
    assert_eq!(mapping.unmapped(source.headers()), Vec::<String>::new());
    let rows: Vec<_> = source.by_ref().map(Result::unwrap).collect();
    let one = |row: &exchange::read::Row| {
        let cells = mapping.apply(row);
        let cells: Vec<(&str, &str)> = cells.iter().map(|(id, text)| (id.as_str(), text.as_str())).collect();
        (mapping.listing(row).unwrap_or_default(), record(kind, &cells))
    };
    rows.iter().map(one).collect()
}

#[test]
fn an_exported_table_is_read_as_the_same_records() {
    for kind in Kind::ALL {
        for lang in [Lang::Zh, Lang::En] {
            let samples = samples::generate(31, kind, 60);
            let listings: Vec<(String, Record)> = samples
                .iter()
                .enumerate()
                .map(|(place, cells)| {
                    let cells: Vec<(&str, &str)> =
                        cells.iter().map(|(id, text)| (id.as_str(), text.as_str())).collect();
                    (format!("{place:064x}"), record(kind, &cells))
                })
                .collect();
            let [book, csv] = read_again(kind, lang, &listings);
            assert_eq!(book, listings, "{kind:?} {lang:?}");
            assert_eq!(csv, listings, "{kind:?} {lang:?}");
        }
    }
}

/// What is stored in ways that no ordinary word gives again.
#[test]
fn odd_values_keep_all_their_parts() {
    let odd = [
        vec![
            ("title", "甲"),
            ("price", "面议"),
            ("trl", "在研"),
            ("region", "420704"),
            ("patents", "ZL201220249767.4；US 13/033,085"),
        ],
        vec![
            ("title", "乙"),
            ("price", "大约一辆车"),
            ("trl", "差不多了"),
            ("field", "占星；新材料"),
            ("year", "前年"),
        ],
        vec![
            ("title", "丙"),
            ("price", "30万元以上"),
            ("keyword/a、b", "true"),
            ("keyword/c;d", "true"),
            ("industry", "C3985"),
        ],
        vec![
            ("title", "=1+1"),
            ("price_min", "12345"),
            ("trl_min", "2"),
            ("trl_word", "样机"),
            ("rights_granted", "否"),
        ],
    ];
    let listings: Vec<(String, Record)> = odd
        .iter()
        .enumerate()
        .map(|(place, cells)| (format!("{place:064x}"), record(Kind::Achievement, cells)))
        .collect();
    for lang in [Lang::Zh, Lang::En] {
        let [book, csv] = read_again(Kind::Achievement, lang, &listings);
        assert_eq!(book, listings, "{lang:?}");
        assert_eq!(csv, listings, "{lang:?}");
    }
}
