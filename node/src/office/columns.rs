//! Which columns of tables were chosen by hand: kept by header, so that next year's table of the same office maps itself.

use std::collections::BTreeMap;

use catalog::Kind;
use exchange::mapping::Choices;
use storage::Table;

use super::Office;
use super::failure::Failure;

/// Prefix of the local records; kind and header follow.
const COLUMN: &str = "column:";
/// Headers that are kept in mind for each kind: a hundred different tables of thirty columns.
const MAX_HEADERS: usize = 3_000;
/// Bytes of a field's id or a part's key.
const MAX_KEY_BYTES: usize = 100;

fn prefix(kind: Kind) -> String {
    format!("{COLUMN}{}:", kind.id())
}

impl Office {
    /// What was chosen for columns of tables of a kind before.
    ///
    /// # Errors
    /// When the store fails.
    pub fn remembered(&self, kind: Kind) -> Result<Choices, Failure> {
        let prefix = prefix(kind);
        let store = self.library().store();
        let page = store.scan_prefix(Table::Meta, prefix.as_bytes(), None, MAX_HEADERS);
        let mut choices = Choices::default();
        for (key, value) in page.map_err(market::MarketError::from)? {
            let header = std::str::from_utf8(key.get(prefix.len()..).unwrap_or_default());
            if let (Ok(header), Ok(field)) = (header, std::str::from_utf8(&value)) {
                choices.choose(header, field);
            }
        }
        Ok(choices)
    }

    /// Keeps in mind what was chosen for columns: a field's id or a part's key, or `""` for one that is left out. Returns how
    /// many of them; past the bound new headers are not kept.
    ///
    /// # Errors
    /// When the disk fails or is full.
    pub fn remember(&self, kind: Kind, choices: &BTreeMap<String, String>) -> Result<usize, Failure> {
        let known = self.remembered(kind)?;
        let mut room = MAX_HEADERS.saturating_sub(known.iter().count());
        let mut kept = Vec::new();
        for (header, field) in choices {
            let Some(header) = Choices::key(header).filter(|_| field.len() <= MAX_KEY_BYTES) else {
                continue;
            };
            let before = known.of(&header);
            if before == Some(field) {
                continue;
            }
            if before.is_none() {
                let Some(less) = room.checked_sub(1) else { continue };
                room = less;
            }
            let key = format!("{}{header}", prefix(kind)).into_bytes();
            kept.push((key, Some(field.clone().into_bytes())));
        }
        self.writing().work(|desk| {
            desk.ledger.keep_all(Table::Meta, &kept)?;
            Ok(((), Vec::new()))
        })?;
        Ok(kept.len())
    }
}
