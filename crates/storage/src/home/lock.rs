//! One process at a time.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Seek, Write};
use std::path::Path;

use crate::error::IoContext;
use crate::platform::read_small;
use crate::{Result, StorageError};

/// The lock on a home; the system lets go of it when the process ends, however it ends.
#[derive(Debug)]
pub(crate) struct HomeLock {
    /// Held, never read.
    _file: File,
}

impl HomeLock {
    /// Takes the lock, and leaves this process's id for whoever comes next.
    pub(crate) fn take(home: &Path) -> Result<Self> {
        let path = home.join("lock");
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .doing("open", &path)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let text = read_small(&path).ok().flatten().unwrap_or_default();
                let pid = std::str::from_utf8(&text).ok().and_then(|text| text.trim().parse().ok());
                return Err(StorageError::Locked { path: home.to_owned(), pid });
            }
            Err(TryLockError::Error(error)) => return Err(error).doing("lock", &path),
        }
        file.set_len(0).doing("write", &path)?;
        file.rewind().doing("write", &path)?;
        writeln!(file, "{}", std::process::id()).doing("write", &path)?;
        Ok(Self { _file: file })
    }
}
