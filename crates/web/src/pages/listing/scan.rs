//! The code beside a listing: what a telephone that reads it from paper is led to.

use crate::text::fours;
use crate::view::{ListingView, Standing};
use catalog::Lang;
use catalog::words::{fill, say};
use paper::{Code, QUIET};

/// The card with the code.
pub(super) struct Scan {
    /// Modules a side, quiet zone included.
    pub(super) side: usize,
    pub(super) path: String,
    /// The version that is on paper then.
    pub(super) version: String,
    /// Where the certificate is; empty when there is none.
    pub(super) certificate: String,
}

impl Scan {
    /// A code for `address`; `None` when it is too long for one, which no address of a node is.
    pub(super) fn new(lang: Lang, address: &str, view: &ListingView) -> Option<Self> {
        let code = Code::for_paper(address).ok()?;
        let stands = view.standing == Standing::Published;
        let certificate =
            if stands { format!("/listing/{}/certificate.pdf", view.id) } else { String::new() };
        Some(Scan {
            side: code.side() + 2 * QUIET,
            path: code.path(QUIET, QUIET),
            version: version(lang, &view.mark),
            certificate,
        })
    }
}

/// A version's mark in words: `第 3 版 · 9c4e 5a6b 7c8d 9e0f`.
pub(crate) fn version(lang: Lang, mark: &str) -> String {
    match mark.split_once('-') {
        Some((number, hash)) => fill(lang, "verification.mark", &[("n", number), ("hash", &fours(hash))]),
        None => say(lang, "verification.mark.none").to_owned(),
    }
}
