//! Keys and values in the store. Integers are big-endian, so that keys sort by them.
//!
//! | table | key | value |
//! |---|---|---|
//! | LogNumbers | log id | number (4) |
//! | Heads | number (4) | log id, seq, hash, listings created |
//! | Entries | number (4), seq (8) | the entry, canonical bytes |
//! | Documents | document id (32), number (4), seq (8) | 1 for the creating entry, 0 for others |
//! | Mentions | document id (32) or a statement's hash, number (4), seq (8) | verb (2), hash of the entry |
//! | Arrivals | arrival number (8) | document id (32) |
//! | Projections | document id (32) | state of a document with several patches, or one that waits |
//! | Opened | document id (32), number (4), seq (8) | the payload that stood in the entry's envelope |
//! | Circles | circle (16) | what is known of it |
//! | Shelves | shelf | sum of its documents' digests |
//! | Meta | `figures` | next arrival, void entries |

use protocol::{Decoder, DocumentId, Encoder, Entry, Fault, Hash, Head, LogId, Payload, Value};
use replica::DocumentState;
use storage::{Store, Table};

use crate::error::{MarketError, Result};

/// Key of the figures.
pub(crate) const FIGURES: &[u8] = b"figures";

/// What is kept of a log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct LogRecord {
    /// Its short number in keys.
    pub number: u32,
    /// Its head.
    pub head: Head,
    /// Listings that it created.
    pub created: u64,
}

/// Where an entry of a document stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
    /// Number of valid patches; 0 while the document waits for its beginning.
    pub versions: u64,
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

pub(crate) fn entry_of(bytes: &[u8]) -> Result<Entry> {
    Decoder::whole(bytes, "stored entry", Entry::decode).map_err(damaged)
}

pub(crate) fn head_value(log: &LogId, record: &LogRecord) -> Vec<u8> {
    let mut to = Encoder::new();
    log.encode(&mut to);
    to.uint(record.head.seq);
    record.head.hash.encode(&mut to);
    to.uint(record.created);
    to.finish()
}

pub(crate) fn head_of(number: u32, bytes: &[u8]) -> Result<(LogId, LogRecord)> {
    Decoder::whole(bytes, "stored head", |from| {
        let log = LogId::decode(from)?;
        let head = Head { seq: from.uint("seq")?, hash: Hash::decode(from)? };
        Ok((log, LogRecord { number, head, created: from.uint("created")? }))
    })
    .map_err(damaged)
}

pub(crate) fn figures_value(next_arrival: u64, void: u64) -> Vec<u8> {
    let mut to = Encoder::new();
    to.uint(next_arrival).uint(void);
    to.finish()
}

pub(crate) fn figures_of(bytes: &[u8]) -> Result<(u64, u64)> {
    Decoder::whole(bytes, "figures", |from| Ok((from.uint("arrival")?, from.uint("void")?))).map_err(damaged)
}

pub(crate) fn projection_value(projection: &Projection) -> Vec<u8> {
    let mut to = Encoder::new();
    to.uint(projection.versions).int(projection.updated_ms);
    let fields: Vec<_> = projection.state.fields.iter().collect();
    to.list(&fields, |to, (key, values)| {
        to.text(key).list(values, |to, value| {
            to.bytes(&protocol::value_bytes(value));
        });
    });
    to.finish()
}

fn projection_of(bytes: &[u8]) -> Result<Projection> {
    const FIELDS: usize = 1 << 16;
    Decoder::whole(bytes, "projection", |from| {
        let (versions, updated_ms) = (from.uint("versions")?, from.int("updated")?);
        let fields = from.list(FIELDS, "fields", |from| {
            let key = from.text(protocol::limits::MAX_KEY, "key")?.to_owned();
            let values = from.list(FIELDS, "values", |from| {
                let bytes = from.bytes(protocol::limits::MAX_PAYLOAD, "value")?;
                Value::from_bytes(bytes)
            })?;
            Ok((key, values))
        })?;
        let state = DocumentState { fields: fields.into_iter().collect() };
        Ok(Projection { versions, updated_ms, state })
    })
    .map_err(damaged)
}

/// Whether a stored projection holds a field with several values.
pub(crate) fn has_conflicts(value: &[u8]) -> bool {
    projection_of(value).is_ok_and(|projection| projection.state.conflicts().next().is_some())
}

/// The stored projection of a document, when it has one.
pub(crate) fn projection(store: &dyn Store, id: &DocumentId) -> Result<Option<Projection>> {
    store.get(Table::Projections, &id.0)?.map(|bytes| projection_of(&bytes)).transpose()
}

/// All entries of a document, at most `limit`.
pub(crate) fn document_entries(
    store: &dyn Store,
    id: &DocumentId,
    limit: usize,
) -> Result<Vec<DocumentEntry>> {
    let mut found = Vec::new();
    store.walk(Table::Documents, &id.0, &mut |key, value| {
        let place = key.get(32..).unwrap_or_default();
        if let Some((log, seq)) = place.split_first_chunk::<4>()
            && let Ok(seq) = <[u8; 8]>::try_from(seq)
        {
            found.push(DocumentEntry {
                log: u32::from_be_bytes(*log),
                seq: u64::from_be_bytes(seq),
                creates: value == [1],
            });
        }
        if found.len() < limit {
            std::ops::ControlFlow::Continue(())
        } else {
            std::ops::ControlFlow::Break(())
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
