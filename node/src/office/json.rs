//! JSON of listings, histories and peers. Every document carries `"v": 1`; a change that a script would notice is a new
//! version.

use std::collections::{BTreeMap, BTreeSet};

use catalog::Record;
use market::{HistoryItem, Listing, Said};
use protocol::{Value, Visibility};
use replica::{Fate, PeerView, SessionState};
use serde_json::{Map, Value as Json, json};

use super::statements::Told;
use crate::core::CoreFigures;

/// A value as pages and forms carry it.
pub fn text_of(value: &Value) -> String {
    match value {
        Value::Text(text) => text.clone(),
        Value::Int(n) => n.to_string(),
        Value::Bool(b) => b.to_string(),
        Value::Time(ms) => time(*ms),
    }
}

/// A field's value.
pub fn of_value(value: &Value) -> Json {
    match value {
        Value::Text(text) => json!(text),
        Value::Int(n) => json!(n),
        Value::Bool(b) => json!(b),
        Value::Time(ms) => json!({ "ms": ms }),
    }
}

/// The value that JSON stands for; `None` for what no field can hold.
pub fn to_value(json: &Json) -> Option<Value> {
    match json {
        Json::String(text) => Some(Value::Text(text.clone())),
        Json::Bool(b) => Some(Value::Bool(*b)),
        Json::Number(n) => n.as_i64().map(Value::Int),
        Json::Object(map) => map.get("ms").and_then(Json::as_i64).map(Value::Time),
        Json::Null | Json::Array(_) => None,
    }
}

/// Fields with one value each.
pub fn of_fields(fields: &BTreeMap<String, Value>) -> Json {
    Json::Object(fields.iter().map(|(key, value)| (key.clone(), of_value(value))).collect())
}

/// The kind's id of a shelf code.
pub fn kind_id(code: u16) -> String {
    catalog::Kind::from_code(code).map_or_else(|| format!("kind-{code}"), |kind| kind.id().to_owned())
}

/// The beginning of a day `YYYY-MM-DD`, UTC, in milliseconds since 1970; `None` for what is no date.
pub fn day_ms(day: &str) -> Option<i64> {
    catalog::date::midnight_ms(day)
}

/// A time, ISO 8601 in UTC, for people and scripts alike.
pub fn time(ms: i64) -> String {
    let days = ms.div_euclid(86_400_000);
    let second = ms.rem_euclid(86_400_000) / 1000;
    // Civil from days: H. Hinnant, "chrono-Compatible Low-Level Date Algorithms".
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1_460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let day = doy - (153 * mp + 2) / 5 + 1;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    let year = yoe + era * 400 + i64::from(month <= 2);
    let (h, m, s) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{h:02}:{m:02}:{s:02}Z")
}

/// A listing in a list.
pub fn of_row(listing: &Listing) -> Json {
    let record = Record::new(listing.state.flat());
    let region = record.text("region").unwrap_or_default();
    json!({
        "v": 1,
        "id": listing.id.to_string(),
        "title": listing.title(),
        "kind": kind_id(listing.log.shelf.kind.0),
        "visibility": visibility(listing.log.shelf.visibility),
        "region": region,
        "region_name": catalog::region::path_text(region),
        "institution": listing.institution_name,
        "trl": record.trl(),
        "details": listing.has_more(),
        "updated": time(listing.updated_ms),
    })
}

/// The id of a visibility.
pub fn visibility(visibility: Visibility) -> &'static str {
    match visibility {
        Visibility::Public => "public",
        Visibility::Members => "members",
        Visibility::Sealed(_) => "sealed",
    }
}

/// A statement, with the network of who says it where that is another one than the listing's.
pub fn of_told(told: &Told) -> Json {
    let mut one = of_statement(&told.said);
    if let Some(network) = &told.network {
        let name = json!({ "zh": network.name_zh, "en": network.name_en });
        one["network"] = json!({ "id": network.id.to_string(), "name": name });
    }
    one
}

/// A statement.
pub fn of_statement(said: &Said) -> Json {
    let statement = &said.statement;
    json!({
        "v": 1,
        "id": said.id.to_string(),
        "about": statement.about.to_string(),
        "label": statement.said_of().0,
        "value": statement.value,
        "reason": statement.reason,
        "institution": { "id": said.institution.to_string(), "name": said.institution_name },
        "node": said.log.node.to_string(),
        "time": time(said.time_ms),
        "version": said.version,
        "present": said.present,
        "verified": said.verified,
    })
}

/// Fields without those that belong to the protocol.
pub fn shown(fields: &BTreeMap<String, Value>) -> BTreeMap<String, Value> {
    fields.iter().filter(|(key, _)| !key.starts_with('_')).map(|(k, v)| (k.clone(), v.clone())).collect()
}

/// Where a record was harvested, when it was.
pub fn of_origin(fields: &BTreeMap<String, Value>) -> Option<Json> {
    let (from, identifier) = market::harvested::origin(fields)?;
    let stamp = fields.get(market::harvested::STAMP).map(text_of);
    Some(json!({ "from": from, "id": identifier, "at": stamp }))
}

/// A listing, whole.
pub fn of_listing(listing: &Listing, contact: &BTreeMap<String, Value>) -> Map<String, Json> {
    let fields = listing.state.fields.iter().filter(|(key, _)| !key.starts_with('_'));
    let values = |values: &Vec<Value>| match values.as_slice() {
        [one] => of_value(one),
        many => Json::Array(many.iter().map(of_value).collect()),
    };
    let conflicts: Vec<&String> = listing.state.conflicts().map(|(key, _)| key).collect();
    let mut out = Map::new();
    out.insert("v".into(), json!(1));
    out.insert("id".into(), json!(listing.id.to_string()));
    out.insert("kind".into(), json!(kind_id(listing.log.shelf.kind.0)));
    out.insert("title".into(), json!(listing.title()));
    let status = match &listing.hidden {
        Some(_) => "hidden",
        None if listing.state.is_withdrawn() => "withdrawn",
        None => "published",
    };
    out.insert("status".into(), json!(status));
    let hidden = listing.hidden.as_ref();
    let hidden = hidden.map(|why| json!({ "why": why.id(), "reason": why.reason() }));
    out.insert("hidden".into(), json!(hidden));
    out.insert("fields".into(), Json::Object(fields.map(|(k, v)| (k.clone(), values(v))).collect()));
    if !contact.is_empty() {
        out.insert("contact".into(), of_fields(contact));
    }
    if let Some(harvested) = of_origin(&listing.state.flat()) {
        out.insert("harvested".into(), harvested);
    }
    if listing.has_more() {
        out.insert("details".into(), json!(true));
    }
    out.insert("conflicts".into(), json!(conflicts));
    out.insert("versions".into(), json!(listing.versions));
    out.insert("created".into(), json!(time(listing.created_ms)));
    out.insert("updated".into(), json!(time(listing.updated_ms)));
    out.insert("author".into(), json!({ "node": listing.log.node.to_string() }));
    let institution = listing.institution.map(|id| id.to_string());
    out.insert(
        "institution".into(),
        json!({ "id": institution, "name": listing.institution_name, "credit_code": listing.credit_code }),
    );
    out.insert(
        "shelf".into(),
        json!({
            "region": format!("{:06}", listing.log.shelf.region),
            "visibility": visibility(listing.log.shelf.visibility),
        }),
    );
    out
}

/// What became of a patch.
pub fn fate(fate: &Fate) -> (&'static str, Option<String>) {
    match fate {
        Fate::Valid => ("valid", None),
        Fate::Waiting => ("waiting", Some("what it builds on has not arrived".to_owned())),
        Fate::Void(fault) => ("void", Some(fault.to_string())),
    }
}

/// One entry of a history.
pub fn of_history(item: &HistoryItem) -> Json {
    let verb = match item.verb.0 {
        2 => "create".to_owned(),
        3 => "edit".to_owned(),
        8 => "move".to_owned(),
        other => format!("verb-{other}"),
    };
    let changes: Map<String, Json> = item
        .changes
        .iter()
        .map(|(key, value)| (key.clone(), value.as_ref().map_or(Json::Null, of_value)))
        .collect();
    let (state, reason) = fate(&item.fate);
    json!({
        "v": 1,
        "entry": item.entry.to_string(),
        "document": item.document.to_string(),
        "node": item.log.node.to_string(),
        "seq": item.seq,
        "time": time(item.time_ms),
        "verb": verb,
        "state": state,
        "reason": reason,
        "signed": item.signed,
        "changes": changes,
    })
}

/// The word for a peer's state.
pub fn peer_state(peer: &PeerView) -> (&'static str, String) {
    match &peer.state {
        SessionState::Greeting => ("greeting", "waiting for its hello".to_owned()),
        SessionState::Admitting => ("admitting", "its invitation is being countersigned".to_owned()),
        SessionState::Ended(why) => ("refused", why.clone()),
        SessionState::Ready if !peer.line_open => ("closed", "announcements alone pass".to_owned()),
        SessionState::Ready if peer.synced => ("synced", "both hold the same entries".to_owned()),
        SessionState::Ready => ("syncing", format!("{} logs differ", peer.logs_behind)),
    }
}

/// What is held against a node: its score, until when it is refused, what it did last. `null` when there is nothing.
fn of_conduct(figures: &CoreFigures, node: &protocol::PublicKey) -> Json {
    let Some(conduct) = figures.conduct.iter().find(|conduct| conduct.peer == *node) else {
        return Json::Null;
    };
    let reason = |one: &replica::Misdeed| json!({ "time": time(one.at_ms), "what": one.what });
    json!({
        "score": conduct.score,
        "refused_at": replica::BAN_SCORE,
        "refused_until": conduct.banned_until_ms.map(time),
        "reasons": conduct.misdeeds.iter().map(reason).collect::<Vec<_>>(),
    })
}

/// Everyone connected, and everyone who cannot be reached.
pub fn of_peers(figures: &CoreFigures, name: impl Fn(&PeerView) -> Option<String>) -> Vec<Json> {
    let connected = figures.peers.iter().map(|peer| {
        let (state, reason) = peer_state(peer);
        json!({
            "v": 1,
            "node": peer.peer.to_string(),
            "name": name(peer),
            "role": peer.certificate.as_ref().map(|c| c.body.role.id()),
            "region": peer.certificate.as_ref().map(|c| format!("{:06}", c.body.region)),
            "state": state,
            "reason": reason,
            "last_success": figures.last_success.get(&peer.peer).map(|ms| time(*ms)),
            "last_fault": peer.last_fault,
            "over_allowance": peer.over_allowance,
            "outbound": peer.outbound,
            "agent": peer.agent,
            "entries_in": peer.entries.0,
            "entries_out": peer.entries.1,
            "since": time(peer.times_ms.0),
            "conduct": of_conduct(figures, &peer.peer),
        })
    });
    let present: BTreeSet<_> = figures.peers.iter().map(|p| p.peer).collect();
    let failed = figures.last_failure.iter().map(|(node, why)| (*node, why.as_str()));
    let remembered = figures.conduct.iter().map(|conduct| (conduct.peer, ""));
    let absent: BTreeMap<_, _> =
        remembered.chain(failed).filter(|(node, _)| !present.contains(node)).collect();
    let gone = absent.into_iter().map(|(node, why)| {
        json!({
            "v": 1, "node": node.to_string(), "state": "disconnected", "reason": why,
            "last_success": figures.last_success.get(&node).map(|ms| time(*ms)),
            "conduct": of_conduct(figures, &node),
        })
    });
    let unreachable = figures.unreachable.iter().map(|(address, why)| {
        json!({ "v": 1, "node": null, "address": address, "state": "unreachable", "reason": why, "last_success": null })
    });
    connected.chain(gone).chain(unreachable).collect()
}

/// The year by this machine's clock.
pub fn this_year() -> i64 {
    let now = time(crate::core::now_ms());
    now.get(..4).and_then(|year| year.parse().ok()).unwrap_or_default()
}
