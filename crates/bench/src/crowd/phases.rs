//! What the crowd does, one thing after the other, and what is measured of it.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use protocol::{LogId, PublicKey};
use serde_json::json;
use tokio::runtime::Runtime;
use tokio::sync::mpsc;

use super::CrowdArgs;
use super::homes::{self, Prepared};
use super::play::{Notes, Order, Publisher, lock};
use super::report::{Report, Row, jain};
use crate::flood::Times;
use crate::machine;
use crate::node::{Node, PATIENCE};
use crate::random::Random;
use crate::records::Corpus;

/// How many are connected when idle ones are looked at.
const STEPS: &[usize] = &[50, 200, 500];
/// The hub rests when it takes less than this of a core …
const REST: f64 = 0.05;
/// … or not less than before, over this time.
const REST_LOOK: Duration = Duration::from_secs(1);
const REST_PATIENCE: Duration = Duration::from_secs(180);
/// Between two looks.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// Publishers that publish one listing each, one after the other, while nobody else does.
const QUIET_ONES: usize = 100;
/// Between two of them.
const QUIET_EVERY: Duration = Duration::from_millis(50);

struct Hub {
    node: Option<Node>,
    pid: u32,
}

struct Crowd {
    hub: Hub,
    real: Vec<(Node, PublicKey)>,
    played: Vec<(Arc<Publisher>, mpsc::UnboundedSender<Order>)>,
    notes: Arc<Mutex<Notes>>,
    corpus: Corpus,
    random: Random,
    /// Listings drawn so far.
    drawn: usize,
    /// Listings that the hub should hold.
    listings: usize,
}

/// All phases.
///
/// # Errors
/// When a node fails, or something that must come does not.
pub fn run(
    args: &CrowdArgs,
    bin: &Path,
    prepared: Prepared,
    spread: bool,
    runtime: &Runtime,
    report: &mut Report,
) -> anyhow::Result<()> {
    let mut crowd = Crowd::start(args, bin, &prepared, spread, runtime)?;
    let done = crowd.all_phases(args, bin, &prepared, report);
    report.note_refused(std::mem::take(&mut lock(&crowd.notes).refused));
    done
}

impl Crowd {
    fn start(
        args: &CrowdArgs,
        bin: &Path,
        prepared: &Prepared,
        spread: bool,
        runtime: &Runtime,
    ) -> anyhow::Result<Self> {
        let hub = Node::start(bin, &prepared.hub)?;
        let pid = hub.id();
        let notes =
            Arc::new(Mutex::new(Notes { frontier: Arc::clone(&prepared.frontier), ..Notes::default() }));
        let mut played = Vec::new();
        for (number, part) in prepared.parts.iter().enumerate() {
            let observes = number + 1 == prepared.parts.len();
            let target = homes::address(args.processes + number + 1, spread);
            let of = (prepared.network, target);
            let takes = (observes, !args.publish_only);
            let publisher = Arc::new(Publisher::new(part.clone(), of, takes, Arc::clone(&notes)));
            let (orders, taken) = mpsc::unbounded_channel();
            runtime.spawn(Arc::clone(&publisher).live(taken));
            played.push((publisher, orders));
        }
        let (corpus, random) = (Corpus::find()?, Random::new(1));
        let hub = Hub { node: Some(hub), pid };
        Ok(Self { hub, real: Vec::new(), played, notes, corpus, random, drawn: 0, listings: 0 })
    }

    fn all_phases(
        &mut self,
        args: &CrowdArgs,
        bin: &Path,
        prepared: &Prepared,
        report: &mut Report,
    ) -> anyhow::Result<()> {
        self.rest()?;
        let alone = self.anon();
        report.take(Row { name: "hub alone".to_owned(), anon: alone, ..Row::default() });
        // The observer, and every publisher that is a process.
        self.order(self.played.len() - 1, Order::Connect)?;
        for real in &prepared.real {
            self.real.push((Node::start(bin, &real.home)?, real.node));
        }
        self.await_real()?;
        self.idle_of(args.processes, (alone, args.processes), args, report)?;
        let (mut before, mut connected) = (self.anon(), 0);
        let played = self.played.len() - 1;
        let steps = STEPS.iter().map(|n| n.saturating_sub(args.processes)).filter(|n| *n > 0 && *n < played);
        for upto in steps.chain([played]).collect::<Vec<_>>() {
            let row = self.connect(connected..upto, "connecting")?;
            report.take(row);
            let (was, more) = (before, upto - connected);
            connected = upto;
            before = self.idle_of(args.processes + upto, (was, more), args, report)?;
        }
        self.one_by_one(report)?;
        self.all_push(1, "one listing each, all at once", report)?;
        self.all_push(args.each, "all push at once", report)?;
        self.idle(args.publishers, args, report)?;
        self.away(args, bin, prepared, report)
    }

    fn anon(&self) -> u64 {
        machine::anon(self.hub.pid)
    }

    fn order(&self, number: usize, order: Order) -> anyhow::Result<()> {
        let (_, orders) = self.played.get(number).context("no such publisher")?;
        orders.send(order).context("a publisher has ended")
    }

    /// Waits until the hub has nothing more to do.
    fn rest(&self) -> anyhow::Result<()> {
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

    fn await_real(&mut self) -> anyhow::Result<()> {
        for (node, _) in &mut self.real {
            node.await_status("in step", |s| s["admitted"] == true && s["peers"][0]["state"] == "synced")?;
        }
        Ok(())
    }

    /// Idle connections after they have done something: what they take beside that is no longer told apart.
    fn idle(&self, count: usize, args: &CrowdArgs, report: &mut Report) -> anyhow::Result<()> {
        self.idle_of(count, (0, 0), args, report).map(drop)
    }

    /// Idle connections: memory beside what was there before so many of them, and CPU. Gives the memory.
    fn idle_of(
        &self,
        count: usize,
        (before, more): (u64, usize),
        args: &CrowdArgs,
        report: &mut Report,
    ) -> anyhow::Result<u64> {
        self.rest()?;
        let (cpu, begun) = (machine::cpu(self.hub.pid), Instant::now());
        std::thread::sleep(Duration::from_secs(args.idle));
        let (cpu, passed) = (machine::cpu(self.hub.pid) - cpu, begun.elapsed().as_secs_f64());
        let anon = self.anon();
        let each = |more: usize| (anon as f64 - before as f64) / more as f64;
        report.take(Row {
            name: "idle".to_owned(),
            count,
            anon,
            anon_each: (more > 0).then(|| each(more)),
            cpu,
            cpu_each: (count > 0).then(|| cpu * 1e6 / passed / count as f64),
            ..Row::default()
        });
        Ok(anon)
    }

    fn refused(&self) -> u64 {
        lock(&self.notes).refused.values().sum()
    }

    /// These call the hub at once; until each is let in.
    fn connect(&self, which: std::ops::Range<usize>, name: &str) -> anyhow::Result<Row> {
        let (cpu, refused) = (machine::cpu(self.hub.pid), self.refused());
        let count = which.len();
        which.clone().try_for_each(|number| self.order(number, Order::Connect))?;
        let times = self.await_ready(which, Instant::now())?;
        let cpu = machine::cpu(self.hub.pid) - cpu;
        let refused = self.refused() - refused;
        Ok(Row { name: name.to_owned(), count, times, anon: self.anon(), cpu, refused, ..Row::default() })
    }

    fn await_ready(&self, which: std::ops::Range<usize>, begun: Instant) -> anyhow::Result<Times> {
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

    /// Each played one writes so many listings, which are not sent yet.
    fn write(&mut self, each: usize) -> anyhow::Result<()> {
        let played = self.played.len() - 1;
        for number in 0..played {
            let texts: Vec<BTreeMap<String, String>> =
                (0..each).map(|n| self.corpus.texts(self.drawn + n)).collect();
            self.drawn += each;
            self.played[number].0.write(&texts, &mut self.random)?;
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

    /// One after the other publishes a listing while nobody else does.
    fn one_by_one(&mut self, report: &mut Report) -> anyhow::Result<()> {
        self.write(1)?;
        let played = self.played.len() - 1;
        let step = (played / QUIET_ONES).max(1);
        let cpu = machine::cpu(self.hub.pid);
        let mut sent = Vec::new();
        for number in (0..played).step_by(step) {
            sent.push((number, Instant::now()));
            self.order(number, Order::Push)?;
            std::thread::sleep(QUIET_EVERY);
        }
        let times = self.await_told(&sent)?;
        self.listings += sent.len();
        let (count, cpu) = (sent.len(), machine::cpu(self.hub.pid) - cpu);
        report.take(Row {
            name: "one listing, one by one".to_owned(),
            count,
            times,
            anon: self.anon(),
            cpu,
            ..Row::default()
        });
        // Those who wrote and did not send it.
        let rest: Vec<usize> = (0..played).filter(|number| number % step != 0).collect();
        let now = Instant::now();
        for number in &rest {
            self.order(*number, Order::Push)?;
        }
        self.listings += rest.len();
        self.await_told(&rest.iter().map(|number| (*number, now)).collect::<Vec<_>>())?;
        self.rest()
    }

    /// Until the hub has told the observer of all that these have written.
    fn await_told(&self, sent: &[(usize, Instant)]) -> anyhow::Result<Times> {
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

    /// Everyone sends so many listings at the same moment.
    fn all_push(&mut self, each: usize, name: &str, report: &mut Report) -> anyhow::Result<()> {
        self.write(each)?;
        self.rest()?;
        let played = self.played.len() - 1;
        let (cpu, begun) = (machine::cpu(self.hub.pid), Instant::now());
        for number in 0..played {
            self.order(number, Order::Push)?;
        }
        let rows = self.rows(each);
        let (mut real, notes) = (std::mem::take(&mut self.real), Arc::clone(&self.notes));
        let asked = std::thread::scope(|scope| {
            let ask = |(node, rows)| scope.spawn(move || publish(node, rows));
            let asked: Vec<_> = real.iter_mut().map(|(node, _)| node).zip(rows).map(ask).collect();
            asked.into_iter().map(|one| one.join()).collect::<Vec<_>>()
        });
        for one in asked {
            one.map_err(|_| anyhow::anyhow!("a process was not asked"))??;
        }
        let nodes: Vec<PublicKey> = real.iter().map(|(_, node)| *node).collect();
        self.real = std::mem::take(&mut real);
        let sent: Vec<(usize, Instant)> = (0..played).map(|number| (number, begun)).collect();
        let mut times = self.await_told(&sent)?;
        self.listings += each * (played + nodes.len());
        let of_real = self.await_real_told(&notes, &nodes, begun)?;
        let in_all = begun.elapsed();
        times.add(of_real);
        // Of one listing each there is no rate to share.
        let rates: Vec<f64> = times.each().filter(|_| each > 1).map(|ms| each as f64 / ms).collect();
        let cpu_until = machine::cpu(self.hub.pid) - cpu;
        let row = Row {
            count: times.count(),
            times,
            jain: jain(&rates),
            anon: self.anon(),
            cpu: cpu_until,
            ..Row::default()
        };
        report.take(Row { name: name.to_owned(), ..row });
        let durable = self.await_durable(begun)?;
        report.take(Row {
            name: format!("… confirmed ({:.1} s in all)", in_all.as_secs_f64()),
            count: durable.count(),
            times: durable,
            anon: self.anon(),
            cpu: machine::cpu(self.hub.pid) - cpu,
            ..Row::default()
        });
        self.await_searchable(name, begun, report)?;
        self.rest()
    }

    /// Rows for each process to take in.
    fn rows(&mut self, each: usize) -> Vec<Vec<serde_json::Value>> {
        let mut all = Vec::new();
        for _ in 0..self.real.len() {
            let row = |n: usize| json!({ "row": n + 1, "fields": self.corpus.texts(self.drawn + n) });
            all.push((0..each).map(row).collect());
            self.drawn += each;
        }
        all
    }

    /// Until the hub tells of listings of each process; when it did last.
    fn await_real_told(
        &self,
        notes: &Mutex<Notes>,
        nodes: &[PublicKey],
        since: Instant,
    ) -> anyhow::Result<Times> {
        let latest = |node: &PublicKey| {
            let notes = lock(notes);
            let of = notes.told.iter().filter(|(log, _)| log.node == *node && log.shelf.kind.is_listing());
            of.flat_map(|(_, told)| told.iter().map(|(_, at)| *at)).filter(|at| *at >= since).min()
        };
        self.await_that("told of the processes'", || {
            let still = nodes.iter().filter(|node| latest(node).is_none()).count();
            (still > 0).then(|| format!("{still} are not told of"))
        })?;
        let mut times = Times::default();
        nodes.iter().filter_map(latest).for_each(|at| times.take(at.saturating_duration_since(since)));
        Ok(times)
    }

    fn await_durable(&self, since: Instant) -> anyhow::Result<Times> {
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

    fn await_searchable(&mut self, name: &str, since: Instant, report: &mut Report) -> anyhow::Result<()> {
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

    /// The hub stops, everyone goes on publishing, the hub is back.
    fn away(
        &mut self,
        args: &CrowdArgs,
        bin: &Path,
        prepared: &Prepared,
        report: &mut Report,
    ) -> anyhow::Result<()> {
        let played = self.played.len() - 1;
        (0..=played).try_for_each(|number| self.order(number, Order::Rest))?;
        self.hub.node.take().context("the hub is away")?.stop()?;
        self.write(args.each)?;
        let rows = self.rows(args.each);
        for ((node, _), rows) in self.real.iter_mut().zip(rows) {
            publish(node, rows)?;
        }
        self.listings += args.each * (played + self.real.len());
        self.keep_frontier();
        let hub = Node::start(bin, &prepared.hub)?;
        self.hub = Hub { pid: hub.id(), node: Some(hub) };
        let (cpu, refused, begun) = (machine::cpu(self.hub.pid), self.refused(), Instant::now());
        // The observer hears of what comes after it.
        self.order(played, Order::Connect)?;
        self.await_ready(played..played + 1, begun)?;
        (0..played).try_for_each(|number| self.order(number, Order::Connect))?;
        let times = self.await_ready(0..played, begun)?;
        let taken = |crowd: &Self| (machine::cpu(crowd.hub.pid) - cpu, crowd.refused() - refused);
        let (cpu_now, refused_now) = taken(self);
        let (count, anon) = (times.count(), self.anon());
        report.take(Row {
            name: "hub is back: all let in".to_owned(),
            count,
            times,
            anon,
            cpu: cpu_now,
            refused: refused_now,
            ..Row::default()
        });
        let durable = self.await_durable(begun)?;
        let rates: Vec<f64> = durable.each().map(|ms| args.each as f64 / ms).collect();
        let (cpu_now, refused_now) = taken(self);
        report.take(Row {
            name: "… all that was missed, confirmed".to_owned(),
            count: durable.count(),
            times: durable,
            jain: jain(&rates),
            anon: self.anon(),
            cpu: cpu_now,
            refused: refused_now,
            ..Row::default()
        });
        self.await_searchable("… with the processes'", begun, report)?;
        self.await_real()?;
        self.idle(args.publishers, args, report)
    }

    /// What the hub holds now, who calls next is taken to have.
    fn keep_frontier(&self) {
        let mut notes = lock(&self.notes);
        let mut frontier = BTreeMap::clone(&notes.frontier);
        for (log, told) in std::mem::take(&mut notes.told) {
            let level = frontier.entry(log).or_default();
            *level = told.iter().map(|(seq, _)| *seq).fold(*level, u64::max);
        }
        notes.frontier = Arc::new(frontier);
    }
}

/// Has a process publish these rows.
fn publish(node: &mut Node, rows: Vec<serde_json::Value>) -> anyhow::Result<()> {
    let many = rows.len();
    let answer =
        node.ask(&json!({ "do": "take-in", "kind": "achievement", "rows": rows, "publish": true }))?;
    let outcomes = answer["rows"].as_array().into_iter().flatten();
    let published = outcomes.filter(|row| row["outcome"] == "published").count();
    ensure!(published == many, "{published} of {many} rows were published: {answer}");
    Ok(())
}
