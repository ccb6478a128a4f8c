//! Forks: two authentic entries of one log at one place, and the points at which the roster ends logs.

use crate::certificate::NodeCertificate;
use crate::codec::{Decoder, Encoder};
use crate::entry::{Entry, Head};
use crate::fault::{Checked, Fault};
use crate::hash::{InstitutionId, NetworkId};
use crate::roster::Roster;
use crate::shelf::LogId;

/// The proof of a fork: the first two entries in which two branches of a log differ. Both follow the same entry, and
/// each is signed by itself, so that it can be checked without the rest of the log. Payloads are left out: the headers
/// prove it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fork {
    /// The certificate of the log's node: who answers for it.
    pub certificate: NodeCertificate,
    /// The entry of the lower hash.
    pub left: Entry,
    /// The other one.
    pub right: Entry,
}

impl Fork {
    /// The proof that two entries make; [`Fork::verify`] says whether it is one.
    pub fn of(certificate: NodeCertificate, one: &Entry, other: &Entry) -> Self {
        let bare = |entry: &Entry| Entry { payload: None, ..entry.clone() };
        let (left, right) = if one.hash() <= other.hash() { (one, other) } else { (other, one) };
        Self { certificate, left: bare(left), right: bare(right) }
    }

    /// The forked log.
    pub fn log(&self) -> LogId {
        self.left.header.log
    }

    /// The last entry that both branches have.
    pub fn common(&self) -> Head {
        Head { seq: self.left.header.seq.saturating_sub(1), hash: self.left.header.prev }
    }

    /// Where the branches part: the sequence number that was used twice.
    pub fn seq(&self) -> u64 {
        self.left.header.seq
    }

    /// The first entry of each branch, the lower hash first.
    pub fn branches(&self) -> [Head; 2] {
        [self.left.head(), self.right.head()]
    }

    /// Checks that this is a fork: both entries stand at one place of one log of the certificate's node, after the same
    /// entry; they differ; all signatures hold. Whether the institution is on the roster is the roster's question.
    ///
    /// # Errors
    /// What does not hold; then nothing is proven.
    pub fn verify(&self, network: &NetworkId) -> Checked<()> {
        let (left, right) = (&self.left.header, &self.right.header);
        let one_place = left.log == right.log && left.seq == right.seq && left.prev == right.prev;
        if !one_place || left.seq == 0 {
            return Err(Fault::Forbidden { what: "fork", why: "its entries do not stand at one place" });
        }
        if self.left.hash() >= self.right.hash() {
            return Err(Fault::Forbidden {
                what: "fork",
                why: "its entries are not two, the lower hash first",
            });
        }
        if self.certificate.body.node != left.log.node {
            return Err(Fault::Mismatch { what: "the fork's log and its certificate" });
        }
        self.certificate.verify(network)?;
        self.left.verify(network)?;
        self.right.verify(network)
    }

    /// Writes certificate and entries.
    pub fn encode(&self, to: &mut Encoder) {
        self.certificate.encode(to);
        self.left.encode(to);
        self.right.encode(to);
    }

    /// Canonical bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut to = Encoder::new();
        self.encode(&mut to);
        to.finish()
    }

    /// Reads it; `verify` is the caller's next step.
    pub fn decode(from: &mut Decoder<'_>) -> Checked<Self> {
        let certificate = NodeCertificate::decode(from)?;
        let (left, right) = (Entry::decode(from)?, Entry::decode(from)?);
        let bare = left.payload.is_none() && right.payload.is_none();
        if bare { Ok(Self { certificate, left, right }) } else { Err(Fault::NotCanonical { what: "fork" }) }
    }

    /// Reads its bytes.
    pub fn from_bytes(bytes: &[u8]) -> Checked<Self> {
        Decoder::whole(bytes, "fork", Self::decode)
    }

    /// The body of a file that proves it to a third party.
    pub fn to_file_body(&self, network: &NetworkId) -> Vec<u8> {
        let mut to = Encoder::new();
        network.encode(&mut to);
        self.encode(&mut to);
        to.finish()
    }

    /// Reads the body of a file: the network, and the fork.
    pub fn from_file_body(bytes: &[u8]) -> Checked<(NetworkId, Self)> {
        Decoder::whole(bytes, "fork", |from| Ok((NetworkId::decode(from)?, Self::decode(from)?)))
    }
}

impl Roster {
    /// The last entry of a log that counts by the governors' word: the settled one, or the last valid one of a revoked
    /// node (none of a log that the revocation does not name); of both the lower. `None` where they end nothing.
    pub fn end(&self, log: &LogId) -> Option<Head> {
        let by_word = |log: &LogId| self.own_settles.range((*log, InstitutionId([0; 32]))..).next();
        let own = by_word(log).is_some_and(|((settled, _), _)| settled == log);
        self.lower_end(log, self.settled.get(log).filter(|_| !own))
    }

    /// The same of a log that this certificate opened. The word of the institution that answers for the log settles it,
    /// where the governors have not; nobody else's does, whatever node keys they hold. Nothing counts when the root key
    /// is not good for the node.
    pub fn end_under(&self, log: &LogId, certificate: &NodeCertificate) -> Option<Head> {
        if !self.certifies(certificate) {
            return Some(Head::default());
        }
        let own = self.own_settles.get(&(*log, certificate.body.institution));
        match own {
            Some(own) => self.lower_end(log, Some(own)),
            None => self.end(log),
        }
    }

    fn lower_end(&self, log: &LogId, settled: Option<&Head>) -> Option<Head> {
        let revoked = self.revoked.get(&log.node).map(|heads| heads.get(log).copied().unwrap_or_default());
        revoked.into_iter().chain(settled.copied()).min()
    }
}
