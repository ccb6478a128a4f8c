//! Peer markets: the agreements on the roster, and how this market shows itself.

use crate::api::answer::{Answer, Keep};
use crate::api::call::Call;
use crate::api::model::markets::{PeerMarket, PeerMarketList};
use crate::api::operation::Answering;
use crate::api::problem::{Kind, Problem};
use crate::desk::markets::AgreementView;

/// `GET /desk/markets`
pub(in crate::api) fn list(call: Call) -> Answering {
    Box::pin(async move {
        let items = all(&call).await?.iter().map(PeerMarket::from).collect();
        Ok(Answer::json(&PeerMarketList { items })?.keep(Keep::Never))
    })
}

/// `GET /desk/markets/{id}`
pub(in crate::api) fn show(call: Call) -> Answering {
    Box::pin(async move {
        let (id, all) = (call.text("id"), all(&call).await?);
        let mut meant = all.iter().filter(|one| one.network.starts_with(&id));
        match (meant.next(), meant.next()) {
            (Some(one), None) => Ok(Answer::json(&PeerMarket::from(one))?.keep(Keep::Never)),
            _ => Err(Problem::new(Kind::Missing).what(&id)),
        }
    })
}

/// `GET /desk/market-card`
pub(in crate::api) fn card(call: Call) -> Answering {
    Box::pin(async move {
        let (clerk, replaceable) = (call.holder()?.clerk.clone(), call.flag("replaceable"));
        let made = call.api.ask_desk(move |desk| desk.market_card(&clerk, replaceable)).await?;
        let bytes = made.map_err(Problem::of_desk)?;
        Ok(Answer::file(bytes, "application/octet-stream", "card.lianshi".to_owned()).keep(Keep::Never))
    })
}

async fn all(call: &Call) -> Result<Vec<AgreementView>, Problem> {
    let clerk = call.holder()?.clerk.clone();
    call.api.ask_desk(move |desk| desk.peer_markets(&clerk)).await?.map_err(Problem::of_desk)
}
