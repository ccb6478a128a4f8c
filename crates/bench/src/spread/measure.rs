//! Publications, one after the other, and who shows them when.

use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use serde_json::{Value as Json, json};

use super::shape::{Links, Shape};
use crate::flood::Times;
use crate::machine;
use crate::node::{Node, PATIENCE};
use crate::random::Random;

/// Nodes looked at for each publication: the farthest and some more. Each look costs the machine a twentieth of a millisecond.
const WATCHED: usize = 6;
/// Between two rounds of looks.
const LOOK_EVERY: Duration = Duration::from_micros(500);
/// After everyone shows a listing, until the next one: fsyncs and confirmations are over by then.
const PAUSE: Duration = Duration::from_millis(700);
/// For so long nothing is published, and what still crosses the line is counted.
const IDLE: Duration = Duration::from_secs(20);
/// Where the choices come from.
const SEED: u64 = 7;

/// What was measured in one shape.
#[derive(Default)]
pub struct Figures {
    /// From `publish` until shown, at nodes connected with the author.
    pub near: Times,
    /// At those that are farthest from it.
    pub far: Times,
    /// At all that were watched.
    pub all: Times,
    /// Publications.
    pub count: usize,
    /// Bytes that crossed `lo` for all of them; 0 where an import ran beside it.
    pub bytes: u64,
    /// Bytes of frames that were sent for all of them.
    pub frames: u64,
    /// Entries that reached a node which held them already.
    pub duplicates: u64,
    /// Bytes that crossed `lo` in a second in which nothing happens.
    pub idle: u64,
}

/// Publishes so often, at one node after the other or at the last one alone, and looks who shows it.
///
/// # Errors
/// When a node does not answer or does not get a listing.
pub fn measure(mut nodes: Vec<Node>, links: &Links, count: usize, shape: Shape) -> anyhow::Result<Figures> {
    let mut figures = Figures { count, ..Figures::default() };
    let mut random = Random::new(SEED);
    std::thread::sleep(PAUSE);
    let before = totals(&mut nodes)?;
    let bytes = machine::loopback_bytes();
    for number in 0..count {
        // Half of them at the end of a line, so that somebody is as far away as can be; the others anywhere.
        let last = shape.is_loaded() || number.is_multiple_of(2);
        let from = if last { nodes.len() - 1 } else { random.below(nodes.len() as u64) as usize };
        let title = format!("传播 {shape:?} {number}");
        publish(&mut nodes, links, (from, &title), &mut random, &mut figures)?;
        std::thread::sleep(PAUSE);
    }
    figures.bytes = machine::loopback_bytes() - bytes;
    let after = totals(&mut nodes)?;
    figures.frames = after.bytes - before.bytes;
    figures.duplicates = (after.sent - before.sent).saturating_sub(after.taken - before.taken);
    let bytes = machine::loopback_bytes();
    std::thread::sleep(IDLE);
    figures.idle = (machine::loopback_bytes() - bytes) / IDLE.as_secs();
    nodes.into_iter().try_for_each(Node::stop)?;
    Ok(figures)
}

fn publish(
    nodes: &mut [Node],
    links: &Links,
    (from, title): (usize, &str),
    random: &mut Random,
    figures: &mut Figures,
) -> anyhow::Result<()> {
    let far = links.distances(from);
    let farthest = far.iter().copied().max().unwrap_or_default();
    let mut others: Vec<usize> = (0..nodes.len()).filter(|node| *node != from).collect();
    // In random order, then one that is farthest and one that is near before the others.
    for last in (1..others.len()).rev() {
        others.swap(last, random.below(last as u64 + 1) as usize);
    }
    for distance in [farthest, 1] {
        if let Some(place) = others.iter().position(|node| far[*node] == distance) {
            let node = others.remove(place);
            others.insert(0, node);
        }
    }
    let (watched, rest) = others.split_at(WATCHED.min(others.len()));
    let fields = json!({ "title": title, "summary": "一个节点发布，其余节点多久之后能看到" });
    let since = Instant::now();
    let id = nodes[from].publish(&fields)?;
    let mut waiting = watched.to_vec();
    while !waiting.is_empty() {
        let mut left = Vec::new();
        for node in waiting {
            if !nodes[node].holds(&id)? {
                left.push(node);
                continue;
            }
            let took = since.elapsed();
            figures.all.take(took);
            if far[node] == 1 {
                figures.near.take(took);
            }
            if far[node] == farthest && farthest > 1 {
                figures.far.take(took);
            }
        }
        waiting = left;
        ensure!(since.elapsed() < PATIENCE, "{waiting:?} do not show {id}");
        std::thread::sleep(LOOK_EVERY);
    }
    for node in rest {
        while !nodes[*node].holds(&id)? {
            ensure!(since.elapsed() < PATIENCE, "{node} does not show {id}");
            std::thread::sleep(LOOK_EVERY);
        }
    }
    Ok(())
}

/// What all nodes have sent together.
struct Totals {
    bytes: u64,
    sent: u64,
    taken: u64,
}

fn totals(nodes: &mut [Node]) -> anyhow::Result<Totals> {
    let mut all = Totals { bytes: 0, sent: 0, taken: 0 };
    for node in nodes {
        let status = node.status()?;
        all.bytes += status["bytes"]["out"].as_u64().context("bytes sent")?;
        for peer in status["peers"].as_array().into_iter().flatten() {
            // Those that are known, and not connected, have none.
            let count = |way: &str| peer[way].as_u64().unwrap_or_default();
            all.sent += count("entries_out");
            all.taken += count("entries_in");
        }
    }
    Ok(all)
}

/// Both in one.
pub fn json(times: &Times) -> Json {
    json!({ "p50": times.percentile(50), "p99": times.percentile(99), "max": times.percentile(100), "count": times.count() })
}
