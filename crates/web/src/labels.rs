//! The one place where ids and codes become words: kinds, fields, vocabularies, regions, readiness, amounts.
//!
//! Everything comes from `catalog`; an id that it does not know is shown as it is.

use crate::limits::NAME_CHARS;
use crate::text::tidy_line;
use crate::view::Role;
use catalog::words::{fill, say};
use catalog::{FieldType, Hall, Kind, Lang, Part, scheme, vocabulary};

mod amount;
mod region;

pub(crate) use amount::{price_band, range, range_end, readiness, readiness_band, readiness_word};
pub(crate) use region::{region, region_chain, region_name, region_with_code};

/// How a field is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Title,
    Summary,
    Long,
    Line,
    Flag,
    Set,
    Money,
    Trl,
    Region,
    Url,
    Email,
    Phone,
}

/// Key under which stands where a listing was harvested.
pub(crate) const HARVESTED: &str = "_harvested_from";

/// What the catalogue knows of a document key.
pub(crate) struct Known {
    pub(crate) id: &'static str,
    /// Place in the reading order of the kind.
    pub(crate) order: usize,
    pub(crate) label: String,
    pub(crate) part: Part,
    pub(crate) form: Form,
    /// Whether it tells how to reach a person.
    pub(crate) contact: bool,
}

/// What a key of a document of this kind means, if this version knows it.
pub(crate) fn key(lang: Lang, kind: &str, key: &str) -> Option<Known> {
    let kind = Kind::from_id(kind)?;
    let (field, part) = kind.key(key)?;
    let order = kind.fields().iter().position(|other| other.id == field.id)?;
    let form = match (field.id, field.ty) {
        ("title", _) => Form::Title,
        ("summary", _) => Form::Summary,
        (_, FieldType::LongText) => Form::Long,
        (_, FieldType::Flag) => Form::Flag,
        (_, FieldType::Money) => Form::Money,
        (_, FieldType::Trl) => Form::Trl,
        (_, FieldType::Region) => Form::Region,
        (_, FieldType::Url) => Form::Url,
        (_, FieldType::Email) => Form::Email,
        (_, FieldType::Phone) => Form::Phone,
        _ if field.is_set() => Form::Set,
        _ => Form::Line,
    };
    let label = field.label(lang).to_owned();
    Some(Known { id: field.id, order, label, part, form, contact: field.contact })
}

/// The name of what is no field of the catalogue: what this program says of a listing beside its fields in words, else the key.
pub(crate) fn unknown(lang: Lang, key: &str) -> String {
    match key {
        HARVESTED => say(lang, "label.harvested").to_owned(),
        other => tidy_line(other, NAME_CHARS),
    }
}

/// A stored value in words: a term's name, a class's name, yes or no; other texts as they are.
pub(crate) fn value(lang: Lang, kind: &str, field: &str, raw: &str) -> String {
    let known = Kind::from_id(kind).and_then(|kind| kind.field(field));
    let word = match known.map(|field| field.ty) {
        Some(FieldType::Vocabulary(list) | FieldType::VocabularySet(list)) => {
            list.term(raw).map(|term| term.label(lang).to_owned())
        }
        Some(FieldType::Classified(schemes)) => schemes.iter().find_map(|scheme| class(scheme, lang, raw)),
        Some(FieldType::Flag) if raw == "true" => Some(say(lang, "value.yes").to_owned()),
        Some(FieldType::Flag) if raw == "false" => Some(say(lang, "value.no").to_owned()),
        _ => None,
    };
    word.unwrap_or_else(|| raw.to_owned())
}

fn class(scheme: &scheme::Scheme, lang: Lang, code: &str) -> Option<String> {
    let name = scheme.label(code, lang)?;
    Some(if name.contains(code) { name } else { format!("{name} {code}") })
}

/// Names of the fields that a version changed, each once, in the order given.
pub(crate) fn field_names(lang: Lang, kind: &str, ids: &[String]) -> Vec<String> {
    let kind = Kind::from_id(kind);
    let mut names: Vec<String> = Vec::new();
    for id in ids.iter().take(NAME_CHARS) {
        let field = kind.and_then(|kind| kind.field(id).or_else(|| kind.key(id).map(|(field, _)| field)));
        let name = field.map_or_else(|| tidy_line(id, NAME_CHARS), |field| field.label(lang).to_owned());
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// The name of one listing of this kind; an unknown kind as it is.
pub(crate) fn kind(lang: Lang, id: &str) -> String {
    Kind::from_id(id).map_or_else(|| tidy_line(id, NAME_CHARS), |kind| kind.label(lang).to_owned())
}

/// The name of all listings of a kind, which in English is a plural; an unknown kind as it is.
pub(crate) fn kinds(lang: Lang, id: &str) -> String {
    match Kind::from_id(id) {
        Some(kind) => say(lang, &format!("web.kind.{}", kind.id())).to_owned(),
        None => tidy_line(id, NAME_CHARS),
    }
}

/// The name of a hall.
pub(crate) fn hall(lang: Lang, hall: Hall) -> &'static str {
    say(
        lang,
        match hall {
            Hall::Trade => "hall.trade",
            Hall::Achievement => "hall.achievement",
            Hall::Demand => "hall.demand",
            Hall::Service => "hall.service",
            Hall::Activity => "hall.activity",
            Hall::Beyond => "hall.beyond",
        },
    )
}

/// What stands in one hall.
pub(crate) fn hall_line(lang: Lang, hall: Hall) -> &'static str {
    say(
        lang,
        match hall {
            Hall::Trade => "hall.trade.line",
            Hall::Achievement => "hall.achievement.line",
            Hall::Demand => "hall.demand.line",
            Hall::Service => "hall.service.line",
            Hall::Activity => "hall.activity.line",
            Hall::Beyond => "hall.beyond.line",
        },
    )
}

/// The kind for a style class: never text from the network.
pub(crate) fn kind_class(id: &str) -> &'static str {
    Kind::from_id(id).map_or("other", Kind::id)
}

/// A mode of cooperation by its vocabulary id; other text as it is.
pub(crate) fn cooperation(lang: Lang, id: &str) -> String {
    match vocabulary::COOPERATION.term(id) {
        Some(term) => term.label(lang).to_owned(),
        None => tidy_line(id, NAME_CHARS),
    }
}

/// A technology field by its vocabulary id; other text as it is.
pub(crate) fn technology(lang: Lang, id: &str) -> String {
    match vocabulary::FIELD.term(id) {
        Some(term) => term.label(lang).to_owned(),
        None => tidy_line(id, NAME_CHARS),
    }
}

/// A node's role.
pub(crate) fn role(lang: Lang, role: Role) -> &'static str {
    let key = match role {
        Role::Hub => "role.hub",
        Role::SubMarket => "role.sub_market",
        Role::ResourceStation => "role.resource_station",
        Role::GrassrootsSite => "role.grassroots_site",
    };
    say(lang, key)
}

/// Hexadecimal digits and nothing else.
pub(crate) fn hex(text: &str) -> String {
    text.chars().filter(char::is_ascii_hexdigit).take(64).collect()
}

/// What stands for a missing title.
pub(crate) fn untitled(lang: Lang) -> String {
    say(lang, "label.untitled").to_owned()
}

/// What stands for a missing name of a node.
pub(crate) fn unnamed(lang: Lang) -> String {
    say(lang, "label.unnamed").to_owned()
}

/// A value that was given and could not be read.
pub(crate) fn as_given(lang: Lang, value: &str) -> String {
    fill(lang, "value.given", &[("value", value)])
}

/// The name of one of the four unifications, and what it is about.
pub(crate) fn unified(lang: Lang, id: &str) -> (&'static str, &'static str) {
    let (name, lead) = match id {
        "brand" => ("profile.part.brand", "profile.lead.brand"),
        "rules" => ("profile.part.rules", "profile.lead.rules"),
        "data" => ("profile.part.data", "profile.lead.data"),
        _ => ("profile.part.service", "profile.lead.service"),
    };
    (say(lang, name), say(lang, lead))
}
