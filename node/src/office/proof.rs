//! The file that proves a listing, and what is stated of it; the certificate that is made of it.

use std::collections::BTreeSet;

use market::{Evidence, Hidden, Listing, MarketError};
use protocol::limits::{MAX_FILE, MAX_HEADS, MAX_PROOF_ENTRIES, MAX_PROOF_STATEMENTS};
use protocol::{
    DocumentId, Entry, FileKind, Hash, InstitutionId, Proof, PublicKey, Roster, RosterInput, ShelfKind,
    SignedStep, Subject, Verb, seal_file,
};
use serde_json::json;

use super::Office;
use super::answers::file_reply;
use super::failure::{Failure, exit};
use super::request::Reply;
use crate::certificate::{self, Made, Unmade};
use crate::core::now_ms;

impl Office {
    pub(super) fn proof(&self, id: &str) -> Reply {
        let listing = self.newest_listing(id)?;
        let (file, count, all) = self.proof_file(&listing)?;
        let mut reply = file_reply(&file);
        (reply["statements"], reply["left_out"]) = (json!(count), json!(all - count));
        Ok(reply)
    }

    pub(super) fn certificate(&self, id: &str) -> Reply {
        let listing = self.newest_listing(id)?;
        let address = self.config().web.address();
        let address = address.map_err(|error| {
            Failure::said(exit::FAILED, "cli.failure.config", &[("what", &error.to_string())])
        })?;
        Ok(file_reply(&self.certificate_of(&listing, address)?))
    }

    /// The certificate of a listing, whose code leads to `address`.
    ///
    /// # Errors
    /// When it is withdrawn or not shown here, or the store fails.
    pub fn certificate_of(
        &self,
        listing: &Listing,
        address: Option<web::Address>,
    ) -> Result<Vec<u8>, Failure> {
        let title = [("title", listing.title())];
        let withdrawn = || Failure::said(exit::REFUSED, "cli.failure.certificate.withdrawn", &title);
        if listing.state.is_withdrawn() {
            return Err(withdrawn());
        }
        if !self.shows(listing) {
            return Err(Failure::said(exit::REFUSED, "cli.failure.certificate.hidden", &title));
        }
        let (proof, _, _) = self.proof_file(listing)?;
        let charter = &self.identity().charter.charter;
        let not_made =
            |what: &str| Failure::said(exit::FAILED, "cli.failure.certificate.made", &[("what", what)]);
        certificate::make(&proof, charter, &Made::now(now_ms(), address)).map_err(|why| match why {
            Unmade::Withdrawn => withdrawn(),
            Unmade::Unproven(why) => not_made(&why.in_words(catalog::Lang::En)),
            Unmade::Paper(fault) => not_made(&fault.to_string()),
        })
    }

    /// The proof of a listing, how many statements are in it, and how many there are.
    ///
    /// # Errors
    /// When it was purged, or the store fails.
    pub fn proof_file(&self, listing: &Listing) -> Result<(Vec<u8>, usize, usize), Failure> {
        let id = listing.id;
        if matches!(listing.hidden, Some(Hidden::Purged(_))) {
            return Err(MarketError::Purged { id: id.to_string() }.into());
        }
        let evidence = self.library().evidence(&id)?;
        let all = evidence.statements.len();
        // Of more statements than a file can hold the oldest go with it.
        let mut count = all.min(MAX_PROOF_STATEMENTS);
        let file = loop {
            let proof = self.proof_with(id, &evidence, count)?;
            let file = seal_file(FileKind::Proof, &proof.to_bytes());
            if count == 0 || fits(&proof) && file.len() <= MAX_FILE {
                break file;
            }
            count /= 2;
        };
        Ok((file, count, all))
    }

    /// A proof with the first `count` of the statements.
    fn proof_with(&self, document: DocumentId, evidence: &Evidence, count: usize) -> market::Result<Proof> {
        let said = evidence.statements.iter().take(count).flatten();
        let mut seen: BTreeSet<Hash> = BTreeSet::new();
        let mut entries: Vec<Entry> = Vec::new();
        for entry in evidence.listing.iter().chain(said) {
            if seen.insert(entry.hash()) {
                entries.push(entry.clone());
            }
        }
        let mut writers: BTreeSet<InstitutionId> = BTreeSet::new();
        for entry in &entries {
            writers.extend(self.library().certificate_of(&entry.header.log)?.map(|c| c.body.institution));
        }
        let core = self.core();
        let input = core.replica().roster_input();
        let (steps, keys) = admissions(&self.library().roster(), &input, writers);
        for (log, seq, redemption) in &input.redemptions {
            if keys.contains(&redemption.invitation) {
                core.read_one(log, *seq)?.into_iter().for_each(|entry| entries.push(entry));
            }
        }
        Ok(Proof { network: self.identity().network(), document, steps, entries })
    }
}

/// The steps that admitted institutions, and the one-time keys of those that were invited. Whoever was let in by another
/// institution's word is proven with it.
fn admissions(
    roster: &Roster,
    input: &RosterInput,
    mut writers: BTreeSet<InstitutionId>,
) -> (Vec<SignedStep>, BTreeSet<PublicKey>) {
    let mut keys: BTreeSet<PublicKey> = BTreeSet::new();
    loop {
        let known = writers.len();
        for (grant, by) in &roster.redeemed {
            if writers.contains(by) {
                keys.insert(grant.key);
                writers.extend(grant.by);
            }
        }
        if writers.len() == known {
            break;
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
    (steps, keys)
}

/// Whether a reader takes a proof of so many parts.
fn fits(proof: &Proof) -> bool {
    let stated = |entry: &&Entry| {
        entry.header.log.shelf.kind == ShelfKind::STATEMENT && entry.header.verb == Verb::STATEMENT
    };
    proof.steps.len() <= MAX_HEADS
        && proof.entries.len() <= MAX_PROOF_ENTRIES
        && proof.entries.iter().filter(stated).count() <= MAX_PROOF_STATEMENTS
}
