//! What was verified before. The fold asks for every signature each time; nearly all were there the last time.

use std::collections::BTreeMap;

use crate::hash::{Hash, hash};

/// Most signatures remembered: about 40 bytes each, 8 MiB in all. Beyond it everything is forgotten and verified anew.
const MAX_VERIFIED: usize = 131_072;

/// Remembers which signatures held and which did not. The roster is the same with or without it.
#[derive(Clone, Debug, Default)]
pub struct Verified {
    known: BTreeMap<Hash, bool>,
}

impl Verified {
    /// What `judge` says of these parts, which must decide its answer alone; it is asked once.
    pub(crate) fn ask(&mut self, parts: &[&[u8]], judge: impl FnOnce() -> bool) -> bool {
        let name = hash("verified", parts);
        if let Some(known) = self.known.get(&name) {
            return *known;
        }
        if self.known.len() >= MAX_VERIFIED {
            self.known.clear();
        }
        let good = judge();
        self.known.insert(name, good);
        good
    }
}
