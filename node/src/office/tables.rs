//! Answers about the rows of a table: what each would become, and taking them in. One row that cannot be taken in keeps no other
//! from it.

use std::collections::BTreeMap;

use catalog::{Kind, Lang, Record, display, fold};
use market::{Account, Desk, Fields, Incoming, Listing, MarketError, Outcome, is_private};
use protocol::{DocumentId, Value};

use super::Office;
use super::documents::visibility_of;
use super::editing::{MAX_ROWS, incoming, values_of};
use super::failure::{Failure, exit};
use super::rows::{Change, Row, RowOutcome, TableAsk};

/// Characters of a value that a change shows.
const SHOWN_CHARS: usize = 300;

type Edits = BTreeMap<String, Option<Value>>;

/// What is to be done with a row.
enum Plan {
    /// Nothing: it is refused, or says what is there.
    Nothing,
    /// A new listing or draft; or, by its number, a draft that an earlier table brought, written anew.
    Take(Option<String>, Box<Incoming>),
    /// A listing that is there, changed.
    Edit(Box<Edit>),
    /// A listing that is there, to be changed once that was reviewed: what it is to say.
    Revise(DocumentId, Fields),
}

/// Changes of a listing, by where they are kept.
struct Edit {
    id: DocumentId,
    shown: Edits,
    contact: Option<Fields>,
    private: Option<Fields>,
}

impl Office {
    /// Says of each row what it would become, or takes it in. Drafts are `by`'s and go to review at once; without `by` they are
    /// nobody's and are being written.
    ///
    /// # Errors
    /// When nothing can be read or written at all; what became of single rows is said of each.
    pub fn take_table(
        &self,
        kind: Kind,
        rows: &[Row],
        ask: &TableAsk,
        by: Option<&Account>,
    ) -> Result<Vec<RowOutcome>, Failure> {
        if rows.len() > MAX_ROWS {
            let message = format!("{} rows at once, {MAX_ROWS} are allowed", rows.len());
            return Err(Failure::new(exit::USAGE, message, "send them in pieces"));
        }
        let mut plans = Vec::with_capacity(rows.len());
        for row in rows {
            plans.push(match self.plan_row(kind, row, ask) {
                Ok(planned) => planned,
                Err(failure) if is_of_the_row(&failure) => refused(row.row, failure),
                Err(failure) => return Err(failure),
            });
        }
        if ask.dry {
            return Ok(plans.into_iter().map(|(outcome, _)| outcome).collect());
        }
        self.carry_out(plans, ask, by)
    }

    fn plan_row(&self, kind: Kind, row: &Row, ask: &TableAsk) -> Result<(RowOutcome, Plan), Failure> {
        let record = incoming(kind, &values_of(&row.fields)?, &Fields::new())?;
        let visibility = ask.visibility.as_deref().map(visibility_of).transpose()?;
        let record = Incoming { visibility, ..record };
        let found = match &row.listing {
            Some(id) => Some((self.newest_listing(id)?, "listing")),
            None => {
                let found = self.library().match_of(&record, Some(ask.begun_ms))?;
                found.map(|(listing, by)| (listing, by.id()))
            }
        };
        match found {
            Some((listing, by)) => self.plan_change(kind, row.row, (&listing, by), record, ask),
            None => self.plan_new(kind, row.row, record, ask),
        }
    }

    fn plan_new(
        &self,
        kind: Kind,
        row: u64,
        record: Incoming,
        ask: &TableAsk,
    ) -> Result<(RowOutcome, Plan), Failure> {
        let draft = if ask.publish { None } else { self.library().draft_of(&record)? };
        let Some(draft) = draft else {
            let outcome = RowOutcome { outcome: "new".to_owned(), ..RowOutcome::of(row) };
            return Ok((outcome, Plan::Take(None, Box::new(record))));
        };
        let edits = edits(kind, &draft.fields, record.clone(), &ask.columns);
        // What the table has no columns for stays as it was written at the desk, files among it.
        let fields = changed(draft.fields.clone(), &edits);
        let changes = told(kind, &draft.fields, &fields);
        let record = Incoming { fields, contact: Fields::new(), ..record };
        let (outcome, plan) = match edits.is_empty() {
            true => ("unchanged", Plan::Nothing),
            false => ("changed", Plan::Take(Some(draft.id.clone()), Box::new(record))),
        };
        let (outcome, by) = (outcome.to_owned(), "draft".to_owned());
        Ok((RowOutcome { outcome, by, id: draft.id, changes, ..RowOutcome::of(row) }, plan))
    }

    fn plan_change(
        &self,
        kind: Kind,
        row: u64,
        (listing, by): (&Listing, &str),
        record: Incoming,
        ask: &TableAsk,
    ) -> Result<(RowOutcome, Plan), Failure> {
        let id = listing.id;
        let elsewhere = || MarketError::Elsewhere { title: listing.title().to_owned(), id: id.to_string() };
        let shelf = listing.log.shelf;
        if shelf.kind.0 != kind.code() || record.visibility.is_some_and(|asked| asked != shelf.visibility) {
            return Err(elsewhere().into());
        }
        let private = self.library().private(&id)?;
        let contact = self.library().contact(&id)?;
        let mut before = listing.state.flat();
        before.retain(|key, _| !key.starts_with('_'));
        before.extend(contact.clone());
        before.extend(private.clone());
        let edits = edits(kind, &before, record, &ask.columns);
        let outcome = RowOutcome { id: id.to_string(), by: by.to_owned(), ..RowOutcome::of(row) };
        if edits.is_empty() {
            // Nobody's leave is needed to leave a listing as it is: an export holds those of others too.
            return Ok((RowOutcome { outcome: "unchanged".to_owned(), ..outcome }, Plan::Nothing));
        }
        self.may_change(listing)?;
        let after = changed(before.clone(), &edits);
        let changes = told(kind, &before, &after);
        let is_contact = |key: &str| kind.key(key).is_some_and(|(field, _)| field.contact);
        let (own, rest): (Edits, Edits) = edits.into_iter().partition(|(key, _)| is_private(&private, key));
        let (reach, shown): (Edits, Edits) = rest.into_iter().partition(|(key, _)| is_contact(key));
        let edit = Edit {
            id,
            shown,
            contact: (!reach.is_empty()).then(|| changed(contact, &reach)),
            private: (!own.is_empty()).then(|| changed(private, &own)),
        };
        if !ask.publish {
            return self.plan_revision(kind, RowOutcome { changes, ..outcome }, &edit);
        }
        Ok((RowOutcome { outcome: "changed".to_owned(), changes, ..outcome }, Plan::Edit(Box::new(edit))))
    }

    /// A published listing goes to review as a revision of it, which somebody may have begun before.
    fn plan_revision(
        &self,
        kind: Kind,
        outcome: RowOutcome,
        edit: &Edit,
    ) -> Result<(RowOutcome, Plan), Failure> {
        let mut edits = edit.shown.clone();
        let contact = self.library().contact(&edit.id)?;
        if let Some(after) = &edit.contact {
            edits.extend(
                contact.keys().filter(|key| !after.contains_key(*key)).map(|key| (key.clone(), None)),
            );
            edits.extend(after.iter().map(|(key, value)| (key.clone(), Some(value.clone()))));
        }
        let mut fields = changed(self.library().revisable(&edit.id)?, &edits);
        fields.retain(|key, _| kind.key(key).is_some());
        let (word, plan) = match self.library().revision_of(&edit.id)? {
            None => ("changed", Plan::Revise(edit.id, fields)),
            Some(open) if open.fields == fields => ("unchanged", Plan::Nothing),
            // What somebody is writing is theirs to finish.
            Some(open) => {
                return Err(Failure::said(exit::REFUSED, "cli.failure.revised", &[("id", &open.id)]));
            }
        };
        Ok((RowOutcome { outcome: word.to_owned(), ..outcome }, plan))
    }

    /// Refuses to change what is not this institution's to change, before anyone tries.
    fn may_change(&self, listing: &Listing) -> Result<(), Failure> {
        let us = self.identity().institution.id();
        let id = listing.id.to_string();
        if matches!(listing.hidden, Some(market::Hidden::Purged(_))) {
            return Err(MarketError::Purged { id }.into());
        }
        if listing.institution != Some(us) && !listing.editors.contains(&us) {
            let (title, institution) = (listing.title().to_owned(), listing.institution_name.clone());
            return Err(MarketError::NotOurs { title, institution }.into());
        }
        Ok(())
    }

    /// Takes in what is new under one fsync, then changes what is there.
    fn carry_out(
        &self,
        plans: Vec<(RowOutcome, Plan)>,
        ask: &TableAsk,
        by: Option<&Account>,
    ) -> Result<Vec<RowOutcome>, Failure> {
        let (mut outcomes, mut new, mut edits) = (Vec::with_capacity(plans.len()), Vec::new(), Vec::new());
        let mut revisions = Vec::new();
        for (place, (outcome, plan)) in plans.into_iter().enumerate() {
            outcomes.push(outcome);
            match plan {
                Plan::Nothing => {}
                Plan::Take(id, record) => new.push((place, (id, *record))),
                Plan::Edit(edit) => edits.push((place, *edit)),
                Plan::Revise(id, fields) => revisions.push((place, id, fields)),
            }
        }
        let (places, drafts): (Vec<usize>, Vec<(Option<String>, Incoming)>) = new.into_iter().unzip();
        let stopped = self.writing().work(|desk| {
            let (taken, mut authored) = match ask.publish {
                true => {
                    let records: Vec<Incoming> = drafts.into_iter().map(|(_, record)| record).collect();
                    desk.take_in(&records, true)?
                }
                false => {
                    let name = by.map_or("", |account| account.name.as_str());
                    (desk.keep_drafts(&drafts, name, by.is_some())?, Vec::new())
                }
            };
            for (place, done) in places.into_iter().zip(&taken) {
                outcomes[place].become_of(done);
            }
            let edited = edits.iter().map(|(place, edit)| (*place, Step::Edit(edit)));
            let revised = revisions.iter().map(|(place, id, fields)| (*place, Step::Revise(id, fields)));
            for (place, step) in edited.chain(revised) {
                match step.carry_out(desk, by) {
                    Ok((done, written)) => {
                        authored.extend(written);
                        outcomes[place].become_of(&done);
                    }
                    Err(error) => match Failure::from(error) {
                        failure if is_of_the_row(&failure) => {
                            let row = outcomes[place].row;
                            outcomes[place] = refused(row, failure).0;
                        }
                        // What was written before is acknowledged, and to be told to the replica all the same.
                        failure => return Ok((Some(failure), authored)),
                    },
                }
            }
            Ok((None, authored))
        })?;
        stopped.map_or(Ok(outcomes), Err)
    }
}

/// What is done with one listing that is there.
enum Step<'a> {
    Edit(&'a Edit),
    Revise(&'a DocumentId, &'a Fields),
}

impl Step<'_> {
    fn carry_out(
        &self,
        desk: &mut Desk<'_>,
        by: Option<&Account>,
    ) -> market::Result<(Outcome, Option<market::Authored>)> {
        match self {
            Step::Edit(edit) => {
                if let Some(private) = &edit.private {
                    desk.edit_private(&edit.id, private)?;
                }
                let authored = desk.edit(&edit.id, &edit.shown)?;
                if let Some(contact) = &edit.contact {
                    desk.replace_contact(&edit.id, contact)?;
                }
                Ok((Outcome::Updated(edit.id), authored))
            }
            Step::Revise(id, fields) => {
                let name = by.map_or("", |account| account.name.as_str());
                let number = desk.open_revision(id, name)?;
                desk.keep_revision(&number, (*fields).clone(), name)?;
                if let Some(account) = by {
                    desk.submit_draft(&number, account)?;
                }
                Ok((Outcome::Drafted(number), None))
            }
        }
    }
}

fn refused(row: u64, failure: Failure) -> (RowOutcome, Plan) {
    let outcome = "refused".to_owned();
    (RowOutcome { outcome, failure: Some(failure), ..RowOutcome::of(row) }, Plan::Nothing)
}

/// Whether a failure is about one row, so that the others can go on.
pub(super) fn is_of_the_row(failure: &Failure) -> bool {
    [exit::REFUSED, exit::REJECTED, exit::USAGE].contains(&failure.code)
        || ["missing", "ambiguous"].contains(&failure.kind.as_str())
}

/// What a record changes of fields, in those for which its table has columns.
fn edits(kind: Kind, before: &Fields, record: Incoming, columns: &[String]) -> Edits {
    let has_column = |key: &str| {
        let owner = kind.field(key).or(kind.key(key).map(|(field, _)| field));
        columns.iter().any(|column| *column == owner.map_or(key, |field| field.id))
    };
    let mut after = record.fields;
    after.extend(record.contact);
    let mut edits = Edits::new();
    // A member that was struck out before is as good as absent.
    for (key, value) in before {
        if has_column(key) && !after.contains_key(key) && *value != Value::Bool(false) {
            edits.insert(key.clone(), None);
        }
    }
    for (key, value) in after {
        if has_column(&key) && before.get(&key) != Some(&value) {
            edits.insert(key, Some(value));
        }
    }
    edits
}

fn changed(mut fields: Fields, edits: &Edits) -> Fields {
    for (key, value) in edits {
        match value {
            Some(value) => drop(fields.insert(key.clone(), value.clone())),
            None => drop(fields.remove(key)),
        }
    }
    fields
}

/// What differs between two states of a listing, as people read it.
fn told(kind: Kind, before: &Fields, after: &Fields) -> Vec<Change> {
    let (before, after) = (Record::new(before.clone()), Record::new(after.clone()));
    let of = |field: &str, text: &dyn Fn(&Record, Lang) -> Option<String>| {
        let both = |lang| {
            let said = |record| fold::clip(&text(record, lang).unwrap_or_default(), SHOWN_CHARS);
            (said(&before), said(&after))
        };
        Change { field: field.to_owned(), zh: both(Lang::Zh), en: both(Lang::En) }
    };
    let is_own = |record: &Record, id: &str| -> BTreeMap<String, Value> {
        let own = |key: &&String| kind.key(key).is_some_and(|(field, _)| field.id == id);
        record.entries().keys().filter(own).map(|key| (key.clone(), record.entries()[key].clone())).collect()
    };
    let differs = |id: &str| is_own(&before, id) != is_own(&after, id);
    let known = kind.fields().iter().filter(|field| differs(field.id));
    let known = known.map(|field| of(field.id, &|record, lang| display::field_value(field, record, lang)));
    let keys: std::collections::BTreeSet<&String> =
        before.entries().keys().chain(after.entries().keys()).collect();
    let unknown = keys.into_iter().filter(|key| kind.key(key).is_none() && before.get(key) != after.get(key));
    let unknown = unknown
        .map(|key| of(key, &|record, lang| Some(display::entry_value(kind, key, record.get(key)?, lang))));
    known.chain(unknown).collect()
}
