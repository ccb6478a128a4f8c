//! The open log: appending, reading back from the newest on, letting the oldest go.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock};

use protocol::Hash;
use storage::{Floor, Journal, Position, Record, StorageError};

use super::record::{Act, Actor, AuditFilter, AuditOutcome, AuditRecord, kept, of_bytes};
use super::{FILE_BYTES, FILE_MS, LEAST_FREE, MAX_AUDIT_LOOKED, MAX_AUDIT_PAGE, MISSED, TRIMMED};
use crate::error::Result;

/// Name of the file that remembers the last record.
const HEAD: &str = "head";
/// Records written back from a backup in one frame.
const BACK_AT_ONCE: usize = 256;

/// How much is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuditBounds {
    /// Records; up to a file more.
    pub records: u64,
    /// Age, milliseconds; up to a file's span more.
    pub age_ms: i64,
}

/// The log of a home. Many threads may write; those that wait for durability share one fsync.
#[derive(Debug)]
pub struct AuditLog {
    folder: PathBuf,
    pub(super) journal: Journal,
    floor: Floor,
    bounds: AuditBounds,
    state: Mutex<State>,
    /// Held by whoever reads files, so that none goes meanwhile.
    pub(super) reading: RwLock<()>,
}

/// What changes as records come.
#[derive(Clone, Debug, Default)]
pub(super) struct State {
    /// The last record: its number and its hash; zero before the first.
    pub(super) head: (u64, Hash),
    /// The files that hold records, the oldest first.
    pub(super) files: Vec<FileStart>,
    /// Why records cannot be written, and how many could not.
    failing: Option<(String, u64)>,
}

/// Where a file begins.
#[derive(Clone, Copy, Debug)]
pub(super) struct FileStart {
    position: Position,
    number: u64,
    time_ms: i64,
    before: Hash,
}

/// Some records, the newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditPage {
    /// The records.
    pub records: Vec<AuditRecord>,
    /// Where the next page goes on: before this number. Nothing behind the oldest record.
    pub next: Option<u64>,
}

/// Why a walk through records ended.
enum Stop {
    Storage(StorageError),
    Enough,
}

impl From<StorageError> for Stop {
    fn from(error: StorageError) -> Self {
        Self::Storage(error)
    }
}

/// Shows the records from `from` up to `to` that read, in their bytes, until `visit` says false.
fn walk(
    journal: &Journal,
    from: Position,
    to: Position,
    mut visit: impl FnMut(Vec<u8>) -> bool,
) -> Result<()> {
    let done = journal.salvage(from, |at, records| {
        for record in records {
            let Record::Entry(bytes) = record else { continue };
            if at > to || !visit(bytes) {
                return Err(Stop::Enough);
            }
        }
        Ok(())
    });
    match done {
        Err(Stop::Storage(error)) => Err(error.into()),
        Ok(_) | Err(Stop::Enough) => Ok(()),
    }
}

impl AuditLog {
    /// Name of the folder in a home.
    pub const FOLDER: &str = "audit";

    /// What the log leaves free where everything else leaves `floor_bytes`: less, since a record is small, and that something was
    /// refused for want of space is to be written down too.
    #[must_use]
    pub fn floor(floor_bytes: u64) -> u64 {
        floor_bytes.min(LEAST_FREE)
    }

    /// Opens the log of a home, or begins it. Nothing is written where less than `floor_bytes` would be free.
    ///
    /// # Errors
    /// When the disk fails, or a newer program wrote it. Damage is no error: [`AuditLog::verify`] finds it.
    pub fn open(home: &Path, floor_bytes: u64, bounds: AuditBounds) -> Result<Self> {
        let folder = home.join(Self::FOLDER);
        let floor = Floor::new(home, floor_bytes);
        let (journal, _) = Journal::open_in_files(&folder, floor.clone(), FILE_BYTES)?;
        let mut state = State::default();
        let files = journal.files();
        let ends = files.iter().skip(1).copied().chain([journal.end()]);
        for (position, end) in files.iter().copied().zip(ends) {
            walk(&journal, position, end, |bytes| match AuditRecord::from_bytes(&bytes) {
                Ok(AuditRecord { number, time_ms, before, .. }) => {
                    state.files.push(FileStart { position, number, time_ms, before });
                    false
                }
                Err(_) => true,
            })?;
        }
        if let Some(last) = state.files.last() {
            walk(&journal, last.position, journal.end(), |bytes| {
                if let Ok(record) = AuditRecord::from_bytes(&bytes) {
                    state.head = (record.number, of_bytes(&bytes));
                }
                true
            })?;
        }
        // Where the end was cut off, the numbers go on behind what was there: the gap stays to be seen.
        state.head = remembered(&folder).filter(|head| head.0 > state.head.0).unwrap_or(state.head);
        let (state, reading) = (Mutex::new(state), RwLock::new(()));
        Ok(Self { folder, journal, floor, bounds, state, reading })
    }

    /// Lays down records of a backup, in their bytes, in a home that has no log yet.
    ///
    /// # Errors
    /// When the disk fails or is full.
    pub fn write_back(home: &Path, floor_bytes: u64, records: &[Vec<u8>]) -> Result<()> {
        let floor = Floor::new(home, floor_bytes);
        let (journal, _) = Journal::open_in_files(&home.join(Self::FOLDER), floor, FILE_BYTES)?;
        for some in records.chunks(BACK_AT_ONCE) {
            let records: Vec<Record> = some.iter().map(|bytes| Record::Entry(bytes.clone())).collect();
            journal.append(&records)?;
        }
        Ok(journal.commit(journal.end())?)
    }

    /// Whether bytes of a backup are a record.
    #[must_use]
    pub fn is_record(bytes: &[u8]) -> bool {
        AuditRecord::from_bytes(bytes).is_ok()
    }

    /// The last record: its number and its hash.
    #[must_use]
    pub fn head(&self) -> (u64, Hash) {
        self.state().head
    }

    pub(super) fn snapshot(&self) -> State {
        self.state().clone()
    }

    /// The last record as the file beside the log remembers it.
    pub(super) fn remembered(&self) -> Option<(u64, Hash)> {
        remembered(&self.folder)
    }

    /// Whether a record can be written now, as far as anybody can tell before: nothing is done here that could not be. After
    /// records could not be written, the first that can says how many those were.
    ///
    /// # Errors
    /// Why not.
    pub fn ready(&self, now_ms: i64) -> Result<()> {
        self.floor.check()?;
        let missed = self.state().failing.as_ref().map(|(_, missed)| *missed);
        match missed {
            Some(missed) => {
                let act = Act { id: MISSED, subject: missed.to_string() };
                self.note(now_ms, &Actor::node(), &act, AuditOutcome::Done).map(drop)
            }
            None => Ok(()),
        }
    }

    /// Why records cannot be written, and how many could not; nothing while they can.
    #[must_use]
    pub fn failing(&self) -> Option<(String, u64)> {
        self.state().failing.clone()
    }

    /// Writes down what was done, and returns its number once that is on disk.
    ///
    /// # Errors
    /// When the disk fails or is full: the log says so until a record can be written again.
    pub fn note(&self, now_ms: i64, actor: &Actor, act: &Act, outcome: AuditOutcome) -> Result<u64> {
        let noted = self.append(now_ms, actor, act, outcome);
        let mut state = self.state();
        match &noted {
            Ok(_) => state.failing = None,
            Err(error) => {
                let missed = state.failing.as_ref().map_or(0, |(_, missed)| *missed);
                state.failing = Some((error.to_string(), missed + u64::from(act.id != MISSED)));
            }
        }
        drop(state);
        let number = noted?;
        // It is written down; that what is old stays a while longer is no reason to say otherwise.
        if let Err(error) = self.trim(now_ms) {
            tracing::error!("old records of the audit log do not go: {error}");
        }
        Ok(number)
    }

    fn append(&self, now_ms: i64, actor: &Actor, act: &Act, outcome: AuditOutcome) -> Result<u64> {
        let outcome = match outcome {
            AuditOutcome::Done => AuditOutcome::Done,
            AuditOutcome::Refused(why) => AuditOutcome::Refused(kept(&why)),
        };
        let actor = Actor { name: kept(&actor.name), id: kept(&actor.id), ..actor.clone() };
        let mut state = self.state();
        let old = |file: &FileStart| now_ms.saturating_sub(file.time_ms) > FILE_MS;
        if state.files.last().is_some_and(old) {
            self.journal.begin_file()?;
        }
        let record = AuditRecord {
            number: state.head.0 + 1,
            time_ms: now_ms,
            actor,
            act: kept(act.id),
            subject: kept(&act.subject),
            outcome,
            before: state.head.1,
        };
        let bytes = record.to_bytes();
        let hash = of_bytes(&bytes);
        let end = self.journal.append(&[Record::Entry(bytes)])?;
        let position = self.journal.last_file();
        if state.files.last().is_none_or(|file| file.position != position) {
            let AuditRecord { number, time_ms, before, .. } = record;
            state.files.push(FileStart { position, number, time_ms, before });
        }
        state.head = (record.number, hash);
        drop(state);
        self.journal.commit(end)?;
        self.remember();
        Ok(record.number)
    }

    /// Remembers the last record that is on disk. It may lag behind after a power cut; it never runs ahead.
    fn remember(&self) {
        let state = self.state();
        if self.journal.durable() < self.journal.end() {
            // Whoever waits for the fsync of what came behind will do it.
            return;
        }
        let (number, hash) = state.head;
        let draft = self.folder.join(format!("{HEAD}.new"));
        let done = fs::write(&draft, format!("{number} {hash}\n"))
            .and_then(|()| fs::rename(&draft, self.folder.join(HEAD)));
        if let Err(error) = done {
            tracing::warn!("the audit log does not remember its last record: {error}");
        }
    }

    /// Lets the oldest files go that are not kept any longer, each behind a record of its own that says where it ended.
    fn trim(&self, now_ms: i64) -> Result<()> {
        loop {
            let state = self.state();
            let (Some(first), Some(second)) = (state.files.first(), state.files.get(1)) else {
                return Ok(());
            };
            let many = state.head.0.saturating_sub(second.number) >= self.bounds.records;
            let old = now_ms.saturating_sub(second.time_ms) > self.bounds.age_ms;
            if !(many || old) {
                return Ok(());
            }
            let (gone, second) = (first.position, *second);
            drop(state);
            let subject = format!("{} {}", second.number - 1, second.before);
            let act = Act { id: TRIMMED, subject };
            self.append(now_ms, &Actor::node(), &act, AuditOutcome::Done)?;
            let _nobody_reads = self.reading.write().unwrap_or_else(PoisonError::into_inner);
            self.journal.drop_before(second.position)?;
            self.state().files.retain(|file| file.position > gone);
        }
    }

    /// The newest records that a filter finds, before the one numbered `before`, at most `limit` and [`MAX_AUDIT_PAGE`].
    ///
    /// # Errors
    /// When the disk fails.
    pub fn page(&self, filter: &AuditFilter, before: Option<u64>, limit: usize) -> Result<AuditPage> {
        let limit = limit.clamp(1, MAX_AUDIT_PAGE);
        let _nothing_goes = self.reading.read().unwrap_or_else(PoisonError::into_inner);
        let (files, end) = (self.snapshot().files, self.journal.end());
        let before = before.unwrap_or(u64::MAX);
        let (mut page, mut looked, mut until) = (AuditPage::default(), 0, end);
        for file in files.iter().rev() {
            let to = std::mem::replace(&mut until, file.position);
            if file.number >= before {
                continue;
            }
            let mut records = Vec::new();
            walk(&self.journal, file.position, to, |bytes| {
                records.extend(AuditRecord::from_bytes(&bytes).ok().filter(|record| record.number < before));
                true
            })?;
            for record in records.into_iter().rev() {
                if page.records.len() == limit || looked == MAX_AUDIT_LOOKED {
                    return Ok(page);
                }
                looked += 1;
                page.next = Some(record.number).filter(|number| *number > 1);
                if filter.finds(&record) {
                    page.records.push(record);
                }
            }
        }
        page.next = None;
        Ok(page)
    }

    /// Records for a backup, in their bytes, from the oldest on: those behind a place in the log (the start, or one that this
    /// gave), about a file of them, and the place behind the last. No records are the end.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn pages_for_backup(&self, after: Position) -> Result<(Position, Vec<Record>)> {
        let _nothing_goes = self.reading.read().unwrap_or_else(PoisonError::into_inner);
        let start = self.journal.files().first().copied().unwrap_or(Position::START).max(after);
        let (mut at, mut found, mut bytes) = (start, Vec::new(), 0);
        let done = self.journal.salvage(start, |end, records| {
            if bytes >= FILE_BYTES {
                return Err(Stop::Enough);
            }
            at = end;
            for record in records {
                if let Record::Entry(entry) = record {
                    bytes += entry.len() as u64;
                    found.push(Record::Entry(entry));
                }
            }
            Ok(())
        });
        match done {
            Err(Stop::Storage(error)) => Err(error.into()),
            Ok(_) | Err(Stop::Enough) => Ok((at, found)),
        }
    }

    // The state is sound at every step; a panic while it is held would need a failed allocation.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The last record as the file beside the log remembers it; nothing where it does not read.
fn remembered(folder: &Path) -> Option<(u64, Hash)> {
    let text = fs::read_to_string(folder.join(HEAD)).ok()?;
    let (number, hash) = text.trim_end().split_once(' ')?;
    Some((number.parse().ok()?, hash.parse().ok()?))
}
