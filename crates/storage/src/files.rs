//! Files beside the store, each under the hash of its bytes, whole or in the making.
//!
//! ```text
//! files/ab/cdef…          whole: written, fsynced, then named
//! files/ab/cdef….part     what has come of it so far
//! files/ab/cdef….spoiled  what the disk has left of it: kept until it is whole again, since it may be all that there is
//! ```
//!
//! Whoever writes a file knows that the bytes are those of its name: nothing here reckons hashes. Several processes may write at
//! once, and the same file too. Absent: who names a file and for how long it is kept.

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use crate::error::IoContext;
use crate::platform::{create_dir, sync_dir};
use crate::{Floor, Result};

/// Ending of a file that is not whole.
const PART: &str = ".part";
/// Ending of a file whose bytes are not those of its name any more.
const SPOILED: &str = ".spoiled";
/// Ending of a file that is being written at this moment.
const NEW: &str = ".new";

/// The name of a file: a hash of its bytes.
pub type FileName = [u8; 32];

/// How much of a file there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stand {
    /// All of it.
    Whole,
    /// What has come so far.
    Part,
    /// What the disk has left of it.
    Spoiled,
}

/// A file as a walk comes upon it.
#[derive(Clone, Debug)]
pub struct StoredFile {
    /// Its name.
    pub name: FileName,
    /// Its bytes on disk.
    pub bytes: u64,
    /// How much of it there is.
    pub stand: Stand,
    /// When it was last written.
    pub modified: SystemTime,
}

/// A folder of files.
#[derive(Debug)]
pub struct Files {
    dir: PathBuf,
    floor: Floor,
    /// Numbers the files that this process is writing.
    written: AtomicU64,
}

impl Files {
    /// Name of their folder in a home.
    pub const FOLDER: &str = "files";

    /// The files in `dir`, which is made with the first of them. Nothing is written below the floor.
    #[must_use]
    pub fn new(dir: &Path, floor: Floor) -> Self {
        Self { dir: dir.to_owned(), floor, written: AtomicU64::new(0) }
    }

    /// Keeps a file. When this returns it survives a power cut. One that is there already stays.
    ///
    /// # Errors
    /// When the disk is full or fails.
    pub fn put(&self, name: &FileName, bytes: &[u8]) -> Result<()> {
        if self.size(name)?.is_some() {
            return Ok(());
        }
        self.floor.check()?;
        let path = self.path(name);
        let folder = path.parent().unwrap_or(&self.dir);
        create_dir(folder)?;
        let number = self.written.fetch_add(1, Ordering::Relaxed);
        let draft = path.with_extension(format!("{}-{number}{NEW}", std::process::id()));
        let done = write_new(&draft, bytes)
            .and_then(|()| fs::rename(&draft, &path).doing("rename", &draft))
            .and_then(|()| remove(&self.spoiled(name)))
            .and_then(|()| sync_dir(folder));
        if done.is_err() {
            // What is reported is why.
            let _ = fs::remove_file(&draft);
        }
        done
    }

    /// The length of a file that is whole; `None` when it is not here.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn size(&self, name: &FileName) -> Result<Option<u64>> {
        size_of(&self.path(name))
    }

    /// At most `most` bytes of a whole file from `offset` on; `None` when it is not here.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn read(&self, name: &FileName, offset: u64, most: u64) -> Result<Option<Vec<u8>>> {
        read_from(&self.path(name), offset, most)
    }

    /// How much has come of a file that is not whole.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn come(&self, name: &FileName) -> Result<u64> {
        Ok(size_of(&self.part(name))?.unwrap_or_default())
    }

    /// What has come of it, at most `most` bytes.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn read_part(&self, name: &FileName, most: u64) -> Result<Vec<u8>> {
        Ok(read_from(&self.part(name), 0, most)?.unwrap_or_default())
    }

    /// Writes the next piece of a file that is not whole; what may stand from `offset` on makes way. A power cut may cost it.
    ///
    /// # Errors
    /// When the disk is full or fails.
    pub fn extend(&self, name: &FileName, offset: u64, bytes: &[u8]) -> Result<()> {
        self.floor.check()?;
        let path = self.part(name);
        create_dir(path.parent().unwrap_or(&self.dir))?;
        let mut file =
            OpenOptions::new().create(true).truncate(false).write(true).open(&path).doing("open", &path)?;
        file.set_len(offset).doing("shorten", &path)?;
        file.seek(SeekFrom::Start(offset)).doing("seek in", &path)?;
        file.write_all(bytes).doing("write", &path)
    }

    /// Gives a file that has come whole its name. When this returns it survives a power cut.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn finish(&self, name: &FileName) -> Result<()> {
        let (part, path) = (self.part(name), self.path(name));
        File::open(&part).and_then(|file| file.sync_all()).doing("fsync", &part)?;
        fs::rename(&part, &path).doing("rename", &part)?;
        remove(&self.spoiled(name))?;
        sync_dir(path.parent().unwrap_or(&self.dir))
    }

    /// Puts a file aside whose bytes are not those of its name: it is not there any more, and what is left of it is kept beside
    /// its place until it is [`Files::put`] there or fetched again.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn set_aside(&self, name: &FileName) -> Result<()> {
        let path = self.path(name);
        fs::rename(&path, self.spoiled(name)).doing("rename", &path)
    }

    /// What is left of a file that was put aside.
    pub fn left_of(&self, name: &FileName) -> Option<PathBuf> {
        Some(self.spoiled(name)).filter(|path| path.is_file())
    }

    /// Removes what has come of a file that is not whole.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn drop_part(&self, name: &FileName) -> Result<()> {
        remove(&self.part(name))
    }

    /// Removes a file: whole, in the making, and what is left of a spoiled one.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn remove(&self, name: &FileName) -> Result<()> {
        self.drop_part(name)?;
        remove(&self.spoiled(name))?;
        let path = self.path(name);
        remove(&path)?;
        match path.parent().filter(|folder| folder.is_dir()) {
            Some(folder) => sync_dir(folder),
            None => Ok(()),
        }
    }

    /// Goes through all files. Of those that a process was writing when it ended the remains are removed, once they are older
    /// than `before`.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn walk(&self, before: SystemTime, visit: &mut dyn FnMut(StoredFile)) -> Result<()> {
        if !self.dir.is_dir() {
            return Ok(());
        }
        for folder in fs::read_dir(&self.dir).doing("list", &self.dir)? {
            let folder = folder.doing("list", &self.dir)?.path();
            if !folder.is_dir() {
                continue;
            }
            for item in fs::read_dir(&folder).doing("list", &folder)? {
                let item = item.doing("list", &folder)?;
                // It may have been named or removed while we look.
                let Ok(meta) = item.metadata() else { continue };
                let modified = meta.modified().unwrap_or(SystemTime::UNIX_EPOCH);
                match named(&folder, &item.path()) {
                    Some((name, stand)) => visit(StoredFile { name, bytes: meta.len(), stand, modified }),
                    None if item.path().to_string_lossy().ends_with(NEW) && modified < before => {
                        remove(&item.path())?;
                    }
                    None => {}
                }
            }
        }
        Ok(())
    }

    fn path(&self, name: &FileName) -> PathBuf {
        let digits = data_encoding::HEXLOWER.encode(name);
        let (folder, rest) = digits.split_at(2);
        self.dir.join(folder).join(rest)
    }

    fn part(&self, name: &FileName) -> PathBuf {
        self.beside(name, PART)
    }

    fn spoiled(&self, name: &FileName) -> PathBuf {
        self.beside(name, SPOILED)
    }

    fn beside(&self, name: &FileName, ending: &str) -> PathBuf {
        let mut path = self.path(name).into_os_string();
        path.push(ending);
        path.into()
    }
}

/// Which file a path is, and how much of it; `None` for what is none.
fn named(folder: &Path, path: &Path) -> Option<(FileName, Stand)> {
    let (first, last) = (folder.file_name()?.to_str()?, path.file_name()?.to_str()?);
    let endings = [(PART, Stand::Part), (SPOILED, Stand::Spoiled)];
    let ended = endings.into_iter().find_map(|(ending, stand)| Some((last.strip_suffix(ending)?, stand)));
    let (rest, stand) = ended.unwrap_or((last, Stand::Whole));
    let name = data_encoding::HEXLOWER.decode(format!("{first}{rest}").as_bytes()).ok()?;
    Some((name.try_into().ok()?, stand))
}

fn write_new(path: &Path, bytes: &[u8]) -> Result<()> {
    let mut file = OpenOptions::new().create_new(true).write(true).open(path).doing("create", path)?;
    file.write_all(bytes).doing("write", path)?;
    file.sync_all().doing("fsync", path)
}

fn size_of(path: &Path) -> Result<Option<u64>> {
    match fs::metadata(path) {
        Ok(meta) => Ok(Some(meta.len())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).doing("look at", path),
    }
}

fn read_from(path: &Path, offset: u64, most: u64) -> Result<Option<Vec<u8>>> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error).doing("open", path),
    };
    file.seek(SeekFrom::Start(offset)).doing("seek in", path)?;
    let mut bytes = Vec::new();
    file.take(most).read_to_end(&mut bytes).doing("read", path)?;
    Ok(Some(bytes))
}

fn remove(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error).doing("remove", path),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::StorageError;

    const NAME: FileName = [0xab; 32];

    fn all(files: &Files) -> Vec<(FileName, u64, Stand)> {
        let mut found = Vec::new();
        files.walk(SystemTime::UNIX_EPOCH, &mut |f| found.push((f.name, f.bytes, f.stand))).unwrap();
        found
    }

    #[test]
    fn a_file_is_there_whole_or_not_at_all() {
        let dir = tempfile::tempdir().unwrap();
        let files = Files::new(&dir.path().join("files"), Floor::new(dir.path(), 0));
        assert_eq!((files.size(&NAME).unwrap(), files.read(&NAME, 0, 9).unwrap()), (None, None));
        assert!(all(&files).is_empty());
        files.put(&NAME, b"0123456789").unwrap();
        files.put(&NAME, b"whatever else").unwrap();
        assert_eq!(files.read(&NAME, 3, 4).unwrap().unwrap(), b"3456");
        assert_eq!(files.read(&NAME, 99, 4).unwrap().unwrap(), b"");
        assert_eq!(all(&files), [(NAME, 10, Stand::Whole)], "no draft is left");
        files.remove(&NAME).unwrap();
        files.remove(&NAME).unwrap();
        assert!(all(&files).is_empty());
    }

    #[test]
    fn pieces_are_put_together_and_a_later_one_makes_others_way() {
        let dir = tempfile::tempdir().unwrap();
        let files = Files::new(dir.path(), Floor::new(dir.path(), 0));
        files.extend(&NAME, 0, b"abcd").unwrap();
        files.extend(&NAME, 4, b"efgh").unwrap();
        files.extend(&NAME, 2, b"XY").unwrap();
        assert_eq!((files.come(&NAME).unwrap(), files.size(&NAME).unwrap()), (4, None));
        assert_eq!(files.read_part(&NAME, 3).unwrap(), b"abX");
        assert_eq!(all(&files), [(NAME, 4, Stand::Part)]);
        files.finish(&NAME).unwrap();
        assert_eq!((files.come(&NAME).unwrap(), files.size(&NAME).unwrap()), (0, Some(4)));
        assert!(files.finish(&[1; 32]).is_err());
    }

    #[test]
    fn what_is_left_of_a_spoiled_file_is_kept_until_it_is_whole_again() {
        let dir = tempfile::tempdir().unwrap();
        let files = Files::new(dir.path(), Floor::new(dir.path(), 0));
        let spoil = |come: &dyn Fn()| {
            files.put(&NAME, b"report").unwrap();
            files.set_aside(&NAME).unwrap();
            assert_eq!((files.size(&NAME).unwrap(), all(&files)), (None, vec![(NAME, 6, Stand::Spoiled)]));
            assert_eq!(fs::read(files.left_of(&NAME).unwrap()).unwrap(), b"report");
            come();
            assert!(files.left_of(&NAME).is_none());
        };
        spoil(&|| files.put(&NAME, b"report").unwrap());
        files.remove(&NAME).unwrap();
        spoil(&|| {
            files.extend(&NAME, 0, b"report").unwrap();
            files.finish(&NAME).unwrap();
        });
        files.remove(&NAME).unwrap();
        spoil(&|| files.remove(&NAME).unwrap());
        assert!(all(&files).is_empty() && files.set_aside(&NAME).is_err());
    }

    #[test]
    fn below_the_floor_nothing_is_written_and_remains_of_a_writer_go() {
        let dir = tempfile::tempdir().unwrap();
        let full = Files::new(dir.path(), Floor::new(dir.path(), u64::MAX));
        assert!(matches!(full.put(&NAME, b"x"), Err(StorageError::DiskFull { .. })));
        assert!(matches!(full.extend(&NAME, 0, b"x"), Err(StorageError::DiskFull { .. })));
        let files = Files::new(dir.path(), Floor::new(dir.path(), 0));
        files.put(&NAME, b"x").unwrap();
        let remains = dir.path().join("ab").join("cd.7-0.new");
        fs::write(&remains, b"y").unwrap();
        assert_eq!(all(&files).len(), 1);
        assert!(remains.exists(), "it may be in the making");
        files.walk(SystemTime::now() + std::time::Duration::from_secs(1), &mut drop).unwrap();
        assert!(!remains.exists() && files.size(&NAME).unwrap().is_some());
    }
}
