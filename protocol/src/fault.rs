//! Why bytes were refused.

use thiserror::Error;

/// A reason to refuse bytes. Every decoder and every check of this crate ends in one of these, never in a panic.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Fault {
    /// The bytes end before the named part does.
    #[error("{what} is cut short")]
    Truncated {
        /// The part that was being read.
        what: &'static str,
    },
    /// A file of another kind, or of another version of that kind.
    #[error("{kind}: this is another kind or version of file")]
    OtherFile {
        /// The kind that was expected.
        kind: &'static str,
    },
    /// The named part is larger than its bound in `limits`.
    #[error("{what} is {size} long, more than the {limit} allowed")]
    TooLong {
        /// The part.
        what: &'static str,
        /// Its size, in the unit of its limit.
        size: u64,
        /// The bound.
        limit: u64,
    },
    /// The bytes are readable but are not the one canonical form.
    #[error("{what} is not in canonical form")]
    NotCanonical {
        /// The part.
        what: &'static str,
    },
    /// A version, verb or code that this program does not know where it must.
    #[error("{what} {code} is unknown to this version; upgrade the node")]
    Unknown {
        /// The part.
        what: &'static str,
        /// The code that was read.
        code: u64,
    },
    /// A signature does not verify.
    #[error("the signature of {what} does not verify")]
    Signature {
        /// What was signed.
        what: &'static str,
    },
    /// Two things that must be equal differ.
    #[error("{what} does not match")]
    Mismatch {
        /// What was compared.
        what: &'static str,
    },
    /// The rules of the protocol forbid it.
    #[error("{what}: {why}")]
    Forbidden {
        /// What was attempted.
        what: &'static str,
        /// The rule that forbids it.
        why: &'static str,
    },
}

/// Result of decoding and checking.
pub type Checked<T> = Result<T, Fault>;
