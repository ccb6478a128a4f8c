//! The file that proves a listing.

use protocol::{FileKind, InstitutionId, Proof, PublicKey, Subject, seal_file};

use super::Office;
use super::answers::file_reply;
use super::request::{Failure, Reply, exit};

impl Office {
    pub(super) fn proof(&self, id: &str) -> Reply {
        let id = self.resolve(id)?;
        let missing = || Failure::said(exit::FAILED, "cli.failure.missing", &[("id", &id.to_string())]);
        self.library().listing(&id)?.ok_or_else(missing)?;
        let mut entries = self.library().entries(&id)?;
        let core = self.core();
        let input = core.replica().roster_input();
        let roster = self.library().roster();
        // Who wrote it: the institution that answers for it, and co-editors.
        let mut writers: Vec<InstitutionId> = Vec::new();
        for entry in &entries {
            writers.extend(self.library().certificate_of(&entry.header.log)?.map(|c| c.body.institution));
        }
        writers.sort_unstable();
        writers.dedup();
        // Whoever was let in by another institution's word is proven with it.
        let mut keys: Vec<PublicKey> = Vec::new();
        let mut looked = 0;
        while let Some(who) = writers.get(looked).copied() {
            looked += 1;
            for (grant, _) in roster.redeemed.iter().filter(|(_, by)| **by == who) {
                keys.push(grant.key);
                writers.extend(grant.by.filter(|voucher| !writers.contains(voucher)));
            }
        }
        let mut steps = Vec::new();
        for step in &input.steps {
            let about = match &step.step.subject {
                Subject::Network => true,
                Subject::Institution(who) => writers.contains(who),
                Subject::Invitation(key) => keys.contains(key),
                _ => false,
            };
            if about && !steps.contains(step) {
                steps.push(step.clone());
            }
        }
        for (log, seq, redemption) in &input.redemptions {
            if keys.contains(&redemption.invitation) {
                core.read_one(log, *seq)?.into_iter().for_each(|entry| entries.push(entry));
            }
        }
        let proof = Proof { network: self.identity().network(), document: id, steps, entries };
        Ok(file_reply(&seal_file(FileKind::Proof, &proof.to_bytes())))
    }
}
