//! What people see in a terminal. No colour carries meaning; columns are cut to what a line holds.

use catalog::{Kind, Record, display, labels};
use serde_json::Value as Json;

use super::{Context, print_line, text};
use crate::office::to_value;

mod enquiry;
mod node;
mod peer;
mod peering;
mod roster;

pub use enquiry::{enquiry, enquiry_row};
pub use node::node;
pub use peer::{paused, peer, task, task_line};
pub use peering::{peer_market, peering_terms, shelf_in_words};
pub use roster::{roster, step};

/// A value on one line.
pub fn plain(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        Json::Array(values) => values.iter().map(plain).collect::<Vec<_>>().join(" ‖ "),
        other => other.to_string(),
    }
}

fn line(context: &Context, key: &str, value: &str) {
    if !value.is_empty() {
        print_line(&format!("  {}{value}", pad(context.say(key), 16)));
    }
}

/// Columns that a terminal gives a text: two for wide characters.
fn width(text: &str) -> usize {
    text.chars().map(|c| if (c as u32) >= 0x1100 { 2 } else { 1 }).sum()
}

/// A text, filled with spaces to so many columns; at least one.
pub fn pad(text: &str, columns: usize) -> String {
    format!("{text}{}", " ".repeat(columns.saturating_sub(width(text)).max(1)))
}

fn kind_label(context: &Context, id: &str) -> String {
    Kind::from_id(id).map_or_else(|| id.to_owned(), |kind| kind.label(context.lang).to_owned())
}

/// One listing in a list.
pub fn row(context: &Context, hit: &Json) {
    let short: String = text(hit, "id").chars().take(14).collect();
    print_line(&format!(
        "{short}  {}{}",
        pad(&kind_label(context, text(hit, "kind")), 9),
        text(hit, "title")
    ));
    let region = hit["region_name"].as_str().unwrap_or_default();
    let members = if text(hit, "visibility") == "members" { context.say("cli.listing.members") } else { "" };
    let more = if hit["details"] == true { context.say("details.mark") } else { "" };
    let day = text(hit, "updated").get(..10).unwrap_or_default();
    let market = match text(hit, "market") {
        "" => String::new(),
        name => context.fill("cli.search.market", &[("name", name)]),
    };
    let about = [text(hit, "institution"), region, day, members, more, market.as_str()];
    let about: Vec<&str> = about.into_iter().filter(|part| !part.is_empty()).collect();
    if !about.is_empty() {
        print_line(&format!("                {}", about.join(" · ")));
    }
}

/// A listing, whole.
pub fn listing(context: &Context, listing: &Json) {
    print_line(text(listing, "title"));
    let status = format!("cli.listing.status.{}", text(listing, "status"));
    let members = text(&listing["shelf"], "visibility") == "members";
    let members = if members { format!(" · {}", context.say("cli.listing.members")) } else { String::new() };
    let kind = kind_label(context, text(listing, "kind"));
    print_line(&format!("{kind} · {}{members}", context.say(&status)));
    if listing["screened"].is_object() {
        let by = text(&listing["screened"]["institution"], "name");
        let reason = text(&listing["screened"], "reason");
        print_line(&context.fill("cli.listing.screened", &[("institution", by), ("reason", reason)]));
    }
    if listing["hidden"].is_object() {
        let (why, reason) = (text(&listing["hidden"], "why"), text(&listing["hidden"], "reason"));
        let reason = if reason.is_empty() {
            String::new()
        } else {
            context.fill("cli.hidden.reason", &[("reason", reason)])
        };
        print_line(&format!("{}{reason}", context.say(&format!("cli.hidden.{why}"))));
    }
    fields(context, listing, "fields");
    if listing["contact"].is_object() {
        print_line(context.say("cli.listing.contact"));
        fields(context, listing, "contact");
    }
    if listing["private"].is_object() {
        print_line(context.say("cli.listing.private"));
        fields(context, listing, "private");
    } else if listing["details"] == true {
        let short: String = text(listing, "id").chars().take(14).collect();
        print_line(&context.fill("cli.listing.details", &[("id", &short)]));
    }
    for (n, file) in listing["attachments"].as_array().into_iter().flatten().enumerate() {
        if n == 0 {
            print_line(context.say("attachment.list"));
        }
        attachment(context, n + 1, file);
    }
    for dispute in listing["disputes"].as_array().into_iter().flatten() {
        disputed(context, listing, dispute);
    }
    if !listing["proof"].is_object() {
        line(context, "cli.label.id", text(listing, "id"));
        return;
    }
    print_line(context.say("cli.listing.provenance"));
    line(context, "cli.label.institution", text(&listing["institution"], "name"));
    line(context, "cli.label.credit-code", text(&listing["institution"], "credit_code"));
    line(context, "label.harvested", &harvested(&listing["harvested"]));
    line(context, "cli.label.editors", &names(context, &listing["editors"]));
    line(context, "cli.label.node", text(&listing["author"], "node"));
    line(context, "cli.label.signed", text(listing, "updated"));
    line(context, "cli.label.versions", &listing["versions"].to_string());
    let proof = &listing["proof"];
    let state = match (proof["signatures"] == true, proof["admitted"] == true) {
        (true, true) => "cli.proof.verified",
        (false, _) => "cli.proof.unsigned",
        (true, false) => "cli.proof.unadmitted",
    };
    line(context, "cli.label.proof", context.say(state));
    line(context, "cli.label.id", text(listing, "id"));
    for earlier in listing["continues"].as_array().into_iter().flatten() {
        line(context, "cli.label.continues", &plain(earlier));
    }
    let said = listing["statements"].as_array().into_iter().flatten();
    for (n, each) in said.enumerate() {
        if n == 0 {
            print_line(context.say("cli.statement.title"));
        }
        statement(context, each, "cli.statement.unknown");
    }
}

/// A file of a listing, with the number that commands take.
fn attachment(context: &Context, number: usize, file: &Json) {
    let title = Some(text(file, "title")).filter(|title| !title.is_empty());
    let title = title.unwrap_or_else(|| context.say("attachment.untitled"));
    let size = crate::bytes::bytes(file["size"].as_u64().unwrap_or_default());
    let here = context.say(if file["here"] == true { "attachment.here" } else { "attachment.missing" });
    let short: String = text(file, "file").chars().take(12).collect();
    print_line(&format!("  {number}. {title}"));
    print_line(&format!("     {}", [text(file, "media"), &size, here, &short].join(" · ")));
}

/// Institutions by name, or by id where the roster does not name them.
/// The repository, the record's identifier there, and its datestamp.
fn harvested(origin: &Json) -> String {
    let parts = ["from", "id", "at"].map(|key| text(origin, key));
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ")
}

fn names(context: &Context, institutions: &Json) -> String {
    let name = |who: &Json| {
        [text(who, "name"), text(who, "id")].into_iter().find(|t| !t.is_empty()).map(str::to_owned)
    };
    let names: Vec<String> = institutions.as_array().into_iter().flatten().filter_map(name).collect();
    context.list(&names)
}

/// A field with several values: each with its number, and who wrote it.
fn disputed(context: &Context, listing: &Json, dispute: &Json) {
    let key = text(dispute, "field");
    let kind = Kind::from_id(text(listing, "kind"));
    let named = match kind {
        Some(kind) => format!("{} ({key})", display::entry_label(kind, key, context.lang)),
        None => key.to_owned(),
    };
    let in_words = |value: &Json| match kind.zip(to_value(value)) {
        Some((kind, value)) => display::entry_value(kind, key, &value, context.lang),
        None => plain(value),
    };
    print_line(&context.fill("cli.listing.conflict", &[("field", &named)]));
    for candidate in dispute["values"].as_array().into_iter().flatten() {
        print_line(&format!("    {}. {}", candidate["number"], in_words(&candidate["value"])));
        for writer in candidate["by"].as_array().into_iter().flatten() {
            print_line(&format!("       {} · {}", text(writer, "institution"), text(writer, "time")));
        }
    }
    print_line(&context.fill("cli.listing.choose", &[("field", key)]));
}

/// What a third party says of a listing.
/// `unknown` is said of a version that is not known by number.
pub fn statement(context: &Context, said: &Json, unknown: &str) {
    let (label, value) = (text(said, "label"), text(said, "value"));
    let (label, value) =
        (labels::label_text(context.lang, label), labels::value_text(context.lang, label, value));
    print_line(&format!("  {}", context.fill("cli.statement.word", &[("label", &label), ("value", &value)])));
    if !text(said, "reason").is_empty() {
        print_line(&format!("    {}", text(said, "reason")));
    }
    let version = match (said["version"].as_u64(), said["present"] == true) {
        (Some(n), true) => context.fill("cli.statement.present", &[("n", &n.to_string())]),
        (Some(n), false) => context.fill("cli.statement.earlier", &[("n", &n.to_string())]),
        (None, _) => context.say(unknown).to_owned(),
    };
    let verified = if said["verified"] == true { "cli.statement.verified" } else { "cli.proof.unsigned" };
    let by = text(&said["institution"], "name");
    let by = match text(&said["network"]["name"], context.lang.pick("zh", "en")) {
        "" => by.to_owned(),
        network => context.fill("cli.statement.network", &[("institution", by), ("network", network)]),
    };
    let about = [by.as_str(), text(said, "time"), &version, context.say(verified)];
    print_line(&format!("    {}", about.join(" · ")));
    print_line(&format!("    {}", text(said, "id")));
}

fn fields(context: &Context, listing: &Json, part: &str) {
    let Some(kind) = Kind::from_id(text(listing, "kind")) else { return };
    let one = |(key, value): (&String, &Json)| {
        let value = value.as_array().and_then(|values| values.first()).unwrap_or(value);
        Some((key.clone(), to_value(value)?))
    };
    let entries = listing[part].as_object().into_iter().flatten().filter_map(one).collect();
    for shown in display::all(kind, &Record::new(entries), context.lang) {
        if shown.id != "title" {
            print_line(&format!("  {}{}", pad(&shown.label, 16), shown.value));
        }
    }
}

/// One entry of a history.
pub fn entry(context: &Context, entry: &Json) {
    let verb = format!("cli.verb.{}", text(entry, "verb"));
    let state = format!("cli.fate.{}", text(entry, "state"));
    let short: String = text(entry, "entry").chars().take(12).collect();
    print_line(&format!("{}  {}  {}  {short}", text(entry, "time"), context.say(&verb), context.say(&state)));
    if let Some(why) = entry["reason"].as_str() {
        print_line(&format!("    {why}"));
    }
    if text(entry, "verb") == "edit" {
        for (key, value) in entry["changes"].as_object().into_iter().flatten() {
            if key == "_status" {
                let status = format!("cli.listing.status.{}", plain(value));
                print_line(&format!("    {}", context.say(&status)));
                continue;
            }
            let value =
                if value.is_null() { context.say("cli.history.removed").to_owned() } else { plain(value) };
            print_line(&format!("    {key}: {value}"));
        }
    }
}

/// A request or a disclosure in a list.
pub fn disclosure_row(context: &Context, letter: &Json) {
    let short: String = text(letter, "id").chars().take(14).collect();
    let [direction, kind, state] = disclosure_words(letter);
    let words = [direction, kind, state].map(|key| context.say(&key).to_owned());
    print_line(&format!("{short}  {}{}", pad(&words.join(" · "), 26), text(letter, "title")));
    print_line(&format!("                {}", text(&letter["with"], "name")));
}

fn disclosure_words(letter: &Json) -> [String; 3] {
    [
        format!("cli.disclosure.way.{}", text(letter, "direction")),
        format!("cli.disclosure.kind.{}", text(letter, "type")),
        format!("cli.disclosure.state.{}", text(letter, "state")),
    ]
}

/// A request or a disclosure, whole.
pub fn disclosure(context: &Context, letter: &Json) {
    print_line(text(letter, "title"));
    let words = disclosure_words(letter).map(|key| context.say(&key).to_owned());
    print_line(&words.join(" · "));
    line(context, "cli.disclosure.with", text(&letter["with"], "name"));
    line(context, "cli.disclosure.message", text(letter, "message"));
    if letter["details"].as_object().is_some_and(|details| !details.is_empty()) {
        print_line(context.say("cli.disclosure.details"));
        fields(context, letter, "details");
    }
    line(context, "cli.disclosure.about", text(letter, "about"));
    line(context, "cli.disclosure.answers", text(letter, "answers"));
    line(context, "cli.label.node", text(letter, "node"));
    line(context, "cli.label.signed", text(letter, "updated"));
    line(context, "cli.label.id", text(letter, "id"));
}

/// The node's state.
pub fn status(context: &Context, status: &Json) {
    let role = format!("cli.role.{}", text(status, "role"));
    print_line(&format!("{} · {}", text(status, "name"), context.say(&role)));
    line(context, "cli.label.network", text(&status["network"], context.lang.pick("name_zh", "name_en")));
    line(
        context,
        "cli.label.running",
        context.say(if status["running"] == true { "cli.yes" } else { "cli.no" }),
    );
    line(
        context,
        "cli.label.admitted",
        context.say(if status["admitted"] == true { "cli.yes" } else { "cli.no" }),
    );
    let (held, own) = (status["listings"]["held"].to_string(), status["listings"]["own"].to_string());
    line(
        context,
        "cli.label.listings",
        &context.fill("cli.status.listings", &[("held", &held), ("own", &own)]),
    );
    let (entries, void) = (status["entries"].to_string(), status["void"].to_string());
    let entries = match status["void"].as_u64() {
        Some(1..) => context.fill("cli.status.void", &[("entries", &entries), ("void", &void)]),
        _ => entries,
    };
    line(context, "cli.label.entries", &entries);
    let rebuild = &status["rebuild"];
    if rebuild.is_object() {
        let (held, expected) = (rebuild["held"].to_string(), rebuild["expected"].to_string());
        let progress = context.fill("cli.status.rebuild", &[("held", &held), ("expected", &expected)]);
        line(context, "cli.label.rebuild", &progress);
    }
    line(context, "cli.label.view", text(status, "view_hash"));
    line(context, "cli.label.web", text(status, "web"));
    for address in status["addresses"].as_array().into_iter().flatten() {
        line(context, "cli.label.address", &plain(address));
    }
    line(context, "cli.label.node", text(status, "node"));
    if text(&status["line"], "hours") != "always" {
        line(context, "cli.label.line", &line_state(context, &status["line"]));
    }
    if status["paused"].is_object() {
        line(context, "cli.label.paused", &paused(context, &status["paused"]));
    }
    super::enquiry::figures(context, "cli.enquiry.figures", &status["enquiries"]);
    super::enquiry::figures(context, "cli.enquiry.demands", &status["demands"]);
    for each in status["peers"].as_array().into_iter().flatten() {
        peer(context, each);
    }
}

/// Whether entries pass on the line, and when.
pub fn line_state(context: &Context, line: &Json) -> String {
    let state = if line["open"] == true { "cli.line.open" } else { "cli.line.closed" };
    let when = match text(line, "hours") {
        "always" => context.say("cli.line.always").to_owned(),
        "never" => context.say("cli.line.never").to_owned(),
        hours => context.fill("cli.line.hours", &[("hours", hours)]),
    };
    format!("{} · {when}", context.say(state))
}

/// What a proof has shown.
pub fn verified(context: &Context, found: &Json) {
    print_line(context.say("cli.verify.good"));
    print_line(&plain(&found["fields"]["title"]));
    line(context, "cli.label.institution", text(&found["institution"], "name"));
    line(context, "cli.label.credit-code", text(&found["institution"], "credit_code"));
    line(context, "cli.label.network", text(&found["network"], context.lang.pick("name_zh", "name_en")));
    line(context, "cli.label.signed", text(found, "signed"));
    line(context, "cli.label.node", text(found, "node"));
    line(context, "cli.label.versions", &found["versions"].to_string());
    line(context, "cli.label.id", text(found, "id"));
    let said = found["statements"].as_array().map_or(&[][..], Vec::as_slice);
    if !said.is_empty() {
        print_line(context.say("cli.verify.stated"));
    }
    said.iter().for_each(|each| statement(context, each, "cli.verify.version"));
    print_line(context.say("cli.verify.later"));
    if found["certificate"].is_object() {
        page(context, &found["certificate"]);
    }
}

/// Of a certificate, whether the page says what is proven, and what on it nobody signed.
fn page(context: &Context, page: &Json) {
    let looks = match text(page, "looks") {
        "same" => context.say("cli.verify.looks.same").to_owned(),
        _ => context.fill("cli.verify.looks.unknown", &[("program", text(page, "program"))]),
    };
    line(context, "cli.verify.page", &looks);
    line(context, "cli.verify.page.made", text(page, "made"));
    line(context, "cli.verify.page.code", text(page, "code"));
    print_line(context.say("cli.verify.page.unsigned"));
}
