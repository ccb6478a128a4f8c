//! `/stats`: what is listed, in numbers; `/stats/2026-11`: the bulletin of a month, as a page, PDF or workbook; `/stats/institutions`: the
//! work of the institutions. Every page says from which entries it follows, and how another node confirms it.

mod chart;
mod rows;

use std::sync::Arc;

use askama::Template;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use catalog::statistics::{Dimension, Month};
use catalog::words::{fill, say};
use catalog::{Lang, region};

use super::{Fact, draw, message};
use crate::app::App;
use crate::labels;
use crate::limits::{BULLETINS_LISTED, NAME_CHARS, WORK_LISTED, WORK_ON_PAGE};
use crate::refusal::Refusal;
use crate::request::pairs;
use crate::shell::{Place, Shell};
use crate::text::{count, fours, tidy_line};
use crate::view::{BulletinForm, StatisticsAsk, StatisticsView};
use chart::Chart;
use rows::{Step, Table, Work};

/// A choice of a form.
struct Choice {
    value: String,
    label: String,
    chosen: bool,
}

#[derive(Template)]
#[template(path = "statistics.html")]
struct Page {
    shell: Shell,
    heading: String,
    sub: String,
    areas: Vec<Choice>,
    months: Vec<Choice>,
    facts: Vec<Fact>,
    chart: Option<Chart>,
    tables: Vec<Table>,
    funnel: Vec<Step>,
    work: Vec<Work>,
    work_href: String,
    bulletins: Vec<(String, String)>,
    files: Vec<(&'static str, String)>,
    proof: Proof,
}

#[derive(Template)]
#[template(path = "institutions.html")]
struct Institutions {
    shell: Shell,
    sub: String,
    work: Vec<Work>,
    more: String,
    proof: Proof,
}

/// What figures follow from.
struct Proof {
    digest: String,
    entries: String,
    size: String,
    command: String,
}

pub(crate) async fn handle(State(app): State<Arc<App>>, request: Request) -> Response {
    let place = Place::of(request.uri(), request.headers());
    let mut ask = asked(request.uri());
    let path = request.uri().path().strip_prefix("/stats").unwrap_or_default().trim_start_matches('/');
    let missing = || Refusal::NoPage(tidy_line(request.uri().path(), NAME_CHARS));
    match path {
        "" => page(&app, &place, ask).await,
        "institutions" => institutions(&app, &place, ask).await,
        month => {
            let (month, form) = match month.split_once('.') {
                Some((month, "pdf")) => (month, Some(BulletinForm::Pdf)),
                Some((month, "xlsx")) => (month, Some(BulletinForm::Xlsx)),
                _ => (month, None),
            };
            // A bulletin is of one month; under the word `all` of all of them, as a file alone.
            ask.month = match (month.parse::<Month>(), form) {
                (Ok(month), _) => Some(month),
                (Err(_), Some(_)) if month == "all" => None,
                _ => return message::page(&app, &place, &missing()),
            };
            match form {
                Some(form) => file(&app, &place, ask, form).await,
                None => page(&app, &place, ask).await,
            }
        }
    }
}

/// What an address asks for.
fn asked(uri: &Uri) -> StatisticsAsk {
    let mut ask = StatisticsAsk::default();
    for (name, value) in pairs(uri) {
        match name.as_str() {
            "region" if matches!(value.len(), 2 | 4 | 6) => {
                ask.region = Some(format!("{value:0<6}")).filter(|code| region::by_code(code).is_some());
            }
            "month" => ask.month = value.parse().ok(),
            _ => {}
        }
    }
    ask
}

/// The address of a page of the same area.
fn href(path: &str, ask: &StatisticsAsk) -> String {
    match &ask.region {
        Some(code) => format!("{path}?region={code}"),
        None => path.to_owned(),
    }
}

async fn view(app: &App, ask: StatisticsAsk) -> Result<StatisticsView, Refusal> {
    app.ask(move |source| source.statistics(&ask)).await
}

async fn page(app: &App, place: &Place, ask: StatisticsAsk) -> Response {
    match view(app, ask).await {
        Ok(view) => draw(StatusCode::OK, &whole(app, place, &view), place.lang),
        Err(refusal) => message::page(app, place, &refusal),
    }
}

async fn institutions(app: &App, place: &Place, ask: StatisticsAsk) -> Response {
    let lang = place.lang;
    match view(app, ask).await {
        Ok(view) => {
            let mut shell = Shell::new(app, place, say(lang, "stats.institutions.title"), None);
            shell.description = fill(lang, "stats.description", &[("network", &shell.network)]);
            let more = view.institutions.len().saturating_sub(WORK_LISTED);
            let page = Institutions {
                sub: sub(lang, &view),
                work: view.institutions.iter().take(WORK_LISTED).map(Work::new).collect(),
                more: if more == 0 {
                    String::new()
                } else {
                    fill(lang, "stats.more", &[("n", &more.to_string())])
                },
                proof: proof(lang, &view),
                shell,
            };
            draw(StatusCode::OK, &page, lang)
        }
        Err(refusal) => message::page(app, place, &refusal),
    }
}

async fn file(app: &App, place: &Place, ask: StatisticsAsk, form: BulletinForm) -> Response {
    let Some(turn) = app.turn_to_draw().await else { return message::page(app, place, &Refusal::Busy) };
    let lang = place.lang;
    let month = ask.month.map_or_else(|| say(lang, "stats.month.all").to_owned(), |month| month.to_string());
    let name = format!("{} {month}.{}", say(lang, "stats.title"), form.id());
    let made = app.ask(move |source| {
        let _turn = turn;
        source.bulletin(&ask, form, lang == Lang::Zh)
    });
    match made.await {
        Ok(bytes) => {
            let mut response = bytes.into_response();
            response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(form.media()));
            crate::download::named(&mut response, &name);
            response
        }
        Err(refusal) => message::page(app, place, &refusal),
    }
}

fn sub(lang: Lang, view: &StatisticsView) -> String {
    let area = view.asked.region.as_ref().map(|code| Dimension::Region.name(code, lang));
    let area = area.unwrap_or_else(|| say(lang, "stats.region.all").to_owned());
    match view.asked.month {
        Some(month) => format!("{area} · {}", fill(lang, "stats.of_month", &[("month", &month.name(lang))])),
        None => area,
    }
}

fn whole(app: &App, place: &Place, view: &StatisticsView) -> Page {
    let lang = place.lang;
    let heading = match view.asked.month {
        Some(month) => fill(lang, "bulletin.heading.month", &[("month", &month.name(lang))]),
        None => say(lang, "bulletin.heading").to_owned(),
    };
    let mut shell = Shell::new(app, place, &heading, None);
    shell.description = fill(lang, "stats.description", &[("network", &shell.network)]);
    let path = view.asked.month.map_or_else(|| "all".to_owned(), |month| month.to_string());
    let file = |form: BulletinForm| href(&format!("/stats/{path}.{}", form.id()), &view.asked);
    let months = counts(view, Dimension::Month);
    Page {
        heading,
        sub: sub(lang, view),
        areas: areas(lang, view),
        months: month_choices(lang, view, &months),
        facts: facts(lang, view),
        chart: Chart::of_months(lang, &months, view.now),
        tables: Dimension::ALL.into_iter().filter_map(|by| Table::new(lang, view, by)).collect(),
        funnel: rows::funnel(lang, view),
        work: view.institutions.iter().take(WORK_ON_PAGE).map(Work::new).collect(),
        work_href: href("/stats/institutions", &view.asked),
        bulletins: bulletins(lang, view, &months),
        files: vec![
            (say(lang, "stats.pdf"), file(BulletinForm::Pdf)),
            (say(lang, "stats.xlsx"), file(BulletinForm::Xlsx)),
        ],
        proof: proof(lang, view),
        shell,
    }
}

fn counts(view: &StatisticsView, dimension: Dimension) -> Vec<(String, u64)> {
    view.by.iter().find(|(by, _)| *by == dimension).map(|(_, counts)| counts.clone()).unwrap_or_default()
}

fn facts(lang: Lang, view: &StatisticsView) -> Vec<Fact> {
    let active = view.institutions.iter().filter(|work| work.listings > 0).count() as u64;
    let fact = |key, number| Fact::new(say(lang, key), count(number));
    let new = view.asked.month.map(|_| fact("bulletin.fact.new", view.listings));
    let rest = [
        fact("bulletin.fact.standing", view.standing),
        fact("bulletin.fact.institutions", active),
        fact("bulletin.fact.withdrawn", view.withdrawn),
    ];
    new.into_iter().chain(rest).collect()
}

fn areas(lang: Lang, view: &StatisticsView) -> Vec<Choice> {
    let chosen = |code: &str| view.asked.region.as_deref() == Some(code);
    let area = |code: &String| {
        let name = Dimension::Region.name(code, lang);
        Choice { value: region::prefix(code).to_owned(), label: name, chosen: chosen(code) }
    };
    let all = Choice {
        value: String::new(),
        label: say(lang, "stats.region.all").to_owned(),
        chosen: view.asked.region.is_none(),
    };
    // What is asked for and has nothing is a choice too, or the form would show another.
    let own = view.asked.region.iter().filter(|code| !view.areas.contains(code));
    std::iter::once(all).chain(view.areas.iter().map(area)).chain(own.map(area)).collect()
}

fn month_choices(lang: Lang, view: &StatisticsView, months: &[(String, u64)]) -> Vec<Choice> {
    let known = months.iter().filter_map(|(month, _)| month.parse::<Month>().ok());
    let mut months: Vec<Month> = known.chain(view.asked.month).collect();
    months.sort_unstable();
    months.dedup();
    let choice = |month: &Month| Choice {
        value: month.to_string(),
        label: month.name(lang),
        chosen: view.asked.month == Some(*month),
    };
    let all = Choice {
        value: String::new(),
        label: say(lang, "stats.month.all").to_owned(),
        chosen: view.asked.month.is_none(),
    };
    std::iter::once(all).chain(months.iter().rev().map(choice)).collect()
}

fn bulletins(lang: Lang, view: &StatisticsView, months: &[(String, u64)]) -> Vec<(String, String)> {
    let mut months: Vec<Month> = months.iter().filter_map(|(month, _)| month.parse().ok()).collect();
    months.sort_unstable();
    let link = |month: &Month| (href(&format!("/stats/{month}"), &view.asked), month.name(lang));
    months.iter().rev().take(BULLETINS_LISTED).map(link).collect()
}

fn proof(lang: Lang, view: &StatisticsView) -> Proof {
    let (logs, entries) = (count(view.logs), count(view.entries));
    let month = view.asked.month.map(|month| format!(" --month {month}")).unwrap_or_default();
    let area = view.asked.region.as_ref().map(|code| format!(" --region {code}")).unwrap_or_default();
    let digest = labels::hex(&view.digest);
    Proof {
        command: format!("lianshi stats{month}{area} --verify {digest}"),
        digest: fours(&digest),
        entries: fours(&labels::hex(&view.entry_digest)),
        size: fill(lang, "stats.entries.size", &[("logs", &logs), ("entries", &entries)]),
    }
}
