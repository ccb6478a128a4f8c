//! Figures as a workbook: one sheet a table, numbers as numbers, with a chart where there is something to see.

use rust_xlsxwriter::{Chart, ChartType, Color, Format, FormatAlign, FormatBorder, Workbook, Worksheet};

use super::{Fault, fitting};

/// Fill of headings.
const HEADING: Color = Color::RGB(0x0E_5A_60);
/// Letters of a sheet's name (Excel).
const MAX_NAME: usize = 31;
/// Rows that a chart draws: more cannot be told apart.
const CHARTED: u32 = 24;
/// Pixels of a chart's row, and around them.
const CHART_ROW: u32 = 22;
const CHART_ROOM: u32 = 110;

/// A cell.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// A text; never a formula.
    Text(String),
    /// A whole number.
    Number(u64),
    /// A share of 1.
    Share(f64),
}

/// A table on a sheet of its own.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sheet {
    /// The sheet's name.
    pub name: String,
    /// Lines over the table, the first one large.
    pub over: Vec<String>,
    /// Columns: heading, and width in letters.
    pub columns: Vec<(String, f64)>,
    /// Rows, each with how deep its first cell stands below others.
    pub rows: Vec<(u8, Vec<Cell>)>,
    /// Whether the second column is drawn as bars.
    pub charted: bool,
}

/// The workbook's bytes.
///
/// # Errors
/// When a sheet has more rows than there can be, or two have one name.
pub fn sheets(sheets: &[Sheet]) -> Result<Vec<u8>, Fault> {
    let mut workbook = Workbook::new();
    for sheet in sheets {
        write(workbook.add_worksheet(), sheet)?;
    }
    Ok(workbook.save_to_buffer()?)
}

fn write(to: &mut Worksheet, sheet: &Sheet) -> Result<(), Fault> {
    let name: String = sheet.name.chars().filter(|c| !"[]:*?/\\'".contains(*c)).take(MAX_NAME).collect();
    to.set_name(&name)?;
    let large = Format::new().set_bold().set_font_size(15);
    let soft = Format::new().set_font_color(Color::RGB(0x46_55_57));
    let mut row: u32 = 0;
    for (n, line) in sheet.over.iter().enumerate() {
        to.write_string_with_format(row, 0, fitting(line).0, if n == 0 { &large } else { &soft })?;
        row += 1;
    }
    row += u32::from(!sheet.over.is_empty());
    let heading = Format::new().set_bold().set_font_color(Color::White).set_background_color(HEADING);
    let heading = heading
        .set_align(FormatAlign::VerticalCenter)
        .set_border(FormatBorder::Thin)
        .set_border_color(Color::White);
    for (column, (label, width)) in (0u16..).zip(&sheet.columns) {
        to.write_string_with_format(row, column, label, &heading)?;
        to.set_column_width(column, *width)?;
    }
    if !sheet.columns.is_empty() {
        to.set_freeze_panes(row + 1, 0)?;
    }
    let first = row + 1;
    let (number, share) = (Format::new().set_num_format("#,##0"), Format::new().set_num_format("0.0%"));
    for (at, (depth, cells)) in (first..).zip(&sheet.rows) {
        for (column, cell) in (0u16..).zip(cells) {
            match cell {
                Cell::Text(text) if column == 0 => {
                    let format = Format::new().set_indent((*depth).min(15)).set_num_format("@");
                    to.write_string_with_format(at, column, fitting(text).0, &format)?
                }
                Cell::Text(text) => to.write_string(at, column, fitting(text).0)?,
                Cell::Number(count) => to.write_number_with_format(at, column, *count as f64, &number)?,
                Cell::Share(part) => to.write_number_with_format(at, column, *part, &share)?,
            };
        }
    }
    let charted = u32::try_from(sheet.rows.len()).unwrap_or(u32::MAX).min(CHARTED);
    if sheet.charted && charted > 0 {
        let mut chart = Chart::new(ChartType::Bar);
        let last = first + charted - 1;
        let series = chart.add_series().set_name(sheet.over.first().map_or("", String::as_str));
        series.set_categories((name.as_str(), first, 0, last, 0)).set_values((
            name.as_str(),
            first,
            1,
            last,
            1,
        ));
        series.set_format(
            rust_xlsxwriter::ChartFormat::new()
                .set_solid_fill(rust_xlsxwriter::ChartSolidFill::new().set_color(HEADING)),
        );
        chart.legend().set_hidden();
        chart.y_axis().set_reverse();
        chart.set_width(620).set_height(charted * CHART_ROW + CHART_ROOM);
        to.insert_chart(first, u16::try_from(sheet.columns.len()).unwrap_or(3) + 1, &chart)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use calamine::{Data, Reader, Xlsx};

    #[test]
    fn a_workbook_reads_back_as_it_was_written_and_holds_no_formula() {
        let sheet = Sheet {
            name: "类别/Kind".to_owned(),
            over: vec!["类别".to_owned()],
            columns: vec![("名称".to_owned(), 20.0), ("条数".to_owned(), 8.0), ("占比".to_owned(), 8.0)],
            rows: vec![
                (0, vec![Cell::Text("=HYPERLINK(\"x\")".into()), Cell::Number(12_408), Cell::Share(0.75)]),
                (1, vec![Cell::Text("需求".into()), Cell::Number(0), Cell::Share(0.25)]),
            ],
            charted: true,
        };
        let bytes = sheets(&[sheet]).unwrap();
        let mut book: Xlsx<_> = calamine::open_workbook_from_rs(std::io::Cursor::new(bytes)).unwrap();
        assert_eq!(book.sheet_names(), ["类别Kind"]);
        let range = book.worksheet_range("类别Kind").unwrap();
        assert_eq!(range.get_value((3, 0)), Some(&Data::String("=HYPERLINK(\"x\")".into())));
        assert_eq!(range.get_value((3, 1)), Some(&Data::Float(12_408.0)));
        assert_eq!(range.get_value((4, 2)), Some(&Data::Float(0.25)));
        assert!(book.worksheet_formula("类别Kind").unwrap().is_empty());
    }
}
