//! Over 10,000 real titles: whoever knows a title, in either script, or a part of it, finds it.

use std::collections::{BTreeSet, HashMap};
use std::time::Instant;

use search::{Query, SearchDoc, fold};

use crate::{Filled, corpus, filled, ids, text};

/// Every n-th document, so that about 500 are asked for.
const STEP: usize = 20;

/// How many of the sampled documents are among the first three when `ask` makes a query of their title.
fn found_first(filled: &Filled, docs: &[SearchDoc], ask: impl Fn(&str) -> String) -> (usize, usize) {
    let mut found = 0;
    let mut asked = 0;
    for doc in docs.iter().step_by(STEP) {
        let results = filled.index.search(&Query { limit: 3, ..text(&ask(&doc.title)) }).unwrap();
        asked += 1;
        if ids(&results).contains(&doc.id.as_str()) {
            found += 1;
        } else {
            println!("not among the first three: {}", ask(&doc.title));
        }
    }
    (found, asked)
}

/// For each Simplified character the others that fold to it.
fn variants() -> HashMap<char, Vec<char>> {
    let mut variants: HashMap<char, Vec<char>> = HashMap::new();
    for c in '\u{4e00}'..='\u{9fff}' {
        let mut folded = fold(&c.to_string()).chars().collect::<Vec<_>>();
        if let (Some(simple), true) = (folded.pop(), folded.is_empty())
            && simple != c
        {
            variants.entry(simple).or_default().push(c);
        }
    }
    variants
}

/// What a careless converter makes of a Simplified text: for each character one of its variants, whichever.
fn machine_converted(title: &str, variants: &HashMap<char, Vec<char>>) -> String {
    let pick = |(place, c): (usize, char)| {
        let choices = variants.get(&c)?;
        choices.get((place * 7 + c as usize) % choices.len()).copied()
    };
    title.chars().enumerate().map(|(place, c)| pick((place, c)).unwrap_or(c)).collect()
}

/// The title without its first two and last two characters, where it is long enough.
fn middle(title: &str) -> String {
    let count = title.chars().count();
    title.chars().skip(2).take(count.saturating_sub(4).max(4)).collect()
}

#[test]
fn titles_are_found() {
    let Some(docs) = corpus::load() else { return };
    let start = Instant::now();
    let filled = filled(&docs);
    println!("10,000 titles, 2,000 of them with summary, indexed in {:?}", start.elapsed());
    assert_eq!(filled.index.len(), 10_000);

    let start = Instant::now();
    let (found, asked) = found_first(&filled, &docs, str::to_owned);
    println!("exact titles among the first three: {found} of {asked}, in {:?}", start.elapsed());
    assert_eq!((found, asked), (500, 500));

    let (found, asked) = found_first(&filled, &docs, middle);
    println!("titles without both ends among the first three: {found} of {asked}");
    assert!(found * 100 >= asked * 98, "{found} of {asked}");

    let variants = variants();
    let (found, asked) = found_first(&filled, &docs, |title| machine_converted(title, &variants));
    println!("machine-converted titles among the first three: {found} of {asked}");
    assert!(found * 1000 >= asked * 995, "{found} of {asked}");

    let (found, asked) = found_first(&filled, &docs, |title| title.replace([' ', ',', '，'], "  \u{3000}。"));
    println!("titles with other punctuation among the first three: {found} of {asked}");
    assert!(found * 100 >= asked * 99, "{found} of {asked}");

    fragments_are_found(&filled, &docs);
}

/// Four characters from the middle of a title, torn out without regard to words: the document has to be among all results.
fn fragments_are_found(filled: &Filled, docs: &[SearchDoc]) {
    let mut found = 0;
    let mut asked = 0;
    for doc in docs.iter().step_by(STEP) {
        let start = (doc.title.chars().count() / 2).saturating_sub(2);
        let fragment: String = doc.title.chars().skip(start).take(4).collect();
        asked += 1;
        found += usize::from(all_ids(filled, &fragment).contains(&doc.id));
    }
    println!("fragments of four characters found: {found} of {asked}");
    // Many fragments end inside a word, where cutting into words cannot find them.
    assert!(found * 100 >= asked * 70, "{found} of {asked}");
}

/// Everything that a query finds, page by page.
fn all_ids(filled: &Filled, query: &str) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for page in 0..100 {
        let query = Query { offset: page * 100, limit: 100, ..text(query) };
        let results = filled.index.search(&query).unwrap();
        if results.hits.is_empty() {
            break;
        }
        all.extend(results.hits.into_iter().map(|hit| hit.id));
    }
    all
}

#[test]
fn keywords_find_most_of_what_holds_them() {
    let Some(docs) = corpus::load() else { return };
    let filled = filled(&docs);
    let outputs = &docs[..2_000];
    let (mut held, mut found) = (0, 0);
    for keyword in outputs.iter().step_by(STEP).filter_map(|doc| doc.keywords.first()) {
        let wanted = fold(keyword);
        let holders = outputs.iter().filter(|doc| fold(&doc.title).contains(&wanted));
        let all = all_ids(&filled, keyword);
        for holder in holders {
            held += 1;
            if all.contains(&holder.id) {
                found += 1;
            } else {
                println!("{keyword} did not find {}", holder.title);
            }
        }
    }
    println!("titles that hold a keyword, found by it: {found} of {held}");
    assert!(held > 50);
    assert!(found * 100 >= held * 97, "{found} of {held}");
}
