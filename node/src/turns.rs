//! What has arrived and waits for the core: in order for each session, and by turns between them.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use network::Event;

use crate::ahead::Coming;

/// Arrivals by session. What is of no session (addresses, failed dials) comes first.
#[derive(Default)]
pub struct Turns {
    notices: VecDeque<Coming>,
    sessions: BTreeMap<u64, Waiting>,
    turn: u64,
}

#[derive(Default)]
struct Waiting {
    arrivals: VecDeque<Coming>,
    /// When it last had its turn, counted in turns.
    last: u64,
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
    }

    /// The next arrival to look at. `spent` gives what the party of a session has spent, the least comes first; `None` while
    /// it has to wait with its frames. Of those who have spent the same, the one who has waited longest.
    pub fn next(&mut self, spent: impl Fn(u64) -> Option<Duration>) -> Option<Coming> {
        if let Some(notice) = self.notices.pop_front() {
            return Some(notice);
        }
        let rank = |(session, waiting): (&u64, &Waiting)| {
            let costs_nothing =
                waiting.arrivals.front().is_some_and(|a| !matches!(a.event(), Event::Frame { .. }));
            let spent = if costs_nothing { Some(Duration::ZERO) } else { spent(*session) };
            spent.map(|spent| (spent, waiting.last, *session))
        };
        let (.., session) = self.sessions.iter().filter_map(rank).min()?;
        self.turn += 1;
        let waiting = self.sessions.get_mut(&session)?;
        waiting.last = self.turn;
        let arrival = waiting.arrivals.pop_front();
        if waiting.arrivals.is_empty() {
            self.sessions.remove(&session);
        }
        arrival
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
    fn what_was_sent_before_the_end_is_looked_at_where_nothing_has_to_wait() {
        let mut turns = Turns::default();
        turns.put(frame(1, 1), |_| false);
        turns.put(closed(1), |_| false);
        assert_eq!(all(&mut turns, |_| Some(Duration::ZERO)), [(1, 1), (1, 0)]);
    }
}
