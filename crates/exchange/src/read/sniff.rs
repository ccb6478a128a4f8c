//! Telling a file's format and delimiter from its name and its first bytes.

use crate::error::ReadError;

/// A format that is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Comma-separated (RFC 4180), also with `;`, `|` or tab when the content shows so.
    Csv,
    /// Tab-separated.
    Tsv,
    /// One JSON object a line.
    Jsonl,
    /// A JSON array of objects, at the top or at a path.
    Json,
    /// An Office Open XML workbook (ISO/IEC 29500).
    Xlsx,
    /// A workbook of Excel 97 to 2003 ([MS-XLS]); read by a helper alone, see [`super::Helper`].
    Xls,
}

impl Format {
    /// The word for it in options and reports.
    pub fn id(self) -> &'static str {
        match self {
            Format::Csv => "csv",
            Format::Tsv => "tsv",
            Format::Jsonl => "jsonl",
            Format::Json => "json",
            Format::Xlsx => "xlsx",
            Format::Xls => "xls",
        }
    }

    /// The format of that word.
    pub fn from_id(id: &str) -> Option<Format> {
        [Format::Csv, Format::Tsv, Format::Jsonl, Format::Json, Format::Xlsx, Format::Xls]
            .into_iter()
            .find(|f| f.id() == id)
    }
}

const ZIP: &[u8] = b"PK\x03\x04";
const OLE: &[u8] = b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1";
const PDF: &[u8] = b"%PDF-";

/// Decides the format: what the bytes cannot be wins over what was stated, and that over the name.
pub(crate) fn format(
    stated: Option<Format>,
    extension: Option<&str>,
    head: &[u8],
) -> Result<Format, ReadError> {
    if head.starts_with(OLE) {
        return Ok(Format::Xls);
    }
    if head.starts_with(PDF) {
        return Err(ReadError::Unsupported { what: "a PDF" });
    }
    if head.starts_with(ZIP) {
        return Ok(Format::Xlsx);
    }
    match stated.or_else(|| extension.and_then(by_extension)) {
        Some(Format::Xlsx) if stated.is_some() => Err(ReadError::Damaged {
            format: "xlsx",
            why: "it does not begin as a zip archive does".to_owned(),
        }),
        Some(Format::Xls) if stated.is_some() => Err(ReadError::Damaged {
            format: "xls",
            why: "it does not begin as a compound file does".to_owned(),
        }),
        Some(Format::Json) if stated.is_none() => Ok(json_or_jsonl(head)),
        Some(Format::Xlsx | Format::Xls) | None => Ok(by_content(head)),
        Some(known) => Ok(known),
    }
}

fn by_extension(extension: &str) -> Option<Format> {
    match extension {
        "csv" => Some(Format::Csv),
        "tsv" | "tab" => Some(Format::Tsv),
        "jsonl" | "ndjson" => Some(Format::Jsonl),
        "json" => Some(Format::Json),
        "xlsx" | "xlsm" => Some(Format::Xlsx),
        "xls" => Some(Format::Xls),
        _ => None,
    }
}

fn by_content(head: &[u8]) -> Format {
    let text = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head);
    match text.iter().find(|b| !b.is_ascii_whitespace()) {
        Some(b'[') => Format::Json,
        Some(b'{') => json_or_jsonl(text),
        _ if delimiter(Format::Csv, head) == b'\t' => Format::Tsv,
        _ => Format::Csv,
    }
}

/// Lines of objects are often named `.json`: told by a first line that is a whole object and a second that begins one.
fn json_or_jsonl(head: &[u8]) -> Format {
    let head = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head);
    let mut lines = head.split(|b| *b == b'\n').map(<[u8]>::trim_ascii).filter(|line| !line.is_empty());
    let first = lines.next().unwrap_or_default();
    let whole = first.starts_with(b"{") && serde_json::from_slice::<serde_json::Value>(first).is_ok();
    match lines.next() {
        Some(second) if whole && second.starts_with(b"{") => Format::Jsonl,
        _ => Format::Json,
    }
}

/// The delimiter of a table of text: the one that stands most evenly in the first lines.
pub(crate) fn delimiter(format: Format, head: &[u8]) -> u8 {
    let preferred = if format == Format::Tsv { b'\t' } else { b',' };
    let lines: Vec<&[u8]> =
        head.split(|b| *b == b'\n').filter(|line| !line.is_empty()).take(SNIFF_LINES).collect();
    let mut best = (preferred, evenness(&lines, preferred));
    for candidate in [b',', b'\t', b';', b'|'] {
        let score = evenness(&lines, candidate);
        if score > best.1 {
            best = (candidate, score);
        }
    }
    // The name's delimiter is kept wherever it occurs evenly at all.
    if evenness(&lines, preferred) > 0 { preferred } else { best.0 }
}

/// Lines looked at for the delimiter.
const SNIFF_LINES: usize = 20;

/// How many lines hold the delimiter as often as most lines do; 0 when it is missing from half of them.
fn evenness(lines: &[&[u8]], delimiter: u8) -> usize {
    let mut counts: Vec<usize> = lines.iter().map(|line| outside_quotes(line, delimiter)).collect();
    counts.sort_unstable();
    let Some(&middle) = counts.get(counts.len() / 2) else { return 0 };
    if middle == 0 { 0 } else { counts.iter().filter(|count| **count == middle).count() }
}

fn outside_quotes(line: &[u8], delimiter: u8) -> usize {
    let mut quoted = false;
    let mut count = 0;
    for byte in line {
        quoted ^= *byte == b'"';
        count += usize::from(!quoted && *byte == delimiter);
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_by_name_and_content() {
        let find = |ext, head: &[u8]| format(None, ext, head).unwrap();
        assert_eq!(find(Some("csv"), b"a,b\n1,2\n"), Format::Csv);
        assert_eq!(find(Some("csv"), b"PK\x03\x04...."), Format::Xlsx);
        assert_eq!(find(Some("json"), b"{\"a\":1}\n{\"a\":2}\n"), Format::Jsonl);
        assert_eq!(find(Some("json"), b"{\"a\":[{}]}"), Format::Json);
        assert_eq!(find(None, b"  [{}]"), Format::Json);
        assert_eq!(find(Some("txt"), b"a\tb\n1\t2\n"), Format::Tsv);
        assert_eq!(find(Some("xlsx"), b"a,b\n1,2\n"), Format::Csv);
        assert_eq!(find(Some("xls"), OLE), Format::Xls);
        assert_eq!(find(Some("xls"), b"a,b\n1,2\n"), Format::Csv);
        assert!(matches!(format(Some(Format::Xlsx), None, b"a,b"), Err(ReadError::Damaged { .. })));
    }

    #[test]
    fn delimiters() {
        assert_eq!(delimiter(Format::Csv, b"a;b;c\n1;2;3\n"), b';');
        assert_eq!(delimiter(Format::Csv, b"a,b\n\"x;y;z\",2\n"), b',');
        assert_eq!(delimiter(Format::Tsv, b"a\tb\n1,5\t2\n"), b'\t');
        assert_eq!(delimiter(Format::Csv, b"a|b\n1|2\n"), b'|');
        assert_eq!(delimiter(Format::Csv, b"title\none\n"), b',');
    }
}
