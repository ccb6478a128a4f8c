//! The terms of an agreement with another network, as somebody words them. Absent: who signs them (`super::governing`).

use std::collections::BTreeMap;

use protocol::{CodeMapping, MarketFile, ShelfKind, ShelfPattern, Side, Terms};
use serde::Deserialize;

use super::{Failure, day_ms, exit};
use crate::core::now_ms;

/// What two networks are to exchange, seen from this one.
#[derive(Clone, Debug, Default)]
pub struct Offer {
    /// What is given: `achievement`, `achievement@42`, `all`.
    pub give: Vec<String>,
    /// What is taken.
    pub take: Vec<String>,
    /// Fields that the other may show; all where there are none.
    pub give_fields: Vec<String>,
    /// Fields that this network may show.
    pub take_fields: Vec<String>,
    /// The last day, `2027-12-31`.
    pub until: String,
    /// Under which licence this network gives.
    pub licence: String,
    /// How its codes read in the other network.
    pub give_mappings: Vec<CodeMapping>,
    /// How the other network's codes read here.
    pub take_mappings: Vec<CodeMapping>,
}

impl Offer {
    /// The terms between two networks as they show themselves.
    ///
    /// # Errors
    /// When both are one network, or a kind, a region or the day does not read.
    pub fn terms(self, own: &MarketFile, other: &MarketFile, number: u32) -> Result<Terms, Failure> {
        if own.charter.charter.id() == other.charter.charter.id() {
            return Err(Failure::said(exit::REJECTED, "cli.failure.peering.self", &[]));
        }
        let until_ms = day_ms(self.until.trim()).ok_or_else(|| {
            Failure::said(exit::USAGE, "cli.failure.peering.date", &[("what", self.until.trim())])
        })?;
        // The day itself still counts.
        let until_ms = until_ms.saturating_add(24 * 3600 * 1000);
        let gives = side(own, &self.give, self.give_fields, self.give_mappings)?;
        let takes = side(other, &self.take, self.take_fields, self.take_mappings)?;
        let mut sides = [Side { licence: self.licence, ..gives }, takes];
        sides.sort_by_key(|side| side.network);
        Ok(Terms { number, made_ms: now_ms(), until_ms, sides })
    }
}

fn side(
    of: &MarketFile,
    shelves: &[String],
    mut fields: Vec<String>,
    mappings: Vec<CodeMapping>,
) -> Result<Side, Failure> {
    let charter = &of.charter.charter;
    let mut gives = shelves.iter().map(|text| pattern(text)).collect::<Result<Vec<_>, _>>()?;
    gives.sort_unstable();
    gives.dedup();
    let (mut gateways, mut institutions) = (of.gateways.clone(), of.institutions.clone());
    institutions.sort_unstable();
    institutions.dedup();
    gateways.sort_by_key(|gateway| gateway.node);
    gateways.dedup_by_key(|gateway| gateway.node);
    fields.sort_unstable();
    fields.dedup();
    Ok(Side {
        network: charter.id(),
        name_zh: charter.name_zh.clone(),
        name_en: charter.name_en.clone(),
        gives,
        fields,
        licence: String::new(),
        gateways,
        institutions,
        mappings,
    })
}

/// `achievement`, `achievement@42`, `all`, `all@4201`.
fn pattern(text: &str) -> Result<ShelfPattern, Failure> {
    let (kind, region) = text.split_once('@').unwrap_or((text, ""));
    let wrong = || Failure::said(exit::USAGE, "cli.failure.peering.shelf", &[("what", text)]);
    let kind = match kind {
        "all" => None,
        kind => Some(ShelfKind(catalog::Kind::from_id(kind).ok_or_else(wrong)?.code())),
    };
    let digits = region.len() <= 6 && region.bytes().all(|b| b.is_ascii_digit());
    if digits { Ok(ShelfPattern { region_prefix: region.to_owned(), kind }) } else { Err(wrong()) }
}

/// A mapping as people write it: `[field]`, `edition`, and `values`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Mapped {
    edition: String,
    values: BTreeMap<String, String>,
}

/// Mappings in a text of TOML: a table for each field. `file` is what a failure calls it.
///
/// # Errors
/// When it does not read.
pub fn mappings_in(bytes: &[u8], file: &str) -> Result<Vec<CodeMapping>, Failure> {
    let wrong = |what: String| {
        Failure::said(exit::REJECTED, "cli.failure.peering.mapping", &[("file", file), ("what", &what)])
    };
    let text = std::str::from_utf8(bytes).map_err(|error| wrong(error.to_string()))?;
    let read: BTreeMap<String, Mapped> = toml::from_str(text).map_err(|error| wrong(error.to_string()))?;
    let mapping = |(field, mapped): (String, Mapped)| CodeMapping {
        field,
        edition: mapped.edition,
        pairs: mapped.values.into_iter().collect(),
    };
    Ok(read.into_iter().map(mapping).collect())
}
