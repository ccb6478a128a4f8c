//! Sources that are harvested.

use crate::api::answer::{Answer, Keep};
use crate::api::call::Call;
use crate::api::model::harvest::{Repository, Source, SourceList, SourceStep, SourceWish};
use crate::api::operation::Answering;
use crate::api::problem::Problem;
use crate::desk::harvest::{NewSource, SourceAct};

/// `GET /desk/harvest`
pub(in crate::api) fn list(call: Call) -> Answering {
    Box::pin(async move {
        let clerk = call.holder()?.clerk.clone();
        let found = call.api.ask_desk(move |desk| desk.sources(&clerk)).await?.map_err(Problem::of_desk)?;
        let items = found.iter().map(|view| Source::of(call.lang, view)).collect();
        Ok(Answer::json(&SourceList { items })?.keep(Keep::Never))
    })
}

/// `GET /desk/harvest/{id}`
pub(in crate::api) fn show(call: Call) -> Answering {
    Box::pin(async move {
        let id = call.text("id");
        told(&call, id).await
    })
}

/// `POST /desk/harvest`
pub(in crate::api) fn add(call: Call) -> Answering {
    Box::pin(async move {
        let (new, clerk) = (NewSource::from(call.read::<SourceWish>()?), call.holder()?.clerk.clone());
        let added = call.api.ask_desk(move |desk| desk.add_source(&clerk, &new)).await?;
        let id = added.map_err(Problem::of_desk)?;
        let location = format!("{}/desk/harvest/{id}", crate::api::ROOT);
        Ok(told(&call, id).await?.at(location))
    })
}

/// `POST /desk/harvest/look`
pub(in crate::api) fn look(call: Call) -> Answering {
    Box::pin(async move {
        let (new, clerk) = (NewSource::from(call.read::<SourceWish>()?), call.holder()?.clerk.clone());
        let looked = call.api.ask_desk(move |desk| desk.look(&clerk, &new)).await?;
        let look = looked.map_err(Problem::of_desk)?;
        Ok(Answer::json(&Repository::of(call.lang, &look))?.keep(Keep::Never))
    })
}

/// `POST /desk/harvest/{id}/acts`
pub(in crate::api) fn act(call: Call) -> Answering {
    Box::pin(async move {
        let (id, step): (_, SourceStep) = (call.text("id"), call.read()?);
        change(&call, &id, step.act.into()).await?;
        told(&call, id).await
    })
}

/// `DELETE /desk/harvest/{id}`
pub(in crate::api) fn remove(call: Call) -> Answering {
    Box::pin(async move {
        change(&call, &call.text("id"), SourceAct::Remove).await?;
        Ok(Answer::nothing().keep(Keep::Never))
    })
}

async fn change(call: &Call, id: &str, act: SourceAct) -> Result<(), Problem> {
    let (clerk, id) = (call.holder()?.clerk.clone(), id.to_owned());
    let done = call.api.ask_desk(move |desk| desk.change_source(&clerk, &id, act)).await?;
    done.map_err(Problem::of_desk)
}

async fn told(call: &Call, id: String) -> Result<Answer, Problem> {
    let clerk = call.holder()?.clerk.clone();
    let found = call.api.ask_desk(move |desk| desk.source(&clerk, &id)).await?;
    let view = found.map_err(Problem::of_desk)?;
    Ok(Answer::json(&Source::of(call.lang, &view))?.keep(Keep::Never))
}
