//! The body of a volume, written and read chunk by chunk: never more than one frame in hand.

use super::{CHUNK_LENGTH, CHUNK_TAG, MAX_CHUNK, Manifest, VolumeKey};
use crate::fault::{Checked, Fault};
use crate::hash::Hasher;

/// Domain of a body's hash.
const BODY: &str = "bundle";

/// Makes the body of one volume.
///
/// ```text
/// let mut writer = VolumeWriter::new(manifest, key);
/// for frame in frames { if writer.has_room(&frame, max) { append(writer.push(frame, entries)?) } else { … the next volume } }
/// let (rest, manifest) = writer.finish()?;      // append the rest; the manifest goes to the front, signed
/// ```
pub struct VolumeWriter {
    manifest: Manifest,
    key: Option<VolumeKey>,
    hasher: Hasher,
    /// Frames that were made into chunks.
    written: u32,
    /// The frame that was given last: whether another one follows is sealed with it.
    waiting: Option<Vec<u8>>,
}

impl VolumeWriter {
    /// A volume with this on it; what is known only once the body is there may say anything.
    pub fn new(manifest: Manifest, key: Option<VolumeKey>) -> Self {
        let manifest = Manifest { frames: 0, entries: 0, bytes: 0, ..manifest };
        Self { manifest, key, hasher: Hasher::new(BODY), written: 0, waiting: None }
    }

    /// Whether a frame fits into a body of at most `most` bytes.
    pub fn has_room(&self, frame: &[u8], most: u64) -> bool {
        let waiting = self.waiting.as_ref().map_or(0, |frame| self.size_of(frame));
        self.manifest.bytes + waiting + self.size_of(frame) <= most
    }

    /// Takes the next frame, which holds so many entries; gives the bytes to be appended to the file now.
    ///
    /// # Errors
    /// A frame that is too long.
    pub fn push(&mut self, frame: Vec<u8>, entries: u64) -> Checked<Vec<u8>> {
        self.manifest.entries += entries;
        let ready = self.waiting.replace(frame);
        ready.map_or(Ok(Vec::new()), |frame| self.chunk(&frame, false))
    }

    /// The bytes that are left to be appended, and what is to be signed and written before them.
    ///
    /// # Errors
    /// A frame that is too long.
    pub fn finish(mut self) -> Checked<(Vec<u8>, Manifest)> {
        let last = self.waiting.take();
        let bytes = last.map_or(Ok(Vec::new()), |frame| self.chunk(&frame, true))?;
        self.manifest.frames = self.written.into();
        self.manifest.body = self.hasher.finish();
        Ok((bytes, self.manifest))
    }

    fn size_of(&self, frame: &[u8]) -> u64 {
        (CHUNK_LENGTH + frame.len() + if self.key.is_some() { CHUNK_TAG } else { 0 }) as u64
    }

    /// A frame as it stands in the file.
    fn chunk(&mut self, frame: &[u8], last: bool) -> Checked<Vec<u8>> {
        let sealed = self.key.as_ref().map(|key| key.seal(self.written, last, frame)).transpose()?;
        let body = sealed.as_deref().unwrap_or(frame);
        let length = u32::try_from(body.len()).ok().filter(|_| body.len() <= MAX_CHUNK);
        let size = body.len() as u64;
        let length = length.ok_or(Fault::TooLong { what: "frame", size, limit: MAX_CHUNK as u64 })?;
        let chunk = [&length.to_be_bytes(), body].concat();
        self.hasher.update(&chunk);
        self.manifest.bytes += chunk.len() as u64;
        let full = Fault::Forbidden { what: "bundle", why: "a volume holds no more frames" };
        self.written = self.written.checked_add(1).ok_or(full)?;
        Ok(chunk)
    }
}

/// Reads the body of one volume.
///
/// ```text
/// let mut reader = VolumeReader::new(manifest, key);
/// while !reader.is_done() { let n = reader.length(read(4)?)?; use(reader.take(read(n)?)) }
/// reader.finish()?;
/// ```
pub struct VolumeReader {
    manifest: Manifest,
    key: Option<VolumeKey>,
    hasher: Hasher,
    read: u64,
    frames: u64,
}

impl VolumeReader {
    /// The body behind a manifest whose signature was checked. A locked one takes the key that its lock gave.
    pub fn new(manifest: Manifest, key: Option<VolumeKey>) -> Self {
        Self { manifest, key, hasher: Hasher::new(BODY), read: 0, frames: 0 }
    }

    /// True when the body has been read to its end.
    pub fn is_done(&self) -> bool {
        self.read >= self.manifest.bytes
    }

    /// Bytes read so far.
    pub fn read(&self) -> u64 {
        self.read
    }

    /// The size of the chunk that these bytes begin.
    ///
    /// # Errors
    /// A length that no chunk has, or one beyond the end: what follows cannot be told apart any more.
    pub fn length(&mut self, bytes: [u8; CHUNK_LENGTH]) -> Checked<usize> {
        let length = u32::from_be_bytes(bytes) as usize;
        let left = self.manifest.bytes.saturating_sub(self.read).saturating_sub(CHUNK_LENGTH as u64);
        if length > MAX_CHUNK || length as u64 > left {
            return Err(Fault::NotCanonical { what: "length in a bundle" });
        }
        self.hasher.update(&bytes);
        self.read += CHUNK_LENGTH as u64;
        Ok(length)
    }

    /// The frame of a chunk; `None` when it is sealed and damaged. What follows can still be read.
    pub fn take(&mut self, chunk: Vec<u8>) -> Option<Vec<u8>> {
        self.hasher.update(&chunk);
        self.read += chunk.len() as u64;
        let n = u32::try_from(self.frames).ok()?;
        self.frames += 1;
        match &self.key {
            Some(key) => key.open(n, self.is_done(), &chunk),
            None => Some(chunk),
        }
    }

    /// Whether all of it was there as it was written.
    ///
    /// # Errors
    /// When it is cut short, or is damaged somewhere.
    pub fn finish(self) -> Checked<()> {
        if !self.is_done() {
            return Err(Fault::Truncated { what: "the bundle" });
        }
        if self.hasher.finish() != self.manifest.body || self.frames != self.manifest.frames {
            return Err(Fault::Mismatch { what: "the bundle and its hash" });
        }
        Ok(())
    }
}
