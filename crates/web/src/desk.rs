//! The desk: where those who have signed in write, review and publish.
//!
//! ```text
//! browser ─▶ guard ─▶ gate (from where, same origin, who) ─▶ pages::* ─▶ Bench::ask ─▶ dyn Desk, which the node implements
//! ```
//!
//! It is served to this computer alone unless the node is told otherwise. What changes something is a POST from a page of the
//! desk itself: its `Origin` is this host, and its form carries the session's token. Sessions live in memory: a node that
//! starts again has everyone sign in again.
//!
//! Absent: what drafts, reviews and accounts are (crate `market`).

pub mod audit;
pub mod figures;
mod form;
mod gate;
pub mod governing;
pub mod harvest;
pub mod imports;
mod inputs;
mod jobs;
pub mod markets;
mod pages;
pub mod peers;
mod sessions;
mod throttle;
pub mod view;
pub mod watches;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use tokio::sync::Semaphore;

use crate::app::App;
use crate::limits::{CHECKS_AT_ONCE, FORM_BYTES};
use crate::refusal::Refusal;
use crate::view::SourceError;
use jobs::Jobs;
use sessions::Sessions;
use throttle::Throttle;
use view::Desk;

pub(crate) use form::{Broken, Incoming, Part};
pub(crate) use gate::{Client, Fields, client, is_here, is_own_page, see};
pub(crate) use pages::Trouble;

/// State of the desk's pages.
pub(crate) struct Bench {
    pub(crate) app: Arc<App>,
    desk: Arc<dyn Desk>,
    sessions: Sessions,
    throttle: Throttle,
    jobs: Jobs,
    /// Passwords that are being checked.
    checks: Semaphore,
}

impl Bench {
    /// Asks the desk off the async threads, in the same turns as the pages.
    async fn ask<T: Send + 'static>(
        &self,
        call: impl FnOnce(&dyn Desk) -> Result<T, SourceError> + Send + 'static,
    ) -> Result<T, Refusal> {
        let desk = Arc::clone(&self.desk);
        self.app.ask(move |_| call(desk.as_ref())).await
    }
}

/// The pages under `/desk`.
pub(crate) fn router(app: Arc<App>, desk: Arc<dyn Desk>) -> Router<Arc<App>> {
    let bench = Arc::new(Bench {
        app,
        desk,
        sessions: Sessions::default(),
        throttle: Throttle::default(),
        jobs: Jobs::default(),
        checks: Semaphore::new(CHECKS_AT_ONCE),
    });
    Router::new()
        .route("/desk", get(pages::overview::handle))
        .route("/desk/sign-in", get(pages::sign_in::show).post(pages::sign_in::enter))
        .route("/desk/sign-out", post(pages::sign_in::leave))
        .route("/desk/setup", get(pages::setup::show).post(pages::setup::make))
        .route("/desk/new", post(pages::draft::begin))
        .route("/desk/drafts", get(pages::drafts::show).post(pages::drafts::act))
        .route("/desk/draft/{id}", get(pages::draft::show).post(pages::draft::save))
        .route("/desk/draft/{id}/attach", post(pages::files::add))
        .route("/desk/draft/{id}/detach", post(pages::files::remove))
        .route("/desk/draft/{id}/file/{hash}", get(pages::files::show))
        .route("/desk/enquiries", get(pages::enquiries::show).post(pages::enquiries::act))
        .route("/desk/enquiry/{id}", get(pages::enquiries::open).post(pages::enquiries::reply))
        .route("/desk/harvest", get(pages::harvest::show).post(pages::harvest::act))
        .route("/desk/harvest/{id}", get(pages::source::show).post(pages::source::act))
        .route("/desk/import", get(pages::import::show).post(pages::import::act))
        .route("/desk/import/file", post(pages::import::send))
        .route("/desk/import/table", get(pages::import::table))
        .route("/desk/import/marked.xlsx", get(pages::import::marked))
        .route("/desk/import/template.xlsx", get(pages::import::template))
        .route("/desk/listings", get(pages::listings::show).post(pages::listings::act))
        .route("/desk/listing/{id}", get(pages::own::show).post(pages::own::act))
        .route("/desk/job/{number}", get(pages::job::show).post(pages::job::stop))
        .route("/desk/network", get(pages::network::show))
        .route("/desk/network/propose", get(pages::network::list))
        .route("/desk/network/propose/{act}", get(pages::network::act))
        .route("/desk/network/card", get(pages::network::card))
        .route("/desk/network/draft", post(pages::network::draft))
        .route("/desk/network/file", post(pages::network::take))
        .route("/desk/network/step/{id}", get(pages::network::step))
        .route("/desk/network/sign", post(pages::network::sign))
        .route("/desk/network/carry", post(pages::network::carry))
        .route("/desk/network/save", post(pages::network::save))
        .route("/desk/tokens", get(pages::tokens::show).post(pages::tokens::act))
        .route("/desk/watches", get(pages::watches::show).post(pages::watches::add))
        .route("/desk/watches/{id}", get(pages::watch::show).post(pages::watch::act))
        .route("/desk/audit", get(pages::audit::show))
        .route("/desk/audit.csv", get(pages::audit::table))
        .route("/desk/nodes", get(pages::nodes::show))
        .route("/desk/peers", get(pages::peers::show).post(pages::peers::act))
        .route("/desk/peers/{node}", get(pages::peers::show_one).post(pages::peers::act_on_one))
        .route("/desk/forks/{log}", get(pages::peers::fork))
        .route("/desk/users", get(pages::users::show).post(pages::users::act))
        .layer(DefaultBodyLimit::max(FORM_BYTES))
        .layer(from_fn_with_state(Arc::clone(&bench), gate::gate))
        .with_state(bench)
}
