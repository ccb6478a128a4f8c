//! When something is told. Pure: the moment is passed in.

use std::time::Duration;

use market::Every;

/// Beijing time is this far ahead of UTC, milliseconds.
const BEIJING_MS: i64 = 8 * 3_600_000;
const DAY_MS: i64 = 86_400_000;
/// Digests are sent at this hour of Beijing time: before the office opens.
const HOUR_MS: i64 = 8 * 3_600_000;
/// The first day of 1970 was a Thursday: so many days later it was a Monday.
const MONDAY: i64 = 4;
/// What comes is gathered for so long before it is told at once.
const GATHER_MS: i64 = 2_000;
/// Between two mails of one watch that tells as it comes.
const MAIL_GAP_MS: i64 = 15 * 60_000;

/// Waits between the tries of a message: after the last of them it is given up. Two days and a half in all, so that a server that was
/// broken on a Friday evening hears on Monday.
pub const WAITS: [Duration; 8] = [
    Duration::from_secs(5),
    Duration::from_secs(60),
    Duration::from_secs(10 * 60),
    Duration::from_secs(3_600),
    Duration::from_secs(6 * 3_600),
    Duration::from_secs(12 * 3_600),
    Duration::from_secs(18 * 3_600),
    Duration::from_secs(24 * 3_600),
];

/// When what was first found at `found_ms` is told.
pub fn due_ms(every: Every, found_ms: i64, last_ms: i64, by_mail: bool) -> i64 {
    match every {
        Every::Now if by_mail && last_ms > 0 => (found_ms + GATHER_MS).max(last_ms + MAIL_GAP_MS),
        Every::Now => found_ms + GATHER_MS,
        Every::Day => next(found_ms, 1, 0),
        Every::Week => next(found_ms, 7, MONDAY),
    }
}

/// The next morning after a moment, of a day that is `first` days after the first of 1970, or whole rounds of days later.
fn next(after_ms: i64, round: i64, first: i64) -> i64 {
    let local = after_ms.saturating_add(BEIJING_MS - HOUR_MS);
    let day = local.div_euclid(DAY_MS) + 1;
    let wait = (first - day).rem_euclid(round);
    (day + wait) * DAY_MS + HOUR_MS - BEIJING_MS
}

/// When a message that failed so many times is tried again; `None` when it is given up. A server may ask for longer.
pub fn again_ms(now_ms: i64, tries: u32, asked: Option<Duration>) -> Option<i64> {
    let wait = WAITS.get(usize::try_from(tries).ok()?.checked_sub(1)?)?;
    let wait = asked.map_or(*wait, |asked| asked.min(WAITS[WAITS.len() - 1]).max(*wait));
    Some(now_ms.saturating_add(i64::try_from(wait.as_millis()).unwrap_or(i64::MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Friday, 2026-11-27 07:59:59 in Beijing.
    const FRIDAY: i64 = 1_795_737_599_000;

    #[test]
    fn digests_are_due_at_eight_and_on_mondays() {
        let eight = FRIDAY + 1_000;
        assert_eq!(due_ms(Every::Day, FRIDAY, 0, true), eight);
        assert_eq!(due_ms(Every::Day, eight, 0, true), eight + DAY_MS);
        assert_eq!(due_ms(Every::Week, FRIDAY, 0, true), eight + 3 * DAY_MS);
        assert_eq!(due_ms(Every::Week, eight + 3 * DAY_MS - 1, 0, true), eight + 3 * DAY_MS);
        assert_eq!(due_ms(Every::Week, eight + 3 * DAY_MS, 0, true), eight + 10 * DAY_MS);
    }

    #[test]
    fn what_is_told_as_it_comes_is_gathered_and_mails_are_kept_apart() {
        assert_eq!(due_ms(Every::Now, 0, 0, true), GATHER_MS);
        assert_eq!(due_ms(Every::Now, 5_000, 4_000, true), 4_000 + MAIL_GAP_MS);
        assert_eq!(due_ms(Every::Now, 5_000, 4_000, false), 5_000 + GATHER_MS);
    }

    #[test]
    fn tries_grow_apart_and_come_to_an_end() {
        let waits: Vec<_> = (1..=8).map(|tries| again_ms(0, tries, None).unwrap()).collect();
        assert!(waits.windows(2).all(|pair| pair[0] < pair[1]) && waits[0] == 5_000, "{waits:?}");
        assert_eq!((again_ms(0, 9, None), again_ms(0, 0, None)), (None, None));
        assert_eq!(again_ms(0, 1, Some(Duration::from_secs(90))), Some(90_000));
        assert_eq!(again_ms(0, 1, Some(Duration::from_secs(1))), Some(5_000));
        assert_eq!(again_ms(0, 1, Some(Duration::MAX)), Some(DAY_MS));
    }
}
