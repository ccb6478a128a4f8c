//! The node's side of a backup: the moment, and pages of what it names. The file is written by whoever asks.

use market::MarketError;
use market::backup::{pack_entries, pack_records};
use protocol::{Decoder, Hash, Head, LogId};
use serde_json::{Value as Json, json};
use storage::Position;

use super::Office;
use super::answers::file_reply;
use super::failure::{Failure, exit};
use super::request::Reply;

/// Names of files in an answer.
const FILES_AT_ONCE: usize = 4_096;

impl Office {
    pub(super) fn backup_plan(&self) -> Json {
        file_reply(&self.core().backup_plan().to_bytes())
    }

    pub(super) fn backup_entries(&self, log: &str, seq: u64, hash: &str, to: u64) -> Reply {
        let wrong = |what: String| Failure::said(exit::USAGE, "cli.failure.data", &[("what", &what)]);
        let log = data_encoding::HEXLOWER.decode(log.as_bytes()).map_err(|error| wrong(error.to_string()))?;
        let log = Decoder::whole(&log, "log id", LogId::decode).map_err(MarketError::from)?;
        let have = Head { seq, hash: hash.parse().map_err(MarketError::from)? };
        Ok(file_reply(&pack_entries(&self.backup.entries(&log, have, to)?)))
    }

    pub(super) fn backup_records(&self, from: u64, to: u64) -> Reply {
        let (from, to) = (Position::from_u64(from), Position::from_u64(to));
        Ok(file_reply(&pack_records(&self.backup.records(from, to)?)))
    }

    /// Names of the files that a backup holds: all that are here, but those that only others answer for, who have them too.
    pub(super) fn backup_files(&self, after: Option<&str>) -> Reply {
        let after = after.map(str::parse::<Hash>).transpose().map_err(MarketError::from)?;
        let (us, drafted) = (self.identity().institution.id(), self.drafted_files()?);
        let mut names = Vec::new();
        for name in self.files().names(after).map_err(MarketError::from)? {
            if drafted.contains(&name) || !self.library().is_only_others(&name, &us)? {
                names.push(name.to_string());
            }
            if names.len() == FILES_AT_ONCE {
                break;
            }
        }
        Ok(json!({ "v": 1, "more": names.len() == FILES_AT_ONCE, "files": names }))
    }
}
