//! Records of another repository, taken in: each becomes a listing or a draft of this institution, or changes the one that it became
//! before.
//!
//! A field is changed where the repository changed it and nobody here did; where both did, what was written here stands, and is
//! named. What a repository says is gone is withdrawn. What somebody here discarded or purged does not come back.

mod merging;

use std::collections::BTreeMap;

use catalog::Kind;
use market::harvested::{FROM, Gone, IDENTIFIER, Mark, STAMP};
use market::{Desk, DraftRecord, Fields, Hidden, Incoming, Listing, Outcome, is_private};
use protocol::{DocumentId, Value};

use super::Office;
use super::editing::incoming;
use super::failure::Failure;
use super::tables::is_of_the_row;
use merging::{digests, merged};

/// A record as it came.
#[derive(Clone, Debug)]
pub struct Coming {
    /// Its identifier there.
    pub identifier: String,
    /// Its datestamp there.
    pub stamp: String,
    /// What it says; `None` of what is gone.
    pub said: Option<(Kind, Fields)>,
}

/// What became of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Became {
    /// A listing.
    Published,
    /// A draft, before the reviewers.
    Drafted,
    /// The listing that it was says the new.
    Updated,
    /// The draft that it was says the new.
    Redrafted,
    /// A revision of its listing, before the reviewers.
    Revised,
    /// Nothing: it says what it said.
    Unchanged,
    /// What was written here stands in place of what it says.
    Kept,
    /// Its listing was withdrawn.
    Withdrawn,
    /// Its draft was dropped.
    Dropped,
    /// Its listing is shown again.
    Returned,
    /// Nothing: somebody here discarded or purged it before.
    Declined,
    /// Nothing yet: somebody is writing at it.
    Busy,
    /// Nothing: it cannot be a listing.
    Refused,
}

impl Became {
    /// A word for scripts.
    pub fn id(self) -> &'static str {
        match self {
            Self::Published => "published",
            Self::Drafted => "drafted",
            Self::Updated => "updated",
            Self::Redrafted => "redrafted",
            Self::Revised => "revised",
            Self::Unchanged => "unchanged",
            Self::Kept => "kept",
            Self::Withdrawn => "withdrawn",
            Self::Dropped => "dropped",
            Self::Returned => "returned",
            Self::Declined => "declined",
            Self::Busy => "busy",
            Self::Refused => "refused",
        }
    }
}

/// What became of a record, and how.
#[derive(Clone, Debug)]
pub struct Taken {
    /// What.
    pub became: Became,
    /// Whether something that was written here stands in place of what it says.
    pub stood: bool,
    /// Why it is refused.
    pub failure: Option<Failure>,
}

impl Taken {
    fn refused(failure: Failure) -> Self {
        Self { became: Became::Refused, stood: false, failure: Some(failure) }
    }
}

/// What is to be done with a record.
enum Plan {
    Nothing(Became),
    New(Box<Incoming>),
    Edit(DocumentId, Changes, bool),
    Revise(DocumentId, Changes),
    Redraft(Box<DraftRecord>, Changes),
    Withdraw(DocumentId),
    Drop(String),
}

type Changes = BTreeMap<String, Option<Value>>;

/// A plan, the mark to keep once it is done, and whether what was written here stood against some of it.
struct Planned {
    plan: Plan,
    mark: Option<Mark>,
    stood: bool,
}

impl Planned {
    fn nothing(became: Became) -> Self {
        Self { plan: Plan::Nothing(became), mark: None, stood: false }
    }
}

impl Office {
    /// Takes in records of the repository at `from`: published at once, or as drafts before the reviewers. Says of each, in order,
    /// what it became.
    ///
    /// # Errors
    /// When nothing can be read or written at all.
    pub fn take_harvest(&self, from: &str, publish: bool, comings: &[Coming]) -> Result<Vec<Taken>, Failure> {
        let (mut taken, mut plans) = (Vec::with_capacity(comings.len()), Vec::new());
        for (place, coming) in comings.iter().enumerate() {
            let planned = match self.plan_coming(from, publish, coming) {
                Err(failure) if is_of_the_row(&failure) => {
                    taken.push(Taken::refused(failure));
                    continue;
                }
                planned => planned?,
            };
            taken.push(Taken { became: Became::Unchanged, stood: planned.stood, failure: None });
            match planned {
                Planned { plan: Plan::Nothing(word), mark: None, .. } => taken[place].became = word,
                planned => plans.push((place, planned.plan, planned.mark)),
            }
        }
        if plans.is_empty() {
            return Ok(taken);
        }
        let stopped = self.writing().work(|desk| {
            let mut authored = Vec::new();
            let done = carry_out(desk, publish, plans, &mut authored);
            let (mut marks, mut failed) = (Vec::new(), None);
            for (place, word, mark, failure) in done {
                match failure.map(Failure::from) {
                    Some(failure) if is_of_the_row(&failure) => taken[place] = Taken::refused(failure),
                    Some(failure) => failed = failed.or(Some(failure)),
                    None => {
                        taken[place].became = word;
                        marks.extend(mark.map(|mark| (comings[place].identifier.clone(), mark)));
                    }
                }
            }
            // What was written is acknowledged, and to be told to the replica whatever else fails.
            if let Err(error) = desk.keep_marks(from, &marks) {
                failed = failed.or(Some(error.into()));
            }
            Ok((failed, authored))
        })?;
        stopped.map_or(Ok(taken), Err)
    }

    fn plan_coming(&self, from: &str, publish: bool, coming: &Coming) -> Result<Planned, Failure> {
        let library = self.library();
        let mark = library.harvest_mark(from, &coming.identifier)?;
        let listing = library.harvested(from, &coming.identifier)?;
        if listing.as_ref().is_some_and(|l| matches!(l.hidden, Some(Hidden::Purged(_)))) {
            return Ok(Planned::nothing(Became::Declined));
        }
        let Some((kind, said)) = &coming.said else { return self.plan_gone(from, coming, listing, mark) };
        let digests = digests(*kind, said);
        let next = Mark { stamp: coming.stamp.clone(), gone: Gone::No, digests };
        if let Some(listing) = listing {
            return self.plan_listing(publish, (&listing, mark), (*kind, said), next);
        }
        let record = incoming(*kind, &with_origin(said.clone(), from, coming), &Fields::new())?;
        match (library.draft_of(&record)?, mark) {
            (Some(draft), mark) => Ok(plan_draft(draft, mark, (*kind, said), next)),
            // It was a draft that somebody discarded, or a listing that was purged.
            (None, Some(mark)) if mark.gone != Gone::Dropped => Ok(Planned::nothing(Became::Declined)),
            (None, _) => Ok(Planned { plan: Plan::New(Box::new(record)), mark: Some(next), stood: false }),
        }
    }

    fn plan_listing(
        &self,
        publish: bool,
        (listing, mark): (&Listing, Option<Mark>),
        (kind, said): (Kind, &Fields),
        next: Mark,
    ) -> Result<Planned, Failure> {
        let back =
            mark.as_ref().is_some_and(|mark| mark.gone == Gone::Withdrawn) && listing.state.is_withdrawn();
        if !back && mark.as_ref().is_some_and(|mark| mark.digests == next.digests) {
            return Ok(Planned::nothing(Became::Unchanged));
        }
        if listing.log.shelf.kind.0 != kind.code() {
            return Ok(Planned { plan: Plan::Nothing(Became::Kept), mark: Some(next), stood: true });
        }
        let mut present = listing.state.flat();
        present.retain(|key, _| !key.starts_with('_'));
        present.extend(self.library().contact(&listing.id)?);
        let private = self.library().private(&listing.id)?;
        let (mut changes, mut stood) = merged(kind, mark.as_ref(), &present, (said, &next.digests));
        // What is private here is not made public by what a repository says.
        let before = changes.len();
        changes.retain(|key, _| !is_private(&private, key));
        stood |= changes.len() < before;
        if changes.is_empty() && !back {
            let word = if stood { Became::Kept } else { Became::Unchanged };
            return Ok(Planned { plan: Plan::Nothing(word), mark: Some(next), stood });
        }
        if publish || (back && changes.is_empty()) {
            changes.insert(STAMP.to_owned(), Some(Value::Text(next.stamp.clone())));
            return Ok(Planned { plan: Plan::Edit(listing.id, changes, back), mark: Some(next), stood });
        }
        match self.library().revision_of(&listing.id)? {
            Some(open) if !open.way.by.is_empty() => Ok(Planned::nothing(Became::Busy)),
            _ => Ok(Planned { plan: Plan::Revise(listing.id, changes), mark: Some(next), stood }),
        }
    }

    fn plan_gone(
        &self,
        from: &str,
        coming: &Coming,
        listing: Option<Listing>,
        mark: Option<Mark>,
    ) -> Result<Planned, Failure> {
        let known = mark.clone().unwrap_or_default();
        let next = |gone| Mark { stamp: coming.stamp.clone(), gone, ..known };
        if let Some(listing) = listing {
            return Ok(match listing.state.is_withdrawn() {
                true => Planned::nothing(Became::Unchanged),
                false => Planned {
                    plan: Plan::Withdraw(listing.id),
                    mark: Some(next(Gone::Withdrawn)),
                    stood: false,
                },
            });
        }
        let nothing = Incoming {
            kind: 0,
            fields: with_origin(Fields::new(), from, coming),
            contact: Fields::new(),
            visibility: None,
            private: Fields::new(),
        };
        let Some(draft) = self.library().draft_of(&nothing)? else {
            return Ok(Planned::nothing(Became::Unchanged));
        };
        let as_it_came = mark.is_some_and(|mark| {
            Kind::from_code(draft.kind).is_some_and(|kind| digests(kind, &draft.fields) == mark.digests)
        });
        // What somebody here has written at is theirs.
        Ok(match as_it_came {
            true => Planned { plan: Plan::Drop(draft.id), mark: Some(next(Gone::Dropped)), stood: false },
            false => Planned { plan: Plan::Nothing(Became::Kept), mark: None, stood: true },
        })
    }
}

fn plan_draft(draft: DraftRecord, mark: Option<Mark>, (kind, said): (Kind, &Fields), next: Mark) -> Planned {
    if mark.as_ref().is_some_and(|mark| mark.digests == next.digests) {
        return Planned::nothing(Became::Unchanged);
    }
    if draft.kind != kind.code() {
        return Planned { plan: Plan::Nothing(Became::Kept), mark: Some(next), stood: true };
    }
    let mut present = draft.fields.clone();
    present.retain(|key, _| !key.starts_with('_'));
    let (mut changes, stood) = merged(kind, mark.as_ref(), &present, (said, &next.digests));
    if changes.is_empty() {
        let word = if stood { Became::Kept } else { Became::Unchanged };
        return Planned { plan: Plan::Nothing(word), mark: Some(next), stood };
    }
    changes.insert(STAMP.to_owned(), Some(Value::Text(next.stamp.clone())));
    Planned { plan: Plan::Redraft(Box::new(draft), changes), mark: Some(next), stood }
}

type DoneWith = (usize, Became, Option<Mark>, Option<market::MarketError>);

/// Does what was planned: what is new under one fsync, then what is there, one after the other.
fn carry_out(
    desk: &mut Desk<'_>,
    publish: bool,
    plans: Vec<(usize, Plan, Option<Mark>)>,
    authored: &mut Vec<market::Authored>,
) -> Vec<DoneWith> {
    let (mut done, mut new, mut rest) = (Vec::new(), Vec::new(), Vec::new());
    for (place, plan, mark) in plans {
        match plan {
            Plan::New(record) => new.push((place, *record, mark)),
            plan => rest.push((place, plan, mark)),
        }
    }
    let word = if publish { Became::Published } else { Became::Drafted };
    match take_new(desk, publish, new.iter().map(|(_, record, _)| record.clone()).collect(), authored) {
        Ok(()) => done.extend(new.into_iter().map(|(place, _, mark)| (place, word, mark, None))),
        // Together none of them could be written: one by one, so that one is named and the others are taken.
        Err(_) => {
            for (place, record, mark) in new {
                let failure = take_new(desk, publish, vec![record], authored).err();
                done.push((place, word, mark, failure));
            }
        }
    }
    for (place, plan, mark) in rest {
        let (word, failure) = match step(desk, plan, authored) {
            Ok(word) => (word, None),
            Err(error) => (Became::Refused, Some(error)),
        };
        done.push((place, word, mark, failure));
    }
    done
}

fn take_new(
    desk: &mut Desk<'_>,
    publish: bool,
    records: Vec<Incoming>,
    authored: &mut Vec<market::Authored>,
) -> market::Result<()> {
    if publish {
        authored.extend(desk.take_in(&records, true)?.1);
    } else {
        let named: Vec<_> = records.into_iter().map(|record| (None, record)).collect();
        desk.keep_drafts(&named, "", true)?;
    }
    Ok(())
}

fn step(desk: &mut Desk<'_>, plan: Plan, authored: &mut Vec<market::Authored>) -> market::Result<Became> {
    Ok(match plan {
        Plan::Nothing(word) => word,
        // These were taken before.
        Plan::New(_) => Became::Unchanged,
        Plan::Edit(id, mut changes, back) => {
            let kind = kind_on(desk, &id)?;
            let is_contact =
                |key: &str| kind.and_then(|kind| kind.key(key)).is_some_and(|(field, _)| field.contact);
            let (contact, shown): (Changes, Changes) =
                std::mem::take(&mut changes).into_iter().partition(|(key, _)| is_contact(key));
            if !contact.is_empty() {
                let fields = changed(desk.library.contact(&id)?, contact);
                desk.replace_contact(&id, &fields)?;
            }
            authored.extend(desk.edit(&id, &shown)?);
            if back {
                authored.extend(desk.withdraw(&id, false)?);
                return Ok(Became::Returned);
            }
            Became::Updated
        }
        Plan::Revise(id, changes) => {
            let number = desk.open_revision(&id, "")?;
            let missing = || market::MarketError::NoSuchListing { id: number.clone() };
            let open = desk.library.draft(&number)?.ok_or_else(missing)?;
            desk.keep_revision(&number, changed(open.fields, changes), "")?;
            desk.submit_unwritten(&number)?;
            Became::Revised
        }
        Plan::Redraft(draft, changes) => {
            let (kind, visibility, private) = (draft.kind, draft.visibility, draft.private.clone());
            let (fields, contact) = (changed(draft.fields.clone(), changes), Fields::new());
            let record = Incoming { kind, fields, contact, visibility, private };
            let Outcome::Drafted(id) = desk.keep_draft(Some(&draft.id), &record)? else {
                return Ok(Became::Unchanged);
            };
            desk.submit_unwritten(&id)?;
            Became::Redrafted
        }
        Plan::Withdraw(id) => {
            authored.extend(desk.withdraw(&id, true)?);
            Became::Withdrawn
        }
        Plan::Drop(id) => {
            desk.drop_draft(&id)?;
            Became::Dropped
        }
    })
}

fn kind_on(desk: &Desk<'_>, id: &DocumentId) -> market::Result<Option<Kind>> {
    Ok(desk.library.listing(id)?.and_then(|listing| Kind::from_code(listing.log.shelf.kind.0)))
}

fn changed(mut fields: Fields, changes: Changes) -> Fields {
    for (key, value) in changes {
        match value {
            Some(value) => fields.insert(key, value),
            None => fields.remove(&key),
        };
    }
    fields
}

fn with_origin(mut fields: Fields, from: &str, coming: &Coming) -> Fields {
    let said = [(FROM, from), (IDENTIFIER, coming.identifier.as_str()), (STAMP, coming.stamp.as_str())];
    fields.extend(said.map(|(key, value)| (key.to_owned(), Value::Text(value.to_owned()))));
    fields
}
