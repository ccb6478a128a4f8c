//! The identity as files in a backup: which belong there, and whether they belong together.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use protocol::{NetworkId, NodeCertificate, SealingKey, SecretKey};

use super::files::{digits, io};
use super::{CERTIFICATE, Identity, read_certificate, read_charter};
use crate::Opener;
use crate::error::Result;
use crate::root_key;

/// Small files of a home that a backup holds. The recovery key is none of them: another hand keeps it than the backup's, or
/// one loss would open both.
const BACKED_UP: [&str; 9] = [
    CERTIFICATE,
    "identity/charter.lianshi",
    "identity/node.key",
    "identity/node.key.next",
    "identity/root.key",
    "identity/root.key.next",
    "identity/sealing.key",
    "config.toml",
    "port",
];

/// Whether a backup may hold a file of this name.
pub(crate) fn is_backed_up(name: &str) -> bool {
    BACKED_UP.contains(&name)
}

/// Whether the bytes of a root key's file are under a passphrase.
pub(crate) fn is_locked(bytes: &[u8]) -> bool {
    bytes.starts_with(root_key::FIRST.as_bytes())
}

type Files = BTreeMap<String, Vec<u8>>;

fn seed(files: &Files, name: &str) -> Option<[u8; 32]> {
    digits(files.get(name)?)
}

impl Identity {
    /// The small files of a home, by their names there, for a backup.
    ///
    /// # Errors
    /// When one cannot be read.
    pub fn small_files(home: &Path) -> Result<Files> {
        let mut files = Files::new();
        for name in BACKED_UP {
            let path = home.join(name);
            if path.exists() {
                files.insert(name.to_owned(), fs::read(&path).map_err(|error| io(&path, &error))?);
            }
        }
        Ok(files)
    }

    /// The certificate in files that make an identity; else what is wrong with them.
    pub(crate) fn check_files(files: &Files) -> std::result::Result<NodeCertificate, &'static str> {
        let certificate = files.get(CERTIFICATE).and_then(|bytes| read_certificate(bytes).ok());
        let (_, certificate, ..) = certificate.ok_or("the node's certificate in it does not read")?;
        let network = Self::network_in(files).ok_or("the charter in it does not read")?;
        certificate.verify(&network).map_err(|_| "the node's certificate in it does not hold")?;
        let keys = ["identity/node.key", "identity/node.key.next"].map(|name| seed(files, name));
        let certified = |seed: &[u8; 32]| SecretKey::from_seed(seed).public() == certificate.body.node;
        if !keys.iter().flatten().any(certified) {
            return Err("the node's key in it is not the certified one");
        }
        let sealing = seed(files, "identity/sealing.key").map(|seed| SealingKey::from_seed(&seed).public());
        if sealing != Some(certificate.body.sealing) {
            return Err("the sealing key in it is not the certified one");
        }
        Ok(certificate)
    }

    /// The network of a charter among files.
    pub(crate) fn network_in(files: &Files) -> Option<NetworkId> {
        let charter = read_charter(files.get("identity/charter.lianshi")?).ok()?;
        Some(charter.charter.id())
    }

    /// What opens envelopes for the node of these files.
    pub(crate) fn opener_in(files: &Files) -> Option<Opener> {
        let key = SealingKey::from_seed(&seed(files, "identity/sealing.key")?);
        Some(Opener { network: Self::network_in(files)?, key })
    }
}
