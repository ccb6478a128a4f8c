//! Figures, as the page of statistics and the bulletins give them.

use crate::api::answer::Answer;
use crate::api::call::Call;
use crate::api::model::statistics::{Statistics, Verdict};
use crate::api::operation::Answering;
use crate::api::problem::{Kind, Problem, wrong};
use crate::view::{BulletinForm, StatisticsAsk};
use catalog::words::say;
use catalog::{Lang, region};

/// What a call asks of the statistics.
fn asked(call: &Call) -> Result<StatisticsAsk, Problem> {
    let code = |digits: &str| {
        let code = format!("{digits:0<6}");
        let unknown = || Problem::new(Kind::Record).fault("region", wrong(call.lang, "api.wrong.region"));
        region::by_code(&code).map(|_| code.clone()).ok_or_else(unknown)
    };
    let region = call.get("region").map(code).transpose()?;
    // `all` is no month.
    Ok(StatisticsAsk { region, month: call.get("month").and_then(|month| month.parse().ok()) })
}

/// `GET /statistics`
pub(in crate::api) fn figures(call: Call) -> Answering {
    Box::pin(async move {
        let ask = asked(&call)?;
        counted(&call, ask).await
    })
}

async fn counted(call: &Call, ask: StatisticsAsk) -> Result<Answer, Problem> {
    let view = call.api.app.ask(move |source| source.statistics(&ask)).await?;
    Answer::json(&Statistics::of(&call.origin(), &view))
}

/// `GET /statistics/bulletins/{month}`
pub(in crate::api) fn bulletin(call: Call) -> Answering {
    Box::pin(async move {
        let ask = asked(&call)?;
        let forms = [BulletinForm::Pdf, BulletinForm::Xlsx];
        let form = match call.get("form") {
            Some(id) => forms.into_iter().find(|form| form.id() == id),
            None => forms.into_iter().find(|form| form.media() == call.wanted),
        };
        let Some(form) = form else { return Ok(counted(&call, ask).await?.formed()) };
        let Some(turn) = call.api.app.turn_to_draw().await else { return Err(Problem::new(Kind::Busy)) };
        let name = format!("{} {}.{}", say(call.lang, "stats.title"), call.text("month"), form.id());
        let zh = call.lang == Lang::Zh;
        let made = call.api.app.ask(move |source| {
            let _turn = turn;
            source.bulletin(&ask, form, zh)
        });
        Ok(Answer::file(made.await?, form.media(), name).formed())
    })
}

/// `GET /statistics/file`
pub(in crate::api) fn file(call: Call) -> Answering {
    Box::pin(async move {
        let ask = asked(&call)?;
        let name = format!(
            "figures-{}.lianshi",
            ask.month.map_or_else(|| "all".to_owned(), |month| month.to_string())
        );
        let bytes = call.api.app.ask(move |source| source.figures_file(&ask)).await?;
        Ok(Answer::file(bytes, "application/octet-stream", name))
    })
}

/// `GET /statistics/digests/{digest}`
pub(in crate::api) fn confirm(call: Call) -> Answering {
    Box::pin(async move {
        let (ask, digest) = (asked(&call)?, call.text("digest"));
        let verdict = call.api.app.ask(move |source| source.confirm(&ask, &digest)).await?;
        Answer::json(&Verdict::from(&verdict))
    })
}
