use std::os::unix::fs::PermissionsExt;

use catalog::Lang;

use super::*;
use crate::health::{BACKUP_AGE_MS, LONELY_MS};

fn ids(found: &Findings) -> Vec<&'static str> {
    found.0.iter().map(|finding| finding.id).collect()
}

fn context(home: &Path) -> Context {
    Context { home: home.to_owned(), lang: Lang::En, json: false }
}

#[test]
fn room_on_the_disk_is_judged_by_the_floor() {
    let judged = |free: u64, floor: u64| {
        let mut found = Findings::default();
        disk(&json!({ "disk": { "free": free, "floor": floor } }), &mut found);
        ids(&found)
    };
    assert_eq!(judged(99, 100), ["disk-full"]);
    assert_eq!(judged(100, 100), ["disk-low"]);
    assert_eq!(judged(199, 100), ["disk-low"]);
    assert!(judged(200, 100).is_empty() && judged(0, 0).is_empty());
}

#[test]
fn a_clock_is_slow_when_most_have_signed_later() {
    let home = tempfile::tempdir().unwrap();
    let (now, later) = (now_ms(), now_ms() + 2 * CLOCK_SLACK_MS);
    let judged = |signed: &[i64]| {
        let mut found = Findings::default();
        clocks(&context(home.path()), &json!({ "signed_ms": signed }), &mut found);
        ids(&found)
    };
    assert_eq!(judged(&[later]), ["clock-behind"]);
    assert_eq!(judged(&[later, later, now]), ["clock-behind"]);
    assert!(judged(&[later, now]).is_empty(), "one of two may be off itself");
    assert!(judged(&[]).is_empty());
    let file = fs::File::create(home.path().join("config.toml")).unwrap();
    file.set_modified(std::time::SystemTime::now() + std::time::Duration::from_secs(3600)).unwrap();
    assert_eq!(judged(&[now]), ["clock-set-back"]);
}

#[test]
fn keys_that_others_may_read_are_named() {
    let home = tempfile::tempdir().unwrap();
    let mode = |path: &Path, mode: u32| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    fs::create_dir(home.path().join("identity")).unwrap();
    for name in ["identity/node.key", "identity/root.key", "identity/certificate"] {
        fs::write(home.path().join(name), "").unwrap();
        mode(&home.path().join(name), 0o644);
    }
    mode(home.path(), 0o755);
    assert_eq!(readable_by_others(home.path()), ["identity/node.key", "identity/root.key"]);
    mode(&home.path().join("identity/root.key"), 0o600);
    assert_eq!(readable_by_others(home.path()), ["identity/node.key"]);
    mode(home.path(), 0o700);
    assert!(readable_by_others(home.path()).is_empty(), "nobody else gets there");
}

#[test]
fn backups_grow_old() {
    let home = tempfile::tempdir().unwrap();
    let judged = |made: Option<i64>| {
        if let Some(made) = made {
            fs::write(home.path().join("last-backup"), format!("{made}\n/media/stick/a\n")).unwrap();
        }
        let mut found = Findings::default();
        backups(&context(home.path()), &mut found);
        ids(&found)
    };
    assert_eq!(judged(None), ["no-backup"]);
    assert!(judged(Some(now_ms() - BACKUP_AGE_MS + 60_000)).is_empty());
    assert_eq!(judged(Some(now_ms() - BACKUP_AGE_MS - 1)), ["backup-old"]);
}

#[test]
fn peers_tell_of_versions_and_of_silence() {
    let judged = |status: Json, examined: Json| {
        let mut found = Findings::default();
        peers(&status, &examined, &mut found);
        ids(&found)
    };
    let status = |role: &str, agent: &str| {
        json!({ "role": role, "running": true, "network": { "institutions": 2 },
            "peers": [{ "state": "synced", "agent": agent }] })
    };
    let (now, long_ago) = (now_ms(), now_ms() - LONELY_MS - 1);
    let examined = |seen: i64, started: i64, reached: bool| json!({ "seen_ms": seen, "started_ms": started, "reached": reached, "listen_failed": [] });
    assert!(judged(status("hub", AGENT), examined(now, now, false)).is_empty(), "it has just started");
    assert_eq!(judged(status("hub", "lianshi/9.9"), examined(now, now, true)), ["versions"]);
    assert_eq!(judged(status("hub", AGENT), examined(now, long_ago, false)), ["not-reached"]);
    assert!(judged(status("grassroots-site", AGENT), examined(now, long_ago, false)).is_empty());
    assert_eq!(judged(status("hub", AGENT), examined(long_ago, long_ago, true)), ["lonely"]);
    let failed = json!({ "listen_failed": [{ "address": "/ip4/0.0.0.0/tcp/7400", "why": "in use" }] });
    assert_eq!(judged(status("hub", AGENT), failed), ["listen"]);
}

#[test]
fn harvests_tell_of_failing_of_being_behind_and_of_what_is_held() {
    let home = tempfile::tempdir().unwrap();
    let judged = |source: Json| {
        let mut found = Findings::default();
        harvests(&context(home.path()), &json!({ "sources": [source] }), true, &mut found);
        ids(&found)
    };
    let now = now_ms();
    let source = |failures: u64, done_ms: i64, every_s: i64| json!({ "id": "ab", "url": "http://a.cn/oai", "failures": failures, "done_ms": done_ms, "every_s": every_s });
    assert!(judged(source(2, now, 21_600)).is_empty());
    assert_eq!(judged(source(3, now, 21_600)), ["harvest-failing"]);
    assert!(judged(source(0, now - 2 * DAY_MS, 21_600)).is_empty(), "a weekend");
    assert_eq!(judged(source(0, now - 4 * DAY_MS, 21_600)), ["harvest-old"]);
    assert!(judged(source(0, now - 4 * DAY_MS, 7 * 86_400)).is_empty(), "its pace is a week");
    assert!(judged(source(0, 0, 60)).is_empty(), "it was never harvested yet");
    let with = |key: &str, value: Json| {
        let mut of = source(0, now, 60);
        of[key] = value;
        of
    };
    assert_eq!(
        judged(with("comparison", json!({ "held": { "missing": 9, "known": 10 } }))),
        ["harvest-held"]
    );
    assert_eq!(judged(with("comparison", json!({ "failure": { "code": 4 } }))), ["harvest-compare"]);
    let mut paused = source(9, 0, 60);
    paused["paused"] = json!(true);
    assert!(judged(paused).is_empty());
}

#[test]
fn peer_markets_are_told_of_in_time() {
    let home = tempfile::tempdir().unwrap();
    let now = now_ms();
    let judged = |until: i64, held: bool, seen: i64, started: i64| {
        let market =
            json!({ "name": { "zh": "浙江", "en": "" }, "until_ms": until, "held": held, "seen_ms": seen });
        let mut found = Findings::default();
        let examined = json!({ "started_ms": started, "markets": [market] });
        markets(&context(home.path()), &examined, true, &mut found);
        assert!(found.0.iter().all(|finding| finding.say(&context(home.path()), "").contains("浙江")));
        ids(&found)
    };
    let (far, long_ago, just) = (now + 300 * DAY_MS, now - 2 * FOUND_WITHIN_MS, now - 1_000);
    assert!(judged(far, true, now, long_ago).is_empty());
    assert_eq!(judged(now + AGREEMENT_WARNING_MS - 1_000, true, now, long_ago), ["market-ending"]);
    assert_eq!(judged(now - 1, false, 0, long_ago), ["market-ended"]);
    assert_eq!(judged(far, false, 0, long_ago), ["market-hidden"]);
    assert_eq!(judged(far, true, now - LONELY_MS - DAY_MS, long_ago), ["market-away"]);
    assert!(judged(far, false, 0, just).is_empty(), "it has hardly begun");
}
