//! Mappings: stated, chosen, remembered, guessed.

use super::*;

fn row(cells: &[(&str, &str)]) -> Row {
    let cells = cells.iter().map(|(h, t)| ((*h).to_owned(), (*t).to_owned())).collect();
    Row { number: 2, cells }
}

fn cell(id: &str, text: &str) -> (String, String) {
    (id.to_owned(), text.to_owned())
}

#[test]
fn columns_constants_and_joins() {
    let text = "title=名称,summary=a+b,region=:420000,organization=\"某, 大学\",source_id=no\\, 1";
    let mapping = Mapping::parse(Kind::Achievement, text).unwrap();
    let row = row(&[("名称", "激光"), ("a", "一"), ("b", "二"), ("no, 1", "K-7"), ("c", "x")]);
    let cells = mapping.apply(&row);
    assert_eq!(cells[0], cell("title", "激光"));
    assert!(cells[1].1 == "一\n二" || cells[1].1 == "一 二");
    assert_eq!(cells[2], cell("region", "420000"));
    assert_eq!(cells[3], cell("organization", "某, 大学"));
    assert!(cells.contains(&cell("source_id", "K-7")));
    let headers: Vec<String> = row.cells.iter().map(|(h, _)| h.clone()).collect();
    assert_eq!(mapping.unmapped(&headers), ["c"]);
    assert_eq!(mapping.missing(&["名称".to_owned()]), ["a", "b", "no, 1"]);
    let again = Mapping::parse(Kind::Achievement, &mapping.to_string()).unwrap();
    assert_eq!(again.apply(&row), cells);
}

#[test]
fn errors_say_what_to_do() {
    let error = Mapping::parse(Kind::Achievement, "tilte=x").unwrap_err();
    assert!(error.to_string().contains("title"), "{error}");
    assert!(matches!(Mapping::parse(Kind::Achievement, "title"), Err(MappingError::Form { .. })));
    assert!(matches!(Mapping::parse(Kind::Achievement, "title=a,title=b"), Err(MappingError::Twice { .. })));
}

#[test]
fn headers_as_offices_write_them() {
    let headers = ["★成果名称", "简介（≤140字）", "关键词(3)", "完成 单位", "备注"].map(str::to_owned);
    let mapping = Mapping::guess(Kind::Achievement, &headers);
    for field in ["title", "summary", "keywords", "organization"] {
        assert!(mapping.has(field), "{field} in {mapping}");
    }
    assert_eq!(mapping.unmapped(&headers), ["备注"]);
}

#[test]
fn a_stated_part_wins_and_an_empty_one_silences() {
    let csv = "title,名称,abstract,keywords\n".as_bytes();
    let source = crate::read::open(csv, &crate::read::ReadOptions::default()).unwrap();
    let mapping = Mapping::of(Kind::Achievement, "title=名称,keywords=", &source).unwrap();
    assert!(mapping.has("summary") && !mapping.has("keywords"));
    assert_eq!(mapping.entries()[0].from, Origin::Columns(vec!["名称".to_owned()]));
}

#[test]
fn what_was_chosen_comes_first_and_what_is_remembered_before_a_guess() {
    let csv = "名称,甲,乙,简介,联市编号（请勿改动）\n".as_bytes();
    let source = crate::read::open(csv, &crate::read::ReadOptions::default()).unwrap();
    let (mut chosen, mut remembered) = (Choices::default(), Choices::default());
    for (header, field) in [(" 甲 ", "title"), ("简介", "")] {
        chosen.choose(header, field);
    }
    for (header, field) in [("甲", "body"), ("乙", "summary"), ("简介", "summary"), ("没有", "level")] {
        remembered.choose(header, field);
    }
    let mapping = Mapping::with(Kind::Achievement, "", &source, &chosen, &remembered).unwrap();
    let taken = ["名称", "甲", "乙", "简介", "联市编号（请勿改动）"].map(|header| mapping.key_of(header));
    assert_eq!(taken, [None, Some("title"), Some("summary"), None, Some(LISTING)], "{mapping}");
    assert_eq!(mapping.unmapped(source.headers()), ["名称", "简介"]);
}

#[test]
fn the_unit_of_a_header_reaches_the_cell() {
    let headers = ["预算（万元）".to_owned()];
    let mapping = Mapping::parse(Kind::Demand, "budget=预算（万元）").unwrap();
    assert!(mapping.missing(&headers).is_empty());
    let text = |cell: &str| mapping.apply(&row(&[("预算（万元）", cell)]))[0].1.clone();
    assert_eq!(text("50"), "50万元");
    assert_eq!(text("10-20"), "10-20万元");
    assert_eq!(text("面议"), "面议");
}
