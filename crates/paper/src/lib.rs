//! What goes on paper: QR codes, which a telephone reads.
//!
//! Pages, slips and certificates draw the same [`Code`]. This crate knows nothing of networks, stores or pages.

mod qr;

pub use qr::{Code, QUIET, QrFault, TELEPHONE_BYTES};
