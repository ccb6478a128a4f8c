//! What a watch found as a feed, for whoever has its address: public listings alone.

use catalog::{Lang, words};
use exchange::feed::Feed;
use market::Watch;
use web::SourceError;
use web::view::{Fed, FeedAsk};

use crate::office::Office;
use crate::site::{ENTRIES, entry_of, name_of, written};

impl Office {
    /// The watch whose feed a token opens. All tokens are looked at alike, whichever is right.
    fn watch_of_feed(&self, token: &str) -> market::Result<Option<Watch>> {
        let Ok(token) = data_encoding::HEXLOWER.decode(token.as_bytes()) else { return Ok(None) };
        let is = |watch: &Watch| watch.feed.is_some_and(|own| same(&own, &token));
        let mut found = None;
        for watch in self.library().watches()? {
            if is(&watch) {
                found = Some(watch);
            }
        }
        Ok(found)
    }

    /// The feed that a token opens.
    ///
    /// # Errors
    /// When the store fails.
    pub fn watch_feed(&self, token: &str, ask: FeedAsk<'_>) -> Result<Option<Fed>, SourceError> {
        let failed = |error: market::MarketError| SourceError::Failed(error.to_string());
        let Some(watch) = self.watch_of_feed(token).map_err(failed)? else { return Ok(None) };
        let lang = if ask.zh { Lang::Zh } else { Lang::En };
        let mut entries = Vec::new();
        for found in self.library().found(&watch.id).map_err(failed)? {
            if entries.len() >= ENTRIES {
                break;
            }
            let Some((listing, market)) = self.leaving(&watch, &found.id).map_err(failed)? else { continue };
            let office = market.as_ref().map_or(self, |market| &*market.office);
            let mut entry = entry_of(office, &listing, lang, ask.base);
            if let Some(market) = &market {
                let network = name_of(&market.peer);
                let places = [("institution", &*entry.author), ("network", network.pick(lang))];
                entry.author = words::fill(lang, "web.watch.of_market", &places);
            }
            // A reader sorts by it: what was found here late is late.
            entry.updated_s = u64::try_from(found.found_ms / 1_000).unwrap_or_default();
            entries.push(entry);
        }
        let node = self.identity().institution.name.clone();
        let title = match watch.tells {
            true => format!("{} · {node}", watch.name),
            false => words::fill(lang, "web.watch.feed", &[("node", &node)]),
        };
        let own = format!("{}/feed/{token}.{}", ask.base, ask.form.ending());
        let feed = Feed {
            id: format!("urn:lianshi:feed:{}", protocol::hash("feed", &[token.as_bytes()])),
            title,
            about: String::new(),
            lang: lang.html(),
            author: node,
            home: format!("{}/desk/watches/{}", ask.base, watch.id),
            first: own.clone(),
            own,
            newer: None,
            older: None,
            updated_s: entries.iter().map(|entry| entry.updated_s).max().unwrap_or_default(),
            entries,
        };
        written(&feed, ask.form).map(|fed| Some(Fed { since_s: 0, ..fed }))
    }
}

/// Whether two tokens are the same; takes as long either way.
pub(super) fn same(own: &[u8], given: &[u8]) -> bool {
    let differ = own.iter().zip(given).fold(0, |sum, (a, b)| sum | (a ^ b));
    own.len() == given.len() && differ == 0
}
