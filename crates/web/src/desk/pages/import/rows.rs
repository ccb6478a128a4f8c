//! What single rows of a table would become.

use catalog::words::{fill, say};
use catalog::{Kind, Lang};

use super::list_key;
use crate::desk::imports::{ChangeView, RowRemark, RowView};
use crate::labels;
use crate::limits::NAME_CHARS;
use crate::text::tidy_line;

/// A row.
pub(super) struct Line {
    pub(super) at: String,
    pub(super) title: String,
    pub(super) href: String,
    pub(super) outcome: &'static str,
    pub(super) class: &'static str,
    pub(super) by: String,
    pub(super) changes: Vec<Change>,
    pub(super) remarks: Vec<Remark>,
}

/// A field that changes.
pub(super) struct Change {
    pub(super) label: String,
    pub(super) before: String,
    pub(super) after: String,
}

/// A remark, with the cells that it is about.
pub(super) struct Remark {
    pub(super) cells: String,
    pub(super) text: String,
    pub(super) advice: bool,
}

pub(super) fn line(lang: Lang, kind: &str, row: RowView) -> Line {
    let title = tidy_line(&row.title, NAME_CHARS);
    let number = row.row.to_string();
    let at = match row.sheet.as_str() {
        "" => fill(lang, "import.row", &[("row", &number)]),
        sheet => {
            fill(lang, "import.row.sheet", &[("row", &number), ("sheet", &tidy_line(sheet, NAME_CHARS))])
        }
    };
    let href = match row.id.as_str() {
        "" => String::new(),
        draft if draft.starts_with("d-") => format!("/desk/draft/{draft}"),
        listing => format!("/listing/{listing}"),
    };
    let by = if row.by.is_empty() { "" } else { by_key(&row.by) };
    Line {
        at,
        href,
        title: if title.is_empty() { labels::untitled(lang) } else { title },
        outcome: list_key(&row.outcome),
        class: match row.outcome.as_str() {
            "refused" => "state-bad",
            "changed" => "state-wait",
            "new" => "state-good",
            _ => "",
        },
        by: if by.is_empty() { String::new() } else { say(lang, by).to_owned() },
        changes: row.changes.iter().map(|change| of_change(lang, kind, change)).collect(),
        remarks: row.remarks.iter().map(|remark| of_remark(lang, remark)).collect(),
    }
}

fn by_key(by: &str) -> &'static str {
    match by {
        "listing" => "import.by.listing",
        "number" => "import.by.number",
        "title" => "import.by.title",
        "patent" => "import.by.patent",
        "draft" => "import.by.draft",
        _ => "import.by.content",
    }
}

fn of_change(lang: Lang, kind: &str, change: &ChangeView) -> Change {
    let field = Kind::from_id(kind).and_then(|kind| kind.field(&change.field));
    let (before, after) = lang.pick(&change.zh, &change.en);
    Change {
        label: field
            .map_or_else(|| tidy_line(&change.field, NAME_CHARS), |field| field.label(lang).to_owned()),
        before: tidy_line(before, 2 * NAME_CHARS),
        after: tidy_line(after, 2 * NAME_CHARS),
    }
}

fn of_remark(lang: Lang, remark: &RowRemark) -> Remark {
    let text = tidy_line(lang.pick(&remark.text.0, &remark.text.1), 4 * NAME_CHARS);
    Remark { cells: remark.cells.join(lang.pick("、", ", ")), text, advice: remark.advice }
}
