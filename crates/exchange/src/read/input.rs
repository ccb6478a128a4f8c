//! A file on disk or bytes in memory, opened as often as needed: once to look, once to read.

use crate::error::ReadError;
use crate::limits::SNIFF_BYTES;
use std::fs::File;
use std::io::{self, Cursor, Read, Seek};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Where the bytes come from.
#[derive(Clone, Debug)]
pub enum Input {
    /// An ordinary file.
    Path(PathBuf),
    /// Bytes that were sent, with the name they were sent under (for its ending), if any.
    Bytes(Arc<[u8]>, Option<String>),
}

impl From<&Path> for Input {
    fn from(path: &Path) -> Self {
        Input::Path(path.to_owned())
    }
}

impl From<PathBuf> for Input {
    fn from(path: PathBuf) -> Self {
        Input::Path(path)
    }
}

impl From<Vec<u8>> for Input {
    fn from(bytes: Vec<u8>) -> Self {
        Input::Bytes(bytes.into(), None)
    }
}

impl From<&[u8]> for Input {
    fn from(bytes: &[u8]) -> Self {
        Input::Bytes(bytes.into(), None)
    }
}

/// What an input is read through.
pub(crate) trait Stream: Read + Seek + Send {}
impl<T: Read + Seek + Send> Stream for T {}

impl Input {
    /// Bytes that were uploaded under a name.
    pub fn named(bytes: Vec<u8>, name: &str) -> Input {
        Input::Bytes(bytes.into(), Some(name.to_owned()))
    }

    /// The ending of the name, in lower case.
    pub(crate) fn extension(&self) -> Option<String> {
        let name = match self {
            Input::Path(path) => path.as_path(),
            Input::Bytes(_, name) => Path::new(name.as_deref()?),
        };
        Some(name.extension()?.to_str()?.to_ascii_lowercase())
    }

    /// Bytes in all. Refuses what is not an ordinary file, since a pipe cannot be read twice.
    pub(crate) fn size(&self) -> Result<u64, ReadError> {
        match self {
            Input::Path(path) => {
                let about = std::fs::metadata(path).map_err(|source| self.io(source))?;
                if !about.is_file() {
                    return Err(ReadError::NotAFile { path: path.display().to_string() });
                }
                Ok(about.len())
            }
            Input::Bytes(bytes, _) => Ok(bytes.len() as u64),
        }
    }

    /// Starts reading from the first byte.
    pub(crate) fn stream(&self) -> Result<Box<dyn Stream>, ReadError> {
        Ok(match self {
            Input::Path(path) => Box::new(File::open(path).map_err(|source| self.io(source))?),
            Input::Bytes(bytes, _) => Box::new(Cursor::new(Arc::clone(bytes))),
        })
    }

    /// The first bytes, enough to tell what the file is.
    pub(crate) fn head(&self) -> Result<Vec<u8>, ReadError> {
        let mut head = Vec::new();
        self.stream()?.take(SNIFF_BYTES as u64).read_to_end(&mut head).map_err(|source| self.io(source))?;
        Ok(head)
    }

    /// An error of the system, with the file's name.
    pub(crate) fn io(&self, source: io::Error) -> ReadError {
        let path = match self {
            Input::Path(path) => path.display().to_string(),
            Input::Bytes(_, name) => name.clone().unwrap_or_else(|| "upload".to_owned()),
        };
        ReadError::Io { path, source }
    }
}
