//! Atom 1.0 (RFC 4287).

use std::io;

use super::{Entry, Feed};
use crate::oai::{Xml, second};

const ATOM: &str = "http://www.w3.org/2005/Atom";
/// Where kinds are terms of.
const KINDS: &str = "urn:lianshi:kind";

impl Feed {
    /// The document, `application/atom+xml`.
    ///
    /// # Errors
    /// None that memory does not make.
    pub fn to_atom(&self) -> io::Result<Vec<u8>> {
        let mut xml = Xml::begin()?;
        xml.open("feed", &[("xmlns", ATOM), ("xml:lang", self.lang)])?;
        xml.text("id", &self.id)?;
        xml.text("title", &self.title)?;
        if !self.about.is_empty() {
            xml.text("subtitle", &self.about)?;
        }
        xml.text("updated", &second(self.updated_s))?;
        author(&mut xml, &self.author)?;
        let atom = "application/atom+xml";
        link(&mut xml, "self", &self.own, atom)?;
        link(&mut xml, "alternate", &self.home, "text/html")?;
        link(&mut xml, "first", &self.first, atom)?;
        for (rel, address) in [("previous", &self.newer), ("next", &self.older)] {
            if let Some(address) = address {
                link(&mut xml, rel, address, atom)?;
            }
        }
        xml.text("generator", "lianshi")?;
        for entry in &self.entries {
            self.entry(&mut xml, entry)?;
        }
        xml.close("feed")?;
        Ok(xml.end())
    }

    fn entry(&self, xml: &mut Xml, entry: &Entry) -> io::Result<()> {
        xml.open("entry", &[])?;
        xml.text("id", &entry.id)?;
        xml.text("title", entry.heading())?;
        xml.text("updated", &second(entry.updated_s))?;
        xml.text("published", &second(entry.published_s))?;
        if !entry.author.is_empty() {
            author(xml, &entry.author)?;
        }
        link(xml, "alternate", &entry.page, "text/html")?;
        let (term, label) = (entry.kind.0, entry.kind.1.as_str());
        if !term.is_empty() {
            xml.text_with("category", &[("term", term), ("scheme", KINDS), ("label", label)], "")?;
        }
        for word in &entry.keywords {
            xml.text_with("category", &[("term", word)], "")?;
        }
        if !entry.summary.is_empty() {
            xml.text("summary", &entry.summary)?;
        }
        xml.close("entry")
    }
}

fn author(xml: &mut Xml, name: &str) -> io::Result<()> {
    xml.open("author", &[])?;
    xml.text("name", name)?;
    xml.close("author")
}

fn link(xml: &mut Xml, rel: &str, address: &str, form: &str) -> io::Result<()> {
    xml.text_with("link", &[("rel", rel), ("href", address), ("type", form)], "")
}
