//! The index as its users see it: real titles, both scripts, filters, facets, life and death of the folder, hostile queries.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a failed expectation is the test's answer")]

#[path = "search/corpus.rs"]
mod corpus;
#[path = "search/facets.rs"]
mod facets;
#[path = "search/hostile.rs"]
mod hostile;
#[path = "search/judged.rs"]
mod judged;
#[path = "search/large.rs"]
mod large;
#[path = "search/lifecycle.rs"]
mod lifecycle;
#[path = "search/matching.rs"]
mod matching;
#[path = "search/titles.rs"]
mod titles;

use search::{Index, Query, Results, SearchDoc};

/// An index in a folder of its own, filled and committed.
struct Filled {
    index: Index,
    _folder: tempfile::TempDir,
}

fn filled(docs: &[SearchDoc]) -> Filled {
    let folder = tempfile::tempdir().unwrap();
    let index = Index::open(folder.path(), 1).unwrap().index;
    let mut writer = index.writer().unwrap();
    writer.put(docs).unwrap();
    writer.commit(docs.len() as u64).unwrap();
    Filled { index, _folder: folder }
}

fn doc(id: &str, title: &str) -> SearchDoc {
    SearchDoc { id: id.to_owned(), title: title.to_owned(), ..SearchDoc::default() }
}

fn text(text: &str) -> Query {
    Query { text: text.to_owned(), limit: 10, ..Query::default() }
}

fn ids(results: &Results) -> Vec<&str> {
    results.hits.iter().map(|hit| hit.id.as_str()).collect()
}

impl Filled {
    fn find(&self, query: &str) -> Vec<String> {
        ids(&self.index.search(&text(query)).unwrap()).into_iter().map(str::to_owned).collect()
    }
}
