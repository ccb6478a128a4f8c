//! What fields said before and say now, each as one text.

use std::collections::BTreeMap;

use catalog::Lang;

use super::{Row, groups, row};
use crate::limits::VALUE_CHARS;
use crate::text::tidy;
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

/// What the keys of one field say: its label, and each of its values, of which every key has as many.
pub(crate) fn said(lang: Lang, kind: &str, fields: &[FieldView]) -> (String, Vec<String>) {
    let (mut label, mut said) = (String::new(), Vec::new());
    for n in 0..fields.first().map_or(0, |field| field.values.len()) {
        let nth = |field: &FieldView| Some(FieldView::new(&field.key, [field.values.get(n)?]));
        let these: Vec<FieldView> = fields.iter().filter_map(nth).collect();
        let ((_, of), text) = texts(lang, kind, &these).into_iter().next().unwrap_or_default();
        label = of;
        // What is drawn as less than it is (an end of a range that makes no sense) is shown as it stands.
        let raw =
            || these.iter().flat_map(|field| &field.values).map(|value| tidy(value, VALUE_CHARS)).collect();
        said.push(if text.is_empty() { raw() } else { text });
    }
    (label, said)
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
    fn both_ends_of_a_range_are_one_choice() {
        let of = |key: &str, values: [&str; 2]| FieldView::new(key, values);
        let (low, high) = (of("trl_min", ["5", "7"]), of("trl_max", ["6", "9"]));
        let (label, values) = said(Lang::Zh, "achievement", &[low.clone(), high]);
        assert_eq!(
            (label.as_str(), values.as_slice()),
            ("成熟度", &["5–6 级".to_owned(), "7–9 级".into()][..])
        );
        let (_, ends) = said(Lang::Zh, "achievement", &[low]);
        assert_eq!(ends, ["不低于 5 级", "不低于 7 级"]);
        let (_, odd) = said(Lang::Zh, "achievement", &[of("trl_min", ["odd", "7"])]);
        assert_eq!(odd, ["odd", "不低于 7 级"]);
        let (label, unknown) = said(Lang::Zh, "achievement", &[of("zz", ["甲", "乙"])]);
        assert_eq!((label.as_str(), unknown.join("")), ("zz", "甲乙".to_owned()));
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
