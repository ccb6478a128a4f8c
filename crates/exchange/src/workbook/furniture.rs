//! What makes a sheet easy to fill in: widths, text format, drop-down lists, notes and hints.

use super::Fault;
use super::stamp::TERMS;
use catalog::words::{fill, say};
use catalog::{Field, FieldType, Kind, Lang, Need};
use rust_xlsxwriter::{
    Color, DataValidation, DataValidationErrorStyle, Format, FormatAlign, FormatBorder, Formula, IgnoreError,
    Note, Workbook, Worksheet,
};

/// Last row of a sheet, from 0: lists and formats reach down to it, however many rows are filled in.
const LAST_ROW: u32 = 1_048_575;
/// Characters of the hint of a cell, and of its title (Excel).
const MAX_HINT_CHARS: usize = 255;
const MAX_HINT_TITLE_CHARS: usize = 32;
/// Texts of at most so many characters are written as text, so that nothing becomes a number or a date. Longer ones are prose,
/// and old programs show a long cell of text format as ####.
const MAX_CODE_CHARS: usize = 255;

/// Fill of a header by how much its field is wanted, of cells with faults, and of cells with advice. Words say the same.
const REQUIRED: Color = Color::RGB(0x1F_4E_79);
const EXPECTED: Color = Color::RGB(0x2E_75_B6);
const OPTIONAL: Color = Color::RGB(0x59_59_59);
/// Fill of the header of the column of errors.
pub(super) const ERRORS: Color = Color::RGB(0xC0_00_00);
pub(super) const FAULTY: Color = Color::RGB(0xFF_C7_CE);
pub(super) const ADVISED: Color = Color::RGB(0xFF_F2_CC);

/// The fields of a kind in the order in which a sheet has them: first those that forms mark ★, last how to reach a person.
pub(crate) fn ordered(kind: Kind) -> Vec<&'static Field> {
    let mut fields: Vec<&Field> = kind.fields().iter().collect();
    fields.sort_by_key(|field| (field.contact, field.need == Need::Optional));
    fields
}

/// A field's header: ★ where forms have it, and the unit of amounts.
pub(crate) fn label(field: &Field, lang: Lang) -> String {
    let star = if field.need == Need::Optional { "" } else { "★" };
    let unit = if matches!(field.ty, FieldType::Money) { say(lang, "table.unit") } else { "" };
    format!("{star}{}{unit}", field.label(lang))
}

/// How to fill in a field, in a sentence or two.
pub(super) fn how(field: &Field, lang: Lang) -> String {
    let (key, places) = match field.ty {
        FieldType::Text { max_chars } => ("text", vec![("max", max_chars.to_string())]),
        FieldType::LongText => ("long_text", vec![("max", catalog::limits::MAX_LONG_TEXT_CHARS.to_string())]),
        FieldType::Int { min, max } => ("int", vec![("min", min.to_string()), ("max", max.to_string())]),
        FieldType::Year => ("year", vec![]),
        FieldType::Date => ("date", vec![]),
        FieldType::Vocabulary(_) => ("term", vec![]),
        FieldType::Set { max_items, .. } => ("set", vec![("max", max_items.to_string())]),
        FieldType::VocabularySet(_) => ("terms", vec![]),
        FieldType::Classified(_) => ("class", vec![]),
        FieldType::Region => ("region", vec![]),
        FieldType::CreditCode => ("credit_code", vec![]),
        FieldType::PatentSet => ("patents", vec![]),
        FieldType::IpcSet => ("ipc", vec![]),
        FieldType::Money => ("money", vec![]),
        FieldType::Trl => ("trl", vec![]),
        FieldType::Url => ("url", vec![]),
        FieldType::Email => ("email", vec![]),
        FieldType::Phone => ("phone", vec![]),
        FieldType::Flag => ("flag", vec![]),
    };
    let places: Vec<(&str, &str)> = places.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let by_type = fill(lang, &format!("table.how.{key}"), &places);
    match field.help_in(lang) {
        "" => by_type,
        help => format!("{help}{}{by_type}", lang.pick("。", ". ")),
    }
}

/// Whether a field is needed, in words.
pub(super) fn need(field: &Field, lang: Lang) -> &'static str {
    match field.need {
        Need::Required => say(lang, "table.need.required"),
        Need::Expected => say(lang, "table.need.expected"),
        Need::Optional => say(lang, "table.need.optional"),
    }
}

/// The words that a cell of the field may choose from; empty when it is free.
pub fn terms(field: &Field, lang: Lang) -> Vec<String> {
    match field.ty {
        FieldType::Vocabulary(list) | FieldType::VocabularySet(list) => {
            list.terms.iter().map(|term| term.label(lang).to_owned()).collect()
        }
        FieldType::Classified(schemes) => {
            let classes = schemes.iter().take(1).flat_map(|scheme| scheme.classes);
            classes.map(|class| format!("{} {}", class.code, lang.pick(class.zh, class.en))).collect()
        }
        FieldType::Trl => {
            let words = say(lang, "table.trl").split('|').map(str::to_owned);
            words.chain((1..=9).map(|level| level.to_string())).collect()
        }
        FieldType::Flag => ["flag.yes", "flag.no"].map(|key| say(lang, key).to_owned()).to_vec(),
        _ => Vec::new(),
    }
}

/// Lists of terms, which stand on a hidden sheet: a list inside a rule may have 255 characters only.
#[derive(Default)]
pub(super) struct Lists {
    columns: Vec<Vec<String>>,
}

impl Lists {
    /// The range in which a list stands.
    fn range(&mut self, terms: Vec<String>) -> String {
        let place = self.columns.iter().position(|known| *known == terms).unwrap_or(self.columns.len());
        let last = terms.len();
        if place == self.columns.len() {
            self.columns.push(terms);
        }
        let letters = super::cell_name(place, 1);
        let letters = letters.trim_end_matches('1');
        format!("='{TERMS}'!${letters}$1:${letters}${last}")
    }

    /// Appends the hidden sheet.
    pub(super) fn write(&self, workbook: &mut Workbook) -> Result<(), Fault> {
        let sheet = workbook.add_worksheet();
        sheet.set_name(TERMS)?;
        sheet.set_very_hidden(true);
        for (column, terms) in (0u16..).zip(&self.columns) {
            for (row, term) in (0u32..).zip(terms) {
                sheet.write_string(row, column, term)?;
            }
        }
        Ok(())
    }
}

/// Gives a column of a field its width and format, and the cells from `first_row` (from 0) on its list or hint.
pub(super) fn furnish(
    sheet: &mut Worksheet,
    column: u16,
    field: &Field,
    first_row: u32,
    lists: &mut Lists,
    lang: Lang,
) -> Result<(), Fault> {
    sheet.set_column_width(column, width(field))?;
    sheet.set_column_format(column, &cell_format(Some(field)))?;
    if let Some(rule) = rule(field, lists, lang)? {
        sheet.add_data_validation(first_row, column, LAST_ROW, column, &rule)?;
    }
    Ok(())
}

/// The format of cells of a field, or of a column of no field.
pub(super) fn cell_format(field: Option<&Field>) -> Format {
    let is_prose = match field.map(|field| field.ty) {
        Some(FieldType::Text { max_chars }) => max_chars > MAX_CODE_CHARS,
        Some(FieldType::LongText) | None => true,
        _ => false,
    };
    // Prose is not broken into lines: a row would fill the screen.
    let format = Format::new().set_align(FormatAlign::Top);
    if is_prose { format } else { format.set_text_wrap().set_num_format("@") }
}

/// Characters that a column shows.
fn width(field: &Field) -> f64 {
    match field.ty {
        _ if field.id == "title" => 36.0,
        FieldType::LongText => 40.0,
        FieldType::Text { max_chars } if max_chars > 300 => 48.0,
        FieldType::Text { max_chars } if max_chars > 80 => 26.0,
        FieldType::Year | FieldType::Int { .. } | FieldType::Flag => 10.0,
        FieldType::Date | FieldType::Text { .. } => 14.0,
        _ => 22.0,
    }
}

fn rule(field: &Field, lists: &mut Lists, lang: Lang) -> Result<Option<DataValidation>, Fault> {
    if matches!(field.ty, FieldType::Text { .. } | FieldType::LongText) {
        return Ok(None);
    }
    let terms = terms(field, lang);
    let rule = match terms.is_empty() {
        true => DataValidation::new().allow_any_value(),
        false => DataValidation::new().allow_list_formula(Formula::new(lists.range(terms))),
    };
    // Another word is pointed out, never forbidden: sets take several terms, and import knows more words than the list has.
    let style = match field.ty {
        FieldType::Vocabulary(_) | FieldType::Flag => DataValidationErrorStyle::Warning,
        _ => DataValidationErrorStyle::Information,
    };
    let clip = |text: &str, max| text.chars().take(max).collect::<String>();
    let rule = rule
        .ignore_blank(true)
        .set_error_style(style)
        .set_error_title(clip(field.label(lang), MAX_HINT_TITLE_CHARS))?
        .set_error_message(clip(say(lang, "table.not_in_list"), MAX_HINT_CHARS))?
        .set_input_title(clip(field.label(lang), MAX_HINT_TITLE_CHARS))?
        .set_input_message(clip(&how(field, lang), MAX_HINT_CHARS))?;
    Ok(Some(rule))
}

/// Codes and numbers are texts here: no green corner at each of them.
pub(super) fn accept_numbers_as_text(sheet: &mut Worksheet, last_column: u16) -> Result<(), Fault> {
    sheet.ignore_error_range(0, 0, LAST_ROW, last_column, IgnoreError::NumberStoredAsText)?;
    Ok(())
}

/// The format of a field's header.
pub(super) fn header_format(need: Option<Need>) -> Format {
    let fill = match need {
        Some(Need::Required) => REQUIRED,
        Some(Need::Expected) => EXPECTED,
        _ => OPTIONAL,
    };
    Format::new()
        .set_bold()
        .set_font_color(Color::White)
        .set_background_color(fill)
        .set_align(FormatAlign::VerticalCenter)
        .set_text_wrap()
        .set_border(FormatBorder::Thin)
        .set_border_color(Color::White)
}

/// A note that shows its text alone, large enough for it.
pub(super) fn note(text: &str) -> Note {
    /// Pixels of a note, of a line in it, and letters of a line: as wide as its text needs, and readable.
    const WIDTH: u32 = 260;
    const LINE: u32 = 18;
    const LETTERS: usize = 20;
    let lines = text.lines().map(|line| {
        let letters: usize = line.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum();
        letters.div_ceil(2 * LETTERS).max(1)
    });
    let lines = u32::try_from(lines.sum::<usize>()).unwrap_or(u32::MAX).clamp(3, 20);
    Note::new(text).add_author_prefix(false).set_width(WIDTH).set_height(lines * LINE)
}
