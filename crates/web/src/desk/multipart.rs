//! Forms that carry a file: `multipart/form-data` (RFC 7578), read whole from a body whose length is bounded before.
//!
//! Browsers write it in one way: a boundary, parts with a header each, CRLF between lines. What is written otherwise is refused.
//! Tables, which may be large, are read as they come (`pages/import/upload.rs`), by the same rules.

use crate::limits::FORM_FIELDS;

/// Longest boundary (RFC 2046), bytes.
const MAX_BOUNDARY: usize = 70;
/// Longest header of a part, bytes.
pub(in crate::desk) const MAX_HEAD: usize = 2_048;

/// A file in a form.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Upload {
    /// What it was called where it came from; may be empty.
    pub(super) name: String,
    /// Its bytes; none when none was chosen.
    pub(super) bytes: Vec<u8>,
}

/// The fields of a form, and the first of its files.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Parts {
    pub(super) fields: Vec<(String, String)>,
    pub(super) upload: Option<Upload>,
}

/// The boundary that a content type names.
pub(in crate::desk) fn boundary(content_type: &str) -> Option<String> {
    let (media, parameters) = content_type.split_once(';')?;
    if !media.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let named = parameters.split(';').find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("boundary").then(|| value.trim().trim_matches('"').to_owned())
    })?;
    let fits = (1..=MAX_BOUNDARY).contains(&named.len()) && named.bytes().all(|b| b.is_ascii_graphic());
    fits.then_some(named)
}

/// Reads a form; `None` when it is not one.
pub(super) fn read(body: &[u8], boundary: &str) -> Option<Parts> {
    let first = format!("--{boundary}");
    let between = format!("\r\n--{boundary}");
    let mut rest = body.strip_prefix(first.as_bytes())?;
    let mut parts = Parts::default();
    for _ in 0..=FORM_FIELDS {
        if rest.starts_with(b"--") {
            return Some(parts);
        }
        rest = rest.strip_prefix(b"\r\n")?;
        let head = rest.get(..rest.len().min(MAX_HEAD))?;
        let end = find(head, b"\r\n\r\n")?;
        let head = std::str::from_utf8(head.get(..end)?).ok()?;
        let content = rest.get(end + 4..)?;
        let end = find(content, between.as_bytes())?;
        let (name, file) = disposition(head)?;
        let (bytes, after) = (content.get(..end)?, content.get(end + between.len()..)?);
        match file {
            Some(_) if parts.upload.is_some() => {}
            Some(file) => parts.upload = Some(Upload { name: file, bytes: bytes.to_vec() }),
            None => parts.fields.push((name, String::from_utf8_lossy(bytes).into_owned())),
        }
        rest = after;
    }
    None
}

/// A part's name, and the name of its file if it is one.
pub(in crate::desk) fn disposition(head: &str) -> Option<(String, Option<String>)> {
    let line = head.split("\r\n").find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.trim().eq_ignore_ascii_case("content-disposition").then_some(value)
    })?;
    let named = |wanted: &str| {
        let (_, rest) = line.split_once(&format!(" {wanted}=\""))?;
        // Browsers write a quotation mark in a name as %22.
        Some(rest.split_once('"')?.0.to_owned())
    };
    Some((named("name")?, named("filename")))
}

/// Where `part` begins first.
pub(in crate::desk) fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    let first = *part.first()?;
    let mut from = 0;
    while let Some(at) = text.get(from..)?.iter().position(|byte| *byte == first) {
        if text.get(from + at..)?.starts_with(part) {
            return Some(from + at);
        }
        from += at + 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &str = "--X\r\nContent-Disposition: form-data; name=\"title\"\r\n\r\n检测\r\n报告\r\n--X\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a b.pdf\"\r\nContent-Type: text/html\r\n\r\n%PDF-\r\n--\r\n--X\r\nContent-Disposition: form-data; name=\"n\"\r\n\r\n\r\n--X--\r\n";

    #[test]
    fn a_form_with_a_file_is_read_as_browsers_write_it() {
        let parts = read(BODY.as_bytes(), "X").unwrap();
        let field = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(parts.fields, [field("title", "检测\r\n报告"), field("n", "")]);
        assert_eq!(parts.upload.unwrap(), Upload { name: "a b.pdf".into(), bytes: b"%PDF-\r\n--".to_vec() });
        let none = "--X\r\nContent-Disposition: form-data; name=\"file\"; filename=\"\"\r\n\r\n\r\n--X--";
        assert!(read(none.as_bytes(), "X").unwrap().upload.unwrap().bytes.is_empty());
    }

    #[test]
    fn what_is_written_otherwise_is_refused_wherever_it_breaks_off() {
        for end in 0..BODY.len() - 4 {
            assert_eq!(read(&BODY.as_bytes()[..end], "X"), None, "cut at {end}");
        }
        let many = "--X\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n\r\n".repeat(FORM_FIELDS + 2);
        assert_eq!(read(format!("{many}--X--").as_bytes(), "X"), None);
        for (wrong, why) in [
            ("multipart/form-data", "no boundary"),
            ("multipart/form-data; boundary=", "an empty one"),
            ("multipart/mixed; boundary=X", "another type"),
            ("application/x-www-form-urlencoded", "a plain form"),
        ] {
            assert_eq!(boundary(wrong), None, "{why}");
        }
        assert_eq!(boundary(&format!("multipart/form-data; boundary={}", "x".repeat(71))), None);
        assert_eq!(boundary("Multipart/Form-Data; charset=x; Boundary=\"--a\"").as_deref(), Some("--a"));
    }
}
