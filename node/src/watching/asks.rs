//! What can be asked about saved searches: the command line, the desk and its pages ask alike.

use market::{Account, DeskRole, Every, Hook, Looked, Mailbox, MarketError, Watch, WatchWay, random};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use web::SearchRequest;
use web::desk::watches::{Tried, WatchAct};

use super::feed::same;
use super::telling::Sent;
use super::views;
use crate::core::now_ms;
use crate::office::{Failure, Office, Reply, exit, kind_of, region_code, time_text};

/// Fewest digits that stand for a watch.
const SHORTEST: usize = 4;
/// Things found that an answer to the command line holds.
const FOUND: usize = 200;

/// What is asked about saved searches.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "kebab-case")]
pub enum WatchAsk {
    /// A new one.
    Add {
        /// It.
        new: NewWatch,
    },
    /// All of them.
    List,
    /// One of them, with what it found.
    Show {
        /// Its id or the first digits.
        id: String,
    },
    /// Does something with one: `pause`, `resume`, `remove`, `read`, `feed`, `no-feed`, `start` or `test`.
    Act {
        /// Its id or the first digits.
        id: String,
        /// What.
        act: String,
    },
}

/// A new saved search.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct NewWatch {
    /// The account whose it is; empty for the command line.
    pub owner: String,
    /// Its name; one is made of what it asks for where it is empty.
    pub name: String,
    /// What it asks for, as parameters of a list page.
    pub asks: String,
    /// `now`, `day` or `week`.
    pub every: String,
    /// Whether what it sends is Chinese.
    pub zh: bool,
    /// Whether its name and words may leave the node.
    pub tells: bool,
    /// Whether it looks at this network alone, and not at what peer markets give.
    #[serde(default)]
    pub at_home: bool,
    /// Whether it has a feed.
    pub feed: bool,
    /// Where it tells programs; empty for nowhere.
    pub hook: String,
    /// Whom it writes to; empty for nobody.
    pub mail: String,
}

impl std::fmt::Debug for NewWatch {
    /// Without what somebody looks for, which has no business in a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("NewWatch")
    }
}

impl Office {
    pub(crate) fn answer_watch(&self, ask: WatchAsk) -> Reply {
        match ask {
            WatchAsk::Add { new } => {
                let id = self.add_watch(&new)?;
                self.show_watch(&id)
            }
            WatchAsk::List => {
                let watches = self.library().watches()?;
                let lines: Result<Vec<Json>, Failure> =
                    watches.iter().map(|watch| self.watch_json(watch)).collect();
                Ok(json!({ "v": 1, "watches": lines?, "mail": self.outgoing().mails() }))
            }
            WatchAsk::Show { id } => self.show_watch(&id),
            WatchAsk::Act { id, act } => self.act_on_watch(&id, &act),
        }
    }

    /// Adds a saved search: what is there already is no news to it. Its id.
    ///
    /// # Errors
    /// When a part of it makes no sense, there are too many, or the disk fails.
    pub fn add_watch(&self, new: &NewWatch) -> Result<String, Failure> {
        let request = checked(&new.asks)?;
        let every = Every::from_id(&new.every)
            .ok_or_else(|| Failure::said(exit::USAGE, "cli.failure.watch.every", &[("every", &new.every)]))?;
        let hook = match new.hook.trim() {
            "" => None,
            url => {
                self.outgoing().client().check(url).map_err(|error| refused(&error))?;
                Some(Hook { url: url.to_owned(), secret: random()? })
            }
        };
        let mail = match new.mail.trim() {
            "" => None,
            _ if !self.outgoing().mails() => {
                return Err(Failure::said(exit::REFUSED, "cli.failure.watch.mail", &[]));
            }
            address => {
                let known = catalog::contact::email(address);
                let wrong =
                    || Failure::said(exit::REJECTED, "cli.failure.watch.address", &[("address", address)]);
                Some(Mailbox { address: known.ok_or_else(wrong)?, stop: random()? })
            }
        };
        let name = match new.name.trim() {
            "" => views::called(&request, new.zh),
            name => name.to_owned(),
        };
        let watch = Watch {
            id: data_encoding::HEXLOWER.encode(&random::<8>()?),
            owner: new.owner.clone(),
            name,
            asks: request.parameters(),
            every,
            zh: new.zh,
            tells: new.tells,
            paused: false,
            abroad: !new.at_home,
            since_ms: now_ms(),
            from: self.arrivals(),
            feed: if new.feed { Some(random()?) } else { None },
            hook,
            mail,
        };
        self.core().work(|desk| {
            if desk.library.looked()?.is_none() && desk.library.watches()?.is_empty() {
                desk.library.set_looked(Looked { next: watch.from, known_before_ms: 0 })?;
            }
            desk.keep_watch(&watch)?;
            desk.note_watch_clock()?;
            Ok(((), Vec::new()))
        })?;
        Ok(watch.id)
    }

    /// The watch that an id, or its first digits, name.
    ///
    /// # Errors
    /// When none or several do.
    pub fn watch_named(&self, id: &str) -> Result<Watch, Failure> {
        let missing = || Failure::from(MarketError::NoSuchWatch { id: id.to_owned() });
        let asked = id.trim().to_ascii_lowercase();
        if asked.len() < SHORTEST {
            return Err(missing());
        }
        let mut found = self.library().watches()?.into_iter().filter(|watch| watch.id.starts_with(&asked));
        let watch = found.next().ok_or_else(missing)?;
        if found.next().is_some() { Err(missing()) } else { Ok(watch) }
    }

    /// The watch of an id, if this person sees it: their own, those of the command line, and for administrators all.
    ///
    /// # Errors
    /// When the store fails.
    pub fn watch_for(&self, account: &Account, id: &str) -> Result<Option<Watch>, Failure> {
        Ok(self.library().watch(id)?.filter(|watch| sees(account, watch)))
    }

    /// Does something with a watch; what came of a test.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn change_watch(&self, watch: &Watch, act: &WatchAct) -> Result<Vec<Tried>, Failure> {
        let id = watch.id.as_str();
        let keep = |watch: Watch| -> Result<Vec<Tried>, Failure> {
            self.core().work(|desk| Ok((desk.keep_watch(&watch)?, Vec::new())))?;
            Ok(Vec::new())
        };
        let progress = |change: &dyn Fn(&mut market::Progress)| -> Result<Vec<Tried>, Failure> {
            self.core().work(|desk| Ok((desk.change_progress(id, change)?, Vec::new())))?;
            Ok(Vec::new())
        };
        match act {
            WatchAct::Read(upto) => progress(&|at| at.read = at.read.max((*upto).min(at.next))),
            WatchAct::Pause => keep(Watch { paused: true, ..watch.clone() }),
            WatchAct::Resume => keep(Watch { paused: false, ..watch.clone() }),
            WatchAct::Remove => {
                self.core().work(|desk| Ok((desk.drop_watch(id)?, Vec::new())))?;
                Ok(Vec::new())
            }
            WatchAct::Feed => keep(Watch { feed: Some(random()?), ..watch.clone() }),
            WatchAct::NoFeed => keep(Watch { feed: None, ..watch.clone() }),
            WatchAct::Start => progress(&|at| {
                for way in [WatchWay::Hook, WatchWay::Mail] {
                    let channel = at.of_mut(way);
                    (channel.stopped, channel.not_before_ms) = (false, 0);
                    if let Some(message) = &mut channel.message {
                        message.tries = 0;
                    }
                }
            }),
            WatchAct::Test => Ok(self.try_ways(watch)?.into_iter().map(tried).collect()),
        }
    }

    /// Whether a token from a mail stops mails here, and, where `stop` says so, does it.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn stop_mails(&self, token: &str, stop: bool) -> market::Result<bool> {
        let Ok(token) = data_encoding::HEXLOWER.decode(token.as_bytes()) else { return Ok(false) };
        let is = |watch: &Watch| watch.mail.as_ref().is_some_and(|mail| same(&mail.stop, &token));
        let Some(watch) = self.library().watches()?.into_iter().find(is) else { return Ok(false) };
        if stop {
            let stopped = Watch { mail: None, ..watch };
            self.core().work(|desk| Ok((desk.keep_watch(&stopped)?, Vec::new())))?;
        }
        Ok(true)
    }

    fn act_on_watch(&self, id: &str, act: &str) -> Reply {
        let watch = self.watch_named(id)?;
        let act = match act {
            "pause" => WatchAct::Pause,
            "resume" => WatchAct::Resume,
            "remove" => WatchAct::Remove,
            "read" => WatchAct::Read(u64::MAX),
            "feed" => WatchAct::Feed,
            "no-feed" => WatchAct::NoFeed,
            "start" => WatchAct::Start,
            "test" => WatchAct::Test,
            other => {
                return Err(Failure::new(exit::USAGE, format!("{other:?} is nothing that a watch does"), ""));
            }
        };
        let tried = self.change_watch(&watch, &act)?;
        let tried: Vec<Json> = tried
            .iter()
            .map(|tried| {
                let failed = tried.failed.as_ref();
                json!({ "way": tried.way, "to": tried.to, "ok": failed.is_none(),
                    "why": failed.map(|(_, en)| en), "why_zh": failed.map(|(zh, _)| zh) })
            })
            .collect();
        if act == WatchAct::Remove {
            return Ok(json!({ "v": 1, "id": watch.id, "name": watch.name, "removed": true }));
        }
        let mut reply = self.show_watch(&watch.id)?;
        reply["tried"] = tried.into();
        Ok(reply)
    }

    fn show_watch(&self, id: &str) -> Reply {
        let watch = self.watch_named(id)?;
        let mut reply = self.watch_json(&watch)?;
        let read = self.library().progress(&watch.id)?.read;
        let mut found = Vec::new();
        for one in self.library().found(&watch.id)?.into_iter().take(FOUND) {
            let Some((listing, market)) = self.watched(&watch, &one.id)? else { continue };
            found.push(json!({
                "market": market.map(|market| market.peer.charter.name_zh.clone()),
                "id": one.id.to_string(),
                "title": listing.title(),
                "kind": crate::office::kind_id(listing.log.shelf.kind.0),
                "institution": listing.institution_name,
                "change": if one.changed { "changed" } else { "new" },
                "found": time_text(one.found_ms),
                "unread": one.number >= read,
            }));
        }
        reply["found"] = found.into();
        Ok(reply)
    }

    fn watch_json(&self, watch: &Watch) -> Reply {
        let view = self.watch_view(watch)?;
        let base = self.config().web.address().ok().flatten().map(|address| address.as_str().to_owned());
        let base = base.or_else(|| self.web().map(|web| web.trim_end_matches('/').to_owned()));
        let feed = format!("{}{}.atom", base.unwrap_or_default(), view.feed);
        let way = |way: &Option<web::desk::watches::WayView>| {
            way.as_ref().map(|way| {
                json!({ "to": way.to, "stopped": way.stopped, "waiting": way.waiting,
                    "why": way.why.1, "why_zh": way.why.0,
                    "again": (way.again_ms > 0).then(|| time_text(way.again_ms)),
                    "last": (way.last_ms > 0).then(|| time_text(way.last_ms)) })
            })
        };
        Ok(json!({
            "v": 1,
            "id": watch.id,
            "name": watch.name,
            "asks": watch.asks,
            "every": watch.every.id(),
            "lang": if watch.zh { "zh" } else { "en" },
            "tells": watch.tells,
            "peer_markets": watch.abroad,
            "paused": watch.paused,
            "owner": watch.owner,
            "since": time_text(watch.since_ms),
            "unread": view.line.unread,
            "feed": (!view.feed.is_empty()).then_some(feed),
            "webhook": way(&view.hook),
            "secret": (!view.secret.is_empty()).then_some(view.secret),
            "mail": way(&view.mail),
        }))
    }
}

/// Whether this person sees a watch.
pub(super) fn sees(account: &Account, watch: &Watch) -> bool {
    let own = account.name.to_lowercase() == watch.owner.to_lowercase();
    own || watch.owner.is_empty() || account.role == DeskRole::Administrator
}

/// What a watch asks for, read as its page reads it; what makes no sense is refused here, since nobody sees it do nothing.
fn checked(asks: &str) -> Result<SearchRequest, Failure> {
    let request = SearchRequest::from_parameters(asks);
    if let Some(kind) = &request.kind {
        kind_of(kind)?;
    }
    if let Some(region) =
        request.region.as_deref().filter(|region| region.bytes().all(|b| b.is_ascii_digit()))
    {
        region_code(region)?;
    }
    Ok(SearchRequest { page: 1, sort: web::Sort::default(), ..request })
}

fn refused(error: &courier::Error) -> Failure {
    let failure = Failure::said(exit::REFUSED, "cli.failure.watch.hook", &[("why", &error.to_string())]);
    let zh = catalog::words::fill(catalog::Lang::Zh, "cli.failure.watch.hook", &[("why", &error.zh())]);
    Failure { message_zh: zh, ..failure }
}

fn tried((way, to, sent): (WatchWay, String, Sent)) -> Tried {
    let way = match way {
        WatchWay::Hook => "hook",
        WatchWay::Mail => "mail",
    };
    let failed = match sent {
        Sent::Taken => None,
        Sent::Passing(why, _) | Sent::Failed(why) => Some(why),
    };
    Tried { way, to, failed }
}
