//! What moved is told to the peers: entries where they follow on what the peer has, heads otherwise.

use protocol::{Frame, LogHead, LogId};

use super::line::holds_back;
use super::{Effect, Replica, SessionId, heads_frames};
use crate::session::Session;

/// How entries came to be here.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Came {
    /// This node wrote them.
    Written,
    /// A peer sent them.
    Sent(SessionId),
    /// A bundle brought them.
    Carried,
}

impl Replica {
    /// Sends what a log gained to every peer that holds all before it; others learn the new head and ask. What was not
    /// written here is only announced: others may be getting it from its author at this moment.
    pub(super) fn push_to_all(&mut self, log: &LogId, before: u64, came: Came, out: &mut Vec<Effect>) {
        let head = self.head(log);
        let (me, mine) = (self.me.certificate.body.node, &self.me.subscription);
        let open = self.line_open;
        for (id, s) in &mut self.sessions {
            if came == Came::Sent(*id) || !s.is_ready() || !s.shares(&me, mine, log) {
                continue;
            }
            let (peer_open, peer_key) = (s.line_open, s.peer);
            let Some(peer) = s.log(*log, true) else { continue };
            let reached = peer.reached();
            if reached >= head.seq || peer.told >= head.seq || peer.barred {
                continue;
            }
            peer.told = head.seq;
            if reached >= before && came == Came::Written && !holds_back(open && peer_open, &peer_key, log) {
                peer.sent = head.seq;
                out.push(Effect::Serve { session: *id, log: *log, have: reached, to: head.seq });
            } else {
                let frame = Frame::Heads(vec![LogHead { log: *log, head }]);
                out.push(Effect::Send { session: *id, frame });
            }
        }
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
        let Some(s) = self.sessions.get_mut(&session) else { return };
        let now: Vec<LogHead> = durable.into_iter().filter(|h| may_confirm(s, h)).collect();
        for frame in heads_frames(&now, Frame::Durable) {
            out.push(Effect::Send { session, frame });
        }
    }

    /// Entries of a log have left for a peer.
    pub(super) fn on_served(
        &mut self,
        session: SessionId,
        log: LogId,
        upto: u64,
        entries: u64,
        out: &mut Vec<Effect>,
    ) {
        let Some(s) = self.sessions.get_mut(&session) else { return };
        s.entries_out = s.entries_out.saturating_add(entries);
        let Some(peer) = s.logs.get_mut(&log) else { return };
        peer.served = peer.served.max(upto);
        if peer.unconfirmed && !peer.is_serving() {
            self.confirm(session, &[log], out);
        }
    }
}

/// Notes that the peer hears of this head, now or later. False when it is to be later.
fn may_confirm(s: &mut Session, to: &LogHead) -> bool {
    let Some(peer) = s.log(to.log, true) else { return false };
    peer.unconfirmed = peer.is_serving();
    if !peer.unconfirmed {
        peer.told = peer.told.max(to.head.seq);
    }
    !peer.unconfirmed
}
