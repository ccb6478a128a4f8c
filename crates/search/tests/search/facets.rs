//! Filters and facets against a plain count over the same documents.

use std::collections::BTreeMap;

use search::{Facets, Query, SearchDoc};

use crate::{filled, ids, text};

const REGIONS: [&str; 8] = ["420106", "420100", "420000", "420205", "429004", "430102", "110108", ""];

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

fn expected(docs: &[&SearchDoc], region: &str) -> Facets {
    let below = |doc: &SearchDoc| -> Option<String> {
        let len = stripped(region).len() + 2;
        let code = doc.region.get(..len)?;
        (doc.region.starts_with(stripped(region)) && !code.ends_with("00")).then(|| code.to_owned())
    };
    let regions: Vec<String> = docs.iter().filter_map(|doc| below(doc)).collect();
    let levels: Vec<String> =
        docs.iter().flat_map(|doc| levels(doc.trl)).map(|level| level.to_string()).collect();
    let field = |doc: &&SearchDoc| {
        let mut field = doc.field.clone();
        field.dedup();
        field
    };
    let fields: Vec<String> = docs.iter().flat_map(field).collect();
    Facets {
        kind: counted(docs.iter().map(|doc| doc.kind.as_str())),
        region: counted(regions.iter().map(String::as_str)),
        field: counted(fields.iter().map(String::as_str)),
        trl: counted(levels.iter().map(String::as_str)),
        cooperation: counted(docs.iter().flat_map(|doc| &doc.cooperation).map(String::as_str)),
    }
}

#[test]
fn filters_and_facets_equal_a_plain_count() {
    let docs = varied();
    let filled = filled(&docs);
    let some = |value: &str| Some(value.to_owned());
    let all = Query { facets: true, ..text("") };
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
        let region = query.region_prefix.as_deref().unwrap_or_default();
        assert_eq!(results.facets, expected(&wanted, region), "{query:?}");
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
    let results = filled.index.search(&Query { facets: true, ..text("") }).unwrap();
    assert_eq!(results.facets, expected(&left.iter().collect::<Vec<_>>(), ""));
    assert_eq!(results.total, left.len());
}
