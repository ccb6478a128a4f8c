//! Payloads that are missing here: a purge removed them, and counts no more.
//!
//! Heads say nothing of payloads, so a node asks for them by itself: each peer in its turn, ever more rarely, for single
//! entries that it holds the headers of. Whoever has the payloads answers with runs as to any other question. Logs that a
//! peer showed without payloads are asked of it again in the same turn: it may have them by now.

use std::collections::BTreeMap;

use protocol::{CheckedEntry, DocumentId, Fault, Frame, Hash, Head, LogHead, LogId, Want, limits};

use super::bounds::{COMPARE_FIRST_MS, GAPS_RARELY_MS, elapsed};
use super::exchange::Packed;
use super::{Effect, Replica, SessionId};

/// What is missing, as far as somebody is being asked for it.
pub(super) struct Gaps {
    /// Something may be missing: the store has not said since the last change of the roster that nothing is.
    due: bool,
    /// Whom of what is asked, and since when.
    asked: Option<(SessionId, i64)>,
    /// The entries asked for: sequence numbers and hashes.
    entries: BTreeMap<LogId, BTreeMap<u64, Hash>>,
}

impl Default for Gaps {
    fn default() -> Self {
        Self { due: true, asked: None, entries: BTreeMap::new() }
    }
}

impl Gaps {
    /// Whether a session was asked for entries of a log.
    pub fn is_asked(&self, session: SessionId, log: &LogId) -> bool {
        self.asked.is_some_and(|(asked, _)| asked == session) && self.entries.contains_key(log)
    }
}

impl Replica {
    /// The roster is another one and may purge less than before: everyone may be asked.
    pub(super) fn gaps_may_be_due(&mut self) {
        self.gaps.due = true;
        for s in self.sessions.values_mut() {
            (s.gaps_ms, s.gaps_wait_ms) = (None, COMPARE_FIRST_MS);
        }
    }

    /// Something is missing from now on.
    pub(super) fn gaps_are_due(&mut self) {
        self.gaps.due = true;
    }

    /// A peer has its turn.
    pub(super) fn look_for_gaps(&mut self, session: SessionId, now_ms: i64, out: &mut Vec<Effect>) {
        let busy = self.gaps.asked.is_some_and(|(_, since)| elapsed(Some(since), now_ms) < COMPARE_FIRST_MS);
        if !self.gaps.due && self.bare.is_empty() {
            return;
        }
        let Some(s) = self.sessions.get_mut(&session).filter(|s| s.is_ready() && !s.roster_only) else {
            return;
        };
        if busy || elapsed(s.gaps_ms, now_ms) < s.gaps_wait_ms {
            return;
        }
        if s.gaps_ms.replace(now_ms).is_some() {
            s.gaps_wait_ms = s.gaps_wait_ms.saturating_mul(2).min(GAPS_RARELY_MS);
        }
        let after = s.gaps_after;
        self.ask_this_one_again(session);
        if self.gaps.due {
            self.gaps.asked = Some((session, now_ms));
            self.gaps.entries.clear();
            out.push(Effect::ReadBare { session, after });
        }
    }

    /// Logs that this peer showed without payloads may be asked of it again.
    fn ask_this_one_again(&mut self, session: SessionId) {
        let barred = |log: &&LogId| self.told_of(session, log).is_some_and(|peer| peer.barred);
        let barred: Vec<LogId> = self.bare.keys().filter(barred).copied().collect();
        for log in barred {
            let held = self.held(&log);
            if let Some(peer) = self.sessions.get_mut(&session).and_then(|s| s.logs.get_mut(&log, held)) {
                peer.barred = false;
            }
            self.refresh(session, &log);
        }
    }

    /// The store has told what is missing: the peer is asked for what it holds of it.
    pub(super) fn on_bare(
        &mut self,
        session: SessionId,
        (after, more_after): (Option<DocumentId>, Option<DocumentId>),
        entries: Vec<LogHead>,
        out: &mut Vec<Effect>,
    ) {
        self.gaps.due = after.is_some() || more_after.is_some() || !entries.is_empty();
        let Some(s) = self.sessions.get(&session).filter(|s| s.is_ready()) else { return };
        let has = |log: &LogId, head: &Head| {
            s.logs.get(log, self.held(log)).is_some_and(|peer| peer.known.seq >= head.seq)
        };
        let mut missing: BTreeMap<LogId, BTreeMap<u64, Hash>> = BTreeMap::new();
        for LogHead { log, head } in entries {
            if self.shares(s, &log) && has(&log, &head) {
                missing.entry(log).or_default().insert(head.seq, head.hash);
            }
        }
        let mut wants = Vec::new();
        for (log, entries) in &mut missing {
            // Of one log as much as a run holds, since a further range would take the place of the first.
            let have = entries.keys().next().map_or(0, |first| first.saturating_sub(1));
            entries.retain(|seq, _| *seq <= have.saturating_add(limits::MAX_RUN_ENTRIES as u64));
            wants.extend(entries.keys().next_back().map(|to| Want { log: *log, have, to: *to }));
        }
        wants.truncate(limits::MAX_WANTS);
        let Some(s) = self.sessions.get_mut(&session) else { return };
        s.gaps_after = more_after;
        self.gaps.entries = missing;
        if !wants.is_empty() {
            out.push(Effect::Send { session, frame: Frame::Want(wants) });
        }
    }

    /// Takes payloads that were asked for out of a run.
    pub(super) fn fill(
        &mut self,
        session: SessionId,
        log: &LogId,
        packed: &mut Packed<'_>,
        out: &mut Vec<Effect>,
    ) -> Result<(), Fault> {
        if !self.gaps.is_asked(session, log) {
            return Ok(());
        }
        let run = self.open(log, packed)?;
        let Some(missing) = self.gaps.entries.get_mut(log) else { return Ok(()) };
        let mut found: Vec<CheckedEntry> = run.entries;
        found.retain(|checked| {
            let seq = checked.entry.header.seq;
            let is_it = checked.entry.payload.is_some() && missing.get(&seq) == Some(&checked.hash);
            is_it && missing.remove(&seq).is_some()
        });
        if missing.is_empty() {
            self.gaps.entries.remove(log);
        }
        if found.is_empty() {
            return Ok(());
        }
        if let Some(s) = self.sessions.get_mut(&session) {
            s.gaps_wait_ms = COMPARE_FIRST_MS;
        }
        out.push(Effect::Fill { log: *log, entries: found });
        Ok(())
    }
}
