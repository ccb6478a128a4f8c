//! The API, `/api/v1`: what the pages show and the desk does, for programs, as JSON.
//!
//! ```text
//! program ─▶ guard ─▶ call (how often, which form, who, parameters, body) ─▶ read::* / write::* ─▶ dyn Source / dyn Desk
//!         ◀─ answer (ETag, cursor, cache) ◀─ model ◀──────────────────────────────────────╯
//! ```
//!
//! One table, [`table::operations`], says what there is: routes, checks, the OpenAPI document and the pages for trying all follow from
//! it, so that none can say otherwise than another. Reading needs no token and shows what the pages show; writing needs one, is
//! served where the desk is, and goes through the desk's own checks.
//!
//! Absent: rules of its own about listings, reviews or enquiries.

mod answer;
mod call;
mod cursor;
mod indent;
mod limit;
mod model;
mod openapi;
mod operation;
mod page;
mod problem;
mod read;
mod sent;
mod shape;
mod table;
mod write;

use crate::app::App;
use crate::desk::view::Desk;
use crate::limits::{ANSWER_WAIT, API_BODY_BYTES, FORM_BYTES};
use crate::view::SourceError;
use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::{Method, Uri};
use axum::response::Response;
use axum::routing::{MethodRouter, any, get};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use call::Caller;
use limit::Counts;
use operation::Operation;
pub use operation::{Holder, Scope};
pub(crate) use problem::{Kind as ProblemKind, Problem, refused};

/// Where all of it is.
pub(crate) const ROOT: &str = "/api/v1";

/// State of the API.
pub(crate) struct Api {
    pub(crate) app: Arc<App>,
    desk: Option<Arc<dyn Desk>>,
    counts: Counts,
}

impl Api {
    /// Asks the desk off the async threads, in the same turns as the pages.
    async fn ask_desk<T: Send + 'static>(
        &self,
        call: impl FnOnce(&dyn Desk) -> Result<T, SourceError> + Send + 'static,
    ) -> Result<T, Problem> {
        self.ask_desk_within(ANSWER_WAIT, call).await
    }

    /// The same, for what may take so long.
    async fn ask_desk_within<T: Send + 'static>(
        &self,
        wait: Duration,
        call: impl FnOnce(&dyn Desk) -> Result<T, SourceError> + Send + 'static,
    ) -> Result<T, Problem> {
        let Some(desk) = self.desk.clone() else { return Err(Problem::new(ProblemKind::Path)) };
        Ok(self.app.ask_within(wait, move |_| call(desk.as_ref())).await?)
    }
}

/// Whether an address is the API's, where every answer is for programs.
pub(crate) fn is_of_api(uri: &Uri) -> bool {
    uri.path() == ROOT || uri.path().strip_prefix(ROOT).is_some_and(|rest| rest.starts_with('/'))
}

/// Bytes of body that a request of the API, or of its page for trying, may carry; `None` where its method is no business of the
/// pages' guard.
pub(crate) fn body_bytes(method: &Method, uri: &Uri) -> Option<u64> {
    let tries = *method == Method::POST && uri.path().starts_with("/api/try/");
    (is_of_api(uri) || tries).then(|| file_bytes(method, uri).unwrap_or(API_BODY_BYTES as u64))
}

/// Bytes of body of a request that carries a file, and may take longer therefore.
pub(crate) fn file_bytes(method: &Method, uri: &Uri) -> Option<u64> {
    if *method == Method::POST
        && let Some(id) = uri.path().strip_prefix("/api/try/")
    {
        let tried = table::operations().find(|one| one.id == id)?;
        return tried.carried().map(|carried| carried.most + FORM_BYTES as u64);
    }
    let path = uri.path().strip_prefix(ROOT)?;
    let asked = table::operations().find(|one| one.verb.id() == method.as_str() && one.is_at(path));
    asked?.carried().map(|carried| carried.most)
}

/// Everything under `/api`.
pub(crate) fn router(app: Arc<App>, desk: Option<Arc<dyn Desk>>) -> Router<Arc<App>> {
    let api = Arc::new(Api { app, desk, counts: Counts::default() });
    let mut routes: BTreeMap<&str, MethodRouter<Arc<Api>>> = BTreeMap::new();
    for operation in table::operations() {
        let route = routes.remove(operation.path).unwrap_or_else(|| {
            any(move |state, request| async move { other_method(state, operation.path, request).await })
        });
        routes.insert(operation.path, route.on(operation.filter(), handler(operation)));
    }
    let mut router = Router::new()
        .route("/api", get(page::index))
        .route("/api/", get(page::index))
        .route("/api/problems", get(page::problems))
        .route("/api/try/{operation}", get(page::show).post(page::send))
        .route(ROOT, any(nothing))
        .route("/api/v1/{*rest}", any(nothing));
    for (path, route) in routes {
        router = router.route(&format!("{ROOT}{path}"), route);
    }
    router.layer(DefaultBodyLimit::max(API_BODY_BYTES)).with_state(api)
}

type State = axum::extract::State<Arc<Api>>;

fn handler(
    operation: &'static Operation,
) -> impl Fn(State, Request) -> std::pin::Pin<Box<dyn Future<Output = Response> + Send>>
+ Clone
+ Send
+ Sync
+ 'static {
    move |axum::extract::State(api), request| {
        Box::pin(async move {
            let caller = Caller::of(&request);
            call::answer(&api, operation, caller, request).await
        })
    }
}

/// A path that there is, with a method that it has not.
async fn other_method(state: State, path: &'static str, request: Request) -> Response {
    let axum::extract::State(api) = state;
    let methods: Vec<&Operation> = table::operations().filter(|one| one.path == path).collect();
    call::other_method(&api, &methods, &request)
}

async fn nothing(axum::extract::State(api): State, request: Request) -> Response {
    Problem::new(ProblemKind::Path).what(request.uri().path()).answer(
        &api.app,
        request.uri(),
        request.headers(),
    )
}
