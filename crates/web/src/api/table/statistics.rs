//! Figures, how they are confirmed, and how much of a register is listed.

use super::*;
use crate::api::model::statistics::{Coverage, Statistics, Verdict};
use crate::api::read::statistics;
use crate::api::write::figures;
use crate::limits::CLAIM_BYTES;
use crate::view::BulletinForm;

/// What a bulletin is kept as.
const FILES: &[&str] = &[BulletinForm::Pdf.media(), BulletinForm::Xlsx.media()];
const FORMS: &[&str] = &["json", "pdf", "xlsx"];
/// What a file of figures may be sent as: itself, or the paper that carries it.
const CLAIM: Carried = Carried { media: &["application/octet-stream", "application/pdf"], most: CLAIM_BYTES };
const REGION: Param = query("region", Shape::Division);
const MONTH: Param = query("month", Shape::Month);

/// What an operation of figures is, unless it says otherwise.
const FIGURES: Operation = Operation { group: Group::Statistics, problems: &[Kind::Record], ..READ };

/// The operations, in the order in which the page shows them.
pub(super) const OPERATIONS: &[Operation] = &[
    Operation {
        id: "statistics",
        path: "/statistics",
        params: &[REGION, MONTH],
        gives: Gives::Json(model::<Statistics>()),
        run: statistics::figures,
        ..FIGURES
    },
    Operation {
        id: "bulletin",
        path: "/statistics/bulletins/{month}",
        params: &[path("month", Shape::MonthOrAll), REGION, query("form", Shape::OneOf(FORMS))],
        gives: Gives::Either(model::<Statistics>(), FILES),
        run: statistics::bulletin,
        ..FIGURES
    },
    Operation {
        id: "statistics-file",
        path: "/statistics/file",
        params: &[REGION, MONTH],
        gives: Gives::File(&["application/octet-stream"]),
        run: statistics::file,
        ..FIGURES
    },
    Operation {
        id: "statistics-confirm",
        path: "/statistics/digests/{digest}",
        params: &[path("digest", Shape::Hash), REGION, MONTH],
        gives: Gives::Json(model::<Verdict>()),
        run: statistics::confirm,
        ..FIGURES
    },
    Operation {
        id: "statistics-verify",
        verb: Verb::Post,
        path: "/desk/statistics/verify",
        takes: Takes::Bytes(CLAIM),
        gives: Gives::Json(model::<Verdict>()),
        scopes: READERS,
        run: figures::verify,
        ..FIGURES
    },
    Operation {
        id: "coverage",
        verb: Verb::Post,
        path: "/desk/statistics/coverage/{kind}",
        params: &[
            path("kind", Shape::Kind),
            query("name", Shape::Words),
            query("sheet", Shape::Words),
            query("map", Shape::Words),
        ],
        takes: Takes::Bytes(super::imports::TABLE),
        gives: Gives::Json(model::<Coverage>()),
        scopes: READERS,
        run: figures::cover,
        ..FIGURES
    },
];
