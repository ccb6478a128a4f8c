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
