//! The hash of the Automerge change of a patch in first form, without Automerge (SPEC §9).
//!
//! Nearly all listings have one patch, and every node that sends, takes in or stores one needs this hash. Automerge builds a
//! change of any shape through its general encoders, some 20 µs; the change of a first patch has one shape: puts of scalars on
//! the root map, keys ascending, nothing overwritten. A test holds both ways equal.

use crate::hash::Hash;
use crate::patch::Actor;
use crate::value::Scalar;
use sha2::{Digest, Sha256};

/// The type of a chunk that holds a change.
const CHANGE: u8 = 1;
/// Columns of operations: id and type of encoding.
const KEY: u64 = 0x15;
const INSERT: u64 = 0x34;
const ACTION: u64 = 0x42;
const VALUE_META: u64 = 0x56;
const VALUE: u64 = 0x57;
const PREDS: u64 = 0x70;
/// The action of a put.
const PUT: u64 = 1;

/// Bytes as Automerge writes them.
#[derive(Default)]
struct Bytes(Vec<u8>);

impl Bytes {
    fn of(write: impl Fn(&mut Self) -> &mut Self) -> Self {
        let mut bytes = Self::default();
        write(&mut bytes);
        bytes
    }

    /// Unsigned LEB128.
    fn uint(&mut self, mut v: u64) -> &mut Self {
        while v >= 0x80 {
            self.0.push((v as u8) | 0x80);
            v >>= 7;
        }
        self.0.push(v as u8);
        self
    }

    /// Signed LEB128: two's complement, as the binary formats of DWARF have it.
    fn int(&mut self, mut v: i64) -> &mut Self {
        loop {
            let byte = (v as u8) & 0x7f;
            v >>= 7;
            let done = (v == 0 && byte & 0x40 == 0) || (v == -1 && byte & 0x40 != 0);
            self.0.push(if done { byte } else { byte | 0x80 });
            if done {
                return self;
            }
        }
    }

    fn raw(&mut self, v: &[u8]) -> &mut Self {
        self.0.extend_from_slice(v);
        self
    }

    fn text(&mut self, v: &[u8]) -> &mut Self {
        self.uint(v.len() as u64).raw(v)
    }

    /// So many times the same number, run-length encoded.
    fn repeated(&mut self, count: usize, v: u64) -> &mut Self {
        // A single one is a literal.
        self.int(if count == 1 { -1 } else { count as i64 }).uint(v)
    }

    /// Numbers, run-length encoded: two or more of the same are a run, all between two runs a literal.
    fn runs(&mut self, values: &[u64]) -> &mut Self {
        let mut rest = values;
        while let Some(first) = rest.first() {
            let same = rest.iter().take_while(|v| *v == first).count();
            if same > 1 {
                self.repeated(same, *first);
                rest = &rest[same..];
                continue;
            }
            let next = rest.windows(2).position(|pair| pair[0] == pair[1]).unwrap_or(rest.len());
            self.int(-(next as i64));
            for v in &rest[..next] {
                self.uint(*v);
            }
            rest = &rest[next..];
        }
        self
    }
}

/// The hash of the change in which `actor` puts these fields at the second `time_s`: its first one, on an empty document. The
/// caller has checked that the patch is of the first form.
pub(crate) fn first_hash(fields: &[(&str, Scalar<'_>)], actor: &Actor, time_s: i64) -> Hash {
    let room = |sizes: usize| Bytes(Vec::with_capacity(sizes));
    let mut keys = room(fields.iter().map(|(key, _)| key.len() + 10).sum());
    let mut values = room(fields.iter().map(|(_, value)| value.size()).sum());
    let mut metas = Vec::with_capacity(fields.len());
    keys.int(-(fields.len() as i64));
    for (key, value) in fields {
        keys.text(key.as_bytes());
        let before = values.0.len();
        let kind = match value {
            Scalar::Bool(false) => 1,
            Scalar::Bool(true) => 2,
            Scalar::Int(n) => {
                values.int(*n);
                4
            }
            Scalar::Text(text) => {
                values.raw(text.as_bytes());
                6
            }
            Scalar::Time(ms) => {
                values.int(*ms);
                9
            }
        };
        metas.push((((values.0.len() - before) as u64) << 4) | kind);
    }
    let columns = [
        (KEY, keys),
        (INSERT, Bytes::of(|to| to.uint(fields.len() as u64))),
        (ACTION, Bytes::of(|to| to.repeated(fields.len(), PUT))),
        (VALUE_META, Bytes::of(|to| to.runs(&metas))),
        (VALUE, values),
        (PREDS, Bytes::of(|to| to.repeated(fields.len(), 0))),
    ];
    let columns = columns.iter().filter(|(_, bytes)| !bytes.0.is_empty());
    let mut to = Bytes::default();
    // No dependencies; actor; first change, first operation; time; no message; no other actors.
    to.uint(0).text(&actor.0).uint(1).uint(1).int(time_s).uint(0).uint(0);
    to.uint(columns.clone().count() as u64);
    for (id, bytes) in columns.clone() {
        to.uint(*id).uint(bytes.0.len() as u64);
    }
    let size = to.0.len() + columns.clone().map(|(_, bytes)| bytes.0.len()).sum::<usize>();
    let mut head = Bytes(vec![CHANGE]);
    head.uint(size as u64);
    let sha = Sha256::new().chain_update(&head.0).chain_update(&to.0);
    Hash(columns.fold(sha, |sha, (_, bytes)| sha.chain_update(&bytes.0)).finalize().into())
}
