//! A backup: one file that holds all of a node at one moment, and the way back from it.
//!
//! ```text
//! "lianshi backup 3\n"
//! part: kind u8 · length u32 · body · digest raw 32
//! ```
//!
//! | kind | body | how many |
//! |---|---|---|
//! | 1 head | when, by which program, of which node | the first |
//! | 2 file | name, bytes: identity and configuration as they lie in the home | some |
//! | 3 entries | log id, entries that continue it; logs ascending, each from its first entry | any |
//! | 4 records | what the journal holds, in its order: own entries, drafts, contacts, settings | any |
//! | 6 attachment | name, bytes: a file of a listing, under the SHA-256 of its bytes; ascending | any |
//! | 7 audit | records of the audit log in their bytes, the oldest first | any |
//! | 5 end | how many entries, records, attachments and audit records there were | the last |
//!
//! The digest of a part covers the parts before it too, so damage, and a part that is missing or moved, show at that place;
//! a file without an end was cut off. Parts are bounded ([`MAX_PART`]), so writing and reading take little memory whatever the
//! size. Why it is made of entries and records and not of the store's own pages, and which files of listings are in it:
//! `protocol/decisions/0025`. Version 1 knew no attachments and did not count them, version 2 knew no audit log; they are read
//! as before.
//!
//! Absent: the running node's side (pages of a ledger come from [`crate::BackupSource`]), where files lie, and any encryption:
//! whoever has a backup has the node's keys.

mod check;
mod part;
mod restore;
mod write;

use std::io;

use thiserror::Error;

use crate::error::MarketError;

pub use check::{Checked, check};
pub use part::{BackupHead, Totals};
pub use restore::{Progress, interrupted, restore};
pub use write::{Pages, pack_entries, pack_records, unpack_entries, unpack_records, write};

/// First words of a backup; its version follows.
pub const FIRST: &str = "lianshi backup ";
/// The version that this program writes, and the newest that it reads.
const VERSION: u32 = 3;
/// The oldest that it reads.
const OLDEST: u32 = 1;
/// The version that brought attachments.
const WITH_ATTACHMENTS: u32 = 2;
/// The version that brought the audit log.
const WITH_AUDIT: u32 = 3;
/// Longest first line, bytes.
const MAX_FIRST: usize = 32;
/// Most bytes of a part's body: the largest file of a listing with its name. A page of entries or records is far smaller.
pub const MAX_PART: usize = protocol::limits::MAX_ATTACHMENT as usize + 1_024;
/// Most bytes of a small file: the configuration is the longest.
pub const MAX_BACKUP_FILE: usize = 256 << 10;
/// Most small files.
const MAX_FILES: usize = 16;

/// Why a backup was not written or does not read.
#[derive(Debug, Error)]
pub enum BackupError {
    /// The disk.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// Something else than a backup.
    #[error("this is no backup of a node")]
    Foreign,
    /// Written by a newer program.
    #[error(
        "it has format {found}, this program knows formats up to {VERSION}; use the newer program that wrote it"
    )]
    Newer {
        /// Its version.
        found: u32,
    },
    /// It ends too early.
    #[error("it is cut off after part {part}: copy it again, or take another one")]
    CutOff {
        /// The last part that was whole.
        part: u64,
    },
    /// It is not what was written.
    #[error("it is damaged in part {part} ({what}): copy it again, or take another one")]
    Damaged {
        /// Which part, from 1.
        part: u64,
        /// What is wrong there.
        what: &'static str,
    },
    /// It was another file when it was checked.
    #[error("it changed while it was being read")]
    Changed,
    /// The ledger.
    #[error(transparent)]
    Market(#[from] MarketError),
}

/// Result of writing or reading a backup.
type Result<T> = std::result::Result<T, BackupError>;

/// What is wrong with a part.
fn damaged(part: u64, what: &'static str) -> BackupError {
    BackupError::Damaged { part, what }
}
