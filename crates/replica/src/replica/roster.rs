//! Roster entries: taken up, folded, and what follows for sessions and logs.

use protocol::{
    CheckedEntry, Hash, LogId, NodeCertificate, NodeState, OpenLog, Redemption, Roster, Shelf, SignedStep,
    Verb, hash,
};

use super::bounds::{FOLD_PAUSE_MS, elapsed};
use super::{Effect, Replica, SessionId, SessionState};

/// Names a step with its signatures, to know it again.
pub(super) fn step_key(step: &SignedStep) -> Hash {
    hash("roster-input", &[&step.to_bytes()])
}

/// The certificate with which a log opens.
pub(super) fn opening(first: &CheckedEntry) -> Option<NodeCertificate> {
    let payload = first.entry.payload.as_ref().filter(|_| first.entry.header.verb == Verb::OPEN)?;
    OpenLog::from_bytes(&payload.bytes).ok().map(|open| open.certificate)
}

impl Replica {
    /// Takes steps and redemptions out of entries of the roster's logs.
    pub(super) fn absorb(&mut self, log: &LogId, entries: &[CheckedEntry]) {
        if log.shelf != Shelf::ROSTER {
            return;
        }
        for checked in entries {
            let header = &checked.entry.header;
            let Some(payload) = &checked.entry.payload else { continue };
            match header.verb {
                Verb::ROSTER_STEP => {
                    let Ok(step) = SignedStep::from_bytes(&payload.bytes) else { continue };
                    if self.steps_seen.insert(step_key(&step)) {
                        self.roster_input.steps.push(step);
                        self.roster_due = true;
                    }
                }
                Verb::REDEEM => {
                    let Ok(redemption) = Redemption::from_bytes(&payload.bytes) else { continue };
                    // One whose signatures do not hold never counts: it need not be kept, nor be checked at each fold.
                    if redemption.verify(&self.network).is_ok() {
                        self.roster_input.redemptions.push((*log, header.seq, redemption));
                        self.roster_due = true;
                    }
                }
                _ => {}
            }
        }
    }

    /// Folds the roster unless that was done a moment ago; then the next tick does.
    pub(super) fn fold_roster_in_turn(&mut self, now_ms: i64, out: &mut Vec<Effect>) {
        if elapsed(self.folded_ms, now_ms) >= FOLD_PAUSE_MS {
            self.fold_roster(now_ms, out);
        }
    }

    /// Folds the roster if something came for it. Sessions that waited for admission go on, those of removed members
    /// end, parked logs get another chance.
    pub(super) fn fold_roster(&mut self, now_ms: i64, out: &mut Vec<Effect>) {
        if !std::mem::take(&mut self.roster_due) {
            return;
        }
        self.folded_ms = Some(now_ms);
        // New logs waited for this fold, whatever it brings.
        self.replan = true;
        let roster = Roster::fold_again(&self.me.charter, &self.roster_input, &mut self.verified);
        if roster == self.roster {
            return;
        }
        self.roster = roster;
        self.relimit();
        out.push(Effect::RosterChanged);
        out.push(Effect::Relimit { log: None });
        for log in std::mem::take(&mut self.parked) {
            self.refresh_all(&log);
        }
        let sessions: Vec<SessionId> = self.sessions.keys().copied().collect();
        for session in sessions {
            self.judge_session(session, now_ms, out);
        }
    }

    fn judge_session(&mut self, session: SessionId, now_ms: i64, out: &mut Vec<Effect>) {
        let Some(s) = self.sessions.get(&session) else { return };
        let Some(certificate) = &s.certificate else { return };
        let node = self.roster.node(certificate);
        let (active, unknown) = (matches!(node, NodeState::Active(_)), node == NodeState::Unknown);
        let me = self.me.certificate.body.node;
        let redeemed = s.redeeming.is_some_and(|key| self.roster.redeemed.contains_key(&(key, me)));
        match s.state {
            SessionState::Admitting if active => self.make_ready(session, now_ms, out),
            SessionState::Admitting if redeemed => {
                let reason = "this invitation has been used already; ask for a new one";
                self.refuse(session, reason.to_owned(), out);
            }
            SessionState::Ready if s.roster_only && active => self.make_ready(session, now_ms, out),
            SessionState::Ready if s.roster_only && unknown => {}
            SessionState::Ready if !active => {
                self.refuse(session, "the roster no longer admits this node".to_owned(), out);
            }
            _ => {}
        }
    }
}
