//! 询问, written: someone asks about a listing, its home node signs that it has received it, a person answers.
//!
//! ```text
//! visitor ─▶ enquire ═▶ sealed, over mailboxes ═▶ home node: acknowledge (receipt) ─▶ open_enquiry ─▶ answer_enquiry
//!    ▲                                                          │                                        │
//!    └─────────────────── status page ◀═════════════════════════╧════════════════════════════════════════╛
//! ```
//!
//! | key | enquiry | receipt | answer | closed |
//! |---|---|---|---|---|
//! | `type` | `enquiry` | `receipt` | `answer` | `closed` |
//! | `about`, `title` | the listing's | the listing's | the listing's | the listing's |
//! | `answers` | – | the enquiry's id | the enquiry's id | the enquiry's id |
//! | `name`, `organisation`, `contact` | who asks | – | – | – |
//! | `message` | what is asked | – | what is answered | – |
//!
//! One circle serves all enquiries between two institutions. What is asked at the listing's own institution lies in a circle
//! of that one alone. The state at the desk, who answered, and the visitor's address are records at home, in no document.

use std::collections::BTreeSet;

use catalog::enquiry::Asked;
use protocol::{Circle, Decoder, DocumentId, InstitutionId, LogId, PublicKey, Value};
use storage::Table;

use super::{Authored, Desk, Fields};
use crate::error::{MarketError, Result};
use crate::identity::random;
use crate::ledger::{Unread, first_unread};
use crate::library::{
    ANSWER_WITHIN_MS, DONE, Enquiry, EnquiryState, Held, Listing, OPEN, SENT, TOKEN_BYTES, token_key,
};

/// Enquiries of one institution that wait for an answer here at a time. More of them are received, and shown, as these are
/// answered or closed: who writes a hundred thousand fills no desk but with these.
pub const MAX_OPEN_OF_ONE: usize = 200;
/// Records of answered and closed enquiries that are kept; of more the oldest go, and only from the desk's list.
pub const MAX_DONE: usize = 20_000;
/// Enquiries that a node sends within a day: each is up to 18 KiB, here and at its mailboxes, for good.
pub const MAX_SENT_A_DAY: usize = 500;
/// Of these the ones to one institution.
pub const MAX_SENT_TO_ONE_A_DAY: usize = 100;
/// For so long a visitor's address leads to the enquiry, and the sending node lists it; milliseconds. Half a year.
pub const SENT_FOR_MS: i64 = 180 * DAY_MS;
/// Characters of an answer.
pub const ANSWER_CHARS: usize = 8_000;
/// Receipts looked for in one go: then others have the core.
const LOOKED_AT_ONCE: usize = 64;
/// Records that end with each one that is added.
const ENDED_AT_ONCE: usize = 8;
/// Prefix of the circle for enquiries with an institution.
const CIRCLE: &[u8] = b"enquiry:circle:";
/// A local record by its key, and what becomes of it.
type Change = (Vec<u8>, Option<Vec<u8>>);
/// A day of the bounds above.
const DAY_MS: i64 = ANSWER_WITHIN_MS;

impl Desk<'_> {
    /// Asks about a listing: sealed to its institution's nodes and our own. The second of the two is the token of the address
    /// under which the visitor sees what becomes of it.
    ///
    /// # Errors
    /// When the form will not do, the listing is not held, no node of its institution is known, as much as may be was sent
    /// today, or the disk is full.
    pub fn enquire(
        &mut self,
        about: &DocumentId,
        asked: &Asked,
        mailboxes: &[PublicKey],
    ) -> Result<(DocumentId, String, Authored)> {
        let wrong = asked.wrong();
        if !wrong.is_empty() {
            return Err(MarketError::AskedWrong(wrong));
        }
        let missing = || MarketError::NoSuchListing { id: about.to_string() };
        let listing = self.library.listing(&self.library.newest(about)?)?.ok_or_else(missing)?;
        let to = listing.institution.ok_or_else(missing)?;
        self.may_send(&to)?;
        let circle = self.circle_with(to, &listing, mailboxes)?;
        let text = |(field, text, _): (&str, &str, usize)| (field.to_owned(), Value::Text(text.to_owned()));
        let filled = asked.fields().into_iter().filter(|(_, text, _)| !text.is_empty()).map(text);
        let (id, authored) = self.seal(&circle, super::disclosure::letter("enquiry", &listing, filled))?;
        let token: [u8; TOKEN_BYTES] = random()?;
        let key = token_key(&token);
        let sent = [SENT, &self.now_ms.to_be_bytes(), &id.0].concat();
        let mut kept = self.sent_that_end()?;
        kept.push((sent, Some([&to.0[..], &key].concat())));
        kept.push((key, Some(id.0.to_vec())));
        self.ledger.keep_all(Table::Drafts, &kept)?;
        Ok((id, data_encoding::HEXLOWER.encode(&token), authored))
    }

    /// Refuses what goes beyond a day's measure.
    fn may_send(&self, to: &InstitutionId) -> Result<()> {
        let prefix = [SENT, &self.now_ms.saturating_sub(DAY_MS).to_be_bytes()].concat();
        let page = self.library.store().scan_prefix(Table::Drafts, SENT, Some(&prefix), MAX_SENT_A_DAY)?;
        let to_one = page.iter().filter(|(_, value)| value.starts_with(&to.0)).count();
        if page.len() >= MAX_SENT_A_DAY || to_one >= MAX_SENT_TO_ONE_A_DAY {
            return Err(MarketError::TooManyEnquiries);
        }
        Ok(())
    }

    /// Records of what was sent that have had their time: a few with each that is added, so that they come to an end.
    fn sent_that_end(&self) -> Result<Vec<Change>> {
        let oldest = self.library.store().scan_prefix(Table::Drafts, SENT, None, ENDED_AT_ONCE)?;
        let until = [SENT, &self.now_ms.saturating_sub(SENT_FOR_MS).to_be_bytes()].concat();
        let ended = oldest.into_iter().filter(|(key, _)| *key < until).flat_map(|(key, value)| {
            let token = value.get(32..).map(<[u8]>::to_vec);
            std::iter::once(key).chain(token).map(|key| (key, None))
        });
        Ok(ended.collect())
    }

    /// The circle for enquiries with an institution: the one used before, as long as its mailboxes are those of today.
    fn circle_with(
        &mut self,
        to: InstitutionId,
        listing: &Listing,
        mailboxes: &[PublicKey],
    ) -> Result<Circle> {
        let own = self.identity.institution.id();
        // Nobody needs to carry what stays on this very node.
        let stays = to == own && listing.log.node == self.identity.node.public();
        let mut circle = match stays {
            true => Circle { nonce: random()?, parties: BTreeSet::from([own]), mailboxes: BTreeSet::new() },
            false => self.circle([to], mailboxes)?,
        };
        let key = [CIRCLE, &to.0].concat();
        let stored = self.library.store().get(Table::Drafts, &key)?;
        let before = stored.and_then(|bytes| Decoder::whole(&bytes, "circle", Circle::decode).ok());
        match before {
            Some(before) if before.parties == circle.parties && before.mailboxes == circle.mailboxes => {
                circle = before;
            }
            _ => self.ledger.keep(Table::Drafts, &key, Some(&circle.to_bytes()))?,
        }
        Ok(circle)
    }

    /// Looks at enquiries that nobody has looked at, until one is received: written down at home, with a signed receipt unless
    /// it has one. Only the home node of the listing does so, and only once what came is durable here, which the caller tells
    /// of each place. `None` when nothing more is to be done now.
    ///
    /// # Errors
    /// When the disk fails or is full.
    pub fn acknowledge(&mut self, is_durable: impl Fn(&LogId, u64) -> bool) -> Result<Option<Vec<Authored>>> {
        let mut passed = None;
        for _ in 0..LOOKED_AT_ONCE {
            let Some(unread) = first_unread(self.library.store(), passed.as_ref())? else { break };
            let own = unread.log.node == self.identity.node.public();
            if !own && !is_durable(&unread.log, unread.seq)
                || self.library.open_of(&unread.from, MAX_OPEN_OF_ONE)?
            {
                passed = Some(unread.from);
                continue;
            }
            let received = self.receive(&unread)?;
            self.ledger.looked_at(&unread)?;
            if received.is_some() {
                return Ok(received);
            }
        }
        Ok(None)
    }

    /// Receives an enquiry, when it is for this node and new.
    fn receive(&mut self, unread: &Unread) -> Result<Option<Vec<Authored>>> {
        let Some(enquiry) = self.library.enquiry(&unread.id)? else { return Ok(None) };
        let Some(listing) = self.asked_here(&enquiry)? else { return Ok(None) };
        if self.library.held(&enquiry.from, &enquiry.id)?.is_some() {
            return Ok(None);
        }
        let mut authored = Vec::new();
        let since_ms = match enquiry.received_ms {
            Some(before) => before,
            None => {
                let about = [("answers".to_owned(), Value::Text(enquiry.id.to_string()))];
                let receipt = super::disclosure::letter("receipt", &listing, about);
                authored.push(self.seal(&enquiry.circle, receipt)?.1);
                self.now_ms
            }
        };
        let answered_ms = enquiry.answers.first().map(|answer| answer.time_ms);
        let kind = listing.log.shelf.kind.0;
        // Where the record of it was lost with the store.
        let (closed_ms, read) = (enquiry.closed_ms, answered_ms.or(enquiry.closed_ms).is_some());
        let held = Held { since_ms, kind, read, answered_ms, closed_ms, ..Held::default() };
        self.hold(&enquiry, &held)?;
        Ok(Some(authored))
    }

    /// The listing that an enquiry is about, when this is its home node and who asks may.
    fn asked_here(&self, enquiry: &Enquiry) -> Result<Option<Listing>> {
        let own = self.identity.institution.id();
        if enquiry.to != own || !self.library.may_ask(&enquiry.from, &own) {
            return Ok(None);
        }
        let listing = self.library.listing(&self.library.newest(&enquiry.about)?)?;
        let node = self.identity.node.public();
        Ok(listing.filter(|listing| listing.institution == Some(own) && listing.log.node == node))
    }

    fn hold(&mut self, enquiry: &Enquiry, held: &Held) -> Result<()> {
        let open = [OPEN, &enquiry.from.0, &enquiry.id.0].concat();
        let done = [DONE, &enquiry.id.0].concat();
        let bytes = Some(held.to_bytes());
        let mut kept = match held.is_open() {
            true => vec![(open, bytes)],
            false => vec![(open, None), (done, bytes)],
        };
        if !held.is_open() {
            let past = self.library.done_enquiries()?.into_iter().skip(MAX_DONE);
            kept.extend(past.map(|(id, _)| ([DONE, &id.0].concat(), None)));
        }
        self.ledger.keep_all(Table::Drafts, &kept)
    }

    /// The record of an enquiry to this institution.
    fn held_here(&self, enquiry: &Enquiry) -> Result<Held> {
        let missing = || MarketError::NoSuchEnquiry { id: enquiry.id.to_string() };
        self.library.held(&enquiry.from, &enquiry.id)?.ok_or_else(missing)
    }

    /// Somebody has opened an enquiry.
    ///
    /// # Errors
    /// When it is none to this institution, or the disk fails.
    pub fn open_enquiry(&mut self, enquiry: &Enquiry) -> Result<()> {
        let held = self.held_here(enquiry)?;
        match held.state() {
            EnquiryState::New => self.hold(enquiry, &Held { read: true, ..held }),
            _ => Ok(()),
        }
    }

    /// Answers an enquiry: sealed to those who asked, signed by this node. Who of the office answered stays at home.
    ///
    /// # Errors
    /// When it is none to this institution, the answer says nothing or too much, or the disk fails.
    pub fn answer_enquiry(&mut self, enquiry: &Enquiry, message: &str, by: &str) -> Result<Authored> {
        let held = self.held_here(enquiry)?;
        let message = message.replace("\r\n", "\n").trim().to_owned();
        if message.is_empty() || message.chars().count() > ANSWER_CHARS {
            return Err(MarketError::AnswerWrong { most: ANSWER_CHARS });
        }
        if catalog::id_number::contains(&message) {
            return Err(MarketError::AnswerNamesIdentity);
        }
        let mut answer = reply("answer", enquiry);
        answer.insert("message".to_owned(), Value::Text(message));
        let authored = self.seal(&enquiry.circle, answer)?.1;
        let first = held.answered_ms.is_none();
        let (answered_ms, by) = (held.answered_ms.or(Some(self.now_ms)), if first { by } else { &held.by });
        self.hold(enquiry, &Held { read: true, answered_ms, by: by.to_owned(), ..held.clone() })?;
        Ok(authored)
    }

    /// Closes an enquiry that needs no answer, which those who asked are told; one that has its answer, or is closed, stays as it
    /// is.
    ///
    /// # Errors
    /// When it is none to this institution, or the disk fails.
    pub fn close_enquiry(&mut self, enquiry: &Enquiry, by: &str) -> Result<Option<Authored>> {
        let held = self.held_here(enquiry)?;
        if !held.is_open() {
            return Ok(None);
        }
        let authored = self.seal(&enquiry.circle, reply("closed", enquiry))?.1;
        let closed_ms = Some(self.now_ms);
        self.hold(enquiry, &Held { read: true, closed_ms, by: by.to_owned(), ..held })?;
        Ok(Some(authored))
    }
}

/// What begins a reply to an enquiry.
fn reply(word: &str, enquiry: &Enquiry) -> Fields {
    let text = |key: &str, value: String| (key.to_owned(), Value::Text(value));
    [
        text("type", word.to_owned()),
        text("about", enquiry.about.to_string()),
        text("title", enquiry.title.clone()),
        text("answers", enquiry.id.to_string()),
    ]
    .into()
}
