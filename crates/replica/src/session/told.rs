//! How the logs stand between this node and one peer: nearly all of them even.
//!
//! A hub holds thousands of logs and has a thousand sessions. A record for each log in each session would take most of its
//! memory, and nearly all of them would say the same: the peer durably holds what we hold, and has been told so. Of those a
//! session keeps one bit. A record is made of it when something begins to move, and given up when both are even again.

use std::collections::BTreeMap;

use protocol::{Head, LogId};

use super::PeerLog;

/// A log as this node holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Held {
    /// Its number in this replica.
    pub number: u32,
    /// Its head, as far as it counts.
    pub head: Head,
}

/// The records of one session.
#[derive(Clone, Debug, Default)]
pub(crate) struct Told {
    records: BTreeMap<LogId, PeerLog>,
    even: Numbers,
}

impl Told {
    /// How a log stands; `None` when nothing was heard or told of it. `held` is the log as it is held, if it is.
    pub fn get(&self, log: &LogId, held: Option<Held>) -> Option<PeerLog> {
        let even = || held.filter(|held| self.even.contains(held.number));
        self.records.get(log).copied().or_else(|| even().map(|held| PeerLog::even(held.head)))
    }

    /// The same, to be changed.
    pub fn get_mut(&mut self, log: &LogId, held: Option<Held>) -> Option<&mut PeerLog> {
        self.moves(log, held);
        self.records.get_mut(log)
    }

    /// The log's record, a new one where there is none.
    pub fn entry(&mut self, log: LogId, held: Option<Held>) -> &mut PeerLog {
        self.moves(&log, held);
        self.records.entry(log).or_default()
    }

    /// Whether there is a record of the log, even ones not counted.
    pub fn is_recorded(&self, log: &LogId) -> bool {
        self.records.contains_key(log)
    }

    /// To be called before the head of a log that is held changes: what was even is so no longer.
    pub fn moves(&mut self, log: &LogId, held: Option<Held>) {
        if let Some(held) = held.filter(|held| self.even.remove(held.number)) {
            self.records.insert(*log, PeerLog::even(held.head));
        }
    }

    /// Keeps no more than the bit where both are even. Of forks shown, and of what the peer is not asked for, the record stays.
    pub fn settle(&mut self, log: &LogId, held: Held) {
        if held.head.seq > 0 && self.records.get(log).is_some_and(|record| record.is_even(&held.head)) {
            self.records.remove(log);
            self.even.insert(held.number);
        }
    }

    /// Logs with a record, even ones left out.
    pub fn recorded(&self) -> impl Iterator<Item = &LogId> {
        self.records.keys()
    }

    /// Number of records.
    pub fn records(&self) -> usize {
        self.records.len()
    }

    /// Bytes of the bits.
    pub fn bits(&self) -> usize {
        self.even.0.len() * size_of::<u64>()
    }

    /// Gives up the records of other logs.
    pub fn retain(&mut self, keep: impl Fn(&LogId) -> bool) {
        self.records.retain(|log, _| keep(log));
    }

    pub fn clear(&mut self) {
        *self = Self::default();
    }
}

/// A set of small numbers.
#[derive(Clone, Debug, Default)]
struct Numbers(Vec<u64>);

impl Numbers {
    fn place(number: u32) -> (usize, u64) {
        ((number / u64::BITS) as usize, 1 << (number % u64::BITS))
    }

    fn contains(&self, number: u32) -> bool {
        let (word, bit) = Self::place(number);
        self.0.get(word).is_some_and(|bits| bits & bit != 0)
    }

    fn insert(&mut self, number: u32) {
        let (word, bit) = Self::place(number);
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
        if let Some(bits) = self.0.get_mut(word) {
            *bits |= bit;
        }
    }

    /// Takes a number out; whether it was in.
    fn remove(&mut self, number: u32) -> bool {
        let (word, bit) = Self::place(number);
        let Some(bits) = self.0.get_mut(word) else { return false };
        let was = *bits & bit != 0;
        *bits &= !bit;
        was
    }
}

#[cfg(test)]
mod tests {
    use protocol::{Hash, PublicKey, Shelf};

    use super::*;

    fn log(node: u8) -> LogId {
        LogId { node: PublicKey([node; 32]), incarnation: 1, shelf: Shelf::DIRECTORY }
    }

    fn held(number: u32, seq: u64) -> Held {
        Held { number, head: Head { seq, hash: Hash([seq as u8; 32]) } }
    }

    #[test]
    fn what_is_even_takes_a_bit_until_it_moves() {
        let (mut told, at) = (Told::default(), held(70, 9));
        assert_eq!(told.get(&log(1), Some(at)), None);
        *told.entry(log(1), Some(at)) = PeerLog { known: at.head, durable: 9, told: 9, ..PeerLog::default() };
        told.settle(&log(1), at);
        assert_eq!((told.records(), told.bits()), (0, 16));
        assert_eq!(told.get(&log(1), Some(at)), Some(PeerLog::even(at.head)));
        assert_eq!(told.get(&log(2), Some(held(71, 9))), None, "its neighbour's bit is not its own");
        told.moves(&log(1), Some(at));
        let after = held(70, 12);
        assert_eq!(told.get(&log(1), Some(after)), Some(PeerLog::even(at.head)), "as it stood before");
        told.settle(&log(1), after);
        assert_eq!(told.records(), 1, "it is behind");
    }

    #[test]
    fn what_else_is_to_be_remembered_keeps_its_record() {
        let at = held(3, 9);
        let even = PeerLog::even(at.head);
        let lasting = [
            PeerLog { barred: true, ..even },
            PeerLog { unconfirmed: true, ..even },
            PeerLog { silent: true, ..even },
            PeerLog { unsigned: 1, ..even },
            PeerLog { fork_told: 4, ..even },
            PeerLog { forks_taken: 1, ..even },
            PeerLog { durable: 8, ..even },
            PeerLog { told: 8, ..even },
            PeerLog { sent: 12, ..even },
            PeerLog { served: 3, sent: 9, ..even },
            PeerLog { known: held(3, 10).head, ..even },
        ];
        for record in lasting {
            let mut told = Told::default();
            *told.entry(log(1), Some(at)) = record;
            told.settle(&log(1), at);
            assert_eq!(told.records(), 1, "{record:?}");
        }
    }

    #[test]
    fn a_log_of_nothing_is_never_even() {
        let (mut told, at) = (Told::default(), held(1, 0));
        told.entry(log(1), Some(at));
        told.settle(&log(1), at);
        assert_eq!(told.records(), 1);
    }
}
