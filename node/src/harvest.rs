//! Harvesting: other repositories are asked for their records by OAI-PMH, on a schedule, and what they say becomes listings and drafts
//! of this institution.
//!
//! ```text
//! Source (what the operator said) ─┐
//! Progress (how far it is) ────────┴─▶ serve: whose turn is it ─▶ Pass: a page ─▶ read ─▶ Office::take_harvest ─▶ Progress kept
//!                                                                       ▲                                            │
//!                                                                       └──────────── the next page ◀────────────────┘
//! ```
//!
//! Each source has a task of its own, so one that hangs keeps no other from its turn; only taking in is done one after the
//! other. Progress is kept on disk after each page: a node that was killed goes on with the page it was at, and what it took in twice
//! changes nothing. Records are known by repository and identifier (`market::harvested`).

pub mod ask;
pub mod kept;
mod pass;
mod records;
mod serve;
pub mod when;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::office::Failure;

pub use ask::HarvestAsk;
pub use serve::serve;

/// Sources of one node; each has a task.
pub const MAX_SOURCES: usize = 64;
/// Refusals of records that are kept with a source, the latest.
const MAX_REFUSED: usize = 50;
/// Records that are asked for again in the next pass, because somebody was writing at them.
const MAX_AGAIN: usize = 100;
/// Version of what is kept of a source.
const FORM: u32 = 1;

/// What an operator said of a source.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Source {
    /// Version of this form.
    pub v: u32,
    /// The address of the repository.
    pub url: String,
    /// The set; empty for all.
    pub set: String,
    /// The form of records; empty for `lianshi` where there is that, else `oai_dc`.
    pub prefix: String,
    /// Which element becomes which field, as TOML; empty for the usual way.
    pub terms: String,
    /// Seconds between two passes.
    pub every_s: u64,
    /// Published at once, past the reviewers.
    pub publish: bool,
    /// It is left alone.
    pub paused: bool,
    /// When somebody asked for a pass, milliseconds since 1970.
    pub asked_ms: i64,
}

/// How far a source is.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Progress {
    /// Version of this form.
    pub v: u32,
    /// What the repository calls itself.
    pub name: String,
    /// `no`, `transient` or `persistent`: whether it tells what is gone.
    pub deleted: String,
    /// Whether its datestamps are seconds; else days.
    pub to_the_second: bool,
    /// The form of records that was chosen.
    pub prefix: String,
    /// What changed since then is asked for, seconds since 1970; `None` for all.
    pub from_s: Option<u64>,
    /// The place in the list that is being walked through; `None` at its beginning.
    pub token: Option<String>,
    /// When the list that is being walked through was begun, by the repository's clock.
    pub window_s: Option<u64>,
    /// Pages of this list so far.
    pub pages: u64,
    /// Records of it so far.
    pub seen: u64,
    /// Records in all, where the repository says.
    pub total: Option<u64>,
    /// What became of them, by `Became::id`.
    pub counts: BTreeMap<String, u64>,
    /// Records that were refused lately.
    pub refused: Vec<Refused>,
    /// Identifiers of records to be asked for again.
    pub again: Vec<String>,
    /// A pass is under way, or was when the node ended.
    pub under_way: bool,
    /// When the last pass began, milliseconds since 1970; 0 before the first.
    pub begun_ms: i64,
    /// When a list was last walked through to its end.
    pub done_ms: i64,
    /// When it is its turn.
    pub next_ms: i64,
    /// Passes that failed since the last one that did not.
    pub failures: u32,
    /// Why the last one did.
    pub failure: Option<Failure>,
}

/// A record that was refused.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// Its identifier.
    pub identifier: String,
    /// Why, in Chinese.
    pub zh: String,
    /// Why, in English.
    pub en: String,
}

impl Source {
    /// A short name of it, the same for the same address, set and form.
    pub fn id(&self) -> String {
        let parts = [&self.url, &self.set, &self.prefix].map(|part| part.as_bytes());
        // With an end behind each, which none of them holds.
        let hash = protocol::hash("harvest-source", &[parts[0], &[0], parts[1], &[0], parts[2]]);
        hash.to_string().chars().take(8).collect()
    }
}

impl Progress {
    /// Whether it is a source's turn.
    pub fn is_due(&self, source: &Source, now_ms: i64) -> bool {
        !source.paused && (source.asked_ms > self.begun_ms || now_ms >= self.next_ms)
    }

    fn count(&mut self, word: &str) {
        *self.counts.entry(word.to_owned()).or_default() += 1;
    }

    fn refuse(&mut self, refused: Refused) {
        self.refused.push(refused);
        let past = self.refused.len().saturating_sub(MAX_REFUSED);
        self.refused.drain(..past);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_due_when_its_time_comes_or_somebody_asks_and_never_while_paused() {
        let (mut source, progress) =
            (Source::default(), Progress { begun_ms: 50, next_ms: 100, ..Progress::default() });
        assert!(!progress.is_due(&source, 99) && progress.is_due(&source, 100));
        source.asked_ms = 51;
        assert!(progress.is_due(&source, 60));
        source.paused = true;
        assert!(!progress.is_due(&source, 1_000));
        assert!(Progress::default().is_due(&Source::default(), 0));
    }

    #[test]
    fn sources_have_names_of_their_own() {
        let source = |url: &str, set: &str| {
            Source { url: url.to_owned(), set: set.to_owned(), ..Source::default() }.id()
        };
        assert_eq!(source("http://a", "x"), source("http://a", "x"));
        assert_ne!(source("http://a", "x"), source("http://ax", ""));
        assert_ne!(source("http://a", "x"), source("http://a", "y"));
    }

    #[test]
    fn what_an_earlier_or_later_program_kept_is_read() {
        let progress: Progress = serde_json::from_str("{\"v\":9,\"token\":\"t\",\"later\":1}").unwrap();
        assert_eq!(progress.token.as_deref(), Some("t"));
    }
}
