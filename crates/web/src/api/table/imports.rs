//! Tables: brought in, and taken out of the desk.

use super::*;
use crate::api::model::imports::{Import, ImportChoice, ImportRowPage, ImportStep};
use crate::api::write::imports;
use crate::limits::TABLE_BYTES;
use crate::view::TableForm;

/// What a table may be sent as: csv, tsv, lines of JSON, JSON, a workbook of either kind.
pub(super) const TABLE: Carried = Carried {
    media: &[
        "text/csv",
        "text/tab-separated-values",
        "application/x-ndjson",
        "application/json",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "application/vnd.ms-excel",
        "application/octet-stream",
    ],
    most: TABLE_BYTES,
};
const XLSX: &[&str] = &["application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"];
/// Lists of rows.
const LISTS: [&str; 5] = ["new", "changed", "unchanged", "refused", "advised"];

/// What an operation of imports is, unless it says otherwise.
const IMPORT: Operation = Operation {
    group: Group::Imports,
    scopes: &[Scope::Drafts],
    problems: &[Kind::Missing, Kind::Conflict, Kind::Role, Kind::Record],
    ..READ
};

/// The operations, in the order in which the page shows them.
pub(super) const OPERATIONS: &[Operation] = &[
    Operation {
        id: "import-template",
        path: "/desk/import/templates/{kind}",
        params: &[path("kind", Shape::Kind)],
        gives: Gives::File(XLSX),
        run: imports::template,
        ..IMPORT
    },
    Operation {
        id: "import-send",
        verb: Verb::Post,
        path: "/desk/import",
        params: &[query("name", Shape::Words)],
        takes: Takes::Bytes(TABLE),
        status: 201,
        gives: Gives::Json(model::<Import>()),
        run: imports::send,
        ..IMPORT
    },
    Operation {
        id: "import",
        path: "/desk/import",
        gives: Gives::Json(model::<Import>()),
        run: imports::show,
        ..IMPORT
    },
    Operation {
        id: "import-columns",
        verb: Verb::Put,
        path: "/desk/import/columns",
        takes: Takes::Json(model::<ImportChoice>()),
        gives: Gives::Json(model::<Import>()),
        run: imports::choose,
        ..IMPORT
    },
    Operation {
        id: "import-rows",
        path: "/desk/import/rows",
        params: &[query("list", Shape::OneOf(&LISTS)), LIMIT, CURSOR],
        gives: Gives::Json(model::<ImportRowPage>()),
        run: imports::rows,
        ..IMPORT
    },
    Operation {
        id: "import-marked",
        path: "/desk/import/marked",
        gives: Gives::File(XLSX),
        run: imports::marked,
        ..IMPORT
    },
    Operation {
        id: "import-act",
        verb: Verb::Post,
        path: "/desk/import/acts",
        takes: Takes::Json(model::<ImportStep>()),
        gives: Gives::Json(model::<Import>()),
        run: imports::act,
        ..IMPORT
    },
    Operation {
        id: "import-discard",
        verb: Verb::Delete,
        path: "/desk/import",
        status: 204,
        run: imports::discard,
        ..IMPORT
    },
    Operation {
        id: "desk-table",
        path: "/desk/tables/{kind}",
        params: &[
            path("kind", Shape::Kind),
            query("of", Shape::OneOf(&["listings", "drafts"])),
            query("form", Shape::OneOf(&TABLE_FORMS)),
        ],
        gives: Gives::File(TABLE_MEDIA),
        scopes: READERS,
        problems: &[],
        run: imports::table,
        ..IMPORT
    },
];

const TABLE_FORMS: [&str; 3] = ["xlsx", "csv", "jsonl"];
const TABLE_MEDIA: &[&str] = &[TableForm::Xlsx.media(), TableForm::Csv.media(), TableForm::Jsonl.media()];
