//! Frontiers compared, entries asked for, runs taken in.

use std::collections::{BTreeMap, BTreeSet};

use protocol::{
    Bucket, CheckedRun, Fault, Frame, Hash, Head, LogHead, LogId, NodeState, ShelfKind, Want, bucket_of,
    frontier_digest, limits,
};

use super::{Effect, MAX_LOGS_PER_NODE, Replica, SMALL_FRONTIER, SessionId, SessionState};

impl Replica {
    pub(super) fn on_frame(&mut self, session: SessionId, bytes: &[u8], now_ms: i64, out: &mut Vec<Effect>) {
        let Some(peer) = self.sessions.get_mut(&session) else { return };
        peer.last_frame_ms = now_ms;
        if matches!(peer.state, SessionState::Ended(_)) {
            return;
        }
        let frame = match Frame::from_bytes(bytes) {
            Ok(frame) => frame,
            Err(fault) => return self.strike(session, format!("frame dropped: {fault}"), now_ms, out),
        };
        let ready = peer.is_ready();
        match frame {
            Frame::Hello(hello) => self.on_hello(session, *hello, now_ms, out),
            Frame::Refused(why) => self.end(session, format!("the peer refused: {why}"), out),
            _ if !ready && peer.state == SessionState::Greeting => {
                self.strike(session, "frame dropped: it came before the hello".to_owned(), now_ms, out);
            }
            // Our admission of the peer and its first frames may cross.
            _ if !ready => {}
            Frame::Digest(digest) => self.on_digest(session, &digest, now_ms, out),
            Frame::Buckets(buckets) => self.on_buckets(session, &buckets, out),
            Frame::Heads(heads) => self.on_heads(session, &heads, now_ms, out),
            Frame::Want(wants) => self.on_want(session, &wants, out),
            Frame::Run(bytes) => self.on_run(session, &bytes, now_ms, out),
            Frame::Durable(heads) => {
                if let Some(peer) = self.sessions.get_mut(&session) {
                    peer.durable.extend(heads.iter().map(|h| (h.log, h.head)));
                }
                self.on_heads(session, &heads, now_ms, out);
            }
        }
    }

    fn on_digest(&mut self, session: SessionId, theirs: &Hash, now_ms: i64, out: &mut Vec<Effect>) {
        let Some(s) = self.sessions.get(&session) else { return };
        let shared: BTreeMap<LogId, Head> = self.shared_heads(s).map(|(log, head)| (*log, *head)).collect();
        let mine = frontier_digest(&shared);
        let Some(s) = self.sessions.get_mut(&session) else { return };
        s.compared = true;
        if mine == *theirs {
            s.known.extend(shared.iter().map(|(log, head)| (*log, *head)));
            s.durable.extend(shared);
        } else if shared.len() <= SMALL_FRONTIER {
            send_heads(session, shared, out);
        } else {
            out.push(Effect::Send { session, frame: Frame::Buckets(buckets_of(&shared)) });
        }
        self.plan(session, now_ms, out);
    }

    fn on_buckets(&mut self, session: SessionId, theirs: &[Bucket], out: &mut Vec<Effect>) {
        let Some(s) = self.sessions.get(&session) else { return };
        let shared: BTreeMap<LogId, Head> = self.shared_heads(s).map(|(log, head)| (*log, *head)).collect();
        let mine = buckets_of(&shared);
        let same: BTreeSet<u8> = mine.iter().filter(|b| theirs.contains(b)).map(|b| b.index).collect();
        let (equal, differ): (BTreeMap<_, _>, BTreeMap<_, _>) =
            shared.into_iter().partition(|(log, _)| same.contains(&bucket_of(log)));
        if let Some(s) = self.sessions.get_mut(&session) {
            s.known.extend(equal);
        }
        send_heads(session, differ, out);
    }

    fn on_heads(&mut self, session: SessionId, heads: &[LogHead], now_ms: i64, out: &mut Vec<Effect>) {
        let mut ahead = Vec::new();
        let mut diverged = Vec::new();
        let Some(s) = self.sessions.get(&session) else { return };
        for LogHead { log, head } in heads {
            let mine = self.head(log);
            if mine.seq == head.seq && mine.hash != head.hash && mine.seq > 0 {
                diverged.push((*log, *head));
            } else if mine.seq > head.seq && s.shares(&self.me.subscription, &log.shelf) {
                ahead.push(LogHead { log: *log, head: mine });
            }
        }
        let Some(s) = self.sessions.get_mut(&session) else { return };
        for LogHead { log, head } in heads {
            let known = s.known.entry(*log).or_default();
            if head.seq >= known.seq {
                *known = *head;
            }
        }
        for (log, head) in diverged {
            let what = format!("it holds another entry {} of a log of node {}", head.seq, log.node.short());
            s.last_fault = Some(what.clone());
            s.diverged.insert(log, head);
            out.push(Effect::Report { session, what });
        }
        // A peer whose whole frontier we saw but who has not seen ours asks by itself; what we hold beyond a head that
        // it has just told us of, and have not sent, it must hear of.
        let unsent: Vec<LogHead> = ahead
            .into_iter()
            .filter(|h| s.sent.get(&h.log).copied().unwrap_or(0) < h.head.seq && s.asked_heads)
            .collect();
        s.asked_heads = true;
        for chunk in unsent.chunks(limits::MAX_HEADS) {
            out.push(Effect::Send { session, frame: Frame::Heads(chunk.to_vec()) });
        }
        self.plan(session, now_ms, out);
    }

    fn on_want(&mut self, session: SessionId, wants: &[Want], out: &mut Vec<Effect>) {
        for want in wants {
            let head = self.head(&want.log);
            let Some(s) = self.sessions.get_mut(&session) else { return };
            let to = want.to.min(head.seq);
            if want.have < to && s.shares(&self.me.subscription, &want.log.shelf) {
                s.sent.insert(want.log, to);
                out.push(Effect::Serve { session, log: want.log, have: want.have, to });
            }
        }
    }

    fn on_run(&mut self, session: SessionId, bytes: &[u8], now_ms: i64, out: &mut Vec<Effect>) {
        match self.take_run(session, bytes, now_ms, out) {
            Ok(()) => {}
            Err(fault) => {
                self.strike(session, format!("run dropped and asked for again: {fault}"), now_ms, out);
            }
        }
    }

    fn take_run(
        &mut self,
        session: SessionId,
        bytes: &[u8],
        now_ms: i64,
        out: &mut Vec<Effect>,
    ) -> Result<(), Fault> {
        let (log, after, count) = CheckedRun::peek(bytes)?;
        let mine = self.head(&log);
        if after.seq > mine.seq || after.seq + count <= mine.seq || !self.me.subscription.covers(&log.shelf) {
            // Late, early or not asked for: another run of this log is on its way or was asked for.
            return Ok(());
        }
        let mut run = CheckedRun::open(bytes, &self.network)?;
        if !self.continues(&mut run, &mine) {
            let what = format!("it holds another branch of a log of node {}", log.node.short());
            out.push(Effect::Report { session, what });
            if let Some(s) = self.sessions.get_mut(&session) {
                s.diverged.insert(log, run.head());
            }
            self.in_flight.remove(&log);
            return Ok(());
        }
        if mine.seq == 0 && !self.may_open(&run)? {
            self.parked.insert(log);
            self.in_flight.remove(&log);
            self.plan(session, now_ms, out);
            return Ok(());
        }
        let head = run.head();
        self.accept(log, &run.entries, out);
        if let Some(s) = self.sessions.get_mut(&session) {
            s.entries_in += run.entries.len() as u64;
            let known = s.known.entry(log).or_default();
            if known.seq <= head.seq {
                *known = head;
            }
            s.sent.entry(log).and_modify(|sent| *sent = (*sent).max(head.seq)).or_insert(head.seq);
        }
        out.push(Effect::Persist { run });
        match self.in_flight.get_mut(&log) {
            Some(flight) if head.seq < flight.to => flight.progress_ms = now_ms,
            _ => {
                self.in_flight.remove(&log);
                self.plan(session, now_ms, out);
            }
        }
        self.push_to_all(&log, mine.seq, Some(session), out);
        self.after_roster_entries(&log, now_ms, out);
        Ok(())
    }

    /// Cuts off what is held already; false when the run is of another branch.
    fn continues(&self, run: &mut CheckedRun, mine: &Head) -> bool {
        if run.after.seq == mine.seq {
            return run.after.hash == mine.hash;
        }
        let overlap = (mine.seq - run.after.seq) as usize;
        let meets = run.entries.get(overlap - 1).is_some_and(|e| e.hash == mine.hash);
        if meets {
            run.entries.drain(..overlap);
            run.after = *mine;
        }
        meets
    }

    /// A new log must open with a certificate of an admitted institution for this very node and shelf.
    fn may_open(&self, run: &CheckedRun) -> Result<bool, Fault> {
        let forbidden = |why| Fault::Forbidden { what: "log", why };
        let first = run.entries.first().ok_or(forbidden("it is empty"))?;
        let payload = first.entry.payload.as_ref().ok_or(forbidden("its opening has no payload"))?;
        let open = protocol::OpenLog::from_bytes(&payload.bytes)?;
        if first.entry.header.verb != protocol::Verb::OPEN || open.certificate.body.node != run.log.node {
            return Err(forbidden("its first entry is not an opening by its own node"));
        }
        open.certificate.verify(&self.network)?;
        if !open.certificate.allows(&run.log.shelf) {
            return Err(forbidden("its node is not certified for this shelf"));
        }
        let of_node = self.logs.keys().filter(|log| log.node == run.log.node).count();
        let known = !matches!(self.roster.node(&open.certificate), NodeState::Unknown);
        // The roster's own logs come before anyone can be known by them: the issuer of the steps may itself have been
        // admitted by a step further on.
        let roster = run.log.shelf.kind == ShelfKind::ROSTER;
        Ok((known || roster) && of_node < MAX_LOGS_PER_NODE)
    }
}

fn send_heads(session: SessionId, heads: BTreeMap<LogId, Head>, out: &mut Vec<Effect>) {
    let heads: Vec<LogHead> = heads.into_iter().map(|(log, head)| LogHead { log, head }).collect();
    if heads.is_empty() {
        out.push(Effect::Send { session, frame: Frame::Heads(Vec::new()) });
    }
    for chunk in heads.chunks(limits::MAX_HEADS) {
        out.push(Effect::Send { session, frame: Frame::Heads(chunk.to_vec()) });
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
