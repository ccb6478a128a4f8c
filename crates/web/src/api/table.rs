//! Everything that can be asked of the API.

mod desk;
mod files;
mod govern;
mod imports;
mod markets;
mod statistics;
mod watches;

use super::model::audit::AuditPage;
use super::model::catalogue::{Catalogue, RegionList};
use super::model::desk::{Done, Draft, DraftAct, DraftPage, DraftTexts, NewDraft, Own, OwnAct, OwnPage};
use super::model::enquiries::{Enquiry, EnquiryList, NewAnswer, NewEnquiry, Receipt, SentEnquiry};
use super::model::harvest::{Repository, Source, SourceList, SourceStep, SourceWish};
use super::model::listing::{HistoryPage, Listing, StatementList};
use super::model::lists::{ChangePage, ListingPage};
use super::model::network::{Institution, InstitutionPage, Node, Profile};
use super::model::nodes::NodePage;
use super::model::peers::{PauseWish, PeerLine, PeerList};
use super::operation::{Carried, Gives, Group, Operation, Param, Place, Scope, Takes, Verb, model};
use super::problem::Kind;
use super::read::{audit, catalogue, listing, lists, network};
use super::shape::{SORTS, Shape};
use super::write::{drafts, enquiries, harvest, own, peers};
use crate::limits::{API_CHANGES, API_CHANGES_MOST, API_PAGE, API_PAGE_MOST};

const fn path(name: &'static str, shape: Shape) -> Param {
    Param { name, place: Place::Path, shape, example: "" }
}

const fn query(name: &'static str, shape: Shape) -> Param {
    Param { name, place: Place::Query, shape, example: "" }
}

const fn shown(name: &'static str, shape: Shape, example: &'static str) -> Param {
    Param { name, place: Place::Query, shape, example }
}

const ID: Param = path("id", Shape::Id);
const LOCAL: Param = path("id", Shape::Local);
const CURSOR: Param = query("cursor", Shape::Cursor);
const LIMIT: Param = query("limit", Shape::Count { usual: API_PAGE, most: API_PAGE_MOST });
const VERSION: Param = Param { name: "if-match", place: Place::Header, shape: Shape::Version, example: "" };

/// What an operation that reads with no token is, unless it says otherwise.
const READ: Operation = Operation {
    id: "",
    verb: Verb::Get,
    path: "",
    group: Group::Listings,
    params: &[],
    takes: Takes::Nothing,
    status: 200,
    gives: Gives::Nothing,
    scopes: &[],
    problems: &[],
    versioned: false,
    run: catalogue::catalogue,
};

/// What an operation of harvesting is, for administrators.
const HARVEST: Operation = Operation {
    group: Group::Harvest,
    scopes: &[Scope::Harvest],
    problems: &[Kind::Missing, Kind::Conflict, Kind::Role, Kind::Record],
    ..READ
};

/// What an operation of peers is, for administrators.
const PEER: Operation = Operation {
    group: Group::Network,
    params: &[ID],
    scopes: &[Scope::Nodes],
    problems: &[Kind::Missing, Kind::Conflict, Kind::Role, Kind::Record],
    ..READ
};

/// Scopes of those who may read drafts: who writes them, and who is to judge them.
const READERS: &[Scope] = &[Scope::Drafts, Scope::Review, Scope::Publish];

/// All operations, in the order in which the page shows them.
pub(super) fn operations() -> impl Iterator<Item = &'static Operation> {
    let rooms = [
        files::OPERATIONS,
        imports::OPERATIONS,
        statistics::OPERATIONS,
        watches::OPERATIONS,
        markets::OPERATIONS,
        govern::OPERATIONS,
    ];
    OPEN.iter().chain(desk::OPERATIONS).chain(rooms.into_iter().flatten())
}

/// What needs no token.
const OPEN: &[Operation] = &[
    Operation {
        id: "listings",
        path: "/listings",
        params: &[
            shown("q", Shape::Words, "电池"),
            query("hall", Shape::Hall),
            query("kind", Shape::Kind),
            query("region", Shape::Region),
            query("field", Shape::Filter),
            query("trl", Shape::Trl),
            query("mode", Shape::Filter),
            query("price", Shape::Price),
            query("org", Shape::Hash),
            query("sort", Shape::OneOf(&SORTS)),
            query("facets", Shape::Flag),
            LIMIT,
            CURSOR,
        ],
        gives: Gives::Json(model::<ListingPage>()),
        run: lists::listings,
        ..READ
    },
    Operation {
        id: "listing",
        path: "/listings/{id}",
        params: &[ID],
        gives: Gives::Json(model::<Listing>()),
        problems: &[Kind::Missing],
        run: listing::listing,
        ..READ
    },
    Operation {
        id: "history",
        path: "/listings/{id}/history",
        params: &[ID, LIMIT, CURSOR],
        gives: Gives::Json(model::<HistoryPage>()),
        problems: &[Kind::Missing],
        run: listing::history,
        ..READ
    },
    Operation {
        id: "statements",
        path: "/listings/{id}/statements",
        params: &[ID],
        gives: Gives::Json(model::<StatementList>()),
        problems: &[Kind::Missing],
        run: listing::statements,
        ..READ
    },
    Operation {
        id: "file",
        path: "/listings/{id}/files/{hash}",
        params: &[ID, path("hash", Shape::Hash)],
        gives: Gives::File(&["image/jpeg", "image/png", "image/webp", "application/pdf"]),
        problems: &[Kind::Missing, Kind::Coming],
        run: listing::file,
        ..READ
    },
    Operation {
        id: "proof",
        path: "/listings/{id}/proof",
        params: &[ID],
        gives: Gives::File(&["application/octet-stream"]),
        problems: &[Kind::Missing],
        run: listing::proof,
        ..READ
    },
    Operation {
        id: "certificate",
        path: "/listings/{id}/certificate",
        params: &[ID],
        gives: Gives::File(&["application/pdf"]),
        problems: &[Kind::Missing],
        run: listing::certificate,
        ..READ
    },
    Operation {
        id: "changes",
        path: "/changes",
        params: &[
            query("kind", Shape::Kind),
            query("region", Shape::Division),
            query("full", Shape::Flag),
            query("limit", Shape::Count { usual: API_CHANGES, most: API_CHANGES_MOST }),
            CURSOR,
        ],
        gives: Gives::Json(model::<ChangePage>()),
        run: lists::changes,
        ..READ
    },
    Operation {
        id: "institutions",
        path: "/institutions",
        group: Group::Network,
        params: &[LIMIT, CURSOR],
        gives: Gives::Json(model::<InstitutionPage>()),
        run: network::institutions,
        ..READ
    },
    Operation {
        id: "institution",
        path: "/institutions/{id}",
        group: Group::Network,
        params: &[ID],
        gives: Gives::Json(model::<Institution>()),
        problems: &[Kind::Missing],
        run: network::institution,
        ..READ
    },
    Operation {
        id: "profile",
        path: "/profile",
        group: Group::Network,
        gives: Gives::Json(model::<Profile>()),
        run: network::profile,
        ..READ
    },
    Operation {
        id: "profile-text",
        path: "/profile/texts/{hash}",
        group: Group::Network,
        params: &[path("hash", Shape::Hash)],
        gives: Gives::File(&["text/plain", "image/png", "application/octet-stream"]),
        problems: &[Kind::Missing],
        run: network::profile_text,
        ..READ
    },
    Operation {
        id: "node",
        path: "/node",
        group: Group::Network,
        gives: Gives::Json(model::<Node>()),
        run: network::node,
        ..READ
    },
    Operation {
        id: "catalogue",
        path: "/catalogue",
        group: Group::Catalogue,
        gives: Gives::Json(model::<Catalogue>()),
        run: catalogue::catalogue,
        ..READ
    },
    Operation {
        id: "regions",
        path: "/regions",
        group: Group::Catalogue,
        params: &[shown("within", Shape::Division, "42")],
        gives: Gives::Json(model::<RegionList>()),
        run: catalogue::regions,
        ..READ
    },
    Operation {
        id: "openapi",
        path: "/openapi.json",
        group: Group::Catalogue,
        gives: Gives::OpenApi,
        run: catalogue::openapi,
        ..READ
    },
    Operation {
        id: "enquire",
        verb: Verb::Post,
        path: "/listings/{id}/enquiries",
        group: Group::Enquiries,
        params: &[ID],
        takes: Takes::Json(model::<NewEnquiry>()),
        status: 201,
        gives: Gives::Json(model::<Receipt>()),
        problems: &[Kind::Missing, Kind::Conflict],
        run: enquiries::send,
        ..READ
    },
    Operation {
        id: "enquiry-seen",
        path: "/enquiries/{receipt}",
        group: Group::Enquiries,
        params: &[path("receipt", Shape::Receipt)],
        gives: Gives::Json(model::<SentEnquiry>()),
        problems: &[Kind::Missing],
        run: enquiries::seen,
        ..READ
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use catalog::Lang;
    use catalog::words::say;
    use std::collections::BTreeSet;

    #[test]
    fn every_operation_has_its_words_and_every_word_its_operation() {
        let mut known = BTreeSet::new();
        for operation in operations() {
            known.insert(format!("api.op.{}", operation.id));
            known.insert(format!("api.op.{}.text", operation.id));
            known.insert(format!("api.group.{}", operation.group.id()));
            known.extend(operation.params.iter().map(|param| format!("api.param.{}", param.name)));
            for scope in operation.scopes {
                known.insert(format!("api.scope.{}", scope.id()));
            }
        }
        for kind in Kind::ALL {
            known.extend(["", ".text", ".next"].map(|end| format!("api.problem.{}{end}", kind.id())));
        }
        for key in &known {
            assert_ne!(say(Lang::Zh, key), key, "{key} is missing");
        }
        let families = ["api.op.", "api.param.", "api.problem.", "api.group.", "api.scope."];
        let tables = [catalog::words::api::TABLE, catalog::words::api::rooms::TABLE];
        let said = tables.into_iter().flatten().map(|(key, _, _)| *key);
        let lost: Vec<&str> = said
            .filter(|key| families.iter().any(|family| key.starts_with(family)) && !known.contains(*key))
            .collect();
        assert!(lost.is_empty(), "nothing says {lost:?}");
    }

    #[test]
    fn operations_are_told_apart_and_what_writes_is_for_tokens() {
        let count = operations().count();
        let ids: BTreeSet<&str> = operations().map(|one| one.id).collect();
        let routes: BTreeSet<(&str, &str)> = operations().map(|one| (one.path, one.verb.id())).collect();
        assert_eq!((ids.len(), routes.len()), (count, count));
        for operation in operations() {
            let at_desk = operation.path.starts_with("/desk/");
            assert_eq!(at_desk, !operation.scopes.is_empty(), "{}", operation.id);
            assert!(at_desk || operation.verb == Verb::Get || operation.id == "enquire", "{}", operation.id);
            let pieces: Vec<&str> = operation.path.split('/').filter(|part| part.starts_with('{')).collect();
            let named = operation.params.iter().filter(|param| param.place == Place::Path);
            assert_eq!(pieces, named.map(|param| format!("{{{}}}", param.name)).collect::<Vec<_>>());
        }
    }
}
