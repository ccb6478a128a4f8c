//! A store begun anew in a damaged one's place: what still verifies is taken over, and it is known how much is to come.

use std::collections::BTreeSet;
use std::path::Path;

use protocol::{CheckedEntry, Entry, Head, LogId, PublicKey};
use storage::{Batch, Floor, Record, SledStore, Store, Table};

use super::{BATCH_ENTRIES, Ledger, layout};
use crate::error::Result;

/// Key of the number of entries that were held before the store was lost.
const REBUILD: &[u8] = b"rebuild";

/// sled's page cache for the old store, bytes: it is read once.
const OLD_CACHE: u64 = 16 << 20;

impl Ledger {
    /// Takes over the entries of a store that was set aside, each log as far as it reads back and verifies, and returns how
    /// many. Nothing else of it: what is not an entry is in the journal, or follows from entries. Entries of `writers`, this
    /// node's keys, that the journal has lost go into it again.
    pub(super) fn take_over(&mut self, set_aside: &Path, writers: &BTreeSet<PublicKey>) -> Result<u64> {
        if !set_aside.exists() {
            return Ok(0);
        }
        let old = match SledStore::open(set_aside, OLD_CACHE, Floor::new(set_aside, 0)) {
            Ok(old) => old,
            Err(error) => {
                tracing::warn!("nothing can be taken over from the old store: {error}");
                return Ok(0);
            }
        };
        let mut logs = Vec::new();
        let walked = old.walk(Table::Heads, &[], &mut |key, value| {
            let number = key.try_into().map(u32::from_be_bytes).unwrap_or_default();
            logs.extend(layout::head_of(number, value).ok());
            std::ops::ControlFlow::Continue(())
        });
        if let Err(error) = walked {
            tracing::warn!("not all logs of the old store can be found: {error}");
        }
        let mut saved = 0;
        for (log, record) in logs {
            let own = writers.contains(&log.node);
            while let run @ [_, ..] = self.readable(&old, &log, record.number).as_slice() {
                if own {
                    let records: Vec<_> = run.iter().map(|c| Record::Entry(c.entry.to_bytes())).collect();
                    self.append(&[&records])?;
                }
                self.persist(&log, run)?;
                saved += run.len() as u64;
                tracing::info!(entries = saved, "taken over from the old store so far");
            }
        }
        Ok(saved)
    }

    /// The next entries of a log in the old store, as far as they follow what is held here; the last of them verifies, and so
    /// they all are authentic.
    fn readable(&self, old: &SledStore, log: &LogId, number: u32) -> Vec<CheckedEntry> {
        let mut last: Head = self.head(log);
        let mut run: Vec<CheckedEntry> = Vec::new();
        while run.len() < BATCH_ENTRIES {
            let read = old.get(Table::Entries, &layout::entry_key(number, last.seq + 1));
            let Some(entry) = read.ok().flatten().and_then(|bytes| layout::entry_of(&bytes).ok()) else {
                break;
            };
            if !follows(&entry, log, last) {
                break;
            }
            last = entry.head();
            run.push(CheckedEntry { hash: last.hash, entry, beginning: None });
        }
        while run.last().is_some_and(|last| last.entry.verify(&self.opener.network).is_err()) {
            run.pop();
        }
        run
    }

    /// Notes that `expected` entries were held before.
    pub(super) fn note_rebuild(&mut self, expected: u64) -> Result<()> {
        let mut batch = Batch::default();
        batch.put(Table::Meta, REBUILD, expected.to_be_bytes());
        Ok(self.store.apply(batch)?)
    }

    pub(super) fn read_rebuild(&mut self) -> Result<()> {
        let known = self.store.get(Table::Meta, REBUILD)?.and_then(|bytes| bytes.try_into().ok());
        self.rebuild = known.map(u64::from_be_bytes);
        Ok(())
    }

    /// While a lost store is being filled again: entries held, and held before.
    pub fn rebuilding(&self) -> Option<(u64, u64)> {
        self.rebuild.map(|expected| (self.entries, expected))
    }

    /// Ends that: everything that peers hold is here.
    ///
    /// # Errors
    /// When the store fails or the disk is full.
    pub fn rebuilt(&mut self) -> Result<()> {
        if self.rebuild.take().is_some() {
            let mut batch = Batch::default();
            batch.delete(Table::Meta, REBUILD);
            self.store.apply(batch)?;
        }
        Ok(())
    }
}

fn follows(entry: &Entry, log: &LogId, last: Head) -> bool {
    let header = &entry.header;
    header.log == *log
        && (header.seq, header.prev) == (last.seq + 1, last.hash)
        && entry.check_payload().is_ok()
}
