//! Why there is nothing to show.

/// Why a source could not answer. The text goes to the node's log; a reader sees which of the two it was and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    /// It will be able to soon: the index is being rebuilt, the store is opening. Answered with 503.
    #[error("the node cannot answer yet: {0}; ask again in a minute")]
    NotReady(String),
    /// It failed. Answered with 500.
    #[error("the node failed to answer: {0}; `lianshi doctor` may say more")]
    Failed(String),
}
