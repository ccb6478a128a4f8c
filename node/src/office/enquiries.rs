//! Answers about enquiries: for the pages, the desk and the command line.

use catalog::enquiry::Asked;
use market::{Account, Enquiry, EnquiryState, Held, MarketError};
use protocol::{DocumentId, InstitutionId};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use web::SourceError;
use web::enquiry::{EnquiryFigures, EnquiryLine, EnquiryView, Which};

use super::Office;
use super::failure::{Failure, exit};
use super::json::time;
use super::request::Reply;
use crate::core::now_ms;

/// Enquiries in an answer to the command line.
const MAX_LISTED: usize = 4_000;

/// What is asked about enquiries.
#[derive(Clone, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "kebab-case")]
pub enum EnquiryAsk {
    /// Those that wait for an answer.
    List {
        /// Those that are answered or closed, too.
        all: bool,
        /// Those that were sent from here instead.
        sent: bool,
    },
    /// One of them.
    Show {
        /// Its id or the first digits.
        id: String,
    },
    /// Asks about a listing.
    Make {
        /// Document id or its first digits.
        listing: String,
        /// Name, organisation, contact, message.
        asked: [String; 4],
    },
    /// Answers one.
    Answer {
        /// Its id or the first digits.
        id: String,
        /// The answer.
        message: String,
    },
    /// Closes one.
    Close {
        /// Its id or the first digits.
        id: String,
    },
}

impl std::fmt::Debug for EnquiryAsk {
    /// Without what people wrote, which has no business in a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::List { all, sent } => write!(f, "List({all}, {sent})"),
            Self::Show { id } => write!(f, "Show({id})"),
            Self::Make { listing, .. } => write!(f, "Make({listing})"),
            Self::Answer { id, .. } => write!(f, "Answer({id})"),
            Self::Close { id } => write!(f, "Close({id})"),
        }
    }
}

/// An enquiry with how far the desk has come, where it is this desk's.
struct Seen {
    enquiry: Enquiry,
    held: Option<Held>,
}

impl Seen {
    fn state(&self) -> &'static str {
        match &self.held {
            Some(held) => held.state().id(),
            None if !self.enquiry.answers.is_empty() => EnquiryState::Answered.id(),
            None if self.enquiry.closed_ms.is_some() => EnquiryState::Closed.id(),
            None if self.enquiry.received_ms.is_some() => "received",
            None => "sent",
        }
    }

    /// When its clock began, how long it waits or waited, and whether that is too long.
    fn waited(&self) -> (i64, i64, bool) {
        let answered_ms = self.enquiry.answers.first().map(|answer| answer.time_ms);
        let there = || Held {
            since_ms: self.enquiry.received_ms.unwrap_or(self.enquiry.sent_ms),
            answered_ms,
            closed_ms: self.enquiry.closed_ms,
            ..Held::default()
        };
        let held = self.held.clone().unwrap_or_else(there);
        (held.since_ms, held.waited_ms(now_ms()), held.is_late(now_ms()))
    }

    fn by(&self) -> &str {
        self.held.as_ref().map_or("", |held| held.by.as_str())
    }
}

impl Office {
    pub(super) fn answer_enquiries(&self, ask: EnquiryAsk) -> Reply {
        match ask {
            EnquiryAsk::List { all, sent } => self.list_enquiries(all, sent),
            EnquiryAsk::Show { id } => {
                let seen = self.with_record(self.library().find_enquiry(&id)?)?;
                Ok(self.enquiry_json(&seen))
            }
            EnquiryAsk::Make { listing, asked: [name, organisation, contact, message] } => {
                let about = self.library().find(&listing)?;
                let asked = Asked::new(&name, &organisation, &contact, &message);
                let id = self.writing().work(|desk| {
                    let (id, _, authored) = desk.enquire(&about, &asked, &[])?;
                    Ok((id, vec![authored]))
                })?;
                Ok(json!({ "v": 1, "outcome": "asked", "id": id.to_string() }))
            }
            EnquiryAsk::Answer { id, message } => {
                let id = self.library().find_enquiry(&id)?.id;
                self.answer_enquiry(None, &id.to_string(), &message)?;
                Ok(json!({ "v": 1, "outcome": "answered", "id": id.to_string() }))
            }
            EnquiryAsk::Close { id } => {
                let id = self.library().find_enquiry(&id)?.id;
                self.close_enquiry(None, &id.to_string())?;
                Ok(json!({ "v": 1, "outcome": "closed", "id": id.to_string() }))
            }
        }
    }

    fn list_enquiries(&self, all: bool, sent: bool) -> Reply {
        let lists: &[Which] = match (sent, all) {
            (true, _) => &[Which::Sent],
            (_, true) => &[Which::Open, Which::Done],
            _ => &[Which::Open],
        };
        let mut found = Vec::new();
        for which in lists {
            for id in self.enquiry_ids(*which)?.into_iter().take(MAX_LISTED) {
                found.extend(self.seen_enquiry(&id)?.map(|seen| self.enquiry_json(&seen)));
            }
        }
        Ok(json!({ "v": 1, "enquiries": found, "figures": self.enquiry_figures_json()? }))
    }

    fn enquiry_json(&self, Seen { enquiry, held }: &Seen) -> Json {
        let seen = Seen { enquiry: enquiry.clone(), held: held.clone() };
        let (_, waited_ms, late) = seen.waited();
        let party = |id: &InstitutionId| json!({ "id": id.to_string(), "name": self.name_of(id) });
        let answers = enquiry.answers.iter().map(|answer| {
            json!({ "id": answer.id.to_string(), "message": answer.message, "time": time(answer.time_ms) })
        });
        json!({
            "v": 1,
            "id": enquiry.id.to_string(),
            "direction": if held.is_some() { "in" } else { "out" },
            "state": seen.state(),
            "about": enquiry.about.to_string(),
            "title": enquiry.title,
            "from": party(&enquiry.from),
            "to": party(&enquiry.to),
            "name": enquiry.asked.name,
            "organisation": enquiry.asked.organisation,
            "contact": enquiry.asked.contact,
            "message": enquiry.asked.message,
            "sent": time(enquiry.sent_ms),
            "received": enquiry.received_ms.map(time),
            "answers": answers.collect::<Vec<_>>(),
            "closed": enquiry.closed_ms.map(time),
            "waited_ms": waited_ms,
            "late": late,
            "by": seen.by(),
        })
    }

    fn name_of(&self, id: &InstitutionId) -> String {
        let roster = self.library().roster();
        match roster.members.get(id) {
            Some(member) => member.institution.name.clone(),
            None if *id == self.identity().institution.id() => self.identity().institution.name.clone(),
            None => String::new(),
        }
    }

    /// What `status` tells of enquiries.
    pub(super) fn enquiry_figures_json(&self) -> Result<Json, Failure> {
        Ok(figures_json(&self.library().enquiry_figures(now_ms())?))
    }

    /// What it tells of demands that were submitted for review.
    pub(super) fn demand_figures_json(&self) -> Result<Json, Failure> {
        Ok(figures_json(&self.library().demand_figures(now_ms())?))
    }

    fn with_record(&self, enquiry: Enquiry) -> Result<Seen, Failure> {
        let held = self.library().held(&enquiry.from, &enquiry.id)?;
        Ok(Seen { enquiry, held })
    }

    fn seen_enquiry(&self, id: &DocumentId) -> Result<Option<Seen>, Failure> {
        self.library().enquiry(id)?.map(|enquiry| self.with_record(enquiry)).transpose()
    }

    fn enquiry_ids(&self, which: Which) -> Result<Vec<DocumentId>, Failure> {
        Ok(match which {
            Which::Open => self.library().open_enquiries()?.into_iter().map(|(id, _)| id).collect(),
            Which::Done => self.library().done_enquiries()?.into_iter().map(|(id, _)| id).collect(),
            Which::Sent => self.library().sent_enquiries(0)?.into_iter().rev().map(|(_, id)| id).collect(),
        })
    }

    /// Sends what a visitor asks about a public listing; the token of the address where they see what becomes of it. A node
    /// that has just started and may not write yet is not waited for: visitors would take all turns.
    ///
    /// # Errors
    /// Inside: why it was not sent. Outside: the node is not ready.
    pub fn take_enquiry(&self, listing: &str, asked: &Asked) -> Result<Result<String, Failure>, SourceError> {
        let send = || -> Result<Option<String>, Failure> {
            let id = self.library().newest(&self.library().find(listing)?)?;
            let public = self.library().listing(&id)?.filter(|listing| self.shows_publicly(listing));
            public.ok_or_else(|| MarketError::NoSuchListing { id: listing.to_owned() })?;
            let mailboxes = self.mailboxes(&[])?;
            let mut core = self.core();
            if !core.may_write() {
                return Ok(None);
            }
            let token = core.work(|desk| {
                let (_, token, authored) = desk.enquire(&id, asked, &mailboxes)?;
                Ok((token, vec![authored]))
            })?;
            // What was asked at its own home is received at once; where that fails it is tried again, and said, soon.
            let _ = core.acknowledge();
            Ok(Some(token))
        };
        match send() {
            Ok(Some(token)) => Ok(Ok(token)),
            Ok(None) => Err(SourceError::NotReady("it has just started".to_owned())),
            Err(failure) => Ok(Err(failure)),
        }
    }

    /// What a visitor's address leads to.
    ///
    /// # Errors
    /// When the store fails.
    pub fn enquiry_at(&self, token: &str) -> Result<Option<EnquiryView>, Failure> {
        let found = self.library().enquiry_at(token)?;
        // Whoever has the address sees what both sides see, and nothing of how far this desk has come.
        Ok(found.map(|enquiry| self.enquiry_view(&Seen { enquiry, held: None })))
    }

    /// Enquiries for the desk, and how many there are.
    ///
    /// # Errors
    /// When the store fails.
    pub fn enquiry_lines(&self, which: Which, limit: usize) -> Result<(usize, Vec<EnquiryLine>), Failure> {
        let ids = self.enquiry_ids(which)?;
        let mut lines = Vec::with_capacity(limit.min(ids.len()));
        for id in ids.iter().take(limit) {
            lines.extend(self.seen_enquiry(id)?.map(|seen| self.enquiry_view(&seen).line));
        }
        Ok((ids.len(), lines))
    }

    /// One enquiry for the desk; a new one has been read from then on.
    ///
    /// # Errors
    /// When the store fails.
    pub fn open_enquiry(&self, id: &str) -> Result<Option<EnquiryView>, Failure> {
        let Ok(id) = id.parse() else { return Ok(None) };
        let Some(mut seen) = self.seen_enquiry(&id)? else { return Ok(None) };
        if seen.held.as_ref().is_some_and(|held| held.state() == EnquiryState::New) {
            self.writing().work(|desk| Ok((desk.open_enquiry(&seen.enquiry)?, Vec::new())))?;
            seen = self.with_record(seen.enquiry)?;
        }
        Ok(Some(self.enquiry_view(&seen)))
    }

    /// Answers an enquiry, in the name of someone who has signed in or from the command line.
    ///
    /// # Errors
    /// When it is none to this institution, the answer will not do, or the disk fails.
    pub fn answer_enquiry(&self, account: Option<&Account>, id: &str, message: &str) -> Result<(), Failure> {
        let (enquiry, by) = self.to_act_on(account, id)?;
        Ok(self.writing().work(|desk| Ok(((), vec![desk.answer_enquiry(&enquiry, message, &by)?])))?)
    }

    /// Closes an enquiry that needs no answer, which those who asked are told.
    ///
    /// # Errors
    /// When it is none to this institution, or the disk fails.
    pub fn close_enquiry(&self, account: Option<&Account>, id: &str) -> Result<(), Failure> {
        let (enquiry, by) = self.to_act_on(account, id)?;
        Ok(self.writing().work(|desk| Ok(((), desk.close_enquiry(&enquiry, &by)?.into_iter().collect())))?)
    }

    fn to_act_on(&self, account: Option<&Account>, id: &str) -> Result<(Enquiry, String), Failure> {
        let missing = || MarketError::NoSuchEnquiry { id: id.to_owned() };
        let named = id.parse().map_err(|_| missing())?;
        let enquiry = self.library().enquiry(&named)?.ok_or_else(missing)?;
        Ok((enquiry, account.map(|account| account.name.clone()).unwrap_or_default()))
    }

    /// Enquiries in numbers, for the desk.
    ///
    /// # Errors
    /// When the store fails.
    pub fn enquiry_figures(&self) -> Result<EnquiryFigures, Failure> {
        Ok(figures_view(self.library().enquiry_figures(now_ms())?))
    }

    /// Demands that were submitted, in numbers.
    ///
    /// # Errors
    /// When the store fails.
    pub fn demand_figures(&self) -> Result<EnquiryFigures, Failure> {
        Ok(figures_view(self.library().demand_figures(now_ms())?))
    }

    fn enquiry_view(&self, seen: &Seen) -> EnquiryView {
        let enquiry = &seen.enquiry;
        let own = self.identity().institution.id();
        let (since_ms, waited_ms, late) = seen.waited();
        // At its own home a visitor's page names the institution that is asked; the desk names the one that it came through.
        let other = if seen.held.is_some() { &enquiry.from } else { &enquiry.to };
        let institution = match seen.held.is_some() && *other == own {
            true => String::new(),
            false => self.name_of(other),
        };
        EnquiryView {
            line: EnquiryLine {
                id: enquiry.id.to_string(),
                title: enquiry.title.clone(),
                who: (enquiry.asked.name.clone(), enquiry.asked.organisation.clone()),
                institution,
                state: seen.state(),
                since_ms,
                waited_ms,
                late,
                by: seen.by().to_owned(),
            },
            listing: enquiry.about.to_string(),
            asked: enquiry.asked.clone(),
            sent_ms: enquiry.sent_ms,
            received_ms: enquiry.received_ms,
            answers: enquiry.answers.iter().map(|a| (a.message.clone(), a.time_ms)).collect(),
            closed_ms: enquiry.closed_ms,
            ours: seen.held.is_some(),
        }
    }
}

fn figures_json(figures: &market::EnquiryFigures) -> Json {
    json!({
        "new": figures.new, "open": figures.open, "overdue": figures.overdue,
        "answered": figures.answered, "in_time": figures.in_time, "median_ms": figures.median_ms,
    })
}

fn figures_view(figures: market::EnquiryFigures) -> EnquiryFigures {
    EnquiryFigures {
        new: figures.new,
        open: figures.open,
        overdue: figures.overdue,
        answered: figures.answered,
        in_time: figures.in_time,
        median_ms: figures.median_ms,
    }
}

/// The failure of a form that will not do, in both languages.
pub(super) fn asked_wrong(wrong: &[catalog::enquiry::Wrong]) -> Failure {
    let said = |lang: catalog::Lang| {
        wrong.iter().map(|one| one.in_words(lang)).collect::<Vec<_>>().join(lang.pick("；", "; "))
    };
    let key = "cli.failure.asked";
    Failure::said(exit::REJECTED, key, &[("what", &said(catalog::Lang::En))])
        .with_chinese(key, &said(catalog::Lang::Zh))
}
