//! Points from which everything laid down survives a power cut.

use std::sync::Arc;

use storage::{Batch, CheckpointFacts, Storage};

use super::Ledger;
use crate::error::Result;

/// An fsync of everything laid down up to a moment. It takes tens of milliseconds, on a slow disk more, and needs the ledger
/// no longer: [`Checkpoint::run`] may be called on another thread, while more is laid down.
#[must_use = "nothing is durable before it has run"]
pub struct Checkpoint {
    storage: Arc<Storage>,
    facts: CheckpointFacts,
}

impl Checkpoint {
    /// Returns when what it covers survives a power cut.
    ///
    /// # Errors
    /// When the disk fails; then the checkpoint before it stands. Either way [`Ledger::end_checkpoint`] is to be told.
    pub fn run(&self) -> Result<()> {
        Ok(self.storage.checkpoint(&self.facts)?)
    }
}

impl Ledger {
    /// Begins a checkpoint of everything laid down so far; `None` when there is nothing new.
    ///
    /// # Errors
    /// When the store fails; then the last checkpoint stands.
    pub fn begin_checkpoint(&mut self) -> Result<Option<Checkpoint>> {
        if !self.is_dirty() {
            return Ok(None);
        }
        self.begin().map(Some)
    }

    fn begin(&mut self) -> Result<Checkpoint> {
        let facts = self.facts();
        let mut batch = Batch::default();
        self.sums_into(&mut batch);
        batch.facts(&facts);
        self.store.apply(batch)?;
        (self.dirty, self.checking) = (false, true);
        self.checked = self.journaled;
        Ok(Checkpoint { storage: Arc::clone(&self.storage), facts })
    }

    /// A checkpoint that was begun has ended. When it failed, what it covers still waits for one.
    pub fn end_checkpoint(&mut self, held: bool) {
        self.checking = false;
        self.dirty |= !held;
    }

    /// Fsyncs everything laid down so far, what a checkpoint under way covers included. True when there was anything to do.
    ///
    /// # Errors
    /// When the disk fails; then the last checkpoint stands.
    pub fn checkpoint(&mut self) -> Result<bool> {
        if !self.is_dirty() && !self.checking {
            return Ok(false);
        }
        let done = self.begin()?.run();
        self.end_checkpoint(done.is_ok());
        done.map(|()| true)
    }

    /// Bytes of the journal that a start now would go through again.
    pub fn behind(&self) -> u64 {
        self.journaled.as_u64().saturating_sub(self.checked.as_u64())
    }

    /// True when something was laid down since the last checkpoint was begun.
    pub fn is_dirty(&self) -> bool {
        self.dirty || self.checked != self.journaled
    }
}
