//! SHA-256 with a domain, and the identifiers that are such hashes.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest, Sha256};

use crate::codec::{Decoder, Encoder};
use crate::fault::{Checked, Fault};

/// SHA-256 (FIPS 180-4) over `lianshi/1/<domain>`, a zero byte and the parts, one after the other. The callers' parts
/// have fixed or self-describing lengths, so no two inputs collide by being cut differently.
pub fn hash(domain: &str, parts: &[&[u8]]) -> Hash {
    let mut hasher = Hasher::new(domain);
    parts.iter().for_each(|part| hasher.update(part));
    hasher.finish()
}

/// [`hash`] of parts that come one after the other.
#[derive(Clone)]
pub struct Hasher(Sha256);

impl Hasher {
    /// Begins in a domain.
    pub fn new(domain: &str) -> Self {
        let mut sha = Sha256::new();
        sha.update(b"lianshi/1/");
        sha.update(domain.as_bytes());
        sha.update([0]);
        Self(sha)
    }

    /// Takes the next part.
    pub fn update(&mut self, part: &[u8]) {
        self.0.update(part);
    }

    /// The hash of all parts.
    pub fn finish(self) -> Hash {
        Hash(self.0.finalize().into())
    }
}

macro_rules! id32 {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
        pub struct $name(pub [u8; 32]);

        impl $name {
            /// Writes the 32 bytes.
            pub fn encode(&self, to: &mut Encoder) {
                to.raw(&self.0);
            }

            /// Reads 32 bytes.
            pub fn decode(from: &mut Decoder<'_>) -> Checked<Self> {
                Ok(Self(from.array(stringify!($name))?))
            }

            /// The first eight hexadecimal digits, for people's eyes.
            pub fn short(&self) -> String {
                self.to_string()[..8].to_owned()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&data_encoding::HEXLOWER.encode(&self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.short())
            }
        }

        impl FromStr for $name {
            type Err = Fault;

            /// Reads 64 hexadecimal digits of either case.
            fn from_str(text: &str) -> Checked<Self> {
                let mut out = [0; 32];
                let wrong = Fault::NotCanonical { what: stringify!($name) };
                if text.len() != 64 {
                    return Err(wrong);
                }
                match data_encoding::HEXLOWER_PERMISSIVE.decode_mut(text.as_bytes(), &mut out) {
                    Ok(32) => Ok(Self(out)),
                    _ => Err(wrong),
                }
            }
        }
    };
}
pub(crate) use id32;

id32! {
    /// A SHA-256 hash.
    Hash
}
id32! {
    /// A network: the hash of its charter.
    NetworkId
}
id32! {
    /// An institution: the hash of its first root key, so that it survives rotation.
    InstitutionId
}
id32! {
    /// A document: the hash of the entry that created it, signature included.
    DocumentId
}

impl InstitutionId {
    /// The institution whose first root key this is.
    pub fn of_first_root(root: &crate::keys::PublicKey) -> Self {
        Self(hash("institution", &[&root.0]).0)
    }
}
