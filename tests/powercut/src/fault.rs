//! Faults on purpose. `LIANSHI_POWERCUT_FAULT` says which, at which step of the disk:
//!
//! ```text
//! MODE NUMBER STEP       such as: `torn 3 write data/journal/#.journal`
//! ```
//!
//! A step is a call and the place that it is about, from the root, with all that differs from run to run left out. Of the steps
//! of that name the one with that number (from 0) is struck. Each step is written down before it is taken, by its name.
//!
//! | mode | |
//! |---|---|
//! | `kill` | the process is killed before the step |
//! | `torn` | it is killed in the midst of it: half of a write is made, other calls whole |
//! | `eio` | the step fails, and the next one does not |
//! | `enospc` | the same, for want of space |
//! | `broken` | it fails, and so does every step from there on |
//! | `full` | it fails for want of space, and so does all from there on that takes some |
//!
//! A process that runs for longer meets faults at any moment: as long as there is a file at `LIANSHI_POWERCUT_SWITCH`, every
//! step that it names goes wrong, with no word in the record.
//!
//! ```text
//! MODE CALL PLACE        such as: `eio fsync data/journal`; any call is `*`, the place is the beginning of a path
//! ```
//!
//! The mode is `eio`, or, of an fsync, `hang`: it does not return while the file is there.

use std::ffi::{CString, c_int};
use std::os::unix::ffi::OsStrExt;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::Kind;
use crate::record::{die, note};

/// What comes of a step.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It is taken.
    Passes,
    /// It is not, for this reason.
    Fails(c_int),
    /// It is taken, or half of it, and then the process ends.
    Torn,
}

struct Fault {
    mode: String,
    number: u64,
    step: String,
}

static SEEN: AtomicU64 = AtomicU64::new(0);
static STRUCK: AtomicBool = AtomicBool::new(false);

fn fault() -> Option<&'static Fault> {
    static FAULT: OnceLock<Option<Fault>> = OnceLock::new();
    let read = || {
        let text = std::env::var("LIANSHI_POWERCUT_FAULT").ok()?;
        let mut words = text.splitn(3, ' ');
        let mut word = || words.next().map(str::to_owned);
        Some(Fault { mode: word()?, number: word()?.parse().ok()?, step: word()? })
    };
    FAULT.get_or_init(read).as_ref()
}

/// The mode that the switch says for a step, if it says one.
fn switched(call: &str, path: &[u8]) -> Option<String> {
    static SWITCH: OnceLock<Option<CString>> = OnceLock::new();
    let named = || CString::new(std::env::var_os("LIANSHI_POWERCUT_SWITCH")?.as_bytes()).ok();
    let file = SWITCH.get_or_init(named).as_ref()?;
    let mut room = [0_u8; 256];
    // SAFETY: the path is a C string that lives through the call.
    let fd = unsafe { libc::syscall(libc::SYS_openat, libc::AT_FDCWD, file.as_ptr(), libc::O_RDONLY) };
    if fd < 0 {
        return None;
    }
    // SAFETY: pointer and length are those of an array of our own.
    let len = unsafe { libc::syscall(libc::SYS_read, fd, room.as_mut_ptr(), room.len()) };
    // SAFETY: no pointers.
    unsafe { libc::syscall(libc::SYS_close, fd) };
    let text = std::str::from_utf8(room.get(..usize::try_from(len).ok()?)?).ok()?;
    let mut words = text.trim().splitn(3, ' ');
    let (mode, which, place) = (words.next()?, words.next()?, words.next()?);
    let meant = (which == "*" || which == call) && path.starts_with(place.as_bytes());
    meant.then(|| mode.to_owned())
}

/// Waits for as long as the switch says that an fsync is to hang. The order must not be held.
pub fn hang(path: &[u8]) {
    while switched("fsync", path).is_some_and(|mode| mode == "hang") {
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
}

/// Says what comes of the step that is taken next. The order must be held.
pub fn fate(call: &str, path: &[u8]) -> Fate {
    if switched(call, path).is_some_and(|mode| mode == "eio") {
        return Fate::Fails(libc::EIO);
    }
    let Some(fault) = fault() else { return Fate::Passes };
    let step = format!("{call} {}", place(&String::from_utf8_lossy(path)));
    note(Kind::Step, 0, 0, step.as_bytes());
    let takes_space = matches!(call, "create" | "write" | "mkdir");
    if STRUCK.load(Ordering::Relaxed) {
        return match fault.mode.as_str() {
            "broken" => Fate::Fails(libc::EIO),
            "full" if takes_space => Fate::Fails(libc::ENOSPC),
            _ => Fate::Passes,
        };
    }
    if step != fault.step || SEEN.fetch_add(1, Ordering::Relaxed) != fault.number {
        return Fate::Passes;
    }
    STRUCK.store(true, Ordering::Relaxed);
    note(Kind::Struck, 0, 0, &[]);
    match fault.mode.as_str() {
        "torn" => Fate::Torn,
        "enospc" | "full" if takes_space => Fate::Fails(libc::ENOSPC),
        "kill" => die(),
        _ => Fate::Fails(libc::EIO),
    }
}

/// Makes a call unless it is to fail, and ends the process behind one that is torn.
pub fn taking<T>(fate: Fate, failed: T, call: impl FnOnce() -> T) -> T {
    match fate {
        Fate::Passes => call(),
        Fate::Torn => {
            call();
            die()
        }
        Fate::Fails(why) => {
            // SAFETY: it points at this thread's own number.
            unsafe { *libc::__errno_location() = why };
            failed
        }
    }
}

/// A path without what differs from run to run: numbers, and names drawn at random.
fn place(path: &str) -> String {
    let part = |part: &str| -> String {
        if part.starts_with(".tmp") {
            return ".tmp#".to_owned();
        }
        let pieces = part.split_inclusive(['.', '-']).map(|piece| {
            let word = piece.trim_end_matches(['.', '-']);
            let numbered = word.bytes().any(|byte| byte.is_ascii_digit())
                && word.bytes().all(|byte| byte.is_ascii_hexdigit());
            if numbered { format!("#{}", &piece[word.len()..]) } else { piece.to_owned() }
        });
        pieces.collect()
    };
    path.split('/').map(part).collect::<Vec<_>>().join("/")
}
