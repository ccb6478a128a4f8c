//! Which entries figures are computed from: how far each log counts that can say anything of a public listing, and the roster.
//!
//! Logs of listings and of what is said of them count, those for members included: a listing that moves out of sight is counted
//! no more. Sealed logs do not: no two nodes hold the same of them.

use std::collections::BTreeMap;

use protocol::{Hash, Head, LogId, ShelfKind, frontier_digest, hash};
use storage::{Store, Table};

use crate::error::{MarketError, Result};
use crate::ledger::{entry_at, head_of};

/// The entries: a frontier and the roster that shows or hides them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntrySet {
    /// The last entry that counts of each log.
    pub heads: BTreeMap<LogId, Head>,
    /// Digest of the roster.
    pub roster: Hash,
}

/// How a log here differs from the same in another set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Apart {
    /// So many entries of it are missing here.
    Behind(u64),
    /// So many entries more are held here.
    Ahead(u64),
    /// Another entry stands at the same place: a fork.
    Forked,
}

impl EntrySet {
    /// What a store holds, as far as it counts.
    pub(super) fn of(store: &dyn Store, roster: Hash) -> Result<Self> {
        let mut heads = BTreeMap::new();
        let mut read: Result<()> = Ok(());
        store.walk(Table::Heads, &[], &mut |key, value| {
            let number = <[u8; 4]>::try_from(key).map(u32::from_be_bytes);
            let found =
                number.map_err(|_| damaged()).and_then(|number| Ok((number, head_of(number, value)?)));
            match found {
                Ok((number, (log, record))) if counted(&log) => heads.insert(log, (number, record)),
                Ok(_) => None,
                Err(error) => {
                    read = Err(error);
                    return std::ops::ControlFlow::Break(());
                }
            };
            std::ops::ControlFlow::Continue(())
        })?;
        read?;
        let mut ended = BTreeMap::new();
        for (log, (number, record)) in heads {
            let head = match record.counts.min(record.head.seq) {
                0 => continue,
                seq if seq == record.head.seq => record.head,
                seq => Head { seq, hash: entry_at(store, number, seq)?.hash() },
            };
            ended.insert(log, head);
        }
        Ok(Self { heads: ended, roster })
    }

    /// Names the set.
    pub fn digest(&self) -> Hash {
        hash("statistics-entries", &[&frontier_digest(&self.heads).0, &self.roster.0])
    }

    /// Entries in all.
    pub fn entries(&self) -> u64 {
        self.heads.values().map(|head| head.seq).sum()
    }

    /// Where this set differs from another, as seen from here.
    pub fn apart(&self, other: &Self) -> BTreeMap<LogId, Apart> {
        let logs = self.heads.keys().chain(other.heads.keys());
        let of = |set: &Self, log: &LogId| set.heads.get(log).copied().unwrap_or_default();
        let differ = |log: &LogId| {
            let (here, there) = (of(self, log), of(other, log));
            let how = match here.seq.cmp(&there.seq) {
                std::cmp::Ordering::Less => Apart::Behind(there.seq - here.seq),
                std::cmp::Ordering::Greater => Apart::Ahead(here.seq - there.seq),
                std::cmp::Ordering::Equal if here.hash != there.hash => Apart::Forked,
                std::cmp::Ordering::Equal => return None,
            };
            Some((*log, how))
        };
        logs.filter_map(differ).collect()
    }
}

fn damaged() -> MarketError {
    MarketError::Damaged { what: "the head of a log" }
}

fn counted(log: &LogId) -> bool {
    let shelf = &log.shelf;
    shelf.circle().is_none() && (shelf.kind.is_listing() || shelf.kind == ShelfKind::STATEMENT)
}

#[cfg(test)]
mod tests {
    use protocol::{PublicKey, Shelf, Visibility};

    use super::*;

    fn set(heads: &[(u8, u64, u8)]) -> EntrySet {
        let shelf = Shelf { region: 420_000, kind: ShelfKind(16), visibility: Visibility::Public };
        let log = |n: u8| LogId { node: PublicKey([n; 32]), incarnation: 1, shelf };
        let heads = heads.iter().map(|(n, seq, hash)| (log(*n), Head { seq: *seq, hash: Hash([*hash; 32]) }));
        EntrySet { heads: heads.collect(), roster: Hash([9; 32]) }
    }

    #[test]
    fn a_set_says_log_by_log_where_another_differs() {
        let (here, there) =
            (set(&[(1, 4, 1), (2, 7, 2), (3, 2, 3)]), set(&[(1, 7, 1), (3, 2, 4), (4, 3, 5)]));
        let apart: Vec<Apart> = here.apart(&there).into_values().collect();
        assert_eq!(apart, [Apart::Behind(3), Apart::Ahead(7), Apart::Forked, Apart::Behind(3)]);
        assert!(here.apart(&here).is_empty());
        assert_ne!(here.digest(), there.digest());
        assert_ne!(here.digest(), EntrySet { roster: Hash([8; 32]), ..here.clone() }.digest());
        assert_eq!(here.entries(), 13);
    }
}
