//! What the desk asks about drafts: their forms, their reviews, and what becomes of them.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::ops::ControlFlow;

use catalog::{Context, Kind, Record, form};
use market::{Account, DeskRole, DraftRecord, DraftState, Fields, Incoming, MarketError, Outcome};
use protocol::Value;
use web::desk::view::{Act, Done, DraftLine, DraftView, Remark, ReviewView, RevisionView};
use web::view::FieldView;

use super::Office;
use super::answers::kind_of;
use super::editing::incoming;
use super::failure::{Failure, exit};
use super::json;
use super::own::reviewer;

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
        self.library().each_draft(&mut |draft| {
            *counts.entry(draft.way.state.id().to_owned()).or_default() += 1;
            ControlFlow::Continue(())
        })?;
        Ok(counts)
    }

    /// Drafts in a state, those changed last first, from `offset`, at most `limit`; and how many there are.
    ///
    /// # Errors
    /// When the store fails.
    pub fn draft_lines(
        &self,
        state: Option<&str>,
        offset: usize,
        limit: usize,
    ) -> Result<(usize, Vec<DraftLine>), Failure> {
        let order = self.drafts_in(state)?;
        let mut lines = Vec::with_capacity(limit.min(order.len()));
        for (_, id) in order.iter().skip(offset).take(limit) {
            let draft = self.library().draft(id)?;
            lines.extend(draft.map(|draft| self.draft_line(&draft, self.read(&draft).refused.len())));
        }
        Ok((order.len(), lines))
    }

    /// Drafts in a state, those changed last first: what orders each, and its number. Of thousands only the page that is
    /// shown is held whole.
    fn drafts_in(&self, state: Option<&str>) -> Result<Vec<(Reverse<i64>, String)>, Failure> {
        let mut order = Vec::new();
        self.library().each_draft(&mut |draft| {
            if state.is_none_or(|state| draft.way.state.id() == state) {
                order.push((Reverse(draft.way.changed_ms), draft.id));
            }
            ControlFlow::Continue(())
        })?;
        order.sort();
        Ok(order)
    }

    /// All drafts in a state: number and title of each, at most `limit`.
    ///
    /// # Errors
    /// When the store fails.
    pub fn all_drafts(&self, state: Option<&str>, limit: usize) -> Result<Vec<(String, String)>, Failure> {
        let mut all = Vec::new();
        for (_, id) in self.drafts_in(state)?.into_iter().take(limit) {
            let draft = self.library().draft(&id)?;
            all.extend(draft.map(|draft| (id, draft.text("title").to_owned())));
        }
        Ok(all)
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
        let begun = draft.fields != self.blank(draft.kind);
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
            revises: self.revision_view(&draft)?,
            alike: self.alike(&draft)?,
        }))
    }

    fn draft_line(&self, draft: &DraftRecord, faults: usize) -> DraftLine {
        DraftLine {
            id: draft.id.clone(),
            kind: json::kind_id(draft.kind),
            title: draft.text("title").to_owned(),
            revises: draft.revises.is_some(),
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
        let kind = kind_of(kind)?;
        let record = plain(kind, self.blank(kind.code()));
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
        // What stands in no form stays: co-editors, attachments, where it was harvested, what another version of the catalogue knows.
        let formless = |key: &str| key.starts_with('_') || kind.key(key).is_none();
        fields.extend(draft.fields.into_iter().filter(|(key, _)| formless(key)));
        if draft.revises.is_some() {
            return Ok(self
                .writing()
                .work(|desk| Ok((desk.keep_revision(id, fields, &account.name)?, Vec::new())))?);
        }
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

    /// What a form holds before anybody has typed: where this node is.
    fn blank(&self, kind: u16) -> Fields {
        let kind = Kind::from_code(kind);
        kind.map(|kind| self.outcome(kind, &BTreeMap::new()).record.into_entries()).unwrap_or_default()
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
                reviewer(account)?;
                self.set_withdrawn(id, *act == Act::Withdraw, &account.name)?;
                Ok(Done::Listing(id.to_owned()))
            }
            Act::Revise => self.revise(account, id),
            Act::Choose { key, entry } => self.choose_written(account, id, (key, entry)),
            Act::Purge(reason) => self.purge_at_desk(account, id, reason),
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
}

impl Office {
    /// What a revision changes of its listing as that stands now.
    fn revision_view(&self, draft: &DraftRecord) -> Result<Option<RevisionView>, Failure> {
        let (Some(revision), Some(kind)) = (&draft.revises, Kind::from_code(draft.kind)) else {
            return Ok(None);
        };
        let id = self.library().newest(&revision.of)?;
        let present = self.library().revisable(&id).unwrap_or_default();
        let touched =
            |key: &str| kind.key(key).is_some_and(|(field, _)| revision.touches(kind, field, &draft.fields));
        let views = |fields: &Fields| {
            let shown = fields.iter().filter(|(key, _)| touched(key));
            shown.map(|(key, value)| FieldView::new(key.clone(), [json::text_of(value)])).collect()
        };
        let crossed = present.keys().chain(revision.base.keys());
        let crossed = crossed.filter(|key| touched(key) && present.get(*key) != revision.base.get(*key));
        Ok(Some(RevisionView {
            id: id.to_string(),
            before: views(&present),
            after: views(&draft.fields),
            crossed: crossed.cloned().collect(),
        }))
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
