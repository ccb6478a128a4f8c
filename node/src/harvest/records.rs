//! From a page of a repository to what is taken in.

use catalog::{Lang, Record};
use exchange::oai::full;
use exchange::oai::reading::Foreign;
use exchange::oai::terms::Terms;

use super::members::Noted;
use super::{MAX_AGAIN, Progress, Refused};
use crate::office::{Became, Coming, Failure, Office, Taken};

/// Records that are taken in at a time, under one fsync.
const PIECE: usize = 200;
/// Longest identifier, bytes.
pub(super) const MAX_IDENTIFIER: usize = 1_000;
/// Longest datestamp, bytes.
const MAX_STAMP: usize = 64;
/// Characters of a reason that is kept.
const REASON_CHARS: usize = 300;

/// What records are read by.
pub(super) struct Reader {
    terms: Terms,
    /// The division of records that name none.
    region: String,
    /// How identifiers of this network's own listings begin: these are here already.
    own: String,
}

impl Reader {
    pub(super) fn new(office: &Office, terms: &str) -> Result<Self, Failure> {
        let terms = if terms.is_empty() { Terms::default() } else { super::ask::terms_of(terms)? };
        let network = office.identity().network().to_string();
        let own = format!("oai:n{}.lianshi:", network.get(..16).unwrap_or(&network));
        Ok(Self { terms, region: format!("{:06}", office.identity().certificate.body.region), own })
    }

    /// Whether an identifier is one of this network's own.
    pub(super) fn is_own(&self, identifier: &str) -> bool {
        identifier.starts_with(&self.own)
    }

    /// What a record says, or why it is refused: Chinese, English. `Ok(None)` where it is one of this network's own.
    pub(super) fn coming(&self, record: &Foreign) -> Result<Option<Coming>, (String, String)> {
        let named = !record.identifier.is_empty() && record.identifier.len() <= MAX_IDENTIFIER;
        if !named || record.datestamp.len() > MAX_STAMP {
            return Err(said("harvest.refused.header"));
        }
        if self.is_own(&record.identifier) {
            return Ok(None);
        }
        let (identifier, stamp) = (record.identifier.clone(), record.datestamp.clone());
        if record.gone {
            return Ok(Some(Coming { identifier, stamp, said: None }));
        }
        let Some(metadata) = &record.metadata else { return Err(said("harvest.refused.empty")) };
        let issues = |issues: &[catalog::Issue]| {
            let reasons = |lang: Lang| issues.iter().map(|i| i.reason(lang)).collect::<Vec<_>>();
            (reasons(Lang::Zh).join("；"), reasons(Lang::En).join("; "))
        };
        let (kind, fields) = match full::read(metadata) {
            Some(full) => {
                let wrong = Record::validate(full.kind, &full.fields);
                if !wrong.is_empty() {
                    return Err(issues(&wrong));
                }
                (full.kind, full.fields)
            }
            None => {
                let made = self.terms.record(metadata, &self.region).map_err(|wrong| issues(&wrong))?;
                (made.kind, made.fields)
            }
        };
        Ok(Some(Coming { identifier, stamp, said: Some((kind, fields)) }))
    }
}

/// Where records come from, and what becomes of them.
#[derive(Clone)]
pub(super) struct Origin {
    /// The source's id.
    pub(super) id: String,
    /// The address of its repository.
    pub(super) url: String,
    /// Published at once.
    pub(super) publish: bool,
    /// The list that they stand in; `None` of records that were asked for one by one.
    pub(super) list: Option<usize>,
}

/// Takes the records of a page in, and counts what became of them.
///
/// # Errors
/// When nothing can be written at all.
pub(super) fn take(
    office: &Office,
    reader: &Reader,
    origin: &Origin,
    records: &[Foreign],
    progress: &mut Progress,
) -> Result<(), Failure> {
    let (mut comings, mut noted) = (Vec::with_capacity(records.len()), Noted::default());
    let at = (origin.id.as_str(), origin.list);
    for record in records {
        progress.seen += 1;
        match reader.coming(record) {
            Ok(Some(coming)) => {
                let there = coming.said.is_some();
                // What left one list, and still stands in another, is not gone.
                match noted.note(office, at, (&coming.identifier, there))? {
                    true if !there => progress.count("left"),
                    _ => comings.push(coming),
                }
            }
            Ok(None) => progress.count("known"),
            Err(why) => {
                if record.identifier.len() <= MAX_IDENTIFIER {
                    noted.note(office, at, (&record.identifier, true))?;
                }
                refuse(progress, &record.identifier, why);
            }
        }
    }
    for piece in comings.chunks(PIECE) {
        let outcomes = office.take_harvest(&origin.url, origin.publish, piece)?;
        for (coming, Taken { became, stood, failure }) in piece.iter().zip(outcomes) {
            match failure {
                Some(failure) => {
                    let said = |lang| {
                        let (message, hint) = failure.in_words(lang);
                        let parts = [message, hint].into_iter().filter(|part| !part.is_empty());
                        parts.collect::<Vec<_>>().join(" ")
                    };
                    refuse(progress, &coming.identifier, (said(Lang::Zh), said(Lang::En)));
                }
                None => progress.count(became.id()),
            }
            if stood && became != Became::Kept {
                progress.count(Became::Kept.id());
            }
            if became == Became::Busy
                && progress.again.len() < MAX_AGAIN
                && !progress.again.contains(&coming.identifier)
            {
                progress.again.push(coming.identifier.clone());
            }
        }
    }
    noted.keep(office)
}

fn refuse(progress: &mut Progress, identifier: &str, (zh, en): (String, String)) {
    progress.count(Became::Refused.id());
    let short = |text: &str| catalog::fold::clip(text, REASON_CHARS);
    progress.refuse(Refused { identifier: short(identifier), zh: short(&zh), en: short(&en) });
}

fn said(key: &str) -> (String, String) {
    let say = |lang| catalog::words::say(lang, key).to_owned();
    (say(Lang::Zh), say(Lang::En))
}
