//! What third parties say of a listing.

use std::collections::{BTreeMap, BTreeSet};

use catalog::labels::rejects;
use protocol::{
    DocumentId, Entry, Hash, InstitutionId, LogId, MemberState, Shelf, ShelfKind, Statement, Verb,
};
use replica::{Document, Fate, statement_of};

use super::{Library, Listing};
use crate::error::{MarketError, Result};
use crate::ledger::{Mention, load_document, mentioned, mentions, statements_from};

/// A statement that stands, or has been taken back.
#[derive(Clone, Debug)]
pub struct Said {
    /// The hash of its entry, by which it is replaced or taken back.
    pub id: Hash,
    /// What it says.
    pub statement: Statement,
    /// The statement that it replaces.
    pub replaces: Option<Hash>,
    /// Its log.
    pub log: LogId,
    /// The author's clock, milliseconds since 1970.
    pub time_ms: i64,
    /// Who says it.
    pub institution: InstitutionId,
    /// The institution's name as the roster has it.
    pub institution_name: String,
    place: Mention,
    /// Whether the node key's signature was checked and verifies.
    pub verified: bool,
    /// The number of the version that was looked at, from 1; `None` when that version is not held.
    pub version: Option<usize>,
    /// Whether that is the present version.
    pub present: bool,
}

impl Said {
    /// True when its institution has taken it back.
    pub fn is_taken_back(&self) -> bool {
        self.statement.label.is_empty()
    }
}

impl Library {
    /// What is said of a listing, about it or a document before it in its line: the statements that stand, oldest first by
    /// the authors' clocks, each with its signature checked anew. Those of institutions that are suspended, gone or unknown
    /// are left out.
    ///
    /// # Errors
    /// When the store fails or is damaged.
    pub fn statements(&self, newest: &DocumentId) -> Result<Vec<Said>> {
        let mut standing = self.standing(newest)?;
        let network = self.roster().network;
        let abouts: BTreeSet<DocumentId> = standing.iter().map(|said| said.statement.about).collect();
        let mut versions = BTreeMap::new();
        for about in abouts {
            versions.insert(about, Versions::of(load_document(self.store(), &about)?.as_ref()));
        }
        for said in &mut standing {
            let about = said.statement.about;
            if let Some(known) = versions.get(&about) {
                said.version = known.number(&said.statement.version);
                said.present = about == *newest && said.statement.version == known.heads;
            }
            let entry = mentioned(self.store(), &said.place)?;
            said.verified = entry.verify(&network).is_ok() && entry.check_payload().is_ok();
        }
        Ok(standing)
    }

    /// The screening labels that object to a listing.
    ///
    /// # Errors
    /// When the store fails or is damaged.
    pub fn objections(&self, listing: &Listing) -> Result<Vec<Said>> {
        // Of nearly every listing nobody has said anything: that is told by one look.
        if !listing.moved_here && mentions(self.store(), &listing.id)?.is_empty() {
            return Ok(Vec::new());
        }
        let mut standing = self.standing(&listing.id)?;
        standing.retain(|said| rejects(&said.statement.label, &said.statement.value));
        Ok(standing)
    }

    fn standing(&self, newest: &DocumentId) -> Result<Vec<Said>> {
        let mut all: BTreeMap<Hash, Said> = BTreeMap::new();
        for id in self.line(newest)? {
            let Some((log, _)) = self.beginning(&id)? else { continue };
            // One shelf for each document: what a node with many logs can say of it stays little.
            let shelf = Shelf { kind: ShelfKind::STATEMENT, ..self.log_info(log)?.log.shelf };
            for found in mentions(self.store(), &id)?.iter().filter(|m| m.verb == Verb::STATEMENT) {
                if self.log_info(found.log)?.log.shelf == shelf {
                    all.extend(self.said(found)?.map(|said| (said.id, said)));
                }
            }
        }
        let mut standing = standing(all);
        standing.retain(|said| !said.is_taken_back());
        standing.sort_by_key(|said| (said.time_ms, said.id));
        Ok(standing)
    }

    /// The statement that 64 hexadecimal digits, or the first few of them, name.
    ///
    /// # Errors
    /// When none or several begin so.
    pub fn find_statement(&self, text: &str) -> Result<Said> {
        let missing = || MarketError::NoSuchStatement { id: text.to_owned() };
        let digits = super::digits(text).ok_or_else(missing)?;
        let prefix = super::whole_bytes(&digits).ok_or_else(missing)?;
        let mut found = statements_from(self.store(), &prefix)?;
        found.retain(|mention| mention.entry.to_string().starts_with(&digits));
        match found.as_slice() {
            [one] => self.said(one)?.ok_or_else(missing),
            [] => Err(missing()),
            _ => Err(MarketError::AmbiguousId { id: text.to_owned() }),
        }
    }

    /// The statement of an entry; `None` when it does not count, or its institution's word does not now.
    fn said(&self, found: &Mention) -> Result<Option<Said>> {
        let info = self.log_info(found.log)?;
        let Some(certificate) = info.certificate.as_ref() else {
            return Ok(None);
        };
        let roster = self.roster();
        let member = roster.members.get(&certificate.body.institution);
        let Some(member) = member.filter(|member| member.state == MemberState::Active) else {
            return Ok(None);
        };
        let entry: Entry = mentioned(self.store(), found)?;
        let Some(statement) = statement_of(&entry).ok().flatten() else { return Ok(None) };
        Ok(Some(Said {
            id: found.entry,
            statement,
            replaces: entry.header.document.map(|id| Hash(id.0)),
            log: info.log,
            time_ms: entry.header.time_ms,
            institution: certificate.body.institution,
            institution_name: member.institution.name.clone(),
            place: *found,
            verified: false,
            version: None,
            present: false,
        }))
    }
}

/// Of statements about one listing those that stand: each that replaces none, or what replaces it. Only its own institution
/// replaces a statement; of several that replace one, that of the lowest hash does.
fn standing(mut all: BTreeMap<Hash, Said>) -> Vec<Said> {
    let mut next: BTreeMap<Hash, Hash> = BTreeMap::new();
    // In ascending order of their hashes: the first that replaces a statement keeps its place.
    for said in all.values() {
        let Some(before) = said.replaces.and_then(|id| all.get(&id)) else { continue };
        if before.institution == said.institution {
            next.entry(before.id).or_insert(said.id);
        }
    }
    let first: Vec<Hash> = all.values().filter(|said| said.replaces.is_none()).map(|said| said.id).collect();
    let mut standing = Vec::with_capacity(first.len());
    for mut id in first {
        // A statement names an earlier one by its hash: there are no circles.
        while let Some(after) = next.get(&id) {
            id = *after;
        }
        standing.extend(all.remove(&id));
    }
    standing
}

/// The versions of a document, for telling which one was looked at.
struct Versions {
    heads: Vec<Hash>,
    /// Number of each valid change, in the order of the authors' clocks.
    numbers: BTreeMap<Hash, usize>,
}

impl Versions {
    fn of(document: Option<&Document>) -> Self {
        let Some(document) = document else { return Self { heads: Vec::new(), numbers: BTreeMap::new() } };
        let valid = document.patches().filter(|(_, fate)| **fate == Fate::Valid);
        let mut patches: Vec<_> = valid.map(|(patch, _)| patch).collect();
        patches.sort_by_key(|patch| (patch.time_ms, patch.log, patch.seq));
        let numbers = (1..).zip(patches).map(|(n, patch)| (patch.signed.change, n));
        Self { heads: version_of(document), numbers: numbers.collect() }
    }

    fn number(&self, version: &[Hash]) -> Option<usize> {
        let numbers: Option<Vec<usize>> =
            version.iter().map(|hash| self.numbers.get(hash).copied()).collect();
        numbers?.into_iter().max()
    }
}

/// What a statement names as the present version: the heads, as many as it can hold.
pub(crate) fn version_of(document: &Document) -> Vec<Hash> {
    let mut heads = document.heads();
    heads.truncate(protocol::limits::MAX_DEPS);
    heads
}
