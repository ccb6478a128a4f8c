//! Files of a draft: added, fetched, taken away, by the bounds and the look at their content that the desk has.

use super::drafts::{found, told, unchanged, version};
use crate::api::ROOT;
use crate::api::answer::{Answer, Keep};
use crate::api::call::Call;
use crate::api::model::File;
use crate::api::model::files::FileList;
use crate::api::operation::Answering;
use crate::api::problem::{Kind, Problem, wrong};
use crate::api::sent::bare;
use crate::limits::{FILE_AGAIN_SECONDS, NAME_CHARS};
use crate::text::tidy_line;
use crate::view::{FileView, file_in};
use protocol::file_hash;
use std::time::Duration;

/// `GET /desk/drafts/{id}/files`
pub(in crate::api) fn list(call: Call) -> Answering {
    Box::pin(async move {
        let draft = found(&call, &call.text("id")).await?;
        let list = FileList { items: File::all(&draft.attachments) };
        Ok(Answer::json(&list)?.version(&version(&draft)).keep(Keep::Never))
    })
}

/// `POST /desk/drafts/{id}/files`
pub(in crate::api) fn add(call: Call) -> Answering {
    Box::pin(async move {
        let id = call.text("id");
        unchanged(&call, &id).await?;
        let turn = call.api.app.uploads.acquire().await.map_err(|_| Problem::new(Kind::Busy))?;
        let bytes = call.sent.bytes().await?;
        if bytes.is_empty() {
            return Err(Problem::new(Kind::Record).fault("body", wrong(call.lang, "api.wrong.empty")));
        }
        let name = match bare(call.get("name").unwrap_or_default()) {
            name if name.is_empty() => call.sent.name.clone(),
            name => name,
        };
        let given = tidy_line(call.get("title").unwrap_or_default(), 2 * NAME_CHARS);
        let stem = name.rsplit_once('.').map_or(name.as_str(), |(stem, _)| stem);
        let title = if given.is_empty() { stem.to_owned() } else { given };
        let location = format!("{ROOT}/desk/drafts/{id}/files/{}", file_hash(&bytes));
        let (clerk, asked) = (call.holder()?.clerk.clone(), id.clone());
        let added = call.api.ask_desk(move |desk| desk.attach(&clerk, &asked, &name, &title, &bytes)).await?;
        drop(turn);
        added.map_err(Problem::of_desk)?;
        Ok(told(&found(&call, &id).await?)?.at(location))
    })
}

/// `GET /desk/drafts/{id}/files/{hash}`
pub(in crate::api) fn show(call: Call) -> Answering {
    Box::pin(async move {
        let (id, given) = (call.text("id"), call.text("hash"));
        let missing = || Problem::new(Kind::Missing).what(&given);
        let hash = file_in(&given).ok_or_else(missing)?;
        let view = call.api.ask_desk(move |desk| desk.file(&id, &hash)).await?.ok_or_else(missing)?;
        match view {
            FileView::Here { media, bytes, .. } => {
                let short: String = given.chars().take(12).collect();
                let file = Answer::file(bytes, media.mime(), format!("{short}.{}", media.id()));
                Ok(file.keep(Keep::Never))
            }
            FileView::Coming => {
                let again = FILE_AGAIN_SECONDS.parse().map(Duration::from_secs).unwrap_or_default();
                Err(Problem::new(Kind::Coming).after(again))
            }
            FileView::Absent => Err(missing()),
        }
    })
}

/// `DELETE /desk/drafts/{id}/files/{hash}`
pub(in crate::api) fn remove(call: Call) -> Answering {
    Box::pin(async move {
        let (id, file) = (call.text("id"), call.text("hash"));
        let draft = unchanged(&call, &id).await?;
        if draft.attachments.iter().all(|of| of.file != file) {
            return Err(Problem::new(Kind::Missing).what(&file));
        }
        let (clerk, asked) = (call.holder()?.clerk.clone(), id.clone());
        let removed = call.api.ask_desk(move |desk| desk.detach(&clerk, &asked, &file)).await?;
        removed.map_err(Problem::of_desk)?;
        told(&found(&call, &id).await?)
    })
}
