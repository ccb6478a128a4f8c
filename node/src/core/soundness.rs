//! Whether the store still holds what was written to it: looked through a little at each tick, and given up when it does not.

use super::Core;

/// Entries that are looked at in one tick: about a millisecond's work, and ten million in a day.
const EXAMINED_AT_ONCE: usize = 64;

impl Core {
    /// Looks at some more of what is held. A store that was found damaged, here or by anyone else, is condemned: it has to be
    /// opened anew.
    pub(super) fn look_after_store(&mut self) {
        let looked = self.ledger.examine(EXAMINED_AT_ONCE);
        let worse = looked.err().filter(market::MarketError::is_damage).map(|error| error.to_string());
        if let Some(why) = self.ledger.fault().or(worse).filter(|_| !self.condemned) {
            match self.ledger.condemn(&why) {
                Ok(()) => self.condemned = true,
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
        if !self.condemned {
            self.checkpoint();
        }
        self.condemned
    }

    /// Whether the store was found damaged: nothing more is promised until it was opened anew, which sets it aside.
    pub fn is_condemned(&self) -> bool {
        self.condemned
    }
}
