//! Governing, as the desk's pages ask for it.

use web::SourceError;
use web::desk::governing::{Brought, Governing, Ground, Paper, Room, Secret, Signing, StepView, Wish};
use web::desk::view::{Clerk, Said};

use super::{Bench, failed, said, told};
use crate::office::Unsigned;

impl Governing for Bench {
    fn room(&self, clerk: &Clerk) -> Result<Room, SourceError> {
        self.account(clerk).and_then(|account| self.office.governing_room(&account)).map_err(failed)
    }

    fn steps_for_us(&self) -> Result<u64, SourceError> {
        Ok(self.office.steps_for_us())
    }

    fn move_that(&self, clerk: &Clerk, motion: &Wish) -> Result<Result<Paper, Said>, SourceError> {
        told(self.account(clerk).and_then(|account| self.office.paper_for(&account, motion)))
    }

    fn paper_of(&self, clerk: &Clerk, step: &str) -> Result<Result<Paper, Said>, SourceError> {
        told(self.account(clerk).and_then(|account| self.office.paper_of_step(&account, step)))
    }

    fn paper_in(&self, clerk: &Clerk, brought: &Brought) -> Result<Result<Paper, Said>, SourceError> {
        told(self.account(clerk).and_then(|account| self.office.paper_of_file(&account, brought)))
    }

    fn ground(&self, clerk: &Clerk) -> Result<Ground, SourceError> {
        self.account(clerk).and_then(|account| self.office.governing_ground(&account)).map_err(failed)
    }

    fn card(&self, clerk: &Clerk) -> Result<Vec<u8>, SourceError> {
        self.administrator(clerk).map(|_| self.office.market_file(false).to_file()).map_err(failed)
    }

    fn add_text(&self, clerk: &Clerk, text: &[u8]) -> Result<Result<bool, Said>, SourceError> {
        told(self.administrator(clerk).and_then(|_| self.office.bring_text(text)))
    }

    fn sign(&self, clerk: &Clerk, brought: &Brought, secret: &Secret) -> Result<Signing, SourceError> {
        let account = match self.account(clerk) {
            Ok(account) => account,
            Err(failure) => return Ok(Signing::Refused(said(&failure))),
        };
        Ok(match self.office.sign_paper(&account, brought, secret) {
            Ok(steps) => Signing::Done(steps),
            Err(Unsigned::Secret(failure)) => Signing::Wrong(said(&failure)),
            Err(Unsigned::Other(failure)) => Signing::Refused(said(&failure)),
        })
    }

    fn carry(&self, clerk: &Clerk, paper: &[u8]) -> Result<Result<Vec<StepView>, Said>, SourceError> {
        told(self.account(clerk).and_then(|account| self.office.carry_paper(&account, paper)))
    }
}
