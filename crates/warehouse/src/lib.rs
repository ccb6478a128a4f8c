//! What analysts take away who outgrow one machine: public listings as a Parquet file, and as tables of a PostgreSQL database
//! that are kept level with a node.
//!
//! ```text
//! Item ── columns::of(kind) ── ParquetFile      typed columns, row groups of bounded size
//!   └──── Taken ── Database::take               one transaction: rows and the place up to which they were read
//! ```
//!
//! Absent here: what is public (the node decides that before), where items come from, and any clock.

pub mod columns;
mod database;
mod file;
mod line;

use std::collections::BTreeMap;

use catalog::Kind;
use protocol::Value;

pub use database::{Database, Institution, Place, SCHEMA_VERSION, Standing, Taken, is_schema_name};
/// Whom an encrypted connection believes.
pub use tokio_rustls::rustls::ClientConfig;

pub use file::{COLUMNS_VERSION, ParquetFile};

/// A public listing as analysts get it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Document id, hexadecimal.
    pub id: String,
    /// What it is.
    pub kind: Kind,
    /// GB/T 2260 code of its region.
    pub region: String,
    /// Id of its institution, hexadecimal.
    pub institution: String,
    /// Its institution's name.
    pub institution_name: String,
    /// The author's clock at creation, milliseconds since 1970.
    pub created_ms: i64,
    /// The author's clock at the last change.
    pub updated_ms: i64,
    /// Number of changes.
    pub versions: u64,
    /// Its fields by document key.
    pub fields: BTreeMap<String, Value>,
    /// Keys that several values stand under, written apart; `fields` has the one that everybody shows first.
    pub conflicts: Vec<String>,
}

/// Why analysts get nothing.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file cannot be written.
    #[error("{0}")]
    Parquet(#[from] parquet::errors::ParquetError),
    /// The database cannot be reached, or ended the conversation; it may be there again later.
    #[error("{0}")]
    Connection(String),
    /// Whoever answers is not believed: its certificate is no good, or is another's.
    #[error("{0}")]
    Certificate(String),
    /// The server has no TLS, and the connection leaves this computer.
    #[error("the server has no TLS")]
    Plain,
    /// Whom to believe is not known.
    #[error("{0}")]
    Trust(String),
    /// The database refuses what it was asked.
    #[error("{0}")]
    Database(String),
    /// Its tables are of a version that this program does not know.
    #[error("its tables are of version {found}; this program knows {SCHEMA_VERSION}")]
    Version {
        /// What was found.
        found: i32,
    },
    /// Its tables are fed by another node.
    #[error("its tables are fed by node {node} of network {network}")]
    Other {
        /// The node.
        node: String,
        /// Its network.
        network: String,
    },
    /// Somebody else has fed it meanwhile.
    #[error("another feed has written to it meanwhile")]
    Moved,
}

/// What these functions return.
pub type Result<T> = std::result::Result<T, Error>;
