//! A preload library (`LD_PRELOAD`) that writes down what a process asks of its disk, in order: the test cuts the power
//! anywhere in that record and rebuilds what a disk may then hold (`tests/src/power.rs`).
//!
//! Watched are regular files and folders below `LIANSHI_POWERCUT_ROOT`, requests and answers on Unix sockets, and what is
//! appended to files below `LIANSHI_POWERCUT_SENT` (the frames that a node sends, before they are encrypted). The record goes to
//! `LIANSHI_POWERCUT_LOG`; after `LIANSHI_POWERCUT_STEPS` of it the process is killed. `LIANSHI_POWERCUT_FAULT` makes a step fail, or the process
//! end in it, `LIANSHI_POWERCUT_SWITCH` makes steps fail from a moment on (`fault.rs`). Of files whose path contains `LIANSHI_POWERCUT_IGNORE` no fsync is recorded: the planted defect that a
//! test must find first.
//!
//! ```text
//! kind u8 | a u64 | b u64 | length u32 | bytes      (little-endian; kinds: see `Kind`)
//! ```
//!
//! A write is recorded after it was made, and an answer before it is given, both under one lock: so the record's order is
//! one in which things happened. An fsync is two records, its beginning and its end; it covers what was written before it
//! began. It is not passed on to the kernel: only the record counts, and a test is spared the wait.
//!
//! Calls that are not modelled (writable shared mappings, `fallocate`, links, copies within the kernel) are recorded as such, and
//! the test fails. What bypasses libc is not seen: the test compares the whole record with the real folder.
#![expect(unsafe_code, reason = "a preload library stands before functions of C")]
#![cfg(target_os = "linux")]

mod calls;
mod fault;
mod record;

/// What a record tells. `a` and `b` in brackets.
#[derive(Clone, Copy)]
#[repr(u8)]
enum Kind {
    /// A file or folder was opened [inode, 1 created | 2 emptied]: its path.
    Open = 1,
    /// Bytes were written [inode, offset].
    Write = 2,
    /// A file was cut or extended [inode, length].
    Length = 3,
    /// An fsync begins [inode, number].
    SyncBegins = 4,
    /// It has ended [0, number].
    SyncEnds = 5,
    /// A rename: both paths, a zero byte between.
    Rename = 6,
    /// A file or an empty folder was removed: its path.
    Remove = 7,
    /// A folder was made: its path.
    Folder = 8,
    /// Bytes of a request came in [socket].
    Request = 9,
    /// Bytes of an answer go out [socket].
    Answer = 10,
    /// Frames go out to a peer.
    Sent = 11,
    /// Something happened that is not modelled: its name.
    Unseen = 12,
    /// A step is taken next: its name. Only where a fault is planned (`fault.rs`).
    Step = 13,
    /// It is the one that the fault strikes.
    Struck = 14,
}
