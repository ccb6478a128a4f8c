//! A table comes back with its faults marked: every cell in its place, and read again as it was.

#![expect(clippy::unwrap_used, reason = "in a test's helper a failure is the test's answer")]

use calamine::{Reader, Xlsx};
use catalog::{Context, Kind, Lang, Record};
use exchange::mapping::Mapping;
use exchange::read::{Format, HeaderRow, Input, ReadOptions, Row, open};
use exchange::workbook::{Mark, Marked, Shortfall};
use proptest::prelude::*;
use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Folder {
        Folder(tempfile::tempdir().unwrap())
    }

    fn file(&self) -> PathBuf {
        self.0.path().join("marked.xlsx")
    }
}

/// Reads a table, checks its rows, and writes it back marked.
fn mark(input: Input, options: &ReadOptions, map: &str, out: &Path) -> Shortfall {
    let mut source = open(input.clone(), options).unwrap();
    let mapping = Mapping::of(Kind::Achievement, map, &source).unwrap();
    let mut headers = source.headers().to_vec();
    if source.header_row().is_none() {
        let mut all = open(input, options).unwrap();
        all.by_ref().for_each(drop);
        headers = all.headers().to_vec();
    }
    let mut marked = Marked::new(Kind::Achievement, Lang::Zh, out.parent().unwrap()).unwrap();
    marked.sheet(&source, &headers, &mapping).unwrap();
    for item in source.by_ref() {
        match item {
            Err(problem) => marked.problem(&problem).unwrap(),
            Ok(row) => marked.row(&row, &marks(&outcome(&mapping, &row))).unwrap(),
        }
    }
    marked.save(out).unwrap()
}

fn outcome(mapping: &Mapping, row: &Row) -> catalog::Outcome {
    let cells = mapping.apply(row);
    let cells: Vec<(&str, &str)> = cells.iter().map(|(id, text)| (id.as_str(), text.as_str())).collect();
    Record::from_cells(Kind::Achievement, &cells, &Context::default())
}

fn marks(outcome: &catalog::Outcome) -> Vec<Mark<'_>> {
    let faults = outcome.refused.iter().map(|issue| (issue, false));
    let advice = outcome.advice.iter().filter(|issue| issue.code != "missing").map(|issue| (issue, true));
    faults
        .chain(advice)
        .map(|(issue, advice)| Mark { field: &issue.field, reason: &issue.reason_zh, advice })
        .collect()
}

/// The cells of the first sheet, as another program reads them.
fn cells(file: &Path) -> Vec<Vec<String>> {
    let mut book: Xlsx<_> = calamine::open_workbook(file).unwrap();
    let name = book.sheet_names()[0].clone();
    let range = book.worksheet_range(&name).unwrap();
    let (rows, columns) = range.end().map_or((0, 0), |(row, column)| (row + 1, column + 1));
    let text = |row, column| range.get_value((row, column)).map(ToString::to_string).unwrap_or_default();
    (0..rows).map(|row| (0..columns).map(|column| text(row, column)).collect()).collect()
}

fn part(file: &Path, name: &str) -> String {
    let mut zip = zip::ZipArchive::new(Cursor::new(std::fs::read(file).unwrap())).unwrap();
    let mut text = String::new();
    zip.by_name(name).unwrap().read_to_string(&mut text).unwrap();
    text
}

const MESSY: &str = "某大学 2024 年成果汇总,,\n\n成果名称,所属区域,技术领域\n激光焊接,420106,先进制造\n\n光纤,999999,占星\n,420106,\n甲,1,2,3,4\n";

#[test]
fn faults_stand_in_their_cells_and_at_the_end_of_their_rows() {
    let folder = Folder::new();
    let out = folder.file();
    let input = Input::named(MESSY.into(), "a.csv");
    assert_eq!(mark(input, &ReadOptions::default(), "", &out), Shortfall::default());
    let rows = cells(&out);
    assert_eq!(rows[0][0], "某大学 2024 年成果汇总");
    assert!(rows[1].iter().all(String::is_empty) && rows[4].iter().all(String::is_empty));
    assert_eq!(rows[2][..4], ["成果名称", "所属区域", "技术领域", "错误"]);
    assert_eq!(rows[3][..4], ["激光焊接", "420106", "先进制造", ""]);
    assert_eq!(rows[5][..3], ["光纤", "999999", "占星"]);
    assert!(rows[5][3].contains("999999") && rows[5][3].contains("建议："), "{}", rows[5][3]);
    assert!(!rows[6][3].is_empty());
    assert_eq!(
        (rows[7][..3].to_vec(), rows[7][4..6].to_vec()),
        (vec!["甲".to_owned(), "1".into(), "2".into()], vec!["3".to_owned(), "4".into()])
    );
    // Notes at the faulty cells alone, with their reasons; two colours.
    let notes = part(&out, "xl/comments1.xml");
    let at: Vec<&str> = notes.split("<comment ref=\"").skip(1).map(|rest| &rest[..2]).collect();
    assert_eq!(at, ["B6", "C6", "A7"]);
    assert!(notes.contains("999999"));
    let styles = part(&out, "xl/styles.xml");
    assert!(styles.contains("FFFFC7CE") && styles.contains("FFFFF2CC"));
}

#[test]
fn a_marked_workbook_is_read_as_its_file_was_without_its_errors() {
    let folder = Folder::new();
    for map in ["", "title=所属区域,region=:420000,summary=成果名称+技术领域"] {
        let input = Input::named(MESSY.into(), "a.csv");
        let first = open(input.clone(), &ReadOptions::default()).unwrap();
        let mapping = Mapping::of(Kind::Achievement, map, &first).unwrap();
        mark(input, &ReadOptions::default(), map, &folder.file());
        let again = open(folder.file(), &ReadOptions::default()).unwrap();
        assert_eq!((again.kind(), again.header_row()), (Some(Kind::Achievement), Some(3)));
        let own = Mapping::of(Kind::Achievement, "", &again).unwrap();
        assert_eq!(own.unmapped(again.headers()), Vec::<String>::new());
        let of = |mapping: &Mapping, source: exchange::read::Source| -> Vec<_> {
            source.flatten().map(|row| (row.number, sorted(mapping.apply(&row)))).collect()
        };
        assert_eq!(of(&own, again), of(&mapping, first), "{map}");
        // And once more: the column of errors is written anew, not added to.
        let twice = folder.0.path().join("twice.xlsx");
        mark(folder.file().into(), &ReadOptions::default(), "", &twice);
        assert_eq!(cells(&twice)[..7], cells(&folder.file())[..7]);
    }
}

fn sorted(mut cells: Vec<(String, String)>) -> Vec<(String, String)> {
    cells.sort();
    cells
}

#[test]
fn lines_of_json_come_back_as_a_table() {
    let folder = Folder::new();
    let mut lines = "{\"title\":\"甲\",\"region\":\"420106\"}\n".repeat(70);
    lines.push_str("not json\n\n{\"title\":\"乙\",\"region\":\"999999\",\"备注\":\"x\"}\n");
    mark(Input::named(lines.into_bytes(), "a.jsonl"), &ReadOptions::default(), "", &folder.file());
    let rows = cells(&folder.file());
    assert_eq!(rows[0], ["region", "title", "备注", "错误"]);
    assert_eq!((rows[1][1].as_str(), rows[71][0].as_str(), rows[73][1].as_str()), ("甲", "not json", "乙"));
    assert!(rows[71][3].contains("JSON") && rows[73][3].contains("999999"));
    let again = open(folder.file(), &ReadOptions::default()).unwrap();
    let mapping = Mapping::of(Kind::Achievement, "", &again).unwrap();
    assert_eq!(mapping.unmapped(again.headers()), ["备注"]);
}

#[test]
fn what_does_not_fit_is_counted() {
    let folder = Folder::new();
    let long = "长".repeat(40_000);
    let csv = format!("成果名称,备注\n甲,{long}\n");
    let short = mark(Input::named(csv.into_bytes(), "a.csv"), &ReadOptions::default(), "", &folder.file());
    assert_eq!(short, Shortfall { rows: 0, cut: 1 });
    let shown = &cells(&folder.file())[1][1];
    assert!(shown.ends_with('…') && shown.chars().count() == 32_767);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn every_cell_keeps_its_place(
        rows in proptest::collection::vec(proptest::collection::vec("[a-z\"<&,_x0D名9=\u{1}\\n\u{1f600}]{0,6}", 3), 1..12),
        header in any::<bool>(),
    ) {
        let folder = Folder::new();
        let mut csv = exchange::write::CsvWriter::new(Vec::new(), &[("a", "成果名称"), ("b", "简介"), ("c", "备注")]).unwrap();
        for row in &rows {
            let cells: Vec<(&str, &str)> = ["a", "b", "c"].into_iter().zip(row.iter().map(String::as_str)).collect();
            csv.write(&cells).unwrap();
        }
        let bytes = csv.finish().unwrap();
        let header = if header { HeaderRow::Detect } else { HeaderRow::Absent };
        let options = ReadOptions { format: Some(Format::Csv), header, ..ReadOptions::default() };
        let read: Vec<Row> = open(bytes.clone(), &options).unwrap().map(Result::unwrap).collect();
        let map = if header == HeaderRow::Absent { "title=column1" } else { "" };
        mark(bytes.into(), &options, map, &folder.file());
        let shown = cells(&folder.file());
        for row in &read {
            for (place, (_, text)) in row.cells.iter().enumerate() {
                let cell = shown.get(row.number as usize - 1).and_then(|cells| cells.get(place));
                prop_assert_eq!(cell.map_or("", String::as_str), text.as_str(), "row {} column {}", row.number, place);
            }
        }
        // Read again, the rows are the same.
        let options = ReadOptions { header, ..ReadOptions::default() };
        let again: Vec<Row> = open(folder.file(), &options).unwrap().flatten().collect();
        let numbers = |rows: &[Row]| rows.iter().map(|row| row.number).collect::<Vec<_>>();
        prop_assert_eq!(numbers(&again), numbers(&read));
    }
}
