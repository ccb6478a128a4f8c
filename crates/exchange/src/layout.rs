//! Listings as the rows of a table: which columns there are, and what stands in them. A workbook and a csv are laid out alike, as
//! the template is; their last column says which listing a row is, so that an import finds it again.

use crate::mapping::LISTING;
use crate::workbook::{label, ordered};
use catalog::words::say;
use catalog::{Field, Kind, Lang, Record, display, form};
use std::collections::BTreeSet;

/// The columns of a table of listings of one kind.
#[derive(Clone, Debug)]
pub struct Layout {
    pub(crate) kind: Kind,
    pub(crate) lang: Lang,
    pub(crate) fields: Vec<&'static Field>,
    /// Keys of parts that no text for people says, see [`form::cells`].
    parts: BTreeSet<String>,
}

impl Layout {
    /// One column a field, and that of the ids.
    pub fn new(kind: Kind, lang: Lang) -> Layout {
        Layout { kind, lang, fields: ordered(kind), parts: BTreeSet::new() }
    }

    /// Makes room for what a record says besides. Show it every record before the first is written.
    pub fn widen(&mut self, record: &Record) {
        let keys = form::cells(self.kind, record, self.lang).into_keys();
        self.parts.extend(keys.filter(|key| self.fields.iter().all(|field| field.id != key)));
    }

    /// Key and heading of each column as people read it.
    pub(crate) fn columns(&self) -> Vec<(String, String)> {
        self.columns_with(|key| display::entry_label(self.kind, key, self.lang))
    }

    /// Key and heading of each column, such that an import knows each by its heading alone.
    pub fn plain_columns(&self) -> Vec<(String, String)> {
        self.columns_with(str::to_owned)
    }

    fn columns_with(&self, part: impl Fn(&str) -> String) -> Vec<(String, String)> {
        let fields = self.fields.iter().map(|field| (field.id.to_owned(), label(field, self.lang)));
        let parts = self.parts.iter().map(|key| (key.clone(), part(key)));
        let listing = (LISTING.to_owned(), say(self.lang, "table.listing").to_owned());
        fields.chain(parts).chain([listing]).collect()
    }

    /// The cells of a listing by the keys of their columns.
    pub fn row(&self, id: &str, record: &Record) -> Vec<(String, String)> {
        let cells = form::cells(self.kind, record, self.lang).into_iter();
        cells.chain([(LISTING.to_owned(), id.to_owned())]).collect()
    }
}
