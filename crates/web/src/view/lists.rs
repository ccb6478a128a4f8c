//! Lists of listings: the first page, results, what divides them.

use super::{Names, NodeView};

/// The first page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HomeView {
    /// This node.
    pub node: NodeView,
    /// Listings per hall, by the ids of [`catalog::Hall`]; halls that are missing count 0.
    pub halls: Vec<Bucket>,
    /// Newest first; at most [`crate::limits::NEWEST_ON_HOME`] are drawn.
    pub newest: Vec<Card>,
}

/// A listing in a list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Card {
    /// Document id, hex.
    pub id: String,
    /// Kind id: `achievement`, `demand`, …
    pub kind: String,
    /// Title as written.
    pub title: String,
    /// Summary as written; the page cuts it.
    pub summary: String,
    /// Name of the institution that answers for it.
    pub institution: String,
    /// GB/T 2260 code; empty when it names none.
    pub region: String,
    /// Country or territory as written, when it is abroad.
    pub country: String,
    /// Technology fields: vocabulary ids, or text as written.
    pub fields: Vec<String>,
    /// Technology readiness, lowest and highest of 1–9.
    pub trl: Option<(u8, u8)>,
    /// Price, budget or fee: lowest and highest, whole yuan.
    pub price: (Option<i64>, Option<i64>),
    /// Whether that is to be agreed.
    pub negotiable: bool,
    /// Whether its institution tells more of it on request.
    pub has_more: bool,
    /// The peer market that it comes from; empty for this network's own.
    pub market: Names,
    /// Author's time of the last version, ms.
    pub updated_ms: i64,
}

/// A value and how many listings have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bucket {
    /// Raw value: hall or kind id, region prefix, vocabulary id, `4-6`.
    pub value: String,
    /// Listings with it.
    pub listings: u64,
}

/// The same of a value that has a name of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedBucket {
    /// Raw value: an institution's id, hex.
    pub value: String,
    /// Its name; may be empty.
    pub name: String,
    /// Listings with it.
    pub listings: u64,
}

/// One page of results. Each way of dividing them is counted without the filter on itself and with all others, so that the
/// number at a value is what its link leads to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SearchView {
    /// Listings found in all, beyond what may be paged to as well.
    pub total: u64,
    /// Of these, listings that hold every word of the search; the rest hold some, or what may have been meant.
    pub complete: u64,
    /// This page's listings, in order; at most [`crate::limits::PAGE_SIZE`] are drawn.
    pub cards: Vec<Card>,
    /// By hall, counted without the filters on hall and kind.
    pub halls: Vec<Bucket>,
    /// By kind id.
    pub kinds: Vec<Bucket>,
    /// By region prefix: provinces and countries, or what lies below the chosen region.
    pub regions: Vec<Bucket>,
    /// By technology field.
    pub fields: Vec<Bucket>,
    /// By readiness: a level or a band such as `4-6`. Bands are drawn.
    pub trl: Vec<Bucket>,
    /// By mode of cooperation.
    pub cooperation: Vec<Bucket>,
    /// By price band, as `catalog::facets` names them.
    pub prices: Vec<Bucket>,
    /// By institution.
    pub institutions: Vec<NamedBucket>,
    /// Name of the institution that is filtered by; empty when none is, or it is not known.
    pub institution: String,
}
