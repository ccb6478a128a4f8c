//! JSON Feed 1.1.

use serde_json::{Value, json};

use super::{Entry, Feed};
use crate::oai::second;

impl Feed {
    /// The document, `application/feed+json`.
    pub fn to_json(&self) -> Vec<u8> {
        let mut out = json!({
            "version": "https://jsonfeed.org/version/1.1",
            "title": self.title,
            "home_page_url": self.home,
            "feed_url": self.own,
            "language": self.lang,
            "authors": [{ "name": self.author }],
            "items": self.entries.iter().map(item).collect::<Vec<_>>(),
        });
        for (name, value) in [("description", Some(&self.about)), ("next_url", self.older.as_ref())] {
            if let Some(value) = value.filter(|value| !value.is_empty()) {
                out[name] = value.as_str().into();
            }
        }
        out.to_string().into_bytes()
    }
}

fn item(entry: &Entry) -> Value {
    let tags: Vec<&str> =
        std::iter::once(entry.kind.1.as_str()).chain(entry.keywords.iter().map(String::as_str)).collect();
    // An item has a text; a listing need not have a summary.
    let text = if entry.summary.is_empty() { entry.heading() } else { &entry.summary };
    let mut item = json!({
        "id": entry.id,
        "url": entry.page,
        "title": entry.heading(),
        "content_text": text,
        "date_published": second(entry.published_s),
        "date_modified": second(entry.updated_s),
        "tags": tags.into_iter().filter(|tag| !tag.is_empty()).collect::<Vec<_>>(),
    });
    if !entry.author.is_empty() {
        item["authors"] = json!([{ "name": entry.author }]);
    }
    item
}
