//! The way of a draft: written, submitted, reviewed in two steps (形式审核, 部门审核), returned with a reason, or published.
//!
//! ```text
//! Writing ──submit──▶ Formal ──pass──▶ Department ──pass──▶ may be published
//!    ▲ ▲                 │                  │
//!    │ └──edit───────────┤                  │
//!    └──────── Returned ◀┴─────return───────┘
//! ```
//!
//! Each step is signed with the node's key over what the draft said at that moment, who decided, and how: an edit afterwards
//! makes it worth nothing, and whoever changes the store cannot make one. Steps stay at home with their draft.

use protocol::{Checked, Decoder, Encoder, Purpose, Signature, hash};

use super::{Desk, DraftRecord};
use crate::accounts::{Account, DeskRole};
use crate::error::{MarketError, Result};

/// Steps kept with a draft, the latest: one that goes to and fro for long has other troubles.
const MAX_STEPS: usize = 50;
/// Characters of a reason.
const REASON_CHARS: usize = 500;
/// Bytes of a name or a reason as stored.
const MAX_TEXT: usize = 4 * REASON_CHARS;

/// Where a draft stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum DraftState {
    /// 草稿: being written.
    #[default]
    Writing,
    /// 退回: returned with a reason.
    Returned,
    /// 形式审核: submitted; its form is reviewed.
    Formal,
    /// 部门审核: its form is right; the department reviews it.
    Department,
}

impl DraftState {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Writing, Self::Returned, Self::Formal, Self::Department];

    /// `writing`, `returned`, `formal` or `department`.
    pub fn id(self) -> &'static str {
        match self {
            Self::Writing => "writing",
            Self::Returned => "returned",
            Self::Formal => "formal",
            Self::Department => "department",
        }
    }

    /// The reverse of [`DraftState::id`].
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.id() == id)
    }

    /// Whether it waits for a reviewer.
    pub fn is_in_review(self) -> bool {
        matches!(self, Self::Formal | Self::Department)
    }

    fn code(self) -> u8 {
        match self {
            Self::Writing => 0,
            Self::Returned => 1,
            Self::Formal => 2,
            Self::Department => 3,
        }
    }
}

/// One step of a review.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Review {
    /// Where the draft stood.
    pub step: DraftState,
    /// Who decided.
    pub by: String,
    /// Whether it passed.
    pub passed: bool,
    /// Why, where it was returned.
    pub reason: String,
    /// When, by this node's clock.
    pub time_ms: i64,
    signature: Signature,
}

/// How far a draft has come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Way {
    /// Where it stands.
    pub state: DraftState,
    /// Who wrote it last; empty for the command line and for imports.
    pub by: String,
    /// When it was last changed, by this node's clock; 0 when unknown.
    pub changed_ms: i64,
    /// Steps of reviews, the earliest first.
    pub reviews: Vec<Review>,
}

impl Way {
    /// Written anew by someone.
    pub(super) fn written(self, by: &str, now_ms: i64) -> Self {
        let by = if by.is_empty() { self.by } else { by.to_owned() };
        Self { state: DraftState::Writing, by, changed_ms: now_ms, reviews: self.reviews }
    }

    pub(super) fn encode(&self, to: &mut Encoder) {
        to.u8(self.state.code()).text(&self.by).int(self.changed_ms);
        to.list(&self.reviews, |to, review| {
            to.u8(review.step.code()).text(&review.by).u8(review.passed.into()).text(&review.reason);
            to.int(review.time_ms);
            review.signature.encode(to);
        });
    }

    pub(super) fn decode(from: &mut Decoder<'_>) -> Checked<Self> {
        let state = |from: &mut Decoder<'_>| {
            let code = from.u8("state of a draft")?;
            // What a later version calls otherwise is to be written and submitted again.
            Ok(DraftState::ALL.into_iter().find(|state| state.code() == code).unwrap_or_default())
        };
        let text = |from: &mut Decoder<'_>| Ok(from.text(MAX_TEXT, "text of a review")?.to_owned());
        Ok(Self {
            state: state(from)?,
            by: text(from)?,
            changed_ms: from.int("time of a draft")?,
            reviews: from.list(MAX_STEPS, "reviews", |from| {
                Ok(Review {
                    step: state(from)?,
                    by: text(from)?,
                    passed: from.u8("whether it passed")? != 0,
                    reason: text(from)?,
                    time_ms: from.int("time of a review")?,
                    signature: Signature::decode(from)?,
                })
            })?,
        })
    }
}

impl Review {
    /// What is signed: what the draft said, and all of the step.
    fn body(&self, draft: &DraftRecord) -> Vec<u8> {
        let mut to = Encoder::new();
        to.text(&draft.id).raw(&hash("review", &[&draft.content()]).0);
        to.u8(self.step.code()).text(&self.by).u8(self.passed.into()).text(&self.reason).int(self.time_ms);
        to.finish()
    }
}

impl Desk<'_> {
    /// Submits a draft for review.
    ///
    /// # Errors
    /// When there is none, or it is in review.
    pub fn submit_draft(&mut self, id: &str, by: &Account) -> Result<DraftState> {
        let mut draft = self.any_draft(id)?;
        if draft.way.state.is_in_review() {
            return Err(MarketError::OutOfTurn { id: id.to_owned() });
        }
        draft.way.state = DraftState::Formal;
        draft.way.changed_ms = self.now_ms;
        if draft.way.by.is_empty() {
            draft.way.by.clone_from(&by.name);
        }
        self.keep_record(&draft)?;
        Ok(draft.way.state)
    }

    /// Decides the step that a draft waits for: on with it, or back to who wrote it, with a reason. `None` once both steps
    /// have passed: then it is to be published.
    ///
    /// # Errors
    /// When there is none, it waits for no step, a reason is missing, or this is not theirs to decide.
    pub fn review_draft(&mut self, id: &str, by: &Account, back: Option<&str>) -> Result<Option<DraftState>> {
        let mut draft = self.any_draft(id)?;
        let step = draft.way.state;
        if !step.is_in_review() {
            return Err(MarketError::OutOfTurn { id: id.to_owned() });
        }
        self.may_review(&draft, by)?;
        let reason: String = back.unwrap_or_default().trim().chars().take(REASON_CHARS).collect();
        if back.is_some() && reason.is_empty() {
            return Err(MarketError::NoReason);
        }
        self.note_demand(&draft, &by.name)?;
        let (by, passed) = (by.name.clone(), back.is_none());
        let unsigned = Signature([0; 64]);
        let mut review = Review { step, by, passed, reason, time_ms: self.now_ms, signature: unsigned };
        review.signature =
            self.identity.node.sign(Purpose::Review, &self.identity.network(), &review.body(&draft));
        draft.way.reviews.push(review);
        let past = draft.way.reviews.len().saturating_sub(MAX_STEPS);
        draft.way.reviews.drain(..past);
        draft.way.changed_ms = self.now_ms;
        let next = match (step, passed) {
            (_, false) => Some(DraftState::Returned),
            (DraftState::Formal, true) => Some(DraftState::Department),
            (_, true) if self.is_reviewed(&draft) => None,
            // The first step was of another text, or nobody signed it.
            (_, true) => Some(DraftState::Formal),
        };
        if let Some(state) = next {
            draft.way.state = state;
        }
        self.keep_record(&draft)?;
        Ok(next)
    }

    /// Nobody reviews what they wrote, nor both steps, where the office has somebody else for it.
    fn may_review(&self, draft: &DraftRecord, by: &Account) -> Result<()> {
        if by.role < DeskRole::Reviewer {
            return Err(MarketError::NotTheirs { name: by.name.clone() });
        }
        let same = |name: &str| name.to_lowercase() == by.name.to_lowercase();
        let passed = self.steps_that_hold(draft);
        let involved = same(&draft.way.by) || passed.iter().any(|review| review.passed && same(&review.by));
        let accounts = self.library.accounts()?;
        let somebody_else = accounts.iter().any(|other| {
            let writes = other.name.to_lowercase() == draft.way.by.to_lowercase();
            other.role >= DeskRole::Reviewer && !same(&other.name) && !writes
        });
        if involved && somebody_else {
            return Err(MarketError::NotTheirs { name: by.name.clone() });
        }
        Ok(())
    }

    /// The steps of a draft that are signed over what it says now.
    pub fn steps_that_hold<'d>(&self, draft: &'d DraftRecord) -> Vec<&'d Review> {
        let (node, network) = (self.identity.node.public(), self.identity.network());
        let holds = |review: &&Review| {
            node.verify(Purpose::Review, &network, &review.body(draft), &review.signature, "the review")
                .is_ok()
        };
        draft.way.reviews.iter().filter(holds).collect()
    }

    /// Whether both steps have passed, signed over what it says now.
    pub fn is_reviewed(&self, draft: &DraftRecord) -> bool {
        let passed = self.steps_that_hold(draft);
        let has = |step| passed.iter().any(|review| review.passed && review.step == step);
        has(DraftState::Formal) && has(DraftState::Department)
    }

    fn any_draft(&self, id: &str) -> Result<DraftRecord> {
        self.library.draft(id)?.ok_or_else(|| MarketError::NoSuchListing { id: id.to_owned() })
    }
}
