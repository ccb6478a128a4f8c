//! What a node finds when it is asked, and what lies in its files whatever it says.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::time::Duration;

use super::agreed::{DIGITS, MARK};
use crate::control::Client;
use crate::office::{Failure, Request};

/// How often each node is asked what it finds: as finely as the times are told.
pub const EVERY: Duration = Duration::from_millis(100);
/// Most listings asked for: several times those of all networks.
const MOST_FOUND: usize = 500;
/// Read from a file at once, bytes.
const PIECE: usize = 64 * 1024;
/// Folders within folders that are looked into: a home has four.
const DEEPEST: usize = 12;

/// What a search for everything finds: id → the peer market that it is said to be of.
pub type Found = BTreeMap<String, Option<String>>;

/// Asks a node for everything that it finds, as `search ""` does.
///
/// # Errors
/// When it does not answer.
pub fn search(client: &mut Client) -> Result<Found, Failure> {
    let (text, kind, region, field, trl) = Default::default();
    let reply =
        client.ask(&Request::Search { text, kind, region, field, trl, limit: MOST_FOUND, offset: 0 })?;
    let hits = reply["hits"].as_array().into_iter().flatten();
    let hit = |hit: &serde_json::Value| {
        let market = hit["market"].as_str().map(str::to_owned);
        hit["id"].as_str().map(|id| (id.to_owned(), market))
    };
    Ok(hits.filter_map(hit).collect())
}

/// The numbers behind [`MARK`] that stand in any file below a folder.
///
/// # Errors
/// When something in it cannot be read. What the node has removed meanwhile holds nothing.
pub fn codes_below(folder: &Path) -> io::Result<BTreeSet<String>> {
    let mut codes = BTreeSet::new();
    gather(folder, DEEPEST, &mut codes)?;
    Ok(codes)
}

fn gather(folder: &Path, deeper: usize, codes: &mut BTreeSet<String>) -> io::Result<()> {
    let Some(items) = unless_gone(std::fs::read_dir(folder))? else { return Ok(()) };
    for item in items {
        let Some(item) = unless_gone(item)? else { continue };
        let Some(kind) = unless_gone(item.file_type())? else { continue };
        if kind.is_dir() && deeper > 0 {
            gather(&item.path(), deeper - 1, codes)?;
        } else if kind.is_file()
            && let Some(file) = unless_gone(File::open(item.path()))?
        {
            codes_in(file, codes)?;
        }
    }
    Ok(())
}

fn unless_gone<T>(read: io::Result<T>) -> io::Result<Option<T>> {
    match read {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        read => read.map(Some),
    }
}

/// Reads piece by piece, keeping the end of each for what lies across two.
fn codes_in(mut file: impl Read, codes: &mut BTreeSet<String>) -> io::Result<()> {
    let whole = MARK.len() + DIGITS;
    let (mut piece, mut kept) = (vec![0; PIECE + whole], 0);
    loop {
        let read = match file.read(&mut piece[kept..]) {
            Ok(0) => return Ok(()),
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        let filled = kept + read;
        let mut at = 0;
        while let Some(next) = piece[at..filled].iter().position(|&byte| byte == MARK.as_bytes()[0]) {
            at += next;
            let end = filled.min(at + whole);
            if let Some(digits) = piece[at..end].strip_prefix(MARK.as_bytes()).filter(|d| d.len() == DIGITS)
                && let Ok(digits) = str::from_utf8(digits)
            {
                codes.insert(format!("{MARK}{digits}"));
            }
            at += 1;
        }
        let from = filled.saturating_sub(whole - 1);
        piece.copy_within(from..filled, 0);
        kept = filled - from;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_found_wherever_it_stands_in_a_file() {
        for before in [0, 1, PIECE - 1, PIECE, PIECE + 3, PIECE + MARK.len() + DIGITS, 3 * PIECE - 7] {
            let mut bytes = vec![b'L'; before];
            bytes.extend(format!("{MARK}4207 and {MARK}37").bytes());
            let mut codes = BTreeSet::new();
            codes_in(bytes.as_slice(), &mut codes).unwrap();
            assert_eq!(
                codes.into_iter().collect::<Vec<_>>(),
                [format!("{MARK}4207")],
                "after {before} bytes"
            );
        }
    }

    #[test]
    fn folders_within_folders_are_looked_into() {
        let folder = std::env::temp_dir().join(format!("lianshi-demo-codes-{}", std::process::id()));
        std::fs::create_dir_all(folder.join("a/b")).unwrap();
        std::fs::write(folder.join("a/b/c"), format!("x{MARK}3301y")).unwrap();
        let codes = codes_below(&folder).unwrap();
        std::fs::remove_dir_all(&folder).unwrap();
        assert_eq!(codes.into_iter().collect::<Vec<_>>(), [format!("{MARK}3301")]);
        assert!(codes_below(&folder).unwrap().is_empty());
    }
}
