//! Addresses and the pages behind them.

use crate::app::{App, Options};
use crate::desk::view::Desk;
use crate::enquiry::Enquiries;
use crate::guard::guard;
use crate::pages::{
    certificate, feed, file, harvest, help, history, home, list, listing, message, network, org, profile,
    statistics, status, stop, suggest, table, verification,
};
use crate::refusal::Refusal;
use crate::shell::Place;
use crate::text::tidy_line;
use crate::view::Source;
use crate::{assets, limits, metrics};
use axum::Router;
use axum::extract::{Request, State};
use axum::http::header;
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use std::sync::Arc;
use tower_http::compression::CompressionLayer;

/// Lists and status are for people; single listings are what a search engine should find.
const ROBOTS: &str = concat!(
    "User-agent: *\n",
    "Disallow: /list?\n",
    "Disallow: /hall/*?\n",
    "Disallow: /suggest\n",
    "Disallow: /stats?\n",
    "Disallow: /stats/*.\n",
    "Disallow: /status\n",
    "Disallow: /table?\n",
    "Disallow: /feed/\n",
    "Disallow: /stop/\n",
    "Disallow: /feed.atom?\n",
    "Disallow: /feed.json?\n",
    "Disallow: /v/\n",
    "Disallow: /desk\n",
    "Disallow: /enquiry\n",
    "Disallow: /healthz\n",
    "Disallow: /readyz\n",
    "Disallow: /metrics\n",
    "Disallow: /oai\n",
    "Disallow: /api/v1\n",
    "Disallow: /api/try/\n",
    "Disallow: /listing/*/file/\n",
    "Disallow: /network\n",
    "Allow: /\n",
);

/// All pages of a node: `/`, `/list`, `/hall/{hall}`, `/listing/{id}` and its `/history`, `/org/{id}`, `/v/{id}`, `/suggest`, `/stats`, `/status`, `/network`,
/// `/help`, `/feed.atom`, `/feed.json`, `/catalog.jsonld`, `/oai`, `/api/`, `/metrics`, `/readyz`, `/healthz`, `/robots.txt` and assets.
///
/// Only GET and HEAD are served (and forms of harvesters, of the desk and enquiries about a listing, where there are these), under the hosts that `options` and [`Options::hosts`] allow; anything else is answered
/// with a page that says why. Serve it with [`crate::serve`], which adds the limits that a router cannot set.
pub fn router(source: Arc<dyn Source>, options: Options) -> Router {
    whole(source, None, None, options)
}

/// The same, where visitors may ask about listings.
pub fn router_with_enquiries(
    source: Arc<dyn Source>,
    enquiries: Arc<dyn Enquiries>,
    options: Options,
) -> Router {
    whole(source, None, Some(enquiries), options)
}

/// The same, and the desk under `/desk` to answer them.
pub fn router_with_desk(source: Arc<dyn Source>, desk: Arc<dyn Desk>, options: Options) -> Router {
    let enquiries: Arc<dyn Enquiries> = desk.clone();
    whole(source, Some(desk), Some(enquiries), options)
}

fn whole(
    source: Arc<dyn Source>,
    desk: Option<Arc<dyn Desk>>,
    enquiries: Option<Arc<dyn Enquiries>>,
    options: Options,
) -> Router {
    let app = Arc::new(App::new(source, options, desk.clone(), enquiries));
    let api = crate::api::router(Arc::clone(&app), desk.clone());
    let desk = desk.map(|desk| crate::desk::router(Arc::clone(&app), desk));
    Router::new()
        .merge(api)
        .merge(desk.unwrap_or_default())
        .merge(crate::enquiry::router())
        .route("/", get(home::handle))
        .route("/list", get(list::handle))
        .route("/hall/{hall}", get(list::handle))
        .route("/suggest", get(suggest::handle))
        .route("/listing/{id}", get(listing::handle))
        .route("/listing/{id}/file/{hash}", get(file::handle))
        .route("/listing/{id}/history", get(history::handle))
        .route("/org/{id}", get(org::handle))
        .route("/listing/{id}/certificate.pdf", get(certificate::handle))
        .route("/v/{id}", get(verification::handle))
        .route("/v/{id}/{mark}", get(verification::handle))
        .route("/table", get(table::handle))
        .route("/feed.atom", get(feed::atom))
        .route("/feed.json", get(feed::json))
        .route("/feed/{file}", get(feed::watch))
        .route("/stop/{token}", get(stop::handle).post(stop::handle))
        .route(feed::CATALOGUE, get(feed::catalogue))
        .route("/oai", get(harvest::asked).post(harvest::posted))
        .route("/oai/lianshi.xsd", get(harvest::schema))
        .route("/stats", get(statistics::handle))
        .route("/stats/{what}", get(statistics::handle))
        .route("/status", get(status::handle))
        .route("/network", get(network::handle))
        .route("/profile", get(profile::handle))
        .route("/profile/{part}", get(profile::handle))
        .route("/profile/{part}/{version}", get(profile::handle))
        .route("/profile/text/{text}", get(profile::text))
        .route("/help", get(help::first))
        .route("/help/{who}", get(help::one))
        .route("/metrics", get(metrics::show))
        .route("/readyz", get(metrics::ready))
        .route("/healthz", get(|| async { plain("ok\n") }))
        .route("/robots.txt", get(|| async { plain(ROBOTS) }))
        .route("/favicon.ico", get(|| async { assets::favicon() }))
        .route("/favicon.svg", get(|| async { assets::favicon() }))
        .fallback(other)
        .layer(from_fn_with_state(Arc::clone(&app), guard))
        .layer(CompressionLayer::new())
        .with_state(app)
}

/// An asset, or a page that says there is none.
async fn other(State(app): State<Arc<App>>, request: Request) -> Response {
    let path = request.uri().path();
    if let Some(asset) = assets::serve(path) {
        return asset;
    }
    let place = Place::of(request.uri(), request.headers());
    message::page(&app, &place, &Refusal::NoPage(tidy_line(path, limits::NAME_CHARS)))
}

fn plain(text: &'static str) -> Response {
    ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response()
}
