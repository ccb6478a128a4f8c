//! Watches as the desk's pages see them.

use catalog::{Kind, Lang, words};
use market::{Account, Watch, WatchWay};
use protocol::Visibility;
use web::SearchRequest;
use web::desk::watches::{FoundView, WatchLine, WatchView, WayView};
use web::view::Card;

use super::asks::sees;
use crate::office::{Failure, Office};
use crate::site::{card, name_of};

/// Things found that a page shows.
const SHOWN: usize = 100;

impl Office {
    /// The watches that this person sees: those with something unread first, then by name.
    ///
    /// # Errors
    /// When the store fails.
    pub fn watch_lines(&self, account: &Account) -> Result<Vec<WatchLine>, Failure> {
        let mut lines = Vec::new();
        for watch in self.library().watches()?.iter().filter(|watch| sees(account, watch)) {
            lines.push(self.watch_view(watch)?.line);
        }
        lines.sort_by(|a, b| (a.unread == 0, &a.name).cmp(&(b.unread == 0, &b.name)));
        Ok(lines)
    }

    /// A watch with how it stands, without what it found.
    pub(super) fn watch_view(&self, watch: &Watch) -> Result<WatchView, Failure> {
        let progress = self.library().progress(&watch.id)?;
        let found = self.library().found(&watch.id)?;
        let unread = found.iter().filter(|found| found.number >= progress.read).count();
        let way = |way: WatchWay, to: String| {
            let channel = progress.of(way);
            WayView {
                to,
                stopped: channel.stopped,
                why: channel.why.clone(),
                again_ms: if channel.message.is_some() { channel.not_before_ms } else { 0 },
                last_ms: channel.last_ms,
                waiting: found.iter().filter(|found| found.number >= channel.sent).count(),
            }
        };
        let hook = watch.hook.as_ref().map(|hook| way(WatchWay::Hook, hook.url.clone()));
        let mail = watch.mail.as_ref().map(|mail| way(WatchWay::Mail, mail.address.clone()));
        let trouble = [&hook, &mail].into_iter().flatten().any(|way| way.stopped || !way.why.0.is_empty());
        let feed = watch.feed.map(|token| format!("/feed/{}", data_encoding::HEXLOWER.encode(&token)));
        Ok(WatchView {
            line: WatchLine {
                id: watch.id.clone(),
                name: watch.name.clone(),
                asks: SearchRequest::from_parameters(&watch.asks),
                every: watch.every.id(),
                paused: watch.paused,
                owner: watch.owner.clone(),
                unread,
                trouble,
            },
            since_ms: watch.since_ms,
            tells: watch.tells,
            abroad: watch.abroad,
            feed: feed.unwrap_or_default(),
            secret: watch.hook.as_ref().map(|hook| courier::secret_text(&hook.secret)).unwrap_or_default(),
            hook,
            mail,
            found: Vec::new(),
            more: 0,
            upto: progress.next,
        })
    }

    /// A watch with what it found, as it is now; what has gone meanwhile is left out.
    pub(crate) fn watch_page(&self, watch: &Watch) -> Result<WatchView, Failure> {
        let mut view = self.watch_view(watch)?;
        let read = self.library().progress(&watch.id)?.read;
        let found = self.library().found(&watch.id)?;
        view.more = found.len().saturating_sub(SHOWN);
        for one in found.into_iter().take(SHOWN) {
            let Some((listing, market)) = self.watched(watch, &one.id)? else { continue };
            let market = market.map(|market| name_of(&market.peer)).unwrap_or_default();
            view.found.push(FoundView {
                card: Card { market, ..card(&listing) },
                changed: one.changed,
                unread: one.number >= read,
                members: listing.log.shelf.visibility != Visibility::Public,
                found_ms: one.found_ms,
            });
        }
        Ok(view)
    }
}

/// A name for a watch that was given none: what it asks for.
pub(super) fn called(request: &SearchRequest, zh: bool) -> String {
    let lang = if zh { Lang::Zh } else { Lang::En };
    let kind = request
        .kind
        .as_deref()
        .and_then(Kind::from_id)
        .map(|kind| words::say(lang, &format!("web.kind.{}", kind.id())).to_owned());
    let hall = request.hall.map(|hall| words::say(lang, &format!("hall.{}", hall.id())).to_owned());
    let place = kind.or(hall).unwrap_or_else(|| words::say(lang, "web.feed.all").to_owned());
    let parts = [request.text.as_str(), &place];
    let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    parts.join(" · ").chars().take(60).collect()
}
