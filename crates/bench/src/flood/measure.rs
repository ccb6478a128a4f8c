//! What the honest ones notice.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use serde_json::json;

use crate::node::Node;

/// Between two publications.
const PUBLISH_EVERY: Duration = Duration::from_millis(60);
/// Between two looks whether a listing has come.
const LOOK_EVERY: Duration = Duration::from_millis(1);
/// Between two searches.
const SEARCH_EVERY: Duration = Duration::from_millis(20);
/// A listing that has not come by then counts as late as this.
const LATEST: Duration = Duration::from_secs(60);
/// Words that some listings of the run hold: 材料, 系统, 方法, 技术, 研究, as an address spells them.
const WORDS: &[&str] = &[
    "%E6%9D%90%E6%96%99",
    "%E7%B3%BB%E7%BB%9F",
    "%E6%96%B9%E6%B3%95",
    "%E6%8A%80%E6%9C%AF",
    "%E7%A0%94%E7%A9%B6",
];

/// The honest ones.
pub struct Place {
    /// The hub.
    pub hub: Node,
    /// Where its pages are, `host:port`.
    pub pages: String,
    /// Two members.
    pub members: [Node; 2],
    /// Listings that they have published.
    pub published: u64,
}

/// Times of one kind, in milliseconds.
#[derive(Clone, Debug, Default)]
pub struct Times(Vec<f64>);

impl Times {
    /// One more.
    pub fn take(&mut self, time: Duration) {
        self.0.push(time.as_secs_f64() * 1e3);
    }

    /// Another reader's.
    pub fn add(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// These times.
    #[cfg(test)]
    pub fn of(times: impl Iterator<Item = Duration>) -> Self {
        let mut all = Self::default();
        times.for_each(|time| all.take(time));
        all
    }

    /// Each of them, milliseconds.
    pub fn each(&self) -> impl Iterator<Item = f64> {
        self.0.iter().copied()
    }

    /// How many.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// The time that so many in a hundred do not exceed, milliseconds; 0 of none.
    pub fn percentile(&self, percent: usize) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        let place = (sorted.len() * percent).div_ceil(100).saturating_sub(1);
        sorted.get(place).copied().unwrap_or_default()
    }
}

/// What was measured over one while.
#[derive(Clone, Debug, Default)]
pub struct Figures {
    /// From `publish` at one member until the listing is found at the other.
    pub seen: Times,
    /// Searches on the hub's pages.
    pub searches: Times,
    /// The hub's largest memory, bytes.
    pub peak: u64,
    /// The hub's CPU seconds.
    pub cpu: f64,
}

impl Figures {
    /// Another turn of the same.
    pub fn add(&mut self, turn: Self) {
        self.seen.add(turn.seen);
        self.searches.add(turn.searches);
        self.peak = self.peak.max(turn.peak);
        self.cpu += turn.cpu;
    }
}

impl Place {
    /// Publishes by turns at one member and at the other, and searches on the hub's pages, for so long.
    ///
    /// # Errors
    /// When a node does not answer.
    pub fn measure(&mut self, during: Duration) -> anyhow::Result<Figures> {
        let over = AtomicBool::new(false);
        let (pages, members, published) = (&self.pages, &mut self.members, &mut self.published);
        std::thread::scope(|scope| {
            let searching = scope.spawn(|| search(pages, &over));
            let seen = publish(members, published, during);
            over.store(true, Ordering::Release);
            let searches = searching.join().map_err(|_| anyhow::anyhow!("the searches ended early"))?;
            Ok(Figures { seen: seen?, searches: searches?, ..Figures::default() })
        })
    }
}

fn search(pages: &str, over: &AtomicBool) -> anyhow::Result<Times> {
    let mut times = Times::default();
    for text in WORDS.iter().cycle() {
        if over.load(Ordering::Acquire) {
            break;
        }
        let begun = Instant::now();
        let mut line = TcpStream::connect(pages).context("the hub's pages")?;
        write!(line, "GET /list?q={text} HTTP/1.1\r\nHost: {pages}\r\nConnection: close\r\n\r\n")?;
        let mut page = Vec::new();
        line.read_to_end(&mut page)?;
        if !page.starts_with(b"HTTP/1.1 200") {
            bail!("the hub's page of results: {}", String::from_utf8_lossy(&page[..page.len().min(200)]));
        }
        times.take(begun.elapsed());
        std::thread::sleep(SEARCH_EVERY.saturating_sub(begun.elapsed()));
    }
    Ok(times)
}

fn publish(members: &mut [Node; 2], published: &mut u64, during: Duration) -> anyhow::Result<Times> {
    let mut times = Times::default();
    let begun = Instant::now();
    while begun.elapsed() < during {
        members.reverse();
        let [from, to] = members;
        *published += 1;
        let since = Instant::now();
        let fields = json!({ "title": format!("样例成果 {published}"), "summary": "与洪水并行的一条" });
        let id = from.publish(&fields)?;
        while !to.holds(&id)? && since.elapsed() < LATEST {
            std::thread::sleep(LOOK_EVERY);
        }
        times.take(since.elapsed());
        std::thread::sleep(PUBLISH_EVERY.saturating_sub(since.elapsed()));
    }
    Ok(times)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles() {
        let times = Times((1..=200).rev().map(f64::from).collect());
        assert_eq!((times.percentile(50), times.percentile(99)), (100.0, 198.0));
        assert_eq!(Times::default().percentile(99), 0.0);
    }
}
