//! Power cuts: what a disk may hold after one, worked out from the record of all that a node asked of it.
//!
//! ```text
//! Recorder ── a node started with it writes down every write, fsync and rename of its home (`tests/powercut`)
//!  └─ Tape ── that record, read; `tape.rebuild(cut, dice, folder)` makes a folder of what a disk may hold
//! ```
//!
//! What was fsynced is there. Of the rest, each page may be there or not, whole or torn; a file may have grown without
//! its bytes; names may have changed or not, in order, folder by folder. The dice decide.

mod disk;
mod fault;
mod switch;
mod tape;

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use crate::binary::{build, profile_folder};
use crate::scene::{Home, copy_folder};

pub use fault::{Fault, Struck};
pub use switch::Disk;
pub use tape::{Heard, Tape};

/// Records what one run of a node asks of its disk.
#[derive(Debug)]
pub struct Recorder {
    /// The home as it was before: all of it on disk.
    base: PathBuf,
    log: PathBuf,
    home: PathBuf,
    sent: PathBuf,
    steps: u64,
    ignore: String,
}

impl Recorder {
    /// For the next run of `home`, which ends, as if killed, after so many steps. Fsyncs of files whose path contains `ignore`, unless that is empty, do not count: a defect
    /// planted on purpose.
    ///
    /// # Panics
    /// When the home cannot be copied.
    pub fn new(home: &Home, steps: u64, ignore: &str) -> Self {
        let beside = |suffix: &str| home.folder().join(format!("{}.{suffix}", home.name()));
        let recorder = Self {
            base: beside("base"),
            log: beside("tape"),
            home: home.path(),
            sent: beside("sent"),
            steps,
            ignore: ignore.to_owned(),
        };
        let _ = std::fs::remove_dir_all(&recorder.base);
        let _ = std::fs::remove_dir_all(&recorder.sent);
        let _ = std::fs::remove_file(&recorder.log);
        copy_folder(&recorder.home, &recorder.base);
        std::fs::create_dir_all(&recorder.sent).expect("a folder can be made");
        recorder
    }

    /// What the node needs in its environment.
    pub(crate) fn environment(&self) -> Vec<(&'static str, PathBuf)> {
        vec![
            ("LD_PRELOAD", library().to_owned()),
            ("LIANSHI_POWERCUT_ROOT", self.home.clone()),
            ("LIANSHI_POWERCUT_SENT", self.sent.clone()),
            ("LIANSHI_POWERCUT_LOG", self.log.clone()),
            ("LIANSHI_POWERCUT_STEPS", PathBuf::from(self.steps.to_string())),
            ("LIANSHI_POWERCUT_IGNORE", PathBuf::from(&self.ignore)),
            ("LIANSHI_RECORD_FRAMES", self.sent.clone()),
        ]
    }

    /// The record of a node that has ended, however it ended.
    ///
    /// # Panics
    /// When it does not read, or tells of calls that are not modelled.
    pub fn tape(&self) -> Tape {
        Tape::read(&self.log, &self.base)
    }
}

/// The preload library, built.
fn library() -> &'static Path {
    static LIBRARY: OnceLock<PathBuf> = OnceLock::new();
    LIBRARY.get_or_init(|| {
        let folder = profile_folder();
        build(&folder, &["--package", "powercut", "--lib"]);
        let library = folder.join("libpowercut.so");
        assert!(library.is_file(), "{} was not built", library.display());
        library
    })
}
