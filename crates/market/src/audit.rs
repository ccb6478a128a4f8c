//! The audit log: who did what at this node, when, by which door, with what outcome. Decision 0060.
//!
//! ```text
//! home/audit/
//!   00000000000000000000.journal …   records, each with the hash of the one before; the oldest files go
//!   head                             number and hash of the last one, so that a cut end is found
//! ```
//!
//! It lies beside the ledger, not in it: a sign-in does not wait for an import, and old records can go. It never leaves the node
//! but in a backup. A record names accounts and ids, never what people wrote, passwords, tokens or contacts.
//!
//! Absent: which acts there are and who may read it (the node's office), and any clock.

mod log;
mod record;
mod verify;

pub use log::{AuditBounds, AuditLog, AuditPage};
pub use record::{Act, Actor, ActorKind, AuditFilter, AuditOutcome, AuditRecord, Door};
pub use verify::{AuditFault, Verified};

/// Bytes after which a file of the log is followed by the next: what goes goes by files, so this is how exact the bounds are. About a
/// thousand records.
const FILE_BYTES: u64 = 256 << 10;
/// A file whose first record is older is followed by the next too, milliseconds: else a quiet node would keep one file for years.
const FILE_MS: i64 = 30 * 86_400_000;
/// Space that the log leaves free at most, bytes: room for what has to be done on a disk that is nearly full.
const LEAST_FREE: u64 = 32 << 20;
/// Longest text of a record, bytes: an id has 64 digits, a name fewer; six steps that governors sign are named in 300.
const MAX_TEXT: usize = 400;
/// Longest record, bytes: seven texts, numbers, a hash.
const MAX_RECORD: usize = 7 * (MAX_TEXT + 4) + 128;
/// Records of a page, at most.
pub const MAX_AUDIT_PAGE: usize = 1_000;
/// Records that one page is looked for among, so that a filter that finds nothing keeps nobody waiting; the next page goes on there.
pub const MAX_AUDIT_LOOKED: usize = 200_000;
/// Acts of the log itself.
const TRIMMED: &str = "audit.trimmed";
const MISSED: &str = "audit.missed";

#[cfg(test)]
mod tests;
