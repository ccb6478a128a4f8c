//! Sources that are harvested: those that there are, and a form for a new one with a look at its repository first.

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
use crate::desk::gate::{Away, Fields, SignedIn, administrator, posted, see, signed_in};
use crate::desk::harvest::{LookView, NewSource, SampleView, SourceView};
use crate::fields::arrange;
use crate::labels;
use crate::limits::NAME_CHARS;
use crate::pages::draw;
use crate::refusal::Refusal;
use crate::shell::{Place, Shell};
use crate::text::{minute, tidy_line};
use crate::view::FieldView;

/// Fields of a record that are shown before it is harvested.
const FIELDS_SHOWN: usize = 12;
/// Characters of a field's text that are shown.
const FIELD_CHARS: usize = 160;

#[derive(Template)]
#[template(path = "desk/harvest.html")]
struct Page {
    shell: Shell,
    form_key: String,
    lines: Vec<Line>,
    form: New,
    look: Option<Look>,
    done: String,
    troubles: Vec<Trouble>,
}

struct Line {
    id: String,
    title: String,
    url: String,
    sets: String,
    state: String,
    bad: bool,
    held: String,
}

/// The form for a new source.
struct New {
    open: bool,
    url: String,
    sets: Vec<Choice>,
    more_sets: bool,
    /// Whether the repository was asked which sets and forms it has.
    looked: bool,
    prefixes: Vec<Choice>,
    every: Vec<Choice>,
    compare: Vec<Choice>,
    terms: String,
    publish: bool,
}

struct Choice {
    value: String,
    label: String,
    chosen: bool,
}

/// What a repository is, and its first records.
struct Look {
    name: String,
    prefix: String,
    tells: bool,
    records: Vec<Sample>,
}

struct Sample {
    title: String,
    identifier: String,
    kind: String,
    summary: String,
    fields: Vec<(String, String)>,
    why: String,
}

pub(in crate::desk) async fn show(State(bench): State<Arc<Bench>>, uri: Uri, headers: HeaderMap) -> Response {
    let place = Place::of(&uri, &headers);
    let answer = async {
        let who = administrator(signed_in(&bench, &headers).await?)?;
        let removed = uri.query().is_some_and(|query| query.contains("removed="));
        let done = if removed { say(place.lang, "harvest.desk.removed").to_owned() } else { String::new() };
        let new = NewSource { every: "6h".to_owned(), ..NewSource::default() };
        page(&bench, &place, &who, (&new, None), (done, Vec::new())).await
    };
    answer.await.unwrap_or_else(|away: Away| away.answer(&bench, &place))
}

/// Whoever is no administrator sees none of this.
pub(in crate::desk) async fn act(
    State(bench): State<Arc<Bench>>,
    uri: Uri,
    headers: HeaderMap,
    Form(given): Form<Vec<(String, String)>>,
) -> Response {
    let place = Place::of(&uri, &headers);
    let answer = async {
        let (who, fields) = posted(&bench, &headers, given).await?;
        let who = administrator(who)?;
        let new = new_of(&fields);
        let (clerk, asked) = (who.clerk.clone(), new.clone());
        let trouble = |said| (String::new(), vec![Trouble::of(place.lang, &said)]);
        if fields.get("act") == "add" {
            return match bench.ask(move |desk| desk.add_source(&clerk, &asked)).await? {
                Ok(id) => Ok(see(&format!("/desk/harvest/{id}?added=1"))),
                Err(said) => page(&bench, &place, &who, (&new, None), trouble(said)).await,
            };
        }
        match bench.ask(move |desk| desk.look(&clerk, &asked)).await? {
            Ok(look) => page(&bench, &place, &who, (&new, Some(look)), (String::new(), Vec::new())).await,
            Err(said) => page(&bench, &place, &who, (&new, None), trouble(said)).await,
        }
    };
    answer.await.unwrap_or_else(|away: Away| away.answer(&bench, &place))
}

fn new_of(fields: &Fields) -> NewSource {
    let text = |name: &str| fields.get(name).trim().to_owned();
    NewSource {
        url: text("url"),
        sets: fields.all("set").map(|set| set.trim().to_owned()).filter(|set| !set.is_empty()).collect(),
        prefix: text("prefix"),
        terms: fields.get("terms").replace("\r\n", "\n"),
        every: text("every"),
        publish: fields.get("publish") == "1",
        compare_every: text("compare"),
    }
}

async fn page(
    bench: &Bench,
    place: &Place,
    who: &SignedIn,
    (new, look): (&NewSource, Option<LookView>),
    (done, troubles): (String, Vec<Trouble>),
) -> Result<Response, Away> {
    let (lang, clerk) = (place.lang, who.clerk.clone());
    let sources = bench.ask(move |desk| desk.sources(&clerk)).await?;
    let sources = sources.map_err(|_| Away::Refused(Refusal::NotAdministrator))?;
    let status = if troubles.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let open = sources.is_empty() || !troubles.is_empty() || look.is_some() || !new.url.is_empty();
    let page = Page {
        shell: shell(&bench.app, place, "harvest.desk.title", Some(who)),
        form_key: who.form_key.clone(),
        lines: sources.iter().map(|source| line(lang, source)).collect(),
        form: form(lang, new, look.as_ref(), open),
        look: look.map(|look| looked(lang, look)),
        done,
        troubles,
    };
    Ok(draw(status, &page, lang))
}

fn line(lang: Lang, source: &SourceView) -> Line {
    let held = source.comparison.held.as_ref();
    let title = if source.name.is_empty() { &source.url } else { &source.name };
    Line {
        id: source.id.clone(),
        title: tidy_line(title, NAME_CHARS),
        url: tidy_line(&source.url, NAME_CHARS * 2),
        sets: source.sets.join(lang.pick("、", ", ")),
        state: state(lang, source),
        bad: source.failure.is_some(),
        held: held.map_or_else(String::new, |held| held_in_words(lang, held.missing)),
    }
}

pub(super) fn held_in_words(lang: Lang, missing: u64) -> String {
    fill(lang, "harvest.desk.held.tag", &[("n", &missing.to_string())])
}

/// How it is with a source, in a sentence.
pub(super) fn state(lang: Lang, source: &SourceView) -> String {
    let (done, next) = (minute(source.done_ms, lang), minute(source.next_ms, lang));
    let total = source.total.map_or_else(|| "?".to_owned(), |total| total.to_string());
    let seen = source.seen.to_string();
    let places = [("done", done.as_str()), ("next", &next), ("seen", &seen), ("total", &total)];
    fill(lang, &format!("harvest.desk.state.{}", source.state()), &places)
}

fn form(lang: Lang, new: &NewSource, look: Option<&LookView>, open: bool) -> New {
    let choice = |value: &str, label: String, chosen: bool| Choice { value: value.to_owned(), label, chosen };
    let known = look.map_or(&[][..], |look| look.sets.as_slice());
    let mut sets: Vec<Choice> = known
        .iter()
        .map(|(spec, name)| {
            let label = if name.is_empty() { spec.clone() } else { format!("{name} ({spec})") };
            choice(spec, tidy_line(&label, NAME_CHARS * 2), new.sets.contains(spec))
        })
        .collect();
    // What was chosen before stays to be chosen.
    let others = new.sets.iter().filter(|set| !known.iter().any(|(spec, _)| spec == *set));
    sets.extend(others.map(|set| choice(set, set.clone(), true)));
    let usual = choice("", say(lang, "harvest.desk.prefix.usual").to_owned(), new.prefix.is_empty());
    let mut formats = look.map_or_else(Vec::new, |look| look.formats.clone());
    if !new.prefix.is_empty() && !formats.contains(&new.prefix) {
        formats.push(new.prefix.clone());
    }
    let formats = formats.iter().map(|prefix| choice(prefix, prefix.clone(), *prefix == new.prefix));
    let span = |of: &str, chosen: &str| {
        choice(of, say(lang, &format!("harvest.desk.every.{of}")).to_owned(), of == chosen)
    };
    let own = ["1h", "6h", "1d", "7d"].contains(&new.every.as_str());
    let other = (!own && !new.every.is_empty()).then(|| choice(&new.every, new.every.clone(), true));
    let usually =
        choice("", say(lang, "harvest.desk.compare.usual").to_owned(), new.compare_every.is_empty());
    New {
        open,
        url: new.url.clone(),
        sets,
        more_sets: look.is_some_and(|look| look.more_sets),
        looked: look.is_some(),
        prefixes: std::iter::once(usual).chain(formats).collect(),
        every: ["1h", "6h", "1d", "7d"].map(|of| span(of, &new.every)).into_iter().chain(other).collect(),
        compare: std::iter::once(usually)
            .chain(["1d", "7d", "30d", "never"].map(|of| span(of, &new.compare_every)))
            .collect(),
        terms: new.terms.clone(),
        publish: new.publish,
    }
}

fn looked(lang: Lang, look: LookView) -> Look {
    Look {
        name: tidy_line(&look.name, NAME_CHARS),
        prefix: look.prefix,
        tells: look.tells,
        records: look.records.iter().map(|record| sample(lang, record)).collect(),
    }
}

fn sample(lang: Lang, of: &SampleView) -> Sample {
    let views: Vec<FieldView> =
        of.fields.iter().map(|(key, text)| FieldView::new(key.as_str(), [text.as_str()])).collect();
    let arranged = arrange(lang, &of.kind, &views);
    let rows = arranged.rows.iter().chain(&arranged.after).chain(&arranged.contact);
    let fields = rows.map(|row| {
        let texts: Vec<&str> = row.values.iter().map(|item| item.text.as_str()).collect();
        (row.label.clone(), tidy_line(&texts.join(lang.pick("；", "; ")), FIELD_CHARS))
    });
    let identifier = tidy_line(&of.identifier, NAME_CHARS * 2);
    let title = of.fields.iter().find(|(key, _)| key == "title").map(|(_, text)| text.as_str());
    let (zh, en) = &of.why;
    Sample {
        title: title.map_or_else(|| identifier.clone(), |title| tidy_line(title, FIELD_CHARS)),
        kind: if of.kind.is_empty() { String::new() } else { labels::kind(lang, &of.kind) },
        summary: tidy_line(&arranged.summary, FIELD_CHARS),
        fields: fields.take(FIELDS_SHOWN).collect(),
        why: tidy_line(lang.pick(zh, en), NAME_CHARS * 4),
        identifier,
    }
}
