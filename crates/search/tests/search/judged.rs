//! Judged queries: what should come for what is asked, over listings of our own writing (`tests/queries/`).
//!
//! Every capability of the search has queries of its own, and a bound of its own a little under what is reached: whoever takes one
//! away, or spoils it, sees which.

use std::collections::BTreeMap;
use std::path::Path;

use search::{Query, SearchDoc};

use crate::{Filled, filled, ids, text};

/// Results that are looked at.
const DEPTH: usize = 10;

/// For each capability the least mean nDCG@10 and recall@10, in thousandths; beside it what is reached.
const BOUNDS: [(&str, u32, u32); 8] = [
    ("error", 980, 980),   // 1.000 1.000
    ("pinyin", 980, 980),  // 1.000 1.000
    ("place", 980, 940),   // 0.991 0.950
    ("script", 970, 980),  // 0.996 1.000
    ("stem", 970, 950),    // 0.984 0.963
    ("synonym", 980, 980), // 1.000 1.000
    ("typing", 980, 980),  // 1.000 1.000
    ("words", 960, 940),   // 0.974 0.958
];

/// One query and its answers.
struct Judged {
    tries: String,
    query: String,
    grades: BTreeMap<String, u32>,
}

fn rows(name: &str) -> Vec<Vec<String>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/queries").join(name);
    let text = std::fs::read_to_string(path).unwrap();
    let rows = text.lines().filter(|line| !line.starts_with('#'));
    rows.map(|line| line.split('\t').map(str::to_owned).collect()).collect()
}

fn listings() -> Vec<SearchDoc> {
    let list = |text: &str| text.split('；').map(str::to_owned).collect();
    let doc = |row: Vec<String>| {
        let [id, title, keywords, names, summary] = row.try_into().unwrap();
        let (keywords, names) = (list(&keywords), list(&names));
        SearchDoc { id, title, keywords, names, summary, ..SearchDoc::default() }
    };
    rows("listings.tsv").into_iter().map(doc).collect()
}

fn judged(known: &[SearchDoc]) -> Vec<Judged> {
    let judge = |row: Vec<String>| {
        let [tries, query, answers] = row.try_into().unwrap();
        let grade = |answer: &str| {
            let (id, grade) = answer.split_once(':').unwrap();
            assert!(known.iter().any(|doc| doc.id == id), "{query}: there is no listing {id}");
            (id.to_owned(), grade.parse().unwrap())
        };
        let grades: BTreeMap<String, u32> = answers.split_whitespace().map(grade).collect();
        Judged { tries, query, grades }
    };
    rows("queries.tsv").into_iter().map(judge).collect()
}

/// What a list of grades is worth: 2 to the grade less one, the less the further down (Järvelin and Kekäläinen 2002).
fn gain(grades: impl Iterator<Item = u32>) -> f64 {
    (2_u32..)
        .zip(grades.take(DEPTH))
        .map(|(place, grade)| (2_f64.powf(grade.into()) - 1.0) / f64::from(place).log2())
        .sum()
}

/// nDCG@10 and recall@10 of one query.
fn measure(filled: &Filled, judged: &Judged) -> (f64, f64) {
    let typing = judged.tries == "typing";
    let results = filled.index.search(&Query { typing, limit: DEPTH, ..text(&judged.query) }).unwrap();
    let found: Vec<u32> =
        ids(&results).into_iter().map(|id| judged.grades.get(id).copied().unwrap_or(0)).collect();
    let mut best: Vec<u32> = judged.grades.values().copied().collect();
    best.sort_unstable_by(|a, b| b.cmp(a));
    let ndcg = gain(found.iter().copied()) / gain(best.iter().copied());
    let recall = found.iter().filter(|grade| **grade > 0).count() as f64 / best.len().min(DEPTH) as f64;
    println!("{:8} {:.3} {:.3} {:24} {}", judged.tries, ndcg, recall, judged.query, ids(&results).join(" "));
    (ndcg, recall)
}

#[test]
fn judged_queries_find_what_they_should() {
    let docs = listings();
    assert!(docs.len() >= 150);
    let filled = filled(&docs);
    let mut sums: BTreeMap<String, (f64, f64, u32)> = BTreeMap::new();
    for query in judged(&docs).iter().filter(|query| query.tries != "nothing") {
        let (ndcg, recall) = measure(&filled, query);
        let sum = sums.entry(query.tries.clone()).or_default();
        *sum = (sum.0 + ndcg, sum.1 + recall, sum.2 + 1);
    }
    let mut missed = Vec::new();
    println!("\n{:8} {:>7} {:>7} {:>9}", "", "queries", "nDCG@10", "recall@10");
    for ((tries, (ndcg, recall, count)), (bounded, least_ndcg, least_recall)) in sums.iter().zip(BOUNDS) {
        assert_eq!(tries, bounded);
        let (ndcg, recall) = (ndcg / f64::from(*count), recall / f64::from(*count));
        println!("{tries:8} {count:>7} {ndcg:>7.3} {recall:>9.3}");
        if ndcg * 1_000.0 < f64::from(least_ndcg) || recall * 1_000.0 < f64::from(least_recall) {
            missed.push(format!(
                "{tries}: nDCG {ndcg:.3} of {least_ndcg}, recall {recall:.3} of {least_recall}"
            ));
        }
    }
    assert_eq!(sums.len(), BOUNDS.len());
    assert!(missed.is_empty(), "below its bound (in thousandths): {missed:?}");
}

#[test]
fn judged_queries_for_nothing_find_nothing() {
    let docs = listings();
    let filled = filled(&docs);
    let nothing: Vec<Judged> = judged(&docs).into_iter().filter(|query| query.tries == "nothing").collect();
    assert!(nothing.len() > 5);
    for query in nothing {
        for typing in [false, true] {
            let results = filled.index.search(&Query { typing, ..text(&query.query) }).unwrap();
            assert_eq!(ids(&results), [""; 0], "{}", query.query);
        }
    }
}
