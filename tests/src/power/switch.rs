//! A disk that fails under a running node when a test says so.

use std::path::PathBuf;

use super::library;
use crate::scene::Home;

/// The disk of a home whose node was started with it. Until a test says otherwise it is well.
#[derive(Debug)]
pub struct Disk {
    home: PathBuf,
    switch: PathBuf,
}

impl Disk {
    /// For the next run of `home`.
    pub fn of(home: &Home) -> Self {
        let disk = Self { home: home.path(), switch: home.path().with_extension("switch") };
        disk.is_well();
        disk
    }

    /// From now on calls (`fsync`, `write`, …; `*` for all that change something) fail below a place of the home.
    ///
    /// # Panics
    /// When the file that says so cannot be written.
    pub fn fails(&self, call: &str, place: &str) {
        self.set(&format!("eio {call} {place}"));
    }

    /// From now on fsyncs below a place of the home do not return.
    ///
    /// # Panics
    /// When the file that says so cannot be written.
    pub fn hangs(&self, place: &str) {
        self.set(&format!("hang fsync {place}"));
    }

    /// It works again.
    pub fn is_well(&self) {
        // It may have been well before.
        let _ = std::fs::remove_file(&self.switch);
    }

    fn set(&self, what: &str) {
        let new = self.switch.with_extension("switch-new");
        std::fs::write(&new, what).expect("a file can be written");
        std::fs::rename(new, &self.switch).expect("a file can be renamed");
    }

    /// What the node needs in its environment.
    pub(crate) fn environment(&self) -> Vec<(&'static str, PathBuf)> {
        vec![
            ("LD_PRELOAD", library().to_owned()),
            ("LIANSHI_POWERCUT_ROOT", self.home.clone()),
            // Nothing is made of the record.
            ("LIANSHI_POWERCUT_LOG", "/dev/null".into()),
            ("LIANSHI_POWERCUT_STEPS", "0".into()),
            ("LIANSHI_POWERCUT_SWITCH", self.switch.clone()),
        ]
    }
}
