//! Reading a workbook in a process of its own: this very program, started anew with little to lose. A workbook that a person was
//! sent by anyone may hold what makes its parser take all memory, or never end; then that process ends, and the node does not.

use std::path::PathBuf;

use exchange::read::Helper;
use rustix::process::{Resource, Rlimit, setrlimit};

/// The argument that makes this program such a reader. It is no command: nobody types it.
pub const READER: &str = "read-workbook-from-stdin";

/// Memory that a reader may have, bytes: a workbook of 32 MiB whose parts are held inflated, and the allocator's reserve.
const MAX_MEMORY: u64 = 1 << 30;
/// Address space that the allocator asks the system for at a time, by default all of [`MAX_MEMORY`]: it would then get none.
const RESERVE: &str = "64MiB";
/// Seconds of a processor that it may take: a workbook of 32 MiB in a debug build.
const MAX_SECONDS: u64 = 300;
/// Files that it may open: its standard streams, and what the system's libraries look at.
const MAX_FILES: u64 = 16;

/// Who reads workbooks for this process.
pub fn helper() -> Option<Helper> {
    // What is running, also where the file was replaced meanwhile by a newer version.
    let program = if cfg!(target_os = "linux") {
        PathBuf::from("/proc/self/exe")
    } else {
        std::env::current_exe().ok()?
    };
    let environment = vec![("MIMALLOC_ARENA_RESERVE".to_owned(), RESERVE.to_owned())];
    Some(Helper { program, arguments: vec![READER.to_owned()], environment })
}

/// Does the reader's work; returns the exit code.
pub fn read() -> u8 {
    let bounds = [
        (Resource::As, MAX_MEMORY),
        (Resource::Cpu, MAX_SECONDS),
        (Resource::Nofile, MAX_FILES),
        (Resource::Fsize, 0),
        (Resource::Core, 0),
    ];
    for (resource, most) in bounds {
        let limit = Rlimit { current: Some(most), maximum: Some(most) };
        if setrlimit(resource, limit).is_err() {
            // Without its bounds it reads nothing.
            return crate::office::exit::FAILED;
        }
    }
    match exchange::read::serve(std::io::stdin().lock(), std::io::stdout().lock()) {
        Ok(()) => 0,
        Err(_) => crate::office::exit::FAILED,
    }
}
