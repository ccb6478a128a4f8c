//! Sources that are harvested, as the desk's pages and the API see them. They are for administrators: what is harvested is
//! published in the institution's name, and a source leads the node out into the web.

use super::view::{Clerk, Said};
use crate::view::SourceError;

/// What the desk's pages need of the node for harvesting. Calls block; they are made off the async threads. All of them say why not,
/// to whoever is no administrator.
pub trait Harvests: Send + Sync + 'static {
    /// All sources.
    fn sources(&self, clerk: &Clerk) -> Result<Result<Vec<SourceView>, Said>, SourceError>;
    /// One of them, whole.
    fn source(&self, clerk: &Clerk, id: &str) -> Result<Result<SourceView, Said>, SourceError>;
    /// A look at a repository, which changes nothing.
    fn look(&self, clerk: &Clerk, new: &NewSource) -> Result<Result<LookView, Said>, SourceError>;
    /// Adds a source, or changes the settings of one that there is; its id.
    fn add_source(&self, clerk: &Clerk, new: &NewSource) -> Result<Result<String, Said>, SourceError>;
    /// Does something with one.
    fn change_source(&self, clerk: &Clerk, id: &str, act: SourceAct)
    -> Result<Result<(), Said>, SourceError>;
}

/// A source.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SourceView {
    /// Its id.
    pub id: String,
    /// The address of the repository.
    pub url: String,
    /// Its sets; none for all records.
    pub sets: Vec<String>,
    /// The form of records.
    pub prefix: String,
    /// Which element becomes which field, as TOML; empty for the usual way.
    pub terms: String,
    /// How often, such as `6h`.
    pub every: String,
    /// Published at once, past the reviewers.
    pub publish: bool,
    /// It is left alone.
    pub paused: bool,
    /// What the repository calls itself; empty before it was asked.
    pub name: String,
    /// Whether the repository promises to tell what is gone.
    pub tells: bool,
    /// A pass is under way.
    pub under_way: bool,
    /// When a list was last walked through to its end; 0 for never.
    pub done_ms: i64,
    /// When it is its turn.
    pub next_ms: i64,
    /// Records of this pass, or the last one, so far.
    pub seen: u64,
    /// Records in all, where the repository says.
    pub total: Option<u64>,
    /// What became of them: a word of the catalogue below `harvest.became.`, and how many.
    pub counts: Vec<(String, u64)>,
    /// Passes that failed in a row.
    pub failures: u32,
    /// Why the last one did.
    pub failure: Option<Said>,
    /// Records that were refused lately: identifier, and why in Chinese and English.
    pub refused: Vec<(String, (String, String))>,
    /// How what is known stands against what is listed there.
    pub comparison: ComparisonView,
}

/// A comparison of what is known with what is listed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ComparisonView {
    /// How often, such as `7d`; empty for never.
    pub every: String,
    /// When the last one that was whole ended; 0 for never.
    pub done_ms: i64,
    /// Records that were listed, that were known, that were missing, and that were treated as gone.
    pub numbers: [u64; 4],
    /// What waits for a person.
    pub held: Option<HeldView>,
    /// Why the last one came to nothing.
    pub failure: Option<Said>,
}

/// What is held back until somebody confirms it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HeldView {
    /// Since when.
    pub since_ms: i64,
    /// Records that are missing.
    pub missing: u64,
    /// Records that are known.
    pub known: u64,
    /// Identifiers of some of those that are missing.
    pub named: Vec<String>,
}

/// What somebody says of a source.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewSource {
    /// The address of the repository.
    pub url: String,
    /// Its sets; none for all records.
    pub sets: Vec<String>,
    /// The form of records; empty for the best that there is.
    pub prefix: String,
    /// Which element becomes which field, as TOML; empty for the usual way.
    pub terms: String,
    /// Such as `6h`.
    pub every: String,
    /// Published at once, past the reviewers.
    pub publish: bool,
    /// Such as `7d`, or `never`; empty for the usual way.
    pub compare_every: String,
}

/// What a repository is and has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LookView {
    /// What it calls itself.
    pub name: String,
    /// Whether it promises to tell what is gone.
    pub tells: bool,
    /// The form that the records came in.
    pub prefix: String,
    /// The forms that it has.
    pub formats: Vec<String>,
    /// Its sets: specification and name.
    pub sets: Vec<(String, String)>,
    /// Whether it has further sets.
    pub more_sets: bool,
    /// Its first records.
    pub records: Vec<SampleView>,
}

/// A record, as it would be listed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SampleView {
    /// Its identifier there.
    pub identifier: String,
    /// The kind that it would be of; empty where it would not be listed.
    pub kind: String,
    /// What it would say: document keys and texts.
    pub fields: Vec<(String, String)>,
    /// Why it would not be listed, Chinese and English.
    pub why: (String, String),
}

/// What can be done with a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SourceAct {
    /// A pass now.
    Run,
    /// A pass now, and a comparison.
    Compare,
    /// The pass under way ends.
    Stop,
    /// What is missing is gone.
    Confirm,
    /// It is left alone.
    Pause,
    /// No longer.
    Resume,
    /// It goes away; what it brought stays.
    Remove,
}

impl SourceAct {
    /// Reads an id.
    pub(crate) fn from_id(id: &str) -> Option<Self> {
        Some(match id {
            "run" => Self::Run,
            "compare" => Self::Compare,
            "stop" => Self::Stop,
            "confirm" => Self::Confirm,
            "pause" => Self::Pause,
            "resume" => Self::Resume,
            "remove" => Self::Remove,
            _ => return None,
        })
    }
}

impl SourceView {
    /// `paused`, `under_way`, `failed`, `new` or `done`.
    pub(crate) fn state(&self) -> &'static str {
        match self {
            Self { paused: true, .. } => "paused",
            Self { under_way: true, .. } => "under_way",
            Self { failure: Some(_), .. } => "failed",
            Self { done_ms: 0, .. } => "new",
            _ => "done",
        }
    }
}
