//! Signatures that held, remembered in a program in which many nodes meet.

use std::collections::BTreeSet;
use std::sync::{Mutex, OnceLock};

use sha2::{Digest, Sha256};

use super::{PublicKey, Signature};

/// Empty in a node.
static HELD: OnceLock<Mutex<Held>> = OnceLock::new();

#[derive(Default)]
struct Held {
    most: usize,
    /// Hashes of all that was verified; never of what did not hold.
    known: BTreeSet<[u8; 32]>,
}

/// From now on this program remembers up to `most` signatures that held, 32 bytes each, and verifies none of them twice.
/// For the simulator: a node by itself sees most signatures once.
pub fn remember_signatures(most: usize) {
    if let Ok(mut held) = HELD.get_or_init(Mutex::default).lock() {
        *held = Held { most, known: BTreeSet::new() };
    }
}

pub(super) fn is_known(key: &PublicKey, message: &[u8], signature: &Signature) -> bool {
    let held = HELD.get().and_then(|held| held.lock().ok());
    held.is_some_and(|held| held.known.contains(&digest(key, message, signature)))
}

pub(super) fn keep(key: &PublicKey, message: &[u8], signature: &Signature) {
    let Some(mut held) = HELD.get().and_then(|held| held.lock().ok()) else { return };
    if held.known.len() >= held.most {
        held.known.clear();
    }
    if held.most > 0 {
        held.known.insert(digest(key, message, signature));
    }
}

fn digest(key: &PublicKey, message: &[u8], signature: &Signature) -> [u8; 32] {
    Sha256::new().chain_update(key.0).chain_update(signature.0).chain_update(message).finalize().into()
}
