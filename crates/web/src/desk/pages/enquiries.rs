//! Enquiries: a list with what each waits for, and one of them with its answers.

use std::sync::Arc;

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use catalog::Lang;
use catalog::words::{fill, say};

use super::{Trouble, shell};
use crate::desk::Bench;
use crate::desk::gate::{Away, SignedIn, posted, see, signed_in};
use crate::enquiry::{Answer, EnquiryFigures, EnquiryLine, EnquiryView, Which, span, state_key};
use crate::labels;
use crate::limits::{ACTS_AT_ONCE, DESK_PAGE, ID_DIGITS, NAME_CHARS, REPEATED_CHARS};
use crate::pages::draw;
use crate::refusal::Refusal;
use crate::request::pairs;
use crate::shell::{Link, Place, Shell};
use crate::text::{count, minute, tidy, tidy_line};

/// Lists, with what their tabs are called.
const LISTS: [(&str, Which, &str); 3] = [
    ("", Which::Open, "enquiry.list.open"),
    ("done", Which::Done, "enquiry.list.done"),
    ("sent", Which::Sent, "enquiry.list.sent"),
];

#[derive(Template)]
#[template(path = "desk/enquiries.html")]
struct List {
    shell: Shell,
    form_key: String,
    tabs: Vec<Link>,
    figures: Vec<String>,
    lines: Vec<Line>,
    more: usize,
    more_text: String,
    /// Whether these can be closed here.
    closes: bool,
    done: String,
    troubles: Vec<Trouble>,
}

struct Line {
    id: String,
    title: String,
    who: String,
    institution: String,
    state: &'static str,
    state_class: &'static str,
    age: String,
    late: bool,
    when: String,
    by: String,
}

fn line(lang: Lang, line: &EnquiryLine) -> Line {
    let title = tidy_line(&line.title, NAME_CHARS);
    let who = [&line.who.0, &line.who.1].map(|text| tidy_line(text, NAME_CHARS));
    let who: Vec<&str> = who.iter().map(String::as_str).filter(|text| !text.is_empty()).collect();
    let key = match line.state {
        "answered" => "enquiry.age.answered",
        "closed" => "enquiry.age.closed",
        _ => "enquiry.age.waits",
    };
    Line {
        id: line.id.clone(),
        title: if title.is_empty() { labels::untitled(lang) } else { title },
        who: who.join(lang.pick("，", ", ")),
        institution: tidy_line(&line.institution, NAME_CHARS),
        state: state_key(line.state),
        state_class: line.state,
        age: fill(lang, key, &[("span", &span(line.waited_ms, lang))]),
        late: line.late,
        when: minute(line.since_ms, lang),
        by: tidy_line(&line.by, NAME_CHARS),
    }
}

fn which_of(uri: &Uri) -> (&'static str, Which) {
    let asked = pairs(uri).into_iter().find(|(name, _)| name == "list").map(|(_, list)| list);
    let found = LISTS.iter().find(|(id, _, _)| asked.as_deref() == Some(*id));
    found.map_or(("", Which::Open), |(id, which, _)| (*id, *which))
}

pub(in crate::desk) async fn show(State(bench): State<Arc<Bench>>, uri: Uri, headers: HeaderMap) -> Response {
    let place = Place::of(&uri, &headers);
    let answer = async {
        let who = signed_in(&bench, &headers).await?;
        list(&bench, &place, &who, which_of(&uri), (String::new(), Vec::new())).await
    };
    answer.await.unwrap_or_else(|away| away.answer(&bench, &place))
}

/// What the clock measured, in sentences: of enquiries, and of demands where there were any.
fn figures(lang: Lang, enquiries: &EnquiryFigures, demands: &EnquiryFigures) -> Vec<String> {
    let words = ["enquiry.figures.waiting", "enquiry.figures.answered"];
    let mut said = sentences(lang, words, enquiries);
    if demands.open > 0 || demands.answered > 0 {
        said.extend(sentences(lang, ["enquiry.demands.waiting", "enquiry.demands.answered"], demands));
    }
    said
}

fn sentences(lang: Lang, [waiting, answered]: [&str; 2], figures: &EnquiryFigures) -> Vec<String> {
    let (open, overdue) = (count(figures.open), count(figures.overdue));
    let mut said = vec![fill(lang, waiting, &[("open", &open), ("overdue", &overdue)])];
    if let Some(median_ms) = figures.median_ms {
        let span = span(median_ms, lang);
        let (all, in_time) = (count(figures.answered), count(figures.in_time));
        said.push(fill(lang, answered, &[("n", &all), ("in_time", &in_time), ("span", &span)]));
    }
    said
}

async fn list(
    bench: &Bench,
    place: &Place,
    who: &SignedIn,
    (id, which): (&str, Which),
    (done, troubles): (String, Vec<Trouble>),
) -> Result<Response, Away> {
    let lang = place.lang;
    let (total, lines) = bench.ask(move |desk| desk.enquiries(which, DESK_PAGE)).await?;
    let (enquiries, demands) =
        bench.ask(|desk| Ok((desk.enquiry_figures()?, desk.demand_figures()?))).await?;
    let more = total.saturating_sub(lines.len());
    let tab = |(of, _, key): &(&str, Which, &str)| Link {
        href: if of.is_empty() { "/desk/enquiries".to_owned() } else { format!("/desk/enquiries?list={of}") },
        label: say(lang, key).to_owned(),
        current: *of == id,
    };
    let page = List {
        shell: shell(&bench.app, place, "enquiry.nav", Some(who)),
        form_key: who.form_key.clone(),
        tabs: LISTS.iter().map(tab).collect(),
        figures: figures(lang, &enquiries, &demands),
        lines: lines.iter().map(|of| line(lang, of)).collect(),
        more,
        more_text: fill(lang, "enquiry.list.more", &[("n", &count(more as u64))]),
        closes: which == Which::Open,
        done,
        troubles,
    };
    Ok(draw(StatusCode::OK, &page, lang))
}

/// Closes all that are ticked.
pub(in crate::desk) async fn act(
    State(bench): State<Arc<Bench>>,
    uri: Uri,
    headers: HeaderMap,
    Form(given): Form<Vec<(String, String)>>,
) -> Response {
    let place = Place::of(&uri, &headers);
    let answer = async {
        let (who, fields) = posted(&bench, &headers, given).await?;
        let ids: Vec<String> = fields.all("id").take(ACTS_AT_ONCE).map(str::to_owned).collect();
        let (mut closed, mut troubles) = (0, Vec::new());
        for id in ids {
            let clerk = who.clerk.clone();
            match bench.ask(move |desk| desk.close(&clerk, &id)).await? {
                Ok(()) => closed += 1,
                Err(said) => troubles.push(Trouble::of(place.lang, &said)),
            }
        }
        let done = match closed {
            0 => String::new(),
            n => fill(place.lang, "enquiry.closed", &[("n", &n.to_string())]),
        };
        list(&bench, &place, &who, ("", Which::Open), (done, troubles)).await
    };
    answer.await.unwrap_or_else(|away| away.answer(&bench, &place))
}

#[derive(Template)]
#[template(path = "desk/enquiry.html")]
struct One {
    shell: Shell,
    form_key: String,
    line: Line,
    listing: String,
    contact: String,
    message: String,
    sent: String,
    received: String,
    answers: Vec<Answer>,
    ours: bool,
    may_close: bool,
    typed: String,
    most: usize,
    done: String,
    troubles: Vec<Trouble>,
}

fn one(
    bench: &Bench,
    place: &Place,
    who: &SignedIn,
    view: &EnquiryView,
    (typed, trouble): (String, Option<Trouble>),
    done: String,
) -> Response {
    let lang = place.lang;
    let status = if trouble.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let line = line(lang, &view.line);
    let page = One {
        shell: shell(&bench.app, place, "enquiry.nav", Some(who)),
        form_key: who.form_key.clone(),
        listing: tidy_line(&view.listing, NAME_CHARS),
        contact: tidy_line(&view.asked.contact, NAME_CHARS),
        message: tidy(&view.asked.message, REPEATED_CHARS),
        sent: minute(view.sent_ms, lang),
        received: view.received_ms.map(|ms| minute(ms, lang)).unwrap_or_default(),
        answers: Answer::all(view, lang),
        ours: view.ours,
        may_close: view.ours && matches!(view.line.state, "new" | "read"),
        typed: tidy(&typed, REPEATED_CHARS),
        most: ANSWER_CHARS,
        done,
        troubles: trouble.into_iter().collect(),
        line,
    };
    draw(status, &page, lang)
}

/// Characters of an answer, as the form says them; the node has its own word.
const ANSWER_CHARS: usize = 8_000;

async fn view(bench: &Bench, uri: &Uri) -> Result<EnquiryView, Away> {
    let given = uri.path().strip_prefix("/desk/enquiry/").unwrap_or_default();
    let named = given.len() == *ID_DIGITS.end() && given.bytes().all(|byte| byte.is_ascii_hexdigit());
    let id = given.to_owned();
    let found = if named { bench.ask(move |desk| desk.enquiry(&id)).await? } else { None };
    Ok(found.ok_or(Refusal::NoEnquiry)?)
}

pub(in crate::desk) async fn open(State(bench): State<Arc<Bench>>, uri: Uri, headers: HeaderMap) -> Response {
    let place = Place::of(&uri, &headers);
    let answer = async {
        let who = signed_in(&bench, &headers).await?;
        let view = view(&bench, &uri).await?;
        let answered = pairs(&uri).iter().any(|(name, value)| name == "answered" && value == "1");
        let done = if answered { say(place.lang, "enquiry.answered.done").to_owned() } else { String::new() };
        Ok(one(&bench, &place, &who, &view, (String::new(), None), done))
    };
    answer.await.unwrap_or_else(|away: Away| away.answer(&bench, &place))
}

/// Answers an enquiry, or closes it.
pub(in crate::desk) async fn reply(
    State(bench): State<Arc<Bench>>,
    uri: Uri,
    headers: HeaderMap,
    Form(given): Form<Vec<(String, String)>>,
) -> Response {
    let place = Place::of(&uri, &headers);
    let answer = async {
        let (who, fields) = posted(&bench, &headers, given).await?;
        let seen = view(&bench, &uri).await?;
        let (clerk, id) = (who.clerk.clone(), seen.line.id.clone());
        let typed = fields.get("message").to_owned();
        if fields.get("act") == "close" {
            return match bench.ask(move |desk| desk.close(&clerk, &id)).await? {
                Ok(()) => Ok(see("/desk/enquiries")),
                Err(said) => {
                    let trouble = Some(Trouble::of(place.lang, &said));
                    Ok(one(&bench, &place, &who, &seen, (typed, trouble), String::new()))
                }
            };
        }
        let message = typed.clone();
        match bench.ask(move |desk| desk.answer(&clerk, &id, &message)).await? {
            Ok(()) => Ok(see(&format!("/desk/enquiry/{}?answered=1", seen.line.id))),
            Err(said) => {
                let trouble = Some(Trouble::of(place.lang, &said));
                Ok(one(&bench, &place, &who, &seen, (typed, trouble), String::new()))
            }
        }
    };
    answer.await.unwrap_or_else(|away: Away| away.answer(&bench, &place))
}
