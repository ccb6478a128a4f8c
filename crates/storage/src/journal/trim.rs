//! A journal that keeps what is recent alone: short files, of which the oldest go. The node's own journal is none of these.

use std::fs;
use std::path::Path;

use super::{Journal, JournalFindings, Position, open};
use crate::error::IoContext;
use crate::platform::sync_dir;
use crate::{Floor, Result};

impl Journal {
    /// Opens a journal whose files end at `file_bytes`, or creates it; otherwise as [`Journal::open`].
    ///
    /// # Errors
    /// As [`Journal::open`].
    pub fn open_in_files(dir: &Path, floor: Floor, file_bytes: u64) -> Result<(Self, JournalFindings)> {
        open::open(dir, Position::START, floor, file_bytes)
    }

    /// Where each file begins, the oldest first. There is always one.
    #[must_use]
    pub fn files(&self) -> Vec<Position> {
        self.active().segments.iter().map(|segment| Position(segment.base)).collect()
    }

    /// Where the file begins that the last record went to.
    #[must_use]
    pub fn last_file(&self) -> Position {
        let active = self.active();
        Position(active.segments.last().map_or(active.end, |segment| segment.base))
    }

    /// What is appended from now on goes to a new file, unless the last one is empty.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn begin_file(&self) -> Result<()> {
        let mut active = self.active();
        active.refuse_if_stopped()?;
        match active.segments.last() {
            Some(last) if last.base < active.end => self.rotate(&mut active),
            _ => Ok(()),
        }
    }

    /// Removes the files all of whose records lie before `position`, the oldest first, and returns how many. The last file
    /// stays. Nobody may be reading before `position`.
    ///
    /// # Errors
    /// When the disk fails: those before are gone, and the call can be made again.
    pub fn drop_before(&self, position: Position) -> Result<u64> {
        let mut active = self.active();
        let mut dropped = 0;
        while active.segments.get(1).is_some_and(|second| second.base <= position.0) {
            let path = active.segments[0].path.clone();
            fs::remove_file(&path).doing("remove", &path)?;
            active.segments.remove(0);
            dropped += 1;
        }
        drop(active);
        if dropped > 0 {
            sync_dir(&self.dir)?;
        }
        Ok(dropped)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Record, StorageError};

    fn record(number: u8) -> Record {
        Record::Entry(vec![number; 20])
    }

    #[test]
    fn the_oldest_files_go_and_the_rest_reads_back_after_a_restart() {
        let dir = tempfile::tempdir().unwrap();
        let open = || Journal::open_in_files(dir.path(), Floor::new(dir.path(), 0), 100).unwrap().0;
        let journal = open();
        for number in 0..20 {
            journal.append_durable(&[record(number)]).unwrap();
        }
        let files = journal.files();
        assert!(files.len() > 3, "{files:?}");
        let keep = files[2];
        assert_eq!(journal.drop_before(keep).unwrap(), 2);
        assert_eq!(journal.drop_before(keep).unwrap(), 0, "once");
        drop(journal);
        let journal = open();
        assert_eq!(journal.files()[0], keep);
        let mut read = Vec::new();
        journal
            .replay(keep, |_, records| {
                read.extend(records);
                Ok::<(), StorageError>(())
            })
            .unwrap();
        assert_eq!(read.last(), Some(&record(19)));
        assert!(read.len() < 20 && read[0] != record(0));
        // All may be asked to go: the file that is written stays.
        journal.drop_before(journal.end()).unwrap();
        assert_eq!(journal.files().len(), 1);
        journal.begin_file().unwrap();
        journal.begin_file().unwrap();
        assert_eq!(journal.files().len(), 2, "an empty file is not followed by another");
        assert_eq!(journal.last_file(), journal.end());
    }
}
