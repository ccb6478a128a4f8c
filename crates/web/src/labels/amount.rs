//! Ranges in words: amounts of money in 万元 and readiness levels.

use super::Form;
use crate::limits::{NAME_CHARS, VALUE_CHARS};
use crate::text::{count, tidy, tidy_line};
use catalog::words::{fill, say};
use catalog::{Lang, Part, facets};

/// A range of readiness levels: `成熟度 4–6 级`, `TRL 4–6`.
pub(crate) fn readiness(lang: Lang, range: (u8, u8)) -> String {
    fill(lang, "trl.range", &[("range", &dashed(i64::from(range.0), i64::from(range.1)))])
}

/// The same with what it stands for, without the word that a heading gives already.
pub(crate) fn readiness_band(lang: Lang, (low, high): (u8, u8)) -> String {
    let levels = fill(lang, "trl.levels", &[("range", &dashed(i64::from(low), i64::from(high)))]);
    let key = match (low, high) {
        (1..=3, 1..=3) => "trl.low",
        (4..=6, 4..=6) => "trl.middle",
        (7..=9, 7..=9) => "trl.high",
        _ => return levels,
    };
    format!("{levels} · {}", say(lang, key))
}

/// The word that an office wrote for its readiness, kept as written, alone or behind the range it was read as.
pub(crate) fn readiness_word(lang: Lang, range: Option<&str>, word: &str) -> String {
    match range {
        Some(range) => fill(lang, "value.quoted_after", &[("value", word), ("before", range)]),
        None => fill(lang, "value.quoted", &[("value", word)]),
    }
}

/// A whole range, of which either end may be open.
pub(crate) fn range(
    lang: Lang,
    form: Form,
    low: Option<i64>,
    high: Option<i64>,
    negotiable: bool,
) -> Option<String> {
    let text = match (form, low, high) {
        (Form::Trl, Some(low), Some(high)) => {
            Some(fill(lang, "trl.levels", &[("range", &dashed(low, high))]))
        }
        (_, Some(low), Some(high)) if low == high => Some(one(lang, form, low)),
        (_, Some(low), Some(high)) => Some(money_range(lang, low, high)),
        (_, Some(low), None) => Some(fill(lang, "value.at_least", &[("value", &one(lang, form, low))])),
        (_, None, Some(high)) => Some(fill(lang, "value.at_most", &[("value", &one(lang, form, high))])),
        (_, None, None) => None,
    };
    match (text, negotiable) {
        (text, false) => text,
        (None, true) => Some(say(lang, "value.negotiable").to_owned()),
        (Some(text), true) => Some(fill(lang, "value.or_negotiable", &[("value", &text)])),
    }
}

/// A price band by its id: `10–50 万元`, `10 万元以下`, `面议`; `None` for what is none.
pub(crate) fn price_band(lang: Lang, id: &str) -> Option<String> {
    if id == facets::NEGOTIABLE {
        return Some(say(lang, "value.negotiable").to_owned());
    }
    let band = facets::price_band(id)?;
    Some(match band.below {
        Some(below) if band.from == 0 => fill(lang, "price.below", &[("value", &money(lang, below))]),
        Some(below) => money_range(lang, band.from, below),
        None => fill(lang, "price.from", &[("value", &money(lang, band.from))]),
    })
}

/// One end of a range that is disputed; `None` for parts that say nothing on their own.
pub(crate) fn range_end(lang: Lang, form: Form, part: Part, value: &str) -> Option<String> {
    let number = |key| {
        let number: i64 = value.parse().ok()?;
        Some(fill(lang, key, &[("value", &one(lang, form, number))]))
    };
    match part {
        Part::Min => number("value.at_least"),
        Part::Max => number("value.at_most"),
        Part::Negotiable => (value == "true").then(|| say(lang, "value.negotiable").to_owned()),
        Part::Word => Some(readiness_word(lang, None, &tidy_line(value, NAME_CHARS))),
        Part::AsGiven => Some(super::as_given(lang, &tidy(value, VALUE_CHARS))),
        _ => None,
    }
}

fn one(lang: Lang, form: Form, number: i64) -> String {
    match form {
        Form::Trl => fill(lang, "trl.levels", &[("range", &number.to_string())]),
        _ => money(lang, number),
    }
}

fn dashed(low: i64, high: i64) -> String {
    if low == high { low.to_string() } else { format!("{low}–{high}") }
}

/// `50 万元`, `1.5 亿元`, `8,000 元`; `CNY 500,000` in English, whose readers have no 万.
fn money(lang: Lang, yuan: i64) -> String {
    let (number, unit) = unit(lang, yuan);
    lang.pick(format!("{number} {unit}"), format!("{unit} {number}"))
}

fn money_range(lang: Lang, low: i64, high: i64) -> String {
    let ((low_number, low_unit), (high_number, high_unit)) = (unit(lang, low), unit(lang, high));
    if low_unit != high_unit {
        return format!("{} – {}", money(lang, low), money(lang, high));
    }
    let numbers = format!("{low_number}–{high_number}");
    lang.pick(format!("{numbers} {high_unit}"), format!("{high_unit} {numbers}"))
}

fn unit(lang: Lang, yuan: i64) -> (String, &'static str) {
    let whole = |yuan: i64| count(yuan.unsigned_abs());
    match (lang, yuan) {
        (Lang::En, _) => (whole(yuan), "CNY"),
        (Lang::Zh, 100_000_000..) => (hundredths(yuan / 1_000_000), "亿元"),
        (Lang::Zh, 10_000..) => (hundredths(yuan / 100), "万元"),
        (Lang::Zh, _) => (whole(yuan), "元"),
    }
}

/// A number of hundredths as a decimal without trailing zeros.
fn hundredths(number: i64) -> String {
    let whole = count((number / 100).unsigned_abs());
    match (number % 100 / 10, number % 10) {
        (0, 0) => whole,
        (tenth, 0) => format!("{whole}.{tenth}"),
        (tenth, hundredth) => format!("{whole}.{tenth}{hundredth}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_said_as_offices_say_them() {
        let zh = |low, high| range(Lang::Zh, Form::Money, low, high, false).unwrap_or_default();
        assert_eq!(zh(Some(100_000), Some(200_000)), "10–20 万元");
        assert_eq!(zh(Some(500_000), Some(500_000)), "50 万元");
        assert_eq!(zh(Some(150_000_000), Some(150_000_000)), "1.5 亿元");
        assert_eq!(zh(Some(8_000), Some(12_500)), "8,000 元 – 1.25 万元");
        assert_eq!(zh(None, Some(100_000)), "不高于 10 万元");
        assert_eq!(
            range(Lang::En, Form::Money, Some(100_000), Some(200_000), false).unwrap(),
            "CNY 100,000–200,000"
        );
        assert_eq!(range(Lang::Zh, Form::Money, None, None, true).unwrap(), "面议");
        assert_eq!(range(Lang::Zh, Form::Money, None, None, false), None);
    }

    #[test]
    fn price_bands_are_said_in_their_own_words() {
        let zh: Vec<String> = facets::PRICE_BANDS.iter().filter_map(|b| price_band(Lang::Zh, b.id)).collect();
        assert_eq!(
            zh,
            [
                "10 万元以下",
                "10–50 万元",
                "50–100 万元",
                "100–500 万元",
                "500–1,000 万元",
                "1,000 万元及以上"
            ]
        );
        assert_eq!(price_band(Lang::En, "1000-").unwrap(), "CNY 10,000,000 and more");
        assert_eq!(price_band(Lang::Zh, "negotiable").unwrap(), "面议");
        assert_eq!(price_band(Lang::Zh, "1-2"), None);
    }

    #[test]
    fn readiness_is_a_range_with_a_meaning() {
        assert_eq!(readiness(Lang::Zh, (4, 6)), "成熟度 4–6 级");
        assert_eq!(readiness_band(Lang::En, (7, 9)), "TRL 7–9 · near production");
        assert_eq!(readiness_band(Lang::Zh, (2, 8)), "2–8 级");
    }
}
