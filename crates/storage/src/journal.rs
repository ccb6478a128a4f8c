//! The journal: what was acknowledged, in the order in which it was, fsynced.
//!
//! Files of frames (see `frame.rs`, `segment.rs`); one frame holds the records of one append, and reads back
//! whole or not at all. Absent: any notion of what a record means, and any deletion but [`Journal::erase`] and, of a journal
//! that keeps what is recent alone, [`Journal::drop_before`].

mod frame;
mod open;
mod read;
mod segment;
mod trim;

use std::fmt;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use crate::home::HomeLock;
use crate::limits::JOURNAL_SEGMENT;
use crate::platform::folder_size;
use crate::{Floor, Result, StorageError, Table};

use frame::Frame;
use segment::{HEADER, Segment};

pub use open::JournalFindings;
pub use read::Salvage;

/// A place in the journal. It only grows, across files and restarts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position(u64);

impl Position {
    /// Before the first record.
    pub const START: Self = Self(0);

    /// As a number, to be kept.
    #[must_use]
    pub const fn as_u64(self) -> u64 {
        self.0
    }

    /// From a number that [`Position::as_u64`] gave.
    #[must_use]
    pub const fn from_u64(position: u64) -> Self {
        Self(position)
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "position {}", self.0)
    }
}

/// One thing that was acknowledged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record {
    /// An own entry, as signed.
    Entry(Vec<u8>),
    /// A key was set.
    Put {
        /// The table.
        table: Table,
        /// The key, without the table's code.
        key: Vec<u8>,
        /// The new value.
        value: Vec<u8>,
    },
    /// A key was removed.
    Delete {
        /// The table.
        table: Table,
        /// The key, without the table's code.
        key: Vec<u8>,
    },
}

/// What [`Journal::erase`] is to do with a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Erasure {
    /// It stays.
    Keep,
    /// It goes; its place is filled with zeros.
    Erase,
    /// This record, which takes at least five bytes less (or exactly as many), takes its place.
    Shorten(Record),
}

/// Bytes at the journal's end that were cut off: a write that a power cut interrupted. Nothing in them was acknowledged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cut {
    /// The file.
    pub file: PathBuf,
    /// Where it ends now, in bytes.
    pub offset: u64,
    /// How many bytes were cut off.
    pub bytes: u64,
}

/// A place where the journal does not read back though it once was on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// The file.
    pub file: PathBuf,
    /// Where in it, in bytes.
    pub offset: u64,
    /// How many bytes until it reads again; 0 when that was not looked for.
    pub bytes: u64,
    /// What is wrong.
    pub why: &'static str,
}

/// The open journal. Many threads may append; those that wait for durability share one fsync.
///
/// ```
/// # use storage::{Floor, Journal, Position, Record};
/// # let dir = tempfile::tempdir()?;
/// let (journal, _) = Journal::open(dir.path(), Position::START, Floor::new(dir.path(), 0))?;
/// let position = journal.append(&[Record::Entry(b"signed bytes".to_vec())])?;
/// journal.commit(position)?; // only now may anyone be told
/// journal.replay(Position::START, |_end, records| {
///     assert_eq!(records.len(), 1);
///     Ok::<(), storage::StorageError>(())
/// })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Journal {
    dir: PathBuf,
    floor: Floor,
    segment_bytes: u64,
    active: Mutex<Active>,
    /// Told whenever an fsync ends.
    synced: Condvar,
    fsyncs: AtomicU64,
    /// One erasure at a time.
    erasing: Mutex<()>,
    lock: Option<Arc<HomeLock>>,
}

/// What changes as records come.
struct Active {
    file: Arc<File>,
    /// All files; the last one is being written.
    segments: Vec<Segment>,
    /// Behind the last record written.
    end: u64,
    /// Behind the last record that is surely on disk.
    durable: u64,
    /// Whether some thread is in an fsync now.
    syncing: bool,
    /// Set for good when a write or an fsync failed: after that nobody knows what is on disk.
    stopped: Option<String>,
}

impl Journal {
    /// Opens the journal in `dir`, or creates it.
    ///
    /// `known` is a position that was surely durable (from a checkpoint); what is bad before it is damage
    /// for certain. A torn end is cut off; damage is left in place, and new records go to a new file. Both are
    /// in the findings. Appends are refused below `floor`.
    ///
    /// # Errors
    /// [`StorageError::NewerFormat`], or when the disk fails.
    pub fn open(dir: &Path, known: Position, floor: Floor) -> Result<(Self, JournalFindings)> {
        open::open(dir, known, floor, JOURNAL_SEGMENT)
    }

    /// Keeps the home locked for as long as this journal is open.
    pub(crate) fn holding(mut self, lock: Arc<HomeLock>) -> Self {
        self.lock = Some(lock);
        self
    }

    /// Writes `records` behind all others, as one frame: after a power cut all of them are there, or none.
    /// Returns the position behind them; they are durable after [`Journal::commit`] of it.
    ///
    /// # Errors
    /// When a record or all together are above their bounds, when the disk has less free space than the
    /// floor, or when it fails.
    pub fn append(&self, records: &[Record]) -> Result<Position> {
        self.floor.check()?;
        let frame = Frame::new(records)?;
        let mut active = self.active();
        active.refuse_if_stopped()?;
        if records.is_empty() {
            return Ok(Position(active.end));
        }
        if active.file_length() >= self.segment_bytes {
            self.rotate(&mut active)?;
        }
        let bytes = frame.seal(active.end, active.durable);
        active.write(&bytes)?;
        Ok(Position(active.end))
    }

    /// Returns when everything before `position` is on disk. All threads that wait are served by one fsync.
    ///
    /// # Errors
    /// [`StorageError::NoSuchPosition`] beyond the end; [`StorageError::JournalStopped`] when an fsync failed,
    /// now or earlier: then the records may or may not survive.
    pub fn commit(&self, position: Position) -> Result<()> {
        let mut active = self.active();
        if position.0 > active.end {
            return Err(StorageError::NoSuchPosition { asked: position, end: Position(active.end) });
        }
        while active.durable < position.0 {
            active.refuse_if_stopped()?;
            if active.syncing {
                active = self.synced.wait(active).unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            active.syncing = true;
            let (file, target) = (Arc::clone(&active.file), active.end);
            drop(active);
            let result = self.fsync(&file);
            active = self.active();
            active.syncing = false;
            match result {
                Ok(()) => active.durable = active.durable.max(target),
                Err(error) => active.stop(format!("an fsync failed: {error}")),
            }
            self.synced.notify_all();
        }
        Ok(())
    }

    /// [`Journal::append`], then [`Journal::commit`].
    ///
    /// # Errors
    /// Those of the two.
    pub fn append_durable(&self, records: &[Record]) -> Result<Position> {
        let position = self.append(records)?;
        self.commit(position)?;
        Ok(position)
    }

    /// The position behind the last record.
    #[must_use]
    pub fn end(&self) -> Position {
        Position(self.active().end)
    }

    /// The position behind the last record that is surely on disk.
    #[must_use]
    pub fn durable(&self) -> Position {
        Position(self.active().durable)
    }

    /// How many fsyncs were made since it was opened.
    #[must_use]
    pub fn fsyncs(&self) -> u64 {
        self.fsyncs.load(Ordering::Relaxed)
    }

    /// Bytes that it takes on disk.
    ///
    /// # Errors
    /// When the folder cannot be listed.
    pub fn size_on_disk(&self) -> Result<u64> {
        folder_size(&self.dir)
    }

    /// Ends the current file, on disk, and begins the next one.
    fn rotate(&self, active: &mut Active) -> Result<()> {
        if let Err(error) = self.fsync(&active.file) {
            active.stop(format!("an fsync failed: {error}"));
            self.synced.notify_all();
            return active.refuse_if_stopped();
        }
        active.durable = active.end;
        self.synced.notify_all();
        // A file that may or may not be there must not be followed by more in the old one.
        let (segment, file) = Segment::create(&self.dir, active.end)
            .inspect_err(|error| active.stop(format!("the next file could not be begun: {error}")))?;
        active.segments.push(segment);
        active.file = Arc::new(file);
        Ok(())
    }

    fn fsync(&self, file: &File) -> std::io::Result<()> {
        self.fsyncs.fetch_add(1, Ordering::Relaxed);
        file.sync_data()
    }

    // A panic while the lock was held is impossible short of a failed allocation; the state is sound at every step.
    fn active(&self) -> MutexGuard<'_, Active> {
        self.active.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Active {
    /// Bytes of the current file.
    fn file_length(&self) -> u64 {
        let base = self.segments.last().map_or(self.end, |segment| segment.base);
        HEADER + (self.end - base)
    }

    /// Writes a whole frame, or leaves the file as it was.
    fn write(&mut self, frame: &[u8]) -> Result<()> {
        if let Err(source) = (&*self.file).write_all(frame) {
            if let Err(error) = self.file.set_len(self.file_length()) {
                self.stop(format!("a write failed ({source}) and its half could not be cut off: {error}"));
            }
            let path = self.segments.last().map(|segment| segment.path.clone()).unwrap_or_default();
            return Err(StorageError::Io { action: "write", path, source });
        }
        self.end += frame.len() as u64;
        Ok(())
    }

    fn stop(&mut self, why: String) {
        tracing::error!(why, "the journal stops taking writes");
        self.stopped.get_or_insert(why);
    }

    fn refuse_if_stopped(&self) -> Result<()> {
        match &self.stopped {
            Some(why) => Err(StorageError::JournalStopped { why: why.clone() }),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Journal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Journal").field("dir", &self.dir).field("end", &self.end()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
