//! 10,000 real Chinese titles, when they are at hand.

use std::path::{Path, PathBuf};

use search::SearchDoc;
use serde_json::Value;

fn folder() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/cn");
    if folder.is_dir() {
        return Some(folder);
    }
    assert!(std::env::var_os("LIANSHI_REQUIRE_SHARED").is_none(), "{} is required", folder.display());
    println!("skipped: ../shared/data is not here");
    None
}

/// 2,000 research outputs with summary and keywords, and 8,000 titles.
pub(crate) fn load() -> Option<Vec<SearchDoc>> {
    let folder = folder()?;
    let outputs = std::fs::read_to_string(folder.join("csl_2000_research_outputs.jsonl")).unwrap();
    let titles = std::fs::read_to_string(folder.join("csl_8000_titles_category.tsv")).unwrap();
    let outputs = outputs.lines().map(|line| {
        let record: Value = serde_json::from_str(line).unwrap();
        let text = |name: &str| record[name].as_str().unwrap().to_owned();
        let keywords = record["keywords"].as_array().unwrap().iter();
        SearchDoc {
            title: text("title"),
            summary: text("abstract"),
            keywords: keywords.map(|word| word.as_str().unwrap().to_owned()).collect(),
            field: vec![text("category")],
            ..SearchDoc::default()
        }
    });
    let titles = titles.lines().map(|line| {
        let (title, category) = line.split_once('\t').unwrap();
        SearchDoc { title: title.to_owned(), field: vec![category.to_owned()], ..SearchDoc::default() }
    });
    let mut docs: Vec<SearchDoc> = outputs.chain(titles).collect();
    for (number, doc) in docs.iter_mut().enumerate() {
        doc.id = format!("{number:064x}");
    }
    Some(docs)
}
