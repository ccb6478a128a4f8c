//! Tokens of the API: a program's key to the desk, in the name of an account and within its rights. Decision 0051.
//!
//! Kept in journal and store beside the accounts, never leaving the node. Of a token only the hash of its secret is kept: 256
//! random bits need no slow hash. Absent: what a scope allows (crate `web`), how often a token may be used.

use protocol::{Checked, Decoder, Encoder, Hash, hash};
use storage::Table;

use crate::accounts::Account;
use crate::desk::Desk;
use crate::error::{MarketError, Result};
use crate::identity::random;
use crate::library::Library;

/// Prefix of tokens in the table of settings.
const TOKEN: &str = "token:";
/// How every token begins, so that one that lies somewhere is known for what it is.
const BEGINS: &str = "lianshi";
/// Tokens of one node: a handful of programs for each account.
pub const MAX_TOKENS: usize = 500;
/// What a token may be for.
pub const SCOPES: [&str; 9] =
    ["drafts", "review", "publish", "enquiries", "harvest", "nodes", "watches", "govern", "audit"];
/// Days for which a token serves at most: who needs it longer makes another, and says so.
pub const MAX_TOKEN_DAYS: u32 = 730;
/// Characters of what somebody calls a token.
const NOTE_CHARS: usize = 60;
/// Bytes of a stored token.
const MAX_STORED: usize = 1_024;
/// Scopes that a stored token names at most: a later version may know more.
const MAX_SCOPES: usize = 32;
const DAY_MS: i64 = 86_400_000;

/// A token, without its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiToken {
    /// Its number: 16 hexadecimal digits.
    pub id: String,
    /// Name of the account that it belongs to.
    pub account: String,
    /// What it is called; may be empty.
    pub note: String,
    /// What it is for.
    pub scopes: Vec<String>,
    /// When it was made, milliseconds since 1970, by this node's clock.
    pub since_ms: i64,
    /// When it ends.
    pub until_ms: i64,
    secret: Hash,
}

fn hashed(id: &str, secret: &str) -> Hash {
    hash("api-token", &[id.as_bytes(), secret.as_bytes()])
}

impl ApiToken {
    /// A new token of an account, and the text that its holder sends, which is kept nowhere.
    ///
    /// # Errors
    /// When a scope is none, it is to serve for no time or too long, or there are no random numbers.
    pub fn new(
        account: &Account,
        scopes: &[String],
        days: u32,
        note: &str,
        now_ms: i64,
    ) -> Result<(Self, String)> {
        let mut kept: Vec<String> = scopes.to_vec();
        kept.sort();
        kept.dedup();
        if let Some(strange) = kept.iter().find(|scope| !SCOPES.contains(&scope.as_str())) {
            return Err(MarketError::TokenScope { scope: strange.clone() });
        }
        if kept.is_empty() {
            return Err(MarketError::TokenScope { scope: String::new() });
        }
        if !(1..=MAX_TOKEN_DAYS).contains(&days) {
            return Err(MarketError::TokenDays { most: MAX_TOKEN_DAYS });
        }
        let id = data_encoding::HEXLOWER.encode(&random::<8>()?);
        let secret = data_encoding::HEXLOWER.encode(&random::<32>()?);
        // A clock that was set back since the account was made is no reason that a token never serves.
        let now_ms = now_ms.max(account.since_ms);
        let token = Self {
            account: account.name.clone(),
            note: note.trim().chars().filter(|c| !c.is_control()).take(NOTE_CHARS).collect(),
            scopes: kept,
            since_ms: now_ms,
            until_ms: now_ms.saturating_add(i64::from(days) * DAY_MS),
            secret: hashed(&id, &secret),
            id,
        };
        let text = format!("{BEGINS}_{}_{secret}", token.id);
        Ok((token, text))
    }

    /// Whether it counts now: it has not ended, and was made for this very account, not for one of the same name before it.
    pub fn serves(&self, account: &Account, now_ms: i64) -> bool {
        now_ms < self.until_ms && self.since_ms >= account.since_ms
    }

    fn to_bytes(&self) -> Vec<u8> {
        let mut to = Encoder::new();
        to.text(&self.id).text(&self.account).text(&self.note);
        to.list(&self.scopes, |to, scope| {
            to.text(scope);
        });
        to.int(self.since_ms).int(self.until_ms).raw(&self.secret.0);
        to.finish()
    }

    fn from_bytes(bytes: &[u8]) -> Checked<Self> {
        Decoder::whole(bytes, "token", |from| {
            let id = from.text(MAX_STORED, "number of a token")?.to_owned();
            let account = from.text(MAX_STORED, "name of an account")?.to_owned();
            let note = from.text(MAX_STORED, "note of a token")?.to_owned();
            let scopes =
                from.list(MAX_SCOPES, "scopes", |from| Ok(from.text(MAX_STORED, "scope")?.to_owned()))?;
            let (since_ms, until_ms) = (from.int("time of a token")?, from.int("end of a token")?);
            Ok(Self { id, account, note, scopes, since_ms, until_ms, secret: Hash(from.array("secret")?) })
        })
    }
}

fn key_of(id: &str) -> Vec<u8> {
    format!("{TOKEN}{id}").into_bytes()
}

fn is_id(id: &str) -> bool {
    id.len() == 16 && id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

impl Library {
    /// All tokens, by number.
    ///
    /// # Errors
    /// When the store fails.
    pub fn tokens(&self) -> Result<Vec<ApiToken>> {
        let page = self.store().scan_prefix(Table::Settings, TOKEN.as_bytes(), None, MAX_TOKENS)?;
        Ok(page.iter().filter_map(|(_, value)| ApiToken::from_bytes(value).ok()).collect())
    }

    /// The token that a text is, whether or not it still counts; takes as long whether its secret is right or not.
    ///
    /// # Errors
    /// When the store fails.
    pub fn token(&self, text: &str) -> Result<Option<ApiToken>> {
        let mut parts = text.splitn(3, '_');
        let (Some(BEGINS), Some(id), Some(secret)) = (parts.next(), parts.next(), parts.next()) else {
            return Ok(None);
        };
        if !is_id(id) {
            return Ok(None);
        }
        let stored = self.store().get(Table::Settings, &key_of(id))?;
        let token = stored.and_then(|value| ApiToken::from_bytes(&value).ok());
        let given = hashed(id, secret);
        let differs =
            |token: &ApiToken| token.secret.0.iter().zip(given.0).fold(0, |sum, (a, b)| sum | (a ^ b));
        Ok(token.filter(|token| differs(token) == 0))
    }
}

impl Desk<'_> {
    /// Keeps a new token.
    ///
    /// # Errors
    /// When there are [`MAX_TOKENS`], or the disk fails.
    pub fn keep_token(&mut self, token: &ApiToken) -> Result<()> {
        if self.library.tokens()?.len() >= MAX_TOKENS {
            return Err(MarketError::TooManyTokens { most: MAX_TOKENS });
        }
        self.ledger.keep(Table::Settings, &key_of(&token.id), Some(&token.to_bytes()))
    }

    /// Revokes the token of a number, or of its first digits.
    ///
    /// # Errors
    /// When there is none or several, or the disk fails.
    pub fn drop_token(&mut self, id: &str) -> Result<()> {
        let tokens = self.library.tokens()?;
        let mut found = tokens.iter().filter(|token| !id.is_empty() && token.id.starts_with(id));
        match (found.next(), found.next()) {
            (Some(token), None) => self.ledger.keep(Table::Settings, &key_of(&token.id), None),
            _ => Err(MarketError::NoSuchToken { id: id.to_owned() }),
        }
    }

    /// Revokes all tokens of an account.
    ///
    /// # Errors
    /// When the disk fails.
    pub(crate) fn drop_tokens_of(&mut self, account: &str) -> Result<()> {
        let (tokens, account) = (self.library.tokens()?, account.trim().to_lowercase());
        for token in tokens.iter().filter(|token| token.account.to_lowercase() == account) {
            self.ledger.keep(Table::Settings, &key_of(&token.id), None)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::DeskRole;

    fn account(since_ms: i64) -> Account {
        Account::new("王芳", DeskRole::Clerk, "石榴树下的三只猫咪呀", since_ms).unwrap()
    }

    #[test]
    fn a_token_is_read_as_it_was_written_and_holds_no_secret() {
        let scopes = ["review".to_owned(), "drafts".to_owned(), "drafts".to_owned()];
        let (token, text) = ApiToken::new(&account(5), &scopes, 90, " 导入\n程序 ", 7).unwrap();
        assert_eq!((token.scopes.len(), token.note.as_str()), (2, "导入程序"));
        let bytes = token.to_bytes();
        let secret = text.rsplit('_').next().unwrap();
        assert_eq!(secret.len(), 64);
        assert!(!String::from_utf8_lossy(&bytes).contains(secret));
        assert_eq!(ApiToken::from_bytes(&bytes).unwrap(), token);
        for cut in 0..bytes.len() {
            assert!(ApiToken::from_bytes(&bytes[..cut]).is_err(), "cut at {cut}");
        }
    }

    #[test]
    fn a_token_serves_for_its_time_and_its_very_account() {
        let (token, _) = ApiToken::new(&account(5), &["drafts".to_owned()], 1, "", 7).unwrap();
        assert!(token.serves(&account(5), 7) && token.serves(&account(7), 6 + DAY_MS));
        assert!(!token.serves(&account(5), 7 + DAY_MS), "it has ended");
        assert!(!token.serves(&account(8), 9), "of an account of that name made later");
    }

    #[test]
    fn what_cannot_be_a_token_is_refused() {
        let made = |scopes: &[&str], days| {
            let scopes: Vec<String> = scopes.iter().map(|scope| (*scope).to_owned()).collect();
            ApiToken::new(&account(0), &scopes, days, "", 0)
        };
        assert!(matches!(made(&["everything"], 1), Err(MarketError::TokenScope { .. })));
        assert!(matches!(made(&[], 1), Err(MarketError::TokenScope { .. })));
        assert!(matches!(made(&["drafts"], 0), Err(MarketError::TokenDays { .. })));
        assert!(matches!(made(&["drafts"], MAX_TOKEN_DAYS + 1), Err(MarketError::TokenDays { .. })));
    }
}
