//! The index on disk: opening, looking after it, and the one writer.

mod folder;
mod open;
mod writer;

use std::path::PathBuf;

use tantivy::IndexReader;

use crate::error::Error;
use crate::limits::MANY_MATCHES;
use crate::query::{Ground, Query, Results};
use crate::schema::Fields;
use crate::sets::Sets;

pub use open::{Opened, Rebuild, State};
pub use writer::Writer;

/// An open index. Clones share everything; searches run from any number of threads.
#[derive(Clone)]
pub struct Index {
    folder: PathBuf,
    inner: tantivy::Index,
    reader: IndexReader,
    fields: Fields,
    cursor_version: u64,
    sets: Sets,
}

impl Index {
    /// Takes the writer. There is one at a time, for all processes.
    ///
    /// # Errors
    /// [`Error::InUse`] while another writer lives; [`Error::Writer`] and [`Error::Io`] when the disk refuses.
    pub fn writer(&self) -> Result<Writer, Error> {
        Writer::new(self)
    }

    /// Searches what was committed last. Blocks; takes milliseconds on a hundred thousand documents.
    ///
    /// # Errors
    /// [`Error::TooDeep`] for a page beyond [`MAX_DEPTH`](crate::limits::MAX_DEPTH); [`Error::Damaged`] and [`Error::Io`]
    /// when the files cannot be read. No query text is an error.
    pub fn search(&self, query: &Query) -> Result<Results, Error> {
        self.search_many(query, MANY_MATCHES)
    }

    /// The same; from so many matches on some are ranked before the others are looked at.
    pub(crate) fn search_many(&self, query: &Query, many: usize) -> Result<Results, Error> {
        open::shielded(|| {
            let searcher = self.reader.searcher();
            query.run(&Ground { searcher: &searcher, fields: &self.fields, sets: &self.sets, many })
        })?
    }

    /// What is searched, as of now.
    #[cfg(test)]
    pub(crate) fn searcher(&self) -> (tantivy::Searcher, &Fields) {
        (self.reader.searcher(), &self.fields)
    }

    /// Number of documents that can be found.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.reader.searcher().num_docs()
    }

    /// Whether nothing can be found.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Reads every file and compares its checksum. Takes about a second per 3 GB.
    ///
    /// # Errors
    /// [`Error::Damaged`] names the files that are; [`Error::Io`] when one cannot be read.
    pub fn verify(&self) -> Result<(), Error> {
        let damaged = self.inner.validate_checksum().map_err(Error::reading)?;
        if damaged.is_empty() {
            return Ok(());
        }
        let mut names: Vec<String> = damaged.iter().map(|path| path.display().to_string()).collect();
        names.sort();
        Err(Error::Damaged(format!("checksums differ: {}", names.join(", "))))
    }
}

impl std::fmt::Debug for Index {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Index").field("folder", &self.folder).finish_non_exhaustive()
    }
}
