//! Files that prove themselves, checked offline.

use market::Versions;
use protocol::{Charter, Decoder, FileKind, Fork, Value, unseal_file};
use serde_json::{Value as Json, json};

use super::{Context, Outcome, file_in, print_json, print_line, read_file, show, text};
use crate::certificate;
use crate::cli::Verify;
use crate::office::{Failure, PeeringAsk, Request, exit, of_value, time_text};
use crate::proven::{self, Shown, Unproven};

/// Checks a proof file against a charter, offline: one that is given, and then no home is needed, or that of the home's own network.
pub fn verify(context: &Context, args: &Verify) -> Outcome {
    let file = read_file(&args.file)?;
    let charters = match &args.charter {
        Some(path) => read_charter(context, &read_file(path)?).map(|charter| vec![charter]),
        None => known_charters(context)?,
    };
    match charters.and_then(|charters| check_by(context, &file, &charters)) {
        Ok(found) => {
            if context.json {
                print_json(&found);
            } else if found["fork"].is_string() {
                let seq = found["seq"].to_string();
                let places = [("node", text(&found, "node")), ("seq", &seq), ("log", text(&found, "log"))];
                print_line(&context.fill("cli.verify.fork", &places));
            } else {
                show::verified(context, &found);
            }
            // What is proven holds; whether the page says the same, only the program that made it can tell.
            Ok(if found["certificate"]["looks"] == "unknown" { exit::DEGRADED } else { 0 })
        }
        Err(why) => {
            let message = context
                .fill("cli.verify.refused", &[("file", &args.file.display().to_string()), ("why", &why)]);
            Err(Failure::new(exit::REJECTED, message, context.say("cli.verify.refused.hint")))
        }
    }
}

/// The charters that this home knows: of its own network, then of peer markets.
fn known_charters(context: &Context) -> Result<Result<Vec<Charter>, String>, Failure> {
    let path = context.home.display().to_string();
    let whose = |_| Failure::said(exit::USAGE, "cli.verify.whose", &[("path", &path)]);
    let own = file_in(&context.ask(&Request::Charter).map_err(whose)?)?;
    let reply = context.ask(&Request::Peering { ask: PeeringAsk::Charters })?;
    let peers = reply["charters"].as_array().into_iter().flatten().filter_map(|text| {
        let bytes = data_encoding::BASE64.decode(text.as_str()?.as_bytes()).ok()?;
        Decoder::whole(&bytes, "charter", Charter::decode).ok()
    });
    Ok(read_charter(context, &own).map(|own| std::iter::once(own).chain(peers).collect()))
}

fn read_charter(context: &Context, bytes: &[u8]) -> Result<Charter, String> {
    let read = market::read_charter(bytes).map(|signed| signed.charter);
    read.map_err(|error| context.fill("cli.verify.why.charter", &[("what", &error.to_string())]))
}

/// Checks by the first of these charters whose network the file is of.
fn check_by(context: &Context, file: &[u8], charters: &[Charter]) -> Result<Json, String> {
    let other = context.say("cli.verify.why.network");
    let mut last = Err(other.to_owned());
    for charter in charters {
        last = check(context, file, charter);
        if !last.as_ref().is_err_and(|why| why == other) {
            break;
        }
    }
    last
}

fn check(context: &Context, file: &[u8], charter: &Charter) -> Result<Json, String> {
    if let Ok(body) = unseal_file(FileKind::Fork, file) {
        return check_fork(context, body, charter);
    }
    let in_words = |why: Unproven| why.in_words(context.lang);
    if certificate::is_pdf(file) {
        let opened = certificate::open(file, charter).map_err(in_words)?;
        let mut found = of_shown(&opened.shown, charter);
        found["certificate"] = json!({
            "looks": if opened.same { "same" } else { "unknown" },
            "program": opened.made.program,
            "made": time_text(opened.made.at_ms),
            "code": opened.made.code(&opened.shown),
        });
        return Ok(found);
    }
    Ok(of_shown(&proven::read(file, charter).map_err(in_words)?, charter))
}

fn of_shown(shown: &Shown, charter: &protocol::Charter) -> Json {
    let fields: serde_json::Map<String, Json> = shown
        .state
        .fields
        .iter()
        .filter(|(key, _)| !key.starts_with('_'))
        .map(|(key, values)| (key.clone(), json_values(values)))
        .collect();
    let author = shown.author.as_ref();
    json!({
        "v": 1,
        "proof": "verified",
        "id": shown.id.to_string(),
        "kind": catalog::Kind::from_code(shown.kind).map(catalog::Kind::id),
        "network": { "id": charter.id().to_string(), "name_zh": charter.name_zh, "name_en": charter.name_en },
        "institution": author.map(|i| json!({ "id": i.id().to_string(), "name": i.name, "credit_code": i.credit_code })),
        "node": shown.node.map(|node| node.to_string()),
        "signed": time_text(shown.signed_ms),
        "versions": shown.entries,
        "status": if shown.state.is_withdrawn() { "withdrawn" } else { "published" },
        "fields": fields,
        "statements": stated(shown),
    })
}

/// What others state of the listing, as `statement list` has it.
fn stated(shown: &Shown) -> Vec<Json> {
    let versions = Versions::of(Some(&shown.document));
    let each = |stated: &protocol::Stated| {
        let said = &stated.statement;
        let of_this = said.about == shown.id;
        json!({
            "v": 1,
            "id": stated.id.to_string(),
            "about": said.about.to_string(),
            "label": said.label,
            "value": said.value,
            "reason": said.reason,
            "institution": { "id": stated.institution.id().to_string(), "name": stated.institution.name },
            "node": stated.log.node.to_string(),
            "time": time_text(stated.time_ms),
            "version": versions.number(&said.version).filter(|_| of_this),
            "present": of_this && versions.is_present(&said.version),
            "verified": true,
        })
    };
    shown.statements.iter().map(each).collect()
}

/// A fork proves itself: nothing but the charter's network is needed.
fn check_fork(context: &Context, body: &[u8], charter: &protocol::Charter) -> Result<Json, String> {
    let because = |key: &str, what: &str| context.fill(key, &[("what", what)]);
    let read = Fork::from_file_body(body);
    let (network, fork) = read.map_err(|fault| because("cli.verify.why.file", &fault.to_string()))?;
    if network != charter.id() {
        return Err(context.say("cli.verify.why.network").to_owned());
    }
    fork.verify(&network).map_err(|fault| because("cli.verify.why.proof", &fault.to_string()))?;
    let branch = |entry: &protocol::Entry| json!({ "first": entry.hash().to_string(), "time": time_text(entry.header.time_ms) });
    Ok(json!({
        "v": 1,
        "fork": "proven",
        "log": fork.log().hash().to_string(),
        "node": fork.log().node.to_string(),
        "institution": { "id": fork.certificate.body.institution.to_string() },
        "seq": fork.seq(),
        "branches": [branch(&fork.left), branch(&fork.right)],
        "network": { "id": network.to_string(), "name_zh": charter.name_zh, "name_en": charter.name_en },
    }))
}

fn json_values(values: &[Value]) -> Json {
    match values {
        [one] => of_value(one),
        many => Json::Array(many.iter().map(of_value).collect()),
    }
}
