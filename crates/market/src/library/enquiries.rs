//! 询问, read: what someone asked about a listing, that its home node received it, and what was answered.
//!
//! All of it lies sealed in one circle, of the institution that asks and the one that is asked, and is read from the entries
//! that began each document: what is edited later changes none of it. How far the desk has come with an enquiry stands in a
//! record at home, with no word of what was asked in it.

use std::ops::ControlFlow;

use catalog::enquiry::Asked;
use protocol::{Circle, DocumentId, InstitutionId, MemberState, Patch, Value, hash};
use replica::patch_of;
use storage::Table;

use super::waiting::{Answered, EnquiryFigures, Held, figures_of};
use super::{Library, whole_bytes};
use crate::error::{MarketError, Result};
use crate::ledger::{creating_entry, first_unread, readable_at, replies_to};

/// Prefix of records of enquiries that wait: the asking institution and the enquiry follow.
pub(crate) const OPEN: &[u8] = b"enquiry:open:";
/// Prefix of records of those that are answered or closed: the enquiry follows.
pub(crate) const DONE: &[u8] = b"enquiry:done:";
/// Prefix of what was sent from here: when (8 bytes), and the enquiry.
pub(crate) const SENT: &[u8] = b"enquiry:sent:";
/// Prefix of what leads from a visitor's address to an enquiry: the hash of its token follows.
pub(crate) const TOKEN: &[u8] = b"enquiry:token:";

/// An enquiry as both of its sides read it.
#[derive(Clone, Debug)]
pub struct Enquiry {
    /// Its document.
    pub id: DocumentId,
    /// The listing.
    pub about: DocumentId,
    /// The listing's title when it was asked about.
    pub title: String,
    /// What was asked, by whom.
    pub asked: Asked,
    /// The institution whose node sent it.
    pub from: InstitutionId,
    /// The institution that is asked; the same for visitors of its own pages.
    pub to: InstitutionId,
    /// The sending node's clock.
    pub sent_ms: i64,
    /// When it was received, by the clock of the node that signed the receipt; `None` while there is none.
    pub received_ms: Option<i64>,
    /// What was answered, the earliest first.
    pub answers: Vec<Answer>,
    /// When it was first closed without an answer, by the answering node's clock.
    pub closed_ms: Option<i64>,
    pub(crate) circle: Circle,
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Its document.
    pub id: DocumentId,
    /// What it says.
    pub message: String,
    /// When it was signed, by the answering node's clock.
    pub time_ms: i64,
}

/// A sealed document as its beginning says it.
struct Begun {
    circle: Circle,
    author: InstitutionId,
    time_ms: i64,
    patch: Patch,
}

impl Begun {
    fn text(&self, key: &str) -> &str {
        match self.patch.ops.iter().find(|op| op.key == key).and_then(|op| op.put.as_ref()) {
            Some(Value::Text(text)) => text,
            _ => "",
        }
    }
}

impl Library {
    fn begun(&self, id: &DocumentId) -> Result<Option<Begun>> {
        let Some(place) = creating_entry(self.store(), id)? else { return Ok(None) };
        let info = self.log_info(place.log)?;
        let Some(author) = info.certificate.as_ref().map(|c| c.body.institution) else { return Ok(None) };
        let entry = readable_at(self.store(), id, &place)?;
        if entry.header.log.shelf.circle().is_none() {
            return Ok(None);
        }
        let Some(signed) = patch_of(&entry).ok().flatten() else { return Ok(None) };
        let circle = Circle::named_by(&signed.patch);
        let time_ms = entry.header.time_ms;
        Ok(circle.map(|circle| Begun { circle, author, time_ms, patch: signed.patch }))
    }

    /// An enquiry with all that replies to it; `None` when the document is none, or this node cannot read it.
    ///
    /// # Errors
    /// When the store fails or is damaged.
    pub fn enquiry(&self, id: &DocumentId) -> Result<Option<Enquiry>> {
        let Some(begun) = self.begun(id)?.filter(|begun| begun.text("type") == "enquiry") else {
            return Ok(None);
        };
        let mut others = begun.circle.parties.iter().filter(|party| **party != begun.author);
        let to = *others.next().unwrap_or(&begun.author);
        let (Ok(about), None) = (begun.text("about").parse(), others.next()) else { return Ok(None) };
        let asked = Asked::new(
            begun.text("name"),
            begun.text("organisation"),
            begun.text("contact"),
            begun.text("message"),
        );
        let mut enquiry = Enquiry {
            id: *id,
            about,
            title: begun.text("title").to_owned(),
            asked,
            from: begun.author,
            to,
            sent_ms: begun.time_ms,
            received_ms: None,
            answers: Vec::new(),
            closed_ms: None,
            circle: begun.circle,
        };
        self.add_replies(&mut enquiry)?;
        Ok(Some(enquiry))
    }

    /// What replies to an enquiry: written by the institution that was asked, in the same circle.
    fn add_replies(&self, enquiry: &mut Enquiry) -> Result<()> {
        for id in replies_to(self.store(), &enquiry.id)? {
            let Some(reply) = self.begun(&id)? else { continue };
            let is_reply = reply.author == enquiry.to
                && reply.circle == enquiry.circle
                && reply.text("answers") == enquiry.id.to_string();
            let first = |before: Option<i64>| Some(before.map_or(reply.time_ms, |ms| ms.min(reply.time_ms)));
            match reply.text("type") {
                "receipt" if is_reply => enquiry.received_ms = first(enquiry.received_ms),
                "closed" if is_reply => enquiry.closed_ms = first(enquiry.closed_ms),
                "answer" if is_reply => {
                    let message = reply.text("message").to_owned();
                    enquiry.answers.push(Answer { id, message, time_ms: reply.time_ms });
                }
                _ => {}
            }
        }
        enquiry.answers.sort_by_key(|answer| (answer.time_ms, answer.id));
        Ok(())
    }

    /// The enquiry that 64 hexadecimal digits, or the first few of them, name.
    ///
    /// # Errors
    /// When none or several begin so.
    pub fn find_enquiry(&self, text: &str) -> Result<Enquiry> {
        let missing = || MarketError::NoSuchEnquiry { id: text.to_owned() };
        let id = self.find_sealed(text).map_err(|error| match error {
            MarketError::NoSuchDisclosure { .. } => missing(),
            other => other,
        })?;
        self.enquiry(&id)?.ok_or_else(missing)
    }

    /// How far the desk has come with an enquiry to this institution; `None` when it holds none of that id.
    ///
    /// # Errors
    /// When the store fails or is damaged.
    pub fn held(&self, from: &InstitutionId, id: &DocumentId) -> Result<Option<Held>> {
        for key in [[OPEN, &from.0, &id.0].concat(), [DONE, &id.0].concat()] {
            if let Some(bytes) = self.store().get(Table::Drafts, &key)? {
                return Ok(Held::from_bytes(&bytes).ok());
            }
        }
        Ok(None)
    }

    /// Enquiries to this institution that wait for an answer, those that have waited longest first.
    ///
    /// # Errors
    /// When the store fails.
    pub fn open_enquiries(&self) -> Result<Vec<(DocumentId, Held)>> {
        let mut found = self.held_under(OPEN)?;
        found.sort_by_key(|(id, held)| (held.since_ms, *id));
        Ok(found)
    }

    /// Those that are answered or closed, the latest first.
    ///
    /// # Errors
    /// When the store fails.
    pub fn done_enquiries(&self) -> Result<Vec<(DocumentId, Held)>> {
        let mut found = self.held_under(DONE)?;
        found.sort_by_key(|(id, held)| (std::cmp::Reverse(held.done_ms()), *id));
        Ok(found)
    }

    fn held_under(&self, prefix: &[u8]) -> Result<Vec<(DocumentId, Held)>> {
        let mut found = Vec::new();
        self.store().walk(Table::Drafts, prefix, &mut |key, value| {
            let id = key.last_chunk::<32>().copied().map(DocumentId);
            found.extend(id.zip(Held::from_bytes(value).ok()));
            ControlFlow::Continue(())
        })?;
        Ok(found)
    }

    /// Whether there are enquiries that nobody has looked at: new ones, or more than are taken in at a time.
    ///
    /// # Errors
    /// When the store fails.
    pub fn has_unread_enquiries(&self) -> Result<bool> {
        Ok(first_unread(self.store(), None)?.is_some())
    }

    /// Whether an institution has as many enquiries waiting here as are taken in at a time.
    pub(crate) fn open_of(&self, from: &InstitutionId, most: usize) -> Result<bool> {
        let page = self.store().scan_prefix(Table::Drafts, &[OPEN, &from.0].concat(), None, most)?;
        Ok(page.len() >= most)
    }

    /// Enquiries sent from this node since `from_ms`, the earliest first: when, and which.
    ///
    /// # Errors
    /// When the store fails.
    pub fn sent_enquiries(&self, from_ms: i64) -> Result<Vec<(i64, DocumentId)>> {
        let after = [SENT, &from_ms.to_be_bytes()].concat();
        let (mut found, mut last) = (Vec::new(), Some(after));
        while let Some(above) = last.take() {
            let page = self.store().scan_prefix(Table::Drafts, SENT, Some(&above), PAGE)?;
            let read = |key: &[u8]| {
                let (time, id) = key.strip_prefix(SENT)?.split_first_chunk::<8>()?;
                Some((i64::from_be_bytes(*time), DocumentId(id.try_into().ok()?)))
            };
            found.extend(page.iter().filter_map(|(key, _)| read(key)));
            last = page.last().filter(|_| page.len() == PAGE).map(|(key, _)| key.clone());
        }
        Ok(found)
    }

    /// The enquiry that a visitor's address leads to.
    ///
    /// # Errors
    /// When the store fails or is damaged.
    pub fn enquiry_at(&self, token: &str) -> Result<Option<Enquiry>> {
        let Some(token) = whole_bytes(token).filter(|bytes| bytes.len() == TOKEN_BYTES) else {
            return Ok(None);
        };
        match self.store().get(Table::Drafts, &token_key(&token))?.and_then(|id| id.try_into().ok()) {
            Some(id) => self.enquiry(&DocumentId(id)),
            None => Ok(None),
        }
    }

    /// What there is to tell of enquiries in numbers.
    ///
    /// # Errors
    /// When the store fails.
    pub fn enquiry_figures(&self, now_ms: i64) -> Result<EnquiryFigures> {
        let held = |prefix| -> Result<Vec<Held>> {
            Ok(self.held_under(prefix)?.into_iter().map(|(_, held)| held).collect())
        };
        Ok(figures_of(&held(OPEN)?, &held(DONE)?, now_ms))
    }

    /// How enquiries received within a span of time were answered here.
    ///
    /// # Errors
    /// When the store fails.
    pub fn answered_within(&self, within: &std::ops::Range<i64>) -> Result<Answered> {
        let mut held: Vec<Held> = self.held_under(OPEN)?.into_iter().map(|(_, held)| held).collect();
        held.extend(self.held_under(DONE)?.into_iter().map(|(_, held)| held));
        Ok(Answered::of(&held, within))
    }

    /// Whether an institution is a member in good standing, or this node's own.
    pub(crate) fn may_ask(&self, who: &InstitutionId, own: &InstitutionId) -> bool {
        let roster = self.roster();
        who == own || roster.members.get(who).is_some_and(|member| member.state == MemberState::Active)
    }
}

/// Rows read at a time.
const PAGE: usize = 1_000;
/// Bytes of a visitor's token.
pub(crate) const TOKEN_BYTES: usize = 16;

/// Under its hash, so that who reads a copy of the store has no address.
pub(crate) fn token_key(token: &[u8]) -> Vec<u8> {
    [TOKEN, &hash("enquiry-token", &[token]).0].concat()
}
