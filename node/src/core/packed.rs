//! Runs that were packed a moment ago: what one publisher wrote goes to many readers, and packing it is most of what each costs.

use std::collections::VecDeque;

use protocol::LogId;

/// Bytes of frames that are kept: some dozens of small runs, or a few of the longest.
const MOST_BYTES: usize = 2 * 1024 * 1024;
/// Frames that are kept, so that looking for one is no work.
const MOST_FRAMES: usize = 64;

/// What a run brings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    /// The log.
    pub log: LogId,
    /// The entry before the first.
    pub have: u64,
    /// The last one.
    pub to: u64,
    /// Packed as well as can be, for a slow line.
    pub slow: bool,
}

/// The last runs that brought all that was wanted in one piece. To be forgotten every now and then, and whenever an entry may have
/// lost its payload or made way for another.
#[derive(Default)]
pub(super) struct Packed {
    frames: VecDeque<(Wanted, usize, Vec<u8>)>,
    bytes: usize,
}

impl Packed {
    /// The frame of a run, where one that may be so long brings all of it.
    pub fn find(&self, wanted: &Wanted, long: usize) -> Option<Vec<u8>> {
        let fits = |(known, within, _): &&(Wanted, usize, Vec<u8>)| known == wanted && *within <= long;
        self.frames.iter().rev().find(fits).map(|(_, _, frame)| frame.clone())
    }

    /// Keeps the frame of a run that brought all that was wanted within so many bytes.
    pub fn keep(&mut self, wanted: Wanted, within: usize, frame: &[u8]) {
        self.frames.push_back((wanted, within, frame.to_vec()));
        self.bytes += frame.len();
        while self.bytes > MOST_BYTES || self.frames.len() > MOST_FRAMES {
            let Some((_, _, oldest)) = self.frames.pop_front() else { return };
            self.bytes -= oldest.len();
        }
    }

    /// Begins anew.
    pub fn forget(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::{PublicKey, Shelf};

    fn wanted(to: u64) -> Wanted {
        let log = LogId { node: PublicKey([1; 32]), incarnation: 1, shelf: Shelf::ROSTER };
        Wanted { log, have: 0, to, slow: false }
    }

    #[test]
    fn a_run_is_found_again_by_whoever_may_have_one_as_long() {
        let mut packed = Packed::default();
        packed.keep(wanted(3), 16_384, &[7; 100]);
        assert_eq!(packed.find(&wanted(3), 262_144), Some(vec![7; 100]));
        assert_eq!(packed.find(&wanted(3), 8_192), None, "its line takes less at a time");
        assert_eq!(packed.find(&wanted(4), 262_144), None);
        assert_eq!(packed.find(&Wanted { have: 1, ..wanted(3) }, 262_144), None);
        assert_eq!(packed.find(&Wanted { slow: true, ..wanted(3) }, 262_144), None);
        packed.forget();
        assert_eq!(packed.find(&wanted(3), 262_144), None);
    }

    #[test]
    fn little_is_kept() {
        let mut packed = Packed::default();
        for to in 0..500 {
            packed.keep(wanted(to), 1, &vec![0; 100 * to as usize]);
        }
        assert!(packed.bytes <= MOST_BYTES && packed.frames.len() <= MOST_FRAMES);
        assert_eq!(packed.bytes, packed.frames.iter().map(|(_, _, frame)| frame.len()).sum::<usize>());
        packed.keep(wanted(0), 1, &vec![0; MOST_BYTES + 1]);
        assert_eq!((packed.bytes, packed.frames.len()), (0, 0));
    }
}
