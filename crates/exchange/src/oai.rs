//! OAI-PMH 2.0: what a harvester asks for, and the answers in XML (Open Archives Initiative Protocol for Metadata Harvesting,
//! version 2.0 of 2002-06-14, <https://www.openarchives.org/OAI/openarchivesprotocol.html>).
//!
//! Pure: who answers looks the records up. A walk through a list goes on from a place, not from a count, so that no page costs more
//! than another; the place, with all that was asked, is the resumption token, so that it outlives a restart.
//!
//! And the other side: [`reading`] reads the answers of other repositories, [`full`] and [`terms`] make records of what stands in
//! them.

mod answer;
mod dublin;
pub mod full;
pub mod html;
pub mod reading;
mod request;
mod stamp;
pub mod terms;
mod token;
mod xml;

pub use answer::{Answer, Body, Header, Identity, Listed, Meta, SCHEMA, SetName};
pub use dublin::Dublin;
pub use request::{Fault, Format, Request, SetSpec, Walk, parse};
pub use stamp::Stamp;
pub(crate) use stamp::second;
pub use token::Mark;
pub(crate) use xml::Xml;
