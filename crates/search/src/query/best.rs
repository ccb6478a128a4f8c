//! Where a word stands in a good part of all documents, nearly all of them hold it in their texts alone, and none of those comes
//! before one that has it in its title. So the titles, keywords and numbers are ranked first; when the last result on the page is
//! better than texts alone can make any document, the others need not be looked at. What comes out is the same.

use std::collections::BTreeSet;
use std::sync::Arc;

use tantivy::query::{BooleanQuery, Query as Tree};
use tantivy::{Searcher, Term};

use super::Matching;
use super::build::{BODY_WEIGHT, SUMMARY_WEIGHT};
use crate::schema::Fields;
use crate::sets::{Bits, each_of};

/// How far the frequency of a word can lift its score: k1 + 1 of BM25, with the library's k1.
const MOST_BY_FREQUENCY: f32 = 2.2;
/// Sums of scores are rounded: what differs by less than this share may be equal.
const ROUNDING: f32 = 1.001;

/// Of what was found, the documents that hold a word of the tree somewhere else than in a text, and what a text can make of any
/// other document at the most. `None` when there is no such word.
pub(super) fn first_looked_at(
    searcher: &Searcher,
    fields: &Fields,
    tree: &BooleanQuery,
    found: &Matching,
) -> tantivy::Result<Option<(Vec<Arc<Bits>>, f32)>> {
    let (mut elsewhere, mut texts): (BTreeSet<&Term>, BTreeSet<&Term>) = Default::default();
    tree.query_terms(&mut |term, _| {
        let field = term.field();
        let is_text = field == fields.summary || field == fields.body;
        if is_text {
            texts.insert(term)
        } else {
            elsewhere.insert(term)
        };
    });
    if elsewhere.is_empty() {
        return Ok(None);
    }
    let all: u64 = searcher.segment_readers().iter().map(|segment| u64::from(segment.max_doc())).sum();
    let mut most = 0.0;
    for term in texts {
        let weight = if term.field() == fields.summary { SUMMARY_WEIGHT } else { BODY_WEIGHT };
        most += weight * rarity(searcher.doc_freq(term)?, all) * MOST_BY_FREQUENCY;
    }
    let mut fewer = Vec::with_capacity(found.sets.len());
    for (segment, found) in searcher.segment_readers().iter().zip(&found.sets) {
        let mut among = Bits::of(segment.max_doc());
        for term in &elsewhere {
            each_of(segment, term, |doc| among.insert(doc))?;
        }
        among.keep(found);
        fewer.push(Arc::new(among));
    }
    Ok(Some((fewer, most * ROUNDING)))
}

/// How much a word counts by how few documents hold it, in BM25.
fn rarity(holders: u64, all: u64) -> f32 {
    (1.0 + (all.saturating_sub(holders) as f32 + 0.5) / (holders as f32 + 0.5)).ln()
}
