//! Revoking a node: which of its entries are its owner's.

use std::collections::{BTreeMap, BTreeSet};

use protocol::{Action, Head, LogId, NodeCertificate, PublicKey, RosterStep, Subject, limits};
use replica::Why;

use super::one_of;
use crate::desk::Desk;
use crate::error::{MarketError, Result};

impl Desk<'_> {
    /// The step that revokes a node, with what is held of its logs now as their last valid points; of a log that one of
    /// the entries in `from` stands in, what came before that entry; and when that is the first of a fork's branch that is
    /// not held, all that is held. Sealed logs are named to nobody: nothing of them stands.
    ///
    /// What the node's key can bring about by itself decides nothing: neither where a fork clips a log, nor which incarnations
    /// are the lowest, nor another institution's settle.
    ///
    /// # Errors
    /// When no log of such a node is held, a name in `from` is not that of just one of its entries, a log is forked and no
    /// entry in `from` stands in it, or more incarnations are left than a node may have.
    pub fn revoke(&self, node: &str, from: &[String], reason: String) -> Result<RosterStep> {
        let logs = self.ledger.held();
        let node = one_of(node, logs.keys().map(|log| (log.node, log.node.to_string())))?;
        let roster = self.library.roster();
        let named = |log: &LogId| log.node == node && log.shelf.circle().is_none();
        let of_node = || logs.iter().filter(|(log, _)| named(log));
        // Whoever else certifies a stolen key does not become the one to whom it belongs.
        let certificates = || of_node().filter_map(|(_, (_, certificate))| *certificate);
        let of_member = |c: &&NodeCertificate| roster.members.contains_key(&c.body.institution);
        let certificate = certificates().find(of_member).or_else(|| certificates().next());
        let unknown = MarketError::NotOnRoster { what: node.to_string() };
        let institution = certificate.ok_or(unknown)?.body.institution;
        // A settled log ends where it was settled, whatever of it is held.
        let end = |log: &LogId, certificate: Option<&NodeCertificate>| match certificate {
            Some(certificate) => roster.end_under(log, certificate),
            None => roster.end(log),
        };
        let point = |(log, (head, certificate)): (&LogId, &(Head, Option<&NodeCertificate>))| {
            (*log, end(log, *certificate).map_or(*head, |end| (*head).min(end)))
        };
        let mut points: BTreeMap<LogId, Head> = of_node().map(point).collect();
        let mut given = BTreeSet::new();
        for entry in from {
            let (log, last) = self.before(&node, entry)?;
            let point = points.entry(log).or_insert(last);
            *point = (*point).min(last);
            given.insert(log);
        }
        self.is_clear(&points, &given)?;
        // Of a log that is not named nothing stands.
        let points = points.into_iter().filter(|(_, last)| last.seq > 0).collect();
        let subject = Subject::Institution(institution);
        Ok(self.next_step(subject, Action::RevokeNode(node, points, reason)))
    }

    /// Whether the points of a revocation say which entries are the owner's and which the thief's.
    fn is_clear(&self, points: &BTreeMap<LogId, Head>, given: &BTreeSet<LogId>) -> Result<()> {
        let forked = |log: &&LogId| self.ledger.limit(log).is_some_and(|limit| limit.why == Why::Forked);
        if let Some(log) = points.keys().filter(|log| !given.contains(log)).find(forked) {
            return Err(MarketError::ForkedNode { log: log.hash().short() });
        }
        let standing = points.iter().filter(|(_, last)| last.seq > 0).map(|(log, _)| log.incarnation);
        let incarnations = standing.collect::<BTreeSet<_>>().len();
        if incarnations > limits::MAX_INCARNATIONS {
            return Err(MarketError::ManyIncarnations {
                count: incarnations,
                most: limits::MAX_INCARNATIONS,
            });
        }
        Ok(())
    }

    /// The place before the one entry of a node whose hash begins with these digits; all that is held of its log when it is
    /// the first of a branch that is not held.
    fn before(&self, node: &PublicKey, digits: &str) -> Result<(LogId, Head)> {
        let mut found = Vec::new();
        for (log, (head, _)) in self.ledger.held().into_iter().filter(|(log, _)| log.node == *node) {
            for branch in self.ledger.forks().get(&log).iter().flat_map(|fork| fork.branches()) {
                let held = self.ledger.entry(&log, branch.seq)?;
                let hash = branch.hash.to_string();
                if held.is_some_and(|held| held.hash() != branch.hash) && hash.starts_with(digits) {
                    found.push(((log, head), hash));
                }
            }
            self.ledger.read_log(&log, 0, head.seq, |entry| {
                let hash = entry.hash().to_string();
                if hash.starts_with(digits) {
                    let last = Head { seq: entry.header.seq.saturating_sub(1), hash: entry.header.prev };
                    found.push(((log, last), hash));
                }
                true
            })?;
        }
        one_of(digits, found.into_iter())
    }
}
