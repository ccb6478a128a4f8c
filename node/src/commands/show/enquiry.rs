//! Enquiries in a terminal.

use serde_json::Value as Json;

use super::{Context, line, pad, print_line, text};
use crate::commands::enquiry::who;

fn state(context: &Context, enquiry: &Json) -> String {
    let key = format!("cli.enquiry.state.{}", text(enquiry, "state"));
    let late = if enquiry["late"] == true { context.say("cli.enquiry.late") } else { "" };
    let parts = [context.say(&key), late];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ")
}

/// An enquiry in a list.
pub fn enquiry_row(context: &Context, enquiry: &Json) {
    let short: String = text(enquiry, "id").chars().take(14).collect();
    print_line(&format!("{short}  {}{}", pad(&state(context, enquiry), 18), text(enquiry, "title")));
    let since = enquiry["received"].as_str().unwrap_or_else(|| text(enquiry, "sent"));
    print_line(&format!("                {} · {since}", who(enquiry)));
}

/// An enquiry, whole.
pub fn enquiry(context: &Context, enquiry: &Json) {
    print_line(text(enquiry, "title"));
    print_line(&state(context, enquiry));
    line(context, "cli.enquiry.message", text(enquiry, "message"));
    line(context, "cli.enquiry.who", &who(enquiry));
    line(context, "cli.enquiry.contact", text(enquiry, "contact"));
    line(context, "cli.enquiry.from", text(&enquiry["from"], "name"));
    line(context, "cli.enquiry.to", text(&enquiry["to"], "name"));
    line(context, "cli.enquiry.sent", text(enquiry, "sent"));
    line(context, "cli.enquiry.received", text(enquiry, "received"));
    for answer in enquiry["answers"].as_array().into_iter().flatten() {
        line(
            context,
            "cli.enquiry.answer",
            &format!("{}  {}", text(answer, "time"), text(answer, "message")),
        );
    }
    line(context, "cli.enquiry.by", text(enquiry, "by"));
    line(context, "cli.enquiry.about", text(enquiry, "about"));
    line(context, "cli.label.id", text(enquiry, "id"));
}
