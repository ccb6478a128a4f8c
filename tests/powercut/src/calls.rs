//! The functions of C that this library stands before: those by which Rust's standard library, sled and tantivy reach the disk, and
//! tokio a Unix socket.

use std::ffi::{c_char, c_int, c_long, c_uint, c_void};

use libc::{mode_t, off_t, size_t, ssize_t};

use crate::Kind;
use crate::fault::{Fate, fate, hang, taking};
use crate::record::{Place, die, in_order, is_ignored, is_unix_socket, note, path_in_root, place, ticket};

/// A slice of what a caller gave.
unsafe fn slice<'a>(bytes: *const c_void, len: size_t) -> &'a [u8] {
    // SAFETY: the caller promises `len` readable bytes, as `man 2 write` asks.
    if len == 0 { &[] } else { unsafe { std::slice::from_raw_parts(bytes.cast(), len) } }
}

unsafe fn open_at(folder: c_int, path: *const c_char, flags: c_int, mode: mode_t) -> c_int {
    let _order = in_order();
    // SAFETY: arguments as they came.
    let known = unsafe { libc::syscall(libc::SYS_faccessat, folder, path, libc::F_OK) } == 0;
    // SAFETY: arguments as they came.
    let call = || unsafe { libc::syscall(libc::SYS_openat, folder, path, flags, mode) } as c_int;
    let changes = flags & libc::O_TRUNC != 0 || !known && flags & libc::O_CREAT != 0;
    // SAFETY: arguments as they came.
    let fd = match unsafe { path_in_root(path) }.filter(|_| changes && folder == libc::AT_FDCWD) {
        Some(path) => taking(fate("create", &path), -1, call),
        None => call(),
    };
    if fd >= 0
        && let Some(Place::Root(inode, path)) = place(fd)
    {
        let created = u64::from(!known && flags & libc::O_CREAT != 0);
        let emptied = u64::from(flags & libc::O_TRUNC != 0) * 2;
        note(Kind::Open, inode, created | emptied, &path);
    }
    fd
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn open(path: *const c_char, flags: c_int, mode: mode_t) -> c_int {
    // SAFETY: arguments as they came.
    unsafe { open_at(libc::AT_FDCWD, path, flags, mode) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn open64(path: *const c_char, flags: c_int, mode: mode_t) -> c_int {
    // SAFETY: arguments as they came.
    unsafe { open_at(libc::AT_FDCWD, path, flags, mode) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn openat(folder: c_int, path: *const c_char, flags: c_int, mode: mode_t) -> c_int {
    // SAFETY: arguments as they came.
    unsafe { open_at(folder, path, flags, mode) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn openat64(folder: c_int, path: *const c_char, flags: c_int, mode: mode_t) -> c_int {
    // SAFETY: arguments as they came.
    unsafe { open_at(folder, path, flags, mode) }
}

/// Notes what was written where the descriptor stood, or at `at`.
unsafe fn noting(fd: c_int, bytes: &[u8], at: Option<off_t>, write: impl Fn(size_t) -> c_long) -> c_long {
    let Some(place) = place(fd) else { return write(bytes.len()) };
    let _order = in_order();
    let fate = if let Place::Root(_, path) = &place { fate("write", path) } else { Fate::Passes };
    let len = if fate == Fate::Torn { bytes.len() / 2 } else { bytes.len() };
    let done = match fate {
        Fate::Fails(_) => return taking(fate, -1, || -1),
        Fate::Passes | Fate::Torn => write(len),
    };
    if let Ok(done @ 1..) = usize::try_from(done) {
        let bytes = bytes.get(..done).unwrap_or_default();
        match place {
            Place::Sent => note(Kind::Sent, 0, 0, bytes),
            Place::Root(inode, _) => {
                // Files that are appended to stand at their end after a write.
                // SAFETY: no pointers.
                let stood =
                    || unsafe { libc::syscall(libc::SYS_lseek, fd, 0, libc::SEEK_CUR) } - done as c_long;
                note(Kind::Write, inode, at.unwrap_or_else(stood).cast_unsigned(), bytes);
            }
        }
    }
    if fate == Fate::Torn {
        die();
    }
    done
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn write(fd: c_int, bytes: *const c_void, len: size_t) -> ssize_t {
    // SAFETY: arguments as they came.
    let call = |len: size_t| unsafe { libc::syscall(libc::SYS_write, fd, bytes, len) };
    // SAFETY: arguments as they came.
    unsafe { noting(fd, slice(bytes, len), None, call) as ssize_t }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn pwrite(fd: c_int, bytes: *const c_void, len: size_t, at: off_t) -> ssize_t {
    // SAFETY: arguments as they came.
    let call = |len: size_t| unsafe { libc::syscall(libc::SYS_pwrite64, fd, bytes, len, at) };
    // SAFETY: arguments as they came.
    unsafe { noting(fd, slice(bytes, len), Some(at), call) as ssize_t }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn pwrite64(fd: c_int, bytes: *const c_void, len: size_t, at: off_t) -> ssize_t {
    // SAFETY: arguments as they came.
    unsafe { pwrite(fd, bytes, len, at) }
}

/// Writes the first piece alone: who called writes the rest, as after any short write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn writev(fd: c_int, pieces: *const libc::iovec, count: c_int) -> ssize_t {
    if place(fd).is_none() {
        // SAFETY: arguments as they came.
        return unsafe { libc::syscall(libc::SYS_writev, fd, pieces, count) } as ssize_t;
    }
    for n in 0..usize::try_from(count).unwrap_or_default() {
        // SAFETY: the caller promises `count` pieces.
        let piece = unsafe { &*pieces.add(n) };
        if piece.iov_len > 0 {
            // SAFETY: a piece of what came.
            return unsafe { write(fd, piece.iov_base, piece.iov_len) };
        }
    }
    0
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn ftruncate(fd: c_int, len: off_t) -> c_int {
    // SAFETY: no pointers.
    let call = || unsafe { libc::syscall(libc::SYS_ftruncate, fd, len) } as c_int;
    let Some(Place::Root(inode, path)) = place(fd) else { return call() };
    let _order = in_order();
    taking(fate("cut", &path), -1, || {
        let failed = call();
        if failed == 0 {
            note(Kind::Length, inode, len.cast_unsigned(), &[]);
        }
        failed
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn ftruncate64(fd: c_int, len: off_t) -> c_int {
    // SAFETY: arguments as they came.
    unsafe { ftruncate(fd, len) }
}

/// Only the record counts; a moment passes between its beginning and its end, as on a real disk.
fn sync(fd: c_int) -> Option<c_int> {
    let Place::Root(inode, path) = place(fd)? else { return None };
    if is_ignored(&path) {
        return Some(0);
    }
    hang(&path);
    let number = ticket();
    {
        let _order = in_order();
        let fate = fate("fsync", &path);
        if fate != Fate::Passes {
            return Some(taking(fate, -1, || 0));
        }
        note(Kind::SyncBegins, inode, number, &[]);
    }
    std::thread::sleep(std::time::Duration::from_micros(300));
    let _order = in_order();
    note(Kind::SyncEnds, 0, number, &[]);
    Some(0)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn fsync(fd: c_int) -> c_int {
    // SAFETY: no pointers.
    sync(fd).unwrap_or_else(|| unsafe { libc::syscall(libc::SYS_fsync, fd) } as c_int)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn fdatasync(fd: c_int) -> c_int {
    // SAFETY: no pointers.
    sync(fd).unwrap_or_else(|| unsafe { libc::syscall(libc::SYS_fdatasync, fd) } as c_int)
}

/// Says nothing of what is on disk (`man 2 sync_file_range`: "extremely dangerous"), and is none here.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sync_file_range(fd: c_int, at: off_t, len: off_t, flags: c_uint) -> c_int {
    if place(fd).is_some() {
        return 0;
    }
    // SAFETY: no pointers.
    unsafe { libc::syscall(libc::SYS_sync_file_range, fd, at, len, flags) as c_int }
}

/// Notes a change of names once it was made.
fn named(kind: Kind, path: Option<Vec<u8>>, call: impl FnOnce() -> c_long) -> c_int {
    let Some(path) = path else { return call() as c_int };
    let _order = in_order();
    let word = match kind {
        Kind::Rename => "rename",
        Kind::Folder => "mkdir",
        _ => "remove",
    };
    // Of a rename the new name.
    let shown = path.split(|byte| *byte == 0).next_back().unwrap_or_default();
    taking(fate(word, shown), -1, || {
        let failed = call() as c_int;
        if failed == 0 {
            note(kind, 0, 0, &path);
        }
        failed
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn rename(from: *const c_char, to: *const c_char) -> c_int {
    // SAFETY: arguments as they came.
    let paths = unsafe { path_in_root(from).zip(path_in_root(to)) };
    let both = paths.map(|(from, to)| [from, vec![0], to].concat());
    // SAFETY: arguments as they came.
    let call = || unsafe { libc::syscall(libc::SYS_renameat, libc::AT_FDCWD, from, libc::AT_FDCWD, to) };
    named(Kind::Rename, both, call)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn unlink(path: *const c_char) -> c_int {
    // SAFETY: arguments as they came.
    let call = || unsafe { libc::syscall(libc::SYS_unlinkat, libc::AT_FDCWD, path, 0) };
    // SAFETY: arguments as they came.
    named(Kind::Remove, unsafe { path_in_root(path) }, call)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn rmdir(path: *const c_char) -> c_int {
    // SAFETY: arguments as they came.
    let call = || unsafe { libc::syscall(libc::SYS_unlinkat, libc::AT_FDCWD, path, libc::AT_REMOVEDIR) };
    // SAFETY: arguments as they came.
    named(Kind::Remove, unsafe { path_in_root(path) }, call)
}

/// Whole folders are removed by descriptors: their path, and the name below it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn unlinkat(folder: c_int, name: *const c_char, flags: c_int) -> c_int {
    let below = match place(folder) {
        Some(Place::Root(_, path)) => {
            // SAFETY: the caller promises a C string.
            let name = unsafe { std::ffi::CStr::from_ptr(name) }.to_bytes();
            Some([path.as_slice(), b"/", name].concat())
        }
        // SAFETY: arguments as they came.
        _ => unsafe { path_in_root(name) }.filter(|_| folder == libc::AT_FDCWD),
    };
    // SAFETY: arguments as they came.
    named(Kind::Remove, below, || unsafe { libc::syscall(libc::SYS_unlinkat, folder, name, flags) })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn mkdir(path: *const c_char, mode: mode_t) -> c_int {
    // SAFETY: arguments as they came.
    let call = || unsafe { libc::syscall(libc::SYS_mkdirat, libc::AT_FDCWD, path, mode) };
    // SAFETY: arguments as they came.
    named(Kind::Folder, unsafe { path_in_root(path) }, call)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn recv(fd: c_int, bytes: *mut c_void, len: size_t, flags: c_int) -> ssize_t {
    let none = std::ptr::null_mut::<c_void>();
    // SAFETY: arguments as they came.
    let done = unsafe { libc::syscall(libc::SYS_recvfrom, fd, bytes, len, flags, none, none) } as ssize_t;
    if let Ok(got @ 1..) = usize::try_from(done)
        && flags & libc::MSG_PEEK == 0
        && is_unix_socket(fd)
    {
        let _order = in_order();
        // SAFETY: the kernel has just written so many bytes there.
        note(Kind::Request, fd.cast_unsigned().into(), 0, unsafe { slice(bytes, got) });
    }
    done
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn send(fd: c_int, bytes: *const c_void, len: size_t, flags: c_int) -> ssize_t {
    let none = std::ptr::null_mut::<c_void>();
    // SAFETY: arguments as they came.
    let call = || unsafe { libc::syscall(libc::SYS_sendto, fd, bytes, len, flags, none, 0) } as ssize_t;
    if !is_unix_socket(fd) {
        return call();
    }
    {
        let _order = in_order();
        // Before it is given: whoever has it must find it in the record. What did not fit is sent, and noted, again.
        // SAFETY: arguments as they came.
        note(Kind::Answer, fd.cast_unsigned().into(), 0, unsafe { slice(bytes, len) });
    }
    call()
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmap(
    address: *mut c_void,
    len: size_t,
    protection: c_int,
    flags: c_int,
    fd: c_int,
    at: off_t,
) -> *mut c_void {
    if fd >= 0 && protection & libc::PROT_WRITE != 0 && flags & libc::MAP_SHARED != 0 && place(fd).is_some() {
        unseen(b"mmap");
    }
    // SAFETY: arguments as they came.
    (unsafe { libc::syscall(libc::SYS_mmap, address, len, protection, flags, fd, at) }) as *mut c_void
}

fn unseen(what: &[u8]) {
    let _order = in_order();
    note(Kind::Unseen, 0, 0, what);
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn fallocate(fd: c_int, mode: c_int, at: off_t, len: off_t) -> c_int {
    if place(fd).is_some() {
        unseen(b"fallocate");
    }
    // SAFETY: no pointers.
    unsafe { libc::syscall(libc::SYS_fallocate, fd, mode, at, len) as c_int }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn copy_file_range(
    from: c_int,
    from_at: *mut off_t,
    to: c_int,
    to_at: *mut off_t,
    len: size_t,
    flags: c_uint,
) -> ssize_t {
    if place(to).is_some() {
        unseen(b"copy_file_range");
    }
    // SAFETY: arguments as they came.
    unsafe { libc::syscall(libc::SYS_copy_file_range, from, from_at, to, to_at, len, flags) as ssize_t }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn linkat(
    a: c_int,
    from: *const c_char,
    b: c_int,
    to: *const c_char,
    flags: c_int,
) -> c_int {
    // SAFETY: arguments as they came.
    if unsafe { path_in_root(to) }.is_some() {
        unseen(b"linkat");
    }
    // SAFETY: arguments as they came.
    unsafe { libc::syscall(libc::SYS_linkat, a, from, b, to, flags) as c_int }
}
