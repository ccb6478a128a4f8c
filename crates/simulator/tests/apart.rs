//! Two nodes of one institution that edit the same listings apart, thousands of times each, and meet on a bad line.

#![expect(clippy::unwrap_used, reason = "in a test a failed expectation is the answer")]

use std::collections::BTreeMap;

use protocol::{Actor, DocumentId, Hash, LogId, Op, OpId, Origin, Patch, SignedPatch, Value, Verb};
use simulator::{Faults, KIND, Rng, World, shelf};

/// Listings that both edit.
const LISTINGS: usize = 200;
const KEYS: [&str; 4] = ["price", "summary", "title", "trl"];

/// A listing as one node sees it while it is alone, without folding it for each edit.
#[derive(Clone)]
struct Branch {
    id: DocumentId,
    origin: Origin,
    actor: Actor,
    seq: u64,
    /// The last change, and the counter of its last operation.
    last: (Hash, u64),
    values: BTreeMap<&'static str, OpId>,
}

impl Branch {
    /// Of a listing with these fields, as its creating entry has just been written by the node of `writer`.
    fn of(world: &World, id: DocumentId, writer: &LogId) -> Self {
        let document = world.nodes[1].document(&id).unwrap();
        let origin = *document.origin();
        let created = document.patches().next().unwrap().0;
        let (first, author) = (&created.signed.patch, Actor::derive(&created.log, &origin, 0));
        let actor = Actor::derive(writer, &origin, 0);
        let mut values = BTreeMap::new();
        for (counter, op) in (first.start_op..).zip(&first.ops) {
            let key = KEYS.into_iter().find(|key| *key == op.key).unwrap();
            values.insert(key, OpId { counter, actor: author });
        }
        let last = (created.signed.change, first.last_op());
        Self { id, origin, actor, seq: u64::from(actor == author), last, values }
    }

    fn edit(&mut self, key: &'static str, value: String, time_ms: i64) -> Vec<u8> {
        let (change, last_op) = self.last;
        (self.seq, self.last.1) = (self.seq + 1, last_op + 1);
        let here = OpId { counter: last_op + 1, actor: self.actor };
        let preds = self.values.insert(key, here).into_iter().collect();
        let op = Op { key: key.to_owned(), put: Some(Value::Text(value)), preds };
        let patch =
            Patch { generation: 0, seq: self.seq, start_op: last_op + 1, deps: vec![change], ops: vec![op] };
        let signed = SignedPatch::of(patch, self.actor, time_ms).unwrap();
        self.last.0 = signed.change;
        signed.to_bytes()
    }
}

/// So many edits by each of two nodes apart; then they meet. Returns how many fields have two values.
fn meet_after(edits: usize, seed: u64) -> usize {
    let mut world = World::of(2, seed);
    let colleague = world.colleague("n1'", 1);
    world.connect(1, 0);
    world.connect(colleague, 0);
    let ids: Vec<DocumentId> = (0..LISTINGS).map(|n| world.publish(1, KIND, &format!("成果 {n}"))).collect();
    world.settle();
    world.cut_all();
    let mut rng = Rng::new(seed ^ 0xA9A7);
    for node in [1, colleague] {
        let log = world.nodes[node].log(shelf(KIND));
        let mut branches: Vec<Branch> = ids.iter().map(|id| Branch::of(&world, *id, &log)).collect();
        for n in 0..edits {
            world.now_ms += 1_000;
            let branch = &mut branches[rng.below(LISTINGS)];
            world.nodes[node].clock_ms = world.now_ms;
            let bytes = branch.edit(KEYS[rng.below(KEYS.len())], format!("{node}：{n}"), world.now_ms);
            assert_eq!(branch.origin.log.shelf, log.shelf);
            let input = world.nodes[node].write(log, Verb::EDIT, Some(branch.id), bytes);
            world.give(node, input);
        }
    }
    world.faults = Faults { drop: 20, duplicate: 20, flip: 10, delay: 0 };
    let session = world.connect(1, colleague);
    world.pass(20);
    world.faults = Faults::default();
    let session = if world.is_open(session) { session } else { world.connect(1, colleague) };
    (0..10).for_each(|_| world.pass(if world.synced(session) { 0 } else { 60 }));
    assert!(world.synced(session), "seed {seed}");
    assert_eq!(world.nodes[1].store, world.nodes[colleague].store, "seed {seed}: the same entries");
    world.assert_same(&[1, colleague]);
    let log = |node: usize| world.nodes[node].log(shelf(KIND));
    let held = [1, colleague].map(|node| world.nodes[1].head(&log(node)).seq as usize);
    assert_eq!(held, [1 + LISTINGS + edits, 1 + edits], "seed {seed}: nothing is lost");
    let mut disputed = 0;
    for id in &ids {
        let document = world.nodes[1].document(id).unwrap();
        assert!(document.patches().all(|(_, fate)| *fate == replica::Fate::Valid), "seed {seed}");
        disputed += document.state().fields.values().filter(|values| values.len() == 2).count();
    }
    disputed
}

#[test]
fn two_nodes_that_edited_apart_converge() {
    for seed in 0..3 {
        assert!(meet_after(300, seed) > 30, "both edit the same fields");
    }
}

#[test]
#[ignore = "half an hour, from seed FROM on: cargo test --release -p simulator --test apart -- --ignored --nocapture"]
fn two_nodes_with_ten_thousand_edits_each_converge() {
    let stated = |name: &str| std::env::var(name).ok().and_then(|n| n.parse::<u64>().ok());
    let (from, seeds) = (stated("FROM").unwrap_or(0), stated("SEEDS").unwrap_or(200));
    for seed in from..from + seeds {
        let disputed = meet_after(10_000, seed);
        println!("seed {seed}: converged, {disputed} fields with two values");
    }
}
