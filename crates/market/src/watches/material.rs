//! What counts as a change of a listing for those who watch for it.

use catalog::fold;
use protocol::Value;

use crate::library::Listing;

/// Beginning of keys that tell how to reach somebody.
const CONTACT: &str = "contact_";
/// The office's own number: nothing to a reader.
const OWN_NUMBER: &str = "source_id";

/// A digest of what a listing says to whoever looks for something: all its fields but how to reach somebody, the office's own number
/// and its files, with spaces and full-width forms told alike. Two versions with the same digest are told of once.
pub fn material(listing: &Listing) -> [u8; 8] {
    let said =
        listing.state.fields.iter().filter(|(key, _)| {
            !key.starts_with('_') && !key.starts_with(CONTACT) && key.as_str() != OWN_NUMBER
        });
    let mut parts: Vec<Vec<u8>> = Vec::new();
    for (key, values) in said {
        parts.push(key.clone().into_bytes());
        parts.push(values.len().to_be_bytes().to_vec());
        parts.extend(values.iter().map(bytes));
    }
    let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
    let [a, b, c, d, e, f, g, h, ..] = protocol::hash("watch", &parts).0;
    [a, b, c, d, e, f, g, h]
}

fn bytes(value: &Value) -> Vec<u8> {
    match value {
        Value::Text(text) => fold::cell(text).into_bytes(),
        Value::Int(number) | Value::Time(number) => number.to_be_bytes().to_vec(),
        Value::Bool(yes) => vec![u8::from(*yes)],
    }
}
