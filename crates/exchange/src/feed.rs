//! Lists of listings as feeds: Atom 1.0 (RFC 4287) and JSON Feed 1.1 (<https://www.jsonfeed.org/version/1.1/>), in pages that lead
//! to each other (RFC 5005 §3).
//!
//! Pure: who serves a feed looks up what stands in it. Texts come from anyone; what XML or JSON gives a meaning to is escaped here.
//! Absent: which listings a feed has, and contact details, which no feed carries.

mod atom;
mod json;

/// A page of a feed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Feed {
    /// What it is called for ever, wherever it is served: a URI.
    pub id: String,
    /// Its title.
    pub title: String,
    /// What stands in it, in a sentence; may be empty.
    pub about: String,
    /// Its language, RFC 5646.
    pub lang: &'static str,
    /// Who publishes it.
    pub author: String,
    /// The page that shows the same to people.
    pub home: String,
    /// The address of this page of it.
    pub own: String,
    /// The address of its first page.
    pub first: String,
    /// The address of the page with what is newer; `None` on the first.
    pub newer: Option<String>,
    /// The address of the page with what is older; `None` on the last.
    pub older: Option<String>,
    /// When it last changed, seconds since 1970.
    pub updated_s: u64,
    /// What stands in it, the newest first.
    pub entries: Vec<Entry>,
}

/// A listing in a feed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    /// What it is called for ever, on every node the same: a URI.
    pub id: String,
    /// Its title; empty ones are given the id, since Atom wants a title.
    pub title: String,
    /// The page that shows it.
    pub page: String,
    /// Its summary; may be empty.
    pub summary: String,
    /// Who answers for it.
    pub author: String,
    /// Kind id, and its name for people.
    pub kind: (&'static str, String),
    /// Keywords.
    pub keywords: Vec<String>,
    /// When it was made, seconds since 1970.
    pub published_s: u64,
    /// When it last changed.
    pub updated_s: u64,
}

impl Entry {
    fn heading(&self) -> &str {
        if self.title.trim().is_empty() { &self.id } else { &self.title }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOSTILE: &str = "</script><script>alert(1)</script> & \"x\" ]]> <!-- \u{0}\u{1b}\u{FFFF}石墨烯";

    fn hostile() -> Feed {
        let text = || HOSTILE.to_owned();
        let entry = Entry {
            id: "oai:n1.lianshi:ab".to_owned(),
            title: text(),
            page: "https://a.cn/listing/ab?x=1&y=\"2\"".to_owned(),
            summary: text(),
            author: text(),
            kind: ("achievement", "科技成果".to_owned()),
            keywords: vec![text(), "催化".to_owned()],
            published_s: 1_795_806_464,
            updated_s: 1_795_806_465,
        };
        Feed {
            id: "urn:lianshi:feed:1".to_owned(),
            title: text(),
            about: text(),
            lang: "zh-CN",
            author: text(),
            home: "https://a.cn/list?q=%22".to_owned(),
            own: "https://a.cn/feed.atom?page=2".to_owned(),
            first: "https://a.cn/feed.atom".to_owned(),
            newer: Some("https://a.cn/feed.atom".to_owned()),
            older: Some("https://a.cn/feed.atom?page=3".to_owned()),
            updated_s: 1_795_806_465,
            entries: vec![entry, Entry { id: "oai:n1.lianshi:cd".to_owned(), ..Entry::default() }],
        }
    }

    /// Element names and texts of a document, in order; reading it proves that it is well-formed.
    fn read(xml: &str) -> Vec<(String, String)> {
        use quick_xml::events::Event;
        let (mut reader, mut path, mut found) =
            (quick_xml::Reader::from_str(xml), Vec::new(), Vec::<(String, String)>::new());
        loop {
            match reader.read_event().unwrap() {
                Event::Start(start) => {
                    let name = start.name().as_ref().to_owned();
                    start.attributes().for_each(|attribute| drop(attribute.unwrap()));
                    found.push((name.clone(), String::new()));
                    path.push(name);
                }
                Event::Text(text) => found.last_mut().unwrap().1.push_str(&text),
                Event::GeneralRef(entity) => {
                    found.last_mut().unwrap().1.push(match &*entity {
                        "lt" => '<',
                        "gt" => '>',
                        "amp" => '&',
                        "quot" => '"',
                        other => panic!("{other}"),
                    });
                }
                Event::End(_) => drop(path.pop().unwrap()),
                Event::Eof => break,
                _ => {}
            }
        }
        assert!(path.is_empty());
        found
    }

    #[test]
    fn an_atom_feed_of_hostile_texts_is_well_formed_and_says_the_same() {
        let atom = String::from_utf8(hostile().to_atom().unwrap()).unwrap();
        assert!(!atom.contains("<script") && !atom.contains("<!--"), "{atom}");
        let found = read(&atom);
        let of = |name: &str| -> Vec<&str> {
            found.iter().filter(|(found, _)| found == name).map(|(_, text)| text.as_str()).collect()
        };
        let said = HOSTILE.replace(['\u{0}', '\u{1b}', '\u{FFFF}'], "");
        assert_eq!(of("title"), [&said, &said, "oai:n1.lianshi:cd"]);
        assert_eq!(of("summary"), [&said]);
        assert_eq!(of("id"), ["urn:lianshi:feed:1", "oai:n1.lianshi:ab", "oai:n1.lianshi:cd"]);
        assert_eq!(of("updated"), ["2026-11-27T19:07:45Z", "2026-11-27T19:07:45Z", "1970-01-01T00:00:00Z"]);
        assert!(atom.contains("<link rel=\"next\" href=\"https://a.cn/feed.atom?page=3\""), "{atom}");
        assert!(atom.contains("href=\"https://a.cn/listing/ab?x=1&amp;y=&quot;2&quot;\""), "{atom}");
    }

    #[test]
    fn a_json_feed_of_hostile_texts_says_the_same() {
        let json: serde_json::Value = serde_json::from_slice(&hostile().to_json()).unwrap();
        assert_eq!(json["version"], "https://jsonfeed.org/version/1.1");
        assert_eq!(json["next_url"], "https://a.cn/feed.atom?page=3");
        let item = &json["items"][0];
        assert_eq!((&item["title"], &item["content_text"]), (&HOSTILE.into(), &HOSTILE.into()));
        assert_eq!(item["date_modified"], "2026-11-27T19:07:45Z");
        assert_eq!(json["items"][1]["content_text"], "oai:n1.lianshi:cd", "an item has a text");
    }
}
