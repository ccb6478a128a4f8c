//! Nodes set back to a backup at any point, in a star around the hub: none uses a number twice of which the hub knows, and
//! each gets back what it wrote later.

use std::collections::BTreeMap;

use protocol::{CircleId, Entry, Fork, Hash, LogId};
use replica::{KnownCircle, LogState, Reach};

use crate::harness::{Faults, KIND, Rng, World};

/// What a node keeps on disk, as of some moment.
struct Backup {
    store: BTreeMap<LogId, Vec<Entry>>,
    circles: BTreeMap<CircleId, KnownCircle>,
    forks: BTreeMap<LogId, Fork>,
    reach: BTreeMap<LogId, Reach>,
    heads: BTreeMap<LogId, LogState>,
}

impl Backup {
    fn of(world: &World, node: usize) -> Self {
        let node = &world.nodes[node];
        Self {
            store: node.store.clone(),
            circles: node.circles.clone(),
            forks: node.forks.clone(),
            reach: node.reach.clone(),
            heads: node.replica.logs().clone(),
        }
    }

    fn restore(&self, world: &mut World, node: usize) {
        let (charter, node) = (world.charter.clone(), &mut world.nodes[node]);
        node.store = self.store.clone();
        node.circles = self.circles.clone();
        node.forks = self.forks.clone();
        node.reach = self.reach.clone();
        node.restart_with(self.heads.clone(), &charter);
    }
}

/// The sites, nodes 1 and 2, with their backups and their sessions with the hub.
struct Story {
    world: World,
    rng: Rng,
    backups: [Vec<Backup>; 2],
    sessions: [Option<u64>; 2],
    /// What was written under each number, by sites that had heard from the hub.
    written: BTreeMap<(LogId, u64), Hash>,
    restores: usize,
}

impl Story {
    fn begin(seed: u64) -> Self {
        let mut world = World::of(3, seed);
        let sessions = [1, 2].map(|site| Some(world.connect(site, 0)));
        world.settle();
        let rng = Rng::new(seed ^ 0xBACC);
        let backups = [1, 2].map(|site| vec![Backup::of(&world, site)]);
        Self { world, rng, backups, sessions, written: BTreeMap::new(), restores: 0 }
    }

    fn act(&mut self) {
        let site = 1 + self.rng.below(2);
        match self.rng.below(12) {
            0..4 => self.write(site),
            4 => self.backups[site - 1].push(Backup::of(&self.world, site)),
            5 => self.set_back(site),
            6 => self.part(site),
            7 if self.sessions[site - 1].is_none() => {
                self.sessions[site - 1] = Some(self.world.connect(site, 0));
            }
            8 => self.world.give(self.rng.below(3), replica::Input::Durable),
            9 => self.world.pass(1),
            _ => {
                for _ in 0..self.rng.below(40) {
                    self.world.step();
                }
            }
        }
    }

    /// Writes, if the site has heard from the hub what it wrote before.
    fn write(&mut self, site: usize) {
        if !self.world.nodes[site].replica.knows_own() {
            return;
        }
        let node = &self.world.nodes[site];
        let documents = node.editable();
        match documents.get(self.rng.below(documents.len() + 2)) {
            Some(id) => {
                let value = format!("v{}", self.rng.below(1_000_000));
                self.world.edit(site, *id, &[("title", Some(&value))]);
            }
            None => {
                self.world.publish(site, KIND, "listing");
            }
        }
        let node = &self.world.nodes[site];
        let own = node.store.iter().filter(|(log, _)| log.node == node.key.public());
        for (log, entry) in own.flat_map(|(log, entries)| entries.iter().map(move |entry| (log, entry))) {
            let before = self.written.insert((*log, entry.header.seq), entry.hash());
            assert!(before.is_none_or(|before| before == entry.hash()), "a number was used twice");
        }
    }

    fn part(&mut self, site: usize) {
        if let Some(session) = self.sessions[site - 1].take() {
            self.world.cut(session);
        }
    }

    /// Any of its backups takes the site's place. What reached nobody is lost, and its number free again.
    fn set_back(&mut self, site: usize) {
        self.part(site);
        let backup = self.rng.below(self.backups[site - 1].len());
        self.backups[site - 1][backup].restore(&mut self.world, site);
        self.restores += 1;
        let me = self.world.nodes[site].key.public();
        let hub = &self.world.nodes[0].store;
        let known = |log: &LogId, seq: u64| hub.get(log).is_some_and(|all| all.len() as u64 >= seq);
        let held = |log: &LogId, seq: u64| {
            self.world.nodes[site].store.get(log).is_some_and(|all| all.len() as u64 >= seq)
        };
        self.written.retain(|(log, seq), _| log.node != me || known(log, *seq) || held(log, *seq));
    }

    /// The line is good again, and all come together.
    fn end(mut self) -> usize {
        self.world.faults = Faults::default();
        for site in [1, 2] {
            self.part(site);
            self.world.connect(site, 0);
        }
        self.world.pass(60);
        self.world.assert_same(&[0, 1, 2]);
        for ((log, seq), hash) in &self.written {
            for node in &self.world.nodes {
                let held = node.store.get(log).and_then(|all| all.get(*seq as usize - 1)).map(Entry::hash);
                assert_eq!(held, Some(*hash), "{} holds entry {seq} of {log:?}", node.name);
            }
        }
        assert!(self.world.nodes.iter().all(|node| node.forks.is_empty()), "no log is forked");
        self.restores
    }
}

#[test]
fn sites_set_back_at_any_point_use_no_number_twice() {
    let (mut restores, mut stories) = (0, 0);
    while restores < 200 {
        let mut story = Story::begin(700 + stories);
        story.world.faults = Faults { drop: 20, duplicate: 20, flip: 0, delay: 0 };
        (0..60).for_each(|_| story.act());
        restores += story.end();
        stories += 1;
    }
    println!(
        "{restores} restores in {stories} stories (seeds from 700): no number used twice, all came back"
    );
}
