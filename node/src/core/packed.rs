//! Runs that were packed a moment ago: what one publisher wrote goes to many readers, and packing it is most of what each costs.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use protocol::LogId;

/// Bytes of frames that are kept: when a hub of a thousand publishers has been away, each of them has some kilobytes for a
/// hundred readers, who come for them in no order.
const MOST_BYTES: usize = 16 * 1024 * 1024;
/// Frames that are kept.
const MOST_FRAMES: usize = 4_096;
/// … for so long at the most: who has not come for it by then reads the log.
const KEPT: Duration = Duration::from_secs(10);

/// What a run brings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
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

struct Kept {
    /// Bytes before compression: who may have so many is given the very same run.
    size: usize,
    frame: Vec<u8>,
    since: Duration,
}

/// The last runs that brought all that was wanted in one piece. To be forgotten whenever an entry may have lost its payload or
/// made way for another.
#[derive(Default)]
pub(super) struct Packed {
    frames: BTreeMap<Wanted, Kept>,
    /// The oldest first.
    order: VecDeque<Wanted>,
    bytes: usize,
}

impl Packed {
    /// The frame of a run, where one that may be so long brings all of it.
    pub fn find(&self, wanted: &Wanted, long: usize) -> Option<Vec<u8>> {
        self.frames.get(wanted).filter(|kept| kept.size <= long).map(|kept| kept.frame.clone())
    }

    /// Keeps the frame of a run of so many bytes before compression that brought all that was wanted.
    pub fn keep(&mut self, wanted: Wanted, size: usize, frame: &[u8], now: Duration) {
        self.bytes += frame.len();
        match self.frames.insert(wanted, Kept { size, frame: frame.to_vec(), since: now }) {
            // It keeps the place of the one before it, and is forgotten somewhat early.
            Some(before) => self.bytes -= before.frame.len(),
            None => self.order.push_back(wanted),
        }
        while self.bytes > MOST_BYTES || self.order.len() > MOST_FRAMES {
            self.drop_oldest();
        }
    }

    fn drop_oldest(&mut self) {
        let oldest = self.order.pop_front().and_then(|oldest| self.frames.remove(&oldest));
        self.bytes -= oldest.map_or(0, |kept| kept.frame.len());
    }

    /// Forgets what has been kept for long.
    pub fn age(&mut self, now: Duration) {
        let is_old = |wanted: &Wanted| {
            self.frames.get(wanted).is_none_or(|kept| now.saturating_sub(kept.since) > KEPT)
        };
        let old = self.order.iter().take_while(|wanted| is_old(wanted)).count();
        (0..old).for_each(|_| self.drop_oldest());
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

    const NOW: Duration = Duration::from_secs(100);

    #[test]
    fn a_run_is_found_again_by_whoever_may_have_one_as_long() {
        let mut packed = Packed::default();
        packed.keep(wanted(3), 16_384, &[7; 100], NOW);
        assert_eq!(packed.find(&wanted(3), 262_144), Some(vec![7; 100]));
        assert_eq!(packed.find(&wanted(3), 8_192), None, "its line takes less at a time");
        assert_eq!(packed.find(&wanted(4), 262_144), None);
        assert_eq!(packed.find(&Wanted { have: 1, ..wanted(3) }, 262_144), None);
        assert_eq!(packed.find(&Wanted { slow: true, ..wanted(3) }, 262_144), None);
        packed.keep(wanted(3), 8_192, &[8; 50], NOW);
        assert_eq!((packed.find(&wanted(3), 8_192), packed.bytes), (Some(vec![8; 50]), 50));
        packed.forget();
        assert_eq!(packed.find(&wanted(3), 262_144), None);
    }

    #[test]
    fn little_is_kept() {
        let mut packed = Packed::default();
        for to in 0..3 * MOST_FRAMES as u64 {
            packed.keep(wanted(to), 1, &vec![0; to as usize], NOW);
        }
        assert!(packed.bytes <= MOST_BYTES && packed.frames.len() <= MOST_FRAMES);
        assert_eq!(packed.bytes, packed.frames.values().map(|kept| kept.frame.len()).sum::<usize>());
        assert_eq!(packed.order.len(), packed.frames.len());
        packed.keep(wanted(0), 1, &vec![0; MOST_BYTES + 1], NOW);
        assert_eq!((packed.bytes, packed.frames.len(), packed.order.len()), (0, 0, 0));
    }

    #[test]
    fn nothing_is_kept_for_long() {
        let mut packed = Packed::default();
        packed.keep(wanted(1), 1, &[0; 10], NOW);
        packed.keep(wanted(2), 1, &[0; 20], NOW + KEPT);
        packed.age(NOW + KEPT);
        assert_eq!(packed.frames.len(), 2);
        packed.age(NOW + KEPT + Duration::from_secs(1));
        assert_eq!((packed.find(&wanted(1), 1), packed.find(&wanted(2), 1)), (None, Some(vec![0; 20])));
        assert_eq!((packed.bytes, packed.order.len()), (20, 1));
    }
}
