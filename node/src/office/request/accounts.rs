//! What can be asked about accounts and tokens.

use serde::{Deserialize, Serialize};

/// What is asked about the accounts of the desk.
#[derive(Clone, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "kebab-case")]
pub enum AccountAsk {
    /// All of them.
    List,
    /// A new one.
    Add {
        /// Name.
        name: String,
        /// Role id.
        role: String,
        /// Password.
        password: String,
    },
    /// Another role.
    Role {
        /// Name.
        name: String,
        /// Role id.
        role: String,
    },
    /// Another password.
    Password {
        /// Name.
        name: String,
        /// The new one.
        password: String,
    },
    /// Takes one away.
    Remove {
        /// Name.
        name: String,
    },
    /// The link under which the first account is made in a browser.
    Link,
}

/// What is asked about the tokens of the API.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "kebab-case")]
pub enum TokenAsk {
    /// All of them.
    List,
    /// A new one.
    Create {
        /// Name of the account.
        name: String,
        /// What it is for.
        scopes: Vec<String>,
        /// Days for which it serves.
        days: u32,
        /// What it is called.
        note: String,
    },
    /// Ends one.
    Revoke {
        /// Its number, or the first digits.
        id: String,
    },
}

impl std::fmt::Debug for AccountAsk {
    /// Without passwords, which have no business in a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::List => f.write_str("List"),
            Self::Add { name, role, .. } => write!(f, "Add({name}, {role})"),
            Self::Role { name, role } => write!(f, "Role({name}, {role})"),
            Self::Password { name, .. } => write!(f, "Password({name})"),
            Self::Remove { name } => write!(f, "Remove({name})"),
            Self::Link => f.write_str("Link"),
        }
    }
}
