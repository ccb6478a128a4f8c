//! A listing in a list.

use crate::limits::{NAME_CHARS, SUMMARY_CHARS};
use crate::text::{date, mark, stamp, tidy_line};
use crate::view::Card;
use crate::{labels, text};
use catalog::Lang;
use catalog::words::say;

/// What the `entry` macro shows.
pub(crate) struct Entry {
    pub(crate) href: String,
    pub(crate) kind: String,
    pub(crate) kind_class: String,
    pub(crate) title: Vec<(bool, String)>,
    pub(crate) text: Vec<(bool, String)>,
    pub(crate) meta: Vec<String>,
    /// Said when there is more to be had on request.
    pub(crate) more: &'static str,
    /// The peer market that it comes from.
    pub(crate) market: String,
    pub(crate) date: String,
    pub(crate) stamp: String,
}

impl Entry {
    /// Draws `card`, with the words of `query` marked.
    pub(crate) fn new(lang: Lang, card: &Card, query: &str) -> Self {
        let title = tidy_line(&card.title, NAME_CHARS * 2);
        let title = if title.is_empty() { labels::untitled(lang) } else { title };
        let summary = text::tidy(&card.summary.replace('\n', " "), SUMMARY_CHARS);
        Entry {
            href: listing_href(&card.id),
            kind: labels::kind(lang, &card.kind),
            kind_class: labels::kind_class(&card.kind).to_owned(),
            title: mark(&title, query),
            text: mark(&summary, query),
            meta: meta(lang, card),
            more: if card.has_more { say(lang, "details.mark") } else { "" },
            market: tidy_line(card.market.pick(lang), NAME_CHARS),
            date: date(card.updated_ms, lang),
            stamp: stamp(card.updated_ms),
        }
    }
}

/// The address of a listing; an id that is no hex leads nowhere rather than anywhere.
pub(crate) fn listing_href(id: &str) -> String {
    let id: String = id.chars().filter(char::is_ascii_alphanumeric).take(64).collect();
    format!("/listing/{id}")
}

fn meta(lang: Lang, card: &Card) -> Vec<String> {
    let country = tidy_line(&card.country, NAME_CHARS);
    let place = if country.is_empty() { labels::region(lang, &card.region) } else { country };
    let mut meta = vec![tidy_line(&card.institution, NAME_CHARS), place];
    meta.extend(card.fields.iter().take(2).map(|field| labels::technology(lang, field)));
    meta.extend(card.trl.map(|range| labels::readiness(lang, range)));
    let (low, high) = card.price;
    meta.extend(labels::range(lang, labels::Form::Money, low, high, card.negotiable));
    meta.retain(|item| !item.is_empty());
    meta
}
