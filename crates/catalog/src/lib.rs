//! What a listing is: kinds, fields, code lists, checks, and the words for all of it.
//!
//! - [`kinds`]: the six kinds as tables of fields; [`Kind`], [`Field`].
//! - [`record`]: [`Record::from_cells`] reads a row as offices write it, [`Record::validate`] checks typed values.
//! - [`vocabulary`], [`scheme`], [`region`]: lists of terms, published classifications, divisions of China.
//! - [`credit_code`], [`patent`], [`ipc`], [`date`], [`money`], [`trl`], [`phone`], [`contact`]: one form of value each.
//! - [`id_number`]: finds resident identity numbers, which never enter a record.
//! - [`labels`]: what third parties say of a listing.
//! - [`statistics`]: what listings are counted by.
//! - [`enquiry`]: what someone who asks about a listing fills in.
//! - [`display`], [`facets`], [`halls`], [`words`]: how it is shown, filtered, laid out and said, Chinese first, English complete.
//!
//! Pure: no clock, disk, socket, randomness or hash map; the tables are carried inside the program. Absent: documents and how
//! they merge (`protocol`), files and columns (`exchange`), search, and who may see what now.

#![cfg_attr(not(test), deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros))]

pub mod contact;
pub mod credit_code;
pub mod date;
pub mod display;
pub mod enquiry;
pub mod facets;
pub mod fold;
pub mod form;
pub mod halls;
pub mod id_number;
pub mod ipc;
pub mod kinds;
pub mod labels;
pub mod limits;
pub mod money;
pub mod patent;
pub mod phone;
pub mod record;
pub mod region;
pub mod scheme;
pub mod statistics;
pub mod trl;
pub mod vocabulary;
pub mod words;

pub use halls::Hall;
pub use kinds::{Field, FieldType, Kind, Need, Part, Visibility};
pub use record::{Context, Issue, Outcome, Record};
pub use words::Lang;
