//! What the desk is told and does: drafts, reviews, listings of this institution.

use super::{Field, File, Names};
use crate::desk::view as desk;
use crate::text::instant;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// A new draft.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct NewDraft {
    pub(in crate::api) kind: KindId,
    /// Texts by field id, as they are written in the form of the desk: a price as `20-30万元`, a region as `武汉市` or `420100`, terms
    /// of a set with `；` between them. What cannot be read is kept, and named among `refused`.
    #[serde(default)]
    pub(in crate::api) texts: BTreeMap<String, String>,
}

/// A kind of listing.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::api) enum KindId {
    Achievement,
    Demand,
    Expert,
    Organization,
    Service,
    Activity,
}

impl KindId {
    pub(in crate::api) fn kind(self) -> catalog::Kind {
        match self {
            Self::Achievement => catalog::Kind::Achievement,
            Self::Demand => catalog::Kind::Demand,
            Self::Expert => catalog::Kind::Expert,
            Self::Organization => catalog::Kind::Organization,
            Self::Service => catalog::Kind::Service,
            Self::Activity => catalog::Kind::Activity,
        }
    }
}

/// All texts of a draft; fields that are not named are emptied.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct DraftTexts {
    pub(in crate::api) texts: BTreeMap<String, String>,
}

/// What is to be done with a draft.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct DraftAct {
    pub(in crate::api) act: DraftActId,
    /// Why; needed where it is returned.
    #[serde(default)]
    pub(in crate::api) reason: String,
}

/// Submit it, pass the step that it waits for, return it to its author, or take all steps that the account may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::api) enum DraftActId {
    Submit,
    Pass,
    Return,
    Publish,
}

/// What is to be done with a listing of this institution.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct OwnAct {
    pub(in crate::api) act: OwnActId,
    /// Why; needed where it is purged. Every node shows it.
    #[serde(default)]
    pub(in crate::api) reason: String,
    /// The id of the listing once more; needed where it is purged, which cannot be undone.
    #[serde(default)]
    pub(in crate::api) confirm: String,
    /// The key whose value is chosen: one of `disputes`.
    #[serde(default)]
    pub(in crate::api) field: String,
    /// The entry that wrote the value chosen: one of those of the dispute.
    #[serde(default)]
    pub(in crate::api) entry: String,
}

/// Open it as a draft, withdraw it, show it again, choose one of several values of a field, or have its contents removed from every
/// node for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::api) enum OwnActId {
    Revise,
    Withdraw,
    Show,
    Choose,
    Purge,
}

/// What became of it.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct Done {
    /// The draft that it is now, or was opened.
    draft: Option<String>,
    /// The listing that it is now.
    listing: Option<String>,
    /// State of the draft, where it stays one.
    state: Option<String>,
}

impl Done {
    pub(in crate::api) fn of(id: &str, done: desk::Done) -> Self {
        let none = Self { draft: None, listing: None, state: None };
        match done {
            desk::Done::Draft(state) => {
                Self { draft: Some(id.to_owned()), state: Some(state.to_owned()), ..none }
            }
            desk::Done::Listing(listing) => Self { listing: Some(listing), ..none },
            desk::Done::Opened(draft) => Self { draft: Some(draft), ..none },
            desk::Done::Gone => none,
        }
    }
}

/// A page of drafts, those changed last first.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct DraftPage {
    pub(in crate::api) total: u64,
    pub(in crate::api) items: Vec<DraftLine>,
    /// Cursor of the next page; null on the last.
    pub(in crate::api) next: Option<String>,
}

/// A draft in a list.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct DraftLine {
    id: String,
    kind: String,
    title: String,
    /// Whether it changes a published listing.
    revises: bool,
    /// `writing`, `formal`, `department` or `returned`.
    state: String,
    /// Who wrote it.
    by: String,
    #[schema(format = "date-time")]
    changed: Option<String>,
    /// How much stands in the way of publishing it.
    faults: u64,
}

impl From<&desk::DraftLine> for DraftLine {
    fn from(line: &desk::DraftLine) -> Self {
        Self {
            id: line.id.clone(),
            kind: line.kind.clone(),
            title: line.title.clone(),
            revises: line.revises,
            state: line.state.clone(),
            by: line.by.clone(),
            changed: (line.changed_ms > 0).then(|| instant(line.changed_ms)),
            faults: line.faults as u64,
        }
    }
}

/// A draft.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct Draft {
    #[serde(flatten)]
    line: DraftLine,
    /// Texts by field id, as in the form of the desk.
    texts: BTreeMap<String, String>,
    files: Vec<File>,
    /// What stands in the way of publishing.
    refused: Vec<Remark>,
    /// What deserves a second look.
    advice: Vec<Remark>,
    reviews: Vec<Review>,
    /// What the account may do with it now: `submit`, `pass`, `publish`, `return`, `discard`.
    acts: Vec<String>,
    /// What it changes, where it is a revision of a published listing.
    revision: Option<Revision>,
    /// What says nearly the same.
    alike: Vec<Alike>,
}

/// A remark on a field; on the whole where it names none.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct Remark {
    field: String,
    text: Names,
}

/// A step of a review.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct Review {
    step: String,
    by: String,
    passed: bool,
    reason: String,
    #[schema(format = "date-time")]
    time: String,
    /// Whether it is signed over what the draft says now.
    holds: bool,
}

/// What a revision changes.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct Revision {
    /// The listing.
    listing: String,
    before: Vec<Field>,
    after: Vec<Field>,
    /// Keys that somebody else changed meanwhile.
    crossed: Vec<String>,
}

/// Something that may be the same.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct Alike {
    id: String,
    /// Whether it is a draft of this desk.
    draft: bool,
    title: String,
    institution: String,
    /// The number that both name; empty where the titles are nearly equal.
    number: String,
}

impl From<&desk::DraftView> for Draft {
    fn from(view: &desk::DraftView) -> Self {
        let remark = |remark: &desk::Remark| Remark {
            field: remark.field.clone(),
            text: Names::new(&remark.text.0, &remark.text.1),
        };
        let review = |review: &desk::ReviewView| Review {
            step: review.step.clone(),
            by: review.by.clone(),
            passed: review.passed,
            reason: review.reason.clone(),
            time: instant(review.time_ms),
            holds: review.holds,
        };
        let alike = |alike: &desk::AlikeView| Alike {
            id: alike.id.clone(),
            draft: alike.draft,
            title: alike.title.clone(),
            institution: alike.institution.clone(),
            number: alike.number.clone(),
        };
        let revision = |revision: &desk::RevisionView| Revision {
            listing: revision.id.clone(),
            before: Field::all(&revision.before),
            after: Field::all(&revision.after),
            crossed: revision.crossed.clone(),
        };
        Self {
            line: DraftLine::from(&view.line),
            texts: view.texts.clone(),
            files: File::all(&view.attachments),
            refused: view.refused.iter().map(remark).collect(),
            advice: view.advice.iter().map(remark).collect(),
            reviews: view.reviews.iter().map(review).collect(),
            acts: view.acts.iter().map(|act| (*act).to_owned()).collect(),
            revision: view.revises.as_ref().map(revision),
            alike: view.alike.iter().map(alike).collect(),
        }
    }
}

/// A page of listings that this institution may edit.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct OwnPage {
    pub(in crate::api) total: u64,
    pub(in crate::api) items: Vec<OwnLine>,
    /// Cursor of the next page; null on the last.
    pub(in crate::api) next: Option<String>,
}

/// A listing of this institution.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct OwnLine {
    id: String,
    kind: String,
    title: String,
    withdrawn: bool,
    /// Whether something else hides it.
    hidden: bool,
    /// Whether fields wait for someone to choose a value.
    disputed: bool,
    #[schema(format = "date-time")]
    updated: String,
}

impl From<&desk::OwnLine> for OwnLine {
    fn from(line: &desk::OwnLine) -> Self {
        Self {
            id: line.id.clone(),
            kind: line.kind.clone(),
            title: line.title.clone(),
            withdrawn: line.withdrawn,
            hidden: line.hidden,
            disputed: line.disputed,
            updated: instant(line.updated_ms),
        }
    }
}

/// A listing that this institution may edit.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct Own {
    #[serde(flatten)]
    line: OwnLine,
    /// Whether anyone may read it.
    public: bool,
    /// The draft that is to change it, where there is one.
    draft: Option<String>,
    /// What the account may do with it now: `revise`, `withdraw`, `show`, `choose`, `purge`.
    acts: Vec<String>,
    /// Fields with several values, for someone to choose.
    disputes: Vec<Dispute>,
}

/// A field that several wrote apart from each other.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct Dispute {
    /// Its key; of a range both.
    fields: Vec<String>,
    candidates: Vec<Candidate>,
}

/// One of the values.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct Candidate {
    /// As many as there are keys.
    values: Vec<String>,
    /// The entry that wrote it, by which it is chosen.
    entry: String,
    /// Who wrote it; may be empty.
    institution: String,
    #[schema(format = "date-time")]
    time: Option<String>,
}

impl From<&desk::OwnView> for Own {
    fn from(view: &desk::OwnView) -> Self {
        let dispute = |dispute: &desk::DisputeView| {
            let candidate = |(place, entry): (usize, &String)| {
                let writer = dispute.writers.get(place);
                let value = |field: &crate::view::FieldView| field.values.get(place).cloned();
                Candidate {
                    values: dispute.fields.iter().filter_map(value).collect(),
                    entry: entry.clone(),
                    institution: writer.map(|writer| writer.institution.clone()).unwrap_or_default(),
                    time: writer.map(|writer| instant(writer.signed_ms)),
                }
            };
            Dispute {
                fields: dispute.fields.iter().map(|field| field.key.clone()).collect(),
                candidates: dispute.entries.iter().enumerate().map(candidate).collect(),
            }
        };
        Self {
            line: OwnLine::from(&view.line),
            public: view.public,
            draft: view.draft.clone(),
            acts: view.acts.iter().map(|act| (*act).to_owned()).collect(),
            disputes: view.disputes.iter().map(dispute).collect(),
        }
    }
}
