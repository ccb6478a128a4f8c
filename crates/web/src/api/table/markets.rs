//! Peer markets.

use super::*;
use crate::api::model::markets::{PeerMarket, PeerMarketList};
use crate::api::read::markets;

/// What an operation of peer markets is, unless it says otherwise; they are for administrators.
const PEERS: Operation = Operation {
    group: Group::Network,
    scopes: &[Scope::Nodes],
    problems: &[Kind::Missing, Kind::Role],
    ..READ
};

/// The operations, in the order in which the page shows them.
pub(super) const OPERATIONS: &[Operation] = &[
    Operation {
        id: "peer-markets",
        path: "/desk/markets",
        gives: Gives::Json(model::<PeerMarketList>()),
        run: markets::list,
        ..PEERS
    },
    Operation {
        id: "peer-market",
        path: "/desk/markets/{id}",
        params: &[ID],
        gives: Gives::Json(model::<PeerMarket>()),
        run: markets::show,
        ..PEERS
    },
    Operation {
        id: "market-card",
        path: "/desk/market-card",
        params: &[query("replaceable", Shape::Flag)],
        gives: Gives::File(&["application/octet-stream"]),
        run: markets::card,
        ..PEERS
    },
];
