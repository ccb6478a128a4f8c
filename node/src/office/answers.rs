//! The answers.

use std::collections::BTreeMap;

use catalog::Kind;
use protocol::DocumentId;
use serde_json::{Value as Json, json};

use super::Office;
use super::failure::{Failure, exit};
use super::json;
use super::request::{Reply, Request};
use super::statistics::PATIENCE as COUNTING_PATIENCE;
use crate::core::Core;
use crate::hours::Hours;

/// A search waits this long for the index of a running node.
const INDEX_PATIENCE: std::time::Duration = std::time::Duration::from_secs(10);
/// Drafts of one reply.
const DRAFTS_AT_ONCE: usize = 1_000;

/// When entries pass on the line, and whether they do now.
fn line_json(core: &Core) -> Json {
    let (hours, open) = core.line();
    json!({ "v": 1, "hours": hours.to_string(), "open": open })
}

impl Office {
    /// Answers a request, whoever asks.
    pub(crate) fn reply(&self, request: Request) -> Reply {
        if let Some(market) = request.reads().map(|id| self.elsewhere(id)).transpose()?.flatten() {
            let mut reply = market.office.reply(request)?;
            reply["market"] = json!(market.peer.charter.name_zh);
            return Ok(reply);
        }
        match request {
            Request::Status => Ok(self.status()),
            Request::Examine => self.examine(),
            Request::Peers => {
                let figures = self.figures();
                Ok(json!({ "v": 1, "peers": self.peers_json(&figures) }))
            }
            Request::Nodes => Ok(self.nodes_json()),
            Request::Peer { ask } => self.answer_peers(ask),
            Request::Forgive { node } => self.forgive(&node),
            Request::Line { hours } => self.line(hours.as_deref()),
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
            Request::Changes { after, limit } => self.follow(after.as_ref(), limit),
            Request::Catalogue { kind, after, limit } => self.catalogue(&kind, after.as_deref(), limit),
            Request::History { id } => {
                let id = self.resolve(&id)?;
                let items = self.library().history(&id)?;
                Ok(
                    json!({ "v": 1, "id": id.to_string(), "entries": items.iter().map(json::of_history).collect::<Vec<_>>() }),
                )
            }
            Request::Drafts { after } => self.drafts(after.as_deref()),
            Request::TakeIn { kind, rows, publish, visibility, editors } => {
                self.take_in(&kind, rows, publish, visibility.as_deref(), &editors)
            }
            Request::Attach { id, file, title } => self.attach(&id, &file, &title, ""),
            Request::Detach { id, which } => self.detach(&id, &which, ""),
            Request::File { id, which } => self.file(&id, &which),
            Request::TakeTable { kind, rows, ask } => {
                let rows = self.take_table(kind_of(&kind)?, &rows, &ask, None)?;
                Ok(json!({ "v": 1, "rows": rows }))
            }
            Request::Remembered { kind } => {
                let choices = self.remembered(kind_of(&kind)?)?;
                Ok(json!({ "v": 1, "choices": choices.iter().collect::<BTreeMap<_, _>>() }))
            }
            Request::Remember { kind, choices } => {
                let kept = self.remember(kind_of(&kind)?, &choices)?;
                Ok(json!({ "v": 1, "kept": kept }))
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
            Request::Withdraw { id } => self.set_withdrawn(&id, true, ""),
            Request::Purge { id, reason } => self.purge(&id, &reason),
            Request::AskDetails { id, message, mailboxes } => self.request_details(&id, &message, &mailboxes),
            Request::Disclose { id, to, fields, mailboxes } => self.disclose(&id, &to, &fields, &mailboxes),
            Request::Disclosures => self.disclosures(),
            Request::ShowDisclosure { id } => self.show_disclosure(&id),
            Request::RemoveParty { id, party } => self.remove_party(&id, &party),
            Request::EditDisclosure { id, changes } => self.edit_disclosure(&id, &changes),
            Request::Enquiry { ask } => self.answer_enquiries(ask),
            Request::Harvest { ask } => self.answer_harvest(ask),
            Request::Roster { ask } => self.answer_roster(ask),
            Request::Profile { ask } => self.answer_profile(ask),
            Request::Peering { ask } => self.answer_peering(ask),
            Request::Bundle { carriage } => self.answer_carriage(carriage),
            Request::Renew => self.renew(),
            Request::Proof { id } => self.proof(&id),
            Request::Certificate { id } => self.certificate(&id),
            Request::Forks => self.forks(),
            Request::ForkFile { log } => self.fork_file(&log),
            Request::Lost => self.lost(),
            Request::PublishAgain { number } => self.publish_again(number),
            Request::Charter => Ok(file_reply(&self.identity().charter_file())),
            Request::BackupPlan => Ok(self.backup_plan()),
            Request::BackupEntries { log, seq, hash, to } => self.backup_entries(&log, seq, &hash, to),
            Request::BackupRecords { from, to } => self.backup_records(from, to),
            Request::BackupAudit { after } => self.backup_audit(after),
            Request::BackupFiles { after } => self.backup_files(after.as_deref()),
            Request::Statistics { asked, heads } => self.statistics_reply(&asked, heads),
            Request::Confirm { asked, digest, claim } => {
                self.confirm(&asked, &digest, claim.as_ref(), COUNTING_PATIENCE)
            }
            Request::Bulletin { asked, form, lang, covered } => {
                self.bulletin_reply(&asked, &form, &lang, covered.as_ref())
            }
            Request::Cover { kind, rows } => self.cover(kind_of(&kind)?, &rows),
            Request::Account { ask } => self.answer_account(ask),
            Request::Token { ask } => self.answer_token(ask),
            Request::Audit { ask } => self.answer_audit(ask),
            Request::Watch { ask } => self.answer_watch(ask),
            Request::Stop => Err(Failure::said(exit::UNREACHABLE, "cli.status.not-running", &[])),
        }
    }

    fn line(&self, hours: Option<&str>) -> Reply {
        let hours = hours.map(str::parse::<Hours>).transpose();
        let hours = hours.map_err(|why| Failure::said(exit::USAGE, "cli.failure.hours", &[("why", &why)]))?;
        let mut core = self.core();
        if let Some(hours) = hours {
            core.set_hours(hours);
        }
        Ok(line_json(&core))
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
        let peers = json::of_peers(figures, |peer| self.library().institution_of(peer.certificate.as_ref()?));
        self.mark_paused(peers)
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
            "line": line_json(&self.core()),
            "paused": self.paused_json(),
            "bytes": { "in": figures.bytes.0, "out": figures.bytes.1, "disk": figures.disk },
            "enquiries": self.enquiry_figures_json().unwrap_or_default(),
            "demands": self.demand_figures_json().unwrap_or_default(),
            "certificate": { "id": identity.certificate.id().to_string(), "not_after": json::time(body.not_after_ms) },
            "started": json::time(self.started_ms()),
            "mended": figures.mended,
            "rebuild": figures.rebuilding.map(|(held, expected)| json!({ "held": held, "expected": expected })),
            "scrub_due": figures.scrub_due,
            "unpurged": figures.unpurged,
            "version": env!("CARGO_PKG_VERSION"),
        })
    }

    /// What was held when the question came is found: a node that does not run indexes now, a running one is given a
    /// moment to catch up.
    pub(super) fn await_index(&self) -> Result<(), Failure> {
        if !self.running {
            self.index()?;
            return Ok(());
        }
        let target = self.arrivals();
        let begun = std::time::Instant::now();
        while self.finder().cursor() < target && begun.elapsed() < INDEX_PATIENCE {
            std::thread::sleep(std::time::Duration::from_millis(2));
        }
        Ok(())
    }

    fn search(&self, query: search::Query) -> Reply {
        self.await_index()?;
        let results = self.find(query).map_err(market::MarketError::from)?;
        let mut hits = Vec::with_capacity(results.hits.len());
        for hit in &results.hits {
            let Ok(id) = hit.id.parse::<DocumentId>() else { continue };
            let Some((listing, market)) = self.listed(&id)? else { continue };
            let mut row = json::of_row(&listing);
            if let Some(market) = market {
                row["market"] = json!(market.peer.charter.name_zh);
            }
            row["score"] = json!(hit.score);
            hits.push(row);
        }
        Ok(json!({ "v": 1, "total": results.total, "hits": hits }))
    }

    fn show(&self, id: &str) -> Reply {
        if let Some(draft) = self.library().draft(id)? {
            return Ok(json!({
                "v": 1, "id": draft.id, "kind": json::kind_id(draft.kind), "status": "draft",
                "title": draft.fields.get("title").map(json::of_value), "fields": json::of_fields(&json::shown(&draft.fields)),
                "attachments": self.files_json(&draft.attachments()),
                "harvested": json::of_origin(&draft.fields),
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
        out.insert("attachments".into(), self.files_json(&listing.attachments()));
        out.insert(
            "proof".into(),
            json!({
                "state": state, "signatures": signed, "admitted": admitted, "entries": history.len(), "void_or_waiting": void,
                "network": self.identity().network().to_string(),
            }),
        );
        Ok(Json::Object(out))
    }

    fn drafts(&self, after: Option<&str>) -> Reply {
        let drafts = self.library().drafts(after, DRAFTS_AT_ONCE)?;
        let list: Vec<Json> = drafts
            .iter()
            .map(|d| {
                json!({
                    "v": 1, "id": d.id, "kind": json::kind_id(d.kind), "status": "draft",
                    "title": d.fields.get("title").map(json::of_value),
                })
            })
            .collect();
        // Where there may be more, the last of these leads on.
        let last = drafts.last().filter(|_| drafts.len() == DRAFTS_AT_ONCE).map(|draft| draft.id.clone());
        Ok(json!({ "v": 1, "drafts": list, "after": last }))
    }
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

pub(super) fn file_reply(bytes: &[u8]) -> Json {
    json!({ "v": 1, "file": data_encoding::BASE64.encode(bytes) })
}
