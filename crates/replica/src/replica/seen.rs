//! Who is connected, how far each has come, how each behaved; and the operator's word about them.

use protocol::{Fork, PublicKey};

use super::{Effect, Replica, SessionId};
use crate::conduct::{ConductView, KeptConduct};
use crate::pauses::Pauses;
use crate::session::{PeerView, Session, SessionState};

/// What is left to move in a session, as far as both sides have told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Left {
    /// Entries that the peer has shown, that are wanted and have not come.
    pub entries_in: u64,
    /// Entries that this node has shown and that the peer neither holds nor has been sent.
    pub entries_out: u64,
}

impl Replica {
    /// All sessions, those that ended too while they are remembered.
    pub fn session_ids(&self) -> impl Iterator<Item = SessionId> {
        self.sessions.keys().copied()
    }

    /// The node at the other end of a session.
    pub fn peer_of(&self, session: SessionId) -> Option<PublicKey> {
        self.sessions.get(&session).map(|s| s.peer)
    }

    /// How peers behaved, as far as they gave cause to remember it.
    pub fn conduct(&self, now_ms: i64) -> Vec<ConductView> {
        self.conduct.views(now_ms)
    }

    /// The same, to be kept over a restart; who did most first.
    pub fn conduct_kept(&self, now_ms: i64) -> Vec<KeptConduct> {
        self.conduct.kept(now_ms)
    }

    /// Counts the changes of [`Replica::conduct_kept`].
    pub fn conduct_revision(&self) -> u64 {
        self.conduct.revision()
    }

    /// The earliest forks known of a node's logs.
    pub fn forks_of<'a>(&'a self, node: &'a PublicKey) -> impl Iterator<Item = &'a Fork> {
        self.forks.values().filter(move |fork| fork.log().node == *node)
    }

    /// Everyone connected.
    pub fn peers(&self) -> Vec<PeerView> {
        let over = self.over_allowance();
        let is_over =
            |s: &Session| s.certificate.as_ref().is_some_and(|c| over.contains_key(&c.body.institution));
        let seen = |(id, s): (&SessionId, &Session)| {
            let (view, line_open) = (PeerView::of(*id, s), self.line_open && s.line_open);
            PeerView { over_allowance: is_over(s), synced: view.synced && line_open, line_open, ..view }
        };
        self.sessions.iter().map(seen).collect()
    }

    /// What is left to move in a session. Of what either side has not shown yet nothing is known.
    pub fn left(&self, session: SessionId) -> Left {
        let Some(s) = self.sessions.get(&session).filter(|s| s.is_ready()) else { return Left::default() };
        let known = |log| s.logs.get(log, self.held(log)).unwrap_or_default();
        let come = |log| known(log).known.seq.saturating_sub(self.head(log).seq);
        let go = |log| {
            let peer = known(log);
            self.head(log).seq.saturating_sub(peer.known.seq.max(peer.served))
        };
        Left { entries_in: s.behind.all().map(come).sum(), entries_out: s.differing.iter().map(go).sum() }
    }

    /// Whom the operator has paused from now on.
    pub(super) fn on_pauses(&mut self, pauses: Pauses, now_ms: i64, out: &mut Vec<Effect>) {
        self.pauses = pauses;
        let ended = |s: &Session| matches!(s.state, SessionState::Ended(_));
        let its = self.sessions.iter().filter(|(_, s)| !ended(s));
        let its: Vec<(SessionId, String)> =
            its.filter_map(|(id, s)| Some((*id, self.paused(&s.peer, now_ms)?))).collect();
        for (session, reason) in its {
            self.refuse(session, reason, out);
        }
    }

    /// Why a peer is not talked to by the operator's word, in words for both operators.
    pub(super) fn paused(&self, peer: &PublicKey, now_ms: i64) -> Option<String> {
        let pause = self.pauses.of(peer, now_ms)?;
        let why = match pause.brief {
            true => "the operator ended this meeting; the next one comes by itself",
            false => {
                "the operator has paused the connection; nothing is wrong, it comes back when the pause ends"
            }
        };
        Some(why.to_owned())
    }

    /// Compares with a peer at once, where it is connected: a few times, so that it has no cause to complain.
    pub(super) fn on_meet(&mut self, peer: &PublicKey, now_ms: i64, out: &mut Vec<Effect>) {
        let its = self.sessions.iter().filter(|(_, s)| s.peer == *peer && s.is_ready());
        for session in its.map(|(id, _)| *id).collect::<Vec<_>>() {
            self.pull_now(session, now_ms, out);
        }
    }
}
