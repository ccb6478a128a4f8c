//! Many nodes in one process: each a real [`replica::Replica`] with real keys, entries and frames; between them a network
//! that loses, repeats, delays, damages and parts.
//!
//! A [`World`] draws everything from its seed, so a seed replays to the same [trace](World::trace). It is driven in one of
//! two ways: frame by frame in random order and without time ([`World::settle`]), which finds orders of arrival; or by
//! virtual time ([`World::run_until`]), with lines that have a delay and a bandwidth, ticks and fsyncs, for weeks.
//! [`Province`] is the second way's story: a network in which people publish, edit, go offline and come back.
//!
//! Every run that a node stores must continue what counts there and replace nothing of it; at every tick what it keeps in
//! memory of what peers told it is within its bounds; after each crash, and at the end, a node must still hold every entry
//! that it wrote, and nothing of what was purged; at the end nodes with equal entries must show the same. Where that does not
//! hold, the run ends with the last lines of the trace and the seed.
//! Absent: disks, sockets, the search index, the program itself; those are tested as real processes under `tests`.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a world in which something that must hold does not hold ends"
)]

mod check;
mod founding;
mod node;
mod province;
mod report;
mod rng;
mod trace;
mod world;

pub use founding::{KIND, REGION, node_certificate, shelf};
pub use node::{Copied, Node};
pub use province::{Province, Story, Weather};
pub use report::{Report, Spread, table};
pub use rng::Rng;
pub use world::{Faults, Line, Unpacked, World, runs};

/// Fields of a small listing.
pub fn fields(pairs: &[(&str, &str)]) -> Vec<(String, protocol::Value)> {
    let own = |(key, value): &(&str, &str)| ((*key).to_owned(), protocol::Value::Text((*value).to_owned()));
    pairs.iter().map(own).collect()
}
