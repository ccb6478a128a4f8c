//! What a listing keeps for those who ask: what that means, and what to do.

use crate::limits::NAME_CHARS;
use crate::text::{short_id, tidy_line};
use catalog::Lang;
use catalog::words::{fill, say};

/// Digits of an id in a command: enough to name one listing of millions.
const TYPED_DIGITS: usize = 14;

/// The card that says so.
pub(super) struct Details {
    pub(super) mark: &'static str,
    pub(super) text: String,
    /// What a member types, word by word: a line that breaks within `--message` would be typed wrong.
    pub(super) command: Vec<String>,
    /// What everyone else does.
    pub(super) others: String,
}

impl Details {
    /// Of the listing `id`, whose institution `whom` is asked.
    pub(super) fn new(lang: Lang, whom: &str, id: &str) -> Self {
        let asked = [("institution", whom), ("id", &*short_id(&tidy_line(id, NAME_CHARS)))];
        let digits: String = id.chars().filter(char::is_ascii_hexdigit).take(TYPED_DIGITS).collect();
        let command = fill(lang, "details.command", &[("id", &digits)]);
        Details {
            mark: say(lang, "details.mark"),
            text: fill(lang, "details.text", &asked),
            command: command.split(' ').map(str::to_owned).collect(),
            others: fill(lang, "details.others", &asked),
        }
    }
}
