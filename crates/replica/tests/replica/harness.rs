//! Nodes in memory: a replica, its entries, and a network between them that loses, repeats, delays and damages.
//!
//! A [`World`] draws everything from its seed. It prints the last arrows and the seed when a test fails.

mod founding;
mod node;
mod rng;
mod trace;
mod world;

pub use founding::{KIND, REGION, node_certificate, shelf};
pub use node::Node;
pub use rng::Rng;
pub use world::{Faults, World, runs};

/// Fields of a small listing.
pub fn fields(pairs: &[(&str, &str)]) -> Vec<(String, protocol::Value)> {
    let own = |(key, value): &(&str, &str)| ((*key).to_owned(), protocol::Value::Text((*value).to_owned()));
    pairs.iter().map(own).collect()
}
