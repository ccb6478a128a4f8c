//! Reading a whole backup before anything is done with it.

use std::collections::BTreeMap;
use std::io::Read;

use protocol::{Decoder, Entry, Hash, Head, LogId, NetworkId, Verb, file_hash};
use storage::Record;

use super::part::{BackupHead, Part, Parts, Totals};
use super::{BackupError, MAX_FILES, Result, damaged};
use crate::audit::AuditLog;
use crate::identity::{self, Identity};

/// A backup that was read from its first byte to its last, and that makes a node.
#[derive(Clone, Debug)]
pub struct Checked {
    /// What it says of itself.
    pub head: BackupHead,
    /// How much it holds.
    pub totals: Totals,
    /// Logs in it.
    pub logs: u64,
    /// The small files, by their names in the home.
    pub files: BTreeMap<String, Vec<u8>>,
    pub(super) digest: Hash,
}

impl Checked {
    /// Whether the institution's root key is in it as it is, under no passphrase.
    pub fn has_plain_root(&self) -> bool {
        self.files.get("identity/root.key").is_some_and(|bytes| !identity::is_locked(bytes))
    }
}

/// The place that reading has reached: parts come in the order head, files, entries, records, attachments, audit log, end.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Files,
    Entries,
    Records,
    Attachments,
    Audit,
    End,
}

struct Reading {
    network: NetworkId,
    stage: Stage,
    files: BTreeMap<String, Vec<u8>>,
    /// The log that is being read, with its head and its last entry.
    log: Option<(LogId, Head, Entry)>,
    logs: u64,
    /// The attachment that came last.
    attachment: Option<Hash>,
    totals: Totals,
}

/// Reads a backup to its end and checks all of it: checksums, form, that logs have no gaps and are signed by their nodes, that
/// the identity's files belong together, that files of listings are what their names say. Memory stays at a few parts,
/// whatever the file holds.
///
/// # Errors
/// What is wrong with it, or when it cannot be read.
pub fn check(from: impl Read) -> Result<Checked> {
    let mut parts = Parts::open(from)?;
    let Some(Part::Head(head)) = parts.next()? else {
        return Err(damaged(1, "it does not begin as it should"));
    };
    let mut reading = Reading {
        network: head.network,
        stage: Stage::Files,
        files: BTreeMap::new(),
        log: None,
        logs: 0,
        attachment: None,
        totals: Totals::default(),
    };
    while let Some(part) = parts.next()? {
        reading.take(part).map_err(|what| damaged(parts.number(), what))?;
    }
    let what = |what| damaged(parts.number(), what);
    let certificate = Identity::check_files(&reading.files).map_err(what)?;
    if certificate.body.node != head.node || Identity::network_in(&reading.files) != Some(head.network) {
        return Err(what("the identity in it is another node's"));
    }
    let Reading { files, logs, totals, .. } = reading;
    Ok(Checked { head, totals, logs, files, digest: parts.digest() })
}

impl Reading {
    fn take(&mut self, part: Part) -> std::result::Result<(), &'static str> {
        let stage = match &part {
            Part::Head(_) => return Err("it begins twice"),
            Part::File { .. } => Stage::Files,
            Part::Entries { .. } => Stage::Entries,
            Part::Records(_) => Stage::Records,
            Part::Attachment { .. } => Stage::Attachments,
            Part::Audit(_) => Stage::Audit,
            Part::End(_) => Stage::End,
        };
        if stage < self.stage {
            return Err("its parts are out of order");
        }
        self.stage = stage;
        match part {
            Part::Head(_) => {}
            Part::File { name, bytes } => {
                if !identity::is_backed_up(&name) || self.files.len() == MAX_FILES {
                    return Err("it holds a file that is none of a home");
                }
                if self.files.insert(name, bytes).is_some() {
                    return Err("it holds a file twice");
                }
            }
            Part::Entries { log, entries } => {
                entries.into_iter().try_for_each(|entry| self.entry(&log, entry))?;
            }
            Part::Records(records) => {
                self.totals.records += records.len() as u64;
                let reads = |record: &Record| match record {
                    Record::Entry(bytes) => Decoder::whole(bytes, "entry", Entry::decode).is_ok(),
                    Record::Put { .. } | Record::Delete { .. } => true,
                };
                if !records.iter().all(reads) {
                    return Err("an entry in it does not read");
                }
            }
            Part::Attachment { name, bytes } => {
                if file_hash(&bytes) != name {
                    return Err("a file of a listing in it is not what its name says");
                }
                if self.attachment.replace(name).is_some_and(|before| before >= name) {
                    return Err("its files of listings are out of order");
                }
                self.totals.attachments += 1;
            }
            Part::Audit(records) => {
                if !records.iter().all(|bytes| AuditLog::is_record(bytes)) {
                    return Err("a record of the audit log in it does not read");
                }
                self.totals.audit += records.len() as u64;
            }
            Part::End(totals) => {
                self.end_log()?;
                if totals != self.totals {
                    return Err("it holds less or more than it says");
                }
            }
        }
        Ok(())
    }

    fn entry(&mut self, log: &LogId, entry: Entry) -> std::result::Result<(), &'static str> {
        let before = match &self.log {
            Some((current, head, _)) if current == log => *head,
            Some((current, ..)) if current > log => return Err("its logs are out of order"),
            _ => {
                self.end_log()?;
                self.logs += 1;
                Head::default()
            }
        };
        let header = &entry.header;
        let follows = header.log == *log && header.seq == before.seq + 1 && header.prev == before.hash;
        if !follows || (header.seq == 1) != (header.verb == Verb::OPEN) {
            return Err("a log in it has a gap");
        }
        self.totals.entries += 1;
        self.log = Some((*log, entry.head(), entry));
        Ok(())
    }

    /// The last entry's signature covers the log's.
    fn end_log(&mut self) -> std::result::Result<(), &'static str> {
        match self.log.take() {
            Some((.., last)) => {
                last.verify(&self.network).map_err(|_| "a log in it is not signed by its node")
            }
            None => Ok(()),
        }
    }
}

/// The same file again, after it was checked.
pub(super) fn parts_again<R: Read>(from: R) -> Result<Parts<R>> {
    let mut parts = Parts::open(from)?;
    match parts.next()? {
        Some(Part::Head(_)) => Ok(parts),
        _ => Err(BackupError::Changed),
    }
}
