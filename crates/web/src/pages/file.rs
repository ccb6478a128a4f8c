//! `/listing/{id}/file/{hash}`: a file that belongs to a listing.
//!
//! What comes from the network is handed out as what it is by content, one of four kinds that run nothing; in a sandbox without
//! an origin, should a browser still find something to run in it. A PDF is offered to be saved, which also keeps it out of
//! readers built into old browsers.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use protocol::Media;

use super::listing::document_id;
use super::message;
use crate::app::App;
use crate::limits::{FILE_AGAIN_SECONDS, NAME_CHARS};
use crate::refusal::Refusal;
use crate::shell::Place;
use crate::text::tidy_line;
use crate::view::{FileView, file_in};

/// Nothing in a file runs, loads or is framed, wherever it is opened.
pub(crate) const FILE_POLICY: &str = "default-src 'none'; frame-ancestors 'none'; sandbox";

pub(crate) async fn handle(State(app): State<Arc<App>>, request: Request) -> Response {
    let place = Place::of(request.uri(), request.headers());
    let path = request.uri().path();
    let given = path.strip_prefix("/listing/").and_then(|rest| rest.split_once("/file/"));
    let (id, file) = given.unwrap_or_default();
    let (Some(id), Some(hash)) = (document_id(id), file_in(file)) else {
        return message::page(&app, &place, &Refusal::NoFile(tidy_line(file, NAME_CHARS)));
    };
    let answer = app.ask(move |source| source.file(&id, &hash)).await;
    let headers = request.headers();
    match answer {
        Ok(Some(view)) => answer_with(&app, &place, headers, &hash.to_string(), view),
        Ok(None) => message::page(&app, &place, &Refusal::NoFile(tidy_line(file, NAME_CHARS))),
        Err(refusal) => message::page(&app, &place, &refusal),
    }
}

/// The answer for a file.
pub(crate) fn answer_with(
    app: &App,
    place: &Place,
    asked: &HeaderMap,
    hash: &str,
    view: FileView,
) -> Response {
    let (media, title, bytes) = match view {
        FileView::Here { media, title, bytes } => (media, title, bytes),
        FileView::Coming => {
            let mut response = message::page(app, place, &Refusal::FileComing);
            // A browser without scripts looks again by itself.
            for name in [header::REFRESH, header::RETRY_AFTER] {
                response.headers_mut().insert(name, HeaderValue::from_static(FILE_AGAIN_SECONDS));
            }
            return response;
        }
        FileView::Absent => return message::page(app, place, &Refusal::FileAbsent),
    };
    let tag = format!("\"{hash}\"");
    let known = asked.get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes());
    let mut response = match known {
        true => StatusCode::NOT_MODIFIED.into_response(),
        false => bytes.into_response(),
    };
    let fixed = [
        (header::CONTENT_TYPE, media.mime()),
        (header::CONTENT_SECURITY_POLICY, FILE_POLICY),
        // What a withdrawn listing names is not to be shown from a cache.
        (header::CACHE_CONTROL, "private, no-cache"),
    ];
    for (name, value) in fixed {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response.headers_mut().insert("cross-origin-resource-policy", HeaderValue::from_static("same-origin"));
    let made = [(header::ETAG, tag), (header::CONTENT_DISPOSITION, disposition(media, &title, hash))];
    for (name, value) in made {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

/// How a browser is to take it: pictures to be shown, everything else to be saved, under the title with the ending of what it
/// is (RFC 6266).
fn disposition(media: Media, title: &str, hash: &str) -> String {
    let how = if media.is_picture() { "inline" } else { "attachment" };
    let short = hash.get(..12).unwrap_or(hash);
    let plain: String = tidy_line(title, NAME_CHARS)
        .chars()
        .map(|c| if matches!(c, '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|') { '_' } else { c })
        .collect();
    let name = plain.trim_matches(['.', ' ']);
    let name = if name.is_empty() { short } else { name };
    let encoded: String = format!("{name}.{}", media.id()).bytes().map(percent).collect();
    format!("{how}; filename=\"{short}.{}\"; filename*=UTF-8''{encoded}", media.id())
}

/// A byte as RFC 5987 has it.
fn percent(byte: u8) -> String {
    if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
        char::from(byte).to_string()
    } else {
        format!("%{byte:02X}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_saved_under_its_title_and_what_it_is() {
        let hash = "ab".repeat(32);
        assert_eq!(
            disposition(Media::Pdf, "检测 报告", &hash),
            "attachment; filename=\"abababababab.pdf\"; filename*=UTF-8''%E6%A3%80%E6%B5%8B%20%E6%8A%A5%E5%91%8A.pdf"
        );
        let hostile = disposition(Media::Png, "../\r\nSet-Cookie: a=\"b\";.exe", &hash);
        let (start, name) = hostile.split_once("UTF-8''").unwrap();
        assert_eq!(start, "inline; filename=\"abababababab.png\"; filename*=");
        assert!(name.ends_with(".exe.png") && !name.contains(['\r', '\n', '/', ' ', ';', '"']), "{name}");
        assert!(disposition(Media::Jpeg, "", &hash).ends_with("''abababababab.jpeg"));
    }
}
