//! What the kernel says of processes, the loopback device and folders (proc(5)).

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Clock ticks a second of `/proc/PID/stat`; Linux shows 100 to user space whatever the kernel counts.
const TICKS: f64 = 100.0;
/// Processes of one tree that are looked at.
const MAX_TREE: usize = 256;
/// Between two looks of the watcher.
const LOOK_EVERY: Duration = Duration::from_millis(2);

/// Bytes that `lo` has received since it came up; what one side sends the other receives, so both directions count once.
pub fn loopback_bytes() -> u64 {
    let text = std::fs::read_to_string("/proc/net/dev").unwrap_or_default();
    let line = text.lines().find_map(|line| line.trim().strip_prefix("lo:"));
    line.and_then(|rest| rest.split_whitespace().next()).and_then(|n| n.parse().ok()).unwrap_or_default()
}

/// A process and all below it that live.
fn tree(root: u32) -> Vec<u32> {
    let mut found = vec![root];
    let mut next = 0;
    while let Some(pid) = found.get(next).copied().filter(|_| found.len() < MAX_TREE) {
        next += 1;
        let tasks = std::fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
        for task in tasks {
            let children = std::fs::read_to_string(task.path().join("children")).unwrap_or_default();
            found.extend(children.split_whitespace().filter_map(|pid| pid.parse::<u32>().ok()));
        }
    }
    found
}

/// utime, stime, cutime, cstime of a line of `/proc/PID/stat`, in ticks. The name in it may hold anything.
fn times(stat: &str) -> Option<[u64; 4]> {
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_whitespace().skip(11).map(|n| n.parse().ok());
    Some([fields.next()??, fields.next()??, fields.next()??, fields.next()??])
}

/// CPU seconds, user and system, of a process tree: the living, and the dead that were waited for.
pub fn cpu(root: u32) -> f64 {
    let one = |pid: u32| {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        times(&stat).map_or(0, |times| times.iter().sum())
    };
    tree(root).into_iter().map(one).sum::<u64>() as f64 / TICKS
}

/// CPU seconds of children of this process that have ended and were waited for.
pub fn cpu_of_ended_children() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    times(&stat).map_or(0.0, |times| (times[2] + times[3]) as f64 / TICKS)
}

/// `VmHWM` of one process, bytes: its largest memory since it began, or since [`forget_peak`].
pub fn peak(pid: u32) -> u64 {
    status_bytes(pid, "VmHWM:")
}

/// `RssAnon` of one process, bytes: its memory without what files it has mapped.
pub fn anon(pid: u32) -> u64 {
    status_bytes(pid, "RssAnon:")
}

/// A size of `/proc/PID/status`, bytes.
fn status_bytes(pid: u32, name: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let kib = status
        .lines()
        .find_map(|line| line.strip_prefix(name)?.split_whitespace().next()?.parse::<u64>().ok());
    kib.unwrap_or_default() * 1024
}

/// Begins the peak of a process anew. False where the kernel does not let it.
pub fn forget_peak(pid: u32) -> bool {
    std::fs::write(format!("/proc/{pid}/clear_refs"), "5").is_ok()
}

/// Bytes that a folder takes on disk (allocated blocks, as `du` counts).
pub fn disk(dir: &Path) -> u64 {
    let Ok(items) = std::fs::read_dir(dir) else { return 0 };
    let one = |item: std::fs::DirEntry| match item.metadata() {
        Ok(meta) if meta.is_dir() => meta.blocks() * 512 + disk(&item.path()),
        Ok(meta) => meta.blocks() * 512,
        Err(_) => 0,
    };
    items.flatten().map(one).sum()
}

/// The load of the last minute: what else this machine was doing.
pub fn load() -> String {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split_whitespace().next().unwrap_or("?").to_owned()
}

/// What a watcher has seen.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// The largest sum of `VmHWM` over processes of the tree that lived at one moment, bytes.
    pub peak: u64,
    /// When `lo` first moved after the watch began.
    pub first_byte: Option<Instant>,
    /// When it last moved.
    pub last_byte: Option<Instant>,
}

/// Looks at a process tree and at `lo` until it is asked for what it has seen.
pub struct Watcher {
    stop: Arc<AtomicBool>,
    root: Arc<AtomicU32>,
    seen: Arc<Mutex<Seen>>,
    thread: Option<JoinHandle<()>>,
}

impl Watcher {
    /// Begins to watch.
    pub fn start(root: u32) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let root = Arc::new(AtomicU32::new(root));
        let seen = Arc::new(Mutex::new(Seen::default()));
        let thread = std::thread::spawn({
            let (stop, root, seen) = (Arc::clone(&stop), Arc::clone(&root), Arc::clone(&seen));
            move || watch(&root, &stop, &seen)
        });
        Self { stop, root, seen, thread: Some(thread) }
    }

    /// Looks at another process tree from now on; the peak begins anew.
    pub fn look_at(&self, root: u32) {
        self.root.store(root, Ordering::Release);
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).peak = 0;
    }

    /// What was seen so far.
    pub fn seen(&self) -> Seen {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Ends the watch.
    pub fn end(mut self) -> Seen {
        self.stop.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
        self.seen()
    }
}

fn watch(root: &AtomicU32, stop: &AtomicBool, seen: &Mutex<Seen>) {
    let mut peaks: BTreeMap<u32, u64> = BTreeMap::new();
    let mut bytes = loopback_bytes();
    while !stop.load(Ordering::Acquire) {
        let living = tree(root.load(Ordering::Acquire));
        peaks.retain(|pid, _| living.contains(pid));
        for pid in living {
            // The first of a tree may be this program's own copy before it becomes the other: only its own counts.
            let now = peak(pid);
            peaks.entry(pid).and_modify(|known| *known = now.max(*known)).or_insert(now);
        }
        let now = loopback_bytes();
        let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.peak = seen.peak.max(peaks.values().sum());
        if now != bytes {
            bytes = now;
            seen.first_byte.get_or_insert_with(Instant::now);
            seen.last_byte = Some(Instant::now());
        }
        drop(seen);
        std::thread::sleep(LOOK_EVERY);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_behind_a_hostile_name() {
        let stat = "42 (a) b (c) S 1 42 42 0 -1 4194560 100 0 0 0 11 22 33 44 20 0 1 0 5 6 7";
        assert_eq!(times(stat), Some([11, 22, 33, 44]));
        assert_eq!(times("42 (x) S 1"), None);
    }

    #[test]
    fn this_process_has_a_peak_and_a_tree() {
        let own = std::process::id();
        assert!(peak(own) > 1 << 20);
        let mut child = std::process::Command::new("sleep").arg("5").spawn().unwrap();
        assert!(tree(own).contains(&child.id()));
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(cpu(own) >= 0.0);
    }

    #[test]
    fn a_folder_takes_what_its_files_take() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("in")).unwrap();
        std::fs::write(dir.path().join("in/file"), vec![7; 100_000]).unwrap();
        std::fs::File::open(dir.path().join("in/file")).unwrap().sync_all().unwrap();
        assert!((100_000..300_000).contains(&disk(dir.path())), "{}", disk(dir.path()));
    }
}
