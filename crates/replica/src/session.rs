//! What a replica remembers of one connected peer.

mod told;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use protocol::{
    CircleId, DocumentId, GuestPass, Head, LogId, NetworkId, NodeCertificate, PublicKey, Shelf, Side,
    Subscription,
};

use crate::circles::Agreement;
use crate::replica::StatusTurn;
use crate::replica::bounds::{COMPARE_FIRST_MS, COMPARISONS, MAX_ANNOUNCED, QUICK_PULLS};

pub(crate) use told::{Held, Told};

/// A connection, numbered by the network.
pub type SessionId = u64;

/// How far a session has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SessionState {
    /// Connected, no valid hello yet.
    Greeting,
    /// An invitation of this peer is being countersigned.
    Admitting,
    /// Admitted: entries flow.
    Ready,
    /// Being hung up, and why.
    Ended(String),
}

/// One log as it stands between this node and a peer. Sequence numbers are 0 where there is nothing yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct PeerLog {
    /// The highest head that the peer has told us of, durable or not.
    pub known: Head,
    /// What it holds durably.
    pub durable: u64,
    /// Our head as the peer has last been told of it.
    pub told: u64,
    /// Entries up to here were given out to be sent: the next push goes on from there.
    pub sent: u64,
    /// Entries up to here have left.
    pub served: u64,
    /// The log is durable here, which the peer is to hear once it has been sent all of it: a head that comes before
    /// its entries would only make it ask for what is on its way.
    pub unconfirmed: bool,
    /// It has had entries from elsewhere that it was sent: new ones of others are not sent to it, but told.
    pub elsewhere: bool,
    /// Not asked of this peer: it holds another branch, or one that may not be opened.
    pub barred: bool,
    /// It was asked for what it told of, and brought nothing in time: whatever else there is need not wait for it.
    pub silent: bool,
    /// Runs of it in a row whose signature did not hold.
    pub unsigned: u32,
    /// Sequence number of the fork that it was shown; 0 when none.
    pub fork_told: u64,
    /// When that was; the peer's clock has no say in it.
    pub fork_told_ms: i64,
    /// Forks taken from it, each earlier than the one known before.
    pub forks_taken: u32,
}

impl PeerLog {
    /// Both durably hold a log up to this head, and the peer has been told so.
    pub fn even(head: Head) -> Self {
        let seq = head.seq;
        Self { known: head, durable: seq, told: seq, sent: seq, served: seq, ..Self::default() }
    }

    /// Whether that is all there is to remember. What was sent before counts as much as what the peer had without. That it has
    /// another way to the log is to be remembered.
    pub fn is_even(&self, head: &Head) -> bool {
        let sent = self.sent <= head.seq && (self.served == self.sent || self.served == head.seq);
        let (seq, fork_told_ms) = (head.seq, self.fork_told_ms);
        sent && *self
            == Self {
                known: *head,
                durable: seq,
                told: seq,
                sent: self.sent,
                served: self.served,
                fork_told_ms,
                ..Self::default()
            }
    }

    /// True while entries are on their way to the peer.
    pub fn is_serving(&self) -> bool {
        self.sent > self.served && self.sent > self.known.seq
    }

    /// Up to where the peer has, or will have, everything.
    pub fn reached(&self) -> u64 {
        self.sent.max(self.known.seq)
    }
}

/// Divides a region code (GB/T 2260, six digits) down to its city: the first four.
const CITY: u32 = 100;

/// What comes first, where a line or a reader has to take one thing after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Rank {
    /// The roster: it says what else may be taken in.
    Roster,
    /// What the reader wrote and lost, what concerns the whole network, its own city.
    Near,
    /// All the rest.
    Far,
}

impl Rank {
    /// Of a log, for the node of a certificate, or for anyone.
    pub fn of(log: &LogId, reader: Option<&NodeCertificate>) -> Self {
        let own = |certificate: &NodeCertificate| {
            certificate.body.node == log.node || certificate.body.region / CITY == log.shelf.region / CITY
        };
        match log.shelf {
            Shelf::ROSTER => Self::Roster,
            shelf if shelf.region == 0 || reader.is_some_and(own) => Self::Near,
            _ => Self::Far,
        }
    }
}

/// What is exchanged by an agreement with another network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Bounds {
    /// The agreement is not in force on the roster: by that one the other side hears whether it is again.
    RosterOnly,
    /// What this side gives.
    Given(Arc<Side>),
}

impl Bounds {
    fn share(&self, shelf: &Shelf) -> bool {
        match self {
            Self::RosterOnly => *shelf == Shelf::ROSTER,
            Self::Given(side) => side.shares(shelf),
        }
    }
}

/// Logs of which a peer has more than we do, by rank.
#[derive(Clone, Debug, Default)]
pub(crate) struct Behind([BTreeSet<LogId>; 3]);

impl Behind {
    pub fn of(&self, rank: Rank) -> &BTreeSet<LogId> {
        &self.0[rank as usize]
    }

    pub fn of_mut(&mut self, rank: Rank) -> &mut BTreeSet<LogId> {
        &mut self.0[rank as usize]
    }

    pub fn all(&self) -> impl Iterator<Item = &LogId> {
        self.0.iter().flatten()
    }

    pub fn retain(&mut self, keep: impl Fn(&LogId) -> bool) {
        self.0.iter_mut().for_each(|logs| logs.retain(|log| keep(log)));
    }

    pub fn clear(&mut self) {
        self.0.iter_mut().for_each(BTreeSet::clear);
    }
}

/// A range that was asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Flight {
    pub to: u64,
    pub progress_ms: i64,
    /// Asked for a second time because a run between was lost; what is still on its way is not waited for twice.
    pub rewound: bool,
}

/// One peer of a running session.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    pub peer: PublicKey,
    pub outbound: bool,
    pub state: SessionState,
    /// The peer is not on our roster, which knows nothing of us either: until it does, nothing but the roster is
    /// exchanged.
    pub roster_only: bool,
    /// All that is exchanged, by an agreement with another network. `None` with a node of the network itself.
    pub bounds: Option<Bounds>,
    /// The network that the peer comes from, where it is a guest.
    pub guest_of: Option<NetworkId>,
    /// What it showed as a guest.
    pub pass: Option<GuestPass>,
    /// It was sent a greeting.
    pub greeted: bool,
    /// Its greeting named a certificate that is not held here: it was asked for all of it.
    pub asked_in_full: bool,
    /// It was greeted in full because it asked.
    pub shown_in_full: bool,
    pub certificate: Option<NodeCertificate>,
    /// The invitation that is being countersigned for it.
    pub redeeming: Option<PublicKey>,
    pub subscription: Subscription,
    /// Entries pass on its line, as it says, not announcements alone.
    pub line_open: bool,
    pub agent: String,
    /// Circles spoken of with this peer.
    pub circles: BTreeMap<CircleId, Agreement>,
    /// Of those agreed on, the ones that the peer, a mailbox, was told more nodes of and has not answered.
    pub renewed: BTreeSet<CircleId>,
    /// When offers of circles were last looked at that have not been answered, and how long they wait.
    pub offered_ms: Option<i64>,
    pub offer_wait_ms: i64,
    pub logs: Told,
    /// Of the records in `logs`, those of logs not held here.
    pub announced: usize,
    /// It announced more than `MAX_ANNOUNCED`: to be compared again once those are fetched.
    pub overflow: bool,
    /// Logs of which it has more than we do, in the order in which they are fetched.
    pub behind: Behind,
    /// Shared logs in which what it has told us differs from what we hold.
    pub differing: BTreeSet<LogId>,
    /// Number of logs that it has confirmed to hold durably.
    pub durable_logs: usize,
    /// Ranges asked of it.
    pub flights: BTreeMap<LogId, Flight>,
    /// Where the last request ended: the next one goes on behind it, so that every log has its turn.
    pub cursor: Option<LogId>,
    /// It has told us of its whole frontier at least once.
    pub compared: bool,
    /// Its frontier is to be asked for.
    pub pull_due: bool,
    /// Since when it has been out of step, as ticks saw it.
    pub out_since_ms: Option<i64>,
    pub pulled_ms: Option<i64>,
    pub pull_wait_ms: i64,
    /// Pulls that need not wait; a few again after each progress.
    pub quick_pulls: u32,
    /// Comparisons that it may still start at this moment.
    pub allowance: u32,
    /// When it was last asked for payloads that are missing here, how long until the next time, and behind which document.
    pub gaps_ms: Option<i64>,
    pub gaps_wait_ms: i64,
    pub gaps_after: Option<DocumentId>,
    /// When it was shown the forks of its own logs, until it was shown them once more: one frame may be lost.
    pub own_forks_ms: Option<i64>,
    /// Entries that it asked for again.
    pub repeated: u64,
    pub statuses: StatusTurn,
    pub strikes: u32,
    pub since_ms: i64,
    pub last_frame_ms: i64,
    pub progress_ms: i64,
    pub entries_in: u64,
    pub entries_out: u64,
    pub last_fault: Option<String>,
}

impl Session {
    pub fn new(peer: PublicKey, outbound: bool, now_ms: i64) -> Self {
        Self {
            peer,
            outbound,
            state: SessionState::Greeting,
            roster_only: false,
            bounds: None,
            guest_of: None,
            pass: None,
            greeted: false,
            asked_in_full: false,
            shown_in_full: false,
            certificate: None,
            redeeming: None,
            subscription: Subscription::default(),
            line_open: true,
            agent: String::new(),
            circles: BTreeMap::new(),
            renewed: BTreeSet::new(),
            offered_ms: None,
            offer_wait_ms: COMPARE_FIRST_MS,
            logs: Told::default(),
            announced: 0,
            overflow: false,
            behind: Behind::default(),
            differing: BTreeSet::new(),
            durable_logs: 0,
            flights: BTreeMap::new(),
            cursor: None,
            compared: false,
            pull_due: false,
            out_since_ms: None,
            pulled_ms: None,
            pull_wait_ms: COMPARE_FIRST_MS,
            quick_pulls: QUICK_PULLS,
            allowance: COMPARISONS,
            gaps_ms: None,
            gaps_wait_ms: COMPARE_FIRST_MS,
            gaps_after: None,
            own_forks_ms: None,
            repeated: 0,
            statuses: StatusTurn::default(),
            strikes: 0,
            since_ms: now_ms,
            last_frame_ms: now_ms,
            progress_ms: now_ms,
            entries_in: 0,
            entries_out: 0,
            last_fault: None,
        }
    }

    /// A log that both sides want and may have. Every node's own logs are part of what it wants, so both sides come to
    /// the same answer. Of sealed logs, those of the circles that the two have agreed on.
    pub fn shares(&self, me: &PublicKey, mine: &Subscription, log: &LogId) -> bool {
        if self.roster_only {
            return log.shelf == Shelf::ROSTER;
        }
        if self.bounds.as_ref().is_some_and(|bounds| !bounds.share(&log.shelf)) {
            return false;
        }
        if let Some(circle) = log.shelf.circle() {
            return self.circles.get(&circle) == Some(&Agreement::Agreed);
        }
        (log.node == *me || mine.covers(&log.shelf))
            && (log.node == self.peer || self.subscription.covers(&log.shelf))
    }

    /// The log's record. `None` when the log is not held here and the peer has announced too many of those.
    pub fn log(&mut self, log: LogId, held: Option<Held>) -> Option<&mut PeerLog> {
        if held.is_none() && !self.logs.is_recorded(&log) {
            if self.announced >= MAX_ANNOUNCED {
                self.overflow = true;
                return None;
            }
            self.announced += 1;
        }
        Some(self.logs.entry(log, held))
    }

    /// It has brought entries.
    pub fn progress(&mut self, entries: u64, now_ms: i64) {
        self.entries_in += entries;
        self.progress_ms = now_ms;
        self.pull_wait_ms = COMPARE_FIRST_MS;
        self.quick_pulls = QUICK_PULLS;
    }

    /// Whether sealed shelves are spoken of: not before the peer is let in, and with no guest.
    pub fn speaks_of_circles(&self) -> bool {
        self.is_ready() && !self.roster_only && self.bounds.is_none()
    }

    /// Whether how nodes are is spoken of: among members alone.
    pub fn speaks_of_statuses(&self) -> bool {
        self.speaks_of_circles() && self.guest_of.is_none()
    }

    pub fn is_ready(&self) -> bool {
        self.state == SessionState::Ready
    }

    /// Circles offered to the peer that it has not answered.
    pub fn unanswered(&self) -> impl Iterator<Item = &CircleId> {
        let offered = self.circles.iter().filter(|(_, how)| **how == Agreement::Offered);
        offered.map(|(id, _)| id).chain(&self.renewed)
    }

    /// Whether one of the two does not take a circle that was spoken of.
    pub fn has_declined(&self, id: &CircleId) -> bool {
        self.circles.get(id) == Some(&Agreement::Declined)
    }

    /// True when both hold the same entries of what they share, as far as the peer has told.
    pub fn in_step(&self) -> bool {
        self.is_ready()
            && !self.roster_only
            && self.compared
            && !self.pull_due
            && !self.overflow
            && self.differing.is_empty()
            && self.unanswered().next().is_none()
    }
}

/// What an operator sees of a peer.
#[derive(Clone, Debug)]
pub struct PeerView {
    /// The connection.
    pub session: SessionId,
    /// The node's key.
    pub peer: PublicKey,
    /// Who dialled.
    pub outbound: bool,
    /// Since when it is connected, milliseconds since 1970.
    pub since_ms: i64,
    /// How far it has come.
    pub state: SessionState,
    /// Its certificate, once shown.
    pub certificate: Option<NodeCertificate>,
    /// The network that it comes from, where it is a guest of this one.
    pub guest_of: Option<NetworkId>,
    /// Program name and version as it says.
    pub agent: String,
    /// True when both hold the same entries of what they share.
    pub synced: bool,
    /// Logs in which the peer is behind us or we behind it.
    pub logs_behind: usize,
    /// Entries received from and sent to it in this session.
    pub entries: (u64, u64),
    /// Bad frames so far.
    pub strikes: u32,
    /// The last thing that went wrong.
    pub last_fault: Option<String>,
    /// Milliseconds since 1970 of the connection and of the last frame.
    pub times_ms: (i64, i64),
    /// Number of logs that it has confirmed to hold durably.
    pub durable_logs: usize,
    /// Its institution has used up what this node holds of one; its logs are pulled no further.
    pub over_allowance: bool,
    /// Entries pass on both lines, not announcements alone.
    pub line_open: bool,
}

impl PeerView {
    /// Of one session, as far as that alone tells.
    pub(crate) fn of(session: SessionId, s: &Session) -> Self {
        Self {
            session,
            peer: s.peer,
            outbound: s.outbound,
            since_ms: s.since_ms,
            state: s.state.clone(),
            certificate: s.certificate.clone(),
            guest_of: s.guest_of,
            synced: s.in_step(),
            logs_behind: if s.is_ready() { s.differing.len() } else { 0 },
            agent: s.agent.clone(),
            entries: (s.entries_in, s.entries_out),
            strikes: s.strikes,
            last_fault: s.last_fault.clone(),
            times_ms: (s.since_ms, s.last_frame_ms),
            durable_logs: s.durable_logs,
            over_allowance: false,
            line_open: s.line_open,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(node: u8, incarnation: u64) -> LogId {
        LogId { node: PublicKey([node; 32]), incarnation, shelf: Shelf::DIRECTORY }
    }

    #[test]
    fn entries_are_on_their_way_until_they_have_left_or_the_peer_has_them() {
        let peer = |known, sent, served| PeerLog {
            known: Head { seq: known, ..Head::default() },
            sent,
            served,
            ..PeerLog::default()
        };
        assert!(peer(2, 5, 4).is_serving());
        assert!(!peer(2, 5, 5).is_serving(), "all has left");
        assert!(!peer(5, 5, 4).is_serving(), "it has all of it");
        assert_eq!((peer(2, 5, 4).reached(), peer(6, 5, 4).reached()), (5, 6));
    }

    #[test]
    fn logs_not_held_here_are_counted_once_each() {
        let mut session = Session::new(PublicKey([1; 32]), true, 0);
        let held = Some(Held { number: 0, head: Head::default() });
        for _ in 0..2 {
            assert!(session.log(log(2, 0), held).is_some());
            assert!(session.log(log(3, 0), None).is_some());
        }
        assert_eq!(session.announced, 1);
        for incarnation in 1..MAX_ANNOUNCED as u64 {
            assert!(session.log(log(3, incarnation), None).is_some());
        }
        assert_eq!((session.announced, session.overflow), (MAX_ANNOUNCED, false));
        assert!(session.log(log(4, 0), None).is_none() && session.overflow);
        assert!(session.log(log(3, 7), None).is_some(), "one of those announced");
        assert!(session.log(log(4, 0), held).is_some(), "one that is held");
    }
}
