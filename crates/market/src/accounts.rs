//! Who may work at this node's desk: accounts with a role and a password, kept in journal and store, never leaving the node.
//!
//! Of a password only its argon2id hash (RFC 9106) is kept, with the costs that made it, so that they can rise later. Absent:
//! who has signed in at the moment, and how often someone may guess (crate `web`).

use argon2::{Algorithm, Argon2, Params, Version};
use protocol::{Checked, Decoder, Encoder};
use storage::Table;

use crate::desk::Desk;
use crate::error::{MarketError, Result};
use crate::identity::random;
use crate::library::Library;

/// Prefix of accounts in the table of settings.
const ACCOUNT: &str = "account:";
/// Accounts of one node: an office has a handful, and a list of them is shown whole.
pub const MAX_ACCOUNTS: usize = 200;
/// Characters of a name.
const NAME_CHARS: usize = 32;
/// Fewest characters of a password: what NIST SP 800-63B asks where it is guessed slowly, and two more.
pub const PASSWORD_CHARS: usize = 10;
/// Most bytes of a password: hashing starts with all of it.
const PASSWORD_BYTES: usize = 1_024;
/// Memory of the hash, KiB; passes; lanes: what OWASP asks at least, so that a hall's hub bears several sign-ins at once.
const COSTS: (u32, u32, u32) = (19 * 1024, 2, 1);
/// Bytes of a stored account.
const MAX_STORED: usize = 1_024;

/// What someone may do at the desk; each may what those before may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DeskRole {
    /// 经办: drafts, imports, submits for review.
    Clerk,
    /// 审核: reviews what others submit, publishes, withdraws.
    Reviewer,
    /// 管理: accounts too.
    Administrator,
}

impl DeskRole {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Clerk, Self::Reviewer, Self::Administrator];

    /// `clerk`, `reviewer` or `administrator`.
    pub fn id(self) -> &'static str {
        match self {
            Self::Clerk => "clerk",
            Self::Reviewer => "reviewer",
            Self::Administrator => "administrator",
        }
    }

    /// The reverse of [`DeskRole::id`].
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.id() == id)
    }
}

/// An account.
#[derive(Clone, Debug)]
pub struct Account {
    /// The name that its owner signs in with; case does not matter.
    pub name: String,
    /// What its owner may do.
    pub role: DeskRole,
    /// When it was made, milliseconds since 1970, by this node's clock.
    pub since_ms: i64,
    password: Hashed,
}

#[derive(Clone)]
struct Hashed {
    costs: (u32, u32, u32),
    salt: [u8; 16],
    tag: [u8; 32],
}

impl std::fmt::Debug for Hashed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Hashed")
    }
}

impl Hashed {
    fn of(password: &str) -> Result<Self> {
        let mut hashed = Self { costs: COSTS, salt: random()?, tag: [0; 32] };
        hashed.tag = hashed.derive(password).ok_or(MarketError::Damaged { what: "costs of a password" })?;
        Ok(hashed)
    }

    fn derive(&self, password: &str) -> Option<[u8; 32]> {
        let (memory, passes, lanes) = self.costs;
        let params = Params::new(memory, passes, lanes, Some(32)).ok()?;
        let mut tag = [0; 32];
        let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        argon.hash_password_into(password.as_bytes(), &self.salt, &mut tag).ok()?;
        Some(tag)
    }

    /// Takes as long whether it is right or not.
    fn is(&self, password: &str) -> bool {
        let differ = |tag: [u8; 32]| tag.iter().zip(self.tag).fold(0, |sum, (a, b)| sum | (a ^ b));
        password.len() <= PASSWORD_BYTES && self.derive(password).map(differ) == Some(0)
    }
}

impl Account {
    /// A new account, or one with a new password.
    ///
    /// # Errors
    /// When the name cannot be one, or the password is too easy to guess.
    pub fn new(name: &str, role: DeskRole, password: &str, now_ms: i64) -> Result<Self> {
        let name = name.trim().to_owned();
        if !is_name(&name) {
            return Err(MarketError::AccountName { name, most: NAME_CHARS });
        }
        check_password(&name, password)?;
        Ok(Self { name, role, since_ms: now_ms, password: Hashed::of(password)? })
    }

    /// The same account with another role.
    pub fn with_role(self, role: DeskRole) -> Self {
        Self { role, ..self }
    }

    /// Whether this is its password. Takes some 20 ms and [`COSTS`] of memory.
    pub fn opens_with(&self, password: &str) -> bool {
        self.password.is(password)
    }

    /// The same work for a name that nobody has, so that the time taken does not tell which names there are.
    pub fn open_none(password: &str) {
        let nobodys = Hashed { costs: COSTS, salt: [0; 16], tag: [0; 32] };
        std::hint::black_box(nobodys.is(password));
    }

    fn to_bytes(&self) -> Vec<u8> {
        let Hashed { costs: (memory, passes, lanes), salt, tag } = &self.password;
        let mut to = Encoder::new();
        to.text(&self.name).text(self.role.id()).int(self.since_ms);
        to.uint((*memory).into()).uint((*passes).into()).uint((*lanes).into());
        to.raw(salt).raw(tag);
        to.finish()
    }

    fn from_bytes(bytes: &[u8]) -> Checked<Self> {
        Decoder::whole(bytes, "account", |from| {
            let name = from.text(MAX_STORED, "name of an account")?.to_owned();
            // What a later version may know besides is not more than the least.
            let role = DeskRole::from_id(from.text(MAX_STORED, "role")?).unwrap_or(DeskRole::Clerk);
            let since_ms = from.int("time of an account")?;
            let mut cost = || Ok(from.uint_max(u32::MAX.into(), "costs of a password")? as u32);
            let costs = (cost()?, cost()?, cost()?);
            let (salt, tag) = (from.array("salt")?, from.array("tag")?);
            Ok(Self { name, role, since_ms, password: Hashed { costs, salt, tag } })
        })
    }
}

/// Letters, digits and `. _ - @`, beginning with a letter or digit.
fn is_name(name: &str) -> bool {
    let begins = name.chars().next().is_some_and(char::is_alphanumeric);
    begins
        && name.chars().count() <= NAME_CHARS
        && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '@'))
}

fn check_password(name: &str, password: &str) -> Result<()> {
    let chars: Vec<char> = password.chars().collect();
    let steps = |other: i64| {
        let step = |pair: &[char]| i64::from(u32::from(pair[1])) - i64::from(u32::from(pair[0]));
        chars.windows(2).filter(|pair| step(pair) != other).count()
    };
    // 1234567890 and 0987654321 turn once.
    let turns = usize::from(chars.iter().all(char::is_ascii_digit));
    let is_row = steps(0) == 0 || steps(1) <= turns || steps(-1) <= turns;
    let (password_folded, name_folded) = (password.to_lowercase(), name.to_lowercase());
    let is_named = name_folded.chars().count() >= 4 && password_folded.contains(&name_folded);
    if chars.len() < PASSWORD_CHARS || password.len() > PASSWORD_BYTES || is_row || is_named {
        return Err(MarketError::WeakPassword { least: PASSWORD_CHARS });
    }
    Ok(())
}

fn key_of(name: &str) -> Vec<u8> {
    format!("{ACCOUNT}{}", name.trim().to_lowercase()).into_bytes()
}

impl Library {
    /// All accounts, by name.
    ///
    /// # Errors
    /// When the store fails.
    pub fn accounts(&self) -> Result<Vec<Account>> {
        let page = self.store().scan_prefix(Table::Settings, ACCOUNT.as_bytes(), None, MAX_ACCOUNTS)?;
        Ok(page.iter().filter_map(|(_, value)| Account::from_bytes(value).ok()).collect())
    }

    /// The account of a name.
    ///
    /// # Errors
    /// When the store fails.
    pub fn account(&self, name: &str) -> Result<Option<Account>> {
        let stored = self.store().get(Table::Settings, &key_of(name))?;
        Ok(stored.and_then(|value| Account::from_bytes(&value).ok()))
    }
}

impl Desk<'_> {
    /// Adds an account.
    ///
    /// # Errors
    /// When there is one of that name, there are [`MAX_ACCOUNTS`], or the disk fails.
    pub fn add_account(&mut self, account: &Account) -> Result<()> {
        if self.library.account(&account.name)?.is_some() {
            return Err(MarketError::AccountExists { name: account.name.clone() });
        }
        if self.library.accounts()?.len() >= MAX_ACCOUNTS {
            return Err(MarketError::TooManyAccounts { most: MAX_ACCOUNTS });
        }
        self.keep_account(account)
    }

    /// Puts an account in place of the one of its name: another password or role.
    ///
    /// # Errors
    /// When there is none, it would leave the desk without an administrator, or the disk fails.
    pub fn change_account(&mut self, account: &Account) -> Result<()> {
        self.must_keep_one(&account.name, Some(account.role))?;
        self.keep_account(account)
    }

    /// Removes an account, and with it its tokens.
    ///
    /// # Errors
    /// As [`Desk::change_account`].
    pub fn drop_account(&mut self, name: &str) -> Result<()> {
        self.must_keep_one(name, None)?;
        self.drop_tokens_of(name)?;
        self.ledger.keep(Table::Settings, &key_of(name), None)
    }

    fn keep_account(&mut self, account: &Account) -> Result<()> {
        self.ledger.keep(Table::Settings, &key_of(&account.name), Some(&account.to_bytes()))
    }

    fn must_keep_one(&self, name: &str, becomes: Option<DeskRole>) -> Result<()> {
        let missing = || MarketError::NoSuchAccount { name: name.to_owned() };
        let present = self.library.account(name)?.ok_or_else(missing)?;
        let is_administrator = |account: &Account| account.role == DeskRole::Administrator;
        let others = self.library.accounts()?;
        let others = others.iter().filter(|other| key_of(&other.name) != key_of(name));
        let loses = is_administrator(&present) && becomes != Some(DeskRole::Administrator);
        // The last account of all may go: the desk is then as it was at first.
        let mut others = others.peekable();
        if loses && (others.peek().is_some() || becomes.is_some()) && !others.any(is_administrator) {
            return Err(MarketError::LastAdministrator { name: present.name });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_read_as_it_was_written_and_opens_with_its_password_alone() {
        let account = Account::new(" 王.芳 ", DeskRole::Reviewer, "石榴树下的三只猫咪呀", 7).unwrap();
        let bytes = account.to_bytes();
        assert!(!bytes.windows(6).any(|part| part == "石榴".as_bytes()), "no password is kept");
        let read = Account::from_bytes(&bytes).unwrap();
        assert_eq!((read.name.as_str(), read.role, read.since_ms), ("王.芳", DeskRole::Reviewer, 7));
        assert!(read.opens_with("石榴树下的三只猫咪呀"));
        for wrong in ["", "石榴树下的三只猫咪", "石榴树下的三只猫咪呀 ", &"x".repeat(PASSWORD_BYTES + 1)]
        {
            assert!(!read.opens_with(wrong), "{wrong}");
        }
        for cut in 0..bytes.len() {
            assert!(Account::from_bytes(&bytes[..cut]).is_err(), "cut at {cut}");
        }
    }

    #[test]
    fn names_and_passwords_that_cannot_be_are_refused() {
        let made = |name: &str, password: &str| Account::new(name, DeskRole::Clerk, password, 0);
        assert!(made("li.lei@tto", "correct horse").is_ok());
        for name in ["", " ", "a b", "-a", "a/b", "a\u{202e}b", "名\nx", &"长".repeat(33)] {
            let made = made(name, "correct horse");
            assert!(matches!(made, Err(MarketError::AccountName { .. })), "{name:?}");
        }
        for password in [
            "short",
            "aaaaaaaaaaaa",
            "1234567890",
            "0987654321",
            "abcdefghijkl",
            "xx-lilei-2024",
            "九个字的口令不够长",
        ] {
            let made = made("lilei", password);
            assert!(matches!(made, Err(MarketError::WeakPassword { .. })), "{password}");
        }
    }
}
