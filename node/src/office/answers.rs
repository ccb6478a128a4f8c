//! The answers.

use std::collections::BTreeMap;

use catalog::{Kind, Lang, Record};
use market::{Desk, Fields, Incoming, Outcome, is_private};
use protocol::{DocumentId, FileKind, InstitutionId, Proof, PublicKey, Subject, seal_file};
use serde_json::{Value as Json, json};

use super::Office;
use super::json;
use super::request::{Failure, Reply, Request, Row, exit};

/// Most rows of one request; the command line sends an import in pieces of this size.
pub const MAX_ROWS: usize = 500;
/// A search waits this long for the index of a running node.
const INDEX_PATIENCE: std::time::Duration = std::time::Duration::from_secs(10);
/// Most drafts shown.
const MAX_DRAFTS: usize = 4_000;

impl Office {
    /// Answers a request.
    ///
    /// # Errors
    /// What went wrong, with the exit code that a command line ends with.
    pub fn answer(&self, request: Request) -> Reply {
        match request {
            Request::Status => Ok(self.status()),
            Request::Peers => {
                let figures = self.figures();
                Ok(json!({ "v": 1, "peers": self.peers_json(&figures) }))
            }
            Request::Forgive { node } => self.forgive(&node),
            Request::Search { text, kind, region, field, trl, limit, offset } => {
                let query = search::Query {
                    text,
                    kind,
                    region_prefix: region,
                    field,
                    trl,
                    limit,
                    offset,
                    ..search::Query::default()
                };
                self.search(query)
            }
            Request::Show { id } => self.show(&id),
            Request::History { id } => {
                let id = self.resolve(&id)?;
                let items = self.library().history(&id)?;
                Ok(
                    json!({ "v": 1, "id": id.to_string(), "entries": items.iter().map(json::of_history).collect::<Vec<_>>() }),
                )
            }
            Request::Drafts => self.drafts(),
            Request::TakeIn { kind, rows, publish, visibility, editors } => {
                self.take_in(&kind, rows, publish, visibility.as_deref(), &editors)
            }
            Request::Choose { id, field, number } => self.choose(&id, &field, number),
            Request::Conflicts { kind, limit } => self.conflicts(kind.as_deref(), limit),
            Request::Move { id, to } => self.relocate(&id, &to),
            Request::State { id, saying, label, value, reason } => {
                self.state(&id, saying, [&label, &value, &reason])
            }
            Request::Statements { id } => self.statements(&id),
            Request::Edit { id, changes } => self.edit(&id, &changes),
            Request::Publish { id } => self.publish(&id),
            Request::Withdraw { id } => self.set_withdrawn(&id, true),
            Request::AskDetails { id, message, mailboxes } => self.request_details(&id, &message, &mailboxes),
            Request::Disclose { id, to, fields, mailboxes } => self.disclose(&id, &to, &fields, &mailboxes),
            Request::Disclosures => self.disclosures(),
            Request::ShowDisclosure { id } => self.show_disclosure(&id),
            Request::RemoveParty { id, party } => self.remove_party(&id, &party),
            Request::EditDisclosure { id, changes } => self.edit_disclosure(&id, &changes),
            Request::Roster { ask } => self.answer_roster(ask),
            Request::Renew => self.renew(),
            Request::Proof { id } => self.proof(&id),
            Request::Forks => self.forks(),
            Request::ForkFile { log } => self.fork_file(&log),
            Request::Lost => self.lost(),
            Request::PublishAgain { number } => self.publish_again(number),
            Request::Charter => Ok(file_reply(&self.identity().charter_file())),
            Request::Stop => Err(Failure::said(exit::UNREACHABLE, "cli.status.not-running", &[])),
        }
    }

    fn forgive(&self, node: &str) -> Reply {
        let figures = self.figures();
        let mut found = figures.conduct.iter().filter(|c| c.peer.to_string().starts_with(node));
        let missing = || Failure::said(exit::FAILED, "cli.failure.not-held-against", &[("node", node)]);
        let peer = found.next().ok_or_else(missing)?.peer;
        if found.next().is_some() {
            return Err(Failure::said(exit::FAILED, "cli.failure.several-nodes", &[("node", node)]));
        }
        self.core().forgive(peer);
        Ok(json!({ "v": 1, "node": peer.to_string(), "forgiven": true }))
    }

    fn peers_json(&self, figures: &crate::core::CoreFigures) -> Vec<Json> {
        json::of_peers(figures, |peer| self.library().institution_of(peer.certificate.as_ref()?))
    }

    fn status(&self) -> Json {
        let figures = self.figures();
        let identity = self.identity();
        let body = &identity.certificate.body;
        let charter = &identity.charter.charter;
        let admitted = self.library().roster().members.contains_key(&body.institution);
        json!({
            "v": 1,
            "running": self.running,
            "node": identity.node.public().to_string(),
            "name": identity.institution.name,
            "role": body.role.id(),
            "region": format!("{:06}", body.region),
            "admitted": admitted,
            "institution": body.institution.to_string(),
            "network": {
                "id": charter.id().to_string(), "name_zh": charter.name_zh, "name_en": charter.name_en,
                "institutions": self.library().roster().members.len(),
            },
            "listings": { "held": figures.ledger.held, "own": figures.ledger.own, "waiting": figures.ledger.waiting },
            "entries": figures.ledger.entries,
            "void": figures.ledger.void,
            "forks": self.open_forks(),
            "over_allowance": self.over_allowance(),
            "unknown_screeners": self.unknown_screeners(),
            "logs": figures.ledger.logs,
            "searchable": self.finder().index().len(),
            "view_hash": figures.view.to_string(),
            "peers": self.peers_json(&figures),
            "addresses": figures.addresses,
            "web": self.web(),
            "bytes": { "in": figures.bytes.0, "out": figures.bytes.1, "disk": figures.disk },
            "certificate": { "id": identity.certificate.id().to_string(), "not_after": json::time(body.not_after_ms) },
            "started": json::time(self.started_ms()),
            "mended": figures.mended,
            "version": env!("CARGO_PKG_VERSION"),
        })
    }

    /// What was held when the question came is found: a node that does not run indexes now, a running one is given a
    /// moment to catch up.
    fn await_index(&self) -> Result<(), Failure> {
        if !self.running {
            self.index()?;
            return Ok(());
        }
        let target = self.core().arrivals().load(std::sync::atomic::Ordering::Acquire);
        let begun = std::time::Instant::now();
        while self.finder().cursor() < target && begun.elapsed() < INDEX_PATIENCE {
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        Ok(())
    }

    fn search(&self, query: search::Query) -> Reply {
        self.await_index()?;
        let results = self.find(query).map_err(market::MarketError::from)?;
        let mut hits = Vec::with_capacity(results.hits.len());
        for hit in &results.hits {
            let Ok(id) = hit.id.parse::<DocumentId>() else { continue };
            let Some(listing) = self.library().listing(&id)?.filter(|l| self.shows(l)) else { continue };
            let mut row = json::of_row(&listing);
            row["score"] = json!(hit.score);
            hits.push(row);
        }
        Ok(json!({ "v": 1, "total": results.total, "hits": hits }))
    }

    fn show(&self, id: &str) -> Reply {
        if let Some(draft) = self.library().draft(id)? {
            return Ok(json!({
                "v": 1, "id": draft.id, "kind": json::kind_id(draft.kind), "status": "draft",
                "title": draft.fields.get("title").map(json::of_value), "fields": json::of_fields(&draft.fields),
                "private": (!draft.private.is_empty()).then(|| json::of_fields(&draft.private)),
            }));
        }
        let listing = self.newest_listing(id)?;
        let id = listing.id;
        let history = self.library().history(&id)?;
        let signed = history.iter().all(|item| item.signed);
        let admitted = listing.institution.is_some_and(|i| self.library().roster().members.contains_key(&i));
        let void = history.iter().filter(|item| item.fate != replica::Fate::Valid).count();
        let state = match (signed, admitted) {
            (true, true) => "verified",
            (false, _) => "signature does not verify",
            (_, false) => "institution not admitted",
        };
        let mut out = json::of_listing(&listing, &self.library().contact(&id)?);
        let private = self.library().private(&id)?;
        if !private.is_empty() {
            out.insert("private".into(), json::of_fields(&private));
        }
        self.add_surroundings(&listing, &mut out)?;
        out.insert(
            "proof".into(),
            json!({
                "state": state, "signatures": signed, "admitted": admitted, "entries": history.len(), "void_or_waiting": void,
                "network": self.identity().network().to_string(),
            }),
        );
        Ok(Json::Object(out))
    }

    fn drafts(&self) -> Reply {
        let drafts = self.library().drafts(MAX_DRAFTS)?;
        let list: Vec<Json> = drafts
            .iter()
            .map(|d| {
                json!({
                    "v": 1, "id": d.id, "kind": json::kind_id(d.kind), "status": "draft",
                    "title": d.fields.get("title").map(json::of_value),
                })
            })
            .collect();
        Ok(json!({ "v": 1, "drafts": list }))
    }

    fn take_in(
        &self,
        kind: &str,
        rows: Vec<Row>,
        publish: bool,
        visibility: Option<&str>,
        editors: &[String],
    ) -> Reply {
        let kind = kind_of(kind)?;
        let visibility = visibility.map(super::documents::visibility_of).transpose()?;
        let editors = self.editor_fields(editors)?;
        if rows.len() > MAX_ROWS {
            let message = format!("{} rows at once, {MAX_ROWS} are allowed", rows.len());
            return Err(Failure::new(exit::USAGE, message, "send them in pieces"));
        }
        let mut records = Vec::with_capacity(rows.len());
        for row in &rows {
            let (mut fields, private) = (values_of(&row.fields)?, values_of(&row.private)?);
            fields.extend(editors.clone());
            let record = incoming(kind, &fields, &private).map_err(|failure| failure.at_row(row.row))?;
            records.push(Incoming { visibility, ..record });
        }
        let outcomes = self.writing().work(|desk| desk.take_in(&records, publish))?;
        let list: Vec<Json> =
            rows.iter().zip(&outcomes).map(|(row, outcome)| outcome_json(row.row, outcome)).collect();
        Ok(json!({ "v": 1, "rows": list }))
    }

    fn edit(&self, id: &str, changes: &BTreeMap<String, Json>) -> Reply {
        let mut parsed = BTreeMap::new();
        for (key, value) in changes {
            let value = match value {
                Json::Null => None,
                other => Some(json::to_value(other).ok_or_else(|| unusable(key))?),
            };
            parsed.insert(key.clone(), value);
        }
        if let Some(draft) = self.library().draft(id)? {
            let (private, parsed) = part(draft.private, parsed);
            let mut fields = draft.fields;
            apply(&mut fields, parsed);
            let kind = kind_of(&json::kind_id(draft.kind))?;
            let record = Incoming { visibility: draft.visibility, ..incoming(kind, &fields, &private)? };
            let outcome =
                self.writing().work(|desk| Ok((desk.keep_draft(Some(id), &record)?, Vec::new())))?;
            return Ok(outcome_json(0, &outcome));
        }
        let listing = self.newest_listing(id)?;
        let id = listing.id;
        let before = self.library().private(&id)?;
        let (private, parsed) = part(before.clone(), parsed);
        let mut fields = listing.state.flat();
        apply(&mut fields, parsed.clone());
        let kind = kind_of(&json::kind_id(listing.log.shelf.kind.0))?;
        let checked = incoming(kind, &fields, &private)?;
        if let Some(key) = checked.contact.keys().find(|key| parsed.contains_key(*key)) {
            return Err(Failure::said(exit::REFUSED, "cli.failure.contact", &[("key", key)]));
        }
        let changed = self.writing().work(|desk| {
            if private != before {
                desk.edit_private(&id, &private)?;
            }
            let authored = desk.edit(&id, &parsed)?;
            Ok((authored.is_some() || private != before, authored.into_iter().collect()))
        })?;
        let outcome = if changed { Outcome::Updated(id) } else { Outcome::Unchanged(id) };
        Ok(outcome_json(0, &outcome))
    }

    fn publish(&self, id: &str) -> Reply {
        let Some(draft) = self.library().draft(id)? else { return self.set_withdrawn(id, false) };
        let kind = kind_of(&json::kind_id(draft.kind))?;
        let record =
            Incoming { visibility: draft.visibility, ..incoming(kind, &draft.fields, &draft.private)? };
        let outcomes = self.writing().work(|desk: &mut Desk<'_>| {
            let done = desk.take_in(std::slice::from_ref(&record), true)?;
            desk.drop_draft(id)?;
            Ok(done)
        })?;
        outcomes
            .first()
            .map(|o| outcome_json(0, o))
            .ok_or_else(|| Failure::new(exit::FAILED, "nothing was published", ""))
    }

    fn set_withdrawn(&self, id: &str, withdrawn: bool) -> Reply {
        let id = self.resolve(id)?;
        let changed = self.writing().work(|desk| {
            let authored = desk.withdraw(&id, withdrawn)?;
            Ok((authored.is_some(), authored.into_iter().collect()))
        })?;
        let word = match (changed, withdrawn) {
            (false, _) => "unchanged",
            (true, true) => "withdrawn",
            (true, false) => "published",
        };
        Ok(json!({ "v": 1, "row": 0, "outcome": word, "id": id.to_string() }))
    }

    fn proof(&self, id: &str) -> Reply {
        let id = self.resolve(id)?;
        let missing = || Failure::said(exit::FAILED, "cli.failure.missing", &[("id", &id.to_string())]);
        self.library().listing(&id)?.ok_or_else(missing)?;
        let mut entries = self.library().entries(&id)?;
        let core = self.core();
        let input = core.replica().roster_input();
        let roster = self.library().roster();
        // Who wrote it: the institution that answers for it, and co-editors.
        let mut writers: Vec<InstitutionId> = Vec::new();
        for entry in &entries {
            writers.extend(self.library().certificate_of(&entry.header.log)?.map(|c| c.body.institution));
        }
        writers.sort_unstable();
        writers.dedup();
        // Whoever was let in by another institution's word is proven with it.
        let mut keys: Vec<PublicKey> = Vec::new();
        let mut looked = 0;
        while let Some(who) = writers.get(looked).copied() {
            looked += 1;
            for ((key, issuer), _) in roster.redeemed.iter().filter(|(_, by)| **by == who) {
                keys.push(*key);
                let step = roster.invitation(key, issuer).map(|(step, _)| *step);
                let voucher = step.and_then(|step| roster.words.get(&step).copied());
                writers.extend(voucher.filter(|voucher| !writers.contains(voucher)));
            }
        }
        let mut steps = Vec::new();
        for step in &input.steps {
            let about = match &step.step.subject {
                Subject::Network => true,
                Subject::Institution(who) => writers.contains(who),
                Subject::Invitation(key) => keys.contains(key),
                _ => false,
            };
            if about && !steps.contains(step) {
                steps.push(step.clone());
            }
        }
        for (log, seq, redemption) in &input.redemptions {
            if keys.contains(&redemption.invitation) {
                core.read_one(log, *seq)?.into_iter().for_each(|entry| entries.push(entry));
            }
        }
        let proof = Proof { network: self.identity().network(), document: id, steps, entries };
        Ok(file_reply(&seal_file(FileKind::Proof, &proof.to_bytes())))
    }
}

type Changes = BTreeMap<String, Option<protocol::Value>>;

/// The private fields after an edit, and what of it is for the published part.
fn part(mut private: Fields, changes: Changes) -> (Fields, Changes) {
    let (own, shown): (Changes, Changes) =
        changes.into_iter().partition(|(key, _)| is_private(&private, key));
    let field = |key: &str| key.split('/').next().map(str::to_owned);
    private.retain(|key, _| !own.keys().any(|changed| field(changed) == field(key)));
    private.extend(own.into_iter().filter_map(|(key, value)| Some((key, value?))));
    (private, shown)
}

fn apply(fields: &mut BTreeMap<String, protocol::Value>, changes: BTreeMap<String, Option<protocol::Value>>) {
    for (key, value) in changes {
        match value {
            Some(value) => fields.insert(key, value),
            None => fields.remove(&key),
        };
    }
}

fn unusable(key: &str) -> Failure {
    Failure::new(exit::REJECTED, format!("{key}: a field holds a text, a whole number, yes or no"), "")
}

fn values_of(fields: &BTreeMap<String, Json>) -> Result<BTreeMap<String, protocol::Value>, Failure> {
    let one = |(key, value): (&String, &Json)| {
        Ok((key.clone(), json::to_value(value).ok_or_else(|| unusable(key))?))
    };
    fields.iter().map(one).collect()
}

/// Checks a record against the catalogue and parts what stays at home from what is published.
pub(super) fn incoming(
    kind: Kind,
    fields: &BTreeMap<String, protocol::Value>,
    private: &BTreeMap<String, protocol::Value>,
) -> Result<Incoming, Failure> {
    let known: BTreeMap<String, protocol::Value> = fields
        .iter()
        .chain(private)
        .filter(|(key, _)| !key.starts_with('_'))
        .map(|(k, v)| (k.clone(), v.clone()))
        .collect();
    let mut issues = Record::validate(kind, &known);
    if issues.is_empty() && !private.is_empty() {
        // What is published must stand by itself.
        let shown = known.iter().filter(|(key, _)| !private.contains_key(*key));
        issues = Record::validate(kind, &shown.map(|(k, v)| (k.clone(), v.clone())).collect());
    }
    if !issues.is_empty() {
        let reasons = |lang: Lang| {
            issues.iter().map(|i| i.reason(lang)).collect::<Vec<_>>().join(lang.pick("；", "; "))
        };
        let key = "cli.failure.record";
        return Err(Failure::said(exit::REJECTED, key, &[("what", &reasons(Lang::En))])
            .with_chinese(key, &reasons(Lang::Zh)));
    }
    let is_contact = |key: &str| kind.key(key).is_some_and(|(field, _)| field.contact);
    let (contact, fields) = fields.clone().into_iter().partition(|(key, _)| is_contact(key));
    Ok(Incoming { kind: kind.code(), fields, contact, private: private.clone(), visibility: None })
}

/// The kind of that id.
pub fn kind_of(id: &str) -> Result<Kind, Failure> {
    Kind::from_id(id).ok_or_else(|| Failure::said(exit::USAGE, "cli.failure.kind", &[("kind", id)]))
}

/// Six digits of a region that the code list knows, as a number.
pub fn region_code(text: &str) -> Result<u32, Failure> {
    let known = catalog::region::by_code(text);
    let code = known.and_then(|_| text.parse().ok());
    code.ok_or_else(|| Failure::said(exit::USAGE, "cli.failure.region", &[("region", text)]))
}

pub(super) fn outcome_json(row: u64, outcome: &Outcome) -> Json {
    let (word, id) = match outcome {
        Outcome::Published(id) => ("published", id.to_string()),
        Outcome::Updated(id) => ("updated", id.to_string()),
        Outcome::Unchanged(id) => ("unchanged", id.to_string()),
        Outcome::Drafted(id) => ("drafted", id.clone()),
    };
    json!({ "v": 1, "row": row, "outcome": word, "id": id })
}

pub(super) fn file_reply(bytes: &[u8]) -> Json {
    json!({ "v": 1, "file": data_encoding::BASE64.encode(bytes) })
}
