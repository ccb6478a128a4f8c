//! When a source is asked again. Pure: chance is passed in.

/// Shortest time between two passes, seconds.
pub const MIN_EVERY_S: u64 = 60;
/// Longest, seconds: a month.
pub const MAX_EVERY_S: u64 = 30 * 86_400;
/// Time after the first failure, seconds; each further one doubles it, up to the source's own pace.
const FIRST_RETRY_S: u64 = 15;
/// Asked for anew is what changed this long before the last list began, seconds: a repository may give a record a datestamp
/// some minutes before it shows it.
const OVERLAP_S: u64 = 600;

/// Reads `90m`, `6h`, `2d`; `None` of anything else, and of what is too short or too long.
pub fn every(text: &str) -> Option<u64> {
    let text = text.trim();
    let at = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at(at);
    let unit = match unit {
        "m" | "min" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => return None,
    };
    let seconds = number.parse::<u64>().ok()?.checked_mul(unit)?;
    (MIN_EVERY_S..=MAX_EVERY_S).contains(&seconds).then_some(seconds)
}

/// The same as people write it.
pub fn text(every_s: u64) -> String {
    match every_s {
        s if s.is_multiple_of(86_400) => format!("{}d", s / 86_400),
        s if s.is_multiple_of(3_600) => format!("{}h", s / 3_600),
        s => format!("{}m", s / 60),
    }
}

/// When it is a source's turn again after a pass that went well, or `failures` that did not; `asked_s` is what the repository
/// itself asked to be left alone for. Sources do not keep step: each turn is up to a tenth later or earlier, by `chance`.
pub fn next_ms(now_ms: i64, every_s: u64, failures: u32, asked_s: u64, chance: u16) -> i64 {
    let every_s = every_s.clamp(MIN_EVERY_S, MAX_EVERY_S);
    let doubled =
        FIRST_RETRY_S.saturating_mul(1_u64.checked_shl(failures.saturating_sub(1)).unwrap_or(u64::MAX));
    let pause_s = if failures == 0 { every_s } else { doubled.min(every_s) };
    let tenth = pause_s.saturating_mul(100);
    let shift = tenth.saturating_mul(u64::from(chance)) / u64::from(u16::MAX);
    // From nine tenths to eleven tenths of it, milliseconds.
    let pause_ms = pause_s.saturating_mul(900).saturating_add(shift.saturating_mul(2));
    let pause_ms = pause_ms.max(asked_s.min(MAX_EVERY_S).saturating_mul(1_000));
    now_ms.saturating_add(i64::try_from(pause_ms).unwrap_or(i64::MAX))
}

/// What is asked for after a list that began at `began_s`, by the repository's clock.
pub fn from_s(began_s: u64) -> u64 {
    began_s.saturating_sub(OVERLAP_S)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_are_read_as_people_write_them() {
        for (text_, seconds) in
            [("6h", 21_600), ("90m", 5_400), ("2d", 172_800), (" 1h ", 3_600), ("1min", 60)]
        {
            assert_eq!(every(text_), Some(seconds), "{text_}");
        }
        for wrong in ["", "h", "6", "6 h", "-6h", "0h", "30s", "31d", "99999999999999999999h", "6hh", "汉"] {
            assert_eq!(every(wrong), None, "{wrong}");
        }
        assert_eq!([21_600, 5_400, 172_800].map(text), ["6h", "90m", "2d"]);
    }

    #[test]
    fn failures_wait_longer_and_longer_but_no_longer_than_the_usual_pace() {
        let wait = |failures, asked| next_ms(0, 21_600, failures, asked, u16::MAX / 2);
        assert!((21_590_000..=21_610_000).contains(&wait(0, 0)), "{}", wait(0, 0));
        assert!((14_900..=15_100).contains(&wait(1, 0)) && (29_800..=30_200).contains(&wait(2, 0)));
        assert!((1..40).all(|n| wait(n, 0) <= wait(n + 1, 0)) && wait(60, 0) == wait(0, 0));
        assert!(wait(1, 3_600) == 3_600_000 && wait(0, u64::MAX) == 30 * 86_400_000);
        let spread = [0, u16::MAX].map(|chance| next_ms(0, 21_600, 0, 0, chance));
        assert_eq!(spread, [19_440_000, 23_760_000]);
        assert_eq!(next_ms(i64::MAX, u64::MAX, u32::MAX, u64::MAX, 9), i64::MAX);
    }
}
