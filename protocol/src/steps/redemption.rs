//! How an invitation is used.

use crate::certificate::NodeCertificate;
use crate::charter::Institution;
use crate::codec::{Decoder, Encoder};
use crate::fault::{Checked, Fault};
use crate::hash::NetworkId;
use crate::keys::{PublicKey, Purpose, SecretKey, Signature};
use crate::limits::VERSION;

/// A newcomer's use of an invitation, signed by the one-time key and by its own root key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redemption {
    /// The one-time key of the invitation.
    pub invitation: PublicKey,
    /// Who it is. Role and region must be those of the invitation.
    pub institution: Institution,
    /// Its node.
    pub certificate: NodeCertificate,
    /// The one-time key's signature.
    pub by_invitation: Signature,
    /// The new root key's signature.
    pub by_root: Signature,
}

impl Redemption {
    fn signed(invitation: &PublicKey, institution: &Institution, certificate: &NodeCertificate) -> Vec<u8> {
        let mut to = Encoder::new();
        to.u8(VERSION);
        invitation.encode(&mut to);
        institution.encode(&mut to);
        certificate.encode(&mut to);
        to.finish()
    }

    /// Signs with both keys.
    pub fn sign(
        institution: Institution,
        certificate: NodeCertificate,
        network: &NetworkId,
        one_time: &SecretKey,
        root: &SecretKey,
    ) -> Self {
        let invitation = one_time.public();
        let bytes = Self::signed(&invitation, &institution, &certificate);
        Self {
            by_invitation: one_time.sign(Purpose::Redemption, network, &bytes),
            by_root: root.sign(Purpose::Redemption, network, &bytes),
            invitation,
            institution,
            certificate,
        }
    }

    /// Checks all four signatures and that they speak of one institution.
    pub fn verify(&self, network: &NetworkId) -> Checked<()> {
        let bytes = Self::signed(&self.invitation, &self.institution, &self.certificate);
        let what = "the redemption";
        self.invitation.verify(Purpose::Redemption, network, &bytes, &self.by_invitation, what)?;
        self.institution.root.verify(Purpose::Redemption, network, &bytes, &self.by_root, what)?;
        self.certificate.verify(network)?;
        let body = &self.certificate.body;
        let same = body.root == self.institution.root
            && body.institution == self.institution.id()
            && body.role == self.institution.role
            && body.region == self.institution.region;
        if same { Ok(()) } else { Err(Fault::Mismatch { what: "redemption and certificate" }) }
    }

    /// Writes it.
    pub fn encode(&self, to: &mut Encoder) {
        self.invitation.encode(to);
        self.institution.encode(to);
        self.certificate.encode(to);
        self.by_invitation.encode(to);
        self.by_root.encode(to);
    }

    /// Canonical bytes: the payload of the issuer's countersignature.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut to = Encoder::new();
        self.encode(&mut to);
        to.finish()
    }

    /// Reads it; `verify` is the caller's next step.
    pub fn decode(from: &mut Decoder<'_>) -> Checked<Self> {
        Ok(Self {
            invitation: PublicKey::decode(from)?,
            institution: Institution::decode(from)?,
            certificate: NodeCertificate::decode(from)?,
            by_invitation: Signature::decode(from)?,
            by_root: Signature::decode(from)?,
        })
    }

    /// Reads a payload.
    pub fn from_bytes(bytes: &[u8]) -> Checked<Self> {
        Decoder::whole(bytes, "redemption", Self::decode)
    }
}
