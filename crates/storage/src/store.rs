//! The ordered store: tables of bytes, changed by batches.

mod memory;
mod on_disk;
mod packing;
mod pieces;

use std::ops::ControlFlow;

use crate::limits::{MAX_SCAN, WALK_PAGE};
use crate::table::prefix_end;
use crate::{Batch, CheckpointFacts, Result, StorageError, Table};

pub use memory::MemoryStore;
pub(crate) use on_disk::OpenFailure;
pub use on_disk::SledStore;

/// A key (without the table's code) and its value.
pub type Pair = (Vec<u8>, Vec<u8>);

/// Is shown a key and its value, and says whether to go on.
pub type Visit<'a> = dyn FnMut(&[u8], &[u8]) -> ControlFlow<()> + 'a;

/// Tables of bytes, ordered by key, that change by whole batches.
///
/// Every call may block. A scan sees each batch whole or not at all; two calls one after the other may see
/// different states. A returned `Ok` of [`Store::apply`] is not yet durable: that is what the journal and
/// [`Store::sync`] are for.
///
/// There is no `count`: in sled it reads the whole table.
pub trait Store: Send + Sync {
    /// The value of `key`.
    ///
    /// # Errors
    /// When the disk or the store fails.
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>>;

    /// The first `limit` pairs with `from <= key < to`, in order; `to: None` is the table's end. Fewer than
    /// `limit` means that there are no more.
    ///
    /// # Errors
    /// [`StorageError::ScanTooLong`] above [`MAX_SCAN`]; otherwise when the disk or the store fails.
    fn scan(&self, table: Table, from: &[u8], to: Option<&[u8]>, limit: usize) -> Result<Vec<Pair>>;

    /// The pair with the greatest key that begins with `prefix`.
    ///
    /// # Errors
    /// When the disk or the store fails.
    fn last(&self, table: Table, prefix: &[u8]) -> Result<Option<Pair>>;

    /// Makes all changes of `batch`, or none.
    ///
    /// # Errors
    /// When a key, a value or the batch is above its bound, when the disk has less free space than the
    /// floor, or when the disk or the store fails.
    fn apply(&self, batch: Batch) -> Result<()>;

    /// The facts of the last batch that carried some.
    ///
    /// # Errors
    /// When the disk or the store fails, or holds something else in their place.
    fn facts(&self) -> Result<Option<CheckpointFacts>>;

    /// Returns when all that was applied before the call survives a power cut. Tens of milliseconds or more.
    ///
    /// # Errors
    /// When the disk or the store fails: then nothing can be said of what survives.
    fn sync(&self) -> Result<()>;

    /// Bytes that the store takes on disk (in memory, for the twin).
    ///
    /// # Errors
    /// When the folder cannot be listed.
    fn size_on_disk(&self) -> Result<u64>;

    /// The first `limit` pairs whose key begins with `prefix` and is above `after`.
    ///
    /// # Errors
    /// Those of [`Store::scan`].
    fn scan_prefix(
        &self,
        table: Table,
        prefix: &[u8],
        after: Option<&[u8]>,
        limit: usize,
    ) -> Result<Vec<Pair>> {
        let end = prefix_end(prefix);
        match after.filter(|after| *after >= prefix) {
            // The least key above another is that key with a zero byte behind it.
            Some(after) => self.scan(table, &[after, &[0]].concat(), end.as_deref(), limit),
            None => self.scan(table, prefix, end.as_deref(), limit),
        }
    }

    /// Shows every pair whose key begins with `prefix`, in order, until `visit` breaks. Reads
    /// [`WALK_PAGE`] pairs at a time, so it holds little memory and no lock between pages.
    ///
    /// # Errors
    /// Those of [`Store::scan`].
    fn walk(&self, table: Table, prefix: &[u8], visit: &mut Visit<'_>) -> Result<()> {
        let mut after: Option<Vec<u8>> = None;
        loop {
            let mut page = self.scan_prefix(table, prefix, after.as_deref(), WALK_PAGE)?;
            if page.iter().any(|(key, value)| visit(key, value).is_break()) || page.len() < WALK_PAGE {
                return Ok(());
            }
            after = page.pop().map(|(key, _)| key);
        }
    }
}

/// The bounds of a scan as keys of the tree, lower inclusive, upper exclusive; `None` when nothing can lie between.
fn tree_range(table: Table, from: &[u8], to: Option<&[u8]>) -> Option<(Vec<u8>, Vec<u8>)> {
    let low = table.full_key(from);
    let high = to.map_or_else(|| vec![table.code() + 1], |to| table.full_key(to));
    (low < high).then_some((low, high))
}

/// Refuses a scan above the bound.
fn check_limit(limit: usize) -> Result<()> {
    if limit > MAX_SCAN { Err(StorageError::ScanTooLong { limit }) } else { Ok(()) }
}

/// A key of the tree without the table's code.
fn strip(key: &[u8]) -> Vec<u8> {
    key.get(1..).unwrap_or_default().to_vec()
}
