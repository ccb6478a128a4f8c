//! The node's side of a backup: the moment, and pages of what it names. The file is written by whoever asks.

use market::MarketError;
use market::backup::{pack_entries, pack_records};
use protocol::{Decoder, Head, LogId};
use serde_json::Value as Json;
use storage::Position;

use super::Office;
use super::answers::file_reply;
use super::failure::{Failure, exit};
use super::request::Reply;

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
}
