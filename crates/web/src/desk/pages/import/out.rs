//! Tables that leave: the one with its faults marked, a list of the desk, a workbook to fill in.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Uri, header};
use axum::response::{IntoResponse, Response};
use catalog::Lang;
use catalog::words::fill;

use crate::desk::Bench;
use crate::desk::gate::{Away, see, signed_in};
use crate::desk::imports::TableAsk;
use crate::labels;
use crate::limits::NAME_CHARS;
use crate::refusal::Refusal;
use crate::request::pairs;
use crate::shell::Place;
use crate::text::tidy_line;
use crate::view::TableForm;

/// The table with its faults marked.
pub(in crate::desk) async fn marked(
    State(bench): State<Arc<Bench>>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let place = Place::of(&uri, &headers);
    let answer = async {
        let clerk = signed_in(&bench, &headers).await?.clerk;
        let asked = clerk.clone();
        let path = bench.ask(move |desk| desk.marked_table(&asked)).await?;
        let name = bench.ask(move |desk| desk.import(&clerk)).await?.map(|import| import.name);
        match path {
            Some(path) => {
                let name = name.unwrap_or_default();
                let stem = name.rsplit_once('.').map_or(name.as_str(), |(stem, _)| stem);
                let marked = fill(place.lang, "import.marked.name", &[("name", stem)]);
                Ok(crate::download::of_file(path, &marked, TableForm::Xlsx.media()).await?)
            }
            None => Ok(see("/desk/import")),
        }
    };
    answer.await.unwrap_or_else(|away: Away| away.answer(&bench, &place))
}

/// A list of the desk as a table.
pub(in crate::desk) async fn table(
    State(bench): State<Arc<Bench>>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let place = Place::of(&uri, &headers);
    let lang = place.lang;
    let answer = async {
        let clerk = signed_in(&bench, &headers).await?.clerk;
        let asked = pairs(&uri);
        let of = |wanted: &str| asked.iter().find(|(name, _)| name == wanted).map_or("", |(_, value)| value);
        let missing = || Refusal::NoPage(tidy_line(uri.path(), NAME_CHARS));
        let form = TableForm::from_id(of("form")).ok_or_else(missing)?;
        let kind = catalog::Kind::from_id(of("kind")).ok_or_else(missing)?;
        let (drafts, zh) = (of("of") == "drafts", lang == Lang::Zh);
        let ask = TableAsk { drafts, kind: kind.id().to_owned(), form, zh };
        let desk = Arc::clone(&bench.desk);
        let body = bench.app.write(move |out| desk.write_table(&clerk, &ask, out))?;
        Ok(crate::pages::table::kept(body, form, &format!("{}.{}", kind.label(lang), form.id())))
    };
    answer.await.unwrap_or_else(|away: Away| away.answer(&bench, &place))
}

/// A workbook to fill in.
pub(in crate::desk) async fn template(
    State(bench): State<Arc<Bench>>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let place = Place::of(&uri, &headers);
    let lang = place.lang;
    let answer = async {
        signed_in(&bench, &headers).await?;
        let kind = pairs(&uri).into_iter().find(|(name, _)| name == "kind").map(|(_, kind)| kind);
        let kind = kind.unwrap_or_default();
        let asked = kind.clone();
        let made = bench.ask(move |desk| desk.template(&asked, lang == Lang::Zh)).await?;
        let bytes = made.ok_or_else(|| Refusal::NoPage(tidy_line(uri.path(), NAME_CHARS)))?;
        let name = fill(lang, "import.template.name", &[("kind", &labels::kind(lang, &kind))]);
        let mut response = bytes.into_response();
        response
            .headers_mut()
            .insert(header::CONTENT_TYPE, HeaderValue::from_static(TableForm::Xlsx.media()));
        crate::download::named(&mut response, &name);
        Ok(response)
    };
    answer.await.unwrap_or_else(|away: Away| away.answer(&bench, &place))
}
