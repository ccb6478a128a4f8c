//! When something about a node is worth a word. The check-up, what a node says of itself, and whoever reads that judge alike.
//!
//! A word is the id of a finding, as `lianshi doctor` names it; some come beside those, since only another node can tell.

use crate::commands::FINDINGS;

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// The node does not do what it should: the check-up's exit code is 6.
    Problem,
    /// Something to be done in time.
    Notice,
}

/// A day, milliseconds.
pub const DAY_MS: i64 = 24 * 3600 * 1000;
/// A certificate that ends within so long is to be renewed, milliseconds.
pub const CERTIFICATE_WARNING_MS: i64 = 60 * DAY_MS;
/// A backup older than this is old, milliseconds: a month of drafts is what an office can bear to lose.
pub const BACKUP_AGE_MS: i64 = 30 * DAY_MS;
/// Not in step with anybody for so long is worth a word, milliseconds; a site may well be offline for days.
pub const LONELY_MS: i64 = 7 * DAY_MS;
/// Clocks of computers that set themselves differ by far less, milliseconds.
pub const CLOCK_SLACK_MS: i64 = 10 * 60 * 1000;
/// Free space is low below so many times the floor.
const LOW_FLOORS: u64 = 2;
/// A node says how it is every six hours at least. Of one that has said nothing for twice that, nothing is known; milliseconds.
pub const SILENT_MS: i64 = 12 * 3600 * 1000;

/// What others see of a node and it does not say itself.
pub const SEEN: &[(&str, Level)] = &[
    ("silent", Level::Problem),
    ("clock-ahead", Level::Problem),
    ("backlog", Level::Notice),
    ("never", Level::Notice),
    ("other", Level::Notice),
];

/// How much a word matters. One of a later version is worth reading.
pub fn level(word: &str) -> Level {
    let known = SEEN.iter().chain(FINDINGS).find(|(id, _)| *id == word);
    known.map_or(Level::Notice, |(_, level)| *level)
}

/// Free bytes of a disk, and the floor below which the node refuses to write.
pub fn disk(free: u64, floor: u64) -> Option<&'static str> {
    if free < floor {
        Some("disk-full")
    } else {
        (free < floor.saturating_mul(LOW_FLOORS)).then_some("disk-low")
    }
}

/// A certificate that ends.
pub fn certificate(not_after_ms: i64, now_ms: i64) -> Option<&'static str> {
    match not_after_ms.saturating_sub(now_ms) {
        ..=0 => Some("certificate-ended"),
        left => (left < CERTIFICATE_WARNING_MS).then_some("certificate"),
    }
}

/// By how much a clock is behind what more than half of the others have signed, milliseconds. One node of several that is ahead
/// has itself a clock that is off.
pub fn clock_behind(signed_ms: &[i64], now_ms: i64) -> u64 {
    let mut latest_first = signed_ms.to_vec();
    latest_first.sort_unstable_by(|a, b| b.cmp(a));
    let most = latest_first.get(signed_ms.len() / 2).copied().unwrap_or(now_ms);
    u64::try_from(most.saturating_sub(now_ms)).unwrap_or_default()
}

/// Whether a clock is off.
pub fn clock(behind_ms: u64) -> Option<&'static str> {
    (behind_ms > CLOCK_SLACK_MS.unsigned_abs()).then_some("clock-behind")
}

/// A node that was last in step with another then.
pub fn lonely(seen_ms: Option<i64>, now_ms: i64) -> Option<&'static str> {
    seen_ms.is_some_and(|seen| now_ms.saturating_sub(seen) > LONELY_MS).then_some("lonely")
}

/// The last backup.
pub fn backup(made_ms: Option<i64>, now_ms: i64) -> Option<&'static str> {
    match made_ms {
        None => Some("no-backup"),
        Some(made) => (now_ms.saturating_sub(made) > BACKUP_AGE_MS).then_some("backup-old"),
    }
}

/// What a reader adds to a note: that it is old, that its clock is ahead, that its certificate ends, that its program is another.
pub fn of_note(note: &replica::HeardStatus, own_agent: &str, now_ms: i64) -> Vec<&'static str> {
    let facts = &note.note.facts;
    let silent = now_ms.saturating_sub(note.heard_ms) > SILENT_MS;
    // It was made before it came here.
    let ahead = facts.made_ms.is_some_and(|made| made.saturating_sub(note.heard_ms) > CLOCK_SLACK_MS);
    let other = facts.agent.as_ref().is_some_and(|agent| agent != own_agent);
    [
        silent.then_some("silent"),
        ahead.then_some("clock-ahead"),
        facts.not_after_ms.and_then(|ends| certificate(ends, now_ms)),
        other.then_some("versions"),
    ]
    .into_iter()
    .flatten()
    .collect()
}

#[cfg(test)]
mod tests {
    use protocol::{SecretKey, StatusFacts, StatusNote};
    use replica::HeardStatus;

    use super::*;

    const NOW: i64 = 1_800_000_000_000;

    #[test]
    fn free_space_is_judged_by_the_floor() {
        let judged = [99, 100, 199, 200].map(|free| disk(free, 100));
        assert_eq!(judged, [Some("disk-full"), Some("disk-low"), Some("disk-low"), None]);
    }

    #[test]
    fn a_certificate_is_to_be_renewed_two_months_before_it_ends() {
        let judged = [-1, 0, 59 * DAY_MS, 61 * DAY_MS].map(|left| certificate(NOW + left, NOW));
        assert_eq!(judged, [Some("certificate-ended"), Some("certificate-ended"), Some("certificate"), None]);
    }

    #[test]
    fn a_clock_is_behind_when_more_than_half_have_signed_later() {
        let hour = 3_600_000;
        assert_eq!(clock_behind(&[], NOW), 0);
        assert_eq!(clock_behind(&[NOW + hour], NOW), hour as u64);
        assert_eq!(clock_behind(&[NOW + hour, NOW - 5], NOW), 0, "one of two is no more than half");
        assert_eq!(clock_behind(&[NOW + hour, NOW + 2 * hour, NOW - 5], NOW), hour as u64);
        assert_eq!((clock(600_000), clock(600_001)), (None, Some("clock-behind")));
    }

    #[test]
    fn backups_and_loneliness_are_counted_in_days() {
        assert_eq!(backup(None, NOW), Some("no-backup"));
        assert_eq!(backup(Some(NOW - 31 * DAY_MS), NOW), Some("backup-old"));
        assert_eq!(backup(Some(NOW - 29 * DAY_MS), NOW), None);
        assert_eq!((lonely(None, NOW), lonely(Some(NOW - 8 * DAY_MS), NOW)), (None, Some("lonely")));
    }

    #[test]
    fn a_note_that_is_old_ahead_about_to_end_or_of_another_program_is_told_so() {
        let network = protocol::NetworkId([1; 32]);
        let heard = |facts: StatusFacts, heard_ms| HeardStatus {
            note: StatusNote::sign(&SecretKey::from_seed(&[1; 32]), 1, facts, &network),
            heard_ms,
        };
        let facts = |made_ms| StatusFacts {
            made_ms: Some(made_ms),
            agent: Some("lianshi/1".to_owned()),
            not_after_ms: Some(NOW + 100 * DAY_MS),
            ..StatusFacts::default()
        };
        let judge = |note: &HeardStatus| of_note(note, "lianshi/1", NOW);
        assert!(judge(&heard(facts(NOW - 60_000), NOW)).is_empty());
        assert_eq!(judge(&heard(facts(NOW - SILENT_MS), NOW - SILENT_MS - 1)), ["silent"]);
        assert_eq!(judge(&heard(facts(NOW + CLOCK_SLACK_MS + 1), NOW)), ["clock-ahead"]);
        let ends = StatusFacts { not_after_ms: Some(NOW + DAY_MS), agent: None, ..facts(NOW) };
        assert_eq!(judge(&heard(ends, NOW)), ["certificate"]);
        let other = StatusFacts { agent: Some("lianshi/2".to_owned()), ..facts(NOW) };
        assert_eq!(judge(&heard(other, NOW)), ["versions"]);
        let empty = heard(StatusFacts::default(), NOW);
        assert!(judge(&empty).is_empty(), "what is not said is not judged");
    }

    #[test]
    fn words_of_later_versions_are_notices() {
        assert_eq!(level("silent"), Level::Problem);
        assert_eq!(level("disk-full"), Level::Problem);
        assert_eq!(level("no-backup"), Level::Notice);
        assert_eq!(level("of-a-later-version"), Level::Notice);
        assert!(SEEN.iter().all(|(id, _)| !FINDINGS.iter().any(|(known, _)| known == id)));
    }
}
