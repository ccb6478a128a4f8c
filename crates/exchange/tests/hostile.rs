//! Files that are wrong, odd, or made to do harm.

#![expect(clippy::unwrap_used, reason = "in a test's helper a failure is the test's answer")]

#[path = "hostile/workbooks.rs"]
mod workbooks;

use exchange::read::{Format, HeaderRow, Input, ReadOptions, Source, open};
use exchange::{ReadError, RowProblem};
use proptest::prelude::*;
use std::io::{Cursor, Write};
use zip::write::SimpleFileOptions;

fn all(source: Source) -> Vec<Result<(u64, Vec<String>), RowProblem>> {
    source
        .map(|item| item.map(|row| (row.number, row.cells.into_iter().map(|(_, text)| text).collect())))
        .collect()
}

fn options(format: Format) -> ReadOptions {
    ReadOptions { format: Some(format), ..ReadOptions::default() }
}

fn ok(number: u64, cells: &[&str]) -> Result<(u64, Vec<String>), RowProblem> {
    Ok((number, cells.iter().map(|cell| (*cell).to_owned()).collect()))
}

/// A workbook of the given parts, deflated.
fn zipped(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in parts {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

const RELS: &[u8] = br#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#;
const BOOK_RELS: &[u8] = br#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet2.xml"/></Relationships>"#;
const BOOK: &str = r#"<?xml version="1.0"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="成果" sheetId="1" r:id="rId1"/><sheet name="说明" sheetId="2" r:id="rId2"/></sheets></workbook>"#;
const STYLES: &[u8] = br#"<?xml version="1.0"?><styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>"#;

fn workbook(sheet: &str, strings: &[u8]) -> Vec<u8> {
    let sheet = sheet_xml(sheet);
    let other = sheet_xml(r#"<row r="1"><c r="A1" t="inlineStr"><is><t>填表说明</t></is></c></row>"#);
    zipped(&[
        ("_rels/.rels", RELS),
        ("xl/workbook.xml", BOOK.as_bytes()),
        ("xl/_rels/workbook.xml.rels", BOOK_RELS),
        ("xl/styles.xml", STYLES),
        ("xl/sharedStrings.xml", strings),
        ("xl/worksheets/sheet1.xml", sheet.as_bytes()),
        ("xl/worksheets/sheet2.xml", other.as_bytes()),
    ])
}

fn sheet_xml(rows: &str) -> String {
    format!(
        r#"<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{rows}</sheetData></worksheet>"#
    )
}

fn text(cell: &str, text: &str) -> String {
    format!(r#"<c r="{cell}" t="inlineStr"><is><t>{text}</t></is></c>"#)
}

const NO_STRINGS: &[u8] = br#"<?xml version="1.0"?><sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" count="0" uniqueCount="0"></sst>"#;

#[test]
fn a_workbook_as_an_office_makes_it() {
    let strings = r#"<?xml version="1.0"?><sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" count="1" uniqueCount="1"><si><t>激光焊接</t></si></sst>"#;
    let rows = [
        format!(r#"<row r="1">{}</row>"#, text("A1", "2024年科技成果汇总表")),
        format!(r#"<row r="3">{}{}{}</row>"#, text("A3", "★成果名称"), text("B3", "登记时间"), text("C3", "专利号")),
        r#"<row r="4"><c r="A4" t="s"><v>0</v></c><c r="B4" s="1"><v>45292</v></c><c r="C4"><v>201810046029.1</v></c></row>"#.to_owned(),
        r#"<row r="5"><c r="A5" t="s"><v>0</v></c><c r="B5" t="s"><v>99</v></c><c r="C5"><v>1</v></c></row>"#.to_owned(),
        format!(r#"<row r="7">{}<c r="C7"><v>2013</v></c></row>"#, text("A7", "光纤\u{a0}传感")),
        format!(r#"<row r="8">{}</row>"#, text("A8", "甲")),
        r#"<row r="9"><c r="A9" t="s"><v>99</v></c></row>"#.to_owned(),
        format!(r#"<row r="10">{}</row>"#, text("A10", "乙")),
        format!(r#"<row r="11">{}</row>"#, text("A11", "丙")),
    ];
    let source = open(workbook(&rows.concat(), strings.as_bytes()), &ReadOptions::default()).unwrap();
    assert_eq!((source.format(), source.header_row()), (Format::Xlsx, Some(3)));
    assert_eq!(source.headers(), ["★成果名称", "登记时间", "专利号"]);
    let codes: Vec<&str> = source.notes().iter().map(|note| note.code).collect();
    assert_eq!(codes, ["one_sheet", "above_header"]);
    let rows = all(source);
    assert_eq!(rows[0], ok(4, &["激光焊接", "2024-01-01", "201810046029.1"]));
    let bad: Vec<u64> = rows.iter().filter_map(|row| row.as_ref().err()).map(|p| p.number).collect();
    assert_eq!(bad, [5, 8, 10]);
    assert!(rows[3].as_ref().unwrap_err().reason_en.contains("rows 8 to 10"));
    assert_eq!(rows[2], ok(7, &["光纤 传感", "", "2013"]));
    assert_eq!(rows.last().unwrap(), &ok(11, &["丙", "", ""]));
}

#[test]
fn sheets_are_chosen_by_name_or_place() {
    let book = workbook(&format!(r#"<row r="1">{}</row>"#, text("A1", "名称")), NO_STRINGS);
    for (sheet, cell) in [("说明", "填表说明"), ("2", "填表说明"), ("1", "名称")] {
        let options = ReadOptions {
            sheet: Some(sheet.to_owned()),
            header: HeaderRow::Absent,
            ..ReadOptions::default()
        };
        assert_eq!(all(open(book.clone(), &options).unwrap()), [ok(1, &[cell])]);
    }
    let options = ReadOptions { sheet: Some("需求".to_owned()), ..ReadOptions::default() };
    let error = open(book, &options).unwrap_err();
    assert!(error.to_string().contains("成果, 说明"), "{error}");
}

#[test]
fn zip_bombs_are_refused() {
    let bomb = vec![b' '; 210 << 20];
    let book = zipped(&[("xl/worksheets/sheet1.xml", &bomb)]);
    assert!(book.len() < 1 << 20);
    assert!(matches!(open(book, &ReadOptions::default()), Err(ReadError::TooLarge { .. })));

    // The declared size says little; the bytes say much.
    let mut liar = zipped(&[("xl/sharedStrings.xml", &vec![b' '; 70 << 20])]);
    let declared = (70u32 << 20).to_le_bytes();
    while let Some(place) = liar.windows(4).position(|w| w == declared) {
        liar[place..place + 4].copy_from_slice(&100u32.to_le_bytes());
    }
    assert!(open(liar, &ReadOptions::default()).is_err());

    // A stated count for which a reader would reserve terabytes.
    let strings = br#"<sst uniqueCount="1000000000000"><si><t>x</t></si></sst>"#;
    assert!(matches!(open(workbook("", strings), &ReadOptions::default()), Err(ReadError::Damaged { .. })));
    let utf16: Vec<u8> =
        "<sst uniqueCount='1000000000000'/>".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert!(matches!(open(workbook("", &utf16), &ReadOptions::default()), Err(ReadError::Damaged { .. })));
}

#[test]
fn a_far_cell_and_a_torn_sheet_do_no_harm() {
    let header = format!(r#"<row r="1">{}{}</row>"#, text("A1", "名称"), text("B1", "简介"));
    let far = format!(
        r#"{header}<row r="2">{}</row><row r="1048576">{}</row>"#,
        text("XFD2", "远"),
        text("A1048576", "底")
    );
    let rows = all(open(workbook(&far, NO_STRINGS), &ReadOptions::default()).unwrap());
    assert_eq!(rows[0].as_ref().unwrap_err().code, "too_many_columns");
    assert_eq!(rows[1], ok(1_048_576, &["底", ""]));

    let torn = format!(r#"{header}<row r="2">{}</row><row r="3"><c r="A3"><v>"#, text("A2", "甲"));
    let mut source = open(workbook(&torn, NO_STRINGS), &ReadOptions::default()).unwrap();
    let problems: Vec<_> = source.by_ref().filter_map(Result::err).collect();
    assert_eq!(problems.last().map(|p| p.code), Some(RowProblem::BROKE_OFF));
    assert!(source.broke_off());
}

#[test]
fn csv_of_every_encoding_reads_the_same() {
    let text = "成果名称,简介\n激光焊接,\"深熔，\n稳定\"\n\n光纤传感,抗干扰\n";
    let mut bom = b"\xEF\xBB\xBF".to_vec();
    bom.extend_from_slice(text.as_bytes());
    let gbk = encoding_rs::GBK.encode(text).0.into_owned();
    let mut le = b"\xFF\xFE".to_vec();
    le.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
    let mut be = b"\xFE\xFF".to_vec();
    be.extend(text.encode_utf16().flat_map(u16::to_be_bytes));
    for bytes in [text.as_bytes().to_vec(), bom, gbk, le, be] {
        let mut source = open(bytes, &ReadOptions::default()).unwrap();
        let encoding = source.encoding();
        let rows: Vec<_> = source.by_ref().map(Result::unwrap).collect();
        assert_eq!(source.headers(), ["成果名称", "简介"], "{encoding}");
        assert_eq!(rows.iter().map(|r| r.number).collect::<Vec<_>>(), [2, 4], "{encoding}");
        assert_eq!(rows[0].cells[1].1, "深熔，\n稳定", "{encoding}");
        assert_eq!(source.blank_rows(), 1, "{encoding}");
    }
}

#[test]
fn ragged_rows_and_repeated_headers_are_named() {
    let csv = "title,summary\nA,1\nB\nC,1,2\nD,1,,\ntitle,summary\nE,5\n";
    let rows = all(open(csv.as_bytes(), &ReadOptions::default()).unwrap());
    assert_eq!(rows[0], ok(2, &["A", "1"]));
    assert_eq!(rows[1], ok(3, &["B", ""]));
    assert_eq!(rows[2].as_ref().unwrap_err().code, "ragged");
    assert_eq!(rows[3], ok(5, &["D", "1"]));
    assert_eq!(rows[4].as_ref().unwrap_err().code, "header_again");
    assert_eq!(rows[5], ok(7, &["E", "5"]));
}

#[test]
fn quotes_left_open_cost_one_row() {
    let mut csv = "title,summary\n\"open,1\n".to_owned();
    for n in 0..50_000 {
        csv.push_str(&format!("row {n},text of some length\n"));
    }
    let rows = all(open(csv.into_bytes(), &options(Format::Csv)).unwrap());
    assert_eq!(rows.len(), 50_001);
    assert_eq!(rows.iter().filter(|row| row.is_err()).count(), 1);
}

#[test]
fn empty_and_large_files() {
    assert!(matches!(open(Vec::new(), &ReadOptions::default()), Err(ReadError::Empty)));
    for format in [Format::Csv, Format::Tsv, Format::Jsonl] {
        assert!(all(open(b" \n\n".as_slice(), &options(format)).unwrap()).is_empty());
    }
    assert!(matches!(open(b" \n".as_slice(), &options(Format::Json)), Err(ReadError::NoRecords { .. })));
    assert!(all(open(b"[]".as_slice(), &ReadOptions::default()).unwrap()).is_empty());
    let mut small = ReadOptions::default();
    small.limits.text_file_bytes = 10;
    assert!(matches!(open(b"title\nabcdefgh\n".as_slice(), &small), Err(ReadError::TooLarge { .. })));
    let missing = std::path::Path::new("no such file.csv");
    assert!(matches!(open(missing, &ReadOptions::default()), Err(ReadError::Io { .. })));
    assert!(matches!(
        open(std::path::Path::new("."), &ReadOptions::default()),
        Err(ReadError::NotAFile { .. })
    ));
}

#[test]
fn ten_megabyte_cells() {
    let long = "长".repeat(10 << 20);
    let csv = format!("title,summary\n甲,{long}\n乙,\"{long}\"\n丙,短\n");
    let rows = all(open(csv.into_bytes(), &options(Format::Csv)).unwrap());
    let codes: Vec<_> = rows.iter().map(|row| row.as_ref().map_err(|p| p.code).map(|r| r.0)).collect();
    assert_eq!(codes, [Err("row_too_long"), Err("row_too_long"), Ok(4)]);
    let jsonl = format!("{{\"title\":\"甲\"}}\n{{\"title\":\"{long}\"}}\n{{\"title\":\"丙\"}}\n");
    let rows = all(open(jsonl.into_bytes(), &options(Format::Jsonl)).unwrap());
    assert_eq!((rows.len(), rows[1].as_ref().unwrap_err().code), (3, "row_too_long"));
    let json = format!("[{{\"title\":\"甲\"}},{{\"title\":\"{long}\"}},{{\"title\":\"丙\"}}]");
    let rows = all(open(json.into_bytes(), &ReadOptions::default()).unwrap());
    assert_eq!(
        (rows.len(), rows[1].as_ref().unwrap_err().code, &rows[2]),
        (3, "row_too_long", &ok(3, &["丙"]))
    );
}

#[test]
fn json_that_is_deep_broken_or_elsewhere() {
    let deep = format!("[{}{{\"a\":1}}{}]", "[".repeat(200_000), "]".repeat(200_000));
    let rows = all(open(deep.into_bytes(), &options(Format::Json)).unwrap());
    assert_eq!(rows[0].as_ref().unwrap_err().code, "not_json");
    let deep_top = "{\"a\":".repeat(500_000);
    assert!(open(deep_top.into_bytes(), &options(Format::Json)).is_err());

    let bad = br#"[{"title":"a"}, {"title": b}, 7, {"title":"c"}]"#;
    let rows = all(open(bad.as_slice(), &ReadOptions::default()).unwrap());
    let codes: Vec<_> = rows.iter().map(|row| row.as_ref().map_err(|p| p.code).map(|r| r.0)).collect();
    assert_eq!(codes, [Ok(1), Err("not_json"), Err("not_an_object"), Ok(4)]);

    let torn = br#"{"data":{"items":[{"title":"a"},{"title":"b""#;
    let options = ReadOptions { records: Some("data.items".to_owned()), ..ReadOptions::default() };
    let mut source = open(torn.as_slice(), &options).unwrap();
    assert_eq!(source.by_ref().filter(Result::is_ok).count(), 1);
    assert!(source.broke_off());

    let error = open(br#"{"a":[{}],"b":[{}]}"#.as_slice(), &ReadOptions::default()).unwrap_err();
    assert!(error.to_string().contains("a, b"), "{error}");
}

#[test]
fn later_keys_of_json_are_learnt() {
    let mut lines = "{\"title\":\"甲\"}\n".repeat(100);
    lines.push_str("{\"title\":\"乙\",\"备注\":\"x\"}\n");
    let mut source = open(Input::named(lines.into_bytes(), "a.jsonl"), &ReadOptions::default()).unwrap();
    assert_eq!(source.headers(), ["title"]);
    assert_eq!(source.by_ref().filter(Result::is_ok).count(), 101);
    assert_eq!(source.headers().len(), 2);
}

const FORMATS: [Option<Format>; 5] =
    [None, Some(Format::Csv), Some(Format::Tsv), Some(Format::Jsonl), Some(Format::Json)];

fn read_to_end(bytes: &[u8]) {
    for format in FORMATS {
        for header in [HeaderRow::Detect, HeaderRow::Absent] {
            let options = ReadOptions { format, header, ..ReadOptions::default() };
            if let Ok(source) = open(bytes, &options) {
                // Each row takes a byte at least, and the last word may be a problem.
                assert!(source.count() <= bytes.len() + 1);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        read_to_end(&bytes);
    }

    #[test]
    fn arbitrary_table_like_text_never_panics(text in "[a\",;\\t\\n\\r|\\[\\]{}:\\\\ 名]{0,120}") {
        read_to_end(text.as_bytes());
    }

    #[test]
    fn no_cell_is_lost(rows in proptest::collection::vec(proptest::collection::vec("[a-z\", \\n名\u{a0}]{0,8}", 3), 1..12)) {
        let mut csv = exchange::write::CsvWriter::new(Vec::new(), &[("a", "title"), ("b", "summary"), ("c", "备注")]).unwrap();
        for row in &rows {
            let cells: Vec<(&str, &str)> = ["a", "b", "c"].into_iter().zip(row.iter().map(String::as_str)).collect();
            csv.write(&cells).unwrap();
        }
        let read = all(open(csv.finish().unwrap(), &options(Format::Csv)).unwrap());
        let tidy = |cell: &String| cell.replace('\u{a0}', " ").trim().to_owned();
        let expected: Vec<Vec<String>> = rows.iter().map(|row| row.iter().map(tidy).collect()).collect();
        let filled: Vec<&Vec<String>> = expected.iter().filter(|row| row.iter().any(|cell| !cell.is_empty())).collect();
        prop_assert_eq!(read.len(), filled.len());
        for (read, expected) in read.iter().zip(filled) {
            prop_assert_eq!(&read.as_ref().unwrap().1, expected);
        }
    }

    #[test]
    fn damaged_workbooks_never_panic(place in 0usize..4000, byte in any::<u8>(), cut in 0usize..4000) {
        let header = format!(r#"<row r="1">{}</row><row r="2">{}</row>"#, text("A1", "名称"), text("A2", "甲"));
        let mut book = workbook(&header, NO_STRINGS);
        let length = book.len();
        book[place % length] = byte;
        if let Ok(source) = open(book.clone(), &ReadOptions::default()) {
            source.for_each(drop);
        }
        book.truncate(cut % length);
        if let Ok(source) = open(book, &ReadOptions::default()) {
            source.for_each(drop);
        }
    }

    #[test]
    fn damaged_sheets_never_panic(sheet in "(<row r=\"[0-9]{1,10}\">|<c r=\"[A-Z]{1,4}[0-9]{0,9}\" t=\"(s|n|b|e|str|d|x)\">|<v>[0-9a-z.#/-]{0,6}</v>|</c>|</row>|<is><t>|</t></is>|&[a-z]{0,4};){0,12}") {
        if let Ok(source) = open(workbook(&sheet, NO_STRINGS), &ReadOptions::default()) {
            source.for_each(drop);
        }
    }
}
