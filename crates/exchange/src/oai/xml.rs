//! Writing XML.

use std::io;

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};

/// A document that is being written. What XML 1.0 cannot hold is left out of texts.
pub(crate) struct Xml(Writer<Vec<u8>>);

impl Xml {
    pub fn begin() -> io::Result<Self> {
        let mut writer = Writer::new(Vec::new());
        writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
        Ok(Self(writer))
    }

    pub fn open(&mut self, name: &str, attributes: &[(&str, &str)]) -> io::Result<()> {
        self.start(name, attributes, Event::Start)
    }

    pub fn close(&mut self, name: &str) -> io::Result<()> {
        self.0.write_event(Event::End(BytesEnd::new(name)))
    }

    /// An element with a text.
    pub fn text(&mut self, name: &str, text: &str) -> io::Result<()> {
        self.text_with(name, &[], text)
    }

    pub fn text_with(&mut self, name: &str, attributes: &[(&str, &str)], text: &str) -> io::Result<()> {
        self.open(name, attributes)?;
        self.0.write_event(Event::Text(BytesText::new(&clean(text))))?;
        self.close(name)
    }

    pub fn end(self) -> Vec<u8> {
        self.0.into_inner()
    }

    fn start<'e>(
        &mut self,
        name: &'e str,
        attributes: &[(&str, &str)],
        event: impl FnOnce(BytesStart<'e>) -> Event<'e>,
    ) -> io::Result<()> {
        let mut element = BytesStart::new(name);
        for (name, value) in attributes {
            element.push_attribute((*name, clean(value).as_str()));
        }
        self.0.write_event(event(element))
    }
}

/// A text without the characters that no XML 1.0 document may hold (§2.2).
fn clean(text: &str) -> String {
    let may = |c: &char| matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..);
    text.chars().filter(may).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_and_attributes_are_escaped_and_cleaned() {
        let mut xml = Xml::begin().unwrap();
        xml.text_with("a", &[("b", "\"<&\u{1}")], "石墨烯 <script>&\u{0}\u{FFFF}]]>").unwrap();
        let written = String::from_utf8(xml.end()).unwrap();
        assert_eq!(
            written,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><a b=\"&quot;&lt;&amp;\">石墨烯 &lt;script&gt;&amp;]]&gt;</a>"
        );
    }
}
