//! Forks found, proven and told; logs cut off where they end.
//!
//! Where a peer's log does not continue ours, one entry after another is asked for, first stepping back ever further,
//! then halving, until the first place is known in which the two differ. The shell looks up what we hold there.

use protocol::{CheckedRun, Entry, Fork, Frame, Head, LogHead, LogId, NodeState, Shelf, Want};

use super::bounds::{FORK_AGAIN_MS, MAX_FORKS_TAKEN, WANT_PATIENCE_MS, elapsed};
use super::{Effect, Reached, Replica, SessionId};
use crate::conduct::Offence;
use crate::limit::{Limit, Why, limits};

/// A search for the place where a peer's log parts from ours.
#[derive(Clone, Copy, Debug)]
pub(super) struct Probe {
    session: SessionId,
    /// Both hold the same entry here; 0 while that is not known.
    same: u64,
    /// Here they differ.
    differs: u64,
    /// The entry asked for.
    asked: u64,
    /// How far to step back next.
    stride: u64,
    asked_ms: i64,
}

impl Probe {
    pub fn is_of(&self, session: SessionId) -> bool {
        self.session == session
    }

    /// After a look at the entry asked for: where to look next. `None` when the peer holds what we do.
    fn next(&mut self, same: bool) -> Option<u64> {
        if same {
            self.same = self.asked;
        } else {
            self.differs = self.asked;
        }
        if self.same >= self.differs {
            return None;
        }
        self.asked = if self.same == 0 {
            let back = self.differs.saturating_sub(self.stride).max(1);
            self.stride = self.stride.saturating_mul(2);
            back
        } else if self.same + 1 == self.differs {
            self.differs
        } else {
            self.same + (self.differs - self.same) / 2
        };
        Some(self.asked)
    }
}

impl Replica {
    /// How far a log counts, when it ends anywhere.
    pub(super) fn limit(&self, log: &LogId) -> Option<Limit> {
        let certificate = || self.logs.get(log).and_then(|state| state.certificate.as_ref());
        let known = self.limits.get(log).copied();
        known.or_else(|| Limit::of(log, certificate(), self.book.roster(), self.forks.get(log)))
    }

    /// Of a forked log that was settled, the entry that names the kept branch: who shows it holds that branch. Others are
    /// not asked, since they may hold the lost one.
    pub(super) fn kept_branch(&self, log: &LogId) -> Option<Head> {
        let fork = self.forks.get(log)?;
        let limit = self.limit(log).filter(|limit| matches!(limit.why, Why::Settled | Why::Revoked))?;
        (fork.seq() <= limit.head.seq).then_some(limit.head)
    }

    /// A peer holds another entry than we do at `differs`: looks for the first one. Meanwhile, and when nothing comes of
    /// it, nothing more of this log is taken from the peer.
    pub(super) fn contest(
        &mut self,
        session: SessionId,
        log: &LogId,
        differs: u64,
        now_ms: i64,
        out: &mut Vec<Effect>,
    ) {
        let barred = self.told_of(session, log).is_some_and(|p| p.barred);
        if barred || differs == 0 || self.probes.contains_key(log) {
            return;
        }
        self.bar(session, log, "it holds another branch", out);
        let probe = Probe { session, same: 0, differs, asked: differs, stride: 1, asked_ms: now_ms };
        self.probes.insert(*log, probe);
        self.ask_one(session, log, differs, out);
    }

    fn ask_one(&self, session: SessionId, log: &LogId, seq: u64, out: &mut Vec<Effect>) {
        let want = Want { log: *log, have: seq - 1, to: seq };
        out.push(Effect::Send { session, frame: Frame::Want(vec![want]) });
    }

    /// Asks for the same entry once more. False when none is searched for in this session.
    pub(super) fn probe_again(
        &mut self,
        session: SessionId,
        log: &LogId,
        now_ms: i64,
        out: &mut Vec<Effect>,
    ) -> bool {
        let Some(probe) = self.probes.get_mut(log).filter(|p| p.session == session) else { return false };
        probe.asked_ms = now_ms;
        let asked = probe.asked;
        self.ask_one(session, log, asked, out);
        true
    }

    /// True when a run that begins after `after` answers a search in this session.
    pub(super) fn is_probed(&self, session: SessionId, log: &LogId, after: u64) -> bool {
        self.probes.get(log).is_some_and(|p| p.session == session && p.asked == after + 1)
    }

    /// The shell has looked up what we hold where the run begins.
    pub(super) fn on_held(
        &mut self,
        session: SessionId,
        run: &CheckedRun,
        own: Option<&Entry>,
        now_ms: i64,
        out: &mut Vec<Effect>,
    ) {
        let log = run.log;
        if !self.is_probed(session, &log, run.after.seq) {
            return;
        }
        let (Some(theirs), Some(own)) = (run.entries.first(), own) else { return self.drop_probe(&log) };
        let same = theirs.hash == own.hash();
        if !same && theirs.entry.header.prev == own.header.prev {
            return self.prove(session, own, &theirs.entry, now_ms, out);
        }
        let Some(probe) = self.probes.get_mut(&log) else { return };
        probe.asked_ms = now_ms;
        match probe.next(same) {
            Some(seq) => self.ask_one(session, &log, seq, out),
            None => {
                self.drop_probe(&log);
                self.unbar(&log);
            }
        }
    }

    fn prove(&mut self, session: SessionId, own: &Entry, theirs: &Entry, now_ms: i64, out: &mut Vec<Effect>) {
        let log = own.header.log;
        self.drop_probe(&log);
        let Some(certificate) = self.logs.get(&log).and_then(|l| l.certificate.clone()) else { return };
        let fork = Fork::of(certificate, own, theirs);
        match fork.verify(&self.network) {
            Ok(()) if !self.is_news(&fork) => self.known_fork(session, &log, now_ms, out),
            Ok(()) => self.note_fork(fork, now_ms, out),
            // Its author did not sign every entry: nobody can be shown it, so each side keeps what it has.
            Err(fault) => {
                let what = format!("a fork of node {} cannot be proven: {fault}", log.node.short());
                out.push(Effect::Report { session, what });
            }
        }
    }

    /// A fork that is known was found again. Either we have come some way along the branch that was not kept, and begin
    /// again where it parts; or the peer has, which does not seem to know.
    fn known_fork(&mut self, session: SessionId, log: &LogId, now_ms: i64, out: &mut Vec<Effect>) {
        match self.kept_branch(log) {
            Some(kept) if self.head(log) != kept => {
                self.unbar(log);
                out.push(Effect::Relimit { log: Some(*log) });
            }
            _ => self.show_fork(session, log, now_ms, out),
        }
    }

    pub(super) fn drop_probe(&mut self, log: &LogId) {
        self.probes.remove(log);
    }

    /// Searches that brought nothing are given up; so are those of a session that is gone.
    pub(super) fn give_up_probes(&mut self, now_ms: i64) {
        let ready = |id: &SessionId| self.sessions.get(id).is_some_and(|s| s.is_ready());
        let gone: Vec<SessionId> =
            self.probes.values().map(|probe| probe.session).filter(|session| !ready(session)).collect();
        self.probes.retain(|_, p| {
            !gone.contains(&p.session) && elapsed(Some(p.asked_ms), now_ms) <= WANT_PATIENCE_MS
        });
    }

    /// A peer proves that a log is forked.
    pub(super) fn on_fork(&mut self, session: SessionId, fork: Fork, now_ms: i64, out: &mut Vec<Effect>) {
        let log = fork.log();
        let Some(s) = self.sessions.get(&session) else { return };
        // What is not held here is cut off wherever it comes from, or told again once it is held.
        let news = self.parts_within(&fork) && self.is_news(&fork) && self.shares(s, &log);
        if !news {
            return;
        }
        if let Err(fault) = fork.verify(&self.network) {
            let offence = (Offence::BadFrame, format!("frame dropped: {fault}"));
            return self.strike(session, None, offence, now_ms, out);
        }
        if self.book.roster().node(&fork.certificate) == NodeState::Unknown {
            return;
        }
        if self.spends_fork(session, &log) {
            return self.note_fork(fork, now_ms, out);
        }
        let why = "it shows one fork of a log after the other; what it knows is taken when it connects again";
        if let Some(peer) = self.sessions.get(&session).map(|s| s.peer) {
            self.conduct.count(&peer, Offence::Light, why, now_ms);
        }
        self.refuse(session, why.to_owned(), out);
    }

    /// Takes one fork off what a peer may show of a log. False when it has shown as many already.
    fn spends_fork(&mut self, session: SessionId, log: &LogId) -> bool {
        let held = self.held(log);
        let Some(peer) = self.sessions.get_mut(&session).and_then(|s| s.log(*log, held)) else {
            return false;
        };
        peer.forks_taken = peer.forks_taken.saturating_add(1);
        peer.forks_taken <= MAX_FORKS_TAKEN
    }

    /// Whether a fork cuts off what is held, or what comes next: an author could prove any number further on.
    pub(super) fn parts_within(&self, fork: &Fork) -> bool {
        let Some(head) = self.logs.get(&fork.log()).map(|state| state.head) else { return false };
        fork.seq() <= head.seq || fork.common() == head
    }

    /// Of two forks of one log the earlier one counts.
    pub(super) fn is_news(&self, fork: &Fork) -> bool {
        self.forks.get(&fork.log()).is_none_or(|known| known.seq() > fork.seq())
    }

    pub(super) fn note_fork(&mut self, fork: Fork, now_ms: i64, out: &mut Vec<Effect>) {
        if !self.is_news(&fork) {
            return;
        }
        let log = fork.log();
        self.drop_probe(&log);
        self.contested.remove(&log);
        self.forks.insert(log, fork.clone());
        out.push(Effect::Forked { fork: Box::new(fork) });
        self.unbar(&log);
        self.relimit();
        out.push(Effect::Relimit { log: Some(log) });
        self.plan_all(now_ms, out);
    }

    /// A log is new here: it may be one too many of its node, or ended before it came.
    pub(super) fn limit_opened(&mut self, log: &LogId, out: &mut Vec<Effect>) {
        let now = limits(self.logs_of(&log.node), self.book.roster(), &self.forks);
        let same = now.iter().all(|(known, limit)| self.limits.get(known) == Some(limit));
        if !same {
            self.limits.extend(now);
            out.push(Effect::Relimit { log: Some(*log) });
        }
    }

    /// Works out the limits of all logs held. Where they have changed, everyone may be asked again.
    pub(super) fn relimit(&mut self) {
        let before = std::mem::take(&mut self.limits);
        self.limits = limits(self.logs.iter().map(super::opened), self.book.roster(), &self.forks);
        let changed = |log: &LogId| before.get(log) != self.limits.get(log);
        let changed: Vec<LogId> =
            before.keys().chain(self.limits.keys()).filter(|log| changed(log)).copied().collect();
        changed.iter().for_each(|log| self.unbar(log));
    }

    /// The shell has cut these logs off, or found more of them to count: each with its head as peers are to see it.
    pub(super) fn on_reached(&mut self, logs: &[Reached], now_ms: i64, out: &mut Vec<Effect>) {
        let mut moved = Vec::new();
        for Reached { log, head, bytes, .. } in logs {
            self.moves(log);
            let Some(state) = self.logs.get_mut(log) else { continue };
            state.head = *head;
            state.bytes = *bytes;
            self.fresh.cut(log, *head);
            self.release(log);
            self.refresh_all(log);
            moved.push(LogHead { log: *log, head: *head });
        }
        self.count_again();
        for reached in logs.iter().filter(|reached| reached.log.shelf == Shelf::ROSTER) {
            self.roster_due |= self.book.end(&reached.log, reached.counts);
        }
        self.fold_roster(now_ms, out);
        self.tell_moved(&moved, now_ms, out);
        self.replan = true;
    }

    /// Tells everyone the heads of logs that were cut off, so that none waits for what will not come.
    fn tell_moved(&mut self, moved: &[LogHead], now_ms: i64, out: &mut Vec<Effect>) {
        let sessions: Vec<SessionId> = self.sessions.keys().copied().collect();
        for session in sessions {
            let Some(s) = self.sessions.get(&session).filter(|s| s.is_ready()) else { continue };
            let shared: Vec<LogHead> = moved.iter().filter(|m| self.shares(s, &m.log)).copied().collect();
            for LogHead { log, head } in &shared {
                let held = self.held(log);
                let s = self.sessions.get_mut(&session);
                let Some(peer) = s.and_then(|s| s.logs.get_mut(log, held)) else { continue };
                peer.told = head.seq;
                peer.sent = peer.sent.min(head.seq);
                peer.served = peer.served.min(head.seq);
            }
            let held: Vec<LogHead> = shared.iter().filter(|m| m.head.seq > 0).copied().collect();
            for frame in super::heads_frames(&held, Frame::Heads) {
                out.push(Effect::Send { session, frame });
            }
            for LogHead { log, head } in &shared {
                self.tell_fork(session, log, now_ms, out);
                let known = self.told_of(session, log).map(|peer| peer.known);
                if known.is_some_and(|known| known.seq == head.seq && known.hash != head.hash) {
                    self.contest(session, log, head.seq, now_ms, out);
                }
            }
        }
    }

    /// Shows a peer the proof of a fork when it holds more of the log than counts: once, and again when it goes on telling
    /// of it, since the proof may have been lost.
    pub(super) fn tell_fork(&mut self, session: SessionId, log: &LogId, now_ms: i64, out: &mut Vec<Effect>) {
        let open = self.limit(log).is_some_and(|limit| limit.why == Why::Forked);
        if open {
            self.show_fork(session, log, now_ms, out);
        }
    }

    fn show_fork(&mut self, session: SessionId, log: &LogId, now_ms: i64, out: &mut Vec<Effect>) {
        let Some(fork) = self.forks.get(log) else { return };
        let held = self.held(log);
        let Some(s) = self.sessions.get_mut(&session) else { return };
        let Some(peer) = s.logs.get_mut(log, held) else { return };
        let again = now_ms.saturating_sub(peer.fork_told_ms).unsigned_abs() >= FORK_AGAIN_MS.unsigned_abs();
        let may_write_on = log.node == s.peer && peer.known == fork.common();
        let past = peer.known.seq >= fork.seq() || may_write_on;
        if past && (peer.fork_told != fork.seq() || again) {
            (peer.fork_told, peer.fork_told_ms) = (fork.seq(), now_ms);
            out.push(Effect::Send { session, frame: Frame::Fork(Box::new(fork.clone())) });
        }
    }

    /// Shows a peer the forks of its own logs. Set back to before one it holds all that counts, so that comparing shows nothing,
    /// and would write on where nobody takes it.
    pub(super) fn show_own_forks(&self, session: SessionId, out: &mut Vec<Effect>) {
        let Some(s) = self.sessions.get(&session) else { return };
        let own = self.forks.iter().filter(|(log, _)| log.node == s.peer && self.shares(s, log));
        for (_, fork) in own.filter(|(log, _)| self.limit(log).is_some_and(|limit| limit.why == Why::Forked))
        {
            out.push(Effect::Send { session, frame: Frame::Fork(Box::new(fork.clone())) });
        }
    }

    /// Shows them once more when the first may have been lost: nothing that the peer says would tell.
    pub(super) fn show_own_forks_again(&mut self, session: SessionId, now_ms: i64, out: &mut Vec<Effect>) {
        let Some(s) = self.sessions.get_mut(&session).filter(|s| s.is_ready()) else { return };
        if s.own_forks_ms.is_some() && elapsed(s.own_forks_ms, now_ms) >= FORK_AGAIN_MS {
            s.own_forks_ms = None;
            self.show_own_forks(session, out);
        }
    }

    pub(super) fn unbar(&mut self, log: &LogId) {
        let held = self.held(log);
        for s in self.sessions.values_mut().filter(|s| s.logs.is_recorded(log)) {
            if let Some(peer) = s.logs.get_mut(log, held) {
                peer.barred = false;
            }
        }
        self.replan = true;
        self.refresh_all(log);
    }
}
