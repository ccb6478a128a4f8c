//! What entries about a document carry: the word that continues it elsewhere, and what third parties say of it.

use std::collections::BTreeMap;

use crate::codec::{Decoder, Encoder};
use crate::fault::{Checked, Fault};
use crate::hash::{DocumentId, Hash, InstitutionId, NetworkId};
use crate::limits::{MAX_DEPS, MAX_KEY, MAX_NAME};
use crate::patch::SignedPatch;

/// The payload of MOVE: a document begins that continues another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Continuation {
    /// The document that it continues.
    pub continues: DocumentId,
    /// The snapshot: a first patch, as that of CREATE.
    pub signed: SignedPatch,
}

impl Continuation {
    /// Canonical bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        [&self.continues.0[..], &self.signed.to_bytes()].concat()
    }

    /// Reads the payload of MOVE. Whether the change hash is right is the document fold's question.
    ///
    /// # Errors
    /// Bytes that are not canonical.
    pub fn from_bytes(bytes: &[u8]) -> Checked<Self> {
        let Some((id, patch)) = bytes.split_first_chunk::<32>() else {
            return Err(Fault::Truncated { what: "continued document" });
        };
        Ok(Self { continues: DocumentId(*id), signed: SignedPatch::from_bytes(patch)? })
    }
}

/// The payload of STATEMENT: what an institution says of a version of a document, without touching it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// The document.
    pub about: DocumentId,
    /// The version that was looked at: the hashes of its heads' changes, ascending, each once.
    pub version: Vec<Hash>,
    /// What kind of statement it is: `screening`, `evaluation`, …; empty takes an earlier one back.
    pub label: String,
    /// What it says, in the form of its label.
    pub value: String,
    /// Why.
    pub reason: String,
}

impl Statement {
    /// Canonical bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut to = Encoder::new();
        self.about.encode(&mut to);
        to.list(&self.version, |to, hash| hash.encode(to));
        to.text(&self.label).text(&self.value).text(&self.reason);
        to.finish()
    }

    /// Reads the payload of STATEMENT.
    ///
    /// # Errors
    /// Bytes that are not canonical, or beyond the limits.
    pub fn from_bytes(bytes: &[u8]) -> Checked<Self> {
        Decoder::whole(bytes, "statement", |from| {
            let about = DocumentId::decode(from)?;
            let version = from.list(MAX_DEPS, "version", Hash::decode)?;
            if !version.is_sorted_by(|a, b| a < b) {
                return Err(Fault::NotCanonical { what: "version" });
            }
            Ok(Self {
                about,
                version,
                label: from.text(MAX_KEY, "label")?.to_owned(),
                value: from.text(MAX_NAME, "value")?.to_owned(),
                reason: from.text(MAX_NAME, "reason")?.to_owned(),
            })
        })
    }

    /// Checks what `from_bytes` would refuse, for an author.
    ///
    /// # Errors
    /// A text or a version beyond the limits.
    pub fn check(&self) -> Checked<()> {
        Self::from_bytes(&self.to_bytes()).map(|_| ())
    }
}

/// Stands between a label and the network whose listing it is about, where that is another one than the statement's own.
const ABROAD: char = '@';

impl Statement {
    /// The label of a statement about a listing of another network: of that network alone it is said, and by nobody there.
    pub fn label_abroad(label: &str, network: &NetworkId) -> String {
        format!("{label}{ABROAD}{network}")
    }

    /// The label, and the network whose listing it is about; `None` where that is the statement's own. What only looks like a
    /// network's id is part of the label.
    pub fn said_of(&self) -> (&str, Option<NetworkId>) {
        let named = |(label, id): (_, &str)| {
            let network: NetworkId = id.parse().ok()?;
            (network.to_string() == id).then_some((label, network))
        };
        match self.label.rsplit_once(ABROAD).and_then(named) {
            Some((label, network)) => (label, Some(network)),
            None => (&self.label, None),
        }
    }

    /// Whether it may be about a listing of another network: one that is taken back names none.
    pub fn may_be_abroad(&self) -> bool {
        self.label.is_empty() || self.said_of().1.is_some()
    }
}

/// What decides whether a statement stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Whose it is.
    pub institution: InstitutionId,
    /// The earlier statement that it names.
    pub replaces: Option<Hash>,
}

/// Of all that is stated of one listing, by the hashes of the entries, what stands: each that names no earlier one, or what
/// replaces it. Only its own institution replaces a statement; of several that replace one, that of the lowest hash does.
/// What was taken back stands too, as an empty label.
pub fn standing(all: &BTreeMap<Hash, Standing>) -> Vec<Hash> {
    let mut next: BTreeMap<Hash, Hash> = BTreeMap::new();
    // In ascending order of their hashes: the first that replaces a statement keeps its place.
    for (id, after) in all {
        let Some((before, named)) = after.replaces.and_then(|id| all.get_key_value(&id)) else { continue };
        if named.institution == after.institution {
            next.entry(*before).or_insert(*id);
        }
    }
    let first = all.iter().filter(|(_, one)| one.replaces.is_none()).map(|(id, _)| *id);
    // A statement names an earlier one by its hash: there are no circles.
    first.map(|id| std::iter::successors(Some(id), |id| next.get(id).copied()).last().unwrap_or(id)).collect()
}
