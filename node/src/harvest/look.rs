//! A look at a repository before it is harvested: what it is, what it has, and how its first records would be listed.

use std::time::Duration;

use catalog::Lang;
use exchange::oai::reading::Foreign;
use serde::Serialize;

use super::Source;
use super::ask::NewSource;
use super::fetch::{Trouble, arguments as named, fetch, objection};
use super::pass::{best, set_of};
use super::records::Reader;
use crate::office::{Failure, Office, exit, text_of};
use crate::outgoing::wait_for;

/// A look takes no longer: a person waits for it in a browser, which is told to wait a little longer than this.
const LOOK_FOR: Duration = Duration::from_secs(8);
/// Records that are shown.
const RECORDS: usize = 3;
/// Sets that are shown; repositories of thousands have them in pages, of which the first says enough.
const SETS: usize = 200;
/// Forms of records that are shown.
const FORMATS: usize = 50;
/// Characters of a name or a specification that are shown.
const NAME_CHARS: usize = 200;
/// Characters of a field that are shown.
const FIELD_CHARS: usize = 300;

/// What a repository is and has.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Look {
    /// Version of this form.
    pub v: u32,
    /// Its address, as it will be asked.
    pub url: String,
    /// What it calls itself.
    pub name: String,
    /// `no`, `transient` or `persistent`: whether it tells what is gone.
    pub deleted: String,
    /// The form of records that these came in.
    pub prefix: String,
    /// The forms that it has.
    pub formats: Vec<String>,
    /// Its sets: specification and name.
    pub sets: Vec<(String, String)>,
    /// Whether it has further sets.
    pub more_sets: bool,
    /// The first records.
    pub records: Vec<Sample>,
}

/// A record, as it would be listed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Sample {
    /// Its identifier there.
    pub identifier: String,
    /// The kind that it would be of; empty where it would be refused, is gone there, or is this network's own.
    pub kind: String,
    /// What it would say: document keys and texts.
    pub fields: Vec<(String, String)>,
    /// Why it would be refused, Chinese and English; empty where it would not.
    pub why: (String, String),
}

impl Office {
    /// Looks at a repository, and changes nothing.
    ///
    /// # Errors
    /// When it cannot be reached, or is none.
    pub fn look_at_repository(&self, new: &NewSource) -> Result<Look, Failure> {
        let source = self.checked_source(new)?;
        let reader = Reader::new(self, &source.terms)?;
        let looked =
            wait_for(async { tokio::time::timeout(LOOK_FOR, self.ask_repository(&source, &reader)).await });
        match looked.map_err(|error| Failure::new(exit::FAILED, error.to_string(), ""))? {
            Ok(Ok(look)) => Ok(look),
            Ok(Err(trouble)) => Err(trouble.failure),
            Err(_) => Err(Failure::said(exit::UNREACHABLE, "harvest.failure.slow", &[])),
        }
    }

    async fn ask_repository(&self, source: &Source, reader: &Reader) -> Result<Look, Trouble> {
        let client = self.outgoing().client();
        let ask = async |arguments: &[(&str, &str)]| fetch(client, source, &named(arguments), 0).await;
        let said = ask(&[("verb", "Identify")]).await?;
        let Some(repository) = said.repository else {
            let (code, text) = said.faults.into_iter().next().unwrap_or_default();
            return Err(objection(&code, &text).into());
        };
        let formats = ask(&[("verb", "ListMetadataFormats")]).await?.formats;
        let prefix = if source.prefix.is_empty() { best(&formats) } else { source.prefix.clone() };
        let sets = ask(&[("verb", "ListSets")]).await?;
        let mut asked = named(&[("verb", "ListRecords"), ("metadataPrefix", &prefix)]);
        asked.extend(set_of(source, 0));
        let page = fetch(client, source, &asked, 0).await?;
        if let Some((code, text)) = page.faults.first().filter(|(code, _)| code != "noRecordsMatch") {
            return Err(objection(code, text).into());
        }
        let short = |text: &str| catalog::fold::clip(&catalog::fold::line(text), NAME_CHARS);
        // A specification that no request could name is none to choose.
        let whole = |spec: &&(String, String)| super::ask::is_name(&spec.0) && !spec.0.is_empty();
        Ok(Look {
            v: 1,
            url: source.url.clone(),
            name: short(&repository.name),
            deleted: short(&repository.deleted),
            prefix,
            formats: formats.iter().map(|format| short(&format.prefix)).take(FORMATS).collect(),
            more_sets: sets.token.is_some() || sets.sets.len() > SETS,
            sets: sets.sets.iter().filter(whole).take(SETS).map(|(s, n)| (s.clone(), short(n))).collect(),
            records: page.records.iter().take(RECORDS).map(|record| sample(reader, record)).collect(),
        })
    }
}

fn sample(reader: &Reader, record: &Foreign) -> Sample {
    let identifier = catalog::fold::clip(&catalog::fold::line(&record.identifier), NAME_CHARS);
    let none = Sample { identifier, ..Sample::default() };
    let words = |key: &str| {
        let say = |lang| catalog::words::say(lang, key).to_owned();
        (say(Lang::Zh), say(Lang::En))
    };
    match reader.coming(record) {
        Ok(Some(coming)) => match coming.said {
            Some((kind, fields)) => Sample {
                kind: kind.id().to_owned(),
                fields: fields
                    .iter()
                    .map(|(key, value)| (key.clone(), catalog::fold::clip(&text_of(value), FIELD_CHARS)))
                    .collect(),
                ..none
            },
            None => Sample { why: words("harvest.refused.gone"), ..none },
        },
        Ok(None) => Sample { why: words("harvest.became.known"), ..none },
        Err(why) => Sample { why, ..none },
    }
}
