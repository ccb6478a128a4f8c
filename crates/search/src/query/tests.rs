//! Two ways to the same answer are held to each other: sets and the library's trees, the better ones first and all at once.

use proptest::prelude::*;
use tantivy::collector::Count;

use super::build::Builder;
use super::formula::Words;
use super::lexicon::{Begun, Lexicon};
use super::terms::Terms;
use super::*;
use crate::{Index, SearchDoc};

/// From what nearly every text holds to what one holds.
const VOCABULARY: [&str; 16] = [
    "研究",
    "技术",
    "系统",
    "方法",
    "材料",
    "分析",
    "模型",
    "石墨烯",
    "水轮机",
    "无人机",
    "电池",
    "育种",
    "drone",
    "drones",
    "桥梁",
    "陶瓷",
];
const DOCS: usize = 700;

/// A row of numbers that looks like chance.
fn dice(seed: &mut u64) -> usize {
    *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*seed >> 33) as usize
}

/// So many words, the first of the vocabulary far more often than the last.
fn words(seed: &mut u64, count: usize) -> String {
    let word = |seed: &mut u64| {
        let most = 1 + dice(seed) % VOCABULARY.len();
        VOCABULARY[dice(seed) % most]
    };
    (0..count).map(|_| word(seed)).collect::<Vec<_>>().join("，")
}

fn index() -> (tempfile::TempDir, Index) {
    let folder = tempfile::tempdir().unwrap();
    let index = Index::open(folder.path(), 1).unwrap().index;
    let mut writer = index.writer().unwrap();
    let mut seed = 7;
    let docs: Vec<SearchDoc> = (0..DOCS)
        .map(|n| SearchDoc {
            id: format!("{n:064x}"),
            kind: if n % 3 == 0 { "demand" } else { "achievement" }.to_owned(),
            region: if n % 5 == 0 { "420106" } else { "330100" }.to_owned(),
            title: words(&mut seed, 1 + n % 3),
            summary: words(&mut seed, 2 + n % 9),
            body: words(&mut seed, 5 + n % 20),
            keywords: vec![words(&mut seed, 1)],
            updated_ms: (n % 50) as i64,
            amount: (!n.is_multiple_of(4)).then_some((n % 11) as i64),
            ..SearchDoc::default()
        })
        .collect();
    for (cursor, some) in (1..).zip(docs.chunks(DOCS / 3)) {
        writer.put(some).unwrap();
        writer.commit(cursor).unwrap();
    }
    for doc in docs.iter().step_by(17) {
        writer.remove(&[&doc.id]).unwrap();
    }
    writer.commit(9).unwrap();
    writer.finish().unwrap();
    (folder, index)
}

fn query() -> impl Strategy<Value = Query> {
    let text = prop::collection::vec((0..VOCABULARY.len(), any::<bool>()), 1..6).prop_map(|words| {
        words
            .into_iter()
            .fold(String::new(), |text, (word, blank)| text + VOCABULARY[word] + if blank { " " } else { "" })
    });
    let sort =
        prop_oneof![Just(Sort::Relevance), Just(Sort::Newest), Just(Sort::Cheapest), Just(Sort::Dearest)];
    let region = prop_oneof![Just(None), Just(Some("42".to_owned()))];
    (text, any::<bool>(), sort, region, 0..40_usize, 1..30_usize).prop_map(
        |(text, typing, sort, region_prefix, offset, limit)| Query {
            text,
            typing,
            sort,
            region_prefix,
            offset,
            limit,
            ..Query::default()
        },
    )
}

#[test]
fn the_better_first_are_the_same_as_all_at_once() {
    let (_folder, index) = index();
    proptest!(ProptestConfig::with_cases(400), |(query in query())| {
        prop_assert_eq!(index.search_many(&query, 0).unwrap(), index.search_many(&query, usize::MAX).unwrap());
    });
}

#[test]
fn sets_hold_what_the_trees_find() {
    let (_folder, index) = index();
    let (searcher, fields) = index.searcher();
    proptest!(ProptestConfig::with_cases(400), |(query in query())| {
        let terms = Terms::parse(&query.text, query.typing).unwrap();
        let lexicon = Lexicon { searcher: &searcher, fields };
        let guesses = lexicon.guesses(&terms).unwrap();
        let mut builder = Builder { fields, begun: Begun::default() };
        builder.begun = lexicon.begun(&terms).unwrap();
        for formula in [builder.said(&terms), builder.some(&terms, &guesses)] {
            let mut found = 0;
            for segment in searcher.segment_readers() {
                let mut met = formula.met(&Words::of(segment)).unwrap();
                met.keep(alive(segment).as_ref());
                found += met.count();
            }
            prop_assert_eq!(found, searcher.search(formula.tree().as_ref(), &Count).unwrap());
        }
    });
}

fn alive(segment: &SegmentReader) -> Arc<Bits> {
    Sets::default().alive(segment).unwrap()
}

#[test]
fn an_order_by_a_column_is_that_of_the_whole_list() {
    let (_folder, index) = index();
    let all = Query { limit: 100, sort: Sort::Cheapest, ..Query::default() };
    let pages = |query: &Query| -> Vec<String> {
        let pages = (0..7).map(|page| index.search(&Query { offset: page * 100, ..query.clone() }).unwrap());
        pages.flat_map(|page| page.hits).map(|hit| hit.id).collect()
    };
    let n = |id: &String| usize::from_str_radix(id, 16).unwrap();
    let left = |n: &usize| !n.is_multiple_of(17);
    for (sort, dear) in [(Sort::Cheapest, false), (Sort::Dearest, true)] {
        let mut expected: Vec<usize> = (0..DOCS).filter(left).collect();
        let amount = |n: usize| (!n.is_multiple_of(4)).then_some(if dear { 11 - n % 11 } else { n % 11 });
        expected.sort_by_key(|n| (amount(*n).unwrap_or(usize::MAX), std::cmp::Reverse(n % 50)));
        let found: Vec<usize> = pages(&Query { sort, ..all.clone() }).iter().map(n).collect();
        let keys = |list: &[usize]| list.iter().map(|n| (amount(*n), n % 50)).collect::<Vec<_>>();
        assert_eq!(keys(&found), keys(&expected));
        let same: std::collections::BTreeSet<_> = found.iter().collect();
        assert_eq!(same.len(), expected.len());
    }
}

#[test]
fn among_some_documents_exactly_those_are_found_that_hold_every_word() {
    let (_folder, index) = index();
    let ids = |query: &Query| -> Vec<String> {
        let pages = (0..7).map(|page| index.search(&Query { offset: page * 100, ..query.clone() }).unwrap());
        pages.flat_map(|page| page.hits).map(|hit| hit.id).collect()
    };
    proptest!(ProptestConfig::with_cases(100), |(query in query(), step in 2..9_usize)| {
        let whole = Query { whole: true, typing: false, offset: 0, limit: 100, sort: Sort::Newest, ..query };
        let all = ids(&whole);
        let complete = index.search(&Query { whole: false, ..whole.clone() }).unwrap().complete;
        prop_assert_eq!(all.len(), complete, "nothing is guessed");
        let some: Vec<String> = (0..DOCS).step_by(step).map(|n| format!("{n:064x}")).collect();
        let expected: Vec<String> = all.into_iter().filter(|id| some.contains(id)).collect();
        prop_assert_eq!(ids(&Query { only_ids: some, ..whole }), expected);
    });
}
