//! Bundles: the frames of a session in a file, for sites that no line reaches.
//!
//! A volume is a first line, a head and a body. The head is a length and a manifest with the signature of the node that made it; the
//! body is one chunk after the other, each a length and a frame. What is for one node alone is encrypted to it: a content key lies
//! in the manifest, sealed to the node's X25519 key with HPKE (RFC 9180), and each frame is a segment of a STREAM
//! (ChaCha20-Poly1305; Hoang, Reyhanitabar, Rogaway and Vizár 2015), so that what is cut off, left out or put elsewhere
//! is noticed and nobody has to hold more than one frame.
//!
//! A bundle is a carrier: entries prove themselves, and what is written on the outside decides nothing about them. Absent
//! here: files, what to put in, what becomes of what comes out.

use aead_stream::{NewStream, StreamBE32, StreamPrimitive};
use chacha20poly1305::{ChaCha20Poly1305, Key, KeyInit};

use crate::codec::{Decoder, Encoder};
use crate::fault::{Checked, Fault};
use crate::frame::Credential;
use crate::hash::{Hash, NetworkId};
use crate::keys::{PublicKey, Purpose, SecretKey, Signature};
use crate::limits::{MAX_FRAME, MAX_MANIFEST, MAX_VOLUMES, VERSION};
use crate::sealed::{SLOT, SealingKey, lock, open_slot};

mod volume;

pub use volume::{VolumeReader, VolumeWriter};

/// What the first line of every version says before its number.
pub const BUNDLE_LINE: &[u8] = b"lianshi bundle ";
/// Bytes that sealing adds to a frame.
const CHUNK_TAG: usize = 16;
/// Bytes of a chunk's length, before it.
pub const CHUNK_LENGTH: usize = 4;
/// Largest chunk, bytes, its length excluded.
const MAX_CHUNK: usize = MAX_FRAME + CHUNK_TAG;

/// Largest head, bytes, its length excluded: a manifest, what is written of its length, and a signature.
pub const MAX_HEAD: usize = MAX_MANIFEST + 2 + 64;

/// The first line of a volume, with its line feed.
pub fn bundle_line() -> Vec<u8> {
    [BUNDLE_LINE, format!("{VERSION}\n").as_bytes()].concat()
}

/// For whom a volume is: only that node gets at the content key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lock {
    /// The node.
    pub node: PublicKey,
    /// The content key, sealed to it.
    slot: [u8; SLOT],
}

/// What is written on a volume.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// The network.
    pub network: NetworkId,
    /// Who made it; who was invited and is not admitted yet shows how it uses its invitation.
    pub credential: Credential,
    /// Random number of the bundle: its volumes have the same.
    pub set: [u8; 16],
    /// Which of its volumes this is, from 1.
    pub volume: u32,
    /// How many it has.
    pub volumes: u32,
    /// The maker's clock, milliseconds since 1970: for people's eyes.
    pub made_ms: i64,
    /// Digest of the heads after which it begins.
    pub since: Hash,
    /// Digest of the heads up to which it leads.
    pub until: Hash,
    /// For whom alone it is.
    pub lock: Option<Lock>,
    /// Frames of this volume.
    pub frames: u64,
    /// Entries in them.
    pub entries: u64,
    /// Bytes of the body.
    pub bytes: u64,
    /// `hash("bundle", body)`.
    pub body: Hash,
}

impl Manifest {
    /// What is written on the first volume of a bundle before anything is in it. `between` are the digests of the heads after
    /// which it begins and up to which it leads.
    pub fn new(
        network: NetworkId,
        credential: Credential,
        set: [u8; 16],
        made_ms: i64,
        between: (Hash, Hash),
    ) -> Self {
        let (since, until) = between;
        Self {
            network,
            credential,
            set,
            volume: 1,
            volumes: 1,
            made_ms,
            since,
            until,
            lock: None,
            frames: 0,
            entries: 0,
            bytes: 0,
            body: Hash::default(),
        }
    }

    /// Canonical bytes. Their number does not depend on what is known only once the body is written.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut to = Encoder::new();
        to.u8(VERSION);
        self.network.encode(&mut to);
        self.credential.encode(&mut to);
        to.raw(&self.set).raw(&self.volume.to_be_bytes()).raw(&self.volumes.to_be_bytes()).int(self.made_ms);
        to.raw(&self.since.0).raw(&self.until.0);
        to.option(self.lock.as_ref(), |to, lock| {
            lock.node.encode(to);
            to.raw(&lock.slot);
        });
        for count in [self.frames, self.entries, self.bytes] {
            to.raw(&count.to_be_bytes());
        }
        to.raw(&self.body.0);
        to.finish()
    }

    /// Reads a manifest.
    ///
    /// # Errors
    /// Bytes of another form, or of another version.
    pub fn from_bytes(bytes: &[u8]) -> Checked<Self> {
        Decoder::whole(bytes, "bundle", |from| {
            let version = from.u8("bundle version")?;
            if version != VERSION {
                return Err(Fault::Unknown { what: "bundle version", code: version.into() });
            }
            let number = |from: &mut Decoder<'_>| Ok(u64::from_be_bytes(from.array("count")?));
            let (network, credential) = (NetworkId::decode(from)?, Credential::decode(from)?);
            let set = from.array("bundle number")?;
            let volume = u32::from_be_bytes(from.array("volume")?);
            let volumes = u32::from_be_bytes(from.array("volumes")?);
            if volume == 0 || volume > volumes || volumes > MAX_VOLUMES {
                return Err(Fault::NotCanonical { what: "number of volumes" });
            }
            Ok(Self {
                network,
                credential,
                set,
                volume,
                volumes,
                made_ms: from.int("time")?,
                since: Hash::decode(from)?,
                until: Hash::decode(from)?,
                lock: from.option("lock", |from| {
                    Ok(Lock { node: PublicKey::decode(from)?, slot: from.array("slot")? })
                })?,
                frames: number(from)?,
                entries: number(from)?,
                bytes: number(from)?,
                body: Hash::decode(from)?,
            })
        })
    }

    /// The node that made it.
    pub fn maker(&self) -> PublicKey {
        self.credential.certificate().body.node
    }

    /// Locks the volume for a node with this X25519 key, and gives the key that its frames are to be sealed with. `seed`
    /// is 32 random bytes, used for nothing else.
    ///
    /// # Errors
    /// A key that nothing can be sealed to.
    pub fn lock_for(&mut self, node: PublicKey, sealing: &[u8; 32], seed: &[u8; 32]) -> Checked<VolumeKey> {
        let (key, slot) = lock(sealing, &self.place(&node), seed)?;
        self.lock = Some(Lock { node, slot });
        Ok(VolumeKey(key))
    }

    /// The key to a locked volume; `None` for whoever it is not for.
    pub fn unlock(&self, key: &SealingKey) -> Option<VolumeKey> {
        let lock = self.lock.as_ref()?;
        open_slot(&lock.slot, key, &self.place(&lock.node)).map(VolumeKey)
    }

    /// What a content key is bound to.
    fn place(&self, node: &PublicKey) -> Vec<u8> {
        let mut to = Encoder::new();
        to.raw(b"lianshi/1/bundle\0");
        self.network.encode(&mut to);
        self.maker().encode(&mut to);
        node.encode(&mut to);
        to.raw(&self.set).raw(&self.volume.to_be_bytes());
        to.finish()
    }

    /// Signs it with the key of the node that its credential names.
    pub fn sign(self, node: &SecretKey) -> SignedManifest {
        let signature = node.sign(Purpose::Bundle, &self.network, &self.to_bytes());
        SignedManifest { manifest: self, signature }
    }
}

/// A manifest with its maker's signature: the head of a volume.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedManifest {
    /// The manifest.
    pub manifest: Manifest,
    /// By the node that made it.
    pub signature: Signature,
}

impl SignedManifest {
    /// Canonical bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut to = Encoder::new();
        to.bytes(&self.manifest.to_bytes());
        self.signature.encode(&mut to);
        to.finish()
    }

    /// All that stands in a file before the body: the first line, and the head with its length.
    pub fn to_front(&self) -> Vec<u8> {
        let head = self.to_bytes();
        [bundle_line(), (head.len() as u32).to_be_bytes().to_vec(), head].concat()
    }

    /// Reads a head; [`SignedManifest::verify`] is the next step.
    ///
    /// # Errors
    /// Bytes of another form, or of another version.
    pub fn from_bytes(bytes: &[u8]) -> Checked<Self> {
        Decoder::whole(bytes, "bundle", |from| {
            let manifest = Manifest::from_bytes(from.bytes(MAX_MANIFEST, "bundle")?)?;
            Ok(Self { manifest, signature: Signature::decode(from)? })
        })
    }

    /// Checks that it is of this network, that the maker's credential holds, and that the maker signed it.
    ///
    /// # Errors
    /// What does not hold; then the volume is refused.
    pub fn verify(&self, network: &NetworkId) -> Checked<()> {
        let manifest = &self.manifest;
        if manifest.network != *network {
            return Err(Fault::Mismatch { what: "the bundle's network" });
        }
        manifest.credential.verify(network)?;
        let bytes = manifest.to_bytes();
        manifest.maker().verify(Purpose::Bundle, network, &bytes, &self.signature, "the bundle")
    }
}

/// Seals and opens the frames of one volume, and of no other.
#[derive(Clone)]
pub struct VolumeKey([u8; 32]);

impl VolumeKey {
    /// The key of 32 bytes that [`VolumeKey::seed`] gave.
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(*seed)
    }

    /// The 32 bytes.
    pub fn seed(&self) -> [u8; 32] {
        self.0
    }

    /// The key serves one volume, so the part of the nonce that STREAM leaves to the caller is zero.
    fn stream(&self) -> StreamBE32<ChaCha20Poly1305> {
        StreamBE32::from_aead(ChaCha20Poly1305::new(&Key::from(self.0)), &[0; 7].into())
    }

    /// Seals the frame number `n`, counted from 0; `last` says that none follows.
    ///
    /// # Errors
    /// A frame that is too long.
    pub fn seal(&self, n: u32, last: bool, frame: &[u8]) -> Checked<Vec<u8>> {
        let unsealable = Fault::Forbidden { what: "bundle", why: "a frame of it cannot be sealed" };
        self.stream().encrypt(n, last, frame).map_err(|_| unsealable)
    }

    /// Opens the chunk number `n`; `None` when it is damaged, or is not this chunk of this volume.
    pub fn open(&self, n: u32, last: bool, chunk: &[u8]) -> Option<Vec<u8>> {
        self.stream().decrypt(n, last, chunk).ok()
    }
}
