//! Help inside the program: a page for each who comes, and one that leads to them.

use super::draw;
use crate::app::App;
use crate::limits::NAME_CHARS;
use crate::refusal::Refusal;
use crate::shell::{Place, Shell};
use crate::text::tidy_line;
use askama::Template;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use catalog::Lang;
use catalog::words::say;
use std::sync::Arc;

/// Who comes, and what each asks, in the order in which they meet it. The words are `guide.WHO.…`.
const GUIDES: [(&str, &[&str]); 4] = [
    ("visitor", &["find", "proof", "ask", "comfort"]),
    ("clerk", &["sign_in", "draft", "tables", "submit", "private"]),
    ("reviewer", &["steps", "reasons", "withdraw"]),
    ("operator", &["accounts", "govern", "health", "backup", "pages", "api"]),
];

#[derive(Template)]
#[template(path = "help.html")]
struct Page {
    shell: Shell,
    title: &'static str,
    lead: &'static str,
    parts: Vec<Part>,
    /// Guides to go to: all of them on the first page, the others on each of theirs.
    guides: Vec<Guide>,
    first: bool,
}

/// One question and its answer.
struct Part {
    id: &'static str,
    title: &'static str,
    lines: Vec<Line>,
}

/// A paragraph, a point of a list, or something typed at the command line.
enum Line {
    Text(&'static str),
    Point(&'static str),
    Typed(&'static str),
}

struct Guide {
    href: String,
    title: &'static str,
    lead: &'static str,
}

/// `/help`
pub(crate) async fn first(State(app): State<Arc<App>>, uri: Uri, headers: HeaderMap) -> Response {
    let place = Place::of(&uri, &headers);
    page(&app, &place, None)
}

/// `/help/{who}`
pub(crate) async fn one(
    State(app): State<Arc<App>>,
    Path(who): Path<String>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let place = Place::of(&uri, &headers);
    match GUIDES.iter().find(|(id, _)| *id == who) {
        Some(guide) => page(&app, &place, Some(guide)),
        None => {
            let refusal = Refusal::NoPage(tidy_line(uri.path(), NAME_CHARS));
            super::message::page(&app, &place, &refusal)
        }
    }
}

fn page(app: &App, place: &Place, guide: Option<&(&'static str, &'static [&'static str])>) -> Response {
    let lang = place.lang;
    let (title, lead) = match guide {
        Some((who, _)) => (words(lang, who, "title"), words(lang, who, "lead")),
        None => (say(lang, "guide.title"), say(lang, "guide.lead")),
    };
    let parts = guide.map(|(who, asks)| asks.iter().map(|ask| part(lang, who, ask)).collect());
    let others = GUIDES.iter().filter(|(who, _)| guide.is_none_or(|(own, _)| own != who));
    let guides = others.map(|(who, _)| Guide {
        href: format!("/help/{who}"),
        title: words(lang, who, "title"),
        lead: words(lang, who, "lead"),
    });
    let page = Page {
        shell: Shell::new(app, place, title, None),
        title,
        lead,
        parts: parts.unwrap_or_default(),
        guides: guides.collect(),
        first: guide.is_none(),
    };
    draw(StatusCode::OK, &page, lang)
}

fn part(lang: Lang, who: &str, ask: &'static str) -> Part {
    let text = words(lang, who, &format!("{ask}.text"));
    Part { id: ask, title: words(lang, who, ask), lines: text.lines().map(line).collect() }
}

fn line(text: &'static str) -> Line {
    if let Some(typed) = text.strip_prefix("$ ") {
        Line::Typed(typed)
    } else if let Some(point) = text.strip_prefix("- ") {
        Line::Point(point)
    } else {
        Line::Text(text)
    }
}

/// The words `guide.WHO.WHAT`; empty where there are none, which a test forbids.
fn words(lang: Lang, who: &str, what: &str) -> &'static str {
    let key = format!("guide.{who}.{what}");
    let row = catalog::words::guide::TABLE.iter().find(|(known, _, _)| *known == key);
    row.map_or("", |(_, zh, en)| lang.pick(zh, en))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_guide_has_its_words_and_every_word_its_guide() {
        let mut known: Vec<String> = Vec::new();
        for (who, asks) in GUIDES {
            let own = ["title".to_owned(), "lead".to_owned()];
            let more = asks.iter().flat_map(|ask| [(*ask).to_owned(), format!("{ask}.text")]);
            known.extend(own.into_iter().chain(more).map(|what| format!("guide.{who}.{what}")));
        }
        for key in &known {
            assert_ne!(say(Lang::Zh, key), key, "{key} is missing");
        }
        let of_guides = |key: &str| GUIDES.iter().any(|(who, _)| key.starts_with(&format!("guide.{who}.")));
        let lost = catalog::words::guide::TABLE.iter().map(|(key, _, _)| *key).filter(|key| of_guides(key));
        let lost: Vec<_> = lost.filter(|key| !known.iter().any(|named| named == key)).collect();
        assert!(lost.is_empty(), "no guide says {lost:?}");
    }

    #[test]
    fn lines_are_told_apart() {
        assert!(matches!(line("$ lianshi status"), Line::Typed("lianshi status")));
        assert!(matches!(line("- whole?"), Line::Point("whole?")));
        assert!(matches!(line("It costs $ 5."), Line::Text(_)));
    }
}
