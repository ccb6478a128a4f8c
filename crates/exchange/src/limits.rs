//! Every bound of this crate, with its unit and its reason.

use std::time::Duration;

/// Bytes of a csv, tsv, json or jsonl file. These are streamed, so that the bound guards time, not memory.
pub const MAX_TEXT_FILE_BYTES: u64 = 256 << 20;
/// Bytes of an xlsx file; a province's whole catalogue as a workbook is about 20 MiB.
pub const MAX_XLSX_FILE_BYTES: u64 = 32 << 20;
/// Bytes of all parts of an xlsx file once inflated.
pub const MAX_XLSX_INFLATED_BYTES: u64 = 200 << 20;
/// Bytes of the inflated shared strings of an xlsx file: the one large part that is held in memory whole.
pub const MAX_XLSX_STRINGS_BYTES: u64 = 64 << 20;
/// A small workbook, bytes. Small ones may inflate to less, so that no bytes sent here cost a thousand times their number.
pub const XLSX_SMALL_BYTES: u64 = 64 << 10;
/// Inflated bytes of a small workbook, and how many more for each byte beyond: bounds its time. Sheets of equal rows shrink
/// to a hundredth.
pub const XLSX_INFLATED: (u64, u64) = (8 << 20, 200);
/// The same of its shared strings, five bytes of which can become fifty in memory. Each string stands there once, so that
/// real ones hardly shrink to a tenth.
pub const XLSX_STRINGS: (u64, u64) = (2 << 20, 48);
/// The same of any other part that is held whole: five bytes of styles become three hundred.
pub const XLSX_PART: (u64, u64) = (512 << 10, 16);
/// Bytes of any other inflated part of an xlsx file that is held in memory whole (styles, workbook, relations). A style of
/// five bytes becomes a structure of two hundred, hence the low bound.
pub const MAX_XLSX_PART_BYTES: u64 = 4 << 20;
/// Parts in an xlsx file; an ordinary one has a few dozen.
pub const MAX_XLSX_PARTS: usize = 10_000;
/// The `uniqueCount` that a table of shared strings may state: space is reserved for as many before any is read.
pub const MAX_XLSX_STATED_STRINGS: u64 = 4_000_000;
/// Merged areas of a workbook; real ones have a few hundred. Each is held in memory.
pub const MAX_XLSX_MERGES: usize = 100_000;
/// Bytes of a text that a merged cell gives to each row that it covers: a name or a unit, not an essay.
pub const MAX_MERGED_BYTES: usize = 500;
/// Bytes that the merged cells of one sheet give in all: twenty thousand rows of several such names.
pub const MAX_MERGED_TOTAL_BYTES: usize = 8 << 20;
/// Sheets of a workbook that are read in turn; each costs as much as a file.
pub const MAX_SHEETS: usize = 50;
/// Rows of the hidden sheet by which a workbook of this program is known: [`MAX_SHEETS`] sheets of a few dozen columns.
pub const MAX_STAMP_ROWS: usize = 10_000;
/// Rows of a sheet that wait between the thread that reads a workbook and the one that asks for rows.
pub const XLSX_ROWS_AHEAD: usize = 16;
/// How long a helper may take for the next row, or to open a workbook: its share of a processor may be a tenth.
pub const MAX_HELPER_WAIT: Duration = Duration::from_secs(60);
/// Bytes of one message of a helper: a row of the longest, or what a workbook of this program says of itself.
pub const MAX_HELPER_MESSAGE: usize = 8 << 20;
/// Bytes of one row, or of one JSON record.
pub const MAX_ROW_BYTES: usize = 1 << 20;
/// Columns of a table, or flattened keys of a JSON record.
pub const MAX_COLUMNS: usize = 500;
/// Keys of an object inside a JSON record that still are columns. One with more is a table of its own (real catalogues carry
/// word counts so), and is kept as its JSON text in one column.
pub const MAX_NESTED_KEYS: usize = 64;
/// Names in the dotted name of a flattened key, as in `permissions.licenses.name`. What lies deeper is kept as JSON text.
pub const MAX_NESTED_DEPTH: usize = 3;
/// Rows at the top of a table among which the header is looked for: titles and notes stand above it.
pub const HEADER_SEARCH_ROWS: usize = 10;
/// JSON records read ahead to learn the names of their keys.
pub const KEY_SEARCH_RECORDS: usize = 64;
/// Bytes at the start of a file from which its format and delimiter are told.
pub const SNIFF_BYTES: usize = 64 << 10;
/// Notes kept about one file.
pub const MAX_NOTES: usize = 50;
/// Bytes of a file's text that a message quotes.
pub const MAX_QUOTED_CHARS: usize = 40;

/// Rows of a sheet (Office Open XML): what a workbook that comes back can show.
pub const MAX_SHEET_ROWS: u64 = 1_048_576;
/// UTF-16 units of a cell (Excel): longer texts are cut where they are written.
pub const MAX_CELL_UNITS: usize = 32_767;
/// Notes on cells of one workbook that comes back; a program draws each as a picture. The reasons stand in the column of errors in
/// any case.
pub const MAX_CELL_NOTES: usize = 2_000;
/// Bytes of reasons in one cell of the column of errors: what fits a screen.
pub const MAX_REASONS_BYTES: usize = 4_000;

/// The bounds that a caller may lower (tests do, and small devices may). Raising them is not foreseen.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Bytes of a csv, tsv, json or jsonl file.
    pub text_file_bytes: u64,
    /// Bytes of an xlsx file.
    pub xlsx_file_bytes: u64,
    /// Bytes of all inflated parts of an xlsx file.
    pub xlsx_inflated_bytes: u64,
    /// Bytes of one row.
    pub row_bytes: usize,
    /// Columns of one table.
    pub columns: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            text_file_bytes: MAX_TEXT_FILE_BYTES,
            xlsx_file_bytes: MAX_XLSX_FILE_BYTES,
            xlsx_inflated_bytes: MAX_XLSX_INFLATED_BYTES,
            row_bytes: MAX_ROW_BYTES,
            columns: MAX_COLUMNS,
        }
    }
}
