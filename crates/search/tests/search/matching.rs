//! Which documents a query finds, and in what order.

use search::{Query, SearchDoc, Sort};

use crate::{doc, filled, ids, text};

#[test]
fn both_scripts_and_machine_conversions_find_each_other() {
    let filled = filled(&[
        doc("simplified", "水轮机调速系统及其控制方法的制定"),
        doc("traditional", "臺灣薄膜電晶體製程設備"),
        doc("machine", "供熱係統節能改造技術規範製定"),
    ]);
    for (query, id) in [
        ("水輪機調速系統", "simplified"),
        ("水輪機調速係統", "simplified"),
        ("薄膜电晶体制程", "traditional"),
        ("台湾", "traditional"),
        ("供热系统", "machine"),
        ("供热係統", "machine"),
        ("规范制定", "machine"),
        ("ＳＹＳＴＥＭ 製定 水輪機", "simplified"),
    ] {
        assert_eq!(filled.find(query).first().map(String::as_str), Some(id), "{query}");
    }
}

#[test]
fn all_words_first_some_words_after() {
    let filled = filled(&[
        doc("battery", "锂电池回收"),
        doc("both", "石墨烯锂电池"),
        doc("graphene", "石墨烯薄膜"),
        doc("neither", "水稻育种"),
    ]);
    let results = filled.index.search(&text("石墨烯 锂电池")).unwrap();
    assert_eq!((results.total, results.complete), (3, 1));
    assert_eq!(ids(&results)[0], "both");
    assert!(!ids(&results).contains(&"neither"));
    let newest = filled.index.search(&Query { sort: Sort::Newest, ..text("石墨烯 锂电池") }).unwrap();
    assert_eq!(ids(&newest), ["both"]);
}

#[test]
fn the_better_place_ranks_higher() {
    let body = SearchDoc { body: "石墨烯".to_owned(), ..doc("body", "一种电池") };
    let summary = SearchDoc { summary: "石墨烯".to_owned(), ..doc("summary", "一种电池") };
    let keywords = SearchDoc { keywords: vec!["石墨烯".to_owned()], ..doc("keywords", "一种电池") };
    let filled = filled(&[body, summary, keywords, doc("title", "石墨烯电池")]);
    assert_eq!(filled.find("石墨烯"), ["title", "keywords", "summary", "body"]);
}

#[test]
fn words_in_order_rank_above_words_apart() {
    // The same words in each, so that only their order tells the two apart; equals would keep the order of arrival.
    let filled = filled(&[doc("apart", "监测桥梁方法"), doc("together", "方法桥梁监测")]);
    assert_eq!(filled.find("桥梁监测"), ["together", "apart"]);
    assert_eq!(filled.find("橋樑、監測"), ["together", "apart"]);
}

#[test]
fn a_patent_number_finds_its_listing_in_any_spelling() {
    let patented = SearchDoc {
        identifiers: vec!["ZL201910123456.7".to_owned(), "HBKJ-2024-0017".to_owned()],
        ..doc("patented", "一种水轮机")
    };
    let filled = filled(&[patented, doc("other", "ZL201910123457.5 号专利的水轮机")]);
    for query in [
        "ZL201910123456.7",
        "zl 2019 1 0123456.7",
        "CN2019101234567",
        "HBKJ20240017",
        "水轮机 201910123456.7",
    ] {
        assert_eq!(filled.find(query)[0], "patented", "{query}");
    }
    assert!(filled.find("2019101234").is_empty(), "a part of a number is not that number");
}

#[test]
fn without_words_everything_is_listed_newest_first() {
    let aged = |id: &str, updated_ms| SearchDoc { updated_ms, ..doc(id, "题目") };
    let filled = filled(&[aged("old", -5), aged("new", 1_700_000_000_000), aged("middle", 3)]);
    for query in ["", "   ", "？！"] {
        let results = filled.index.search(&text(query)).unwrap();
        assert_eq!(ids(&results), ["new", "middle", "old"], "{query:?}");
        assert_eq!((results.total, results.complete), (3, 3));
    }
    let newest = Query { sort: Sort::Newest, ..text("题目") };
    assert_eq!(ids(&filled.index.search(&newest).unwrap()), ["new", "middle", "old"]);
}

#[test]
fn pages_join_without_gaps() {
    let docs: Vec<SearchDoc> = (0..250).map(|n| doc(&format!("{n}"), &format!("水轮机 {n}"))).collect();
    let filled = filled(&docs);
    let mut seen = std::collections::BTreeSet::new();
    for offset in [0, 100, 200] {
        let results = filled.index.search(&Query { offset, limit: 1_000, ..text("水轮机") }).unwrap();
        assert_eq!(results.total, 250);
        assert_eq!(results.hits.len(), if offset == 200 { 50 } else { 100 });
        seen.extend(results.hits.into_iter().map(|hit| hit.id));
    }
    assert_eq!(seen.len(), 250);
}

#[test]
fn the_form_that_is_asked_for_comes_first() {
    let filled = filled(&[
        doc("many", "Batteries made cheaply"),
        doc("one", "Battery made cheaply"),
        doc("none", "Bacteria"),
    ]);
    assert_eq!(filled.find("battery"), ["one", "many"]);
    assert_eq!(filled.find("batteries"), ["many", "one"]);
}

#[test]
fn another_name_of_the_concept_comes_after_the_very_words() {
    let filled = filled(&[
        doc("english", "Drones for spraying"),
        doc("chinese", "植保无人机喷洒"),
        doc("neither", "植保机械喷洒"),
    ]);
    assert_eq!(filled.find("无人机"), ["chinese", "english"]);
    assert_eq!(filled.find("drone"), ["english", "chinese"]);
    let results = filled.index.search(&text("UAVs")).unwrap();
    assert_eq!((results.total, results.complete), (2, 2));
}

#[test]
fn pinyin_never_outranks_a_text() {
    let body = SearchDoc { body: "见附录 ldc 一节".to_owned(), ..doc("text", "光伏支架") };
    let mut docs: Vec<SearchDoc> = (0..20).map(|n| doc(&format!("pinyin{n}"), "锂电池")).collect();
    docs.push(body);
    let filled = filled(&docs);
    for query in ["ldc", "LDC"] {
        let results = filled.index.search(&text(query)).unwrap();
        assert_eq!((ids(&results)[0], results.total, results.complete), ("text", 21, 1));
    }
    assert_eq!(filled.find("ldc 光伏")[0], "text");
}

#[test]
fn names_are_found_by_word_and_by_pinyin() {
    let named = SearchDoc { names: vec!["華中科技大學".to_owned()], ..doc("named", "水轮机") };
    let filled = filled(&[named, doc("other", "水轮机")]);
    for query in ["华中科技大学", "huazhongkejidaxue", "hua zhong ke ji da xue", "hzkjdx"] {
        assert_eq!(filled.find(query), ["named"], "{query}");
    }
}

#[test]
fn errors_are_forgiven_only_where_little_is_found() {
    let spelt = |n: u32| doc(&format!("graphene{n}"), "graphene film");
    let mut docs: Vec<SearchDoc> = (0..3).map(spelt).collect();
    docs.push(doc("grapheme", "grapheme table"));
    let few = filled(&docs);
    assert_eq!(few.find("graphene").len(), 4);
    assert_eq!(few.find("graphene")[3], "grapheme");
    docs.extend((3..9).map(spelt));
    let many = filled(&docs);
    assert!(!many.find("graphene").contains(&"grapheme".to_owned()));
    assert_eq!(many.find("graphen").len(), 9);
}

#[test]
fn short_words_and_numbers_are_not_guessed() {
    let filled = filled(&[doc("a", "bms 传感 20191234 battery5"), doc("b", "电池")]);
    for query in ["bns", "传干", "20191235", "battery6"] {
        assert!(filled.find(query).is_empty(), "{query}");
    }
}

#[test]
fn the_phrase_in_the_title_comes_first() {
    let body = "桥梁监测 桥梁监测 桥梁监测 桥梁监测".to_owned();
    let keywords = vec!["桥梁监测".to_owned(), "桥梁".to_owned(), "监测".to_owned()];
    let often = SearchDoc { summary: body.clone(), keywords, body, ..doc("often", "监测与桥梁") };
    let long = "一种用于大跨度公路与铁路两用结构的长期在线桥梁监测方法、装置、电子设备及可读存储介质";
    let filled = filled(&[often, doc("title", long)]);
    assert_eq!(filled.find("桥梁监测"), ["title", "often"]);
}

/// Whatever the order and the number of commits in which they came.
#[test]
fn equals_are_listed_by_time_and_then_by_id() {
    let aged = |id: &str, updated_ms| SearchDoc { updated_ms, ..doc(id, "水轮机") };
    let ids = ["1f".repeat(32), "0c".repeat(32), "9a".repeat(32), "e0".repeat(32)];
    let docs = [aged(&ids[0], 5), aged(&ids[1], 7), aged(&ids[2], 7), aged(&ids[3], 5)];
    let wanted = [&ids[1], &ids[2], &ids[0], &ids[3]].map(String::as_str);
    for order in [[0, 1, 2, 3], [3, 2, 1, 0], [2, 0, 3, 1]] {
        let filled = filled(&[]);
        let mut writer = filled.index.writer().unwrap();
        for at in order {
            writer.put(&[docs[at].clone()]).unwrap();
            writer.commit(1).unwrap();
        }
        assert_eq!(filled.find("水轮机"), wanted);
        assert_eq!(filled.find(""), wanted);
        let newest = Query { sort: Sort::Newest, ..text("水轮机") };
        assert_eq!(crate::ids(&filled.index.search(&newest).unwrap()), wanted);
    }
}

#[test]
fn while_it_is_typed_the_last_word_is_a_beginning() {
    let filled = filled(&[
        doc("battery", "Battery recycling"),
        doc("sensor", "柔性压力传感器"),
        doc("both", "锂电池 battery pack"),
    ]);
    let typed = |query: &str| {
        let results = filled.index.search(&Query { typing: true, ..text(query) }).unwrap();
        let mut found: Vec<String> = ids(&results).into_iter().map(str::to_owned).collect();
        found.sort();
        found
    };
    for query in ["b", "bat", "batte", "battery"] {
        assert_eq!(typed(query), ["battery", "both"], "{query}");
    }
    for query in ["传", "柔", "压力传感", "chuang", "chuangan"] {
        assert_eq!(typed(query), ["sensor"], "{query}");
    }
    assert_eq!(typed("锂"), ["both"]);
    let results = filled.index.search(&Query { typing: true, ..text("锂电池 ba") }).unwrap();
    assert_eq!((ids(&results)[0], results.complete), ("both", 1));
    assert!(typed("batte ").is_empty() && filled.find("batte").is_empty(), "a finished word is no beginning");
}
