//! Figures that somebody looks into, as the API sees it: a file of another node's, or a register of this institution's own.

use super::view::{Clerk, Said};
use crate::view::{SourceError, VerdictView};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

/// What looking into figures needs of the node. Calls block; they are made off the async threads.
pub trait Checks: Send + Sync + 'static {
    /// Whether the figures of a file follow from what is held here, and if not, where the two differ.
    fn verify(&self, clerk: &Clerk, file: &[u8]) -> Result<Result<VerdictView, Said>, SourceError>;
    /// Where a register may be written that is called so, before [`Checks::cover`] reads it. Whoever asks removes it again.
    fn register(&self, name: &str) -> Result<PathBuf, SourceError>;
    /// Which rows of a register are listed. It ends early once `stop` is set.
    fn cover(
        &self,
        clerk: &Clerk,
        register: &Path,
        ask: &CoverAsk,
        stop: &AtomicBool,
    ) -> Result<Result<CoverView, Said>, SourceError>;
}

/// How a register is to be read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CoverAsk {
    /// Kind id.
    pub kind: String,
    /// Sheet, by name or number; empty for all that have rows.
    pub sheet: String,
    /// Columns as stated: `title=名称,region=所在地`; may be empty.
    pub map: String,
}

/// How much of a register is listed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CoverView {
    /// Rows read.
    pub rows: u64,
    /// Rows that should be listed.
    pub due: u64,
    /// That everyone sees.
    pub listed: u64,
    /// That members alone see.
    pub members: u64,
    /// That were withdrawn.
    pub withdrawn: u64,
    /// That something hides.
    pub hidden: u64,
    /// That are nowhere.
    pub missing: u64,
    /// That could not be read, or stood in the register before.
    pub passed: u64,
    /// Those that not everyone sees: row, title, why.
    pub rest: Vec<(u64, String, String)>,
    /// What is to be said of the file: Chinese, English.
    pub notes: Vec<(String, String)>,
}
