//! The files of listings on this node's disk: `files` in its home.
//!
//! A file is read only when its bytes are those of its name; they are looked at in turn, too, so that what the disk spoils is
//! noticed and fetched again before someone needs it. Any process of this node's owner may put one there, so the command
//! line hands files over without sending them through the control socket. Absent: who names them (`market`), and who has them
//! sent (`core::files`).

use std::collections::VecDeque;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use market::FileUse;
use protocol::limits::MAX_ATTACHMENT;
use protocol::{Attachment, Hash, file_hash};
use storage::{Files, Floor, Result, Stand, StorageError};

use crate::bytes::bytes as size_text;
use crate::config::{AttachmentsSection, Config};
use crate::office::{Failure, exit};

/// A file that nothing has ever named is kept so long: it may be about to be attached.
const UNNAMED: Duration = Duration::from_secs(24 * 3_600);
/// A file that is named no more is kept so long after it came: what named it may come back, with the other branch of a fork.
const NAMED_ONCE: Duration = Duration::from_secs(30 * 24 * 3_600);

/// The files of a home.
pub struct Filing {
    files: Files,
    /// Bytes of all of them, as far as this process knows.
    held: AtomicU64,
    /// Something was purged since they were swept.
    due: AtomicBool,
    /// One was found spoiled since they were last fetched.
    lost: AtomicBool,
}

impl Filing {
    /// Those of a home.
    pub fn of(home: &Path, config: &Config) -> Self {
        let floor = Floor::new(home, config.storage.floor_mib << 20);
        let filing = Self {
            files: Files::new(&home.join(Files::FOLDER), floor),
            held: AtomicU64::new(0),
            due: AtomicBool::new(true),
            lost: AtomicBool::new(false),
        };
        if let Err(error) = filing.count() {
            tracing::error!("the files of listings could not be counted: {error}");
        }
        filing
    }

    /// The folder.
    pub fn files(&self) -> &Files {
        &self.files
    }

    /// Bytes that all of them take.
    pub fn bytes(&self) -> u64 {
        self.held.load(Ordering::Relaxed)
    }

    /// Whether there is room for one more.
    ///
    /// # Errors
    /// When all of them take as much as they may.
    pub fn room(
        &self,
        attachment: &Attachment,
        section: &AttachmentsSection,
    ) -> std::result::Result<(), Failure> {
        if self.holds(&attachment.file) || self.bytes().saturating_add(attachment.size) <= section.cap() {
            return Ok(());
        }
        let places = [("held", &*size_text(self.bytes())), ("most", &*size_text(section.cap()))];
        Err(Failure::said(exit::REFUSED, "attachment.failure.room", &places))
    }

    /// Counts them anew.
    fn count(&self) -> Result<()> {
        let mut sum = 0;
        self.files.walk(SystemTime::UNIX_EPOCH, &mut |file| sum += file.bytes)?;
        self.held.store(sum, Ordering::Relaxed);
        Ok(())
    }

    /// Notes that so many bytes came.
    pub fn came(&self, bytes: u64) {
        self.held.fetch_add(bytes, Ordering::Relaxed);
    }

    /// What they are to listings has changed: they are to be swept soon.
    pub fn sweep_soon(&self) {
        self.due.store(true, Ordering::Relaxed);
    }

    /// Whether that was said since the last time that it was asked.
    pub fn is_sweep_due(&self) -> bool {
        self.due.swap(false, Ordering::Relaxed)
    }

    /// Whether one was found spoiled since this was last asked: it is to be fetched soon.
    pub fn is_fetch_due(&self) -> bool {
        self.lost.swap(false, Ordering::Relaxed)
    }

    /// Whether a file is here. Where the disk does not tell, it is not.
    pub fn holds(&self, file: &Hash) -> bool {
        self.files.size(&file.0).is_ok_and(|size| size.is_some())
    }

    /// Names of the files that are here, and of those that the disk has spoiled, ascending, behind a place.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn names(&self, after: Option<Hash>) -> Result<Vec<Hash>> {
        let mut names = Vec::new();
        self.files.walk(SystemTime::UNIX_EPOCH, &mut |file| {
            let behind = after.is_none_or(|after| file.name > after.0);
            names.extend((file.stand != Stand::Part && behind).then_some(Hash(file.name)));
        })?;
        names.sort();
        Ok(names)
    }

    /// Keeps a file; it survives a power cut when this returns.
    ///
    /// # Errors
    /// When the disk is full or fails.
    pub fn put(&self, attachment: &Attachment, bytes: &[u8]) -> Result<()> {
        if !self.holds(&attachment.file) {
            self.files.put(&attachment.file.0, bytes)?;
            self.came(attachment.size);
        }
        Ok(())
    }

    /// A file's bytes. One that the disk has spoiled is put aside, so that it is fetched again, and is not there.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn read(&self, file: &Hash) -> Result<Option<Vec<u8>>> {
        match self.files.read(&file.0, 0, MAX_ATTACHMENT + 1) {
            Ok(None) => return Ok(None),
            Ok(Some(bytes)) if file_hash(&bytes) == *file => return Ok(Some(bytes)),
            // A place of the disk that does not read is as lost as one that reads wrong.
            Ok(Some(_)) | Err(StorageError::Io { action: "read", .. }) => {}
            Err(error) => return Err(error),
        }
        tracing::error!(
            "the file {file} of a listing is damaged on this disk: it is put aside, and asked for again"
        );
        self.files.set_aside(&file.0)?;
        self.lost.store(true, Ordering::Relaxed);
        Ok(None)
    }

    /// Reads the next file of a round, which begins anew once all were read, so that one which the disk has spoiled is noticed.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn look_at_next(&self, round: &mut VecDeque<Hash>) -> Result<()> {
        if round.is_empty() {
            round.extend(self.names(None)?);
        }
        round.pop_front().map_or(Ok(None), |file| self.read(&file)).map(drop)
    }

    /// Removes files that nothing names, once they have been here for a while; `kept` says of a file what it is to listings and
    /// drafts. Returns how many went.
    ///
    /// # Errors
    /// When the disk or the store fails.
    pub fn sweep(
        &self,
        now: SystemTime,
        mut kept: impl FnMut(&Hash) -> market::Result<FileUse>,
    ) -> market::Result<u64> {
        let mut found = Vec::new();
        self.files.walk(now.checked_sub(UNNAMED).unwrap_or(now), &mut |file| found.push(file))?;
        let (mut gone, mut sum) = (0, 0);
        for file in found {
            let age = now.duration_since(file.modified).unwrap_or_default();
            let goes = match kept(&Hash(file.name))? {
                FileUse::Now => false,
                FileUse::Purged => true,
                FileUse::Once => age > NAMED_ONCE,
                FileUse::Never => age > UNNAMED,
            };
            if goes {
                self.files.remove(&file.name)?;
                gone += 1;
            } else {
                sum += file.bytes;
            }
        }
        self.held.store(sum, Ordering::Relaxed);
        Ok(gone)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filing(home: &Path) -> Filing {
        let mut config = Config::default();
        config.storage.floor_mib = 0;
        Filing::of(home, &config)
    }

    #[test]
    fn a_file_that_the_disk_spoiled_is_not_shown_and_is_noticed_in_its_turn() {
        let home = tempfile::tempdir().unwrap();
        let filing = filing(home.path());
        let file = Attachment::of(b"%PDF-1.7 report", "").unwrap();
        filing.put(&file, b"%PDF-1.7 report").unwrap();
        assert_eq!(filing.read(&file.file).unwrap().unwrap(), b"%PDF-1.7 report");
        assert_eq!(filing.bytes(), file.size);
        let mut round = VecDeque::new();
        filing.look_at_next(&mut round).unwrap();
        assert!(filing.holds(&file.file) && !filing.is_fetch_due());
        let digits = file.file.to_string();
        let path = home.path().join(Files::FOLDER).join(&digits[..2]).join(&digits[2..]);
        std::fs::write(path, b"%PDF-1.7 rep0rt").unwrap();
        filing.look_at_next(&mut round).unwrap();
        assert!(!filing.holds(&file.file) && filing.is_fetch_due() && !filing.is_fetch_due());
        assert_eq!(filing.read(&file.file).unwrap(), None);
        assert!(filing.files().left_of(&file.file.0).is_some());
        filing.put(&file, b"%PDF-1.7 report").unwrap();
        assert!(filing.files().left_of(&file.file.0).is_none());
    }

    #[test]
    fn what_nothing_names_goes_after_a_while_and_what_was_purged_at_once() {
        let home = tempfile::tempdir().unwrap();
        let filing = filing(home.path());
        let file = Attachment::of(b"%PDF-1.7 report", "").unwrap();
        let day = Duration::from_secs(24 * 3_600);
        for (named, stays, goes) in [
            (FileUse::Now, Some(day * 1_000), None),
            (FileUse::Once, Some(day * 29), Some(day * 31)),
            (FileUse::Never, Some(day / 2), Some(day * 2)),
            (FileUse::Purged, None, Some(Duration::ZERO)),
        ] {
            filing.put(&file, b"%PDF-1.7 report").unwrap();
            for (age, left) in [(stays, true), (goes, false)] {
                let Some(age) = age else { continue };
                filing.sweep(SystemTime::now() + age, |_| Ok(named)).unwrap();
                assert_eq!(filing.holds(&file.file), left, "{named:?} after {age:?}");
                assert_eq!(filing.bytes() > 0, left);
            }
        }
    }
}
