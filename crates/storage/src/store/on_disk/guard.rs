//! Calls into sled, kept from ending the program: damaged files can make it panic, and its errors do not say whether another try
//! would help.

use std::io::{self, ErrorKind};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::thread;
use std::time::Duration;

use super::OpenFailure;
use super::handle::Handle;
use crate::limits::{OPEN_PAUSE_MS, OPEN_TRIES};
use crate::{Result, StorageError};

/// Opens sled; waits a little when a handle of this process has not let go of the file yet (sled closes in
/// the background).
pub(super) fn open_sled(dir: &Path, cache: u64) -> std::result::Result<Handle, OpenFailure> {
    let config = || sled::Config::new().path(dir).cache_capacity(cache);
    for _ in 0..OPEN_TRIES {
        match catch_unwind(AssertUnwindSafe(|| config().open())) {
            Ok(Ok(db)) => return Ok(Handle::new(db)),
            Ok(Err(sled::Error::Io(error))) if is_lock_failure(&error) => {
                thread::sleep(Duration::from_millis(OPEN_PAUSE_MS));
            }
            Ok(Err(error)) => {
                return Err(match store_error("open", error) {
                    StorageError::StoreDamaged { detail, .. } => OpenFailure::Damaged(detail),
                    other => OpenFailure::Other(other),
                });
            }
            Err(panic) => return Err(OpenFailure::Damaged(panic_text(panic.as_ref()))),
        }
    }
    Err(OpenFailure::Other(StorageError::StoreBusy { path: dir.to_owned() }))
}

/// sled tells a held lock from other failures only in its text.
fn is_lock_failure(error: &io::Error) -> bool {
    error.to_string().starts_with("could not acquire lock")
}

/// Runs a call into sled; a panic in it (damaged pages) becomes an error.
pub(super) fn guarded<T>(action: &'static str, call: impl FnOnce() -> sled::Result<T>) -> Result<T> {
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(result) => result.map_err(|error| store_error(action, error)),
        Err(panic) => Err(StorageError::StoreDamaged { action, detail: panic_text(panic.as_ref()) }),
    }
}

/// Tells damage from what may pass.
pub(super) fn store_error(action: &'static str, error: sled::Error) -> StorageError {
    let passing = match &error {
        sled::Error::Io(error) => {
            !matches!(error.kind(), ErrorKind::UnexpectedEof | ErrorKind::InvalidData | ErrorKind::NotFound)
        }
        _ => false,
    };
    let detail = error.to_string();
    if passing {
        StorageError::Store { action, detail }
    } else {
        StorageError::StoreDamaged { action, detail }
    }
}

pub(super) fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("it gave up without a word");
    // sled prints whole trees into some of its panics.
    text.chars().take(300).collect()
}
