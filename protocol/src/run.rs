//! A run: consecutive entries of one log, as they travel.
//!
//! What the context implies is left out: log, sequence numbers and chain stand once at the head; the payload's hash
//! and length follow from the payload; the change hash of a first patch follows from the patch. Texts are narrowed to
//! two bytes a character and compressed (zstd, RFC 8878) apart from what looks random (signatures, salts, hashes),
//! which would only spoil the statistics.
//! One signature, the last, is checked per run: it covers all before it through the chain. So a run is cut where one holds.

use crate::codec::{Decoder, Encoder};
use crate::entry::{Entry, Head, Header, Payload, Verb};
use crate::fault::{Checked, Fault};
use crate::first::{Beginning, FirstPatch};
use crate::hash::{DocumentId, Hash, NetworkId};
use crate::keys::Signature;
use crate::limits::{MAX_FRAME, MAX_PAYLOAD, MAX_RUN_ENTRIES, MAX_RUN_PLAIN, RUN_TARGET};
use crate::narrow::{narrow, widen};
use crate::patch::{Actor, Origin, seconds};
use crate::shelf::LogId;
use crate::view::ViewSum;

mod cut;
mod pack;

pub use cut::{RunCutter, Unsigned};

/// Bits of the form of a run's texts: in narrow form; packed with the dictionary, as today's senders do.
const NARROW: u8 = 1;
const DICTIONARY: u8 = 2;

/// More than a run's head takes: log, place, chain, lengths.
const HEAD_ROOM: usize = 256;
/// A run that has grown to so many bytes gets room for all that it may become.
const GROWN: usize = 16 << 10;

const HAS_DOCUMENT: u8 = 1;
const NO_PAYLOAD: u8 = 2;
const IMPLIED_CHANGE: u8 = 4;

/// Collects entries of one log into the bytes of a run frame.
pub struct RunBuilder {
    log: LogId,
    first: u64,
    prev: Hash,
    count: usize,
    time_ms: i64,
    texts: Encoder,
    randoms: Encoder,
    dense: bool,
}

impl RunBuilder {
    /// A run of `log` that continues `have`.
    pub fn new(log: LogId, have: Head) -> Self {
        Self {
            log,
            first: have.seq + 1,
            prev: have.hash,
            count: 0,
            time_ms: 0,
            texts: Encoder::new(),
            randoms: Encoder::new(),
            dense: false,
        }
    }

    /// The same, compressed as well as can be.
    #[must_use]
    pub fn dense(mut self, dense: bool) -> Self {
        self.dense = dense;
        self
    }

    /// True when no further entry should be added.
    pub fn is_full(&self) -> bool {
        self.size() >= RUN_TARGET || self.count >= MAX_RUN_ENTRIES
    }

    /// Bytes of texts and randoms so far, before compression.
    pub fn size(&self) -> usize {
        self.texts.size() + self.randoms.size()
    }

    /// Number of entries.
    pub fn len(&self) -> usize {
        self.count
    }

    /// True while no entry was added.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Adds the next entry; the caller gives them in order and without gaps.
    pub fn push(&mut self, entry: &Entry) {
        let header = &entry.header;
        let implied = implies_change(entry);
        let mut flags = 0;
        if header.document.is_some() {
            flags |= HAS_DOCUMENT;
        }
        if entry.payload.is_none() {
            flags |= NO_PAYLOAD;
        }
        if implied {
            flags |= IMPLIED_CHANGE;
        }
        self.texts.u8(flags).uint(header.verb.0.into()).int(header.time_ms.wrapping_sub(self.time_ms));
        self.time_ms = header.time_ms;
        if let Some(document) = &header.document {
            document.encode(&mut self.randoms);
        }
        entry.signature.encode(&mut self.randoms);
        match &entry.payload {
            Some(payload) => {
                let shown = payload.bytes.len() - if implied { 32 } else { 0 };
                self.texts.bytes(&payload.bytes[..shown]);
                self.randoms.raw(&payload.salt);
            }
            None => {
                self.texts.uint(header.payload_len.into());
                header.payload_hash.encode(&mut self.randoms);
            }
        }
        self.count += 1;
        if self.texts.size() > GROWN {
            self.texts.reserve_to(RUN_TARGET + GROWN);
        }
    }

    /// The bytes of the run.
    pub fn finish(self) -> Checked<Vec<u8>> {
        let texts = self.texts.finish();
        let mut bytes = pack::before_texts(texts.len());
        narrow(&texts, &mut bytes);
        let mut form = NARROW | DICTIONARY;
        if pack::texts_in(&bytes).len() >= texts.len() {
            // Ciphertext and the like would grow.
            form = DICTIONARY;
            bytes = pack::before_texts(texts.len());
            bytes.extend_from_slice(&texts);
        }
        let packed = pack::pack(&bytes, self.dense)
            .map_err(|_| Fault::Forbidden { what: "run", why: "its texts cannot be compressed" })?;
        let mut to = Encoder::with_capacity(packed.len() + self.randoms.size() + HEAD_ROOM);
        self.log.encode(&mut to);
        to.uint(self.first);
        self.prev.encode(&mut to);
        to.uint(self.count as u64).u8(form).uint(pack::texts_in(&bytes).len() as u64).bytes(&packed);
        to.raw(&self.randoms.finish());
        Ok(to.finish())
    }
}

/// The change hash of a creating patch in short form follows from the patch, the log and the sequence number.
fn implies_change(entry: &Entry) -> bool {
    let Some(payload) = &entry.payload else { return false };
    if entry.header.verb != Verb::CREATE || entry.header.document.is_some() {
        return false;
    }
    let Some((patch, change)) = payload.bytes.split_last_chunk::<32>() else { return false };
    let Ok(patch) = FirstPatch::from_bytes(patch) else { return false };
    let actor = created_actor(&entry.header.log, entry.header.seq);
    patch.change_hash(&actor, seconds(entry.header.time_ms)).0 == *change
}

fn created_actor(log: &LogId, seq: u64) -> Actor {
    Actor::derive(log, &Origin { log: *log, seq }, 0)
}

/// An authentic entry of a run.
#[derive(Clone, Debug)]
pub struct CheckedEntry {
    /// The entry.
    pub entry: Entry,
    /// Its hash.
    pub hash: Hash,
    /// What it begins, where it creates a document and that was worked out with its hash: its payload is a patch in first form
    /// with the change hash that belongs to it.
    pub beginning: Option<Beginning>,
}

/// A run whose last entry's signature verified: all its entries are authentic.
#[derive(Clone, Debug)]
pub struct CheckedRun {
    /// The log.
    pub log: LogId,
    /// What the run continues.
    pub after: Head,
    /// The entries in order.
    pub entries: Vec<CheckedEntry>,
    /// The digests of all that its entries begin, added up, where somebody had the time: see [`CheckedRun::sum_up`].
    pub sum: Option<Box<ViewSum>>,
}

impl CheckedRun {
    /// Adds up the digests of what its entries begin.
    pub fn sum_up(&mut self) {
        let mut sum = ViewSum::default();
        self.entries.iter().filter_map(|checked| checked.beginning).for_each(|begun| sum.add(&begun.digest));
        self.sum = (sum.count > 0).then(|| Box::new(sum));
    }

    /// The log's head after this run.
    pub fn head(&self) -> Head {
        let last = self.entries.last();
        last.map_or(self.after, |e| Head { seq: e.entry.header.seq, hash: e.hash })
    }

    /// Reads the place of a run without opening it: its log, the head that it continues, the number of entries.
    pub fn peek(bytes: &[u8]) -> Checked<(LogId, Head, u64)> {
        let mut from = Decoder::new(bytes);
        let (log, after) = Self::head_of(&mut from)?;
        Ok((log, after, from.uint_max(MAX_RUN_ENTRIES as u64, "entries of a run")?))
    }

    fn head_of(from: &mut Decoder<'_>) -> Checked<(LogId, Head)> {
        let log = LogId::decode(from)?;
        let first = from.uint("first sequence number")?;
        let seq = first.checked_sub(1).ok_or(Fault::NotCanonical { what: "first sequence number" })?;
        Ok((log, Head { seq, hash: Hash::decode(from)? }))
    }

    /// Opens a run and checks that its entries are chained and its last one is signed by the log's node.
    ///
    /// # Errors
    /// Any damage: the whole run is refused, nothing of it is to be kept.
    pub fn open(bytes: &[u8], network: &NetworkId) -> Checked<Self> {
        Self::open_to(bytes, network, None)
    }

    /// The same, where `known` is an entry that is known to be authentic by another one that follows it: a run that ends
    /// with it needs no signature.
    ///
    /// # Errors
    /// As [`CheckedRun::open`].
    pub fn open_to(bytes: &[u8], network: &NetworkId, known: Option<Head>) -> Checked<Self> {
        if bytes.len() > MAX_FRAME {
            let size = bytes.len() as u64;
            return Err(Fault::TooLong { what: "run", size, limit: MAX_FRAME as u64 });
        }
        let mut from = Decoder::new(bytes);
        let (log, after) = Self::head_of(&mut from)?;
        let count = from.uint_max(MAX_RUN_ENTRIES as u64, "entries of a run")?;
        let texts = open_texts(&mut from)?;
        let mut reader =
            RunReader { log, head: after, time_ms: 0, texts: Decoder::new(&texts), randoms: from };
        let mut entries = Vec::with_capacity(count as usize);
        for _ in 0..count {
            entries.push(reader.next()?);
        }
        if !reader.texts.is_empty() || !reader.randoms.is_empty() {
            return Err(Fault::NotCanonical { what: "run" });
        }
        match entries.last() {
            Some(last) if known == Some(Head { seq: last.entry.header.seq, hash: last.hash }) => {}
            Some(last) => last.entry.verify(network)?,
            None => return Err(Fault::NotCanonical { what: "run without entries" }),
        }
        Ok(Self { log, after, entries, sum: None })
    }
}

fn open_texts(from: &mut Decoder<'_>) -> Checked<Vec<u8>> {
    let form = from.u8("form of the texts")?;
    let size = from.uint_max(MAX_RUN_PLAIN as u64, "texts of a run")? as usize;
    let packed = from.bytes(MAX_FRAME, "texts of a run")?;
    if form > (NARROW | DICTIONARY) {
        return Err(Fault::Unknown { what: "form of the texts", code: form.into() });
    }
    let texts = pack::unpack(packed, size, form & DICTIONARY != 0)
        .map_err(|_| Fault::NotCanonical { what: "compressed texts of a run" })?;
    if texts.len() != size {
        return Err(Fault::Mismatch { what: "texts of a run and their length" });
    }
    if form & NARROW == 0 { Ok(texts) } else { widen(&texts, MAX_RUN_PLAIN) }
}

struct RunReader<'a> {
    log: LogId,
    head: Head,
    time_ms: i64,
    texts: Decoder<'a>,
    randoms: Decoder<'a>,
}

impl<'a> RunReader<'a> {
    fn next(&mut self) -> Checked<CheckedEntry> {
        let flags = self.texts.u8("flags")?;
        if flags > (HAS_DOCUMENT | NO_PAYLOAD | IMPLIED_CHANGE) {
            return Err(Fault::Unknown { what: "entry flags", code: flags.into() });
        }
        let verb = Verb(self.texts.uint_max(u16::MAX.into(), "verb")? as u16);
        let creating = verb == Verb::CREATE && flags & (HAS_DOCUMENT | NO_PAYLOAD) == 0;
        if flags & IMPLIED_CHANGE != 0 && !creating {
            return Err(Fault::NotCanonical { what: "implied change hash" });
        }
        self.time_ms = self.time_ms.wrapping_add(self.texts.int("time")?);
        let document = match flags & HAS_DOCUMENT {
            0 => None,
            _ => Some(DocumentId::decode(&mut self.randoms)?),
        };
        let signature = Signature::decode(&mut self.randoms)?;
        let seq = self.head.seq.checked_add(1).ok_or(Fault::NotCanonical { what: "sequence number" })?;
        let (payload, patch) = self.payload(flags, seq)?;
        let (payload_hash, payload_len) = match &payload {
            Some(payload) => (payload.hash(), payload.bytes.len() as u32),
            None => {
                let len = self.texts.uint_max(MAX_PAYLOAD as u64, "payload")? as u32;
                (Hash::decode(&mut self.randoms)?, len)
            }
        };
        let (log, prev, time_ms) = (self.log, self.head.hash, self.time_ms);
        let header = Header { log, seq, prev, document, verb, payload_hash, payload_len, time_ms };
        let entry = Entry { header, signature, payload };
        let hash = entry.hash();
        self.head = Head { seq, hash };
        let beginning = patch.map(|patch| patch.beginning(&DocumentId(hash.0)));
        Ok(CheckedEntry { entry, hash, beginning })
    }

    fn payload(&mut self, flags: u8, seq: u64) -> Checked<(Option<Payload>, Option<FirstPatch<'a>>)> {
        if flags & NO_PAYLOAD != 0 {
            return Ok((None, None));
        }
        let shown = self.texts.bytes(MAX_PAYLOAD, "payload")?;
        let salt = self.randoms.array("salt")?;
        if flags & IMPLIED_CHANGE == 0 {
            return Ok((Some(Payload { salt, bytes: shown.to_vec() }), None));
        }
        let patch = FirstPatch::from_bytes(shown)?;
        let change = patch.change_hash(&created_actor(&self.log, seq), seconds(self.time_ms));
        let mut bytes = Vec::with_capacity(shown.len() + 32);
        bytes.extend_from_slice(shown);
        bytes.extend_from_slice(&change.0);
        Ok((Some(Payload { salt, bytes }), Some(patch)))
    }
}
