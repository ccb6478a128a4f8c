//! 应挂尽挂: an institution's own register beside what it lists. The register is read as an import reads a table, and its rows are
//! recognised by the same rules; nothing is taken in. The command line and the API do it by the same walk.

use std::sync::atomic::{AtomicBool, Ordering};

use catalog::Kind;

use super::{Face, Order, Run, Taken, Taker, Terms, Told};
use crate::office::{Failure, Office, Row, RowOutcome, TableAsk, exit};

/// Rows that are kept to be named: a register of a hundred thousand, none of which is listed, takes some megabytes.
const KEPT: usize = 100_000;

/// What became of the rows.
#[derive(Debug, Default)]
pub struct Tally {
    /// Rows read.
    pub rows: u64,
    /// That everyone sees.
    pub listed: u64,
    /// That members alone see.
    pub members: u64,
    /// That were withdrawn.
    pub withdrawn: u64,
    /// That something hides.
    pub hidden: u64,
    /// That are nowhere.
    pub missing: u64,
    /// That could not be read, or stood in the register before.
    pub passed: u64,
    /// Those that nobody sees: row, title, why.
    pub rest: Vec<(u64, String, String)>,
    /// What is to be said of the file: Chinese, English.
    pub notes: Vec<(String, String)>,
}

impl Tally {
    /// Rows that should be listed.
    pub fn due(&self) -> u64 {
        self.listed + self.members + self.withdrawn + self.hidden + self.missing
    }
}

/// Counts, until somebody says stop or the register is longer than it may be.
struct Counting<'a> {
    tally: Tally,
    most: u64,
    stop: &'a AtomicBool,
}

impl Face for Counting<'_> {
    fn told(&mut self, told: &Told) -> Result<(), Failure> {
        let tally = &mut self.tally;
        let count = match told.outcome.as_str() {
            "listed" => &mut tally.listed,
            "members" => &mut tally.members,
            "withdrawn" => &mut tally.withdrawn,
            "hidden" => &mut tally.hidden,
            "missing" => &mut tally.missing,
            _ => &mut tally.passed,
        };
        *count += 1;
        let shown = told.outcome == "listed" || (told.outcome == "unchanged" && told.by == "content");
        if !shown && tally.rest.len() < KEPT {
            tally.rest.push((told.row, told.title.clone(), told.outcome.clone()));
        }
        Ok(())
    }

    fn went_on(&mut self, rows: u64) -> Result<bool, Failure> {
        if rows > self.most {
            let most = self.most.to_string();
            return Err(Failure::said(exit::REJECTED, "cli.failure.coverage.rows", &[("most", &most)]));
        }
        Ok(!self.stop.load(Ordering::Acquire))
    }
}

/// Reads a register of at most so many rows, until `stop` is set; whoever `taker` is knows what is listed.
///
/// # Errors
/// When the register cannot be read, is longer, or the listings cannot be looked at.
pub fn compare(
    order: &Order,
    (kind, region): (Kind, String),
    taker: &mut dyn Taker,
    (most, stop): (u64, &AtomicBool),
) -> Result<Tally, Failure> {
    let ask = TableAsk { dry: true, publish: true, ..TableAsk::default() };
    let mut counting = Counting { tally: Tally::default(), most, stop };
    let mut run = Run::new(Terms { kind, region, ask, skip: 0 }, taker, &mut counting, None);
    let mut taken = Taken::Whole;
    let notes = order.each_sheet(kind, |mut reading, name| {
        if taken == Taken::Whole {
            taken = run.sheet(&mut reading, name.as_deref())?;
        }
        Ok(())
    })?;
    let rows = run.rows();
    Ok(Tally { rows, notes, ..counting.tally })
}

/// The listings of this very node.
pub struct Listings<'a>(pub &'a Office);

impl Taker for Listings<'_> {
    fn take(&mut self, kind: Kind, rows: Vec<Row>, _: &TableAsk) -> Result<Vec<RowOutcome>, Failure> {
        self.0.covered(kind, &rows)
    }
}
