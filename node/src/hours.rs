//! When entries pass on this node's line: always, never, or in some hours of the day.

use std::fmt;
use std::str::FromStr;

/// Beijing time is this far ahead of UTC, minutes: China keeps one time, and the hours of a tariff are told in it.
const BEIJING: i64 = 8 * 60;
/// Minutes of a day.
const DAY: i64 = 24 * 60;
/// Spans of a day that may be named.
const MAX_SPANS: usize = 8;

/// Hours of the day, Beijing time (UTC+8), by this computer's clock.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Hours {
    /// All day.
    #[default]
    Always,
    /// Not at all: on a metered line announcements alone pass.
    Never,
    /// From … until, minutes of the day; one that ends before it begins goes on past midnight.
    Within(Vec<(u16, u16)>),
}

impl Hours {
    /// Whether the line is open at a moment, milliseconds since 1970.
    pub fn contain(&self, now_ms: i64) -> bool {
        let minute = (now_ms.div_euclid(60_000) + BEIJING).rem_euclid(DAY);
        let within = |&(from, until): &(u16, u16)| {
            let (from, until) = (i64::from(from), i64::from(until));
            if from <= until { (from..until).contains(&minute) } else { minute >= from || minute < until }
        };
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Within(spans) => spans.iter().any(within),
        }
    }
}

impl FromStr for Hours {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fault = || {
            format!(
                "{text:?} is neither \"always\", \"never\", nor hours such as \"22:00-07:00\" or \"12:00-13:30, 18:00-08:00\""
            )
        };
        match text.trim() {
            "always" => return Ok(Self::Always),
            "never" => return Ok(Self::Never),
            _ => {}
        }
        let span = |text: &str| {
            let (from, until) = text.split_once('-')?;
            let (from, until) = (minute(from)?, minute(until)?);
            (from != until && from < 24 * 60).then_some((from, until))
        };
        let spans: Option<Vec<_>> = text.split(',').take(MAX_SPANS + 1).map(span).collect();
        let spans = spans.filter(|spans| spans.len() <= MAX_SPANS).ok_or_else(fault)?;
        Ok(Self::Within(spans))
    }
}

/// Minutes of the day of `HH:MM`; 24:00 is its end.
fn minute(text: &str) -> Option<u16> {
    let (hour, minute) = text.trim().split_once(':')?;
    let number = |text: &str, most: u16| -> Option<u16> {
        let good = (1..=2).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        text.parse().ok().filter(|n| good && *n <= most)
    };
    let (hour, minute) = (number(hour, 24)?, number(minute, 59)?);
    (hour < 24 || minute == 0).then_some(hour * 60 + minute)
}

impl fmt::Display for Hours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Always => f.write_str("always"),
            Self::Never => f.write_str("never"),
            Self::Within(spans) => {
                for (n, (from, until)) in spans.iter().enumerate() {
                    let comma = if n > 0 { ", " } else { "" };
                    write!(
                        f,
                        "{comma}{:02}:{:02}-{:02}:{:02}",
                        from / 60,
                        from % 60,
                        until / 60,
                        until % 60
                    )?;
                }
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A moment of the day in Beijing.
    fn at(hour: i64, minute: i64) -> i64 {
        (20_000 * DAY + hour * 60 + minute - BEIJING) * 60_000
    }

    #[test]
    fn hours_are_those_of_beijing_and_may_pass_midnight() {
        let hours: Hours = "22:00-07:00".parse().unwrap();
        let open: Vec<i64> = (0..24).filter(|hour| hours.contain(at(*hour, 0))).collect();
        assert_eq!(open, [0, 1, 2, 3, 4, 5, 6, 22, 23]);
        assert!(hours.contain(at(6, 59)) && !hours.contain(at(21, 59)));
        let hours: Hours = "8:30-12:00,13:00-24:00".parse().unwrap();
        assert!(hours.contain(at(8, 30)) && !hours.contain(at(12, 0)) && hours.contain(at(23, 59)));
        assert_eq!(hours.to_string(), "08:30-12:00, 13:00-24:00");
        assert_eq!(hours.to_string().parse(), Ok(hours));
        for clock in [i64::MIN, -1, 0, i64::MAX] {
            assert!(Hours::Always.contain(clock) && !Hours::Never.contain(clock));
            let all_day: Hours = "00:00-24:00".parse().unwrap();
            assert!(all_day.contain(clock));
        }
    }

    #[test]
    fn what_is_no_hours_is_refused_with_an_example() {
        let many = ["1:00-2:00"; 9].join(",");
        let bad = [
            "",
            "night",
            "22",
            "22:00",
            "22:00-",
            "25:00-1:00",
            "24:00-1:00",
            "1:60-2:00",
            "1:00-1:00",
            "+1:00-2:00",
            "24:01-1:00",
            "1:00-2:00,",
            &many,
        ];
        for text in bad {
            let said = text.parse::<Hours>();
            assert!(said.as_ref().is_err_and(|why| why.contains("22:00-07:00")), "{text:?}: {said:?}");
        }
    }
}
