//! The template of a kind: a sheet to fill in, a sheet that explains each of its columns, and two hidden ones.

use super::furniture::{self, Lists};
use super::stamp::{Column, Stamp};
use super::{Fault, cell_name};
use catalog::words::{fill, say};
use catalog::{Field, Kind, Lang};
use rust_xlsxwriter::{Format, FormatAlign, Workbook, Worksheet};

/// Height of a header, points: two lines of words.
pub(super) const HEADER_HEIGHT: f64 = 36.0;

/// A workbook to fill in with listings of a kind: its bytes.
///
/// One sheet bears the kind's name; `read::open` takes its columns for what they are even where their headers were reworded
/// or moved. The second explains each column.
///
/// # Errors
/// When the workbook cannot be put together; no input makes this happen.
pub fn template(kind: Kind, lang: Lang) -> Result<Vec<u8>, Fault> {
    let mut workbook = Workbook::new();
    let mut lists = Lists::default();
    let mut stamp = Stamp::new(kind);
    let fields = furniture::ordered(kind);
    let name = kind.label(lang);
    let sheet = workbook.add_worksheet();
    sheet.set_name(name)?;
    header(sheet, &fields, &mut lists, lang)?;
    for (place, field) in fields.iter().enumerate() {
        stamp.columns.push(Column {
            sheet: name.to_owned(),
            key: field.id.to_owned(),
            place: Some((place, 0)),
            sure: true,
            label: furniture::label(field, lang),
        });
    }
    let guide = say(lang, "table.guide");
    let explained = workbook.add_worksheet();
    explained.set_name(guide)?;
    explain(explained, kind, &fields, lang)?;
    stamp.guides.push(guide.to_owned());
    lists.write(&mut workbook)?;
    stamp.write(&mut workbook)?;
    Ok(workbook.save_to_buffer()?)
}

/// The header row of a sheet of fields, which stays in view, and what stands ready below it.
pub(super) fn header(
    sheet: &mut Worksheet,
    fields: &[&'static Field],
    lists: &mut Lists,
    lang: Lang,
) -> Result<(), Fault> {
    sheet.set_row_height(0, HEADER_HEIGHT)?;
    sheet.set_freeze_panes(1, 1)?;
    for (column, field) in (0u16..).zip(fields) {
        let label = furniture::label(field, lang);
        sheet.write_string_with_format(0, column, &label, &furniture::header_format(Some(field.need)))?;
        let text = format!("{label}\n{}\n{}", furniture::need(field, lang), furniture::how(field, lang));
        sheet.insert_note(0, column, &furniture::note(&text))?;
        furniture::furnish(sheet, column, field, 1, lists, lang)?;
    }
    furniture::accept_numbers_as_text(sheet, u16::try_from(fields.len()).unwrap_or(u16::MAX))
}

fn explain(sheet: &mut Worksheet, kind: Kind, fields: &[&'static Field], lang: Lang) -> Result<(), Fault> {
    let name = kind.label(lang);
    let title = kind.field("title").map_or("", |field| field.label(lang));
    let number = kind.field("source_id").map_or("", |field| field.label(lang));
    let wrap = Format::new().set_text_wrap().set_align(FormatAlign::Top);
    let large = Format::new().set_bold().set_font_size(14);
    for (column, width) in [(0, 8.0), (1, 26.0), (2, 14.0), (3, 60.0), (4, 60.0)] {
        sheet.set_column_width(column, width)?;
    }
    sheet.write_string_with_format(0, 0, fill(lang, "table.guide.title", &[("kind", name)]), &large)?;
    let mut row = 1;
    let places = [("sheet", name), ("title", title), ("number", number)];
    for line in ["rows", "stars", "lists", "number", "import", "return"] {
        sheet.write_string(row, 0, fill(lang, &format!("table.guide.{line}"), &places))?;
        row += 1;
    }
    row += 1;
    for (column, key) in (0u16..).zip(["place", "name", "need", "how", "terms"]) {
        let words = say(lang, &format!("table.column.{key}")).to_owned();
        sheet.write_string_with_format(row, column, words, &furniture::header_format(None))?;
    }
    for (place, field) in fields.iter().enumerate() {
        row += 1;
        let letters = cell_name(place, 1);
        let terms = furniture::terms(field, lang).join(lang.pick("；", "; "));
        let cells = [
            letters.trim_end_matches('1'),
            &furniture::label(field, lang),
            furniture::need(field, lang),
            &furniture::how(field, lang),
            &terms,
        ];
        for (column, text) in (0u16..).zip(cells) {
            sheet.write_string_with_format(row, column, text, &wrap)?;
        }
    }
    Ok(())
}
