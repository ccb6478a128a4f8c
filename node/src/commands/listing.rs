//! Listings one by one, and search.

use std::collections::BTreeMap;

use catalog::{Context as RowContext, Record};
use serde_json::{Value as Json, json};

use super::{Context, Outcome, attachment, print_json, print_line, print_note, show, text};
use crate::cli::{ListingAction, Search, VisibilityArg};
use crate::office::{Failure, MoveTo, Request, Row, exit, kind_of, of_value};

pub fn run(context: &Context, action: ListingAction) -> Outcome {
    match action {
        ListingAction::New { kind, fields, private, publish, visibility, editor } => {
            let reach = Reach { publish, visibility: visibility.map(VisibilityArg::id), editors: editor };
            new(context, &kind, (&fields, &private), reach)
        }
        ListingAction::List { drafts: true, .. } => drafts(context),
        ListingAction::List { conflicts: true, kind, limit, .. } => conflicts(context, kind, limit),
        ListingAction::List { kind, limit, offset, .. } => {
            let args =
                Search { text: String::new(), kind, region: None, field: None, trl: None, limit, offset };
            search(context, &args)
        }
        ListingAction::Show { id } => {
            let listing = context.ask(&Request::Show { id })?;
            if context.json {
                print_json(&listing)
            } else {
                show::listing(context, &listing)
            }
            Ok(0)
        }
        ListingAction::Edit { id, fields } => edit(context, id, &fields),
        ListingAction::Attach { id, file, title } => attachment::attach(context, id, &file, title),
        ListingAction::Detach { id, which } => {
            say_outcome(context, &context.ask(&Request::Detach { id, which })?)
        }
        ListingAction::File { id, which, out } => attachment::save(context, id, which, &out),
        ListingAction::Choose { id, key, number } => {
            say_outcome(context, &context.ask(&Request::Choose { id, field: key, number })?)
        }
        ListingAction::Move { id, kind, region, visibility, editor, no_editor } => {
            let visibility = visibility.map(VisibilityArg::id);
            let to = MoveTo { kind, region, visibility, editors: editor, no_editors: no_editor };
            say_outcome(context, &context.ask(&Request::Move { id, to })?)
        }
        ListingAction::Publish { id } => say_outcome(context, &context.ask(&Request::Publish { id })?),
        ListingAction::Withdraw { id } => say_outcome(context, &context.ask(&Request::Withdraw { id })?),
        ListingAction::Purge { id, reason, yes } => super::purge::run(context, id, reason, yes),
        ListingAction::History { id } => history(context, id),
        ListingAction::Lost { again: Some(number) } => {
            say_outcome(context, &context.ask(&Request::PublishAgain { number })?)
        }
        ListingAction::Lost { again: None } => super::forks::lost(context),
    }
}

/// Says what became of it.
pub fn say_outcome(context: &Context, reply: &Json) -> Outcome {
    if context.json {
        print_json(reply);
    } else {
        let key = format!("cli.outcome.{}", text(reply, "outcome"));
        print_line(&format!("{} {}", context.say(&key), text(reply, "id")));
    }
    Ok(0)
}

pub fn pairs(context: &Context, fields: &[String]) -> Result<Vec<(String, String)>, Failure> {
    fields
        .iter()
        .map(|pair| match pair.split_once('=') {
            Some((key, value)) => Ok((key.trim().to_owned(), value.to_owned())),
            None => {
                Err(Failure::new(exit::USAGE, context.fill("cli.listing.pair", &[("pair", pair)]), "title=…"))
            }
        })
        .collect()
}

/// Reads typed fields as the catalogue reads cells. A new listing gets the node's `region` where it names none, and is
/// told what it lacks; an edit (no region) is not.
fn record(
    context: &Context,
    kind: catalog::Kind,
    pairs: &[(String, String)],
    region: Option<&str>,
) -> Result<Record, Failure> {
    let cells: Vec<(&str, &str)> = pairs.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    let against = RowContext { default_region: region, ..RowContext::default() };
    let outcome = Record::from_cells(kind, &cells, &against);
    if outcome.is_accepted() {
        let (empty, other): (Vec<_>, Vec<_>) =
            outcome.advice.iter().partition(|issue| issue.code == "missing");
        for issue in other {
            print_note(&format!("{}{}", context.say("cli.advice"), issue.reason(context.lang)));
        }
        let labels: Vec<&str> =
            empty.iter().filter_map(|i| kind.field(&i.field)).map(|f| f.label(context.lang)).collect();
        if region.is_some() && !labels.is_empty() {
            print_note(&context.fill("cli.listing.incomplete", &[("fields", &context.list(&labels))]));
        }
        return Ok(outcome.record);
    }
    let reasons: Vec<&str> = outcome.refused.iter().map(|issue| issue.reason(context.lang)).collect();
    Err(Failure::new(exit::REJECTED, reasons.join("\n"), ""))
}

/// Who is to see and to write a new listing.
struct Reach {
    publish: bool,
    visibility: Option<String>,
    editors: Vec<String>,
}

fn new(context: &Context, kind: &str, (fields, private): (&[String], &[String]), reach: Reach) -> Outcome {
    let kind = kind_of(kind)?;
    let mut desk = context.desk()?;
    let status = desk.ask(&Request::Status)?;
    let (shown, private) = (pairs(context, fields)?, pairs(context, private)?);
    let whole: Vec<_> = shown.iter().chain(&private).cloned().collect();
    let record = record(context, kind, &whole, Some(text(&status, "region")))?;
    let is_private = |key: &str| {
        let field = kind.key(key).map_or(key, |(field, _)| field.id);
        private.iter().any(|(named, _)| named == field || named == key)
    };
    let (private, fields) = record
        .entries()
        .iter()
        .map(|(key, value)| (key.clone(), of_value(value)))
        .partition(|(key, _)| is_private(key));
    let Reach { publish, visibility, editors } = reach;
    let rows = vec![Row { row: 1, fields, private, listing: None }];
    let request = Request::TakeIn { kind: kind.id().to_owned(), rows, publish, visibility, editors };
    let reply = desk.ask(&request)?;
    say_outcome(context, &reply["rows"][0])
}

fn edit(context: &Context, id: String, fields: &[String]) -> Outcome {
    let mut desk = context.desk()?;
    let listing = desk.ask(&Request::Show { id: id.clone() })?;
    if text(&listing["hidden"], "why") == "purged" {
        return Err(Failure::said(exit::REFUSED, "cli.failure.purged", &[("id", text(&listing, "id"))]));
    }
    let kind = kind_of(text(&listing, "kind"))?;
    let mut changes: BTreeMap<String, Json> = BTreeMap::new();
    let (mut given, mut emptied) = (Vec::new(), Vec::new());
    for (key, value) in pairs(context, fields)? {
        if value.is_empty() { emptied.push(key) } else { given.push((key, value)) }
    }
    // The new values are read as a whole record: a title of its own is lent where only other fields change.
    let lent = !given.iter().any(|(key, _)| key == "title");
    let mut cells = given.clone();
    if lent {
        cells.push(("title".to_owned(), text(&listing, "title").to_owned()));
    }
    let record = record(context, kind, &cells, None)?;
    let named: Vec<&str> =
        given.iter().map(|(k, _)| k.as_str()).chain(emptied.iter().map(String::as_str)).collect();
    let present = listing["fields"].as_object().cloned().unwrap_or_default();
    for key in present.keys() {
        let field = kind.key(key).map_or(key.as_str(), |(field, _)| field.id);
        if named.contains(&field) || named.contains(&key.as_str()) {
            changes.insert(key.clone(), Json::Null);
        }
    }
    for (key, value) in record.entries() {
        let field = kind.key(key).map_or(key.as_str(), |(field, _)| field.id);
        if named.contains(&field) || named.contains(&key.as_str()) {
            changes.insert(key.clone(), of_value(value));
        }
    }
    say_outcome(context, &desk.ask(&Request::Edit { id, changes })?)
}

fn conflicts(context: &Context, kind: Option<String>, limit: usize) -> Outcome {
    let reply = context.ask(&Request::Conflicts { kind, limit })?;
    let hits = reply["hits"].as_array().cloned().unwrap_or_default();
    for hit in &hits {
        if context.json { print_json(hit) } else { show::row(context, hit) }
    }
    if hits.is_empty() && !context.json {
        print_note(context.say("cli.listing.undisputed"));
    }
    Ok(0)
}

fn drafts(context: &Context) -> Outcome {
    let mut after = None;
    loop {
        let reply = context.ask(&Request::Drafts { after })?;
        for draft in reply["drafts"].as_array().into_iter().flatten() {
            if context.json { print_json(draft) } else { show::row(context, draft) }
        }
        after = reply["after"].as_str().map(str::to_owned);
        if after.is_none() {
            return Ok(0);
        }
    }
}

fn history(context: &Context, id: String) -> Outcome {
    let reply = context.ask(&Request::History { id })?;
    for entry in reply["entries"].as_array().into_iter().flatten() {
        if context.json { print_json(entry) } else { show::entry(context, entry) }
    }
    Ok(0)
}

/// Readiness levels, as typed.
pub fn levels_of(context: &Context, text: &str) -> Result<(u8, u8), Failure> {
    let wrong = || Failure::new(exit::USAGE, context.fill("cli.search.trl", &[("trl", text)]), "--trl 4-6");
    levels(text).ok_or_else(wrong)
}

pub fn search(context: &Context, args: &Search) -> Outcome {
    let trl = args.trl.as_deref().map(|text| levels_of(context, text)).transpose()?;
    if let Some(kind) = &args.kind {
        kind_of(kind)?;
    }
    let request = Request::Search {
        text: args.text.clone(),
        kind: args.kind.clone(),
        region: args.region.clone(),
        field: args.field.clone(),
        trl,
        limit: args.limit,
        offset: args.offset,
    };
    let reply = context.ask(&request)?;
    let hits = reply["hits"].as_array().cloned().unwrap_or_default();
    for hit in &hits {
        if context.json { print_json(hit) } else { show::row(context, hit) }
    }
    let total = reply["total"].as_u64().unwrap_or_default();
    if !context.json {
        let key = if hits.is_empty() { "cli.search.none" } else { "cli.search.total" };
        let (total, shown) = (total.to_string(), hits.len().to_string());
        print_note(&context.fill(key, &[("total", &total), ("shown", &shown)]));
    } else if hits.is_empty() {
        eprintln!("{}", json!({ "v": 1, "total": total }));
    }
    Ok(0)
}

fn levels(text: &str) -> Option<(u8, u8)> {
    let (low, high) = text.split_once('-').unwrap_or((text, text));
    let (low, high) = (low.trim().parse().ok()?, high.trim().parse().ok()?);
    (1 <= low && low <= high && high <= 9).then_some((low, high))
}
