//! The store's twin in memory, for tests and simulations.

use std::collections::BTreeMap;
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::{Pair, Store, check_limit, strip, tree_range};
use crate::batch::{FACTS_KEY, Op};
use crate::{Batch, CheckpointFacts, Result, Table};

/// A [`Store`] that forgets everything when dropped, and otherwise answers as the one on disk does.
#[derive(Debug, Default)]
pub struct MemoryStore {
    tree: RwLock<BTreeMap<Vec<u8>, Vec<u8>>>,
}

impl MemoryStore {
    // No holder of the lock can leave the tree half changed: nothing in between fails.
    fn read(&self) -> RwLockReadGuard<'_, BTreeMap<Vec<u8>, Vec<u8>>> {
        self.tree.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, BTreeMap<Vec<u8>, Vec<u8>>> {
        self.tree.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store for MemoryStore {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>> {
        Ok(self.read().get(&table.full_key(key)).cloned())
    }

    fn scan(&self, table: Table, from: &[u8], to: Option<&[u8]>, limit: usize) -> Result<Vec<Pair>> {
        check_limit(limit)?;
        let Some((low, high)) = tree_range(table, from, to) else { return Ok(Vec::new()) };
        Ok(self.read().range(low..high).take(limit).map(|(key, value)| (strip(key), value.clone())).collect())
    }

    fn last(&self, table: Table, prefix: &[u8]) -> Result<Option<Pair>> {
        let end = crate::table::prefix_end(prefix);
        let Some((low, high)) = tree_range(table, prefix, end.as_deref()) else { return Ok(None) };
        Ok(self.read().range(low..high).next_back().map(|(key, value)| (strip(key), value.clone())))
    }

    fn apply(&self, batch: Batch) -> Result<()> {
        batch.check()?;
        let mut tree = self.write();
        for op in batch.ops {
            match op {
                Op::Put(key, value) => drop(tree.insert(key, value)),
                Op::Delete(key) => drop(tree.remove(&key)),
            }
        }
        Ok(())
    }

    fn facts(&self) -> Result<Option<CheckpointFacts>> {
        Ok(self.read().get(FACTS_KEY).and_then(|bytes| CheckpointFacts::from_bytes(bytes)))
    }

    fn sync(&self) -> Result<()> {
        Ok(())
    }

    fn size_on_disk(&self) -> Result<u64> {
        Ok(self.read().iter().map(|(key, value)| (key.len() + value.len()) as u64).sum())
    }
}
