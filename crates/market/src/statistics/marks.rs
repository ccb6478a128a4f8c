//! Rows: what each listing counts as.
//!
//! Keys begin with what they are: `m` document → a mark; `c` → how far it has come. A mark holds no text of a listing.

use catalog::labels::{Label, rejects};
use catalog::statistics::Month;
use catalog::{Kind, Record, facets, region, vocabulary};
use protocol::{
    Checked, Decoder, DocumentId, Encoder, Fault, InstitutionId, MemberState, Roster, Visibility, hash,
};
use storage::{Batch, Store, Table};

use super::figures::{CONTRACT, GROUPS, MATCH, STATISTICS_VERSION};
use crate::error::{MarketError, Result};
use crate::library::{Hidden, Library, Listing, Said};

/// Terms of one set that are counted; the lists have fewer.
const MAX_TERMS: usize = 64;
/// Statements about one listing that are counted, those of the lowest hashes.
const MAX_SAID: usize = 64;
/// Stands for a term that this version does not know.
const UNKNOWN: u8 = u8::MAX;

/// Whether a listing counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Stand {
    /// It does.
    #[default]
    Shown,
    /// The roster hides it, or its institution.
    Hidden,
    /// Its institution has withdrawn it.
    Withdrawn,
    /// Another document continues it, and counts in its place.
    Continued,
    /// It is not for everyone, or of no known kind, or says nothing that is valid.
    Aside,
}

impl Stand {
    pub fn from_code(code: u8) -> Option<Self> {
        [Self::Shown, Self::Hidden, Self::Withdrawn, Self::Continued, Self::Aside]
            .get(usize::from(code))
            .copied()
    }
}

/// What a listing counts as.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Mark {
    pub kind: u16,
    /// Where it is, GB/T 2260; where it is published when it names no place that is known.
    pub region: u32,
    pub institution: InstitutionId,
    /// When the first document of its line was made, by its author's clock.
    pub month: Option<Month>,
    /// Places of its terms in `vocabulary::FIELD`.
    pub fields: Vec<u8>,
    /// The same in `vocabulary::COOPERATION`.
    pub cooperation: Vec<u8>,
    /// Its lowest readiness level; 0 for none.
    pub readiness: u8,
    /// What third parties say of it: a place in `SAYINGS`, and who.
    pub said: Vec<(u8, InstitutionId)>,
    pub stand: Stand,
    /// It continues another document: what was decided of those counts for it.
    pub moved: bool,
    /// Stands for all that is said of this very document, by whomever: the roster decides whose words count. 0 for nothing.
    pub heard: u64,
    /// The document that continues it.
    pub next: Option<DocumentId>,
    /// The first document of its line, where that is another one.
    pub root: Option<DocumentId>,
}

impl Mark {
    /// A document as it stands; `None` of one that is not held or does not count, and of what is sealed.
    pub fn of(library: &Library, id: &DocumentId) -> Result<Option<Self>> {
        let Some(listing) = library.listing(id)? else { return Ok(None) };
        let shelf = listing.log.shelf;
        let mut mark = Self {
            kind: shelf.kind.0,
            region: shelf.region,
            institution: listing.institution.unwrap_or_default(),
            stand: stand(&listing),
            moved: listing.moved_here,
            next: listing.continued_by,
            ..Self::default()
        };
        mark.heard = library.heard_of(&listing)?;
        mark.root =
            if mark.moved { library.line(id)?.first().copied().filter(|root| root != id) } else { None };
        if matches!(mark.stand, Stand::Continued | Stand::Aside) {
            return Ok(Some(mark));
        }
        let begun_ms = mark.root.map(|root| library.begun_ms(&root)).transpose()?.flatten();
        mark.month = Month::of_ms(begun_ms.unwrap_or(listing.created_ms));
        if let Some(kind) = Kind::from_code(mark.kind) {
            // Of concurrent values the first in their order counts, which is the same everywhere.
            mark.describe(kind, &Record::new(listing.state.flat()));
        }
        if mark.heard != 0 || mark.moved {
            mark.said = counted(&library.standing(id)?, &mark.institution);
        }
        Ok(Some(mark))
    }

    fn describe(&mut self, kind: Kind, record: &Record) {
        let facets = facets::of(kind, record);
        let place = facets.region.filter(|code| region::by_code(code).is_some());
        self.region = place.and_then(|code| code.parse().ok()).unwrap_or(self.region);
        self.fields = places(&facets.fields, &vocabulary::FIELD);
        self.cooperation = places(&facets.cooperation, &vocabulary::COOPERATION);
        self.readiness = facets.trl.map_or(0, |(low, _)| low);
    }

    pub fn to_bytes(&self) -> Vec<u8> {
        let mut to = Encoder::new();
        to.uint(self.kind.into()).uint(self.region.into()).raw(&self.institution.0);
        to.option(self.month.as_ref(), |to, month| {
            to.uint(month.number().into());
        });
        to.bytes(&self.fields).bytes(&self.cooperation).u8(self.readiness);
        to.list(&self.said, |to, (saying, by)| {
            to.u8(*saying).raw(&by.0);
        });
        to.u8(self.stand as u8).u8(self.moved.into()).raw(&self.heard.to_be_bytes());
        to.option(self.next.as_ref(), |to, next| next.encode(to));
        to.option(self.root.as_ref(), |to, root| root.encode(to));
        to.finish()
    }

    pub fn from_bytes(bytes: &[u8]) -> Checked<Self> {
        let wrong = |what| Fault::NotCanonical { what };
        Decoder::whole(bytes, "mark", |from| {
            let kind = from.uint_max(u16::MAX.into(), "kind")? as u16;
            let region = from.uint_max(999_999, "region")? as u32;
            let institution = InstitutionId::decode(from)?;
            let month = from.option("month", |from| from.uint_max(u16::MAX.into(), "month"))?;
            let month = month.map(|n| Month::from_number(n as u16).ok_or(wrong("month"))).transpose()?;
            let fields = from.bytes(MAX_TERMS, "fields")?.to_vec();
            let cooperation = from.bytes(MAX_TERMS, "cooperation")?.to_vec();
            let readiness = from.u8("readiness")?;
            let said =
                from.list(MAX_SAID, "said", |from| Ok((from.u8("saying")?, InstitutionId::decode(from)?)))?;
            let stand = Stand::from_code(from.u8("stand")?).ok_or(wrong("stand"))?;
            let moved = from.u8("moved")? != 0;
            let heard = u64::from_be_bytes(from.array("heard")?);
            let next = from.option("next", DocumentId::decode)?;
            let root = from.option("root", DocumentId::decode)?;
            Ok(Self {
                kind,
                region,
                institution,
                month,
                fields,
                cooperation,
                readiness,
                said,
                stand,
                moved,
                heard,
                next,
                root,
            })
        })
    }

    /// Whether the roster may make another mark of it than this one.
    pub fn is_due(&self, id: &DocumentId, roster: &Roster) -> bool {
        if matches!(self.stand, Stand::Continued | Stand::Aside) {
            return false;
        }
        let active = roster.members.get(&self.institution).is_some_and(|m| m.state == MemberState::Active);
        let open = active && Hidden::decided(roster, id, Some(&self.institution)).is_none();
        self.moved || self.heard != 0 || (self.stand == Stand::Hidden) == open
    }
}

fn stand(listing: &Listing) -> Stand {
    let known = Kind::from_code(listing.log.shelf.kind.0).is_some() && listing.versions > 0;
    match () {
        () if listing.continued_by.is_some() => Stand::Continued,
        () if !known || listing.log.shelf.visibility != Visibility::Public => Stand::Aside,
        // A copy of what another repository has counts there: several nodes may harvest it.
        () if listing.state.fields.contains_key(crate::harvested::FROM) => Stand::Aside,
        () if listing.hidden.is_some() => Stand::Hidden,
        () if listing.state.is_withdrawn() => Stand::Withdrawn,
        () => Stand::Shown,
    }
}

/// Places of terms in their list, each once; one place stands for all that it does not have.
fn places(terms: &[String], list: &vocabulary::Vocabulary) -> Vec<u8> {
    let place = |term: &String| list.terms.iter().position(|known| known.id == term.as_str());
    let found = terms.iter().map(|term| place(term).and_then(|at| u8::try_from(at).ok()).unwrap_or(UNKNOWN));
    let mut places: Vec<u8> = found.collect();
    places.sort_unstable();
    places.dedup();
    places.truncate(MAX_TERMS);
    places
}

/// What others say: nobody's word about its own listing counts.
fn counted(said: &[Said], own: &InstitutionId) -> Vec<(u8, InstitutionId)> {
    let mut said: Vec<&Said> = said.iter().filter(|said| said.institution != *own).collect();
    said.sort_by_key(|said| said.id);
    let saying = |said: &&Said| {
        let (label, value) = (said.statement.label.as_str(), said.statement.value.as_str());
        match Label::from_id(label) {
            Some(Label::Screening) if rejects(label, value) => 1,
            Some(Label::Screening) => 0,
            Some(Label::Evaluation) => 2,
            Some(Label::Recognition) => 3,
            Some(Label::Certificate) => 4,
            Some(Label::Match) => MATCH,
            Some(Label::Contract) => CONTRACT,
            None => (GROUPS - 1) as u8,
        }
    };
    said.iter().take(MAX_SAID).map(|one| (saying(one), one.institution)).collect()
}

/// How far the marks have come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Progress {
    /// The next arrival to be looked at.
    pub arrivals: u64,
    /// Digest of the roster that all were judged by.
    pub judged_by: [u8; 32],
    /// Digest of the roster that they are being judged by again.
    pub judging: [u8; 32],
    /// How far that has come.
    pub judged: Option<DocumentId>,
}

impl Progress {
    fn to_bytes(self) -> Vec<u8> {
        let mut to = Encoder::new();
        to.uint(STATISTICS_VERSION.into()).uint(self.arrivals).raw(&self.judged_by).raw(&self.judging);
        to.option(self.judged.as_ref(), |to, id| id.encode(to));
        to.finish()
    }

    /// `None` when another version made it: then all is made anew.
    fn from_bytes(bytes: &[u8]) -> Checked<Option<Self>> {
        Decoder::whole(bytes, "progress", |from| {
            let version = from.uint("version")?;
            let arrivals = from.uint("arrivals")?;
            let (judged_by, judging) = (from.array("roster")?, from.array("roster")?);
            let judged = from.option("document", DocumentId::decode)?;
            let progress = Self { arrivals, judged_by, judging, judged };
            Ok((version == u64::from(STATISTICS_VERSION)).then_some(progress))
        })
    }
}

const MARK: &[u8] = b"m";
const PROGRESS: &[u8] = b"c";

fn damaged(_: Fault) -> MarketError {
    MarketError::Damaged { what: "a row of the statistics" }
}

fn key(id: &DocumentId) -> Vec<u8> {
    [MARK, &id.0].concat()
}

pub(super) fn progress(store: &dyn Store) -> Result<Option<Progress>> {
    let bytes = store.get(Table::Statistics, PROGRESS)?;
    Ok(bytes.map(|bytes| Progress::from_bytes(&bytes)).transpose().map_err(damaged)?.flatten())
}

pub(super) fn put_progress(batch: &mut Batch, progress: &Progress) {
    batch.put(Table::Statistics, PROGRESS, progress.to_bytes());
}

pub(super) fn of(store: &dyn Store, id: &DocumentId) -> Result<Option<Mark>> {
    let bytes = store.get(Table::Statistics, &key(id))?;
    bytes.map(|bytes| Mark::from_bytes(&bytes)).transpose().map_err(damaged)
}

pub(super) fn put(batch: &mut Batch, id: &DocumentId, mark: Option<&Mark>) {
    match mark {
        Some(mark) => batch.put(Table::Statistics, &key(id), mark.to_bytes()),
        None => batch.delete(Table::Statistics, &key(id)),
    };
}

/// Marks behind a document, in the order of their ids.
pub(super) fn after(
    store: &dyn Store,
    id: Option<&DocumentId>,
    limit: usize,
) -> Result<Vec<(DocumentId, Mark)>> {
    let after = id.map(key);
    let found = store.scan_prefix(Table::Statistics, MARK, after.as_deref(), limit)?;
    let row = |(key, value): (Vec<u8>, Vec<u8>)| {
        let id = key.strip_prefix(MARK).and_then(|id| id.try_into().ok()).map(DocumentId);
        let id = id.ok_or(MarketError::Damaged { what: "a key of the statistics" })?;
        Ok((id, Mark::from_bytes(&value).map_err(damaged)?))
    };
    found.into_iter().map(row).collect()
}

/// A digest of what a roster shows and hides, and whose words it lets stand.
pub(super) fn digest(roster: &Roster) -> [u8; 32] {
    let mut bytes = Vec::new();
    for (id, member) in &roster.members {
        bytes.extend_from_slice(&id.0);
        bytes.push(u8::from(member.state == MemberState::Active));
    }
    for (hidden, ids) in [(2, &roster.taken_down), (3, &roster.purged)] {
        for id in ids.keys() {
            bytes.push(hidden);
            bytes.extend_from_slice(&id.0);
        }
    }
    for (id, words) in &roster.purge_words {
        for by in words.keys() {
            bytes.extend_from_slice(&id.0);
            bytes.extend_from_slice(&by.0);
        }
    }
    hash("statistics-roster", &[&bytes]).0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_back_as_they_went_and_damage_is_told() {
        let mark = Mark {
            kind: 17,
            region: 420_106,
            institution: InstitutionId([2; 32]),
            month: Month::from_number(322),
            fields: vec![1, 4, UNKNOWN],
            cooperation: vec![0],
            readiness: 6,
            said: vec![(3, InstitutionId([7; 32]))],
            stand: Stand::Withdrawn,
            moved: true,
            heard: 5,
            next: Some(DocumentId([9; 32])),
            root: Some(DocumentId([8; 32])),
        };
        for mark in [mark, Mark::default()] {
            let bytes = mark.to_bytes();
            assert_eq!(Mark::from_bytes(&bytes), Ok(mark));
            assert!((0..bytes.len()).all(|end| Mark::from_bytes(&bytes[..end]).is_err()));
        }
        let progress = Progress { arrivals: 7, judged: Some(DocumentId([1; 32])), ..Progress::default() };
        for progress in [progress, Progress::default()] {
            assert_eq!(Progress::from_bytes(&progress.to_bytes()), Ok(Some(progress)));
        }
        let mut other = Progress::default().to_bytes();
        other[0] += 1;
        assert_eq!(Progress::from_bytes(&other), Ok(None), "another version begins anew");
    }
}
