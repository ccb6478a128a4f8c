//! The imports: each node takes in its files one after another, all nodes at once.

use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde_json::Value as Json;

use super::bounds::Bounds;
use super::program::Program;
use super::samples::Batch;
use crate::office::{Failure, exit};

/// Refusals of one file that are told; the rest are counted.
const MAX_TOLD: usize = 3;

/// What became of a file.
#[derive(Clone, Debug)]
pub struct Imported {
    /// Place of the node in the cast.
    pub place: usize,
    /// Name of the file.
    pub file: String,
    /// Id of the kind.
    pub kind: &'static str,
    /// Listings made of it.
    pub published: u64,
    /// Rows that gave no new listing, since they say what is there already.
    pub repeated: u64,
    /// Rows refused.
    pub refused: u64,
    /// The first refusals: row and reason.
    pub reasons: Vec<(u64, String)>,
    /// Whether the file could not be read as one of records at all.
    pub unreadable: bool,
}

/// Imports under way.
#[derive(Debug)]
pub struct Imports {
    threads: Vec<JoinHandle<Result<(), Failure>>>,
    done: Arc<Mutex<Vec<Imported>>>,
    begun: Instant,
    told: usize,
}

/// What a node is to take in.
#[derive(Debug)]
pub struct Load {
    /// Place of the node in the cast.
    pub place: usize,
    /// Its home.
    pub home: std::path::PathBuf,
    /// Its files.
    pub batches: Vec<Batch>,
}

impl Imports {
    /// Begins.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn begin(program: &Program, bounds: &Bounds, loads: Vec<Load>) -> std::io::Result<Self> {
        let done = Arc::new(Mutex::new(Vec::new()));
        let mut threads = Vec::new();
        for load in loads {
            let (program, bounds, done) = (program.clone(), bounds.clone(), Arc::clone(&done));
            let all = move || {
                for batch in &load.batches {
                    if bounds.over().is_some() {
                        return Ok(());
                    }
                    if let Some(imported) = one(&program, &bounds, &load, batch)? {
                        done.lock().unwrap_or_else(PoisonError::into_inner).push(imported);
                    }
                }
                Ok(())
            };
            threads.push(std::thread::Builder::new().name("import".to_owned()).spawn(all)?);
        }
        Ok(Self { threads, done, begun: Instant::now(), told: 0 })
    }

    /// Since they began.
    pub fn elapsed(&self) -> Duration {
        self.begun.elapsed()
    }

    /// Files finished since the last call.
    pub fn news(&mut self) -> Vec<Imported> {
        let done = self.done.lock().unwrap_or_else(PoisonError::into_inner);
        let news = done.get(self.told..).unwrap_or_default().to_vec();
        self.told = done.len();
        news
    }

    /// Whether all have ended.
    ///
    /// # Errors
    /// The failure of one of them.
    pub fn ended(&mut self) -> Result<bool, Failure> {
        for thread in self.threads.extract_if(.., |thread| thread.is_finished()) {
            thread.join().unwrap_or_else(|_| Err(Failure::new(exit::FAILED, "an import broke off", "")))?;
        }
        Ok(self.threads.is_empty())
    }

    /// Listings that the finished files made.
    pub fn published(&self) -> u64 {
        self.done.lock().unwrap_or_else(PoisonError::into_inner).iter().map(|file| file.published).sum()
    }

    /// Waits until none is at work any more.
    pub fn join(self) {
        for thread in self.threads {
            // What went wrong was told, or no longer matters.
            let _ = thread.join();
        }
    }
}

/// Imports one file; `None` when it was broken off.
fn one(program: &Program, bounds: &Bounds, load: &Load, batch: &Batch) -> Result<Option<Imported>, Failure> {
    let file = batch.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut imported = Imported {
        place: load.place,
        file,
        kind: batch.kind.id(),
        published: 0,
        repeated: 0,
        refused: 0,
        reasons: Vec::new(),
        unreadable: true,
    };
    let path = batch.path.as_os_str();
    let arguments =
        ["import", "--kind", batch.kind.id(), "--apply", "--publish", "--"].map(std::ffi::OsStr::new);
    let arguments: Vec<_> = arguments.into_iter().chain([path]).collect();
    let code = program.finish(&load.home, &arguments, bounds, |line| note(&mut imported, line))?;
    if bounds.over().is_some() {
        return Ok(None);
    }
    // Our own files are good throughout; a file of one's own may hold anything.
    let ours = batch.rows.is_some();
    let whole = batch.rows.is_none_or(|rows| rows == imported.published);
    if (ours && !whole) || !matches!(u8::try_from(code), Ok(0 | exit::USAGE | exit::REJECTED)) {
        return Err(program.unsuccessful(&format!("import {}", imported.file), &load.home));
    }
    Ok(Some(imported))
}

/// Takes note of a line of the import's output.
fn note(imported: &mut Imported, line: &str) {
    let telling = ["\"summary\"", "\"refused\"", "\"error\""];
    if !telling.iter().any(|word| line.contains(word)) {
        return;
    }
    let Ok(said) = serde_json::from_str::<Json>(line) else { return };
    if said["summary"] == true {
        let number = |at: &Json| at.as_u64().unwrap_or_default();
        imported.unreadable = false;
        imported.published = number(&said["outcomes"]["published"]);
        imported.repeated = number(&said["outcomes"]["updated"]) + number(&said["outcomes"]["unchanged"]);
        imported.refused = number(&said["refused"]);
    } else if imported.reasons.len() < MAX_TOLD {
        let row = said["row"].as_u64().unwrap_or_default();
        let reason = said["reason"].as_str().or(said["error"]["message"].as_str());
        imported.reasons.extend(reason.map(|reason| (row, reason.to_owned())));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_output_of_an_import_is_understood() {
        let mut imported = Imported {
            place: 0,
            file: String::new(),
            kind: "demand",
            published: 0,
            repeated: 0,
            refused: 0,
            reasons: Vec::new(),
            unreadable: true,
        };
        for line in [
            r#"{"v":1,"row":1,"outcome":"published","id":"ab"}"#,
            r#"{"v":1,"row":2,"outcome":"refused","field":"title","code":"required","reason":"no title"}"#,
            r#"{"v":1,"summary":true,"rows":4,"refused":1,"outcomes":{"published":2,"updated":1}}"#,
            "not JSON: \"refused\"",
        ] {
            note(&mut imported, line);
        }
        assert_eq!((imported.published, imported.repeated, imported.refused), (2, 1, 1));
        assert_eq!(imported.reasons, [(2, "no title".to_owned())]);
        assert!(!imported.unreadable);
    }
}
