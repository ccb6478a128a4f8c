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
//!
//! A source may be of several sets: their lists are walked through one after the other, each with its own place. Which records a
//! source has, and in which of its lists, is kept beside it ([`members`]), so that leaving one set is told from going, and so that
//! repositories that tell no deletions can be compared with what they list ([`compare`]).

pub mod ask;
mod compare;
mod fetch;
pub mod kept;
mod look;
mod members;
mod pass;
mod records;
mod serve;
pub mod when;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::office::Failure;

pub use ask::{HarvestAsk, NewSource};
pub use look::{Look, Sample};
pub use serve::serve;

/// Sources of one node; each has a task.
pub const MAX_SOURCES: usize = 64;
/// Refusals of records that are kept with a source, the latest.
const MAX_REFUSED: usize = 50;
/// Records that are asked for again in the next pass, because somebody was writing at them.
const MAX_AGAIN: usize = 100;
/// Sets of one source: each is a list of its own, and a bit in what is kept of a record.
pub const MAX_SETS: usize = 32;
/// Seconds between two comparisons with a repository that tells no deletions, where the operator says nothing: a week.
const COMPARE_S: u64 = 7 * 86_400;
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
    /// The first of its sets; empty for all records.
    pub set: String,
    /// Its further sets, beside the first so that an earlier program reads what it knows.
    pub more: Vec<String>,
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
    /// When somebody stopped the pass under way, milliseconds since 1970.
    pub stopped_ms: i64,
    /// Seconds between two comparisons; 0 for never, `None` for a week where the repository tells no deletions.
    pub compare_s: Option<u64>,
    /// When somebody asked for a comparison, milliseconds since 1970.
    pub compare_ms: i64,
    /// When somebody confirmed that what is missing is gone, milliseconds since 1970.
    pub confirmed_ms: i64,
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
    /// Which of its lists is being walked through, from 0.
    pub list: usize,
    /// What changed since then is asked for, seconds since 1970; `None` for all. Of the first list.
    pub from_s: Option<u64>,
    /// The same of the others, by their place.
    pub more_from_s: BTreeMap<usize, u64>,
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
    /// How what is known stands against what is listed there.
    pub comparison: Comparison,
}

/// The last comparison of what is known of a source with what its repository lists.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Comparison {
    /// From when on the first one is waited for, milliseconds since 1970; 0 before the first whole pass.
    pub since_ms: i64,
    /// When the last one began.
    pub begun_ms: i64,
    /// When the last one that was whole ended.
    pub done_ms: i64,
    /// Records that the repository listed.
    pub listed: u64,
    /// Records that were known.
    pub known: u64,
    /// Of these, those that it did not list.
    pub missing: u64,
    /// Of these, those that it had not listed before either, and that were treated as gone.
    pub gone: u64,
    /// What is missing, and left as it is until somebody confirms it: more than a repository loses in the ordinary way.
    pub held: Option<Held>,
    /// Why the last one came to nothing.
    pub failure: Option<Failure>,
}

/// What is held back until somebody confirms it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Held {
    /// Since when, milliseconds since 1970.
    pub since_ms: i64,
    /// Records that are missing.
    pub missing: u64,
    /// Records that are known.
    pub known: u64,
    /// Identifiers of some of those that are missing.
    pub named: Vec<String>,
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
    /// A short name of it, the same for the same address, sets and form.
    pub fn id(&self) -> String {
        let sets = self.lists().join("\n");
        // With an end behind each, which none of them holds.
        let parts = [self.url.as_bytes(), &[0], sets.as_bytes(), &[0], self.prefix.as_bytes()];
        let hash = protocol::hash("harvest-source", &parts);
        hash.to_string().chars().take(8).collect()
    }

    /// The sets whose lists are walked through, in order; one that is empty for all records.
    pub fn lists(&self) -> Vec<&str> {
        std::iter::once(&self.set).chain(&self.more).map(String::as_str).collect()
    }

    /// Makes it one of these sets, in order and each once; of all records where there is none.
    pub fn set_lists(&mut self, sets: &[String]) {
        let mut sets: Vec<String> = sets.iter().filter(|set| !set.is_empty()).cloned().collect();
        sets.sort_unstable();
        sets.dedup();
        self.more = sets.split_off(sets.len().min(1));
        self.set = sets.pop().unwrap_or_default();
    }
}

impl Progress {
    /// Whether it is a source's turn.
    pub fn is_due(&self, source: &Source, now_ms: i64) -> bool {
        !source.paused && (source.asked_ms > self.begun_ms || now_ms >= self.next_ms)
    }

    /// Whether what is known is to be compared with what is listed.
    pub fn is_to_compare(&self, source: &Source, now_ms: i64) -> bool {
        let (of, every_s) = (&self.comparison, self.compare_every_s(source));
        let last_ms = of.done_ms.max(of.since_ms);
        let due_ms = last_ms.saturating_add(i64::try_from(every_s.saturating_mul(1_000)).unwrap_or(i64::MAX));
        source.compare_ms > of.begun_ms || (every_s > 0 && last_ms > 0 && now_ms >= due_ms)
    }

    /// Seconds between two comparisons; 0 for never.
    pub fn compare_every_s(&self, source: &Source) -> u64 {
        let usual = if self.tells_deletions() { 0 } else { COMPARE_S };
        source.compare_s.unwrap_or(usual)
    }

    /// Whether the repository promises to tell what is gone; taken for granted before it was asked.
    pub fn tells_deletions(&self) -> bool {
        !["no", "transient"].contains(&self.deleted.as_str())
    }

    /// What changed since then is asked for in one of the lists.
    fn since_s(&self, list: usize) -> Option<u64> {
        if list == 0 { self.from_s } else { self.more_from_s.get(&list).copied() }
    }

    /// A list was walked through to its end.
    fn list_ended(&mut self) {
        let Some(since_s) = self.window_s.map(when::from_s) else { return };
        match self.list {
            0 => self.from_s = Some(since_s),
            list => {
                self.more_from_s.insert(list, since_s);
            }
        }
    }

    /// The next pass asks for everything.
    fn begin_anew(&mut self) {
        self.from_s = None;
        self.more_from_s.clear();
    }

    fn count(&mut self, word: &str) {
        *self.counts.entry(word.to_owned()).or_default() += 1;
    }

    fn refuse(&mut self, refused: Refused) {
        // The same record comes again in the next pass, and in another set.
        self.refused.retain(|known| known.identifier != refused.identifier);
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
        let of = |sets: &[&str]| {
            let mut source = Source { url: "http://a".to_owned(), ..Source::default() };
            source.set_lists(&sets.iter().map(|set| (*set).to_owned()).collect::<Vec<_>>());
            source
        };
        assert_eq!(of(&["x"]).id(), source("http://a", "x"));
        assert_eq!(of(&["y", "x", "", "y"]).lists(), ["x", "y"]);
        assert_eq!(of(&["y", "x"]).id(), of(&["x", "y"]).id());
        assert_ne!(of(&["x", "y"]).id(), of(&["x"]).id());
        assert_eq!(of(&[]).lists(), [""]);
    }

    #[test]
    fn a_comparison_is_due_weekly_where_no_deletions_are_told_and_whenever_somebody_asks() {
        let week_ms = 7 * 86_400_000;
        let mut source = Source::default();
        let mut progress = Progress { deleted: "no".to_owned(), ..Progress::default() };
        assert!(!progress.is_to_compare(&source, i64::MAX), "before the first whole pass");
        progress.comparison.since_ms = 5;
        assert!(
            !progress.is_to_compare(&source, 4 + week_ms) && progress.is_to_compare(&source, 5 + week_ms)
        );
        progress.comparison.done_ms = 10;
        assert!(
            !progress.is_to_compare(&source, 9 + week_ms) && progress.is_to_compare(&source, 10 + week_ms)
        );
        source.compare_s = Some(0);
        assert!(!progress.is_to_compare(&source, i64::MAX), "never");
        source.compare_s = None;
        progress.deleted = "persistent".to_owned();
        assert!(!progress.is_to_compare(&source, i64::MAX), "it tells");
        source.compare_ms = 1;
        assert!(progress.is_to_compare(&source, 1));
        progress.comparison.begun_ms = 1;
        assert!(!progress.is_to_compare(&source, 2));
    }

    #[test]
    fn what_an_earlier_or_later_program_kept_is_read() {
        let progress: Progress = serde_json::from_str("{\"v\":9,\"token\":\"t\",\"later\":1}").unwrap();
        assert_eq!(progress.token.as_deref(), Some("t"));
    }
}
