//! Reading listings: any thread, beside the one that writes.

mod attachments;
mod disputes;
mod enquiries;
mod evidence;
mod history;
mod lens;
mod line;
mod members;
mod statements;
mod texts;
mod waiting;

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use protocol::{DocumentId, InstitutionId, LogId, MemberState, NodeCertificate, Roster, Side, Value, Verb};
use replica::{DocumentState, editors_of, patch_of};
use storage::{Store, Table};

use crate::desk::DETAILS;
use crate::error::{MarketError, Result};
use crate::ledger::{
    ARRIVALS_A_ROW, arrivals_in, creating_entry, entry_at, log_record, projection, readable_at,
};

pub use attachments::FileUse;
pub(crate) use attachments::{in_order, named_in, row as file_row};
pub use disputes::{Candidate, Dispute, Writer};
pub use enquiries::{Answer, Enquiry};
pub(crate) use enquiries::{DONE, OPEN, SENT, TOKEN_BYTES, token_key};
pub use evidence::Evidence;
pub use history::HistoryItem;
pub use members::MemberNode;
pub(crate) use statements::version_of;
pub use statements::{Said, Versions};
pub use texts::{HeldText, PartVersion, TextKind, TextUnfit, part_versions, text_kind};
pub(crate) use waiting::figures_of;
pub use waiting::{ANSWER_WITHIN_MS, Answered, EnquiryFigures, EnquiryState, FIGURES_OVER_MS, Held};

/// Fewest hexadecimal digits that stand for a listing's id.
const SHORTEST_PREFIX: usize = 6;

/// A listing as people see it.
#[derive(Clone, Debug)]
pub struct Listing {
    /// Its document id.
    pub id: DocumentId,
    /// The log that created it.
    pub log: LogId,
    /// Its fields.
    pub state: DocumentState,
    /// Number of valid patches.
    pub versions: u64,
    /// The author's clock at creation, milliseconds since 1970.
    pub created_ms: i64,
    /// The author's clock at the last valid patch.
    pub updated_ms: i64,
    /// Who answers for it.
    pub institution: Option<InstitutionId>,
    /// The institution's name as the roster has it.
    pub institution_name: String,
    /// Its credit code, or empty.
    pub credit_code: String,
    /// Other institutions whose edits count.
    pub editors: Vec<InstitutionId>,
    /// Whether it began as the continuation of another document.
    pub moved_here: bool,
    /// The document that continues this one, when it was moved: what people are to see instead.
    pub continued_by: Option<DocumentId>,
    /// Why it is not shown, when it is not.
    pub hidden: Option<Hidden>,
}

/// Why a listing is hidden, with the reason that was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hidden {
    /// Its institution is not on the roster.
    Unknown,
    /// Its institution is suspended.
    Suspended(String),
    /// Its institution has left.
    Exited(String),
    /// The governors took it down, or a document that it continues.
    TakenDown(String),
    /// The governors or its institution had its contents removed, or those of a document that it continues.
    Purged(String),
    /// Its contents were removed here by a purge that counts no more, and have not come back.
    Missing,
}

impl Hidden {
    /// A word for it that scripts read and the catalogue explains.
    pub fn id(&self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Suspended(_) => "suspended",
            Self::Exited(_) => "exited",
            Self::TakenDown(_) => "taken-down",
            Self::Purged(_) => "purged",
            Self::Missing => "missing",
        }
    }

    /// The reason as given; may be empty.
    pub fn reason(&self) -> &str {
        match self {
            Self::Unknown | Self::Missing => "",
            Self::Suspended(why) | Self::Exited(why) | Self::TakenDown(why) | Self::Purged(why) => why,
        }
    }

    /// What the governors decided about a document itself, or its institution about its contents.
    pub(crate) fn decided(
        roster: &Roster,
        id: &DocumentId,
        institution: Option<&InstitutionId>,
    ) -> Option<Self> {
        let purged = roster.purge(id, institution).map(|why| Self::Purged(why.to_owned()));
        purged.or_else(|| roster.taken_down.get(id).map(|why| Self::TakenDown(why.clone())))
    }
}

impl Listing {
    /// Its title, or empty.
    pub fn title(&self) -> &str {
        match self.state.fields.get("title").and_then(|values| values.first()) {
            Some(Value::Text(title)) => title,
            _ => "",
        }
    }

    /// Whether its institution has more to tell, under seal, to those who ask and whom it chooses.
    pub fn has_more(&self) -> bool {
        self.state.fields.get(DETAILS).is_some_and(|values| values.contains(&Value::Bool(true)))
    }
}

struct LogInfo {
    log: LogId,
    certificate: Option<NodeCertificate>,
}

/// The listings of a node's store.
pub struct Library {
    store: Arc<dyn Store>,
    roster: RwLock<Arc<Roster>>,
    logs: RwLock<BTreeMap<u32, Arc<LogInfo>>>,
    /// Where these are another network's: what of them may be shown.
    lens: Option<Arc<Side>>,
}

impl Library {
    /// Reads from `store`, with `roster` as it stands.
    pub fn new(store: Arc<dyn Store>, roster: Roster) -> Self {
        Self { store, roster: RwLock::new(Arc::new(roster)), logs: RwLock::default(), lens: None }
    }

    /// Takes a changed roster.
    pub fn set_roster(&self, roster: Roster) {
        *self.roster.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(roster);
    }

    /// The roster as of now.
    pub fn roster(&self) -> Arc<Roster> {
        Arc::clone(&self.roster.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn log_info(&self, number: u32) -> Result<Arc<LogInfo>> {
        if let Some(info) = self.logs.read().unwrap_or_else(PoisonError::into_inner).get(&number) {
            return Ok(Arc::clone(info));
        }
        let (log, _) = log_record(self.store.as_ref(), number)?;
        let opening = entry_at(self.store.as_ref(), number, 1)?;
        let open = opening.payload.and_then(|p| protocol::OpenLog::from_bytes(&p.bytes).ok());
        let info = Arc::new(LogInfo { log, certificate: open.map(|open| open.certificate) });
        self.logs.write().unwrap_or_else(PoisonError::into_inner).insert(number, Arc::clone(&info));
        Ok(info)
    }

    /// A listing with its present state; `None` when the node does not hold its beginning or that does not count, and for
    /// what lies on a sealed shelf: no page and no export comes by that.
    ///
    /// # Errors
    /// When the store fails or is damaged.
    pub fn listing(&self, id: &DocumentId) -> Result<Option<Listing>> {
        let listing = self.document(id)?.filter(|listing| listing.log.shelf.circle().is_none());
        Ok(listing.and_then(|listing| self.seen(listing)))
    }

    /// A sealed document that this node can read.
    ///
    /// # Errors
    /// When the store fails or is damaged.
    pub fn sealed(&self, id: &DocumentId) -> Result<Option<Listing>> {
        Ok(self.document(id)?.filter(|listing| listing.log.shelf.circle().is_some()))
    }

    fn document(&self, id: &DocumentId) -> Result<Option<Listing>> {
        let store = self.store.as_ref();
        let Some(creating) = creating_entry(store, id)? else { return Ok(None) };
        let entry = readable_at(store, id, &creating)?;
        let created_ms = entry.header.time_ms;
        let first = patch_of(&entry)?.map(|signed| signed.patch);
        let editors = first.as_ref().map(|first| editors_of(first).collect()).unwrap_or_default();
        let (state, versions, updated_ms) = match projection(store, id)? {
            Some(p) => (p.state, p.versions, p.updated_ms),
            None => {
                let state = first.as_ref().map(DocumentState::of_first).unwrap_or_default();
                (state, u64::from(first.is_some()), created_ms)
            }
        };
        let info = self.log_info(creating.log)?;
        let mut listing = Listing {
            id: *id,
            log: info.log,
            state,
            versions,
            created_ms,
            updated_ms,
            institution: info.certificate.as_ref().map(|c| c.body.institution),
            institution_name: String::new(),
            credit_code: String::new(),
            editors,
            moved_here: entry.header.verb == Verb::MOVE,
            continued_by: self.continuation(id)?,
            hidden: None,
        };
        self.judge(&mut listing);
        if listing.hidden.is_none() && listing.moved_here {
            listing.hidden = self.decided_before(&listing)?;
        }
        if listing.hidden.is_none() && entry.payload.is_none() && listing.log.shelf.circle().is_none() {
            listing.hidden = Some(Hidden::Missing);
        }
        Ok(Some(listing))
    }

    /// A listing does not come back by a move once a document that it continues was taken down or purged.
    fn decided_before(&self, listing: &Listing) -> Result<Option<Hidden>> {
        let roster = self.roster();
        if roster.taken_down.is_empty() && roster.purged.is_empty() && roster.purge_words.is_empty() {
            return Ok(None);
        }
        // Who moves a listing is of the institution that answers for it.
        let decided = |before: &DocumentId| Hidden::decided(&roster, before, listing.institution.as_ref());
        Ok(self.line(&listing.id)?.iter().find_map(decided))
    }

    /// Fills in who answers for a listing and whether the roster hides it.
    fn judge(&self, listing: &mut Listing) {
        let roster = self.roster();
        let member = listing.institution.and_then(|id| roster.members.get(&id));
        let Some(member) = member else {
            listing.hidden = Some(Hidden::Unknown);
            return;
        };
        listing.institution_name = member.institution.name.clone();
        listing.credit_code = member.institution.credit_code.clone();
        // What was decided about the listing stands longer than a suspension.
        listing.hidden = Hidden::decided(&roster, &listing.id, listing.institution.as_ref()).or_else(|| {
            match &member.state {
                MemberState::Suspended(why) => Some(Hidden::Suspended(why.clone())),
                MemberState::Exited(why) => Some(Hidden::Exited(why.clone())),
                MemberState::Active => None,
            }
        });
    }

    /// The id that a text names: 64 hexadecimal digits, or the first few of them.
    ///
    /// # Errors
    /// When no listing or several begin so.
    pub fn find(&self, text: &str) -> Result<DocumentId> {
        self.find_in(Table::Documents, text)
    }

    /// The same among sealed documents that this node can read.
    ///
    /// # Errors
    /// As [`Library::find`].
    pub fn find_sealed(&self, text: &str) -> Result<DocumentId> {
        self.find_in(Table::Opened, text).map_err(|error| match error {
            MarketError::NoSuchListing { id } => MarketError::NoSuchDisclosure { id },
            other => other,
        })
    }

    fn find_in(&self, table: Table, text: &str) -> Result<DocumentId> {
        let missing = || MarketError::NoSuchListing { id: text.to_owned() };
        let digits = digits(text).ok_or_else(missing)?;
        let prefix = whole_bytes(&digits).ok_or_else(missing)?;
        let mut found: Vec<DocumentId> = Vec::new();
        self.store.walk(table, &prefix, &mut |key, _| {
            if let Some(id) = key.get(..32).and_then(|id| <[u8; 32]>::try_from(id).ok()).map(DocumentId)
                && id.to_string().starts_with(&digits)
                && found.last() != Some(&id)
            {
                found.push(id);
            }
            if found.len() > 1 {
                std::ops::ControlFlow::Break(())
            } else {
                std::ops::ControlFlow::Continue(())
            }
        })?;
        match found.as_slice() {
            [] => Err(missing()),
            [id] => Ok(*id),
            _ => Err(MarketError::AmbiguousId { id: text.to_owned() }),
        }
    }

    /// Documents in the order of their arrival here, from number `from` on: each number with its document.
    ///
    /// # Errors
    /// When the store fails.
    pub fn arrivals(&self, from: u64, limit: usize) -> Result<Vec<(u64, DocumentId)>> {
        let mut found: Vec<(u64, DocumentId)> = Vec::new();
        // The row of the first one may have begun before it.
        let mut next = Some(from.saturating_sub(ARRIVALS_A_ROW as u64 - 1));
        while let Some(begin) = next.filter(|_| found.len() < limit) {
            let page = self.store.scan(Table::Arrivals, &begin.to_be_bytes(), None, ARRIVALS_A_ROW)?;
            let rows = page.iter().flat_map(|(key, value)| arrivals_in(key, value));
            next = page.last().and_then(|(key, value)| arrivals_in(key, value).last()?.0.checked_add(1));
            found.extend(rows.filter(|(number, _)| *number >= from));
        }
        found.truncate(limit);
        Ok(found)
    }

    /// The store, for local records.
    pub fn store(&self) -> &dyn Store {
        self.store.as_ref()
    }

    /// The name of the institution that answers for a node, when the roster shows it.
    pub fn institution_of(&self, certificate: &NodeCertificate) -> Option<String> {
        let roster = self.roster();
        let member = roster.members.get(&certificate.body.institution)?;
        Some(member.institution.name.clone())
    }

    /// The name of the institution behind a log, as the roster has it; may be empty.
    ///
    /// # Errors
    /// When the store fails or is damaged.
    pub fn name_behind(&self, log: &LogId) -> Result<String> {
        let certificate = self.certificate_of(log)?;
        Ok(certificate.and_then(|c| self.institution_of(&c)).unwrap_or_default())
    }

    /// The institution that a text names: its id, the first few digits of it, or its name on the roster.
    ///
    /// # Errors
    /// When no member or several are meant.
    pub fn find_institution(&self, text: &str) -> Result<InstitutionId> {
        crate::governance::find_member(&self.roster(), text)
    }

    /// The certificate that opened any log of a node.
    ///
    /// # Errors
    /// When the store fails or is damaged.
    pub fn certificate_of(&self, log: &LogId) -> Result<Option<NodeCertificate>> {
        let number = self.store.get(Table::LogNumbers, &log.to_bytes())?;
        let Some(number) = number.and_then(|bytes| bytes.try_into().ok()).map(u32::from_be_bytes) else {
            return Ok(None);
        };
        Ok(self.log_info(number)?.certificate.clone())
    }
}

/// An id as people type it: hexadecimal digits of either case, enough of them to name something.
fn digits(text: &str) -> Option<String> {
    let digits = text.trim().to_ascii_lowercase();
    let usable =
        (SHORTEST_PREFIX..=64).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_hexdigit());
    usable.then_some(digits)
}

/// The whole bytes that the digits begin with.
fn whole_bytes(digits: &str) -> Option<Vec<u8>> {
    data_encoding::HEXLOWER.decode(digits.get(..digits.len() & !1)?.as_bytes()).ok()
}
