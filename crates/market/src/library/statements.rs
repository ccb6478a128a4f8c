//! What third parties say of a listing.

use std::collections::{BTreeMap, BTreeSet};

use catalog::labels::rejects;
use protocol::{
    DocumentId, Entry, Hash, InstitutionId, LogId, MemberState, Shelf, ShelfKind, Standing, Statement,
    standing,
};
use replica::{Document, Fate, statement_of};

use super::{Library, Listing};
use crate::error::{MarketError, Result};
use crate::ledger::{Mention, load_document, mentioned, statements_abroad, statements_from, statements_on};

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
    pub(super) place: Mention,
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
        let standing = self.standing(newest)?;
        self.weighed(standing, newest, self)
    }

    /// What members of this network say of a listing of another one, which `held` has: those that stand, as above.
    ///
    /// # Errors
    /// When a store fails or is damaged.
    pub fn statements_abroad(&self, newest: &DocumentId, held: &Self) -> Result<Vec<Said>> {
        let network = held.roster().network;
        let mut all: BTreeMap<Hash, Said> = BTreeMap::new();
        for id in held.line(newest)? {
            for found in statements_abroad(self.store(), &id)? {
                all.extend(self.said(&found)?.map(|said| (said.id, said)));
            }
        }
        let shared = |said: &Said| self.lens.as_ref().is_none_or(|side| side.shares(&said.log.shelf));
        let of_it = |said: &Said| said.is_taken_back() || said.statement.said_of().1 == Some(network);
        all.retain(|_, said| shared(said) && of_it(said));
        self.weighed(last_words(all), newest, held)
    }

    /// Of each statement which version of the listing it is about, which `held` has, and whether its signature holds.
    fn weighed(&self, mut standing: Vec<Said>, newest: &DocumentId, held: &Self) -> Result<Vec<Said>> {
        let network = self.roster().network;
        let abouts: BTreeSet<DocumentId> = standing.iter().map(|said| said.statement.about).collect();
        let mut versions = BTreeMap::new();
        for about in abouts {
            versions.insert(about, held.versions(&about)?);
        }
        for said in &mut standing {
            let about = said.statement.about;
            if let Some(known) = versions.get(&about) {
                said.version = known.number(&said.statement.version);
                said.present = about == *newest && known.is_present(&said.statement.version);
            }
            let entry = mentioned(self.store(), &said.place)?;
            said.verified = entry.verify(&network).is_ok() && entry.check_payload().is_ok();
        }
        Ok(standing)
    }

    /// The versions of a document, as far as it is held.
    ///
    /// # Errors
    /// When the store fails or is damaged.
    pub fn versions(&self, id: &DocumentId) -> Result<Versions> {
        Ok(Versions::of(load_document(self.store(), id)?.as_ref()))
    }

    /// The screening labels that object to a listing.
    ///
    /// # Errors
    /// When the store fails or is damaged.
    pub fn objections(&self, listing: &Listing) -> Result<Vec<Said>> {
        // Of nearly every listing nobody has said anything: that is told by one look.
        let shelf = Shelf { kind: ShelfKind::STATEMENT, ..listing.log.shelf };
        if !listing.moved_here && statements_on(self.store(), &listing.id, &shelf)?.is_empty() {
            return Ok(Vec::new());
        }
        let mut standing = self.standing(&listing.id)?;
        standing.retain(|said| rejects(&said.statement.label, &said.statement.value));
        Ok(standing)
    }

    /// Stands for all that is said of a document itself, by whomever, whether it counts or not; 0 for nothing.
    pub(crate) fn heard_of(&self, listing: &Listing) -> Result<u64> {
        let shelf = Shelf { kind: ShelfKind::STATEMENT, ..listing.log.shelf };
        let heard = statements_on(self.store(), &listing.id, &shelf)?;
        let number = |said: &Mention| said.entry.0.first_chunk().copied().map_or(1, u64::from_be_bytes) | 1;
        Ok(heard.iter().fold(0, |sum, said| number(said).wrapping_add(sum)))
    }

    /// Of these the ones that stand and say something, oldest first.
    pub(crate) fn standing(&self, newest: &DocumentId) -> Result<Vec<Said>> {
        Ok(last_words(self.stated(newest)?))
    }

    /// All that counts of what is stated of a listing, by the hashes of the entries.
    pub(super) fn stated(&self, newest: &DocumentId) -> Result<BTreeMap<Hash, Said>> {
        let mut all: BTreeMap<Hash, Said> = BTreeMap::new();
        for id in self.line(newest)? {
            let Some((log, _)) = self.beginning(&id)? else { continue };
            // One shelf for each document: what a node with many logs can say of it stays little.
            let shelf = Shelf { kind: ShelfKind::STATEMENT, ..self.log_info(log)?.log.shelf };
            for found in statements_on(self.store(), &id, &shelf)? {
                all.extend(self.said(&found)?.map(|said| (said.id, said)));
            }
        }
        Ok(all)
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

/// Of statements the ones that stand and say something, oldest first.
fn last_words(mut all: BTreeMap<Hash, Said>) -> Vec<Said> {
    let words = all
        .iter()
        .map(|(id, said)| (*id, Standing { institution: said.institution, replaces: said.replaces }));
    let ids = standing(&words.collect());
    let mut standing: Vec<Said> = ids.iter().filter_map(|id| all.remove(id)).collect();
    standing.retain(|said| !said.is_taken_back());
    standing.sort_by_key(|said| (said.time_ms, said.id));
    standing
}

/// The versions of a document, for telling which one was looked at.
pub struct Versions {
    heads: Vec<Hash>,
    /// Number of each valid change, in the order of the authors' clocks.
    numbers: BTreeMap<Hash, usize>,
}

impl Versions {
    /// Those of a document as far as it is held.
    pub fn of(document: Option<&Document>) -> Self {
        let Some(document) = document else { return Self { heads: Vec::new(), numbers: BTreeMap::new() } };
        let valid = document.patches().filter(|(_, fate)| **fate == Fate::Valid);
        let mut patches: Vec<_> = valid.map(|(patch, _)| patch).collect();
        patches.sort_by_key(|patch| (patch.time_ms, patch.log, patch.seq));
        let numbers = (1..).zip(patches).map(|(n, patch)| (patch.signed.change, n));
        Self { heads: version_of(document), numbers: numbers.collect() }
    }

    /// The number of the version that these heads are, from 1; `None` when it is not held.
    pub fn number(&self, version: &[Hash]) -> Option<usize> {
        let numbers: Option<Vec<usize>> =
            version.iter().map(|hash| self.numbers.get(hash).copied()).collect();
        numbers?.into_iter().max()
    }

    /// What a statement names as the present version.
    pub fn present(&self) -> &[Hash] {
        &self.heads
    }

    /// Whether these heads are the present ones.
    pub fn is_present(&self, version: &[Hash]) -> bool {
        self.heads == version
    }
}

/// What a statement names as the present version: the heads, as many as it can hold.
pub(crate) fn version_of(document: &Document) -> Vec<Hash> {
    let mut heads = document.heads();
    heads.truncate(protocol::limits::MAX_DEPS);
    heads
}
