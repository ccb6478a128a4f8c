//! Token buckets: how much of something may happen in a second. The time is passed in, as time since some fixed start.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Parts of a token, so that slow rates do not round to nothing: a rate of one a second adds one part a microsecond.
const PARTS: i64 = 1_000_000;

/// Fills with `rate` tokens a second up to `burst`.
#[derive(Debug, Clone)]
pub(crate) struct TokenBucket {
    level: i64,
    burst: i64,
    rate: i64,
    at: Duration,
}

impl TokenBucket {
    /// Starts full.
    pub fn new(rate: u32, burst: u32, now: Duration) -> Self {
        let burst = i64::from(burst.max(1)) * PARTS;
        Self { level: burst, burst, rate: i64::from(rate.max(1)), at: now }
    }

    fn fill(&mut self, now: Duration) {
        let passed = now.saturating_sub(self.at).as_micros();
        let passed = i64::try_from(passed).unwrap_or(i64::MAX);
        self.level = self.level.saturating_add(passed.saturating_mul(self.rate)).min(self.burst);
        self.at = self.at.max(now);
    }

    /// Takes one token if there is one.
    pub fn try_take(&mut self, now: Duration) -> bool {
        self.fill(now);
        let there = self.level >= PARTS;
        if there {
            self.level -= PARTS;
        }
        there
    }

    /// Gives one token back.
    pub fn give_back(&mut self) {
        self.level = self.level.saturating_add(PARTS).min(self.burst);
    }

    /// Takes `count` tokens, into debt if need be, and says how long to wait until the debt is paid.
    pub fn take_and_wait(&mut self, count: u32, now: Duration) -> Duration {
        self.fill(now);
        self.level = self.level.saturating_sub(i64::from(count) * PARTS);
        let debt = u64::try_from(self.level.saturating_neg()).unwrap_or(0);
        Duration::from_micros(debt / self.rate.unsigned_abs())
    }
}

/// Holds a stream of bytes to a rate, all users together. Without a rate it costs nothing.
#[derive(Debug)]
pub(crate) struct Throttle {
    bucket: Option<Mutex<TokenBucket>>,
    start: Instant,
}

impl Throttle {
    /// `rate` in bytes a second, or none.
    pub fn new(rate: Option<u32>) -> Self {
        let bucket = rate.map(|rate| Mutex::new(TokenBucket::new(rate, rate, Duration::ZERO)));
        Self { bucket, start: Instant::now() }
    }

    /// Returns when these bytes may pass.
    pub async fn pass(&self, bytes: usize) {
        let Some(bucket) = &self.bucket else { return };
        let count = u32::try_from(bytes).unwrap_or(u32::MAX);
        let wait =
            bucket.lock().unwrap_or_else(PoisonError::into_inner).take_and_wait(count, self.start.elapsed());
        if !wait.is_zero() {
            tokio::time::sleep(wait).await;
        }
    }
}

/// Where a connection comes from, as far as one party is likely to own it: an IPv4 address, or an IPv6 /64.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Source(IpAddr);

impl From<IpAddr> for Source {
    fn from(ip: IpAddr) -> Self {
        Self(match ip.to_canonical() {
            IpAddr::V4(v4) => v4.into(),
            IpAddr::V6(v6) => {
                let [a, b, c, d, ..] = v6.segments();
                std::net::Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
            }
        })
    }
}

#[derive(Debug)]
struct Entry {
    bucket: TokenBucket,
    open: u32,
}

/// Why a connection is turned away at the door.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TurnedAway {
    #[error("too many connections from that address in a short time")]
    Pace,
    #[error("too many open connections from that address")]
    Source,
    #[error("too many connections that nobody has vouched for")]
    Strangers,
}

/// Counts and paces connections by where they come from, or by who answers for them. Remembers so many of these at the most.
#[derive(Debug)]
pub(crate) struct Paced<K> {
    entries: BTreeMap<K, Entry>,
    rate: u32,
    burst: u32,
    most: u32,
    remembered: usize,
}

impl<K: Ord + Copy> Paced<K> {
    /// `rate` a second after a `burst`, and at most `most` open at a time.
    pub fn new(rate: u32, burst: u32, most: u32, remembered: usize) -> Self {
        Self { entries: BTreeMap::new(), rate, burst, most, remembered }
    }

    /// Counts a connection in, or turns it away.
    pub fn enter(&mut self, of: K, now: Duration) -> Result<(), TurnedAway> {
        let most = self.most;
        let entry = self.entry(of, now);
        if !entry.bucket.try_take(now) {
            return Err(TurnedAway::Pace);
        }
        if entry.open >= most {
            return Err(TurnedAway::Source);
        }
        entry.open += 1;
        Ok(())
    }

    /// Counts a connection in as far as there may be more of them open, and says whether it was; and whether it came at the
    /// pace that is granted.
    pub fn admit(&mut self, of: K, now: Duration) -> (bool, bool) {
        let most = self.most;
        let entry = self.entry(of, now);
        if entry.open >= most {
            return (false, false);
        }
        entry.open += 1;
        (true, entry.bucket.try_take(now))
    }

    /// Counts a connection out.
    pub fn leave(&mut self, of: K) {
        if let Some(entry) = self.entries.get_mut(&of) {
            entry.open = entry.open.saturating_sub(1);
        }
    }

    /// One more may come in its place at once.
    pub fn give_back(&mut self, of: K) {
        if let Some(entry) = self.entries.get_mut(&of) {
            entry.bucket.give_back();
        }
    }

    fn entry(&mut self, of: K, now: Duration) -> &mut Entry {
        if self.entries.len() >= self.remembered && !self.entries.contains_key(&of) {
            self.forget_one();
        }
        let (rate, burst) = (self.rate, self.burst);
        self.entries
            .entry(of)
            .or_insert_with(|| Entry { bucket: TokenBucket::new(rate, burst, now), open: 0 })
    }

    /// Forgets who has been quiet the longest; those with open connections are bounded elsewhere.
    fn forget_one(&mut self) {
        let quiet = self.entries.iter().filter(|(_, e)| e.open == 0).min_by_key(|(_, e)| e.bucket.at);
        if let Some(of) = quiet.map(|(of, _)| *of) {
            self.entries.remove(&of);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::TRACKED_SOURCES;

    fn source(last: u8) -> Source {
        Source::from(IpAddr::from([10, 0, 0, last]))
    }

    #[test]
    fn a_burst_then_the_rate() {
        let mut sources = Paced::new(2, 5, 1000, TRACKED_SOURCES);
        let at = Duration::from_millis;
        let entered = (0..20).filter(|_| sources.enter(source(1), at(0)).is_ok()).count();
        assert_eq!(entered, 5);
        assert_eq!(sources.enter(source(1), at(499)), Err(TurnedAway::Pace));
        assert_eq!(sources.enter(source(1), at(500)), Ok(()));
        assert_eq!(sources.enter(source(1), at(501)), Err(TurnedAway::Pace));
        assert_eq!(sources.enter(source(2), at(501)), Ok(()), "another source is not touched");
        let later = (0..20).filter(|_| sources.enter(source(1), at(60_000)).is_ok()).count();
        assert_eq!(later, 5, "a pause fills the bucket, not more");
    }

    #[test]
    fn open_connections_are_counted() {
        let mut sources = Paced::new(1, 100, 2, TRACKED_SOURCES);
        let now = Duration::ZERO;
        assert_eq!(sources.enter(source(1), now), Ok(()));
        assert_eq!(sources.enter(source(1), now), Ok(()));
        assert_eq!(sources.enter(source(1), now), Err(TurnedAway::Source));
        sources.leave(source(1));
        assert_eq!(sources.enter(source(1), now), Ok(()));
    }

    #[test]
    fn the_table_is_bounded() {
        let mut sources = Paced::<Source>::new(1, 1, 1, TRACKED_SOURCES);
        for i in 0..TRACKED_SOURCES as u32 + 300 {
            let ip = IpAddr::from(i.to_be_bytes());
            let _ = sources.enter(ip.into(), Duration::from_micros(u64::from(i)));
            sources.leave(ip.into());
        }
        assert_eq!(sources.entries.len(), TRACKED_SOURCES);
    }

    #[test]
    fn an_ipv6_network_is_one_source() {
        let one: IpAddr = "2001:db8:1:2::1".parse().unwrap();
        let two: IpAddr = "2001:db8:1:2:ffff::9".parse().unwrap();
        let mapped: IpAddr = "::ffff:10.0.0.1".parse().unwrap();
        assert_eq!(Source::from(one), Source::from(two));
        assert_eq!(Source::from(mapped), source(1));
    }

    #[test]
    fn debts_are_paid_at_the_rate() {
        let mut bucket = TokenBucket::new(1000, 1000, Duration::ZERO);
        assert_eq!(bucket.take_and_wait(1000, Duration::ZERO), Duration::ZERO);
        assert_eq!(bucket.take_and_wait(500, Duration::ZERO), Duration::from_millis(500));
        assert_eq!(bucket.take_and_wait(500, Duration::ZERO), Duration::from_millis(1000));
        assert_eq!(bucket.take_and_wait(0, Duration::from_secs(1)), Duration::ZERO);
    }
}
