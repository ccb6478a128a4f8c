//! Finding the header row of a table, and comparing column names as people write them.

use super::Meta;
use crate::error::{Note, quote};
use catalog::Kind;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

/// Matches that a row below the first must have to be the header: a single known word may stand in any title.
const MIN_MATCHES_BELOW_FIRST: usize = 2;

/// A column's name as names are compared: `catalog::fold::header` (width, case, punctuation, stars, what stands in brackets),
/// and without numbering before it.
///
/// ```
/// use exchange::read::header::normalize;
/// assert_eq!(normalize("★ １.成果 名称（必填）："), "成果名称");
/// assert_eq!(normalize("Case_Number"), normalize("case number"));
/// ```
pub fn normalize(name: &str) -> String {
    catalog::fold::header(without_numbering(name))
}

/// What stands in the last brackets of a name, such as the `万元` of `价格（万元）`.
pub(crate) fn bracketed(name: &str) -> Option<String> {
    let plain = catalog::fold::cell(name);
    let (_, rest) = plain.rsplit_once(['(', '['])?;
    let (inner, _) = rest.split_once([')', ']'])?;
    Some(inner.trim().to_owned())
}

/// Drops `1、` or `3．` before a name, but not the digits that a name begins with.
fn without_numbering(name: &str) -> &str {
    let name = name.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '★' | '*' | '※'));
    let rest = name.trim_start_matches(|c: char| c.is_numeric());
    let counted = rest.len() < name.len();
    match rest.strip_prefix(['、', '.', '．', ')', '）']) {
        Some(rest) if counted => rest,
        _ => name,
    }
}

/// Every column name that the catalogue knows, of all kinds, normalised.
fn known() -> &'static BTreeSet<String> {
    static KNOWN: OnceLock<BTreeSet<String>> = OnceLock::new();
    KNOWN.get_or_init(|| {
        let fields = Kind::ALL.iter().flat_map(|kind| kind.fields());
        fields.flat_map(names_of).filter(|name| !name.is_empty()).collect()
    })
}

/// The names under which a field may stand in a header, best first, normalised.
pub(crate) fn names_of(field: &catalog::Field) -> Vec<String> {
    let own = [field.id, field.label_zh, field.label_en];
    own.iter().chain(field.synonyms).map(|name| normalize(name)).collect()
}

fn matches(cells: &[String]) -> usize {
    cells.iter().filter(|cell| cell.len() <= MAX_NAME_BYTES && known().contains(&normalize(cell))).count()
}

/// Bytes of a cell that may be a column's name; longer ones are texts.
const MAX_NAME_BYTES: usize = 200;

/// The row, of those given with their places, that knows most column names; the first of equals. `None` when none does.
pub(crate) fn choose(rows: &[(usize, &[String])]) -> Option<usize> {
    let mut best = None;
    for (order, (place, cells)) in rows.iter().enumerate() {
        let found = matches(cells);
        let least = if order == 0 { 1 } else { MIN_MATCHES_BELOW_FIRST };
        if found >= least && best.is_none_or(|(most, _)| found > most) {
            best = Some((found, *place));
        }
    }
    best.map(|(_, place)| place)
}

/// The name of a column that has none, counted from 1.
pub(crate) fn invented(column: usize) -> String {
    format!("column{column}")
}

/// Gives every column a name of its own: blank ones `column3`, repeated ones `name_2`.
pub(crate) fn distinct(cells: Vec<String>, meta: &mut Meta) -> Vec<String> {
    let last = cells.iter().rposition(|cell| !cell.is_empty()).map_or(0, |last| last + 1);
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut taken: BTreeSet<String> = cells.iter().cloned().collect();
    let mut names = Vec::with_capacity(last);
    for (place, cell) in cells.into_iter().take(last).enumerate() {
        let name = if cell.is_empty() { invented(place + 1) } else { cell };
        let times = seen.entry(name.clone()).or_insert(0);
        *times += 1;
        if *times == 1 {
            names.push(name);
            continue;
        }
        while !taken.insert(format!("{name}_{times}")) {
            *times += 1;
        }
        let renamed = format!("{name}_{times}");
        let (old, new) = (quote(&name), quote(&renamed));
        meta.note(Note::new(
            "repeated_column",
            format!("列名“{old}”重复，第 {} 列改称“{new}”", place + 1),
            format!("the column name \"{old}\" is repeated; column {} is called \"{new}\"", place + 1),
        ));
        names.push(renamed);
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(rows: &[&[&str]]) -> Option<usize> {
        let owned: Vec<Vec<String>> =
            rows.iter().map(|r| r.iter().map(|c| (*c).to_owned()).collect()).collect();
        let places: Vec<(usize, &[String])> = owned.iter().map(Vec::as_slice).enumerate().collect();
        choose(&places)
    }

    #[test]
    fn the_header_is_the_row_that_names_most_columns() {
        assert_eq!(rows(&[&["title", "x"], &["a", "b"]]), Some(0));
        assert_eq!(
            rows(&[&["2024年成果汇总表"], &["★成果名称", "完成单位（全称）"], &["激光", "某大学"]]),
            Some(1)
        );
        assert_eq!(rows(&[&["激光焊接", "历史学"], &["光纤", "工学"]]), None);
        assert_eq!(rows(&[&["激光焊接", "甲"], &["名称", "乙"]]), None);
    }

    #[test]
    fn every_column_gets_its_own_name() {
        let mut meta = Meta::new(crate::read::Format::Csv);
        let cells = ["a", "", "a", "a_2", "a", ""].map(str::to_owned).to_vec();
        assert_eq!(distinct(cells, &mut meta), ["a", "column2", "a_3", "a_2", "a_4"]);
        assert_eq!(meta.notes.len(), 2);
    }

    #[test]
    fn units_stand_in_brackets() {
        assert_eq!(bracketed("价格（万元）").as_deref(), Some("万元"));
        assert_eq!(bracketed("价格"), None);
        assert_eq!(normalize("1、成果名称"), "成果名称");
        assert_eq!(normalize("3D打印方向"), "3d打印方向");
    }
}
