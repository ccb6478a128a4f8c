//! The full form (`lianshi`), read back: every field of a listing as it was, typed by the catalogue.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use catalog::kinds::FOREIGN_PATENT;
use catalog::{FieldType, Kind, Part};
use protocol::Value;

use super::reading::Metadata;

/// The namespace of the full form.
pub const NAMESPACE: &str = super::answer::FULL;

/// A listing in full.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Full {
    /// Its kind.
    pub kind: Kind,
    /// Its fields.
    pub fields: BTreeMap<String, Value>,
    /// Keys that had several values beside each other: of these the first was taken.
    pub disputed: Vec<String>,
    /// Who answers for it, as it says.
    pub institution: String,
    /// Where it can be read.
    pub page: String,
}

/// Reads a listing in full; `None` where it is none, or of a kind that this version does not know.
pub fn read(metadata: &Metadata) -> Option<Full> {
    let fact = |name: &str| {
        let found = metadata.attributes.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.clone()).unwrap_or_default()
    };
    let kind = Kind::from_id(&fact("kind")).filter(|_| metadata.root == "listing")?;
    let mut full = Full {
        kind,
        fields: BTreeMap::new(),
        disputed: Vec::new(),
        institution: fact("institutionName"),
        page: fact("page"),
    };
    for element in metadata.elements.iter().filter(|element| element.name == "field") {
        let (key, value) = field(kind, &element.called, &element.text);
        // What begins with `_` is about a listing there, not of it here.
        if key.is_empty() || key.starts_with('_') || value == Some(Value::Bool(false)) && key.contains('/') {
            continue;
        }
        let value = value.unwrap_or_else(|| Value::Text(element.text.clone()));
        match full.fields.entry(key) {
            Entry::Occupied(first) => full.disputed.push(first.key().clone()),
            Entry::Vacant(free) => drop(free.insert(value)),
        }
    }
    Some(full)
}

/// The key and value that a name and a text stand for; no value where the text is none of its type.
fn field(kind: Kind, name: &str, text: &str) -> (String, Option<Value>) {
    let is_set = |prefix: &str| {
        prefix == FOREIGN_PATENT || kind.fields().iter().any(|field| field.set_prefix == prefix)
    };
    if is_set(name) && !name.is_empty() {
        return (format!("{name}/{text}"), Some(Value::Bool(true)));
    }
    if name.contains('/') {
        return (name.to_owned(), flag(text));
    }
    let number = || text.trim().parse().ok().map(Value::Int);
    let value = match kind.key(name) {
        Some((_, Part::Min | Part::Max | Part::AsOf)) => number(),
        Some((_, Part::Negotiable)) => flag(text),
        Some((field, Part::Value)) => match field.ty {
            FieldType::Year | FieldType::Int { .. } => number(),
            FieldType::Flag => flag(text),
            _ => None,
        },
        _ => None,
    };
    (name.to_owned(), value)
}

fn flag(text: &str) -> Option<Value> {
    match text.trim() {
        "true" => Some(Value::Bool(true)),
        "false" => Some(Value::Bool(false)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use catalog::{Context, Record};

    use super::*;
    use crate::oai::{Answer, Body, Header, Listed, Meta, reading};

    /// A field as the provider gives it.
    fn given(key: &str, value: &Value) -> (String, String) {
        match (key.split_once('/'), value) {
            (Some((set, member)), Value::Bool(true)) => (set.to_owned(), member.to_owned()),
            _ => (key.to_owned(), catalog::form::plain(value)),
        }
    }

    fn there_and_back(kind: Kind, fields: &BTreeMap<String, Value>) -> Full {
        let facts = vec![("kind", kind.id().to_owned()), ("institutionName", "某大学".to_owned())];
        let metadata =
            Meta::Full { facts, fields: fields.iter().map(|(key, value)| given(key, value)).collect() };
        let header =
            Header { identifier: "oai:n.lianshi:1".to_owned(), at_s: 1, sets: Vec::new(), gone: false };
        let body = Body::Record(Listed { header, metadata: Some(metadata) });
        let xml = Answer { base: "http://a.cn/oai", at_s: 2, asked: &[], body }.to_xml().unwrap();
        let read = reading::read(&xml, None).unwrap();
        super::read(read.records[0].metadata.as_ref().unwrap()).unwrap()
    }

    #[test]
    fn a_listing_comes_through_in_full_as_it_was() {
        let cells = [
            ("title", "矿用隔爆型 <b>&充电装置"),
            ("summary", "第一段\n\n第二段 <script>"),
            ("keywords", "锂电池；CO/N2；矿山"),
            ("field", "新材料及其应用"),
            ("trl", "中试"),
            ("cooperation", "独占许可、作价入股"),
            ("price", "10-20万元，面议"),
            ("patents", "ZL201810046029.1；US9876543B2"),
            ("ipc", "H01L21/00"),
            ("year", "2024年"),
            ("region", "武汉市"),
            ("rights_granted", "是"),
            ("credit_code", "91420100MA4KXXXXXX"),
            ("industry", "C3985"),
            ("source_id", "A-17"),
            ("dc_rights", "of another version"),
        ];
        let read = Record::from_cells(Kind::Achievement, &cells, &Context::default());
        let fields = read.record.into_entries();
        assert!(fields.len() > 20, "{fields:?}");
        let full = there_and_back(Kind::Achievement, &fields);
        assert_eq!((full.kind, full.institution.as_str()), (Kind::Achievement, "某大学"));
        assert_eq!(full.fields, fields);
        assert!(full.disputed.is_empty());
    }

    #[test]
    fn what_is_about_a_listing_or_struck_out_is_left_and_of_several_values_the_first_taken() {
        let metadata = |fields: &[(&str, &str)]| Metadata {
            root: "listing".to_owned(),
            attributes: vec![("kind".to_owned(), "demand".to_owned())],
            elements: fields
                .iter()
                .map(|(called, text)| reading::Element {
                    name: "field".to_owned(),
                    called: (*called).to_owned(),
                    text: (*text).to_owned(),
                    ..reading::Element::default()
                })
                .collect(),
        };
        let full = super::read(&metadata(&[
            ("_status", "withdrawn"),
            ("keyword/old", "false"),
            ("title", "one"),
            ("title", "two"),
            ("", "x"),
        ]))
        .unwrap();
        assert_eq!(full.fields, BTreeMap::from([("title".to_owned(), Value::Text("one".to_owned()))]));
        assert_eq!(full.disputed, ["title"]);
        let mut boat = metadata(&[]);
        boat.attributes[0].1 = "boat".to_owned();
        assert_eq!(super::read(&boat), None);
    }
}
