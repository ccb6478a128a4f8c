use super::*;
use crate::words::Lang;
use crate::{display, facets, limits};

mod properties;

const HERE: Context<'static> = Context { lang: None, default_region: Some("420100"), today_year: 2026 };

fn achievement(cells: &[(&str, &str)]) -> Outcome {
    Record::from_cells(Kind::Achievement, cells, &HERE)
}

fn codes(issues: &[Issue]) -> Vec<&str> {
    issues.iter().map(|issue| issue.code).collect()
}

/// A whole row as an office writes it.
const ROW: &[(&str, &str)] = &[
    ("title", " 高温合金叶片热障涂层\u{00A0}制备技术 "),
    ("summary", "在叶片表面\r\n制备双层涂层。"),
    ("keywords", "高温合金；热障涂层、CO/N2"),
    ("field", "新材料"),
    ("trl", "通过中试"),
    ("cooperation", "技术转让；作价入股"),
    ("price", "１０－２０万元"),
    ("patents", "ZL 2012 2 0249767.4；US 5694939; 13/033,085"),
    ("ipc", "C23C 4/10 (2006.01)I"),
    ("region", "武昌区"),
    ("industry", "C33"),
    ("discipline", "430 材料科学"),
    ("credit_code", "12100000707137123p"),
    ("year", "2013年"),
    ("registered_on", "2013.01.02"),
    ("contact_phone", "027-87654321/13871234567"),
    ("contact_email", "Li＠whu.edu.cn"),
    ("url", "www.whu.edu.cn/a"),
    ("level", "国内领先水平"),
    ("rights_granted", "是"),
    ("source_id", "A-17"),
];

#[test]
fn a_row_becomes_a_record() {
    let outcome = achievement(ROW);
    assert_eq!(outcome.refused, []);
    let record = &outcome.record;
    assert_eq!(record.title(), "高温合金叶片热障涂层 制备技术");
    for (key, value) in [
        ("summary", "在叶片表面制备双层涂层。"),
        ("region", "420106"),
        ("industry", "C33"),
        ("industry_scheme", "GB/T 4754-2017"),
        ("discipline", "430"),
        ("credit_code", "12100000707137123P"),
        ("registered_on", "2013-01-02"),
        ("trl_word", "通过中试"),
        ("trl_mapped_by", "table-1"),
        ("contact_phone", "027-87654321；13871234567"),
        ("contact_email", "Li@whu.edu.cn"),
        ("url", "http://www.whu.edu.cn/a"),
        ("level", "china_leading"),
    ] {
        assert_eq!(record.text(key), Some(value), "{key}");
    }
    for (key, value) in [
        ("price_min", 100_000),
        ("price_max", 200_000),
        ("year", 2013),
        ("region_as_of", 2025),
        ("trl_min", 6),
        ("trl_max", 7),
    ] {
        assert_eq!(record.int(key), Some(value), "{key}");
    }
    assert!(record.is_true("rights_granted") && record.is_true("ipc/C23C4/10"));
    assert_eq!(record.members("keyword").collect::<Vec<_>>(), ["CO/N2", "热障涂层", "高温合金"]);
    assert_eq!(record.members("cooperation").collect::<Vec<_>>(), ["equity", "transfer"]);
    assert_eq!(record.members("foreign_patent").collect::<Vec<_>>(), ["13/033,085", "US 5694939"]);
    assert_eq!(
        record.identifiers(),
        ["CN201220249767.4", "13/033,085", "US 5694939", "A-17", "12100000707137123P"]
    );
    let facets = facets::of(Kind::Achievement, record);
    assert_eq!(facets.fields, ["new_materials"]);
    assert_eq!((facets.region.as_deref(), facets.trl), (Some("420106"), Some((6, 7))));
    assert_eq!((facets.price.bands(), facets.price.amount()), (vec!["10-50"], Some(100_000)));
    assert!(codes(&outcome.advice).contains(&"url_completed"));
    assert!(codes(&outcome.advice).contains(&"missing"));
}

#[test]
fn only_the_title_is_needed_and_the_rest_is_advice() {
    let outcome = achievement(&[("title", "A polyimide wire insulation repair system")]);
    assert!(outcome.is_accepted());
    assert_eq!(outcome.record.text("region"), Some("420100"));
    assert!(outcome.advice.iter().all(|issue| issue.code == "missing"));
    assert!(outcome.advice.iter().any(|issue| issue.field == "summary"));
    assert!(!outcome.advice.iter().any(|issue| issue.field == "region"));
    for empty in [&[][..], &[("title", " \u{00A0} ")][..], &[("title", "\u{200B}")][..]] {
        assert_eq!(codes(&achievement(empty).refused), ["required"]);
    }
}

#[test]
fn unusable_identifiers_refuse_the_row_and_name_the_value() {
    for (field, text, code) in [
        ("credit_code", "12100000707137123R", "credit_code_check"),
        ("credit_code", "91350100M000100Y4Z", "credit_code_character"),
        ("patents", "CN201220249767.5", "patent_check"),
        ("patents", "CN102345678U", "patent_letter"),
        ("region", "火星", "region_name"),
        ("region", "429999", "region_code"),
        ("region", "鼓楼区", "region_ambiguous"),
        ("trl", "TRL 11", "trl_scale"),
    ] {
        let outcome = achievement(&[("title", "t"), (field, text)]);
        assert_eq!(codes(&outcome.refused), [code], "{text}");
        let issue = &outcome.refused[0];
        assert_eq!(issue.field, field);
        assert!(issue.reason_zh.contains(text) && issue.reason_en.contains(text), "{issue:?}");
        assert!(!issue.reason_zh.contains('{') && !issue.reason_en.contains('{'), "{issue:?}");
    }
}

#[test]
fn unknown_words_are_kept_as_given() {
    for (field, text, key, code) in [
        ("field", "占星", "field_text", "unknown_term"),
        ("category", "工学", "category_text", "unknown_term"),
        ("discipline", "兵器科学与技术", "discipline_text", "unknown_class"),
        ("price", "详见附件", "price_text", "money_kept"),
        ("registered_on", "去年", "registered_on_text", "date_kept"),
        ("contact_email", "李四", "contact_email_text", "email_kept"),
        ("contact_phone", "见官网", "contact_phone_text", "phone_kept"),
        ("url", "javascript:alert(1)", "url_text", "url_kept"),
        ("trl", "In vivo.", "trl_word", "trl_word"),
        ("ipc", "半导体", "ipc_text", "ipc_kept"),
        ("year", "近年", "year_text", "year_kept"),
        ("rights_granted", "部分", "rights_granted_text", "flag_kept"),
        ("an_own_column", "自有", "an_own_column", "unknown_field"),
    ] {
        let outcome = achievement(&[("title", "t"), (field, text)]);
        assert_eq!(outcome.refused, [], "{text}");
        assert_eq!(outcome.record.text(key), Some(text), "{key}");
        assert!(codes(&outcome.advice).contains(&code), "{code}");
        let shown = display::all(Kind::Achievement, &outcome.record, Lang::Zh);
        assert!(shown.iter().any(|one| one.value == text), "{text} is shown");
    }
    let degree = achievement(&[("title", "t"), ("discipline", "工学")]);
    assert_eq!(
        (degree.record.text("discipline"), degree.record.text("discipline_scheme")),
        (Some("08"), Some("学科门类-2011"))
    );
}

#[test]
fn dirty_patent_cells_of_real_catalogues_pass() {
    let outcome = achievement(&[
        ("title", "t"),
        ("patents", "0"),
        ("patents", "13/033,085"),
        ("patents", "/9"),
        ("patents", " "),
    ]);
    assert_eq!(outcome.refused, []);
    assert_eq!(outcome.record.members("foreign_patent").collect::<Vec<_>>(), ["/9", "13/033,085"]);
    let advice = codes(&outcome.advice);
    assert!(advice.contains(&"patent_none") && advice.contains(&"patent_short"));
}

#[test]
fn an_identity_number_refuses_the_record_wherever_it_stands() {
    const NUMBER: &str = "11010519491231002X";
    for field in [
        "title",
        "body",
        "contact_name",
        "contact_phone",
        "source_id",
        "an_own_column",
        "keywords",
        "price",
        "patents",
        "trl_word",
    ] {
        let outcome = achievement(&[("title", "t"), (field, NUMBER)]);
        assert!(codes(&outcome.refused).contains(&"id_number"), "{field}: {outcome:?}");
    }
    for cells in [
        [("title", "t"), ("body", NUMBER)],
        [("title", "t"), ("credit_code", NUMBER)],
        [("title", NUMBER), (NUMBER, "x")],
    ] {
        assert!(!format!("{:?}", achievement(&cells)).contains(NUMBER), "neither kept nor repeated");
    }
    let parted = achievement(&[("title", "t"), ("body", "110105"), ("body", "19491231002X")]);
    assert_eq!(codes(&parted.refused), ["id_number"]);
    let spaced = achievement(&[("title", "t"), ("body", "证号 １１０１０５ 19491231 002x。")]);
    assert_eq!(codes(&spaced.refused), ["id_number"]);
    for (key, value) in [
        ("keyword/11010519491231002X", Value::Bool(true)),
        ("11010519491231002X", Value::Bool(false)),
        ("anything", Value::Int(110_105_194_912_310_011)),
    ] {
        let mut entries = BTreeMap::from([("title".to_owned(), Value::Text("t".into()))]);
        entries.insert(key.to_owned(), value.clone());
        let issues = Record::validate(Kind::Achievement, &entries);
        let expected = !matches!(value, Value::Int(_)) || crate::id_number::is_valid("110105194912310011");
        assert_eq!(codes(&issues).contains(&"id_number"), expected, "{key}");
        assert!(
            issues.iter().all(|issue| !issue.field.contains(NUMBER) && !issue.reason_zh.contains(NUMBER))
        );
    }
    let need = [("title", "t"), ("problem", "参照专利201810046029.1改进")];
    let need = Record::from_cells(Kind::Demand, &need, &HERE);
    assert!(need.is_accepted() && !codes(&need.advice).contains(&"phone_in_text"));
}

#[test]
fn typed_values_follow_the_same_rules() {
    let valid = |key: &str, value: Value| {
        let mut entries = achievement(ROW).record.into_entries();
        entries.insert(key.to_owned(), value);
        codes(&Record::validate(Kind::Achievement, &entries)).join(" ")
    };
    assert_eq!(valid("kept_from_tomorrow", Value::Text("any".into())), "");
    assert_eq!(valid("field/a_term_of_tomorrow", Value::Bool(true)), "");
    assert_eq!(valid("title", Value::Text("  ".into())), "required");
    assert_eq!(valid("title", Value::Int(1)), "wrong_type");
    assert_eq!(valid("title", Value::Text("长".repeat(301))), "too_long");
    assert_eq!(valid("price_min", Value::Int(300_000)), "range_order");
    assert_eq!(valid("price_min", Value::Int(-1)), "out_of_range");
    assert_eq!(valid("trl_max", Value::Int(10)), "out_of_range");
    assert_eq!(valid("registered_on", Value::Text("2013.1".into())), "date_form");
    assert_eq!(valid("region", Value::Text("武汉".into())), "region_code");
    assert_eq!(valid("credit_code", Value::Text("12100000707137123p".into())), "credit_code_check");
    assert_eq!(valid("patent/CN201220249767.5", Value::Bool(true)), "member_form");
    assert_eq!(valid("keyword/ ", Value::Bool(true)), "member_form");
    assert_eq!(valid("url", Value::Text("javascript:alert(1)".into())), "url_form");
    assert_eq!(valid("contact_email", Value::Text("a".into())), "email_form");
    assert_eq!(valid("contact_phone", Value::Text("见官网".into())), "phone_form");
    assert_eq!(valid("a\u{0}b", Value::Bool(true)), "key_form");
    assert_eq!(valid(&"k".repeat(limits::MAX_KEY_BYTES + 1), Value::Bool(true)), "key_form");
    assert_eq!(valid("other", Value::Text("x".repeat(limits::MAX_TEXT_BYTES + 1))), "text_bytes");
}

#[test]
fn a_record_stays_within_what_a_patch_carries() {
    let long = "长".repeat(limits::MAX_LONG_TEXT_CHARS);
    let outcome = achievement(&[("title", "t"), ("body", &long), ("advantages", &long)]);
    assert_eq!(codes(&outcome.refused), ["too_large"]);
    let mut entries = BTreeMap::from([("title".to_owned(), Value::Text("t".into()))]);
    let (half, rest) =
        (limits::MAX_RECORD_BYTES / 2, limits::MAX_RECORD_BYTES.div_ceil(2) - "titletab".len());
    entries.insert("a".to_owned(), Value::Text("x".repeat(half)));
    entries.insert("b".to_owned(), Value::Text("x".repeat(rest)));
    assert_eq!(Record::validate(Kind::Achievement, &entries), []);
    entries.insert("b".to_owned(), Value::Text("x".repeat(rest + 1)));
    assert_eq!(codes(&Record::validate(Kind::Achievement, &entries)), ["too_large"]);
    let cells: Vec<(String, String)> = (0..300).map(|n| (format!("own_{n}"), "x".to_owned())).collect();
    let mut cells: Vec<(&str, &str)> = cells.iter().map(|(id, text)| (id.as_str(), text.as_str())).collect();
    cells.push(("title", "t"));
    let outcome = achievement(&cells);
    assert_eq!(codes(&outcome.refused), ["too_many_keys"]);
    assert_eq!(outcome.advice.len(), limits::MAX_ISSUES + 1);
    let keywords: Vec<String> = (0..90).map(|n| format!("词{n}")).collect();
    let outcome = achievement(&[("title", "t"), ("keywords", &keywords.join("；"))]);
    assert!(outcome.is_accepted() && codes(&outcome.advice).contains(&"too_many_members"));
    assert_eq!(outcome.record.members("keyword").count(), 30);
    assert!(outcome.record.text("keywords_text").is_some_and(|rest| rest.contains("词89")));
    let huge = "x".repeat(limits::MAX_CELL_BYTES + 1);
    assert_eq!(codes(&achievement(&[("title", "t"), ("body", &huge)]).refused), ["cell_too_large"]);
}

#[test]
fn cells_add_up_and_contradictions_are_named() {
    let outcome = achievement(&[
        ("title", "一"),
        ("title", "二"),
        ("body", "甲"),
        ("body", "乙"),
        ("keywords", "a"),
        ("keywords", "b"),
        ("price", "5"),
    ]);
    assert_eq!(outcome.record.title(), "一");
    assert_eq!(outcome.record.text("body"), Some("甲\n乙"));
    assert_eq!(outcome.record.members("keyword").count(), 2);
    let advice = codes(&outcome.advice);
    assert!(advice.contains(&"given_twice") && advice.contains(&"money_unitless"));
    let future = achievement(&[("title", "t"), ("year", "2031")]);
    assert!(codes(&future.advice).contains(&"in_the_future"));
    let phone = achievement(&[("title", "t"), ("summary", "有意者请联系13871234567")]);
    assert!(phone.is_accepted() && codes(&phone.advice).contains(&"phone_in_text"));
    let former = achievement(&[("title", "t"), ("region", "420321")]);
    assert_eq!(
        (former.record.text("region"), former.record.int("region_as_of")),
        (Some("420321"), Some(2013))
    );
    assert!(
        former.advice.iter().any(|issue| issue.code == "region_former" && issue.reason_zh.contains("420304"))
    );
    let zone = achievement(&[("title", "t"), ("region", "421071")]);
    assert!(zone.is_accepted() && codes(&zone.advice).contains(&"region_zone"));
    let english = Context { lang: Some(Lang::En), ..HERE };
    let outcome = Record::from_cells(Kind::Service, &[("title", "t")], &english);
    assert_eq!(outcome.record.text("language"), Some("en"));
}

#[test]
fn every_reason_has_its_words() {
    for kind in Kind::ALL {
        for field in kind.fields() {
            for text in ["?", "99999999999", "2013-13-13", "x@y@z", "CN1", "TRL 12"] {
                let outcome = Record::from_cells(kind, &[("title", "t"), (field.id, text)], &HERE);
                for issue in outcome.refused.iter().chain(&outcome.advice) {
                    for lang in [Lang::Zh, Lang::En] {
                        let reason = issue.reason(lang);
                        assert!(!reason.starts_with("issue.") && !reason.contains('{'), "{issue:?}");
                    }
                }
            }
        }
    }
}

/// Texts of real publications: none is mistaken for an identity number or refused as a title.
#[test]
fn real_titles_and_abstracts_pass() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    if !folder.is_dir() {
        assert!(std::env::var_os("LIANSHI_REQUIRE_SHARED").is_none(), "{} is missing", folder.display());
        println!("skipped: ../shared/data is not here");
        return;
    }
    let lines = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    let titles = lines("cn/csl_8000_titles_category.tsv");
    let mut read = 0;
    for line in titles.lines() {
        let title = line.split('\t').next().unwrap();
        let outcome = achievement(&[("title", title)]);
        assert_eq!(outcome.refused, [], "{title}");
        assert_eq!(outcome.record.title(), crate::fold::line(title));
        read += 1;
    }
    assert_eq!(read, 8_000);
    for name in [
        "cn/csl_2000_research_outputs.jsonl",
        "en/nasa_patents.csv",
        "en/nasa_t2_software_releases_code.json",
    ] {
        for line in lines(name).lines() {
            assert!(!crate::id_number::contains(line), "{line}");
        }
    }
    for line in lines("en/nasa_patents.csv").lines().skip(1) {
        let [number, serial] = [3, 4].map(|at| line.split(',').nth(at).unwrap_or_default().trim_matches('"'));
        let outcome = achievement(&[("title", "t"), ("patents", number), ("patents", serial)]);
        assert_eq!(outcome.refused, [], "{line}");
    }
}
