//! A disk: what it holds for certain, and what was asked of it since.

use std::collections::BTreeMap;
use std::path::Path;

use crate::Dice;

/// Bytes that a kernel writes together.
const PAGE: usize = 4096;
/// Bytes that a disk writes together: a page may be torn between two of these.
const SECTOR: usize = 512;

/// What was asked of a disk. Paths are relative to the home.
#[derive(Debug)]
pub(super) enum Change {
    Open { inode: u64, path: String, created: bool, emptied: bool },
    Write { inode: u64, at: u64, bytes: Vec<u8> },
    Length { inode: u64, length: u64 },
    SyncBegins { inode: u64, number: u64 },
    SyncEnds { number: u64 },
    Rename { from: String, to: String },
    Remove { path: String },
    Folder { path: String },
}

/// What was asked of one file or folder since its last fsync.
#[derive(Clone, Debug)]
enum Pending {
    Write {
        at: usize,
        bytes: Vec<u8>,
    },
    Length(usize),
    /// Names that change together: to a thing, or to nothing.
    Names(Vec<(String, Option<usize>)>),
}

/// A file or folder.
#[derive(Clone, Debug, Default)]
struct Thing {
    /// On disk for certain.
    bytes: Vec<u8>,
    names: BTreeMap<String, usize>,
    pending: Vec<Pending>,
    /// Of all changes ever asked of it so many are on disk for certain.
    certain: usize,
    is_folder: bool,
    /// As it runs.
    now: BTreeMap<String, usize>,
    /// Where the file lay when it was last opened.
    path: String,
}

/// A home's disk. The first thing is the home itself.
pub(super) struct Disk {
    things: Vec<Thing>,
    inodes: BTreeMap<u64, usize>,
    /// Fsyncs that have begun: the thing, and how many of its changes they cover.
    syncing: BTreeMap<u64, (usize, usize)>,
}

impl Disk {
    /// All of a folder, on disk for certain.
    pub(super) fn of(folder: &Path) -> Self {
        let mut disk = Self { things: Vec::new(), inodes: BTreeMap::new(), syncing: BTreeMap::new() };
        disk.load(folder);
        disk
    }

    fn load(&mut self, path: &Path) -> usize {
        let id = self.things.len();
        self.things.push(Thing { is_folder: path.is_dir(), ..Thing::default() });
        if !path.is_dir() {
            self.things[id].bytes = std::fs::read(path).expect("a file can be read");
            return id;
        }
        for item in std::fs::read_dir(path).expect("a folder can be read") {
            let item = item.expect("a folder can be read");
            let child = self.load(&item.path());
            self.things[id].names.insert(item.file_name().to_string_lossy().into_owned(), child);
        }
        self.things[id].now = self.things[id].names.clone();
        id
    }

    /// The folder that a path lies in, and its name there.
    fn parent<'a>(&self, path: &'a str) -> Option<(usize, &'a str)> {
        let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
        let mut at = 0;
        for folder in folders.split('/').filter(|part| !part.is_empty()) {
            at = *self.things[at].now.get(folder)?;
        }
        Some((at, name))
    }

    fn find(&self, path: &str) -> Option<usize> {
        let (folder, name) = self.parent(path)?;
        if name.is_empty() { Some(folder) } else { self.things[folder].now.get(name).copied() }
    }

    fn rename_all(&mut self, folder: usize, names: Vec<(String, Option<usize>)>) {
        for (name, to) in &names {
            match to {
                Some(to) => drop(self.things[folder].now.insert(name.clone(), *to)),
                None => drop(self.things[folder].now.remove(name)),
            }
        }
        self.things[folder].pending.push(Pending::Names(names));
    }

    fn create(&mut self, path: &str, is_folder: bool) -> usize {
        let id = self.things.len();
        self.things.push(Thing { is_folder, ..Thing::default() });
        let (folder, name) = self.parent(path).unwrap_or_else(|| panic!("{path} lies in no folder"));
        self.rename_all(folder, vec![(name.to_owned(), Some(id))]);
        id
    }

    /// Takes a change. When that makes more of a file certain whose path ends with `suffix` (not empty), what is new.
    pub(super) fn apply(&mut self, change: &Change, suffix: &str) -> Option<Vec<u8>> {
        match change {
            Change::Open { inode, path, created, emptied } => {
                let known = if *created { None } else { self.find(path) };
                let id = known.unwrap_or_else(|| self.create(path, false));
                self.things[id].path.clone_from(path);
                self.inodes.insert(*inode, id);
                if *emptied && !*created {
                    self.things[id].pending.push(Pending::Length(0));
                }
            }
            Change::Write { inode, at, bytes } => {
                let pending = Pending::Write { at: *at as usize, bytes: bytes.clone() };
                self.by_inode(*inode).pending.push(pending);
            }
            Change::Length { inode, length } => {
                self.by_inode(*inode).pending.push(Pending::Length(*length as usize));
            }
            Change::SyncBegins { inode, number } => {
                let id = self.inodes[inode];
                let covers = self.things[id].certain + self.things[id].pending.len();
                self.syncing.insert(*number, (id, covers));
            }
            Change::SyncEnds { number } => {
                let (id, covers) = self.syncing.remove(number).expect("an fsync begins before it ends");
                return self.make_certain(id, covers, suffix);
            }
            Change::Rename { from, to } => self.rename(from, to),
            Change::Remove { path } => {
                if let Some((folder, name)) = self.parent(path) {
                    self.rename_all(folder, vec![(name.to_owned(), None)]);
                }
            }
            Change::Folder { path } => _ = self.create(path, true),
        }
        None
    }

    fn rename(&mut self, from: &str, to: &str) {
        let id = self.find(from).unwrap_or_else(|| panic!("{from} is renamed and not there"));
        let (Some((folder, name)), Some((target, new))) = (self.parent(from), self.parent(to)) else {
            panic!("{from} is renamed to {to}, which lies in no folder")
        };
        if folder == target {
            self.rename_all(folder, vec![(name.to_owned(), None), (new.to_owned(), Some(id))]);
        } else {
            self.rename_all(target, vec![(new.to_owned(), Some(id))]);
            self.rename_all(folder, vec![(name.to_owned(), None)]);
        }
    }

    fn by_inode(&mut self, inode: u64) -> &mut Thing {
        let id = self.inodes[&inode];
        &mut self.things[id]
    }

    fn make_certain(&mut self, id: usize, covers: usize, suffix: &str) -> Option<Vec<u8>> {
        let thing = &mut self.things[id];
        let count = covers.saturating_sub(thing.certain);
        let before = thing.bytes.len();
        thing.certain += count;
        let done: Vec<Pending> = thing.pending.drain(..count).collect();
        for pending in done {
            thing.take(&pending);
        }
        let wanted = !suffix.is_empty() && thing.path.ends_with(suffix);
        (wanted && thing.bytes.len() > before).then(|| thing.bytes[before..].to_vec())
    }

    /// The files whose path ends with `suffix`, as far as they are certain.
    pub(super) fn fsynced(&self, suffix: &str) -> Vec<Vec<u8>> {
        let named = self.things.iter().flat_map(|thing| &thing.names);
        named
            .filter(|(name, _)| name.ends_with(suffix))
            .map(|(_, id)| self.things[*id].bytes.clone())
            .collect()
    }

    /// What is there after a cut: the dice choose of what is not certain.
    pub(super) fn settle(mut self, dice: &mut Dice) -> Self {
        // Everything, nothing, or a chance for each.
        let odds = [0, 100, 50, 85, 15][dice.below(5) as usize];
        for thing in &mut self.things {
            let pending = std::mem::take(&mut thing.pending);
            // A folder's changes reach the disk in their order.
            let names = pending.len() as u64 * odds / 100;
            let names = if odds % 100 == 0 { names } else { dice.below(pending.len() as u64 + 1) };
            for (n, change) in pending.iter().enumerate() {
                match change {
                    Pending::Write { at, bytes } => thing.take_torn(*at, bytes, odds, dice),
                    Pending::Length(_) if dice.below(100) < odds => thing.take(change),
                    Pending::Names(_) if (n as u64) < names => thing.take(change),
                    Pending::Length(_) | Pending::Names(_) => {}
                }
            }
        }
        self
    }

    /// What is there while the power is on.
    pub(super) fn running(mut self) -> Self {
        for thing in &mut self.things {
            for change in std::mem::take(&mut thing.pending) {
                thing.take(&change);
            }
        }
        self
    }

    /// Writes it into a folder, which is emptied first.
    pub(super) fn write(&self, folder: &Path) {
        let _ = std::fs::remove_dir_all(folder);
        self.write_thing(0, folder);
    }

    fn write_thing(&self, id: usize, path: &Path) {
        let thing = &self.things[id];
        if thing.is_folder {
            std::fs::create_dir_all(path).expect("a folder can be made");
            for (name, child) in &thing.names {
                self.write_thing(*child, &path.join(name));
            }
        } else {
            std::fs::write(path, &thing.bytes).expect("a file can be written");
        }
    }
}

impl Thing {
    fn take(&mut self, change: &Pending) {
        match change {
            Pending::Write { at, bytes } => self.put(*at, bytes),
            Pending::Length(length) => self.bytes.resize(*length, 0),
            Pending::Names(names) => {
                for (name, to) in names {
                    match to {
                        Some(to) => drop(self.names.insert(name.clone(), *to)),
                        None => drop(self.names.remove(name)),
                    }
                }
            }
        }
    }

    fn put(&mut self, at: usize, bytes: &[u8]) {
        self.reach(at + bytes.len());
        self.bytes[at..at + bytes.len()].copy_from_slice(bytes);
    }

    fn reach(&mut self, end: usize) {
        self.bytes.resize(self.bytes.len().max(end), 0);
    }

    /// A write of which each page reached the disk or not, or in part, or left its length alone.
    fn take_torn(&mut self, at: usize, bytes: &[u8], odds: u64, dice: &mut Dice) {
        let mut from = 0;
        while from < bytes.len() {
            let upto = bytes.len().min((at + from) / PAGE * PAGE + PAGE - at);
            let page = &bytes[from..upto];
            if dice.below(100) < odds {
                let torn = odds < 100 && dice.below(8) == 0;
                let keep = if torn { SECTOR * dice.below(8) as usize } else { page.len() };
                self.put(at + from, &page[..keep.min(page.len())]);
            } else if odds > 0 && dice.below(4) == 0 {
                self.reach(at + upto);
            }
            from = upto;
        }
    }
}
