//! What the desk's pages of sources that are harvested are told and do.

use web::SourceError;
use web::desk::harvest::{
    ComparisonView, Harvests, HeldView, LookView, NewSource, SampleView, SourceAct, SourceView,
};
use web::desk::view::{Clerk, Said};

use super::{Bench, said, told};
use crate::harvest::{self, HarvestAsk, Progress, Source, kept, when};
use crate::office::{Failure, Request};

impl Bench {
    /// Does what is asked about sources, for an administrator.
    fn ask_harvest(&self, clerk: &Clerk, ask: HarvestAsk) -> Result<serde_json::Value, Failure> {
        let request = Request::Harvest { ask };
        let reply = |request| {
            self.administrator(clerk)?;
            self.office.reply(request)
        };
        match request.act() {
            Some(act) => self.made(clerk, act, |_| reply(request), |reply| text_in(reply, "id")),
            None => reply(request),
        }
    }

    fn source_named(&self, clerk: &Clerk, id: &str) -> Result<SourceView, Failure> {
        self.administrator(clerk)?;
        let source = kept::source(&self.office, id)?;
        let missing =
            || Failure::said(crate::office::exit::FAILED, "harvest.failure.missing", &[("source", id)]);
        Ok(view(id, &source.ok_or_else(missing)?, &kept::progress(&self.office, id)?))
    }
}

impl Harvests for Bench {
    fn sources(&self, clerk: &Clerk) -> Result<Result<Vec<SourceView>, Said>, SourceError> {
        told(self.administrator(clerk).and_then(|_| {
            let sources = kept::sources(&self.office)?;
            Ok(sources.iter().map(|(id, source, progress)| view(id, source, progress)).collect())
        }))
    }

    fn source(&self, clerk: &Clerk, id: &str) -> Result<Result<SourceView, Said>, SourceError> {
        told(self.source_named(clerk, id))
    }

    fn look(&self, clerk: &Clerk, new: &NewSource) -> Result<Result<LookView, Said>, SourceError> {
        let looked = self.administrator(clerk).and_then(|_| self.office.look_at_repository(&said_of(new)));
        told(looked.map(look_view))
    }

    fn add_source(&self, clerk: &Clerk, new: &NewSource) -> Result<Result<String, Said>, SourceError> {
        let added = self.ask_harvest(clerk, HarvestAsk::Add { new: said_of(new) });
        told(added.map(|reply| text_in(&reply, "id")))
    }

    fn change_source(
        &self,
        clerk: &Clerk,
        id: &str,
        act: SourceAct,
    ) -> Result<Result<(), Said>, SourceError> {
        let source = id.to_owned();
        let ask = match act {
            SourceAct::Run => HarvestAsk::Run { source, compare: false },
            SourceAct::Compare => HarvestAsk::Run { source, compare: true },
            SourceAct::Stop => HarvestAsk::Stop { source },
            SourceAct::Confirm => HarvestAsk::Confirm { source },
            SourceAct::Pause => HarvestAsk::Pause { source, paused: true },
            SourceAct::Resume => HarvestAsk::Pause { source, paused: false },
            SourceAct::Remove => HarvestAsk::Remove { source },
        };
        told(self.ask_harvest(clerk, ask).map(drop))
    }
}

fn text_in(reply: &serde_json::Value, key: &str) -> String {
    reply[key].as_str().unwrap_or_default().to_owned()
}

fn said_of(new: &NewSource) -> harvest::NewSource {
    let NewSource { url, sets, prefix, terms, every, publish, compare_every } = new.clone();
    harvest::NewSource { url, sets, prefix, terms, every, publish, compare_every }
}

fn view(id: &str, source: &Source, progress: &Progress) -> SourceView {
    let sets = source.lists().into_iter().filter(|set| !set.is_empty()).map(str::to_owned);
    let refused =
        progress.refused.iter().map(|one| (one.identifier.clone(), (one.zh.clone(), one.en.clone())));
    let prefix = if progress.prefix.is_empty() { &source.prefix } else { &progress.prefix };
    SourceView {
        id: id.to_owned(),
        url: source.url.clone(),
        sets: sets.collect(),
        prefix: prefix.clone(),
        terms: source.terms.clone(),
        every: when::text(source.every_s),
        publish: source.publish,
        paused: source.paused,
        name: progress.name.clone(),
        tells: progress.tells_deletions(),
        under_way: progress.under_way,
        done_ms: progress.done_ms,
        next_ms: progress.next_ms,
        seen: progress.seen,
        total: progress.total,
        counts: progress.counts.iter().map(|(word, n)| (word.clone(), *n)).collect(),
        failures: progress.failures,
        failure: progress.failure.as_ref().map(said),
        refused: refused.collect(),
        comparison: comparison(source, progress),
    }
}

fn comparison(source: &Source, progress: &Progress) -> ComparisonView {
    let of = &progress.comparison;
    let every_s = progress.compare_every_s(source);
    ComparisonView {
        every: if every_s == 0 { String::new() } else { when::text(every_s) },
        done_ms: of.done_ms,
        numbers: [of.listed, of.known, of.missing, of.gone],
        held: of.held.as_ref().map(|held| HeldView {
            since_ms: held.since_ms,
            missing: held.missing,
            known: held.known,
            named: held.named.clone(),
        }),
        failure: of.failure.as_ref().map(said),
    }
}

fn look_view(look: harvest::Look) -> LookView {
    let sample = |sample: harvest::Sample| SampleView {
        identifier: sample.identifier,
        kind: sample.kind,
        fields: sample.fields,
        why: sample.why,
    };
    LookView {
        tells: !["no", "transient"].contains(&look.deleted.as_str()),
        name: look.name,
        prefix: look.prefix,
        formats: look.formats,
        sets: look.sets,
        more_sets: look.more_sets,
        records: look.records.into_iter().map(sample).collect(),
    }
}
