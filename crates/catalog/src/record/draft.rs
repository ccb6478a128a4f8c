//! Reading a row of cells into a record.

use std::collections::BTreeMap;

use protocol::Value;

use super::{Issue, Record, cell, check};
use crate::limits::{MAX_CELL_BYTES, MAX_CELLS, MAX_ISSUES};
use crate::words::Lang;
use crate::{Field, Kind, Need, Part, fold, id_number, phone, region};

/// What a row is read against.
#[derive(Clone, Copy, Debug, Default)]
pub struct Context<'a> {
    /// The language the texts of this table are in; recorded as `language` where a row does not say. `None`: not recorded.
    pub lang: Option<Lang>,
    /// The division of rows that name none: six digits. It also settles names that several provinces have.
    pub default_region: Option<&'a str>,
    /// The current year; 0 when unknown. Results of the future are pointed out.
    pub today_year: i64,
}

/// What became of a row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// All that could be read.
    pub record: Record,
    /// Why the row must not be published; empty when it may.
    pub refused: Vec<Issue>,
    /// What deserves a second look.
    pub advice: Vec<Issue>,
}

impl Outcome {
    /// Whether the row may be published.
    pub fn is_accepted(&self) -> bool {
        self.refused.is_empty()
    }
}

/// A record that is being read.
pub(super) struct Draft<'a> {
    pub(super) context: &'a Context<'a>,
    kind: Kind,
    entries: BTreeMap<String, Value>,
    refused: Vec<Issue>,
    advice: Vec<Issue>,
}

pub(super) fn read(kind: Kind, cells: &[(&str, &str)], context: &Context<'_>) -> Outcome {
    let mut draft =
        Draft { context, kind, entries: BTreeMap::new(), refused: Vec::new(), advice: Vec::new() };
    if cells.len() > MAX_CELLS {
        let (count, max) = (cells.len().to_string(), MAX_CELLS.to_string());
        draft.refuse(Issue::of_key("", "too_many_cells", "", &[("count", &count), ("max", &max)]));
    }
    for (id, text) in cells.iter().take(MAX_CELLS) {
        draft.read_cell(id, text);
    }
    draft.apply_defaults();
    draft.point_out();
    draft.finish()
}

impl Draft<'_> {
    fn read_cell(&mut self, id: &str, text: &str) {
        if text.len() > MAX_CELL_BYTES {
            let (count, max) = (text.len().to_string(), MAX_CELL_BYTES.to_string());
            return self.refuse(Issue::of_key(id, "cell_too_large", "", &[("count", &count), ("max", &max)]));
        }
        // Before anything else looks at it: neither the record nor a reason may repeat such a number.
        if id_number::contains(id) || id_number::contains(text) {
            let key = if id_number::contains(id) { "" } else { id };
            return self.refuse(Issue::of_entry(self.kind, key, "id_number", ""));
        }
        if fold::cell(text).is_empty() {
            return;
        }
        match self.kind.field(id) {
            Some(field) => cell::read(self, field, text),
            None => match self.kind.key(id) {
                Some((field, part)) => cell::read_part(self, field, part, id, text),
                None => self.keep_unknown(id, text),
            },
        }
    }

    fn keep_unknown(&mut self, id: &str, text: &str) {
        let plain =
            !id.is_empty() && id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
        if plain {
            self.put(id, Value::Text(fold::paragraphs(text)));
            self.advise(Issue::of_key(id, "unknown_field", text, &[]));
        } else {
            self.refuse(Issue::of_key(id, "bad_key", text, &[]));
        }
    }

    fn apply_defaults(&mut self) {
        let kind = self.kind;
        if let (Some(field), Some(code)) = (kind.field("region"), self.context.default_region)
            && !self.entries.keys().any(|key| field.part_of(key).is_some())
            && !self.refused.iter().any(|issue| issue.field == field.id)
        {
            match region::by_code(code) {
                Some(found) => cell::put_region(self, field, &found),
                None => self.advise(Issue::of(field, "default_region", code, &[])),
            }
        }
        if let Some(lang) = self.context.lang
            && kind.field("language").is_some()
            && !self.entries.contains_key("language")
        {
            self.put("language", Value::Text(lang.id().to_owned()));
        }
    }

    /// Advice that needs the whole record: what is missing, and phone numbers in texts that everyone reads.
    fn point_out(&mut self) {
        let kind = self.kind;
        for field in kind.fields().iter().filter(|field| field.need == Need::Expected) {
            let refused = self.refused.iter().any(|issue| issue.field == field.id);
            if !refused && !self.entries.keys().any(|key| field.part_of(key).is_some()) {
                self.advise(Issue::of(field, "missing", "", &[]));
            }
        }
        let mentions: Vec<&Field> = kind
            .fields()
            .iter()
            .filter(|field| !field.contact)
            .filter(|field| matches!(self.entries.get(field.id), Some(Value::Text(text)) if phone::mentions_mobile(text)))
            .collect();
        for field in mentions {
            self.advise(Issue::of(field, "phone_in_text", "", &[]));
        }
    }

    fn finish(mut self) -> Outcome {
        for issue in check::all(self.kind, &self.entries) {
            // A title that was refused for what it holds is not missing as well.
            let known = self.refused.iter().any(|other| {
                other.field == issue.field && (other.code == issue.code || issue.code == "required")
            });
            if !known {
                self.refuse(issue);
            }
        }
        Outcome { record: Record::new(self.entries), refused: self.refused, advice: self.advice }
    }

    /// Puts a value; a second, different value of the same key is pointed out and the first stays.
    pub(super) fn put(&mut self, key: &str, value: Value) {
        match self.entries.get(key) {
            None => {
                self.entries.insert(key.to_owned(), value);
            }
            Some(first) if *first != value => {
                let second = match &value {
                    Value::Text(text) => text.clone(),
                    Value::Int(number) | Value::Time(number) => number.to_string(),
                    Value::Bool(flag) => flag.to_string(),
                };
                self.advise(Issue::of_entry(self.kind, key, "given_twice", &second));
            }
            Some(_) => {}
        }
    }

    pub(super) fn put_text(&mut self, field: &Field, part: Part, text: &str) {
        self.put(&field.key_of(part), Value::Text(text.to_owned()));
    }

    pub(super) fn put_member(&mut self, prefix: &str, member: &str) {
        self.put(&format!("{prefix}/{member}"), Value::Bool(true));
    }

    /// Adds a paragraph to a text that several columns feed.
    pub(super) fn append(&mut self, key: &str, text: &str, between: &str) {
        match self.entries.get_mut(key) {
            Some(Value::Text(before)) => {
                before.push_str(between);
                before.push_str(text);
            }
            _ => self.put(key, Value::Text(text.to_owned())),
        }
    }

    pub(super) fn members_of(&self, prefix: &str) -> usize {
        let prefix = format!("{prefix}/");
        self.entries.range(prefix.clone()..).take_while(|(key, _)| key.starts_with(&prefix)).count()
    }

    pub(super) fn refuse(&mut self, issue: Issue) {
        push(&mut self.refused, issue);
    }

    pub(super) fn advise(&mut self, issue: Issue) {
        push(&mut self.advice, issue);
    }
}

/// Adds an issue; past the bound the last one says that there were more.
pub(super) fn push(issues: &mut Vec<Issue>, issue: Issue) {
    match issues.len() {
        count if count < MAX_ISSUES => issues.push(issue),
        MAX_ISSUES => issues.push(Issue::of_key("", "more_issues", "", &[])),
        _ => {}
    }
}
