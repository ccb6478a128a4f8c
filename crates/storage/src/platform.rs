//! What differs between operating systems, and small files written so that a power cut leaves the old or the new.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use crate::error::IoContext;
use crate::limits::MAX_SMALL_FILE;
use crate::{Result, StorageError};

/// Refuses writes while a disk has less free space than it should keep.
#[derive(Clone, Debug)]
pub struct Floor {
    dir: PathBuf,
    bytes: u64,
}

impl Floor {
    /// `bytes` must stay free on the disk of `dir`; 0 never refuses.
    #[must_use]
    pub fn new(dir: &Path, bytes: u64) -> Self {
        Self { dir: dir.to_owned(), bytes }
    }

    /// Asks the system (about a microsecond).
    ///
    /// # Errors
    /// [`StorageError::DiskFull`] below the floor; [`StorageError::Io`] when the system does not tell.
    pub fn check(&self) -> Result<()> {
        if self.bytes == 0 {
            return Ok(());
        }
        let free = self.free()?;
        if free < self.bytes {
            return Err(StorageError::DiskFull { path: self.dir.clone(), free, floor: self.bytes });
        }
        Ok(())
    }

    /// Bytes free.
    pub(crate) fn free(&self) -> Result<u64> {
        free_space(&self.dir).doing("ask for the free space of", &self.dir)
    }

    /// Whether there is a floor, and so many bytes more than it are free.
    pub(crate) fn leaves(&self, bytes: u64) -> bool {
        self.bytes > 0 && self.free().is_ok_and(|free| free >= self.bytes.saturating_add(bytes))
    }
}

/// Makes a file of so many bytes whose blocks are the file's, though nothing was written to them.
#[cfg(target_os = "linux")]
pub(crate) fn allocate(path: &Path, bytes: u64) -> std::io::Result<()> {
    let file = File::create(path)?;
    Ok(rustix::fs::fallocate(&file, rustix::fs::FallocateFlags::empty(), 0, bytes)?)
}

/// Not known here.
#[cfg(not(target_os = "linux"))]
pub(crate) fn allocate(_path: &Path, _bytes: u64) -> std::io::Result<()> {
    Err(std::io::ErrorKind::Unsupported.into())
}

/// Bytes free for this user on the disk of `path`.
///
/// # Errors
/// When the system does not tell.
pub fn free_bytes(path: &Path) -> Result<u64> {
    free_space(path).doing("ask for the free space of", path)
}

/// Bytes free for this user on the disk of `path`, and the disk's size.
///
/// # Errors
/// When the system does not tell.
pub fn disk_bytes(path: &Path) -> Result<(u64, u64)> {
    space(path).doing("ask for the free space of", path)
}

fn free_space(path: &Path) -> std::io::Result<u64> {
    space(path).map(|(free, _)| free)
}

#[cfg(unix)]
fn space(path: &Path) -> std::io::Result<(u64, u64)> {
    let found = rustix::fs::statvfs(path)?;
    let bytes = |blocks: u64| blocks.saturating_mul(found.f_frsize);
    Ok((bytes(found.f_bavail), bytes(found.f_blocks)))
}

/// Not known here, so the floor never refuses.
#[cfg(not(unix))]
fn space(_path: &Path) -> std::io::Result<(u64, u64)> {
    Ok((u64::MAX, u64::MAX))
}

/// Makes names created, renamed or removed in `dir` survive a power cut.
#[cfg(unix)]
pub(crate) fn sync_dir(dir: &Path) -> Result<()> {
    File::open(dir).and_then(|dir| dir.sync_all()).doing("fsync", dir)
}

/// A folder cannot be opened as a file here; the file system's own journal keeps the names.
#[cfg(not(unix))]
pub(crate) fn sync_dir(_dir: &Path) -> Result<()> {
    Ok(())
}

/// Creates `dir` and what is above it, each name fsynced in its parent.
pub(crate) fn create_dir(dir: &Path) -> Result<()> {
    if dir.is_dir() {
        return Ok(());
    }
    let parent = dir.parent().filter(|parent| !parent.as_os_str().is_empty());
    if let Some(parent) = parent {
        create_dir(parent)?;
    }
    fs::create_dir(dir).doing("create the folder", dir)?;
    sync_dir(parent.unwrap_or_else(|| Path::new(".")))
}

/// Writes `bytes` as `dir/name`: temporary file, fsync, rename, fsync of the folder.
pub(crate) fn write_whole(dir: &Path, name: &str, bytes: &[u8]) -> Result<()> {
    let temporary = dir.join(format!("{name}.new"));
    let mut file = File::create(&temporary).doing("create", &temporary)?;
    file.write_all(bytes).doing("write", &temporary)?;
    file.sync_all().doing("fsync", &temporary)?;
    drop(file);
    fs::rename(&temporary, dir.join(name)).doing("rename", &temporary)?;
    sync_dir(dir)
}

/// Reads a small file; `None` when it is not there. What is beyond the bound is not read.
pub(crate) fn read_small(path: &Path) -> Result<Option<Vec<u8>>> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error).doing("open", path),
    };
    let mut bytes = Vec::new();
    file.take(MAX_SMALL_FILE).read_to_end(&mut bytes).doing("read", path)?;
    Ok(Some(bytes))
}

/// Bytes of the files in `dir`, its folders included to a depth that no home exceeds.
pub(crate) fn folder_size(dir: &Path) -> Result<u64> {
    fn size(dir: &Path, depth: u32) -> Result<u64> {
        let mut sum = 0;
        for item in fs::read_dir(dir).doing("list", dir)? {
            let item = item.doing("list", dir)?;
            // A file may be renamed or removed while we look.
            let Ok(meta) = item.metadata() else { continue };
            if meta.is_file() {
                sum += meta.len();
            } else if meta.is_dir() && depth > 0 {
                sum += size(&item.path(), depth - 1)?;
            }
        }
        Ok(sum)
    }
    size(dir, 3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_floor_above_the_disk_refuses_and_names_both_numbers() {
        let dir = tempfile::tempdir().unwrap();
        assert!(Floor::new(dir.path(), 0).check().is_ok());
        assert!(Floor::new(dir.path(), 1).check().is_ok());
        let refused = Floor::new(dir.path(), u64::MAX).check().unwrap_err();
        assert!(matches!(refused, StorageError::DiskFull { floor: u64::MAX, free, .. } if free > 1 << 20));
    }

    #[test]
    fn a_small_file_is_replaced_whole() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(read_small(&dir.path().join("x")).unwrap(), None);
        write_whole(dir.path(), "x", b"a longer first text").unwrap();
        write_whole(dir.path(), "x", b"second").unwrap();
        assert_eq!(read_small(&dir.path().join("x")).unwrap(), Some(b"second".to_vec()));
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "no temporary file is left");
        assert_eq!(folder_size(dir.path()).unwrap(), 6);
        assert!(read_small(&dir.path().join("x").join("y")).is_err(), "in the way is something else");
    }

    #[test]
    fn the_files_of_a_home_are_counted_and_none_deeper() {
        let dir = tempfile::tempdir().unwrap();
        let mut folder = dir.path().to_owned();
        for depth in 0..5 {
            fs::write(folder.join("file"), vec![0; 10_usize.pow(depth)]).unwrap();
            folder = folder.join("folder");
            create_dir(&folder).unwrap();
        }
        assert_eq!(folder_size(dir.path()).unwrap(), 1_111);
        assert!(folder_size(&folder.join("none")).is_err());
    }
}
