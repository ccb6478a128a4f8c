//! What is told of figures that somebody looks into with a file of their own.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use exchange::mapping::Choices;
use exchange::read::{Input, ReadOptions};
use web::SourceError;
use web::desk::figures::{Checks, CoverAsk, CoverView};
use web::desk::view::{Clerk, Said};
use web::limits::REGISTER_ROWS;
use web::view::VerdictView;

use super::{Bench, failed, told};
use crate::import::Order;
use crate::import::coverage::{Listings, compare};
use crate::office::{Asked, Failure, claim_in, exit, kind_of};

/// How long a call may count what came since the last one; the rest is the next one's.
const PATIENCE: Duration = Duration::from_secs(5);
/// Letters of the ending of a file's name.
const ENDING_CHARS: usize = 8;

impl Checks for Bench {
    fn verify(&self, clerk: &Clerk, file: &[u8]) -> Result<Result<VerdictView, Said>, SourceError> {
        self.account(clerk).map_err(failed)?;
        let none = || Failure::said(exit::REJECTED, "cli.failure.figures", &[]);
        let verdict = claim_in(file).ok_or_else(none).and_then(|claim| {
            let digest = claim["digest"].as_str().unwrap_or_default().to_owned();
            self.office.confirm(&Asked::default(), &digest, Some(&claim), PATIENCE)
        });
        match verdict {
            Err(failure) if failure.code == exit::DEGRADED => Err(SourceError::NotReady(failure.message)),
            other => told(other.map(|reply| crate::site::verdict(&reply))),
        }
    }

    fn register(&self, name: &str) -> Result<PathBuf, SourceError> {
        let own = data_encoding::HEXLOWER.encode(&market::random::<8>().map_err(failed)?);
        let ending = Path::new(name).extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        let ending: String = ending.chars().filter(char::is_ascii_alphanumeric).take(ENDING_CHARS).collect();
        Ok(self.office.scratch().map_err(failed)?.join(format!("register-{own}.{ending}")))
    }

    fn cover(
        &self,
        clerk: &Clerk,
        register: &Path,
        ask: &CoverAsk,
        stop: &AtomicBool,
    ) -> Result<Result<CoverView, Said>, SourceError> {
        self.account(clerk).map_err(failed)?;
        told(self.covered(register, ask, stop))
    }
}

impl Bench {
    fn covered(&self, register: &Path, ask: &CoverAsk, stop: &AtomicBool) -> Result<CoverView, Failure> {
        let kind = kind_of(&ask.kind)?;
        let sheet = Some(ask.sheet.clone()).filter(|sheet| !sheet.is_empty());
        let order = Order {
            input: Input::from(register),
            options: ReadOptions { sheet, helper: crate::apart::helper(), ..ReadOptions::default() },
            stated: ask.map.clone(),
            chosen: Choices::default(),
            remembered: Choices::default(),
        };
        let region = format!("{:06}", self.office.identity().certificate.body.region);
        let bounds = (REGISTER_ROWS, stop);
        let tally = compare(&order, (kind, region), &mut Listings(&self.office), bounds)?;
        Ok(CoverView {
            due: tally.due(),
            rows: tally.rows,
            listed: tally.listed,
            members: tally.members,
            withdrawn: tally.withdrawn,
            hidden: tally.hidden,
            missing: tally.missing,
            passed: tally.passed,
            rest: tally.rest,
            notes: tally.notes,
        })
    }
}
