//! Roster entries: taken up, folded, and what follows for sessions and logs.

use protocol::{
    CheckedEntry, Entry, Folded, LogId, NodeCertificate, NodeState, OpenLog, Redemption, Shelf, SignedStep,
    Verb,
};

use super::bounds::{FOLD_PAUSE_MS, elapsed};
use super::{Effect, Replica, SessionId, SessionState};

/// The certificate with which a log opens.
pub(super) fn opening(first: &CheckedEntry) -> Option<NodeCertificate> {
    let payload = first.entry.payload.as_ref().filter(|_| first.entry.header.verb == Verb::OPEN)?;
    OpenLog::from_bytes(&payload.bytes).ok().map(|open| open.certificate)
}

impl Replica {
    /// Takes steps and redemptions out of entries of the roster's logs: what is signed by whom it takes.
    pub(super) fn absorb(&mut self, log: &LogId, entries: &[CheckedEntry]) {
        if log.shelf != Shelf::ROSTER {
            return;
        }
        if let Some(first) = entries.first() {
            self.roster_due |= self.book.replace_from(log, first.entry.header.seq);
        }
        let institution = self.institution_of(log);
        for checked in entries {
            let header = &checked.entry.header;
            let Some(payload) = &checked.entry.payload else { continue };
            self.roster_due |= match header.verb {
                Verb::ROSTER_STEP => {
                    SignedStep::from_bytes(&payload.bytes).is_ok_and(|step| self.book.take_step(&step))
                }
                Verb::REDEEM => Redemption::from_bytes(&payload.bytes)
                    .is_ok_and(|redemption| self.book.take_redemption(log, header.seq, &redemption)),
                Verb::PURGE => institution.is_some_and(|id| self.book.take_purge(id, &checked.entry)),
                _ => false,
            };
        }
    }

    /// Takes steps of an epoch that was asked for; the last ones bring the roster up to date.
    pub(super) fn on_steps(
        &mut self,
        epoch: u32,
        steps: &[SignedStep],
        more_after: Option<(LogId, u64)>,
        now_ms: i64,
        out: &mut Vec<Effect>,
    ) {
        if self.reading != Some(epoch) {
            return;
        }
        steps.iter().filter(|step| step.step.epoch == epoch).for_each(|step| _ = self.book.take_step(step));
        if more_after.is_some() {
            return out.push(Effect::ReadSteps { epoch, after: more_after });
        }
        self.book.has_read(epoch);
        self.reading = None;
        self.fold_roster(now_ms, out);
    }

    /// Takes PURGE entries that were asked for; the last ones bring the roster up to date.
    pub(super) fn on_purges(
        &mut self,
        entries: &[Entry],
        more_after: Option<(LogId, u64)>,
        now_ms: i64,
        out: &mut Vec<Effect>,
    ) {
        for entry in entries {
            let institution = self.institution_of(&entry.header.log);
            self.roster_due |= institution.is_some_and(|id| self.book.take_purge(id, entry));
        }
        match more_after {
            Some(_) => out.push(Effect::ReadPurges { after: more_after }),
            None => self.fold_roster(now_ms, out),
        }
    }

    /// Folds the roster unless that was done a moment ago; then the next tick does.
    pub(super) fn fold_roster_in_turn(&mut self, now_ms: i64, out: &mut Vec<Effect>) {
        if elapsed(self.folded_ms, now_ms) >= FOLD_PAUSE_MS {
            self.fold_roster(now_ms, out);
        }
    }

    /// Folds the roster if something came for it, unless steps have to be read first. Sessions that waited for admission go
    /// on, those of removed members end, parked logs get another chance.
    pub(super) fn fold_roster(&mut self, now_ms: i64, out: &mut Vec<Effect>) {
        if self.book.wants_purges() {
            out.push(Effect::ReadPurges { after: None });
        }
        if !self.roster_due || self.reading.is_some() {
            return;
        }
        self.folded_ms = Some(now_ms);
        let folded = self.book.fold();
        if let Folded::Unread(epoch) = folded {
            self.reading = Some(epoch);
            return out.push(Effect::ReadSteps { epoch, after: None });
        }
        self.roster_due = false;
        // New logs waited for this fold, whatever it brings.
        self.replan = true;
        if folded == Folded::Same {
            return;
        }
        self.relimit();
        out.push(Effect::RosterChanged);
        out.push(Effect::Relimit { log: None });
        for log in std::mem::take(&mut self.parked) {
            self.refresh_all(&log);
        }
        self.ask_for_bare_again();
        self.gaps_may_be_due();
        self.judge_given(now_ms, out);
        self.judge_statuses();
        let sessions: Vec<SessionId> = self.sessions.keys().copied().collect();
        for session in sessions {
            self.judge_session(session, now_ms, out);
        }
    }

    fn judge_session(&mut self, session: SessionId, now_ms: i64, out: &mut Vec<Effect>) {
        let Some(s) = self.sessions.get(&session) else { return };
        let Some(certificate) = &s.certificate else { return };
        if s.guest_of.is_some() {
            return self.judge_guest(session, now_ms, out);
        }
        let node = self.book.roster().node(certificate);
        let (active, unknown) = (matches!(node, NodeState::Active(_)), node == NodeState::Unknown);
        let me = self.me.certificate.body.node;
        let redeemed = s.redeeming.is_some_and(|key| self.book.roster().is_used(key, me));
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
