//! One file of the journal: a header, then frames.
//!
//! ```text
//! magic 8 | version u32 | base u64 | crc32 of these u32     file name: base in 20 digits, `.journal`
//! ```
//!
//! `base` is the position of the first frame, so position = base + offset in the file − header.

use std::fs::{self, File, OpenOptions};
use std::io::{BufReader, ErrorKind, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use super::frame::{HEAD, Head, MARKER, records};
use super::{Damage, Position, Record};
use crate::error::IoContext;
use crate::limits::{JOURNAL_SEGMENT, MAX_APPEND, RESYNC_BUDGET};
use crate::platform::write_whole;
use crate::{Result, StorageError};

const MAGIC: [u8; 8] = *b"LSJRNL\r\n";

/// The version of the files that this program writes, and the newest that it reads.
const VERSION: u32 = 1;

/// Bytes before the first frame.
pub(super) const HEADER: u64 = 8 + 4 + 8 + 4;

/// No file grows beyond this: the last frame begins below the segment's bound.
const MAX_FILE: u64 = JOURNAL_SEGMENT + (HEAD + MAX_APPEND) as u64 + HEADER;

/// A file of the journal.
#[derive(Clone, Debug)]
pub(super) struct Segment {
    pub(super) base: u64,
    pub(super) path: PathBuf,
}

fn name(base: u64) -> String {
    format!("{base:020}.journal")
}

fn header(base: u64) -> Vec<u8> {
    let mut bytes = [&MAGIC[..], &VERSION.to_be_bytes(), &base.to_be_bytes()].concat();
    let crc = crc32fast::hash(&bytes);
    bytes.extend_from_slice(&crc.to_be_bytes());
    bytes
}

impl Segment {
    /// Creates the file with its header, fsynced with its name: a file with a torn header cannot exist.
    pub(super) fn create(dir: &Path, base: u64) -> Result<(Self, File)> {
        write_whole(dir, &name(base), &header(base))?;
        let segment = Self { base, path: dir.join(name(base)) };
        let file = segment.open_to_append()?;
        Ok((segment, file))
    }

    /// A handle that writes at the file's end.
    pub(super) fn open_to_append(&self) -> Result<File> {
        OpenOptions::new().read(true).append(true).open(&self.path).doing("open", &self.path)
    }

    /// Writes this file anew, all at once.
    pub(super) fn replace(&self, dir: &Path, frames: &[u8]) -> Result<()> {
        write_whole(dir, &name(self.base), &[header(self.base).as_slice(), frames].concat())
    }

    /// All files of a journal, in order.
    pub(super) fn list(dir: &Path) -> Result<Vec<Self>> {
        let mut segments = Vec::new();
        for item in fs::read_dir(dir).doing("list", dir)? {
            let path = item.doing("list", dir)?.path();
            let Some(file_name) = path.file_name().and_then(|name| name.to_str()) else { continue };
            if file_name.ends_with(".journal.new") {
                // Left by a power cut before its rename; nothing refers to it.
                fs::remove_file(&path).doing("remove", &path)?;
            } else if let Some(base) = file_name.strip_suffix(".journal").and_then(|base| base.parse().ok())
                && file_name == name(base)
            {
                segments.push(Self { base, path });
            }
        }
        segments.sort_by_key(|segment| segment.base);
        Ok(segments)
    }

    /// The position just behind the file's last byte.
    pub(super) fn end(&self) -> Result<u64> {
        let length = fs::metadata(&self.path).doing("look at", &self.path)?.len();
        Ok(self.base.saturating_add(length.saturating_sub(HEADER)))
    }

    /// Damage at this position of the file.
    pub(super) fn damage(&self, position: u64, why: &'static str) -> Damage {
        Damage { file: self.path.clone(), offset: position.saturating_sub(self.base) + HEADER, bytes: 0, why }
    }
}

/// What is found at a place of a file.
pub(super) enum Step {
    /// A good frame.
    Frame { synced: u64, body: Vec<u8>, records: Vec<Record> },
    /// The end, on the byte.
    End,
    /// Something else than a frame.
    Bad(&'static str),
}

/// Reads the frames of one file, one after the other.
pub(super) struct Reader<'a> {
    segment: &'a Segment,
    file: BufReader<File>,
    position: u64,
    limit: u64,
    header_fault: Option<&'static str>,
}

impl<'a> Reader<'a> {
    /// Begins at `from` (or the file's base, if that is later) and ends at `limit` or the file's end.
    pub(super) fn open(segment: &'a Segment, from: u64, limit: u64) -> Result<Self> {
        let mut file = File::open(&segment.path).doing("open", &segment.path)?;
        let header_fault = check_header(&mut file, segment)?;
        let position = from.max(segment.base);
        file.seek(SeekFrom::Start(position - segment.base + HEADER)).doing("seek in", &segment.path)?;
        let limit = limit.min(segment.end()?);
        Ok(Self { segment, file: BufReader::new(file), position, limit, header_fault })
    }

    /// The position of what [`Reader::step`] reads next.
    pub(super) fn position(&self) -> u64 {
        self.position
    }

    /// Whether the file's header does not read. [`Reader::resync`] forgets it.
    pub(super) fn header_is_bad(&self) -> bool {
        self.header_fault.is_some()
    }

    /// Reads a frame, and moves behind it if it is good.
    pub(super) fn step(&mut self) -> Result<Step> {
        if let Some(why) = self.header_fault {
            return Ok(Step::Bad(why));
        }
        if self.position >= self.limit {
            return Ok(Step::End);
        }
        let left = self.limit - self.position;
        if left < HEAD as u64 {
            return Ok(Step::Bad("the file ends within a frame"));
        }
        let mut head = [0; HEAD];
        self.file.read_exact(&mut head).doing("read", &self.segment.path)?;
        let head = match Head::read(&head) {
            Ok(head) => head,
            Err(why) => return Ok(Step::Bad(why)),
        };
        if u64::from(head.length) > left - HEAD as u64 {
            return Ok(Step::Bad("the file ends within a frame"));
        }
        let mut body = vec![0; head.length as usize];
        self.file.read_exact(&mut body).doing("read", &self.segment.path)?;
        if !head.fits(&body, self.position) {
            return Ok(Step::Bad("the checksum does not fit"));
        }
        let records = match records(&body) {
            Ok(records) => records,
            Err(why) => return Ok(Step::Bad(why)),
        };
        self.position += HEAD as u64 + body.len() as u64;
        Ok(Step::Frame { synced: head.synced, body, records })
    }

    /// After a bad step: moves to the next good frame and says how many bytes were passed. At the end of
    /// the file (or of [`RESYNC_BUDGET`]) it moves to the end.
    pub(super) fn resync(&mut self) -> Result<u64> {
        let bad = self.position;
        // A broken header says nothing about the frames: each proves itself.
        let first = if self.header_fault.take().is_some() { bad } else { bad + 1 };
        let found = self.search(first)?.unwrap_or(self.limit);
        self.move_to(found)?;
        Ok(found - bad)
    }

    /// The position of the first good frame at or behind `first`.
    fn search(&mut self, first: u64) -> Result<Option<u64>> {
        self.move_to(first.min(self.limit))?;
        let mut rest = Vec::new();
        let bound = (self.limit - self.position).min(MAX_FILE);
        Read::by_ref(&mut self.file).take(bound).read_to_end(&mut rest).doing("read", &self.segment.path)?;
        let mut budget = RESYNC_BUDGET;
        let mut at = 0;
        while let Some(next) = find(rest.get(at..).unwrap_or_default(), &MARKER) {
            at += next;
            let position = first + at as u64;
            let candidate = rest.get(at..).and_then(<[u8]>::split_first_chunk::<HEAD>);
            if let Some((Ok(head), behind)) = candidate.map(|(head, behind)| (Head::read(head), behind))
                && let Some(body) = behind.get(..head.length as usize)
            {
                budget = budget.saturating_sub(u64::from(head.length));
                if head.fits(body, position) {
                    return Ok(Some(position));
                }
            }
            if budget == 0 {
                return Ok(None);
            }
            at += 1;
        }
        Ok(None)
    }

    fn move_to(&mut self, position: u64) -> Result<()> {
        self.position = position;
        let offset = position - self.segment.base + HEADER;
        self.file.seek(SeekFrom::Start(offset)).doing("seek in", &self.segment.path).map(drop)
    }
}

/// Where `needle` begins first.
fn find(bytes: &[u8], needle: &[u8; 4]) -> Option<usize> {
    let mut at = 0;
    loop {
        at += bytes.get(at..)?.iter().position(|byte| *byte == needle[0])?;
        if bytes.get(at..at + 4)? == needle {
            return Some(at);
        }
        at += 1;
    }
}

/// `Some` says what is wrong with the header.
fn check_header(file: &mut File, segment: &Segment) -> Result<Option<&'static str>> {
    let mut bytes = [0; HEADER as usize];
    match file.read_exact(&mut bytes) {
        Ok(()) => {}
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => {
            return Ok(Some("the file's header is cut off"));
        }
        Err(error) => return Err(error).doing("read", &segment.path),
    }
    if bytes == *header(segment.base) {
        return Ok(None);
    }
    let version = bytes.get(8..).and_then(<[u8]>::first_chunk::<4>).copied().map(u32::from_be_bytes);
    let crc_fits =
        bytes.split_last_chunk::<4>().is_some_and(|(rest, crc)| crc32fast::hash(rest).to_be_bytes() == *crc);
    match version {
        Some(found) if crc_fits && bytes.starts_with(&MAGIC) && found > VERSION => {
            Err(StorageError::NewerFormat { path: segment.path.clone(), found, known: VERSION })
        }
        _ => Ok(Some("the file's header does not read")),
    }
}

/// Whether what is bad at `bad` (the reader stands there) was once written whole and fsynced: because `known`,
/// or a good frame behind, says so.
pub(super) fn was_durable(reader: &mut Reader<'_>, known: Position) -> Result<bool> {
    let bad = reader.position();
    if bad < known.as_u64() {
        return Ok(true);
    }
    reader.resync()?;
    loop {
        match reader.step()? {
            Step::Frame { synced, .. } if synced > bad => return Ok(true),
            Step::Frame { .. } => {}
            Step::End => return Ok(false),
            Step::Bad(_) => {
                reader.resync()?;
            }
        }
    }
}
