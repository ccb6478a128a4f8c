//! What is late is ended, asked for elsewhere, compared again.

use super::bounds::{
    COMPARISONS, COMPARISONS_PER_TICK, GREETING_PATIENCE_MS, ROSTER_PATIENCE_MS, TURN_PATIENCE_MS,
    WANT_PATIENCE_MS,
};
use super::{Effect, Replica};
use crate::conduct::Offence;
use crate::session::{SessionId, SessionState};

impl Replica {
    /// Deadlines of all sessions.
    pub(super) fn tick(&mut self, now_ms: i64, out: &mut Vec<Effect>) {
        if self.roster_due {
            self.fold_roster(now_ms, out);
        }
        self.end_the_late(now_ms, out);
        self.judge_guests(now_ms, out);
        self.give_up_probes(now_ms);
        self.give_up_stalled(now_ms, out);
        self.ask_for_files(now_ms, out);
        let sessions: Vec<SessionId> = self.sessions.keys().copied().collect();
        for session in sessions {
            if let Some(s) = self.sessions.get_mut(&session) {
                s.allowance = s.allowance.saturating_add(COMPARISONS_PER_TICK).min(COMPARISONS);
            }
            self.offer_again(session, now_ms, out);
            self.compare_again(session, now_ms, out);
            self.look_for_gaps(session, now_ms, out);
            self.show_own_forks_again(session, now_ms, out);
            self.tell_statuses(session, now_ms, out);
            self.plan(session, now_ms, out);
        }
    }

    fn end_the_late(&mut self, now_ms: i64, out: &mut Vec<Effect>) {
        let mut late = Vec::new();
        for (id, s) in &self.sessions {
            let waited = now_ms.saturating_sub(s.since_ms) > GREETING_PATIENCE_MS;
            let roster_waited = now_ms.saturating_sub(s.progress_ms) > ROSTER_PATIENCE_MS;
            let expired = s.certificate.as_ref().is_some_and(|c| c.body.not_after_ms < now_ms);
            let reason = match s.state {
                SessionState::Greeting if waited => "no valid hello within the time allowed",
                SessionState::Admitting if waited => {
                    "the invitation could not be countersigned; look at the issuer's log, then try again"
                }
                SessionState::Ready if s.roster_only && roster_waited => {
                    "the roster that came does not list this node's institution"
                }
                SessionState::Ready if expired => {
                    "the node certificate has expired; renew it at its institution"
                }
                _ => continue,
            };
            late.push((*id, reason.to_owned()));
        }
        for (session, reason) in late {
            self.refuse(session, reason, out);
        }
    }

    fn give_up_stalled(&mut self, now_ms: i64, out: &mut Vec<Effect>) {
        let mut stalled = Vec::new();
        let mut silent = Vec::new();
        for session in self.sessions.values_mut() {
            let before = stalled.len();
            let quiet = now_ms.saturating_sub(session.progress_ms) > WANT_PATIENCE_MS;
            let patience = if quiet { WANT_PATIENCE_MS } else { TURN_PATIENCE_MS };
            for (log, flight) in &mut session.flights {
                // A clock that was set back must not make the wait endless.
                flight.progress_ms = flight.progress_ms.min(now_ms);
                if now_ms.saturating_sub(flight.progress_ms) > patience {
                    stalled.push(*log);
                }
            }
            session.progress_ms = session.progress_ms.min(now_ms);
            session.since_ms = session.since_ms.min(now_ms);
            if stalled.len() > before {
                silent.push(session.peer);
            }
        }
        for peer in silent {
            self.conduct.count(&peer, Offence::Light, "it did not bring what it was asked for", now_ms);
        }
        for log in stalled {
            self.pass_on(&log, now_ms, out);
        }
    }
}
