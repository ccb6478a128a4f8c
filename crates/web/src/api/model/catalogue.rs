//! What a listing may hold: kinds, fields, lists of terms, divisions.

use super::Names;
use catalog::kinds::FieldType;
use catalog::{Hall, Kind, Lang, Need, facets, region};
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Kinds, halls and lists of terms of this version of the program.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct Catalogue {
    kinds: Vec<KindOf>,
    halls: Vec<HallOf>,
    /// Lists of terms, by their ids.
    vocabularies: Vec<Vocabulary>,
    /// Price bands that lists filter by.
    prices: Vec<PriceBand>,
}

/// A kind of listing.
#[derive(Debug, Serialize, ToSchema)]
struct KindOf {
    id: String,
    name: Names,
    fields: Vec<FieldOf>,
}

/// A field of a kind.
#[derive(Debug, Serialize, ToSchema)]
struct FieldOf {
    id: String,
    name: Names,
    help: Names,
    /// What it holds: `text`, `long_text`, `int`, `year`, `date`, `vocabulary`, `set`, `vocabulary_set`, `classified`, `region`,
    /// `credit_code`, `patents`, `ipc`, `money`, `trl`, `url`, `email`, `phone` or `flag`.
    #[serde(rename = "type")]
    form: String,
    /// `required`, `expected` or `optional`.
    need: String,
    /// Whether it tells how to reach a person: it stays at the node.
    contact: bool,
    /// The list that its terms are of; null where it has none.
    vocabulary: Option<String>,
}

/// A hall, and the kinds that stand in it; all of them where it names none.
#[derive(Debug, Serialize, ToSchema)]
struct HallOf {
    id: String,
    name: Names,
    kinds: Vec<String>,
}

/// A list of terms.
#[derive(Debug, Serialize, ToSchema)]
struct Vocabulary {
    id: String,
    /// Where it comes from.
    source: String,
    terms: Vec<Term>,
}

/// A term: its id is what is stored.
#[derive(Debug, Serialize, ToSchema)]
struct Term {
    id: String,
    name: Names,
}

/// A price band, whole yuan.
#[derive(Debug, Serialize, ToSchema)]
struct PriceBand {
    id: String,
    from: i64,
    below: Option<i64>,
}

/// Divisions of China (GB/T 2260) right below one.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct RegionList {
    pub(in crate::api) items: Vec<Region>,
}

/// A division.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct Region {
    /// Six digits.
    code: String,
    name: String,
}

impl RegionList {
    /// The provinces, or what lies right below a division that is given by two, four or six digits.
    pub(in crate::api) fn below(area: Option<&str>) -> Self {
        let area = area.map(|digits| format!("{digits:0<6}"));
        let all = region::children(area.as_deref()).iter().take(crate::limits::REGIONS_LISTED);
        let one = |(code, name): &(&str, &str)| Region { code: (*code).to_owned(), name: (*name).to_owned() };
        Self { items: all.map(one).collect() }
    }
}

impl Catalogue {
    pub(in crate::api) fn of_this_program() -> Self {
        let mut lists = BTreeMap::new();
        let kinds = Kind::ALL.map(|kind| {
            let fields = kind.fields().iter().map(|field| {
                let (form, list) = form_of(&field.ty);
                if let Some(list) = list {
                    lists.insert(list.id, list);
                }
                FieldOf {
                    id: field.id.to_owned(),
                    name: both(|lang| field.label(lang)),
                    help: both(|lang| field.help_in(lang)),
                    form: form.to_owned(),
                    need: match field.need {
                        Need::Required => "required",
                        Need::Expected => "expected",
                        Need::Optional => "optional",
                    }
                    .to_owned(),
                    contact: field.contact,
                    vocabulary: list.map(|list| list.id.to_owned()),
                }
            });
            KindOf { id: kind.id().to_owned(), name: both(|lang| kind.label(lang)), fields: fields.collect() }
        });
        let hall = |hall: Hall| HallOf {
            id: hall.id().to_owned(),
            name: both(|lang| crate::labels::hall(lang, hall)),
            kinds: hall.kinds().iter().map(|kind| kind.id().to_owned()).collect(),
        };
        let term = |term: &catalog::vocabulary::Term| Term {
            id: term.id.to_owned(),
            name: Names::new(term.zh, term.en),
        };
        let list = |list: &catalog::vocabulary::Vocabulary| Vocabulary {
            id: list.id.to_owned(),
            source: list.source.to_owned(),
            terms: list.terms.iter().map(term).collect(),
        };
        let band = |band: facets::PriceBand| PriceBand {
            id: band.id.to_owned(),
            from: band.from,
            below: band.below,
        };
        Self {
            kinds: kinds.into_iter().collect(),
            halls: Hall::ALL.into_iter().map(hall).collect(),
            vocabularies: lists.into_values().map(list).collect(),
            prices: facets::PRICE_BANDS.into_iter().map(band).collect(),
        }
    }
}

pub(super) fn both(say: impl Fn(Lang) -> &'static str) -> Names {
    Names::new(say(Lang::Zh), say(Lang::En))
}

fn form_of(form: &FieldType) -> (&'static str, Option<&'static catalog::vocabulary::Vocabulary>) {
    match form {
        FieldType::Text { .. } => ("text", None),
        FieldType::LongText => ("long_text", None),
        FieldType::Int { .. } => ("int", None),
        FieldType::Year => ("year", None),
        FieldType::Date => ("date", None),
        FieldType::Vocabulary(list) => ("vocabulary", Some(list)),
        FieldType::Set { .. } => ("set", None),
        FieldType::VocabularySet(list) => ("vocabulary_set", Some(list)),
        FieldType::Classified(_) => ("classified", None),
        FieldType::Region => ("region", None),
        FieldType::CreditCode => ("credit_code", None),
        FieldType::PatentSet => ("patents", None),
        FieldType::IpcSet => ("ipc", None),
        FieldType::Money => ("money", None),
        FieldType::Trl => ("trl", None),
        FieldType::Url => ("url", None),
        FieldType::Email => ("email", None),
        FieldType::Phone => ("phone", None),
        FieldType::Flag => ("flag", None),
    }
}
