//! What can be asked, and what is answered.

mod best;
mod build;
mod lexicon;
mod narrow;
mod terms;

use serde::Serialize;
use tantivy::collector::sort_key::{SortBySimilarityScore, SortByStaticFastValue};
use tantivy::collector::{Collector, TopDocs};
use tantivy::query::{BooleanQuery, EnableScoring, Query as Tree};
use tantivy::schema::Value;
use tantivy::{DocAddress, Order, Searcher, SegmentReader, TantivyDocument};

use crate::error::Error;
use crate::facets::{self, Facet, Facets};
use crate::limits::{FEW_HITS, MANY_MATCHES, MAX_DEPTH, MAX_PAGE};
use crate::schema::{Fields, columns, region_prefix};
use crate::sets::{Bits, Sets};
use build::Builder;
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
    /// None of what these institutions published.
    pub without_institutions: Vec<String>,
    /// None of these documents.
    pub without_ids: Vec<String>,
    /// None of what these institutions object to.
    pub without_objected_by: Vec<String>,
    /// Results to skip.
    pub offset: usize,
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
}

/// What is looked for, and how it is called for as long as the index does not change.
struct Words<'a> {
    asked: &'a str,
    tree: &'a dyn Tree,
}

/// What of the matches is wanted.
struct Page {
    limit: usize,
    sort: Sort,
    /// Each of them holds every word: then nothing but words, and titles, makes one better than another.
    all_words: bool,
}

/// What matches, segment by segment.
struct Matching {
    sets: Vec<Bits>,
    total: usize,
}

impl Query {
    pub(crate) fn run(&self, ground: &Ground<'_>) -> Result<Results, Error> {
        let limit = self.limit.min(MAX_PAGE);
        let end = self.offset.saturating_add(limit);
        if end > MAX_DEPTH {
            return Err(Error::TooDeep { offset: self.offset, end });
        }
        ground.sets.hold_to(ground.searcher);
        let Some(filters) = Filters::of(self, ground.fields) else { return Ok(Results::default()) };
        let mut builder = Builder { fields: ground.fields, begun: Begun::default() };
        let Some(terms) = Terms::parse(&self.text, self.typing) else {
            let found = self.matching(ground, None, &filters)?;
            let sort = Sort::Newest.or(self.sort);
            let hits = self.hits(
                ground,
                &builder.everything(&filters),
                Page { limit, sort, all_words: false },
                &found,
            )?;
            return self.results(ground, None, found.total, (found, hits));
        };
        let lexicon = Lexicon { searcher: ground.searcher, fields: ground.fields };
        builder.begun = lexicon.begun(&terms)?;
        // How words may go on depends on all that the index holds.
        let moment = ground.searcher.generation().generation_id();
        let asked = format!("{moment} {}\n{}", self.typing, self.text);
        let said = builder.said(&terms);
        let words = Words { asked: &asked, tree: said.as_ref() };
        let found = self.matching(ground, Some(&words), &filters)?;
        let complete = found.total;
        // In any other order partial matches would mix with the complete ones: they are shown only when there is nothing else.
        let enough = if self.sort == Sort::Relevance { FEW_HITS } else { 1 };
        if complete < enough {
            let guesses = lexicon.guesses(&terms)?;
            if terms.can_relax() || !guesses.is_empty() {
                let (asked, some) = (format!("some of {asked}"), builder.some(&terms, &guesses));
                let words = Words { asked: &asked, tree: some.as_ref() };
                let found = self.matching(ground, Some(&words), &filters)?;
                let ranked = builder.ranked(some.box_clone(), &terms, &filters);
                let hits =
                    self.hits(ground, &ranked, Page { limit, sort: self.sort, all_words: false }, &found)?;
                return self.results(ground, Some(&words), complete, (found, hits));
            }
        }
        let ranked = builder.ranked(said.box_clone(), &terms, &filters);
        let hits = self.hits(ground, &ranked, Page { limit, sort: self.sort, all_words: true }, &found)?;
        self.results(ground, Some(&words), complete, (found, hits))
    }

    /// Who holds the words and meets the filters; without words, who meets the filters.
    fn matching(
        &self,
        ground: &Ground<'_>,
        words: Option<&Words<'_>>,
        filters: &Filters,
    ) -> Result<Matching, Error> {
        let weight =
            words.map(|words| words.tree.weight(EnableScoring::disabled_from_searcher(ground.searcher)));
        let weight = weight.transpose().map_err(Error::reading)?;
        let one = |segment: &SegmentReader| -> tantivy::Result<Bits> {
            let mut found = match words.zip(weight.as_deref()) {
                Some((words, weight)) => {
                    Bits::clone(ground.sets.matching(segment, words.asked, weight)?.as_ref())
                }
                None => Bits::all(segment.max_doc()),
            };
            if segment.has_deletes() {
                found.keep(ground.sets.alive(segment)?.as_ref());
            }
            filters.narrow(ground, segment, &mut found)?;
            Ok(found)
        };
        let segments = ground.searcher.segment_readers().iter();
        let sets = segments.map(one).collect::<tantivy::Result<Vec<Bits>>>().map_err(Error::reading)?;
        let total = sets.iter().map(Bits::count).sum();
        Ok(Matching { sets, total })
    }

    /// The answer: the facets, and what is on the page.
    fn results(
        &self,
        ground: &Ground<'_>,
        words: Option<&Words<'_>>,
        complete: usize,
        (found, hits): (Matching, Vec<Hit>),
    ) -> Result<Results, Error> {
        let (aside, own): (Vec<Facet>, Vec<Facet>) =
            self.facets.iter().copied().partition(|facet| self.filters_by(*facet));
        let count = |matching: &Matching, facets: &[Facet]| {
            facets::count(ground, &matching.sets, facets, &self.region()).map_err(Error::reading)
        };
        let mut facets = count(&found, &own)?;
        for facet in aside {
            let Some(filters) = Filters::of(&self.without(facet), ground.fields) else { continue };
            let mut counted = count(&self.matching(ground, words, &filters)?, &[facet])?;
            *facets.of(facet) = std::mem::take(counted.of(facet));
        }
        Ok(Results { total: found.total, complete, hits, facets })
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

    /// The results on the page, in their order.
    fn hits(
        &self,
        ground: &Ground<'_>,
        tree: &BooleanQuery,
        Page { limit, sort, all_words }: Page,
        found: &Matching,
    ) -> Result<Vec<Hit>, Error> {
        if limit == 0 || found.total <= self.offset {
            return Ok(Vec::new());
        }
        let top = TopDocs::with_limit(limit).and_offset(self.offset);
        let newest = (SortByStaticFastValue::<i64>::for_field(columns::UPDATED), Order::Desc);
        let by_id = (SortByStaticFastValue::<u64>::for_field(columns::ORDER), Order::Asc);
        let amount = SortByStaticFastValue::<i64>::for_field(columns::AMOUNT);
        let ripeness = SortByStaticFastValue::<u64>::for_field(columns::RIPENESS);
        match sort {
            Sort::Relevance => {
                let best = || {
                    let top = TopDocs::with_limit(limit).and_offset(self.offset);
                    top.order_by((SortBySimilarityScore, newest.clone(), by_id.clone()))
                };
                if all_words
                    && found.total >= MANY_MATCHES
                    && let Some((fewer, most)) =
                        best::first_looked_at(ground.searcher, ground.fields, tree).map_err(Error::reading)?
                {
                    let hits = collect(ground, &fewer, best(), |(score, _, _)| score)?;
                    if hits.len() == limit && hits.last().is_some_and(|last| last.score > most) {
                        return Ok(hits);
                    }
                }
                collect(ground, tree, best(), |(score, _, _)| score)
            }
            Sort::Newest => collect(ground, tree, top.order_by((newest, by_id)), |_| 0.0),
            Sort::Cheapest => {
                collect(ground, tree, top.order_by(((amount, Order::Asc), newest, by_id)), |_| 0.0)
            }
            Sort::Dearest => {
                collect(ground, tree, top.order_by(((amount, Order::Desc), newest, by_id)), |_| 0.0)
            }
            Sort::Ripest => {
                collect(ground, tree, top.order_by(((ripeness, Order::Desc), newest, by_id)), |_| 0.0)
            }
        }
    }
}

impl Sort {
    /// This order in place of relevance, which without words is none.
    fn or(self, asked: Sort) -> Sort {
        if asked == Sort::Relevance { self } else { asked }
    }
}

fn collect<K: 'static + Send>(
    ground: &Ground<'_>,
    tree: &dyn Tree,
    top: impl Collector<Fruit = Vec<(K, DocAddress)>>,
    score: impl Fn(K) -> f32,
) -> Result<Vec<Hit>, Error> {
    let found = ground.searcher.search(tree, &top).map_err(Error::reading)?;
    let hit = |(key, address): (K, DocAddress)| {
        let doc: TantivyDocument = ground.searcher.doc(address).map_err(Error::reading)?;
        let id = doc.get_first(ground.fields.id).and_then(|value| value.as_str());
        let id = id.ok_or_else(|| Error::Damaged("a document without an id".to_owned()))?.to_owned();
        Ok(Hit { id, score: score(key) })
    };
    found.into_iter().map(hit).collect()
}
