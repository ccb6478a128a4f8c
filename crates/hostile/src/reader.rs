//! Bytes as a source of decisions: a fuzzer's input read as a small program.

/// Reads numbers from bytes; zeros once they have run out, so that every input is a program.
pub struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Reads from `bytes`.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// True when all has been read.
    pub fn is_done(&self) -> bool {
        self.rest.is_empty()
    }

    /// The next byte.
    pub fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.rest.split_first() else { return 0 };
        self.rest = rest;
        *first
    }

    /// A number below `n`, which is at most 256; 0 when `n` is 0.
    pub fn below(&mut self, n: usize) -> usize {
        usize::from(self.byte()).checked_rem(n).unwrap_or_default()
    }

    /// One time in `n`.
    pub fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == n - 1
    }

    /// Up to `n` bytes.
    pub fn take(&mut self, n: usize) -> &'a [u8] {
        let (head, rest) = self.rest.split_at(n.min(self.rest.len()));
        self.rest = rest;
        head
    }

    /// A number that is small, at an extreme, or anything.
    pub fn odd_number(&mut self) -> u64 {
        match self.byte() {
            251 => i64::MAX as u64,
            252 => u64::MAX - 1,
            253 => u64::MAX,
            254 => 1 << 24,
            255 => {
                let mut bytes = [0; 8];
                bytes.iter_mut().for_each(|byte| *byte = self.byte());
                u64::from_be_bytes(bytes)
            }
            small => small.into(),
        }
    }
}
