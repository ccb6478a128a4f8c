//! Allowances: what is held of an institution's logs may take up so many bytes of this node; then its logs are pulled no
//! further. Those on the roster shelf have a measure of their own: they are pulled whatever the others take, but what they
//! say is kept in memory. A node's own policy: it makes no entry void, and what is held is served.

use std::collections::{BTreeMap, BTreeSet};

use protocol::{CheckedEntry, Entry, InstitutionId, LogId, Shelf};

use super::{LogState, Replica};

/// What an entry takes up beside its payload, bytes: header, signature, salt, and its keys in the store.
const AROUND_PAYLOAD: u64 = 384;

/// Bytes of one institution's logs: held, or allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// Of all its logs.
    pub all: u64,
    /// Of those on the roster shelf.
    pub roster: u64,
}

impl Room {
    /// None.
    pub const NONE: Self = Self { all: 0, roster: 0 };
    /// As much as there is.
    pub const UNBOUNDED: Self = Self { all: u64::MAX, roster: u64::MAX };

    fn add(&mut self, shelf: &Shelf, bytes: u64) {
        self.all = self.all.saturating_add(bytes);
        if *shelf == Shelf::ROSTER {
            self.roster = self.roster.saturating_add(bytes);
        }
    }
}

/// An institution of which some logs are pulled no further.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Over {
    /// What is held of it.
    pub held: Room,
    /// It has used up what it may have; its logs on the roster shelf are pulled all the same.
    pub entries: bool,
    /// It has used up what it may have on the roster shelf.
    pub roster: bool,
}

/// Bytes that an entry is counted as.
pub fn entry_bytes(entry: &Entry) -> u64 {
    AROUND_PAYLOAD + u64::from(entry.header.payload_len)
}

/// What each institution's logs take of its allowance, bytes. What a revocation voids takes none: a stolen key's flood must
/// not keep out its owner. What is void otherwise takes room as ever: whoever forks its own logs must gain nothing.
pub(super) fn held_bytes(logs: &BTreeMap<LogId, LogState>) -> BTreeMap<InstitutionId, Room> {
    let mut held: BTreeMap<InstitutionId, Room> = BTreeMap::new();
    for (log, state) in logs {
        if let Some(certificate) = &state.certificate {
            held.entry(certificate.body.institution).or_insert(Room::NONE).add(&log.shelf, state.bytes);
        }
    }
    held
}

impl Replica {
    /// Who answers for a log: as its opening says, or that of another log of its node.
    pub fn answers_for(&self, log: &LogId) -> Option<InstitutionId> {
        let own = self.logs.get(log).and_then(|state| state.certificate.as_ref());
        let any = || self.logs_of(&log.node).find_map(|(_, certificate)| certificate);
        own.or_else(any).map(|certificate| certificate.body.institution)
    }

    /// Whether a log is not pulled because its institution has used up its allowance.
    pub(super) fn is_over(&self, log: &LogId) -> bool {
        self.answers_for(log).is_some_and(|id| self.is_spent(&id, &log.shelf))
    }

    /// Whether an institution has used up what it may have on a shelf.
    fn is_spent(&self, id: &InstitutionId, shelf: &Shelf) -> bool {
        let [entries, roster] = self.spent_of(id);
        if *shelf == Shelf::ROSTER { roster } else { entries }
    }

    /// Counts entries that were taken in.
    pub(super) fn count_bytes(&mut self, log: &LogId, entries: &[CheckedEntry]) {
        let Some(state) = self.logs.get_mut(log) else { return };
        let more = entries.iter().fold(0, |sum: u64, e| sum.saturating_add(entry_bytes(&e.entry)));
        state.bytes = state.bytes.saturating_add(more);
        let Some(id) = state.certificate.as_ref().map(|certificate| certificate.body.institution) else {
            return;
        };
        let before = self.spent_of(&id);
        self.held_bytes.entry(id).or_insert(Room::NONE).add(&log.shelf, more);
        if self.spent_of(&id) != before {
            self.turn(&id);
        }
    }

    /// Counts again after ends of logs have moved.
    pub(super) fn count_again(&mut self) {
        let ids: Vec<InstitutionId> = self.held_bytes.keys().copied().collect();
        let before: Vec<_> = ids.iter().map(|id| self.spent_of(id)).collect();
        self.held_bytes = held_bytes(&self.logs);
        for (id, before) in ids.iter().zip(before) {
            if self.spent_of(id) != before {
                self.turn(id);
            }
        }
    }

    /// Whether an institution has used up its allowance, and that for the roster's shelf.
    fn spent_of(&self, id: &InstitutionId) -> [bool; 2] {
        let (held, allowed) = (self.held_bytes.get(id), &self.me.allowance);
        let held = held.filter(|_| *id != self.me.certificate.body.institution);
        held.map_or([false; 2], |held| [held.all > allowed.all, held.roster > allowed.roster])
    }

    /// From now on some of an institution's logs are pulled no further, or are again.
    fn turn(&mut self, id: &InstitutionId) {
        let told = self.sessions.values().flat_map(|session| session.logs.recorded());
        let its = |log: &&LogId| self.answers_for(log) == Some(*id);
        let logs: BTreeSet<LogId> = self.logs.keys().chain(told).filter(its).copied().collect();
        for log in &logs {
            if self.is_spent(id, &log.shelf) {
                self.release(log);
            }
            self.refresh_all(log);
        }
    }

    /// Institutions of which some logs are pulled no further.
    pub fn over_allowance(&self) -> BTreeMap<InstitutionId, Over> {
        let over = |(id, held): (&InstitutionId, &Room)| {
            let [entries, roster] = self.spent_of(id);
            (entries || roster).then_some((*id, Over { held: *held, entries, roster }))
        };
        self.held_bytes.iter().filter_map(over).collect()
    }
}
