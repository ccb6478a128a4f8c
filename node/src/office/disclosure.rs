//! Answers about requests and disclosures.

use std::collections::BTreeMap;

use market::{DETAIL, Letter, MarketError};
use protocol::{Capabilities, DocumentId, PublicKey, Value};
use serde_json::{Value as Json, json};

use super::Office;
use super::failure::{Failure, exit};
use super::json as as_json;
use super::request::Reply;

impl Office {
    /// Asks for the details of a listing.
    pub(super) fn request_details(&self, id: &str, message: &str, mailboxes: &[String]) -> Reply {
        let about = self.library().find(id)?;
        let mailboxes = self.mailboxes(mailboxes)?;
        let id = self.core().work(|desk| {
            let (id, authored) = desk.request(&about, message, &mailboxes)?;
            Ok((id, vec![authored]))
        })?;
        Ok(json!({ "v": 1, "outcome": "requested", "id": id.to_string() }))
    }

    /// Discloses fields of a listing of ours.
    pub(super) fn disclose(&self, id: &str, to: &[String], named: &[String], mailboxes: &[String]) -> Reply {
        let about = self.library().find(id)?;
        let to = to.iter().map(|who| self.library().find_institution(who)).collect::<Result<Vec<_>, _>>()?;
        let mailboxes = self.mailboxes(mailboxes)?;
        let id = self.core().work(|desk| {
            let (id, authored) = desk.disclose(&about, &to, named, &mailboxes)?;
            Ok((id, vec![authored]))
        })?;
        Ok(json!({ "v": 1, "outcome": "disclosed", "id": id.to_string() }))
    }

    /// All of them, in and out.
    pub(super) fn disclosures(&self) -> Reply {
        let letters = self.library().letters()?;
        let list: Vec<Json> = letters.iter().map(|letter| self.letter_json(letter, &letters)).collect();
        Ok(json!({ "v": 1, "disclosures": list }))
    }

    /// One of them, whole.
    pub(super) fn show_disclosure(&self, id: &str) -> Reply {
        let id = self.library().find_sealed(id)?;
        let missing = || MarketError::NoSuchDisclosure { id: id.to_string() };
        let letter = self.library().letter(&id)?.ok_or_else(missing)?;
        let mut shown = self.letter_json(&letter, &self.library().letters()?);
        let detail = |(key, values): (&String, &Vec<Value>)| {
            let values: Vec<Json> = values.iter().map(as_json::of_value).collect();
            Some((key.strip_prefix(DETAIL)?.to_owned(), one_or_all(values)))
        };
        let details: BTreeMap<String, Json> =
            letter.document.state.fields.iter().filter_map(detail).collect();
        let roster = self.library().roster();
        let parties = letter.circle.parties.iter().map(|id| {
            let name = roster.members.get(id).map(|member| member.institution.name.clone());
            json!({ "id": id.to_string(), "name": name })
        });
        shown["details"] = json!(details);
        shown["parties"] = parties.collect();
        shown["versions"] = json!(letter.document.versions);
        Ok(shown)
    }

    /// Goes on with a disclosure without one of its parties.
    pub(super) fn remove_party(&self, id: &str, party: &str) -> Reply {
        let id = self.library().find_sealed(id)?;
        let party = self.library().find_institution(party)?;
        let id = self.core().work(|desk| {
            let (id, authored) = desk.remove_party(&id, party)?;
            Ok((id, vec![authored]))
        })?;
        Ok(json!({ "v": 1, "outcome": "disclosed", "id": id.to_string() }))
    }

    /// Changes what a disclosure says.
    pub(super) fn edit_disclosure(&self, id: &str, changes: &BTreeMap<String, Option<String>>) -> Reply {
        let id = self.library().find_sealed(id)?;
        let changes: BTreeMap<String, Option<Value>> = changes
            .iter()
            .map(|(key, value)| (format!("{DETAIL}{key}"), value.clone().map(Value::Text)))
            .collect();
        let changed = self.core().work(|desk| {
            let authored = desk.edit_sealed(&id, &changes)?;
            Ok((authored.is_some(), authored.into_iter().collect()))
        })?;
        let outcome = if changed { "updated" } else { "unchanged" };
        Ok(json!({ "v": 1, "outcome": outcome, "id": id.to_string() }))
    }

    fn letter_json(&self, letter: &Letter, all: &[Letter]) -> Json {
        let own = self.identity().institution.id();
        let document = &letter.document;
        let roster = self.library().roster();
        let other = letter.circle.parties.iter().find(|party| **party != own);
        let name = other.and_then(|id| roster.members.get(id)).map(|member| &member.institution.name);
        let answered = |id: &DocumentId| all.iter().any(|other| other.text("answers") == id.to_string());
        let state = match letter.is_request() {
            true if answered(&document.id) => "answered",
            true => "open",
            false => "disclosed",
        };
        json!({
            "v": 1,
            "id": document.id.to_string(),
            "type": letter.text("type"),
            "direction": if document.institution == Some(own) { "out" } else { "in" },
            "state": state,
            "about": letter.text("about"),
            "title": letter.text("title"),
            "message": letter.text("message"),
            "answers": letter.text("answers"),
            "with": { "id": other.map(ToString::to_string), "name": name },
            "node": document.log.node.to_string(),
            "created": as_json::time(document.created_ms),
            "updated": as_json::time(document.updated_ms),
        })
    }

    /// The nodes named as mailboxes, or those of the configuration.
    pub(super) fn mailboxes(&self, named: &[String]) -> Result<Vec<PublicKey>, Failure> {
        let named = if named.is_empty() { &self.config().sealed.mailboxes } else { named };
        let core = self.core();
        let known: Vec<PublicKey> = core
            .replica()
            .logs()
            .values()
            .filter_map(|state| state.certificate.as_ref())
            .filter(|certificate| certificate.body.capabilities.0 & Capabilities::RELAY != 0)
            .map(|certificate| certificate.body.node)
            .collect();
        let one = |text: &String| {
            let digits = text.to_ascii_lowercase();
            let found = known.iter().find(|node| digits.len() >= 6 && node.to_string().starts_with(&digits));
            found.copied().ok_or_else(|| Failure::said(exit::USAGE, "cli.failure.mailbox", &[("what", text)]))
        };
        named.iter().map(one).collect()
    }
}

fn one_or_all(mut values: Vec<Json>) -> Json {
    if values.len() == 1 { values.remove(0) } else { Json::Array(values) }
}
