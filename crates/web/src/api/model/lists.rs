//! Lists of listings, and what changed.

use super::{Bucket, Names, page};
use crate::text::instant;
use crate::view;
use serde::Serialize;
use utoipa::ToSchema;

/// A listing in a list.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct Card {
    /// Document id, 64 hexadecimal digits.
    id: String,
    /// Kind.
    kind: String,
    title: String,
    /// The beginning of its summary.
    summary: String,
    /// Name of the institution that answers for it.
    institution: String,
    /// GB/T 2260 code; empty when it names none.
    region: String,
    /// Country or territory, when it is abroad.
    country: String,
    /// Technology fields: ids of the list `field`, or text.
    fields: Vec<String>,
    /// Technology readiness levels (GB/T 22900), where it names any.
    readiness: Option<Readiness>,
    /// Price, budget or fee.
    price: Price,
    /// Whether its institution tells more of it on request.
    has_more: bool,
    /// The peer market that it comes from; null for this network's own.
    market: Option<Names>,
    /// When it was last changed, by its author's clock.
    #[schema(format = "date-time")]
    updated: String,
    /// Address of its page.
    #[schema(format = "uri-reference")]
    page: String,
}

/// Lowest and highest level, 1 to 9.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct Readiness {
    lowest: u8,
    highest: u8,
}

/// Whole yuan.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct Price {
    lowest: Option<i64>,
    highest: Option<i64>,
    /// Whether it is to be agreed.
    negotiable: bool,
}

impl Card {
    pub(in crate::api) fn of(origin: &str, card: &view::Card) -> Self {
        Self {
            id: card.id.clone(),
            kind: card.kind.clone(),
            title: card.title.clone(),
            summary: card.summary.clone(),
            institution: card.institution.clone(),
            region: card.region.clone(),
            country: card.country.clone(),
            fields: card.fields.clone(),
            readiness: card.trl.map(|(lowest, highest)| Readiness { lowest, highest }),
            price: Price { lowest: card.price.0, highest: card.price.1, negotiable: card.negotiable },
            has_more: card.has_more,
            market: Names::some(&card.market),
            updated: instant(card.updated_ms),
            page: page(origin, &format!("/listing/{}", card.id)),
        }
    }

    pub(in crate::api) fn all(origin: &str, cards: &[view::Card]) -> Vec<Self> {
        cards.iter().map(|card| Self::of(origin, card)).collect()
    }
}

/// A page of listings.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct ListingPage {
    /// How many were found in all.
    pub(in crate::api) total: u64,
    /// How many of these hold every word that was looked for; the rest hold some.
    pub(in crate::api) complete: u64,
    pub(in crate::api) items: Vec<Card>,
    /// How the result divides, where that was asked for.
    pub(in crate::api) facets: Option<Facets>,
    /// Cursor of the next page; null on the last.
    pub(in crate::api) next: Option<String>,
}

/// How the result of a search divides. Each way is counted without its own filter and with all others.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct Facets {
    halls: Vec<Bucket>,
    kinds: Vec<Bucket>,
    regions: Vec<Bucket>,
    fields: Vec<Bucket>,
    readiness: Vec<Bucket>,
    modes: Vec<Bucket>,
    prices: Vec<Bucket>,
    institutions: Vec<Bucket>,
}

impl From<&view::SearchView> for Facets {
    fn from(view: &view::SearchView) -> Self {
        Self {
            halls: Bucket::all(&view.halls),
            kinds: Bucket::all(&view.kinds),
            regions: Bucket::all(&view.regions),
            fields: Bucket::all(&view.fields),
            readiness: Bucket::all(&view.trl),
            modes: Bucket::all(&view.cooperation),
            prices: Bucket::all(&view.prices),
            institutions: Bucket::named(&view.institutions),
        }
    }
}

/// A change of a public listing.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct Change {
    /// Document id.
    id: String,
    kind: String,
    /// GB/T 2260 code, six digits; empty when it names none.
    region: String,
    /// When this node saw it.
    #[schema(format = "date-time")]
    seen: String,
    /// Whether it is gone: withdrawn, taken down, or its institution suspended.
    gone: bool,
    /// How it stands now, where that was asked for; null when it is gone.
    listing: Option<Card>,
}

impl Change {
    pub(in crate::api) fn of(origin: &str, change: &view::ChangeView) -> Self {
        Self {
            id: change.id.clone(),
            kind: change.kind.clone(),
            region: change.region.clone(),
            seen: instant(change.seen_ms),
            gone: change.gone,
            listing: change.card.as_ref().map(|card| Card::of(origin, card)),
        }
    }
}

/// Some of the changes, in the order in which this node saw them.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct ChangePage {
    pub(in crate::api) items: Vec<Change>,
    /// Cursor of what comes after these. It is there at the end too: whoever asks with it later hears what has changed since then.
    pub(in crate::api) next: Option<String>,
    /// Whether more is to be had at once.
    pub(in crate::api) more: bool,
}
