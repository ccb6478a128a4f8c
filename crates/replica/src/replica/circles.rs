//! Sealed logs: which circles are known here, and on which of them a session agrees.
//!
//! Nothing of a sealed log is said to a peer before both sides have agreed on its circle, and a circle is offered to
//! entitled peers alone: see SPEC §13.

use std::collections::BTreeSet;

use protocol::{
    Capabilities, CheckedEntry, CheckedRun, Circle, CircleId, Delivery, DeliveryWord, Entry, Envelope, Frame,
    LogId, NodeCertificate, NodeState, PublicKey, SignedPatch, Verb, limits,
};

use super::bounds::{
    COMPARE_FIRST_MS, COMPARE_RARELY_MS, MAX_CIRCLES_BY, MAX_TRIALS, TRIAL_ENVELOPES, elapsed,
};
use super::{Effect, Replica, SessionId};
use crate::circles::{Agreement, KnownCircle};
use crate::session::Session;
use crate::validity::open_entry;

impl Replica {
    /// What this node knows of circles, for its store.
    pub fn circles(&self) -> &std::collections::BTreeMap<CircleId, KnownCircle> {
        &self.circles
    }

    /// Takes circles from creating entries that this node can open.
    pub(super) fn learn_circles(&mut self, log: &LogId, entries: &[CheckedEntry], out: &mut Vec<Effect>) {
        let Some(id) = log.shelf.circle() else { return };
        if self.circles.get(&id).is_some_and(|known| known.circle.is_some()) {
            return;
        }
        let Some(certificate) = self.logs.get(log).and_then(|state| state.certificate.clone()) else {
            return;
        };
        let named = entries.iter().find_map(|checked| self.circle_named(&checked.entry, &certificate));
        let Some(circle) = named else { return };
        let known = self.circles.entry(id).or_default();
        known.circle = Some(circle);
        out.push(Effect::KeepCircle { id, known: known.clone() });
        for s in self.sessions.values_mut() {
            // What was declined while nothing was known of it may be spoken of again.
            s.circles.retain(|other, how| *other != id || *how != Agreement::Declined);
        }
        self.offer_to_all(out);
    }

    /// The circle that a creating entry names, if this node can open it and it is the shelf's.
    fn circle_named(&self, entry: &Entry, author: &NodeCertificate) -> Option<Circle> {
        if entry.header.verb != Verb::CREATE {
            return None;
        }
        let opened = open_entry(entry, &self.network, &self.me.sealing)?;
        let circle = Circle::named_by(&SignedPatch::from_bytes(&opened).ok()?.patch)?;
        let true_to = entry.header.log.shelf.circle() == Some(circle.id());
        (true_to && circle.parties.contains(&author.body.institution)).then_some(circle)
    }

    /// Takes what the store remembers.
    pub(super) fn recall_circles(&mut self, known: Vec<(CircleId, KnownCircle)>) {
        for by in known.iter().filter_map(|(_, known)| known.by) {
            *self.brought.entry(by).or_default() += 1;
        }
        self.circles.extend(known);
    }

    fn is_entitled(&self, s: &Session, id: &CircleId) -> bool {
        s.certificate.as_ref().is_some_and(|certificate| self.entitles(certificate, id))
    }

    /// Whether the node of a certificate may have what lies in a circle.
    pub(super) fn entitles(&self, certificate: &NodeCertificate, id: &CircleId) -> bool {
        let Some(known) = self.circles.get(id) else { return false };
        let (node, institution) = (&certificate.body.node, &certificate.body.institution);
        let party = known
            .circle
            .as_ref()
            .is_some_and(|circle| circle.parties.contains(institution) || circle.mailboxes.contains(node));
        party || known.nodes.contains(node)
    }

    pub(super) fn offer_to_all(&mut self, out: &mut Vec<Effect>) {
        let sessions: Vec<SessionId> = self.sessions.keys().copied().collect();
        for session in sessions {
            self.offer(session, out);
        }
    }

    /// Offers a peer the circles that it may have and that have not been spoken of.
    pub(super) fn offer(&mut self, session: SessionId, out: &mut Vec<Effect>) {
        let Some(s) = self.sessions.get(&session).filter(|s| s.speaks_of_circles()) else { return };
        let open = |id: &CircleId| !s.circles.contains_key(id) && self.is_entitled(s, id);
        let ids: Vec<CircleId> = self.circles.keys().filter(|id| open(id)).copied().collect();
        let Some(s) = self.sessions.get_mut(&session) else { return };
        s.circles.extend(ids.iter().map(|id| (*id, Agreement::Offered)));
        self.send_offers(session, &ids, out);
    }

    /// A log is new here. When its node is one more of a circle's parties, the circle's mailboxes hear of it at once: they
    /// take and pass on what is of nodes that they were told of alone.
    pub(super) fn tell_mailboxes(&mut self, log: &LogId, out: &mut Vec<Effect>) {
        let Some(certificate) = self.logs.get(log).and_then(|state| state.certificate.as_ref()) else {
            return;
        };
        let (node, party) = (certificate.body.node, certificate.body.institution);
        if self.logs_of(&node).filter(|(_, shown)| shown.is_some()).count() > 1 {
            return;
        }
        let sessions: Vec<SessionId> = self.sessions.keys().copied().collect();
        for session in sessions {
            let Some(s) = self.sessions.get_mut(&session).filter(|s| s.speaks_of_circles()) else {
                continue;
            };
            let told = |id: &CircleId| {
                let circle = self.circles.get(id).and_then(|known| known.circle.as_ref());
                circle.is_some_and(|c| c.parties.contains(&party) && c.mailboxes.contains(&s.peer))
            };
            let agreed = s.circles.iter().filter(|(_, how)| **how == Agreement::Agreed);
            let ids: Vec<CircleId> = agreed.map(|(id, _)| *id).filter(told).collect();
            s.renewed.extend(&ids);
            self.send_offers(session, &ids, out);
        }
    }

    fn send_offers(&self, session: SessionId, ids: &[CircleId], out: &mut Vec<Effect>) {
        let Some(s) = self.sessions.get(&session) else { return };
        deliver(session, ids.iter().map(|circle| self.offer_of(circle, &s.peer)).collect(), out);
    }

    /// An offer of a circle to a peer.
    pub(super) fn offer_of(&self, circle: &CircleId, peer: &PublicKey) -> Delivery {
        let nodes = self.circles.get(circle).map(|known| self.nodes_for(known, peer)).unwrap_or_default();
        Delivery { circle: *circle, word: DeliveryWord::Offer, nodes }
    }

    /// The nodes that a mailbox may pass a circle on to; none for a party, which knows them.
    fn nodes_for(&self, known: &KnownCircle, peer: &PublicKey) -> Vec<PublicKey> {
        let mut nodes = known.nodes.clone();
        if let Some(circle) = known.circle.as_ref().filter(|circle| circle.mailboxes.contains(peer)) {
            nodes.insert(self.me.certificate.body.node);
            nodes.extend(&circle.mailboxes);
            let certificates = self.logs.values().filter_map(|state| state.certificate.as_ref());
            let own = certificates.filter(|c| circle.parties.contains(&c.body.institution));
            nodes.extend(own.map(|c| c.body.node));
        }
        nodes.into_iter().take(limits::MAX_CIRCLE_NODES).collect()
    }

    /// Repeats offers that were not answered, ever more rarely.
    pub(super) fn offer_again(&mut self, session: SessionId, now_ms: i64, out: &mut Vec<Effect>) {
        let Some(s) = self.sessions.get_mut(&session).filter(|s| s.is_ready()) else { return };
        let open: Vec<CircleId> = s.unanswered().copied().collect();
        if open.is_empty() {
            (s.offered_ms, s.offer_wait_ms) = (None, COMPARE_FIRST_MS);
            return;
        }
        let since = *s.offered_ms.get_or_insert(now_ms);
        if elapsed(Some(since), now_ms) >= s.offer_wait_ms {
            s.offered_ms = Some(now_ms);
            s.offer_wait_ms = (s.offer_wait_ms * 2).min(COMPARE_RARELY_MS);
            self.send_offers(session, &open, out);
        }
    }

    pub(super) fn on_deliver(
        &mut self,
        session: SessionId,
        told: Vec<Delivery>,
        now_ms: i64,
        out: &mut Vec<Effect>,
    ) {
        let mut answers = Vec::new();
        let mut agreed = BTreeSet::new();
        for Delivery { circle, word, nodes } in told {
            let Some(s) = self.sessions.get(&session).filter(|s| s.speaks_of_circles()) else { return };
            let before = s.circles.get(&circle).copied();
            if word != DeliveryWord::Offer
                && let Some(s) = self.sessions.get_mut(&session)
            {
                s.renewed.remove(&circle);
            }
            let now = match word {
                DeliveryWord::Offer => self.consider(session, &circle, nodes, out),
                DeliveryWord::Take if before == Some(Agreement::Offered) => Agreement::Agreed,
                DeliveryWord::Decline if before.is_some() => Agreement::Declined,
                _ => continue,
            };
            if word == DeliveryWord::Offer {
                let taken = now == Agreement::Agreed;
                let word = if taken { DeliveryWord::Take } else { DeliveryWord::Decline };
                answers.push(Delivery { circle, word, nodes: Vec::new() });
            }
            let Some(s) = self.sessions.get_mut(&session) else { return };
            if before.is_some() || now == Agreement::Agreed {
                s.circles.insert(circle, now);
            }
            if before != Some(now) {
                agreed.insert(circle);
            }
        }
        deliver(session, answers, out);
        self.compare_circles(session, &agreed, out);
        if out.iter().any(|effect| matches!(effect, Effect::KeepCircle { .. })) {
            self.offer_to_all(out);
        }
        self.plan(session, now_ms, out);
    }

    /// Whether a circle that is offered is taken.
    fn consider(
        &mut self,
        session: SessionId,
        id: &CircleId,
        nodes: Vec<PublicKey>,
        out: &mut Vec<Effect>,
    ) -> Agreement {
        let Some(s) = self.sessions.get(&session) else { return Agreement::Declined };
        let (peer, declined) = (s.peer, s.circles.get(id) == Some(&Agreement::Declined));
        let (known, entitled) = (self.circles.get(id), self.is_entitled(s, id));
        let relays = self.relays();
        let brought = self.brought.get(&peer).copied().unwrap_or_default();
        // Those that came to nothing count too: a peer that offers what is not for this node is soon not heard.
        let trials = s.circles.keys().filter(|id| !self.circles.contains_key(*id));
        match known {
            Some(_) if !entitled => return Agreement::Declined,
            // A party has its word from the creating entry.
            Some(known) if known.circle.is_some() => return Agreement::Agreed,
            None if !relays && (declined || trials.count() >= MAX_TRIALS) => return Agreement::Declined,
            None if !relays => return Agreement::Agreed,
            None if brought >= MAX_CIRCLES_BY => return Agreement::Declined,
            _ => {}
        }
        self.keep_for_others(peer, id, nodes, out);
        Agreement::Agreed
    }

    fn relays(&self) -> bool {
        self.me.certificate.body.capabilities.0 & Capabilities::RELAY != 0
    }

    /// An offer that a bundle brings, by the node that made it. Only a mailbox has to hear of it: a party finds out from what
    /// is sealed to it.
    pub(super) fn carried_offer(
        &mut self,
        maker: &NodeCertificate,
        id: &CircleId,
        nodes: Vec<PublicKey>,
        out: &mut Vec<Effect>,
    ) {
        let active = matches!(self.book.roster().node(maker), NodeState::Active(_));
        let brought = self.brought.get(&maker.body.node).copied().unwrap_or_default();
        let taken = match self.circles.get(id) {
            Some(known) => known.circle.is_none() && self.entitles(maker, id),
            None => self.relays() && brought < MAX_CIRCLES_BY,
        };
        if active && taken {
            self.keep_for_others(maker.body.node, id, nodes, out);
        }
    }

    /// Becomes a circle's mailbox, or hears of more nodes that may have it.
    fn keep_for_others(
        &mut self,
        peer: PublicKey,
        id: &CircleId,
        nodes: Vec<PublicKey>,
        out: &mut Vec<Effect>,
    ) {
        if !self.circles.contains_key(id) {
            *self.brought.entry(peer).or_default() += 1;
        }
        let known = self.circles.entry(*id).or_insert_with(|| KnownCircle {
            nodes: BTreeSet::from([peer]),
            by: Some(peer),
            circle: None,
        });
        let before = known.nodes.len();
        known.nodes.extend(nodes);
        while known.nodes.len() > limits::MAX_CIRCLE_NODES {
            known.nodes.pop_last();
        }
        if known.nodes.len() != before || before == 1 {
            out.push(Effect::KeepCircle { id: *id, known: known.clone() });
        }
    }

    /// What the two share has changed by the logs of these circles: each tells the other its heads of them.
    fn compare_circles(&mut self, session: SessionId, circles: &BTreeSet<CircleId>, out: &mut Vec<Effect>) {
        let of_them = |log: &&LogId| log.shelf.circle().is_some_and(|id| circles.contains(&id));
        let held: Vec<LogId> = self.logs.keys().filter(of_them).copied().collect();
        for log in &held {
            self.refresh(session, log);
        }
        let Some(s) = self.sessions.get(&session) else { return };
        let heads: Vec<(LogId, _)> =
            held.iter().filter(|log| self.shares(s, log)).map(|log| (*log, self.head(log))).collect();
        if !heads.is_empty() {
            self.send_heads(session, heads.into_iter().collect(), out);
            self.confirm(session, &held, out);
        }
    }

    /// Whether a new log in a circle may be taken in; `Err` with the reason when not. A circle that is not known is on
    /// trial: something in it must be for this node.
    pub(super) fn may_open(
        &self,
        id: &CircleId,
        run: &CheckedRun,
        author: &NodeCertificate,
    ) -> Result<(), &'static str> {
        let Some(known) = self.circles.get(id) else {
            let sealed = run.entries.iter().filter(|checked| is_envelope(&checked.entry));
            let mut first = sealed.take(TRIAL_ENVELOPES);
            let opens = first.any(|c| open_entry(&c.entry, &self.network, &self.me.sealing).is_some());
            return if opens { Ok(()) } else { Err("it is sealed, and not for this node") };
        };
        let party = |circle: &Circle| circle.parties.contains(&author.body.institution);
        let allowed = match &known.circle {
            Some(circle) => party(circle),
            None => known.nodes.contains(&run.log.node),
        };
        if allowed { Ok(()) } else { Err("its node is no party to the sealed shelf") }
    }

    /// Leaves a circle that was on trial.
    pub(super) fn decline(&mut self, session: SessionId, id: CircleId, out: &mut Vec<Effect>) {
        let Some(s) = self.sessions.get_mut(&session) else { return };
        s.circles.insert(id, Agreement::Declined);
        let known: Vec<LogId> =
            s.logs.recorded().filter(|log| log.shelf.circle() == Some(id)).copied().collect();
        for log in known {
            if self.in_flight.get(&log) == Some(&session) {
                self.release(&log);
            }
            self.refresh(session, &log);
        }
        decline_again(session, &BTreeSet::from([id]), out);
    }
}

/// Declines circles. To be said again to a peer that goes on to tell of their logs: it has not heard.
pub(super) fn decline_again(session: SessionId, ids: &BTreeSet<CircleId>, out: &mut Vec<Effect>) {
    let no = |id: &CircleId| Delivery { circle: *id, word: DeliveryWord::Decline, nodes: Vec::new() };
    deliver(session, ids.iter().map(no).collect(), out);
}

fn is_envelope(entry: &Entry) -> bool {
    let payload = entry.payload.as_ref().filter(|_| entry.header.verb != Verb::OPEN);
    payload.is_some_and(|payload| Envelope::from_bytes(&payload.bytes).is_ok())
}

fn deliver(session: SessionId, words: Vec<Delivery>, out: &mut Vec<Effect>) {
    for chunk in words.chunks(limits::MAX_DELIVERIES) {
        out.push(Effect::Send { session, frame: Frame::Deliver(chunk.to_vec()) });
    }
}
