//! Rows of changes in the store.
//!
//! Keys begin with what they are: `r` at (u64) number (u64) → a row; `d` document → where its row is; `s` kind (u16) region (u32) →
//! nothing, a set that occurs; `c` → how far it has come. Integers are big-endian.

use protocol::{DocumentId, Roster};
use storage::{Batch, Store, Table};

use super::Sought;
use crate::error::{MarketError, Result};

/// Where a change stands among all: the second, and its number, which alone would do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// When it was seen here, seconds since 1970.
    pub at_s: u64,
    /// Its number among all changes.
    pub number: u64,
}

impl Place {
    /// What lies before all of a second and behind all before it.
    pub(super) fn before(second: u64) -> Self {
        match second.checked_sub(1) {
            Some(at_s) => Self { at_s, number: u64::MAX },
            None => Self::default(),
        }
    }
}

/// What changed of a public document, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// Where it stands.
    pub place: Place,
    /// The document.
    pub id: DocumentId,
    /// The code of its kind.
    pub kind: u16,
    /// Its region, GB/T 2260.
    pub region: u32,
    /// Whether it is shown; else it is gone.
    pub shown: bool,
}

/// What a row says of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    pub id: DocumentId,
    pub kind: u16,
    pub region: u32,
    pub institution: [u8; 32],
    /// It continues others: what was decided of those counts for it.
    pub moved: bool,
    pub shown: bool,
    pub versions: u64,
    pub updated_ms: i64,
}

impl Mark {
    pub fn change(&self, place: Place) -> Change {
        Change { place, id: self.id, kind: self.kind, region: self.region, shown: self.shown }
    }

    pub fn is_sought(&self, sought: &Sought) -> bool {
        sought.kind.is_none_or(|kind| kind == self.kind)
            && sought.region.is_none_or(|area| lies_in(self.region, area))
    }

    fn to_bytes(self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(MARK);
        bytes.extend_from_slice(&self.id.0);
        bytes.extend_from_slice(&self.institution);
        bytes.extend_from_slice(&self.kind.to_be_bytes());
        bytes.extend_from_slice(&self.region.to_be_bytes());
        bytes.push(u8::from(self.shown) | u8::from(self.moved) << 1);
        bytes.extend_from_slice(&self.versions.to_be_bytes());
        bytes.extend_from_slice(&self.updated_ms.to_be_bytes());
        bytes
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (id, rest) = bytes.split_first_chunk::<32>()?;
        let (institution, rest) = rest.split_first_chunk::<32>()?;
        let (kind, rest) = rest.split_first_chunk()?;
        let (region, rest) = rest.split_first_chunk()?;
        let (flags, rest) = rest.split_first()?;
        let (versions, rest) = rest.split_first_chunk()?;
        Some(Self {
            id: DocumentId(*id),
            institution: *institution,
            kind: u16::from_be_bytes(*kind),
            region: u32::from_be_bytes(*region),
            moved: flags & 2 != 0,
            shown: flags & 1 != 0,
            versions: u64::from_be_bytes(*versions),
            updated_ms: i64::from_be_bytes(rest.try_into().ok()?),
        })
    }
}

/// Bytes of a row.
const MARK: usize = 32 + 32 + 2 + 4 + 1 + 8 + 8;

/// Whether a division lies in an area, or is it.
fn lies_in(region: u32, area: u32) -> bool {
    let width = match area {
        area if area % 10_000 == 0 => 10_000,
        area if area % 100 == 0 => 100,
        _ => 1,
    };
    region / width == area / width
}

/// How far the changes have come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Standing {
    /// Names the list: another one that was begun anew has another number.
    pub catalogue: u64,
    /// The next arrival to be looked at.
    pub arrivals: u64,
    /// The number of the next change.
    pub next: u64,
    /// The time of the last one.
    pub last_s: u64,
    /// Rows in all.
    pub rows: u64,
    /// Digest of the roster, as far as it shows or hides, that all rows were judged by.
    pub judged_by: [u8; 32],
    /// The same of this node's own rules.
    pub rules: [u8; 32],
    /// Digest of both that they are being judged by again.
    pub judging: [u8; 32],
    /// How far that has come.
    pub judged: Option<Place>,
}

/// Bytes of the standing without the place.
const STANDING: usize = 5 * 8 + 3 * 32;

impl Standing {
    fn to_bytes(self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(STANDING + 16);
        for number in [self.catalogue, self.arrivals, self.next, self.last_s, self.rows] {
            bytes.extend_from_slice(&number.to_be_bytes());
        }
        bytes.extend_from_slice(&self.judged_by);
        bytes.extend_from_slice(&self.rules);
        bytes.extend_from_slice(&self.judging);
        if let Some(place) = self.judged {
            bytes.extend_from_slice(&place_bytes(place));
        }
        bytes
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (numbers, rest) = bytes.split_at_checked(5 * 8)?;
        let mut numbers = numbers.chunks_exact(8).filter_map(|n| n.try_into().ok()).map(u64::from_be_bytes);
        let mut next = || numbers.next();
        let (catalogue, arrivals, number, last_s, rows) = (next()?, next()?, next()?, next()?, next()?);
        let (judged_by, rest) = rest.split_first_chunk::<32>()?;
        let (rules, rest) = rest.split_first_chunk::<32>()?;
        let (judging, rest) = rest.split_first_chunk::<32>()?;
        let judged = if rest.is_empty() { None } else { Some(place_from(rest)?) };
        let (judged_by, rules, judging) = (*judged_by, *rules, *judging);
        Some(Self { catalogue, arrivals, next: number, last_s, rows, judged_by, rules, judging, judged })
    }
}

fn place_bytes(place: Place) -> [u8; 16] {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&place.at_s.to_be_bytes());
    bytes[8..].copy_from_slice(&place.number.to_be_bytes());
    bytes
}

fn place_from(bytes: &[u8]) -> Option<Place> {
    let (at_s, number) = bytes.split_first_chunk::<8>()?;
    let number: [u8; 8] = number.try_into().ok()?;
    Some(Place { at_s: u64::from_be_bytes(*at_s), number: u64::from_be_bytes(number) })
}

const ROW: &[u8] = b"r";
const DOCUMENT: &[u8] = b"d";
const SET: &[u8] = b"s";
const STANDING_KEY: &[u8] = b"c";

fn row_key(place: Place) -> Vec<u8> {
    [ROW, &place_bytes(place)].concat()
}

fn document_key(id: &DocumentId) -> Vec<u8> {
    [DOCUMENT, &id.0].concat()
}

fn damaged() -> MarketError {
    MarketError::Damaged { what: "a row of what changed" }
}

pub(super) fn standing(store: &dyn Store) -> Result<Option<Standing>> {
    let bytes = store.get(Table::Changes, STANDING_KEY)?;
    bytes.map(|bytes| Standing::from_bytes(&bytes).ok_or_else(damaged)).transpose()
}

pub(super) fn put_standing(batch: &mut Batch, standing: &Standing) {
    batch.put(Table::Changes, STANDING_KEY, standing.to_bytes());
}

pub(super) fn put(batch: &mut Batch, place: Place, mark: &Mark) {
    batch.put(Table::Changes, &row_key(place), mark.to_bytes());
    batch.put(Table::Changes, &document_key(&mark.id), place_bytes(place));
    let set = [SET, &mark.kind.to_be_bytes(), &mark.region.to_be_bytes()].concat();
    batch.put(Table::Changes, &set, Vec::new());
}

pub(super) fn delete(batch: &mut Batch, place: Place) {
    batch.delete(Table::Changes, &row_key(place));
}

pub(super) fn place_of(store: &dyn Store, id: &DocumentId) -> Result<Option<Place>> {
    let bytes = store.get(Table::Changes, &document_key(id))?;
    bytes.map(|bytes| place_from(&bytes).ok_or_else(damaged)).transpose()
}

pub(super) fn at(store: &dyn Store, place: Place) -> Result<Option<Mark>> {
    let bytes = store.get(Table::Changes, &row_key(place))?;
    bytes.map(|bytes| Mark::from_bytes(&bytes).ok_or_else(damaged)).transpose()
}

/// Rows behind a place, in order.
pub(super) fn after(store: &dyn Store, place: Option<Place>, limit: usize) -> Result<Vec<(Place, Mark)>> {
    let after = place.map(row_key);
    let found = store.scan_prefix(Table::Changes, ROW, after.as_deref(), limit)?;
    let row = |(key, value): (Vec<u8>, Vec<u8>)| {
        let place = key.strip_prefix(ROW).and_then(place_from);
        place.zip(Mark::from_bytes(&value)).ok_or_else(damaged)
    };
    found.into_iter().map(row).collect()
}

/// Documents behind one, by their ids, and where their rows are.
pub(super) fn documents(
    store: &dyn Store,
    after: Option<&DocumentId>,
    limit: usize,
) -> Result<Vec<(DocumentId, Place)>> {
    let after = after.map(document_key);
    let found = store.scan_prefix(Table::Changes, DOCUMENT, after.as_deref(), limit)?;
    let one = |(key, value): (Vec<u8>, Vec<u8>)| {
        let id = key.strip_prefix(DOCUMENT).and_then(|id| id.try_into().ok()).map(DocumentId);
        id.zip(place_from(&value)).ok_or_else(damaged)
    };
    found.into_iter().map(one).collect()
}

/// Kinds and regions that occur.
pub(super) fn sets(store: &dyn Store) -> Result<Vec<(u16, u32)>> {
    let mut found = Vec::new();
    store.walk(Table::Changes, SET, &mut |key, _| {
        if let Some((kind, region)) = key.strip_prefix(SET).and_then(|set| set.split_first_chunk::<2>())
            && let Ok(region) = region.try_into()
        {
            found.push((u16::from_be_bytes(*kind), u32::from_be_bytes(region)));
        }
        std::ops::ControlFlow::Continue(())
    })?;
    Ok(found)
}

/// A digest of what a roster shows and hides.
pub(super) fn digest(roster: &Roster) -> [u8; 32] {
    let mut bytes = Vec::new();
    for (id, member) in &roster.members {
        bytes.extend_from_slice(&id.0);
        bytes.push(u8::from(member.state == protocol::MemberState::Active));
    }
    for id in roster.taken_down.keys().chain(roster.purged.keys()).chain(roster.purge_words.keys()) {
        bytes.extend_from_slice(&id.0);
        bytes.push(2);
    }
    protocol::hash("changes", &[&bytes]).0
}

/// A digest of both digests.
pub(super) fn both(roster: &[u8; 32], rules: &[u8; 32]) -> [u8; 32] {
    protocol::hash("changes", &[roster, rules]).0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_back_as_they_went_and_damage_is_told() {
        let mark = Mark {
            id: DocumentId([1; 32]),
            kind: 3,
            region: 420_106,
            institution: [2; 32],
            moved: false,
            shown: true,
            versions: 9,
            updated_ms: -5,
        };
        assert_eq!(Mark::from_bytes(&mark.to_bytes()), Some(mark));
        assert_eq!(Mark::from_bytes(&mark.to_bytes()[1..]), None);
        let place = Place { at_s: 7, number: 8 };
        let standing =
            Standing { catalogue: 1, arrivals: 2, next: 3, last_s: 4, rows: 5, ..Standing::default() };
        for standing in [standing, Standing { judged: Some(place), rules: [7; 32], ..standing }] {
            assert_eq!(Standing::from_bytes(&standing.to_bytes()), Some(standing));
            assert_eq!(Standing::from_bytes(&standing.to_bytes()[..STANDING - 1]), None);
        }
    }

    #[test]
    fn a_division_lies_in_its_city_and_province() {
        assert!([420_000, 420_100, 420_106].iter().all(|area| lies_in(420_106, *area)));
        assert!([430_000, 420_200, 420_107].iter().all(|area| !lies_in(420_106, *area)));
        assert!(!lies_in(420_000, 420_100));
    }
}
