//! The pages of a node: server-rendered, readable without JavaScript and without the internet, Chinese first and English
//! complete, on phones, on paper and in the dark.
//!
//! ```text
//! browser ─▶ server (time, size, number of connections) ─▶ guard (method, host, address; headers of the answer)
//!         ─▶ pages::* ─▶ App::ask (bounded, off the async threads) ─▶ dyn Source, which the node implements
//!         ◀─ askama template ◀─ labels, fields, text (words, order, dates) ◀─ view
//! ```
//!
//! This crate knows nothing of storage, signatures, search or the network: [`Source`] hands it [`view`]s, plain data.
//! The public pages write nothing, take no form but a search, and set no cookie but the language; their one script, which
//! they work without, suggests listings while somebody types. What clerks do stands apart, under [`desk`], behind a login.
//! Every text in a view is taken as hostile and escaped by the templates.

mod address;
pub mod api;
mod app;
mod assets;
pub mod desk;
mod download;
pub mod enquiry;
mod fields;
mod guard;
mod labels;
pub mod limits;
mod markdown;
mod metrics;
mod pages;
mod refusal;
mod request;
mod router;
mod server;
mod shell;
mod text;
pub mod view;

pub use address::{Address, paper_address};
pub use app::Options;
pub use request::{SearchRequest, Sort};
pub use router::{router, router_with_desk, router_with_enquiries};
pub use server::serve;
pub use text::minute;
pub use view::{Source, SourceError};
