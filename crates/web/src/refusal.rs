//! Why a request gets no page of its own: what happened, to what, why, and what to do next, as a page in words.

use crate::view::SourceError;
use axum::http::StatusCode;

/// A request that is answered with an error page.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("no page at {0}")]
    NoPage(String),
    #[error("no listing {0} on this node")]
    NoListing(String),
    #[error("no institution {0} in this network")]
    NoOrg(String),
    #[error("no file {0} of that listing")]
    NoFile(String),
    #[error("the file is being fetched")]
    FileComing,
    #[error("the file is not here, and nobody can be asked for it")]
    FileAbsent,
    #[error("the form does not read")]
    BadForm,
    #[error("no listing {0} on this node for a paper")]
    NoPaper(String),
    #[error("no draft {0} at this desk")]
    NoDraft(String),
    #[error("no enquiry at this address")]
    NoEnquiry,
    #[error("no listing {0} that this institution may edit")]
    NoOwnListing(String),
    #[error("no job {0} of this account")]
    NoJob(String),
    #[error("the desk is served to this computer alone")]
    DeskElsewhere,
    #[error("the accounts are for administrators")]
    NotAdministrator,
    #[error("the form does not come from a page of this desk")]
    CrossSite,
    #[error("method {0} is not served")]
    Method(String),
    #[error("the address is too long")]
    LongAddress,
    #[error("the request carries a body")]
    Body,
    #[error("host {0} is not one of this node's")]
    Host(String),
    #[error("too many requests at once")]
    Busy,
    #[error("the answer took too long")]
    Slow,
    #[error(transparent)]
    Source(#[from] SourceError),
}

impl Refusal {
    /// The HTTP status.
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Refusal::NoPage(_)
            | Refusal::NoListing(_)
            | Refusal::NoOrg(_)
            | Refusal::NoPaper(_)
            | Refusal::NoFile(_)
            | Refusal::NoDraft(_)
            | Refusal::NoOwnListing(_)
            | Refusal::NoJob(_)
            | Refusal::NoEnquiry => StatusCode::NOT_FOUND,
            Refusal::BadForm => StatusCode::BAD_REQUEST,
            Refusal::DeskElsewhere | Refusal::CrossSite | Refusal::NotAdministrator => StatusCode::FORBIDDEN,
            Refusal::Method(_) => StatusCode::METHOD_NOT_ALLOWED,
            Refusal::LongAddress => StatusCode::URI_TOO_LONG,
            Refusal::Body => StatusCode::PAYLOAD_TOO_LARGE,
            Refusal::Host(_) => StatusCode::MISDIRECTED_REQUEST,
            Refusal::Busy
            | Refusal::Slow
            | Refusal::FileComing
            | Refusal::FileAbsent
            | Refusal::Source(SourceError::NotReady(_)) => StatusCode::SERVICE_UNAVAILABLE,
            Refusal::Source(SourceError::Failed(_)) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// Keys of the three texts: what happened, why, what to do next.
    pub(crate) fn words(&self) -> [&'static str; 3] {
        match self {
            Refusal::NoPage(_) => ["error.page.title", "error.page.text", "error.page.next"],
            Refusal::NoListing(_) => ["error.listing.title", "error.listing.text", "error.listing.next"],
            Refusal::NoOrg(_) => ["error.org.title", "error.org.text", "error.org.next"],
            Refusal::NoFile(_) => ["attachment.no.title", "attachment.no.text", "attachment.no.next"],
            Refusal::FileComing => {
                ["attachment.coming.title", "attachment.coming.text", "attachment.coming.next"]
            }
            Refusal::FileAbsent => ["attachment.away.title", "attachment.away.text", "attachment.away.next"],
            Refusal::BadForm => ["attachment.form.title", "attachment.form.text", "attachment.form.next"],
            Refusal::NoPaper(_) => ["error.paper.title", "error.paper.text", "error.paper.next"],
            Refusal::NoDraft(_) => ["error.draft.title", "error.draft.text", "error.draft.next"],
            Refusal::NoEnquiry => ["error.enquiry.title", "error.enquiry.text", "error.enquiry.next"],
            Refusal::NoOwnListing(_) => ["error.own.title", "error.own.text", "error.own.next"],
            Refusal::NoJob(_) => ["error.job.title", "error.job.text", "error.job.next"],
            Refusal::DeskElsewhere => ["error.desk.title", "error.desk.text", "error.desk.next"],
            Refusal::NotAdministrator => ["error.role.title", "error.role.text", "error.role.next"],
            Refusal::CrossSite => ["error.cross.title", "error.cross.text", "error.cross.next"],
            Refusal::Method(_) => ["error.method.title", "error.method.text", "error.method.next"],
            Refusal::LongAddress => ["error.long.title", "error.long.text", "error.long.next"],
            Refusal::Body => ["error.body.title", "error.body.text", "error.body.next"],
            Refusal::Host(_) => ["error.host.title", "error.host.text", "error.host.next"],
            Refusal::Busy | Refusal::Slow => ["error.busy.title", "error.busy.text", "error.busy.next"],
            Refusal::Source(SourceError::NotReady(_)) => {
                ["error.ready.title", "error.ready.text", "error.ready.next"]
            }
            Refusal::Source(SourceError::Failed(_)) => {
                ["error.failed.title", "error.failed.text", "error.failed.next"]
            }
        }
    }

    /// What it happened to, for the `{what}` place of the texts.
    pub(crate) fn what(&self) -> &str {
        match self {
            Refusal::NoPage(what)
            | Refusal::NoListing(what)
            | Refusal::NoOrg(what)
            | Refusal::NoFile(what)
            | Refusal::NoPaper(what)
            | Refusal::NoDraft(what)
            | Refusal::NoOwnListing(what)
            | Refusal::NoJob(what)
            | Refusal::Method(what)
            | Refusal::Host(what) => what,
            _ => "",
        }
    }
}
