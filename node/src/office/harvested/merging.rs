//! What a repository changed, beside what was written here meanwhile: told apart field by field, by digests.

use std::collections::{BTreeMap, BTreeSet};

use catalog::Kind;
use market::Fields;
use market::harvested::{self, Digests, Mark};
use protocol::Value;

use super::Changes;

/// The name that the keys of one field share.
fn group(kind: Kind, key: &str) -> String {
    kind.key(key).map_or_else(|| key.to_owned(), |(field, _)| field.id.to_owned())
}

/// Digests of what a record says in each field. A member that was struck out says nothing.
pub(super) fn digests(kind: Kind, fields: &Fields) -> Digests {
    let mut groups: BTreeMap<String, Vec<(&String, &Value)>> = BTreeMap::new();
    for (key, value) in fields {
        let struck = key.contains('/') && *value == Value::Bool(false);
        if !key.starts_with('_') && !struck {
            groups.entry(group(kind, key)).or_default().push((key, value));
        }
    }
    groups.into_iter().map(|(field, entries)| (field, harvested::digest(entries.into_iter()))).collect()
}

/// What a repository changed of what stands here, field by field, where nobody here changed it; and whether somebody did. Without a
/// mark all that stands here is taken for what the repository said before.
pub(super) fn merged(
    kind: Kind,
    mark: Option<&Mark>,
    present: &Fields,
    (said, now): (&Fields, &Digests),
) -> (Changes, bool) {
    let here = digests(kind, present);
    let before = mark.map_or(&here, |mark| &mark.digests);
    let differ: BTreeSet<&String> =
        now.keys().chain(before.keys()).filter(|field| now.get(*field) != before.get(*field)).collect();
    let (mut changes, mut stood) = (Changes::new(), false);
    for field in differ {
        if here.get(field) == now.get(field) {
            continue;
        }
        if here.get(field) != before.get(field) {
            stood = true;
            continue;
        }
        let own = |key: &&String| group(kind, key) == *field;
        changes.extend(present.keys().filter(own).map(|key| (key.clone(), None)));
        let new = said.iter().filter(|(key, _)| own(key));
        changes.extend(new.map(|(key, value)| (key.clone(), Some(value.clone()))));
    }
    changes.retain(|key, value| present.get(key) != value.as_ref());
    (changes, stood)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(said: &[(&str, &str)]) -> Fields {
        said.iter().map(|(key, text)| ((*key).to_owned(), Value::Text((*text).to_owned()))).collect()
    }

    fn merge(before: &[(&str, &str)], here: &[(&str, &str)], now: &[(&str, &str)]) -> (Vec<String>, bool) {
        let kind = Kind::Achievement;
        let mark = Mark { digests: digests(kind, &fields(before)), ..Mark::default() };
        let said = fields(now);
        let (changes, stood) = merged(kind, Some(&mark), &fields(here), (&said, &digests(kind, &said)));
        (changes.into_iter().map(|(key, value)| format!("{key}={value:?}")).collect(), stood)
    }

    #[test]
    fn only_what_the_repository_changed_and_nobody_here_did_is_changed() {
        let old = [("title", "a"), ("summary", "s"), ("dc_rights", "r")];
        let says = |key: &str, text: &str| format!("{key}={:?}", Some(Value::Text(text.to_owned())));
        assert_eq!(merge(&old, &old, &old), (vec![], false));
        let new = [("title", "b"), ("summary", "s")];
        assert_eq!(merge(&old, &old, &new), (vec!["dc_rights=None".to_owned(), says("title", "b")], false));
        // Somebody here wrote another summary, and one of their own.
        let here = [("title", "a"), ("summary", "ours"), ("body", "ours"), ("dc_rights", "r")];
        assert_eq!(merge(&old, &here, &new).0, ["dc_rights=None".to_owned(), says("title", "b")]);
        assert!(!merge(&old, &here, &new).1);
        // Both changed the title: what was written here stands.
        let here = [("title", "ours"), ("summary", "s"), ("dc_rights", "r")];
        assert_eq!(merge(&old, &here, &new), (vec!["dc_rights=None".to_owned()], true));
        // Both to the same.
        let here = [("title", "b"), ("summary", "s")];
        assert_eq!(merge(&old, &here, &new), (vec![], false));
    }

    #[test]
    fn fields_of_several_keys_change_whole() {
        let kind = Kind::Achievement;
        let range = |min: i64, max: i64| {
            Fields::from([
                ("price_min".to_owned(), Value::Int(min)),
                ("price_max".to_owned(), Value::Int(max)),
            ])
        };
        let mark = Mark { digests: digests(kind, &range(1, 2)), ..Mark::default() };
        let (now, mut here) = (Fields::from([("price_min".to_owned(), Value::Int(1))]), range(1, 2));
        let (changes, _) = merged(kind, Some(&mark), &here, (&now, &digests(kind, &now)));
        assert_eq!(changes, Changes::from([("price_max".to_owned(), None)]));
        here.insert("price_max".to_owned(), Value::Int(9));
        let (changes, stood) = merged(kind, Some(&mark), &here, (&now, &digests(kind, &now)));
        assert!(changes.is_empty() && stood);
    }
}
