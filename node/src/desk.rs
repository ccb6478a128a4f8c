//! What the desk's pages are told and do: accounts, drafts, reviews, listings of this institution.

mod enquiries;
mod figures;
mod governing;
mod harvest;
mod imports;
mod peers;
mod watches;

use std::collections::BTreeMap;
use std::sync::Arc;

use market::{Account, ApiToken, DeskRole};
use protocol::Hash;
use web::SourceError;
use web::api::{Holder, Scope};
use web::desk::view::{
    AccountChange, AccountLine, Act, Clerk, Desk, Done, DraftLine, DraftView, Heap, Overview, OwnLine,
    OwnView, Said, Selection, TokenLine, TokenWish, Why,
};

use web::view::FileView;

use crate::import::desk::Imports;
use crate::office::{AccountAsk, Failure, Office, Request, exit};

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
    Clerk { name: account.name.clone(), role: account.role.id().to_owned() }
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
        | ("not-on-roster" | "ambiguous" | "several", _) => Why::Missing,
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
        told(self.office.set_up(key, name, password).map(|made| made.as_ref().map(clerk)))
    }

    fn sign_in(&self, name: &str, password: &str) -> Result<Option<Clerk>, SourceError> {
        let account = self.office.sign_in(name, password).map_err(failed)?;
        Ok(account.as_ref().map(clerk))
    }

    fn token_holder(&self, token: &str) -> Result<Option<Holder>, SourceError> {
        let Some((token, account)) = self.office.token_holder(token).map_err(failed)? else {
            return Ok(None);
        };
        let scopes = token.scopes.iter().filter_map(|id| Scope::from_id(id)).collect();
        Ok(Some(Holder { token: token.id, clerk: clerk(&account), scopes }))
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
        let made = self.account(clerk).and_then(|account| {
            self.office.make_token(&account, &wish.scopes, wish.days, &wish.note).map(|(_, text)| text)
        });
        told(made)
    }

    fn revoke_token(&self, clerk: &Clerk, id: &str) -> Result<Result<(), Said>, SourceError> {
        told(self.account(clerk).and_then(|account| self.office.revoke_token(&account, id)))
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
        told(self.account(clerk).and_then(|account| self.office.begin_draft(&account, kind)))
    }

    fn save(
        &self,
        clerk: &Clerk,
        id: &str,
        texts: &BTreeMap<String, String>,
    ) -> Result<Result<(), Said>, SourceError> {
        told(self.account(clerk).and_then(|account| self.office.save_draft(&account, id, texts)))
    }

    fn attach(
        &self,
        clerk: &Clerk,
        id: &str,
        name: &str,
        title: &str,
        bytes: &[u8],
    ) -> Result<Result<(), Said>, SourceError> {
        told(self.account(clerk).and_then(|account| self.office.take_file(&account, id, name, title, bytes)))
    }

    fn detach(&self, clerk: &Clerk, id: &str, file: &str) -> Result<Result<(), Said>, SourceError> {
        told(self.account(clerk).and_then(|account| self.office.detach(id, file, &account.name).map(drop)))
    }

    fn file(&self, id: &str, file: &Hash) -> Result<Option<FileView>, SourceError> {
        let draft = self.office.library().draft(id).map_err(failed)?;
        let attachment = draft.and_then(|draft| draft.attachments().into_iter().find(|of| of.file == *file));
        attachment.map(|of| self.office.file_view(&of, None).map_err(failed)).transpose()
    }

    fn act(&self, clerk: &Clerk, id: &str, act: &Act) -> Result<Result<Done, Said>, SourceError> {
        told(self.account(clerk).and_then(|account| self.office.act(&account, id, act)))
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
        let account = match self.account(clerk) {
            Ok(account) => account,
            Err(failure) => return told(Err(failure)),
        };
        if !own && account.role < DeskRole::Administrator {
            return told(Err(market::MarketError::NotTheirs { name: account.name }.into()));
        }
        let ask = match change.clone() {
            AccountChange::Add { name, role, password } => AccountAsk::Add { name, role, password },
            AccountChange::Role { name, role } => AccountAsk::Role { name, role },
            AccountChange::Password { name, password } => AccountAsk::Password { name, password },
            AccountChange::Remove { name } => AccountAsk::Remove { name },
        };
        told(self.office.answer(Request::Account { ask }).map(drop))
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
