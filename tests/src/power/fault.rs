//! A fault at one step of what a command asks of its disk.

use std::path::{Path, PathBuf};

use super::library;
use super::tape::Tape;
use crate::binary::binary;
use crate::command::{Live, Ran, command};

/// What happens, and where: see `tests/powercut/src/fault.rs`.
#[derive(Clone, Debug)]
pub struct Fault {
    /// How the step is struck.
    pub mode: &'static str,
    /// Which of the steps of that name, from 0.
    pub number: usize,
    /// The step's name.
    pub step: String,
}

/// A command that has met a fault.
pub struct Struck {
    /// What it printed, and how it ended.
    pub ran: Ran,
    /// What it asked of the disk.
    pub tape: Tape,
}

impl Fault {
    /// None; but all steps are named.
    pub fn none() -> Self {
        Self { mode: "none", number: 0, step: String::new() }
    }

    /// Types `lianshi ARGS` in a folder. All steps below it count. The folder as it was before is at `base`.
    pub fn run(&self, folder: &Path, base: &Path, args: &[&str]) -> Struck {
        let beside = |name: &str| -> PathBuf { folder.with_extension(name) };
        let (log, none) = (beside("tape"), beside("sent"));
        let _ = std::fs::remove_file(&log);
        let mut command = command(binary());
        let planned = format!("{} {} {}", self.mode, self.number, self.step);
        command
            .args(args)
            .current_dir(folder)
            .env("LD_PRELOAD", library())
            .env("LIANSHI_POWERCUT_FAULT", planned);
        command.env("LIANSHI_POWERCUT_ROOT", folder).env("LIANSHI_POWERCUT_SENT", none);
        command.env("LIANSHI_POWERCUT_LOG", &log).env("LIANSHI_POWERCUT_STEPS", "0");
        let ran = Live::spawn(command).finish();
        Struck { ran, tape: Tape::read(&log, base) }
    }
}
