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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_is_asked_once_and_what_is_remembered_is_bounded() {
        let mut verified = Verified::default();
        let mut asked = 0;
        let mut ask = |verified: &mut Verified, number: usize| {
            let good = verified.ask(&[&number.to_be_bytes()], || {
                asked += 1;
                number.is_multiple_of(3)
            });
            assert_eq!(good, number.is_multiple_of(3));
            (asked, verified.known.len())
        };
        for round in 0..3 {
            for number in 0..100 {
                let first = if round == 0 { number + 1 } else { 100 };
                assert_eq!(ask(&mut verified, number), (first, first));
            }
        }
        for number in 100..MAX_VERIFIED {
            ask(&mut verified, number);
        }
        assert_eq!(ask(&mut verified, 0), (MAX_VERIFIED, MAX_VERIFIED));
        assert_eq!(ask(&mut verified, MAX_VERIFIED), (MAX_VERIFIED + 1, 1), "all is forgotten");
    }
}
