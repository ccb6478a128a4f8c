//! Statistics for the pages.

use std::collections::BTreeSet;
use std::time::Duration;

use catalog::statistics::{Dimension, Month};
use catalog::{Lang, region};
use market::{Question, SAYINGS, StatisticsAnswer, Work};
use protocol::{InstitutionId, MemberState, Roster};
use serde_json::Value as Json;
use web::SourceError;
use web::limits::LEAST_TOLD;
use web::view::{
    AnsweredView, ApartLog, ApartView, BulletinForm, DemandsView, StatisticsAsk, StatisticsView, VerdictView,
    WorkView,
};

use super::{Site, failed};
use crate::core::now_ms;
use crate::office::{Asked, Failure, exit};

/// How long a page may count what came since the last one. The rest is the next one's.
const PATIENCE: Duration = Duration::from_secs(2);

fn unanswered(failure: Failure) -> SourceError {
    match failure.code {
        exit::DEGRADED => SourceError::NotReady(failure.message),
        _ => failed(failure.message),
    }
}

fn of(asked: &StatisticsAsk) -> Asked {
    Asked { region: asked.region.clone(), month: asked.month.map(|month| month.to_string()) }
}

impl Site {
    pub(super) fn counted(&self, asked: &StatisticsAsk) -> Result<StatisticsView, SourceError> {
        let question = of(asked).question().map_err(unanswered)?;
        let answer = self.office.statistics(question, PATIENCE).map_err(unanswered)?;
        let all = self.office.statistics(Question::default(), PATIENCE).map_err(unanswered)?;
        let own = self.office.answered(question.month).map_err(unanswered)?;
        let figures = &answer.figures;
        let roster = self.office.library().roster();
        let mut institutions: Vec<(&InstitutionId, &Work)> = figures.institutions.iter().collect();
        institutions.sort_by_key(|(id, work)| (std::cmp::Reverse(work.listings), **id));
        let counts = |by: Dimension| figures.of(by).map(|(key, count)| (key.to_owned(), count)).collect();
        Ok(StatisticsView {
            asked: asked.clone(),
            now: Month::of_ms(now_ms()),
            listings: figures.listings,
            standing: figures.standing,
            withdrawn: figures.withdrawn,
            by: Dimension::ALL.into_iter().map(|by| (by, counts(by))).collect(),
            areas: areas(&all),
            institutions: institutions.into_iter().map(|(id, work)| line(&roster, id, work)).collect(),
            demands: DemandsView {
                listed: figures.demands.listed,
                looked_at: figures.demands.looked_at,
                matched: figures.demands.matched,
                contracted: figures.demands.contracted,
            },
            answered: AnsweredView { received: own.received, answered: own.answered, in_time: own.in_time },
            digest: answer.digest.to_string(),
            entry_digest: answer.entry_digest.to_string(),
            logs: answer.entries.heads.len() as u64,
            entries: answer.entries.entries(),
        })
    }

    pub(super) fn claim(&self, asked: &StatisticsAsk) -> Result<Vec<u8>, SourceError> {
        let told = self.office.entries_and_figures(&of(asked), (PATIENCE, LEAST_TOLD)).map_err(unanswered)?;
        Ok(crate::bulletin::claim(&told))
    }

    /// What everyone may hear of a comparison: not which nodes are out of step.
    pub(super) fn confirmed(&self, asked: &StatisticsAsk, digest: &str) -> Result<VerdictView, SourceError> {
        let reply = self.office.confirm(&of(asked), digest, None, PATIENCE).map_err(unanswered)?;
        Ok(VerdictView { out_of_step: Vec::new(), ..verdict(&reply) })
    }

    pub(super) fn bulletin_file(
        &self,
        asked: &StatisticsAsk,
        form: BulletinForm,
        zh: bool,
    ) -> Result<Vec<u8>, SourceError> {
        let lang = if zh { Lang::Zh } else { Lang::En };
        // Of very few enquiries the number alone may say too much to whoever reads the pages.
        let made = self.office.bulletin(&of(asked), form.id(), lang, (PATIENCE, LEAST_TOLD), None);
        made.map_err(unanswered)
    }
}

/// A comparison, as the office tells it.
pub(crate) fn verdict(reply: &Json) -> VerdictView {
    let text = |json: &Json| json.as_str().unwrap_or_default().to_owned();
    let number = |json: &Json| json.as_u64().unwrap_or_default();
    let list = |json: &Json| json.as_array().cloned().unwrap_or_default();
    let log = |log: &Json| ApartLog {
        how: text(&log["how"]),
        entries: number(&log["entries"]),
        node: text(&log["node"]),
        institution: text(&log["institution"]),
        kind: text(&log["kind"]),
        region: text(&log["region"]),
    };
    let apart = |apart: &Json| ApartView {
        logs: list(&apart["logs"]).iter().map(log).collect(),
        count: number(&apart["count"]),
        behind: number(&apart["behind"]),
        ahead: number(&apart["ahead"]),
        roster: apart["roster"] == true,
    };
    let peer = |peer: &Json| (text(&peer["node"]), text(&peer["name"]), number(&peer["logs"]));
    let here = &reply["here"];
    VerdictView {
        verdict: text(&reply["verdict"]),
        confirmed: reply["confirmed"] == true,
        refuted: reply["refuted"] == true,
        claimed: text(&reply["claimed"]),
        digest: text(&here["digest"]),
        entry_digest: text(&here["entries"]["digest"]),
        logs: number(&here["entries"]["logs"]),
        entries: number(&here["entries"]["count"]),
        apart: reply["apart"].is_object().then(|| apart(&reply["apart"])),
        out_of_step: list(&reply["peers"]["out_of_step"]).iter().map(peer).collect(),
    }
}

/// Divisions that have listings, with those that they lie in: provinces and prefectures.
fn areas(all: &StatisticsAnswer) -> Vec<String> {
    let mut areas = BTreeSet::new();
    for (code, _) in all.figures.of(Dimension::Region) {
        let mut at = Some(code.to_owned());
        while let Some(code) = at.take() {
            at = region::parent(&code);
            if region::level(&code).is_some_and(|level| level < region::Level::County) {
                areas.insert(code);
            }
        }
    }
    areas.into_iter().collect()
}

fn line(roster: &Roster, id: &InstitutionId, work: &Work) -> WorkView {
    let member = roster.members.get(id);
    let of = |counts: &[u64], saying: &str| {
        let place = SAYINGS.iter().position(|known| *known == saying);
        place.and_then(|place| counts.get(place)).copied().unwrap_or_default()
    };
    let received = |saying: &str| of(&work.received, saying);
    WorkView {
        id: id.to_string(),
        name: member.map(|member| member.institution.name.clone()).unwrap_or_default(),
        active: member.is_some_and(|member| member.state == MemberState::Active),
        listings: work.listings,
        withdrawn: work.withdrawn,
        evaluated: received("evaluation"),
        honoured: received("recognition") + received("certificate"),
        contracts: received("contract"),
        rejected: received("rejected"),
        matches: of(&work.given, "match"),
        given: work.given.iter().sum(),
    }
}
