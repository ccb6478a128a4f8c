//! What is done at the desk, with a token.

use super::*;

/// The operations, in the order in which the page shows them.
pub(super) const OPERATIONS: &[Operation] = &[
    Operation {
        id: "enquiries",
        path: "/desk/enquiries",
        group: Group::Enquiries,
        params: &[query("which", Shape::OneOf(&["open", "done", "sent"])), LIMIT],
        gives: Gives::Json(model::<EnquiryList>()),
        scopes: &[Scope::Enquiries],
        run: enquiries::list,
        ..READ
    },
    Operation {
        id: "enquiry",
        path: "/desk/enquiries/{id}",
        group: Group::Enquiries,
        params: &[LOCAL],
        gives: Gives::Json(model::<Enquiry>()),
        scopes: &[Scope::Enquiries],
        problems: &[Kind::Missing],
        run: enquiries::show,
        ..READ
    },
    Operation {
        id: "enquiry-answer",
        verb: Verb::Post,
        path: "/desk/enquiries/{id}/answers",
        group: Group::Enquiries,
        params: &[LOCAL],
        takes: Takes::Json(model::<NewAnswer>()),
        gives: Gives::Json(model::<Enquiry>()),
        scopes: &[Scope::Enquiries],
        problems: &[Kind::Missing, Kind::Conflict, Kind::Role],
        run: enquiries::answer,
        ..READ
    },
    Operation {
        id: "enquiry-close",
        verb: Verb::Post,
        path: "/desk/enquiries/{id}/close",
        group: Group::Enquiries,
        params: &[LOCAL],
        gives: Gives::Json(model::<Enquiry>()),
        scopes: &[Scope::Enquiries],
        problems: &[Kind::Missing, Kind::Conflict, Kind::Role, Kind::Record],
        run: enquiries::close,
        ..READ
    },
    Operation {
        id: "drafts",
        path: "/desk/drafts",
        group: Group::Drafts,
        params: &[
            query("state", Shape::OneOf(&["writing", "returned", "formal", "department"])),
            LIMIT,
            CURSOR,
        ],
        gives: Gives::Json(model::<DraftPage>()),
        scopes: READERS,
        run: drafts::list,
        ..READ
    },
    Operation {
        id: "draft-create",
        verb: Verb::Post,
        path: "/desk/drafts",
        group: Group::Drafts,
        takes: Takes::Json(model::<NewDraft>()),
        status: 201,
        gives: Gives::Json(model::<Draft>()),
        scopes: &[Scope::Drafts],
        problems: &[Kind::Conflict, Kind::Role],
        versioned: true,
        run: drafts::create,
        ..READ
    },
    Operation {
        id: "draft",
        path: "/desk/drafts/{id}",
        group: Group::Drafts,
        params: &[LOCAL],
        gives: Gives::Json(model::<Draft>()),
        scopes: READERS,
        problems: &[Kind::Missing],
        versioned: true,
        run: drafts::show,
        ..READ
    },
    Operation {
        id: "draft-change",
        verb: Verb::Put,
        path: "/desk/drafts/{id}",
        group: Group::Drafts,
        params: &[LOCAL, VERSION],
        takes: Takes::Json(model::<DraftTexts>()),
        gives: Gives::Json(model::<Draft>()),
        scopes: &[Scope::Drafts],
        problems: &[Kind::Missing, Kind::Conflict, Kind::Role],
        versioned: true,
        run: drafts::change,
        ..READ
    },
    Operation {
        id: "draft-discard",
        verb: Verb::Delete,
        path: "/desk/drafts/{id}",
        group: Group::Drafts,
        params: &[LOCAL, VERSION],
        status: 204,
        scopes: &[Scope::Drafts],
        problems: &[Kind::Missing, Kind::Conflict, Kind::Role],
        run: drafts::discard,
        ..READ
    },
    Operation {
        id: "draft-act",
        verb: Verb::Post,
        path: "/desk/drafts/{id}/acts",
        group: Group::Drafts,
        params: &[LOCAL, VERSION],
        takes: Takes::Json(model::<DraftAct>()),
        gives: Gives::Json(model::<Done>()),
        scopes: READERS,
        problems: &[Kind::Missing, Kind::Conflict, Kind::Role],
        run: drafts::act,
        ..READ
    },
    Operation {
        id: "own-listings",
        path: "/desk/listings",
        group: Group::Own,
        params: &[
            query("heap", Shape::OneOf(&["shown", "withdrawn", "disputed"])),
            query("q", Shape::Words),
            LIMIT,
            CURSOR,
        ],
        gives: Gives::Json(model::<OwnPage>()),
        scopes: &[Scope::Drafts, Scope::Publish],
        run: own::list,
        ..READ
    },
    Operation {
        id: "own-listing",
        path: "/desk/listings/{id}",
        group: Group::Own,
        params: &[ID],
        gives: Gives::Json(model::<Own>()),
        scopes: &[Scope::Drafts, Scope::Publish],
        problems: &[Kind::Missing],
        run: own::one,
        ..READ
    },
    Operation {
        id: "own-act",
        verb: Verb::Post,
        path: "/desk/listings/{id}/acts",
        group: Group::Own,
        params: &[ID],
        takes: Takes::Json(model::<OwnAct>()),
        gives: Gives::Json(model::<Done>()),
        scopes: &[Scope::Drafts, Scope::Publish],
        problems: &[Kind::Missing, Kind::Conflict, Kind::Role],
        run: own::act,
        ..READ
    },
    Operation {
        id: "harvest-sources",
        path: "/desk/harvest",
        gives: Gives::Json(model::<SourceList>()),
        run: harvest::list,
        ..HARVEST
    },
    Operation {
        id: "harvest-source",
        path: "/desk/harvest/{id}",
        params: &[LOCAL],
        gives: Gives::Json(model::<Source>()),
        run: harvest::show,
        ..HARVEST
    },
    Operation {
        id: "harvest-look",
        verb: Verb::Post,
        path: "/desk/harvest/look",
        takes: Takes::Json(model::<SourceWish>()),
        gives: Gives::Json(model::<Repository>()),
        run: harvest::look,
        ..HARVEST
    },
    Operation {
        id: "harvest-add",
        verb: Verb::Post,
        path: "/desk/harvest",
        takes: Takes::Json(model::<SourceWish>()),
        status: 201,
        gives: Gives::Json(model::<Source>()),
        run: harvest::add,
        ..HARVEST
    },
    Operation {
        id: "harvest-act",
        verb: Verb::Post,
        path: "/desk/harvest/{id}/acts",
        params: &[LOCAL],
        takes: Takes::Json(model::<SourceStep>()),
        gives: Gives::Json(model::<Source>()),
        run: harvest::act,
        ..HARVEST
    },
    Operation {
        id: "harvest-remove",
        verb: Verb::Delete,
        path: "/desk/harvest/{id}",
        params: &[LOCAL],
        status: 204,
        run: harvest::remove,
        ..HARVEST
    },
    Operation {
        id: "nodes",
        path: "/desk/nodes",
        group: Group::Network,
        params: &[LIMIT, CURSOR],
        gives: Gives::Json(model::<NodePage>()),
        scopes: &[Scope::Nodes],
        problems: &[Kind::Role],
        run: network::nodes,
        ..READ
    },
    Operation {
        id: "audit",
        path: "/desk/audit",
        group: Group::Network,
        params: &[
            query("since", Shape::Day),
            query("until", Shape::Day),
            query("by", Shape::Filter),
            query("act", Shape::Filter),
            query("subject", Shape::Filter),
            LIMIT,
            CURSOR,
        ],
        gives: Gives::Json(model::<AuditPage>()),
        scopes: &[Scope::Audit],
        problems: &[Kind::Role],
        run: audit::audit,
        ..READ
    },
    Operation {
        id: "peers",
        path: "/desk/peers",
        params: &[LIMIT, CURSOR],
        gives: Gives::Json(model::<PeerList>()),
        run: peers::list,
        ..PEER
    },
    Operation {
        id: "peer",
        path: "/desk/peers/{id}",
        gives: Gives::Json(model::<PeerLine>()),
        run: peers::show,
        ..PEER
    },
    Operation {
        id: "peer-sync",
        verb: Verb::Post,
        path: "/desk/peers/{id}/sync",
        gives: Gives::Nothing,
        status: 204,
        run: peers::sync,
        ..PEER
    },
    Operation {
        id: "peer-stop",
        verb: Verb::Post,
        path: "/desk/peers/{id}/stop",
        gives: Gives::Nothing,
        status: 204,
        run: peers::stop,
        ..PEER
    },
    Operation {
        id: "peer-pause",
        verb: Verb::Post,
        path: "/desk/peers/{id}/pause",
        takes: Takes::Json(model::<PauseWish>()),
        gives: Gives::Nothing,
        status: 204,
        run: peers::pause,
        ..PEER
    },
    Operation {
        id: "peer-resume",
        verb: Verb::Post,
        path: "/desk/peers/{id}/resume",
        gives: Gives::Nothing,
        status: 204,
        run: peers::resume,
        ..PEER
    },
    Operation {
        id: "peer-forgive",
        verb: Verb::Post,
        path: "/desk/peers/{id}/forgive",
        gives: Gives::Nothing,
        status: 204,
        run: peers::forgive,
        ..PEER
    },
    Operation {
        id: "peers-pause",
        verb: Verb::Post,
        path: "/desk/peers/pause",
        params: &[],
        takes: Takes::Json(model::<PauseWish>()),
        gives: Gives::Nothing,
        status: 204,
        run: peers::pause,
        ..PEER
    },
    Operation {
        id: "peers-resume",
        verb: Verb::Post,
        path: "/desk/peers/resume",
        params: &[],
        gives: Gives::Nothing,
        status: 204,
        run: peers::resume,
        ..PEER
    },
];
