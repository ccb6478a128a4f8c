//! Enquiries.

use serde_json::Value as Json;

use super::{Context, Outcome, listing, print_json, print_line, print_note, show, text};
use crate::cli::EnquiryAction;
use crate::office::{EnquiryAsk, Request};

pub fn run(context: &Context, action: EnquiryAction) -> Outcome {
    let ask = match action {
        EnquiryAction::List { all, sent } => return list(context, all, sent),
        EnquiryAction::Show { id } => EnquiryAsk::Show { id },
        EnquiryAction::Make { listing, name, organisation, contact, message } => {
            EnquiryAsk::Make { listing, asked: [name, organisation, contact, message] }
        }
        EnquiryAction::Answer { id, message } => EnquiryAsk::Answer { id, message },
        EnquiryAction::Close { id } => EnquiryAsk::Close { id },
    };
    let reply = context.ask(&Request::Enquiry { ask })?;
    if reply["outcome"].is_string() {
        return listing::say_outcome(context, &reply);
    }
    if context.json {
        print_json(&reply);
    } else {
        show::enquiry(context, &reply);
    }
    Ok(0)
}

fn list(context: &Context, all: bool, sent: bool) -> Outcome {
    let reply = context.ask(&Request::Enquiry { ask: EnquiryAsk::List { all, sent } })?;
    let found = reply["enquiries"].as_array().map(Vec::as_slice).unwrap_or_default();
    for enquiry in found {
        if context.json { print_json(enquiry) } else { show::enquiry_row(context, enquiry) }
    }
    if context.json {
        return Ok(0);
    }
    if found.is_empty() {
        print_note(context.say(if sent { "cli.enquiry.none.sent" } else { "cli.enquiry.none" }));
    }
    if !sent {
        figures(context, "cli.enquiry.figures", &reply["figures"]);
    }
    Ok(0)
}

/// How many wait, and how long answers took, on one line; nothing where there never were any.
pub fn figures(context: &Context, key: &str, figures: &Json) {
    let number = |key: &str| figures[key].as_u64().unwrap_or_default().to_string();
    let keys = ["open", "overdue", "answered", "in_time"];
    if keys.iter().any(|key| figures[*key].as_u64().is_some_and(|n| n > 0)) {
        let numbers = keys.map(number);
        let places: Vec<(&str, &str)> =
            keys.iter().copied().zip(numbers.iter().map(String::as_str)).collect();
        print_line(&context.fill(key, &places));
    }
}

/// The name and the organisation of who asks.
pub fn who(enquiry: &Json) -> String {
    let parts = [text(enquiry, "name"), text(enquiry, "organisation")];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ")
}
