//! What has arrived and waits for the core: in order for each session, and by turns between them.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use network::Event;

use crate::ahead::Coming;

/// Arrivals by session. What is of no session (addresses, failed dials) comes first.
///
/// Of a thousand sessions that wait, each is looked at when something of it comes and when its turn comes, not at every turn:
/// what a party has spent grows with what is done for it, so whoever stands first and has spent more meanwhile is put back.
/// Those who have to wait are looked at again with [`Turns::again`].
#[derive(Default)]
pub struct Turns {
    notices: VecDeque<Coming>,
    sessions: BTreeMap<u64, Waiting>,
    /// Who may have its turn, by what its party had spent when it was put here, and by when its last turn was.
    line: BTreeSet<(Duration, u64, u64)>,
    /// Sessions to be put in line.
    unranked: BTreeSet<u64>,
    turn: u64,
}

#[derive(Default)]
struct Waiting {
    arrivals: VecDeque<Coming>,
    /// When it last had its turn, counted in turns.
    last: u64,
    /// Where it stands in line.
    place: Option<Duration>,
}

impl Waiting {
    /// What its party has spent, as far as that counts for what comes next.
    fn rank(&self, session: u64, spent: &impl Fn(u64) -> Option<Duration>) -> Option<Duration> {
        let costs_nothing = self.arrivals.front().is_some_and(|a| !matches!(a.event(), Event::Frame { .. }));
        if costs_nothing { Some(Duration::ZERO) } else { spent(session) }
    }
}

/// The session that an event is of.
pub fn session_of(event: &Event) -> Option<u64> {
    match event {
        Event::Connected { session, .. }
        | Event::Frame { session, .. }
        | Event::Closed { session, .. }
        | Event::Drained { session } => Some(session.0),
        _ => None,
    }
}

impl Turns {
    /// Takes in what has arrived. `is_late` says of a session that it has to wait: when it ends, what it has sent and nobody
    /// has looked at goes with it.
    pub fn put(&mut self, arrival: Coming, is_late: impl Fn(u64) -> bool) {
        let Some(session) = session_of(arrival.event()) else { return self.notices.push_back(arrival) };
        let waiting = self.sessions.entry(session).or_default();
        if matches!(arrival.event(), Event::Closed { .. }) && is_late(session) {
            waiting.arrivals.retain(|earlier| !matches!(earlier.event(), Event::Frame { .. }));
        }
        waiting.arrivals.push_back(arrival);
        self.step_out(session);
        self.unranked.insert(session);
    }

    /// Time has passed: those who had to wait may not have to any more.
    pub fn again(&mut self) {
        let late = self.sessions.iter().filter(|(_, waiting)| waiting.place.is_none());
        self.unranked.extend(late.map(|(session, _)| *session));
    }

    /// The next arrival to look at. `spent` gives what the party of a session has spent, the least comes first; `None` while
    /// it has to wait with its frames. Of those who have spent the same, the one who has waited longest.
    pub fn next(&mut self, spent: impl Fn(u64) -> Option<Duration>) -> Option<Coming> {
        if let Some(notice) = self.notices.pop_front() {
            return Some(notice);
        }
        for session in std::mem::take(&mut self.unranked) {
            self.step_in(session, &spent);
        }
        loop {
            let (place, _, session) = self.line.pop_first()?;
            let waiting = self.sessions.get_mut(&session)?;
            waiting.place = None;
            match waiting.rank(session, &spent) {
                Some(rank) if rank <= place => return self.take(session),
                _ => self.step_in(session, &spent),
            }
        }
    }

    fn take(&mut self, session: u64) -> Option<Coming> {
        self.turn += 1;
        let waiting = self.sessions.get_mut(&session)?;
        waiting.last = self.turn;
        let arrival = waiting.arrivals.pop_front();
        if waiting.arrivals.is_empty() {
            self.sessions.remove(&session);
        } else {
            // What this arrival costs is known once it has been looked at.
            self.unranked.insert(session);
        }
        arrival
    }

    fn step_in(&mut self, session: u64, spent: &impl Fn(u64) -> Option<Duration>) {
        self.step_out(session);
        let Some(waiting) = self.sessions.get_mut(&session) else { return };
        waiting.place = waiting.rank(session, spent);
        self.line.extend(waiting.place.map(|place| (place, waiting.last, session)));
    }

    fn step_out(&mut self, session: u64) {
        let Some(waiting) = self.sessions.get_mut(&session) else { return };
        if let Some(place) = waiting.place.take() {
            self.line.remove(&(place, waiting.last, session));
        }
    }

    /// True while anything waits, whether it may be looked at or not.
    pub fn is_waiting(&self) -> bool {
        !(self.notices.is_empty() && self.sessions.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ahead::Come;
    use network::{Arrival, SessionId};

    fn frame(session: u64, n: u8) -> Coming {
        Arrival::from(Event::Frame { session: SessionId(session), bytes: vec![n] }).into()
    }

    fn closed(session: u64) -> Coming {
        let reason = network::CloseReason::RemoteClosed;
        Arrival::from(Event::Closed { session: SessionId(session), peer: [0; 32], reason }).into()
    }

    fn all(turns: &mut Turns, spent: impl Fn(u64) -> Option<Duration>) -> Vec<(u64, u8)> {
        let read = |arrival: Coming| match arrival.open() {
            Come::Event(Event::Frame { session, bytes }) => (session.0, bytes[0]),
            Come::Event(other) => (session_of(&other).unwrap_or_default(), 0),
            Come::Run(session, ahead) => (session.0, ahead.bytes[0]),
        };
        std::iter::from_fn(|| turns.next(&spent)).map(read).collect()
    }

    #[test]
    fn who_has_spent_least_comes_first_and_equals_take_turns() {
        let mut turns = Turns::default();
        for n in 1..=3 {
            turns.put(frame(1, n), |_| false);
            turns.put(frame(2, n), |_| false);
        }
        turns.put(frame(3, 1), |_| false);
        let spent = |session| Some(Duration::from_millis(if session == 3 { 1 } else { 5 }));
        let order = all(&mut turns, spent);
        assert_eq!(order, [(3, 1), (1, 1), (2, 1), (1, 2), (2, 2), (1, 3), (2, 3)]);
        assert!(!turns.is_waiting());
    }

    #[test]
    fn who_has_to_wait_keeps_nobody_else_waiting() {
        let mut turns = Turns::default();
        turns.put(frame(1, 1), |_| true);
        turns.put(frame(2, 1), |_| false);
        turns.put(closed(4), |_| true);
        let spent = |session| (session != 1).then_some(Duration::ZERO);
        assert_eq!(all(&mut turns, spent), [(2, 1), (4, 0)]);
        assert!(turns.is_waiting(), "and is not forgotten");
        turns.put(closed(1), |_| true);
        assert_eq!(all(&mut turns, spent), [(1, 0)], "unless it ends");
        assert!(!turns.is_waiting());
    }

    #[test]
    fn who_has_to_wait_is_looked_at_again_when_time_has_passed() {
        let mut turns = Turns::default();
        turns.put(frame(1, 1), |_| false);
        assert!(turns.next(|_| None).is_none());
        assert!(turns.next(|_| Some(Duration::ZERO)).is_none(), "not before");
        turns.again();
        assert!(turns.next(|_| Some(Duration::ZERO)).is_some());
    }

    #[test]
    fn sessions_of_one_party_share_what_it_spends_within_one_slice() {
        use std::cell::Cell;
        let mut turns = Turns::default();
        // Sessions 1 to 12 are one party's, 20 another's; each arrival costs a millisecond.
        (1..=12).for_each(|session| turns.put(frame(session, 1), |_| false));
        (1..=3).for_each(|n| turns.put(frame(20, n), |_| false));
        let spent = [Cell::new(0), Cell::new(0)];
        let party = |session: u64| &spent[usize::from(session == 20)];
        let mut order = Vec::new();
        while let Some(arrival) = turns.next(|session| Some(Duration::from_millis(party(session).get()))) {
            let session = session_of(arrival.event()).unwrap_or_default();
            party(session).set(party(session).get() + 1);
            order.push(session == 20);
        }
        let of_other = order.iter().take(6).filter(|other| **other).count();
        assert_eq!((of_other, order.len()), (3, 15), "{order:?}");
    }

    /// What is done for each turn does not grow with those who wait.
    #[test]
    fn a_turn_looks_at_few_of_those_who_wait() {
        use std::cell::Cell;
        let (mut turns, looks) = (Turns::default(), Cell::new(0));
        (0..1_000).for_each(|session| turns.put(frame(session, 1), |_| false));
        let spent = |session| {
            looks.set(looks.get() + 1);
            Some(Duration::from_micros(session))
        };
        assert_eq!(all(&mut turns, spent).len(), 1_000);
        assert!(looks.get() <= 2_000, "{} looks", looks.get());
    }

    #[test]
    fn what_was_sent_before_the_end_is_looked_at_where_nothing_has_to_wait() {
        let mut turns = Turns::default();
        turns.put(frame(1, 1), |_| false);
        turns.put(closed(1), |_| false);
        assert_eq!(all(&mut turns, |_| Some(Duration::ZERO)), [(1, 1), (1, 0)]);
    }
}
