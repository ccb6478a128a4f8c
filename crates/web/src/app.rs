//! What all handlers share: the source behind a bounded number of turns, and the node's options.

use crate::address::Address;
use crate::desk::view::Desk;
use crate::desk::watches::Watches;
use crate::enquiry::{Enquiries, Rate};
use crate::limits::{ANSWER_WAIT, CALLS_AT_ONCE, DRAWN_AT_ONCE, TABLES_AT_ONCE, TURN_WAIT, UPLOADS_AT_ONCE};
use crate::metrics::Traffic;
use crate::refusal::Refusal;
use crate::view::{Names, Source, SourceError};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// What the node's configuration says about its pages.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The network's name, beside the mark on every page.
    pub network: Names,
    /// The node's name, at the foot of every page.
    pub node: Names,
    /// Version of the program, at the foot of every page; may be empty.
    pub version: String,
    /// Where visitors reach the pages, as codes on paper name it; its host is served.
    pub address: Option<Address>,
    /// Host names under which the pages are served, besides loopback names and IP addresses.
    pub hosts: Vec<String>,
    /// Whether the desk is served to other computers too.
    pub desk_anywhere: bool,
    /// Whether figures for monitoring are served to other computers too.
    pub metrics_anywhere: bool,
}

/// State of the router.
pub(crate) struct App {
    pub(crate) source: Arc<dyn Source>,
    pub(crate) options: Options,
    /// Whether there is a desk.
    pub(crate) has_desk: bool,
    /// Who takes enquiries, where visitors may ask.
    pub(crate) enquiries: Option<Arc<dyn Enquiries>>,
    /// Who keeps saved searches, where there is a desk.
    pub(crate) watches: Option<Arc<dyn Watches>>,
    /// How many came lately.
    pub(crate) rate: Rate,
    /// What was answered.
    pub(crate) traffic: Traffic,
    turns: Arc<Semaphore>,
    /// Tables that are being written.
    tables: Arc<Semaphore>,
    draws: Arc<Semaphore>,
    /// Files that are being taken in.
    pub(crate) uploads: Semaphore,
    /// Tables that are being received.
    pub(crate) imports_in: Semaphore,
}

impl App {
    pub(crate) fn new(
        source: Arc<dyn Source>,
        options: Options,
        desk: Option<Arc<dyn Desk>>,
        enquiries: Option<Arc<dyn Enquiries>>,
    ) -> Self {
        let turns = Arc::new(Semaphore::new(CALLS_AT_ONCE));
        let draws = Arc::new(Semaphore::new(DRAWN_AT_ONCE));
        let tables = Arc::new(Semaphore::new(TABLES_AT_ONCE));
        App {
            source,
            options,
            has_desk: desk.is_some(),
            enquiries,
            watches: desk.map(|desk| desk as Arc<dyn Watches>),
            rate: Rate::default(),
            traffic: Traffic::default(),
            turns,
            tables,
            draws,
            uploads: Semaphore::new(UPLOADS_AT_ONCE),
            imports_in: Semaphore::new(TABLES_AT_ONCE),
        }
    }

    /// Asks whoever takes enquiries, in the same turns.
    pub(crate) async fn ask_enquiries<T: Send + 'static>(
        &self,
        call: impl FnOnce(&dyn Enquiries) -> Result<T, SourceError> + Send + 'static,
    ) -> Result<T, Refusal> {
        let Some(enquiries) = self.enquiries.clone() else { return Err(Refusal::NoEnquiry) };
        self.ask(move |_| call(enquiries.as_ref())).await
    }

    /// Has somebody write into an answer, off the async threads. Whoever reads slowly holds them up, and a place with them.
    pub(crate) fn write(
        &self,
        write: impl FnOnce(&mut dyn std::io::Write) -> Result<(), SourceError> + Send + 'static,
    ) -> Result<axum::body::Body, Refusal> {
        let place = Arc::clone(&self.tables).try_acquire_owned().map_err(|_| Refusal::Busy)?;
        let (mut sink, body) = crate::download::sink();
        tokio::task::spawn_blocking(move || {
            let _place = place;
            let written = write(&mut sink);
            if let Err(why) = written.map_err(|error| error.to_string()).and_then(|()| sink.end()) {
                // Its reader learns no more than that it is not whole; often they are who broke it off.
                tracing::warn!(%why, "a table was not written to its end");
                sink.fail(&why);
            }
        });
        Ok(body)
    }

    /// A turn to have a certificate made, to be held until it is; `None` when others took too long.
    pub(crate) async fn turn_to_draw(&self) -> Option<OwnedSemaphorePermit> {
        timeout(TURN_WAIT, Arc::clone(&self.draws).acquire_owned()).await.ok()?.ok()
    }

    /// Asks the source off the async threads. The turn is held until the call has really ended, even when the reader has
    /// stopped waiting, so that slow calls cannot pile up.
    pub(crate) async fn ask<T: Send + 'static>(
        &self,
        call: impl FnOnce(&dyn Source) -> Result<T, SourceError> + Send + 'static,
    ) -> Result<T, Refusal> {
        self.ask_within(ANSWER_WAIT, call).await
    }

    /// The same, where the answer may take so long.
    pub(crate) async fn ask_within<T: Send + 'static>(
        &self,
        wait: Duration,
        call: impl FnOnce(&dyn Source) -> Result<T, SourceError> + Send + 'static,
    ) -> Result<T, Refusal> {
        let turn = match timeout(TURN_WAIT, Arc::clone(&self.turns).acquire_owned()).await {
            Ok(Ok(turn)) => turn,
            Ok(Err(_)) | Err(_) => return Err(Refusal::Busy),
        };
        let source = Arc::clone(&self.source);
        let answer = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            call(source.as_ref())
        });
        match timeout(wait, answer).await {
            Ok(Ok(answer)) => Ok(answer?),
            Ok(Err(broken)) => Err(SourceError::Failed(broken.to_string()).into()),
            Err(_) => Err(Refusal::Slow),
        }
    }
}
