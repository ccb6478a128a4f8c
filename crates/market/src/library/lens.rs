//! What another network gives, seen as was agreed: its shelves and fields alone, values as they read here.
//!
//! Entries stay as they were signed; this is how they are shown.

use std::collections::BTreeMap;
use std::sync::Arc;

use catalog::Kind;
use protocol::{Side, Value};
use replica::DocumentState;

use super::{Library, Listing};

impl Library {
    /// The same, of what a side of an agreement gives.
    #[must_use]
    pub fn through(self, side: Arc<Side>) -> Self {
        Self { lens: Some(side), ..self }
    }

    /// A listing as it may be shown here.
    pub(super) fn seen(&self, mut listing: Listing) -> Option<Listing> {
        let Some(side) = &self.lens else { return Some(listing) };
        if !side.shares(&listing.log.shelf) {
            return None;
        }
        let kind = Kind::from_code(listing.log.shelf.kind.0);
        listing.state = localised(side, kind, listing.state);
        Some(listing)
    }
}

/// Fields that may be shown, their values mapped. The title is always shown, and what belongs to the protocol.
fn localised(side: &Side, kind: Option<Kind>, state: DocumentState) -> DocumentState {
    let mut fields: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for (key, values) in state.fields {
        let known = kind.and_then(|kind| kind.key(&key)).map(|(field, _)| field.id);
        let (prefix, member) = key.split_once('/').map_or((key.as_str(), None), |(p, m)| (p, Some(m)));
        let field = known.unwrap_or(prefix);
        if !(key.starts_with('_') || key == "title" || side.shows(field)) {
            continue;
        }
        match member.and_then(|member| side.reads(field, member)) {
            Some(shown) => fields.entry(format!("{prefix}/{shown}")).or_insert(values),
            None => fields.entry(key.clone()).or_insert_with(|| {
                let read = |value: Value| match &value {
                    Value::Text(text) => {
                        side.reads(field, text).map_or(value.clone(), |s| Value::Text(s.to_owned()))
                    }
                    _ => value,
                };
                values.into_iter().map(read).collect()
            }),
        };
    }
    DocumentState { fields }
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::{CodeMapping, NetworkId};

    fn side(fields: &[&str]) -> Side {
        let pairs = |pairs: &[(&str, &str)]| {
            pairs.iter().map(|(from, to)| ((*from).to_owned(), (*to).to_owned())).collect()
        };
        Side {
            network: NetworkId([1; 32]),
            name_zh: String::new(),
            name_en: String::new(),
            gives: Vec::new(),
            fields: fields.iter().map(|field| (*field).to_owned()).collect(),
            licence: String::new(),
            gateways: Vec::new(),
            institutions: Vec::new(),
            mappings: vec![
                CodeMapping {
                    field: "keywords".into(),
                    edition: "1".into(),
                    pairs: pairs(&[("合金", "金属材料")]),
                },
                CodeMapping {
                    field: "region".into(),
                    edition: "1".into(),
                    pairs: pairs(&[("420100", "武汉")]),
                },
            ],
        }
    }

    fn state(pairs: &[(&str, &str)]) -> DocumentState {
        let value = |text: &str| vec![Value::Text(text.to_owned())];
        DocumentState { fields: pairs.iter().map(|(k, v)| ((*k).to_owned(), value(v))).collect() }
    }

    #[test]
    fn fields_that_were_not_agreed_are_not_shown_and_values_read_as_mapped() {
        let given = state(&[
            ("_status", "published"),
            ("keyword/合金", "1"),
            ("keyword/陶瓷", "1"),
            ("price", "12"),
            ("region", "420100"),
            ("title", "一种合金"),
            ("x_unknown", "它"),
        ]);
        let keys = |state: &DocumentState| state.fields.keys().cloned().collect::<Vec<_>>();
        let all = localised(&side(&[]), Some(Kind::Achievement), given.clone());
        assert_eq!(
            keys(&all),
            ["_status", "keyword/金属材料", "keyword/陶瓷", "price", "region", "title", "x_unknown"]
        );
        assert_eq!(all.fields["region"], [Value::Text("武汉".into())]);
        assert_eq!(all.fields["x_unknown"], [Value::Text("它".into())], "unmapped values stay as they came");
        let some = localised(&side(&["keywords"]), Some(Kind::Achievement), given);
        assert_eq!(keys(&some), ["_status", "keyword/金属材料", "keyword/陶瓷", "title"]);
    }
}
