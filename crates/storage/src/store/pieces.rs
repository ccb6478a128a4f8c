//! How values stand in sled: small ones beside their key, large ones cut into pieces elsewhere in the tree.
//!
//! sled writes a page above 128 KiB to a file of its own that nobody fsyncs, and a page holds up to 19 pairs.
//! With no pair above [`MAX_INLINE`] and a key, that never happens.
//!
//! ```text
//! table‖key      → 0 ‖ value                  up to MAX_INLINE bytes
//! table‖key      → 1 ‖ id u64 ‖ length u32    more
//! table‖key      → 2 ‖ zstd frame             packed with the store's dictionary (see `packing.rs`)
//! 0 'p' id n u16 → the n-th piece
//! 0 'o' id       → table‖key, the owner
//! ```
//!
//! Pieces whose owner points elsewhere are garbage: a small value that replaces a large one leaves some, since
//! looking for an older large value at each put would cost more than it is worth. [`crate::Store::sync`]
//! sweeps a few of them each time.

use crate::limits::MAX_INLINE;
use crate::{Result, StorageError};

const INLINE: u8 = 0;
const CUT: u8 = 1;
const PACKED: u8 = 2;

/// Before the number of each cut value's pieces.
const PIECE: [u8; 2] = [0, b'p'];

/// Before the number of each cut value's owner.
pub(super) const OWNER: [u8; 2] = [0, b'o'];

/// A value that was cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cut {
    pub(super) id: u64,
    pub(super) len: usize,
}

/// What stands at a key.
pub(super) enum Stored<'a> {
    Inline(&'a [u8]),
    Cut(Cut),
    Packed(&'a [u8]),
}

/// Reads what stands at a key.
pub(super) fn parse(stored: &[u8]) -> Result<Stored<'_>> {
    match stored.split_first() {
        Some((&INLINE, value)) => Ok(Stored::Inline(value)),
        Some((&PACKED, frame)) => Ok(Stored::Packed(frame)),
        Some((&CUT, rest)) => {
            let (id, len) = rest.split_first_chunk::<8>().ok_or_else(malformed)?;
            let len: [u8; 4] = len.try_into().map_err(|_| malformed())?;
            Ok(Stored::Cut(Cut { id: u64::from_be_bytes(*id), len: u32::from_be_bytes(len) as usize }))
        }
        _ => Err(malformed()),
    }
}

fn malformed() -> StorageError {
    StorageError::StoreDamaged { action: "read a value", detail: "it is of an unknown form".to_owned() }
}

/// A small value as it stands at its key.
pub(super) fn inline(value: &[u8]) -> Vec<u8> {
    [&[INLINE], value].concat()
}

/// A packed value as it stands at its key.
pub(super) fn packed(frame: &[u8]) -> Vec<u8> {
    [&[PACKED], frame].concat()
}

/// Whether a value has to be cut.
pub(super) fn is_large(value: &[u8]) -> bool {
    value.len() > MAX_INLINE
}

impl Cut {
    /// Puts a large value into `changes`, under a new `id`.
    pub(super) fn write(id: u64, key: Vec<u8>, value: &[u8], changes: &mut sled::Batch) {
        // Bounded by MAX_VALUE, so are its pieces.
        let len = u32::try_from(value.len()).unwrap_or(u32::MAX);
        changes.insert(owner_key(id), key.as_slice());
        changes.insert(key, [&[CUT], &id.to_be_bytes()[..], &len.to_be_bytes()].concat());
        for (number, piece) in (0_u16..).zip(value.chunks(MAX_INLINE)) {
            changes.insert(piece_key(id, number), piece);
        }
    }

    /// Removes its pieces.
    pub(super) fn remove(self, changes: &mut sled::Batch) {
        changes.remove(owner_key(self.id).as_slice());
        for (number, _) in (0_u16..).zip(0..self.len.div_ceil(MAX_INLINE)) {
            changes.remove(piece_key(self.id, number));
        }
    }

    /// The keys of its pieces, first and last.
    pub(super) fn piece_range(self) -> std::ops::RangeInclusive<Vec<u8>> {
        piece_key(self.id, 0)..=piece_key(self.id, u16::MAX)
    }
}

fn piece_key(id: u64, number: u16) -> Vec<u8> {
    [&PIECE[..], &id.to_be_bytes(), &number.to_be_bytes()].concat()
}

/// Where the owner of this cut value is named.
pub(super) fn owner_key(id: u64) -> Vec<u8> {
    [&OWNER[..], &id.to_be_bytes()].concat()
}

/// The id in the key of an owner.
pub(super) fn id_of(owner_key: &[u8]) -> Option<u64> {
    owner_key.strip_prefix(&OWNER)?.try_into().ok().map(u64::from_be_bytes)
}
