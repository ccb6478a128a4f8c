//! One source that is harvested: how far it is, what came of it, what is wrong, and what can be done.

use std::sync::Arc;

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use catalog::Lang;
use catalog::words::{fill, say};

use super::harvest::{held_in_words, state};
use super::{Trouble, shell};
use crate::desk::Bench;
use crate::desk::gate::{Away, SignedIn, administrator, posted, see, signed_in};
use crate::desk::harvest::{ComparisonView, SourceAct, SourceView};
use crate::desk::view::Why;
use crate::limits::NAME_CHARS;
use crate::pages::draw;
use crate::refusal::Refusal;
use crate::request::pairs;
use crate::shell::{Place, Shell};
use crate::text::{minute, tidy_line};

/// Refused records that are shown, the latest.
const REFUSED_SHOWN: usize = 20;

#[derive(Template)]
#[template(path = "desk/source.html")]
struct Page {
    shell: Shell,
    form_key: String,
    id: String,
    title: String,
    url: String,
    state: String,
    paused: bool,
    under_way: bool,
    settings: Vec<(&'static str, String)>,
    terms: String,
    failure: Option<Trouble>,
    counts: Vec<(String, u64)>,
    compared: String,
    compare_failure: Option<Trouble>,
    tells: bool,
    held: Option<Held>,
    refused: Vec<(String, String)>,
    done: String,
    troubles: Vec<Trouble>,
}

struct Held {
    tag: String,
    text: String,
    named: Vec<String>,
}

pub(in crate::desk) async fn show(
    State(bench): State<Arc<Bench>>,
    Path(id): Path<String>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let place = Place::of(&uri, &headers);
    let answer = async {
        let who = administrator(signed_in(&bench, &headers).await?)?;
        let key = pairs(&uri).into_iter().find_map(|(name, _)| done_key(&name));
        let done = key.map(|key| say(place.lang, key).to_owned()).unwrap_or_default();
        page(&bench, &place, &who, (&id, &uri), (done, Vec::new())).await
    };
    answer.await.unwrap_or_else(|away: Away| away.answer(&bench, &place))
}

fn done_key(name: &str) -> Option<&'static str> {
    Some(match name {
        "added" => "harvest.desk.done.added",
        "run" => "harvest.desk.done.run",
        "compare" => "harvest.desk.done.compare",
        "stop" => "harvest.desk.done.stop",
        "confirm" => "harvest.desk.done.confirm",
        "pause" => "harvest.desk.done.pause",
        "resume" => "harvest.desk.done.resume",
        _ => return None,
    })
}

pub(in crate::desk) async fn act(
    State(bench): State<Arc<Bench>>,
    Path(id): Path<String>,
    uri: Uri,
    headers: HeaderMap,
    Form(given): Form<Vec<(String, String)>>,
) -> Response {
    let place = Place::of(&uri, &headers);
    let answer = async {
        let (who, fields) = posted(&bench, &headers, given).await?;
        let who = administrator(who)?;
        let back = format!("/desk/harvest/{id}");
        let typed = fields.get("act").to_owned();
        let Some(act) = SourceAct::from_id(&typed) else { return Ok(see(&back)) };
        let (clerk, asked) = (who.clerk.clone(), id.clone());
        match bench.ask(move |desk| desk.change_source(&clerk, &asked, act)).await? {
            Ok(()) if act == SourceAct::Remove => Ok(see("/desk/harvest?removed=1")),
            Ok(()) => Ok(see(&format!("{back}?{typed}=1"))),
            Err(said) => {
                let troubles = vec![Trouble::of(place.lang, &said)];
                page(&bench, &place, &who, (&id, &uri), (String::new(), troubles)).await
            }
        }
    };
    answer.await.unwrap_or_else(|away: Away| away.answer(&bench, &place))
}

async fn page(
    bench: &Bench,
    place: &Place,
    who: &SignedIn,
    (id, uri): (&str, &Uri),
    (done, troubles): (String, Vec<Trouble>),
) -> Result<Response, Away> {
    let (clerk, asked) = (who.clerk.clone(), id.to_owned());
    let found = bench.ask(move |desk| desk.source(&clerk, &asked)).await?;
    let view = found.map_err(|said| match said.why {
        Why::NotTheirs => Refusal::NotAdministrator,
        _ => Refusal::NoPage(tidy_line(uri.path(), NAME_CHARS)),
    })?;
    let status = if troubles.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    Ok(draw(status, &drawn(bench, place, who, view, (done, troubles)), place.lang))
}

fn drawn(
    bench: &Bench,
    place: &Place,
    who: &SignedIn,
    view: SourceView,
    (done, troubles): (String, Vec<Trouble>),
) -> Page {
    let lang = place.lang;
    let title = tidy_line(if view.name.is_empty() { &view.url } else { &view.name }, NAME_CHARS);
    let mut shell = shell(&bench.app, place, "harvest.desk.title", Some(who));
    shell.title = format!("{title} – {}", shell.title);
    let refused = view.refused.iter().rev().take(REFUSED_SHOWN).map(|(identifier, (zh, en))| {
        (tidy_line(identifier, NAME_CHARS * 2), tidy_line(lang.pick(zh, en), NAME_CHARS * 6))
    });
    Page {
        form_key: who.form_key.clone(),
        id: view.id.clone(),
        title,
        url: tidy_line(&view.url, NAME_CHARS * 4),
        state: state(lang, &view),
        paused: view.paused,
        under_way: view.under_way,
        settings: settings(lang, &view),
        terms: view.terms.clone(),
        failure: view.failure.as_ref().map(|said| Trouble::of(lang, said)),
        counts: view
            .counts
            .iter()
            .map(|(word, n)| (say(lang, &format!("harvest.became.{word}")).to_owned(), *n))
            .collect(),
        compared: compared(lang, &view.comparison),
        compare_failure: view.comparison.failure.as_ref().map(|said| Trouble::of(lang, said)),
        tells: view.tells,
        held: held(lang, &view.comparison),
        refused: refused.collect(),
        done,
        troubles,
        shell,
    }
}

fn settings(lang: Lang, view: &SourceView) -> Vec<(&'static str, String)> {
    let all = say(lang, "harvest.desk.sets.all").to_owned();
    let sets = if view.sets.is_empty() { all } else { view.sets.join(lang.pick("、", ", ")) };
    let way = if view.publish { "cli.harvest.way.publish" } else { "cli.harvest.way.review" };
    let compare = match view.comparison.every.as_str() {
        "" => say(lang, "harvest.desk.every.never").to_owned(),
        every => every_in_words(lang, every),
    };
    vec![
        (say(lang, "harvest.desk.sets"), sets),
        (say(lang, "harvest.desk.prefix"), view.prefix.clone()),
        (say(lang, "harvest.desk.every"), every_in_words(lang, &view.every)),
        (say(lang, "harvest.desk.way"), say(lang, way).to_owned()),
        (say(lang, "harvest.desk.compare"), compare),
    ]
}

/// `6h` as people say it, where there is a word for it.
fn every_in_words(lang: Lang, every: &str) -> String {
    let key = format!("harvest.desk.every.{every}");
    match say(lang, &key) {
        said if said == key => fill(lang, "harvest.desk.every.other", &[("every", every)]),
        said => said.to_owned(),
    }
}

fn compared(lang: Lang, of: &ComparisonView) -> String {
    if of.done_ms == 0 {
        return say(lang, "harvest.desk.compared.none").to_owned();
    }
    let done = minute(of.done_ms, lang);
    let [listed, known, missing, gone] = of.numbers.map(|number| number.to_string());
    let places = [
        ("done", done.as_str()),
        ("listed", &listed),
        ("known", &known),
        ("missing", &missing),
        ("gone", &gone),
    ];
    fill(lang, "cli.harvest.compared", &places)
}

fn held(lang: Lang, of: &ComparisonView) -> Option<Held> {
    let held = of.held.as_ref()?;
    let (missing, known) = (held.missing.to_string(), held.known.to_string());
    let places = [("missing", missing.as_str()), ("known", &known)];
    Some(Held {
        tag: held_in_words(lang, held.missing),
        text: fill(lang, "harvest.desk.held.text", &places),
        named: held.named.iter().map(|name| tidy_line(name, NAME_CHARS * 2)).collect(),
    })
}
