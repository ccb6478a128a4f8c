//! Sample listings in any number: what a demonstration, a benchmark or a new user needs before real ones are there.
//!
//! Sentences are put together from tables of words by technical field, so that methods, uses and numbers go together. All
//! institutions and people are fictional, and their names say so (样例, Sample). The same seed always gives the same
//! listings, and no two of one call have the same title.
//!
//! Absent here: patent numbers, credit codes and ID numbers, since any valid one may be somebody's.

mod domains;
mod listing;
mod people;

use catalog::Kind;
use std::collections::BTreeSet;

/// Most listings of one call.
pub const MAX_SAMPLES: usize = 1_000_000;
/// Attempts at a title not used before, until it gets a number.
const MAX_ATTEMPTS: usize = 32;
/// One listing in so many is in English.
const ENGLISH_ONE_IN: u64 = 6;

/// Sample listings of one kind as (field id, text) cells, ready for `catalog::Record::from_cells`.
///
/// ```
/// let samples = exchange::samples::generate(7, catalog::Kind::Achievement, 3);
/// assert_eq!(samples.len(), 3);
/// assert_eq!(samples, exchange::samples::generate(7, catalog::Kind::Achievement, 3));
/// assert_eq!(samples[0][0].0, "title");
/// ```
pub fn generate(seed: u64, kind: Kind, count: usize) -> Vec<Vec<(String, String)>> {
    let mut random = Random::new(seed ^ (u64::from(kind.code()) << 48));
    let mut titles = BTreeSet::new();
    let count = count.min(MAX_SAMPLES);
    (0..count).map(|place| one(&mut random, kind, place, &mut titles)).collect()
}

fn one(
    random: &mut Random,
    kind: Kind,
    place: usize,
    titles: &mut BTreeSet<String>,
) -> Vec<(String, String)> {
    let mut attempt = 0;
    loop {
        let mut cells = listing::make(random, kind, place);
        attempt += 1;
        let Some((_, title)) = cells.first_mut() else { return cells };
        if attempt == MAX_ATTEMPTS {
            title.push_str(&format!(" {}", place + 1));
        }
        if attempt >= MAX_ATTEMPTS || !titles.contains(title.as_str()) {
            titles.insert(title.clone());
            return cells;
        }
    }
}

/// splitmix64 (Steele, Lea, Flood 2014): enough for samples, nothing for secrets.
struct Random {
    state: u64,
}

impl Random {
    fn new(seed: u64) -> Random {
        Random { state: seed }
    }

    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`, which must not be 0.
    fn below(&mut self, end: u64) -> u64 {
        self.next() % end.max(1)
    }

    fn between(&mut self, from: u64, to: u64) -> u64 {
        from + self.below(to.saturating_sub(from) + 1)
    }

    /// One of the list, which must not be empty.
    fn pick<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.below(list.len() as u64) as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_differ_and_fields_exist() {
        for kind in Kind::ALL {
            let samples = generate(42, kind, 700);
            let titles: BTreeSet<&str> = samples.iter().map(|cells| cells[0].1.as_str()).collect();
            assert_eq!(titles.len(), 700, "{}", kind.id());
            let english = samples.iter().filter(|cells| cells[0].1.is_ascii()).count();
            assert!(english > 50, "{}: {english} in English", kind.id());
            let numbered = titles.iter().filter(|t| t.ends_with(|c: char| c.is_ascii_digit())).count();
            assert!(numbered < 70, "{}: {numbered} titles needed a number", kind.id());
            for (id, text) in samples.iter().flatten() {
                assert!(kind.field(id).is_some(), "{} has no field {id}", kind.id());
                assert!(!text.contains(['{', '}']), "{text}");
            }
        }
    }

    #[test]
    fn seeds_differ() {
        assert_ne!(generate(1, Kind::Demand, 5), generate(2, Kind::Demand, 5));
    }
}
