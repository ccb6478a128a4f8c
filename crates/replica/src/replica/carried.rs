//! What a bundle brings, frame by frame: judged as what a peer sends is, but nobody is there to be asked for more.

use protocol::{
    CheckedRun, Credential, DeliveryWord, Entry, Fault, Fork, Frame, LogHead, LogId, NodeCertificate,
    NodeState, Shelf,
};

use super::exchange::{Fit, Opening};
use super::push::Came;
use super::{Effect, Replica};

/// What became of a frame of a bundle.
#[derive(Debug)]
pub enum Carried {
    /// So many entries are new here. They are durable after the next [`crate::Input::Durable`].
    Taken(u64),
    /// All of it is held, or does not count.
    Held,
    /// This node does not subscribe to it, or is no party to it.
    Unwanted,
    /// What comes before it is missing.
    Early,
    /// The roster that is held does not know the institution.
    Unknown,
    /// Payloads are missing, and no purge of them is known.
    Bare,
    /// The institution has used up what this node holds of one.
    Over,
    /// It may be of another branch than what is held: whoever has the entries looks for the first one that differs and tells
    /// [`Replica::part`]. When there is none, the branches part in an earlier run, which is looked at when it comes again.
    Parts(CheckedRun),
    /// It does not read, is not authentic, or breaks the rules.
    Refused(Fault),
}

impl Replica {
    /// Takes a frame of a bundle which the node of this certificate made; the signature on the bundle was checked. Effects
    /// are performed as those of [`Replica::handle`].
    pub fn carry(&mut self, maker: &NodeCertificate, bytes: &[u8], now_ms: i64) -> (Carried, Vec<Effect>) {
        let mut out = Vec::new();
        let carried = match Frame::from_bytes(bytes) {
            Ok(Frame::Run(bytes)) => self.carried_run(&bytes, now_ms, &mut out),
            Ok(Frame::Fork(fork)) => self.carried_fork(*fork, now_ms, &mut out),
            Ok(Frame::Deliver(told)) => {
                self.fold_due(now_ms, &mut out);
                for told in told.into_iter().filter(|told| told.word == DeliveryWord::Offer) {
                    self.carried_offer(maker, &told.circle, told.nodes, &mut out);
                }
                Ok(Carried::Held)
            }
            Ok(Frame::Heads(heads)) => {
                let mine = |log: &LogId| self.logs.get(log).map(|state| state.head);
                let other = |h: &&LogHead| mine(&h.log).is_some_and(|m| m.seq == h.head.seq && m != h.head);
                let differing: Vec<LogId> = heads.iter().filter(other).map(|h| h.log).collect();
                self.contested.extend(differing);
                Ok(Carried::Held)
            }
            Ok(_) => Err(Fault::Forbidden { what: "frame", why: "it has no place in a bundle" }),
            Err(fault) => Err(fault),
        };
        (carried.unwrap_or_else(Carried::Refused), self.finish(now_ms, out))
    }

    /// Takes what the maker of a bundle shows of itself: whoever uses an invitation of this node is let in.
    ///
    /// # Errors
    /// Why an invitation cannot be used so. What else the bundle holds may be taken in all the same.
    pub fn introduce(&mut self, credential: &Credential, now_ms: i64) -> Result<Vec<Effect>, String> {
        let mut out = Vec::new();
        self.fold_due(now_ms, &mut out);
        let Credential::Redemption(redemption) = credential else { return Ok(self.finish(now_ms, out)) };
        if self.book.roster().node(&redemption.certificate) == NodeState::Unknown {
            self.may_redeem(redemption, now_ms)?;
            out.push(Effect::Countersign { redemption: redemption.clone() });
        }
        Ok(self.finish(now_ms, out))
    }

    /// Two entries of one log in which what is held and what a bundle brought part: the own one and the other.
    pub fn part(&mut self, own: &Entry, theirs: &Entry, now_ms: i64) -> Vec<Effect> {
        let (mut out, log) = (Vec::new(), own.header.log);
        let certificate = self.logs.get(&log).and_then(|state| state.certificate.clone());
        let fork = certificate.map(|certificate| Fork::of(certificate, own, theirs));
        match fork.filter(|fork| fork.verify(&self.network).is_ok()) {
            Some(fork) if self.is_news(&fork) => self.note_fork(fork, now_ms, &mut out),
            // We have come some way along the branch that was not kept, and begin again where it parts.
            Some(_) if self.kept_branch(&log).is_some_and(|kept| kept != self.head(&log)) => {
                out.push(Effect::Relimit { log: Some(log) });
            }
            _ => {}
        }
        self.finish(now_ms, out)
    }

    fn carried_run(&mut self, bytes: &[u8], now_ms: i64, out: &mut Vec<Effect>) -> Result<Carried, Fault> {
        let place = CheckedRun::peek(bytes)?;
        let log = place.0;
        if log.shelf != Shelf::ROSTER {
            self.fold_due(now_ms, out);
        }
        if !self.asks_for(&log) {
            return Ok(Carried::Unwanted);
        }
        if self.is_over(&log) {
            return Ok(Carried::Over);
        }
        if self.limit(&log).is_some_and(|limit| place.1.seq >= limit.head.seq) {
            return Ok(Carried::Held);
        }
        let run = match self.fit(place, &mut bytes.into())? {
            Fit::Late if self.contested.contains(&log) => {
                return Ok(Carried::Parts(self.open(&log, &mut bytes.into())?));
            }
            Fit::Late | Fit::Past => return Ok(Carried::Held),
            Fit::Ahead => return Ok(Carried::Early),
            Fit::Parts(run) => {
                self.contested.insert(log);
                return Ok(Carried::Parts(run));
            }
            Fit::New(run) => run,
        };
        if !self.is_excused(&run) {
            return Ok(Carried::Bare);
        }
        if self.head(&log).seq == 0 {
            match self.opening(&run)? {
                Opening::Yes => {}
                Opening::Unknown => return Ok(Carried::Unknown),
                Opening::No(_) if log.shelf.circle().is_some() => return Ok(Carried::Unwanted),
                Opening::No(why) => return Err(Fault::Forbidden { what: "log", why }),
            }
        }
        let entries = run.entries.len() as u64;
        self.take_in(Came::Carried, run, now_ms, out);
        Ok(Carried::Taken(entries))
    }

    fn carried_fork(&mut self, fork: Fork, now_ms: i64, out: &mut Vec<Effect>) -> Result<Carried, Fault> {
        self.fold_due(now_ms, out);
        let news = self.parts_within(&fork) && self.is_news(&fork) && self.asks_for(&fork.log());
        if news {
            fork.verify(&self.network)?;
            if self.book.roster().node(&fork.certificate) != NodeState::Unknown {
                self.note_fork(fork, now_ms, out);
            }
        }
        Ok(Carried::Held)
    }

    /// What is of the roster comes first; whether the rest may be taken in is known once that has been folded.
    fn fold_due(&mut self, now_ms: i64, out: &mut Vec<Effect>) {
        if self.roster_due {
            self.fold_roster(now_ms, out);
        }
    }

    /// Whether this node wants a log, as far as that can be said without opening it.
    fn asks_for(&self, log: &LogId) -> bool {
        let own = log.node == self.me.certificate.body.node;
        own || log.shelf.circle().is_some() || self.me.subscription.covers(&log.shelf)
    }
}
