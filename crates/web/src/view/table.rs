//! Lists as tables to keep.

/// What a table is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TableForm {
    /// A workbook.
    Xlsx,
    /// Comma-separated text.
    Csv,
    /// Lines of JSON.
    Jsonl,
}

impl TableForm {
    /// All of them.
    pub(crate) const ALL: [Self; 3] = [Self::Xlsx, Self::Csv, Self::Jsonl];

    /// The form of that ending.
    pub(crate) fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|form| form.id() == id)
    }

    /// The ending of its files.
    pub(crate) fn id(self) -> &'static str {
        match self {
            Self::Xlsx => "xlsx",
            Self::Csv => "csv",
            Self::Jsonl => "jsonl",
        }
    }

    /// Its media type.
    pub(crate) const fn media(self) -> &'static str {
        match self {
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Self::Csv => "text/csv; charset=utf-8",
            Self::Jsonl => "application/x-ndjson",
        }
    }
}
