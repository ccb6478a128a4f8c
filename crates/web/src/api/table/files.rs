//! Files of drafts.

use super::*;
use crate::api::model::files::FileList;
use crate::api::write::files;
use protocol::limits::MAX_ATTACHMENT;

/// What a file of a draft may be sent as.
const SENT: &[&str] =
    &["image/jpeg", "image/png", "image/webp", "application/pdf", "application/octet-stream"];
/// What it is, by its content.
const KEPT: &[&str] = &["image/jpeg", "image/png", "image/webp", "application/pdf"];
const HASH: Param = path("hash", Shape::Hash);

/// The operations, in the order in which the page shows them.
pub(super) const OPERATIONS: &[Operation] = &[
    Operation {
        id: "draft-files",
        path: "/desk/drafts/{id}/files",
        group: Group::Drafts,
        params: &[LOCAL],
        gives: Gives::Json(model::<FileList>()),
        scopes: READERS,
        problems: &[Kind::Missing],
        versioned: true,
        run: files::list,
        ..READ
    },
    Operation {
        id: "draft-file-add",
        verb: Verb::Post,
        path: "/desk/drafts/{id}/files",
        group: Group::Drafts,
        params: &[LOCAL, VERSION, query("name", Shape::Words), query("title", Shape::Words)],
        takes: Takes::Bytes(Carried { media: SENT, most: MAX_ATTACHMENT }),
        status: 201,
        gives: Gives::Json(model::<Draft>()),
        scopes: &[Scope::Drafts],
        problems: &[Kind::Missing, Kind::Conflict, Kind::Role],
        versioned: true,
        run: files::add,
    },
    Operation {
        id: "draft-file",
        path: "/desk/drafts/{id}/files/{hash}",
        group: Group::Drafts,
        params: &[LOCAL, HASH],
        gives: Gives::File(KEPT),
        scopes: READERS,
        problems: &[Kind::Missing, Kind::Coming],
        run: files::show,
        ..READ
    },
    Operation {
        id: "draft-file-remove",
        verb: Verb::Delete,
        path: "/desk/drafts/{id}/files/{hash}",
        group: Group::Drafts,
        params: &[LOCAL, HASH, VERSION],
        gives: Gives::Json(model::<Draft>()),
        scopes: &[Scope::Drafts],
        problems: &[Kind::Missing, Kind::Conflict, Kind::Role, Kind::Record],
        versioned: true,
        run: files::remove,
        ..READ
    },
];
