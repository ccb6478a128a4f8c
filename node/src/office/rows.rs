//! Rows of a table in the words of the control socket, and what becomes of them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::failure::Failure;

/// One row of an import: a record that the catalogue has accepted.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Row {
    /// Its number in the file, as a person counts.
    pub row: u64,
    /// Fields: texts, whole numbers, yes or no.
    pub fields: BTreeMap<String, Json>,
    /// Fields that stay on this node until they are disclosed.
    #[serde(default)]
    pub private: BTreeMap<String, Json>,
    /// The listing that it names, where its table is an export of ours: document id or its first digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub listing: Option<String>,
}

/// How the rows of a table are compared and taken in.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct TableAsk {
    /// Ids of the fields that the table has columns for: nothing else of a listing that is there is changed.
    pub columns: Vec<String>,
    /// When the import began, by this node's clock: rows are not taken for what the same table brought.
    pub begun_ms: i64,
    /// Only say what they would become.
    pub dry: bool,
    /// Publish, or keep as drafts.
    pub publish: bool,
    /// `public` or `members`.
    #[serde(default)]
    pub visibility: Option<String>,
}

/// What became of a row of a table, or would.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct RowOutcome {
    /// Its number in the file.
    pub row: u64,
    /// `new`, `changed`, `unchanged` or `refused`; of one that was taken in `published`, `updated` or `drafted`.
    pub outcome: String,
    /// The listing's document id or the draft's; empty where there is none.
    #[serde(default)]
    pub id: String,
    /// How it was known: `listing`, `draft`, or as `market::Match` has it; empty where it is new.
    #[serde(default)]
    pub by: String,
    /// What changes of what is there.
    #[serde(default)]
    pub changes: Vec<Change>,
    /// Why it is refused.
    #[serde(default)]
    pub failure: Option<Failure>,
}

/// A field that changes: its text before and after, in Chinese and English.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// The field's id or the key.
    pub field: String,
    /// In Chinese.
    pub zh: (String, String),
    /// In English.
    pub en: (String, String),
}

impl RowOutcome {
    /// Of a row of which nothing is known yet.
    pub(super) fn of(row: u64) -> Self {
        Self { row, ..Self::default() }
    }

    /// Takes what was really done.
    pub(super) fn become_of(&mut self, outcome: &market::Outcome) {
        use market::Outcome as O;
        let (word, id) = match outcome {
            O::Published(id) => ("published", id.to_string()),
            O::Updated(id) => ("updated", id.to_string()),
            O::Unchanged(id) => ("unchanged", id.to_string()),
            O::Drafted(id) => ("drafted", id.clone()),
        };
        word.clone_into(&mut self.outcome);
        self.id = id;
    }
}
