//! What a backup takes of a ledger that goes on writing, page by page, and how it comes back.
//!
//! One moment, without a copy and without keeping anyone waiting: logs and the journal only grow at their ends, so the heads
//! and the journal's end, taken together, name all that there was then. What makes way meanwhile (a fork that is settled)
//! ends its log earlier in the backup; what is purged meanwhile comes without its contents.

use std::sync::Arc;

use protocol::{Checked, Decoder, Encoder, Head, LogId, NetworkId, PublicKey, ShelfKind};
use storage::{Journal, Position, Record, StorageError, Store, Table};

use super::open::Stop;
use super::{Ledger, layout};
use crate::error::{MarketError, Result};

/// Bytes of entries or records in a page, beside the last item: what an answer of the control socket carries at ease.
const PAGE_BYTES: usize = 1 << 20;
/// Entries read from the store at once.
const SCAN: usize = 64;
/// Most logs of a plan: more than a store numbers in years.
const MAX_PLAN_LOGS: usize = 1 << 24;

/// A moment of a ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackupPlan {
    /// The network.
    pub network: NetworkId,
    /// Where the journal ended.
    pub journal: Position,
    /// Where each log ended, ascending.
    pub logs: Vec<(LogId, Head)>,
}

impl BackupPlan {
    /// Leaves out others' listings: this node's own logs stay, and the roster, from which a restored node knows whom to ask for
    /// what it wrote later.
    #[must_use]
    pub fn own(mut self, node: &PublicKey) -> Self {
        self.logs.retain(|(log, _)| log.node == *node || log.shelf.kind == ShelfKind::ROSTER);
        self
    }

    /// Entries in it.
    pub fn entries(&self) -> u64 {
        self.logs.iter().map(|(_, head)| head.seq).sum()
    }

    /// Its bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut to = Encoder::new();
        self.network.encode(&mut to);
        to.uint(self.journal.as_u64()).list(&self.logs, |to, (log, head)| {
            log.encode(to);
            to.uint(head.seq);
            head.hash.encode(to);
        });
        to.finish()
    }

    /// Reads it.
    ///
    /// # Errors
    /// When the bytes are something else.
    pub fn from_bytes(bytes: &[u8]) -> Checked<Self> {
        Decoder::whole(bytes, "backup plan", |from| {
            Ok(Self {
                network: NetworkId::decode(from)?,
                journal: Position::from_u64(from.uint("journal")?),
                logs: from.list(MAX_PLAN_LOGS, "logs", |from| {
                    let log = LogId::decode(from)?;
                    Ok((log, Head { seq: from.uint("seq")?, hash: protocol::Hash::decode(from)? }))
                })?,
            })
        })
    }
}

/// Reads pages for a backup, beside the ledger's writer.
#[derive(Clone)]
pub struct BackupSource {
    store: Arc<dyn Store>,
    journal: Arc<Journal>,
}

/// Ends the replay of the journal when a page is full.
enum Full {
    Page,
    Fault(StorageError),
}

impl From<StorageError> for Full {
    fn from(error: StorageError) -> Self {
        Self::Fault(error)
    }
}

impl BackupSource {
    /// The next entries of a log after `have` up to `to`, in their bytes; none where the log goes on differently by now.
    ///
    /// # Errors
    /// When the store fails or lacks one.
    pub fn entries(&self, log: &LogId, mut have: Head, to: u64) -> Result<(Head, Vec<Vec<u8>>)> {
        let missing = MarketError::Damaged { what: "an entry that the head counts is missing" };
        let number =
            self.store.get(Table::LogNumbers, &log.to_bytes())?.and_then(|bytes| bytes.try_into().ok());
        let Some(number) = number.map(u32::from_be_bytes) else { return Err(missing) };
        let (mut page, mut bytes) = (Vec::new(), 0);
        while have.seq < to && bytes < PAGE_BYTES {
            let from = layout::entry_key(number, have.seq + 1);
            let end = layout::entry_key(number, to.saturating_add(1));
            let found = self.store.scan(Table::Entries, &from, Some(&end), SCAN)?;
            if found.is_empty() {
                let (_, record) = layout::log_record(self.store.as_ref(), number)?;
                return if record.head.seq > have.seq { Err(missing) } else { Ok((have, page)) };
            }
            for (_, value) in found {
                let entry = layout::entry_of(&value)?;
                if entry.header.prev != have.hash || bytes >= PAGE_BYTES {
                    return Ok((have, page));
                }
                have = entry.head();
                bytes += value.len();
                page.push(value);
            }
        }
        Ok((have, page))
    }

    /// Why the journal does not read back whole, if it does not.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn journal_fault(&self) -> Result<Option<String>> {
        match self.journal.replay(Position::START, |_, _| Ok::<(), StorageError>(())) {
            Ok(_) => Ok(None),
            Err(error @ (StorageError::JournalDamaged { .. } | StorageError::JournalGap { .. })) => {
                Ok(Some(error.to_string()))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// The journal's next records from `from` up to `to`, and the position behind them.
    ///
    /// # Errors
    /// When the journal is damaged there, or the disk fails.
    pub fn records(&self, from: Position, to: Position) -> Result<(Position, Vec<Record>)> {
        let (mut at, mut page, mut bytes) = (from, Vec::new(), 0);
        let read = self.journal.replay(from, |end, records| {
            if end > to || bytes >= PAGE_BYTES {
                return Err(Full::Page);
            }
            bytes += usize::try_from(end.as_u64() - at.as_u64()).unwrap_or(usize::MAX);
            at = end;
            page.extend(records);
            Ok(())
        });
        match read {
            Ok(_) | Err(Full::Page) => Ok((at, page)),
            Err(Full::Fault(error)) => Err(error.into()),
        }
    }
}

impl Ledger {
    /// The moment that a backup is to hold.
    pub fn backup_plan(&self) -> BackupPlan {
        let logs = self.logs.iter().map(|(log, record)| (*log, record.head)).collect();
        BackupPlan { network: self.opener.network, journal: self.journaled, logs }
    }

    /// Who reads it.
    pub fn backup_source(&self) -> BackupSource {
        BackupSource { store: Arc::clone(&self.store), journal: Arc::clone(&self.journal) }
    }

    /// Takes records of a backup's journal into this one's, and does what they say.
    ///
    /// # Errors
    /// When the disk is full or fails.
    pub(crate) fn take_back(&mut self, records: Vec<Record>) -> Result<()> {
        self.append(&[&records])?;
        for record in records {
            self.replay_record(record).map_err(|stop| match stop {
                Stop::Storage(error) => error.into(),
                Stop::Market(error) => error,
            })?;
        }
        Ok(())
    }
}
