//! Mixed load: searches, first pages and listings read, listings published and replicated, a peer that goes and comes back.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::bail;

use super::homes::{Homes, is_in_step, one_more};
use super::words::Words;
use crate::flood::Times;
use crate::machine;
use crate::node::Node;
use crate::pages::client::Client;

/// Searches for each reader a second, at most.
const SEARCH_EVERY: Duration = Duration::from_millis(50);
/// Readers at the same time.
const READERS: usize = 2;
/// One request in so many is for the first page.
const ONE_FIRST_IN: usize = 10;
/// Between two publications.
const PUBLISH_EVERY: Duration = Duration::from_millis(500);
/// The publisher stays for so long, then goes and comes back.
const STAY: Duration = Duration::from_secs(15);
/// Between two looks at the hub's memory.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// Where the searches under load begin in the row of all.
const FROM: usize = 100_000;

/// What is done to a hub.
pub struct Load<'a> {
    /// Hub and publisher.
    pub homes: &'a Homes,
    /// Where the hub's pages are.
    pub web: &'a str,
    /// What is searched for.
    pub words: &'a Words,
    /// For how long.
    pub during: Duration,
}

/// What was measured meanwhile.
#[derive(Default)]
pub struct Figures {
    /// Searches with all facets.
    pub searches: Times,
    /// The first page.
    pub first_page: Times,
    /// From when the publisher listened until it was in step.
    pub returns: Times,
    /// Listings published and replicated.
    pub edits: u64,
    /// The hub's anonymous memory at the end, bytes.
    pub anon_end: u64,
    /// And its largest.
    pub anon_peak: u64,
}

impl Load<'_> {
    /// Does it.
    ///
    /// # Errors
    /// When a node does not answer.
    pub fn run(&self, hub: u32) -> anyhow::Result<Figures> {
        let over = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let over = &over;
            let readers: Vec<_> = (0..READERS).map(|n| scope.spawn(move || self.read(n, over))).collect();
            let publishing = scope.spawn(|| self.publish(over));
            let mut figures = Figures::default();
            let begun = Instant::now();
            while begun.elapsed() < self.during {
                std::thread::sleep(LOOK_EVERY);
                figures.anon_peak = figures.anon_peak.max(machine::anon(hub));
            }
            figures.anon_end = machine::anon(hub);
            over.store(true, Ordering::Release);
            for reader in readers {
                let Ok(read) = reader.join() else { bail!("a reader broke") };
                let (searches, first) = read?;
                figures.searches.add(searches);
                figures.first_page.add(first);
            }
            let Ok(published) = publishing.join() else { bail!("the publisher broke") };
            (figures.returns, figures.edits) = published?;
            Ok(figures)
        })
    }

    fn read(&self, reader: usize, over: &AtomicBool) -> anyhow::Result<(Times, Times)> {
        let (mut searches, mut first) = (Times::default(), Times::default());
        let mut client = Client::open(self.web)?;
        let mut nth = 0;
        while !over.load(Ordering::Acquire) {
            client.renew()?;
            let begun = Instant::now();
            if nth % ONE_FIRST_IN == 0 {
                client.get("/")?;
                first.take(begun.elapsed());
            } else {
                let search = self.words.searches(FROM * (reader + 1) + nth, 1);
                let page = client.get(&search.concat())?;
                searches.take(begun.elapsed());
                if let Some(listing) = first_listing(&page) {
                    client.get(&listing)?;
                }
            }
            nth += 1;
            std::thread::sleep(SEARCH_EVERY.saturating_sub(begun.elapsed()));
        }
        Ok((searches, first))
    }

    fn publish(&self, over: &AtomicBool) -> anyhow::Result<(Times, u64)> {
        let (mut returns, mut published) = (Times::default(), 0);
        while !over.load(Ordering::Acquire) {
            let mut publisher = Node::start(&self.homes.bin, &self.homes.publisher)?;
            let begun = Instant::now();
            publisher.await_status("in step with the hub", is_in_step)?;
            returns.take(begun.elapsed());
            while begun.elapsed() < STAY && !over.load(Ordering::Acquire) {
                published += 1;
                publisher.ask(&one_more(published))?;
                std::thread::sleep(PUBLISH_EVERY);
            }
            publisher.stop()?;
        }
        Ok((returns, published))
    }
}

/// The address of the first listing that a page of results links to.
fn first_listing(page: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(page).ok()?;
    let (_, rest) = text.split_once("href=\"/listing/")?;
    Some(format!("/listing/{}", rest.split_once('"')?.0))
}
