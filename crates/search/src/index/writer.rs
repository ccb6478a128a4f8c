//! The one writer.

use tantivy::indexer::{IndexWriterOptions, LogMergePolicy};
use tantivy::{IndexReader, IndexWriter, TantivyError, Term};

use super::Index;
use super::open::Payload;
use crate::error::Error;
use crate::limits::{
    MAX_DELETED_SHARE, MAX_ID_CHARS, MAX_MERGED_DOCS, MAX_PENDING_BYTES, MERGED_SIZES_LOG2,
    SMALL_SEGMENT_DOCS, WRITER_MEMORY,
};
use crate::schema::{Fields, SCHEMA_VERSION, SearchDoc, first_chars};

/// Changes the index. Nothing is visible, nor safe on disk, before [`Writer::commit`].
///
/// Two threads work behind it: one indexes, one merges. After an [`Error::Writer`] drop it, take a new one, and feed it from
/// the last cursor.
pub struct Writer {
    inner: IndexWriter,
    reader: IndexReader,
    fields: Fields,
    cursor_version: u64,
    /// What the last commit remembered.
    payload: Option<Payload>,
    /// Bytes of text handed over since the last commit.
    pending_bytes: usize,
}

impl Writer {
    pub(super) fn new(index: &Index) -> Result<Self, Error> {
        let options = IndexWriterOptions::builder()
            .num_worker_threads(1)
            .num_merge_threads(1)
            .memory_budget_per_thread(WRITER_MEMORY)
            .build();
        let inner: IndexWriter = index.inner.writer_with_options(options).map_err(|error| match error {
            TantivyError::LockFailure(..) => Error::InUse { folder: index.folder.clone() },
            other => Error::writing(other),
        })?;
        let mut merging = LogMergePolicy::default();
        merging.set_max_docs_before_merge(MAX_MERGED_DOCS);
        merging.set_min_layer_size(SMALL_SEGMENT_DOCS);
        merging.set_level_log_size(MERGED_SIZES_LOG2);
        merging.set_del_docs_ratio_before_merge(MAX_DELETED_SHARE);
        inner.set_merge_policy(Box::new(merging));
        let metas = index.inner.load_metas().map_err(Error::reading)?;
        Ok(Self {
            inner,
            reader: index.reader.clone(),
            fields: index.fields,
            cursor_version: index.cursor_version,
            payload: metas.payload.as_deref().and_then(Payload::parse),
            pending_bytes: 0,
        })
    }

    /// Adds documents; one that is there under the same id is replaced.
    ///
    /// Blocks while the queue is full, and commits by itself, with the old cursor, when more than
    /// [`MAX_PENDING_BYTES`] wait.
    ///
    /// # Errors
    /// [`Error::BadId`] before anything of this call is added; [`Error::Writer`] and [`Error::Io`] when the disk refuses.
    pub fn put(&mut self, docs: &[SearchDoc]) -> Result<(), Error> {
        for doc in docs {
            check_id(&doc.id)?;
        }
        for doc in docs {
            self.inner.delete_term(self.id_term(&doc.id));
            self.inner.add_document(self.fields.document(doc)).map_err(Error::writing)?;
            self.pending_bytes = self.pending_bytes.saturating_add(doc.size());
            if self.pending_bytes > MAX_PENDING_BYTES {
                self.flush(self.payload)?;
            }
        }
        Ok(())
    }

    /// Removes documents; ids that are not there do no harm.
    ///
    /// # Errors
    /// None today; the signature leaves room.
    pub fn remove<S: AsRef<str>>(&mut self, ids: &[S]) -> Result<(), Error> {
        for id in ids {
            self.inner.delete_term(self.id_term(id.as_ref()));
        }
        Ok(())
    }

    /// Makes everything so far durable and visible, and remembers that the index is complete up to `cursor`.
    ///
    /// # Errors
    /// [`Error::Writer`] and [`Error::Io`] when the disk refuses: the index is then as it was after the commit before.
    pub fn commit(&mut self, cursor: u64) -> Result<(), Error> {
        let payload = Payload { schema_version: SCHEMA_VERSION, cursor_version: self.cursor_version, cursor };
        self.flush(Some(payload))?;
        self.reader.reload().map_err(Error::reading)
    }

    /// Waits until no merge is under way, so that the index is at rest, and gives the lock back.
    ///
    /// # Errors
    /// [`Error::Writer`] when a merge failed; the index is whole nevertheless.
    pub fn finish(self) -> Result<(), Error> {
        let Self { inner, reader, .. } = self;
        inner.wait_merging_threads().map_err(Error::writing)?;
        reader.reload().map_err(Error::reading)
    }

    fn flush(&mut self, payload: Option<Payload>) -> Result<(), Error> {
        let mut commit = self.inner.prepare_commit().map_err(Error::writing)?;
        if let Some(payload) = payload {
            commit.set_payload(&payload.to_string());
        }
        commit.commit().map_err(Error::writing)?;
        self.payload = payload;
        self.pending_bytes = 0;
        Ok(())
    }

    fn id_term(&self, id: &str) -> Term {
        Term::from_field_text(self.fields.id, first_chars(id, MAX_ID_CHARS + 1))
    }
}

fn check_id(id: &str) -> Result<(), Error> {
    let chars = id.chars().count();
    if chars == 0 || chars > MAX_ID_CHARS { Err(Error::BadId { chars }) } else { Ok(()) }
}

impl std::fmt::Debug for Writer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Writer").field("payload", &self.payload).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn docs(range: std::ops::Range<u32>) -> Vec<SearchDoc> {
        let doc =
            |n: u32| SearchDoc { id: n.to_string(), title: format!("成果 {n}"), ..SearchDoc::default() };
        range.map(doc).collect()
    }

    /// The segments at rest, largest first: documents, and what names it.
    fn segments(index: &Index) -> Vec<(u32, String)> {
        let metas = index.inner.searchable_segment_metas().unwrap();
        let mut all: Vec<_> = metas.iter().map(|meta| (meta.num_docs(), meta.id().uuid_string())).collect();
        all.sort_by(|a, b| b.cmp(a));
        all
    }

    /// What comes a document at a time, as in ordinary use, is merged among itself; not with all that there is.
    #[test]
    fn publications_one_by_one_leave_the_large_segment_alone() {
        let folder = tempfile::tempdir().unwrap();
        let index = Index::open(folder.path(), 1).unwrap().index;
        let mut writer = index.writer().unwrap();
        writer.put(&docs(0..2_000)).unwrap();
        writer.commit(1).unwrap();
        let first = segments(&index);
        for n in 2_000..2_040 {
            writer.put(&docs(n..n + 1)).unwrap();
            writer.commit(u64::from(n)).unwrap();
        }
        writer.finish().unwrap();
        let after = segments(&index);
        assert_eq!((first.len(), &after[0]), (1, &first[0]), "{after:?}");
        assert!((2..30).contains(&after.len()), "{} segments", after.len());
        assert_eq!(after.iter().map(|(docs, _)| docs).sum::<u32>(), 2_040);
    }
}
