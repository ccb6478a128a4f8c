//! What moved is told to the peers: entries where they follow on what the peer has, heads otherwise.
//!
//! Own entries go to everyone who lacks them alone. Small ones that a peer sent are passed on in the same way, so that they
//! run through the whole network without a question on their way. Where there is more than one way from an author to a
//! node, each entry would come by all of them: who is told of an entry, or sent it, by a peer that it has just sent it to
//! knows that the peer has another way to this log, and from then on tells it heads. These ways are a tree for each log
//! (as in Plumtree, Leitão, Pereira and Rodrigues 2007), which mends itself: who is told of a head asks for what it lacks,
//! and is sent entries again from then on.

use protocol::{CheckedEntry, Frame, LogHead, LogId};

use super::bounds::{PASS_ON_AHEAD, PASS_ON_BYTES, PASS_ON_ENTRIES};
use super::line::holds_back;
use super::{Effect, Replica, SessionId, entry_bytes};
use crate::session::PeerLog;

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

impl Came {
    /// Whether entries of a log that came so are passed on as they are to whoever lacks them. Others may be getting what is
    /// large from its author at this moment; and of a sealed log no more is sent than was asked for.
    pub fn passes_on(self, log: &LogId, entries: &[CheckedEntry]) -> bool {
        let bytes = entries.iter().map(|checked| entry_bytes(&checked.entry));
        let small = entries.len() <= PASS_ON_ENTRIES && bytes.sum::<u64>() <= PASS_ON_BYTES;
        match self {
            Self::Written => true,
            Self::Sent(_) => small && log.shelf.circle().is_none(),
            Self::Carried => false,
        }
    }
}

impl Replica {
    /// Sends what a log gained to every peer that holds all before it, where that is to be passed on; others learn the new
    /// head and ask.
    pub(super) fn push_to_all(
        &mut self,
        log: &LogId,
        before: u64,
        (came, passes_on): (Came, bool),
        out: &mut Vec<Effect>,
    ) {
        let (head, held) = (self.head(log), self.held(log));
        let (me, mine) = (self.me.certificate.body.node, &self.me.subscription);
        let open = self.line_open;
        for (id, s) in &mut self.sessions {
            if came == Came::Sent(*id) || !s.is_ready() || !s.shares(&me, mine, log) {
                continue;
            }
            let (peer_open, peer_key, compared) = (s.line_open, s.peer, s.compared);
            let Some(peer) = s.log(*log, held) else { continue };
            let reached = peer.reached();
            if reached >= head.seq || peer.told >= head.seq || peer.barred {
                continue;
            }
            peer.told = head.seq;
            // What a peer lacks of others' is known once it has told what it holds, and that it takes them, from what it
            // confirms: it may have no room for more.
            let takes =
                compared && !peer.elsewhere && peer.sent <= peer.known.seq.saturating_add(PASS_ON_AHEAD);
            let goes = passes_on && (came == Came::Written || takes);
            if reached >= before && goes && !holds_back(open && peer_open, &peer_key, log) {
                peer.sent = head.seq;
                out.push(Effect::Serve { session: *id, log: *log, have: reached, to: head.seq });
            } else {
                let frame = Frame::Heads(vec![LogHead { log: *log, head }]);
                out.push(Effect::Send { session: *id, frame });
            }
        }
    }

    /// A peer shows that it holds an entry of a log. When it was sent that entry, it has another way to it than through this
    /// node, and is told heads from now on.
    pub(super) fn note_elsewhere(&mut self, session: SessionId, log: &LogId, seq: u64) {
        let held = self.held(log);
        let Some(s) = self.sessions.get_mut(&session) else { return };
        let is_late = |peer: &PeerLog| seq > peer.known.seq && peer.sent >= seq;
        if s.logs.get(log, held).as_ref().is_some_and(is_late)
            && let Some(peer) = s.logs.get_mut(log, held)
        {
            peer.elsewhere = true;
        }
    }

    /// A run brought nothing: all of it came from elsewhere before. Its sender hears so, once for each head, unless it was
    /// told already.
    pub(super) fn tell_late(&mut self, session: SessionId, log: &LogId, last: u64, out: &mut Vec<Effect>) {
        let (head, held) = (self.head(log), self.held(log));
        if last != head.seq {
            return;
        }
        self.note_elsewhere(session, log, last);
        let Some(s) = self.sessions.get_mut(&session) else { return };
        if s.logs.get(log, held).is_some_and(|peer| peer.told < head.seq)
            && let Some(peer) = s.logs.get_mut(log, held)
        {
            peer.told = head.seq;
            out.push(Effect::Send { session, frame: Frame::Heads(vec![LogHead { log: *log, head }]) });
        }
        self.settle(session, log);
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
