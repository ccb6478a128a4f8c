//! Saved searches: what they ask for, what they found, whom they tell.

use super::lists::Card;
use super::{Names, page, time};
use crate::api::call::Call;
use crate::api::problem::{Kind, Problem, wrong};
use crate::api::shape::Shape;
use crate::desk::watches as desk;
use crate::request::{SearchRequest, query};
use crate::text::instant;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Saved searches that the account sees: its own, those of the node, and for administrators all; those with something unread first.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct WatchList {
    pub(in crate::api) items: Vec<WatchLine>,
    /// Whether this node sends mail.
    pub(in crate::api) mails: bool,
}

/// A saved search in a list.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct WatchLine {
    id: String,
    name: String,
    /// What it asks for, by the parameters of `GET /listings`.
    asks: BTreeMap<String, String>,
    /// How often it tells: `now`, `day` or `week`.
    every: String,
    paused: bool,
    /// Account whose it is; null for the node's own.
    owner: Option<String>,
    /// How much of what it found was not read.
    unread: u64,
    /// Whether a way of telling has failed.
    trouble: bool,
}

impl From<&desk::WatchLine> for WatchLine {
    fn from(line: &desk::WatchLine) -> Self {
        Self {
            id: line.id.clone(),
            name: line.name.clone(),
            asks: parameters(&line.asks),
            every: line.every.to_owned(),
            paused: line.paused,
            owner: (!line.owner.is_empty()).then(|| line.owner.clone()),
            unread: line.unread as u64,
            trouble: line.trouble,
        }
    }
}

/// What a search asks for, as parameters.
fn parameters(asks: &SearchRequest) -> BTreeMap<String, String> {
    let own =
        [("q", asks.text.clone()), ("hall", asks.hall.map_or_else(String::new, |hall| hall.id().to_owned()))];
    let own = own.into_iter().filter(|(_, value)| !value.is_empty());
    let all = asks.settings().into_iter().chain(own);
    all.map(|(name, value)| (name.to_owned(), value)).collect()
}

/// A saved search.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct Watch {
    #[serde(flatten)]
    line: WatchLine,
    #[schema(format = "date-time")]
    since: String,
    /// Whether its name and words may stand in what leaves the node.
    tells: bool,
    /// Whether it looks at what peer markets give too.
    abroad: bool,
    /// Address of its feed (Atom), which whoever knows it can read; null where it has none.
    #[schema(format = "uri-reference")]
    feed: Option<String>,
    webhook: Option<WatchWay>,
    /// What messages to the webhook are signed with.
    secret: Option<String>,
    mail: Option<WatchWay>,
    /// What it found, the newest first.
    found: Vec<WatchFound>,
    /// How much it found beyond these.
    more: u64,
    /// Number behind the newest: send it back with `read` when you have read all of them.
    upto: u64,
}

/// A way of telling, and how it went.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct WatchWay {
    to: String,
    /// Whether it was given up.
    stopped: bool,
    /// Why the last try failed; null where it did not.
    failure: Option<Names>,
    /// When it is tried again.
    #[schema(format = "date-time")]
    again: Option<String>,
    /// When something was taken last.
    #[schema(format = "date-time")]
    last: Option<String>,
    /// How much is not sent yet.
    waiting: u64,
}

/// Something that was found.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct WatchFound {
    listing: Card,
    /// Whether it says something else than when it was found first.
    changed: bool,
    unread: bool,
    /// Whether it is for members alone, and leaves the node by no feed, webhook or mail.
    members: bool,
    #[schema(format = "date-time")]
    found: String,
}

impl Watch {
    pub(in crate::api) fn of(origin: &str, view: &desk::WatchView) -> Self {
        let found = |of: &desk::FoundView| WatchFound {
            listing: Card::of(origin, &of.card),
            changed: of.changed,
            unread: of.unread,
            members: of.members,
            found: instant(of.found_ms),
        };
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Self {
            line: WatchLine::from(&view.line),
            since: instant(view.since_ms),
            tells: view.tells,
            abroad: view.abroad,
            feed: some(&view.feed).map(|path| page(origin, &format!("{path}.atom"))),
            webhook: view.hook.as_ref().map(WatchWay::from),
            secret: some(&view.secret),
            mail: view.mail.as_ref().map(WatchWay::from),
            found: view.found.iter().map(found).collect(),
            more: view.more as u64,
            upto: view.upto,
        }
    }
}

impl From<&desk::WayView> for WatchWay {
    fn from(way: &desk::WayView) -> Self {
        let (zh, en) = &way.why;
        Self {
            to: way.to.clone(),
            stopped: way.stopped,
            failure: (!zh.is_empty() || !en.is_empty()).then(|| Names::new(zh, en)),
            again: time(way.again_ms),
            last: time(way.last_ms),
            waiting: way.waiting as u64,
        }
    }
}

/// A search to be saved.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct NewWatch {
    /// Its name; one is made of what it asks for where it is left out.
    #[serde(default)]
    #[schema(max_length = 160)]
    name: String,
    /// What it asks for, by the parameters of `GET /listings`: `q`, `hall`, `kind`, `region`, `field`, `trl`, `mode`, `price`, `org`.
    #[serde(default)]
    asks: BTreeMap<String, String>,
    /// How often it tells.
    #[serde(default)]
    every: WatchPace,
    /// Its name and words may stand in what leaves the node.
    #[serde(default)]
    tells: bool,
    /// It looks at this network alone, and not at what peer markets give.
    #[serde(default)]
    at_home: bool,
    /// It has a feed.
    #[serde(default)]
    feed: bool,
    /// Address that is told of what it finds, by POST.
    #[serde(default)]
    webhook: String,
    /// Address that mails go to, where this node sends mail.
    #[serde(default)]
    mail: String,
}

/// How often a saved search tells.
#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::api) enum WatchPace {
    Now,
    #[default]
    Day,
    Week,
}

/// What can be asked for, and what each may be.
const ASKED: [(&str, Shape); 9] = [
    ("q", Shape::Words),
    ("hall", Shape::Hall),
    ("kind", Shape::Kind),
    ("region", Shape::Region),
    ("field", Shape::Filter),
    ("trl", Shape::Trl),
    ("mode", Shape::Filter),
    ("price", Shape::Price),
    ("org", Shape::Hash),
];

impl NewWatch {
    /// As the desk takes it.
    ///
    /// # Errors
    /// When something that it asks for is no parameter of a list, or not of its form: a filter that says nothing would find everything.
    pub(in crate::api) fn checked(self, call: &Call) -> Result<desk::NewWatch, Problem> {
        let mut problem = Problem::new(Kind::Record);
        let mut faulty = false;
        for (name, value) in &self.asks {
            let fault = match ASKED.iter().find(|(known, _)| known == name) {
                Some((_, shape)) if shape.takes(value) => continue,
                Some(_) => "api.wrong.value",
                None => "api.wrong.unknown",
            };
            (problem, faulty) = (problem.fault(name, wrong(call.lang, fault)), true);
        }
        if faulty {
            return Err(problem);
        }
        let asked = query(self.asks.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        let every = match self.every {
            WatchPace::Now => "now",
            WatchPace::Day => "day",
            WatchPace::Week => "week",
        };
        Ok(desk::NewWatch {
            name: crate::text::tidy_line(&self.name, crate::limits::NAME_CHARS),
            asks: SearchRequest::from_parameters(&asked),
            every: every.to_owned(),
            zh: call.lang == catalog::Lang::Zh,
            tells: self.tells,
            at_home: self.at_home,
            feed: self.feed,
            hook: self.webhook.trim().to_owned(),
            mail: self.mail.trim().to_owned(),
        })
    }
}

/// What is to be done with a saved search.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct WatchStep {
    act: WatchActId,
    /// All below this number was read; for `read`: the `upto` of what you have read.
    #[serde(default)]
    #[schema(minimum = 0)]
    upto: i64,
}

/// Note what was read, let it rest, let it go on, give it a feed under a new address, take its feed away, try its ways of telling,
/// or go on with ways that were given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::api) enum WatchActId {
    Read,
    Pause,
    Resume,
    Feed,
    NoFeed,
    Test,
    Start,
}

impl WatchStep {
    /// As the desk takes it.
    ///
    /// # Errors
    /// When the number is none that a watch could have given.
    pub(in crate::api) fn checked(&self, call: &Call) -> Result<desk::WatchAct, Problem> {
        let wrong = |_| Problem::new(Kind::Record).fault("upto", wrong(call.lang, "api.wrong.value"));
        let upto = u64::try_from(self.upto).map_err(wrong)?;
        Ok(match self.act {
            WatchActId::Read => desk::WatchAct::Read(upto),
            WatchActId::Pause => desk::WatchAct::Pause,
            WatchActId::Resume => desk::WatchAct::Resume,
            WatchActId::Feed => desk::WatchAct::Feed,
            WatchActId::NoFeed => desk::WatchAct::NoFeed,
            WatchActId::Test => desk::WatchAct::Test,
            WatchActId::Start => desk::WatchAct::Start,
        })
    }
}

/// A saved search as it stands after something was done with it.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct WatchDone {
    pub(in crate::api) watch: Watch,
    /// What came of each way of telling, where they were tried.
    pub(in crate::api) tried: Vec<WatchTried>,
}

/// What came of a way of telling.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct WatchTried {
    /// `hook` or `mail`.
    way: String,
    to: String,
    /// Why it failed; null where it did not.
    failure: Option<Names>,
}

impl From<&desk::Tried> for WatchTried {
    fn from(tried: &desk::Tried) -> Self {
        Self {
            way: tried.way.to_owned(),
            to: tried.to.clone(),
            failure: tried.failed.as_ref().map(|(zh, en)| Names::new(zh, en)),
        }
    }
}
