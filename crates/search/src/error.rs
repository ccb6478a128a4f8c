//! What can go wrong, said so that the next step is clear.

use std::path::PathBuf;

use tantivy::TantivyError;
use tantivy::directory::error::{LockError, OpenDirectoryError, OpenReadError};

use crate::limits;

/// Why the index did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Another writer, of this process or another, holds the folder.
    #[error(
        "the search index in {} is in use by another writer; stop the other node, or drop the other writer",
        folder.display()
    )]
    InUse {
        /// The folder of the index.
        folder: PathBuf,
    },
    /// The file system refused something.
    #[error("the search index could not {what}: {source}; check the disk and the folder's permissions")]
    Io {
        /// What was being done, as an infinitive.
        what: &'static str,
        /// What the system said.
        source: std::io::Error,
    },
    /// What is on disk is not what was written. Open the index anew: it will be rebuilt.
    #[error("the search index is damaged ({0}); delete its folder and restart: it is rebuilt from the store")]
    Damaged(String),
    /// The writer stopped; what it had not committed is not in the index. Take a new writer and feed it from the last cursor.
    #[error(
        "the search index could not be written ({0}); free disk space, restart, and it catches up from the store"
    )]
    Writer(String),
    /// A document id that is empty or too long.
    #[error("document id of {chars} characters: an id has 1 to {max}", max = limits::MAX_ID_CHARS)]
    BadId {
        /// Its length in characters.
        chars: usize,
    },
    /// A page further down than ranking goes.
    #[error("results {offset} to {end} were asked for, only the first {max} are ranked; narrow the search", max = limits::MAX_DEPTH)]
    TooDeep {
        /// The first result asked for, counted from 0.
        offset: usize,
        /// One past the last.
        end: usize,
    },
}

impl Error {
    /// An error met while reading.
    pub(crate) fn reading(error: TantivyError) -> Self {
        match error {
            TantivyError::IoError(source) => Self::io("read", &source),
            TantivyError::OpenReadError(OpenReadError::IoError { io_error, .. }) => {
                Self::io("read", &io_error)
            }
            TantivyError::OpenDirectoryError(error) => Self::directory(error),
            TantivyError::LockFailure(LockError::IoError(source), _) => Self::io("take its lock", &source),
            other => Self::Damaged(other.to_string()),
        }
    }

    /// An error met while writing.
    pub(crate) fn writing(error: TantivyError) -> Self {
        match error {
            TantivyError::IoError(source) => Self::io("write", &source),
            other => Self::Writer(other.to_string()),
        }
    }

    /// An error met while opening the folder itself.
    pub(crate) fn directory(error: OpenDirectoryError) -> Self {
        match error {
            OpenDirectoryError::IoError { io_error, .. }
            | OpenDirectoryError::FailedToCreateTempDir(io_error) => Self::io("open its folder", &io_error),
            other => Self::Io { what: "open its folder", source: std::io::Error::other(other.to_string()) },
        }
    }

    /// A shared I/O error, copied so that it can be owned. Bytes that end too early or make no sense are damage, not I/O.
    fn io(what: &'static str, source: &std::io::Error) -> Self {
        match source.kind() {
            std::io::ErrorKind::UnexpectedEof | std::io::ErrorKind::InvalidData => {
                Self::Damaged(source.to_string())
            }
            kind => Self::Io { what, source: std::io::Error::new(kind, source.to_string()) },
        }
    }
}
