//! Allowances: what is held of an institution's logs may take up so many bytes of this node; then its logs are pulled no
//! further. A node's own policy: it makes no entry void, and what is held is served.

use std::collections::{BTreeMap, BTreeSet};

use protocol::{CheckedEntry, Entry, InstitutionId, LogId, Shelf};

use super::{LogState, Replica};

/// What an entry takes up beside its payload, bytes: header, signature, salt, and its keys in the store.
const AROUND_PAYLOAD: u64 = 384;

/// Bytes that an entry is counted as.
pub fn entry_bytes(entry: &Entry) -> u64 {
    AROUND_PAYLOAD + u64::from(entry.header.payload_len)
}

/// What each institution's logs take of its allowance, bytes. What a revocation voids takes none: a stolen key's flood must
/// not keep out its owner. What is void otherwise takes room as ever: whoever forks its own logs must gain nothing.
pub(super) fn held_bytes(logs: &BTreeMap<LogId, LogState>) -> BTreeMap<InstitutionId, u64> {
    let mut held: BTreeMap<InstitutionId, u64> = BTreeMap::new();
    for state in logs.values() {
        let id = state.certificate.as_ref().map(|certificate| certificate.body.institution);
        let held = id.map(|id| held.entry(id).or_default());
        held.into_iter().for_each(|held| *held = held.saturating_add(state.bytes));
    }
    held
}

impl Replica {
    /// Who answers for a log: as its opening says, or that of another log of its node.
    fn answers_for(&self, log: &LogId) -> Option<InstitutionId> {
        let own = self.logs.get(log).and_then(|state| state.certificate.as_ref());
        let any = || self.logs_of(&log.node).find_map(|(_, certificate)| certificate);
        own.or_else(any).map(|certificate| certificate.body.institution)
    }

    /// Whether a log is not pulled because its institution has used up its allowance. The roster's logs always are.
    pub(super) fn is_over(&self, log: &LogId) -> bool {
        log.shelf != Shelf::ROSTER && self.answers_for(log).is_some_and(|id| self.is_spent(&id))
    }

    fn is_spent(&self, id: &InstitutionId) -> bool {
        *id != self.me.certificate.body.institution
            && self.held_bytes.get(id).is_some_and(|held| *held > self.me.allowance)
    }

    /// Counts entries that were taken in.
    pub(super) fn count_bytes(&mut self, log: &LogId, entries: &[CheckedEntry]) {
        let Some(state) = self.logs.get_mut(log) else { return };
        let more = entries.iter().fold(0, |sum: u64, e| sum.saturating_add(entry_bytes(&e.entry)));
        state.bytes = state.bytes.saturating_add(more);
        let Some(id) = state.certificate.as_ref().map(|certificate| certificate.body.institution) else {
            return;
        };
        let before = self.is_spent(&id);
        let held = self.held_bytes.entry(id).or_default();
        *held = held.saturating_add(more);
        if !before && self.is_spent(&id) {
            self.turn(&id);
        }
    }

    /// Counts again after ends of logs have moved.
    pub(super) fn count_again(&mut self) {
        let before = self.over_allowance();
        self.held_bytes = held_bytes(&self.logs);
        let after = self.over_allowance();
        let turned = before.keys().filter(|id| !after.contains_key(*id));
        for id in turned.chain(after.keys().filter(|id| !before.contains_key(*id))) {
            self.turn(id);
        }
    }

    /// From now on an institution's logs are pulled no further, or are again.
    fn turn(&mut self, id: &InstitutionId) {
        let told = self.sessions.values().flat_map(|session| session.logs.keys());
        let its = |log: &&LogId| log.shelf != Shelf::ROSTER && self.answers_for(log) == Some(*id);
        let logs: BTreeSet<LogId> = self.logs.keys().chain(told).filter(its).copied().collect();
        for log in &logs {
            if self.is_spent(id) {
                self.release(log);
            }
            self.refresh_all(log);
        }
    }

    /// Institutions whose logs are pulled no further, and the bytes held of each.
    pub fn over_allowance(&self) -> BTreeMap<InstitutionId, u64> {
        let over = self.held_bytes.iter().filter(|(id, _)| self.is_spent(id));
        over.map(|(id, held)| (*id, *held)).collect()
    }
}
