//! What tests do to single frames and sessions.

use replica::SessionId;

use super::World;

/// Of a thousand frames that a liar sends, so many are damaged, and so many come with an old one.
const LIES: u64 = 50;
/// Frames that a liar keeps for sending them again.
const REMEMBERED: usize = 64;

impl World {
    /// Puts bytes on a session, as if `from` had sent them.
    pub fn inject(&mut self, session: SessionId, from: usize, bytes: Vec<u8>) {
        let Some(link) = self.links.get_mut(&session) else { return };
        let to = usize::from(link.ends[0] == from);
        link.queues[to].push_back(bytes);
    }

    /// Loses the next frame on its way to `node`.
    pub fn drop_next(&mut self, session: SessionId, node: usize) {
        let Some(link) = self.links.get_mut(&session) else { return };
        let end = usize::from(link.ends[1] == node);
        assert!(link.queues[end].pop_front().is_some(), "a frame is on its way");
    }

    /// Loses the frames on their way that `bad` picks.
    pub fn discard(&mut self, session: SessionId, bad: impl Fn(&[u8]) -> bool) {
        let Some(link) = self.links.get_mut(&session) else { return };
        link.queues.iter_mut().for_each(|queue| queue.retain(|bytes| !bad(bytes)));
    }

    /// Flips a bit at the end of the next frame on its way to `node`.
    pub fn damage_next(&mut self, session: SessionId, node: usize) {
        let Some(link) = self.links.get_mut(&session) else { return };
        let end = usize::from(link.ends[1] == node);
        let last = link.queues[end].front_mut().and_then(|frame| frame.last_mut());
        *last.expect("a frame is on its way") ^= 1;
    }

    /// Number of frames on their way to `node`.
    pub fn frames_for(&self, session: SessionId, node: usize) -> usize {
        let Some(link) = self.links.get(&session) else { return 0 };
        link.queues[usize::from(link.ends[1] == node)].len()
    }

    /// Loses all that is on its way to `node`.
    pub fn drop_all(&mut self, session: SessionId, node: usize) {
        let Some(link) = self.links.get_mut(&session) else { return };
        let end = usize::from(link.ends[1] == node);
        link.queues[end].clear();
    }

    /// From now on nothing that `node` sends on this session arrives.
    pub fn mute(&mut self, session: SessionId, node: usize) {
        let Some(link) = self.links.get_mut(&session) else { return };
        let end = usize::from(link.ends[0] == node);
        link.queues[end].clear();
        link.open[end] = false;
    }

    /// What a node really sends: a liar damages some frames, and repeats old ones.
    pub(super) fn lie(&mut self, from: usize, bytes: Vec<u8>) -> Vec<Vec<u8>> {
        let Some(before) = self.liars.get_mut(&from) else { return vec![bytes] };
        let mut out = vec![bytes];
        if self.rng.chance(LIES) && !out[0].is_empty() {
            let bit = self.rng.below(out[0].len() * 8);
            out[0][bit / 8] ^= 1 << (bit % 8);
        }
        if self.rng.chance(LIES) && !before.is_empty() {
            out.push(before[self.rng.below(before.len())].clone());
        }
        if before.len() == REMEMBERED {
            before.pop_front();
        }
        before.push_back(out[0].clone());
        out
    }
}
