//! Parts, and their bytes.

use std::io::{ErrorKind, Read};

use protocol::limits::MAX_ATTACHMENT;
use protocol::{Decoder, Encoder, Entry, Fault, Hash, LogId, NetworkId, PublicKey, hash};
use storage::{Record, Table};

use super::{
    BackupError, FIRST, MAX_BACKUP_FILE, MAX_FIRST, MAX_PART, OLDEST, Result, VERSION, WITH_ATTACHMENTS,
    WITH_AUDIT, damaged,
};

pub(super) const HEAD: u8 = 1;
pub(super) const FILE: u8 = 2;
pub(super) const ENTRIES: u8 = 3;
pub(super) const RECORDS: u8 = 4;
pub(super) const END: u8 = 5;
pub(super) const ATTACHMENT: u8 = 6;
pub(super) const AUDIT: u8 = 7;

const ENTRY: u8 = 1;
const PUT: u8 = 2;
const DELETE: u8 = 3;

/// Longest text in a head, bytes.
const MAX_TEXT: usize = 1_024;
/// Longest name of a small file, bytes.
const MAX_FILE_NAME: usize = 64;
/// Longest entry, bytes: header, signature, payload and their lengths.
pub(super) const MAX_ENTRY: usize = protocol::limits::MAX_PAYLOAD + 2 * 1_024;

/// What a backup says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackupHead {
    /// When it was made, milliseconds since 1970 by the clock of the computer that made it.
    pub made_ms: i64,
    /// Name and version of the program.
    pub agent: String,
    /// The network.
    pub network: NetworkId,
    /// The node.
    pub node: PublicKey,
    /// Name of its institution.
    pub institution: String,
    /// Whether others' listings were left out.
    pub own: bool,
}

/// How much a backup holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Entries of logs.
    pub entries: u64,
    /// Records of the journal.
    pub records: u64,
    /// Files of listings.
    pub attachments: u64,
    /// Records of the audit log.
    pub audit: u64,
}

/// A part.
#[derive(Debug)]
pub(super) enum Part {
    Head(BackupHead),
    File { name: String, bytes: Vec<u8> },
    Entries { log: LogId, entries: Vec<Entry> },
    Records(Vec<Record>),
    Attachment { name: Hash, bytes: Vec<u8> },
    Audit(Vec<Vec<u8>>),
    End(Totals),
}

impl BackupHead {
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut to = Encoder::new();
        to.int(self.made_ms).text(&self.agent);
        self.network.encode(&mut to);
        self.node.encode(&mut to);
        to.text(&self.institution).u8(self.own.into());
        to.finish()
    }
}

impl Totals {
    pub(super) fn to_bytes(self) -> Vec<u8> {
        let mut to = Encoder::new();
        to.uint(self.entries).uint(self.records).uint(self.attachments).uint(self.audit);
        to.finish()
    }
}

pub(super) fn encode_record(record: &Record, to: &mut Encoder) {
    match record {
        Record::Entry(bytes) => to.u8(ENTRY).bytes(bytes),
        Record::Put { table, key, value } => to.u8(PUT).u8(table.code()).bytes(key).bytes(value),
        Record::Delete { table, key } => to.u8(DELETE).u8(table.code()).bytes(key),
    };
}

pub(super) fn decode_record(from: &mut Decoder<'_>) -> std::result::Result<Record, Fault> {
    const WHAT: &str = "record of a backup";
    let kind = from.u8(WHAT)?;
    if kind == ENTRY {
        return Ok(Record::Entry(from.bytes(MAX_ENTRY, WHAT)?.to_vec()));
    }
    let unknown = |code: u8| Fault::Unknown { what: WHAT, code: code.into() };
    let table = from.u8(WHAT)?;
    let table = Table::from_code(table).ok_or_else(|| unknown(table))?;
    let key = from.bytes(storage::limits::MAX_KEY, WHAT)?.to_vec();
    match kind {
        PUT => Ok(Record::Put { table, key, value: from.bytes(storage::limits::MAX_VALUE, WHAT)?.to_vec() }),
        DELETE => Ok(Record::Delete { table, key }),
        _ => Err(unknown(kind)),
    }
}

fn decode(version: u32, kind: u8, body: &[u8]) -> std::result::Result<Part, Fault> {
    let (with_attachments, with_audit) = (version >= WITH_ATTACHMENTS, version >= WITH_AUDIT);
    Decoder::whole(body, "part of a backup", |from| {
        Ok(match kind {
            HEAD => Part::Head(BackupHead {
                made_ms: from.int("time")?,
                agent: from.text(MAX_TEXT, "program")?.to_owned(),
                network: NetworkId::decode(from)?,
                node: PublicKey::decode(from)?,
                institution: from.text(MAX_TEXT, "institution")?.to_owned(),
                own: from.u8("extent")? == 1,
            }),
            FILE => Part::File {
                name: from.text(MAX_FILE_NAME, "file name")?.to_owned(),
                bytes: from.bytes(MAX_BACKUP_FILE, "file")?.to_vec(),
            },
            ENTRIES => {
                let log = LogId::decode(from)?;
                let entry = |from: &mut Decoder<'_>| {
                    Decoder::whole(from.bytes(MAX_ENTRY, "entry")?, "entry", Entry::decode)
                };
                Part::Entries { log, entries: from.list(MAX_PART, "entries", entry)? }
            }
            RECORDS => Part::Records(from.list(MAX_PART, "records", decode_record)?),
            ATTACHMENT if with_attachments => Part::Attachment {
                name: Hash::decode(from)?,
                bytes: from
                    .bytes(usize::try_from(MAX_ATTACHMENT).unwrap_or(MAX_PART), "attachment")?
                    .to_vec(),
            },
            AUDIT if with_audit => Part::Audit(
                from.list(MAX_PART, "audit", |from| Ok(from.bytes(MAX_ENTRY, "audit record")?.to_vec()))?,
            ),
            END => Part::End(Totals {
                entries: from.uint("entries")?,
                records: from.uint("records")?,
                attachments: if with_attachments { from.uint("attachments")? } else { 0 },
                audit: if with_audit { from.uint("audit records")? } else { 0 },
            }),
            _ => return Err(Fault::Unknown { what: "part of a backup", code: kind.into() }),
        })
    })
}

/// The digest before the first part.
pub(super) fn first_digest(version: u32) -> Hash {
    hash("backup", &[format!("{FIRST}{version}\n").as_bytes()])
}

/// The digest of a part.
pub(super) fn next_digest(before: &Hash, kind: u8, body: &[u8]) -> Hash {
    // Bounded by MAX_PART.
    let length = u32::try_from(body.len()).unwrap_or(u32::MAX);
    hash("backup", &[&before.0, &[kind], &length.to_be_bytes(), body])
}

/// Reads the parts of a backup, one after the other.
pub(super) struct Parts<R> {
    from: R,
    version: u32,
    digest: Hash,
    number: u64,
    ended: bool,
}

impl<R: Read> Parts<R> {
    /// Begins with the first line.
    pub(super) fn open(mut from: R) -> Result<Self> {
        let mut line = Vec::new();
        while line.last() != Some(&b'\n') {
            let mut byte = [0];
            if line.len() == MAX_FIRST || from.read(&mut byte)? == 0 {
                return Err(BackupError::Foreign);
            }
            line.extend_from_slice(&byte);
        }
        let version = std::str::from_utf8(&line).ok().and_then(|line| line.trim_end().strip_prefix(FIRST));
        match version.and_then(|version| version.parse::<u32>().ok()) {
            Some(version @ OLDEST..=VERSION) => {
                Ok(Self { from, version, digest: first_digest(version), number: 0, ended: false })
            }
            Some(found) if found > VERSION => Err(BackupError::Newer { found }),
            _ => Err(BackupError::Foreign),
        }
    }

    /// Which part was read last, from 1.
    pub(super) fn number(&self) -> u64 {
        self.number
    }

    /// The digest of all that was read.
    pub(super) fn digest(&self) -> Hash {
        self.digest
    }

    /// The next part; nothing behind the end.
    pub(super) fn next(&mut self) -> Result<Option<Part>> {
        if self.ended {
            let mut byte = [0];
            let more = self.from.read(&mut byte)? > 0;
            return if more { Err(damaged(self.number, "something follows its end")) } else { Ok(None) };
        }
        let mut head = [0; 5];
        self.fill(&mut head)?;
        let [kind, length @ ..] = head;
        let length = u32::from_be_bytes(length) as usize;
        if length > MAX_PART {
            return Err(damaged(self.number + 1, "its length is out of bounds"));
        }
        let mut body = vec![0; length];
        self.fill(&mut body)?;
        let mut digest = [0; 32];
        self.fill(&mut digest)?;
        self.number += 1;
        self.digest = next_digest(&self.digest, kind, &body);
        if self.digest.0 != digest {
            return Err(damaged(self.number, "the checksum does not fit"));
        }
        let part = decode(self.version, kind, &body).map_err(|_| damaged(self.number, "it does not read"))?;
        self.ended = matches!(part, Part::End(_));
        Ok(Some(part))
    }

    fn fill(&mut self, bytes: &mut [u8]) -> Result<()> {
        self.from.read_exact(bytes).map_err(|error| match error.kind() {
            ErrorKind::UnexpectedEof => BackupError::CutOff { part: self.number },
            _ => BackupError::Io(error),
        })
    }
}
