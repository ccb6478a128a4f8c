//! Telling what was found, by webhook and mail: what is due, tried again under the same id, given up with words.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use courier::Mailer;
use market::{Found, Listing, Message, Watch, WatchWay, random};
use protocol::{DocumentId, Visibility};
use tokio::task::JoinSet;

use super::due::{again_ms, due_ms};
use super::{hook, letter};
use crate::abroad::Market;
use crate::core::now_ms;
use crate::office::Office;
use crate::outgoing::{Outgoing, wait_for};

/// Listings of one message.
const LISTINGS: usize = 50;
/// Messages that are on their way at once: one that hangs holds up no more than these.
const AT_ONCE: usize = 8;
/// Mails of this node within an hour; what is beyond waits.
const MAILS_AN_HOUR: usize = 100;
const HOUR_MS: i64 = 3_600_000;

/// Tells what is due.
#[derive(Default)]
pub(super) struct Teller {
    /// When mails were sent within the last hour, milliseconds since 1970.
    mails: VecDeque<i64>,
}

/// Something to be told now.
struct Due {
    watch: Watch,
    way: WatchWay,
    message: Message,
    /// What stands in it, as it is now; what has gone meanwhile is left out.
    found: Vec<News>,
    /// Whether more waits behind it.
    more: bool,
}

/// Something that was found, as it is now.
pub(super) struct News {
    pub found: Found,
    pub listing: Listing,
    /// The peer market that gives it, where it is not of this network.
    pub market: Option<Arc<Market>>,
}

/// What a try came to.
pub(super) enum Sent {
    /// It was taken.
    Taken,
    /// It failed and may be tried again, not before so long.
    Passing((String, String), Option<Duration>),
    /// It failed for good.
    Failed((String, String)),
}

impl Teller {
    /// Tells what is due. True when there may be more.
    pub(super) fn tell(&mut self, office: &Office, now_ms: i64) -> market::Result<bool> {
        let due = self.due(office, now_ms)?;
        if due.is_empty() {
            return Ok(false);
        }
        let (empty, due): (Vec<Due>, Vec<Due>) = due.into_iter().partition(|due| due.found.is_empty());
        for one in empty {
            // All of it has gone, or is for members alone.
            office.settle(&one.watch.id, one.way, &one.message, &Sent::Taken, false)?;
        }
        for (one, sent) in send(office, due) {
            office.settle(&one.watch.id, one.way, &one.message, &sent, true)?;
        }
        Ok(false)
    }

    fn due(&mut self, office: &Office, now_ms: i64) -> market::Result<Vec<Due>> {
        while self.mails.front().is_some_and(|at| *at < now_ms - HOUR_MS) {
            self.mails.pop_front();
        }
        let mut all = Vec::new();
        for watch in office.library().watches()?.into_iter().filter(|watch| !watch.paused) {
            for way in ways(&watch) {
                if all.len() >= AT_ONCE {
                    return Ok(all);
                }
                let mails = way == WatchWay::Mail;
                if mails && (!office.outgoing().mails() || self.mails.len() >= MAILS_AN_HOUR) {
                    continue;
                }
                if let Some(due) = office.due(&watch, way, now_ms)? {
                    if mails && !due.found.is_empty() {
                        self.mails.push_back(now_ms);
                    }
                    all.push(due);
                }
            }
        }
        Ok(all)
    }
}

/// The ways that a watch has.
fn ways(watch: &Watch) -> impl Iterator<Item = WatchWay> + use<> {
    let hook = watch.hook.is_some().then_some(WatchWay::Hook);
    hook.into_iter().chain(watch.mail.is_some().then_some(WatchWay::Mail))
}

impl Office {
    /// What a watch has to tell by a way now. A message that begins is noted before it is sent, so that it keeps its id.
    fn due(&self, watch: &Watch, way: WatchWay, now_ms: i64) -> market::Result<Option<Due>> {
        let progress = self.library().progress(&watch.id)?;
        let channel = progress.of(way);
        if channel.stopped || channel.not_before_ms > now_ms || progress.next <= channel.sent {
            return Ok(None);
        }
        let mut found = self.library().found(&watch.id)?;
        found.retain(|found| found.number >= channel.sent);
        found.reverse();
        let message = match &channel.message {
            Some(message) => message.clone(),
            None => {
                let first = found.iter().map(|found| found.found_ms).min();
                let by_mail = way == WatchWay::Mail;
                let due = first.map(|first| due_ms(watch.every, first, channel.last_ms, by_mail));
                if due.is_some_and(|due| due > now_ms) {
                    return Ok(None);
                }
                let last = found.get(LISTINGS - 1).or(found.last()).map(|found| found.number);
                let id = format!("msg_{}", data_encoding::HEXLOWER.encode(&random::<12>()?));
                let message = Message { id, upto: last.map_or(progress.next, |last| last + 1), tries: 0 };
                let begun = message.clone();
                self.core().work(|desk| {
                    desk.change_progress(&watch.id, |at| at.of_mut(way).message = Some(begun))?;
                    Ok(((), Vec::new()))
                })?;
                message
            }
        };
        let more = found.iter().any(|found| found.number >= message.upto);
        found.retain(|found| found.number < message.upto);
        let mut public = Vec::with_capacity(found.len());
        for found in found {
            let now = self.leaving(watch, &found.id)?;
            public.extend(now.map(|(listing, market)| News { found, listing, market }));
        }
        Ok(Some(Due { watch: watch.clone(), way, message, found: public, more }))
    }

    /// A listing as it may leave the node with what a watch sends: what anyone may see here, of a peer market only while it is
    /// shown at all.
    pub(super) fn leaving(
        &self,
        watch: &Watch,
        id: &DocumentId,
    ) -> market::Result<Option<(Listing, Option<Arc<Market>>)>> {
        Ok(self.watched(watch, id)?.filter(|(listing, market)| {
            let office = market.as_ref().map_or(self, |market| &*market.office);
            listing.log.shelf.visibility == Visibility::Public && office.shows_publicly(listing)
        }))
    }

    /// Notes what became of a message.
    fn settle(
        &self,
        id: &str,
        way: WatchWay,
        message: &Message,
        sent: &Sent,
        told: bool,
    ) -> market::Result<()> {
        let now_ms = now_ms();
        self.core().work(|desk| {
            desk.change_progress(id, |at| {
                let channel = at.of_mut(way);
                // It was changed meanwhile: what it is now counts.
                if channel.message.as_ref().map(|of| &of.id) != Some(&message.id) {
                    return;
                }
                match sent {
                    Sent::Taken => {
                        channel.sent = message.upto;
                        channel.message = None;
                        (channel.why, channel.not_before_ms) = Default::default();
                        if told {
                            channel.last_ms = now_ms;
                        }
                    }
                    Sent::Passing(why, asked) => {
                        let tries = message.tries + 1;
                        channel.why = why.clone();
                        channel.message = Some(Message { tries, ..message.clone() });
                        match again_ms(now_ms, tries, *asked) {
                            Some(at_ms) => channel.not_before_ms = at_ms,
                            None => channel.stopped = true,
                        }
                    }
                    Sent::Failed(why) => {
                        channel.why = why.clone();
                        channel.stopped = true;
                    }
                }
            })?;
            Ok(((), Vec::new()))
        })
    }

    /// Tries all ways of a watch with a message that says only that it is a test.
    pub(super) fn try_ways(&self, watch: &Watch) -> market::Result<Vec<(WatchWay, String, Sent)>> {
        let mut tried = Vec::new();
        for way in ways(watch) {
            let id = format!("test_{}", data_encoding::HEXLOWER.encode(&random::<12>()?));
            let message = Message { id, upto: 0, tries: 0 };
            let due = Due { watch: watch.clone(), way, message, found: Vec::new(), more: false };
            let to = match way {
                WatchWay::Hook => watch.hook.as_ref().map(|hook| hook.url.clone()),
                WatchWay::Mail => watch.mail.as_ref().map(|mail| mail.address.clone()),
            };
            let sent = send(self, vec![due]).pop().map(|(_, sent)| sent);
            tried.extend(sent.map(|sent| (way, to.unwrap_or_default(), sent)));
        }
        Ok(tried)
    }
}

/// A message ready to go.
enum Ready {
    Hook { url: String, headers: [(&'static str, String); 3], body: Vec<u8> },
    Mail(Box<courier::Letter>),
}

/// Sends messages side by side, and says what became of each.
fn send(office: &Office, due: Vec<Due>) -> Vec<(Due, Sent)> {
    let ready: Vec<Option<Ready>> = due.iter().map(|due| ready(office, due)).collect();
    let mailer = if ready.iter().any(|ready| matches!(ready, Some(Ready::Mail(_)))) {
        Some(office.outgoing().mailer().map(Arc::new))
    } else {
        None
    };
    let outgoing = Arc::clone(office.outgoing());
    let count = ready.len();
    let sent = wait_for(async move {
        let mut tasks = JoinSet::new();
        for (place, ready) in ready.into_iter().enumerate() {
            let (outgoing, mailer) = (Arc::clone(&outgoing), mailer.clone());
            tasks.spawn(async move { (place, go(&outgoing, mailer, ready).await) });
        }
        let mut sent: Vec<Option<Sent>> = (0..count).map(|_| None).collect();
        while let Some(done) = tasks.join_next().await {
            if let Ok((place, outcome)) = done
                && let Some(slot) = sent.get_mut(place)
            {
                *slot = Some(outcome);
            }
        }
        sent
    });
    let broken = || {
        let why = ("发送中断".to_owned(), "sending was interrupted".to_owned());
        Sent::Passing(why, None)
    };
    let sent = sent.unwrap_or_default().into_iter().chain(std::iter::repeat_with(|| None));
    due.into_iter().zip(sent.map(|sent| sent.unwrap_or_else(broken))).collect()
}

fn ready(office: &Office, due: &Due) -> Option<Ready> {
    match due.way {
        WatchWay::Hook => {
            let to = due.watch.hook.as_ref()?;
            let body = hook::body(office, &due.watch, &due.found, due.more);
            let at_s = u64::try_from(now_ms() / 1_000).unwrap_or_default();
            let headers = courier::signed(&to.secret, &due.message.id, at_s, &body);
            Some(Ready::Hook { url: to.url.clone(), headers, body })
        }
        WatchWay::Mail => {
            let letter = letter::of(office, &due.watch, &due.found, due.more, &due.message.id)?;
            Some(Ready::Mail(Box::new(letter)))
        }
    }
}

type Mailing = Option<Result<Arc<Mailer>, (String, String)>>;

async fn go(outgoing: &Outgoing, mailer: Mailing, ready: Option<Ready>) -> Sent {
    match (ready, mailer) {
        (Some(Ready::Hook { url, headers, body }), _) => hook::post(outgoing, url, headers, body).await,
        (Some(Ready::Mail(letter)), Some(Ok(mailer))) => match mailer.send(&letter).await {
            Ok(()) => Sent::Taken,
            Err(error) if error.is_passing() => Sent::Passing((error.zh(), error.to_string()), None),
            Err(error) => Sent::Failed((error.zh(), error.to_string())),
        },
        // The operator can put it right while it waits.
        (Some(Ready::Mail(_)), Some(Err(why))) => Sent::Passing(why, None),
        _ => Sent::Taken,
    }
}
