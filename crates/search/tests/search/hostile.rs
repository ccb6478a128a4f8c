//! Nobody's query, and nobody's document, stops the search.

use search::{Error, Facet, Query, SearchDoc, fold, identifier_key, query_words};

use crate::{doc, filled, text};

/// Texts that have broken search boxes before.
fn hostile_texts() -> Vec<String> {
    let mut texts: Vec<String> = [
        "",
        " ",
        "\u{0}",
        "\u{0}水轮机\u{0}",
        "\u{1}\u{2}\u{1b}[31m",
        "👩‍🔬🏳️‍🌈",
        "\u{301}",
        "\u{301}\u{301}水",
        "\u{feff}",
        "\u{202e}机轮水",
        "\u{e0001}\u{e007f}",
        "\u{fdfa}\u{fdfa}",
        "title:* AND (",
        "\"",
        "\\",
        "((((((((",
        "*?~^-+!",
        "a AND NOT b OR",
        "[1 TO *]",
        "水轮机\"~999999999",
        "-水轮机",
        "%00",
        "../../etc/passwd",
        "' OR 1=1 --",
        "<script>alert(1)</script>",
        "NaN",
        "𠀀𪚥𝔸",
        "ﷺ",
        "İıſß",
        "々〇〻",
        "\u{d7ff}\u{e000}\u{10ffff}",
        ".5.5.",
        "1.2.3.4.5.6.7.8.9",
        "1..2",
        "的",
        "的 了 和",
    ]
    .map(str::to_owned)
    .to_vec();
    for unit in [
        "水",
        "水轮机 ",
        "a",
        "a ",
        "\u{301}",
        "\u{fdfa}",
        "👩‍🔬",
        "1.",
        "龘",
        "\u{0}",
        "(",
        "机器学习",
        "lithum ",
        "传敢器 ",
        "artificial ",
        "zhuang",
        "重行长调",
    ] {
        texts.push(unit.repeat((1 << 20) / unit.len()));
    }
    texts
}

#[test]
fn no_query_is_an_error() {
    let filled = filled(&[doc("a", "水轮机调速系统"), doc("b", "石墨烯")]);
    for hostile in hostile_texts() {
        let query = Query {
            text: hostile.clone(),
            kind: None,
            limit: usize::MAX,
            facets: Facet::ALL.to_vec(),
            ..Query::default()
        };
        let shown: String = hostile.chars().take(20).collect();
        let typed = Query { typing: true, ..query.clone() };
        for query in [query, typed] {
            let found = filled.index.search(&query);
            assert!(found.is_ok(), "{shown:?}: {found:?}");
        }
        for slot in 0..6 {
            let mut query = Query { limit: 5, facets: Facet::ALL.to_vec(), ..text("水轮机") };
            let filters = [
                &mut query.kind,
                &mut query.region_prefix,
                &mut query.field,
                &mut query.cooperation,
                &mut query.institution,
                &mut query.lang,
            ];
            for (n, filter) in filters.into_iter().enumerate() {
                if n == slot {
                    *filter = Some(hostile.clone());
                }
            }
            assert!(filled.index.search(&query).is_ok(), "{shown:?} as filter {slot}");
        }
        let _ = (fold(&hostile), query_words(&hostile), identifier_key(&hostile));
    }
}

/// Words that nobody holds and that are all near to what somebody holds: the most work that a query can ask for.
#[test]
fn the_most_laborious_query_is_answered_at_once() {
    let letters = || 'a'..='z';
    let word = |a, b, c, d| format!("{a}{b}{c}{d}");
    let near = letters().flat_map(|a| letters().map(move |b| word('q', a, b, 'x')));
    let titles = near.map(|word| format!("{word} 传感器{word} 水轮机"));
    let docs: Vec<SearchDoc> = titles.enumerate().map(|(n, title)| doc(&n.to_string(), &title)).collect();
    let filled = filled(&docs);
    let words: Vec<String> = letters().map(|c| word('z', c, 'q', 'x')).collect();
    let rows = "传敢器水抡机感传器轮水机".repeat(100);
    for query in
        [words.join(" ").repeat(100), rows.clone(), format!("{} {rows}", words.join(" ")), "q".to_owned()]
    {
        let start = std::time::Instant::now();
        for typing in [false, true] {
            let query = Query { typing, facets: Facet::ALL.to_vec(), limit: 100, ..text(&query) };
            assert!(filled.index.search(&query).is_ok());
        }
        assert!(start.elapsed() < std::time::Duration::from_secs(5), "{:?}", start.elapsed());
    }
}

#[test]
fn any_readiness_span_is_taken() {
    let filled = filled(&[SearchDoc { trl: Some((9, 200)), ..doc("a", "水轮机") }]);
    for (span, total) in [((0, 0), 0), ((0, 255), 1), ((255, 0), 1), ((9, 9), 1), ((200, 255), 0)] {
        let query = Query { trl: Some(span), ..text("") };
        assert_eq!(filled.index.search(&query).unwrap().total, total, "{span:?}");
    }
}

#[test]
fn depth_is_bounded() {
    let filled = filled(&[doc("a", "水轮机")]);
    for offset in [9_991, 10_001, usize::MAX] {
        let query = Query { offset, ..text("水轮机") };
        assert!(matches!(filled.index.search(&query), Err(Error::TooDeep { .. })), "{offset}");
    }
    assert!(filled.index.search(&Query { offset: 9_990, ..text("水轮机") }).unwrap().hits.is_empty());
}

#[test]
fn any_document_is_taken_and_the_good_ones_beside_it_are_found() {
    let mut docs: Vec<SearchDoc> = Vec::new();
    for (n, hostile) in hostile_texts().into_iter().enumerate() {
        docs.push(SearchDoc {
            id: format!("hostile{n}"),
            kind: hostile.clone(),
            public: true,
            objected_by: vec![hostile.clone(); 70],
            region: hostile.clone(),
            field: vec![hostile.clone(); 70],
            trl: Some((0, 255)),
            cooperation: vec![hostile.clone()],
            price: vec![hostile.clone(); 70],
            amount: Some(i64::MIN),
            institution: hostile.clone(),
            lang: hostile.clone(),
            title: hostile.clone(),
            summary: hostile.clone(),
            keywords: vec![hostile.clone(); 2],
            names: vec![hostile.clone(); 2],
            body: hostile.clone(),
            identifiers: vec![hostile],
            updated_ms: i64::MIN,
        });
    }
    docs.push(doc("good", "量子通信终端"));
    let filled = filled(&docs);
    assert_eq!(filled.find("量子通信"), ["good"]);
    let everything = Query { facets: Facet::ALL.to_vec(), limit: 100, ..text("") };
    assert_eq!(filled.index.search(&everything).unwrap().total, docs.len());
}
