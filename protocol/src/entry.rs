//! Entries: signed, hash-chained steps of a log.

use crate::codec::{Decoder, Encoder};
use crate::fault::{Checked, Fault};
use crate::hash::{DocumentId, Hash, NetworkId, hash};
use crate::keys::{Purpose, SecretKey, Signature};
use crate::limits::{MAX_PAYLOAD, VERSION};
use crate::shelf::LogId;

/// What an entry does. Unknown verbs are kept and passed on; they change no view.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Verb(pub u16);

impl Verb {
    /// Opens a log: certificate and the predecessor incarnation's heads. Always and only the entry with seq 1.
    pub const OPEN: Self = Self(1);
    /// Creates a document from its first patch.
    pub const CREATE: Self = Self(2);
    /// Adds a patch to a document.
    pub const EDIT: Self = Self(3);
    /// An institution removes all payloads of a document of its own. On the roster shelf.
    pub const PURGE: Self = Self(4);
    /// Carries a co-signed roster step.
    pub const ROSTER_STEP: Self = Self(5);
    /// The issuer's countersignature of a redeemed invitation.
    pub const REDEEM: Self = Self(6);
    /// The node's current addresses.
    pub const ADDRESSES: Self = Self(7);
    /// Creates a document that continues another one on this shelf.
    pub const MOVE: Self = Self(8);
    /// A statement about a listing version.
    pub const STATEMENT: Self = Self(9);
    /// The text of one of the four unifications, or a picture: what a profile names by its hash. On the roster shelf.
    pub const TEXT: Self = Self(10);
}

/// The signed part of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The log.
    pub log: LogId,
    /// Place in the log, from 1.
    pub seq: u64,
    /// Hash of the previous entry; zero at seq 1.
    pub prev: Hash,
    /// The document; absent in the entry that creates one, whose hash then is the document's id.
    pub document: Option<DocumentId>,
    /// What it does.
    pub verb: Verb,
    /// `hash("payload", salt, payload)`.
    pub payload_hash: Hash,
    /// Length of the payload, bytes.
    pub payload_len: u32,
    /// The author's clock, milliseconds since 1970. Information only.
    pub time_ms: i64,
}

impl Header {
    /// Canonical bytes: what is signed.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut to = Encoder::new();
        to.u8(VERSION);
        self.log.encode(&mut to);
        to.uint(self.seq);
        self.prev.encode(&mut to);
        to.option(self.document.as_ref(), |to, d| d.encode(to)).uint(self.verb.0.into());
        self.payload_hash.encode(&mut to);
        to.uint(self.payload_len.into()).int(self.time_ms);
        to.finish()
    }

    /// Whether such an entry may be without its payload once its document was purged. What logs, roster and statements
    /// are made of never is.
    pub fn may_be_bare(&self) -> bool {
        [Verb::CREATE, Verb::EDIT, Verb::MOVE].contains(&self.verb) && self.log.shelf.kind.holds_documents()
    }

    fn decode(from: &mut Decoder<'_>) -> Checked<Self> {
        let version = from.u8("entry version")?;
        if version != VERSION {
            return Err(Fault::Unknown { what: "entry version", code: version.into() });
        }
        Ok(Self {
            log: LogId::decode(from)?,
            seq: from.uint("sequence number")?,
            prev: Hash::decode(from)?,
            document: from.option("document", DocumentId::decode)?,
            verb: Verb(from.uint_max(u16::MAX.into(), "verb")? as u16),
            payload_hash: Hash::decode(from)?,
            payload_len: from.uint_max(MAX_PAYLOAD as u64, "payload")? as u32,
            time_ms: from.int("time")?,
        })
    }
}

/// A payload and the salt that keeps its hash from being guessed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payload {
    /// 16 random bytes, gone with the payload when it is purged.
    pub salt: [u8; 16],
    /// Patch, roster step, certificate, …: what the verb says.
    pub bytes: Vec<u8>,
}

impl Payload {
    /// The hash that the header carries.
    pub fn hash(&self) -> Hash {
        hash("payload", &[&self.salt, &self.bytes])
    }
}

/// One entry: header, signature, and the payload unless it was purged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The signed part.
    pub header: Header,
    /// The node key's signature over it.
    pub signature: Signature,
    /// The payload; `None` after a purge.
    pub payload: Option<Payload>,
}

/// What an author decides of an entry; the log supplies the rest.
pub struct Draft {
    /// The document, unless this entry creates one.
    pub document: Option<DocumentId>,
    /// What it does.
    pub verb: Verb,
    /// Salt and content.
    pub payload: Payload,
    /// The author's clock, milliseconds since 1970.
    pub time_ms: i64,
}

/// The end of a log: what the next entry is chained to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Head {
    /// Sequence number of the last entry; 0 for an empty log.
    pub seq: u64,
    /// Its hash; zero for an empty log.
    pub hash: Hash,
}

impl Entry {
    /// Signs the next entry of a log.
    ///
    /// # Errors
    /// A payload above `MAX_PAYLOAD` is refused, and a log that has no further numbers.
    pub fn author(
        log: LogId,
        head: Head,
        draft: Draft,
        network: &NetworkId,
        node: &SecretKey,
    ) -> Checked<Self> {
        let size = draft.payload.bytes.len();
        if size > MAX_PAYLOAD {
            return Err(Fault::TooLong { what: "payload", size: size as u64, limit: MAX_PAYLOAD as u64 });
        }
        let last = Fault::TooLong { what: "log", size: head.seq, limit: u64::MAX - 1 };
        let header = Header {
            log,
            seq: head.seq.checked_add(1).ok_or(last)?,
            prev: head.hash,
            document: draft.document,
            verb: draft.verb,
            payload_hash: draft.payload.hash(),
            payload_len: size as u32,
            time_ms: draft.time_ms,
        };
        let signature = node.sign(Purpose::Entry, network, &header.to_bytes());
        Ok(Self { header, signature, payload: Some(draft.payload) })
    }

    /// The entry's hash, which covers header and signature: the next entry's `prev`, and a creating entry's document id.
    pub fn hash(&self) -> Hash {
        hash("entry", &[&self.header.to_bytes(), &self.signature.0])
    }

    /// The head of a log that ends in this entry.
    pub fn head(&self) -> Head {
        Head { seq: self.header.seq, hash: self.hash() }
    }

    /// The document that the entry belongs to: the named one, or the one that it creates.
    pub fn document(&self) -> DocumentId {
        self.header.document.unwrap_or_else(|| DocumentId(self.hash().0))
    }

    /// Checks the signature.
    pub fn verify(&self, network: &NetworkId) -> Checked<()> {
        let bytes = self.header.to_bytes();
        self.header.log.node.verify(Purpose::Entry, network, &bytes, &self.signature, "the entry")
    }

    /// Checks that the payload is the one that was signed.
    pub fn check_payload(&self) -> Checked<()> {
        let Some(payload) = &self.payload else { return Ok(()) };
        let same = payload.bytes.len() == self.header.payload_len as usize
            && payload.hash() == self.header.payload_hash;
        if same { Ok(()) } else { Err(Fault::Mismatch { what: "payload and its signed hash" }) }
    }

    /// Writes the entry whole: the form of proofs and of the journal.
    pub fn encode(&self, to: &mut Encoder) {
        to.bytes(&self.header.to_bytes());
        self.signature.encode(to);
        to.option(self.payload.as_ref(), |to, p| {
            to.raw(&p.salt).bytes(&p.bytes);
        });
    }

    /// Canonical bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut to = Encoder::new();
        self.encode(&mut to);
        to.finish()
    }

    /// Reads an entry and checks its payload's hash; the signature is the caller's next step.
    pub fn decode(from: &mut Decoder<'_>) -> Checked<Self> {
        let header = from.bytes(1024, "entry header")?;
        let entry = Self {
            header: Decoder::whole(header, "entry header", Header::decode)?,
            signature: Signature::decode(from)?,
            payload: from.option("payload", |from| {
                Ok(Payload { salt: from.array("salt")?, bytes: from.bytes(MAX_PAYLOAD, "payload")?.to_vec() })
            })?,
        };
        entry.check_payload()?;
        Ok(entry)
    }
}
