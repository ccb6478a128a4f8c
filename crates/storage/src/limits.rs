//! Every bound of this crate, with its unit and its reason.

/// Longest key within a table, in bytes. Keys are hashes, numbers and short names; an index page of sled
/// holds 257 of them and must stay below 128 KiB (see [`MAX_INLINE`]).
pub const MAX_KEY: usize = 384;

/// Largest value, in bytes. An entry has at most 64 KiB; what is merged from several may be larger.
pub const MAX_VALUE: usize = 1024 * 1024;

/// Largest value that stands beside its key in sled, in bytes; larger ones are cut into pieces of this size.
/// A page of sled holds up to 19 pairs, and goes into a file that nobody fsyncs above 128 KiB.
pub(crate) const MAX_INLINE: usize = 5 * 1024;

/// Smallest value that is packed, in bytes: below it a frame's head and a dictionary's number eat the gain.
pub(crate) const MIN_PACKED: usize = 128;

/// Largest dictionary that values are packed with, in bytes. Twice of it makes listings 1 % smaller.
pub(crate) const DICTIONARY: usize = 64 * 1024;

/// A store gets its dictionary when its file has grown to this, in bytes: a smaller one has little to gain, and less to learn from.
pub(crate) const DICTIONARY_FROM: u64 = 64 * 1024 * 1024;

/// … or when it is written anew and its samples have this many bytes: zstd wants many times the dictionary.
pub(crate) const DICTIONARY_FROM_SAMPLES: usize = 1024 * 1024;

/// Values that are gone through for a dictionary of a store in use, from the first on: a checkpoint waits for it.
pub(crate) const LEARNT_FROM: usize = 32 * 1024;

/// Most values that a dictionary is made from, and most bytes of them: what is above makes it slower and no better.
pub(crate) const SAMPLES: usize = 2_048;
/// See [`SAMPLES`].
pub(crate) const SAMPLE_BYTES: usize = 4 * 1024 * 1024;

/// Bytes of keys and values that are copied at once when a store is written anew: in memory twice, like any batch.
pub(crate) const COPY_BATCH: usize = 1024 * 1024;

/// How many cut values each sync looks at for pieces without an owner.
pub(crate) const SWEEP_SLICE: usize = 256;

/// Most operations in one batch.
pub const MAX_BATCH_OPS: usize = 65_536;

/// Most bytes (keys and values) in one batch: it is held in memory twice while it is applied.
pub const MAX_BATCH_BYTES: usize = 64 * 1024 * 1024;

/// Most pairs that one scan returns; more is refused, not cut, so that a short page always means the end.
pub const MAX_SCAN: usize = 4096;

/// Pairs that [`crate::Store::walk`] reads at once.
pub const WALK_PAGE: usize = 256;

/// A journal file is followed by the next one when it has reached this many bytes.
pub const JOURNAL_SEGMENT: u64 = 64 * 1024 * 1024;

/// Most bytes of records in one append (one frame of the journal): it is written and checked as a whole.
pub const MAX_APPEND: usize = 16 * 1024 * 1024;

/// Most records in one append.
pub const MAX_APPEND_RECORDS: usize = 65_536;

/// Most bytes that the search for the next good frame behind damage checksums in one file. A file full of
/// things that look like frames could otherwise keep it busy for hours.
pub(crate) const RESYNC_BUDGET: u64 = 2 * 1024 * 1024 * 1024;

/// Most damaged places that a salvage lists; it goes on reading past them.
pub const MAX_DAMAGES: usize = 1000;

/// Space held so that a node can start on a full disk, bytes: sled writes a snapshot of its page table when it opens, the index
/// a few small files.
pub(crate) const RESERVE: u64 = 16 * 1024 * 1024;

/// How often opening sled is tried again while a handle of this same process has not let go of it yet.
pub(crate) const OPEN_TRIES: u32 = 100;

/// Pause between those tries, in milliseconds.
pub(crate) const OPEN_PAUSE_MS: u64 = 20;

/// Most bytes read of the small files of a home (`format`, `sidecar.json`, `lock`).
pub(crate) const MAX_SMALL_FILE: u64 = 64 * 1024;

/// How often it is looked whether a call that writes to sled has ended, in milliseconds. Two looks without an end are taken for a
/// call that waits in vain.
pub(crate) const WATCH_EVERY_MS: u64 = 1_000;
