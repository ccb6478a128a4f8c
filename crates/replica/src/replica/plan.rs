//! Who is asked for what, and when.

use std::collections::BTreeSet;
use std::ops::Bound;

use protocol::{Frame, LogId, Shelf, Want};

use super::bounds::{PLAN_SCAN, WANTS_IN_FLIGHT};
use super::line::holds_back;
use super::{Effect, Replica, SessionId};
use crate::session::{Flight, Rank, Session};

impl Replica {
    /// Brings the sets of a session up to date in which a log may stand. To be called whenever our head of the log,
    /// the peer's, or what keeps the log from being asked for has changed.
    pub(super) fn refresh(&mut self, session: SessionId, log: &LogId) {
        let Some(s) = self.sessions.get(&session).filter(|s| s.is_ready()) else { return };
        let held = self.held(log);
        let (shared, parked) = (self.shares(s, log), self.parked.contains(log));
        let end = self.limit(log).map_or(u64::MAX, |limit| limit.head.seq);
        let (branch, over) = (self.kept_branch(log), self.is_over(log));
        let peer = s.logs.get(log, held).unwrap_or_default();
        let have = held.map(|held| held.head).unwrap_or_default();
        let me = &self.me.certificate.body.node;
        let waits = holds_back(self.line_open && s.line_open, me, log);
        let open = shared && !parked && end > 0 && !over && !waits;
        let rank = self.rank(log);
        let offers = branch.map_or(peer.known.seq > have.seq, |kept| peer.known == kept);
        let behind = open && !peer.barred && offers && have.seq < end;
        let differs = open && peer.known != have;
        let Some(s) = self.sessions.get_mut(&session) else { return };
        keep(s.behind.of_mut(rank), *log, behind);
        keep(&mut s.differing, *log, differs);
    }

    /// When a log is fetched: a poor line shall bring what is close first.
    fn rank(&self, log: &LogId) -> Rank {
        Rank::of(log, Some(&self.me.certificate))
    }

    /// The same for all that a peer has told us of; where both are even, nothing changes.
    pub(super) fn refresh_session(&mut self, session: SessionId) {
        let logs = self.sessions.get(&session).map(|s| s.logs.recorded().copied().collect::<Vec<_>>());
        for log in logs.unwrap_or_default() {
            self.refresh(session, &log);
        }
    }

    pub(super) fn refresh_all(&mut self, log: &LogId) {
        let sessions: Vec<SessionId> = self.sessions.keys().copied().collect();
        for session in sessions {
            self.refresh(session, log);
        }
    }

    /// Asks a peer for what it holds and we lack, by ranks and, within one, all logs in turn, each from one peer at a time.
    pub(super) fn plan(&mut self, session: SessionId, now_ms: i64, out: &mut Vec<Effect>) {
        let Some(s) = self.sessions.get(&session).filter(|s| s.is_ready()) else { return };
        let free = WANTS_IN_FLIGHT.saturating_sub(s.flights.len());
        if free == 0 {
            return;
        }
        // A log that the peer has told of in error, and never brings, keeps nothing else from coming.
        let silent = |log: &LogId| s.logs.get(log, self.held(log)).is_some_and(|peer| peer.silent);
        let mut wants = Vec::new();
        for rank in [Rank::Roster, Rank::Near, Rank::Far] {
            let next = self.wants(s, rank, free.saturating_sub(wants.len()));
            // Nothing else is asked for before the roster is here, nor while something closer is on its way from this peer.
            let coming = |log: &LogId| self.rank(log) == rank && !silent(log);
            let goes_on =
                s.behind.of(rank).iter().all(silent) || rank != Rank::Roster && !s.flights.keys().any(coming);
            let waits = next.iter().any(|want| !silent(&want.log));
            wants.extend(next);
            if waits || !goes_on || wants.len() >= free {
                break;
            }
        }
        self.ask(session, wants, now_ms, out);
    }

    /// What a peer can be asked for of one rank, so many logs at the most.
    fn wants(&self, s: &Session, rank: Rank, most: usize) -> Vec<Want> {
        let mut wants = Vec::new();
        for log in candidates(s, rank).take(PLAN_SCAN) {
            let have = self.head(log).seq;
            // Whether a new log may be taken in is known once the roster has been folded.
            let undecided = self.roster_due && have == 0 && log.shelf != Shelf::ROSTER;
            if undecided || self.in_flight.contains_key(log) {
                continue;
            }
            let Some(peer) = s.logs.get(log, self.held(log)) else { continue };
            wants.push(Want { log: *log, have, to: self.wanted(log, peer.known.seq) });
            if wants.len() == most {
                break;
            }
        }
        wants
    }

    /// Of what a peer holds, the last entry that counts.
    fn wanted(&self, log: &LogId, known: u64) -> u64 {
        self.limit(log).map_or(known, |limit| known.min(limit.head.seq))
    }

    fn ask(&mut self, session: SessionId, wants: Vec<Want>, now_ms: i64, out: &mut Vec<Effect>) {
        let Some(s) = self.sessions.get_mut(&session).filter(|_| !wants.is_empty()) else { return };
        for want in &wants {
            s.cursor = Some(want.log);
            s.flights.insert(want.log, Flight { to: want.to, progress_ms: now_ms, rewound: false });
            self.in_flight.insert(want.log, session);
        }
        out.push(Effect::Send { session, frame: Frame::Want(wants) });
    }

    pub(super) fn plan_all(&mut self, now_ms: i64, out: &mut Vec<Effect>) {
        let sessions: Vec<SessionId> = self.sessions.keys().copied().collect();
        for session in sessions {
            self.plan(session, now_ms, out);
        }
    }

    /// After entries of a log have come: the range is fetched, or goes on.
    pub(super) fn advance(&mut self, log: &LogId, now_ms: i64, out: &mut Vec<Effect>) {
        let head = self.head(log).seq;
        let Some(holder) = self.in_flight.get(log).copied() else { return };
        let held = self.held(log);
        let Some(s) = self.sessions.get_mut(&holder) else { return };
        if let Some(peer) = s.logs.get_mut(log, held).filter(|peer| peer.silent) {
            peer.silent = false;
        }
        let Some(flight) = s.flights.get_mut(log) else { return };
        if head < flight.to {
            flight.progress_ms = now_ms;
            flight.rewound = false;
            return;
        }
        s.flights.remove(log);
        self.in_flight.remove(log);
        // Half a load at a time: small logs would otherwise cost a request each.
        if s.flights.len() <= WANTS_IN_FLIGHT / 2 {
            self.plan(holder, now_ms, out);
        }
    }

    /// Gives up a range; any peer that has it may be asked.
    pub(super) fn release(&mut self, log: &LogId) {
        let Some(holder) = self.in_flight.remove(log) else { return };
        if let Some(s) = self.sessions.get_mut(&holder) {
            s.flights.remove(log);
        }
        self.replan = true;
    }

    pub(super) fn release_all(&mut self, session: SessionId) {
        self.files.release(session);
        let Some(s) = self.sessions.get_mut(&session) else { return };
        // Whoever leaves with nothing on its way leaves nothing for others to be asked for.
        self.replan |= !s.flights.is_empty();
        for log in std::mem::take(&mut s.flights).into_keys() {
            self.in_flight.remove(&log);
        }
    }

    /// A peer did not bring what it was asked for. Another one that has it, and has room, is asked; else the same again.
    pub(super) fn pass_on(&mut self, log: &LogId, now_ms: i64, out: &mut Vec<Effect>) {
        let Some(late) = self.in_flight.get(log).copied() else { return };
        self.release(log);
        let held = self.held(log);
        if let Some(peer) = self.sessions.get_mut(&late).and_then(|s| s.logs.get_mut(log, held)) {
            peer.silent = true;
        }
        let rank = self.rank(log);
        let able = |(id, s): &(&SessionId, &Session)| {
            **id != late && s.behind.of(rank).contains(log) && s.flights.len() < WANTS_IN_FLIGHT
        };
        let Some((other, s)) = self.sessions.iter().find(able) else { return };
        let (other, to) = (*other, s.logs.get(log, held).map_or(0, |peer| peer.known.seq));
        let want = Want { log: *log, have: self.head(log).seq, to: self.wanted(log, to) };
        self.ask(other, vec![want], now_ms, out);
    }

    /// A run came that goes on further than we are: one between was lost. The range is asked for again, once; where none
    /// was asked for, frontiers are compared.
    pub(super) fn rewind(&mut self, session: SessionId, log: &LogId, now_ms: i64, out: &mut Vec<Effect>) {
        let have = self.head(log).seq;
        let Some(s) = self.sessions.get_mut(&session) else { return };
        match s.flights.get_mut(log) {
            Some(flight) if !flight.rewound => {
                flight.rewound = true;
                flight.progress_ms = now_ms;
                let want = Want { log: *log, have, to: flight.to };
                out.push(Effect::Send { session, frame: Frame::Want(vec![want]) });
            }
            Some(_) => {}
            None => self.pull_now(session, now_ms, out),
        }
    }
}

/// What a session may be asked for of one rank: after the log that was asked for last, then what comes before it.
fn candidates(s: &Session, rank: Rank) -> impl Iterator<Item = &LogId> {
    let logs = s.behind.of(rank);
    let cursor = s.cursor.filter(|_| rank != Rank::Roster);
    let after = cursor.map_or(Bound::Unbounded, Bound::Excluded);
    let earlier = cursor.map(|cursor| logs.range(..=cursor)).into_iter().flatten();
    logs.range((after, Bound::Unbounded)).chain(earlier)
}

fn keep<T: Ord>(set: &mut BTreeSet<T>, item: T, wanted: bool) {
    if wanted {
        set.insert(item);
    } else {
        set.remove(&item);
    }
}
