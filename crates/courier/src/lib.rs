//! What a node asks of, and tells to, others on the web: one outgoing HTTP client for harvesting, webhooks and whatever
//! else follows, so that the rule of where a node may go is written once.
//!
//! ```text
//!  address ─► Target ─► names resolved ─► rule ─► connected to that very address ─► TLS ─► HTTP/1.1 ─► Answer ─► Body
//!     ▲                                                                                        │
//!     └───────────────── a redirect is an address like the first, at most five ◄──────────────┘
//! ```
//!
//! How to drive it: make one [`Client`] of the [`Settings`], keep it, and `get`, `post` or [`send`](Client::send). What
//! comes back is an [`Answer`] of any status; its body is read with a bound that the caller names, whole
//! ([`Answer::read`]) or piece by piece ([`Answer::body`]). It is asynchronous and needs tokio's runtime; a thread outside
//! of it uses `Handle::block_on`.
//!
//! ```
//! # async fn fetch() -> Result<(), courier::Error> {
//! let client = courier::Client::new(courier::Settings::default());
//! let answer = client.get("https://repository.example.edu/oai?verb=Identify", &[("accept", "text/xml")]).await?;
//! if answer.status() == 503 {
//!     let _wait = answer.retry_after(std::time::SystemTime::now());
//! }
//! let _bytes = answer.read(1 << 20).await?;
//! # Ok(())
//! # }
//! ```
//!
//! What holds:
//! - **A node is no way into the network it stands in.** An address that a stranger gave, in a form or in a redirect,
//!   leads to no loopback, private, link-local or otherwise special address ([`special`]) and to no port but those of the
//!   web ([`PORTS`]), unless the operator wrote it into [`Settings::allow`]. Judged is the address connected to, so a name
//!   that means something else a moment later gains nothing.
//! - Everything is bounded: time in all and without a byte, connecting, redirects, headers, the length of addresses, and
//!   bodies after decompression. A server that hangs costs a connection until then, nothing else.
//! - TLS is checked against the roots of the system and those of [`Settings::certificates`]; there is no way to turn it off,
//!   and a redirect never leads from `https` to `http`.
//! - What a caller sends along (a token, a signature) does not follow a redirect to another place.
//! - Each [`Error`] says, in Chinese and English, what happened, to what, and what to do next.
//!
//! Beside it: how webhooks are signed ([`signed`]), and mail through one server of the operator's ([`Mailer`]).
//!
//! What is absent: cookies, credentials in addresses, HTTP/2, connections kept for the next request, trying again (the
//! caller knows when that makes sense: [`Error::is_passing`]), and how many requests run at once, which the caller bounds.

mod address;
mod allow;
mod answer;
mod client;
mod connect;
mod error;
mod hook;
mod mail;
mod settings;
mod target;

pub use address::{Special, special};
pub use allow::{Exception, PORTS};
pub use answer::{Answer, Body};
pub use client::{Client, MAX_REDIRECTS, Request};
pub use connect::trust;
pub use error::{Error, Kind};
pub use hook::{secret_text, signed};
pub use mail::{Letter, MailError, MailSettings, MailTls, Mailer};
pub use settings::{Limits, Proxy, Settings};
pub use target::{MAX_ADDRESS, check, with_query};
