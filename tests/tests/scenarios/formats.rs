//! The files that offices send: every format, header words as people write them, and rows that cannot be taken.

use std::io::Write;

use tests::{Home, Ran, Scene};

const HEADER: [&str; 3] = ["成果名称", "成果简介", "关键词"];
const ROWS: [[&str; 3]; 2] =
    [["锂电池防爆阀", "泄压阈值可调", "锂电池；防爆"], ["水稻秸秆腐熟菌剂", "低温三周腐熟", "秸秆；菌剂"]];

fn table(separator: &str) -> String {
    let lines = std::iter::once(HEADER).chain(ROWS).map(|row| row.join(separator));
    lines.collect::<Vec<_>>().join("\r\n") + "\r\n"
}

/// A workbook as small as one can be: inline strings, one sheet.
fn workbook() -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let mut part = |name: &str, text: &str| {
        zip.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    };
    let xml = r#"<?xml version="1.0" encoding="UTF-8"?>"#;
    let types = "http://schemas.openxmlformats.org/package/2006/content-types";
    let office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let sheets = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    let package = "http://schemas.openxmlformats.org/package/2006/relationships";
    let kind = "application/vnd.openxmlformats-officedocument.spreadsheetml";
    part(
        "[Content_Types].xml",
        &format!(
            r#"{xml}<Types xmlns="{types}"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="{kind}.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="{kind}.worksheet+xml"/></Types>"#
        ),
    );
    part(
        "_rels/.rels",
        &format!(
            r#"{xml}<Relationships xmlns="{package}"><Relationship Id="rId1" Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>"#
        ),
    );
    part(
        "xl/_rels/workbook.xml.rels",
        &format!(
            r#"{xml}<Relationships xmlns="{package}"><Relationship Id="rId1" Type="{office}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#
        ),
    );
    part(
        "xl/workbook.xml",
        &format!(
            r#"{xml}<workbook xmlns="{sheets}" xmlns:r="{office}"><sheets><sheet name="成果" sheetId="1" r:id="rId1"/></sheets></workbook>"#
        ),
    );
    let mut rows = String::new();
    for (number, row) in std::iter::once(HEADER).chain(ROWS).enumerate() {
        let cells: String = row
            .iter()
            .zip("ABC".chars())
            .map(|(text, column)| {
                format!(r#"<c r="{column}{}" t="inlineStr"><is><t>{text}</t></is></c>"#, number + 1)
            })
            .collect();
        rows.push_str(&format!(r#"<row r="{}">{cells}</row>"#, number + 1));
    }
    part(
        "xl/worksheets/sheet1.xml",
        &format!(r#"{xml}<worksheet xmlns="{sheets}"><sheetData>{rows}</sheetData></worksheet>"#),
    );
    zip.finish().unwrap().into_inner()
}

fn takes_both(home: &Home, file: &str, expected: &str) {
    let ran = home.import(file, &[]).ok();
    let outcomes: Vec<String> =
        ran.lines().iter().filter_map(|line| Some(line["outcome"].as_str()?.to_owned())).collect();
    assert_eq!(outcomes, [expected, expected], "{file}: {}", ran.all());
}

/// The same two rows in six clothes: the first is published, the others bring nothing new.
#[test]
fn every_format_brings_the_same_rows() {
    let scene = Scene::new();
    let home = scene.hub("hub");
    let comma = table(",");
    let (gbk, _, unmappable) = encoding_rs::GBK.encode(&comma);
    assert!(!unmappable);
    let json = |row: &[&str; 3]| {
        serde_json::json!({ "成果名称": row[0], "成果简介": row[1], "关键词": row[2].split('；').collect::<Vec<_>>() }).to_string()
    };
    let lines: Vec<String> = ROWS.iter().map(json).collect();
    let files = [
        scene.write("plain.csv", &comma),
        scene.write("bom.csv", format!("\u{feff}{comma}")),
        scene.write("gbk.csv", gbk),
        scene.write("tabs.tsv", table("\t")),
        scene.write("lines.jsonl", lines.join("\n")),
        scene.write("book.xlsx", workbook()),
    ];
    for (number, file) in files.iter().enumerate() {
        takes_both(&home, file, if number == 0 { "published" } else { "unchanged" });
    }
    let hits = home.search("防爆");
    let shown = home.show(hits[0]["id"].as_str().unwrap()).unwrap();
    assert_eq!(
        (&shown["title"], &shown["fields"]["summary"]),
        (&"锂电池防爆阀".into(), &"泄压阈值可调".into())
    );
    assert_eq!(shown["fields"]["keyword/防爆"], true, "{shown}");
    // The workbook alone, in a home that knows nothing yet.
    let fresh = scene.hub("fresh");
    takes_both(&fresh, &files[5], "published");
    takes_both(&scene.hub("gbk"), &files[2], "published");
}

fn refused_rows(ran: &Ran) -> Vec<u64> {
    ran.lines()
        .iter()
        .filter(|line| line["outcome"] == "refused")
        .filter_map(|line| line["row"].as_u64())
        .collect()
}

#[test]
fn refused_rows_are_named_and_the_rest_stand() {
    let scene = Scene::new();
    let home = scene.hub("hub");
    let file = scene.write(
        "rows.csv",
        "title,summary,trl\n锂电池防爆阀,可调,5\n,没有名称的一行,3\n水稻秸秆腐熟菌剂,低温,4\n",
    );
    let dry = home.run(["import", &file, "--kind", "achievement", "--json"]).ends(3);
    assert_eq!(refused_rows(&dry), [3], "{}", dry.out);
    let ran = home.import(&file, &[]).ends(3);
    assert_eq!(refused_rows(&ran), [3], "{}", ran.out);
    let line = ran.lines().into_iter().find(|line| line["outcome"] == "refused").unwrap();
    assert_eq!(line["field"], "title", "{line}");
    assert_eq!(home.status()["listings"]["own"], 2);
}

/// A list that comes again with one change: one row is updated, the others are left alone.
#[test]
fn a_list_that_comes_again_updates_what_changed() {
    let scene = Scene::new();
    let home = scene.hub("hub");
    let outcomes = |text: &str| {
        let ran = home.import(&scene.write("rows.csv", text), &[]).ok();
        let words = ran
            .lines()
            .into_iter()
            .filter_map(|line| Some((line["outcome"].as_str()?.to_owned(), line["id"].clone())));
        words.collect::<Vec<_>>()
    };
    let first = outcomes("编号,成果名称,成果简介\nA-1,锂电池防爆阀,可调\nA-2,秸秆菌剂,低温\n");
    let second = outcomes("编号,成果名称,成果简介\nA-1,锂电池防爆阀,可调\nA-2,秸秆菌剂,零下也能用\n");
    let words =
        |list: &[(String, serde_json::Value)]| list.iter().map(|(word, _)| word.clone()).collect::<Vec<_>>();
    assert_eq!(words(&first), ["published", "published"]);
    assert_eq!(words(&second), ["unchanged", "updated"]);
    assert_eq!(first[1].1, second[1].1, "the same listing");
    let shown = home.show(second[1].1.as_str().unwrap()).unwrap();
    assert_eq!((&shown["versions"], &shown["fields"]["summary"]), (&2.into(), &"零下也能用".into()));
}

/// `"树芽征"的CT表现` in a list that quotes nothing: the marks are the title's own.
#[test]
fn quotation_marks_that_begin_a_title_stay() {
    let scene = Scene::new();
    let home = scene.hub("hub");
    let titles = ["\"树芽征\"的CT表现", "真空\"热压\"烧结", "带逗号，的\"一项\""];
    let rows: String = titles.iter().map(|title| format!("{title}\t医学\n")).collect();
    let ran = home.import(&scene.write("rows.tsv", rows), &["--map", "title=column1", "--no-header"]).ok();
    let lines = ran.lines();
    for (title, line) in titles.iter().zip(&lines) {
        let shown = home.show(line["id"].as_str().unwrap()).unwrap();
        assert_eq!(shown["title"], *title);
    }
    // Marks that a spreadsheet program puts around a cell are not.
    let quoted = home.import(
        &scene.write("quoted.tsv", "\"一\"\"项\"\"成果\"\t医学\n"),
        &["--map", "title=column1", "--no-header"],
    );
    let id = quoted.ok().lines()[0]["id"].as_str().unwrap().to_owned();
    assert_eq!(home.show(&id).unwrap()["title"], "一\"项\"成果");
}
