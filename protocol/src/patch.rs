//! The canonical form of one Automerge change, and its way into Automerge and back.
//!
//! A peer's Automerge bytes are never parsed: Automerge 0.12 panics on many damaged changes, and a change of a hundred
//! bytes can expand to millions of operations. What travels is this patch: at most `MAX_PATCH_OPS` puts and deletes of
//! scalars on keys of the root map. The receiver checks it, builds the change itself, and requires its hash to equal
//! the signed one. Nothing here looks at a document: whether dependencies are held is the document fold's question.

use std::num::NonZeroU64;

use automerge::legacy::{Key, ObjectId, Op as ExpandedOp, OpId as ExpandedOpId, OpType};
use automerge::{ActorId, Change, ChangeHash, ExpandedChange, ScalarValue};

use crate::codec::{Decoder, Encoder};
use crate::fault::{Checked, Fault};
use crate::first::FirstPatch;
use crate::hash::{Hash, hash};
use crate::limits::{MAX_ACTORS, MAX_DEPS, MAX_KEY, MAX_OP_COUNTER, MAX_PATCH_OPS, MAX_PREDS, MAX_TEXT};
use crate::shelf::LogId;
use crate::value::{Scalar, Value};

/// An Automerge actor: 16 bytes derived from who writes and what about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Actor(pub [u8; 16]);

/// Where a document began: the log and sequence number of its creating entry. Known before that entry is hashed, so
/// that the actor of the first patch can depend on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Origin {
    /// The creating log.
    pub log: LogId,
    /// The creating entry's sequence number.
    pub seq: u64,
}

impl Actor {
    /// The actor of a node's incarnation in one document. `generation` counts the times that its author had to start
    /// anew because its earlier patches fell with another's; it is 0 otherwise.
    pub fn derive(writer: &LogId, origin: &Origin, generation: u32) -> Self {
        let mut to = Encoder::new();
        writer.node.encode(&mut to);
        to.raw(&writer.incarnation.to_be_bytes());
        origin.log.encode(&mut to);
        to.uint(origin.seq).uint(generation.into());
        let mut actor = [0; 16];
        actor.copy_from_slice(&hash("actor", &[&to.finish()]).0[..16]);
        Self(actor)
    }

    fn to_automerge(self) -> ActorId {
        ActorId::from(&self.0[..])
    }

    /// The actor of those bytes, when they are 16.
    pub fn from_automerge(actor: &ActorId) -> Option<Self> {
        actor.to_bytes().try_into().ok().map(Self)
    }
}

/// The name of one operation: its counter and its actor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct OpId {
    /// Lamport counter, from 1.
    pub counter: u64,
    /// Who.
    pub actor: Actor,
}

/// One operation on one key of the root map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Op {
    /// The key.
    pub key: String,
    /// The new value; `None` deletes.
    pub put: Option<Value>,
    /// The operations it replaces, ascending.
    pub preds: Vec<OpId>,
}

/// One change of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Patch {
    /// See [`Actor::derive`].
    pub generation: u32,
    /// Counts the patches of this actor in this document, from 1.
    pub seq: u64,
    /// Counter of the first operation: one past the last operation of the dependencies.
    pub start_op: u64,
    /// Hashes of the changes it builds on: the document's heads when it was made. Ascending.
    pub deps: Vec<Hash>,
    /// Operations in ascending order of their keys, each key once.
    pub ops: Vec<Op>,
}

/// The forms of a patch.
pub(crate) const FIRST: u8 = 0;
const LATER: u8 = 1;

impl Patch {
    /// The first patch of a document: puts only.
    pub fn first(fields: impl IntoIterator<Item = (String, Value)>) -> Self {
        let mut ops: Vec<Op> =
            fields.into_iter().map(|(key, value)| Op { key, put: Some(value), preds: Vec::new() }).collect();
        ops.sort_by(|a, b| a.key.cmp(&b.key));
        Self { generation: 0, seq: 1, start_op: 1, deps: Vec::new(), ops }
    }

    /// True for a patch that needs nothing before it: it gets the short form.
    pub fn is_first(&self) -> bool {
        let fresh = self.generation == 0 && self.seq == 1 && self.start_op == 1 && self.deps.is_empty();
        fresh && self.ops.iter().all(|op| op.put.is_some() && op.preds.is_empty())
    }

    /// Counter of the last operation.
    pub fn last_op(&self) -> u64 {
        self.start_op.saturating_add(self.ops.len() as u64).saturating_sub(1)
    }

    /// Checks the bounds and the order of everything. Encoding a patch that fails here is refused too.
    pub fn check(&self) -> Checked<()> {
        let forbidden = |why| Err(Fault::Forbidden { what: "patch", why });
        if self.ops.is_empty() || self.ops.len() > MAX_PATCH_OPS {
            return forbidden("it must hold at least one operation and no more than the limit");
        }
        if self.deps.len() > MAX_DEPS || !ascending(&self.deps) {
            return forbidden("its dependencies must be ascending, each once, within the limit");
        }
        if self.seq == 0 || self.start_op == 0 || self.seq > MAX_OP_COUNTER || self.last_op() > MAX_OP_COUNTER
        {
            return forbidden("its counters must lie between 1 and the limit");
        }
        if !self.ops.is_sorted_by(|a, b| a.key < b.key) {
            return forbidden("its keys must be ascending, each once");
        }
        if self.actors().len() > MAX_ACTORS {
            return forbidden("its predecessors have more writers than the limit");
        }
        self.ops.iter().try_for_each(|op| op.check(self.start_op))
    }

    /// Writes the patch. It must have passed `check`.
    pub fn encode(&self, to: &mut Encoder) {
        if self.is_first() {
            to.u8(FIRST).list(&self.ops, |to, op| {
                to.text(&op.key);
                encode_value(to, op.put.as_ref().map(Scalar::of));
            });
            return;
        }
        let actors = self.actors();
        to.u8(LATER).uint(self.generation.into()).uint(self.seq).uint(self.start_op);
        to.list(&self.deps, |to, d| d.encode(to));
        to.list(&actors, |to, a| {
            to.raw(&a.0);
        });
        to.list(&self.ops, |to, op| {
            to.text(&op.key);
            encode_value(to, op.put.as_ref().map(Scalar::of));
            to.list(&op.preds, |to, pred| {
                let place = actors.binary_search(&pred.actor).unwrap_or_default();
                to.uint(pred.counter).uint(place as u64);
            });
        });
    }

    /// Canonical bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut to = Encoder::new();
        self.encode(&mut to);
        to.finish()
    }

    /// Reads a patch and checks it.
    pub fn decode(from: &mut Decoder<'_>) -> Checked<Self> {
        let form = from.u8("patch form")?;
        let patch = match form {
            FIRST => {
                let ops = from.list(MAX_PATCH_OPS, "operations", |from| {
                    Ok(Op {
                        key: from.text(MAX_KEY, "key")?.to_owned(),
                        put: decode_value(from)?.map(Scalar::to_value),
                        preds: Vec::new(),
                    })
                })?;
                Self { generation: 0, seq: 1, start_op: 1, deps: Vec::new(), ops }
            }
            LATER => Self::decode_later(from)?,
            _ => return Err(Fault::Unknown { what: "patch form", code: form.into() }),
        };
        patch.check()?;
        if patch.is_first() == (form == FIRST) {
            Ok(patch)
        } else {
            Err(Fault::NotCanonical { what: "patch" })
        }
    }

    fn decode_later(from: &mut Decoder<'_>) -> Checked<Self> {
        let generation = from.uint_max(u32::MAX.into(), "generation")? as u32;
        let seq = from.uint("patch number")?;
        let start_op = from.uint_max(MAX_OP_COUNTER, "start of operations")?;
        let deps = from.list(MAX_DEPS, "dependencies", Hash::decode)?;
        let actors = from.list(MAX_ACTORS, "actors", |from| Ok(Actor(from.array("actor")?)))?;
        let ops = from.list(MAX_PATCH_OPS, "operations", |from| {
            Ok(Op {
                key: from.text(MAX_KEY, "key")?.to_owned(),
                put: decode_value(from)?.map(Scalar::to_value),
                preds: from.list(MAX_PREDS, "predecessors", |from| {
                    let counter = from.uint_max(MAX_OP_COUNTER, "predecessor")?;
                    let place = from.uint_max(MAX_ACTORS as u64, "actor")? as usize;
                    let actor = actors.get(place).copied();
                    Ok(OpId { counter, actor: actor.ok_or(Fault::NotCanonical { what: "actor" })? })
                })?,
            })
        })?;
        let patch = Self { generation, seq, start_op, deps, ops };
        if patch.actors() == actors { Ok(patch) } else { Err(Fault::NotCanonical { what: "actors" }) }
    }

    fn actors(&self) -> Vec<Actor> {
        let mut actors: Vec<Actor> =
            self.ops.iter().flat_map(|op| op.preds.iter().map(|p| p.actor)).collect();
        actors.sort_unstable();
        actors.dedup();
        actors
    }

    /// Builds the Automerge change of this patch. `time_s` is the entry's time in whole seconds.
    pub fn to_change(&self, actor: Actor, time_s: i64) -> Checked<Change> {
        self.check()?;
        let start_op = NonZeroU64::new(self.start_op).ok_or(Fault::NotCanonical { what: "start_op" })?;
        Ok(Change::from(ExpandedChange {
            operations: self.ops.iter().map(Op::to_expanded).collect(),
            actor_id: actor.to_automerge(),
            hash: None,
            seq: self.seq,
            start_op,
            time: time_s,
            message: None,
            deps: self.deps.iter().map(|d| ChangeHash(d.0)).collect(),
            extra_bytes: Vec::new(),
            author: None,
        }))
    }

    /// The hash of that change.
    pub fn change_hash(&self, actor: Actor, time_s: i64) -> Checked<Hash> {
        if self.is_first() {
            self.check()?;
            return Ok(FirstPatch::of(self).change_hash(&actor, time_s));
        }
        Ok(Hash(self.to_change(actor, time_s)?.hash().0))
    }

    /// The patch of a change that this node made itself. Never call it with a change from elsewhere.
    ///
    /// # Errors
    /// A change that is not puts and deletes of plain values on the root map has no patch.
    pub fn from_own_change(change: &Change, generation: u32) -> Checked<Self> {
        let expanded = change.decode();
        let mut ops: Vec<Op> = expanded.operations.iter().map(Op::from_expanded).collect::<Checked<_>>()?;
        ops.sort_by(|a, b| a.key.cmp(&b.key));
        let mut deps: Vec<Hash> = expanded.deps.iter().map(|d| Hash(d.0)).collect();
        deps.sort_unstable();
        let patch = Self { generation, seq: expanded.seq, start_op: expanded.start_op.get(), deps, ops };
        patch.check()?;
        Ok(patch)
    }
}

impl Op {
    fn check(&self, start_op: u64) -> Checked<()> {
        let forbidden = |why| Err(Fault::Forbidden { what: "operation", why });
        if self.key.is_empty() || self.key.len() > MAX_KEY {
            return forbidden("its key must be between 1 byte and the limit");
        }
        if matches!(&self.put, Some(Value::Text(text)) if text.len() > MAX_TEXT) {
            return forbidden("its text is longer than the limit");
        }
        if self.preds.len() > MAX_PREDS || !ascending(&self.preds) {
            return forbidden("its predecessors must be ascending, each once, within the limit");
        }
        if self.preds.iter().any(|p| p.counter == 0 || p.counter >= start_op) {
            return forbidden("a predecessor must be an earlier operation");
        }
        if self.put.is_none() && self.preds.is_empty() {
            return forbidden("a delete must name what it deletes");
        }
        Ok(())
    }

    fn to_expanded(&self) -> ExpandedOp {
        let preds = self.preds.iter().map(|p| ExpandedOpId::new(p.counter, &p.actor.to_automerge()));
        ExpandedOp {
            action: match &self.put {
                Some(value) => OpType::Put(to_scalar(value)),
                None => OpType::Delete,
            },
            obj: ObjectId::Root,
            key: Key::Map(self.key.as_str().into()),
            pred: preds.collect(),
            insert: false,
        }
    }

    fn from_expanded(op: &ExpandedOp) -> Checked<Self> {
        let foreign =
            Fault::Forbidden { what: "change", why: "it does more than put and delete root fields" };
        let Key::Map(key) = &op.key else { return Err(foreign) };
        if op.insert || op.obj != ObjectId::Root {
            return Err(foreign);
        }
        let put = match &op.action {
            OpType::Delete => None,
            OpType::Put(scalar) => Some(from_scalar(scalar).ok_or(foreign.clone())?),
            _ => return Err(foreign),
        };
        let mut preds = Vec::with_capacity(op.pred.len());
        for pred in op.pred.iter() {
            let actor = Actor::from_automerge(pred.actor()).ok_or(foreign.clone())?;
            preds.push(OpId { counter: pred.counter(), actor });
        }
        preds.sort_unstable();
        Ok(Self { key: key.to_string(), put, preds })
    }
}

/// The value as an Automerge scalar.
pub fn to_scalar(value: &Value) -> ScalarValue {
    match value {
        Value::Text(text) => ScalarValue::Str(text.as_str().into()),
        Value::Int(n) => ScalarValue::Int(*n),
        Value::Bool(b) => ScalarValue::Boolean(*b),
        Value::Time(ms) => ScalarValue::Timestamp(*ms),
    }
}

/// The value of an Automerge scalar, when it is one of ours.
pub fn from_scalar(scalar: &ScalarValue) -> Option<Value> {
    match scalar {
        ScalarValue::Str(text) => Some(Value::Text(text.to_string())),
        ScalarValue::Int(n) => Some(Value::Int(*n)),
        ScalarValue::Boolean(b) => Some(Value::Bool(*b)),
        ScalarValue::Timestamp(ms) => Some(Value::Time(*ms)),
        _ => None,
    }
}

/// Writes a value, or that there is none.
pub(crate) fn encode_value(to: &mut Encoder, value: Option<Scalar<'_>>) {
    match value {
        None => to.u8(0),
        Some(Scalar::Text(text)) => to.u8(1).text(text),
        Some(Scalar::Int(n)) => to.u8(2).int(n),
        Some(Scalar::Bool(false)) => to.u8(3),
        Some(Scalar::Bool(true)) => to.u8(4),
        Some(Scalar::Time(ms)) => to.u8(5).int(ms),
    };
}

/// Reads a value where it stands.
pub(crate) fn decode_value<'a>(from: &mut Decoder<'a>) -> Checked<Option<Scalar<'a>>> {
    let code = from.u8("value type")?;
    Ok(Some(match code {
        0 => return Ok(None),
        1 => Scalar::Text(from.text(MAX_TEXT, "text")?),
        2 => Scalar::Int(from.int("number")?),
        3 => Scalar::Bool(false),
        4 => Scalar::Bool(true),
        5 => Scalar::Time(from.int("time")?),
        _ => return Err(Fault::Unknown { what: "value type", code: code.into() }),
    }))
}

/// Writes a value as a patch does; used by state hashes too.
pub fn value_bytes(value: &Value) -> Vec<u8> {
    let mut to = Encoder::new();
    encode_value(&mut to, Some(Scalar::of(value)));
    to.finish()
}

impl Value {
    /// Reads the bytes that [`value_bytes`] writes.
    pub fn from_bytes(bytes: &[u8]) -> Checked<Self> {
        let value = Decoder::whole(bytes, "value", decode_value)?;
        value.map(Scalar::to_value).ok_or(Fault::NotCanonical { what: "value" })
    }
}

fn ascending<T: Ord>(items: &[T]) -> bool {
    items.is_sorted_by(|a, b| a < b)
}

/// A patch as an entry's payload carries it: the patch and the hash of its Automerge change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedPatch {
    /// The patch.
    pub patch: Patch,
    /// Hash of the Automerge change that the author's Automerge made of it.
    pub change: Hash,
}

impl SignedPatch {
    /// Computes the change hash.
    pub fn of(patch: Patch, actor: Actor, time_ms: i64) -> Checked<Self> {
        let change = patch.change_hash(actor, seconds(time_ms))?;
        Ok(Self { patch, change })
    }

    /// Canonical bytes of the payload: the patch, then 32 bytes of hash.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut to = Encoder::new();
        self.patch.encode(&mut to);
        self.change.encode(&mut to);
        to.finish()
    }

    /// Reads a payload.
    pub fn from_bytes(bytes: &[u8]) -> Checked<Self> {
        Decoder::whole(bytes, "patch payload", |from| {
            Ok(Self { patch: Patch::decode(from)?, change: Hash::decode(from)? })
        })
    }

    /// Requires the change's hash to be the signed one.
    pub fn check_hash(&self, actor: Actor, time_ms: i64) -> Checked<()> {
        if self.patch.change_hash(actor, seconds(time_ms))? == self.change {
            return Ok(());
        }
        Err(Fault::Mismatch { what: "Automerge change and its signed hash" })
    }

    /// Builds the change and requires its hash to be the signed one.
    pub fn to_change(&self, actor: Actor, time_ms: i64) -> Checked<Change> {
        let change = self.patch.to_change(actor, seconds(time_ms))?;
        if change.hash().0 == self.change.0 {
            Ok(change)
        } else {
            Err(Fault::Mismatch { what: "Automerge change and its signed hash" })
        }
    }
}

/// Automerge keeps whole seconds; earlier than 1970 rounds down.
pub fn seconds(time_ms: i64) -> i64 {
    time_ms.div_euclid(1000)
}
