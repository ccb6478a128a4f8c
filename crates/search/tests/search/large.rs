//! How long a node with a hundred thousand listings takes over what its pages ask for.
//!
//! `cargo test -p search --test search -- --ignored hundred_thousand --nocapture`, with `--config 'profile.dev.package.search.opt-level=2'`
//! where the figures are to say something: facets are counted here, not in the library.

use std::time::{Duration, Instant};

use search::{Facet, Query, SearchDoc, Sort};

use crate::filled;

const DOCS: usize = 100_000;
/// Of each question so many are asked; the words differ from one to the next.
const ASKED: usize = 200;

const SUBJECTS: [&str; 10] = [
    "水轮机调速",
    "石墨烯复合",
    "锂离子电池",
    "水稻抗病",
    "桥梁健康监测",
    "光伏逆变",
    "工业机器人",
    "污水处理",
    "激光雷达",
    "新型疫苗",
];
const METHODS: [&str; 7] =
    ["优化设计", "在线检测", "制备工艺", "智能控制", "故障诊断", "中试放大", "数值模拟"];
const KINDS: [&str; 8] =
    ["achievement", "achievement", "achievement", "demand", "demand", "expert", "service", "activity"];

fn pick<'a>(list: &[&'a str], n: usize) -> &'a str {
    list[n % list.len()]
}

fn listings() -> Vec<SearchDoc> {
    let listing = |n: usize| {
        // A step that shares no factor with the lists, so that what a listing has does not hang together.
        let m = n.wrapping_mul(7_919);
        let title = format!("一种{}的{}方法与装置 {n}", pick(&SUBJECTS, m), pick(&METHODS, m / 11));
        SearchDoc {
            id: format!("{:016x}{n:048x}", m as u64),
            kind: pick(&KINDS, m / 3).to_owned(),
            public: true,
            region: format!(
                "{}{:02}{:02}",
                pick(&["42", "42", "42", "43", "11"], m / 5),
                m / 17 % 13 + 1,
                m / 23 % 15 + 2
            ),
            field: vec![format!("F{:02}", m / 29 % 11)],
            trl: (!n.is_multiple_of(3)).then_some(((m % 7 + 1) as u8, (m % 7 + 3) as u8)),
            cooperation: vec![format!("C{}", m / 31 % 12)],
            price: if n.is_multiple_of(2) { vec![format!("P{}", m / 37 % 7)] } else { Vec::new() },
            amount: n.is_multiple_of(2).then_some((m % 10_000_000) as i64),
            institution: format!("{:064x}", m / 41 % 400),
            summary: format!(
                "针对{}中的{}问题，提出新方案，经试验效果良好。",
                pick(&SUBJECTS, m / 7),
                pick(&METHODS, m / 13)
            )
            .repeat(3),
            keywords: vec![pick(&SUBJECTS, m).to_owned(), pick(&METHODS, m / 11).to_owned()],
            title,
            updated_ms: m as i64,
            ..SearchDoc::default()
        }
    };
    (0..DOCS).map(listing).collect()
}

#[test]
#[ignore = "minutes: a hundred thousand listings are indexed first"]
fn a_hundred_thousand_listings_are_looked_through_at_once() {
    let filled = filled(&listings());
    let all = Query { public_only: true, limit: 20, ..Query::default() };
    let faceted = Query { facets: Facet::ALL.to_vec(), ..all.clone() };
    let some = |value: &str| Some(value.to_owned());
    let narrowed = Query {
        kind: some("achievement"),
        region_prefix: some("42"),
        field: some("F03"),
        price: some("P2"),
        ..faceted.clone()
    };
    let away = Query { away_from: vec!["42".to_owned()], ..faceted.clone() };
    let priced =
        Query { kinds: vec!["achievement".to_owned(), "demand".to_owned()], priced: true, ..faceted.clone() };
    let questions: [(&str, Query, bool); 9] = [
        ("newest, no facets", Query { sort: Sort::Newest, ..all.clone() }, false),
        ("everything, facets", faceted.clone(), false),
        ("a hall, facets", priced, false),
        ("beyond the region, facets", away, false),
        ("four filters, facets", narrowed, false),
        ("by price, facets", Query { sort: Sort::Cheapest, ..faceted.clone() }, false),
        ("words, facets", faceted, true),
        ("words, no facets", all.clone(), true),
        ("while typing", Query { typing: true, limit: 8, ..all }, true),
    ];
    for (name, query, words) in questions {
        let mut took: Vec<Duration> = (0..ASKED)
            .map(|n| {
                let text = if words {
                    format!("{} {}", pick(&SUBJECTS, n), pick(&METHODS, n / 3))
                } else {
                    String::new()
                };
                let begun = Instant::now();
                filled.index.search(&Query { text, ..query.clone() }).unwrap();
                begun.elapsed()
            })
            .collect();
        took.sort();
        println!("{name}: p50 {:?}, p99 {:?}", took[ASKED / 2], took[ASKED * 99 / 100]);
    }
}

/// A word that all texts hold and some titles: whether the titles are looked at first (a page of them) or everything is (a page
/// that reaches beyond them), the same come in the same order with the same scores.
#[test]
fn titles_that_are_looked_at_first_are_those_that_come_first() {
    let listing = |n: usize| SearchDoc {
        id: format!("{:064x}", n.wrapping_mul(2_654_435_761) % 1_000_003),
        kind: "achievement".to_owned(),
        public: true,
        title: if n.is_multiple_of(400) {
            format!("新型电池{}", "装置".repeat(n % 7))
        } else {
            format!("装置 {n}")
        },
        keywords: if n.is_multiple_of(371) { vec!["电池".to_owned()] } else { Vec::new() },
        summary: "电池".repeat(n % 5),
        body: format!("电池 {}", "系统".repeat(n % 11)),
        updated_ms: (n % 13) as i64,
        ..SearchDoc::default()
    };
    let filled = filled(&(0..12_000).map(listing).collect::<Vec<_>>());
    let asked = |limit: usize, kind: Option<&str>| {
        let query =
            Query { text: "电池".to_owned(), limit, kind: kind.map(str::to_owned), ..Query::default() };
        filled.index.search(&query).unwrap()
    };
    for kind in [None, Some("achievement")] {
        let (page, beyond) = (asked(20, kind), asked(100, kind));
        assert_eq!((page.total, page.complete, beyond.total), (12_000, 12_000, 12_000));
        assert_eq!(page.hits, beyond.hits[..20]);
        assert!(page.hits[19].score > beyond.hits[99].score);
    }
}
