//! Whether the store still holds what was written to it: looked through a little at each tick, and given up when it does not.

use std::time::{Duration, Instant};

use market::Checkpoint;
use replica::Input;

use super::Core;

/// Entries that are looked at in one tick: about a millisecond's work, and ten million in a day.
const EXAMINED_AT_ONCE: usize = 64;
/// A checkpoint that failed (the disk is full) is tried again after this long.
const AGAIN: Duration = Duration::from_secs(1);

/// What is known of it.
#[derive(Default)]
pub(super) struct Soundness {
    condemned: bool,
    /// When the last checkpoint failed, and why.
    failed: Option<(Instant, String)>,
}

impl Core {
    /// Looks at some more of what is held. A store that was found damaged, here or by anyone else, is condemned: it has to be
    /// opened anew.
    pub(super) fn look_after_store(&mut self) {
        let looked = self.ledger.examine(EXAMINED_AT_ONCE);
        let worse = looked.err().filter(market::MarketError::is_damage).map(|error| error.to_string());
        if let Some(why) = self.ledger.fault().or(worse).filter(|_| !self.soundness.condemned) {
            match self.ledger.condemn(&why) {
                Ok(()) => self.soundness.condemned = true,
                Err(error) => {
                    tracing::error!("the store is damaged ({why}), which could not be noted: {error}")
                }
            }
        }
        let back = self.ledger.rebuilding().is_some_and(|(held, expected)| held >= expected);
        if (back || self.replica.peers().iter().any(|peer| peer.synced))
            && let Err(error) = self.ledger.rebuilt()
        {
            tracing::error!("the end of a rebuild could not be noted: {error}");
        }
    }

    /// Confirms on disk whatever was taken in, at the end. True when the store was found damaged: opened again, the node begins a
    /// new one.
    pub fn close(&mut self) -> bool {
        self.keep_statuses();
        self.keep_conduct();
        if !self.soundness.condemned
            && let Some(checkpoint) = self.begin_checkpoint()
        {
            self.end_checkpoint(checkpoint.run());
        }
        self.soundness.condemned
    }

    /// Confirms on disk what was taken in, where a start would have to go through more than so many bytes of the journal again.
    pub fn settle(&mut self, bytes: u64) {
        if self.ledger.behind() > bytes {
            self.close();
        }
    }

    /// Begins an fsync of what came in: whoever runs it needs the core no longer. `None` when there is nothing new, or when one
    /// failed a moment ago.
    pub fn begin_checkpoint(&mut self) -> Option<Checkpoint> {
        if self.soundness.failed.as_ref().is_some_and(|(when, _)| when.elapsed() < AGAIN) {
            return None;
        }
        match self.ledger.begin_checkpoint() {
            Ok(begun) => {
                if begun.is_some() {
                    self.drive(Input::Syncing);
                }
                begun
            }
            Err(error) => {
                self.not_synced(&error);
                None
            }
        }
    }

    /// An fsync has ended: what it covers is told to the peers.
    pub fn end_checkpoint(&mut self, outcome: market::Result<()>) {
        self.ledger.end_checkpoint(outcome.is_ok());
        match outcome {
            Ok(()) => {
                self.soundness.failed = None;
                self.drive(Input::Synced);
                self.pump();
            }
            Err(error) => self.not_synced(&error),
        }
    }

    fn not_synced(&mut self, error: &market::MarketError) {
        let why = error.to_string();
        if self.soundness.failed.as_ref().is_none_or(|(_, before)| *before != why) {
            tracing::error!("the store could not be fsynced: {why}");
        }
        self.soundness.failed = Some((Instant::now(), why));
    }

    /// Whether the store was found damaged: nothing more is promised until it was opened anew, which sets it aside.
    pub fn is_condemned(&self) -> bool {
        self.soundness.condemned
    }
}
