//! How news spread over several connections, by virtual time: 20 ms a connection, 1 MB/s.

use simulator::{KIND, Line, Rng, World, shelf};

/// Publications that are measured; as many come before them, in which each node finds out what comes to it by which way.
const NEWS: usize = 20;
/// Between two, milliseconds: all is fsynced and confirmed by then.
const PAUSE_MS: i64 = 5_000;
/// One way of a connection, milliseconds.
const DELAY_MS: i64 = 20;

/// What was measured.
#[derive(Debug)]
struct Spread {
    /// From writing to holding, at every other node, ascending; milliseconds.
    ms: Vec<i64>,
    /// Entries that reached a node which held them, by node and publication.
    duplicates: f64,
    /// Bytes of frames, by node and publication.
    bytes: f64,
    /// Questions that were asked, by node and publication.
    asked: f64,
}

impl Spread {
    fn percentile(&self, percent: usize) -> i64 {
        self.ms[(self.ms.len() * percent).div_ceil(100).saturating_sub(1)]
    }
}

fn star(nodes: usize) -> Vec<(usize, usize)> {
    (1..nodes).map(|node| (0, node)).collect()
}

fn line(nodes: usize) -> Vec<(usize, usize)> {
    (1..nodes).map(|node| (node - 1, node)).collect()
}

/// Each node has four neighbours: a ring, and another one through the same nodes in random order.
fn graph(nodes: usize) -> Vec<(usize, usize)> {
    let (mut links, mut rng) = (line(nodes), Rng::new(42));
    links.push((0, nodes - 1));
    let mut order: Vec<usize> = (0..nodes).collect();
    for last in (1..nodes).rev() {
        order.swap(last, rng.below(last + 1));
    }
    let ring = order.iter().zip(order.iter().cycle().skip(1)).map(|(a, b)| (*a.min(b), *a.max(b)));
    links.extend(ring.filter(|link| !line(nodes).contains(link)).collect::<Vec<_>>());
    links
}

/// Nodes so connected, everyone in step, and time running.
fn connected(nodes: usize, links: &[(usize, usize)]) -> World {
    let mut world = World::of(nodes, 9);
    // The roster first: members know each other only from it.
    for node in 1..nodes {
        world.connect(node, 0);
    }
    world.settle();
    world.cut_all();
    world.start_time();
    for (a, b) in links {
        world.connect_by(*a, *b, Line { delay_ms: DELAY_MS, bandwidth: 1_000_000 });
    }
    let now_ms = world.now_ms;
    world.run_until(now_ms + 60_000);
    world
}

/// One node, or the other, publishes; who holds it when.
fn publish(world: &mut World, from: usize, title: &str) -> Vec<i64> {
    let (begun, nodes) = (world.now_ms, world.nodes.len());
    world.publish(from, KIND, title);
    let log = world.nodes[from].log(shelf(KIND));
    let seq = world.nodes[from].head(&log).seq;
    world.watch(log, seq, (0..nodes).filter(|node| *node != from));
    let (mut ms, mut left) = (Vec::new(), nodes - 1);
    while left > 0 {
        let now_ms = world.now_ms;
        assert!(now_ms - begun < PAUSE_MS, "{left} nodes lack {title}");
        world.run_until(now_ms + 1);
        ms.extend(std::iter::repeat_n(world.now_ms - begun, left - world.waiting()));
        left = world.waiting();
    }
    world.run_until(begun + PAUSE_MS);
    ms
}

fn counts(world: &World) -> [u64; 4] {
    let nodes = 0..world.nodes.len();
    let entries = world.nodes.iter().flat_map(|node| node.replica.peers()).map(|peer| peer.entries);
    let (came, left) = entries.fold((0, 0), |(a, b), (came, left)| (a + came, b + left));
    [came, left, nodes.clone().map(|n| world.sent_by(n)).sum(), nodes.map(|n| world.asked_by(n)).sum()]
}

fn measure(mut world: World, writers: &[usize]) -> Spread {
    for n in 0..NEWS {
        publish(&mut world, writers[n % writers.len()], &format!("before {n}"));
    }
    let before = counts(&world);
    let mut ms: Vec<i64> = (0..NEWS)
        .flat_map(|n| publish(&mut world, writers[n % writers.len()], &format!("news {n}")))
        .collect();
    ms.sort_unstable();
    let [came, left, sent, asked] = counts(&world);
    let each = |more: u64| more as f64 / (NEWS * world.nodes.len()) as f64;
    world.assert_same(&(0..world.nodes.len()).collect::<Vec<_>>());
    Spread {
        ms,
        duplicates: each((left - before[1]) - (came - before[0])),
        bytes: each(sent - before[2]),
        asked: each(asked - before[3]),
    }
}

fn print(name: &str, spread: &Spread) {
    println!(
        "| {name} | {} | {} | {} | {:.0} | {:.2} | {:.2} |",
        spread.percentile(50),
        spread.percentile(99),
        spread.percentile(100),
        spread.bytes,
        spread.duplicates,
        spread.asked
    );
}

#[test]
fn news_go_one_way_through_each_connection_and_nobody_asks() {
    let spread = measure(connected(3, &line(3)), &[0]);
    print("line of 3", &spread);
    // An entry of some hundred bytes takes a line of 1 MB/s a millisecond.
    assert!(spread.percentile(100) <= 2 * (DELAY_MS + 2), "{spread:?}");
    assert!(spread.asked == 0.0 && spread.duplicates == 0.0, "{spread:?}");
}

#[test]
fn among_fifty_news_take_the_shortest_way_and_come_about_once() {
    println!(
        "| 50 nodes | p50 ms | p99 | max | bytes | duplicates | questions |\n|---|---|---|---|---|---|---|"
    );
    for (name, links, farthest) in [("star", star(50), 2), ("line", line(50), 49), ("graph", graph(50), 5)] {
        let spread = measure(connected(50, &links), &[49, 17, 0]);
        print(name, &spread);
        assert!(spread.percentile(100) <= farthest * (DELAY_MS + 3), "{name}: {spread:?}");
        assert!(spread.duplicates < 0.5, "{name}: {spread:?}");
    }
}
