//! From text to an answer: one walk over the elements, which knows each by the names above it.

use quick_xml::Reader;
use quick_xml::events::{BytesRef, BytesStart, Event};

use super::{Element, Foreign, FormatName, MAX_ELEMENTS, Metadata, Reading, Repository, Unreadable};
use crate::oai::stamp::Stamp;

/// Elements inside each other; answers have six, XML within them some more.
const MAX_DEPTH: usize = 100;
/// Characters of a name or reason that is repeated.
const SHOWN: usize = 80;
/// The verbs whose answers hold records.
const LISTS: [&str; 3] = ["ListRecords", "GetRecord", "ListIdentifiers"];

pub(super) fn read(text: &str) -> Result<Reading, Unreadable> {
    let mut reader = Reader::from_str(text);
    let mut walk = Walk::default();
    loop {
        match reader.read_event() {
            Ok(Event::Start(element)) => walk.open(&element)?,
            Ok(Event::Empty(element)) => {
                walk.open(&element)?;
                walk.close();
            }
            Ok(Event::End(_)) => walk.close(),
            Ok(Event::Text(text)) => walk.text.push_str(&text.xml10_content()),
            Ok(Event::CData(text)) => walk.text.push_str(&text.xml10_content()),
            Ok(Event::GeneralRef(reference)) => walk.text.push_str(&meant(&reference)),
            Ok(Event::DocType(kind)) => {
                let html = kind.trim_start().get(..4).is_some_and(|word| word.eq_ignore_ascii_case("html"));
                return Err(if html { Unreadable::WebPage } else { Unreadable::DocumentType });
            }
            Ok(Event::Eof) => break,
            Ok(Event::Comment(_) | Event::Decl(_) | Event::PI(_)) => {}
            Err(error) => return Err(walk.broken(&error)),
        }
    }
    walk.end()
}

/// What a reference stands for. An entity that XML does not know stays as written: it is expanded by nobody, and those of
/// HTML are known to whoever cleans the text.
fn meant(reference: &BytesRef<'_>) -> String {
    if let Ok(Some(c)) = reference.resolve_char_ref() {
        return c.to_string();
    }
    let name: &str = reference;
    let known = [("amp", "&"), ("lt", "<"), ("gt", ">"), ("quot", "\""), ("apos", "'")];
    let meant = known.iter().find(|(known, _)| *known == name).map(|(_, meant)| (*meant).to_owned());
    meant.unwrap_or_else(|| format!("&{name};"))
}

/// What was read so far.
#[derive(Default)]
struct Walk {
    /// Names of the open elements.
    path: Vec<String>,
    elements: usize,
    /// Text since the last element that counts was opened.
    text: String,
    reading: Reading,
    repository: Repository,
    format: FormatName,
    set: (String, String),
    record: Foreign,
    metadata: Option<Metadata>,
    element: Element,
    fault: String,
    answered: bool,
}

impl Walk {
    fn open(&mut self, element: &BytesStart<'_>) -> Result<(), Unreadable> {
        let name = shown(element.local_name().as_ref());
        if self.path.is_empty() {
            match name.as_str() {
                "OAI-PMH" => {}
                html if html.eq_ignore_ascii_case("html") => return Err(Unreadable::WebPage),
                _ => return Err(Unreadable::Other { root: name }),
            }
        }
        self.elements += 1;
        if self.elements > MAX_ELEMENTS || self.path.len() >= MAX_DEPTH {
            return Err(Unreadable::TooLarge);
        }
        self.path.push(name.clone());
        let inner = self.inner();
        match inner {
            // Markup within a text: words do not run together over its end.
            Some(depth) if depth > 2 => self.text.push(' '),
            _ => self.text.clear(),
        }
        match (inner, self.path.len()) {
            (Some(1), _) => {
                let attributes = attributes(element).filter(|(name, _)| !name.starts_with("xmlns"));
                self.metadata =
                    Some(Metadata { root: name, attributes: attributes.collect(), elements: Vec::new() });
            }
            (Some(2), _) => {
                let of = |wanted: &str| attributes(element).find(|(name, _)| name == wanted).map(|(_, v)| v);
                let (called, lang) = (of("name").unwrap_or_default(), of("lang").unwrap_or_default());
                self.element = Element { name, called, lang, text: String::new() };
            }
            (None, 2) if name == "error" => {
                self.fault =
                    attributes(element).find(|(name, _)| name == "code").map(|(_, v)| v).unwrap_or_default();
            }
            (None, 3) if name == "resumptionToken" => {
                let said = attributes(element).find(|(name, _)| name == "completeListSize");
                self.reading.total = said.and_then(|(_, size)| size.trim().parse().ok());
            }
            (None, _) if name == "header" => {
                let gone = |(name, value): (String, String)| name == "status" && value.trim() == "deleted";
                self.record = Foreign { gone: attributes(element).any(gone), ..Foreign::default() };
                self.metadata = None;
            }
            _ => {}
        }
        Ok(())
    }

    /// How deep it stands in the contents of a record: 1 for the element that holds them.
    fn inner(&self) -> Option<usize> {
        let metadata = self.path.iter().position(|name| name == "metadata")?;
        (metadata == 3 && self.path.get(2).is_some_and(|name| name == "record"))
            .then(|| self.path.len() - metadata - 1)
            .filter(|depth| *depth > 0)
    }

    fn close(&mut self) {
        let inner = self.inner();
        match inner {
            Some(1) => {}
            Some(2) => {
                self.element.text = clean(&std::mem::take(&mut self.text));
                let element = std::mem::take(&mut self.element);
                self.metadata.iter_mut().for_each(|metadata| metadata.elements.push(element.clone()));
            }
            Some(_) => self.text.push(' '),
            None => self.close_outer(),
        }
        self.path.pop();
    }

    fn close_outer(&mut self) {
        let text = clean(&std::mem::take(&mut self.text));
        let path: Vec<&str> = self.path.iter().map(String::as_str).collect();
        match path.as_slice() {
            [_, "responseDate"] => self.reading.at = Stamp::parse(&text),
            [_, "error"] => {
                let code = std::mem::take(&mut self.fault);
                self.reading.faults.push((code, catalog::fold::clip(&text, 4 * SHOWN)));
            }
            [_, "Identify", field] => match *field {
                "repositoryName" => self.repository.name = text,
                "adminEmail" if self.repository.email.is_empty() => self.repository.email = text,
                "earliestDatestamp" => self.repository.earliest = text,
                "deletedRecord" => self.repository.deleted = text,
                "granularity" => self.repository.to_the_second = text.contains("hh:mm:ss"),
                _ => {}
            },
            [_, "Identify"] => self.reading.repository = Some(std::mem::take(&mut self.repository)),
            [_, _, "metadataFormat", "metadataPrefix"] => self.format.prefix = text,
            [_, _, "metadataFormat", "metadataNamespace"] => self.format.namespace = text,
            [_, _, "metadataFormat"] => self.reading.formats.push(std::mem::take(&mut self.format)),
            [_, _, "set", "setSpec"] => self.set.0 = text,
            [_, _, "set", "setName"] => self.set.1 = text,
            [_, _, "set"] => self.reading.sets.push(std::mem::take(&mut self.set)),
            [_, _, "record", "header", field] | [_, "ListIdentifiers", "header", field] => match *field {
                "identifier" => self.record.identifier = text,
                "datestamp" => self.record.datestamp = text,
                "setSpec" => self.record.sets.push(text),
                _ => {}
            },
            [_, _, "record"] | [_, "ListIdentifiers", "header"] => {
                let metadata = self.metadata.take().filter(|_| !self.record.gone);
                self.reading.records.push(Foreign { metadata, ..std::mem::take(&mut self.record) });
            }
            [_, _, "resumptionToken"] => self.reading.token = Some(text).filter(|text| !text.is_empty()),
            _ => {}
        }
        self.answered |= matches!(path.as_slice(), [_, verb] if LISTS.contains(verb)
            || ["error", "Identify", "ListMetadataFormats", "ListSets"].contains(verb));
    }

    fn broken(&self, error: &quick_xml::Error) -> Unreadable {
        match (self.path.last(), error) {
            (Some(inside), quick_xml::Error::Syntax(_)) => Unreadable::CutShort { inside: inside.clone() },
            _ => Unreadable::Broken { why: shown(&error.to_string()) },
        }
    }

    fn end(self) -> Result<Reading, Unreadable> {
        match self.path.last() {
            Some(inside) => Err(Unreadable::CutShort { inside: inside.clone() }),
            None if self.answered => Ok(self.reading),
            None if self.elements == 0 => Err(Unreadable::Broken { why: "there is no element".to_owned() }),
            None => Err(Unreadable::Other { root: "OAI-PMH".to_owned() }),
        }
    }
}

/// The attributes of an element that can be read, names without their prefixes.
fn attributes(element: &BytesStart<'_>) -> std::vec::IntoIter<(String, String)> {
    let mut all = element.attributes();
    let read = all.with_checks(false).flatten().map(|attribute| {
        let value = attribute.normalized_value(quick_xml::XmlVersion::Implicit1_0);
        let value = value.unwrap_or_else(|_| attribute.value.clone());
        let name = match attribute.key.as_namespace_binding() {
            Some(_) => "xmlns".to_owned(),
            None => shown(attribute.key.local_name().as_ref()),
        };
        (name, clean(&value))
    });
    read.collect::<Vec<_>>().into_iter()
}

/// A text without what no text holds, and without the space around it.
fn clean(text: &str) -> String {
    let text = text.trim();
    text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect()
}

fn shown(text: &str) -> String {
    catalog::fold::clip(&clean(text), SHOWN)
}
