//! Import of a table: its rows are read as records, compared with what is there, and taken in or named. The command line and the
//! desk do it by the same walk.
//!
//! ```text
//! file ─▶ Reading (a sheet, its columns mapped) ─▶ Run: each row a record, a piece at a time ─▶ Taker: what it would become,
//!                                                   │                                           then what it became
//!                                                   └─▶ Face: told of each row, in the table's order; may say stop
//! ```
//!
//! A row names its listing by the id that an export gave it, or is known as `market::Library::match_of` says. Of a listing that
//! is there only the fields change for which the table has columns.

pub mod coverage;
pub mod desk;
pub mod job;
pub mod kept;
pub mod reading;
mod rows;

pub use reading::Reading;
pub use rows::{MISSING, Remark, Run, Taken, Terms, Told};

use catalog::Kind;
use exchange::mapping::Choices;
use exchange::read::{self, Input, ReadOptions};

use crate::office::{Failure, RowOutcome, TableAsk};

/// Whoever knows the listings and takes rows in.
pub trait Taker {
    /// Says of each row, in order, what it would become or became.
    fn take(
        &mut self,
        kind: Kind,
        rows: Vec<crate::office::Row>,
        ask: &TableAsk,
    ) -> Result<Vec<RowOutcome>, Failure>;
}

/// Whoever is told how an import goes.
pub trait Face {
    /// A row, in the table's order.
    ///
    /// # Errors
    /// When it cannot be told; the import ends there.
    fn told(&mut self, told: &Told) -> Result<(), Failure>;

    /// A piece of rows is done with, `rows` in all. False stops the import there.
    ///
    /// # Errors
    /// When that cannot be kept; the import ends there.
    fn went_on(&mut self, rows: u64) -> Result<bool, Failure>;
}

/// Which table, and what is decided of its columns.
#[derive(Clone, Debug)]
pub struct Order {
    /// The file.
    pub input: Input,
    /// How to read it.
    pub options: ReadOptions,
    /// Columns as stated, in the form of `exchange::mapping::Mapping::parse`.
    pub stated: String,
    /// Columns as chosen for this file by hand.
    pub chosen: Choices,
    /// Columns as chosen for files before it.
    pub remembered: Choices,
}

impl Order {
    /// What the file holds.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn look(&self) -> Result<read::Contents, Failure> {
        read::look(self.input.clone(), &self.options).map_err(|error| reading::unread(&error))
    }

    /// Opens each sheet that has rows of a kind, and hands it to `with`, with its name where there are several. Says of the
    /// others why they were passed over; where none has any, the first is read as a single one would be.
    ///
    /// # Errors
    /// When the file cannot be read, a stated column is missing, or `with` fails.
    pub fn each_sheet(
        &self,
        kind: Kind,
        mut with: impl FnMut(Reading, Option<String>) -> Result<(), Failure>,
    ) -> Result<Vec<(String, String)>, Failure> {
        let contents = self.look()?;
        let mut passed = Vec::new();
        let several = self.options.sheet.is_none() && contents.sheets.len() >= 2;
        let mut taken = 0;
        for name in contents.sheets.iter().filter(|_| several) {
            let options = ReadOptions { sheet: Some(name.clone()), ..self.options.clone() };
            let reading = Reading::open(self, kind, options)?;
            match reading.stranger() {
                Some(why) => passed.push(reading::in_both(why, &[("sheet", name)])),
                None => {
                    taken += 1;
                    with(reading, Some(name.clone()))?;
                }
            }
        }
        if taken == 0 {
            let reading = Reading::open(self, kind, self.options.clone())?;
            reading.refuse_missing()?;
            with(reading, None)?;
            passed.clear();
        }
        Ok(passed)
    }
}
