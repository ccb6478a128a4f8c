//! What the hidden sheet of a workbook says of the sheet that is read.

use super::header::normalize;
use crate::mapping::field_of;
use crate::workbook::stamp::{Column, ERRORS, LISTING, Stamp};
use catalog::Kind;

/// The part of a stamp that is about one sheet.
pub(crate) struct Stamped {
    pub(crate) kind: Kind,
    columns: Vec<Column>,
    /// Key and text of what stands in every row.
    pub(crate) constants: Vec<(String, String)>,
}

impl Stamped {
    pub(crate) fn new(stamp: &Stamp, sheet: &str) -> Stamped {
        let constants = stamp.constants.iter().filter(|(of, _, _)| of == sheet);
        Stamped {
            kind: stamp.kind,
            columns: stamp.columns.iter().filter(|column| column.sheet == sheet).cloned().collect(),
            constants: constants.map(|(_, key, text)| (key.clone(), text.clone())).collect(),
        }
    }

    /// The header's row, from 1, wherever it was moved to.
    pub(crate) fn header_row(&self) -> Option<u64> {
        self.columns.iter().find_map(|column| column.place).map(|(_, row)| row + 1)
    }

    /// Which column is which field: (column from 0, key). A header that was reworded stays what it was; one that now names
    /// another field means that, for somebody pasted a table of his own over ours.
    pub(crate) fn resolve(&self, headers: &[String]) -> Vec<(usize, String)> {
        let mut found: Vec<(usize, String)> = Vec::new();
        let worded = |column: &Column| headers.iter().position(|header| header == &column.label);
        // Places of old say nothing any more once another column has left its own.
        let left =
            |column: &Column| worded(column).is_some_and(|now| column.place.map(|(old, _)| old) != Some(now));
        let moved = self.columns.iter().any(|column| !column.sure && left(column));
        for column in &self.columns {
            let by_words = worded(column);
            let place = column.place.filter(|_| column.sure || !moved).map(|(place, _)| place);
            let by_place = place.filter(|place| *place < headers.len());
            let by_place = by_place.filter(|place| !self.names_another(&headers[*place], column));
            let found_at = if column.sure { by_place.or(by_words) } else { by_words.or(by_place) };
            if let Some(place) = found_at {
                let taken = found.iter().any(|(other, _)| *other == place);
                if !taken {
                    found.push((place, column.key.clone()));
                }
            }
        }
        found
    }

    fn names_another(&self, header: &str, column: &Column) -> bool {
        if normalize(header) == normalize(&column.label) || [ERRORS, LISTING].contains(&column.key.as_str()) {
            return false;
        }
        let field = self.kind.field_for_header(header);
        field.is_some_and(|field| field_of(self.kind, &column.key).is_none_or(|own| own.id != field.id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(key: &str, place: Option<usize>, label: &str) -> Column {
        Column {
            sheet: "成果".to_owned(),
            key: key.to_owned(),
            place: place.map(|place| (place, 0)),
            sure: true,
            label: label.to_owned(),
        }
    }

    fn resolved(headers: &[&str]) -> Vec<(usize, String)> {
        let mut stamp = Stamp::new(Kind::Achievement);
        stamp.columns = vec![
            column("title", Some(0), "★成果名称"),
            column("summary", Some(1), "★简介"),
            column("team", None, "团队"),
        ];
        let headers: Vec<String> = headers.iter().map(|header| (*header).to_owned()).collect();
        Stamped::new(&stamp, "成果").resolve(&headers)
    }

    fn at(place: usize, key: &str) -> (usize, String) {
        (place, key.to_owned())
    }

    #[test]
    fn a_reworded_header_stays_and_one_that_names_another_field_means_it() {
        assert_eq!(
            resolved(&["★成果名称", "★简介", "团队"]),
            [at(0, "title"), at(1, "summary"), at(2, "team")]
        );
        assert_eq!(resolved(&["甲", "乙", "丙"]), [at(0, "title"), at(1, "summary")]);
        assert_eq!(resolved(&["简介", "成果名称"]), []);
        assert_eq!(resolved(&["★成果名称"]), [at(0, "title")]);
    }

    /// Written by a program that keeps no results of formulas: what the headers say comes first, then where they once stood.
    #[test]
    fn without_results_of_formulas_words_come_before_places() {
        let mut stamp = Stamp::new(Kind::Achievement);
        let old = |key, place, label| Column { sure: false, ..column(key, Some(place), label) };
        stamp.columns = vec![old("title", 0, "★成果名称"), old("summary", 1, "★简介")];
        let of = |headers: [&str; 3]| Stamped::new(&stamp, "成果").resolve(&headers.map(str::to_owned));
        assert_eq!(of(["备注", "★成果名称", "★简介"]), [at(1, "title"), at(2, "summary")]);
        assert_eq!(of(["我们的叫法", "★简介", "备注"]), [at(0, "title"), at(1, "summary")]);
        assert_eq!(of(["备注", "我们的叫法", "★简介"]), [at(2, "summary")]);
    }
}
