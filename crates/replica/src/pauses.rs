//! Peers that this node does not talk to for now, by its operator's word. Judged at every greeting and whenever it changes.
//!
//! ```text
//! pauses.set(Some(peer), Pause { … });            // one, or all with None
//! replica.handle(Input::Pauses(pauses), now_ms);  // ends the sessions of whoever is paused, and greets nobody of them
//! ```
//!
//! What is absent: keeping them on disk, and dialling; whoever drives the replica does both.

use std::collections::BTreeMap;

use protocol::PublicKey;

/// Peers that are paused one by one, at most: a page of them can still be read, and a file of them is some 100 KiB.
pub const MAX_PAUSED: usize = 1_024;

/// One pause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pause {
    /// Since when, milliseconds since 1970.
    pub since_ms: i64,
    /// Until when, milliseconds since 1970; `None` until it is lifted.
    pub until_ms: Option<i64>,
    /// A meeting was only ended: it comes again by itself, and nothing of it need be kept on disk.
    pub brief: bool,
}

impl Pause {
    /// Whether it holds at a moment. A clock that was set back to before it began makes none longer than it was to be.
    pub fn holds(&self, now_ms: i64) -> bool {
        self.until_ms.is_none_or(|until| now_ms < until && now_ms >= self.since_ms)
    }
}

/// All pauses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pauses {
    all: Option<Pause>,
    peers: BTreeMap<PublicKey, Pause>,
}

impl Pauses {
    /// That of a peer, or of all where those are paused.
    pub fn of(&self, peer: &PublicKey, now_ms: i64) -> Option<&Pause> {
        let own = || self.peers.get(peer).filter(|pause| pause.holds(now_ms));
        self.of_all(now_ms).or_else(own)
    }

    /// That of all peers.
    pub fn of_all(&self, now_ms: i64) -> Option<&Pause> {
        self.all.as_ref().filter(|pause| pause.holds(now_ms))
    }

    /// Those that were named one by one.
    pub fn named(&self, now_ms: i64) -> impl Iterator<Item = (&PublicKey, &Pause)> {
        self.peers.iter().filter(move |(_, pause)| pause.holds(now_ms))
    }

    /// Pauses a peer, or all of them. False when too many are paused one by one.
    pub fn set(&mut self, peer: Option<PublicKey>, pause: Pause) -> bool {
        match peer {
            None => self.all = Some(pause),
            Some(peer) if self.peers.len() < MAX_PAUSED || self.peers.contains_key(&peer) => {
                self.peers.insert(peer, pause);
            }
            Some(_) => return false,
        }
        true
    }

    /// Lifts that of a peer, or that of all; whoever was named stays paused by name. False when there was none.
    pub fn lift(&mut self, peer: Option<&PublicKey>) -> bool {
        match peer {
            None => self.all.take().is_some(),
            Some(peer) => self.peers.remove(peer).is_some(),
        }
    }

    /// Forgets those that are over. True when there were any.
    pub fn expire(&mut self, now_ms: i64) -> bool {
        let before = (self.all.is_some(), self.peers.len());
        self.all = self.all.filter(|pause| pause.holds(now_ms));
        self.peers.retain(|_, pause| pause.holds(now_ms));
        before != (self.all.is_some(), self.peers.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pause(until_ms: Option<i64>) -> Pause {
        Pause { since_ms: 1_000, until_ms, brief: false }
    }

    #[test]
    fn a_pause_ends_by_itself_or_when_it_is_lifted() {
        let (one, other) = (PublicKey([1; 32]), PublicKey([2; 32]));
        let mut pauses = Pauses::default();
        assert!(pauses.set(Some(one), pause(Some(2_000))));
        assert!(pauses.of(&one, 1_999).is_some() && pauses.of(&one, 2_000).is_none());
        assert!(pauses.of(&one, 999).is_none(), "a clock set back makes none longer");
        assert!(pauses.of(&other, 1_500).is_none());
        pauses.set(None, pause(None));
        assert!(pauses.of(&other, i64::MAX).is_some());
        assert!(pauses.lift(None) && !pauses.lift(None));
        assert!(pauses.of(&one, 1_500).is_some(), "who was named stays paused");
        assert!(!pauses.expire(1_500) && pauses.expire(2_000));
        assert_eq!(pauses, Pauses::default());
    }

    #[test]
    fn they_are_bounded() {
        let mut pauses = Pauses::default();
        let peer = |n: usize| {
            let mut key = [0; 32];
            key[..8].copy_from_slice(&(n as u64).to_be_bytes());
            PublicKey(key)
        };
        assert!((0..MAX_PAUSED).all(|n| pauses.set(Some(peer(n)), pause(None))));
        assert!(!pauses.set(Some(peer(MAX_PAUSED)), pause(None)));
        assert!(pauses.set(Some(peer(0)), pause(Some(9_000))), "one that is there is changed");
    }
}
