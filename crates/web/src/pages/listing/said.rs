//! What third parties say of a listing, in words. Labels and values that the catalogue does not know stand as they came.

use crate::limits::NAME_CHARS;
use crate::pages::card::listing_href;
use crate::text::{minute, stamp, tidy_line};
use crate::view::StatementView;
use catalog::Lang;
use catalog::labels::{label_text, matched_with, rejects, value_text};
use catalog::words::{fill, say};

/// Characters of a reason that are drawn: what a statement can hold.
const REASON_CHARS: usize = 512;

/// One statement.
pub(crate) struct Word {
    pub(crate) text: String,
    /// Where the other listing of a match is; empty of everything else.
    pub(crate) href: String,
    /// Whether it objects to the listing.
    pub(crate) bad: bool,
    pub(crate) reason: String,
    pub(crate) by: String,
    /// The network of who says so, where that is another one than the listing's; else empty.
    pub(crate) network: String,
    pub(crate) when: String,
    pub(crate) stamp: String,
    pub(crate) version: &'static str,
    /// Said when the signature does not verify.
    pub(crate) unsigned: &'static str,
}

impl Word {
    pub(crate) fn new(lang: Lang, said: &StatementView) -> Self {
        let short = |text: &str| tidy_line(text, NAME_CHARS);
        let label = short(&label_text(lang, &said.label));
        let value = short(&value_text(lang, &said.label, &said.value));
        let text = match value.is_empty() {
            true => label,
            false => fill(lang, "said.word", &[("label", &label), ("value", &value)]),
        };
        let version = if said.present { "said.present" } else { "said.earlier" };
        Word {
            text,
            href: matched_with(&said.label, &said.value).map(listing_href).unwrap_or_default(),
            bad: rejects(&said.label, &said.value),
            reason: tidy_line(&said.reason, REASON_CHARS),
            by: short(&said.institution),
            network: said.network.as_ref().map_or_else(String::new, |names| {
                fill(lang, "said.network", &[("network", &short(names.pick(lang)))])
            }),
            when: minute(said.signed_ms, lang),
            stamp: stamp(said.signed_ms),
            version: say(lang, version),
            unsigned: if said.verified { "" } else { say(lang, "said.unsigned") },
        }
    }
}
