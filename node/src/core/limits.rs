//! Forks and how far logs count: what the replica asks of the store.

use market::{Lacking, Ledger};
use network::SessionId;
use protocol::{CheckedEntry, DocumentId, Fork, LogId};
use replica::{Input, Me, Replica};

use super::Core;

/// A replica over what the ledger holds, as far as it counts; and the documents that were purged with that.
pub(super) fn begin(me: &Me, ledger: &mut Ledger) -> market::Result<(Replica, Vec<DocumentId>)> {
    let mut book = ledger.roster_book(&me.charter)?;
    let changed = ledger.relimit(book.roster(), None)?;
    ledger.end_roster_logs(&mut book);
    Ok((Replica::new(me.clone(), ledger.logs(), book, ledger.forks().clone()), changed.purged))
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
        self.serving.logs_changed();
        match self.ledger.relimit(self.replica.roster(), log.as_ref()) {
            Ok(changed) => {
                self.note_purged(&changed.purged);
                if changed.logs.is_empty() {
                    return None;
                }
                if changed.roster {
                    self.returning.steps_due();
                }
                self.note_arrivals();
                Some(Input::Reached { logs: changed.logs })
            }
            Err(error) => {
                tracing::error!("how far logs count could not be worked out: {error}");
                self.start_over(&format!("how far logs count could not be worked out: {error}"));
                None
            }
        }
    }

    pub(super) fn read_steps(&mut self, epoch: u32, after: Option<(LogId, u64)>) -> Option<Input> {
        match self.ledger.steps_of(epoch, after) {
            Ok(page) => {
                let more_after = page.last().map(|(place, _)| *place);
                let steps = page.into_iter().map(|(_, step)| step).collect();
                Some(Input::Steps { epoch, steps, more_after })
            }
            Err(error) => {
                tracing::error!("roster steps could not be read: {error}");
                self.start_over(&format!("roster steps could not be read: {error}"));
                None
            }
        }
    }

    pub(super) fn read_purges(&mut self, after: Option<(LogId, u64)>) -> Option<Input> {
        match self.ledger.purges_after(after) {
            Ok(entries) => {
                let more_after = entries.last().map(|entry| (entry.header.log, entry.header.seq));
                Some(Input::Purges { entries, more_after })
            }
            Err(error) => {
                tracing::error!("purges could not be read: {error}");
                self.start_over(&format!("purges could not be read: {error}"));
                None
            }
        }
    }

    pub(super) fn read_bare(&mut self, session: u64, after: Option<DocumentId>) -> Option<Input> {
        match self.ledger.lacking(after) {
            Ok(Lacking { entries, more_after }) => Some(Input::Bare { session, after, entries, more_after }),
            Err(error) => {
                tracing::error!("what lacks its payload could not be read: {error}");
                None
            }
        }
    }

    pub(super) fn fill(&mut self, log: &LogId, entries: &[CheckedEntry]) {
        self.serving.logs_filled();
        match self.ledger.fill(log, entries) {
            Ok(()) => self.note_arrivals(),
            Err(error) => tracing::error!("payloads that came back could not be stored: {error}"),
        }
    }

    /// What was purged is to leave the files beside the store, too.
    pub(super) fn note_purged(&self, purged: &[DocumentId]) {
        self.note_arrivals();
        if !purged.is_empty() {
            self.files.sweep_soon();
            self.forget_tables(purged);
            let listings = purged.len();
            tracing::info!(
                listings,
                "contents purged; start the node again to clear freed pages of its store too"
            );
        }
        if let Some(fault) = self.ledger.purge_fault() {
            tracing::error!("the journal may still hold what was purged: {fault}");
        }
    }

    /// Tables that were sent to the desk may say what a listing of ours said.
    fn forget_tables(&self, purged: &[DocumentId]) {
        let us = Some(self.identity.institution.id());
        // Where the store does not tell, the narrow side is right.
        let ours = |id: &DocumentId| match self.library.listing(id) {
            Ok(listing) => listing.is_some_and(|listing| listing.institution == us),
            Err(_) => true,
        };
        if !purged.iter().any(ours) {
            return;
        }
        match self.tables.forget() {
            Ok(true) => tracing::info!("tables that were sent to the desk went with what was purged"),
            Ok(false) => {}
            Err(error) => tracing::error!(
                "tables that were sent to the desk may hold what was purged, and could not be removed: {error}"
            ),
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
