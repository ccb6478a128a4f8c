//! Saved searches.

use super::*;
use crate::api::model::watches::{NewWatch, Watch, WatchDone, WatchList, WatchStep};
use crate::api::write::watches;

/// What an operation of saved searches is, unless it says otherwise.
const WATCH: Operation = Operation {
    group: Group::Watches,
    scopes: &[Scope::Watches],
    problems: &[Kind::Missing, Kind::Conflict, Kind::Role, Kind::Record],
    ..READ
};

/// The operations, in the order in which the page shows them.
pub(super) const OPERATIONS: &[Operation] = &[
    Operation {
        id: "watches",
        path: "/desk/watches",
        gives: Gives::Json(model::<WatchList>()),
        run: watches::list,
        ..WATCH
    },
    Operation {
        id: "watch",
        path: "/desk/watches/{id}",
        params: &[LOCAL],
        gives: Gives::Json(model::<Watch>()),
        run: watches::show,
        ..WATCH
    },
    Operation {
        id: "watch-add",
        verb: Verb::Post,
        path: "/desk/watches",
        takes: Takes::Json(model::<NewWatch>()),
        status: 201,
        gives: Gives::Json(model::<Watch>()),
        run: watches::add,
        ..WATCH
    },
    Operation {
        id: "watch-act",
        verb: Verb::Post,
        path: "/desk/watches/{id}/acts",
        params: &[LOCAL],
        takes: Takes::Json(model::<WatchStep>()),
        gives: Gives::Json(model::<WatchDone>()),
        run: watches::act,
        ..WATCH
    },
    Operation {
        id: "watch-remove",
        verb: Verb::Delete,
        path: "/desk/watches/{id}",
        params: &[LOCAL],
        status: 204,
        run: watches::remove,
        ..WATCH
    },
];
