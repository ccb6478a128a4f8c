//! What is waited for, and how long each of the crowd had to wait for it.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use protocol::{LogId, PublicKey};

use super::phases::Crowd;
use super::play::{Notes, lock};
use super::report::{Report, Row};
use crate::flood::Times;
use crate::machine;
use crate::node::PATIENCE;

/// The hub rests when it takes less than this of a core …
const REST: f64 = 0.05;
/// … or not less than before, over this time.
const REST_LOOK: Duration = Duration::from_secs(1);
const REST_PATIENCE: Duration = Duration::from_secs(180);
/// Between two looks.
const LOOK_EVERY: Duration = Duration::from_millis(50);

impl Crowd {
    /// Waits until the hub has nothing more to do.
    pub(super) fn rest(&self) -> anyhow::Result<()> {
        let begun = Instant::now();
        let mut last = f64::MAX;
        loop {
            let cpu = machine::cpu(self.hub.pid);
            std::thread::sleep(REST_LOOK);
            let took = machine::cpu(self.hub.pid) - cpu;
            if took < REST || (took >= last && took < 0.5) {
                return Ok(());
            }
            last = took;
            ensure!(begun.elapsed() < REST_PATIENCE, "the hub does not come to rest in {REST_PATIENCE:?}");
        }
    }

    /// Until every process is in step with the hub.
    pub(super) fn await_real(&mut self) -> anyhow::Result<()> {
        for (node, _) in &mut self.real {
            node.await_status("in step", |s| s["admitted"] == true && s["peers"][0]["state"] == "synced")?;
        }
        Ok(())
    }

    /// Until each of these is let in.
    pub(super) fn await_ready(&self, which: Range<usize>, begun: Instant) -> anyhow::Result<Times> {
        let of = || self.played.iter().skip(which.start).take(which.len());
        self.await_that("let in", || {
            let still = of().filter(|(publisher, _)| publisher.state().ready.is_none()).count();
            (still > 0).then(|| format!("{still} are not let in; {:?}", lock(&self.notes).refused))
        })?;
        let mut times = Times::default();
        for (publisher, _) in of() {
            let ready = publisher.state().ready;
            times.take(ready.map_or(begun.elapsed(), |ready| ready.saturating_duration_since(begun)));
        }
        Ok(times)
    }

    fn await_that(&self, what: &str, mut still: impl FnMut() -> Option<String>) -> anyhow::Result<()> {
        let (begun, mut said) = (Instant::now(), Instant::now());
        while let Some(why) = still() {
            ensure!(begun.elapsed() < PATIENCE / 3, "not {what} in {:?}: {why}", PATIENCE / 3);
            if said.elapsed() > Duration::from_secs(10) {
                eprintln!("bench: not {what} yet: {why}");
                said = Instant::now();
            }
            std::thread::sleep(LOOK_EVERY);
        }
        Ok(())
    }

    /// The first time after `since` at which the hub told of so much of a log.
    fn told(
        told: &BTreeMap<LogId, Vec<(u64, Instant)>>,
        log: &LogId,
        upto: u64,
        since: Instant,
    ) -> Option<Instant> {
        let found = told.get(log)?.iter().find(|(seq, at)| *seq >= upto && *at >= since);
        found.map(|(_, at)| *at)
    }

    /// Until the hub has told the observer of all that these have written.
    pub(super) fn await_told(&self, sent: &[(usize, Instant)]) -> anyhow::Result<Times> {
        let upto: Vec<(LogId, u64, Instant)> = sent
            .iter()
            .map(|(number, at)| {
                let publisher = &self.played[*number].0;
                (publisher.log, publisher.written(), *at)
            })
            .collect();
        let mut left = upto.clone();
        self.await_that("told of", || {
            let notes = lock(&self.notes);
            left.retain(|(log, upto, at)| Self::told(&notes.told, log, *upto, *at).is_none());
            (!left.is_empty()).then(|| format!("{} are not told of", left.len()))
        })?;
        let notes = lock(&self.notes);
        let mut times = Times::default();
        for (log, upto, at) in &upto {
            if let Some(told) = Self::told(&notes.told, log, *upto, *at) {
                times.take(told.saturating_duration_since(*at));
            }
        }
        Ok(times)
    }

    /// Until the hub tells of listings of each process; when it first did.
    pub(super) fn await_real_told(
        &self,
        notes: &Mutex<Notes>,
        nodes: &[PublicKey],
        since: Instant,
    ) -> anyhow::Result<Times> {
        let first = |node: &PublicKey| {
            let notes = lock(notes);
            let of = notes.told.iter().filter(|(log, _)| log.node == *node && log.shelf.kind.is_listing());
            of.flat_map(|(_, told)| told.iter().map(|(_, at)| *at)).filter(|at| *at >= since).min()
        };
        self.await_that("told of the processes'", || {
            let still = nodes.iter().filter(|node| first(node).is_none()).count();
            (still > 0).then(|| format!("{still} are not told of"))
        })?;
        let mut times = Times::default();
        nodes.iter().filter_map(first).for_each(|at| times.take(at.saturating_duration_since(since)));
        Ok(times)
    }

    /// Until the hub has confirmed all that the played ones have written.
    pub(super) fn await_durable(&self, since: Instant) -> anyhow::Result<Times> {
        let of = || self.played.iter().take(self.played.len() - 1);
        self.await_that("confirmed", || {
            let still = of().filter(|(p, _)| !p.is_confirmed()).count();
            (still > 0).then(|| format!("{still} are not confirmed"))
        })?;
        let mut times = Times::default();
        for (publisher, _) in of() {
            let at = publisher.state().durable.1;
            times.take(at.map_or(Duration::ZERO, |at| at.saturating_duration_since(since)));
        }
        Ok(times)
    }

    /// Until the hub finds all listings.
    pub(super) fn await_searchable(
        &mut self,
        name: &str,
        since: Instant,
        report: &mut Report,
    ) -> anyhow::Result<()> {
        let (cpu, listings) = (machine::cpu(self.hub.pid), self.listings);
        let hub = self.hub.node.as_mut().context("the hub is away")?;
        let status = hub.await_status("searchable", |s| {
            s["listings"]["held"].as_u64() >= Some(listings as u64)
                && s["searchable"] == s["listings"]["held"]
        })?;
        let mut times = Times::default();
        times.take(since.elapsed());
        let count = status["searchable"].as_u64().unwrap_or_default() as usize;
        let cpu = machine::cpu(self.hub.pid) - cpu;
        let name = format!("{name}: searchable");
        report.take(Row { name, count, times, anon: self.anon(), cpu, ..Row::default() });
        Ok(())
    }
}
