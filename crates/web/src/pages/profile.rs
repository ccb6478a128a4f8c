//! `/profile`: the four unifications, which version stands, and their texts as the governors signed them.

use super::{draw, message};
use crate::app::App;
use crate::labels::unified;
use crate::limits::{NAME_CHARS, PROFILE_VERSIONS_SHOWN};
use crate::markdown;
use crate::pages::file::FILE_POLICY;
use crate::refusal::Refusal;
use crate::shell::{Place, Shell};
use crate::text::{count, minute, short_id, stamp, tidy, tidy_line};
use crate::view::{PartView, ProfileView, VersionView, file_in};
use askama::Template;
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use catalog::Lang;
use catalog::words::{fill, say};
use protocol::limits::MAX_PROFILE_TEXT;
use protocol::{Hash, Media};
use std::sync::Arc;

/// Where the texts themselves are.
const TEXTS: &str = "/profile/text/";

#[derive(Template)]
#[template(path = "profile.html")]
struct Page {
    shell: Shell,
    network: String,
    parts: Vec<Part>,
}

/// One of the four in short.
struct Part {
    name: &'static str,
    lead: &'static str,
    version: String,
    /// Its text, or why there is none.
    state: String,
    href: String,
    more: String,
}

#[derive(Template)]
#[template(path = "profile_part.html")]
struct PartPage {
    shell: Shell,
    id: &'static str,
    name: &'static str,
    version: String,
    /// Whether the version shown is the one that stands.
    stands: bool,
    /// HTML made by [`markdown::to_html`] alone; empty of a picture, and where there is none.
    body: String,
    /// Address of a picture; may be empty.
    picture: String,
    /// Why there is no text.
    absent: String,
    facts: Vec<super::Fact>,
    file: String,
    versions: Vec<Version>,
    more: String,
}

struct Version {
    version: String,
    href: String,
    shown: bool,
    note: String,
    when: String,
    stamp: String,
}

/// `/profile`, `/profile/{part}`, `/profile/{part}/{text}`
pub(crate) async fn handle(State(app): State<Arc<App>>, request: Request) -> Response {
    let place = Place::of(request.uri(), request.headers());
    let path = request.uri().path().trim_end_matches('/').to_owned();
    match answer(&app, &place, &path).await {
        Ok(response) => response,
        Err(refusal) => message::page(&app, &place, &refusal),
    }
}

async fn answer(app: &App, place: &Place, path: &str) -> Result<Response, Refusal> {
    let missing = || Refusal::NoPage(tidy_line(path, NAME_CHARS));
    let view = app.ask(|source| source.profile()).await?;
    let mut names = path.split('/').skip(2);
    let (Some(part), version) = (names.next(), names.next()) else {
        return Ok(draw(StatusCode::OK, &overview(app, place, &view), place.lang));
    };
    let part = view.parts.iter().find(|known| known.id == part).ok_or_else(missing)?;
    let shown = match version {
        None => part.versions.first(),
        Some(text) => part.versions.iter().find(|known| known.text == text && !text.is_empty()),
    };
    let shown = shown.ok_or_else(missing)?;
    let bytes = match file_in(&shown.text).filter(|_| shown.held.is_some()) {
        Some(text) => app.ask(move |source| source.profile_text(&text)).await?,
        None => None,
    };
    Ok(draw(StatusCode::OK, &page(app, place, part, shown, bytes.as_deref()), place.lang))
}

fn overview(app: &App, place: &Place, view: &ProfileView) -> Page {
    let lang = place.lang;
    let shell = Shell::new(app, place, say(lang, "profile.title"), None);
    let part = |part: &PartView| {
        let (name, lead) = unified(lang, part.id);
        let newest = part.versions.first();
        let earlier = part.versions.len().saturating_sub(1) as u64;
        Part {
            name,
            lead,
            version: newest.map(|newest| tidy_line(&newest.version, NAME_CHARS)).unwrap_or_default(),
            state: newest.map(|newest| state(lang, newest)).unwrap_or_default(),
            href: format!("/profile/{}", part.id),
            more: if earlier == 0 {
                String::new()
            } else {
                fill(lang, "profile.earlier", &[("n", &count(earlier))])
            },
        }
    };
    Page { network: shell.network.clone(), shell, parts: view.parts.iter().map(part).collect() }
}

/// Who brought a text and when, or why there is none.
fn state(lang: Lang, version: &VersionView) -> String {
    match &version.held {
        Some(held) if held.by.is_empty() => fill(lang, "profile.at", &[("when", &minute(held.at_ms, lang))]),
        Some(held) => {
            let by = tidy_line(&held.by, NAME_CHARS);
            fill(lang, "profile.by", &[("by", &by), ("when", &minute(held.at_ms, lang))])
        }
        None if version.text.is_empty() => say(lang, "profile.none").to_owned(),
        None => say(lang, "profile.away").to_owned(),
    }
}

fn page(app: &App, place: &Place, part: &PartView, shown: &VersionView, bytes: Option<&[u8]>) -> PartPage {
    let lang = place.lang;
    let (name, _) = unified(lang, part.id);
    let file = if bytes.is_some() { format!("{TEXTS}{}", shown.text) } else { String::new() };
    let words = bytes.and_then(|bytes| std::str::from_utf8(bytes).ok());
    let is_picture = bytes.is_some_and(|bytes| Media::of(bytes) == Some(Media::Png));
    let fact = |key, value: String| super::Fact::new(say(lang, key), value);
    let mut facts = vec![fact("profile.version", tidy_line(&shown.version, NAME_CHARS))];
    if shown.held.is_some() {
        facts.push(fact("profile.published", state(lang, shown)));
        facts.push(super::Fact::mono(say(lang, "profile.hash"), shown.text.clone()));
    }
    let signed = match shown.step.is_empty() {
        true => say(lang, "profile.charter").to_owned(),
        false => fill(lang, "profile.step", &[("step", &short_id(&shown.step))]),
    };
    facts.push(fact("profile.signed", signed));
    let version = |known: &VersionView| Version {
        version: tidy_line(&known.version, NAME_CHARS),
        href: if known.text.is_empty() {
            String::new()
        } else {
            format!("/profile/{}/{}", part.id, known.text)
        },
        shown: known == shown,
        note: if known.held.is_some() { String::new() } else { state(lang, known) },
        when: known.held.as_ref().map(|held| minute(held.at_ms, lang)).unwrap_or_default(),
        stamp: known.held.as_ref().map(|held| stamp(held.at_ms)).unwrap_or_default(),
    };
    let hidden = part.versions.len().saturating_sub(PROFILE_VERSIONS_SHOWN) as u64;
    PartPage {
        shell: Shell::new(app, place, name, None),
        id: part.id,
        name,
        version: tidy_line(&shown.version, NAME_CHARS),
        stands: part.versions.first() == Some(shown),
        body: words
            .filter(|_| !is_picture)
            .map(|words| markdown::to_html(&tidy(words, MAX_PROFILE_TEXT)))
            .unwrap_or_default(),
        picture: if is_picture { file.clone() } else { String::new() },
        absent: match bytes {
            Some(_) if words.is_none() && !is_picture => say(lang, "profile.odd").to_owned(),
            Some(_) => String::new(),
            None => state(lang, shown),
        },
        facts,
        file,
        versions: part.versions.iter().take(PROFILE_VERSIONS_SHOWN).map(version).collect(),
        more: if hidden == 0 {
            String::new()
        } else {
            fill(lang, "profile.earlier", &[("n", &count(hidden))])
        },
    }
}

/// `/profile/text/{text}`: a text, to the letter, as it was signed.
pub(crate) async fn text(State(app): State<Arc<App>>, request: Request) -> Response {
    let place = Place::of(request.uri(), request.headers());
    let given = request.uri().path().strip_prefix(TEXTS).unwrap_or_default();
    let missing = || Refusal::NoFile(tidy_line(given, NAME_CHARS));
    let Some(hash) = file_in(given) else { return message::page(&app, &place, &missing()) };
    match app.ask(move |source| source.profile_text(&hash)).await {
        Ok(Some(bytes)) => {
            let known = request.headers().get(header::IF_NONE_MATCH);
            let known = known.is_some_and(|known| known.as_bytes() == tag(&hash).as_bytes());
            handed_out(&hash, bytes, known)
        }
        Ok(None) => message::page(&app, &place, &missing()),
        Err(refusal) => message::page(&app, &place, &refusal),
    }
}

fn tag(hash: &Hash) -> String {
    format!("\"{hash}\"")
}

/// Its media type, and the ending of its file's name.
pub(crate) fn media(bytes: &[u8]) -> (&'static str, &'static str) {
    match Media::of(bytes) {
        Some(Media::Png) => (Media::Png.mime(), Media::Png.id()),
        _ if std::str::from_utf8(bytes).is_ok() => ("text/plain; charset=utf-8", "md"),
        _ => ("application/octet-stream", "bin"),
    }
}

fn handed_out(hash: &Hash, bytes: Vec<u8>, known: bool) -> Response {
    let (mime, ending) = media(&bytes);
    let mut response = if known { StatusCode::NOT_MODIFIED.into_response() } else { bytes.into_response() };
    let headers = response.headers_mut();
    let fixed: [(HeaderName, &'static str); 4] = [
        (header::CONTENT_TYPE, mime),
        (header::CONTENT_SECURITY_POLICY, FILE_POLICY),
        // It is named by its hash: it never is another one.
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    let name = format!("inline; filename=\"{}.{ending}\"", short_id(&hash.to_string()));
    for (key, value) in [(header::ETAG, tag(hash)), (header::CONTENT_DISPOSITION, name)] {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(key, value);
        }
    }
    response
}
