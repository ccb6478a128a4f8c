//! Forks and how far logs count: what the replica asks of the store.

use std::sync::atomic::Ordering;

use market::Ledger;
use network::SessionId;
use protocol::{Fork, LogId, Roster, RosterInput};
use replica::{Input, Me, Replica};

use super::Core;

/// A replica over what the ledger holds, as far as it counts.
pub(super) fn begin(me: &Me, ledger: &mut Ledger, input: RosterInput) -> market::Result<Replica> {
    let roster = Roster::fold(&me.charter, &input);
    let changed = ledger.relimit(&roster, None)?;
    let input = changed.roster.unwrap_or(input);
    Ok(Replica::new(me.clone(), ledger.logs(), input, ledger.forks().clone()))
}

impl Core {
    pub(super) fn compare(&mut self, session: u64, run: protocol::CheckedRun) -> Option<Input> {
        match self.ledger.entry(&run.log, run.after.seq + 1) {
            Ok(own) => Some(Input::Held { session, run, own: own.map(Box::new) }),
            Err(error) => {
                tracing::error!("an entry could not be read to compare it with a peer's: {error}");
                None
            }
        }
    }

    pub(super) fn forked(&mut self, fork: &Fork) {
        let (node, seq) = (fork.log().node.short(), fork.seq());
        tracing::warn!(
            "two entries of node {node} have the number {seq} in one log; see `lianshi fork list`"
        );
        if let Err(error) = self.ledger.note_fork(fork) {
            tracing::error!("the proof of a fork could not be stored: {error}");
        }
    }

    pub(super) fn relimit(&mut self, log: Option<LogId>) -> Option<Input> {
        match self.ledger.relimit(self.replica.roster(), log.as_ref()) {
            Ok(changed) if changed.logs.is_empty() => None,
            Ok(changed) => {
                if changed.roster.is_some() {
                    self.returning.steps_due();
                }
                self.arrivals.store(self.ledger.arrivals(), Ordering::Release);
                Some(Input::Reached { logs: changed.logs, roster: changed.roster })
            }
            Err(error) => {
                tracing::error!("how far logs count could not be worked out: {error}");
                self.start_over(&format!("how far logs count could not be worked out: {error}"));
                None
            }
        }
    }

    /// The replica counts entries that the store does not have: all sessions end, and it begins again from what the
    /// store holds.
    pub(super) fn start_over(&mut self, why: &str) {
        if let Some(network) = &self.network {
            for peer in self.replica.peers() {
                network.hang_up(SessionId(peer.session), why);
                self.serving.forget(peer.session);
            }
        }
        if let Err(error) = self.ledger.relimit(self.replica.roster(), None) {
            tracing::error!("the store cannot be read: {error}; stop the node and start it again");
        }
        self.replica.begin_again(self.ledger.logs());
        self.library.set_roster(self.replica.roster().clone());
        self.mended = Some(why.to_owned());
    }
}
