//! Who says what a listing says, and what checking that finds.

use std::collections::BTreeMap;

use market::{HistoryItem, Listing};
use protocol::{DocumentId, LogId};
use replica::Fate;
use web::view::{Check, CheckKind, CheckResult, Holders, Names, Provenance, Version};

use super::Site;
use crate::office::step_of;
use crate::proven::mark_text;

impl Site {
    pub(super) fn provenance(&self, listing: &Listing, history: &[HistoryItem]) -> Provenance {
        let library = self.office.library();
        let roster = library.roster();
        let identity = self.office.identity();
        let charter = &identity.charter.charter;
        let valid: Vec<&HistoryItem> = history.iter().filter(|i| i.fate == Fate::Valid).collect();
        let versions = valid.iter().enumerate().rev().map(|(n, item)| Version {
            number: n as u64 + 1,
            step: step_of(item),
            signed_ms: item.time_ms,
            by: library.name_behind(&item.log).unwrap_or_default(),
            hash: item.entry.to_string(),
            changed: match item.verb.0 {
                2 | 8 => Vec::new(),
                _ => item.changes.keys().filter(|key| !key.starts_with('_')).cloned().collect(),
            },
        });
        let certificate = library.certificate_of(&listing.log).ok().flatten();
        let certified = certificate.as_ref().is_some_and(|c| c.verify(&roster.network).is_ok());
        let admitted = listing.institution.is_some_and(|id| roster.members.contains_key(&id));
        let last = valid.last();
        let check = |what, holds: bool, why: &str| Check {
            what,
            result: if holds { CheckResult::Passed } else { CheckResult::Failed(why.to_owned()) },
        };
        Provenance {
            institution: listing.institution_name.clone(),
            credit_code: listing.credit_code.clone(),
            institution_id: listing.institution.map(|id| id.to_string()).unwrap_or_default(),
            node: String::new(),
            node_key: last.map_or(listing.log.node, |item| item.log.node).to_string(),
            signed_ms: listing.updated_ms,
            network: Names::new(&charter.name_zh, &charter.name_en),
            network_id: roster.network.to_string(),
            admitted_by: roster.governors.members.iter().map(|g| g.institution.name.clone()).collect(),
            held_by: self.holders(&valid),
            checks: vec![
                check(CheckKind::Signature, history.iter().all(|i| i.signed), "a signature does not verify"),
                check(CheckKind::Certificate, certified, "the node certificate does not verify"),
                check(CheckKind::Admission, admitted, "the institution is not on the roster"),
            ],
            versions_total: valid.len() as u64,
            versions: versions.collect(),
        }
    }

    /// How many nodes hold a listing's valid entries, as far as this one hears.
    fn holders(&self, valid: &[&HistoryItem]) -> Option<Holders> {
        let mut upto: BTreeMap<LogId, u64> = BTreeMap::new();
        for item in valid {
            let last = upto.entry(item.log).or_default();
            *last = item.seq.max(*last);
        }
        let (nodes, connected) = self.office.holders(&upto)?;
        Some(Holders { nodes: nodes as u64, connected: connected as u64 })
    }
}

/// The present version of a document as papers name it: how many of its entries count, and the last one's hash.
pub(super) fn mark(id: &DocumentId, history: &[HistoryItem]) -> String {
    let counts = |item: &&HistoryItem| item.document == *id && item.fate == Fate::Valid;
    let valid: Vec<&HistoryItem> = history.iter().filter(counts).collect();
    valid.last().map(|last| mark_text(valid.len(), &last.entry)).unwrap_or_default()
}
