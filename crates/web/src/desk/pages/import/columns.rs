//! The columns of a table, and what each can be read as.

use catalog::words::say;
use catalog::{Kind, Lang};

use crate::desk::imports::{ColumnView, ImportView};
use crate::limits::NAME_CHARS;
use crate::text::tidy_line;

/// What the column of listing ids is chosen as: `exchange::mapping::LISTING`.
const LISTING: &str = "_listing";

/// A column with what it holds.
pub(super) struct Column {
    pub(super) header: String,
    pub(super) label: String,
    pub(super) sheets: String,
    pub(super) samples: Vec<String>,
    pub(super) key: String,
}

/// All columns, and what can be chosen for each: key and name.
pub(super) struct Chosen {
    pub(super) columns: Vec<Column>,
    pub(super) choices: Vec<(String, String)>,
}

pub(super) fn of(lang: Lang, view: &ImportView) -> Chosen {
    let mut choices = vec![(String::new(), say(lang, "import.column.none").to_owned())];
    let fields = Kind::from_id(&view.kind).map(Kind::fields).unwrap_or_default();
    choices.extend(fields.iter().map(|field| (field.id.to_owned(), field.label(lang).to_owned())));
    choices.push((LISTING.to_owned(), say(lang, "table.listing").to_owned()));
    // Parts of fields (`price_min`) are read where a table has them, and not offered to everyone.
    for column in view.columns.iter().filter(|column| !column.key.is_empty()) {
        if choices.iter().all(|(key, _)| *key != column.key) {
            choices.push((column.key.clone(), column.key.clone()));
        }
    }
    Chosen { columns: view.columns.iter().map(|column| one(lang, column)).collect(), choices }
}

fn one(lang: Lang, column: &ColumnView) -> Column {
    let sheets: Vec<String> = column.sheets.iter().map(|sheet| tidy_line(sheet, NAME_CHARS)).collect();
    Column {
        header: column.header.clone(),
        label: tidy_line(&column.header, NAME_CHARS),
        sheets: sheets.join(lang.pick("、", ", ")),
        samples: column.samples.iter().map(|text| tidy_line(text, NAME_CHARS)).collect(),
        key: column.key.clone(),
    }
}
