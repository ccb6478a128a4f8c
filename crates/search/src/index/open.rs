//! Opening an index, or starting a new one in its place.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use tantivy::directory::{Directory, INDEX_WRITER_LOCK, MmapDirectory};
use tantivy::{IndexReader, ReloadPolicy, TantivyError};

use super::{Index, folder};
use crate::error::Error;
use crate::limits::CHECK_ON_OPEN_BYTES;
use crate::schema::{SCHEMA_VERSION, schema};
use crate::sets::Sets;
use crate::text::{ANALYZER, Analyzer};

/// Blocks of stored ids that a reader keeps unpacked; a page of results needs few.
const STORE_CACHE_BLOCKS: usize = 16;

/// An index just opened, and what it still needs.
#[derive(Debug)]
pub struct Opened {
    /// The index, ready to be searched.
    pub index: Index,
    /// What to feed it.
    pub state: State,
}

/// What an index that was just opened needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// It holds everything up to this arrival number.
    Ready {
        /// What was handed to the last [`commit`](super::Writer::commit).
        cursor: u64,
    },
    /// It is empty now, and wants everything from the start.
    MustRebuild {
        /// What was wrong with what was there.
        why: Rebuild,
    },
}

/// Why an index was emptied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rebuild {
    /// There was none.
    Missing,
    /// Its first build never reached a commit.
    Unfinished,
    /// It was laid out by another version of this program.
    OtherVersion,
    /// Its cursor counts the arrivals of another store.
    OtherCursor,
    /// Its files did not make sense.
    Damaged(String),
}

impl fmt::Display for Rebuild {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("there is no index yet"),
            Self::Unfinished => f.write_str("its first build was interrupted"),
            Self::OtherVersion => f.write_str("it was written by another version"),
            Self::OtherCursor => f.write_str("it belongs to another store"),
            Self::Damaged(what) => write!(f, "it is damaged: {what}"),
        }
    }
}

/// What a commit remembers beside the documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Payload {
    pub schema_version: u32,
    pub cursor_version: u64,
    pub cursor: u64,
}

impl fmt::Display for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.schema_version, self.cursor_version, self.cursor)
    }
}

impl Payload {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split(' ');
        let payload = Self {
            schema_version: parts.next()?.parse().ok()?,
            cursor_version: parts.next()?.parse().ok()?,
            cursor: parts.next()?.parse().ok()?,
        };
        parts.next().is_none().then_some(payload)
    }
}

impl Index {
    /// Opens the index in `dir`, creating the folder if need be. The folder is the index's own.
    ///
    /// `cursor_version` names the numbering that the cursor counts in: pass another number when the store was restored or
    /// replaced, and the index is built anew. What is missing, damaged or of another version is emptied, which is safe since
    /// the index is derived; only files that an index writes are deleted. Up to
    /// [`CHECK_ON_OPEN_BYTES`] all checksums are compared.
    ///
    /// # Errors
    /// [`Error::InUse`] while a writer is at work on it; [`Error::Io`] when the disk refuses.
    pub fn open(dir: &Path, cursor_version: u64) -> Result<Opened, Error> {
        std::fs::create_dir_all(dir).map_err(|source| Error::Io { what: "create its folder", source })?;
        let directory = MmapDirectory::open(dir).map_err(Error::directory)?;
        // Held until the state is known, so that nobody's files are emptied while they write.
        let lock = directory
            .acquire_lock(&INDEX_WRITER_LOCK)
            .map_err(|_| Error::InUse { folder: dir.to_owned() })?;
        let (index, state) = match shielded(|| reuse(dir, cursor_version)) {
            Ok(Ok(Ok((index, cursor)))) => (index, State::Ready { cursor }),
            Ok(Ok(Err(why))) => start_over(dir, cursor_version, why)?,
            Ok(Err(Error::Damaged(what))) | Err(Error::Damaged(what)) => {
                start_over(dir, cursor_version, Rebuild::Damaged(what))?
            }
            Ok(Err(error)) | Err(error) => return Err(error),
        };
        drop(lock);
        Ok(Opened { index, state })
    }
}

/// Opens what is there, or says why it cannot be used.
fn reuse(dir: &Path, cursor_version: u64) -> Result<Result<(Index, u64), Rebuild>, Error> {
    let directory = MmapDirectory::open(dir).map_err(Error::directory)?;
    if !tantivy::Index::exists(&directory).map_err(|error| Error::reading(error.into()))? {
        return Ok(Err(Rebuild::Missing));
    }
    let inner = match tantivy::Index::open(directory) {
        Err(TantivyError::IncompatibleIndex(_)) => return Ok(Err(Rebuild::OtherVersion)),
        other => other.map_err(Error::reading)?,
    };
    let metas = inner.load_metas().map_err(Error::reading)?;
    let Some(payload) = metas.payload else { return Ok(Err(Rebuild::Unfinished)) };
    let cursor = match Payload::parse(&payload) {
        Some(payload) if payload.schema_version != SCHEMA_VERSION => return Ok(Err(Rebuild::OtherVersion)),
        Some(payload) if payload.cursor_version != cursor_version => return Ok(Err(Rebuild::OtherCursor)),
        Some(payload) => payload.cursor,
        None => return Ok(Err(Rebuild::OtherVersion)),
    };
    if inner.schema() != schema().0 {
        return Ok(Err(Rebuild::OtherVersion));
    }
    let index = assemble(dir, inner, cursor_version)?;
    if folder::size(dir)? <= CHECK_ON_OPEN_BYTES {
        index.verify()?;
    }
    Ok(Ok((index, cursor)))
}

/// Empties the folder and creates an index in it.
fn start_over(dir: &Path, cursor_version: u64, why: Rebuild) -> Result<(Index, State), Error> {
    tracing::info!(folder = %dir.display(), %why, "the search index starts over");
    folder::empty(dir)?;
    let directory = MmapDirectory::open(dir).map_err(Error::directory)?;
    let inner = tantivy::Index::create(directory, schema().0, tantivy::IndexSettings::default())
        .map_err(Error::writing)?;
    Ok((assemble(dir, inner, cursor_version)?, State::MustRebuild { why }))
}

fn assemble(dir: &Path, inner: tantivy::Index, cursor_version: u64) -> Result<Index, Error> {
    inner.tokenizers().register(ANALYZER, Analyzer);
    let reader: IndexReader = inner
        .reader_builder()
        .reload_policy(ReloadPolicy::Manual)
        .doc_store_cache_num_blocks(STORE_CACHE_BLOCKS)
        .try_into()
        .map_err(Error::reading)?;
    let fields = schema().1;
    let sets = Sets::default();
    Ok(Index { folder: dir.to_owned(), inner, reader, fields, cursor_version, sets })
}

/// Runs `work`, and turns a panic of the library beneath, which damaged files can cause, into an error.
pub(super) fn shielded<T>(work: impl FnOnce() -> T) -> Result<T, Error> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|panic| {
        let what = panic
            .downcast_ref::<String>()
            .map(String::as_str)
            .or_else(|| panic.downcast_ref::<&str>().copied())
            .unwrap_or("reading it failed unexpectedly");
        Error::Damaged(what.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payload_reads_back_and_nothing_else_does() {
        let payload = Payload { schema_version: 1, cursor_version: u64::MAX, cursor: 42 };
        assert_eq!(Payload::parse(&payload.to_string()), Some(payload));
        for text in ["", "1", "1 2", "1 2 3 4", "1 2 x", "-1 2 3", "99999999999 1 1"] {
            assert_eq!(Payload::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_panic_beneath_is_an_error() {
        let error = shielded(|| -> u8 { panic!("at the disco") }).unwrap_err();
        assert!(matches!(error, Error::Damaged(what) if what == "at the disco"));
    }
}
