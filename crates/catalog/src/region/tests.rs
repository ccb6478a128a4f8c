use super::*;
use proptest::prelude::*;

fn code(text: &str) -> Result<String, RegionError> {
    parse(text, None).map(|found| found.code)
}

#[test]
fn the_table_is_whole() {
    assert_eq!(table::all().len(), 3_214);
    assert_eq!(children(None).len(), 34);
    let hubei = table::all().keys().filter(|code| code.starts_with("42")).count();
    assert_eq!(hubei, 117);
    let prefectures = children(Some("420000"));
    assert_eq!(prefectures.iter().filter(|(code, _)| code.ends_with("00")).count(), 13);
    assert_eq!(prefectures.len(), 13 + 4);
}

#[test]
fn codes_give_names_paths_and_parents() {
    assert_eq!(path_text("420106").as_deref(), Some("湖北省 / 武汉市 / 武昌区"));
    assert_eq!(path_text("429004").as_deref(), Some("湖北省 / 仙桃市"));
    assert_eq!(path_text("422801").as_deref(), Some("湖北省 / 恩施土家族苗族自治州 / 恩施市"));
    assert_eq!(path_text("110101").as_deref(), Some("北京市 / 东城区"));
    assert_eq!(path_text("420000").as_deref(), Some("湖北省"));
    assert_eq!(path_text("999999"), None);
    assert_eq!(parent("429021").as_deref(), Some("420000"));
    assert_eq!(parent("420106").as_deref(), Some("420100"));
    assert_eq!(parent("420000"), None);
    assert_eq!(
        (prefix("420000"), prefix("420100"), prefix("420106"), prefix("4201")),
        ("42", "4201", "420106", "4201")
    );
    assert!(within("420106", "420000") && within("420106", "42") && within("420106", "420100"));
    assert!(!within("430106", "420000") && !within("420200", "420100"));
}

#[test]
fn names_give_codes() {
    for (text, wanted) in [
        ("420106", "420106"),
        ("4201", "420100"),
        ("4200", "420000"),
        ("42", "420000"),
        ("420106000000", "420106"),
        ("４２０１０６", "420106"),
        ("420106 武昌区", "420106"),
        ("湖北省", "420000"),
        ("湖北", "420000"),
        ("武汉市", "420100"),
        ("武汉", "420100"),
        ("武昌区", "420106"),
        ("武昌", "420106"),
        ("湖北省武汉市武昌区", "420106"),
        ("湖北省/武汉市/武昌区", "420106"),
        ("湖北 武汉", "420100"),
        ("武汉市洪山区", "420111"),
        ("武汉 洪山", "420111"),
        ("湖北省武汉市洪山区珞喻路1037号", "420111"),
        ("湖北省武昌区", "420106"),
        ("恩施州", "422800"),
        ("恩施土家族苗族自治州", "422800"),
        ("恩施市", "422801"),
        ("仙桃", "429004"),
        ("湖北省神农架林区", "429021"),
        ("湖北省省直辖县级行政区划潜江市", "429005"),
        ("北京市市辖区朝阳区", "110105"),
        ("北京", "110000"),
        ("内蒙古", "150000"),
        ("新疆", "650000"),
        ("广西", "450000"),
        ("香港", "810000"),
        ("武汉市青山区", "420107"),
    ] {
        assert_eq!(code(text).as_deref(), Ok(wanted), "{text}");
    }
    assert_eq!(code("火星"), Err(RegionError::UnknownName));
    assert_eq!(code("白山黑水"), Err(RegionError::UnknownName));
    assert_eq!(code(""), Err(RegionError::UnknownName));
    assert_eq!(code("429999"), Err(RegionError::UnknownCode));
    assert_eq!(code("12345"), Err(RegionError::UnknownCode));
}

#[test]
fn a_shared_name_needs_a_place_near_by() {
    assert!(matches!(code("青山区"), Err(RegionError::Ambiguous(codes)) if codes == ["150204", "420107"]));
    assert_eq!(parse("青山区", Some("420000")).map(|found| found.code), Ok("420107".into()));
    assert_eq!(parse("鼓楼区", Some("320102")).map(|found| found.code), Ok("320106".into()));
    assert!(matches!(parse("鼓楼区", Some("420000")), Err(RegionError::Ambiguous(_))));
}

#[test]
fn former_codes_keep_their_year() {
    let yunxian = by_code("420321");
    assert_eq!(yunxian, Some(Found { code: "420321".into(), as_of: 2013, standing: Standing::Former(2013) }));
    assert_eq!(name_of("420321"), Some("郧县"));
    assert_eq!(successors("420321").into_iter().collect::<Vec<_>>(), ["420304"]);
    assert_eq!(successors("421082").into_iter().collect::<Vec<_>>(), ["420881"]);
    assert_eq!(path_text("421023").as_deref(), Some("湖北省 / 荆州市 / 监利县"));
    let xiangfan = parse("襄樊市", None);
    assert_eq!(xiangfan, Ok(Found { code: "420600".into(), as_of: 2009, standing: Standing::Current }));
    assert_eq!(parse("湖北省襄樊市", None), xiangfan);
    assert_eq!(parse("湖北省十堰市郧县", None).ok(), yunxian);
}

#[test]
fn statistical_zones_are_accepted_and_flagged() {
    for (zone, parent_code) in [("421071", "421000"), ("421171", "421100")] {
        assert_eq!(by_code(zone).map(|found| found.standing), Some(Standing::Zone));
        assert_eq!(parent(zone).as_deref(), Some(parent_code));
    }
}

proptest! {
    #[test]
    fn any_text_is_answered(text in ".*|[0-9]{1,12}|(湖北省|武汉|武昌区|恩施|市| |/){0,6}") {
        if let Ok(found) = parse(&text, Some("420106")) {
            prop_assert!(path_text(&found.code).is_some());
        }
    }

    #[test]
    fn every_path_leads_back(at in 0usize..3_214) {
        let (code, _) = table::all().iter().nth(at).unwrap();
        let found = parse(&path(code).concat(), None).unwrap();
        prop_assert_eq!(found.code.as_str(), *code);
    }
}
