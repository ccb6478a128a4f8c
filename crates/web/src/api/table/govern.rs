//! Governing, with a token of an administrator.

use super::super::model::govern::{Added, Governance, NewMotion, Paper, StepFile, StepList};
use super::super::write::govern;
use super::*;

const GOVERN: Operation = Operation {
    group: Group::Governing,
    scopes: &[Scope::Govern],
    problems: &[Kind::Missing, Kind::Conflict, Kind::Role, Kind::Record],
    ..READ
};

/// The operations, in the order in which the page shows them.
pub(super) const OPERATIONS: &[Operation] = &[
    Operation {
        id: "governance",
        path: "/desk/network",
        gives: Gives::Json(model::<Governance>()),
        run: govern::room,
        ..GOVERN
    },
    Operation {
        id: "motion",
        verb: Verb::Post,
        path: "/desk/network/motions",
        takes: Takes::Json(model::<NewMotion>()),
        gives: Gives::Json(model::<Paper>()),
        run: govern::motion,
        ..GOVERN
    },
    Operation {
        id: "step",
        path: "/desk/network/steps/{id}",
        params: &[ID],
        gives: Gives::Json(model::<Paper>()),
        run: govern::step,
        ..GOVERN
    },
    Operation {
        id: "step-file",
        verb: Verb::Post,
        path: "/desk/network/files",
        takes: Takes::Json(model::<StepFile>()),
        gives: Gives::Json(model::<Paper>()),
        run: govern::file,
        ..GOVERN
    },
    Operation {
        id: "step-carry",
        verb: Verb::Post,
        path: "/desk/network/steps",
        takes: Takes::Json(model::<StepFile>()),
        gives: Gives::Json(model::<StepList>()),
        run: govern::carry,
        ..GOVERN
    },
    Operation {
        id: "unified-text",
        verb: Verb::Post,
        path: "/desk/network/texts",
        takes: Takes::Json(model::<StepFile>()),
        gives: Gives::Json(model::<Added>()),
        run: govern::text,
        ..GOVERN
    },
];
