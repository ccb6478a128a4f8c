//! What can go wrong, to what, why, and what to do next.

use std::io;
use std::path::PathBuf;

use crate::limits::{
    MAX_APPEND, MAX_APPEND_RECORDS, MAX_BATCH_BYTES, MAX_BATCH_OPS, MAX_KEY, MAX_SCAN, MAX_VALUE,
};
use crate::{Position, Table};

/// The result of everything in this crate that can fail.
pub type Result<T> = std::result::Result<T, StorageError>;

/// Why the disk did not do what it was asked to.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StorageError {
    /// The operating system refused a file operation.
    #[error("could not {action} {}: {source}; check the disk and who owns the folder, then try again", path.display())]
    Io {
        /// What was tried, as a verb.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The system's own words.
        source: io::Error,
    },
    /// Less space is free than the floor that the configuration sets. Reading goes on.
    #[error(
        "the disk of {} has {free} bytes free, less than the floor of {floor}: nothing is written until there is more; free some space",
        path.display()
    )]
    DiskFull {
        /// The home.
        path: PathBuf,
        /// Bytes free for this user.
        free: u64,
        /// Bytes that must stay free.
        floor: u64,
    },
    /// Another process runs on this home.
    #[error(
        "{} is in use by {}; stop that node first, or give this one another home",
        path.display(),
        pid.map_or_else(|| "another process".to_owned(), |pid| format!("process {pid}"))
    )]
    Locked {
        /// The home.
        path: PathBuf,
        /// The other's process id, when its lock file tells.
        pid: Option<u32>,
    },
    /// Written by a newer program.
    #[error(
        "{} has format {found}, this program knows formats up to {known}; run the newer program that wrote it",
        path.display()
    )]
    NewerFormat {
        /// The file that carries the version.
        path: PathBuf,
        /// Its version.
        found: u32,
        /// The newest version that this program knows.
        known: u32,
    },
    /// The folder has parts of a home, but no readable `format` file.
    #[error(
        "{} has a store or a journal but no readable `format` file; restore that file (its content is `lianshi home 3`) or give another folder",
        path.display()
    )]
    NotAHome {
        /// The folder.
        path: PathBuf,
    },
    /// The store's files are still open in this process.
    #[error("the store in {} is still open in this process; close it first", path.display())]
    StoreBusy {
        /// The store's folder.
        path: PathBuf,
    },
    /// The store failed in a way that does not speak of damage.
    #[error("the store could not {action}: {detail}; check the disk, then start again")]
    Store {
        /// What was tried, as a verb.
        action: &'static str,
        /// The store's own words.
        detail: String,
    },
    /// The store is damaged. [`crate::Storage::condemn`] has it rebuilt at the next start.
    #[error(
        "the store is damaged (it could not {action}: {detail}); start again, and it is set aside and rebuilt"
    )]
    StoreDamaged {
        /// What was tried, as a verb.
        action: &'static str,
        /// The store's own words.
        detail: String,
    },
    /// The store was condemned; it takes no checkpoint any more.
    #[error(
        "the store was found damaged and takes no checkpoint; start again, and it is set aside and rebuilt"
    )]
    Condemned,
    /// A key above the bound.
    #[error("a key of {len} bytes in table {table:?} is refused: the bound is {MAX_KEY}")]
    KeyTooLong {
        /// The table; `None` for this crate's own.
        table: Option<Table>,
        /// Its length.
        len: usize,
    },
    /// A value above the bound.
    #[error("a value of {len} bytes in table {table:?} is refused: the bound is {MAX_VALUE}")]
    ValueTooLarge {
        /// The table; `None` for this crate's own.
        table: Option<Table>,
        /// Its length.
        len: usize,
    },
    /// A batch above the bounds.
    #[error(
        "a batch of {ops} changes and {bytes} bytes is refused: the bounds are {MAX_BATCH_OPS} and {MAX_BATCH_BYTES}; split it"
    )]
    BatchTooLarge {
        /// Changes in it.
        ops: usize,
        /// Bytes in it.
        bytes: usize,
    },
    /// A scan above the bound.
    #[error("a scan of {limit} pairs is refused: the bound is {MAX_SCAN}; read page by page")]
    ScanTooLong {
        /// The limit that was asked for.
        limit: usize,
    },
    /// A record of the journal was to make way for one that does not fit into its place.
    #[error("a record that takes another's place must be as long, or at least {least} bytes shorter")]
    NotShorter {
        /// Bytes that a gap needs.
        least: usize,
    },
    /// An append above the bounds.
    #[error(
        "{records} records of {bytes} bytes are refused: one append takes {MAX_APPEND_RECORDS} and {MAX_APPEND}; split them"
    )]
    AppendTooLarge {
        /// Records in it.
        records: usize,
        /// Bytes in it.
        bytes: usize,
    },
    /// A frame of the journal does not read back, and it is not a torn end.
    #[error(
        "the journal is damaged in {} at byte {offset}: {why}; what is behind it can be salvaged, what is lost there may be with the peers or in a backup",
        file.display()
    )]
    JournalDamaged {
        /// The journal file.
        file: PathBuf,
        /// Where in it, in bytes.
        offset: u64,
        /// What is wrong there.
        why: &'static str,
    },
    /// Journal files are missing.
    #[error("the journal lacks {from} up to {to} in {}; restore the missing files from a backup, or salvage what is there", dir.display())]
    JournalGap {
        /// The journal's folder.
        dir: PathBuf,
        /// The first position that is missing.
        from: Position,
        /// Where it goes on.
        to: Position,
    },
    /// An earlier write or fsync failed; nothing more can be promised until the journal is opened anew.
    #[error("the journal stopped taking writes ({why}); check the disk, then start again")]
    JournalStopped {
        /// What failed.
        why: String,
    },
    /// A position that this journal has not reached.
    #[error("journal position {asked} does not exist: the journal ends at {end}")]
    NoSuchPosition {
        /// The position asked for.
        asked: Position,
        /// Where the journal ends.
        end: Position,
    },
    /// A checkpoint whose facts the store does not have.
    #[error(
        "a checkpoint of {asked} entries is refused: the store says {found:?}; apply a batch with these facts first"
    )]
    FactsNotInStore {
        /// Entries in the checkpoint.
        asked: u64,
        /// Entries that the store says it has.
        found: Option<u64>,
    },
}

/// Names the action and the path of an I/O error.
pub(crate) trait IoContext<T> {
    /// The error with what was done, to what.
    fn doing(self, action: &'static str, path: &std::path::Path) -> Result<T>;
}

impl<T> IoContext<T> for io::Result<T> {
    fn doing(self, action: &'static str, path: &std::path::Path) -> Result<T> {
        self.map_err(|source| StorageError::Io { action, path: path.to_owned(), source })
    }
}
