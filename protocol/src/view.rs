//! The view hash: whether two nodes show the same, in 32 bytes, at a cost that follows the change.
//!
//! Each shelf keeps the sum of its documents' state digests in a homomorphic set hash (LtHash with 1,024 lanes of 16
//! bits: Lewi, Kim, Maykov, Weis, "Securing update propagation with homomorphic hashing", 2019). Adding and removing a
//! document is an addition and a subtraction of lanes, so order does not matter and nothing is ever scanned.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::LazyLock;

use crate::codec::Encoder;
use crate::hash::{Hash, hash};
use crate::shelf::Shelf;

const LANES: usize = 1024;
/// The key under which BLAKE3 makes lanes of a digest.
static LANES_KEY: LazyLock<Hash> = LazyLock::new(|| hash("view-lanes", &[]));
/// Bytes of a stored sum.
pub const SUM_BYTES: usize = LANES * 2;

/// The sum of a set of digests.
#[derive(Clone, PartialEq, Eq)]
pub struct ViewSum {
    lanes: Box<[u16; LANES]>,
    /// Number of digests in the set.
    pub count: u64,
}

impl fmt::Debug for ViewSum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ViewSum of {}", self.count)
    }
}

impl Default for ViewSum {
    fn default() -> Self {
        Self { lanes: Box::new([0; LANES]), count: 0 }
    }
}

impl ViewSum {
    /// Adds a digest that is not in the set.
    pub fn add(&mut self, digest: &Hash) {
        self.each_lane(digest, u16::wrapping_add);
        self.count = self.count.wrapping_add(1);
    }

    /// Removes a digest that is in the set.
    pub fn remove(&mut self, digest: &Hash) {
        self.each_lane(digest, u16::wrapping_sub);
        self.count = self.count.wrapping_sub(1);
    }

    /// Adds a set that has none of these digests.
    pub fn merge(&mut self, other: &Self) {
        for (lane, more) in self.lanes.iter_mut().zip(other.lanes.iter()) {
            *lane = lane.wrapping_add(*more);
        }
        self.count = self.count.wrapping_add(other.count);
    }

    fn each_lane(&mut self, digest: &Hash, combine: fn(u16, u16) -> u16) {
        let mut bytes = [0; SUM_BYTES];
        blake3::Hasher::new_keyed(&LANES_KEY.0).update(&digest.0).finalize_xof().fill(&mut bytes);
        for (lane, pair) in self.lanes.iter_mut().zip(bytes.chunks_exact(2)) {
            *lane = combine(*lane, u16::from_be_bytes([pair[0], pair[1]]));
        }
    }

    /// Bytes to store.
    pub fn to_bytes(&self) -> Vec<u8> {
        let lanes = self.lanes.iter().flat_map(|lane| lane.to_be_bytes());
        self.count.to_be_bytes().into_iter().chain(lanes).collect()
    }

    /// Reads stored bytes; `None` when they have another length.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (count, lanes) = bytes.split_first_chunk::<8>()?;
        if lanes.len() != SUM_BYTES {
            return None;
        }
        let mut sum = Self { count: u64::from_be_bytes(*count), ..Self::default() };
        for (lane, pair) in sum.lanes.iter_mut().zip(lanes.chunks_exact(2)) {
            *lane = u16::from_be_bytes([pair[0], pair[1]]);
        }
        Some(sum)
    }
}

/// The view hash over the sums of all shelves and the roster's digest.
pub fn view_hash(shelves: &BTreeMap<Shelf, ViewSum>, roster: &Hash) -> Hash {
    let mut to = Encoder::new();
    roster.encode(&mut to);
    for (shelf, sum) in shelves.iter().filter(|(_, sum)| sum.count > 0) {
        shelf.encode(&mut to);
        to.raw(&sum.to_bytes());
    }
    hash("view", &[&to.finish()])
}
