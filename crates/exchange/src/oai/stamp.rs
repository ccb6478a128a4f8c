//! Datestamps: days and seconds in UTC.

use time::{Date, Month, OffsetDateTime, Time};

/// A point in time as requests give it: a day or a second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stamp {
    /// The first second of a day, since 1970.
    Day(u64),
    /// A second since 1970.
    Second(u64),
}

impl Stamp {
    /// Reads `YYYY-MM-DD` or `YYYY-MM-DDThh:mm:ssZ` (the two granularities of OAI-PMH, §3.3); `None` of anything else, and of times
    /// before 1970.
    pub fn parse(text: &str) -> Option<Self> {
        let (date, time) = match text.strip_suffix('Z') {
            Some(rest) => rest.split_once('T').map(|(date, time)| (date, Some(time)))?,
            None => (text, None),
        };
        let [year, month, day] = numbers(date, '-', [4, 2, 2])?;
        let month = Month::try_from(u8::try_from(month).ok()?).ok()?;
        let date = Date::from_calendar_date(year, month, u8::try_from(day).ok()?).ok()?;
        let time = match time {
            Some(time) => {
                let [hour, minute, second] = numbers(time, ':', [2, 2, 2])?.map(u8::try_from);
                Some(Time::from_hms(hour.ok()?, minute.ok()?, second.ok()?).ok()?)
            }
            None => None,
        };
        let seconds = date.with_time(time.unwrap_or(Time::MIDNIGHT)).assume_utc().unix_timestamp();
        let seconds = u64::try_from(seconds).ok()?;
        Some(if time.is_some() { Self::Second(seconds) } else { Self::Day(seconds) })
    }

    /// The first second of it.
    pub fn first(self) -> u64 {
        match self {
            Self::Day(second) | Self::Second(second) => second,
        }
    }

    /// The last second of it.
    pub fn last(self) -> u64 {
        match self {
            Self::Day(second) => second.saturating_add(86_399),
            Self::Second(second) => second,
        }
    }

    /// Whether both are days, or both seconds.
    pub fn is_like(self, other: Self) -> bool {
        matches!((self, other), (Self::Day(_), Self::Day(_)) | (Self::Second(_), Self::Second(_)))
    }

    /// As requests write it.
    pub fn text(self) -> String {
        let text = second(self.first());
        match self {
            Self::Day(_) => text.split('T').next().unwrap_or_default().to_owned(),
            Self::Second(_) => text,
        }
    }
}

/// A second since 1970 as `YYYY-MM-DDThh:mm:ssZ`; one that no calendar has as the first.
pub(crate) fn second(second: u64) -> String {
    let at = i64::try_from(second).ok().and_then(|s| OffsetDateTime::from_unix_timestamp(s).ok());
    let at = at.unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let (date, month) = (at.date(), u8::from(at.month()));
    let (year, day) = (date.year(), date.day());
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", at.hour(), at.minute(), at.second())
}

/// Three numbers of exactly so many digits.
fn numbers(text: &str, between: char, digits: [usize; 3]) -> Option<[i32; 3]> {
    let mut parts = text.split(between);
    let mut found = [0; 3];
    for (number, digits) in found.iter_mut().zip(digits) {
        let part = parts.next().filter(|p| p.len() == digits && p.bytes().all(|b| b.is_ascii_digit()))?;
        *number = part.parse().ok()?;
    }
    parts.next().is_none().then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_granularities_are_read_and_nothing_else() {
        assert_eq!(Stamp::parse("1970-01-02"), Some(Stamp::Day(86_400)));
        assert_eq!(Stamp::parse("1970-01-02").map(Stamp::last), Some(2 * 86_400 - 1));
        assert_eq!(Stamp::parse("2026-11-27T19:07:44Z"), Some(Stamp::Second(1_795_806_464)));
        for text in ["2026-02-29", "2024-02-29", "1970-01-01T00:00:00Z"] {
            assert_eq!(Stamp::parse(text).map(Stamp::text), (text != "2026-02-29").then(|| text.to_owned()));
        }
        for text in [
            "",
            "2026",
            "2026-1-1",
            "2026-11-27T19:07Z",
            "2026-11-27T19:07:44",
            "2026-11-27Z",
            "+026-01-01",
            "1969-12-31",
        ] {
            assert_eq!(Stamp::parse(text), None, "{text}");
        }
        assert_eq!(second(u64::MAX), "1970-01-01T00:00:00Z");
    }
}
