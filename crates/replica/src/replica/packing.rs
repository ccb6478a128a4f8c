//! What goes into a bundle: what a session with that node would bring, from where it stands.

use std::collections::BTreeMap;

use protocol::{
    CircleId, Delivery, Frame, Hash, Head, LogHead, LogId, Member, NodeCertificate, NodeState, ShortHead,
    Slip, Subscription, Visibility, frontier_digest, limits,
};

use super::Replica;
use crate::session::Rank;

/// A piece of a bundle; they follow one another so that each finds what it builds on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Entries of a log, from the first one on or from behind what the reader says that it holds, in runs.
    Range {
        /// The log.
        log: LogId,
        /// What the reader holds of it, if that is true: the entry at this number must have this check.
        held: Option<ShortHead>,
        /// The last entry.
        to: u64,
    },
    /// A frame.
    Frame(Frame),
}

/// Why a node gets nothing but what is public.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotServed {
    /// Its institution is suspended or has left.
    Inactive(Box<Member>),
    /// Its key was revoked.
    Revoked,
    /// Its institution is not on the roster, or its certificate is of a root key that is no longer good.
    Unknown,
    /// Its certificate has expired.
    Expired,
}

impl Replica {
    /// The pieces of a bundle for the node of a certificate, or for anyone; from where a slip says that its reader stands, or
    /// from the beginning. And the digest of the heads up to which it leads.
    ///
    /// # Errors
    /// Why that node gets nothing.
    pub fn pack(
        &self,
        to: Option<&NodeCertificate>,
        slip: Option<&Slip>,
        now_ms: i64,
    ) -> Result<(Vec<Piece>, Hash), NotServed> {
        to.map_or(Ok(()), |certificate| self.serves(certificate, now_ms))?;
        let everything = Subscription::everything();
        let asker = slip.map(|slip| &slip.certificate);
        let reader = to.or(asker);
        let own = |slip: &&Slip| to.is_none_or(|to| to.body.node == slip.certificate.body.node);
        let wanted = slip.filter(own).map_or(&everything, |slip| &slip.subscription);
        let shared = |log: &LogId| match log.shelf.visibility {
            Visibility::Sealed(id) => to.is_some_and(|to| self.entitles(to, &id)),
            Visibility::Members if to.is_none() => false,
            _ => reader.is_some_and(|c| c.body.node == log.node) || wanted.covers(&log.shelf),
        };
        let held = self.logs.iter().map(|(log, state)| (*log, state.head));
        let heads: BTreeMap<LogId, Head> = held.filter(|(log, head)| head.seq > 0 && shared(log)).collect();
        let mut logs: Vec<&LogId> = heads.keys().collect();
        logs.sort_by_key(|log| (Rank::of(log, reader), **log));
        let told = |log: &LogId| slip.and_then(|slip| slip.head(log));
        let ranges = logs.iter().filter_map(|log| missing(log, heads.get(log)?, told(log)));
        let is_sealed =
            |piece: &Piece| matches!(piece, Piece::Range { log, .. } if log.shelf.circle().is_some());
        let (sealed, open): (Vec<Piece>, Vec<Piece>) = ranges.flatten().partition(is_sealed);
        let mut pieces = open;
        pieces.extend(to.into_iter().flat_map(|to| self.offers_for(to, &heads)).map(Piece::Frame));
        pieces.extend(sealed);
        let forks = self.forks.iter().filter(|(log, _)| heads.contains_key(*log));
        pieces.extend(forks.map(|(_, fork)| Piece::Frame(Frame::Fork(Box::new(fork.clone())))));
        Ok((pieces, frontier_digest(&heads)))
    }

    /// Whether a node would be let in.
    fn serves(&self, certificate: &NodeCertificate, now_ms: i64) -> Result<(), NotServed> {
        match self.book.roster().node(certificate) {
            NodeState::Active(_) if certificate.body.not_after_ms < now_ms => Err(NotServed::Expired),
            NodeState::Active(_) => Ok(()),
            NodeState::Inactive(member) => Err(NotServed::Inactive(Box::new(member.clone()))),
            NodeState::Revoked(_) => Err(NotServed::Revoked),
            NodeState::Unknown => Err(NotServed::Unknown),
        }
    }

    /// Offers of the circles whose logs are among these.
    fn offers_for(&self, to: &NodeCertificate, heads: &BTreeMap<LogId, Head>) -> Vec<Frame> {
        let mut circles: Vec<CircleId> = heads.keys().filter_map(|log| log.shelf.circle()).collect();
        circles.sort_unstable();
        circles.dedup();
        let offers: Vec<Delivery> = circles.iter().map(|id| self.offer_of(id, &to.body.node)).collect();
        offers.chunks(limits::MAX_DELIVERIES).map(|chunk| Frame::Deliver(chunk.to_vec())).collect()
    }
}

/// What of a log its reader misses.
fn missing(log: &LogId, head: &Head, told: Option<ShortHead>) -> Option<Vec<Piece>> {
    let range = |held| Piece::Range { log: *log, held, to: head.seq };
    match told {
        None => Some(vec![range(None)]),
        Some(told) if told.seq < head.seq => Some(vec![range(Some(told))]),
        // Another branch: it is sent whole, and its head before it, so that the reader looks where the two part.
        Some(told) if told.seq == head.seq && told != ShortHead::of(head) => {
            let differs = Frame::Heads(vec![LogHead { log: *log, head: *head }]);
            Some(vec![Piece::Frame(differs), range(None)])
        }
        Some(_) => None,
    }
}
