//! What the desk's pages are told and do: accounts, drafts, reviews, listings of this institution.

mod audit;
mod enquiries;
mod figures;
mod governing;
mod harvest;
mod imports;
mod markets;
mod peers;
mod watches;

use std::collections::BTreeMap;
use std::sync::Arc;

use market::{Account, Act as Recorded, Actor, ActorKind, ApiToken, AuditOutcome, DeskRole, Door};
use protocol::Hash;
use web::SourceError;
use web::api::{Holder, Scope};
use web::desk::view::{
    AccountChange, AccountLine, Act, Clerk, Desk, Done, DraftLine, DraftView, Heap, Overview, OwnLine,
    OwnView, Said, Selection, TokenLine, TokenWish, Why,
};

use web::view::FileView;

use crate::import::desk::Imports;
use crate::office::{AccountAsk, Failure, Office, Request, act, exit};

/// Why a sign-in is refused, in the audit log.
const WRONG_PASSWORD: &str = "wrong-password";

/// The office, as the pages of its desk see it.
pub struct Bench {
    office: Arc<Office>,
    imports: Arc<Imports>,
}

impl Bench {
    /// The desk of an office, and what is brought in at it.
    pub fn new(office: Arc<Office>, imports: Arc<Imports>) -> Self {
        Self { office, imports }
    }

    /// The same, where it is an administrator's.
    fn administrator(&self, clerk: &Clerk) -> Result<Account, Failure> {
        let account = self.account(clerk)?;
        if account.role < DeskRole::Administrator {
            return Err(market::MarketError::NotTheirs { name: account.name }.into());
        }
        Ok(account)
    }

    /// Who it is, for the audit log: an account at a page, or a token of it.
    fn actor(&self, clerk: &Clerk) -> Actor {
        let name = clerk.name.clone();
        match clerk.token.as_str() {
            "" => {
                let since =
                    self.office.library().account(&name).ok().flatten().map(|account| account.since_ms);
                let id = since.map(|since| since.to_string()).unwrap_or_default();
                Actor { door: Door::Page, kind: ActorKind::Account, name, id }
            }
            token => Actor { door: Door::Api, kind: ActorKind::Token, name, id: token.to_owned() },
        }
    }

    /// Does what somebody may do who has signed in, and writes it down.
    fn done<T>(
        &self,
        clerk: &Clerk,
        act: Recorded,
        run: impl FnOnce(Account) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        self.made(clerk, act, run, |_| String::new())
    }

    /// The same, where something comes of it that has an id.
    fn made<T>(
        &self,
        clerk: &Clerk,
        act: Recorded,
        run: impl FnOnce(Account) -> Result<T, Failure>,
        named: impl FnOnce(&T) -> String,
    ) -> Result<T, Failure> {
        self.office.recorded(&self.actor(clerk), act, || self.account(clerk).and_then(run), named)
    }

    /// The account behind someone who signed in; it may have been removed a moment ago.
    fn account(&self, clerk: &Clerk) -> Result<Account, Failure> {
        let missing = || market::MarketError::NoSuchAccount { name: clerk.name.clone() };
        Ok(self.office.library().account(&clerk.name)?.ok_or_else(missing)?)
    }
}

fn failed(error: impl std::fmt::Display) -> SourceError {
    SourceError::Failed(error.to_string())
}

fn clerk(account: &Account) -> Clerk {
    Clerk { name: account.name.clone(), role: account.role.id().to_owned(), token: String::new() }
}

/// What something that is done with a draft or a listing is called in the audit log.
fn act_id(act: &Act) -> &'static str {
    match act {
        Act::Submit => "drafts.submit",
        Act::Pass => "drafts.pass",
        Act::Return(_) => "drafts.return",
        Act::Publish => "drafts.publish",
        Act::Discard => "drafts.discard",
        Act::Withdraw => "listings.withdraw",
        Act::Show => "listings.show-again",
        Act::Revise => "listings.revise",
        Act::Choose { .. } => "listings.choose",
        Act::Purge(_) => "listings.purge",
    }
}

/// What came of it, by its id.
fn done_id(done: &Done) -> String {
    match done {
        Done::Listing(id) | Done::Opened(id) => id.clone(),
        Done::Draft(_) | Done::Gone => String::new(),
    }
}

fn said(failure: &Failure) -> Said {
    use catalog::Lang::{En, Zh};
    let words = |lang| {
        let (message, hint) = failure.in_words(lang);
        (message.to_owned(), hint.to_owned())
    };
    let ((zh, hint_zh), (en, hint_en)) = (words(Zh), words(En));
    Said { why: why(failure), message: (zh, en), hint: (hint_zh, hint_en) }
}

/// What kind of reason a failure is, for programs.
fn why(failure: &Failure) -> Why {
    match (failure.kind.as_str(), failure.code) {
        ("not-theirs", _) => Why::NotTheirs,
        ("missing" | "no-enquiry" | "account.missing" | "watch.missing", _)
        | (
            "branch" | "fork" | "peering.unknown" | "not-on-roster" | "not-held-against" | "ambiguous"
            | "several" | "several-nodes",
            _,
        ) => Why::Missing,
        ("not-ours", _) => Why::NotTheirs,
        (_, exit::REJECTED | exit::USAGE) => Why::Wrong,
        (_, exit::REFUSED | exit::UNREACHABLE) => Why::Refused,
        _ => Why::Failed,
    }
}

fn told<T>(outcome: Result<T, Failure>) -> Result<Result<T, Said>, SourceError> {
    Ok(outcome.map_err(|failure| said(&failure)))
}

impl Desk for Bench {
    fn is_new(&self) -> Result<bool, SourceError> {
        self.office.is_new().map_err(failed)
    }

    fn may_set_up(&self, key: &str) -> Result<bool, SourceError> {
        self.office.may_set_up(key).map_err(failed)
    }

    fn set_up(
        &self,
        key: &str,
        name: &str,
        password: &str,
    ) -> Result<Result<Option<Clerk>, Said>, SourceError> {
        // A key that is wrong, or late, is no act.
        if !self.may_set_up(key)? {
            return Ok(Ok(None));
        }
        let act = act("accounts.first", name);
        let made = self.office.recorded(
            &Actor::nobody(Door::Page),
            act,
            || self.office.set_up(key, name, password),
            |_| String::new(),
        );
        told(made.map(|made| made.as_ref().map(clerk)))
    }

    fn sign_in(&self, name: &str, password: &str) -> Result<Option<Clerk>, SourceError> {
        self.office.may_note().map_err(failed)?;
        let account = self.office.sign_in(name, password).map_err(failed)?;
        let signed_in = account.as_ref().map(clerk);
        match &signed_in {
            Some(clerk) => {
                self.office.note(&self.actor(clerk), &act("session.begin", &clerk.name), AuditOutcome::Done);
            }
            None => {
                // Only a name that somebody has: what was typed in its place may be a password.
                let known = self.office.library().account(name).map_err(failed)?;
                let act = act("session.begin", known.as_ref().map_or("", |account| account.name.as_str()));
                let why = AuditOutcome::Refused(WRONG_PASSWORD.to_owned());
                self.office.note(&Actor::nobody(Door::Page), &act, why);
            }
        }
        Ok(signed_in)
    }

    fn proves(&self, clerk: &Clerk, password: &str) -> Result<bool, SourceError> {
        let known = self.office.sign_in(&clerk.name, password).map_err(failed)?.is_some();
        if !known {
            let why = AuditOutcome::Refused(WRONG_PASSWORD.to_owned());
            self.office.note(&self.actor(clerk), &act("session.prove", &clerk.name), why);
        }
        Ok(known)
    }

    fn signed_out(&self, clerk: &Clerk) -> Result<(), SourceError> {
        self.office.note(&self.actor(clerk), &act("session.end", &clerk.name), AuditOutcome::Done);
        Ok(())
    }

    fn token_holder(&self, token: &str) -> Result<Option<Holder>, SourceError> {
        let Some((token, account)) = self.office.token_holder(token).map_err(failed)? else {
            return Ok(None);
        };
        let scopes = token.scopes.iter().filter_map(|id| Scope::from_id(id)).collect();
        let clerk = Clerk { token: token.id.clone(), ..clerk(&account) };
        Ok(Some(Holder { token: token.id, clerk, scopes }))
    }

    fn tokens(&self, clerk: &Clerk) -> Result<Vec<TokenLine>, SourceError> {
        let tokens = self.office.tokens_of(&self.account(clerk).map_err(failed)?).map_err(failed)?;
        let line = |token: ApiToken| TokenLine {
            id: token.id,
            name: token.account,
            note: token.note,
            scopes: token.scopes,
            until_ms: token.until_ms,
        };
        Ok(tokens.into_iter().map(line).collect())
    }

    fn make_token(&self, clerk: &Clerk, wish: &TokenWish) -> Result<Result<String, Said>, SourceError> {
        let made = self.made(
            clerk,
            act("tokens.make", &clerk.name),
            |account| self.office.make_token(&account, &wish.scopes, wish.days, &wish.note),
            |(token, _)| token.id.clone(),
        );
        told(made.map(|(_, text)| text))
    }

    fn revoke_token(&self, clerk: &Clerk, id: &str) -> Result<Result<(), Said>, SourceError> {
        told(self.done(clerk, act("tokens.revoke", id), |account| self.office.revoke_token(&account, id)))
    }

    fn clerk(&self, name: &str) -> Result<Option<Clerk>, SourceError> {
        let account = self.office.library().account(name).map_err(failed)?;
        Ok(account.as_ref().map(clerk))
    }

    fn nodes(&self) -> Result<web::view::NodesView, SourceError> {
        Ok(self.office.all_nodes())
    }

    fn overview(&self) -> Result<Overview, SourceError> {
        let drafts = self.office.draft_counts().map_err(failed)?;
        let listings = self.office.own_listings(Heap::Shown, "", 0, 0).map_err(failed)?.0;
        Ok(Overview { drafts, listings })
    }

    fn drafts(
        &self,
        state: Option<&str>,
        offset: usize,
        limit: usize,
    ) -> Result<(usize, Vec<DraftLine>), SourceError> {
        self.office.draft_lines(state, offset, limit).map_err(failed)
    }

    fn draft(&self, id: &str, clerk: &Clerk) -> Result<Option<DraftView>, SourceError> {
        let account = self.account(clerk).map_err(failed)?;
        self.office.draft_view(id, &account).map_err(failed)
    }

    fn begin(&self, clerk: &Clerk, kind: &str) -> Result<Result<String, Said>, SourceError> {
        told(self.made(
            clerk,
            act("drafts.begin", ""),
            |account| self.office.begin_draft(&account, kind),
            String::clone,
        ))
    }

    fn save(
        &self,
        clerk: &Clerk,
        id: &str,
        texts: &BTreeMap<String, String>,
    ) -> Result<Result<(), Said>, SourceError> {
        told(self.done(clerk, act("drafts.save", id), |account| self.office.save_draft(&account, id, texts)))
    }

    fn attach(
        &self,
        clerk: &Clerk,
        id: &str,
        name: &str,
        title: &str,
        bytes: &[u8],
    ) -> Result<Result<(), Said>, SourceError> {
        told(self.done(clerk, act("drafts.attach", id), |account| {
            self.office.take_file(&account, id, name, title, bytes)
        }))
    }

    fn detach(&self, clerk: &Clerk, id: &str, file: &str) -> Result<Result<(), Said>, SourceError> {
        told(self.done(clerk, act("drafts.detach", id), |account| {
            self.office.detach(id, file, &account.name).map(drop)
        }))
    }

    fn file(&self, id: &str, file: &Hash) -> Result<Option<FileView>, SourceError> {
        let draft = self.office.library().draft(id).map_err(failed)?;
        let attachment = draft.and_then(|draft| draft.attachments().into_iter().find(|of| of.file == *file));
        attachment.map(|of| self.office.file_view(&of, None).map_err(failed)).transpose()
    }

    fn act(&self, clerk: &Clerk, id: &str, what: &Act) -> Result<Result<Done, Said>, SourceError> {
        let recorded = act(act_id(what), id);
        told(self.made(clerk, recorded, |account| self.office.act(&account, id, what), done_id))
    }

    fn accounts(&self) -> Result<Vec<AccountLine>, SourceError> {
        let line = |account: &Account| AccountLine {
            name: account.name.clone(),
            role: account.role.id().to_owned(),
            since_ms: account.since_ms,
        };
        Ok(self.office.library().accounts().map_err(failed)?.iter().map(line).collect())
    }

    fn change_account(&self, clerk: &Clerk, change: &AccountChange) -> Result<Result<(), Said>, SourceError> {
        // Their role may have been changed a moment ago.
        let own = matches!(change, AccountChange::Password { name, .. } if *name == clerk.name);
        let ask = match change.clone() {
            AccountChange::Add { name, role, password } => AccountAsk::Add { name, role, password },
            AccountChange::Role { name, role } => AccountAsk::Role { name, role },
            AccountChange::Password { name, password } => AccountAsk::Password { name, password },
            AccountChange::Remove { name } => AccountAsk::Remove { name },
        };
        let request = Request::Account { ask };
        let Some(recorded) = request.act() else { return Ok(Ok(())) };
        told(self.done(clerk, recorded, |account| {
            if !own && account.role < DeskRole::Administrator {
                return Err(market::MarketError::NotTheirs { name: account.name }.into());
            }
            self.office.reply(request).map(drop)
        }))
    }

    fn listings(
        &self,
        heap: Heap,
        text: &str,
        offset: usize,
        limit: usize,
    ) -> Result<(u64, Vec<OwnLine>), SourceError> {
        self.office.own_listings(heap, text, offset, limit).map_err(failed)
    }

    fn own(
        &self,
        id: &str,
        clerk: &Clerk,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Option<OwnView>, SourceError> {
        let account = self.account(clerk).map_err(failed)?;
        self.office.own_view(id, &account, (before, limit)).map_err(failed)
    }

    fn all(&self, of: &Selection, limit: usize) -> Result<Vec<(String, String)>, SourceError> {
        let all = match of {
            Selection::Drafts(state) => self.office.all_drafts(state.as_deref(), limit),
            Selection::Listings(heap) => self.office.all_own(*heap, limit),
        };
        all.map_err(failed)
    }
}
