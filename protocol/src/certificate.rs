//! An institution's signed word for a node's key.

use crate::charter::Role;
use crate::codec::{Decoder, Encoder};
use crate::fault::{Checked, Fault};
use crate::hash::{Hash, InstitutionId, NetworkId, hash};
use crate::keys::{PublicKey, Purpose, SecretKey, Signature};
use crate::limits::{MAX_PATTERNS, VERSION};
use crate::shelf::{Shelf, ShelfKind, ShelfPattern};

/// What the institution lets its node do; a bit set, unknown bits are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capabilities(pub u64);

impl Capabilities {
    /// Publish listings.
    pub const PUBLISH: u64 = 1;
    /// Make statements about others' listings.
    pub const STATE: u64 = 2;
    /// Carry roster steps and countersign redemptions.
    pub const ROSTER: u64 = 4;
    /// Relay connections of members behind NAT.
    pub const RELAY: u64 = 8;
}

/// The certificate, without its signatures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateBody {
    /// The institution that answers for the node.
    pub institution: InstitutionId,
    /// The root key that signs; the institution's current one.
    pub root: PublicKey,
    /// The node's key; also its libp2p identity.
    pub node: PublicKey,
    /// The node's X25519 key (RFC 7748), to which sealed documents are encrypted.
    pub sealing: [u8; 32],
    /// The node's role.
    pub role: Role,
    /// The region that the node publishes for: the shelves on which it creates listings carry this code.
    pub region: u32,
    /// What it may do.
    pub capabilities: Capabilities,
    /// Shelves that it may write; empty for all of its region.
    pub shelves: Vec<ShelfPattern>,
    /// Counts the certificates of this node, from 1.
    pub serial: u64,
    /// The issuer's clock, milliseconds since 1970.
    pub issued_ms: i64,
    /// After this moment peers close connections. It never judges an entry: no clock decides a view.
    pub not_after_ms: i64,
}

impl CertificateBody {
    fn to_bytes(&self) -> Vec<u8> {
        let mut to = Encoder::new();
        to.u8(VERSION);
        self.institution.encode(&mut to);
        self.root.encode(&mut to);
        self.node.encode(&mut to);
        to.raw(&self.sealing).u8(self.role as u8).uint(self.region.into()).uint(self.capabilities.0);
        to.list(&self.shelves, |to, s| s.encode(to));
        to.uint(self.serial).int(self.issued_ms).int(self.not_after_ms);
        to.finish()
    }

    fn decode(from: &mut Decoder<'_>) -> Checked<Self> {
        let version = from.u8("certificate version")?;
        if version != VERSION {
            return Err(Fault::Unknown { what: "certificate version", code: version.into() });
        }
        Ok(Self {
            institution: InstitutionId::decode(from)?,
            root: PublicKey::decode(from)?,
            node: PublicKey::decode(from)?,
            sealing: from.array("sealing key")?,
            role: Role::decode(from)?,
            region: from.uint_max(999_999, "region code")? as u32,
            capabilities: Capabilities(from.uint("capabilities")?),
            shelves: from.list(MAX_PATTERNS, "shelves", ShelfPattern::decode)?,
            serial: from.uint("serial")?,
            issued_ms: from.int("issue time")?,
            not_after_ms: from.int("expiry")?,
        })
    }
}

/// A node certificate, signed by both keys: the institution vouches for the node, and nobody can claim another's node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeCertificate {
    /// What is certified.
    pub body: CertificateBody,
    /// The root key's signature.
    pub by_root: Signature,
    /// The node key's signature.
    pub by_node: Signature,
}

impl NodeCertificate {
    /// Signs with both keys.
    pub fn issue(body: CertificateBody, network: &NetworkId, root: &SecretKey, node: &SecretKey) -> Self {
        let bytes = body.to_bytes();
        Self {
            by_root: root.sign(Purpose::Certificate, network, &bytes),
            by_node: node.sign(Purpose::Certificate, network, &bytes),
            body,
        }
    }

    /// Checks both signatures. Whether the root key is an admitted institution's is the roster's question.
    pub fn verify(&self, network: &NetworkId) -> Checked<()> {
        let bytes = self.body.to_bytes();
        let what = "the node certificate";
        self.body.root.verify(Purpose::Certificate, network, &bytes, &self.by_root, what)?;
        self.body.node.verify(Purpose::Certificate, network, &bytes, &self.by_node, what)
    }

    /// The certificate's hash, which statuses and histories show.
    pub fn id(&self) -> Hash {
        hash("certificate", &[&self.to_bytes()])
    }

    /// The first bytes of its id: enough to find it among the few of one node.
    pub fn check(&self) -> [u8; 8] {
        let mut check = [0; 8];
        check.copy_from_slice(&self.id().0[..8]);
        check
    }

    /// True when the node may open a log on this shelf and edit documents there. Listing shelves of every region are among
    /// them, since a listing may name co-editors elsewhere; to begin a listing takes [`Self::may_create`].
    pub fn allows(&self, shelf: &Shelf) -> bool {
        let can = |bit| self.body.capabilities.0 & bit != 0;
        let listed = self.body.shelves.is_empty() || self.body.shelves.iter().any(|p| p.covers(shelf));
        let sealed = shelf.circle().is_some();
        match shelf.kind {
            ShelfKind::ROSTER => *shelf == Shelf::ROSTER && can(Capabilities::ROSTER),
            ShelfKind::DIRECTORY => *shelf == Shelf::DIRECTORY,
            ShelfKind::STATEMENT => can(Capabilities::STATE) && listed && !sealed,
            ShelfKind::CORRESPONDENCE => shelf.region == 0 && sealed,
            kind if kind.is_listing() => {
                (shelf.region == 0 || !sealed) && can(Capabilities::PUBLISH) && listed
            }
            _ => false,
        }
    }

    /// True when the node may create documents on this shelf, or move them there: listings only in its own region, unless
    /// the shelf is sealed.
    pub fn may_create(&self, shelf: &Shelf) -> bool {
        let home = shelf.region == self.body.region || shelf.circle().is_some();
        shelf.kind.holds_documents() && home && self.allows(shelf)
    }

    /// Writes body and signatures.
    pub fn encode(&self, to: &mut Encoder) {
        to.bytes(&self.body.to_bytes());
        self.by_root.encode(to);
        self.by_node.encode(to);
    }

    /// Canonical bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut to = Encoder::new();
        self.encode(&mut to);
        to.finish()
    }

    /// Reads body and signatures; `verify` is the caller's next step.
    pub fn decode(from: &mut Decoder<'_>) -> Checked<Self> {
        let body = from.bytes(crate::limits::MAX_PAYLOAD, "certificate")?;
        Ok(Self {
            body: Decoder::whole(body, "certificate", CertificateBody::decode)?,
            by_root: Signature::decode(from)?,
            by_node: Signature::decode(from)?,
        })
    }
}
