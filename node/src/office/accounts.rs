//! Answers about the accounts of the desk.

use market::{Account, DeskRole, MarketError};
use serde_json::json;

use super::Office;
use super::failure::{Failure, exit};
use super::json::time;
use super::request::{AccountAsk, Reply};
use crate::core::now_ms;

impl Office {
    pub(super) fn answer_account(&self, ask: AccountAsk) -> Reply {
        match ask {
            AccountAsk::List => self.accounts(),
            AccountAsk::Add { name, role, password } => {
                let account = Account::new(&name, role_of(&role)?, &password, now_ms())?;
                self.change_accounts(|desk| desk.add_account(&account))
            }
            AccountAsk::Role { name, role } => {
                let account = self.account(&name)?.with_role(role_of(&role)?);
                self.change_accounts(|desk| desk.change_account(&account))
            }
            AccountAsk::Password { name, password } => {
                let before = self.account(&name)?;
                let account = Account::new(&before.name, before.role, &password, before.since_ms)?;
                self.change_accounts(|desk| desk.change_account(&account))
            }
            AccountAsk::Remove { name } => self.change_accounts(|desk| desk.drop_account(&name)),
            AccountAsk::Link => self.link(),
        }
    }

    /// Makes the first account, an administrator's, for someone who has the key; nothing once there is one.
    ///
    /// # Errors
    /// When the name or the password will not do, or the disk fails.
    pub fn set_up(&self, key: &str, name: &str, password: &str) -> Result<Option<Account>, Failure> {
        if key != self.setup_key {
            return Ok(None);
        }
        let account = Account::new(name, DeskRole::Administrator, password, now_ms())?;
        let made = self.writing().work(|desk| {
            let first = desk.library.accounts()?.is_empty();
            if first {
                desk.add_account(&account)?;
            }
            Ok((first, Vec::new()))
        })?;
        Ok(made.then_some(account))
    }

    /// Whether there is no account yet.
    ///
    /// # Errors
    /// When the store fails.
    pub fn is_new(&self) -> Result<bool, Failure> {
        Ok(self.library().accounts()?.is_empty())
    }

    /// Whether a key is the one that makes the first account, and there is none yet.
    ///
    /// # Errors
    /// When the store fails.
    pub fn may_set_up(&self, key: &str) -> Result<bool, Failure> {
        Ok(key == self.setup_key && self.is_new()?)
    }

    fn account(&self, name: &str) -> Result<Account, Failure> {
        let missing = || MarketError::NoSuchAccount { name: name.to_owned() };
        Ok(self.library().account(name)?.ok_or_else(missing)?)
    }

    fn change_accounts(&self, change: impl FnOnce(&mut market::Desk<'_>) -> market::Result<()>) -> Reply {
        self.writing().work(|desk| Ok((change(desk)?, Vec::new())))?;
        self.accounts()
    }

    fn accounts(&self) -> Reply {
        let accounts = self.library().accounts()?;
        let one = |account: &Account| json!({ "name": account.name, "role": account.role.id(), "since": time(account.since_ms) });
        Ok(
            json!({ "v": 1, "accounts": accounts.iter().map(one).collect::<Vec<_>>(), "desk": self.desk_address("") }),
        )
    }

    fn link(&self) -> Reply {
        if !self.library().accounts()?.is_empty() {
            return Err(Failure::said(exit::REFUSED, "cli.failure.account.set-up", &[]));
        }
        let link = self.desk_address(&format!("setup?key={}", self.setup_key));
        let link = link.ok_or_else(|| Failure::said(exit::UNREACHABLE, "cli.status.not-running", &[]))?;
        Ok(json!({ "v": 1, "link": link }))
    }

    /// An address of the desk, while pages are served.
    pub fn desk_address(&self, place: &str) -> Option<String> {
        Some(format!("{}desk/{place}", self.web()?))
    }

    /// The link that makes the first account, while there is none and pages are served.
    pub fn setup_link(&self) -> Option<String> {
        let reply = self.link().ok()?;
        reply["link"].as_str().map(str::to_owned)
    }
}

fn role_of(id: &str) -> Result<DeskRole, Failure> {
    DeskRole::from_id(id)
        .ok_or_else(|| Failure::said(exit::USAGE, "cli.failure.account.role", &[("role", id)]))
}
