//! Answers about the tokens of the API.

use market::{Account, ApiToken, DeskRole, MarketError};
use serde_json::{Value as Json, json};

use super::Office;
use super::failure::Failure;
use super::json::time;
use super::request::{Reply, TokenAsk};
use crate::core::now_ms;

impl Office {
    pub(super) fn answer_token(&self, ask: TokenAsk) -> Reply {
        match ask {
            TokenAsk::List => self.tokens(),
            TokenAsk::Create { name, scopes, days, note } => {
                let missing = || MarketError::NoSuchAccount { name: name.clone() };
                let account = self.library().account(&name)?.ok_or_else(missing)?;
                let (token, text) = self.make_token(&account, &scopes, days, &note)?;
                let mut reply = described(&token);
                (reply["v"], reply["token"]) = (json!(1), json!(text));
                Ok(reply)
            }
            TokenAsk::Revoke { id } => {
                self.writing().work(|desk| Ok((desk.drop_token(&id)?, Vec::new())))?;
                self.tokens()
            }
        }
    }

    /// Who holds a token that counts now, as their account is now.
    ///
    /// # Errors
    /// When the store fails.
    pub fn token_holder(&self, text: &str) -> Result<Option<(ApiToken, Account)>, Failure> {
        let Some(token) = self.library().token(text)? else { return Ok(None) };
        let account = self.library().account(&token.account)?;
        let serves = |account: &Account| token.serves(account, now_ms());
        Ok(account.filter(serves).map(|account| (token, account)))
    }

    /// Makes a token of an account, and the text that is shown once.
    ///
    /// # Errors
    /// When it cannot be as it is wished for, or the disk fails.
    pub fn make_token(
        &self,
        account: &Account,
        scopes: &[String],
        days: u32,
        note: &str,
    ) -> Result<(ApiToken, String), Failure> {
        let (token, text) = ApiToken::new(account, scopes, days, note, now_ms())?;
        self.writing().work(|desk| Ok((desk.keep_token(&token)?, Vec::new())))?;
        Ok((token, text))
    }

    /// Tokens of an account; an administrator sees all.
    ///
    /// # Errors
    /// When the store fails.
    pub fn tokens_of(&self, account: &Account) -> Result<Vec<ApiToken>, Failure> {
        let mut tokens = self.library().tokens()?;
        let own = |token: &ApiToken| token.account.to_lowercase() == account.name.to_lowercase();
        tokens.retain(|token| account.role >= DeskRole::Administrator || own(token));
        Ok(tokens)
    }

    /// Revokes one of those that an account sees.
    ///
    /// # Errors
    /// When there is none of that number, or the disk fails.
    pub fn revoke_token(&self, account: &Account, id: &str) -> Result<(), Failure> {
        let seen = self.tokens_of(account)?.iter().any(|token| token.id == id);
        if !seen {
            return Err(MarketError::NoSuchToken { id: id.to_owned() }.into());
        }
        Ok(self.writing().work(|desk| Ok((desk.drop_token(id)?, Vec::new())))?)
    }

    fn tokens(&self) -> Reply {
        let tokens = self.library().tokens()?;
        Ok(json!({ "v": 1, "tokens": tokens.iter().map(described).collect::<Vec<_>>() }))
    }
}

fn described(token: &ApiToken) -> Json {
    json!({
        "id": token.id,
        "name": token.account,
        "note": token.note,
        "scopes": token.scopes,
        "since": time(token.since_ms),
        "until": time(token.until_ms),
    })
}
