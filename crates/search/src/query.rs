//! What can be asked, and what is answered.

mod among;
mod best;
mod build;
mod formula;
mod lexicon;
mod narrow;
mod terms;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use serde::Serialize;
use tantivy::collector::TopDocs;
use tantivy::collector::sort_key::{SortBySimilarityScore, SortByStaticFastValue};
use tantivy::query::{BooleanQuery, Occur, Query as Tree};
use tantivy::schema::Value;
use tantivy::{DocAddress, Order, Searcher, SegmentReader, TantivyDocument};

use crate::error::Error;
use crate::facets::{self, Facet, Facets};
use crate::limits::{FEW_HITS, MAX_DEPTH, MAX_PAGE};
use crate::schema::{Fields, columns, region_prefix};
use crate::sets::{Bits, Sets};
use among::Among;
use best::Ranking;
use build::Builder;
use formula::{Formula, Words};
use lexicon::{Begun, Lexicon};
use narrow::Filters;
use terms::Terms;

/// In which order to list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sort {
    /// Best match first; of equals the last changed, then by id. Without words to match by, newest first.
    #[default]
    Relevance,
    /// Last changed first; of equals by id.
    Newest,
    /// What costs least first; what names no price last. Of equals the last changed.
    Cheapest,
    /// What costs most first; what names no price last. Of equals the last changed.
    Dearest,
    /// The highest readiness level first; what names none last. Of equals the last changed.
    Ripest,
}

/// A question to the index. Every part that is set narrows the results.
///
/// The text is plain words, never a language: no character in it has a meaning of its own, so no text is an error. Only its
/// first [`MAX_QUERY_CHARS`](crate::limits::MAX_QUERY_CHARS) count.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    /// Words to look for, or a patent number, or a whole title. Without a word in it, everything is listed.
    pub text: String,
    /// The text is still being typed: its last word, unless something follows it, also stands for the words that begin with it
    /// in titles and keywords, a single Chinese character too.
    pub typing: bool,
    /// Only what anyone may find: counts and facets too say nothing of the rest.
    pub public_only: bool,
    /// Only this kind.
    pub kind: Option<String>,
    /// Only these kinds; all when empty. Unlike [`kind`](Query::kind) it is no filter of a facet: it says what there is at all.
    pub kinds: Vec<String>,
    /// Only what names a price.
    pub priced: bool,
    /// Nothing of these regions and of what lies in them.
    pub away_from: Vec<String>,
    /// Only this region and what lies in it: `42`, `420000` and `4201`, `420100` mean the same pairs; or `420106`.
    pub region_prefix: Option<String>,
    /// Only this technical field.
    pub field: Option<String>,
    /// Only readiness spans that share a level with this one.
    pub trl: Option<(u8, u8)>,
    /// Only this cooperation mode.
    pub cooperation: Option<String>,
    /// Only what carries this code of what it costs.
    pub price: Option<String>,
    /// Only this institution.
    pub institution: Option<String>,
    /// Only this language.
    pub lang: Option<String>,
    /// Only these documents, whichever there are of them; all when empty.
    pub only_ids: Vec<String>,
    /// Only what holds every word, however little that is: no guess at what was meant.
    pub whole: bool,
    /// None of what these institutions published.
    pub without_institutions: Vec<String>,
    /// None of these documents.
    pub without_ids: Vec<String>,
    /// None of what these institutions object to.
    pub without_objected_by: Vec<String>,
    /// Results to skip.
    pub offset: usize,
    /// Only what comes behind this place, as [`Results::end`] gave it, in an order by a column: unlike an offset it may lie as deep
    /// as there is anything, and costs no more there.
    pub after: Option<[u64; 3]>,
    /// Results to return, at most [`MAX_PAGE`]; with 0, only the counts.
    pub limit: usize,
    /// In which order.
    pub sort: Sort,
    /// Which facets to count as well.
    pub facets: Vec<Facet>,
}

/// One result.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Hit {
    /// The document id.
    pub id: String,
    /// How well it matches, comparable within one answer only; 0 when sorted by time.
    pub score: f32,
}

/// The answer.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Results {
    /// How many documents match.
    pub total: usize,
    /// How many of these hold every word of the query. When fewer than `total`, the rest hold only some of the words and,
    /// by relevance, come after; say so on the page.
    pub complete: usize,
    /// The page asked for.
    pub hits: Vec<Hit>,
    /// The place of its last result, to go on from; `None` by relevance to words, where places compare within one answer only.
    pub end: Option<[u64; 3]>,
    /// Empty unless asked for.
    pub facets: Facets,
}

/// What is searched.
pub(crate) struct Ground<'a> {
    /// The index as of one moment.
    pub searcher: &'a Searcher,
    /// Where what stands.
    pub fields: &'a Fields,
    /// Who carries which code.
    pub sets: &'a Sets,
    /// From how many matches on some are ranked before the others are looked at.
    pub many: usize,
}

/// What is looked for, and how it is called for as long as the index does not change.
struct Asked<'a> {
    name: &'a str,
    formula: &'a Formula,
    words: &'a [Words<'a>],
}

/// The results on a page, and the place of the last.
#[derive(Default)]
struct Page {
    hits: Vec<Hit>,
    end: Option<[u64; 3]>,
}

/// What matches, segment by segment.
struct Matching {
    sets: Vec<Arc<Bits>>,
    total: usize,
}

impl Query {
    pub(crate) fn run(&self, ground: &Ground<'_>) -> Result<Results, Error> {
        let end = self.offset.saturating_add(self.limit.min(MAX_PAGE));
        if end > MAX_DEPTH {
            return Err(Error::TooDeep { offset: self.offset, end });
        }
        ground.sets.hold_to(ground.searcher);
        let Some(filters) = Filters::of(self, ground.fields) else { return Ok(Results::default()) };
        let mut builder = Builder { fields: ground.fields, begun: Begun::default() };
        let Some(terms) = Terms::parse(&self.text, self.typing) else {
            let found = self.matching(ground, None, &filters)?;
            let hits = self.hits(ground, None, &found)?;
            return self.results(ground, None, found.total, (found, hits));
        };
        let lexicon = Lexicon { searcher: ground.searcher, fields: ground.fields };
        builder.begun = lexicon.begun(&terms)?;
        // How words may go on depends on all that the index holds.
        let moment = ground.searcher.generation().generation_id();
        let name = format!("{moment} {}\n{}", self.typing, self.text);
        let words: Vec<Words<'_>> = ground.searcher.segment_readers().iter().map(Words::of).collect();
        let said = builder.said(&terms);
        let asked = Asked { name: &name, formula: &said, words: &words };
        let found = self.matching(ground, Some(&asked), &filters)?;
        let complete = found.total;
        // In any other order partial matches would mix with the complete ones: they are shown only when there is nothing else.
        let enough = if self.sort == Sort::Relevance { FEW_HITS } else { 1 };
        if complete < enough && !self.whole {
            let guesses = lexicon.guesses(&terms)?;
            if terms.can_relax() || !guesses.is_empty() {
                let (name, some) = (format!("some of {name}"), builder.some(&terms, &guesses));
                let asked = Asked { name: &name, formula: &some, words: &words };
                let found = self.matching(ground, Some(&asked), &filters)?;
                return self.answer(ground, &asked, builder.bonuses(&terms), (complete, found));
            }
        }
        self.answer(ground, &asked, builder.bonuses(&terms), (complete, found))
    }

    /// The answer to words.
    fn answer(
        &self,
        ground: &Ground<'_>,
        asked: &Asked<'_>,
        bonuses: Vec<Formula>,
        (complete, found): (usize, Matching),
    ) -> Result<Results, Error> {
        let ranking = Ranking { said: asked.formula, bonuses };
        let hits = self.hits(ground, Some((&ranking, asked.words)), &found)?;
        self.results(ground, Some(asked), complete, (found, hits))
    }

    /// Who holds the words and meets the filters; without words, who meets the filters.
    fn matching(
        &self,
        ground: &Ground<'_>,
        asked: Option<&Asked<'_>>,
        filters: &Filters,
    ) -> Result<Matching, Error> {
        let one = |(place, segment): (usize, &SegmentReader)| -> tantivy::Result<Arc<Bits>> {
            let words = asked.and_then(|asked| Some((asked, asked.words.get(place)?)));
            let mut found = match words {
                Some((asked, words)) => {
                    let find = || asked.formula.met(words);
                    Bits::clone(ground.sets.matching(segment, asked.name, find)?.as_ref())
                }
                None => Bits::all(segment.max_doc()),
            };
            if segment.has_deletes() {
                found.keep(ground.sets.alive(segment)?.as_ref());
            }
            filters.narrow(ground, segment, &mut found)?;
            Ok(Arc::new(found))
        };
        let segments = ground.searcher.segment_readers().iter().enumerate();
        let sets = segments.map(one).collect::<tantivy::Result<Vec<_>>>().map_err(Error::reading)?;
        let total = sets.iter().map(|found| found.count()).sum();
        Ok(Matching { sets, total })
    }

    /// The answer: the facets, and what is on the page.
    fn results(
        &self,
        ground: &Ground<'_>,
        asked: Option<&Asked<'_>>,
        complete: usize,
        (found, page): (Matching, Page),
    ) -> Result<Results, Error> {
        let (aside, own): (Vec<Facet>, Vec<Facet>) =
            self.facets.iter().copied().partition(|facet| self.filters_by(*facet));
        let count = |matching: &Matching, facets: &[Facet]| {
            facets::count(ground, &matching.sets, facets, &self.region()).map_err(Error::reading)
        };
        let mut facets = count(&found, &own)?;
        for facet in aside {
            let Some(filters) = Filters::of(&self.without(facet), ground.fields) else { continue };
            let mut counted = count(&self.matching(ground, asked, &filters)?, &[facet])?;
            *facets.of(facet) = std::mem::take(counted.of(facet));
        }
        Ok(Results { total: found.total, complete, hits: page.hits, end: page.end, facets })
    }

    /// Whether a facet's own filter is set. The region has none to take off: what lies below the chosen one is counted.
    fn filters_by(&self, facet: Facet) -> bool {
        match facet {
            Facet::Kind => self.kind.is_some(),
            Facet::Region => false,
            Facet::Field => self.field.is_some(),
            Facet::Readiness => self.trl.is_some(),
            Facet::Cooperation => self.cooperation.is_some(),
            Facet::Price => self.price.is_some(),
            Facet::Institution => self.institution.is_some(),
        }
    }

    /// The same without the filter of a facet.
    fn without(&self, facet: Facet) -> Query {
        let mut query = self.clone();
        match facet {
            Facet::Kind => query.kind = None,
            Facet::Region => query.region_prefix = None,
            Facet::Field => query.field = None,
            Facet::Readiness => query.trl = None,
            Facet::Cooperation => query.cooperation = None,
            Facet::Price => query.price = None,
            Facet::Institution => query.institution = None,
        }
        query
    }

    /// The chosen region, without trailing zeros; may be empty.
    fn region(&self) -> String {
        self.region_prefix.as_deref().map(region_prefix).unwrap_or_default().to_owned()
    }

    /// The results on the page, in their order; without words the newest come first unless another order is asked for.
    fn hits(
        &self,
        ground: &Ground<'_>,
        ranking: Option<(&Ranking<'_>, &[Words<'_>])>,
        found: &Matching,
    ) -> Result<Page, Error> {
        let limit = self.limit.min(MAX_PAGE);
        if limit == 0 || found.total <= self.offset {
            return Ok(Page::default());
        }
        let Some((ranking, words)) = ranking.filter(|_| self.sort == Sort::Relevance) else {
            let page = (self.offset, self.offset + limit);
            let after = self.after.map(|[first, age, order]| (first, age, order));
            let (best, end) =
                among::by_column(ground.searcher, found, self.sort, after, page).map_err(Error::reading)?;
            let hits = best.into_iter().map(|address| hit(ground, address, 0.0)).collect::<Result<_, _>>()?;
            return Ok(Page { hits, end: end.map(|(first, age, order)| [first, age, order]) });
        };
        if found.total >= ground.many
            && let Some((better, most)) =
                ranking.first_looked_at(ground.searcher, ground.fields, words).map_err(Error::reading)?
        {
            let hits = self.ranked(ground, ranking, &best::both(&found.sets, better))?;
            if hits.len() == limit && hits.last().is_some_and(|last| last.score > most) {
                return Ok(Page { hits, end: None });
            }
        }
        Ok(Page { hits: self.ranked(ground, ranking, &found.sets)?, end: None })
    }

    /// The results on the page of these documents, best first.
    fn ranked(
        &self,
        ground: &Ground<'_>,
        ranking: &Ranking<'_>,
        sets: &[Arc<Bits>],
    ) -> Result<Vec<Hit>, Error> {
        let newest = (SortByStaticFastValue::<i64>::for_field(columns::UPDATED), Order::Desc);
        let by_id = (SortByStaticFastValue::<u64>::for_field(columns::ORDER), Order::Asc);
        let top = TopDocs::with_limit(self.limit.min(MAX_PAGE)).and_offset(self.offset);
        let among: Box<dyn Tree> = Box::new(Among::of(ground.searcher, sets.iter().cloned()));
        let mut clauses = vec![(Occur::Must, among), (Occur::Must, ranking.said.tree())];
        clauses.extend(ranking.bonuses.iter().map(|bonus| (Occur::Should, bonus.tree())));
        let top = top.order_by((SortBySimilarityScore, newest, by_id));
        let best = ground.searcher.search(&BooleanQuery::new(clauses), &top).map_err(Error::reading)?;
        best.into_iter().map(|((score, _, _), address)| hit(ground, address, score)).collect()
    }
}

fn hit(ground: &Ground<'_>, address: DocAddress, score: f32) -> Result<Hit, Error> {
    let doc: TantivyDocument = ground.searcher.doc(address).map_err(Error::reading)?;
    let id = doc.get_first(ground.fields.id).and_then(|value| value.as_str());
    let id = id.ok_or_else(|| Error::Damaged("a document without an id".to_owned()))?.to_owned();
    Ok(Hit { id, score })
}
