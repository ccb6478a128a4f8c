//! How soon a demand that was submitted is answered: a firm's need that lies at the office is to hear from a person within a day.
//!
//! The clock runs from the submission of a draft to the first step of its review that somebody else than its writer takes,
//! whichever way that goes; both by this node's clock. A draft that came back and is submitted again begins anew.

use std::ops::ControlFlow;

use catalog::Kind;
use storage::Table;

use super::{Desk, DraftRecord, DraftState};
use crate::error::Result;
use crate::library::{EnquiryFigures, FIGURES_OVER_MS, Held, Library, figures_of};

/// Prefix of records of demands that were answered: when they were submitted (8 bytes) and the draft follow.
const ANSWERED: &[u8] = b"demand:";
/// Records that end with each one that is added.
const ENDED_AT_ONCE: usize = 8;

/// Whether a draft is a new demand that waits for the first step of its review. What revises a published one is no new demand.
fn is_waiting(draft: &DraftRecord) -> bool {
    let is_new = draft.kind == Kind::Demand.code() && draft.revises.is_none();
    is_new && draft.way.state == DraftState::Formal
}

impl Desk<'_> {
    /// Someone takes a step of a draft's review. Where it is the first one of a demand, and not its writer's own, the demand has
    /// been answered.
    pub(super) fn note_demand(&mut self, draft: &DraftRecord, by: &str) -> Result<()> {
        let own = draft.way.by.to_lowercase() == by.to_lowercase();
        if !is_waiting(draft) || own {
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
        let mut open = Vec::new();
        self.each_draft(&mut |draft| {
            if is_waiting(&draft) {
                open.push(Held { since_ms: draft.way.changed_ms, ..Held::default() });
            }
            ControlFlow::Continue(())
        })?;
        let mut done = Vec::new();
        self.store().walk(Table::Drafts, ANSWERED, &mut |_, value| {
            done.extend(Held::from_bytes(value));
            ControlFlow::Continue(())
        })?;
        Ok(figures_of(&open, &done, now_ms))
    }
}
