//! What a node offers as a catalogue of data sets, for catalogues of catalogues: DCAT 3 (W3C Recommendation, 2024-08-22) as JSON-LD.
//!
//! Each kind of listing is a data set; its tables and feeds are distributions of it; the repository for harvesters is a data
//! service. The context stands in the document: whoever reads it needs nothing from elsewhere.

use serde_json::{Value, json};

use crate::oai::second;

/// What a node offers.
#[derive(Clone, Debug)]
pub struct Catalogue {
    /// Scheme, host and port of the pages, without a slash at the end.
    pub base: String,
    /// Its name, Chinese and English; the latter may be empty.
    pub title: (String, String),
    /// What it is, Chinese and English.
    pub about: (String, String),
    /// The institution whose node it is, and its id on the roster.
    pub publisher: (String, String),
    /// When something of it last changed, seconds since 1970; `None` where nothing ever did.
    pub modified_s: Option<u64>,
    /// Its data sets.
    pub sets: Vec<DataSet>,
}

/// The listings of a kind.
#[derive(Clone, Debug)]
pub struct DataSet {
    /// Kind id.
    pub kind: &'static str,
    /// Its name, Chinese and English.
    pub title: (String, String),
    /// How many there are.
    pub listings: u64,
}

/// Media types of distributions, as IANA registers them, with the endings that the pages know.
const TABLES: [(&str, &str); 3] = [
    ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ("csv", "text/csv"),
    ("jsonl", "application/x-ndjson"),
];
const FEEDS: [(&str, &str); 2] = [("atom", "application/atom+xml"), ("json", "application/feed+json")];

impl Catalogue {
    /// The document, `application/ld+json`.
    pub fn to_json(&self) -> Vec<u8> {
        let base = &self.base;
        let sets: Vec<Value> = self.sets.iter().map(|set| self.set(set)).collect();
        let served: Vec<Value> = self.sets.iter().map(|set| json!({ "@id": self.name_of(set) })).collect();
        let mut out = json!({
            "@context": context(),
            "@id": format!("{base}/catalog.jsonld"),
            "@type": "dcat:Catalog",
            "dct:title": both(&self.title),
            "dct:description": both(&self.about),
            "dct:language": [
                { "@id": "http://publications.europa.eu/resource/authority/language/ZHO" },
                { "@id": "http://publications.europa.eu/resource/authority/language/ENG" },
            ],
            "dct:publisher": self.publisher(),
            "foaf:homepage": { "@id": format!("{base}/") },
            "dcat:dataset": sets,
            "dcat:service": {
                "@id": format!("{base}/oai"),
                "@type": "dcat:DataService",
                "dct:title": both(&("采集接口（OAI-PMH 2.0）".to_owned(), "Repository for harvesters (OAI-PMH 2.0)".to_owned())),
                "dcat:endpointURL": { "@id": format!("{base}/oai") },
                "dcat:endpointDescription": { "@id": format!("{base}/oai?verb=Identify") },
                "dct:conformsTo": { "@id": "https://www.openarchives.org/OAI/openarchivesprotocol.html" },
                "dcat:servesDataset": served,
            },
        });
        if let Some(at) = self.modified_s {
            out["dct:modified"] = stamp(at);
        }
        out.to_string().into_bytes()
    }

    fn name_of(&self, set: &DataSet) -> String {
        format!("{}/catalog.jsonld#{}", self.base, set.kind)
    }

    fn publisher(&self) -> Value {
        let (name, id) = &self.publisher;
        json!({ "@id": format!("{}/org/{id}", self.base), "@type": "foaf:Agent", "foaf:name": name })
    }

    fn set(&self, set: &DataSet) -> Value {
        let (base, kind) = (&self.base, set.kind);
        let name = self.name_of(set);
        let tables = TABLES.iter().map(|(form, media)| {
            let address = format!("{base}/table?kind={kind}&form={form}");
            json!({
                "@id": format!("{name}-{form}"),
                "@type": "dcat:Distribution",
                "dct:title": format!("{kind}.{form}"),
                "dcat:accessURL": { "@id": address },
                "dcat:downloadURL": { "@id": address },
                "dcat:mediaType": { "@id": iana(media) },
            })
        });
        let feeds = FEEDS.iter().map(|(form, media)| {
            json!({
                "@id": format!("{name}-feed-{form}"),
                "@type": "dcat:Distribution",
                "dct:title": format!("{kind}.feed.{form}"),
                "dcat:accessURL": { "@id": format!("{base}/feed.{form}?kind={kind}") },
                "dcat:mediaType": { "@id": iana(media) },
            })
        });
        let harvested = json!({
            "@id": format!("{name}-oai"),
            "@type": "dcat:Distribution",
            "dct:title": format!("{kind}.oai"),
            "dcat:accessURL": { "@id": format!("{base}/oai?verb=ListRecords&metadataPrefix=lianshi&set=kind:{kind}") },
            "dcat:accessService": { "@id": format!("{base}/oai") },
            "dcat:mediaType": { "@id": iana("text/xml") },
        });
        json!({
            "@id": name,
            "@type": "dcat:Dataset",
            "dct:title": both(&set.title),
            "dct:description": both(&(
                format!("{}：{} 条公开信息", set.title.0, set.listings),
                format!("{}: {} public listings", set.title.1, set.listings),
            )),
            "dct:identifier": kind,
            "dct:publisher": self.publisher(),
            "dct:accessRights": { "@id": "http://publications.europa.eu/resource/authority/access-right/PUBLIC" },
            "dcat:landingPage": { "@id": format!("{base}/list?kind={kind}") },
            "dcat:distribution": tables.chain(feeds).chain([harvested]).collect::<Vec<_>>(),
        })
    }
}

fn context() -> Value {
    json!({
        "dcat": "http://www.w3.org/ns/dcat#",
        "dct": "http://purl.org/dc/terms/",
        "foaf": "http://xmlns.com/foaf/0.1/",
        "xsd": "http://www.w3.org/2001/XMLSchema#",
    })
}

fn both((zh, en): &(String, String)) -> Value {
    let of = |lang: &str, text: &String| json!({ "@value": text, "@language": lang });
    let texts = [("zh", zh), ("en", en)].into_iter().filter(|(_, text)| !text.is_empty());
    texts.map(|(lang, text)| of(lang, text)).collect()
}

fn stamp(at_s: u64) -> Value {
    json!({ "@value": second(at_s), "@type": "xsd:dateTime" })
}

fn iana(media: &str) -> String {
    format!("https://www.iana.org/assignments/media-types/{media}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_is_a_data_set_with_tables_feeds_and_a_service() {
        let set =
            DataSet { kind: "demand", title: ("技术需求".to_owned(), "Demands".to_owned()), listings: 7 };
        let catalogue = Catalogue {
            base: "https://a.cn".to_owned(),
            title: ("大市场 \"<".to_owned(), String::new()),
            about: ("一".to_owned(), "one".to_owned()),
            publisher: ("武汉大学".to_owned(), "ab".to_owned()),
            modified_s: Some(1_795_806_464),
            sets: vec![set],
        };
        let json: Value = serde_json::from_slice(&catalogue.to_json()).unwrap();
        assert_eq!(json["dct:title"], json!([{ "@value": "大市场 \"<", "@language": "zh" }]));
        assert_eq!(json["dct:modified"]["@value"], "2026-11-27T19:07:44Z");
        let set = &json["dcat:dataset"][0];
        assert_eq!(json["dcat:service"]["dcat:servesDataset"][0]["@id"], set["@id"]);
        let distributions = set["dcat:distribution"].as_array().unwrap();
        assert_eq!(distributions.len(), 6);
        assert!(distributions.iter().all(|one| one["dcat:accessURL"]["@id"].is_string()));
        assert_eq!(distributions[1]["dcat:downloadURL"]["@id"], "https://a.cn/table?kind=demand&form=csv");
    }
}
