//! Bringing in a table: sent, its columns looked at, its rows compared, taken in.

mod columns;
mod out;
mod rows;

use std::path::PathBuf;
use std::sync::Arc;

use askama::Template;
use axum::Form;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use catalog::Lang;
use catalog::words::{fill, say};

use super::{Trouble, shell};
use crate::desk::Bench;
use crate::desk::form::{Broken, Incoming, Part, Upload};
use crate::desk::gate::{Away, Fields, SignedIn, posted, see, signed_in};
use crate::desk::imports::{ImportAct, ImportView};
use crate::desk::view::Said;
use crate::labels;
use crate::limits::{DESK_PAGE, IMPORT_FIELDS, NAME_CHARS, TABLE_BYTES};
use crate::pages::draw;
use crate::refusal::Refusal;
use crate::request::pairs;
use crate::shell::{Link, Place, Shell};
use crate::text::{count, tidy_line};
use columns::{Chosen, Column};
pub(in crate::desk) use out::{marked, table, template};
use rows::Line;

/// Lists of rows, in the order of their tabs; the first is all.
const LISTS: [&str; 6] = ["", "new", "changed", "unchanged", "refused", "advised"];
/// Steps of an import, in order.
const STAGES: [&str; 4] =
    ["import.stage.send", "import.stage.columns", "import.stage.rows", "import.stage.taken"];
/// Seconds after which a page that shows progress is asked for again.
const REFRESH: u32 = 2;

#[derive(Template)]
#[template(path = "desk/import.html")]
struct Page {
    shell: Shell,
    form_key: String,
    administers: bool,
    refresh: u32,
    trouble: Option<Trouble>,
    kinds: Vec<(&'static str, String)>,
    most: String,
    /// The steps of an import in words, and whether each is behind (1), at hand (2) or to come (3).
    stages: Vec<(&'static str, u8)>,
    /// `None` where nothing was sent yet.
    import: Option<Import>,
}

/// An import as its page shows it.
struct Import {
    name: String,
    kind: String,
    kind_label: String,
    state: String,
    notes: Vec<String>,
    columns: Vec<Column>,
    choices: Vec<(String, String)>,
    publish: bool,
    goes_on: bool,
    marked: bool,
    progress: String,
    done: u64,
    total: u64,
    unread: String,
    notes_title: String,
    tabs: Vec<Link>,
    lines: Vec<Line>,
    none: bool,
    before: String,
    after: String,
    outcomes: Vec<(String, String)>,
    refused: bool,
    ready: bool,
    failure: Option<Trouble>,
}

pub(in crate::desk) async fn show(State(bench): State<Arc<Bench>>, uri: Uri, headers: HeaderMap) -> Response {
    let place = Place::of(&uri, &headers);
    let answer = async {
        let who = signed_in(&bench, &headers).await?;
        page(&bench, &place, &uri, &who, None).await
    };
    answer.await.unwrap_or_else(|away| away.answer(&bench, &place))
}

async fn page(
    bench: &Bench,
    place: &Place,
    uri: &Uri,
    who: &SignedIn,
    trouble: Option<Trouble>,
) -> Result<Response, Away> {
    let lang = place.lang;
    let clerk = who.clerk.clone();
    let view = bench.ask(move |desk| desk.import(&clerk)).await?;
    let import = match view {
        Some(view) => Some(import(bench, lang, uri, who, view).await?),
        None => None,
    };
    let running = |import: &Import| matches!(import.state.as_str(), "reading" | "applying");
    let status = if trouble.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let page = Page {
        shell: shell(&bench.app, place, "import.title", Some(who)),
        form_key: who.form_key.clone(),
        administers: who.clerk.administers(),
        refresh: if import.as_ref().is_some_and(running) { REFRESH } else { 0 },
        trouble,
        kinds: catalog::Kind::ALL.iter().map(|kind| (kind.id(), kind.label(lang).to_owned())).collect(),
        most: (TABLE_BYTES >> 20).to_string(),
        stages: stages(import.as_ref()),
        import,
    };
    Ok(draw(status, &page, lang))
}

async fn import(
    bench: &Bench,
    lang: Lang,
    uri: &Uri,
    who: &SignedIn,
    view: ImportView,
) -> Result<Import, Away> {
    let asked =
        |wanted: &str| pairs(uri).into_iter().find(|(name, _)| name == wanted).map(|(_, value)| value);
    let list = asked("list").filter(|list| LISTS.contains(&list.as_str())).unwrap_or_default();
    let number: usize = asked("page").and_then(|page| page.parse().ok()).unwrap_or(1).clamp(1, 100_000);
    let offset = (number - 1) * DESK_PAGE;
    let shown = matches!(view.state.as_str(), "read" | "applying" | "stopped" | "done");
    let (total, rows) = match shown {
        true => {
            let (clerk, list) = (who.clerk.clone(), list.clone());
            bench.ask(move |desk| desk.import_rows(&clerk, &list, offset, DESK_PAGE)).await?
        }
        false => (0, Vec::new()),
    };
    let counted = |list: &str| match list {
        "" => ["new", "changed", "unchanged", "refused"].iter().filter_map(|key| view.counts.get(*key)).sum(),
        list => view.counts.get(list).copied().unwrap_or_default(),
    };
    let link = |list: &str, page: usize| format!("/desk/import?list={list}&page={page}");
    let tab = |id: &&str| Link {
        href: link(id, 1),
        label: format!("{} {}", say(lang, list_key(id)), count(counted(id))),
        current: **id == *list,
    };
    let Chosen { columns, choices } = columns::of(lang, &view);
    let outcome = |(key, number): (&String, &u64)| (say(lang, outcome_key(key)).to_owned(), count(*number));
    let unread: Vec<&str> =
        columns.iter().filter(|column| column.key.is_empty()).map(|column| &*column.label).collect();
    let unread = match unread.len() as u64 {
        0 => String::new(),
        n => {
            let columns = unread.join(lang.pick("、", ", "));
            fill(lang, "import.columns.unread", &[("n", &count(n)), ("columns", &columns)])
        }
    };
    Ok(Import {
        name: tidy_line(&view.name, NAME_CHARS),
        kind_label: labels::kind(lang, &view.kind),
        notes: view.notes.iter().map(|(zh, en)| tidy_line(lang.pick(zh, en), 4 * NAME_CHARS)).collect(),
        columns,
        choices,
        publish: view.publish,
        goes_on: view.goes_on,
        marked: view.marked,
        unread,
        notes_title: fill(lang, "import.notes", &[("n", &count(view.notes.len() as u64))]),
        done: view.rows,
        total: counted(""),
        progress: fill(lang, progress_key(&view.state), &[("n", &count(view.rows))]),
        tabs: LISTS.iter().map(tab).collect(),
        none: shown && rows.is_empty(),
        lines: rows.into_iter().map(|row| rows::line(lang, &view.kind, row)).collect(),
        before: if number > 1 { link(&list, number - 1) } else { String::new() },
        after: if offset + DESK_PAGE < total { link(&list, number + 1) } else { String::new() },
        outcomes: view.outcomes.iter().map(outcome).collect(),
        refused: counted("refused") > 0,
        ready: counted("new") + counted("changed") > 0,
        failure: view.failure.as_ref().map(|said| Trouble::of(lang, said)),
        kind: view.kind,
        state: view.state,
    })
}

/// The steps of an import, and where this one stands.
fn stages(import: Option<&Import>) -> Vec<(&'static str, u8)> {
    let at = import.map_or(0, |import| match import.state.as_str() {
        "chosen" => 1,
        "reading" | "read" => 2,
        "failed" if !import.goes_on => 1,
        "done" => STAGES.len(),
        _ => 3,
    });
    let standing = |step: usize| match step.cmp(&at) {
        std::cmp::Ordering::Less => 1,
        std::cmp::Ordering::Equal => 2,
        std::cmp::Ordering::Greater => 3,
    };
    STAGES.iter().enumerate().map(|(step, key)| (*key, standing(step))).collect()
}

fn list_key(list: &str) -> &'static str {
    match list {
        "new" => "import.list.new",
        "changed" => "import.list.changed",
        "unchanged" => "import.list.unchanged",
        "refused" => "import.list.refused",
        "advised" => "import.list.advised",
        _ => "import.list.all",
    }
}

fn outcome_key(outcome: &str) -> &'static str {
    match outcome {
        "published" => "import.outcome.published",
        "updated" => "import.outcome.updated",
        "drafted" => "import.outcome.drafted",
        "unchanged" => "import.list.unchanged",
        _ => "import.list.refused",
    }
}

fn progress_key(state: &str) -> &'static str {
    match state {
        "reading" => "import.progress.reading",
        "applying" => "import.progress.applying",
        "stopped" => "import.progress.stopped",
        _ => "import.progress.read",
    }
}

/// Takes the file that a form carries.
pub(in crate::desk) async fn send(State(bench): State<Arc<Bench>>, request: Request) -> Response {
    let (place, headers) = (Place::of(request.uri(), request.headers()), request.headers().clone());
    let uri = request.uri().clone();
    let answer = async {
        let who = signed_in(&bench, &headers).await?;
        let _one = bench.app.imports_in.try_acquire().map_err(|_| Refusal::Busy)?;
        match taken(&bench, &headers, &who, request, place.lang).await? {
            Ok(()) => Ok(see("/desk/import")),
            Err(said) => {
                let trouble = Trouble::of(place.lang, &said);
                page(&bench, &place, &uri, &who, Some(trouble)).await
            }
        }
    };
    answer.await.unwrap_or_else(|away: Away| away.answer(&bench, &place))
}

/// Reads a form: its key first, then the file.
async fn taken(
    bench: &Bench,
    headers: &HeaderMap,
    who: &SignedIn,
    request: Request,
    lang: Lang,
) -> Result<Result<(), Said>, Away> {
    let mut fields: Vec<(String, String)> = Vec::new();
    let file = async {
        let mut form = Incoming::new(headers, request.into_body(), IMPORT_FIELDS, TABLE_BYTES)?;
        while let Some(part) = form.part().await? {
            match part {
                Part::Field(name, text) => fields.push((name, text)),
                Part::File(file) => return Ok(file),
            }
        }
        Err(Broken::Form)
    };
    match file.await {
        Ok(file) => {
            // Nothing is written for a form that another page made.
            Fields::new(fields).check(who)?;
            receive(bench, who, *file, lang).await
        }
        Err(why) => Ok(Err(broken(&why))),
    }
}

async fn receive(bench: &Bench, who: &SignedIn, file: Upload, lang: Lang) -> Result<Result<(), Said>, Away> {
    let clerk = who.clerk.clone();
    let path: PathBuf = match bench.ask(move |desk| desk.receive(&clerk)).await? {
        Ok(path) => path,
        Err(said) => return Ok(Err(said)),
    };
    let sent = file.name.clone();
    let saved = file.save(&path).await;
    if let Err(why) = &saved {
        let _ = tokio::fs::remove_file(&path).await;
        return Ok(Err(broken(why)));
    }
    // Some old browsers send the whole path.
    let name = sent.rsplit(['/', '\\']).next().unwrap_or_default();
    if name.is_empty() {
        let _ = tokio::fs::remove_file(&path).await;
        return Ok(Err(both("import.failure.none", "")));
    }
    let (clerk, name) = (who.clerk.clone(), tidy_line(name, NAME_CHARS));
    match bench.ask(move |desk| desk.received(&clerk, &path, &name, lang == Lang::Zh)).await {
        // A large workbook is looked at for longer than a page waits; it shows on this page once that is done.
        Err(Refusal::Slow) => Ok(Err(both("import.failure.slow", ""))),
        received => Ok(received?),
    }
}

fn broken(why: &Broken) -> Said {
    match why {
        Broken::Form => both("import.failure.form", ""),
        Broken::Large => both("import.failure.large", &(TABLE_BYTES >> 20).to_string()),
        Broken::Disk(what) => both("import.failure.disk", what),
    }
}

fn both(key: &str, what: &str) -> Said {
    let hint = format!("{key}.hint");
    let said = |key: &str| {
        let of = |lang| fill(lang, key, &[("what", what)]);
        (of(Lang::Zh), of(Lang::En))
    };
    Said { message: said(key), hint: said(&hint), ..Said::default() }
}

/// Does what a form asks.
pub(in crate::desk) async fn act(
    State(bench): State<Arc<Bench>>,
    uri: Uri,
    headers: HeaderMap,
    Form(given): Form<Vec<(String, String)>>,
) -> Response {
    let place = Place::of(&uri, &headers);
    let answer = async {
        let (who, fields) = posted(&bench, &headers, given).await?;
        let Some(act) = act_of(&fields) else { return Ok(see("/desk/import")) };
        let clerk = who.clerk.clone();
        match bench.ask(move |desk| desk.change_import(&clerk, &act)).await? {
            Ok(()) => Ok(see("/desk/import")),
            Err(said) => {
                let trouble = Trouble::of(place.lang, &said);
                page(&bench, &place, &uri, &who, Some(trouble)).await
            }
        }
    };
    answer.await.unwrap_or_else(|away: Away| away.answer(&bench, &place))
}

fn act_of(fields: &Fields) -> Option<ImportAct> {
    Some(match fields.get("act") {
        "read" => {
            let headers = fields.all("header").map(str::to_owned);
            let columns = headers.zip(fields.all("key").map(str::to_owned)).collect();
            let (kind, publish) = (fields.get("kind").to_owned(), fields.get("how") == "publish");
            ImportAct::Read { kind, columns, publish }
        }
        "apply" => ImportAct::Apply,
        "stop" => ImportAct::Stop,
        "go-on" => ImportAct::GoOn,
        "back" => ImportAct::Back,
        "discard" => ImportAct::Discard,
        _ => return None,
    })
}
