//! Peers: those that there are, and what is done with them. For administrators.

use crate::api::answer::{Answer, Keep};
use crate::api::call::Call;
use crate::api::cursor;
use crate::api::model::peers::{PauseWish, PeerLine, PeerList};
use crate::api::operation::Answering;
use crate::api::problem::{Kind, Problem};
use crate::desk::peers::{PeerAct, PeersView};
use crate::limits::API_PAGE;

/// What a cursor of peers is about.
const PEERS: &str = "peers";

/// `GET /desk/peers`
pub(in crate::api) fn list(call: Call) -> Answering {
    Box::pin(async move {
        let from = match call.get("cursor") {
            Some(text) => match cursor::read(PEERS, text) {
                Some(('o', numbers)) if numbers.len() == 1 => numbers[0] as usize,
                _ => return Err(Problem::new(Kind::Cursor)),
            },
            None => 0,
        };
        let limit = call.number("limit", API_PAGE) as usize;
        let view = view(&call).await?;
        let end = from.saturating_add(limit);
        let next = (end < view.peers.len()).then(|| cursor::write(PEERS, 'o', &[end as u64]));
        let link = next.as_deref().map(|cursor| call.page_at(cursor));
        Ok(Answer::json(&PeerList::of(&view, (from, limit), next))?.next(link).keep(Keep::Never))
    })
}

/// `GET /desk/peers/{id}`
pub(in crate::api) fn show(call: Call) -> Answering {
    Box::pin(async move {
        let (id, view) = (call.text("id"), view(&call).await?);
        let mut found = view.peers.iter().filter(|task| task.key.starts_with(&id) && !task.key.is_empty());
        let missing = || Problem::new(Kind::Missing).what(&id);
        let task = found.next().ok_or_else(missing)?;
        if found.next().is_some() {
            return Err(missing());
        }
        Ok(Answer::json(&PeerLine::from(task))?.keep(Keep::Never))
    })
}

/// `POST /desk/peers/{id}/sync`
pub(in crate::api) fn sync(call: Call) -> Answering {
    Box::pin(async move { change(&call, PeerAct::Sync).await })
}

/// `POST /desk/peers/{id}/stop`
pub(in crate::api) fn stop(call: Call) -> Answering {
    Box::pin(async move { change(&call, PeerAct::Stop).await })
}

/// `POST /desk/peers/{id}/pause`, and `POST /desk/peers/pause` for all
pub(in crate::api) fn pause(call: Call) -> Answering {
    Box::pin(async move {
        let wish: PauseWish = call.read()?;
        change(&call, PeerAct::Pause(wish.length.unwrap_or_default())).await
    })
}

/// `POST /desk/peers/{id}/resume`, and `POST /desk/peers/resume` for all
pub(in crate::api) fn resume(call: Call) -> Answering {
    Box::pin(async move { change(&call, PeerAct::Resume).await })
}

/// `POST /desk/peers/{id}/forgive`
pub(in crate::api) fn forgive(call: Call) -> Answering {
    Box::pin(async move { change(&call, PeerAct::Forgive).await })
}

async fn view(call: &Call) -> Result<PeersView, Problem> {
    let clerk = call.holder()?.clerk.clone();
    call.api.ask_desk(move |desk| desk.peers(&clerk)).await?.map_err(Problem::of_desk)
}

async fn change(call: &Call, act: PeerAct) -> Result<Answer, Problem> {
    let clerk = call.holder()?.clerk.clone();
    let node = Some(call.text("id")).filter(|id| !id.is_empty());
    let done = call.api.ask_desk(move |desk| desk.change_peer(&clerk, node.as_deref(), &act)).await?;
    done.map_err(Problem::of_desk)?;
    Ok(Answer::nothing().keep(Keep::Never))
}
