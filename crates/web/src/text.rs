//! Texts made fit for a page: bounded, without invisible characters, with times and numbers as people write them.
//!
//! Escaping is not done here: the templates escape everything they insert. Absent: time zones other than China's.

use catalog::Lang;
use catalog::words::{fill, say};

/// China Standard Time, UTC+8 without summer time: the clock that every reader of these pages goes by.
const CHINA_OFFSET_MS: i64 = 8 * 3_600_000;
const DAY_MS: i64 = 86_400_000;

/// Cuts to `max` characters (an ellipsis says so) and drops what may deceive the eye: controls, direction overrides and
/// isolates, unassigned line separators. Line feeds stay.
pub(crate) fn tidy(text: &str, max: usize) -> String {
    let mut kept = text.trim().chars().filter(|c| *c == '\n' || !is_deceptive(*c));
    let mut out: String = kept.by_ref().take(max).collect();
    if kept.next().is_some() {
        out.push('…');
    }
    out
}

/// The same on one line, and cut without an ellipsis when `text` is input rather than output.
pub(crate) fn tidy_line(text: &str, max: usize) -> String {
    let line: String = text.chars().map(|c| if c.is_whitespace() { ' ' } else { c }).collect();
    line.trim().chars().filter(|c| !is_deceptive(*c)).take(max).collect()
}

fn is_deceptive(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
        || matches!(c, '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// `12,408`.
pub(crate) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A hex id as short as people compare it: its first twelve digits in fours.
pub(crate) fn short_id(id: &str) -> String {
    fours(&id.chars().take(12).collect::<String>())
}

/// Digits in fours, as people compare them.
pub(crate) fn fours(digits: &str) -> String {
    let digits: Vec<char> = digits.chars().collect();
    digits.chunks(4).map(|four| four.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
}

/// A point in time, in China Standard Time.
#[derive(Clone, Copy)]
struct Moment {
    year: i64,
    month: usize,
    day: i64,
    hour: i64,
    minute: i64,
}

impl Moment {
    /// From milliseconds since 1970 UTC, kept within the years 0–9999 so that a forged time stays readable.
    fn new(ms: i64) -> Self {
        Self::told(ms.clamp(-62_135_596_800_000, 253_402_214_400_000).saturating_add(CHINA_OFFSET_MS))
    }

    /// As a calendar tells these milliseconds without any offset.
    fn told(ms: i64) -> Self {
        let (mut days, of_day) = (ms.div_euclid(DAY_MS), ms.rem_euclid(DAY_MS));
        let mut year = 1970 + days.div_euclid(146_097) * 400;
        days = days.rem_euclid(146_097);
        while days >= year_days(year) {
            days -= year_days(year);
            year += 1;
        }
        let mut month = 1;
        while days >= month_days(year, month) {
            days -= month_days(year, month);
            month += 1;
        }
        Moment { year, month, day: days + 1, hour: of_day / 3_600_000, minute: of_day / 60_000 % 60 }
    }
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn year_days(year: i64) -> i64 {
    365 + i64::from(is_leap(year))
}

fn month_days(year: i64, month: usize) -> i64 {
    match month {
        2 => 28 + i64::from(is_leap(year)),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// `Fri, 27 Nov 2026 19:07:44 GMT`: a second since 1970 as HTTP tells it (RFC 9110 §5.6.7).
pub(crate) fn http_date(at_s: u64) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    let seconds = i64::try_from(at_s).unwrap_or_default().min(253_402_214_400);
    let Moment { year, month, day, hour, minute } = Moment::told(seconds * 1_000);
    let weekday =
        DAYS.get(usize::try_from(seconds / 86_400 % 7).unwrap_or_default()).copied().unwrap_or_default();
    let name = MONTHS.get(month - 1).copied().unwrap_or_default();
    format!("{weekday}, {day:02} {name} {year:04} {hour:02}:{minute:02}:{:02} GMT", seconds % 60)
}

/// `1.5 MB`: as file managers write it, in both languages.
pub(crate) fn size(bytes: u64) -> String {
    let tenths = |unit: u64| format!("{}.{}", bytes / unit, bytes % unit * 10 / unit);
    match bytes {
        0..1_024 => format!("{bytes} B"),
        1_024..1_048_576 => format!("{} KB", bytes.div_ceil(1_024)),
        1_048_576..1_073_741_824 => format!("{} MB", tenths(1_048_576)),
        _ => format!("{} GB", tenths(1_073_741_824)),
    }
}

/// `2026年3月4日` or `4 Mar 2026`.
pub(crate) fn date(ms: i64, lang: Lang) -> String {
    let Moment { year, month, day, .. } = Moment::new(ms);
    let name = MONTHS.get(month - 1).copied().unwrap_or_default();
    lang.pick(format!("{year}年{month}月{day}日"), format!("{day} {name} {year}"))
}

/// The date and `14:05`.
pub fn minute(ms: i64, lang: Lang) -> String {
    let Moment { hour, minute, .. } = Moment::new(ms);
    format!("{} {hour:02}:{minute:02}", date(ms, lang))
}

/// RFC 3339 for the `datetime` attribute.
pub(crate) fn stamp(ms: i64) -> String {
    let Moment { year, month, day, hour, minute } = Moment::new(ms);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}+08:00")
}

/// RFC 3339 in UTC to the second, for programs.
pub(crate) fn instant(ms: i64) -> String {
    let Moment { year, month, day, hour, minute } = Moment::new(ms.saturating_sub(CHINA_OFFSET_MS));
    let second = ms.div_euclid(1_000).rem_euclid(60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// `3 分钟前` or `3 min ago`; a time that lies ahead is given as a date.
pub(crate) fn ago(now_ms: i64, then_ms: i64, lang: Lang) -> String {
    let minutes = now_ms.saturating_sub(then_ms) / 60_000;
    let (key, number) = match minutes {
        i64::MIN..=-2 => return minute(then_ms, lang),
        -1..=0 => return say(lang, "time.now").to_owned(),
        1..=59 => ("time.minutes_ago", minutes),
        60..=1439 => ("time.hours_ago", minutes / 60),
        1440..=43_199 => ("time.days_ago", minutes / 1440),
        _ => return date(then_ms, lang),
    };
    fill(lang, key, &[("n", &number.to_string())])
}

/// Cuts `text` into pieces, and says of each whether it is one of the words looked for. ASCII case is ignored.
pub(crate) fn mark(text: &str, words: &str) -> Vec<(bool, String)> {
    let words: Vec<&str> = words.split_whitespace().filter(|word| !word.is_empty()).take(8).collect();
    let mut pieces: Vec<(bool, String)> = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let hit = words.iter().filter_map(|word| prefix_ignoring_case(rest, word)).max();
        let length = hit.unwrap_or(first.len_utf8());
        let (piece, after) = rest.split_at(length);
        match pieces.last_mut() {
            Some((marked, last)) if *marked == hit.is_some() => last.push_str(piece),
            _ => pieces.push((hit.is_some(), piece.to_owned())),
        }
        rest = after;
    }
    pieces
}

/// The length in bytes of `word` at the start of `text`.
fn prefix_ignoring_case(text: &str, word: &str) -> Option<usize> {
    let head = text.get(..word.len())?;
    head.eq_ignore_ascii_case(word).then_some(word.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_right_at_the_edges() {
        let cases = [
            (0, "1970年1月1日 08:00"),
            (951_782_400_000, "2000年2月29日 08:00"),
            (1_709_222_399_000, "2024年2月29日 23:59"),
            (1_709_222_400_000, "2024年3月1日 00:00"),
            (4_102_416_000_000, "2100年1月1日 00:00"),
            (-1_000, "1970年1月1日 07:59"),
        ];
        for (ms, expected) in cases {
            assert_eq!(minute(ms, Lang::Zh), expected);
        }
        assert_eq!(date(1_709_222_400_000, Lang::En), "1 Mar 2024");
        assert_eq!(instant(951_782_399_000), "2000-02-28T23:59:59Z");
        assert_eq!(instant(-1_000), "1969-12-31T23:59:59Z");
        for forged in [i64::MIN, i64::MAX] {
            assert!(stamp(forged).len() < 30 && instant(forged).len() == 20);
        }
    }

    #[test]
    fn elapsed_time_is_said_in_words() {
        let minutes = |n: i64| ago(n * 60_000, 0, Lang::En);
        assert_eq!(minutes(0), "just now");
        assert_eq!(minutes(59), "59 min ago");
        assert_eq!(minutes(61), "1 h ago");
        assert_eq!(ago(0, i64::MAX, Lang::En).len(), ago(0, i64::MAX, Lang::En).len());
        assert_eq!(minutes(60 * 24 * 40), "1 Jan 1970");
    }

    #[test]
    fn deceptive_characters_go_and_cuts_are_marked() {
        assert_eq!(tidy("\u{202e}gpj\u{0}.exe\nx\u{feff}", 99), "gpj.exe\nx");
        assert_eq!(tidy("一二三四", 3), "一二三…");
        assert_eq!(tidy_line(" a\t\nb\u{202e} ", 9), "a  b");
    }

    #[test]
    fn numbers_and_ids_are_grouped() {
        assert_eq!(count(0), "0");
        assert_eq!(count(999), "999");
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!(short_id("0123456789abcdef"), "0123 4567 89ab");
        assert_eq!(short_id("短"), "短");
    }

    #[test]
    fn found_words_are_marked_without_losing_a_byte() {
        let pieces = mark("固态Li电池与li离子", "LI 电池");
        let joined: String = pieces.iter().map(|(_, piece)| piece.as_str()).collect();
        assert_eq!(joined, "固态Li电池与li离子");
        let marked: Vec<&str> =
            pieces.iter().filter(|(hit, _)| *hit).map(|(_, piece)| piece.as_str()).collect();
        assert_eq!(marked, ["Li电池", "li"]);
    }
}
