//! Values made small with a dictionary: what entries of one store have in common (keys of nodes, names, the words of a trade) is
//! in the dictionary and not in each of them. Alone a listing shrinks to three quarters, with it to little more than half.
//!
//! A store has no dictionary or one, made from its own values and kept in it. Values written before stay as they are.

use std::cell::RefCell;
use std::sync::{Mutex, OnceLock, PoisonError};

use zstd::zstd_safe::{CCtx, CDict, DCtx, DDict, compress_bound, get_error_name};

use super::pieces;
use crate::limits::{DICTIONARY, MAX_INLINE, MAX_VALUE, MIN_PACKED};
use crate::{Result, StorageError};

/// Where a store's dictionary stands in the tree.
pub(super) const DICTIONARY_KEY: &[u8] = b"\0d";

/// How hard packing tries. At 2 listings are as small as at 3 and it takes a sixth less time; at 1 they are a twelfth larger.
const LEVEL: i32 = 2;

thread_local! {
    /// Its working memory is larger than what it unpacks.
    static UNPACKER: RefCell<Option<DCtx<'static>>> = const { RefCell::new(None) };
}

/// What packs the values of a store. Without a dictionary it packs nothing.
#[derive(Default)]
pub(super) struct Packing(OnceLock<Book>);

/// A dictionary, made ready.
struct Book {
    packer: Mutex<(CCtx<'static>, Vec<u8>)>,
    packing: CDict<'static>,
    unpacking: DDict<'static>,
}

impl Packing {
    /// Whether it has a dictionary.
    pub(super) fn is_ready(&self) -> bool {
        self.0.get().is_some()
    }

    /// Takes a dictionary, unless it has one. False when it is none.
    pub(super) fn take(&self, dictionary: &[u8]) -> bool {
        let book =
            CDict::try_create(dictionary, LEVEL).zip(DDict::try_create(dictionary)).zip(CCtx::try_create());
        let Some(((packing, unpacking), packer)) = book else { return false };
        // Of two who bring one the first counts; there is one who does.
        let _ = self.0.set(Book { packer: Mutex::new((packer, Vec::new())), packing, unpacking });
        true
    }

    /// A value as it stands at its key, when packing makes it an eighth smaller and small enough to stand there.
    pub(super) fn pack(&self, value: &[u8]) -> Option<Vec<u8>> {
        let book = self.0.get().filter(|_| value.len() >= MIN_PACKED)?;
        let mut packer = book.packer.lock().unwrap_or_else(PoisonError::into_inner);
        let (packer, room) = &mut *packer;
        room.clear();
        room.reserve(compress_bound(value.len()));
        packer.compress_using_cdict(room, value, &book.packing).ok()?;
        (room.len() <= MAX_INLINE && room.len() <= value.len() - value.len() / 8)
            .then(|| pieces::packed(room))
    }

    /// The value in a frame.
    ///
    /// # Errors
    /// [`StorageError::StoreDamaged`] when it does not read, or there is no dictionary.
    pub(super) fn unpack(&self, frame: &[u8]) -> Result<Vec<u8>> {
        let damaged =
            |detail: &str| StorageError::StoreDamaged { action: "unpack a value", detail: detail.to_owned() };
        let book = self.0.get().ok_or_else(|| damaged("the store has no dictionary"))?;
        let size = zstd::zstd_safe::get_frame_content_size(frame).ok().flatten();
        let size = size.and_then(|size| usize::try_from(size).ok()).filter(|size| *size <= MAX_VALUE);
        let size = size.ok_or_else(|| damaged("its length does not read"))?;
        let mut value = Vec::with_capacity(size);
        UNPACKER.with_borrow_mut(|unpacker| {
            let unpacker = unpacker.get_or_insert_with(DCtx::create);
            let read = unpacker.decompress_using_ddict(&mut value, frame, &book.unpacking);
            read.map_err(|code| damaged(get_error_name(code)))
        })?;
        if value.len() == size { Ok(value) } else { Err(damaged("it is shorter than it was")) }
    }
}

/// A dictionary from values, one after the other, and their sizes. `None` when they are too few or too much alike.
pub(super) fn learn(samples: &[u8], sizes: &[usize]) -> Option<Vec<u8>> {
    zstd::dict::from_continuous(samples, sizes, DICTIONARY).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values that have half of their bytes in common, `seed` the rest.
    pub(super) fn value(seed: u32) -> Vec<u8> {
        let own =
            (0..40_u32).flat_map(|n| seed.wrapping_mul(2_654_435_761).wrapping_add(n * n).to_be_bytes());
        "本成果属于新材料技术领域，已通过中试，可以许可或作价入股。".bytes().chain(own).collect()
    }

    fn ready() -> Packing {
        let values: Vec<Vec<u8>> = (0..2_000).map(value).collect();
        let sizes: Vec<usize> = values.iter().map(Vec::len).collect();
        let packing = Packing::default();
        assert!(packing.take(&learn(&values.concat(), &sizes).unwrap()));
        packing
    }

    #[test]
    fn values_come_back_byte_for_byte_and_smaller() {
        let packing = ready();
        for seed in 5_000..5_100 {
            let packed = packing.pack(&value(seed)).unwrap();
            assert!(packed.len() < value(seed).len());
            assert_eq!(packing.unpack(&packed[1..]).unwrap(), value(seed));
        }
        assert!(Packing::default().pack(&value(1)).is_none(), "without a dictionary nothing is packed");
        assert!(packing.pack(&[7; MIN_PACKED - 1]).is_none());
        let noise: Vec<u8> = (0..4_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
        assert!(packing.pack(&noise).is_none_or(|packed| packed.len() < noise.len()));
    }

    #[test]
    fn a_damaged_frame_is_an_error() {
        let packing = ready();
        let packed = packing.pack(&value(1)).unwrap();
        for bad in [&packed[1..packed.len() - 1], &packed[2..], b"", b"\x28\xb5\x2f\xfd"] {
            assert!(matches!(packing.unpack(bad), Err(StorageError::StoreDamaged { .. })));
        }
        // A frame that says it holds more than any value may.
        let huge = [&[0x28, 0xb5, 0x2f, 0xfd, 0b1110_0000][..], &u64::MAX.to_le_bytes()].concat();
        assert!(packing.unpack(&huge).is_err());
        assert!(Packing::default().unpack(&packed[1..]).is_err());
        assert!(!Packing::default().take(&[]) || Packing::default().pack(&value(1)).is_none());
    }
}
