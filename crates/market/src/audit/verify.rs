//! Whether the log is whole: every record there, in its order, as it was written.

use std::sync::PoisonError;

use protocol::Hash;
use storage::{Record, StorageError};

use super::TRIMMED;
use super::log::AuditLog;
use super::record::{AuditRecord, of_bytes};
use crate::error::Result;

/// What was found wrong first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AuditFault {
    /// What stands behind the record of this number is no record, or not the one that was written.
    Changed {
        /// The last record that is as it should be.
        after: u64,
    },
    /// Records are not there.
    Missing {
        /// The first of them.
        from: u64,
        /// The last of them.
        to: u64,
    },
    /// A file does not read at a place.
    Unreadable {
        /// The last record that is as it should be.
        after: u64,
        /// What the journal says of it.
        what: String,
    },
}

impl AuditFault {
    /// Behind which record.
    #[must_use]
    pub const fn after(&self) -> u64 {
        match self {
            Self::Changed { after } | Self::Unreadable { after, .. } => *after,
            Self::Missing { from, .. } => from.saturating_sub(1),
        }
    }

    /// `changed`, `missing` or `unreadable`.
    #[must_use]
    pub const fn id(&self) -> &'static str {
        match self {
            Self::Changed { .. } => "changed",
            Self::Missing { .. } => "missing",
            Self::Unreadable { .. } => "unreadable",
        }
    }
}

/// What a look through the whole log found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verified {
    /// Number of the first record that is kept; 0 where there is none.
    pub first: u64,
    /// Number of the last.
    pub last: u64,
    /// Hash of the last: printed and kept elsewhere, it proves all up to it.
    pub head: Hash,
    /// Hash of the last record that was let go; zero where none was.
    pub trimmed: Hash,
    /// What is wrong, where it is first.
    pub fault: Option<AuditFault>,
}

/// The state of a look.
struct Looking {
    found: Verified,
    /// Whether a record names what was let go before the first that is kept.
    trimmed: bool,
    /// The last record that was as it should be.
    at: (u64, Hash),
    /// Records behind this number came while it was being read.
    upto: u64,
}

impl Looking {
    fn take(&mut self, bytes: &[u8]) {
        if self.found.fault.is_some() {
            return;
        }
        let Ok(record) = AuditRecord::from_bytes(bytes) else {
            self.found.fault = Some(AuditFault::Changed { after: self.at.0 });
            return;
        };
        if record.number > self.upto {
            return;
        }
        if self.found.first == 0 {
            (self.found.first, self.found.trimmed) = (record.number, record.before);
            self.at = (record.number.saturating_sub(1), record.before);
        }
        let (number, hash) = self.at;
        if record.number > number + 1 {
            self.found.fault = Some(AuditFault::Missing { from: number + 1, to: record.number - 1 });
            return;
        }
        if record.number <= number || record.before != hash {
            self.found.fault = Some(AuditFault::Changed { after: number });
            return;
        }
        if record.act == TRIMMED && record.subject == self.before_first() {
            self.trimmed = true;
        }
        self.at = (record.number, of_bytes(bytes));
    }

    /// How a record names what was let go before the first that is kept.
    fn before_first(&self) -> String {
        format!("{} {}", self.found.first.saturating_sub(1), self.found.trimmed)
    }

    /// What is wrong with the two ends.
    fn ends(&self, head: (u64, Hash), remembered: Option<(u64, Hash)>) -> Option<AuditFault> {
        let (last, hash) = self.at;
        let begins = self.found.first <= 1 && self.found.trimmed == Hash::default();
        if !begins && !self.trimmed {
            return Some(AuditFault::Missing { from: 1, to: self.found.first.saturating_sub(1) });
        }
        let longest = remembered.map_or(0, |(number, _)| number).max(head.0);
        if last < longest.min(self.upto) {
            return Some(AuditFault::Missing { from: last + 1, to: longest.min(self.upto) });
        }
        let differs = |known: (u64, Hash)| known.0 == last && known.1 != hash;
        (differs(head) || remembered.is_some_and(differs))
            .then_some(AuditFault::Changed { after: last.saturating_sub(1) })
    }
}

impl AuditLog {
    /// Reads the whole log and says whether every record follows from the one before. That nobody has written all of it anew, it
    /// cannot say: a head that was printed earlier can.
    ///
    /// # Errors
    /// When the disk does not let itself be read at all.
    pub fn verify(&self) -> Result<Verified> {
        let _nothing_goes = self.reading.read().unwrap_or_else(PoisonError::into_inner);
        let head = self.head();
        let remembered = self.remembered();
        let mut looking =
            Looking { found: Verified::default(), trimmed: false, at: (0, Hash::default()), upto: head.0 };
        let start = self.journal.files().first().copied().unwrap_or_default();
        let replayed = self.journal.replay(start, |_, records| {
            for record in records {
                match record {
                    Record::Entry(bytes) => looking.take(&bytes),
                    Record::Put { .. } | Record::Delete { .. } => looking.take(&[]),
                }
            }
            Ok::<(), StorageError>(())
        });
        match replayed {
            Ok(_) => {}
            Err(error @ (StorageError::JournalDamaged { .. } | StorageError::JournalGap { .. })) => {
                let fault = AuditFault::Unreadable { after: looking.at.0, what: error.to_string() };
                looking.found.fault.get_or_insert(fault);
            }
            Err(error) => return Err(error.into()),
        }
        let fault = looking.found.fault.take().or_else(|| looking.ends(head, remembered));
        let (last, head) = looking.at;
        Ok(Verified { last, head, fault, ..looking.found })
    }
}
