//! Searches as feeds, and what the node offers as a catalogue.

use catalog::{Kind, Lang, Record, words};
use exchange::dcat::{Catalogue, DataSet};
use exchange::feed::{Entry, Feed};
use market::Listing;
use protocol::{DocumentId, Visibility};
use search::{Facet, Query};
use web::view::{Fed, FeedAsk, FeedForm};
use web::{SearchRequest, SourceError};

use super::harvest::identifier;
use super::{Site, failed, kind_of};
use crate::core::now_ms;
use crate::office::Office;

/// Listings on a page of a feed: what comes in a busy province within the hour between two looks.
pub(crate) const ENTRIES: usize = 50;
/// The last page that can be asked for: offset and size stay within the 10,000 hits that the index ranks.
const LAST_PAGE: usize = 10_000 / ENTRIES;
/// Characters of a summary: a feed is no copy.
const SUMMARY_CHARS: usize = 1_000;
/// Keywords of an entry.
const KEYWORDS: usize = 16;
/// Digits of a tag.
const TAG_DIGITS: usize = 16;

impl Site {
    /// A page of a search as a feed.
    pub(super) fn fed(&self, request: &SearchRequest, ask: FeedAsk<'_>) -> Result<Fed, SourceError> {
        let now = self.revision();
        let page = usize::try_from(request.page.max(1)).unwrap_or(LAST_PAGE).min(LAST_PAGE);
        let first = SearchRequest { page: 1, sort: web::Sort::default(), ..request.clone() };
        let asked = format!("{:?} {} {} {page} {}", ask.form, ask.zh, ask.base, first.parameters());
        let made = self.feeds.get(&now, &asked, || self.make_feed(&first, page, ask))?;
        Ok(Fed::clone(&made))
    }

    fn make_feed(&self, request: &SearchRequest, page: usize, ask: FeedAsk<'_>) -> Result<Fed, SourceError> {
        let offset = (page - 1) * ENTRIES;
        let query =
            Query { sort: search::Sort::Newest, offset, limit: ENTRIES, ..self.office.asked(request) };
        let results = self.office.find(self.office.within(query, request.hall)).map_err(failed)?;
        let lang = if ask.zh { Lang::Zh } else { Lang::En };
        let mut entries = Vec::with_capacity(results.hits.len());
        for hit in &results.hits {
            let Ok(id) = hit.id.parse::<DocumentId>() else { continue };
            let Some((listing, market)) = self.office.listed(&id).map_err(failed)? else { continue };
            if listing.log.shelf.visibility == Visibility::Public {
                // What another network gives is called as it is there.
                let office = market.as_ref().map_or(&self.office, |market| &market.office);
                entries.push(entry_of(office, &listing, lang, ask.base));
            }
        }
        let parameters = request.parameters();
        let at = |page: usize| {
            let number = if page > 1 { format!("page={page}") } else { String::new() };
            let parts: Vec<&str> =
                [parameters.as_str(), &number].into_iter().filter(|part| !part.is_empty()).collect();
            let query = if parts.is_empty() { String::new() } else { format!("?{}", parts.join("&")) };
            format!("{}{}{query}", ask.base, ask.form.path())
        };
        let more = results.total > offset + ENTRIES && page < LAST_PAGE;
        let node = self.office.identity().institution.name.clone();
        let key = self.office.identity().node.public();
        let feed = Feed {
            id: format!("urn:lianshi:feed:{}", protocol::hash("feed", &[&key.0, parameters.as_bytes()])),
            title: format!("{} · {node}", self.called(request, lang)),
            about: words::fill(lang, "web.feed.about", &[("node", &node)]),
            lang: lang.html(),
            author: node,
            home: format!("{}{}", ask.base, request.href()),
            own: at(page),
            first: at(1),
            newer: (page > 1).then(|| at(page - 1)),
            older: more.then(|| at(page + 1)),
            updated_s: entries.iter().map(|entry| entry.updated_s).max().unwrap_or_default(),
            entries,
        };
        written(&feed, ask.form)
    }

    /// What a feed of a search is called.
    fn called(&self, request: &SearchRequest, lang: Lang) -> String {
        let kind = request.kind.as_deref().and_then(Kind::from_id);
        let place = match (request.hall, kind) {
            (Some(hall), _) => words::say(lang, &format!("hall.{}", hall.id())).to_owned(),
            (None, Some(kind)) => words::say(lang, &format!("web.kind.{}", kind.id())).to_owned(),
            (None, None) => words::say(lang, "web.feed.all").to_owned(),
        };
        match request.text.as_str() {
            "" => place,
            text => format!("{} · {place}", words::fill(lang, "web.feed.search", &[("text", text)])),
        }
    }

    /// What this node offers, kind by kind.
    pub(super) fn catalogued(&self, base: &str) -> Result<Fed, SourceError> {
        let now = self.revision();
        let made = self.feeds.get(&now, &format!("dcat {base}"), || self.make_catalogue(base))?;
        Ok(Fed::clone(&made))
    }

    fn make_catalogue(&self, base: &str) -> Result<Fed, SourceError> {
        let identity = self.office.identity();
        let query = Query {
            public_only: true,
            limit: 1,
            sort: search::Sort::Newest,
            facets: vec![Facet::Kind],
            ..Query::default()
        };
        let found = self.office.find(query).map_err(failed)?;
        let newest = found.hits.first().and_then(|hit| hit.id.parse::<DocumentId>().ok());
        let newest =
            newest.map(|id| self.office.library().listing(&id)).transpose().map_err(failed)?.flatten();
        let count =
            |kind: Kind| found.facets.kind.iter().find(|(id, _)| id == kind.id()).map_or(0, |(_, n)| *n);
        let both = |key: &str, places: &[(&str, &str)]| {
            (words::fill(Lang::Zh, key, places), words::fill(Lang::En, key, places))
        };
        let charter = &identity.charter.charter;
        let node = &identity.institution.name;
        let english = if charter.name_en.is_empty() { &charter.name_zh } else { &charter.name_en };
        let catalogue = Catalogue {
            base: base.to_owned(),
            title: (format!("{} · {node}", charter.name_zh), format!("{english} · {node}")),
            about: both("web.dcat.about", &[("network", &charter.name_zh)]),
            publisher: (node.clone(), identity.certificate.body.institution.to_string()),
            modified_s: newest.map(|listing| seconds(listing.updated_ms)),
            sets: Kind::ALL
                .into_iter()
                .map(|kind| DataSet {
                    kind: kind.id(),
                    title: both(&format!("web.kind.{}", kind.id()), &[]),
                    listings: count(kind),
                })
                .collect(),
        };
        Ok(tagged(catalogue.to_json()))
    }
}

/// A listing in a feed; what tells how to reach a person is left out.
pub(crate) fn entry_of(office: &Office, listing: &Listing, lang: Lang, base: &str) -> Entry {
    let record = Record::new(listing.state.flat());
    let kind = Kind::from_id(&kind_of(listing));
    Entry {
        id: identifier(office, &listing.id),
        title: one_line(listing.title()),
        page: format!("{base}/listing/{}", listing.id),
        summary: record.text("summary").unwrap_or_default().chars().take(SUMMARY_CHARS).collect(),
        author: listing.institution_name.clone(),
        kind: kind.map_or(("", String::new()), |kind| (kind.id(), kind.label(lang).to_owned())),
        keywords: record.members("keyword").take(KEYWORDS).map(one_line).collect(),
        published_s: seconds(listing.created_ms),
        updated_s: seconds(listing.updated_ms.max(listing.created_ms)),
    }
}

/// A feed in one of its forms.
pub(crate) fn written(feed: &Feed, form: FeedForm) -> Result<Fed, SourceError> {
    Ok(tagged(match form {
        FeedForm::Atom => feed.to_atom().map_err(failed)?,
        FeedForm::Json => feed.to_json(),
    }))
}

fn tagged(bytes: Vec<u8>) -> Fed {
    let tag = protocol::hash("feed", &[&bytes]).to_string().chars().take(TAG_DIGITS).collect();
    Fed { bytes, tag, since_s: seconds(now_ms()) }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn seconds(ms: i64) -> u64 {
    u64::try_from(ms / 1_000).unwrap_or_default()
}
