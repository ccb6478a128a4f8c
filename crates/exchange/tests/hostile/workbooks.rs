//! Merged cells, and what a workbook says of itself: as offices make them, and as somebody might who means harm.

use super::*;

/// A sheet with merged areas, each stated as a reader finds it after the rows.
fn merged(rows: &str, areas: &[&str]) -> Vec<u8> {
    let areas: String = areas.iter().map(|area| format!(r#"<mergeCell ref="{area}"/>"#)).collect();
    let sheet = format!(
        r#"<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{rows}</sheetData><mergeCells>{areas}</mergeCells></worksheet>"#
    );
    zipped(&[
        ("_rels/.rels", RELS),
        ("xl/workbook.xml", BOOK.as_bytes()),
        ("xl/_rels/workbook.xml.rels", BOOK_RELS),
        ("xl/worksheets/sheet1.xml", sheet.as_bytes()),
        ("xl/worksheets/sheet2.xml", sheet_xml("").as_bytes()),
    ])
}

#[test]
fn cells_merged_downwards_give_their_text_to_each_row() {
    let rows = [
        format!(r#"<row r="1">{}{}</row>"#, text("A1", "完成单位"), text("B1", "成果")),
        format!(r#"<row r="2">{}{}</row>"#, text("B2", "成果名称"), text("C2", "简介")),
        format!(r#"<row r="3">{}{}</row>"#, text("A3", "某大学"), text("B3", "激光焊接")),
        format!(r#"<row r="4">{}</row>"#, text("B4", "光纤传感")),
        format!(r#"<row r="6">{}</row>"#, text("B6", "隧道掘进")),
        format!(r#"<row r="7">{}</row>"#, text("B7", "另一家的")),
    ];
    // A header of two rows, whose upper names reach down into the lower one.
    let book = merged(&rows.concat(), &["A1:A2", "B1:C1", "A3:A6", "A900:A1048576"]);
    let source = open(book, &ReadOptions::default()).unwrap();
    assert_eq!(
        (source.header_row(), source.headers()),
        (Some(2), &["完成单位", "成果名称", "简介"].map(str::to_owned)[..])
    );
    let read = all(source);
    assert_eq!(read[0], ok(3, &["某大学", "激光焊接", ""]));
    assert_eq!(read[1], ok(4, &["某大学", "光纤传感", ""]));
    assert_eq!(read[2], ok(6, &["某大学", "隧道掘进", ""]));
    assert_eq!(read[3], ok(7, &["", "另一家的", ""]));
    // An area that is none: the file is refused, or no row is lost to it.
    let book = merged(&rows.concat(), &["A3:A6", "nonsense"]);
    match open(book, &ReadOptions::default()) {
        Ok(source) => assert_eq!(all(source).iter().filter(|row| row.is_ok()).count(), 4),
        Err(error) => assert!(matches!(error, ReadError::Damaged { .. })),
    }
}

#[test]
fn merges_that_claim_a_million_rows_make_none() {
    let mut rows = format!(r#"<row r="1">{}{}</row>"#, text("A1", "成果名称"), text("B1", "简介"));
    rows.push_str(&format!(r#"<row r="2">{}{}</row>"#, text("A2", &"甲".repeat(100)), text("B2", "x")));
    for row in 3..60_000 {
        rows.push_str(&format!(r#"<row r="{row}">{}</row>"#, text(&format!("B{row}"), "x")));
    }
    let read = all(open(merged(&rows, &["A2:A1048576"]), &ReadOptions::default()).unwrap());
    assert_eq!(read.len(), 59_998);
    // What one text would be given to in all is bounded; then rows are named, not left short.
    let filled = read.iter().take_while(|row| row.is_ok()).count();
    assert!((20_000..40_000).contains(&filled), "{filled}");
    assert!(
        read[filled..].iter().all(|row| row.as_ref().is_err_and(|problem| problem.code == "merged_too_far"))
    );

    let many = vec!["A1:A2"; 110_000];
    assert!(matches!(
        open(merged("", &many[..]), &ReadOptions::default()),
        Ok(_) | Err(ReadError::TooLarge { .. })
    ));
    let many = vec!["A1:A2"; 210_000];
    assert!(open(merged(&rows, &many[..]), &ReadOptions::default()).is_err());
}

#[test]
fn a_hidden_sheet_that_lies_does_no_harm() {
    let book = BOOK.replace("说明", "_lianshi");
    let stamped = |rows: &str| {
        let data = sheet_xml(&format!(
            r#"<row r="1">{}{}</row><row r="2">{}{}</row>"#,
            text("A1", "成果名称"),
            text("B1", "简介"),
            text("A2", "甲"),
            text("B2", "乙")
        ));
        zipped(&[
            ("_rels/.rels", RELS),
            ("xl/workbook.xml", book.as_bytes()),
            ("xl/_rels/workbook.xml.rels", BOOK_RELS),
            ("xl/worksheets/sheet1.xml", data.as_bytes()),
            ("xl/worksheets/sheet2.xml", sheet_xml(rows).as_bytes()),
        ])
    };
    let first = format!(
        r#"<row r="1">{}{}{}{}</row>"#,
        text("A1", "lianshi-table"),
        text("B1", "1"),
        text("C1", "achievement"),
        text("D1", "1")
    );
    let column = |row: u32, key: &str, place: &str, header: &str| {
        format!(
            r#"<row r="{row}">{}{}{}{}<c r="E{row}"><v>{place}</v></c><c r="F{row}"><v>{header}</v></c></row>"#,
            text(&format!("A{row}"), "column"),
            text(&format!("B{row}"), "成果"),
            text(&format!("C{row}"), key),
            text(&format!("D{row}"), "x")
        )
    };
    let mut lies = vec![first.clone()];
    for (place, header) in [
        ("0", "0"),
        ("-1", "1"),
        ("99999999999999999999", "1"),
        ("1e9", "1048577"),
        ("2", "999999"),
        ("16384", "1"),
    ] {
        lies.push(format!(
            "{first}{}{}",
            column(2, "no_such_field", place, header),
            column(3, "title", place, header)
        ));
    }
    lies.push(format!(
        "{first}{}",
        (2..20_000).map(|row| column(row, "title", "1", "1")).collect::<String>()
    ));
    for lie in &lies {
        let mut source = open(stamped(lie), &ReadOptions::default()).unwrap();
        assert_eq!(source.kind().is_some(), lie.contains("column"), "{}", &lie[..200.min(lie.len())].len());
        let mapping = exchange::mapping::Mapping::of(catalog::Kind::Achievement, "", &source).unwrap();
        let row = source.next().unwrap().unwrap();
        assert!(mapping.apply(&row).iter().any(|(_, text)| text == "甲"));
    }
    let unknown = first.replace("achievement", "spaceship");
    assert_eq!(open(stamped(&unknown), &ReadOptions::default()).unwrap().kind(), None);
}
