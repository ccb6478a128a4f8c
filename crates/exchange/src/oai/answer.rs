//! Answers, as XML.

use std::io;

use super::dublin::Dublin;
use super::request::{Fault, Format, SetSpec, Walk};
use super::stamp::second;
use super::token::{self, Mark};
use super::xml::Xml;

/// The schema of the full form (XML Schema 1.0), served beside the repository.
pub const SCHEMA: &str = include_str!("lianshi.xsd");

const OAI: &str = "http://www.openarchives.org/OAI/2.0/";
const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";
const DC: &str = "http://purl.org/dc/elements/1.1/";
const OAI_DC: &str = "http://www.openarchives.org/OAI/2.0/oai_dc/";
const OAI_DC_XSD: &str = "http://www.openarchives.org/OAI/2.0/oai_dc.xsd";
pub(super) const FULL: &str = "urn:lianshi:listing:1";

/// An answer to one request.
#[derive(Clone, Debug)]
pub struct Answer<'a> {
    /// Address of the repository, without arguments.
    pub base: &'a str,
    /// When it is given, seconds since 1970.
    pub at_s: u64,
    /// The arguments as they came.
    pub asked: &'a [(String, String)],
    /// What is answered.
    pub body: Body,
}

/// What is answered.
#[derive(Clone, Debug)]
pub enum Body {
    /// Nothing, and why.
    Fault(Fault),
    /// What repository this is.
    Identity(Identity),
    /// The forms that there are.
    Formats,
    /// The sets that there are.
    Sets(Vec<SetName>),
    /// One record.
    Record(Listed),
    /// A page of a list.
    List {
        /// Whole records; else their headers.
        whole: bool,
        /// What was asked.
        walk: Walk,
        /// The page.
        items: Vec<Listed>,
        /// Where to go on; `None` at the end.
        next: Option<Mark>,
        /// Records in all, where that is known.
        total: Option<u64>,
    },
}

/// What repository this is.
#[derive(Clone, Debug)]
pub struct Identity {
    /// Its name.
    pub name: String,
    /// Whom to write to.
    pub email: String,
    /// The first datestamp, seconds since 1970.
    pub earliest_s: u64,
    /// The part of identifiers between `oai:` and the document, such as `n1a2b3c4d.lianshi`.
    pub namespace: String,
    /// An identifier.
    pub sample: String,
}

/// A set with its name.
#[derive(Clone, Debug)]
pub struct SetName {
    /// The set.
    pub set: SetSpec,
    /// Its name for people.
    pub name: String,
}

/// The header of a record.
#[derive(Clone, Debug)]
pub struct Header {
    /// Its identifier.
    pub identifier: String,
    /// When it last changed here, seconds since 1970.
    pub at_s: u64,
    /// Sets that it is of.
    pub sets: Vec<SetSpec>,
    /// Whether it is gone.
    pub gone: bool,
}

/// A record, or its header alone.
#[derive(Clone, Debug)]
pub struct Listed {
    /// Its header.
    pub header: Header,
    /// Its contents; `None` of what is gone, and of headers.
    pub metadata: Option<Meta>,
}

/// The contents of a record.
#[derive(Clone, Debug)]
pub enum Meta {
    /// As Dublin Core.
    DublinCore(Dublin),
    /// In full.
    Full {
        /// Attributes of the listing: names and values.
        facts: Vec<(&'static str, String)>,
        /// Fields: names and values; several values that stand beside each other, and members of sets, come one after the other.
        fields: Vec<(String, String)>,
    },
}

impl Answer<'_> {
    /// The document.
    ///
    /// # Errors
    /// None that memory does not make.
    pub fn to_xml(&self) -> io::Result<Vec<u8>> {
        let mut xml = Xml::begin()?;
        let schema = format!("{OAI} {OAI}OAI-PMH.xsd");
        xml.open("OAI-PMH", &[("xmlns", OAI), ("xmlns:xsi", XSI), ("xsi:schemaLocation", &schema)])?;
        xml.text("responseDate", &second(self.at_s))?;
        // §3.6: of a request that could not be read, the address alone.
        let unread =
            matches!(&self.body, Body::Fault(fault) if ["badVerb", "badArgument"].contains(&fault.code));
        let asked = if unread { &[] } else { self.asked };
        let asked: Vec<_> = asked.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        xml.text_with("request", &asked, self.base)?;
        match &self.body {
            Body::Fault(Fault { code, why }) => xml.text_with("error", &[("code", code)], why)?,
            Body::Identity(identity) => self.identity(&mut xml, identity)?,
            Body::Formats => self.formats(&mut xml)?,
            Body::Sets(sets) => {
                xml.open("ListSets", &[])?;
                for SetName { set, name } in sets {
                    xml.open("set", &[])?;
                    xml.text("setSpec", &set.text())?;
                    xml.text("setName", name)?;
                    xml.close("set")?;
                }
                xml.close("ListSets")?;
            }
            Body::Record(listed) => {
                xml.open("GetRecord", &[])?;
                self.record(&mut xml, listed)?;
                xml.close("GetRecord")?;
            }
            Body::List { whole, walk, items, next, total } => {
                let name = if *whole { "ListRecords" } else { "ListIdentifiers" };
                xml.open(name, &[])?;
                for item in items {
                    if *whole { self.record(&mut xml, item)? } else { header(&mut xml, &item.header)? }
                }
                resumption(&mut xml, walk, next.as_ref(), *total)?;
                xml.close(name)?;
            }
        }
        xml.close("OAI-PMH")?;
        Ok(xml.end())
    }

    fn identity(&self, xml: &mut Xml, identity: &Identity) -> io::Result<()> {
        xml.open("Identify", &[])?;
        xml.text("repositoryName", &identity.name)?;
        xml.text("baseURL", self.base)?;
        xml.text("protocolVersion", "2.0")?;
        xml.text("adminEmail", &identity.email)?;
        xml.text("earliestDatestamp", &second(identity.earliest_s))?;
        xml.text("deletedRecord", "persistent")?;
        xml.text("granularity", "YYYY-MM-DDThh:mm:ssZ")?;
        xml.text("compression", "gzip")?;
        let namespace = format!("{OAI}oai-identifier");
        let schema = format!("{namespace} {namespace}.xsd");
        xml.open("description", &[])?;
        let attributes = [("xmlns", namespace.as_str()), ("xmlns:xsi", XSI), ("xsi:schemaLocation", &schema)];
        xml.open("oai-identifier", &attributes)?;
        xml.text("scheme", "oai")?;
        xml.text("repositoryIdentifier", &identity.namespace)?;
        xml.text("delimiter", ":")?;
        xml.text("sampleIdentifier", &identity.sample)?;
        xml.close("oai-identifier")?;
        xml.close("description")?;
        xml.close("Identify")
    }

    fn formats(&self, xml: &mut Xml) -> io::Result<()> {
        let full = self.schema();
        xml.open("ListMetadataFormats", &[])?;
        for format in Format::ALL {
            let (schema, namespace) = match format {
                Format::DublinCore => (OAI_DC_XSD, OAI_DC),
                Format::Full => (full.as_str(), FULL),
            };
            xml.open("metadataFormat", &[])?;
            xml.text("metadataPrefix", format.prefix())?;
            xml.text("schema", schema)?;
            xml.text("metadataNamespace", namespace)?;
            xml.close("metadataFormat")?;
        }
        xml.close("ListMetadataFormats")
    }

    fn schema(&self) -> String {
        format!("{}/lianshi.xsd", self.base)
    }

    fn record(&self, xml: &mut Xml, listed: &Listed) -> io::Result<()> {
        xml.open("record", &[])?;
        header(xml, &listed.header)?;
        if let Some(meta) = &listed.metadata {
            xml.open("metadata", &[])?;
            match meta {
                Meta::DublinCore(Dublin(elements)) => {
                    let schema = format!("{OAI_DC} {OAI_DC_XSD}");
                    let attributes = [
                        ("xmlns:oai_dc", OAI_DC),
                        ("xmlns:dc", DC),
                        ("xmlns:xsi", XSI),
                        ("xsi:schemaLocation", &schema),
                    ];
                    xml.open("oai_dc:dc", &attributes)?;
                    for (element, value) in elements {
                        xml.text(&format!("dc:{element}"), value)?;
                    }
                    xml.close("oai_dc:dc")?;
                }
                Meta::Full { facts, fields } => {
                    let schema = format!("{FULL} {}", self.schema());
                    let mut attributes =
                        vec![("xmlns", FULL), ("xmlns:xsi", XSI), ("xsi:schemaLocation", schema.as_str())];
                    attributes.extend(facts.iter().map(|(name, value)| (*name, value.as_str())));
                    xml.open("listing", &attributes)?;
                    for (name, value) in fields {
                        xml.text_with("field", &[("name", name)], value)?;
                    }
                    xml.close("listing")?;
                }
            }
            xml.close("metadata")?;
        }
        xml.close("record")
    }
}

fn header(xml: &mut Xml, header: &Header) -> io::Result<()> {
    let status: &[_] = if header.gone { &[("status", "deleted")] } else { &[] };
    xml.open("header", status)?;
    xml.text("identifier", &header.identifier)?;
    xml.text("datestamp", &second(header.at_s))?;
    for set in &header.sets {
        xml.text("setSpec", &set.text())?;
    }
    xml.close("header")
}

/// The token to go on with; an empty one on the last of several pages (§3.5).
fn resumption(xml: &mut Xml, walk: &Walk, next: Option<&Mark>, total: Option<u64>) -> io::Result<()> {
    let before = walk.after.map_or(0, |mark| mark.given).to_string();
    let total = total.map(|total| total.to_string());
    let mut attributes = vec![("cursor", before.as_str())];
    attributes.extend(total.as_deref().map(|total| ("completeListSize", total)));
    match next {
        Some(mark) => xml.text_with("resumptionToken", &attributes, &token::write(walk, mark)),
        None if walk.after.is_some() => xml.text_with("resumptionToken", &attributes, ""),
        None => Ok(()),
    }
}
