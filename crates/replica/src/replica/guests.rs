//! Guests: nodes of another network, by an agreement that both networks' governors signed.
//!
//! ```text
//!   network A                         network B
//!   station ⇄ gateway  ── guest of ─▶ gateway ⇄ …        B's entries: the gateway's replica for B, and the station's
//!                      ◀─ guest of ──                    A's entries, the other way round
//! ```
//!
//! A node holds what another network gives in a replica of its own, which has that network's charter and writes nothing. It
//! has two kinds of peers: that network's gateways, and nodes of its own network that hold the same. Each network's entries are
//! passed to its own nodes and to those that it agreed with: never on by a guest to a third network, so nothing goes round
//! in circles. What is given is what [`Side::shares`] says, on both ends of a session alike.

use std::sync::Arc;

use protocol::{GuestPass, NetworkId, NodeState, Roster, Side, Subscription, Terms};

use super::{Effect, Replica, SessionId, SessionState};
use crate::session::{Bounds, Session};

/// By what a node holds another network's entries.
#[derive(Clone, Debug)]
pub struct Abroad {
    /// The node's own network.
    pub home: NetworkId,
    /// The roster there: who else of it may hold the same.
    pub roster: Arc<Roster>,
    /// The agreement, as the roster there has it.
    pub terms: Terms,
    /// Of it, what the other network gives.
    pub gives: Arc<Side>,
}

impl Abroad {
    /// By an agreement with the network `host`, on the roster of the node's own; `None` when the host is no party to it.
    pub fn new(roster: Arc<Roster>, terms: Terms, host: &NetworkId) -> Option<Self> {
        let gives = Arc::new(terms.other(&roster.network).filter(|side| side.network == *host)?.clone());
        Some(Self { home: roster.network, roster, terms, gives })
    }
}

impl Replica {
    /// What this node shows of itself, where it is a guest.
    pub(super) fn guest_pass(&self) -> Option<GuestPass> {
        let abroad = self.me.abroad.as_ref()?;
        let (network, terms) = (abroad.home, abroad.terms.id());
        Some(GuestPass { network, certificate: self.me.certificate.clone(), terms })
    }

    /// Lets a guest in, or says why not.
    pub(super) fn greet_guest(
        &mut self,
        session: SessionId,
        pass: GuestPass,
        (subscription, agent): (Subscription, String),
        now_ms: i64,
        out: &mut Vec<Effect>,
    ) -> Result<(), String> {
        let Some(s) = self.sessions.get_mut(&session) else { return Ok(()) };
        let body = &pass.certificate.body;
        if body.node != s.peer {
            return Err("the certificate is for another node key than the connection's".to_owned());
        }
        pass.certificate.verify(&pass.network).map_err(|fault| fault.to_string())?;
        if body.not_after_ms < now_ms {
            return Err("the node certificate has expired; renew it at its institution".to_owned());
        }
        s.certificate = Some(pass.certificate.clone());
        s.subscription = subscription;
        s.agent = agent;
        let bounds = self.admits_guest(&pass, now_ms)?;
        if let Some(s) = self.sessions.get_mut(&session) {
            s.guest_of = Some(pass.network);
            s.bounds = Some(bounds);
            s.pass = Some(pass);
        }
        self.make_ready(session, now_ms, out);
        Ok(())
    }

    /// What may be exchanged with a guest; or why nothing is.
    fn admits_guest(&self, pass: &GuestPass, now_ms: i64) -> Result<Bounds, String> {
        match &self.me.abroad {
            Some(abroad) => {
                self.admits_fellow(abroad, pass, now_ms)?;
                Ok(self.given_here().unwrap_or(Bounds::RosterOnly))
            }
            None => self.admits_foreigner(pass, now_ms),
        }
    }

    /// What the network whose entries are held here gives, as its own roster has it; `None` where that is this node's network.
    pub(super) fn given_here(&self) -> Option<Bounds> {
        let abroad = self.me.abroad.as_ref()?;
        let there = self.book.roster().peers.get(&abroad.home);
        let agreed = there.is_some_and(|peer| peer.is_active() && peer.terms == abroad.terms);
        Some(if agreed { Bounds::Given(Arc::clone(&abroad.gives)) } else { Bounds::RosterOnly })
    }

    /// Another guest: of this node's own network.
    fn admits_fellow(&self, abroad: &Abroad, pass: &GuestPass, now_ms: i64) -> Result<(), String> {
        if pass.network != abroad.home {
            return Err("what was given to this network is passed on to its own nodes alone".to_owned());
        }
        if now_ms >= abroad.terms.until_ms {
            return Err("the agreement of the two networks has come to its end".to_owned());
        }
        if pass.terms != abroad.terms.id() {
            return Err(
                "the roster there has another agreement than the one here; it will be level soon".to_owned()
            );
        }
        match abroad.roster.node(&pass.certificate) {
            NodeState::Active(_) => Ok(()),
            NodeState::Inactive(member) => {
                Err(format!("{} is suspended or has left its network", member.institution.name))
            }
            NodeState::Revoked(_) => Err("this node's key has been revoked".to_owned()),
            NodeState::Unknown => {
                Err("your institution is not on its network's roster as it is here".to_owned())
            }
        }
    }

    /// A gateway of the other network. While the agreement is suspended, or after its end, it has the roster alone: there it reads
    /// that, and whether it is in force again.
    fn admits_foreigner(&self, pass: &GuestPass, now_ms: i64) -> Result<Bounds, String> {
        let peer = self.book.roster().peers.get(&pass.network);
        let peer = peer.ok_or("this network has no agreement with yours; its governors have to sign it")?;
        let theirs = self.foreign.get(&pass.network).map(|roster| &**roster);
        let of_theirs = peer.gives().is_some_and(|side| side.admits(&pass.certificate, theirs));
        if !of_theirs {
            return Err("the agreement does not name this node as a gateway, nor, by its network's roster as it is here, an \
                        institution of which it is an active node"
                .to_owned());
        }
        let gives = peer.takes().filter(|side| !side.gives.is_empty());
        let gives = gives.ok_or("by the agreement nothing of this network is given to yours")?;
        if now_ms >= peer.terms.until_ms {
            return Err("the agreement of the two networks has come to its end; its governors sign another"
                .to_owned());
        }
        let agreed = peer.is_active() && peer.terms.id() == pass.terms;
        Ok(if agreed { Bounds::Given(Arc::new(gives.clone())) } else { Bounds::RosterOnly })
    }

    /// A guest meets a node that the roster it holds does not know (yet): of a gateway it takes the roster.
    pub(super) fn meet_host(
        &mut self,
        session: SessionId,
        now_ms: i64,
        out: &mut Vec<Effect>,
    ) -> Result<(), String> {
        let peer = self.sessions.get(&session).map(|s| s.peer);
        let gateway = |abroad: &Abroad| peer.is_some_and(|peer| abroad.gives.is_gateway(&peer));
        if !self.me.abroad.as_ref().is_some_and(gateway) {
            return Err("the agreement does not name this node as a gateway".to_owned());
        }
        self.meet(session, now_ms, out);
        Ok(())
    }

    /// The roster of this node's own network has changed.
    pub(super) fn on_home_roster(&mut self, roster: Arc<Roster>, now_ms: i64, out: &mut Vec<Effect>) {
        if let Some(abroad) = &mut self.me.abroad {
            abroad.roster = roster;
            self.judge_guests(now_ms, out);
        }
    }

    /// The roster of another network, as it is held here, has changed: who is a gateway there is judged by it.
    pub(super) fn on_foreign_roster(&mut self, roster: Arc<Roster>, now_ms: i64, out: &mut Vec<Effect>) {
        // One with which there is no agreement is nobody's to judge by: so there are no more than that.
        if self.book.roster().peers.contains_key(&roster.network) {
            self.foreign.insert(roster.network, roster);
            self.judge_guests(now_ms, out);
        }
    }

    /// Ends what is no longer agreed.
    pub(super) fn judge_guests(&mut self, now_ms: i64, out: &mut Vec<Effect>) {
        let guests = self.sessions.iter().filter(|(_, s)| s.guest_of.is_some() && s.is_ready());
        let guests: Vec<SessionId> = guests.map(|(id, _)| *id).collect();
        for session in guests {
            self.judge_guest(session, now_ms, out);
        }
    }

    pub(super) fn judge_guest(&mut self, session: SessionId, now_ms: i64, out: &mut Vec<Effect>) {
        let Some(s) = self.sessions.get(&session).filter(|s| s.state == SessionState::Ready) else { return };
        let (Some(pass), bounds) = (s.pass.clone(), s.bounds.clone()) else { return };
        match self.admits_guest(&pass, now_ms) {
            Ok(now) if Some(&now) == bounds.as_ref() => {}
            Ok(now) => self.exchange(session, now, now_ms, out),
            Err(reason) => self.refuse(session, reason, out),
        }
    }

    /// The roster of the network whose entries are held here has changed: with its own nodes something else may be exchanged now.
    pub(super) fn judge_given(&mut self, now_ms: i64, out: &mut Vec<Effect>) {
        let Some(given) = self.given_here() else { return };
        let other = |s: &Session| s.is_ready() && s.guest_of.is_none() && s.bounds.as_ref() != Some(&given);
        let hosts = self.sessions.iter().filter(|(_, s)| !s.roster_only && other(s)).map(|(id, _)| *id);
        for session in hosts.collect::<Vec<SessionId>>() {
            self.exchange(session, given.clone(), now_ms, out);
        }
        self.judge_guests(now_ms, out);
    }

    /// Goes on with a peer with whom something else is exchanged from now on: the two compare anew. The other side hears why by
    /// the roster, which passes first.
    fn exchange(&mut self, session: SessionId, bounds: Bounds, now_ms: i64, out: &mut Vec<Effect>) {
        if let Some(s) = self.sessions.get_mut(&session) {
            s.bounds = Some(bounds);
            s.pull_due = true;
            s.compared = false;
        }
        self.make_ready(session, now_ms, out);
    }
}
