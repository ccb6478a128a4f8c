//! A home made from a backup.
//!
//! ```text
//! home/
//!   restoring             the mark: there until all is done; nothing else in the home counts before
//!   data/                 the ledger, laid down through the same door as entries from peers, then the journal's records
//!   files/                the files of listings, each fsynced before it is named
//!   audit/                the audit log as it was
//!   config.toml, port     as they were
//!   identity/             its `certificate` comes last: a home without it is no node
//! ```
//!
//! The restored node begins a new incarnation, so it never uses a number again that its predecessor used, whatever that one
//! wrote after the backup.

use std::ffi::OsString;
use std::fs;
use std::io::{ErrorKind, Read};
use std::path::Path;

use protocol::{CheckedEntry, Entry};
use storage::{Files, Floor, Options};

use super::check::{Checked, parts_again};
use super::part::{Part, Totals};
use super::{BackupError, Result};
use crate::audit::AuditLog;
use crate::error::MarketError;
use crate::identity::{CERTIFICATE, Identity, write_private};
use crate::ledger::Ledger;

/// The mark of a home that is being made.
const MARK: &str = "restoring";
const MARK_WORDS: &[u8] = b"a backup is being restored here; if that was cut short, restore it again\n";

/// Is told how much has been written or laid down so far.
pub type Progress<'a> = dyn FnMut(&Totals) + 'a;

/// Whether a restore of this home was cut short. Nothing in it counts then, and [`restore`] begins anew.
pub fn interrupted(home: &Path) -> bool {
    (home.join(MARK).exists() || holds_drafts_alone(home)) && !Identity::exists(home)
}

/// What is left where the mark itself did not come about: the draft of it.
fn holds_drafts_alone(home: &Path) -> bool {
    let names = || fs::read_dir(home).into_iter().flatten().flatten().map(|item| item.file_name());
    let is_draft =
        |name: &OsString| name.to_str().is_some_and(|name| name.starts_with(MARK) && is_draft(name));
    names().next().is_some() && names().all(|name| is_draft(&name))
}

fn is_draft(name: &str) -> bool {
    name.ends_with(".draft")
}

/// Makes the node of a backup in `home`, which is an empty folder, or one that a restore left half done. `from` is the file
/// that was [`super::check`]ed, from its beginning.
///
/// # Errors
/// When the disk fails or is full, or the file is another one by now: the home stays marked, and this can be done again.
pub fn restore(
    home: &Path,
    from: impl Read,
    checked: &Checked,
    options: Options,
    progress: &mut Progress<'_>,
) -> Result<()> {
    clear(home)?;
    write_private(&home.join(MARK), MARK_WORDS)?;
    let identity = home.join("identity");
    fs::create_dir_all(&identity)?;
    let opener = Identity::opener_in(&checked.files).ok_or(BackupError::Changed)?;
    let files = Files::new(&home.join(Files::FOLDER), Floor::new(home, options.floor_bytes));
    let floor = AuditLog::floor(options.floor_bytes);
    let mut ledger = Ledger::open(&home.join("data"), options, opener)?.ledger;
    fill(
        (&mut ledger, &files, &|records| AuditLog::write_back(home, floor, records)),
        from,
        checked,
        progress,
    )?;
    ledger.begin_incarnation()?;
    ledger.checkpoint()?;
    drop(ledger);
    // Each is fsynced under its name before the next is begun.
    let (last, others): (Vec<_>, Vec<_>) = checked.files.iter().partition(|(name, _)| *name == CERTIFICATE);
    for (name, bytes) in others.into_iter().chain(last) {
        write_private(&home.join(name), bytes)?;
    }
    fs::remove_file(home.join(MARK))?;
    Ok(())
}

/// What takes in records of the audit log.
type Taking<'a> = dyn Fn(&[Vec<u8>]) -> crate::error::Result<()> + 'a;

/// Lays down what the file holds: entries first, so that the journal finds them there, and the records behind them win.
fn fill(
    (ledger, files, audit): (&mut Ledger, &Files, &Taking<'_>),
    from: impl Read,
    checked: &Checked,
    progress: &mut Progress<'_>,
) -> Result<()> {
    let mut parts = parts_again(from)?;
    let mut done = Totals::default();
    while let Some(part) = parts.next()? {
        match part {
            Part::Entries { log, entries } => {
                let checked = |entry: Entry| CheckedEntry { hash: entry.hash(), entry, beginning: None };
                let entries: Vec<CheckedEntry> = entries.into_iter().map(checked).collect();
                ledger.persist(&log, &entries)?;
                done.entries += entries.len() as u64;
            }
            Part::Records(records) => {
                done.records += records.len() as u64;
                ledger.take_back(records)?;
            }
            Part::Attachment { name, bytes } => {
                files.put(&name.0, &bytes).map_err(MarketError::from)?;
                done.attachments += 1;
            }
            Part::Audit(records) => {
                audit(&records)?;
                done.audit += records.len() as u64;
            }
            Part::Head(_) | Part::File { .. } | Part::End(_) => {}
        }
        progress(&done);
    }
    if parts.digest() == checked.digest { Ok(()) } else { Err(BackupError::Changed) }
}

/// Takes away what an earlier try has left.
fn clear(home: &Path) -> Result<()> {
    if !interrupted(home) {
        return Ok(());
    }
    for folder in ["data", "identity", Files::FOLDER, AuditLog::FOLDER] {
        match fs::remove_dir_all(home.join(folder)) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
    }
    for item in fs::read_dir(home)? {
        let item = item?;
        if item.file_name().to_str().is_some_and(is_draft) {
            fs::remove_file(item.path())?;
        }
    }
    Ok(())
}
