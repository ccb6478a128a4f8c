//! Hello: who may stay.

use protocol::{
    Credential, Frame, Hello, InstitutionId, NodeCertificate, NodeState, PublicKey, Redemption, Shown,
    Subject,
};

use crate::conduct::Offence;

use super::{Effect, Replica, SessionId, SessionState};

impl Replica {
    /// Who answers for what comes in a session; `None` while its node has not been let in. One that greets and of which a log is
    /// held here is known by its key, which the transport proves: a thousand that return at once are not strangers who wait
    /// for each other.
    pub fn answers_for_session(&self, session: SessionId) -> Option<InstitutionId> {
        let s = self.sessions.get(&session)?;
        if s.state == SessionState::Greeting {
            return self
                .logs_of(&s.peer)
                .find_map(|(_, certificate)| certificate)
                .map(|c| c.body.institution);
        }
        let let_in = Some(s).filter(|s| s.is_ready() && !s.roster_only)?;
        let_in.certificate.as_ref().map(|certificate| certificate.body.institution)
    }

    /// Whether a session's greeting was good: its node is let in, or being let in.
    pub fn has_greeted(&self, session: SessionId) -> bool {
        let state = self.sessions.get(&session).map(|s| &s.state);
        matches!(state, Some(SessionState::Admitting | SessionState::Ready))
    }

    /// The greeting for a peer: short where each seems to hold a log of the other's. Whoever sees it another way asks.
    fn hello(&self, peer: &PublicKey) -> Hello {
        let mine = &self.me.certificate;
        let written = self.logs_of(&mine.body.node).any(|(_, certificate)| certificate == Some(mine));
        if written && self.redeeming().is_none() && self.logs_of(peer).next().is_some() {
            return self.greeting(Shown::ByCheck(mine.check()));
        }
        self.hello_in_full()
    }

    /// Greets a peer, unless it has been.
    pub(super) fn send_hello(&mut self, session: SessionId, out: &mut Vec<Effect>) {
        let Some(s) = self.sessions.get_mut(&session) else { return };
        if !std::mem::replace(&mut s.greeted, true) {
            let peer = s.peer;
            out.push(Effect::Send { session, frame: Frame::Hello(Box::new(self.hello(&peer))) });
        }
    }

    fn hello_in_full(&self) -> Hello {
        if let Some(pass) = self.guest_pass() {
            return self.greeting(Shown::Guest(Box::new(pass)));
        }
        self.greeting(Shown::InFull(match self.redeeming() {
            Some(redemption) => Credential::Redemption(Box::new(redemption.clone())),
            None => Credential::Certificate(Box::new(self.me.certificate.clone())),
        }))
    }

    /// The invitation that this node still has to use.
    fn redeeming(&self) -> Option<&Redemption> {
        self.me.redemption.as_ref().filter(|_| !self.is_listed())
    }

    fn greeting(&self, shown: Shown) -> Hello {
        Hello {
            network: self.network,
            shown,
            subscription: self.me.subscription.clone(),
            agent: self.me.agent.clone(),
        }
    }

    /// A peer does not hold the certificate that it was greeted by.
    pub(super) fn on_show_in_full(&mut self, session: SessionId, now_ms: i64, out: &mut Vec<Effect>) {
        let Some(s) = self.sessions.get_mut(&session) else { return };
        if !s.greeted || std::mem::replace(&mut s.shown_in_full, true) {
            let offence = (Offence::BadFrame, "it asked for a greeting in full without need".to_owned());
            return self.strike(session, None, offence, now_ms, out);
        }
        out.push(Effect::Send { session, frame: Frame::Hello(Box::new(self.hello_in_full())) });
    }

    /// The certificate of a peer by its check, when a log that it opened is held.
    fn known_certificate(&self, peer: &PublicKey, check: [u8; 8]) -> Option<NodeCertificate> {
        let mut certificates = self.logs_of(peer).filter_map(|(_, certificate)| certificate);
        certificates.find(|certificate| certificate.check() == check).cloned()
    }

    pub(super) fn on_hello(&mut self, session: SessionId, hello: Hello, now_ms: i64, out: &mut Vec<Effect>) {
        // Also whoever is refused shall see whom it met.
        self.send_hello(session, out);
        if let Err(reason) = self.greet(session, hello, now_ms, out) {
            self.refuse(session, reason, out);
        }
    }

    fn greet(
        &mut self,
        session: SessionId,
        hello: Hello,
        now_ms: i64,
        out: &mut Vec<Effect>,
    ) -> Result<(), String> {
        let network = self.network;
        if hello.network != network {
            return Err(format!("you belong to network {}, I to {}", hello.network.short(), network.short()));
        }
        let Some(peer) = self.sessions.get(&session) else { return Ok(()) };
        if peer.state != SessionState::Greeting {
            return Err("a second hello in one session".to_owned());
        }
        let (certificate, redemption) = match hello.shown {
            Shown::InFull(Credential::Certificate(certificate)) => (*certificate, None),
            Shown::InFull(Credential::Redemption(redemption)) => {
                (redemption.certificate.clone(), Some(redemption))
            }
            Shown::Guest(pass) => {
                let greeted = (hello.subscription, hello.agent);
                return self.greet_guest(session, *pass, greeted, now_ms, out);
            }
            Shown::ByCheck(check) => match self.known_certificate(&peer.peer, check) {
                Some(certificate) => (certificate, None),
                None if peer.asked_in_full => {
                    return Err(
                        "the greeting that was asked for in full did not come; connect again".to_owned()
                    );
                }
                None => {
                    self.ask_in_full(session, out);
                    return Ok(());
                }
            },
        };
        let Some(peer) = self.sessions.get_mut(&session) else { return Ok(()) };
        if certificate.body.node != peer.peer {
            return Err("the certificate is for another node key than the connection's".to_owned());
        }
        certificate.verify(&network).map_err(|fault| fault.to_string())?;
        if certificate.body.not_after_ms < now_ms {
            return Err("the node certificate has expired; renew it at its institution".to_owned());
        }
        peer.certificate = Some(certificate.clone());
        peer.subscription = hello.subscription;
        peer.agent = hello.agent;
        match self.book.roster().node(&certificate) {
            NodeState::Active(_) => {
                self.make_ready(session, now_ms, out);
                Ok(())
            }
            NodeState::Inactive(member) => {
                Err(format!("{} is suspended or has left the network", member.institution.name))
            }
            NodeState::Revoked(_) => Err("this node's key has been revoked".to_owned()),
            NodeState::Unknown if self.me.abroad.is_some() => self.meet_host(session, now_ms, out),
            NodeState::Unknown => match redemption {
                Some(redemption) => self.admit(session, redemption, now_ms, out),
                // Whose own roster is empty knows nobody but the governors: it learns from the first member it meets.
                None if !self.is_listed() => {
                    self.meet(session, now_ms, out);
                    Ok(())
                }
                None => {
                    Err("your institution is not on the roster; ask the hub for an invitation".to_owned())
                }
            },
        }
    }

    fn ask_in_full(&mut self, session: SessionId, out: &mut Vec<Effect>) {
        if let Some(peer) = self.sessions.get_mut(&session) {
            peer.asked_in_full = true;
            out.push(Effect::Send { session, frame: Frame::ShowInFull });
        }
    }

    fn admit(
        &mut self,
        session: SessionId,
        redemption: Box<Redemption>,
        now_ms: i64,
        out: &mut Vec<Effect>,
    ) -> Result<(), String> {
        self.may_redeem(&redemption, now_ms)?;
        let twice = self
            .sessions
            .values()
            .any(|s| s.state == SessionState::Admitting && s.redeeming == Some(redemption.invitation));
        if twice {
            return Err("this invitation is being used on another connection; try again".to_owned());
        }
        if let Some(peer) = self.sessions.get_mut(&session) {
            peer.state = SessionState::Admitting;
            peer.redeeming = Some(redemption.invitation);
        }
        out.push(Effect::Countersign { redemption });
        Ok(())
    }

    /// Whether an invitation may be used so; else why not.
    pub(super) fn may_redeem(&self, redemption: &Redemption, now_ms: i64) -> Result<(), String> {
        redemption.verify(&self.network).map_err(|fault| fault.to_string())?;
        let me = self.me.certificate.body.node;
        let granted = self.book.roster().invitations_of(redemption.invitation, me);
        let granted: Vec<_> = granted.map(|(_, _, invitation)| invitation).collect();
        if granted.is_empty() {
            return Err(self.why_unknown(&redemption.invitation).to_owned());
        }
        if self.book.roster().is_used(redemption.invitation, me) {
            return Err("this invitation has been used already; ask for a new one".to_owned());
        }
        if granted.iter().all(|invitation| invitation.not_after_ms < now_ms) {
            return Err("this invitation has expired; ask for a new one".to_owned());
        }
        let who = &redemption.institution;
        if !granted.iter().any(|i| i.grants(who) && i.not_after_ms >= now_ms) {
            return Err("role or region differ from what the invitation grants".to_owned());
        }
        Ok(())
    }

    /// An invitation that is not (yet) one.
    fn why_unknown(&self, invitation: &PublicKey) -> &'static str {
        let subject = Subject::Invitation(*invitation);
        let roster = self.book.roster();
        if roster.invitations.keys().any(|grant| grant.key == *invitation) {
            "this invitation was issued by another node; connect to that one first"
        } else if self.book.knows_of(&subject) {
            "this invitation still waits for governors to approve it; try again later"
        } else {
            "this invitation is not known here; connect to the node that issued it"
        }
    }

    /// Lets a peer in.
    pub(super) fn make_ready(&mut self, session: SessionId, now_ms: i64, out: &mut Vec<Effect>) {
        let given = self.given_here();
        let Some(s) = self.sessions.get_mut(&session) else { return };
        if std::mem::take(&mut s.roster_only) {
            // So far only the roster was compared.
            s.pull_due = true;
            s.compared = false;
        }
        s.state = SessionState::Ready;
        s.progress_ms = now_ms;
        s.own_forks_ms = Some(now_ms);
        s.bounds = s.bounds.take().or(given);
        self.tell_line(session, out);
        self.begin_comparing(session, now_ms, out);
        self.show_own_forks(session, out);
        self.offer(session, out);
        self.begin_statuses(session);
    }

    pub(super) fn meet(&mut self, session: SessionId, now_ms: i64, out: &mut Vec<Effect>) {
        let Some(s) = self.sessions.get_mut(&session) else { return };
        s.roster_only = true;
        s.state = SessionState::Ready;
        s.progress_ms = now_ms;
        self.begin_comparing(session, now_ms, out);
    }
}
