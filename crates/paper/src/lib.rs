//! What goes on paper: QR codes, which a telephone reads, certificates, and reports with tables.
//!
//! Pages, slips and certificates draw the same [`Code`]. This crate knows nothing of networks, stores, pages or what a listing is: it is
//! given words.

pub mod certificate;
mod qr;
pub mod report;

pub use qr::{Code, QUIET, QrFault, TELEPHONE_BYTES};
