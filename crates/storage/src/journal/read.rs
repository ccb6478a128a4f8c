//! Reading the journal back, around damage too, and erasing from it.

use std::sync::PoisonError;

use super::frame::Frame;
use super::segment::{Reader, Segment, Step};
use super::{Damage, Erasure, Journal, Position, Record};
use crate::limits::MAX_DAMAGES;
use crate::{Result, StorageError};

/// What a salvage found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Salvage {
    /// Records that were read.
    pub records: u64,
    /// Places that were passed over, at most [`MAX_DAMAGES`] of them.
    pub damages: Vec<Damage>,
    /// Spans of positions for which there is no file, from and to.
    pub gaps: Vec<(Position, Position)>,
}

impl Journal {
    /// Shows the records from `from` (the start, or a position that this journal once gave) to the end as
    /// it is now, in order: those of one append together, with the position behind them. Returns where it ended.
    ///
    /// # Errors
    /// Whatever `visit` returns; [`StorageError::JournalDamaged`] or [`StorageError::JournalGap`] where the
    /// journal does not read back, after all before that place was shown.
    pub fn replay<E: From<StorageError>>(
        &self,
        from: Position,
        mut visit: impl FnMut(Position, Vec<Record>) -> std::result::Result<(), E>,
    ) -> std::result::Result<Position, E> {
        let (segments, end) = self.extent();
        if from.0 > end {
            return Err(StorageError::NoSuchPosition { asked: from, end: Position(end) }.into());
        }
        let mut at = from.0;
        for (segment, next) in with_ends(&segments, end) {
            if next <= at {
                continue;
            }
            if segment.base > at {
                return Err(self.gap(at, segment.base).into());
            }
            let mut reader = Reader::open(segment, at, next)?;
            loop {
                match reader.step()? {
                    Step::Frame { records, .. } => visit(Position(reader.position()), records)?,
                    Step::End => break,
                    Step::Bad(why) => {
                        let Damage { file, offset, why, .. } = segment.damage(reader.position(), why);
                        return Err(StorageError::JournalDamaged { file, offset, why }.into());
                    }
                }
            }
            at = reader.position();
        }
        if at < end { Err(self.gap(at, end).into()) } else { Ok(Position(at)) }
    }

    /// As [`Journal::replay`], but passes over what does not read back and says what that was.
    ///
    /// # Errors
    /// Whatever `visit` returns, or when the disk does not let itself be read at all.
    pub fn salvage<E: From<StorageError>>(
        &self,
        from: Position,
        mut visit: impl FnMut(Position, Vec<Record>) -> std::result::Result<(), E>,
    ) -> std::result::Result<Salvage, E> {
        let (segments, end) = self.extent();
        let mut found = Salvage::default();
        let mut at = from.0;
        for (segment, next) in with_ends(&segments, end) {
            if next <= at {
                continue;
            }
            found.note_gap(at, segment.base);
            let mut reader = Reader::open(segment, at, next)?;
            loop {
                let position = reader.position();
                match reader.step()? {
                    Step::Frame { records, .. } => {
                        found.records += records.len() as u64;
                        visit(Position(reader.position()), records)?;
                    }
                    Step::End => break,
                    Step::Bad(why) => {
                        let bytes = reader.resync()?;
                        found.note_damage(Damage { bytes, ..segment.damage(position, why) });
                    }
                }
            }
            at = reader.position().max(at);
        }
        found.note_gap(at, end);
        Ok(found)
    }

    /// Erases or shortens the records that `judge` picks, in every file, and returns how many. Everything else keeps its
    /// place. Each file is written anew all at once: after a power cut some are done, and the call can be made again.
    /// Reads the whole journal: this is for a purge, which is rare. The file system may keep the old
    /// blocks until it uses them again.
    ///
    /// # Errors
    /// [`StorageError::JournalDamaged`] for a file that does not read back (it is left as it is, those before
    /// it are done); [`StorageError::NotShorter`]; otherwise when the disk fails.
    pub fn erase(&self, mut judge: impl FnMut(&Record) -> Erasure) -> Result<u64> {
        let _erasing = self.erasing.lock().unwrap_or_else(PoisonError::into_inner);
        {
            // With a new file begun, nobody writes to those that are to be rewritten.
            let mut active = self.active();
            active.refuse_if_stopped()?;
            if active.segments.last().is_some_and(|last| last.base < active.end) {
                self.rotate(&mut active)?;
            }
        }
        let (segments, end) = self.extent();
        let mut erased = 0;
        for (segment, next) in with_ends(&segments, end) {
            erased += self.erase_in(segment, next, &mut judge)?;
        }
        Ok(erased)
    }

    fn erase_in(
        &self,
        segment: &Segment,
        end: u64,
        judge: &mut dyn FnMut(&Record) -> Erasure,
    ) -> Result<u64> {
        let mut reader = Reader::open(segment, segment.base, end)?;
        let (mut frames, mut erased) = (Vec::new(), 0);
        loop {
            let position = reader.position();
            match reader.step()? {
                Step::Frame { synced, body, .. } => {
                    let frame = match Frame::erased(&body, judge)? {
                        Some((frame, picked)) => {
                            erased += picked;
                            frame
                        }
                        None => Frame::with_body(&body),
                    };
                    frames.extend_from_slice(&frame.seal(position, synced));
                }
                Step::End => break,
                Step::Bad(why) => {
                    let Damage { file, offset, why, .. } = segment.damage(position, why);
                    return Err(StorageError::JournalDamaged { file, offset, why });
                }
            }
        }
        if erased > 0 {
            segment.replace(&self.dir, &frames)?;
        }
        Ok(erased)
    }

    /// The files, and where the last one ends.
    fn extent(&self) -> (Vec<Segment>, u64) {
        let active = self.active();
        (active.segments.clone(), active.end)
    }

    fn gap(&self, from: u64, to: u64) -> StorageError {
        StorageError::JournalGap { dir: self.dir.clone(), from: Position(from), to: Position(to) }
    }
}

/// Each file with the position where the next one begins.
fn with_ends(segments: &[Segment], end: u64) -> impl Iterator<Item = (&Segment, u64)> {
    let ends = segments.iter().skip(1).map(|next| next.base).chain([end]);
    segments.iter().zip(ends)
}

impl Salvage {
    /// In words, what did not read back.
    #[must_use]
    pub fn fault(&self) -> Option<String> {
        let damage =
            self.damages.first().map(|d| format!("{} at byte {}: {}", d.file.display(), d.offset, d.why));
        let gap = self.gaps.first().map(|(from, to)| format!("{from} up to {to} is missing"));
        let places = self.damages.len() + self.gaps.len();
        let first = damage.or(gap)?;
        Some(format!("the journal is damaged in {places} places, the first is {first}"))
    }

    fn note_gap(&mut self, from: u64, to: u64) {
        if from < to && self.gaps.len() < MAX_DAMAGES {
            self.gaps.push((Position(from), Position(to)));
        }
    }

    fn note_damage(&mut self, damage: Damage) {
        if self.damages.len() < MAX_DAMAGES {
            self.damages.push(damage);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    #[test]
    fn a_salvage_lists_so_many_places_and_no_more() {
        let mut found = Salvage::default();
        let damage = || Damage { file: PathBuf::new(), offset: 0, bytes: 0, why: "" };
        for number in 0..MAX_DAMAGES as u64 + 3 {
            found.note_damage(damage());
            found.note_gap(number, number);
            found.note_gap(number, number + 1);
        }
        assert_eq!((found.damages.len(), found.gaps.len()), (MAX_DAMAGES, MAX_DAMAGES));
        assert_eq!(found.gaps[0], (Position::START, Position::from_u64(1)), "what is empty is no gap");
    }
}
