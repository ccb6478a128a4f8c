//! sled behind the trait. Its facts (measured, 0.34.7): `flush()` is not an fsync on Linux; a batch is atomic
//! within one tree only; after a power cut it can open without an error and empty; damaged files can make it panic.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::thread;
use std::time::Duration;

use super::pieces::{self, Cut, Stored};
use super::{Pair, Store, check_limit, strip, tree_range};
use crate::batch::{FACTS_KEY, Op};
use crate::error::IoContext;
use crate::home::HomeLock;
use crate::limits::{COPY_BATCH, OPEN_PAUSE_MS, OPEN_TRIES, SWEEP_SLICE};
use crate::platform::{create_dir, folder_size, sync_dir};
use crate::{Batch, CheckpointFacts, Floor, Result, StorageError, Table};

/// A [`Store`] in a folder.
///
/// Usually [`crate::Storage::open`] opens it, which also notices a store that lost its content.
pub struct SledStore {
    db: sled::Db,
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
            lock: None,
        };
        let last = store.last_id().map_err(|error| match error {
            StorageError::StoreDamaged { detail, .. } => OpenFailure::Damaged(detail),
            other => OpenFailure::Other(other),
        })?;
        store.next_id.store(last.map_or(0, |last| last + 1), Ordering::Relaxed);
        Ok(store)
    }

    /// Keeps the home locked for as long as this store is open.
    pub(crate) fn holding(mut self, lock: Arc<HomeLock>) -> Self {
        self.lock = Some(lock);
        self
    }

    /// Whether it holds nothing at all, not even facts.
    pub(crate) fn is_empty(&self) -> Result<bool> {
        guarded("look for a first key", || self.db.iter().next().transpose()).map(|first| first.is_none())
    }
}

/// Written anew.
impl SledStore {
    /// Writes every pair into `other`, which is empty.
    pub(crate) fn copy_into(&self, other: &Self) -> Result<()> {
        let (mut batch, mut bytes, mut items) = (sled::Batch::default(), 0, self.db.iter());
        while let Some((key, value)) = guarded("read all of it", || items.next().transpose())? {
            bytes += key.len() + value.len();
            batch.insert(key, value);
            if bytes >= COPY_BATCH {
                other.take(std::mem::take(&mut batch))?;
                bytes = 0;
            }
        }
        other.take(batch)
    }

    fn take(&self, batch: sled::Batch) -> Result<()> {
        self.floor.check()?;
        guarded("copy", || self.db.apply_batch(batch))
    }

    /// Fsyncs it, and returns when sled has let go of its files: it closes in the background, and writes by name until then.
    pub(crate) fn close(self) -> Result<()> {
        self.sync()?;
        let Self { db, file, dir, .. } = self;
        drop(db);
        for _ in 0..OPEN_TRIES {
            match file.try_lock() {
                Ok(()) => return Ok(()),
                Err(TryLockError::WouldBlock) => thread::sleep(Duration::from_millis(OPEN_PAUSE_MS)),
                Err(TryLockError::Error(error)) => return Err(error).doing("lock", &dir.join("db")),
            }
        }
        Err(StorageError::StoreBusy { path: dir })
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
            Stored::Inline(_) => None,
        })
    }

    /// `batch` as sled takes it. The order must be held for writing.
    fn prepare(&self, batch: Batch) -> Result<sled::Batch> {
        let mut changes = sled::Batch::default();
        for op in batch.ops {
            match op {
                Op::Put(key, value) if key == FACTS_KEY => changes.insert(key, value),
                Op::Put(key, value) if !pieces::is_large(&value) => {
                    changes.insert(key, pieces::inline(&value))
                }
                Op::Put(key, value) => {
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
        guarded("sweep", || self.db.apply_batch(changes))
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
        let key = table.full_key(key);
        let read = || guarded("read a key", || self.db.get(&key));
        let Some(stored) = read()? else { return Ok(None) };
        if let Stored::Inline(value) = pieces::parse(&stored)? {
            return Ok(Some(value.to_vec()));
        }
        // Its pieces must still be there when we come to them, so once more with batches kept out.
        let _order = self.reading();
        read()?.map(|stored| self.whole(&stored)).transpose()
    }

    fn scan(&self, table: Table, from: &[u8], to: Option<&[u8]>, limit: usize) -> Result<Vec<Pair>> {
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

    fn last(&self, table: Table, prefix: &[u8]) -> Result<Option<Pair>> {
        let end = crate::table::prefix_end(prefix);
        let Some((low, high)) = tree_range(table, prefix, end.as_deref()) else { return Ok(None) };
        let _order = self.reading();
        let found = guarded("look for a last key", || self.db.range(low..high).next_back().transpose())?;
        found.map(|(key, stored)| Ok((strip(&key), self.whole(&stored)?))).transpose()
    }

    fn apply(&self, batch: Batch) -> Result<()> {
        batch.check()?;
        self.floor.check()?;
        let _order = self.writing();
        let changes = self.prepare(batch)?;
        guarded("apply a batch", || self.db.apply_batch(changes))
    }

    fn facts(&self) -> Result<Option<CheckpointFacts>> {
        let Some(bytes) = guarded("read its facts", || self.db.get(FACTS_KEY))? else { return Ok(None) };
        CheckpointFacts::from_bytes(&bytes).map(Some).ok_or_else(|| StorageError::StoreDamaged {
            action: "read its facts",
            detail: format!("{} bytes of another form", bytes.len()),
        })
    }

    fn sync(&self) -> Result<()> {
        self.sweep()?;
        guarded("flush", || self.db.flush())?;
        self.file.sync_all().doing("fsync", &self.dir.join("db"))?;
        // For the names of its snapshot files, which it renames without an fsync of the folder.
        sync_dir(&self.dir)
    }

    fn size_on_disk(&self) -> Result<u64> {
        folder_size(&self.dir)
    }
}

impl std::fmt::Debug for SledStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SledStore").field("dir", &self.dir).finish_non_exhaustive()
    }
}

/// Opens sled; waits a little when a handle of this process has not let go of the file yet (sled closes in
/// the background).
fn open_sled(dir: &Path, cache: u64) -> std::result::Result<sled::Db, OpenFailure> {
    let config = || sled::Config::new().path(dir).cache_capacity(cache);
    for _ in 0..OPEN_TRIES {
        match catch_unwind(AssertUnwindSafe(|| config().open())) {
            Ok(Ok(db)) => return Ok(db),
            Ok(Err(sled::Error::Io(error))) if is_lock_failure(&error) => {
                thread::sleep(Duration::from_millis(OPEN_PAUSE_MS));
            }
            Ok(Err(error)) => {
                return Err(match store_error("open", error) {
                    StorageError::StoreDamaged { detail, .. } => OpenFailure::Damaged(detail),
                    other => OpenFailure::Other(other),
                });
            }
            Err(panic) => return Err(OpenFailure::Damaged(panic_text(panic.as_ref()))),
        }
    }
    Err(OpenFailure::Other(StorageError::StoreBusy { path: dir.to_owned() }))
}

/// sled tells a held lock from other failures only in its text.
fn is_lock_failure(error: &io::Error) -> bool {
    error.to_string().starts_with("could not acquire lock")
}

/// Runs a call into sled; a panic in it (damaged pages) becomes an error.
fn guarded<T>(action: &'static str, call: impl FnOnce() -> sled::Result<T>) -> Result<T> {
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(result) => result.map_err(|error| store_error(action, error)),
        Err(panic) => Err(StorageError::StoreDamaged { action, detail: panic_text(panic.as_ref()) }),
    }
}

/// Tells damage from what may pass.
fn store_error(action: &'static str, error: sled::Error) -> StorageError {
    let passing = match &error {
        sled::Error::Io(error) => {
            !matches!(error.kind(), ErrorKind::UnexpectedEof | ErrorKind::InvalidData | ErrorKind::NotFound)
        }
        _ => false,
    };
    let detail = error.to_string();
    if passing {
        StorageError::Store { action, detail }
    } else {
        StorageError::StoreDamaged { action, detail }
    }
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("it gave up without a word");
    // sled prints whole trees into some of its panics.
    text.chars().take(300).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::MAX_INLINE;

    fn keys(store: &SledStore) -> usize {
        store.db.iter().count()
    }

    fn put(store: &SledStore, key: &[u8], len: usize) {
        let mut batch = Batch::default();
        batch.put(Table::Drafts, key, vec![1; len]);
        store.apply(batch).unwrap();
    }

    #[test]
    fn no_piece_outlives_its_value() {
        let dir = tempfile::tempdir().unwrap();
        let open = || SledStore::open(dir.path(), 4 << 20, Floor::new(dir.path(), 1)).unwrap();
        let store = open();
        put(&store, b"a", 3 * MAX_INLINE);
        assert_eq!(keys(&store), 1 + 1 + 3, "the key, its owner record, three pieces");
        put(&store, b"a", 2 * MAX_INLINE);
        assert_eq!(keys(&store), 1 + 1 + 2, "a large value replaced by a large one");
        put(&store, b"b", 2 * MAX_INLINE);
        drop(store);
        let store = open();
        for key in [b"c", b"d", b"e"] {
            put(&store, key, 2 * MAX_INLINE);
        }
        assert_eq!(keys(&store), 5 * (1 + 1 + 2), "no id is given twice");
        let mut batch = Batch::default();
        store.apply(std::mem::take(batch.delete(Table::Drafts, b"b"))).unwrap();
        assert_eq!(keys(&store), 4 * (1 + 1 + 2), "a large value deleted");
        put(&store, b"a", 10);
        store.sync().unwrap();
        assert_eq!(keys(&store), 1 + 3 * (1 + 1 + 2), "a large value replaced by a small one, swept");
        assert_eq!(store.get(Table::Drafts, b"c").unwrap().unwrap().len(), 2 * MAX_INLINE);
        put(&store, b"f", MAX_INLINE);
        assert_eq!(keys(&store), 2 + 3 * (1 + 1 + 2), "the largest that is not cut");
        let largest = guarded("read a key", || store.db.get(Table::Drafts.full_key(b"f"))).unwrap().unwrap();
        assert_eq!(largest.len(), 1 + MAX_INLINE);
    }

    #[test]
    fn a_store_that_is_still_open_is_waited_for() {
        let dir = tempfile::tempdir().unwrap();
        let open = || SledStore::open(dir.path(), 4 << 20, Floor::new(dir.path(), 1));
        let store = open().unwrap();
        put(&store, b"a", 10);
        let refused = open().unwrap_err();
        assert!(matches!(refused, StorageError::StoreBusy { .. }), "{refused}");
        std::thread::scope(|scope| {
            let waiting = scope.spawn(open);
            thread::sleep(Duration::from_millis(5 * OPEN_PAUSE_MS));
            drop(store);
            assert!(waiting.join().unwrap().unwrap().get(Table::Drafts, b"a").unwrap().is_some());
        });
    }

    #[test]
    fn damage_is_told_from_what_may_pass() {
        let of = |kind: ErrorKind| store_error("read", sled::Error::Io(io::Error::new(kind, "why")));
        for kind in [ErrorKind::UnexpectedEof, ErrorKind::InvalidData, ErrorKind::NotFound] {
            assert!(matches!(of(kind), StorageError::StoreDamaged { .. }), "{kind}");
        }
        for kind in [ErrorKind::PermissionDenied, ErrorKind::StorageFull, ErrorKind::Other] {
            assert!(matches!(of(kind), StorageError::Store { .. }), "{kind}");
        }
        assert!(matches!(
            store_error("read", sled::Error::Corruption { at: None, bt: () }),
            StorageError::StoreDamaged { .. }
        ));
        type Call = fn() -> sled::Result<()>;
        let panics: [(Call, &str); 3] = [
            (|| panic!("page {}", 7), "page 7"),
            (|| panic!("a page"), "a page"),
            (|| std::panic::panic_any(7), "without a word"),
        ];
        for (panic, text) in panics {
            let found = guarded("read", panic).unwrap_err();
            assert!(
                matches!(&found, StorageError::StoreDamaged { detail, .. } if detail.contains(text)),
                "{found}"
            );
        }
        assert_eq!(panic_text(&"x".repeat(1000)).len(), 300);
    }

    #[test]
    fn a_sweep_gets_round_to_everything() {
        let dir = tempfile::tempdir().unwrap();
        let store = SledStore::open(dir.path(), 4 << 20, Floor::new(dir.path(), 1)).unwrap();
        let count = SWEEP_SLICE as u32 + 20;
        (0..count).for_each(|key| put(&store, &key.to_be_bytes(), MAX_INLINE + 1));
        // The last ones, which the first slice does not reach, and a first one after it has passed.
        (count - 10..count).for_each(|key| put(&store, &key.to_be_bytes(), 1));
        store.sync().unwrap();
        put(&store, &0_u32.to_be_bytes(), 1);
        store.sync().unwrap();
        store.sync().unwrap();
        assert_eq!(keys(&store), count as usize + (count as usize - 11) * 3);
    }
}
