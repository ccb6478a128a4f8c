//! From listings to the search index.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use catalog::{FieldType, Kind, record::Record};
use protocol::{DocumentId, Visibility};
use search::{Index, SearchDoc, State, Writer};

use crate::error::Result;
use crate::library::{Library, Listing};

/// Documents that are read and handed over at a time.
const PAGE: usize = 1_000;
/// Documents after which a long catch-up commits, so that an interruption does not start it over.
const COMMIT_EVERY: u64 = 20_000;

/// The search index of a node, and how far it has come.
pub struct Finder {
    index: Index,
    writer: Mutex<Option<Writer>>,
    cursor: AtomicU64,
    touched: AtomicU64,
    rebuilt: Option<String>,
}

impl Finder {
    /// Opens the index in `dir`, counted in the arrivals of the store that `numbering` names.
    ///
    /// # Errors
    /// When another process writes to it, or the disk refuses.
    pub fn open(dir: &Path, numbering: u64) -> Result<Self> {
        let opened = Index::open(dir, numbering)?;
        let (cursor, rebuilt) = match opened.state {
            State::Ready { cursor } => (cursor, None),
            State::MustRebuild { why } => (0, Some(why.to_string())),
        };
        let (cursor, touched) = (AtomicU64::new(cursor), AtomicU64::new(0));
        Ok(Self { index: opened.index, writer: Mutex::new(None), cursor, touched, rebuilt })
    }

    /// The index, to search.
    pub fn index(&self) -> &Index {
        &self.index
    }

    /// Arrivals that are searchable.
    pub fn cursor(&self) -> u64 {
        self.cursor.load(Ordering::Acquire)
    }

    /// Why the index was begun anew at the start, when it was.
    pub fn rebuilt(&self) -> Option<&str> {
        self.rebuilt.as_deref()
    }

    /// Takes everything that arrived since; when it returns, it is searchable. Returns the number of documents taken.
    ///
    /// # Errors
    /// When the store or the index fails; a later call goes on from the last commit.
    pub fn catch_up(&self, library: &Library) -> Result<u64> {
        let start = self.cursor();
        Ok(self.take(library, start, true)? - start)
    }

    /// The same with what another network gives, from arrival number `from` on. Returns up to where it is searchable: whoever
    /// asks remembers it.
    ///
    /// # Errors
    /// When the store or the index fails; then nothing is lost by asking again from the same number.
    pub fn catch_up_abroad(&self, library: &Library, from: u64) -> Result<u64> {
        let end = self.take(library, from, false)?;
        if end != from {
            self.touch();
        }
        Ok(end)
    }

    /// Takes out of the index what another network gave.
    ///
    /// # Errors
    /// When the store or the index fails.
    pub fn forget_abroad(&self, library: &Library) -> Result<()> {
        let mut slot = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let mut next = 0;
        loop {
            let page = library.arrivals(next, PAGE)?;
            let Some((last, _)) = page.last() else { break };
            next = last + 1;
            let gone: BTreeSet<String> = page.iter().map(|(_, id)| id.to_string()).collect();
            self.writer_in(&mut slot)?.remove(&gone.into_iter().collect::<Vec<_>>())?;
        }
        if next > 0 {
            self.writer_in(&mut slot)?.commit(self.cursor())?;
            self.touch();
        }
        Ok(())
    }

    /// Changes with everything that searches may find: what was kept of an earlier answer is then old.
    pub fn revision(&self) -> u64 {
        self.cursor().wrapping_add(self.touched.load(Ordering::Acquire))
    }

    /// Searches may find something else from now on, though nothing was written here.
    pub fn touch(&self) {
        self.touched.fetch_add(1, Ordering::AcqRel);
    }

    fn writer_in<'s>(&self, slot: &'s mut Option<Writer>) -> Result<&'s mut Writer> {
        Ok(match slot {
            Some(writer) => writer,
            empty => empty.insert(self.index.writer()?),
        })
    }

    /// Takes what a library has from `start` on; what the index remembers as its place are `own` arrivals alone. Returns up to
    /// where it was read.
    fn take(&self, library: &Library, start: u64, own: bool) -> Result<u64> {
        let commit = |writer: &mut Writer, next: u64| {
            let place = if own { next } else { self.cursor() };
            writer.commit(place)?;
            self.cursor.store(place, Ordering::Release);
            Result::Ok(())
        };
        let mut slot = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut next, mut committed) = (start, start);
        loop {
            let page = library.arrivals(next, PAGE)?;
            let Some((last, _)) = page.last() else { break };
            next = last + 1;
            let writer = self.writer_in(&mut slot)?;
            let (mut shown, mut gone) = (Vec::new(), Vec::new());
            // A document that came several times is read once, as it stands now.
            let ids: BTreeSet<DocumentId> = page.iter().map(|(_, id)| *id).collect();
            for id in &ids {
                let listing = library.listing(id)?;
                match listing.as_ref().and_then(|listing| Some((listing, search_doc(listing)?))) {
                    Some((listing, doc)) => {
                        let objections = library.objections(listing)?;
                        let objected_by =
                            objections.iter().map(|said| said.institution.to_string()).collect();
                        shown.push(SearchDoc { objected_by, ..doc });
                    }
                    None => gone.push(id.to_string()),
                }
            }
            writer.put(&shown)?;
            writer.remove(&gone)?;
            if next - committed >= COMMIT_EVERY {
                commit(writer, next)?;
                committed = next;
            }
        }
        if next != committed
            && let Some(writer) = &mut *slot
        {
            commit(writer, next)?;
        }
        Ok(next)
    }
}

/// What a listing itself gives to the index; `None` when it is not to be found.
pub fn search_doc(listing: &Listing) -> Option<SearchDoc> {
    let kind = Kind::from_code(listing.log.shelf.kind.0)?;
    let moved = listing.continued_by.is_some();
    if moved || listing.state.is_withdrawn() || listing.state.fields.is_empty() {
        return None;
    }
    let record = Record::new(listing.state.flat());
    let facets = catalog::facets::of(kind, &record);
    let home = format!("{:06}", listing.log.shelf.region);
    let mut body: Vec<String> = Vec::new();
    for (key, value) in record.entries() {
        let protocol::Value::Text(text) = value else { continue };
        let searched =
            !key.starts_with('_') && !matches!(key.as_str(), "title" | "summary" | "region" | "source_id");
        let is_text = kind
            .key(key)
            .is_none_or(|(field, _)| matches!(field.ty, FieldType::Text { .. } | FieldType::LongText));
        if searched && is_text {
            body.push(text.clone());
        }
    }
    Some(SearchDoc {
        id: listing.id.to_string(),
        kind: kind.id().to_owned(),
        public: listing.log.shelf.visibility == Visibility::Public,
        // What comes from abroad has a country in place of a division.
        region: facets.country.or(facets.region).unwrap_or(home),
        field: facets.fields,
        trl: facets.trl,
        cooperation: facets.cooperation,
        price: facets.price.bands().into_iter().map(str::to_owned).collect(),
        amount: facets.price.amount(),
        institution: listing.institution.map(|id| id.to_string()).unwrap_or_default(),
        objected_by: Vec::new(),
        lang: facets.language.unwrap_or_default(),
        title: record.title().to_owned(),
        summary: record.text("summary").unwrap_or_default().to_owned(),
        keywords: record.members("keyword").map(str::to_owned).collect(),
        names: vec![listing.institution_name.clone()],
        body: body.join("\n"),
        identifiers: record.identifiers().into_iter().map(str::to_owned).collect(),
        updated_ms: listing.updated_ms,
    })
}
