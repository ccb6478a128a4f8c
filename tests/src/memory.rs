//! The memory of a running process: what a core file of it would hold.

use std::fs::File;
use std::os::unix::fs::FileExt;

use crate::node::Node;

/// Read at once, bytes.
const PIECE: usize = 1 << 20;

impl Node {
    /// Gives `look` all memory that this node's process can read, in pieces, each with the last `overlap` bytes of the one
    /// before it, and returns how many bytes that were. Mappings that the kernel keeps to itself are left out, as they are
    /// of a core file.
    ///
    /// # Panics
    /// When the process is gone, or is not ours.
    pub fn memory(&self, overlap: usize, mut look: impl FnMut(&[u8])) -> u64 {
        let folder = format!("/proc/{}", self.pid());
        let maps = std::fs::read_to_string(format!("{folder}/maps")).expect("a running process has mappings");
        let memory = File::open(format!("{folder}/mem")).expect("a child's memory can be read");
        let (mut total, mut piece) = (0, Vec::new());
        for (begin, end) in maps.lines().filter_map(readable) {
            piece.clear();
            let mut at = begin;
            while at < end {
                let kept = piece.len().saturating_sub(overlap);
                piece.drain(..kept);
                let kept = piece.len();
                piece.resize(kept + PIECE.min((end - at) as usize), 0);
                let Ok(read @ 1..) = memory.read_at(&mut piece[kept..], at) else { break };
                piece.truncate(kept + read);
                look(&piece);
                at += read as u64;
                total += read as u64;
            }
        }
        total
    }
}

/// The addresses of a mapping that may be read: `begin-end rw-p …`.
fn readable(line: &str) -> Option<(u64, u64)> {
    let (range, rest) = line.split_once(' ')?;
    let (begin, end) = range.split_once('-')?;
    let address = |text| u64::from_str_radix(text, 16).ok();
    rest.starts_with('r').then_some((address(begin)?, address(end)?))
}
