//! Every bound of the catalogue, named. They keep a record within what one signed patch can carry.

/// Most keys of one record: a set spends one key per member.
pub const MAX_KEYS: usize = 200;
/// Most bytes of UTF-8 that keys and texts of one record take together. A signed payload is 64 KiB at most; the rest is
/// left for numbers, predecessors and the salt of up to [`MAX_KEYS`] operations.
pub const MAX_RECORD_BYTES: usize = 56 * 1024;
/// Longest key, bytes of UTF-8: what a document key may have on the wire.
pub const MAX_KEY_BYTES: usize = 192;
/// Most characters of a long text: three bytes each, still under the 32 KiB of one value on the wire.
pub const MAX_LONG_TEXT_CHARS: usize = 10_000;
/// Longest text of one value, bytes of UTF-8, in fields this version does not know.
pub const MAX_TEXT_BYTES: usize = 32 * 1024;
/// Longest cell that is looked at, bytes: several times what any field takes, far below what would cost time.
pub const MAX_CELL_BYTES: usize = 256 * 1024;
/// Most cells of one row.
pub const MAX_CELLS: usize = 1_000;
/// Most members read from one list cell.
pub const MAX_LIST_ITEMS: usize = 100;
/// Most patents of one record.
pub const MAX_PATENTS: usize = 40;
/// Most IPC symbols of one record.
pub const MAX_IPC: usize = 30;
/// Most terms of one vocabulary set.
pub const MAX_TERMS: usize = 30;
/// Most issues reported for one record; the last one says that more were left off.
pub const MAX_ISSUES: usize = 60;
/// Most characters of a value that an issue repeats.
pub const MAX_QUOTED_CHARS: usize = 60;
/// Most characters of a web address.
pub const MAX_URL_CHARS: usize = 500;
/// Most characters of a mail address (RFC 5321 path).
pub const MAX_EMAIL_CHARS: usize = 254;
/// Earliest year anything may carry: the oldest living institutions.
pub const MIN_YEAR: i64 = 1800;
/// Latest year anything may carry: far deadlines, no typing errors.
pub const MAX_YEAR: i64 = 2100;
/// Largest amount, whole yuan: a hundred billion, above any technology contract.
pub const MAX_YUAN: i64 = 100_000_000_000;
