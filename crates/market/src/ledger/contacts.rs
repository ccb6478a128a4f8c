//! What the ledger knows of when others were heard of, for a check-up. No rule depends on it.

use std::collections::BTreeMap;

use protocol::PublicKey;
use storage::{Batch, Table};

use super::{Ledger, layout};
use crate::error::Result;

/// Key, in the table of peers, of when this node was last in step with another.
const SEEN: &[u8] = b"seen";

impl Ledger {
    /// Notes that this node is in step with another, milliseconds since 1970 by its own clock. Not journaled: losing it loses
    /// nothing.
    ///
    /// # Errors
    /// When the disk is full or fails.
    pub fn note_seen(&self, now_ms: i64) -> Result<()> {
        let mut batch = Batch::default();
        batch.put(Table::Peers, SEEN, now_ms.to_be_bytes());
        Ok(self.store.apply(batch)?)
    }

    /// When that was noted last.
    ///
    /// # Errors
    /// When the store fails.
    pub fn seen_ms(&self) -> Result<Option<i64>> {
        let noted = self.store.get(Table::Peers, SEEN)?;
        Ok(noted.and_then(|bytes| bytes.try_into().ok()).map(i64::from_be_bytes))
    }

    /// The newest time that each node but `own` has signed, milliseconds since 1970 by that node's clock.
    ///
    /// # Errors
    /// When the store fails.
    pub fn newest_times(&self, own: &PublicKey) -> Result<Vec<i64>> {
        let mut newest: BTreeMap<PublicKey, i64> = BTreeMap::new();
        for (log, record) in self.logs.iter().filter(|(log, record)| log.node != *own && record.head.seq > 0)
        {
            let last = layout::entry_at(self.store.as_ref(), record.number, record.head.seq)?.header.time_ms;
            newest.entry(log.node).and_modify(|time| *time = last.max(*time)).or_insert(last);
        }
        Ok(newest.into_values().collect())
    }
}
