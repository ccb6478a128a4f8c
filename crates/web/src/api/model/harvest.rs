//! Sources that are harvested.

use super::{in_words, time};
use crate::desk::harvest::{ComparisonView, LookView, NewSource, SourceAct, SourceView};
use crate::text::instant;
use catalog::Lang;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Sources, all of them.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct SourceList {
    pub(in crate::api) items: Vec<Source>,
}

/// A repository that is harvested.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct Source {
    id: String,
    /// Address of the repository.
    url: String,
    /// What it calls itself; empty before it was asked.
    name: String,
    /// Its sets; none for all records.
    sets: Vec<String>,
    /// Form of the records.
    prefix: String,
    /// Which element becomes which field, as TOML; empty for the usual way.
    terms: String,
    /// How often: `90m`, `6h`, `2d`.
    every: String,
    /// Published at once; else records go to review as drafts.
    publish: bool,
    /// `new`, `under_way`, `done`, `failed` or `paused`.
    state: String,
    /// When all of it was last harvested.
    #[schema(format = "date-time")]
    done: Option<String>,
    /// When it is its turn again.
    #[schema(format = "date-time")]
    next: Option<String>,
    /// Records of this pass, or the last one, so far.
    seen: u64,
    /// Records in all, where the repository says.
    total: Option<u64>,
    counts: Vec<Count>,
    /// Passes that failed in a row.
    failures: u32,
    /// Why the last one failed, and what to do.
    failure: Option<String>,
    /// Records that were refused lately.
    refused: Vec<RefusedRecord>,
    comparison: Comparison,
}

/// What became of records of a pass.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct Count {
    /// `published`, `drafted`, `updated`, `unchanged`, `withdrawn`, `refused` and the like; more may follow.
    became: String,
    records: u64,
}

/// A record that was refused.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct RefusedRecord {
    identifier: String,
    why: String,
}

/// How what is known stands against what the repository lists.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct Comparison {
    /// How often; null for never.
    every: Option<String>,
    /// When the last whole one ended.
    #[schema(format = "date-time")]
    done: Option<String>,
    listed: u64,
    known: u64,
    missing: u64,
    /// Missing from two in a row, and treated as gone.
    gone: u64,
    held: Option<HeldRecords>,
    /// Why the last one came to nothing, and what to do.
    failure: Option<String>,
}

/// Records that are missing and too many to be treated as gone before a person confirms it.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct HeldRecords {
    #[schema(format = "date-time")]
    since: String,
    missing: u64,
    known: u64,
    /// Identifiers of some of them.
    named: Vec<String>,
}

impl Source {
    pub(in crate::api) fn of(lang: Lang, view: &SourceView) -> Self {
        let count = |(became, records): &(String, u64)| Count { became: became.clone(), records: *records };
        let refused = view.refused.iter().map(|(identifier, (zh, en))| RefusedRecord {
            identifier: identifier.clone(),
            why: lang.pick(zh, en).clone(),
        });
        Self {
            id: view.id.clone(),
            url: view.url.clone(),
            name: view.name.clone(),
            sets: view.sets.clone(),
            prefix: view.prefix.clone(),
            terms: view.terms.clone(),
            every: view.every.clone(),
            publish: view.publish,
            state: view.state().to_owned(),
            done: time(view.done_ms),
            next: time(view.next_ms).filter(|_| !view.paused),
            seen: view.seen,
            total: view.total,
            counts: view.counts.iter().map(count).collect(),
            failures: view.failures,
            failure: in_words(lang, view.failure.as_ref()),
            refused: refused.collect(),
            comparison: Comparison::of(lang, &view.comparison),
        }
    }
}

impl Comparison {
    fn of(lang: Lang, view: &ComparisonView) -> Self {
        let [listed, known, missing, gone] = view.numbers;
        Self {
            every: Some(view.every.clone()).filter(|every| !every.is_empty()),
            done: time(view.done_ms),
            listed,
            known,
            missing,
            gone,
            held: view.held.as_ref().map(|held| HeldRecords {
                since: instant(held.since_ms),
                missing: held.missing,
                known: held.known,
                named: held.named.clone(),
            }),
            failure: in_words(lang, view.failure.as_ref()),
        }
    }
}

/// A source to be added, or other settings for one with the same address, sets and form.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct SourceWish {
    /// Address of the repository.
    #[schema(max_length = 2000)]
    url: String,
    /// Its sets; none for all records.
    #[serde(default)]
    #[schema(max_items = 32)]
    sets: Vec<String>,
    /// Form of the records; `lianshi` where the repository has it, else `oai_dc`, where it is left out.
    #[serde(default)]
    prefix: String,
    /// Which element becomes which field, as TOML.
    #[serde(default)]
    terms: String,
    /// How often: `90m`, `6h`, `2d`.
    #[serde(default = "usual_pace")]
    every: String,
    /// Published at once, past the reviewers.
    #[serde(default)]
    publish: bool,
    /// How often it is compared with what is listed: `7d`, or `never`; weekly where it tells no deletions, where it is left out.
    #[serde(default)]
    compare_every: String,
}

fn usual_pace() -> String {
    "6h".to_owned()
}

impl From<SourceWish> for NewSource {
    fn from(wish: SourceWish) -> Self {
        let SourceWish { url, sets, prefix, terms, every, publish, compare_every } = wish;
        Self { url, sets, prefix, terms, every, publish, compare_every }
    }
}

/// What is to be done with a source.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct SourceStep {
    pub(in crate::api) act: SourceActId,
}

/// A pass now, a pass and a comparison, end the pass under way, confirm that what is held is gone, leave it alone, go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::api) enum SourceActId {
    Run,
    Compare,
    Stop,
    Confirm,
    Pause,
    Resume,
}

impl From<SourceActId> for SourceAct {
    fn from(id: SourceActId) -> Self {
        match id {
            SourceActId::Run => Self::Run,
            SourceActId::Compare => Self::Compare,
            SourceActId::Stop => Self::Stop,
            SourceActId::Confirm => Self::Confirm,
            SourceActId::Pause => Self::Pause,
            SourceActId::Resume => Self::Resume,
        }
    }
}

/// What a repository is and has, and how its first records would be listed.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct Repository {
    name: String,
    /// Whether it promises to tell what is deleted.
    tells_deletions: bool,
    /// Form that the records came in.
    prefix: String,
    formats: Vec<String>,
    sets: Vec<RepositorySet>,
    /// Whether it has further sets.
    more_sets: bool,
    records: Vec<SampleRecord>,
}

/// A set of a repository.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct RepositorySet {
    spec: String,
    name: String,
}

/// A record, as it would be listed.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct SampleRecord {
    identifier: String,
    /// Kind that it would be of; null where it would not be listed.
    kind: Option<String>,
    fields: Vec<SampleField>,
    /// Why it would not be listed; null where it would.
    refused: Option<String>,
}

/// What a record would say under one key.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct SampleField {
    key: String,
    value: String,
}

impl Repository {
    pub(in crate::api) fn of(lang: Lang, look: &LookView) -> Self {
        let field = |(key, value): &(String, String)| SampleField { key: key.clone(), value: value.clone() };
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let records = look.records.iter().map(|record| SampleRecord {
            identifier: record.identifier.clone(),
            kind: some(&record.kind),
            fields: record.fields.iter().map(field).collect(),
            refused: some(lang.pick(&record.why.0, &record.why.1)),
        });
        let set = |(spec, name): &(String, String)| RepositorySet { spec: spec.clone(), name: name.clone() };
        Self {
            name: look.name.clone(),
            tells_deletions: look.tells,
            prefix: look.prefix.clone(),
            formats: look.formats.clone(),
            sets: look.sets.iter().map(set).collect(),
            more_sets: look.more_sets,
            records: records.collect(),
        }
    }
}
