//! The words of sample listings, by technical field: what is made, by which method, where it is used, which problem it
//! solves, and how good it is. Chinese and English say the same.

mod engineering;
mod life;
mod resources;

/// A phrase in Chinese and in English.
pub(super) type Pair = (&'static str, &'static str);

/// Something that is made, and what can be said of it.
pub(super) struct Topic {
    pub(super) object: Pair,
    pub(super) problem: Pair,
    /// With `{n}` for a number.
    pub(super) indicator: Pair,
    /// The numbers that make sense there, from and to.
    pub(super) range: (u64, u64),
    /// Which of the field's methods and uses go with it, by their places.
    pub(super) fit: (&'static [usize], &'static [usize]),
}

/// One of the eleven fields of technology-market statistics.
pub(super) struct Domain {
    /// The term's id in the catalogue's list.
    pub(super) field: &'static str,
    pub(super) methods: &'static [Pair],
    pub(super) uses: &'static [Pair],
    pub(super) topics: &'static [Topic],
}

const fn topic(
    object: Pair,
    problem: Pair,
    indicator: Pair,
    range: (u64, u64),
    fit: (&'static [usize], &'static [usize]),
) -> Topic {
    Topic { object, problem, indicator, range, fit }
}

const GROUPS: [&[Domain]; 3] = [engineering::DOMAINS, resources::DOMAINS, life::DOMAINS];

/// How many there are.
pub(super) fn count() -> u64 {
    GROUPS.iter().map(|group| group.len() as u64).sum()
}

/// One of them; numbers past the last begin again.
pub(super) fn get(number: u64) -> &'static Domain {
    let mut rest = number % count();
    for group in GROUPS {
        match group.get(rest as usize) {
            Some(domain) => return domain,
            None => rest -= group.len() as u64,
        }
    }
    &engineering::DOMAINS[0]
}
