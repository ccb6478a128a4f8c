//! §9: patches and the Automerge changes that they stand for.

use std::collections::{BTreeMap, BTreeSet};

use automerge::transaction::{CommitOptions, Transactable};
use automerge::{ActorId, AutoCommit, ROOT, ReadDoc};
use protocol::{
    Actor, Decoder, Encoder, Hash, LogId, Op, OpId, Origin, Patch, SignedPatch, Value, limits, seconds,
    to_scalar,
};

use crate::support::{Dice, NOW, World, key};

#[derive(Default)]
struct Tally {
    changes: usize,
    puts: usize,
    deletes: usize,
    several_preds: usize,
    several_deps: usize,
}

fn writer(n: u8) -> LogId {
    let world = World::new();
    LogId { node: key(20 + n).public(), ..world.log(world.shelf()) }
}

fn value(dice: &mut Dice) -> Value {
    match dice.below(6) {
        0 => Value::Int(dice.roll() as i64),
        1 => Value::Bool(dice.below(2) == 0),
        2 => Value::Time(NOW + dice.below(1_000_000) as i64),
        3 => Value::Int(dice.below(3) as i64),
        n => Value::Text("新材料".repeat(dice.below(n * 4))),
    }
}

/// Three editors change a document apart and merge at random; every change of theirs, sent as a patch, is rebuilt.
fn history(seed: u64, tally: &mut Tally) {
    let mut dice = Dice(seed);
    let origin = Origin { log: writer(0), seq: 2 };
    let actor = |who: usize| Actor::derive(&writer(who as u8), &origin, 0);
    let mut docs = vec![AutoCommit::new().with_actor(ActorId::from(&actor(0).0[..]))];
    edit(&mut docs[0], actor(0), NOW, true, &mut dice, tally);
    for who in 1..3 {
        let copy = docs[0].fork().with_actor(ActorId::from(&actor(who).0[..]));
        docs.push(copy);
    }
    for _ in 0..60 {
        let (who, other) = (dice.below(3), dice.below(3));
        if other != who && dice.below(3) == 0 {
            let mut theirs = docs[other].fork();
            docs[who].merge(&mut theirs).unwrap();
        }
        let time_ms = NOW + dice.below(100_000) as i64 - 50_000;
        edit(&mut docs[who], actor(who), time_ms, false, &mut dice, tally);
    }
}

fn edit(doc: &mut AutoCommit, actor: Actor, time_ms: i64, first: bool, dice: &mut Dice, tally: &mut Tally) {
    let keys: BTreeSet<String> = (0..1 + dice.below(6)).map(|_| format!("field/{}", dice.below(9))).collect();
    for key in keys {
        let present = doc.get(ROOT, key.as_str()).unwrap().is_some();
        if present && dice.below(3) == 0 {
            doc.delete(ROOT, key.as_str()).unwrap();
        } else {
            doc.put(ROOT, key.as_str(), to_scalar(&value(dice))).unwrap();
        }
    }
    let Some(_) = doc.commit_with(CommitOptions::default().with_time(seconds(time_ms))) else { return };
    let change = doc.get_last_local_change().unwrap();
    let patch = Patch::from_own_change(&change, 0).unwrap();
    let bytes = patch.to_bytes();
    let read = Decoder::whole(&bytes, "patch", Patch::decode).unwrap();
    assert_eq!(read, patch);
    assert_eq!(read.is_first(), first);
    let rebuilt = read.to_change(actor, seconds(time_ms)).unwrap();
    assert_eq!(rebuilt.hash(), change.hash());
    assert_eq!(rebuilt.raw_bytes(), change.raw_bytes());
    let signed = SignedPatch::of(read, actor, time_ms).unwrap();
    assert_eq!(signed.change.0, change.hash().0);
    assert!(signed.to_change(actor, time_ms).is_ok());
    assert!(signed.to_change(actor, time_ms + 1_000).is_err(), "another second is another change");
    tally.changes += 1;
    tally.puts += patch.ops.iter().filter(|op| op.put.is_some()).count();
    tally.deletes += patch.ops.iter().filter(|op| op.put.is_none()).count();
    tally.several_preds += patch.ops.iter().filter(|op| op.preds.len() > 1).count();
    tally.several_deps += usize::from(patch.deps.len() > 1);
}

#[test]
fn every_change_of_random_histories_is_rebuilt() {
    let mut tally = Tally::default();
    for seed in 0..100 {
        history(seed, &mut tally);
    }
    let Tally { changes, puts, deletes, several_preds, several_deps } = tally;
    println!(
        "{changes} changes rebuilt with the same hash: {puts} puts, {deletes} deletes, {several_preds} operations with several predecessors, {several_deps} patches with several dependencies"
    );
    assert!(changes > 4_000 && deletes > 1_000 && several_preds > 200 && several_deps > 200);
}

fn base() -> Patch {
    let actor = Actor::derive(&writer(0), &Origin { log: writer(0), seq: 2 }, 0);
    let pred = |counter| OpId { counter, actor };
    let op = |key: &str, put, preds| Op { key: key.to_owned(), put, preds };
    Patch {
        generation: 0,
        seq: 2,
        start_op: 10,
        deps: vec![Hash([1; 32]), Hash([2; 32])],
        ops: vec![
            op("a", Some(Value::Int(5)), vec![pred(1), pred(4)]),
            op("b", None, vec![pred(2)]),
            op("c", Some(Value::Text("x".to_owned())), vec![]),
        ],
    }
}

fn refused(name: &str, change: impl FnOnce(&mut Patch)) {
    let mut patch = base();
    change(&mut patch);
    assert!(patch.check().is_err(), "{name}: check");
    assert!(Decoder::whole(&patch.to_bytes(), "patch", Patch::decode).is_err(), "{name}: decode");
    let actor = Actor([0; 16]);
    assert!(patch.to_change(actor, 0).is_err(), "{name}: change");
}

#[test]
fn patches_that_break_a_rule_are_refused() {
    assert!(Decoder::whole(&base().to_bytes(), "patch", Patch::decode).is_ok());
    refused("no operations", |p| p.ops.clear());
    refused("keys out of order", |p| p.ops.swap(0, 1));
    refused("a key twice", |p| p.ops[1].key = "a".to_owned());
    refused("an empty key", |p| p.ops[0].key.clear());
    refused("a long key", |p| p.ops[2].key = "c".repeat(limits::MAX_KEY + 1));
    refused("a long text", |p| p.ops[2].put = Some(Value::Text("c".repeat(limits::MAX_TEXT + 1))));
    refused("a delete of nothing", |p| p.ops[1].preds.clear());
    refused("a predecessor of its own", |p| p.ops[0].preds[1].counter = 10);
    refused("a predecessor 0", |p| p.ops[0].preds[0].counter = 0);
    refused("predecessors out of order", |p| p.ops[0].preds.swap(0, 1));
    refused("a predecessor twice", |p| p.ops[0].preds[1] = p.ops[0].preds[0]);
    refused("dependencies out of order", |p| p.deps.swap(0, 1));
    refused("a dependency twice", |p| p.deps[1] = p.deps[0]);
    refused("too many dependencies", |p| {
        p.deps = (0..=limits::MAX_DEPS as u8).map(|n| Hash([n; 32])).collect()
    });
    refused("patch number 0", |p| p.seq = 0);
    refused("a far start", |p| p.start_op = limits::MAX_OP_COUNTER);
    refused("a start beyond all bounds", |p| p.start_op = u64::MAX);
    refused("a far patch number", |p| p.seq = u64::MAX);
    refused("start 0", |p| p.start_op = 0);
    refused("too many operations", |p| {
        p.ops = (0..=limits::MAX_PATCH_OPS)
            .map(|n| Op { key: format!("{n:04}"), put: Some(Value::Bool(true)), preds: vec![] })
            .collect();
    });
    refused("too many predecessors", |p| {
        p.start_op = 1_000;
        let actor = p.ops[0].preds[0].actor;
        p.ops[0].preds = (1..=limits::MAX_PREDS as u64 + 1).map(|counter| OpId { counter, actor }).collect();
    });
    refused("too many writers", |p| {
        let actor = |n: usize| Actor((n as u128 + 1).to_be_bytes());
        let op = |n: usize| Op {
            key: format!("{n:04}"),
            put: None,
            preds: vec![OpId { counter: 1, actor: actor(n) }],
        };
        p.ops = (0..=limits::MAX_ACTORS).map(op).collect();
    });
}

/// As many writers as a patch may have still come through: `check` and the decoder agree.
#[test]
fn a_patch_at_its_bounds_comes_back() {
    let mut patch = base();
    let op = |n: usize| Op {
        key: format!("{n:04}"),
        put: None,
        preds: vec![OpId { counter: 1, actor: Actor((n as u128 + 1).to_be_bytes()) }],
    };
    patch.ops = (0..limits::MAX_ACTORS).map(op).collect();
    assert_eq!(Decoder::whole(&patch.to_bytes(), "patch", Patch::decode), Ok(patch));
}

/// The later form, written by hand so that a test can write what `Patch` cannot hold.
fn later(actors: &[[u8; 16]], place: u64, write_tail: impl FnOnce(&mut Encoder)) -> Vec<u8> {
    let mut to = Encoder::new();
    to.u8(1).uint(0).uint(2).uint(10).uint(0);
    to.list(actors, |to, a| {
        to.raw(a);
    });
    to.uint(1).text("a").u8(0).uint(1).uint(3).uint(place);
    write_tail(&mut to);
    to.finish()
}

#[test]
fn other_ways_to_write_a_patch_are_refused() {
    let read = |bytes: &[u8]| Decoder::whole(bytes, "patch", Patch::decode);
    assert!(read(&later(&[[1; 16]], 0, |_| {})).is_ok());
    assert!(read(&later(&[[1; 16], [2; 16]], 0, |_| {})).is_err(), "an actor that nothing names");
    assert!(read(&later(&[[1; 16]], 1, |_| {})).is_err(), "an actor that is not there");
    assert!(read(&later(&[[1; 16], [1; 16]], 0, |_| {})).is_err(), "an actor twice");
    assert!(
        read(&later(&[[1; 16]], 0, |to| {
            to.u8(0);
        }))
        .is_err(),
        "something after the end"
    );
    let first = Patch::first([("a".to_owned(), Value::Bool(true))]);
    let mut long = Encoder::new();
    long.u8(1).uint(0).uint(1).uint(1).uint(0).uint(0).uint(1).text("a").u8(4).uint(0);
    assert!(read(&first.to_bytes()).is_ok());
    assert!(read(&long.finish()).is_err(), "a first patch in the later form");
    assert!(read(&[0, 1, 1, b'a', 0]).is_err(), "a delete in the first form");
    assert!(read(&[2, 1, 1, b'a', 4]).is_err(), "an unknown form");
    assert!(read(&[0, 1, 1, b'a', 6]).is_err(), "an unknown type of value");
}

#[test]
fn a_first_patch_needs_nothing_before_it() {
    let first = Patch::first([("a".to_owned(), Value::Bool(true))]);
    assert!(first.is_first());
    let later = |change: &dyn Fn(&mut Patch)| {
        let mut patch = first.clone();
        change(&mut patch);
        assert!(!patch.is_first(), "{patch:?}");
        assert_eq!(Decoder::whole(&patch.to_bytes(), "patch", Patch::decode), Ok(patch));
    };
    let op = OpId { counter: 1, actor: Actor([1; 16]) };
    later(&|patch| patch.generation = 1);
    later(&|patch| patch.seq = 2);
    later(&|patch| patch.start_op = 2);
    later(&|patch| patch.deps = vec![Hash([1; 32])]);
    later(&|patch| (patch.start_op, patch.ops[0].preds) = (2, vec![op]));
}

#[test]
fn actors_differ_by_everything_that_names_them() {
    let origin = Origin { log: writer(0), seq: 2 };
    let shelf = protocol::Shelf { region: 420_200, ..writer(0).shelf };
    let mut actors = BTreeMap::new();
    for (what, actor) in [
        ("itself", Actor::derive(&writer(0), &origin, 0)),
        ("another node", Actor::derive(&writer(1), &origin, 0)),
        ("another incarnation", Actor::derive(&LogId { incarnation: 1, ..writer(0) }, &origin, 0)),
        ("another document", Actor::derive(&writer(0), &Origin { seq: 3, ..origin }, 0)),
        ("another origin", Actor::derive(&writer(0), &Origin { log: writer(1), ..origin }, 0)),
        (
            "another shelf",
            Actor::derive(&writer(0), &Origin { log: LogId { shelf, ..writer(0) }, seq: 2 }, 0),
        ),
        ("another generation", Actor::derive(&writer(0), &origin, 1)),
    ] {
        assert_eq!(actors.insert(actor, what), None, "{what}");
    }
}

#[test]
fn seconds_round_down() {
    for (ms, s) in [
        (0, 0),
        (999, 0),
        (1_000, 1),
        (-1, -1),
        (-1_000, -1),
        (-1_001, -2),
        (i64::MIN, i64::MIN.div_euclid(1_000)),
    ] {
        assert_eq!(seconds(ms), s, "{ms}");
    }
}

/// A first patch of every shape: one operation or many, values of one type in a row or mixed, at any time.
#[test]
fn the_hash_of_a_first_change_is_that_of_automerge() {
    let mut dice = Dice(77);
    let extremes = [i64::MIN, i64::MAX, -1, 0, 1, 63, 64, -64, -65, 127, 128, 1 << 40];
    for round in 0..4_000 {
        let count = if round % 5 == 0 { 1 } else { 1 + dice.below(40) };
        let alike = dice.below(3) == 0;
        let keys: BTreeSet<String> =
            (0..count).map(|_| format!("f{}/关键词{}", dice.below(30), dice.below(9))).collect();
        let put = |dice: &mut Dice| match dice.below(8) {
            _ if alike => Value::Bool(true),
            0 => Value::Int(extremes[dice.below(extremes.len())]),
            1 => Value::Time(extremes[dice.below(extremes.len())]),
            2 => Value::Text(String::new()),
            3 => Value::Text("长".repeat(dice.below(300))),
            _ => value(dice),
        };
        let ops =
            keys.into_iter().map(|key| Op { key, put: Some(put(&mut dice)), preds: Vec::new() }).collect();
        let patch = Patch { generation: 0, seq: 1, start_op: 1, deps: Vec::new(), ops };
        assert!(patch.is_first());
        let actor = Actor(std::array::from_fn(|_| dice.roll() as u8));
        let time_s = if round % 7 == 0 { extremes[dice.below(extremes.len())] } else { seconds(NOW) };
        let automerge = patch.to_change(actor, time_s).unwrap().hash();
        assert_eq!(patch.change_hash(actor, time_s).unwrap().0, automerge.0, "{patch:?} at {time_s}");
    }
}
