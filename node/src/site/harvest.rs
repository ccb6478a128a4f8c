//! The public listings of this node as an OAI-PMH repository.

use std::collections::BTreeSet;
use std::time::Duration;

use catalog::{Kind, Lang, Record, region};
use exchange::oai::{
    Answer, Body, Dublin, Fault, Format, Header, Identity, Listed, Mark, Meta, Request, SetName, SetSpec,
    Stamp, Walk, parse,
};
use market::{Change, Changes, Listing, Place, Sought};
use protocol::{DocumentId, Value};
use web::SourceError;

use super::{Site, failed};
use crate::core::now_ms;
use crate::office::{CATCH_UP, Office, text_of, time_text};

/// Most records on one page, and most headers.
const RECORDS: usize = 100;
const HEADERS: usize = 500;
/// Bytes of fields after which a page of records ends.
const PAGE_BYTES: usize = 1024 * 1024;

impl Site {
    /// The answer to a harvester.
    pub(super) fn harvested(&self, asked: &[(String, String)], base: &str) -> Result<Vec<u8>, SourceError> {
        Repository { site: self, office: &self.office, changes: self.office.changes() }.answer(asked, base)
    }

    /// Takes in what changed; a node that was never asked for changes has to look at all it holds.
    pub(super) fn take_in_changes(&self) -> Result<(), SourceError> {
        self.take_in_changes_for(CATCH_UP)
    }

    /// The same, for so long at the most.
    pub(super) fn take_in_changes_for(&self, patience: Duration) -> Result<(), SourceError> {
        let office = &self.office;
        if office.catch_up_changes(patience).map_err(failed)? {
            return Ok(());
        }
        let ready = office.changes().count(office.library()).map_err(failed)?;
        Err(SourceError::NotReady(format!("the list of changes is being made, {ready} records so far")))
    }
}

/// The listings of an office for harvesters.
struct Repository<'s> {
    site: &'s Site,
    office: &'s Office,
    changes: &'s Changes,
}

impl Repository<'_> {
    fn answer(&self, asked: &[(String, String)], base: &str) -> Result<Vec<u8>, SourceError> {
        let at_s = seconds(now_ms());
        let body = match parse(asked) {
            Ok(request) => {
                self.site.take_in_changes()?;
                self.body(request, (at_s, base)).map_err(failed)?.unwrap_or_else(Body::Fault)
            }
            Err(fault) => Body::Fault(fault),
        };
        Answer { base, at_s, asked, body }.to_xml().map_err(failed)
    }

    fn body(&self, request: Request, (at_s, base): (u64, &str)) -> market::Result<Result<Body, Fault>> {
        let library = self.office.library();
        Ok(match request {
            Request::Identify => {
                let config = &self.office.config().web;
                let host = base.split("://").nth(1).and_then(|rest| rest.split(['/', ':']).next());
                let written = |email: &&String| !email.is_empty();
                let email = Some(&config.email).filter(written).cloned();
                let charter = &self.office.identity().charter.charter;
                let zero = DocumentId([0; 32]);
                Ok(Body::Identity(Identity {
                    name: format!("{} · {}", charter.name_zh, self.office.identity().institution.name),
                    email: email.unwrap_or_else(|| postmaster(host.unwrap_or_default())),
                    earliest_s: self.changes.earliest_s(library)?.unwrap_or(at_s),
                    namespace: namespace(self.office),
                    sample: identifier(self.office, &zero),
                }))
            }
            Request::ListMetadataFormats(None) => Ok(Body::Formats),
            Request::ListMetadataFormats(Some(identifier)) => match self.named(&identifier)? {
                Some(_) => Ok(Body::Formats),
                None => Err(Fault::no_such(&identifier)),
            },
            Request::ListSets => Ok(Body::Sets(self.sets()?)),
            Request::GetRecord(identifier, format) => match self.named(&identifier)? {
                Some(change) => Ok(Body::Record(self.listed(&change, Some((format, base)))?.0)),
                None => Err(Fault::no_such(&identifier)),
            },
            Request::List { whole, walk } => self.list(whole, walk, base)?,
        })
    }

    fn list(&self, whole: bool, walk: Walk, base: &str) -> market::Result<Result<Body, Fault>> {
        let library = self.office.library();
        let catalogue = self.changes.catalogue(library)?.unwrap_or_default();
        if walk.after.is_some_and(|mark| mark.catalogue != catalogue) {
            return Ok(Err(Fault::bad_token()));
        }
        let (kind, region) = match &walk.set {
            Some(SetSpec::Kind(kind)) => (Some(kind.code()), None),
            Some(SetSpec::Region(code)) => (None, Some(*code)),
            None => (None, None),
        };
        let (from_s, until_s) = (walk.from.map(Stamp::first), walk.until.map(Stamp::last));
        let sought = Sought { from_s, until_s, kind, region };
        let after = walk.after.map(|mark| Place { at_s: mark.at_s, number: mark.number });
        let page = self.changes.page(library, &sought, after, if whole { RECORDS } else { HEADERS })?;
        let (mut items, mut bytes, mut next) = (Vec::new(), 0, page.next);
        for change in &page.changes {
            if bytes >= PAGE_BYTES {
                // What is left begins behind the last one given.
                next = last_of(&items, &page.changes);
                break;
            }
            let (listed, size) = self.listed(change, whole.then_some((walk.format, base)))?;
            bytes += size;
            items.push(listed);
        }
        if items.is_empty() && next.is_none() && walk.after.is_none() {
            return Ok(Err(Fault::no_records()));
        }
        let given = walk.after.map_or(0, |mark| mark.given) + items.len() as u64;
        let next = next.map(|place| Mark { catalogue, at_s: place.at_s, number: place.number, given });
        let everything = walk.from.is_none() && walk.until.is_none() && walk.set.is_none();
        let total = if everything { Some(self.changes.count(library)?) } else { None };
        Ok(Ok(Body::List { whole, walk, items, next, total }))
    }

    /// The change of the document that an identifier names.
    fn named(&self, identifier: &str) -> market::Result<Option<Change>> {
        let namespace = namespace(self.office);
        let local = identifier.strip_prefix("oai:").and_then(|rest| rest.strip_prefix(&namespace));
        let Some(id) = local.and_then(|rest| rest.strip_prefix(':')).and_then(|id| id.parse().ok()) else {
            return Ok(None);
        };
        self.changes.of(self.office.library(), &id)
    }

    /// A record, with its contents where a form is wanted and it is shown; and about how many bytes it has.
    fn listed(&self, change: &Change, form: Option<(Format, &str)>) -> market::Result<(Listed, usize)> {
        let listing = match form.filter(|_| change.shown) {
            Some(_) => self.office.library().listing(&change.id)?,
            None => None,
        };
        // It may have gone a moment ago.
        let listing = listing.filter(|l| self.office.shows_publicly(l) && !l.state.is_withdrawn());
        let gone = !change.shown || (form.is_some() && listing.is_none());
        let kind = Kind::from_code(change.kind);
        let region = (change.region > 0).then_some(SetSpec::Region(change.region));
        let sets = kind.map(SetSpec::Kind).into_iter().chain(region).collect();
        let header =
            Header { identifier: identifier(self.office, &change.id), at_s: change.place.at_s, sets, gone };
        let metadata = match (listing, form, kind) {
            (Some(listing), Some((format, base)), Some(kind)) => {
                Some(self.metadata(&listing, kind, format, base))
            }
            _ => None,
        };
        let bytes = match &metadata {
            Some(Meta::DublinCore(Dublin(elements))) => elements.iter().map(|(_, value)| value.len()).sum(),
            Some(Meta::Full { fields, .. }) => fields.iter().map(|(_, value)| value.len()).sum(),
            None => 0,
        };
        Ok((Listed { header, metadata }, bytes))
    }

    fn metadata(&self, listing: &Listing, kind: Kind, format: Format, base: &str) -> Meta {
        let page = format!("{}/listing/{}", base.trim_end_matches("/oai"), listing.id);
        let updated = time_text(listing.updated_ms);
        match format {
            Format::DublinCore => {
                let record = Record::new(listing.state.flat());
                let mut dublin = Dublin::of(kind, &record, &listing.institution_name, &updated, &[page]);
                if let Some((from, identifier)) = market::harvested::origin(record.entries()) {
                    dublin.0.push(("source", format!("{from} {identifier}")));
                }
                Meta::DublinCore(dublin)
            }
            Format::Full => {
                let mut facts = vec![
                    ("id", listing.id.to_string()),
                    ("kind", kind.id().to_owned()),
                    ("network", self.office.identity().network().to_string()),
                ];
                let institution = listing.institution.map(|id| id.to_string()).unwrap_or_default();
                let named = [
                    ("institution", institution),
                    ("institutionName", listing.institution_name.clone()),
                    ("creditCode", listing.credit_code.clone()),
                ];
                facts.extend(named.into_iter().filter(|(_, value)| !value.is_empty()));
                facts.extend([
                    ("created", time_text(listing.created_ms)),
                    ("updated", updated),
                    ("versions", listing.versions.to_string()),
                    ("page", page),
                ]);
                if let Some((from, identifier)) = market::harvested::origin(&listing.state.flat()) {
                    facts.extend([
                        ("harvestedFrom", from.to_owned()),
                        ("harvestedIdentifier", identifier.to_owned()),
                    ]);
                }
                let shown = listing.state.fields.iter().filter(|(key, _)| !key.starts_with('_'));
                let fields =
                    shown.flat_map(|(key, values)| values.iter().map(move |value| field(key, value)));
                Meta::Full { facts, fields: fields.collect() }
            }
        }
    }

    /// All kinds, and the areas that a listing is of with those around them.
    fn sets(&self) -> market::Result<Vec<SetName>> {
        let mut areas = BTreeSet::new();
        for (_, region) in self.changes.sets(self.office.library())? {
            areas.extend(
                [region / 10_000 * 10_000, region / 100 * 100, region].into_iter().filter(|code| *code > 0),
            );
        }
        let both = |zh: &str, en: &str| format!("{zh} · {en}");
        let kinds = Kind::ALL.into_iter().map(|kind| SetName {
            name: both(kind.label(Lang::Zh), kind.label(Lang::En)),
            set: SetSpec::Kind(kind),
        });
        let areas = areas.into_iter().map(|code| {
            let digits = format!("{code:06}");
            SetName { set: SetSpec::Region(code), name: region::path_text(&digits).unwrap_or(digits) }
        });
        Ok(kinds.chain(areas).collect())
    }
}

/// The part of identifiers that names the network: wherever a listing is harvested, it has the same identifier.
fn namespace(office: &Office) -> String {
    let network = office.identity().network().to_string();
    format!("n{}.lianshi", network.get(..16).unwrap_or(&network))
}

/// What a listing is called for machines, on every node the same.
pub(crate) fn identifier(office: &Office, id: &DocumentId) -> String {
    format!("oai:{}:{id}", namespace(office))
}

/// The mailbox that every host has (RFC 5321 §4.5.1); the protocol's schema wants a dot in the host.
fn postmaster(host: &str) -> String {
    if host.contains('.') {
        format!("postmaster@{host}")
    } else {
        "postmaster@localhost.localdomain".to_owned()
    }
}

/// A field as a name and a value: a member of a set is a value of the set.
fn field(key: &str, value: &Value) -> (String, String) {
    match (key.split_once('/'), value) {
        (Some((set, member)), Value::Bool(true)) => (set.to_owned(), member.to_owned()),
        _ => (key.to_owned(), text_of(value)),
    }
}

fn last_of(items: &[Listed], changes: &[Change]) -> Option<Place> {
    let last = items.len().checked_sub(1)?;
    changes.get(last).map(|change| change.place)
}

fn seconds(ms: i64) -> u64 {
    u64::try_from(ms / 1_000).unwrap_or_default()
}
