//! A kind of listing as typed columns, and its fields as a JSON object.
//!
//! Every field of the kind has its columns, by the names that documents have for them: `title`, `price_min`, `trl_max`. A set is a
//! list. A date is a day, and beside it stands how precise it was given: 2024-03 is the first of March with `month`. What no column
//! takes (a field that this version does not know, a value of another type) is kept in `other`, so that nothing is lost in silence.
//! Contact details have no columns: they stay at home.

use std::collections::BTreeSet;

use catalog::kinds::FOREIGN_PATENT;
use catalog::{Field, FieldType, Kind, Part};
use protocol::Value;
use serde_json::{Map, Value as Json, json};

use crate::Item;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// UTF-8.
    Text,
    /// 64 bits, signed.
    Int,
    /// A day.
    Date,
    /// Milliseconds since 1970, UTC.
    Time,
    /// Yes or no.
    Flag,
    /// A list of texts.
    Texts,
}

/// What stands in a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    /// Nothing.
    Null,
    /// Of [`Shape::Text`].
    Text(String),
    /// Of [`Shape::Int`] and [`Shape::Time`].
    Int(i64),
    /// Days since 1970.
    Date(i32),
    /// Yes or no.
    Flag(bool),
    /// A list that is not empty.
    Texts(Vec<String>),
}

/// A column.
#[derive(Clone, Debug)]
pub struct Column {
    /// Its name: lower case, digits and `_`.
    pub name: String,
    /// What it holds.
    pub shape: Shape,
    of: Of,
}

/// Where its cells come from.
#[derive(Clone, Debug)]
enum Of {
    /// What is known of any listing.
    Fact(fn(&Item) -> Cell),
    /// The value under a key.
    Key(String),
    /// How precise the date under a key is.
    Precision(String),
    /// Members under a prefix.
    Members(&'static str),
    /// All that no other column takes.
    Other,
}

/// All columns of a kind, in the order of the file.
pub fn of(kind: Kind) -> Vec<Column> {
    let fact = |name: &str, shape, of| Column { name: name.to_owned(), shape, of: Of::Fact(of) };
    let mut columns = vec![
        fact("id", Shape::Text, |item| Cell::Text(item.id.clone())),
        fact("institution_id", Shape::Text, |item| Cell::Text(item.institution.clone())),
        fact("institution_name", Shape::Text, |item| Cell::Text(item.institution_name.clone())),
        fact("created", Shape::Time, |item| Cell::Int(item.created_ms)),
        fact("updated", Shape::Time, |item| Cell::Int(item.updated_ms)),
        fact("versions", Shape::Int, |item| Cell::Int(i64::try_from(item.versions).unwrap_or(i64::MAX))),
    ];
    for field in kind.fields().iter().filter(|field| !field.contact) {
        columns.extend(of_field(field));
    }
    columns.push(fact("conflicts", Shape::Texts, |item| texts(item.conflicts.clone())));
    columns.push(Column { name: "other".to_owned(), shape: Shape::Text, of: Of::Other });
    columns
}

fn of_field(field: &'static Field) -> Vec<Column> {
    let id = field.id;
    let key = |suffix: &str, shape| {
        let name = format!("{id}{suffix}");
        Column { name: name.clone(), shape, of: Of::Key(name) }
    };
    let members =
        |name: &str, prefix| Column { name: name.to_owned(), shape: Shape::Texts, of: Of::Members(prefix) };
    match field.ty {
        FieldType::Int { .. } | FieldType::Year => vec![key("", Shape::Int)],
        FieldType::Flag => vec![key("", Shape::Flag)],
        FieldType::Date => {
            let precision = format!("{id}_precision");
            let precision = Column { name: precision, shape: Shape::Text, of: Of::Precision(id.to_owned()) };
            vec![key("", Shape::Date), precision]
        }
        FieldType::Set { .. } | FieldType::VocabularySet(_) | FieldType::IpcSet => {
            vec![members(id, field.set_prefix)]
        }
        FieldType::PatentSet => {
            vec![members(id, field.set_prefix), members(&foreign(id), FOREIGN_PATENT)]
        }
        FieldType::Money => {
            vec![key("_min", Shape::Int), key("_max", Shape::Int), key("_negotiable", Shape::Flag)]
        }
        FieldType::Trl => vec![
            key("_min", Shape::Int),
            key("_max", Shape::Int),
            key("_word", Shape::Text),
            key("_mapped_by", Shape::Text),
        ],
        FieldType::Region => vec![key("", Shape::Text), key("_as_of", Shape::Int)],
        FieldType::Classified(_) => vec![key("", Shape::Text), key("_scheme", Shape::Text)],
        FieldType::Text { .. }
        | FieldType::LongText
        | FieldType::Vocabulary(_)
        | FieldType::CreditCode
        | FieldType::Url
        | FieldType::Email
        | FieldType::Phone => vec![key("", Shape::Text)],
    }
}

/// The name under which the foreign members of a field of patents stand.
fn foreign(id: &str) -> String {
    format!("foreign_{id}")
}

fn texts(list: Vec<String>) -> Cell {
    if list.is_empty() { Cell::Null } else { Cell::Texts(list) }
}

/// The cells of a listing, one a column.
pub fn cells(columns: &[Column], item: &Item) -> Vec<Cell> {
    let mut taken: BTreeSet<&str> = BTreeSet::new();
    let mut cells = Vec::with_capacity(columns.len());
    for column in columns {
        cells.push(match &column.of {
            Of::Fact(of) => of(item),
            Of::Key(key) => value(item, key, column.shape, &mut taken),
            Of::Precision(key) => precision(item, key),
            Of::Members(prefix) => members(item, prefix, &mut taken),
            Of::Other => other(item, &taken),
        });
    }
    cells
}

fn value<'i>(item: &'i Item, key: &str, shape: Shape, taken: &mut BTreeSet<&'i str>) -> Cell {
    let Some((key, value)) = item.fields.get_key_value(key) else { return Cell::Null };
    let cell = match (value, shape) {
        (Value::Text(text), Shape::Text) => Cell::Text(text.clone()),
        (Value::Int(number), Shape::Int) | (Value::Time(number), Shape::Time) => Cell::Int(*number),
        (Value::Bool(yes), Shape::Flag) => Cell::Flag(*yes),
        (Value::Text(text), Shape::Date) => day(text).map_or(Cell::Null, |(day, _)| Cell::Date(day)),
        _ => Cell::Null,
    };
    if cell != Cell::Null {
        taken.insert(key);
    }
    cell
}

fn precision(item: &Item, key: &str) -> Cell {
    match item.fields.get(key) {
        Some(Value::Text(text)) => {
            day(text).map_or(Cell::Null, |(_, precision)| Cell::Text(precision.to_owned()))
        }
        _ => Cell::Null,
    }
}

fn members<'i>(item: &'i Item, prefix: &str, taken: &mut BTreeSet<&'i str>) -> Cell {
    let under = |key: &'i str| key.strip_prefix(prefix)?.strip_prefix('/');
    let mut list = Vec::new();
    for (key, value) in &item.fields {
        if let (Some(member), Value::Bool(is_in)) = (under(key), value) {
            taken.insert(key);
            list.extend(is_in.then(|| member.to_owned()));
        }
    }
    texts(list)
}

fn other(item: &Item, taken: &BTreeSet<&str>) -> Cell {
    let left = item.fields.iter().filter(|(key, _)| !taken.contains(key.as_str()));
    let left: Map<String, Json> = left.map(|(key, value)| (key.clone(), json_of(value))).collect();
    if left.is_empty() { Cell::Null } else { Cell::Text(Json::Object(left).to_string()) }
}

/// Days since 1970 of a stored date, and how precise it is.
fn day(text: &str) -> Option<(i32, &'static str)> {
    let mut parts = text.split('-').map(str::parse::<i64>);
    let year = parts.next()?.ok()?;
    let month = parts.next().transpose().ok()?;
    let day = parts.next().transpose().ok()?;
    let precision = match (month, day) {
        (_, Some(_)) => "day",
        (Some(_), None) => "month",
        (None, None) => "year",
    };
    let (month, day) = (month.unwrap_or(1), day.unwrap_or(1));
    if !catalog::date::is_normal(text) || parts.next().is_some() {
        return None;
    }
    // Days from civil: H. Hinnant, "chrono-Compatible Low-Level Date Algorithms".
    let shifted = if month <= 2 { year - 1 } else { year };
    let era = shifted.div_euclid(400);
    let of_era = shifted.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468;
    Some((i32::try_from(days).ok()?, precision))
}

/// A listing's fields as one object: members of a set as an array under the field's id, everything else under its key.
pub fn grouped(item: &Item) -> Map<String, Json> {
    let mut object = Map::new();
    for (key, value) in &item.fields {
        let member = key.split_once('/').map(|(_, member)| member);
        let field = match (item.kind.key(key), member, value) {
            (Some((field, Part::Member)), Some(_), Value::Bool(_)) => field.id.to_owned(),
            (Some((field, Part::ForeignMember)), Some(_), Value::Bool(_)) => foreign(field.id),
            _ => {
                object.insert(key.clone(), json_of(value));
                continue;
            }
        };
        if let (Value::Bool(true), Some(member)) = (value, member)
            && let Json::Array(list) = object.entry(field).or_insert_with(|| json!([]))
        {
            list.push(json!(member));
        }
    }
    object
}

fn json_of(value: &Value) -> Json {
    match value {
        Value::Text(text) => json!(text),
        Value::Int(number) | Value::Time(number) => json!(number),
        Value::Bool(yes) => json!(yes),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn item(fields: &[(&str, Value)]) -> Item {
        Item {
            id: "ab".repeat(32),
            kind: Kind::Achievement,
            region: "420106".to_owned(),
            institution: "cd".repeat(32),
            institution_name: "样例大学".to_owned(),
            created_ms: 1_700_000_000_000,
            updated_ms: 1_700_000_001_000,
            versions: 2,
            fields: fields.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect(),
            conflicts: Vec::new(),
        }
    }

    pub(crate) fn text(text: &str) -> Value {
        Value::Text(text.to_owned())
    }

    fn cell(item: &Item, name: &str) -> Cell {
        let columns = of(item.kind);
        let place = columns.iter().position(|column| column.name == name).expect(name);
        cells(&columns, item).swap_remove(place)
    }

    #[test]
    fn every_column_has_a_name_of_its_own_that_databases_take() {
        for kind in Kind::ALL {
            let columns = of(kind);
            let names: BTreeSet<&str> = columns.iter().map(|column| column.name.as_str()).collect();
            assert_eq!(names.len(), columns.len(), "{kind:?}");
            let plain = |c: char| c == '_' || c.is_ascii_lowercase() || c.is_ascii_digit();
            assert!(names.iter().all(|name| name.chars().all(plain)), "{names:?}");
            // Every key that a document of this kind may have is known by its field: none is forgotten above.
            for field in kind.fields().iter().filter(|field| !field.contact) {
                assert!(names.iter().any(|name| name.starts_with(field.id)), "{} of {kind:?}", field.id);
            }
        }
    }

    #[test]
    fn values_are_typed_and_what_no_column_takes_is_kept() {
        let item = item(&[
            ("title", text("防爆充电装置")),
            ("trl_min", Value::Int(4)),
            ("price_min", text("two")),
            ("keyword/锂电池", Value::Bool(true)),
            ("keyword/防爆", Value::Bool(true)),
            ("keyword/去掉的", Value::Bool(false)),
            ("completed_on", text("2024-03")),
            ("expires_on", text("soon")),
            ("of_tomorrow", Value::Int(7)),
        ]);
        assert_eq!(cell(&item, "title"), Cell::Text("防爆充电装置".to_owned()));
        assert_eq!(cell(&item, "trl_min"), Cell::Int(4));
        assert_eq!(cell(&item, "keywords"), Cell::Texts(vec!["锂电池".to_owned(), "防爆".to_owned()]));
        assert_eq!(cell(&item, "completed_on"), Cell::Date(19_783));
        assert_eq!(cell(&item, "completed_on_precision"), Cell::Text("month".to_owned()));
        assert_eq!((cell(&item, "expires_on"), cell(&item, "price_min")), (Cell::Null, Cell::Null));
        let Cell::Text(other) = cell(&item, "other") else { panic!("nothing is left") };
        assert_eq!(other, r#"{"expires_on":"soon","of_tomorrow":7,"price_min":"two"}"#);
        let object = Json::Object(grouped(&item));
        assert_eq!(object["keywords"], json!(["锂电池", "防爆"]));
        assert_eq!((&object["of_tomorrow"], &object["trl_min"]), (&json!(7), &json!(4)));
    }

    #[test]
    fn days_are_counted_as_the_calendar_does() {
        for (text, days) in [
            ("1970-01-01", 0),
            ("1969-12-31", -1),
            ("2000-02-29", 11_016),
            ("2000-03-01", 11_017),
            ("2024", 19_723),
        ] {
            assert_eq!(day(text).map(|(day, _)| day), Some(days), "{text}");
        }
        for text in ["", "2023-02-29", "2024-13", "2024-1-1", "2024-01-01-01", "x"] {
            assert_eq!(day(text), None, "{text}");
        }
    }
}
