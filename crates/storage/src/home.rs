//! The home of a node: opened by one process at a time, its store compared with what was known of it.

mod compact;
mod format;
mod lock;
mod reserve;
mod scrub;
mod sidecar;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::error::IoContext;
use crate::platform::{create_dir, sync_dir};
use crate::store::OpenFailure;
use crate::{
    CheckpointFacts, Floor, Journal, JournalFindings, Position, Result, SledStore, StorageError, Store,
};

pub use compact::{Compacted, compact};
pub(crate) use lock::HomeLock;
use sidecar::{Found, Sidecar};

const STORE: &str = "store";
const JOURNAL: &str = "journal";
const SET_ASIDE: &str = "set-aside-";

/// How to open a home.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// sled's page cache, in bytes. The process takes about a quarter more.
    pub cache_capacity: u64,
    /// Below this many free bytes nothing is written; 0 never refuses. Leave hundreds of MiB: sled writes in
    /// the background too, and does not open on a full disk.
    pub floor_bytes: u64,
}

/// In what state the store was found, and what the caller has to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Opened {
    /// Nothing was ever written here.
    Fresh,
    /// The store holds at least what it held at the last checkpoint. Replay the journal from here.
    Intact {
        /// The last checkpoint's position; the start, if there was none.
        replay_from: Position,
    },
    /// The store was lost, damaged or behind. A new one is begun: replay the whole journal from
    /// [`Position::START`], and fetch the rest from the peers. The next start says the same until a
    /// checkpoint was taken.
    Rebuilt {
        /// The folder that the old store was moved to.
        set_aside: PathBuf,
        /// What was wrong with it.
        why: String,
        /// Entries that it held at its last checkpoint; 0 when that is not known.
        entries: u64,
    },
}

/// An open home: the store, the journal, and the lock that keeps others out.
///
/// The lock is held until the storage and every handle that [`Storage::store`] and [`Storage::journal`] gave
/// are dropped.
pub struct Storage {
    home: PathBuf,
    store: Arc<SledStore>,
    journal: Arc<Journal>,
    findings: JournalFindings,
    floor: Floor,
    sidecar: Mutex<Sidecar>,
}

impl Storage {
    /// Opens the home in `dir`, or makes one there.
    ///
    /// # Errors
    /// [`StorageError::Locked`], [`StorageError::NewerFormat`], [`StorageError::NotAHome`]; otherwise when
    /// the disk fails or is full. A damaged store is no error: see [`Opened::Rebuilt`].
    pub fn open(dir: &Path, options: Options) -> Result<(Self, Opened)> {
        create_dir(dir)?;
        let floor = Floor::new(dir, options.floor_bytes);
        // Before the lock, which writes a line.
        reserve::release_when_full(dir, &floor)?;
        let lock = Arc::new(HomeLock::take(dir)?);
        format::bring_up(dir)?;
        let found = Sidecar::read(dir)?;
        let (journal, findings) = Journal::open(&dir.join(JOURNAL), found.journal(), floor.clone())?;
        scrub::resume(dir)?;
        let (mut store, sidecar, opened) = open_store(dir, options.cache_capacity, &floor, found, &journal)?;
        // One that is being rebuilt has nothing old in it; what was set aside goes with the next intact start.
        if matches!(opened, Opened::Intact { .. }) {
            let open = || SledStore::open(&dir.join(STORE), options.cache_capacity, floor.clone());
            store = scrub::perform(dir, &floor, store, open)?;
        }
        let storage = Self {
            home: dir.to_owned(),
            store: Arc::new(store.holding(Arc::clone(&lock))),
            journal: Arc::new(journal.holding(lock)),
            findings,
            floor,
            sidecar: Mutex::new(sidecar),
        };
        Ok((storage, opened))
    }

    /// The store.
    #[must_use]
    pub fn store(&self) -> Arc<dyn Store> {
        Arc::clone(&self.store) as Arc<dyn Store>
    }

    /// The journal.
    #[must_use]
    pub fn journal(&self) -> Arc<Journal> {
        Arc::clone(&self.journal)
    }

    /// What opening the journal brought to light.
    #[must_use]
    pub fn journal_findings(&self) -> &JournalFindings {
        &self.findings
    }

    /// The home's folder.
    #[must_use]
    pub fn home(&self) -> &Path {
        &self.home
    }

    /// Whether there is room to write.
    ///
    /// # Errors
    /// [`StorageError::DiskFull`] below the floor.
    pub fn room(&self) -> Result<()> {
        self.floor.check()
    }

    /// Makes everything durable that is in the store now, and notes `facts` beside it: the next start expects
    /// them. A batch with these facts ([`crate::Batch::facts`]) must have been applied before. May run on another
    /// thread while batches are applied. One that is older than the last is no error and changes nothing.
    ///
    /// # Errors
    /// [`StorageError::FactsNotInStore`], [`StorageError::NoSuchPosition`], [`StorageError::Condemned`], or when
    /// the disk fails: then the last checkpoint stands.
    pub fn checkpoint(&self, facts: &CheckpointFacts) -> Result<()> {
        let mut sidecar = self.sidecar();
        if sidecar.condemned {
            return Err(StorageError::Condemned);
        }
        let found = self.store.facts()?;
        if found.is_none_or(|found| found.entries < facts.entries || found.journal < facts.journal) {
            let found = found.map(|found| found.entries);
            return Err(StorageError::FactsNotInStore { asked: facts.entries, found });
        }
        self.journal.commit(facts.journal)?;
        self.store.sync()?;
        if facts.entries < sidecar.entries || facts.journal < sidecar.journal {
            return Ok(());
        }
        let next = Sidecar::of(facts);
        next.write(&self.home)?;
        *sidecar = next;
        reserve::hold(&self.home, &self.floor);
        Ok(())
    }

    /// Declares the store damaged (after a [`StorageError::StoreDamaged`]): the next start sets it aside.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn condemn(&self, why: &str) -> Result<()> {
        let mut sidecar = self.sidecar();
        let next = sidecar.rebuilding(next_set_aside(&self.home)?, why.to_owned(), true);
        next.write(&self.home)?;
        *sidecar = next;
        Ok(())
    }

    /// What is wrong with the store's files, once a call has come upon it. Then it is time to [`Storage::condemn`] it.
    #[must_use]
    pub fn fault(&self) -> Option<String> {
        self.store.fault().map(str::to_owned)
    }

    /// Has the store written anew at the next start, and folders that were set aside removed, so that nothing of what is
    /// deleted now is left in their files: sled frees pages without overwriting them. Durable when it returns. The file
    /// system and the disk may keep the freed blocks until they use them again.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn scrub_at_start(&self) -> Result<()> {
        scrub::ask(&self.home)
    }

    /// Whether the store is to be written anew at the next start.
    #[must_use]
    pub fn is_scrub_due(&self) -> bool {
        scrub::is_due(&self.home)
    }

    // The sidecar in memory is only ever replaced whole.
    fn sidecar(&self) -> MutexGuard<'_, Sidecar> {
        self.sidecar.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Storage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Storage").field("home", &self.home).finish_non_exhaustive()
    }
}

/// Opens the store and compares it with the sidecar; begins a new one if it does not hold what it should.
fn open_store(
    dir: &Path,
    cache: u64,
    floor: &Floor,
    found: Found,
    journal: &Journal,
) -> Result<(SledStore, Sidecar, Opened)> {
    let open = || SledStore::try_open(&dir.join(STORE), cache, floor.clone());
    if let Found::Good(sidecar) = &found
        && sidecar.rebuild.is_some()
    {
        return resume_rebuild(dir, sidecar.clone(), open);
    }
    let why = match open() {
        Err(OpenFailure::Other(error)) => return Err(error),
        Err(OpenFailure::Damaged(detail)) => format!("it did not open: {detail}"),
        // The judgement is bound first: when it is bad, the store must be closed before it is moved.
        Ok(store) => match judge(&store, &found)? {
            Some(why) => why,
            None => {
                let empty = store.is_empty()? && journal.end() == Position::START;
                let fresh = empty && matches!(found, Found::None);
                let opened =
                    if fresh { Opened::Fresh } else { Opened::Intact { replay_from: found.replay_from() } };
                return Ok((store, found.or_none(), opened));
            }
        },
    };
    let sidecar = found.or_none().rebuilding(next_set_aside(dir)?, why, false);
    // Written before the move: a power cut in between must not leave an empty store that nobody misses.
    sidecar.write(dir)?;
    resume_rebuild(dir, sidecar, open)
}

/// What is wrong with a store that opened, if anything.
fn judge(store: &SledStore, found: &Found) -> Result<Option<String>> {
    let facts = match store.facts() {
        Ok(facts) => facts,
        Err(StorageError::StoreDamaged { action, detail }) => {
            return Ok(Some(format!("it could not {action}: {detail}")));
        }
        Err(error) => return Err(error),
    };
    Ok(match (found, facts) {
        (Found::None, _) => None,
        (Found::Unreadable, Some(_)) => None,
        (Found::Unreadable, None) => Some("it is empty, and the sidecar does not read".to_owned()),
        (Found::Good(sidecar), None) => {
            Some(format!("it holds nothing, and held {} entries at the last checkpoint", sidecar.entries))
        }
        (Found::Good(sidecar), Some(facts)) => sidecar.complaint(&facts),
    })
}

/// Moves the old store out of the way, unless that was done before, and opens the new one.
fn resume_rebuild(
    dir: &Path,
    sidecar: Sidecar,
    open: impl Fn() -> std::result::Result<SledStore, OpenFailure>,
) -> Result<(SledStore, Sidecar, Opened)> {
    let Some(rebuild) = sidecar.rebuild.clone() else { return Err(StorageError::Condemned) };
    let (store, set_aside) = (dir.join(STORE), dir.join(&rebuild.set_aside));
    if !set_aside.exists() && store.exists() {
        SledStore::wait_until_closed(&store)?;
        fs::rename(&store, &set_aside).doing("set aside", &store)?;
        sync_dir(dir)?;
    }
    tracing::warn!(set_aside = %set_aside.display(), why = rebuild.why, "the store is rebuilt");
    let store = match open() {
        Ok(store) => store,
        Err(OpenFailure::Other(error)) => return Err(error),
        // The new store broke too before its first checkpoint: begin once more, in another place.
        Err(OpenFailure::Damaged(detail)) => {
            sidecar.rebuilding(next_set_aside(dir)?, detail.clone(), false).write(dir)?;
            return Err(StorageError::StoreDamaged { action: "open", detail });
        }
    };
    Ok((store, sidecar, Opened::Rebuilt { set_aside, why: rebuild.why, entries: rebuild.entries }))
}

/// The name of a folder that is not there yet.
fn next_set_aside(dir: &Path) -> Result<String> {
    let mut highest = 0_u64;
    for item in fs::read_dir(dir).doing("list", dir)? {
        let name = item.doing("list", dir)?.file_name();
        let number = name.to_str().and_then(|name| name.strip_prefix(SET_ASIDE)).and_then(|n| n.parse().ok());
        highest = highest.max(number.unwrap_or(0));
    }
    Ok(format!("{SET_ASIDE}{}", highest.saturating_add(1)))
}

#[cfg(test)]
mod tests;
