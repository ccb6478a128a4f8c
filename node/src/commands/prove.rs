//! Files that prove themselves, checked offline.

use market::Versions;
use protocol::{FileKind, Fork, Proof, Proven, Value, unseal_file};
use replica::{Document, DocumentPatch};
use serde_json::{Value as Json, json};

use super::{Context, Outcome, print_json, print_line, read_file, show, text};
use crate::cli::Verify;
use crate::office::{Failure, exit, of_value, time_text};

/// Checks a proof file against a charter, offline and without a home.
pub fn verify(context: &Context, args: &Verify) -> Outcome {
    match check(context, &read_file(&args.file)?, &read_file(&args.charter)?) {
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
            Ok(0)
        }
        Err(why) => {
            let message = context
                .fill("cli.verify.refused", &[("file", &args.file.display().to_string()), ("why", &why)]);
            Err(Failure::new(exit::REJECTED, message, context.say("cli.verify.refused.hint")))
        }
    }
}

fn check(context: &Context, file: &[u8], charter: &[u8]) -> Result<Json, String> {
    let because = |key: &str, what: &str| context.fill(key, &[("what", what)]);
    let charter = market::read_charter(charter)
        .map_err(|error| because("cli.verify.why.charter", &error.to_string()))?
        .charter;
    if let Ok(body) = unseal_file(FileKind::Fork, file) {
        return check_fork(context, body, &charter);
    }
    let proof = unseal_file(FileKind::Proof, file).and_then(Proof::from_bytes);
    let proof = proof.map_err(|fault| because("cli.verify.why.file", &fault.to_string()))?;
    if proof.network != charter.id() {
        return Err(context.say("cli.verify.why.network").to_owned());
    }
    let proven = proof.verify(&charter);
    let proven = proven.map_err(|fault| because("cli.verify.why.proof", &fault.to_string()))?;
    let purged = proven.roster.purge(&proof.document, None).is_some();
    if purged || proven.entries.iter().any(|entry| entry.payload.is_none()) {
        return Err(context.say("cli.verify.why.purged").to_owned());
    }
    let document = fold(&proven.entries).map_err(|what| because("cli.verify.why.proof", &what))?;
    let state = document.state().map_err(|fault| because("cli.verify.why.proof", &fault.to_string()))?;
    let begun = proven.entries.iter().find(|entry| entry.header.document.is_none());
    let author = begun.and_then(|entry| proven.authors.get(&entry.header.log.node));
    let first = begun.and_then(|entry| replica::patch_of(entry).ok().flatten());
    let editors: Vec<protocol::InstitutionId> =
        first.iter().flat_map(|first| replica::editors_of(&first.patch)).collect();
    let may = |other: &protocol::Institution| author == Some(other) || editors.contains(&other.id());
    if !proven.authors.values().all(may) {
        return Err(context.say("cli.verify.why.editor").to_owned());
    }
    let fields: serde_json::Map<String, Json> = state
        .fields
        .iter()
        .filter(|(key, _)| !key.starts_with('_'))
        .map(|(key, values)| (key.clone(), json_values(values)))
        .collect();
    let last = proven.entries.iter().map(|e| e.header.time_ms).max().unwrap_or_default();
    let kind = proven.entries.first().map(|e| e.header.log.shelf.kind.0).unwrap_or_default();
    Ok(json!({
        "v": 1,
        "proof": "verified",
        "id": proof.document.to_string(),
        "kind": catalog::Kind::from_code(kind).map(catalog::Kind::id),
        "network": { "id": charter.id().to_string(), "name_zh": charter.name_zh, "name_en": charter.name_en },
        "institution": author.map(|i| json!({ "id": i.id().to_string(), "name": i.name, "credit_code": i.credit_code })),
        "node": begun.map(|entry| entry.header.log.node.to_string()),
        "signed": time_text(last),
        "versions": proven.entries.len(),
        "status": if state.is_withdrawn() { "withdrawn" } else { "published" },
        "fields": fields,
        "statements": stated(&proof, &proven, &document),
    }))
}

/// What others state of the listing, as `statement list` has it.
fn stated(proof: &Proof, proven: &Proven, document: &Document) -> Vec<Json> {
    let versions = Versions::of(Some(document));
    let each = |stated: &protocol::Stated| {
        let said = &stated.statement;
        let of_this = said.about == proof.document;
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
    proven.statements.iter().map(each).collect()
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

/// The document that a proof's entries make; one of which no patch is valid makes the proof worthless.
fn fold(entries: &[protocol::Entry]) -> Result<Document, String> {
    let mut origin = None;
    let mut patches = Vec::new();
    for entry in entries {
        if entry.header.document.is_none() {
            origin = Some(protocol::Origin { log: entry.header.log, seq: entry.header.seq });
        }
        let signed = replica::patch_of(entry).map_err(|fault| fault.to_string())?;
        patches.push(DocumentPatch {
            log: entry.header.log,
            seq: entry.header.seq,
            entry: entry.hash(),
            time_ms: entry.header.time_ms,
            signed: signed.ok_or("an entry without its content")?,
        });
    }
    let document = Document::fold(origin.ok_or("the creating entry is missing")?, patches);
    if document.versions() == 0 {
        return Err("none of its entries counts".to_owned());
    }
    Ok(document)
}
