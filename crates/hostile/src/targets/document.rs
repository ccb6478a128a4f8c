//! A document of patches that a hostile editor signed: their hashes hold, all else may be wrong. In every order they must
//! give the same, and Automerge must take what the fold takes.

use std::collections::BTreeMap;

use automerge::ReadDoc;
use protocol::{Actor, DocumentId, Hash, LogId, Op, OpId, Origin, Patch, SignedPatch, Value};
use replica::{Document, DocumentPatch, Fate};

use crate::reader::Reader;
use crate::world::{NOW, log};

/// Patches of one input: more only cost time.
const MAX_PATCHES: usize = 48;
const KEYS: [&str; 4] = ["_status", "keyword/新材料", "title", "trl"];

fn value(from: &mut Reader<'_>) -> Option<Value> {
    Some(match from.below(6) {
        0 => return None,
        1 => Value::Text("字".repeat(from.below(9))),
        2 => Value::Int(from.odd_number() as i64),
        3 => Value::Bool(from.one_in(2)),
        4 => Value::Time(from.odd_number() as i64),
        _ => Value::Text("withdrawn".to_owned()),
    })
}

/// The patches so far, by what later ones may name.
struct Made {
    origin: Origin,
    patches: Vec<DocumentPatch>,
    actors: Vec<Actor>,
    counts: BTreeMap<Actor, u64>,
}

impl Made {
    fn deps(&self, from: &mut Reader<'_>) -> (Vec<Hash>, u64) {
        let (mut deps, mut last) = (Vec::new(), 0);
        for _ in 0..from.below(3) + usize::from(!self.patches.is_empty()) {
            let back = from.below(4);
            let Some(dep) = self.patches.iter().rev().nth(back).filter(|_| !from.one_in(200)) else {
                deps.push(Hash([from.byte(); 32]));
                continue;
            };
            deps.push(dep.signed.change);
            last = last.max(dep.signed.patch.last_op());
        }
        deps.sort_unstable();
        deps.dedup();
        (deps, last)
    }

    fn preds(&self, from: &mut Reader<'_>, key: &str) -> Vec<OpId> {
        let mut preds = Vec::new();
        for _ in 0..from.below(3) {
            let back = from.below(6);
            let Some(place) = self.patches.len().checked_sub(back + 1) else { continue };
            let patch = &self.patches[place].signed.patch;
            let at = patch.ops.iter().position(|op| op.key == key).unwrap_or_else(|| from.below(4));
            let counter = if from.one_in(100) { from.odd_number() } else { patch.start_op + at as u64 };
            preds.push(OpId { counter, actor: self.actors[place] });
        }
        preds.sort_unstable();
        preds.dedup();
        preds
    }

    fn add(&mut self, from: &mut Reader<'_>, seq: u64) {
        let creating = self.patches.is_empty() && !from.one_in(20);
        let log =
            if creating { self.origin.log } else { log(11 + from.below(3) as u8, from.below(2) as u64) };
        let generation = if from.one_in(16) { from.odd_number() as u32 } else { 0 };
        let actor = Actor::derive(&log, &self.origin, generation);
        let (deps, last) = if creating { (Vec::new(), 0) } else { self.deps(from) };
        let mut keys = KEYS.to_vec();
        keys.retain(|_| from.one_in(2));
        let ops = keys.into_iter().map(|key| {
            let preds = self.preds(from, key);
            Op { key: key.to_owned(), put: value(from), preds }
        });
        let ops: Vec<Op> = ops.collect();
        let written = self.counts.get(&actor).copied().unwrap_or_default();
        let number = if from.one_in(32) { from.odd_number() } else { written + 1 };
        let start_op = if from.one_in(32) { from.odd_number() } else { last + 1 };
        let patch = Patch { generation, seq: number, start_op, deps, ops };
        let time_ms = if from.one_in(64) { i64::MIN } else { NOW };
        let Ok(mut signed) = SignedPatch::of(patch, actor, time_ms) else { return };
        if from.one_in(64) {
            signed.change.0[0] ^= 1;
        }
        self.counts.insert(actor, written + 1);
        self.actors.push(actor);
        let entry = Hash([seq as u8; 32]);
        self.patches.push(DocumentPatch { log, seq, entry, time_ms, signed });
    }
}

/// Folds the patches that the input describes, forwards and backwards, and edits what comes of it.
pub fn run(bytes: &[u8]) {
    let mut from = Reader::new(bytes);
    let origin = Origin { log: log(11, 0), seq: 2 };
    let mut made = Made { origin, patches: Vec::new(), actors: Vec::new(), counts: BTreeMap::new() };
    let mut seq = 2;
    while !from.is_done() && seq < 2 + MAX_PATCHES as u64 {
        made.add(&mut from, seq);
        seq += 1;
    }
    let document = Document::fold(origin, made.patches.clone());
    let mut backwards = made.patches;
    backwards.reverse();
    let again = Document::fold(origin, backwards);
    assert!(document.patches().eq(again.patches()), "one set of patches, two outcomes");
    let state = document.state();
    assert_eq!(state, again.state());
    assert_eq!(state.fields, by_automerge(&document), "Automerge shows something else");
    state.digest(&DocumentId([1; 32]));
    edit(&document, origin, log(12, 1), seq);
}

/// The fields as Automerge shows them.
fn by_automerge(document: &Document) -> BTreeMap<String, Vec<Value>> {
    let doc = document.automerge().expect("what passed all checks, Automerge takes");
    let values = |key: &str| {
        let all = doc.get_all(automerge::ROOT, key).expect("a key that is there");
        let scalars = all.into_iter().map(|(value, _)| value.into_scalar().expect("scalars alone"));
        let mut values: Vec<Value> =
            scalars.map(|scalar| protocol::from_scalar(&scalar).expect("of our types")).collect();
        values.sort();
        values.dedup();
        values
    };
    doc.keys(automerge::ROOT).map(|key| (key.to_string(), values(&key))).collect()
}

/// Whatever a document has been through, an honest edit on top of it counts.
fn edit(document: &Document, origin: Origin, log: LogId, seq: u64) {
    let changes = BTreeMap::from([("summary".to_owned(), Some(Value::Text("honest".to_owned())))]);
    let Ok(Some(signed)) = document.edit(&log, &changes, NOW) else { return };
    let mut patches: Vec<DocumentPatch> = document.patches().map(|(patch, _)| patch.clone()).collect();
    patches.push(DocumentPatch { log, seq, entry: Hash([0xee; 32]), time_ms: NOW, signed });
    let document = Document::fold(origin, patches);
    let fate =
        document.patches().find(|(patch, _)| patch.log == log && patch.seq == seq).map(|(_, fate)| fate);
    assert_eq!(fate, Some(&Fate::Valid), "an edit on top of the present state counts");
}

pub fn seeds() -> Vec<Vec<u8>> {
    let program = |salt: u8| (0..400u32).map(|n| (n.wrapping_mul(167) >> 3) as u8 ^ salt).collect();
    vec![vec![0; 60], vec![2; 120], program(0), program(91), program(170)]
}
