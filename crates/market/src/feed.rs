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
        Ok(Self { index: opened.index, writer: Mutex::new(None), cursor: AtomicU64::new(cursor), rebuilt })
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
        let mut slot = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let start = self.cursor();
        let (mut next, mut committed) = (start, start);
        loop {
            let page = library.arrivals(next, PAGE)?;
            let Some((last, _)) = page.last() else { break };
            next = last + 1;
            let writer = match &mut *slot {
                Some(writer) => writer,
                empty => empty.insert(self.index.writer()?),
            };
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
                writer.commit(next)?;
                committed = next;
                self.cursor.store(next, Ordering::Release);
            }
        }
        if next != committed {
            if let Some(writer) = &mut *slot {
                writer.commit(next)?;
            }
            self.cursor.store(next, Ordering::Release);
        }
        Ok(next - start)
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
