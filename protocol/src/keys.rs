//! Ed25519 (RFC 8032) keys and signatures, bound to a domain and a network.

use ed25519_dalek::{Signer, SigningKey, VerifyingKey};

use crate::codec::{Decoder, Encoder};
use crate::fault::{Checked, Fault};
use crate::hash::{NetworkId, id32};
use std::fmt;
use std::str::FromStr;

mod held;

pub use held::remember_signatures;

id32! {
    /// An ed25519 public key. Not checked to be a point until it verifies something.
    PublicKey
}

/// What a signature is about; part of the signed bytes, so that a signature for one purpose is none for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// A governor's word for the charter.
    Charter,
    /// A root or node key's word for a node certificate.
    Certificate,
    /// A node's word for an entry.
    Entry,
    /// A governor's word for a roster step.
    RosterStep,
    /// The one-time key's and the new root key's word for a redemption.
    Redemption,
    /// A new root key's word that someone holds it.
    RootKey,
    /// A node's word for what a volume of a bundle holds.
    Bundle,
    /// A node's word that someone at its desk reviewed a draft; it stays at home.
    Review,
    /// A node's word for how it is.
    Status,
}

impl Purpose {
    fn domain(self) -> &'static [u8] {
        match self {
            Self::Charter => b"lianshi/1/sign/charter\0",
            Self::Certificate => b"lianshi/1/sign/certificate\0",
            Self::Entry => b"lianshi/1/sign/entry\0",
            Self::RosterStep => b"lianshi/1/sign/roster-step\0",
            Self::Redemption => b"lianshi/1/sign/redemption\0",
            Self::RootKey => b"lianshi/1/sign/root-key\0",
            Self::Bundle => b"lianshi/1/sign/bundle\0",
            Self::Review => b"lianshi/1/sign/review\0",
            Self::Status => b"lianshi/1/sign/status\0",
        }
    }

    fn message(self, network: &NetworkId, body: &[u8]) -> Vec<u8> {
        [self.domain(), &network.0, body].concat()
    }
}

/// An ed25519 signature.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Signature(pub [u8; 64]);

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signature({})", data_encoding::HEXLOWER.encode(&self.0[..4]))
    }
}

impl Signature {
    /// Writes the 64 bytes.
    pub fn encode(&self, to: &mut Encoder) {
        to.raw(&self.0);
    }

    /// Reads 64 bytes.
    pub fn decode(from: &mut Decoder<'_>) -> Checked<Self> {
        Ok(Self(from.array("signature")?))
    }
}

/// A secret key. Its bytes are wiped when it is dropped; it has no `Debug`.
#[derive(Clone)]
pub struct SecretKey(SigningKey);

impl SecretKey {
    /// From 32 bytes of a good random source.
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(seed))
    }

    /// The 32 bytes, to be kept in a file that only its owner can read.
    pub fn seed(&self) -> [u8; 32] {
        self.0.to_bytes()
    }

    /// The public half.
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key().to_bytes())
    }

    /// Signs `body` for a purpose within a network.
    pub fn sign(&self, purpose: Purpose, network: &NetworkId, body: &[u8]) -> Signature {
        Signature(self.0.sign(&purpose.message(network, body)).to_bytes())
    }
}

impl PublicKey {
    /// Checks a signature with `verify_strict`: no small-order keys, no malleable signatures. Every node must judge
    /// odd keys alike, so batch verification is never used.
    pub fn verify(
        &self,
        purpose: Purpose,
        network: &NetworkId,
        body: &[u8],
        signature: &Signature,
        what: &'static str,
    ) -> Checked<()> {
        let wrong = Fault::Signature { what };
        let message = purpose.message(network, body);
        if held::is_known(self, &message, signature) {
            return Ok(());
        }
        let key = VerifyingKey::from_bytes(&self.0).map_err(|_| wrong.clone())?;
        let form = ed25519_dalek::Signature::from_bytes(&signature.0);
        key.verify_strict(&message, &form).map_err(|_| wrong)?;
        held::keep(self, &message, signature);
        Ok(())
    }
}
