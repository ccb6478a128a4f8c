//! Governing, as the desk's pages ask for it.

use market::Act;
use web::SourceError;
use web::desk::governing::{Brought, Governing, Ground, Paper, Room, Secret, Signing, StepView, Wish};
use web::desk::view::{Clerk, Said};

use super::{Bench, failed, said, told};
use crate::office::{Unsigned, file_named};

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
        let recorded = Act { id: "profile.text", subject: protocol::Profile::text(text).to_string() };
        told(self.done(clerk, recorded, |_| {
            self.administrator(clerk)?;
            self.office.bring_text(text)
        }))
    }

    fn sign(&self, clerk: &Clerk, brought: &Brought, secret: &Secret) -> Result<Signing, SourceError> {
        let recorded = Act { id: "govern.sign", subject: file_named(&brought.file) };
        let mut wrong = false;
        let signed =
            self.done(clerk, recorded, |account| match self.office.sign_paper(&account, brought, secret) {
                Ok(steps) => Ok(steps),
                Err(Unsigned::Secret(failure)) => {
                    wrong = true;
                    Err(failure)
                }
                Err(Unsigned::Other(failure)) => Err(failure),
            });
        Ok(match signed {
            Ok(steps) => Signing::Done(steps),
            Err(failure) if wrong => Signing::Wrong(said(&failure)),
            Err(failure) => Signing::Refused(said(&failure)),
        })
    }

    fn carry(&self, clerk: &Clerk, paper: &[u8]) -> Result<Result<Vec<StepView>, Said>, SourceError> {
        let recorded = Act { id: "govern.carry", subject: file_named(paper) };
        told(self.done(clerk, recorded, |account| self.office.carry_paper(&account, paper)))
    }
}
