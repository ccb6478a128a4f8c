//! How soon a demand that was submitted is answered: a firm's need that lies at the office is to hear from a person within a day.
//!
//! The clock runs from the submission of a draft to the first step of its review that somebody else than its writer takes,
//! whichever way that goes; both by this node's clock. A draft that came back and is submitted again begins anew.

use catalog::Kind;
use storage::Table;

use super::{Desk, DraftRecord, DraftState};
use crate::error::Result;
use crate::library::{EnquiryFigures, FIGURES_OVER_MS, Held, Library, figures_of};

/// Prefix of records of demands that were answered: when they were submitted (8 bytes) and the draft follow.
const ANSWERED: &[u8] = b"demand:";
/// Records that end with each one that is added.
const ENDED_AT_ONCE: usize = 8;
/// Drafts looked at for the figures: more than an office has.
const MAX_DRAFTS: usize = 4_000;

impl Desk<'_> {
    /// Someone takes a step of a draft's review. Where it is the first one of a demand, and not its writer's own, the demand has
    /// been answered.
    pub(super) fn note_demand(&mut self, draft: &DraftRecord, by: &str) -> Result<()> {
        let own = draft.way.by.to_lowercase() == by.to_lowercase();
        if draft.kind != Kind::Demand.code() || draft.way.state != DraftState::Formal || own {
            return Ok(());
        }
        let since_ms = draft.way.changed_ms;
        let held = Held {
            since_ms,
            kind: draft.kind,
            read: true,
            answered_ms: Some(self.now_ms),
            by: by.to_owned(),
            ..Held::default()
        };
        let key = |ms: i64, id: &[u8]| [ANSWERED, &ms.to_be_bytes(), id].concat();
        let until = key(self.now_ms.saturating_sub(FIGURES_OVER_MS), &[]);
        let oldest = self.library.store().scan_prefix(Table::Drafts, ANSWERED, None, ENDED_AT_ONCE)?;
        let ended = oldest.into_iter().map(|(key, _)| key).filter(|key| *key < until).map(|key| (key, None));
        let mut kept: Vec<_> = ended.collect();
        kept.push((key(since_ms, draft.id.as_bytes()), Some(held.to_bytes())));
        self.ledger.keep_all(Table::Drafts, &kept)
    }
}

impl Library {
    /// What there is to tell in numbers of demands that were submitted here.
    ///
    /// # Errors
    /// When the store fails.
    pub fn demand_figures(&self, now_ms: i64) -> Result<EnquiryFigures> {
        let waits =
            |draft: &DraftRecord| draft.kind == Kind::Demand.code() && draft.way.state == DraftState::Formal;
        let held = |draft: &DraftRecord| Held { since_ms: draft.way.changed_ms, ..Held::default() };
        let open: Vec<Held> =
            self.drafts(MAX_DRAFTS)?.iter().filter(|draft| waits(draft)).map(held).collect();
        let mut done = Vec::new();
        self.store().walk(Table::Drafts, ANSWERED, &mut |_, value| {
            done.extend(Held::from_bytes(value));
            std::ops::ControlFlow::Continue(())
        })?;
        Ok(figures_of(&open, &done, now_ms))
    }
}
