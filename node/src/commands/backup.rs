//! A node in one file, and back.
//!
//! This process writes the file and reads it, whether the node runs or not: a running one hands over pages of the moment that
//! was agreed, so that it needs no leave to write where the user keeps backups.

use std::collections::VecDeque;
use std::fs::{self, File, OpenOptions};
use std::io::{BufReader, BufWriter, Read};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use market::backup::{BackupError, BackupHead, Checked, Pages, Totals, unpack_entries, unpack_records};
use market::{BackupPlan, Identity, MarketError};
use protocol::{Hash, Head, LogId};
use serde_json::json;
use storage::{Position, Record};

use super::{
    Answerer, Context, Outcome, file_failure, file_in, given_file, print_json, print_line, print_note,
};
use crate::cli::Backup;
use crate::config::Config;
use crate::core::{AGENT, now_ms};
use crate::filing::Filing;
use crate::office::{Failure, Request, exit, note_restored, time_text};

/// Name of the file in a home that tells when its last backup was made.
const LAST: &str = "last-backup";
/// How often progress is told.
const TELL_EVERY: Duration = Duration::from_secs(2);
/// Read and written at once, bytes.
const BUFFER: usize = 1 << 20;

/// When the last backup of a home was made, milliseconds since 1970, by this computer's clock.
pub fn last_backup_ms(home: &Path) -> Option<i64> {
    fs::read_to_string(home.join(LAST)).ok()?.lines().next()?.parse().ok()
}

pub fn backup(context: &Context, args: &Backup) -> Outcome {
    let identity = Identity::read(&context.home)?;
    let failed = |error: &std::io::Error| file_failure(&args.file, error);
    if args.file.exists() && !is_backup(&args.file) {
        let file = args.file.display().to_string();
        return Err(Failure::said(exit::REFUSED, "cli.failure.file.exists", &[("file", &file)]));
    }
    let draft = draft_of(&args.file)?;
    let checked = write(context, args, &identity, &draft).and_then(|unread| {
        // A backup that nobody has read is none yet.
        let file = File::open(&draft).map_err(|error| failed(&error))?;
        let checked = market::backup::check(BufReader::with_capacity(BUFFER, file))
            .map_err(|error| in_words(&args.file, error))?;
        Ok((checked, unread))
    });
    let bytes = fs::metadata(&draft).map(|data| data.len()).unwrap_or_default();
    let named = checked.and_then(|done| {
        fs::rename(&draft, &args.file)
            .and_then(|()| sync_folder(&args.file))
            .map_err(|error| failed(&error))?;
        Ok(done)
    });
    let (checked, unread) = named.inspect_err(|_| {
        // What is reported is why it could not be finished.
        let _ = fs::remove_file(&draft);
    })?;
    let note = format!("{}\n{}\n", checked.head.made_ms, args.file.display());
    market::write_private(&context.home.join(LAST), note.as_bytes()).map_err(given_file)?;
    told(context, args, &checked, unread, bytes);
    Ok(0)
}

/// Writes it; returns how many files of listings could not be read.
fn write(context: &Context, args: &Backup, identity: &Identity, draft: &Path) -> Result<u64, Failure> {
    let failed = |error: &std::io::Error| file_failure(&args.file, error);
    let mut answerer = context.desk()?;
    let plan =
        BackupPlan::from_bytes(&file_in(&answerer.ask(&Request::BackupPlan)?)?).map_err(MarketError::from)?;
    let plan = if args.own { plan.own(&identity.node.public()) } else { plan };
    let head = BackupHead {
        made_ms: now_ms(),
        agent: AGENT.to_owned(),
        network: plan.network,
        node: identity.node.public(),
        institution: identity.institution.name.clone(),
        own: args.own,
    };
    let files = Identity::small_files(&context.home)?;
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(draft).map_err(|error| failed(&error))?;
    let to = BufWriter::with_capacity(BUFFER, file);
    let (total, mut teller) = (plan.entries(), Teller::begin(context, "cli.backup.progress"));
    let mut pages = Asked {
        answerer: &mut answerer,
        file: &args.file,
        filing: Filing::of(&context.home, &context.config()?),
        audited: 0,
        names: VecDeque::new(),
        asked: None,
        unread: 0,
    };
    let (to, _) =
        market::backup::write(to, &head, &files, &plan, &mut pages, &mut |done| teller.tell(done, total))
            .map_err(|Stopped(failure)| failure)?;
    let unread = pages.unread;
    let file = to.into_inner().map_err(|error| failed(error.error()))?;
    file.sync_all().map_err(|error| failed(&error))?;
    Ok(unread)
}

/// Pages as whoever has the ledger open hands them over.
struct Asked<'a> {
    answerer: &'a mut Answerer,
    file: &'a Path,
    filing: Filing,
    /// How far the audit log was asked for.
    audited: u64,
    /// Names of files of listings that come next.
    names: VecDeque<Hash>,
    /// The last of them that was asked for, and whether there are more.
    asked: Option<(Hash, bool)>,
    /// Files that could not be read, or were not what their names say.
    unread: u64,
}

/// Why the pages ended.
struct Stopped(Failure);

impl From<BackupError> for Stopped {
    fn from(error: BackupError) -> Self {
        Self(in_words(Path::new(""), error))
    }
}

impl Asked<'_> {
    fn page<T>(
        &mut self,
        request: &Request,
        unpack: impl FnOnce(&[u8]) -> Result<T, protocol::Fault>,
    ) -> Result<T, Stopped> {
        let bytes = self.answerer.ask(request).and_then(|reply| file_in(&reply)).map_err(Stopped)?;
        unpack(&bytes).map_err(|fault| Stopped(in_words(self.file, MarketError::from(fault).into())))
    }
}

impl Asked<'_> {
    /// Asks for more names of files.
    fn ask_names(&mut self) -> Result<(), Stopped> {
        let after = self.asked.map(|(last, _)| last.to_string());
        let reply = self.answerer.ask(&Request::BackupFiles { after }).map_err(Stopped)?;
        for name in reply["files"].as_array().into_iter().flatten().filter_map(|name| name.as_str()) {
            self.names.push_back(name.parse().map_err(|fault| Stopped(MarketError::from(fault).into()))?);
        }
        let last = self.names.back().copied().or(self.asked.map(|(last, _)| last)).unwrap_or_default();
        self.asked = Some((last, reply["more"] == json!(true)));
        Ok(())
    }
}

impl Pages for &mut Asked<'_> {
    type Error = Stopped;

    fn entries(&mut self, log: &LogId, have: Head, to: u64) -> Result<(Head, Vec<Vec<u8>>), Stopped> {
        let log = data_encoding::HEXLOWER.encode(&log.to_bytes());
        let request = Request::BackupEntries { log, seq: have.seq, hash: have.hash.to_string(), to };
        self.page(&request, unpack_entries)
    }

    fn records(&mut self, from: Position, to: Position) -> Result<(Position, Vec<Record>), Stopped> {
        let request = Request::BackupRecords { from: from.as_u64(), to: to.as_u64() };
        self.page(&request, unpack_records)
    }

    fn audit(&mut self) -> Result<Vec<Record>, Stopped> {
        let request = Request::BackupAudit { after: self.audited };
        let (at, records) = self.page(&request, unpack_records)?;
        self.audited = at.as_u64();
        Ok(records)
    }

    fn attachment(&mut self) -> Result<Option<(Hash, Vec<u8>)>, Stopped> {
        loop {
            while let Some(name) = self.names.pop_front() {
                // One bad place on the disk is no reason to have no backup.
                match self.filing.read(&name) {
                    Ok(Some(bytes)) => return Ok(Some((name, bytes))),
                    Ok(None) | Err(_) => self.unread += 1,
                }
            }
            if self.asked.is_some_and(|(_, more)| !more) {
                return Ok(None);
            }
            self.ask_names()?;
        }
    }
}

fn told(context: &Context, args: &Backup, checked: &Checked, unread: u64, bytes: u64) {
    let file = args.file.display().to_string();
    let root = super::keys::root_state(&context.home);
    let Totals { entries, records, attachments, audit } = checked.totals;
    if context.json {
        print_json(&json!({
            "v": 1, "file": file, "bytes": bytes, "entries": entries, "records": records, "logs": checked.logs,
            "attachments": attachments, "audit": audit, "attachments_unread": unread, "own": args.own, "root_key": root, "made": time_text(checked.head.made_ms),
        }));
        return;
    }
    let [size, entries, files] = [crate::bytes::bytes(bytes), entries.to_string(), attachments.to_string()];
    let places = [("file", &*file), ("size", &size), ("entries", &entries), ("files", &files)];
    print_line(&context.fill("cli.backup.done", &places));
    if unread > 0 {
        print_note(&context.fill("cli.backup.unread", &[("files", &unread.to_string())]));
    }
    print_note(context.say(&format!("cli.backup.root.{root}")));
    print_note(context.say("cli.backup.keep"));
}

pub fn restore(context: &Context, file: &Path) -> Outcome {
    let home = &context.home;
    refuse_what_is_there(home)?;
    let open = || -> Result<Box<dyn Read>, Failure> {
        let opened = File::open(file).map_err(|error| file_failure(file, &error))?;
        Ok(Box::new(BufReader::with_capacity(BUFFER, opened)))
    };
    let checked = market::backup::check(open()?).map_err(|error| in_words(file, error))?;
    let made = |error: std::io::Error| file_failure(home, &error);
    fs::create_dir_all(home).map_err(made)?;
    fs::set_permissions(home, std::os::unix::fs::PermissionsExt::from_mode(0o700)).map_err(made)?;
    let config = checked.files.get(Config::FILE).and_then(|bytes| std::str::from_utf8(bytes).ok());
    let config = config.and_then(|text| toml::from_str(text).ok()).unwrap_or_else(Config::default);
    let mut teller = Teller::begin(context, "cli.restore.progress");
    let total = checked.totals.entries;
    let options = crate::core::storage_options(&config);
    market::backup::restore(home, open()?, &checked, options, &mut |done| teller.tell(done, total))
        .map_err(|error| in_words(file, error))?;
    note_restored(home, &config).map_err(|error| super::opening_failure(&error))?;
    let made = time_text(checked.head.made_ms);
    let home = home.display().to_string();
    if context.json {
        print_json(&json!({
            "v": 1, "home": home, "node": checked.head.node.to_string(), "name": checked.head.institution,
            "entries": checked.totals.entries, "records": checked.totals.records,
            "attachments": checked.totals.attachments, "own": checked.head.own, "made": made,
        }));
        return Ok(0);
    }
    let places =
        [("name", checked.head.institution.as_str()), ("home", home.as_str()), ("made", made.as_str())];
    print_line(&context.fill("cli.restore.done", &places));
    print_note(&context.fill("cli.restore.next", &[("home", &home)]));
    if checked.head.own {
        print_note(context.say("cli.restore.own"));
    }
    Ok(0)
}

/// A restore makes a home; it never changes one.
fn refuse_what_is_there(home: &Path) -> Result<(), Failure> {
    if market::backup::interrupted(home) {
        return Ok(());
    }
    match fs::read_dir(home).map(|mut items| items.next().is_none()) {
        Ok(true) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(file_failure(home, &error)),
        Ok(false) => {
            let home = home.display().to_string();
            Err(Failure::said(exit::REFUSED, "cli.failure.not-empty", &[("home", &home)]))
        }
    }
}

/// Tells how far it is, now and then.
struct Teller<'a> {
    context: &'a Context,
    key: &'static str,
    told: Instant,
}

impl<'a> Teller<'a> {
    fn begin(context: &'a Context, key: &'static str) -> Self {
        Self { context, key, told: Instant::now() }
    }

    fn tell(&mut self, done: &Totals, total: u64) {
        if self.context.json || self.told.elapsed() < TELL_EVERY {
            return;
        }
        self.told = Instant::now();
        let places = [("done", &*done.entries.to_string()), ("total", &*total.to_string())];
        print_note(&self.context.fill(self.key, &places));
    }
}

/// Whether the file that is to be replaced is a backup itself.
fn is_backup(path: &Path) -> bool {
    let mut first = [0; market::backup::FIRST.len()];
    File::open(path).and_then(|mut file| file.read_exact(&mut first)).is_ok()
        && first == *market::backup::FIRST.as_bytes()
}

/// Where it is written before it takes its name; beside it, on the same disk.
fn draft_of(file: &Path) -> Result<PathBuf, Failure> {
    let mut name = file.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.draft", data_encoding::HEXLOWER.encode(&market::random::<8>()?)));
    Ok(file.with_file_name(name))
}

/// Makes the file's name survive a power cut.
fn sync_folder(file: &Path) -> std::io::Result<()> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

fn in_words(file: &Path, error: BackupError) -> Failure {
    let name = file.display().to_string();
    let said = |key: &str, places: &[(&str, &str)]| {
        Failure::said(exit::REJECTED, key, &[&[("file", name.as_str())], places].concat())
    };
    match error {
        BackupError::Io(error) => file_failure(file, &error),
        BackupError::Market(error) => error.into(),
        BackupError::Foreign => said("cli.failure.backup-foreign", &[]),
        BackupError::Newer { found } => said("cli.failure.backup-newer", &[("found", &found.to_string())]),
        BackupError::CutOff { part } => said("cli.failure.backup-cut", &[("part", &part.to_string())]),
        BackupError::Damaged { part, what } => {
            said("cli.failure.backup-damaged", &[("part", &part.to_string()), ("what", what)])
        }
        BackupError::Changed => said("cli.failure.backup-changed", &[]),
    }
}
