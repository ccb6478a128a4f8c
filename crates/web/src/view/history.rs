//! How a listing came to say what it says: every step with who took it, when, and what each field said before and after.

use super::FieldView;

/// The steps of a listing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HistoryView {
    /// Document id, hex.
    pub id: String,
    /// Kind id.
    pub kind: String,
    /// Its title; empty where what it says is not shown.
    pub title: String,
    /// Number of steps in all.
    pub total: u64,
    /// Some of them, newest first.
    pub steps: Vec<HistoryStep>,
}

/// One step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryStep {
    /// Number, from 1.
    pub number: u64,
    /// What it did.
    pub step: Step,
    /// Author's time, ms: by the clock of the node that signed it.
    pub signed_ms: i64,
    /// Name of that node's institution; may be empty.
    pub institution: String,
    /// That node's public key, hex.
    pub node: String,
    /// Accounts behind it, who wrote it first and then who reviewed it; empty where this desk does not know, and on public
    /// pages.
    pub hands: Vec<String>,
    /// Entry hash, hex.
    pub hash: String,
    /// The changed fields as they were before, with all their keys.
    pub before: Vec<FieldView>,
    /// The same fields afterwards.
    pub after: Vec<FieldView>,
}

/// One version of a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// Number, from 1.
    pub number: u64,
    /// What the step did.
    pub step: Step,
    /// Author's time, ms.
    pub signed_ms: i64,
    /// The node or institution that signed it.
    pub by: String,
    /// Entry hash, hex.
    pub hash: String,
    /// Field ids that it changed; may be empty.
    pub changed: Vec<String>,
}

/// What a version did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Published first.
    Published,
    /// Changed.
    Changed,
    /// Withdrawn.
    Withdrawn,
    /// Published again after a withdrawal.
    Restored,
    /// Moved to another shelf, or given other co-editors.
    Moved,
}
