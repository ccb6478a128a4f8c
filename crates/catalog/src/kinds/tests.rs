use super::*;
use crate::fold;
use std::collections::BTreeMap;

#[test]
fn codes_and_ids_lead_back() {
    for (kind, code) in Kind::ALL.into_iter().zip(16u16..) {
        assert_eq!(kind.code(), code);
        assert_eq!(Kind::from_code(code), Some(kind));
        assert_eq!(Kind::from_id(kind.id()), Some(kind));
    }
    assert_eq!(Kind::from_code(15), None);
    assert_eq!(Kind::from_id("Achievement"), None);
}

#[test]
fn ids_are_unique_named_and_only_the_title_is_required() {
    for kind in Kind::ALL {
        let mut ids = BTreeMap::new();
        for field in kind.fields() {
            assert!(ids.insert(field.id, ()).is_none(), "{} twice in {}", field.id, kind.id());
            assert!(field.id.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'), "{}", field.id);
            assert!(!field.label_zh.is_empty() && !field.label_en.is_empty(), "{}", field.id);
            assert_eq!(field.need == Need::Required, field.id == "title", "{}", field.id);
            let set = matches!(
                field.ty,
                FieldType::Set { .. }
                    | FieldType::VocabularySet(_)
                    | FieldType::PatentSet
                    | FieldType::IpcSet
            );
            assert_eq!(set, field.is_set(), "{}", field.id);
        }
    }
}

#[test]
fn no_two_fields_of_a_kind_own_one_key() {
    for kind in Kind::ALL {
        let mut keys: BTreeMap<String, &str> = BTreeMap::new();
        for field in kind.fields() {
            for part in field.parts() {
                let key = field.key_of(*part);
                assert_eq!(keys.insert(key.clone(), field.id), None, "{key} in {}", kind.id());
                let probe = if key.ends_with('/') { format!("{key}a/b") } else { key.clone() };
                let owner = kind.key(&probe).map(|(field, part)| (field.id, part));
                assert_eq!(owner, Some((field.id, *part)), "{probe} in {}", kind.id());
            }
        }
    }
}

#[test]
fn the_same_id_has_the_same_type_in_every_kind() {
    let mut types: BTreeMap<&str, String> = BTreeMap::new();
    for kind in Kind::ALL {
        for field in kind.fields() {
            let ty = match field.ty {
                FieldType::Vocabulary(list) => format!("vocabulary {}", list.id),
                FieldType::VocabularySet(list) => format!("vocabulary set {}", list.id),
                other => format!("{other:?}"),
            };
            let known = types.entry(field.id).or_insert_with(|| ty.clone());
            assert_eq!(*known, ty, "{}", field.id);
        }
    }
}

#[test]
fn a_header_means_one_field() {
    let mut twice = Vec::new();
    for kind in Kind::ALL {
        let mut owners: BTreeMap<String, &str> = BTreeMap::new();
        for field in kind.fields() {
            for name in [field.id, field.label_zh, field.label_en].iter().chain(field.synonyms) {
                let owner = owners.entry(fold::header(name)).or_insert(field.id);
                if *owner != field.id {
                    twice.push(format!("{name}: {owner} and {} of {}", field.id, kind.id()));
                }
            }
        }
    }
    assert!(twice.is_empty(), "{twice:#?}");
    let found = |kind: Kind, header: &str| kind.field_for_header(header).map(|field| field.id);
    assert_eq!(found(Kind::Achievement, "★成果名称"), Some("title"));
    assert_eq!(found(Kind::Achievement, "价格（万元）"), Some("price"));
    assert_eq!(found(Kind::Achievement, "Patent Number"), Some("patents"));
    assert_eq!(found(Kind::Achievement, "contact_name"), Some("contact_name"));
    assert_eq!(found(Kind::Achievement, "column7"), None);
    assert_eq!(found(Kind::Achievement, " （）"), None);
}

#[test]
fn what_reaches_a_person_and_what_shows_weakness_stay_narrow() {
    assert_eq!(Kind::Demand.default_visibility(), Visibility::Private);
    let phone = Kind::Service.field("contact_phone").map(|field| field.default_visibility(Kind::Service));
    assert_eq!(phone, Some(Visibility::Members));
    let at_home = Kind::Demand.field("contact_phone").map(|field| field.default_visibility(Kind::Demand));
    assert_eq!(at_home, Some(Visibility::Private));
    let title = Kind::Service.field("title").map(|field| field.default_visibility(Kind::Service));
    assert_eq!(title, Some(Visibility::Public));
    for visibility in [Visibility::Private, Visibility::Sealed, Visibility::Members, Visibility::Public] {
        assert_eq!(Visibility::from_id(visibility.id()), Some(visibility));
    }
}
