//! Files of a draft: added to it and taken away, with what was typed into its form kept all the same.

use std::sync::Arc;

use axum::Form;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use catalog::words::say;
use protocol::limits::MAX_ATTACHMENT;

use super::draft::{find, keep_typed, troubled};
use crate::desk::Bench;
use crate::desk::form::{Broken, Incoming, Part};
use crate::desk::gate::{Away, posted, see, signed_in};
use crate::desk::view::Said;
use crate::limits::{FORM_FIELDS, NAME_CHARS};
use crate::pages::file;
use crate::refusal::Refusal;
use crate::shell::Place;
use crate::text::tidy_line;
use crate::view::file_in;

/// Adds the file that a form carries.
pub(in crate::desk) async fn add(
    State(bench): State<Arc<Bench>>,
    Path(id): Path<String>,
    request: Request,
) -> Response {
    let (place, headers) = (Place::of(request.uri(), request.headers()), request.headers().clone());
    let answer = async {
        // Who has not signed in uploads nothing.
        signed_in(&bench, &headers).await?;
        let turn = bench.app.uploads.acquire().await.map_err(|_| Refusal::Busy)?;
        let Parts { fields, name, bytes } = parts(&headers, request).await?;
        let (who, fields) = posted(&bench, &headers, fields).await?;
        if let Some(response) = keep_typed(&bench, &place, &who, &id, &fields).await? {
            return Ok(response);
        }
        if bytes.is_empty() {
            let draft = find(&bench, &who, &id).await?;
            return Ok(troubled(&bench, &place, &who, draft, &none_chosen()));
        }
        let given = tidy_line(fields.get("file_title"), NAME_CHARS * 2);
        let name = tidy_line(&name, NAME_CHARS * 2);
        let stem = name.rsplit_once('.').map_or(name.as_str(), |(stem, _)| stem);
        let title = if given.is_empty() { stem.to_owned() } else { given };
        let (clerk, asked) = (who.clerk.clone(), id.clone());
        let added = bench.ask(move |desk| desk.attach(&clerk, &asked, &name, &title, &bytes)).await?;
        drop(turn);
        match added {
            Ok(()) => Ok(see(&format!("/desk/draft/{id}?saved=1#files"))),
            Err(said) => Ok(troubled(&bench, &place, &who, find(&bench, &who, &id).await?, &said)),
        }
    };
    answer.await.unwrap_or_else(|away: Away| away.answer(&bench, &place))
}

/// The fields of a form, and its file.
#[derive(Default)]
struct Parts {
    fields: Vec<(String, String)>,
    /// What the file was called where it came from.
    name: String,
    /// None where no file was chosen.
    bytes: Vec<u8>,
}

async fn parts(headers: &HeaderMap, request: Request) -> Result<Parts, Away> {
    let refused = |why: Broken| match why {
        Broken::Large => Refusal::Body,
        Broken::Form | Broken::Disk(_) => Refusal::BadForm,
    };
    let read = async {
        let mut form = Incoming::new(headers, request.into_body(), FORM_FIELDS, MAX_ATTACHMENT)?;
        let mut parts = Parts::default();
        while let Some(part) = form.part().await? {
            match part {
                Part::Field(name, text) => parts.fields.push((name, text)),
                Part::File(file) => {
                    parts.name.clone_from(&file.name);
                    parts.bytes = file.bytes().await?;
                }
            }
        }
        Ok(parts)
    };
    Ok(read.await.map_err(refused)?)
}

fn none_chosen() -> Said {
    use catalog::Lang::{En, Zh};
    let both = |key| (say(Zh, key).to_owned(), say(En, key).to_owned());
    Said {
        message: both("attachment.none_chosen"),
        hint: both("attachment.none_chosen.hint"),
        ..Said::default()
    }
}

/// Takes one away.
pub(in crate::desk) async fn remove(
    State(bench): State<Arc<Bench>>,
    Path(id): Path<String>,
    uri: Uri,
    headers: HeaderMap,
    Form(given): Form<Vec<(String, String)>>,
) -> Response {
    let place = Place::of(&uri, &headers);
    let answer = async {
        let (who, fields) = posted(&bench, &headers, given).await?;
        if let Some(response) = keep_typed(&bench, &place, &who, &id, &fields).await? {
            return Ok(response);
        }
        let (clerk, asked, file) = (who.clerk.clone(), id.clone(), fields.get("remove").to_owned());
        match bench.ask(move |desk| desk.detach(&clerk, &asked, &file)).await? {
            Ok(()) => Ok(see(&format!("/desk/draft/{id}?saved=1#files"))),
            Err(said) => Ok(troubled(&bench, &place, &who, find(&bench, &who, &id).await?, &said)),
        }
    };
    answer.await.unwrap_or_else(|away: Away| away.answer(&bench, &place))
}

/// Shows one.
pub(in crate::desk) async fn show(
    State(bench): State<Arc<Bench>>,
    Path((id, given)): Path<(String, String)>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let place = Place::of(&uri, &headers);
    let answer = async {
        signed_in(&bench, &headers).await?;
        let missing = || Refusal::NoFile(tidy_line(&given, NAME_CHARS));
        let hash = file_in(&given).ok_or_else(missing)?;
        let found = bench.ask(move |desk| desk.file(&id, &hash)).await?.ok_or_else(missing)?;
        Ok(file::answer_with(&bench.app, &place, &headers, &given, found))
    };
    answer.await.unwrap_or_else(|away: Away| away.answer(&bench, &place))
}
