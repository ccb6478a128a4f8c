//! Circles: who shares a sealed shelf.
//!
//! A circle is a fixed set of parties and mailbox nodes. Its id is a hash of them and of a nonce, so that whoever can open a
//! creating entry can see that the parties named there are those of the circle; whoever cannot learns nothing from it.

use std::collections::BTreeSet;
use std::fmt;

use crate::codec::{Decoder, Encoder};
use crate::fault::{Checked, Fault};
use crate::hash::{InstitutionId, hash};
use crate::keys::PublicKey;
use crate::limits::{MAX_MAILBOXES, MAX_PARTIES};
use crate::patch::Patch;
use crate::value::Value;

/// Prefix of the keys that name a document's parties: the institution's id in hexadecimal follows.
pub const PARTY: &str = "_party/";
/// Prefix of the keys that name mailbox nodes: the node's key in hexadecimal follows.
pub const MAILBOX: &str = "_mailbox/";
/// The key that holds the circle's nonce, 32 hexadecimal digits.
pub const NONCE: &str = "_circle";

/// Names a circle.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CircleId(pub [u8; 16]);

impl CircleId {
    /// Reads 16 bytes.
    pub fn decode(from: &mut Decoder<'_>) -> Checked<Self> {
        Ok(Self(from.array("circle")?))
    }
}

impl fmt::Debug for CircleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CircleId({})", data_encoding::HEXLOWER.encode(&self.0[..4]))
    }
}

/// A circle as its parties know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Circle {
    /// 16 random bytes: the same parties can have any number of circles, and nobody else can guess the id.
    pub nonce: [u8; 16],
    /// Who may read, and edit.
    pub parties: BTreeSet<InstitutionId>,
    /// Nodes that keep and pass on what they cannot open.
    pub mailboxes: BTreeSet<PublicKey>,
}

impl Circle {
    /// The id: the first 16 bytes of `hash("circle", nonce, parties, mailboxes)`.
    pub fn id(&self) -> CircleId {
        let mut short = [0; 16];
        short.copy_from_slice(&hash("circle", &[&self.to_bytes()]).0[..16]);
        CircleId(short)
    }

    /// The keys that a creating patch in this circle carries.
    pub fn keys(&self) -> impl Iterator<Item = (String, Value)> {
        let nonce = data_encoding::HEXLOWER.encode(&self.nonce);
        let parties = self.parties.iter().map(|id| format!("{PARTY}{id}"));
        let mailboxes = self.mailboxes.iter().map(|node| format!("{MAILBOX}{node}"));
        let named = parties.chain(mailboxes).map(|key| (key, Value::Bool(true)));
        named.chain([(NONCE.to_owned(), Value::Text(nonce))])
    }

    /// The circle that a creating patch names; `None` when the keys are not those of a circle within its bounds.
    pub fn named_by(patch: &Patch) -> Option<Self> {
        let mut circle = Self { nonce: [0; 16], parties: BTreeSet::new(), mailboxes: BTreeSet::new() };
        let mut nonce = None;
        for op in &patch.ops {
            if op.key == NONCE {
                let Some(Value::Text(text)) = &op.put else { return None };
                let bytes = data_encoding::HEXLOWER.decode(text.as_bytes()).ok()?;
                nonce = Some(<[u8; 16]>::try_from(bytes).ok()?);
            } else if let Some(id) = op.key.strip_prefix(PARTY) {
                circle.parties.insert(id.parse().ok()?);
            } else if let Some(node) = op.key.strip_prefix(MAILBOX) {
                circle.mailboxes.insert(node.parse().ok()?);
            }
        }
        circle.nonce = nonce?;
        circle.is_bounded().then_some(circle)
    }

    fn is_bounded(&self) -> bool {
        (1..=MAX_PARTIES).contains(&self.parties.len()) && self.mailboxes.len() <= MAX_MAILBOXES
    }

    /// Writes nonce, parties, mailboxes.
    pub fn encode(&self, to: &mut Encoder) {
        to.raw(&self.nonce);
        to.list(&self.parties.iter().collect::<Vec<_>>(), |to, id| id.encode(to));
        to.list(&self.mailboxes.iter().collect::<Vec<_>>(), |to, node| node.encode(to));
    }

    /// Canonical bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut to = Encoder::new();
        self.encode(&mut to);
        to.finish()
    }

    /// Reads a circle.
    pub fn decode(from: &mut Decoder<'_>) -> Checked<Self> {
        let nonce = from.array("nonce")?;
        let parties = from.list(MAX_PARTIES, "parties", InstitutionId::decode)?;
        let mailboxes = from.list(MAX_MAILBOXES, "mailboxes", PublicKey::decode)?;
        let ascending =
            parties.is_sorted_by(|a, b| a < b) && mailboxes.is_sorted_by(|a, b| a < b) && !parties.is_empty();
        if !ascending {
            return Err(Fault::NotCanonical { what: "circle" });
        }
        Ok(Self { nonce, parties: parties.into_iter().collect(), mailboxes: mailboxes.into_iter().collect() })
    }
}
