//! The dictionary of a store: made once from what is in it, kept in it.

use super::super::packing::{DICTIONARY_KEY, learn};
use super::*;
use crate::limits::{
    DICTIONARY_FROM, DICTIONARY_FROM_SAMPLES, LEARNT_FROM, MIN_PACKED, SAMPLE_BYTES, SAMPLES,
};

/// Bytes that a value and what belongs to it take in sled's file, about: how many values there are is told by the file's size.
const BYTES_A_VALUE: u64 = 4_096;

/// Values, one after the other, and their sizes.
#[derive(Default)]
pub(super) struct Samples {
    bytes: Vec<u8>,
    sizes: Vec<usize>,
}

impl SledStore {
    /// Takes up the dictionary that the store has, if it has one.
    pub(super) fn read_dictionary(&self) -> Result<()> {
        let Some(stored) = guarded("read a key", || self.db.get(DICTIONARY_KEY))? else { return Ok(()) };
        let dictionary = self.whole(&stored)?;
        if self.packing.take(&dictionary) {
            return Ok(());
        }
        let detail = format!("{} bytes are none", dictionary.len());
        Err(StorageError::StoreDamaged { action: "read its dictionary", detail })
    }

    /// Makes a dictionary once the store is large enough. Takes a fifth of a second, once; more where the disk is slow, since
    /// up to 100 MiB are read.
    pub(super) fn learn(&self) -> Result<()> {
        if self.packing.is_ready() || self.has_learnt.load(Ordering::Relaxed) {
            return Ok(());
        }
        let size = folder_size(&self.dir)?;
        if size < DICTIONARY_FROM {
            return Ok(());
        }
        // Values that nothing can be learnt from are not gone through again at each sync.
        self.has_learnt.store(true, Ordering::Relaxed);
        let values = usize::try_from(size / BYTES_A_VALUE).unwrap_or(usize::MAX);
        let samples = self.samples(values.min(LEARNT_FROM))?;
        self.take_dictionary(&samples)
    }

    /// Values from all over the store, of which there are about `values`.
    pub(super) fn samples(&self, values: usize) -> Result<Samples> {
        let (stride, mut samples, mut seen) = ((values / SAMPLES).max(1), Samples::default(), 0_usize);
        let mut items = self.db.range(vec![Table::ALL[0].code()]..);
        while let Some((_, stored)) = guarded("read values to learn from", || items.next().transpose())? {
            // Of cut ones there are few, and they are not packed.
            let value = match pieces::parse(&stored)? {
                Stored::Inline(value) => value.to_vec(),
                Stored::Packed(frame) => self.packing.unpack(frame)?,
                Stored::Cut(_) => continue,
            };
            if value.len() < MIN_PACKED {
                continue;
            }
            seen += 1;
            if !seen.is_multiple_of(stride) {
                continue;
            }
            if samples.sizes.len() == SAMPLES || samples.bytes.len() + value.len() > SAMPLE_BYTES {
                break;
            }
            samples.bytes.extend_from_slice(&value);
            samples.sizes.push(value.len());
        }
        Ok(samples)
    }

    /// Writes a dictionary into the store and goes on with it: no value that needs it comes before it.
    pub(super) fn take_dictionary(&self, samples: &Samples) -> Result<()> {
        if samples.bytes.len() < DICTIONARY_FROM_SAMPLES {
            return Ok(());
        }
        let Some(dictionary) = learn(&samples.bytes, &samples.sizes) else { return Ok(()) };
        self.floor.check()?;
        let _order = self.writing();
        let mut changes = sled::Batch::default();
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        Cut::write(id, DICTIONARY_KEY.to_vec(), &dictionary, &mut changes);
        self.db.watched("write its dictionary", || self.db.apply_batch(changes))?;
        self.db.watched("flush", || self.db.flush())?;
        self.packing.take(&dictionary);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
