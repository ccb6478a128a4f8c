//! Frontiers compared: digest, buckets, heads.
//!
//! Each side finds out for itself what the other one holds. A digest that differs makes it *pull*: it sends the bucket
//! digests of its frontier, and is answered with the heads in which the other one differs, or with a digest when there
//! are none. Digests and buckets speak of what is durable, so a side that finds them equal to its heads knows that the
//! other one holds all of it safely. A pull is repeated, ever more rarely, while the two are out of step.

use std::collections::{BTreeMap, BTreeSet};

use protocol::{Bucket, Frame, Hash, Head, LogHead, LogId, bucket_of, frontier_digest};

use crate::conduct::Offence;

use super::bounds::{COMPARE_RARELY_MS, RENEW_MS, elapsed};
use super::circles::decline_again;
use super::{Effect, Replica, SessionId, heads_frames};

impl Replica {
    fn shared_logs(&self, session: SessionId) -> Vec<LogId> {
        let Some(s) = self.sessions.get(&session) else { return Vec::new() };
        self.logs.keys().filter(|log| self.shares(s, log) && self.head(log).seq > 0).copied().collect()
    }

    fn shared_heads(&self, session: SessionId) -> BTreeMap<LogId, Head> {
        self.shared_logs(session).into_iter().map(|log| (log, self.head(&log))).collect()
    }

    fn shared_durable(&self, session: SessionId) -> BTreeMap<LogId, Head> {
        let heads = self.shared_logs(session).into_iter().map(|log| (log, self.durable_head(&log)));
        heads.filter(|(_, head)| head.seq > 0).collect()
    }

    /// Begins with a peer that may have what the two share: everything differs until it says otherwise.
    pub(super) fn begin_comparing(&mut self, session: SessionId, now_ms: i64, out: &mut Vec<Effect>) {
        let logs: Vec<LogId> = self.logs.keys().copied().collect();
        for log in logs {
            self.refresh(session, &log);
        }
        self.send_digest(session, out);
        if self.sessions.get(&session).is_some_and(|s| s.pull_due) {
            self.pull(session, now_ms, out);
        }
    }

    fn send_digest(&self, session: SessionId, out: &mut Vec<Effect>) {
        let digest = frontier_digest(&self.shared_durable(session));
        out.push(Effect::Send { session, frame: Frame::Digest(digest) });
    }

    fn pull(&mut self, session: SessionId, now_ms: i64, out: &mut Vec<Effect>) {
        let buckets = buckets_of(&self.shared_durable(session));
        let Some(s) = self.sessions.get_mut(&session) else { return };
        s.pull_wait_ms = if s.pulled_ms.is_some() { s.pull_wait_ms * 2 } else { s.pull_wait_ms };
        s.pull_wait_ms = s.pull_wait_ms.min(COMPARE_RARELY_MS);
        s.pulled_ms = Some(now_ms);
        s.pull_due = false;
        s.overflow = false;
        out.push(Effect::Send { session, frame: Frame::Buckets(buckets) });
    }

    /// Pulls unless that was done a moment ago.
    fn pull_soon(&mut self, session: SessionId, now_ms: i64, out: &mut Vec<Effect>) {
        let Some(s) = self.sessions.get(&session) else { return };
        if elapsed(s.pulled_ms, now_ms) >= s.pull_wait_ms {
            self.pull(session, now_ms, out);
        }
    }

    /// Pulls at once, a few times; else with the next tick that may.
    pub(super) fn pull_now(&mut self, session: SessionId, now_ms: i64, out: &mut Vec<Effect>) {
        let Some(s) = self.sessions.get_mut(&session) else { return };
        s.pull_due = true;
        if s.quick_pulls > 0 {
            s.quick_pulls -= 1;
            self.pull(session, now_ms, out);
        }
    }

    /// Compares with a peer that has been out of step for a while although nothing is on its way from it. For a moment
    /// every entry puts peers out of step, until it is confirmed.
    pub(super) fn compare_again(&mut self, session: SessionId, now_ms: i64, out: &mut Vec<Effect>) {
        let Some(s) = self.sessions.get_mut(&session).filter(|s| s.is_ready()) else { return };
        if s.in_step() {
            s.out_since_ms = None;
            return;
        }
        let since = now_ms.min(*s.out_since_ms.get_or_insert(now_ms));
        s.out_since_ms = Some(since);
        if s.flights.is_empty() && now_ms.saturating_sub(since.max(s.progress_ms)) >= RENEW_MS {
            let why = "the two have been out of step for hours with nothing on its way; it begins anew";
            return self.end(session, why.to_owned(), out);
        }
        let quiet = |since: i64| elapsed(Some(since), now_ms) >= s.pull_wait_ms;
        if s.flights.is_empty() && quiet(s.progress_ms) && quiet(since) {
            self.pull_soon(session, now_ms, out);
        }
    }

    /// Takes one comparison off a peer's allowance. False when it has none left.
    pub(super) fn may_compare(&mut self, session: SessionId, now_ms: i64, out: &mut Vec<Effect>) -> bool {
        let Some(s) = self.sessions.get_mut(&session) else { return false };
        let left = s.allowance > 0;
        s.allowance = s.allowance.saturating_sub(1);
        if !left {
            let offence = (Offence::TooOften, "frame dropped: it compares frontiers too often".to_owned());
            self.strike(session, None, offence, now_ms, out);
        }
        left
    }

    pub(super) fn on_digest(
        &mut self,
        session: SessionId,
        theirs: &Hash,
        now_ms: i64,
        out: &mut Vec<Effect>,
    ) {
        if !self.may_compare(session, now_ms, out) {
            return;
        }
        let shared = self.shared_heads(session);
        if frontier_digest(&shared) == *theirs {
            self.note_in_step(session, &shared);
        } else {
            self.pull_now(session, now_ms, out);
        }
    }

    pub(super) fn on_buckets(
        &mut self,
        session: SessionId,
        theirs: &[Bucket],
        now_ms: i64,
        out: &mut Vec<Effect>,
    ) {
        if !self.may_compare(session, now_ms, out) {
            return;
        }
        let shared = self.shared_heads(session);
        let mine = buckets_of(&shared);
        if mine == theirs {
            self.note_in_step(session, &shared);
            return self.send_equal(session, shared, out);
        }
        let theirs: BTreeMap<u8, [u8; 8]> = theirs.iter().map(|b| (b.index, b.digest)).collect();
        let mine: BTreeMap<u8, [u8; 8]> = mine.iter().map(|b| (b.index, b.digest)).collect();
        let same = |log: &LogId| {
            let bucket = bucket_of(log);
            mine.get(&bucket) == theirs.get(&bucket)
        };
        let (equal, differ): (BTreeMap<_, _>, BTreeMap<_, _>) =
            shared.into_iter().partition(|(log, _)| same(log));
        self.note_equal(session, &equal);
        self.send_heads(session, differ, out);
        // The peer is out of step; so are we, unless we have just asked.
        self.pull_soon(session, now_ms, out);
    }

    /// Answers that nothing differs: by the digest when all of it is durable, which the digest promises.
    fn send_equal(&mut self, session: SessionId, shared: BTreeMap<LogId, Head>, out: &mut Vec<Effect>) {
        let fresh = |log: &LogId| self.fresh.contains(log);
        let fresh: BTreeMap<_, _> = shared.into_iter().filter(|(log, _)| fresh(log)).collect();
        if fresh.is_empty() {
            self.send_digest(session, out);
        } else {
            self.send_heads(session, fresh, out);
        }
    }

    pub(super) fn send_heads(
        &mut self,
        session: SessionId,
        heads: BTreeMap<LogId, Head>,
        out: &mut Vec<Effect>,
    ) {
        let heads: Vec<LogHead> = heads.into_iter().map(|(log, head)| LogHead { log, head }).collect();
        self.note_told(session, &heads);
        // No heads is an answer too: all that differs is what the peer has and we have not.
        if heads.is_empty() {
            out.push(Effect::Send { session, frame: Frame::Heads(Vec::new()) });
        }
        for frame in heads_frames(&heads, Frame::Heads) {
            out.push(Effect::Send { session, frame });
        }
    }

    fn note_told(&mut self, session: SessionId, heads: &[LogHead]) {
        for LogHead { log, head } in heads {
            let held = self.held(log);
            if let Some(peer) = self.sessions.get_mut(&session).and_then(|s| s.log(*log, held)) {
                peer.told = peer.told.max(head.seq);
            }
        }
    }

    /// The peer's whole frontier is ours: logs that are not held here it has announced in error, or will again.
    fn note_in_step(&mut self, session: SessionId, heads: &BTreeMap<LogId, Head>) {
        self.note_equal(session, heads);
        let Some(s) = self.sessions.get_mut(&session) else { return };
        s.compared = true;
        s.pull_due = false;
        if s.announced > 0 {
            s.announced = 0;
            s.logs.retain(|log| self.logs.contains_key(log));
            s.behind.retain(|log| self.logs.contains_key(log));
            s.differing.retain(|log| self.logs.contains_key(log));
        }
    }

    /// The peer holds these heads durably.
    fn note_equal(&mut self, session: SessionId, heads: &BTreeMap<LogId, Head>) {
        for (log, head) in heads {
            let held = self.held(log);
            let Some(s) = self.sessions.get_mut(&session) else { return };
            s.durable_logs += usize::from(s.logs.get(log, held).is_none_or(|peer| peer.durable == 0));
            let Some(peer) = s.log(*log, held) else { continue };
            peer.known = *head;
            peer.durable = peer.durable.max(head.seq);
            peer.told = peer.told.max(head.seq);
            peer.barred = false;
            self.settle(session, log);
            self.refresh(session, log);
        }
    }

    /// The peer tells of heads; `durable` when it has fsynced them.
    pub(super) fn on_heads(
        &mut self,
        session: SessionId,
        heads: &[LogHead],
        durable: bool,
        now_ms: i64,
        out: &mut Vec<Effect>,
    ) {
        let (mut untold, mut declined) = (Vec::new(), BTreeSet::new());
        for LogHead { log, head } in heads {
            let mine = self.logs.get(log).map(|l| l.head);
            let Some(s) = self.sessions.get(&session) else { return };
            if head.seq == 0 || !self.shares(s, log) {
                declined.extend(log.shelf.circle().filter(|id| s.has_declined(id)));
                continue;
            }
            self.learn(session, LogHead { log: *log, head: *head }, durable, now_ms, out);
            let told = self.told_of(session, log).map_or(0, |peer| peer.told);
            if let Some(mine) = mine.filter(|mine| mine.seq > head.seq && mine.seq > told) {
                untold.push(LogHead { log: *log, head: mine });
            }
        }
        decline_again(session, &declined, out);
        self.note_told(session, &untold);
        for frame in heads_frames(&untold, Frame::Heads) {
            out.push(Effect::Send { session, frame });
        }
        if !durable && let Some(s) = self.sessions.get_mut(&session) {
            // Before we asked, a list of heads is what moved; after that it may be the answer.
            s.compared |= s.pulled_ms.is_some();
        }
        self.plan(session, now_ms, out);
    }

    fn learn(
        &mut self,
        session: SessionId,
        LogHead { log, head }: LogHead,
        durable: bool,
        now_ms: i64,
        out: &mut Vec<Effect>,
    ) {
        let (log, head) = (&log, &head);
        let mine = self.logs.get(log).map(|l| l.head);
        let held = self.held(log);
        if !durable {
            self.note_elsewhere(session, log, head.seq);
        }
        let Some(s) = self.sessions.get_mut(&session) else { return };
        let Some(peer) = s.log(*log, held) else { return };
        // Its latest word counts, except that what is durable may lag behind.
        if !durable || head.seq >= peer.known.seq {
            peer.known = *head;
        }
        let first = durable && peer.durable == 0;
        if durable {
            peer.durable = peer.durable.max(head.seq);
        }
        let other_branch = mine.is_some_and(|mine| mine.seq == head.seq && mine.hash != head.hash);
        if mine == Some(*head) {
            peer.barred = false;
        }
        let caught_up = peer.unconfirmed && !peer.is_serving();
        s.durable_logs += usize::from(first);
        if other_branch {
            self.contest(session, log, head.seq, now_ms, out);
        }
        self.tell_fork(session, log, now_ms, out);
        if caught_up {
            self.confirm(session, &[*log], out);
        }
        self.settle(session, log);
        self.refresh(session, log);
    }

    /// Asks this peer no more for this log, and says so once.
    pub(super) fn bar(&mut self, session: SessionId, log: &LogId, why: &str, out: &mut Vec<Effect>) {
        let held = self.held(log);
        let Some(s) = self.sessions.get_mut(&session) else { return };
        let Some(peer) = s.log(*log, held) else { return };
        if !std::mem::replace(&mut peer.barred, true) {
            let what = format!("a log of node {} is not taken from this peer: {why}", log.node.short());
            s.last_fault = Some(what.clone());
            out.push(Effect::Report { session, what });
        }
        if self.in_flight.get(log) == Some(&session) {
            self.release(log);
        }
        self.refresh(session, log);
    }
}

fn buckets_of(heads: &BTreeMap<LogId, Head>) -> Vec<Bucket> {
    let mut split: BTreeMap<u8, BTreeMap<&LogId, &Head>> = BTreeMap::new();
    for (log, head) in heads {
        split.entry(bucket_of(log)).or_default().insert(log, head);
    }
    let digest = |heads: BTreeMap<&LogId, &Head>| {
        let mut short = [0; 8];
        short.copy_from_slice(&frontier_digest(heads).0[..8]);
        short
    };
    split.into_iter().map(|(index, heads)| Bucket { index, digest: digest(heads) }).collect()
}
