//! Which matches are ranked. Where a word stands in a good part of all documents, nearly all of them hold it in their texts
//! alone, and none of those comes before one that has it in its title, or holds a rarer word. So these are ranked first; when the
//! last result on the page is better than common words in texts can make any document, the others need not be looked at (the
//! division of lists of MaxScore: Turtle and Flood, Query evaluation: strategies and optimizations, 1995). What comes out is the
//! same.

use std::collections::BTreeMap;
use std::sync::Arc;

use tantivy::{Searcher, Term};

use super::formula::{Formula, Words};
use crate::schema::Fields;
use crate::sets::Bits;

/// How far the frequency of a word can lift its score: k1 + 1 of BM25, with the library's k1.
const MOST_BY_FREQUENCY: f32 = 2.2;
/// Sums of scores are rounded: what differs by less than this share may be equal.
const ROUNDING: f32 = 1.001;
/// A word that one in so many documents holds in a text is a common one.
const COMMON_ONE_IN: u64 = 64;

/// How well documents match.
pub(super) struct Ranking<'a> {
    /// What they have to meet.
    pub(super) said: &'a Formula,
    /// What lifts those that meet it as well.
    pub(super) bonuses: Vec<Formula>,
}

impl Ranking<'_> {
    /// Who meets something that common words in texts are not worth, and what those are worth to the others at the most. `None`
    /// when no word is common.
    pub(super) fn first_looked_at(
        &self,
        searcher: &Searcher,
        fields: &Fields,
        words: &[Words<'_>],
    ) -> tantivy::Result<Option<(Vec<Bits>, f32)>> {
        let all: u64 = searcher.segment_readers().iter().map(|segment| u64::from(segment.max_doc())).sum();
        let mut in_texts: BTreeMap<&Term, u64> = BTreeMap::new();
        self.said.each_counted(&mut |term| {
            if term.field() == fields.summary || term.field() == fields.body {
                in_texts.insert(term, 0);
            }
        });
        for (term, holders) in &mut in_texts {
            *holders = searcher.doc_freq(term)?;
        }
        let common: BTreeMap<Term, f32> = in_texts
            .into_iter()
            .filter(|(_, holders)| *holders > all / COMMON_ONE_IN)
            .map(|(term, holders)| (term.clone(), rarity(holders, all) * MOST_BY_FREQUENCY))
            .collect();
        if common.is_empty() {
            return Ok(None);
        }
        let better = |words: &Words<'_>| {
            let mut better = words.none();
            for formula in self.bonuses.iter().chain([self.said]) {
                formula.add_better(words, &common, &mut better)?;
            }
            Ok(better)
        };
        let better = words.iter().map(better).collect::<tantivy::Result<Vec<Bits>>>()?;
        Ok(Some((better, self.said.most(&common) * ROUNDING)))
    }
}

/// Of what was found, who is in these sets too.
pub(super) fn both(found: &[Arc<Bits>], sets: Vec<Bits>) -> Vec<Arc<Bits>> {
    let keep = |(found, mut set): (&Arc<Bits>, Bits)| {
        set.keep(found);
        Arc::new(set)
    };
    found.iter().zip(sets).map(keep).collect()
}

/// How much a word counts by how few documents hold it, in BM25.
fn rarity(holders: u64, all: u64) -> f32 {
    (1.0 + (all.saturating_sub(holders) as f32 + 0.5) / (holders as f32 + 0.5)).ln()
}
