//! How records come in and go out as files: the tables that offices keep (xlsx, csv, tsv), lines and arrays of JSON, the
//! exports made from listings, and the workbooks that offices are given: templates, and tables that come back marked.
//!
//! The walk of a row: [`read::open`] finds out format, encoding and header, and yields a [`read::Row`] or a
//! [`RowProblem`] for every row of the file; a [`mapping::Mapping`], stated or guessed from the header, turns a row into
//! (field id, text) cells; `catalog::Record::from_cells` makes a record of them. Nothing is dropped in silence: a row is
//! read, or named with a reason; a column is mapped, or listed as unmapped; a file that breaks off says so.
//!
//! A file is hostile until read: sizes are bounded by [`limits`], and no input makes a reader panic or grow.
//!
//! Absent here: what a field means (crate `catalog`), storing and publishing (crate `market`), any network. Not read: files
//! with a password.

pub mod dcat;
pub mod error;
pub mod feed;
pub mod layout;
pub mod limits;
pub mod mapping;
pub mod oai;
pub mod read;
pub mod samples;
pub mod workbook;
pub mod write;

pub use error::{Note, ReadError, RowProblem};
