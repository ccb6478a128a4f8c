//! The OpenAPI 3.1 document, made from the table of operations and from the types of their bodies.

use super::ROOT;
use super::model::Names;
use super::operation::{Gives, Group, Model, Operation, Param, Place, Scope, Takes, Verb, model};
use super::problem::{ApiProblem, Kind};
use super::table::operations;
use catalog::Lang;
use catalog::words::{fill, say};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use utoipa::openapi::{RefOr, Schema};

/// Version of the interface: what is added leaves it, what would break a caller makes a new root.
const VERSION: &str = "1.0.0";

/// The document in a language.
pub(super) fn document(lang: Lang) -> Value {
    let mut paths: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
    let schemas = schemas();
    for operation in operations() {
        let verb = operation.verb.id().to_ascii_lowercase();
        paths.entry(operation.path).or_default().insert(verb, of(lang, operation));
    }
    let sets = operations().flat_map(|operation| problems(operation).into_values());
    let troubles: BTreeMap<String, Value> = sets.map(|kinds| (name(&kinds), trouble(lang, &kinds))).collect();
    let schemas: BTreeMap<String, Value> =
        schemas.into_iter().map(|(name, schema)| (name, json!(schema))).collect();
    let tag = |group: Group| json!({ "name": group.id(), "description": word(lang, "group", group.id()) });
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": say(lang, "api.title"),
            "version": VERSION,
            "description": say(lang, "api.lead"),
        },
        "servers": [{ "url": ROOT }],
        "tags": Group::ALL.map(tag),
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": troubles,
            "securitySchemes": {
                "token": { "type": "http", "scheme": "bearer", "description": scopes(lang) },
            },
        },
    })
}

/// The types of all bodies, each by its name, as often as it is met.
fn schemas() -> Vec<(String, RefOr<Schema>)> {
    let mut schemas = Vec::new();
    for wanted in [model::<ApiProblem>(), model::<Names>()] {
        (wanted.collect)(&mut schemas);
    }
    for operation in operations() {
        let taken = match &operation.takes {
            Takes::Json(model) => Some(model),
            Takes::Nothing | Takes::Bytes(_) => None,
        };
        for model in taken.into_iter().chain(given(operation)) {
            (model.collect)(&mut schemas);
        }
    }
    schemas
}

fn word(lang: Lang, family: &str, id: &str) -> String {
    fill(lang, &format!("api.{family}.{id}"), &[])
}

fn scopes(lang: Lang) -> String {
    let one = |scope: Scope| format!("`{}`: {}", scope.id(), word(lang, "scope", scope.id()));
    let all: Vec<String> = Scope::ALL.into_iter().map(one).collect();
    format!("{}\n\n{}", say(lang, "api.token.text"), all.join("\n\n"))
}

fn given(operation: &Operation) -> Option<&Model> {
    match &operation.gives {
        Gives::Json(model) | Gives::Either(model, _) => Some(model),
        _ => None,
    }
}

fn reference(model: &Model) -> Value {
    json!({ "$ref": format!("#/components/schemas/{}", (model.name)()) })
}

fn of(lang: Lang, operation: &Operation) -> Value {
    let mut described = json!({
        "operationId": operation.id,
        "tags": [operation.group.id()],
        "summary": word(lang, "op", operation.id),
        "description": word(lang, "op", &format!("{}.text", operation.id)),
        "parameters": operation.params.iter().map(|one| param(lang, one)).chain([language(lang)]).collect::<Vec<_>>(),
        "responses": responses(lang, operation),
    });
    if let Some(content) = content(&operation.takes) {
        described["requestBody"] = json!({ "required": true, "content": content });
    }
    if !operation.scopes.is_empty() {
        let any = operation.scopes.iter().map(|scope| json!({ "token": [scope.id()] }));
        described["security"] = any.collect();
    }
    described
}

/// What a body is to be, by media type; a file is of any bytes (OpenAPI 3.1 §4.8.14.2), one of JSON any value.
fn content(takes: &Takes) -> Option<Value> {
    match takes {
        Takes::Nothing => None,
        Takes::Json(model) => Some(json!({ "application/json": { "schema": reference(model) } })),
        Takes::Bytes(carried) => {
            let schema = |media: &str| match media {
                "application/json" => json!({}),
                _ => json!({ "type": "string", "format": "binary" }),
            };
            let one = |media: &&str| ((*media).to_owned(), json!({ "schema": schema(media) }));
            Some(carried.media.iter().map(one).collect())
        }
    }
}

fn param(lang: Lang, param: &Param) -> Value {
    let (place, required) = match param.place {
        Place::Path => ("path", true),
        Place::Query => ("query", false),
        Place::Header => ("header", true),
    };
    json!({
        "name": param.name,
        "in": place,
        "required": required,
        "description": word(lang, "param", param.name),
        "schema": param.shape.schema(),
    })
}

/// Every operation may be asked in either language.
fn language(lang: Lang) -> Value {
    json!({
        "name": "lang",
        "in": "query",
        "required": false,
        "description": say(lang, "api.lang"),
        "schema": { "type": "string", "enum": ["zh", "en"] },
    })
}

fn responses(lang: Lang, operation: &Operation) -> Value {
    let mut responses = BTreeMap::new();
    let mut good = json!({ "description": say(lang, "api.answer.good") });
    if !operation.media().is_empty() {
        let schema = |media: &str| match &operation.gives {
            Gives::Json(model) => reference(model),
            Gives::Either(model, files) if !files.contains(&media) => reference(model),
            Gives::OpenApi => json!({ "type": "object" }),
            Gives::Either(..) | Gives::File(_) | Gives::Nothing => json!({}),
        };
        let content = operation.media().into_iter();
        let content = content.map(|media| (media.to_owned(), json!({ "schema": schema(media) })));
        good["content"] = Value::Object(content.collect());
    }
    let mut headers = Map::new();
    if operation.versioned || operation.is_open() {
        headers.insert("ETag".to_owned(), header(say(lang, "api.answer.etag")));
    }
    if operation.params.iter().any(|param| param.name == "cursor") {
        headers.insert("Link".to_owned(), header(say(lang, "api.answer.link")));
    }
    if operation.status == 201 {
        headers.insert("Location".to_owned(), header(say(lang, "api.answer.location")));
    }
    if !headers.is_empty() {
        good["headers"] = Value::Object(headers);
    }
    responses.insert(operation.status.to_string(), good);
    if operation.verb == Verb::Get {
        responses.insert("304".to_owned(), json!({ "description": say(lang, "api.answer.same") }));
    }
    for (status, kinds) in problems(operation) {
        let reference = format!("#/components/responses/{}", name(&kinds));
        responses.insert(status.to_string(), json!({ "$ref": reference }));
    }
    json!(responses)
}

/// What may go wrong, by the status of the answer.
fn problems(operation: &Operation) -> BTreeMap<u16, Vec<Kind>> {
    let mut by_status: BTreeMap<u16, Vec<Kind>> = BTreeMap::new();
    for kind in operation.all_problems() {
        by_status.entry(kind.status().as_u16()).or_default().push(kind);
    }
    for kinds in by_status.values_mut() {
        kinds.sort_unstable();
        kinds.dedup();
    }
    by_status
}

/// What an answer that tells of one of these is called among the components.
fn name(kinds: &[Kind]) -> String {
    kinds.iter().map(|kind| kind.id()).collect::<Vec<_>>().join("-or-")
}

fn header(text: &str) -> Value {
    json!({ "description": text, "schema": { "type": "string" } })
}

fn trouble(lang: Lang, kinds: &[Kind]) -> Value {
    let titles: Vec<String> = kinds.iter().map(|kind| word(lang, "problem", kind.id())).collect();
    let content = json!({ "application/problem+json": { "schema": reference(&model::<ApiProblem>()) } });
    json!({ "description": titles.join(lang.pick("；", "; ")), "content": content })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    /// `LIANSHI_BLESS=1` rewrites the file.
    #[test]
    fn the_document_is_what_the_program_serves() {
        let mut now = serde_json::to_string_pretty(&document(Lang::En)).unwrap();
        now.push('\n');
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi.json");
        if std::env::var_os("LIANSHI_BLESS").is_some_and(|v| v == "1") {
            std::fs::write(&path, &now).unwrap();
        }
        let kept = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(kept == now, "{}: not what the program serves; LIANSHI_BLESS=1 rewrites it", path.display());
    }

    #[test]
    fn no_two_types_go_by_one_name() {
        let mut known: BTreeMap<String, Value> = BTreeMap::new();
        for (name, schema) in schemas() {
            let schema = json!(schema);
            let first = known.entry(name.clone()).or_insert_with(|| schema.clone());
            assert_eq!(*first, schema, "two types are called {name}");
        }
    }

    #[test]
    fn what_is_referred_to_is_there() {
        let document = document(Lang::Zh);
        let text = document.to_string();
        for name in text.split("#/components/schemas/").skip(1).filter_map(|rest| rest.split('"').next()) {
            assert!(document["components"]["schemas"].get(name).is_some(), "{name}");
        }
    }
}
