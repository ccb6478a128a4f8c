//! The search index of a node: Chinese full text, filters and facets over everything the node holds.
//!
//! How to drive it:
//!
//! 1. [`Index::open`] a folder of its own. The answer says either up to which arrival number the index is complete
//!    ([`State::Ready`]), or that the folder was emptied and everything has to be fed again ([`State::MustRebuild`]).
//! 2. [`Index::writer`] gives the one writer. [`Writer::put`] and [`Writer::remove`] what changed after the cursor,
//!    then [`Writer::commit`] with the new cursor: when it returns, searches see the change.
//! 3. [`Index::search`] from any thread; it blocks on disk and CPU, so keep it off the async threads.
//!
//! The index is *derived*: nothing in it is the only copy of anything, and whoever doubts it deletes the folder.
//! Feeding a change twice is harmless, since [`Writer::put`] replaces by id.
//!
//! What is absent on purpose: this crate knows nothing of stores, catalogues, entries, visibilities or people. Whoever
//! feeds it decides what may be found, and by whom (two audiences that may see different things need two indexes or a
//! filter). It keeps no text to show: a hit is an id and a score. There is no query language, so there are no syntax errors
//! and nothing to inject. No type of the libraries beneath (tantivy, jieba) appears in its interface.
//!
//! Traditional and Simplified Chinese, full-width and half-width, upper and lower case find each other: index and query
//! pass through the same [`fold`]. The forms of an English word find each other, and the names of one concept of the field
//! (`无人机`, `drones`); whoever holds the very words comes first. Where little is found, what is one typing error away is shown
//! after it, and titles, keywords and names answer to their pinyin. [`Query::typing`] takes the last word for a beginning. A judged
//! set of queries (`tests/queries/`) holds each of these to what it reaches.

mod error;
mod facets;
mod index;
pub mod limits;
mod query;
mod schema;
mod sets;
mod text;

pub use error::Error;
pub use facets::{Facet, FacetCount, Facets};
pub use index::{Index, Opened, Rebuild, State, Writer};
pub use query::{Hit, Query, Results, Sort};
pub use schema::{SCHEMA_VERSION, SearchDoc};
pub use text::{fold, identifier_key, query_words};
