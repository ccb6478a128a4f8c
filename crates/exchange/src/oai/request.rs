//! What a harvester asks for.

use std::collections::BTreeMap;

use catalog::Kind;

use super::stamp::Stamp;
use super::token::{self, Mark};

/// Why a request has no answer, as OAI-PMH names it (§3.6), with a reason for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The protocol's word, such as `badArgument`.
    pub code: &'static str,
    /// What is wrong and what to do.
    pub why: String,
}

impl Fault {
    fn new(code: &'static str, why: impl Into<String>) -> Self {
        Self { code, why: why.into() }
    }

    /// Nothing fits what was asked.
    pub fn no_records() -> Self {
        Self::new("noRecordsMatch", "no record lies in this time, set and format")
    }

    /// An identifier that names nothing public here.
    pub fn no_such(identifier: &str) -> Self {
        Self::new("idDoesNotExist", format!("{identifier:?} names no record of this repository"))
    }

    /// A token that was not given out here, or of a catalogue that was made anew.
    pub fn bad_token() -> Self {
        Self::new(
            "badResumptionToken",
            "this resumptionToken is not, or no longer, one of this repository; begin the list anew",
        )
    }
}

/// The form that records are given in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Unqualified Dublin Core, which every repository has.
    DublinCore,
    /// All fields of a listing.
    Full,
}

impl Format {
    /// Both.
    pub const ALL: [Self; 2] = [Self::DublinCore, Self::Full];

    /// Its metadataPrefix.
    pub fn prefix(self) -> &'static str {
        match self {
            Self::DublinCore => "oai_dc",
            Self::Full => "lianshi",
        }
    }

    pub(super) fn from_prefix(prefix: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.prefix() == prefix)
    }
}

/// A set: a kind, or an area.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SetSpec {
    /// `kind:achievement`.
    Kind(Kind),
    /// `region:42`, `region:42:4201`, `region:42:4201:420106`: the code of the area, six digits.
    Region(u32),
}

impl SetSpec {
    /// Reads a setSpec; `None` of one that no listing can be of.
    pub fn parse(text: &str) -> Option<Self> {
        if let Some(kind) = text.strip_prefix("kind:") {
            return Kind::from_id(kind).map(Self::Kind);
        }
        let codes: Vec<&str> = text.strip_prefix("region:")?.split(':').collect();
        let last = *codes.last()?;
        let digits = last.bytes().all(|b| b.is_ascii_digit());
        let whole = codes.len() <= 3 && last.len() == 2 * codes.len() && digits;
        let nested = codes.iter().enumerate().all(|(n, code)| last.get(..2 * (n + 1)) == Some(code));
        if !(whole && nested) {
            return None;
        }
        format!("{last:0<6}").parse().ok().map(Self::Region)
    }

    /// As requests write it.
    pub fn text(&self) -> String {
        match self {
            Self::Kind(kind) => format!("kind:{}", kind.id()),
            Self::Region(code) => {
                let (province, city) = (code / 10_000, code / 100);
                match code {
                    code if code % 10_000 == 0 => format!("region:{province:02}"),
                    code if code % 100 == 0 => format!("region:{province:02}:{city:04}"),
                    code => format!("region:{province:02}:{city:04}:{code:06}"),
                }
            }
        }
    }
}

/// A walk through records in the order in which they changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Walk {
    /// The form that they are given in.
    pub format: Format,
    /// Not before this.
    pub from: Option<Stamp>,
    /// Not after this.
    pub until: Option<Stamp>,
    /// Only of this set.
    pub set: Option<SetSpec>,
    /// Behind this one.
    pub after: Option<Mark>,
}

/// A request that can be answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// What repository this is.
    Identify,
    /// The forms that there are, of one record or of all.
    ListMetadataFormats(Option<String>),
    /// The sets that there are.
    ListSets,
    /// One record.
    GetRecord(String, Format),
    /// Headers, or whole records.
    List {
        /// Whole records.
        whole: bool,
        /// Which.
        walk: Walk,
    },
}

/// Reads the arguments of a request, from an address or a form.
///
/// # Errors
/// `badVerb`, `badArgument`, `badResumptionToken`, `cannotDisseminateFormat`, `noRecordsMatch`, as §3.6 says.
pub fn parse(pairs: &[(String, String)]) -> Result<Request, Fault> {
    let mut given: BTreeMap<&str, &str> = BTreeMap::new();
    for (name, value) in pairs {
        if given.insert(name, value).is_some() {
            let code = if name == "verb" { "badVerb" } else { "badArgument" };
            return Err(Fault::new(code, format!("the argument {name:?} is given twice")));
        }
    }
    let verbs = "Identify, ListMetadataFormats, ListSets, ListIdentifiers, ListRecords, GetRecord";
    let Some(verb) = given.remove("verb") else {
        return Err(Fault::new("badVerb", format!("say verb=…, one of {verbs}")));
    };
    let known: &[&str] = match verb {
        "Identify" => &[],
        "ListMetadataFormats" => &["identifier"],
        "ListSets" => &["resumptionToken"],
        "GetRecord" => &["identifier", "metadataPrefix"],
        "ListIdentifiers" | "ListRecords" => &["from", "until", "set", "metadataPrefix", "resumptionToken"],
        other => return Err(Fault::new("badVerb", format!("{other:?} is none of {verbs}"))),
    };
    if let Some(name) = given.keys().find(|name| !known.contains(*name)) {
        return Err(Fault::new("badArgument", format!("{verb} takes no argument {name:?}")));
    }
    if let Some(token) = given.get("resumptionToken") {
        if given.len() > 1 {
            return Err(Fault::new("badArgument", "resumptionToken goes with verb alone"));
        }
        // All sets are on the first page.
        let walk = token::read(token).filter(|_| verb != "ListSets").ok_or_else(Fault::bad_token)?;
        return Ok(Request::List { whole: verb == "ListRecords", walk });
    }
    Ok(match verb {
        "Identify" => Request::Identify,
        "ListSets" => Request::ListSets,
        "ListMetadataFormats" => {
            Request::ListMetadataFormats(given.get("identifier").map(|id| (*id).to_owned()))
        }
        "GetRecord" => {
            let identifier = needed(&given, verb, "identifier")?.to_owned();
            Request::GetRecord(identifier, format_of(&given, verb)?)
        }
        _ => Request::List { whole: verb == "ListRecords", walk: walk(&given, verb)? },
    })
}

fn needed<'g>(given: &BTreeMap<&str, &'g str>, verb: &str, name: &str) -> Result<&'g str, Fault> {
    let value = given.get(name).copied().filter(|value| !value.is_empty());
    value.ok_or_else(|| Fault::new("badArgument", format!("{verb} needs the argument {name:?}")))
}

fn format_of(given: &BTreeMap<&str, &str>, verb: &str) -> Result<Format, Fault> {
    let prefix = needed(given, verb, "metadataPrefix")?;
    if !is_name(prefix) {
        return Err(Fault::new("badArgument", format!("{prefix:?} is no metadataPrefix")));
    }
    Format::from_prefix(prefix).ok_or_else(|| {
        Fault::new(
            "cannotDisseminateFormat",
            format!("there is no format {prefix:?}; there are oai_dc and lianshi"),
        )
    })
}

/// Whether a text may stand as a metadataPrefix, or as a part of a setSpec (§2.4, §2.6).
fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.!~*'()".contains(&b))
}

fn walk(given: &BTreeMap<&str, &str>, verb: &str) -> Result<Walk, Fault> {
    let stamp = |name: &str| -> Result<Option<Stamp>, Fault> {
        let Some(text) = given.get(name) else { return Ok(None) };
        Stamp::parse(text).map(Some).ok_or_else(|| {
            let why = format!("{name}={text:?} is neither YYYY-MM-DD nor YYYY-MM-DDThh:mm:ssZ");
            Fault::new("badArgument", why)
        })
    };
    let (from, until) = (stamp("from")?, stamp("until")?);
    if let (Some(from), Some(until)) = (from, until) {
        if !from.is_like(until) {
            return Err(Fault::new("badArgument", "from and until are of different granularity"));
        }
        if from.first() > until.last() {
            return Err(Fault::new("badArgument", "from lies after until"));
        }
    }
    let format = format_of(given, verb)?;
    let set = given.get("set").map(|set| {
        let well_formed = set.split(':').all(is_name);
        match SetSpec::parse(set) {
            Some(set) => Ok(set),
            None if well_formed => Err(Fault::no_records()),
            None => Err(Fault::new(
                "badArgument",
                format!("{set:?} is no setSpec; ListSets names those that there are"),
            )),
        }
    });
    Ok(Walk { format, from, until, set: set.transpose()?, after: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(query: &str) -> Result<Request, Fault> {
        let pair = |pair: &str| {
            let (name, value) = pair.split_once('=').unwrap();
            (name.to_owned(), value.to_owned())
        };
        parse(&query.split('&').filter(|p| !p.is_empty()).map(pair).collect::<Vec<_>>())
    }

    #[test]
    fn every_verb_is_read_with_its_arguments() {
        assert_eq!(ask("verb=Identify"), Ok(Request::Identify));
        assert_eq!(ask("verb=ListSets"), Ok(Request::ListSets));
        assert_eq!(ask("verb=ListMetadataFormats"), Ok(Request::ListMetadataFormats(None)));
        let record = Request::GetRecord("oai:x:1".to_owned(), Format::DublinCore);
        assert_eq!(ask("verb=GetRecord&identifier=oai:x:1&metadataPrefix=oai_dc"), Ok(record));
        let walk = Walk {
            format: Format::Full,
            from: Some(Stamp::Day(0)),
            until: Some(Stamp::Day(86_400)),
            set: Some(SetSpec::Region(420_100)),
            after: None,
        };
        let query =
            "verb=ListRecords&from=1970-01-01&until=1970-01-02&set=region:42:4201&metadataPrefix=lianshi";
        assert_eq!(ask(query), Ok(Request::List { whole: true, walk: walk.clone() }));
        let mark = Mark { catalogue: 1, at_s: 2, number: 3, given: 4 };
        let token = token::write(&walk, &mark);
        let going_on = Request::List { whole: false, walk: Walk { after: Some(mark), ..walk } };
        assert_eq!(ask(&format!("verb=ListIdentifiers&resumptionToken={token}")), Ok(going_on));
    }

    #[test]
    fn every_fault_has_the_protocols_word() {
        for (query, code) in [
            ("", "badVerb"),
            ("verb=Steal", "badVerb"),
            ("verb=Identify&verb=Identify", "badVerb"),
            ("verb=Identify&set=kind:demand", "badArgument"),
            ("verb=GetRecord&identifier=a", "badArgument"),
            ("verb=GetRecord&metadataPrefix=oai_dc", "badArgument"),
            ("verb=GetRecord&identifier=a&metadataPrefix=marc21", "cannotDisseminateFormat"),
            ("verb=ListRecords", "badArgument"),
            ("verb=ListRecords&metadataPrefix=oai_dc&from=yesterday", "badArgument"),
            (
                "verb=ListRecords&metadataPrefix=oai_dc&from=2026-01-01&until=2026-01-01T00:00:00Z",
                "badArgument",
            ),
            ("verb=ListRecords&metadataPrefix=oai_dc&from=2026-01-02&until=2026-01-01", "badArgument"),
            ("verb=ListRecords&metadataPrefix=oai_dc&set=a:%b", "badArgument"),
            ("verb=ListRecords&metadataPrefix=oai dc", "badArgument"),
            ("verb=ListRecords&metadataPrefix=oai_dc&set=kind:boat", "noRecordsMatch"),
            ("verb=ListRecords&metadataPrefix=oai_dc&set=region:42:4301", "noRecordsMatch"),
            ("verb=ListRecords&metadataPrefix=oai_dc&from=2026-01-01&from=2026-01-01", "badArgument"),
            ("verb=ListRecords&resumptionToken=abc", "badResumptionToken"),
            ("verb=ListSets&resumptionToken=abc", "badResumptionToken"),
            ("verb=ListRecords&resumptionToken=abc&metadataPrefix=oai_dc", "badArgument"),
        ] {
            assert_eq!(ask(query).unwrap_err().code, code, "{query}");
        }
    }

    #[test]
    fn sets_are_written_as_they_are_read() {
        for text in ["kind:achievement", "region:42", "region:42:4201", "region:42:4201:420106", "region:02"]
        {
            assert_eq!(SetSpec::parse(text).map(|set| set.text()).as_deref(), Some(text));
        }
        for text in [
            "",
            "kind",
            "kind:",
            "region:4",
            "region:420106",
            "region:42:42:42",
            "region:42:4201:420106:1",
            "region:ab",
        ] {
            assert_eq!(SetSpec::parse(text), None, "{text}");
        }
    }
}
