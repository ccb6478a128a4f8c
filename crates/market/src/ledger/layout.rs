//! Keys and values in the store. Integers are big-endian, so that keys sort by them.
//!
//! | table | key | value |
//! |---|---|---|
//! | LogNumbers | log id | number (4) |
//! | Heads | number (4) | log id, seq, hash, listings created, how far it counts, bytes, void bytes |
//! | Entries | number (4), seq (8) | the entry, canonical bytes |
//! | Documents | document id (32) | number and seq of the creating entry (4, 8) |
//! | Documents | document id (32), number (4), seq (8) | nothing: the other entries |
//! | Mentions | document id (32), whose move or on which shelf (8), number (4), seq (8) | verb (2), hash of the entry |
//! | Mentions | a statement's hash (32), zeros (8), number (4), seq (8) | the same |
//! | Mentions | an enquiry's id (32), `replies` and a zero (8), number (4), seq (8) | the entry that creates what says to reply to it |
//! | Arrivals | number of the first (8) | document ids (32 each): those that arrived one after the other, 64 at the most |
//! | Projections | document id (32) | state of a document with several patches, of a void one, or of one that waits |
//! | Opened | document id (32), number (4), seq (8) | the payload that stood in the entry's envelope |
//! | Roster | 0, epoch (4), number (4), seq (8) | nothing: a roster step of that epoch stands there |
//! | Roster | 1, number (4), seq (8) | nothing: a redemption stands there |
//! | Circles | circle (16) | what is known of it |
//! | Files | hash of a file (32), document id (32) | nothing: the document names the file, or did once |
//! | Shelves | shelf | sum of its documents' digests |
//! | Meta | `figures` | next arrival, void entries, entries that made way for others |
//! | Meta | `fold:` document id | nothing: entries of it were written, and it was not folded yet |
//! | Meta | `fork:` log id | the proof of the earliest fork known |
//! | Meta | `asked:` institution (32), document id (32) | number and seq (4, 8): an enquiry that was not looked at |
//! | Meta | `lost:` entry hash | an entry of this institution's own that made way for another branch |

use protocol::{Decoder, DocumentId, Encoder, Entry, Fault, Hash, Head, LogId, Payload, Value};
use replica::DocumentState;
use storage::{Store, Table};

use crate::error::{MarketError, Result};

/// Key of the figures.
pub(crate) const FIGURES: &[u8] = b"figures";

/// Arrivals that stand in one row: each row of its own costs sled as much as one of many.
pub(crate) const ARRIVALS_A_ROW: usize = 64;

/// The arrivals in a row: the number of each, and its document.
pub(crate) fn arrivals_in(key: &[u8], value: &[u8]) -> Vec<(u64, DocumentId)> {
    let Ok(first) = key.try_into().map(u64::from_be_bytes) else { return Vec::new() };
    let ids = value.chunks_exact(32).filter_map(|id| id.try_into().ok().map(DocumentId));
    (first..).zip(ids).collect()
}

/// What is kept of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LogRecord {
    /// Its short number in keys.
    pub number: u32,
    /// Its head.
    pub head: Head,
    /// Listings that it created, as far as it counts.
    pub created: u64,
    /// Entries up to here count; `u64::MAX` while the log has no end.
    pub counts: u64,
    /// Bytes that its entries count as, as far as it counts.
    pub bytes: u64,
    /// Bytes of the entries held past that.
    pub void_bytes: u64,
}

impl LogRecord {
    /// The record of a log that holds nothing yet.
    pub fn new(number: u32) -> Self {
        Self { number, head: Head::default(), created: 0, counts: u64::MAX, bytes: 0, void_bytes: 0 }
    }

    /// Entries held past the end of what counts.
    pub fn void(&self) -> u64 {
        self.head.seq.saturating_sub(self.counts)
    }
}

/// Where an entry of a document stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct DocumentEntry {
    /// Number of the log.
    pub log: u32,
    /// Sequence number.
    pub seq: u64,
    /// Whether it creates the document.
    pub creates: bool,
}

/// The stored state of a document that is not just its first patch.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub(crate) struct Projection {
    /// The document's beginning has not come, or does not count.
    pub waiting: bool,
    /// Number of valid patches.
    pub versions: u64,
    /// Number of patches that wait for others.
    pub waits: u64,
    /// Number of entries that would count, but for the rules of documents.
    pub void: u64,
    /// The author's time of the last one, milliseconds since 1970.
    pub updated_ms: i64,
    /// The state.
    pub state: DocumentState,
}

pub(crate) fn damaged(_: Fault) -> MarketError {
    MarketError::Damaged { what: "a stored record does not read" }
}

pub(crate) fn entry_key(log: u32, seq: u64) -> [u8; 12] {
    let mut key = [0; 12];
    key[..4].copy_from_slice(&log.to_be_bytes());
    key[4..].copy_from_slice(&seq.to_be_bytes());
    key
}

pub(crate) fn document_key(id: &DocumentId, log: u32, seq: u64) -> [u8; 44] {
    let mut key = [0; 44];
    key[..32].copy_from_slice(&id.0);
    key[32..].copy_from_slice(&entry_key(log, seq));
    key
}

/// Key and value of a document's entry. The creating one has a key of its own, which nobody else's entries stand before.
pub(crate) fn place_row(id: &DocumentId, place: &DocumentEntry) -> (Vec<u8>, Vec<u8>) {
    if place.creates {
        (id.0.to_vec(), entry_key(place.log, place.seq).to_vec())
    } else {
        (document_key(id, place.log, place.seq).to_vec(), Vec::new())
    }
}

pub(super) fn place_of(bytes: &[u8], creates: bool) -> Option<DocumentEntry> {
    let (log, seq) = bytes.split_first_chunk::<4>()?;
    let seq = u64::from_be_bytes(seq.try_into().ok()?);
    Some(DocumentEntry { log: u32::from_be_bytes(*log), seq, creates })
}

pub(crate) fn entry_of(bytes: &[u8]) -> Result<Entry> {
    Decoder::whole(bytes, "stored entry", Entry::decode).map_err(damaged)
}

pub(crate) fn head_value(log: &LogId, record: &LogRecord) -> Vec<u8> {
    let mut to = Encoder::new();
    log.encode(&mut to);
    to.uint(record.head.seq);
    record.head.hash.encode(&mut to);
    to.uint(record.created).uint(record.counts).uint(record.bytes).uint(record.void_bytes);
    to.finish()
}

pub(crate) fn head_of(number: u32, bytes: &[u8]) -> Result<(LogId, LogRecord)> {
    Decoder::whole(bytes, "stored head", |from| {
        let log = LogId::decode(from)?;
        let head = Head { seq: from.uint("seq")?, hash: Hash::decode(from)? };
        let (created, counts) = (from.uint("created")?, from.uint("counts")?);
        let (bytes, void_bytes) = (from.uint("bytes")?, from.uint("void bytes")?);
        Ok((log, LogRecord { number, head, created, counts, bytes, void_bytes }))
    })
    .map_err(damaged)
}

/// Figures that no table adds up to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Figures {
    /// Number of the next arrival.
    pub next_arrival: u64,
    /// Entries that count for nothing although their log counts so far.
    pub void: u64,
    /// Entries that made way for those of another branch, and one for each time: what a store has taken in never goes
    /// down, and differs from what it was before.
    pub replaced: u64,
}

pub(crate) fn figures_value(figures: &Figures) -> Vec<u8> {
    let mut to = Encoder::new();
    to.uint(figures.next_arrival).uint(figures.void).uint(figures.replaced);
    to.finish()
}

pub(crate) fn figures_of(bytes: &[u8]) -> Result<Figures> {
    Decoder::whole(bytes, "figures", |from| {
        let (next_arrival, void) = (from.uint("arrival")?, from.uint("void")?);
        Ok(Figures { next_arrival, void, replaced: from.uint("replaced")? })
    })
    .map_err(damaged)
}

pub(crate) fn projection_value(projection: &Projection) -> Vec<u8> {
    let mut to = Encoder::new();
    to.u8(projection.waiting.into()).uint(projection.versions).uint(projection.waits).uint(projection.void);
    to.int(projection.updated_ms);
    let fields: Vec<_> = projection.state.fields.iter().collect();
    to.list(&fields, |to, (key, values)| {
        to.text(key).list(values, |to, value| {
            to.bytes(&protocol::value_bytes(value));
        });
    });
    to.finish()
}

/// Whether a stored projection says that the entry which creates its document is not there yet: its first byte.
pub(super) fn is_waiting(value: &[u8]) -> bool {
    value.first() == Some(&1)
}

pub(super) fn projection_of(bytes: &[u8]) -> Result<Projection> {
    const FIELDS: usize = 1 << 16;
    Decoder::whole(bytes, "projection", |from| {
        let waiting = from.u8("waiting")? == 1;
        let (versions, waits, void) = (from.uint("versions")?, from.uint("waits")?, from.uint("void")?);
        let updated_ms = from.int("updated")?;
        let fields = from.list(FIELDS, "fields", |from| {
            let key = from.text(protocol::limits::MAX_KEY, "key")?.to_owned();
            let values = from.list(FIELDS, "values", |from| {
                let bytes = from.bytes(protocol::limits::MAX_PAYLOAD, "value")?;
                Value::from_bytes(bytes)
            })?;
            Ok((key, values))
        })?;
        let state = DocumentState { fields: fields.into_iter().collect() };
        Ok(Projection { waiting, versions, waits, void, updated_ms, state })
    })
    .map_err(damaged)
}

/// The state in a stored projection, when it can be read.
pub(crate) fn state_of(value: &[u8]) -> Option<DocumentState> {
    projection_of(value).ok().map(|projection| projection.state)
}

/// The stored projection of a document, when it has one.
pub(crate) fn projection(store: &dyn Store, id: &DocumentId) -> Result<Option<Projection>> {
    store.get(Table::Projections, &id.0)?.map(|bytes| projection_of(&bytes)).transpose()
}

/// All entries of a document, at most `limit`, the creating one first.
pub(crate) fn document_entries(
    store: &dyn Store,
    id: &DocumentId,
    limit: usize,
) -> Result<Vec<DocumentEntry>> {
    let mut found = Vec::new();
    store.walk(Table::Documents, &id.0, &mut |key, value| {
        let place = key.get(32..).unwrap_or_default();
        found.extend(if place.is_empty() { place_of(value, true) } else { place_of(place, false) });
        if found.len() < limit {
            std::ops::ControlFlow::Continue(())
        } else {
            std::ops::ControlFlow::Break(())
        }
    })?;
    Ok(found)
}

/// Where the entry that creates a document stands, when it is held.
pub(crate) fn creating_place(store: &dyn Store, id: &DocumentId) -> Result<Option<DocumentEntry>> {
    let place = store.get(Table::Documents, &id.0)?;
    Ok(place.and_then(|bytes| place_of(&bytes, true)))
}

/// The numbers of the logs that hold other entries of a document.
pub(super) fn editing_logs(store: &dyn Store, id: &DocumentId) -> Result<Vec<u32>> {
    let end = document_key(id, u32::MAX, u64::MAX);
    let mut found = Vec::new();
    let mut next = Some(0);
    while let Some(number) = next {
        let page = store.scan(Table::Documents, &document_key(id, number, 0), Some(&end), 1)?;
        let place = page.first().and_then(|(key, _)| place_of(key.get(32..)?, false));
        found.extend(place.map(|place| place.log));
        next = place.and_then(|place| place.log.checked_add(1));
    }
    Ok(found)
}

/// The entries of a document in one log up to `to`, without the creating one; at most `limit`.
pub(super) fn edits_in(
    store: &dyn Store,
    id: &DocumentId,
    log: u32,
    to: u64,
    limit: usize,
) -> Result<Vec<DocumentEntry>> {
    let prefix = [&id.0[..], &log.to_be_bytes()].concat();
    let mut found = Vec::new();
    store.walk(Table::Documents, &prefix, &mut |key, _| {
        let place = key.get(32..).and_then(|place| place_of(place, false)).filter(|place| place.seq <= to);
        match place.filter(|_| found.len() < limit) {
            Some(place) => {
                found.push(place);
                std::ops::ControlFlow::Continue(())
            }
            None => std::ops::ControlFlow::Break(()),
        }
    })?;
    Ok(found)
}

/// The entry at a place.
pub(crate) fn entry_at(store: &dyn Store, log: u32, seq: u64) -> Result<Entry> {
    let bytes = store.get(Table::Entries, &entry_key(log, seq))?;
    entry_of(&bytes.ok_or(MarketError::Damaged { what: "an entry that a document names is missing" })?)
}

/// The entry of a document at a place, its payload opened when it came sealed; without a payload when this node could not
/// open it.
pub(crate) fn readable_at(store: &dyn Store, id: &DocumentId, place: &DocumentEntry) -> Result<Entry> {
    let mut entry = entry_at(store, place.log, place.seq)?;
    if entry.header.log.shelf.circle().is_some() {
        let opened = store.get(Table::Opened, &document_key(id, place.log, place.seq))?;
        entry.payload = entry.payload.zip(opened).map(|(sealed, bytes)| Payload { salt: sealed.salt, bytes });
    }
    Ok(entry)
}

/// The log with this number.
pub(crate) fn log_record(store: &dyn Store, number: u32) -> Result<(LogId, LogRecord)> {
    let bytes = store.get(Table::Heads, &number.to_be_bytes())?;
    head_of(number, &bytes.ok_or(MarketError::Damaged { what: "a log that an entry names is missing" })?)
}
