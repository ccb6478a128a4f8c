//! Changes of codes and names in Hubei since 1981.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use super::table;

static CSV: &str = include_str!("../../data/gbt2260_hubei_history.csv");
/// Most changes that are followed from one code: the longest chain in the table is far shorter.
const MAX_STEPS: usize = 16;

/// A code that was once in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FormerDivision {
    /// Its name when it was last valid.
    pub name: &'static str,
    /// The last year in which it was valid.
    pub last_year: i64,
}

/// One change.
struct Change {
    year: i64,
    old_code: &'static str,
    old_name: &'static str,
    new_code: &'static str,
}

fn changes() -> &'static [Change] {
    static CHANGES: OnceLock<Vec<Change>> = OnceLock::new();
    CHANGES.get_or_init(|| CSV.lines().skip(1).filter_map(change).collect())
}

fn change(line: &'static str) -> Option<Change> {
    let mut cells = line.split(',');
    let year = cells.next()?.parse().ok()?;
    let _event = cells.next()?;
    Some(Change { year, old_code: cells.next()?, old_name: cells.next()?, new_code: cells.next()? })
}

/// What a code was that is no longer in the table.
pub fn former(code: &str) -> Option<FormerDivision> {
    if table::name(code).is_some() {
        return None;
    }
    let last = changes().iter().filter(|change| change.old_code == code).max_by_key(|change| change.year)?;
    Some(FormerDivision { name: last.old_name, last_year: last.year - 1 })
}

/// Codes that once had this name, today's codes included when a division was renamed: code and last year of the name.
pub(super) fn by_name(name: &str) -> BTreeMap<&'static str, i64> {
    let mut found = BTreeMap::new();
    for change in changes().iter().filter(|change| change.old_name == name) {
        let year = found.entry(change.old_code).or_insert(change.year - 1);
        *year = (*year).max(change.year - 1);
    }
    found
}

/// The former division within another whose name begins a text: the latest, then the longest name.
pub(super) fn under(above: &str, text: &str) -> Option<(&'static str, i64)> {
    changes()
        .iter()
        .filter(|change| !change.old_name.is_empty() && text.starts_with(change.old_name))
        .filter(|change| super::within(change.old_code, above))
        .max_by_key(|change| (change.old_name.len(), change.year))
        .map(|change| (change.old_code, change.year - 1))
}

/// Today's codes that a former code became.
pub(super) fn successors(code: &str) -> BTreeSet<&'static str> {
    let mut current = BTreeSet::new();
    let mut open: BTreeSet<&str> = BTreeSet::from([code]);
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    for _ in 0..MAX_STEPS {
        let mut next = BTreeSet::new();
        for code in open {
            if !seen.insert(code) {
                continue;
            }
            let last = changes().iter().filter(|c| c.old_code == code).map(|c| c.year).max();
            for change in changes().iter().filter(|c| c.old_code == code && Some(c.year) == last) {
                match table::name(change.new_code) {
                    Some(_) => current.insert(change.new_code),
                    None => next.insert(change.new_code),
                };
            }
        }
        open = next;
    }
    current
}
