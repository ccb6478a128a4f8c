//! Drafts: written, reviewed, published, through the same checks as at the desk.

use super::{further, offset};
use crate::api::ROOT;
use crate::api::answer::{Answer, Keep, digest};
use crate::api::call::Call;
use crate::api::model::desk::{
    Done, Draft, DraftAct, DraftActId, DraftLine, DraftPage, DraftTexts, NewDraft,
};
use crate::api::operation::{Answering, Scope};
use crate::api::problem::{Kind, Problem, wrong};
use crate::desk::view::{Act, Clerk, DraftView};
use crate::limits::API_PAGE;
use std::collections::BTreeMap;

/// `GET /desk/drafts`
pub(in crate::api) fn list(call: Call) -> Answering {
    Box::pin(async move {
        let state = call.get("state").map(str::to_owned);
        let question = format!("drafts {state:?}");
        let (from, limit) = (offset(&call, &question)?, call.number("limit", API_PAGE) as usize);
        let skipped = usize::try_from(from).unwrap_or(usize::MAX);
        let asked = move |desk: &dyn crate::desk::view::Desk| desk.drafts(state.as_deref(), skipped, limit);
        let (total, lines) = call.api.ask_desk(asked).await?;
        let next = further(&question, from, lines.len(), total as u64);
        let link = next.as_deref().map(|cursor| call.page_at(cursor));
        let items = lines.iter().map(DraftLine::from).collect();
        let page = DraftPage { total: total as u64, items, next };
        Ok(Answer::json(&page)?.next(link).keep(Keep::Never))
    })
}

/// `POST /desk/drafts`
pub(in crate::api) fn create(call: Call) -> Answering {
    Box::pin(async move {
        let new: NewDraft = call.read()?;
        check(&call, new.kind.kind(), &new.texts)?;
        let clerk = call.holder()?.clerk.clone();
        let (who, kind) = (clerk.clone(), new.kind.kind().id());
        let id = call.api.ask_desk(move |desk| desk.begin(&who, kind)).await?.map_err(Problem::of_desk)?;
        if !new.texts.is_empty()
            && let Err(problem) = save(&call, &clerk, &id, new.texts).await
        {
            // What could not be kept as asked is not kept at all. That it cannot be thrown away either is no news to the caller.
            let _ = call.api.ask_desk(move |desk| desk.act(&clerk, &id, &Act::Discard)).await;
            return Err(problem);
        }
        let location = format!("{ROOT}/desk/drafts/{id}");
        Ok(told(&found(&call, &id).await?)?.at(location))
    })
}

/// `GET /desk/drafts/{id}`
pub(in crate::api) fn show(call: Call) -> Answering {
    Box::pin(async move { told(&found(&call, &call.text("id")).await?) })
}

/// `PUT /desk/drafts/{id}`
pub(in crate::api) fn change(call: Call) -> Answering {
    Box::pin(async move {
        call.must(Scope::Drafts)?;
        let (id, new): (_, DraftTexts) = (call.text("id"), call.read()?);
        let before = unchanged(&call, &id).await?;
        let kind =
            catalog::Kind::from_id(&before.line.kind).ok_or_else(|| Problem::new(Kind::Missing).what(&id))?;
        check(&call, kind, &new.texts)?;
        let clerk = call.holder()?.clerk.clone();
        save(&call, &clerk, &id, new.texts).await?;
        told(&found(&call, &id).await?)
    })
}

/// `DELETE /desk/drafts/{id}`
pub(in crate::api) fn discard(call: Call) -> Answering {
    Box::pin(async move {
        let id = call.text("id");
        unchanged(&call, &id).await?;
        act_on(&call, &id, Act::Discard).await?;
        Ok(Answer::nothing().keep(Keep::Never))
    })
}

/// `POST /desk/drafts/{id}/acts`
pub(in crate::api) fn act(call: Call) -> Answering {
    Box::pin(async move {
        let (id, asked): (_, DraftAct) = (call.text("id"), call.read()?);
        let (scope, act) = match asked.act {
            DraftActId::Submit => (Scope::Drafts, Act::Submit),
            DraftActId::Pass => (Scope::Review, Act::Pass),
            DraftActId::Return => (Scope::Review, Act::Return(asked.reason)),
            DraftActId::Publish => (Scope::Publish, Act::Publish),
        };
        call.must(scope)?;
        unchanged(&call, &id).await?;
        let done = act_on(&call, &id, act).await?;
        Ok(Answer::json(&done)?.keep(Keep::Never))
    })
}

async fn act_on(call: &Call, id: &str, act: Act) -> Result<Done, Problem> {
    let (clerk, asked) = (call.holder()?.clerk.clone(), id.to_owned());
    let done = call.api.ask_desk(move |desk| desk.act(&clerk, &asked, &act)).await?;
    done.map(|done| Done::of(id, done)).map_err(Problem::of_desk)
}

async fn save(call: &Call, clerk: &Clerk, id: &str, texts: BTreeMap<String, String>) -> Result<(), Problem> {
    let (clerk, id) = (clerk.clone(), id.to_owned());
    call.api.ask_desk(move |desk| desk.save(&clerk, &id, &texts)).await?.map_err(Problem::of_desk)
}

pub(super) async fn found(call: &Call, id: &str) -> Result<DraftView, Problem> {
    let (clerk, asked) = (call.holder()?.clerk.clone(), id.to_owned());
    let draft = call.api.ask_desk(move |desk| desk.draft(&asked, &clerk)).await?;
    draft.ok_or_else(|| Problem::new(Kind::Missing).what(id))
}

/// The draft, as long as it is the one that the caller has read.
pub(super) async fn unchanged(call: &Call, id: &str) -> Result<DraftView, Problem> {
    let draft = found(call, id).await?;
    let known = call.get("if-match").unwrap_or_default();
    if known == "*" || known == version(&draft) { Ok(draft) } else { Err(Problem::new(Kind::Changed)) }
}

/// The version of a draft: what it says, where it stands, and when it was last changed.
pub(super) fn version(draft: &DraftView) -> String {
    let files: Vec<&str> = draft.attachments.iter().map(|file| file.file.as_str()).collect();
    let all = (&draft.texts, files, &draft.line.state, draft.line.changed_ms, draft.reviews.len());
    format!("\"{}\"", digest(&serde_json::to_vec(&all).unwrap_or_default()))
}

pub(super) fn told(draft: &DraftView) -> Result<Answer, Problem> {
    Ok(Answer::json(&Draft::from(draft))?.version(&version(draft)).keep(Keep::Never))
}

/// That every text is of a field that there is.
fn check(call: &Call, kind: catalog::Kind, texts: &BTreeMap<String, String>) -> Result<(), Problem> {
    let strange: Vec<&String> = texts.keys().filter(|id| kind.field(id).is_none()).collect();
    if strange.is_empty() {
        return Ok(());
    }
    let problem = Problem::new(Kind::Record);
    Err(strange
        .into_iter()
        .fold(problem, |problem, id| problem.fault(id, wrong(call.lang, "api.wrong.field"))))
}
