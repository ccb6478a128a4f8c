//! What offices really type into cells: other widths, other spaces, line breaks, dates of every form. Read as what is meant.

#![expect(clippy::unwrap_used, reason = "in a test's helper a failure is the test's answer")]

use catalog::{Context, Kind, Record};
use exchange::mapping::Mapping;
use exchange::read::{Input, ReadOptions, open};

fn record(csv: &str) -> Record {
    let mut source = open(Input::named(csv.into(), "a.csv"), &ReadOptions::default()).unwrap();
    let mapping = Mapping::of(Kind::Achievement, "", &source).unwrap();
    assert_eq!(mapping.unmapped(source.headers()), Vec::<String>::new());
    let row = source.next().unwrap().unwrap();
    let cells = mapping.apply(&row);
    let cells: Vec<(&str, &str)> = cells.iter().map(|(id, text)| (id.as_str(), text.as_str())).collect();
    let outcome = Record::from_cells(Kind::Achievement, &cells, &Context::default());
    assert!(outcome.is_accepted(), "{:?}", outcome.refused);
    outcome.record
}

#[test]
fn widths_spaces_and_line_breaks_change_nothing() {
    let record = record(
        "\"★成 果\n名称\",登记\u{a0}时间,成果年份*,2、所属区域（必填）,\"转让价格\n（万元）\",联系电话：,专利号,关键词(3),完成单位\n\
         \"激光\u{a0}焊接\n\",2013.01.02,２０１３年,４２０１０６,１０－２０,０２７－８７６５４３２１,ＺＬ２０１２２０２４９７６７．４,\"焊接；激光、深熔\n稳定\",\u{3000}某大学\u{200b}\n",
    );
    assert_eq!(record.title(), "激光 焊接");
    assert_eq!(record.text("registered_on"), Some("2013-01-02"));
    assert_eq!((record.int("year"), record.text("region")), (Some(2013), Some("420106")));
    assert_eq!((record.int("price_min"), record.int("price_max")), (Some(100_000), Some(200_000)));
    assert!(record.text("contact_phone").is_some_and(|phone| phone.contains("87654321")), "{record:?}");
    assert_eq!(record.members("patent").collect::<Vec<_>>(), ["CN201220249767.4"]);
    assert_eq!(record.members("keyword").count(), 4);
    assert_eq!(record.text("organization"), Some("某大学"));
}

#[test]
fn dates_of_every_form_are_dates() {
    for (written, read) in [
        ("2013.01.02", "2013-01-02"),
        ("2013.1.2", "2013-01-02"),
        ("2013/1/2", "2013-01-02"),
        ("2013年1月2日", "2013-01-02"),
        ("20130102", "2013-01-02"),
        ("2013-01-02 00:00:00", "2013-01-02"),
        ("２０１３．０１", "2013-01"),
        ("2013年", "2013"),
    ] {
        assert_eq!(
            record(&format!("成果名称,登记时间\n甲,{written}\n")).text("registered_on"),
            Some(read),
            "{written}"
        );
    }
}
