//! The keys of a document, put together into what a person reads: ranges as ranges, sets as sets, in the order of the
//! catalogue, long texts apart from short facts, ways to reach a person apart from both.
//!
//! Keys that this version's catalogue does not know are shown as they are, last: another node may know more.

mod compare;

pub(crate) use compare::{Change, compare, said};

use crate::labels::{self, Form, Known};
use crate::limits::{NAME_CHARS, VALUE_CHARS, VALUES_SHOWN};
use crate::request::encode;
use crate::text::{minute, tidy, tidy_line};
use crate::view::FieldView;
use catalog::words::fill;
use catalog::{Lang, Part};
use std::collections::BTreeMap;

/// A text wider than this takes a whole line of the table; a CJK character is two wide.
const NARROW: usize = 44;

/// A listing's fields, sorted for reading.
#[derive(Default)]
pub(crate) struct Arranged {
    /// What stands first: concurrent titles, the summary.
    pub(crate) before: Vec<Row>,
    /// Short facts.
    pub(crate) rows: Vec<Row>,
    /// Long texts.
    pub(crate) after: Vec<Row>,
    /// How to reach a person.
    pub(crate) contact: Vec<Row>,
    /// The region code, empty when there is none or several.
    pub(crate) region: String,
    /// The summary as text.
    pub(crate) summary: String,
}

/// A field as it is drawn.
#[derive(Default)]
pub(crate) struct Row {
    pub(crate) label: String,
    pub(crate) values: Vec<Item>,
    /// Whether the values contradict each other; then `note` says so.
    pub(crate) concurrent: bool,
    pub(crate) note: String,
    /// Whether the values all hold together.
    pub(crate) set: bool,
    pub(crate) wide: bool,
    pub(crate) lead: bool,
}

/// A value and where it leads; an empty address is no link.
pub(crate) struct Item {
    pub(crate) text: String,
    pub(crate) href: String,
    /// Of one among several values, who wrote it and when.
    pub(crate) by: String,
}

impl Item {
    fn plain(text: impl Into<String>) -> Self {
        Item { text: text.into(), href: String::new(), by: String::new() }
    }

    fn by(self, by: String) -> Self {
        Item { by, ..self }
    }
}

/// Who wrote the value at a place of a field, in words; empty where nobody disputes it.
fn writer(lang: Lang, field: &FieldView, place: usize) -> String {
    let Some(writer) = field.writers.get(place) else { return String::new() };
    let name = tidy_line(&writer.institution, NAME_CHARS);
    let said = [name, minute(writer.signed_ms, lang)];
    said.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ")
}

/// A field with the keys that belong to it.
struct Group<'a> {
    known: Known,
    keys: Vec<(Part, &'a str, &'a FieldView)>,
}

/// Keys by their field, in the order of the catalogue, and apart from them what it does not know.
type Groups<'a> = (BTreeMap<usize, Group<'a>>, BTreeMap<&'a str, Row>);

fn groups<'a>(lang: Lang, kind: &str, fields: &'a [FieldView]) -> Groups<'a> {
    let mut groups: BTreeMap<usize, Group<'_>> = BTreeMap::new();
    let mut unknown: BTreeMap<&str, Row> = BTreeMap::new();
    for field in fields {
        match labels::key(lang, kind, &field.key) {
            Some(known) => {
                let (order, part) = (known.order, known.part);
                let group = groups.entry(order).or_insert_with(|| Group { known, keys: Vec::new() });
                group.keys.push((part, member(&field.key), field));
            }
            None => add_unknown(lang, &mut unknown, field),
        }
    }
    (groups, unknown)
}

/// Puts the keys of a listing of this kind together.
pub(crate) fn arrange(lang: Lang, kind: &str, fields: &[FieldView]) -> Arranged {
    let (groups, unknown) = groups(lang, kind, fields);
    let mut out = Arranged::default();
    for group in groups.values() {
        place(lang, kind, group, &mut out);
    }
    out.rows.extend(unknown.into_values());
    close_gaps(&mut out.rows);
    out
}

/// The table has two columns: a narrow row that would stand alone before a wide one gets the whole line.
fn close_gaps(rows: &mut [Row]) {
    let mut left_taken = false;
    for at in 0..rows.len() {
        let next_wide = rows.get(at + 1).is_none_or(|next| next.wide);
        let Some(row) = rows.get_mut(at) else { return };
        row.wide |= !left_taken && next_wide;
        left_taken = !row.wide && !left_taken;
    }
}

fn width(text: &str) -> usize {
    text.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum()
}

/// What follows the first `/`: the member of a set.
fn member(key: &str) -> &str {
    key.split_once('/').map_or("", |(_, member)| member)
}

fn add_unknown<'a>(lang: Lang, unknown: &mut BTreeMap<&'a str, Row>, field: &'a FieldView) {
    let (prefix, member) = field.key.split_once('/').unwrap_or((&field.key, ""));
    let row = unknown
        .entry(prefix)
        .or_insert_with(|| Row { label: labels::unknown(lang, prefix), ..Row::default() });
    if member.is_empty() {
        *row = finish(
            lang,
            &row.label,
            (0..)
                .zip(&field.values)
                .map(|(n, value)| {
                    let plain = Item::plain(tidy(value, VALUE_CHARS)).by(writer(lang, field, n));
                    let href = if prefix == labels::HARVESTED { record_address(&plain.text) } else { None };
                    Item { href: href.unwrap_or_default(), ..plain }
                })
                .collect(),
        );
    } else if row.values.len() < VALUES_SHOWN {
        row.set = true;
        row.wide = true;
        row.values.push(Item::plain(tidy_line(member, NAME_CHARS)));
    }
}

fn place(lang: Lang, kind: &str, group: &Group<'_>, out: &mut Arranged) {
    let known = &group.known;
    let mut row = row(lang, kind, group);
    if row.values.is_empty() {
        return;
    }
    match known.form {
        Form::Title if row.concurrent => out.before.push(row),
        Form::Title => {}
        Form::Summary => {
            out.summary = row.values.first().map(|item| item.text.clone()).unwrap_or_default();
            row.lead = true;
            row.label = String::new();
            out.before.push(row);
        }
        Form::Long => out.after.push(row),
        _ if known.contact => out.contact.push(row),
        form => {
            if form == Form::Region {
                out.region = single(group, Part::Value).unwrap_or_default().to_owned();
            }
            out.rows.push(row);
        }
    }
}

/// The value of a part that has exactly one.
fn single<'a>(group: &Group<'a>, part: Part) -> Option<&'a str> {
    let (_, _, field) = group.keys.iter().find(|(found, _, _)| *found == part)?;
    match field.values.as_slice() {
        [value] => Some(value),
        _ => None,
    }
}

fn row(lang: Lang, kind: &str, group: &Group<'_>) -> Row {
    let known = &group.known;
    match known.form {
        Form::Set => set(lang, kind, group),
        Form::Money | Form::Trl => range(lang, group),
        _ => {
            let keys = group.keys.iter().filter(|(part, _, _)| matches!(part, Part::Value | Part::AsGiven));
            let items = keys.flat_map(|(part, _, field)| {
                (0..).zip(&field.values).map(|(n, value)| {
                    let item = match part {
                        Part::AsGiven => Item::plain(labels::as_given(lang, &tidy(value, VALUE_CHARS))),
                        _ => item(lang, kind, known, value),
                    };
                    item.by(writer(lang, field, n))
                })
            });
            finish(
                lang,
                &known.label,
                items.take(VALUES_SHOWN).filter(|item| !item.text.is_empty()).collect(),
            )
        }
    }
}

fn item(lang: Lang, kind: &str, known: &Known, value: &str) -> Item {
    let text = tidy(value, VALUE_CHARS);
    let href = match known.form {
        Form::Url => web_address(&text),
        Form::Email => mail_address(&text),
        Form::Phone => phone_address(&text),
        _ => None,
    };
    match known.form {
        Form::Region => Item::plain(labels::region_with_code(lang, &text)),
        _ => {
            let plain = Item::plain(labels::value(lang, kind, known.id, &text));
            Item { href: href.unwrap_or_default(), ..plain }
        }
    }
}

fn set(lang: Lang, kind: &str, group: &Group<'_>) -> Row {
    let known = &group.known;
    let held = group.keys.iter().filter(|(_, _, field)| field.values.iter().any(|value| value != "false"));
    let items = held.map(|(part, member, field)| match part {
        Part::AsGiven => {
            let given = field.values.first().map_or("", String::as_str);
            Item::plain(labels::as_given(lang, &tidy(given, VALUE_CHARS)))
        }
        _ => Item::plain(labels::value(lang, kind, known.id, &tidy_line(member, NAME_CHARS))),
    });
    let values: Vec<Item> = items.filter(|item| !item.text.is_empty()).take(VALUES_SHOWN).collect();
    // A chip's border and gap are about as wide as four letters.
    let total: usize = values.iter().map(|item| width(&item.text) + 4).sum();
    Row { label: known.label.clone(), wide: total > NARROW, set: true, values, ..Row::default() }
}

/// A range whose ends have one value each is one value. Where only one end is disputed, each of its values gives a range;
/// where more is, every end that somebody wrote is shown by itself, since nobody can tell which belong together.
fn range(lang: Lang, group: &Group<'_>) -> Row {
    let known = &group.known;
    let disputed: Vec<_> = group.keys.iter().filter(|(_, _, field)| field.values.len() > 1).collect();
    let items = match disputed.as_slice() {
        [] => whole_range(lang, group),
        [(part @ (Part::Min | Part::Max), _, field)] => {
            let ranges = (0..).zip(&field.values).filter_map(|(n, value)| {
                let (low, high) = match part {
                    Part::Min => (value.parse().ok(), end(group, Part::Max)),
                    _ => (end(group, Part::Min), value.parse().ok()),
                };
                let range = labels::range(lang, known.form, low, high, false)?;
                Some(Item::plain(range).by(writer(lang, field, n)))
            });
            ranges.collect()
        }
        _ => {
            let ends = group.keys.iter().flat_map(|(part, _, field)| {
                (0..).zip(&field.values).map(move |(n, value)| (*part, *field, n, value))
            });
            let ends = ends.filter_map(|(part, field, n, value)| {
                let end = labels::range_end(lang, known.form, part, value)?;
                Some(Item::plain(end).by(writer(lang, field, n)))
            });
            ends.collect()
        }
    };
    finish(lang, &known.label, items)
}

fn end(group: &Group<'_>, part: Part) -> Option<i64> {
    single(group, part).and_then(|value| value.parse().ok())
}

/// A range that nobody disputes, with the word it was read from and what could not be read, as one value.
fn whole_range(lang: Lang, group: &Group<'_>) -> Vec<Item> {
    let negotiable = single(group, Part::Negotiable) == Some("true");
    let (low, high) = (end(group, Part::Min), end(group, Part::Max));
    let range = labels::range(lang, group.known.form, low, high, negotiable);
    let word =
        single(group, Part::Word).map(|word| tidy_line(word, NAME_CHARS)).filter(|word| !word.is_empty());
    let range = word.map(|word| labels::readiness_word(lang, range.as_deref(), &word)).or(range);
    let given = single(group, Part::AsGiven).map(|value| labels::as_given(lang, &tidy(value, VALUE_CHARS)));
    let said: Vec<String> = range.into_iter().chain(given).collect();
    if said.is_empty() { Vec::new() } else { vec![Item::plain(said.join(lang.pick("；", "; ")))] }
}

/// A row of one value, or of several that nobody has chosen between.
fn finish(lang: Lang, label: &str, values: Vec<Item>) -> Row {
    let concurrent = values.len() > 1;
    let note = match concurrent {
        true => fill(lang, "listing.concurrent", &[("n", &values.len().to_string())]),
        false => String::new(),
    };
    let wide = concurrent || values.iter().any(|item| width(&item.text) > NARROW);
    Row { label: label.to_owned(), values, concurrent, note, wide, ..Row::default() }
}

/// An http or https address that leads where it says: no other scheme, no user part that could pose as the host.
fn web_address(text: &str) -> Option<String> {
    let scheme = ["https://", "http://"]
        .iter()
        .find(|scheme| text.get(..scheme.len()).is_some_and(|head| head.eq_ignore_ascii_case(scheme)))?;
    let rest = text.get(scheme.len()..)?;
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let clean = !text.chars().any(|c| c.is_whitespace() || c.is_control() || c == '\\');
    (clean && text.len() <= 2048 && !host.is_empty() && !host.contains('@')).then(|| text.to_owned())
}

/// Where a repository shows the record that a listing was harvested from, of `repository · identifier`.
fn record_address(text: &str) -> Option<String> {
    let (from, identifier) = text.split_once(" · ")?;
    let mut address = web_address(from).filter(|from| !from.contains('#'))?;
    address.push(if address.contains('?') { '&' } else { '?' });
    address.push_str("verb=GetRecord&metadataPrefix=oai_dc&identifier=");
    encode(&mut address, identifier);
    web_address(&address)
}

fn mail_address(text: &str) -> Option<String> {
    let (name, host) = text.split_once('@')?;
    let plain = |part: &str| {
        !part.is_empty()
            && part.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '+'))
    };
    (plain(name) && plain(host)).then(|| format!("mailto:{text}"))
}

fn phone_address(text: &str) -> Option<String> {
    let digits: String = text.chars().filter(|c| c.is_ascii_digit() || *c == '+').collect();
    let plain = text.chars().all(|c| c.is_ascii_digit() || matches!(c, '+' | '-' | ' ' | '(' | ')'));
    (plain && (7..=16).contains(&digits.len())).then(|| format!("tel:{digits}"))
}

#[cfg(test)]
mod tests;
