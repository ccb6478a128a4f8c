//! How far a log counts. Entries past its limit are void: they are in no document's fold and in no frontier.
//!
//! The limits of all logs follow from the roster and the known forks, so nodes that hold the same come to the same.

use std::collections::{BTreeMap, BTreeSet};

use protocol::{
    Fork, Hash, Head, LogId, NodeCertificate, PublicKey, Roster, Shelf, limits::MAX_INCARNATIONS,
};

/// Why a log counts no further.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// Its node's key was revoked, or the root key that certified it is no longer good for it.
    Revoked,
    /// It was settled.
    Settled,
    /// It is forked and not settled.
    Forked,
    /// Its node has more incarnations on this shelf than it may have, and this is none of the first.
    Incarnations,
}

/// How far a log counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// The last entry that counts; seq 0 when none does.
    pub head: Head,
    /// Why.
    pub why: Why,
}

impl Limit {
    /// What the roster and a known fork say of a log which that certificate opened. A fork at or below a point that the roster settles is evidence
    /// only.
    pub fn of(
        log: &LogId,
        certificate: Option<&NodeCertificate>,
        roster: &Roster,
        fork: Option<&Fork>,
    ) -> Option<Self> {
        let end = match certificate {
            Some(certificate) => roster.end_under(log, certificate),
            None => roster.end(log),
        };
        let certified = certificate.is_none_or(|certificate| roster.certifies(certificate));
        let settled = certified && !roster.revoked.contains_key(&log.node);
        let why = if settled { Why::Settled } else { Why::Revoked };
        let by_roster = end.map(|head| Self { head, why });
        by_roster.or_else(|| fork.map(|fork| Self { head: fork.common(), why: Why::Forked }))
    }
}

/// The limits of all these logs; those without one are left out. Of a node's logs of one shelf those of the
/// `MAX_INCARNATIONS` lowest incarnation numbers count: of a shelf that it holds a node holds all logs, whatever others it
/// subscribes to. What the roster voids whole does not take a place among them: who stole a key and lost it again cannot
/// crowd out its owner. What a revocation names takes and needs none.
pub fn limits<'a>(
    logs: impl IntoIterator<Item = (&'a LogId, Option<&'a NodeCertificate>)>,
    roster: &Roster,
    forks: &BTreeMap<LogId, Fork>,
) -> BTreeMap<LogId, Limit> {
    let mut found = BTreeMap::new();
    let mut incarnations: BTreeMap<(PublicKey, Shelf), BTreeSet<u64>> = BTreeMap::new();
    let mut counting = Vec::new();
    for (log, certificate) in logs {
        let limit = Limit::of(log, certificate, roster, forks.get(log));
        let named = roster.revoked.get(&log.node).is_some_and(|named| named.contains_key(log));
        if !named && limit.is_none_or(|limit| limit.head.seq > 0) {
            incarnations.entry((log.node, log.shelf)).or_default().insert(log.incarnation);
            counting.push(*log);
        }
        found.extend(limit.map(|limit| (*log, limit)));
    }
    let last = |numbers: BTreeSet<u64>| numbers.into_iter().nth(MAX_INCARNATIONS - 1).unwrap_or(u64::MAX);
    let last: BTreeMap<_, u64> = incarnations.into_iter().map(|(of, all)| (of, last(all))).collect();
    for log in counting {
        if last.get(&(log.node, log.shelf)).is_some_and(|last| log.incarnation > *last) {
            found.insert(log, Limit { head: Head::default(), why: Why::Incarnations });
        }
    }
    found
}

/// What a limit makes of a log as it is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reach {
    /// Entries up to here count; `u64::MAX` without a limit.
    pub counts: u64,
    /// The head as peers are shown it, and where fetching goes on.
    pub head: Head,
}

impl Reach {
    /// `held` is the last entry stored, `hash_at` reads the hash of a stored entry.
    ///
    /// A settled point names the branch that is kept. Until the log holds that very entry, what lies past a known fork
    /// may be of the lost branch: it does not count, and is fetched again from the last common entry on.
    ///
    /// # Errors
    /// Those of `hash_at`.
    pub fn of<E>(
        held: Head,
        limit: Option<&Limit>,
        fork: Option<&Fork>,
        mut hash_at: impl FnMut(u64) -> Result<Hash, E>,
    ) -> Result<Self, E> {
        let Some(limit) = limit else { return Ok(Self { counts: u64::MAX, head: held }) };
        let end = limit.head;
        let mut at = |seq: u64| match seq {
            0 => Ok(Head::default()),
            _ if seq >= held.seq => Ok(held),
            _ => Ok(Head { seq, hash: hash_at(seq)? }),
        };
        let fork = fork.filter(|fork| fork.seq() <= end.seq);
        let settled = matches!(limit.why, Why::Settled | Why::Revoked) && end.seq > 0;
        if !settled || (held.seq < end.seq && fork.is_none_or(|fork| fork.seq() > held.seq)) {
            return Ok(Self { counts: end.seq, head: at(end.seq)? });
        }
        if held.seq >= end.seq && at(end.seq)? == end {
            return Ok(Self { counts: end.seq, head: end });
        }
        Ok(match fork {
            Some(fork) => Self { counts: fork.common().seq, head: at(fork.common().seq)? },
            // Another branch, and not known yet from where on.
            None => Self { counts: end.seq - 1, head: at(end.seq)? },
        })
    }
}
