//! Imports of the desk: one a person, worked on one after the other by a thread of its own, which goes on where it was when the
//! node starts again.

mod work;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use catalog::{Kind, Lang};
use market::{Account, DeskRole};

use super::job::{Column, Job, KeptRow, MARKED, State};
use super::kept::Tables;
use crate::core::now_ms;
use crate::office::{Failure, Office, exit, kind_of};
use work::{ending, likely, order, samples, table_in};

/// How long an import is kept after the last thing was done with it, milliseconds: over a long holiday.
const KEEP_MS: i64 = 14 * 24 * 3_600 * 1_000;
/// The thread looks this often whether it is to end.
const LOOK_EVERY: Duration = Duration::from_millis(300);
/// Old imports are swept away this often.
const SWEEP_EVERY: Duration = Duration::from_secs(3_600);

/// The imports of a node's desk.
pub struct Imports {
    office: Arc<Office>,
    folder: PathBuf,
    queue: Mutex<Sender<PathBuf>>,
    /// Folders of imports that are to stop.
    stops: Mutex<BTreeSet<PathBuf>>,
    /// Held while an import's state is changed.
    turn: Mutex<()>,
    stopping: Arc<AtomicBool>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn unkept(error: &io::Error) -> Failure {
    Failure::said(exit::FAILED, "import.failure.disk", &[("what", &error.to_string())])
}

impl Imports {
    /// Begins to work: on what was under way when the node ended, then on what is asked for. The thread ends when `stopping`
    /// says so.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(
        office: Arc<Office>,
        stopping: Arc<AtomicBool>,
    ) -> io::Result<(Arc<Self>, std::thread::JoinHandle<()>)> {
        let folder = Tables::of(office.home()).folder();
        let (queue, orders) = channel();
        let queue = Mutex::new(queue);
        let (stops, turn) = (Mutex::default(), Mutex::default());
        let imports = Arc::new(Self { office, folder, queue, stops, turn, stopping });
        let working = Arc::clone(&imports);
        let thread = std::thread::Builder::new().name("imports".to_owned());
        let thread = thread.spawn(move || working.work(&orders))?;
        Ok((imports, thread))
    }

    fn work(&self, orders: &Receiver<PathBuf>) {
        for folder in self.folders() {
            if Job::load(&folder).is_some_and(|job| job.state.is_running()) {
                self.carry_on(&folder);
            }
        }
        let mut swept: Option<Instant> = None;
        while !self.stopping.load(Ordering::Acquire) {
            if swept.is_none_or(|swept| swept.elapsed() >= SWEEP_EVERY) {
                self.sweep();
                swept = Some(Instant::now());
            }
            match orders.recv_timeout(LOOK_EVERY) {
                Ok(folder) => self.carry_on(&folder),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    fn folders(&self) -> Vec<PathBuf> {
        let Ok(entries) = fs::read_dir(&self.folder) else { return Vec::new() };
        let mut folders: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        folders.sort();
        folders
    }

    fn sweep(&self) {
        for folder in self.folders() {
            let kept = Job::load(&folder).is_some_and(|job| now_ms() - job.changed_ms < KEEP_MS);
            let fresh = fs::metadata(&folder).and_then(|about| about.modified()).ok();
            let fresh = fresh.and_then(|at| at.elapsed().ok()).is_some_and(|age| age < SWEEP_EVERY);
            if !kept && !fresh {
                let _ = fs::remove_dir_all(&folder);
            }
        }
        // Tables that were put together for somebody when the node ended.
        let scratch = self.office.scratch().and_then(fs::read_dir);
        for left in scratch.into_iter().flatten().flatten() {
            let made = left.metadata().and_then(|about| about.modified()).ok();
            if made.and_then(|at| at.elapsed().ok()).is_some_and(|age| age >= SWEEP_EVERY) {
                let _ = fs::remove_file(left.path());
            }
        }
    }

    fn folder_of(&self, by: &Account) -> PathBuf {
        let name = protocol::hash("import-of", &[by.name.as_bytes()]).to_string();
        self.folder.join(&name[..24])
    }

    /// The import of a person.
    pub fn of(&self, by: &Account) -> Option<Job> {
        Job::load(&self.folder_of(by))
    }

    /// Rows of a person's import that stand in a list.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn rows(
        &self,
        by: &Account,
        list: &str,
        offset: usize,
        limit: usize,
    ) -> Result<(usize, Vec<KeptRow>), Failure> {
        super::job::rows(&self.folder_of(by), list, offset, limit).map_err(|error| unkept(&error))
    }

    /// The table of a person's import with its faults marked, once it is whole.
    pub fn marked(&self, by: &Account) -> Option<PathBuf> {
        let job = self.of(by)?;
        let file = self.folder_of(by).join(MARKED);
        (!matches!(job.state, State::Chosen | State::Reading) && file.is_file()).then_some(file)
    }

    /// Where a file may be written that a person sends: in place of the one before it, unless rows of that are being taken in.
    ///
    /// # Errors
    /// When an import of theirs is under way, or the disk fails.
    pub fn receive(&self, by: &Account) -> Result<PathBuf, Failure> {
        let _turn = lock(&self.turn);
        let folder = self.folder_of(by);
        if Job::load(&folder).is_some_and(|job| job.state.is_running()) {
            return Err(Failure::said(exit::REFUSED, "import.failure.running", &[]));
        }
        fs::create_dir_all(&folder).map_err(|error| unkept(&error))?;
        let own = data_encoding::HEXLOWER.encode(&market::random::<8>()?);
        Ok(folder.join(format!("sent-{own}")))
    }

    /// Looks at the file that was received: what it holds, and which columns are known.
    ///
    /// # Errors
    /// When it cannot be read as a table; then it is gone, and the import before it stays.
    pub fn received(&self, by: &Account, sent: &Path, name: &str, lang: Lang) -> Result<(), Failure> {
        let folder = self.folder_of(by);
        let ended = sent.with_extension(ending(name));
        let (by, name) = (by.name.clone(), name.to_owned());
        let mut job = Job { by, name, lang: lang.id().to_owned(), ..Job::default() };
        let looked = fs::rename(sent, &ended).map_err(|error| unkept(&error));
        let looked = looked.and_then(|()| self.look(&ended, &mut job));
        let _turn = lock(&self.turn);
        // Another window of theirs may have begun something meanwhile.
        let running = || Failure::said(exit::REFUSED, "import.failure.running", &[]);
        let free = match Job::load(&folder).is_some_and(|job| job.state.is_running()) {
            true => Err(running()),
            false => looked,
        };
        if let Err(failure) = free {
            let _ = fs::remove_file(&ended);
            return Err(failure);
        }
        for old in fs::read_dir(&folder).into_iter().flatten().flatten() {
            if old.path() != ended {
                let _ = fs::remove_file(old.path());
            }
        }
        let table = folder.join(super::job::TABLE).with_extension(ending(&job.name));
        fs::rename(&ended, table).map_err(|error| unkept(&error))?;
        keep(&folder, &mut job)
    }

    /// Finds out which kind the rows are of, and what its columns are.
    fn look(&self, file: &Path, job: &mut Job) -> Result<(), Failure> {
        let mut order = order(file, job);
        let contents = order.look()?;
        let kind = match contents.kind.or_else(|| Kind::from_id(&job.kind)) {
            Some(kind) => kind,
            None => likely(&order)?,
        };
        kind.id().clone_into(&mut job.kind);
        let remembered = self.office.remembered(kind)?;
        job.remembered = remembered.iter().map(|(h, f)| (h.to_owned(), f.to_owned())).collect();
        order.remembered = remembered;
        let mut columns: Vec<Column> = Vec::new();
        let mut notes = Vec::new();
        let passed = order.each_sheet(kind, |mut reading, name| {
            let samples = samples(&mut reading.source);
            let several = |note: &&exchange::Note| name.is_none() || note.code != "one_sheet";
            notes.extend(reading.source.notes().iter().filter(several).map(|n| (n.zh.clone(), n.en.clone())));
            for header in reading.source.headers() {
                if reading.mapping.is_ours(header) {
                    continue;
                }
                let key = reading.mapping.key_of(header).unwrap_or_default().to_owned();
                let samples = samples.get(header).cloned().unwrap_or_default();
                match columns.iter_mut().find(|column| column.header == *header) {
                    Some(column) => column.sheets.extend(name.clone()),
                    None => {
                        let sheets = name.clone().into_iter().collect();
                        columns.push(Column { header: header.clone(), sheets, samples, key });
                    }
                }
            }
            Ok(())
        })?;
        notes.extend(passed);
        (job.columns, job.notes) = (columns, notes);
        Ok(())
    }

    /// Takes what a person chose of kind and columns, and whether rows are published at once or go to review, and begins to
    /// compare the rows. Publishing past both reviews is an administrator's to decide, as it is on the command line.
    ///
    /// # Errors
    /// When there is no file, an import is under way, it is not theirs to publish, or the disk fails.
    pub fn read(
        &self,
        by: &Account,
        kind: &str,
        columns: &[(String, String)],
        publish: bool,
    ) -> Result<(), Failure> {
        if publish && by.role < DeskRole::Administrator {
            return Err(market::MarketError::NotTheirs { name: by.name.clone() }.into());
        }
        let _turn = lock(&self.turn);
        let folder = self.folder_of(by);
        let mut job = idle(&folder)?;
        let kind = kind_of(kind)?;
        let file = table_in(&folder).ok_or_else(nothing_there)?;
        if kind.id() != job.kind {
            // Other fields: the columns are to be looked at anew.
            kind.id().clone_into(&mut job.kind);
            job.chosen.clear();
            self.look(&file, &mut job)?;
            job.state = State::Chosen;
            return keep(&folder, &mut job);
        }
        let changed: BTreeMap<String, String> = columns
            .iter()
            .filter(|(header, key)| job.columns.iter().any(|c| c.header == *header && c.key != *key))
            .cloned()
            .collect();
        self.office.remember(kind, &changed)?;
        job.chosen.extend(changed);
        for column in &mut job.columns {
            if let Some(key) = job.chosen.get(&column.header) {
                column.key.clone_from(key);
            }
        }
        job.publish = publish;
        self.begin(&folder, job, State::Reading)
    }

    /// Begins to take rows in.
    ///
    /// # Errors
    /// When the rows were not compared.
    pub fn apply(&self, by: &Account) -> Result<(), Failure> {
        let _turn = lock(&self.turn);
        let folder = self.folder_of(by);
        let mut job = idle(&folder)?;
        if job.state != State::Read {
            return Err(nothing_there());
        }
        (job.begun_ms, job.rows, job.outcomes) = (now_ms(), 0, BTreeMap::new());
        self.begin(&folder, job, State::Applying)
    }

    /// Goes on with what was stopped, or failed on the way.
    ///
    /// # Errors
    /// When nothing was stopped.
    pub fn go_on(&self, by: &Account) -> Result<(), Failure> {
        let _turn = lock(&self.turn);
        let folder = self.folder_of(by);
        let job = idle(&folder)?;
        match job.state {
            State::Stopped => self.begin(&folder, job, State::Applying),
            State::Failed if job.begun_ms > 0 => self.begin(&folder, job, State::Applying),
            _ => Err(nothing_there()),
        }
    }

    /// Says stop: it ends after the piece in hand.
    pub fn stop(&self, by: &Account) {
        lock(&self.stops).insert(self.folder_of(by));
    }

    /// Goes back to the columns.
    ///
    /// # Errors
    /// When there is no import, or one is under way.
    pub fn back(&self, by: &Account) -> Result<(), Failure> {
        let _turn = lock(&self.turn);
        let folder = self.folder_of(by);
        let mut job = idle(&folder)?;
        (job.state, job.failure, job.begun_ms) = (State::Chosen, None, 0);
        keep(&folder, &mut job)
    }

    /// Removes a person's import.
    ///
    /// # Errors
    /// When one is under way, or the disk fails.
    pub fn discard(&self, by: &Account) -> Result<(), Failure> {
        let _turn = lock(&self.turn);
        let folder = self.folder_of(by);
        idle(&folder)?;
        fs::remove_dir_all(&folder).map_err(|error| unkept(&error))
    }

    fn begin(&self, folder: &Path, mut job: Job, state: State) -> Result<(), Failure> {
        (job.state, job.failure) = (state, None);
        keep(folder, &mut job)?;
        lock(&self.stops).remove(folder);
        // Nobody listens any more when the node is about to end; it goes on when it starts again.
        let _ = lock(&self.queue).send(folder.to_owned());
        Ok(())
    }
}

/// Keeps an import as it stands.
fn keep(folder: &Path, job: &mut Job) -> Result<(), Failure> {
    job.changed_ms = now_ms();
    job.save(folder).map_err(|error| unkept(&error))
}

fn nothing_there() -> Failure {
    Failure::said(exit::REFUSED, "import.failure.nothing", &[])
}

/// The import of a folder, while nothing is being done with it.
fn idle(folder: &Path) -> Result<Job, Failure> {
    let job = Job::load(folder).ok_or_else(nothing_there)?;
    match job.state.is_running() {
        true => Err(Failure::said(exit::REFUSED, "import.failure.running", &[])),
        false => Ok(job),
    }
}
