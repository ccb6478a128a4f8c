//! Compression of a run's texts (zstd, RFC 8878). The working memory for usual runs is used again: to make it anew costs
//! a run of a few entries more than the compressing.
//!
//! Texts are compressed as if the dictionary stood before them: what a listing's fields are called, in the order of a patch.
//! Of one listing by itself that takes a quarter off, of a hundred together next to nothing (decision 0045).

use std::io;
use std::sync::Mutex;

use zstd::bulk::{Compressor, Decompressor};

/// zstd level of runs: the sender's choice, no part of the protocol. Level 3 gives 293 bytes a listing at 192 MB/s,
/// level 9 gives 278 at 52 MB/s (decision 0002).
const LEVEL: i32 = 3;
/// The same for a slow line, which waits for the bytes and not for the processor: of 14 KB of texts level 19 takes a seventh
/// off, and makes up for how little short runs have to compress by; some milliseconds each.
const DENSE_LEVEL: i32 = 19;
/// Texts of this many bytes are packed in the memory that is kept, a megabyte; what longer ones take is given back.
const KEPT: usize = 64 << 10;

/// Raw content before every run's texts (SPEC §12): part of the protocol, never to change under a form's number.
const DICTIONARY: &[u8] = include_bytes!("../../vectors/run-dictionary.bin");

static PACKER: Mutex<Option<Compressor<'static>>> = Mutex::new(None);
static UNPACKER: Mutex<Option<Decompressor<'static>>> = Mutex::new(None);

/// Packs texts; `dense` for a slow line.
pub(super) fn pack(texts: &[u8], dense: bool) -> io::Result<Vec<u8>> {
    let level = if dense { DENSE_LEVEL } else { LEVEL };
    // Whoever finds it in use takes memory of its own.
    match PACKER.try_lock() {
        Ok(mut kept) if !dense && texts.len() <= KEPT => match kept.as_mut() {
            Some(packer) => pack_with(packer, texts),
            None => pack_with(kept.insert(Compressor::new(level)?), texts),
        },
        _ => pack_with(&mut Compressor::new(level)?, texts),
    }
}

/// As a prefix, for one frame: a dictionary that is loaded for all would have zstd work as for texts of its own small size, and
/// a hundred listings come out a tenth larger.
fn pack_with(packer: &mut Compressor<'static>, texts: &[u8]) -> io::Result<Vec<u8>> {
    let taken = packer.context_mut().ref_prefix(DICTIONARY);
    taken.map_err(|_| io::Error::other("zstd takes no dictionary"))?;
    packer.compress(texts)
}

/// Unpacks texts of at most `size` bytes, which were packed with the dictionary or without one.
pub(super) fn unpack(packed: &[u8], size: usize, with_dictionary: bool) -> io::Result<Vec<u8>> {
    if !with_dictionary {
        return zstd::bulk::decompress(packed, size);
    }
    match UNPACKER.try_lock() {
        Ok(mut kept) => match kept.as_mut() {
            Some(unpacker) => unpacker.decompress(packed, size),
            None => kept.insert(Decompressor::with_dictionary(DICTIONARY)?).decompress(packed, size),
        },
        Err(_) => Decompressor::with_dictionary(DICTIONARY)?.decompress(packed, size),
    }
}
