//! Administrative divisions, GB/T 2260: six digits, two each for province, prefecture and county.
//!
//! The table is that of 2025, all of China; former codes and names are known for Hubei. Codes change, so a code is kept with
//! the year in which it is meant ([`Found::as_of`]). Statistical zones that offices use as if they were divisions
//! (421071, 421171) are accepted and flagged. Parents follow from the code: 4201xx → 420100 → 420000, except that the
//! directly administered 4290xx hang from the province. Absent: towns and villages, places abroad, boundaries.

mod history;
mod name;
mod table;

pub use history::{FormerDivision, former};

use std::collections::BTreeSet;

/// The year of the table.
pub const TABLE_YEAR: i64 = 2025;

/// Zone codes of statistical sets that GB/T 2260 does not have: code, name, parent.
const STATISTICAL_ZONES: [(&str, &str); 2] = [("421071", "荆州经济技术开发区"), ("421171", "龙感湖管理区")];

/// How deep a code goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// 420000.
    Province,
    /// 420100.
    Prefecture,
    /// 420106.
    County,
}

/// What a code is today.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// In the table.
    Current,
    /// Was in use; the year is the last in which it was valid.
    Former(i64),
    /// A statistical zone, not in GB/T 2260.
    Zone,
}

/// A division that a text means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Six digits.
    pub code: String,
    /// The year in which the code is meant.
    pub as_of: i64,
    /// What the code is today.
    pub standing: Standing,
}

/// Why a text means no division.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RegionError {
    /// The code has the right form but is not and was never in the tables.
    UnknownCode,
    /// The name is not in the tables.
    UnknownName,
    /// The name is that of several divisions: their codes.
    Ambiguous(Vec<String>),
}

/// Reads a code (`420106`, or the four-digit forms of contracts, `4201`) or a name (`武昌区`, `湖北省武汉市武昌区`, `湖北 武汉`,
/// `武汉市/武昌区`).
///
/// `near` is a code whose province settles names that several provinces have.
pub fn parse(text: &str, near: Option<&str>) -> Result<Found, RegionError> {
    let text = crate::fold::cell(text);
    let digits: String = text.chars().filter(|c| c.is_ascii_digit()).collect();
    let leading = text.chars().take_while(char::is_ascii_digit).count();
    if matches!(leading, 2 | 4 | 6 | 12) && digits.len() == leading {
        // `420106` and `420106 武昌区`; statistics pad to twelve digits.
        let code = format!("{digits:0<6}");
        let code = code.get(..6).unwrap_or_default();
        let towns = digits.get(6..).unwrap_or_default();
        if towns.bytes().all(|b| b == b'0') {
            return by_code(code).ok_or(RegionError::UnknownCode);
        }
        return Err(RegionError::UnknownCode);
    }
    if !digits.is_empty() && digits.len() == text.len() {
        return Err(RegionError::UnknownCode);
    }
    name::find(&text, near)
}

/// Looks a six-digit code up: today's table, the zones, then former codes.
pub fn by_code(code: &str) -> Option<Found> {
    if table::name(code).is_some() {
        return Some(Found { code: code.to_owned(), as_of: TABLE_YEAR, standing: Standing::Current });
    }
    if zone(code).is_some() {
        return Some(Found { code: code.to_owned(), as_of: TABLE_YEAR, standing: Standing::Zone });
    }
    let last = former(code).map(|division| division.last_year)?;
    Some(Found { code: code.to_owned(), as_of: last, standing: Standing::Former(last) })
}

/// The name of one division: 武昌区. Former names for former codes.
pub fn name_of(code: &str) -> Option<&'static str> {
    table::name(code).or_else(|| zone(code)).or_else(|| former(code).map(|division| division.name))
}

/// The names from the province down: 湖北省, 武汉市, 武昌区. Empty for an unknown code.
pub fn path(code: &str) -> Vec<&'static str> {
    let mut names = Vec::new();
    if name_of(code).is_none() {
        return names;
    }
    let mut at = Some(code.to_owned());
    while let Some(code) = at {
        names.extend(name_of(&code));
        at = parent(&code);
    }
    names.reverse();
    names
}

/// The path as one text: `湖北省 / 武汉市 / 武昌区`.
pub fn path_text(code: &str) -> Option<String> {
    let path = path(code);
    (!path.is_empty()).then(|| path.join(" / "))
}

/// The code above: of a county its prefecture, or its province where there is no such prefecture (4290xx, Chongqing).
pub fn parent(code: &str) -> Option<String> {
    match level(code)? {
        Level::Province => None,
        Level::Prefecture => Some(format!("{}0000", code.get(..2)?)),
        Level::County => {
            let prefecture = format!("{}00", code.get(..4)?);
            let known = name_of(&prefecture).is_some();
            Some(if known { prefecture } else { format!("{}0000", code.get(..2)?) })
        }
    }
}

/// How deep a code goes; `None` unless it is six digits.
pub fn level(code: &str) -> Option<Level> {
    if code.len() != 6 || !code.bytes().all(|b| b.is_ascii_digit()) || code.starts_with("00") {
        return None;
    }
    Some(match code {
        code if code.ends_with("0000") => Level::Province,
        code if code.ends_with("00") => Level::Prefecture,
        _ => Level::County,
    })
}

/// The digits that all codes within a division share: province `42`, prefecture `4201`, county `420106`.
pub fn prefix(code: &str) -> &str {
    let end = match level(code) {
        Some(Level::Province) => 2,
        Some(Level::Prefecture) => 4,
        _ => code.len(),
    };
    code.get(..end).unwrap_or(code)
}

/// Whether a code lies within a division given as code or prefix (`42`, `4201`, `420100`, `420106`).
pub fn within(code: &str, area: &str) -> bool {
    code.starts_with(prefix(area))
}

/// Today's divisions directly under a province or prefecture, or the provinces for `None`; code and name, by code.
pub fn children(of: Option<&str>) -> &'static [(&'static str, &'static str)] {
    table::by_parent(of.unwrap_or_default())
}

/// Every successor of a former code that stands in today's table, followed through its changes.
pub fn successors(code: &str) -> BTreeSet<&'static str> {
    history::successors(code)
}

fn zone(code: &str) -> Option<&'static str> {
    STATISTICAL_ZONES.iter().find(|zone| zone.0 == code).map(|zone| zone.1)
}

#[cfg(test)]
mod tests;
