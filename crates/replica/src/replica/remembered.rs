//! What a replica keeps in memory of what peers told it, and the most that this can be.

use protocol::LogId;
use protocol::limits::{MAX_STATUS, MAX_STATUSES};

use super::Replica;
use super::bounds::{MAX_ANNOUNCED, MAX_PARKED, WANTS_IN_FLIGHT};
use crate::session::PeerLog;

/// Records of what peers told, beside what is held on disk. No entry waits in memory: what cannot be used yet is stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Remembered {
    /// Logs as they stand with peers, of all sessions.
    pub told: usize,
    /// Of logs in which both are even: what they take of each session, bytes.
    pub bits: usize,
    /// Of those told of, logs that are not held here.
    pub announced: usize,
    /// Ranges asked for.
    pub asked: usize,
    /// Logs set aside because the roster does not know their institution.
    pub set_aside: usize,
    /// Notes of nodes about themselves.
    pub notes: usize,
    /// Of these, those that peers are not known to have, of all sessions.
    pub notes_lacked: usize,
}

impl Remembered {
    /// What it takes in memory, bytes: the records themselves, by far the most of it.
    pub fn bytes(&self) -> usize {
        let (log, record) = (size_of::<LogId>(), size_of::<PeerLog>());
        let notes = self.notes * MAX_STATUS + self.notes_lacked * size_of::<[u8; 8]>();
        self.told * (log + record) + self.bits + (self.asked + self.set_aside) * log + notes
    }

    /// Whether none of the numbers is above that of `most`.
    pub fn is_within(&self, most: &Self) -> bool {
        self.told <= most.told
            && self.bits <= most.bits
            && self.announced <= most.announced
            && self.asked <= most.asked
            && self.set_aside <= most.set_aside
            && self.notes <= most.notes
            && self.notes_lacked <= most.notes_lacked
    }
}

impl Replica {
    /// What it keeps now.
    pub fn remembered(&self) -> Remembered {
        let (set_aside, notes) = (self.parked.len(), self.statuses().count());
        let mut kept = Remembered { set_aside, notes, ..Remembered::default() };
        for session in self.sessions.values() {
            kept.told += session.logs.records();
            kept.bits += session.logs.bits();
            kept.announced += session.announced;
            kept.asked += session.flights.len();
            kept.notes_lacked += session.statuses.lacking();
        }
        kept
    }

    /// The most that it may keep, with the sessions that there are and the logs that it holds, whatever peers do.
    pub fn remembered_at_most(&self) -> Remembered {
        let sessions = self.sessions.len();
        Remembered {
            told: sessions * (self.logs.len() + MAX_ANNOUNCED),
            bits: sessions * self.numbers.len().div_ceil(64) * size_of::<u64>(),
            announced: sessions * MAX_ANNOUNCED,
            asked: sessions * WANTS_IN_FLIGHT,
            set_aside: MAX_PARKED,
            notes: MAX_STATUSES,
            notes_lacked: sessions * MAX_STATUSES,
        }
    }
}
