//! The version of a home's layout: read before anything else, and brought up step by step.
//!
//! A step takes a home of one version to the next; the file's version goes up, durably, when the step is whole. So an upgrade
//! that was cut short goes on at the next start with the step that it was at: **a step must do no harm when it is done again**
//! over what it has done already. A newer version is refused, and so is what is no home.

use std::path::Path;

use super::sidecar::Sidecar;
use super::{JOURNAL, STORE};
use crate::platform::{read_small, write_whole};
use crate::{Result, StorageError};

const FILE: &str = "format";
const WORDS: &str = "lianshi home ";

/// Makes a home of the next version out of one of its own.
type Step = fn(&Path) -> Result<()>;

/// The step at place n begins at version n + 1.
const STEPS: &[Step] = &[to_packed_values, to_rows_of_arrivals];

/// Since version 2 a store may hold a dictionary and values packed with it; what was there before reads as it did. And the digest
/// of a checkpoint is made by the caller in another way.
fn to_packed_values(dir: &Path) -> Result<()> {
    Sidecar::forget_digest(dir)
}

/// Since version 3 a row of arrivals may hold many; those that were there before read as they did. And the sums of shelves are made
/// in another way, which their mark says: those of before are added up anew.
fn to_rows_of_arrivals(_: &Path) -> Result<()> {
    Ok(())
}

/// Writes the version of a new home, brings an older one up, refuses a newer one.
pub(super) fn bring_up(dir: &Path) -> Result<()> {
    bring_up_by(dir, STEPS)
}

fn bring_up_by(dir: &Path, steps: &[Step]) -> Result<()> {
    let newest = steps.len() + 1;
    let mark = |version: usize| write_whole(dir, FILE, format!("{WORDS}{version}\n").as_bytes());
    let path = dir.join(FILE);
    let Some(bytes) = read_small(&path)? else {
        if dir.join(STORE).exists() || dir.join(JOURNAL).exists() {
            return Err(StorageError::NotAHome { path: dir.to_owned() });
        }
        return mark(newest);
    };
    let version = std::str::from_utf8(&bytes).ok().and_then(|text| text.strip_prefix(WORDS));
    let found = match version.and_then(|version| version.trim().parse::<u32>().ok()) {
        Some(0) | None => return Err(StorageError::NotAHome { path: dir.to_owned() }),
        Some(found) => found as usize,
    };
    if found > newest {
        let (found, known) = (u32::try_from(found), u32::try_from(newest));
        let (found, known) = (found.unwrap_or(u32::MAX), known.unwrap_or(u32::MAX));
        return Err(StorageError::NewerFormat { path, found, known });
    }
    for (version, step) in (1..).zip(steps).skip(found - 1) {
        tracing::info!(version, "the home is brought up to the next version");
        step(dir)?;
        mark(version + 1)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn home(version: &str) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(FILE), format!("{WORDS}{version}\n")).unwrap();
        fs::write(dir.path().join("words"), "a").unwrap();
        dir
    }

    fn words(dir: &tempfile::TempDir) -> (String, String) {
        let read = |name| fs::read_to_string(dir.path().join(name)).unwrap();
        (read("words"), read(FILE).strip_prefix(WORDS).unwrap().trim().to_owned())
    }

    /// A step that ends well whatever of it was done before.
    fn to(dir: &Path, from: &str, to: &str) -> Result<()> {
        if fs::read_to_string(dir.join("words")).unwrap() == from {
            write_whole(dir, "words", to.as_bytes())
        } else {
            Ok(())
        }
    }

    fn second(dir: &Path) -> Result<()> {
        to(dir, "a", "b")
    }

    fn third(dir: &Path) -> Result<()> {
        to(dir, "b", "c")
    }

    /// The power goes after the work and before the mark.
    fn third_cut_short(dir: &Path) -> Result<()> {
        third(dir)?;
        Err(StorageError::Condemned)
    }

    #[test]
    fn an_older_home_is_brought_up_step_by_step_and_a_newer_one_refused() {
        for (version, after) in [("1", "c"), ("2", "a"), ("3", "a")] {
            let dir = home(version);
            bring_up_by(dir.path(), &[second, third]).unwrap();
            assert_eq!(words(&dir), (after.to_owned(), "3".to_owned()), "from {version}");
        }
        let dir = home("4");
        let refused = bring_up_by(dir.path(), &[second, third]).unwrap_err();
        assert!(matches!(refused, StorageError::NewerFormat { found: 4, known: 3, .. }), "{refused}");
        assert_eq!(words(&dir), ("a".to_owned(), "4".to_owned()), "and left as it is");
    }

    #[test]
    fn an_upgrade_that_was_cut_short_goes_on_where_it_was() {
        let dir = home("1");
        bring_up_by(dir.path(), &[second, third_cut_short]).unwrap_err();
        assert_eq!(words(&dir), ("c".to_owned(), "2".to_owned()), "done, and not marked as done");
        bring_up_by(dir.path(), &[second, third]).unwrap();
        assert_eq!(words(&dir), ("c".to_owned(), "3".to_owned()));
    }

    #[test]
    fn what_is_no_home_is_refused() {
        for bad in ["0", "-1", "one", ""] {
            assert!(matches!(bring_up(home(bad).path()), Err(StorageError::NotAHome { .. })), "{bad}");
        }
    }
}
