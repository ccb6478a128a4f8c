//! What a parameter may be: one place that checks it, describes it and draws its input.

use crate::limits::{CURSOR_CHARS, FILTER_CHARS, QUERY_CHARS, TOKEN_CHARS};
use crate::request::parse_trl;
use catalog::statistics::Month;
use catalog::{Hall, Kind, facets};
use serde_json::{Value, json};

/// Orders of lists, as in addresses of the pages.
pub(super) const SORTS: [&str; 5] = ["relevance", "new", "price", "price-down", "trl"];

/// What a value may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// Words to look for.
    Words,
    /// A value of a filter: an id of a list, or text.
    Filter,
    /// Digits of an id: all 64, or the first ones that no other has.
    Id,
    /// All 64 digits of a hash.
    Hash,
    /// A number that a visitor got for an enquiry.
    Receipt,
    /// The id of a draft or an enquiry, as the desk gave it.
    Local,
    /// A hall.
    Hall,
    /// A kind.
    Kind,
    /// A division by digits, or a country by name.
    Region,
    /// A division by digits.
    Division,
    /// `5` or `4-6`.
    Trl,
    /// `2026-11`.
    Month,
    /// The same, or `all`.
    MonthOrAll,
    /// A price band.
    Price,
    /// One of several words.
    OneOf(&'static [&'static str]),
    /// How many.
    Count { usual: u32, most: u32 },
    /// A day.
    Day,
    /// Yes or no.
    Flag,
    /// Where to go on.
    Cursor,
    /// A version as `ETag` gave it.
    Version,
}

/// Months that statistics know (`catalog::statistics::Month`).
const MONTH: &str = "^20[0-9]{2}-(0[1-9]|1[0-2])$";
/// Characters of a month.
const MONTH_CHARS: usize = 7;

const HEX: fn(u8) -> bool = |byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f');

impl Shape {
    /// Whether a text is one.
    pub(super) fn takes(self, text: &str) -> bool {
        let chars = text.chars().count();
        let of = |range: std::ops::RangeInclusive<usize>, is: fn(u8) -> bool| {
            range.contains(&text.len()) && text.bytes().all(is)
        };
        match self {
            Self::Words => chars <= QUERY_CHARS && !text.chars().any(char::is_control),
            Self::Filter => (1..=FILTER_CHARS).contains(&chars) && !text.chars().any(char::is_control),
            Self::Id => of(8..=64, HEX),
            Self::Hash => of(64..=64, HEX),
            Self::Receipt => of(32..=32, HEX),
            Self::Local => of(1..=64, |byte| byte.is_ascii_alphanumeric() || byte == b'-'),
            Self::Hall => Hall::from_id(text).is_some(),
            Self::Kind => Kind::from_id(text).is_some(),
            Self::Region => {
                is_division(text)
                    || (chars <= FILTER_CHARS && text.chars().all(|c| c.is_ascii_alphabetic() || is_han(c)))
                        && !text.is_empty()
            }
            Self::Division => is_division(text),
            Self::Trl => {
                parse_trl(text).is_some() && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-')
            }
            Self::Month => is_month(text),
            Self::MonthOrAll => text == "all" || is_month(text),
            Self::Price => text == facets::NEGOTIABLE || facets::price_band(text).is_some(),
            Self::OneOf(words) => words.contains(&text),
            Self::Count { most, .. } => {
                of(1..=9, |byte| byte.is_ascii_digit())
                    && !text.starts_with('0')
                    && text.parse().is_ok_and(|number: u32| (1..=most).contains(&number))
            }
            Self::Day => is_day(text),
            Self::Flag => matches!(text, "true" | "false"),
            Self::Cursor => of(1..=CURSOR_CHARS, |byte| {
                byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.')
            }),
            Self::Version => {
                text == "*" || of(3..=TOKEN_CHARS, |byte| byte.is_ascii_graphic()) && is_tag(text)
            }
        }
    }

    /// Its JSON Schema (2020-12).
    pub(super) fn schema(self) -> Value {
        let pattern = |pattern: &str| json!({ "type": "string", "pattern": pattern });
        match self {
            Self::Words => {
                json!({ "type": "string", "maxLength": QUERY_CHARS, "pattern": "^[^\\x00-\\x1f\\x7f-\\x9f]*$" })
            }
            Self::Filter => {
                json!({ "type": "string", "minLength": 1, "maxLength": FILTER_CHARS, "pattern": "^[^\\x00-\\x1f\\x7f-\\x9f]+$" })
            }
            Self::Id => pattern("^[0-9a-f]{8,64}$"),
            Self::Hash => pattern("^[0-9a-f]{64}$"),
            Self::Receipt => pattern("^[0-9a-f]{32}$"),
            Self::Local => pattern("^[0-9A-Za-z-]{1,64}$"),
            Self::Hall => json!({ "type": "string", "enum": Hall::ALL.map(Hall::id) }),
            Self::Kind => json!({ "type": "string", "enum": Kind::ALL.map(Kind::id) }),
            Self::Region => pattern(&format!(
                "^([0-9]{{2}}|[0-9]{{4}}|[0-9]{{6}}|[A-Za-z\\u4e00-\\u9fa5]{{1,{FILTER_CHARS}}})$"
            )),
            Self::Division => pattern("^([0-9]{2}|[0-9]{4}|[0-9]{6})$"),
            Self::Trl => json!({ "type": "string", "enum": levels() }),
            Self::Month => pattern(MONTH),
            Self::MonthOrAll => pattern(&format!("^all$|{MONTH}")),
            Self::Price => {
                let bands = facets::PRICE_BANDS.iter().map(|band| band.id);
                json!({ "type": "string", "enum": bands.chain([facets::NEGOTIABLE]).collect::<Vec<_>>() })
            }
            Self::OneOf(words) => json!({ "type": "string", "enum": words }),
            Self::Count { usual, most } => {
                json!({ "type": "integer", "minimum": 1, "maximum": most, "default": usual })
            }
            Self::Day => json!({ "type": "string", "format": "date" }),
            Self::Flag => json!({ "type": "boolean", "default": false }),
            Self::Cursor => {
                json!({ "type": "string", "pattern": format!("^[0-9A-Za-z_.-]{{1,{CURSOR_CHARS}}}$") })
            }
            Self::Version => json!({ "type": "string", "pattern": "^\"[0-9a-f]{32}\"$" }),
        }
    }

    /// The words to choose from; empty for what is typed.
    pub(super) fn choices(self) -> Vec<String> {
        let texts = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        match self {
            Self::Hall => texts(&Hall::ALL.map(Hall::id)),
            Self::Kind => texts(&Kind::ALL.map(Kind::id)),
            Self::Price => facets::PRICE_BANDS
                .iter()
                .map(|band| band.id.to_owned())
                .chain([facets::NEGOTIABLE.to_owned()])
                .collect(),
            Self::OneOf(words) => texts(words),
            Self::Flag => texts(&["true", "false"]),
            _ => Vec::new(),
        }
    }
}

/// Every level and every span of levels.
fn levels() -> Vec<String> {
    let span = |low: u8, high: u8| if low == high { low.to_string() } else { format!("{low}-{high}") };
    (1..=9).flat_map(|low| (low..=9).map(move |high| span(low, high))).collect()
}

fn is_division(text: &str) -> bool {
    matches!(text.len(), 2 | 4 | 6) && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// A month as its pattern has it, which is one of the calendar too.
fn is_month(text: &str) -> bool {
    text.len() == MONTH_CHARS && text.parse::<Month>().is_ok()
}

/// `2026-11-28`, and there is such a day.
fn is_day(text: &str) -> bool {
    let fits = |(place, byte): (usize, u8)| {
        if matches!(place, 4 | 7) { byte == b'-' } else { byte.is_ascii_digit() }
    };
    let part = |from: usize, to: usize| text.get(from..to).and_then(|part| part.parse().ok()).unwrap_or(0);
    let is_formed = text.len() == 10 && text.bytes().enumerate().all(fits);
    is_formed && part(0, 4) > 0 && catalog::date::exists(part(0, 4), part(5, 7), part(8, 10))
}

fn is_han(c: char) -> bool {
    matches!(c, '\u{4e00}'..='\u{9fa5}')
}

/// `"…"`, which a version that is compared strongly is (RFC 9110 §8.8.3).
fn is_tag(text: &str) -> bool {
    text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).is_some_and(|inner| !inner.contains('"'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_value_is_refused_and_what_is_one_is_taken() {
        let taken: &[(Shape, &[&str])] = &[
            (Shape::Id, &["0123abcd", &"a".repeat(64)]),
            (Shape::Trl, &["5", "4-6", "1-9"]),
            (Shape::Region, &["42", "4201", "420106", "德国", "Germany"]),
            (Shape::Price, &["negotiable", "10-50", "1000-"]),
            (Shape::Count { usual: 20, most: 100 }, &["1", "100"]),
            (Shape::Version, &["\"0123\"", "*"]),
            (Shape::Flag, &["true", "false"]),
            (Shape::Month, &["2000-01", "2099-12"]),
            (Shape::MonthOrAll, &["2026-11", "all"]),
            (Shape::Day, &["2026-11-28", "0189-01-19", "2024-02-29"]),
        ];
        for (shape, texts) in taken {
            assert!(texts.iter().all(|text| shape.takes(text)), "{shape:?}");
        }
        let refused: &[(Shape, &[&str])] = &[
            (Shape::Id, &["", "0123abc", "0123ABCD", "../etc/passwd", &"a".repeat(65)]),
            (Shape::Hash, &[&"a".repeat(63)]),
            (Shape::Trl, &["0", "6-4", "10", "+5", ""]),
            (Shape::Region, &["", "423", "42'--", "4201061"]),
            (Shape::Price, &["7-8", ""]),
            (
                Shape::Count { usual: 20, most: 100 },
                &["", "0", "101", "-1", "+1", "1e1", "01", "99999999999"],
            ),
            (Shape::Version, &["", "W/\"a\"", "\"", "\"a\"b\"", "a"]),
            (Shape::Flag, &["1", "TRUE", ""]),
            (Shape::Day, &["", "2026-02-30", "2026-1-2", "2026-011-8", "+026-01-02"]),
            (Shape::Words, &["a\u{0}b", &"长".repeat(QUERY_CHARS + 1)]),
            (Shape::Cursor, &["", "a/b", "a b"]),
            (Shape::Month, &["", "all", "1999-12", "2100-01", "2026-13", "2026-1", "2026-+1"]),
        ];
        for (shape, texts) in refused {
            for text in *texts {
                assert!(!shape.takes(text), "{shape:?} {text:?}");
            }
        }
    }
}
