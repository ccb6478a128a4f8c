//! What fields said before and say now, each as one text.

use std::collections::BTreeMap;

use catalog::Lang;

use super::{Row, groups, row};
use crate::view::FieldView;

/// A field that says something else now.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) label: String,
    /// What it said; empty where it said nothing.
    pub(crate) before: String,
    /// What it says; empty where it says nothing any more.
    pub(crate) after: String,
}

/// The fields that differ, in reading order.
pub(crate) fn compare(lang: Lang, kind: &str, before: &[FieldView], after: &[FieldView]) -> Vec<Change> {
    let mut rows: BTreeMap<(usize, String), (String, String)> = BTreeMap::new();
    for (key, text) in texts(lang, kind, before) {
        rows.entry(key).or_default().0 = text;
    }
    for (key, text) in texts(lang, kind, after) {
        rows.entry(key).or_default().1 = text;
    }
    let differ = rows.into_iter().filter(|(_, (before, after))| before != after);
    differ.map(|((_, label), (before, after))| Change { label, before, after }).collect()
}

/// What one key says: the label of its field, and each of its values.
pub(crate) fn said(lang: Lang, kind: &str, field: &FieldView) -> (String, Vec<String>) {
    let (groups, unknown) = groups(lang, kind, std::slice::from_ref(field));
    let known = groups.values().map(|group| (group.known.label.clone(), row(lang, kind, group)));
    let other = unknown.into_values().map(|row| (row.label.clone(), row));
    let (label, row) = known.chain(other).next().unwrap_or_default();
    let shown: Vec<String> = row.values.into_iter().map(|item| item.text).collect();
    // What is drawn as less than it is (an end of a range that makes no sense) is shown as it stands.
    let raw =
        || field.values.iter().map(|value| crate::text::tidy(value, crate::limits::VALUE_CHARS)).collect();
    (label, if shown.len() == field.values.len() { shown } else { raw() })
}

/// The text of each field by its place in reading order and its label; those that the catalogue does not know come last.
fn texts(lang: Lang, kind: &str, fields: &[FieldView]) -> BTreeMap<(usize, String), String> {
    let (groups, unknown) = groups(lang, kind, fields);
    let known = groups
        .iter()
        .map(|(order, group)| ((*order, group.known.label.clone()), text(lang, &row(lang, kind, group))));
    let other = unknown.values().map(|row| ((usize::MAX, row.label.clone()), text(lang, row)));
    known.chain(other).collect()
}

fn text(lang: Lang, row: &Row) -> String {
    let between = if row.set { lang.pick("、", ", ") } else { " / " };
    let texts: Vec<&str> = row.values.iter().map(|item| item.text.as_str()).collect();
    texts.join(between)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(key: &str, value: &str) -> FieldView {
        FieldView::new(key, [value])
    }

    #[test]
    fn ranges_and_sets_are_compared_whole() {
        let before =
            [one("trl_min", "4"), one("trl_max", "5"), one("keyword/甲", "true"), one("title", "同")];
        let after = [
            one("trl_min", "4"),
            one("trl_max", "6"),
            one("keyword/甲", "true"),
            one("keyword/乙", "true"),
            one("title", "同"),
            one("zz_new", "新"),
        ];
        let changes = compare(Lang::Zh, "achievement", &before, &after);
        let labels: Vec<&str> = changes.iter().map(|change| change.label.as_str()).collect();
        assert_eq!(labels, ["关键词", "成熟度", "zz_new"], "{changes:?}");
        assert_eq!((changes[0].before.as_str(), changes[0].after.as_str()), ("甲", "甲、乙"));
        assert!(changes[1].before.contains('5') && changes[1].after.contains('6'), "{changes:?}");
        assert_eq!(changes[2].before, "");
    }
}
