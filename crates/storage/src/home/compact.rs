//! sled's file does not shrink by itself: compacting writes the store anew, as after a purge (`scrub.rs`), when somebody asks.
//!
//! The journal stays as it is: a store that is lost is rebuilt from it.

use std::path::Path;

use super::{Opened, Options, Storage};
use crate::{Result, StorageError, Store, free_bytes};

/// What compacting has done, bytes of the store on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Compacted {
    /// Before.
    pub before: u64,
    /// After.
    pub after: u64,
}

/// Writes the store of a home anew, in a folder beside it, and swaps the two. Interrupted anywhere, the next start finishes
/// it or has the old store.
///
/// # Errors
/// [`StorageError::DiskFull`] when the disk has no room for both stores above the floor; those of [`Storage::open`];
/// [`StorageError::StoreDamaged`] when the store has to be rebuilt first, which a start of the node does.
pub fn compact(dir: &Path, options: Options) -> Result<Compacted> {
    let before = {
        let storage = open(dir, options)?;
        let before = storage.store.size_on_disk()?;
        has_room(dir, free_bytes(dir)?, before, options.floor_bytes)?;
        storage.scrub_at_start()?;
        before
    };
    let storage = open(dir, options)?;
    if storage.is_scrub_due() {
        let detail = "the copy did not come about; the log says why".to_owned();
        return Err(StorageError::Store { action: "be written anew", detail });
    }
    Ok(Compacted { before, after: storage.store.size_on_disk()? })
}

/// Room for a second store of so many bytes above the floor.
fn has_room(dir: &Path, free: u64, store: u64, floor: u64) -> Result<()> {
    let floor = floor.saturating_add(store);
    if free < floor {
        return Err(StorageError::DiskFull { path: dir.to_owned(), free, floor });
    }
    Ok(())
}

fn open(dir: &Path, options: Options) -> Result<Storage> {
    match Storage::open(dir, options)? {
        (storage, Opened::Fresh | Opened::Intact { .. }) => Ok(storage),
        (_, Opened::Rebuilt { why, .. }) => {
            Err(StorageError::StoreDamaged { action: "compact", detail: why })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Batch, Table};

    const OPTIONS: Options = Options { cache_capacity: 8 << 20, floor_bytes: 1 };

    /// 100 values of 4,000 bytes, and the room of 4,000 more that were there at the same time: what sled frees while it
    /// writes is luck, but what was there at once it cannot have put in the place of another.
    fn filled() -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        let storage = Storage::open(dir.path(), OPTIONS).unwrap().0;
        let write = |round: u8, value: Option<Vec<u8>>| {
            let mut batch = Batch::default();
            for key in 0..100_u8 {
                match &value {
                    Some(value) => batch.put(Table::Drafts, &[round, key], value.clone()),
                    None => batch.delete(Table::Drafts, &[round, key]),
                };
            }
            storage.store().apply(batch).unwrap();
            storage.store().sync().unwrap();
        };
        for round in 0..=40_u8 {
            write(round, Some(vec![round; 4_000]));
        }
        for round in 0..40_u8 {
            write(round, None);
        }
        dir
    }

    #[test]
    fn the_file_shrinks_and_nothing_is_lost() {
        let dir = filled();
        let done = compact(dir.path(), OPTIONS).unwrap();
        assert!(done.before > 16_000_000 && done.after < done.before / 4, "{done:?}");
        let storage = Storage::open(dir.path(), OPTIONS).unwrap().0;
        for key in 0..100_u8 {
            assert_eq!(storage.store().get(Table::Drafts, &[40, key]).unwrap(), Some(vec![40; 4_000]));
        }
    }

    #[test]
    fn without_room_for_both_nothing_is_begun() {
        let dir = filled();
        assert!(has_room(dir.path(), 1_100, 100, 1_000).is_ok());
        assert!(matches!(
            has_room(dir.path(), 1_099, 100, 1_000),
            Err(StorageError::DiskFull { floor: 1_100, .. })
        ));
        // What other programs free meanwhile must not make room here.
        let options = Options { floor_bytes: u64::MAX, ..OPTIONS };
        let refused = compact(dir.path(), options).unwrap_err();
        assert!(matches!(refused, StorageError::DiskFull { .. }), "{refused}");
        assert!(!Storage::open(dir.path(), OPTIONS).unwrap().0.is_scrub_due());
    }
}
