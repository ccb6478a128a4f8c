//! The store written anew, so that nothing that was deleted from it is left in its files.
//!
//! sled frees pages without overwriting them, and never shrinks its file. After a purge the living pairs are copied into a
//! store of their own, which takes the old one's place; folders that were set aside go too. This is done at a start, before
//! anyone reads.
//!
//! ```text
//! home/
//!   scrub       the mark: there until it is done
//!   store-new/  the copy; without `store-old` beside it, it may be half done
//!   store-old/  the old store, once the copy is whole and fsynced
//! ```

use std::fs;
use std::path::Path;

use super::{SET_ASIDE, STORE};
use crate::error::IoContext;
use crate::platform::{sync_dir, write_whole};
use crate::{Floor, Result, SledStore};

const MARK: &str = "scrub";
const MARK_WORDS: &[u8] = b"the store is to be written anew at the next start\n";
const COPY: &str = "store-new";
const OLD: &str = "store-old";

/// sled's page cache for the copy, bytes: it is written once and not read.
const COPY_CACHE: u64 = 16 << 20;

/// Asks for it, durably.
pub(super) fn ask(home: &Path) -> Result<()> {
    if is_due(home) { Ok(()) } else { write_whole(home, MARK, MARK_WORDS) }
}

/// Whether it was asked for and is not done.
pub(super) fn is_due(home: &Path) -> bool {
    home.join(MARK).exists()
}

/// Ends what a power cut interrupted between the copy and the removal of the old store. To be called before the store is
/// opened.
pub(super) fn resume(home: &Path) -> Result<()> {
    if home.join(OLD).exists() { swap(home) } else { Ok(()) }
}

/// Writes an intact store anew when that was asked for. Gives it back as it is when there is no room for the copy: then
/// the next start tries again.
pub(super) fn perform(
    home: &Path,
    floor: &Floor,
    store: SledStore,
    open: impl Fn() -> Result<SledStore>,
) -> Result<SledStore> {
    if !is_due(home) {
        return Ok(store);
    }
    tracing::info!("the store is written anew, so that nothing purged is left in it");
    if let Err(error) = copy(home, floor, &store) {
        tracing::error!("the store could not be written anew, and will be at the next start: {error}");
        remove(home, COPY)?;
        return Ok(store);
    }
    store.close()?;
    swap(home)?;
    open()
}

fn copy(home: &Path, floor: &Floor, store: &SledStore) -> Result<()> {
    remove(home, COPY)?;
    let copy = SledStore::open(&home.join(COPY), COPY_CACHE, floor.clone())?;
    store.copy_into(&copy)?;
    copy.close()
}

/// Puts the copy in the old store's place. Each step can be done again after a power cut: while `store-old` is there, the
/// copy was whole.
fn swap(home: &Path) -> Result<()> {
    let (store, copy, old) = (home.join(STORE), home.join(COPY), home.join(OLD));
    if !old.exists() {
        fs::rename(&store, &old).doing("rename", &store)?;
        sync_dir(home)?;
    }
    if copy.exists() {
        fs::rename(&copy, &store).doing("rename", &copy)?;
        sync_dir(home)?;
    }
    for item in fs::read_dir(home).doing("list", home)? {
        let name = item.doing("list", home)?.file_name();
        if let Some(name) = name.to_str().filter(|name| name.starts_with(SET_ASIDE)) {
            remove(home, name)?;
        }
    }
    // The mark goes before the last folder: as long as that is there, this is done again.
    let mark = home.join(MARK);
    if mark.exists() {
        fs::remove_file(&mark).doing("remove", &mark)?;
        sync_dir(home)?;
    }
    remove(home, OLD)
}

fn remove(home: &Path, folder: &str) -> Result<()> {
    let path = home.join(folder);
    if path.exists() {
        fs::remove_dir_all(&path).doing("remove", &path)?;
        sync_dir(home)?;
    }
    Ok(())
}
