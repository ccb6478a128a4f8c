//! `/api/`: what the API can do, each operation with a form to try it; `/api/try/…`: one of them with its answer; `/api/problems`: what
//! each problem means. Pages for people, drawn on the node, that work without a script.

use super::call::{self, Caller};
use super::indent::indented;
use super::operation::{Gives, Group, Operation, Param, Place, Scope, Takes, Verb};
use super::problem::Kind;
use super::sent::bare;
use super::shape::Shape;
use super::table::operations;
use super::{Api, ROOT, State};
use crate::desk::{Broken, Fields, Incoming, Part, is_own_page};
use crate::limits::{FORM_FIELDS, NAME_CHARS, TOKEN_CHARS, TRIED_BYTES, UPLOAD_BYTES};
use crate::pages::{draw, message};
use crate::refusal::Refusal;
use crate::request::{encode, pairs, query};
use crate::shell::{Place as Where, Shell};
use crate::text::{tidy, tidy_line};
use askama::Template;
use axum::body::{Body, to_bytes};
use axum::extract::{Form, Request};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::Response;
use catalog::Lang;
use catalog::words::{fill, say};
use std::sync::Arc;

#[derive(Template)]
#[template(path = "api/index.html")]
struct Index {
    shell: Shell,
    groups: Vec<Section>,
    scopes: Vec<(&'static str, String)>,
    root: String,
}

struct Section {
    id: &'static str,
    title: String,
    operations: Vec<Line>,
}

struct Line {
    id: &'static str,
    verb: &'static str,
    path: String,
    title: String,
    text: String,
    scopes: String,
}

#[derive(Template)]
#[template(path = "api/try.html")]
struct Try {
    shell: Shell,
    line: Line,
    inputs: Vec<Input>,
    /// What the body may be, where there is one.
    body: Option<String>,
    body_note: String,
    /// Media types of the file that it takes, where it takes one.
    file: String,
    needs_token: bool,
    posts: bool,
    command: String,
    tried: Option<Tried>,
}

struct Input {
    name: &'static str,
    label: String,
    value: String,
    required: bool,
    choices: Vec<(String, bool)>,
}

/// What came of it.
struct Tried {
    status: String,
    good: bool,
    headers: Vec<(String, String)>,
    body: String,
    note: &'static str,
}

#[derive(Template)]
#[template(path = "api/problems.html")]
struct Problems {
    shell: Shell,
    problems: Vec<Described>,
}

struct Described {
    id: &'static str,
    title: String,
    status: String,
    text: String,
    next: String,
}

/// `/api/`
pub(super) async fn index(axum::extract::State(api): State, request: Request) -> Response {
    let place = Where::of(request.uri(), request.headers());
    let lang = place.lang;
    let section = |group: Group| Section {
        id: group.id(),
        title: fill(lang, &format!("api.group.{}", group.id()), &[]),
        operations: operations().filter(|one| one.group == group).map(|one| line(lang, one)).collect(),
    };
    let page = Index {
        shell: shell(&api, &place, say(lang, "api.title")),
        groups: Group::ALL.into_iter().map(section).collect(),
        scopes: Scope::ALL
            .map(|scope| (scope.id(), fill(lang, &format!("api.scope.{}", scope.id()), &[])))
            .into(),
        root: format!("{}{ROOT}", origin(&api, request.uri(), request.headers())),
    };
    draw(StatusCode::OK, &page, lang)
}

/// `/api/problems`
pub(super) async fn problems(axum::extract::State(api): State, request: Request) -> Response {
    let place = Where::of(request.uri(), request.headers());
    let lang = place.lang;
    let described = |kind: Kind| {
        let [title, text, next] = kind.words(lang, "…");
        Described { id: kind.id(), title, status: kind.status().as_str().to_owned(), text, next }
    };
    let shell = shell(&api, &place, say(lang, "api.problems"));
    draw(StatusCode::OK, &Problems { shell, problems: Kind::ALL.into_iter().map(described).collect() }, lang)
}

/// `GET /api/try/{operation}`: the form, and where it reads and was filled in, the answer.
pub(super) async fn show(axum::extract::State(api): State, request: Request) -> Response {
    let place = Where::of(request.uri(), request.headers());
    let Some(operation) = operation(request.uri()) else { return missing(&api, &place, request.uri()) };
    let given = pairs(request.uri());
    let origin = origin(&api, request.uri(), request.headers());
    let asks = operation.verb == Verb::Get && operation.scopes.is_empty();
    let tries = asks && given.iter().any(|(name, _)| name == "go");
    let fields = Fields::new(given);
    let tried = match tries {
        true => Some(tried(&api, operation, &place, Caller::of(&request), (&fields, None)).await),
        false => None,
    };
    page(&api, operation, &place, (&fields, &origin), tried)
}

/// `POST /api/try/{operation}`: what writes, or needs a token, which no address should carry.
pub(super) async fn send(axum::extract::State(api): State, request: Request) -> Response {
    let place = Where::of(request.uri(), request.headers());
    let Some(operation) = operation(request.uri()) else { return missing(&api, &place, request.uri()) };
    if !is_own_page(request.uri(), request.headers()) {
        return message::page(&api.app, &place, &Refusal::CrossSite);
    }
    let caller = Caller::of(&request);
    let origin = origin(&api, request.uri(), request.headers());
    let read = match operation.carried() {
        Some(carried) => with_file(&api, carried.most, request).await,
        None => without(request).await,
    };
    let (fields, file) = match read {
        Ok((given, file)) => (Fields::new(given), file),
        Err(refusal) => return message::page(&api.app, &place, &refusal),
    };
    let tried = tried(&api, operation, &place, caller, (&fields, file)).await;
    let mut response = page(&api, operation, &place, (&fields, &origin), Some(tried));
    response.headers_mut().insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-store"));
    response
}

type Given = (Vec<(String, String)>, Option<ChosenFile>);

/// A file that somebody chose in the form.
struct ChosenFile {
    name: String,
    bytes: Vec<u8>,
}

async fn without(request: Request) -> Result<Given, Refusal> {
    let form =
        <Form<Vec<(String, String)>> as axum::extract::FromRequest<()>>::from_request(request, &()).await;
    form.map(|Form(given)| (given, None)).map_err(|_| Refusal::Body)
}

/// Reads a form with a file, in the turns of those that are taken in at the desk: it is held in memory.
async fn with_file(api: &Api, most: u64, request: Request) -> Result<Given, Refusal> {
    let _turn = api.app.uploads.acquire().await.map_err(|_| Refusal::Busy)?;
    let headers = request.headers().clone();
    let read = async {
        let mut form = Incoming::new(&headers, request.into_body(), FORM_FIELDS, most)?;
        let (mut fields, mut file) = (Vec::new(), None);
        while let Some(part) = form.part().await? {
            match part {
                Part::Field(name, text) => fields.push((name, text)),
                Part::File(upload) => {
                    let name = bare(&upload.name);
                    let bytes = upload.bytes().await?;
                    file = (!name.is_empty()).then_some(ChosenFile { name, bytes });
                }
            }
        }
        Ok((fields, file))
    };
    read.await.map_err(|why| match why {
        Broken::Large => Refusal::Body,
        Broken::Form | Broken::Disk(_) => Refusal::BadForm,
    })
}

fn operation(uri: &Uri) -> Option<&'static Operation> {
    let id = uri.path().strip_prefix("/api/try/")?;
    operations().find(|operation| operation.id == id)
}

fn missing(api: &Api, place: &Where, uri: &Uri) -> Response {
    message::page(&api.app, place, &Refusal::NoPage(tidy_line(uri.path(), NAME_CHARS)))
}

/// Asks as a program would, and says what came.
async fn tried(
    api: &Arc<Api>,
    operation: &'static Operation,
    place: &Where,
    caller: Caller,
    (fields, file): (&Fields, Option<ChosenFile>),
) -> Tried {
    let request =
        Request::builder().method(operation.verb.id()).uri(target(operation, fields, Some(place.lang)));
    let mut request = request.header(header::ACCEPT, "*/*");
    let token = fields.get("token").trim();
    if !token.is_empty() && token.len() <= TOKEN_CHARS {
        request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
    }
    for param in operation.params.iter().filter(|param| param.place == Place::Header) {
        let value = fields.get(param.name).trim();
        if !value.is_empty() {
            request = request.header(param.name, value);
        }
    }
    let body = match (&operation.takes, file) {
        (Takes::Json(_), _) => {
            request = request.header(header::CONTENT_TYPE, "application/json");
            Body::from(fields.get("body").to_owned())
        }
        (Takes::Bytes(_), Some(file)) => {
            let mut name = String::new();
            encode(&mut name, &file.name);
            let disposition = format!("attachment; filename*=UTF-8''{name}");
            request = request.header(header::CONTENT_TYPE, "application/octet-stream");
            request = request.header(header::CONTENT_DISPOSITION, disposition);
            Body::from(file.bytes)
        }
        (Takes::Bytes(_), None) => {
            request = request.header(header::CONTENT_TYPE, "application/octet-stream");
            Body::empty()
        }
        (Takes::Nothing, _) => Body::empty(),
    };
    let Ok(request) = request.body(body) else {
        return unsent(place.lang);
    };
    let response = call::answer(api, operation, caller, request).await;
    let (head, body) = response.into_parts();
    let told = [header::CONTENT_TYPE, header::ETAG, header::LINK, header::LOCATION, header::RETRY_AFTER];
    let header = |name: &header::HeaderName| {
        let value = head.headers.get(name)?.to_str().ok()?;
        Some((name.to_string(), tidy_line(value, 2 * TOKEN_CHARS)))
    };
    let media =
        head.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let is_text = media.contains("json");
    let bytes = to_bytes(Body::new(body), UPLOAD_BYTES).await.unwrap_or_default();
    let body = if is_text { indented(&String::from_utf8_lossy(&bytes)) } else { String::new() };
    Tried {
        status: head.status.to_string(),
        good: head.status.is_success(),
        headers: told.iter().filter_map(header).collect(),
        note: match (is_text, body.len() > TRIED_BYTES) {
            (true, true) => say(place.lang, "api.try.cut"),
            (false, _) if !bytes.is_empty() => say(place.lang, "api.try.file"),
            _ => "",
        },
        body: tidy(&body, TRIED_BYTES),
    }
}

/// What stands in for an answer where a header could not be written as one.
fn unsent(lang: Lang) -> Tried {
    let [title, text, _] = Kind::Parameter.words(lang, "");
    Tried { status: title, good: false, headers: Vec::new(), body: text, note: "" }
}

/// The path of a call with what was filled in.
fn target(operation: &Operation, fields: &Fields, lang: Option<Lang>) -> String {
    let mut path = format!("{ROOT}{}", operation.path);
    for param in operation.params.iter().filter(|param| param.place == Place::Path) {
        let mut encoded = String::new();
        let value = fields.get(param.name).trim();
        encode(&mut encoded, if value.is_empty() { "-" } else { value });
        path = path.replace(&format!("{{{}}}", param.name), &encoded);
    }
    let asked = operation.params.iter().filter(|param| param.place == Place::Query);
    let asked = asked.map(|param| (param.name, fields.get(param.name).trim()));
    let query = query(asked.chain(lang.map(|lang| ("lang", lang.id()))));
    if query.is_empty() { path } else { format!("{path}?{query}") }
}

fn page(
    api: &Api,
    operation: &Operation,
    place: &Where,
    (fields, origin): (&Fields, &str),
    tried: Option<Tried>,
) -> Response {
    let lang = place.lang;
    let line = line(lang, operation);
    let fresh = tried.is_none();
    let needs_token = !operation.scopes.is_empty();
    let (body, body_note) = match &operation.takes {
        Takes::Json(model) => {
            let text = match fields.get("body") {
                "" if fresh => example(operation.id).to_owned(),
                text => tidy(text, TRIED_BYTES),
            };
            (Some(text), fill(lang, "api.try.body", &[("model", &(model.name)())]))
        }
        Takes::Nothing | Takes::Bytes(_) => (None, String::new()),
    };
    let file = operation.carried().map(|carried| carried.media.join(", "));
    let page = Try {
        shell: shell(api, place, &line.title),
        inputs: operation.params.iter().map(|param| input(lang, param, fields, fresh)).collect(),
        body_note,
        body,
        file: file.unwrap_or_default(),
        needs_token,
        posts: needs_token || operation.verb != Verb::Get,
        command: command(origin, operation, fields),
        line,
        tried,
    };
    draw(StatusCode::OK, &page, lang)
}

fn input(lang: Lang, param: &Param, fields: &Fields, fresh: bool) -> Input {
    let given = tidy_line(fields.get(param.name), 2 * TOKEN_CHARS);
    let value = if given.is_empty() && fresh { param.example.to_owned() } else { given };
    let choices = param.shape.choices().into_iter().map(|choice| {
        let chosen = choice == value;
        (choice, chosen)
    });
    Input {
        name: param.name,
        label: fill(lang, &format!("api.param.{}", param.name), &[]),
        required: param.place != Place::Query,
        choices: if matches!(param.shape, Shape::Version) { Vec::new() } else { choices.collect() },
        value,
    }
}

/// What is to be typed to ask the same from a command line.
fn command(origin: &str, operation: &Operation, fields: &Fields) -> String {
    let mut parts = vec!["curl".to_owned()];
    if operation.verb != Verb::Get {
        parts.push(format!("-X {}", operation.verb.id()));
    }
    if !operation.scopes.is_empty() {
        parts.push("-H \"Authorization: Bearer $TOKEN\"".to_owned());
    }
    if operation.params.iter().any(|param| param.place == Place::Header) {
        parts.push("-H \"If-Match: $ETAG\"".to_owned());
    }
    match &operation.takes {
        Takes::Json(_) => parts.push("-H 'Content-Type: application/json' -d @body.json".to_owned()),
        Takes::Bytes(carried) => {
            let media = carried.media.first().copied().unwrap_or_default();
            parts.push(format!("-H 'Content-Type: {media}' --data-binary @FILE"));
        }
        Takes::Nothing => {}
    }
    if let Gives::File(_) = operation.gives {
        parts.push("-OJ".to_owned());
    }
    parts.push(format!("'{origin}{}'", target(operation, fields, None)));
    parts.join(" ")
}

/// Where the pages are reached: as the configuration has it, else as this request came.
fn origin(api: &Api, uri: &Uri, headers: &HeaderMap) -> String {
    if let Some(address) = &api.app.options.address {
        return address.as_str().to_owned();
    }
    let named = headers.get(header::HOST).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let authority = uri.authority().map_or(named, |authority| authority.as_str());
    let plain = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']');
    format!("http://{}", authority.chars().filter(plain).take(NAME_CHARS).collect::<String>())
}

fn shell(api: &Api, place: &Where, title: &str) -> Shell {
    let mut shell = Shell::new(&api.app, place, title, None);
    (shell.indexed, shell.search_in_head) = (false, false);
    shell
}

fn line(lang: Lang, operation: &Operation) -> Line {
    let scopes: Vec<&str> = operation.scopes.iter().map(|scope| scope.id()).collect();
    Line {
        id: operation.id,
        verb: operation.verb.id(),
        path: format!("{ROOT}{}", operation.path),
        title: fill(lang, &format!("api.op.{}", operation.id), &[]),
        text: fill(lang, &format!("api.op.{}.text", operation.id), &[]),
        scopes: scopes.join(lang.pick("、", ", ")),
    }
}

/// A body to begin with.
fn example(id: &str) -> &'static str {
    match id {
        "draft-create" => {
            "{\n  \"kind\": \"achievement\",\n  \"texts\": {\n    \"title\": \"稀土永磁电机\",\n    \"region\": \"武汉市\",\n    \"price\": \"20-30万元\"\n  }\n}"
        }
        "draft-change" => "{\n  \"texts\": {\n    \"title\": \"稀土永磁电机\"\n  }\n}",
        "draft-act" => "{ \"act\": \"submit\" }",
        "own-act" => "{ \"act\": \"revise\" }",
        "import-columns" => {
            "{\n  \"kind\": \"achievement\",\n  \"columns\": [{ \"header\": \"成果名称\", \"key\": \"title\" }]\n}"
        }
        "import-act" => "{ \"act\": \"apply\" }",
        "watch-add" => {
            "{\n  \"asks\": { \"q\": \"电池\", \"kind\": \"demand\" },\n  \"every\": \"day\",\n  \"feed\": true\n}"
        }
        "watch-act" => "{ \"act\": \"test\" }",
        "harvest-act" => "{ \"act\": \"run\" }",
        "enquire" => {
            "{\n  \"name\": \"\",\n  \"organisation\": \"\",\n  \"contact\": \"\",\n  \"message\": \"\"\n}"
        }
        "enquiry-answer" => "{ \"message\": \"\" }",
        _ => "{}",
    }
}
