//! Several editors of one document, each with its log and with what it has seen of the others'.

use std::collections::{BTreeMap, BTreeSet};

use protocol::{Actor, Hash, LogId, Origin, Patch, PublicKey, SignedPatch, Value};
use replica::{Document, DocumentPatch};

use crate::harness::{KIND, Rng, shelf};

pub fn text(key: &str, value: &str) -> (String, Value) {
    (key.to_owned(), Value::Text(value.to_owned()))
}

/// Editor 0 has created the document.
#[derive(Clone)]
pub struct Editors {
    pub origin: Origin,
    pub time_ms: i64,
    logs: Vec<Vec<DocumentPatch>>,
    /// How many patches of each log each editor has seen.
    seen: Vec<Vec<usize>>,
}

impl Editors {
    pub fn new(n: usize, fields: Vec<(String, Value)>) -> Self {
        let time_ms = 1_800_000_000_123;
        let log = log(0);
        let origin = Origin { log, seq: 2 };
        let mut editors = Self { origin, time_ms, logs: vec![Vec::new(); n], seen: vec![vec![0; n]; n] };
        let signed = SignedPatch::of(Patch::first(fields), editors.actor(0, 0), time_ms).unwrap();
        editors.write(0, signed);
        editors
    }

    /// A random history: edits of whatever each has seen, now and then a glance at another's log.
    pub fn random(rng: &mut Rng, steps: usize) -> Self {
        let n = 1 + rng.below(4);
        let mut editors = Self::new(n, vec![text("title", "base"), text("price", "1"), text("k/a", "x")]);
        for _ in 0..steps {
            let editor = rng.below(n);
            if rng.chance(400) {
                editors.glance(editor, rng.below(n), rng);
                continue;
            }
            let keys = ["title", "price", "k/a", "k/b", "summary"];
            let value =
                |rng: &mut Rng| if rng.chance(250) { None } else { Some(["1", "2", "3"][rng.below(3)]) };
            let changes: Vec<(&str, Option<&str>)> =
                (0..1 + rng.below(3)).map(|_| (keys[rng.below(5)], value(rng))).collect();
            editors.time_ms += 977;
            if editors.has_begun(editor) {
                editors.edit(editor, &changes);
            }
        }
        editors
    }

    /// Changes what some patches say after they were signed, that of the beginning left alone: their change hashes, on
    /// which others build, are claimed still, and void. Returns those hashes.
    pub fn spoil(&mut self, rng: &mut Rng) -> BTreeSet<Hash> {
        let mut spoiled = BTreeSet::new();
        for patch in self.logs.iter_mut().flatten().skip(1) {
            if rng.chance(150) {
                patch.signed.patch.ops[0].put = Some(Value::Text("forged".to_owned()));
                spoiled.insert(patch.signed.change);
            }
        }
        spoiled
    }

    pub fn count(&self) -> usize {
        self.logs.len()
    }

    fn has_begun(&self, editor: usize) -> bool {
        self.seen[editor][0] > 0
    }

    /// An editor reads on in another's log, and in all that those entries build on.
    fn glance(&mut self, editor: usize, other: usize, rng: &mut Rng) {
        let more = rng.below(self.logs[other].len() + 1);
        if more <= self.seen[editor][other] {
            return;
        }
        // Who reads a log as its author wrote it has, in the end, seen what the author had.
        let theirs = self.seen[other].clone();
        for (mine, theirs) in self.seen[editor].iter_mut().zip(theirs) {
            *mine = (*mine).max(theirs);
        }
    }

    pub fn learn_all(&mut self) {
        let all: Vec<usize> = self.logs.iter().map(Vec::len).collect();
        self.seen.iter_mut().for_each(|seen| seen.clone_from(&all));
    }

    pub fn log(&self, editor: usize) -> LogId {
        log(editor)
    }

    pub fn actor(&self, editor: usize, generation: u32) -> Actor {
        Actor::derive(&log(editor), &self.origin, generation)
    }

    pub fn writer_of(&self, patch: &DocumentPatch) -> usize {
        usize::from(patch.log.node.0[0])
    }

    pub fn all(&self) -> Vec<DocumentPatch> {
        self.logs.iter().flatten().cloned().collect()
    }

    pub fn fold(&self, patches: Vec<DocumentPatch>) -> Document {
        Document::fold(self.origin, patches)
    }

    /// The patch that an editor would make on what it has seen.
    pub fn try_edit(&self, editor: usize, changes: &[(&str, Option<&str>)]) -> Option<SignedPatch> {
        let seen = self.logs.iter().zip(&self.seen[editor]).flat_map(|(log, n)| log[..*n].to_vec());
        let changes: BTreeMap<String, Option<Value>> = changes
            .iter()
            .map(|(key, value)| ((*key).to_owned(), value.map(|v| Value::Text(v.to_owned()))))
            .collect();
        self.fold(seen.collect()).edit(&log(editor), &changes, self.time_ms).unwrap()
    }

    pub fn edit(&mut self, editor: usize, changes: &[(&str, Option<&str>)]) {
        if let Some(signed) = self.try_edit(editor, changes) {
            self.write(editor, signed);
        }
    }

    /// Puts a patch at the end of an editor's log, sound or not.
    pub fn write(&mut self, editor: usize, signed: SignedPatch) {
        let seq = self.logs[editor].len() as u64 + 2;
        let entry = Hash([editor as u8; 32]);
        let patch = DocumentPatch { log: log(editor), seq, entry, time_ms: self.time_ms, signed };
        self.logs[editor].push(patch);
        self.seen[editor][editor] = self.logs[editor].len();
    }
}

fn log(editor: usize) -> LogId {
    LogId { node: PublicKey([editor as u8; 32]), incarnation: 7, shelf: shelf(KIND) }
}
