//! What can be asked about sources, and the answers.

use exchange::oai::terms::{self, Terms};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::{MAX_SOURCES, Progress, Source, kept, when};
use crate::core::now_ms;
use crate::office::{Failure, Office, Reply, exit, time_text};

/// Longest name of a set or a form of records, bytes.
const MAX_NAME: usize = 200;

/// What is asked about sources.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "kebab-case")]
pub enum HarvestAsk {
    /// All of them.
    List,
    /// One of them.
    Show {
        /// Its address, or the first digits of its id.
        source: String,
    },
    /// A new one, or other terms for one that there is.
    Add {
        /// The address of the repository.
        url: String,
        /// The set; empty for all.
        set: String,
        /// The form of records; empty for the best that there is.
        prefix: String,
        /// Which element becomes which field, as TOML; empty for the usual way.
        terms: String,
        /// Such as `6h`.
        every: String,
        /// Published at once.
        publish: bool,
    },
    /// A pass now.
    Run {
        /// As in [`HarvestAsk::Show`].
        source: String,
    },
    /// Leaves it alone, or no longer.
    Pause {
        /// As in [`HarvestAsk::Show`].
        source: String,
        /// Whether it is left alone.
        paused: bool,
    },
    /// Forgets it; what it brought stays.
    Remove {
        /// As in [`HarvestAsk::Show`].
        source: String,
    },
}

/// The terms of a file.
///
/// # Errors
/// Where they are wrong.
pub fn terms_of(text: &str) -> Result<Terms, Failure> {
    Terms::parse(text).map_err(|(zh, en)| Failure { message_zh: zh, ..Failure::new(exit::USAGE, en, "") })
}

impl Office {
    /// Answers what is asked about sources.
    ///
    /// # Errors
    /// When there is no such source, it cannot be one, or the disk fails.
    pub fn answer_harvest(&self, ask: HarvestAsk) -> Reply {
        match ask {
            HarvestAsk::List => {
                let all = kept::sources(self)?;
                let all: Vec<Json> =
                    all.iter().map(|(id, source, progress)| of(id, source, progress, false)).collect();
                Ok(json!({ "v": 1, "sources": all }))
            }
            HarvestAsk::Show { source } => self.one(&source, |_| true),
            HarvestAsk::Add { url, set, prefix, terms, every, publish } => {
                self.add_source(Source { url, set, prefix, terms, publish, ..Source::default() }, &every)
            }
            HarvestAsk::Run { source } => {
                let (_, found) = self.source_of(&source)?;
                if found.paused {
                    return Err(Failure::said(
                        exit::REFUSED,
                        "harvest.failure.paused",
                        &[("source", &found.url)],
                    ));
                }
                self.one(&source, |source| {
                    source.asked_ms = now_ms();
                    true
                })
            }
            HarvestAsk::Pause { source, paused } => self.one(&source, |source| {
                source.paused = paused;
                true
            }),
            HarvestAsk::Remove { source } => {
                let (id, source) = self.source_of(&source)?;
                kept::remove(self, &id)?;
                self.harvest_bell().notify_one();
                Ok(json!({ "v": 1, "id": id, "url": source.url, "removed": true }))
            }
        }
    }

    fn add_source(&self, mut source: Source, every: &str) -> Reply {
        source.url = courier::check(&source.url).map_err(|error| Failure {
            message_zh: error.zh(),
            ..Failure::new(exit::USAGE, error.to_string(), "")
        })?;
        let said = |key: &str, what: &str| Failure::said(exit::USAGE, key, &[("what", what)]);
        source.every_s = when::every(every).ok_or_else(|| said("harvest.failure.every", every))?;
        for name in [&source.set, &source.prefix] {
            let plain = name.len() <= MAX_NAME && name.bytes().all(|b| b.is_ascii_graphic());
            if !plain {
                return Err(said("harvest.failure.name", &catalog::fold::clip(name, 60)));
            }
        }
        if source.terms.len() > terms::MAX_FILE {
            return Err(said("harvest.failure.terms", &terms::MAX_FILE.to_string()));
        }
        if !source.terms.is_empty() {
            terms_of(&source.terms)?;
        }
        let (id, all) = (source.id(), kept::sources(self)?);
        if all.len() >= MAX_SOURCES && all.iter().all(|(other, ..)| *other != id) {
            return Err(said("harvest.failure.many", &MAX_SOURCES.to_string()));
        }
        source.asked_ms = now_ms();
        kept::keep_source(self, &id, &source)?;
        self.harvest_bell().notify_one();
        Ok(of(&id, &source, &kept::progress(self, &id)?, true))
    }

    /// One source, after a change, which is kept.
    fn one(&self, name: &str, change: impl FnOnce(&mut Source) -> bool) -> Reply {
        let (id, before) = self.source_of(name)?;
        let mut source = before.clone();
        if change(&mut source) && source != before {
            kept::keep_source(self, &id, &source)?;
            self.harvest_bell().notify_one();
        }
        Ok(of(&id, &source, &kept::progress(self, &id)?, true))
    }

    /// The source that an address or the first digits of an id mean.
    fn source_of(&self, name: &str) -> Result<(String, Source), Failure> {
        let url = courier::check(name).unwrap_or_default();
        let fits = |id: &str, source: &Source| {
            source.url == url || source.url == name || (!name.is_empty() && id.starts_with(name))
        };
        let mut found = kept::sources(self)?.into_iter().filter(|(id, source, _)| fits(id, source));
        let missing = || Failure::said(exit::FAILED, "harvest.failure.missing", &[("source", name)]);
        let (id, source, _) = found.next().ok_or_else(missing)?;
        if found.next().is_some() {
            return Err(Failure::said(exit::FAILED, "harvest.failure.several", &[("source", name)]));
        }
        Ok((id, source))
    }
}

/// A source as JSON; `whole` with what was refused, and the terms.
fn of(id: &str, source: &Source, progress: &Progress, whole: bool) -> Json {
    let time = |ms: i64| if ms > 0 { json!(time_text(ms)) } else { Json::Null };
    let mut said = json!({
        "v": 1,
        "id": id,
        "url": source.url,
        "set": source.set,
        "prefix": if progress.prefix.is_empty() { &source.prefix } else { &progress.prefix },
        "every": when::text(source.every_s),
        "publish": source.publish,
        "paused": source.paused,
        "name": progress.name,
        "deleted": progress.deleted,
        "under_way": progress.under_way,
        "begun": time(progress.begun_ms),
        "done": time(progress.done_ms),
        "next": if source.paused { Json::Null } else { time(progress.next_ms) },
        "asked_ms": source.asked_ms,
        "begun_ms": progress.begun_ms,
        "pages": progress.pages,
        "seen": progress.seen,
        "total": progress.total,
        "goes_on": progress.token.is_some(),
        "counts": progress.counts,
        "again": progress.again.len(),
        "failures": progress.failures,
        "failure": progress.failure,
    });
    if whole {
        said["refused"] = json!(progress.refused);
        said["terms"] = json!(source.terms);
    }
    said
}
