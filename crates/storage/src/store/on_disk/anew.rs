//! A store written anew: every living value once, packed with a dictionary that holds nothing of what was deleted.

use super::*;
use crate::limits::{COPY_BATCH, MAX_BATCH_OPS, MIN_PACKED};

impl SledStore {
    /// Writes every pair into `other`, which is empty.
    pub(crate) fn copy_into(&self, other: &Self) -> Result<()> {
        other.take_dictionary(&self.samples(self.count_values()?)?)?;
        let mut batch = Batch::default();
        let mut items = self.db.range(vec![Table::ALL[0].code()]..);
        while let Some((key, stored)) = guarded("read all of it", || items.next().transpose())? {
            batch.put_full(key.to_vec(), self.whole(&stored)?);
            if batch.bytes() >= COPY_BATCH || batch.len() >= MAX_BATCH_OPS {
                other.take(std::mem::take(&mut batch))?;
            }
        }
        if let Some(facts) = self.stated()? {
            batch.facts(&facts);
        }
        other.take(batch)
    }

    /// How many values there are that a dictionary could be learnt from, at most.
    fn count_values(&self) -> Result<usize> {
        let (mut count, mut items) = (0, self.db.range(vec![Table::ALL[0].code()]..));
        while let Some((_, stored)) = guarded("read all of it", || items.next().transpose())? {
            count += usize::from(stored.len() >= MIN_PACKED);
        }
        Ok(count)
    }

    /// Flushed each time: sled uses the room of pages again that it has replaced, once what replaced them is in its file.
    fn take(&self, batch: Batch) -> Result<()> {
        self.floor.check()?;
        let changes = self.prepare(batch)?;
        self.db.watched("copy", || self.db.apply_batch(changes))?;
        self.db.watched("flush", || self.db.flush()).map(drop)
    }
}
