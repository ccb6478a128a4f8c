//! The record read: what happened in which order.

use std::path::{Path, PathBuf};

use super::disk::{Change, Disk};
use crate::Dice;

/// Bytes before those of a record.
const HEAD: usize = 1 + 8 + 8 + 4;

/// One thing that happened.
#[derive(Debug)]
enum Step {
    /// To the disk.
    Disk(Change),
    /// Bytes of a request came in at a socket.
    Request(u64, Vec<u8>),
    /// An answer goes out of it.
    Answer(u64, Vec<u8>),
    /// Frames go out to a peer.
    Sent(Vec<u8>),
    /// What is asked next, by its name.
    Named(String),
    /// That is what a fault strikes.
    Struck,
}

/// A record: what happened, step by step.
pub struct Tape {
    base: PathBuf,
    steps: Vec<Step>,
}

/// What others heard of the node, and what its disk has held for certain since.
#[derive(Debug)]
pub enum Heard<'a> {
    /// So much more of a watched file is on disk.
    Fsynced(&'a [u8]),
    /// The answer to a request, which is all that came in at its socket since the answer before.
    Answer {
        /// The request.
        request: Vec<u8>,
        /// The answer.
        answer: &'a [u8],
    },
    /// Frames that went to a peer, each with its length before it.
    Frames(&'a [u8]),
}

impl Tape {
    pub(super) fn read(log: &Path, base: &Path) -> Self {
        let bytes = std::fs::read(log).expect("the record is there");
        let (mut steps, mut rest) = (Vec::new(), bytes.as_slice());
        // A process that was killed may have written half a record: what it tells did not happen.
        while let Some((head, behind)) = rest.split_first_chunk::<HEAD>() {
            let word = |at: usize| u64::from_le_bytes(head[at..at + 8].try_into().expect("eight bytes"));
            let len = u32::from_le_bytes(head[17..].try_into().expect("four bytes")) as usize;
            let Some((body, behind)) = behind.split_at_checked(len) else { break };
            steps.push(step(head[0], (word(1), word(9)), body));
            rest = behind;
        }
        Self { base: base.to_owned(), steps }
    }

    /// Number of steps.
    pub fn len(&self) -> usize {
        self.steps.len()
    }

    /// Whether nothing happened.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// Everything that was asked of the disk, by name and in order, where a fault was planned.
    pub fn named(&self) -> impl Iterator<Item = &str> {
        self.steps
            .iter()
            .filter_map(|step| if let Step::Named(name) = step { Some(name.as_str()) } else { None })
    }

    /// Whether the fault that was planned has struck.
    pub fn is_struck(&self) -> bool {
        self.steps.iter().any(|step| matches!(step, Step::Struck))
    }

    /// Goes through all that others heard, in order: `listener` is told of it with the number of steps before. Whenever more of
    /// a file that ends in `suffix` is on disk for certain, it is shown what is new.
    pub fn listen(&self, suffix: &str, mut listener: impl FnMut(usize, Heard<'_>)) {
        let mut disk = Disk::of(&self.base);
        let mut asked = std::collections::BTreeMap::<u64, Vec<u8>>::new();
        for bytes in disk.fsynced(suffix) {
            listener(0, Heard::Fsynced(&bytes));
        }
        for (at, step) in self.steps.iter().enumerate() {
            match step {
                Step::Disk(change) => {
                    if let Some(bytes) = disk.apply(change, suffix) {
                        listener(at, Heard::Fsynced(&bytes));
                    }
                }
                Step::Request(socket, bytes) => asked.entry(*socket).or_default().extend_from_slice(bytes),
                Step::Answer(socket, answer) => {
                    let request = std::mem::take(asked.entry(*socket).or_default());
                    listener(at, Heard::Answer { request, answer });
                }
                Step::Sent(frames) => listener(at, Heard::Frames(frames)),
                Step::Named(_) | Step::Struck => {}
            }
        }
    }

    /// Makes `folder` what a disk may hold when the power is cut after so many steps.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn rebuild(&self, moment: usize, dice: &mut Dice, folder: &Path) {
        self.until(moment).settle(dice).write(folder);
    }

    /// Makes `folder` what the home is while the power is on: for the comparison that shows that nothing was overlooked.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn replay(&self, folder: &Path) {
        self.until(self.len()).running().write(folder);
    }

    fn until(&self, moment: usize) -> Disk {
        let mut disk = Disk::of(&self.base);
        for step in &self.steps[..moment] {
            if let Step::Disk(change) = step {
                disk.apply(change, "");
            }
        }
        disk
    }
}

/// The kinds are those of `tests/powercut/src/lib.rs`.
fn step(kind: u8, (a, b): (u64, u64), body: &[u8]) -> Step {
    let text = || String::from_utf8_lossy(body).into_owned();
    Step::Disk(match kind {
        1 => Change::Open { inode: a, path: text(), created: b & 1 != 0, emptied: b & 2 != 0 },
        2 => Change::Write { inode: a, at: b, bytes: body.to_vec() },
        3 => Change::Length { inode: a, length: b },
        4 => Change::SyncBegins { inode: a, number: b },
        5 => Change::SyncEnds { number: b },
        6 => {
            let text = text();
            let (from, to) = text.split_once('\0').expect("two paths");
            Change::Rename { from: from.to_owned(), to: to.to_owned() }
        }
        7 => Change::Remove { path: text() },
        8 => Change::Folder { path: text() },
        9 => return Step::Request(a, body.to_vec()),
        10 => return Step::Answer(a, body.to_vec()),
        11 => return Step::Sent(body.to_vec()),
        13 => return Step::Named(text()),
        14 => return Step::Struck,
        _ => panic!("the node did what power cuts are not modelled for: {}", text()),
    })
}
