//! How this node is, as it tells others, and what it keeps of how they are.
//!
//! ```text
//! tick ─► facts and words ─► changed enough, or six hours old? ─► signed ─► Replica ─► peers
//! Replica's notes ─► a file in the home, now and then: lost, they are heard again
//! ```

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use protocol::limits::{MAX_STATUS, MAX_STATUSES};
use protocol::{Checked, Decoder, Encoder, Fault, StatusFacts, StatusNote};
use replica::{HeardStatus, Input, Why};

use super::{AGENT, Core};
use crate::commands::last_backup_ms;
use crate::config::Config;
use crate::health;

/// What has come is looked at this often.
const LOOK_EVERY: Duration = Duration::from_secs(15);
/// What is slow to look at, and the backlog, is looked at this often.
const LOOK_CLOSELY_EVERY: Duration = Duration::from_secs(600);
/// A note says something new at most this often: others take none sooner (see the replica's bounds).
const TELL_AFTER: Duration = Duration::from_secs(90);
/// What changed a little is told at most this often.
const TELL_LITTLE_AFTER: Duration = Duration::from_secs(600);
/// A note is made at least this often, milliseconds: whoever is silent for twice as long is not well.
const TELL_EVERY_MS: i64 = health::SILENT_MS / 2;
/// What is held of others is written down this often.
const KEEP_EVERY: Duration = Duration::from_secs(300);
/// The file in the home.
const FILE: &str = "statuses";
/// The form of the file.
const FORM: u8 = 1;
/// The most that the file can be long, bytes: a note of each node with its signature and time.
const MAX_KEPT: usize = MAX_STATUSES * (MAX_STATUS + 128);

/// What is remembered between two looks.
pub(super) struct Telling {
    home: PathBuf,
    floor: u64,
    looked: Option<Instant>,
    looked_closely: Option<Instant>,
    told: Option<Instant>,
    /// By how much this clock is behind, as of the last close look.
    behind_ms: u64,
    /// When the last backup was made, as of then.
    backup_ms: Option<i64>,
    /// Missing and unshared entries at the last close look, and whether they did not become fewer up to then.
    backlog: (u64, bool),
    /// What is in the file.
    kept: u64,
    kept_at: Option<Instant>,
    /// It is being written.
    writing: Arc<AtomicBool>,
}

impl Telling {
    pub fn of(home: &Path, config: &Config) -> Self {
        Self {
            home: home.to_owned(),
            floor: config.storage.floor_mib << 20,
            looked: None,
            looked_closely: None,
            told: None,
            behind_ms: 0,
            backup_ms: None,
            backlog: (0, false),
            kept: 0,
            kept_at: None,
            writing: Arc::default(),
        }
    }

    /// A close look: what is still to come or to go, and how this clock stands.
    fn look_closely(&mut self, backlog: u64, behind_ms: u64) {
        let grows = self.looked_closely.is_some() && backlog > 0 && backlog >= self.backlog.0;
        self.backlog = (backlog, grows && self.backlog.0 > 0);
        self.behind_ms = behind_ms;
        self.backup_ms = last_backup_ms(&self.home);
        self.looked_closely = Some(Instant::now());
    }
}

fn is_due(since: Option<Instant>, every: Duration) -> bool {
    since.is_none_or(|since| since.elapsed() >= every)
}

/// What is told at once when it changes: all but numbers that move all the time.
fn gist(facts: &StatusFacts) -> (Option<&String>, Option<i64>, &[String]) {
    (facts.agent.as_ref(), facts.not_after_ms, &facts.words)
}

/// The same of numbers, by their size: twice as much, or half, is something new.
fn sizes(facts: &StatusFacts) -> [u32; 5] {
    let bits = |number: Option<u64>| u64::BITS - number.unwrap_or_default().leading_zeros();
    let free = facts.disk.map(|(free, _)| free);
    [facts.missing, facts.unshared, free, facts.store, facts.entries].map(bits)
}

impl Core {
    /// Looks at how this node is, tells it when that is news, and keeps what was heard.
    pub(super) fn tell_status(&mut self, now: i64) {
        let Some(telling) = self.telling.as_mut().filter(|telling| is_due(telling.looked, LOOK_EVERY)) else {
            return;
        };
        telling.looked = Some(Instant::now());
        if is_due(telling.looked_closely, LOOK_CLOSELY_EVERY) {
            self.look_closely(now);
        }
        let facts = self.status_facts(now);
        if self.is_news(&facts, now) {
            let number = self.replica.next_status(now);
            let note = StatusNote::sign(&self.identity.node, number, facts, &self.replica.network());
            if let Some(telling) = &mut self.telling {
                telling.told = Some(Instant::now());
            }
            self.drive(Input::Status(Box::new(note)));
        }
        self.keep_statuses_beside();
    }

    /// Has what is held written down by a thread of its own, now and then: a disk that does not answer keeps nobody waiting.
    fn keep_statuses_beside(&mut self) {
        let due = |telling: &Telling| {
            is_due(telling.kept_at, KEEP_EVERY) && !telling.writing.load(Ordering::Acquire)
        };
        if !self.telling.as_ref().is_some_and(due) {
            return;
        }
        let writing = self.telling.as_ref().map(|telling| Arc::clone(&telling.writing));
        let Some((writing, keep)) = writing.zip(self.due_file()) else { return };
        writing.store(true, Ordering::Release);
        let done = Arc::clone(&writing);
        let write = move || {
            keep.write();
            done.store(false, Ordering::Release);
        };
        if std::thread::Builder::new().name("statuses".to_owned()).spawn(write).is_err() {
            writing.store(false, Ordering::Release);
        }
    }

    fn look_closely(&mut self, now: i64) {
        let own = self.identity.node.public();
        let signed = self.ledger.newest_times(&own).unwrap_or_default();
        let backlog = self.replica.missing().saturating_add(self.replica.unshared().unwrap_or_default());
        if let Some(telling) = &mut self.telling {
            telling.look_closely(backlog, health::clock_behind(&signed, now));
        }
    }

    fn is_news(&self, facts: &StatusFacts, now: i64) -> bool {
        let Some(telling) = &self.telling else { return false };
        let own = self.identity.node.public();
        let before = self.replica.statuses().find(|heard| heard.note.node == own).map(|own| &own.note.facts);
        // What was told before the start is told anew: the program may be another one. By then it has met others.
        let (Some(before), Some(told)) = (before, telling.told) else {
            return self.opened.elapsed() >= LOOK_EVERY;
        };
        let waited = told.elapsed();
        let age = now.saturating_sub(before.made_ms.unwrap_or_default());
        let old = !(0..TELL_EVERY_MS).contains(&age) || self.replica.status_is_late();
        let changed = gist(before) != gist(facts);
        let changed_little = sizes(before) != sizes(facts);
        (waited >= TELL_AFTER && (changed || old)) || (waited >= TELL_LITTLE_AFTER && changed_little)
    }

    fn status_facts(&self, now: i64) -> StatusFacts {
        let figures = self.ledger.figures(&self.identity.node.public());
        let disk = self.telling.as_ref().and_then(|telling| storage::disk_bytes(&telling.home).ok());
        let seen = self.last_success.values().max().copied();
        let last_success_ms = seen.or_else(|| self.ledger.seen_ms().ok().flatten());
        StatusFacts {
            agent: Some(AGENT.to_owned()),
            made_ms: Some(now),
            not_after_ms: Some(self.identity.certificate.body.not_after_ms),
            missing: Some(self.replica.missing()),
            unshared: self.replica.unshared(),
            last_success_ms,
            clock_behind_ms: self.telling.as_ref().map(|telling| telling.behind_ms),
            disk: disk.filter(|(_, total)| *total < u64::MAX),
            store: self.ledger.size_on_disk().ok(),
            entries: Some(figures.entries),
            words: self.status_words(disk.map(|(free, _)| free), last_success_ms, now),
            more: Vec::new(),
        }
    }

    fn status_words(&self, free: Option<u64>, seen_ms: Option<i64>, now: i64) -> Vec<String> {
        let Some(telling) = &self.telling else { return Vec::new() };
        let own = self.identity.node.public();
        let others = self.replica.roster().members.len() > 1;
        let forked = self
            .ledger
            .forks()
            .keys()
            .filter(|log| log.node == own)
            .any(|log| self.ledger.limit(log).is_some_and(|limit| limit.why == Why::Forked));
        let found = [
            free.and_then(|free| health::disk(free, telling.floor)),
            health::clock(telling.behind_ms),
            health::lonely(seen_ms, now).filter(|_| others),
            health::backup(telling.backup_ms, now),
            telling.backlog.1.then_some("backlog"),
            self.mended.as_ref().map(|_| "mended"),
            self.ledger.purge_fault().map(|_| "unpurged"),
            self.ledger.is_scrub_due().then_some("scrub"),
            forked.then_some("forked"),
        ];
        let mut words: Vec<String> = found.into_iter().flatten().map(str::to_owned).collect();
        words.sort_unstable();
        words
    }

    /// Begins with what was kept.
    pub(super) fn recall_statuses(&mut self) {
        let Some(telling) = &self.telling else { return };
        let path = telling.home.join(FILE);
        let kept = match std::fs::metadata(&path) {
            Ok(data) if data.len() <= MAX_KEPT as u64 => std::fs::read(&path).ok(),
            _ => None,
        };
        let Some(bytes) = kept else { return };
        match read(&bytes) {
            Ok(heard) => {
                self.drive(Input::Statuses(heard));
                let revision = self.replica.statuses_revision();
                if let Some(telling) = &mut self.telling {
                    telling.kept = revision;
                }
            }
            Err(fault) => tracing::info!("what was kept of how nodes are is left: {fault}"),
        }
    }

    /// Writes down what is held, where that has changed.
    pub(super) fn keep_statuses(&mut self) {
        if let Some(keep) = self.due_file() {
            keep.write();
        }
    }

    /// What is to be written, where something has changed.
    fn due_file(&mut self) -> Option<Keep> {
        let telling = self.telling.as_mut()?;
        let revision = self.replica.statuses_revision();
        telling.kept_at = Some(Instant::now());
        let changed = std::mem::replace(&mut telling.kept, revision) != revision;
        changed.then(|| Keep { path: telling.home.join(FILE), bytes: written(self.replica.statuses()) })
    }

    /// What is known of how nodes are: by their own word, this one's included.
    pub fn statuses(&self) -> Vec<HeardStatus> {
        self.replica.statuses().cloned().collect()
    }
}

/// The file as it is to be.
struct Keep {
    path: PathBuf,
    bytes: Vec<u8>,
}

impl Keep {
    /// It is no loss when that cannot be written.
    fn write(&self) {
        let draft = self.path.with_extension("draft");
        let kept = std::fs::write(&draft, &self.bytes).and_then(|()| std::fs::rename(&draft, &self.path));
        if let Err(error) = kept {
            tracing::debug!("how nodes are could not be kept: {error}");
        }
    }
}

fn written<'a>(statuses: impl Iterator<Item = &'a HeardStatus>) -> Vec<u8> {
    let mut to = Encoder::new();
    to.u8(FORM);
    let held: Vec<&HeardStatus> = statuses.collect();
    to.list(&held, |to, heard| {
        to.int(heard.heard_ms);
        heard.note.encode(to);
    });
    to.finish()
}

fn read(bytes: &[u8]) -> Checked<Vec<HeardStatus>> {
    Decoder::whole(bytes, "statuses", |from| {
        let form = from.u8("form")?;
        if form != FORM {
            return Err(Fault::Unknown { what: "form", code: form.into() });
        }
        from.list(MAX_STATUSES, "statuses", |from| {
            let heard_ms = from.int("time")?;
            Ok(HeardStatus { heard_ms, note: StatusNote::decode(from)? })
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_reads_again_and_what_is_spoiled_does_not() {
        let network = protocol::NetworkId([1; 32]);
        let key = protocol::SecretKey::from_seed(&[1; 32]);
        let note = StatusNote::sign(&key, 7, StatusFacts::default(), &network);
        let heard = HeardStatus { note, heard_ms: -5 };
        let bytes = written([&heard].into_iter());
        assert_eq!(read(&bytes), Ok(vec![heard]));
        assert!(read(&bytes[..bytes.len() - 1]).is_err());
        assert!(read(&[&[9], &bytes[1..]].concat()).is_err());
        assert!(read(&[FORM, 0xff, 0xff, 0xff, 0x7f]).is_err());
    }

    #[test]
    fn a_backlog_is_worth_a_word_when_it_does_not_become_less() {
        let mut telling = Telling::of(Path::new("/nowhere"), &Config::default());
        let mut judge = |backlogs: &[u64]| {
            for backlog in backlogs {
                telling.look_closely(*backlog, 0);
            }
            telling.backlog.1
        };
        assert!(!judge(&[0, 500]), "it has only begun");
        assert!(judge(&[500, 900]), "and grows");
        assert!(judge(&[900]), "or stays");
        assert!(!judge(&[800]) && !judge(&[0, 0]));
    }

    #[test]
    fn words_are_told_at_once_and_numbers_when_they_have_doubled() {
        let facts = |missing, words: &[&str]| StatusFacts {
            missing: Some(missing),
            words: words.iter().map(|word| (*word).to_owned()).collect(),
            ..StatusFacts::default()
        };
        assert_ne!(gist(&facts(1, &[])), gist(&facts(1, &["disk-low"])));
        assert_eq!(gist(&facts(1, &[])), gist(&facts(1_000, &[])));
        assert_eq!(sizes(&facts(1_000, &[])), sizes(&facts(1_020, &[])));
        assert_ne!(sizes(&facts(1_000, &[])), sizes(&facts(2_100, &[])));
    }
}
