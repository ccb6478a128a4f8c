//! Inspects a workbook before it is parsed: how much it inflates to, and the two places where the parser would reserve
//! memory by a number that the file states.
//!
//! Sizes that a zip archive declares are not believed: every part is inflated and counted.

use crate::error::ReadError;
use crate::limits::{
    Limits, MAX_XLSX_MERGES, MAX_XLSX_PART_BYTES, MAX_XLSX_PARTS, MAX_XLSX_STATED_STRINGS,
    MAX_XLSX_STRINGS_BYTES, XLSX_INFLATED, XLSX_PART, XLSX_SMALL_BYTES, XLSX_STRINGS,
};
use crate::read::Format;
use memchr::memmem;
use std::io::{Cursor, Read};
use zip::ZipArchive;

const CENTRAL_HEADER: &[u8] = b"PK\x01\x02";
const STATED_COUNT: &[u8] = b"uniqueCount";
/// As it stands in the tag of each merged area, at its start and perhaps at its end.
const MERGED: &[u8] = b"mergeCell";
const CHUNK: usize = 64 << 10;

/// Refuses a workbook that would take more memory than the limits allow. Returns whether it has merged cells.
pub(crate) fn inspect(bytes: &[u8], limits: &Limits) -> Result<bool, ReadError> {
    // Counted before the archive's directory is parsed, since that holds all of its entries in memory.
    let parts = memmem::find_iter(bytes, CENTRAL_HEADER).count();
    if parts > MAX_XLSX_PARTS {
        return Err(damaged(format!("it has {parts} parts, more than {MAX_XLSX_PARTS}")));
    }
    let most = Most::of(bytes.len() as u64, limits);
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|error| damaged(error.to_string()))?;
    let declared = (0..archive.len())
        .try_fold(0u64, |sum, place| archive.by_index_raw(place).map(|part| sum.saturating_add(part.size())));
    let declared = declared.map_err(|error| damaged(error.to_string()))?;
    if declared > most.total {
        return Err(too_large("inflated workbook", declared, most.total));
    }
    let (mut total, mut merges) = (0, 0);
    for place in 0..archive.len() {
        let part = archive.by_index(place).map_err(|error| damaged(error.to_string()))?;
        total += inflate(part, most.total - total, &most, &mut merges)?;
    }
    Ok(merges > 0)
}

fn damaged(why: String) -> ReadError {
    super::damaged(Format::Xlsx, why)
}

fn too_large(what: &'static str, size: u64, limit: u64) -> ReadError {
    ReadError::TooLarge { what, size, limit }
}

/// Inflated bytes that a workbook of some size may have.
struct Most {
    total: u64,
    strings: u64,
    part: u64,
}

impl Most {
    fn of(size: u64, limits: &Limits) -> Self {
        let beyond = size.saturating_sub(XLSX_SMALL_BYTES);
        let grown = |(small, ratio): (u64, u64)| beyond.saturating_mul(ratio).saturating_add(small);
        Self {
            total: grown(XLSX_INFLATED).min(limits.xlsx_inflated_bytes),
            strings: grown(XLSX_STRINGS).min(MAX_XLSX_STRINGS_BYTES),
            part: grown(XLSX_PART).min(MAX_XLSX_PART_BYTES),
        }
    }

    /// Bytes that a part may have by its role. Sheets are streamed; so the total alone bounds them.
    fn for_part(&self, name: &str) -> u64 {
        let lower = name.to_ascii_lowercase();
        if lower.ends_with("sharedstrings.xml") {
            return self.strings;
        }
        let whole = ["styles.xml", "workbook.xml", ".rels"].iter().any(|end| lower.ends_with(end));
        if whole || lower.contains("theme") { self.part } else { u64::MAX }
    }
}

/// Inflates a part, looking only for what must not be in it. Returns its bytes.
fn inflate(
    mut part: zip::read::ZipFile<'_, Cursor<&[u8]>>,
    left: u64,
    most: &Most,
    merges: &mut usize,
) -> Result<u64, ReadError> {
    let name = part.name().map_err(|error| damaged(error.to_string()))?.into_owned();
    let lower = name.to_ascii_lowercase();
    let is_xml = lower.ends_with(".xml") || lower.ends_with(".rels");
    let limit = most.for_part(&name).min(left);
    let mut size = 0u64;
    let mut piece = Vec::with_capacity(2 * CHUNK);
    loop {
        let before = piece.len();
        let read = (&mut part).take(CHUNK as u64).read_to_end(&mut piece);
        let read = read.map_err(|error| damaged(format!("{name}: {error}")))?;
        size += read as u64;
        if size > limit {
            return Err(too_large("inflated workbook", size, limit));
        }
        if is_xml {
            check_text(&name, &piece[before..], size == read as u64)?;
            check_count(&piece)?;
            // A word that began in the piece before and ends here is counted here; one that lay wholly before is not.
            count_merges(&piece[before.saturating_sub(MERGED.len() - 1)..], merges)?;
        }
        if read == 0 {
            return Ok(size);
        }
        // The end of this piece may begin a word that goes on in the next.
        piece.drain(..piece.len().saturating_sub(OVERLAP));
    }
}

/// Bytes kept from one piece to the next: the attribute and a value as long as a number can be.
const OVERLAP: usize = 256;
/// Bytes at a part's start within which its encoding is declared.
const DECLARATION: usize = 200;

/// Allows UTF-8 alone, so that the search for words in the bytes cannot be led astray by another encoding.
fn check_text(name: &str, piece: &[u8], first: bool) -> Result<(), ReadError> {
    let declared = if first { encoding(piece) } else { None };
    let foreign = declared.is_some_and(|name| !["utf-8", "utf8", "us-ascii"].contains(&name.as_str()));
    if foreign || piece.contains(&0) || piece.contains(&0x1B) {
        return Err(damaged(format!("{name} is not UTF-8")));
    }
    Ok(())
}

fn encoding(start: &[u8]) -> Option<String> {
    let start = String::from_utf8_lossy(&start[..start.len().min(DECLARATION)]).to_ascii_lowercase();
    let (_, rest) = start.split_once("encoding")?;
    let rest = rest.trim_start_matches(|c: char| c == '=' || c == '"' || c == '\'' || c.is_whitespace());
    Some(rest.split(['"', '\'', '?', ' ']).next()?.to_owned())
}

/// Adds the merged areas that a piece names. Each is held in memory, and no real sheet has very many.
fn count_merges(piece: &[u8], merges: &mut usize) -> Result<(), ReadError> {
    *merges += memmem::find_iter(piece, MERGED).count();
    if *merges > 2 * MAX_XLSX_MERGES {
        return Err(damaged(format!("it has more than {MAX_XLSX_MERGES} merged areas")));
    }
    Ok(())
}

/// Refuses a stated number of strings for which the parser would reserve too much.
fn check_count(piece: &[u8]) -> Result<(), ReadError> {
    let mut rest = piece;
    while let Some(place) = memmem::find(rest, STATED_COUNT) {
        rest = &rest[place + STATED_COUNT.len()..];
        let value = rest.iter().skip_while(|b| !b.is_ascii_digit()).take_while(|b| b.is_ascii_digit());
        let count =
            value.fold(0u64, |sum, digit| sum.saturating_mul(10).saturating_add(u64::from(digit - b'0')));
        if count > MAX_XLSX_STATED_STRINGS {
            return Err(damaged(format!("it states {count} texts, more than {MAX_XLSX_STATED_STRINGS}")));
        }
    }
    Ok(())
}
