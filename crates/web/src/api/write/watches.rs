//! Saved searches, as those who have them see them at the desk.

use crate::api::ROOT;
use crate::api::answer::{Answer, Keep};
use crate::api::call::Call;
use crate::api::model::watches::{NewWatch, Watch, WatchDone, WatchLine, WatchList, WatchStep, WatchTried};
use crate::api::operation::Answering;
use crate::api::problem::{Kind, Problem};
use crate::desk::watches::{Tried, WatchAct};
use crate::limits::WATCHES_SHOWN;

/// `GET /desk/watches`
pub(in crate::api) fn list(call: Call) -> Answering {
    Box::pin(async move {
        let clerk = call.holder()?.clerk.clone();
        let (lines, mails) = call.api.ask_desk(move |desk| desk.watches(&clerk)).await?;
        let items = lines.iter().take(WATCHES_SHOWN).map(WatchLine::from).collect();
        Ok(Answer::json(&WatchList { items, mails })?.keep(Keep::Never))
    })
}

/// `GET /desk/watches/{id}`
pub(in crate::api) fn show(call: Call) -> Answering {
    Box::pin(async move {
        let watch = found(&call, &call.text("id")).await?;
        Ok(Answer::json(&watch)?.keep(Keep::Never))
    })
}

/// `POST /desk/watches`
pub(in crate::api) fn add(call: Call) -> Answering {
    Box::pin(async move {
        let new = call.read::<NewWatch>()?.checked(&call)?;
        let clerk = call.holder()?.clerk.clone();
        let added = call.api.ask_desk(move |desk| desk.add_watch(&clerk, &new)).await?;
        let id = added.map_err(Problem::of_desk)?;
        let watch = found(&call, &id).await?;
        Ok(Answer::json(&watch)?.keep(Keep::Never).at(format!("{ROOT}/desk/watches/{id}")))
    })
}

/// `POST /desk/watches/{id}/acts`
pub(in crate::api) fn act(call: Call) -> Answering {
    Box::pin(async move {
        let (id, step): (_, WatchStep) = (call.text("id"), call.read()?);
        let tried = change(&call, &id, step.checked(&call)?).await?;
        let done = WatchDone {
            watch: found(&call, &id).await?,
            tried: tried.iter().map(WatchTried::from).collect(),
        };
        Ok(Answer::json(&done)?.keep(Keep::Never))
    })
}

/// `DELETE /desk/watches/{id}`
pub(in crate::api) fn remove(call: Call) -> Answering {
    Box::pin(async move {
        change(&call, &call.text("id"), WatchAct::Remove).await?;
        Ok(Answer::nothing().keep(Keep::Never))
    })
}

async fn change(call: &Call, id: &str, act: WatchAct) -> Result<Vec<Tried>, Problem> {
    let (clerk, id) = (call.holder()?.clerk.clone(), id.to_owned());
    call.api.ask_desk(move |desk| desk.change_watch(&clerk, &id, &act)).await?.map_err(Problem::of_desk)
}

async fn found(call: &Call, id: &str) -> Result<Watch, Problem> {
    let (clerk, asked) = (call.holder()?.clerk.clone(), id.to_owned());
    let view = call.api.ask_desk(move |desk| desk.watch(&clerk, &asked)).await?;
    let view = view.ok_or_else(|| Problem::new(Kind::Missing).what(id))?;
    Ok(Watch::of(&call.origin(), &view))
}
