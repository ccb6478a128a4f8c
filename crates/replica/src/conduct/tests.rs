use super::*;

const NOW: i64 = 1_800_000_000_000;
const MINUTE: i64 = 60_000;

fn peer(n: u64) -> PublicKey {
    let mut key = [0; 32];
    key[..8].copy_from_slice(&n.to_be_bytes());
    PublicKey(key)
}

/// Bad frames until the peer is refused; how many it took.
fn misbehave(conduct: &mut Conduct, now_ms: i64) -> u32 {
    (1..100).find(|_| conduct.count(&peer(1), Offence::BadFrame, "bad", now_ms)).unwrap()
}

fn minutes_refused(conduct: &mut Conduct, from_ms: i64) -> i64 {
    (0..10_000).find(|n| conduct.refusal(&peer(1), from_ms + n * MINUTE).is_none()).unwrap()
}

#[test]
fn refusals_grow_and_fade() {
    let mut conduct = Conduct::default();
    assert_eq!(misbehave(&mut conduct, NOW), 10);
    let mut now_ms = NOW;
    for minutes in [1, 2, 4, 8, 16] {
        assert_eq!(minutes_refused(&mut conduct, now_ms), minutes);
        now_ms += minutes * MINUTE;
        assert!(misbehave(&mut conduct, now_ms) <= 7, "it has points left from before");
    }
    for _ in 0..20 {
        now_ms = conduct.views(now_ms)[0].banned_until_ms.unwrap();
        misbehave(&mut conduct, now_ms);
    }
    let longest = conduct.views(now_ms)[0].banned_until_ms.unwrap() - now_ms;
    assert_eq!(longest, LONGEST_BAN_MS);
    // Two quiet weeks, and nothing is remembered.
    now_ms += 2 * BANS_FADE_MS;
    assert!(conduct.views(now_ms).is_empty() && conduct.refusal(&peer(1), now_ms).is_none());
    assert!(conduct.peers.is_empty());
    assert_eq!(misbehave(&mut conduct, now_ms), 10);
    assert_eq!(minutes_refused(&mut conduct, now_ms), 1);
}

#[test]
fn silence_never_adds_up_to_a_refusal() {
    let mut conduct = Conduct::default();
    for n in 0..10_000 {
        assert!(!conduct.count(&peer(1), Offence::Light, "brings nothing", NOW + n * 1_000));
    }
    assert!(conduct.views(NOW)[0].score <= LIGHT_CEILING);
    // Nor does a bad frame now and then.
    for n in 0..1_000 {
        assert!(!conduct.count(&peer(1), Offence::BadFrame, "odd", NOW + 10_000_000 + n * 15 * MINUTE));
    }
}

#[test]
fn the_table_is_bounded_and_keeps_the_worst() {
    let mut conduct = Conduct::default();
    misbehave(&mut conduct, NOW);
    for n in 2..3 * MAX_REMEMBERED as u64 {
        conduct.count(&peer(n), Offence::BadFrame, &"很长的理由".repeat(100), NOW + 1);
    }
    assert_eq!(conduct.peers.len(), MAX_REMEMBERED);
    assert!(conduct.refusal(&peer(1), NOW + 2).is_some_and(|why| why.contains("1 more minutes")));
    assert!(conduct.views(NOW)[0].misdeeds.iter().all(|misdeed| misdeed.what.len() <= MAX_REASON));
    for _ in 0..50 {
        conduct.count(&peer(1), Offence::BadRun, "bad", NOW + 3);
    }
    let view = conduct.views(NOW + 3).into_iter().find(|view| view.peer == peer(1)).unwrap();
    assert_eq!(view.misdeeds.len(), MAX_REASONS);
    assert!(conduct.forgive(&peer(1)) && !conduct.forgive(&peer(1)));
    assert!(conduct.refusal(&peer(1), NOW + 3).is_none());
}

/// A clock that jumps neither frees nor locks up anyone for longer than the longest refusal.
#[test]
fn clocks_that_jump_overflow_nothing() {
    for first in [i64::MIN, -1, 0, NOW, i64::MAX] {
        for then in [i64::MIN, -1, 0, NOW, i64::MAX] {
            let mut conduct = Conduct::default();
            misbehave(&mut conduct, first);
            let refused = conduct.refusal(&peer(1), then);
            conduct.count(&peer(1), Offence::AskedAgain, "again", then);
            let until = conduct.views(then).first().and_then(|view| view.banned_until_ms);
            assert!(until.is_none_or(|ms| ms.saturating_sub(then) <= LONGEST_BAN_MS), "{first} {then}");
            assert!(then > first || first == i64::MAX || refused.is_some(), "set back, it is still refused");
        }
    }
}

/// To the millisecond: a point fades with a whole minute, refusals are forgotten after more than their time.
#[test]
fn points_and_refusals_fade_at_their_moment() {
    let score = |conduct: &Conduct, now_ms: i64| conduct.views(now_ms)[0].score;
    let mut conduct = Conduct::default();
    conduct.count(&peer(1), Offence::BadFrame, "bad", NOW);
    assert_eq!([score(&conduct, NOW + FADE_MS - 1), score(&conduct, NOW + FADE_MS)], [10, 9]);
    conduct.count(&peer(1), Offence::Light, "silent", NOW + FADE_MS);
    assert_eq!(score(&conduct, NOW + FADE_MS), 10);
    let second = |pause: i64| {
        let mut conduct = Conduct::default();
        misbehave(&mut conduct, NOW);
        misbehave(&mut conduct, NOW + pause);
        conduct.views(NOW + pause)[0].banned_until_ms.unwrap() - NOW - pause
    };
    assert_eq!([second(BANS_FADE_MS), second(BANS_FADE_MS + 1)], [2 * FIRST_BAN_MS, FIRST_BAN_MS]);
    let mut conduct = Conduct::default();
    misbehave(&mut conduct, NOW);
    assert!(conduct.refusal(&peer(1), NOW + FIRST_BAN_MS - 1).is_some());
    assert!(conduct.refusal(&peer(1), NOW + FIRST_BAN_MS).is_none());
}
