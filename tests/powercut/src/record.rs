//! The record, and which files belong in it. Raw system calls only: the functions of C lead back to `calls.rs`.

use std::ffi::{CStr, CString, c_int, c_long, c_void};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use crate::Kind;

/// What the environment says.
struct Setting {
    root: Vec<u8>,
    sent: Vec<u8>,
    ignore: Vec<u8>,
    steps: u64,
    log: c_int,
}

/// One at a time: the order of the record is the order of what happened.
static ORDER: Mutex<()> = Mutex::new(());
static TICKET: AtomicU64 = AtomicU64::new(0);
static STEPS: AtomicU64 = AtomicU64::new(0);

/// Where a watched file is.
pub enum Place {
    /// Below the root: its inode and the path from there.
    Root(u64, Vec<u8>),
    /// A file that notes what is sent.
    Sent,
}

pub fn in_order() -> MutexGuard<'static, ()> {
    ORDER.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Numbers an fsync.
pub fn ticket() -> u64 {
    TICKET.fetch_add(1, Ordering::Relaxed)
}

fn setting() -> Option<&'static Setting> {
    static SETTING: OnceLock<Option<Setting>> = OnceLock::new();
    let read = || {
        let bytes = |name: &str| std::env::var_os(name).map(|value| value.as_bytes().to_vec());
        let log = CString::new(bytes("LIANSHI_POWERCUT_LOG")?).ok()?;
        let flags = libc::O_WRONLY | libc::O_CREAT | libc::O_APPEND | libc::O_CLOEXEC;
        // SAFETY: the path is a C string that lives through the call.
        let log =
            unsafe { libc::syscall(libc::SYS_openat, libc::AT_FDCWD, log.as_ptr(), flags, 0o600) } as c_int;
        (log >= 0).then_some(Setting {
            root: bytes("LIANSHI_POWERCUT_ROOT")?,
            sent: bytes("LIANSHI_POWERCUT_SENT").unwrap_or_default(),
            ignore: bytes("LIANSHI_POWERCUT_IGNORE").unwrap_or_default(),
            steps: String::from_utf8(bytes("LIANSHI_POWERCUT_STEPS")?).ok()?.parse().ok()?,
            log,
        })
    };
    SETTING.get_or_init(read).as_ref()
}

/// Writes a record, and ends the process when it was the last one asked for. The order must be held: so nothing happens that
/// is not in the record.
pub fn note(kind: Kind, a: u64, b: u64, bytes: &[u8]) {
    let Some(setting) = setting() else { return };
    let mut whole = Vec::with_capacity(21 + bytes.len());
    whole.push(kind as u8);
    whole.extend_from_slice(&a.to_le_bytes());
    whole.extend_from_slice(&b.to_le_bytes());
    whole.extend_from_slice(&(bytes.len() as u32).to_le_bytes());
    whole.extend_from_slice(bytes);
    let mut rest = whole.as_slice();
    while !rest.is_empty() {
        // SAFETY: pointer and length are those of a slice.
        let done = unsafe {
            libc::syscall(libc::SYS_write, setting.log, rest.as_ptr().cast::<c_void>(), rest.len())
        };
        match usize::try_from(done) {
            Ok(done) => rest = rest.get(done..).unwrap_or_default(),
            Err(_) => std::process::abort(),
        }
    }
    if STEPS.fetch_add(1, Ordering::Relaxed) + 1 == setting.steps {
        die();
    }
}

/// Ends the process as `kill -9` does.
pub fn die() -> ! {
    loop {
        // SAFETY: no pointers. Nothing runs after it.
        unsafe { libc::syscall(libc::SYS_kill, std::process::id(), libc::SIGKILL) };
    }
}

fn below<'a>(path: &'a [u8], folder: &[u8]) -> Option<&'a [u8]> {
    let rest = path.strip_prefix(folder).filter(|_| !folder.is_empty())?;
    if rest.is_empty() { Some(rest) } else { rest.strip_prefix(b"/") }
}

/// The path below the root that a C path means, when it does.
pub unsafe fn path_in_root(path: *const libc::c_char) -> Option<Vec<u8>> {
    let root = &setting()?.root;
    // SAFETY: the caller got it as an argument of a function of C.
    let path = Path::new(std::ffi::OsStr::from_bytes(unsafe { CStr::from_ptr(path) }.to_bytes()));
    let whole: PathBuf =
        if path.is_absolute() { path.to_owned() } else { std::env::current_dir().ok()?.join(path) };
    below(whole.as_os_str().as_bytes(), root).map(<[u8]>::to_vec)
}

/// The inode behind a descriptor and its path, when that is a regular file or a folder.
fn inode(fd: c_int) -> Option<u64> {
    // SAFETY: a zeroed `stat` is a valid one, and the call fills it.
    let mut stat: libc::stat = unsafe { std::mem::zeroed() };
    // SAFETY: the pointer is to a `stat` of our own.
    let failed = unsafe { libc::syscall(libc::SYS_fstat, fd, &raw mut stat) } != 0;
    let kind = stat.st_mode & libc::S_IFMT;
    (!failed && matches!(kind, libc::S_IFREG | libc::S_IFDIR)).then_some(stat.st_ino)
}

/// Whether a descriptor belongs to the record, and where it stands.
pub fn place(fd: c_int) -> Option<Place> {
    let setting = setting()?;
    let inode = inode(fd)?;
    let link = CString::new(format!("/proc/self/fd/{fd}")).ok()?;
    let mut room = [0_u8; 4096];
    // SAFETY: path and room live through the call, which writes no more than the length given.
    let len: c_long = unsafe {
        libc::syscall(libc::SYS_readlinkat, libc::AT_FDCWD, link.as_ptr(), room.as_mut_ptr(), room.len())
    };
    let path = room.get(..usize::try_from(len).ok()?)?;
    // A file without a name can still be written to, and nobody will read it.
    let path = path.strip_suffix(b" (deleted)").unwrap_or(path);
    if below(path, &setting.sent).is_some() {
        return Some(Place::Sent);
    }
    below(path, &setting.root).map(|rest| Place::Root(inode, rest.to_vec()))
}

/// Whether fsyncs of this file are to be left out.
pub fn is_ignored(path: &[u8]) -> bool {
    let ignored = setting().map_or(&[][..], |setting| setting.ignore.as_slice());
    !ignored.is_empty() && path.windows(ignored.len()).any(|part| part == ignored)
}

/// Whether a descriptor is a Unix socket.
pub fn is_unix_socket(fd: c_int) -> bool {
    if setting().is_none() {
        return false;
    }
    // SAFETY: a zeroed address is a valid one, and the call fills no more than its length.
    let mut address: libc::sockaddr_un = unsafe { std::mem::zeroed() };
    let mut len = size_of::<libc::sockaddr_un>() as libc::socklen_t;
    // SAFETY: both pointers are to values of our own.
    let failed = unsafe { libc::syscall(libc::SYS_getsockname, fd, &raw mut address, &raw mut len) } != 0;
    !failed && c_int::from(address.sun_family) == libc::AF_UNIX && address.sun_path.first() != Some(&0)
}
