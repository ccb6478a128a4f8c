//! What a person decided of columns, by their headers.

use super::{LISTING, Mapping, field_of};
use std::collections::BTreeMap;

/// Bytes of a header that a choice is kept for; longer ones are texts.
const MAX_HEADER_BYTES: usize = 200;

/// Which field a column of a header goes to, or that it is left out. Headers are told apart by their words, not by width, case
/// or spaces around them: `价格（万元）` and `价格（元）` are two.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choices(BTreeMap<String, String>);

impl Choices {
    /// A header as choices are kept under; `None` for one that is none.
    pub fn key(header: &str) -> Option<String> {
        let key = catalog::fold::cell(header).to_lowercase();
        (!key.is_empty() && key.len() <= MAX_HEADER_BYTES).then_some(key)
    }

    /// Sends the columns of a header to a field; `""` leaves them out. A header that is none is passed over.
    pub fn choose(&mut self, header: &str, field: &str) {
        if let Some(key) = Choices::key(header) {
            self.0.insert(key, field.to_owned());
        }
    }

    /// What was chosen for a header: a field's id or a part's key, [`LISTING`], or `""` where it is left out.
    pub fn of(&self, header: &str) -> Option<&str> {
        self.0.get(&Choices::key(header)?).map(String::as_str)
    }

    /// All of them, by header.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(header, field)| (header.as_str(), field.as_str()))
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Mapping {
    /// Takes the columns that choices name, of those that are free.
    pub(super) fn take_chosen(&mut self, headers: &[String], choices: &Choices, silenced: &[String]) {
        let stated: Vec<String> = self.entries.iter().map(|entry| entry.key.clone()).collect();
        for header in self.free(headers) {
            let Some(key) = choices.of(&header) else { continue };
            match field_of(self.kind, key) {
                _ if key.is_empty() => self.left_out.push(header),
                _ if key == LISTING => drop(self.listing.get_or_insert(header)),
                Some(field)
                    if !stated.iter().any(|own| own == key) && !silenced.iter().any(|own| own == key) =>
                {
                    self.join(key, field, &header);
                }
                _ => {}
            }
        }
    }
}
