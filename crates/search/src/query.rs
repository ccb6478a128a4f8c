//! What can be asked, and what is answered.

mod build;
mod lexicon;
mod terms;

use serde::Serialize;
use tantivy::collector::sort_key::{SortBySimilarityScore, SortByStaticFastValue};
use tantivy::collector::{Collector, Count, TopDocs};
use tantivy::query::Query as Tree;
use tantivy::schema::Value;
use tantivy::{DocAddress, Order, Searcher, TantivyDocument};

use crate::error::Error;
use crate::facets::{Counter, Facet, FacetCount, Facets};
use crate::limits::{FEW_HITS, MAX_DEPTH, MAX_PAGE};
use crate::schema::{Fields, columns, region_prefix};
use build::{Builder, Filters};
use lexicon::{Begun, Lexicon};
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

/// What one pass over the index yields.
struct Pass {
    total: usize,
    found: Vec<(f32, DocAddress)>,
    facets: Option<Facets>,
}

impl Query {
    pub(crate) fn run(&self, searcher: &Searcher, fields: &Fields) -> Result<Results, Error> {
        let limit = self.limit.min(MAX_PAGE);
        let end = self.offset.saturating_add(limit);
        if end > MAX_DEPTH {
            return Err(Error::TooDeep { offset: self.offset, end });
        }
        let mut builder = Builder { fields, begun: Begun::default() };
        let Some(filters) = builder.filters(self) else { return Ok(Results::default()) };
        let Some(terms) = Terms::parse(&self.text, self.typing) else {
            let pass =
                self.pass(searcher, &builder.everything(&filters), limit, Sort::Newest.or(self.sort))?;
            let complete = pass.total;
            let aside = self.aside(searcher, &builder, |filters| builder.everything(filters))?;
            return pass.results(searcher, fields, complete, aside);
        };
        let lexicon = Lexicon { searcher, fields };
        builder.begun = lexicon.begun(&terms)?;
        let strict = self.pass(searcher, &builder.strict(&terms, &filters), limit, self.sort)?;
        let complete = strict.total;
        // In any other order partial matches would mix with the complete ones: they are shown only when there is nothing else.
        let enough = if self.sort == Sort::Relevance { FEW_HITS } else { 1 };
        if complete < enough {
            let guesses = lexicon.guesses(&terms)?;
            if terms.can_relax() || !guesses.is_empty() {
                let relaxed = builder.relaxed(&terms, &guesses, &filters);
                let pass = self.pass(searcher, &relaxed, limit, self.sort)?;
                let aside =
                    self.aside(searcher, &builder, |filters| builder.relaxed(&terms, &guesses, filters))?;
                return pass.results(searcher, fields, complete, aside);
            }
        }
        let aside = self.aside(searcher, &builder, |filters| builder.strict(&terms, filters))?;
        strict.results(searcher, fields, complete, aside)
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

    /// The facets whose own filter is set, each counted without it.
    fn aside<T: Tree>(
        &self,
        searcher: &Searcher,
        builder: &Builder<'_>,
        tree: impl Fn(&Filters) -> T,
    ) -> Result<Vec<(Facet, Vec<FacetCount>)>, Error> {
        let mut aside = Vec::new();
        for facet in self.facets.iter().copied().filter(|facet| self.filters_by(*facet)) {
            let Some(filters) = builder.filters(&self.without(facet)) else { continue };
            let counter = Counter { facets: vec![facet], region: self.region() };
            let mut facets = searcher.search(&tree(&filters), &counter).map_err(Error::reading)?;
            aside.push((facet, std::mem::take(facets.of(facet))));
        }
        Ok(aside)
    }

    /// The chosen region, without trailing zeros; may be empty.
    fn region(&self) -> String {
        self.region_prefix.as_deref().map(region_prefix).unwrap_or_default().to_owned()
    }

    fn pass(&self, searcher: &Searcher, tree: &dyn Tree, limit: usize, sort: Sort) -> Result<Pass, Error> {
        let facets: Vec<Facet> =
            self.facets.iter().copied().filter(|facet| !self.filters_by(*facet)).collect();
        let facets = (!facets.is_empty()).then(|| Counter { facets, region: self.region() });
        if limit == 0 {
            let (total, facets) = searcher.search(tree, &(Count, facets)).map_err(Error::reading)?;
            return Ok(Pass { total, found: Vec::new(), facets });
        }
        let top = TopDocs::with_limit(limit).and_offset(self.offset);
        let newest = (SortByStaticFastValue::<i64>::for_field(columns::UPDATED), Order::Desc);
        let by_id = (SortByStaticFastValue::<u64>::for_field(columns::ORDER), Order::Asc);
        let amount = SortByStaticFastValue::<i64>::for_field(columns::AMOUNT);
        let ripeness = SortByStaticFastValue::<u64>::for_field(columns::RIPENESS);
        match sort {
            Sort::Relevance => {
                let best = top.order_by((SortBySimilarityScore, newest, by_id));
                collect(searcher, tree, best, facets, |(score, _, _)| score)
            }
            Sort::Newest => collect(searcher, tree, top.order_by((newest, by_id)), facets, |_| 0.0),
            Sort::Cheapest => {
                collect(searcher, tree, top.order_by(((amount, Order::Asc), newest, by_id)), facets, |_| 0.0)
            }
            Sort::Dearest => {
                collect(searcher, tree, top.order_by(((amount, Order::Desc), newest, by_id)), facets, |_| 0.0)
            }
            Sort::Ripest => collect(
                searcher,
                tree,
                top.order_by(((ripeness, Order::Desc), newest, by_id)),
                facets,
                |_| 0.0,
            ),
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
    searcher: &Searcher,
    tree: &dyn Tree,
    top: impl Collector<Fruit = Vec<(K, DocAddress)>>,
    facets: Option<Counter>,
    score: impl Fn(K) -> f32,
) -> Result<Pass, Error> {
    let (found, total, facets) = searcher.search(tree, &(top, Count, facets)).map_err(Error::reading)?;
    Ok(Pass { total, found: found.into_iter().map(|(key, doc)| (score(key), doc)).collect(), facets })
}

impl Pass {
    fn results(
        self,
        searcher: &Searcher,
        fields: &Fields,
        complete: usize,
        aside: Vec<(Facet, Vec<FacetCount>)>,
    ) -> Result<Results, Error> {
        let mut facets = self.facets.unwrap_or_default();
        for (facet, counts) in aside {
            *facets.of(facet) = counts;
        }
        let mut hits = Vec::with_capacity(self.found.len());
        for (score, address) in self.found {
            let doc: TantivyDocument = searcher.doc(address).map_err(Error::reading)?;
            let id = doc.get_first(fields.id).and_then(|value| value.as_str());
            let id = id.ok_or_else(|| Error::Damaged("a document without an id".to_owned()))?.to_owned();
            hits.push(Hit { id, score });
        }
        Ok(Results { total: self.total, complete, hits, facets })
    }
}
