//! Lines that are closed to entries for a while: a metered one, or one outside its hours. Announcements pass: each side
//! knows what the other has, and fetches it once the line is open. What concerns everyone, the roster and the directory,
//! passes always, and so does what a node wrote itself and has lost.

use protocol::{Frame, LogId, PublicKey};

use super::{Effect, Replica, SessionId};

impl Replica {
    /// This node's own line opens or closes.
    pub(super) fn on_line(&mut self, open: bool, now_ms: i64, out: &mut Vec<Effect>) {
        if std::mem::replace(&mut self.line_open, open) == open {
            return;
        }
        let ready = self.sessions.iter().filter(|(_, s)| s.is_ready());
        let sessions: Vec<SessionId> = ready.map(|(id, _)| *id).collect();
        for session in sessions {
            out.push(Effect::Send { session, frame: Frame::Line(open) });
            self.line_changed(session, now_ms, out);
        }
    }

    /// A peer says that its line opens or closes.
    pub(super) fn on_peer_line(
        &mut self,
        session: SessionId,
        open: bool,
        now_ms: i64,
        out: &mut Vec<Effect>,
    ) {
        let changed = self.sessions.get(&session).is_some_and(|s| s.line_open != open);
        // It costs about what a comparison does.
        if !changed || !self.may_compare(session, now_ms, out) {
            return;
        }
        if let Some(s) = self.sessions.get_mut(&session) {
            s.line_open = open;
        }
        self.line_changed(session, now_ms, out);
    }

    /// A session begins while this node's line is closed.
    pub(super) fn tell_line(&self, session: SessionId, out: &mut Vec<Effect>) {
        if !self.line_open {
            out.push(Effect::Send { session, frame: Frame::Line(false) });
        }
    }

    fn line_changed(&mut self, session: SessionId, now_ms: i64, out: &mut Vec<Effect>) {
        let Some(s) = self.sessions.get(&session) else { return };
        let me = &self.me.certificate.body.node;
        let held_back = |log: &LogId| holds_back(self.line_open && s.line_open, me, log);
        let flights: Vec<LogId> = s.flights.keys().filter(|log| held_back(log)).copied().collect();
        let closed = !(self.line_open && s.line_open);
        for log in &flights {
            self.release(log);
        }
        if closed {
            self.files.release(session);
        }
        self.refresh_session(session);
        self.plan(session, now_ms, out);
    }

    /// Whether entries of a log pass to the peer of a session at present.
    pub fn passes(&self, session: SessionId, log: &LogId) -> bool {
        let open = |s: &crate::session::Session| self.line_open && s.line_open;
        self.sessions.get(&session).is_none_or(|s| !holds_back(open(s), &s.peer, log))
    }
}

/// Whether entries of a log wait, on their way to `reader`, until the line is open.
pub(super) fn holds_back(open: bool, reader: &PublicKey, log: &LogId) -> bool {
    !open && !log.shelf.is_everyones() && log.node != *reader
}
