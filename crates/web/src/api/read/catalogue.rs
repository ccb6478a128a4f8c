//! What a listing may hold, and the description of the API itself.

use crate::api::answer::{Answer, Keep};
use crate::api::call::Call;
use crate::api::model::catalogue::{Catalogue, RegionList};
use crate::api::openapi;
use crate::api::operation::Answering;

/// `GET /catalogue`
pub(in crate::api) fn catalogue(_: Call) -> Answering {
    Box::pin(async move { Ok(Answer::json(&Catalogue::of_this_program())?.keep(Keep::AnHour)) })
}

/// `GET /regions`
pub(in crate::api) fn regions(call: Call) -> Answering {
    Box::pin(async move { Ok(Answer::json(&RegionList::below(call.get("within")))?.keep(Keep::AnHour)) })
}

/// `GET /openapi.json`
pub(in crate::api) fn openapi(call: Call) -> Answering {
    Box::pin(async move { Ok(Answer::json(&openapi::document(call.lang))?.keep(Keep::AnHour).spoken()) })
}
