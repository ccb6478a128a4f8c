//! Documents: the fold of their valid patches.
//!
//! Which patches are valid depends on the set of entries alone, never on the order in which they came. A document with
//! valid patches is read straight from them, as Automerge would read it (decision 0048); Automerge is loaded to edit.

use std::collections::{BTreeMap, BTreeSet};

use automerge::transaction::{CommitOptions, Transactable};
use automerge::{ActorId, AutoCommit, ObjId, ROOT, ReadDoc};
use protocol::{
    Actor, Checked, DocumentId, Encoder, Fault, Hash, LogId, OpId, Origin, Patch, SignedPatch, Value, hash,
};

mod judge;

pub use protocol::limits::MAX_DOCUMENT_ACTORS;

/// The field that holds a listing's status: absent or `published`, or `withdrawn`.
pub const STATUS: &str = "_status";
/// The value of [`STATUS`] that hides a listing. Where concurrent values differ, the stricter counts.
pub const WITHDRAWN: &str = "withdrawn";
/// The value of [`STATUS`] that shows it again.
pub const PUBLISHED: &str = "published";

/// Prefix of the fields that name co-editing institutions: `_editor/` and the id in 64 hexadecimal digits, true.
pub const EDITOR: &str = "_editor/";

/// A patch with what its entry says of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentPatch {
    /// The log it stands in.
    pub log: LogId,
    /// Its place in that log.
    pub seq: u64,
    /// Hash of its entry.
    pub entry: Hash,
    /// The author's clock, milliseconds since 1970.
    pub time_ms: i64,
    /// The patch and its signed change hash.
    pub signed: SignedPatch,
}

/// One of several concurrent values of a field, and the patches that put it.
pub type Candidate<'d> = (Value, Vec<&'d DocumentPatch>);

/// What became of a patch in the fold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It counts.
    Valid,
    /// What it builds on, or an earlier patch of its actor, has not arrived.
    Waiting,
    /// It breaks a rule, or builds on a patch that does.
    Void(Fault),
}

/// A document's state.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct DocumentState {
    /// Every field with all its concurrent values, ascending. A single value is the usual case.
    pub fields: BTreeMap<String, Vec<Value>>,
}

impl DocumentState {
    /// The state after a document's first patch.
    pub fn of_first(patch: &Patch) -> Self {
        let puts = patch.ops.iter().filter_map(|op| Some((op.key.clone(), vec![op.put.clone()?])));
        Self { fields: puts.collect() }
    }

    /// True when any of the concurrent values of the status says so.
    pub fn is_withdrawn(&self) -> bool {
        let values = self.fields.get(STATUS).map_or(&[][..], Vec::as_slice);
        values.iter().any(|v| matches!(v, Value::Text(text) if text == WITHDRAWN))
    }

    /// Fields whose editors disagree.
    pub fn conflicts(&self) -> impl Iterator<Item = (&String, &Vec<Value>)> {
        self.fields.iter().filter(|(_, values)| values.len() > 1)
    }

    /// One value a field: the first of the concurrent ones. For forms and search, not for the view hash.
    pub fn flat(&self) -> BTreeMap<String, Value> {
        let first = |(key, values): (&String, &Vec<Value>)| Some((key.clone(), values.first()?.clone()));
        self.fields.iter().filter_map(first).collect()
    }

    /// Hash of the state: what the view hash adds up.
    pub fn digest(&self, id: &DocumentId) -> Hash {
        let mut to = Encoder::new();
        id.encode(&mut to);
        to.uint(self.fields.len() as u64);
        for (key, values) in &self.fields {
            to.text(key).list(values, |to, value| {
                to.raw(&protocol::value_bytes(value));
            });
        }
        hash("document-state", &[&to.finish()])
    }
}

/// The fold of a document's patches.
pub struct Document {
    origin: Origin,
    patches: Vec<DocumentPatch>,
    fates: Vec<Fate>,
    valid: Vec<(usize, Actor)>,
}

impl Document {
    /// Folds the patches of the document that begins at `origin`, in whatever order they are given. Who may edit it is
    /// the caller's question: see [`crate::may_edit`].
    pub fn fold(origin: Origin, mut patches: Vec<DocumentPatch>) -> Self {
        patches.sort_by_key(|p| (p.log, p.seq));
        patches.dedup_by_key(|p| (p.log, p.seq));
        let judge::Verdicts { fates, valid } = judge::judge(&origin, &patches);
        Self { origin, patches, fates, valid }
    }

    /// Where it begins.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Patches in log order, each with its fate.
    pub fn patches(&self) -> impl Iterator<Item = (&DocumentPatch, &Fate)> {
        self.patches.iter().zip(&self.fates)
    }

    /// Number of valid patches.
    pub fn versions(&self) -> usize {
        self.valid.len()
    }

    /// The document's state: of each field the values that no valid patch replaces or deletes.
    pub fn state(&self) -> DocumentState {
        let mut state = DocumentState::default();
        for (key, candidates) in self.standing() {
            let mut values: Vec<Value> = candidates.into_iter().map(|(value, _)| value.clone()).collect();
            values.sort();
            values.dedup();
            state.fields.insert(key.to_owned(), values);
        }
        state
    }

    /// Of each field the operations that put a value and that no valid patch names as a predecessor: what Automerge calls
    /// visible, in a map of scalars.
    fn standing(&self) -> BTreeMap<&str, Vec<(&Value, &DocumentPatch)>> {
        let valid =
            || self.valid.iter().filter_map(|(index, actor)| Some((self.patches.get(*index)?, *actor)));
        let replaced: BTreeSet<&OpId> =
            valid().flat_map(|(patch, _)| patch.signed.patch.ops.iter().flat_map(|op| &op.preds)).collect();
        let mut standing: BTreeMap<&str, Vec<(&Value, &DocumentPatch)>> = BTreeMap::new();
        for (patch, actor) in valid() {
            for (op, counter) in patch.signed.patch.ops.iter().zip(patch.signed.patch.start_op..) {
                let Some(value) = &op.put else { continue };
                if !replaced.contains(&OpId { counter, actor }) {
                    standing.entry(&op.key).or_default().push((value, patch));
                }
            }
        }
        standing
    }

    /// Hashes of the valid changes on which no other valid one builds, ascending: what a statement means by a version.
    pub fn heads(&self) -> Vec<Hash> {
        let signed = |index: &usize| &self.patches[*index].signed;
        let valid = || self.valid.iter().map(|(index, _)| signed(index));
        let built_on: BTreeSet<Hash> = valid().flat_map(|s| s.patch.deps.iter().copied()).collect();
        let heads: BTreeSet<Hash> = valid().map(|s| s.change).filter(|h| !built_on.contains(h)).collect();
        heads.into_iter().collect()
    }

    /// The fields whose editors disagree: for each the concurrent values, as in the state, and the patches that put them.
    pub fn disputes(&self) -> BTreeMap<String, Vec<Candidate<'_>>> {
        let mut disputes = BTreeMap::new();
        for (key, candidates) in self.standing() {
            let mut values: BTreeMap<&Value, Vec<&DocumentPatch>> = BTreeMap::new();
            for (value, patch) in candidates {
                values.entry(value).or_default().push(patch);
            }
            if values.len() > 1 {
                let owned = |(value, patches): (&Value, Vec<_>)| (value.clone(), patches);
                disputes.insert(key.to_owned(), values.into_iter().map(owned).collect());
            }
        }
        disputes
    }

    /// The Automerge document of the valid patches, to edit or to export.
    ///
    /// # Errors
    /// Automerge's refusal of a patch that passed all checks: a defect, reported rather than hidden.
    pub fn automerge(&self) -> Checked<AutoCommit> {
        let mut doc = AutoCommit::new().with_actor(ActorId::from(&[0u8; 16][..]));
        let change = |(index, actor): &(usize, Actor)| {
            let patch = &self.patches[*index];
            patch.signed.to_change(*actor, patch.time_ms)
        };
        let changes = self.valid.iter().map(change).collect::<Checked<Vec<_>>>()?;
        doc.apply_changes(changes).map_err(|_| refused_by_automerge())?;
        Ok(doc)
    }

    /// The patch that makes `changes` (a value, or `None` to remove a field) on top of the present state, as written
    /// in `writer`'s log at `time_ms`. `None` when nothing would change.
    ///
    /// # Errors
    /// A document without a valid beginning, or an edit beyond the bounds of a patch.
    pub fn edit(
        &self,
        writer: &LogId,
        changes: &BTreeMap<String, Option<Value>>,
        time_ms: i64,
    ) -> Checked<Option<SignedPatch>> {
        if self.valid.is_empty() {
            return Err(Fault::Forbidden { what: "edit", why: "the document's creating patch is not valid" });
        }
        let mut doc = self.automerge()?;
        let generation = self.generation(writer);
        let actor = Actor::derive(writer, &self.origin, generation);
        doc.set_actor(ActorId::from(&actor.0[..]));
        let present = self.state();
        let mut choices = BTreeMap::new();
        for (key, value) in changes {
            let now = present.fields.get(key).map_or(&[][..], Vec::as_slice);
            match value {
                Some(value) if now != std::slice::from_ref(value) => {
                    if now.len() > 1 {
                        choices.insert(key, (value, operations(&doc, key)?));
                    }
                    doc.put(ROOT, key.as_str(), protocol::to_scalar(value))
                        .map_err(|_| refused_by_automerge())?;
                }
                None if !now.is_empty() => {
                    doc.delete(ROOT, key.as_str()).map_err(|_| refused_by_automerge())?;
                }
                _ => {}
            }
        }
        let options = CommitOptions::default().with_time(protocol::seconds(time_ms));
        if doc.commit_with(options).is_none() {
            return Ok(None);
        }
        let change = doc.get_last_local_change().ok_or(refused_by_automerge())?;
        let mut patch = Patch::from_own_change(&change, generation)?;
        let signed = SignedPatch::of(patch.clone(), actor, time_ms)?;
        if signed.change.0 != change.hash().0 {
            return Err(Fault::Mismatch { what: "own change and its patch" });
        }
        // Of a value that is there already Automerge only deletes the rivals. Whoever chooses puts it anew in place of all:
        // beside what another writes at the same time the choice then stands as one of the values.
        for op in &mut patch.ops {
            if let Some((value, preds)) = choices.remove(&op.key) {
                (op.put, op.preds) = (Some(value.clone()), preds);
            }
        }
        SignedPatch::of(patch, actor, time_ms).map(Some)
    }

    /// The writer's current actor generation: a new one after a patch of it fell, since nothing can follow that one.
    fn generation(&self, writer: &LogId) -> u32 {
        let own = self
            .patches()
            .filter(|(p, _)| p.log.node == writer.node && p.log.incarnation == writer.incarnation);
        // Each generation, and whether all its patches count.
        let mut used: BTreeMap<u32, bool> = BTreeMap::new();
        for (patch, fate) in own {
            *used.entry(patch.signed.patch.generation).or_insert(true) &= *fate == Fate::Valid;
        }
        match used.last_key_value() {
            None => 0,
            Some((last, true)) => *last,
            // Whoever holds the node's key can have used up the last one: then the first that is free.
            Some((last, false)) => last
                .checked_add(1)
                .or_else(|| (0..).find(|free| !used.contains_key(free)))
                .unwrap_or_default(),
        }
    }
}

/// The operations that hold the present values of a field, ascending.
fn operations(doc: &AutoCommit, key: &str) -> Checked<Vec<OpId>> {
    let found = doc.get_all(ROOT, key).map_err(|_| refused_by_automerge())?;
    let named = found.iter().map(|(_, id)| match id {
        ObjId::Id(counter, actor, _) => {
            let actor = Actor::from_automerge(actor).ok_or(refused_by_automerge())?;
            Ok(OpId { counter: *counter, actor })
        }
        ObjId::Root => Err(refused_by_automerge()),
    });
    let mut operations = named.collect::<Checked<Vec<OpId>>>()?;
    operations.sort_unstable();
    Ok(operations)
}

fn refused_by_automerge() -> Fault {
    Fault::Forbidden { what: "document", why: "Automerge refused a checked change; please report this" }
}
