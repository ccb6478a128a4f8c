//! Writing: what the desk does, and what visitors may.

pub(super) mod drafts;
pub(super) mod enquiries;
pub(super) mod figures;
pub(super) mod files;
pub(super) mod govern;
pub(super) mod harvest;
pub(super) mod imports;
pub(super) mod own;
pub(super) mod peers;
pub(super) mod watches;

use super::call::Call;
use super::cursor;
use super::problem::{Kind, Problem};

/// How many of a list were given already, by its cursor.
fn offset(call: &Call, question: &str) -> Result<u64, Problem> {
    match call.get("cursor").map(|text| cursor::read(question, text)) {
        None => Ok(0),
        Some(Some(('o', numbers))) if numbers.len() == 1 => Ok(numbers.first().copied().unwrap_or_default()),
        Some(_) => Err(Problem::new(Kind::Cursor)),
    }
}

/// The cursor behind those given, where there are more.
fn further(question: &str, offset: u64, given: usize, total: u64) -> Option<String> {
    let end = offset.saturating_add(given as u64);
    (given > 0 && end < total).then(|| cursor::write(question, 'o', &[end]))
}
