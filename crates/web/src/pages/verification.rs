//! `/v/{id}` and `/v/{id}/{mark}`: what somebody sees who scanned the code on a paper. Whether what is on it stands, whether it
//! changed since, who signed it, and what to compare with the paper. For a telephone first.

use super::listing::{document_id, notice, version};
use super::{Fact, draw, message};
use crate::app::App;
use crate::labels;
use crate::limits::NAME_CHARS;
use crate::refusal::Refusal;
use crate::shell::{Place, Shell};
use crate::text::{date, minute, short_id, tidy_line};
use crate::view::{CheckResult, ListingView, Standing};
use askama::Template;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use catalog::Lang;
use catalog::labels::rejects;
use catalog::words::{fill, say};
use std::sync::Arc;

/// Digits of a version's number that are read.
const NUMBER_DIGITS: usize = 6;

#[derive(Template)]
#[template(path = "verification.html")]
struct Page {
    shell: Shell,
    verdict: Verdict,
    compare: Vec<Fact>,
    signed: Vec<Fact>,
    said: String,
    said_bad: String,
    href: String,
    checked_by: String,
}

/// What the page says first. `face` is `good`, `unsure` or `bad`.
struct Verdict {
    face: &'static str,
    title: String,
    text: String,
}

pub(crate) async fn handle(State(app): State<Arc<App>>, request: Request) -> Response {
    let place = Place::of(request.uri(), request.headers());
    let given = request.uri().path().strip_prefix("/v/").unwrap_or_default();
    let (id, mark) = given.split_once('/').unwrap_or((given, ""));
    let Some(id) = document_id(id) else {
        return message::page(&app, &place, &Refusal::NoPaper(tidy_line(given, NAME_CHARS)));
    };
    let (asked, mark) = (id.clone(), Mark::read(mark));
    match app.ask(move |source| source.listing(&asked)).await {
        Ok(Some(view)) => draw(StatusCode::OK, &page(&app, &place, &view, mark.as_ref()), place.lang),
        Ok(None) => message::page(&app, &place, &Refusal::NoPaper(short_id(&id))),
        Err(refusal) => message::page(&app, &place, &refusal),
    }
}

/// The version that a paper shows: its number and the first digits of its last entry's hash.
struct Mark {
    number: String,
    hash: String,
}

impl Mark {
    fn read(text: &str) -> Option<Self> {
        let (number, hash) = text.split_once('-')?;
        let counts =
            !number.is_empty() && number.len() <= NUMBER_DIGITS && number.bytes().all(|b| b.is_ascii_digit());
        let hash = document_id(hash)?;
        counts.then(|| Mark { number: number.to_owned(), hash })
    }
}

fn page(app: &App, place: &Place, view: &ListingView, mark: Option<&Mark>) -> Page {
    let lang = place.lang;
    let mut shell = Shell::new(app, place, say(lang, "verification.title"), None);
    shell.indexed = false;
    shell.search_in_head = false;
    let (standing, objecting) = (view.statements.len(), objections(view));
    let counted =
        |key, n: usize| if n == 0 { String::new() } else { fill(lang, key, &[("n", &n.to_string())]) };
    Page {
        verdict: verdict(lang, view, mark),
        compare: compare(lang, view),
        signed: signed(lang, view),
        said: match standing {
            0 => say(lang, "verification.said.none").to_owned(),
            n => counted("verification.said", n),
        },
        said_bad: counted("verification.said.bad", objecting),
        href: format!("/listing/{}", tidy_line(&view.id, NAME_CHARS)),
        checked_by: fill(lang, "verification.checked_by", &[("node", &shell.node)]),
        shell,
    }
}

fn objections(view: &ListingView) -> usize {
    view.statements.iter().filter(|said| rejects(&said.label, &said.value)).count()
}

fn verdict(lang: Lang, view: &ListingView, mark: Option<&Mark>) -> Verdict {
    if let Some(notice) = notice(lang, &view.standing) {
        let face = if notice.bad { "bad" } else { "unsure" };
        return Verdict { face, title: notice.title.to_owned(), text: notice.text };
    }
    let institution = tidy_line(&view.provenance.institution, NAME_CHARS);
    let words = |face, title, text, places: &[(&str, &str)]| Verdict {
        face,
        title: say(lang, title).to_owned(),
        text: fill(lang, text, places),
    };
    let checks = &view.provenance.checks;
    if checks.iter().any(|check| matches!(check.result, CheckResult::Failed(_))) {
        return words("bad", "proof.bad.title", "proof.bad.text", &[]);
    }
    if checks.is_empty() || checks.iter().any(|check| check.result != CheckResult::Passed) {
        return words("unsure", "proof.partly.title", "proof.partly.text", &[]);
    }
    let whom = [("institution", institution.as_str())];
    let Some(mark) = mark else {
        return words("good", "verification.good.title", "verification.good.text", &whom);
    };
    let now = view.mark.split('-').next().unwrap_or_default();
    if is_present(view, mark) {
        return words("good", "verification.same.title", "verification.same.text", &whom);
    }
    let shown = view.provenance.versions.iter().find(|version| version.hash.starts_with(&mark.hash));
    match shown {
        Some(version) => {
            let places =
                [("n", mark.number.as_str()), ("date", &*date(version.signed_ms, lang)), ("now", now)];
            words("unsure", "verification.changed.title", "verification.changed.text", &places)
        }
        None => {
            let places = [("n", mark.number.as_str()), ("now", now)];
            words("unsure", "verification.other.title", "verification.other.text", &places)
        }
    }
}

/// Whether a paper shows what stands now.
fn is_present(view: &ListingView, mark: &Mark) -> bool {
    let present = view.mark.split_once('-');
    present.is_some_and(|(number, hash)| number == mark.number && mark.hash.starts_with(hash))
}

/// What stands on the paper too, in its order. Of a listing that is not shown, what is left of it.
fn compare(lang: Lang, view: &ListingView) -> Vec<Fact> {
    let title = tidy_line(&view.title, NAME_CHARS * 2);
    let shown = matches!(view.standing, Standing::Published | Standing::Withdrawn { .. });
    let title = if title.is_empty() && shown { labels::untitled(lang) } else { title };
    let mut facts = vec![
        Fact::new(say(lang, "verification.name"), title),
        Fact::new(say(lang, "verification.kind"), labels::kind(lang, &view.kind)),
        Fact::new(say(lang, "proof.institution"), tidy_line(&view.provenance.institution, NAME_CHARS)),
        Fact::mono(say(lang, "proof.credit_code"), tidy_line(&view.provenance.credit_code, NAME_CHARS)),
        Fact::mono(say(lang, "proof.id"), short_id(&view.id)),
        Fact::new(say(lang, "verification.version"), version(lang, &view.mark)),
    ];
    facts.retain(|fact| !fact.value.is_empty());
    facts
}

fn signed(lang: Lang, view: &ListingView) -> Vec<Fact> {
    let provenance = &view.provenance;
    let admitted: Vec<String> =
        provenance.admitted_by.iter().map(|name| tidy_line(name, NAME_CHARS)).collect();
    let time = fill(lang, "proof.signed.note", &[("time", &minute(provenance.signed_ms, lang))]);
    let mut facts = vec![
        Fact::new(say(lang, "proof.signed"), time),
        Fact::new(say(lang, "proof.network"), tidy_line(provenance.network.pick(lang), NAME_CHARS)),
        Fact::new(say(lang, "proof.admitted_by"), admitted.join(lang.pick("、", ", "))),
    ];
    facts.retain(|fact| !fact.value.is_empty());
    facts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_a_number_and_digits_of_a_hash() {
        let mark = Mark::read("12-9C4E5A6B7C8D9E0F").unwrap();
        assert_eq!((mark.number.as_str(), mark.hash.as_str()), ("12", "9c4e5a6b7c8d9e0f"));
        for wrong in
            ["", "12", "-9c4e5a6b7c8d", "1234567-9c4e5a6b", "a-9c4e5a6b", "1-", "1-<b>", "1-9c4e5a6b/x"]
        {
            assert!(Mark::read(wrong).is_none(), "{wrong}");
        }
    }
}
