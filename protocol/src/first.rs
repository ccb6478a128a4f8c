//! A patch in first form, read where it stands: what nearly every listing is for most of its life. Whoever sends, takes in or
//! stores one needs some hashes of it, and no text of its own.

use crate::attachment::FILE;
use crate::change::first_hash;
use crate::codec::{Decoder, Encoder};
use crate::fault::{Checked, Fault};
use crate::hash::{DocumentId, Hash, hash};
use crate::limits::{MAX_KEY, MAX_PATCH_OPS};
use crate::patch::{Actor, FIRST, Patch, decode_value, encode_value};
use crate::value::Scalar;

/// What a listing's first patch makes of it, worked out where that costs least.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Beginning {
    /// Digest of the document's state while it has no other patch (SPEC §16).
    pub digest: Hash,
    /// Whether the patch names files.
    pub names_files: bool,
}

/// The fields of a patch in first form.
pub(crate) struct FirstPatch<'a> {
    fields: Vec<(&'a str, Scalar<'a>)>,
}

impl<'a> FirstPatch<'a> {
    /// Reads the bytes of a patch; refuses what [`Patch::decode`] refuses, and any other form.
    pub fn from_bytes(bytes: &'a [u8]) -> Checked<Self> {
        Decoder::whole(bytes, "patch", Self::decode)
    }

    fn decode(from: &mut Decoder<'a>) -> Checked<Self> {
        let form = from.u8("patch form")?;
        if form != FIRST {
            return Err(Fault::NotCanonical { what: "patch of a beginning" });
        }
        let count = from.uint_max(MAX_PATCH_OPS as u64, "operations")? as usize;
        if count == 0 || count > from.rest().len() {
            return Err(Fault::Truncated { what: "operations" });
        }
        let mut fields: Vec<(&str, Scalar<'_>)> = Vec::with_capacity(count);
        for _ in 0..count {
            let key = from.text(MAX_KEY, "key")?;
            let before = fields.last().map_or("", |(key, _)| *key);
            if key <= before {
                return Err(Fault::Forbidden { what: "patch", why: "its keys must be ascending, each once" });
            }
            let put = decode_value(from)?;
            let deletes = Fault::NotCanonical { what: "patch of a beginning" };
            fields.push((key, put.ok_or(deletes)?));
        }
        Ok(Self { fields })
    }

    /// The fields of a patch that has the form.
    pub fn of(patch: &'a Patch) -> Self {
        let fields = patch.ops.iter().filter_map(|op| Some((op.key.as_str(), Scalar::of(op.put.as_ref()?))));
        Self { fields: fields.collect() }
    }

    /// The hash of its Automerge change; the time in whole seconds.
    pub fn change_hash(&self, actor: &Actor, time_s: i64) -> Hash {
        first_hash(&self.fields, actor, time_s)
    }

    /// What it makes of the document that it begins.
    pub fn beginning(&self, id: &DocumentId) -> Beginning {
        let size = self.fields.iter().map(|(key, value)| key.len() + value.size() + 4).sum();
        let mut to = Encoder::with_capacity(size);
        to.uint(self.fields.len() as u64);
        for (key, value) in &self.fields {
            // Its one value.
            to.text(key).uint(1);
            encode_value(&mut to, Some(*value));
        }
        let digest = hash("document-state", &[&id.0, &to.finish()]);
        let names_files = self.fields.iter().any(|(key, _)| key.starts_with(FILE));
        Beginning { digest, names_files }
    }
}

impl Beginning {
    /// What a patch in first form makes of the document of that id; `None` of another.
    pub fn of(patch: &Patch, id: &DocumentId) -> Option<Self> {
        patch.is_first().then(|| FirstPatch::of(patch).beginning(id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Value;
    use proptest::prelude::*;

    fn value() -> impl Strategy<Value = Value> {
        prop_oneof![
            "[a-z一-龥]{0,9}".prop_map(Value::Text),
            any::<i64>().prop_map(Value::Int),
            any::<bool>().prop_map(Value::Bool),
            any::<i64>().prop_map(Value::Time),
        ]
    }

    proptest! {
        /// Whatever happens to the bytes of a patch: both ways to read it take the same ones, and see the same in them.
        #[test]
        fn where_it_stands_it_is_read_as_by_itself(
            fields in prop::collection::btree_map("[a-z/]{1,6}", value(), 1..6),
            damage in prop::option::of((any::<prop::sample::Index>(), any::<u8>())),
            cut in prop::option::of(any::<prop::sample::Index>()),
        ) {
            let mut bytes = Patch::first(fields).to_bytes();
            if let Some((at, with)) = damage {
                let at = at.index(bytes.len());
                bytes[at] = with;
            }
            bytes.truncate(cut.map_or(bytes.len(), |at| at.index(bytes.len())));
            let alone = Decoder::whole(&bytes, "patch", Patch::decode).ok().filter(Patch::is_first);
            let (actor, id) = (Actor([7; 16]), DocumentId([8; 32]));
            match (FirstPatch::from_bytes(&bytes), alone) {
                (Ok(there), Some(alone)) => {
                    prop_assert_eq!(there.change_hash(&actor, 5), alone.change_hash(actor, 5).unwrap());
                    prop_assert_eq!(Some(there.beginning(&id)), Beginning::of(&alone, &id));
                }
                (Err(_), None) => {}
                (there, alone) => prop_assert!(false, "{} {alone:?}", there.is_ok()),
            }
        }
    }
}
