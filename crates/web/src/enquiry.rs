//! 询问 on the pages: a visitor asks about a listing and sees, under an address that nobody can guess, what becomes of it.
//!
//! ```text
//! /listing/{id} ─form─▶ POST /listing/{id}/enquiry ─▶ own page? honest? not too often? ─▶ Enquiries::ask
//!                                                                                            │
//! /enquiry/{token} ◀───────────────────────── 303 ─────────────────────────────────────────────╯
//! ```
//!
//! It is the one thing that a visitor without an account can write. Absent: how it is sealed and carried (crate `market`);
//! what the clerk sees of it stands in `desk/pages/enquiries.rs`.

mod ask;
mod rate;
mod seen;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::Uri;
use axum::routing::get;
use std::sync::Arc;

use crate::app::App;
use crate::desk::view::{Clerk, Said};
use crate::limits::ENQUIRY_BYTES;
use crate::view::SourceError;
use catalog::enquiry::Asked;
use catalog::words::fill;

pub(crate) use ask::Card;
pub(crate) use rate::Rate;
pub(crate) use seen::Answer;

/// What the pages need of the node to take enquiries and to show them. Calls block; they are made off the async threads.
pub trait Enquiries: Send + Sync + 'static {
    /// Sends what a visitor asks about a listing: the token of the address under which they see what becomes of it.
    fn ask(&self, listing: &str, asked: &Asked) -> Result<Result<String, Said>, SourceError>;
    /// What a visitor's address leads to.
    fn seen(&self, token: &str) -> Result<Option<EnquiryView>, SourceError>;
    /// Enquiries in a list, at most `limit`; and how many there are.
    fn enquiries(&self, which: Which, limit: usize) -> Result<(usize, Vec<EnquiryLine>), SourceError>;
    /// One enquiry for the desk, by its id. Whoever opens a new one has read it.
    fn enquiry(&self, id: &str) -> Result<Option<EnquiryView>, SourceError>;
    /// Answers one.
    fn answer(&self, clerk: &Clerk, id: &str, message: &str) -> Result<Result<(), Said>, SourceError>;
    /// Closes one that needs no answer.
    fn close(&self, clerk: &Clerk, id: &str) -> Result<Result<(), Said>, SourceError>;
    /// How many wait, and how long answers took.
    fn enquiry_figures(&self) -> Result<EnquiryFigures, SourceError>;
    /// The same of demands that were submitted for review: how many wait for a first step, and how long that took.
    fn demand_figures(&self) -> Result<EnquiryFigures, SourceError>;
}

/// Which enquiries a list shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// Those that wait for an answer, the longest first.
    Open,
    /// Those that were answered or closed, the latest first.
    Done,
    /// Those that were sent from this node, the latest first.
    Sent,
}

/// An enquiry in a list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EnquiryLine {
    /// Its id.
    pub id: String,
    /// Title of the listing when it was asked about.
    pub title: String,
    /// Who asks: name and organisation.
    pub who: (String, String),
    /// Name of the institution at the other end.
    pub institution: String,
    /// `new`, `read`, `answered`, `closed`; `sent` or `received` where the other side has it.
    pub state: &'static str,
    /// When it was received; when it was sent, as long as it is not received.
    pub since_ms: i64,
    /// How long it waits, or waited.
    pub waited_ms: i64,
    /// Whether that is longer than it should be.
    pub late: bool,
    /// Who answered or closed it; may be empty.
    pub by: String,
}

/// An enquiry, whole.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EnquiryView {
    /// As in a list.
    pub line: EnquiryLine,
    /// Document id of the listing.
    pub listing: String,
    /// What was asked, by whom.
    pub asked: Asked,
    /// When it was sent, by the clock of the node that sent it.
    pub sent_ms: i64,
    /// When it was received, by the clock of the node that signed the receipt.
    pub received_ms: Option<i64>,
    /// What was answered, with the times of the answering node's clock.
    pub answers: Vec<(String, i64)>,
    /// When it was closed without an answer, by the answering node's clock.
    pub closed_ms: Option<i64>,
    /// Whether it is this desk's to answer.
    pub ours: bool,
}

/// Enquiries, or demands, in numbers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EnquiryFigures {
    /// Those that nobody has opened.
    pub new: u64,
    /// Those that wait for an answer.
    pub open: u64,
    /// Of these the ones that wait longer than a day.
    pub overdue: u64,
    /// Those of the last thirty days that were answered.
    pub answered: u64,
    /// Of these the ones that were answered within a day.
    pub in_time: u64,
    /// Half of these waited no longer; `None` when none was answered.
    pub median_ms: Option<i64>,
}

/// The pages for visitors.
pub(crate) fn router() -> Router<Arc<App>> {
    Router::new()
        .route("/listing/{id}/enquiry", get(ask::show).post(ask::send))
        .route("/enquiry/{token}", get(seen::show))
        .layer(DefaultBodyLimit::max(ENQUIRY_BYTES))
}

/// The listing that a path asks about: `/listing/{id}/enquiry`.
pub(crate) fn asked_about(uri: &Uri) -> Option<&str> {
    uri.path().strip_prefix("/listing/")?.strip_suffix("/enquiry").filter(|id| !id.contains('/'))
}

/// How long something takes or took: `3 小时 20 分`, `2 天 4 小时`.
pub(crate) fn span(ms: i64, lang: catalog::Lang) -> String {
    let minutes = ms.max(0) / 60_000;
    let (key, more, less) = match minutes {
        i64::MIN..=59 => ("enquiry.span.minutes", minutes, 0),
        60..=1_439 => ("enquiry.span.hours", minutes / 60, minutes % 60),
        _ => ("enquiry.span.days", minutes / 1_440, minutes % 1_440 / 60),
    };
    fill(lang, key, &[("n", &more.to_string()), ("m", &less.to_string())])
}

/// The words for a state.
pub(crate) fn state_key(state: &str) -> &'static str {
    match state {
        "read" => "enquiry.state.read",
        "answered" => "enquiry.state.answered",
        "closed" => "enquiry.state.closed",
        "sent" => "enquiry.state.sent",
        "received" => "enquiry.state.received",
        _ => "enquiry.state.new",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use catalog::Lang;

    #[test]
    fn a_span_is_said_in_its_two_largest_measures() {
        let minute = 60_000;
        for (minutes, said) in
            [(0, "0 min"), (59, "59 min"), (61, "1 h 1 min"), (1_440, "1 d 0 h"), (4_510, "3 d 3 h")]
        {
            assert_eq!(span(minutes * minute, Lang::En), said);
        }
        assert_eq!(span(-5, Lang::En), "0 min");
    }

    #[test]
    fn only_one_path_takes_enquiries() {
        let about = |path: &str| asked_about(&path.parse().unwrap()).map(str::to_owned);
        assert_eq!(about("/listing/0123abcd/enquiry?lang=en"), Some("0123abcd".to_owned()));
        for other in ["/listing/0123abcd", "/listing/a/b/enquiry", "/enquiry/0123", "/listing/x/enquiry/"] {
            assert_eq!(about(other), None, "{other}");
        }
    }
}
