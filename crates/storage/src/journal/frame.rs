//! A frame: the records of one append, checked as a whole.
//!
//! ```text
//! marker 4 | length of body u32 | crc32 u32 | synced u64 | body
//! body: for each record  kind u8 | length u32 | payload
//! ```
//!
//! Numbers are big-endian. The checksum covers body, length, synced *and the position of the frame*, so
//! that old bytes which turn up at another place do not pass. `synced` is the position up to which the
//! journal was known to be on disk when the frame was written: a good frame with `synced` beyond a bad place
//! proves that the bad place was once good, thus damage and not a torn end.

use crc32fast::Hasher;

use super::{Erasure, Record};
use crate::limits::{MAX_APPEND, MAX_APPEND_RECORDS, MAX_KEY, MAX_VALUE};
use crate::{Result, StorageError, Table};

/// First bytes of a frame: no UTF-8 text has them.
pub(super) const MARKER: [u8; 4] = [0xF5, b'L', b'J', 0x1E];

/// Bytes before the body.
pub(super) const HEAD: usize = 4 + 4 + 4 + 8;

/// Bytes before each payload.
const RECORD_HEAD: usize = 1 + 4;

const ERASED: u8 = 0;
const ENTRY: u8 = 1;
const PUT: u8 = 2;
const DELETE: u8 = 3;

/// A frame that waits for its place: everything but position and `synced` is done.
pub(super) struct Frame {
    bytes: Vec<u8>,
    checksum: Hasher,
}

impl Frame {
    /// The frame of `records`.
    pub(super) fn new(records: &[Record]) -> Result<Self> {
        let size = |record: &Record| RECORD_HEAD + payload_len(record);
        let total: usize = records.iter().map(size).sum();
        if records.len() > MAX_APPEND_RECORDS || total > MAX_APPEND {
            return Err(StorageError::AppendTooLarge { records: records.len(), bytes: total });
        }
        let mut bytes = Vec::with_capacity(HEAD + total);
        bytes.resize(HEAD, 0);
        for record in records {
            push_record(&mut bytes, record)?;
        }
        Ok(Self::around(bytes))
    }

    /// A frame whose body stands behind [`HEAD`] bytes of room.
    fn around(bytes: Vec<u8>) -> Self {
        let mut checksum = Hasher::new();
        checksum.update(bytes.get(HEAD..).unwrap_or_default());
        Self { bytes, checksum }
    }

    /// A frame of records that are encoded already.
    pub(super) fn with_body(body: &[u8]) -> Self {
        Self::around([&[0; HEAD], body].concat())
    }

    /// Its bytes, at this position.
    pub(super) fn seal(mut self, position: u64, synced: u64) -> Vec<u8> {
        // `new` bounds the body far below 4 GiB.
        let length = u32::try_from(self.bytes.len() - HEAD).unwrap_or(u32::MAX);
        let head = Head { length, synced, crc: finish(self.checksum, length, synced, position) };
        if let Some(room) = self.bytes.first_chunk_mut::<HEAD>() {
            *room = head.to_bytes();
        }
        self.bytes
    }

    /// The same frame with the records erased or shortened that `judge` picks, and how many; `None` when it picks none.
    /// The length stays, so everything behind keeps its position.
    pub(super) fn erased(
        body: &[u8],
        judge: &mut dyn FnMut(&Record) -> Erasure,
    ) -> Result<Option<(Self, u64)>> {
        let mut bytes = Vec::with_capacity(HEAD + body.len());
        bytes.resize(HEAD, 0);
        let mut erased = 0;
        // The body was read before, record by record.
        for span in spans(body).unwrap_or_default() {
            let erasure = match span.record(body) {
                Ok(Some(record)) => judge(&record),
                _ => Erasure::Keep,
            };
            let whole = span.payload - RECORD_HEAD..span.payload + span.len;
            let end = bytes.len() + whole.len();
            match erasure {
                Erasure::Keep => bytes.extend_from_slice(body.get(whole).unwrap_or_default()),
                Erasure::Erase => erased += 1,
                Erasure::Shorten(record) => {
                    push_record(&mut bytes, &record)?;
                    erased += 1;
                }
            }
            fill(&mut bytes, end)?;
        }
        Ok((erased > 0).then(|| (Self::around(bytes), erased)))
    }
}

/// Fills a frame up to `end` with an erased record: what an erased or shortened one leaves.
fn fill(bytes: &mut Vec<u8>, end: usize) -> Result<()> {
    match end.checked_sub(bytes.len()) {
        Some(0) => Ok(()),
        Some(room) if room >= RECORD_HEAD => {
            bytes.push(ERASED);
            // No frame is longer than `MAX_APPEND`.
            bytes.extend_from_slice(&u32::try_from(room - RECORD_HEAD).unwrap_or(u32::MAX).to_be_bytes());
            bytes.resize(end, 0);
            Ok(())
        }
        _ => Err(StorageError::NotShorter { least: RECORD_HEAD }),
    }
}

/// The bytes before a body, read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Head {
    pub(super) length: u32,
    pub(super) synced: u64,
    crc: u32,
}

impl Head {
    /// `Err` says what is wrong.
    pub(super) fn read(bytes: &[u8; HEAD]) -> std::result::Result<Self, &'static str> {
        let word =
            |at: usize| bytes.get(at..).and_then(<[u8]>::first_chunk::<4>).copied().unwrap_or_default();
        let synced = bytes.last_chunk::<8>().copied().unwrap_or_default();
        if word(0) != MARKER {
            return Err("no frame begins here");
        }
        let length = u32::from_be_bytes(word(4));
        if length == 0 || length as usize > MAX_APPEND {
            return Err("the frame's length is out of bounds");
        }
        Ok(Self { length, synced: u64::from_be_bytes(synced), crc: u32::from_be_bytes(word(8)) })
    }

    fn to_bytes(self) -> [u8; HEAD] {
        let mut bytes = [0; HEAD];
        let parts = MARKER
            .into_iter()
            .chain(self.length.to_be_bytes())
            .chain(self.crc.to_be_bytes())
            .chain(self.synced.to_be_bytes());
        bytes.iter_mut().zip(parts).for_each(|(to, from)| *to = from);
        bytes
    }

    /// Whether `body` is what was written, at this position.
    pub(super) fn fits(self, body: &[u8], position: u64) -> bool {
        let mut checksum = Hasher::new();
        checksum.update(body);
        finish(checksum, self.length, self.synced, position) == self.crc
    }
}

fn finish(mut body: Hasher, length: u32, synced: u64, position: u64) -> u32 {
    body.update(&length.to_be_bytes());
    body.update(&synced.to_be_bytes());
    body.update(&position.to_be_bytes());
    body.finalize()
}

fn payload_len(record: &Record) -> usize {
    match record {
        Record::Entry(bytes) => bytes.len(),
        Record::Put { key, value, .. } => 1 + 2 + key.len() + value.len(),
        Record::Delete { key, .. } => 1 + key.len(),
    }
}

fn push_record(bytes: &mut Vec<u8>, record: &Record) -> Result<()> {
    let (kind, table, key, value_len) = match record {
        Record::Entry(entry) => (ENTRY, None, [].as_slice(), entry.len()),
        Record::Put { table, key, value } => (PUT, Some(*table), key.as_slice(), value.len()),
        Record::Delete { table, key } => (DELETE, Some(*table), key.as_slice(), 0),
    };
    if key.len() > MAX_KEY {
        return Err(StorageError::KeyTooLong { table, len: key.len() });
    }
    if value_len > MAX_VALUE {
        return Err(StorageError::ValueTooLarge { table, len: value_len });
    }
    bytes.push(kind);
    // Both lengths are bounded just above.
    bytes.extend_from_slice(&u32::try_from(payload_len(record)).unwrap_or(u32::MAX).to_be_bytes());
    match record {
        Record::Entry(entry) => bytes.extend_from_slice(entry),
        Record::Put { table, key, value } => {
            bytes.push(table.code());
            bytes.extend_from_slice(&u16::try_from(key.len()).unwrap_or(u16::MAX).to_be_bytes());
            bytes.extend_from_slice(key);
            bytes.extend_from_slice(value);
        }
        Record::Delete { table, key } => {
            bytes.push(table.code());
            bytes.extend_from_slice(key);
        }
    }
    Ok(())
}

/// Where a record's payload stands in a body.
struct Span {
    kind: u8,
    payload: usize,
    len: usize,
}

const MALFORMED: &str = "the frame's records do not read";

/// The places of all records of a body.
fn spans(body: &[u8]) -> std::result::Result<Vec<Span>, &'static str> {
    let (mut spans, mut records) = (Vec::new(), 0);
    let mut at = 0;
    while at < body.len() {
        let (head, rest) =
            body.get(at..).and_then(<[u8]>::split_first_chunk::<RECORD_HEAD>).ok_or(MALFORMED)?;
        let [kind, a, b, c, d] = *head;
        let len = u32::from_be_bytes([a, b, c, d]) as usize;
        // What was erased is no record: a shortened one leaves some behind it.
        records += usize::from(kind != ERASED);
        if len > rest.len() || records > MAX_APPEND_RECORDS {
            return Err(MALFORMED);
        }
        spans.push(Span { kind, payload: at + RECORD_HEAD, len });
        at += RECORD_HEAD + len;
    }
    Ok(spans)
}

impl Span {
    /// The record; `None` when it was erased.
    fn record(&self, body: &[u8]) -> std::result::Result<Option<Record>, &'static str> {
        let payload = body.get(self.payload..self.payload + self.len).ok_or(MALFORMED)?;
        let table = |code: u8| Table::from_code(code).ok_or("a record names a table that does not exist");
        Ok(Some(match self.kind {
            ERASED => return Ok(None),
            ENTRY => Record::Entry(payload.to_vec()),
            PUT => {
                let ([code, a, b], rest) = payload.split_first_chunk::<3>().ok_or(MALFORMED)?;
                let key_len = usize::from(u16::from_be_bytes([*a, *b]));
                let (key, value) = rest.split_at_checked(key_len).ok_or(MALFORMED)?;
                Record::Put { table: table(*code)?, key: key.to_vec(), value: value.to_vec() }
            }
            DELETE => {
                let (code, key) = payload.split_first().ok_or(MALFORMED)?;
                Record::Delete { table: table(*code)?, key: key.to_vec() }
            }
            _ => return Err("a record is of an unknown kind"),
        }))
    }
}

/// The records of a checked body, without erased ones.
pub(super) fn records(body: &[u8]) -> std::result::Result<Vec<Record>, &'static str> {
    let mut records = Vec::new();
    for span in spans(body)? {
        records.extend(span.record(body)?);
    }
    Ok(records)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Vec<Record> {
        vec![
            Record::Entry(b"entry".to_vec()),
            Record::Put { table: Table::Drafts, key: b"k".to_vec(), value: b"".to_vec() },
            Record::Delete { table: Table::Settings, key: b"".to_vec() },
        ]
    }

    fn open(bytes: &[u8], position: u64) -> std::result::Result<Vec<Record>, &'static str> {
        let (head, body) = bytes.split_first_chunk::<HEAD>().ok_or("short")?;
        let head = Head::read(head)?;
        if head.length as usize != body.len() || !head.fits(body, position) {
            return Err("does not fit");
        }
        records(body)
    }

    #[test]
    fn records_come_back_as_they_went() {
        let bytes = Frame::new(&sample()).unwrap().seal(77, 12);
        assert_eq!(open(&bytes, 77).unwrap(), sample());
        assert_eq!(open(&bytes, 78), Err("does not fit"), "another place");
    }

    #[test]
    fn every_flipped_bit_is_found() {
        let bytes = Frame::new(&sample()).unwrap().seal(77, 12);
        for bit in 0..bytes.len() * 8 {
            let mut bad = bytes.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            assert!(open(&bad, 77).is_err(), "bit {bit}");
        }
    }

    #[test]
    fn erasing_keeps_the_length_and_the_others() {
        let bytes = Frame::new(&sample()).unwrap().seal(77, 12);
        let mut entries = |record: &Record| match record {
            Record::Entry(_) => Erasure::Erase,
            _ => Erasure::Keep,
        };
        let (frame, erased) = Frame::erased(&bytes[HEAD..], &mut entries).unwrap().unwrap();
        let after = frame.seal(77, 12);
        assert_eq!((erased, after.len()), (1, bytes.len()));
        assert_eq!(open(&after, 77).unwrap(), sample()[1..]);
        assert!(!after.windows(5).any(|bytes| bytes == b"entry"), "the bytes are gone");
        assert!(Frame::erased(&after[HEAD..], &mut entries).unwrap().is_none());
    }

    #[test]
    fn a_shortened_record_leaves_the_others_where_they_are() {
        let long = Record::Entry(b"head and a long tail".to_vec());
        let records = vec![sample()[1].clone(), long.clone(), sample()[2].clone()];
        let bytes = Frame::new(&records).unwrap().seal(77, 12);
        let to = |short: &[u8]| {
            let short = Record::Entry(short.to_vec());
            let mut judge = |record: &Record| match record {
                Record::Entry(_) => Erasure::Shorten(short.clone()),
                _ => Erasure::Keep,
            };
            Frame::erased(&bytes[HEAD..], &mut judge)
        };
        let after = to(b"head").unwrap().unwrap().0.seal(77, 12);
        assert_eq!(after.len(), bytes.len());
        let expected = vec![records[0].clone(), Record::Entry(b"head".to_vec()), records[2].clone()];
        assert_eq!(open(&after, 77).unwrap(), expected);
        assert!(!after.windows(4).any(|bytes| bytes == b"tail"));
        assert!(to(b"tail and a long head").is_ok(), "as long as before");
        for bad in [&b"head and a long tai"[..], b"head and a long t", b"head and a very long tail"] {
            assert!(matches!(to(bad), Err(StorageError::NotShorter { .. })));
        }
    }

    #[test]
    fn bounds_are_kept() {
        let large = Record::Entry(vec![0; MAX_VALUE + 1]);
        assert!(matches!(Frame::new(&[large]), Err(StorageError::ValueTooLarge { .. })));
        let key = Record::Delete { table: Table::Meta, key: vec![0; MAX_KEY + 1] };
        assert!(matches!(Frame::new(&[key]), Err(StorageError::KeyTooLong { .. })));
        let many = vec![Record::Entry(vec![0; MAX_VALUE]); MAX_APPEND / MAX_VALUE + 1];
        assert!(matches!(Frame::new(&many), Err(StorageError::AppendTooLarge { .. })));
        let largest = [
            Record::Entry(vec![0; MAX_VALUE]),
            Record::Put { table: Table::Meta, key: vec![0; MAX_KEY], value: vec![0; MAX_VALUE] },
            Record::Delete { table: Table::Meta, key: vec![0; MAX_KEY] },
        ];
        assert_eq!(open(&Frame::new(&largest).unwrap().seal(0, 0), 0).unwrap(), largest);
        let fill = |last: usize| {
            let mut records = vec![Record::Entry(vec![0; MAX_VALUE - RECORD_HEAD]); MAX_APPEND / MAX_VALUE];
            records.push(Record::Entry(vec![0; last]));
            records[0] = Record::Entry(vec![0; MAX_VALUE - 2 * RECORD_HEAD]);
            Frame::new(&records)
        };
        let full = fill(0).unwrap().seal(0, 0);
        assert_eq!((full.len(), open(&full, 0).unwrap().len()), (HEAD + MAX_APPEND, 17));
        assert!(
            matches!(fill(1), Err(StorageError::AppendTooLarge { records: 17, bytes }) if bytes == MAX_APPEND + 1)
        );
    }

    #[test]
    fn as_many_records_as_the_bound_says_are_written_and_read() {
        let record = Record::Entry(Vec::new());
        let most = vec![record.clone(); MAX_APPEND_RECORDS];
        let bytes = Frame::new(&most).unwrap().seal(0, 0);
        assert_eq!(open(&bytes, 0).unwrap().len(), MAX_APPEND_RECORDS);
        let more = vec![record; MAX_APPEND_RECORDS + 1];
        assert!(matches!(Frame::new(&more), Err(StorageError::AppendTooLarge { .. })));
        let one_more = [&bytes[HEAD..], &[ENTRY, 0, 0, 0, 0]].concat();
        assert_eq!(records(&one_more), Err(MALFORMED));
    }

    #[test]
    fn a_head_names_a_length_within_the_bounds() {
        let read = |length: usize| {
            Head::read(&Head { length: length as u32, synced: 0, crc: 0 }.to_bytes())
                .map(|head| head.length as usize)
        };
        assert_eq!((read(1), read(MAX_APPEND)), (Ok(1), Ok(MAX_APPEND)));
        assert!(read(0).is_err() && read(MAX_APPEND + 1).is_err());
    }

    #[test]
    fn records_that_say_something_else_are_refused() {
        let body = |kind: u8, payload: &[u8]| [&[kind, 0, 0, 0, payload.len() as u8], payload].concat();
        let table = Table::Drafts.code();
        assert_eq!(records(&body(ERASED, b"anything")), Ok(Vec::new()));
        assert_eq!(records(&body(PUT, &[table, 0, 1, b'k', b'v'])).unwrap().len(), 1);
        for (bad, what) in [
            (body(4, b""), "a kind that does not exist"),
            (body(PUT, &[table, 0, 2, b'k']), "a key beyond the end"),
            (body(PUT, &[table, 0]), "no length of the key"),
            (body(PUT, &[0, 0, 0]), "no table"),
            (body(DELETE, &[]), "no table"),
            (body(DELETE, &[0]), "a table that does not exist"),
            (body(ENTRY, b"ab")[..6].to_vec(), "a payload cut off"),
            (body(ENTRY, b"")[..4].to_vec(), "a length cut off"),
        ] {
            assert!(records(&bad).is_err(), "{what}");
        }
    }
}
