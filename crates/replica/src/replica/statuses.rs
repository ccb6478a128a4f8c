//! How nodes are, as they say themselves: notes that are passed on until everyone has the newest of each.
//!
//! ```text
//! Ask (my marks) ─▶            a while after the session began, once
//!                ◀─ Answer (theirs)
//! Notes ─▶                     those that the other lacks, and again ever more rarely until it says that it has them
//!                ◀─ Got
//! ```
//!
//! They are no entries, and none of them is needed for any: a short meeting says nothing of them, a closed line carries
//! the node's own alone, guests hear none. What another node says is believed to be its word, not to be true.

use std::collections::{BTreeMap, BTreeSet};

use protocol::{
    Frame, NodeState, PublicKey, StatusMark, StatusNote, StatusTalk,
    limits::{MAX_STATUS_NOTES, MAX_STATUSES},
    mark_of,
};

use super::bounds::{STATUS_GAP_MS, STATUS_PAUSE_MS, STATUS_QUIET_MS, STATUS_RARELY_MS, elapsed};
use super::{Effect, Replica, SessionId};
use crate::conduct::Offence;
use crate::session::Session;

/// A node's mark.
type Mark = [u8; 8];

/// The newest note of each node.
#[derive(Default)]
pub(super) struct Statuses {
    held: BTreeMap<Mark, HeardStatus>,
    /// The highest number of an own note that a peer has shown: by its signature nobody else can raise it.
    own_seen: u64,
    revision: u64,
}

/// A note, and when it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeardStatus {
    /// The note; its signature holds.
    pub note: StatusNote,
    /// When it came here, milliseconds since 1970 by this node's clock.
    pub heard_ms: i64,
}

/// How far two sides of a session are with notes.
#[derive(Clone, Debug)]
pub(crate) struct StatusTurn {
    /// The peer has told all that it holds.
    heard: bool,
    /// Nodes of which the peer is not known to hold what is held here.
    lacks: BTreeSet<Mark>,
    /// When something was sent last, and how long until the next time.
    said_ms: Option<i64>,
    wait_ms: i64,
    /// The last one sent: the next ones are those behind it.
    cursor: Option<Mark>,
}

impl Default for StatusTurn {
    fn default() -> Self {
        let wait_ms = STATUS_PAUSE_MS;
        Self { heard: false, lacks: BTreeSet::new(), said_ms: None, wait_ms, cursor: None }
    }
}

impl StatusTurn {
    /// Number of nodes of which the peer is not known to hold what is held here.
    pub fn lacking(&self) -> usize {
        self.lacks.len()
    }

    /// Something is sent, and waited for ever longer.
    fn said(&mut self, now_ms: i64) {
        self.said_ms = Some(now_ms);
        self.wait_ms = (self.wait_ms * 2).min(STATUS_RARELY_MS);
    }

    /// Something new is to be told, or an answer has come.
    fn anew(&mut self) {
        self.wait_ms = STATUS_PAUSE_MS;
    }

    /// Some nodes that the peer lacks notes of, in turn.
    fn next(&mut self, most: usize) -> Vec<Mark> {
        let behind = |mark: &&Mark| self.cursor.is_none_or(|cursor| **mark > cursor);
        let before = |mark: &&Mark| !behind(mark);
        let in_turn = self.lacks.iter().filter(behind).chain(self.lacks.iter().filter(before));
        let mut next: Vec<Mark> = in_turn.take(most).copied().collect();
        self.cursor = next.last().copied();
        next.sort_unstable();
        next
    }
}

impl Replica {
    /// The newest note of each node that is known to be of the network, this one's too.
    pub fn statuses(&self) -> impl Iterator<Item = &HeardStatus> {
        self.statuses.held.values()
    }

    /// Counts the changes of [`Replica::statuses`].
    pub fn statuses_revision(&self) -> u64 {
        self.statuses.revision
    }

    /// The number of this node's next note.
    pub fn next_status(&self, now_ms: i64) -> u64 {
        let own = self.statuses.held.get(&self.own_mark()).map_or(0, |own| own.note.number);
        let clock = u64::try_from(now_ms).unwrap_or_default();
        clock.max(own.max(self.statuses.own_seen).saturating_add(1))
    }

    /// Whether a peer knows of a later note of this node than the node itself: it was set back, and must say anew how it is.
    pub fn status_is_late(&self) -> bool {
        let own = self.statuses.held.get(&self.own_mark()).map_or(0, |own| own.note.number);
        self.statuses.own_seen > own
    }

    /// Entries that peers have shown and that are not held, of logs that this node wants.
    pub fn missing(&self) -> u64 {
        let mut most: BTreeMap<protocol::LogId, u64> = BTreeMap::new();
        for s in self.sessions.values() {
            for log in s.behind.all() {
                let known = s.logs.get(log, self.held(log)).map_or(0, |peer| peer.known.seq);
                let seq = most.entry(*log).or_default();
                *seq = known.max(*seq);
            }
        }
        most.iter().map(|(log, seq)| seq.saturating_sub(self.head(log).seq)).sum()
    }

    /// Entries of this node's own logs that no node connected now has confirmed to hold durably; `None` while none is connected.
    /// Sealed ones are left out: few may have them.
    pub fn unshared(&self) -> Option<u64> {
        let me = self.me.certificate.body.node;
        self.sessions.values().find(|s| s.speaks_of_statuses())?;
        let unshared = |(log, _)| {
            let held = self.held(log);
            let of = |s: &Session| s.logs.get(log, held).map_or(0, |peer| peer.durable);
            let durable = self.sessions.values().map(of).max().unwrap_or_default();
            self.head(log).seq.saturating_sub(durable)
        };
        Some(self.logs_of(&me).filter(|(log, _)| log.shelf.circle().is_none()).map(unshared).sum())
    }

    fn own_mark(&self) -> Mark {
        mark_of(&self.me.certificate.body.node)
    }

    /// What was kept over a restart.
    pub(super) fn recall_statuses(&mut self, kept: Vec<HeardStatus>) {
        let own = self.own_mark();
        for heard in kept {
            let (mark, node) = (mark_of(&heard.note.node), heard.note.node);
            let known = mark == own || (self.is_active(&node) && self.has_room_for(&mark));
            if known && heard.note.verify(&self.network).is_ok() {
                self.statuses.held.insert(mark, heard);
            }
        }
        self.statuses.revision += 1;
    }

    /// This node says how it is.
    pub(super) fn on_own_status(&mut self, note: StatusNote, now_ms: i64) {
        let mark = self.own_mark();
        if note.node == self.me.certificate.body.node && note.number >= self.next_status(0) {
            self.hold_status(mark, note, now_ms);
        }
    }

    /// Holds a note; whoever is connected lacks it.
    fn hold_status(&mut self, mark: Mark, note: StatusNote, heard_ms: i64) {
        self.statuses.held.insert(mark, HeardStatus { note, heard_ms });
        self.statuses.revision += 1;
        for s in self.sessions.values_mut().filter(|s| s.speaks_of_statuses()) {
            s.statuses.lacks.insert(mark);
            s.statuses.anew();
        }
    }

    /// Nodes that are no more of the network are not spoken of.
    pub(super) fn judge_statuses(&mut self) {
        let own = self.own_mark();
        let nodes: Vec<PublicKey> = self.statuses.held.values().map(|heard| heard.note.node).collect();
        for node in nodes {
            let mark = mark_of(&node);
            if mark != own && !self.is_active(&node) {
                self.statuses.held.remove(&mark);
                self.statuses.revision += 1;
                self.sessions.values_mut().for_each(|s| _ = s.statuses.lacks.remove(&mark));
            }
        }
    }

    /// Whether the roster admits a node, by a certificate that opened one of its logs.
    fn is_active(&self, node: &PublicKey) -> bool {
        let mut certificates = self.logs_of(node).filter_map(|(_, certificate)| certificate);
        certificates.any(|certificate| matches!(self.book.roster().node(certificate), NodeState::Active(_)))
    }

    /// One place is kept for this node's own.
    fn has_room_for(&self, mark: &Mark) -> bool {
        self.statuses.held.len() + 1 < MAX_STATUSES || self.statuses.held.contains_key(mark)
    }

    /// A session begins: its peer may lack what this node says of itself.
    pub(super) fn begin_statuses(&mut self, session: SessionId) {
        let own = Some(self.own_mark()).filter(|own| self.statuses.held.contains_key(own));
        if let Some(s) = self.sessions.get_mut(&session).filter(|s| s.speaks_of_statuses()) {
            s.statuses.lacks.extend(own);
        }
    }

    /// Tells a peer what it lacks, in its turn.
    pub(super) fn tell_statuses(&mut self, session: SessionId, now_ms: i64, out: &mut Vec<Effect>) {
        if self.me.abroad.is_some() || self.statuses.held.is_empty() {
            return;
        }
        let (own, open) = (self.own_mark(), self.line_open);
        let Some(s) = self.sessions.get_mut(&session).filter(|s| s.speaks_of_statuses()) else { return };
        // Who called asks; who was called does when that has not come.
        let quiet_ms = STATUS_QUIET_MS + if s.outbound { 0 } else { STATUS_PAUSE_MS };
        let (turn, open) = (&mut s.statuses, open && s.line_open);
        if elapsed(Some(s.since_ms), now_ms) < quiet_ms || elapsed(turn.said_ms, now_ms) < turn.wait_ms {
            return;
        }
        let talk = if open && !turn.heard {
            turn.said(now_ms);
            StatusTalk::Ask(self.marks())
        } else {
            let marks = if open { turn.next(MAX_STATUS_NOTES) } else { Vec::from([own]) };
            let held = |mark: &Mark| self.statuses.held.get(mark).filter(|_| turn.lacks.contains(mark));
            let notes: Vec<StatusNote> =
                marks.iter().filter_map(held).map(|heard| heard.note.clone()).collect();
            if notes.is_empty() {
                return;
            }
            turn.said(now_ms);
            StatusTalk::Notes(notes)
        };
        out.push(Effect::Send { session, frame: Frame::Status(talk) });
    }

    fn marks(&self) -> Vec<StatusMark> {
        self.statuses.held.values().map(|heard| heard.note.mark()).collect()
    }

    /// A peer speaks of notes.
    pub(super) fn on_status(
        &mut self,
        session: SessionId,
        talk: StatusTalk,
        now_ms: i64,
        out: &mut Vec<Effect>,
    ) {
        let spoken = self.sessions.get(&session).is_some_and(Session::speaks_of_statuses);
        // An Ask costs a look at all notes, others a signature for each that is new: about what a comparison does.
        if !spoken || self.me.abroad.is_some() || !self.may_compare(session, now_ms, out) {
            return;
        }
        match talk {
            StatusTalk::Ask(marks) => {
                self.take_marks(session, &marks);
                let answer = StatusTalk::Answer(self.marks());
                out.push(Effect::Send { session, frame: Frame::Status(answer) });
            }
            StatusTalk::Answer(marks) => self.take_marks(session, &marks),
            StatusTalk::Got(marks) => self.on_got(session, &marks),
            StatusTalk::Notes(notes) => self.on_notes(session, notes, now_ms, out),
        }
    }

    /// All that a peer holds.
    fn take_marks(&mut self, session: SessionId, marks: &[StatusMark]) {
        let theirs: BTreeMap<Mark, u64> = marks.iter().map(|mark| (mark.node, mark.number)).collect();
        let newer = |(mark, heard): &(&Mark, &HeardStatus)| {
            theirs.get(*mark).is_none_or(|number| *number < heard.note.number)
        };
        let lacks = self.statuses.held.iter().filter(newer).map(|(mark, _)| *mark).collect();
        if let Some(s) = self.sessions.get_mut(&session) {
            s.statuses.heard = true;
            s.statuses.lacks = lacks;
            s.statuses.anew();
        }
    }

    /// A peer tells what it holds of what it was sent.
    fn on_got(&mut self, session: SessionId, marks: &[StatusMark]) {
        for mark in marks {
            let Some(held) = self.statuses.held.get(&mark.node).map(|heard| heard.note.number) else {
                continue;
            };
            let Some(s) = self.sessions.get_mut(&session) else { return };
            if held <= mark.number && s.statuses.lacks.remove(&mark.node) {
                s.statuses.anew();
            }
        }
    }

    fn on_notes(&mut self, session: SessionId, notes: Vec<StatusNote>, now_ms: i64, out: &mut Vec<Effect>) {
        let mut got = Vec::with_capacity(notes.len());
        for note in notes {
            let (mark, number) = (mark_of(&note.node), note.number);
            if self.is_status_news(&mark, &note, now_ms) {
                if let Err(fault) = note.verify(&self.network) {
                    let offence = (Offence::BadFrame, format!("frame dropped: {fault}"));
                    return self.strike(session, None, offence, now_ms, out);
                }
                if mark == self.own_mark() {
                    self.statuses.own_seen = self.statuses.own_seen.max(number);
                } else {
                    self.hold_status(mark, note, now_ms);
                }
            }
            let Some(held) = self.statuses.held.get(&mark).map(|heard| heard.note.number) else { continue };
            got.push(StatusMark { node: mark, number: held });
            let Some(s) = self.sessions.get_mut(&session) else { return };
            if held <= number {
                s.statuses.lacks.remove(&mark);
            } else {
                s.statuses.lacks.insert(mark);
            }
        }
        if !got.is_empty() {
            out.push(Effect::Send { session, frame: Frame::Status(StatusTalk::Got(got)) });
        }
    }

    /// Whether a note is to be looked at: of a node that the roster admits, newer than the one held, and that one not only
    /// just come, since each is passed on to everyone.
    fn is_status_news(&self, mark: &Mark, note: &StatusNote, now_ms: i64) -> bool {
        match self.statuses.held.get(mark) {
            Some(held) if held.note.node != note.node || held.note.number >= note.number => false,
            Some(_) if *mark == self.own_mark() => true,
            Some(held) => elapsed(Some(held.heard_ms), now_ms) >= STATUS_GAP_MS && self.is_active(&note.node),
            None => *mark == self.own_mark() || (self.has_room_for(mark) && self.is_active(&note.node)),
        }
    }
}
