//! What became of every entry of a listing.

use std::collections::{BTreeMap, BTreeSet};

use protocol::{Actor, DocumentId, Entry, Fault, Hash, LogId, OpId, Origin, SignedPatch, Value, Verb};
use replica::{Fate, check_entry, patch_of};

use super::Library;
use crate::error::Result;
use crate::ledger::{
    Logs, document_entries, entry_at, fork_of, load_document, readable_at, rightful_entries,
};

/// Entries of one document that a history looks through for those that may not change it.
const MAX_HISTORY: usize = 10_000;

/// One entry of a document's history.
#[derive(Clone, Debug)]
pub struct HistoryItem {
    /// Hash of the entry.
    pub entry: Hash,
    /// The document that it belongs to: of a listing that was moved, there are several.
    pub document: DocumentId,
    /// Its log.
    pub log: LogId,
    /// Its place in the log.
    pub seq: u64,
    /// The author's clock, milliseconds since 1970.
    pub time_ms: i64,
    /// `create`, `edit`, …
    pub verb: Verb,
    /// What the patch sets (a value) and removes (`None`).
    pub changes: BTreeMap<String, Option<Value>>,
    /// What stood in each of these fields for its author: nothing, one value, or several that it chose between. Of a patch
    /// that builds on what is not held, as far as that is known.
    pub before: BTreeMap<String, Vec<Value>>,
    /// What became of it.
    pub fate: Fate,
    /// Whether the node key's signature verifies.
    pub signed: bool,
}

impl Library {
    /// All entries of a listing, those of the documents that it continues before its own, each with its fate and its
    /// signature checked anew.
    ///
    /// # Errors
    /// When the store fails or is damaged.
    pub fn history(&self, id: &DocumentId) -> Result<Vec<HistoryItem>> {
        let mut items = Vec::new();
        for document in self.line(id)? {
            items.extend(self.entries_of(&document)?);
        }
        Ok(items)
    }

    fn entries_of(&self, id: &DocumentId) -> Result<Vec<HistoryItem>> {
        let store = self.store.as_ref();
        let network = self.roster().network;
        let fates: BTreeMap<Hash, Fate> = match load_document(store, id)? {
            Some(document) => document.patches().map(|(p, fate)| (p.entry, fate.clone())).collect(),
            None => BTreeMap::new(),
        };
        let mut logs = Logs::new(store, None);
        let rightful: BTreeSet<_> = rightful_entries(store, id)?.into_iter().collect();
        let begun = !rightful.is_empty();
        let mut places = rightful.clone();
        places.extend(document_entries(store, id, MAX_HISTORY)?);
        let (mut items, mut patches) = (Vec::new(), Vec::new());
        for place in places {
            let entry = entry_at(store, place.log, place.seq)?;
            let hash = entry.hash();
            let rules = match &self.log_info(place.log)?.certificate {
                Some(certificate) => check_entry(&entry, certificate),
                None => Ok(()),
            };
            let fate = match rules {
                _ if !logs.counts(&place)? => Fate::Void(self.past_its_end(&entry.header.log)?),
                Err(fault) => Fate::Void(fault),
                Ok(()) if begun && !rightful.contains(&place) => Fate::Void(Fault::Forbidden {
                    what: "patch",
                    why: "its node is neither of the institution that answers for the listing nor of a co-editor",
                }),
                Ok(()) if entry.payload.is_none() => {
                    Fate::Void(Fault::Forbidden { what: "entry", why: "its contents were purged" })
                }
                Ok(()) => fates.get(&hash).cloned().unwrap_or(Fate::Waiting),
            };
            patches.push(patch_of(&entry).ok().flatten());
            items.push(HistoryItem {
                entry: hash,
                document: *id,
                log: entry.header.log,
                seq: entry.header.seq,
                time_ms: entry.header.time_ms,
                verb: entry.header.verb,
                changes: changes_of(&readable_at(store, id, &place)?),
                before: BTreeMap::new(),
                fate,
                signed: entry.verify(&network).is_ok() && entry.check_payload().is_ok(),
            });
        }
        fall(&mut items, &patches);
        if let Some(first) = rightful.iter().find(|place| place.creates) {
            let origin = Origin { log: self.log_info(first.log)?.log, seq: first.seq };
            look_back(&mut items, &patches, &origin);
        }
        // By the authors' clocks for the eye; the order of their log decides nothing here.
        items.sort_by_key(|item| (item.time_ms, item.log, item.seq));
        Ok(items)
    }

    /// Why what a log holds past its end does not count.
    fn past_its_end(&self, log: &LogId) -> Result<Fault> {
        let roster = self.roster();
        let why = if roster.revoked.contains_key(&log.node) {
            "it lies past the last valid point of its revoked node"
        } else if roster.settled.contains_key(log) {
            "it lies past the point on which its forked log was settled"
        } else if fork_of(self.store.as_ref(), log)?.is_some() {
            "its log is forked before it, and not settled"
        } else {
            "its node has begun more incarnations than it may have"
        };
        Ok(Fault::Forbidden { what: "entry", why })
    }
}

/// What waits for a patch that is held and does not count will wait for ever: it has fallen with it.
fn fall(items: &mut [HistoryItem], patches: &[Option<SignedPatch>]) {
    let mut gone: BTreeSet<Hash> = BTreeSet::new();
    loop {
        let known = gone.len();
        for (item, signed) in items.iter_mut().zip(patches) {
            let Some(signed) = signed else { continue };
            if item.fate == Fate::Waiting && signed.patch.deps.iter().any(|dep| gone.contains(dep)) {
                let why = "it builds on an entry that does not count";
                item.fate = Fate::Void(Fault::Forbidden { what: "patch", why });
            }
            if matches!(item.fate, Fate::Void(_)) {
                gone.insert(signed.change);
            }
        }
        if gone.len() == known {
            return;
        }
    }
}

/// Fills in what each patch replaced: an operation names those whose values it takes the place of.
fn look_back(items: &mut [HistoryItem], patches: &[Option<SignedPatch>], origin: &Origin) {
    let mut values: BTreeMap<OpId, Value> = BTreeMap::new();
    for (item, signed) in items.iter().zip(patches) {
        let Some(patch) = signed.as_ref().map(|signed| &signed.patch) else { continue };
        let actor = Actor::derive(&item.log, origin, patch.generation);
        for (counter, op) in (patch.start_op..).zip(&patch.ops) {
            values.extend(op.put.clone().map(|value| (OpId { counter, actor }, value)));
        }
    }
    for (item, signed) in items.iter_mut().zip(patches) {
        for op in signed.iter().flat_map(|signed| &signed.patch.ops) {
            let mut replaced: Vec<Value> =
                op.preds.iter().filter_map(|pred| values.get(pred).cloned()).collect();
            replaced.dedup();
            item.before.insert(op.key.clone(), replaced);
        }
    }
}

fn changes_of(entry: &Entry) -> BTreeMap<String, Option<Value>> {
    match patch_of(entry) {
        Ok(Some(signed)) => signed.patch.ops.into_iter().map(|op| (op.key, op.put)).collect(),
        _ => BTreeMap::new(),
    }
}
