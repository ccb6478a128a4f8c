//! The deterministic encoding: what SPEC §2 calls *canonical bytes*.
//!
//! Integers are LEB128 in their shortest form, signed ones zigzag first; byte strings and texts carry their length;
//! structs are their fields in order, lists a count and their items. There is one encoding of every value, and the
//! decoder refuses all others, so hashing and signing bytes is hashing and signing values.

use crate::fault::{Checked, Fault};

/// Writes canonical bytes.
#[derive(Default)]
pub struct Encoder {
    bytes: Vec<u8>,
}

impl Encoder {
    /// An empty encoder.
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty encoder with room for so many bytes.
    pub fn with_capacity(bytes: usize) -> Self {
        Self { bytes: Vec::with_capacity(bytes) }
    }

    /// Makes room for so many bytes in all, at once.
    pub(crate) fn reserve_to(&mut self, bytes: usize) {
        self.bytes.reserve(bytes.saturating_sub(self.bytes.len()));
    }

    /// The bytes written.
    pub fn finish(self) -> Vec<u8> {
        self.bytes
    }

    /// The number of bytes written.
    pub fn size(&self) -> usize {
        self.bytes.len()
    }

    /// One byte.
    pub fn u8(&mut self, v: u8) -> &mut Self {
        self.bytes.push(v);
        self
    }

    /// An unsigned integer.
    pub fn uint(&mut self, mut v: u64) -> &mut Self {
        while v >= 0x80 {
            self.bytes.push((v as u8) | 0x80);
            v >>= 7;
        }
        self.bytes.push(v as u8);
        self
    }

    /// A signed integer.
    pub fn int(&mut self, v: i64) -> &mut Self {
        self.uint(((v << 1) ^ (v >> 63)) as u64)
    }

    /// Bytes whose length both sides know.
    pub fn raw(&mut self, v: &[u8]) -> &mut Self {
        self.bytes.extend_from_slice(v);
        self
    }

    /// Bytes with their length.
    pub fn bytes(&mut self, v: &[u8]) -> &mut Self {
        self.uint(v.len() as u64).raw(v)
    }

    /// UTF-8 text with its length in bytes.
    pub fn text(&mut self, v: &str) -> &mut Self {
        self.bytes(v.as_bytes())
    }

    /// A list: its count, then each item.
    pub fn list<T>(&mut self, items: &[T], mut each: impl FnMut(&mut Self, &T)) -> &mut Self {
        self.uint(items.len() as u64);
        for item in items {
            each(self, item);
        }
        self
    }

    /// Nothing (0) or something (1 and the item).
    pub fn option<T>(&mut self, item: Option<&T>, each: impl FnOnce(&mut Self, &T)) -> &mut Self {
        match item {
            None => self.u8(0),
            Some(item) => {
                self.u8(1);
                each(self, item);
                self
            }
        }
    }
}

/// Reads canonical bytes; refuses anything else. Allocates no more than the input is long.
#[derive(Clone)]
pub struct Decoder<'a> {
    rest: &'a [u8],
}

impl<'a> Decoder<'a> {
    /// Reads from `bytes`.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// Reads the whole of `bytes` with `read`; trailing bytes are refused.
    pub fn whole<T>(
        bytes: &'a [u8],
        what: &'static str,
        read: impl FnOnce(&mut Self) -> Checked<T>,
    ) -> Checked<T> {
        let mut decoder = Self::new(bytes);
        let value = read(&mut decoder)?;
        if decoder.rest.is_empty() { Ok(value) } else { Err(Fault::NotCanonical { what }) }
    }

    /// What is left.
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// True when nothing is left.
    pub fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// `n` bytes.
    pub fn raw(&mut self, n: usize, what: &'static str) -> Checked<&'a [u8]> {
        if self.rest.len() < n {
            return Err(Fault::Truncated { what });
        }
        let (head, tail) = self.rest.split_at(n);
        self.rest = tail;
        Ok(head)
    }

    /// `N` bytes as an array.
    pub fn array<const N: usize>(&mut self, what: &'static str) -> Checked<[u8; N]> {
        let mut out = [0; N];
        out.copy_from_slice(self.raw(N, what)?);
        Ok(out)
    }

    /// One byte.
    pub fn u8(&mut self, what: &'static str) -> Checked<u8> {
        Ok(self.array::<1>(what)?[0])
    }

    /// An unsigned integer in its shortest form.
    pub fn uint(&mut self, what: &'static str) -> Checked<u64> {
        let mut value = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self.u8(what)?;
            let part = u64::from(byte & 0x7f);
            if shift == 63 && part > 1 {
                return Err(Fault::NotCanonical { what });
            }
            value |= part << shift;
            if byte & 0x80 == 0 {
                let shortest = byte != 0 || shift == 0;
                return if shortest { Ok(value) } else { Err(Fault::NotCanonical { what }) };
            }
        }
        Err(Fault::NotCanonical { what })
    }

    /// An unsigned integer of at most `limit`.
    pub fn uint_max(&mut self, limit: u64, what: &'static str) -> Checked<u64> {
        let size = self.uint(what)?;
        if size > limit { Err(Fault::TooLong { what, size, limit }) } else { Ok(size) }
    }

    /// A signed integer.
    pub fn int(&mut self, what: &'static str) -> Checked<i64> {
        let v = self.uint(what)?;
        Ok(((v >> 1) as i64) ^ -((v & 1) as i64))
    }

    /// Bytes with their length, at most `limit`.
    pub fn bytes(&mut self, limit: usize, what: &'static str) -> Checked<&'a [u8]> {
        let n = self.uint_max(limit as u64, what)? as usize;
        self.raw(n, what)
    }

    /// UTF-8 text, at most `limit` bytes.
    pub fn text(&mut self, limit: usize, what: &'static str) -> Checked<&'a str> {
        simdutf8::basic::from_utf8(self.bytes(limit, what)?).map_err(|_| Fault::NotCanonical { what })
    }

    /// A list of at most `limit` items.
    pub fn list<T>(
        &mut self,
        limit: usize,
        what: &'static str,
        mut each: impl FnMut(&mut Self) -> Checked<T>,
    ) -> Checked<Vec<T>> {
        let n = self.uint_max(limit as u64, what)? as usize;
        // An item takes at least a byte: a count beyond the input is refused before anything is reserved.
        if n > self.rest.len() {
            return Err(Fault::Truncated { what });
        }
        (0..n).map(|_| each(self)).collect()
    }

    /// Nothing or something.
    pub fn option<T>(
        &mut self,
        what: &'static str,
        each: impl FnOnce(&mut Self) -> Checked<T>,
    ) -> Checked<Option<T>> {
        match self.u8(what)? {
            0 => Ok(None),
            1 => each(self).map(Some),
            _ => Err(Fault::NotCanonical { what }),
        }
    }
}
