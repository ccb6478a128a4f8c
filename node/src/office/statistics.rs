//! Statistics: asked for, told so that another node can compute them again, and confirmed.

mod confirm;
mod cover;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use catalog::statistics::{Dimension, Month};
use catalog::{Lang, region};
use market::{Question, SAYINGS, STATISTICS_VERSION, StatisticsAnswer, Work};
use protocol::{InstitutionId, MemberState};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

pub use cover::Covered;

use super::answers::file_reply;
use super::failure::{Failure, exit};
use super::{Office, Reply, json};
use crate::core::now_ms;

/// How a file of figures begins; what follows is JSON.
pub const CLAIM: &[u8] = b"lianshi statistics 1\n";
/// What this node alone knows: enquiries are sealed.
const ALONE: &str = "this_node_alone";
/// How long a command waits for listings to be counted for the first time: a million take a minute or two.
pub(super) const PATIENCE: Duration = Duration::from_secs(240);
/// Logs that a file names one by one: a few megabytes. Of more it has the digest alone.
const MAX_HEADS: usize = 20_000;

/// What is asked of the statistics.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// A division of GB/T 2260, its code or a prefix of two or four digits; `None` for all.
    #[serde(default)]
    pub region: Option<String>,
    /// `2026-11`; `None` for all.
    #[serde(default)]
    pub month: Option<String>,
}

impl Asked {
    /// The question.
    ///
    /// # Errors
    /// When the division is not known, or the month is none.
    pub fn question(&self) -> Result<Question, Failure> {
        let area = |code: &String| {
            let whole = matches!(code.len(), 2 | 4 | 6).then(|| format!("{code:0<6}"));
            let known =
                whole.filter(|code| region::by_code(code).is_some()).and_then(|code| code.parse().ok());
            known.ok_or_else(|| Failure::said(exit::USAGE, "cli.failure.region", &[("region", code)]))
        };
        let month = |text: &String| {
            let month: Result<Month, _> = text.parse();
            month.map_err(|_| Failure::said(exit::USAGE, "cli.failure.month", &[("month", text)]))
        };
        Ok(Question {
            region: self.region.as_ref().map(area).transpose()?,
            month: self.month.as_ref().map(month).transpose()?,
        })
    }
}

/// What a file of figures says; `None` of another file.
pub fn claim_in(file: &[u8]) -> Option<Json> {
    let bare = file
        .strip_prefix(CLAIM)
        .or_else(|| paper::certificate::attached(file, CLAIM)?.strip_prefix(CLAIM))?;
    serde_json::from_slice(bare).ok()
}

impl Office {
    /// The answer to a question from what is held now, within `patience`.
    ///
    /// # Errors
    /// When listings are still being counted for the first time, or the store fails.
    pub fn statistics(
        &self,
        question: Question,
        patience: Duration,
    ) -> Result<Arc<StatisticsAnswer>, Failure> {
        let begun = Instant::now();
        let more = || begun.elapsed() < patience;
        let answer = self.statistics.answer(self.library(), question, || self.core(), more)?;
        match answer {
            Some(answer) => Ok(answer),
            None => {
                let (done, all) = (self.statistics.progress(self.library())?, self.arrivals());
                let places = [("done", done.to_string()), ("all", all.to_string())];
                let places: Vec<(&str, &str)> = places.iter().map(|(key, n)| (*key, n.as_str())).collect();
                Err(Failure::said(exit::DEGRADED, "cli.failure.counting", &places))
            }
        }
    }

    /// How this node answered enquiries, of a month or altogether.
    ///
    /// # Errors
    /// When the store fails.
    pub fn answered(&self, month: Option<Month>) -> Result<market::Answered, Failure> {
        let next = |month: Month| month.next().map_or(i64::MAX, Month::begins_ms);
        let within = month.map_or(i64::MIN..i64::MAX, |month| month.begins_ms()..next(month));
        Ok(self.library().answered_within(&within)?)
    }

    pub(super) fn statistics_reply(&self, asked: &Asked, heads: bool) -> Reply {
        let answer = self.statistics(asked.question()?, PATIENCE)?;
        self.statistics_json(&answer, heads)
    }

    /// Figures with all that another node needs to compute them again, and what this node alone knows apart from them.
    ///
    /// # Errors
    /// When the store fails.
    pub fn statistics_json(&self, answer: &StatisticsAnswer, heads: bool) -> Reply {
        let identity = self.identity();
        let charter = &identity.charter.charter;
        let own = self.answered(answer.question.month)?;
        let entries = &answer.entries;
        let told = heads && entries.heads.len() <= MAX_HEADS;
        let head = |(log, head): (&protocol::LogId, &protocol::Head)| {
            let log = data_encoding::HEXLOWER.encode(&log.to_bytes());
            json!({ "log": log, "seq": head.seq, "hash": head.hash.to_string() })
        };
        Ok(json!({
            "v": 1,
            "rules": STATISTICS_VERSION,
            "network": { "id": charter.id().to_string(), "name_zh": charter.name_zh, "name_en": charter.name_en },
            "node": { "id": identity.node.public().to_string(), "name": identity.institution.name },
            "made": json::time(now_ms()),
            "asked": {
                "region": answer.question.region.map(|code| format!("{code:06}")),
                "month": answer.question.month.map(|month| month.to_string()),
            },
            "digest": answer.digest.to_string(),
            "entries": {
                "digest": answer.entry_digest.to_string(), "roster": entries.roster.to_string(),
                "logs": entries.heads.len(), "count": entries.entries(),
                "heads": told.then(|| entries.heads.iter().map(head).collect::<Vec<_>>()),
            },
            "figures": self.figures_json(answer),
            ALONE: {
                "received": own.received, "answered": own.answered, "in_time": own.in_time, "median_ms": own.median_ms,
            },
        }))
    }

    fn figures_json(&self, answer: &StatisticsAnswer) -> Json {
        let figures = &answer.figures;
        let by = Dimension::ALL.into_iter().map(|dimension| {
            let counts: BTreeMap<&str, u64> = figures.of(dimension).collect();
            (dimension.id().to_owned(), json!(counts))
        });
        let roster = self.library().roster();
        let mut work: Vec<(&InstitutionId, &Work)> = figures.institutions.iter().collect();
        work.sort_by_key(|(id, work)| (std::cmp::Reverse(work.listings), **id));
        let sayings = |counts: &[u64]| {
            let said = SAYINGS.into_iter().zip(counts).filter(|(_, count)| **count > 0);
            json!(said.collect::<BTreeMap<_, _>>())
        };
        let line = |(id, work): (&InstitutionId, &Work)| {
            let member = roster.members.get(id);
            let state = match member.map(|member| &member.state) {
                Some(MemberState::Active) => "active",
                Some(MemberState::Suspended(_)) => "suspended",
                Some(MemberState::Exited(_)) => "exited",
                None => "unknown",
            };
            json!({
                "id": id.to_string(), "name": member.map(|m| m.institution.name.clone()).unwrap_or_default(),
                "state": state, "listings": work.listings, "kinds": work.kinds, "withdrawn": work.withdrawn,
                "received": sayings(&work.received), "given": sayings(&work.given),
            })
        };
        json!({
            "listings": figures.listings, "standing": figures.standing, "withdrawn": figures.withdrawn,
            "by": by.collect::<serde_json::Map<_, _>>(),
            "institutions": work.into_iter().map(line).collect::<Vec<_>>(),
            "demands": {
                "listed": figures.demands.listed, "looked_at": figures.demands.looked_at,
                "matched": figures.demands.matched, "contracted": figures.demands.contracted,
            },
        })
    }

    /// Figures with the entries that they follow from. Of fewer enquiries than `least` it says that they are fewer.
    ///
    /// # Errors
    /// When listings are still being counted for the first time, or the store fails.
    pub fn entries_and_figures(&self, asked: &Asked, (patience, least): (Duration, u64)) -> Reply {
        let answer = self.statistics(asked.question()?, patience)?;
        let mut told = self.statistics_json(&answer, true)?;
        if told[ALONE]["received"].as_u64().is_some_and(|received| (1..least).contains(&received)) {
            told[ALONE] = json!({ "fewer_than": least });
        }
        Ok(told)
    }

    pub(super) fn bulletin_reply(
        &self,
        asked: &Asked,
        form: &str,
        lang: &str,
        covered: Option<&Covered>,
    ) -> Reply {
        let lang = if lang == Lang::En.id() { Lang::En } else { Lang::Zh };
        let covered = covered.map(|covered| self.covered_json(covered)).transpose()?;
        Ok(file_reply(&self.bulletin(asked, form, lang, (PATIENCE, 0), covered)?))
    }

    /// A bulletin as a file: `pdf` or `xlsx`. Of fewer enquiries than `least` it says that they are fewer.
    ///
    /// # Errors
    /// When listings are still being counted for the first time, or the file cannot be made.
    pub fn bulletin(
        &self,
        asked: &Asked,
        form: &str,
        lang: Lang,
        (patience, least): (Duration, u64),
        covered: Option<Json>,
    ) -> Result<Vec<u8>, Failure> {
        let mut told = self.entries_and_figures(asked, (patience, least))?;
        if let Some(covered) = covered {
            told["coverage"] = covered;
        }
        match form {
            "xlsx" => crate::bulletin::workbook(&told, lang),
            _ => crate::bulletin::paper(&told, lang, now_ms()),
        }
    }
}
