//! What can be asked about sources, and the answers.

use exchange::oai::terms::{self, Terms};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::{MAX_SETS, MAX_SOURCES, Progress, Source, kept, when};
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
        /// What is said of it.
        new: NewSource,
    },
    /// A look at a repository, which changes nothing.
    Try {
        /// What would be said of it.
        new: NewSource,
    },
    /// A pass now.
    Run {
        /// As in [`HarvestAsk::Show`].
        source: String,
        /// Whether what is known is compared with what is listed, too.
        #[serde(default)]
        compare: bool,
    },
    /// Ends the pass under way; the next one goes on where it was.
    Stop {
        /// As in [`HarvestAsk::Show`].
        source: String,
    },
    /// What is missing is gone, if it still is when it is looked for now.
    Confirm {
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

/// What is said of a source.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
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
    /// Published at once.
    pub publish: bool,
    /// How often it is compared with what is listed: such as `7d`, or `never`; empty for the usual way.
    pub compare_every: String,
}

/// The terms of a file.
///
/// # Errors
/// Where they are wrong.
pub fn terms_of(text: &str) -> Result<Terms, Failure> {
    Terms::parse(text).map_err(|(zh, en)| Failure { message_zh: zh, ..Failure::new(exit::USAGE, en, "") })
}

/// Whether something can be the name of a set or a form of records, or is empty.
pub(super) fn is_name(name: &str) -> bool {
    name.len() <= MAX_NAME && name.bytes().all(|b| b.is_ascii_graphic())
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
            HarvestAsk::Add { new } => self.add_source(&new),
            HarvestAsk::Try { new } => Ok(json!(self.look_at_repository(&new)?)),
            HarvestAsk::Run { source, compare } => {
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
                    if compare {
                        source.compare_ms = source.asked_ms;
                    }
                    true
                })
            }
            HarvestAsk::Stop { source } => self.one(&source, |source| {
                source.stopped_ms = now_ms().max(source.asked_ms);
                true
            }),
            HarvestAsk::Confirm { source } => self.confirm_missing(&source),
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

    fn confirm_missing(&self, name: &str) -> Reply {
        let (id, found) = self.source_of(name)?;
        let refused = |key| Failure::said(exit::REFUSED, key, &[("source", &found.url)]);
        if found.paused {
            return Err(refused("harvest.failure.paused"));
        }
        if kept::progress(self, &id)?.comparison.held.is_none() {
            return Err(refused("harvest.failure.nothing-held"));
        }
        self.one(&id, |source| {
            let now = now_ms();
            (source.asked_ms, source.compare_ms, source.confirmed_ms) = (now, now, now);
            true
        })
    }

    /// A source of what is said of it.
    ///
    /// # Errors
    /// When a part of it makes no sense.
    pub(super) fn checked_source(&self, new: &NewSource) -> Result<Source, Failure> {
        let url = courier::check(&new.url).map_err(|error| Failure {
            message_zh: error.zh(),
            ..Failure::new(exit::USAGE, error.to_string(), "")
        })?;
        let said = |key: &str, what: &str| Failure::said(exit::USAGE, key, &[("what", what)]);
        if let Some(name) = new.sets.iter().chain([&new.prefix]).find(|name| !is_name(name)) {
            return Err(said("harvest.failure.name", &catalog::fold::clip(name, 60)));
        }
        if new.terms.len() > terms::MAX_FILE {
            return Err(said("harvest.failure.terms", &terms::MAX_FILE.to_string()));
        }
        if !new.terms.is_empty() {
            terms_of(&new.terms)?;
        }
        let mut source = Source {
            url,
            prefix: new.prefix.clone(),
            terms: new.terms.clone(),
            publish: new.publish,
            ..Source::default()
        };
        source.set_lists(&new.sets);
        if source.lists().len() > MAX_SETS {
            return Err(said("harvest.failure.sets", &MAX_SETS.to_string()));
        }
        Ok(source)
    }

    fn add_source(&self, new: &NewSource) -> Reply {
        let mut source = self.checked_source(new)?;
        let wrong = |what: &str| Failure::said(exit::USAGE, "harvest.failure.every", &[("what", what)]);
        source.every_s = when::every(&new.every).ok_or_else(|| wrong(&new.every))?;
        source.compare_s = match new.compare_every.trim() {
            "" => None,
            "never" => Some(0),
            text => Some(when::every(text).ok_or_else(|| wrong(text))?),
        };
        let (id, all) = (source.id(), kept::sources(self)?);
        if all.len() >= MAX_SOURCES && all.iter().all(|(other, ..)| *other != id) {
            let most = MAX_SOURCES.to_string();
            return Err(Failure::said(exit::USAGE, "harvest.failure.many", &[("what", &most)]));
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
        "sets": source.lists().into_iter().filter(|set| !set.is_empty()).collect::<Vec<_>>(),
        "prefix": if progress.prefix.is_empty() { &source.prefix } else { &progress.prefix },
        "every": when::text(source.every_s),
        "every_s": source.every_s,
        "publish": source.publish,
        "paused": source.paused,
        "name": progress.name,
        "deleted": progress.deleted,
        "under_way": progress.under_way,
        "begun": time(progress.begun_ms),
        "done": time(progress.done_ms),
        "done_ms": progress.done_ms,
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
        "comparison": comparison(source, progress),
    });
    if whole {
        said["refused"] = json!(progress.refused);
        said["terms"] = json!(source.terms);
    }
    said
}

/// How what is known stands against what is listed.
fn comparison(source: &Source, progress: &Progress) -> Json {
    let of = &progress.comparison;
    let time = |ms: i64| if ms > 0 { json!(time_text(ms)) } else { Json::Null };
    let every = match progress.compare_every_s(source) {
        0 => "never".to_owned(),
        every_s => when::text(every_s),
    };
    json!({
        "every": every,
        "done": time(of.done_ms),
        "listed": of.listed,
        "known": of.known,
        "missing": of.missing,
        "gone": of.gone,
        "held": of.held.as_ref().map(|held| json!({
            "since": time_text(held.since_ms), "missing": held.missing, "known": held.known, "named": held.named,
        })),
        "failure": of.failure,
    })
}
