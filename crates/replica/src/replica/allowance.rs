//! Allowances: what is held of an institution's logs may take up so many bytes of this node; then its logs are pulled no
//! further. A node's own policy: it makes no entry void, and what is held is served.

use std::collections::BTreeMap;

use protocol::{CheckedEntry, Entry, InstitutionId, LogId, NodeCertificate, Shelf};

use super::Replica;

/// What an entry takes up beside its payload, bytes: header, signature, salt, and its keys in the store.
const AROUND_PAYLOAD: u64 = 384;

/// Bytes that an entry is counted as.
pub fn entry_bytes(entry: &Entry) -> u64 {
    AROUND_PAYLOAD + u64::from(entry.header.payload_len)
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
        let Some(id) = self.answers_for(log) else { return };
        let before = self.is_spent(&id);
        let held = self.held_bytes.entry(id).or_default();
        *held = entries.iter().fold(*held, |held, e| held.saturating_add(entry_bytes(&e.entry)));
        if !before && self.is_spent(&id) {
            let of = |certificate: &Option<NodeCertificate>| {
                certificate.as_ref().is_some_and(|c| c.body.institution == id)
            };
            let logs: Vec<LogId> =
                self.logs.iter().filter(|(_, state)| of(&state.certificate)).map(|(log, _)| *log).collect();
            for log in logs.iter().filter(|log| log.shelf != Shelf::ROSTER) {
                self.release(log);
                self.refresh_all(log);
            }
        }
    }

    /// Institutions whose logs are pulled no further, and the bytes held of each.
    pub fn over_allowance(&self) -> BTreeMap<InstitutionId, u64> {
        let over = self.held_bytes.iter().filter(|(id, _)| self.is_spent(id));
        over.map(|(id, held)| (*id, *held)).collect()
    }
}
