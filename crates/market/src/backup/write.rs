//! Writing a backup.

use std::collections::BTreeMap;
use std::io::Write;

use protocol::{Decoder, Encoder, Hash, Head, LogId};
use storage::{Position, Record};

use super::part::{self, BackupHead, Totals, encode_record, next_digest};
use super::{BackupError, FIRST, MAX_PART, Progress, Result, VERSION};
use crate::ledger::{BackupPlan, BackupSource};

/// Bytes of entries or records after which a part is closed.
const PART_TARGET: usize = 1 << 20;

/// Where the pages of a plan come from: the ledger, or the running node that has it open.
pub trait Pages {
    /// What can go wrong there.
    type Error: From<BackupError>;

    /// As [`BackupSource::entries`].
    ///
    /// # Errors
    /// When they cannot be had.
    fn entries(
        &mut self,
        log: &LogId,
        have: Head,
        to: u64,
    ) -> std::result::Result<(Head, Vec<Vec<u8>>), Self::Error>;

    /// As [`BackupSource::records`].
    ///
    /// # Errors
    /// When they cannot be had.
    fn records(
        &mut self,
        from: Position,
        to: Position,
    ) -> std::result::Result<(Position, Vec<Record>), Self::Error>;

    /// The next file of a listing, ascending by name; `None` behind the last.
    ///
    /// # Errors
    /// When they cannot be had.
    fn attachment(&mut self) -> std::result::Result<Option<(Hash, Vec<u8>)>, Self::Error>;

    /// The next records of the audit log, the oldest first, each as a [`Record::Entry`]; none behind the last.
    ///
    /// # Errors
    /// When they cannot be had.
    fn audit(&mut self) -> std::result::Result<Vec<Record>, Self::Error>;
}

/// A ledger without the folder of files and the audit log beside it.
impl Pages for &BackupSource {
    type Error = BackupError;

    fn entries(&mut self, log: &LogId, have: Head, to: u64) -> Result<(Head, Vec<Vec<u8>>)> {
        Ok(BackupSource::entries(self, log, have, to)?)
    }

    fn records(&mut self, from: Position, to: Position) -> Result<(Position, Vec<Record>)> {
        Ok(BackupSource::records(self, from, to)?)
    }

    fn attachment(&mut self) -> Result<Option<(Hash, Vec<u8>)>> {
        Ok(None)
    }

    fn audit(&mut self) -> Result<Vec<Record>> {
        Ok(Vec::new())
    }
}

/// Writes a backup: what `head` says of it, the small files of the home, what `plan` names, and the files of listings. Those come
/// behind the entries: a file is there before an entry names it, so all that the plan's entries name are. The audit log is last.
///
/// # Errors
/// When `to` takes no more, or the pages cannot be had.
pub fn write<W: Write, P: Pages>(
    to: W,
    head: &BackupHead,
    files: &BTreeMap<String, Vec<u8>>,
    plan: &BackupPlan,
    mut pages: P,
    progress: &mut Progress<'_>,
) -> std::result::Result<(W, Totals), P::Error> {
    let mut writer = Writer::begin(to, head)?;
    for (name, bytes) in files {
        writer.file(name, bytes)?;
    }
    for (log, end) in &plan.logs {
        let mut have = Head::default();
        while have.seq < end.seq {
            let (next, entries) = pages.entries(log, have, end.seq)?;
            if entries.is_empty() {
                break;
            }
            writer.entries(log, &entries)?;
            progress(&writer.totals);
            have = next;
        }
    }
    let mut at = Position::START;
    while at < plan.journal {
        let (next, records) = pages.records(at, plan.journal)?;
        if next <= at {
            return Err(BackupError::Changed.into());
        }
        writer.records(&records)?;
        progress(&writer.totals);
        at = next;
    }
    while let Some((name, bytes)) = pages.attachment()? {
        writer.attachment(&name, &bytes)?;
        progress(&writer.totals);
    }
    loop {
        let records = pages.audit()?;
        if records.is_empty() {
            break;
        }
        writer.audit(&records)?;
        progress(&writer.totals);
    }
    Ok(writer.end()?)
}

/// The parts in their order: head, files, entries of each log, records, attachments, audit log, end.
struct Writer<W> {
    to: W,
    digest: Hash,
    totals: Totals,
}

impl<W: Write> Writer<W> {
    fn begin(mut to: W, head: &BackupHead) -> Result<Self> {
        to.write_all(format!("{FIRST}{VERSION}\n").as_bytes())?;
        let mut writer = Self { to, digest: part::first_digest(VERSION), totals: Totals::default() };
        writer.part(part::HEAD, &head.to_bytes())?;
        Ok(writer)
    }

    fn file(&mut self, name: &str, bytes: &[u8]) -> Result<()> {
        let mut to = Encoder::new();
        to.text(name).bytes(bytes);
        self.part(part::FILE, &to.finish())
    }

    /// Entries that continue a log, in their bytes.
    fn entries(&mut self, log: &LogId, entries: &[Vec<u8>]) -> Result<()> {
        for piece in pieces(entries, Vec::len) {
            let mut to = Encoder::new();
            log.encode(&mut to);
            to.list(piece, |to, entry| {
                to.bytes(entry);
            });
            self.part(part::ENTRIES, &to.finish())?;
            self.totals.entries += piece.len() as u64;
        }
        Ok(())
    }

    fn records(&mut self, records: &[Record]) -> Result<()> {
        let size = |record: &Record| match record {
            Record::Entry(bytes) => bytes.len(),
            Record::Put { key, value, .. } => key.len() + value.len(),
            Record::Delete { key, .. } => key.len(),
        };
        for piece in pieces(records, size) {
            let mut to = Encoder::new();
            to.list(piece, |to, record| encode_record(record, to));
            self.part(part::RECORDS, &to.finish())?;
            self.totals.records += piece.len() as u64;
        }
        Ok(())
    }

    fn attachment(&mut self, name: &Hash, bytes: &[u8]) -> Result<()> {
        let mut to = Encoder::new();
        name.encode(&mut to);
        to.bytes(bytes);
        self.part(part::ATTACHMENT, &to.finish())?;
        self.totals.attachments += 1;
        Ok(())
    }

    fn audit(&mut self, records: &[Record]) -> Result<()> {
        let bytes: Vec<&Vec<u8>> = records
            .iter()
            .filter_map(|record| match record {
                Record::Entry(bytes) => Some(bytes),
                Record::Put { .. } | Record::Delete { .. } => None,
            })
            .collect();
        for piece in pieces(&bytes, |bytes| bytes.len()) {
            let mut to = Encoder::new();
            to.list(piece, |to, record| {
                to.bytes(record);
            });
            self.part(part::AUDIT, &to.finish())?;
            self.totals.audit += piece.len() as u64;
        }
        Ok(())
    }

    fn end(mut self) -> Result<(W, Totals)> {
        let totals = self.totals;
        self.part(part::END, &totals.to_bytes())?;
        self.to.flush()?;
        Ok((self.to, totals))
    }

    fn part(&mut self, kind: u8, body: &[u8]) -> Result<()> {
        self.digest = next_digest(&self.digest, kind, body);
        // A body is a page and an item more, or a file of a listing: far below 4 GiB.
        let length = u32::try_from(body.len()).unwrap_or(u32::MAX).to_be_bytes();
        for bytes in [&[kind][..], &length, body, &self.digest.0] {
            self.to.write_all(bytes)?;
        }
        Ok(())
    }
}

/// A page of entries as one text of bytes, for a node that answers another process.
pub fn pack_entries((have, entries): &(Head, Vec<Vec<u8>>)) -> Vec<u8> {
    let mut to = Encoder::new();
    to.uint(have.seq);
    have.hash.encode(&mut to);
    to.list(entries, |to, entry| {
        to.bytes(entry);
    });
    to.finish()
}

/// What [`pack_entries`] packed.
///
/// # Errors
/// When the bytes are something else.
pub fn unpack_entries(bytes: &[u8]) -> protocol::Checked<(Head, Vec<Vec<u8>>)> {
    Decoder::whole(bytes, "page of entries", |from| {
        let have = Head { seq: from.uint("seq")?, hash: Hash::decode(from)? };
        Ok((have, from.list(MAX_PART, "entries", |from| Ok(from.bytes(part::MAX_ENTRY, "entry")?.to_vec()))?))
    })
}

/// A page of records as one text of bytes.
pub fn pack_records((at, records): &(Position, Vec<Record>)) -> Vec<u8> {
    let mut to = Encoder::new();
    to.uint(at.as_u64()).list(records, |to, record| encode_record(record, to));
    to.finish()
}

/// What [`pack_records`] packed.
///
/// # Errors
/// When the bytes are something else.
pub fn unpack_records(bytes: &[u8]) -> protocol::Checked<(Position, Vec<Record>)> {
    Decoder::whole(bytes, "page of records", |from| {
        let at = Position::from_u64(from.uint("position")?);
        Ok((at, from.list(storage::limits::MAX_APPEND, "records", part::decode_record)?))
    })
}

/// Items in pieces of about [`PART_TARGET`] bytes.
fn pieces<T>(items: &[T], size: impl Fn(&T) -> usize) -> impl Iterator<Item = &[T]> {
    let mut rest = items;
    std::iter::from_fn(move || {
        let mut bytes = 0;
        let fits = |item: &&T| {
            let first = bytes == 0;
            bytes += size(item).max(1);
            first || bytes <= PART_TARGET
        };
        let count = rest.iter().take_while(fits).count();
        let (piece, behind) = rest.split_at(count);
        rest = behind;
        (!piece.is_empty()).then_some(piece)
    })
}
