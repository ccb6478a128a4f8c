//! Tokens of the API, as the desk shows and makes them.

/// A token in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenLine {
    /// Its number.
    pub id: String,
    /// Name of the account.
    pub name: String,
    /// What it is called; may be empty.
    pub note: String,
    /// What it is for.
    pub scopes: Vec<String>,
    /// When it ends, ms.
    pub until_ms: i64,
}

/// A token as somebody wants it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenWish {
    /// What it is to be for.
    pub scopes: Vec<String>,
    /// Days for which it is to serve.
    pub days: u32,
    /// What it is to be called.
    pub note: String,
}
