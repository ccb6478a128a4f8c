//! Dates as people write them, to ISO 8601 `yyyy`, `yyyy-mm` or `yyyy-mm-dd`: no more precise than what was given.
//!
//! Read: `2013-01-02`, `2013.1.2`, `2013/1`, `2013年1月2日`, `2013年`, `20130102`, `1/2/2013` (month first, as American
//! catalogues write), `2013-01-02T08:00:00Z` and `2013-01-02 08:00` (the time is dropped). Absent: time zones, calendars
//! other than the Gregorian, and serial numbers of spreadsheets, which the reader of the file turns into dates.

use crate::fold;
use crate::limits::{MAX_YEAR, MIN_YEAR};

/// Reads a date; `None` when it is none, does not exist, or lies outside the years a listing may carry.
pub fn parse(text: &str) -> Option<String> {
    let text = fold::cell(text);
    let day_part = text.split_once('T').map_or(text.as_str(), |(day, _)| day);
    let day_part = match day_part.split_once(' ') {
        Some((day, time)) if time.contains(':') || time == "00" => day,
        _ => day_part,
    };
    let numbers = numbers(day_part)?;
    let (year, month, day) = match *numbers.as_slice() {
        [(whole, 8)] => (whole / 10_000, Some(whole / 100 % 100), Some(whole % 100)),
        [(whole, 6)] => (whole / 100, Some(whole % 100), None),
        [(year, 4)] => (year, None, None),
        [(year, 4), (month, 1..=2)] => (year, Some(month), None),
        [(month, 1..=2), (year, 4)] => (year, Some(month), None),
        [(year, 4), (month, 1..=2), (day, 1..=2)] => (year, Some(month), Some(day)),
        [(month, 1..=2), (day, 1..=2), (year, 4)] => (year, Some(month), Some(day)),
        _ => return None,
    };
    write(year, month, day)
}

/// Whether a text is a date in stored form.
pub fn is_normal(text: &str) -> bool {
    parse(text).is_some_and(|normal| normal == text)
}

/// The beginning of a day `YYYY-MM-DD`, UTC, in milliseconds since 1970; `None` for what is no date.
pub fn midnight_ms(day: &str) -> Option<i64> {
    let mut parts = day.splitn(3, '-').map(|part| part.parse::<i64>().ok());
    let (year, month, of_month) = (parts.next()??, parts.next()??, parts.next()??);
    if !(1970..=9999).contains(&year) || !exists(year, month, of_month) {
        return None;
    }
    // Days from civil: H. Hinnant, "chrono-Compatible Low-Level Date Algorithms".
    let y = if month <= 2 { year - 1 } else { year };
    let era = y.div_euclid(400);
    let yoe = y.rem_euclid(400);
    let doy = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + of_month - 1;
    let doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    Some((era * 146_097 + doe - 719_468) * 86_400_000)
}

/// The year of a stored date, or of any text that reads as a year or date.
pub fn year(text: &str) -> Option<i64> {
    parse(text)?.get(..4)?.parse().ok()
}

/// Whether a day exists in the Gregorian calendar.
pub fn exists(year: i64, month: i64, day: i64) -> bool {
    let leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    let last = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => return false,
    };
    (1..=last).contains(&day)
}

fn write(year: i64, month: Option<i64>, day: Option<i64>) -> Option<String> {
    if !(MIN_YEAR..=MAX_YEAR).contains(&year) || !exists(year, month.unwrap_or(1), day.unwrap_or(1)) {
        return None;
    }
    Some(match (month, day) {
        (Some(month), Some(day)) => format!("{year:04}-{month:02}-{day:02}"),
        (Some(month), None) => format!("{year:04}-{month:02}"),
        _ => format!("{year:04}"),
    })
}

/// The numbers of a date with their count of digits; `None` when anything but date punctuation stands between.
fn numbers(text: &str) -> Option<Vec<(i64, usize)>> {
    let mut found = Vec::new();
    for part in text.split(['-', '.', '/', '年', '月', '日', '号', ' ']) {
        if part.is_empty() {
            continue;
        }
        if part.len() > 8 || !part.bytes().all(|b| b.is_ascii_digit()) || found.len() == 3 {
            return None;
        }
        found.push((part.parse().ok()?, part.len()));
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn dates_are_read_as_written_and_no_more_precisely() {
        for (text, iso) in [
            ("2013.01.02", "2013-01-02"),
            ("2013-1-2", "2013-01-02"),
            ("2013/1/2", "2013-01-02"),
            ("2013年1月2日", "2013-01-02"),
            ("2013年1月", "2013-01"),
            ("2013年", "2013"),
            ("2013", "2013"),
            ("２０１３．０１．０２", "2013-01-02"),
            ("10/03/2015", "2015-10-03"),
            ("2/4/2017", "2017-02-04"),
            ("20130102", "2013-01-02"),
            ("201301", "2013-01"),
            ("2014-04-15T00:00:00.000", "2014-04-15"),
            ("2014-04-15 08:30", "2014-04-15"),
            (" 2013 年 1 月 ", "2013-01"),
            ("2024-02-29", "2024-02-29"),
        ] {
            assert_eq!(parse(text).as_deref(), Some(iso), "{text}");
            assert!(is_normal(iso), "{iso}");
        }
        for bad in [
            "",
            "长期",
            "2013-13-01",
            "2023-02-29",
            "31/12/2015",
            "0001-01-01",
            "3013",
            "12",
            "1/2",
            "2013-01-02-03",
            "2013-2015",
            "99999999999",
        ] {
            assert_eq!(parse(bad), None, "{bad}");
        }
        assert_eq!(year("2013年1月"), Some(2013));
    }

    proptest! {
        #[test]
        fn what_is_read_is_stable(text in "[0-9]{1,4}[-./年 ][0-9]{1,4}[-./月 ]?[0-9]{0,4}日?") {
            if let Some(iso) = parse(&text) {
                prop_assert_eq!(parse(&iso), Some(iso.clone()));
            }
        }

        #[test]
        fn any_text_is_answered(text in ".*") {
            let _ = parse(&text);
        }
    }
}
