//! What is held, looked through little by little: bytes on a disk change by themselves, and what nobody reads nobody misses.

use std::ops::Bound;

use protocol::{Head, LogId};

use super::Ledger;
use crate::error::{MarketError, Result};

/// Where the looking stands.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Examined {
    /// The log, and its entry that was looked at last.
    at: Option<(LogId, Head)>,
}

impl Ledger {
    /// Looks at the next `limit` entries: each must follow the one before and carry what was signed, and the last one must be
    /// the log's head. True when that was the end; the next call begins anew.
    ///
    /// # Errors
    /// [`MarketError::Damaged`], or the store's own word, when something is not as it was written. It is time to
    /// [`Ledger::condemn`] the store then.
    pub fn examine(&mut self, limit: usize) -> Result<bool> {
        let mut left = limit;
        while left > 0 {
            let Some((log, from)) = self.next_to_examine() else {
                self.examined = Examined::default();
                return Ok(true);
            };
            let upto = self.head(&log);
            let last = self.examine_log(&log, from, upto, &mut left)?;
            self.examined.at = Some((log, last));
        }
        Ok(false)
    }

    /// The log that is being looked at, if it has more, or else the next one.
    fn next_to_examine(&self) -> Option<(LogId, Head)> {
        let Some((log, last)) = self.examined.at else {
            return self.logs.keys().next().map(|log| (*log, Head::default()));
        };
        match self.logs.get(&log) {
            Some(record) if record.head.seq > last.seq => Some((log, last)),
            _ => {
                let mut others = self.logs.range((Bound::Excluded(log), Bound::Unbounded));
                others.next().map(|(log, _)| (*log, Head::default()))
            }
        }
    }

    fn examine_log(&self, log: &LogId, from: Head, upto: Head, left: &mut usize) -> Result<Head> {
        let (mut last, mut fault) = (from, None);
        self.read_log(log, from.seq, upto.seq, |entry| {
            let header = &entry.header;
            let follows = header.log == *log && header.seq == last.seq + 1;
            // A log may have gone on along another branch since the last look.
            let chained = header.prev == last.hash || last == from;
            if !follows || !chained || entry.check_payload().is_err() {
                fault = Some("an entry is not what was signed");
                return false;
            }
            last = entry.head();
            *left = left.saturating_sub(1);
            *left > 0
        })?;
        if last.seq == upto.seq && last != upto {
            fault = Some("the last entry of a log is not its head");
        }
        fault.map_or(Ok(last), |what| Err(MarketError::Damaged { what }))
    }

    /// What is wrong with the store's files, once a call has come upon it.
    pub fn fault(&self) -> Option<String> {
        self.storage.fault()
    }

    /// Declares the store damaged: the next [`Ledger::open`] sets it aside.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn condemn(&self, why: &str) -> Result<()> {
        Ok(self.storage.condemn(why)?)
    }
}
