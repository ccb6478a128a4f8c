//! The file of a root key: 64 hexadecimal digits, or the same under a passphrase.
//!
//! ```text
//! lianshi root-key 1
//! public 8a88…            the public half, so that the key can be named without the passphrase
//! argon2id 65536 3 4      KiB, passes, lanes (RFC 9106)
//! salt …                  16 bytes
//! nonce …                 12 bytes
//! sealed …                the 32 bytes of the seed under ChaCha20-Poly1305 (RFC 8439); the lines above are its data
//! ```

use std::path::Path;

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{ChaCha20Poly1305, Key, Nonce};
use protocol::{PublicKey, SecretKey};
use zeroize::Zeroizing;

use crate::error::{MarketError, Result};
use crate::identity::{hex, random, read, write_private};

/// First line of a file under a passphrase.
pub(crate) const FIRST: &str = "lianshi root-key 1";
/// Memory of the key derivation, KiB: RFC 9106's second choice, which an office machine has.
const MEMORY_KIB: u32 = 64 * 1024;
/// Passes over it.
const PASSES: u32 = 3;
/// Lanes.
const LANES: u32 = 4;
/// Most memory that a file may ask for, KiB, and most passes and lanes: a planted file must not stop the machine.
const MOST: (u32, u32, u32) = (1024 * 1024, 16, 16);
/// Longest file of a root key, bytes.
const MAX_BYTES: usize = 1_024;

/// What a file of a root key holds.
pub enum RootFile {
    /// The key itself.
    Plain(SecretKey),
    /// The key under a passphrase.
    Locked(Locked),
}

/// A key under a passphrase.
pub struct Locked {
    public: PublicKey,
    costs: (u32, u32, u32),
    salt: Vec<u8>,
    nonce: Vec<u8>,
    sealed: Vec<u8>,
}

fn wrong(path: &Path, why: &str) -> MarketError {
    MarketError::Identity { path: path.display().to_string(), why: why.to_owned() }
}

impl RootFile {
    /// Reads a file.
    ///
    /// # Errors
    /// When it is neither kind of file, or asks for more work than this program does for anyone.
    pub fn read(path: &Path) -> Result<Self> {
        let bytes = Zeroizing::new(read(path)?);
        let damaged = || wrong(path, "this is not a root key; restore the file from a backup");
        if bytes.len() > MAX_BYTES {
            return Err(damaged());
        }
        let text = std::str::from_utf8(&bytes).map_err(|_| damaged())?;
        if text.starts_with(FIRST) {
            return Locked::parse(text).map(Self::Locked).ok_or_else(damaged);
        }
        let seed = digits(text.trim()).and_then(|seed| seed.try_into().ok()).ok_or_else(damaged)?;
        Ok(Self::Plain(SecretKey::from_seed(&seed)))
    }

    /// The key, when no passphrase guards it.
    pub fn plain(self) -> Option<SecretKey> {
        match self {
            Self::Plain(key) => Some(key),
            Self::Locked(_) => None,
        }
    }

    /// The public half.
    pub fn public(&self) -> PublicKey {
        match self {
            Self::Plain(key) => key.public(),
            Self::Locked(locked) => locked.public,
        }
    }

    /// Writes a key as it is.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn write_plain(path: &Path, key: &SecretKey) -> Result<()> {
        write_private(path, &hex(&key.seed()))
    }

    /// Writes a key under a passphrase.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn write_locked(path: &Path, key: &SecretKey, passphrase: &str) -> Result<()> {
        let mut locked = Locked {
            public: key.public(),
            costs: (MEMORY_KIB, PASSES, LANES),
            salt: random::<16>()?.to_vec(),
            nonce: random::<12>()?.to_vec(),
            sealed: Vec::new(),
        };
        let head = locked.head();
        let seed = Zeroizing::new(key.seed());
        let payload = Payload { msg: seed.as_slice(), aad: head.as_bytes() };
        let sealed = locked
            .cipher(passphrase)
            .and_then(|cipher| cipher.encrypt(&Nonce::try_from(locked.nonce.as_slice()).ok()?, payload).ok());
        locked.sealed = sealed.ok_or_else(|| wrong(path, "the key could not be put under the passphrase"))?;
        let text = format!("{head}sealed {}\n", data_encoding::HEXLOWER.encode(&locked.sealed));
        write_private(path, text.as_bytes())
    }
}

impl Locked {
    fn head(&self) -> String {
        let (memory, passes, lanes) = self.costs;
        let hex = |bytes: &[u8]| data_encoding::HEXLOWER.encode(bytes);
        format!(
            "{FIRST}\npublic {}\nargon2id {memory} {passes} {lanes}\nsalt {}\nnonce {}\n",
            self.public,
            hex(&self.salt),
            hex(&self.nonce)
        )
    }

    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines().skip(1);
        let mut line = |name: &str| lines.next()?.strip_prefix(name)?.strip_prefix(' ').map(str::to_owned);
        let public = line("public")?.parse().ok()?;
        let costs: Vec<u32> =
            line("argon2id")?.split(' ').map(str::parse).collect::<std::result::Result<_, _>>().ok()?;
        let &[memory, passes, lanes] = costs.as_slice() else { return None };
        let (salt, nonce) = (digits(&line("salt")?)?, digits(&line("nonce")?)?);
        let sealed = digits(&line("sealed")?)?;
        let bounded = memory <= MOST.0 && passes <= MOST.1 && lanes <= MOST.2;
        let sized = salt.len() == 16 && nonce.len() == 12;
        (bounded && sized).then_some(Self { public, costs: (memory, passes, lanes), salt, nonce, sealed })
    }

    fn cipher(&self, passphrase: &str) -> Option<ChaCha20Poly1305> {
        let (memory, passes, lanes) = self.costs;
        let params = argon2::Params::new(memory, passes, lanes, Some(32)).ok()?;
        let argon = argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, params);
        let mut key = Zeroizing::new([0; 32]);
        argon.hash_password_into(passphrase.as_bytes(), &self.salt, key.as_mut_slice()).ok()?;
        Some(ChaCha20Poly1305::new(&Key::from(*key)))
    }

    /// The key, when the passphrase is right; else nothing.
    pub fn open(&self, passphrase: &str) -> Option<SecretKey> {
        let head = self.head();
        let payload = Payload { msg: self.sealed.as_slice(), aad: head.as_bytes() };
        let nonce = Nonce::try_from(self.nonce.as_slice()).ok()?;
        let seed = self.cipher(passphrase)?.decrypt(&nonce, payload).ok()?;
        let seed = Zeroizing::new(seed);
        let key = SecretKey::from_seed(&<[u8; 32]>::try_from(seed.as_slice()).ok()?);
        (key.public() == self.public).then_some(key)
    }
}

fn digits(text: &str) -> Option<Vec<u8>> {
    data_encoding::HEXLOWER_PERMISSIVE.decode(text.as_bytes()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_passphrase_opens_what_it_closed_and_another_does_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("root.key");
        let key = SecretKey::from_seed(&[5; 32]);
        RootFile::write_locked(&path, &key, "石榴树下").unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        let seed = data_encoding::HEXLOWER.encode(&key.seed());
        assert!(!text.contains(&seed) && text.len() < MAX_BYTES);
        let RootFile::Locked(locked) = RootFile::read(&path).unwrap() else { panic!("it is locked") };
        assert_eq!(locked.public, key.public());
        assert_eq!(locked.open("石榴树下").map(|key| key.seed()), Some(key.seed()));
        assert!(locked.open("石榴树上").is_none());
        // Whoever changes a line of it does not get the key, nor the machine's memory.
        for (from, to) in
            [("argon2id 65536 3 4", "argon2id 65536 2 4"), ("public", "Public"), ("3 4", "3000000 4")]
        {
            std::fs::write(&path, text.replace(from, to)).unwrap();
            let opened = match RootFile::read(&path) {
                Ok(RootFile::Locked(locked)) => locked.open("石榴树下"),
                Ok(RootFile::Plain(key)) => Some(key),
                Err(_) => None,
            };
            assert!(opened.is_none(), "{to}");
        }
        RootFile::write_plain(&path, &key).unwrap();
        assert_eq!(RootFile::read(&path).unwrap().plain().map(|key| key.seed()), Some(key.seed()));
    }
}
