//! An import: the table that was sent, its columns, what its rows would become and became.

use super::desk::KindId;
use super::{Names, in_words};
use crate::desk::imports as desk;
use catalog::Lang;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The import of an account; each account has one at a time.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct Import {
    /// What the file is called.
    name: String,
    /// Kind that its rows are read as.
    kind: String,
    /// `chosen`: its columns are to be looked at. `reading`: its rows are being compared. `read`: what each would become is known.
    /// `applying`: rows are being taken in. `stopped`, `done`, `failed`.
    state: String,
    columns: Vec<ImportColumn>,
    /// What is to be said of the file.
    notes: Vec<Names>,
    /// Rows done with in this state.
    rows: u64,
    /// Rows in all, once they were compared.
    total: u64,
    counts: ImportCounts,
    outcomes: Vec<ImportOutcome>,
    /// Whether rows are published at once; else they become drafts.
    publish: bool,
    /// Whether it can be gone on with.
    goes_on: bool,
    /// Whether there is a table with its faults marked.
    marked: bool,
    /// Why it failed, and what to do.
    failure: Option<String>,
}

/// A column of the table.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct ImportColumn {
    header: String,
    /// The sheets that have it, where there are several.
    sheets: Vec<String>,
    /// The first texts in it.
    samples: Vec<String>,
    /// What it is read as: a field of the kind, a part of one, `_listing` for ids of listings; empty for nothing.
    key: String,
}

/// How many rows would become what.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct ImportCounts {
    new: u64,
    changed: u64,
    unchanged: u64,
    /// That cannot be taken in.
    refused: u64,
    /// Of all of them, those with advice.
    advised: u64,
}

/// How many rows became what.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct ImportOutcome {
    /// `published`, `updated`, `drafted`, `unchanged` or `refused`; more may follow.
    became: String,
    rows: u64,
}

impl Import {
    pub(in crate::api) fn of(lang: Lang, view: &desk::ImportView) -> Self {
        let column = |column: &desk::ColumnView| ImportColumn {
            header: column.header.clone(),
            sheets: column.sheets.clone(),
            samples: column.samples.clone(),
            key: column.key.clone(),
        };
        let counted = |what: &str| view.counts.get(what).copied().unwrap_or_default();
        let outcome = |(became, rows): (&String, &u64)| ImportOutcome { became: became.clone(), rows: *rows };
        Self {
            name: view.name.clone(),
            kind: view.kind.clone(),
            state: view.state.clone(),
            columns: view.columns.iter().map(column).collect(),
            notes: view.notes.iter().map(|(zh, en)| Names::new(zh, en)).collect(),
            rows: view.rows,
            total: ["new", "changed", "unchanged", "refused"].into_iter().map(counted).sum(),
            counts: ImportCounts {
                new: counted("new"),
                changed: counted("changed"),
                unchanged: counted("unchanged"),
                refused: counted("refused"),
                advised: counted("advised"),
            },
            outcomes: view.outcomes.iter().map(outcome).collect(),
            publish: view.publish,
            goes_on: view.goes_on,
            marked: view.marked,
            failure: in_words(lang, view.failure.as_ref()),
        }
    }
}

/// What is decided of a table before its rows are compared.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct ImportChoice {
    /// Kind of its rows. Where it is another one than before, the columns are looked at anew, and are to be confirmed again.
    pub(in crate::api) kind: KindId,
    /// Columns that are to be read as something else; the others stay as they are.
    #[serde(default)]
    #[schema(max_items = 2000)]
    pub(in crate::api) columns: Vec<ImportMapped>,
    /// Rows are published at once, past the reviewers; for administrators, with the scope `publish`.
    #[serde(default)]
    pub(in crate::api) publish: bool,
}

/// What a column is read as.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct ImportMapped {
    pub(in crate::api) header: String,
    /// A field of the kind, a part of one, `_listing`; empty for nothing.
    pub(in crate::api) key: String,
}

/// What is to be done with an import.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct ImportStep {
    pub(in crate::api) act: ImportActId,
}

/// Take the rows in, stop after those in hand, go on where it stopped, go back to the columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::api) enum ImportActId {
    Apply,
    Stop,
    GoOn,
    Back,
}

impl From<ImportActId> for desk::ImportAct {
    fn from(id: ImportActId) -> Self {
        match id {
            ImportActId::Apply => Self::Apply,
            ImportActId::Stop => Self::Stop,
            ImportActId::GoOn => Self::GoOn,
            ImportActId::Back => Self::Back,
        }
    }
}

/// A page of rows, in the table's order.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct ImportRowPage {
    pub(in crate::api) total: u64,
    pub(in crate::api) items: Vec<ImportRow>,
    /// Cursor of the next page; null on the last.
    pub(in crate::api) next: Option<String>,
}

/// A row, and what it would become.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct ImportRow {
    /// The sheet, where there are several.
    sheet: Option<String>,
    /// The row, as the table counts it.
    row: u64,
    title: String,
    /// `new`, `changed`, `unchanged` or `refused`.
    outcome: String,
    /// The listing or draft that it is.
    id: Option<String>,
    /// By what that was known: `listing`, `number`, `title`, `patent`, `draft`, `content`; more may follow.
    by: Option<String>,
    changes: Vec<ImportChange>,
    remarks: Vec<ImportRemark>,
}

/// A field that changes.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct ImportChange {
    field: String,
    before: Names,
    after: Names,
}

/// What is to be said of a row.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct ImportRemark {
    /// Names of cells: `C7`.
    cells: Vec<String>,
    text: Names,
    /// Whether the row is good all the same.
    advice: bool,
}

impl From<&desk::RowView> for ImportRow {
    fn from(view: &desk::RowView) -> Self {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let change = |change: &desk::ChangeView| ImportChange {
            field: change.field.clone(),
            before: Names::new(&change.zh.0, &change.en.0),
            after: Names::new(&change.zh.1, &change.en.1),
        };
        let remark = |remark: &desk::RowRemark| ImportRemark {
            cells: remark.cells.clone(),
            text: Names::new(&remark.text.0, &remark.text.1),
            advice: remark.advice,
        };
        Self {
            sheet: some(&view.sheet),
            row: view.row,
            title: view.title.clone(),
            outcome: view.outcome.clone(),
            id: some(&view.id),
            by: some(&view.by),
            changes: view.changes.iter().map(change).collect(),
            remarks: view.remarks.iter().map(remark).collect(),
        }
    }
}
