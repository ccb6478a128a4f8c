//! What the desk asks about drafts: their forms, their reviews, and what becomes of them.

use std::collections::BTreeMap;

use catalog::{Context, Kind, Record, form};
use market::{Account, DeskRole, DraftRecord, DraftState, Fields, Incoming, MarketError, Outcome};
use protocol::Value;
use web::desk::view::{Act, Done, DraftLine, DraftView, OwnLine, Remark, ReviewView};

use super::Office;
use super::answers::{MAX_DRAFTS, kind_of};
use super::editing::incoming;
use super::failure::{Failure, exit};
use super::json;

/// Code of the advice that a wanted field is empty: the form's stars say so already.
const MISSING: &str = "missing";
/// Code of the fault that a field without which there is no listing is empty.
const REQUIRED: &str = "required";
/// Codes of what must be kept nowhere, not even as it was given.
const NEVER_KEPT: [&str; 1] = ["id_number"];

impl Office {
    /// Who has this name and password. Takes as long for a name that nobody has.
    ///
    /// # Errors
    /// When the store fails.
    pub fn sign_in(&self, name: &str, password: &str) -> Result<Option<Account>, Failure> {
        let account = self.library().account(name)?;
        if account.is_none() {
            Account::open_none(password);
        }
        Ok(account.filter(|account| account.opens_with(password)))
    }

    /// How many drafts there are in each state.
    ///
    /// # Errors
    /// When the store fails.
    pub fn draft_counts(&self) -> Result<BTreeMap<String, u64>, Failure> {
        let mut counts = BTreeMap::new();
        for draft in self.library().drafts(MAX_DRAFTS)? {
            *counts.entry(draft.way.state.id().to_owned()).or_default() += 1;
        }
        Ok(counts)
    }

    /// Drafts in a state, those changed last first, at most `limit`; and how many there are.
    ///
    /// # Errors
    /// When the store fails.
    pub fn draft_lines(&self, state: Option<&str>, limit: usize) -> Result<(usize, Vec<DraftLine>), Failure> {
        let mut drafts = self.library().drafts(MAX_DRAFTS)?;
        drafts.retain(|draft| state.is_none_or(|state| draft.way.state.id() == state));
        drafts.sort_by(|a, b| (b.way.changed_ms, &a.id).cmp(&(a.way.changed_ms, &b.id)));
        let total = drafts.len();
        drafts.truncate(limit);
        let lines = drafts.iter().map(|draft| self.draft_line(draft, self.read(draft).refused.len()));
        Ok((total, lines.collect()))
    }

    /// One draft, as someone sees it.
    ///
    /// # Errors
    /// When the store fails.
    pub fn draft_view(&self, id: &str, account: &Account) -> Result<Option<DraftView>, Failure> {
        let Some(draft) = self.library().draft(id)? else { return Ok(None) };
        let outcome = self.read(&draft);
        let held = self
            .core()
            .read(|desk| Ok(desk.steps_that_hold(&draft).into_iter().cloned().collect::<Vec<_>>()))?;
        // Who has just begun has done nothing wrong yet.
        let begun = !draft.fields.is_empty();
        let is_said = |issue: &&catalog::Issue| issue.code != MISSING && (begun || issue.code != REQUIRED);
        let remarks = |issues: &[catalog::Issue]| -> Vec<Remark> {
            let one = |issue: &catalog::Issue| Remark {
                field: issue.field.clone(),
                text: (issue.reason_zh.clone(), issue.reason_en.clone()),
            };
            issues.iter().filter(is_said).map(one).collect()
        };
        let reviews = draft.way.reviews.iter().map(|review| ReviewView {
            step: review.step.id().to_owned(),
            by: review.by.clone(),
            passed: review.passed,
            reason: review.reason.clone(),
            time_ms: review.time_ms,
            holds: held.contains(review),
        });
        Ok(Some(DraftView {
            line: self.draft_line(&draft, outcome.refused.len()),
            texts: texts(&draft),
            attachments: self.file_views(&draft.attachments()),
            refused: remarks(&outcome.refused),
            advice: remarks(&outcome.advice),
            reviews: reviews.collect(),
            acts: acts(&draft, account),
        }))
    }

    fn draft_line(&self, draft: &DraftRecord, faults: usize) -> DraftLine {
        let title = match draft.fields.get("title") {
            Some(Value::Text(title)) => title.clone(),
            _ => String::new(),
        };
        DraftLine {
            id: draft.id.clone(),
            kind: json::kind_id(draft.kind),
            title,
            state: draft.way.state.id().to_owned(),
            by: draft.way.by.clone(),
            changed_ms: draft.way.changed_ms,
            faults,
        }
    }

    /// Begins a draft of a kind.
    ///
    /// # Errors
    /// When there is no such kind, or the disk fails.
    pub fn begin_draft(&self, account: &Account, kind: &str) -> Result<String, Failure> {
        let record = plain(kind_of(kind)?, Fields::new());
        let kept = self
            .writing()
            .work(|desk| Ok((desk.keep_draft_of(None, &record, &account.name)?, Vec::new())))?;
        match kept {
            Outcome::Drafted(id) => Ok(id),
            _ => Err(Failure::new(exit::FAILED, "no draft was kept", "")),
        }
    }

    /// Keeps what was typed into a draft's form, readable or not. What was in review is to be submitted again.
    ///
    /// # Errors
    /// When there is no such draft, or the disk fails.
    pub fn save_draft(
        &self,
        account: &Account,
        id: &str,
        texts: &BTreeMap<String, String>,
    ) -> Result<(), Failure> {
        let missing = || MarketError::NoSuchListing { id: id.to_owned() };
        let draft = self.library().draft(id)?.ok_or_else(missing)?;
        let kind = kind_of(&json::kind_id(draft.kind))?;
        let mut fields = self.typed(kind, texts);
        // What stands in no form stays: co-editors, attachments.
        fields.extend(draft.fields.into_iter().filter(|(key, _)| key.starts_with('_')));
        let record = Incoming { private: draft.private, visibility: draft.visibility, ..plain(kind, fields) };
        self.writing()
            .work(|desk| Ok((desk.keep_draft_of(Some(id), &record, &account.name)?, Vec::new())))?;
        Ok(())
    }

    /// The record that texts of a form make. What cannot be read stands as it was given, so that it is there to be put
    /// right; what must not be kept is not.
    fn typed(&self, kind: Kind, texts: &BTreeMap<String, String>) -> Fields {
        let outcome = self.outcome(kind, texts);
        let refused = |field: &catalog::Field, codes: &[&str]| {
            outcome
                .refused
                .iter()
                .any(|i| i.field == field.id && (codes.is_empty() || codes.contains(&i.code)))
        };
        let mut fields = outcome.record.entries().clone();
        for field in kind.fields().iter().filter(|field| refused(field, &[]) && !refused(field, &NEVER_KEPT))
        {
            let is_shown = !form::text(field, &Record::new(fields.clone())).is_empty();
            let given = texts.get(field.id).filter(|text| !text.is_empty() && !is_shown);
            if let Some(text) = given.filter(|_| field.parts().contains(&catalog::Part::AsGiven)) {
                fields.insert(field.key_of(catalog::Part::AsGiven), Value::Text(text.clone()));
            }
        }
        fields
    }

    fn outcome(&self, kind: Kind, texts: &BTreeMap<String, String>) -> catalog::Outcome {
        let cells: Vec<(&str, &str)> = texts.iter().map(|(id, text)| (id.as_str(), text.as_str())).collect();
        let region = format!("{:06}", self.identity().certificate.body.region);
        let context =
            Context { default_region: Some(&region), today_year: json::this_year(), ..Context::default() };
        Record::from_cells(kind, &cells, &context)
    }

    /// What is to be said of a draft as it stands.
    fn read(&self, draft: &DraftRecord) -> catalog::Outcome {
        match Kind::from_code(draft.kind) {
            Some(kind) => self.outcome(kind, &texts(draft)),
            None => catalog::Outcome::default(),
        }
    }

    /// Does something with a draft or a listing.
    ///
    /// # Errors
    /// When there is none, it is not theirs to do, or not its turn.
    pub fn act(&self, account: &Account, id: &str, act: &Act) -> Result<Done, Failure> {
        match act {
            Act::Submit => self.submit(account, id).map(|state| Done::Draft(state.id())),
            Act::Pass => self.pass(account, id),
            Act::Return(reason) => {
                self.review(account, id, Some(reason))?;
                Ok(Done::Draft(DraftState::Returned.id()))
            }
            Act::Publish => {
                // As far as this person may go; who may not take the next step is told so.
                let mut done = Done::Draft(DraftState::Writing.id());
                for _ in 0..3 {
                    done = match self.state_of(id)? {
                        Some(state) if state.is_in_review() => self.pass(account, id)?,
                        Some(_) => Done::Draft(self.submit(account, id)?.id()),
                        None => break,
                    };
                }
                Ok(done)
            }
            Act::Discard => {
                self.state_of(id)?.ok_or_else(|| MarketError::NoSuchListing { id: id.to_owned() })?;
                self.writing().work(|desk| Ok((desk.drop_draft(id)?, Vec::new())))?;
                Ok(Done::Gone)
            }
            Act::Withdraw | Act::Show => {
                if account.role < DeskRole::Reviewer {
                    return Err(MarketError::NotTheirs { name: account.name.clone() }.into());
                }
                self.set_withdrawn(id, *act == Act::Withdraw)?;
                Ok(Done::Listing(id.to_owned()))
            }
        }
    }

    fn state_of(&self, id: &str) -> Result<Option<DraftState>, Failure> {
        Ok(self.library().draft(id)?.map(|draft| draft.way.state))
    }

    /// Submits a draft that could be published as it stands.
    fn submit(&self, account: &Account, id: &str) -> Result<DraftState, Failure> {
        let missing = || MarketError::NoSuchListing { id: id.to_owned() };
        let draft = self.library().draft(id)?.ok_or_else(missing)?;
        let refused = self.read(&draft).refused;
        if !refused.is_empty() {
            let reasons = |lang: catalog::Lang| {
                refused.iter().map(|i| i.reason(lang)).collect::<Vec<_>>().join(lang.pick("；", "; "))
            };
            let key = "cli.failure.record";
            return Err(Failure::said(exit::REJECTED, key, &[("what", &reasons(catalog::Lang::En))])
                .with_chinese(key, &reasons(catalog::Lang::Zh)));
        }
        incoming(kind_of(&json::kind_id(draft.kind))?, &draft.fields, &draft.private)?;
        Ok(self.writing().work(|desk| Ok((desk.submit_draft(id, account)?, Vec::new())))?)
    }

    fn review(&self, account: &Account, id: &str, back: Option<&str>) -> Result<Option<DraftState>, Failure> {
        Ok(self.writing().work(|desk| Ok((desk.review_draft(id, account, back)?, Vec::new())))?)
    }

    /// Passes the step that a draft waits for; after the last one it is published. One that was reviewed whole, and could not
    /// be published then (a full disk), waits for nothing but that.
    fn pass(&self, account: &Account, id: &str) -> Result<Done, Failure> {
        let reviewed = match self.library().draft(id)? {
            Some(draft) if account.role >= DeskRole::Reviewer => {
                self.core().read(|desk| Ok(draft.way.state.is_in_review() && desk.is_reviewed(&draft)))?
            }
            _ => false,
        };
        if !reviewed && let Some(state) = self.review(account, id, None)? {
            return Ok(Done::Draft(state.id()));
        }
        let published = self.publish(id)?;
        Ok(Done::Listing(published["id"].as_str().unwrap_or_default().to_owned()))
    }

    /// Listings of this institution, the newest first, and how many there are.
    ///
    /// # Errors
    /// When the store or the index fails.
    pub fn own_listings(&self, offset: usize, limit: usize) -> Result<(u64, Vec<OwnLine>), Failure> {
        let us = self.identity().institution.id().to_string();
        let query = search::Query {
            institution: Some(us),
            offset,
            limit,
            sort: search::Sort::Newest,
            ..search::Query::default()
        };
        let results = self.finder().index().search(&query).map_err(MarketError::from)?;
        let mut lines = Vec::with_capacity(results.hits.len());
        for hit in &results.hits {
            let Ok(id) = hit.id.parse() else { continue };
            let Some(listing) = self.library().listing(&id)? else { continue };
            lines.push(OwnLine {
                id: listing.id.to_string(),
                kind: json::kind_id(listing.log.shelf.kind.0),
                title: listing.title().to_owned(),
                withdrawn: listing.state.is_withdrawn(),
                hidden: listing.hidden.is_some(),
                disputed: listing.state.conflicts().next().is_some(),
                updated_ms: listing.updated_ms,
            });
        }
        Ok((results.total as u64, lines))
    }
}

/// A record with nothing private.
pub(super) fn plain(kind: Kind, fields: Fields) -> Incoming {
    let is_contact = |key: &str| kind.key(key).is_some_and(|(field, _)| field.contact);
    let (contact, fields) = fields.into_iter().partition(|(key, _)| is_contact(key));
    Incoming { kind: kind.code(), fields, contact, private: Fields::new(), visibility: None }
}

/// The texts of a draft's form.
fn texts(draft: &DraftRecord) -> BTreeMap<String, String> {
    let Some(kind) = Kind::from_code(draft.kind) else { return BTreeMap::new() };
    let record = Record::new(draft.fields.clone());
    kind.fields().iter().map(|field| (field.id.to_owned(), form::text(field, &record))).collect()
}

/// What someone may try with a draft.
fn acts(draft: &DraftRecord, account: &Account) -> Vec<&'static str> {
    let reviews = account.role >= DeskRole::Reviewer;
    let in_review = draft.way.state.is_in_review();
    let all = [
        ("submit", !in_review),
        ("pass", in_review && reviews),
        ("publish", !in_review && reviews),
        ("return", in_review && reviews),
        ("discard", !in_review),
    ];
    all.into_iter().filter(|(_, may)| *may).map(|(act, _)| act).collect()
}
