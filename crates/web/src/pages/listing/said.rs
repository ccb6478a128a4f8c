//! What third parties say of a listing, in words. Labels and values that the catalogue does not know stand as they came.

use crate::limits::NAME_CHARS;
use crate::text::{minute, stamp, tidy_line};
use crate::view::StatementView;
use catalog::Lang;
use catalog::labels::{label_text, rejects, value_text};
use catalog::words::{fill, say};

/// Characters of a reason that are drawn: what a statement can hold.
const REASON_CHARS: usize = 512;

/// One statement.
pub(super) struct Word {
    pub(super) text: String,
    /// Whether it objects to the listing.
    pub(super) bad: bool,
    pub(super) reason: String,
    pub(super) by: String,
    pub(super) when: String,
    pub(super) stamp: String,
    pub(super) version: &'static str,
    /// Said when the signature does not verify.
    pub(super) unsigned: &'static str,
}

impl Word {
    pub(super) fn new(lang: Lang, said: &StatementView) -> Self {
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
            bad: rejects(&said.label, &said.value),
            reason: tidy_line(&said.reason, REASON_CHARS),
            by: short(&said.institution),
            when: minute(said.signed_ms, lang),
            stamp: stamp(said.signed_ms),
            version: say(lang, version),
            unsigned: if said.verified { "" } else { say(lang, "said.unsigned") },
        }
    }
}
