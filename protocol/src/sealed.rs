//! Envelopes: what stands in place of a payload on a sealed shelf.
//!
//! A fresh content key encrypts the payload (ChaCha20-Poly1305, RFC 8439); for each recipient a *slot* holds that key,
//! sealed to the recipient's X25519 key with HPKE in base mode (RFC 9180: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256,
//! ChaCha20Poly1305). Slots carry no names, are filled up with dummies and sorted, and the payload is padded to a few
//! sizes. Everything is bound to its place in the log: an envelope that is copied elsewhere does not open.
//!
//! Absent: randomness (a seed is passed in) and the question who the recipients are.

use std::fmt;

use chacha20poly1305::aead::{AeadInOut, KeyInit};
use chacha20poly1305::{ChaCha20Poly1305, Key, Nonce, Tag};
use hpke::aead::ChaCha20Poly1305 as HpkeAead;
use hpke::kdf::HkdfSha256;
use hpke::kem::X25519HkdfSha256;
use hpke::rand_core::{Infallible, TryCryptoRng, TryRng};
use hpke::{
    Deserializable, Kem, OpModeR, OpModeS, Serializable, single_shot_open, single_shot_seal_with_rng,
};
use sha2::{Digest, Sha256};

use crate::codec::{Decoder, Encoder};
use crate::fault::{Checked, Fault};
use crate::hash::{DocumentId, NetworkId};
use crate::limits::{MAX_PAYLOAD, MAX_SEALED, MAX_SLOTS, MIN_SEALED, SLOT_STEP};
use crate::shelf::LogId;

type PrivateKey = <X25519HkdfSha256 as Kem>::PrivateKey;
type PublicKey = <X25519HkdfSha256 as Kem>::PublicKey;
type Encapped = <X25519HkdfSha256 as Kem>::EncappedKey;

/// Bytes of a slot: an encapsulated key (32), the content key (32) and its tag (16).
pub(crate) const SLOT: usize = 80;
/// Bytes of the tag behind the padded payload.
const TAG: usize = 16;

/// A node's X25519 secret key (RFC 7748): opens what is sealed to the public half in its certificate.
#[derive(Clone)]
pub struct SealingKey([u8; 32]);

impl SealingKey {
    /// The key of 32 random bytes.
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(*seed)
    }

    /// The 32 bytes, for the node's own file.
    pub fn seed(&self) -> [u8; 32] {
        self.0
    }

    /// The public half, as certificates carry it. Zeros, which nothing can be sealed to, if there were none.
    pub fn public(&self) -> [u8; 32] {
        let mut public = [0; 32];
        if let Ok(secret) = PrivateKey::from_bytes(&self.0) {
            public.copy_from_slice(&X25519HkdfSha256::sk_to_pk(&secret).to_bytes());
        }
        public
    }
}

impl fmt::Debug for SealingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealingKey(…)")
    }
}

/// Where an envelope stands: part of what is authenticated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place<'a> {
    /// The network.
    pub network: &'a NetworkId,
    /// The log.
    pub log: &'a LogId,
    /// The sequence number of its entry.
    pub seq: u64,
    /// The document that the entry names; absent in the one that creates it.
    pub document: Option<&'a DocumentId>,
}

impl Place<'_> {
    fn to_bytes(self) -> Vec<u8> {
        let mut to = Encoder::new();
        to.raw(b"lianshi/1/sealed\0");
        self.network.encode(&mut to);
        self.log.encode(&mut to);
        to.uint(self.seq).option(self.document, |to, id| id.encode(to));
        to.finish()
    }
}

/// An envelope: slots and ciphertext.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    slots: Vec<[u8; SLOT]>,
    body: Vec<u8>,
}

impl Envelope {
    /// Seals a payload to the given X25519 keys. `seed` is 32 random bytes, used for nothing else.
    ///
    /// # Errors
    /// No recipient, more than `MAX_SLOTS`, a key that nothing can be sealed to, or a payload above `MAX_SEALED`.
    pub fn seal(payload: &[u8], recipients: &[[u8; 32]], place: Place<'_>, seed: &[u8; 32]) -> Checked<Self> {
        let count = recipients.len();
        if count == 0 || count > MAX_SLOTS {
            return Err(Fault::TooLong { what: "recipients", size: count as u64, limit: MAX_SLOTS as u64 });
        }
        let mut random = Expander { seed: *seed, counter: 0 };
        let mut key = [0; 32];
        random.fill(&mut key);
        let info = place.to_bytes();
        let mut slots = Vec::with_capacity(count.next_multiple_of(SLOT_STEP));
        for recipient in recipients {
            slots.push(slot(recipient, &key, &info, &mut random)?);
        }
        while slots.len() % SLOT_STEP != 0 {
            // Sealed to a key that nobody has: a dummy looks like any other slot.
            let mut nobody = [0; 32];
            random.fill(&mut nobody);
            slots.push(slot(&SealingKey(nobody).public(), &key, &info, &mut random)?);
        }
        slots.sort_unstable();
        let mut body = padded(payload)?;
        let tag = ChaCha20Poly1305::new(&Key::from(key))
            .encrypt_inout_detached(&Nonce::default(), &aad(&info, &slots), body.as_mut_slice().into())
            .map_err(|_| unsealable())?;
        body.extend_from_slice(&tag);
        Ok(Self { slots, body })
    }

    /// The payload, when one of the slots is for `key`; `None` for everyone else, and when any bit was changed.
    pub fn open(&self, key: &SealingKey, place: Place<'_>) -> Option<Vec<u8>> {
        let info = place.to_bytes();
        let content = self.slots.iter().find_map(|slot| open_slot(slot, key, &info))?;
        let (text, tag) = self.body.split_at_checked(self.body.len().checked_sub(TAG)?)?;
        let mut text = text.to_vec();
        let tag = Tag::try_from(tag).ok()?;
        ChaCha20Poly1305::new(&Key::from(content))
            .decrypt_inout_detached(
                &Nonce::default(),
                &aad(&info, &self.slots),
                text.as_mut_slice().into(),
                &tag,
            )
            .ok()?;
        unpadded(&text)
    }

    /// Canonical bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut to = Encoder::new();
        to.list(&self.slots, |to, slot| {
            to.raw(slot);
        });
        to.bytes(&self.body);
        to.finish()
    }

    /// Reads an envelope and checks its form, which everyone can.
    pub fn from_bytes(bytes: &[u8]) -> Checked<Self> {
        Decoder::whole(bytes, "envelope", |from| {
            let slots = from.list(MAX_SLOTS, "slots", |from| from.array("slot"))?;
            let body = from.bytes(MAX_PAYLOAD, "sealed body")?.to_vec();
            let full = !slots.is_empty() && slots.len() % SLOT_STEP == 0;
            let step = body.len().checked_sub(TAG).is_some_and(|size| step_of(size) == Some(size));
            if full && step && slots.is_sorted_by(|a: &[u8; SLOT], b| a < b) {
                Ok(Self { slots, body })
            } else {
                Err(Fault::NotCanonical { what: "envelope" })
            }
        })
    }
}

/// A fresh content key, and the slot from which one recipient gets it. `seed` is 32 random bytes, used for nothing else.
pub(crate) fn lock(recipient: &[u8; 32], info: &[u8], seed: &[u8; 32]) -> Checked<([u8; 32], [u8; SLOT])> {
    let mut random = Expander { seed: *seed, counter: 0 };
    let mut key = [0; 32];
    random.fill(&mut key);
    let slot = slot(recipient, &key, info, &mut random)?;
    Ok((key, slot))
}

/// The content key in a slot, when that is for `key`.
pub(crate) fn open_slot(slot: &[u8; SLOT], key: &SealingKey, info: &[u8]) -> Option<[u8; 32]> {
    let secret = PrivateKey::from_bytes(&key.0).ok()?;
    let encapped = Encapped::from_bytes(slot.get(..32)?).ok()?;
    let opened = single_shot_open::<HpkeAead, HkdfSha256, X25519HkdfSha256>(
        &OpModeR::Base,
        &secret,
        &encapped,
        info,
        slot.get(32..)?,
        &[],
    );
    <[u8; 32]>::try_from(opened.ok()?).ok()
}

fn slot(recipient: &[u8; 32], key: &[u8; 32], info: &[u8], random: &mut Expander) -> Checked<[u8; SLOT]> {
    let public = PublicKey::from_bytes(recipient).map_err(|_| unsealable())?;
    let (encapped, sealed) = single_shot_seal_with_rng::<HpkeAead, HkdfSha256, X25519HkdfSha256>(
        &OpModeS::Base,
        &public,
        info,
        key,
        &[],
        random,
    )
    .map_err(|_| unsealable())?;
    let bytes = [encapped.to_bytes().as_slice(), &sealed].concat();
    bytes.try_into().map_err(|_| unsealable())
}

fn unsealable() -> Fault {
    Fault::Forbidden { what: "envelope", why: "a recipient's certificate holds no key that one can seal to" }
}

/// Authenticated with the body: its place, and all slots.
fn aad(info: &[u8], slots: &[[u8; SLOT]]) -> Vec<u8> {
    [info, slots.as_flattened()].concat()
}

/// The padded size of `size` bytes: a doubling of `MIN_SEALED`, or `MAX_SEALED`.
fn step_of(size: usize) -> Option<usize> {
    let step = size.max(MIN_SEALED).next_power_of_two().min(MAX_SEALED);
    (step >= size).then_some(step)
}

fn padded(payload: &[u8]) -> Checked<Vec<u8>> {
    let mut to = Encoder::new();
    to.bytes(payload);
    let mut bytes = to.finish();
    let size = bytes.len() as u64;
    let too_long = Fault::TooLong { what: "sealed payload", size, limit: MAX_SEALED as u64 };
    bytes.resize(step_of(bytes.len()).ok_or(too_long)?, 0);
    Ok(bytes)
}

fn unpadded(text: &[u8]) -> Option<Vec<u8>> {
    let mut from = Decoder::new(text);
    let payload = from.bytes(MAX_SEALED, "sealed payload").ok()?;
    let canonical = from.rest().iter().all(|byte| *byte == 0) && padded(payload).ok()?.len() == text.len();
    canonical.then(|| payload.to_vec())
}

/// Stretches a random seed: SHA-256 of the seed and a counter, block after block.
struct Expander {
    seed: [u8; 32],
    counter: u64,
}

impl Expander {
    fn fill(&mut self, out: &mut [u8]) {
        for chunk in out.chunks_mut(32) {
            let mut sha = Sha256::new();
            sha.update(b"lianshi/1/sealing-random\0");
            sha.update(self.seed);
            sha.update(self.counter.to_be_bytes());
            self.counter += 1;
            chunk.copy_from_slice(&sha.finalize()[..chunk.len()]);
        }
    }
}

impl TryRng for Expander {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.fill(&mut bytes);
        Ok(u32::from_be_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.fill(&mut bytes);
        Ok(u64::from_be_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        self.fill(out);
        Ok(())
    }
}

impl TryCryptoRng for Expander {}
