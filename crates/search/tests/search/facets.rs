//! Filters and facets against a plain count over the same documents.

use std::collections::BTreeMap;

use search::{Facet, Facets, Query, SearchDoc, Sort};

use crate::{filled, ids, text};

const REGIONS: [&str; 9] = ["420106", "420100", "420000", "420205", "429004", "430102", "110108", "德国", ""];

/// 600 documents that differ in everything, the same in every run.
fn varied() -> Vec<SearchDoc> {
    let pick = |n: usize, of: &[&str]| of[n % of.len()].to_owned();
    (0..600_usize)
        .map(|n| SearchDoc {
            id: format!("{n:04x}"),
            kind: pick(n, &["achievement", "demand", "expert"]),
            region: pick(n / 3, &REGIONS),
            field: vec![pick(n / 2, &["F01", "F02", "F03"]), pick(n / 5, &["F03", "F04"])],
            trl: (n % 4 > 0).then(|| ((n % 9 + 1) as u8, (n % 9 + n % 4) as u8)),
            cooperation: vec![pick(n / 7, &["transfer", "licence"])],
            price: match n % 6 {
                0 => Vec::new(),
                1 => vec!["0-10".to_owned(), "10-50".to_owned()],
                _ => vec![pick(n, &["0-10", "10-50", "50-100", "negotiable"])],
            },
            amount: (n % 6 > 1).then_some((n as i64 * 7_919) % 1_000),
            institution: pick(n / 11, &["a", "b"]),
            public: n % 3 > 0,
            objected_by: if n % 5 == 0 { vec![pick(n, &["x", "y"])] } else { Vec::new() },
            lang: pick(n / 13, &["zh", "en"]),
            title: if n % 2 == 0 { "水轮机".to_owned() } else { "石墨烯".to_owned() },
            updated_ms: n as i64,
            ..SearchDoc::default()
        })
        .collect()
}

fn stripped(code: &str) -> &str {
    code.trim_end_matches('0')
}

fn levels(span: Option<(u8, u8)>) -> Vec<u8> {
    span.map(|(a, b)| (a.min(b)..=a.max(b)).filter(|level| (1..=9).contains(level)).collect())
        .unwrap_or_default()
}

/// The plain meaning of a query, written without the index.
fn matches(doc: &SearchDoc, query: &Query) -> bool {
    let is = |wanted: &Option<String>, value: &String| wanted.as_ref().is_none_or(|wanted| wanted == value);
    let region = query.region_prefix.as_deref().map(stripped).unwrap_or_default();
    doc.title.contains(&query.text)
        && (query.kinds.is_empty() || query.kinds.contains(&doc.kind))
        && (!query.priced || !doc.price.is_empty())
        && !query.away_from.iter().any(|region| doc.region.starts_with(stripped(region)))
        && query.price.as_ref().is_none_or(|price| doc.price.contains(price))
        && is(&query.kind, &doc.kind)
        && doc.region.starts_with(region)
        && query.field.as_ref().is_none_or(|field| doc.field.contains(field))
        && query.trl.is_none_or(|span| levels(Some(span)).iter().any(|level| levels(doc.trl).contains(level)))
        && query.cooperation.as_ref().is_none_or(|mode| doc.cooperation.contains(mode))
        && is(&query.institution, &doc.institution)
        && is(&query.lang, &doc.lang)
        && !query.without_institutions.contains(&doc.institution)
        && !query.without_ids.contains(&doc.id)
        && !query.without_objected_by.iter().any(|who| doc.objected_by.contains(who))
        && (doc.public || !query.public_only)
}

fn counted<'a>(values: impl Iterator<Item = &'a str>) -> Vec<(String, u64)> {
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for value in values {
        *counts.entry(value.to_owned()).or_default() += 1;
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
    counts
}

/// What each facet counts: everything that the query would find without that facet's own filter.
fn expected(docs: &[SearchDoc], query: &Query) -> Facets {
    let region = query.region_prefix.as_deref().unwrap_or_default();
    let below = |doc: &SearchDoc| -> Vec<String> {
        if !doc.region.starts_with(|c: char| c.is_ascii_digit()) {
            return if region.is_empty() && !doc.region.is_empty() {
                vec![doc.region.clone()]
            } else {
                Vec::new()
            };
        }
        let code = doc.region.get(..stripped(region).len() + 2).filter(|code| !code.ends_with("00"));
        code.map(str::to_owned).into_iter().collect()
    };
    let bands = |doc: &SearchDoc| -> Vec<String> {
        let levels = levels(doc.trl);
        let touches = |band: &(&str, u8)| levels.iter().any(|level| (band.1..band.1 + 3).contains(level));
        let bands =
            [("1-3", 1), ("4-6", 4), ("7-9", 7)].into_iter().filter(touches).map(|band| band.0.to_owned());
        levels.iter().map(u8::to_string).chain(bands).collect()
    };
    let count = |query: Query, values: &dyn Fn(&SearchDoc) -> Vec<String>| {
        let found: Vec<String> = docs
            .iter()
            .filter(|doc| matches(doc, &query))
            .flat_map(|doc| {
                let mut values = values(doc);
                values.dedup();
                values
            })
            .collect();
        counted(found.iter().map(String::as_str))
    };
    let all = || query.clone();
    Facets {
        kind: count(Query { kind: None, ..all() }, &|doc| vec![doc.kind.clone()]),
        region: count(all(), &below),
        field: count(Query { field: None, ..all() }, &|doc| doc.field.clone()),
        trl: count(Query { trl: None, ..all() }, &bands),
        cooperation: count(Query { cooperation: None, ..all() }, &|doc| doc.cooperation.clone()),
        price: count(Query { price: None, ..all() }, &|doc| doc.price.clone()),
        institution: count(Query { institution: None, ..all() }, &|doc| vec![doc.institution.clone()]),
    }
}

#[test]
fn filters_and_facets_equal_a_plain_count() {
    let docs = varied();
    let filled = filled(&docs);
    let some = |value: &str| Some(value.to_owned());
    let all = Query { facets: Facet::ALL.to_vec(), ..text("") };
    let queries = [
        all.clone(),
        Query { text: "水轮机".to_owned(), ..all.clone() },
        Query { kind: some("demand"), ..all.clone() },
        Query { region_prefix: some("42"), ..all.clone() },
        Query { region_prefix: some("420000"), ..all.clone() },
        Query { region_prefix: some("4201"), text: "石墨烯".to_owned(), ..all.clone() },
        Query { region_prefix: some("420100"), ..all.clone() },
        Query { region_prefix: some("420106"), ..all.clone() },
        Query { region_prefix: some("33"), ..all.clone() },
        Query { field: some("F03"), ..all.clone() },
        Query { trl: Some((4, 6)), ..all.clone() },
        Query { trl: Some((9, 9)), kind: some("expert"), ..all.clone() },
        Query { cooperation: some("licence"), institution: some("b"), lang: some("en"), ..all.clone() },
        Query { kinds: vec!["demand".to_owned(), "expert".to_owned()], priced: true, ..all.clone() },
        Query { kinds: vec!["demand".to_owned()], kind: some("demand"), price: some("10-50"), ..all.clone() },
        Query { away_from: vec!["420000".to_owned(), "11".to_owned()], ..all.clone() },
        Query { away_from: vec!["42".to_owned()], region_prefix: some("德国"), ..all.clone() },
        Query { away_from: vec!["42".to_owned()], region_prefix: some("4201"), ..all.clone() },
        Query { public_only: true, ..all.clone() },
        Query { public_only: true, without_objected_by: vec!["x".to_owned()], ..all.clone() },
        Query { without_institutions: vec!["a".to_owned()], ..all.clone() },
        Query {
            without_institutions: vec!["b".to_owned(), "nobody".to_owned()],
            without_ids: vec!["0001".to_owned(), "0003".to_owned()],
            text: "石墨烯".to_owned(),
            ..all.clone()
        },
        Query { kind: some("no such kind"), ..all },
    ];
    for query in queries {
        let wanted: Vec<&SearchDoc> = docs.iter().filter(|doc| matches(doc, &query)).collect();
        let results = filled.index.search(&query).unwrap();
        assert_eq!(results.total, wanted.len(), "{query:?}");
        assert_eq!(results.facets, expected(&docs, &query), "{query:?}");
        assert!(ids(&results).iter().all(|id| wanted.iter().any(|doc| doc.id == *id)), "{query:?}");
        let counts_only = filled.index.search(&Query { limit: 0, ..query }).unwrap();
        assert_eq!((counts_only.total, counts_only.facets), (results.total, results.facets));
    }
}

#[test]
fn facets_are_counted_only_when_asked_for() {
    let filled = filled(&varied());
    assert_eq!(filled.index.search(&text("水轮机")).unwrap().facets, Facets::default());
}

#[test]
fn facets_span_segments_and_leave_out_what_is_deleted() {
    let docs = varied();
    let filled = filled(&docs);
    let mut writer = filled.index.writer().unwrap();
    let gone: Vec<&str> = docs.iter().step_by(3).map(|doc| doc.id.as_str()).collect();
    writer.remove(&gone).unwrap();
    let moved = SearchDoc { kind: "service".to_owned(), region: "510104".to_owned(), ..docs[1].clone() };
    writer.put(std::slice::from_ref(&moved)).unwrap();
    writer.commit(700).unwrap();
    let mut left: Vec<SearchDoc> =
        docs.into_iter().enumerate().filter(|(n, _)| n % 3 > 0).map(|(_, doc)| doc).collect();
    left[0] = moved;
    let all = Query { facets: Facet::ALL.to_vec(), ..text("") };
    let results = filled.index.search(&all).unwrap();
    assert_eq!(results.facets, expected(&left, &all));
    assert_eq!(results.total, left.len());
}

/// The number beside a value is what a reader finds who takes it.
#[test]
fn whoever_follows_a_facet_finds_as_many_as_it_says() {
    let filled = filled(&varied());
    let some = |value: &str| Some(value.to_owned());
    let query = Query {
        facets: Facet::ALL.to_vec(),
        text: "水轮机".to_owned(),
        kind: some("demand"),
        field: some("F03"),
        trl: Some((4, 6)),
        price: some("50-100"),
        region_prefix: some("42"),
        ..text("")
    };
    let facets = filled.index.search(&query).unwrap().facets;
    let total = |query: Query| filled.index.search(&Query { limit: 0, ..query }).unwrap().total as u64;
    let mut followed = 0;
    for (code, count) in &facets.kind {
        assert_eq!(total(Query { kind: some(code), ..query.clone() }), *count, "kind {code}");
        followed += 1;
    }
    for (code, count) in &facets.region {
        assert_eq!(total(Query { region_prefix: some(code), ..query.clone() }), *count, "region {code}");
        followed += 1;
    }
    for (code, count) in &facets.field {
        assert_eq!(total(Query { field: some(code), ..query.clone() }), *count, "field {code}");
        followed += 1;
    }
    for (code, count) in &facets.price {
        assert_eq!(total(Query { price: some(code), ..query.clone() }), *count, "price {code}");
        followed += 1;
    }
    for (code, count) in &facets.trl {
        let (low, high) = code.split_once('-').unwrap_or((code, code));
        let span = Some((low.parse().unwrap(), high.parse().unwrap()));
        assert_eq!(total(Query { trl: span, ..query.clone() }), *count, "readiness {code}");
        followed += 1;
    }
    assert!(followed > 15, "{facets:?}");
}

#[test]
fn who_sorts_by_price_or_readiness_finds_what_names_none_at_the_end() {
    let docs = varied();
    let filled = filled(&docs);
    let by_id: BTreeMap<&str, &SearchDoc> = docs.iter().map(|doc| (doc.id.as_str(), doc)).collect();
    let sorted = |sort: Sort, text: &str| -> Vec<&SearchDoc> {
        let query = Query { text: text.to_owned(), limit: 100, sort, ..Query::default() };
        let pages = (0..6).flat_map(|page| {
            let results = filled.index.search(&Query { offset: page * 100, ..query.clone() }).unwrap();
            ids(&results).into_iter().map(|id| by_id[id]).collect::<Vec<_>>()
        });
        pages.collect()
    };
    for text in ["", "水轮机"] {
        let (up, down, ripe) =
            (sorted(Sort::Cheapest, text), sorted(Sort::Dearest, text), sorted(Sort::Ripest, text));
        let wanted = docs.iter().filter(|doc| doc.title.contains(text)).count();
        assert_eq!((up.len(), down.len(), ripe.len()), (wanted, wanted, wanted));
        let last = i64::MAX;
        assert!(up.is_sorted_by_key(|doc| (doc.amount.unwrap_or(last), -doc.updated_ms)), "{text}");
        assert!(down.is_sorted_by_key(|doc| (-doc.amount.unwrap_or(-1), -doc.updated_ms)), "{text}");
        let highest = |doc: &SearchDoc| levels(doc.trl).last().copied().unwrap_or(0);
        assert!(ripe.is_sorted_by_key(|doc| (std::cmp::Reverse(highest(doc)), -doc.updated_ms)), "{text}");
    }
}

#[test]
fn going_on_from_a_place_gives_everything_once_in_order() {
    let filled = filled(&varied());
    for (sort, text) in [
        (Sort::Newest, ""),
        (Sort::Relevance, ""),
        (Sort::Cheapest, "水轮机"),
        (Sort::Dearest, ""),
        (Sort::Ripest, "水轮机"),
    ] {
        let query = Query { text: text.to_owned(), sort, limit: 100, ..Query::default() };
        let at_once: Vec<String> = (0..6)
            .flat_map(|page| {
                let results = filled.index.search(&Query { offset: page * 100, ..query.clone() }).unwrap();
                ids(&results).into_iter().map(str::to_owned).collect::<Vec<_>>()
            })
            .collect();
        let (mut walked, mut after) = (Vec::new(), None);
        loop {
            let results = filled.index.search(&Query { limit: 37, after, ..query.clone() }).unwrap();
            walked.extend(ids(&results).into_iter().map(str::to_owned));
            match results.end.filter(|_| results.hits.len() == 37) {
                Some(end) => after = Some(end),
                None => break,
            }
        }
        assert!(walked.len() > 37 && walked == at_once, "{sort:?} {text}");
    }
    let ranked =
        filled.index.search(&Query { text: "水轮机".to_owned(), limit: 9, ..Query::default() }).unwrap();
    assert_eq!((ranked.hits.len(), ranked.end), (9, None));
}
