//! One import of the desk: what is kept of it in a folder of its own, so that it outlives the page and the node.
//!
//! ```text
//! job.json    who, which file, what was chosen, how far it is
//! table       the file as it was sent
//! rows.jsonl  what each row would become, one a line
//! rows.index  where each of these lines begins, and which lists it stands in
//! marked.xlsx the table with its faults marked
//! ```

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::Told;
use crate::office::{Change, Failure};

/// Name of the file as it was sent.
pub const TABLE: &str = "table";
/// Name of the table that comes back.
pub const MARKED: &str = "marked.xlsx";
const JOB: &str = "job.json";
const ROWS: &str = "rows.jsonl";
const INDEX: &str = "rows.index";
/// Bytes of one row in the index: where its line begins, and its lists.
const ENTRY: usize = 9;
/// Remarks kept of one row; a person puts these right first.
const MAX_REMARKS: usize = 20;

/// How far an import is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// The file is there; its columns are to be looked at.
    #[default]
    Chosen,
    /// Its rows are being compared.
    Reading,
    /// What each would become is known.
    Read,
    /// Rows are being taken in.
    Applying,
    /// Somebody said stop.
    Stopped,
    /// All were taken in.
    Done,
    /// The file could not be read, or rows not be taken in.
    Failed,
}

impl State {
    /// The word for it.
    pub fn id(self) -> &'static str {
        match self {
            Self::Chosen => "chosen",
            Self::Reading => "reading",
            Self::Read => "read",
            Self::Applying => "applying",
            Self::Stopped => "stopped",
            Self::Done => "done",
            Self::Failed => "failed",
        }
    }

    /// Whether there is work to do without anybody saying more.
    pub fn is_running(self) -> bool {
        matches!(self, Self::Reading | Self::Applying)
    }
}

/// A column of the file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// Its header.
    pub header: String,
    /// The sheets that have it, where there are several.
    pub sheets: Vec<String>,
    /// The first texts in it.
    pub samples: Vec<String>,
    /// The field's id or part's key that it is read as, the ids of listings, or empty.
    pub key: String,
}

/// An import of the desk.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Job {
    /// Whose it is.
    pub by: String,
    /// What the file is called where it came from.
    pub name: String,
    /// The language of the table that comes back.
    pub lang: String,
    /// Kind id.
    pub kind: String,
    /// How far it is.
    pub state: State,
    /// Columns as chosen by hand: header to key.
    pub chosen: BTreeMap<String, String>,
    /// What was remembered of columns when it began.
    pub remembered: BTreeMap<String, String>,
    /// The columns that there are.
    pub columns: Vec<Column>,
    /// What is to be said of the file: Chinese, English.
    pub notes: Vec<(String, String)>,
    /// Rows done with: compared, or taken in.
    pub rows: u64,
    /// How many rows would become what; those with advice beside.
    pub counts: BTreeMap<String, u64>,
    /// How many became what.
    pub outcomes: BTreeMap<String, u64>,
    /// Whether rows are published at once.
    pub publish: bool,
    /// When rows began to be taken in, milliseconds since 1970.
    pub begun_ms: i64,
    /// When anything was last done.
    pub changed_ms: i64,
    /// Why it failed.
    pub failure: Option<Failure>,
}

impl Job {
    /// The import in a folder; `None` when there is none that can be read.
    pub fn load(folder: &Path) -> Option<Job> {
        serde_json::from_slice(&fs::read(folder.join(JOB)).ok()?).ok()
    }

    /// Keeps it: whole or not at all.
    pub fn save(&self, folder: &Path) -> io::Result<()> {
        let new = folder.join("job.new");
        fs::write(&new, serde_json::to_vec(self)?)?;
        fs::rename(&new, folder.join(JOB))
    }
}

/// What a row would become, as it is kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct KeptRow {
    /// The sheet, where there are several.
    pub sheet: Option<String>,
    /// The row.
    pub row: u64,
    /// Its title.
    pub title: String,
    /// `new`, `changed`, `unchanged` or `refused`.
    pub outcome: String,
    /// The listing or draft.
    pub id: String,
    /// By what that was known.
    pub by: String,
    /// What changes.
    pub changes: Vec<Change>,
    /// What is to be said of it.
    pub remarks: Vec<KeptRemark>,
}

/// A remark, as it is kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct KeptRemark {
    /// Names of cells.
    pub cells: Vec<String>,
    /// Chinese and English.
    pub said: (String, String),
    /// Whether the row is good all the same.
    pub advice: bool,
}

impl KeptRow {
    /// What is kept of a row.
    pub fn of(told: &Told) -> KeptRow {
        let remarks = told.remarks.iter().filter(|remark| !(remark.advice && remark.code == super::MISSING));
        let kept = remarks.take(MAX_REMARKS).map(|remark| KeptRemark {
            cells: remark.cells.clone(),
            said: remark.said.clone(),
            advice: remark.advice,
        });
        KeptRow {
            sheet: told.sheet.clone(),
            row: told.row,
            title: told.title.clone(),
            outcome: told.outcome.clone(),
            id: told.id.clone(),
            by: told.by.clone(),
            changes: told.changes.clone(),
            remarks: kept.collect(),
        }
    }

    /// The lists that it stands in, a bit each, in the order of [`LISTS`].
    fn lists(&self) -> u8 {
        let advised = self.outcome != "refused" && self.remarks.iter().any(|remark| remark.advice);
        let bit = |list: &&str| (*list == self.outcome) || (**list == *"advised" && advised);
        LISTS.iter().enumerate().filter(|(_, list)| bit(list)).map(|(place, _)| 1 << place).sum()
    }
}

/// Lists of rows that can be asked for.
pub const LISTS: [&str; 5] = ["new", "changed", "unchanged", "refused", "advised"];

/// Rows on their way into a folder.
pub struct RowsOut {
    rows: BufWriter<File>,
    index: BufWriter<File>,
    at: u64,
}

impl RowsOut {
    /// Begins anew.
    pub fn create(folder: &Path) -> io::Result<RowsOut> {
        let rows = BufWriter::new(File::create(folder.join(ROWS))?);
        Ok(RowsOut { rows, index: BufWriter::new(File::create(folder.join(INDEX))?), at: 0 })
    }

    /// Adds a row.
    pub fn put(&mut self, row: &KeptRow) -> io::Result<()> {
        let mut line = serde_json::to_vec(&json!(row))?;
        line.push(b'\n');
        self.rows.write_all(&line)?;
        self.index.write_all(&self.at.to_le_bytes())?;
        self.index.write_all(&[row.lists()])?;
        self.at += line.len() as u64;
        Ok(())
    }

    /// Writes what is held back.
    pub fn finish(&mut self) -> io::Result<()> {
        self.rows.flush()?;
        self.index.flush()
    }
}

/// Rows of a folder that stand in a list (all of them where it is none of [`LISTS`]), from `offset`; and how many there are.
pub fn rows(folder: &Path, list: &str, offset: usize, limit: usize) -> io::Result<(usize, Vec<KeptRow>)> {
    let index = match fs::read(folder.join(INDEX)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok((0, Vec::new())),
        read => read?,
    };
    let bit = LISTS.iter().position(|known| *known == list).map(|place| 1_u8 << place);
    let wanted = |entry: &[u8]| bit.is_none_or(|bit| entry[ENTRY - 1] & bit != 0);
    let places: Vec<u64> = index
        .chunks_exact(ENTRY)
        .filter(|entry| wanted(entry))
        .filter_map(|entry| Some(u64::from_le_bytes(entry.get(..8)?.try_into().ok()?)))
        .collect();
    let mut file = File::open(folder.join(ROWS))?;
    let mut found = Vec::new();
    for place in places.iter().skip(offset).take(limit) {
        file.seek(SeekFrom::Start(*place))?;
        let mut line = String::new();
        BufReader::new(Read::by_ref(&mut file)).read_line(&mut line)?;
        let read: Result<KeptRow, _> = serde_json::from_str::<Json>(&line).and_then(serde_json::from_value);
        found.extend(read.ok());
    }
    Ok((places.len(), found))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(row: u64, outcome: &str, advice: bool) -> KeptRow {
        let said = ("说明".to_owned(), "said".to_owned());
        let remarks = if advice { vec![KeptRemark { cells: Vec::new(), said, advice }] } else { Vec::new() };
        let (title, outcome) = (format!("题名\n{row}"), outcome.to_owned());
        let (id, by) = (String::new(), String::new());
        KeptRow { sheet: None, row, title, outcome, id, by, changes: Vec::new(), remarks }
    }

    #[test]
    fn rows_are_listed_by_what_they_would_become() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(rows(folder.path(), "", 0, 9).unwrap().0, 0);
        let mut out = RowsOut::create(folder.path()).unwrap();
        for row in 0..30 {
            out.put(&kept(row, LISTS[row as usize % 4], row % 6 == 0)).unwrap();
        }
        out.finish().unwrap();
        let numbers = |list: &str, offset, limit| {
            let (total, found) = rows(folder.path(), list, offset, limit).unwrap();
            (total, found.into_iter().map(|row| row.row).collect::<Vec<_>>())
        };
        assert_eq!(numbers("", 28, 9), (30, vec![28, 29]));
        assert_eq!(numbers("refused", 0, 3), (7, vec![3, 7, 11]));
        assert_eq!(numbers("advised", 0, 9), (5, vec![0, 6, 12, 18, 24]));
        assert_eq!(numbers("new", 8, 9), (8, vec![]));
    }
}
