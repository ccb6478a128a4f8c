//! Opening the journal: where it ends, what a power cut tore, what is damaged.

use std::fs::File;
use std::path::Path;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Condvar, Mutex};

use super::segment::{HEADER, Reader, Segment, Step, was_durable};
use super::{Active, Cut, Damage, Journal, Position};
use crate::error::IoContext;
use crate::platform::create_dir;
use crate::{Floor, Result};

/// What opening the journal brought to light.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JournalFindings {
    /// A torn end was cut off: normal after a power cut.
    pub cut: Option<Cut>,
    /// The newest file is damaged, or ends before what was known to be durable. [`Journal::replay`] across
    /// that place fails; [`Journal::salvage`] reads around it.
    pub damage: Option<Damage>,
}

/// Where the newest file ends, and how it is.
struct Tail {
    end: u64,
    cut: Option<Cut>,
    damage: Option<Damage>,
}

pub(super) fn open(
    dir: &Path,
    known: Position,
    floor: Floor,
    segment_bytes: u64,
) -> Result<(Journal, JournalFindings)> {
    create_dir(dir)?;
    let mut segments = Segment::list(dir)?;
    let mut findings = JournalFindings::default();
    let (end, file) = match segments.last() {
        None => begin(dir, known.as_u64(), &mut segments)?,
        Some(last) => {
            let tail = mend_tail(last, known)?;
            let (sound, without_frames) = (tail.damage.is_none(), tail.end == last.base);
            findings = JournalFindings { cut: tail.cut, damage: tail.damage };
            // Behind damage a new file begins, so that the damage stays as it is found. Positions that were
            // once durable are never given out again.
            if sound {
                (tail.end, last.open_to_append()?)
            } else {
                if without_frames {
                    // Nothing but a bad header: the new file takes its name.
                    segments.pop();
                }
                begin(dir, tail.end, &mut segments)?
            }
        }
    };
    // What is replayed is acted upon, so it must not be in the page cache alone.
    file.sync_all().doing("fsync", dir)?;
    let active = Active { file: Arc::new(file), segments, end, durable: end, syncing: false, stopped: None };
    let journal = Journal {
        dir: dir.to_owned(),
        floor,
        segment_bytes,
        active: Mutex::new(active),
        synced: Condvar::new(),
        fsyncs: AtomicU64::new(0),
        erasing: Mutex::new(()),
        lock: None,
    };
    Ok((journal, findings))
}

/// A new file at `base`.
fn begin(dir: &Path, base: u64, segments: &mut Vec<Segment>) -> Result<(u64, File)> {
    let (segment, file) = Segment::create(dir, base)?;
    segments.push(segment);
    Ok((base, file))
}

/// Reads the newest file to its end; cuts off what is torn.
fn mend_tail(last: &Segment, known: Position) -> Result<Tail> {
    let file_end = last.end()?;
    let mut reader = Reader::open(last, last.base, u64::MAX)?;
    let why = loop {
        match reader.step()? {
            Step::Frame { .. } => {}
            Step::End if reader.position() < known.as_u64() => {
                break "the file ends before what was once on disk";
            }
            Step::End => return Ok(Tail { end: file_end, cut: None, damage: None }),
            Step::Bad(why) => break why,
        }
    };
    let bad = reader.position();
    // Headers are written before a file gets its name: a bad one is never a torn end.
    if reader.header_is_bad() || was_durable(&mut reader, known)? {
        let damage = last.damage(bad, why);
        tracing::error!(file = %damage.file.display(), offset = damage.offset, why, "the journal is damaged");
        return Ok(Tail { end: file_end.max(known.as_u64()), cut: None, damage: Some(damage) });
    }
    let cut = Cut { file: last.path.clone(), offset: bad - last.base + HEADER, bytes: file_end - bad };
    tracing::warn!(file = %cut.file.display(), offset = cut.offset, bytes = cut.bytes, why, "cut off a torn end");
    last.open_to_append()?.set_len(cut.offset).doing("cut", &last.path)?;
    Ok(Tail { end: bad, cut: Some(cut), damage: None })
}
