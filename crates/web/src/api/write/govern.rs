//! Governing: what waits, what a motion asks to be signed, and steps that were signed elsewhere. Nothing is signed here: root keys
//! open nothing that came by a token.

use crate::api::answer::{Answer, Keep};
use crate::api::call::Call;
use crate::api::model::govern::{Added, Governance, NewMotion, Paper, Step, StepFile, StepList, bytes_of};
use crate::api::operation::Answering;
use crate::api::problem::{Kind, Problem};
use crate::desk::governing::{self, Brought};
use crate::desk::view::Said;

/// `GET /desk/network`
pub(in crate::api) fn room(call: Call) -> Answering {
    Box::pin(async move {
        let clerk = call.holder()?.clerk.clone();
        if !clerk.administers() {
            return Err(Problem::new(Kind::Role));
        }
        let room = call.api.ask_desk(move |desk| desk.room(&clerk)).await?;
        Ok(Answer::json(&Governance::from(&room))?.keep(Keep::Never))
    })
}

/// `POST /desk/network/motions`
pub(in crate::api) fn motion(call: Call) -> Answering {
    Box::pin(async move {
        let (wish, clerk) = (call.read::<NewMotion>()?.wish()?, call.holder()?.clerk.clone());
        paper(call.api.ask_desk(move |desk| desk.move_that(&clerk, &wish)).await?)
    })
}

/// `GET /desk/network/steps/{id}`
pub(in crate::api) fn step(call: Call) -> Answering {
    Box::pin(async move {
        let (id, clerk) = (call.text("id"), call.holder()?.clerk.clone());
        paper(call.api.ask_desk(move |desk| desk.paper_of(&clerk, &id)).await?)
    })
}

/// `POST /desk/network/files`
pub(in crate::api) fn file(call: Call) -> Answering {
    Box::pin(async move {
        let brought = Brought { file: bytes(&call)?, texts: Vec::new() };
        let clerk = call.holder()?.clerk.clone();
        paper(call.api.ask_desk(move |desk| desk.paper_in(&clerk, &brought)).await?)
    })
}

/// `POST /desk/network/steps`
pub(in crate::api) fn carry(call: Call) -> Answering {
    Box::pin(async move {
        let (file, clerk) = (bytes(&call)?, call.holder()?.clerk.clone());
        let carried = call.api.ask_desk(move |desk| desk.carry(&clerk, &file)).await?;
        let items = Step::all(&carried.map_err(Problem::of_desk)?);
        Ok(Answer::json(&StepList { items })?.keep(Keep::Never))
    })
}

/// `POST /desk/network/texts`
pub(in crate::api) fn text(call: Call) -> Answering {
    Box::pin(async move {
        let (text, clerk) = (bytes(&call)?, call.holder()?.clerk.clone());
        let added = call.api.ask_desk(move |desk| desk.add_text(&clerk, &text)).await?;
        Ok(Answer::json(&Added { new: added.map_err(Problem::of_desk)? })?.keep(Keep::Never))
    })
}

fn bytes(call: &Call) -> Result<Vec<u8>, Problem> {
    bytes_of("file", &call.read::<StepFile>()?.file)
}

fn paper(found: Result<governing::Paper, Said>) -> Result<Answer, Problem> {
    let paper = found.map_err(Problem::of_desk)?;
    Ok(Answer::json(&Paper::from(&paper))?.keep(Keep::Never))
}
