//! Meetings with peers: those under way, those to come, and what is left to move in each.

use std::collections::{BTreeMap, BTreeSet};

use network::SessionId;
use protocol::PublicKey;
use replica::{ConductView, Left, Pause, PeerView, SessionState};

use super::dialing::Called;
use super::{Core, now_ms};

/// A rate is that of the last so many milliseconds, or of twice as many.
const RATE_OVER_MS: i64 = 5_000;

/// Bytes of one session at a moment, and how fast they were before it.
#[derive(Clone, Copy, Debug, Default)]
struct Sample {
    at_ms: i64,
    bytes: (u64, u64),
    rate: (u64, u64),
}

/// How fast sessions are: one sample for each.
#[derive(Default)]
pub(super) struct Rates(BTreeMap<u64, Sample>);

impl Rates {
    /// Looks at a session again, where the last look is long enough ago.
    fn look(&mut self, session: u64, bytes: (u64, u64), now_ms: i64) {
        let first = Sample { at_ms: now_ms, bytes, rate: (0, 0) };
        let sample = self.0.entry(session).or_insert(first);
        let passed = now_ms.saturating_sub(sample.at_ms);
        if !(0..RATE_OVER_MS).contains(&passed) {
            sample.rate = rate(sample.bytes, bytes, passed);
            (sample.at_ms, sample.bytes) = (now_ms, bytes);
        }
    }

    /// Bytes a second, in and out.
    fn of(&self, session: u64, bytes: (u64, u64), now_ms: i64) -> (u64, u64) {
        let Some(sample) = self.0.get(&session) else { return (0, 0) };
        let passed = now_ms.saturating_sub(sample.at_ms);
        // Before the first two looks there is only what has passed since the first one.
        if sample.rate == (0, 0) { rate(sample.bytes, bytes, passed) } else { sample.rate }
    }
}

fn rate(before: (u64, u64), after: (u64, u64), passed_ms: i64) -> (u64, u64) {
    let Some(passed) = u64::try_from(passed_ms).ok().filter(|ms| *ms >= 1_000) else { return (0, 0) };
    let of = |before: u64, after: u64| after.saturating_sub(before).saturating_mul(1_000) / passed;
    (of(before.0, after.0), of(before.1, after.1))
}

/// A peer with whom this node meets, is to meet, or does not want to.
#[derive(Clone, Debug, Default)]
pub struct Meeting {
    /// Its key; `None` of an address where nobody has answered and that names none.
    pub node: Option<PublicKey>,
    /// Where it is called.
    pub addresses: Vec<String>,
    /// The session under way.
    pub session: Option<Session>,
    /// When it was last in step with this node, milliseconds since 1970.
    pub last_success_ms: Option<i64>,
    /// What went wrong last, and when, milliseconds since 1970, where that is known.
    pub last_failure: Option<(Option<i64>, String)>,
    /// When it is called next, milliseconds since 1970; `None` where it is to call, or is connected or paused.
    pub next_ms: Option<i64>,
    /// It is being called.
    pub dialling: bool,
    /// By the operator's word it is let alone.
    pub pause: Option<Pause>,
    /// What it did.
    pub conduct: Option<ConductView>,
    /// Forks of its logs that are known.
    pub forks: usize,
}

/// A session under way.
#[derive(Clone, Debug)]
pub struct Session {
    /// The session.
    pub view: PeerView,
    /// What is left to move.
    pub left: Left,
    /// Bytes received and sent.
    pub bytes: (u64, u64),
    /// Bytes a second, received and sent.
    pub rate: (u64, u64),
}

impl Core {
    /// Bytes of a session, received and sent.
    fn session_bytes(&self, session: u64) -> (u64, u64) {
        let stats = self.network.as_ref().and_then(|network| network.stats(SessionId(session)));
        stats.map_or((0, 0), |stats| (stats.bytes_in, stats.bytes_out))
    }

    /// Looks at how fast the sessions are.
    pub(super) fn look_at_rates(&mut self, now_ms: i64) {
        let sessions: BTreeSet<u64> = self.replica.session_ids().collect();
        self.rates.0.retain(|session, _| sessions.contains(session));
        for session in sessions {
            let bytes = self.session_bytes(session);
            self.rates.look(session, bytes, now_ms);
        }
    }

    /// All meetings: those under way, those to come, and peers that did something or are paused.
    pub fn meetings(&self) -> Vec<Meeting> {
        let now = now_ms();
        let mut known: BTreeMap<PublicKey, Meeting> = BTreeMap::new();
        let mut unknown = Vec::new();
        for called in self.dialing.called() {
            match called.node {
                Some(node) => add_call(known.entry(node).or_default(), called),
                None => {
                    let mut meeting = Meeting::default();
                    add_call(&mut meeting, called);
                    unknown.push(meeting);
                }
            }
        }
        for view in self.replica.peers() {
            let meeting = known.entry(view.peer).or_default();
            let ended = |session: &Session| matches!(session.view.state, SessionState::Ended(_));
            if meeting.session.as_ref().is_none_or(ended) {
                let bytes = self.session_bytes(view.session);
                let rate = self.rates.of(view.session, bytes, now);
                meeting.session = Some(Session { left: self.replica.left(view.session), bytes, rate, view });
            }
        }
        for conduct in self.replica.conduct(now) {
            let peer = conduct.peer;
            known.entry(peer).or_default().conduct = Some(conduct);
        }
        for (node, why) in &self.last_failure {
            let meeting = known.entry(*node).or_default();
            meeting.last_failure.get_or_insert_with(|| (None, why.clone()));
        }
        let paused: Vec<PublicKey> = self.pausing.pauses.named(now).map(|(node, _)| *node).collect();
        let forked = self.replica.forks().values().map(|fork| fork.log().node);
        for node in paused.into_iter().chain(self.last_success.keys().copied()).chain(forked) {
            known.entry(node).or_default();
        }
        known.remove(&self.identity.node.public());
        let finish = |(node, meeting): (PublicKey, Meeting)| self.finish_meeting(node, meeting, now);
        known.into_iter().map(finish).chain(unknown).collect()
    }

    fn finish_meeting(&self, node: PublicKey, mut meeting: Meeting, now: i64) -> Meeting {
        let synced = meeting.session.as_ref().is_some_and(|session| session.view.synced);
        meeting.node = Some(node);
        meeting.last_success_ms = if synced { Some(now) } else { self.last_success.get(&node).copied() };
        meeting.pause = self.pausing.pauses.of(&node, now).copied();
        meeting.forks = self.replica.forks_of(&node).count();
        let open = meeting.session.as_ref().is_some_and(|session| session.view.state == SessionState::Ready);
        if meeting.pause.is_some() || open {
            meeting.next_ms = None;
        }
        if open {
            meeting.last_failure = None;
        }
        meeting
    }
}

fn add_call(meeting: &mut Meeting, called: Called) {
    meeting.addresses.push(called.address);
    meeting.dialling |= called.dialling;
    if let Some(why) = called.failure {
        meeting.last_failure = Some((called.failed_ms, why));
    }
    meeting.next_ms = Some(meeting.next_ms.map_or(called.next_ms, |next| next.min(called.next_ms)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_that_of_the_last_seconds() {
        let mut rates = Rates::default();
        rates.look(1, (0, 0), 0);
        assert_eq!(rates.of(1, (4_000, 0), 2_000), (2_000, 0), "the first seconds");
        assert_eq!(rates.of(1, (4_000, 0), 10), (0, 0), "nothing is said of a moment");
        rates.look(1, (1_000, 0), 1_000);
        rates.look(1, (50_000, 10_000), 5_000);
        assert_eq!(rates.of(1, (50_000, 10_000), 5_000), (10_000, 2_000));
        rates.look(1, (0, 0), -5);
        assert_eq!(rates.of(1, (0, 0), -5), (0, 0), "a clock set back");
        assert_eq!(rates.of(2, (1, 1), 9), (0, 0));
    }
}
