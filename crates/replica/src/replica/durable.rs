//! What is fsynced, and what peers are told of it.
//!
//! A peer is told an entry twice: that it is here, and that it would survive a power cut. An fsync takes its time, in which
//! more entries come: what it covers are those that were here when it began.

use std::collections::{BTreeMap, BTreeSet};

use protocol::{Frame, Head, LogHead, LogId, PublicKey};

use super::{Effect, Replica, SessionId, heads_frames};
use crate::session::Session;

/// Logs that hold more than is fsynced.
#[derive(Default)]
pub(super) struct Fresh {
    /// Each with its head as of the last fsync.
    logs: BTreeMap<LogId, Head>,
    /// Each with its head as of the beginning of the fsync that is under way.
    syncing: BTreeMap<LogId, Head>,
}

impl Fresh {
    pub fn contains(&self, log: &LogId) -> bool {
        self.logs.contains_key(log)
    }

    /// The log holds more than it did, which is not fsynced.
    pub fn grown(&mut self, log: LogId, before: Head) {
        self.logs.entry(log).or_insert(before);
    }

    /// All of the log is fsynced.
    pub fn kept(&mut self, log: &LogId) {
        self.logs.remove(log);
    }

    /// The log ends here now; what comes in place of the rest is another matter.
    pub fn cut(&mut self, log: &LogId, head: Head) {
        if let Some(durable) = self.logs.get_mut(log).filter(|durable| durable.seq > head.seq) {
            *durable = head;
        }
        if self.syncing.get(log).is_some_and(|marked| marked.seq > head.seq) {
            self.syncing.remove(log);
        }
    }
}

impl Replica {
    /// The last entry of a log that the peer of a session has confirmed to hold durably; 0 when none.
    pub fn held_durably(&self, session: SessionId, log: &LogId) -> u64 {
        self.told_of(session, log).map_or(0, |peer| peer.durable)
    }

    /// The connected nodes that have confirmed to hold these logs durably up to these entries, each of them.
    pub fn holders(&self, upto: &BTreeMap<LogId, u64>) -> BTreeSet<PublicKey> {
        let holds = |s: &Session| {
            upto.iter()
                .all(|(log, seq)| s.logs.get(log, self.held(log)).is_some_and(|peer| peer.durable >= *seq))
        };
        self.sessions.values().filter(|s| holds(s)).map(|s| s.peer).collect()
    }

    /// The head of a log as far as it is fsynced.
    pub(super) fn durable_head(&self, log: &LogId) -> Head {
        let head = self.head(log);
        self.fresh.logs.get(log).copied().filter(|durable| durable.seq <= head.seq).unwrap_or(head)
    }

    /// Whether an entry of a log is fsynced here: a power cut would not take it.
    pub fn is_durable(&self, log: &LogId, seq: u64) -> bool {
        self.durable_head(log).seq >= seq
    }

    /// An fsync of all that is here begins.
    pub(super) fn on_syncing(&mut self) {
        self.fresh.syncing = self.fresh.logs.keys().map(|log| (*log, self.head(log))).collect();
    }

    /// The fsync that was under way has ended.
    pub(super) fn on_synced(&mut self, out: &mut Vec<Effect>) {
        let synced = std::mem::take(&mut self.fresh.syncing);
        for (log, marked) in &synced {
            if marked.seq >= self.head(log).seq {
                self.fresh.kept(log);
            } else if let Some(durable) = self.fresh.logs.get_mut(log) {
                *durable = *marked;
            }
        }
        self.announce_durable(&synced.into_keys().collect::<Vec<_>>(), out);
    }

    /// Everything that is here is fsynced.
    pub(super) fn on_durable(&mut self, out: &mut Vec<Effect>) {
        let fresh: Vec<LogId> = std::mem::take(&mut self.fresh).logs.into_keys().collect();
        self.announce_durable(&fresh, out);
    }

    /// Tells every peer the fsynced heads of these logs.
    pub(super) fn announce_durable(&mut self, logs: &[LogId], out: &mut Vec<Effect>) {
        let sessions: Vec<SessionId> = self.sessions.keys().copied().collect();
        for session in sessions {
            self.confirm(session, logs, out);
        }
    }

    /// Tells a peer the fsynced heads of these logs; of those on their way to it, once they have left.
    pub(super) fn confirm(&mut self, session: SessionId, logs: &[LogId], out: &mut Vec<Effect>) {
        let Some(s) = self.sessions.get(&session).filter(|s| s.is_ready()) else { return };
        let durable: Vec<LogHead> = logs
            .iter()
            .filter(|log| self.shares(s, log))
            .map(|log| LogHead { log: *log, head: self.durable_head(log) })
            .filter(|h| h.head.seq > 0)
            .collect();
        let now: Vec<LogHead> = durable.into_iter().filter(|h| self.may_confirm(session, h)).collect();
        for frame in heads_frames(&now, Frame::Durable) {
            out.push(Effect::Send { session, frame });
        }
    }

    /// Notes that the peer hears of this head, now or later. False when it is to be later.
    fn may_confirm(&mut self, session: SessionId, to: &LogHead) -> bool {
        let held = self.held(&to.log);
        let Some(peer) = self.sessions.get_mut(&session).and_then(|s| s.log(to.log, held)) else {
            return false;
        };
        peer.unconfirmed = peer.is_serving();
        if !peer.unconfirmed {
            peer.told = peer.told.max(to.head.seq);
        }
        let may = !peer.unconfirmed;
        self.settle(session, &to.log);
        may
    }
}
