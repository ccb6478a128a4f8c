//! sled behind the trait. Its facts (measured, 0.34.7): `flush()` is not an fsync on Linux; a batch is atomic
//! within one tree only; after a power cut it can open without an error and empty; damaged files can make it panic.

mod anew;
mod guard;
mod handle;
mod learning;

use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::thread;
use std::time::Duration;

use super::packing::Packing;
use super::pieces::{self, Cut, Stored};
use super::{Pair, Store, check_limit, strip, tree_range};
use crate::batch::{FACTS_KEY, Op};
use crate::error::IoContext;
use crate::home::HomeLock;
use crate::limits::{OPEN_PAUSE_MS, OPEN_TRIES, SWEEP_SLICE};
use crate::platform::{create_dir, folder_size, sync_dir};
use crate::{Batch, CheckpointFacts, Floor, Result, StorageError, Table};

use guard::{guarded, open_sled};
use handle::Handle;

/// A [`Store`] in a folder.
///
/// Usually [`crate::Storage::open`] opens it, which also notices a store that lost its content.
pub struct SledStore {
    db: Handle,
    /// A handle of our own on sled's file: only we fsync it when it matters.
    file: File,
    dir: PathBuf,
    floor: Floor,
    /// Held for reading by scans and for writing by batches, so that a scan sees batches whole.
    order: RwLock<()>,
    /// For the next value that is cut.
    next_id: AtomicU64,
    /// The cut value at which the next sweep begins.
    sweep_from: AtomicU64,
    packing: Packing,
    /// It was tried to make a dictionary since the store was opened.
    has_learnt: AtomicBool,
    /// The first damage that a call came upon.
    fault: OnceLock<String>,
    /// Whoever still holds the store keeps the home locked. Last field: dropped after the database.
    lock: Option<Arc<HomeLock>>,
}

/// Why a store did not open.
#[derive(Debug)]
pub(crate) enum OpenFailure {
    /// It is damaged; another try will not help.
    Damaged(String),
    /// Something else is in the way: rights, space, open handles.
    Other(StorageError),
}

impl SledStore {
    /// Opens the store in `dir`, or creates it. `cache` is sled's page cache in bytes; batches are refused
    /// below `floor`.
    ///
    /// # Errors
    /// [`StorageError::StoreDamaged`] when it does not read back, otherwise what is in the way.
    pub fn open(dir: &Path, cache: u64, floor: Floor) -> Result<Self> {
        Self::try_open(dir, cache, floor).map_err(|failure| match failure {
            OpenFailure::Damaged(detail) => StorageError::StoreDamaged { action: "open", detail },
            OpenFailure::Other(error) => error,
        })
    }

    pub(crate) fn try_open(dir: &Path, cache: u64, floor: Floor) -> std::result::Result<Self, OpenFailure> {
        create_dir(dir).map_err(OpenFailure::Other)?;
        let db = open_sled(dir, cache)?;
        let path = dir.join("db");
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .open(&path)
            .doing("open", &path)
            .map_err(OpenFailure::Other)?;
        let store = Self {
            db,
            file,
            dir: dir.to_owned(),
            floor,
            order: RwLock::new(()),
            next_id: AtomicU64::new(0),
            sweep_from: AtomicU64::new(0),
            packing: Packing::default(),
            has_learnt: AtomicBool::new(false),
            fault: OnceLock::new(),
            lock: None,
        };
        let ready = store.last_id().and_then(|last| {
            store.next_id.store(last.map_or(0, |last| last + 1), Ordering::Relaxed);
            store.read_dictionary()
        });
        match ready {
            Ok(()) => Ok(store),
            Err(StorageError::StoreDamaged { detail, .. }) => Err(OpenFailure::Damaged(detail)),
            Err(other) => Err(OpenFailure::Other(other)),
        }
    }

    /// Keeps the home locked for as long as this store is open.
    pub(crate) fn holding(mut self, lock: Arc<HomeLock>) -> Self {
        self.lock = Some(lock);
        self
    }

    /// What is wrong with its files, once a call has come upon it.
    pub(crate) fn fault(&self) -> Option<&str> {
        self.fault.get().map(String::as_str)
    }

    fn noting<T>(&self, result: Result<T>) -> Result<T> {
        if let Err(StorageError::StoreDamaged { action, detail }) = &result {
            self.fault.get_or_init(|| format!("it could not {action}: {detail}"));
        }
        result
    }

    /// Whether it holds nothing at all, not even facts.
    pub(crate) fn is_empty(&self) -> Result<bool> {
        guarded("look for a first key", || self.db.iter().next().transpose()).map(|first| first.is_none())
    }
}

/// Written anew.
impl SledStore {
    /// Fsyncs it, and returns when sled has let go of its files: it closes in the background, and writes by name until then.
    pub(crate) fn close(self) -> Result<()> {
        self.sync()?;
        let Self { db, dir, .. } = self;
        drop(db);
        Self::wait_until_closed(&dir)
    }

    /// Returns when no handle of this process is left on the store in `dir`. Another process has none: the home is locked.
    pub(crate) fn wait_until_closed(dir: &Path) -> Result<()> {
        let path = dir.join("db");
        if !path.exists() {
            return Ok(());
        }
        let file = File::open(&path).doing("open", &path)?;
        for _ in 0..OPEN_TRIES {
            match file.try_lock() {
                Ok(()) => return Ok(()),
                Err(TryLockError::WouldBlock) => thread::sleep(Duration::from_millis(OPEN_PAUSE_MS)),
                Err(TryLockError::Error(error)) => return Err(error).doing("lock", &path),
            }
        }
        Err(StorageError::StoreBusy { path: dir.to_owned() })
    }
}

/// Large values.
impl SledStore {
    /// The highest id that a cut value has.
    fn last_id(&self) -> Result<Option<u64>> {
        let range = pieces::owner_key(0)..=pieces::owner_key(u64::MAX);
        let last = guarded("look for a last key", || self.db.range(range).next_back().transpose())?;
        Ok(last.and_then(|(key, _)| pieces::id_of(&key)))
    }

    /// The value that stands for `stored`. The order must be held if it is a cut one.
    fn whole(&self, stored: &[u8]) -> Result<Vec<u8>> {
        let cut = match pieces::parse(stored)? {
            Stored::Inline(value) => return Ok(value.to_vec()),
            Stored::Packed(frame) => return self.packing.unpack(frame),
            Stored::Cut(cut) => cut,
        };
        let mut value = Vec::new();
        let mut items = self.db.range(cut.piece_range());
        while let Some((_, piece)) = guarded("read a piece of a value", || items.next().transpose())? {
            value.extend_from_slice(&piece);
        }
        if value.len() == cut.len {
            return Ok(value);
        }
        let detail = format!("{} bytes of {}", value.len(), cut.len);
        Err(StorageError::StoreDamaged { action: "read a large value", detail })
    }

    /// The cut value that stands at this key of the tree.
    fn cut_at(&self, key: &[u8]) -> Result<Option<Cut>> {
        let Some(stored) = guarded("read a key", || self.db.get(key))? else { return Ok(None) };
        Ok(match pieces::parse(&stored)? {
            Stored::Cut(cut) => Some(cut),
            Stored::Inline(_) | Stored::Packed(_) => None,
        })
    }

    /// `batch` as sled takes it. The order must be held for writing.
    fn prepare(&self, batch: Batch) -> Result<sled::Batch> {
        let mut changes = sled::Batch::default();
        for op in batch.ops {
            match op {
                Op::Put(key, value) if key == FACTS_KEY => changes.insert(key, value),
                Op::Put(key, value) => {
                    if let Some(small) = self.packing.pack(&value) {
                        changes.insert(key, small);
                        continue;
                    }
                    if !pieces::is_large(&value) {
                        changes.insert(key, pieces::inline(&value));
                        continue;
                    }
                    if let Some(old) = self.cut_at(&key)? {
                        old.remove(&mut changes);
                    }
                    let id = self.next_id.fetch_add(1, Ordering::Relaxed);
                    Cut::write(id, key, &value, &mut changes);
                }
                Op::Delete(key) => {
                    if let Some(old) = self.cut_at(&key)? {
                        old.remove(&mut changes);
                    }
                    changes.remove(key);
                }
            }
        }
        Ok(changes)
    }

    /// Removes the pieces of cut values that no key points to any more, among the next [`SWEEP_SLICE`].
    fn sweep(&self) -> Result<()> {
        let _order = self.writing();
        let from = self.sweep_from.load(Ordering::Relaxed);
        let owners = pieces::owner_key(from)..=pieces::owner_key(u64::MAX);
        let (mut changes, mut seen, mut next) = (sled::Batch::default(), 0, from);
        let mut items = self.db.range(owners).take(SWEEP_SLICE);
        while let Some((key, owner)) = guarded("sweep", || items.next().transpose())? {
            seen += 1;
            let Some(id) = pieces::id_of(&key) else { continue };
            next = id.saturating_add(1);
            if self.cut_at(&owner)?.is_some_and(|cut| cut.id == id) {
                continue;
            }
            changes.remove(key);
            let mut pieces = self.db.range(Cut { id, len: 0 }.piece_range());
            while let Some((piece, _)) = guarded("sweep", || pieces.next().transpose())? {
                changes.remove(piece);
            }
        }
        self.sweep_from.store(if seen < SWEEP_SLICE { 0 } else { next }, Ordering::Relaxed);
        self.db.watched("sweep", || self.db.apply_batch(changes))
    }

    // The locks guard an order, not data: a panic under them leaves nothing half done that they protect.
    fn reading(&self) -> RwLockReadGuard<'_, ()> {
        self.order.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn writing(&self) -> RwLockWriteGuard<'_, ()> {
        self.order.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store for SledStore {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>> {
        self.noting(self.value(table, key))
    }

    fn scan(&self, table: Table, from: &[u8], to: Option<&[u8]>, limit: usize) -> Result<Vec<Pair>> {
        self.noting(self.pairs(table, from, to, limit))
    }

    fn last(&self, table: Table, prefix: &[u8]) -> Result<Option<Pair>> {
        self.noting(self.greatest(table, prefix))
    }

    fn apply(&self, batch: Batch) -> Result<()> {
        self.noting(self.change(batch))
    }

    fn facts(&self) -> Result<Option<CheckpointFacts>> {
        self.noting(self.stated())
    }

    fn sync(&self) -> Result<()> {
        self.noting(self.harden())
    }

    fn size_on_disk(&self) -> Result<u64> {
        folder_size(&self.dir)
    }
}

/// The calls of [`Store`], before damage is noted.
impl SledStore {
    fn value(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>> {
        let key = table.full_key(key);
        let read = || guarded("read a key", || self.db.get(&key));
        let Some(stored) = read()? else { return Ok(None) };
        match pieces::parse(&stored)? {
            Stored::Inline(value) => return Ok(Some(value.to_vec())),
            Stored::Packed(frame) => return self.packing.unpack(frame).map(Some),
            Stored::Cut(_) => {}
        }
        // Its pieces must still be there when we come to them, so once more with batches kept out.
        let _order = self.reading();
        read()?.map(|stored| self.whole(&stored)).transpose()
    }

    fn pairs(&self, table: Table, from: &[u8], to: Option<&[u8]>, limit: usize) -> Result<Vec<Pair>> {
        check_limit(limit)?;
        let Some((low, high)) = tree_range(table, from, to) else { return Ok(Vec::new()) };
        let _order = self.reading();
        let mut items = self.db.range(low..high).take(limit);
        let mut pairs = Vec::new();
        while let Some((key, stored)) = guarded("scan", || items.next().transpose())? {
            pairs.push((strip(&key), self.whole(&stored)?));
        }
        Ok(pairs)
    }

    fn greatest(&self, table: Table, prefix: &[u8]) -> Result<Option<Pair>> {
        let end = crate::table::prefix_end(prefix);
        let Some((low, high)) = tree_range(table, prefix, end.as_deref()) else { return Ok(None) };
        let _order = self.reading();
        let found = guarded("look for a last key", || self.db.range(low..high).next_back().transpose())?;
        found.map(|(key, stored)| Ok((strip(&key), self.whole(&stored)?))).transpose()
    }

    fn change(&self, batch: Batch) -> Result<()> {
        batch.check()?;
        self.floor.check()?;
        let _order = self.writing();
        let changes = self.prepare(batch)?;
        self.db.watched("apply a batch", || self.db.apply_batch(changes))
    }

    fn stated(&self) -> Result<Option<CheckpointFacts>> {
        let Some(bytes) = guarded("read its facts", || self.db.get(FACTS_KEY))? else { return Ok(None) };
        CheckpointFacts::from_bytes(&bytes).map(Some).ok_or_else(|| StorageError::StoreDamaged {
            action: "read its facts",
            detail: format!("{} bytes of another form", bytes.len()),
        })
    }

    fn harden(&self) -> Result<()> {
        self.sweep()?;
        self.learn()?;
        self.db.watched("flush", || self.db.flush())?;
        self.file.sync_all().doing("fsync", &self.dir.join("db"))?;
        // For the names of its snapshot files, which it renames without an fsync of the folder.
        sync_dir(&self.dir)
    }
}

impl std::fmt::Debug for SledStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SledStore").field("dir", &self.dir).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
