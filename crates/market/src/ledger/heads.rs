//! The digest of all heads, kept up as they change: of a hub that holds tens of thousands of logs, going through all of them for
//! each batch would cost more than the batch.
//!
//! It tells a store from what it was at the last checkpoint, on this disk alone, so a plain sum of hashes will do; peers compare
//! frontiers by `protocol::frontier_digest`.

use protocol::{Head, LogId, hash};

use super::{Ledger, LogRecord};

const LANES: usize = 4;

/// The sum of the hashes of logs with their heads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct HeadsSum([u64; LANES]);

impl HeadsSum {
    fn add(&mut self, log: &LogId, head: &Head) {
        self.each(log, head, u64::wrapping_add);
    }

    fn remove(&mut self, log: &LogId, head: &Head) {
        self.each(log, head, u64::wrapping_sub);
    }

    fn each(&mut self, log: &LogId, head: &Head, combine: fn(u64, u64) -> u64) {
        let digest = hash("heads-sum", &[&log.to_bytes(), &head.seq.to_be_bytes(), &head.hash.0]).0;
        for (lane, bytes) in self.0.iter_mut().zip(digest.chunks_exact(8)) {
            *lane = combine(*lane, bytes.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte)));
        }
    }

    /// As it stands in the facts of a checkpoint.
    pub(super) fn to_bytes(self) -> [u8; 32] {
        let mut bytes = [0; 32];
        for (to, lane) in bytes.chunks_exact_mut(8).zip(self.0) {
            to.copy_from_slice(&lane.to_be_bytes());
        }
        bytes
    }
}

impl Ledger {
    /// Sets what is kept of a log.
    pub(super) fn set_log(&mut self, log: &LogId, record: LogRecord) {
        let before = self.logs.insert(*log, record);
        // Nearly always a head follows another.
        if before.map(|before| before.head) != Some(record.head) {
            before.iter().for_each(|before| self.heads.remove(log, &before.head));
            self.heads.add(log, &record.head);
        }
    }
}

#[cfg(test)]
mod tests {
    use protocol::{Hash, PublicKey, Shelf, ShelfKind, Visibility};

    use super::*;

    #[test]
    fn the_sum_follows_from_the_heads_and_not_from_how_they_came() {
        let shelf = Shelf { region: 420_000, kind: ShelfKind::STATEMENT, visibility: Visibility::Public };
        let log = |n: u8| LogId { node: PublicKey([n; 32]), incarnation: 1, shelf };
        let head = |seq: u64| Head { seq, hash: Hash([seq as u8; 32]) };
        let of = |heads: &[(u8, u64)]| {
            let mut sum = HeadsSum::default();
            heads.iter().for_each(|(n, seq)| sum.add(&log(*n), &head(*seq)));
            sum
        };
        let mut moved = of(&[(1, 1), (2, 5)]);
        for seq in 1..9 {
            moved.remove(&log(1), &head(seq));
            moved.add(&log(1), &head(seq + 1));
        }
        assert_eq!(moved, of(&[(2, 5), (1, 9)]));
        assert_ne!(moved, of(&[(2, 9), (1, 5)]));
        assert_ne!(of(&[(1, 1)]).to_bytes(), of(&[]).to_bytes());
    }
}
