//! What the forms ask for.

use crate::desk::gate::Fields;
use crate::desk::governing::{Agreement, PeerTurn, Wish};
use crate::limits::FIELDS_AGREED;

/// What a form without a file asks for.
pub(super) fn wish(fields: &Fields) -> Option<Wish> {
    let text = |name: &str| fields.get(name).to_owned();
    let peer = |turn| Wish::Peer { network: text("id"), turn, reason: text("reason") };
    Some(match fields.get("act") {
        "suspend" => Wish::Suspend { institution: text("id"), reason: text("reason") },
        "reinstate" => Wish::Reinstate { institution: text("id") },
        "exit" => Wish::Exit { institution: text("id"), reason: text("reason") },
        "role" => Wish::Role { institution: text("id"), role: text("role"), region: text("region") },
        "invite" => Wish::Invite {
            role: text("role"),
            region: text("region"),
            days: fields.get("days").parse().unwrap_or_default(),
        },
        "take-down" => Wish::TakeDown { listing: text("listing"), reason: text("reason") },
        "restore" => Wish::Restore { listing: text("listing") },
        "purge" => Wish::Purge { listing: text("listing"), reason: text("reason") },
        "revoke" => Wish::Revoke {
            node: text("node"),
            from: fields.get("entries").split_whitespace().map(str::to_owned).collect(),
            reason: text("reason"),
        },
        "settle" => Wish::Settle { log: text("log"), keep: text("keep") },
        "governor-add" => Wish::AddGovernor { institution: text("id"), threshold: threshold(fields) },
        "governor-remove" => Wish::RemoveGovernor { institution: text("id"), threshold: threshold(fields) },
        "peer-suspend" => peer(PeerTurn::Suspend),
        "peer-resume" => peer(PeerTurn::Resume),
        "peer-end" => peer(PeerTurn::End),
        _ => return None,
    })
}

/// What a form with a file asks for; `None` where the file speaks for itself.
pub(super) fn wish_with(fields: &Fields, file: &[u8]) -> Option<Wish> {
    let text = |name: &str| fields.get(name).to_owned();
    match fields.get("act") {
        "unified" => {
            Some(Wish::Unified { part: text("part"), version: text("version"), text: file.to_vec() })
        }
        "agree" => Some(Wish::Agree(Box::new(Agreement {
            card: file.to_vec(),
            give: shelves(fields, "give", fields.get("give_region")),
            take: shelves(fields, "take", fields.get("take_region")),
            give_fields: words(fields.get("give_fields")),
            take_fields: words(fields.get("take_fields")),
            until: text("until"),
            licence: text("licence"),
            give_mapping: text("give_mapping"),
            take_mapping: text("take_mapping"),
            replaceable: fields.get("replaceable") == "1",
        }))),
        _ => None,
    }
}

/// How many must sign; a number that is none is refused as one too small is.
fn threshold(fields: &Fields) -> Option<u8> {
    match fields.get("threshold").trim() {
        "" => None,
        text => Some(text.parse().unwrap_or_default()),
    }
}

/// The ticked kinds, each in that region: `achievement@42`.
fn shelves(fields: &Fields, name: &str, region: &str) -> Vec<String> {
    let region = region.trim();
    let shelf = |kind: &str| if region.is_empty() { kind.to_owned() } else { format!("{kind}@{region}") };
    fields.all(name).take(FIELDS_AGREED).map(shelf).collect()
}

/// Ids of fields, however they are set apart.
fn words(text: &str) -> Vec<String> {
    let apart = |c: char| c.is_whitespace() || matches!(c, ',' | '，' | '、' | ';' | '；');
    text.split(apart).filter(|word| !word.is_empty()).take(FIELDS_AGREED).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(pairs: &[(&str, &str)]) -> Fields {
        Fields::new(pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect())
    }

    #[test]
    fn an_agreement_is_read_as_it_was_ticked() {
        let form = fields(&[
            ("act", "agree"),
            ("give", "achievement"),
            ("give", "service"),
            ("give_region", " 42 "),
            ("take", "all"),
            ("give_fields", "title， summary、region"),
        ]);
        let Some(Wish::Agree(read)) = wish_with(&form, b"card") else { panic!("no agreement") };
        assert_eq!(read.give, ["achievement@42", "service@42"]);
        assert_eq!((read.take.as_slice(), read.card.as_slice()), (&["all".to_owned()][..], &b"card"[..]));
        assert_eq!(read.give_fields, ["title", "summary", "region"]);
        assert_eq!(wish_with(&fields(&[("act", "take-down")]), b""), None);
    }

    #[test]
    fn a_threshold_that_is_no_number_is_not_taken_for_none() {
        let form = |text| fields(&[("act", "governor-add"), ("id", "x"), ("threshold", text)]);
        let read = |text| match wish(&form(text)) {
            Some(Wish::AddGovernor { threshold, .. }) => threshold,
            other => panic!("{other:?}"),
        };
        assert_eq!((read(""), read("2"), read("999"), read("zwei")), (None, Some(2), Some(0), Some(0)));
    }
}
