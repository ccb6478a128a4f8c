//! What people filter by, the same for every kind.

use crate::record::Record;

/// Values of a record that lists filter and count by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facets {
    /// Term ids of the technical field.
    pub fields: Vec<String>,
    /// The division, six digits; filters use its prefix.
    pub region: Option<String>,
    /// The range of readiness levels, 1–9.
    pub trl: Option<(u8, u8)>,
    /// Term ids of the modes of cooperation.
    pub cooperation: Vec<String>,
    /// Industry code of GB/T 4754-2017.
    pub industry: Option<String>,
    /// Term ids of the emerging industries.
    pub emerging: Vec<String>,
    /// The organisation named.
    pub organization: Option<String>,
    /// The year.
    pub year: Option<i64>,
    /// The language's id (`zh`, `en`).
    pub language: Option<String>,
}

/// The facets of a record.
pub fn of(record: &Record) -> Facets {
    let terms = |prefix: &str| record.members(prefix).map(str::to_owned).collect();
    let text = |key: &str| record.text(key).map(str::to_owned);
    Facets {
        fields: terms("field"),
        region: text("region"),
        trl: record.trl(),
        cooperation: terms("cooperation"),
        industry: text("industry"),
        emerging: terms("emerging_industry"),
        organization: text("organization"),
        year: record.int("year"),
        language: text("language"),
    }
}
