//! What a node holds of an institution: its nodes, and what it says of others' listings.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use protocol::{DocumentId, InstitutionId, LogId, NodeCertificate, PublicKey, ShelfKind, Visibility};
use replica::statement_of;
use storage::Table;

use super::{Library, Said};
use crate::error::Result;
use crate::ledger::{entry_at, log_record, mentioned};

/// Entries of one log that are looked through for what an institution states: its last ones.
const LAST_STATED: u64 = 200;

/// A node of an institution, by what it wrote.
#[derive(Clone, Debug)]
pub struct MemberNode {
    /// Its key.
    pub key: PublicKey,
    /// Its newest certificate among those that opened its logs.
    pub certificate: NodeCertificate,
    /// Logs of it that are held here.
    pub logs: usize,
    /// Whether the roster has revoked its key.
    pub revoked: bool,
}

impl Library {
    /// The nodes of an institution that have written anything held here, by their keys.
    ///
    /// # Errors
    /// When the store fails or is damaged.
    pub fn nodes_of(&self, institution: &InstitutionId) -> Result<Vec<MemberNode>> {
        let roster = self.roster();
        let mut nodes: BTreeMap<PublicKey, MemberNode> = BTreeMap::new();
        for (number, log) in self.logs_of(institution)? {
            let Some(certificate) = self.log_info(number)?.certificate.clone() else { continue };
            let node = nodes.entry(log.node).or_insert_with(|| MemberNode {
                key: log.node,
                certificate: certificate.clone(),
                logs: 0,
                revoked: roster.revoked.contains_key(&log.node),
            });
            node.logs += 1;
            if certificate.body.serial > node.certificate.body.serial {
                node.certificate = certificate;
            }
        }
        Ok(nodes.into_values().collect())
    }

    /// What an institution says of public listings and stands, the last said first: at most `limit`, each with its
    /// signature checked anew and the newest document of the listing's line.
    ///
    /// # Errors
    /// When the store fails or is damaged.
    pub fn stated_by(&self, institution: &InstitutionId, limit: usize) -> Result<Vec<(DocumentId, Said)>> {
        let mut abouts: BTreeSet<DocumentId> = BTreeSet::new();
        for (number, log) in self.logs_of(institution)? {
            if log.shelf.kind != ShelfKind::STATEMENT || log.shelf.visibility != Visibility::Public {
                continue;
            }
            let head = log_record(self.store(), number)?.1.head.seq;
            for seq in (head.saturating_sub(LAST_STATED) + 1..=head).rev() {
                let entry = entry_at(self.store(), number, seq)?;
                if let Some(statement) = statement_of(&entry).ok().flatten() {
                    abouts.insert(self.newest(&statement.about)?);
                }
            }
        }
        let mut stated: Vec<(DocumentId, Said)> = Vec::new();
        for about in abouts {
            let ours = |said: &Said| {
                said.institution == *institution && said.log.shelf.visibility == Visibility::Public
            };
            let standing = self.standing(&about)?.into_iter();
            stated.extend(standing.filter(ours).map(|said| (about, said)));
        }
        stated.sort_by_key(|(_, said)| std::cmp::Reverse((said.time_ms, said.id)));
        stated.truncate(limit);
        let network = self.roster().network;
        for (_, said) in &mut stated {
            let entry = mentioned(self.store(), &said.place)?;
            said.verified = entry.verify(&network).is_ok() && entry.check_payload().is_ok();
        }
        Ok(stated)
    }

    /// The logs whose opening certificate an institution has signed, with their numbers.
    fn logs_of(&self, institution: &InstitutionId) -> Result<Vec<(u32, LogId)>> {
        let mut numbers: Vec<u32> = Vec::new();
        self.store().walk(Table::LogNumbers, &[], &mut |_, value| {
            numbers.extend(<[u8; 4]>::try_from(value).ok().map(u32::from_be_bytes));
            ControlFlow::Continue(())
        })?;
        let mut logs = Vec::new();
        for number in numbers {
            let info = self.log_info(number)?;
            if info.certificate.as_ref().is_some_and(|c| c.body.institution == *institution) {
                logs.push((number, info.log));
            }
        }
        Ok(logs)
    }
}
