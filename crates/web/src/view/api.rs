//! What the API asks for beyond what pages show: lists that go on from a place, and what changed.

use super::{Card, Membership, Role, SearchView};
use crate::request::SearchRequest;

/// Where a list goes on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum After {
    /// At its beginning.
    #[default]
    Start,
    /// Behind so many: in a list by how well words match.
    Offset(u64),
    /// Behind a place in the order of a column, wherever that lies.
    Place([u64; 3]),
}

/// A list of listings, or what comes further on in it. The page that the search names does not matter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListAsk {
    /// Words and filters.
    pub search: SearchRequest,
    /// Most listings.
    pub limit: u32,
    /// Where to go on.
    pub after: After,
    /// Whether to count how the result divides.
    pub facets: bool,
}

/// Some of a list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListPage {
    /// How many were found in all.
    pub total: u64,
    /// How many of these hold every word.
    pub complete: u64,
    /// In order.
    pub cards: Vec<Card>,
    /// How the result divides, where that was asked for.
    pub facets: Option<SearchView>,
    /// Where to go on; `None` at the end, or where the index ranks no further.
    pub next: Option<After>,
}

/// What changed behind a place.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChangesAsk {
    /// Kind id.
    pub kind: Option<String>,
    /// Two, four or six digits of GB/T 2260.
    pub region: Option<String>,
    /// The list of changes, the second and the number of the last one that the asker knows.
    pub after: Option<[u64; 3]>,
    /// Most changes.
    pub limit: u32,
    /// Whether to give the listings as well, as they stand now.
    pub cards: bool,
}

/// Some changes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChangesPage {
    /// In the order in which they were seen here.
    pub changes: Vec<ChangeView>,
    /// Where to go on, now or later.
    pub next: Option<[u64; 3]>,
    /// Whether more is known already.
    pub more: bool,
}

/// A change.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChangeView {
    /// Document id.
    pub id: String,
    /// Kind id.
    pub kind: String,
    /// Six digits; empty when it names no region.
    pub region: String,
    /// When this node saw it, ms.
    pub seen_ms: i64,
    /// Whether it is shown no more.
    pub gone: bool,
    /// The listing, where that was asked for and it is shown.
    pub card: Option<Card>,
}

/// An institution in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrgLine {
    /// Its id, hex.
    pub id: String,
    /// Its name on the roster.
    pub name: String,
    /// Its 统一社会信用代码; empty when it gave none.
    pub credit_code: String,
    /// GB/T 2260 code, 6 digits.
    pub region: String,
    /// What it is in the network.
    pub role: Role,
    /// Whether its listings are shown.
    pub membership: Membership,
    /// Whether it is one of the network's governors.
    pub governs: bool,
}
