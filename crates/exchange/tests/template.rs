//! Templates: what a clerk gets, fills in, rearranges, and brings back.

#![expect(clippy::unwrap_used, reason = "in a test's helper a failure is the test's answer")]

use catalog::{Context, FieldType, Kind, Lang, Need, Record};
use exchange::mapping::Mapping;
use exchange::read::{ReadOptions, Source, look, open};
use exchange::samples;
use exchange::workbook::template;
use std::io::{Cursor, Read, Write};

const LANGS: [Lang; 2] = [Lang::Zh, Lang::En];

fn parts(book: &[u8]) -> Vec<(String, String)> {
    let mut zip = zip::ZipArchive::new(Cursor::new(book)).unwrap();
    let mut parts = Vec::new();
    for place in 0..zip.len() {
        let mut part = zip.by_index(place).unwrap();
        let mut text = String::new();
        part.read_to_string(&mut text).unwrap();
        parts.push((part.name().unwrap().into_owned(), text));
    }
    parts
}

fn zipped(parts: &[(String, String)]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in parts {
        zip.start_file(name.as_str(), zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// A workbook with one of its parts changed.
fn edited(book: &[u8], part: &str, change: impl Fn(&str) -> String) -> Vec<u8> {
    let mut parts = parts(book);
    let (_, text) = parts.iter_mut().find(|(name, _)| name == part).unwrap();
    *text = change(text);
    zipped(&parts)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

/// The template with rows typed into it: (field id, text) cells each.
fn filled(kind: Kind, lang: Lang, rows: &[Vec<(String, String)>]) -> Vec<u8> {
    let book = template(kind, lang).unwrap();
    let order: Vec<String> = {
        let source = open(book.clone(), &ReadOptions::default()).unwrap();
        let mapping = Mapping::of(kind, "", &source).unwrap();
        assert_eq!(source.headers().len(), kind.fields().len());
        mapping.entries().iter().map(|entry| entry.key.clone()).collect()
    };
    let mut typed = String::new();
    for (place, row) in rows.iter().enumerate() {
        let number = place + 2;
        typed.push_str(&format!(r#"<row r="{number}">"#));
        for (column, key) in order.iter().enumerate() {
            let texts: Vec<&str> =
                row.iter().filter(|(id, _)| id == key).map(|(_, text)| text.as_str()).collect();
            if !texts.is_empty() {
                let cell = exchange::workbook::cell_name(column, number as u64);
                let text = escaped(&texts.join("；"));
                typed.push_str(&format!(r#"<c r="{cell}" t="inlineStr"><is><t>{text}</t></is></c>"#));
            }
        }
        typed.push_str("</row>");
    }
    edited(&book, "xl/worksheets/sheet1.xml", |xml| {
        xml.replace("</sheetData>", &format!("{typed}</sheetData>"))
    })
}

fn records(kind: Kind, source: &mut Source) -> Vec<Record> {
    let mapping = Mapping::of(kind, "", source).unwrap();
    let rows: Vec<_> = source.by_ref().map(Result::unwrap).collect();
    assert_eq!(mapping.unmapped(source.headers()), Vec::<String>::new());
    rows.iter().map(|row| record(kind, &mapping.apply(row))).collect()
}

fn record(kind: Kind, cells: &[(String, String)]) -> Record {
    let cells: Vec<(&str, &str)> = cells.iter().map(|(id, text)| (id.as_str(), text.as_str())).collect();
    let outcome = Record::from_cells(kind, &cells, &Context::default());
    assert!(outcome.is_accepted(), "{cells:?}: {:?}", outcome.refused);
    outcome.record
}

#[test]
fn what_is_typed_into_a_template_comes_back_as_the_same_records() {
    for kind in Kind::ALL {
        for lang in LANGS {
            let rows = samples::generate(23, kind, 20);
            let book = filled(kind, lang, &rows);
            let contents = look(book.clone(), &ReadOptions::default()).unwrap();
            assert_eq!((contents.kind, contents.sheets), (Some(kind), vec![kind.label(lang).to_owned()]));
            let mut source = open(book, &ReadOptions::default()).unwrap();
            assert_eq!((source.kind(), source.header_row(), source.notes().len()), (Some(kind), Some(1), 0));
            let expected: Vec<Record> = rows.iter().map(|cells| record(kind, cells)).collect();
            assert_eq!(records(kind, &mut source), expected, "{kind:?} {lang:?}");
        }
    }
}

#[test]
fn an_empty_template_has_no_rows() {
    for kind in Kind::ALL {
        let mut source = open(template(kind, Lang::Zh).unwrap(), &ReadOptions::default()).unwrap();
        assert_eq!(source.by_ref().count(), 0);
        assert_eq!(source.headers().len(), kind.fields().len());
    }
}

/// Headers reworded, a column inserted before all and a row above: the formulas of the hidden sheet follow, as a spreadsheet
/// program makes them.
#[test]
fn columns_are_known_after_they_were_moved_and_reworded() {
    let rows =
        vec![vec![("title".to_owned(), "激光焊接".to_owned()), ("summary".to_owned(), "深熔".to_owned())]];
    let book = filled(Kind::Achievement, Lang::Zh, &rows);
    let moved = edited(&book, "xl/worksheets/sheet4.xml", |xml| {
        let mut out = String::new();
        for cell in xml.split_inclusive("</c>") {
            let shifted = cell.split_once("<f>").and_then(|(before, rest)| {
                let (formula, rest) = rest.split_once("</f><v>")?;
                let (number, rest) = rest.split_once("</v>")?;
                let number: u64 = number.parse().ok()?;
                Some(format!("{before}<f>{formula}</f><v>{}</v>{rest}", number + 1))
            });
            out.push_str(shifted.as_deref().unwrap_or(cell));
        }
        out
    });
    let typed = r#"<row r="1"><c r="A1" t="inlineStr"><is><t>某大学</t></is></c></row><row r="2"><c r="A2" t="inlineStr"><is><t>备忘</t></is></c><c r="B2" t="inlineStr"><is><t>我们的叫法</t></is></c><c r="C2" t="inlineStr"><is><t>说法</t></is></c></row><row r="3"><c r="A3" t="inlineStr"><is><t>x</t></is></c><c r="B3" t="inlineStr"><is><t>激光焊接</t></is></c><c r="C3" t="inlineStr"><is><t>深熔</t></is></c></row>"#;
    let moved = edited(&moved, "xl/worksheets/sheet1.xml", |xml| {
        let (before, rest) = xml.split_once("<sheetData>").unwrap();
        let (_, after) = rest.split_once("</sheetData>").unwrap();
        format!("{before}<sheetData>{typed}</sheetData>{after}")
    });
    let mut source = open(moved, &ReadOptions::default()).unwrap();
    assert_eq!(source.header_row(), Some(2));
    let mapping = Mapping::of(Kind::Achievement, "", &source).unwrap();
    assert_eq!(mapping.unmapped(source.headers()), ["备忘"]);
    let row = source.next().unwrap().unwrap();
    let cells = mapping.apply(&row);
    assert_eq!(cells, rows[0]);
    assert_eq!(mapping.places("summary", source.headers()), [2]);
}

#[test]
fn a_table_of_ones_own_pasted_over_the_template_is_read_by_its_headers() {
    let typed = r#"<row r="1"><c r="A1" t="inlineStr"><is><t>简介</t></is></c><c r="B1" t="inlineStr"><is><t>项目名称</t></is></c></row><row r="2"><c r="A2" t="inlineStr"><is><t>深熔</t></is></c><c r="B2" t="inlineStr"><is><t>激光焊接</t></is></c></row>"#;
    let book = edited(&template(Kind::Achievement, Lang::Zh).unwrap(), "xl/worksheets/sheet1.xml", |xml| {
        let (before, rest) = xml.split_once("<sheetData>").unwrap();
        let (_, after) = rest.split_once("</sheetData>").unwrap();
        format!("{before}<sheetData>{typed}</sheetData>{after}")
    });
    let mut source = open(book, &ReadOptions::default()).unwrap();
    let mapping = Mapping::of(Kind::Achievement, "", &source).unwrap();
    let cells = mapping.apply(&source.next().unwrap().unwrap());
    assert!(cells.contains(&("title".to_owned(), "激光焊接".to_owned())), "{cells:?}");
    assert!(cells.contains(&("summary".to_owned(), "深熔".to_owned())), "{cells:?}");
}

#[test]
fn what_is_stated_wins_over_what_a_workbook_says_of_itself() {
    let source = open(template(Kind::Achievement, Lang::Zh).unwrap(), &ReadOptions::default()).unwrap();
    let mapping = Mapping::of(Kind::Achievement, "title=★简介,keywords=", &source).unwrap();
    assert_eq!(mapping.places("title", source.headers()), [1]);
    assert!(!mapping.has("summary") && !mapping.has("keywords") && mapping.has("trl"), "{mapping}");
    assert_eq!(mapping.unmapped(source.headers()), ["★成果名称", "★关键词"]);
}

#[test]
fn every_word_of_a_drop_down_list_is_understood() {
    for kind in Kind::ALL {
        for lang in LANGS {
            for field in kind.fields() {
                for term in exchange::workbook::terms(field, lang) {
                    let cells = [("title", "甲"), (field.id, term.as_str())];
                    let outcome = Record::from_cells(kind, &cells, &Context::default());
                    let about: Vec<_> = outcome.refused.iter().chain(&outcome.advice).collect();
                    let odd = about.iter().find(|issue| issue.field == field.id && issue.code != "missing");
                    assert!(odd.is_none(), "{} {term}: {odd:?}", field.id);
                }
            }
        }
    }
}

#[test]
fn stars_stand_first_contacts_last_and_texts_stay_texts() {
    for lang in LANGS {
        let book = template(Kind::Achievement, lang).unwrap();
        let source = open(book.clone(), &ReadOptions::default()).unwrap();
        let mapping = Mapping::of(Kind::Achievement, "", &source).unwrap();
        let fields: Vec<_> = mapping.entries().iter().map(|entry| entry.field).collect();
        assert_eq!(fields[0].id, "title");
        let plain = fields.iter().position(|field| field.need == Need::Optional).unwrap();
        let contact = fields.iter().position(|field| field.contact).unwrap();
        assert!(fields[..plain].iter().all(|field| field.need != Need::Optional && !field.contact));
        assert!(fields[contact..].iter().all(|field| field.contact));
        assert!(source.headers()[..plain].iter().all(|header| header.starts_with('★')));
        let sheet = &parts(&book).into_iter().find(|(name, _)| name == "xl/worksheets/sheet1.xml").unwrap().1;
        let rules =
            fields.iter().filter(|field| !matches!(field.ty, FieldType::Text { .. } | FieldType::LongText));
        assert_eq!(sheet.matches("<dataValidation ").count(), rules.count());
        // A list without a style of its own would forbid every other word.
        let lists = sheet.matches(r#"type="list""#).count();
        assert!(lists > 10 && sheet.matches(r#"type="list" errorStyle="#).count() == lists);
        assert!(sheet.contains("ySplit=\"1\"") && sheet.contains("'_lianshi_terms'!$A$1:$A$"));
    }
}
