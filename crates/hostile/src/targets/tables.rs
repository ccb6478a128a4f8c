//! The readers of tables: what is read is mapped, and made a record of.

use std::io::{Cursor, Write};

use catalog::{Context, Kind, Record};
use exchange::mapping::Mapping;
use exchange::read::{Format, ReadOptions, open};

/// Rows of one input that are made records of.
const MAX_ROWS: usize = 2_000;

fn read(bytes: &[u8], format: Option<Format>) {
    let options = ReadOptions { format, ..ReadOptions::default() };
    let Ok(mut source) = open(bytes, &options) else { return };
    let Ok(mapping) = Mapping::of(Kind::Achievement, "", &source) else { return };
    for row in source.by_ref().take(MAX_ROWS).flatten() {
        let cells = mapping.apply(&row);
        let cells: Vec<(&str, &str)> =
            cells.iter().map(|(key, text)| (key.as_str(), text.as_str())).collect();
        let outcome = Record::from_cells(Kind::Achievement, &cells, &Context::default());
        Record::validate(Kind::Achievement, outcome.record.entries());
    }
}

/// A table of text, its format to be found out or stated.
pub fn table(bytes: &[u8]) {
    for format in [None, Some(Format::Csv), Some(Format::Tsv)] {
        read(bytes, format);
    }
}

const CSV: &str = "成果名称,技术领域,成熟度,地区,关键词,联系电话\n激光焊接,先进制造,TRL 6,湖北省武汉市,焊接;激光,027-12345678\n\
    \"引号\"\"里\n有换行\",新材料,九级,420100,,\n";

pub fn tables() -> Vec<Vec<u8>> {
    let utf16: Vec<u8> = CSV.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let gb18030 =
        b"\xb3\xc9\xb9\xfb\xc3\xfb\xb3\xc6,\xb5\xd8\xc7\xf8\r\n\xbc\xa4\xb9\xe2,420100\r\n".to_vec();
    vec![
        CSV.into(),
        [b"\xef\xbb\xbf", CSV.as_bytes()].concat(),
        [b"\xff\xfe", utf16.as_slice()].concat(),
        gb18030,
        CSV.replace(',', "\t").into(),
        CSV.replace(',', ";").into(),
    ]
}

/// JSON, as lines or as one value.
pub fn json(bytes: &[u8]) {
    for format in [Format::Json, Format::Jsonl] {
        read(bytes, Some(format));
    }
}

const OBJECT: &str = r#"{"title":"激光焊接","trl":6,"keywords":["焊接","激光"],"price":{"min":1e3,"max":2.5e5},"open":true,"x":null}"#;

pub fn objects() -> Vec<Vec<u8>> {
    vec![
        format!("{OBJECT}\n{OBJECT}\n").into(),
        format!("[{OBJECT},{OBJECT}]").into(),
        format!(r#"{{"data":{{"items":[{OBJECT}]}},"n":1}}"#).into(),
        [&b"["[..], &[b'['; 300][..]].concat(),
        br#"{"title":"\ud800\u0000\\","a":{"b":{"c":{"d":{"e":1}}}}}"#.to_vec(),
    ]
}

/// A workbook as it comes.
pub fn workbook(bytes: &[u8]) {
    read(bytes, Some(Format::Xlsx));
}

pub fn workbooks() -> Vec<Vec<u8>> {
    let template = exchange::workbook::template(Kind::Achievement, catalog::Lang::Zh).expect("a template");
    sheets().iter().map(|sheet| zipped(sheet)).chain([template]).collect()
}

/// What the process says that reads workbooks for another.
pub fn helper(bytes: &[u8]) {
    exchange::read::said(bytes);
}

/// What it says of the workbooks that are seeds.
pub fn said() -> Vec<Vec<u8>> {
    workbooks().iter().map(|book| asked(book)).collect()
}

/// The answer to the request for the first sheet of a workbook.
fn asked(book: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    exchange::read::serve(&mut [&exchange::read::first_sheet()[..], book].concat().as_slice(), &mut out)
        .expect("an answer");
    out
}

/// The first sheet of a workbook that is otherwise in order, and its shared strings: no fuzzer makes a zip.
pub fn sheet(bytes: &[u8]) {
    workbook(&zipped(bytes));
}

const RELATIONS: &str = r#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#;
const BOOK_RELATIONS: &str = r#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#;
const BOOK: &str = r#"<?xml version="1.0"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="成果" sheetId="1" r:id="rId1"/></sheets></workbook>"#;
const STRINGS: &str = r#"<?xml version="1.0"?><sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" count="1" uniqueCount="1"><si><t>激光焊接</t></si></sst>"#;

/// A workbook of the given parts. Stored, not deflated: what a fuzzer changes stays what is read.
fn zipped(sheet: &[u8]) -> Vec<u8> {
    let stored = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let parts: [(&str, &[u8]); 5] = [
        ("_rels/.rels", RELATIONS.as_bytes()),
        ("xl/workbook.xml", BOOK.as_bytes()),
        ("xl/_rels/workbook.xml.rels", BOOK_RELATIONS.as_bytes()),
        ("xl/sharedStrings.xml", STRINGS.as_bytes()),
        ("xl/worksheets/sheet1.xml", sheet),
    ];
    for (name, bytes) in parts {
        zip.start_file(name, stored).expect("a part begins");
        zip.write_all(bytes).expect("a part is written");
    }
    zip.finish().expect("a workbook").into_inner()
}

pub fn sheets() -> Vec<Vec<u8>> {
    let rows = [
        r#"<row r="1"><c r="A1" t="inlineStr"><is><t>成果名称</t></is></c><c r="B1" t="inlineStr"><is><t>登记时间</t></is></c></row>"#,
        r#"<row r="3"><c r="A3" t="s"><v>0</v></c><c r="B3"><v>45292</v></c><c r="XFD3" t="b"><v>1</v></c></row>"#,
        r#"<row r="1048576"><c r="A1048576" t="e"><v>#REF!</v></c><c><f>SUM(A1:B2)</f><v>1e308</v></c></row>"#,
    ];
    let sheet = |rows: &str| {
        format!(
            r#"<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><dimension ref="A1:C9"/><sheetData>{rows}</sheetData><mergeCells count="1"><mergeCell ref="A1:B1"/></mergeCells></worksheet>"#
        )
        .into_bytes()
    };
    vec![sheet(&rows.concat()), sheet(rows[0]), sheet("")]
}
