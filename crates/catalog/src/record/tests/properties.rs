//! Properties of any row.

use super::*;
use proptest::prelude::*;

fn shown(kind: Kind, record: &Record) -> Vec<(String, String)> {
    display::all(kind, record, Lang::Zh).into_iter().map(|one| (one.id, one.value)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// Whatever stands in the cells: an answer, bounded, and what was accepted is valid.
    #[test]
    fn any_row_is_answered(kind in prop::sample::select(Kind::ALL.to_vec()), texts in prop::collection::vec(".{0,40}", 1..8), seed in any::<usize>()) {
        let fields = kind.fields();
        let cells: Vec<(&str, &str)> = texts.iter().enumerate()
            .map(|(n, text)| (fields[seed.wrapping_add(n * 7) % fields.len()].id, text.as_str())).collect();
        let outcome = Record::from_cells(kind, &cells, &HERE);
        prop_assert_eq!(outcome.is_accepted(), Record::validate(kind, outcome.record.entries()).is_empty() && outcome.is_accepted());
        prop_assert!(outcome.refused.len() <= limits::MAX_ISSUES + 1);
        let _ = shown(kind, &outcome.record);
    }

    /// What is shown reads back as the same record.
    #[test]
    fn what_is_shown_reads_back(
        title in "[一-龥]{2,20}", min in 0i64..2_000_000_000, width in 0i64..2_000_000_000, low in 1i64..=9, high in 1i64..=9,
        region in prop::sample::select(vec!["420106", "429004", "422801", "110105", "810000", "150204"]),
        field in prop::sample::subsequence(crate::vocabulary::FIELD.terms.iter().map(|t| t.zh).collect::<Vec<_>>(), 1..4),
        keywords in prop::collection::btree_set("[一-龥]{2,6}", 1..5),
        day in 1u32..=28, month in 1u32..=12, year in 1990u32..2026,
    ) {
        let (max, low, high) = (min + width, low.min(high), low.max(high));
        let price = format!("{min}-{max}元");
        let cells = [
            ("title", title.clone()), ("price", price), ("trl", format!("{low}-{high}")), ("region", region.to_owned()),
            ("field", field.join("；")), ("keywords", keywords.iter().cloned().collect::<Vec<_>>().join("，")),
            ("registered_on", format!("{year}.{month}.{day}")), ("industry", "C3985".into()), ("patents", "CN201220249767.4；US 5694939".into()),
        ];
        let cells: Vec<(&str, &str)> = cells.iter().map(|(id, text)| (*id, text.as_str())).collect();
        let first = achievement(&cells);
        prop_assert_eq!(&first.refused, &[]);
        let shown = shown(Kind::Achievement, &first.record);
        let again: Vec<(&str, &str)> = shown.iter().map(|(id, text)| (id.as_str(), text.as_str())).collect();
        prop_assert_eq!(achievement(&again).record, first.record);
    }

    /// What is exported by key reads back as the same record.
    #[test]
    fn entries_read_back(low in 1i64..=5, keyword in "[一-龥]{2,6}") {
        let mut row = ROW.to_vec();
        let trl = low.to_string();
        row.push(("keywords", &keyword));
        row.retain(|(id, _)| *id != "trl");
        row.push(("trl", &trl));
        let first = achievement(&row).record;
        let cells: Vec<(String, String)> = first.entries().iter().map(|(key, value)| (key.clone(), match value {
            Value::Text(text) => text.clone(),
            Value::Int(number) | Value::Time(number) => number.to_string(),
            Value::Bool(flag) => flag.to_string(),
        })).collect();
        let cells: Vec<(&str, &str)> = cells.iter().map(|(key, text)| (key.as_str(), text.as_str())).collect();
        prop_assert_eq!(achievement(&cells).record, first);
    }
}
