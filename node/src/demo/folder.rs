//! The folder of the demonstration: a temporary one that goes with it, or one that is kept.

use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

/// Names tried for a temporary folder.
const ATTEMPTS: u32 = 100;

/// Where homes, invitations and sample files lie.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    kept: bool,
}

impl Folder {
    /// Makes it. A folder to keep must be empty or new: a demonstration founds a network of its own each time.
    ///
    /// # Errors
    /// `AlreadyExists` when the folder to keep holds something; when no folder can be made.
    pub fn make(keep: Option<&Path>) -> io::Result<Self> {
        let Some(path) = keep else { return Self::temporary() };
        let path = std::path::absolute(path)?;
        std::fs::create_dir_all(&path)?;
        if std::fs::read_dir(&path)?.next().is_some() {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        Ok(Self { path, kept: true })
    }

    fn temporary() -> io::Result<Self> {
        let base = std::env::temp_dir();
        for attempt in 0..ATTEMPTS {
            let path = base.join(format!("lianshi-demo-{}-{attempt}", std::process::id()));
            // Keys lie in it; and a folder that somebody else has put there is not taken.
            match std::fs::DirBuilder::new().mode(0o700).create(&path) {
                Ok(()) => return Ok(Self { path, kept: false }),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
        Err(io::ErrorKind::AlreadyExists.into())
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether it stays.
    pub fn kept(&self) -> bool {
        self.kept
    }

    /// Removes it, unless it is kept.
    ///
    /// # Errors
    /// When something in it cannot be removed.
    pub fn close(self) -> io::Result<()> {
        if self.kept { Ok(()) } else { std::fs::remove_dir_all(&self.path) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_temporary_folder_goes_and_a_full_one_is_not_taken() {
        let folder = Folder::make(None).unwrap();
        let path = folder.path().to_owned();
        std::fs::write(path.join("x"), "x").unwrap();
        assert_eq!(Folder::make(Some(&path)).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        folder.close().unwrap();
        assert!(!path.exists());
    }
}
