//! Reads length-prefixed frames, giving memory only for what has arrived.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use futures::{AsyncRead, AsyncReadExt};
use tokio::time::timeout;

use crate::bucket::Throttle;
use crate::config::{CHUNK_TIME, READ_CHUNK};
use crate::event::CloseReason;
use crate::memory::{Account, Hold, PIECE};

/// What moved over a stream, and when something last did.
#[derive(Debug)]
pub(crate) struct Meter {
    pub bytes_in: AtomicU64,
    pub bytes_out: AtomicU64,
    pub frames_in: AtomicU64,
    pub frames_out: AtomicU64,
    moved_at: AtomicU64,
    start: Instant,
}

impl Meter {
    pub fn new() -> Self {
        Self {
            bytes_in: AtomicU64::new(0),
            bytes_out: AtomicU64::new(0),
            frames_in: AtomicU64::new(0),
            frames_out: AtomicU64::new(0),
            moved_at: AtomicU64::new(0),
            start: Instant::now(),
        }
    }

    pub fn count(&self, direction: &AtomicU64, bytes: usize) {
        direction.fetch_add(bytes as u64, Ordering::Relaxed);
        let now = u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.moved_at.store(now, Ordering::Relaxed);
    }

    /// How long nothing has moved.
    pub fn quiet(&self) -> Duration {
        let moved_at = Duration::from_millis(self.moved_at.load(Ordering::Relaxed));
        self.start.elapsed().saturating_sub(moved_at)
    }
}

/// What reading needs to know besides the stream.
pub(crate) struct Reading<'a> {
    pub max_frame: u32,
    pub memory: &'a Account,
    pub throttle: &'a Throttle,
    pub meter: &'a Meter,
}

impl Reading<'_> {
    /// The next frame, with its hold on the memory; `None` at the end of the stream.
    pub async fn next<R>(&self, from: &mut R) -> Result<Option<(Vec<u8>, Hold)>, CloseReason>
    where
        R: AsyncRead + Unpin,
    {
        let Some(length) = self.header(from).await? else { return Ok(None) };
        if length > self.max_frame {
            return Err(CloseReason::Oversize { length, limit: self.max_frame });
        }
        let length = length as usize;
        let mut frame = Vec::new();
        let mut hold = self.memory.claim(1).await?;
        while frame.len() < length {
            let had = frame.len();
            let more = (length - had).min(READ_CHUNK);
            let pieces = (had + more).div_ceil(PIECE) - had.div_ceil(PIECE);
            if pieces > 0 {
                hold.merge(self.memory.claim(pieces).await?);
            }
            frame.reserve_exact(more);
            frame.resize(had + more, 0);
            match timeout(CHUNK_TIME, from.read_exact(&mut frame[had..])).await {
                Ok(read) => read.map_err(lost)?,
                Err(_) => return Err(CloseReason::FrameStalled),
            }
            self.meter.count(&self.meter.bytes_in, more);
            self.throttle.pass(more).await;
        }
        self.meter.frames_in.fetch_add(1, Ordering::Relaxed);
        Ok(Some((frame, hold)))
    }

    /// The length of the next frame; waits as long as it takes for its first byte.
    async fn header<R: AsyncRead + Unpin>(&self, from: &mut R) -> Result<Option<u32>, CloseReason> {
        let mut header = [0; 4];
        if from.read(&mut header[..1]).await.map_err(lost)? == 0 {
            return Ok(None);
        }
        match timeout(CHUNK_TIME, from.read_exact(&mut header[1..])).await {
            Ok(read) => read.map_err(lost)?,
            Err(_) => return Err(CloseReason::FrameStalled),
        }
        self.meter.count(&self.meter.bytes_in, header.len());
        Ok(Some(u32::from_be_bytes(header)))
    }
}

/// An I/O error of the stream as the reason that the session ends.
pub(crate) fn lost(error: io::Error) -> CloseReason {
    CloseReason::ConnectionLost(match error.kind() {
        io::ErrorKind::UnexpectedEof => "it ended in the middle of a frame".to_owned(),
        _ => error.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channel::Channel;
    use crate::memory::Memory;
    use futures::io::Cursor;

    async fn read_all(bytes: &[u8], memory: usize) -> (Vec<Vec<u8>>, Option<CloseReason>) {
        let memory = Memory::new(memory, 200_000, Duration::from_millis(50));
        let (account, throttle, meter) = (memory.account(Channel::Own), Throttle::new(None), Meter::new());
        memory.assign(&account, None);
        let reading = Reading { max_frame: 200_000, memory: &account, throttle: &throttle, meter: &meter };
        let mut from = Cursor::new(bytes);
        let mut frames = Vec::new();
        loop {
            match reading.next(&mut from).await {
                Ok(Some((frame, _))) => frames.push(frame),
                Ok(None) => return (frames, None),
                Err(reason) => return (frames, Some(reason)),
            }
        }
    }

    #[tokio::test]
    async fn frames_of_all_sizes_arrive() {
        let sizes = [0, 1, 1023, 1024, 1025, READ_CHUNK - 1, READ_CHUNK, READ_CHUNK + 1, 200_000];
        let mut bytes = Vec::new();
        for size in sizes {
            bytes.extend((size as u32).to_be_bytes());
            bytes.extend(vec![7; size]);
        }
        let (frames, end) = read_all(&bytes, 1 << 20).await;
        assert_eq!(frames.iter().map(Vec::len).collect::<Vec<_>>(), sizes);
        assert_eq!(end, None);
    }

    #[tokio::test]
    async fn a_frame_cut_off_anywhere_is_a_loss_not_an_end() {
        let whole = [0, 0, 0, 3, 1, 2, 3];
        for cut in 1..whole.len() {
            let (frames, end) = read_all(&whole[..cut], 1 << 20).await;
            assert!(frames.is_empty() && matches!(end, Some(CloseReason::ConnectionLost(_))), "cut at {cut}");
        }
    }

    #[tokio::test]
    async fn an_oversize_length_is_refused_before_its_bytes() {
        let (_, end) = read_all(&[255, 255, 255, 255], 1 << 20).await;
        assert_eq!(end, Some(CloseReason::Oversize { length: u32::MAX, limit: 200_000 }));
    }

    #[tokio::test]
    async fn a_frame_without_memory_gives_up() {
        let mut bytes = 100_000_u32.to_be_bytes().to_vec();
        bytes.extend(vec![7; 100_000]);
        let (_, end) = read_all(&bytes, 64 * 1024).await;
        assert_eq!(end, Some(CloseReason::OutOfMemory));
    }
}
