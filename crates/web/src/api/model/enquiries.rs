//! Enquiries, as visitors and the desk see them.

use crate::enquiry;
use crate::text::instant;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a visitor asks about a listing. It is sealed for its institution alone.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct NewEnquiry {
    /// Who asks.
    #[schema(min_length = 1, max_length = 60)]
    pub(in crate::api) name: String,
    /// For which organisation; may be left out.
    #[serde(default)]
    #[schema(max_length = 120)]
    pub(in crate::api) organisation: String,
    /// How to reach them: a telephone number or a mail address.
    #[schema(min_length = 5, max_length = 120)]
    pub(in crate::api) contact: String,
    #[schema(min_length = 2, max_length = 4000)]
    pub(in crate::api) message: String,
}

const _: () = {
    use catalog::enquiry::{MAX_CONTACT, MAX_MESSAGE, MAX_NAME, MAX_ORGANISATION};
    // What the schema above says.
    assert!(MAX_NAME == 60 && MAX_ORGANISATION == 120 && MAX_CONTACT == 120 && MAX_MESSAGE == 4_000);
};

/// Where to see what becomes of an enquiry. Whoever knows the number may read it: keep it.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct Receipt {
    pub(in crate::api) receipt: String,
    /// Address of the page that shows it.
    #[schema(format = "uri-reference")]
    pub(in crate::api) page: String,
}

/// An enquiry as whoever sent it sees it.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct SentEnquiry {
    /// Document id of the listing.
    listing: String,
    title: String,
    institution: String,
    /// `sent`, `received`, `answered` or `closed`.
    state: String,
    #[schema(format = "date-time")]
    sent: String,
    #[schema(format = "date-time")]
    received: Option<String>,
    message: String,
    answers: Vec<Answered>,
    #[schema(format = "date-time")]
    closed: Option<String>,
}

/// An answer.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct Answered {
    text: String,
    #[schema(format = "date-time")]
    time: String,
}

fn answers(view: &enquiry::EnquiryView) -> Vec<Answered> {
    let one = |(text, ms): &(String, i64)| Answered { text: text.clone(), time: instant(*ms) };
    view.answers.iter().map(one).collect()
}

impl From<&enquiry::EnquiryView> for SentEnquiry {
    fn from(view: &enquiry::EnquiryView) -> Self {
        Self {
            listing: view.listing.clone(),
            title: view.line.title.clone(),
            institution: view.line.institution.clone(),
            state: view.line.state.to_owned(),
            sent: instant(view.sent_ms),
            received: view.received_ms.map(instant),
            message: view.asked.message.clone(),
            answers: answers(view),
            closed: view.closed_ms.map(instant),
        }
    }
}

/// Enquiries.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct EnquiryList {
    /// How many there are, of which the list may hold the first ones alone.
    pub(in crate::api) total: u64,
    pub(in crate::api) items: Vec<EnquiryLine>,
}

/// An enquiry in a list.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct EnquiryLine {
    id: String,
    /// Title of the listing when it was asked about.
    title: String,
    name: String,
    organisation: String,
    /// The institution at the other end.
    institution: String,
    state: String,
    #[schema(format = "date-time")]
    since: String,
    /// How long it waits, or waited, seconds.
    waited: u64,
    /// Whether that is longer than it should be.
    late: bool,
    /// Who answered or closed it.
    by: String,
}

impl From<&enquiry::EnquiryLine> for EnquiryLine {
    fn from(line: &enquiry::EnquiryLine) -> Self {
        Self {
            id: line.id.clone(),
            title: line.title.clone(),
            name: line.who.0.clone(),
            organisation: line.who.1.clone(),
            institution: line.institution.clone(),
            state: line.state.to_owned(),
            since: instant(line.since_ms),
            waited: u64::try_from(line.waited_ms / 1_000).unwrap_or_default(),
            late: line.late,
            by: line.by.clone(),
        }
    }
}

/// An enquiry, as the desk sees it.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct Enquiry {
    #[serde(flatten)]
    line: EnquiryLine,
    /// Document id of the listing.
    listing: String,
    /// How to reach whoever asks.
    contact: String,
    message: String,
    answers: Vec<Answered>,
    #[schema(format = "date-time")]
    closed: Option<String>,
    /// Whether it is this desk's to answer.
    ours: bool,
}

impl From<&enquiry::EnquiryView> for Enquiry {
    fn from(view: &enquiry::EnquiryView) -> Self {
        Self {
            line: EnquiryLine::from(&view.line),
            listing: view.listing.clone(),
            contact: view.asked.contact.clone(),
            message: view.asked.message.clone(),
            answers: answers(view),
            closed: view.closed_ms.map(instant),
            ours: view.ours,
        }
    }
}

/// An answer to an enquiry.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct NewAnswer {
    pub(in crate::api) message: String,
}
