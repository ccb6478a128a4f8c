//! What a workbook of this program says of its own columns.

use super::{Entry, MAX_JOINED_COLUMNS, Mapping, Origin, field_of};
use crate::read::Source;
use crate::workbook::{ERRORS, LISTING};
use catalog::Field;

impl Mapping {
    /// Takes the columns that the workbook names, but those that were stated, for what the workbook says.
    pub(super) fn take_named(&mut self, source: &Source, silenced: &[String]) {
        let stated: Vec<String> = self.entries.iter().map(|entry| entry.key.clone()).collect();
        let open = |key: &String| !stated.contains(key) && !silenced.contains(key);
        let free = self.free(source.headers());
        for (place, key) in source.named() {
            let Some(header) = source.headers().get(*place).filter(|header| free.contains(header)) else {
                continue;
            };
            match (key.as_str(), field_of(self.kind, key)) {
                (ERRORS, _) => self.ours.push(header.clone()),
                (LISTING, _) => self.listing = Some(header.clone()),
                (_, Some(field)) if open(key) => self.join(key, field, header),
                _ => {}
            }
        }
        for (key, text) in source.constants() {
            if let Some(field) = field_of(self.kind, key).filter(|_| open(key) && !self.has(key)) {
                self.entries.push(Entry { key: key.clone(), field, from: Origin::Constant(text.clone()) });
            }
        }
    }

    /// Adds a column to a field, which may have others already.
    pub(super) fn join(&mut self, key: &str, field: &'static Field, header: &str) {
        match self.entries.iter_mut().find(|entry| entry.key == key) {
            Some(Entry { from: Origin::Columns(columns), .. }) if columns.len() < MAX_JOINED_COLUMNS => {
                columns.push(header.to_owned());
            }
            Some(_) => {}
            None => {
                let from = Origin::Columns(vec![header.to_owned()]);
                self.entries.push(Entry { key: key.to_owned(), field, from });
            }
        }
    }
}
