//! What the pages of imports show and ask, as plain data: the node translates.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::view::{Clerk, Said};
use crate::view::{SourceError, TableForm};

/// Everything that the pages of imports need of the node. Calls block, and are made off the async threads.
pub trait Imports: Send + Sync + 'static {
    /// This person's import, if there is one.
    fn import(&self, clerk: &Clerk) -> Result<Option<ImportView>, SourceError>;
    /// Where a file may be written that this person sends, before [`Imports::received`] looks at it.
    fn receive(&self, clerk: &Clerk) -> Result<Result<PathBuf, Said>, SourceError>;
    /// Looks at the file that was written there, which came under a name; the table that comes back is to be in Chinese, or English.
    fn received(
        &self,
        clerk: &Clerk,
        sent: &Path,
        name: &str,
        zh: bool,
    ) -> Result<Result<(), Said>, SourceError>;
    /// Does something with the import.
    fn change_import(&self, clerk: &Clerk, act: &ImportAct) -> Result<Result<(), Said>, SourceError>;
    /// Rows of a list of the import, from `offset`, and how many there are.
    fn import_rows(
        &self,
        clerk: &Clerk,
        list: &str,
        offset: usize,
        limit: usize,
    ) -> Result<(usize, Vec<RowView>), SourceError>;
    /// The table with its faults marked.
    fn marked_table(&self, clerk: &Clerk) -> Result<Option<PathBuf>, SourceError>;
    /// Writes a list of the desk as a table, as far as `out` takes it.
    fn write_table(&self, clerk: &Clerk, ask: &TableAsk, out: &mut dyn Write) -> Result<(), SourceError>;
    /// A workbook to fill in with listings of a kind.
    fn template(&self, kind: &str, zh: bool) -> Result<Option<Vec<u8>>, SourceError>;
}

/// What can be done with an import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImportAct {
    /// Compare its rows.
    Read {
        /// Kind id.
        kind: String,
        /// Columns as chosen: header, and the key that it is read as.
        columns: Vec<(String, String)>,
        /// Whether rows are to be published at once.
        publish: bool,
    },
    /// Take its rows in.
    Apply,
    /// Stop after the rows in hand.
    Stop,
    /// Go on.
    GoOn,
    /// Back to the columns.
    Back,
    /// Remove it.
    Discard,
}

/// Which list is to be a table, and in which form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableAsk {
    /// Whether drafts are meant, and not what is published.
    pub drafts: bool,
    /// Kind id.
    pub kind: String,
    /// What it is written as.
    pub form: TableForm,
    /// Whether headings and terms are in Chinese, or in English.
    pub zh: bool,
}

/// An import.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImportView {
    /// What the file is called.
    pub name: String,
    /// Kind id.
    pub kind: String,
    /// `chosen`, `reading`, `read`, `applying`, `stopped`, `done` or `failed`.
    pub state: String,
    /// Its columns.
    pub columns: Vec<ColumnView>,
    /// What is to be said of the file: Chinese, English.
    pub notes: Vec<(String, String)>,
    /// Rows done with.
    pub rows: u64,
    /// How many rows would become what, and how many have advice.
    pub counts: BTreeMap<String, u64>,
    /// How many became what.
    pub outcomes: BTreeMap<String, u64>,
    /// Whether rows are published at once.
    pub publish: bool,
    /// Whether it can be gone on with.
    pub goes_on: bool,
    /// Whether the table with its faults marked is there.
    pub marked: bool,
    /// Why it failed.
    pub failure: Option<Said>,
}

/// A column of the file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ColumnView {
    /// Its header.
    pub header: String,
    /// The sheets that have it, where there are several.
    pub sheets: Vec<String>,
    /// The first texts in it.
    pub samples: Vec<String>,
    /// What it is read as; empty for nothing.
    pub key: String,
}

/// What a row would become.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RowView {
    /// The sheet, where there are several.
    pub sheet: String,
    /// The row.
    pub row: u64,
    /// Its title.
    pub title: String,
    /// `new`, `changed`, `unchanged` or `refused`.
    pub outcome: String,
    /// The listing's or draft's id.
    pub id: String,
    /// By what that was known.
    pub by: String,
    /// Field id, and its text before and after: Chinese, English.
    pub changes: Vec<ChangeView>,
    /// What is to be said of it.
    pub remarks: Vec<RowRemark>,
}

/// A field that changes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChangeView {
    /// Field id or key.
    pub field: String,
    /// Before and after, in Chinese.
    pub zh: (String, String),
    /// Before and after, in English.
    pub en: (String, String),
}

/// A remark on a row.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RowRemark {
    /// Names of cells.
    pub cells: Vec<String>,
    /// Chinese, English.
    pub text: (String, String),
    /// Whether the row is good all the same.
    pub advice: bool,
}
