//! One pass over a source: from where the last one ended, or was cut off, to the end of the list.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use courier::Client;
use exchange::oai::reading::{self, Foreign, Reading};
use exchange::oai::{Stamp, full};
use tokio::sync::Semaphore;

use super::records::{Reader, take};
use super::{Progress, Source, kept, when};
use crate::core::now_ms;
use crate::office::{Failure, Office, exit};

/// Pages of one pass; a list of a hundred million records goes on in the next.
const MAX_PAGES: u64 = 1_000_000;
/// A repository that asks to be left alone for no longer than this is waited for within the pass.
const PATIENCE: Duration = Duration::from_secs(120);
/// How often in a row that is done for one page.
const MAX_WAITS: u32 = 5;
/// How long it is left alone where it does not say.
const USUAL_WAIT: Duration = Duration::from_secs(30);

/// What a pass needs.
#[derive(Clone)]
pub(super) struct Pass {
    pub(super) office: Arc<Office>,
    pub(super) client: Arc<Client>,
    /// Taking in is done one after the other, and not cut off midway.
    pub(super) taking: Arc<Semaphore>,
    pub(super) stopping: Arc<AtomicBool>,
}

/// Why a pass ended before the list did.
struct Trouble {
    failure: Failure,
    /// How long the repository asked to be left alone.
    asked: Duration,
}

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Self {
        Self { failure, asked: Duration::ZERO }
    }
}

impl From<courier::Error> for Trouble {
    fn from(error: courier::Error) -> Self {
        let code = if error.is_passing() { exit::UNREACHABLE } else { exit::REFUSED };
        Failure { message_zh: error.zh(), ..Failure::new(code, error.to_string(), "") }.into()
    }
}

impl From<reading::Unreadable> for Trouble {
    fn from(error: reading::Unreadable) -> Self {
        let code = if error.is_passing() { exit::UNREACHABLE } else { exit::REJECTED };
        Failure { message_zh: error.zh(), ..Failure::new(code, error.to_string(), "") }.into()
    }
}

/// How a walk through a list ended.
#[derive(PartialEq, Eq)]
enum Walked {
    Whole,
    /// Somebody paused or removed it, or the node ends.
    Stopped,
}

impl Pass {
    /// Makes a pass over the source with this id, and keeps how it went.
    pub(super) async fn run(&self, id: &str) {
        if let Err(failure) = self.try_run(id).await {
            tracing::error!("harvesting {id}: {failure}");
        }
    }

    async fn try_run(&self, id: &str) -> Result<(), Failure> {
        let Some(source) = kept::source(&self.office, id)? else { return Ok(()) };
        let mut progress = kept::progress(&self.office, id)?;
        // In the same millisecond as it was asked for, it would be asked for again.
        progress.begun_ms = now_ms().max(source.asked_ms);
        progress.under_way = true;
        if progress.token.is_none() {
            (progress.pages, progress.seen, progress.total) = (0, 0, None);
            progress.counts.clear();
        }
        self.keep(id, &progress).await?;
        let walked = self.walk(id, &source, &mut progress).await;
        progress.under_way = false;
        let chance = u16::from_be_bytes(market::random::<2>()?);
        let turn = |failures, asked: Duration| {
            when::next_ms(now_ms(), source.every_s, failures, asked.as_secs(), chance)
        };
        match walked {
            Ok(Walked::Stopped) => {}
            Ok(Walked::Whole) => {
                (progress.failures, progress.failure, progress.done_ms) = (0, None, now_ms());
                progress.next_ms = turn(0, Duration::ZERO);
                tracing::info!("harvested {}: {:?}", source.url, progress.counts);
            }
            Err(Trouble { failure, asked }) => {
                tracing::warn!("harvesting {}: {failure}", source.url);
                progress.failures = progress.failures.saturating_add(1);
                progress.next_ms = turn(progress.failures, asked);
                progress.failure = Some(failure);
            }
        }
        self.keep(id, &progress).await
    }

    async fn walk(&self, id: &str, source: &Source, progress: &mut Progress) -> Result<Walked, Trouble> {
        if progress.token.is_none() {
            self.introduce(source, progress).await?;
        }
        let reader = Arc::new(Reader::new(&self.office, &source.terms)?);
        let (mut anew, mut before) = (false, None::<(Option<String>, Option<String>)>);
        for _ in 0..MAX_PAGES {
            if !self.goes_on(id)? {
                return Ok(Walked::Stopped);
            }
            let page = self.ask(source, &arguments(source, progress)).await?;
            if let Some((code, text)) = page.faults.first() {
                match code.as_str() {
                    "noRecordsMatch" => {}
                    // It forgot where we were: the list is begun anew, once. What was taken in before changes nothing.
                    "badResumptionToken" if progress.token.is_some() && !anew => {
                        anew = true;
                        progress.token = None;
                        (progress.pages, progress.seen) = (0, 0);
                        self.keep(id, progress).await?;
                        continue;
                    }
                    _ => return Err(objection(code, text).into()),
                }
            }
            if progress.token.is_none() {
                progress.window_s = page.at.map(Stamp::first);
            }
            // A list that leads in a circle would never end.
            let place = (page.token.clone(), page.records.first().map(|record| record.identifier.clone()));
            if page.token.is_some() && (page.token == progress.token && before.as_ref() == Some(&place)) {
                progress.token = None;
                return Err(Failure::said(exit::REJECTED, "harvest.failure.circle", &[]).into());
            }
            before = Some(place);
            self.take(source, &reader, page.records, progress).await?;
            progress.pages += 1;
            progress.total = page.total.or(progress.total);
            progress.token = page.token;
            if progress.token.is_none() {
                progress.from_s = progress.window_s.map(when::from_s).or(progress.from_s);
            }
            (progress.failures, progress.failure) = (0, None);
            self.keep(id, progress).await?;
            if progress.token.is_none() {
                self.ask_again(source, &reader, progress).await?;
                return Ok(Walked::Whole);
            }
        }
        Ok(Walked::Stopped)
    }

    /// Asks what repository it is, and which form of records it has.
    async fn introduce(&self, source: &Source, progress: &mut Progress) -> Result<(), Trouble> {
        let said = self.ask(source, &[("verb".to_owned(), "Identify".to_owned())]).await?;
        if let Some(repository) = said.repository {
            progress.name = catalog::fold::clip(&catalog::fold::line(&repository.name), 200);
            progress.deleted = catalog::fold::clip(&repository.deleted, 20);
            progress.to_the_second = repository.to_the_second;
        } else if let Some((code, text)) = said.faults.first() {
            return Err(objection(code, text).into());
        }
        source.prefix.clone_into(&mut progress.prefix);
        if source.prefix.is_empty() {
            let said = self.ask(source, &[("verb".to_owned(), "ListMetadataFormats".to_owned())]).await?;
            let ours = said.formats.iter().find(|format| format.namespace == full::NAMESPACE);
            progress.prefix = ours.map_or_else(|| "oai_dc".to_owned(), |format| format.prefix.clone());
        }
        Ok(())
    }

    /// Records at which somebody was writing when they came.
    async fn ask_again(
        &self,
        source: &Source,
        reader: &Arc<Reader>,
        progress: &mut Progress,
    ) -> Result<(), Trouble> {
        for identifier in std::mem::take(&mut progress.again) {
            let arguments =
                [("verb", "GetRecord"), ("identifier", &identifier), ("metadataPrefix", &progress.prefix)];
            let arguments = arguments.map(|(name, value)| (name.to_owned(), value.to_owned()));
            let said = self.ask(source, &arguments).await?;
            self.take(source, reader, said.records, progress).await?;
        }
        Ok(())
    }

    /// Asks for one answer. A repository that is busy is waited for, if not for long.
    async fn ask(&self, source: &Source, arguments: &[(String, String)]) -> Result<Reading, Trouble> {
        let borrowed: Vec<(&str, &str)> = arguments.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        let url = courier::with_query(&source.url, &borrowed)?;
        let mut waits = 0;
        loop {
            let answer =
                self.client.get(&url, &[("accept", "text/xml, application/xml;q=0.9, */*;q=0.1")]).await?;
            let status = answer.status();
            if matches!(status, 429 | 503) {
                let asked =
                    answer.retry_after(SystemTime::now()).unwrap_or(USUAL_WAIT).max(Duration::from_secs(1));
                if waits >= MAX_WAITS || asked > PATIENCE {
                    let failure = Failure::said(exit::UNREACHABLE, "harvest.failure.busy", &[]);
                    return Err(Trouble { failure, asked });
                }
                waits += 1;
                tokio::time::sleep(asked).await;
                continue;
            }
            let (good, kind) =
                (answer.is_success(), answer.header("content-type").unwrap_or_default().to_owned());
            let body = answer.read(reading::MAX_ANSWER).await?;
            let read = self.aside(move || reading::read(&body, charset(&kind))).await?;
            return match (good, read) {
                (true, read) => Ok(read?),
                // Some tell their objections with a status of failure.
                (false, Ok(read)) if !read.faults.is_empty() => Ok(read),
                (false, _) => {
                    let key = "harvest.failure.status";
                    Err(Failure::said(exit::UNREACHABLE, key, &[("status", &status.to_string())]).into())
                }
            };
        }
    }

    async fn take(
        &self,
        source: &Source,
        reader: &Arc<Reader>,
        records: Vec<Foreign>,
        progress: &mut Progress,
    ) -> Result<(), Trouble> {
        let turn = Arc::clone(&self.taking).acquire_owned().await;
        let turn = turn.map_err(|_| Failure::said(exit::UNREACHABLE, "cli.status.not-running", &[]))?;
        let (office, reader) = (Arc::clone(&self.office), Arc::clone(reader));
        let (from, publish, mut moved) = (source.url.clone(), source.publish, progress.clone());
        let (taken, moved) = self
            .aside(move || {
                let taken = take(&office, &reader, (&from, publish), &records, &mut moved);
                // Given back only now, whatever became of whoever waits for this.
                drop(turn);
                (taken, moved)
            })
            .await?;
        *progress = moved;
        Ok(taken?)
    }

    /// Does something on a thread that may wait for the disk.
    async fn aside<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Failure> {
        let ended = |error: tokio::task::JoinError| Failure::new(exit::FAILED, error.to_string(), "");
        tokio::task::spawn_blocking(work).await.map_err(ended)
    }

    async fn keep(&self, id: &str, progress: &Progress) -> Result<(), Failure> {
        let (office, id, progress) = (Arc::clone(&self.office), id.to_owned(), progress.clone());
        self.aside(move || kept::keep_progress(&office, &id, &progress)).await?
    }

    /// Whether nobody has said stop.
    fn goes_on(&self, id: &str) -> Result<bool, Failure> {
        let wanted = kept::source(&self.office, id)?.is_some_and(|source| !source.paused);
        Ok(wanted && !self.stopping.load(Ordering::Acquire))
    }
}

/// What is asked for next.
fn arguments(source: &Source, progress: &Progress) -> Vec<(String, String)> {
    let verb = ("verb".to_owned(), "ListRecords".to_owned());
    if let Some(token) = &progress.token {
        return vec![verb, ("resumptionToken".to_owned(), token.clone())];
    }
    let from = progress.from_s.map(|s| if progress.to_the_second { Stamp::Second(s) } else { Stamp::Day(s) });
    let set = Some(&source.set).filter(|set| !set.is_empty());
    let prefix = ("metadataPrefix".to_owned(), progress.prefix.clone());
    let from = from.map(|stamp| ("from".to_owned(), stamp.text()));
    let set = set.map(|set| ("set".to_owned(), set.clone()));
    [verb, prefix].into_iter().chain(from).chain(set).collect()
}

/// What a server calls the encoding of its answer.
fn charset(content_type: &str) -> Option<&str> {
    let parts = content_type.split(';').skip(1).filter_map(|part| part.split_once('='));
    let mut named = parts.filter(|(name, _)| name.trim().eq_ignore_ascii_case("charset"));
    named.next().map(|(_, value)| value.trim().trim_matches('"'))
}

/// What a repository says against a request.
fn objection(code: &str, text: &str) -> Failure {
    let short = |text: &str| catalog::fold::clip(&catalog::fold::line(text), 300);
    let places = [("code", short(code)), ("what", short(text))];
    let places = places.each_ref().map(|(key, value)| (*key, value.as_str()));
    Failure::said(exit::REJECTED, "harvest.failure.objection", &places)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changed_is_asked_for_in_the_repositorys_own_measure() {
        let source = Source { set: "s:1".to_owned(), ..Source::default() };
        let mut progress =
            Progress { prefix: "oai_dc".to_owned(), from_s: Some(1_795_806_464), ..Progress::default() };
        let asked = |progress: &Progress| {
            let all = arguments(&source, progress);
            all.into_iter().map(|(n, v)| format!("{n}={v}")).collect::<Vec<_>>().join("&")
        };
        assert_eq!(asked(&progress), "verb=ListRecords&metadataPrefix=oai_dc&from=2026-11-27&set=s:1");
        progress.to_the_second = true;
        assert_eq!(
            asked(&progress),
            "verb=ListRecords&metadataPrefix=oai_dc&from=2026-11-27T19:07:44Z&set=s:1"
        );
        // A token stands alone.
        progress.token = Some("t".to_owned());
        assert_eq!(asked(&progress), "verb=ListRecords&resumptionToken=t");
        progress = Progress { prefix: "x".to_owned(), ..Progress::default() };
        assert_eq!(asked(&progress), "verb=ListRecords&metadataPrefix=x&set=s:1");
    }

    #[test]
    fn the_encoding_is_found_in_a_content_type() {
        assert_eq!(charset("text/xml; Charset=\"gbk\""), Some("gbk"));
        assert_eq!(charset("text/xml"), None);
        assert_eq!(charset("text/xml; q=1; charset=utf-8"), Some("utf-8"));
    }
}
