//! What moved is told to the peers: entries where they follow on what the peer has, heads otherwise.

use protocol::{Frame, LogHead, LogId};

use super::line::holds_back;
use super::{Effect, Replica, SessionId};

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
        let (head, held) = (self.head(log), self.held(log));
        let (me, mine) = (self.me.certificate.body.node, &self.me.subscription);
        let open = self.line_open;
        for (id, s) in &mut self.sessions {
            if came == Came::Sent(*id) || !s.is_ready() || !s.shares(&me, mine, log) {
                continue;
            }
            let (peer_open, peer_key) = (s.line_open, s.peer);
            let Some(peer) = s.log(*log, held) else { continue };
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

    /// Entries of a log have left for a peer.
    pub(super) fn on_served(
        &mut self,
        session: SessionId,
        log: LogId,
        upto: u64,
        entries: u64,
        out: &mut Vec<Effect>,
    ) {
        let held = self.held(&log);
        let Some(s) = self.sessions.get_mut(&session) else { return };
        s.entries_out = s.entries_out.saturating_add(entries);
        let Some(peer) = s.logs.get_mut(&log, held) else { return };
        peer.served = peer.served.max(upto);
        if peer.unconfirmed && !peer.is_serving() {
            self.confirm(session, &[log], out);
        }
        self.settle(session, &log);
    }
}
