//! Compression of a run's texts (zstd, RFC 8878).
//!
//! Texts are compressed as if the dictionary stood before them: what a listing's fields are called, in the order of a patch.
//! Of one listing by itself that takes a quarter off, of a hundred together next to nothing (decision 0045).

use std::io;
use std::sync::Mutex;

use zstd::bulk::{Compressor, Decompressor};
use zstd::zstd_safe::{CCtx, CParameter, Strategy, compress_bound, get_error_name};

/// zstd level of runs: the sender's choice, no part of the protocol. Level 3 gives 293 bytes a listing at 192 MB/s,
/// level 9 gives 278 at 52 MB/s (decision 0002).
const LEVEL: i32 = 3;
/// What makes it quicker for long texts: one table in place of two takes a sixth off, and adds two bytes in a thousand.
const QUICK: &[CParameter] =
    &[CParameter::Strategy(Strategy::ZSTD_fast), CParameter::MinMatch(4), CParameter::HashLog(17)];
/// The level for a slow line, which waits for the bytes and not for the processor: of 14 KB of texts level 19 takes a seventh
/// off, and makes up for how little short runs have to compress by; some milliseconds each.
const DENSE_LEVEL: i32 = 19;
/// Texts of this many bytes are packed in working memory that is kept: to make it anew costs a run of a few entries more than the
/// compressing.
const KEPT: usize = 32 << 10;

/// Raw content before every run's texts (SPEC §12): part of the protocol, never to change under a form's number.
const DICTIONARY: &[u8] = include_bytes!("../../vectors/run-dictionary.bin");

static PACKER: Mutex<Option<Compressor<'static>>> = Mutex::new(None);
static UNPACKER: Mutex<Option<Decompressor<'static>>> = Mutex::new(None);

/// The dictionary, to write texts behind it: [`pack`] takes both in one piece.
pub(super) fn before_texts(texts: usize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(DICTIONARY.len() + texts);
    bytes.extend_from_slice(DICTIONARY);
    bytes
}

/// The texts that stand behind the dictionary.
pub(super) fn texts_in(bytes: &[u8]) -> &[u8] {
    bytes.get(DICTIONARY.len()..).unwrap_or_default()
}

/// Packs texts that stand behind the dictionary; `dense` for a slow line.
///
/// The dictionary is a prefix, for one frame: one that is loaded for all would have zstd work as for texts of its own small size,
/// and a hundred listings come out a tenth larger. And it stands right before them, where zstd looks for what repeats in one
/// stretch of memory: in two it takes a third longer.
pub(super) fn pack(bytes: &[u8], dense: bool) -> io::Result<Vec<u8>> {
    let texts = texts_in(bytes);
    if dense || texts.len() > KEPT {
        let mut packer = CCtx::create();
        let level = CParameter::CompressionLevel(if dense { DENSE_LEVEL } else { LEVEL });
        let quick = if dense { [].as_slice() } else { QUICK };
        for parameter in [level].iter().chain(quick) {
            packer.set_parameter(*parameter).map_err(refused)?;
        }
        packer.ref_prefix(before(bytes)).map_err(refused)?;
        return frame(&mut packer, texts);
    }
    // Whoever finds it in use takes memory of its own.
    match PACKER.try_lock() {
        Ok(mut kept) => match kept.as_mut() {
            Some(packer) => pack_small(packer, texts),
            None => pack_small(kept.insert(Compressor::new(LEVEL)?), texts),
        },
        Err(_) => pack_small(&mut Compressor::new(LEVEL)?, texts),
    }
}

/// What stands before the texts.
fn before(bytes: &[u8]) -> &[u8] {
    bytes.get(..DICTIONARY.len()).unwrap_or_default()
}

fn pack_small(packer: &mut Compressor<'static>, texts: &[u8]) -> io::Result<Vec<u8>> {
    packer.context_mut().ref_prefix(DICTIONARY).map_err(refused)?;
    frame(packer.context_mut(), texts)
}

fn frame(packer: &mut CCtx<'_>, texts: &[u8]) -> io::Result<Vec<u8>> {
    let mut frame = Vec::with_capacity(compress_bound(texts.len()));
    packer.compress2(&mut frame, texts).map_err(refused)?;
    Ok(frame)
}

fn refused(code: usize) -> io::Error {
    io::Error::other(get_error_name(code))
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
