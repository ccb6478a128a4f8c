//! The one catalogue of words that people read: pages, command line, errors. Chinese first, English complete.
//!
//! Each table is sorted by key; a test holds order, completeness and equal `{places}` on both sides. What is absent: plural
//! rules, dates and numbers (the caller formats those), and any other language.

pub mod accounts;
pub mod api;
pub mod attachments;
pub mod audit;
pub mod bundle;
pub mod care;
pub mod certificate;
pub mod cli;
pub mod demo;
pub mod desk;
pub mod disclosure;
pub mod doctor;
pub mod editing;
pub mod enquiry;
pub mod feeds;
pub mod forks;
pub mod governing;
pub mod guide;
pub mod halls;
pub mod harvest;
pub mod import;
pub mod issues;
pub mod kinds;
pub mod network;
pub mod nodes;
pub mod peering;
pub mod peers;
pub mod profile;
pub mod proposing;
mod purge;
pub mod roster;
pub mod running;
pub mod statements;
pub mod statistics;
pub mod tables;
pub mod verification;
pub mod watches;
pub mod web;

use std::collections::BTreeMap;
use std::sync::LazyLock;

/// One row of a table: key, Chinese, English.
pub type Row = (&'static str, &'static str, &'static str);

/// All tables. No key stands in two.
const TABLES: &[&[Row]] = &[
    web::TABLE,
    accounts::TABLE,
    api::TABLE,
    api::rooms::TABLE,
    attachments::TABLE,
    audit::TABLE,
    bundle::TABLE,
    care::TABLE,
    certificate::TABLE,
    cli::TABLE,
    demo::TABLE,
    desk::TABLE,
    disclosure::TABLE,
    doctor::TABLE,
    editing::TABLE,
    enquiry::TABLE,
    feeds::TABLE,
    forks::TABLE,
    governing::TABLE,
    guide::TABLE,
    halls::TABLE,
    harvest::TABLE,
    import::TABLE,
    kinds::TABLE,
    issues::TABLE,
    network::TABLE,
    nodes::TABLE,
    peering::TABLE,
    peers::TABLE,
    profile::TABLE,
    proposing::TABLE,
    purge::TABLE,
    roster::TABLE,
    running::TABLE,
    statements::TABLE,
    statistics::TABLE,
    tables::TABLE,
    verification::TABLE,
    watches::TABLE,
];

/// A language of the interface.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lang {
    /// 中文: the first language of every text.
    #[default]
    Zh,
    /// English.
    En,
}

impl Lang {
    /// Reads a language from what `LANG`, `--lang`, `?lang=` or `Accept-Language` say: `zh_CN.UTF-8`, `en`, `en-GB,en;q=0.9`.
    ///
    /// Another language gives English, which its speaker more likely reads; `C`, `POSIX` and the empty string
    /// say nothing about a language and give `None`.
    pub fn parse(tag: &str) -> Option<Lang> {
        let tag = tag.trim();
        let end = tag.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(tag.len());
        let language = tag.get(..end)?.to_ascii_lowercase();
        match language.as_str() {
            "zh" | "chinese" => Some(Lang::Zh),
            "posix" => None,
            other if other.len() >= 2 => Some(Lang::En),
            _ => None,
        }
    }

    /// `zh` or `en`.
    pub fn id(self) -> &'static str {
        match self {
            Lang::Zh => "zh",
            Lang::En => "en",
        }
    }

    /// The value of the HTML `lang` attribute: `zh-CN` or `en`.
    pub fn html(self) -> &'static str {
        match self {
            Lang::Zh => "zh-CN",
            Lang::En => "en",
        }
    }

    /// The language that a switch on the page leads to.
    pub fn other(self) -> Lang {
        match self {
            Lang::Zh => Lang::En,
            Lang::En => Lang::Zh,
        }
    }

    /// Chooses between a Chinese and an English text.
    pub fn pick<T>(self, zh: T, en: T) -> T {
        match self {
            Lang::Zh => zh,
            Lang::En => en,
        }
    }
}

/// The text of `key` in `lang`; a key that no table holds comes back as it is, so that it is seen and not lost.
pub fn say(lang: Lang, key: &str) -> &str {
    match look_up(key) {
        Some((_, zh, en)) => lang.pick(zh, en),
        None => key,
    }
}

/// The text of `key` with each `{name}` replaced by its value.
///
/// Values are inserted as they are and never read for places again; a place without a value stays visible.
pub fn fill(lang: Lang, key: &str, values: &[(&str, &str)]) -> String {
    let template = say(lang, key);
    let mut out = String::with_capacity(template.len() + 32);
    let mut rest = template;
    while let Some((before, place, after)) = next_place(rest) {
        out.push_str(before);
        match values.iter().find(|(name, _)| *name == place) {
            Some((_, value)) => out.push_str(value),
            None => {
                out.push('{');
                out.push_str(place);
                out.push('}');
            }
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

/// Every row by its key: a page looks up hundreds, and the check of a table some for every cell.
static ROWS: LazyLock<BTreeMap<&str, &Row>> =
    LazyLock::new(|| TABLES.iter().flat_map(|table| table.iter()).map(|row| (row.0, row)).collect());

fn look_up(key: &str) -> Option<&'static Row> {
    ROWS.get(key).copied()
}

/// Splits a template at its first `{place}`: what stands before, the name, what follows.
fn next_place(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once('{')?;
    let (place, after) = rest.split_once('}')?;
    Some((before, place, after))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn places(mut text: &str) -> BTreeSet<&str> {
        let mut found = BTreeSet::new();
        while let Some((_, place, after)) = next_place(text) {
            found.insert(place);
            text = after;
        }
        found
    }

    #[test]
    fn tables_are_sorted_complete_and_agree_on_places() {
        let mut seen = BTreeSet::new();
        for table in TABLES {
            for pair in table.windows(2) {
                assert!(pair[0].0 < pair[1].0, "{} must stand before {}", pair[1].0, pair[0].0);
            }
            for (key, zh, en) in table.iter() {
                assert!(seen.insert(*key), "{key} stands in two tables");
                assert!(!zh.trim().is_empty() && !en.trim().is_empty(), "{key} lacks a side");
                assert_eq!(places(zh), places(en), "places of {key} differ");
            }
        }
    }

    #[test]
    fn languages_are_read_from_what_systems_say() {
        assert_eq!(Lang::parse("zh_CN.UTF-8"), Some(Lang::Zh));
        assert_eq!(Lang::parse("zh"), Some(Lang::Zh));
        assert_eq!(Lang::parse("en-GB,en;q=0.9"), Some(Lang::En));
        assert_eq!(Lang::parse("fr_FR"), Some(Lang::En));
        for nothing in ["", "C", "C.UTF-8", "POSIX", "  ", "中文"] {
            assert_eq!(Lang::parse(nothing), None, "{nothing}");
        }
    }

    #[test]
    fn unknown_keys_come_back_and_values_are_not_read_again() {
        assert_eq!(say(Lang::En, "no.such.key"), "no.such.key");
        assert_eq!(fill(Lang::En, "a {x} b {y} {", &[("x", "{y}")]), "a {y} b {y} {");
    }
}
