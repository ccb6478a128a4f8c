use super::*;

fn arranged(fields: &[FieldView]) -> Arranged {
    arrange(Lang::Zh, "achievement", fields)
}

fn texts(row: &Row) -> Vec<&str> {
    row.values.iter().map(|item| item.text.as_str()).collect()
}

fn find<'a>(rows: &'a [Row], label: &str) -> &'a Row {
    rows.iter().find(|row| row.label == label).unwrap_or_else(|| panic!("no row {label}"))
}

#[test]
fn keys_of_one_field_become_one_row_in_the_catalogues_order() {
    let arranged = arranged(&[
        FieldView::new("year", ["2024"]),
        FieldView::new("price_max", ["200000"]),
        FieldView::new("keyword/固态/电池", ["true"]),
        FieldView::new("trl_max", ["6"]),
        FieldView::new("keyword/钢", ["true"]),
        FieldView::new("price_min", ["100000"]),
        FieldView::new("trl_min", ["4"]),
        FieldView::new("trl_word", ["通过小试"]),
        FieldView::new("advantages", ["甲\n乙"]),
        FieldView::new("summary", ["短短一句"]),
        FieldView::new("title", ["题"]),
        FieldView::new("contact_phone", ["027-12345678"]),
    ]);
    let labels: Vec<&str> = arranged.rows.iter().map(|row| row.label.as_str()).collect();
    assert_eq!(labels, ["关键词", "成熟度", "价格", "年份"]);
    assert_eq!(texts(find(&arranged.rows, "关键词")), ["固态/电池", "钢"]);
    assert_eq!(texts(find(&arranged.rows, "价格")), ["10–20 万元"]);
    assert_eq!(texts(find(&arranged.rows, "成熟度")), ["4–6 级（通过小试）"]);
    assert_eq!(arranged.summary, "短短一句");
    assert_eq!(texts(&arranged.after[0]), ["甲\n乙"]);
    assert_eq!(arranged.contact[0].values[0].href, "tel:02712345678");
}

#[test]
fn concurrent_values_stand_side_by_side() {
    let arranged = arranged(&[
        FieldView::new("title", ["甲", "乙"]),
        FieldView::new("price_min", ["100000", "120000"]),
        FieldView::new("price_max", ["200000"]),
        FieldView::new("trl_min", ["4", "5"]),
        FieldView::new("trl_max", ["6", "7"]),
    ]);
    assert!(arranged.before[0].concurrent);
    let price = find(&arranged.rows, "价格");
    assert!(price.concurrent && price.note.contains('2'));
    assert_eq!(texts(price), ["10–20 万元", "12–20 万元"]);
    let trl = find(&arranged.rows, "成熟度");
    assert_eq!(texts(trl), ["不低于 4 级", "不低于 5 级", "不高于 6 级", "不高于 7 级"]);
}

#[test]
fn unknown_keys_are_shown_last_and_as_they_are() {
    let arranged = arranged(&[
        FieldView::new("zz_new/一", ["true"]),
        FieldView::new("zz_new/二", ["true"]),
        FieldView::new("aa_new", ["x"]),
        FieldView::new("year", ["2024"]),
    ]);
    let labels: Vec<&str> = arranged.rows.iter().map(|row| row.label.as_str()).collect();
    assert_eq!(labels, ["年份", "aa_new", "zz_new"]);
    assert_eq!(texts(find(&arranged.rows, "zz_new")), ["一", "二"]);
}

#[test]
fn only_addresses_that_lead_where_they_say_become_links() {
    for good in ["http://a.cn", "HTTPS://a.cn/b?c=d#e", "https://例子.cn/路径"] {
        assert!(web_address(good).is_some(), "{good}");
    }
    for bad in [
        "javascript:alert(1)",
        "data:text/html,x",
        "//a.cn",
        "https://",
        "https://whu.edu.cn@evil.example/",
        "https://a.cn\\@b",
        "https://a .cn",
        "ftp://a.cn",
        "a.cn",
        "",
    ] {
        assert_eq!(web_address(bad), None, "{bad}");
    }
    assert_eq!(mail_address("a.b@c.cn").as_deref(), Some("mailto:a.b@c.cn"));
    for bad in ["a@b?subject=x", "a@b@c", "a", "@", "a b@c"] {
        assert_eq!(mail_address(bad), None, "{bad}");
    }
    assert_eq!(phone_address("javascript:1234567"), None);
}

#[test]
fn no_row_stands_alone_before_a_wide_one() {
    let wide_at = |wide: &[bool]| {
        let mut rows: Vec<Row> = wide.iter().map(|wide| Row { wide: *wide, ..Row::default() }).collect();
        close_gaps(&mut rows);
        rows.iter().map(|row| row.wide).collect::<Vec<_>>()
    };
    assert_eq!(wide_at(&[false, false, true]), [false, false, true]);
    assert_eq!(wide_at(&[false, true, false, false, false]), [true, true, false, false, true]);
}

#[test]
fn where_a_listing_was_harvested_leads_to_the_record_there_and_nowhere_else() {
    let href = |value: &str| {
        let arranged = arranged(&[FieldView::new("_harvested_from", [value])]);
        find(&arranged.rows, "采集自").values[0].href.clone()
    };
    assert_eq!(
        href("https://a.cn/oai · oai:a:1&x=<2>"),
        "https://a.cn/oai?verb=GetRecord&metadataPrefix=oai_dc&identifier=oai%3Aa%3A1%26x%3D%3C2%3E"
    );
    for wrong in ["javascript:alert(1) · 1", "https://u@a.cn/ · 1", "https://a.cn/#x · 1", "https://a.cn/oai"]
    {
        assert_eq!(href(wrong), "", "{wrong}");
    }
}
