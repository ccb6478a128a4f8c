//! What the crowd does, one thing after the other, and what is measured of it.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use protocol::PublicKey;
use serde_json::json;
use tokio::runtime::Runtime;
use tokio::sync::mpsc;

use super::CrowdArgs;
use super::homes::{self, Prepared};
use super::play::{Notes, Order, Publisher, lock};
use super::report::{Report, Row, jain};
use crate::machine;
use crate::node::Node;
use crate::random::Random;
use crate::records::Corpus;

/// How many are connected when idle ones are looked at.
const STEPS: &[usize] = &[50, 200, 500];
/// Publishers that publish one listing each, one after the other, while nobody else does.
const QUIET_ONES: usize = 100;
/// Between two of them.
const QUIET_EVERY: Duration = Duration::from_millis(50);

/// The hub, while it runs.
pub(super) struct Hub {
    pub node: Option<Node>,
    pub pid: u32,
}

/// All of them.
pub(super) struct Crowd {
    pub hub: Hub,
    pub real: Vec<(Node, PublicKey)>,
    pub played: Vec<(Arc<Publisher>, mpsc::UnboundedSender<Order>)>,
    pub notes: Arc<Mutex<Notes>>,
    corpus: Corpus,
    random: Random,
    /// Listings drawn so far.
    drawn: usize,
    /// Listings that the hub should hold.
    pub listings: usize,
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

    /// Its anonymous memory, bytes.
    pub(super) fn anon(&self) -> u64 {
        machine::anon(self.hub.pid)
    }

    fn order(&self, number: usize, order: Order) -> anyhow::Result<()> {
        let (_, orders) = self.played.get(number).context("no such publisher")?;
        orders.send(order).context("a publisher has ended")
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
