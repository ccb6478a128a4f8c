//! A mapping's written form.

use super::{MappingError, Origin};
use crate::error::quote;

/// Splits at commas that are neither quoted nor escaped.
pub(super) fn parts(text: &str) -> Vec<String> {
    let split = split(text, ',');
    split.into_iter().map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
}

/// A part's field id, and where its text comes from; `None` when the field is to be left out.
pub(super) fn entry(part: &str) -> Result<(String, Option<Origin>), MappingError> {
    let form = || MappingError::Form { part: quote(part) };
    let (id, value) = part.split_once('=').ok_or_else(form)?;
    let (id, value) = (id.trim().to_owned(), value.trim());
    if id.is_empty() {
        return Err(form());
    }
    if value.is_empty() {
        return Ok((id, None));
    }
    if let Some(constant) = value.strip_prefix(':') {
        return Ok((id, Some(Origin::Constant(unescaped(constant.trim())))));
    }
    if let Some(rest) = value.strip_prefix('"') {
        let constant = rest.strip_suffix('"').ok_or_else(form)?;
        return Ok((id, Some(Origin::Constant(constant.to_owned()))));
    }
    let columns: Vec<String> = split(value, '+').iter().map(|name| unescaped(name.trim())).collect();
    if columns.iter().any(String::is_empty) {
        return Err(form());
    }
    Ok((id, Some(Origin::Columns(columns))))
}

/// Ids of the fields that are to be left out.
pub(super) fn silenced(text: &str) -> Result<Vec<String>, MappingError> {
    let mut ids = Vec::new();
    for part in parts(text) {
        if let (id, None) = entry(&part)? {
            ids.push(id);
        }
    }
    Ok(ids)
}

fn split(text: &str, separator: char) -> Vec<String> {
    let (mut parts, mut part, mut quoted, mut escaped) = (Vec::new(), String::new(), false, false);
    for c in text.chars() {
        if c == separator && !quoted && !escaped {
            parts.push(std::mem::take(&mut part));
            continue;
        }
        quoted ^= c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        part.push(c);
    }
    parts.push(part);
    parts
}

fn unescaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut escaped = false;
    for c in text.chars() {
        if c == '\\' && !escaped {
            escaped = true;
        } else {
            plain.push(c);
            escaped = false;
        }
    }
    plain
}

/// The form that [`entry`] reads.
pub(super) fn written(from: &Origin) -> String {
    match from {
        Origin::Constant(text) => format!(":{}", escaped(text)),
        Origin::Columns(columns) => columns.iter().map(|name| escaped(name)).collect::<Vec<_>>().join("+"),
    }
}

fn escaped(text: &str) -> String {
    let mut written = String::with_capacity(text.len());
    for (place, c) in text.chars().enumerate() {
        if matches!(c, ',' | '+' | '\\' | '"') || (place == 0 && c == ':') {
            written.push('\\');
        }
        written.push(c);
    }
    written
}
