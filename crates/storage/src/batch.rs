//! Changes that are applied together or not at all.

use crate::limits::{MAX_BATCH_BYTES, MAX_BATCH_OPS, MAX_KEY, MAX_VALUE};
use crate::{Position, Result, StorageError, Table};

/// Where the facts stand in the tree: code 0, which no table has.
pub(crate) const FACTS_KEY: &[u8] = b"\0facts";

/// First byte of the stored facts: the version of their form.
const FACTS_FORM: u8 = 1;

/// Bytes of the stored facts: form, entries, digest, journal position.
const FACTS_LEN: usize = 1 + 8 + 32 + 8;

/// What a store holds, in so few words that a start can compare them with the sidecar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CheckpointFacts {
    /// How many entries the store has taken in so far. It never goes down, not even when one is purged.
    pub entries: u64,
    /// A digest of the frontier: equal entries give equal digests. Zeros ([`CheckpointFacts::NO_DIGEST`]) where none was made.
    pub digest: [u8; 32],
    /// Every journal record before this position has had its effect on the store.
    pub journal: Position,
}

impl CheckpointFacts {
    /// In place of a digest, where there is none, or one that was made in another way than the store's will be.
    pub const NO_DIGEST: [u8; 32] = [0; 32];

    pub(crate) fn to_bytes(self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(FACTS_LEN);
        bytes.push(FACTS_FORM);
        bytes.extend_from_slice(&self.entries.to_be_bytes());
        bytes.extend_from_slice(&self.digest);
        bytes.extend_from_slice(&self.journal.as_u64().to_be_bytes());
        bytes
    }

    /// `None` when the bytes are not facts.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (form, rest) = bytes.split_first()?;
        let (entries, rest) = rest.split_first_chunk::<8>()?;
        let (digest, rest) = rest.split_first_chunk::<32>()?;
        let journal: [u8; 8] = rest.try_into().ok()?;
        (*form == FACTS_FORM).then(|| Self {
            entries: u64::from_be_bytes(*entries),
            digest: *digest,
            journal: Position::from_u64(u64::from_be_bytes(journal)),
        })
    }
}

/// One change, its key with the table's code before it.
#[derive(Clone, Debug)]
pub(crate) enum Op {
    Put(Vec<u8>, Vec<u8>),
    Delete(Vec<u8>),
}

/// Changes to any number of tables, in order, that [`crate::Store::apply`] makes together or not at all.
/// A later change of a key wins over an earlier one.
///
/// ```
/// # use storage::{Batch, MemoryStore, Store, Table};
/// let store = MemoryStore::default();
/// let mut batch = Batch::default();
/// batch.put(Table::Entries, b"1", b"first").put(Table::Heads, b"log", b"1").delete(Table::Drafts, b"d7");
/// store.apply(batch)?;
/// assert_eq!(store.get(Table::Heads, b"log")?, Some(b"1".to_vec()));
/// # Ok::<(), storage::StorageError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Batch {
    pub(crate) ops: Vec<Op>,
    bytes: usize,
}

impl Batch {
    /// Sets `key` to `value`. Lengths are checked when the batch is applied.
    pub fn put(&mut self, table: Table, key: &[u8], value: impl Into<Vec<u8>>) -> &mut Self {
        self.put_full(table.full_key(key), value.into());
        self
    }

    /// Sets a key that has the code of its table before it.
    pub(crate) fn put_full(&mut self, full_key: Vec<u8>, value: Vec<u8>) {
        self.bytes += full_key.len().saturating_sub(1) + value.len();
        self.ops.push(Op::Put(full_key, value));
    }

    /// Removes `key`; no error if it is not there.
    pub fn delete(&mut self, table: Table, key: &[u8]) -> &mut Self {
        self.bytes += key.len();
        self.ops.push(Op::Delete(table.full_key(key)));
        self
    }

    /// Records what the store holds once this batch is in it. [`crate::Storage::checkpoint`] takes the same
    /// facts, any time after.
    pub fn facts(&mut self, facts: &CheckpointFacts) -> &mut Self {
        self.ops.push(Op::Put(FACTS_KEY.to_vec(), facts.to_bytes()));
        self
    }

    /// How many changes it holds; at most [`MAX_BATCH_OPS`] can be applied.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ops.len()
    }

    /// Whether it holds no change.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ops.is_empty()
    }

    /// Bytes of its keys and values; at most [`MAX_BATCH_BYTES`] can be applied.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Refuses what is out of bounds, before anything is changed.
    pub(crate) fn check(&self) -> Result<()> {
        if self.ops.len() > MAX_BATCH_OPS || self.bytes > MAX_BATCH_BYTES {
            return Err(StorageError::BatchTooLarge { ops: self.ops.len(), bytes: self.bytes });
        }
        for op in &self.ops {
            match op {
                Op::Put(key, value) => check_pair(key, value.len())?,
                Op::Delete(key) => check_pair(key, 0)?,
            }
        }
        Ok(())
    }
}

/// `full_key` is a key with the code of its table before it.
fn check_pair(full_key: &[u8], value_len: usize) -> Result<()> {
    let table = || full_key.first().copied().and_then(Table::from_code);
    if full_key.len() > MAX_KEY + 1 {
        return Err(StorageError::KeyTooLong { table: table(), len: full_key.len() - 1 });
    }
    if value_len > MAX_VALUE {
        return Err(StorageError::ValueTooLarge { table: table(), len: value_len });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_come_back_as_they_went() {
        let facts = CheckpointFacts { entries: 7, digest: [9; 32], journal: Position::from_u64(1 << 40) };
        let bytes = facts.to_bytes();
        assert_eq!(CheckpointFacts::from_bytes(&bytes), Some(facts));
        assert_eq!(CheckpointFacts::from_bytes(&bytes[1..]), None);
        assert_eq!(CheckpointFacts::from_bytes(&[&bytes[..], &[0]].concat()), None);
        assert_eq!(CheckpointFacts::from_bytes(&[]), None);
    }

    #[test]
    fn bounds_are_kept_exactly() {
        let check = |key: usize, value: usize| {
            let mut batch = Batch::default();
            batch.put(Table::Meta, &vec![1; key], vec![2; value]);
            batch.check()
        };
        assert!(check(MAX_KEY, MAX_VALUE).is_ok());
        let (table, len) = (Some(Table::Meta), MAX_KEY + 1);
        assert!(
            matches!(check(len, 0), Err(StorageError::KeyTooLong { table: t, len: l }) if (t, l) == (table, len))
        );
        let len = MAX_VALUE + 1;
        assert!(
            matches!(check(0, len), Err(StorageError::ValueTooLarge { table: t, len: l }) if (t, l) == (table, len))
        );
    }

    #[test]
    fn a_batch_knows_its_size_and_has_a_largest() {
        let mut batch = Batch::default();
        assert!(batch.is_empty());
        batch.put(Table::Meta, b"key", *b"value").delete(Table::Meta, b"k");
        assert!(!batch.is_empty());
        assert_eq!((batch.len(), batch.bytes()), (2, 3 + 5 + 1));
        let mut batch = Batch::default();
        for _ in 0..MAX_BATCH_OPS {
            batch.delete(Table::Meta, b"k");
        }
        assert!(batch.check().is_ok());
        batch.delete(Table::Meta, b"k");
        assert!(matches!(batch.check(), Err(StorageError::BatchTooLarge { .. })));
        let mut batch = Batch::default();
        for _ in 0..MAX_BATCH_BYTES / MAX_VALUE {
            batch.put(Table::Meta, b"", vec![0; MAX_VALUE]);
        }
        assert!(batch.check().is_ok());
        batch.delete(Table::Meta, b"k");
        assert!(matches!(batch.check(), Err(StorageError::BatchTooLarge { .. })));
    }
}
