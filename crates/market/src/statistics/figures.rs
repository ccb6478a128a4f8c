//! Figures: a sum over listings, so that the order in which they are counted, or arrived, makes no difference.

use std::collections::BTreeMap;

use catalog::statistics::{Dimension, Month, NONE, OTHER};
use catalog::{Kind, vocabulary};
use protocol::{Encoder, Hash, InstitutionId, hash, lies_in};

use super::marks::{Mark, Stand};

/// Version of what is counted and by which rules; part of every digest. To be raised when a rule here, a vocabulary that is
/// counted by, or the form of [`Figures::to_bytes`] changes.
pub const STATISTICS_VERSION: u32 = 2;

/// What third parties say of listings, as it is counted: places in [`Work::received`] and [`Work::given`].
pub const SAYINGS: [&str; 8] =
    ["passed", "rejected", "evaluation", "recognition", "certificate", "match", "contract", "other"];
/// The place of a match in them.
pub(super) const MATCH: u8 = 5;
/// The place of a registered contract.
pub(super) const CONTRACT: u8 = 6;
/// Number of them.
pub const GROUPS: usize = SAYINGS.len();

/// What is counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Question {
    /// Listings of this area: the code of a division with zeros below it, `420000`; `None` for all.
    pub region: Option<u32>,
    /// Listings first published in this month; `None` for all.
    pub month: Option<Month>,
}

impl Question {
    pub(super) fn encode(&self, to: &mut Encoder) {
        to.option(self.region.as_ref(), |to, region| {
            to.uint((*region).into());
        });
        to.option(self.month.as_ref(), |to, month| {
            to.uint(month.number().into());
        });
    }
}

/// What an institution does, as far as anyone can see.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Work {
    /// Its listings.
    pub listings: u64,
    /// The same by kind id.
    pub kinds: BTreeMap<&'static str, u64>,
    /// Listings that it has withdrawn.
    pub withdrawn: u64,
    /// What others say of its listings.
    pub received: [u64; GROUPS],
    /// What it says of others' listings.
    pub given: [u64; GROUPS],
}

/// Demands, as far as anyone can see.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Demands {
    /// That are listed.
    pub listed: u64,
    /// Of which a third party has said something: screened, evaluated, recognised or certified.
    pub looked_at: u64,
    /// Of which a third party says that it brought them together with another listing.
    pub matched: u64,
    /// Of which an office says that a contract was registered.
    pub contracted: u64,
}

/// The figures of a question.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Listings that stand, of the area and month asked for.
    pub listings: u64,
    /// Listings that stand, of the area, of whatever month.
    pub standing: u64,
    /// Listings of the area and month that were withdrawn.
    pub withdrawn: u64,
    /// How many there are of what. Months count all listings of the area, whichever month is asked for.
    pub by: BTreeMap<Dimension, BTreeMap<String, u64>>,
    /// Who does what.
    pub institutions: BTreeMap<InstitutionId, Work>,
    /// Demands.
    pub demands: Demands,
}

impl Figures {
    /// Counts a listing as far as it is asked for.
    pub(super) fn add(&mut self, question: &Question, mark: &Mark) {
        if question.region.is_some_and(|area| !lies_in(mark.region, area)) {
            return;
        }
        let asked = question.month.is_none_or(|month| mark.month == Some(month));
        match mark.stand {
            Stand::Shown => {}
            Stand::Withdrawn if asked => {
                self.withdrawn += 1;
                self.institutions.entry(mark.institution).or_default().withdrawn += 1;
                return;
            }
            _ => return,
        }
        let Some(kind) = Kind::from_code(mark.kind) else { return };
        self.standing += 1;
        match mark.month {
            Some(month) => self.count(Dimension::Month, &month.to_string()),
            None => self.count(Dimension::Month, NONE),
        }
        if !asked {
            return;
        }
        self.listings += 1;
        self.count(Dimension::Kind, kind.id());
        self.count(Dimension::Region, &format!("{:06}", mark.region));
        self.count_terms(Dimension::Field, &mark.fields, &vocabulary::FIELD);
        self.count_terms(Dimension::Cooperation, &mark.cooperation, &vocabulary::COOPERATION);
        match mark.readiness {
            0 => self.count(Dimension::Readiness, NONE),
            level => self.count(Dimension::Readiness, &level.to_string()),
        }
        let work = self.institutions.entry(mark.institution).or_default();
        work.listings += 1;
        *work.kinds.entry(kind.id()).or_default() += 1;
        for (saying, by) in &mark.said {
            let place = usize::from(*saying);
            let more =
                |counts: &mut [u64; GROUPS]| counts.iter_mut().skip(place).take(1).for_each(|n| *n += 1);
            more(&mut self.institutions.entry(mark.institution).or_default().received);
            more(&mut self.institutions.entry(*by).or_default().given);
        }
        if kind == Kind::Demand {
            self.demands.listed += 1;
            self.demands.looked_at += u64::from(!mark.said.is_empty());
            let said = |place: u8| u64::from(mark.said.iter().any(|(saying, _)| *saying == place));
            self.demands.matched += said(MATCH);
            self.demands.contracted += said(CONTRACT);
        }
    }

    fn count(&mut self, dimension: Dimension, key: &str) {
        let counts = self.by.entry(dimension).or_default();
        match counts.get_mut(key) {
            Some(count) => *count += 1,
            None => drop(counts.insert(key.to_owned(), 1)),
        }
    }

    fn count_terms(&mut self, dimension: Dimension, terms: &[u8], list: &vocabulary::Vocabulary) {
        if terms.is_empty() {
            self.count(dimension, NONE);
        }
        for term in terms {
            self.count(dimension, list.terms.get(usize::from(*term)).map_or(OTHER, |term| term.id));
        }
    }

    /// How many there are by a dimension.
    pub fn of(&self, dimension: Dimension) -> impl Iterator<Item = (&str, u64)> {
        self.by.get(&dimension).into_iter().flatten().map(|(key, count)| (key.as_str(), *count))
    }

    /// Canonical bytes.
    fn to_bytes(&self) -> Vec<u8> {
        let mut to = Encoder::new();
        to.uint(self.listings).uint(self.standing).uint(self.withdrawn);
        to.uint(self.by.len() as u64);
        for (dimension, counts) in &self.by {
            let counts: Vec<(&String, &u64)> = counts.iter().collect();
            to.text(dimension.id()).list(&counts, |to, (key, count)| {
                to.text(key).uint(**count);
            });
        }
        to.uint(self.institutions.len() as u64);
        for (id, work) in &self.institutions {
            id.encode(&mut to);
            to.uint(work.listings).uint(work.withdrawn);
            let kinds: Vec<(&&str, &u64)> = work.kinds.iter().collect();
            to.list(&kinds, |to, (kind, count)| {
                to.text(kind).uint(**count);
            });
            for count in work.received.iter().chain(&work.given) {
                to.uint(*count);
            }
        }
        let demands = &self.demands;
        to.uint(demands.listed).uint(demands.looked_at).uint(demands.matched).uint(demands.contracted);
        to.finish()
    }

    /// Names the figures, the question and the entries that they follow from: equal on every node that holds the same.
    pub(super) fn digest(&self, question: &Question, entries: &Hash) -> Hash {
        let mut to = Encoder::new();
        to.uint(STATISTICS_VERSION.into());
        question.encode(&mut to);
        entries.encode(&mut to);
        hash("statistics", &[&to.finish(), &self.to_bytes()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Whoever changes what listings are counted by raises the version, or two versions of the program give two digests under one.
    #[test]
    fn the_version_names_the_vocabularies() {
        let mut to = Encoder::new();
        for list in [&vocabulary::FIELD, &vocabulary::COOPERATION] {
            for term in list.terms {
                to.text(term.id);
            }
        }
        for kind in Kind::ALL {
            to.text(kind.id()).uint(kind.code().into());
        }
        for saying in SAYINGS {
            to.text(saying);
        }
        let named = (STATISTICS_VERSION, hash("vocabularies", &[&to.finish()]).short());
        assert_eq!(named, (2, "c9f069fe".to_owned()));
    }

    fn mark() -> impl Strategy<Value = Mark> {
        let place = (16_u16..23, prop::sample::select(vec![420_000_u32, 420_106, 430_100]), 0_u8..4);
        let what = (prop::option::of(310_u16..324), prop::collection::vec(0_u8..12, 0..3), 0_u8..10);
        let said = prop::collection::vec((0_u8..9, 0_u8..3), 0..3);
        (place, what, said, 0_u8..5).prop_map(
            |((kind, region, who), (month, terms, readiness), said, stand)| Mark {
                kind,
                region,
                institution: InstitutionId([who; 32]),
                month: month.and_then(Month::from_number),
                fields: terms.clone(),
                cooperation: terms,
                readiness,
                said: said.into_iter().map(|(saying, by)| (saying, InstitutionId([by; 32]))).collect(),
                stand: Stand::from_code(stand).unwrap_or(Stand::Shown),
                ..Mark::default()
            },
        )
    }

    fn fold(question: &Question, marks: &[Mark]) -> Figures {
        let mut figures = Figures::default();
        marks.iter().for_each(|mark| figures.add(question, mark));
        figures
    }

    proptest! {
        #[test]
        fn no_order_makes_a_difference_and_parts_add_up(marks in prop::collection::vec(mark(), 0..40), turn in 0_usize..40) {
            let question = Question { region: Some(420_000), month: None };
            let whole = fold(&question, &marks);
            let mut other = marks.clone();
            other.reverse();
            other.rotate_left(turn.min(marks.len().saturating_sub(1)));
            prop_assert_eq!(fold(&question, &other).digest(&question, &Hash::default()), whole.digest(&question, &Hash::default()));
            let sum = |dimension| whole.of(dimension).map(|(_, count)| count).sum::<u64>();
            for dimension in [Dimension::Kind, Dimension::Region, Dimension::Readiness, Dimension::Month] {
                prop_assert_eq!(sum(dimension), whole.listings);
            }
            prop_assert_eq!(whole.institutions.values().map(|work| work.listings).sum::<u64>(), whole.listings);
            let months = whole.of(Dimension::Month).filter_map(|(key, count)| Some((key.parse().ok()?, count)));
            for (month, count) in months {
                let of_month = Question { month: Some(month), ..question };
                prop_assert_eq!(fold(&of_month, &marks).listings, count);
                prop_assert_eq!(fold(&of_month, &marks).standing, whole.standing);
            }
        }
    }
}
