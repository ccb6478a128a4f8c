//! What a check-up looks at and a status does not tell: it takes time, or needs the disk.

use serde_json::json;

use super::Office;
use super::request::Reply;

impl Office {
    /// Reads the whole journal and the index, so it takes as long as they are large.
    pub(super) fn examine(&self) -> Reply {
        let contacts = self.core().contacts()?;
        let free = storage::free_bytes(&self.home).map_err(market::MarketError::from)?;
        let index = self.finder().index().verify().err().map(|error| error.to_string());
        let failed = |(address, why): &(String, String)| json!({ "address": address, "why": why });
        Ok(json!({
            "v": 1,
            "disk": { "free": free, "floor": self.config().storage.floor_mib << 20 },
            "journal": self.backup.journal_fault()?,
            "index": index.filter(|_| !self.running),
            "listen_failed": contacts.listen_failed.iter().map(failed).collect::<Vec<_>>(),
            "reached": contacts.reached,
            "seen_ms": contacts.seen_ms,
            "signed_ms": contacts.signed_ms,
            "started_ms": self.started_ms(),
        }))
    }
}
