//! Where tables lie that were sent to the desk, and how they go with a purge.
//!
//! A table may say what a purged listing said, in other words, on another sheet, under a title that was corrected since; a row of
//! it may have become a draft that became the listing. So a purge of a listing of ours takes all of them: they are the office's
//! own files, and are sent again.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// Folder of imports in the home.
const FOLDER: &str = "imports";
/// What it is called while it goes.
const GOING: &str = "imports.going";

/// The tables of a home.
#[derive(Clone, Debug)]
pub struct Tables(PathBuf);

impl Tables {
    /// Those of a home. A removal that was cut short is done again.
    pub fn of(home: &Path) -> Self {
        let tables = Self(home.to_owned());
        if let Err(error) = tables.remove_going() {
            tracing::error!("tables that were sent to the desk before a purge could not be removed: {error}");
        }
        tables
    }

    /// Where they lie, a folder each.
    pub fn folder(&self) -> PathBuf {
        self.0.join(FOLDER)
    }

    /// Removes all of them, what is being worked on too: whoever does finds nothing there. They do not come back after a power
    /// cut. True when there were any.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn forget(&self) -> io::Result<bool> {
        self.remove_going()?;
        match fs::rename(self.folder(), self.0.join(GOING)) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
            renamed => renamed?,
        }
        File::open(&self.0)?.sync_all()?;
        self.remove_going()?;
        Ok(true)
    }

    fn remove_going(&self) -> io::Result<()> {
        match fs::remove_dir_all(self.0.join(GOING)) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_go_at_once_and_what_was_cut_short_goes_at_the_next_start() {
        let home = tempfile::tempdir().unwrap();
        let tables = Tables::of(home.path());
        assert!(!tables.forget().unwrap());
        let send = |folder: &Path| {
            fs::create_dir_all(folder.join("1234")).unwrap();
            fs::write(folder.join("1234/table.csv"), "title").unwrap();
        };
        send(&tables.folder());
        assert!(tables.forget().unwrap() && !tables.folder().exists());
        let going = home.path().join(GOING);
        send(&going);
        let tables = Tables::of(home.path());
        assert!(!going.exists());
        send(&going);
        send(&tables.folder());
        assert!(tables.forget().unwrap() && !going.exists() && !tables.folder().exists());
    }
}
