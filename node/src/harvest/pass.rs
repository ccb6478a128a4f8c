//! One pass over a source: from where the last one ended, or was cut off, to the end of the list.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use courier::Client;
use exchange::oai::reading::{Foreign, FormatName, Reading};
use exchange::oai::{Stamp, full};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::fetch::{Arguments, Trouble, arguments as named, aside, fetch, objection};
use super::records::{Origin, Reader, take};
use super::{Progress, Source, kept, when};
use crate::core::now_ms;
use crate::office::{Failure, Office, exit};

/// Pages of one pass; a list of a hundred million records goes on in the next.
const MAX_PAGES: u64 = 1_000_000;
/// How often in a row a repository that asks to be left alone is waited for, for one page.
const MAX_WAITS: u32 = 5;

/// What a pass needs.
#[derive(Clone)]
pub(super) struct Pass {
    pub(super) office: Arc<Office>,
    pub(super) client: Arc<Client>,
    /// Taking in is done one after the other, and not cut off midway.
    pub(super) taking: Arc<Semaphore>,
    pub(super) stopping: Arc<AtomicBool>,
}

/// How a walk through a list ended.
#[derive(PartialEq, Eq)]
pub(super) enum Walked {
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
        if at_beginning(&progress) {
            (progress.pages, progress.seen, progress.total) = (0, 0, None);
            progress.counts.clear();
        }
        self.keep(id, &progress).await?;
        let mut walked = self.walk(id, &source, &mut progress).await;
        if matches!(walked, Ok(Walked::Whole)) {
            walked = self.compare_if_due(id, &mut progress).await;
        }
        progress.under_way = false;
        let chance = u16::from_be_bytes(market::random::<2>()?);
        let turn = |failures, asked: Duration| {
            when::next_ms(now_ms(), source.every_s, failures, asked.as_secs(), chance)
        };
        match walked {
            Ok(Walked::Stopped) => {
                // Whoever stopped it wants it left alone until its next turn.
                if self.was_stopped(id, &progress)? {
                    progress.next_ms = turn(0, Duration::ZERO);
                }
            }
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
        if at_beginning(progress) {
            self.introduce(source, progress).await?;
        }
        let lists = source.lists().len();
        // What is kept may be damaged.
        progress.list = progress.list.min(lists.saturating_sub(1));
        let reader = Arc::new(Reader::new(&self.office, &source.terms)?);
        let (mut anew, mut before) = (false, None::<(Option<String>, Option<String>)>);
        for _ in 0..MAX_PAGES {
            if !self.goes_on(id, progress)? {
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
            self.take((id, source), &reader, page.records, (Some(progress.list), progress)).await?;
            progress.pages += 1;
            // Of several lists together nobody says how many there are.
            progress.total = page.total.or(progress.total).filter(|_| lists == 1);
            progress.token = page.token;
            let ended = progress.token.is_none();
            if ended {
                progress.list_ended();
                progress.list = if progress.list + 1 < lists { progress.list + 1 } else { 0 };
            }
            (progress.failures, progress.failure) = (0, None);
            self.keep(id, progress).await?;
            if ended && progress.list == 0 {
                self.ask_again((id, source), &reader, progress).await?;
                return Ok(Walked::Whole);
            }
        }
        Ok(Walked::Stopped)
    }

    /// Asks what repository it is, and which form of records it has.
    async fn introduce(&self, source: &Source, progress: &mut Progress) -> Result<(), Trouble> {
        let said = self.ask(source, &named(&[("verb", "Identify")])).await?;
        if let Some(repository) = said.repository {
            progress.name = catalog::fold::clip(&catalog::fold::line(&repository.name), 200);
            progress.deleted = catalog::fold::clip(&repository.deleted, 20);
            progress.to_the_second = repository.to_the_second;
        } else if let Some((code, text)) = said.faults.first() {
            return Err(objection(code, text).into());
        }
        source.prefix.clone_into(&mut progress.prefix);
        if source.prefix.is_empty() {
            let said = self.ask(source, &named(&[("verb", "ListMetadataFormats")])).await?;
            progress.prefix = best(&said.formats);
        }
        Ok(())
    }

    /// Records at which somebody was writing when they came, or that a comparison found anew.
    pub(super) async fn ask_again(
        &self,
        (id, source): (&str, &Source),
        reader: &Arc<Reader>,
        progress: &mut Progress,
    ) -> Result<(), Trouble> {
        for identifier in std::mem::take(&mut progress.again) {
            let asked =
                [("verb", "GetRecord"), ("identifier", &identifier), ("metadataPrefix", &progress.prefix)];
            let said = self.ask(source, &named(&asked)).await?;
            self.take((id, source), reader, said.records, (None, progress)).await?;
        }
        Ok(())
    }

    /// Asks for one answer.
    pub(super) async fn ask(
        &self,
        source: &Source,
        arguments: &[(String, String)],
    ) -> Result<Reading, Trouble> {
        fetch(&self.client, source, arguments, MAX_WAITS).await
    }

    async fn take(
        &self,
        (id, source): (&str, &Source),
        reader: &Arc<Reader>,
        records: Vec<Foreign>,
        (list, progress): (Option<usize>, &mut Progress),
    ) -> Result<(), Trouble> {
        let turn = self.turn().await?;
        let (office, reader, mut moved) = (Arc::clone(&self.office), Arc::clone(reader), progress.clone());
        let origin = Origin { id: id.to_owned(), url: source.url.clone(), publish: source.publish, list };
        let (taken, moved) = aside(move || {
            let taken = take(&office, &reader, &origin, &records, &mut moved);
            // Given back only now, whatever became of whoever waits for this.
            drop(turn);
            (taken, moved)
        })
        .await?;
        *progress = moved;
        Ok(taken?)
    }

    /// A turn to take something in.
    pub(super) async fn turn(&self) -> Result<OwnedSemaphorePermit, Failure> {
        let turn = Arc::clone(&self.taking).acquire_owned().await;
        turn.map_err(|_| Failure::said(exit::UNREACHABLE, "cli.status.not-running", &[]))
    }

    pub(super) async fn keep(&self, id: &str, progress: &Progress) -> Result<(), Failure> {
        let (office, id, progress) = (Arc::clone(&self.office), id.to_owned(), progress.clone());
        aside(move || kept::keep_progress(&office, &id, &progress)).await?
    }

    /// Whether nobody has said stop.
    pub(super) fn goes_on(&self, id: &str, progress: &Progress) -> Result<bool, Failure> {
        let source = kept::source(&self.office, id)?;
        let wanted = source.is_some_and(|source| !source.paused && source.stopped_ms < progress.begun_ms);
        Ok(wanted && !self.stopping.load(Ordering::Acquire))
    }

    /// Whether somebody stopped the pass under way.
    fn was_stopped(&self, id: &str, progress: &Progress) -> Result<bool, Failure> {
        Ok(kept::source(&self.office, id)?.is_some_and(|source| source.stopped_ms >= progress.begun_ms))
    }
}

/// Whether a pass begins with the first page of the first list.
fn at_beginning(progress: &Progress) -> bool {
    progress.token.is_none() && progress.list == 0
}

/// The form of records that says most, of those that there are.
pub(super) fn best(formats: &[FormatName]) -> String {
    let ours = formats.iter().find(|format| format.namespace == full::NAMESPACE);
    ours.map_or_else(|| "oai_dc".to_owned(), |format| format.prefix.clone())
}

/// What is asked for next.
fn arguments(source: &Source, progress: &Progress) -> Arguments {
    if let Some(token) = &progress.token {
        return named(&[("verb", "ListRecords"), ("resumptionToken", token)]);
    }
    let from = progress.since_s(progress.list);
    let from = from.map(|s| if progress.to_the_second { Stamp::Second(s) } else { Stamp::Day(s) });
    let mut all = named(&[("verb", "ListRecords"), ("metadataPrefix", &progress.prefix)]);
    all.extend(from.map(|stamp| ("from".to_owned(), stamp.text())));
    all.extend(set_of(source, progress.list));
    all
}

/// The set of one of a source's lists, as an argument; none where it is of all records.
pub(super) fn set_of(source: &Source, list: usize) -> Option<(String, String)> {
    let set = source.lists().get(list).copied().filter(|set| !set.is_empty())?;
    Some(("set".to_owned(), set.to_owned()))
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
    fn each_list_has_a_place_of_its_own() {
        let mut source = Source::default();
        source.set_lists(&["b".to_owned(), "a".to_owned()]);
        let mut progress = Progress { prefix: "x".to_owned(), ..Progress::default() };
        progress.window_s = Some(1_795_806_464);
        progress.list_ended();
        progress.list = 1;
        let asked = |progress: &Progress| {
            let all = arguments(&source, progress);
            all.into_iter().map(|(n, v)| format!("{n}={v}")).collect::<Vec<_>>().join("&")
        };
        assert_eq!(asked(&progress), "verb=ListRecords&metadataPrefix=x&set=b", "nothing of it was seen yet");
        progress.window_s = Some(1_795_906_464);
        progress.list_ended();
        assert_eq!(asked(&progress), "verb=ListRecords&metadataPrefix=x&from=2026-11-28&set=b");
        progress.list = 0;
        assert_eq!(asked(&progress), "verb=ListRecords&metadataPrefix=x&from=2026-11-27&set=a");
        progress.begin_anew();
        assert_eq!(asked(&progress), "verb=ListRecords&metadataPrefix=x&set=a");
    }
}
