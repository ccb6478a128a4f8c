//! A listing as unqualified Dublin Core (DCMES 1.1, ISO 15836-1), by the field's own fields.

use catalog::{FieldType, Kind, Lang, Record, region};

/// The fifteen elements, as far as a listing has them: names without their prefix, in the schema's order, each with one value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dublin(pub Vec<(&'static str, String)>);

impl Dublin {
    /// What a record says. `publisher` is the institution that answers for it, `identifiers` are addresses and names under which it
    /// is found, besides its own numbers.
    pub fn of(kind: Kind, record: &Record, publisher: &str, updated: &str, identifiers: &[String]) -> Self {
        let mut found = Self::default();
        found.say("title", record.title());
        ["organization", "team"]
            .iter()
            .filter_map(|key| record.text(key))
            .for_each(|by| found.say("creator", by));
        record.members("keyword").for_each(|word| found.say("subject", word));
        let shown = catalog::display::all(kind, record, Lang::Zh);
        let value = |id: &str| shown.iter().find(|shown| shown.id == id).map(|shown| shown.value.as_str());
        ["field", "industry"].iter().filter_map(|id| value(id)).for_each(|name| found.say("subject", name));
        let long = kind.fields().iter().filter(|field| matches!(field.ty, FieldType::LongText));
        ["summary"].into_iter().chain(long.map(|field| field.id)).filter_map(value).for_each(|text| {
            found.say("description", text);
        });
        found.say("publisher", publisher);
        found.say("date", updated);
        found.say("type", kind.label(Lang::Zh));
        found.say("type", kind.label(Lang::En));
        identifiers.iter().for_each(|identifier| found.say("identifier", identifier));
        record.identifiers().into_iter().for_each(|number| found.say("identifier", number));
        found.say("language", record.text("language").unwrap_or("zh"));
        if let Some(place) = record.text("region") {
            found.say("coverage", &region::path_text(place).unwrap_or_else(|| place.to_owned()));
        }
        found
    }

    fn say(&mut self, element: &'static str, value: &str) {
        if !value.is_empty() {
            self.0.push((element, value.to_owned()));
        }
    }
}
