//! What a node keeps on its disk: an ordered store of bytes, and a journal that survives a power cut.
//!
//! ```text
//! home/
//!   lock          held while a node runs; holds its process id
//!   format        the version of this layout
//!   sidecar.json  what the store held at the last checkpoint, fsynced
//!   store/        sled: fast, ordered, may lose its last moments (or everything) in a power cut
//!   journal/      append-only, checksummed, fsynced before anything is acknowledged
//!   set-aside-1/  a store that was found damaged; kept until a purge
//!   reserve       space that a start on a full disk may need; without a meaning
//!   scrub         the mark of a purge: the store is written anew at the next start (see `home/scrub.rs`)
//! ```
//!
//! A write is acknowledged in two steps, and read back in three:
//!
//! 1. [`Journal::append`] the records, [`Journal::commit`] the position: from here on they survive.
//! 2. [`Store::apply`] a [`Batch`] that has the same effect, with [`Batch::facts`] now and then, and
//!    [`Storage::checkpoint`] on a schedule: from here on a start need not replay them.
//! 3. At the next start [`Storage::open`] says from where to [`Journal::replay`].
//!
//! Replaying a record twice must do no harm: a replay starts at the last checkpoint, and the store is
//! usually a little ahead of it.
//!
//! Absent on purpose: this crate knows nothing of entries, listings or users (bytes only), has no async
//! function (every call may block for an fsync), reads no clock and starts no thread of its own, and no
//! sled type leaves it. It does not trim the home's journal: that holds all local writes since the home was made.

mod batch;
mod error;
mod files;
mod home;
mod journal;
pub mod limits;
mod platform;
mod store;
mod table;

pub use batch::{Batch, CheckpointFacts};
pub use error::{Result, StorageError};
pub use files::{FileName, Files, Stand, StoredFile};
pub use home::{Compacted, Opened, Options, Storage, compact};
pub use journal::{Cut, Damage, Erasure, Journal, JournalFindings, Position, Record, Salvage};
pub use platform::{Floor, disk_bytes, free_bytes};
pub use store::{MemoryStore, Pair, SledStore, Store, Visit};
pub use table::Table;
