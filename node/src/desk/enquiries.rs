//! What visitors ask, for the pages and the desk.

use catalog::enquiry::Asked;
use web::SourceError;
use web::desk::view::{Clerk, Said};
use web::enquiry::{Enquiries, EnquiryFigures, EnquiryLine, EnquiryView, Which};

use super::{Bench, failed, said, told};
use crate::office::act;

impl Enquiries for Bench {
    fn ask(&self, listing: &str, asked: &Asked) -> Result<Result<String, Said>, SourceError> {
        Ok(self.office.take_enquiry(listing, asked)?.map_err(|failure| said(&failure)))
    }

    fn seen(&self, token: &str) -> Result<Option<EnquiryView>, SourceError> {
        self.office.enquiry_at(token).map_err(failed)
    }

    fn enquiries(&self, which: Which, limit: usize) -> Result<(usize, Vec<EnquiryLine>), SourceError> {
        self.office.enquiry_lines(which, limit).map_err(failed)
    }

    fn enquiry(&self, id: &str) -> Result<Option<EnquiryView>, SourceError> {
        self.office.open_enquiry(id).map_err(failed)
    }

    fn answer(&self, clerk: &Clerk, id: &str, message: &str) -> Result<Result<(), Said>, SourceError> {
        told(self.done(clerk, act("enquiries.answer", id), |account| {
            self.office.answer_enquiry(Some(&account), id, message)
        }))
    }

    fn close(&self, clerk: &Clerk, id: &str) -> Result<Result<(), Said>, SourceError> {
        told(
            self.done(clerk, act("enquiries.close", id), |account| {
                self.office.close_enquiry(Some(&account), id)
            }),
        )
    }

    fn enquiry_figures(&self) -> Result<EnquiryFigures, SourceError> {
        self.office.enquiry_figures().map_err(failed)
    }

    fn demand_figures(&self) -> Result<EnquiryFigures, SourceError> {
        self.office.demand_figures().map_err(failed)
    }
}
