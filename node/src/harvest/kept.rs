//! What is kept of sources: two local records each, so that what an operator says and how far a pass is never write over each other.

use storage::Table;

use super::{FORM, MAX_SOURCES, Progress, Source};
use crate::office::{Failure, Office};

/// Prefix of what an operator said; the source's id follows.
const SOURCE: &str = "harvest-source:";
/// Prefix of how far it is.
const PROGRESS: &str = "harvest-progress:";

fn json<T: serde::Serialize>(value: &T) -> Option<Vec<u8>> {
    serde_json::to_vec(value).ok()
}

/// All sources by id.
///
/// # Errors
/// When the store fails.
pub fn sources(office: &Office) -> Result<Vec<(String, Source, Progress)>, Failure> {
    let store = office.library().store();
    let page = store.scan_prefix(Table::Meta, SOURCE.as_bytes(), None, MAX_SOURCES);
    let mut found = Vec::new();
    for (key, value) in page.map_err(market::MarketError::from)? {
        let id =
            std::str::from_utf8(key.get(SOURCE.len()..).unwrap_or_default()).unwrap_or_default().to_owned();
        if let Ok(source) = serde_json::from_slice(&value) {
            let progress = progress(office, &id)?;
            found.push((id, source, progress));
        }
    }
    Ok(found)
}

/// What an operator said of a source; `None` once it was removed.
///
/// # Errors
/// When the store fails.
pub fn source(office: &Office, id: &str) -> Result<Option<Source>, Failure> {
    let found = office.library().store().get(Table::Meta, format!("{SOURCE}{id}").as_bytes());
    Ok(found.map_err(market::MarketError::from)?.and_then(|bytes| serde_json::from_slice(&bytes).ok()))
}

/// How far a source is.
///
/// # Errors
/// When the store fails.
pub fn progress(office: &Office, id: &str) -> Result<Progress, Failure> {
    let found = office.library().store().get(Table::Meta, format!("{PROGRESS}{id}").as_bytes());
    let found = found.map_err(market::MarketError::from)?;
    Ok(found.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default())
}

/// Keeps what an operator said.
///
/// # Errors
/// When the disk fails or is full.
pub fn keep_source(office: &Office, id: &str, source: &Source) -> Result<(), Failure> {
    let source = Source { v: FORM, ..source.clone() };
    keep(office, vec![(format!("{SOURCE}{id}"), json(&source))])
}

/// Keeps how far it is, unless it was removed meanwhile.
///
/// # Errors
/// When the disk fails or is full.
pub fn keep_progress(office: &Office, id: &str, progress: &Progress) -> Result<(), Failure> {
    if source(office, id)?.is_none() {
        return Ok(());
    }
    let progress = Progress { v: FORM, ..progress.clone() };
    keep(office, vec![(format!("{PROGRESS}{id}"), json(&progress))])
}

/// Forgets a source. What it brought stays.
///
/// # Errors
/// When the disk fails.
pub fn remove(office: &Office, id: &str) -> Result<(), Failure> {
    keep(office, vec![(format!("{SOURCE}{id}"), None), (format!("{PROGRESS}{id}"), None)])?;
    super::members::forget(office, id)
}

fn keep(office: &Office, kept: Vec<(String, Option<Vec<u8>>)>) -> Result<(), Failure> {
    let kept: Vec<_> = kept.into_iter().map(|(key, value)| (key.into_bytes(), value)).collect();
    Ok(office.writing().work(|desk| {
        desk.ledger.keep_all(Table::Meta, &kept)?;
        Ok(((), Vec::new()))
    })?)
}
